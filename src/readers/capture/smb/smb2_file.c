/* CREATE, CLOSE, READ and WRITE. [MS-SMB2] 2.2.13 to 2.2.16, 2.2.19 to 2.2.22; the bodies:
 *
 *   CREATE request                  CREATE reply             CLOSE request, reply
 *    2  1  SecurityFlags             2  1  OplockLevel        2  2  Flags
 *    3  1  RequestedOplockLevel      4  4  CreateAction       8 16  FileId; reply: the times,
 *    4  4  ImpersonationLevel        8 32  four times               48 EndOfFile
 *    8  8  SmbCreateFlags           48  8  EndOfFile
 *   24  4  DesiredAccess            56  4  FileAttributes    READ request, reply
 *   28  4  FileAttributes           64 16  FileId             2  1  Padding; reply: DataOffset
 *   32  4  ShareAccess                                        4  4  Length
 *   36  4  CreateDisposition        WRITE request             8  8  Offset
 *   40  4  CreateOptions             2  2  DataOffset        16 16  FileId
 *   44  4  NameOffset, -Length       4  4  Length            32  4  MinimumCount
 *   48  8  CreateContextsOffset,     8  8  Offset            40  4  RemainingBytes
 *          -Length                  16 16  FileId            48  1  Buffer */
#include "readers/capture/smb/smb2.h"

#define OPTION_DIRECTORY       0x00000001U
#define OPTION_DELETE_ON_CLOSE 0x00001000U
#define ATTRIBUTE_DIRECTORY    0x00000010U
#define CONTEXTS_MAX           16U
#define TAIL_OF_IMPACKET       0x30

/* A name of four printable letters as it is, any other as hex. 2.2.13.2: Next 4, NameOffset 2,
 * NameLength 2. */
static void context_name_add(struct smb *smb, struct smb_text *names, struct bytes name)
{
    struct arena *arena = smb->session.connection->arena;
    bool is_plain = name.length == 4;
    for (size_t i = 0; i < name.length; i++)
        is_plain = is_plain && name.data[i] > 0x20 && name.data[i] < 0x7F;
    if (names->length)
        (void)smb_text_add(names, arena, bytes_of(",", 1), 256);
    if (is_plain) {
        (void)smb_text_add(names, arena, name, 256);
        return;
    }
    for (size_t i = 0; i < name.length && i < 16; i++) {
        (void)smb_text_add_number(names, arena, "", name.data[i] >> 4, 16, 256);
        (void)smb_text_add_number(names, arena, "", name.data[i] & 15, 16, 256);
    }
}

static void contexts_see(struct smb *smb, struct smb_request *request, struct bytes contexts)
{
    for (unsigned i = 0; i < CONTEXTS_MAX && contexts.length >= 16; i++) {
        const uint32_t next = load_le32(contexts.data);
        const struct bytes name =
            smb_part(contexts, load_le16(contexts.data + 4), load_le16(contexts.data + 6));
        context_name_add(smb, &request->contexts, name);
        if (next < 16)
            return;
        contexts = smb_part(contexts, next, contexts.length);
    }
}

bool smb2_create_request(struct smb *smb, const struct smb2_message *message,
                         struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 56);
    if (!body)
        return false;
    smb->counts.creates++;
    request->create = (struct smb_create){
        .security_flags = body[2],
        .oplock = body[3],
        .impersonation = load_le32(body + 4),
        .flags = load_le32(body + 8),
        .access = load_le32(body + 24),
        .attributes = load_le32(body + 28),
        .share_access = load_le32(body + 32),
        .disposition = load_le32(body + 36),
        .options = load_le32(body + 40),
    };
    smb_text_set_utf16(&request->name, smb->session.connection->arena,
                       smb_part(message->bytes, load_le16(body + 44), load_le16(body + 46)));
    smb_pipe_name(smb, request);
    contexts_see(smb, request,
                 smb_part(message->bytes, load_le32(body + 48), load_le32(body + 52)));
    return true;
}

/* Requests of the same chain waited for this file's id. */
static void creator_resolve(struct smb *smb, uint64_t creator, uint64_t key)
{
    for (struct smb_node *node = smb->requests.oldest; node; node = node->newer) {
        struct smb_request *request = (struct smb_request *)node;
        if (request->has_creator && request->creator == creator) {
            request->has_creator = false;
            request->file = key;
        }
    }
}

static void set_time(struct wire_event *event, enum smb_files_field field, const uint8_t *at)
{
    const uint64_t ticks = load_le64(at);
    if (ticks)
        wire_set_value(event, field,
                       (struct value){.type = VALUE_FILETIME, .width = 8, .number = ticks});
}

/* CreationTime, LastAccessTime, LastWriteTime, ChangeTime. */
static void set_times(struct wire_event *event, const uint8_t *at)
{
    set_time(event, FILES_CREATED, at);
    set_time(event, FILES_ACCESSED, at + 8);
    set_time(event, FILES_MODIFIED, at + 16);
    set_time(event, FILES_CHANGED, at + 24);
}

static struct smb_file *file_open(struct smb *smb, const struct smb2_message *message,
                                  struct smb_request *request, const uint8_t *body)
{
    struct smb_file *file = smb_file_make(smb, smb2_file_key(body + 64), request);
    if (!file)
        return NULL;
    file->id[0] = load_le64(body + 64);
    file->id[1] = load_le64(body + 72);
    file->size = load_le64(body + 48);
    file->is_size_known = true;
    file->is_directory =
        load_le32(body + 56) & ATTRIBUTE_DIRECTORY || request->create.options & OPTION_DIRECTORY;
    file->is_delete_on_close = request->create.options & OPTION_DELETE_ON_CLOSE;
    creator_resolve(smb, message->id, file->node.key);
    return file;
}

void smb2_create_reply(struct smb *smb, const struct smb2_message *message,
                       struct smb_request *request)
{
    const uint8_t *body = message && message->status == 0 ? smb2_body(message, 80) : NULL;
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    struct smb_file *file = body ? file_open(smb, message, request, body) : NULL;
    if (!file) {
        smb_tell_failed_open(smb, request, message ? &reply : NULL);
        return;
    }
    struct wire_event *event =
        smb_files_begin(smb, smb_action(file->share, SMB_OPEN), request, &reply, file);
    if (!event)
        return;
    smb_files_set_create(smb, event, request);
    set_times(event, body + 8);
    wire_set_number(event, FILES_CREATE_ACTION, load_le32(body + 4));
    wire_set_bool(event, FILES_DELETE_ON_CLOSE, file->is_delete_on_close);
    smb_event_end(smb, event, request, &reply);
}

bool smb2_close_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 24);
    (void)smb;
    if (!body)
        return false;
    request->ask.flags = load_le16(body + 2);
    request->file = smb2_file_key(body + 8);
    return true;
}

void smb2_close_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    const uint8_t *body = message && message->status == 0 ? smb2_body(message, 60) : NULL;
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    if (!file) {
        smb2_other_reply(smb, message, request);
        return;
    }
    if (body && load_le16(body + 2) & 1)
        file->size = load_le64(body + 48);
    smb_tell_close(smb, request, message ? &reply : NULL, file);
}

bool smb2_read_request(struct smb *smb, const struct smb2_message *message,
                       struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 48);
    if (!body)
        return false;
    request->file = smb2_file_key(body + 16);
    request->ask.padding = body[2];
    request->ask.length = load_le32(body + 4);
    request->ask.offset = load_le64(body + 8);
    request->ask.minimum = load_le32(body + 32);
    request->ask.remaining = load_le32(body + 40);
    if (message->bytes.length > SMB2_HEADER + 48)
        request->ask.tail = body[48];
    smb->counts.reads++;
    smb->counts.reads_tail += request->ask.tail == TAIL_OF_IMPACKET;
    return true;
}

void smb2_read_reply(struct smb *smb, const struct smb2_message *message,
                     struct smb_request *request)
{
    const uint8_t *body = message ? smb2_body(message, 16) : NULL;
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    smb_tell_transfer(smb, request, message ? &reply : NULL, SMB_READ);
    struct smb_file *file = smb_file_of(smb, request->file);
    if (!body || !file || (message->status != 0 && message->status != SMB2_BUFFER_OVERFLOW))
        return;
    const uint32_t length = load_le32(body + 4);
    file->bytes_read += length;
    if (!smb_file_is_pipe(file) && file->share)
        return;
    smb->counts.pipe_reads++;
    smb_pipe_data(smb, file, message->side, smb_part(message->bytes, body[2], length));
}

bool smb2_write_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request)
{
    const uint8_t *body = smb2_body(message, 48);
    if (!body)
        return false;
    request->file = smb2_file_key(body + 16);
    request->ask.length = load_le32(body + 4);
    request->ask.offset = load_le64(body + 8);
    request->ask.remaining = load_le32(body + 36);
    struct smb_file *file = smb_file_of(smb, request->file);
    const struct bytes data = smb_part(message->bytes, load_le16(body + 2), request->ask.length);
    if (!file && request->file && smb_looks_like_rpc(data))
        file = smb_file_make(smb, request->file, NULL);
    if (!file || (file->share && !smb_file_is_pipe(file)))
        return true;
    smb->counts.pipe_writes++;
    smb_pipe_data(smb, file, message->side, data);
    return true;
}

void smb2_write_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request)
{
    const uint8_t *body = message && message->status == 0 ? smb2_body(message, 8) : NULL;
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    smb_tell_transfer(smb, request, message ? &reply : NULL, SMB_WRITE);
    struct smb_file *file = smb_file_of(smb, request->file);
    if (file && body)
        file->bytes_written += load_le32(body + 4);
}

/* Files and pipes. [MS-CIFS] 2.2.4.2 to 2.2.4.8, 2.2.4.33, 2.2.4.41 to 2.2.4.43, 2.2.4.64; offsets
 * in the words:
 *
 *   NT_CREATE_ANDX request       its reply              READ_ANDX request      WRITE_ANDX request
 *    5  2  NameLength             4  1  OplockLevel      4  2  FID              4  2  FID
 *    7  4  Flags                  5  2  FID              6  4  Offset           6  4  Offset
 *   15  4  DesiredAccess          7  4  CreateAction    10  2  MaxCount        14  2  WriteMode
 *   27  4  ExtFileAttributes     11 32  four times      12  2  MinCount        16  2  Remaining
 *   31  4  ShareAccess           43  4  attributes      14  4  Timeout,        18  2 DataLengthHigh
 *   35  4  CreateDisposition     55  8  EndOfFile              MaxCountHigh    20  2  DataLength
 *   39  4  CreateOptions         67  1  Directory       18  2  Remaining       22  2  DataOffset
 *   43  4  ImpersonationLevel                           20  4  OffsetHigh      24  4  OffsetHigh
 *   47  1  SecurityFlags         READ_ANDX reply: 10 DataLength, 12 DataOffset, 14 DataLengthHigh
 *
 *   TRANSACTION request: 18 ParameterCount, 20 ParameterOffset, 22 DataCount, 24 DataOffset,
 *                        26 SetupCount, 28 Setup; reply: 12 DataCount, 14 DataOffset,
 *                        16 DataDisplacement, 2 TotalDataCount */
#include "readers/capture/smb/smb1.h"

#define WRITE_RAW_START        0x000CU /* raw mode, start of a message: a length comes first */
#define TRANSACT_PIPE          0x0026U
#define WAIT_PIPE              0x0053U
#define OPTION_DIRECTORY       0x00000001U
#define OPTION_DELETE_ON_CLOSE 0x00001000U
#define PENDING_MORE           0x80000005U

/* FIDs begin at 0; keys do not. */
static uint64_t file_key(uint16_t fid)
{
    return 1 + (uint64_t)fid;
}

bool smb1_create_request(struct smb *smb, const struct smb1_block *block,
                         struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    struct bytes rest = block->bytes;
    if (block->words.length < 48)
        return false;
    smb->counts.creates++;
    request->create = (struct smb_create){
        .flags = load_le32(words + 7),
        .access = load_le32(words + 15),
        .attributes = load_le32(words + 27),
        .share_access = load_le32(words + 31),
        .disposition = load_le32(words + 35),
        .options = load_le32(words + 39),
        .impersonation = load_le32(words + 43),
        .security_flags = words[47],
    };
    smb1_string_take(smb, block, &rest, &request->name);
    smb_pipe_name(smb, request);
    return true;
}

/* AccessMode and FileAttributes of an older world: 0 read, 1 write, 2 both. */
bool smb1_open_request(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    struct bytes rest = block->bytes;
    if (block->words.length < 30)
        return false;
    smb->counts.creates++;
    request->create = (struct smb_create){
        .flags = load_le16(words + 4),
        .access = load_le16(words + 6),
        .attributes = load_le16(words + 10),
        .disposition = load_le16(words + 16),
    };
    smb1_string_take(smb, block, &rest, &request->name);
    smb_pipe_name(smb, request);
    return true;
}

static struct smb_file *file_open(struct smb *smb, const struct smb1_block *block,
                                  struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    const bool is_nt = request->command == SMB1_NT_CREATE_ANDX;
    if (block->words.length < (is_nt ? 68 : 20))
        return NULL;
    const uint16_t fid = load_le16(words + (is_nt ? 5 : 4));
    struct smb_file *file = smb_file_make(smb, file_key(fid), request);
    if (!file)
        return NULL;
    file->id[0] = fid;
    file->is_size_known = true;
    file->size = is_nt ? load_le64(words + 55) : load_le32(words + 12);
    file->is_directory = is_nt && (words[67] || request->create.options & OPTION_DIRECTORY);
    file->is_delete_on_close = is_nt && request->create.options & OPTION_DELETE_ON_CLOSE;
    return file;
}

static void set_time(struct wire_event *event, enum smb_files_field field, const uint8_t *at)
{
    const uint64_t ticks = load_le64(at);
    if (ticks)
        wire_set_value(event, field,
                       (struct value){.type = VALUE_FILETIME, .width = 8, .number = ticks});
}

static void set_opened(struct wire_event *event, const struct smb1_block *block)
{
    const uint8_t *words = block->words.data;
    if (block->command != SMB1_NT_CREATE_ANDX)
        return;
    wire_set_number(event, FILES_CREATE_ACTION, load_le32(words + 7));
    set_time(event, FILES_CREATED, words + 11);
    set_time(event, FILES_ACCESSED, words + 19);
    set_time(event, FILES_MODIFIED, words + 27);
    set_time(event, FILES_CHANGED, words + 35);
}

bool smb1_create_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    struct smb_file *file = block && block->status == 0 ? file_open(smb, block, request) : NULL;
    if (!file) {
        smb_tell_failed_open(smb, request, block ? &reply : NULL);
        return false;
    }
    struct wire_event *event =
        smb_files_begin(smb, smb_action(file->share, SMB_OPEN), request, &reply, file);
    if (!event)
        return false;
    smb_files_set_create(smb, event, request);
    set_opened(event, block);
    wire_set_bool(event, FILES_DELETE_ON_CLOSE, file->is_delete_on_close);
    smb_event_end(smb, event, request, &reply);
    return false;
}

bool smb1_read_request(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    if (block->words.length < 20)
        return false;
    const uint16_t high = load_le16(words + 14);
    smb->counts.reads++;
    request->file = file_key(load_le16(words + 4));
    request->ask.offset = load_le32(words + 6);
    if (block->words.length >= 24)
        request->ask.offset |= (uint64_t)load_le32(words + 20) << 32;
    request->ask.length = load_le16(words + 10) | (high == UINT16_MAX ? 0U : (uint32_t)high << 16);
    request->ask.minimum = load_le16(words + 12);
    request->ask.remaining = load_le16(words + 18);
    return true;
}

static bool has_data(const struct smb1_block *block)
{
    return block && (block->status == 0 || block->status == PENDING_MORE);
}

bool smb1_read_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    smb_tell_transfer(smb, request, block ? &reply : NULL, SMB_READ);
    struct smb_file *file = smb_file_of(smb, request->file);
    if (!file || !has_data(block) || block->words.length < 24)
        return false;
    const uint8_t *words = block->words.data;
    const uint32_t length = load_le16(words + 10) | (uint32_t)load_le16(words + 14) << 16;
    file->bytes_read += length;
    if (!smb_file_is_pipe(file) && file->share)
        return false;
    smb->counts.pipe_reads++;
    smb_pipe_data(smb, file, block->side, smb_part(block->message, load_le16(words + 12), length));
    return false;
}

bool smb1_write_request(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    if (block->words.length < 24)
        return false;
    request->file = file_key(load_le16(words + 4));
    request->ask.offset = load_le32(words + 6);
    request->ask.remaining = load_le16(words + 16);
    request->ask.length = load_le16(words + 20) | (uint32_t)load_le16(words + 18) << 16;
    struct bytes data = smb_part(block->message, load_le16(words + 22), request->ask.length);
    if ((load_le16(words + 14) & WRITE_RAW_START) == WRITE_RAW_START)
        data = smb_part(data, 2, data.length);
    struct smb_file *file = smb_file_of(smb, request->file);
    if (!file && smb_looks_like_rpc(data))
        file = smb_file_make(smb, request->file, NULL);
    if (!file || (file->share && !smb_file_is_pipe(file)))
        return true;
    smb->counts.pipe_writes++;
    smb_pipe_data(smb, file, block->side, data);
    return true;
}

bool smb1_write_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    smb_tell_transfer(smb, request, block ? &reply : NULL, SMB_WRITE);
    struct smb_file *file = smb_file_of(smb, request->file);
    if (file && block && block->status == 0)
        file->bytes_written += request->ask.length;
    return false;
}

bool smb1_close_request(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request)
{
    (void)smb;
    if (block->words.length < 2)
        return false;
    request->file = file_key(load_le16(block->words.data));
    return true;
}

bool smb1_close_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    if (!file)
        return smb1_other_reply(smb, block, request);
    smb_tell_close(smb, request, block ? &reply : NULL, file);
    return false;
}

/* DELETE, RENAME and the like: one or two names, each behind a 04. */
bool smb1_path_request(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct bytes rest = block->bytes;
    if (rest.length && rest.data[0] == 4)
        rest = smb_part(rest, 1, rest.length);
    smb1_string_take(smb, block, &rest, &request->name);
    if (request->command != SMB1_RENAME || rest.length == 0)
        return true;
    if (rest.data[0] == 4)
        rest = smb_part(rest, 1, rest.length);
    smb1_string_take(smb, block, &rest, &request->contexts); /* the new name */
    return true;
}

bool smb1_delete_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    smb_tell_delete(smb, request, block ? &reply : NULL, NULL, smb_text_view(&request->name));
    return false;
}

bool smb1_rename_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    smb_tell_rename(smb, request, block ? &reply : NULL, smb_text_view(&request->name),
                    smb_text_view(&request->contexts));
    return false;
}

static void transact_see(struct smb *smb, const struct smb1_block *block,
                         struct smb_request *request, struct bytes data)
{
    request->file = file_key(load_le16(block->words.data + 30));
    struct smb_file *file = smb_file_of(smb, request->file);
    if (!file)
        file = smb_file_make(smb, request->file, NULL);
    smb->counts.transceives++;
    if (!file)
        return;
    file->transceives++;
    file->bytes_written += data.length;
    smb_pipe_data(smb, file, block->side, data);
}

bool smb1_transaction_request(struct smb *smb, const struct smb1_block *block,
                              struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    struct bytes rest = block->bytes;
    if (block->words.length < 28)
        return false;
    if (block->words.length >= 32)
        request->ask.code = load_le16(words + 28);
    smb1_string_take(smb, block, &rest, &request->name);
    request->ask.input_length = load_le16(words + 22);
    if (request->ask.code == TRANSACT_PIPE)
        transact_see(smb, block, request,
                     smb_part(block->message, load_le16(words + 24), load_le16(words + 22)));
    return true;
}

/* The rest of a transaction's data: DataCount 10, DataOffset 12. [MS-CIFS] 2.2.4.34 */
void smb1_secondary_see(struct smb *smb, const struct smb1_block *block)
{
    const uint8_t *words = block->words.data;
    if (block->words.length < 16)
        return;
    for (struct smb_node *node = smb->requests.newest; node; node = node->older) {
        const struct smb_request *request = (const struct smb_request *)node;
        if (request->is_smb1 && request->message_id == block->mid &&
            request->command == SMB1_TRANSACTION && request->ask.code == TRANSACT_PIPE) {
            struct smb_file *file = smb_file_of(smb, request->file);
            if (file)
                smb_pipe_data(
                    smb, file, block->side,
                    smb_part(block->message, load_le16(words + 12), load_le16(words + 10)));
            return;
        }
    }
}

static void transaction_tell(struct smb *smb, const struct smb1_block *block,
                             const struct smb_request *request)
{
    struct wire_event *event = smb1_cmd_begin(smb, block, request);
    if (!event)
        return;
    if (request->ask.code == TRANSACT_PIPE)
        wire_set_name(event, CMD_SUB_COMMAND, "TRANSACT_NMPIPE");
    else if (request->ask.code == WAIT_PIPE)
        wire_set_name(event, CMD_SUB_COMMAND, "WAIT_NMPIPE");
    wire_set_number(event, CMD_INPUT_LENGTH, request->ask.input_length);
    smb1_cmd_end(smb, event, block, request);
}

/* A transaction on a pipe is told the first time on each. Its data may come in several replies. */
bool smb1_transaction_reply(struct smb *smb, const struct smb1_block *block,
                            struct smb_request *request)
{
    struct smb_file *file = smb_file_of(smb, request->file);
    const bool is_pipe = request->ask.code == TRANSACT_PIPE;
    if (!is_pipe || !file || (file->transceives == 1 && request->ask.minimum == 0))
        transaction_tell(smb, block, request);
    if (!is_pipe || !file || !has_data(block) || block->words.length < 20)
        return false;
    const uint8_t *words = block->words.data;
    const uint32_t length = load_le16(words + 12);
    const uint32_t seen = load_le16(words + 16) + length;
    file->bytes_read += length;
    smb_pipe_data(smb, file, block->side, smb_part(block->message, load_le16(words + 14), length));
    const bool is_more = length > 0 && seen < load_le16(words + 2);
    request->ask.minimum = is_more;
    return is_more;
}

/* Setup[0] is the subcommand; where its parameters have a path it is the argument. [MS-CIFS]
 * 2.2.6: FIND_FIRST2 at 12 with its level at 6, QUERY_PATH and SET_PATH at 6, level first;
 * QUERY_FILE and SET_FILE: FID, level. */
bool smb1_transaction2_request(struct smb *smb, const struct smb1_block *block,
                               struct smb_request *request)
{
    const uint8_t *words = block->words.data;
    if (block->words.length < 30)
        return false;
    const unsigned code = load_le16(words + 28);
    const bool is_find = code == 1;
    const bool is_path = code == 5 || code == 6;
    const bool is_file = code == 7 || code == 8;
    const struct bytes parameters =
        smb_part(block->message, load_le16(words + 20), load_le16(words + 18));
    struct bytes rest = smb_part(parameters, is_find ? 12 : 6, parameters.length);
    request->ask.code = code;
    if (is_find || is_path)
        smb1_string_take(smb, block, &rest, &request->name);
    const unsigned level_at = is_find ? 6 : is_file ? 2 : 0;
    if (parameters.length >= level_at + 2U)
        request->ask.length = load_le16(parameters.data + level_at);
    if (is_file && parameters.length >= 2)
        request->file = file_key(load_le16(parameters.data));
    return true;
}

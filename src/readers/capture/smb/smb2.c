/* SMB2 messages: a chain of commands, each with its header. [MS-SMB2] 2.2.1:
 *
 *    0  4  FE `SMB`            20  4  NextCommand: offset of the next header; 0: the last
 *    4  2  StructureSize 64    24  8  MessageId
 *    6  2  CreditCharge        32  8  AsyncId, or 4 reserved and 4 TreeId
 *    8  4  Status (replies)    40  8  SessionId
 *   12  2  Command             48 16  Signature
 *   14  2  Credits             64     body
 *   16  4  Flags */
#include "readers/capture/smb/smb2.h"

#include "base/hash.h"

#define FLAG_REPLY   0x00000001U
#define FLAG_ASYNC   0x00000002U
#define FLAG_RELATED 0x00000004U
#define FLAG_SIGNED  0x00000008U

/* What a chain hands on to its next command. [MS-SMB2] 3.2.4.1.4 */
struct chain {
    uint64_t logon, creator, file;
    uint32_t tree;
    bool has_creator;
};

struct command {
    const char *name; /* as Zeek has it */
    bool (*request)(struct smb *smb, const struct smb2_message *message,
                    struct smb_request *request);
    void (*reply)(struct smb *smb, const struct smb2_message *message, struct smb_request *request);
};

static const struct command commands[SMB2_COMMANDS] = {
    [SMB2_NEGOTIATE] = {"NEGOTIATE_PROTOCOL", NULL, smb2_other_reply},
    [SMB2_SESSION_SETUP] = {"SESSION_SETUP", smb2_setup_request, smb2_setup_reply},
    [SMB2_LOGOFF] = {"LOGOFF", NULL, smb2_other_reply},
    [SMB2_TREE_CONNECT] = {"TREE_CONNECT", smb2_connect_request, smb2_connect_reply},
    [SMB2_TREE_DISCONNECT] = {"TREE_DISCONNECT", NULL, smb2_disconnect_reply},
    [SMB2_CREATE] = {"CREATE", smb2_create_request, smb2_create_reply},
    [SMB2_CLOSE] = {"CLOSE", smb2_close_request, smb2_close_reply},
    [SMB2_FLUSH] = {"FLUSH", smb2_handle_request, smb2_other_reply},
    [SMB2_READ] = {"READ", smb2_read_request, smb2_read_reply},
    [SMB2_WRITE] = {"WRITE", smb2_write_request, smb2_write_reply},
    [SMB2_LOCK] = {"LOCK", smb2_handle_request, smb2_other_reply},
    [SMB2_IOCTL] = {"IOCTL", smb2_ioctl_request, smb2_ioctl_reply},
    [SMB2_CANCEL] = {"CANCEL", NULL, NULL},
    [SMB2_ECHO] = {"ECHO", NULL, smb2_other_reply},
    [SMB2_QUERY_DIRECTORY] = {"QUERY_DIRECTORY", smb2_query_directory_request, smb2_other_reply},
    [SMB2_CHANGE_NOTIFY] = {"CHANGE_NOTIFY", smb2_handle_request, smb2_other_reply},
    [SMB2_QUERY_INFO] = {"QUERY_INFO", smb2_query_info_request, smb2_other_reply},
    [SMB2_SET_INFO] = {"SET_INFO", smb2_set_info_request, smb2_set_info_reply},
    [SMB2_OPLOCK_BREAK] = {"OPLOCK_BREAK", NULL, smb2_other_reply},
};

uint64_t smb2_file_key(const uint8_t *id)
{
    const uint64_t persistent = load_le64(id);
    const uint64_t volatile_part = load_le64(id + 8);
    if ((persistent == UINT64_MAX && volatile_part == UINT64_MAX) ||
        (persistent == 0 && volatile_part == 0))
        return 0;
    const uint64_t key = hash_bytes(bytes_of(id, 16), 0);
    return key ? key : 1;
}

static void message_read(struct smb2_message *message)
{
    const uint8_t *header = message->bytes.data;
    message->credit_charge = load_le16(header + 6);
    message->status = load_le32(header + 8);
    message->command = load_le16(header + 12);
    message->credits = load_le16(header + 14);
    message->flags = load_le32(header + 16);
    message->id = load_le64(header + 24);
    message->tree = message->flags & FLAG_ASYNC ? 0 : load_le32(header + 36);
    message->logon = load_le64(header + 40);
    message->is_reply = message->flags & FLAG_REPLY;
}

/* Runs of equal CreditRequests, as `0*2 127*9`. */
static void credits_count(struct smb *smb, uint16_t credits)
{
    struct arena *arena = smb->session.connection->arena;
    if (smb->credit_count && smb->credit_value != credits) {
        const char *before = smb->credits.length ? " " : "";
        if (!smb_text_add_number(&smb->credits, arena, before, smb->credit_value, 10, 1000) ||
            !smb_text_add_number(&smb->credits, arena, "*", smb->credit_count, 10, 1024))
            return;
        smb->credit_count = 0;
    }
    smb->credit_value = credits;
    smb->credit_count++;
}

static bool request_take(struct smb *smb, const struct smb2_message *message,
                         const struct chain *chain)
{
    struct smb_request *request = smb_request_make(smb, message->side, message->id);
    if (!request)
        return true;
    request->message_id = message->id;
    request->command = message->command;
    request->credit_charge = message->credit_charge;
    request->credits = message->credits;
    request->logon = message->logon;
    request->tree = message->tree;
    request->size = (uint32_t)message->size;
    request->is_encrypted = message->is_encrypted;
    const struct command *command = &commands[message->command];
    if (command->request && !command->request(smb, message, request)) {
        smb_request_drop(smb, request);
        return false;
    }
    if (!request->file && message->flags & FLAG_RELATED && message->command != SMB2_CREATE) {
        request->file = chain->file;
        request->creator = chain->creator;
        request->has_creator = chain->has_creator;
    }
    return true;
}

static void chain_next(struct smb *smb, struct chain *chain, const struct smb2_message *message)
{
    const struct smb_request *request = smb_table_find(&smb->requests, message->id);
    chain->logon = message->logon;
    chain->tree = message->tree;
    if (message->command == SMB2_CREATE) {
        chain->has_creator = true;
        chain->creator = message->id;
        chain->file = 0;
    } else if (request && request->file) {
        chain->has_creator = false;
        chain->file = request->file;
    }
}

static void request_see(struct smb *smb, struct smb2_message *message, struct chain *chain)
{
    if (message->flags & FLAG_RELATED) {
        if (message->logon == UINT64_MAX)
            message->logon = chain->logon;
        if (message->tree == UINT32_MAX)
            message->tree = chain->tree;
    }
    if (!message->is_encrypted)
        credits_count(smb, message->credits);
    if (message->flags & FLAG_SIGNED)
        smb->is_signed = true;
    if (message->command == SMB2_CANCEL)
        return;
    bool is_whole = true;
    if (message->command == SMB2_NEGOTIATE)
        is_whole = smb2_negotiate_request(smb, message);
    if (!is_whole || !request_take(smb, message, chain))
        wire_damaged(&smb->session, message->side, "an SMB2 request shorter than its body");
    chain_next(smb, chain, message);
}

/* An SMB1 NEGOTIATE may be answered by SMB2. [MS-SMB2] 3.3.5.3.1 */
static void smb1_answered(struct smb *smb, const struct smb2_message *message)
{
    struct smb_request *request = (struct smb_request *)smb->requests.oldest;
    const struct smb_reply reply = smb2_reply(message);
    if (!request || !request->is_smb1)
        return;
    struct wire_event *event = smb_cmd_begin(smb, request, &reply, "NEGOTIATE");
    if (event)
        smb_event_end(smb, event, request, &reply);
    smb_request_drop(smb, request);
}

static void reply_see(struct smb *smb, const struct smb2_message *message)
{
    struct smb_request *request = smb_table_find(&smb->requests, message->id);
    if (message->command == SMB2_NEGOTIATE) {
        smb2_negotiate_reply(smb, message);
        if (!request)
            smb1_answered(smb, message);
    }
    if (!request || request->command != message->command ||
        (message->status == SMB2_PENDING && message->flags & FLAG_ASYNC))
        return;
    commands[message->command].reply(smb, message, request);
    smb_request_drop(smb, request);
}

static void message_see(struct smb *smb, struct smb2_message *message, struct chain *chain)
{
    message_read(message);
    if (message->command >= SMB2_COMMANDS) {
        wire_damaged(&smb->session, message->side, "an unknown SMB2 command");
        return;
    }
    if (message->is_reply)
        reply_see(smb, message);
    else
        request_see(smb, message, chain);
}

void smb2_walk(struct smb *smb, enum wire_side side, struct bytes bytes, uint64_t whole,
               bool is_encrypted)
{
    struct chain chain = {0};
    size_t at = 0;
    while (bytes.length - at >= SMB2_HEADER) {
        struct smb2_message message = {
            .bytes = bytes_of(bytes.data + at, bytes.length - at),
            .whole = whole,
            .side = side,
            .is_encrypted = is_encrypted,
        };
        const uint32_t next = load_le32(message.bytes.data + 20);
        const bool is_more = next >= SMB2_HEADER && next <= message.bytes.length;
        const bool is_astray = next && !is_more && (next < SMB2_HEADER || bytes.length == whole);
        if (memcmp(message.bytes.data, "\xFESMB", 4) != 0 || is_astray) {
            wire_damaged(&smb->session, side, "an SMB2 chain that leads nowhere");
            return;
        }
        message.size = next ? next : whole - at;
        if (is_more)
            message.bytes.length = next;
        message_see(smb, &message, &chain);
        if (!is_more)
            return;
        at += next;
    }
}

void smb2_message(struct smb *smb, enum wire_side side, struct bytes bytes, uint64_t length)
{
    smb->version = "SMB2";
    if (bytes.length < SMB2_HEADER || load_le16(bytes.data + 4) != SMB2_HEADER) {
        wire_damaged(&smb->session, side, "an SMB2 header of another size");
        return;
    }
    if (!(load_le32(bytes.data + 16) & FLAG_REPLY)) {
        smb->counts.client_messages++;
        smb->is_setup_just_done = false;
        if (load_le16(bytes.data + 12) == SMB2_SESSION_SETUP) {
            smb->sizes.length = smb->times.length = 0;
            smb->is_sizes_cut = false;
            smb->last_client = smb->session.connection->now[side].time;
            (void)smb_text_add_number(&smb->setup_sizes, smb->session.connection->arena, " ",
                                      length, 10, 256);
        } else if (load_le16(bytes.data + 12) != SMB2_NEGOTIATE) {
            smb_client_size(smb, side, length);
        }
    }
    smb2_walk(smb, side, bytes, length, false);
}

/* The data of a large READ reply or WRITE request stands behind the body: [MS-SMB2] 2.2.20, 2.2.21.
 */
bool smb2_is_bulk(struct smb *smb, struct bytes begin)
{
    struct smb2_message message = {.bytes = begin};
    message_read(&message);
    if (load_le32(begin.data + 20) != 0)
        return false;
    if (message.is_reply && message.command == SMB2_READ) {
        const struct smb_request *request = smb_table_find(&smb->requests, message.id);
        const struct smb_file *file = request ? smb_file_of(smb, request->file) : NULL;
        return !file || !smb_file_is_pipe(file);
    }
    if (message.is_reply || message.command != SMB2_WRITE)
        return false;
    const struct smb_file *file = smb_file_of(smb, smb2_file_key(begin.data + SMB2_HEADER + 16));
    if (file)
        return !smb_file_is_pipe(file);
    return !smb_looks_like_rpc(
        smb_part(begin, load_le16(begin.data + SMB2_HEADER + 2), begin.length));
}

bool smb2_is_worth(struct bytes begin)
{
    const unsigned command = load_le16(begin.data + 12);
    return begin.data[0] == 0xFE && command != SMB2_NEGOTIATE && command != SMB2_SESSION_SETUP;
}

void smb2_unanswered(struct smb *smb, struct smb_request *request)
{
    commands[request->command].reply(smb, NULL, request);
}

struct wire_event *smb2_cmd_begin(struct smb *smb, const struct smb2_message *message,
                                  const struct smb_request *request)
{
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    return smb_cmd_begin(smb, request, message ? &reply : NULL, commands[request->command].name);
}

void smb2_cmd_end(struct smb *smb, struct wire_event *event, const struct smb2_message *message,
                  const struct smb_request *request)
{
    struct smb_reply reply;
    if (message)
        reply = smb2_reply(message);
    smb_event_end(smb, event, request, message ? &reply : NULL);
}

/* SMB1 messages: a header and one block of words and bytes, or several, each of which names the
 * next. [MS-CIFS] 2.2.3; AndX: 2.2.3.4:
 *
 *    0  4  FF `SMB`           14  8  SecurityFeatures    32  1  WordCount
 *    4  1  Command            24  2  TID                 33     words; an AndX block's begin with
 *    5  4  Status             26  2  PIDLow                     command 1, reserved 1, offset 2
 *    9  1  Flags              28  2  UID                     2  ByteCount
 *   10  2  Flags2             30  2  MID                        bytes
 *   12  2  PIDHigh */
#include "readers/capture/smb/smb1.h"

#define FLAG_REPLY 0x80U

struct command {
    uint8_t code;
    bool is_chained;
    const char *name; /* as Zeek has it */
    bool (*request)(struct smb *smb, const struct smb1_block *block, struct smb_request *request);
    bool (*reply)(struct smb *smb, const struct smb1_block *block, struct smb_request *request);
};

static const struct command commands[] = {
    {SMB1_CREATE_DIRECTORY, false, "CREATE_DIRECTORY", smb1_path_request, smb1_other_reply},
    {SMB1_DELETE_DIRECTORY, false, "DELETE_DIRECTORY", smb1_path_request, smb1_other_reply},
    {SMB1_CLOSE, false, "CLOSE", smb1_close_request, smb1_close_reply},
    {SMB1_FLUSH, false, "FLUSH", smb1_close_request, smb1_other_reply},
    {SMB1_DELETE, false, "DELETE", smb1_path_request, smb1_delete_reply},
    {SMB1_RENAME, false, "RENAME", smb1_path_request, smb1_rename_reply},
    {SMB1_CHECK_DIRECTORY, false, "CHECK_DIRECTORY", smb1_path_request, smb1_other_reply},
    {SMB1_TRANSACTION, false, "TRANSACTION", smb1_transaction_request, smb1_transaction_reply},
    {SMB1_OPEN_ANDX, true, "OPEN_ANDX", smb1_open_request, smb1_create_reply},
    {SMB1_READ_ANDX, true, "READ_ANDX", smb1_read_request, smb1_read_reply},
    {SMB1_WRITE_ANDX, true, "WRITE_ANDX", smb1_write_request, smb1_write_reply},
    {SMB1_TRANSACTION2, false, "TRANSACTION2", smb1_transaction2_request, smb1_other_reply},
    {SMB1_TREE_DISCONNECT, false, "TREE_DISCONNECT", NULL, smb1_disconnect_reply},
    {SMB1_NEGOTIATE, false, "NEGOTIATE", smb1_negotiate_request, smb1_negotiate_reply},
    {SMB1_SESSION_SETUP_ANDX, true, "SESSION_SETUP_ANDX", smb1_setup_request, smb1_setup_reply},
    {SMB1_LOGOFF_ANDX, true, "LOGOFF_ANDX", NULL, smb1_other_reply},
    {SMB1_TREE_CONNECT_ANDX, true, "TREE_CONNECT_ANDX", smb1_connect_request, smb1_connect_reply},
    {SMB1_NT_CREATE_ANDX, true, "NT_CREATE_ANDX", smb1_create_request, smb1_create_reply},
    {0x2B, false, "ECHO", NULL, smb1_other_reply},
    {0x34, false, "FIND_CLOSE2", NULL, smb1_other_reply},
    {0x80, false, "QUERY_INFORMATION_DISK", NULL, smb1_other_reply},
    {0xA0, false, "NT_TRANSACT", NULL, smb1_other_reply},
};
static const struct command unknown = {0, false, "UNKNOWN", NULL, smb1_other_reply};

static const struct command *command_of(unsigned code)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (commands[i].code == code)
            return &commands[i];
    }
    return &unknown;
}

/* A connection's requests are told apart by who asked and his number, and, in a chain, by the
 * command. The bit keeps them from SMB2's. */
static uint64_t request_key(const struct smb1_block *block)
{
    return UINT64_C(1) << 63 | (uint64_t)block->command << 48 | (uint64_t)block->pid << 16 |
           block->mid;
}

void smb1_ascii_take(struct smb *smb, struct bytes *rest, struct smb_text *to)
{
    const uint8_t *nul = rest->length ? memchr(rest->data, 0, rest->length) : NULL;
    const size_t length = nul ? (size_t)(nul - rest->data) : rest->length;
    smb_text_set_ascii(to, smb->session.connection->arena, bytes_of(rest->data, length));
    *rest = smb_part(*rest, length + 1, rest->length);
}

void smb1_string_take(struct smb *smb, const struct smb1_block *block, struct bytes *rest,
                      struct smb_text *to)
{
    if (!(block->flags2 & SMB1_UNICODE)) {
        smb1_ascii_take(smb, rest, to);
        return;
    }
    if (rest->length && (size_t)(rest->data - block->message.data) % 2 != 0)
        *rest = smb_part(*rest, 1, rest->length);
    size_t length = 0;
    while (length + 2 <= rest->length && load_le16(rest->data + length) != 0)
        length += 2;
    smb_text_set_utf16(to, smb->session.connection->arena, bytes_of(rest->data, length));
    *rest = smb_part(*rest, length + 2, rest->length);
}

/* The words and bytes at `offset`; false when they do not fit. A cut message ends in its bytes. */
static bool block_read(struct smb1_block *block, size_t offset)
{
    const struct bytes rest = smb_part(block->message, offset, block->message.length);
    if (rest.length < 3)
        return false;
    const size_t words = 2 * (size_t)rest.data[0];
    if (rest.length < 1 + words + 2)
        return false;
    block->words = bytes_of(rest.data + 1, words);
    block->bytes = smb_part(rest, 1 + words + 2, load_le16(rest.data + 1 + words));
    if (!block->bytes.data)
        block->bytes = bytes_of(rest.data + 1 + words + 2, 0);
    return true;
}

static void request_see(struct smb *smb, const struct smb1_block *block)
{
    const struct command *command = command_of(block->command);
    if (block->command == SMB1_NT_CANCEL)
        return;
    if (block->command == SMB1_TRANSACTION_SECONDARY) {
        smb1_secondary_see(smb, block);
        return;
    }
    struct smb_request *request = smb_request_make(smb, block->side, request_key(block));
    if (!request)
        return;
    request->is_smb1 = true;
    request->message_id = block->mid;
    request->command = block->command;
    request->logon = block->uid;
    request->tree = block->tid;
    request->size = (uint32_t)block->whole;
    if (command->request && !command->request(smb, block, request)) {
        smb_request_drop(smb, request);
        wire_damaged(&smb->session, block->side, "an SMB1 request with too few words");
    }
}

static void reply_see(struct smb *smb, const struct smb1_block *block)
{
    struct smb_request *request = smb_table_find(&smb->requests, request_key(block));
    if (!request)
        return;
    if (!command_of(block->command)->reply(smb, block, request))
        smb_request_drop(smb, request);
}

/* The block behind this one in a chain: its command, with *offset moved; SMB1_NONE ends it.
 * Offsets that do not go on end it too. */
static unsigned block_next(const struct smb1_block *block, size_t *offset)
{
    if (!command_of(block->command)->is_chained || block->words.length < 4)
        return SMB1_NONE;
    const uint16_t next = load_le16(block->words.data + 2);
    if (next < *offset + 3)
        return SMB1_NONE;
    *offset = next;
    return block->words.data[0];
}

static struct smb1_block header_read(enum wire_side side, struct bytes message, uint64_t length)
{
    const uint8_t *header = message.data;
    return (struct smb1_block){
        .message = message,
        .whole = length,
        .status = load_le32(header + 5),
        .pid = (uint32_t)load_le16(header + 12) << 16 | load_le16(header + 26),
        .tid = load_le16(header + 24),
        .uid = load_le16(header + 28),
        .mid = load_le16(header + 30),
        .flags2 = load_le16(header + 10),
        .flags = header[9],
        .command = header[4],
        .side = side,
        .is_reply = header[9] & FLAG_REPLY,
    };
}

void smb1_message(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length)
{
    if (message.length < SMB1_HEADER + 3) {
        wire_damaged(&smb->session, side, "an SMB1 message shorter than its header");
        return;
    }
    struct smb1_block block = header_read(side, message, length);
    size_t offset = SMB1_HEADER;
    if (!smb->version)
        smb->version = "SMB1";
    smb->counts.client_messages += !block.is_reply;
    for (;;) {
        if (!block_read(&block, offset)) {
            wire_damaged(&smb->session, side, "an SMB1 block longer than its message");
            return;
        }
        if (block.is_reply)
            reply_see(smb, &block);
        else
            request_see(smb, &block);
        const unsigned next = block_next(&block, &offset);
        if (next == SMB1_NONE)
            return;
        block.command = (uint8_t)next;
    }
}

bool smb1_is_bulk(struct smb *smb, struct bytes begin)
{
    struct smb1_block block = header_read(WIRE_CLIENT, begin, begin.length);
    const struct smb_file *file = NULL;
    if (!block_read(&block, SMB1_HEADER))
        return false;
    if (block.is_reply && block.command == SMB1_READ_ANDX) {
        const struct smb_request *request = smb_table_find(&smb->requests, request_key(&block));
        file = request ? smb_file_of(smb, request->file) : NULL;
    } else if (!block.is_reply && block.command == SMB1_WRITE_ANDX && block.words.length >= 6) {
        file = smb_file_of(smb, 1 + (uint64_t)load_le16(block.words.data + 4));
    } else {
        return false;
    }
    return !file || !smb_file_is_pipe(file);
}

void smb1_unanswered(struct smb *smb, struct smb_request *request)
{
    (void)command_of(request->command)->reply(smb, NULL, request);
}

struct wire_event *smb1_cmd_begin(struct smb *smb, const struct smb1_block *block,
                                  const struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    return smb_cmd_begin(smb, request, block ? &reply : NULL, command_of(request->command)->name);
}

void smb1_cmd_end(struct smb *smb, struct wire_event *event, const struct smb1_block *block,
                  const struct smb_request *request)
{
    struct smb_reply reply;
    if (block)
        reply = smb1_reply(block);
    smb_event_end(smb, event, request, block ? &reply : NULL);
}

bool smb1_other_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request)
{
    static const char *const subcommands[] = {"OPEN2",
                                              "FIND_FIRST2",
                                              "FIND_NEXT2",
                                              "QUERY_FS_INFORMATION",
                                              "SET_FS_INFORMATION",
                                              "QUERY_PATH_INFORMATION",
                                              "SET_PATH_INFORMATION",
                                              "QUERY_FILE_INFORMATION",
                                              "SET_FILE_INFORMATION"};
    struct wire_event *event = smb1_cmd_begin(smb, block, request);
    if (!event)
        return false;
    if (request->command == SMB1_TRANSACTION2) {
        if (request->ask.code < COUNT_OF(subcommands))
            wire_set_name(event, CMD_SUB_COMMAND, subcommands[request->ask.code]);
        else if (request->ask.code == 0x10)
            wire_set_name(event, CMD_SUB_COMMAND, "GET_DFS_REFERRAL");
        wire_set_number(event, CMD_INFO_CLASS, request->ask.length);
    }
    smb1_cmd_end(smb, event, block, request);
    return false;
}

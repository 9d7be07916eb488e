/* SMB1. Internal to smb/. */
#ifndef IMPOUND_READERS_CAPTURE_SMB1_H
#define IMPOUND_READERS_CAPTURE_SMB1_H

#include "readers/capture/smb/smb_state.h"

#define SMB1_HEADER       32U
#define SMB1_UNICODE      0x8000U /* Flags2 */
#define SMB1_CAP_UNICODE  0x00000004U
#define SMB1_CAP_EXTENDED 0x80000000U

/* [MS-CIFS] 2.2.2.1 */
enum smb1_command {
    SMB1_CREATE_DIRECTORY = 0x00,
    SMB1_DELETE_DIRECTORY = 0x01,
    SMB1_CLOSE = 0x04,
    SMB1_FLUSH = 0x05,
    SMB1_DELETE = 0x06,
    SMB1_RENAME = 0x07,
    SMB1_CHECK_DIRECTORY = 0x10,
    SMB1_TRANSACTION = 0x25,
    SMB1_TRANSACTION_SECONDARY = 0x26,
    SMB1_OPEN_ANDX = 0x2D,
    SMB1_READ_ANDX = 0x2E,
    SMB1_WRITE_ANDX = 0x2F,
    SMB1_TRANSACTION2 = 0x32,
    SMB1_TREE_DISCONNECT = 0x71,
    SMB1_NEGOTIATE = 0x72,
    SMB1_SESSION_SETUP_ANDX = 0x73,
    SMB1_LOGOFF_ANDX = 0x74,
    SMB1_TREE_CONNECT_ANDX = 0x75,
    SMB1_NT_CREATE_ANDX = 0xA2,
    SMB1_NT_CANCEL = 0xA4,
    SMB1_NONE = 0xFF,
};

/* One block of a message: its words and its bytes. */
struct smb1_block {
    struct bytes message; /* all, from the header: offsets count from there */
    struct bytes words;
    struct bytes bytes;
    uint64_t whole; /* length of the message */
    uint32_t status, pid;
    uint16_t tid, uid, mid, flags2;
    uint8_t command, flags;
    enum wire_side side;
    bool is_reply;
};

static inline struct smb_reply smb1_reply(const struct smb1_block *block)
{
    return (struct smb_reply){.status = block->status, .side = block->side};
}

/* Where a block's bytes begin in its message. */
static inline size_t smb1_bytes_offset(const struct smb1_block *block)
{
    return (size_t)(block->bytes.data - block->message.data);
}

/* Takes a string from the front of *rest, which is a part of the message, into `to`: Unicode from
 * an even offset when Flags2 says so, else bytes up to a NUL. */
void smb1_string_take(struct smb *smb, const struct smb1_block *block, struct bytes *rest,
                      struct smb_text *to);
void smb1_ascii_take(struct smb *smb, struct bytes *rest, struct smb_text *to);

bool smb1_negotiate_request(struct smb *smb, const struct smb1_block *block,
                            struct smb_request *request);
bool smb1_setup_request(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request);
bool smb1_connect_request(struct smb *smb, const struct smb1_block *block,
                          struct smb_request *request);
bool smb1_create_request(struct smb *smb, const struct smb1_block *block,
                         struct smb_request *request);
bool smb1_open_request(struct smb *smb, const struct smb1_block *block,
                       struct smb_request *request);
bool smb1_read_request(struct smb *smb, const struct smb1_block *block,
                       struct smb_request *request);
bool smb1_write_request(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request);
bool smb1_close_request(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request);
bool smb1_path_request(struct smb *smb, const struct smb1_block *block,
                       struct smb_request *request);
bool smb1_transaction_request(struct smb *smb, const struct smb1_block *block,
                              struct smb_request *request);
bool smb1_transaction2_request(struct smb *smb, const struct smb1_block *block,
                               struct smb_request *request);
void smb1_secondary_see(struct smb *smb, const struct smb1_block *block);

/* `block` is NULL when there was no reply. True: more replies may come, the request stays. */
bool smb1_negotiate_reply(struct smb *smb, const struct smb1_block *block,
                          struct smb_request *request);
bool smb1_setup_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request);
bool smb1_connect_reply(struct smb *smb, const struct smb1_block *block,
                        struct smb_request *request);
bool smb1_disconnect_reply(struct smb *smb, const struct smb1_block *block,
                           struct smb_request *request);
bool smb1_create_reply(struct smb *smb, const struct smb1_block *block,
                       struct smb_request *request);
bool smb1_read_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request);
bool smb1_write_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request);
bool smb1_close_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request);
bool smb1_delete_reply(struct smb *smb, const struct smb1_block *block,
                       struct smb_request *request);
bool smb1_rename_reply(struct smb *smb, const struct smb1_block *block,
                       struct smb_request *request);
bool smb1_transaction_reply(struct smb *smb, const struct smb1_block *block,
                            struct smb_request *request);
bool smb1_other_reply(struct smb *smb, const struct smb1_block *block, struct smb_request *request);

struct wire_event *smb1_cmd_begin(struct smb *smb, const struct smb1_block *block,
                                  const struct smb_request *request);
void smb1_cmd_end(struct smb *smb, struct wire_event *event, const struct smb1_block *block,
                  const struct smb_request *request);

#endif

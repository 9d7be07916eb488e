/* SMB2 and SMB3. Internal to smb/. */
#ifndef IMPOUND_READERS_CAPTURE_SMB2_H
#define IMPOUND_READERS_CAPTURE_SMB2_H

#include "readers/capture/smb/smb_state.h"

#define SMB2_HEADER 64U

enum smb2_command {
    SMB2_NEGOTIATE,
    SMB2_SESSION_SETUP,
    SMB2_LOGOFF,
    SMB2_TREE_CONNECT,
    SMB2_TREE_DISCONNECT,
    SMB2_CREATE,
    SMB2_CLOSE,
    SMB2_FLUSH,
    SMB2_READ,
    SMB2_WRITE,
    SMB2_LOCK,
    SMB2_IOCTL,
    SMB2_CANCEL,
    SMB2_ECHO,
    SMB2_QUERY_DIRECTORY,
    SMB2_CHANGE_NOTIFY,
    SMB2_QUERY_INFO,
    SMB2_SET_INFO,
    SMB2_OPLOCK_BREAK,
    SMB2_COMMANDS
};

#define SMB2_PIPE_WAIT          0x00110018U
#define SMB2_PIPE_TRANSCEIVE    0x0011C017U
#define SMB2_VALIDATE_NEGOTIATE 0x00140204U

/* Statuses that are no failure or that come before the end. */
#define SMB2_PENDING         0x00000103U
#define SMB2_BUFFER_OVERFLOW 0x80000005U
#define SMB2_MORE_PROCESSING 0xC0000016U

/* One command of a compound: its bytes reach from its header to the next one. */
struct smb2_message {
    struct bytes bytes;
    uint64_t id, logon;
    uint64_t whole; /* length of the message that it came in */
    uint64_t size;  /* of this one, be it all there or not */
    uint32_t status, flags, tree;
    uint16_t command, credit_charge, credits;
    enum wire_side side;
    bool is_reply;
    bool is_encrypted; /* came in a transform */
};

/* The body's first `length` bytes; NULL when they are not there. */
static inline const uint8_t *smb2_body(const struct smb2_message *message, size_t length)
{
    return message->bytes.length < SMB2_HEADER + length ? NULL : message->bytes.data + SMB2_HEADER;
}

static inline struct smb_reply smb2_reply(const struct smb2_message *message)
{
    return (struct smb_reply){.status = message->status, .side = message->side};
}

/* FileId as a key; 0 for the one that means none or the chain's. */
uint64_t smb2_file_key(const uint8_t *id);

/* Each takes a request into its table entry; false when its body is damaged. */
bool smb2_negotiate_request(struct smb *smb, const struct smb2_message *message);
bool smb2_setup_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request);
bool smb2_connect_request(struct smb *smb, const struct smb2_message *message,
                          struct smb_request *request);
bool smb2_create_request(struct smb *smb, const struct smb2_message *message,
                         struct smb_request *request);
bool smb2_close_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request);
bool smb2_read_request(struct smb *smb, const struct smb2_message *message,
                       struct smb_request *request);
bool smb2_write_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request);
bool smb2_ioctl_request(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request);
bool smb2_query_directory_request(struct smb *smb, const struct smb2_message *message,
                                  struct smb_request *request);
bool smb2_query_info_request(struct smb *smb, const struct smb2_message *message,
                             struct smb_request *request);
bool smb2_set_info_request(struct smb *smb, const struct smb2_message *message,
                           struct smb_request *request);
bool smb2_handle_request(struct smb *smb, const struct smb2_message *message,
                         struct smb_request *request);

/* Each tells what came of a request. `message` is NULL when there was no reply. */
void smb2_negotiate_reply(struct smb *smb, const struct smb2_message *message);
void smb2_setup_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request);
void smb2_connect_reply(struct smb *smb, const struct smb2_message *message,
                        struct smb_request *request);
void smb2_disconnect_reply(struct smb *smb, const struct smb2_message *message,
                           struct smb_request *request);
void smb2_create_reply(struct smb *smb, const struct smb2_message *message,
                       struct smb_request *request);
void smb2_close_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request);
void smb2_read_reply(struct smb *smb, const struct smb2_message *message,
                     struct smb_request *request);
void smb2_write_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request);
void smb2_ioctl_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request);
void smb2_set_info_reply(struct smb *smb, const struct smb2_message *message,
                         struct smb_request *request);
void smb2_other_reply(struct smb *smb, const struct smb2_message *message,
                      struct smb_request *request);

/* smb_cmd of any command, with what `ask` holds. */
struct wire_event *smb2_cmd_begin(struct smb *smb, const struct smb2_message *message,
                                  const struct smb_request *request);
void smb2_cmd_end(struct smb *smb, struct wire_event *event, const struct smb2_message *message,
                  const struct smb_request *request);

/* --- Keys (smb2_seal.c) --- */

/* The pre-authentication hash goes on over a message ([MS-SMB2] 3.1.4.4): of the negotiation, which
 * begins anew with `is_first`, and of a session's setup, which begins where `from` stands. Nothing
 * happens, and NULL is returned, when no keys were given. */
void smb2_preauth_negotiate(struct smb *smb, const struct smb2_message *message, bool is_first);
uint8_t *smb2_preauth_setup(struct smb *smb, const struct smb2_message *message, uint8_t *from);

/* Opens a transformed message into `plain`, which has the length of what is behind its header.
 * False when its session's keys are not known. */
bool smb2_seal_open(struct smb *smb, enum wire_side side, struct bytes message, uint8_t *plain);

#define SMB2_TRANSFORM_HEADER 52U

/* All commands of a message, encrypted or not. */
void smb2_walk(struct smb *smb, enum wire_side side, struct bytes bytes, uint64_t whole,
               bool is_encrypted);

#endif

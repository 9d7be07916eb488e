/* What is kept of one SMB connection, and what SMB1 and SMB2 share. Internal to smb/.
 *
 * A request waits in a table until its reply comes; the event is told then. What has no reply is
 * told when its place is needed or at the end. All tables are bounded; the oldest entry goes. */
#ifndef IMPOUND_READERS_CAPTURE_SMB_STATE_H
#define IMPOUND_READERS_CAPTURE_SMB_STATE_H

#include "readers/capture/auth/auth.h"
#include "readers/capture/smb/smb_log.h"
#include "readers/capture/smb/smb_table.h"

#define SMB_REQUESTS_MAX   512
#define SMB_FILES_MAX      1024
#define SMB_TREES_MAX      256
#define SMB_LOGONS_MAX     64
#define SMB_SHARES_MAX     256
#define SMB_NEGOTIATES_MAX 8     /* of which facts are kept */
#define SMB_SIZES_MAX      16384 /* bytes of client_sizes and client_times */
#define SMB_TALLY_MESSAGES 10000 /* a long connection is told of each time */

/* A share: lives as long as the connection. */
struct smb_share {
    struct smb_share *next;
    struct bytes path;    /* \\server\share */
    struct bytes service; /* SMB1's word; may be empty */
    struct bytes system;  /* its file system, as SMB1 says */
    const char *type;     /* DISK, PIPE, PRINT; NULL: nobody has said */
};

struct smb_logon {
    struct smb_node node; /* by session id or UID */
    struct auth_state *auth;
    struct smb_text user;             /* DOMAIN\user */
    uint8_t *preauth;                 /* hash over the session's setup; NULL: none is made */
    const struct wire_secret *secret; /* NULL: its keys are not known */
    struct smb_seal *seal;            /* what opens its messages; made at the first one */
};

struct smb_tree {
    struct smb_node node; /* by smb_tree_key */
    uint64_t logon;
    struct smb_share *share;
};

enum smb_carries { SMB_UNTRIED, SMB_RPC, SMB_OTHER };

/* An open file or pipe. */
struct smb_file {
    struct smb_node node; /* by smb2_file_key or FID */
    struct smb_text name;
    struct smb_text renamed; /* its name before it was renamed */
    struct smb_share *share; /* NULL: its opening was not seen */
    struct wire_carried *carried;
    uint64_t logon, tree;
    uint64_t bytes_read, bytes_written;
    uint64_t size;
    uint64_t id[2];
    uint32_t serial;
    uint32_t reads, writes, transceives;
    enum smb_carries carries;
    bool is_directory;
    bool is_delete_on_close;
    bool is_size_known;
};

/* CREATE, NT_CREATE_ANDX, OPEN_ANDX. */
struct smb_create {
    uint32_t access, attributes, share_access, disposition, options, flags;
    uint32_t impersonation;
    uint8_t oplock, security_flags;
};

/* The other requests: each uses what it has. */
struct smb_ask {
    uint64_t offset; /* timeout of a wait */
    uint32_t length;
    uint32_t input_length, input_offset;
    uint32_t minimum, remaining;
    uint32_t code; /* control code, or what SMB1 calls a subcommand */
    uint32_t additional;
    uint32_t flags;
    uint8_t type, class;
    uint8_t padding;
    int16_t tail; /* the byte behind the body; -1: none */
    bool is_wait, is_no_file;
};

struct smb_request {
    struct smb_node node; /* by message id, or PID and MID */
    struct wire_place at;
    struct smb_text name;     /* of a file, a pattern, a share, a pipe */
    struct smb_text contexts; /* names of create contexts */
    struct auth_state *auth;
    uint8_t *preauth; /* of a setup whose session has no id yet */
    uint64_t logon;
    uint64_t message_id;
    uint64_t file;    /* key of the file; 0: none */
    uint64_t creator; /* message id of the CREATE of the same chain whose file it uses */
    uint32_t tree;
    uint32_t size;
    uint16_t command;
    uint16_t credit_charge, credits;
    enum wire_side side;
    bool is_smb1;
    bool is_encrypted; /* came in a transform */
    bool has_creator;
    struct smb_create create;
    struct smb_ask ask;
};

/* So much of a message says what it is. */
#define SMB_PEEK 256

/* One side's stream. */
struct smb_stream {
    uint64_t wanted;  /* length of the message that is not yet there, with its NetBIOS header */
    uint64_t waiting; /* what of it is */
    bool is_lost;     /* a gap: looking for the beginning of a message */
    bool is_unsure;   /* at first and behind a gap: what comes may be no message */
    bool is_skipping; /* the rest of this message is not wanted */
    uint8_t begin[SMB_PEEK]; /* of the message that is not yet there */
};

struct smb_counts {
    uint64_t messages, client_messages, lost;
    uint64_t creates, reads, reads_tail, pipe_reads, pipe_writes, transceives, trees;
    uint64_t trees_again; /* connects to a share that the logon is connected to, IPC$ left out */
    uint64_t transforms[2], letters[2]; /* by side */
    uint64_t compressed;
    uint32_t negotiates, setups;
    uint32_t serial; /* of files */
};

struct smb {
    struct wire_session session;
    struct smb_stream streams[2];
    struct smb_table requests, files, trees, logons;
    struct smb_share *shares;
    uint32_t share_count;
    struct smb_counts counts;
    struct value facts[SESSION_COUNT]; /* of smb_session, as they became known */
    struct smb_text smb1_dialects;
    struct smb_text setup_sizes, sizes, times;
    struct smb_text credits; /* finished runs of equal CreditRequests */
    struct instant last_client;
    uint64_t last_logon;
    uint32_t credit_value, credit_count;
    const char *version;
    uint8_t *preauth;         /* hash over the negotiation; NULL: no keys were given */
    uint16_t dialect, cipher; /* as the server chose */
    bool is_sizes_cut;
    bool is_torn; /* the message that is being read lost its end */
    bool is_signed, is_validating;
    bool is_unasked;         /* encrypts though the server did not ask */
    bool is_setup_just_done; /* without encryption: what the client sends next tells */
};

/* --- Facts of smb_session --- */

/* Keep what was said first; a text is copied. */
void smb_fact_number(struct smb *smb, enum smb_session_field field, uint64_t number);
void smb_fact_hex(struct smb *smb, enum smb_session_field field, uint64_t number);
void smb_fact_bool(struct smb *smb, enum smb_session_field field, bool truth);
void smb_fact_text(struct smb *smb, enum smb_session_field field, struct bytes utf8);
void smb_fact_name(struct smb *smb, enum smb_session_field field, const char *constant);
void smb_fact_time(struct smb *smb, enum smb_session_field field, uint64_t filetime);
/* The bytes as text where all are printable ASCII, else as lower-case hex. */
void smb_fact_raw(struct smb *smb, enum smb_session_field field, struct bytes bytes);
/* Let a later word replace it. */
void smb_fact_forget(struct smb *smb, enum smb_session_field field);

bool smb_is_letters(struct bytes bytes);
const char *smb_status_name(struct smb *smb, uint32_t status); /* NULL: no memory */

/* Counts a message of the client for client_sizes and client_times. */
void smb_client_size(struct smb *smb, enum wire_side side, uint64_t size);
/* Tells smb_session. */
void smb_tell_session(struct smb *smb, bool is_final);

/* --- Logons, trees, shares, files --- */

struct smb_logon *smb_logon_of(struct smb *smb, uint64_t id);   /* NULL: unknown */
struct smb_logon *smb_logon_make(struct smb *smb, uint64_t id); /* NULL: no memory */
/* Hands a security blob on; an empty one says nothing. */
static inline void smb_token(struct smb *smb, enum wire_side side, struct bytes blob,
                             struct auth_state **auth)
{
    if (blob.length)
        auth_token(&smb->session, side, blob, auth, "smb");
}

/* Composes DOMAIN\user of what the tokens said. */
void smb_logon_name(struct smb *smb, struct smb_logon *logon);

struct smb_tree *smb_tree_of(struct smb *smb, uint64_t logon, uint32_t id);
void smb_tree_make(struct smb *smb, uint64_t logon, uint32_t id, struct smb_share *share);
/* Closes its files without a word. */
void smb_tree_drop(struct smb *smb, uint64_t logon, uint32_t id);
struct smb_share *smb_share_of(struct smb *smb, struct bytes path); /* NULL: no memory */

struct smb_file *smb_file_of(struct smb *smb, uint64_t key);
/* Takes the name over from the request. NULL: no memory. */
struct smb_file *smb_file_make(struct smb *smb, uint64_t key, struct smb_request *request);
void smb_file_drop(struct smb *smb, struct smb_file *file);
bool smb_file_is_pipe(const struct smb_file *file);
/* A pipe's name is told without a backslash before it, which some clients send. */
void smb_pipe_name(struct smb *smb, struct smb_request *request);
bool smb_looks_like_rpc(struct bytes data);
/* Hands what went through a pipe to DCE/RPC, if that is what it carries. */
void smb_pipe_data(struct smb *smb, struct smb_file *file, enum wire_side side, struct bytes data);

/* --- Requests --- */

/* A new request under this key, with its place; the oldest is told when there are too many. NULL
 * without memory. */
struct smb_request *smb_request_make(struct smb *smb, enum wire_side side, uint64_t key);
void smb_request_drop(struct smb *smb, struct smb_request *request);
/* Tells what has no reply, and drops it. */
void smb_request_unanswered(struct smb *smb, struct smb_request *request);

/* --- Events --- */

/* The reply that an event tells of; NULL where there was none. */
struct smb_reply {
    uint32_t status;
    enum wire_side side;
};

/* Begins an event with the fields common to all logs. NULL without memory. */
struct wire_event *smb_event_begin(struct smb *smb, const struct wire_log *log,
                                   const struct smb_request *request,
                                   const struct smb_reply *reply);
void smb_event_end(struct smb *smb, struct wire_event *event, const struct smb_request *request,
                   const struct smb_reply *reply);

/* smb_files: begins with all that is known of the file. `file` may be NULL. */
struct wire_event *smb_files_begin(struct smb *smb, const char *action,
                                   const struct smb_request *request, const struct smb_reply *reply,
                                   const struct smb_file *file);
void smb_files_set_create(struct smb *smb, struct wire_event *event,
                          const struct smb_request *request);
/* What a file is called in an action: FILE, PIPE or PRINT. */
enum smb_verb { SMB_OPEN, SMB_READ, SMB_WRITE, SMB_CLOSE, SMB_RENAME, SMB_DELETE };
const char *smb_action(const struct smb_share *share, enum smb_verb verb);

/* A READ or WRITE: counted; told the first time on each file. */
void smb_tell_transfer(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                       enum smb_verb verb);
/* CLOSE, with what went through, and FILE_DELETE when that was asked for. Drops the file. */
void smb_tell_close(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                    struct smb_file *file);
void smb_tell_rename(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                     struct bytes from, struct bytes to);
void smb_tell_delete(struct smb *smb, struct smb_request *request, const struct smb_reply *reply,
                     const struct smb_file *file, struct bytes name);
void smb_tell_failed_open(struct smb *smb, struct smb_request *request,
                          const struct smb_reply *reply);

/* smb_mapping. `share` is NULL when the connect failed or was not answered. */
struct wire_event *smb_mapping_begin(struct smb *smb, const struct smb_request *request,
                                     const struct smb_reply *reply, const struct smb_share *share);

/* smb_cmd. */
struct wire_event *smb_cmd_begin(struct smb *smb, const struct smb_request *request,
                                 const struct smb_reply *reply, const char *command);

/* --- The two protocols --- */

/* One message behind its NetBIOS header. `length` is what the header said; `message` may be the
 * beginning only. */
void smb1_message(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length);
void smb2_message(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length);
void smb2_transform(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length);
void smb2_compressed(struct smb *smb, enum wire_side side, struct bytes message, uint64_t length);

/* Whether the rest of a long message need not be seen: the data of a file. `begin` has at least
 * SMB_PEEK bytes. */
bool smb1_is_bulk(struct smb *smb, struct bytes begin);
bool smb2_is_bulk(struct smb *smb, struct bytes begin);

/* Whether a message without its end still says something: not one that carries a token. */
bool smb2_is_worth(struct bytes begin);

void smb1_unanswered(struct smb *smb, struct smb_request *request);
void smb2_unanswered(struct smb *smb, struct smb_request *request);

/* The part [offset, offset + length) of a message; what lies outside is not there. */
static inline struct bytes smb_part(struct bytes message, uint64_t offset, uint64_t length)
{
    if (offset >= message.length)
        return bytes_of(NULL, 0);
    const size_t left = message.length - (size_t)offset;
    return bytes_of(message.data + offset, length < left ? (size_t)length : left);
}

static inline uint64_t smb_tree_key(uint64_t logon, uint32_t tree)
{
    return logon * 0x9E3779B97F4A7C15U ^ tree;
}

#endif

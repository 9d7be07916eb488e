/* What a call asked for: arguments out of its stub, as texts and numbers by field. */
#ifndef IMPOUND_READERS_CAPTURE_RPC_CALL_H
#define IMPOUND_READERS_CAPTURE_RPC_CALL_H

#include "readers/capture/rpc/ndr.h"
#include "readers/capture/rpc/rpc_interface.h"
#include "readers/capture/wire.h"

enum rpc_field {
    RPC_RTT,
    RPC_NAMED_PIPE,
    RPC_ENDPOINT,
    RPC_OPERATION,
    RPC_INTERFACE_UUID,
    RPC_INTERFACE_VERSION,
    RPC_OPNUM,
    RPC_CALL_ID,
    RPC_CONTEXT_ID,
    RPC_REQUEST_LENGTH,
    RPC_RESPONSE_LENGTH,
    RPC_STATUS,
    RPC_FAULT,
    RPC_AUTH_TYPE,
    RPC_AUTH_LEVEL,
    RPC_IS_SEALED,
    RPC_OBJECT,
    RPC_USER,
    /* Arguments: */
    RPC_SERVER_NAME,
    RPC_DESIRED_ACCESS,
    RPC_SERVICE_NAME,
    RPC_DISPLAY_NAME,
    RPC_BINARY_PATH,
    RPC_SERVICE_TYPE,
    RPC_START_TYPE,
    RPC_TASK_NAME,
    RPC_TASK_XML,
    RPC_TASK_FLAGS,
    RPC_KEY,
    RPC_VALUE_NAME,
    RPC_SAVE_PATH,
    RPC_ACCOUNT_NAME,
    RPC_DOMAIN,
    RPC_LEVEL,
    RPC_COMPUTER_NAME,
    RPC_IS_ZERO_CREDENTIAL,
    RPC_FILE_NAME,
    RPC_MAPPED_INTERFACE,
    RPC_MAPPED_PORT,
    RPC_DRS_EXTENDED_OP,
    RPC_DRS_MAX_OBJECTS,
    RPC_DRS_FLAGS,
    RPC_CLSID,
    RPC_NAMESPACE,
    RPC_WMI_CLASS,
    RPC_WMI_METHOD,
    RPC_COMMAND_LINE,
    RPC_QUERY,
    RPC_TEXTS, /* strings of a stub that is not decoded further, joined by | */
    RPC_FIELD_COUNT
};

extern const char *const rpc_fields[RPC_FIELD_COUNT];

#define RPC_ARGUMENTS_MAX 12
#define RPC_TEXT_MAX      2048

/* A text that grows in an arena. */
struct rpc_text {
    uint8_t *data;
    uint32_t length, capacity;
};

/* Appends all of it, or nothing when it would be longer than `most` or there is no memory. */
bool rpc_text_add(struct rpc_text *text, struct arena *arena, struct bytes more, uint32_t most);

struct rpc_argument {
    uint16_t field;
    bool is_number, is_hex, is_bool;
    uint32_t at, length; /* of the text */
    uint64_t number;
};

/* A call that waits for its response. */
struct rpc_call {
    bool is_used, is_sealed;
    uint32_t call_id;
    uint16_t context, opnum;
    size_t request_length;
    uint8_t auth_type, auth_level;
    bool has_object;
    uint8_t object[16];
    struct wire_place place;
    unsigned argument_count;
    struct rpc_argument arguments[RPC_ARGUMENTS_MAX];
    struct arena *arena;  /* of the text */
    struct rpc_text text; /* UTF-8; its memory is used again by the next call */
};

/* Makes it empty. */
void rpc_call_reset(struct rpc_call *call, struct arena *arena);

/* Reads the arguments of a request's stub. What alignment and pointers looked like is added to
 * *seen. */
void rpc_request_read(struct rpc_call *call, const struct rpc_interface *interface,
                      struct bytes stub, bool is_big_endian, struct ndr *seen);

/* Adds an argument. */
void rpc_add_wide(struct rpc_call *call, enum rpc_field field, struct bytes utf16);
void rpc_add_text(struct rpc_call *call, enum rpc_field field, struct bytes utf8);
void rpc_add_number(struct rpc_call *call, enum rpc_field field, uint64_t number);
void rpc_add_hex(struct rpc_call *call, enum rpc_field field, uint64_t number);
void rpc_add_bool(struct rpc_call *call, enum rpc_field field, bool truth);

/* A UUID's text, 36 characters and a NUL, from its wire bytes. */
void rpc_uuid_write(char to[37], const uint8_t uuid[16]);

#endif

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
    RPC_WMI_PROPERTIES, /* those of an object that are texts: name=value, joined by | */
    RPC_CONTROL,
    RPC_NAMES,
    RPC_COUNT,
    RPC_VALUE,
    RPC_VALUE_TYPE,
    RPC_RID,
    RPC_SID,
    RPC_ACCOUNT_TYPE,
    RPC_SECRET_NAME,
    RPC_CHANNEL_TYPE,
    RPC_NEGOTIATE_FLAGS,
    RPC_CLIENT_DSA,
    RPC_DRS_EXTENSIONS,
    RPC_DRS_EXTENSIONS_LENGTH,
    RPC_DRS_USN,
    RPC_OBJECT_NAME,
    RPC_OBJECT_GUID,
    RPC_OBJECT_SID,
    RPC_FORMAT_OFFERED,
    RPC_FORMAT_DESIRED,
    RPC_CLIENT_NAME,
    RPC_SHARE_NAME,
    RPC_SHARE_PATH,
    RPC_LOG_NAME,
    RPC_PRINTER_NAME,
    RPC_LOCAL_MACHINE,
    RPC_DRIVER_NAME,
    RPC_ENVIRONMENT,
    RPC_DRIVER_PATH,
    RPC_DATA_FILE,
    RPC_CONFIG_FILE,
    RPC_SESSION_ID,
    RPC_PROCESS_ID,
    RPC_REQUEST_FLAGS,
    RPC_AUTHORITY,
    RPC_CERTIFICATE_ATTRIBUTES,
    RPC_OXID,
    RPC_IIDS,
    RPC_REFERENCES,
    RPC_DISPID,
    RPC_FIELD_COUNT
};

extern const char *const rpc_fields[RPC_FIELD_COUNT];

#define RPC_ARGUMENTS_MAX 16
#define RPC_TEXT_MAX      8192

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
    size_t request_length, response_length;
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

/* Reads the arguments of a request from the beginning of its stub. In NDR, what alignment and
 * pointers looked like is added to *seen. */
void rpc_request_read(struct rpc_call *call, const struct rpc_interface *interface, struct ndr stub,
                      struct ndr *seen);

/* Adds an argument. */
void rpc_add_wide(struct rpc_call *call, enum rpc_field field, struct bytes utf16);
void rpc_add_text(struct rpc_call *call, enum rpc_field field, struct bytes utf8);
void rpc_add_number(struct rpc_call *call, enum rpc_field field, uint64_t number);
void rpc_add_hex(struct rpc_call *call, enum rpc_field field, uint64_t number);
/* Adds a text to the argument before when it has the same field, behind `between`. */
void rpc_join_wide(struct rpc_call *call, enum rpc_field field, const char *between,
                   struct bytes utf16);
void rpc_join_text(struct rpc_call *call, enum rpc_field field, const char *between,
                   struct bytes utf8);
void rpc_add_bool(struct rpc_call *call, enum rpc_field field, bool truth);

/* A UUID's text, 36 characters and a NUL, from its wire bytes. */
void rpc_uuid_write(char to[37], const uint8_t uuid[16]);

#endif

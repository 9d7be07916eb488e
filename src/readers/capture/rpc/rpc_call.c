#include "readers/capture/rpc/rpc_call.h"

#include "base/utf.h"

#include <stdio.h>

const char *const rpc_fields[RPC_FIELD_COUNT] = {
    [RPC_RTT] = "rtt",
    [RPC_NAMED_PIPE] = "named_pipe",
    [RPC_ENDPOINT] = "endpoint",
    [RPC_OPERATION] = "operation",
    [RPC_INTERFACE_UUID] = "interface_uuid",
    [RPC_INTERFACE_VERSION] = "interface_version",
    [RPC_OPNUM] = "opnum",
    [RPC_CALL_ID] = "call_id",
    [RPC_CONTEXT_ID] = "context_id",
    [RPC_REQUEST_LENGTH] = "request_length",
    [RPC_RESPONSE_LENGTH] = "response_length",
    [RPC_STATUS] = "status",
    [RPC_FAULT] = "fault",
    [RPC_AUTH_TYPE] = "auth_type",
    [RPC_AUTH_LEVEL] = "auth_level",
    [RPC_IS_SEALED] = "is_sealed",
    [RPC_OBJECT] = "object",
    [RPC_USER] = "user",
    [RPC_SERVER_NAME] = "server_name",
    [RPC_DESIRED_ACCESS] = "desired_access",
    [RPC_SERVICE_NAME] = "service_name",
    [RPC_DISPLAY_NAME] = "display_name",
    [RPC_BINARY_PATH] = "binary_path",
    [RPC_SERVICE_TYPE] = "service_type",
    [RPC_START_TYPE] = "start_type",
    [RPC_TASK_NAME] = "task_name",
    [RPC_TASK_XML] = "task_xml",
    [RPC_TASK_FLAGS] = "task_flags",
    [RPC_KEY] = "key",
    [RPC_VALUE_NAME] = "value_name",
    [RPC_SAVE_PATH] = "save_path",
    [RPC_ACCOUNT_NAME] = "account_name",
    [RPC_DOMAIN] = "domain",
    [RPC_LEVEL] = "level",
    [RPC_COMPUTER_NAME] = "computer_name",
    [RPC_IS_ZERO_CREDENTIAL] = "is_zero_credential",
    [RPC_FILE_NAME] = "file_name",
    [RPC_MAPPED_INTERFACE] = "mapped_interface",
    [RPC_MAPPED_PORT] = "mapped_port",
    [RPC_DRS_EXTENDED_OP] = "drs_extended_op",
    [RPC_DRS_MAX_OBJECTS] = "drs_max_objects",
    [RPC_DRS_FLAGS] = "drs_flags",
    [RPC_CLSID] = "clsid",
    [RPC_NAMESPACE] = "namespace",
    [RPC_WMI_CLASS] = "wmi_class",
    [RPC_WMI_METHOD] = "wmi_method",
    [RPC_COMMAND_LINE] = "command_line",
    [RPC_QUERY] = "query",
    [RPC_WMI_PROPERTIES] = "wmi_properties",
    [RPC_CONTROL] = "control",
    [RPC_NAMES] = "names",
    [RPC_COUNT] = "count",
    [RPC_VALUE] = "value",
    [RPC_VALUE_TYPE] = "value_type",
    [RPC_RID] = "rid",
    [RPC_SID] = "sid",
    [RPC_ACCOUNT_TYPE] = "account_type",
    [RPC_SECRET_NAME] = "secret_name",
    [RPC_CHANNEL_TYPE] = "secure_channel_type",
    [RPC_NEGOTIATE_FLAGS] = "negotiate_flags",
    [RPC_CLIENT_DSA] = "client_dsa",
    [RPC_DRS_EXTENSIONS] = "drs_extensions",
    [RPC_DRS_EXTENSIONS_LENGTH] = "drs_extensions_length",
    [RPC_DRS_USN] = "drs_usn_from",
    [RPC_OBJECT_NAME] = "object_name",
    [RPC_OBJECT_GUID] = "object_guid",
    [RPC_OBJECT_SID] = "object_sid",
    [RPC_FORMAT_OFFERED] = "format_offered",
    [RPC_FORMAT_DESIRED] = "format_desired",
    [RPC_CLIENT_NAME] = "client_name",
    [RPC_SHARE_NAME] = "share_name",
    [RPC_SHARE_PATH] = "share_path",
    [RPC_LOG_NAME] = "log_name",
    [RPC_PRINTER_NAME] = "printer_name",
    [RPC_LOCAL_MACHINE] = "local_machine",
    [RPC_DRIVER_NAME] = "driver_name",
    [RPC_ENVIRONMENT] = "environment",
    [RPC_DRIVER_PATH] = "driver_path",
    [RPC_DATA_FILE] = "data_file",
    [RPC_CONFIG_FILE] = "config_file",
    [RPC_SESSION_ID] = "session_id",
    [RPC_PROCESS_ID] = "process_id",
    [RPC_REQUEST_FLAGS] = "request_flags",
    [RPC_AUTHORITY] = "authority",
    [RPC_CERTIFICATE_ATTRIBUTES] = "certificate_attributes",
    [RPC_OXID] = "oxid",
    [RPC_IIDS] = "iids",
    [RPC_REFERENCES] = "references",
    [RPC_DISPID] = "dispid",
};

void rpc_uuid_write(char to[37], const uint8_t uuid[16])
{
    snprintf(to, 37, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(uuid),
             load_le16(uuid + 4), load_le16(uuid + 6), uuid[8], uuid[9], uuid[10], uuid[11],
             uuid[12], uuid[13], uuid[14], uuid[15]);
}

#define TEXT_FIRST 128U

bool rpc_text_add(struct rpc_text *text, struct arena *arena, struct bytes more, uint32_t most)
{
    if (more.length > most || text->length > most - more.length)
        return false;
    const uint32_t want = text->length + (uint32_t)more.length;
    if (want > text->capacity) {
        uint32_t room = text->capacity ? text->capacity : TEXT_FIRST;
        while (room < want)
            room *= 2;
        uint8_t *data = arena_take_aligned(arena, room, 1);
        if (!data)
            return false;
        if (text->length)
            memcpy(data, text->data, text->length);
        text->data = data;
        text->capacity = room;
    }
    if (more.length)
        memcpy(text->data + text->length, more.data, more.length);
    text->length = want;
    return true;
}

void rpc_call_reset(struct rpc_call *call, struct arena *arena)
{
    const struct rpc_text text = call->text;
    *call =
        (struct rpc_call){.arena = arena, .text = {.data = text.data, .capacity = text.capacity}};
}

static struct rpc_argument *argument_add(struct rpc_call *call, enum rpc_field field)
{
    if (call->argument_count == RPC_ARGUMENTS_MAX)
        return NULL;
    struct rpc_argument *argument = &call->arguments[call->argument_count++];
    *argument = (struct rpc_argument){.field = (uint16_t)field};
    return argument;
}

/* Appends to the last text; what does not fit is left out. */
static void text_more(struct rpc_call *call, struct rpc_argument *argument, struct bytes utf8)
{
    if (utf8.length > RPC_TEXT_MAX - call->text.length)
        utf8.length = RPC_TEXT_MAX - call->text.length;
    if (rpc_text_add(&call->text, call->arena, utf8, RPC_TEXT_MAX))
        argument->length += (uint32_t)utf8.length;
}

#define UNITS_AT_ONCE 512U

static void wide_more(struct rpc_call *call, struct rpc_argument *argument, struct bytes utf16)
{
    uint8_t text[UTF8_BOUND(UNITS_AT_ONCE)];
    size_t units = utf16.length / 2;
    const uint8_t *at = utf16.data;
    while (units && call->text.length < RPC_TEXT_MAX) {
        size_t step = units < UNITS_AT_ONCE ? units : UNITS_AT_ONCE;
        /* Not between the halves of a pair. */
        if (step < units && step > 1 && (load_le16(at + (step - 1) * 2) & 0xFC00) == 0xD800)
            step--;
        text_more(call, argument, bytes_of(text, utf8_from_utf16(text, at, step)));
        at += step * 2;
        units -= step;
    }
}

static struct rpc_argument *text_begin(struct rpc_call *call, enum rpc_field field)
{
    struct rpc_argument *argument = argument_add(call, field);
    if (argument)
        argument->at = call->text.length;
    return argument;
}

/* The last argument when it is of this field, with `between` behind it; else a new one. */
static struct rpc_argument *text_join(struct rpc_call *call, enum rpc_field field,
                                      const char *between)
{
    struct rpc_argument *last =
        call->argument_count ? &call->arguments[call->argument_count - 1] : NULL;
    if (!last || last->field != field || last->at + last->length != call->text.length)
        return text_begin(call, field);
    text_more(call, last, bytes_of_text(between));
    return last;
}

void rpc_add_text(struct rpc_call *call, enum rpc_field field, struct bytes utf8)
{
    struct rpc_argument *argument = utf8.length ? text_begin(call, field) : NULL;
    if (argument)
        text_more(call, argument, utf8);
}

void rpc_add_wide(struct rpc_call *call, enum rpc_field field, struct bytes utf16)
{
    struct rpc_argument *argument = utf16.length >= 2 ? text_begin(call, field) : NULL;
    if (argument)
        wide_more(call, argument, utf16);
}

void rpc_join_text(struct rpc_call *call, enum rpc_field field, const char *between,
                   struct bytes utf8)
{
    struct rpc_argument *argument = utf8.length ? text_join(call, field, between) : NULL;
    if (argument)
        text_more(call, argument, utf8);
}

void rpc_join_wide(struct rpc_call *call, enum rpc_field field, const char *between,
                   struct bytes utf16)
{
    struct rpc_argument *argument = utf16.length >= 2 ? text_join(call, field, between) : NULL;
    if (argument)
        wide_more(call, argument, utf16);
}

void rpc_add_number(struct rpc_call *call, enum rpc_field field, uint64_t number)
{
    struct rpc_argument *argument = argument_add(call, field);
    if (argument) {
        argument->is_number = true;
        argument->number = number;
    }
}

void rpc_add_hex(struct rpc_call *call, enum rpc_field field, uint64_t number)
{
    struct rpc_argument *argument = argument_add(call, field);
    if (argument) {
        argument->is_number = argument->is_hex = true;
        argument->number = number;
    }
}

void rpc_add_bool(struct rpc_call *call, enum rpc_field field, bool truth)
{
    struct rpc_argument *argument = argument_add(call, field);
    if (argument) {
        argument->is_bool = true;
        argument->number = truth;
    }
}

#include "readers/capture/http/http_log.h"

#include "base/attributes.h"
#include "base/buffer.h"
#include "readers/capture/http/base64.h"
#include "readers/capture/http/head.h"
#include "readers/capture/http/mime.h"

#define NAMES_MAX 64U /* fields of a head whose names are told */

enum http_field {
    HTTP_TRANS_DEPTH,
    HTTP_METHOD,
    HTTP_HOST,
    HTTP_URI,
    HTTP_REFERRER,
    HTTP_VERSION,
    HTTP_USER_AGENT,
    HTTP_ORIGIN,
    HTTP_REQUEST_BODY_LEN,
    HTTP_RESPONSE_BODY_LEN,
    HTTP_STATUS_CODE,
    HTTP_STATUS_MSG,
    HTTP_INFO_CODE,
    HTTP_INFO_MSG,
    HTTP_USERNAME,
    HTTP_PROXIED,
    HTTP_ORIG_MIME_TYPES,
    HTTP_RESP_MIME_TYPES,
    HTTP_COOKIE,
    HTTP_AUTH_SCHEME,
    HTTP_WWW_AUTHENTICATE,
    HTTP_SERVER,
    HTTP_LOCATION,
    HTTP_REQUEST_CONTENT_TYPE,
    HTTP_RESPONSE_CONTENT_TYPE,
    HTTP_CONNECTION,
    HTTP_REQUEST_HEADERS,
    HTTP_RESPONSE_HEADERS,
    HTTP_REQUEST_BODY,
    HTTP_RESPONSE_BODY,
    HTTP_FIELD_COUNT
};

static const char *const fields[HTTP_FIELD_COUNT] = {
    [HTTP_TRANS_DEPTH] = "trans_depth",
    [HTTP_METHOD] = "method",
    [HTTP_HOST] = "host",
    [HTTP_URI] = "uri",
    [HTTP_REFERRER] = "referrer",
    [HTTP_VERSION] = "version",
    [HTTP_USER_AGENT] = "user_agent",
    [HTTP_ORIGIN] = "origin",
    [HTTP_REQUEST_BODY_LEN] = "request_body_len",
    [HTTP_RESPONSE_BODY_LEN] = "response_body_len",
    [HTTP_STATUS_CODE] = "status_code",
    [HTTP_STATUS_MSG] = "status_msg",
    [HTTP_INFO_CODE] = "info_code",
    [HTTP_INFO_MSG] = "info_msg",
    [HTTP_USERNAME] = "username",
    [HTTP_PROXIED] = "proxied",
    [HTTP_ORIG_MIME_TYPES] = "orig_mime_types",
    [HTTP_RESP_MIME_TYPES] = "resp_mime_types",
    [HTTP_COOKIE] = "cookie",
    [HTTP_AUTH_SCHEME] = "auth_scheme",
    [HTTP_WWW_AUTHENTICATE] = "www_authenticate",
    [HTTP_SERVER] = "server",
    [HTTP_LOCATION] = "location",
    [HTTP_REQUEST_CONTENT_TYPE] = "request_content_type",
    [HTTP_RESPONSE_CONTENT_TYPE] = "response_content_type",
    [HTTP_CONNECTION] = "connection",
    [HTTP_REQUEST_HEADERS] = "request_headers",
    [HTTP_RESPONSE_HEADERS] = "response_headers",
    [HTTP_REQUEST_BODY] = "request_body",
    [HTTP_RESPONSE_BODY] = "response_body",
};

static const struct wire_log http_log = {"http", fields, HTTP_FIELD_COUNT};

struct known {
    const char *name;
    enum http_field field;
};

static const struct known request_fields[] = {
    {"host", HTTP_HOST},
    {"referer", HTTP_REFERRER},
    {"user-agent", HTTP_USER_AGENT},
    {"origin", HTTP_ORIGIN},
    {"cookie", HTTP_COOKIE},
    {"content-type", HTTP_REQUEST_CONTENT_TYPE},
    {"connection", HTTP_CONNECTION},
};

static const struct known response_fields[] = {
    {"server", HTTP_SERVER},
    {"location", HTTP_LOCATION},
    {"content-type", HTTP_RESPONSE_CONTENT_TYPE},
};

static const char *const proxy_fields[] = {
    "forwarded", "x-forwarded-for",  "x-forwarded-from", "client-ip",
    "via",       "xroxy-connection", "proxy-connection"};

static void known_tell(struct wire_event *event, const struct known *known, size_t count,
                       struct bytes name, struct bytes value)
{
    for (size_t i = 0; i < count; i++)
        if (head_is(name, known[i].name))
            wire_set_text(event, known[i].field, value);
}

/* As Zeek has it: the name in capitals, an arrow, the value. */
static void proxied_tell(struct wire_event *event, struct bytes name, struct bytes value)
{
    struct buffer text = {0};
    for (size_t i = 0; i < COUNT_OF(proxy_fields); i++) {
        if (!head_is(name, proxy_fields[i]))
            continue;
        for (size_t at = 0; at < name.length; at++)
            buffer_byte(&text,
                        (uint8_t)(name.data[at] >= 'a' && name.data[at] <= 'z' ? name.data[at] - 32
                                                                               : name.data[at]));
        buffer_text(&text, " -> ");
        buffer_bytes(&text, value.data, value.length);
        const struct bytes kept = arena_keep(event->arena, buffer_view(&text));
        if (kept.length)
            wire_add_text(event, HTTP_PROXIED, kept);
    }
    buffer_release(&text);
}

/* The user of Basic (RFC 7617); never the password. */
static void authorization_tell(struct wire_event *event, struct bytes value)
{
    const struct bytes scheme = head_word(&value);
    wire_set_text(event, HTTP_AUTH_SCHEME, scheme);
    if (!head_is(scheme, "basic") || !value.length)
        return;
    uint8_t *room = arena_take_aligned(event->arena, BASE64_BOUND(value.length), 1);
    if (!room)
        return;
    const size_t length = base64_decode(room, value);
    const uint8_t *colon = length ? memchr(room, ':', length) : NULL;
    if (colon)
        wire_set_text(event, HTTP_USERNAME, bytes_of(room, (size_t)(colon - room)));
}

static void names_tell(struct wire_event *event, enum http_field field, struct bytes head)
{
    struct buffer text = {0};
    struct bytes name, value;
    for (unsigned i = 0; i < NAMES_MAX && head_field(&head, &name, &value); i++) {
        if (i)
            buffer_byte(&text, ',');
        buffer_bytes(&text, name.data, name.length);
    }
    wire_set_copy(event, field, buffer_view(&text));
    buffer_release(&text);
}

/* What the body begins with. Of an encoded one nothing is known. */
static void body_tell(struct wire_event *event, const struct http_message *message,
                      struct bytes head, enum http_field types, enum http_field text)
{
    struct bytes start = bytes_of(message->start, message->start_length);
    if (!start.length || head_find(head, "content-encoding").length)
        return;
    const char *type = mime_of(start);
    if (type)
        wire_add_text(event, types, bytes_of_text(type));
    if (mime_is_text(&start))
        wire_set_text(event, text, start);
}

static void request_tell(struct wire_event *event, const struct http_message *message)
{
    struct bytes rest = bytes_of(message->head, message->head_length), line, name, value;
    struct head_request request;
    if (!head_line(&rest, &line) || !head_request_read(line, &request))
        return;
    const struct bytes head = rest;
    wire_set_text(event, HTTP_METHOD, request.method);
    wire_set_text(event, HTTP_URI, request.target);
    wire_set_text(event, HTTP_VERSION, request.version);
    wire_set_number(event, HTTP_REQUEST_BODY_LEN, message->body_length);
    while (head_field(&rest, &name, &value)) {
        known_tell(event, request_fields, COUNT_OF(request_fields), name, value);
        proxied_tell(event, name, value);
        if (head_is(name, "authorization") || head_is(name, "proxy-authorization"))
            authorization_tell(event, value);
    }
    names_tell(event, HTTP_REQUEST_HEADERS, head);
    body_tell(event, message, head, HTTP_ORIG_MIME_TYPES, HTTP_REQUEST_BODY);
}

static void response_tell(struct wire_event *event, const struct http_message *message)
{
    struct bytes rest = bytes_of(message->head, message->head_length), line, name, value;
    struct head_status status;
    if (!head_line(&rest, &line) || !head_status_read(line, &status))
        return;
    const struct bytes head = rest;
    wire_set_number(event, HTTP_STATUS_CODE, status.code);
    wire_set_text(event, HTTP_STATUS_MSG, status.reason);
    wire_set_text(event, HTTP_VERSION, status.version);
    wire_set_number(event, HTTP_RESPONSE_BODY_LEN, message->body_length);
    while (head_field(&rest, &name, &value)) {
        known_tell(event, response_fields, COUNT_OF(response_fields), name, value);
        if (head_is(name, "www-authenticate") || head_is(name, "proxy-authenticate"))
            wire_add_text(event, HTTP_WWW_AUTHENTICATE, head_word(&value));
    }
    names_tell(event, HTTP_RESPONSE_HEADERS, head);
    body_tell(event, message, head, HTTP_RESP_MIME_TYPES, HTTP_RESPONSE_BODY);
}

void http_tell(struct wire_connection *connection, const struct http_exchange *exchange,
               const struct http_message *response, const struct http_info *info)
{
    struct wire_event *event = wire_event_begin(connection, &http_log);
    if (!event)
        return;
    wire_set_number(event, HTTP_TRANS_DEPTH, exchange->depth);
    if (exchange->has_request)
        request_tell(event, &exchange->request);
    if (info->code) {
        wire_set_number(event, HTTP_INFO_CODE, info->code);
        wire_set_copy(event, HTTP_INFO_MSG, bytes_of_text(info->reason));
    }
    if (response)
        response_tell(event, response);
    wire_event_end(connection, event,
                   exchange->has_request || !response ? &exchange->request.first : &response->first,
                   response ? &response->last : &exchange->request.last);
}

#include "readers/capture/rdp/rdp.h"

#include "readers/capture/auth/auth.h"
#include "readers/capture/auth/der.h"
#include "readers/capture/rdp/settings.h"
#include "readers/capture/tls/tls.h"

#include <stdio.h>

#define TPKT            4U /* RFC 1006: 3, 0, length(2) */
#define X224_CONNECT    7U /* length, code, references(4), class */
#define NEGOTIATION     8U /* type, flags, length(2), value(4) */
#define MESSAGE_MIN     7U
#define TOKEN_MAX       (64U << 10)
#define SETTINGS_NAME   32U
#define SETTINGS_DIGITS 64U

enum x224 { X224_REQUEST = 0xE0, X224_CONFIRM = 0xD0, X224_DATA = 0xF0 };

enum negotiation {
    NEGOTIATION_REQUEST = 1,
    NEGOTIATION_RESPONSE = 2,
    NEGOTIATION_FAILURE = 3,
};

enum field {
    RDP_COOKIE,
    RDP_RESULT,
    RDP_SECURITY_PROTOCOL,
    RDP_CLIENT_CHANNELS,
    RDP_KEYBOARD_LAYOUT,
    RDP_CLIENT_BUILD,
    RDP_CLIENT_NAME,
    RDP_CLIENT_DIG_PRODUCT_ID,
    RDP_DESKTOP_WIDTH,
    RDP_DESKTOP_HEIGHT,
    RDP_COLOR_DEPTH,
    RDP_CERT_TYPE,
    RDP_CERT_COUNT,
    RDP_CERT_PERMANENT,
    RDP_ENCRYPTION_LEVEL,
    RDP_ENCRYPTION_METHOD,
    RDP_ROUTING_TOKEN,
    RDP_HAS_NEGOTIATION,
    RDP_REQUESTED_PROTOCOLS,
    RDP_REQUEST_FLAGS,
    RDP_RESPONSE_FLAGS,
    RDP_FIELD_COUNT
};

static const char *const fields[RDP_FIELD_COUNT] = {
    [RDP_COOKIE] = "cookie",
    [RDP_RESULT] = "result",
    [RDP_SECURITY_PROTOCOL] = "security_protocol",
    [RDP_CLIENT_CHANNELS] = "client_channels",
    [RDP_KEYBOARD_LAYOUT] = "keyboard_layout",
    [RDP_CLIENT_BUILD] = "client_build",
    [RDP_CLIENT_NAME] = "client_name",
    [RDP_CLIENT_DIG_PRODUCT_ID] = "client_dig_product_id",
    [RDP_DESKTOP_WIDTH] = "desktop_width",
    [RDP_DESKTOP_HEIGHT] = "desktop_height",
    [RDP_COLOR_DEPTH] = "requested_color_depth",
    [RDP_CERT_TYPE] = "cert_type",
    [RDP_CERT_COUNT] = "cert_count",
    [RDP_CERT_PERMANENT] = "cert_permanent",
    [RDP_ENCRYPTION_LEVEL] = "encryption_level",
    [RDP_ENCRYPTION_METHOD] = "encryption_method",
    [RDP_ROUTING_TOKEN] = "routing_token",
    [RDP_HAS_NEGOTIATION] = "has_negotiation",
    [RDP_REQUESTED_PROTOCOLS] = "requested_protocols",
    [RDP_REQUEST_FLAGS] = "request_flags",
    [RDP_RESPONSE_FLAGS] = "response_flags",
};

static const struct wire_log rdp_log = {"rdp", fields, RDP_FIELD_COUNT};

/* What one side said in its X.224 connection message. */
struct connect {
    bool is_there, has_negotiation;
    uint8_t type, flags;
    uint32_t value;
    struct bytes cookie, token;
};

struct session {
    struct wire_session base;
    struct wire_place first, last;
    struct connect request, confirm;
    struct bytes settings; /* the client's MCS connect message */
    struct rdp_server server;
    struct auth_state *auth;
    struct wire_carried *tls;
    bool has_answer; /* the server's MCS connect message */
    bool is_encrypted, is_told, is_done;
};

/* --- The event --- */

static void number_tell(struct wire_event *event, enum field field, const char *name,
                        const char *kind, uint32_t number)
{
    if (name)
        wire_set_name(event, field, name);
    else
        wire_set_format(event, field, "%s-%u", kind, number);
}

static const char *protocol_name(uint32_t protocol)
{
    switch (protocol) {
    case 0:
        return "RDP";
    case 1:
        return "SSL";
    case 2:
        return "HYBRID";
    case 8:
        return "HYBRID_EX";
    default:
        return NULL;
    }
}

static const char *failure_name(uint32_t failure)
{
    static const char *const names[] = {NULL,
                                        "SSL_REQUIRED_BY_SERVER",
                                        "SSL_NOT_ALLOWED_BY_SERVER",
                                        "SSL_CERT_NOT_ON_SERVER",
                                        "INCONSISTENT_FLAGS",
                                        "HYBRID_REQUIRED_BY_SERVER",
                                        "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"};
    return failure < sizeof(names) / sizeof(names[0]) ? names[failure] : NULL;
}

static const char *build_name(uint32_t build)
{
    static const struct {
        uint32_t build;
        const char *name;
    } names[] = {{419, "RDP 4.0"},  {2195, "RDP 5.0"}, {2221, "RDP 5.0"}, {2600, "RDP 5.1"},
                 {3790, "RDP 5.2"}, {6000, "RDP 6.0"}, {6001, "RDP 6.1"}, {6002, "RDP 6.2"},
                 {7600, "RDP 7.0"}, {7601, "RDP 7.1"}, {9200, "RDP 8.0"}, {9600, "RDP 8.1"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].build == build)
            return names[i].name;
    return NULL;
}

static const char *method_name(uint32_t method)
{
    switch (method) {
    case 0:
        return "None";
    case 1:
        return "40bit";
    case 2:
        return "128bit";
    case 8:
        return "56bit";
    case 16:
        return "FIPS";
    default:
        return NULL;
    }
}

static const char *level_name(uint32_t level)
{
    static const char *const names[] = {"None", "Low", "Client compatible", "High", "FIPS"};
    return level < sizeof(names) / sizeof(names[0]) ? names[level] : NULL;
}

/* Text up to its NUL, in a field of fixed size. */
static void wide_tell(struct wire_event *event, enum field field, struct bytes core, size_t at,
                      size_t size)
{
    if (core.length < at + size)
        return;
    size_t length = 0;
    while (length < size && load_le16(core.data + at + length))
        length += 2;
    wire_set_utf16(event, field, bytes_of(core.data + at, length));
}

/* Client core data (2.2.1.3.2) behind its header: 4 width, 6 height, 12 keyboard layout, 16 build,
 * 20 name, 136 high colour depth, 140 early capability flags, 142 product id. */
static void core_tell(struct wire_event *event, struct bytes core)
{
    if (core.length < 20 + SETTINGS_NAME)
        return;
    const uint32_t build = load_le32(core.data + 16);
    wire_set_number(event, RDP_DESKTOP_WIDTH, load_le16(core.data + 4));
    wire_set_number(event, RDP_DESKTOP_HEIGHT, load_le16(core.data + 6));
    wire_set_format(event, RDP_KEYBOARD_LAYOUT, "keyboard-%u", load_le32(core.data + 12));
    number_tell(event, RDP_CLIENT_BUILD, build_name(build), "client_build", build);
    wide_tell(event, RDP_CLIENT_NAME, core, 20, SETTINGS_NAME);
    wide_tell(event, RDP_CLIENT_DIG_PRODUCT_ID, core, 142, SETTINGS_DIGITS);
    if (core.length >= 142) {
        const bool wants_32 = load_le16(core.data + 140) & 2;
        wire_set_format(event, RDP_COLOR_DEPTH, "%ubit",
                        wants_32 ? 32U : load_le16(core.data + 136));
    }
}

static void client_tell(struct wire_event *event, const struct session *session)
{
    struct rdp_client client;
    if (!rdp_client_read(session->settings, &client))
        return;
    core_tell(event, client.core);
    for (size_t at = 0; at < client.channels.length; at += 12) {
        const char *name = (const char *)client.channels.data + at;
        wire_add_text(event, RDP_CLIENT_CHANNELS, bytes_of(name, strnlen(name, 8)));
    }
}

static void server_tell(struct wire_event *event, const struct rdp_server *server)
{
    if (!server->has_security)
        return;
    number_tell(event, RDP_ENCRYPTION_METHOD, method_name(server->method), "encryption_method",
                server->method);
    number_tell(event, RDP_ENCRYPTION_LEVEL, level_name(server->level), "encryption_level",
                server->level);
    wire_set_number(event, RDP_CERT_COUNT, server->certificate_count);
    if (!server->certificate)
        return;
    const uint32_t type = server->certificate & 0x7FFFFFFFU;
    const char *name = type == 1 ? "RSA" : type == 2 ? "X.509" : NULL;
    number_tell(event, RDP_CERT_TYPE, name, "cert_type", type);
    wire_set_bool(event, RDP_CERT_PERMANENT, !(server->certificate >> 31));
}

static void request_tell(struct wire_event *event, const struct connect *request)
{
    if (!request->is_there)
        return;
    if (request->cookie.data)
        wire_set_text(event, RDP_COOKIE, request->cookie);
    if (request->token.data)
        wire_set_text(event, RDP_ROUTING_TOKEN, request->token);
    wire_set_bool(event, RDP_HAS_NEGOTIATION, request->has_negotiation);
    if (request->has_negotiation) {
        wire_set_hex(event, RDP_REQUESTED_PROTOCOLS, request->value, 4);
        wire_set_hex(event, RDP_REQUEST_FLAGS, request->flags, 4);
    }
}

static void result_tell(struct wire_event *event, const struct session *session)
{
    const struct connect *confirm = &session->confirm;
    const bool has_failed = confirm->has_negotiation && confirm->type == NEGOTIATION_FAILURE;
    if (has_failed)
        number_tell(event, RDP_RESULT, failure_name(confirm->value), "failure_code",
                    confirm->value);
    else if (session->is_encrypted)
        wire_set_name(event, RDP_RESULT, "encrypted");
    else if (session->has_answer)
        wire_set_name(event, RDP_RESULT, "Success");
    if (!confirm->is_there || has_failed)
        return;
    const uint32_t chosen = confirm->has_negotiation ? confirm->value : 0;
    number_tell(event, RDP_SECURITY_PROTOCOL, protocol_name(chosen), "security_protocol", chosen);
    if (confirm->has_negotiation)
        wire_set_hex(event, RDP_RESPONSE_FLAGS, confirm->flags, 4);
}

static void rdp_tell(struct session *session)
{
    if (session->is_told || !(session->request.is_there || session->confirm.is_there))
        return;
    session->is_told = true;
    struct wire_event *event = wire_event_begin(session->base.connection, &rdp_log);
    if (!event)
        return;
    wire_set_number(event, RDP_CERT_COUNT, 0);
    request_tell(event, &session->request);
    result_tell(event, session);
    client_tell(event, session);
    server_tell(event, &session->server);
    wire_event_end(session->base.connection, event, &session->first, &session->last);
}

/* --- Connection messages --- */

/* A line of text before the negotiation (2.2.1.1): `Cookie: mstshash=` and a user's name, or
 * `Cookie: msts=` and where to go. */
static void line_take(struct arena *arena, struct connect *connect, struct bytes *rest)
{
    static const char user[] = "Cookie: mstshash=", route[] = "Cookie: msts=";
    const uint8_t *end = rest->length ? memchr(rest->data, '\r', rest->length) : NULL;
    if (!end || (size_t)(end - rest->data) + 2 > rest->length || end[1] != '\n')
        return;
    const size_t length = (size_t)(end - rest->data);
    if (length >= sizeof(user) - 1 && memcmp(rest->data, user, sizeof(user) - 1) == 0)
        connect->cookie =
            arena_keep(arena, bytes_of(rest->data + sizeof(user) - 1, length - sizeof(user) + 1));
    else if (length >= sizeof(route) - 1 && memcmp(rest->data, route, sizeof(route) - 1) == 0)
        connect->token =
            arena_keep(arena, bytes_of(rest->data + sizeof(route) - 1, length - sizeof(route) + 1));
    *rest = bytes_of(end + 2, rest->length - length - 2);
}

static bool negotiation_is(struct bytes rest)
{
    return rest.length >= NEGOTIATION && rest.data[0] >= NEGOTIATION_REQUEST &&
           rest.data[0] <= NEGOTIATION_FAILURE && load_le16(rest.data + 2) == NEGOTIATION;
}

static void connect_take(struct session *session, struct connect *connect, struct bytes rest)
{
    *connect = (struct connect){.is_there = true};
    line_take(session->base.connection->arena, connect, &rest);
    if (!negotiation_is(rest))
        return;
    connect->has_negotiation = true;
    connect->type = rest.data[0];
    connect->flags = rest.data[1];
    connect->value = load_le32(rest.data + 4);
}

/* Nothing more is said in clear when the server has chosen anything but RDP's own security. */
static void confirm_end(struct session *session)
{
    const struct connect *confirm = &session->confirm;
    if (!confirm->has_negotiation)
        return;
    if (confirm->type == NEGOTIATION_FAILURE)
        rdp_tell(session);
    session->is_encrypted = confirm->type == NEGOTIATION_RESPONSE && confirm->value != 0;
    if (session->is_encrypted)
        rdp_tell(session);
}

/* MCS connect messages ([MS-RDPBCGR] 2.2.1.3, 2.2.1.4) have the settings of both sides. */
static void data_take(struct session *session, enum wire_side side, struct bytes message)
{
    if (side == WIRE_CLIENT && !session->settings.data) {
        session->settings = arena_keep(session->base.connection->arena, message);
    } else if (side == WIRE_SERVER) {
        session->has_answer = true;
        rdp_server_read(message, &session->server);
        rdp_tell(session);
        session->is_done = true;
    }
}

/* TPKT (RFC 1006 6) and X.224 (13): length, code, and for connections references and class. */
static void message_take(struct session *session, enum wire_side side, struct bytes message)
{
    const uint8_t code = message.data[TPKT + 1] & 0xF0;
    if (!session->request.is_there && !session->confirm.is_there)
        session->first = session->base.connection->now[side];
    session->last = session->base.connection->now[side];
    if (code == X224_DATA) {
        data_take(session, side, message);
        return;
    }
    if (message.length < TPKT + X224_CONNECT)
        return;
    const struct bytes rest =
        bytes_of(message.data + TPKT + X224_CONNECT, message.length - TPKT - X224_CONNECT);
    if (code == X224_REQUEST && side == WIRE_CLIENT) {
        connect_take(session, &session->request, rest);
    } else if (code == X224_CONFIRM && side == WIRE_SERVER) {
        connect_take(session, &session->confirm, rest);
        confirm_end(session);
    }
}

/* --- CredSSP without TLS --- */

/* TSRequest ([MS-CSSP] 2.2.1): [0] version, [1] negoTokens, a list of [0] OCTET STRING. Returns
 * its length, 0 while it is not all there. */
static size_t credssp_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct cursor at = cursor_over(bytes, 0), request, inner, list, one, token;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &request))
        return bytes.length > TOKEN_MAX ? bytes.length : 0;
    while (der_next(&request, &tag, &inner)) {
        if (tag != DER_CONTEXT(1) || !der_take(&inner, DER_SEQUENCE, &list))
            continue;
        while (der_take(&list, DER_SEQUENCE, &one))
            if (der_take(&one, DER_CONTEXT(0), &inner) && der_take(&inner, DER_OCTETS, &token))
                auth_token(&session->base, side, der_bytes(&token), &session->auth, "rdp");
    }
    return bytes.length - cursor_left(&at);
}

/* --- The protocol --- */

static size_t unseen_take(struct session *session, size_t length)
{
    session->is_done = true;
    wire_unseen(&session->base, length);
    return length;
}

/* One step; 0: more bytes are needed. */
static size_t step_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    if (session->tls || (!session->is_done && tls_is_record(bytes))) {
        session->is_encrypted = true;
        rdp_tell(session);
        wire_carry(&session->base, &session->tls, &wire_tls, side, bytes);
        return bytes.length;
    }
    if (!session->is_done && bytes.data[0] == DER_SEQUENCE)
        return credssp_take(session, side, bytes);
    const size_t length = load_be16(bytes.data + 2);
    if (session->is_done || bytes.data[0] != 3 || bytes.data[1] != 0 || length < MESSAGE_MIN)
        return unseen_take(session, bytes.length);
    if (bytes.length < length)
        return 0;
    message_take(session, side, bytes_of(bytes.data, length));
    return length;
}

static size_t rdp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    struct session *session = (struct session *)base;
    size_t taken = 0;
    while (bytes.length - taken >= TPKT + 1) {
        const size_t step =
            step_take(session, side, bytes_of(bytes.data + taken, bytes.length - taken));
        if (!step)
            break;
        taken += step;
    }
    return taken;
}

/* A connection begins with these; a token before the negotiation only from the client. */
static enum wire_probe rdp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    const uint8_t *at = bytes.data;
    const uint8_t expected = side == WIRE_CLIENT ? X224_REQUEST : X224_CONFIRM;
    if (bytes.length < TPKT + X224_CONNECT)
        return bytes.length == 0 || at[0] == 3 ? WIRE_MORE : WIRE_NO;
    const size_t length = load_be16(at + 2);
    if (at[0] != 3 || at[1] != 0 || length < TPKT + X224_CONNECT || at[5] != expected ||
        at[4] + TPKT + 1U != length)
        return WIRE_NO;
    if (bytes.length < length)
        return WIRE_MORE;
    const struct bytes rest = bytes_of(at + TPKT + X224_CONNECT, length - TPKT - X224_CONNECT);
    if (rest.length >= 8 && memcmp(rest.data, "Cookie: ", 8) == 0)
        return side == WIRE_CLIENT ? WIRE_YES : WIRE_NO;
    if (negotiation_is(rest))
        return WIRE_YES;
    return connection->server_port == 3389 ? WIRE_MAYBE : WIRE_NO;
}

static bool rdp_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)base, (void)side, (void)length;
    return false;
}

static void rdp_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    rdp_tell(session);
    auth_end(base, session->auth);
}

const struct wire_protocol wire_rdp = {
    .name = "rdp",
    .transport = WIRE_TCP,
    .probe = rdp_probe,
    .session = sizeof(struct session),
    .data = rdp_data,
    .gap = rdp_gap,
    .end = rdp_end,
};

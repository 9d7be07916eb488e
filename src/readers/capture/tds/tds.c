#include "readers/capture/tds/tds.h"

#include "readers/capture/auth/auth.h"
#include "readers/capture/tls/tls.h"

#include <stdio.h>

/* Packet header ([MS-TDS] 2.2.3.1): 0 type, 1 status (1: last), 2 length BE, 4 SPID, 6 packet id, 7
 * 0 */
#define HEADER       8U
#define STATUS_LAST  0x01U
#define PACKET_FIRST 1U          /* each message begins with packet 1, or does not count them */
#define MESSAGE_MAX  (64U << 10) /* of a message's bytes that are looked at */

enum packet {
    PACKET_BATCH = 0x01,
    PACKET_RPC = 0x03,
    PACKET_RESPONSE = 0x04,
    PACKET_LOGIN7 = 0x10,
    PACKET_SSPI = 0x11,
    PACKET_PRELOGIN = 0x12,
};

enum field {
    COMMAND,
    PACKET_ID,
    LENGTH,
    PRELOGIN_TOKENS,
    PRELOGIN_VERSION,
    PRELOGIN_ENCRYPTION,
    PRELOGIN_INSTANCE,
    TDS_VERSION,
    PACKET_SIZE,
    CLIENT_VERSION,
    CLIENT_PID,
    CLIENT_ID,
    OPTION_FLAGS,
    HOST_NAME,
    USER_NAME,
    APP_NAME,
    SERVER_NAME,
    INTERFACE_NAME,
    DATABASE,
    HAS_SSPI,
    QUERY,
    FIELD_COUNT
};

static const char *const fields[FIELD_COUNT] = {
    [COMMAND] = "command",
    [PACKET_ID] = "packet_id",
    [LENGTH] = "length",
    [PRELOGIN_TOKENS] = "prelogin_tokens",
    [PRELOGIN_VERSION] = "prelogin_version",
    [PRELOGIN_ENCRYPTION] = "prelogin_encryption",
    [PRELOGIN_INSTANCE] = "prelogin_instance",
    [TDS_VERSION] = "tds_version",
    [PACKET_SIZE] = "packet_size",
    [CLIENT_VERSION] = "client_version",
    [CLIENT_PID] = "client_pid",
    [CLIENT_ID] = "client_id",
    [OPTION_FLAGS] = "option_flags",
    [HOST_NAME] = "host_name",
    [USER_NAME] = "username",
    [APP_NAME] = "app_name",
    [SERVER_NAME] = "server_name",
    [INTERFACE_NAME] = "interface_name",
    [DATABASE] = "database",
    [HAS_SSPI] = "has_sspi",
    [QUERY] = "query",
};

static const struct wire_log tds_log = {"tds", fields, FIELD_COUNT};

struct session {
    struct wire_session base;
    struct auth_state *auth;
    struct buffer message[2]; /* the packets of one message, per side */
    bool is_torn[2];          /* a part of that message is lost */
    struct wire_carried *tls;
};

static bool is_header(struct bytes bytes)
{
    const uint8_t *at = bytes.data;
    return (at[0] == PACKET_PRELOGIN || at[0] == PACKET_LOGIN7 || at[0] == PACKET_BATCH ||
            at[0] == PACKET_RPC || at[0] == PACKET_SSPI || at[0] == PACKET_RESPONSE) &&
           at[1] < 0x20 && load_be16(at + 2) >= HEADER && at[7] == 0;
}

/* Only a prelogin or a login is distinctive enough; both begin a connection. */
static enum wire_probe tds_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection;
    if (bytes.length < HEADER + 1)
        return bytes.length == 0 || bytes.data[0] == PACKET_PRELOGIN ||
                       bytes.data[0] == PACKET_LOGIN7
                   ? WIRE_MORE
                   : WIRE_NO;
    if (side == WIRE_SERVER)
        return is_header(bytes) && bytes.data[0] == PACKET_RESPONSE ? WIRE_MAYBE : WIRE_NO;
    const bool is_prelogin = bytes.data[0] == PACKET_PRELOGIN && bytes.data[HEADER] == 0;
    return is_header(bytes) && (is_prelogin || bytes.data[0] == PACKET_LOGIN7) ? WIRE_YES : WIRE_NO;
}

static struct wire_event *event_new(struct session *session, const char *command,
                                    const uint8_t *header, size_t length)
{
    struct wire_event *event = wire_event_begin(session->base.connection, &tds_log);
    if (!event)
        return NULL;
    wire_set_name(event, COMMAND, command);
    wire_set_number(event, PACKET_ID, header[6]);
    wire_set_number(event, LENGTH, length);
    return event;
}

static void event_done(struct session *session, struct wire_event *event)
{
    struct wire_connection *connection = session->base.connection;
    wire_event_end(connection, event, &connection->now[WIRE_CLIENT], NULL);
}

/* PRELOGIN ([MS-TDS] 2.2.6.5): options of type, offset BE, length BE, ended by 0xFF. */
static void prelogin_take(struct session *session, struct bytes body, const uint8_t *header)
{
    struct wire_event *event = event_new(session, "prelogin", header, body.length + HEADER);
    if (!event)
        return;
    char tokens[64] = "";
    size_t text = 0;
    for (size_t at = 0; at + 5 <= body.length && body.data[at] != 0xFF; at += 5) {
        const size_t offset = load_be16(body.data + at + 1), length = load_be16(body.data + at + 3);
        if (text < sizeof(tokens))
            text += (size_t)snprintf(tokens + text, sizeof(tokens) - text, "%s%u", text ? "," : "",
                                     body.data[at]);
        if (offset > body.length || body.length - offset < length)
            continue;
        const struct bytes value = bytes_of(body.data + offset, length);
        if (body.data[at] == 0)
            wire_set_binary(event, PRELOGIN_VERSION, value);
        else if (body.data[at] == 1 && length)
            wire_set_number(event, PRELOGIN_ENCRYPTION, value.data[0]);
        else if (body.data[at] == 2 && length)
            wire_set_text(event, PRELOGIN_INSTANCE,
                          bytes_of(value.data, strnlen((const char *)value.data, length)));
    }
    wire_set_copy(event, PRELOGIN_TOKENS,
                  bytes_of(tokens, text < sizeof(tokens) ? text : sizeof(tokens) - 1));
    event_done(session, event);
}

/* An offset and a count of units at `at` of LOGIN7's table. */
static struct bytes login_text(struct bytes body, size_t at)
{
    const size_t offset = load_le16(body.data + at), units = load_le16(body.data + at + 2);
    if (offset > body.length || (body.length - offset) / 2 < units)
        return (struct bytes){0};
    return bytes_of(body.data + offset, units * 2);
}

/* LOGIN7 ([MS-TDS] 2.2.6.4): 4 TDSVersion, 8 PacketSize, 12 ClientProgVer, 16 ClientPID, 24 to 27
 * flags, 36 the table: HostName, UserName, Password, AppName, ServerName, Extension, CltIntName,
 * Language, Database; 72 ClientID, 78 SSPI */
static void login_take(struct session *session, struct bytes body, const uint8_t *header)
{
    static const struct {
        enum field field;
        uint8_t at;
    } texts[] = {{HOST_NAME, 36},   {USER_NAME, 40},      {APP_NAME, 48},
                 {SERVER_NAME, 52}, {INTERFACE_NAME, 60}, {DATABASE, 68}};
    if (body.length < 86) {
        wire_damaged(&session->base, WIRE_CLIENT, "a LOGIN7 cut short");
        return;
    }
    const size_t sspi = load_le16(body.data + 78), sspi_length = load_le16(body.data + 80);
    if (sspi_length && sspi <= body.length && body.length - sspi >= sspi_length)
        auth_token(&session->base, WIRE_CLIENT, bytes_of(body.data + sspi, sspi_length),
                   &session->auth, "tds");
    struct wire_event *event = event_new(session, "login7", header, body.length + HEADER);
    if (!event)
        return;
    wire_set_hex(event, TDS_VERSION, load_le32(body.data + 4), 4);
    wire_set_number(event, PACKET_SIZE, load_le32(body.data + 8));
    wire_set_hex(event, CLIENT_VERSION, load_le32(body.data + 12), 4);
    wire_set_number(event, CLIENT_PID, load_le32(body.data + 16));
    wire_set_binary(event, OPTION_FLAGS, bytes_of(body.data + 24, 4));
    wire_set_binary(event, CLIENT_ID, bytes_of(body.data + 72, 6));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        wire_set_utf16(event, texts[i].field, login_text(body, texts[i].at));
    wire_set_bool(event, HAS_SSPI, sspi_length > 0);
    event_done(session, event);
}

/* SQLBatch ([MS-TDS] 2.2.6.7): all headers (length first), then the text. */
static void batch_take(struct session *session, struct bytes body, const uint8_t *header)
{
    size_t start = body.length >= 4 ? load_le32(body.data) : 0;
    if (start < 4 || start > body.length || start > 256)
        start = 0;
    struct wire_event *event = event_new(session, "batch", header, body.length + HEADER);
    if (!event)
        return;
    if (body.length > start)
        wire_set_utf16(event, QUERY,
                       bytes_of(body.data + start, (body.length - start) & ~(size_t)1));
    event_done(session, event);
}

static void message_done(struct session *session, enum wire_side side, const uint8_t *header)
{
    const struct bytes body = buffer_view(&session->message[side]);
    if (header[0] == PACKET_PRELOGIN && tls_is_record(body)) /* its handshake (2.2.6.5) */
        wire_carry(&session->base, &session->tls, &wire_tls, side, body);
    else if (side == WIRE_CLIENT && header[0] == PACKET_PRELOGIN && body.length &&
             body.data[0] == 0)
        prelogin_take(session, body, header);
    else if (side == WIRE_CLIENT && header[0] == PACKET_LOGIN7)
        login_take(session, body, header);
    else if (side == WIRE_CLIENT && header[0] == PACKET_SSPI)
        auth_token(&session->base, side, body, &session->auth, "tds");
    else if (side == WIRE_CLIENT && header[0] == PACKET_BATCH)
        batch_take(session, body, header);
    else if (side == WIRE_SERVER && body.length > 3 && body.data[0] == 0xED)
        auth_token(&session->base, side, bytes_of(body.data + 3, body.length - 3), &session->auth,
                   "tds"); /* the SSPI token of the response (2.2.7.22) */
    wire_gather_end(&session->base, &session->message[side]);
}

static void packet_take(struct session *session, enum wire_side side, const uint8_t *header)
{
    struct buffer *message = &session->message[side];
    const size_t length = load_be16(header + 2);
    if (header[6] <= PACKET_FIRST)
        session->is_torn[side] = false;
    if (!session->is_torn[side] && message->length + length <= MESSAGE_MAX)
        (void)wire_gather(&session->base, message, bytes_of(header + HEADER, length - HEADER));
    if (!(header[1] & STATUS_LAST))
        return;
    if (!session->is_torn[side])
        message_done(session, side, header);
    session->is_torn[side] = false;
}

/* The whole length of the packet or TLS record that begins here; 0: neither does. */
static size_t frame_length(struct bytes bytes)
{
    if (tls_is_record(bytes))
        return TLS_RECORD_HEADER + load_be16(bytes.data + 3);
    return is_header(bytes) ? load_be16(bytes.data + 2) : 0;
}

/* Behind the handshake TLS stands in the stream by itself: its records are all that comes, or, when
 * only the login is encrypted, they end with it ([MS-TDS] 2.2.6.5, ENCRYPT_OFF). */
static size_t tds_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    struct session *session = (struct session *)base;
    size_t taken = 0;
    while (bytes.length - taken >= HEADER) {
        const struct bytes rest = bytes_of(bytes.data + taken, bytes.length - taken);
        const size_t length = frame_length(rest);
        if (!length) {
            wire_unseen(base, rest.length);
            return bytes.length;
        }
        if (rest.length < length)
            break;
        if (tls_is_record(rest))
            wire_carry(base, &session->tls, &wire_tls, side, bytes_of(rest.data, length));
        else
            packet_take(session, side, rest.data);
        taken += length;
    }
    return taken;
}

static size_t tds_frame(const struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    (void)base, (void)side;
    return bytes.length < HEADER ? 0 : frame_length(bytes);
}

/* Of the message that it is in nothing is told. */
static bool tds_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    struct session *session = (struct session *)base;
    (void)length;
    session->is_torn[side] = true;
    wire_gather_end(base, &session->message[side]);
    return true;
}

static void tds_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    auth_end(base, session->auth);
    wire_gather_end(base, &session->message[WIRE_CLIENT]);
    wire_gather_end(base, &session->message[WIRE_SERVER]);
}

const struct wire_protocol wire_tds = {
    .name = "tds",
    .transport = WIRE_TCP,
    .probe = tds_probe,
    .session = sizeof(struct session),
    .data = tds_data,
    .frame = tds_frame,
    .gap = tds_gap,
    .end = tds_end,
};

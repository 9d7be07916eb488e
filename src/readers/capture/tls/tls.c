#include "readers/capture/tls/tls.h"

#include "base/buffer.h"
#include "readers/capture/numbers/numbers.h"
#include "readers/capture/tls/hello.h"
#include "readers/capture/tls/tls_open.h"
#include "readers/capture/tls/x509.h"

#include <stdio.h>

#define RECORD_MAX       (16384U + 2048U) /* RFC 5246 6.2.3 */
#define HANDSHAKE_HEADER 4U
#define HANDSHAKE_MAX    (128U << 10)
#define CERTIFICATES_MAX 16U
#define HISTORY_MAX      32U
#define PROBE_MAX        4096U /* bytes of a side that wait until it is known what they are */

enum content {
    CONTENT_CIPHER = 20,
    CONTENT_ALERT = 21,
    CONTENT_HANDSHAKE = 22,
    CONTENT_DATA = 23,
    CONTENT_HEARTBEAT = 24,
};

enum handshake {
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_SERVER_HELLO = 2,
    HANDSHAKE_CERTIFICATE = 11,
    HANDSHAKE_SERVER_KEY = 12,
    HANDSHAKE_CLIENT_KEY = 16,
};

enum ssl_field {
    SSL_VERSION,
    SSL_CIPHER,
    SSL_CURVE,
    SSL_SERVER_NAME,
    SSL_RESUMED,
    SSL_LAST_ALERT,
    SSL_NEXT_PROTOCOL,
    SSL_ESTABLISHED,
    SSL_HISTORY,
    SSL_CERT_CHAIN_FPS,
    SSL_CLIENT_CERT_CHAIN_FPS,
    SSL_SUBJECT,
    SSL_ISSUER,
    SSL_CLIENT_SUBJECT,
    SSL_CLIENT_ISSUER,
    SSL_JA3,
    SSL_JA3S,
    SSL_JA4,
    SSL_CLIENT_VERSION, /* the highest that is offered */
    SSL_CLIENT_PROTOCOLS,
    SSL_CARRIER,
    SSL_FIELD_COUNT
};

static const char *const fields[SSL_FIELD_COUNT] = {
    [SSL_VERSION] = "version",
    [SSL_CIPHER] = "cipher",
    [SSL_CURVE] = "curve",
    [SSL_SERVER_NAME] = "server_name",
    [SSL_RESUMED] = "resumed",
    [SSL_LAST_ALERT] = "last_alert",
    [SSL_NEXT_PROTOCOL] = "next_protocol",
    [SSL_ESTABLISHED] = "established",
    [SSL_HISTORY] = "ssl_history",
    [SSL_CERT_CHAIN_FPS] = "cert_chain_fps",
    [SSL_CLIENT_CERT_CHAIN_FPS] = "client_cert_chain_fps",
    [SSL_SUBJECT] = "subject",
    [SSL_ISSUER] = "issuer",
    [SSL_CLIENT_SUBJECT] = "client_subject",
    [SSL_CLIENT_ISSUER] = "client_issuer",
    [SSL_JA3] = "ja3",
    [SSL_JA3S] = "ja3s",
    [SSL_JA4] = "ja4",
    [SSL_CLIENT_VERSION] = "client_version",
    [SSL_CLIENT_PROTOCOLS] = "client_protocols",
    [SSL_CARRIER] = "carrier",
};

static const struct wire_log ssl_log = {"ssl", fields, SSL_FIELD_COUNT};

/* The certificates that one side sent. */
struct chain {
    char (*prints)[X509_PRINT_LENGTH];
    unsigned count;
    struct bytes subject, issuer; /* of the first */
};

/* The beginning of a handshake message that goes on in the next record; in the connection's arena,
 * where it is counted. */
struct gathered {
    uint8_t *data;
    size_t length, capacity;
};

struct session {
    struct wire_session base;
    struct wire_place first, last;
    struct gathered message[2];
    uint64_t rest[2]; /* bytes of a handshake message that is not read */
    uint16_t client_version, version, cipher, curve;
    struct bytes server_name, session_id, next_protocol, protocols;
    struct chain chains[2];
    char ja3[JA3_LENGTH], ja3s[JA3_LENGTH], ja4[JA4_LENGTH];
    char history[HISTORY_MAX];
    uint8_t history_length;
    uint8_t last_alert;
    bool has_hello[2], has_alert;
    bool has_ticket, has_shared_key, has_client_key;
    bool is_resumed, is_told;
    uint8_t random[2][32];
    struct tls_opener *opener; /* NULL: no key log has it, or it is not known yet */
    struct wire_carried *carried;
    const struct wire_protocol *inner; /* NULL: not known yet */
    struct buffer waiting[2];          /* until it is */
    bool is_opener_sought, is_inner_unknown;
    bool is_lost[2];    /* no records any more */
    bool has_cipher[2]; /* ChangeCipherSpec was sent */
    bool has_data[2];   /* something encrypted was sent */
};

/* --- The event --- */

static bool is_established(const struct session *session)
{
    return session->has_data[WIRE_CLIENT] && session->has_data[WIRE_SERVER];
}

static void version_tell(struct wire_event *event, uint32_t field, uint16_t version)
{
    if (version >= 0x0301 && version <= 0x0304)
        wire_set_format(event, field, "TLSv1%u", version - 0x0301U);
    else if (version == 0x0300)
        wire_set_name(event, field, "SSLv3");
    else if (version >> 8 == 0x7F)
        wire_set_format(event, field, "TLSv13-draft%u", version & 0x7FU);
    else
        wire_set_format(event, field, "unknown-%u", version);
}

static void number_tell(struct wire_event *event, uint32_t field, const char *name, unsigned number)
{
    if (name)
        wire_set_name(event, field, name);
    else
        wire_set_format(event, field, "unknown-%u", number);
}

static void text_tell(struct wire_event *event, uint32_t field, struct bytes text)
{
    if (text.length)
        wire_set_text(event, field, text);
}

static void chain_tell(struct wire_event *event, const struct chain *chain, uint32_t prints,
                       uint32_t subject, uint32_t issuer)
{
    for (unsigned i = 0; i < chain->count; i++)
        wire_add_text(event, prints, bytes_of_text(chain->prints[i]));
    text_tell(event, subject, chain->subject);
    text_tell(event, issuer, chain->issuer);
}

static void client_tell(struct wire_event *event, const struct session *session)
{
    if (!session->has_hello[WIRE_CLIENT])
        return;
    version_tell(event, SSL_CLIENT_VERSION, session->client_version);
    text_tell(event, SSL_SERVER_NAME, session->server_name);
    text_tell(event, SSL_JA3, bytes_of_text(session->ja3));
    text_tell(event, SSL_JA4, bytes_of_text(session->ja4));
    struct bytes rest = session->protocols, protocol;
    while ((protocol = tls_first_protocol(rest)).data) {
        wire_add_text(event, SSL_CLIENT_PROTOCOLS, protocol);
        rest = bytes_of(rest.data + protocol.length + 1, rest.length - protocol.length - 1);
    }
}

static void server_tell(struct wire_event *event, const struct session *session)
{
    if (!session->has_hello[WIRE_SERVER])
        return;
    version_tell(event, SSL_VERSION, session->version);
    number_tell(event, SSL_CIPHER, tls_cipher_name(session->cipher), session->cipher);
    if (session->curve)
        number_tell(event, SSL_CURVE, tls_group_name(session->curve), session->curve);
    text_tell(event, SSL_NEXT_PROTOCOL, session->next_protocol);
    text_tell(event, SSL_JA3S, bytes_of_text(session->ja3s));
}

static void ssl_tell(struct session *session)
{
    if (session->is_told || !session->history_length)
        return;
    session->is_told = true;
    struct wire_event *event = wire_event_begin(session->base.connection, &ssl_log);
    if (!event)
        return;
    client_tell(event, session);
    server_tell(event, session);
    chain_tell(event, &session->chains[WIRE_SERVER], SSL_CERT_CHAIN_FPS, SSL_SUBJECT, SSL_ISSUER);
    chain_tell(event, &session->chains[WIRE_CLIENT], SSL_CLIENT_CERT_CHAIN_FPS, SSL_CLIENT_SUBJECT,
               SSL_CLIENT_ISSUER);
    if (session->has_alert)
        number_tell(event, SSL_LAST_ALERT, tls_alert_name(session->last_alert),
                    session->last_alert);
    wire_set_bool(event, SSL_RESUMED, session->is_resumed);
    wire_set_bool(event, SSL_ESTABLISHED, is_established(session));
    wire_set_text(event, SSL_HISTORY, bytes_of(session->history, session->history_length));
    if (session->base.carrier)
        wire_set_name(event, SSL_CARRIER, session->base.carrier->protocol->name);
    wire_event_end(session->base.connection, event, &session->first, &session->last);
}

/* --- Handshake messages --- */

static void history_add(struct session *session, enum wire_side side, char letter)
{
    if (session->history_length < HISTORY_MAX)
        session->history[session->history_length++] =
            side == WIRE_CLIENT ? letter : (char)(letter | 0x20);
}

/* Zeek's letters of ssl_history by the message's type. */
static char letter_of(unsigned type)
{
    static const char letters[] = "HCSVTEJZOZZXKRNYGZZZFWUAP";
    return type < sizeof(letters) - 1 ? letters[type] : type == 254 ? 'M' : 'Z';
}

static void client_hello_take(struct session *session, struct bytes body)
{
    struct arena *arena = session->base.connection->arena;
    struct tls_hello hello;
    struct buffer scratch = {0};
    if (!tls_hello_read(body, true, &hello)) {
        wire_damaged(&session->base, WIRE_CLIENT, "a client hello that breaks its lengths");
        return;
    }
    if (session->has_hello[WIRE_CLIENT])
        return; /* the second one, behind a hello retry request */
    session->has_hello[WIRE_CLIENT] = true;
    memcpy(session->random[WIRE_CLIENT], hello.random.data, 32);
    session->client_version = tls_hello_version(&hello);
    session->server_name = arena_keep(arena, hello.server_name);
    session->session_id = arena_keep(arena, hello.session_id);
    session->protocols = arena_keep(arena, hello.protocols);
    session->has_ticket = hello.has_ticket && !hello.session_id.length;
    session->has_shared_key = hello.has_shared_key;
    tls_ja3(&hello, &scratch, session->ja3);
    tls_ja4(&hello, &scratch, session->ja4);
    buffer_release(&scratch);
}

/* A hello retry request is a server hello with this as its random (RFC 8446 4.1.3). */
static bool is_retry(const struct tls_hello *hello)
{
    static const uint8_t retry[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11,
                                      0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
                                      0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E,
                                      0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
    return memcmp(hello->random.data, retry, sizeof(retry)) == 0;
}

static void server_hello_take(struct session *session, struct bytes body)
{
    struct tls_hello hello;
    struct buffer scratch = {0};
    if (!tls_hello_read(body, false, &hello)) {
        wire_damaged(&session->base, WIRE_SERVER, "a server hello that breaks its lengths");
        return;
    }
    session->version = tls_hello_version(&hello);
    if (is_retry(&hello)) {
        session->history[session->history_length - 1] = 'j';
        return;
    }
    session->has_hello[WIRE_SERVER] = true;
    memcpy(session->random[WIRE_SERVER], hello.random.data, 32);
    session->cipher = load_be16(hello.ciphers.data);
    session->curve = hello.share;
    session->next_protocol =
        arena_keep(session->base.connection->arena, tls_first_protocol(hello.protocols));
    if (session->version == TLS_1_3)
        session->is_resumed = session->has_shared_key && hello.has_shared_key;
    else
        session->is_resumed =
            hello.session_id.length && bytes_equal(hello.session_id, session->session_id);
    tls_ja3s(&hello, &scratch, session->ja3s);
    buffer_release(&scratch);
}

static void certificate_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct chain *chain = &session->chains[side];
    struct arena *arena = session->base.connection->arena;
    struct x509 certificate;
    if (!x509_read(bytes, &certificate)) {
        wire_damaged(&session->base, side, "a certificate that cannot be read");
        return;
    }
    x509_tell(session->base.connection, side, bytes, &certificate, chain->count == 0);
    if (!chain->prints)
        chain->prints = arena_take_array(arena, CERTIFICATES_MAX, sizeof(*chain->prints));
    if (!chain->prints)
        return;
    if (chain->count == 0) {
        chain->subject = x509_name(arena, certificate.subject);
        chain->issuer = x509_name(arena, certificate.issuer);
    }
    x509_print(bytes, chain->prints[chain->count++]);
}

static size_t load_be24(const uint8_t *at)
{
    return (size_t)at[0] << 16 | load_be16(at + 1);
}

/* Certificate (RFC 5246 7.4.2): the length of all, then a length and a certificate each. */
static void certificates_take(struct session *session, enum wire_side side, struct bytes body)
{
    struct cursor at = cursor_over(body, 0);
    const uint8_t *length = cursor_take(&at, 3);
    while (length && session->chains[side].count < CERTIFICATES_MAX &&
           (length = cursor_take(&at, 3))) {
        const size_t size = load_be24(length);
        const uint8_t *data = cursor_take(&at, size);
        if (!data) {
            wire_damaged(&session->base, side, "a certificate cut short");
            return;
        }
        certificate_take(session, side, bytes_of(data, size));
    }
}

/* ServerKeyExchange (RFC 8422 5.4) of a suite with elliptic curves: 3 (named curve), the curve. */
static void server_key_take(struct session *session, struct bytes body)
{
    const char *cipher = tls_cipher_name(session->cipher);
    if (cipher && strstr(cipher, "_ECDH") && body.length >= 3 && body.data[0] == 3)
        session->curve = load_be16(body.data + 1);
}

static void handshake_take(struct session *session, enum wire_side side, unsigned type,
                           struct bytes body)
{
    history_add(session, side, letter_of(type));
    switch (type) {
    case HANDSHAKE_CLIENT_HELLO:
        client_hello_take(session, body);
        break;
    case HANDSHAKE_SERVER_HELLO:
        server_hello_take(session, body);
        break;
    case HANDSHAKE_CERTIFICATE:
        certificates_take(session, side, body);
        break;
    case HANDSHAKE_SERVER_KEY:
        server_key_take(session, body);
        break;
    case HANDSHAKE_CLIENT_KEY:
        session->has_client_key = true;
        break;
    default:
        break;
    }
}

/* The messages of what is there; returns how many bytes they have. */
static size_t handshakes_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    size_t taken = 0;
    while (bytes.length - taken >= HANDSHAKE_HEADER) {
        const uint8_t *header = bytes.data + taken;
        const size_t length = load_be24(header + 1);
        const size_t left = bytes.length - taken - HANDSHAKE_HEADER;
        if (length > HANDSHAKE_MAX) {
            wire_damaged(&session->base, side, "a handshake message longer than any is");
            session->rest[side] = length - (left < length ? left : length);
            return bytes.length;
        }
        if (left < length)
            break;
        handshake_take(session, side, header[0], bytes_of(header + HANDSHAKE_HEADER, length));
        taken += HANDSHAKE_HEADER + length;
    }
    return taken;
}

static void gather(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct gathered *message = &session->message[side];
    const size_t want = message->length + bytes.length;
    if (want > message->capacity) {
        const size_t room = want * 2;
        uint8_t *data = arena_take_aligned(session->base.connection->arena, room, 1);
        if (!data) {
            wire_damaged(&session->base, side, "no memory for a handshake message");
            session->is_lost[side] = true;
            return;
        }
        if (message->length)
            memcpy(data, message->data, message->length);
        message->data = data;
        message->capacity = room;
    }
    if (bytes.length)
        memcpy(message->data + message->length, bytes.data, bytes.length);
    message->length = want;
}

/* Messages go on over records (RFC 8446 5.1): what is not whole waits for the next one. */
static void fragment_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct gathered *message = &session->message[side];
    const size_t skip =
        session->rest[side] < bytes.length ? (size_t)session->rest[side] : bytes.length;
    session->rest[side] -= skip;
    bytes = bytes_of(bytes.data + skip, bytes.length - skip);
    if (!message->length) {
        const size_t taken = handshakes_take(session, side, bytes);
        gather(session, side, bytes_of(bytes.data + taken, bytes.length - taken));
        return;
    }
    gather(session, side, bytes);
    const size_t taken = handshakes_take(session, side, bytes_of(message->data, message->length));
    message->length -= taken;
    if (taken && message->length)
        memmove(message->data, message->data + taken, message->length);
}

/* --- Records --- */

/* Behind ChangeCipherSpec everything is encrypted, but for TLS 1.3, where it means nothing. */
static bool is_encrypted(const struct session *session, enum wire_side side)
{
    return session->has_cipher[side] && session->version != TLS_1_3;
}

static void encrypted_see(struct session *session, enum wire_side side)
{
    session->has_data[side] = true;
    if (session->history_length && is_established(session))
        ssl_tell(session);
}

static void clear_take(struct session *session, enum wire_side side, unsigned type,
                       struct bytes content)
{
    switch (type) {
    case CONTENT_CIPHER:
        history_add(session, side, 'I');
        session->has_cipher[side] = true;
        if (side == WIRE_CLIENT && session->has_ticket && !session->has_client_key)
            session->is_resumed = session->version != TLS_1_3;
        break;
    case CONTENT_ALERT:
        history_add(session, side, 'L');
        if (content.length >= 2) {
            session->has_alert = true;
            session->last_alert = content.data[1];
        }
        break;
    case CONTENT_HANDSHAKE:
        fragment_take(session, side, content);
        break;
    default:
        history_add(session, side, 'B');
        break;
    }
}

/* --- What a key log opens --- */

/* What keys there are is asked when the first encrypted record comes. */
static struct tls_opener *opener_of(struct session *session)
{
    if (session->is_opener_sought)
        return session->opener;
    session->is_opener_sought = true;
    if (!session->has_hello[WIRE_CLIENT] || !session->has_hello[WIRE_SERVER])
        return NULL;
    struct tls_agreed agreed = {.version = session->version, .cipher = session->cipher};
    memcpy(agreed.random, session->random, sizeof(agreed.random));
    session->opener = tls_opener_new(session->base.connection, &agreed);
    return session->opener;
}

/* Nobody knows it: what waits is forgotten. */
static void inner_forget(struct session *session)
{
    session->is_inner_unknown = true;
    wire_gather_end(&session->base, &session->waiting[WIRE_CLIENT]);
    wire_gather_end(&session->base, &session->waiting[WIRE_SERVER]);
}

static void inner_begin(struct session *session, const struct wire_protocol *inner)
{
    session->inner = inner;
    for (unsigned side = 0; side < 2; side++) {
        struct buffer *waiting = &session->waiting[side];
        if (waiting->length)
            wire_carry(&session->base, &session->carried, inner, side, buffer_view(waiting));
        wire_gather_end(&session->base, waiting);
    }
}

/* What was inside goes to the protocol that it is. */
static void inner_take(struct session *session, enum wire_side side, struct bytes plain)
{
    struct buffer *waiting = &session->waiting[side];
    bool asks;
    if (session->is_inner_unknown || !plain.length)
        return;
    if (session->inner) {
        wire_carry(&session->base, &session->carried, session->inner, side, plain);
        return;
    }
    if (!wire_gather(&session->base, waiting, plain)) {
        inner_forget(session);
        return;
    }
    const struct wire_protocol *inner =
        wire_recognise(&session->base, side, buffer_view(waiting), &asks);
    if (inner)
        inner_begin(session, inner);
    else if (!asks || waiting->length > PROBE_MAX)
        inner_forget(session);
}

/* False: it stays closed. */
static bool opened_take(struct session *session, enum wire_side side, const uint8_t *header,
                        size_t length)
{
    struct wire_keys *keys = wire_keys_of(session->base.connection);
    uint8_t *room = wire_room_take(keys, length), type;
    const struct tls_record record = {header, bytes_of(header + TLS_RECORD_HEADER, length)};
    struct bytes plain;
    if (!room)
        return false;
    const bool is_open = tls_record_open(session->opener, side, &record, room, &type, &plain);
    if (is_open && type == CONTENT_DATA)
        inner_take(session, side, plain);
    wire_room_back(keys, length);
    return is_open;
}

/* Content that nobody can read is not waited for. Returns how much was taken. */
static size_t secret_take(struct session *session, enum wire_side side, size_t have, size_t length)
{
    const size_t step = have < length ? have : length;
    wire_unseen(&session->base, length);
    encrypted_see(session, side);
    if (step < length)
        wire_skip(&session->base, side, length - step);
    return step;
}

/* Bytes that are no TLS: the rest of the stream is not looked at. */
static size_t give_up(struct session *session, enum wire_side side, size_t length)
{
    if (!session->is_lost[side])
        wire_damaged(&session->base, side, "what follows is no TLS record");
    session->is_lost[side] = true;
    wire_unseen(&session->base, length);
    return length;
}

/* Record (RFC 8446 5.1): type, version(2), length(2), content. */
static size_t tls_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    struct session *session = (struct session *)base;
    size_t taken = 0;
    while (bytes.length - taken >= TLS_RECORD_HEADER) {
        const uint8_t *header = bytes.data + taken;
        const size_t have = bytes.length - taken - TLS_RECORD_HEADER,
                     length = load_be16(header + 3);
        if (session->is_lost[side] || !tls_is_record(bytes_of(header, TLS_RECORD_HEADER)) ||
            length > RECORD_MAX)
            return taken + give_up(session, side, bytes.length - taken);
        if (!session->history_length)
            session->first = base->connection->now[side];
        session->last = base->connection->now[side];
        const bool is_secret = header[0] == CONTENT_DATA || is_encrypted(session, side);
        if (is_secret && opener_of(session)) {
            if (have < length)
                break;
            encrypted_see(session, side);
            if (!opened_take(session, side, header, length))
                wire_unseen(base, length);
            taken += TLS_RECORD_HEADER + length;
            continue;
        }
        if (is_secret) {
            taken += TLS_RECORD_HEADER + secret_take(session, side, have, length);
            continue;
        }
        if (have < length)
            break;
        clear_take(session, side, header[0], bytes_of(header + TLS_RECORD_HEADER, length));
        taken += TLS_RECORD_HEADER + length;
    }
    return taken;
}

/* --- The protocol --- */

/* A client speaks first, with its hello; what was picked up later may be encrypted already. */
static enum wire_probe tls_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection;
    static const uint8_t start[] = {CONTENT_HANDSHAKE, 3};
    if (bytes.length < TLS_RECORD_HEADER + 1)
        return bytes.length < 2 || memcmp(bytes.data, start, 2) == 0 ? WIRE_MORE : WIRE_NO;
    if (!tls_is_record(bytes) || load_be16(bytes.data + 3) > RECORD_MAX ||
        load_be16(bytes.data + 3) == 0)
        return WIRE_NO;
    if (bytes.data[0] != CONTENT_HANDSHAKE)
        return WIRE_MAYBE;
    const unsigned expected = side == WIRE_CLIENT ? HANDSHAKE_CLIENT_HELLO : HANDSHAKE_SERVER_HELLO;
    return bytes.data[TLS_RECORD_HEADER] == expected ? WIRE_YES : WIRE_NO;
}

static void tls_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    ssl_tell(session);
    wire_carry_end(session->carried);
    inner_forget(session);
}

/* Where the next record begins is not known. */
static bool tls_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    struct session *session = (struct session *)base;
    (void)length;
    session->is_lost[side] = true;
    return true;
}

const struct wire_protocol wire_tls = {
    .name = "ssl",
    .transport = WIRE_TCP,
    .probe = tls_probe,
    .session = sizeof(struct session),
    .data = tls_data,
    .gap = tls_gap,
    .end = tls_end,
};

#include "readers/capture/krb5/krb5.h"

#include "crypt/crypt.h"
#include "readers/capture/auth/der.h"
#include "readers/capture/krb5/krb5_log.h"

#define PORT_KDC    88
#define MESSAGE_MAX (1U << 20)
#define NAMES_KIND  "krb5 client names"

/* A connection asks once, or a few times one after the other. */
struct session {
    struct wire_session base;
    struct krb5_message request;
    struct wire_place at;
    bool has_request;
};

static bool is_message(struct bytes bytes)
{
    if (bytes.length < 4)
        return false;
    const uint8_t tag = bytes.data[0];
    return (tag == 0x6A || tag == 0x6B || tag == 0x6C || tag == 0x6D || tag == 0x7E) &&
           (bytes.data[1] >= 0x80 || bytes.data[2] == DER_SEQUENCE);
}

/* RFC 4120 7.2.2: four bytes of length, then the message. */
static size_t tcp_frame(const struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    (void)base, (void)side;
    const uint32_t length = bytes.length < 8 ? MESSAGE_MAX : load_be32(bytes.data);
    return length < MESSAGE_MAX && is_message(bytes_of(bytes.data + 4, bytes.length - 4))
               ? 4 + (size_t)length
               : 0;
}

static enum wire_probe tcp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection;
    if (bytes.length < 8)
        return bytes.length && bytes.data[0] != 0 ? WIRE_NO : WIRE_MORE;
    return tcp_frame(NULL, side, bytes) ? WIRE_YES : WIRE_NO;
}

static enum wire_probe udp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)side;
    if (bytes.length < 8)
        return WIRE_NO;
    return is_message(bytes) && connection->server_port == PORT_KDC ? WIRE_YES : WIRE_NO;
}

/* The client's realm and name, as an AS-REP shows them, tell how long its authenticators are. */
static void names_learn(struct wire_connection *connection, const struct krb5_message *reply)
{
    size_t names = reply->realm.length;
    for (unsigned i = 0; i < reply->client.count; i++)
        names += reply->client.parts[i].length;
    const uint32_t stored = (uint32_t)names;
    wire_remember(connection, NAMES_KIND, 0, bytes_of(&stored, sizeof(stored)));
}

static size_t names_known(const struct wire_connection *connection)
{
    const struct bytes stored = wire_recall(connection, NAMES_KIND, 0);
    return stored.length == sizeof(uint32_t) ? load_le32(stored.data) : 0;
}

static struct krb5_cipher cipher_of(const struct krb5_encrypted *encrypted)
{
    return (struct krb5_cipher){encrypted->etype, encrypted->cipher};
}

/* What the keys say of an exchange: opens the reply, so that its ticket's session key is known. */
static enum wire_verdict reply_open(struct wire_keys *keys, const struct krb5_message *reply,
                                    const struct krb5_inside *inside)
{
    const struct krb5_cipher part = cipher_of(&reply->reply);
    const struct krb5_cipher fast = cipher_of(&reply->fast);
    const struct bytes ticket = reply->ticket.encrypted.cipher;
    if (reply->type == KRB5_TGS_REP)
        return inside->has_session && krb5_tgs_open(keys, inside, &fast, &part, ticket)
                   ? WIRE_KEY_RIGHT
                   : WIRE_KEY_NONE;
    const struct bytes client =
        reply->client.count == 1 ? reply->client.parts[0] : (struct bytes){0};
    return krb5_as_open(keys, reply->realm, client, reply->salt, &part, ticket);
}

/* The request's own ticket. */
static bool ticket_open(struct wire_connection *connection, const struct krb5_message *message,
                        unsigned usage, struct krb5_inside *inside)
{
    const struct krb5_asked asked = {.realm = message->ticket.realm,
                                     .ticket = cipher_of(&message->ticket.encrypted),
                                     .authenticator = cipher_of(&message->authenticator),
                                     .usage = usage};
    return message->ticket.is_there &&
           krb5_ticket_open(wire_keys_of(connection), &asked, connection->arena, inside);
}

static void request_tell(struct session *session, const struct krb5_message *reply,
                         enum wire_side side)
{
    if (!session->has_request)
        return;
    struct wire_connection *connection = session->base.connection;
    struct wire_keys *keys = wire_keys_of(connection);
    struct krb5_inside inside = {.has_session = false};
    struct krb5_told told = {.request = &session->request,
                             .reply = reply,
                             .names = names_known(connection),
                             .at = session->at,
                             .to = connection->now[side]};
    if (keys && ticket_open(connection, &session->request, KRB5_USAGE_TGS_AUTHENTICATOR, &inside)) {
        told.inside = &inside;
        told.verdict = WIRE_KEY_RIGHT;
    }
    if (keys && reply && reply->type != KRB5_ERROR) {
        const enum wire_verdict verdict = reply_open(keys, reply, &inside);
        told.verdict = verdict == WIRE_KEY_NONE ? told.verdict : verdict;
        if (verdict == WIRE_KEY_WRONG)
            wire_note(&session->base, side, "replies that the account's key does not open");
    }
    krb5_tell(connection, &told);
    crypt_wipe(&inside, sizeof(inside));
    session->has_request = false;
}

static void message_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct wire_connection *connection = session->base.connection;
    struct krb5_message message;
    const struct bytes kept = arena_keep(connection->arena, bytes);
    if (!kept.data || !krb5_read(kept, &message)) {
        wire_damaged(&session->base, side, "a Kerberos message that breaks its rules");
        return;
    }
    if (message.type == KRB5_AS_REQ || message.type == KRB5_TGS_REQ) {
        request_tell(session, NULL, side);
        session->request = message;
        session->at = connection->now[side];
        session->has_request = true;
    } else if (message.type == KRB5_AS_REP || message.type == KRB5_TGS_REP ||
               message.type == KRB5_ERROR) {
        request_tell(session, &message, side);
        if (message.type == KRB5_AS_REP)
            names_learn(connection, &message);
    }
}

static size_t tcp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    size_t taken = 0;
    while (bytes.length - taken >= 4) {
        const uint32_t length = load_be32(bytes.data + taken);
        if (length > MESSAGE_MAX) {
            wire_damaged(base, side, "a Kerberos message of more than 1 MiB");
            return bytes.length;
        }
        if (bytes.length - taken - 4 < length)
            break;
        message_take((struct session *)base, side, bytes_of(bytes.data + taken + 4, length));
        taken += 4 + length;
    }
    return taken;
}

static size_t udp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    message_take((struct session *)base, side, bytes);
    return bytes.length;
}

static bool session_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)base, (void)side, (void)length;
    return true;
}

static void session_end(struct wire_session *base)
{
    request_tell((struct session *)base, NULL, WIRE_CLIENT);
}

const struct wire_protocol wire_krb_tcp = {
    .name = "krb_tcp",
    .transport = WIRE_TCP,
    .probe = tcp_probe,
    .session = sizeof(struct session),
    .data = tcp_data,
    .frame = tcp_frame,
    .gap = session_gap,
    .end = session_end,
};

const struct wire_protocol wire_krb_udp = {
    .name = "krb",
    .transport = WIRE_UDP,
    .probe = udp_probe,
    .session = sizeof(struct session),
    .data = udp_data,
    .gap = session_gap,
    .end = session_end,
};

static bool has_keys(const struct wire_keys *keys)
{
    return keys && (secrets_key_count(wire_keys_secrets(keys)) ||
                    secrets_account_count(wire_keys_secrets(keys)));
}

bool krb5_ap_req(struct wire_session *carrier, enum wire_side side, struct bytes token,
                 const char *service, struct krb5_inside *inside)
{
    struct krb5_message message;
    if (!krb5_read(token, &message) || message.type != KRB5_AP_REQ)
        return false;
    struct wire_connection *connection = carrier->connection;
    struct krb5_told told = {.request = &message, .carrier = service, .at = connection->now[side]};
    *inside = (struct krb5_inside){.has_session = false};
    if (has_keys(wire_keys_of(connection))) {
        if (ticket_open(connection, &message, KRB5_USAGE_AP_AUTHENTICATOR, inside)) {
            told.inside = inside;
            told.verdict = WIRE_KEY_RIGHT;
        } else {
            wire_note(carrier, side, "tickets that no given key opens");
        }
    }
    krb5_tell(connection, &told);
    return true;
}

bool krb5_ap_rep(struct wire_session *carrier, struct bytes token, const struct wire_key *session,
                 struct wire_key *subkey)
{
    struct krb5_message message;
    if (!krb5_read(token, &message) || message.type != KRB5_AP_REP)
        return false;
    const struct krb5_cipher part = cipher_of(&message.reply);
    return krb5_ap_rep_open(wire_keys_of(carrier->connection), session, &part, subkey);
}

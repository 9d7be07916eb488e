/* RFC 3244 2, change and set password. Over TCP behind four bytes of length (RFC 4120 7.2.2):
 *
 *   request  0 2 length  2 2 version (1: change, 0xFF80: set)  4 2 length of the AP-REQ
 *            6 the AP-REQ, then a KRB-PRIV with the new password
 *   reply    0 2 length  2 2 version  4 2 length of the AP-REP, 0: a KRB-ERROR follows
 *            6 the AP-REP, then a KRB-PRIV with the result */
#include "crypt/crypt.h"
#include "readers/capture/krb5/krb5.h"
#include "readers/capture/krb5/krb5_message.h"

#define HEADER         6U
#define MARK           4U
#define VERSION_CHANGE 1U
#define VERSION_SET    0xFF80U
#define TAG_AP_REQ     0x6E
#define TAG_AP_REP     0x6F
#define TAG_ERROR      0x7E

enum kpasswd_field {
    VERSION,
    IS_SET,
    REQUEST_LENGTH,
    REPLY_LENGTH,
    ERROR_CODE,
    KPASSWD_FIELD_COUNT
};

static const char *const kpasswd_fields[KPASSWD_FIELD_COUNT] = {
    [VERSION] = "version",
    [IS_SET] = "is_set",
    [REQUEST_LENGTH] = "request_length",
    [REPLY_LENGTH] = "reply_length",
    [ERROR_CODE] = "error_code",
};

static const struct wire_log kpasswd_log = {"kpasswd", kpasswd_fields, KPASSWD_FIELD_COUNT};

struct session {
    struct wire_session base;
    bool has_request;
    uint16_t version, length; /* of the request */
    struct wire_place at;
};

/* The length that a message claims; 0: it is none. */
static size_t message_length(enum wire_side side, struct bytes bytes)
{
    if (bytes.length <= HEADER)
        return 0;
    const uint16_t length = load_be16(bytes.data), version = load_be16(bytes.data + 2);
    const uint16_t token = load_be16(bytes.data + 4);
    const uint8_t tag = side == WIRE_CLIENT ? TAG_AP_REQ : token ? TAG_AP_REP : TAG_ERROR;
    const bool is_one = (version == VERSION_CHANGE || version == VERSION_SET) &&
                        bytes.data[HEADER] == tag && length > HEADER && token < length - HEADER;
    return is_one ? length : 0;
}

static size_t tcp_frame(const struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    (void)base;
    const size_t length =
        bytes.length < MARK
            ? 0
            : message_length(side, bytes_of(bytes.data + MARK, bytes.length - MARK));
    return length && load_be32(bytes.data) == length ? MARK + length : 0;
}

static enum wire_probe tcp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection;
    if (bytes.length <= MARK + HEADER)
        return bytes.length && bytes.data[0] ? WIRE_NO : WIRE_MORE;
    return tcp_frame(NULL, side, bytes) ? WIRE_YES : WIRE_NO;
}

static enum wire_probe udp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection;
    return message_length(side, bytes) == bytes.length && bytes.length ? WIRE_YES : WIRE_NO;
}

static void request_tell(struct session *session, struct bytes reply)
{
    struct wire_connection *connection = session->base.connection;
    struct krb5_message error;
    if (!session->has_request)
        return;
    session->has_request = false;
    struct wire_event *event = wire_event_begin(connection, &kpasswd_log);
    if (!event)
        return;
    wire_set_hex(event, VERSION, session->version, 4);
    wire_set_bool(event, IS_SET, session->version == VERSION_SET);
    wire_set_number(event, REQUEST_LENGTH, session->length);
    if (reply.length)
        wire_set_number(event, REPLY_LENGTH, reply.length);
    if (reply.length > HEADER && reply.data[HEADER] == TAG_ERROR &&
        krb5_read(bytes_of(reply.data + HEADER, reply.length - HEADER), &error))
        wire_set_format(event, ERROR_CODE, "%lld", (long long)error.error);
    wire_event_end(connection, event, &session->at,
                   reply.length ? &connection->now[WIRE_SERVER] : NULL);
}

static void message_take(struct session *session, enum wire_side side, struct bytes message)
{
    struct krb5_inside inside;
    if (side == WIRE_SERVER) {
        request_tell(session, message);
        return;
    }
    request_tell(session, (struct bytes){0});
    session->has_request = true;
    session->length = load_be16(message.data);
    session->version = load_be16(message.data + 2);
    session->at = session->base.connection->now[WIRE_CLIENT];
    const struct bytes token = bytes_of(message.data + HEADER, load_be16(message.data + 4));
    if (!krb5_ap_req(&session->base, side, token, "kpasswd", &inside))
        wire_damaged(&session->base, side, "a change of password without an AP-REQ");
    else
        crypt_wipe(&inside, sizeof(inside));
}

static size_t tcp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    size_t taken = 0;
    while (bytes.length - taken > MARK + HEADER) {
        const struct bytes rest = bytes_of(bytes.data + taken, bytes.length - taken);
        const size_t length = tcp_frame(base, side, rest);
        if (!length) {
            wire_damaged(base, side, "bytes that are no change of password");
            return bytes.length;
        }
        if (rest.length < length)
            break;
        message_take((struct session *)base, side, bytes_of(rest.data + MARK, length - MARK));
        taken += length;
    }
    return taken;
}

static size_t udp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    if (bytes.length && message_length(side, bytes) == bytes.length)
        message_take((struct session *)base, side, bytes);
    else
        wire_damaged(base, side, "a datagram that is no change of password");
    return bytes.length;
}

static bool kpasswd_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)base, (void)side, (void)length;
    return true;
}

static void kpasswd_end(struct wire_session *base)
{
    request_tell((struct session *)base, (struct bytes){0});
}

const struct wire_protocol wire_kpasswd_tcp = {
    .name = "kpasswd",
    .transport = WIRE_TCP,
    .probe = tcp_probe,
    .session = sizeof(struct session),
    .data = tcp_data,
    .frame = tcp_frame,
    .gap = kpasswd_gap,
    .end = kpasswd_end,
};

const struct wire_protocol wire_kpasswd_udp = {
    .name = "kpasswd",
    .transport = WIRE_UDP,
    .probe = udp_probe,
    .session = sizeof(struct session),
    .data = udp_data,
    .gap = kpasswd_gap,
    .end = kpasswd_end,
};

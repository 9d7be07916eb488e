/* What is said of a connection as a whole: its identifiers, and Zeek's conn.log at its end. */
#include "flow.h"

#include "base/hash.h"

#include <stdio.h>

enum conn_field {
    CONN_PROTO,
    CONN_SERVICE,
    CONN_DURATION,
    CONN_ORIG_BYTES,
    CONN_RESP_BYTES,
    CONN_STATE,
    CONN_MISSED_BYTES,
    CONN_HISTORY,
    CONN_ORIG_PKTS,
    CONN_ORIG_IP_BYTES,
    CONN_RESP_PKTS,
    CONN_RESP_IP_BYTES,
    CONN_COUNT,
};

static const char *const conn_fields[CONN_COUNT] = {
    "proto",        "service", "duration",  "orig_bytes",    "resp_bytes", "conn_state",
    "missed_bytes", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts",  "resp_ip_bytes",
};

static const struct wire_log conn_log = {
    .path = "conn", .fields = conn_fields, .count = CONN_COUNT};

/* --- Identifiers --- */

/* Community ID version 1: a seed of 0, the lower end, the higher end, protocol, a 0, the ports;
 * SHA-1 of it in base64 (the specification, "Calculating the Community ID"). */
static void community_id(struct lane *lane, struct wire_connection *connection)
{
    const struct wire_address *low = &connection->client, *high = &connection->server;
    uint16_t low_port = connection->client_port, high_port = connection->server_port;
    const size_t length = low->length;
    const int order = memcmp(low->bytes, high->bytes, length);
    if (order > 0 || (order == 0 && low_port > high_port)) {
        low = &connection->server;
        high = &connection->client;
        low_port = connection->server_port;
        high_port = connection->client_port;
    }
    uint8_t text[40] = {0};
    size_t at = 2;
    memcpy(text + at, low->bytes, length);
    memcpy(text + at + length, high->bytes, length);
    at += 2 * length;
    text[at] = connection->transport == WIRE_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
    at += 2;
    text[at++] = (uint8_t)(low_port >> 8);
    text[at++] = (uint8_t)low_port;
    text[at++] = (uint8_t)(high_port >> 8);
    text[at++] = (uint8_t)high_port;
    if (EVP_DigestInit_ex2(lane->digest, lane->sha1, NULL) != 1 ||
        EVP_DigestUpdate(lane->digest, text, at) != 1 ||
        EVP_DigestFinal_ex(lane->digest, connection->id.bytes, NULL) != 1)
        return;
    flow_write(connection->community_id, &connection->id);
}

/* As Zeek's: a C and 17 letters and digits, here of a hash over what identifies the connection. */
static void uid(struct wire_connection *connection)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    struct {
        uint8_t client[16], server[16];
        int64_t seconds;
        uint64_t packet;
        uint32_t nanos;
        uint16_t client_port, server_port;
    } text = {
        .seconds = connection->first.time.seconds,
        .packet = connection->first.packet,
        .nanos = connection->first.time.nanos,
        .client_port = connection->client_port,
        .server_port = connection->server_port,
    };
    memcpy(text.client, connection->client.bytes, sizeof(text.client));
    memcpy(text.server, connection->server.bytes, sizeof(text.server));
    const struct hash128 hash = hash128_bytes(bytes_of(&text, sizeof(text)), connection->transport);
    uint64_t rest[2] = {hash.low, hash.high};
    connection->uid[0] = 'C';
    for (unsigned i = 0; i < 17; i++) {
        connection->uid[i + 1] = letters[rest[i & 1] % 62];
        rest[i & 1] /= 62;
    }
}

void flow_identify(struct lane *lane, struct flow *flow)
{
    community_id(lane, &flow->wire.connection);
    uid(&flow->wire.connection);
}

/* --- conn.log --- */

/* A letter for the first of each kind, in capitals for the client (Zeek's `history`). */
void history_add(struct flow *flow, enum wire_side side, enum flow_seen what)
{
    static const char letters[] = {[SEEN_SYN] = 's',  [SEEN_SYN_ACK] = 'h', [SEEN_ACK] = 'a',
                                   [SEEN_DATA] = 'd', [SEEN_FIN] = 'f',     [SEEN_RST] = 'r'};
    if (flow->counts[side].seen & what)
        return;
    flow->counts[side].seen |= (uint8_t)what;
    if (flow->history_length == HISTORY_MAX)
        return;
    const char letter = letters[what];
    flow->history[flow->history_length++] =
        side == WIRE_CLIENT ? (char)(letter - 'a' + 'A') : letter;
}

static const char *tcp_state(uint8_t orig, uint8_t resp)
{
    if (orig & SEEN_SYN && resp & SEEN_SYN_ACK) {
        if (orig & SEEN_RST)
            return "RSTO";
        if (resp & SEEN_RST)
            return "RSTR";
        if (orig & SEEN_FIN)
            return resp & SEEN_FIN ? "SF" : "S2";
        return resp & SEEN_FIN ? "S3" : "S1";
    }
    if (orig & SEEN_SYN) {
        if (resp & SEEN_RST)
            return "REJ";
        if (orig & SEEN_RST)
            return "RSTOS0";
        if (orig & SEEN_FIN)
            return "SH";
        return resp ? "OTH" : "S0";
    }
    if (resp & SEEN_SYN_ACK) {
        if (resp & SEEN_RST)
            return "RSTRH";
        return resp & SEEN_FIN ? "SHR" : "OTH";
    }
    return "OTH";
}

static const char *state_of(const struct flow *flow)
{
    const uint8_t orig = flow->counts[WIRE_CLIENT].seen, resp = flow->counts[WIRE_SERVER].seen;
    if (flow->wire.connection.transport == WIRE_TCP)
        return tcp_state(orig, resp);
    return orig && resp ? "SF" : orig ? "S0" : "SHR";
}

static void services_set(struct wire_event *event, const struct flow *flow)
{
    char text[256] = "";
    size_t length = 0;
    for (uint8_t i = 0; i < flow->wire.service_count; i++) {
        const char *name = flow->wire.services[i]->name;
        const int more = snprintf(text + length, sizeof(text) - length, "%s%s", i ? "," : "", name);
        if (more < 0 || (size_t)more >= sizeof(text) - length)
            break;
        length += (size_t)more;
    }
    if (length)
        wire_set_copy(event, CONN_SERVICE, bytes_of(text, length));
}

static void duration_set(struct wire_event *event, const struct flow *flow)
{
    const struct instant first = flow->wire.connection.first.time, last = flow->last.time;
    if (!instant_is_known(first) || !instant_is_known(last) || instant_compare(last, first) <= 0)
        return;
    const double seconds =
        ((double)(last.seconds - first.seconds) * 1e9 + (double)last.nanos - (double)first.nanos) /
        1e9;
    wire_set_value(event, CONN_DURATION,
                   (struct value){.type = VALUE_REAL, .width = 8, .real = seconds});
}

void conn_tell(struct lane *lane, struct flow *flow)
{
    struct wire_connection *connection = &flow->wire.connection;
    const struct side_count *orig = &flow->counts[WIRE_CLIENT], *resp = &flow->counts[WIRE_SERVER];
    struct wire_event *event = wire_event_begin(connection, &conn_log);
    (void)lane;
    if (!event)
        return;
    wire_set_name(event, CONN_PROTO, connection->transport == WIRE_TCP ? "tcp" : "udp");
    services_set(event, flow);
    duration_set(event, flow);
    wire_set_number(event, CONN_ORIG_BYTES, orig->bytes);
    wire_set_number(event, CONN_RESP_BYTES, resp->bytes);
    wire_set_name(event, CONN_STATE, state_of(flow));
    wire_set_number(event, CONN_MISSED_BYTES, flow->missed);
    wire_set_text(event, CONN_HISTORY, bytes_of(flow->history, flow->history_length));
    wire_set_number(event, CONN_ORIG_PKTS, orig->packets);
    wire_set_number(event, CONN_ORIG_IP_BYTES, orig->ip_bytes);
    wire_set_number(event, CONN_RESP_PKTS, resp->packets);
    wire_set_number(event, CONN_RESP_IP_BYTES, resp->ip_bytes);
    wire_event_end(connection, event, &connection->first, &flow->last);
}

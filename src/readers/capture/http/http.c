#include "readers/capture/http/http.h"

#include "readers/capture/auth/auth.h"
#include "readers/capture/http/base64.h"
#include "readers/capture/http/head.h"
#include "readers/capture/http/http_log.h"
#include "readers/capture/tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD_MAX    (64U << 10)
#define LINE_MAX    (4U << 10) /* of a chunk's size and of a trailer */
#define PENDING_MAX 32U        /* requests without a response */
#define HEAD_FIRST  (1U << 10)

enum state {
    STATE_HEAD,
    STATE_BODY,       /* `left` bytes */
    STATE_CHUNK_SIZE, /* RFC 9112 7.1 */
    STATE_CHUNK,
    STATE_CHUNK_END,
    STATE_TRAILER,
    STATE_REST,   /* the body ends with the connection */
    STATE_TUNNEL, /* behind a CONNECT or an upgrade */
    STATE_LOST,   /* in the middle of something: until a head begins */
};

struct side {
    enum state state;
    bool is_in_line; /* lost, within a line that is no head */
    uint64_t left;
    size_t scanned;               /* of a head that is not all there */
    struct http_message *message; /* whose body it is; NULL: nobody asks */
};

struct session {
    struct wire_session base;
    struct side sides[2];
    struct http_exchange *first, **last, *unused;
    struct http_exchange alone; /* a response without a request */
    struct http_message response;
    struct http_info info;
    struct auth_state *auth;
    struct wire_carried *tls;
    bool is_opaque; /* a tunnel of something else */
    unsigned pending;
    uint32_t depth;
    char status[8]; /* of the last response, for its authentication */
};

/* --- Exchanges --- */

static struct http_exchange *exchange_new(struct session *session)
{
    struct http_exchange *exchange = session->unused;
    if (exchange)
        session->unused = exchange->next;
    else
        exchange = arena_take_array(session->base.connection->arena, 1, sizeof(*exchange));
    return exchange;
}

/* The first request is done with; its memory serves the next. */
static void exchange_free(struct session *session)
{
    struct http_exchange *exchange = session->first;
    session->first = exchange->next;
    if (!session->first)
        session->last = &session->first;
    session->pending--;
    if (session->sides[WIRE_CLIENT].message == &exchange->request)
        session->sides[WIRE_CLIENT].message = NULL;
    exchange->next = session->unused;
    session->unused = exchange;
}

static void unanswered_tell(struct session *session)
{
    static const struct http_info nothing;
    http_tell(session->base.connection, session->first, NULL, &nothing);
    exchange_free(session);
}

static void response_tell(struct session *session)
{
    session->alone.depth = session->depth + 1;
    http_tell(session->base.connection, session->first ? session->first : &session->alone,
              &session->response, &session->info);
    session->info.code = 0;
    if (session->first)
        exchange_free(session);
    else
        session->depth++;
}

/* --- Heads --- */

/* Keeps a head; its room grows in steps of two, so that little is left behind in the arena. */
static bool head_keep(struct session *session, struct http_message *message, struct bytes head,
                      enum wire_side side)
{
    size_t room = message->head_capacity ? message->head_capacity : HEAD_FIRST;
    while (room < head.length)
        room *= 2;
    if (room > message->head_capacity) {
        uint8_t *data = arena_take_aligned(session->base.connection->arena, room, 1);
        if (!data) {
            wire_damaged(&session->base, side, "no memory for a head");
            return false;
        }
        message->head = data;
        message->head_capacity = room;
    }
    memcpy(message->head, head.data, head.length);
    message->head_length = head.length;
    message->body_length = 0;
    message->start_length = 0;
    message->first = message->last = session->base.connection->now[side];
    return true;
}

static void token_take(struct session *session, enum wire_side side, struct bytes value)
{
    const struct bytes scheme = head_word(&value);
    if (!head_is(scheme, "ntlm") && !head_is(scheme, "negotiate"))
        return;
    uint8_t *token = value.length ? malloc(BASE64_BOUND(value.length)) : NULL;
    if (!token)
        return;
    const size_t length = base64_decode(token, value);
    if (length)
        auth_token(&session->base, side, bytes_of(token, length), &session->auth, "http");
    free(token);
}

static void tokens_take(struct session *session, enum wire_side side, struct bytes head)
{
    static const char *const names[2][2] = {{"authorization", "proxy-authorization"},
                                            {"www-authenticate", "proxy-authenticate"}};
    struct bytes name, value;
    while (head_field(&head, &name, &value))
        if (head_is(name, names[side][0]) || head_is(name, names[side][1]))
            token_take(session, side, value);
}

/* How the body behind a head is delimited (RFC 9112 6.3). */
static void body_begin(struct session *session, enum wire_side side, struct bytes head)
{
    struct side *at = &session->sides[side];
    const struct bytes length = head_find(head, "content-length");
    at->left = 0;
    if (head_has_word(head_find(head, "transfer-encoding"), "chunked"))
        at->state = STATE_CHUNK_SIZE;
    else if (length.data && head_number(length, &at->left))
        at->state = STATE_BODY;
    else
        at->state = side == WIRE_CLIENT ? STATE_BODY : STATE_REST;
}

static bool request_take(struct session *session, struct bytes head)
{
    struct side *at = &session->sides[WIRE_CLIENT];
    struct bytes rest = head, line;
    struct head_request request;
    if (!head_line(&rest, &line) || !head_request_read(line, &request))
        return false;
    if (session->pending == PENDING_MAX)
        unanswered_tell(session);
    struct http_exchange *exchange = exchange_new(session);
    if (!exchange || !head_keep(session, &exchange->request, head, WIRE_CLIENT)) {
        if (exchange) {
            exchange->next = session->unused;
            session->unused = exchange;
        }
        at->message = NULL;
    } else {
        exchange->next = NULL;
        exchange->depth = ++session->depth;
        exchange->has_request = true;
        *session->last = exchange;
        session->last = &exchange->next;
        session->pending++;
        at->message = &exchange->request;
    }
    tokens_take(session, WIRE_CLIENT, rest);
    body_begin(session, WIRE_CLIENT, rest);
    return true;
}

static bool is_method(const struct session *session, const char *method)
{
    if (!session->first)
        return false;
    struct bytes rest = bytes_of(session->first->request.head, session->first->request.head_length);
    return head_is(head_word(&rest), method);
}

static void info_take(struct session *session, const struct head_status *status)
{
    session->info.code = status->code;
    snprintf(session->info.reason, sizeof(session->info.reason), "%.*s",
             (int)(status->reason.length < 31 ? status->reason.length : 31),
             (const char *)status->reason.data);
}

static void outcome_take(struct session *session, unsigned code)
{
    snprintf(session->status, sizeof(session->status), "%u", code % 1000);
    auth_outcome(&session->base, session->auth, code != 401 && code != 407, session->status);
}

/* What follows is another protocol's. */
static void tunnel_begin(struct session *session)
{
    response_tell(session);
    session->sides[WIRE_CLIENT].state = STATE_TUNNEL;
    session->sides[WIRE_SERVER].state = STATE_TUNNEL;
}

static bool response_take(struct session *session, struct bytes head)
{
    struct side *at = &session->sides[WIRE_SERVER];
    struct bytes rest = head, line;
    struct head_status status;
    if (!head_line(&rest, &line) || !head_status_read(line, &status))
        return false;
    if (status.code < 200 && status.code != 101) {
        info_take(session, &status);
        return true;
    }
    if (!head_keep(session, &session->response, head, WIRE_SERVER)) {
        at->state = STATE_LOST;
        return true;
    }
    at->message = &session->response;
    tokens_take(session, WIRE_SERVER, rest);
    outcome_take(session, status.code);
    if (status.code == 101 || (status.code < 300 && is_method(session, "CONNECT"))) {
        tunnel_begin(session);
        return true;
    }
    body_begin(session, WIRE_SERVER, rest);
    if (status.code == 204 || status.code == 304 || is_method(session, "HEAD")) {
        at->state = STATE_BODY;
        at->left = 0;
    }
    return true;
}

/* --- Bodies --- */

static void message_end(struct session *session, enum wire_side side)
{
    struct side *at = &session->sides[side];
    at->state = STATE_HEAD;
    at->scanned = 0;
    at->message = NULL;
    if (side == WIRE_SERVER)
        response_tell(session);
}

static void body_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct http_message *message = session->sides[side].message;
    if (!message || !bytes.length)
        return;
    message->body_length += bytes.length;
    message->last = session->base.connection->now[side];
    if (message->start_length == HTTP_START_MAX)
        return;
    if (!message->start)
        message->start = arena_take_aligned(session->base.connection->arena, HTTP_START_MAX, 1);
    if (!message->start)
        return;
    const size_t room = HTTP_START_MAX - message->start_length;
    const size_t step = bytes.length < room ? bytes.length : room;
    memcpy(message->start + message->start_length, bytes.data, step);
    message->start_length += step;
}

/* The next bytes of what has a length; returns how many. */
static size_t counted_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct side *at = &session->sides[side];
    const size_t step = at->left < bytes.length ? (size_t)at->left : bytes.length;
    body_take(session, side, bytes_of(bytes.data, step));
    at->left -= step;
    return step;
}

static bool hex_number(struct bytes line, uint64_t *number)
{
    size_t i = 0;
    *number = 0;
    for (; i < line.length && i < 15; i++) {
        const uint8_t c = line.data[i];
        const unsigned low = (c | 32U) - 'a';
        if ((unsigned)(c - '0') > 9 && low > 5)
            break;
        *number = *number << 4 | (low <= 5 ? low + 10 : c - (unsigned)'0');
    }
    return i > 0;
}

static void lose(struct session *session, enum wire_side side, const char *reason)
{
    wire_damaged(&session->base, side, reason);
    session->sides[side].state = STATE_LOST;
    session->sides[side].is_in_line = false;
}

/* A line of the chunked form, when it is all there. Returns its length. */
static size_t chunk_line_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct side *at = &session->sides[side];
    struct bytes rest = bytes, line;
    const size_t most = bytes.length < LINE_MAX ? bytes.length : LINE_MAX;
    if (!most || !memchr(bytes.data, '\n', most)) {
        if (bytes.length >= LINE_MAX)
            lose(session, side, "a chunk without a size");
        return 0;
    }
    head_line(&rest, &line);
    switch (at->state) {
    case STATE_CHUNK_SIZE:
        if (!hex_number(line, &at->left)) {
            lose(session, side, "a chunk without a size");
            return 0;
        }
        at->state = at->left ? STATE_CHUNK : STATE_TRAILER;
        break;
    case STATE_CHUNK_END:
        at->state = STATE_CHUNK_SIZE;
        break;
    default: /* the trailer, which an empty line ends */
        if (!line.length)
            message_end(session, side);
        break;
    }
    return bytes.length - rest.length;
}

/* --- The stream --- */

static size_t head_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct side *at = &session->sides[side];
    size_t blank = 0;
    while (blank < bytes.length && (bytes.data[blank] == '\r' || bytes.data[blank] == '\n'))
        blank++;
    if (blank)
        return blank;
    const size_t most = bytes.length < HEAD_MAX ? bytes.length : HEAD_MAX;
    const size_t length = head_length(bytes_of(bytes.data, most), &at->scanned);
    if (!length) {
        if (most < HEAD_MAX)
            return 0;
        lose(session, side, "a head longer than any is");
        return HEAD_MAX;
    }
    const struct bytes head = bytes_of(bytes.data, length);
    at->scanned = 0;
    if (side == WIRE_CLIENT ? request_take(session, head) : response_take(session, head))
        return length;
    lose(session, side, "a head that cannot be read");
    return 0;
}

static bool is_head(enum wire_side side, struct bytes bytes)
{
    struct bytes rest = bytes, line;
    struct head_request request;
    struct head_status status;
    if (!head_line(&rest, &line))
        return false;
    return side == WIRE_CLIENT ? head_request_read(line, &request)
                               : head_status_read(line, &status);
}

/* What it is, the first bytes of either side tell. */
static size_t tunnel_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    if (!session->tls && !session->is_opaque && bytes.length < TLS_RECORD_HEADER)
        return 0;
    if (!session->is_opaque && (session->tls || tls_is_record(bytes))) {
        wire_carry(&session->base, &session->tls, &wire_tls, side, bytes);
    } else {
        session->is_opaque = true;
        wire_unseen(&session->base, bytes.length);
    }
    return bytes.length;
}

/* Line by line, however the stream is cut, until a head begins. */
static size_t lost_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct side *at = &session->sides[side];
    const uint8_t *end = memchr(bytes.data, '\n', bytes.length);
    if (!end && bytes.length <= LINE_MAX && !at->is_in_line)
        return 0;
    const size_t length = end ? (size_t)(end - bytes.data) + 1 : bytes.length;
    if (!at->is_in_line && length <= LINE_MAX && is_head(side, bytes_of(bytes.data, length))) {
        at->state = STATE_HEAD;
        at->scanned = 0;
        return 0;
    }
    at->is_in_line = !end;
    return length;
}

/* One step; 0 when more bytes are needed, or when only the state has changed. */
static size_t step_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct side *at = &session->sides[side];
    size_t taken;
    switch (at->state) {
    case STATE_HEAD:
        return head_take(session, side, bytes);
    case STATE_BODY:
        taken = counted_take(session, side, bytes);
        if (!at->left)
            message_end(session, side);
        return taken;
    case STATE_CHUNK:
        taken = counted_take(session, side, bytes);
        if (!at->left)
            at->state = STATE_CHUNK_END;
        return taken;
    case STATE_CHUNK_SIZE:
    case STATE_CHUNK_END:
    case STATE_TRAILER:
        return chunk_line_take(session, side, bytes);
    case STATE_REST:
        body_take(session, side, bytes);
        return bytes.length;
    case STATE_TUNNEL:
        return tunnel_take(session, side, bytes);
    case STATE_LOST:
        break;
    }
    return lost_take(session, side, bytes);
}

/* A body of no bytes ends with its head. */
static void empty_end(struct session *session, enum wire_side side)
{
    const struct side *at = &session->sides[side];
    if (at->state == STATE_BODY && !at->left)
        message_end(session, side);
}

static size_t http_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    struct session *session = (struct session *)base;
    size_t taken = 0;
    while (taken < bytes.length) {
        const enum state before = session->sides[side].state;
        const size_t step =
            step_take(session, side, bytes_of(bytes.data + taken, bytes.length - taken));
        taken += step;
        empty_end(session, side);
        if (step == 0 && session->sides[side].state == before)
            break;
    }
    return taken;
}

static bool is_in_body(enum state state)
{
    return state != STATE_HEAD && state != STATE_TUNNEL && state != STATE_LOST;
}

/* Within a body nothing is lost but a part of it. Elsewhere a head is waited for, and which
 * response belongs to which request is not known any more. */
static bool http_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    struct session *session = (struct session *)base;
    struct side *at = &session->sides[side];
    const bool is_counted = at->state == STATE_BODY || at->state == STATE_CHUNK;
    if (at->state == STATE_REST)
        return true;
    if (at->state == STATE_TUNNEL)
        return false;
    if (is_counted && length && length <= at->left) {
        at->left -= length;
        if (!at->left && at->state == STATE_CHUNK)
            at->state = STATE_CHUNK_END;
        empty_end(session, side);
        return true;
    }
    if (side == WIRE_SERVER && is_in_body(at->state))
        response_tell(session);
    if (side == WIRE_SERVER)
        while (session->first)
            unanswered_tell(session);
    at->message = NULL;
    at->state = STATE_LOST;
    at->is_in_line = false;
    at->scanned = 0;
    return true;
}

static void http_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    if (is_in_body(session->sides[WIRE_SERVER].state))
        response_tell(session);
    while (session->first)
        unanswered_tell(session);
    auth_end(base, session->auth);
}

/* --- The protocol --- */

/* The first words of methods, and the version at the end of the line. HTTP/2 says PRI. */
static enum wire_probe client_probe(struct bytes bytes)
{
    size_t word = 0;
    while (word < bytes.length && word < 24 &&
           ((bytes.data[word] >= 'A' && bytes.data[word] <= 'Z') || bytes.data[word] == '_' ||
            bytes.data[word] == '-'))
        word++;
    if (word == bytes.length)
        return word < 24 ? WIRE_MORE : WIRE_NO;
    if (word < 2 || bytes.data[word] != ' ')
        return WIRE_NO;
    if (!memchr(bytes.data, '\n', bytes.length))
        return bytes.length < LINE_MAX ? WIRE_MORE : WIRE_NO;
    return is_head(WIRE_CLIENT, bytes) ? WIRE_YES : WIRE_NO;
}

static enum wire_probe server_probe(struct bytes bytes)
{
    static const char start[] = "HTTP/1.";
    const size_t known = sizeof(start) - 1;
    if (memcmp(bytes.data, start, bytes.length < known ? bytes.length : known) != 0)
        return WIRE_NO;
    return bytes.length < known ? WIRE_MORE : WIRE_YES;
}

static enum wire_probe http_probe(const struct wire_connection *connection, enum wire_side side,
                                  struct bytes bytes)
{
    (void)connection;
    if (!bytes.length)
        return WIRE_MORE;
    return side == WIRE_CLIENT ? client_probe(bytes) : server_probe(bytes);
}

static void http_open(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    session->last = &session->first;
}

const struct wire_protocol wire_http = {
    .name = "http",
    .transport = WIRE_TCP,
    .probe = http_probe,
    .session = sizeof(struct session),
    .open = http_open,
    .data = http_data,
    .gap = http_gap,
    .end = http_end,
};

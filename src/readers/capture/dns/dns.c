#include "readers/capture/dns/dns.h"

#include "readers/capture/dns/message.h"
#include "readers/capture/numbers/numbers.h"

#define PENDING_MAX   64U  /* questions that wait for their reply */
#define QUESTIONS_MAX 16U  /* of a message that are looked at */
#define ANSWERS_MAX   256U /* of a message that are told */

enum port { PORT_DNS = 53, PORT_NETBIOS = 137, PORT_MDNS = 5353, PORT_LLMNR = 5355 };

enum field {
    DNS_PROTO,
    DNS_TRANS_ID,
    DNS_RTT,
    DNS_QUERY,
    DNS_QCLASS,
    DNS_QCLASS_NAME,
    DNS_QTYPE,
    DNS_QTYPE_NAME,
    DNS_RCODE,
    DNS_RCODE_NAME,
    DNS_IS_AA,
    DNS_IS_TC,
    DNS_IS_RD,
    DNS_IS_RA,
    DNS_Z,
    DNS_ANSWERS,
    DNS_TTLS,
    DNS_REJECTED,
    DNS_OPCODE,
    DNS_OPCODE_NAME,
    DNS_NETBIOS_TYPE,
    DNS_FIELD_COUNT
};

static const char *const fields[DNS_FIELD_COUNT] = {
    [DNS_PROTO] = "proto",
    [DNS_TRANS_ID] = "trans_id",
    [DNS_RTT] = "rtt",
    [DNS_QUERY] = "query",
    [DNS_QCLASS] = "qclass",
    [DNS_QCLASS_NAME] = "qclass_name",
    [DNS_QTYPE] = "qtype",
    [DNS_QTYPE_NAME] = "qtype_name",
    [DNS_RCODE] = "rcode",
    [DNS_RCODE_NAME] = "rcode_name",
    [DNS_IS_AA] = "AA",
    [DNS_IS_TC] = "TC",
    [DNS_IS_RD] = "RD",
    [DNS_IS_RA] = "RA",
    [DNS_Z] = "Z",
    [DNS_ANSWERS] = "answers",
    [DNS_TTLS] = "TTLs",
    [DNS_REJECTED] = "rejected",
    [DNS_OPCODE] = "opcode",
    [DNS_OPCODE_NAME] = "opcode_name",
    [DNS_NETBIOS_TYPE] = "netbios_type",
};

static const struct wire_log dns_log = {"dns", fields, DNS_FIELD_COUNT};

/* A question that was asked. */
struct pending {
    struct pending *next;
    struct wire_place place;
    struct dns_question question;
    uint16_t id, flags;
};

struct session {
    struct wire_session base;
    struct pending *first, **last; /* in the order of asking */
    struct pending *unused;
    unsigned count;
};

static bool is_port(const struct wire_connection *connection, enum port port)
{
    return connection->server_port == port;
}

/* --- The event --- */

static const char *class_name(uint16_t class)
{
    switch (class) {
    case 1:
        return "C_INTERNET";
    case 2:
        return "C_CSNET";
    case 3:
        return "C_CHAOS";
    case 4:
        return "C_HESIOD";
    case 254:
        return "C_NONE";
    case 255:
        return "C_ANY";
    default:
        return NULL;
    }
}

static const char *rcode_name(unsigned rcode)
{
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                        "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                        "NXRRSet", "NOTAUTH", "NOTZONE"};
    return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : NULL;
}

static const char *opcode_name(unsigned opcode, bool is_netbios)
{
    static const char *const names[] = {"query",          "iquery", "server-status", NULL, "notify",
                                        "dynamic-update", "dso"};
    static const char *const netbios[] = {"netbios-query",
                                          NULL,
                                          NULL,
                                          NULL,
                                          NULL,
                                          "netbios-registration",
                                          "netbios-release",
                                          "netbios-wack",
                                          "netbios-refresh"};
    if (is_netbios)
        return opcode < sizeof(netbios) / sizeof(netbios[0]) ? netbios[opcode] : NULL;
    return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const char *type_name(uint16_t type, bool is_netbios)
{
    if (is_netbios && (type == 32 || type == 33))
        return type == 32 ? "NB" : "NBSTAT";
    return dns_type_name(type);
}

static void name_tell(struct wire_event *event, uint32_t field, const char *name, const char *kind,
                      unsigned number)
{
    if (name)
        wire_set_name(event, field, name);
    else
        wire_set_format(event, field, "%s-%u", kind, number);
}

static void query_tell(struct wire_event *event, const struct dns_name *name, bool is_netbios)
{
    struct buffer text = {0};
    uint8_t suffix;
    if (is_netbios && dns_netbios_add(&text, name, &suffix))
        wire_set_hex(event, DNS_NETBIOS_TYPE, suffix, 4);
    else
        dns_name_add(&text, name);
    wire_set_copy(event, DNS_QUERY, buffer_view(&text));
    buffer_release(&text);
}

static void question_tell(struct wire_event *event, const struct dns_question *question,
                          const struct wire_connection *connection)
{
    const bool is_netbios = is_port(connection, PORT_NETBIOS);
    /* Of mDNS the highest bit asks for a reply to the sender alone (RFC 6762 5.4). */
    const uint16_t class =
        is_port(connection, PORT_MDNS) ? question->class & 0x7FFFU : question->class;
    query_tell(event, &question->name, is_netbios);
    wire_set_number(event, DNS_QCLASS, class);
    name_tell(event, DNS_QCLASS_NAME, class_name(class), "qclass", class);
    wire_set_number(event, DNS_QTYPE, question->type);
    name_tell(event, DNS_QTYPE_NAME, type_name(question->type, is_netbios), "query",
              question->type);
}

static void answer_tell(struct wire_event *event, const struct dns_message *reply,
                        const struct dns_record *record, bool is_netbios)
{
    struct buffer text = {0};
    dns_record_add(&text, reply, record, is_netbios);
    const struct bytes kept = arena_keep(event->arena, buffer_view(&text));
    buffer_release(&text);
    if (!kept.length)
        return;
    wire_add_text(event, DNS_ANSWERS, kept);
    wire_add_number(event, DNS_TTLS, record->ttl);
}

/* Returns false when the records are not as they should be. */
static bool answers_tell(struct wire_event *event, const struct dns_message *reply, size_t offset,
                         bool is_netbios)
{
    struct dns_record record;
    for (unsigned i = 0; i < reply->answers && i < ANSWERS_MAX; i++) {
        if (!dns_record_read(reply, &offset, &record))
            return false;
        if (i == 0 && reply->questions == 0) {
            query_tell(event, &record.name, is_netbios);
            wire_set_number(event, DNS_QTYPE, record.type);
            name_tell(event, DNS_QTYPE_NAME, type_name(record.type, is_netbios), "query",
                      record.type);
        }
        answer_tell(event, reply, &record, is_netbios);
    }
    return true;
}

static double seconds_between(struct instant from, struct instant to)
{
    return (double)(to.seconds - from.seconds) + ((double)to.nanos - (double)from.nanos) / 1e9;
}

static void reply_tell(struct wire_event *event, const struct dns_message *reply)
{
    const unsigned rcode = reply->flags & 15U;
    wire_set_number(event, DNS_RCODE, rcode);
    name_tell(event, DNS_RCODE_NAME, rcode_name(rcode), rcode < 16 ? "unassigned" : "rcode", rcode);
    wire_set_bool(event, DNS_IS_AA, reply->flags & DNS_AA);
    wire_set_bool(event, DNS_IS_RA, reply->flags & DNS_RA);
    /* As Zeek has it: nothing was passed on, not even a reason in another section. */
    wire_set_bool(event, DNS_REJECTED,
                  reply->answers == 0 && reply->authorities == 0 && reply->additionals == 0);
}

static struct wire_event *event_new(struct session *session, uint16_t id, uint16_t flags)
{
    const struct wire_connection *connection = session->base.connection;
    struct wire_event *event = wire_event_begin(session->base.connection, &dns_log);
    if (!event)
        return NULL;
    const unsigned opcode = flags >> 11 & 15U;
    const char *name = opcode_name(opcode, is_port(connection, PORT_NETBIOS));
    wire_set_name(event, DNS_PROTO, connection->transport == WIRE_TCP ? "tcp" : "udp");
    wire_set_number(event, DNS_TRANS_ID, id);
    wire_set_number(event, DNS_OPCODE, opcode);
    name_tell(event, DNS_OPCODE_NAME, name, "opcode", opcode);
    wire_set_bool(event, DNS_IS_AA, false);
    wire_set_bool(event, DNS_IS_RA, false);
    wire_set_bool(event, DNS_REJECTED, false);
    wire_set_number(event, DNS_Z, 0);
    return event;
}

static void asked_tell(struct wire_event *event, const struct pending *pending)
{
    wire_set_bool(event, DNS_IS_TC, pending->flags & DNS_TC);
    wire_set_bool(event, DNS_IS_RD, pending->flags & DNS_RD);
    wire_set_number(event, DNS_Z, pending->flags >> 4 & 7U);
}

/* --- Questions that wait --- */

static struct pending *pending_take(struct session *session, struct pending **link)
{
    struct pending *pending = *link;
    *link = pending->next;
    if (!pending->next)
        session->last = link;
    session->count--;
    return pending;
}

static void pending_free(struct session *session, struct pending *pending)
{
    pending->next = session->unused;
    session->unused = pending;
}

static void unanswered_tell(struct session *session)
{
    struct pending *pending = pending_take(session, &session->first);
    struct wire_connection *connection = session->base.connection;
    struct wire_event *event = event_new(session, pending->id, pending->flags);
    if (event) {
        asked_tell(event, pending);
        question_tell(event, &pending->question, connection);
        wire_event_end(connection, event, &pending->place, NULL);
    }
    pending_free(session, pending);
}

static struct pending *pending_new(struct session *session)
{
    if (session->count == PENDING_MAX)
        unanswered_tell(session);
    struct pending *pending = session->unused;
    if (pending)
        session->unused = pending->next;
    else
        pending = arena_take_array(session->base.connection->arena, 1, sizeof(*pending));
    return pending;
}

static void ask(struct session *session, enum wire_side side, const struct dns_message *message,
                const struct dns_question *question)
{
    struct pending *pending = pending_new(session);
    if (!pending) {
        wire_damaged(&session->base, side, "no memory for a question");
        return;
    }
    *pending = (struct pending){.place = session->base.connection->now[side],
                                .question = *question,
                                .id = message->id,
                                .flags = message->flags};
    *session->last = pending;
    session->last = &pending->next;
    session->count++;
}

/* The first that has the id and, if the reply says what was asked, the type. */
static struct pending *asked(struct session *session, const struct dns_message *reply,
                             const struct dns_question *question)
{
    struct pending **link = &session->first;
    while (*link && ((*link)->id != reply->id ||
                     (reply->questions && (*link)->question.type != question->type)))
        link = &(*link)->next;
    return *link ? pending_take(session, link) : NULL;
}

/* --- Messages --- */

static void query_take(struct session *session, enum wire_side side,
                       const struct dns_message *message)
{
    size_t offset = DNS_HEADER;
    struct dns_question question;
    for (unsigned i = 0; i < message->questions && i < QUESTIONS_MAX; i++) {
        if (!dns_question_read(message, &offset, &question)) {
            wire_damaged(&session->base, side, "a question that cannot be read");
            return;
        }
        ask(session, side, message, &question);
    }
}

/* Steps over the questions; the first is kept. */
static bool questions_read(const struct dns_message *message, size_t *offset,
                           struct dns_question *first)
{
    struct dns_question next;
    for (unsigned i = 0; i < message->questions; i++)
        if (!dns_question_read(message, offset, i ? &next : first))
            return false;
    return true;
}

static void reply_take(struct session *session, enum wire_side side,
                       const struct dns_message *reply)
{
    struct wire_connection *connection = session->base.connection;
    const struct wire_place now = connection->now[side];
    struct dns_question question = {.type = 0};
    size_t offset = DNS_HEADER;
    if (!questions_read(reply, &offset, &question)) {
        wire_damaged(&session->base, side, "a question that cannot be read");
        return;
    }
    struct pending *pending = asked(session, reply, &question);
    struct wire_event *event = event_new(session, reply->id, reply->flags);
    if (event && pending) {
        asked_tell(event, pending);
        question_tell(event, &pending->question, connection);
        wire_set_value(event, DNS_RTT,
                       (struct value){.type = VALUE_REAL,
                                      .width = 8,
                                      .real = seconds_between(pending->place.time, now.time)});
    } else if (event) {
        wire_set_bool(event, DNS_IS_RD, reply->flags & DNS_RD);
        if (reply->questions)
            question_tell(event, &question, connection);
    }
    if (event) {
        reply_tell(event, reply);
        if (!pending || reply->flags & DNS_TC)
            wire_set_bool(event, DNS_IS_TC, reply->flags & DNS_TC);
        if (!answers_tell(event, reply, offset, is_port(connection, PORT_NETBIOS)))
            wire_damaged(&session->base, side, "a record that cannot be read");
        wire_event_end(connection, event, pending ? &pending->place : &now, &now);
    }
    if (pending)
        pending_free(session, pending);
}

static void message_take(struct session *session, enum wire_side side, struct bytes bytes)
{
    struct dns_message message;
    if (!dns_message_read(bytes, &message))
        wire_damaged(&session->base, side, "a message shorter than its header");
    else if (message.flags & DNS_REPLY)
        reply_take(session, side, &message);
    else
        query_take(session, side, &message);
}

/* --- Probing --- */

/* Whether the header can be one. */
static bool is_header(const struct dns_message *message)
{
    const unsigned opcode = message->flags >> 11 & 15U;
    return opcode <= 8 && opcode != 3 && message->questions <= 64 && message->answers <= 1024 &&
           message->questions + message->answers + message->authorities > 0;
}

static bool is_question(const struct dns_question *question, bool is_netbios)
{
    return type_name(question->type, is_netbios) && class_name(question->class & 0x7FFFU);
}

/* Whether all of it reads as a message with one question; what asks only has additional records. */
static bool is_whole_query(const struct dns_message *message)
{
    struct dns_question question;
    struct dns_record record;
    size_t offset = DNS_HEADER;
    if (message->flags & DNS_REPLY || message->questions != 1 || message->answers ||
        message->authorities || message->additionals > 2 ||
        !dns_question_read(message, &offset, &question) || !question.name.length ||
        !is_question(&question, false))
        return false;
    for (unsigned i = 0; i < message->additionals; i++)
        if (!dns_record_read(message, &offset, &record))
            return false;
    return offset == message->bytes.length;
}

/* On a port of its own: the header, and the first question if there is one. */
static bool is_message(const struct wire_connection *connection, enum wire_side side,
                       const struct dns_message *message)
{
    const bool is_reply = message->flags & DNS_REPLY;
    struct dns_question question;
    size_t offset = DNS_HEADER;
    if (!is_header(message))
        return false;
    if (is_port(connection, PORT_DNS) && is_reply != (side == WIRE_SERVER))
        return false;
    return message->questions == 0 || (dns_question_read(message, &offset, &question) &&
                                       is_question(&question, is_port(connection, PORT_NETBIOS)));
}

static bool is_own_port(const struct wire_connection *connection)
{
    return is_port(connection, PORT_DNS) || is_port(connection, PORT_MDNS) ||
           is_port(connection, PORT_LLMNR) || is_port(connection, PORT_NETBIOS);
}

static enum wire_probe udp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    struct dns_message message;
    if (!dns_message_read(bytes, &message))
        return WIRE_NO;
    if (is_own_port(connection))
        return is_message(connection, side, &message) ? WIRE_YES : WIRE_NO;
    return side == WIRE_CLIENT && is_whole_query(&message) ? WIRE_MAYBE : WIRE_NO;
}

#define QUERY_MAX 512U /* what asks is not longer */

/* Whether the first bytes of a message may become a query: id, flags, then one question, no
 * answers, no authorities ([RFC 1035] 4.1.1). */
static bool may_be_query(size_t length, struct bytes begin)
{
    static const uint8_t counts[] = {0, 1, 0, 0, 0, 0};
    const size_t have = begin.length > 4 ? begin.length - 4 : 0;
    if (length > QUERY_MAX || (begin.length > 2 && begin.data[2] & 0x80))
        return false;
    return !have ||
           memcmp(begin.data + 4, counts, have < sizeof(counts) ? have : sizeof(counts)) == 0;
}

/* A length before each message (RFC 1035 4.2.2). */
static enum wire_probe tcp_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    struct dns_message message;
    const size_t length = bytes.length >= 2 ? load_be16(bytes.data) : DNS_HEADER;
    if (length < DNS_HEADER)
        return WIRE_NO;
    const struct bytes rest =
        bytes.length > 2 ? bytes_of(bytes.data + 2, bytes.length - 2) : (struct bytes){0};
    if (rest.length < length)
        return is_port(connection, PORT_DNS) || (side == WIRE_CLIENT && may_be_query(length, rest))
                   ? WIRE_MORE
                   : WIRE_NO;
    if (!dns_message_read(bytes_of(rest.data, length), &message))
        return WIRE_NO;
    if (is_port(connection, PORT_DNS))
        return is_message(connection, side, &message) ? WIRE_YES : WIRE_NO;
    return side == WIRE_CLIENT && is_whole_query(&message) ? WIRE_YES : WIRE_NO;
}

/* --- The protocols --- */

static void dns_open(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    session->last = &session->first;
}

static size_t udp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    message_take((struct session *)base, side, bytes);
    return bytes.length;
}

static size_t tcp_data(struct wire_session *base, enum wire_side side, struct bytes bytes)
{
    size_t taken = 0;
    while (bytes.length - taken >= 2) {
        const size_t length = load_be16(bytes.data + taken);
        if (bytes.length - taken - 2 < length)
            break;
        message_take((struct session *)base, side, bytes_of(bytes.data + taken + 2, length));
        taken += 2 + length;
    }
    return taken;
}

static bool dns_gap(struct wire_session *base, enum wire_side side, uint64_t length)
{
    (void)base, (void)side, (void)length;
    return base->connection->transport == WIRE_UDP;
}

static void dns_end(struct wire_session *base)
{
    struct session *session = (struct session *)base;
    while (session->first)
        unanswered_tell(session);
}

const struct wire_protocol wire_dns_udp = {
    .name = "dns",
    .transport = WIRE_UDP,
    .probe = udp_probe,
    .session = sizeof(struct session),
    .open = dns_open,
    .data = udp_data,
    .gap = dns_gap,
    .end = dns_end,
};

const struct wire_protocol wire_dns_tcp = {
    .name = "dns",
    .transport = WIRE_TCP,
    .probe = tcp_probe,
    .session = sizeof(struct session),
    .open = dns_open,
    .data = tcp_data,
    .gap = dns_gap,
    .end = dns_end,
};

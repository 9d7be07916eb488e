#include "cases/fact.h"

#include "cases/pack.h"

#include <stdlib.h>
#include <strings.h>

#define SECURITY   "Microsoft-Windows-Security-Auditing"
#define TEXT_MAX   512 /* bytes of each text that is kept */
#define DNS_PORT   53
#define ANSWER_MAX 8

/* The fields that are looked at. */
enum fact_field {
    TARGET_USER,
    TARGET_DOMAIN,
    TARGET_SID,
    TARGET_LOGON,
    LOGON_TYPE,
    WORKSTATION,
    IP_ADDRESS,
    IP_PORT,
    ORIG_HOST,
    ORIG_PORT,
    RESP_HOST,
    RESP_PORT,
    USER,
    DOMAIN,
    SERVER_DNS,
    SERVER_NETBIOS,
    REQUEST_TYPE,
    QUERY,
    ANSWERS,
    FACT_FIELDS
};

static const char *const field_names[FACT_FIELDS] = {
    [TARGET_USER] = "TargetUserName",
    [TARGET_DOMAIN] = "TargetDomainName",
    [TARGET_SID] = "TargetUserSid",
    [TARGET_LOGON] = "TargetLogonId",
    [LOGON_TYPE] = "LogonType",
    [WORKSTATION] = "WorkstationName",
    [IP_ADDRESS] = "IpAddress",
    [IP_PORT] = "IpPort",
    [ORIG_HOST] = "id.orig_h",
    [ORIG_PORT] = "id.orig_p",
    [RESP_HOST] = "id.resp_h",
    [RESP_PORT] = "id.resp_p",
    [USER] = "username",
    [DOMAIN] = "domainname",
    [SERVER_DNS] = "server_dns_computer_name",
    [SERVER_NETBIOS] = "server_nb_computer_name",
    [REQUEST_TYPE] = "request_type",
    [QUERY] = "query",
    [ANSWERS] = "answers",
};

struct fact_maker {
    name_id fields[FACT_FIELDS];
    struct buffer account;
};

struct fact_maker *fact_maker_new(struct names *fields)
{
    struct fact_maker *maker = calloc(1, sizeof(*maker));
    for (unsigned i = 0; maker && i < FACT_FIELDS; i++) {
        maker->fields[i] = names_intern(fields, bytes_of_text(field_names[i]));
        if (!maker->fields[i]) {
            free(maker);
            return NULL;
        }
    }
    return maker;
}

void fact_maker_free(struct fact_maker *maker)
{
    if (!maker)
        return;
    buffer_release(&maker->account);
    free(maker);
}

/* --- Values of an event --- */

static struct bytes text_of(const struct fact_maker *maker, const struct event *event,
                            enum fact_field field)
{
    const uint16_t slot = shape_slot(event->shape, maker->fields[field]);
    if (slot == SHAPE_NO_SLOT)
        return (struct bytes){0};
    struct bytes text = event_text(event, slot);
    text.length = text.length < TEXT_MAX ? text.length : TEXT_MAX;
    return text;
}

static uint64_t number_of(const struct fact_maker *maker, const struct event *event,
                          enum fact_field field)
{
    const struct value *value = event_find(event, maker->fields[field]);
    double number;
    if (!value || !value_number(value, &number) || !(number >= 0 && number < 1e18))
        return 0;
    return (uint64_t)number;
}

static bool is_text(struct bytes text, const char *other)
{
    return text.length == strlen(other) &&
           strncasecmp((const char *)text.data, other, text.length) == 0;
}

static struct bytes known(struct bytes text)
{
    return is_text(text, "-") || is_text(text, "NULL") ? (struct bytes){0} : text;
}

static struct bytes join_account(struct fact_maker *maker, struct bytes domain, struct bytes name)
{
    buffer_reset(&maker->account);
    if (domain.length) {
        buffer_bytes(&maker->account, domain.data, domain.length);
        buffer_byte(&maker->account, '\\');
    }
    buffer_bytes(&maker->account, name.data, name.length);
    return name.length ? buffer_view(&maker->account) : (struct bytes){0};
}

/* --- Logs --- */

/* 4624: a logon over the network, by name and password (3), in clear (8), on the desktop (10). */
static bool logon_write(struct fact_maker *maker, const struct event *event, struct buffer *to)
{
    const uint64_t type = number_of(maker, event, LOGON_TYPE);
    if (type != 3 && type != 8 && type != 10)
        return false;
    const uint16_t computer = event->shape->known[FIELD_COMPUTER];
    const struct fact fact = {
        .kind = FACT_LOGON,
        .time = event->time,
        .port = (uint16_t)number_of(maker, event, IP_PORT),
        .logon = number_of(maker, event, TARGET_LOGON),
        .host = computer == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, computer),
        .address = known(text_of(maker, event, IP_ADDRESS)),
        .account = join_account(maker, known(text_of(maker, event, TARGET_DOMAIN)),
                                known(text_of(maker, event, TARGET_USER))),
        .name = known(text_of(maker, event, WORKSTATION)),
        .sid = text_of(maker, event, TARGET_SID),
    };
    case_fact_write(&fact, to);
    return true;
}

/* 4768, 4769: a ticket for a computer's account, which only the computer can ask for: its name has
 * the address. */
static bool ticket_write(struct fact_maker *maker, const struct event *event, struct buffer *to)
{
    struct bytes name = text_of(maker, event, TARGET_USER);
    const uint8_t *realm = name.length ? memchr(name.data, '@', name.length) : NULL;
    if (realm)
        name.length = (size_t)(realm - name.data);
    if (name.length < 2 || name.data[name.length - 1] != '$')
        return false;
    const struct fact fact = {.kind = FACT_NAME,
                              .time = event->time,
                              .name = bytes_of(name.data, name.length - 1),
                              .address = known(text_of(maker, event, IP_ADDRESS))};
    if (!fact.address.length)
        return false;
    case_fact_write(&fact, to);
    return true;
}

static bool security_write(struct fact_maker *maker, const struct event *event, struct buffer *to)
{
    const struct value *id = event_find(event, FIELD_EVENT_ID);
    double number;
    if (!id || !value_number(id, &number))
        return false;
    const bool is_logon = number >= 4624 && number <= 4624;
    if (!is_logon && !(number >= 4768 && number <= 4769))
        return false;
    const uint16_t provider = event->shape->known[FIELD_PROVIDER_NAME];
    if (provider == SHAPE_NO_SLOT || !is_text(event_text(event, provider), SECURITY))
        return false;
    return is_logon ? logon_write(maker, event, to) : ticket_write(maker, event, to);
}

/* --- Captures --- */

static bool authentication_write(struct fact_maker *maker, const struct event *event,
                                 struct buffer *to)
{
    const struct bytes dns = text_of(maker, event, SERVER_DNS);
    const struct fact fact = {
        .kind = FACT_AUTHENTICATION,
        .time = event->time,
        .flow = event->flow,
        .port = (uint16_t)number_of(maker, event, ORIG_PORT),
        .address = text_of(maker, event, ORIG_HOST),
        .host = text_of(maker, event, RESP_HOST),
        .account = join_account(maker, text_of(maker, event, DOMAIN), text_of(maker, event, USER)),
        .name = dns.length ? dns : text_of(maker, event, SERVER_NETBIOS),
    };
    case_fact_write(&fact, to);
    return true;
}

/* Only a name server's word counts; anybody may answer LLMNR, mDNS and NBT-NS. */
static bool answer_write(struct fact_maker *maker, const struct event *event, struct buffer *to)
{
    const uint16_t slot = shape_slot(event->shape, maker->fields[ANSWERS]);
    if (number_of(maker, event, RESP_PORT) != DNS_PORT || slot == SHAPE_NO_SLOT ||
        event->values[slot].type != VALUE_LIST || event->values[slot].length != 1)
        return false;
    const struct fact fact = {.kind = FACT_NAME,
                              .time = event->time,
                              .name = text_of(maker, event, QUERY),
                              .address = event_item_text(event, slot, 0)};
    if (!fact.name.length || !fact.address.length || fact.address.length > TEXT_MAX)
        return false;
    case_fact_write(&fact, to);
    return true;
}

static bool wire_write(struct fact_maker *maker, const struct event *event, struct buffer *to)
{
    const struct bytes stream = event_text(event, event->shape->known[FIELD_STREAM]);
    if (is_text(stream, "ntlm"))
        return authentication_write(maker, event, to);
    if (is_text(stream, "kerberos"))
        return is_text(text_of(maker, event, REQUEST_TYPE), "AP") &&
               authentication_write(maker, event, to);
    return is_text(stream, "dns") && answer_write(maker, event, to);
}

bool fact_maker_write(struct fact_maker *maker, const struct event *event, struct buffer *to)
{
    if (event->shape->known[FIELD_STREAM] != SHAPE_NO_SLOT)
        return wire_write(maker, event, to);
    return security_write(maker, event, to);
}

/* --- Packed --- */

void case_fact_write(const struct fact *fact, struct buffer *to)
{
    buffer_byte(to, (uint8_t)fact->kind);
    pack_time(to, fact->time);
    buffer_bytes(to, fact->flow.bytes, sizeof(fact->flow.bytes));
    pack_u32(to, fact->port);
    pack_u64(to, fact->logon);
    pack_words(to, fact->host);
    pack_words(to, fact->account);
    pack_words(to, fact->address);
    pack_words(to, fact->name);
    pack_words(to, fact->sid);
}

enum status case_fact_read(struct bytes packed, struct fact *fact, struct fault *fault)
{
    struct cursor from = cursor_over(packed, 0);
    struct fact read = {0};
    uint32_t port;
    const uint8_t *kind = cursor_take(&from, 1);
    bool is_whole = kind && unpack_time(&from, &read.time);
    const uint8_t *flow = is_whole ? cursor_take(&from, sizeof(read.flow.bytes)) : NULL;
    is_whole = flow && unpack_u32(&from, &port) && unpack_u64(&from, &read.logon) &&
               unpack_words(&from, &read.host) && unpack_words(&from, &read.account) &&
               unpack_words(&from, &read.address) && unpack_words(&from, &read.name) &&
               unpack_words(&from, &read.sid) && cursor_left(&from) == 0;
    if (!is_whole)
        return fault_set(fault, STATUS_DAMAGED, cursor_offset(&from), "a fact is damaged");
    read.kind = (enum fact_kind) * kind;
    read.port = (uint16_t)port;
    memcpy(read.flow.bytes, flow, sizeof(read.flow.bytes));
    *fact = read;
    return STATUS_OK;
}

#include "findings/roles.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#define SECURITY    "Microsoft-Windows-Security-Auditing"
#define REMOTE      "Microsoft-Windows-TerminalServices-RemoteConnectionManager"

#define ROW_IDS_MAX 20

/* In order of preference: the first field that says something wins. */
struct row {
    const char *field, *domain;
    const char *provider;      /* NULL: any */
    uint16_t ids[ROW_IDS_MAX]; /* none: any */
};

static const struct row account_rows[] = {
    /* The new logon, the ticket's owner, the process' user: the subject is the machine there.
       Elsewhere the target is the one to whom something was done. */
    {"TargetUserName",
     "TargetDomainName",
     SECURITY,
     {4624, 4625, 4626, 4627, 4634, 4647, 4675, 4688, 4768, 4769, 4770, 4771, 4772, 4773, 4774,
      4775, 4776, 4777, 4964}},
    {"Param1", "Param2", REMOTE, {1149}},
    {"SubjectUserName", "SubjectDomainName", NULL, {0}},
    {"User", NULL, NULL, {0}},       /* Sysmon, terminal services, WMI-Activity: DOMAIN\name */
    {"SourceUser", NULL, NULL, {0}}, /* Sysmon 8, 10 */
    {"UserName", "DomainName", NULL, {0}},
    {"AccountName", "AccountDomain", NULL, {0}},
    {"UserContext", NULL, NULL, {0}}, /* task scheduler */
    {"ClientUserName", "ClientDomainName", NULL, {0}},
    {"Detection User", NULL, NULL, {0}}, /* Defender */
    {"TargetUserName", "TargetDomainName", NULL, {0}},
    {"SubjectUserSid", NULL, NULL, {0}},
    {"UserSid", NULL, NULL, {0}},
    {"Security_UserID", NULL, NULL, {0}},
};

static const struct row source_rows[] = {
    {"IpAddress", NULL, NULL, {0}},       {"Param3", NULL, REMOTE, {1149}},
    {"SourceIp", NULL, NULL, {0}}, /* Sysmon 3 */
    {"SourceAddress", NULL, NULL, {0}},   {"ClientAddress", NULL, NULL, {0}},
    {"Address", NULL, NULL, {0}}, /* terminal services */
    {"ClientIP", NULL, NULL, {0}},        {"ClientName", NULL, NULL, {0}},
    {"WorkstationName", NULL, NULL, {0}}, {"Workstation", NULL, NULL, {0}},
    {"ClientMachine", NULL, NULL, {0}}, /* WMI-Activity */
};

/* Windows' System element, as events have it. */
static const char *const envelope_names[] = {
    "Channel",
    "Computer",
    "Correlation_ActivityID",
    "Correlation_RelatedActivityID",
    "EventID",
    "EventRecordID",
    "Execution_KernelTime",
    "Execution_ProcessID",
    "Execution_ProcessorID",
    "Execution_ProcessorTime",
    "Execution_SessionID",
    "Execution_ThreadID",
    "Execution_UserTime",
    "Keywords",
    "Level",
    "Opcode",
    "Provider_EventSourceName",
    "Provider_Guid",
    "Provider_Name",
    "Qualifiers",
    "Security_UserID",
    "Task",
    "TimeCreated",
    "Version",
};

#define NO_FIELD    UINT8_MAX
#define IN_ENVELOPE 0x80U

/* What is known of a name: its number in the table (or NO_NUMBER), with IN_ENVELOPE. */
#define NO_NUMBER 0x7FU

_Static_assert(ROLES_FIELDS_MAX <= NO_NUMBER, "a number and a bit share a byte");
_Static_assert(COUNT_OF(envelope_names) <= 64, "a bit each");

struct row_numbers {
    uint8_t field, domain;
};

struct roles {
    uint8_t *marks; /* by name id */
    name_id mark_count;
    uint8_t field_count;
    struct row_numbers account[COUNT_OF(account_rows)];
    struct row_numbers source[COUNT_OF(source_rows)];
};

static bool mark(struct roles *roles, struct names *fields, const char *name, uint8_t **found)
{
    const name_id id = names_intern(fields, bytes_of_text(name));
    if (!id)
        return false;
    if (id >= roles->mark_count) {
        uint8_t *marks = realloc(roles->marks, id + 1);
        if (!marks)
            return false;
        memset(marks + roles->mark_count, NO_NUMBER, id + 1 - roles->mark_count);
        roles->marks = marks;
        roles->mark_count = id + 1;
    }
    *found = &roles->marks[id];
    return true;
}

static bool number_of(struct roles *roles, struct names *fields, const char *name, uint8_t *number)
{
    uint8_t *found;
    *number = NO_FIELD;
    if (!name)
        return true;
    if (!mark(roles, fields, name, &found))
        return false;
    if ((*found & NO_NUMBER) == NO_NUMBER) {
        assert(roles->field_count < ROLES_FIELDS_MAX);
        *found = (uint8_t)((*found & IN_ENVELOPE) | roles->field_count++);
    }
    *number = *found & NO_NUMBER;
    return true;
}

static bool rows_number(struct roles *roles, struct names *fields, const struct row *rows,
                        size_t count, struct row_numbers *numbers)
{
    for (size_t i = 0; i < count; i++)
        if (!number_of(roles, fields, rows[i].field, &numbers[i].field) ||
            !number_of(roles, fields, rows[i].domain, &numbers[i].domain))
            return false;
    return true;
}

static bool envelope_mark(struct roles *roles, struct names *fields)
{
    for (size_t i = 0; i < COUNT_OF(envelope_names); i++) {
        uint8_t *found;
        if (!mark(roles, fields, envelope_names[i], &found))
            return false;
        *found |= IN_ENVELOPE;
    }
    return true;
}

struct roles *roles_new(struct names *fields)
{
    struct roles *roles = calloc(1, sizeof(*roles));
    if (!roles)
        return NULL;
    if (!envelope_mark(roles, fields) ||
        !rows_number(roles, fields, account_rows, COUNT_OF(account_rows), roles->account) ||
        !rows_number(roles, fields, source_rows, COUNT_OF(source_rows), roles->source)) {
        roles_free(roles);
        return NULL;
    }
    return roles;
}

void roles_free(struct roles *roles)
{
    if (!roles)
        return;
    free(roles->marks);
    free(roles);
}

/* Whether the slot is the first one of its field. Only asked of the few that are in the table. */
static bool is_first(const struct event *event, unsigned slot)
{
    return shape_slot(event->shape, event->shape->fields[slot]) == slot;
}

/* The first slot of an envelope's name is the envelope's; a field of the event's own data may have
 * the same name and comes behind it. */
void roles_look(const struct roles *roles, const struct event *event, struct roles_event *seen)
{
    const struct shape *shape = event->shape;
    seen->event = event;
    memset(seen->slots, 0xFF, sizeof(seen->slots));
    memset(seen->envelope, 0, (shape->count + 63) / 64 * sizeof(*seen->envelope));
    for (uint32_t slot = 0; slot < shape->count; slot++) {
        const name_id field = shape->fields[slot];
        if (field >= roles->mark_count || roles->marks[field] == NO_NUMBER)
            continue;
        const uint8_t known = roles->marks[field];
        if (known & IN_ENVELOPE && is_first(event, slot))
            seen->envelope[slot >> 6] |= UINT64_C(1) << (slot & 63);
        const unsigned number = known & NO_NUMBER;
        if (number != NO_NUMBER && seen->slots[number] == SHAPE_NO_SLOT &&
            event_text(event, slot).length)
            seen->slots[number] = (uint16_t)slot;
    }
}

static bool is_word(struct bytes text, const char *word)
{
    return text.length == strlen(word) &&
           strncasecmp((const char *)text.data, word, text.length) == 0;
}

static bool is_one_of(struct bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_word(text, words[i]))
            return true;
    return false;
}

/* The text of a field of the table; empty when it says nothing. */
static struct bytes text_of(const struct roles_event *seen, uint8_t number)
{
    static const char *const nothing[] = {"-", "NULL", "S-1-0-0", "NULL SID", "N/A"};
    if (number == NO_FIELD || seen->slots[number] == SHAPE_NO_SLOT)
        return (struct bytes){0};
    const struct bytes text = event_text(seen->event, seen->slots[number]);
    return is_one_of(text, nothing, COUNT_OF(nothing)) ? (struct bytes){0} : text;
}

static struct bytes known_text(const struct event *event, enum field_known field)
{
    const uint16_t slot = event->shape->known[field];
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, slot);
}

static bool row_applies(const struct row *row, const struct event *event)
{
    if (row->provider && !is_word(known_text(event, FIELD_PROVIDER_NAME), row->provider))
        return false;
    if (!row->ids[0])
        return true;
    const struct value *id = event_find(event, FIELD_EVENT_ID);
    double number;
    if (!id || !value_number(id, &number))
        return false;
    for (size_t i = 0; i < ROW_IDS_MAX && row->ids[i]; i++)
        if (number >= row->ids[i] && number <= row->ids[i])
            return true;
    return false;
}

/* Tickets name their owner as user@REALM beside the realm. */
static struct bytes without_realm(struct bytes name)
{
    const uint8_t *at = memchr(name.data, '@', name.length);
    return at && at > name.data ? bytes_of(name.data, (size_t)(at - name.data)) : name;
}

struct roles_account roles_account(const struct roles *roles, const struct roles_event *seen)
{
    for (size_t i = 0; i < COUNT_OF(account_rows); i++) {
        const struct bytes name = text_of(seen, roles->account[i].field);
        if (!name.length || !row_applies(&account_rows[i], seen->event))
            continue;
        const struct bytes domain = text_of(seen, roles->account[i].domain);
        if (!domain.length || memchr(name.data, '\\', name.length))
            return (struct roles_account){.name = name};
        return (struct roles_account){.domain = domain, .name = without_realm(name)};
    }
    return (struct roles_account){0};
}

static bool begins(struct bytes text, const char *with)
{
    const size_t length = strlen(with);
    return text.length >= length && strncasecmp((const char *)text.data, with, length) == 0;
}

/* Without what stands around an address or a name: an IPv4-mapped address is its IPv4. */
static struct bytes bare_source(struct bytes text)
{
    static const char mapped[] = "::ffff:";
    if (begins(text, mapped) && memchr(text.data, '.', text.length))
        return bytes_of(text.data + strlen(mapped), text.length - strlen(mapped));
    while (begins(text, "\\"))
        text = bytes_of(text.data + 1, text.length - 1);
    return text;
}

static bool is_same_name(struct bytes name, struct bytes host)
{
    return name.length && host.length >= name.length &&
           strncasecmp((const char *)name.data, (const char *)host.data, name.length) == 0 &&
           (host.length == name.length || host.data[name.length] == '.');
}

/* Whether it is the machine that logged the event, by whatever name. */
static bool is_itself(struct bytes source, struct bytes host)
{
    static const char *const itself[] = {"::1",   "::",        "0.0.0.0",
                                         "LOCAL", "localhost", "0:0:0:0:0:0:0:1"};
    return begins(source, "127.") || is_one_of(source, itself, COUNT_OF(itself)) ||
           is_same_name(source, host) || is_same_name(host, source);
}

struct bytes roles_source(const struct roles *roles, const struct roles_event *seen,
                          struct bytes host)
{
    for (size_t i = 0; i < COUNT_OF(source_rows); i++) {
        const struct bytes source = bare_source(text_of(seen, roles->source[i].field));
        if (source.length && row_applies(&source_rows[i], seen->event) && !is_itself(source, host))
            return source;
    }
    return (struct bytes){0};
}

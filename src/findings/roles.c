#include "findings/roles.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#define SECURITY    "Microsoft-Windows-Security-Auditing"
#define REMOTE      "Microsoft-Windows-TerminalServices-RemoteConnectionManager"
#define SYSMON      "Microsoft-Windows-Sysmon"

#define ROW_IDS_MAX 20

enum how {
    HOW_TEXT,
    HOW_FIRST_ITEM, /* of a list */
    HOW_CLIENT,     /* the item [CLIENT: 10.0.0.1] of a list */
    HOW_PRINCIPAL,  /* name/REALM, which is told apart from a name with an instance by its end */
};

/* In order of preference: the first field that says something wins. */
struct row {
    const char *field, *domain;
    const char *provider;      /* NULL: any; NAME* begins so; !NAME is any other */
    uint16_t ids[ROW_IDS_MAX]; /* none: any */
    const char *unless, *is;   /* does not hold when the field `unless` has this value */
    const char *stream;        /* only in this log of a capture; *: in any */
    enum how how;
};

static const struct row account_rows[] = {
    /* The new logon, the ticket's owner, the process' user: the subject is the machine there.
       Elsewhere the target is the one to whom something was done. */
    {.field = "TargetUserName",
     .domain = "TargetDomainName",
     .provider = SECURITY,
     .ids = {4624, 4625, 4626, 4627, 4634, 4647, 4675, 4688, 4768, 4769, 4770, 4771, 4772, 4773,
             4774, 4775, 4776, 4777, 4964}},
    {.field = "Param1", .domain = "Param2", .provider = REMOTE, .ids = {1149}},
    {.field = "Data", .provider = "MSSQL*", .ids = {18453, 18454, 18456}, .how = HOW_FIRST_ITEM},
    {.field = "SubjectUserName", .domain = "SubjectDomainName"},
    {.field = "User"},       /* Sysmon, terminal services, WMI-Activity: DOMAIN\name */
    {.field = "SourceUser"}, /* Sysmon 8, 10 */
    {.field = "UserName", .domain = "DomainName"},
    {.field = "AccountName",
     .domain = "AccountDomain",
     .provider = SECURITY},   /* in 7045 it is the service's */
    {.field = "UserContext"}, /* task scheduler */
    {.field = "ClientUserName", .domain = "ClientDomainName"},
    {.field = "Detection User"}, /* Defender */
    {.field = "TargetUserName", .domain = "TargetDomainName"},
    {.field = "SubjectUserSid"},
    {.field = "UserSid"},
    {.field = "Security_UserID", .provider = "!" SYSMON}, /* there it is Sysmon's own */
    {.field = "username", .domain = "domainname", .stream = "*"},
    {.field = "client", .domain = "realm", .stream = "kerberos", .how = HOW_PRINCIPAL},
};

static const struct row source_rows[] = {
    {.field = "IpAddress"},
    {.field = "Param3", .provider = REMOTE, .ids = {1149}},
    {.field = "Data", .provider = "MSSQL*", .ids = {18453, 18454, 18456}, .how = HOW_CLIENT},
    {.field = "SourceIp", .unless = "Initiated", .is = "true"},         /* Sysmon 3 */
    {.field = "SourceAddress", .unless = "Direction", .is = "%%14593"}, /* 5156: outbound */
    {.field = "ClientAddress"},
    {.field = "Address"}, /* terminal services */
    {.field = "ClientIP"},
    {.field = "ClientName"},
    {.field = "WorkstationName"},
    {.field = "Workstation"},
    {.field = "ClientMachine"}, /* WMI-Activity */
    {.field = "id.orig_h", .stream = "*"},
};

/* What stands for the computer that logged an event where nothing was logged: the one that was
 * spoken to. */
static const struct row host_row = {.field = "id.resp_h", .stream = "*"};

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

#define ITEMS_MAX   16U /* of a list, that are looked at */
#define NO_FIELD    UINT8_MAX
#define IN_ENVELOPE 0x80U

/* What is known of a name: its number in the table (or NO_NUMBER), with IN_ENVELOPE. */
#define NO_NUMBER 0x7FU

_Static_assert(ROLES_FIELDS_MAX <= NO_NUMBER, "a number and a bit share a byte");
_Static_assert(COUNT_OF(envelope_names) <= 64, "a bit each");

struct row_numbers {
    uint8_t field, domain, unless;
};

struct roles {
    uint8_t *marks; /* by name id */
    name_id mark_count;
    uint8_t field_count;
    struct row_numbers account[COUNT_OF(account_rows)];
    struct row_numbers source[COUNT_OF(source_rows)];
    struct row_numbers host;
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
            !number_of(roles, fields, rows[i].domain, &numbers[i].domain) ||
            !number_of(roles, fields, rows[i].unless, &numbers[i].unless))
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
        !rows_number(roles, fields, source_rows, COUNT_OF(source_rows), roles->source) ||
        !rows_number(roles, fields, &host_row, 1, &roles->host)) {
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

static bool says_something(const struct event *event, unsigned slot)
{
    const struct value *value = &event->values[slot];
    return value->type == VALUE_LIST ? value->length > 0 : event_text(event, slot).length > 0;
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
            says_something(event, slot))
            seen->slots[number] = (uint16_t)slot;
    }
}

/* Whether the text begins with the first `length` letters of a word. */
static bool begins_so(struct bytes text, const char *with, size_t length)
{
    return text.length && text.length >= length &&
           strncasecmp((const char *)text.data, with, length) == 0;
}

static bool begins(struct bytes text, const char *with)
{
    return begins_so(text, with, strlen(with));
}

static bool is_word(struct bytes text, const char *word)
{
    return text.length == strlen(word) && begins(text, word);
}

static bool is_one_of(struct bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_word(text, words[i]))
            return true;
    return false;
}

static struct bytes slot_text(const struct roles_event *seen, uint8_t number)
{
    return number == NO_FIELD || seen->slots[number] == SHAPE_NO_SLOT
               ? (struct bytes){0}
               : event_text(seen->event, seen->slots[number]);
}

/* What stands in [CLIENT: ...]. */
static struct bytes client_item(const struct event *event, unsigned slot)
{
    static const char head[] = "[CLIENT: ";
    for (uint32_t i = 0; i < event->values[slot].length && i < ITEMS_MAX; i++) {
        struct bytes text = event_item_text(event, slot, i);
        while (begins(text, " "))
            text = bytes_of(text.data + 1, text.length - 1);
        const uint8_t *end = text.length ? memchr(text.data, ']', text.length) : NULL;
        if (begins(text, head) && end)
            return bytes_of(text.data + strlen(head), (size_t)(end - text.data) - strlen(head));
    }
    return (struct bytes){0};
}

static struct bytes row_text(const struct roles_event *seen, const struct row *row, uint8_t number)
{
    if (row->how == HOW_TEXT || row->how == HOW_PRINCIPAL)
        return slot_text(seen, number);
    const uint16_t slot = seen->slots[number];
    if (slot == SHAPE_NO_SLOT || seen->event->values[slot].type != VALUE_LIST)
        return (struct bytes){0};
    return row->how == HOW_CLIENT ? client_item(seen->event, slot)
                                  : event_item_text(seen->event, slot, 0);
}

/* Empty when it only stands for nothing. */
static struct bytes meaningful(struct bytes text)
{
    static const char *const nothing[] = {"-", "NULL", "S-1-0-0", "NULL SID", "N/A"};
    return is_one_of(text, nothing, COUNT_OF(nothing)) ? (struct bytes){0} : text;
}

static bool provider_fits(struct bytes provider, const char *wanted)
{
    const size_t length = strlen(wanted);
    if (wanted[0] == '!')
        return !is_word(provider, wanted + 1);
    if (wanted[length - 1] != '*')
        return is_word(provider, wanted);
    return begins_so(provider, wanted, length - 1);
}

static struct bytes known_text(const struct event *event, enum field_known field)
{
    const uint16_t slot = event->shape->known[field];
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, slot);
}

static bool id_fits(const struct event *event, const uint16_t ids[ROW_IDS_MAX])
{
    const struct value *id = event_find(event, FIELD_EVENT_ID);
    double number;
    if (!id || !value_number(id, &number))
        return false;
    for (size_t i = 0; i < ROW_IDS_MAX && ids[i]; i++)
        if (number >= ids[i] && number <= ids[i])
            return true;
    return false;
}

static bool stream_fits(const struct event *event, const char *wanted)
{
    const struct bytes stream = known_text(event, FIELD_STREAM);
    return wanted[0] == '*' ? stream.length > 0 : is_word(stream, wanted);
}

static bool row_applies(const struct row *row, const struct row_numbers *numbers,
                        const struct roles_event *seen)
{
    if (row->provider &&
        !provider_fits(known_text(seen->event, FIELD_PROVIDER_NAME), row->provider))
        return false;
    if (row->ids[0] && !id_fits(seen->event, row->ids))
        return false;
    if (row->stream && !stream_fits(seen->event, row->stream))
        return false;
    return !row->unless || !is_word(slot_text(seen, numbers->unless), row->is);
}

/* What the row says of the event; empty when it says nothing. */
static struct bytes row_read(const struct row *row, const struct row_numbers *numbers,
                             const struct roles_event *seen)
{
    if (seen->slots[numbers->field] == SHAPE_NO_SLOT || !row_applies(row, numbers, seen))
        return (struct bytes){0};
    return meaningful(row_text(seen, row, numbers->field));
}

/* Tickets name their owner as user@REALM beside the realm. */
static struct bytes without_realm(struct bytes name)
{
    const uint8_t *at = memchr(name.data, '@', name.length);
    return at && at > name.data ? bytes_of(name.data, (size_t)(at - name.data)) : name;
}

/* alice/LAB.EXAMPLE without its realm; host/server stays. */
static struct bytes without_suffix(struct bytes principal, struct bytes realm)
{
    if (principal.length < realm.length + 2)
        return principal;
    const size_t length = principal.length - realm.length - 1;
    const bool is_realm =
        principal.data[length] == '/' && strncasecmp((const char *)principal.data + length + 1,
                                                     (const char *)realm.data, realm.length) == 0;
    return is_realm ? bytes_of(principal.data, length) : principal;
}

struct roles_account roles_account(const struct roles *roles, const struct roles_event *seen)
{
    for (size_t i = 0; i < COUNT_OF(account_rows); i++) {
        const struct bytes name = row_read(&account_rows[i], &roles->account[i], seen);
        if (!name.length)
            continue;
        const struct bytes domain = meaningful(slot_text(seen, roles->account[i].domain));
        if (!domain.length || memchr(name.data, '\\', name.length))
            return (struct roles_account){.name = name};
        const struct bytes bare = account_rows[i].how == HOW_PRINCIPAL
                                      ? without_suffix(name, domain)
                                      : without_realm(name);
        return (struct roles_account){.domain = domain, .name = bare};
    }
    return (struct roles_account){0};
}

struct bytes roles_host(const struct roles *roles, const struct roles_event *seen)
{
    const struct bytes computer = known_text(seen->event, FIELD_COMPUTER);
    return computer.length ? computer : row_read(&host_row, &roles->host, seen);
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
        const struct bytes source = bare_source(row_read(&source_rows[i], &roles->source[i], seen));
        if (source.length && !is_itself(source, host))
            return source;
    }
    return (struct bytes){0};
}

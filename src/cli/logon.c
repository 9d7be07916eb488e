#include "cli/logon.h"

#define SECURITY "Microsoft-Windows-Security-Auditing"

enum outcome { OUTCOME_GOOD, OUTCOME_BAD, OUTCOME_BY_STATUS };

static const struct row {
    const char *id, *words;
    enum outcome outcome;
} rows[] = {
    {"4624", "logon", OUTCOME_GOOD},
    {"4625", "logon", OUTCOME_BAD},
    {"4768", "first ticket", OUTCOME_BY_STATUS},
    {"4769", "service ticket", OUTCOME_BY_STATUS},
    {"4771", "preauthentication", OUTCOME_BAD},
    {"4776", "NTLM validation", OUTCOME_BY_STATUS},
};

static const struct type {
    const char *number, *words;
} types[] = {
    {"0", "system"},     {"2", "interactive"},     {"3", "network"},
    {"4", "batch"},      {"5", "service"},         {"7", "unlock"},
    {"8", "clear text"}, {"9", "new credentials"}, {"10", "remote desktop"},
    {"11", "cached"},    {"12", "cached remote"},  {"13", "cached unlock"},
};

struct logon_fields logon_fields_of(struct names *names)
{
    return (struct logon_fields){.type = names_intern(names, bytes_of_text("LogonType")),
                                 .status = names_intern(names, bytes_of_text("Status"))};
}

static const struct row *row_find(struct bytes event_id)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (bytes_equal(event_id, bytes_of_text(rows[i].id)))
            return &rows[i];
    return NULL;
}

static struct bytes field_text(const struct event *event, name_id field)
{
    const uint16_t slot = shape_slot(event->shape, field);
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, slot);
}

enum logon_kind logon_kind(const struct logon_fields *fields, const struct event *event,
                           const struct finding *look)
{
    const struct row *row =
        bytes_equal(look->provider, bytes_of_text(SECURITY)) ? row_find(look->event_id) : NULL;
    if (!row)
        return LOGON_NONE;
    if (row->outcome != OUTCOME_BY_STATUS)
        return row->outcome == OUTCOME_GOOD ? LOGON_GOOD : LOGON_BAD;
    return bytes_equal(field_text(event, fields->status), bytes_of_text("0x0")) ? LOGON_GOOD
                                                                                : LOGON_BAD;
}

struct bytes logon_type(const struct logon_fields *fields, const struct event *event)
{
    return field_text(event, fields->type);
}

const char *logon_event_words(struct bytes event_id)
{
    const struct row *row = row_find(event_id);
    return row ? row->words : NULL;
}

const char *logon_type_words(struct bytes type)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (bytes_equal(type, bytes_of_text(types[i].number)))
            return types[i].words;
    return NULL;
}

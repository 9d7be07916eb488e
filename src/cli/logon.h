/* The events of the Security log that tell of somebody proving who they are. */
#ifndef IMPOUND_CLI_LOGON_H
#define IMPOUND_CLI_LOGON_H

#include "findings/findings.h"

struct logon_fields {
    name_id type, status;
};

struct logon_fields logon_fields_of(struct names *names);

enum logon_kind { LOGON_NONE, LOGON_GOOD, LOGON_BAD };

/* What the event tells; `look` is the event, looked at. */
enum logon_kind logon_kind(const struct logon_fields *fields, const struct event *event,
                           const struct finding *look);

/* The logon's type as the log has it: a number; empty for what has none. */
struct bytes logon_type(const struct logon_fields *fields, const struct event *event);

/* In words: an event id, and a type; NULL when there are none. */
const char *logon_event_words(struct bytes event_id);
const char *logon_type_words(struct bytes type);

#endif

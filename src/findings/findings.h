/* What was found, and the bytes that it cites: the door of this folder.
 *
 * A finding is packed into bytes whose order (bytes_compare) is that of the output: time, evidence,
 * place in it, rule. So a sorter (findings/sorter.h) orders findings without knowing them. What
 * several rules see on one event is one packed item, with what the event says stored once; what a
 * correlation found is one item with the places of its events.
 *
 * In: an event and the rules that fired on it, or what a correlation found. Out: packed findings,
 * and back. Knows nothing of matching, of paths, or of how findings are shown. */
#ifndef IMPOUND_FINDINGS_H
#define IMPOUND_FINDINGS_H

#include "base/buffer.h"
#include "event/event.h"
#include "findings/sorter.h"
#include "rules/correlate/correlate.h"
#include "rules/rules.h"

#define FINDING_TEXT_MAX   1024         /* bytes of host, account and so on */
#define FINDING_FIELDS_MAX (256U << 10) /* bytes of values; what goes beyond is left out */
#define FINDING_PACKED_MAX (4U << 20)   /* bytes, whatever the event */

/* The key under which `fields` says how many values were left out for their size. */
#define FINDING_LEFT_OUT "impound_fields_left_out"

/* A place in the evidence. */
struct finding_event {
    struct instant time;
    uint64_t record, offset;
    uint32_t evidence;
    struct flow_id flow;
};

/* All texts are UTF-8 by their source's word: not checked. Empty: not known. */
struct finding {
    struct instant time;
    uint64_t record, offset;
    uint32_t evidence;
    struct flow_id flow; /* of a capture: `record` is a packet's number */
    bool is_carved;
    bool is_correlation;
    uint64_t content; /* a hash of the record's bytes; of a correlation: of its group and events */
    uint32_t rule_count;
    const uint8_t *rules;  /* see finding_rule_at */
    uint32_t event_count;  /* of a correlation; else 0 */
    const uint8_t *events; /* see finding_event_at */
    struct bytes host;
    struct bytes account; /* DOMAIN\name, name, or a SID */
    struct bytes source;  /* where the account came from: an address or a name */
    struct bytes channel, provider, event_id;
    struct bytes fields; /* one JSON object */
};

/* What makes findings of events; one a thread, for events with field names of `fields`. NULL
 * without memory. */
struct finding_maker;
struct finding_maker *finding_maker_new(struct names *fields);
void finding_maker_free(struct finding_maker *maker);

/* Looks at an event: who, where, when. Rules and fields of the result are empty. It lives until
 * the next event or the next call. */
const struct finding *finding_maker_look(struct finding_maker *maker, const struct event *event,
                                         uint32_t evidence);

/* Appends the finding of the event that was looked at last: `rules`, at least one, fired on it.
 * Once the buffer is large enough, nothing is allocated. */
void finding_maker_write(struct finding_maker *maker, const struct event *event,
                         const uint32_t *rules, uint32_t count, struct buffer *to);

/* Appends the finding of a correlation; `info` is its rule. */
void finding_write_correlation(const struct correlate_finding *found, const struct rule_info *info,
                               struct buffer *to);

/* Appends a finding, packed. */
void finding_write(const struct finding *finding, struct buffer *to);

/* Reads what was packed, all of it; STATUS_DAMAGED when it is anything else. The finding points
 * into `packed`. */
enum status finding_read(struct bytes packed, struct finding *finding,
                         struct fault *fault) MUST_CHECK;

/* The rules that fired, ascending; of a correlation: the one. */
uint32_t finding_rule_at(const struct finding *finding, uint32_t index);

/* The events of a correlation, oldest first. */
struct finding_event finding_event_at(const struct finding *finding, uint32_t index);

/* The id of the finding of one rule: content and position, never a path. */
void finding_id(const struct finding *finding, const struct rule_info *info, char id[33]);

/* One member of a finding's `fields`: both as they stand in the JSON text, the name without its
 * quotes. */
struct finding_field {
    struct bytes name, value;
};

/* Takes the next member off `fields`, which is an object or the rest of one. False at its end. */
bool finding_field_next(struct bytes *fields, struct finding_field *field);

/* Appends what a name or a value says: strings without escapes, items of a list joined by a comma,
 * nothing for null. */
void finding_field_name(struct buffer *to, struct bytes name);
void finding_field_value(struct buffer *to, struct bytes value);

#endif

#include "cli/scan_summary.h"

#include "cli/console.h"
#include "cli/rule_desk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *blind_text(enum blind_reason reason)
{
    switch (reason) {
    case BLIND_NO_LOGSOURCE:
        return "no kind of evidence is known to feed its log source";
    case BLIND_NO_EVENTS:
        return "the evidence has no event of its log source";
    case BLIND_NO_FIELD:
        return "no event of its log source has the field";
    case BLIND_NOT:
        break;
    }
    return NULL;
}

static struct report_blind *blind_list(const struct ruleset *ruleset,
                                       const struct rule_choice *choice, const struct scan *scan,
                                       uint32_t *count)
{
    const uint32_t rules = ruleset_count(ruleset);
    struct report_blind *list = calloc(rules + 1, sizeof(*list));
    *count = 0;
    for (uint32_t rule = 0; list && rule < rules; rule++) {
        const struct rule_info *info = ruleset_info(ruleset, rule);
        const struct blind blind = scan_blind(scan, rule);
        const char *reason = blind_text(blind.reason);
        if (reason && !choice->is_off[rule])
            list[(*count)++] = (struct report_blind){.id = info->id,
                                                     .title = info->title,
                                                     .reason = reason,
                                                     .field = blind.field,
                                                     .audit = blind.audit};
    }
    return list;
}

/* --- What was kept back --- */

struct notes {
    char **list;
    uint32_t count, room;
    bool failed;
};

static void note_add(struct notes *notes, const char *format, ...) PRINTF_LIKE(2, 3);

static void note_add(struct notes *notes, const char *format, ...)
{
    if (notes->count == notes->room) {
        const uint32_t room = notes->room ? notes->room * 2 : 8;
        char **list = realloc(notes->list, room * sizeof(*list));
        if (list) {
            notes->list = list;
            notes->room = room;
        }
    }
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (notes->count == notes->room || vasprintf(&text, format, arguments) < 0)
        notes->failed = true;
    else
        notes->list[notes->count++] = text;
    va_end(arguments);
}

static void count_note(struct notes *notes, uint64_t count, const char *what)
{
    if (!count)
        return;
    console_warn("%s: %llu", what, (unsigned long long)count);
    note_add(notes, "%s: %llu", what, (unsigned long long)count);
}

static void limits_note(struct notes *notes, const struct scan *scan)
{
    const struct correlate_statistics correlated = scan_statistics(scan);
    const struct matcher_counts matched = scan_counts(scan);
    count_note(notes, correlated.groups_evicted,
               "groups of correlations given up for want of memory");
    count_note(
        notes, correlated.hits_dropped,
        "events that left the window of a correlation early, because one group held too many");
    count_note(notes, correlated.hits_timeless,
               "events of unknown time, which took no part in correlations");
    count_note(notes, matched.limited,
               "values on which a regular expression ran into its limit, which counts as no match");
    count_note(notes, matched.unmatched, "events that met no rule for want of memory");
}

static void suppressions_note(struct notes *notes, const struct scan_parts *parts)
{
    for (uint32_t i = 0; i < suppressions_count(parts->suppressions); i++) {
        const struct suppression_told told = suppressions_told(parts->suppressions, i);
        if (told.count)
            note_add(notes, "suppressed by %s:%u (%s: %s): %llu", parts->suppress_path, told.line,
                     told.owner, told.reason, (unsigned long long)told.count);
    }
}

static void notes_release(struct notes *notes)
{
    for (uint32_t i = 0; i < notes->count; i++)
        free(notes->list[i]);
    free(notes->list);
}

/* --- The whole --- */

enum status scan_summary_write(struct report_set *reports, struct report_summary *summary,
                               const struct scan_parts *parts, struct fault *fault)
{
    char hash[17];
    struct notes notes = {0};
    const struct ruleset *ruleset = parts->rules->ruleset;
    struct sigma_refusal *refused = rule_refusals(ruleset, parts->scan, &summary->refused_count);
    struct report_blind *blind =
        blind_list(ruleset, parts->choice, parts->scan, &summary->blind_count);
    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)parts->rules->hash);
    limits_note(&notes, parts->scan);
    if (parts->suppressions)
        suppressions_note(&notes, parts);
    summary->events = scan_counts(parts->scan).events;
    summary->rules_loaded = ruleset_count(ruleset);
    summary->rules_hash = hash;
    summary->refused = refused;
    summary->blind = blind;
    summary->notes = (const char *const *)notes.list;
    summary->note_count = notes.count;
    const enum status status = refused && blind && !notes.failed
                                   ? report_set_end(reports, summary, fault)
                                   : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    notes_release(&notes);
    free(refused);
    free(blind);
    return status;
}

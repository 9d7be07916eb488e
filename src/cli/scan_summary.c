#include "cli/scan_summary.h"

#include "cli/console.h"
#include "cli/rule_desk.h"

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

/* --- What limits of ours left out --- */

#define NOTES_MAX 5
#define NOTE_MAX  160

struct notes {
    char texts[NOTES_MAX][NOTE_MAX];
    const char *list[NOTES_MAX];
    uint32_t count;
};

static void note_add(struct notes *notes, uint64_t number, const char *what)
{
    if (!number)
        return;
    char *text = notes->texts[notes->count];
    snprintf(text, NOTE_MAX, "%llu %s", (unsigned long long)number, what);
    notes->list[notes->count++] = text;
    console_warn("%s", text);
}

static void notes_make(struct notes *notes, const struct scan *scan)
{
    const struct correlate_statistics correlated = scan_statistics(scan);
    const struct matcher_counts matched = scan_counts(scan);
    notes->count = 0;
    note_add(notes, correlated.groups_evicted,
             "groups of correlations were given up for want of memory");
    note_add(notes, correlated.hits_dropped,
             "events left the window of a correlation early, because one group held too many");
    note_add(notes, correlated.hits_timeless,
             "events of unknown time took no part in correlations");
    note_add(notes, matched.limited,
             "values ran into the limit of a regular expression, which counts as no match");
    note_add(notes, matched.unmatched, "events met no rule for want of memory");
}

enum status scan_summary_write(struct report *report, struct report_summary *summary,
                               const struct load_result *rules, const struct rule_choice *choice,
                               const struct scan *scan, struct fault *fault)
{
    char hash[17];
    struct notes notes;
    struct sigma_refusal *refused = rule_refusals(rules->ruleset, scan, &summary->refused_count);
    struct report_blind *blind = blind_list(rules->ruleset, choice, scan, &summary->blind_count);
    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)rules->hash);
    notes_make(&notes, scan);
    summary->events = scan_counts(scan).events;
    summary->rules_loaded = ruleset_count(rules->ruleset);
    summary->rules_hash = hash;
    summary->refused = refused;
    summary->blind = blind;
    summary->notes = notes.list;
    summary->note_count = notes.count;
    const enum status status = refused && blind ? report_end(report, summary, fault)
                                                : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    free(refused);
    free(blind);
    return status;
}

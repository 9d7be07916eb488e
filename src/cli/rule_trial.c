#include "cli/rule_trial.h"

#include "cli/workbench.h"

#include <stdlib.h>
#include <string.h>

#define SHAPES_MAX 65536U

enum status rule_trials_init(struct rule_trials *trials, const struct rule_desk *desk,
                             struct fault *fault)
{
    const uint32_t count = ruleset_count(desk->loaded.ruleset);
    *trials = (struct rule_trials){
        .desk = desk,
        .shapes = shapes_new(SHAPES_MAX),
        .is_wanted = calloc(count + 1, sizeof(bool)),
        .fired = calloc(count + 1, sizeof(uint32_t)),
    };
    return trials->shapes && trials->is_wanted && trials->fired
               ? STATUS_OK
               : fault_set(fault, STATUS_MEMORY, 0, "no memory");
}

void rule_trials_release(struct rule_trials *trials)
{
    shapes_free(trials->shapes);
    free(trials->is_wanted);
    free(trials->fired);
}

static enum status item_check(void *context, const struct pipeline_item *item, struct fault *fault)
{
    const struct account *account = item->account;
    (void)context;
    if (item->is_evidence && !account->is_incomplete)
        return STATUS_OK;
    const char *note = account_note_at(account, 0);
    return fault_set(fault, STATUS_DAMAGED, 0, "%s", note ? note : "it cannot be read whole");
}

/* The rules that fired on one event come one after the other. */
static enum status finding_count(void *context, const struct finding *finding, uint32_t rule,
                                 struct fault *fault)
{
    struct rule_trials *trials = context;
    const uint64_t place[2] = {finding->evidence, finding->offset + 1};
    (void)fault;
    trials->fired[rule]++;
    trials->touched += memcmp(place, trials->place, sizeof(place)) != 0;
    memcpy(trials->place, place, sizeof(place));
    return STATUS_OK;
}

static enum status sample_scan(struct rule_trials *trials, struct scan *scan,
                               struct evidence *evidence, struct fault *fault)
{
    const struct reader_shared shared = {.fields = trials->desk->fields, .shapes = trials->shapes};
    const struct pipeline_options options = {.shared = &shared, .threads = 1};
    const struct pipeline_work work = scan_work(scan, item_check, trials);
    const enum status status = pipeline_run(evidence, &options, &work, fault);
    trials->events = scan_counts(scan).events;
    return status ? status : scan_finish(scan, finding_count, trials, fault);
}

enum status rule_trial(struct rule_trials *trials, const char *rules, const char *sample,
                       struct fault *fault)
{
    const struct ruleset *ruleset = trials->desk->loaded.ruleset;
    const uint32_t count = ruleset_count(ruleset);
    struct scan *scan = NULL;
    struct evidence *evidence = NULL;
    for (uint32_t rule = 0; rule < count; rule++) {
        const struct rule_info *info = ruleset_info(ruleset, rule);
        trials->is_wanted[rule] = !info->is_silent && strcmp(info->path, rules) == 0;
    }
    memset(trials->fired, 0, count * sizeof(*trials->fired));
    memset(trials->place, 0, sizeof(trials->place));
    trials->events = trials->touched = 0;
    const struct scan_options options = {.ruleset = ruleset,
                                         .fields = trials->desk->fields,
                                         .is_wanted = trials->is_wanted,
                                         .from.seconds = INSTANT_NONE,
                                         .to.seconds = INSTANT_NONE,
                                         .directory = workbench_spill_folder()};
    const struct evidence_options how = {.hash = EVIDENCE_HASH_NONE};
    enum status status = scan_new(&options, &scan, fault);
    if (status == STATUS_OK)
        status = evidence_open(&sample, 1, &how, &evidence, fault);
    if (status == STATUS_OK)
        status = sample_scan(trials, scan, evidence, fault);
    if (evidence)
        evidence_close(evidence);
    scan_free(scan);
    return status;
}

#include "cli/rule_desk.h"

#include "cli/console.h"
#include "cli/workbench.h"

#include <stdlib.h>
#include <string.h>

struct sigma_refusal *rule_refusals(const struct ruleset *ruleset, const struct scan *scan,
                                    uint32_t *count)
{
    const uint32_t rules = ruleset_refusal_count(ruleset);
    const uint32_t correlations = scan_refusal_count(scan);
    struct sigma_refusal *list = calloc(rules + correlations + 1, sizeof(*list));
    *count = 0;
    for (uint32_t i = 0; list && i < rules; i++)
        list[(*count)++] = *ruleset_refusal(ruleset, i);
    for (uint32_t i = 0; list && i < correlations; i++) {
        uint32_t rule;
        const char *reason = scan_refusal(scan, i, &rule);
        const struct rule_info *info = ruleset_info(ruleset, rule);
        list[(*count)++] =
            (struct sigma_refusal){.path = info->path, .line = info->line, .reason = reason};
    }
    return list;
}

static int by_place(const void *one, const void *other)
{
    const struct sigma_refusal *a = one, *b = other;
    const int order = strcmp(a->path, b->path);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

static enum status desk_open(struct rule_desk *desk, const struct rule_options *options,
                             struct fault *fault)
{
    *desk = (struct rule_desk){.fields = fields_new()};
    if (!desk->fields)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    enum status status = rule_choice_load(options, desk->fields, &desk->loaded, fault);
    if (status == STATUS_OK)
        status = rule_choice_make(options, desk->loaded.ruleset, &desk->choice, fault);
    const struct scan_options scan = {.ruleset = desk->loaded.ruleset,
                                      .fields = desk->fields,
                                      .directory = workbench_spill_folder()};
    if (status == STATUS_OK)
        status = scan_new(&scan, &desk->scan, fault);
    if (status == STATUS_OK) {
        desk->refused = rule_refusals(desk->loaded.ruleset, desk->scan, &desk->refused_count);
        if (!desk->refused)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory");
        qsort(desk->refused, desk->refused_count, sizeof(*desk->refused), by_place);
    }
    return status;
}

static void desk_release(struct rule_desk *desk)
{
    free(desk->refused);
    scan_free(desk->scan);
    rule_choice_release(&desk->choice);
    ruleset_free(desk->loaded.ruleset);
    names_free(desk->fields);
}

int rule_desk_run(const struct rule_options *options, const char *output_path, rule_desk_work *work,
                  void *context)
{
    struct rule_desk desk;
    struct output *output = NULL;
    struct fault fault = {0};
    enum status status = desk_open(&desk, options, &fault);
    if (status == STATUS_OK)
        status = output_open(output_path, &output, &fault);
    if (status == STATUS_OK)
        status = output_close(output, work(context, &desk, output, &fault), &fault);
    desk_release(&desk);
    return status < 0 ? console_failure(status, &fault) : EXIT_DONE;
}

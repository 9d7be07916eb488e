/* A layer of the ATT&CK Navigator (layer format 4.5): the techniques of all cases. The score is the
 * number of steps that show it; which case has how many stands in the metadata. */
#include "reports/format.h"
#include "reports/members.h"

#include <stdlib.h>

#define TECHNIQUES_MAX 1024U /* ATT&CK for Enterprise has fewer than 900 */
#define CASES_MAX      64U   /* that a technique names */

struct technique {
    char id[12];
    uint32_t steps, case_count;
    struct buffer metadata; /* the objects of its cases */
};

struct navigator {
    struct technique all[TECHNIQUES_MAX];
    uint32_t count;
};

static enum status navigator_begin(struct report *report, struct fault *fault)
{
    report->state = calloc(1, sizeof(struct navigator));
    return report->state ? STATUS_OK
                         : fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
}

static void navigator_close(struct report *report)
{
    struct navigator *navigator = report->state;
    for (uint32_t i = 0; navigator && i < navigator->count; i++)
        buffer_release(&navigator->all[i].metadata);
    free(navigator);
}

/* New or known; NULL when it is none that a layer could have. */
static struct technique *technique_of(struct navigator *navigator, struct bytes id)
{
    for (uint32_t i = 0; i < navigator->count; i++)
        if (bytes_equal(bytes_of_text(navigator->all[i].id), id))
            return &navigator->all[i];
    if (navigator->count == TECHNIQUES_MAX || id.length >= sizeof(navigator->all[0].id))
        return NULL;
    struct technique *technique = &navigator->all[navigator->count++];
    memcpy(technique->id, id.data, id.length);
    return technique;
}

static uint32_t steps_with(const struct case_record *record, struct bytes id)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < record->step_count; i++) {
        const struct case_texts *shown = &record->steps[i].techniques;
        for (uint32_t j = 0; j < shown->count; j++)
            count += bytes_equal(shown->items[j], id);
    }
    return count;
}

static void navigator_case(struct report *report, const struct case_record *record,
                           const struct ledger_verdict *verdict)
{
    for (uint32_t i = 0; i < record->techniques.count; i++) {
        const struct bytes id = record->techniques.items[i];
        struct technique *technique = technique_of(report->state, id);
        if (!technique)
            continue;
        const uint32_t steps = steps_with(record, id);
        technique->steps += steps;
        if (technique->case_count++ >= CASES_MAX)
            continue;
        struct buffer *to = &technique->metadata;
        buffer_format(to, "%s{\"name\":\"case %s\",\"value\":\"%u steps, %s\"}",
                      to->length ? "," : "", record->id, steps, ledger_status(verdict->standing));
        report->out.failed |= to->failed;
    }
}

static int technique_order(const void *one, const void *other)
{
    const struct technique *first = one, *second = other;
    return strcmp(first->id, second->id);
}

static void technique_object(struct buffer *to, const struct technique *technique)
{
    buffer_format(to,
                  "{\"techniqueID\":\"%s\",\"score\":%u,\"enabled\":true,\"comment\":\"%u steps in "
                  "%u cases\",\"showSubtechniques\":%s,\"metadata\":[",
                  technique->id, technique->steps, technique->steps, technique->case_count,
                  strchr(technique->id, '.') ? "true" : "false");
    buffer_bytes(to, technique->metadata.data, technique->metadata.length);
    buffer_text(to, "]}");
}

static void navigator_end(struct report *report, const struct report_summary *summary)
{
    struct navigator *navigator = report->state;
    struct buffer *to = &report->out;
    uint32_t most = 1;
    qsort(navigator->all, navigator->count, sizeof(*navigator->all), technique_order);
    for (uint32_t i = 0; i < navigator->count; i++)
        if (navigator->all[i].steps > most)
            most = navigator->all[i].steps;
    buffer_text(to, "{\"name\":\"impound\",\"versions\":{\"attack\":\"15\",\"navigator\":\"5.0.1\","
                    "\"layer\":\"4.5\"},\"domain\":\"enterprise-attack\","
                    "\"description\":\"Techniques of the cases that impound ");
    buffer_json_inside(to, bytes_of_text(summary->version));
    buffer_text(to, " found; the score is the number of steps\",\"sorting\":3,"
                    "\"hideDisabled\":false,\"techniques\":[");
    for (uint32_t i = 0; i < navigator->count; i++) {
        buffer_text(to, i ? ",\n" : "\n");
        technique_object(to, &navigator->all[i]);
    }
    buffer_format(to,
                  "],\"gradient\":{\"colors\":[\"#fff7b3ff\",\"#d7301fff\"],\"minValue\":0,"
                  "\"maxValue\":%u},\"legendItems\":[],\"metadata\":[],\"links\":[],"
                  "\"showTacticRowBackground\":false,\"selectTechniquesAcrossTactics\":true,"
                  "\"selectSubtechniquesWithParent\":false}\n",
                  most);
}

const struct report_format report_navigator = {
    .name = "navigator",
    .file = "navigator.json",
    .begin = navigator_begin,
    .case_record = navigator_case,
    .end = navigator_end,
    .close = navigator_close,
};

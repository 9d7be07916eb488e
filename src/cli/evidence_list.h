/* What was told of each piece of evidence, kept for the report. */
#ifndef IMPOUND_CLI_EVIDENCE_LIST_H
#define IMPOUND_CLI_EVIDENCE_LIST_H

#include "pipeline/pipeline.h"
#include "reports/reports.h"

struct evidence_list {
    struct report_evidence *items; /* by index of the evidence */
    struct account *accounts;
    uint32_t count, room;
    const char *hash_name; /* of the hashes, where there are any */
};

enum status evidence_list_add(struct evidence_list *list, const struct pipeline_item *item,
                              struct fault *fault) MUST_CHECK;

/* To be called behind the last one: until then the items do not point to their accounts. */
void evidence_list_finish(struct evidence_list *list);

void evidence_list_release(struct evidence_list *list);

#endif

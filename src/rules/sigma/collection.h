/* A collection while it is built and after: what the opaque struct of sigma.h holds. */
#ifndef IMPOUND_RULES_SIGMA_COLLECTION_H
#define IMPOUND_RULES_SIGMA_COLLECTION_H

#include "rules/sigma/draft.h"

struct pipelines;

struct sigma_rules {
    struct arena arena; /* everything that lives as long as the collection */
    struct arena trees; /* the YAML of the file that is being added */
    struct placeholders *placeholders;
    struct pipelines *pipelines;
    struct draft_rule *drafts;
    uint32_t draft_count, draft_capacity;
    struct sigma_refusal *refusals;
    uint32_t refusal_count, refusal_capacity;
    const struct sigma_rule **finished;
    uint32_t finished_count;
    bool is_finished;
};

/* `path` must live as long as the collection. STATUS_MEMORY or STATUS_OK. */
enum status collection_refuse(struct sigma_rules *rules, const char *path, uint32_t line,
                              const char *reason) MUST_CHECK;

/* Refuses a rule that was added, for what `fault` says. */
enum status collection_refuse_draft(struct sigma_rules *rules, struct draft_rule *draft,
                                    const struct fault *fault) MUST_CHECK;

#endif

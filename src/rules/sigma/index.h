/* Rules and correlations by id and by name, for references. */
#ifndef IMPOUND_RULES_SIGMA_INDEX_H
#define IMPOUND_RULES_SIGMA_INDEX_H

#include "rules/sigma/collection.h"
#include "rules/sigma/header.h"

struct index_entry {
    const char *key;
    uint32_t draft;
};

struct index {
    struct sigma_rules *rules;
    struct index_entry *entries; /* sorted by key, then by draft */
    uint32_t count;
};

/* What a reference means: entries with its key stand one behind the other. */
struct index_range {
    uint32_t first, end;
};

/* Of all drafts but filters. STATUS_MEMORY or STATUS_OK; to be released. */
enum status reference_index_make(struct index *index, struct sigma_rules *rules) MUST_CHECK;
void reference_index_release(struct index *index);

struct index_range reference_index_range(const struct index *index, const char *reference);

/* The draft that a reference in `from` means: one in the same file, or else the first. False when
 * there is none. */
bool reference_index_find(const struct index *index, const char *reference,
                          const struct draft_rule *from, uint32_t *draft);

#endif

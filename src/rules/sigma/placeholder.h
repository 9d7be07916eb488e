/* Placeholders: %name% in values with the modifier `expand`. */
#ifndef IMPOUND_RULES_SIGMA_PLACEHOLDER_H
#define IMPOUND_RULES_SIGMA_PLACEHOLDER_H

#include "rules/sigma/draft.h"

/* Who knows what names stand for. `find` returns false to leave a placeholder as it is. */
struct placeholder_source {
    bool (*find)(const void *state, struct bytes name, const struct bytes **values,
                 uint32_t *count);
    const void *state;
};

/* Reads `name: value` and `name: [values]` from a YAML file into the table. A name that is given
 * again has the later values. */
enum status placeholder_read(struct arena *arena, const char *path,
                             struct placeholders *placeholders, struct fault *fault) MUST_CHECK;

/* A new table in the arena, with the lists of data/placeholders.yaml. */
enum status placeholder_read_builtin(struct arena *arena, struct placeholders **placeholders,
                                     struct fault *fault) MUST_CHECK;

/* Finds the placeholders of a text or an expression, and replaces those that files define. */
enum status placeholder_expand(const struct draft_context *context,
                               struct draft_value *value) MUST_CHECK;

/* Replaces what `source` knows: every combination of values, any of which may match. */
enum status placeholder_replace(const struct draft_context *context,
                                const struct placeholder_source *source,
                                struct draft_value *value) MUST_CHECK;

#endif

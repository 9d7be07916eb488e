/* pySigma processing pipelines: items with conditions that change rules before they are matched.
 *
 * Semantics are pySigma 1.x's, but for what only queries have (postprocessing, finalizers), which
 * is refused; a value that becomes several stands for any of them, also under `all`. */
#ifndef IMPOUND_RULES_SIGMA_PIPELINE_H
#define IMPOUND_RULES_SIGMA_PIPELINE_H

#include "rules/sigma/collection.h"

/* Reads a pipeline into the collection's. STATUS_IO or STATUS_INVALID with the file, the line and
 * the reason. */
enum status pipeline_read(struct sigma_rules *rules, const char *path,
                          struct fault *fault) MUST_CHECK;

/* To be called behind the last file: orders them by priority. */
void pipeline_order(struct sigma_rules *rules);

/* Applies all items to all rules. What an item refuses becomes a refusal. */
enum status pipeline_apply_all(struct sigma_rules *rules) MUST_CHECK;

void pipeline_free(struct pipelines *pipelines);

#endif

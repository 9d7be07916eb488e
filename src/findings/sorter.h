/* Sorts any number of records in bounded memory: records are opaque bytes, ordered as memcmp does
 * (bytes_compare).
 *
 * What fits in memory is never written. Else sorted runs go to a temporary file without a name,
 * which takes about the size of the records, twice that when the runs are very many. The file is
 * opened at once, so that no rights are needed later; that it could not be opened is told only
 * when it is needed.
 *
 * Not thread-safe. Knows nothing of what is in a record. */
#ifndef IMPOUND_FINDINGS_SORTER_H
#define IMPOUND_FINDINGS_SORTER_H

#include "base/bytes.h"
#include "base/status.h"

#define SORTER_MEMORY_MIN         ((size_t)64 << 10)
#define SORTER_RECORD_MAX(memory) ((memory) / 4 - 64) /* bytes */

struct sorter;

/* `memory` in bytes, SORTER_MEMORY_MIN at least; it is taken from the system as it fills.
 * `directory` is where the file goes. NULL without memory. */
struct sorter *sorter_new(size_t memory, const char *directory);
void sorter_free(struct sorter *sorter);

/* Adds a copy. STATUS_REFUSED when it is longer than SORTER_RECORD_MAX; STATUS_IO with the reason
 * when the file cannot be written: the record was not added, all before it still are there. */
enum status sorter_add(struct sorter *sorter, struct bytes record, struct fault *fault) MUST_CHECK;

/* How many were added. */
uint64_t sorter_count(const struct sorter *sorter);

/* Gets a record, valid during the call. What is not STATUS_OK ends the merge and is passed on. */
typedef enum status sorter_sink(void *context, struct bytes record, struct fault *fault);

/* Gives all records in order. Whatever the outcome, the sorter is empty afterwards and may be used
 * again. */
enum status sorter_merge(struct sorter *sorter, sorter_sink *sink, void *context,
                         struct fault *fault) MUST_CHECK;

#endif

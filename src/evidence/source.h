/* Evidence as a stream of bytes, wherever it is: a file, standard input, a member of an archive.
 * Read once, from front to back, into the caller's memory; never mapped, because a mapped file that
 * is cut short kills the process. */
#ifndef IMPOUND_EVIDENCE_SOURCE_H
#define IMPOUND_EVIDENCE_SOURCE_H

#include "base/bytes.h"
#include "base/status.h"

/* Bytes that formats are told by: an event log whose header is gone is told by the first chunk's
 * header behind it. */
#define EVIDENCE_HEAD    (4096 + 512)
#define SOURCE_SIZE_NONE UINT64_MAX

struct source;

/* The path as given on the command line, of an archive's member as a.zip!/inner.evtx. */
const char *source_path(const struct source *source);

/* Bytes in all, or SOURCE_SIZE_NONE when that is not known before the end. */
uint64_t source_size(const struct source *source);

/* The first bytes (EVIDENCE_HEAD of them, or all when there are fewer), without taking them. */
enum status source_peek(struct source *source, struct bytes *head, struct fault *fault) MUST_CHECK;

/* Reads up to `want` bytes; fewer only at the end. STATUS_END when there was not one. On failure
 * what was read before it is in *got. */
enum status source_read(struct source *source, void *to, size_t want, size_t *got,
                        struct fault *fault) MUST_CHECK;

/* Bytes given out by source_read so far. */
uint64_t source_offset(const struct source *source);

#endif

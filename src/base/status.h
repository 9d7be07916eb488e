/* What a function says about how it went, and why.
 *
 * A function that can fail returns `enum status` and takes a `struct fault *`, which may be NULL.
 * Whoever knows the offset and the reason fills it, once; everybody above only passes it on.
 * Outputs change on success only. */
#ifndef IMPOUND_BASE_STATUS_H
#define IMPOUND_BASE_STATUS_H

#include "base/attributes.h"

#include <stdint.h>

enum status {
    STATUS_OK = 0,
    STATUS_END = 1,      /* nothing left to give; not a failure */
    STATUS_DAMAGED = -1, /* the bytes are not what the format says */
    STATUS_REFUSED = -2, /* a limit of ours was reached, or the input is not for us */
    STATUS_IO = -3,      /* the operating system said no */
    STATUS_MEMORY = -4,  /* no memory, or an arena's maximum */
    STATUS_INVALID = -5, /* a rule, a configuration or an argument is wrong */
    STATUS_STOPPED = -6, /* the user asked to stop */
};

#define FAULT_REASON_MAX 240

struct fault {
    enum status status;
    uint64_t offset; /* in the evidence (bytes) or in a text (line); 0 when it has none */
    char reason[FAULT_REASON_MAX];
};

/* Fills `fault` (may be NULL) and returns `status`, so that a failing branch is one line. */
enum status fault_set(struct fault *fault, enum status status, uint64_t offset, const char *format,
                      ...) PRINTF_LIKE(4, 5);

/* The same, with strerror(error) behind the text. Returns STATUS_IO. */
enum status fault_errno(struct fault *fault, int error, const char *format, ...) PRINTF_LIKE(3, 4);

#endif

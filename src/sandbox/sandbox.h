/* Gives rights away before the first byte of evidence is read: no network, no other program, no
 * file but the evidence and the output, for this process and all its threads, for good.
 *
 * Landlock keeps to the files (and from TCP, and from other processes); seccomp keeps to the system
 * calls that reading, computing and writing need. Both are the kernel's and may be missing: then
 * the rest still holds, and the state says so. To be called before the first thread is started,
 * because Landlock binds the calling thread and those that it starts. What is open stays open:
 * outputs that are opened before need no wish.
 *
 * Knows nothing of evidence: it gets paths. */
#ifndef IMPOUND_SANDBOX_H
#define IMPOUND_SANDBOX_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Files, or directories with all that lies below. A path that is not there is passed over: whoever
 * uses it will say so. A new file needs its directory among the writable ones. */
struct sandbox_wish {
    const char *const *readable;
    size_t readable_count;
    const char *const *writable; /* readable too; files in them may be made, renamed and removed */
    size_t writable_count;
};

#define SANDBOX_LINE_BOUND 256

struct sandbox_state {
    int landlock; /* the kernel's Landlock version (ABI), 0: not held */
    bool has_seccomp;
    char line[SANDBOX_LINE_BOUND]; /* `landlock abi 4 + seccomp`, `seccomp only (kernel without
                                      Landlock)`, `none (...)` */
};

/* Closes as much as the kernel lets us, and fills `state` in any case. STATUS_REFUSED when
 * something did not hold: `fault` says what and why, for a warning; going on is the caller's
 * choice. */
enum status sandbox_close(const struct sandbox_wish *wish, struct sandbox_state *state,
                          struct fault *fault) MUST_CHECK;

#endif

/* Landlock: the files that stay reachable. */
#ifndef IMPOUND_SANDBOX_LANDLOCK_H
#define IMPOUND_SANDBOX_LANDLOCK_H

#include "sandbox/sandbox.h"

/* Sets `*abi` to what holds, 0 on failure. */
enum status landlock_close(const struct sandbox_wish *wish, int *abi,
                           struct fault *fault) MUST_CHECK;

#endif

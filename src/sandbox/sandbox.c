#include "sandbox/sandbox.h"

#include "sandbox/landlock.h"
#include "sandbox/syscalls.h"

#include <stdio.h>
#include <sys/resource.h>

static void describe(struct sandbox_state *state, const char *no_landlock, const char *no_seccomp)
{
    char *line = state->line;
    const size_t room = sizeof(state->line);
    if (state->landlock && state->has_seccomp)
        snprintf(line, room, "landlock abi %d + seccomp", state->landlock);
    else if (state->landlock)
        snprintf(line, room, "landlock abi %d only (%.100s)", state->landlock, no_seccomp);
    else if (state->has_seccomp)
        snprintf(line, room, "seccomp only (%.100s)", no_landlock);
    else
        snprintf(line, room, "none (%.100s; %.100s)", no_landlock, no_seccomp);
}

enum status sandbox_close(const struct sandbox_wish *wish, struct sandbox_state *state,
                          struct fault *fault)
{
    struct fault landlock = {0}, seccomp = {0};
    *state = (struct sandbox_state){0};
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core file would hold evidence */
    enum status status = landlock_close(wish, &state->landlock, &landlock);
    const enum status second = syscalls_close(&seccomp);
    state->has_seccomp = second == STATUS_OK;
    describe(state, landlock.reason, seccomp.reason);
    if (status == STATUS_OK)
        status = second;
    if (status == STATUS_OK)
        return STATUS_OK;
    return fault_set(fault, STATUS_REFUSED, 0, "the sandbox is incomplete: %s", state->line);
}

/* seccomp: the system calls that stay possible. */
#ifndef IMPOUND_SANDBOX_SYSCALLS_H
#define IMPOUND_SANDBOX_SYSCALLS_H

#include "sandbox/sandbox.h"

/* Binds all threads of the process. */
enum status syscalls_close(struct fault *fault) MUST_CHECK;

#endif

/* What the commands say and how they are stopped. Data goes to standard output, talk to standard
 * error. Control characters of names and evidence never reach the terminal raw. */
#ifndef IMPOUND_CLI_CONSOLE_H
#define IMPOUND_CLI_CONSOLE_H

#include "base/attributes.h"
#include "base/status.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Exit statuses of the output contract. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_FOUND = 1,      /* a finding at or above --fail-on */
    EXIT_USAGE = 2,      /* or the system failed us: no memory, no disk */
    EXIT_INVALID = 3,    /* rules, configuration or ledger */
    EXIT_INCOMPLETE = 4, /* evidence, under --strict */
    EXIT_UNVERIFIED = 5, /* a signature or hash */
    EXIT_SIGNAL = 128,   /* and the number of the signal that stopped us: ^C is 130 */
};

/* The one that counts where both hold: 5 before 3 before 4 before 1. */
int exit_worse(int one, int other);

/* At the very start and the very end: a pipe that closes does not end us, and what stdio could not
 * write is told. console_end returns the exit status. */
void console_begin(void);
int console_end(int result);

/* Says what ended a command, and gives its exit status: nothing and EXIT_DONE when whoever read our
 * output has gone. */
int console_failure(enum status status, const struct fault *fault);

/* "impound: …" on standard error, one line. */
void console_error(const char *format, ...) PRINTF_LIKE(1, 2);
void console_warn(const char *format, ...) PRINTF_LIKE(1, 2);

/* Silences warnings and progress (-q). */
void console_quiet(bool is_quiet);

/* Catches SIGINT and SIGTERM; the flag is raised by the first signal, the second one ends the
 * process. */
const volatile sig_atomic_t *console_catch_stop(void);

/* A progress line on standard error while it is a terminal: what, how much of how much, rate, time
 * left. One at a time; a thread of its own asks `done`. */
struct progress;
struct progress *progress_start(const char *what, uint64_t total,
                                uint64_t (*done)(const void *context), const void *context);
void progress_stop(struct progress *progress);

#endif

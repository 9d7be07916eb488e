/* The ledger that the command line names: read, and its trouble told. */
#ifndef IMPOUND_CLI_LEDGER_DESK_H
#define IMPOUND_CLI_LEDGER_DESK_H

#include "cli/options.h"
#include "ledger/ledger.h"

struct ledger_options {
    const char *folder, *signers;
};

extern const struct option ledger_options[];

struct ledger_desk {
    struct ledger *ledger; /* NULL: none, or it cannot be read at all */
    int result;            /* EXIT_DONE, EXIT_INVALID, EXIT_UNVERIFIED */
};

/* Reads it before the sandbox closes. What is broken in it is told and does not stop anything: it
 * is for the exit status. */
enum status ledger_desk_open(const struct ledger_options *options, struct ledger_desk *desk,
                             struct fault *fault) MUST_CHECK;
void ledger_desk_close(struct ledger_desk *desk);

#endif

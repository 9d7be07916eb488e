/* OpenSSH's allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS): whose keys may sign what, when.
 *
 * A line is PRINCIPALS [OPTIONS] KEY. Lines for certificates (cert-authority) and for keys that are
 * not supported are passed over with a note. A time without a Z is taken as UTC, on any machine. */
#ifndef IMPOUND_LEDGER_SIGNERS_H
#define IMPOUND_LEDGER_SIGNERS_H

#include "base/arena.h"
#include "base/instant.h"
#include "ledger/ledger.h"
#include "ledger/ssh_key.h"

#define SIGNERS_MAX 10000U /* lines with a key */

struct signer {
    const char *principals;
    uint32_t line;
    struct ssh_key key;
    struct bytes namespaces;      /* patterns with commas; data NULL: any */
    struct instant after, before; /* both within; unknown: no limit */
};

struct signers {
    struct signer *items; /* from the arena */
    uint32_t count, room;
};

/* Is told what is wrong with a line, or worth a note. */
struct signers_listener {
    void (*tell)(void *context, enum ledger_trouble trouble, uint32_t line, const char *reason);
    void *context;
};

/* Reads all lines that are good. STATUS_MEMORY when the arena is full. */
enum status signers_read(struct bytes text, struct arena *arena,
                         const struct signers_listener *listener, struct signers *signers,
                         struct fault *fault) MUST_CHECK;

/* What is to be allowed: a key, for a namespace, from one moment to another; both may be unknown.
 */
struct signing {
    const struct ssh_key *key;
    struct bytes name_space;
    struct instant first, last;
};

/* The first signer who is allowed it. NULL, and why in `fault`, when nobody is. */
const struct signer *signers_find(const struct signers *signers, const struct signing *signing,
                                  struct fault *fault);

#endif

/* Signatures over files as `ssh-keygen -Y sign` writes them (OpenSSH's PROTOCOL.sshsig). */
#ifndef IMPOUND_LEDGER_SSHSIG_H
#define IMPOUND_LEDGER_SSHSIG_H

#include "base/arena.h"
#include "ledger/ssh_key.h"

struct sshsig {
    struct ssh_key key; /* by which it claims to be; whose that is, the allowed signers say */
    struct bytes name_space;
    enum crypt_hash hash;
    struct bytes signature;
};

/* Decodes base64 (RFC 4648 4) with padding; blanks and line ends are passed over. False when
 * anything else is in it, or without memory. */
bool ssh_base64_read(struct bytes text, struct arena *arena, struct bytes *bytes);

/* Reads the armoured text; what is decoded is kept in the arena. STATUS_INVALID, or STATUS_REFUSED
 * for what OpenSSH knows and we do not. */
enum status sshsig_read(struct bytes text, struct arena *arena, struct sshsig *sshsig,
                        struct fault *fault) MUST_CHECK;

/* Whether it is a signature by its key over the message, in its own namespace. */
bool sshsig_holds(const struct sshsig *sshsig, struct bytes message);

#endif

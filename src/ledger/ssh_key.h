/* Public keys and signatures as SSH writes them (RFC 4253 6.6, RFC 8032, RFC 5656, RFC 8332; those
 * of security keys: OpenSSH's PROTOCOL.u2f). Ed25519, ECDSA and RSA with SHA-2, and the first two
 * also as kept by a security key. DSA, RSA with SHA-1 and certificates are refused. */
#ifndef IMPOUND_LEDGER_SSH_KEY_H
#define IMPOUND_LEDGER_SSH_KEY_H

#include "base/cursor.h"
#include "base/status.h"
#include "crypt/crypt.h"

#define SSH_FINGERPRINT_BOUND 64U /* with its end */

struct ssh_kind;

/* Points into the blob that it was read from. */
struct ssh_key {
    const struct ssh_kind *kind;
    struct bytes blob;
    struct bytes point;       /* of Ed25519 and ECDSA */
    struct crypt_rsa_key rsa; /* of RSA */
    struct bytes application; /* of a security key */
};

/* Takes a string (RFC 4251 5): its length, then its bytes. False when it is not all there. */
bool ssh_string_take(struct cursor *cursor, struct bytes *string);

/* Whether keys of this name exist, and whether they are of use here. */
enum ssh_known { SSH_UNKNOWN, SSH_REFUSED, SSH_USED };
enum ssh_known ssh_kind_known(struct bytes name);

/* Reads the whole blob. STATUS_REFUSED for a kind that is not used, STATUS_INVALID. */
enum status ssh_key_read(struct bytes blob, struct ssh_key *key, struct fault *fault) MUST_CHECK;

/* The name of the key's kind: ssh-ed25519. */
const char *ssh_key_name(const struct ssh_key *key);

/* SHA256:… of a blob, as ssh-keygen -l shows it. False without memory. */
bool ssh_fingerprint_write(char to[SSH_FINGERPRINT_BOUND], struct bytes blob);

/* Whether the signature blob (kind, then what it holds) is the key's over the message. */
bool ssh_key_has_signed(const struct ssh_key *key, struct bytes message, struct bytes signature);

#endif

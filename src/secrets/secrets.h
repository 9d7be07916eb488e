/* What the defender gave to open what is encrypted: passwords and NT hashes, keytabs, TLS key logs.
 *
 * Read before the sandbox closes; immutable and shared by all threads from then on; wiped when it
 * is freed. Nothing in here is ever printed: faults name a file, a line and what is wrong with it,
 * never its text.
 *
 * Knows nothing of captures: who it fits is asked elsewhere. */
#ifndef IMPOUND_SECRETS_H
#define IMPOUND_SECRETS_H

#include "base/bytes.h"
#include "base/status.h"

struct secrets;

/* An account whose password or NT hash is known. Texts are UTF-8. */
struct secret_account {
    struct bytes domain; /* empty: any */
    struct bytes user;
    struct bytes password; /* NULL data: only the hash is known */
    uint8_t nt_hash[16];   /* [MS-NLMP] 3.3.1 NTOWFv1; also Kerberos' key for rc4-hmac */
};

/* A key of a keytab. */
struct secret_key {
    struct bytes realm;
    struct bytes name; /* the principal's first component */
    unsigned components;
    int etype;
    uint32_t kvno;
    struct bytes key;
};

/* Makes an empty one; NULL without memory. */
struct secrets *secrets_new(void);
void secrets_free(struct secrets *secrets);

/* Each adds what a file holds. STATUS_INVALID with `FILE:LINE: reason` when it is broken or cannot
 * be read.
 *
 * A password file has a line for each account, `[DOMAIN\]user:password` or `[DOMAIN\]user:` and 32
 * hex digits of the NT hash; empty lines and those that begin with # say nothing. A keytab is MIT's
 * (version 0x0502); its keys for rc4-hmac are NT hashes, so they become accounts too. */
enum status secrets_add_passwords(struct secrets *secrets, const char *path,
                                  struct fault *fault) MUST_CHECK;
enum status secrets_add_keytab(struct secrets *secrets, const char *path,
                               struct fault *fault) MUST_CHECK;
enum status secrets_add_keylog(struct secrets *secrets, const char *path,
                               struct fault *fault) MUST_CHECK;

size_t secrets_account_count(const struct secrets *secrets);
const struct secret_account *secrets_account(const struct secrets *secrets, size_t index);
size_t secrets_key_count(const struct secrets *secrets);
const struct secret_key *secrets_key(const struct secrets *secrets, size_t index);

/* --- TLS --- */

enum tls_label {
    TLS_MASTER, /* CLIENT_RANDOM: the master secret of TLS 1.2 */
    TLS_CLIENT_HANDSHAKE,
    TLS_SERVER_HANDSHAKE,
    TLS_CLIENT_TRAFFIC,
    TLS_SERVER_TRAFFIC,
    TLS_LABEL_COUNT
};

/* A key log in NSS' format (draft-ietf-tls-keylogfile). */
struct tls_keylog;

/* Takes `text` over, whatever comes of it: memory of malloc, which is wiped. NULL with the line in
 * `fault->offset` when it is broken. */
struct tls_keylog *tls_keylog_parse(uint8_t *text, size_t length, struct fault *fault);
void tls_keylog_free(struct tls_keylog *log);

/* NULL data: not there. */
struct bytes tls_keylog_find(const struct tls_keylog *log, enum tls_label label,
                             const uint8_t random[32]);
/* In all logs that were added. */
struct bytes secrets_tls(const struct secrets *secrets, enum tls_label label,
                         const uint8_t random[32]);

#endif

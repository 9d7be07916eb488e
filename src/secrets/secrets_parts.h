/* What the files of secrets/ share. */
#ifndef IMPOUND_SECRETS_PARTS_H
#define IMPOUND_SECRETS_PARTS_H

#include "secrets/secrets.h"

#define SECRETS_FILE_MAX (64U << 20)

/* A file's bytes, which the views of accounts and keys point into. */
struct secret_file {
    struct secret_file *next;
    struct tls_keylog *keylog; /* of a key log, which has the bytes then */
    uint8_t *data;
    size_t length;
};

struct secrets {
    struct secret_file *files;
    struct secret_account *accounts;
    struct secret_key *keys;
    size_t account_count, account_room;
    size_t key_count, key_room;
};

/* Room for one more; NULL without memory. The old place is wiped when it moves. */
struct secret_account *secrets_account_add(struct secrets *secrets);
struct secret_key *secrets_key_add(struct secrets *secrets);

/* Each reads a file's bytes, which stay; `fault->offset` is the line, or a keytab's entry. */
enum status passwords_parse(struct secrets *secrets, uint8_t *data, size_t length,
                            struct fault *fault) MUST_CHECK;
enum status keytab_parse(struct secrets *secrets, const uint8_t *data, size_t length,
                         struct fault *fault) MUST_CHECK;

/* Two hex digits a byte, of which there are `length`, in place. False when one is none. */
bool secrets_unhex(uint8_t *to, const uint8_t *digits, size_t length);

#endif

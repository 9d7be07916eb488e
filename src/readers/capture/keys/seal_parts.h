/* What the files of seals share. */
#ifndef IMPOUND_READERS_CAPTURE_SEAL_PARTS_H
#define IMPOUND_READERS_CAPTURE_SEAL_PARTS_H

#include "crypt/crypt.h"
#include "readers/capture/keys/seal.h"

/* One direction of NTLM's. */
struct seal_half {
    uint8_t sign_key[16];
    struct crypt_rc4 rc4;
    bool is_used;
};

struct wire_seal {
    struct wire_keys *keys;
    const struct wire_secret *secret;
    struct seal_half halves[2]; /* NTLM: by side */
    unsigned key;               /* Kerberos: which of the secret's keys it is */
    bool is_key_known;
};

bool seal_ntlm_begin(struct wire_seal *seal);
bool seal_ntlm_open(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed);

bool seal_krb5_open(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed);
bool seal_krb5_unwrap(struct wire_seal *seal, enum wire_side side, uint8_t *wrapped, size_t length,
                      struct bytes *plain);

#endif

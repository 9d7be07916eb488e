/* What the defender's secrets lead to on the wire: from a password to a session key, from a session
 * key to what was sent under it. One file an authentication or a seal.
 *
 * One for each lane: nothing is shared but the secrets themselves. Session keys are held by their
 * connection (wire_hold), what is remembered of tickets by the lane; both are wiped. Plain text
 * stands in a room that is given back at once. */
#ifndef IMPOUND_READERS_CAPTURE_KEYS_H
#define IMPOUND_READERS_CAPTURE_KEYS_H

#include "readers/capture/wire.h"
#include "secrets/secrets.h"

/* Whether a key fits what was seen. */
enum wire_verdict {
    WIRE_KEY_NONE, /* none for this account or service */
    WIRE_KEY_WRONG,
    WIRE_KEY_RIGHT,
};

#define WIRE_KEY_MAX     32U
#define WIRE_SECRET_KEYS 3U

struct wire_key {
    uint8_t data[WIRE_KEY_MAX];
    uint8_t length;
    int etype; /* Kerberos' encryption type; 0: NTLM's */
};

/* What an authentication has agreed upon. */
struct wire_secret {
    struct wire_key keys[WIRE_SECRET_KEYS]; /* likeliest first; which one counts, a message tells */
    unsigned count;
    uint32_t flags; /* NTLM's */
};

/* Whether two names are the same, without regard to case. */
bool wire_is_same_name(struct bytes one, struct bytes other);

static inline struct bytes wire_key_view(const struct wire_key *key)
{
    return bytes_of(key->data, key->length);
}

struct wire_keys *wire_keys_new(const struct secrets *secrets); /* NULL without memory */
void wire_keys_free(struct wire_keys *keys);
const struct secrets *wire_keys_secrets(const struct wire_keys *keys);

/* Key logs that the capture itself has, as far as it was read; they stay the caller's. */
void wire_keys_logs(struct wire_keys *keys, struct tls_keylog *const *logs, size_t count);

/* A secret of the key logs that were given, then of the capture's. NULL data: none has it. */
struct bytes wire_keys_tls(const struct wire_keys *keys, enum tls_label label,
                           const uint8_t random[32]);

/* Room for plain text; the one that was taken last is given back first. NULL past WIRE_ROOM_MAX. */
#define WIRE_ROOM_MAX (4U << 20)
uint8_t *wire_room_take(struct wire_keys *keys, size_t length);
void wire_room_back(struct wire_keys *keys, size_t length);

#endif

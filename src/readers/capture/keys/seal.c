#include "readers/capture/keys/seal_parts.h"

#define NTLM_TOKEN 16U

static bool is_kerberos(const struct wire_secret *secret)
{
    return secret->count && secret->keys[0].etype != 0;
}

struct wire_seal *wire_seal_new(struct wire_connection *connection,
                                const struct wire_secret *secret)
{
    struct wire_seal *seal = wire_hold(connection, sizeof(*seal));
    if (!seal)
        return NULL;
    seal->keys = wire_keys_of(connection);
    seal->secret = secret;
    return is_kerberos(secret) || seal_ntlm_begin(seal) ? seal : NULL;
}

bool wire_seal_open(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed)
{
    return is_kerberos(seal->secret) ? seal_krb5_open(seal, side, sealed)
                                     : seal_ntlm_open(seal, side, sealed);
}

bool wire_seal_unwrap(struct wire_seal *seal, enum wire_side side, uint8_t *wrapped, size_t length,
                      struct bytes *plain)
{
    if (is_kerberos(seal->secret))
        return seal_krb5_unwrap(seal, side, wrapped, length, plain);
    if (length < NTLM_TOKEN)
        return false;
    const struct wire_sealed sealed = {
        .message = wrapped + NTLM_TOKEN,
        .whole = length - NTLM_TOKEN,
        .length = length - NTLM_TOKEN,
        .token = bytes_of(wrapped, NTLM_TOKEN),
    };
    *plain = bytes_of(sealed.message, sealed.whole);
    return seal_ntlm_open(seal, side, &sealed);
}

/* [MS-NLMP] 3.4.3 and 3.4.4, with extended session security: each direction has a key to sign and
 * one for a stream of RC4, which goes on from message to message.
 *
 *   token:  0 4 version 1   4 8 checksum   12 4 sequence number
 *
 * The checksum is HMAC_MD5 over number and message; when keys are exchanged it is encrypted too,
 * behind the message. */
#include "readers/capture/keys/ntlm_key.h"
#include "readers/capture/keys/seal_parts.h"

#define NTLM_SEAL     0x00000020U
#define CHECKSUM      8U
#define TOKEN_LENGTH  16U
#define MECHANISM_MIC CHECKSUM /* what a signature over SPNEGO's list has taken of the stream */

static bool constant_key(const struct wire_key *key, size_t length, const char *constant,
                         uint8_t to[16])
{
    const struct bytes parts[] = {bytes_of(key->data, length),
                                  bytes_of(constant, strlen(constant) + 1)};
    uint8_t made[CRYPT_HASH_MAX];
    if (!crypt_digest(CRYPT_MD5, parts, 2, made))
        return false;
    memcpy(to, made, 16);
    crypt_wipe(made, sizeof(made));
    return true;
}

/* [MS-NLMP] 3.4.5.2, 3.4.5.3 */
bool seal_ntlm_begin(struct wire_seal *seal)
{
    static const char *const names[2][2] = {
        {"session key to client-to-server signing key magic constant",
         "session key to client-to-server sealing key magic constant"},
        {"session key to server-to-client signing key magic constant",
         "session key to server-to-client sealing key magic constant"},
    };
    const uint32_t flags = seal->secret->flags;
    const size_t length = flags & NTLM_128 ? 16 : flags & NTLM_56 ? 7 : 5;
    if (!(flags & NTLM_SEALS_EXTENDED) || !seal->secret->count)
        return false;
    bool is_good = true;
    for (unsigned side = 0; side < 2 && is_good; side++) {
        struct seal_half *half = &seal->halves[side];
        uint8_t key[16];
        is_good = constant_key(&seal->secret->keys[0], 16, names[side][0], half->sign_key) &&
                  constant_key(&seal->secret->keys[0], length, names[side][1], key);
        crypt_rc4_init(&half->rc4, bytes_of(key, 16));
        crypt_wipe(key, sizeof(key));
    }
    return is_good;
}

/* Decrypts in place and checks; the stream goes on only when it fits. */
static bool try_at(struct seal_half *half, const struct wire_sealed *sealed, uint32_t flags,
                   size_t skip)
{
    struct crypt_rc4 rc4 = half->rc4;
    uint8_t checksum[CHECKSUM], made[CRYPT_HASH_MAX], skipped[MECHANISM_MIC] = {0};
    uint8_t *at = sealed->message + sealed->from;
    const struct bytes parts[] = {bytes_of(sealed->token.data + 12, 4),
                                  bytes_of(sealed->message, sealed->whole)};
    crypt_rc4(&rc4, skipped, skipped, skip);
    if (flags & NTLM_SEAL)
        crypt_rc4(&rc4, at, at, sealed->length);
    memcpy(checksum, sealed->token.data + 4, CHECKSUM);
    if (flags & NTLM_KEY_EXCHANGE)
        crypt_rc4(&rc4, checksum, checksum, CHECKSUM);
    const bool is_right = crypt_hmac(CRYPT_MD5, bytes_of(half->sign_key, 16), parts, 2, made) &&
                          crypt_equal(made, checksum, CHECKSUM);
    if (is_right) {
        half->rc4 = rc4;
        half->is_used = true;
    } else if (flags & NTLM_SEAL) {
        /* Back, by encrypting it again. */
        rc4 = half->rc4;
        crypt_rc4(&rc4, skipped, skipped, skip);
        crypt_rc4(&rc4, at, at, sealed->length);
    }
    crypt_wipe(&rc4, sizeof(rc4));
    return is_right;
}

bool seal_ntlm_open(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed)
{
    struct seal_half *half = &seal->halves[side];
    const uint32_t flags = seal->secret->flags;
    if (sealed->token.length != TOKEN_LENGTH || load_le32(sealed->token.data) != 1)
        return false;
    /* Whether the stream begins anew behind SPNEGO's signature depends on who speaks. */
    return try_at(half, sealed, flags, 0) ||
           (!half->is_used && try_at(half, sealed, flags, MECHANISM_MIC));
}

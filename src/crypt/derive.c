#include "crypt/crypt.h"

#include "base/attributes.h"

#include <assert.h>

/* HMAC over the parts, its first `length` bytes. */
static bool hmac_cut(enum crypt_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, uint8_t *to, size_t length)
{
    uint8_t made[CRYPT_HASH_MAX];
    assert(length <= crypt_hash_length(hash));
    const bool is_good = crypt_hmac(hash, key, parts, count, made);
    if (is_good)
        memcpy(to, made, length);
    crypt_wipe(made, sizeof(made));
    return is_good;
}

bool crypt_derive_counter(enum crypt_hash hash, struct bytes key,
                          const struct crypt_purpose *purpose, uint8_t *to, size_t length)
{
    static const uint8_t one[] = {0, 0, 0, 1}, between[1];
    uint8_t bits[4];
    store_be32(bits, (uint32_t)length * 8);
    const struct bytes parts[] = {bytes_of(one, 4), purpose->label, bytes_of(between, 1),
                                  purpose->context, bytes_of(bits, 4)};
    return hmac_cut(hash, key, parts, COUNT_OF(parts), to, length);
}

bool crypt_derive_chain(enum crypt_hash hash, struct bytes secret, struct bytes seed, uint8_t *to,
                        size_t length)
{
    uint8_t link[CRYPT_HASH_MAX];
    const size_t step = crypt_hash_length(hash);
    const struct bytes view = bytes_of(link, step), both[] = {view, seed};
    bool is_good = crypt_hmac(hash, secret, &seed, 1, link);
    for (size_t at = 0; is_good && at < length; at += step) {
        const size_t left = length - at;
        is_good = hmac_cut(hash, secret, both, 2, to + at, left < step ? left : step) &&
                  hmac_cut(hash, secret, &view, 1, link, step);
    }
    crypt_wipe(link, sizeof(link));
    return is_good;
}

bool crypt_derive_label(enum crypt_hash hash, struct bytes secret, const char *label, uint8_t *to,
                        uint8_t length)
{
    const uint8_t head[] = {0, length, (uint8_t)(6 + strlen(label))}, tail[] = {0, 1};
    const struct bytes parts[] = {bytes_of(head, 3), bytes_of_text("tls13 "), bytes_of_text(label),
                                  bytes_of(tail, 2)};
    return hmac_cut(hash, secret, parts, COUNT_OF(parts), to, length);
}

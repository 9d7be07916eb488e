#include "readers/capture/keys/krb5_crypt.h"

#include "crypt/crypt.h"

#define AES_BLOCK    16U
#define AES_TAG      12U
#define RC4_TAG      16U
#define RC4_CONFUSER 8U
#define ROUNDS       4096U

bool krb5_key_is_known(int etype, size_t length)
{
    return etype == KRB5_AES256 ? length == 32
                                : (etype == KRB5_AES128 || etype == KRB5_RC4) && length == 16;
}

/* Copies of `from`, each turned right by 13 bits more, are added up in ones' complement. */
void krb5_nfold(struct bytes from, uint8_t *to, size_t length)
{
    size_t one = length, other = from.length;
    while (other) {
        const size_t rest = one % other;
        one = other;
        other = rest;
    }
    const size_t whole = length / one * from.length; /* the least common multiple */
    unsigned carry = 0;
    memset(to, 0, length);
    for (size_t at = whole; at-- > 0;) {
        /* The byte at `at`: of copy at / n, which is turned by 13 bits for each copy before. */
        const size_t bits = from.length * 8;
        const size_t turned = 13 * (at / from.length) % bits;
        const size_t bit = (at % from.length * 8 + bits - turned) % bits;
        const uint8_t high = from.data[bit / 8], low = from.data[(bit / 8 + 1) % from.length];
        const uint8_t byte = (uint8_t)((high << 8 | low) >> (8 - bit % 8));
        carry += to[at % length] + (unsigned)byte;
        to[at % length] = (uint8_t)carry;
        carry >>= 8;
    }
    for (size_t at = length; carry && at-- > 0;) {
        carry += to[at];
        to[at] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* RFC 3961 5.1, DK: blocks of the folded constant, each encrypted from the one before. */
static bool derive(struct bytes key, struct bytes constant, uint8_t *to)
{
    static const uint8_t zero[AES_BLOCK];
    uint8_t block[AES_BLOCK];
    bool is_good = true;
    if (constant.length == AES_BLOCK)
        memcpy(block, constant.data, AES_BLOCK);
    else
        krb5_nfold(constant, block, AES_BLOCK);
    for (size_t made = 0; is_good && made < key.length; made += AES_BLOCK) {
        is_good = crypt_aes_cbc(key, zero, true, bytes_of(block, AES_BLOCK), to + made);
        memcpy(block, to + made, AES_BLOCK);
    }
    crypt_wipe(block, sizeof(block));
    return is_good;
}

static bool derive_usage(struct bytes key, unsigned usage, uint8_t kind, uint8_t *to)
{
    const uint8_t constant[] = {0, 0, (uint8_t)(usage >> 8), (uint8_t)usage, kind};
    return derive(key, bytes_of(constant, sizeof(constant)), to);
}

bool krb5_decrypt_around(const struct wire_key *key, unsigned usage, struct bytes cipher,
                         const struct krb5_around *around, uint8_t *room, struct bytes *plain)
{
    uint8_t to_encrypt[WIRE_KEY_MAX], to_sign[WIRE_KEY_MAX], made[CRYPT_HASH_MAX];
    const struct bytes view = wire_key_view(key);
    if (cipher.length < AES_BLOCK + AES_TAG + around->middle)
        return false;
    const size_t length = cipher.length - AES_TAG;
    const struct bytes parts[] = {
        bytes_of(room, AES_BLOCK),
        around->before,
        bytes_of(room + AES_BLOCK, around->middle),
        around->behind,
        bytes_of(room + AES_BLOCK + around->middle, length - AES_BLOCK - around->middle),
    };
    const bool is_right =
        derive_usage(view, usage, 0xAA, to_encrypt) && derive_usage(view, usage, 0x55, to_sign) &&
        crypt_aes_cts_decrypt(bytes_of(to_encrypt, key->length), bytes_of(cipher.data, length),
                              room) &&
        crypt_hmac(CRYPT_SHA1, bytes_of(to_sign, key->length), parts, COUNT_OF(parts), made) &&
        crypt_equal(made, cipher.data + length, AES_TAG);
    *plain = bytes_of(room + AES_BLOCK, length - AES_BLOCK);
    crypt_wipe(to_encrypt, sizeof(to_encrypt));
    crypt_wipe(to_sign, sizeof(to_sign));
    return is_right;
}

/* RFC 4757 3 and 4: some usages have other numbers there. */
static unsigned rc4_usage(unsigned usage)
{
    return usage == KRB5_USAGE_AS_REP || usage == KRB5_USAGE_TGS_REP_SUBKEY
               ? KRB5_USAGE_TGS_REP_SESSION
               : usage;
}

static bool rc4_decrypt(const struct wire_key *key, unsigned usage, struct bytes cipher,
                        uint8_t *room, struct bytes *plain)
{
    const uint8_t number[] = {(uint8_t)rc4_usage(usage), 0, 0, 0};
    const struct bytes salt = bytes_of(number, sizeof(number));
    uint8_t usage_key[CRYPT_HASH_MAX], message_key[CRYPT_HASH_MAX], made[CRYPT_HASH_MAX];
    struct crypt_rc4 rc4;
    if (cipher.length < RC4_TAG + RC4_CONFUSER)
        return false;
    const struct bytes tag = bytes_of(cipher.data, RC4_TAG);
    const struct bytes text = bytes_of(room, cipher.length - RC4_TAG);
    bool is_right = crypt_hmac(CRYPT_MD5, wire_key_view(key), &salt, 1, usage_key) &&
                    crypt_hmac(CRYPT_MD5, bytes_of(usage_key, 16), &tag, 1, message_key);
    crypt_rc4_init(&rc4, bytes_of(message_key, 16));
    crypt_rc4(&rc4, cipher.data + RC4_TAG, room, text.length);
    is_right = is_right && crypt_hmac(CRYPT_MD5, bytes_of(usage_key, 16), &text, 1, made) &&
               crypt_equal(made, tag.data, RC4_TAG);
    *plain = bytes_of(room + RC4_CONFUSER, text.length - RC4_CONFUSER);
    crypt_wipe(&rc4, sizeof(rc4));
    crypt_wipe(usage_key, sizeof(usage_key));
    crypt_wipe(message_key, sizeof(message_key));
    return is_right;
}

bool krb5_decrypt(const struct wire_key *key, unsigned usage, struct bytes cipher, uint8_t *room,
                  struct bytes *plain)
{
    static const struct krb5_around nothing;
    if (!krb5_key_is_known(key->etype, key->length))
        return false;
    return key->etype == KRB5_RC4 ? rc4_decrypt(key, usage, cipher, room, plain)
                                  : krb5_decrypt_around(key, usage, cipher, &nothing, room, plain);
}

bool krb5_string_to_key(int etype, struct bytes password, struct bytes salt, struct wire_key *key)
{
    uint8_t raw[WIRE_KEY_MAX];
    const uint8_t length = etype == KRB5_AES256 ? 32 : 16;
    if (etype != KRB5_AES128 && etype != KRB5_AES256)
        return false;
    *key = (struct wire_key){.length = length, .etype = etype};
    const bool is_good = crypt_pbkdf2(password, salt, ROUNDS, raw, length) &&
                         derive(bytes_of(raw, length), bytes_of_text("kerberos"), key->data);
    crypt_wipe(raw, sizeof(raw));
    return is_good;
}

/* PRF+ (RFC 6113 5.1) over the PRF of RFC 3962: a block of the text's hash, encrypted under a key
 * that is derived for it. */
static bool prf_plus(const struct wire_key *key, const char *pepper, uint8_t to[WIRE_KEY_MAX])
{
    static const uint8_t zero[AES_BLOCK];
    uint8_t under[WIRE_KEY_MAX], made[CRYPT_HASH_MAX];
    bool is_good = derive(wire_key_view(key), bytes_of_text("prf"), under);
    for (uint8_t count = 1; is_good && count <= WIRE_KEY_MAX / AES_BLOCK; count++) {
        const struct bytes parts[] = {bytes_of(&count, 1), bytes_of_text(pepper)};
        is_good = crypt_digest(CRYPT_SHA1, parts, 2, made) &&
                  crypt_aes_cbc(bytes_of(under, key->length), zero, true, bytes_of(made, AES_BLOCK),
                                to + (size_t)AES_BLOCK * (count - 1U));
    }
    crypt_wipe(under, sizeof(under));
    return is_good;
}

bool krb5_cf2(const struct wire_key *one, const char *one_pepper, const struct wire_key *other,
              const char *other_pepper, struct wire_key *key)
{
    uint8_t sides[2][WIRE_KEY_MAX];
    if ((one->etype != KRB5_AES128 && one->etype != KRB5_AES256) ||
        (other->etype != KRB5_AES128 && other->etype != KRB5_AES256) ||
        !prf_plus(one, one_pepper, sides[0]) || !prf_plus(other, other_pepper, sides[1]))
        return false;
    *key = (struct wire_key){.length = one->length, .etype = one->etype};
    for (unsigned i = 0; i < key->length; i++)
        key->data[i] = sides[0][i] ^ sides[1][i];
    crypt_wipe(sides, sizeof(sides));
    return true;
}

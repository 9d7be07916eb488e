#include "readers/capture/keys/krb5_crypt.h"

#include "crypt/crypt.h"

#include <assert.h>

#define AES_BLOCK    16U
#define RC4_TAG      16U
#define RC4_CONFUSER 8U
#define SALT_MAX     1024U
#define PEPPER_MAX   32U
#define KIND_ENCRYPT 0xAAU /* RFC 3961 5.3 */
#define KIND_SIGN    0x55U

/* RFC 3962 (name is NULL) and RFC 8009: that one signs what is encrypted, not what it hides. */
struct profile {
    int etype;
    enum crypt_hash hash;
    uint8_t key, tag;
    unsigned rounds; /* of PBKDF2 */
    const char *name;
};

static const struct profile *profile_of(int etype)
{
    static const struct profile profiles[] = {
        {KRB5_AES128, CRYPT_SHA1, 16, 12, 4096, NULL},
        {KRB5_AES256, CRYPT_SHA1, 32, 12, 4096, NULL},
        {KRB5_AES128_SHA2, CRYPT_SHA256, 16, 16, 32768, "aes128-cts-hmac-sha256-128"},
        {KRB5_AES256_SHA2, CRYPT_SHA384, 32, 24, 32768, "aes256-cts-hmac-sha384-192"},
    };
    for (size_t i = 0; i < COUNT_OF(profiles); i++)
        if (profiles[i].etype == etype)
            return &profiles[i];
    return NULL;
}

bool krb5_key_is_known(int etype, size_t length)
{
    const struct profile *profile = profile_of(etype);
    return profile ? length == profile->key : etype == KRB5_RC4 && length == 16;
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

/* A key for a purpose: DK, or KDF-HMAC-SHA2 (RFC 8009 3), which makes any length. */
static bool derive_for(const struct profile *profile, struct bytes key, struct bytes constant,
                       uint8_t *to, size_t length)
{
    const struct crypt_purpose purpose = {.label = constant};
    return profile->name ? crypt_derive_counter(profile->hash, key, &purpose, to, length)
                         : derive(key, constant, to);
}

static bool derive_usage(const struct profile *profile, struct bytes key, unsigned usage,
                         uint8_t kind, uint8_t *to)
{
    const uint8_t constant[] = {0, 0, (uint8_t)(usage >> 8), (uint8_t)usage, kind};
    const bool signs = kind == KIND_SIGN;
    return derive_for(profile, key, bytes_of(constant, sizeof(constant)), to,
                      signs && profile->name ? profile->tag : profile->key);
}

/* The initial state of the cipher is signed with what is encrypted (RFC 8009 5). */
static bool tag_fits(const struct profile *profile, const uint8_t *key, const uint8_t *text,
                     size_t length, const struct krb5_around *around, const uint8_t *tag)
{
    static const uint8_t state[AES_BLOCK];
    uint8_t made[CRYPT_HASH_MAX];
    const struct bytes parts[] = {
        bytes_of(state, profile->name ? AES_BLOCK : 0),
        bytes_of(text, AES_BLOCK),
        around->before,
        bytes_of(text + AES_BLOCK, around->middle),
        around->behind,
        bytes_of(text + AES_BLOCK + around->middle, length - AES_BLOCK - around->middle),
    };
    const struct bytes view = bytes_of(key, profile->name ? profile->tag : profile->key);
    return crypt_hmac(profile->hash, view, parts, COUNT_OF(parts), made) &&
           crypt_equal(made, tag, profile->tag);
}

bool krb5_decrypt_around(const struct wire_key *key, unsigned usage, struct bytes cipher,
                         const struct krb5_around *around, uint8_t *room, struct bytes *plain)
{
    const struct profile *profile = profile_of(key->etype);
    uint8_t to_encrypt[WIRE_KEY_MAX], to_sign[WIRE_KEY_MAX];
    const struct bytes view = wire_key_view(key);
    if (!profile || cipher.length < (size_t)AES_BLOCK + profile->tag + around->middle)
        return false;
    const size_t length = cipher.length - profile->tag;
    const bool is_right = derive_usage(profile, view, usage, KIND_ENCRYPT, to_encrypt) &&
                          derive_usage(profile, view, usage, KIND_SIGN, to_sign) &&
                          crypt_aes_cts_decrypt(bytes_of(to_encrypt, key->length),
                                                bytes_of(cipher.data, length), room) &&
                          tag_fits(profile, to_sign, profile->name ? cipher.data : room, length,
                                   around, cipher.data + length);
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

/* RFC 3962 4, RFC 8009 4: there the salt begins with the name of the type. */
bool krb5_string_to_key(int etype, struct bytes password, struct bytes salt, struct wire_key *key)
{
    const struct profile *profile = profile_of(etype);
    uint8_t raw[WIRE_KEY_MAX], whole[SALT_MAX];
    const size_t name = profile && profile->name ? strlen(profile->name) + 1 : 0;
    if (!profile || salt.length > SALT_MAX - name)
        return false;
    if (name)
        memcpy(whole, profile->name, name);
    if (salt.length)
        memcpy(whole + name, salt.data, salt.length);
    *key = (struct wire_key){.length = profile->key, .etype = etype};
    const bool is_good = crypt_pbkdf2(profile->hash, password, bytes_of(whole, name + salt.length),
                                      profile->rounds, raw, profile->key) &&
                         derive_for(profile, bytes_of(raw, profile->key), bytes_of_text("kerberos"),
                                    key->data, profile->key);
    crypt_wipe(raw, sizeof(raw));
    return is_good;
}

/* RFC 3962 6: a block of the text's hash, encrypted under a key that is derived for it. RFC 8009 5:
 * a hash of its own kind. Returns its length; 0 without memory. */
static size_t random_make(const struct profile *profile, struct bytes key, struct bytes text,
                          uint8_t to[CRYPT_HASH_MAX])
{
    static const uint8_t zero[AES_BLOCK];
    const struct crypt_purpose purpose = {.label = bytes_of_text("prf"), .context = text};
    uint8_t under[WIRE_KEY_MAX], made[CRYPT_HASH_MAX];
    const size_t hash = crypt_hash_length(profile->hash);
    if (profile->name)
        return crypt_derive_counter(profile->hash, key, &purpose, to, hash) ? hash : 0;
    const bool is_good =
        derive(key, purpose.label, under) && crypt_digest(CRYPT_SHA1, &text, 1, made) &&
        crypt_aes_cbc(bytes_of(under, key.length), zero, true, bytes_of(made, AES_BLOCK), to);
    crypt_wipe(under, sizeof(under));
    return is_good ? AES_BLOCK : 0;
}

/* PRF+ (RFC 6113 5.1) */
static bool prf_plus(const struct wire_key *key, const char *pepper, uint8_t to[WIRE_KEY_MAX])
{
    const struct profile *profile = profile_of(key->etype);
    uint8_t text[PEPPER_MAX], made[CRYPT_HASH_MAX];
    const size_t length = strlen(pepper);
    assert(length < PEPPER_MAX);
    memcpy(text + 1, pepper, length);
    size_t have = 0;
    for (uint8_t count = 1; profile && have < WIRE_KEY_MAX; count++) {
        text[0] = count;
        const size_t more =
            random_make(profile, wire_key_view(key), bytes_of(text, 1 + length), made);
        const size_t want = WIRE_KEY_MAX - have;
        if (!more)
            return false;
        memcpy(to + have, made, more < want ? more : want);
        have += more;
    }
    crypt_wipe(made, sizeof(made));
    return profile != NULL;
}

bool krb5_cf2(const struct wire_key *one, const char *one_pepper, const struct wire_key *other,
              const char *other_pepper, struct wire_key *key)
{
    uint8_t sides[2][WIRE_KEY_MAX] = {{0}};
    if (!prf_plus(one, one_pepper, sides[0]) || !prf_plus(other, other_pepper, sides[1]))
        return false;
    *key = (struct wire_key){.length = one->length, .etype = one->etype};
    for (unsigned i = 0; i < key->length; i++)
        key->data[i] = sides[0][i] ^ sides[1][i];
    crypt_wipe(sides, sizeof(sides));
    return true;
}

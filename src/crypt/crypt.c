#include "crypt/crypt.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

void crypt_wipe(void *data, size_t length)
{
    if (data)
        OPENSSL_cleanse(data, length);
}

bool crypt_equal(const void *one, const void *other, size_t length)
{
    return CRYPTO_memcmp(one, other, length) == 0;
}

/* --- Hashes --- */

static const EVP_MD *digest_of(enum crypt_hash hash)
{
    switch (hash) {
    case CRYPT_MD5:
        return EVP_md5();
    case CRYPT_SHA1:
        return EVP_sha1();
    case CRYPT_SHA256:
        return EVP_sha256();
    case CRYPT_SHA384:
        return EVP_sha384();
    case CRYPT_SHA512:
        break;
    }
    return EVP_sha512();
}

size_t crypt_hash_length(enum crypt_hash hash)
{
    return (size_t)EVP_MD_get_size(digest_of(hash));
}

bool crypt_digest(enum crypt_hash hash, const struct bytes *parts, size_t count, uint8_t *to)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context && EVP_DigestInit_ex(context, digest_of(hash), NULL) == 1;
    for (size_t i = 0; is_good && i < count; i++)
        is_good = EVP_DigestUpdate(context, parts[i].data, parts[i].length) == 1;
    is_good = is_good && EVP_DigestFinal_ex(context, to, NULL) == 1;
    EVP_MD_CTX_free(context);
    return is_good;
}

bool crypt_hmac(enum crypt_hash hash, struct bytes key, const struct bytes *parts, size_t count,
                uint8_t *to)
{
    uint8_t block[128], inner[CRYPT_HASH_MAX], short_key[CRYPT_HASH_MAX] = {0};
    const size_t block_length = hash >= CRYPT_SHA384 ? 128 : 64;
    const size_t length = crypt_hash_length(hash);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context != NULL;
    if (is_good && key.length > block_length) {
        is_good = crypt_digest(hash, &key, 1, short_key);
        key = bytes_of(short_key, length);
    }
    memset(block, 0x36, sizeof(block));
    for (size_t i = 0; i < key.length; i++)
        block[i] ^= key.data[i];
    is_good = is_good && EVP_DigestInit_ex(context, digest_of(hash), NULL) == 1 &&
              EVP_DigestUpdate(context, block, block_length) == 1;
    for (size_t i = 0; is_good && i < count; i++)
        is_good = EVP_DigestUpdate(context, parts[i].data, parts[i].length) == 1;
    is_good = is_good && EVP_DigestFinal_ex(context, inner, NULL) == 1;
    for (size_t i = 0; i < block_length; i++)
        block[i] ^= 0x36 ^ 0x5C;
    is_good = is_good && EVP_DigestInit_ex(context, digest_of(hash), NULL) == 1 &&
              EVP_DigestUpdate(context, block, block_length) == 1 &&
              EVP_DigestUpdate(context, inner, length) == 1 &&
              EVP_DigestFinal_ex(context, to, NULL) == 1;
    EVP_MD_CTX_free(context);
    crypt_wipe(block, sizeof(block));
    crypt_wipe(short_key, sizeof(short_key));
    return is_good;
}

bool crypt_pbkdf2(enum crypt_hash hash, struct bytes password, struct bytes salt, unsigned rounds,
                  uint8_t *to, size_t length)
{
    static const uint8_t none[1];
    return password.length <= INT_MAX && salt.length <= INT_MAX && rounds <= INT_MAX &&
           PKCS5_PBKDF2_HMAC(password.length ? (const char *)password.data : "",
                             (int)password.length, salt.length ? salt.data : none, (int)salt.length,
                             (int)rounds, digest_of(hash), (int)length, to) == 1;
}

/* --- Ciphers --- */

static bool cipher_run(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
                       bool encrypts, struct bytes from, uint8_t *to)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int length = 0;
    const bool is_good = context && from.length <= INT_MAX &&
                         EVP_CipherInit_ex(context, cipher, NULL, key, iv, encrypts) == 1 &&
                         EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                         EVP_CipherUpdate(context, to, &length, from.data, (int)from.length) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_good && (size_t)length == from.length;
}

bool crypt_des(const uint8_t key[7], const uint8_t from[8], uint8_t to[8])
{
    uint8_t wide[24];
    uint64_t bits = 0;
    for (unsigned i = 0; i < 7; i++)
        bits = bits << 8 | key[i];
    for (unsigned i = 0; i < 24; i++)
        wide[i] = (uint8_t)(bits >> (49 - 7 * (i % 8)) << 1);
    /* Three times the same key is once. */
    const bool is_good = cipher_run(EVP_des_ede3_ecb(), wide, NULL, true, bytes_of(from, 8), to);
    crypt_wipe(wide, sizeof(wide));
    return is_good;
}

static const EVP_CIPHER *aead_of(enum crypt_aead aead, size_t key)
{
    if (aead == CRYPT_CHACHA20)
        return key == 32 ? EVP_chacha20_poly1305() : NULL;
    if (aead == CRYPT_CCM)
        return key == 16 ? EVP_aes_128_ccm() : key == 32 ? EVP_aes_256_ccm() : NULL;
    return key == 16 ? EVP_aes_128_gcm() : key == 32 ? EVP_aes_256_gcm() : NULL;
}

static bool aead_run(EVP_CIPHER_CTX *context, bool is_ccm, const struct crypt_sealed *sealed,
                     uint8_t *to)
{
    int length = 0, rest = 0;
    if (is_ccm && EVP_DecryptUpdate(context, NULL, &length, NULL, (int)sealed->cipher.length) != 1)
        return false;
    if (sealed->also.length &&
        EVP_DecryptUpdate(context, NULL, &length, sealed->also.data, (int)sealed->also.length) != 1)
        return false;
    length = 0;
    if (sealed->cipher.length && EVP_DecryptUpdate(context, to, &length, sealed->cipher.data,
                                                   (int)sealed->cipher.length) != 1)
        return false;
    /* CCM has told with the update whether the tag fits. */
    return is_ccm || EVP_DecryptFinal_ex(context, to + length, &rest) == 1;
}

bool crypt_aead_open(enum crypt_aead aead, struct bytes key, const struct crypt_sealed *sealed,
                     uint8_t *to)
{
    const EVP_CIPHER *cipher = aead_of(aead, key.length);
    uint8_t tag[16];
    if (!cipher || sealed->cipher.length > INT_MAX || sealed->also.length > INT_MAX ||
        (aead == CRYPT_CCM && !sealed->cipher.length))
        return false;
    memcpy(tag, sealed->tag, sizeof(tag));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const bool is_good =
        context && EVP_DecryptInit_ex(context, cipher, NULL, NULL, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)sealed->nonce.length, NULL) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
        EVP_DecryptInit_ex(context, NULL, NULL, key.data, sealed->nonce.data) == 1 &&
        aead_run(context, aead == CRYPT_CCM, sealed, to);
    EVP_CIPHER_CTX_free(context);
    return is_good;
}

bool crypt_aes_cbc(struct bytes key, const uint8_t iv[16], bool encrypts, struct bytes from,
                   uint8_t *to)
{
    if ((key.length != 16 && key.length != 32) || from.length % 16)
        return false;
    return cipher_run(key.length == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(), key.data, iv,
                      encrypts, from, to);
}

/* The last two blocks are exchanged and the last one is short: its plain text is what the one
 * before decrypts to, under it; what it lacks are the decrypted block's own bytes. */
bool crypt_aes_cts_decrypt(struct bytes key, struct bytes from, uint8_t *to)
{
    static const uint8_t zero[16];
    if (from.length < 16)
        return false;
    if (from.length == 16)
        return crypt_aes_cbc(key, zero, false, from, to);
    const size_t tail = from.length % 16 ? from.length % 16 : 16;
    const size_t head = from.length - tail - 16; /* whole blocks before the last two */
    const uint8_t *swapped = from.data + head, *last = swapped + 16;
    const uint8_t *before = head ? from.data + head - 16 : zero;
    uint8_t plain[16], stolen[16];
    if (head && !crypt_aes_cbc(key, zero, false, bytes_of(from.data, head), to))
        return false;
    if (!crypt_aes_cbc(key, zero, false, bytes_of(swapped, 16), plain))
        return false;
    memcpy(stolen, plain, sizeof(stolen));
    memcpy(stolen, last, tail);
    for (size_t i = 0; i < tail; i++)
        to[head + 16 + i] = plain[i] ^ last[i];
    return crypt_aes_cbc(key, before, false, bytes_of(stolen, 16), to + head);
}

/* The cryptography that Windows' protocols are made of, as functions without state.
 *
 * OpenSSL does it. MD4 and RC4, which OpenSSL 3 keeps in a module that need not be there, are
 * written here. Keys are never copied but into OpenSSL's own contexts, which are wiped at once.
 *
 * Knows nothing of protocols and of evidence. */
#ifndef IMPOUND_CRYPT_H
#define IMPOUND_CRYPT_H

#include "base/bytes.h"

#define CRYPT_HASH_MAX 64U
#define CRYPT_KEY_MAX  32U

/* Forgets a secret. */
void crypt_wipe(void *data, size_t length);

/* --- Hashes --- */

enum crypt_hash { CRYPT_MD5, CRYPT_SHA1, CRYPT_SHA256, CRYPT_SHA384, CRYPT_SHA512 };

size_t crypt_hash_length(enum crypt_hash hash);

/* Over all parts, one behind the other. `to` has CRYPT_HASH_MAX bytes. False without memory. */
bool crypt_digest(enum crypt_hash hash, const struct bytes *parts, size_t count, uint8_t *to);
bool crypt_hmac(enum crypt_hash hash, struct bytes key, const struct bytes *parts, size_t count,
                uint8_t *to);

/* RFC 1320. */
void crypt_md4(struct bytes bytes, uint8_t to[16]);

/* --- Keys from keys: `length` bytes into `to`. False without memory. --- */

/* PBKDF2 (RFC 8018 5.2) with HMAC. */
bool crypt_pbkdf2(enum crypt_hash hash, struct bytes password, struct bytes salt, unsigned rounds,
                  uint8_t *to, size_t length);

/* What a key is for. */
struct crypt_purpose {
    struct bytes label, context;
};

/* SP 800-108 4.1: HMAC in counter mode, counter and length of 32 bits; at most one hash's length.
 */
bool crypt_derive_counter(enum crypt_hash hash, struct bytes key,
                          const struct crypt_purpose *purpose, uint8_t *to, size_t length);

/* P_hash (RFC 5246 5): TLS 1.2's PRF when the seed begins with the label. */
bool crypt_derive_chain(enum crypt_hash hash, struct bytes secret, struct bytes seed, uint8_t *to,
                        size_t length);

/* HKDF-Expand-Label (RFC 8446 7.1) without a context; at most one hash's length. */
bool crypt_derive_label(enum crypt_hash hash, struct bytes secret, const char *label, uint8_t *to,
                        uint8_t length);

/* --- Ciphers --- */

/* RC4: encrypts and decrypts. */
struct crypt_rc4 {
    uint8_t state[256];
    uint8_t i, j;
};

void crypt_rc4_init(struct crypt_rc4 *rc4, struct bytes key);
/* `from` may be `to`. */
void crypt_rc4(struct crypt_rc4 *rc4, const uint8_t *from, uint8_t *to, size_t length);

/* One block of DES under 7 bytes of key, whose parity is put in. */
bool crypt_des(const uint8_t key[7], const uint8_t from[8], uint8_t to[8]);

enum crypt_aead { CRYPT_CCM, CRYPT_GCM, CRYPT_CHACHA20 };

/* What is sealed with an authentication tag of 16 bytes. */
struct crypt_sealed {
    struct bytes nonce, also; /* `also` is authenticated only */
    struct bytes cipher;
    const uint8_t *tag;
};

/* Opens it into `to`, which has the cipher's length. False when the tag does not fit. The key has
 * 16 or 32 bytes (AES) or 32 (ChaCha20). */
bool crypt_aead_open(enum crypt_aead aead, struct bytes key, const struct crypt_sealed *sealed,
                     uint8_t *to);

/* AES in CBC mode, without padding: the length is a multiple of 16. Encrypts or decrypts. */
bool crypt_aes_cbc(struct bytes key, const uint8_t iv[16], bool encrypts, struct bytes from,
                   uint8_t *to);

/* Decrypts AES in CBC mode with ciphertext stealing as Kerberos has it (RFC 3962 5), IV zero. The
 * length is at least 16. */
bool crypt_aes_cts_decrypt(struct bytes key, struct bytes from, uint8_t *to);

/* --- Signatures: whether they hold. Numbers are big-endian. --- */

/* Ed25519 (RFC 8032); the key has 32 bytes, the signature 64. */
bool crypt_ed25519_holds(struct bytes key, struct bytes message, struct bytes signature);

/* RSASSA-PKCS1-v1_5 (RFC 8017 8.2). */
struct crypt_rsa_key {
    struct bytes modulus, exponent;
};
bool crypt_rsa_holds(const struct crypt_rsa_key *key, enum crypt_hash hash, struct bytes message,
                     struct bytes signature);

/* ECDSA (FIPS 186-4) on a NIST curve, with the hash that SSH uses for it (RFC 5656 6.2.1). The
 * point is not compressed. */
enum crypt_curve { CRYPT_P256, CRYPT_P384, CRYPT_P521 };

struct crypt_ecdsa_signature {
    struct bytes r, s;
};
bool crypt_ecdsa_holds(enum crypt_curve curve, struct bytes point, struct bytes message,
                       const struct crypt_ecdsa_signature *signature);

/* Compares without telling where they differ. */
bool crypt_equal(const void *one, const void *other, size_t length);

#endif

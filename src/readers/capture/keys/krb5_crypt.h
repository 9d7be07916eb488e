/* Kerberos' encryption: rc4-hmac (RFC 4757), aes128- and aes256-cts-hmac-sha1-96 (RFC 3962),
 * aes128-cts-hmac-sha256-128 and aes256-cts-hmac-sha384-192 (RFC 8009). */
#ifndef IMPOUND_READERS_CAPTURE_KRB5_CRYPT_H
#define IMPOUND_READERS_CAPTURE_KRB5_CRYPT_H

#include "readers/capture/keys/keys.h"

#define KRB5_AES128      17
#define KRB5_AES256      18
#define KRB5_AES128_SHA2 19
#define KRB5_AES256_SHA2 20
#define KRB5_RC4         23

/* Key usage numbers (RFC 4120 7.5.1, RFC 4121 2). */
enum krb5_usage {
    KRB5_USAGE_TICKET = 2,
    KRB5_USAGE_AS_REP = 3,
    KRB5_USAGE_TGS_AUTHENTICATOR = 7,
    KRB5_USAGE_TGS_REP_SESSION = 8,
    KRB5_USAGE_TGS_REP_SUBKEY = 9,
    KRB5_USAGE_AP_AUTHENTICATOR = 11,
    KRB5_USAGE_AP_REP = 12,
    KRB5_USAGE_ACCEPTOR_SEAL = 22,
    KRB5_USAGE_INITIATOR_SEAL = 24,
    KRB5_USAGE_FAST_REP = 52,
};

/* Whether a key of this type and length can be used. */
bool krb5_key_is_known(int etype, size_t length);

/* Decrypts into `room`, which has the cipher's length; `*plain` is a part of it. False when the
 * checksum does not fit. */
bool krb5_decrypt(const struct wire_key *key, unsigned usage, struct bytes cipher, uint8_t *room,
                  struct bytes *plain);

/* The same for AES when more is signed than encrypted: `before` and `behind` stand around the first
 * `middle` bytes of the plain text (krb5_c_decrypt_iov with SIGN_ONLY). */
struct krb5_around {
    struct bytes before, behind;
    size_t middle;
};
bool krb5_decrypt_around(const struct wire_key *key, unsigned usage, struct bytes cipher,
                         const struct krb5_around *around, uint8_t *room, struct bytes *plain);

/* The key of a password with the usual rounds; false for RC4, and for a salt of more than 1,000
 * bytes. */
bool krb5_string_to_key(int etype, struct bytes password, struct bytes salt, struct wire_key *key);

/* KRB-FX-CF2 (RFC 6113 5.1): one key of two, which are AES both. Peppers have less than 32 letters.
 */
bool krb5_cf2(const struct wire_key *one, const char *one_pepper, const struct wire_key *other,
              const char *other_pepper, struct wire_key *key);

/* RFC 3961 5.1: stretches `from` to `length` bytes. */
void krb5_nfold(struct bytes from, uint8_t *to, size_t length);

#endif

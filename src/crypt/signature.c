#include "crypt/crypt.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define NUMBER_MAX 2048U /* bytes: RSA of 16384 bits */

static bool holds(EVP_PKEY *key, const EVP_MD *digest, struct bytes message, struct bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_good = key && context && signature.data &&
                         EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
                         EVP_DigestVerify(context, signature.data, signature.length, message.data,
                                          message.length) == 1;
    EVP_MD_CTX_free(context);
    return is_good;
}

bool crypt_ed25519_holds(struct bytes key, struct bytes message, struct bytes signature)
{
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.data, key.length);
    const bool is_good = holds(public, NULL, message, signature);
    EVP_PKEY_free(public);
    return is_good;
}

/* The public key that the parameters describe, or NULL. Takes the builder over. */
static EVP_PKEY *key_make(const char *algorithm, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    OSSL_PARAM *parameters = builder ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    if (!context || !parameters || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

static BIGNUM *number_of(struct bytes number)
{
    return number.length <= NUMBER_MAX ? BN_bin2bn(number.data, (int)number.length, NULL) : NULL;
}

static EVP_PKEY *rsa_key(const struct crypt_rsa_key *key)
{
    BIGNUM *modulus = number_of(key->modulus);
    BIGNUM *exponent = number_of(key->exponent);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    const bool is_good = modulus && exponent && builder &&
                         OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
                         OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1;
    if (!is_good) {
        OSSL_PARAM_BLD_free(builder);
        builder = NULL;
    }
    EVP_PKEY *made = key_make("RSA", builder);
    BN_free(modulus);
    BN_free(exponent);
    return made;
}

/* A signature is as long as the modulus; SSH may leave out its leading zeros. */
bool crypt_rsa_holds(const struct crypt_rsa_key *key, enum crypt_hash hash, struct bytes message,
                     struct bytes signature)
{
    uint8_t padded[NUMBER_MAX] = {0};
    EVP_PKEY *public = rsa_key(key);
    const int size = public ? EVP_PKEY_get_size(public) : 0;
    bool is_good = size > 0 && (size_t)size <= sizeof(padded) && signature.length <= (size_t)size;
    if (is_good) {
        memcpy(padded + (size_t)size - signature.length, signature.data, signature.length);
        is_good = holds(public, hash == CRYPT_SHA512 ? EVP_sha512() : EVP_sha256(), message,
                        bytes_of(padded, (size_t)size));
    }
    EVP_PKEY_free(public);
    return is_good;
}

static EVP_PKEY *curve_key(const char *curve, struct bytes point)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    const bool is_good =
        builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data,
                                         point.length) == 1;
    if (!is_good) {
        OSSL_PARAM_BLD_free(builder);
        builder = NULL;
    }
    return key_make("EC", builder);
}

/* The signature as DER, from OPENSSL_malloc; NULL when it is none. */
static uint8_t *der_of(const struct crypt_ecdsa_signature *signature, size_t *length)
{
    uint8_t *der = NULL;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = number_of(signature->r);
    BIGNUM *s = number_of(signature->s);
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* they are the pair's now */
        const int written = i2d_ECDSA_SIG(pair, &der);
        *length = written > 0 ? (size_t)written : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return der;
}

bool crypt_ecdsa_holds(enum crypt_curve curve, struct bytes point, struct bytes message,
                       const struct crypt_ecdsa_signature *signature)
{
    static const char *const names[] = {"P-256", "P-384", "P-521"};
    const EVP_MD *digest = curve == CRYPT_P256   ? EVP_sha256()
                           : curve == CRYPT_P384 ? EVP_sha384()
                                                 : EVP_sha512();
    size_t length = 0;
    uint8_t *der = der_of(signature, &length);
    EVP_PKEY *public = curve_key(names[curve], point);
    const bool is_good = holds(public, digest, message, bytes_of(der, length));
    EVP_PKEY_free(public);
    OPENSSL_free(der);
    return is_good;
}

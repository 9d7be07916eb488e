/* Signatures are made here by libcrypto, with keys that live as long as the test: also those of a
 * security key, which need no hardware but in earnest. OpenSSH's own stand in tests/ledger. */
#include "ledger/sshsig.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

static const struct bytes message = {(const uint8_t *)"what was ordered", 16};

/* A kind of key, and what can be wrong with its signature. */
struct maker {
    const char *name, *curve, *point_curve;
    const char *signature_name;
    bool is_security_key;
};

static const struct maker makers[] = {
    {"ssh-ed25519", NULL, NULL, "ssh-ed25519", false},
    {"sk-ssh-ed25519@openssh.com", NULL, NULL, "sk-ssh-ed25519@openssh.com", true},
    {"ecdsa-sha2-nistp256", "P-256", "nistp256", "ecdsa-sha2-nistp256", false},
    {"ecdsa-sha2-nistp384", "P-384", "nistp384", "ecdsa-sha2-nistp384", false},
    {"ecdsa-sha2-nistp521", "P-521", "nistp521", "ecdsa-sha2-nistp521", false},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "P-256", "nistp256",
     "sk-ecdsa-sha2-nistp256@openssh.com", true},
    {"ssh-rsa", NULL, NULL, "rsa-sha2-512", false},
    {"ssh-rsa", NULL, NULL, "rsa-sha2-256", false},
};

static bool is_rsa(const struct maker *maker)
{
    return strcmp(maker->name, "ssh-rsa") == 0;
}

static void put_number(struct buffer *to, uint32_t number)
{
    uint8_t bytes[4];
    store_be32(bytes, number);
    buffer_bytes(to, bytes, sizeof(bytes));
}

static void put_string(struct buffer *to, struct bytes string)
{
    put_number(to, (uint32_t)string.length);
    buffer_bytes(to, string.data, string.length);
}

static void put_text(struct buffer *to, const char *text)
{
    put_string(to, bytes_of_text(text));
}

static void put_mpint(struct buffer *to, const BIGNUM *number)
{
    uint8_t bytes[600] = {0};
    const int length = BN_bn2bin(number, bytes + 1);
    assert_true(length > 0);
    if (bytes[1] & 0x80)
        put_string(to, bytes_of(bytes, (size_t)length + 1));
    else
        put_string(to, bytes_of(bytes + 1, (size_t)length));
}

static EVP_PKEY *key_new(const struct maker *maker)
{
    if (maker->curve)
        return EVP_EC_gen(maker->curve);
    return is_rsa(maker) ? EVP_RSA_gen(2048) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static void put_point(struct buffer *to, const EVP_PKEY *key, bool is_curve)
{
    uint8_t point[200];
    size_t length = sizeof(point);
    if (is_curve)
        assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                         sizeof(point), &length),
                         1);
    else
        assert_int_equal(EVP_PKEY_get_raw_public_key(key, point, &length), 1);
    put_string(to, bytes_of(point, length));
}

static void put_rsa(struct buffer *to, const EVP_PKEY *key)
{
    BIGNUM *exponent = NULL, *modulus = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
    put_mpint(to, exponent);
    put_mpint(to, modulus);
    BN_free(exponent);
    BN_free(modulus);
}

static void put_key(struct buffer *to, const struct maker *maker, const EVP_PKEY *key)
{
    put_text(to, maker->name);
    if (maker->point_curve)
        put_text(to, maker->point_curve);
    if (is_rsa(maker))
        put_rsa(to, key);
    else
        put_point(to, key, maker->curve != NULL);
    if (maker->is_security_key)
        put_text(to, "ssh:");
}

static const EVP_MD *digest_of(const struct maker *maker)
{
    if (is_rsa(maker))
        return strstr(maker->signature_name, "512") ? EVP_sha512() : EVP_sha256();
    if (!maker->curve)
        return NULL;
    return strcmp(maker->curve, "P-256") == 0   ? EVP_sha256()
           : strcmp(maker->curve, "P-384") == 0 ? EVP_sha384()
                                                : EVP_sha512();
}

static void put_raw_signature(struct buffer *to, const struct maker *maker, EVP_PKEY *key,
                              struct bytes signed_bytes)
{
    uint8_t raw[600];
    size_t length = sizeof(raw);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, digest_of(maker), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, raw, &length, signed_bytes.data, signed_bytes.length),
                     1);
    EVP_MD_CTX_free(context);
    if (!maker->curve) {
        put_string(to, bytes_of(raw, length));
        return;
    }
    const uint8_t *at = raw;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
    struct buffer inner = {0};
    assert_non_null(pair);
    put_mpint(&inner, ECDSA_SIG_get0_r(pair));
    put_mpint(&inner, ECDSA_SIG_get0_s(pair));
    put_string(to, buffer_view(&inner));
    buffer_release(&inner);
    ECDSA_SIG_free(pair);
}

static void put_signature(struct buffer *to, const struct maker *maker, EVP_PKEY *key,
                          struct bytes signed_bytes)
{
    static const uint8_t tail[5] = {1, 0, 0, 0, 7};
    uint8_t whole[69], digest[CRYPT_HASH_MAX];
    put_text(to, maker->signature_name);
    if (maker->is_security_key) {
        const struct bytes application = bytes_of_text("ssh:");
        assert_true(crypt_digest(CRYPT_SHA256, &application, 1, digest));
        memcpy(whole, digest, 32);
        memcpy(whole + 32, tail, 5);
        assert_true(crypt_digest(CRYPT_SHA256, &signed_bytes, 1, digest));
        memcpy(whole + 37, digest, 32);
        signed_bytes = bytes_of(whole, sizeof(whole));
    }
    put_raw_signature(to, maker, key, signed_bytes);
    if (maker->is_security_key)
        buffer_bytes(to, tail, sizeof(tail));
}

/* The blob of a signature over the message. */
static void put_sshsig(struct buffer *to, const struct maker *maker, EVP_PKEY *key,
                       const char *reserved)
{
    struct buffer part = {0};
    uint8_t digest[CRYPT_HASH_MAX];
    assert_true(crypt_digest(CRYPT_SHA512, &message, 1, digest));
    buffer_text(to, "SSHSIG");
    put_number(to, 1);
    put_key(&part, maker, key);
    put_string(to, buffer_view(&part));
    put_text(to, "impound-engagement");
    put_text(to, reserved);
    put_text(to, "sha512");
    buffer_reset(&part);
    buffer_text(&part, "SSHSIG");
    put_text(&part, "impound-engagement");
    put_text(&part, "");
    put_text(&part, "sha512");
    put_string(&part, bytes_of(digest, 64));
    struct buffer signature = {0};
    put_signature(&signature, maker, key, buffer_view(&part));
    put_string(to, buffer_view(&signature));
    buffer_release(&signature);
    buffer_release(&part);
}

static void armour(struct buffer *to, struct bytes blob)
{
    uint8_t text[4096];
    assert_true(blob.length < 3000);
    const int length = EVP_EncodeBlock(text, blob.data, (int)blob.length);
    buffer_text(to, "-----BEGIN SSH SIGNATURE-----\n");
    for (int at = 0; at < length; at += 70) {
        buffer_bytes(to, text + at, (size_t)(length - at < 70 ? length - at : 70));
        buffer_byte(to, '\n');
    }
    buffer_text(to, "-----END SSH SIGNATURE-----\n");
}

/* Reads it and says whether it holds over `over`. */
static bool holds(struct bytes blob, struct bytes over)
{
    struct buffer text = {0};
    struct arena arena;
    struct sshsig sshsig;
    struct fault fault = {0};
    armour(&text, blob);
    arena_init(&arena, 1U << 20);
    const enum status status = sshsig_read(buffer_view(&text), &arena, &sshsig, &fault);
    assert_true(status == STATUS_OK || fault.reason[0]);
    const bool is_good = status == STATUS_OK && sshsig_holds(&sshsig, over);
    arena_release(&arena);
    buffer_release(&text);
    return is_good;
}

static void each_kind_of_key_is_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        struct buffer blob = {0};
        EVP_PKEY *key = key_new(&makers[i]);
        put_sshsig(&blob, &makers[i], key, "");
        if (!holds(buffer_view(&blob), message))
            fail_msg("%s does not hold", makers[i].signature_name);
        assert_false(holds(buffer_view(&blob), bytes_of_text("what was not ordered")));
        assert_false(holds(buffer_view(&blob), bytes_of_text("")));
        buffer_release(&blob);
        EVP_PKEY_free(key);
    }
}

static void no_changed_bit_holds_and_no_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        struct buffer blob = {0};
        EVP_PKEY *key = key_new(&makers[i]);
        put_sshsig(&blob, &makers[i], key, "");
        for (size_t bit = 0; bit < blob.length * 8; bit += makers[i].curve ? 7 : 1) {
            blob.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            if (holds(buffer_view(&blob), message))
                fail_msg("%s holds without bit %zu", makers[i].name, bit);
            blob.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        for (size_t length = 0; length < blob.length; length++)
            assert_false(holds(bytes_of(blob.data, length), message));
        assert_true(holds(buffer_view(&blob), message));
        buffer_byte(&blob, 0);
        assert_false(holds(buffer_view(&blob), message));
        buffer_release(&blob);
        EVP_PKEY_free(key);
    }
}

static void rsa_with_sha1_is_refused(void **state)
{
    (void)state;
    static const struct maker sha1 = {"ssh-rsa", NULL, NULL, "ssh-rsa", false};
    struct buffer blob = {0};
    EVP_PKEY *key = key_new(&sha1);
    put_sshsig(&blob, &sha1, key, "");
    assert_false(holds(buffer_view(&blob), message));
    buffer_release(&blob);
    EVP_PKEY_free(key);
}

static void nothing_may_stand_in_the_reserved_part(void **state)
{
    (void)state;
    struct buffer blob = {0};
    EVP_PKEY *key = key_new(&makers[0]);
    put_sshsig(&blob, &makers[0], key, "x");
    assert_false(holds(buffer_view(&blob), message));
    buffer_release(&blob);
    EVP_PKEY_free(key);
}

static bool decodes(const char *text, const char *expected)
{
    struct arena arena;
    struct bytes bytes = {0};
    arena_init(&arena, 4096);
    const bool is_good = ssh_base64_read(bytes_of_text(text), &arena, &bytes) &&
                         bytes_equal(bytes, bytes_of_text(expected));
    arena_release(&arena);
    return is_good;
}

static void base64_is_strict(void **state)
{
    (void)state;
    assert_true(decodes("", ""));
    assert_true(decodes("Zg==", "f"));
    assert_true(decodes("Zm8=", "fo"));
    assert_true(decodes(" Zm\n9v ", "foo"));
    assert_true(decodes("Zm9vYg==", "foob"));
    assert_false(decodes("Zg", "f"));
    assert_false(decodes("Zg=", "f"));
    assert_false(decodes("Zg===", "f"));
    assert_false(decodes("Zh==", "f"));
    assert_false(decodes("Zm9=", "fo"));
    assert_false(decodes("Z", ""));
    assert_false(decodes("Zg==Zg==", "ff"));
    assert_false(decodes("Zm9v=", "foo"));
    assert_false(decodes("Zm-v", "foo"));
}

static void the_armour_begins_the_file(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n",
        "-----BEGIN SSH SIGNATURE----------END SSH SIGNATURE-----"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct arena arena;
        struct sshsig sshsig;
        struct fault fault = {0};
        arena_init(&arena, 4096);
        assert_int_equal(sshsig_read(bytes_of_text(texts[i]), &arena, &sshsig, &fault),
                         STATUS_INVALID);
        assert_string_equal(fault.reason, "no armoured SSH signature");
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_key_is_verified),
        cmocka_unit_test(no_changed_bit_holds_and_no_prefix),
        cmocka_unit_test(rsa_with_sha1_is_refused),
        cmocka_unit_test(nothing_may_stand_in_the_reserved_part),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(the_armour_begins_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Published vectors: RFC 1320, RFC 2202, RFC 3962, RFC 6229, RFC 8439, RFC 8448, the GCM
 * specification; of SMB 3's keys, Microsoft's "SMB 2 and SMB 3 security in Windows 10: the anatomy
 * of signing and cryptographic keys" and "Encryption in SMB 3.0: A protocol perspective"; of TLS
 * 1.2's PRF, the mailing list of the TLS working group (2009). */
#include "crypt/crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void is_hex(const uint8_t *data, size_t length, const char *expected)
{
    char text[257] = "";
    assert_true(2 * length < sizeof(text));
    for (size_t i = 0; i < length; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", data[i]);
    assert_string_equal(text, expected);
}

static size_t unhex(uint8_t *to, const char *digits)
{
    size_t length = 0;
    for (; digits[2 * length]; length++) {
        unsigned byte;
        assert_int_equal(sscanf(digits + 2 * length, "%2x", &byte), 1);
        to[length] = (uint8_t)byte;
    }
    return length;
}

static void md4_is_the_one_of_rfc_1320(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {
        {"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
        {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
        {"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "e33b4ddc9c38f2199c3e7b164fcc0536"},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t made[16];
        crypt_md4(bytes_of_text(vectors[i][0]), made);
        is_hex(made, 16, vectors[i][1]);
    }
}

static void rc4_is_the_one_of_rfc_6229(void **state)
{
    (void)state;
    uint8_t key[16], text[32] = {0};
    struct crypt_rc4 rc4;
    crypt_rc4_init(&rc4, bytes_of(key, unhex(key, "0102030405060708090a0b0c0d0e0f10")));
    crypt_rc4(&rc4, text, text, 5); /* in two steps */
    crypt_rc4(&rc4, text + 5, text + 5, 27);
    is_hex(text, 32, "9ac7cc9a609d1ef7b2932899cde41b975248c4959014126a6e8a84f11d1a9e1c");
}

static void hmac_is_the_one_of_rfc_2202(void **state)
{
    (void)state;
    uint8_t key[80], made[CRYPT_HASH_MAX];
    const struct bytes parts[] = {bytes_of_text("Hi "), bytes_of_text("There")};
    memset(key, 0x0B, sizeof(key));
    assert_true(crypt_hmac(CRYPT_MD5, bytes_of(key, 16), parts, 2, made));
    is_hex(made, 16, "9294727a3638bb1c13f48ef8158bfc9d");
    assert_true(crypt_hmac(CRYPT_SHA1, bytes_of(key, 20), parts, 2, made));
    is_hex(made, 20, "b617318655057264e28bc0b6fb378c8ef146be00");
    memset(key, 0xAA, sizeof(key));
    const struct bytes text =
        bytes_of_text("Test Using Larger Than Block-Size Key - Hash Key First");
    assert_true(crypt_hmac(CRYPT_MD5, bytes_of(key, 80), &text, 1, made));
    is_hex(made, 16, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
}

static void pbkdf2_is_the_one_of_rfc_3962(void **state)
{
    (void)state;
    uint8_t made[32];
    assert_true(crypt_pbkdf2(CRYPT_SHA1, bytes_of_text("password"),
                             bytes_of_text("ATHENA.MIT.EDUraeburn"), 1200, made, 32));
    is_hex(made, 32, "5c08eb61fdf71e4e4ec3cf6ba1f5512ba7e52ddbc5e5142f708a31e2e62b1e13");
}

static void smb_key_is(const char *session, struct bytes label, struct bytes context,
                       const char *expected)
{
    uint8_t key[16], made[16];
    const struct crypt_purpose purpose = {.label = label, .context = context};
    assert_true(
        crypt_derive_counter(CRYPT_SHA256, bytes_of(key, unhex(key, session)), &purpose, made, 16));
    is_hex(made, 16, expected);
}

#define TEXT(text) bytes_of(text, sizeof(text)) /* with its NUL */

/* [MS-SMB2] 3.1.4.2 */
static void keys_of_smb_3_are_those_of_its_authors(void **state)
{
    (void)state;
    uint8_t hash[64];
    const char *session = "7cd451825d0450d235424e44ba6e78cc";
    smb_key_is(session, TEXT("SMB2AESCMAC"), TEXT("SmbSign"), "0b7e9c5cac36c0f6ea9ab275298cedce");
    smb_key_is(session, TEXT("SMB2AESCCM"), TEXT("ServerIn "), "fad27796665b313ebb578f388632b4f7");
    smb_key_is(session, TEXT("SMB2AESCCM"), TEXT("ServerOut"), "b0f0427f7ceb416d1d9dcc0cd4f99447");
    session = "b4546771b515f766a86735532dd6c4f0";
    smb_key_is(session, TEXT("SMB2AESCCM"), TEXT("ServerIn "), "261b72350558f2e9dcf613070383edbf");
    smb_key_is(session, TEXT("SMB2AESCCM"), TEXT("ServerOut"), "8fe2b57ec34d2db5b1a9727f526bbdb5");
    session = "270e1ba896585eeb7af3472d3b4c75a7";
    const struct bytes setup = bytes_of(
        hash,
        unhex(hash, "0dd13628cc3ed218ef9df9772d436d0887ab9814bfae63a80aa845f36909db7928622dddad522d"
                    "9751640a459762c5a9d6bb084cbb3ce6bdadef5d5bce3c6c01"));
    smb_key_is(session, TEXT("SMBSigningKey"), setup, "73fe7a9a77bef0bde49c650d8ccb5f76");
    smb_key_is(session, TEXT("SMBC2SCipherKey"), setup, "629bcbc54422a0f572b97f45989b6073");
    smb_key_is(session, TEXT("SMBS2CCipherKey"), setup, "e2af0dcefac68da71a0dfbd0d1350d74");
}

static void the_prf_of_tls_1_2_is_the_one_of_its_list(void **state)
{
    (void)state;
    uint8_t secret[16], seed[26] = "test label", made[100];
    (void)unhex(secret, "9bbe436ba940f017b17652849a71db35");
    (void)unhex(seed + 10, "a0ba9f936cda311827a6f796ffd5198c");
    assert_true(crypt_derive_chain(CRYPT_SHA256, bytes_of(secret, 16), bytes_of(seed, 26), made,
                                   sizeof(made)));
    is_hex(
        made, sizeof(made),
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e"
        "14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5"
        "a72e5a5110fff70187347b66");
}

/* RFC 8448 3: {server} derive write traffic keys for handshake data */
static void keys_of_tls_1_3_are_those_of_rfc_8448(void **state)
{
    (void)state;
    uint8_t secret[32], made[16];
    const struct bytes view = bytes_of(
        secret, unhex(secret, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
    assert_true(crypt_derive_label(CRYPT_SHA256, view, "key", made, 16));
    is_hex(made, 16, "3fce516009c21727d0f2e4e86ee403bc");
    assert_true(crypt_derive_label(CRYPT_SHA256, view, "iv", made, 12));
    is_hex(made, 12, "5d313eb2671276ee13000b30");
}

static void cts_is_the_one_of_rfc_3962(void **state)
{
    (void)state;
    static const char text[] = "I would like the General Gau's Chicken, please,";
    static const char *const vectors[] = {
        "c6353568f2bf8cb4d8a580362da7ff7f97",
        "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
        "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
        "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98"
        "ebf5",
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t cipher[64], plain[64];
        const size_t length = unhex(cipher, vectors[i]);
        assert_true(crypt_aes_cts_decrypt(bytes_of_text("chicken teriyaki"),
                                          bytes_of(cipher, length), plain));
        assert_memory_equal(plain, text, length);
    }
    uint8_t none[16] = {0};
    assert_false(
        crypt_aes_cts_decrypt(bytes_of_text("chicken teriyaki"), bytes_of(none, 15), none));
}

static void gcm_opens_its_second_test_case_and_no_other_tag(void **state)
{
    (void)state;
    uint8_t cipher[16], tag[16], plain[16];
    const uint8_t zero[16] = {0};
    (void)unhex(cipher, "0388dace60b6a392f328c2b971b2fe78");
    (void)unhex(tag, "ab6e47d42cec13bdf53a67b21257bddf");
    const struct crypt_sealed sealed = {
        .nonce = bytes_of(zero, 12), .cipher = bytes_of(cipher, 16), .tag = tag};
    assert_true(crypt_aead_open(CRYPT_GCM, bytes_of(zero, 16), &sealed, plain));
    assert_memory_equal(plain, zero, 16);
    tag[15] ^= 1;
    assert_false(crypt_aead_open(CRYPT_GCM, bytes_of(zero, 16), &sealed, plain));
}

static void chacha20_opens_the_letter_of_rfc_8439(void **state)
{
    (void)state;
    uint8_t key[32], nonce[12], also[12], cipher[16], plain[16], tag[16] = {0};
    for (unsigned i = 0; i < 32; i++)
        key[i] = (uint8_t)(0x80 + i);
    (void)unhex(nonce, "070000004041424344454647");
    (void)unhex(also, "50515253c0c1c2c3c4c5c6c7");
    (void)unhex(cipher, "d31a8d34648e60db7b86afbc53ef7ec2");
    /* The beginning only: the tag is another's. */
    const struct crypt_sealed sealed = {.nonce = bytes_of(nonce, 12),
                                        .also = bytes_of(also, 12),
                                        .cipher = bytes_of(cipher, 16),
                                        .tag = tag};
    assert_false(crypt_aead_open(CRYPT_CHACHA20, bytes_of(key, 32), &sealed, plain));
    assert_memory_equal(plain, "Ladies and Gentl", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md4_is_the_one_of_rfc_1320),
        cmocka_unit_test(rc4_is_the_one_of_rfc_6229),
        cmocka_unit_test(hmac_is_the_one_of_rfc_2202),
        cmocka_unit_test(pbkdf2_is_the_one_of_rfc_3962),
        cmocka_unit_test(keys_of_smb_3_are_those_of_its_authors),
        cmocka_unit_test(the_prf_of_tls_1_2_is_the_one_of_its_list),
        cmocka_unit_test(keys_of_tls_1_3_are_those_of_rfc_8448),
        cmocka_unit_test(cts_is_the_one_of_rfc_3962),
        cmocka_unit_test(gcm_opens_its_second_test_case_and_no_other_tag),
        cmocka_unit_test(chacha20_opens_the_letter_of_rfc_8439),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

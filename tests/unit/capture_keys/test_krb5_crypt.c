/* RFC 3961 A.1 (n-fold); RFC 6113 A (KRB-FX-CF2); RFC 8009 A (AES with SHA-2); a key of the
 * laboratory in tests/samples/keys, as Samba exports it; a message of RFC 4757 made by the text's
 * own steps. */
#include "keys_lab.h"

#include "crypt/crypt.h"
#include "readers/capture/keys/krb5_crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void fold_is(const char *text, size_t length, const char *expected)
{
    uint8_t made[32];
    krb5_nfold(bytes_of_text(text), made, length);
    lab_is_hex(bytes_of(made, length), expected);
}

static void folding_is_the_one_of_rfc_3961(void **state)
{
    (void)state;
    fold_is("012345", 8, "be072631276b1955");
    fold_is("password", 7, "78a07b6caf85fa");
    fold_is("Rough Consensus, and Running Code", 8, "bb6ed30870b7f0e0");
    fold_is("password", 21, "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e");
    fold_is("MASSACHVSETTS INSTITVTE OF TECHNOLOGY", 24,
            "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b");
    fold_is("Q", 21, "518a54a215a8452a518a54a215a8452a518a54a215");
    fold_is("ba", 21, "fb25d531ae8974499f52fd92ea9857c4ba24cf297e");
    fold_is("kerberos", 16, "6b65726265726f737b9b5b2b93132b93");
}

static void a_password_becomes_the_key_that_the_kdc_has(void **state)
{
    (void)state;
    struct wire_key key;
    const struct bytes password = bytes_of_text("Alice-Pw-2024"),
                       salt = bytes_of_text("LAB.EXAMPLEalice");
    assert_true(krb5_string_to_key(KRB5_AES256, password, salt, &key));
    lab_is_hex(wire_key_view(&key),
               "2266d143a37ebd215b4621bb83113abf0464aeef760c7e517858ddfaddb9aee7");
    assert_true(krb5_string_to_key(KRB5_AES128, password, salt, &key));
    lab_is_hex(wire_key_view(&key), "12af1d8358c8d5177f0ec740530a2819");
    assert_false(krb5_string_to_key(KRB5_RC4, password, salt, &key));
}

/* RFC 4757 4: K1 = HMAC(K, T), checksum = HMAC(K1, confounder and text), K3 = HMAC(K1, checksum).
 */
static size_t rc4_make(const struct wire_key *key, uint8_t usage, const char *text, uint8_t *to)
{
    const uint8_t number[] = {usage, 0, 0, 0};
    const struct bytes salt = bytes_of(number, 4);
    uint8_t under[CRYPT_HASH_MAX], message[CRYPT_HASH_MAX];
    const size_t length = 8 + strlen(text);
    struct crypt_rc4 rc4;
    memset(to + 16, 'c', 8);
    memcpy(to + 24, text, strlen(text));
    const struct bytes plain = bytes_of(to + 16, length);
    assert_true(crypt_hmac(CRYPT_MD5, wire_key_view(key), &salt, 1, under));
    assert_true(crypt_hmac(CRYPT_MD5, bytes_of(under, 16), &plain, 1, message));
    memcpy(to, message, 16);
    const struct bytes checksum = bytes_of(to, 16);
    assert_true(crypt_hmac(CRYPT_MD5, bytes_of(under, 16), &checksum, 1, message));
    crypt_rc4_init(&rc4, bytes_of(message, 16));
    crypt_rc4(&rc4, to + 16, to + 16, length);
    return 16 + length;
}

static void rc4_opens_with_its_usage_only(void **state)
{
    (void)state;
    uint8_t cipher[64], room[64];
    struct bytes plain;
    struct wire_key key = {.length = 16, .etype = KRB5_RC4, .data = "0123456789abcde"};
    const size_t length = rc4_make(&key, 11, "inside", cipher);
    assert_true(krb5_decrypt(&key, 11, bytes_of(cipher, length), room, &plain));
    assert_true(bytes_equal(plain, bytes_of_text("inside")));
    assert_false(krb5_decrypt(&key, 7, bytes_of(cipher, length), room, &plain));
    /* An AS-REP's usage 3 is 8 there. */
    assert_true(
        krb5_decrypt(&key, 3, bytes_of(cipher, rc4_make(&key, 8, "inside", cipher)), room, &plain));
    for (size_t cut = 0; cut < length; cut++)
        assert_false(krb5_decrypt(&key, 3, bytes_of(cipher, cut), room, &plain));
}

/* RFC 6113 appendix A: keys of the passwords key1 and key2, which are their salts too. */
static void two_keys_are_combined_as_rfc_6113_does(void **state)
{
    (void)state;
    static const struct {
        int etype;
        const char *expected;
    } all[] = {
        /* of RFC 8009's types: MIT Kerberos, src/lib/crypto/crypto_tests/t_cf2.expected */
        {KRB5_AES128_SHA2, "edd02a39d2dbde31611c16e610be062c"},
        {KRB5_AES256_SHA2, "67f6ea530aea85a37dcbb23349ea52dcc61ca8493ff557252327fd8304341584"},
        {KRB5_AES128, "97df97e4b798b29eb31ed7280287a92a"},
        {KRB5_AES256, "4d6ca4e629785c1f01baf55e2e548566b9617ae3a96868c337cb93b5e72b1c7b"}};
    const struct bytes one_text = bytes_of_text("key1"), other_text = bytes_of_text("key2");
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct wire_key one, other, key;
        assert_true(krb5_string_to_key(all[i].etype, one_text, one_text, &one));
        assert_true(krb5_string_to_key(all[i].etype, other_text, other_text, &other));
        assert_true(krb5_cf2(&one, "a", &other, "b", &key));
        lab_is_hex(wire_key_view(&key), all[i].expected);
    }
}

/* RFC 8009 appendix A: the password's key, and the sample encryptions under usage 2. */
static void passwords_and_messages_are_those_of_rfc_8009(void **state)
{
    (void)state;
    static const char password_salt[] = "\x10\xDF\x9D\xD7\x83\xE5\xBC\x8A\xCE\xA1\x73\x0E\x74"
                                        "\x35\x5F\x61"
                                        "ATHENA.MIT.EDUraeburn";
    static const struct {
        int etype;
        const char *of_password, *base;
        const char *messages[4]; /* 0, 6, 16 and 21 bytes: 00, 01, 02 ... */
    } all[] = {
        {KRB5_AES128_SHA2,
         "089bca48b105ea6ea77ca5d2f39dc5e7",
         "3705d96080c17728a0e800eab6e0d23c",
         {"ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718",
          "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c",
          "3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37e"
          "ebe6b0d3",
          "720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92"
          "ca9b8334a287ffcbfc"}},
        {KRB5_AES256_SHA2,
         "45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467",
         "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
         {"41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c",
          "4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d"
          "10f2",
          "bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df57"
          "4d1f932e40c4ff255b36a266",
          "40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d629"
          "5fae077a1feb517508d2c16b4192e01f62"}},
    };
    static const size_t lengths[] = {0, 6, 16, 21};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct wire_key key;
        assert_true(krb5_string_to_key(all[i].etype, bytes_of_text("password"),
                                       bytes_of_text(password_salt), &key));
        lab_is_hex(wire_key_view(&key), all[i].of_password);
        key.length = (uint8_t)lab_unhex(key.data, all[i].base);
        for (size_t j = 0; j < COUNT_OF(lengths); j++) {
            uint8_t cipher[96], room[96];
            struct bytes plain;
            const size_t length = lab_unhex(cipher, all[i].messages[j]);
            assert_true(krb5_decrypt(&key, 2, bytes_of(cipher, length), room, &plain));
            assert_int_equal(plain.length, lengths[j]);
            for (size_t at = 0; at < plain.length; at++)
                assert_int_equal(plain.data[at], at);
            assert_false(krb5_decrypt(&key, 3, bytes_of(cipher, length), room, &plain));
            for (size_t cut = 0; cut < length; cut++)
                assert_false(krb5_decrypt(&key, 2, bytes_of(cipher, cut), room, &plain));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_is_the_one_of_rfc_3961),
        cmocka_unit_test(a_password_becomes_the_key_that_the_kdc_has),
        cmocka_unit_test(two_keys_are_combined_as_rfc_6113_does),
        cmocka_unit_test(passwords_and_messages_are_those_of_rfc_8009),
        cmocka_unit_test(rc4_opens_with_its_usage_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

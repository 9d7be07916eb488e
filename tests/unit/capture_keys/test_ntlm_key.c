/* The examples of [MS-NLMP] 4.2: user, domain and password are "User", "Domain" and "Password", the
 * server's challenge 0123456789abcdef, the client's aa eight times, the random session key 55
 * sixteen times. */
#include "keys_lab.h"

#include "readers/capture/keys/ntlm_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIVES "55555555555555555555555555555555"

struct example {
    uint32_t flags;
    const char *lm, *nt, *session_key;
    const char *expected; /* the exported session key */
};

/* 4.2.2, 4.2.3, 4.2.4 */
static const struct example v1 = {0xE2028233U, "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13",
                                  "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
                                  "518822b1b3f350c8958682ecbb3e3cb7", FIVES};
static const struct example v1_extended = {
    0x820A8233U, "aaaaaaaaaaaaaaaa00000000000000000000000000000000",
    "7537f803ae367128ca458204bde7caf81e97ed2683267232", "", "eb93429a8bd952f8b89c55b87f475edc"};
static const struct example v2 = {
    0xE28A8233U, "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa",
    "68cd0ab851e51c96aabc927bebef6a1c" /* NTProofStr */
    "01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000"
    "02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000",
    "c5dad2544fc9799094ce1ce90bc9d03e", FIVES};

static enum wire_verdict verdict_of(const struct example *example, const char *passwords,
                                    const char *user, struct wire_secret *secret)
{
    uint8_t challenge[8], lm[24], nt[256], session_key[16];
    struct secrets *secrets = lab_secrets(passwords);
    const struct ntlm_proof proof = {
        .user = bytes_of_text(user),
        .domain = bytes_of_text("Domain"),
        .challenge = bytes_of(challenge, lab_unhex(challenge, "0123456789abcdef")),
        .lm = bytes_of(lm, lab_unhex(lm, example->lm)),
        .nt = bytes_of(nt, lab_unhex(nt, example->nt)),
        .session_key = bytes_of(session_key, lab_unhex(session_key, example->session_key)),
        .flags = example->flags,
    };
    const enum wire_verdict verdict = ntlm_key_find(secrets, &proof, secret);
    secrets_free(secrets);
    return verdict;
}

static void opens(const struct example *example)
{
    struct wire_secret secret = {0};
    assert_int_equal(verdict_of(example, "Domain\\User:Password", "User", &secret), WIRE_KEY_RIGHT);
    assert_int_equal(secret.count, 1);
    lab_is_hex(wire_key_view(&secret.keys[0]), example->expected);
}

static void the_examples_lead_to_their_session_keys(void **state)
{
    (void)state;
    opens(&v1);
    opens(&v1_extended);
    opens(&v2);
}

static void a_hash_is_as_good_as_its_password(void **state)
{
    (void)state;
    struct wire_secret secret;
    assert_int_equal(verdict_of(&v2, "user:a4f49c406510bdcab6824ee7c30fd852", "User", &secret),
                     WIRE_KEY_RIGHT);
}

static void the_right_one_is_found_among_accounts_of_one_name(void **state)
{
    (void)state;
    struct wire_secret secret;
    assert_int_equal(verdict_of(&v2, "A\\user:no\nB\\USER:Password\nC\\user:no", "User", &secret),
                     WIRE_KEY_RIGHT);
}

static void a_wrong_key_is_told_from_none(void **state)
{
    (void)state;
    struct wire_secret secret;
    const struct example *const all[] = {&v1, &v1_extended, &v2};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(verdict_of(all[i], "User:password", "User", &secret), WIRE_KEY_WRONG);
        assert_int_equal(verdict_of(all[i], "Eve:Password", "User", &secret), WIRE_KEY_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_lead_to_their_session_keys),
        cmocka_unit_test(a_hash_is_as_good_as_its_password),
        cmocka_unit_test(the_right_one_is_found_among_accounts_of_one_name),
        cmocka_unit_test(a_wrong_key_is_told_from_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

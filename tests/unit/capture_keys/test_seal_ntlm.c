/* The messages of [MS-NLMP] 4.2.3.4 and 4.2.4.4: "Plaintext" in UTF-16, the client's first. */
#include "keys_lab.h"

#include "readers/capture/keys/ntlm_key.h"
#include "readers/capture/keys/seal_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct example {
    uint32_t flags;
    const char *session_key, *sealed, *token;
};

static const struct example v1_extended = {0x820A8233U, "eb93429a8bd952f8b89c55b87f475edc",
                                           "a02372f6530273f3aa1eb90190ce5200c99d",
                                           "01000000ff2aeb52f681793a00000000"};
static const struct example v2 = {0xE28A8233U, "55555555555555555555555555555555",
                                  "54e50165bf1936dc996020c1811b0f06fb5f",
                                  "010000007fb38ec5c55d497600000000"};

static void begin(struct wire_seal *seal, struct wire_secret *secret, const struct example *example)
{
    *secret = (struct wire_secret){.count = 1, .flags = example->flags};
    secret->keys[0].length = (uint8_t)lab_unhex(secret->keys[0].data, example->session_key);
    *seal = (struct wire_seal){.secret = secret};
    assert_true(seal_ntlm_begin(seal));
}

static bool opens(struct wire_seal *seal, const struct example *example, uint8_t damage,
                  uint8_t message[32])
{
    uint8_t token[16];
    const size_t length = lab_unhex(message, example->sealed);
    const struct wire_sealed sealed = {.message = message,
                                       .whole = length,
                                       .length = length,
                                       .token = bytes_of(token, lab_unhex(token, example->token))};
    token[5] ^= damage;
    return seal_ntlm_open(seal, WIRE_CLIENT, &sealed);
}

static void the_examples_open(void **state)
{
    (void)state;
    const struct example *const all[] = {&v1_extended, &v2};
    for (size_t i = 0; i < 2; i++) {
        struct wire_seal seal;
        struct wire_secret secret;
        uint8_t message[32];
        begin(&seal, &secret, all[i]);
        assert_true(opens(&seal, all[i], 0, message));
        assert_memory_equal(message, "P\0l\0a\0i\0n\0t\0e\0x\0t\0", 18);
    }
}

/* And what it could not open does not move the stream. */
static void a_signature_that_does_not_fit_leaves_the_message_as_it_was(void **state)
{
    (void)state;
    struct wire_seal seal;
    struct wire_secret secret;
    uint8_t message[32];
    begin(&seal, &secret, &v2);
    assert_false(opens(&seal, &v2, 1, message));
    lab_is_hex(bytes_of(message, 18), v2.sealed);
    assert_true(opens(&seal, &v2, 0, message));
    assert_false(opens(&seal, &v2, 0, message)); /* the stream has gone on */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_open),
        cmocka_unit_test(a_signature_that_does_not_fit_leaves_the_message_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

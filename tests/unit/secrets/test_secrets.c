/* Files of keys: what they hold, and what is said of one that is broken. */
#include "secrets/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

typedef enum status file_reader(struct secrets *secrets, const char *path, struct fault *fault);

static char path[64];

static enum status file_add(struct secrets *secrets, file_reader *add, struct bytes text,
                            struct fault *fault)
{
    (void)snprintf(path, sizeof(path), "secrets-%ld", (long)getpid());
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
    (void)fclose(file);
    const enum status status = add(secrets, path, fault);
    (void)remove(path);
    return status;
}

/* The fault is `FILE:` and what is expected. */
static void is_refused(file_reader *add, struct bytes text, const char *expected)
{
    struct secrets *secrets = secrets_new();
    struct fault fault = {0};
    assert_int_equal(file_add(secrets, add, text, &fault), STATUS_INVALID);
    assert_memory_equal(fault.reason, path, strlen(path));
    assert_string_equal(fault.reason + strlen(path), expected);
    secrets_free(secrets);
}

static void text_is(struct bytes text, const char *expected)
{
    assert_true(bytes_equal(text, bytes_of_text(expected)));
}

static void a_password_line_is_an_account(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    static const char text[] = "# the lab\r\n\nDomain\\User:Password\r\n"
                               "bob:a:b\\c\nLAB\\eve:a4f49c406510bdcab6824ee7c30fd852";
    assert_int_equal(
        file_add(secrets, secrets_add_passwords, bytes_of(text, sizeof(text) - 1), NULL),
        STATUS_OK);
    assert_int_equal(secrets_account_count(secrets), 3);
    const struct secret_account *user = secrets_account(secrets, 0);
    text_is(user->domain, "Domain");
    text_is(user->user, "User");
    text_is(user->password, "Password");
    const struct secret_account *bob = secrets_account(secrets, 1);
    assert_int_equal(bob->domain.length, 0);
    text_is(bob->password, "a:b\\c");
    const struct secret_account *eve = secrets_account(secrets, 2);
    assert_null(eve->password.data);
    assert_memory_equal(eve->nt_hash, user->nt_hash, 16); /* [MS-NLMP] 4.2.2.1.1 */
    secrets_free(secrets);
}

static void a_broken_password_file_is_told_with_its_line(void **state)
{
    (void)state;
    is_refused(secrets_add_passwords, bytes_of_text("a:b\nnobody"),
               ":2: it has no colon behind the user");
    is_refused(secrets_add_passwords, bytes_of_text("LAB\\:b"), ":1: it names no user");
    is_refused(secrets_add_passwords, bytes_of_text("a:\xFF"), ":1: it is not UTF-8");
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    struct fault fault = {0};
    assert_int_equal(secrets_add_keytab(secrets, "no-such-file", &fault), STATUS_INVALID);
    assert_string_equal(fault.reason, "no-such-file: No such file or directory");
    secrets_free(secrets);
}

/* alice@LAB, version 258, rc4-hmac; a hole; host/x@LAB, aes128. */
static const uint8_t keytab[] = {
    5,    2,    0,    0,   0, 0x2F, 0,   1,  0,    3,  'L', 'A', 'B', 0,   5,   'a', 'l', 'i',
    'c',  'e',  0,    0,   0, 1,    0,   0,  0,    0,  2,   0,   23,  0,   16,  1,   2,   3,
    4,    5,    6,    7,   8, 9,    10,  11, 12,   13, 14,  15,  16,  0,   0,   1,   2,   0xFF,
    0xFF, 0xFF, 0xFE, 9,   9, 0,    0,   0,  0x2D, 0,  2,   0,   3,   'L', 'A', 'B', 0,   4,
    'h',  'o',  's',  't', 0, 1,    'x', 0,  0,    0,  1,   0,   0,   0,   0,   7,   0,   17,
    0,    16,   1,    2,   3, 4,    5,   6,  7,    8,  9,   10,  11,  12,  13,  14,  15,  16,
};

static void a_keytab_gives_keys_and_those_of_rc4_are_hashes(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    struct fault fault = {0};
    if (file_add(secrets, secrets_add_keytab, bytes_of(keytab, sizeof(keytab)), &fault))
        print_error("%s\n", fault.reason);
    assert_int_equal(secrets_key_count(secrets), 2);
    const struct secret_key *alice = secrets_key(secrets, 0), *host = secrets_key(secrets, 1);
    text_is(alice->realm, "LAB");
    text_is(alice->name, "alice");
    assert_int_equal(alice->kvno, 258);
    assert_int_equal(alice->etype, 23);
    assert_int_equal(host->components, 2);
    text_is(host->name, "host");
    assert_int_equal(host->kvno, 7);
    assert_int_equal(secrets_account_count(secrets), 1);
    assert_memory_equal(secrets_account(secrets, 0)->nt_hash, alice->key.data, 16);
    secrets_free(secrets);
}

static void no_cut_keytab_is_read_past_its_end(void **state)
{
    (void)state;
    is_refused(secrets_add_keytab, bytes_of(keytab, 1), ":0: it is no keytab of version 5.2");
    is_refused(secrets_add_keytab, bytes_of(keytab, 30),
               ":1: the file ends in the middle of this entry");
    for (size_t length = 0; length < sizeof(keytab); length++) {
        uint8_t *copy = malloc(length ? length : 1);
        memcpy(copy, keytab, length);
        struct secrets *secrets = secrets_new();
        (void)file_add(secrets, secrets_add_keytab, bytes_of(copy, length), NULL);
        secrets_free(secrets);
        free(copy);
    }
}

#define RANDOM "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void a_key_log_finds_a_secret_by_its_random(void **state)
{
    (void)state;
    struct secrets *secrets = secrets_new();
    static const char text[] = "# log\nEARLY_EXPORTER_SECRET " RANDOM " 00\n"
                               "CLIENT_RANDOM " RANDOM " 0102\n"
                               "SERVER_TRAFFIC_SECRET_0 " RANDOM " 0304 \r\n";
    uint8_t random[32];
    for (unsigned i = 0; i < 32; i++)
        random[i] = (uint8_t)(i % 16 * 17);
    assert_int_equal(file_add(secrets, secrets_add_keylog, bytes_of(text, sizeof(text) - 1), NULL),
                     STATUS_OK);
    assert_true(bytes_equal(secrets_tls(secrets, TLS_MASTER, random), bytes_of("\1\2", 2)));
    assert_true(bytes_equal(secrets_tls(secrets, TLS_SERVER_TRAFFIC, random), bytes_of("\3\4", 2)));
    assert_null(secrets_tls(secrets, TLS_CLIENT_TRAFFIC, random).data);
    random[31]++;
    assert_null(secrets_tls(secrets, TLS_MASTER, random).data);
    secrets_free(secrets);
}

static void a_broken_key_log_is_told_with_its_line(void **state)
{
    (void)state;
    is_refused(secrets_add_keylog, bytes_of_text("\n\nCLIENT_RANDOM 00 00"),
               ":3: the client's random is not 64 hex digits");
    is_refused(secrets_add_keylog, bytes_of_text("CLIENT_RANDOM " RANDOM " 0"),
               ":1: the secret is no even number of up to 128 hex digits");
    is_refused(secrets_add_keylog, bytes_of_text("words\n"),
               ":1: it is not a label, a random and a secret");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_line_is_an_account),
        cmocka_unit_test(a_broken_password_file_is_told_with_its_line),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
        cmocka_unit_test(a_keytab_gives_keys_and_those_of_rc4_are_hashes),
        cmocka_unit_test(no_cut_keytab_is_read_past_its_end),
        cmocka_unit_test(a_key_log_finds_a_secret_by_its_random),
        cmocka_unit_test(a_broken_key_log_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

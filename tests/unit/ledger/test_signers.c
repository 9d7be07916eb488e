#include "ledger/signers.h"
#include "ledger/sshsig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Nobody has the private keys. */
#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJFPdeYdrv7QButBXb+mauWMJQSia7Qhw06f/lIxLSip"
#define OTHER   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA67wMIb1SI0RHgWu83VdZ5uV/xFxBN8Ljee/yMeSRcS"

struct trial {
    struct arena arena;
    struct signers signers;
    unsigned told[3]; /* by trouble */
    uint32_t line;    /* last told */
    char reason[200];
};

static void tell(void *context, enum ledger_trouble trouble, uint32_t line, const char *reason)
{
    struct trial *trial = context;
    trial->told[trouble]++;
    trial->line = line;
    snprintf(trial->reason, sizeof(trial->reason), "%s", reason);
}

static void trial_read(struct trial *trial, struct bytes text)
{
    const struct signers_listener listener = {tell, trial};
    uint8_t *copy = malloc(text.length + 1); /* exact */
    assert_non_null(copy);
    if (text.length)
        memcpy(copy, text.data, text.length);
    *trial = (struct trial){0};
    arena_init(&trial->arena, 4U << 20);
    assert_int_equal(
        signers_read(bytes_of(copy, text.length), &trial->arena, &listener, &trial->signers, NULL),
        STATUS_OK);
    free(copy);
}

static struct instant instant_of(const char *text)
{
    struct instant instant = {.seconds = INSTANT_NONE};
    if (text)
        assert_int_equal(instant_parse(bytes_of_text(text), &instant), STATUS_OK);
    return instant;
}

/* The line that allows the key ED25519 to sign, or 0. */
static uint32_t allowed(const char *text, const char *name_space, const char *first,
                        const char *last)
{
    struct trial trial;
    struct arena arena;
    struct bytes blob;
    struct ssh_key key;
    struct fault fault = {0};
    trial_read(&trial, bytes_of_text(text));
    arena_init(&arena, 4096);
    assert_true(ssh_base64_read(bytes_of_text(ED25519 + strlen("ssh-ed25519 ")), &arena, &blob));
    assert_int_equal(ssh_key_read(blob, &key, NULL), STATUS_OK);
    const struct signing signing = {.key = &key,
                                    .name_space = bytes_of_text(name_space),
                                    .first = instant_of(first),
                                    .last = instant_of(last)};
    const struct signer *signer = signers_find(&trial.signers, &signing, &fault);
    const uint32_t line = signer ? signer->line : 0;
    assert_true(signer || fault.reason[0]);
    arena_release(&arena);
    arena_release(&trial.arena);
    return line;
}

static void a_key_is_allowed_by_its_line(void **state)
{
    (void)state;
    assert_int_equal(
        allowed("# who\n\nbob " OTHER "\nalice,a2 " ED25519 " a comment\n", "x", NULL, NULL), 4);
    assert_int_equal(allowed("\t \"a b\" \t" ED25519 "\r\n", "x", NULL, NULL), 1);
    assert_int_equal(allowed("alice " ED25519, "x", NULL, NULL), 1);
    assert_int_equal(allowed("bob " OTHER "\n", "x", NULL, NULL), 0);
    assert_int_equal(allowed("#alice " ED25519 "\n", "x", NULL, NULL), 0);
    assert_int_equal(allowed("", "x", NULL, NULL), 0);
}

static void namespaces_are_patterns(void **state)
{
    (void)state;
    assert_int_equal(allowed("a namespaces=\"x\" " ED25519, "x", NULL, NULL), 1);
    assert_int_equal(allowed("a NameSpaces=\"y,x\" " ED25519, "x", NULL, NULL), 1);
    assert_int_equal(allowed("a namespaces=\"i*-?ng\" " ED25519, "impound-eng", NULL, NULL), 1);
    assert_int_equal(allowed("a namespaces=\"i*-?ng\" " ED25519, "impound-engs", NULL, NULL), 0);
    assert_int_equal(allowed("a namespaces=\"*,!x\" " ED25519, "x", NULL, NULL), 0);
    assert_int_equal(allowed("a namespaces=\"!x,*\" " ED25519, "y", NULL, NULL), 1);
    assert_int_equal(allowed("a namespaces=\"!y\" " ED25519, "x", NULL, NULL), 0);
    assert_int_equal(allowed("a namespaces=\"X\" " ED25519, "x", NULL, NULL), 0);
    assert_int_equal(allowed("a namespaces=\"\" " ED25519, "x", NULL, NULL), 0);
    assert_int_equal(allowed("a namespaces=\"x\" " ED25519 "\nb " ED25519, "y", NULL, NULL), 2);
}

static void validity_must_hold_at_every_moment(void **state)
{
    (void)state;
    static const char first[] = "2026-11-02T07:00:00Z", last[] = "2026-11-06T17:00:00Z";
    assert_int_equal(
        allowed("a valid-after=\"20261102070000Z\",valid-before=\"20261106170000Z\" " ED25519, "x",
                first, last),
        1);
    assert_int_equal(allowed("a valid-after=\"20261102070001Z\" " ED25519, "x", first, last), 0);
    assert_int_equal(allowed("a valid-before=\"202611061659Z\" " ED25519, "x", first, last), 0);
    assert_int_equal(allowed("a valid-before=\"20261107Z\" " ED25519, "x", first, last), 1);
    assert_int_equal(allowed("a valid-before=\"20261106Z\" " ED25519, "x", first, last), 0);
    assert_int_equal(allowed("a valid-before=\"20261106\" " ED25519, "x", NULL, NULL), 1);
    /* Two lines do not add up. */
    assert_int_equal(allowed("a valid-before=\"20261104Z\" " ED25519
                             "\na valid-after=\"20261104Z\" " ED25519,
                             "x", first, last),
                     0);
}

static void a_certificate_authority_signs_no_files(void **state)
{
    (void)state;
    struct trial trial;
    assert_int_equal(allowed("a cert-authority " ED25519, "x", NULL, NULL), 0);
    assert_int_equal(allowed("a namespaces=\"x\",cert-authority " ED25519, "x", NULL, NULL), 0);
    trial_read(&trial, bytes_of_text("a cert-authority " ED25519 "\nb ssh-dss AAAA\n"
                                     "c ssh-ed25519-cert-v01@openssh.com AAAA\n"));
    assert_int_equal(trial.told[LEDGER_NOTE], 3);
    assert_int_equal(trial.told[LEDGER_INVALID], 0);
    assert_int_equal(trial.signers.count, 0);
    arena_release(&trial.arena);
}

static void broken_lines_are_told_and_the_others_count(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "alice",
        "\"alice " ED25519,
        "\"\" " ED25519,
        "a no-option " ED25519,
        "a namespaces=x " ED25519,
        "a namespaces=\"x " ED25519,
        "a namespaces=\"x\"cert-authority " ED25519,
        "a namespaces=\"x\",namespaces=\"y\" " ED25519,
        "a namespaces=\"x\", " ED25519,
        "a valid-after=\"2026\" " ED25519,
        "a valid-after=\"20261301Z\" " ED25519,
        "a valid-after=\"20260101Z\",valid-after=\"20260101Z\" " ED25519,
        "a valid-after=\"20260102Z\",valid-before=\"20260101Z\" " ED25519,
        "a ssh-ed25519",
        "a ssh-ed25519 AAAA",
        "a ssh-ed25519 AAAA!",
        "a ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJFPdeYdrv7QButBXb+mauWMJQSia7Qhw06f/lIxLSip",
        "a " ED25519 "AAAA",
        "a ssh-new AAAA",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct trial trial;
        char text[512];
        snprintf(text, sizeof(text), "# one\n%s\nbob " OTHER "\n", lines[i]);
        trial_read(&trial, bytes_of_text(text));
        if (trial.told[LEDGER_INVALID] != 1 || trial.line != 2 || trial.signers.count != 1)
            fail_msg("line %u, %u keys, of %s", trial.line, trial.signers.count, lines[i]);
        arena_release(&trial.arena);
    }
}

static void no_prefix_and_no_changed_bit_breaks_the_reader(void **state)
{
    (void)state;
    static const char whole[] =
        "a,\"b\" namespaces=\"x,y*\",valid-after=\"20260101Z\" " ED25519 " c\n";
    struct trial trial;
    char copy[sizeof(whole)];
    for (size_t i = 0; i < sizeof(whole); i++) {
        trial_read(&trial, bytes_of(whole, i));
        arena_release(&trial.arena);
    }
    for (size_t bit = 0; bit < (sizeof(whole) - 1) * 8; bit++) {
        memcpy(copy, whole, sizeof(whole));
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << (bit % 8)));
        trial_read(&trial, bytes_of(copy, sizeof(whole) - 1));
        arena_release(&trial.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_allowed_by_its_line),
        cmocka_unit_test(namespaces_are_patterns),
        cmocka_unit_test(validity_must_hold_at_every_moment),
        cmocka_unit_test(a_certificate_authority_signs_no_files),
        cmocka_unit_test(broken_lines_are_told_and_the_others_count),
        cmocka_unit_test(no_prefix_and_no_changed_bit_breaks_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The small parts: patterns, expressions, addresses. */
#include "base/address.h"
#include "rules/compile/regex.h"
#include "rules/match/text.h"
#include "rules/sigma/sigma.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* What an expression needs, as text: alternatives by |, then runs by >. */
static void needs_are(const char *expression, unsigned flags, const char *expected)
{
    struct arena arena;
    struct regex_needs needs;
    char text[512] = "";
    arena_init(&arena, 1U << 20);
    regex_needs(&arena, bytes_of_text(expression), flags, &needs);
    for (uint32_t i = 0; i < needs.literal_count; i++) {
        strcat(text, i ? "|" : "");
        strncat(text, (const char *)needs.literals[i].data, needs.literals[i].length);
    }
    for (uint32_t i = 0; i < needs.run_count; i++) {
        strcat(text, ">");
        strncat(text, (const char *)needs.runs[i].data, needs.runs[i].length);
    }
    assert_string_equal(text, expected);
    arena_release(&arena);
}

static void needs_of_expressions_are_found(void **state)
{
    (void)state;
    needs_are("Cmd", 0, "cmd>cmd");
    needs_are("cmd.*power", 0, "power>cmd>power");
    needs_are("(cmd|powershell)\\.exe", 0, ".exe>.exe");
    needs_are("(command|powershell)", 0, "command|powershell");
    needs_are("a|", 0, "");
    needs_are("ab+cd", 0, "bcd>ab>cd");
    needs_are("ab*cd", 0, "cd>a>cd");
    needs_are("ab?cd{2}ef{0,3}", 0, "cd>a>cd>e");
    needs_are("(optional)?needed", 0, "needed>needed");
    needs_are("(needed)+", 0, "needed>needed");
    needs_are("[Pp]rogram[Dd]ata", 0, "programdata>programdata");
    needs_are("a[bc]de", 0, "de>a>de");
    needs_are("\\\\\\.pipe", 0, "\\.pipe>\\.pipe");
    needs_are("^start\\bend$", 0, "startend>startend");
    needs_are("\\d{3}x", 0, "x>x");
    needs_are("(?=ahead)behind", 0, "behind>behind");
    needs_are("(?!never)that", 0, "that>that");
    needs_are("(?:a)(?<n>bc)", 0, "bc>a>bc");
    needs_are("\\+.*\\+.*\\+", 0, "+>+>+>+");
}

static void characters_with_other_cases_end_a_run(void **state)
{
    (void)state;
    needs_are("powershell", SIGMA_REGEX_I, "power>power>hell");
    needs_are("(?i)powershell", 0, "power>power>hell");
    needs_are("caf\xC3\x89", 0, "caf\xC3\xA9>caf\xC3\xA9");
    needs_are("caf\xC3\x89", SIGMA_REGEX_I, "caf>caf");
}

static void what_is_not_read_needs_nothing(void **state)
{
    static const char *const expressions[] = {
        "(?x) a b", "\\Qa.b\\E",     "(a)\\1",   "(?R)?ab",  "(?(1)a|b)c", "(*ANY)abc",
        "\\x41bc",  "[[:alpha:]]bc", "(?P=a)bc", "\\p{L}bc", "abc\xFF",    "(?C)abc",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(expressions); i++)
        needs_are(expressions[i], 0, "");
}

static void lazy_is(const char *expression, const char *expected)
{
    struct arena arena;
    arena_init(&arena, 1U << 20);
    const struct bytes lazy = regex_lazy(&arena, bytes_of_text(expression));
    assert_true(bytes_equal(lazy, bytes_of_text(expected)));
    arena_release(&arena);
}

static void dots_become_lazy_where_that_decides_nothing(void **state)
{
    (void)state;
    lazy_is("a.*b.+c", "a.*?b.+?c");
    lazy_is("a.*?b", "a.*?b");
    lazy_is("a.{2,9}b", "a.{2,9}?b");
    lazy_is("(x.*)?y", "(x.*?)?y");
    lazy_is("a\\.*b[.*]*", "a\\.*b[.*]*");
    lazy_is("(?>a.*)b", "(?>a.*)b");
    lazy_is("a.*+b", "a.*+b");
    lazy_is("(?U)a.*b", "(?U)a.*b");
    lazy_is("(a).*\\1", "(a).*\\1");
}

static void parts_are_found_wherever_they_stand(void **state)
{
    char text[80];
    (void)state;
    for (size_t length = 1; length < 70; length++)
        for (size_t at = 0; at + length <= sizeof(text); at += 3) {
            memset(text, 'a', sizeof(text));
            memset(text + at, 'b', length);
            text[at + length / 2] = 'c';
            const struct bytes part = bytes_of(text + at, length);
            const uint8_t *found = text_find(bytes_of(text, sizeof(text)), part);
            assert_ptr_equal(found, memmem(text, sizeof(text), text + at, length));
            assert_null(text_find(bytes_of(text, at + length - 1),
                                  length > 2 ? bytes_of(text + at, length) : bytes_of("zz", 2)));
        }
    assert_non_null(text_find(bytes_of("", 0), bytes_of("", 0)));
}

static void networks_are_read(void **state)
{
    struct network network;
    (void)state;
    assert_true(network_parse(bytes_of_text("10.0.0.0/8"), &network));
    assert_int_equal(network.prefix, 104);
    assert_true(network_parse(bytes_of_text("10.0.0.1"), &network));
    assert_int_equal(network.prefix, 128);
    assert_true(network_parse(bytes_of_text("::ffff:0:0/90"), &network));
    assert_int_equal(network.address.version, 6);
    assert_true(network_parse(bytes_of_text("::ffff:10.0.0.0/104"), &network));
    assert_int_equal(network.address.version, 4);
    static const char *const wrong[] = {"10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "::1/129",
                                        "10.0.0.0/8x", "",         "/8",        "x"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(network_parse(bytes_of_text(wrong[i]), &network));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_of_expressions_are_found),
        cmocka_unit_test(characters_with_other_cases_end_a_run),
        cmocka_unit_test(what_is_not_read_needs_nothing),
        cmocka_unit_test(dots_become_lazy_where_that_decides_nothing),
        cmocka_unit_test(parts_are_found_wherever_they_stand),
        cmocka_unit_test(networks_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

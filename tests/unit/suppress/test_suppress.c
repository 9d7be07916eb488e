#include "base/glob.h"
#include "suppress/suppress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define END  "  owner: o\n  reason: r\n  expires: 2026-12-31\n"
#define NOON 1798718400 /* 2026-12-31T12:00:00Z */
#define DAY  86400

static const struct rule_info rule = {
    .id = "24a2fcc1-5bff-4b96-a3d6-d8d1914b2602", .title = "A Rule", .path = "host/psexec/a.yml"};

static struct finding finding_of(const char *fields)
{
    return (struct finding){.host = bytes_of_text("dc1.lab.example"),
                            .account = bytes_of_text("LAB\\svc-backup"),
                            .source = bytes_of_text("10.1.0.77"),
                            .fields = bytes_of_text(fields)};
}

static enum status read_text(const char *text, int64_t now, struct suppressions **made,
                             struct fault *fault)
{
    char path[] = "suppress-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    const enum status status =
        suppressions_read(path, (struct instant){.seconds = now}, made, fault);
    unlink(path);
    return status;
}

static bool keeps_back_at(const char *text, const char *fields, int64_t now)
{
    struct suppressions *suppressions;
    struct fault fault = {0};
    if (read_text(text, now, &suppressions, &fault) != STATUS_OK)
        fail_msg("%s", fault.reason);
    const struct finding finding = finding_of(fields);
    const bool is_kept_back = suppressions_keep_back(suppressions, &finding, &rule);
    suppressions_free(suppressions);
    return is_kept_back;
}

static bool keeps_back(const char *text)
{
    return keeps_back_at(text, "{\"Share\":\"\\\\\\\\*\\\\C$\",\"Mask\":3,\"List\":[\"a\",\"b\"]}",
                         NOON);
}

static void a_rule_is_named_by_id_title_or_path(void **state)
{
    (void)state;
    assert_true(keeps_back("- rule: 24A2FCC1-5bff-4b96-a3d6-d8d1914b2602\n" END));
    assert_true(keeps_back("- rule: a rule\n" END));
    assert_true(keeps_back("- rule: 'host/psexec/*'\n" END));
    assert_true(keeps_back("- rule: [other, A*]\n" END));
    assert_false(keeps_back("- rule: psexec\n" END));
    assert_false(keeps_back("- rule: A Rul\n" END));
}

static void a_bare_name_fits_a_full_one(void **state)
{
    (void)state;
    assert_true(keeps_back("- host: DC1\n" END));
    assert_true(keeps_back("- host: dc1.lab.example\n" END));
    assert_true(keeps_back("- host: '*.example'\n" END));
    assert_false(keeps_back("- host: dc\n" END));
    assert_true(keeps_back("- account: svc-backup\n" END));
    assert_true(keeps_back("- account: 'lab\\svc-*'\n" END));
    assert_false(keeps_back("- account: 'OTHER\\svc-backup'\n" END));
    assert_true(keeps_back("- source: 10.1.0.*\n" END));
    assert_false(keeps_back("- source: 10.1.0\n" END));
}

static void all_that_an_entry_says_must_fit(void **state)
{
    (void)state;
    assert_true(keeps_back("- rule: a rule\n  host: dc1\n  source: 10.1.0.77\n" END));
    assert_false(keeps_back("- rule: a rule\n  host: dc2\n  source: 10.1.0.77\n" END));
    assert_true(keeps_back("- host: dc2\n" END "- host: dc1\n" END));
}

static void fields_are_compared_by_what_they_say(void **state)
{
    (void)state;
    assert_true(keeps_back("- field: {Share: '\\\\*\\C$'}\n" END));
    assert_true(keeps_back("- field: {Mask: 3}\n" END));
    assert_true(keeps_back("- field: {Mask: [2, 3], List: 'a, b'}\n" END));
    assert_false(keeps_back("- field: {Mask: 3, List: a}\n" END));
    assert_false(keeps_back("- field: {mask: 3}\n" END));
    assert_false(keeps_back("- field: {Absent: '*'}\n" END));
}

static void an_entry_ends_with_its_day(void **state)
{
    static const char by_day[] = "- host: dc1\n" END;
    static const char by_time[] =
        "- host: dc1\n  owner: o\n  reason: r\n  expires: 2026-12-31T13:00:00+01:00\n";
    (void)state;
    assert_true(keeps_back_at(by_day, "{}", NOON));
    assert_true(keeps_back_at(by_day, "{}", NOON + DAY / 2 - 1));
    assert_false(keeps_back_at(by_day, "{}", NOON + DAY / 2));
    assert_true(keeps_back_at(by_time, "{}", NOON));
    assert_false(keeps_back_at(by_time, "{}", NOON + 1));
}

static void entries_count_what_they_keep_back(void **state)
{
    struct suppressions *suppressions;
    const struct finding finding = finding_of("{}");
    (void)state;
    assert_int_equal(read_text("- host: dc9\n" END "- host: dc1\n" END
                               "- host: dc1\n  owner: late\n  reason: r\n  expires: 2020-01-01\n",
                               NOON, &suppressions, NULL),
                     STATUS_OK);
    assert_true(suppressions_keep_back(suppressions, &finding, &rule));
    assert_true(suppressions_keep_back(suppressions, &finding, &rule));
    assert_int_equal(suppressions_count(suppressions), 3);
    assert_int_equal(suppressions_told(suppressions, 0).count, 0);
    assert_int_equal(suppressions_told(suppressions, 1).count, 2);
    assert_int_equal(suppressions_told(suppressions, 1).line, 5);
    assert_false(suppressions_told(suppressions, 1).has_expired);
    assert_true(suppressions_told(suppressions, 2).has_expired);
    assert_string_equal(suppressions_told(suppressions, 2).owner, "late");
    suppressions_free(suppressions);
}

static void whatever_is_not_understood_makes_the_file_invalid(void **state)
{
    static const struct {
        const char *text;
        uint64_t line;
    } cases[] = {
        {"- rule: x\n  reason: r\n  expires: 2026-01-01\n", 1},
        {"- rule: x\n  owner: o\n  expires: 2026-01-01\n", 1},
        {"\n- rule: x\n  owner: o\n  reason: r\n", 2},
        {"- owner: o\n  reason: r\n  expires: 2026-01-01\n", 1},
        {"- rule: x\n  hosts: y\n" END, 2},
        {"- rule: x\n  rule: y\n" END, 2},
        {"- rule:\n" END, 1},
        {"- rule: []\n" END, 1},
        {"- rule: {a: b}\n" END, 1},
        {"- field: x\n" END, 1},
        {"- field: {}\n" END, 1},
        {"- field: {a: {b: c}}\n" END, 1},
        {"- rule: x\n  owner: [a]\n  reason: r\n  expires: 2026-01-01\n", 2},
        {"- rule: x\n  owner: o\n  reason: ''\n  expires: 2026-01-01\n", 3},
        {"- rule: x\n  owner: o\n  reason: r\n  expires: tomorrow\n", 4},
        {"- rule: x\n  owner: o\n  reason: r\n  expires: 2026-13-01\n", 4},
        {"- x\n", 1},
        {"rule: x\n", 1},
        {"- [\n", 2},
        {"[]\n---\n[]\n", 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct suppressions *suppressions = NULL;
        struct fault fault = {0};
        assert_int_equal(read_text(cases[i].text, NOON, &suppressions, &fault), STATUS_INVALID);
        assert_null(suppressions);
        char place[64];
        snprintf(place, sizeof(place), ":%u: ", (unsigned)cases[i].line);
        if (!strstr(fault.reason, place))
            fail_msg("%s is not at line %u: %s", cases[i].text, (unsigned)cases[i].line,
                     fault.reason);
    }
}

static void an_empty_file_keeps_nothing_back(void **state)
{
    (void)state;
    assert_false(keeps_back(""));
    assert_false(keeps_back("[]\n"));
}

/* The obvious way, which takes exponential time at worst. */
static bool fits_slowly(const char *pattern, const char *text)
{
    if (!*pattern)
        return !*text;
    if (*pattern == '*')
        return fits_slowly(pattern + 1, text) || (*text && fits_slowly(pattern, text + 1));
    return *pattern == *text && fits_slowly(pattern + 1, text + 1);
}

static void next_text(char text[8], unsigned number, const char *letters)
{
    size_t length = 0;
    for (; number; number /= 4)
        if (number % 4)
            text[length++] = letters[number % 4 - 1];
    text[length] = '\0';
}

static void a_pattern_fits_as_the_obvious_way_says(void **state)
{
    (void)state;
    for (unsigned p = 0; p < 4096; p++)
        for (unsigned t = 0; t < 1024; t++) {
            char pattern[8], text[8];
            next_text(pattern, p, "ab*");
            next_text(text, t, "abc");
            const struct glob glob = {bytes_of_text(pattern)};
            if (glob_fits(&glob, bytes_of_text(text)) != fits_slowly(pattern, text))
                fail_msg("%s on %s", pattern, text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_named_by_id_title_or_path),
        cmocka_unit_test(a_bare_name_fits_a_full_one),
        cmocka_unit_test(all_that_an_entry_says_must_fit),
        cmocka_unit_test(fields_are_compared_by_what_they_say),
        cmocka_unit_test(an_entry_ends_with_its_day),
        cmocka_unit_test(entries_count_what_they_keep_back),
        cmocka_unit_test(whatever_is_not_understood_makes_the_file_invalid),
        cmocka_unit_test(an_empty_file_keeps_nothing_back),
        cmocka_unit_test(a_pattern_fits_as_the_obvious_way_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rules that mean harm: refused with a reason, and the rules beside them load. */
#include "lab.h"
#include "rules/sigma/logsource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GOOD "title: good\nlogsource: {product: windows}\ndetection: {s: {A: 1}, condition: s}\n"

static const char sample[] =
    "title: &t S\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nname: n\nlevel: high\n"
    "tags: [a.b]\nlogsource: {category: c}\ndetection:\n  s:\n"
    "    A|contains|all: ['\\*x', \"y\\u00e9\"]\n    B|re|i: a.c\n    C|base64offset: xyz\n"
    "    D|windash: -a\n    E|cidr: ::1/128\n    F|gte: 1.5\n    G|expand: '%p%q'\n"
    "  k: [w, 7, null]\n  condition: 2 of them or not (s and k)\n---\n"
    "title: c\ncorrelation: {type: temporal, rules: [n], timespan: 1m, group-by: *t}\n---\n"
    "title: f\nlogsource: {category: c}\nfilter: {rules: any, s: {X: 1}, condition: not s}\n";

/* An exact-size copy, so that a sanitizer sees a step beyond it. */
static void load(const char *text, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    memcpy(copy, text, length);
    struct sigma_rules *rules;
    struct fault fault = {0};
    assert_int_equal(sigma_new(NULL, &rules, &fault), STATUS_OK);
    assert_int_equal(sigma_add(rules, "x.yml", bytes_of(copy, length), &fault), STATUS_OK);
    assert_int_equal(sigma_finish(rules, &fault), STATUS_OK);
    for (uint32_t i = 0; i < sigma_refusal_count(rules); i++) {
        assert_true(sigma_refusal_at(rules, i)->line > 0);
        assert_true(strlen(sigma_refusal_at(rules, i)->reason) > 0);
    }
    sigma_free(rules);
    free(copy);
}

static void every_prefix_of_a_rule_is_survived(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof(sample); length++)
        load(sample, length);
}

static void every_bit_flip_of_a_rule_is_survived(void **state)
{
    (void)state;
    char text[sizeof(sample)];
    for (size_t bit = 0; bit < (sizeof(sample) - 1) * 8; bit++) {
        memcpy(text, sample, sizeof(sample));
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << (bit % 8)));
        load(text, sizeof(sample) - 1);
    }
}

static void every_prefix_and_bit_flip_of_a_log_source_table_is_survived(void **state)
{
    (void)state;
    static const char table_text[] =
        "logsources:\n- {product: w, service: s, conditions: {C: [a, b*]}, audit: x}\n"
        "- product: w\n  category: c\n  any:\n  - {service: s, conditions: {E: 1},\n"
        "     fields: {A: B}, values: {A: {x: [y, z]}, D: {t: 1}}}\n";
    char text[sizeof(table_text)];
    for (size_t bit = 0; bit < (sizeof(table_text) - 1) * 9; bit++) {
        const bool is_flip = bit >= sizeof(table_text) - 1;
        const size_t at = bit - (sizeof(table_text) - 1);
        memcpy(text, table_text, sizeof(table_text));
        if (is_flip)
            text[at / 8] = (char)(text[at / 8] ^ (1 << (at % 8)));
        struct logsource_table *table = NULL;
        struct fault fault = {0};
        const size_t length = is_flip ? sizeof(table_text) - 1 : bit;
        if (logsource_parse(bytes_of(text, length), &table, &fault) != STATUS_OK)
            assert_true(strlen(fault.reason) > 0);
        else
            logsource_free(table);
    }
}

static void is_refused_beside_a_good_one(const char *bad, const char *reason)
{
    const char *const texts[] = {bad, GOOD};
    struct sigma_rules *rules = lab_files(NULL, texts, 2);
    assert_int_equal(sigma_count(rules), 1);
    assert_int_equal(sigma_refusal_count(rules), 1);
    if (!strstr(sigma_refusal_at(rules, 0)->reason, reason))
        fail_msg("%s", sigma_refusal_at(rules, 0)->reason);
    sigma_free(rules);
}

static void aliases_that_multiply_are_refused(void **state)
{
    (void)state;
    is_refused_beside_a_good_one("a: &a [x, x, x, x, x, x, x, x, x, x]\n"
                                 "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                                 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                                 "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                                 "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n",
                                 "more than 100000 nodes in a document with its aliases");
}

static void an_alias_inside_its_own_anchor_is_refused(void **state)
{
    (void)state;
    is_refused_beside_a_good_one("a: &a\n  b: *a\n", "the alias *a contains itself");
    is_refused_beside_a_good_one("a: *b\n", "the alias *b has no anchor");
}

static void aliases_that_do_no_harm_are_taken(void **state)
{
    (void)state;
    lab_assert_tree("s: &s {A: 1}\nt: {B: &v x}\nu: {C: *v}\nw: *s\ncondition: all of them",
                    "(A:1 & B:x & C:x & A:1)");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text, "a: ");
    for (int i = 0; i < 100000; i++)
        buffer_byte(&text, '[');
    buffer_byte(&text, '\0');
    is_refused_beside_a_good_one((const char *)text.data, "nested deeper than 64");
    buffer_release(&text);
}

static void too_many_nodes_are_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text, "a: [");
    for (int i = 0; i < 100001; i++)
        buffer_text(&text, "x,");
    buffer_text(&text, "]\n");
    buffer_byte(&text, '\0');
    is_refused_beside_a_good_one((const char *)text.data, "more than 100000 nodes");
    buffer_release(&text);
}

static void a_rule_that_eats_memory_is_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text, "title: t\nlogsource: {product: windows}\ndetection:\n  s:\n"
                       "    A|windash: '-a -b -c -d -e ");
    for (int i = 0; i < 60000; i++)
        buffer_byte(&text, 'x');
    buffer_text(&text, "'\n  condition: s\n");
    buffer_byte(&text, '\0');
    is_refused_beside_a_good_one((const char *)text.data, "needs more memory than 8 MiB");
    buffer_release(&text);
}

static void a_condition_that_multiplies_its_tests_is_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text, "title: t\nlogsource: {product: windows}\ndetection:\n  s:\n    A: [");
    for (int i = 0; i < 1000; i++)
        buffer_format(&text, "%d,", i);
    buffer_text(&text, "]\n  condition: s");
    for (int i = 0; i < 100; i++)
        buffer_text(&text, " or s and not s");
    buffer_byte(&text, '\0');
    is_refused_beside_a_good_one((const char *)text.data, "reaches too many tests");
    buffer_release(&text);
}

static void keys_must_be_scalars_and_unique(void **state)
{
    (void)state;
    is_refused_beside_a_good_one("[a]: b\n", "a key is a list or a map");
    is_refused_beside_a_good_one("title: a\ntitle: b\n", "the key title is repeated");
    struct buffer text = {0};
    for (int i = 0; i < 40; i++)
        buffer_format(&text, "k%d: v\n", i);
    buffer_text(&text, "k7: v\n");
    buffer_byte(&text, '\0');
    const char *const texts[] = {(const char *)text.data};
    struct sigma_rules *rules = lab_files(NULL, texts, 1);
    assert_string_equal(sigma_refusal_at(rules, 0)->reason, "the key k7 is repeated");
    assert_int_equal(sigma_refusal_at(rules, 0)->line, 41);
    sigma_free(rules);
    buffer_release(&text);
}

static void foreign_tags_are_refused(void **state)
{
    (void)state;
    is_refused_beside_a_good_one("title: !!python/object x\n", "the tag");
    is_refused_beside_a_good_one("title: !!set {a}\n", "the tag");
}

static void text_that_is_no_utf8_is_refused_with_its_line(void **state)
{
    (void)state;
    lab_assert_refused("title: t\n# \xFF\n", 2, "not YAML");
    lab_assert_refused("title: t\nx: \x01\n", 2, "not YAML");
}

static void a_file_as_windows_writes_it_loads(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("\xEF\xBB\xBFtitle: t\r\nlogsource: {product: windows}\r\ndetection:\r\n"
                 "    s:\r\n        A: 1\r\n    condition: s\r\n");
    assert_int_equal(sigma_count(rules), 1);
    assert_string_equal(sigma_rule_at(rules, 0)->title, "t");
    sigma_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_of_a_rule_is_survived),
        cmocka_unit_test(every_bit_flip_of_a_rule_is_survived),
        cmocka_unit_test(every_prefix_and_bit_flip_of_a_log_source_table_is_survived),
        cmocka_unit_test(aliases_that_multiply_are_refused),
        cmocka_unit_test(an_alias_inside_its_own_anchor_is_refused),
        cmocka_unit_test(aliases_that_do_no_harm_are_taken),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(too_many_nodes_are_refused),
        cmocka_unit_test(a_rule_that_eats_memory_is_refused),
        cmocka_unit_test(a_condition_that_multiplies_its_tests_is_refused),
        cmocka_unit_test(keys_must_be_scalars_and_unique),
        cmocka_unit_test(foreign_tags_are_refused),
        cmocka_unit_test(text_that_is_no_utf8_is_refused_with_its_line),
        cmocka_unit_test(a_file_as_windows_writes_it_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Attributes of a rule, and what makes a rule refused. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TAIL "logsource: {product: windows}\ndetection:\n  s: {A: 1}\n  condition: s\n"

static void every_attribute_is_kept(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("# comment\n"
                 "title: A title\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nname: a_name\n"
                 "status: Test\ndescription: |\n  Two\n  lines\nreferences: [r1, r2]\n"
                 "author: An Author\ndate: 2026-01-31\nmodified: 2026/2/1\n"
                 "tags: [attack.t1047, cve.2020-1472]\nfields: [User]\nfalsepositives: [f]\n"
                 "level: HIGH\nlicense: MIT\nscope: [server]\n"
                 "logsource: {category: c, product: p, service: s, definition: d}\n"
                 "impound.tool: [wmiexec, smbexec]\nimpound.strength: standalone\nnumber: 5\n"
                 "detection:\n  s: {A: 1}\n  condition: s\n");
    assert_int_equal(sigma_count(rules), 1);
    const struct sigma_rule *rule = sigma_rule_at(rules, 0);
    assert_string_equal(rule->title, "A title");
    assert_string_equal(rule->id, "929a690e-bef0-4204-a928-ef5e620d6fcc");
    assert_string_equal(rule->name, "a_name");
    assert_string_equal(rule->description, "Two\nlines\n");
    assert_string_equal(rule->author, "An Author");
    assert_string_equal(rule->date, "2026-01-31");
    assert_string_equal(rule->modified, "2026/2/1");
    assert_string_equal(rule->path, "0.yml");
    assert_int_equal(rule->line, 2);
    assert_int_equal(rule->level, SIGMA_HIGH);
    assert_int_equal(rule->status, SIGMA_TEST);
    assert_int_equal(rule->tag_count, 2);
    assert_string_equal(rule->tags[1], "cve.2020-1472");
    assert_int_equal(rule->reference_count, 2);
    assert_int_equal(rule->field_count, 1);
    assert_int_equal(rule->falsepositive_count, 1);
    assert_string_equal(rule->logsource.category, "c");
    assert_string_equal(rule->logsource.product, "p");
    assert_string_equal(rule->logsource.service, "s");
    assert_int_equal(rule->attribute_count, 3);
    assert_string_equal(rule->attributes[0].key, "impound.tool");
    assert_int_equal(rule->attributes[0].count, 2);
    assert_string_equal(rule->attributes[0].values[1], "smbexec");
    assert_string_equal(rule->attributes[1].values[0], "standalone");
    assert_string_equal(rule->attributes[2].values[0], "5");
    assert_false(rule->is_silent);
    assert_null(rule->correlation);
    sigma_free(rules);
}

static void what_is_not_said_is_informational_and_experimental(void **state)
{
    (void)state;
    struct sigma_rules *rules = lab_file("title: t\ntags:\nauthor:\n" TAIL);
    const struct sigma_rule *rule = sigma_rule_at(rules, 0);
    assert_int_equal(rule->level, SIGMA_INFORMATIONAL);
    assert_int_equal(rule->status, SIGMA_EXPERIMENTAL);
    assert_null(rule->id);
    assert_null(rule->author);
    assert_null(rule->logsource.category);
    assert_int_equal(rule->tag_count, 0);
    sigma_free(rules);
}

static void words_of_level_and_status_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < SIGMA_LEVEL_COUNT; i++) {
        enum sigma_level level = SIGMA_LEVEL_COUNT;
        assert_true(
            sigma_level_parse(bytes_of_text(sigma_level_name((enum sigma_level)i)), &level));
        assert_int_equal(level, i);
    }
    for (int i = 0; i < SIGMA_STATUS_COUNT; i++) {
        enum sigma_status status = SIGMA_STATUS_COUNT;
        assert_true(
            sigma_status_parse(bytes_of_text(sigma_status_name((enum sigma_status)i)), &status));
        assert_int_equal(status, i);
    }
    enum sigma_level level;
    assert_false(sigma_level_parse(bytes_of_text("hig"), &level));
    assert_false(sigma_level_parse(bytes_of_text("highest"), &level));
}

static void what_a_rule_needs_is_missed(void **state)
{
    (void)state;
    lab_assert_refused("id: 929a690e-bef0-4204-a928-ef5e620d6fcc\n" TAIL, 1, "title is missing");
    lab_assert_refused("title:\n" TAIL, 1, "title is missing");
    lab_assert_refused("title: t\ndetection:\n  s: {A: 1}\n  condition: s\n", 1,
                       "logsource is missing");
    lab_assert_refused("title: t\nlogsource: {product: windows}\n", 1, "detection is missing");
    lab_assert_refused("title: t\nlogsource: {product: windows}\ndetection:\n  s: {A: 1}\n", 4,
                       "condition is missing");
    lab_assert_refused("title: t\nlogsource: {product: windows}\ndetection:\n  condition: s\n", 4,
                       "there is no selection");
    lab_assert_refused("title: t\nlogsource: {product: windows}\ndetection: {}\n", 3,
                       "condition is missing");
    lab_assert_refused("title: t\nlogsource: {product: windows}\ndetection:\n  s: {}\n"
                       "  condition: s\n",
                       4, "the selection s is empty");
}

static void attributes_of_a_wrong_kind_are_refused(void **state)
{
    (void)state;
    lab_assert_refused("title: [t]\n" TAIL, 1, "title must be a text");
    lab_assert_refused("title: t\nid: 12\n" TAIL, 2, "id must be a UUID");
    lab_assert_refused("title: t\nname: ''\n" TAIL, 2, "name is empty");
    lab_assert_refused("title: t\nlevel: severe\n" TAIL, 2, "level is none of Sigma's");
    lab_assert_refused("title: t\nlevel: [high]\n" TAIL, 2, "level is none of Sigma's");
    lab_assert_refused("title: t\nstatus: done\n" TAIL, 2, "status is none of Sigma's");
    lab_assert_refused("title: t\ndate: 1.2.2024\n" TAIL, 2, "date must be a date");
    lab_assert_refused("title: t\ndate: 2024-02-30\n" TAIL, 2, "date must be a date");
    lab_assert_refused("title: t\nmodified: 2023-02-29\n" TAIL, 2, "modified must be a date");
    lab_assert_refused("title: t\ntags: attack.t1047\n" TAIL, 2, "tags must be a list");
    lab_assert_refused("title: t\nreferences: r\n" TAIL, 2, "references must be a list");
    lab_assert_refused("title: t\nauthor: [a]\n" TAIL, 2, "author must be a text");
    lab_assert_refused("title: t\nrelated: [{id: x, type: y}]\n" TAIL, 2, "related needs a UUID");
    lab_assert_refused(
        "title: t\nlogsource: {definition: d}\ndetection: {s: {A: 1}, condition: s}\n", 2,
        "names no category, product or service");
    lab_assert_refused("title: t\nlogsource: windows\ndetection: {s: {A: 1}, condition: s}\n", 2,
                       "logsource must be a map");
    lab_assert_refused("- title: t\n", 1, "a rule must be a map");
    lab_assert_refused("text\n", 1, "a rule must be a map");
    lab_assert_refused("[]\n", 1, "a rule must be a map");
}

static void a_title_has_up_to_256_characters(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text, "title: ");
    for (int i = 0; i < 256; i++)
        buffer_text(&text, "\xC3\xA9");
    const size_t end = text.length;
    buffer_text(&text, "\n" TAIL);
    buffer_byte(&text, '\0');
    struct sigma_rules *rules = lab_file((const char *)text.data);
    assert_int_equal(sigma_count(rules), 1);
    sigma_free(rules);
    text.length = end;
    buffer_text(&text, "x\n" TAIL);
    buffer_byte(&text, '\0');
    lab_assert_refused((const char *)text.data, 1, "title is longer");
    buffer_release(&text);
}

static void a_timeframe_is_no_selection(void **state)
{
    (void)state;
    lab_assert_tree("s: {A: 1}\ntimeframe: 5m\ncondition: 1 of them", "A:1");
}

static void both_of_two_rules_with_one_id_load(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: t\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\n" TAIL
                 "---\ntitle: u\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\n" TAIL);
    assert_int_equal(sigma_count(rules), 2);
    assert_int_equal(sigma_refusal_count(rules), 0);
    sigma_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_is_kept),
        cmocka_unit_test(what_is_not_said_is_informational_and_experimental),
        cmocka_unit_test(words_of_level_and_status_go_both_ways),
        cmocka_unit_test(what_a_rule_needs_is_missed),
        cmocka_unit_test(attributes_of_a_wrong_kind_are_refused),
        cmocka_unit_test(a_title_has_up_to_256_characters),
        cmocka_unit_test(a_timeframe_is_no_selection),
        cmocka_unit_test(both_of_two_rules_with_one_id_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files of several documents, actions of Sigma 1.x, placeholders, filters. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define RULE(title) "title: " title "\nlogsource: {product: windows}\n"
#define DETECTION   "detection:\n  s: {A: 1}\n  condition: s\n"
#define ID          "929a690e-bef0-4204-a928-ef5e620d6fcc"

static void assert_condition(const struct sigma_rules *rules, uint32_t index, const char *tree)
{
    struct buffer found = {0};
    lab_tree(&found, sigma_rule_at(rules, index)->condition);
    buffer_byte(&found, '\0');
    assert_string_equal((const char *)found.data, tree);
    buffer_release(&found);
}

static void assert_refusal(const struct sigma_rules *rules, uint32_t index, unsigned line,
                           const char *reason)
{
    assert_true(sigma_refusal_count(rules) > index);
    const struct sigma_refusal *refusal = sigma_refusal_at(rules, index);
    if (refusal->line != line || !strstr(refusal->reason, reason))
        fail_msg("%u: %s", refusal->line, refusal->reason);
}

static void a_file_has_any_number_of_documents(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("---\n" RULE("one") DETECTION "---\n---\n" RULE("two") DETECTION "...\n---\n");
    assert_int_equal(sigma_count(rules), 2);
    assert_int_equal(sigma_refusal_count(rules), 0);
    assert_int_equal(sigma_rule_at(rules, 1)->line, 9);
    sigma_free(rules);
    rules = lab_file("");
    assert_int_equal(sigma_count(rules), 0);
    assert_int_equal(sigma_refusal_count(rules), 0);
    sigma_free(rules);
}

static void a_wrong_document_leaves_the_others_alone(void **state)
{
    (void)state;
    struct sigma_rules *rules = lab_file(RULE("one") DETECTION "---\ntitle: two\n---\n" RULE(
        "three") DETECTION "---\ntitle: four: five\n");
    assert_int_equal(sigma_count(rules), 2);
    assert_int_equal(sigma_refusal_count(rules), 2);
    assert_refusal(rules, 0, 7, "logsource is missing");
    assert_refusal(rules, 1, 15, "not YAML");
    sigma_free(rules);
}

static void global_attributes_reach_the_rules_until_reset(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("action: global\ntitle: g\nlevel: high\n"
                 "detection:\n  f: {F: 1}\n  condition: s and not f\n---\n"
                 "logsource: {category: one}\ndetection:\n  s: {A: 1}\n---\n"
                 "logsource: {category: two}\nlevel: low\ndetection:\n  s: {A: 2}\n---\n"
                 "action: reset\n---\n" RULE("plain") DETECTION);
    assert_int_equal(sigma_refusal_count(rules), 0);
    assert_int_equal(sigma_count(rules), 3);
    assert_condition(rules, 0, "(A:1 & !F:1)");
    assert_condition(rules, 1, "(A:2 & !F:1)");
    assert_condition(rules, 2, "A:1");
    assert_string_equal(sigma_rule_at(rules, 1)->logsource.category, "two");
    assert_int_equal(sigma_rule_at(rules, 1)->level, SIGMA_HIGH);
    assert_int_equal(sigma_rule_at(rules, 2)->level, SIGMA_INFORMATIONAL);
    sigma_free(rules);
}

static void repeat_changes_the_rule_before(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file(RULE("one") DETECTION "---\naction: repeat\ntitle: two\n"
                                       "detection:\n  s: {B: 2}\n---\n"
                                       "action: repeat\nlogsource: {service: security}\n");
    assert_int_equal(sigma_count(rules), 3);
    assert_condition(rules, 1, "(A:1 & B:2)");
    assert_condition(rules, 2, "(A:1 & B:2)");
    assert_string_equal(sigma_rule_at(rules, 2)->title, "two");
    assert_string_equal(sigma_rule_at(rules, 2)->logsource.product, "windows");
    assert_string_equal(sigma_rule_at(rules, 2)->logsource.service, "security");
    sigma_free(rules);
}

static void an_unknown_action_is_refused(void **state)
{
    (void)state;
    lab_assert_refused("action: include\n", 1, "neither global, reset nor repeat");
    lab_assert_refused("action: repeat\n", 1, "no document to repeat");
}

#define EXPANDING "detection:\n  s:\n    A|%s: '%s'\n  condition: s\n"

static struct sigma_rules *expand(const char *modifiers, const char *value, const char *definitions)
{
    char text[512];
    snprintf(text, sizeof(text), RULE("t") EXPANDING, modifiers, value);
    const char *const texts[] = {text};
    char *path = lab_write(definitions);
    const char *const paths[] = {path};
    const struct sigma_options options = {.placeholder_files = paths, .placeholder_count = 1};
    struct sigma_rules *rules = lab_files(&options, texts, 1);
    lab_remove(path);
    return rules;
}

static void expands_to(const char *modifiers, const char *value, const char *tree)
{
    struct sigma_rules *rules =
        expand(modifiers, value, "one: srv*\ntwo: [a, 'b\\*', 7]\n'with blank': x\n");
    if (sigma_refusal_count(rules))
        fail_msg("%s", sigma_refusal_at(rules, 0)->reason);
    assert_condition(rules, 0, tree);
    sigma_free(rules);
}

static void placeholders_become_their_values(void **state)
{
    (void)state;
    expands_to("expand", "%one%", "A:srv*");
    expands_to("expand", "%two%", "(A:a | A:b\\* | A:7)");
    expands_to("expand", "x%two%y%one%", "(A:xaysrv* | A:xb\\*ysrv* | A:x7ysrv*)");
    expands_to("expand|contains", "%two%", "(A:*a* | A:*b\\** | A:*7*)");
    expands_to("contains|expand", "%two%", "(A:*a* | A:*b\\** | A:*7*)");
    expands_to("expand", "%with blank%", "A:x");
    expands_to("expand|base64", "%with blank%", "A:eA==");
    expands_to("re|expand", "^%two%$", "(A~^a$~ | A~^b\\*$~ | A~^7$~)");
}

static void built_in_lists_are_known_and_a_file_replaces_them(void **state)
{
    (void)state;
    expands_to("expand", "%foreign_networks%", "(A:192.0.2.* | A:198.51.100.* | A:203.0.113.*)");
    struct sigma_rules *rules =
        expand("expand", "%foreign_networks%", "foreign_networks: 10.7.*\n");
    assert_condition(rules, 0, "A:10.7.*");
    sigma_free(rules);
}

static void a_percent_sign_is_plain_without_expand_or_behind_a_backslash(void **state)
{
    (void)state;
    lab_assert_item("A: '%name%'", "A:%name%");
    expands_to("expand", "\\%plain%one%", "A:%plainsrv*");
    expands_to("expand", "100%", "A:100%");
    expands_to("expand", "%%", "A:%%");
}

static void a_placeholder_that_nobody_defines_refuses_the_rule(void **state)
{
    (void)state;
    struct sigma_rules *rules = expand("expand", "%none%", "one: x\n");
    assert_int_equal(sigma_count(rules), 0);
    assert_refusal(rules, 0, 5, "the placeholder %none% is not defined");
    sigma_free(rules);
    rules = expand("expand|base64", "%none%", "one: x\n");
    assert_refusal(rules, 0, 5, "placeholders that are not known yet");
    sigma_free(rules);
    rules = expand("expand", "%none%", "none: []\n");
    assert_refusal(rules, 0, 5, "a placeholder has no values");
    sigma_free(rules);
}

static void a_wrong_placeholder_file_is_a_fault_with_its_line(void **state)
{
    (void)state;
    static const char *const wrong[] = {"- list\n", "a: b\nc: {d: e}\n", "a: [b\n"};
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        char *path = lab_write(wrong[i]);
        const char *const paths[] = {path};
        const struct sigma_options options = {.placeholder_files = paths, .placeholder_count = 1};
        struct sigma_rules *rules;
        struct fault fault = {0};
        assert_int_equal(sigma_new(&options, &rules, &fault), STATUS_INVALID);
        assert_non_null(strstr(fault.reason, path));
        assert_true(fault.offset > 0);
        lab_remove(path);
    }
    const char *const paths[] = {"there/is/no/such/file"};
    const struct sigma_options options = {.placeholder_files = paths, .placeholder_count = 1};
    struct sigma_rules *rules;
    struct fault fault = {0};
    assert_int_equal(sigma_new(&options, &rules, &fault), STATUS_IO);
}

#define FILTER(logsource, rules)                                   \
    "title: f\nlogsource: " logsource "\nfilter:\n  rules: " rules \
    "\n  s: {User|startswith: adm_}\n  condition: not s\n"

static void a_filter_is_joined_by_and_to_the_rules_it_names(void **state)
{
    (void)state;
    const char *const texts[] = {
        FILTER("{product: windows}", "[" ID ", named]"),
        "id: " ID "\n" RULE("one") DETECTION "---\nname: named\n" RULE("two") DETECTION
        "---\n" RULE("three") DETECTION,
    };
    struct sigma_rules *rules = lab_files(NULL, texts, 2);
    assert_int_equal(sigma_refusal_count(rules), 0);
    assert_int_equal(sigma_count(rules), 3);
    assert_condition(rules, 0, "(A:1 & !User:adm_*)");
    assert_condition(rules, 1, "(A:1 & !User:adm_*)");
    assert_condition(rules, 2, "A:1");
    sigma_free(rules);
}

static void a_filter_for_any_rule_reaches_its_log_source_only(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file(RULE("one") DETECTION
                 "---\ntitle: two\nlogsource: {product: linux}\n" DETECTION
                 "---\ntitle: three\nlogsource: {product: windows, category: c}\n" DETECTION
                 "---\n" FILTER("{product: windows}", "any"));
    assert_condition(rules, 0, "(A:1 & !User:adm_*)");
    assert_condition(rules, 1, "A:1");
    assert_condition(rules, 2, "(A:1 & !User:adm_*)");
    sigma_free(rules);
}

static void the_selections_of_a_filter_are_its_own(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: t\nlogsource: {product: windows}\n"
                 "detection:\n  s: {A: 1}\n  condition: 1 of them\n---\n"
                 "title: f\nlogsource: {product: windows}\n"
                 "filter:\n  rules: any\n  s: {B: 1}\n  r: {C: 1}\n  condition: not 1 of them\n");
    assert_condition(rules, 0, "(A:1 & !(B:1 | C:1))");
    sigma_free(rules);
}

static void many_filters_do_not_nest(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text, RULE("t") DETECTION);
    for (int i = 0; i < 1000; i++)
        buffer_text(&text, "---\n" FILTER("{product: windows}", "any"));
    buffer_byte(&text, '\0');
    struct sigma_rules *rules = lab_file((const char *)text.data);
    assert_int_equal(sigma_refusal_count(rules), 0);
    assert_int_equal(sigma_rule_at(rules, 0)->condition->count, 1001);
    sigma_free(rules);
    buffer_release(&text);
}

static void a_filter_that_reaches_nothing_is_refused(void **state)
{
    (void)state;
    lab_assert_refused(FILTER("{product: windows}", "[none]"), 1, "reaches no rule: none");
    struct sigma_rules *rules =
        lab_file("name: n\n" RULE("t") DETECTION "---\n" FILTER("{product: linux}", "[n]"));
    assert_int_equal(sigma_count(rules), 1);
    assert_refusal(rules, 0, 8, "of another log source");
    sigma_free(rules);
}

static void a_filter_without_rules_is_refused(void **state)
{
    (void)state;
    lab_assert_refused("title: f\nlogsource: {product: windows}\nfilter:\n  s: {A: 1}\n"
                       "  condition: s\n",
                       4, "neither any nor a list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_any_number_of_documents),
        cmocka_unit_test(a_wrong_document_leaves_the_others_alone),
        cmocka_unit_test(global_attributes_reach_the_rules_until_reset),
        cmocka_unit_test(repeat_changes_the_rule_before),
        cmocka_unit_test(an_unknown_action_is_refused),
        cmocka_unit_test(placeholders_become_their_values),
        cmocka_unit_test(built_in_lists_are_known_and_a_file_replaces_them),
        cmocka_unit_test(a_percent_sign_is_plain_without_expand_or_behind_a_backslash),
        cmocka_unit_test(a_placeholder_that_nobody_defines_refuses_the_rule),
        cmocka_unit_test(a_wrong_placeholder_file_is_a_fault_with_its_line),
        cmocka_unit_test(a_filter_is_joined_by_and_to_the_rules_it_names),
        cmocka_unit_test(a_filter_for_any_rule_reaches_its_log_source_only),
        cmocka_unit_test(the_selections_of_a_filter_are_its_own),
        cmocka_unit_test(many_filters_do_not_nest),
        cmocka_unit_test(a_filter_that_reaches_nothing_is_refused),
        cmocka_unit_test(a_filter_without_rules_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

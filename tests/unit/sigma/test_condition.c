/* Sigma 2.1.0, "Condition". */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SELECTIONS "a: {A: 1}\nb: {B: 1}\nc: {C: 1}\nsel_1: {S: 1}\nsel_2: {S: 2}\n_hid: {H: 1}\n"

static void gives(const char *condition, const char *tree)
{
    char text[1024];
    snprintf(text, sizeof(text), SELECTIONS "condition: %s", condition);
    lab_assert_tree(text, tree);
}

static void is_refused(const char *condition, const char *reason)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "title: t\nlogsource: {product: windows}\ndetection:\n  a: {A: 1}\n  b: {B: 1}\n"
             "  sel_1: {S: 1}\n  condition: %s\n",
             condition);
    lab_assert_refused(text, 7, reason);
}

static void not_binds_before_and_and_and_before_or(void **state)
{
    (void)state;
    gives("a or b and not c", "(A:1 | (B:1 & !C:1))");
    gives("not a and b or c", "((!A:1 & B:1) | C:1)");
    gives("a and b or b and c", "((A:1 & B:1) | (B:1 & C:1))");
}

static void parentheses_bind_first(void **state)
{
    (void)state;
    gives("(a or b) and c", "((A:1 | B:1) & C:1)");
    gives("not (a and b)", "!(A:1 & B:1)");
    gives("((a))", "A:1");
    gives("(a)and(b)", "(A:1 & B:1)");
    gives("a and (b and c)", "(A:1 & B:1 & C:1)");
}

static void two_negations_are_none(void **state)
{
    (void)state;
    gives("not not a", "A:1");
    gives("not not not a", "!A:1");
}

static void keywords_are_read_in_any_case(void **state)
{
    (void)state;
    gives("a AND NOT b", "(A:1 & !B:1)");
    gives("1 OF them", "(A:1 | B:1 | C:1 | S:1 | S:2)");
}

static void one_any_and_all_choose_selections(void **state)
{
    (void)state;
    gives("1 of sel*", "(S:1 | S:2)");
    gives("any of sel_*", "(S:1 | S:2)");
    gives("all of sel*", "(S:1 & S:2)");
    gives("1 of sel_1", "S:1");
    gives("1 of *_2 or a", "(S:2 | A:1)");
    gives("a and not 1 of sel*", "(A:1 & !(S:1 | S:2))");
}

static void them_are_all_that_do_not_begin_with_an_underscore(void **state)
{
    (void)state;
    gives("all of them", "(A:1 & B:1 & C:1 & S:1 & S:2)");
    gives("1 of *", "(A:1 | B:1 | C:1 | S:1 | S:2)");
    gives("1 of _*", "H:1");
    gives("_hid", "H:1");
}

static void n_of_means_at_least_n(void **state)
{
    (void)state;
    gives("2 of sel*", "(S:1 & S:2)");
    lab_assert_tree("x1: {A: 1}\nx2: {A: 2}\nx3: {A: 3}\ncondition: 2 of x*",
                    "((A:1 & (A:2 | A:3)) | (A:2 & A:3))");
    is_refused("3 of sel*", "there are fewer selections than 3");
    is_refused("0 of sel*", "there is no 0");
}

static void a_list_of_conditions_is_joined_by_or(void **state)
{
    (void)state;
    lab_assert_tree(SELECTIONS "condition:\n  - a and b\n  - c", "((A:1 & B:1) | C:1)");
}

static void a_condition_may_span_lines(void **state)
{
    (void)state;
    lab_assert_tree(SELECTIONS "condition: |\n  a and\n  (\n    b or c\n  )",
                    "(A:1 & (B:1 | C:1))");
}

static void a_selection_keeps_its_name(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: t\nlogsource: {product: windows}\ndetection:\n  one: {A: 1}\n"
                 "  two: {B: 1, C: 1}\n  condition: one and not two\n");
    const struct sigma_node *node = sigma_rule_at(rules, 0)->condition;
    assert_null(node->name);
    assert_string_equal(node->children[0]->name, "one");
    assert_string_equal(node->children[1]->children[0]->name, "two");
    sigma_free(rules);
}

static void what_is_no_condition_is_refused(void **state)
{
    (void)state;
    is_refused("c", "there is no c");
    is_refused("a b", "expected instead of b");
    is_refused("a and", "it ends where a name is missing");
    is_refused("(a", "a ) is missing");
    is_refused("a)", "expected instead of )");
    is_refused("' '", "it is empty");
    is_refused("1 of", "nothing stands behind `of`");
    is_refused("1 of nothing*", "no selection is meant by nothing*");
    is_refused("a | count() > 5", "aggregations behind | are correlation rules now");
    is_refused("{a: b}", "must be a text");
    is_refused("[]", "condition is missing");
}

static void nesting_and_length_are_bounded(void **state)
{
    (void)state;
    char deep[200];
    int length = 0;
    for (int i = 0; i < 40; i++)
        length += snprintf(deep + length, sizeof(deep) - (size_t)length, "(");
    length += snprintf(deep + length, sizeof(deep) - (size_t)length, "a");
    for (int i = 0; i < 40; i++)
        length += snprintf(deep + length, sizeof(deep) - (size_t)length, ")");
    is_refused(deep, "nested too deep");
    struct buffer text = {0};
    buffer_text(&text, "title: t\nlogsource: {product: windows}\ndetection:\n  a: {A: 1}\n"
                       "  b: {A: 1}\n  condition: a");
    for (int i = 0; i < 5000; i++)
        buffer_text(&text, " or not a");
    buffer_byte(&text, '\0');
    lab_assert_refused((const char *)text.data, 6, "it is too long");
    buffer_release(&text);
}

static void a_choice_that_would_explode_is_refused(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_text(&text,
                "title: t\nlogsource: {product: windows}\ndetection:\n  condition: 15 of s*\n");
    for (int i = 0; i < 30; i++)
        buffer_format(&text, "  s%d: {A: %d}\n", i, i);
    buffer_byte(&text, '\0');
    lab_assert_refused((const char *)text.data, 4, "it reaches too many selections");
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_binds_before_and_and_and_before_or),
        cmocka_unit_test(parentheses_bind_first),
        cmocka_unit_test(two_negations_are_none),
        cmocka_unit_test(keywords_are_read_in_any_case),
        cmocka_unit_test(one_any_and_all_choose_selections),
        cmocka_unit_test(them_are_all_that_do_not_begin_with_an_underscore),
        cmocka_unit_test(n_of_means_at_least_n),
        cmocka_unit_test(a_list_of_conditions_is_joined_by_or),
        cmocka_unit_test(a_condition_may_span_lines),
        cmocka_unit_test(a_selection_keeps_its_name),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(nesting_and_length_are_bounded),
        cmocka_unit_test(a_choice_that_would_explode_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

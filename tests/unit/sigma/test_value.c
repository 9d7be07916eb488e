/* Sigma 2.1.0, "Escape Character", "Lists", "Maps", "Special Field Values": what values mean. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_star_is_any_characters_and_a_question_mark_is_one(void **state)
{
    (void)state;
    lab_assert_item("A: 'prog?.exe'", "A:prog?.exe");
    lab_assert_item("A: 'antivirus_V*.exe'", "A:antivirus_V*.exe");
    lab_assert_item("A: '*'", "A:*");
    lab_assert_item("A: '?\?'", "A:?\?");
}

static void stars_beside_each_other_are_one(void **state)
{
    (void)state;
    lab_assert_item("A: 'a***b'", "A:a*b");
    lab_assert_item("A|contains: '*a*'", "A:*a*");
}

static void a_backslash_before_an_ordinary_character_is_a_backslash(void **state)
{
    (void)state;
    lab_assert_item("A: 'C:\\Windows\\cmd.exe'", "A:C:\\\\Windows\\\\cmd.exe");
    lab_assert_item("A: 'ends\\'", "A:ends\\\\");
}

static void a_double_backslash_is_one_backslash(void **state)
{
    (void)state;
    lab_assert_item("A: 'a\\\\b'", "A:a\\\\b");
    lab_assert_item("A: 'a\\\\'", "A:a\\\\");
}

static void an_escaped_wildcard_is_plain(void **state)
{
    (void)state;
    lab_assert_item("A: 'a\\*b\\?c'", "A:a\\*b\\?c");
}

static void a_double_backslash_before_a_wildcard_leaves_it_a_wildcard(void **state)
{
    (void)state;
    lab_assert_item("A: 'a\\\\*'", "A:a\\\\*");
    lab_assert_item("A: '\\\\?'", "A:\\\\?");
}

static void three_backslashes_before_a_wildcard_make_both_plain(void **state)
{
    (void)state;
    lab_assert_item("A: 'a\\\\\\*'", "A:a\\\\\\*");
}

static void three_or_four_backslashes_are_two(void **state)
{
    (void)state;
    lab_assert_item("A: '\\\\\\\\srv'", "A:\\\\\\\\srv");
    lab_assert_item("A: '\\\\\\srv'", "A:\\\\\\\\srv");
    lab_assert_item("A: '\\\\\\\\'", "A:\\\\\\\\");
}

static void a_number_is_the_text_as_written(void **state)
{
    (void)state;
    lab_assert_item("EventID: 4688", "EventID:4688");
    lab_assert_item("A: -1.50", "A:-1.50");
    lab_assert_item("A: 0x1010", "A:0x1010");
    lab_assert_item("A: 00000429", "A:00000429");
    lab_assert_item("A|contains: 00000429", "A:*00000429*");
}

static void a_boolean_is_the_text_true_or_false(void **state)
{
    (void)state;
    lab_assert_item("Initiated: true", "Initiated:true");
    lab_assert_item("A: 'yes'", "A:yes");
    lab_assert_item("A: no", "A:no");
}

static void null_is_no_value_and_an_empty_text_is_one(void **state)
{
    (void)state;
    lab_assert_item("A: null", "A:null");
    lab_assert_item("A:", "A:null");
    lab_assert_item("A: ~", "A:null");
    lab_assert_item("A: ''", "A:");
    lab_assert_item("A: 'null'", "A:null");
    lab_assert_item("A: ['', null]", "(A: | A:null)");
    lab_assert_item("A: []", "A:null");
}

static void a_map_is_joined_by_and_and_a_list_of_values_by_or(void **state)
{
    (void)state;
    lab_assert_item("A: 1\nB:\n  - x\n  - y", "(A:1 & (B:x | B:y))");
    lab_assert_item("A|all: [x, y]", "(A:x & A:y)");
}

static void a_list_of_maps_is_joined_by_or(void **state)
{
    (void)state;
    lab_assert_tree("s:\n  - A: 1\n    B: 2\n  - C: 3\ncondition: s", "((A:1 & B:2) | C:3)");
}

static void lists_nest(void **state)
{
    (void)state;
    lab_assert_tree("s:\n  - - A: 1\n    - B: 2\n  - C: 3\ncondition: s", "((A:1 | B:2) | C:3)");
    lab_assert_tree("s:\n  - A: 1\n  - word\ncondition: s", "(A:1 | :*word*)");
}

static void keywords_stand_anywhere_in_any_value(void **state)
{
    (void)state;
    lab_assert_tree("s:\n  - EvilService\n  - 517\ncondition: s", "(:*EvilService* | :*517*)");
    lab_assert_tree("s: one\ncondition: s", ":*one*");
    lab_assert_tree("s:\n  '|all':\n    - a\n    - b\ncondition: s", "(:*a* & :*b*)");
    lab_assert_tree("s:\n  '|re': a.c\ncondition: s", "~a.c~");
}

static void fields_keep_their_blanks_and_dots(void **state)
{
    (void)state;
    lab_assert_item("Threat Name: x", "Threat Name:x");
    lab_assert_item("event.code|contains: x", "event.code:*x*");
}

static void a_value_is_no_list_and_no_map(void **state)
{
    (void)state;
    lab_assert_item_refused("A: [[x]]", "the value of a field is a list inside of a value");
    lab_assert_item_refused("A: {B: x}", "the value of a field is a map inside of a value");
    lab_assert_item_refused("'|all': [null, x]", "this value needs a field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_is_any_characters_and_a_question_mark_is_one),
        cmocka_unit_test(stars_beside_each_other_are_one),
        cmocka_unit_test(a_backslash_before_an_ordinary_character_is_a_backslash),
        cmocka_unit_test(a_double_backslash_is_one_backslash),
        cmocka_unit_test(an_escaped_wildcard_is_plain),
        cmocka_unit_test(a_double_backslash_before_a_wildcard_leaves_it_a_wildcard),
        cmocka_unit_test(three_backslashes_before_a_wildcard_make_both_plain),
        cmocka_unit_test(three_or_four_backslashes_are_two),
        cmocka_unit_test(a_number_is_the_text_as_written),
        cmocka_unit_test(a_boolean_is_the_text_true_or_false),
        cmocka_unit_test(null_is_no_value_and_an_empty_text_is_one),
        cmocka_unit_test(a_map_is_joined_by_and_and_a_list_of_values_by_or),
        cmocka_unit_test(a_list_of_maps_is_joined_by_or),
        cmocka_unit_test(lists_nest),
        cmocka_unit_test(keywords_stand_anywhere_in_any_value),
        cmocka_unit_test(fields_keep_their_blanks_and_dots),
        cmocka_unit_test(a_value_is_no_list_and_no_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

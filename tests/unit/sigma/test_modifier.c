/* Sigma 2.1.0, appendix "Modifiers": each one, and what it refuses. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void contains_startswith_and_endswith_open_the_ends(void **state)
{
    (void)state;
    lab_assert_item("A|contains: x", "A:*x*");
    lab_assert_item("A|startswith: adm", "A:adm*");
    lab_assert_item("A|endswith: '\\cmd.exe'", "A:*\\\\cmd.exe");
    lab_assert_item("A|endswith: 'x\\'", "A:*x\\\\");
    lab_assert_item("A|startswith: 'x\\'", "A:x\\\\*");
    lab_assert_item("A|contains: ''", "A:*");
    lab_assert_item_refused("A|contains: 4688", "contains: the value must be a text");
    lab_assert_item_refused("A|contains: null", "contains: the value must be a text");
    lab_assert_item_refused("A|endswith: true", "endswith: the value must be a text");
}

static void all_joins_by_and_in_any_place(void **state)
{
    (void)state;
    lab_assert_item("A|contains|all: [x, y]", "(A:*x* & A:*y*)");
    lab_assert_item("A|all|contains: [x, y]", "(A:*x* & A:*y*)");
    lab_assert_item("A|contains|all: x", "A:*x*");
}

static void cased_compares_by_case(void **state)
{
    (void)state;
    lab_assert_item("A|cased: Abc", "A:=Abc");
    lab_assert_item("A|contains|cased: Abc", "A:=*Abc*");
    lab_assert_item("A|cased|contains: Abc", "A:=*Abc*");
    lab_assert_item_refused("A|re|cased: Abc", "cased: the value must be a text");
}

static void exact_knows_no_wildcards(void **state)
{
    (void)state;
    lab_assert_item("A|exact: 'a*\\\\b'", "A:a\\*\\\\\\\\b");
    lab_assert_item_refused("A|contains|exact: x", "exact: must be the first modifier");
}

static void neq_negates_the_item(void **state)
{
    (void)state;
    lab_assert_item("A|neq: 5", "!A:5");
    lab_assert_item("A|neq: [x, y]", "!(A:x | A:y)");
    lab_assert_item("A|contains|all|neq: [x, y]", "!(A:*x* & A:*y*)");
    lab_assert_item("A|fieldref|neq: B", "!A>B");
}

static void windash_takes_every_dash_that_begins_a_parameter(void **state)
{
    (void)state;
    lab_assert_item("A|windash: '-f'",
                    "(A:-f | A:/f | A:\\xE2\\x80\\x93f | A:\\xE2\\x80\\x94f | A:\\xE2\\x80\\x95f)");
    lab_assert_item("A|windash|contains: '/f'",
                    "(A:*-f* | A:*/f* | A:*\\xE2\\x80\\x93f* | A:*\\xE2\\x80\\x94f* | "
                    "A:*\\xE2\\x80\\x95f*)");
    lab_assert_item("A|contains|windash: '\xE2\x80\x93"
                    "f'",
                    "(A:*-f* | A:*/f* | A:*\\xE2\\x80\\x93f* | A:*\\xE2\\x80\\x94f* | "
                    "A:*\\xE2\\x80\\x95f*)");
    lab_assert_item("A|windash: 'a-b - c'", "A:a-b - c");
    lab_assert_item("A|windash: 'param-name'", "A:param-name");
}

static void windash_permutes_several_dashes(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: t\nlogsource: {product: windows}\ndetection:\n  s:\n"
                 "    A|contains|all|windash: [' -a /b', ' -c']\n  condition: s\n");
    const struct sigma_node *node = sigma_rule_at(rules, 0)->condition;
    assert_int_equal(node->kind, SIGMA_AND);
    assert_int_equal(node->count, 2);
    assert_int_equal(node->children[0]->kind, SIGMA_OR);
    assert_int_equal(node->children[0]->count, 25);
    assert_int_equal(node->children[1]->count, 5);
    sigma_free(rules);
    lab_assert_item_refused("A|windash: ' -a -b -c -d -e -f'", "windash: more than 5 dashes");
}

static void wide_is_utf16_in_either_order_and_with_a_mark(void **state)
{
    (void)state;
    lab_assert_item("A|wide: cmd", "A:c\\x00m\\x00d\\x00");
    lab_assert_item("A|utf16le: cmd", "A:c\\x00m\\x00d\\x00");
    lab_assert_item("A|utf16be: cmd", "A:\\x00c\\x00m\\x00d");
    lab_assert_item("A|utf16: cmd", "A:\\xFF\\xFEc\\x00m\\x00d\\x00");
    lab_assert_item("A|wide: '\xF0\x9F\x98\x80'", "A:=\\xD8\\x00\\xDE");
    lab_assert_item("A|wide: 'a?*'", "A:a\\x00??*");
    lab_assert_item_refused("A|wide: 5", "wide: the value must be a text");
}

static void base64_encodes_the_whole_text(void **state)
{
    (void)state;
    lab_assert_item("A|base64: foobar", "A:Zm9vYmFy");
    lab_assert_item("A|base64: fooba", "A:Zm9vYmE=");
    lab_assert_item("A|base64: foob", "A:Zm9vYg==");
    lab_assert_item("A|base64|contains: '\\*'", "A:*Kg==*");
    lab_assert_item_refused("A|base64: 'a*'", "base64: the value must not have wildcards");
    lab_assert_item_refused("A|contains|base64: a", "base64: the value must not have wildcards");
}

static void base64offset_gives_what_is_certain_at_three_offsets(void **state)
{
    (void)state;
    lab_assert_item("A|base64offset|contains: http", "(A:*aHR0c* | A:*h0dH* | A:*odHRw*)");
    lab_assert_item("A|base64offset: foobar", "(A:Zm9vYmFy | A:Zvb2Jhc | A:mb29iYX)");
    lab_assert_item("A|wide|base64offset|contains: http",
                    "(A:*aAB0AHQAcA* | A:*gAdAB0AHAA* | A:*oAHQAdABwA*)");
    lab_assert_item_refused("A|base64offset: a", "two bytes or more");
}

static void expanded_values_are_alternatives_even_under_all(void **state)
{
    (void)state;
    lab_assert_item("A|base64offset|contains|all: [foobar, http]",
                    "((A:*Zm9vYmFy* | A:*Zvb2Jhc* | A:*mb29iYX*) & "
                    "(A:*aHR0c* | A:*h0dH* | A:*odHRw*))");
}

static void re_takes_the_text_as_it_is(void **state)
{
    (void)state;
    lab_assert_item("A|re: 'a\\\\b.*[?]'", "A~a\\\\b.*[?]~");
    lab_assert_item("A|re|i: x", "A~x~i");
    lab_assert_item("A|re|i|m|s: x", "A~x~ims");
    lab_assert_item("A|re|ignorecase|multiline|dotall: x", "A~x~ims");
    lab_assert_item("A|re|all: [x, y]", "(A~x~ & A~y~)");
    lab_assert_item("A|re: 42", "A~42~");
    lab_assert_item_refused("A|contains|re: x", "re: must be the first modifier");
    lab_assert_item_refused("A|all|re: x", "re: must be the first modifier");
    lab_assert_item_refused("A|i: x", "i: only a regular expression has flags");
    lab_assert_item_refused("A|re: ''", "re: the expression is empty");
    lab_assert_item_refused("A|re: null", "re: the expression is empty");
}

static void re_is_anchored_where_an_end_stays_closed(void **state)
{
    (void)state;
    lab_assert_item("A|re|contains: a|b", "A~a|b~");
    lab_assert_item("A|re|startswith: a|b", "A~\\A(?:a|b)~");
    lab_assert_item("A|re|endswith: a|b", "A~(?:a|b)\\z~");
}

static void cidr_is_a_network(void **state)
{
    (void)state;
    lab_assert_item("A|cidr: 10.0.0.0/8", "A@10.0.0.0/8");
    lab_assert_item("A|cidr: 192.168.1.1", "A@192.168.1.1/32");
    lab_assert_item("A|cidr: '2001:DB8::/32'", "A@2001:db8::/32");
    lab_assert_item("A|cidr: '::1/128'", "A@::1/128");
    lab_assert_item_refused("A|cidr: 10.0.0.1/8", "has bits set behind its length");
    lab_assert_item_refused("A|cidr: 10.0.0.0/33", "is no network");
    lab_assert_item_refused("A|cidr: host", "is no network");
    lab_assert_item_refused("A|contains|cidr: 10.0.0.0/8", "cidr: must be the first modifier");
}

static void comparisons_take_numbers(void **state)
{
    (void)state;
    lab_assert_item("A|lt: 5", "A<5");
    lab_assert_item("A|lte: -5", "A<=-5");
    lab_assert_item("A|gt: 1.5", "A>1.5");
    lab_assert_item("A|gte: 0x10", "A>=16");
    lab_assert_item_refused("A|lt: '5'", "lt: the value must be a number, without quotes");
    lab_assert_item_refused("A|gt: x", "gt: the value must be a number");
}

static void time_parts_are_compared_too(void **state)
{
    (void)state;
    lab_assert_item("T|minute: 59", "T.minute=59");
    lab_assert_item("T|hour: [1, 2]", "(T.hour=1 | T.hour=2)");
    lab_assert_item("T|day: 31", "T.day=31");
    lab_assert_item("T|week: 52", "T.week=52");
    lab_assert_item("T|month: 12", "T.month=12");
    lab_assert_item("T|year: 2026", "T.year=2026");
    lab_assert_item("T|hour|gte: 20", "T.hour>=20");
    lab_assert_item("T|hour|lt: 6", "T.hour<6");
    lab_assert_item("T|day|lte: 7", "T.day<=7");
    lab_assert_item("T|week|gt: 52", "T.week>52");
    lab_assert_item("T|hour|neq: [8, 9]", "!(T.hour=8 | T.hour=9)");
    lab_assert_item_refused("T|hour: late", "hour: the value must be a number");
}

static void exists_takes_a_boolean_and_a_field(void **state)
{
    (void)state;
    lab_assert_item("A|exists: true", "A+");
    lab_assert_item("A|exists: false", "A-");
    lab_assert_item_refused("A|exists: 1", "exists: the value must be true or false");
    lab_assert_item_refused("'|exists': true", "exists: needs a field");
    lab_assert_item_refused("A|all|exists: true", "exists: must be the first modifier");
}

static void fieldref_names_another_field(void **state)
{
    (void)state;
    lab_assert_item("A|fieldref: B", "A>B");
    lab_assert_item("A|fieldref|startswith: B", "A>B*");
    lab_assert_item("A|fieldref|endswith: B", "A>*B");
    lab_assert_item("A|fieldref|contains: B", "A>*B*");
    lab_assert_item("A|cased|fieldref: B", "A>B=");
    lab_assert_item("A|fieldref|cased: B", "A>B=");
    lab_assert_item_refused("A|fieldref: 'B*'", "fieldref: the value must not have wildcards");
    lab_assert_item_refused("A|fieldref: 5", "fieldref: the value must be a text");
}

static void a_modifier_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    lab_assert_item_refused("A|containz: x", "there is no modifier containz");
    lab_assert_item_refused("A|: x", "there is no modifier");
    lab_assert_item_refused("A|all|all|all|all|all|all|all|all|all: x", "more than 8 modifiers");
}

static void a_test_knows_the_line_of_its_value(void **state)
{
    (void)state;
    struct sigma_rules *rules = lab_file("title: t\nlogsource: {product: windows}\ndetection:\n"
                                         "  s:\n    A|contains:\n      - x\n      - y\n"
                                         "  condition: s\n");
    const struct sigma_node *node = sigma_rule_at(rules, 0)->condition;
    assert_int_equal(node->children[0]->test->line, 6);
    assert_int_equal(node->children[1]->test->line, 7);
    sigma_free(rules);
    lab_assert_refused("title: t\nlogsource: {product: windows}\ndetection:\n  s:\n"
                       "    A|contains:\n      - x\n      - 7\n  condition: s\n",
                       7, "contains: the value must be a text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contains_startswith_and_endswith_open_the_ends),
        cmocka_unit_test(all_joins_by_and_in_any_place),
        cmocka_unit_test(cased_compares_by_case),
        cmocka_unit_test(exact_knows_no_wildcards),
        cmocka_unit_test(neq_negates_the_item),
        cmocka_unit_test(windash_takes_every_dash_that_begins_a_parameter),
        cmocka_unit_test(windash_permutes_several_dashes),
        cmocka_unit_test(wide_is_utf16_in_either_order_and_with_a_mark),
        cmocka_unit_test(base64_encodes_the_whole_text),
        cmocka_unit_test(base64offset_gives_what_is_certain_at_three_offsets),
        cmocka_unit_test(expanded_values_are_alternatives_even_under_all),
        cmocka_unit_test(re_takes_the_text_as_it_is),
        cmocka_unit_test(re_is_anchored_where_an_end_stays_closed),
        cmocka_unit_test(cidr_is_a_network),
        cmocka_unit_test(comparisons_take_numbers),
        cmocka_unit_test(time_parts_are_compared_too),
        cmocka_unit_test(exists_takes_a_boolean_and_a_field),
        cmocka_unit_test(fieldref_names_another_field),
        cmocka_unit_test(a_modifier_that_does_not_exist_is_refused),
        cmocka_unit_test(a_test_knows_the_line_of_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/needle.h"

#include "base/utf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOT_FOUND SIZE_MAX

/* Where it is in the text, which is folded first when that is wanted. */
static size_t find(const char *text, bool is_regex, bool is_cased, const char *in)
{
    struct needle *needle = NULL;
    assert_int_equal(needle_new(bytes_of_text(text), is_regex, is_cased, &needle, NULL), STATUS_OK);
    struct needle_eye *eye = needle_eye_new(needle);
    assert_non_null(eye);
    uint8_t folded[256];
    struct bytes looked_at = bytes_of_text(in);
    if (needle_is_folded(needle))
        looked_at = bytes_of(folded, utf8_fold(folded, looked_at));
    size_t at = NOT_FOUND;
    const bool is_found = needle_find(eye, looked_at, &at);
    assert_int_equal(is_found, at != NOT_FOUND);
    needle_eye_free(eye);
    needle_free(needle);
    return at;
}

static void words_are_found_whatever_their_case(void **state)
{
    (void)state;
    assert_int_equal(find("ADMIN", false, false, "\\\\x\\Admin$"), 4);
    assert_int_equal(find("straße", false, false, "eine STRAßE"), 5);
    assert_int_equal(find("ÄÖ", false, false, "xäö"), 1);
    assert_int_equal(find("a.c", false, false, "abc"), NOT_FOUND);
    assert_int_equal(find("longer", false, false, "long"), NOT_FOUND);
    assert_int_equal(find("x", false, false, ""), NOT_FOUND);
}

static void case_counts_when_it_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(find("ADMIN", false, true, "admin"), NOT_FOUND);
    assert_int_equal(find("ADMIN", false, true, "an ADMIN"), 3);
    assert_int_equal(find("^adm", true, true, "ADM"), NOT_FOUND);
}

static void expressions_are_found_anywhere(void **state)
{
    (void)state;
    assert_int_equal(find("a.c", true, false, "xABC"), 1);
    assert_int_equal(find("^b", true, false, "ab"), NOT_FOUND);
    assert_int_equal(find("ä+$", true, false, "xÄÄ"), 1);
    assert_int_equal(find("b", true, false,
                          "\xFF\xFE"
                          "b"),
                     2);
}

static void what_cannot_be_looked_for_is_told(void **state)
{
    struct needle *needle = NULL;
    struct fault fault = {0};
    (void)state;
    assert_int_equal(needle_new(bytes_of_text("(a"), true, false, &needle, &fault), STATUS_INVALID);
    assert_string_equal(fault.reason,
                        "regular expression: missing closing parenthesis at character 2");
    assert_int_equal(needle_new((struct bytes){0}, false, false, &needle, &fault), STATUS_INVALID);
    assert_null(needle);
}

static void an_expression_that_takes_for_ever_is_given_up(void **state)
{
    struct needle *needle = NULL;
    char text[80];
    size_t at;
    (void)state;
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    assert_int_equal(needle_new(bytes_of_text("^(a|aa)+$"), true, false, &needle, NULL), STATUS_OK);
    struct needle_eye *eye = needle_eye_new(needle);
    assert_false(needle_find(eye, bytes_of(text, sizeof(text)), &at));
    assert_int_equal(needle_limited(eye), 1);
    assert_true(needle_find(eye, bytes_of_text("aaa"), &at));
    assert_int_equal(needle_limited(eye), 1);
    needle_eye_free(eye);
    needle_free(needle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found_whatever_their_case),
        cmocka_unit_test(case_counts_when_it_is_asked_for),
        cmocka_unit_test(expressions_are_found_anywhere),
        cmocka_unit_test(what_cannot_be_looked_for_is_told),
        cmocka_unit_test(an_expression_that_takes_for_ever_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

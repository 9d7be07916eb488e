/* What a rule's tests mean, case by case. */
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = fake_new();
    return 0;
}

static int tear_down(void **state)
{
    fake_release(*state);
    return 0;
}

/* Whether a rule with this condition fires on the event; the log source is every event. */
static bool fires(struct fake *fake, const struct sigma_node *condition, struct event event)
{
    const uint32_t *fired;
    fake->rules.count = 0;
    if (fake->sources.count == 0)
        fake_source(fake, "any", NULL, NULL);
    fake_rule(fake, "any", condition);
    struct ruleset *ruleset = fake_compile(fake);
    struct matcher *matcher = matcher_new(ruleset);
    assert_non_null(matcher);
    const uint32_t first = matcher_run(matcher, &event, &fired);
    const uint32_t second = matcher_run(matcher, &event, &fired);
    assert_int_equal(first, second);
    matcher_free(matcher);
    ruleset_free(ruleset);
    return first == 1;
}

static bool text_fits(struct fake *fake, const char *pattern, const char *text)
{
    return fires(fake, fake_is(fake, "F", pattern), fake_event(fake, "C", "F", text, NULL));
}

static struct event one_value(struct fake *fake, struct value value)
{
    static const char *const names[] = {"F"};
    struct value *values = fake_take(fake, 1, sizeof(*values));
    *values = value;
    return fake_event_of(fake, names, values, 1, true);
}

static void a_text_is_the_whole_value_without_case(void **state)
{
    assert_true(text_fits(*state, "cmd.exe", "CMD.exe"));
    assert_false(text_fits(*state, "cmd.exe", "cmd.exe "));
    assert_false(text_fits(*state, "cmd.exe", "a cmd.exe"));
    assert_true(text_fits(*state, "\xC3\x89t\xC3\xA9", "\xC3\xA9T\xC3\x89"));
    assert_true(text_fits(*state, "", ""));
}

static void case_counts_where_the_rule_says_so(void **state)
{
    struct fake *fake = *state;
    const struct event event = fake_event(fake, "C", "F", "Invoke-Thing", NULL);
    assert_true(fires(fake, fake_cased(fake, "F", "*Invoke*"), event));
    assert_false(fires(fake, fake_cased(fake, "F", "*invoke*"), event));
    assert_true(fires(fake, fake_cased(fake, "F", "Invoke-Thing"), event));
    assert_false(fires(fake, fake_cased(fake, "F", "*thing"), event));
}

static void wildcards_stand_for_characters(void **state)
{
    assert_true(text_fits(*state, "*\\\\cmd.exe", "C:\\Windows\\cmd.exe"));
    assert_true(text_fits(*state, "c:*", "C:\\Windows"));
    assert_true(text_fits(*state, "*", "anything"));
    assert_true(text_fits(*state, "*", ""));
    assert_true(text_fits(*state, "a?c",
                          "a\xF0\x9F\x98\x80"
                          "c"));
    assert_false(text_fits(*state, "a?c", "ac"));
    assert_true(text_fits(*state, "a*b*c", "aXbYbZc"));
    assert_false(text_fits(*state, "a*b*c", "aXbYbZ"));
    assert_true(text_fits(*state, "*?", "x"));
    assert_false(text_fits(*state, "*?", ""));
    assert_true(text_fits(*state, "*ab*ab", "abab"));
    assert_false(text_fits(*state, "*ab*ab", "ab"));
    assert_true(text_fits(*state, "\\*", "*"));
    assert_false(text_fits(*state, "\\*", "x"));
}

static void short_and_foreign_literals_are_found(void **state)
{
    assert_true(text_fits(*state, "*^*", "a^b"));
    assert_true(text_fits(*state, "*/c*", "cmd /c dir"));
    assert_true(text_fits(*state, "*abcd*", "xabcdx"));
    assert_true(text_fits(*state, "*abcd*", "xxabcd"));
    assert_true(text_fits(*state, "*\xE2\x80\xAE*", "evil\xE2\x80\xAEgpj.exe"));
    assert_true(text_fits(*state, "*\xD0\xB0*", "p\xD0\xB0ypal"));
    assert_false(text_fits(*state, "*\xD0\xB0*", "paypal"));
}

static void a_number_is_the_text_that_it_is_shown_as(void **state)
{
    struct fake *fake = *state;
    const struct value number = {.type = VALUE_UINT, .width = 4, .number = 4688};
    const struct value hex = {.type = VALUE_HEX, .width = 4, .number = 0x1F0FFF};
    assert_true(fires(fake, fake_is(fake, "F", "4688"), one_value(fake, number)));
    assert_false(fires(fake, fake_is(fake, "F", "04688"), one_value(fake, number)));
    assert_false(fires(fake, fake_is(fake, "F", "0x1250"), one_value(fake, number)));
    assert_true(fires(fake, fake_is(fake, "F", "0x1F0FFF"), one_value(fake, hex)));
    assert_true(fires(fake, fake_is(fake, "F", "46*"), one_value(fake, number)));
}

static const struct sigma_node *test_of(struct fake *fake, enum sigma_test_kind kind, bool wanted)
{
    const struct sigma_test test = {.kind = kind, .field = "F", .wanted = wanted};
    return fake_leaf(fake, &test);
}

static void null_is_no_value_and_empty_text_is_one(void **state)
{
    struct fake *fake = *state;
    const struct sigma_node *null = test_of(fake, SIGMA_NULL, true);
    const struct sigma_node *empty = fake_is(fake, "F", "");
    const struct event absent = fake_event(fake, "C", "G", "x", NULL);
    const struct event left_out = one_value(fake, (struct value){.type = VALUE_ABSENT});
    const struct event nothing = one_value(fake, (struct value){.type = VALUE_NULL});
    const struct event no_items = one_value(fake, (struct value){.type = VALUE_LIST});
    const struct event empty_text = one_value(fake, fake_utf8(""));
    assert_true(fires(fake, null, absent));
    assert_true(fires(fake, null, left_out));
    assert_true(fires(fake, null, nothing));
    assert_true(fires(fake, null, no_items));
    assert_false(fires(fake, null, empty_text));
    assert_false(fires(fake, empty, absent));
    assert_false(fires(fake, empty, left_out));
    assert_true(fires(fake, empty, nothing));
    assert_false(fires(fake, empty, no_items));
    assert_true(fires(fake, empty, empty_text));
}

static void exists_asks_for_the_field_alone(void **state)
{
    struct fake *fake = *state;
    const struct event nothing = one_value(fake, (struct value){.type = VALUE_NULL});
    const struct event left_out = one_value(fake, (struct value){.type = VALUE_ABSENT});
    assert_true(fires(fake, test_of(fake, SIGMA_EXISTS, true), nothing));
    assert_false(fires(fake, test_of(fake, SIGMA_EXISTS, true), left_out));
    assert_true(fires(fake, test_of(fake, SIGMA_EXISTS, false), left_out));
    assert_false(fires(fake, test_of(fake, SIGMA_EXISTS, false), nothing));
}

static void any_value_of_a_field_counts(void **state)
{
    struct fake *fake = *state;
    const char *const names[] = {"F", "F"};
    struct value *items = fake_take(fake, 2, sizeof(*items));
    struct value *values = fake_take(fake, 2, sizeof(*values));
    items[0] = fake_utf8("first thing");
    items[1] = fake_utf8("second thing");
    values[0] = (struct value){.type = VALUE_LIST, .length = 2, .items = items};
    values[1] = fake_utf8("third thing");
    const struct event event = fake_event_of(fake, names, values, 2, true);
    assert_true(fires(fake, fake_is(fake, "F", "second thing"), event));
    assert_true(fires(fake, fake_is(fake, "F", "third*"), event));
    assert_true(fires(fake, fake_cased(fake, "F", "first thing"), event));
    assert_false(fires(fake, fake_is(fake, "F", "fourth*"), event));
    assert_true(fires(fake, fake_regex(fake, "F", "^second", 0), event));
}

static void a_keyword_may_stand_in_any_value(void **state)
{
    struct fake *fake = *state;
    const struct event event = fake_event(fake, "C", "F", "calls sekurlsa::logonpasswords", NULL);
    assert_true(fires(fake, fake_is(fake, NULL, "SEKURLSA::"), event));
    assert_true(fires(fake, fake_is(fake, NULL, "calls*passwords"), event));
    assert_false(fires(fake, fake_is(fake, NULL, "lsadump::"), event));
}

static void a_name_with_blanks_answers_without_them(void **state)
{
    struct fake *fake = *state;
    const struct event event = fake_event(fake, "C", "Threat Name", "HackTool:Win32", NULL);
    assert_true(fires(fake, fake_is(fake, "ThreatName", "hacktool*"), event));
    assert_true(fires(fake, fake_is(fake, "Threat Name", "hacktool*"), event));
    assert_false(fires(fake, fake_is(fake, "threatname", "hacktool*"), event));
}

static bool network_has(struct fake *fake, const char *network, const char *address)
{
    const struct sigma_test test = {
        .kind = SIGMA_CIDR, .field = "F", .text = bytes_of_text(network)};
    return fires(fake, fake_leaf(fake, &test), fake_event(fake, "C", "F", address, NULL));
}

static void networks_hold_addresses_of_their_version(void **state)
{
    static const uint8_t four[] = {10, 1, 2, 3};
    struct fake *fake = *state;
    assert_true(network_has(fake, "10.0.0.0/8", "10.200.3.4"));
    assert_false(network_has(fake, "10.0.0.0/8", "11.0.0.1"));
    assert_true(network_has(fake, "10.0.0.0/8", "::ffff:10.1.1.1"));
    assert_true(network_has(fake, "fe80::/10", "fe80::1%4"));
    assert_false(network_has(fake, "::/0", "10.1.1.1"));
    assert_true(network_has(fake, "::/0", "2001:db8::1"));
    assert_false(network_has(fake, "0.0.0.0/0", "::1"));
    assert_false(network_has(fake, "10.0.0.0/8", "-"));
    const struct sigma_test test = {
        .kind = SIGMA_CIDR, .field = "F", .text = bytes_of_text("10.1.2.3/32")};
    assert_true(fires(fake, fake_leaf(fake, &test),
                      one_value(fake, (struct value){.type = VALUE_IP4, .data = four})));
}

static bool compares(struct fake *fake, enum sigma_compare compare, double number, const char *text)
{
    const struct sigma_test test = {
        .kind = SIGMA_COMPARE, .field = "F", .compare = compare, .number = number};
    return fires(fake, fake_leaf(fake, &test), fake_event(fake, "C", "F", text, NULL));
}

static void comparisons_are_of_numbers(void **state)
{
    assert_true(compares(*state, SIGMA_GT, 9, "10"));
    assert_false(compares(*state, SIGMA_GT, 9, "9"));
    assert_true(compares(*state, SIGMA_GTE, 9, "9"));
    assert_true(compares(*state, SIGMA_LT, 17, "0x10"));
    assert_true(compares(*state, SIGMA_NEQ, 4, "5"));
    assert_false(compares(*state, SIGMA_NEQ, 4, "4"));
    assert_false(compares(*state, SIGMA_NEQ, 4, "none"));
    assert_false(compares(*state, SIGMA_GTE, 0, "none"));
}

static bool part_compares(struct fake *fake, enum sigma_part part, enum sigma_compare compare,
                          double number, const char *time)
{
    const struct sigma_test test = {
        .kind = SIGMA_TIMEPART, .field = "F", .part = part, .compare = compare, .number = number};
    return fires(fake, fake_leaf(fake, &test), fake_event(fake, "C", "F", time, NULL));
}

static bool has_part(struct fake *fake, enum sigma_part part, double number, const char *time)
{
    return part_compares(fake, part, SIGMA_EQ, number, time);
}

static void parts_of_a_time_are_utc(void **state)
{
    assert_true(has_part(*state, SIGMA_HOUR, 22, "2024-02-28T23:59:01+01:00"));
    assert_true(has_part(*state, SIGMA_MINUTE, 59, "2024-02-28T22:59:01Z"));
    assert_true(has_part(*state, SIGMA_DAY, 29, "2024-02-29T00:00:00Z"));
    assert_true(has_part(*state, SIGMA_WEEK, 53, "2021-01-03T12:00:00Z"));
    assert_true(has_part(*state, SIGMA_WEEK, 1, "2024-12-30T12:00:00Z"));
    assert_true(has_part(*state, SIGMA_MONTH, 12, "2024-12-30T12:00:00Z"));
    assert_true(has_part(*state, SIGMA_YEAR, 2024, "2024-12-30T12:00:00Z"));
    assert_false(has_part(*state, SIGMA_YEAR, 2024, "no time"));
}

static void parts_of_a_time_are_compared_as_numbers(void **state)
{
    static const char evening[] = "2024-12-30T20:15:00Z";
    assert_true(part_compares(*state, SIGMA_HOUR, SIGMA_GTE, 20, evening));
    assert_false(part_compares(*state, SIGMA_HOUR, SIGMA_GTE, 21, evening));
    assert_true(part_compares(*state, SIGMA_HOUR, SIGMA_GT, 19, evening));
    assert_false(part_compares(*state, SIGMA_HOUR, SIGMA_GT, 20, evening));
    assert_true(part_compares(*state, SIGMA_DAY, SIGMA_LTE, 30, evening));
    assert_false(part_compares(*state, SIGMA_DAY, SIGMA_LTE, 29, evening));
    assert_true(part_compares(*state, SIGMA_DAY, SIGMA_LT, 31, evening));
    assert_false(part_compares(*state, SIGMA_DAY, SIGMA_LT, 30, evening));
    assert_true(part_compares(*state, SIGMA_YEAR, SIGMA_NEQ, 2023, evening));
    assert_false(part_compares(*state, SIGMA_YEAR, SIGMA_NEQ, 2024, evening));
    assert_false(part_compares(*state, SIGMA_YEAR, SIGMA_LT, 3000, "no time"));
    assert_false(part_compares(*state, SIGMA_YEAR, SIGMA_NEQ, 2024, "no time"));
}

static bool relates(struct fake *fake, enum sigma_compare_text how, const char *one,
                    const char *other)
{
    const struct sigma_test test = {
        .kind = SIGMA_FIELDREF, .field = "F", .compare_text = how, .text = bytes_of_text("G")};
    return fires(fake, fake_leaf(fake, &test),
                 fake_event(fake, "C", "F", one, other ? "G" : "H", other ? other : "", NULL));
}

static void a_field_is_compared_with_another(void **state)
{
    assert_true(relates(*state, SIGMA_SAME, "Alice", "ALICE"));
    assert_true(relates(*state, SIGMA_STARTSWITH, "Alice in", "alice"));
    assert_true(relates(*state, SIGMA_ENDSWITH, "the alice", "Alice"));
    assert_true(relates(*state, SIGMA_CONTAINS, "an alice in", "Alice"));
    assert_false(relates(*state, SIGMA_SAME, "Alice", "Bob"));
    assert_false(relates(*state, SIGMA_SAME, "", NULL));
}

static void expressions_are_searched_for_in_the_value(void **state)
{
    struct fake *fake = *state;
    const struct event event = fake_event(fake, "C", "F", "one\nTWO three", NULL);
    assert_true(fires(fake, fake_regex(fake, "F", "TWO\\s+th", 0), event));
    assert_false(fires(fake, fake_regex(fake, "F", "two", 0), event));
    assert_true(fires(fake, fake_regex(fake, "F", "two", SIGMA_REGEX_I), event));
    assert_false(fires(fake, fake_regex(fake, "F", "^TWO", 0), event));
    assert_true(fires(fake, fake_regex(fake, "F", "^TWO", SIGMA_REGEX_M), event));
    assert_false(fires(fake, fake_regex(fake, "F", "one.TWO", 0), event));
    assert_true(fires(fake, fake_regex(fake, "F", "one.TWO", SIGMA_REGEX_S), event));
    assert_true(fires(fake, fake_regex(fake, "F", "(?<=TWO )three$", 0), event));
}

static void an_expression_that_would_never_end_is_counted(void **state)
{
    struct fake *fake = *state;
    char text[64];
    memset(text, 'a', sizeof(text) - 2);
    text[sizeof(text) - 2] = 'b';
    text[sizeof(text) - 1] = 0;
    const uint32_t *fired;
    fake_source(fake, "any", NULL, NULL);
    fake_rule(fake, "any", fake_regex(fake, "F", "^(a+)+$", 0));
    struct ruleset *ruleset = fake_compile(fake);
    struct matcher *matcher = matcher_new(ruleset);
    const struct event event = fake_event(fake, "C", "F", text, NULL);
    for (uint64_t i = 1; i < 4; i++) {
        assert_int_equal(matcher_run(matcher, &event, &fired), 0);
        assert_int_equal(matcher_counts(matcher).limited, i);
    }
    matcher_free(matcher);
    ruleset_free(ruleset);
}

static void conditions_nest(void **state)
{
    struct fake *fake = *state;
    const struct sigma_node *condition = fake_all(
        fake, fake_any(fake, fake_is(fake, "F", "*alpha*"), fake_is(fake, "F", "*omega*"), NULL),
        fake_not(fake,
                 fake_any(fake, fake_is(fake, "G", "good"), fake_is(fake, "G", "fine"), NULL)),
        NULL);
    assert_true(fires(fake, condition, fake_event(fake, "C", "F", "an omega", "G", "bad", NULL)));
    assert_true(fires(fake, condition, fake_event(fake, "C", "F", "an alpha", NULL)));
    assert_false(fires(fake, condition, fake_event(fake, "C", "F", "an omega", "G", "Fine", NULL)));
    assert_false(fires(fake, condition, fake_event(fake, "C", "F", "a beta", "G", "bad", NULL)));
}

static void a_rule_without_anything_to_look_for_is_asked_always(void **state)
{
    struct fake *fake = *state;
    const struct sigma_node *condition =
        fake_all(fake, fake_not(fake, fake_is(fake, "F", "good")),
                 fake_not(fake, test_of(fake, SIGMA_NULL, true)), NULL);
    assert_true(fires(fake, condition, fake_event(fake, "C", "F", "bad", NULL)));
    assert_false(fires(fake, condition, fake_event(fake, "C", "F", "GOOD", NULL)));
    assert_false(fires(fake, condition, fake_event(fake, "C", "G", "bad", NULL)));
}

static void constants_decide(void **state)
{
    struct fake *fake = *state;
    const struct event event = fake_event(fake, "C", "F", "x", NULL);
    assert_true(fires(fake, test_of(fake, SIGMA_TRUE, true), event));
    assert_false(fires(fake, test_of(fake, SIGMA_TRUE, false), event));
    assert_true(fires(fake, fake_not(fake, test_of(fake, SIGMA_TRUE, false)), event));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_text_is_the_whole_value_without_case),
        T(case_counts_where_the_rule_says_so),
        T(wildcards_stand_for_characters),
        T(short_and_foreign_literals_are_found),
        T(a_number_is_the_text_that_it_is_shown_as),
        T(null_is_no_value_and_empty_text_is_one),
        T(exists_asks_for_the_field_alone),
        T(any_value_of_a_field_counts),
        T(a_keyword_may_stand_in_any_value),
        T(a_name_with_blanks_answers_without_them),
        T(networks_hold_addresses_of_their_version),
        T(comparisons_are_of_numbers),
        T(parts_of_a_time_are_utc),
        T(parts_of_a_time_are_compared_as_numbers),
        T(a_field_is_compared_with_another),
        T(expressions_are_searched_for_in_the_value),
        T(an_expression_that_would_never_end_is_counted),
        T(conditions_nest),
        T(a_rule_without_anything_to_look_for_is_asked_always),
        T(constants_decide),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sigma 2.1.0, "Correlation Rules": how they are read and what they refer to. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ID "929a690e-bef0-4204-a928-ef5e620d6fcc"
#define BASE(name)                      \
    "---\ntitle: " name "\nname: " name \
    "\nlogsource: {product: windows}\ndetection: {s: {A: 1}, condition: s}\n"

static const struct sigma_correlation *only(const struct sigma_rules *rules)
{
    if (sigma_refusal_count(rules))
        fail_msg("%u: %s", sigma_refusal_at(rules, 0)->line, sigma_refusal_at(rules, 0)->reason);
    const struct sigma_rule *rule = sigma_rule_at(rules, 0);
    assert_non_null(rule->correlation);
    assert_null(rule->condition);
    return rule->correlation;
}

static void a_count_has_groups_a_timespan_and_bounds(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: c\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [b]\n"
                 "  group-by: [User, Computer]\n  timespan: 90m\n"
                 "  condition: {gt: 100, lte: 200}\n" BASE("b"));
    const struct sigma_correlation *correlation = only(rules);
    assert_int_equal(correlation->type, SIGMA_EVENT_COUNT);
    assert_int_equal(correlation->rule_count, 1);
    assert_int_equal(correlation->rules[0], 1);
    assert_string_equal(correlation->rule_names[0], "b");
    assert_int_equal(correlation->group_count, 2);
    assert_string_equal(correlation->group_by[1], "Computer");
    assert_int_equal(correlation->timespan_ns, UINT64_C(5400000000000));
    assert_int_equal(correlation->bound_count, 2);
    assert_int_equal(correlation->bounds[0].compare, SIGMA_GT);
    assert_true(correlation->bounds[1].number == 200);
    assert_int_equal(sigma_rule_at(rules, 0)->level, SIGMA_HIGH);
    sigma_free(rules);
}

static void every_type_is_known(void **state)
{
    (void)state;
    static const char *const types[] = {"event_count",      "value_count", "temporal",
                                        "temporal_ordered", "value_sum",   "value_avg",
                                        "value_percentile", "value_median"};
    for (unsigned i = 0; i < COUNT_OF(types); i++) {
        struct buffer text = {0};
        buffer_format(&text,
                      "title: c\ncorrelation:\n  type: %s\n  rules: b\n  timespan: 1h\n"
                      "  condition: {field: F, gte: 1.5}\n" BASE("b"),
                      types[i]);
        buffer_byte(&text, '\0');
        struct sigma_rules *rules = lab_file((const char *)text.data);
        const struct sigma_correlation *correlation = only(rules);
        assert_int_equal(correlation->type, i);
        assert_int_equal(correlation->condition_field_count, 1);
        assert_true(correlation->bounds[0].number == 1.5);
        assert_true(correlation->percentile == 50);
        sigma_free(rules);
        buffer_release(&text);
    }
}

static void a_timespan_has_one_of_seven_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t seconds;
    } spans[] = {{"1s", 1},      {"2m", 120},     {"3h", 10800},   {"1d", 86400},
                 {"1w", 604800}, {"1M", 2629746}, {"1y", 31556952}};
    for (unsigned i = 0; i < COUNT_OF(spans); i++) {
        struct buffer text = {0};
        buffer_format(
            &text, "title: c\ncorrelation: {type: temporal, rules: [b], timespan: %s}\n" BASE("b"),
            spans[i].text);
        buffer_byte(&text, '\0');
        struct sigma_rules *rules = lab_file((const char *)text.data);
        assert_int_equal(only(rules)->timespan_ns, spans[i].seconds * UINT64_C(1000000000));
        sigma_free(rules);
        buffer_release(&text);
    }
}

static void an_expression_joins_the_rules(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: c\ncorrelation:\n  type: temporal\n  rules: [a, b, c]\n  timespan: 1m\n"
                 "  condition: a and (b or not c)\n" BASE("a") BASE("b") BASE("c"));
    struct buffer tree = {0};
    lab_tree(&tree, only(rules)->expression);
    buffer_byte(&tree, '\0');
    assert_string_equal((const char *)tree.data, "(#0 & (#1 | !#2))");
    sigma_free(rules);
    buffer_release(&tree);
}

static void an_expression_may_name_the_rules_alone(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: c\ncorrelation:\n  type: temporal_ordered\n  timespan: 1m\n"
                 "  condition: b and a and b\n" BASE("a") BASE("b"));
    const struct sigma_correlation *correlation = only(rules);
    assert_int_equal(correlation->rule_count, 2);
    assert_string_equal(correlation->rule_names[0], "b");
    assert_int_equal(correlation->rules[0], 2);
    assert_int_equal(correlation->rules[1], 1);
    sigma_free(rules);
}

static void an_expression_uses_exactly_the_rules(void **state)
{
    (void)state;
    lab_assert_refused("title: c\ncorrelation:\n  type: temporal\n  rules: [a, b]\n  timespan: 1m\n"
                       "  condition: a\n",
                       6, "the condition does not use b");
    lab_assert_refused("title: c\ncorrelation:\n  type: temporal\n  rules: [a]\n  timespan: 1m\n"
                       "  condition: a and b\n",
                       6, "there is no b");
    lab_assert_refused("title: c\ncorrelation:\n  type: event_count\n  rules: [a]\n  timespan: 1m\n"
                       "  condition: a\n",
                       6, "only temporal types may have an expression");
}

static void rules_are_found_by_id_and_by_name(void **state)
{
    (void)state;
    struct sigma_rules *rules = lab_file(
        "title: c\ncorrelation: {type: temporal, rules: [b, 929A690E-bef04204a928ef5e620d6fcc], "
        "timespan: 1m}\n" BASE("b") BASE("d") "id: " ID "\n");
    const struct sigma_correlation *correlation = only(rules);
    assert_int_equal(correlation->rules[0], 1);
    assert_int_equal(correlation->rules[1], 2);
    sigma_free(rules);
}

static void a_rule_of_the_same_file_is_meant_first(void **state)
{
    (void)state;
    const char *const texts[] = {
        BASE("b"),
        "title: c\ncorrelation: {type: temporal, rules: [b], timespan: 1m}\n" BASE("b"),
        "title: d\ncorrelation: {type: temporal, rules: [b], timespan: 1m}\n",
    };
    struct sigma_rules *rules = lab_files(NULL, texts, 3);
    assert_int_equal(sigma_rule_at(rules, 1)->correlation->rules[0], 2);
    assert_int_equal(sigma_rule_at(rules, 3)->correlation->rules[0], 0);
    sigma_free(rules);
}

static void aliases_name_fields_of_each_rule(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: c\ncorrelation:\n  type: temporal\n  rules: [a, " ID "]\n"
                 "  timespan: 10s\n  group-by: [ip]\n"
                 "  aliases:\n    ip: {a: dst, b: src}\n    only_b: {b: x}\n" BASE("a")
                     BASE("b") "id: " ID "\n");
    const struct sigma_correlation *correlation = only(rules);
    assert_int_equal(correlation->alias_count, 2);
    assert_string_equal(correlation->aliases[0].alias, "ip");
    assert_string_equal(correlation->aliases[0].fields[0], "dst");
    assert_string_equal(correlation->aliases[0].fields[1], "src");
    assert_null(correlation->aliases[1].fields[0]);
    assert_string_equal(correlation->aliases[1].fields[1], "x");
    sigma_free(rules);
}

static void an_alias_of_another_rule_is_refused(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: c\ncorrelation:\n  type: temporal\n  rules: [a]\n  timespan: 10s\n"
                 "  aliases:\n    ip: {b: src}\n" BASE("a") BASE("b"));
    assert_int_equal(sigma_count(rules), 2);
    assert_int_equal(sigma_refusal_at(rules, 0)->line, 7);
    assert_non_null(strstr(sigma_refusal_at(rules, 0)->reason, "none of the rules"));
    sigma_free(rules);
}

static void rules_of_a_correlation_are_silent_unless_it_generates(void **state)
{
    (void)state;
    struct sigma_rules *rules = lab_file(
        "title: c\ncorrelation: {type: temporal, rules: [a, b], timespan: 1m}\n"
        "---\ntitle: d\ncorrelation: {type: temporal, rules: [b], timespan: 1m, generate: true}\n"
        "---\ntitle: e\ngenerate: yes\ncorrelation: {type: temporal, rules: [f], timespan: "
        "1m}\n" BASE("a") BASE("b") BASE("f") BASE("g"));
    assert_false(sigma_rule_at(rules, 0)->is_silent);
    assert_true(sigma_rule_at(rules, 1)->correlation->generate);
    assert_true(sigma_rule_at(rules, 2)->correlation->generate);
    assert_true(sigma_rule_at(rules, 3)->is_silent);
    assert_false(sigma_rule_at(rules, 4)->is_silent);
    assert_false(sigma_rule_at(rules, 5)->is_silent);
    assert_false(sigma_rule_at(rules, 6)->is_silent);
    sigma_free(rules);
}

static void correlations_may_refer_to_correlations(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        lab_file("title: outer\ncorrelation: {type: temporal_ordered, rules: [inner, b], "
                 "timespan: 1m}\n"
                 "---\ntitle: inner\nname: inner\ncorrelation: {type: event_count, rules: [a], "
                 "timespan: 1m, condition: {gte: 10}}\n" BASE("a") BASE("b"));
    const struct sigma_correlation *correlation = only(rules);
    assert_int_equal(correlation->rules[0], 1);
    assert_int_equal(correlation->rules[1], 3);
    assert_true(sigma_rule_at(rules, 1)->is_silent);
    sigma_free(rules);
}

static unsigned count_reasons(const struct sigma_rules *rules, const char *reason)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < sigma_refusal_count(rules); i++)
        count += strstr(sigma_refusal_at(rules, i)->reason, reason) != NULL;
    return count;
}

static void cycles_and_what_hangs_on_them_are_refused(void **state)
{
    (void)state;
    struct sigma_rules *rules = lab_file(
        "title: c\nname: c\ncorrelation: {type: temporal, rules: [d, a], timespan: 1m}\n"
        "---\ntitle: d\nname: d\ncorrelation: {type: temporal, rules: [c], timespan: 1m}\n"
        "---\ntitle: e\nname: e\ncorrelation: {type: temporal, rules: [e], timespan: 1m}\n"
        "---\ntitle: f\ncorrelation: {type: temporal, rules: [a, e], timespan: 1m}\n" BASE("a"));
    assert_int_equal(sigma_count(rules), 1);
    assert_string_equal(sigma_rule_at(rules, 0)->title, "a");
    assert_false(sigma_rule_at(rules, 0)->is_silent);
    assert_int_equal(sigma_refusal_count(rules), 4);
    assert_int_equal(count_reasons(rules, "refers to itself") + count_reasons(rules, "refused"), 4);
    sigma_free(rules);
}

static void what_does_not_resolve_is_refused(void **state)
{
    (void)state;
    lab_assert_refused("title: c\ncorrelation: {type: temporal, rules: [b], timespan: 1m}\n", 1,
                       "there is no rule b");
    struct sigma_rules *rules =
        lab_file("title: c\ncorrelation: {type: temporal, rules: [b], timespan: 1m}\n"
                 "---\ntitle: b\nname: b\nlogsource: {product: windows}\n"
                 "detection: {s: {A|expand: '%p%'}, condition: s}\n");
    assert_int_equal(sigma_count(rules), 0);
    assert_int_equal(count_reasons(rules, "the rule b was refused"), 1);
    sigma_free(rules);
}

static void what_is_no_correlation_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *section, *reason;
    } wrong[] = {
        {"[]", "must be a map"},
        {"{rules: [b], timespan: 1m}", "type is missing"},
        {"{type: sum, rules: [b], timespan: 1m}", "there is no such type"},
        {"{type: temporal, timespan: 1m}", "rules are missing"},
        {"{type: temporal, rules: {b: c}, timespan: 1m}", "rules must be a list"},
        {"{type: temporal, rules: [b]}", "timespan is missing"},
        {"{type: temporal, rules: [b], timespan: 5}", "timespan must be"},
        {"{type: temporal, rules: [b], timespan: 0s}", "timespan must be"},
        {"{type: temporal, rules: [b], timespan: 1x}", "timespan must be"},
        {"{type: temporal, rules: [b], timespan: 1 h}", "timespan must be"},
        {"{type: temporal, rules: [b], timespan: 900000000y}", "timespan is too long"},
        {"{type: event_count, rules: [b], timespan: 1m}", "condition is missing"},
        {"{type: event_count, rules: [b], timespan: 1m, condition: {}}", "has no bound"},
        {"{type: event_count, rules: [b], timespan: 1m, condition: {gte: many}}",
         "must be a number"},
        {"{type: event_count, rules: [b], timespan: 1m, condition: {gte: 1, of: 2}}",
         "the condition has no of"},
        {"{type: value_count, rules: [b], timespan: 1m, condition: {gte: 1}}", "has no field"},
        {"{type: value_percentile, rules: [b], timespan: 1m, "
         "condition: {gte: 1, field: F, percentile: 101}}",
         "percentile must be"},
        {"{type: temporal, rules: [b], timespan: 1m, aliases: [a]}", "aliases must be a map"},
        {"{type: temporal, rules: [b], timespan: 1m, generate: maybe}", "generate must be"},
    };
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        struct buffer text = {0};
        buffer_format(&text, "title: c\ncorrelation: %s\n", wrong[i].section);
        buffer_byte(&text, '\0');
        lab_assert_refused((const char *)text.data, 2, wrong[i].reason);
        buffer_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_has_groups_a_timespan_and_bounds),
        cmocka_unit_test(every_type_is_known),
        cmocka_unit_test(a_timespan_has_one_of_seven_units),
        cmocka_unit_test(an_expression_joins_the_rules),
        cmocka_unit_test(an_expression_may_name_the_rules_alone),
        cmocka_unit_test(an_expression_uses_exactly_the_rules),
        cmocka_unit_test(rules_are_found_by_id_and_by_name),
        cmocka_unit_test(a_rule_of_the_same_file_is_meant_first),
        cmocka_unit_test(aliases_name_fields_of_each_rule),
        cmocka_unit_test(an_alias_of_another_rule_is_refused),
        cmocka_unit_test(rules_of_a_correlation_are_silent_unless_it_generates),
        cmocka_unit_test(correlations_may_refer_to_correlations),
        cmocka_unit_test(cycles_and_what_hangs_on_them_are_refused),
        cmocka_unit_test(what_does_not_resolve_is_refused),
        cmocka_unit_test(what_is_no_correlation_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

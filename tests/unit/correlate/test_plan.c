/* Which rules are wanted, what they must carry, and which correlations cannot run. */
#include "lab.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The fields that a rule's hits must carry, joined by blanks; "-" when they are not wanted. */
static void assert_needs(const struct lab *lab, uint32_t rule, const char *expected)
{
    const char *const *fields;
    uint32_t count;
    char text[256] = "-";
    if (correlator_needs(lab->correlator, rule, &fields, &count))
        *text = 0;
    for (uint32_t i = 0; i < count; i++) {
        strcat(text, i ? " " : "");
        strcat(text, fields[i]);
    }
    assert_string_equal(text, expected);
}

static void only_rules_that_a_correlation_refers_to_are_wanted(void **state)
{
    (void)state;
    const struct sigma_correlation one = {
        .type = SIGMA_EVENT_COUNT, RULES(B), WITHIN(1), BOUNDS({SIGMA_GTE, 1})};
    struct lab lab;
    lab_open(&lab, 2, &one, 1, NULL);
    assert_needs(&lab, A, "-");
    assert_needs(&lab, B, "");
    assert_needs(&lab, C, "-");
    assert_needs(&lab, 1000, "-");
    lab_close(&lab);
}

static void a_rule_needs_each_field_once_by_the_name_that_it_has_there(void **state)
{
    (void)state;
    const struct sigma_correlation two[] = {
        {.type = SIGMA_VALUE_COUNT,
         RULES(A, B),
         WITHIN(1),
         GROUP("who", "Host"),
         FIELDS("Port", "Host"),
         BOUNDS({SIGMA_GTE, 1}),
         .aliases = &(struct sigma_alias){"who", (const char *const[]){"User", NULL}},
         .alias_count = 1},
        {.type = SIGMA_EVENT_COUNT,
         RULES(A),
         WITHIN(1),
         GROUP("Port", "Image"),
         BOUNDS({SIGMA_GTE, 1})},
    };
    struct lab lab;
    lab_open(&lab, 2, two, 2, NULL);
    assert_needs(&lab, A, "Port Image User Host");
    assert_needs(&lab, B, "who Host Port");
    lab_close(&lab);
}

static void what_an_outer_correlation_needs_is_needed_of_the_rules_below(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_TEMPORAL, RULES(D, B), WITHIN(1), GROUP("who")},
        {.type = SIGMA_EVENT_COUNT,
         RULES(A),
         WITHIN(1),
         GROUP("Ip"),
         BOUNDS({SIGMA_GTE, 1}),
         .aliases = &(struct sigma_alias){"who", (const char *const[]){"User"}},
         .alias_count = 1},
    };
    struct lab lab;
    lab_open(&lab, 2, chain, 2, NULL);
    assert_needs(&lab, A, "Ip User");
    assert_needs(&lab, B, "who");
    assert_needs(&lab, D, "-"); /* its hits are made here */
    lab_close(&lab);
}

/* That C is refused for `reason`, which the text begins with. */
static void refused(struct sigma_correlation correlation, const char *reason)
{
    struct lab lab;
    uint32_t rule;
    lab_open(&lab, 2, &correlation, 1, NULL);
    assert_int_equal(correlator_refusal_count(lab.correlator), 1);
    assert_string_equal(correlator_refusal(lab.correlator, 0, &rule), reason);
    assert_int_equal(rule, C);
    assert_needs(&lab, A, "-");
    lab_close(&lab);
}

static void a_correlation_that_cannot_run_is_refused_with_the_reason(void **state)
{
    (void)state;
    const uint32_t many[65] = {0};
    const char *names[65];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = "User";
    refused((struct sigma_correlation){.type = SIGMA_TEMPORAL}, "it refers to no rule");
    refused((struct sigma_correlation){.type = SIGMA_TEMPORAL, .rules = many, .rule_count = 65},
            "it refers to more than 64 rules");
    refused((struct sigma_correlation){.type = SIGMA_TEMPORAL, RULES(A, 77)},
            "it refers to a rule that is not there");
    refused((struct sigma_correlation){.type = SIGMA_EVENT_COUNT, RULES(A)}, "it has no condition");
    refused(
        (struct sigma_correlation){
            .type = SIGMA_TEMPORAL, RULES(A), .group_by = names, .group_count = 65},
        "more than 64 different fields are wanted of a rule that it refers to");
    refused((struct sigma_correlation){.type = SIGMA_VALUE_SUM, RULES(A), BOUNDS({SIGMA_GTE, 1})},
            "its condition names no field");
    refused((struct sigma_correlation){.type = SIGMA_VALUE_PERCENTILE,
                                       RULES(A),
                                       FIELDS("N"),
                                       BOUNDS({SIGMA_GTE, 1}),
                                       .percentile = 101},
            "its percentile is not between 0 and 100");
    refused((struct sigma_correlation){.type = SIGMA_EVENT_COUNT,
                                       RULES(A),
                                       BOUNDS({SIGMA_GTE, (double)NAN})},
            "its condition compares with what is not a number");
    refused(
        (struct sigma_correlation){.type = SIGMA_EVENT_COUNT, RULES(A), BOUNDS({SIGMA_GTE, 1e9})},
        "it counts further than one window may hold");
    refused((struct sigma_correlation){.type = SIGMA_TEMPORAL_ORDERED,
                                       RULES(A, B),
                                       BOUNDS({SIGMA_LT, 2})},
            "its condition cannot hold when all of its rules were seen");
}

static void an_extended_condition_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    const struct sigma_test tests[] = {{.kind = SIGMA_TRUE, .number = 0},
                                       {.kind = SIGMA_TRUE, .number = 7}};
    const struct sigma_node a = {.kind = SIGMA_LEAF, .test = &tests[0]};
    const struct sigma_node far = {.kind = SIGMA_LEAF, .test = &tests[1]};
    const struct sigma_node *const only_a[] = {&a};
    const struct sigma_node either = {.kind = SIGMA_OR, .count = 1, .children = only_a};
    refused((struct sigma_correlation){.type = SIGMA_TEMPORAL, RULES(A, B), .expression = &far},
            "its condition names a rule that it does not list");
    refused((struct sigma_correlation){.type = SIGMA_TEMPORAL_ORDERED,
                                       RULES(A, B),
                                       .expression = &either},
            "`or` and `not` are for temporal, not for temporal_ordered");
    refused(
        (struct sigma_correlation){.type = SIGMA_TEMPORAL_ORDERED, RULES(A, B), .expression = &a},
        "its condition leaves out a rule of the order");
}

static void circles_and_what_stands_on_a_refused_correlation_are_refused(void **state)
{
    (void)state;
    const struct sigma_correlation some[] = {
        {.type = SIGMA_TEMPORAL, RULES(D)}, /* C and D in a circle */
        {.type = SIGMA_TEMPORAL, RULES(A, C)},
        {.type = SIGMA_TEMPORAL, RULES(E)},    /* E refers to itself */
        {.type = SIGMA_TEMPORAL, RULES(G, B)}, /* F stands on G, */
        {.type = SIGMA_TEMPORAL, RULES(77)},   /* which is refused */
        {.type = SIGMA_TEMPORAL, RULES(A)},    /* and H runs */
    };
    struct lab lab;
    uint32_t refused_rules = 0;
    lab_open(&lab, 2, some, 6, NULL);
    assert_int_equal(correlator_refusal_count(lab.correlator), 5);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t rule;
        const char *reason = correlator_refusal(lab.correlator, i, &rule);
        refused_rules |= 1U << rule;
        assert_string_equal(reason, rule == F ? "it refers to a correlation that was refused"
                                    : rule == G
                                        ? "it refers to a rule that is not there"
                                        : "it refers to itself, through others or directly");
    }
    assert_int_equal(refused_rules, 1U << C | 1U << D | 1U << E | 1U << F | 1U << G);
    lab_hit(&lab, 0, A, "");
    assert_string_equal(lab_found(&lab, true), "H 0 1 [1]");
    lab_close(&lab);
}

static void correlations_stand_on_each_other_up_to_a_depth(void **state)
{
    (void)state;
    enum { COUNT = 30 };
    struct sigma_correlation sigmas[COUNT];
    struct rule_info infos[COUNT + 1] = {0};
    const struct rule_info *rules[COUNT + 1] = {&infos[0]};
    uint32_t below[COUNT];
    struct correlator *correlator;
    for (uint32_t i = 0; i < COUNT; i++) {
        below[i] = i;
        sigmas[i] =
            (struct sigma_correlation){.type = SIGMA_TEMPORAL, .rules = &below[i], .rule_count = 1};
        infos[i + 1].correlation = &sigmas[i];
        rules[i + 1] = &infos[i + 1];
    }
    assert_int_equal(correlator_new(rules, COUNT + 1, NULL, &correlator, NULL), STATUS_OK);
    uint32_t rule;
    assert_int_equal(correlator_refusal_count(correlator), COUNT - 17);
    assert_string_equal(correlator_refusal(correlator, 0, &rule),
                        "more than 16 correlations stand on each other");
    assert_int_equal(rule, 18);
    correlator_free(correlator);
}

static void
a_correlation_that_wants_too_many_fields_of_a_rule_leaves_the_others_running(void **state)
{
    (void)state;
    char names[80][8];
    const char *fields[80];
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        snprintf(names[i], sizeof(names[i]), "f%zu", i);
        fields[i] = names[i];
    }
    const struct sigma_correlation some[] = {
        {.type = SIGMA_TEMPORAL, RULES(A), .group_by = fields, .group_count = 40},
        {.type = SIGMA_TEMPORAL, RULES(A), .group_by = fields + 40, .group_count = 40},
        {.type = SIGMA_TEMPORAL, RULES(B, C), WITHIN(1)},
    };
    struct lab lab;
    uint32_t rule;
    lab_open(&lab, 2, some, 3, NULL);
    assert_int_equal(correlator_refusal_count(lab.correlator), 2);
    correlator_refusal(lab.correlator, 0, &rule);
    assert_int_equal(rule, C);
    correlator_refusal(lab.correlator, 1, &rule);
    assert_int_equal(rule, E); /* which stands on C */
    const char *const *needs;
    uint32_t count;
    assert_true(correlator_needs(lab.correlator, A, &needs, &count));
    assert_int_equal(count, 40);
    assert_false(correlator_needs(lab.correlator, B, &needs, &count));
    lab_close(&lab);
}

static void without_rules_there_is_nothing_to_do(void **state)
{
    (void)state;
    struct correlator *correlator;
    assert_int_equal(correlator_new(NULL, 0, NULL, &correlator, NULL), STATUS_OK);
    const struct correlate_hit hit = {0};
    assert_int_equal(correlator_feed(correlator, &hit, NULL, NULL, NULL), STATUS_OK);
    assert_int_equal(correlator_finish(correlator, NULL, NULL, NULL), STATUS_OK);
    correlator_free(correlator);
    correlator_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_rules_that_a_correlation_refers_to_are_wanted),
        cmocka_unit_test(a_rule_needs_each_field_once_by_the_name_that_it_has_there),
        cmocka_unit_test(what_an_outer_correlation_needs_is_needed_of_the_rules_below),
        cmocka_unit_test(a_correlation_that_cannot_run_is_refused_with_the_reason),
        cmocka_unit_test(an_extended_condition_that_makes_no_sense_is_refused),
        cmocka_unit_test(circles_and_what_stands_on_a_refused_correlation_are_refused),
        cmocka_unit_test(correlations_stand_on_each_other_up_to_a_depth),
        cmocka_unit_test(
            a_correlation_that_wants_too_many_fields_of_a_rule_leaves_the_others_running),
        cmocka_unit_test(without_rules_there_is_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each sentence of docs/correlations.md that says how something is decided, by its smallest case.
 */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* One correlation over two base rules without fields: what the hits give. */
static void gives(struct sigma_correlation correlation, const char *hits, const char *expected)
{
    char *found = lab_run(2, &correlation, 1, hits);
    assert_string_equal(found, expected);
    free(found);
}

#define COUNT(compare_, number_)                           \
    ((struct sigma_correlation){.type = SIGMA_EVENT_COUNT, \
                                RULES(A, B),               \
                                WITHIN(10),                \
                                BOUNDS({.compare = (compare_), .number = (number_)})})

static void a_count_fires_at_the_event_that_reaches_it(void **state)
{
    (void)state;
    gives(COUNT(SIGMA_GTE, 3), "A1 A2", "");
    gives(COUNT(SIGMA_GTE, 3), "A1 B2 A3", "C 3 3 [1 2 3]");
    gives(COUNT(SIGMA_GT, 1), "A1 A2", "C 2 2 [1 2]");
}

static void a_window_includes_both_of_its_edges(void **state)
{
    (void)state;
    gives(COUNT(SIGMA_GTE, 2), "A1 A11", "C 11 2 [1 2]");
    gives(COUNT(SIGMA_GTE, 2), "A1 A11.000000001", "");
    gives(COUNT(SIGMA_GTE, 2), "A1.5 A11.25", "C 11.25 2 [1 2]");
}

static void a_window_slides(void **state)
{
    (void)state;
    gives(COUNT(SIGMA_GTE, 3), "A1 A10 A12 A13", "C 13 3 [2 3 4]");
}

static void events_that_made_a_finding_are_used_up(void **state)
{
    (void)state;
    gives(COUNT(SIGMA_GTE, 2), "A1 A2 A3 A4 A5", "C 2 2 [1 2]; C 4 2 [3 4]");
}

static void a_hundred_events_in_a_window_give_ten_findings_of_ten(void **state)
{
    (void)state;
    const struct sigma_correlation ten = COUNT(SIGMA_GTE, 10);
    struct lab lab;
    lab_open(&lab, 2, &ten, 1, NULL);
    for (int i = 0; i < 100; i++)
        lab_hit(&lab, SECOND + i, A, "");
    assert_int_equal(correlator_statistics(lab.correlator).findings, 10);
    lab_close(&lab);
}

static void an_event_on_which_two_rules_fired_counts_once(void **state)
{
    (void)state;
    gives(COUNT(SIGMA_GTE, 2), "A1 B1=", "");
    gives(COUNT(SIGMA_GTE, 2), "A1 A2 B2=", "C 2 2 [1 2]");
    gives(COUNT(SIGMA_GTE, 2), "A1 A2 B2= A3 B3= A4", "C 2 2 [1 2]; C 4 2 [3 4]");
}

static void an_upper_bound_is_judged_when_the_window_of_the_first_event_ends(void **state)
{
    (void)state;
    gives(COUNT(SIGMA_LT, 3), "A1 A5", "C 5 2 [1 2] judged 11");
    gives(COUNT(SIGMA_LT, 3), "A1 A5 A11", "");
    gives(COUNT(SIGMA_LT, 3), "A1 A5 A11.5", "C 5 2 [1 2] judged 11; C 11.5 1 [3] judged 21.5");
    gives(COUNT(SIGMA_LTE, 1), "A1 A20", "C 1 1 [1] judged 11; C 20 1 [2] judged 30");
    gives(COUNT(SIGMA_EQ, 2), "A1 A2 A20", "C 2 2 [1 2] judged 11");
    gives(COUNT(SIGMA_NEQ, 2), "A1 A2 A20", "C 20 1 [3] judged 30");
}

static void several_bounds_must_all_hold(void **state)
{
    (void)state;
    const struct sigma_correlation range = {
        .type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_GT, 1}, {SIGMA_LTE, 3})};
    gives(range, "A1", "");
    gives(range, "A1 A2", "C 2 2 [1 2] judged 11");
    gives(range, "A1 A2 A3 A4", "");
}

static void findings_come_in_the_order_in_which_they_become_certain(void **state)
{
    (void)state;
    const struct sigma_correlation both[] = {COUNT(SIGMA_LT, 3), COUNT(SIGMA_GTE, 2)};
    char *found = lab_run(2, both, 2, "A1 A12 A13");
    assert_string_equal(found, "C 1 1 [1] judged 11; D 13 2 [2 3]; C 13 2 [2 3] judged 22");
    free(found);
}

static const struct sigma_correlation by_user = {
    .type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), GROUP("User", "Host"), BOUNDS({SIGMA_GTE, 2})};

static void groups_are_counted_apart_and_compared_without_case(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, 1, &by_user, 1, NULL);
    lab_hit(&lab, 1, A, "User=alice Host=x");
    lab_hit(&lab, 2, A, "User=bob Host=x");
    lab_hit(&lab, 3, A, "User=alice Host=y");
    lab_hit(&lab, 4, A, "User=ALICE Host=X");
    assert_string_equal(lab_found(&lab, true), "B 0.000000004 2 [1 4] ALICE|X");
    lab_close(&lab);
}

static void values_of_a_group_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, 1, &by_user, 1, NULL);
    lab_hit(&lab, 1, A, "User=ab Host=c");
    lab_hit(&lab, 2, A, "User=a Host=bc");
    lab_hit(&lab, 3, A, "User= Host=abc");
    assert_string_equal(lab_found(&lab, true), "");
    lab_close(&lab);
}

static void an_event_without_a_group_field_takes_no_part_but_an_empty_value_is_one(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab, 1, &by_user, 1, NULL);
    lab_hit(&lab, 1, A, "User=alice");
    lab_hit(&lab, 2, A, "User=alice");
    lab_hit(&lab, 3, A, "User= Host=x");
    lab_hit(&lab, 4, A, "User= Host=x");
    assert_string_equal(lab_found(&lab, true), "B 0.000000004 2 [3 4] |x");
    lab_close(&lab);
}

static void aliases_give_a_field_another_name_in_each_rule(void **state)
{
    (void)state;
    const struct sigma_correlation meeting = {
        .type = SIGMA_TEMPORAL,
        RULES(A, B),
        WITHIN(10),
        GROUP("inner"),
        .aliases = &(struct sigma_alias){"inner", (const char *const[]){"Source", NULL}},
        .alias_count = 1};
    struct lab lab;
    lab_open(&lab, 2, &meeting, 1, NULL);
    lab_hit(&lab, 1, A, "Source=1.2.3.4");
    lab_hit(&lab, 2, B, "Source=1.2.3.4");
    lab_hit(&lab, 3, B, "inner=1.2.3.4");
    assert_string_equal(lab_found(&lab, true), "C 0.000000003 2 [1 3] 1.2.3.4");
    lab_close(&lab);
}

static void value_count_counts_distinct_values_and_names_the_newest_event_of_each(void **state)
{
    (void)state;
    const struct sigma_correlation spray = {
        .type = SIGMA_VALUE_COUNT, RULES(A), WITHIN(10), FIELDS("User"), BOUNDS({SIGMA_GTE, 3})};
    struct lab lab;
    lab_open(&lab, 1, &spray, 1, NULL);
    lab_hit(&lab, 1 * SECOND, A, "User=alice");
    lab_hit(&lab, 2 * SECOND, A, "User=bob");
    lab_hit(&lab, 3 * SECOND, A, "User=ALICE");
    lab_hit(&lab, 4 * SECOND, A, "");
    assert_string_equal(lab_found(&lab, false), "");
    lab_hit(&lab, 12 * SECOND, A, "User=carol"); /* alice again at 3 is in the window, at 1 not */
    assert_string_equal(lab_found(&lab, true), "B 12 3 [2 3 5]");
    lab_close(&lab);
}

static void several_fields_count_together(void **state)
{
    (void)state;
    const struct sigma_correlation pairs = {.type = SIGMA_VALUE_COUNT,
                                            RULES(A),
                                            WITHIN(10),
                                            FIELDS("User", "Host"),
                                            BOUNDS({SIGMA_GTE, 3})};
    struct lab lab;
    lab_open(&lab, 1, &pairs, 1, NULL);
    lab_hit(&lab, 1, A, "User=alice Host=x");
    lab_hit(&lab, 2, A, "User=alice Host=y");
    lab_hit(&lab, 3, A, "User=alice Host=x");
    lab_hit(&lab, 4, A, "User=bob Host=x");
    assert_string_equal(lab_found(&lab, true), "B 0.000000004 3 [2 3 4]");
    lab_close(&lab);
}

/* Numbers of one field, a second apart from 1 on. */
static void numbers_give(enum sigma_correlation_type type, struct sigma_bound bound,
                         const char *numbers, const char *expected)
{
    const struct sigma_correlation correlation = {.type = type,
                                                  RULES(A),
                                                  WITHIN(3),
                                                  FIELDS("N"),
                                                  .percentile = 90,
                                                  .bounds = &bound,
                                                  .bound_count = 1};
    struct lab lab;
    lab_open(&lab, 1, &correlation, 1, NULL);
    char *copy = strdup(numbers), *rest = NULL;
    int64_t time = 0;
    for (char *number = strtok_r(copy, " ", &rest); number; number = strtok_r(NULL, " ", &rest)) {
        char field[64];
        snprintf(field, sizeof(field), "N=%s", number);
        lab_hit(&lab, time += SECOND, A, field);
    }
    assert_string_equal(lab_found(&lab, true), expected);
    lab_close(&lab);
    free(copy);
}

static void a_sum_slides_and_fires_when_it_is_reached(void **state)
{
    (void)state;
    const struct sigma_bound ten = {SIGMA_GTE, 10};
    numbers_give(SIGMA_VALUE_SUM, ten, "4 5", "");
    numbers_give(SIGMA_VALUE_SUM, ten, "4 5 0x1", "B 3 10 [1 2 3]");
    numbers_give(SIGMA_VALUE_SUM, ten, "4 1 1 1 7", "B 5 10 [2 3 4 5]");
    numbers_give(SIGMA_VALUE_SUM, ten, "9 -4 2 2.5 1 5", "B 6 10.5 [3 4 5 6]");
}

static void a_huge_number_that_left_the_window_leaves_no_trace_in_the_sum(void **state)
{
    (void)state;
    numbers_give(SIGMA_VALUE_SUM, (struct sigma_bound){SIGMA_GTE, 10}, "-1e300 1 2 3 4",
                 "B 5 10 [2 3 4 5]");
}

static void a_value_that_is_no_number_takes_no_part(void **state)
{
    (void)state;
    numbers_give(SIGMA_VALUE_SUM, (struct sigma_bound){SIGMA_GTE, 3}, "1 x 2", "B 3 3 [1 3]");
    numbers_give(SIGMA_VALUE_AVG, (struct sigma_bound){SIGMA_GTE, 1}, "1e999 nan inf -", "");
}

static void averages_and_percentiles_are_judged_when_the_window_ends(void **state)
{
    (void)state;
    const struct sigma_bound any = {SIGMA_GTE, 0};
    numbers_give(SIGMA_VALUE_AVG, any, "1 2 6", "B 3 3 [1 2 3] judged 4");
    numbers_give(SIGMA_VALUE_AVG, (struct sigma_bound){SIGMA_LT, 3}, "1 2 6", "");
    numbers_give(SIGMA_VALUE_MEDIAN, any, "9 1 2", "B 3 2 [1 2 3] judged 4");
    numbers_give(SIGMA_VALUE_MEDIAN, any, "9 1 2 4", "B 4 3 [1 2 3 4]");
    numbers_give(SIGMA_VALUE_PERCENTILE, any, "20 10", "B 2 19 [1 2] judged 4");
    numbers_give(SIGMA_VALUE_PERCENTILE, any, "7", "B 1 7 [1] judged 4");
}

static const struct sigma_correlation together = {.type = SIGMA_TEMPORAL, RULES(A, B), WITHIN(10)};

static void temporal_wants_every_rule_in_any_order(void **state)
{
    (void)state;
    gives(together, "A1 A2", "");
    gives(together, "B1 A2", "C 2 2 [1 2]");
    gives(together, "B1 A11", "C 11 2 [1 2]");
    gives(together, "B1 A11.000000001", "");
}

static void temporal_names_the_newest_event_of_each_rule(void **state)
{
    (void)state;
    gives(together, "A1 A2 A3 B4 A5 B6", "C 4 2 [3 4]; C 6 2 [5 6]");
}

static void one_event_can_serve_all_rules_of_temporal(void **state)
{
    (void)state;
    gives(together, "A1 B1=", "C 1 2 [1]");
    gives(together, "A1 B2 A2=", "C 2 2 [1 2]"); /* the event at 2 is used up */
}

static void temporal_may_ask_for_some_of_its_rules(void **state)
{
    (void)state;
    const struct sigma_correlation two_of_three = {
        .type = SIGMA_TEMPORAL, RULES(A, B, A), WITHIN(10), BOUNDS({SIGMA_GTE, 2})};
    gives(two_of_three, "A1", "C 1 2 [1]");
    const struct sigma_correlation one_only = {
        .type = SIGMA_TEMPORAL, RULES(A, B), WITHIN(10), BOUNDS({SIGMA_EQ, 1})};
    gives(one_only, "A1 A2", "C 2 1 [2] judged 11");
    gives(one_only, "A1 B2", "");
}

/* The condition `A and not B`. */
static const struct sigma_test test_a = {.kind = SIGMA_TRUE, .number = 0};
static const struct sigma_test test_b = {.kind = SIGMA_TRUE, .number = 1};
static const struct sigma_node leaf_a = {.kind = SIGMA_LEAF, .test = &test_a};
static const struct sigma_node leaf_b = {.kind = SIGMA_LEAF, .test = &test_b};
static const struct sigma_node *const only_b[] = {&leaf_b};
static const struct sigma_node not_b = {.kind = SIGMA_NOT, .count = 1, .children = only_b};
static const struct sigma_node *const a_and_not_b[] = {&leaf_a, &not_b};
static const struct sigma_node *const a_and_b[] = {&leaf_a, &leaf_b};

static void an_extended_condition_decides_which_rules_are_wanted(void **state)
{
    (void)state;
    const struct sigma_node either = {.kind = SIGMA_OR, .count = 2, .children = a_and_b};
    const struct sigma_node both = {.kind = SIGMA_AND, .count = 2, .children = a_and_b};
    struct sigma_correlation correlation = together;
    correlation.expression = &either;
    gives(correlation, "B1 A2", "C 1 1 [1]; C 2 1 [2]");
    correlation.expression = &both;
    gives(correlation, "B1 A2", "C 2 2 [1 2]");
}

static void a_condition_with_not_is_judged_when_the_window_ends(void **state)
{
    (void)state;
    const struct sigma_node without = {.kind = SIGMA_AND, .count = 2, .children = a_and_not_b};
    struct sigma_correlation correlation = together;
    correlation.expression = &without;
    gives(correlation, "A1 A2", "C 2 1 [2] judged 11");
    gives(correlation, "A1 B11", "");
    gives(correlation, "A1 B12", "C 1 1 [1] judged 11");
}

static const struct sigma_correlation in_order = {
    .type = SIGMA_TEMPORAL_ORDERED, RULES(A, B), WITHIN(10)};

static void ordered_wants_the_rules_in_the_listed_order(void **state)
{
    (void)state;
    gives(in_order, "B1 A2", "");
    gives(in_order, "A1 B2", "C 2 2 [1 2]");
    gives(in_order, "B1 A2 B3", "C 3 2 [2 3]");
    gives(in_order, "A1 B11", "C 11 2 [1 2]");
    gives(in_order, "A1 B11.000000001", "");
}

static void ordered_names_the_chain_that_began_last(void **state)
{
    (void)state;
    gives(in_order, "A1 A2 B3", "C 3 2 [2 3]");
    const struct sigma_correlation three = {
        .type = SIGMA_TEMPORAL_ORDERED, RULES(A, B, A), WITHIN(10)};
    gives(three, "A1 B2 A3", "C 3 3 [1 2 3]");
    gives(three, "A1 B2 B5 A11", "C 11 3 [1 3 4]");
    gives(three, "A1 B2 A4 B5 A12", "C 4 3 [1 2 3]");
    gives(three, "A1 B2 A11.5 B12 A13", "C 13 3 [3 4 5]");
}

static void events_of_one_moment_may_stand_in_any_order(void **state)
{
    (void)state;
    gives(in_order, "B1 A1", "C 1 2 [1 2]");
    const struct sigma_correlation three = {
        .type = SIGMA_TEMPORAL_ORDERED, RULES(A, B, A), WITHIN(10)};
    gives(three, "B1 A1 A1", "C 1 3 [1 2 3]");
    gives(three, "A1 A2 B2", "C 2 3 [1 2 3]");
}

static void each_step_of_an_order_needs_an_event_of_its_own(void **state)
{
    (void)state;
    const struct sigma_correlation twice = {
        .type = SIGMA_TEMPORAL_ORDERED, RULES(A, A), WITHIN(10)};
    gives(twice, "A1", "");
    gives(twice, "A1 A1", "C 1 2 [1 2]");
    gives(in_order, "A1 B1=", "");
    gives(in_order, "A1 B1= B2", "C 2 2 [1 2]");
    gives(in_order, "A1 B1= A1", "C 1 2 [1 2]"); /* the first as B, the second as A */
    gives(in_order, "A1 A1 B1= B1", "C 1 2 [1 2]");
}

static void a_correlation_that_fires_is_a_hit_with_its_group(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), GROUP("User"), BOUNDS({SIGMA_GTE, 2})},
        {.type = SIGMA_TEMPORAL_ORDERED,
         RULES(C, B),
         WITHIN(20),
         GROUP("who"),
         .aliases = &(struct sigma_alias){"who", (const char *const[]){"User", "Target"}},
         .alias_count = 1},
    };
    struct lab lab;
    lab_open(&lab, 2, chain, 2, NULL);
    lab_hit(&lab, 1 * SECOND, A, "User=alice");
    lab_hit(&lab, 2 * SECOND, A, "User=bob");
    lab_hit(&lab, 3 * SECOND, A, "User=alice");
    lab_hit(&lab, 4 * SECOND, B, "Target=bob");
    lab_hit(&lab, 5 * SECOND, B, "Target=Alice");
    assert_string_equal(lab_found(&lab, true), "C 3 2 [1 3] alice; D 5 2 [1 3 5] Alice");
    lab_close(&lab);
}

static void other_fields_of_a_correlation_are_those_of_its_last_event(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_GTE, 2})},
        {.type = SIGMA_VALUE_COUNT,
         RULES(B),
         WITHIN(99),
         FIELDS("Host"),
         GROUP("User"),
         BOUNDS({SIGMA_GTE, 2})},
    };
    struct lab lab;
    lab_open(&lab, 1, chain, 2, NULL);
    lab_hit(&lab, 1 * SECOND, A, "User=bob Host=x");
    lab_hit(&lab, 2 * SECOND, A, "User=alice Host=y");
    lab_hit(&lab, 3 * SECOND, A, "User=bob Host=x");
    lab_hit(&lab, 4 * SECOND, A, "User=alice Host=z");
    assert_string_equal(lab_found(&lab, true), "B 2 2 [1 2]; B 4 2 [3 4]; C 4 2 [1 2 3 4] alice");
    lab_close(&lab);
}

static void what_is_judged_late_is_a_hit_of_that_moment(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_LT, 2})},
        {.type = SIGMA_TEMPORAL_ORDERED, RULES(C, B), WITHIN(5)},
    };
    char *found = lab_run(2, chain, 2, "A1 B10 B12");
    assert_string_equal(found, "C 1 1 [1] judged 11; D 12 2 [1 3]");
    free(found);
    found = lab_run(2, chain, 2, "A1 B16");
    assert_string_equal(found, "C 1 1 [1] judged 11; D 16 2 [1 2]");
    free(found);
    found = lab_run(2, chain, 2, "A1 B16.000000001");
    assert_string_equal(found, "C 1 1 [1] judged 11");
    free(found);
}

static void correlations_of_one_moment_go_in_the_order_of_dependency(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_TEMPORAL, RULES(D, E), WITHIN(10)},
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_GTE, 2})},
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_GTE, 1})},
    };
    char *found = lab_run(2, chain, 3, "A1 A2");
    assert_string_equal(found, "E 1 1 [1]; D 2 2 [1 2]; C 2 2 [1 2]; E 2 1 [2]");
    free(found);
}

static void an_event_used_up_with_a_correlations_hit_does_not_come_again(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(B), WITHIN(10), BOUNDS({SIGMA_GTE, 1})},
        {.type = SIGMA_TEMPORAL, RULES(A, B, C), WITHIN(10), BOUNDS({SIGMA_GTE, 2})},
    };
    char *found = lab_run(2, chain, 2, "A1 B1=");
    assert_string_equal(found, "C 1 1 [1]; D 1 2 [1]");
    free(found);
}

static void the_first_event_of_all_is_not_taken_for_a_repeated_one(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_GTE, 1})},
        {.type = SIGMA_EVENT_COUNT, RULES(C, B), WITHIN(10), BOUNDS({SIGMA_GTE, 1})},
    };
    struct lab lab;
    lab_open(&lab, 2, chain, 2, NULL);
    lab_again(&lab, 0, A, "");
    lab_again(&lab, 0, B, "");
    assert_string_equal(lab_found(&lab, true), "C 0 1 [0]; D 0 1 [0]; D 0 1 [0]");
    lab_close(&lab);
}

static void a_silent_correlation_feeds_others_and_gives_nothing_itself(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(10), BOUNDS({SIGMA_GTE, 2})},
        {.type = SIGMA_EVENT_COUNT, RULES(C), WITHIN(99), BOUNDS({SIGMA_GTE, 2})},
    };
    struct lab lab;
    lab_open(&lab, 2, chain, 2, NULL);
    lab.infos[C].is_silent = true;
    for (int i = 1; i <= 4; i++)
        lab_hit(&lab, i * SECOND, A, "");
    assert_string_equal(lab_found(&lab, true), "D 4 2 [1 2 3 4]");
    assert_int_equal(correlator_statistics(lab.correlator).findings, 3);
    lab_close(&lab);
}

static enum status refuse(void *context, const struct correlate_finding *finding,
                          struct fault *fault)
{
    (void)context;
    (void)finding;
    return fault_set(fault, STATUS_IO, 0, "no room");
}

static void hits_that_do_not_fit_are_invalid_and_a_sink_that_fails_ends_the_feeding(void **state)
{
    (void)state;
    const struct sigma_correlation one = COUNT(SIGMA_GTE, 1);
    struct lab lab;
    struct fault fault;
    lab_open(&lab, 2, &one, 1, NULL);
    struct correlate_hit hit = {.time = {.seconds = 5}, .value_count = 1};
    assert_int_equal(correlator_feed(lab.correlator, &hit, refuse, NULL, &fault), STATUS_INVALID);
    hit.value_count = 0;
    assert_int_equal(correlator_feed(lab.correlator, &hit, refuse, NULL, &fault), STATUS_IO);
    assert_string_equal(fault.reason, "no room");
    hit.time.seconds = 4;
    assert_int_equal(correlator_feed(lab.correlator, &hit, refuse, NULL, &fault), STATUS_INVALID);
    hit.rule = 1000;
    assert_int_equal(correlator_feed(lab.correlator, &hit, refuse, NULL, &fault), STATUS_OK);
    lab_close(&lab);
}

static void an_event_of_unknown_time_takes_no_part(void **state)
{
    (void)state;
    const struct sigma_correlation one = COUNT(SIGMA_GTE, 1);
    struct lab lab;
    lab_open(&lab, 2, &one, 1, NULL);
    const struct correlate_hit hit = {.time = {.seconds = INSTANT_NONE}};
    assert_int_equal(correlator_feed(lab.correlator, &hit, refuse, NULL, NULL), STATUS_OK);
    assert_int_equal(correlator_statistics(lab.correlator).hits_timeless, 1);
    lab_close(&lab);
}

static void a_window_at_the_end_of_time_does_not_overflow(void **state)
{
    (void)state;
    const struct sigma_correlation two[] = {COUNT(SIGMA_GTE, 2), COUNT(SIGMA_LT, 3)};
    struct lab lab;
    lab_open(&lab, 2, two, 2, NULL);
    struct correlate_hit hit = {.time = {.seconds = INT64_MAX - 1, .nanos = 999999999}};
    for (int i = 0; i < 2; i++, hit.time.seconds = INT64_MAX)
        assert_int_equal(correlator_feed(lab.correlator, &hit, refuse, NULL, NULL),
                         i ? STATUS_IO : STATUS_OK);
    assert_int_equal(correlator_finish(lab.correlator, refuse, NULL, NULL), STATUS_IO);
    lab_close(&lab);
}

static void after_the_end_another_stream_may_begin(void **state)
{
    (void)state;
    const struct sigma_correlation two = COUNT(SIGMA_GTE, 2);
    struct lab lab;
    lab_open(&lab, 2, &two, 1, NULL);
    lab_hit(&lab, 5 * SECOND, A, "");
    assert_string_equal(lab_found(&lab, true), "");
    lab_hit(&lab, 4 * SECOND, A, "");
    lab_hit(&lab, 6 * SECOND, A, "");
    assert_string_equal(lab_found(&lab, true), "C 6 2 [2 3]");
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_fires_at_the_event_that_reaches_it),
        cmocka_unit_test(a_window_includes_both_of_its_edges),
        cmocka_unit_test(a_window_slides),
        cmocka_unit_test(events_that_made_a_finding_are_used_up),
        cmocka_unit_test(a_hundred_events_in_a_window_give_ten_findings_of_ten),
        cmocka_unit_test(an_event_on_which_two_rules_fired_counts_once),
        cmocka_unit_test(an_upper_bound_is_judged_when_the_window_of_the_first_event_ends),
        cmocka_unit_test(several_bounds_must_all_hold),
        cmocka_unit_test(findings_come_in_the_order_in_which_they_become_certain),
        cmocka_unit_test(groups_are_counted_apart_and_compared_without_case),
        cmocka_unit_test(values_of_a_group_do_not_run_into_each_other),
        cmocka_unit_test(an_event_without_a_group_field_takes_no_part_but_an_empty_value_is_one),
        cmocka_unit_test(aliases_give_a_field_another_name_in_each_rule),
        cmocka_unit_test(value_count_counts_distinct_values_and_names_the_newest_event_of_each),
        cmocka_unit_test(several_fields_count_together),
        cmocka_unit_test(a_sum_slides_and_fires_when_it_is_reached),
        cmocka_unit_test(a_huge_number_that_left_the_window_leaves_no_trace_in_the_sum),
        cmocka_unit_test(a_value_that_is_no_number_takes_no_part),
        cmocka_unit_test(averages_and_percentiles_are_judged_when_the_window_ends),
        cmocka_unit_test(temporal_wants_every_rule_in_any_order),
        cmocka_unit_test(temporal_names_the_newest_event_of_each_rule),
        cmocka_unit_test(one_event_can_serve_all_rules_of_temporal),
        cmocka_unit_test(temporal_may_ask_for_some_of_its_rules),
        cmocka_unit_test(an_extended_condition_decides_which_rules_are_wanted),
        cmocka_unit_test(a_condition_with_not_is_judged_when_the_window_ends),
        cmocka_unit_test(ordered_wants_the_rules_in_the_listed_order),
        cmocka_unit_test(ordered_names_the_chain_that_began_last),
        cmocka_unit_test(events_of_one_moment_may_stand_in_any_order),
        cmocka_unit_test(each_step_of_an_order_needs_an_event_of_its_own),
        cmocka_unit_test(a_correlation_that_fires_is_a_hit_with_its_group),
        cmocka_unit_test(other_fields_of_a_correlation_are_those_of_its_last_event),
        cmocka_unit_test(what_is_judged_late_is_a_hit_of_that_moment),
        cmocka_unit_test(correlations_of_one_moment_go_in_the_order_of_dependency),
        cmocka_unit_test(an_event_used_up_with_a_correlations_hit_does_not_come_again),
        cmocka_unit_test(the_first_event_of_all_is_not_taken_for_a_repeated_one),
        cmocka_unit_test(a_silent_correlation_feeds_others_and_gives_nothing_itself),
        cmocka_unit_test(hits_that_do_not_fit_are_invalid_and_a_sink_that_fails_ends_the_feeding),
        cmocka_unit_test(an_event_of_unknown_time_takes_no_part),
        cmocka_unit_test(a_window_at_the_end_of_time_does_not_overflow),
        cmocka_unit_test(after_the_end_another_stream_may_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

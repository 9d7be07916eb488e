/* Memory, allocations and work are bounded. The linker puts the functions below in front of the
 * allocator: they count, and they can be told to fail. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t allocations;
static size_t fails_at = SIZE_MAX; /* the number of the one that fails, and all after it */

static bool may_allocate(void)
{
    return ++allocations < fails_at;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return may_allocate() ? __real_realloc(old, size) : NULL;
}

static const struct sigma_correlation everything[] = {
    {.type = SIGMA_EVENT_COUNT, RULES(A, B), WITHIN(9), GROUP("User"), BOUNDS({SIGMA_GTE, 5})},
    {.type = SIGMA_VALUE_COUNT, RULES(A), WITHIN(9), FIELDS("Ip"), BOUNDS({SIGMA_GTE, 3})},
    {.type = SIGMA_VALUE_MEDIAN, RULES(A), WITHIN(9), FIELDS("N"), BOUNDS({SIGMA_LT, 90})},
    {.type = SIGMA_TEMPORAL, RULES(C, B), WITHIN(9), GROUP("User")},
    {.type = SIGMA_TEMPORAL_ORDERED, RULES(A, B, E), WITHIN(9)},
    {.type = SIGMA_VALUE_SUM, RULES(A), WITHIN(9), FIELDS("N"), BOUNDS({SIGMA_GTE, 500})},
};

static enum status ignore(void *context, const struct correlate_finding *finding,
                          struct fault *fault)
{
    (void)fault;
    *(uint64_t *)context += finding->event_count;
    return STATUS_OK;
}

/* Hit `i` of a stream without end, by a correlator of `everything`. */
static struct correlate_hit stream_hit(const struct correlator *correlator, uint64_t i, bool is_new)
{
    static char user[32], address[32];
    static const char *const numbers[] = {"7", "80", "91"};
    const char *const *needs;
    struct correlate_hit hit = {.time = {.seconds = (int64_t)(i / 4)},
                                .record = i,
                                .offset = i,
                                .rule = i % 3 == 0 ? B : A};
    snprintf(user, sizeof(user), "u%llu", (unsigned long long)(is_new ? i : i % 7));
    snprintf(address, sizeof(address), "a%llu", (unsigned long long)(is_new ? i : i % 5));
    correlator_needs(correlator, hit.rule, &needs, &hit.value_count);
    for (uint32_t v = 0; v < hit.value_count; v++)
        hit.values[v] = bytes_of_text(needs[v][0] == 'U'   ? user
                                      : needs[v][0] == 'I' ? address
                                                           : numbers[i % 3]);
    return hit;
}

static enum status stream(struct correlator *correlator, uint64_t from, uint64_t to, bool is_new,
                          uint64_t *named)
{
    enum status status = STATUS_OK;
    for (uint64_t i = from; i < to && status == STATUS_OK; i++) {
        const struct correlate_hit hit = stream_hit(correlator, i, is_new);
        status = correlator_feed(correlator, &hit, ignore, named, NULL);
    }
    return status;
}

static void a_hit_in_a_group_that_is_there_allocates_nothing(void **state)
{
    (void)state;
    const struct sigma_correlation two[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(9), GROUP("User"), BOUNDS({SIGMA_GTE, 3})},
        {.type = SIGMA_TEMPORAL_ORDERED, RULES(A, B), WITHIN(9), GROUP("User")},
    };
    struct lab lab;
    uint64_t named = 0;
    lab_open(&lab, 2, two, 2, NULL);
    assert_int_equal(stream(lab.correlator, 0, 100, false, &named), STATUS_OK);
    const size_t before = allocations;
    assert_int_equal(stream(lab.correlator, 100, 100000, false, &named), STATUS_OK);
    assert_int_equal(allocations, before);
    assert_true(named > 50000);
    lab_close(&lab);
}

static void a_new_group_or_value_allocates_a_few_times(void **state)
{
    (void)state;
    struct lab lab;
    uint64_t named = 0;
    lab_open(&lab, 2, everything, COUNT_OF(everything), NULL);
    assert_int_equal(stream(lab.correlator, 0, 1000, true, &named), STATUS_OK);
    const size_t before = allocations;
    assert_int_equal(stream(lab.correlator, 1000, 101000, true, &named), STATUS_OK);
    print_message("%zu allocations for 100000 hits, peak %zu groups, %zu bytes\n",
                  allocations - before, correlator_statistics(lab.correlator).groups_peak,
                  correlator_statistics(lab.correlator).bytes_peak);
    assert_true(allocations - before < 8 * 100000);
    assert_true(correlator_statistics(lab.correlator).bytes_peak < 100000);
    lab_close(&lab);
}

static void past_the_most_groups_the_one_that_ends_first_is_given_up(void **state)
{
    (void)state;
    const struct sigma_correlation two[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(90), GROUP("User"), BOUNDS({SIGMA_GTE, 2})},
        {.type = SIGMA_EVENT_COUNT, RULES(B), WITHIN(9), GROUP("User"), BOUNDS({SIGMA_LT, 9})},
    };
    struct lab lab;
    lab_open(&lab, 2, two, 2, &(struct correlate_limits){.groups = 2});
    lab_hit(&lab, 1 * SECOND, A, "User=a");
    lab_hit(&lab, 2 * SECOND, A, "User=b");
    lab_hit(&lab, 3 * SECOND, B, "User=c"); /* three are one too many: */
    lab_hit(&lab, 4 * SECOND, A, "User=b"); /* c goes, for it would end at 12 */
    lab_hit(&lab, 5 * SECOND, A, "User=d");
    lab_hit(&lab, 6 * SECOND, A, "User=d"); /* a goes */
    lab_hit(&lab, 7 * SECOND, A, "User=a");
    assert_string_equal(lab_found(&lab, true), "C 4 2 [2 4] b; C 6 2 [5 6] d");
    assert_int_equal(correlator_statistics(lab.correlator).groups_evicted, 2);
    assert_int_equal(correlator_statistics(lab.correlator).groups_peak, 3);
    lab_close(&lab);
}

static void memory_stays_below_its_limit_and_a_hit(void **state)
{
    (void)state;
    struct sigma_correlation wide[COUNT_OF(everything)];
    struct lab lab;
    uint64_t named = 0;
    const size_t limit = 1 << 20;
    memcpy(wide, everything, sizeof(wide));
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        wide[i].timespan_ns = UINT64_MAX; /* nothing ever leaves by itself */
    lab_open(&lab, 2, wide, COUNT_OF(wide), &(struct correlate_limits){.bytes = limit});
    assert_int_equal(stream(lab.correlator, 0, 50000, true, &named), STATUS_OK);
    const struct correlate_statistics statistics = correlator_statistics(lab.correlator);
    assert_true(statistics.groups_evicted > 10000);
    assert_true(statistics.bytes_peak > limit);
    assert_true(statistics.bytes_peak < limit + limit / 2); /* a table may double at once */
    lab_close(&lab);
}

static void a_window_that_would_take_too_much_loses_its_oldest_hits(void **state)
{
    (void)state;
    const struct sigma_correlation sum = {
        .type = SIGMA_VALUE_SUM, RULES(A), WITHIN(1000), FIELDS("N"), BOUNDS({SIGMA_GTE, 1000})};
    struct lab lab;
    lab_open(&lab, 1, &sum, 1, &(struct correlate_limits){.bytes = 4 * 56 * 99});
    lab_hit(&lab, 0, A, "N=10"); /* too old to help when 990 come */
    for (int64_t i = 1; i <= 150; i++)
        lab_hit(&lab, i, A, "N=0");
    lab_hit(&lab, 200, A, "N=990");
    assert_string_equal(lab_found(&lab, false), "");
    assert_true(correlator_statistics(lab.correlator).hits_dropped > 0);
    assert_int_equal(correlator_statistics(lab.correlator).groups_evicted, 0);
    lab_hit(&lab, 201, A, "N=10");
    assert_memory_equal(lab_found(&lab, true), "B 0.000000201 1000 [", 20);
    lab_close(&lab);
}

static void a_finding_names_the_newest_thousand_events_and_counts_the_others(void **state)
{
    (void)state;
    const struct sigma_correlation chain[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(1), BOUNDS({SIGMA_GTE, 1500})},
        {.type = SIGMA_EVENT_COUNT, RULES(A), WITHIN(1), BOUNDS({SIGMA_NEQ, 0})},
        {.type = SIGMA_EVENT_COUNT, RULES(B), WITHIN(1), BOUNDS({SIGMA_GTE, 2})},
    };
    struct lab lab;
    lab_open(&lab, 1, chain, 3, NULL);
    for (int64_t i = 1; i <= 3000; i++)
        lab_hit(&lab, i, A, "");
    const char *found = lab_found(&lab, true);
    const char *const expected[] = {
        "B 0.0000015 1500 [501 502 ",  " 1500] and 500; ",
        "B 0.000003 1500 [2001 2002 ", " 3000] and 500; ",
        "D 0.000003 2 [2001 2002 ",    " 3000] and 2000; ",
        "C 0.000003 3000 [2001 2002 ", " 3000] judged 1.000000001 and "};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        found = strstr(found, expected[i]);
        assert_non_null(found);
    }
    assert_non_null(strstr(found, "and 2000"));
    lab_close(&lab);
}

static void a_flood_of_one_moment_costs_the_same_for_every_hit(void **state)
{
    (void)state;
    const struct sigma_correlation three = {
        .type = SIGMA_TEMPORAL_ORDERED, RULES(A, A, A, B), WITHIN(1)};
    struct lab lab;
    lab_open(&lab, 2, &three, 1, NULL);
    for (int i = 0; i < 200000; i++)
        lab_hit(&lab, 5, A, "");
    lab_hit(&lab, 5, B, "");
    assert_string_equal(lab_found(&lab, true), "C 0.000000005 4 [1 2 3 200001]");
    lab_close(&lab);
}

static void two_events_at_one_place_on_which_one_rule_fired_are_two(void **state)
{
    (void)state;
    const struct sigma_correlation two[] = {
        {.type = SIGMA_EVENT_COUNT, RULES(A, B), WITHIN(1), BOUNDS({SIGMA_GTE, 2})},
        {.type = SIGMA_TEMPORAL_ORDERED, RULES(A, A), WITHIN(1)},
    };
    struct lab lab;
    lab_open(&lab, 2, two, 2, NULL);
    lab_hit(&lab, 5, A, "");
    lab_again(&lab, 5, A, "");
    lab_again(&lab, 5, B, "");
    assert_string_equal(lab_found(&lab, true), "C 0.000000005 2 [1]; D 0.000000005 2 [1]");
    lab_close(&lab);
}

/* One whole life with the n-th allocation and all after it failing; whether it went well. */
static bool lives(size_t nth)
{
    struct rule_info infos[LAB_RULES_MAX] = {0};
    const struct rule_info *rules[LAB_RULES_MAX];
    struct correlator *correlator = NULL;
    uint64_t named = 0;
    for (size_t i = 0; i < 2 + COUNT_OF(everything); i++) {
        rules[i] = &infos[i];
        infos[i].correlation = i < 2 ? NULL : &everything[i - 2];
    }
    fails_at = allocations + nth;
    enum status status = correlator_new(rules, 2 + COUNT_OF(everything), NULL, &correlator, NULL);
    if (status == STATUS_OK)
        status = stream(correlator, 0, 120, false, &named);
    if (status == STATUS_OK)
        status = correlator_finish(correlator, ignore, &named, NULL);
    fails_at = SIZE_MAX;
    correlator_free(correlator);
    assert_true(status == STATUS_OK || status == STATUS_MEMORY);
    return status == STATUS_OK;
}

static void without_memory_a_feed_fails_and_nothing_is_lost(void **state)
{
    (void)state;
    size_t nth = 1;
    while (!lives(nth))
        nth++;
    print_message("fails %zu times\n", nth - 1);
    assert_true(nth > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hit_in_a_group_that_is_there_allocates_nothing),
        cmocka_unit_test(a_new_group_or_value_allocates_a_few_times),
        cmocka_unit_test(past_the_most_groups_the_one_that_ends_first_is_given_up),
        cmocka_unit_test(memory_stays_below_its_limit_and_a_hit),
        cmocka_unit_test(a_window_that_would_take_too_much_loses_its_oldest_hits),
        cmocka_unit_test(a_finding_names_the_newest_thousand_events_and_counts_the_others),
        cmocka_unit_test(a_flood_of_one_moment_costs_the_same_for_every_hit),
        cmocka_unit_test(two_events_at_one_place_on_which_one_rule_fired_are_two),
        cmocka_unit_test(without_memory_a_feed_fails_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cases/clocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY   INT64_C(1780000000)
#define NANOS INT64_C(1000000000)

struct lab {
    struct hosts hosts;
    struct clocks *clocks;
    host_id client, server, log;
};

static int begin(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    assert_non_null(lab);
    hosts_init(&lab->hosts);
    lab->clocks = clocks_new();
    assert_non_null(lab->clocks);
    lab->client = hosts_seen(&lab->hosts, bytes_of_text("10.0.0.9"));
    lab->server = hosts_seen(&lab->hosts, bytes_of_text("10.0.0.1"));
    lab->log = hosts_seen(&lab->hosts, bytes_of_text("fs1.lab.example"));
    *state = lab;
    return 0;
}

static int end(void **state)
{
    struct lab *lab = *state;
    clocks_free(lab->clocks);
    hosts_release(&lab->hosts);
    free(lab);
    return 0;
}

static struct instant at(double seconds)
{
    const int64_t whole = (int64_t)seconds;
    return (struct instant){DAY + whole, (uint32_t)((seconds - (double)whole) * 1e9), 9};
}

static struct clock settled(struct lab *lab)
{
    hosts_settle(&lab->hosts);
    clocks_settle(lab->clocks, &lab->hosts);
    return clocks_of(lab->clocks, hosts_root(&lab->hosts, lab->log));
}

static void a_logon_on_both_sides_is_one_moment(void **state)
{
    struct lab *lab = *state;
    clocks_wire(lab->clocks, lab->client, 40000, lab->server, at(10));
    clocks_logon(lab->clocks, lab->client, 40000, lab->log, at(430.5));
    const struct clock clock = settled(lab);
    assert_true(clock.is_known);
    assert_int_equal(clock.nanos, 420 * NANOS + NANOS / 2);
    assert_int_equal(hosts_root(&lab->hosts, lab->server), hosts_root(&lab->hosts, lab->log));
    const struct instant right = clock_set_right(&clock, at(430.5));
    assert_int_equal(right.seconds, DAY + 10);
    assert_int_equal(right.nanos, 0);
}

static void a_clock_may_be_behind(void **state)
{
    struct lab *lab = *state;
    clocks_wire(lab->clocks, lab->client, 40000, lab->server, at(100.25));
    clocks_logon(lab->clocks, lab->client, 40000, lab->log, at(40));
    const struct clock clock = settled(lab);
    assert_int_equal(clock.nanos, -60 * NANOS - NANOS / 4);
    assert_int_equal(clock_set_right(&clock, at(40)).seconds, DAY + 100);
}

static void a_port_that_is_used_again_is_outvoted(void **state)
{
    struct lab *lab = *state;
    for (uint16_t i = 0; i < 5; i++) {
        clocks_wire(lab->clocks, lab->client, 40000 + i, lab->server, at(10 * i));
        clocks_logon(lab->clocks, lab->client, 40000 + i, lab->log, at(10 * i + 300));
    }
    clocks_wire(lab->clocks, lab->client, 50000, lab->server, at(1));
    clocks_logon(lab->clocks, lab->client, 50000, lab->log, at(5000));
    assert_int_equal(settled(lab).nanos, 300 * NANOS);
}

static void nothing_in_common_says_nothing(void **state)
{
    struct lab *lab = *state;
    clocks_wire(lab->clocks, lab->client, 40000, lab->server, at(10));
    clocks_logon(lab->clocks, lab->client, 40001, lab->log, at(10));
    assert_false(settled(lab).is_known);
    assert_int_not_equal(hosts_root(&lab->hosts, lab->server), hosts_root(&lab->hosts, lab->log));
}

static void a_touch_counts_where_no_logon_does(void **state)
{
    struct lab *lab = *state;
    clocks_wire(lab->clocks, lab->client, 40000, lab->server, at(10));
    clocks_touch(lab->clocks, lab->client, 40000, lab->log, at(71));
    clocks_touch(lab->clocks, lab->client, 40000, lab->log, at(90));
    assert_int_equal(settled(lab).nanos, 61 * NANOS);
}

static void a_logon_is_better_than_a_touch(void **state)
{
    struct lab *lab = *state;
    clocks_wire(lab->clocks, lab->client, 40000, lab->server, at(10));
    clocks_logon(lab->clocks, lab->client, 40000, lab->log, at(70));
    clocks_touch(lab->clocks, lab->client, 40000, lab->log, at(72));
    assert_int_equal(settled(lab).nanos, 60 * NANOS);
}

static void a_time_beyond_all_reckoning_is_left_alone(void **state)
{
    const struct clock clock = {.is_known = true, .nanos = 5 * NANOS};
    const struct instant far = {.seconds = INT64_MAX - 1};
    (void)state;
    assert_int_equal(clock_set_right(&clock, far).seconds, far.seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_logon_on_both_sides_is_one_moment, begin, end),
        cmocka_unit_test_setup_teardown(a_clock_may_be_behind, begin, end),
        cmocka_unit_test_setup_teardown(a_port_that_is_used_again_is_outvoted, begin, end),
        cmocka_unit_test_setup_teardown(nothing_in_common_says_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_touch_counts_where_no_logon_does, begin, end),
        cmocka_unit_test_setup_teardown(a_logon_is_better_than_a_touch, begin, end),
        cmocka_unit_test(a_time_beyond_all_reckoning_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

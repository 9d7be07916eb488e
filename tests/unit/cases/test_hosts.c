#include "cases/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static host_id seen(struct hosts *hosts, const char *text)
{
    return hosts_seen(hosts, bytes_of_text(text));
}

static int begin(void **state)
{
    struct hosts *hosts = malloc(sizeof(*hosts));
    assert_non_null(hosts);
    hosts_init(hosts);
    *state = hosts;
    return 0;
}

static int end(void **state)
{
    hosts_release(*state);
    free(*state);
    return 0;
}

static void a_name_is_one_however_it_is_written(void **state)
{
    struct hosts *hosts = *state;
    assert_int_equal(seen(hosts, "DC1.lab.example"), seen(hosts, "\\\\dc1.LAB.example."));
    assert_int_equal(seen(hosts, "::ffff:10.0.0.7"), seen(hosts, "10.0.0.7"));
}

static void the_machine_itself_is_nobody(void **state)
{
    static const char *const texts[] = {"", "-", "127.0.0.1", "127.1.2.3", "::1", "localhost"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(seen(*state, texts[i]), 0);
}

static void a_first_label_is_the_one_full_name_that_begins_so(void **state)
{
    struct hosts *hosts = *state;
    const host_id label = seen(hosts, "dc1"), full = seen(hosts, "DC1.lab.example");
    const host_id other = seen(hosts, "fs1");
    seen(hosts, "fs1.one.example");
    seen(hosts, "fs1.two.example");
    hosts_settle(hosts);
    assert_int_equal(hosts_root(hosts, label), full);
    assert_int_equal(hosts_root(hosts, other), other);
}

static void an_address_with_two_names_joins_nothing(void **state)
{
    struct hosts *hosts = *state;
    const host_id name = seen(hosts, "ws1"), again = seen(hosts, "ws2");
    const host_id address = seen(hosts, "10.0.0.1"), shared = seen(hosts, "10.0.0.2");
    hosts_bind(hosts, name, address, HOST_PROVEN);
    hosts_bind(hosts, name, shared, HOST_PROVEN);
    hosts_bind(hosts, again, shared, HOST_PROVEN);
    hosts_settle(hosts);
    assert_int_equal(hosts_root(hosts, address), hosts_root(hosts, name));
    assert_int_equal(hosts_root(hosts, shared), shared);
}

static void a_claim_is_no_proof(void **state)
{
    struct hosts *hosts = *state;
    const host_id name = seen(hosts, "testbox-7"), address = seen(hosts, "10.9.9.9");
    hosts_bind(hosts, name, address, HOST_CLAIMED);
    hosts_settle(hosts);
    assert_int_equal(hosts_root(hosts, address), name);
    assert_int_equal(hosts_proven(hosts, address), address);
}

static void proof_wins_over_a_claim(void **state)
{
    struct hosts *hosts = *state;
    const host_id name = seen(hosts, "ws1"), claim = seen(hosts, "dc1");
    const host_id address = seen(hosts, "10.0.0.1");
    hosts_bind(hosts, claim, address, HOST_CLAIMED);
    hosts_bind(hosts, name, address, HOST_PROVEN);
    hosts_settle(hosts);
    assert_int_equal(hosts_root(hosts, address), hosts_root(hosts, name));
    assert_int_not_equal(hosts_root(hosts, address), hosts_root(hosts, claim));
}

static void a_full_name_speaks_for_all(void **state)
{
    struct hosts *hosts = *state;
    const host_id address = seen(hosts, "10.0.0.1"), label = seen(hosts, "dc1");
    const host_id full = seen(hosts, "dc1.lab.example");
    hosts_bind(hosts, label, address, HOST_PROVEN);
    hosts_settle(hosts);
    assert_int_equal(hosts_root(hosts, address), full);
    assert_int_equal(hosts_root(hosts, label), full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_is_one_however_it_is_written, begin, end),
        cmocka_unit_test_setup_teardown(the_machine_itself_is_nobody, begin, end),
        cmocka_unit_test_setup_teardown(a_first_label_is_the_one_full_name_that_begins_so, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_address_with_two_names_joins_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_claim_is_no_proof, begin, end),
        cmocka_unit_test_setup_teardown(proof_wins_over_a_claim, begin, end),
        cmocka_unit_test_setup_teardown(a_full_name_speaks_for_all, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool holds(const char *network_text, const char *address_text)
{
    struct network network;
    struct address address;
    assert_true(network_parse(bytes_of_text(network_text), &network));
    assert_true(address_parse(bytes_of_text(address_text), &address));
    return network_holds(&network, &address);
}

static void a_network_holds_its_addresses(void **state)
{
    (void)state;
    assert_true(holds("10.8.0.0/24", "10.8.0.0"));
    assert_true(holds("10.8.0.0/24", "10.8.0.255"));
    assert_false(holds("10.8.0.0/24", "10.8.1.0"));
    assert_true(holds("10.8.0.128/25", "10.8.0.200"));
    assert_false(holds("10.8.0.128/25", "10.8.0.127"));
    assert_true(holds("10.8.0.7/24", "10.8.0.9"));
    assert_true(holds("10.8.0.7", "10.8.0.7"));
    assert_false(holds("10.8.0.7", "10.8.0.6"));
    assert_true(holds("0.0.0.0/0", "203.0.113.9"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(holds("::/0", "2001:db8::1"));
    assert_true(holds("fe80::/10", "fe80::1%eth0"));
}

static void an_ipv4_mapped_address_is_its_ipv4(void **state)
{
    (void)state;
    assert_true(holds("10.8.0.0/24", "::ffff:10.8.0.7"));
    assert_true(holds("::ffff:10.8.0.0/120", "10.8.0.7"));
    assert_true(holds("::ffff:0:0/96", "10.8.0.7"));
    assert_false(holds("::/0", "10.8.0.7"));
    assert_false(holds("::ffff:0:0/95", "10.8.0.7"));
    assert_false(holds("10.8.0.7", "::10.8.0.7"));
}

static void what_is_no_address_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",          "10",           "10.8.0",        "10.8.0.256",
        "10.8.0.7 ", "010.8.0.7",    "10.8.0.7%eth0", "2001:db8:::1",
        "g::",       "10.8.0.0/33",  "10.8.0.0/",     "10.8.0.0/-1",
        "::/129",    "10.8.0.0/8/8", "10.8.0.0/0x8",  "/8"};
    struct network network;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_false(network_parse(bytes_of_text(texts[i]), &network));
    assert_false(network_parse(bytes_of("10.8.0.7\0", 9), &network));
}

static void there_is_one_way_to_write_an_address(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"::ffff:10.8.0.7", "10.8.0.7"},
                                           {"2001:DB8:0:0::1", "2001:db8::1"},
                                           {"FE80::1%eth0", "fe80::1"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        char text[ADDRESS_TEXT_BOUND];
        struct address address;
        assert_true(address_parse(bytes_of_text(pairs[i][0]), &address));
        assert_int_equal(address_write(text, &address), strlen(pairs[i][1]));
        assert_string_equal(text, pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_holds_its_addresses),
        cmocka_unit_test(an_ipv4_mapped_address_is_its_ipv4),
        cmocka_unit_test(what_is_no_address_is_none),
        cmocka_unit_test(there_is_one_way_to_write_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* SHA-1 of the specification's example, 128.232.110.120:34855 to 66.35.250.204:80. */
static void a_flow_is_shown_as_its_community_id(void **state)
{
    (void)state;
    static const struct flow_id flow = {{0x2d, 0x05, 0x3d, 0xa9, 0x99, 0x4a, 0xf8,
                                         0x1e, 0x45, 0xdc, 0xa0, 0xe6, 0x7a, 0xfe,
                                         0xa6, 0xe4, 0xf3, 0x22, 0x6e, 0xb8}};
    char text[FLOW_TEXT_BOUND];
    flow_write(text, &flow);
    assert_string_equal(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

static void no_flow_is_known_by_its_zeros(void **state)
{
    (void)state;
    assert_false(flow_is_known(&(struct flow_id){{0}}));
    assert_true(flow_is_known(&(struct flow_id){{[19] = 1}}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_shown_as_its_community_id),
        cmocka_unit_test(no_flow_is_known_by_its_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

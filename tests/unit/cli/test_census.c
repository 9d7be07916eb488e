#include "cli/census.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct instant at(int64_t seconds)
{
    return (struct instant){.seconds = seconds};
}

static void what_is_counted_has_its_span_whatever_the_order(void **state)
{
    struct census census;
    const struct bytes key = bytes_of_text("a");
    (void)state;
    census_init(&census);
    census_count(&census, key, at(5));
    census_count(&census, key, at(3));
    census_count(&census, key, at(INSTANT_NONE));
    const struct census_row *row = census_count(&census, key, at(4));
    assert_int_equal(row->count, 4);
    assert_int_equal(row->first.seconds, 3);
    assert_int_equal(row->last.seconds, 5);
    census_release(&census);
}

static void the_most_frequent_come_first_then_the_keys_decide(void **state)
{
    struct census census;
    static const char *const seen[] = {"c", "b", "a", "b", "c", "d", "b"};
    static const char *const expected[] = {"b", "c", "a", "d"};
    (void)state;
    census_init(&census);
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        census_count(&census, bytes_of_text(seen[i]), at(0));
    uint32_t *order = census_order(&census);
    assert_non_null(order);
    assert_int_equal(census.keys.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_true(bytes_equal(census.keys.keys[order[i]], bytes_of_text(expected[i])));
    free(order);
    census_release(&census);
}

static void past_the_maximum_what_is_new_is_counted_together(void **state)
{
    struct census census;
    (void)state;
    census_init(&census);
    for (uint32_t i = 0; i < CENSUS_ROWS_MAX + 10; i++) {
        const struct census_row *row =
            census_count(&census, bytes_of(&i, sizeof(i)), at((int64_t)i));
        assert_int_equal(row != NULL, i < CENSUS_ROWS_MAX);
    }
    assert_int_equal(census.keys.count, CENSUS_ROWS_MAX);
    assert_int_equal(census.left_out, 10);
    const uint32_t known = 7;
    assert_int_equal(census_count(&census, bytes_of(&known, sizeof(known)), at(0))->count, 2);
    census_release(&census);
}

static void what_is_packed_comes_back(void **state)
{
    static char longer[CENSUS_TEXT_MAX + 5];
    struct buffer packed = {0};
    const struct instant time = {.seconds = -1, .nanos = 5, .digits = 7};
    (void)state;
    census_put_time(&packed, time);
    census_put(&packed, bytes_of_text("one"));
    census_put(&packed, (struct bytes){0});
    census_put(&packed, bytes_of(longer, sizeof(longer)));
    buffer_byte(&packed, 2);
    struct cursor from = cursor_over(buffer_view(&packed), 0);
    assert_int_equal(instant_compare(census_take_time(&from), time), 0);
    struct cursor again = from;
    assert_true(bytes_equal(census_take(&from), bytes_of_text("one")));
    assert_int_equal(census_take(&from).length, 0);
    assert_int_equal(census_take(&from).length, CENSUS_TEXT_MAX);
    const struct bytes key = census_take_key(&again, 3);
    assert_ptr_equal(key.data + key.length, from.at);
    assert_int_equal(census_take_byte(&from), 2);
    assert_int_equal(cursor_left(&from), 0);
    buffer_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_counted_has_its_span_whatever_the_order),
        cmocka_unit_test(the_most_frequent_come_first_then_the_keys_decide),
        cmocka_unit_test(past_the_maximum_what_is_new_is_counted_together),
        cmocka_unit_test(what_is_packed_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

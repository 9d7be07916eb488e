#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t ten[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void a_take_gives_bytes_in_order_and_their_offsets(void **state)
{
    (void)state;
    struct cursor cursor = cursor_over(bytes_of(ten, sizeof(ten)), 1000);
    assert_ptr_equal(cursor_take(&cursor, 3), ten);
    assert_int_equal(cursor_offset(&cursor), 1003);
    assert_ptr_equal(cursor_peek(&cursor, 7), ten + 3);
    assert_ptr_equal(cursor_take(&cursor, 7), ten + 3);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_int_equal(cursor_offset(&cursor), 1010);
}

static void a_take_that_does_not_fit_leaves_the_cursor_where_it_was(void **state)
{
    (void)state;
    for (size_t taken = 0; taken <= sizeof(ten); taken++) {
        struct cursor cursor = cursor_over(bytes_of(ten, sizeof(ten)), 0);
        assert_non_null(cursor_take(&cursor, taken));
        assert_null(cursor_take(&cursor, sizeof(ten) - taken + 1));
        assert_null(cursor_take(&cursor, SIZE_MAX));
        assert_null(cursor_peek(&cursor, SIZE_MAX));
        assert_int_equal(cursor_offset(&cursor), taken);
    }
}

static void a_part_cannot_leave_its_parent(void **state)
{
    (void)state;
    struct cursor cursor = cursor_over(bytes_of(ten, sizeof(ten)), 50), inner = {0};
    assert_true(cursor_split(&cursor, 4, &inner));
    assert_int_equal(cursor_offset(&inner), 50);
    assert_int_equal(cursor_offset(&cursor), 54);
    assert_null(cursor_take(&inner, 5));
    assert_non_null(cursor_take(&inner, 4));
    assert_int_equal(cursor_offset(&inner), 54);
    struct cursor before = inner;
    assert_false(cursor_split(&cursor, 7, &inner));
    assert_memory_equal(&inner, &before, sizeof(inner));
    assert_int_equal(cursor_left(&cursor), 6);
}

static void a_copy_looks_ahead_alone(void **state)
{
    (void)state;
    const struct cursor cursor = cursor_over(bytes_of(ten, sizeof(ten)), 0);
    struct cursor ahead = cursor;
    assert_non_null(cursor_take(&ahead, 10));
    assert_int_equal(cursor_left(&cursor), 10);
}

static void loads_are_little_and_big_endian_at_any_alignment(void **state)
{
    (void)state;
    assert_int_equal(load_le16(ten + 1), 0x0201);
    assert_int_equal(load_le32(ten + 1), 0x04030201);
    assert_true(load_le64(ten + 1) == UINT64_C(0x0807060504030201));
    assert_int_equal(load_be16(ten + 1), 0x0102);
    assert_int_equal(load_be32(ten + 1), 0x01020304);
    assert_true(load_be64(ten + 1) == UINT64_C(0x0102030405060708));
}

static void views_compare_as_memcmp_does_and_then_by_length(void **state)
{
    (void)state;
    const struct bytes none = {0}, a = bytes_of_text("a"), ab = bytes_of_text("ab");
    const struct bytes high = bytes_of("\xFF", 1);
    assert_true(bytes_equal(none, bytes_of_text("")));
    assert_false(bytes_equal(a, ab));
    assert_int_equal(bytes_compare(none, bytes_of_text("")), 0);
    assert_true(bytes_compare(none, a) < 0);
    assert_true(bytes_compare(a, ab) < 0);
    assert_true(bytes_compare(ab, a) > 0);
    assert_true(bytes_compare(high, ab) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_take_gives_bytes_in_order_and_their_offsets),
        cmocka_unit_test(a_take_that_does_not_fit_leaves_the_cursor_where_it_was),
        cmocka_unit_test(a_part_cannot_leave_its_parent),
        cmocka_unit_test(a_copy_looks_ahead_alone),
        cmocka_unit_test(loads_are_little_and_big_endian_at_any_alignment),
        cmocka_unit_test(views_compare_as_memcmp_does_and_then_by_length),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}

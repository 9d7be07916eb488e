#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    struct arena arena;
    uint8_t *pieces[200];
    arena_init(&arena, 1U << 20);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        const size_t alignment = (size_t)1 << (i % 7);
        pieces[i] = arena_take_aligned(&arena, i, alignment);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignment, 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t at = 0; at < i; at++)
            assert_int_equal(pieces[i][at], (uint8_t)i);
    arena_release(&arena);
}

static void past_the_maximum_there_is_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100000);
    assert_null(arena_take(&arena, 100001));
    assert_non_null(arena_take(&arena, 50000));
    assert_null(arena_take(&arena, 60000));
    assert_non_null(arena_take(&arena, 40000));
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 8));
    assert_true(arena.taken <= arena.maximum);
    arena_release(&arena);
}

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1U << 20);
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 3));
    const uint64_t *array = arena_take_array(&arena, 100, sizeof(*array));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(array[i], 0);
    arena_release(&arena);
}

/* So that a steady load settles on one block. */
static void a_reset_keeps_the_largest_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 8U << 20);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_take(&arena, 3000));
    arena_reset(&arena);
    const struct arena_block *kept = arena.block;
    const size_t taken = arena.taken;
    for (int round = 0; round < 3; round++) {
        arena_reset(&arena);
        assert_non_null(arena_take(&arena, 3000));
        assert_ptr_equal(arena.block, kept);
        assert_int_equal(arena.taken, taken);
    }
    arena_release(&arena);
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 1));
    arena_release(&arena);
}

static void copies_are_kept_and_text_ends(void **state)
{
    (void)state;
    struct arena arena;
    char text[] = "text";
    arena_init(&arena, 1U << 16);
    const struct bytes copy = arena_keep(&arena, bytes_of(text, 4));
    const char *ended = arena_keep_text(&arena, bytes_of(text, 4));
    text[0] = 'n';
    assert_memory_equal(copy.data, "text", 4);
    assert_string_equal(ended, "text");
    assert_non_null(arena_keep(&arena, (struct bytes){0}).data);
    assert_string_equal(arena_keep_text(&arena, (struct bytes){0}), "");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(past_the_maximum_there_is_nothing),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(a_reset_keeps_the_largest_block),
        cmocka_unit_test(copies_are_kept_and_text_ends),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}

#include "readers/capture/smb/smb_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct entry {
    struct smb_node node;
    unsigned number;
};

static struct arena arena;

static void entries_are_found_by_their_keys_until_they_are_dropped(void **state)
{
    struct smb_table table;
    (void)state;
    smb_table_init(&table, 100, sizeof(struct entry));
    for (unsigned i = 0; i < 100; i++) {
        struct entry *entry = smb_table_take(&table, &arena, i * 64);
        assert_non_null(entry);
        entry->number = i;
    }
    for (unsigned i = 0; i < 100; i += 2)
        smb_table_drop(&table, smb_table_find(&table, i * 64));
    for (unsigned i = 0; i < 100; i++) {
        const struct entry *entry = smb_table_find(&table, i * 64);
        if (i % 2) {
            assert_non_null(entry);
            assert_int_equal(entry->number, i);
        } else {
            assert_null(entry);
        }
    }
    assert_int_equal(table.count, 50);
}

static void a_full_table_takes_nothing_and_knows_its_oldest(void **state)
{
    struct smb_table table;
    (void)state;
    smb_table_init(&table, 3, sizeof(struct entry));
    for (unsigned i = 0; i < 3; i++)
        assert_non_null(smb_table_take(&table, &arena, i));
    assert_null(smb_table_take(&table, &arena, 3));
    assert_int_equal(table.oldest->key, 0);
    smb_table_drop(&table, table.oldest);
    assert_int_equal(table.oldest->key, 1);
    assert_non_null(smb_table_take(&table, &arena, 3));
    assert_int_equal(table.newest->key, 3);
}

static void a_text_keeps_its_room_and_its_maximum(void **state)
{
    struct smb_text text = {0};
    (void)state;
    assert_true(smb_text_add(&text, &arena, bytes_of_text("abc"), 8));
    assert_true(smb_text_add_number(&text, &arena, " ", 255, 16, 8));
    assert_false(smb_text_add(&text, &arena, bytes_of_text("abc"), 8));
    assert_memory_equal(text.data, "abc ff", 6);
    smb_text_set_utf16(&text, &arena, bytes_of("longer\0\0\0", 8));
    const uint8_t *before = text.data;
    smb_text_set_utf16(&text, &arena, bytes_of("A\0\xE9\0\0\0B\0", 8));
    assert_ptr_equal(text.data, before);
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.data, "A\xC3\xA9", 3);
    smb_text_set_ascii(&text, &arena, bytes_of("A\xE9", 2));
    assert_memory_equal(text.data, "A\xEF\xBF\xBD", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_by_their_keys_until_they_are_dropped),
        cmocka_unit_test(a_full_table_takes_nothing_and_knows_its_oldest),
        cmocka_unit_test(a_text_keeps_its_room_and_its_maximum),
    };
    arena_init(&arena, 1U << 20);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}

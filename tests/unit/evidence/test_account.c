#include "evidence/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct instant at(int64_t seconds)
{
    return (struct instant){.seconds = seconds};
}

static void a_new_account_knows_no_time_and_no_note(void **state)
{
    (void)state;
    struct account account;
    account_init(&account);
    assert_false(instant_is_known(account.first));
    assert_false(instant_is_known(account.last));
    assert_null(account_note_at(&account, 0));
    account_release(&account);
}

static void notes_come_back_in_their_order_and_as_they_were(void **state)
{
    (void)state;
    struct account account;
    account_init(&account);
    account_note(&account, "chunk %d at %#x", 7, 0x71000U);
    account_note(&account, "a bell \a and %%");
    account_note(&account, "%s", "");
    assert_string_equal(account_note_at(&account, 0), "chunk 7 at 0x71000");
    assert_string_equal(account_note_at(&account, 1), "a bell \a and %");
    assert_string_equal(account_note_at(&account, 2), "");
    assert_null(account_note_at(&account, 3));
    account_release(&account);
}

static void notes_are_bounded_in_number_and_length(void **state)
{
    (void)state;
    struct account account;
    account_init(&account);
    char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < 100000; i++)
        account_note(&account, "%s", text);
    assert_int_equal(account.note_count, ACCOUNT_NOTES_MAX);
    assert_int_equal(account.notes_left_out, 100000 - ACCOUNT_NOTES_MAX);
    assert_true(account.notes.length < ACCOUNT_NOTES_MAX * 2048);
    assert_non_null(account_note_at(&account, ACCOUNT_NOTES_MAX - 1));
    account_release(&account);
}

static void times_widen_and_unknown_ones_do_not_count(void **state)
{
    (void)state;
    struct account account;
    account_init(&account);
    account_time(&account, at(INSTANT_NONE));
    assert_false(instant_is_known(account.first));
    account_time(&account, at(20));
    account_time(&account, at(10));
    account_time(&account, at(15));
    account_time(&account, at(INSTANT_NONE));
    assert_int_equal(account.first.seconds, 10);
    assert_int_equal(account.last.seconds, 20);
    account_release(&account);
}

static void joining_adds_counts_widens_times_and_keeps_the_order_of_notes(void **state)
{
    (void)state;
    struct account whole, part;
    account_init(&whole);
    account_init(&part);
    whole.read = 3;
    whole.first_record = 1;
    whole.last_record = 3;
    account_time(&whole, at(10));
    account_note(&whole, "one");
    part.read = 4;
    part.carved = 1;
    part.damaged = 2;
    part.missing = 5;
    part.is_incomplete = true;
    part.first_record = 4;
    part.last_record = 8;
    part.notes_left_out = 2;
    account_time(&part, at(5));
    account_note(&part, "two");
    account_note(&part, "three");
    account_join(&whole, &part);
    assert_int_equal(whole.read, 7);
    assert_int_equal(whole.carved, 1);
    assert_int_equal(whole.damaged, 2);
    assert_int_equal(whole.missing, 5);
    assert_true(whole.is_incomplete);
    assert_int_equal(whole.first.seconds, 5);
    assert_int_equal(whole.last.seconds, 10);
    assert_int_equal(whole.first_record, 1);
    assert_int_equal(whole.last_record, 8);
    assert_int_equal(whole.notes_left_out, 2);
    assert_string_equal(account_note_at(&whole, 0), "one");
    assert_string_equal(account_note_at(&whole, 1), "two");
    assert_string_equal(account_note_at(&whole, 2), "three");
    account_release(&whole);
    account_release(&part);
}

static void joining_an_empty_part_changes_nothing(void **state)
{
    (void)state;
    struct account whole, part;
    account_init(&whole);
    account_init(&part);
    whole.last_record = 9;
    account_time(&whole, at(10));
    account_join(&whole, &part);
    assert_int_equal(whole.last_record, 9);
    assert_int_equal(whole.first.seconds, 10);
    assert_false(whole.is_incomplete);
    account_release(&whole);
    account_release(&part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_account_knows_no_time_and_no_note),
        cmocka_unit_test(notes_come_back_in_their_order_and_as_they_were),
        cmocka_unit_test(notes_are_bounded_in_number_and_length),
        cmocka_unit_test(times_widen_and_unknown_ones_do_not_count),
        cmocka_unit_test(joining_adds_counts_widens_times_and_keeps_the_order_of_notes),
        cmocka_unit_test(joining_an_empty_part_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

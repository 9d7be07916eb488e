#include "base/names.h"

#include "base/attributes.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define THREADS 4
#define NAMES   3000

static void a_name_is_one_number_and_comes_back(void **state)
{
    (void)state;
    struct names *names = names_new(10000, 1U << 20);
    char text[32];
    assert_int_equal(names_intern(names, bytes_of_text("first")), 1);
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof(text), "name%u", i);
        assert_int_equal(names_intern(names, bytes_of_text(text)), i + 2);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof(text), "name%u", i);
        assert_int_equal(names_find(names, bytes_of_text(text)), i + 2);
        assert_string_equal((const char *)names_text(names, i + 2).data, text);
        assert_int_equal(names_text(names, i + 2).length, strlen(text));
    }
    assert_int_equal(names_count(names), NAMES + 1);
    assert_int_equal(names_find(names, bytes_of_text("First")), 0);
    assert_int_equal(names_count(names), NAMES + 1);
    names_free(names);
}

static void a_name_may_be_empty_or_hold_any_bytes(void **state)
{
    (void)state;
    struct names *names = names_new(10, 1U << 20);
    const name_id empty = names_intern(names, (struct bytes){0});
    assert_int_not_equal(empty, 0);
    assert_int_equal(names_intern(names, bytes_of_text("")), empty);
    const name_id odd = names_intern(names, bytes_of("a\0b", 3));
    assert_int_not_equal(names_intern(names, bytes_of("a\0c", 3)), odd);
    assert_int_equal(names_find(names, bytes_of("a\0b", 3)), odd);
    names_free(names);
}

static void a_spent_budget_is_no_harm_to_others(void **state)
{
    (void)state;
    struct names *names = names_new(100, 1U << 20);
    struct names *one = names_share(names), *other = names_share(names);
    struct names_budget few = {2, 100}, short_ones = {100, 3};
    const name_id known = names_intern(names, bytes_of_text("known"));
    names_charge(one, &few);
    names_charge(other, &short_ones);
    assert_int_equal(names_intern(one, bytes_of_text("known")), known);
    assert_int_equal(names_intern(one, bytes_of_text("a")), known + 1);
    assert_int_equal(names_intern(one, bytes_of_text("b")), known + 2);
    assert_int_equal(names_intern(one, bytes_of_text("c")), 0);
    assert_int_equal(names_intern(one, bytes_of_text("a")), known + 1);
    assert_int_equal(names_intern(other, bytes_of_text("long")), 0);
    assert_int_equal(names_intern(other, bytes_of_text("c")), known + 3);
    assert_int_equal(names_intern(one, bytes_of_text("c")), known + 3);
    names_charge(one, NULL);
    assert_int_equal(names_intern(one, bytes_of_text("d")), known + 4);
    assert_string_equal((const char *)names_text(other, known + 4).data, "d");
    names_free(one);
    names_free(other);
    assert_int_equal(names_count(names), known + 4);
    names_free(names);
}

static void a_full_table_gives_no_new_ids_and_keeps_the_old(void **state)
{
    (void)state;
    struct names *few = names_new(2, 1U << 20), *small = names_new(100, 40000);
    assert_int_equal(names_intern(few, bytes_of_text("a")), 1);
    assert_int_equal(names_intern(few, bytes_of_text("b")), 2);
    assert_int_equal(names_intern(few, bytes_of_text("c")), 0);
    assert_int_equal(names_intern(few, bytes_of_text("a")), 1);
    static const char large[50000];
    assert_int_equal(names_intern(small, bytes_of(large, sizeof(large))), 0);
    assert_int_equal(names_intern(small, bytes_of_text("fits")), 1);
    names_free(few);
    names_free(small);
}

static void a_name_with_blanks_is_also_known_without_them(void **state)
{
    (void)state;
    struct names *names = names_new(100, 1U << 20);
    const name_id blanks = names_intern(names, bytes_of_text("Threat Name"));
    const name_id plain = names_intern(names, bytes_of_text("ThreatName"));
    assert_int_equal(names_plain(names, blanks), plain);
    assert_int_equal(names_plain(names, plain), plain);
    const name_id only = names_intern(names, bytes_of_text("  "));
    assert_int_equal(names_plain(names, only), only);
    names_free(names);
}

struct worker {
    struct names *names;
    name_id ids[NAMES];
};

static void *intern_all(void *argument)
{
    struct worker *worker = argument;
    char text[32];
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof(text), "shared %u", i);
        worker->ids[i] = names_intern(worker->names, bytes_of_text(text));
    }
    return NULL;
}

static void threads_get_the_same_ids(void **state)
{
    (void)state;
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    struct names *names = names_new(100000, 16U << 20);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].names = names;
        assert_int_equal(pthread_create(&threads[i], NULL, intern_all, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 1; i < THREADS; i++)
        assert_memory_equal(workers[i].ids, workers[0].ids, sizeof(workers[0].ids));
    assert_int_equal(names_count(names), NAMES * 2);
    names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_one_number_and_comes_back),
        cmocka_unit_test(a_name_may_be_empty_or_hold_any_bytes),
        cmocka_unit_test(a_full_table_gives_no_new_ids_and_keeps_the_old),
        cmocka_unit_test(a_spent_budget_is_no_harm_to_others),
        cmocka_unit_test(a_name_with_blanks_is_also_known_without_them),
        cmocka_unit_test(threads_get_the_same_ids),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}

#include "base/buffer.h"
#include "findings/sorter.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* Records of a test and what came back, in order. */
struct trial {
    struct buffer bytes;
    struct bytes *records;
    size_t count;
    size_t given;
    size_t stop_at; /* 0: never */
};

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int compare(const void *one, const void *other)
{
    return bytes_compare(*(const struct bytes *)one, *(const struct bytes *)other);
}

static enum status expect_next(void *context, struct bytes record, struct fault *fault)
{
    struct trial *trial = context;
    (void)fault;
    if (trial->stop_at && trial->given + 1 == trial->stop_at)
        return STATUS_STOPPED;
    assert_true(trial->given < trial->count);
    assert_true(bytes_equal(record, trial->records[trial->given]));
    trial->given++;
    return STATUS_OK;
}

/* Makes `count` records of up to `longest` bytes of `letters` different values: the fewer letters,
 * the more records begin alike or are equal. */
static void trial_make(struct trial *trial, uint64_t seed, size_t count, size_t longest,
                       unsigned letters)
{
    *trial = (struct trial){.count = count};
    buffer_grow(&trial->bytes, 1);
    size_t *lengths = calloc(count + 1, sizeof(*lengths));
    trial->records = calloc(count + 1, sizeof(*trial->records));
    assert_true(lengths && trial->records);
    for (size_t i = 0; i < count; i++) {
        lengths[i] = random_next(&seed) % (longest + 1);
        for (size_t j = 0; j < lengths[i]; j++)
            buffer_byte(&trial->bytes, (uint8_t)(random_next(&seed) % letters));
    }
    const uint8_t *at = trial->bytes.data;
    for (size_t i = 0; i < count; i++) {
        trial->records[i] = bytes_of(at, lengths[i]);
        at += lengths[i];
    }
    free(lengths);
}

static void trial_release(struct trial *trial)
{
    buffer_release(&trial->bytes);
    free(trial->records);
}

static void sort_and_compare(struct sorter *sorter, struct trial *trial)
{
    struct fault fault;
    for (size_t i = 0; i < trial->count; i++)
        assert_int_equal(sorter_add(sorter, trial->records[i], &fault), STATUS_OK);
    assert_int_equal(sorter_count(sorter), trial->count);
    qsort(trial->records, trial->count, sizeof(*trial->records), compare);
    assert_int_equal(sorter_merge(sorter, expect_next, trial, &fault), STATUS_OK);
    assert_int_equal(trial->given, trial->count);
    assert_int_equal(sorter_count(sorter), 0);
}

static void trial_run(uint64_t seed, size_t count, size_t longest, unsigned letters)
{
    struct trial trial;
    trial_make(&trial, seed, count, longest, letters);
    struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, P_tmpdir);
    assert_non_null(sorter);
    sort_and_compare(sorter, &trial);
    sorter_free(sorter);
    trial_release(&trial);
}

static void records_come_out_as_qsort_orders_them(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 13, 100, 1000, 20000};
    static const unsigned letters[] = {1, 2, 256};
    uint64_t seed = 7;
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (size_t j = 0; j < COUNT_OF(letters); j++)
            for (size_t longest = 0; longest <= 40; longest += 10)
                trial_run(random_next(&seed) | 1, counts[i], longest, letters[j]);
}

static void many_runs_are_merged_in_several_passes(void **state)
{
    (void)state;
    trial_run(11, 4000, 2000, 256); /* more runs than windows */
    trial_run(13, 600, 16000, 256); /* windows as large as may be */
}

static void records_in_order_and_in_reverse_order_are_sorted(void **state)
{
    (void)state;
    struct trial trial;
    trial_make(&trial, 3, 30000, 24, 256);
    struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, P_tmpdir);
    assert_non_null(sorter);
    qsort(trial.records, trial.count, sizeof(*trial.records), compare);
    sort_and_compare(sorter, &trial);
    for (size_t i = 0; i < trial.count / 2; i++) {
        const struct bytes record = trial.records[i];
        trial.records[i] = trial.records[trial.count - 1 - i];
        trial.records[trial.count - 1 - i] = record;
    }
    trial.given = 0;
    sort_and_compare(sorter, &trial); /* and a sorter can be used again */
    sorter_free(sorter);
    trial_release(&trial);
}

static void what_the_sink_says_ends_the_merge(void **state)
{
    (void)state;
    static const size_t counts[] = {10, 20000};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct trial trial;
        trial_make(&trial, 5, counts[i], 24, 256);
        struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, P_tmpdir);
        for (size_t j = 0; j < trial.count; j++)
            assert_int_equal(sorter_add(sorter, trial.records[j], NULL), STATUS_OK);
        qsort(trial.records, trial.count, sizeof(*trial.records), compare);
        trial.stop_at = 7;
        assert_int_equal(sorter_merge(sorter, expect_next, &trial, NULL), STATUS_STOPPED);
        assert_int_equal(trial.given, 6);
        sorter_free(sorter);
        trial_release(&trial);
    }
}

static void the_longest_record_fits_and_a_longer_one_is_refused(void **state)
{
    (void)state;
    const size_t longest = SORTER_RECORD_MAX(SORTER_MEMORY_MIN);
    uint8_t *bytes = calloc(1, longest + 1);
    struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, P_tmpdir);
    struct fault fault;
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(sorter_add(sorter, bytes_of(bytes, longest), &fault), STATUS_OK);
    assert_int_equal(sorter_add(sorter, bytes_of(bytes, longest + 1), &fault), STATUS_REFUSED);
    struct bytes expected[20];
    for (unsigned i = 0; i < 20; i++)
        expected[i] = bytes_of(bytes, longest);
    struct trial trial = {.records = expected, .count = 20};
    assert_int_equal(sorter_merge(sorter, expect_next, &trial, &fault), STATUS_OK);
    assert_int_equal(trial.given, 20);
    sorter_free(sorter);
    free(bytes);
}

static void without_a_directory_what_fits_in_memory_is_sorted_all_the_same(void **state)
{
    (void)state;
    struct trial trial;
    trial_make(&trial, 9, 100, 100, 256);
    struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, "/nonexistent/impound");
    assert_non_null(sorter);
    sort_and_compare(sorter, &trial);
    struct fault fault = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 10000 && !status; i++)
        status = sorter_add(sorter, trial.records[i % trial.count], &fault);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(fault.reason, "/nonexistent/impound: No such file or directory"));
    sorter_free(sorter);
    trial_release(&trial);
}

static void a_full_disk_is_told_and_nothing_is_lost_that_was_added(void **state)
{
    (void)state;
    struct rlimit before, small = {.rlim_cur = 200000};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    struct trial trial;
    trial_make(&trial, 17, 20000, 40, 256);
    struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, P_tmpdir);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct fault fault = {0};
    size_t added = 0;
    while (added < trial.count && !sorter_add(sorter, trial.records[added], &fault))
        added++;
    assert_int_equal(fault.status, STATUS_IO);
    assert_non_null(strstr(fault.reason, "cannot write the temporary file in " P_tmpdir));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(added > 1000 && added < trial.count);
    assert_int_equal(sorter_count(sorter), added);
    for (size_t i = added; i < trial.count; i++)
        assert_int_equal(sorter_add(sorter, trial.records[i], NULL), STATUS_OK);
    qsort(trial.records, trial.count, sizeof(*trial.records), compare);
    assert_int_equal(sorter_merge(sorter, expect_next, &trial, NULL), STATUS_OK);
    assert_int_equal(trial.given, trial.count);
    sorter_free(sorter);
    trial_release(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_as_qsort_orders_them),
        cmocka_unit_test(many_runs_are_merged_in_several_passes),
        cmocka_unit_test(records_in_order_and_in_reverse_order_are_sorted),
        cmocka_unit_test(what_the_sink_says_ends_the_merge),
        cmocka_unit_test(the_longest_record_fits_and_a_longer_one_is_refused),
        cmocka_unit_test(without_a_directory_what_fits_in_memory_is_sorted_all_the_same),
        cmocka_unit_test(a_full_disk_is_told_and_nothing_is_lost_that_was_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The n-th allocation fails, for n = 1, 2, 3 ... until everything succeeds: the status says so, and
 * nothing leaks. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned until_failure; /* 0: never */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

/* Once, and then for ever. */
static bool fails(void)
{
    if (until_failure > 1)
        until_failure--;
    else if (until_failure == 1)
        return true;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

static enum status report_once(const struct lab *lab, const char *format)
{
    struct report *report;
    struct fault fault;
    enum status status =
        report_open(report_format_find(format), &lab->options, &lab->target, &report, &fault);
    if (status)
        return status;
    for (unsigned i = 0; i < 300 && !status; i++)
        status = report_finding(report, i & 1 ? &lab_plain : &lab_hostile,
                                i & 1 ? &lab_rule : &lab_context_rule, &fault);
    if (!status)
        status = report_end(report, &lab->summary, &fault);
    report_close(report);
    return status;
}

static void a_report_without_memory_says_so(void **state)
{
    (void)state;
    static const char *const formats[] = {"jsonl", "json",      "csv",  "timesketch", "ecs",
                                          "ocsf",  "navigator", "stix", "indicators"};
    struct lab lab;
    lab_open(&lab);
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        enum status status = STATUS_MEMORY;
        for (unsigned n = 1; status; n++) {
            until_failure = n;
            status = report_once(&lab, formats[i]);
            until_failure = 0;
            assert_true(status == STATUS_OK || status == STATUS_MEMORY);
            assert_true(n < 1000);
        }
    }
    lab_close(&lab);
}

/* The closing picture leaves rows out when there is no memory for them, a page what may be cited;
 * lines it may not. */
static void what_is_for_people_says_so_without_memory_or_counts_less(void **state)
{
    (void)state;
    static const char *const formats[] = {"table", "html", "graph.svg", "timeline.svg"};
    struct lab lab;
    lab_open(&lab);
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        unsigned succeeded = 0;
        for (unsigned n = 1; n < 200; n++) {
            until_failure = n;
            const enum status status = report_once(&lab, formats[i]);
            until_failure = 0;
            assert_true(status == STATUS_OK || status == STATUS_MEMORY);
            succeeded += status == STATUS_OK;
        }
        assert_true(succeeded > 0);
    }
    lab_close(&lab);
}

static enum status count_record(void *context, struct bytes record, struct fault *fault)
{
    (void)fault;
    (void)record;
    ++*(unsigned *)context;
    return STATUS_OK;
}

static enum status sort_once(unsigned *given)
{
    struct sorter *sorter = sorter_new(SORTER_MEMORY_MIN, P_tmpdir);
    if (!sorter)
        return STATUS_MEMORY;
    uint8_t record[1000] = {0};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < 2000 && !status; i++) {
        record[0] = (uint8_t)i;
        status = sorter_add(sorter, bytes_of(record, sizeof(record)), NULL);
    }
    *given = 0;
    if (!status)
        status = sorter_merge(sorter, count_record, given, NULL);
    sorter_free(sorter);
    return status;
}

static void a_sorter_without_memory_says_so(void **state)
{
    (void)state;
    enum status status = STATUS_MEMORY;
    unsigned given = 0;
    for (unsigned n = 1; status; n++) {
        until_failure = n;
        status = sort_once(&given);
        until_failure = 0;
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        assert_true(n < 100);
    }
    assert_int_equal(given, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_without_memory_says_so),
        cmocka_unit_test(what_is_for_people_says_so_without_memory_or_counts_less),
        cmocka_unit_test(a_sorter_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

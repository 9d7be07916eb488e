/* The n-th allocation fails, for n = 1, 2, 3 … until the task succeeds. The linker puts the
 * functions below in the place of the library's for our own code. */
#include "lab.h"

#include <archive.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long countdown = -1; /* allocations until the one that fails; negative: none does */
static bool has_failed;

static bool fails(void)
{
    if (countdown < 0 || countdown-- > 0)
        return false;
    has_failed = true;
    return true;
}

void *__real_malloc(size_t length);
void *__real_calloc(size_t count, size_t length);
void *__real_realloc(void *memory, size_t length);
void *__real_reallocarray(void *memory, size_t count, size_t length);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t length);
void *__wrap_calloc(size_t count, size_t length);
void *__wrap_realloc(void *memory, size_t length);
void *__wrap_reallocarray(void *memory, size_t count, size_t length);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t length)
{
    return fails() ? NULL : __real_malloc(length);
}

void *__wrap_calloc(size_t count, size_t length)
{
    return fails() ? NULL : __real_calloc(count, length);
}

void *__wrap_realloc(void *memory, size_t length)
{
    return fails() ? NULL : __real_realloc(memory, length);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t length)
{
    return fails() ? NULL : __real_reallocarray(memory, count, length);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* Reads everything; tells whether something failed, and fails the test for any other reason than
 * memory. */
static bool read_all(const char *path, unsigned *sources)
{
    static const struct evidence_options options = {.hash = EVIDENCE_HASH_SHA256};
    struct evidence *evidence;
    struct source *source;
    struct fault fault = {0};
    char hash[EVIDENCE_HASH_BOUND];
    uint64_t size;
    bool is_sound = true;
    *sources = 0;
    enum status status = evidence_open(&path, 1, &options, &evidence, &fault);
    if (status < 0) {
        assert_int_equal(status, STATUS_MEMORY);
        return false;
    }
    while ((status = evidence_next(evidence, &source, &fault)) == STATUS_OK) {
        ++*sources;
        const enum status hashed = source_hash(source, &size, hash, &fault);
        assert_true(hashed == STATUS_OK || hashed == STATUS_MEMORY);
        const struct fault *verdict = source_fault(source);
        assert_true(!verdict || verdict->status == STATUS_MEMORY);
        is_sound &= hashed == STATUS_OK && !verdict;
    }
    assert_true(status == STATUS_END || status == STATUS_MEMORY);
    evidence_close(evidence);
    return is_sound && status == STATUS_END;
}

static void each_allocation_may_fail_and_it_is_said(void **state)
{
    struct lab *lab = *state;
    static const struct lab_member members[] = {{"x", "xxx", 1}, {"y", "yyy", 1}};
    unsigned sources;
    lab_mkdir(lab, "d");
    lab_write_text(lab, "d/file", "text");
    lab_archive(lab, "d/tar.gz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP, NULL, members, 2);
    lab_archive(lab, "d/zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, members, 2);
    const char *path = lab_path(lab, "d");
    for (long n = 0; n < 1000; n++) {
        has_failed = false;
        countdown = n;
        const bool is_sound = read_all(path, &sources);
        countdown = -1;
        assert_true(is_sound != has_failed);
        if (is_sound) {
            assert_int_equal(sources, 7);
            assert_true(n > 10);
            return;
        }
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_allocation_may_fail_and_it_is_said, lab_set_up,
                                        lab_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

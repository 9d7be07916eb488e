/* The cache folder keeps what was used last, and what is not ours. */
#include "rules/load/shelf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/impound-shelf-XXXXXX";

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *name, time_t used)
{
    const struct timespec times[] = {{.tv_sec = used}, {.tv_sec = used}};
    const int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_int_equal(futimens(file, times), 0);
    close(file);
}

static void put_numbered(const char *kind, unsigned count)
{
    char name[64];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s%016x", kind, i);
        put(name, (time_t)(1000 + i));
    }
}

/* Takes the file away, so that the folder is empty in the end. */
static bool was_there(const char *name)
{
    return remove(name) == 0;
}

static unsigned numbered_there(const char *kind, unsigned first, unsigned end)
{
    char name[64];
    unsigned there = 0;
    for (unsigned i = first; i < end; i++) {
        snprintf(name, sizeof(name), "%s%016x", kind, i);
        there += was_there(name);
    }
    return there;
}

static void what_was_used_last_is_kept(void **state)
{
    (void)state;
    put_numbered(SHELF_RULES, SHELF_MAX + 5);
    shelf_use(SHELF_RULES "0000000000000000");
    shelf_prune(".", SHELF_RULES);
    assert_true(was_there(SHELF_RULES "0000000000000000"));
    assert_int_equal(numbered_there(SHELF_RULES, 1, 6), 0);
    assert_int_equal(numbered_there(SHELF_RULES, 6, SHELF_MAX + 5), SHELF_MAX - 1);
}

static void a_kind_is_pruned_alone(void **state)
{
    (void)state;
    put_numbered(SHELF_RULES, SHELF_MAX + 1);
    put_numbered(SHELF_STATES, SHELF_MAX + 1);
    shelf_prune(".", SHELF_STATES);
    assert_int_equal(numbered_there(SHELF_RULES, 0, SHELF_MAX + 1), SHELF_MAX + 1);
    assert_int_equal(numbered_there(SHELF_STATES, 0, SHELF_MAX + 1), SHELF_MAX);
}

static void what_was_left_half_written_goes_too(void **state)
{
    (void)state;
    put_numbered(SHELF_RULES, SHELF_MAX);
    put(SHELF_RULES "00000000000000ff.new-a1B2c3", 1);
    shelf_prune(".", SHELF_RULES);
    assert_false(was_there(SHELF_RULES "00000000000000ff.new-a1B2c3"));
    assert_int_equal(numbered_there(SHELF_RULES, 0, SHELF_MAX), SHELF_MAX);
}

static void what_is_not_ours_stays(void **state)
{
    static const char *const names[] = {
        "notes.txt",
        "rules-",
        "rules-notes",
        "rules-0123456789abcde",
        "rules-0123456789abcdef0",
        "rules-0123456789ABCDEF",
        "rules-0123456789abcdef.txt",
        "rules-0123456789abcdef.backup",
        "myrules-0123456789abcdef",
    };
    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put(names[i], 1);
    assert_int_equal(mkdir("rules-00000000000000fd", 0700), 0);
    assert_int_equal(symlink("notes.txt", "rules-00000000000000fe"), 0);
    put_numbered(SHELF_RULES, SHELF_MAX + 3);
    shelf_prune(".", SHELF_RULES);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_true(was_there(names[i]));
    assert_true(was_there("rules-00000000000000fd"));
    assert_true(was_there("rules-00000000000000fe"));
    assert_int_equal(numbered_there(SHELF_RULES, 0, SHELF_MAX + 3), SHELF_MAX);
}

static void a_folder_that_is_not_there_does_no_harm(void **state)
{
    (void)state;
    shelf_prune("none", SHELF_RULES);
    shelf_use("none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_used_last_is_kept),
        cmocka_unit_test(a_kind_is_pruned_alone),
        cmocka_unit_test(what_was_left_half_written_goes_too),
        cmocka_unit_test(what_is_not_ours_stays),
        cmocka_unit_test(a_folder_that_is_not_there_does_no_harm),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}

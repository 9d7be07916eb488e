/* The files below a folder come by name, and nothing but rule files does. */
#include "rules/load/book.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/impound-book-XXXXXX";

static const char *const folders[] = {"rules", "rules/b", "rules/b/.git", "rules/d.yml"};
static const char *const files[] = {"rules/a.yml",        "rules/c.yaml",  "rules/b/z.yml",
                                    "rules/b/.git/x.yml", "rules/.no.yml", "rules/b/no.txt",
                                    "rules/d.yml/y.yml"};

static int enter(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (mkdir(folders[i], 0700) != 0)
            return -1;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const int file = open(files[i], O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (file < 0)
            return -1;
        close(file);
    }
    return symlink("a.yml", "rules/link.yml") || symlink("rules", "other") ? -1 : 0;
}

static int leave(void **state)
{
    (void)state;
    int result = remove("other") | remove("rules/link.yml");
    for (size_t i = 0; i < COUNT_OF(files); i++)
        result |= remove(files[i]);
    for (size_t i = COUNT_OF(folders); i-- > 0;)
        result |= remove(folders[i]);
    return result | chdir("/") | rmdir(folder);
}

static enum status note(void *context, const char *path, const struct stat *info,
                        struct fault *fault)
{
    (void)fault;
    assert_true(S_ISREG(info->st_mode));
    buffer_format(context, "%s ", path);
    return STATUS_OK;
}

static void assert_walk(const char *path, const char *expected)
{
    struct buffer seen = {0};
    assert_int_equal(book_walk(path, note, &seen, NULL), STATUS_OK);
    buffer_byte(&seen, '\0');
    assert_string_equal((const char *)seen.data, expected);
    buffer_release(&seen);
}

static void rule_files_come_by_name(void **state)
{
    (void)state;
    assert_walk("rules", "rules/a.yml rules/b/.git/x.yml rules/b/z.yml rules/c.yaml "
                         "rules/d.yml/y.yml ");
    assert_walk("rules/b/", "rules/b/.git/x.yml rules/b/z.yml ");
}

static void a_link_is_followed_when_it_is_named_itself(void **state)
{
    (void)state;
    assert_walk("other/b", "other/b/.git/x.yml other/b/z.yml ");
    assert_walk("other", "other/a.yml other/b/.git/x.yml other/b/z.yml other/c.yaml "
                         "other/d.yml/y.yml ");
}

static void a_file_is_taken_whatever_its_name(void **state)
{
    (void)state;
    assert_walk("rules/b/no.txt", "rules/b/no.txt ");
}

static enum status stop(void *context, const char *path, const struct stat *info,
                        struct fault *fault)
{
    (void)info;
    ++*(unsigned *)context;
    return fault_set(fault, STATUS_REFUSED, 0, "%s", path);
}

static void what_the_caller_refuses_ends_the_walk(void **state)
{
    (void)state;
    unsigned count = 0;
    struct fault fault;
    assert_int_equal(book_walk("rules/b", stop, &count, &fault), STATUS_REFUSED);
    assert_int_equal(count, 1);
    assert_string_equal(fault.reason, "rules/b/.git/x.yml");
    assert_int_equal(book_walk("rules/none", stop, &count, &fault), STATUS_IO);
}

static void folders_in_folders_have_an_end(void **state)
{
    (void)state;
    char path[300] = "deep";
    struct fault fault;
    struct buffer seen = {0};
    size_t length = strlen(path);
    assert_int_equal(mkdir(path, 0700), 0);
    for (; length < 4 + 80 * 2; length += 2) {
        memcpy(path + length, "/d", 3);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    assert_int_equal(book_walk("deep", note, &seen, &fault), STATUS_REFUSED);
    assert_non_null(strstr(fault.reason, "folders in folders"));
    for (; length >= 4; length -= 2) {
        path[length] = '\0';
        assert_int_equal(rmdir(path), 0);
    }
    buffer_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_files_come_by_name),
        cmocka_unit_test(a_link_is_followed_when_it_is_named_itself),
        cmocka_unit_test(a_file_is_taken_whatever_its_name),
        cmocka_unit_test(what_the_caller_refuses_ends_the_walk),
        cmocka_unit_test(folders_in_folders_have_an_end),
    };
    return cmocka_run_group_tests_name("book walk", tests, enter, leave);
}

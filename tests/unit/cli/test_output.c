#include "cli/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "test-output-XXXXXX";
static int before;

static int folder_enter(void **state)
{
    (void)state;
    before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return before >= 0 && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int folder_leave(void **state)
{
    (void)state;
    const int result = fchdir(before);
    close(before);
    rmdir(folder);
    return result;
}

static size_t files_in_folder(void)
{
    struct dirent **entries;
    const int count = scandir(".", &entries, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return (size_t)count - 2;
}

static void file_expect(const char *path, const char *text)
{
    char read_text[64] = "";
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    assert_int_equal(fread(read_text, 1, sizeof(read_text) - 1, file), strlen(text));
    fclose(file);
    assert_string_equal(read_text, text);
}

static struct output *begin(const char *path, const char *text)
{
    struct output *output = NULL;
    assert_int_equal(output_open(path, &output, NULL), STATUS_OK);
    assert_int_equal(output_write(output, bytes_of_text(text), NULL), STATUS_OK);
    return output;
}

static void a_file_appears_when_it_is_whole(void **state)
{
    (void)state;
    struct output *output = begin("new", "whole");
    assert_int_equal(access("new", F_OK), -1);
    assert_string_equal(output_folder(output), ".");
    assert_int_equal(output_close(output, STATUS_OK, NULL), STATUS_OK);
    file_expect("new", "whole");
    assert_int_equal(files_in_folder(), 1);
    unlink("new");
}

static void what_stood_there_stays_when_the_new_one_fails(void **state)
{
    (void)state;
    assert_int_equal(output_close(begin("kept", "old"), STATUS_OK, NULL), STATUS_OK);
    assert_int_equal(output_close(begin("kept", "new"), STATUS_STOPPED, NULL), STATUS_STOPPED);
    file_expect("kept", "old");
    assert_int_equal(files_in_folder(), 1);
    unlink("kept");
}

static void a_link_stays_a_link_to_the_new_file(void **state)
{
    struct stat info;
    (void)state;
    assert_int_equal(output_close(begin("target", "old"), STATUS_OK, NULL), STATUS_OK);
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(output_close(begin("link", "new"), STATUS_OK, NULL), STATUS_OK);
    assert_int_equal(lstat("link", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    file_expect("target", "new");
    unlink("link");
    unlink("target");
}

static void a_device_is_written_as_it_is(void **state)
{
    struct fault fault = {0};
    struct output *output = NULL;
    (void)state;
    assert_int_equal(output_open("/dev/full", &output, NULL), STATUS_OK);
    assert_null(output_folder(output));
    assert_int_equal(output_write(output, bytes_of_text("x"), &fault), STATUS_IO);
    assert_string_equal(fault.reason, "cannot write /dev/full: No space left on device");
    assert_int_equal(output_close(output, STATUS_IO, NULL), STATUS_IO);
}

static void places_that_cannot_be_written_are_told(void **state)
{
    static const struct {
        const char *path, *reason;
    } cases[] = {
        {"absent/file", "cannot write absent/file: No such file or directory"},
        {".", "cannot write .: Is a directory"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fault fault = {0};
        struct output *output = NULL;
        assert_int_equal(output_open(cases[i].path, &output, &fault), STATUS_IO);
        assert_null(output);
        assert_string_equal(fault.reason, cases[i].reason);
    }
}

static void whoever_read_the_pipe_may_go(void **state)
{
    int ends[2];
    struct output *output = NULL;
    struct fault fault = {0};
    char path[32];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
    assert_int_equal(output_open(path, &output, NULL), STATUS_OK);
    close(ends[0]);
    assert_int_equal(output_write(output, bytes_of_text("x"), &fault), STATUS_STOPPED);
    assert_int_equal(output_close(output, STATUS_STOPPED, NULL), STATUS_STOPPED);
    close(ends[1]);
}

static void draining_empties_the_buffer_and_tells_of_lost_memory(void **state)
{
    struct buffer text = {0};
    struct output *output = begin("drained", "");
    (void)state;
    buffer_text(&text, "drop");
    assert_int_equal(output_drain(output, &text, NULL), STATUS_OK);
    assert_int_equal(text.length, 0);
    text.failed = true;
    assert_int_equal(output_drain(output, &text, NULL), STATUS_MEMORY);
    assert_int_equal(output_close(output, STATUS_OK, NULL), STATUS_OK);
    file_expect("drained", "drop");
    unlink("drained");
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_when_it_is_whole),
        cmocka_unit_test(what_stood_there_stays_when_the_new_one_fails),
        cmocka_unit_test(a_link_stays_a_link_to_the_new_file),
        cmocka_unit_test(a_device_is_written_as_it_is),
        cmocka_unit_test(places_that_cannot_be_written_are_told),
        cmocka_unit_test(whoever_read_the_pipe_may_go),
        cmocka_unit_test(draining_empties_the_buffer_and_tells_of_lost_memory),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}

#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct evidence_options plain;

static void expect_list(struct lab *lab, const char *const *paths, size_t count,
                        const char *expected)
{
    struct buffer list = lab_list(lab, &plain, paths, count);
    assert_string_equal((const char *)list.data, expected);
    buffer_release(&list);
}

static void directories_are_walked_and_given_in_order(void **state)
{
    struct lab *lab = *state;
    lab_mkdir(lab, "logs");
    lab_mkdir(lab, "logs/b");
    lab_mkdir(lab, "logs/b/deep");
    lab_write_text(lab, "logs/z.evtx", "zz");
    lab_write_text(lab, "logs/b/deep/y", "y");
    lab_write_text(lab, "logs/a", "");
    lab_write_text(lab, "logs/.hidden", "h");
    lab_expect(lab, "logs",
               "logs/.hidden bytes 1\n"
               "logs/a bytes 0\n"
               "logs/b/deep/y bytes 1\n"
               "logs/z.evtx bytes 2\n");
}

static void the_order_of_the_arguments_does_not_matter_and_a_path_is_given_once(void **state)
{
    struct lab *lab = *state;
    lab_mkdir(lab, "d");
    lab_write_text(lab, "d/x", "x");
    lab_write_text(lab, "e", "e");
    const char *expected = "d/x bytes 1\ne bytes 1\n";
    expect_list(lab, (const char *[]){"d", "e", "d/x", "d/", "d"}, 5, expected);
    expect_list(lab, (const char *[]){"e", "d/x", "d//", "e"}, 4, expected);
}

static void a_path_that_is_not_there_gets_its_line(void **state)
{
    lab_expect(*state, "no/where",
               "no/where bytes 0 cannot be opened: No such file or directory\n");
}

static void links_are_followed_once_and_loops_end(void **state)
{
    struct lab *lab = *state;
    lab_mkdir(lab, "d");
    lab_mkdir(lab, "d/sub");
    lab_mkdir(lab, "else");
    lab_write_text(lab, "d/file", "file");
    lab_write_text(lab, "else/far", "far!!");
    assert_int_equal(symlink("..", lab_path(lab, "d/sub/up")), 0);
    assert_int_equal(symlink("../file", lab_path(lab, "d/sub/again")), 0);
    assert_int_equal(symlink("itself", lab_path(lab, "d/itself")), 0);
    assert_int_equal(symlink("gone", lab_path(lab, "d/dangling")), 0);
    assert_int_equal(symlink("../else", lab_path(lab, "d/other")), 0);
    assert_int_equal(symlink("../else", lab_path(lab, "d/other2")), 0);
    assert_int_equal(symlink("../else/far", lab_path(lab, "d/alone")), 0);
    assert_int_equal(symlink("../d", lab_path(lab, "else/back")), 0);
    char expected[1024];
    snprintf(expected, sizeof(expected),
             "d/alone other 0 a link to a file that is read as %s/d/other/far\n"
             "d/dangling other 0 a link that leads nowhere\n"
             "d/file bytes 4\n"
             "d/itself other 0 a link that leads nowhere\n"
             "d/other/back other 0 a link to a directory that is read as %s/d\n"
             "d/other/far bytes 5\n"
             "d/other2 other 0 a link to a directory that is read as %s/d/other\n"
             "d/sub/again other 0 a link to a file that is read as %s/d/file\n"
             "d/sub/up other 0 a link to a directory that is read as %s/d\n",
             lab->folder, lab->folder, lab->folder, lab->folder, lab->folder);
    lab_expect(lab, "d", expected);
}

static void a_link_that_was_named_is_followed(void **state)
{
    struct lab *lab = *state;
    lab_mkdir(lab, "real");
    lab_write_text(lab, "real/x", "x");
    assert_int_equal(symlink("real", lab_path(lab, "current")), 0);
    assert_int_equal(symlink("real/x", lab_path(lab, "one")), 0);
    lab_expect(lab, "current", "current/x bytes 1\n");
    lab_expect(lab, "one", "one bytes 1\n");
}

static void what_is_no_file_is_listed_and_never_opened(void **state)
{
    struct lab *lab = *state;
    lab_mkdir(lab, "d");
    assert_int_equal(mkfifo(lab_path(lab, "d/fifo"), 0600), 0);
    assert_int_equal(symlink("fifo", lab_path(lab, "d/link")), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", lab_path(lab, "d/socket"));
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (const struct sockaddr *)&address, sizeof(address)), 0);
    lab_expect(lab, "d",
               "d/fifo other 0 a FIFO\n"
               "d/link other 0 a FIFO\n"
               "d/socket other 0 a socket\n");
    lab_expect(lab, "d/socket", "d/socket other 0 a socket\n");
    close(server);
}

/* Root reads everything, so root becomes nobody in a child. */
static void a_directory_without_read_rights_gets_its_line(void **state)
{
    struct lab *lab = *state;
    const char *paths[] = {"d"};
    lab_mkdir(lab, "d");
    lab_mkdir(lab, "d/closed");
    lab_write_text(lab, "d/x", "x");
    assert_int_equal(chmod(lab_path(lab, "d/closed"), 0), 0);
    assert_int_equal(chmod(lab_path(lab, "d"), 0755), 0);
    assert_int_equal(chmod(lab->folder, 0755), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(77);
        const struct buffer list = lab_list(lab, &plain, paths, 1);
        _exit(strcmp((const char *)list.data,
                     "d/closed bytes 0 the directory cannot be read: Permission denied\n"
                     "d/x bytes 1\n") != 0);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(result), 0);
}

static void directories_too_deep_are_refused_and_the_rest_is_read(void **state)
{
    struct lab *lab = *state;
    int at = open(lab->folder, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < EVIDENCE_WALK_DEPTH + 20; i++) {
        assert_int_equal(mkdirat(at, "n", 0700), 0);
        const int next = openat(at, "n", O_RDONLY | O_DIRECTORY);
        close(at);
        at = next;
    }
    close(at);
    lab_write_text(lab, "n/file", "x");
    const char *paths[] = {"n"};
    struct buffer list = lab_list(lab, &plain, paths, 1);
    assert_non_null(strstr((const char *)list.data, "n/file bytes 1\n"));
    assert_non_null(
        strstr((const char *)list.data, "/n bytes 0 directories are nested too deep\n"));
    buffer_release(&list);
}

static void the_roots_are_what_was_named_and_what_links_led_to(void **state)
{
    struct lab *lab = *state;
    char named[256], link[256];
    lab_mkdir(lab, "d");
    lab_write_text(lab, "outside", "x");
    snprintf(named, sizeof(named), "%s", lab_path(lab, "d"));
    snprintf(link, sizeof(link), "%s", lab_path(lab, "d/link"));
    assert_int_equal(symlink("../outside", link), 0);
    const char *paths[] = {named};
    struct evidence *evidence;
    size_t count;
    assert_int_equal(evidence_open(paths, 1, &plain, &evidence, NULL), STATUS_OK);
    const char *const *roots = evidence_roots(evidence, &count);
    assert_int_equal(count, 2);
    assert_string_equal(roots[0], named);
    assert_string_equal(roots[1], link);
    evidence_close(evidence);
}

static void a_file_that_is_gone_when_its_turn_comes_gets_its_line(void **state)
{
    struct lab *lab = *state;
    char path[256];
    lab_write_text(lab, "x", "x");
    snprintf(path, sizeof(path), "%s", lab_path(lab, "x"));
    const char *paths[] = {path};
    struct evidence *evidence;
    struct source *source;
    struct bytes head;
    struct fault fault;
    assert_int_equal(evidence_open(paths, 1, &plain, &evidence, NULL), STATUS_OK);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_OK);
    assert_int_equal(source_peek(source, &head, &fault), STATUS_IO);
    assert_string_equal(fault.reason, "is no longer a file");
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_END);
    evidence_close(evidence);
}

static void no_paths_are_no_evidence(void **state)
{
    expect_list(*state, NULL, 0, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_set_up, lab_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(directories_are_walked_and_given_in_order),
        TEST(the_order_of_the_arguments_does_not_matter_and_a_path_is_given_once),
        TEST(a_path_that_is_not_there_gets_its_line),
        TEST(links_are_followed_once_and_loops_end),
        TEST(a_link_that_was_named_is_followed),
        TEST(what_is_no_file_is_listed_and_never_opened),
        TEST(a_directory_without_read_rights_gets_its_line),
        TEST(directories_too_deep_are_refused_and_the_rest_is_read),
        TEST(the_roots_are_what_was_named_and_what_links_led_to),
        TEST(a_file_that_is_gone_when_its_turn_comes_gets_its_line),
        TEST(no_paths_are_no_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

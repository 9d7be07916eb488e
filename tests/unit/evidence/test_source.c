#include "lab.h"

#include "evidence/input.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct evidence_options plain;

/* A source that gives `length` bytes (each its offset), as much at once as is wanted, and then ends
 * or fails. */
struct script {
    size_t length;
    bool fails;
};

static struct script script;

static enum status script_read(struct source *source, void *to, size_t want, size_t *got,
                               struct fault *fault)
{
    const size_t left = script.length - (size_t)source->taken;
    *got = want < left ? want : left;
    for (size_t i = 0; i < *got; i++)
        ((uint8_t *)to)[i] = (uint8_t)(source->taken + i);
    if (script.fails && want > left)
        return fault_set(fault, STATUS_IO, source->taken + *got, "the disk is broken");
    return STATUS_OK;
}

static void script_close(struct source *source)
{
    (void)source;
}

static const struct input script_input = {script_read, NULL, script_close};

static struct source *script_source(size_t length, bool fails, enum evidence_hash hash)
{
    struct source *source = source_new("script", &(struct evidence_options){.hash = hash});
    assert_non_null(source);
    script = (struct script){length, fails};
    source->input = &script_input;
    return source;
}

static void expect_sequence(const uint8_t *data, uint64_t from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        assert_int_equal(data[i], (uint8_t)(from + i));
}

/* Reads in pieces of `piece` and checks every byte. */
static enum status read_in_pieces(struct source *source, size_t piece, struct fault *fault)
{
    uint8_t room[10000];
    size_t got;
    enum status status;
    do {
        const uint64_t before = source_offset(source);
        status = source_read(source, room, piece, &got, fault);
        expect_sequence(room, before, got);
        assert_int_equal(source_offset(source), before + got);
    } while (status == STATUS_OK);
    return status;
}

static void a_peek_takes_nothing_and_can_be_repeated(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 9000};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct source *source = script_source(lengths[i], false, EVIDENCE_HASH_NONE);
        struct bytes head;
        for (int turn = 0; turn < 2; turn++) {
            assert_int_equal(source_peek(source, &head, NULL), STATUS_OK);
            assert_int_equal(head.length, lengths[i] < EVIDENCE_HEAD ? lengths[i] : EVIDENCE_HEAD);
            expect_sequence(head.data, 0, head.length);
            assert_int_equal(source_offset(source), 0);
        }
        assert_int_equal(read_in_pieces(source, 1000, NULL), STATUS_END);
        assert_int_equal(source_offset(source), lengths[i]);
        assert_int_equal(source_peek(source, &head, NULL), STATUS_OK);
        expect_sequence(head.data, 0, head.length);
        source_close(source);
    }
}

static void every_size_of_read_gives_the_same_bytes(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 9999; piece = piece * 2 + 1) {
        struct source *source = script_source(9000, false, EVIDENCE_HASH_NONE);
        struct bytes head;
        if (piece % 4 == 3)
            assert_int_equal(source_peek(source, &head, NULL), STATUS_OK);
        assert_int_equal(read_in_pieces(source, piece, NULL), STATUS_END);
        assert_int_equal(source_offset(source), 9000);
        assert_int_equal(source_size(source), 9000);
        source_close(source);
    }
}

static void what_came_before_a_failure_is_given_and_the_failure_stays(void **state)
{
    (void)state;
    for (size_t length = 0; length < 9000; length += 500) {
        struct source *source = script_source(length, true, EVIDENCE_HASH_SHA256);
        struct fault fault = {0};
        struct bytes head;
        const enum status peeked = source_peek(source, &head, &fault);
        assert_int_equal(peeked, length == 0 ? STATUS_IO : STATUS_OK);
        for (int turn = 0; turn < 2; turn++) {
            assert_int_equal(read_in_pieces(source, 777, &fault), STATUS_IO);
            assert_int_equal(source_offset(source), length);
            assert_int_equal(fault.offset, length);
            assert_string_equal(fault.reason, "the disk is broken");
        }
        char hash[EVIDENCE_HASH_BOUND];
        uint64_t size;
        assert_int_equal(source_hash(source, &size, hash, NULL), STATUS_IO);
        assert_string_equal(hash, "");
        source_close(source);
    }
}

struct known {
    const char *text, *sha256, *xxh3;
};

static void hash_of(struct lab *lab, enum evidence_hash hash, size_t read_first, char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s", lab_path(lab, "file"));
    const char *paths[] = {path};
    struct evidence *evidence;
    struct source *source;
    uint8_t room[16];
    size_t got;
    uint64_t size;
    const struct evidence_options options = {.hash = hash};
    assert_int_equal(evidence_open(paths, 1, &options, &evidence, NULL), STATUS_OK);
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_OK);
    assert_true(source_read(source, room, read_first, &got, NULL) >= 0);
    for (int turn = 0; turn < 2; turn++)
        assert_int_equal(source_hash(source, &size, text, NULL), STATUS_OK);
    struct buffer content = lab_load(lab, "file");
    assert_int_equal(size, content.length);
    buffer_release(&content);
    evidence_close(evidence);
}

static void hashes_are_right_wherever_the_reader_stopped(void **state)
{
    struct lab *lab = *state;
    static const struct known known[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "2d06800538d394c2"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "78af5f94892f3950"},
    };
    char text[EVIDENCE_HASH_BOUND];
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        lab_write_text(lab, "file", known[i].text);
        for (size_t first = 0; first < 5; first++) {
            hash_of(lab, EVIDENCE_HASH_SHA256, first, text);
            assert_string_equal(text, known[i].sha256);
            hash_of(lab, EVIDENCE_HASH_XXH3, first, text);
            assert_string_equal(text, known[i].xxh3);
            hash_of(lab, EVIDENCE_HASH_NONE, first, text);
            assert_string_equal(text, "");
        }
    }
}

static void a_file_that_becomes_shorter_is_a_failure_and_not_the_end(void **state)
{
    struct lab *lab = *state;
    char path[256];
    uint8_t room[8192];
    size_t got;
    struct fault fault;
    memset(room, 'x', sizeof(room));
    lab_write(lab, "file", bytes_of(room, sizeof(room)));
    snprintf(path, sizeof(path), "%s", lab_path(lab, "file"));
    const char *paths[] = {path};
    struct evidence *evidence;
    struct source *source;
    assert_int_equal(evidence_open(paths, 1, &plain, &evidence, NULL), STATUS_OK);
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_OK);
    assert_int_equal(truncate(path, 6000), 0);
    assert_int_equal(source_read(source, room, sizeof(room), &got, &fault), STATUS_IO);
    assert_int_equal(got, 6000);
    assert_int_equal(fault.offset, 6000);
    evidence_close(evidence);
}

static void a_file_that_grows_is_read_to_where_it_ended(void **state)
{
    struct lab *lab = *state;
    char path[256];
    uint8_t room[64];
    size_t got;
    lab_write_text(lab, "file", "0123456789");
    snprintf(path, sizeof(path), "%s", lab_path(lab, "file"));
    const char *paths[] = {path};
    struct evidence *evidence;
    struct source *source;
    assert_int_equal(evidence_open(paths, 1, &plain, &evidence, NULL), STATUS_OK);
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_OK);
    lab_write_text(lab, "file", "0123456789abcdef");
    assert_int_equal(source_read(source, room, sizeof(room), &got, NULL), STATUS_OK);
    assert_int_equal(got, 10);
    evidence_close(evidence);
}

static void a_fifo_without_a_writer_says_so_and_does_not_hang(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(mkfifo(lab_path(lab, "fifo"), 0600), 0);
    lab_expect(lab, "fifo", "fifo bytes 0 no writer\n");
}

static void *write_slowly(void *path)
{
    const int file = open(path, O_WRONLY);
    for (int i = 0; i < 3; i++) {
        usleep(150000);
        if (write(file, "abc", 3) != 3)
            break;
    }
    close(file);
    return NULL;
}

static void a_fifo_with_a_slow_writer_is_read_to_its_end(void **state)
{
    struct lab *lab = *state;
    char path[256];
    pthread_t writer;
    snprintf(path, sizeof(path), "%s", lab_path(lab, "fifo"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, path), 0);
    lab_expect(lab, "fifo", "fifo bytes 9\n");
    pthread_join(writer, NULL);
}

static volatile sig_atomic_t stop;

static void *stop_soon(void *context)
{
    usleep(200000);
    stop = 1;
    return context;
}

static void waiting_for_a_silent_writer_can_be_stopped(void **state)
{
    struct lab *lab = *state;
    pthread_t stopper;
    const char *paths[] = {"fifo"};
    const struct evidence_options options = {.stop = &stop};
    assert_int_equal(mkfifo(lab_path(lab, "fifo"), 0600), 0);
    const int both = open(lab_path(lab, "fifo"), O_RDWR);
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, NULL), 0);
    struct buffer list = lab_list(lab, &options, paths, 1);
    assert_string_equal((const char *)list.data, "fifo bytes 0 stopped\n");
    buffer_release(&list);
    pthread_join(stopper, NULL);
    close(both);
}

/* Puts `file` in the place of the standard input while `list` is made. */
static void expect_input(struct lab *lab, int file, const char *expected)
{
    const int kept = dup(STDIN_FILENO);
    assert_true(dup2(file, STDIN_FILENO) >= 0);
    lab_expect(lab, "-", expected);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    close(file);
}

static void the_standard_input_is_read_be_it_a_pipe_or_a_file(void **state)
{
    struct lab *lab = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    expect_input(lab, ends[0], "- bytes 5\n");
    lab_write_text(lab, "file", "in a file");
    expect_input(lab, open(lab_path(lab, "file"), O_RDONLY), "- bytes 9\n");
    const int begun = open(lab_path(lab, "file"), O_RDONLY);
    assert_int_equal(lseek(begun, 3, SEEK_SET), 3);
    expect_input(lab, begun, "- bytes 6\n");
}

static void a_short_stream_that_is_held_can_be_read_anywhere(void **state)
{
    (void)state;
    struct source *source = script_source(5000, false, EVIDENCE_HASH_NONE);
    uint8_t room[100];
    size_t got;
    assert_int_equal(source_hold(source, 4096, NULL), STATUS_OK);
    assert_false(source_is_seekable(source));
    assert_int_equal(source_hold(source, 10000, NULL), STATUS_OK);
    assert_true(source_is_seekable(source));
    for (uint64_t offset = 0; offset < 6000; offset += 90) {
        assert_int_equal(source_read_at(source, offset, room, 100, &got, NULL), STATUS_OK);
        assert_int_equal(got, offset + 100 <= 5000 ? 100 : offset < 5000 ? 5000 - offset : 0);
        expect_sequence(room, offset, got);
    }
    assert_int_equal(read_in_pieces(source, 512, NULL), STATUS_END);
    source_close(source);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_set_up, lab_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_peek_takes_nothing_and_can_be_repeated),
        TEST(every_size_of_read_gives_the_same_bytes),
        TEST(what_came_before_a_failure_is_given_and_the_failure_stays),
        TEST(hashes_are_right_wherever_the_reader_stopped),
        TEST(a_file_that_becomes_shorter_is_a_failure_and_not_the_end),
        TEST(a_file_that_grows_is_read_to_where_it_ended),
        TEST(a_fifo_without_a_writer_says_so_and_does_not_hang),
        TEST(a_fifo_with_a_slow_writer_is_read_to_its_end),
        TEST(waiting_for_a_silent_writer_can_be_stopped),
        TEST(the_standard_input_is_read_be_it_a_pipe_or_a_file),
        TEST(a_short_stream_that_is_held_can_be_read_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What comes out, and in which order, for any number of threads. The evidence is a folder with logs
 * of many chunks, all of them copies of one. */
#include "pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CHUNKS      60U
#define RECORDS     5U /* a chunk */
#define FILE_HEADER 4096U
#define CHUNK       65536U

static const char *sample_path;
static char folder[] = "/tmp/pipeline.XXXXXX";

/* --- Evidence --- */

static void path_in_folder(char path[64], const char *name)
{
    snprintf(path, 64, "%s/%s", folder, name);
}

static void log_write(const char *name, const uint8_t *sample, unsigned chunks)
{
    char path[64];
    path_in_folder(path, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(sample, 1, FILE_HEADER, file), FILE_HEADER);
    for (unsigned i = 0; i < chunks; i++)
        assert_int_equal(fwrite(sample + FILE_HEADER, 1, CHUNK, file), CHUNK);
    assert_int_equal(fclose(file), 0);
}

static int folder_set_up(void **state)
{
    static uint8_t sample[FILE_HEADER + CHUNK];
    char path[64];
    (void)state;
    FILE *file = fopen(sample_path, "rb");
    if (!file || fread(sample, 1, sizeof(sample), file) != sizeof(sample) || !mkdtemp(folder))
        return -1;
    fclose(file);
    log_write("a.evtx", sample, CHUNKS);
    log_write("b.evtx", sample, 1);
    log_write("d.evtx", sample, CHUNKS / 2);
    path_in_folder(path, "c.txt");
    file = fopen(path, "wb");
    fputs("no evidence", file);
    fclose(file);
    return 0;
}

static int folder_tear_down(void **state)
{
    static const char *const names[] = {"a.evtx", "b.evtx", "c.txt", "d.evtx"};
    char path[64];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        path_in_folder(path, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* --- Work --- */

struct lab {
    struct buffer out; /* all that was committed, and a line for each item */
    unsigned commits;
    unsigned fail_at; /* the number of the commit that fails; 0: none does */
    unsigned stop_at; /* of the commit that raises the flag */
    unsigned threads_made, threads_done;
    unsigned threads_max; /* more are refused; 0: no limit */
    bool is_slow;
    volatile sig_atomic_t stop;
};

static void *thread_new(void *context)
{
    struct lab *lab = context;
    return lab->threads_max && lab->threads_made == lab->threads_max ? NULL
                                                                     : (lab->threads_made++, lab);
}

static void thread_done(void *context, void *thread)
{
    struct lab *lab = context;
    assert_ptr_equal(thread, lab);
    lab->threads_done++;
}

static void event_note(void *thread, const struct pipeline_view *view, struct buffer *out)
{
    const struct lab *lab = thread;
    buffer_format(out, "%u %llu %llu\n", view->evidence, (unsigned long long)view->event->offset,
                  (unsigned long long)view->event->record);
    /* Some batches take much longer than those behind them. */
    if (lab->is_slow && view->event->record == 1 && view->event->offset / CHUNK % 5 == 0)
        usleep(3000);
}

static enum status commit(void *context, struct bytes out, struct fault *fault)
{
    struct lab *lab = context;
    lab->commits++;
    if (lab->commits == lab->stop_at)
        __atomic_store_n(&lab->stop, 1, __ATOMIC_RELAXED);
    if (lab->commits == lab->fail_at)
        return fault_set(fault, STATUS_IO, 0, "the disk is full");
    buffer_bytes(&lab->out, out.data, out.length);
    return STATUS_OK;
}

static enum status item(void *context, const struct pipeline_item *item, struct fault *fault)
{
    struct lab *lab = context;
    (void)fault;
    buffer_format(&lab->out, "%u %s %s %llu %llu %d\n", item->evidence, strrchr(item->path, '/'),
                  item->type, (unsigned long long)item->bytes,
                  (unsigned long long)item->account->read, item->is_evidence);
    return STATUS_OK;
}

static enum status run(struct lab *lab, unsigned threads, struct fault *fault)
{
    const char *const path = folder;
    const struct evidence_options how = {.hash = EVIDENCE_HASH_XXH3, .stop = &lab->stop};
    struct reader_shared shared = {.fields = fields_new(), .shapes = shapes_new(64)};
    struct evidence *evidence;
    const struct pipeline_options options = {
        .shared = &shared, .threads = threads, .stop = &lab->stop};
    const struct pipeline_work work = {.context = lab,
                                       .thread_new = thread_new,
                                       .thread_done = thread_done,
                                       .event = event_note,
                                       .commit = commit,
                                       .item = item};
    assert_int_equal(evidence_open(&path, 1, &how, &evidence, fault), STATUS_OK);
    const enum status status = pipeline_run(evidence, &options, &work, fault);
    assert_int_equal(lab->threads_done, lab->threads_made);
    evidence_close(evidence);
    names_free(shared.fields);
    shapes_free(shared.shapes);
    return status;
}

static void log_expect(struct buffer *to, unsigned evidence, const char *name, unsigned chunks)
{
    for (unsigned i = 0; i < chunks * RECORDS; i++)
        buffer_format(to, "%u * %u\n", evidence, i % RECORDS + 1);
    buffer_format(to, "%u /%s evtx %llu %u 1\n", evidence, name,
                  (unsigned long long)FILE_HEADER + (unsigned long long)chunks * CHUNK,
                  chunks * RECORDS);
}

/* The same without the offsets, which have to rise within each log. */
static void offsets_take(struct buffer *out, struct buffer *to)
{
    unsigned long long before = 0;
    buffer_byte(out, '\0');
    for (char *line = strtok((char *)out->data, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned evidence, record;
        unsigned long long offset;
        char end;
        if (sscanf(line, "%u %llu %u%c", &evidence, &offset, &record, &end) == 3) {
            assert_true(offset > before);
            before = offset;
            buffer_format(to, "%u * %u\n", evidence, record);
        } else {
            before = 0;
            buffer_format(to, "%s\n", line);
        }
    }
}

static void the_same_comes_out_in_order_for_any_number_of_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 7, 33};
    struct buffer expected = {0};
    log_expect(&expected, 0, "a.evtx", CHUNKS);
    log_expect(&expected, 1, "b.evtx", 1);
    buffer_text(&expected, "2 /c.txt not evidence 11 0 0\n");
    log_expect(&expected, 3, "d.evtx", CHUNKS / 2);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        struct lab lab = {.is_slow = true};
        struct buffer plain = {0};
        struct fault fault = {0};
        assert_int_equal(run(&lab, threads[i], &fault), STATUS_OK);
        assert_int_equal(lab.threads_made, threads[i]);
        offsets_take(&lab.out, &plain);
        assert_true(bytes_equal(buffer_view(&plain), buffer_view(&expected)));
        buffer_release(&lab.out);
        buffer_release(&plain);
    }
    buffer_release(&expected);
}

static void a_commit_that_fails_is_the_last_one(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 7; threads += 3)
        for (unsigned fail_at = 1; fail_at < 20; fail_at += 6) {
            struct lab lab = {.fail_at = fail_at};
            struct fault fault = {0};
            assert_int_equal(run(&lab, threads, &fault), STATUS_IO);
            assert_string_equal(fault.reason, "the disk is full");
            assert_int_equal(lab.commits, fail_at);
            buffer_release(&lab.out);
        }
}

static void a_raised_flag_stops_the_run_and_what_was_committed_stays(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 7; threads += 3) {
        struct lab lab = {.stop_at = 3};
        struct fault fault = {0};
        assert_int_equal(run(&lab, threads, &fault), STATUS_STOPPED);
        assert_true(lab.commits >= 3);
        assert_true(lab.out.length > 0);
        buffer_release(&lab.out);
    }
}

static void threads_that_cannot_be_had_are_done_without(void **state)
{
    (void)state;
    struct lab fewer = {.threads_max = 2}, none = {.threads_max = 0};
    struct fault fault = {0};
    assert_int_equal(run(&fewer, 7, &fault), STATUS_OK);
    assert_int_equal(fewer.threads_made, 2);
    none.threads_max = none.threads_made = none.threads_done = 1;
    assert_int_equal(run(&none, 3, &fault), STATUS_MEMORY);
    assert_int_equal(none.commits, 0);
    buffer_release(&fewer.out);
    buffer_release(&none.out);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 1;
    sample_path = arguments[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_comes_out_in_order_for_any_number_of_threads),
        cmocka_unit_test(a_commit_that_fails_is_the_last_one),
        cmocka_unit_test(a_raised_flag_stops_the_run_and_what_was_committed_stays),
        cmocka_unit_test(threads_that_cannot_be_had_are_done_without),
    };
    return cmocka_run_group_tests_name("pipeline", tests, folder_set_up, folder_tear_down);
}

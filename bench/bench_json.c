/* How fast the JSON reader turns a flat JSONL log into events, next to a bare search for the ends
 * of its lines. Usage: bench_json FILE */
#include "evidence/evidence.h"
#include "readers/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct counts {
    uint64_t events, fields, bytes;
};

static void count_event(void *context, struct event *event)
{
    struct counts *counts = context;
    counts->events++;
    counts->fields += event->shape->count;
}

static enum status decode_all(struct source *source, const struct reader_shared *shared,
                              struct counts *counts, struct account *account, double *reading)
{
    struct fault fault = {0};
    struct batch batch = {0};
    void *state = NULL;
    void *decoder = reader_json.decoder_new(shared);
    enum status status = reader_json.open(shared, source, account, &state, &fault);
    while (status == STATUS_OK) {
        const double start = cpu_seconds();
        status = reader_json.next(state, &batch, account, &fault);
        *reading += cpu_seconds() - start;
        if (status != STATUS_OK)
            break;
        counts->bytes += batch.data.length;
        reader_json.decode(decoder, &batch, account, count_event, counts);
    }
    reader_json.close(state, account);
    reader_json.decoder_free(decoder);
    buffer_release(&batch.data);
    return status == STATUS_END ? STATUS_OK : status;
}

static double lines_seconds(const char *path)
{
    static char buffer[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t got;
    volatile uint64_t lines = 0;
    const double start = cpu_seconds();
    while (file && (got = fread(buffer, 1, sizeof(buffer), file)) > 0)
        for (const char *at = buffer, *end = buffer + got;
             (at = memchr(at, '\n', (size_t)(end - at))); at++)
            lines++;
    const double seconds = cpu_seconds() - start;
    if (file)
        fclose(file);
    return seconds;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: bench_json FILE\n");
        return 2;
    }
    const char *const path = arguments[1];
    const struct evidence_options options = {.hash = EVIDENCE_HASH_NONE};
    const struct reader_shared shared = {.fields = fields_new(), .shapes = shapes_new(65536)};
    struct evidence *evidence;
    struct source *source;
    struct fault fault;
    struct account account;
    struct counts counts = {0};
    double reading = 0;
    account_init(&account);
    if (evidence_open(&path, 1, &options, &evidence, &fault) != STATUS_OK ||
        evidence_next(evidence, &source, &fault) != STATUS_OK) {
        fprintf(stderr, "%s\n", fault.reason);
        return 1;
    }
    const double start = cpu_seconds();
    const enum status status = decode_all(source, &shared, &counts, &account, &reading);
    const double seconds = cpu_seconds() - start;
    const double yardstick = lines_seconds(path);
    printf("%llu events, %llu fields, %.1f MB, %zu shapes, %llu damaged, status %d\n",
           (unsigned long long)counts.events, (unsigned long long)counts.fields,
           (double)counts.bytes / 1e6, shapes_count(shared.shapes),
           (unsigned long long)account.damaged, (int)status);
    printf(
        "%.3f s (%.3f s of it reading and cutting), %.0f MB/s, %.1f times a search for line ends\n",
        seconds, reading, (double)counts.bytes / 1e6 / seconds, seconds / yardstick);
    for (uint32_t i = 0; i < account.note_count && i < 5; i++)
        printf("%s\n", account_note_at(&account, i));
    evidence_close(evidence);
    account_release(&account);
    return 0;
}

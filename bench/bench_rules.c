/* What rules cost: compiling them, reading them back, and matching the events of a log, beside the
 * time that decoding the same log takes.
 *
 *   bench_rules LOG.evtx RULES... */
#include "evidence/evidence.h"
#include "readers/readers.h"
#include "rules/rules.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct sigma_rules *collection;

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static _Noreturn void give_up(const char *what, const struct fault *fault)
{
    fprintf(stderr, "%s: %s\n", what, fault->reason);
    exit(EXIT_FAILURE);
}

static int add_file(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    struct fault fault = {0};
    const char *dot = strrchr(path, '.');
    (void)about;
    (void)walk;
    if (type != FTW_F || !dot || strcmp(dot, ".yml") != 0)
        return 0;
    FILE *file = fopen(path, "rb");
    struct buffer text = {0};
    if (!file)
        return 0;
    for (;;) {
        uint8_t *room = buffer_room(&text, 65536);
        const size_t got = room ? fread(room, 1, 65536, file) : 0;
        if (got == 0)
            break;
        text.length += got;
    }
    fclose(file);
    if (sigma_add(collection, path, buffer_view(&text), &fault) != STATUS_OK)
        give_up(path, &fault);
    buffer_release(&text);
    return 0;
}

struct run {
    struct matcher *matcher; /* NULL: decode only */
    uint64_t events, hits;
};

static void take_event(void *context, struct event *event)
{
    struct run *run = context;
    const uint32_t *fired;
    run->events++;
    if (run->matcher)
        run->hits += matcher_run(run->matcher, event, &fired);
}

static void read_log(const char *path, const struct reader_shared *shared, struct run *run)
{
    const struct evidence_options options = {.hash = EVIDENCE_HASH_NONE};
    struct fault fault = {0};
    struct evidence *evidence = NULL;
    struct source *source = NULL;
    struct account account;
    struct batch batch = {0};
    void *state = NULL;
    account_init(&account);
    void *decoder = reader_evtx.decoder_new(shared);
    if (!decoder || evidence_open(&path, 1, &options, &evidence, &fault) != STATUS_OK ||
        evidence_next(evidence, &source, &fault) != STATUS_OK ||
        reader_evtx.open(shared, source, &account, &state, &fault) != STATUS_OK)
        give_up(path, &fault);
    while (reader_evtx.next(state, &batch, &account, &fault) == STATUS_OK)
        reader_evtx.decode(decoder, &batch, &account, take_event, run);
    reader_evtx.close(state, &account);
    reader_evtx.decoder_free(decoder);
    evidence_close(evidence);
    account_release(&account);
    buffer_release(&batch.data);
}

/* The rule set by way of its image, as a warm start has it. */
static struct ruleset *load_rules(struct names *fields)
{
    struct fault fault = {0};
    struct logsource_table *table = NULL;
    struct ruleset *compiled = NULL, *ruleset = NULL;
    struct buffer image = {0};
    double at = cpu_now();
    if (sigma_finish(collection, &fault) != STATUS_OK ||
        logsource_parse(logsource_builtin(), &table, &fault) != STATUS_OK)
        give_up("rules", &fault);
    printf("finish and table      %8.1f ms\n", (cpu_now() - at) * 1e3);
    at = cpu_now();
    if (ruleset_compile(collection, table, fields, &compiled, &fault) != STATUS_OK)
        give_up("compile", &fault);
    printf("compile %5u rules   %8.1f ms, %u refused\n", ruleset_count(compiled),
           (cpu_now() - at) * 1e3, ruleset_refusal_count(compiled));
    for (uint32_t i = 0; i < ruleset_refusal_count(compiled); i++)
        fprintf(stderr, "refused %s:%u: %s\n", ruleset_refusal(compiled, i)->path,
                ruleset_refusal(compiled, i)->line, ruleset_refusal(compiled, i)->reason);
    at = cpu_now();
    if (ruleset_write(compiled, 1, &image, &fault) != STATUS_OK)
        give_up("write", &fault);
    printf("write %6zu KiB      %10.1f ms\n", image.length >> 10, (cpu_now() - at) * 1e3);
    at = cpu_now();
    if (ruleset_read(image.data, image.length, 1, fields, &ruleset, &fault) != STATUS_OK)
        give_up("read", &fault);
    printf("read                  %8.1f ms\n", (cpu_now() - at) * 1e3);
    ruleset_free(compiled);
    logsource_free(table);
    return ruleset;
}

#define PASSES 5

/* The CPU time of the fastest of several passes over the log; `first` is that of the first. */
static double best_pass(const char *path, const struct reader_shared *shared, struct run *run,
                        double *first)
{
    double best = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        run->events = run->hits = 0;
        const double at = cpu_now();
        read_log(path, shared, run);
        const double took = cpu_now() - at;
        if (pass == 0)
            *first = took;
        if (pass == 0 || took < best)
            best = took;
    }
    return best;
}

static void match_log(const char *path, const struct ruleset *ruleset,
                      const struct reader_shared *shared)
{
    struct run plain = {0}, matched = {.matcher = matcher_new(ruleset)};
    double first;
    const double decode = best_pass(path, shared, &plain, &first);
    const double both = best_pass(path, shared, &matched, &first);
    const struct matcher_counts counts = matcher_counts(matched.matcher);
    printf("decode                %8.1f ms\n", decode * 1e3);
    printf("decode and match      %8.1f ms, the first time %.1f ms\n", both * 1e3, first * 1e3);
    printf("so matching takes     %8.1f ms, %.0f ns an event, %.2f of decoding\n",
           (both - decode) * 1e3, (both - decode) * 1e9 / (double)matched.events,
           (both - decode) / decode);
    printf("%llu events, %llu hits, %.2f rules evaluated an event, %llu limits hit\n",
           (unsigned long long)matched.events, (unsigned long long)matched.hits,
           (double)counts.evaluated / (double)counts.events, (unsigned long long)counts.limited);
    matcher_free(matched.matcher);
}

int main(int argc, char **argv)
{
    struct fault fault = {0};
    const struct sigma_options options = {0};
    const struct reader_shared shared = {.fields = fields_new(), .shapes = shapes_new(65536)};
    const double at = cpu_now();
    if (argc < 3) {
        fprintf(stderr, "bench_rules LOG.evtx RULES...\n");
        return 2;
    }
    if (sigma_new(&options, &collection, &fault) != STATUS_OK)
        give_up("rules", &fault);
    for (int i = 2; i < argc; i++)
        nftw(argv[i], add_file, 16, FTW_PHYS);
    printf("parse                 %8.1f ms\n", (cpu_now() - at) * 1e3);
    struct ruleset *ruleset = load_rules(shared.fields);
    match_log(argv[1], ruleset, &shared);
    ruleset_free(ruleset);
    sigma_free(collection);
    shapes_free(shared.shapes);
    names_free(shared.fields);
    return EXIT_SUCCESS;
}

/* Many literals in many texts: our index beside Vectorscan, where it is there to compare with.
 *
 *   bench_literals LITERALS TEXTS      files with one folded text a line
 *
 * Both report each literal at most once a text. Prints build time, scan rate and the ratio. */
#include "base/buffer.h"
#include "rules/compile/seek.h"
#include "rules/match/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef HAVE_VECTORSCAN
#include <hs.h>
#endif

#define ROUNDS 7

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct lines {
    struct bytes *at;
    size_t count, bytes;
};

static struct lines lines_read(const char *path, size_t shortest)
{
    FILE *file = fopen(path, "rb");
    struct lines lines = {0};
    char *line = NULL;
    size_t capacity = 0, room = 0;
    ssize_t length;
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while ((length = getline(&line, &capacity, file)) > 0) {
        length -= line[length - 1] == '\n';
        if ((size_t)length < shortest)
            continue;
        if (lines.count == room) {
            room = room ? room * 2 : 1024;
            lines.at = realloc(lines.at, room * sizeof(*lines.at));
        }
        lines.at[lines.count++] =
            bytes_of(memcpy(malloc((size_t)length + 1), line, (size_t)length), (size_t)length);
        lines.bytes += (size_t)length;
    }
    free(line);
    fclose(file);
    return lines;
}

static void report(const char *name, double build, double scan, const struct lines *texts,
                   uint64_t hits)
{
    printf("%-12s build %8.2f ms, scan %8.2f ms: %6.0f MB/s, %5.0f ns a text, %llu hits\n", name,
           build * 1e3, scan * 1e3, (double)texts->bytes / scan / 1e6,
           scan * 1e9 / (double)texts->count, (unsigned long long)hits);
}

/* The literals as a compiled rule set has them. */
struct ours {
    struct buffer text;
    struct image_seek *seeks;
    struct index_want *wants;
    struct image image;
    struct arena arena;
    const struct index *index;
};

/* What ruleset_compile does for literals: once, then it stands in the cache. */
static void ours_compile(struct ours *ours, const struct lines *literals)
{
    struct rarity *rarity = malloc(sizeof(*rarity));
    rarity_init(rarity);
    ours->seeks = calloc(literals->count, sizeof(*ours->seeks));
    ours->wants = calloc(literals->count, sizeof(*ours->wants));
    for (size_t i = 0; i < literals->count; i++) {
        const struct bytes literal = literals->at[i];
        float rate;
        ours->seeks[i] = seek_make(rarity, literal, PLACE_ANYWHERE, &rate);
        ours->seeks[i].literal =
            (struct image_text){(uint32_t)ours->text.length, (uint32_t)literal.length};
        ours->seeks[i].is_exact = 1;
        ours->wants[i] = (struct index_want){(uint32_t)i, (uint32_t)i};
        buffer_bytes(&ours->text, literal.data, literal.length);
        buffer_byte(&ours->text, 0);
    }
    ours->image = (struct image){.text = ours->text.data, .seeks = ours->seeks};
    free(rarity);
}

/* What a matcher does when a plan is made. */
static void ours_build(struct ours *ours, const struct lines *literals)
{
    arena_init(&ours->arena, 1U << 30);
    ours->index = index_make(&ours->arena, &ours->image, ours->wants, (uint32_t)literals->count);
}

static uint64_t ours_scan(const struct ours *ours, struct finds *finds,
                          const struct lines *literals, const struct lines *texts)
{
    uint64_t hits = 0;
    for (size_t i = 0; i < texts->count; i++) {
        index_scan(ours->index, texts->at[i], finds, (uint32_t)literals->count);
        hits += finds->count;
    }
    return hits;
}

static void ours_release(struct ours *ours)
{
    arena_release(&ours->arena);
    buffer_release(&ours->text);
    free(ours->seeks);
    free(ours->wants);
}

static double run_ours(const struct lines *literals, const struct lines *texts)
{
    struct finds finds = {
        .list = calloc(literals->count, sizeof(*finds.list)),
        .marks = calloc(literals->count, sizeof(*finds.marks)),
    };
    double compile = 1e9, build = 1e9, scan = 1e9;
    uint64_t hits = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct ours ours = {0};
        double at = cpu_now();
        ours_compile(&ours, literals);
        compile = cpu_now() - at < compile ? cpu_now() - at : compile;
        at = cpu_now();
        ours_build(&ours, literals);
        build = cpu_now() - at < build ? cpu_now() - at : build;
        at = cpu_now();
        hits = ours_scan(&ours, &finds, literals, texts);
        scan = cpu_now() - at < scan ? cpu_now() - at : scan;
        ours_release(&ours);
    }
    printf("(choosing grams %.2f ms, once)\n", compile * 1e3);
    report("ours", build, scan, texts, hits);
    free(finds.list);
    free(finds.marks);
    return scan;
}

#ifdef HAVE_VECTORSCAN
static int count_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                     void *context)
{
    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    (*(uint64_t *)context)++;
    return 0;
}

static double run_vectorscan(const struct lines *literals, const struct lines *texts)
{
    const char **expressions = calloc(literals->count, sizeof(*expressions));
    size_t *lengths = calloc(literals->count, sizeof(*lengths));
    unsigned *ids = calloc(literals->count, sizeof(*ids));
    unsigned *flags = calloc(literals->count, sizeof(*flags));
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    hs_scratch_t *scratch = NULL;
    for (size_t i = 0; i < literals->count; i++) {
        expressions[i] = (const char *)literals->at[i].data;
        lengths[i] = literals->at[i].length;
        ids[i] = (unsigned)i;
        flags[i] = HS_FLAG_SINGLEMATCH;
    }
    const double at = cpu_now();
    if (hs_compile_lit_multi(expressions, flags, ids, lengths, (unsigned)literals->count,
                             HS_MODE_BLOCK, NULL, &database, &error) != HS_SUCCESS) {
        fprintf(stderr, "vectorscan: %s\n", error->message);
        return 0;
    }
    const double build = cpu_now() - at;
    hs_alloc_scratch(database, &scratch);
    double scan = 1e9;
    uint64_t hits = 0;
    for (int round = 0; round < ROUNDS; round++) {
        hits = 0;
        const double begin = cpu_now();
        for (size_t i = 0; i < texts->count; i++)
            hs_scan(database, (const char *)texts->at[i].data, (unsigned)texts->at[i].length, 0,
                    scratch, count_hit, &hits);
        scan = cpu_now() - begin < scan ? cpu_now() - begin : scan;
    }
    report("vectorscan", build, scan, texts, hits);
    return scan;
}
#endif

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "bench_literals LITERALS TEXTS\n");
        return 2;
    }
    const struct lines literals = lines_read(argv[1], SEEK_GRAM), texts = lines_read(argv[2], 0);
    printf("%zu literals, %zu texts of %.1f MB\n", literals.count, texts.count,
           (double)texts.bytes / 1e6);
    const double ours = run_ours(&literals, &texts);
#ifdef HAVE_VECTORSCAN
    const double theirs = run_vectorscan(&literals, &texts);
    printf("vectorscan / ours: %.2f\n", theirs / ours);
#else
    printf("built without Vectorscan; %.3f s\n", ours);
#endif
    return EXIT_SUCCESS;
}

#include "rules/load/stamp.h"

#include "base/hash.h"
#include "rules/load/book.h"
#include "rules/load/builtin.h"
#include "rules/load/bundle.h"
#include "rules/load/file.h"
#include "rules/load/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define SETTLED_SECONDS 2 /* a file that is older cannot change without its times changing */

struct state {
    uint64_t hash;
    time_t now;
    bool is_settled;
};

static enum status file_seen(void *context, const char *path, const struct stat *info,
                             struct fault *fault)
{
    struct state *state = context;
    const int64_t facts[] = {info->st_size,        info->st_mtim.tv_sec,  info->st_mtim.tv_nsec,
                             info->st_ctim.tv_sec, info->st_ctim.tv_nsec, (int64_t)info->st_ino,
                             (int64_t)info->st_dev};
    (void)fault;
    state->hash = hash_bytes(bytes_of_text(path), state->hash);
    state->hash = hash_bytes(bytes_of(facts, sizeof(facts)), state->hash);
    state->is_settled &= state->now - info->st_ctim.tv_sec > SETTLED_SECONDS;
    return STATUS_OK;
}

/* A source that is no path is the built-in pack, or a bundle's name. */
static bool source_seen(const struct load_options *options, const char *source, struct state *state)
{
    struct stat info;
    if (strcmp(source, "builtin") == 0) {
        state->hash = hash_bytes(bytes_of(builtin_pack, builtin_pack_length), state->hash);
        return true;
    }
    if (stat(source, &info) == 0) {
        state->hash = hash_bytes(bytes_of_text(source), state->hash);
        return book_walk(source, file_seen, state, NULL) == STATUS_OK;
    }
    char *path = NULL;
    if (!options->bundles || asprintf(&path, "%s/%s" BUNDLE_SUFFIX, options->bundles, source) < 0)
        return false;
    const bool is_seen = book_walk(path, file_seen, state, NULL) == STATUS_OK;
    free(path);
    return is_seen;
}

static bool files_seen(const char *const *paths, uint32_t count, struct state *state)
{
    state->hash++;
    for (uint32_t i = 0; i < count; i++)
        if (book_walk(paths[i], file_seen, state, NULL) != STATUS_OK)
            return false;
    return true;
}

bool stamp_make(const struct load_options *options, uint64_t seed, uint64_t *stamp)
{
    struct state state = {.hash = seed, .now = time(NULL), .is_settled = true};
    bool is_seen = options->source_count > 0 || source_seen(options, "builtin", &state);
    for (size_t i = 0; i < options->source_count && is_seen; i++)
        is_seen = source_seen(options, options->sources[i], &state);
    is_seen =
        is_seen && files_seen(&options->logsources, options->logsources != NULL, &state) &&
        files_seen(options->sigma.placeholder_files, options->sigma.placeholder_count, &state) &&
        files_seen(options->sigma.pipeline_files, options->sigma.pipeline_count, &state);
    *stamp = state.hash;
    return is_seen && state.is_settled;
}

static char *stamp_path(const char *cache, uint64_t stamp)
{
    char *path = NULL;
    return asprintf(&path, "%s/" SHELF_STATES "%016llx", cache, (unsigned long long)stamp) < 0
               ? NULL
               : path;
}

bool stamp_find(const char *cache, uint64_t stamp, uint64_t *hash)
{
    char *path = stamp_path(cache, stamp);
    struct buffer text = {0};
    unsigned long long read = 0;
    bool is_found = path && file_read(path, 64, &text, NULL) == STATUS_OK && text.length == 17;
    buffer_byte(&text, '\0');
    is_found = is_found && !text.failed && sscanf((const char *)text.data, "%16llx", &read) == 1;
    if (is_found)
        shelf_use(path);
    *hash = read;
    buffer_release(&text);
    free(path);
    return is_found;
}

void stamp_keep(const char *cache, uint64_t stamp, uint64_t hash)
{
    char *path = stamp_path(cache, stamp);
    char text[24];
    const int length = snprintf(text, sizeof(text), "%016llx\n", (unsigned long long)hash);
    if (path && file_write(path, bytes_of(text, (size_t)length), NULL) != STATUS_OK)
        remove(path);
    shelf_prune(cache, SHELF_STATES);
    free(path);
}

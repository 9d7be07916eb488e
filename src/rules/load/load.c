#include "rules/load/load.h"

#include "base/hash.h"
#include "build_version.h"
#include "rules/load/book.h"
#include "rules/load/builtin.h"
#include "rules/load/bundle.h"
#include "rules/load/file.h"
#include "rules/load/shelf.h"
#include "rules/load/stamp.h"
#include "rules/sigma/builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Changes with the program, so that a cache of another version is never loaded. */
#define CACHE_VERSION IMPOUND_VERSION " " IMPOUND_COMMIT
#define CACHE_MAX     (512U << 20)
#define TABLE_MAX     (4U << 20)

static bool is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

/* A source that is no path may be a bundle's name. */
static enum status named_add(struct book *book, const struct load_options *options,
                             const char *name, struct fault *fault)
{
    char *path = NULL;
    if (!options->bundles || strchr(name, '/') ||
        asprintf(&path, "%s/%s" BUNDLE_SUFFIX, options->bundles, name) < 0 || !is_there(path)) {
        free(path);
        return fault_set(fault, STATUS_INVALID, 0,
                         "no rules called %s: no file, no folder, no imported bundle", name);
    }
    const enum status status = bundle_read(path, name, book, fault);
    free(path);
    return status;
}

static enum status source_add(struct book *book, const struct load_options *options,
                              const char *source, struct fault *fault)
{
    if (strcmp(source, "builtin") == 0)
        return book_add_pack(book, "builtin/", bytes_of(builtin_pack, builtin_pack_length), fault);
    if (!is_there(source))
        return named_add(book, options, source, fault);
    if (bundle_is(source))
        return bundle_read(source, source, book, fault);
    return book_add_path(book, source, fault);
}

static enum status sources_add(struct book *book, const struct load_options *options,
                               struct fault *fault)
{
    if (options->source_count == 0)
        return source_add(book, options, "builtin", fault);
    for (size_t i = 0; i < options->source_count; i++) {
        const enum status status = source_add(book, options, options->sources[i], fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status table_read(const struct load_options *options, struct buffer *text,
                              struct fault *fault)
{
    if (options->logsources)
        return file_read(options->logsources, TABLE_MAX, text, fault);
    buffer_bytes(text, logsource_text, logsource_text_length);
    return text->failed ? fault_set(fault, STATUS_MEMORY, 0, "no memory") : STATUS_OK;
}

static uint64_t files_hash(const char *const *paths, uint32_t count, uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++) {
        struct buffer text = {0};
        /* A file that cannot be read is told by whoever parses it. */
        if (file_read(paths[i], TABLE_MAX, &text, NULL) == STATUS_OK)
            seed = hash_bytes(buffer_view(&text), seed + i + 1);
        buffer_release(&text);
    }
    return seed;
}

static uint64_t key_of(const struct load_options *options, const struct book *book,
                       struct bytes table)
{
    uint64_t key = hash_bytes(bytes_of_text(CACHE_VERSION), 0);
    key = hash_bytes(table, key);
    key = hash_bytes(bytes_of(placeholder_text, placeholder_text_length), key);
    key = files_hash(options->sigma.placeholder_files, options->sigma.placeholder_count, key);
    key = files_hash(options->sigma.pipeline_files, options->sigma.pipeline_count, key + 1);
    return book_hash(book, key);
}

static enum status book_parse(const struct load_options *options, const struct book *book,
                              struct sigma_rules **rules, struct fault *fault)
{
    enum status status = sigma_new(&options->sigma, rules, fault);
    for (size_t i = 0; status == STATUS_OK && i < book->count; i++)
        status = sigma_add(*rules, book->pages[i].path, book->pages[i].text, fault);
    return status ? status : sigma_finish(*rules, fault);
}

static enum status compile(const struct load_options *options, const struct book *book,
                           struct bytes table_text, struct names *fields, struct ruleset **ruleset,
                           struct fault *fault)
{
    struct logsource_table *table = NULL;
    struct sigma_rules *rules = NULL;
    enum status status = logsource_parse(table_text, &table, fault);
    if (status == STATUS_OK)
        status = book_parse(options, book, &rules, fault);
    if (status == STATUS_OK)
        status = ruleset_compile(rules, table, fields, ruleset, fault);
    sigma_free(rules);
    logsource_free(table);
    return status;
}

static char *cache_path(const struct load_options *options, uint64_t key)
{
    char *path = NULL;
    if (!options->cache ||
        asprintf(&path, "%s/" SHELF_RULES "%016llx", options->cache, (unsigned long long)key) < 0)
        return NULL;
    return path;
}

/* Whether the cache had it. */
static bool cache_read(const char *path, struct names *fields, struct load_result *result)
{
    struct buffer image = {0};
    struct fault fault = {0};
    if (!path || !is_there(path))
        return false;
    enum status status = file_read(path, CACHE_MAX, &image, &fault);
    if (status == STATUS_OK)
        status =
            ruleset_read(image.data, image.length, result->hash, fields, &result->ruleset, &fault);
    else
        buffer_release(&image);
    if (status)
        snprintf(result->warning, sizeof(result->warning),
                 "the cache %.80s is of no use (offset %llu: %.80s); it is made anew", path,
                 (unsigned long long)fault.offset, fault.reason);
    else
        shelf_use(path);
    result->is_from_cache = status == STATUS_OK;
    return result->is_from_cache;
}

static void cache_write(const struct load_options *options, const char *path,
                        struct load_result *result)
{
    struct buffer image = {0};
    struct fault fault = {0};
    if (!path)
        return;
    enum status status = ruleset_write(result->ruleset, result->hash, &image, &fault);
    if (status == STATUS_OK)
        status = folder_make(options->cache, &fault);
    if (status == STATUS_OK)
        status = file_write(path, buffer_view(&image), &fault);
    if (status == STATUS_OK)
        shelf_prune(options->cache, SHELF_RULES);
    buffer_release(&image);
    if (status)
        snprintf(result->warning, sizeof(result->warning), "compiled rules are not kept: %.180s",
                 fault.reason);
}

/* Reads all that the options name, and compiles it unless the cache has it. */
static enum status load_by_content(const struct load_options *options, struct names *fields,
                                   struct load_result *result, struct fault *fault)
{
    struct book book;
    struct buffer table = {0};
    book_init(&book);
    enum status status = table_read(options, &table, fault);
    if (status == STATUS_OK)
        status = sources_add(&book, options, fault);
    if (status == STATUS_OK) {
        result->hash = key_of(options, &book, buffer_view(&table));
        char *path = cache_path(options, result->hash);
        if (!cache_read(path, fields, result)) {
            status = compile(options, &book, buffer_view(&table), fields, &result->ruleset, fault);
            if (status == STATUS_OK)
                cache_write(options, path, result);
        }
        free(path);
    }
    buffer_release(&table);
    book_release(&book);
    return status;
}

/* Without reading anything but the cache, when the files have not changed. */
static bool load_by_stamp(const struct load_options *options, uint64_t stamp, struct names *fields,
                          struct load_result *result)
{
    if (!stamp_find(options->cache, stamp, &result->hash))
        return false;
    char *path = cache_path(options, result->hash);
    const bool is_loaded = cache_read(path, fields, result);
    free(path);
    return is_loaded;
}

enum status rules_load(const struct load_options *options, struct names *fields,
                       struct load_result *result, struct fault *fault)
{
    uint64_t stamp = 0;
    const uint64_t seed = hash_bytes(bytes_of_text(CACHE_VERSION), options->source_count);
    const bool has_stamp = options->cache && stamp_make(options, seed, &stamp);
    *result = (struct load_result){0};
    if (has_stamp && load_by_stamp(options, stamp, fields, result))
        return STATUS_OK;
    const enum status status = load_by_content(options, fields, result, fault);
    if (status == STATUS_OK && has_stamp)
        stamp_keep(options->cache, stamp, result->hash);
    return status;
}

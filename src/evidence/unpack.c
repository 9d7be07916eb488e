/* One libarchive reader a layer, set up for exactly the one format that the head told, so that it
 * guesses at nothing. What is passed over is unfolded by us, under the limits, not by the library
 * behind our back; only where the length is known (zip) passing over is free.
 *
 * A zip whose directory or whose next local header is damaged is read once more by its local
 * headers only, past the members that were seen. gzip is unfolded by us (gunzip.h). */
#include "evidence/unpack.h"

#include "evidence/gunzip.h"
#include "evidence/layer.h"

#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_MAX    ((size_t)32 << 20) /* of an archive that should be sought and cannot be */
#define MEMBERS_MAX ((uint64_t)1 << 20)
#define REREAD_FREE ((uint64_t)64 << 20)
#define REREAD_MAX  8
#define NAME_BOUND  4096
#define EMPTY_MAX   32 /* bytes of an archive without members: 22 of a zip, 32 of a 7z */

static void layer_release(struct layer *layer)
{
    archive_read_free(layer->archive);
    gunzip_free(layer->gunzip);
    free(layer->unfolded);
    free(layer->block);
    free(layer);
}

struct layer *layer_new(struct source *outer, enum unpack_kind kind,
                        const struct evidence_options *options)
{
    assert(kind != UNPACK_NONE);
    struct layer *layer = calloc(1, sizeof(*layer));
    if (!layer)
        return NULL;
    layer->block = malloc(LAYER_BLOCK);
    if (kind == UNPACK_GZ) {
        layer->gunzip = gunzip_new();
        layer->unfolded = malloc(LAYER_BLOCK);
    }
    if (!layer->block || (kind == UNPACK_GZ && (!layer->gunzip || !layer->unfolded))) {
        layer_release(layer);
        return NULL;
    }
    layer->outer = outer;
    layer->kind = kind;
    layer->options = *options;
    return layer;
}

bool layer_has_members(const struct layer *layer)
{
    return unpack_has_members(layer->kind);
}

struct source *layer_close(struct layer *layer)
{
    struct source *outer = layer->outer;
    if (!unpack_has_members(layer->kind) && layer->has_given) {
        source_close(outer);
        outer = NULL;
    } else {
        const bool is_sound = layer->verdict.status == STATUS_OK;
        source_conclude(outer, SOURCE_ARCHIVE, is_sound ? NULL : &layer->verdict);
        outer->type = unpack_name(layer->kind);
    }
    layer_release(layer);
    return outer;
}

/* Members may lie over each other, and each seek back reads a whole block again. */
static bool is_read_again_and_again(const struct layer *layer)
{
    return layer->is_seekable && layer->in > REREAD_FREE &&
           layer->in / REREAD_MAX > source_size(layer->outer);
}

static enum status read_outer(struct layer *layer, size_t *got, struct fault *fault)
{
    if (is_read_again_and_again(layer))
        return fault_set(fault, STATUS_REFUSED, layer->position, "has itself read again and again");
    if (layer->is_seekable)
        return source_read_at(layer->outer, layer->position, layer->block, LAYER_BLOCK, got, fault);
    return source_read(layer->outer, layer->block, LAYER_BLOCK, got, fault);
}

static la_ssize_t feed(struct archive *archive, void *context, const void **block)
{
    struct layer *layer = context;
    size_t got = 0;
    const enum status status = read_outer(layer, &got, &layer->outer_fault);
    layer->position += got;
    layer->in += got;
    *block = layer->block;
    if (status < 0 && got == 0) {
        archive_set_error(archive, EIO, "%s", layer->outer_fault.reason);
        return ARCHIVE_FATAL;
    }
    layer->outer_fault.status = STATUS_OK; /* it comes again behind what was got */
    return (la_ssize_t)got;
}

/* The same, of what gzip's bytes unfold to. */
static la_ssize_t feed_unfolded(struct archive *archive, void *context, const void **block)
{
    struct layer *layer = context;
    enum status status = STATUS_OK;
    struct fault fault;
    size_t got = 0;
    while (status == STATUS_OK && got == 0) {
        if (gunzip_is_hungry(layer->gunzip)) {
            const void *folded;
            const la_ssize_t length = feed(archive, context, &folded);
            if (length < 0)
                return length;
            gunzip_feed(layer->gunzip, bytes_of(folded, (size_t)length));
        }
        status = gunzip_read(layer->gunzip, layer->unfolded, LAYER_BLOCK, &got, &fault);
    }
    *block = layer->unfolded;
    if (status < 0 && got == 0) {
        archive_set_error(archive, EINVAL, "%s", fault.reason);
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)got;
}

static la_int64_t seek(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    struct layer *layer = context;
    const uint64_t size = source_size(layer->outer);
    const uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? layer->position : size;
    int64_t to;
    if (size == SOURCE_SIZE_NONE || __builtin_add_overflow(base, offset, &to) || to < 0) {
        archive_set_error(archive, EINVAL, "seeks outside the archive");
        return ARCHIVE_FATAL;
    }
    layer->position = (uint64_t)to;
    return to;
}

static bool support_filter(struct archive *archive, enum unpack_kind kind)
{
    if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
        archive_read_support_format_empty(archive) != ARCHIVE_OK)
        return false;
    switch (kind) {
    case UNPACK_GZ:
        return true;
    case UNPACK_BZ2:
        return archive_read_support_filter_bzip2(archive) == ARCHIVE_OK;
    case UNPACK_XZ:
        return archive_read_support_filter_xz(archive) == ARCHIVE_OK;
    default:
        return archive_read_support_filter_zstd(archive) == ARCHIVE_OK;
    }
}

/* A library that would run a program instead is not asked: it says ARCHIVE_WARN. */
static bool support(struct archive *archive, const struct layer *layer)
{
    switch (layer->kind) {
    case UNPACK_ZIP:
        return (layer->is_streamed ? archive_read_support_format_zip_streamable(archive)
                                   : archive_read_support_format_zip(archive)) == ARCHIVE_OK;
    case UNPACK_7Z:
        return archive_read_support_format_7zip(archive) == ARCHIVE_OK;
    case UNPACK_TAR:
        return archive_read_support_format_tar(archive) == ARCHIVE_OK;
    default:
        return support_filter(archive, layer->kind);
    }
}

/* A zip in a stream can be read, a short one better by its directory; a 7z begins at its end. */
static enum status make_seekable(struct layer *layer, struct fault *fault)
{
    layer->is_seekable = source_is_seekable(layer->outer);
    if (layer->is_seekable || (layer->kind != UNPACK_ZIP && layer->kind != UNPACK_7Z))
        return STATUS_OK;
    const enum status status = source_hold(layer->outer, HELD_MAX, fault);
    if (status < 0)
        return status;
    layer->is_seekable = source_is_seekable(layer->outer);
    if (layer->kind == UNPACK_7Z && !layer->is_seekable)
        return fault_set(fault, STATUS_REFUSED, 0,
                         "a 7z of more than 32 MiB that is not a file of its own: unpack it first");
    return STATUS_OK;
}

/* Opens the library on the outer source, from its start. */
static enum status attach(struct layer *layer, struct fault *fault)
{
    archive_read_free(layer->archive);
    layer->archive = archive_read_new();
    if (!layer->archive || !support(layer->archive, layer))
        return fault_set(fault, STATUS_MEMORY, 0, "libarchive cannot be set up for %s",
                         unpack_name(layer->kind));
    layer->position = 0;
    archive_read_set_read_callback(layer->archive, layer->gunzip ? feed_unfolded : feed);
    if (layer->is_seekable)
        archive_read_set_seek_callback(layer->archive, seek);
    archive_read_set_callback_data(layer->archive, layer);
    if (archive_read_open1(layer->archive) != ARCHIVE_OK)
        return layer_blame(layer, 0, fault);
    if (unpack_has_members(layer->kind) || layer->gunzip)
        return STATUS_OK;
    /* The library undoes the same compression again and again, and counts the file itself too. */
    const int filters = archive_filter_count(layer->archive) - 1;
    if (filters < 1)
        return fault_set(fault, STATUS_DAMAGED, 0, "the header is damaged");
    if (filters > UNPACK_LAYERS_MAX)
        return fault_set(fault, STATUS_REFUSED, 0, "compressed more than %d times",
                         UNPACK_LAYERS_MAX);
    return STATUS_OK;
}

static bool give_up(struct layer *layer, const struct fault *verdict)
{
    layer->is_over = true;
    layer_judge(layer, verdict);
    return false;
}

static bool begin(struct layer *layer)
{
    struct fault fault = {0};
    enum status status = make_seekable(layer, &fault);
    if (status == STATUS_OK)
        status = attach(layer, &fault);
    return status == STATUS_OK || give_up(layer, &fault);
}

/* Once, for a zip with a directory: its local headers may be sound where the directory is not. */
static bool begin_again(struct layer *layer)
{
    if (layer->kind != UNPACK_ZIP || layer->is_streamed || !layer->is_seekable)
        return false;
    struct fault fault;
    layer->is_streamed = true;
    layer->passed = layer->members;
    layer->members = 0;
    return attach(layer, &fault) == STATUS_OK;
}

/* The end that the format has. Damage that makes an archive look empty must not pass for it. */
static bool end(struct layer *layer)
{
    const uint64_t size = source_size(layer->outer);
    struct fault fault;
    layer->is_over = true;
    if (unpack_has_members(layer->kind) && layer->members == 0 && size > EMPTY_MAX) {
        fault_set(&fault, STATUS_DAMAGED, 0, "has no members");
        layer_judge(layer, &fault);
    }
    return false;
}

/* The library ends the whole process when a name cannot be converted and errno is ENOMEM, be it
 * left from long ago: a dictionary of gigabytes that was refused, say. */
static void forget_errno(void)
{
    errno = 0;
}

/* Moves to the next header. False where there is none, or none that can be reached. */
static bool next_header(struct layer *layer, struct archive_entry **entry)
{
    for (;;) {
        const la_int64_t before = archive_filter_bytes(layer->archive, 0);
        forget_errno();
        const int result = archive_read_next_header(layer->archive, entry);
        if (result == ARCHIVE_EOF)
            return end(layer);
        layer->members +=
            result == ARCHIVE_OK || result == ARCHIVE_WARN || result == ARCHIVE_FAILED;
        struct fault fault;
        if (layer->members > MEMBERS_MAX) {
            fault_set(&fault, STATUS_REFUSED, 0, "more than %llu members",
                      (unsigned long long)MEMBERS_MAX);
            return give_up(layer, &fault);
        }
        if (result >= ARCHIVE_WARN)
            return true;
        if (layer->members == 0 && archive_read_has_encrypted_entries(layer->archive) == 1)
            fault_set(&fault, STATUS_REFUSED, 0, "encrypted, its directory too");
        else
            layer_blame(layer, (uint64_t)before, &fault);
        layer_judge(layer, &fault);
        const bool can_retry =
            result == ARCHIVE_FAILED ||
            (result == ARCHIVE_RETRY && archive_filter_bytes(layer->archive, 0) > before);
        if (!can_retry && !begin_again(layer))
            return give_up(layer, &fault);
    }
}

/* What is left of the open member is not wanted. */
static void close_member(struct layer *layer)
{
    if (layer->can_skip)
        layer->is_open = false;
    else
        layer_pass(layer);
}

/* One with bytes may be a file that was made to look like a directory. */
static bool is_plain_directory(struct archive_entry *entry)
{
    return archive_entry_filetype(entry) == AE_IFDIR && archive_entry_size(entry) <= 0;
}

/* The next member that is not a directory and was not seen before the archive was begun again. */
static bool next_entry(struct layer *layer, struct archive_entry **entry)
{
    close_member(layer);
    while (!layer->is_over && next_header(layer, entry)) {
        layer->is_open = true;
        layer->can_skip = layer->kind == UNPACK_ZIP && archive_entry_size_is_set(*entry);
        layer->member_in = layer->in;
        layer->member_out = 0;
        layer->member_size = archive_entry_size_is_set(*entry)
                                 ? (uint64_t)archive_entry_size(*entry)
                                 : SOURCE_SIZE_NONE;
        layer->has_ended = false;
        layer->gap = 0;
        layer->data_left = 0;
        layer->warning.status = STATUS_OK;
        if (layer->members > layer->passed && !is_plain_directory(*entry))
            return true;
        close_member(layer);
    }
    return false;
}

static enum status member_read(struct source *source, void *to, size_t want, size_t *got,
                               struct fault *fault)
{
    return layer_read(source->layer, to, want, got, fault);
}

static void member_close(struct source *source)
{
    (void)source; /* the layer closes it when it goes on */
}

static const struct input member_input = {member_read, NULL, member_close};

/* Why a member is no file; NULL when it is one. The library reads nothing of any other. */
static const char *member_type(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry))
        return "a link to another member";
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return NULL;
    case AE_IFLNK:
        return "a symbolic link";
    case AE_IFDIR:
        return "a directory that has bytes";
    case AE_IFIFO:
        return "a FIFO";
    case AE_IFSOCK:
        return "a socket";
    case AE_IFCHR:
    case AE_IFBLK:
        return "a device";
    default:
        return "of an unknown type";
    }
}

static void member_fill(struct layer *layer, struct archive_entry *entry, struct source *member)
{
    const char *type = member_type(entry);
    struct fault fault;
    if (type) {
        fault_set(&fault, STATUS_REFUSED, 0, "%s", type);
        source_conclude(member, SOURCE_OTHER, &fault);
    } else if (archive_entry_is_encrypted(entry)) {
        fault_set(&fault, STATUS_REFUSED, 0, "encrypted");
        source_conclude(member, SOURCE_BYTES, &fault);
    } else {
        member->input = &member_input;
        member->layer = layer;
        member->size = layer->member_size;
        return;
    }
    layer->is_open = false; /* the library passes over it */
}

static struct source *member_new(const struct layer *layer, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (!name)
        name = archive_entry_pathname(entry);
    char number[32];
    if (!name || !*name) {
        snprintf(number, sizeof(number), "member %llu", (unsigned long long)layer->members);
        name = number;
    }
    char *path;
    if (asprintf(&path, "%s!/%.*s", source_path(layer->outer), NAME_BOUND, name) < 0)
        return NULL;
    struct source *member = source_new(path, &layer->options);
    free(path);
    return member;
}

/* The content of a compressed file stands for the file: its path, and the file's hash. */
static struct source *content_new(const struct layer *layer)
{
    struct evidence_options options = layer->options;
    options.hash = EVIDENCE_HASH_NONE;
    struct source *content = source_new(source_path(layer->outer), &options);
    if (content)
        content->packed = layer->outer;
    return content;
}

enum status layer_next(struct layer *layer, struct source **member, struct fault *fault)
{
    const bool has_members = unpack_has_members(layer->kind);
    struct archive_entry *entry;
    if (!has_members && layer->has_given)
        return STATUS_END;
    if (!layer->archive && !layer->is_over && !begin(layer))
        return STATUS_END;
    if (!next_entry(layer, &entry))
        return STATUS_END;
    forget_errno();
    struct source *opened = has_members ? member_new(layer, entry) : content_new(layer);
    if (!opened)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a member of %s",
                         source_path(layer->outer));
    member_fill(layer, entry, opened);
    layer->has_given = true;
    *member = opened;
    return STATUS_OK;
}

#include "yaml/option_file.h"

#include <errno.h>
#include <stdio.h>

#define FILE_LENGTH_MAX ((size_t)16 << 20)

static enum status read_all(struct arena *arena, const char *path, struct bytes *text,
                            struct fault *fault)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return fault_errno(fault, errno, "%s", path);
    uint8_t *room = arena_take_aligned(arena, FILE_LENGTH_MAX + 1, 1);
    if (!room) {
        fclose(file);
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for %s", path);
    }
    errno = 0;
    const size_t length = fread(room, 1, FILE_LENGTH_MAX + 1, file);
    const int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error)
        return fault_errno(fault, error, "%s", path);
    if (length > FILE_LENGTH_MAX)
        return fault_set(fault, STATUS_INVALID, 0, "%s: larger than %zu MiB", path,
                         FILE_LENGTH_MAX >> 20);
    *text = bytes_of(room, length);
    return STATUS_OK;
}

/* A second document would be passed over in silence, so it is an error. */
enum status option_text_read(struct arena *arena, struct bytes text,
                             const struct tree_node **document, struct fault *fault)
{
    *document = NULL;
    struct tree_reader *reader = tree_open(text, arena);
    if (!reader)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to read YAML");
    const struct tree_node *second = NULL;
    enum status status = tree_next(reader, document, fault);
    if (status == STATUS_OK) {
        status = tree_next(reader, &second, fault);
        if (status == STATUS_OK)
            status = fault_set(fault, STATUS_INVALID, second->line, "more than one document");
    }
    tree_close(reader);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status option_file_fault(const char *path, const struct fault *inner, struct fault *fault)
{
    if (!inner->offset)
        return fault_set(fault, inner->status, 0, "%.110s: %.120s", path, inner->reason);
    return fault_set(fault, inner->status, inner->offset, "%.100s:%llu: %.120s", path,
                     (unsigned long long)inner->offset, inner->reason);
}

enum status option_file_read(struct arena *arena, const char *path,
                             const struct tree_node **document, struct fault *fault)
{
    struct arena text_arena;
    struct bytes text = {0};
    struct fault inner = {0};
    arena_init(&text_arena, FILE_LENGTH_MAX * 2);
    *document = NULL;
    enum status status = read_all(&text_arena, path, &text, fault);
    if (status == STATUS_OK) {
        status = option_text_read(arena, text, document, &inner);
        if (status != STATUS_OK)
            option_file_fault(path, &inner, fault);
    }
    arena_release(&text_arena);
    return status;
}

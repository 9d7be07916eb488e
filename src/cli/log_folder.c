#include "cli/log_folder.h"

#include "cli/output.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define LOGS_MAX       64U /* as many as the capture reader has kinds of events at most */
#define LOG_NAME_BOUND 32U

struct log_file {
    char name[LOG_NAME_BOUND];
    char *path;
    struct output *output;
};

struct log_folder {
    const char *path;
    struct log_file files[LOGS_MAX];
    size_t count;
};

enum status log_folder_open(const char *path, struct log_folder **opened, struct fault *fault)
{
    const enum status status = output_folder_make(path, fault);
    if (status != STATUS_OK)
        return status;
    struct log_folder *folder = calloc(1, sizeof(*folder));
    if (!folder)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    folder->path = path;
    *opened = folder;
    return STATUS_OK;
}

static enum status file_add(struct log_folder *folder, struct bytes name, struct log_file **added,
                            struct fault *fault)
{
    assert(folder->count < LOGS_MAX && name.length < LOG_NAME_BOUND);
    struct log_file *file = &folder->files[folder->count];
    memcpy(file->name, name.data, name.length);
    if (asprintf(&file->path, "%s/%s.log", folder->path, file->name) < 0) {
        file->path = NULL;
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    }
    const enum status status = output_open(file->path, &file->output, fault);
    if (status != STATUS_OK) {
        free(file->path);
        *file = (struct log_file){0};
        return status;
    }
    folder->count++;
    *added = file;
    return STATUS_OK;
}

static enum status file_of(struct log_folder *folder, struct bytes name, struct log_file **found,
                           struct fault *fault)
{
    for (size_t i = 0; i < folder->count; i++) {
        if (!bytes_equal(name, bytes_of_text(folder->files[i].name)))
            continue;
        *found = &folder->files[i];
        return STATUS_OK;
    }
    return file_add(folder, name, found, fault);
}

void log_folder_line(struct buffer *to, struct bytes log)
{
    buffer_bytes(to, log.data, log.length);
    buffer_byte(to, '\t');
}

enum status log_folder_write(struct log_folder *folder, struct bytes lines, struct fault *fault)
{
    const uint8_t *at = lines.data, *const end = lines.data + lines.length;
    while (at < end) {
        const uint8_t *text = memchr(at, '\t', (size_t)(end - at));
        const uint8_t *next = text ? memchr(text, '\n', (size_t)(end - text)) : NULL;
        struct log_file *file;
        assert(next);
        next++;
        text++;
        enum status status = file_of(folder, bytes_of(at, (size_t)(text - 1 - at)), &file, fault);
        if (status == STATUS_OK)
            status = output_write(file->output, bytes_of(text, (size_t)(next - text)), fault);
        if (status != STATUS_OK)
            return status;
        at = next;
    }
    return STATUS_OK;
}

enum status log_folder_close(struct log_folder *folder, enum status status, struct fault *fault)
{
    for (size_t i = 0; i < folder->count; i++) {
        status = output_close(folder->files[i].output, status, fault);
        free(folder->files[i].path);
    }
    free(folder);
    return status;
}

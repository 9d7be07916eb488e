#include "rules/load/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 << 10)

static enum status descriptor_read(int descriptor, const char *path, size_t maximum,
                                   struct buffer *to, struct fault *fault)
{
    struct stat info;
    const size_t start = to->length;
    size_t step = READ_STEP;
    if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
        step = (size_t)info.st_size < maximum ? (size_t)info.st_size + 1 : maximum + 1;
    for (;;) {
        uint8_t *room = buffer_room(to, step);
        if (!room)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory to read %s", path);
        const ssize_t got = read(descriptor, room, step);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_errno(fault, errno, "cannot read %s", path);
        if (got == 0)
            return STATUS_OK;
        to->length += (size_t)got;
        if (to->length - start > maximum)
            return fault_set(fault, STATUS_REFUSED, 0, "%s is larger than %zu bytes", path,
                             maximum);
        step = READ_STEP;
    }
}

enum status file_read(const char *path, size_t maximum, struct buffer *to, struct fault *fault)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fault_errno(fault, errno, "cannot read %s", path);
    const enum status status = descriptor_read(descriptor, path, maximum, to, fault);
    close(descriptor);
    return status;
}

static enum status descriptor_write(int descriptor, const char *path, struct bytes bytes,
                                    struct fault *fault)
{
    while (bytes.length) {
        const ssize_t wrote = write(descriptor, bytes.data, bytes.length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return fault_errno(fault, errno, "cannot write %s", path);
        bytes.data += wrote;
        bytes.length -= (size_t)wrote;
    }
    return STATUS_OK;
}

enum status file_write(const char *path, struct bytes bytes, struct fault *fault)
{
    char *partial = NULL;
    if (asprintf(&partial, "%s" FILE_PARTIAL "XXXXXX", path) < 0)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    const int descriptor = mkostemp(partial, O_CLOEXEC);
    enum status status = descriptor < 0 ? fault_errno(fault, errno, "cannot write %s", path)
                                        : descriptor_write(descriptor, path, bytes, fault);
    if (descriptor >= 0 && close(descriptor) != 0 && status == STATUS_OK)
        status = fault_errno(fault, errno, "cannot write %s", path);
    if (status == STATUS_OK && rename(partial, path) != 0)
        status = fault_errno(fault, errno, "cannot write %s", path);
    if (status != STATUS_OK && descriptor >= 0)
        unlink(partial);
    free(partial);
    return status;
}

enum status folder_make(const char *path, struct fault *fault)
{
    char *copy = strdup(path);
    if (!copy)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    enum status status = STATUS_OK;
    for (char *at = copy + 1; status == STATUS_OK; at++) {
        if (*at != '/' && *at)
            continue;
        const char kept = *at;
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            status = fault_errno(fault, errno, "cannot make the folder %s", copy);
        *at = kept;
        if (!kept)
            break;
    }
    free(copy);
    return status;
}

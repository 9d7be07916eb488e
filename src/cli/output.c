#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    int descriptor;
    char *path; /* NULL: standard output, or a device that is written as it is */
    char *partial;
};

/* A name beside `path` that is free, and its file. */
static int partial_open(struct output *output, const char *path)
{
    if (asprintf(&output->partial, "%s.partial-XXXXXX", path) < 0) {
        output->partial = NULL;
        return -1;
    }
    const int descriptor = mkostemp(output->partial, O_CLOEXEC);
    if (descriptor >= 0)
        fchmod(descriptor, 0644);
    return descriptor;
}

static bool is_device(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static void output_free(struct output *output)
{
    free(output->path);
    free(output->partial);
    free(output);
}

enum status output_open(const char *path, struct output **opened, struct fault *fault)
{
    struct output *output = calloc(1, sizeof(*output));
    if (!output)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    output->descriptor = STDOUT_FILENO;
    if (path && (path[0] != '-' || path[1])) {
        if (is_device(path)) {
            output->descriptor = open(path, O_WRONLY | O_CLOEXEC);
        } else {
            output->path = strdup(path);
            output->descriptor = output->path ? partial_open(output, path) : -1;
        }
    }
    if (output->descriptor < 0) {
        const int error = errno;
        output_free(output);
        return fault_errno(fault, error, "cannot write %s", path);
    }
    *opened = output;
    return STATUS_OK;
}

int output_descriptor(const struct output *output)
{
    return output->descriptor;
}

enum status output_write(struct output *output, struct bytes bytes, struct fault *fault)
{
    while (bytes.length) {
        const ssize_t wrote = write(output->descriptor, bytes.data, bytes.length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return fault_errno(fault, errno, "cannot write %s",
                               output->path ? output->path : "the output");
        bytes.data += wrote;
        bytes.length -= (size_t)wrote;
    }
    return STATUS_OK;
}

enum status output_close(struct output *output, enum status status, struct fault *fault)
{
    if (output->path) {
        if (close(output->descriptor) != 0 && status == STATUS_OK)
            status = fault_errno(fault, errno, "cannot write %s", output->path);
        if (status == STATUS_OK && rename(output->partial, output->path) != 0)
            status = fault_errno(fault, errno, "cannot write %s", output->path);
        if (status != STATUS_OK)
            unlink(output->partial);
    }
    output_free(output);
    return status;
}

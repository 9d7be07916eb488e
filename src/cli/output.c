#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    int descriptor;
    const char *name; /* for messages */
    char *path;       /* NULL: written as it is: standard output, a device, a pipe */
    char *partial;
    char *folder;
};

/* A name beside `path` that is free, and its file. */
static int partial_open(struct output *output)
{
    if (asprintf(&output->partial, "%s.partial-XXXXXX", output->path) < 0) {
        output->partial = NULL;
        return -1;
    }
    const int descriptor = mkostemp(output->partial, O_CLOEXEC);
    const mode_t mask = umask(0);
    umask(mask);
    if (descriptor >= 0)
        fchmod(descriptor, 0666 & ~mask);
    return descriptor;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* What is there and is no file is written as it is; a folder fails as such. */
static bool is_device(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static void output_free(struct output *output)
{
    free(output->path);
    free(output->partial);
    free(output->folder);
    free(output);
}

/* A link is followed, so that it stays a link to the new file. */
static int file_open(struct output *output, const char *path)
{
    if (is_device(path))
        return open(path, O_WRONLY | O_CLOEXEC);
    output->path = realpath(path, NULL);
    if (!output->path)
        output->path = strdup(path);
    output->folder = output->path ? folder_of(output->path) : NULL;
    return output->folder ? partial_open(output) : -1;
}

enum status output_open(const char *path, struct output **opened, struct fault *fault)
{
    struct output *output = calloc(1, sizeof(*output));
    if (!output)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    const bool is_standard = !path || strcmp(path, "-") == 0;
    output->name = is_standard ? "the output" : path;
    output->descriptor = is_standard ? STDOUT_FILENO : file_open(output, path);
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

const char *output_name(const struct output *output)
{
    return output->name;
}

const char *output_partial(const struct output *output)
{
    return output->partial;
}

bool output_is_terminal(const struct output *output)
{
    return isatty(output->descriptor);
}

bool output_is_table(const struct output *output, const char *format)
{
    return format ? strcmp(format, "table") == 0 : output_is_terminal(output);
}

const char *output_folder(const struct output *output)
{
    return output->folder;
}

enum status output_folder_make(const char *path, struct fault *fault)
{
    struct stat about;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return fault_errno(fault, errno, "cannot make %s", path);
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return fault_set(fault, STATUS_IO, 0, "%s is no folder", path);
    return STATUS_OK;
}

enum status output_write(struct output *output, struct bytes bytes, struct fault *fault)
{
    while (bytes.length) {
        const ssize_t wrote = write(output->descriptor, bytes.data, bytes.length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno == EPIPE)
            return fault_set(fault, STATUS_STOPPED, 0, "whoever read the output has gone");
        if (wrote < 0)
            return fault_errno(fault, errno, "cannot write %s", output->name);
        bytes.data += wrote;
        bytes.length -= (size_t)wrote;
    }
    return STATUS_OK;
}

enum status output_drain(struct output *output, struct buffer *from, struct fault *fault)
{
    if (from->failed)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    const enum status status = output_write(output, buffer_view(from), fault);
    buffer_reset(from);
    return status;
}

enum status output_close(struct output *output, enum status status, struct fault *fault)
{
    if (output->descriptor != STDOUT_FILENO && close(output->descriptor) != 0 &&
        status == STATUS_OK)
        status = fault_errno(fault, errno, "cannot write %s", output->name);
    if (output->path) {
        if (status == STATUS_OK && rename(output->partial, output->path) != 0)
            status = fault_errno(fault, errno, "cannot write %s", output->name);
        if (status != STATUS_OK)
            unlink(output->partial);
    }
    output_free(output);
    return status;
}

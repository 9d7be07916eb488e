/* Files are read with pread, so that an archive can be read at any offset beside the stream; their
 * size is what it was when they were opened. Pipes and devices are polled, so that waiting can be
 * stopped and a FIFO that nobody writes to does not hang us. */
#include "evidence/input.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLL_MS      100
#define NO_WRITER_MS 1000

static enum status cannot_read(uint64_t offset, struct fault *fault)
{
    return fault_errno(fault, errno, "cannot be read at byte %llu", (unsigned long long)offset);
}

static enum status file_read_at(const struct source *source, uint64_t offset, void *to, size_t want,
                                size_t *got, struct fault *fault)
{
    if (source->size != SOURCE_SIZE_NONE) {
        const uint64_t left = offset < source->size ? source->size - offset : 0;
        want = want < left ? want : (size_t)left;
    }
    *got = 0;
    while (*got < want) {
        const ssize_t length =
            pread(source->file, (uint8_t *)to + *got, want - *got, (off_t)(offset + *got));
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return cannot_read(offset + *got, fault);
        if (length == 0 && source->size != SOURCE_SIZE_NONE)
            return fault_set(fault, STATUS_IO, offset + *got,
                             "became shorter while it was read: had %llu bytes",
                             (unsigned long long)source->size);
        if (length == 0)
            break;
        *got += (size_t)length;
    }
    return STATUS_OK;
}

static enum status file_read(struct source *source, void *to, size_t want, size_t *got,
                             struct fault *fault)
{
    return file_read_at(source, source->taken, to, want, got, fault);
}

static void file_close(struct source *source)
{
    close(source->file);
}

static const struct input file_input = {file_read, file_read_at, file_close};

/* One wait and one read. STATUS_END when nothing came of it and it should be tried again; at the
 * end of the stream it is STATUS_OK and nothing was got. A read from a FIFO that has no writer ends
 * at once, one with a silent writer fails with EAGAIN: this is how they are told apart. */
static enum status stream_try(struct source *source, void *to, size_t want, size_t *got,
                              struct fault *fault)
{
    struct pollfd wait = {.fd = source->file, .events = POLLIN};
    const int ready = poll(&wait, 1, POLL_MS);
    if (ready < 0 && errno != EINTR)
        return fault_errno(fault, errno, "cannot wait for data");
    if (ready < 0 || (ready == 0 && !source->may_lack_writer))
        return STATUS_END;
    const ssize_t length = read(source->file, to, want);
    if (length < 0 && errno != EAGAIN && errno != EINTR)
        return cannot_read(source->taken, fault);
    if (length == 0 && ready == 0)
        return STATUS_END;
    source->may_lack_writer = false;
    if (length < 0)
        return STATUS_END;
    *got = (size_t)length;
    return STATUS_OK;
}

static enum status stream_some(struct source *source, void *to, size_t want, size_t *got,
                               struct fault *fault)
{
    for (int tries = 0; !source->may_lack_writer || tries < NO_WRITER_MS / POLL_MS; tries++) {
        if (source->stop && *source->stop)
            return fault_set(fault, STATUS_STOPPED, source->taken, "stopped");
        const enum status status = stream_try(source, to, want, got, fault);
        if (status != STATUS_END)
            return status;
    }
    return fault_set(fault, STATUS_IO, 0, "no writer");
}

static enum status stream_read(struct source *source, void *to, size_t want, size_t *got,
                               struct fault *fault)
{
    *got = 0;
    while (*got < want) {
        size_t some = 0;
        const enum status status =
            stream_some(source, (uint8_t *)to + *got, want - *got, &some, fault);
        if (status < 0)
            return status;
        if (some == 0)
            break;
        *got += some;
    }
    return STATUS_OK;
}

static const struct input stream_input = {stream_read, NULL, file_close};

/* A file that the shell gave as standard input is read as a file, unless it was begun already. */
static bool is_whole_file(const struct source *source, const struct stat *about, bool is_given)
{
    if (S_ISBLK(about->st_mode))
        return true;
    return S_ISREG(about->st_mode) && (!is_given || lseek(source->file, 0, SEEK_CUR) == 0);
}

static enum status attach(struct source *source, const struct stat *about, bool is_stream,
                          bool is_given, struct fault *fault)
{
    if (is_whole_file(source, about, is_given)) {
        const off_t size =
            S_ISBLK(about->st_mode) ? lseek(source->file, 0, SEEK_END) : about->st_size;
        if (size > 0) /* files that the kernel makes up have none */
            source->size = (uint64_t)size;
        source->input = &file_input;
        posix_fadvise(source->file, 0, 0, POSIX_FADV_SEQUENTIAL);
        return STATUS_OK;
    }
    if (S_ISDIR(about->st_mode) || S_ISSOCK(about->st_mode) || !is_stream)
        return fault_set(fault, STATUS_IO, 0, "is no longer a file");
    source->may_lack_writer = S_ISFIFO(about->st_mode) && !is_given;
    source->input = &stream_input;
    return STATUS_OK;
}

void source_open(struct source *source, bool is_stream)
{
    const bool is_given = strcmp(source->path, "-") == 0;
    struct fault fault;
    struct stat about;
    source->file = is_given ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                            : open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (source->file < 0) {
        fault_errno(&fault, errno, "cannot be opened");
        source_fail(source, &fault);
        return;
    }
    enum status status = fstat(source->file, &about) != 0
                             ? fault_errno(&fault, errno, "cannot be looked at")
                             : attach(source, &about, is_stream, is_given, &fault);
    if (status < 0) {
        close(source->file);
        source_fail(source, &fault);
    }
}

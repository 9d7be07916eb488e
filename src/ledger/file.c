#include "ledger/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

const char *ledger_file_take(const char *path, size_t maximum, struct arena *arena,
                             struct bytes *text)
{
    struct stat about;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return errno == ENOENT ? "it is not there" : "it cannot be read";
    const char *wrong = NULL;
    uint8_t *room = NULL;
    size_t length = 0;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
        wrong = "it is no file";
    else if ((uint64_t)about.st_size > maximum)
        wrong = "it is too large";
    else if (!(room = arena_take_aligned(arena, (size_t)about.st_size + 1, 1)))
        wrong = "no memory for it";
    while (!wrong && length < (size_t)about.st_size) {
        const ssize_t count = read(file, room + length, (size_t)about.st_size - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            wrong = "it cannot be read";
        if (count <= 0)
            break;
        length += (size_t)count;
    }
    close(file);
    *text = bytes_of(room, length);
    return wrong;
}

/* The rule files below a folder. Each file is asked for by its name in its folder: there are
 * thousands, and every start of the program asks for all of them. */
#include "base/arena.h"
#include "rules/load/book.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX   64U         /* folders in folders, each of which is held open */
#define NAMES_MAX   (64U << 20) /* bytes */
#define FOLDER_OPEN (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

struct walk {
    book_found *found;
    void *context;
    struct arena names;
    struct buffer path; /* where the walk is, ended by a NUL that is not counted */
    unsigned depth;
};

struct entry {
    const char *name;
    unsigned char type; /* DT_DIR and so on */
};

static bool is_rule_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0);
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct entry *)one)->name, ((const struct entry *)other)->name);
}

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_MEMORY, 0, "no memory for the rules");
}

static const char *path_text(const struct walk *walk)
{
    return (const char *)walk->path.data;
}

/* Goes on to a name in the folder where the walk is; path_leave with the length before goes back.
 */
static bool path_enter(struct walk *walk, const char *name)
{
    struct buffer *path = &walk->path;
    if (path->length && path->data[path->length - 1] != '/')
        buffer_byte(path, '/');
    buffer_text(path, name);
    buffer_byte(path, '\0');
    path->length -= !path->failed;
    return !path->failed;
}

static void path_leave(struct walk *walk, size_t length)
{
    walk->path.length = length;
    walk->path.data[length] = '\0';
}

static enum status entries_read(struct walk *walk, DIR *folder, struct buffer *entries,
                                struct fault *fault)
{
    const struct dirent *at;
    while ((errno = 0, at = readdir(folder))) {
        const bool may_be_folder = at->d_type == DT_DIR || at->d_type == DT_UNKNOWN;
        if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0 ||
            !(may_be_folder || is_rule_name(at->d_name)))
            continue;
        const struct entry entry = {arena_keep_text(&walk->names, bytes_of_text(at->d_name)),
                                    at->d_type};
        buffer_bytes(entries, &entry, sizeof(entry));
        if (!entry.name || entries->failed)
            return no_memory(fault);
    }
    return errno ? fault_errno(fault, errno, "cannot read %s", path_text(walk)) : STATUS_OK;
}

static enum status folder_walk(struct walk *walk, int descriptor, struct fault *fault);

/* What is neither a folder nor a file, or has just gone, is passed by. */
static enum status entry_walk(struct walk *walk, int folder, const struct entry *entry,
                              struct fault *fault)
{
    struct stat info = {.st_mode = S_IFDIR};
    const size_t length = walk->path.length;
    if (entry->type != DT_DIR && fstatat(folder, entry->name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return STATUS_OK;
    if (!path_enter(walk, entry->name))
        return no_memory(fault);
    enum status status = STATUS_OK;
    if (S_ISDIR(info.st_mode))
        status = folder_walk(walk, openat(folder, entry->name, FOLDER_OPEN | O_NOFOLLOW), fault);
    else if (S_ISREG(info.st_mode) && is_rule_name(entry->name))
        status = walk->found(walk->context, path_text(walk), &info, fault);
    path_leave(walk, length);
    return status;
}

/* In the order of names. The descriptor is closed. */
static enum status folder_walk(struct walk *walk, int descriptor, struct fault *fault)
{
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (!folder) {
        const int error = errno;
        if (descriptor >= 0)
            close(descriptor);
        return fault_errno(fault, error, "cannot read %s", path_text(walk));
    }
    struct buffer entries = {0};
    enum status status =
        ++walk->depth > DEPTH_MAX
            ? fault_set(fault, STATUS_REFUSED, 0, "more than %u folders in folders: %.150s",
                        DEPTH_MAX, path_text(walk))
            : entries_read(walk, folder, &entries, fault);
    const size_t count = entries.length / sizeof(struct entry);
    struct entry *entry = (void *)entries.data;
    if (count)
        qsort(entry, count, sizeof(*entry), by_name);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = entry_walk(walk, dirfd(folder), &entry[i], fault);
    walk->depth--;
    buffer_release(&entries);
    closedir(folder);
    return status;
}

enum status book_walk(const char *path, book_found *found, void *context, struct fault *fault)
{
    struct stat info;
    struct walk walk = {.found = found, .context = context};
    if (stat(path, &info) != 0)
        return fault_errno(fault, errno, "cannot read %s", path);
    if (!S_ISDIR(info.st_mode))
        return found(context, path, &info, fault);
    arena_init(&walk.names, NAMES_MAX);
    const enum status status = path_enter(&walk, path)
                                   ? folder_walk(&walk, open(path, FOLDER_OPEN), fault)
                                   : no_memory(fault);
    arena_release(&walk.names);
    buffer_release(&walk.path);
    return status;
}

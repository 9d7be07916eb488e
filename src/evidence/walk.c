/* Real directories first, links afterwards: so a link never wins over what it points to, and each
 * round of links is sorted, so that the outcome does not depend on the order of the arguments or of
 * the directory. A link to a directory that was walked already is where loops end. */
#include "evidence/walk.h"

#include "evidence/evidence.h"
#include "evidence/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXTS_MAX    ((size_t)1 << 30)
#define REASON_BOUND 512

static bool list_add(struct text_list *list, const char *text)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? list->capacity * 2 : 16;
        const char **texts = reallocarray(list->texts, capacity, sizeof(*texts));
        if (!texts)
            return false;
        list->texts = texts;
        list->capacity = capacity;
    }
    list->texts[list->count++] = text;
    return true;
}

static int by_text(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void list_sort(struct text_list *list)
{
    if (list->count)
        qsort(list->texts, list->count, sizeof(*list->texts), by_text);
}

static struct item *item_add(struct walk *walk, const char *path)
{
    if (walk->count == walk->capacity) {
        const size_t capacity = walk->capacity ? walk->capacity * 2 : 64;
        struct item *items = reallocarray(walk->items, capacity, sizeof(*items));
        if (!items) {
            walk->is_full = true;
            return NULL;
        }
        walk->items = items;
        walk->capacity = capacity;
    }
    struct item *item = &walk->items[walk->count++];
    *item = (struct item){.path = path};
    return item;
}

static const char *keep(struct walk *walk, const char *text)
{
    const char *kept = arena_keep_text(&walk->texts, bytes_of_text(text));
    if (!kept)
        walk->is_full = true;
    return kept;
}

/* Lists something that is not to be opened. `reason` lives as long as the walk (NULL: no memory).
 */
static void refuse(struct walk *walk, const char *path, enum status status, const char *reason)
{
    struct item *item = reason ? item_add(walk, path) : NULL;
    if (item) {
        item->reason = reason;
        item->status = status;
    }
}

static void refuse_errno(struct walk *walk, const char *path, const char *what, int error)
{
    struct fault fault;
    fault_errno(&fault, error, "%s", what);
    refuse(walk, path, STATUS_IO, keep(walk, fault.reason));
}

/* NULL without memory. */
static const char *why_repeated(struct walk *walk, const char *what, const char *first)
{
    char reason[REASON_BOUND];
    snprintf(reason, sizeof(reason), "a link to a %s that is read as %s", what, first);
    return keep(walk, reason);
}

static const char *path_join(struct walk *walk, const char *directory, const char *name)
{
    const size_t length = strlen(directory);
    const bool has_slash = length > 0 && directory[length - 1] == '/';
    const size_t room = length + !has_slash + strlen(name) + 1;
    char *path = arena_take_aligned(&walk->texts, room, 1);
    if (!path) {
        walk->is_full = true;
        return NULL;
    }
    snprintf(path, room, "%s%s%s", directory, has_slash ? "" : "/", name);
    return path;
}

static const char *type_name(mode_t mode)
{
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    if (S_ISCHR(mode))
        return "a character device";
    if (S_ISBLK(mode))
        return "a block device";
    return "not a file";
}

static void add_file(struct walk *walk, const char *path, const struct stat *about, bool is_link)
{
    struct item *item = item_add(walk, path);
    if (!item)
        return;
    item->device = about->st_dev;
    item->inode = about->st_ino;
    item->is_link = is_link;
    walk->has_links |= is_link;
    item->size = (uint64_t)about->st_size;
}

static void add_device(struct walk *walk, const char *path, mode_t mode)
{
    struct item *item = item_add(walk, path);
    if (!item)
        return;
    item->is_stream = !S_ISBLK(mode);
}

/* What may be read when it was named, and not when it was only met. */
static void add_special(struct walk *walk, const char *path, mode_t mode, bool is_named)
{
    if (is_named && !S_ISSOCK(mode))
        add_device(walk, path, mode);
    else
        refuse(walk, path, STATUS_OK, type_name(mode));
}

static void walk_directory(struct walk *walk, int parent, const char *name, const char *path,
                           unsigned depth);

static void walk_entry(struct walk *walk, int parent, const char *name, const char *path,
                       unsigned depth)
{
    struct stat about;
    const bool is_named = depth == 0;
    if (fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        refuse_errno(walk, path, "cannot be opened", errno);
    else if (S_ISLNK(about.st_mode))
        walk->is_full |= !list_add(&walk->links, path);
    else if (S_ISDIR(about.st_mode))
        walk_directory(walk, parent, name, path, depth);
    else if (S_ISREG(about.st_mode))
        add_file(walk, path, &about, false);
    else
        add_special(walk, path, about.st_mode, is_named);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void walk_entries(struct walk *walk, DIR *directory, const char *path, unsigned depth)
{
    const struct dirent *entry;
    while (!walk->is_full && (errno = 0, entry = readdir(directory)) != NULL) {
        if (is_dots(entry->d_name))
            continue;
        const char *inner = path_join(walk, path, entry->d_name);
        if (inner)
            walk_entry(walk, dirfd(directory), entry->d_name, inner, depth + 1);
        errno = 0;
    }
    if (!walk->is_full && errno != 0)
        refuse_errno(walk, path, "the directory cannot be read to its end", errno);
}

static DIR *open_directory(int parent, const char *name, struct stat *about)
{
    const int file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return NULL;
    DIR *directory = fstat(file, about) == 0 ? fdopendir(file) : NULL;
    if (!directory) {
        const int error = errno;
        close(file);
        errno = error;
    }
    return directory;
}

static void walk_directory(struct walk *walk, int parent, const char *name, const char *path,
                           unsigned depth)
{
    if (depth > EVIDENCE_WALK_DEPTH) {
        refuse(walk, path, STATUS_REFUSED, "directories are nested too deep");
        return;
    }
    struct stat about;
    DIR *directory = open_directory(parent, name, &about);
    if (!directory) {
        refuse_errno(walk, path, "the directory cannot be read", errno);
        return;
    }
    walk->is_full |= !places_add(walk->directories, about.st_dev, about.st_ino, path);
    walk_entries(walk, directory, path, depth);
    closedir(directory);
}

static bool is_root(const struct walk *walk, const char *path, size_t named)
{
    return named > 0 && bsearch(&path, walk->roots.texts, named, sizeof(path), by_text) != NULL;
}

static void refuse_link(struct walk *walk, const char *path, bool is_named)
{
    if (is_named)
        refuse_errno(walk, path, "cannot be opened", errno);
    else if (errno == ENOENT || errno == ELOOP)
        refuse(walk, path, STATUS_OK, "a link that leads nowhere");
    else
        refuse_errno(walk, path, "the link cannot be followed", errno);
}

static void follow_link(struct walk *walk, const char *path, bool is_named)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        refuse_link(walk, path, is_named);
        return;
    }
    if (!S_ISDIR(about.st_mode)) {
        if (S_ISREG(about.st_mode))
            add_file(walk, path, &about, true);
        else
            add_special(walk, path, about.st_mode, is_named);
        walk->is_full |= !is_named && !list_add(&walk->roots, path);
        return;
    }
    const char *first = places_find(walk->directories, about.st_dev, about.st_ino);
    if (!first) {
        walk->is_full |= !is_named && !list_add(&walk->roots, path);
        walk_directory(walk, AT_FDCWD, path, path, 1);
    } else if (strcmp(first, path) != 0) {
        refuse(walk, path, STATUS_OK, why_repeated(walk, "directory", first));
    }
}

/* `named` of the roots are from the command line. */
static void follow_links(struct walk *walk, size_t named)
{
    while (walk->links.count && !walk->is_full) {
        struct text_list round = walk->links;
        walk->links = (struct text_list){0};
        list_sort(&round);
        for (size_t i = 0; i < round.count && !walk->is_full; i++)
            follow_link(walk, round.texts[i], is_root(walk, round.texts[i], named));
        free(round.texts);
    }
}

/* By path; of two with the same path the one that is to be read first. */
static int by_path(const void *one, const void *other)
{
    const struct item *left = one, *right = other;
    const int order = strcmp(left->path, right->path);
    return order ? order : (left->reason != NULL) - (right->reason != NULL);
}

static void drop_repeated_paths(struct walk *walk)
{
    if (walk->count == 0)
        return;
    qsort(walk->items, walk->count, sizeof(*walk->items), by_path);
    size_t kept = 1;
    for (size_t i = 1; i < walk->count; i++) {
        if (strcmp(walk->items[i].path, walk->items[kept - 1].path) != 0)
            walk->items[kept++] = walk->items[i];
    }
    walk->count = kept;
}

static bool places_of_files(const struct walk *walk, struct places *files)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct item *item = &walk->items[i];
        if (!item->reason && !item->is_link && !item->is_stream &&
            !places_add(files, item->device, item->inode, item->path))
            return false;
    }
    return true;
}

/* A link to a file that is read under its own name, or by an earlier link, is not read. */
static void drop_repeated_files(struct walk *walk)
{
    struct places *files = places_new();
    walk->is_full |= !files || !places_of_files(walk, files);
    for (size_t i = 0; i < walk->count && !walk->is_full; i++) {
        struct item *item = &walk->items[i];
        if (!item->is_link)
            continue;
        const char *first = places_find(files, item->device, item->inode);
        if (first)
            item->reason = why_repeated(walk, "file", first);
        else
            walk->is_full |= !places_add(files, item->device, item->inode, item->path);
    }
    places_free(files);
}

/* The paths of the command line become the first roots, sorted. */
static void keep_named(struct walk *walk, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count && !walk->is_full; i++) {
        size_t length = strlen(paths[i]);
        while (length > 1 && paths[i][length - 1] == '/')
            length--;
        const char *path = arena_keep_text(&walk->texts, bytes_of(paths[i], length));
        walk->is_full |= !path || !list_add(&walk->roots, path);
    }
    list_sort(&walk->roots);
}

static void walk_named(struct walk *walk)
{
    for (size_t i = 0; i < walk->roots.count && !walk->is_full; i++) {
        const char *path = walk->roots.texts[i];
        if (strcmp(path, "-") == 0)
            add_device(walk, path, S_IFIFO);
        else
            walk_entry(walk, AT_FDCWD, path, path, 0);
    }
}

enum status walk_paths(struct walk *walk, const char *const *paths, size_t count,
                       struct fault *fault)
{
    *walk = (struct walk){.directories = places_new()};
    arena_init(&walk->texts, TEXTS_MAX);
    walk->is_full = !walk->directories;
    keep_named(walk, paths, count);
    walk_named(walk);
    follow_links(walk, count);
    drop_repeated_paths(walk);
    if (walk->has_links)
        drop_repeated_files(walk);
    if (walk->is_full) {
        walk_release(walk);
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the list of files");
    }
    for (size_t i = 0; i < walk->count; i++)
        walk->size += walk->items[i].reason ? 0 : walk->items[i].size;
    return STATUS_OK;
}

void walk_release(struct walk *walk)
{
    arena_release(&walk->texts);
    free(walk->items);
    free(walk->roots.texts);
    free(walk->links.texts);
    places_free(walk->directories);
    *walk = (struct walk){0};
}

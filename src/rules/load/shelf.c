#include "rules/load/shelf.h"

#include "rules/load/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS      16U
#define PARTIAL     (sizeof(FILE_PARTIAL) - 1 + 6) /* what file_write() was killed at */
#define ENTRIES_MAX 4096U                          /* that are looked at in one go */

struct entry {
    struct timespec used;
    char name[sizeof(SHELF_RULES) + DIGITS + PARTIAL];
};

void shelf_use(const char *path)
{
    (void)!utimensat(AT_FDCWD, path, NULL, 0);
}

static bool is_ours(const char *name, const char *kind)
{
    const size_t start = strlen(kind);
    if (strncmp(name, kind, start) != 0 || strspn(name + start, "0123456789abcdef") != DIGITS)
        return false;
    const char *end = name + start + DIGITS;
    const bool is_partial = strncmp(end, FILE_PARTIAL, strlen(FILE_PARTIAL)) == 0;
    return *end == '\0' || (is_partial && strlen(end) == PARTIAL);
}

static int last_used_first(const void *one, const void *other)
{
    const struct timespec *a = &((const struct entry *)one)->used;
    const struct timespec *b = &((const struct entry *)other)->used;
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? 1 : -1;
    return (a->tv_nsec < b->tv_nsec) - (a->tv_nsec > b->tv_nsec);
}

static size_t entries_read(DIR *folder, const char *kind, struct entry *entries)
{
    const struct dirent *found;
    struct stat info;
    size_t count = 0;
    while (count < ENTRIES_MAX && (found = readdir(folder)) != NULL) {
        if (!is_ours(found->d_name, kind) ||
            fstatat(dirfd(folder), found->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        entries[count].used = info.st_mtim;
        memcpy(entries[count].name, found->d_name, strlen(found->d_name) + 1);
        count++;
    }
    return count;
}

void shelf_prune(const char *path, const char *kind)
{
    DIR *folder = opendir(path);
    struct entry *entries = folder ? calloc(ENTRIES_MAX, sizeof(*entries)) : NULL;
    if (entries) {
        const size_t count = entries_read(folder, kind, entries);
        qsort(entries, count, sizeof(*entries), last_used_first);
        for (size_t i = SHELF_MAX; i < count; i++)
            (void)!unlinkat(dirfd(folder), entries[i].name, 0);
    }
    free(entries);
    if (folder)
        closedir(folder);
}

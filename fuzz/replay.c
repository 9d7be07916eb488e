/* Feeds files to a fuzz target without an engine: every argument is a file, or a folder of files.
 * Each gets a copy of its own length, so that a sanitizer sees what reads past its end. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BOUND 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static unsigned long replayed;

static int file_replay(const char *path, size_t length)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(length ? length : 1);
    const int failed = !file || !data || fread(data, 1, length, file) != length;
    if (file)
        fclose(file);
    if (failed) {
        perror(path);
    } else {
        fprintf(stderr, "%s\n", path);
        LLVMFuzzerTestOneInput(data, length);
        replayed++;
    }
    free(data);
    return failed;
}

static int path_replay(const char *path);

static int folder_replay(const char *path)
{
    struct dirent **names;
    int failed = 0;
    const int count = scandir(path, &names, NULL, alphasort);
    if (count < 0) {
        perror(path);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        char inner[PATH_BOUND];
        const int length = snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && length > 0 && length < PATH_BOUND)
            failed |= path_replay(inner);
        free(names[i]);
    }
    free(names);
    return failed;
}

static int path_replay(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        perror(path);
        return 1;
    }
    return S_ISDIR(about.st_mode) ? folder_replay(path) : file_replay(path, (size_t)about.st_size);
}

int main(int count, char **paths)
{
    int failed = 0;
    for (int i = 1; i < count; i++)
        failed |= path_replay(paths[i]);
    printf("%lu inputs replayed\n", replayed);
    return failed;
}

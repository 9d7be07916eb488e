#include "lab.h"

#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lab_set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    assert_non_null(lab);
    snprintf(lab->folder, sizeof(lab->folder), "%s/impound-evidence-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(lab->folder));
    *state = lab;
    return 0;
}

static int delete (const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about;
    (void)type;
    (void)walk;
    return remove(path);
}

int lab_tear_down(void **state)
{
    struct lab *lab = *state;
    nftw(lab->folder, delete, 16, FTW_DEPTH | FTW_PHYS);
    free(lab);
    return 0;
}

const char *lab_path(struct lab *lab, const char *name)
{
    snprintf(lab->path, sizeof(lab->path), "%s/%s", lab->folder, name);
    return lab->path;
}

void lab_write(struct lab *lab, const char *name, struct bytes content)
{
    remove(lab_path(lab, name)); /* some file systems flush what is truncated and written again */
    FILE *file = fopen(lab->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.length, file), content.length);
    assert_int_equal(fclose(file), 0);
}

void lab_write_text(struct lab *lab, const char *name, const char *text)
{
    lab_write(lab, name, bytes_of_text(text));
}

void lab_mkdir(struct lab *lab, const char *name)
{
    assert_int_equal(mkdir(lab_path(lab, name), 0700), 0);
}

struct buffer lab_load(struct lab *lab, const char *name)
{
    struct buffer content = {0};
    FILE *file = fopen(lab_path(lab, name), "r");
    assert_non_null(file);
    size_t length;
    do {
        uint8_t *room = buffer_room(&content, 4096);
        assert_non_null(room);
        length = fread(room, 1, 4096, file);
        content.length += length;
    } while (length > 0);
    fclose(file);
    return content;
}

static void write_member(struct archive *archive, const struct lab_member *member)
{
    struct archive_entry *entry = archive_entry_new();
    assert_non_null(entry);
    const size_t length = strlen(member->text);
    const size_t repeat = member->repeat ? member->repeat : 1;
    archive_entry_set_pathname(entry, member->name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)(length * repeat));
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    for (size_t i = 0; i < repeat; i++)
        assert_int_equal(archive_write_data(archive, member->text, length), length);
    archive_entry_free(entry);
}

void lab_archive(struct lab *lab, const char *name, int format, int filter,
                 const char *library_options, const struct lab_member *members, size_t count)
{
    struct archive *archive = archive_write_new();
    assert_non_null(archive);
    assert_int_equal(archive_write_set_format(archive, format), ARCHIVE_OK);
    if (filter != ARCHIVE_FILTER_NONE)
        assert_int_equal(archive_write_add_filter(archive, filter), ARCHIVE_OK);
    if (library_options && strstr(library_options, "encryption"))
        assert_int_equal(archive_write_set_passphrase(archive, "secret"), ARCHIVE_OK);
    if (library_options)
        assert_int_equal(archive_write_set_options(archive, library_options), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, lab_path(lab, name)), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        write_member(archive, &members[i]);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

/* How often a source may give nothing before its end: never. */
static uint64_t read_all(struct source *source, struct fault *fault)
{
    static uint8_t room[1 << 16];
    uint64_t length = 0;
    size_t got;
    enum status status;
    do {
        status = source_read(source, room, sizeof(room), &got, fault);
        length += got;
        assert_true(status != STATUS_OK || got > 0);
    } while (status == STATUS_OK);
    assert_int_equal(source_offset(source), length);
    return length;
}

static const char *kind_of(const struct source *source)
{
    if (source_kind(source) == SOURCE_ARCHIVE)
        return source_type(source);
    return source_kind(source) == SOURCE_OTHER ? "other" : "bytes";
}

static void list_source(const struct lab *lab, struct source *source, struct buffer *to)
{
    const size_t prefix = strlen(lab->folder);
    const char *path = source_path(source);
    struct fault fault = {0};
    struct bytes head;
    const enum status peeked = source_peek(source, &head, &fault);
    const uint64_t length = read_all(source, &fault);
    if (strncmp(path, lab->folder, prefix) == 0)
        path += prefix + (path[prefix] == '/');
    buffer_format(to, "%s %s %llu", path, kind_of(source), (unsigned long long)length);
    assert_true(peeked == STATUS_OK ? head.length <= EVIDENCE_HEAD : length == 0);
    const struct fault *verdict = source_fault(source);
    assert_true((verdict != NULL) == (fault.status < 0));
    if (verdict) {
        assert_string_equal(verdict->reason, fault.reason);
        buffer_format(to, " %s", verdict->reason);
    }
    buffer_byte(to, '\n');
}

struct buffer lab_list(struct lab *lab, const struct evidence_options *options,
                       const char *const *paths, size_t count)
{
    char *full[16];
    struct evidence *evidence;
    struct source *source;
    struct buffer list = {0};
    assert_true(count <= COUNT_OF(full));
    for (size_t i = 0; i < count; i++) {
        full[i] = strdup(strcmp(paths[i], "-") == 0 ? "-" : lab_path(lab, paths[i]));
        assert_non_null(full[i]);
    }
    assert_int_equal(evidence_open((const char *const *)full, count, options, &evidence, NULL),
                     STATUS_OK);
    uint32_t index = 0;
    enum status status;
    while ((status = evidence_next(evidence, &source, NULL)) == STATUS_OK) {
        assert_int_equal(source_index(source), index++);
        list_source(lab, source, &list);
        assert_true(evidence_done(evidence) <= evidence_size(evidence));
    }
    assert_int_equal(status, STATUS_END);
    assert_int_equal(evidence_done(evidence), evidence_size(evidence));
    evidence_close(evidence);
    for (size_t i = 0; i < count; i++)
        free(full[i]);
    buffer_byte(&list, '\0');
    assert_false(list.failed);
    return list;
}

void lab_expect(struct lab *lab, const char *path, const char *expected)
{
    struct buffer list = lab_list(lab, &(struct evidence_options){0}, &path, 1);
    assert_string_equal((const char *)list.data, expected);
    buffer_release(&list);
}

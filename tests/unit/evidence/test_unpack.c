#include "lab.h"

#include "evidence/input.h"
#include "evidence/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct evidence_options plain;

static const struct lab_member two[] = {
    {"one.evtx", "ElfFile and much more, much more, much more", 1},
    {"dir/two.json", "{\"a\":1}\n", 100},
};

struct format {
    const char *name, *type;
    int format, filter;
};

static void every_archive_gives_its_members_and_then_itself(void **state)
{
    struct lab *lab = *state;
    static const struct format formats[] = {
        {"a", "zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE},
        {"b", "7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE},
        {"c", "tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE},
        {"d", "tar", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_GZIP},
        {"e", "tar", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_XZ},
        {"f", "tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD},
        {"g", "tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2},
        {"h", "zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_GZIP},
    };
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        const struct format *format = &formats[i];
        char expected[256];
        lab_archive(lab, format->name, format->format, format->filter, NULL, two, 2);
        snprintf(expected, sizeof(expected),
                 "%s!/one.evtx bytes 43\n%s!/dir/two.json bytes 800\n%s %s 0\n", format->name,
                 format->name, format->name, format->type);
        lab_expect(lab, format->name, expected);
    }
}

static void a_compressed_file_is_its_content_under_its_own_path(void **state)
{
    struct lab *lab = *state;
    static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
                                  ARCHIVE_FILTER_ZSTD};
    const struct lab_member member = {"x", "0123456789abcdef", 10000};
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        lab_archive(lab, "x.evtx.gz", ARCHIVE_FORMAT_RAW, filters[i], NULL, &member, 1);
        lab_expect(lab, "x.evtx.gz", "x.evtx.gz bytes 160000\n");
    }
}

static void an_empty_content_or_archive_is_no_failure(void **state)
{
    struct lab *lab = *state;
    const struct lab_member empty = {"x", "", 1};
    lab_archive(lab, "gz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, NULL, &empty, 1);
    lab_archive(lab, "member.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, &empty, 1);
    lab_archive(lab, "none.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, &empty, 0);
    lab_archive(lab, "none.7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, NULL, &empty, 0);
    lab_write_text(lab, "zero.zip", "");
    lab_expect(lab, "gz", "gz gz 0\n");
    lab_expect(lab, "member.zip", "member.zip!/x bytes 0\nmember.zip zip 0\n");
    lab_expect(lab, "none.zip", "none.zip zip 0\n");
    lab_expect(lab, "none.7z", "none.7z 7z 0\n");
    lab_expect(lab, "zero.zip", "zero.zip bytes 0\n");
}

static void the_hash_is_that_of_what_lies_at_the_path(void **state)
{
    struct lab *lab = *state;
    static const char *const names[] = {"a.zip", "a.tar.gz", "a.gz"};
    lab_archive(lab, names[0], ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, two, 2);
    lab_archive(lab, names[1], ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP, NULL, two, 2);
    lab_archive(lab, names[2], ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, NULL, two, 1);
    const struct evidence_options options = {.hash = EVIDENCE_HASH_SHA256};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[256], hash[EVIDENCE_HASH_BOUND], whole[EVIDENCE_HASH_BOUND];
        snprintf(path, sizeof(path), "%s", lab_path(lab, names[i]));
        const char *paths[] = {path};
        struct evidence *evidence;
        struct source *source;
        uint64_t size = 0;
        assert_int_equal(evidence_open(paths, 1, &options, &evidence, NULL), STATUS_OK);
        while (evidence_next(evidence, &source, NULL) == STATUS_OK)
            assert_int_equal(source_hash(source, &size, hash, NULL), STATUS_OK);
        evidence_close(evidence);

        struct buffer content = lab_load(lab, names[i]);
        assert_int_equal(size, content.length);
        struct source *file = source_new(path, &options);
        source_open(file, false);
        assert_int_equal(source_hash(file, &size, whole, NULL), STATUS_OK);
        assert_string_equal(hash, whole);
        source_close(file);
        buffer_release(&content);
    }
}

/* Puts the file `inner` as the only member of the archive `outer`. */
static void wrap(struct lab *lab, const char *outer, const char *inner, int format, int filter)
{
    struct buffer content = lab_load(lab, inner);
    struct buffer path = {0};
    buffer_format(&path, "%s", lab_path(lab, outer));
    buffer_byte(&path, '\0');
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, inner);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)content.length);
    assert_int_equal(archive_write_set_format(archive, format), ARCHIVE_OK);
    if (filter != ARCHIVE_FILTER_NONE)
        assert_int_equal(archive_write_add_filter(archive, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, (const char *)path.data), ARCHIVE_OK);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, content.data, content.length), content.length);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(archive);
    buffer_release(&content);
    buffer_release(&path);
}

static void archives_nest_three_deep_and_deeper_ones_are_refused(void **state)
{
    struct lab *lab = *state;
    lab_archive(lab, "1.7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, NULL, two, 1);
    wrap(lab, "2.tar.gz", "1.7z", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP);
    wrap(lab, "3.zip", "2.tar.gz", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE);
    lab_expect(lab, "3.zip",
               "3.zip!/2.tar.gz!/1.7z!/one.evtx bytes 43\n"
               "3.zip!/2.tar.gz!/1.7z 7z 0\n"
               "3.zip!/2.tar.gz tar 0\n"
               "3.zip zip 0\n");
    wrap(lab, "4.zip", "3.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE);
    lab_expect(lab, "4.zip",
               "4.zip!/3.zip!/2.tar.gz!/1.7z 7z 0 archives are nested more than 3 deep\n"
               "4.zip!/3.zip!/2.tar.gz tar 0\n"
               "4.zip!/3.zip zip 0\n"
               "4.zip zip 0\n");
}

static void a_file_compressed_again_and_again_is_refused_in_the_end(void **state)
{
    struct lab *lab = *state;
    lab_write_text(lab, "0", "text");
    for (char level = '1'; level <= '7'; level++) {
        const char inner[] = {(char)(level - 1), 0}, outer[] = {level, 0};
        wrap(lab, outer, inner, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP);
    }
    lab_expect(lab, "6", "6 bytes 4\n");
    lab_expect(lab, "7", "7 gz 0 compressed more than 6 times\n");
}

static void names_stay_as_they_are(void **state)
{
    struct lab *lab = *state;
    const struct lab_member members[] = {
        {"uploads/ntfs/%5C%5C.%5CC%3A/Windows/x", "x", 1},
        {"\xC3\xBC/\xE6\x97\xA5", "y", 1},
        {"../../etc/a\x1B[31m", "z", 1},
    };
    lab_archive(lab, "a", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, members, 3);
    lab_expect(lab, "a",
               "a!/uploads/ntfs/%5C%5C.%5CC%3A/Windows/x bytes 1\n"
               "a!/\xC3\xBC/\xE6\x97\xA5 bytes 1\n"
               "a!/../../etc/a\x1B[31m bytes 1\n"
               "a zip 0\n");
}

/* libarchive calls exit(3) where errno says ENOMEM when a name is no UTF-8. */
static void a_name_that_is_no_utf8_does_not_end_the_process(void **state)
{
    struct lab *lab = *state;
    const struct lab_member members[] = {{"\xFF\xFE", "x", 1}, {"\xE6\x97", "y", 1}};
    char path[256];
    lab_archive(lab, "a", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, members, 2);
    snprintf(path, sizeof(path), "%s", lab_path(lab, "a"));
    const char *paths[] = {path};
    struct evidence *evidence;
    struct source *source;
    unsigned count = 0;
    assert_int_equal(evidence_open(paths, 1, &plain, &evidence, NULL), STATUS_OK);
    errno = ENOMEM;
    while (evidence_next(evidence, &source, NULL) == STATUS_OK) {
        count++;
        errno = ENOMEM;
    }
    assert_int_equal(count, 3);
    evidence_close(evidence);
    lab_expect(lab, "a", "a!/\xFF\xFE bytes 1\na!/\xE6\x97 bytes 1\na zip 0\n");
}

static void encrypted_members_say_so_and_the_rest_is_read(void **state)
{
    struct lab *lab = *state;
    lab_archive(lab, "a", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:encryption=aes256", two, 2);
    lab_expect(lab, "a",
               "a!/one.evtx bytes 0 encrypted\na!/dir/two.json bytes 0 encrypted\na zip 0\n");
    /* One of the two made clear again, so to speak: its flag and its bytes. */
    lab_archive(lab, "b", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:compression=store", two, 2);
    struct buffer zip = lab_load(lab, "b");
    zip.data[6] |= 1;
    lab_write(lab, "b", buffer_view(&zip));
    buffer_release(&zip);
    lab_expect(lab, "b", "b!/one.evtx bytes 0 encrypted\nb!/dir/two.json bytes 800\nb zip 0\n");
}

static void links_and_odd_members_are_listed(void **state)
{
    struct lab *lab = *state;
    static const struct {
        const char *name;
        unsigned type;
    } odd[] = {{"fifo", AE_IFIFO}, {"device", AE_IFCHR}, {"folder", AE_IFDIR}, {"link", AE_IFLNK}};
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    assert_int_equal(archive_write_set_format_ustar(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, lab_path(lab, "a")), ARCHIVE_OK);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        archive_entry_clear(entry);
        archive_entry_set_pathname(entry, odd[i].name);
        archive_entry_set_filetype(entry, odd[i].type);
        if (odd[i].type == AE_IFLNK)
            archive_entry_set_symlink(entry, "fifo");
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    }
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, "hard");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_hardlink(entry, "fifo");
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    archive_write_close(archive);
    archive_write_free(archive);
    archive_entry_free(entry);
    lab_expect(lab, "a",
               "a!/fifo other 0 a FIFO\n"
               "a!/device other 0 a device\n"
               "a!/link other 0 a symbolic link\n"
               "a!/hard other 0 a link to another member\n"
               "a tar 0\n");
}

static void a_file_that_was_made_to_look_like_a_directory_is_listed(void **state)
{
    struct lab *lab = *state;
    lab_archive(lab, "a", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, two, 1);
    struct buffer zip = lab_load(lab, "a");
    zip.data[30 + strlen("one.evtx") - 1] = '/';
    lab_write(lab, "a", buffer_view(&zip));
    buffer_release(&zip);
    lab_expect(lab, "a", "a!/one.evt/ other 0 a directory that has bytes\na zip 0\n");
}

static void bombs_are_refused_and_what_lies_beside_them_is_read(void **state)
{
    struct lab *lab = *state;
    static char zeros[65537];
    memset(zeros, '0', sizeof(zeros) - 1);
    const struct lab_member members[] = {
        {"first", "1", 1}, {"bomb", zeros, 1300}, {"last", "22", 1}};
    lab_archive(lab, "zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, members, 3);
    lab_archive(lab, "gz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, NULL, &members[1], 1);
    lab_archive(lab, "tar.zst", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_ZSTD, NULL, members, 3);
    static const char *const names[] = {"zip", "gz", "tar.zst"};
    static const char *const lines[] = {
        "zip!/first bytes 1\nzip!/bomb bytes 67",
        "gz bytes 67",
        "tar.zst!/first bytes 1\ntar.zst!/bomb bytes 67",
    };
    static const char *const ends[] = {
        "its size\nzip!/last bytes 2\nzip zip 0 member 2 unfolds to more than 200 times its size\n",
        "unfolds to more than 200 times its size\n",
        "tar.zst tar 0 unfolds to more than 200 times its size\n",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct buffer list = lab_list(lab, &plain, &names[i], 1);
        const char *text = (const char *)list.data;
        assert_memory_equal(text, lines[i], strlen(lines[i]));
        assert_true(strlen(text) > strlen(ends[i]));
        assert_string_equal(text + strlen(text) - strlen(ends[i]), ends[i]);
        buffer_release(&list);
    }
}

static void logs_that_hold_little_are_no_bomb(void **state)
{
    struct lab *lab = *state;
    static char zeros[65537];
    memset(zeros, '0', sizeof(zeros) - 1);
    const struct lab_member member = {"log", zeros, 900}; /* 56 MiB */
    const struct lab_member members[] = {member, member};
    lab_archive(lab, "a", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, members, 2);
    lab_expect(lab, "a", "a!/log bytes 58982400\na!/log bytes 58982400\na zip 0\n");
}

static void an_archive_may_not_unfold_to_more_than_the_limit(void **state)
{
    struct lab *lab = *state;
    const char *paths[] = {"a"};
    const struct evidence_options options = {.archive_limit = 842};
    lab_archive(lab, "a", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_NONE, NULL, two, 2);
    struct buffer list = lab_list(lab, &options, paths, 1);
    assert_string_equal((const char *)list.data,
                        "a!/one.evtx bytes 43\n"
                        "a!/dir/two.json bytes 800 the archive unfolds to more than its limit\n"
                        "a tar 0 the archive unfolds to more than its limit\n");
    buffer_release(&list);
}

static void what_is_passed_over_counts_too(void **state)
{
    struct lab *lab = *state;
    static char zeros[65537];
    memset(zeros, '0', sizeof(zeros) - 1);
    const struct lab_member members[] = {{"bomb", zeros, 1300}, {"last", "22", 1}};
    lab_archive(lab, "a", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, NULL, members, 2);
    char path[256];
    snprintf(path, sizeof(path), "%s", lab_path(lab, "a"));
    const char *paths[] = {path};
    struct evidence *evidence;
    struct source *source;
    assert_int_equal(evidence_open(paths, 1, &plain, &evidence, NULL), STATUS_OK);
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_OK);
    assert_int_equal(source_kind(source), SOURCE_BYTES); /* and not read */
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_OK);
    assert_int_equal(source_kind(source), SOURCE_ARCHIVE);
    assert_int_equal(source_fault(source)->status, STATUS_REFUSED);
    assert_int_equal(evidence_next(evidence, &source, NULL), STATUS_END);
    evidence_close(evidence);
}

static void put(struct buffer *to, uint64_t number, size_t length)
{
    buffer_bytes(to, &number, length);
}

/* Local headers that lie in each other's names, so that each is reached by a seek back. */
static struct buffer make_overlapping(unsigned count)
{
    static const uint8_t zeros[46];
    struct buffer zip = {0};
    for (unsigned i = 0; i < count; i++) {
        buffer_bytes(&zip, "PK\3\4\24", 5);
        buffer_bytes(&zip, zeros, 21);
        put(&zip, 4000, 2); /* the length of the name; then that of the extra field */
        put(&zip, 0, 2);
    }
    for (unsigned i = 0; i < 4000; i += 40)
        buffer_bytes(&zip, zeros, 40);
    const size_t directory = zip.length;
    for (unsigned i = 0; i < count; i++) {
        buffer_bytes(&zip, "PK\1\2", 4);
        buffer_bytes(&zip, zeros, 38);
        put(&zip, (uint64_t)i * 30, 4);
    }
    buffer_bytes(&zip, "PK\5\6\0\0\0\0", 8);
    put(&zip, count, 2);
    put(&zip, count, 2);
    put(&zip, zip.length - 12 - directory, 4);
    put(&zip, directory, 4);
    put(&zip, 0, 2);
    return zip;
}

static void an_archive_that_lies_over_itself_is_given_up(void **state)
{
    struct lab *lab = *state;
    const char *paths[] = {"a"};
    static const char end[] = "\na zip 0 has itself read again and again\n";
    struct buffer zip = make_overlapping(20000);
    lab_write(lab, "a", buffer_view(&zip));
    struct buffer list = lab_list(lab, &plain, paths, 1);
    assert_true(list.length > sizeof(end));
    assert_string_equal((const char *)list.data + list.length - sizeof(end), end);
    buffer_release(&list);
    buffer_release(&zip);
}

/* Lists the archive as it comes through a pipe. */
static struct buffer list_through_pipe(struct lab *lab, const char *name)
{
    const char *paths[] = {"-"};
    char command[300];
    snprintf(command, sizeof(command), "cat %s", lab_path(lab, name));
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    const int kept = dup(STDIN_FILENO);
    assert_true(dup2(fileno(pipe), STDIN_FILENO) >= 0);
    struct buffer list = lab_list(lab, &plain, paths, 1);
    dup2(kept, STDIN_FILENO);
    close(kept);
    pclose(pipe);
    return list;
}

static void archives_come_through_pipes_too(void **state)
{
    struct lab *lab = *state;
    static char text[65537];
    memset(text, 'x', sizeof(text) - 1);
    const struct lab_member large[] = {{"large", text, 600}, {"small", "s", 1}};
    static const char *const expected[] = {
        "-!/one.evtx bytes 43\n-!/dir/two.json bytes 800\n- zip 0\n",
        "-!/one.evtx bytes 43\n-!/dir/two.json bytes 800\n- 7z 0\n",
        "-!/one.evtx bytes 43\n-!/dir/two.json bytes 800\n- tar 0\n",
        "-!/large bytes 39321600\n-!/small bytes 1\n- zip 0\n",
        "- 7z 0 a 7z of more than 32 MiB that is not a file of its own: unpack it first\n",
    };
    lab_archive(lab, "0", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, two, 2);
    lab_archive(lab, "1", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, NULL, two, 2);
    lab_archive(lab, "2", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_XZ, NULL, two, 2);
    lab_archive(lab, "3", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:compression=store", large,
                2);
    lab_archive(lab, "4", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, "7zip:compression=store", large,
                2);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const char name[] = {(char)('0' + i), '\0'};
        struct buffer list = list_through_pipe(lab, name);
        assert_string_equal((const char *)list.data, expected[i]);
        buffer_release(&list);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_set_up, lab_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_archive_gives_its_members_and_then_itself),
        TEST(a_compressed_file_is_its_content_under_its_own_path),
        TEST(an_empty_content_or_archive_is_no_failure),
        TEST(the_hash_is_that_of_what_lies_at_the_path),
        TEST(archives_nest_three_deep_and_deeper_ones_are_refused),
        TEST(a_file_compressed_again_and_again_is_refused_in_the_end),
        TEST(names_stay_as_they_are),
        TEST(a_name_that_is_no_utf8_does_not_end_the_process),
        TEST(encrypted_members_say_so_and_the_rest_is_read),
        TEST(links_and_odd_members_are_listed),
        TEST(a_file_that_was_made_to_look_like_a_directory_is_listed),
        TEST(bombs_are_refused_and_what_lies_beside_them_is_read),
        TEST(logs_that_hold_little_are_no_bomb),
        TEST(an_archive_may_not_unfold_to_more_than_the_limit),
        TEST(what_is_passed_over_counts_too),
        TEST(an_archive_that_lies_over_itself_is_given_up),
        TEST(archives_come_through_pipes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

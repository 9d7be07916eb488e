/* Damaged archives: each prefix, each flipped bit, a disk that fails anywhere. What is said to be
 * sound must be whole, and what is not whole must be said. */
#include "lab.h"

#include "evidence/digest.h"
#include "evidence/gunzip.h"
#include "evidence/input.h"
#include "evidence/unpack.h"

#include <archive.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct lab_member members[] = {
    {"one.evtx", "ElfFile and much more, much more, much more", 1},
    {"dir/two.json", "{\"a\":1}\n", 20},
    {"3", "the third", 1},
};

struct outcome {
    unsigned whole;   /* members that came as they were */
    unsigned altered; /* came otherwise, and nothing was said */
    unsigned stated;  /* sources that say that something is wrong */
};

static void hash_members(char hashes[COUNT_OF(members)][EVIDENCE_HASH_BOUND])
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct digest *digest = digest_new(EVIDENCE_HASH_XXH3);
        assert_non_null(digest);
        for (size_t turn = 0; turn < members[i].repeat; turn++)
            assert_true(digest_add(digest, bytes_of_text(members[i].text)));
        assert_true(digest_write(digest, hashes[i]));
        digest_free(digest);
    }
}

static bool is_whole(const char *hash)
{
    char hashes[COUNT_OF(members)][EVIDENCE_HASH_BOUND];
    hash_members(hashes);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (strcmp(hash, hashes[i]) == 0)
            return true;
    }
    return false;
}

/* A file without a disk, because there are thousands of them. */
static int open_content(struct bytes content)
{
    const int file = memfd_create("archive", MFD_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(write(file, content.data, content.length), content.length);
    return file;
}

static struct outcome read_archive(struct bytes content)
{
    char path[64], hash[EVIDENCE_HASH_BOUND];
    const int file = open_content(content);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    const char *paths[] = {path};
    const struct evidence_options options = {.hash = EVIDENCE_HASH_XXH3};
    struct outcome outcome = {0};
    struct evidence *evidence;
    struct source *source;
    uint64_t size;
    enum status status;
    assert_int_equal(evidence_open(paths, 1, &options, &evidence, NULL), STATUS_OK);
    while ((status = evidence_next(evidence, &source, NULL)) == STATUS_OK) {
        const enum status hashed = source_hash(source, &size, hash, NULL);
        if (hashed < 0 || source_fault(source))
            outcome.stated++;
        else if (source_kind(source) == SOURCE_BYTES)
            is_whole(hash) ? outcome.whole++ : outcome.altered++;
    }
    assert_int_equal(status, STATUS_END);
    evidence_close(evidence);
    close(file);
    return outcome;
}

static struct buffer make(struct lab *lab, int format, int filter, const char *options)
{
    lab_archive(lab, "a", format, filter, options, members, COUNT_OF(members));
    return lab_load(lab, "a");
}

static void expect_stated_or_whole(const struct outcome *outcome)
{
    assert_int_equal(outcome->altered, 0);
    assert_true(outcome->stated > 0 || outcome->whole == COUNT_OF(members));
}

static void every_prefix_of_a_zip_is_whole_or_says_that_it_is_not(void **state)
{
    struct lab *lab = *state;
    struct buffer zip = make(lab, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
    unsigned before = 0;
    for (size_t length = 4; length <= zip.length; length++) {
        const struct outcome outcome = read_archive(bytes_of(zip.data, length));
        expect_stated_or_whole(&outcome);
        assert_true(outcome.whole >= before); /* each byte more only adds */
        before = outcome.whole;
    }
    assert_int_equal(before, COUNT_OF(members));
    buffer_release(&zip);
}

static void every_flipped_bit_of_a_zip_is_harmless_or_stated(void **state)
{
    struct lab *lab = *state;
    struct buffer zip = make(lab, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
    for (size_t bit = 4 * 8; bit < zip.length * 8; bit++) {
        zip.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const struct outcome outcome = read_archive(buffer_view(&zip));
        zip.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_stated_or_whole(&outcome);
    }
    buffer_release(&zip);
}

struct format {
    int format, filter;
    bool has_sums;       /* so that altered bytes are noticed before they are given */
    size_t told;         /* bytes that it is told by */
    const char *options; /* to keep the memory small that the library takes */
};

static const struct format others[] = {
    {ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, true, 6, "7zip:compression-level=0"},
    {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, false, 512, NULL},
    {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, false, 4, NULL},
    {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, true, 6, "xz:compression-level=0"},
    {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2, true, 10, "bzip2:compression-level=1"},
    {ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD, false, 4, NULL},
};

static void every_prefix_of_the_others_says_that_it_is_not_whole(void **state)
{
    struct lab *lab = *state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct buffer whole = make(lab, others[i].format, others[i].filter, others[i].options);
        const size_t step = whole.length > 1000 ? 61 : 1;
        for (size_t length = others[i].told; length < whole.length; length += step) {
            const struct outcome outcome = read_archive(bytes_of(whole.data, length));
            expect_stated_or_whole(&outcome);
        }
        buffer_release(&whole);
    }
}

static void flipped_bits_of_the_others_are_survived(void **state)
{
    struct lab *lab = *state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct buffer whole = make(lab, others[i].format, others[i].filter, others[i].options);
        const size_t step = whole.length > 1000 ? 41 : 5;
        for (size_t bit = 0; bit < whole.length * 8; bit += step) {
            whole.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            const struct outcome outcome = read_archive(buffer_view(&whole));
            whole.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (others[i].has_sums && bit >= others[i].told * 8)
                expect_stated_or_whole(&outcome);
        }
        buffer_release(&whole);
    }
}

#define GZIP_HEADER 10

static struct buffer make_gzip(struct lab *lab)
{
    lab_archive(lab, "a", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, NULL, &members[1], 1);
    return lab_load(lab, "a");
}

/* gunzip_read over input that comes in pieces, into rooms of another size. */
static enum status unfold(struct bytes input, size_t piece, size_t room, struct buffer *to)
{
    struct gunzip *gunzip = gunzip_new();
    enum status status = STATUS_OK;
    size_t at = 0, got;
    assert_non_null(gunzip);
    while (status == STATUS_OK) {
        if (gunzip_is_hungry(gunzip)) {
            const size_t length = input.length - at < piece ? input.length - at : piece;
            gunzip_feed(gunzip, bytes_of(input.data + at, length));
            at += length;
        }
        status = gunzip_read(gunzip, buffer_room(to, room), room, &got, NULL);
        to->length += got;
    }
    gunzip_free(gunzip);
    return status;
}

static void every_flipped_bit_of_a_gzip_is_stated(void **state)
{
    struct buffer folded = make_gzip(*state), plain = {0}, text = {0};
    assert_int_equal(unfold(buffer_view(&folded), 1000, 1000, &plain), STATUS_END);
    for (size_t bit = (size_t)GZIP_HEADER * 8; bit < folded.length * 8; bit++) {
        folded.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        buffer_reset(&text);
        /* Bits that fill a byte up mean nothing. */
        if (unfold(buffer_view(&folded), 7, 1000, &text) == STATUS_END)
            assert_true(bytes_equal(buffer_view(&text), buffer_view(&plain)));
        folded.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buffer_release(&folded);
    buffer_release(&plain);
    buffer_release(&text);
}

static void every_prefix_of_a_gzip_is_stated(void **state)
{
    struct buffer folded = make_gzip(*state), text = {0};
    for (size_t length = 0; length < folded.length; length++)
        assert_int_equal(unfold(bytes_of(folded.data, length), 7, 1000, &text), STATUS_DAMAGED);
    buffer_release(&folded);
    buffer_release(&text);
}

static void a_gzip_of_several_members_is_read_past_a_wrong_sum(void **state)
{
    struct buffer one = make_gzip(*state), all = {0}, plain = {0}, text = {0};
    assert_int_equal(unfold(buffer_view(&one), 1000, 1000, &plain), STATUS_END);
    for (unsigned i = 0; i < 3; i++)
        buffer_bytes(&all, one.data, one.length);
    buffer_bytes(&all, "\0\0\0", 3);
    for (size_t piece = 1; piece < 40; piece++) {
        buffer_reset(&text);
        assert_int_equal(unfold(buffer_view(&all), piece, 41 - piece, &text), STATUS_END);
        assert_int_equal(text.length, 3 * plain.length);
        assert_memory_equal(text.data + 2 * plain.length, plain.data, plain.length);
        all.data[2 * one.length - 1] ^= 1;
        buffer_reset(&text);
        assert_int_equal(unfold(buffer_view(&all), piece, 41 - piece, &text), STATUS_DAMAGED);
        assert_int_equal(text.length, 3 * plain.length);
        all.data[2 * one.length - 1] ^= 1;
    }
    buffer_byte(&all, 'x');
    buffer_reset(&text);
    assert_int_equal(unfold(buffer_view(&all), 100, 100, &text), STATUS_DAMAGED);
    assert_int_equal(text.length, 3 * plain.length);
    buffer_release(&one);
    buffer_release(&all);
    buffer_release(&plain);
    buffer_release(&text);
}

/* Damages the `nth` place where `magic` stands, the very first byte left out. */
static void damage(const struct buffer *zip, const char *magic, int nth)
{
    uint8_t *at = zip->data;
    for (int i = 0; i <= nth; i++) {
        at = memmem(at + 1, zip->length - (size_t)(at + 1 - zip->data), magic, 4);
        assert_non_null(at);
    }
    at[0] = 'X';
}

static void a_zip_whose_directory_is_damaged_is_read_by_its_local_headers(void **state)
{
    struct lab *lab = *state;
    for (int nth = 0; nth < 3; nth++) {
        struct buffer zip = make(lab, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
        damage(&zip, "PK\1\2", nth);
        const struct outcome outcome = read_archive(buffer_view(&zip));
        assert_int_equal(outcome.whole, 3);
        assert_int_equal(outcome.altered, 0);
        buffer_release(&zip);
    }
}

static void a_damaged_local_header_costs_that_member_only(void **state)
{
    struct lab *lab = *state;
    for (int nth = 0; nth < 2; nth++) {
        struct buffer zip = make(lab, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
        damage(&zip, "PK\3\4", nth); /* the first stands at 0 and is passed over */
        const struct outcome outcome = read_archive(buffer_view(&zip));
        assert_int_equal(outcome.whole, 2);
        assert_int_equal(outcome.stated, 1);
        buffer_release(&zip);
    }
}

static void damaged_data_cost_that_member_only(void **state)
{
    struct lab *lab = *state;
    struct buffer zip = make(lab, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
    zip.data[30 + strlen(members[0].name) + 40] ^= 0x55;
    const struct outcome outcome = read_archive(buffer_view(&zip));
    assert_int_equal(outcome.whole, 2);
    assert_int_equal(outcome.stated, 1);
    buffer_release(&zip);
}

/* A file that fails from `limit` on. */
static struct bytes disk;
static size_t limit;

static enum status failing_read_at(const struct source *source, uint64_t offset, void *to,
                                   size_t want, size_t *got, struct fault *fault)
{
    (void)source;
    const size_t at = offset < disk.length ? (size_t)offset : disk.length;
    const size_t end = disk.length - at < want ? disk.length : at + want;
    const size_t sound = end < limit ? end : limit;
    *got = sound > at ? sound - at : 0;
    if (*got)
        memcpy(to, disk.data + at, *got);
    if (sound < end)
        return fault_set(fault, STATUS_IO, limit, "the disk is broken");
    return STATUS_OK;
}

static enum status failing_read(struct source *source, void *to, size_t want, size_t *got,
                                struct fault *fault)
{
    return failing_read_at(source, source->taken, to, want, got, fault);
}

static void nothing_to_close(struct source *source)
{
    (void)source;
}

static void expect_failure_is_stated(enum unpack_kind kind, const struct input *input)
{
    const struct evidence_options options = {.archive_limit = 1 << 20};
    struct source *outer = source_new("disk", &options);
    outer->input = input;
    outer->size = input->read_at ? disk.length : SOURCE_SIZE_NONE;
    struct layer *layer = layer_new(outer, kind, &options);
    struct source *member;
    struct fault fault;
    uint8_t room[1024];
    size_t got, bytes = 0;
    bool is_stated = false;
    while (layer_next(layer, &member, NULL) == STATUS_OK) {
        fault.status = STATUS_OK;
        while (source_read(member, room, sizeof(room), &got, &fault) == STATUS_OK)
            bytes += got;
        is_stated |= fault.status == STATUS_IO && strcmp(fault.reason, "the disk is broken") == 0;
        source_close(member);
    }
    outer = layer_close(layer);
    const struct fault *verdict = outer ? source_fault(outer) : NULL;
    is_stated |= verdict && strcmp(verdict->reason, "the disk is broken") == 0;
    assert_true(is_stated || bytes == 43 + 160 + 9 || (!unpack_has_members(kind) && bytes > 212));
    source_close(outer);
}

static void a_disk_that_fails_anywhere_is_named_as_the_reason(void **state)
{
    struct lab *lab = *state;
    static const struct input file = {failing_read, failing_read_at, nothing_to_close};
    static const struct input stream = {failing_read, NULL, nothing_to_close};
    struct buffer zip = make(lab, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
    struct buffer gzip = make(lab, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, NULL);
    disk = buffer_view(&zip);
    for (limit = 0; limit < disk.length; limit++) {
        expect_failure_is_stated(UNPACK_ZIP, &file);
        expect_failure_is_stated(UNPACK_ZIP, &stream);
    }
    disk = buffer_view(&gzip);
    for (limit = 0; limit < disk.length; limit++)
        expect_failure_is_stated(UNPACK_GZ, &stream);
    buffer_release(&zip);
    buffer_release(&gzip);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_set_up, lab_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_prefix_of_a_zip_is_whole_or_says_that_it_is_not),
        TEST(every_flipped_bit_of_a_zip_is_harmless_or_stated),
        TEST(every_prefix_of_the_others_says_that_it_is_not_whole),
        TEST(flipped_bits_of_the_others_are_survived),
        TEST(every_flipped_bit_of_a_gzip_is_stated),
        TEST(every_prefix_of_a_gzip_is_stated),
        TEST(a_gzip_of_several_members_is_read_past_a_wrong_sum),
        TEST(a_zip_whose_directory_is_damaged_is_read_by_its_local_headers),
        TEST(a_damaged_local_header_costs_that_member_only),
        TEST(damaged_data_cost_that_member_only),
        TEST(a_disk_that_fails_anywhere_is_named_as_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

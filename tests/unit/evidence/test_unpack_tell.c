#include "evidence/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum unpack_kind tell(const char *head, size_t length)
{
    return unpack_tell(bytes_of(head, length));
}

#define TELL(head) tell((head), sizeof(head) - 1)

static void archives_are_told_by_their_first_bytes(void **state)
{
    (void)state;
    assert_int_equal(TELL("PK\3\4rest"), UNPACK_ZIP);
    assert_int_equal(TELL("PK\5\6rest"), UNPACK_ZIP);
    assert_int_equal(TELL("PK\7\10PK\3\4"), UNPACK_ZIP);
    assert_int_equal(TELL("7z\xBC\xAF\x27\x1Crest"), UNPACK_7Z);
    assert_int_equal(TELL("\x1F\x8B\x08\x00rest"), UNPACK_GZ);
    assert_int_equal(TELL("BZh91AY&SYrest"), UNPACK_BZ2);
    assert_int_equal(TELL("BZh1\x17\x72\x45\x38\x50\x90"), UNPACK_BZ2);
    assert_int_equal(TELL("\xFD"
                          "7zXZ\0rest"),
                     UNPACK_XZ);
    assert_int_equal(TELL("\x28\xB5\x2F\xFDrest"), UNPACK_ZST);
    assert_int_equal(TELL("\x50\x2A\x4D\x18rest"), UNPACK_ZST);
    assert_int_equal(TELL("\x5F\x2A\x4D\x18rest"), UNPACK_ZST);
}

static void evidence_is_no_archive(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "ElfFile",
        "ElfChnk",
        "{\"Event\":1}",
        "[{\"a\":1}]",
        "<Event xmlns=",
        "<?xml version",
        "\xEF\xBB\xBF{",
        "\xFF\xFE<",
        "\xD4\xC3\xB2\xA1",
        "\xA1\xB2\xC3\xD4",
        "\x0A\x0D\x0D\x0A",
        "PK",
        "PK\1\2",
        "7zip",
        "BZh9 is text",
        "BZh01AY&SY",
        "\x1F\x8B",
        "\x1F\x8B\x08",
        "\x1F\x8B\x08\xE0",
        "\x1F\x9D\x90",
        "#mtree",
        "begin 644 x",
        "",
        "Rar!\x1A\x07",
    };
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        assert_int_equal(unpack_tell(bytes_of_text(heads[i])), UNPACK_NONE);
}

/* A header as tar(1) of 1979 wrote it: no magic, the sum as six digits, a NUL and a blank. */
static void make_header(char header[512])
{
    memset(header, 0, 512);
    memcpy(header, "name", 4);
    memcpy(header + 100, "0000644", 7);
    memcpy(header + 124, "00000000012", 11);
    memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < 512; i++)
        sum += (uint8_t)header[i];
    snprintf(header + 148, 8, "%06o", sum);
}

static void a_tar_without_magic_is_told_by_its_sum(void **state)
{
    (void)state;
    char header[512];
    make_header(header);
    assert_int_equal(tell(header, 512), UNPACK_TAR);
    assert_int_equal(tell(header, 511), UNPACK_NONE);
    header[200] ^= 1;
    assert_int_equal(tell(header, 512), UNPACK_NONE);
    memcpy(header + 257, "ustar", 5); /* the magic is enough, the sum may be damaged */
    assert_int_equal(tell(header, 512), UNPACK_TAR);
}

static void zeros_and_text_are_no_tar(void **state)
{
    (void)state;
    char text[512] = {0};
    assert_int_equal(tell(text, 512), UNPACK_NONE);
    memset(text, '7', sizeof(text));
    assert_int_equal(tell(text, 512), UNPACK_NONE);
    memcpy(text + 257, "ustar", 5);
    assert_int_equal(tell(text, 512), UNPACK_NONE);
}

static void every_kind_has_a_name_and_the_compressions_have_no_members(void **state)
{
    (void)state;
    for (int kind = UNPACK_ZIP; kind <= UNPACK_ZST; kind++)
        assert_non_null(unpack_name((enum unpack_kind)kind));
    assert_true(unpack_has_members(UNPACK_ZIP) && unpack_has_members(UNPACK_TAR));
    assert_false(unpack_has_members(UNPACK_GZ) || unpack_has_members(UNPACK_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_are_told_by_their_first_bytes),
        cmocka_unit_test(evidence_is_no_archive),
        cmocka_unit_test(a_tar_without_magic_is_told_by_its_sum),
        cmocka_unit_test(zeros_and_text_are_no_tar),
        cmocka_unit_test(every_kind_has_a_name_and_the_compressions_have_no_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/utf.h"

#include "base/attributes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t character = 0; character <= 0x10FFFF; character++) {
        uint8_t text[4], units[4];
        uint32_t read;
        size_t taken;
        if ((character & ~0x7FFU) == 0xD800)
            continue;
        const unsigned length = utf8_encode(text, character);
        assert_int_equal(utf8_decode(text, length, &read), length);
        assert_int_equal(read, character);
        for (unsigned cut = 1; cut < length; cut++)
            assert_int_equal(utf8_decode(text, cut, &read), 0);
        const size_t count = character < 0x10000 ? 1 : 2;
        const uint32_t high = character < 0x10000 ? character : 0xD7C0 + (character >> 10);
        const uint32_t low = 0xDC00 + (character & 0x3FF);
        memcpy(units, (const uint16_t[]){(uint16_t)high, (uint16_t)low}, 4);
        assert_int_equal(utf16_decode(units, count, &taken), character);
        assert_int_equal(taken, count);
    }
}

static void what_is_not_well_formed_is_no_character(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\x80",
                                        "\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC3",
                                        "\xC3\x28",
                                        "\xE0\x9F\xBF",
                                        "\xED\xA0\x80",
                                        "\xED\xBF\xBF",
                                        "\xE2\x82",
                                        "\xE2\x28\xA1",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xF0\x9F\x98",
                                        "\xFE",
                                        "\xFF"};
    uint32_t character;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(utf8_decode((const uint8_t *)wrong[i], strlen(wrong[i]), &character), 0);
        assert_false(utf8_is_valid(bytes_of_text(wrong[i])));
    }
    assert_true(utf8_is_valid(bytes_of_text("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")));
    assert_true(utf8_is_valid((struct bytes){0}));
}

/* The slow, obvious conversion. */
static size_t convert(uint8_t *to, const uint8_t *from, size_t units, bool fold)
{
    uint8_t *out = to;
    for (size_t at = 0, taken; at < units; at += taken) {
        const uint32_t character = utf16_decode(from + at * 2, units - at, &taken);
        out += utf8_encode(out, fold ? utf_fold_char(character) : character);
    }
    return (size_t)(out - to);
}

static void assert_converts(const uint16_t *units, size_t count)
{
    uint8_t expected[UTF8_BOUND(64)], *from = malloc(count * 2 + 1);
    uint8_t *to = malloc(UTF8_BOUND(count));
    memcpy(from, units, count * 2);
    size_t length = convert(expected, from, count, false);
    assert_int_equal(utf8_from_utf16(to, from, count), length);
    assert_memory_equal(to, expected, length);
    length = convert(expected, from, count, true);
    assert_int_equal(utf8_fold_utf16(to, from, count), length);
    assert_memory_equal(to, expected, length);
    free(from);
    free(to);
}

/* Sixteen units are converted together while they are ASCII. */
static void utf16_converts_the_same_whatever_stands_where(void **state)
{
    (void)state;
    static const uint16_t odd[] = {0x7F,   0x80,   0xC9,   0x20AC, 0x212A, 0x0130,
                                   0xD83D, 0xDE00, 0xFFFF, 0x0041, 0xDBFF, 0};
    for (size_t count = 0; count <= 40; count++)
        for (size_t at = 0; at <= count; at++)
            for (size_t i = 0; i < COUNT_OF(odd); i++) {
                uint16_t units[48];
                for (size_t j = 0; j < COUNT_OF(units); j++)
                    units[j] = (uint16_t)('A' + j);
                units[at] = odd[i];
                units[at + 1] = odd[(i + 1) % COUNT_OF(odd)];
                assert_converts(units, count);
            }
}

static void a_lone_half_becomes_a_replacement(void **state)
{
    (void)state;
    const uint16_t halves[] = {0xDE00, 0xD83D, 0xD83D, 0xDE00, 0xD83D};
    uint8_t text[UTF8_BOUND(5)];
    const size_t length = utf8_from_utf16(text, (const uint8_t *)halves, 5);
    assert_int_equal(length, 3 + 3 + 4 + 3);
    assert_memory_equal(text, "\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD", length);
}

static void folding_is_lower_case_of_every_script(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"ADMIN$", "admin$"},
        {"\xC3\x89T\xC3\x89", "\xC3\xA9t\xC3\xA9"},
        {"\xD0\x96", "\xD0\xB6"},
        {"\xCE\xA3", "\xCF\x83"},
        {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"},
        {"@[`{", "@[`{"},
        {"\xFFQ\xC3", "\xFFq\xC3"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        uint8_t folded[64];
        const size_t length = utf8_fold(folded, bytes_of_text(pairs[i][0]));
        assert_int_equal(length, strlen(pairs[i][1]));
        assert_memory_equal(folded, pairs[i][1], length);
    }
}

static void folding_utf8_is_the_same_whatever_stands_where(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 40; length++)
        for (size_t at = 0; at < length; at++) {
            char text[41];
            uint8_t folded[41 * 3 + 32];
            memset(text, 'Q', sizeof(text));
            text[at] = '\xFF';
            assert_int_equal(utf8_fold(folded, bytes_of(text, length)), length);
            for (size_t i = 0; i < length; i++)
                assert_int_equal(folded[i], i == at ? 0xFF : 'q');
        }
}

static void a_text_ends_at_its_first_nul(void **state)
{
    (void)state;
    uint8_t units[80];
    memset(units, 1, sizeof(units));
    for (size_t count = 0; count <= 40; count++) {
        assert_int_equal(utf16_length(units, count), count);
        for (size_t at = 0; at < count; at++) {
            memset(units + at * 2, 0, 2);
            assert_int_equal(utf16_length(units, count), at);
            units[at * 2] = 1; /* a NUL byte alone is no NUL */
            assert_int_equal(utf16_length(units, count), count);
            memset(units + at * 2, 1, 2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(what_is_not_well_formed_is_no_character),
        cmocka_unit_test(utf16_converts_the_same_whatever_stands_where),
        cmocka_unit_test(a_lone_half_becomes_a_replacement),
        cmocka_unit_test(folding_is_lower_case_of_every_script),
        cmocka_unit_test(folding_utf8_is_the_same_whatever_stands_where),
        cmocka_unit_test(a_text_ends_at_its_first_nul),
    };
    return cmocka_run_group_tests_name("utf", tests, NULL, NULL);
}

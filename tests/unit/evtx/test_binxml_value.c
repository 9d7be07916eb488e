/* [MS-EVEN6] 2.2.12, value types. */
#include "readers/evtx/binxml_value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static int arena_set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1U << 20);
    return 0;
}

static int arena_tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* The value of a copy of the bytes' own length, which the arena keeps. */
static struct value read_value(unsigned type, const void *data, size_t length)
{
    struct value value;
    uint8_t *copy = arena_take_aligned(&arena, length ? length : 1, 1);
    if (length)
        memcpy(copy, data, length);
    assert_int_equal(binxml_value_read(type, copy, length, &arena, &value), STATUS_OK);
    return value;
}

static void assert_refused(unsigned type, size_t length)
{
    static const uint8_t zeros[300];
    struct value value;
    assert_int_equal(binxml_value_read(type, zeros, length, &arena, &value), STATUS_DAMAGED);
}

static void assert_text(struct value value, const char *text)
{
    struct buffer buffer = {0};
    value_append(&buffer, &value);
    buffer_byte(&buffer, '\0');
    assert_string_equal((const char *)buffer.data, text);
    buffer_release(&buffer);
}

static void numbers_have_their_width_and_sign(void **state)
{
    (void)state;
    static const uint8_t ones[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    assert_text(read_value(BINXML_INT8, ones, 1), "-1");
    assert_text(read_value(BINXML_UINT8, ones, 1), "255");
    assert_text(read_value(BINXML_INT16, ones, 2), "-1");
    assert_text(read_value(BINXML_UINT16, ones, 2), "65535");
    assert_text(read_value(BINXML_INT32, ones, 4), "-1");
    assert_text(read_value(BINXML_UINT32, ones, 4), "4294967295");
    assert_text(read_value(BINXML_INT64, ones, 8), "-1");
    assert_text(read_value(BINXML_UINT64, ones, 8), "18446744073709551615");
    assert_text(read_value(BINXML_HEX32, ones, 4), "0xffffffff");
    assert_text(read_value(BINXML_HEX64, ones, 8), "0xffffffffffffffff");
    assert_text(read_value(BINXML_REAL32, "\0\0\0\x3F", 4), "0.5");
    assert_text(read_value(BINXML_REAL64, "\0\0\0\0\0\0\xE0\x3F", 8), "0.5");
}

static void a_size_and_a_handle_are_as_wide_as_a_pointer(void **state)
{
    (void)state;
    assert_text(read_value(BINXML_SIZE, "\x34\x12\0\0", 4), "0x1234");
    assert_text(read_value(BINXML_SIZE, "\x34\x12\0\0\0\0\0\1", 8), "0x100000000001234");
    assert_text(read_value(BINXML_HANDLE, "\x34\x12\0\0", 4), "0x1234");
    assert_refused(BINXML_SIZE, 6);
    assert_refused(BINXML_HANDLE, 2);
}

static void a_boolean_that_is_neither_stays_a_number(void **state)
{
    (void)state;
    assert_text(read_value(BINXML_BOOL, "\1\0\0\0", 4), "true");
    assert_text(read_value(BINXML_BOOL, "\0\0\0\0", 4), "false");
    assert_text(read_value(BINXML_BOOL, "\2\0\0\0", 4), "2");
    assert_text(read_value(BINXML_BOOL, "\xFF\xFF\xFF\xFF", 4), "-1");
}

static void a_string_ends_at_its_first_nul(void **state)
{
    (void)state;
    assert_text(read_value(BINXML_STRING, "a\0b\0\0\0c\0", 8), "ab");
    assert_text(read_value(BINXML_STRING, "a\0b\0c", 5), "ab");
    assert_text(read_value(BINXML_XML, "<\0a\0/\0>\0", 8), "<a/>");
    assert_int_equal(read_value(BINXML_STRING, "", 0).type, VALUE_UTF16);
}

static void a_number_without_bytes_is_null(void **state)
{
    (void)state;
    static const unsigned types[] = {BINXML_NULL,     BINXML_UINT8,  BINXML_INT64,
                                     BINXML_GUID,     BINXML_SID,    BINXML_SIZE,
                                     BINXML_FILETIME, BINXML_HANDLE, BINXML_BINXML};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        assert_int_equal(read_value(types[i], "", 0).type, VALUE_NULL);
    assert_int_equal(read_value(BINXML_NULL, "abcd", 4).type, VALUE_NULL);
}

static void a_length_that_does_not_fit_its_type_is_damage(void **state)
{
    (void)state;
    static const unsigned fixed[] = {
        BINXML_INT8,     BINXML_UINT8,      BINXML_INT16, BINXML_UINT16,
        BINXML_INT32,    BINXML_UINT32,     BINXML_INT64, BINXML_UINT64,
        BINXML_REAL32,   BINXML_REAL64,     BINXML_BOOL,  BINXML_GUID,
        BINXML_FILETIME, BINXML_SYSTEMTIME, BINXML_HEX32, BINXML_HEX64};
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        const unsigned width = binxml_type_width(fixed[i]);
        assert_int_not_equal(width, 0);
        for (unsigned length = 1; length < 20; length++)
            if (length != width)
                assert_refused(fixed[i], length);
    }
    for (size_t length = 1; length < 8; length++)
        assert_refused(BINXML_SID, length);
}

static void an_unknown_type_is_damage_with_any_length(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        struct value value;
        static const uint8_t zeros[64];
        for (size_t length = 0; length < sizeof(zeros); length++)
            (void)!binxml_value_read(type, zeros, length, &arena, &value);
    }
    assert_refused(0x16, 4);
    assert_refused(0x22, 4);
    assert_refused(0x7F, 4);
    assert_refused(0x80 | 0x16, 4);
}

static void embedded_binxml_is_left_to_the_caller(void **state)
{
    (void)state;
    const struct value value = read_value(BINXML_BINXML, "\x0F\1\1\0", 4);
    assert_int_equal(value.type, VALUE_BINARY);
    assert_int_equal(value.extra, BINXML_BINXML);
    assert_int_equal(read_value(BINXML_BINARY, "\x0F\1\1\0", 4).extra, 0);
}

/* [MS-EVEN6] 3.1.4.7.5 */
static void arrays_are_lists_of_their_items(void **state)
{
    (void)state;
    static const char sids[] = "\1\1\0\0\0\0\0\5\x12\0\0\0\1\0\0\0\0\0\0\1";
    const unsigned array = BINXML_ARRAY;
    assert_text(read_value(array | BINXML_UINT16, "\1\0\2\0\3\0", 6), "1,2,3");
    assert_text(read_value(array | BINXML_STRING, "a\0\0\0\0\0b\0\0\0", 10), "a,,b");
    assert_text(read_value(array | BINXML_STRING, "a\0\0\0b\0", 6), "a,b");
    assert_text(read_value(array | BINXML_ANSI, "a\0\0bc", 5), "a,,bc");
    assert_text(read_value(array | BINXML_SID, sids, 20), "S-1-5-18,S-1-1");
    assert_text(read_value(array | BINXML_SIZE, "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16), "0x1,0x2");
    assert_text(read_value(array | BINXML_SIZE, "\1\0\0\0\2\0\0\0\3\0\0\0", 12), "0x1,0x2,0x3");
    assert_int_equal(read_value(array | BINXML_UINT8, "", 0).length, 0);
    assert_refused(array | BINXML_UINT16, 3);
    assert_refused(array | BINXML_SID, 9);
    assert_refused(array | BINXML_BINARY, 4);
    assert_refused(array | BINXML_BINXML, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_their_width_and_sign),
        cmocka_unit_test(a_size_and_a_handle_are_as_wide_as_a_pointer),
        cmocka_unit_test(a_boolean_that_is_neither_stays_a_number),
        cmocka_unit_test(a_string_ends_at_its_first_nul),
        cmocka_unit_test(a_number_without_bytes_is_null),
        cmocka_unit_test(a_length_that_does_not_fit_its_type_is_damage),
        cmocka_unit_test(an_unknown_type_is_damage_with_any_length),
        cmocka_unit_test(embedded_binxml_is_left_to_the_caller),
        cmocka_unit_test(arrays_are_lists_of_their_items),
    };
    return cmocka_run_group_tests_name("binxml value", tests, arena_set_up, arena_tear_down);
}

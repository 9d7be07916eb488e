#include "event/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct value data_of(enum value_type type, const void *data, size_t length)
{
    return (struct value){.type = (uint8_t)type, .length = (uint32_t)length, .data = data};
}

static struct value number_of(enum value_type type, uint64_t number)
{
    return (struct value){.type = (uint8_t)type, .number = number};
}

static struct value real_of(double real, unsigned width)
{
    return (struct value){.type = VALUE_REAL, .width = (uint8_t)width, .real = real};
}

/* Rendered into a room of the promised size, so that a sanitizer sees what goes beyond. */
static void assert_renders(struct value value, const char *text)
{
    uint8_t *room = malloc(value_bound(&value));
    const size_t length = value_write(room, &value);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(room, text, length);
    free(room);
}

static void assert_folds(struct value value, const char *text)
{
    uint8_t *room = malloc(value_bound(&value));
    const size_t length = value_write_folded(room, &value);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(room, text, length);
    free(room);
}

static void assert_json(struct value value, const char *json)
{
    struct buffer buffer = {0};
    value_append_json(&buffer, &value);
    buffer_byte(&buffer, '\0');
    assert_string_equal((const char *)buffer.data, json);
    buffer_release(&buffer);
}

static void nothing_renders_as_nothing(void **state)
{
    (void)state;
    assert_renders(number_of(VALUE_ABSENT, 0), "");
    assert_renders(number_of(VALUE_NULL, 0), "");
    assert_json(number_of(VALUE_ABSENT, 0), "null");
    assert_json(number_of(VALUE_NULL, 0), "null");
    assert_false(value_is_there(&(struct value){.type = VALUE_ABSENT}));
    assert_true(value_is_there(&(struct value){.type = VALUE_NULL}));
}

static void integers_render_in_full(void **state)
{
    (void)state;
    assert_renders((struct value){.type = VALUE_INT, .integer = INT64_MIN}, "-9223372036854775808");
    assert_renders((struct value){.type = VALUE_INT, .integer = -1}, "-1");
    assert_renders((struct value){.type = VALUE_INT, .integer = INT64_MAX}, "9223372036854775807");
    assert_renders(number_of(VALUE_UINT, 0), "0");
    assert_renders(number_of(VALUE_UINT, UINT64_MAX), "18446744073709551615");
    assert_json(number_of(VALUE_UINT, 7), "7");
}

static void hex_has_no_leading_zeros(void **state)
{
    (void)state;
    assert_renders(number_of(VALUE_HEX, 0), "0x0");
    assert_renders(number_of(VALUE_HEX, 0xF), "0xf");
    assert_renders(number_of(VALUE_HEX, 0x10), "0x10");
    assert_renders(number_of(VALUE_HEX, 0xC000006D), "0xc000006d");
    assert_renders(number_of(VALUE_HEX, UINT64_MAX), "0xffffffffffffffff");
    assert_json(number_of(VALUE_HEX, 1), "\"0x1\"");
}

static void booleans_are_words(void **state)
{
    (void)state;
    assert_renders(number_of(VALUE_BOOL, 1), "true");
    assert_renders(number_of(VALUE_BOOL, 0), "false");
    assert_json(number_of(VALUE_BOOL, 1), "true");
}

static void reals_are_the_shortest_text_that_reads_back(void **state)
{
    (void)state;
    static const struct {
        double real;
        const char *text;
    } doubles[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {0.5, "0.5"},
        {0.1, "0.1"},
        {-2.25, "-2.25"},
        {1e6, "1000000.0"},
        {1.0 / 3, "0.3333333333333333"},
        {123456789.125, "123456789.125"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.25e17, "1.25e+17"},
        {1e300, "1e+300"},
        {1e-5, "0.00001"},
        {1.5e-6, "1.5e-6"},
        {1.5e-300, "1.5e-300"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {(double)INFINITY, "inf"},
        {-(double)INFINITY, "-inf"},
        {(double)NAN, "NaN"},
    };
    for (size_t i = 0; i < COUNT_OF(doubles); i++)
        assert_renders(real_of(doubles[i].real, 8), doubles[i].text);
    assert_renders(real_of((double)0.1F, 4), "0.1");
    assert_renders(real_of((double)(1.0F / 3), 4), "0.33333334");
    assert_renders(real_of((double)1e12F, 4), "1000000000000.0");
    assert_renders(real_of((double)1e13F, 4), "1e+13");
    assert_renders(real_of((double)1e-6F, 4), "0.000001");
    assert_renders(real_of((double)1e-7F, 4), "1e-7");
    assert_renders(real_of((double)3.4028235e38F, 4), "3.4028235e+38");
}

static void reals_read_back_as_the_same_number(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        double real;
        char text[64];
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&real, &bits, sizeof(real));
        if (!isfinite(real))
            continue;
        const struct value value = real_of(real, 8);
        text[value_write((uint8_t *)text, &value)] = '\0';
        const double back = strtod(text, NULL);
        assert_memory_equal(&back, &real, sizeof(real));
    }
}

static void binary_is_upper_case_hex(void **state)
{
    (void)state;
    assert_renders(data_of(VALUE_BINARY, "\x00\x1F\xAB\xFF", 4), "001FABFF");
    assert_renders(data_of(VALUE_BINARY, "", 0), "");
    assert_folds(data_of(VALUE_BINARY, "\xAB", 1), "ab");
}

static void a_guid_stands_in_braces(void **state)
{
    (void)state;
    const uint8_t guid[16] = {0x26, 0x92, 0xCE, 0x0C, 0xAE, 0x69, 0xD9, 0x11,
                              0xBE, 0xD3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30};
    assert_renders(data_of(VALUE_GUID, guid, 16), "{0cce9226-69ae-11d9-bed3-505054503030}");
    assert_json(data_of(VALUE_GUID, guid, 16), "\"{0cce9226-69ae-11d9-bed3-505054503030}\"");
}

static void a_sid_has_as_many_parts_as_it_counts_and_holds(void **state)
{
    (void)state;
    static const uint8_t system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const uint8_t user[] = {1, 5, 0, 0, 0, 0, 0,    5,    21,   0,    0,    0, 1, 0,
                                   0, 0, 2, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xF4, 1, 0, 0};
    static const uint8_t wide[] = {1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0};
    assert_renders(data_of(VALUE_SID, system, sizeof(system)), "S-1-5-18");
    assert_renders(data_of(VALUE_SID, user, sizeof(user)), "S-1-5-21-1-2-4294967295-500");
    assert_renders(data_of(VALUE_SID, wide, sizeof(wide)), "S-1-281474976710655-1");
    assert_renders(data_of(VALUE_SID, user, 8), "S-1-5");
    assert_renders(data_of(VALUE_SID, user, 15), "S-1-5-21");
    assert_folds(data_of(VALUE_SID, system, sizeof(system)), "s-1-5-18");
}

static void a_filetime_is_what_windows_shows(void **state)
{
    (void)state;
    assert_renders(number_of(VALUE_FILETIME, 0), "1601-01-01T00:00:00.0000000Z");
    assert_renders(number_of(VALUE_FILETIME, 134169156000000001), "2026-03-02T09:00:00.0000001Z");
    assert_renders(number_of(VALUE_FILETIME, 2650467743999999999), "9999-12-31T23:59:59.9999999Z");
    assert_renders(number_of(VALUE_FILETIME, 2650467744000000000), "0000-01-01T00:00:00.0000000Z");
    assert_renders(number_of(VALUE_FILETIME, INT64_MAX), "0828-09-14T02:48:05.4775807Z");
    assert_renders(number_of(VALUE_FILETIME, UINT64_MAX), "0000-00-00T00:00:00.0000000Z");
}

static void a_systemtime_that_is_none_is_1601(void **state)
{
    (void)state;
    const uint16_t some[8] = {2026, 3, 1, 2, 9, 8, 7, 6},
                   far[8] = {30827, 12, 0, 31, 23, 59, 59, 999};
    assert_renders(data_of(VALUE_SYSTEMTIME, some, 16), "2026-03-02T09:08:07.0060000Z");
    assert_renders(data_of(VALUE_SYSTEMTIME, far, 16), "0827-12-31T23:59:59.9990000Z");
    static const uint16_t wrong[][8] = {
        {0},
        {1600, 1, 0, 1},
        {30828, 1, 0, 1},
        {2026, 13, 0, 1},
        {2026, 0, 0, 1},
        {2026, 2, 0, 29},
        {2026, 1, 0, 0},
        {2026, 1, 0, 1, 24},
        {2026, 1, 0, 1, 0, 60},
        {2026, 1, 0, 1, 0, 0, 60},
        {2026, 1, 0, 1, 0, 0, 0, 1000},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_renders(data_of(VALUE_SYSTEMTIME, wrong[i], 16), "1601-01-01T00:00:00.0000000Z");
}

static void addresses_are_written_in_their_short_form(void **state)
{
    (void)state;
    static const struct {
        uint8_t address[16];
        const char *text;
    } six[] = {
        {{0}, "::"},
        {{[15] = 1}, "::1"},
        {{0xFE, 0x80, [15] = 1}, "fe80::1"},
        {{0x20, 1, 0x0D, 0xB8, [9] = 1, [15] = 1}, "2001:db8::1:0:0:1"},
        {{0x20, 1, 0x0D, 0xB8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, "2001:db8:0:1:1:1:1:1"},
        {{0, 1}, "1::"},
        {{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}, "1:2:3:4:5:6:7:8"},
    };
    for (size_t i = 0; i < COUNT_OF(six); i++)
        assert_renders(data_of(VALUE_IP6, six[i].address, 16), six[i].text);
    assert_renders(data_of(VALUE_IP4, "\x0A\x00\xFF\x01", 4), "10.0.255.1");
}

static void ansi_is_windows_1252(void **state)
{
    (void)state;
    assert_renders(data_of(VALUE_ANSI, "\xE9\x80\xDF", 3), "\xC3\xA9\xE2\x82\xAC\xC3\x9F");
    assert_renders(data_of(VALUE_ANSI, "a\0b\0", 4), "ab");
    assert_folds(data_of(VALUE_ANSI, "\xC9\x8A", 2), "\xC3\xA9\xC5\xA1");
}

static void escapes_of_json_are_undone(void **state)
{
    (void)state;
    static const char text[] = "a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\ud83dx\\u12";
    assert_renders(data_of(VALUE_ESCAPED, text, sizeof(text) - 1),
                   "a\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBDx\xEF\xBF\xBD"
                   "12");
    assert_renders(data_of(VALUE_ESCAPED, "a\\", 2), "a");
    assert_folds(data_of(VALUE_ESCAPED, "A\\u00C9\\n", 9), "a\xC3\xA9\n");
    assert_json(data_of(VALUE_ESCAPED, "a\\u0041\\n", 9), "\"aA\\n\"");
}

static void lists_are_joined_or_arrays(void **state)
{
    (void)state;
    const struct value items[] = {number_of(VALUE_UINT, 1), data_of(VALUE_UTF8, "b,", 2),
                                  number_of(VALUE_NULL, 0)};
    const struct value list = {.type = VALUE_LIST, .length = 3, .items = items};
    struct buffer text = {0};
    value_append(&text, &list);
    assert_int_equal(text.length, 5);
    assert_memory_equal(text.data, "1,b,,", 5);
    buffer_release(&text);
    assert_json(list, "[1,\"b,\",null]");
    assert_json((struct value){.type = VALUE_LIST}, "[]");
}

static void a_number_is_one_or_its_text_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } texts[] = {{"12", 12}, {"-1.5", -1.5}, {"0x1F", 31}, {"+7", 7}, {"1e3", 1000}};
    static const char *const wrong[] = {"",    " 1", "1 ",  "1,5",   "0x",    "inf",
                                        "nan", "1e", "--1", "1e999", "0x1p3", "12a"};
    double number = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct value value = data_of(VALUE_UTF8, texts[i].text, strlen(texts[i].text));
        assert_true(value_number(&value, &number));
        assert_true(number >= texts[i].number && number <= texts[i].number);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const struct value value = data_of(VALUE_UTF8, wrong[i], strlen(wrong[i]));
        assert_false(value_number(&value, &number));
    }
    const struct value hex = number_of(VALUE_HEX, 16), sid = data_of(VALUE_SID, "", 0);
    const struct value wide = data_of(VALUE_UTF16, "4\0002\0", 4);
    assert_true(value_number(&hex, &number));
    assert_true(value_number(&wide, &number) && number > 41 && number < 43);
    assert_false(value_number(&sid, &number));
}

static void a_moment_is_one_or_its_text_is_one(void **state)
{
    (void)state;
    struct instant instant;
    const struct value text = data_of(VALUE_UTF8, "2026-03-02T09:00:00Z", 20);
    const struct value ticks = number_of(VALUE_FILETIME, 134169156000000000);
    const struct value other = data_of(VALUE_UTF8, "yesterday", 9);
    assert_true(value_instant(&text, &instant));
    const int64_t seconds = instant.seconds;
    assert_true(value_instant(&ticks, &instant));
    assert_int_equal(instant.seconds, seconds);
    assert_false(value_instant(&other, &instant));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_renders_as_nothing),
        cmocka_unit_test(integers_render_in_full),
        cmocka_unit_test(hex_has_no_leading_zeros),
        cmocka_unit_test(booleans_are_words),
        cmocka_unit_test(reals_are_the_shortest_text_that_reads_back),
        cmocka_unit_test(reals_read_back_as_the_same_number),
        cmocka_unit_test(binary_is_upper_case_hex),
        cmocka_unit_test(a_guid_stands_in_braces),
        cmocka_unit_test(a_sid_has_as_many_parts_as_it_counts_and_holds),
        cmocka_unit_test(a_filetime_is_what_windows_shows),
        cmocka_unit_test(a_systemtime_that_is_none_is_1601),
        cmocka_unit_test(addresses_are_written_in_their_short_form),
        cmocka_unit_test(ansi_is_windows_1252),
        cmocka_unit_test(escapes_of_json_are_undone),
        cmocka_unit_test(lists_are_joined_or_arrays),
        cmocka_unit_test(a_number_is_one_or_its_text_is_one),
        cmocka_unit_test(a_moment_is_one_or_its_text_is_one),
    };
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}

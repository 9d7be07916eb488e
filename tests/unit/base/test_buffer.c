#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_holds(struct buffer *buffer, const char *text)
{
    buffer_byte(buffer, '\0');
    assert_false(buffer->failed);
    assert_string_equal((const char *)buffer->data, text);
    buffer_release(buffer);
}

static void what_is_appended_stands_in_order(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_bytes(&buffer, NULL, 0);
    assert_int_equal(buffer.length, 0);
    buffer_text(&buffer, "a");
    buffer_number(&buffer, 0);
    buffer_number(&buffer, UINT64_MAX);
    buffer_format(&buffer, " %s=%d ", "x", -7);
    for (int i = 0; i < 3; i++)
        buffer_byte(&buffer, 'b');
    assert_holds(&buffer, "a018446744073709551615 x=-7 bbb");
}

static void a_length_that_overflows_fails_and_stays_failed(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_text(&buffer, "kept");
    assert_null(buffer_room(&buffer, SIZE_MAX - 2));
    assert_true(buffer.failed);
    assert_int_equal(buffer.length, 4);
    assert_null(buffer_room(&buffer, 1U << 20));
    buffer_release(&buffer);
}

static void assert_json(const char *text, size_t length, const char *json)
{
    /* A copy of its own size, so that a sanitizer sees what reads past it. */
    struct buffer buffer = {0};
    char *copy = malloc(length ? length : 1);
    memcpy(copy, text, length);
    buffer_json(&buffer, bytes_of(copy, length));
    free(copy);
    assert_holds(&buffer, json);
}

static void json_escapes_what_has_to_be(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    assert_json("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    assert_json("\0\x01\x1F\x7F", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
    assert_json("\xC2\x80\xC2\x9B\xC2\xA0", 6, "\"\\u0080\\u009b\xC2\xA0\"");
    assert_json("\xF0\x9F\x98\x80", 4, "\"\xF0\x9F\x98\x80\"");
}

static void json_replaces_each_byte_that_is_no_utf8(void **state)
{
    (void)state;
    assert_json("\xFF", 1, "\"\xEF\xBF\xBD\"");
    assert_json("a\xC3", 2, "\"a\xEF\xBF\xBD\"");
    assert_json("\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* Sixteen bytes are looked at together: a special one at each place of each length. */
static void json_finds_a_quote_wherever_it_stands(void **state)
{
    (void)state;
    static const char specials[] = {'"', '\\', '\x1F', '\x7F'};
    for (size_t length = 1; length <= 50; length++)
        for (size_t at = 0; at < length; at++)
            for (size_t i = 0; i < sizeof(specials); i++) {
                char text[50], json[64] = "\"";
                static const char *const escaped[] = {"\\\"", "\\\\", "\\u001f", "\\u007f"};
                memset(text, 'x', sizeof(text));
                text[at] = specials[i];
                strncat(json, text, at);
                strcat(json, escaped[i]);
                strncat(json, text + at + 1, length - at - 1);
                strcat(json, "\"");
                assert_json(text, length, json);
            }
}

static void assert_json_utf16(const uint16_t *units, size_t count, const char *json)
{
    struct buffer buffer = {0};
    uint8_t *copy = calloc(count ? count : 1, 2);
    memcpy(copy, units, count * 2);
    buffer_json_utf16(&buffer, copy, count);
    free(copy);
    assert_holds(&buffer, json);
}

static void json_of_utf16_is_the_same(void **state)
{
    (void)state;
    const uint16_t pair[] = {'a', 0xD83D, 0xDE00, 'b'}, halves[] = {0xD83D, 'a', 0xDE00, 0xD83D};
    const uint16_t odd[] = {'"', 0x9B, 0x7F, 0xE9, 0x20AC, 0xFFFF, 0};
    assert_json_utf16(pair, 0, "\"\"");
    assert_json_utf16(pair, 4,
                      "\"a\xF0\x9F\x98\x80"
                      "b\"");
    assert_json_utf16(halves, 4,
                      "\"\xEF\xBF\xBD"
                      "a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_json_utf16(odd, 7, "\"\\\"\\u009b\\u007f\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF\\u0000\"");
}

static void json_of_utf16_finds_a_special_unit_wherever_it_stands(void **state)
{
    (void)state;
    static const uint16_t specials[] = {'"', '\n', 0x7F, 0x80, 0x7FFF, 0x8000, 0xFF22};
    for (size_t length = 1; length <= 40; length++)
        for (size_t at = 0; at < length; at++)
            for (size_t i = 0; i < COUNT_OF(specials); i++) {
                struct buffer one = {0}, other = {0};
                uint16_t units[40];
                for (size_t j = 0; j < length; j++)
                    units[j] = 'x';
                units[at] = specials[i];
                buffer_json_utf16(&one, (const uint8_t *)units, length);
                buffer_byte(&other, '"');
                for (size_t j = 0; j < length; j++) {
                    struct buffer unit = {0};
                    buffer_json_utf16(&unit, (const uint8_t *)&units[j], 1);
                    buffer_bytes(&other, unit.data + 1, unit.length - 2);
                    buffer_release(&unit);
                }
                buffer_byte(&other, '"');
                assert_true(bytes_equal(buffer_view(&one), buffer_view(&other)));
                buffer_release(&one);
                buffer_release(&other);
            }
}

static void xml_text_is_a_document_and_one_line(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_xml(&buffer, bytes_of_text("a<b>&\"'\xC3\xA9\r\n\t\x01\xC2\x85\x7F\xEF\xBF\xBF\xFF]]>"));
    assert_holds(&buffer, "a&lt;b&gt;&amp;&quot;'\xC3\xA9&#xD;&#xA;&#x9;\xEF\xBF\xBD&#x85;&#x7F;"
                          "\xEF\xBF\xBD\xEF\xBF\xBD]]&gt;");
    buffer_xml(&buffer, (struct bytes){0});
    assert_holds(&buffer, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_stands_in_order),
        cmocka_unit_test(a_length_that_overflows_fails_and_stays_failed),
        cmocka_unit_test(json_escapes_what_has_to_be),
        cmocka_unit_test(json_replaces_each_byte_that_is_no_utf8),
        cmocka_unit_test(json_finds_a_quote_wherever_it_stands),
        cmocka_unit_test(json_of_utf16_is_the_same),
        cmocka_unit_test(json_of_utf16_finds_a_special_unit_wherever_it_stands),
        cmocka_unit_test(xml_text_is_a_document_and_one_line),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}

/* How JSON stands in a file, and what happens when it is damaged. */
#include "harness.h"

#include "base/utf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int new_harness(void **state)
{
    *state = harness_new(&reader_json);
    return *state ? 0 : 1;
}

static int free_harness(void **state)
{
    harness_free(*state);
    return 0;
}

static bool recognises(const char *text)
{
    const struct reader_shared shared = {0};
    return reader_json.recognises(bytes_of_text(text), &shared);
}

static void assert_numbers(struct harness *harness, const char *text, size_t count)
{
    harness_text(harness, text);
    assert_int_equal(harness->account.damaged, 0);
    assert_int_equal(harness->count, count);
    for (size_t i = 0; i < count; i++) {
        char want[32];
        snprintf(want, sizeof(want), "{\"a\":%zu}", i + 1);
        assert_string_equal(harness_event(harness, i), want);
        const char *at = text + harness_number(harness, i, "#offset");
        assert_int_equal(*at, '{');
    }
}

static void objects_are_found_however_they_stand(void **state)
{
    static const char *const texts[] = {
        "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
        "{\"a\":1}\r\n{\"a\":2}\r\n\r\n{\"a\":3}",
        "[{\"a\":1},{\"a\":2},{\"a\":3}]",
        "[\n{\"a\":1},\n{\"a\":2},\n{\"a\":3}\n]\n",
        "[{\"a\":1}\n,{\"a\":2}\n,{\"a\":3}]\n",
        "{\"a\":1}{\"a\":2}{\"a\":3}",
        "{\"a\":1} {\"a\":2}\t{\"a\":3}\n",
        "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n{\n  \"a\": 3\n}\n",
        "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  },\n  {\n    \"a\": 3\n  }\n]\n",
        "[{\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  },\n  {\n    \"a\": 3\n  }]\n",
        "[{\n    \"a\": 1\n}, {\n    \"a\": 2\n}, {\n    \"a\": 3\n}]\n",
        "Record 1\n{\n  \"a\": 1\n}\nRecord 2\n{\n  \"a\": 2\n}\nRecord 3\n{\n  \"a\": 3\n}\n",
        "Record 1\n{\"a\": 1}\nRecord 2\n{\"a\": 2}\nRecord 3\n{\"a\":3}\n",
        "{\"a\":1}\n{\n\"a\":2\n}\n{\"a\":3}\n",
        "\n\n  {\"a\":1}\n  {\"a\":2}\n  {\"a\":3}\n",
        "{\"a\":1}\n{\"a\":2}{\"a\":3}\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_numbers(*state, texts[i], 3);
}

static void a_list_in_an_object_is_taken_out_of_it(void **state)
{
    static const char *const texts[] = {
        "{\"took\":5,\"_shards\":{\"a\":[1]},\"hits\":{\"total\":{\"value\":3},\"hits\":["
        "{\"a\":1},{\"a\":2},{\"a\":3}]},\"x\":{\"y\":[{\"a\":4}]}}\n",
        "{\"preview\":false,\"results\":[{\"a\":1},{\"a\":2},{\"a\":3}]}",
        "{\n  \"value\": [\n    {\n      \"a\": 1\n    },\n    {\n      \"a\": 2\n    },\n"
        "    {\n      \"a\": 3\n    }\n  ]\n}\n",
        "{\"Records\":[\n{\"a\":1},\n{\"a\":2},\n{\"a\":3}\n]}\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_numbers(*state, texts[i], 3);
    /* Two of them are records themselves. */
    harness_text(*state, "{\"events\":[{\"a\":1}]}\n{\"events\":[{\"a\":2}]}\n");
    assert_string_equal(harness_event(*state, 0), "{\"events\":[\"{\\\"a\\\":1}\"]}");
}

static void a_log_whose_beginning_is_lost_is_read(void **state)
{
    static const char text[] = "b\":1}\n{\"a\":1}\n{\"a\":2}\n{\"a\":";
    struct harness *harness = *state;
    assert_true(recognises(text));
    harness_text(harness, text);
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness->account.damaged, 2);
}

static void half_a_character_at_the_end_is_damage(void **state)
{
    static const char text[] = "\xFF\xFE{\0\"\0a\0\"\0:\0"
                               "1\0}\0\n";
    struct harness *harness = *state;
    harness_run(harness, bytes_of(text, sizeof(text) - 1));
    assert_int_equal(harness->count, 1);
    assert_int_equal(harness->account.damaged, 1);
}

static void a_byte_order_mark_and_utf16_are_read(void **state)
{
    static const char text[] = "{\"a\":\"x\xC3\xA9\xF0\x9F\x98\x80\"}\n{\"a\":\"y\"}\n";
    struct harness *harness = *state;
    struct buffer wide = {0};
    for (unsigned order = 0; order < 4; order++) {
        wide.length = 0;
        const bool is_big = order & 1, has_mark = order < 2;
        if (has_mark)
            buffer_bytes(&wide, is_big ? "\xFE\xFF" : "\xFF\xFE", 2);
        for (const uint8_t *at = (const uint8_t *)text; *at;) {
            uint32_t character;
            at += utf8_decode(at, 4, &character);
            uint16_t units[2] = {(uint16_t)character};
            unsigned count = 1;
            if (character > 0xFFFF) {
                units[0] = (uint16_t)(0xD7C0 + (character >> 10));
                units[1] = (uint16_t)(0xDC00 + (character & 0x3FF));
                count = 2;
            }
            for (unsigned i = 0; i < count; i++) {
                buffer_byte(&wide, (uint8_t)(is_big ? units[i] >> 8 : units[i] & 0xFF));
                buffer_byte(&wide, (uint8_t)(is_big ? units[i] & 0xFF : units[i] >> 8));
            }
        }
        assert_true(reader_json.recognises(buffer_view(&wide), NULL));
        harness_run(harness, buffer_view(&wide));
        assert_int_equal(harness->account.damaged, 0);
        assert_string_equal(harness_event(harness, 0), "{\"a\":\"x\xC3\xA9\xF0\x9F\x98\x80\"}");
        assert_string_equal(harness_event(harness, 1), "{\"a\":\"y\"}");
        /* Offsets are those of the file: 13 units and the mark before the second. */
        assert_int_equal(harness_number(harness, 1, "#offset"), 26 + (has_mark ? 2 : 0));
    }
    buffer_release(&wide);
    harness_text(harness, "\xEF\xBB\xBF{\"a\":1}\n{\"a\":2}\n");
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness_number(harness, 1, "#offset"), 11);
}

static void only_objects_are_taken_for_evidence(void **state)
{
    (void)state;
    static const char *const yes[] = {"{\"a\":1}", "[{\"a\":1}]", " \n[ { \"a\" : 1",
                                      "Record 1\n{\"a\":1}", "\xEF\xBB\xBF{\"a\":1}"};
    static const char *const no[] = {
        "",      " \n\t ",           "{}",         "[]",       "[1,2]",          "\"a\"",
        "{a:1}", "{\"a\"}",          "{\"a\"\n\"", "# {\"a\"", "text {\"a\":1}", "Record {\"",
        "{ {",   "[\"a\",{\"a\":1}]"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        assert_true(recognises(yes[i]));
    for (size_t i = 0; i < COUNT_OF(no); i++)
        assert_false(recognises(no[i]));
}

/* ---- damage ---- */

struct damage {
    const char *text;
    uint64_t events, damaged;
    const char *note;
};

static void a_damaged_record_costs_only_itself(void **state)
{
    static const struct damage cases[] = {
        {"{\"a\":1}\nrubbish\n{\"a\":2}\n", 2, 1, "offset 8: text that is no JSON object"},
        {"{\"a\":1}\nrubbish\nmore\n{\"a\":2}\n", 2, 2, "offset 8: text that is no JSON object"},
        {"{\"a\":1}\n{\"a\":\n{\"a\":2}\n", 2, 1, "offset 8: the record is cut off"},
        {"{\"a\":1}\n{\"a\":\"x\n{\"a\":2}\n", 2, 1, "offset 8: a string without an end"},
        {"{\"a\":1}\n{\"a\n{\"a\":2}\n", 2, 1, "offset 8: a key without an end"},
        {"{\"a\":1}\n{\"a\":1,\n{\"a\":2}\n", 2, 1, "offset 8: the record is cut off"},
        {"{\"a\":1}\n{\"a\":[1,\n{\"a\":2}\n", 2, 1, "offset 8: the record is cut off"},
        {"{\"a\":1}\n{\"a\":1}}\n{\"a\":2}\n", 3, 1, "offset 15: text that is no JSON object"},
        {"{\"a\":1}\n{\"a\":1 \"b\":2}\n{\"a\":2}\n", 2, 1,
         "offset 8: no comma between two members"},
        {"{\"a\":1}\n{\"a\" 1}\n{\"a\":2}\n", 2, 1, "offset 8: no colon behind a key"},
        {"{\"a\":1}\n{\"a\":1,}\n{\"a\":2}\n", 2, 1, "offset 8: no key where one should be"},
        {"{\"a\":1}\n{\"a\":[1}]\n{\"a\":2}\n", 2, 1, "offset 8: no comma between two items"},
        {"{\"a\":1}\n{\"a\":[1,]}\n{\"a\":2}\n", 2, 1, "offset 8: no value where one should be"},
        {"{\"a\":1}\n{\"a\":[{]}}\n{\"a\":2}\n", 2, 1, "offset 8: a list without an end"},
        {"{\"a\":1}\n{\"a\":2}\n{\"a\":3", 2, 1, "offset 16: the record is cut off"},
        {"{\"a\":1}\n{\"a\":2}\n{\"a\":\"x", 2, 1, "offset 16: a string without an end"},
        {"{\n \"a\": 1\n}\n{\n \"a\": \n{\n \"a\": 2\n}\n", 2, 1,
         "offset 12: the record is cut off"},
        {"[{\"a\":1},{\"a\":x},{\"a\":2}]", 2, 1, "offset 9: no value where one should be"},
        {"[{\"a\":1},{\"a\":\"x},{\"a\":2}]", 2, 1, NULL},
        {"[{\"a\":1},{\"a\":1", 1, 1, "offset 9: the record is cut off"},
    };
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        harness_text(harness, cases[i].text);
        assert_int_equal(harness->count, cases[i].events);
        assert_int_equal(harness->account.damaged, cases[i].damaged);
        assert_true(harness->account.is_incomplete);
        if (cases[i].note)
            assert_string_equal(account_note_at(&harness->account, 0), cases[i].note);
    }
}

static void a_record_that_is_not_all_well_formed_is_an_event_and_damage(void **state)
{
    static const char *const texts[] = {
        "{\"a\":\"x\xFFy\"}\n", "{\"a\":\"x\x01y\"}\n", "{\"a\":\"x\\qy\"}\n",
        "{\"a\":\"x\\u12\"}\n", "{\"\xC0\xAF\":1}\n",   "{\"a\":[\"\xED\xA0\x80\"]}\n",
    };
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        harness_text(harness, texts[i]);
        assert_int_equal(harness->count, 1);
        assert_int_equal(harness->account.damaged, 1);
        assert_true(harness->account.is_incomplete);
    }
    static const char nul[] = "{\"a\":\"x\0y\"}\n\0\0\0\0\n{\"a\":2}\n";
    harness_run(harness, bytes_of(nul, sizeof(nul) - 1));
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness->account.damaged, 2);
    /* A tab is nothing to be ashamed of. */
    harness_text(harness, "{\"a\":\"x\ty\"}\n");
    assert_int_equal(harness->account.damaged, 0);
}

static void deep_nesting_is_damage_and_no_danger(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    for (int i = 0; i < 100000; i++)
        buffer_text(&text, "{\"a\":");
    buffer_text(&text, "\n{\"a\":1}\n{\"a\":");
    for (int i = 0; i < 100000; i++)
        buffer_text(&text, "[");
    buffer_text(&text, "\n{\"a\":2}\n");
    harness_run(harness, buffer_view(&text));
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness->account.damaged, 2);
    buffer_release(&text);
}

static void more_fields_than_an_event_can_have_are_damage(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    buffer_text(&text, "{\"k\":1");
    for (int i = 0; i < 5000; i++)
        buffer_format(&text, ",\"k%d\":1", i);
    buffer_text(&text, "}\n{\"a\":1}\n");
    harness_run(harness, buffer_view(&text));
    assert_int_equal(harness->count, 1);
    assert_int_equal(harness->account.damaged, 1);
    buffer_release(&text);
}

static void ever_new_keys_are_read_all_the_same(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    for (int i = 0; i < 20000; i++)
        buffer_format(&text, "{\"k%d\":{\"x%d\":1},\"y%d\":2}\n", i, i, i);
    harness_run(harness, buffer_view(&text));
    assert_int_equal(harness->count, 20000);
    assert_int_equal(harness->account.damaged, 0);
    assert_string_equal(harness_event(harness, 19999), "{\"k19999.x19999\":1,\"y19999\":2}");
    buffer_release(&text);
}

static void a_failing_disk_ends_the_evidence_behind_what_was_read(void **state)
{
    struct harness *harness = *state;
    const char *text = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
    harness_fail_behind(harness, bytes_of_text(text), 16);
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness->status, STATUS_IO);
}

/* ---- large ---- */

static void fill(struct buffer *text, const char *before, const char *between, const char *after,
                 size_t count)
{
    char filler[1000];
    memset(filler, 'x', sizeof(filler));
    buffer_text(text, before);
    for (size_t i = 0; i < count; i++) {
        buffer_format(text, "%s{\"n\":%zu,\"t\":\"%.*s\"}", i ? between : "", i,
                      (int)(i % sizeof(filler)), filler);
    }
    buffer_text(text, after);
}

static void a_large_text_is_cut_between_records(void **state)
{
    static const char *const frames[][3] = {
        {"", "\n", "\n"}, {"[", ",", "]"}, {"[\n  ", ",\n  ", "\n]\n"}, {"", "", ""}};
    struct harness *harness = *state;
    for (size_t frame = 0; frame < COUNT_OF(frames); frame++) {
        struct buffer text = {0};
        fill(&text, frames[frame][0], frames[frame][1], frames[frame][2], 10000);
        harness_run(harness, buffer_view(&text));
        assert_int_equal(harness->count, 10000);
        assert_int_equal(harness->account.damaged, 0);
        assert_true(harness->batches >= 5);
        const bool has_lines = strchr(frames[frame][1], '\n') != NULL;
        const uint64_t first = has_lines && frames[frame][0][0] ? 2 : 1;
        const uint8_t *at = harness->events.data;
        for (uint64_t i = 0; i < 10000; i++) {
            char line[100], number[20];
            memcpy(line, at, sizeof(line) - 1);
            line[sizeof(line) - 1] = '\0';
            assert_int_equal(strtoull(strstr(line, "#record") + 9, NULL, 10), i + first);
            const uint64_t offset = strtoull(strstr(line, "#offset") + 9, NULL, 10);
            assert_int_equal(text.data[offset], '{');
            const int length = snprintf(number, sizeof(number), "%llu,", (unsigned long long)i);
            assert_memory_equal(text.data + offset + 5, number, (size_t)length);
            at = (const uint8_t *)memchr(at, '\n', 2000) + 1;
        }
        buffer_release(&text);
    }
}

static void a_record_that_is_too_large_is_refused_and_the_rest_is_read(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    for (unsigned frame = 0; frame < 2; frame++) {
        text.length = 0;
        buffer_text(&text, frame ? "[{\"a\":1}," : "{\"a\":1}\n");
        const size_t begin = text.length;
        buffer_text(&text, "{\"a\":\"");
        uint8_t *room = buffer_room(&text, 66U << 20);
        memset(room, 'x', 66U << 20);
        text.length += 66U << 20;
        buffer_text(&text, frame ? "\"},{\"a\":2}]" : "\"}\n{\"a\":2}\n");
        harness_run(harness, buffer_view(&text));
        assert_int_equal(harness->count, 2);
        assert_int_equal(harness->account.damaged, 1);
        assert_true(harness->account.is_incomplete);
        assert_string_equal(harness_event(harness, 1), "{\"a\":2}");
        char note[100];
        snprintf(note, sizeof(note), "offset %zu: a record of more than 64 MiB is refused", begin);
        assert_string_equal(account_note_at(&harness->account, 0), note);
    }
    buffer_release(&text);
}

/* ---- every prefix, every flipped bit ---- */

static const char sample[] =
    "{\"Event\":{\"System\":{\"EventID\":{\"#attributes\":{\"Qualifiers\":0},\"#text\":1},"
    "\"Correlation\":null},\"EventData\":{\"Data\":{\"#text\":[\"a\\u00e9\",-1.5e3]},"
    "\"b\":\"C:\\\\x\",\"c\":true}}}\n{\"winlog\":{\"channel\":\"Sec\xC3\xA9\",\"event_id\":1},"
    "\"log\":{\"level\":\"info\"}}\n{\"a\":[{\"b\":[]}],\"c\":18446744073709551615}\n";

static void every_prefix_is_read_or_accounted_for(void **state)
{
    struct harness *harness = *state;
    const size_t length = sizeof(sample) - 1;
    for (size_t cut = 0; cut <= length; cut++) {
        harness_run(harness, bytes_of(sample, cut));
        assert_true(harness->count <= 3);
        const bool is_cut = cut > 0 && sample[cut - 1] != '\n' && sample[cut - 1] != '}';
        if (is_cut)
            assert_true(harness->account.is_incomplete);
    }
}

static void every_flipped_bit_is_read_or_accounted_for(void **state)
{
    struct harness *harness = *state;
    const size_t length = sizeof(sample) - 1;
    uint8_t *copy = malloc(length);
    for (size_t bit = 0; bit < length * 8; bit++) {
        memcpy(copy, sample, length);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        harness_run(harness, bytes_of(copy, length));
        assert_true(harness->count >= 1 && harness->count <= 4);
        assert_true(harness->count >= 3 || harness->account.is_incomplete);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_found_however_they_stand),
        cmocka_unit_test(a_list_in_an_object_is_taken_out_of_it),
        cmocka_unit_test(a_log_whose_beginning_is_lost_is_read),
        cmocka_unit_test(half_a_character_at_the_end_is_damage),
        cmocka_unit_test(a_byte_order_mark_and_utf16_are_read),
        cmocka_unit_test(only_objects_are_taken_for_evidence),
        cmocka_unit_test(a_damaged_record_costs_only_itself),
        cmocka_unit_test(a_record_that_is_not_all_well_formed_is_an_event_and_damage),
        cmocka_unit_test(deep_nesting_is_damage_and_no_danger),
        cmocka_unit_test(more_fields_than_an_event_can_have_are_damage),
        cmocka_unit_test(ever_new_keys_are_read_all_the_same),
        cmocka_unit_test(a_failing_disk_ends_the_evidence_behind_what_was_read),
        cmocka_unit_test(a_large_text_is_cut_between_records),
        cmocka_unit_test(a_record_that_is_too_large_is_refused_and_the_rest_is_read),
        cmocka_unit_test(every_prefix_is_read_or_accounted_for),
        cmocka_unit_test(every_flipped_bit_is_read_or_accounted_for),
    };
    return cmocka_run_group_tests_name("json text", tests, new_harness, free_harness);
}

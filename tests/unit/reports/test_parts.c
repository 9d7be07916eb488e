#include "reports/details.h"
#include "reports/escape.h"
#include "reports/page.h"
#include "reports/tags.h"
#include "reports/tally.h"
#include "reports/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_text(struct buffer *text, const char *expected)
{
    buffer_byte(text, '\0');
    assert_string_equal((const char *)text->data, expected);
    buffer_reset(text);
}

static void what_is_no_plain_character_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain ~ text", "plain ~ text"},
        {"\x1b[0m\x7f", "\\x1b[0m\\x7f"},
        {"a\nb\rc\td", "a\\nb\\rc\\td"},
        {"\xC2\x85\xC2\x9B\xC2\xA0", "\\x85\\x9b\xC2\xA0"},
        {"\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8B\xEF\xBB\xBF", "\\u202e\\u2066\\u200b\\ufeff"},
        {"\xF3\xA0\x80\x81", "\\U000e0001"},
        {"\xFF\xC3(\xED\xA0\x80\xF4\x90\x80\x80", "\\xff\\xc3(\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"},
        {"\xE2\x80", "\\xe2\\x80"},
        {"gr\xC3\xBC\xC3\x9F \xE6\x97\xA5 \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xE6\x97\xA5 "
                                                             "\xF0\x9F\x98\x80"},
    };
    struct buffer shown = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        escape_text(&shown, bytes_of_text(cases[i].text));
        assert_text(&shown, cases[i].shown);
    }
    buffer_release(&shown);
}

static void every_two_bytes_are_shown_as_harmless_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        const uint8_t text[] = {(uint8_t)(i >> 8), (uint8_t)i};
        const struct escaped escaped = escape_char(bytes_of(text, 2));
        assert_true(escaped.taken >= 1 && escaped.taken <= 2 && escaped.length >= 1);
        for (unsigned j = 0; j < escaped.length; j++)
            assert_true(escaped.text[j] >= 0x20 && escaped.text[j] != 0x7F);
    }
}

static void cells_of_csv_are_quoted_and_never_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } cases[] = {
        {"", "\"\""},
        {"a,b", "\"a,b\""},
        {"say \"x\"", "\"say \"\"x\"\"\""},
        {"\"", "\"\"\"\""},
        {"=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {"\xEF\xBC\x9D"
         "1",
         "\"'\xEF\xBC\x9D"
         "1\""},
        {"a=1", "\"a=1\""},
    };
    struct buffer cell = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        escape_csv(&cell, bytes_of_text(cases[i].text));
        assert_text(&cell, cases[i].cell);
    }
    buffer_release(&cell);
}

static void cut_to(const char *text, size_t width, const char *expected)
{
    struct buffer out = {0};
    struct cell cell = cell_begin(&out, width);
    cell_text(&cell, bytes_of_text(text));
    const struct page page = {.out = &out};
    page_fill(&page, &cell, (struct columns){.fill = width + 1});
    assert_text(&out, expected);
    buffer_release(&out);
}

#define DOTS "\xE2\x80\xA6"
#define DAY  "\xE6\x97\xA5"

static void cells_of_a_table_are_cut_by_columns(void **state)
{
    (void)state;
    cut_to("abcd", 4, "abcd ");
    cut_to("abc", 4, "abc  ");
    cut_to("abcde", 4, "abc" DOTS " ");
    cut_to("", 4, "     ");
    cut_to(DAY DAY, 4, DAY DAY " ");
    cut_to(DAY DAY DAY, 4, DAY DOTS "  ");
    cut_to("a" DAY DAY, 4, "a" DAY DOTS " ");
    cut_to("abc\x1b", 4, "abc" DOTS " ");
    cut_to("e\xCC\x81"
           "bcd",
           4,
           "e\xCC\x81"
           "bcd ");
    cut_to("abcde", 1, DOTS " ");
    cut_to("abcde", 0, "abcde");
    char pile[3 + 200];
    memset(pile, 0, sizeof(pile));
    for (unsigned i = 0; i < 100; i++)
        memcpy(pile + i * 2, "\xCC\x81", 2);
    struct buffer out = {0};
    struct cell cell = cell_begin(&out, 4);
    cell_text(&cell, bytes_of_text(pile));
    assert_true(cell.is_cut && out.length < 40);
    buffer_release(&out);
}

static void fields_are_taken_apart_and_shown_without_escapes(void **state)
{
    (void)state;
    struct bytes fields = bytes_of_text("{\"a \\\"b\\\"\":\"x\\ny\\u0007\\\\z\",\"n\":-1.5,"
                                        "\"l\":[\"a,]\",2,null,true],\"none\":null,\"e\":[]}");
    static const char *const expected[][2] = {
        {"a \"b\"", "x\ny\a\\z"}, {"n", "-1.5"}, {"l", "a,], 2, , true"}, {"none", ""}, {"e", ""}};
    struct buffer text = {0};
    struct finding_field detail;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(finding_field_next(&fields, &detail));
        finding_field_name(&text, detail.name);
        assert_text(&text, expected[i][0]);
        finding_field_value(&text, detail.value);
        assert_text(&text, expected[i][1]);
    }
    assert_false(finding_field_next(&fields, &detail));
    buffer_release(&text);
}

static void every_prefix_and_bit_flip_of_fields_is_survived(void **state)
{
    (void)state;
    static const char text[] = "{\"a\\\"b\":\"x\\ny\\u0007\",\"n\":-1,\"l\":[\"a,]\",[2],null]}";
    const size_t length = sizeof(text) - 1;
    struct buffer shown = {0};
    for (size_t bit = 0; bit < length * 8; bit++)
        for (size_t cut = 0; cut <= length; cut += bit ? length : 1) {
            uint8_t *copy = malloc(cut + 1);
            memcpy(copy, text, cut);
            if (bit && bit / 8 < cut)
                copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
            uint8_t *exact = malloc(cut ? cut : 1);
            memcpy(exact, copy, cut);
            free(copy);
            struct bytes fields = bytes_of(exact, cut);
            struct finding_field detail;
            unsigned count = 0;
            while (finding_field_next(&fields, &detail)) {
                buffer_reset(&shown);
                finding_field_name(&shown, detail.name);
                finding_field_value(&shown, detail.value);
                assert_true(++count < 10 && shown.length <= length * 2);
            }
            free(exact);
        }
    buffer_release(&shown);
}

static void telling_fields_come_first(void **state)
{
    (void)state;
    struct details *details = calloc(1, sizeof(*details));
    const struct report_options options = {0};
    details_read(details, &options,
                 bytes_of_text("{\"z\":1,\"Image\":2,\"a\":3,\"CommandLine\":4}"));
    assert_int_equal(details->count, 4);
    assert_int_equal(details->main_count, 2);
    static const char order[] = "CIza";
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(details->all[i].name.data[0], order[i]);
    details_read(details, &options, bytes_of_text("{\"z\":1,\"a\":3}"));
    assert_int_equal(details->main_count, 2);
    free(details);
}

static void tags_are_techniques_tactics_or_others(void **state)
{
    (void)state;
    char text[TAG_TEXT_BOUND];
    assert_int_equal(tag_text("attack.t1047", text), TAG_MITRE);
    assert_string_equal(text, "T1047");
    assert_int_equal(tag_text("attack.T1021.002", text), TAG_MITRE);
    assert_string_equal(text, "T1021.002");
    assert_int_equal(tag_text("attack.g0007", text), TAG_MITRE);
    assert_string_equal(text, "G0007");
    assert_int_equal(tag_text("attack.lateral_movement", text), TAG_TACTIC);
    assert_string_equal(text, "Lateral Movement");
    assert_int_equal(tag_text("attack.t10471", text), TAG_TACTIC);
    assert_int_equal(tag_text("attack.t1047.1", text), TAG_TACTIC);
    assert_int_equal(tag_text("attack.", text), TAG_TACTIC);
    assert_int_equal(tag_text("cve.2021-1", text), TAG_OTHER);
    assert_string_equal(text, "cve.2021-1");
    assert_int_equal(tag_text("", text), TAG_OTHER);
}

static void a_tally_counts_within_its_bounds(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, 100);
    for (unsigned i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%u", i % 150);
        tally_add(&tally, bytes_of_text(key), i % 150 == 7 ? SIGMA_HIGH : SIGMA_LOW,
                  (struct instant){.seconds = i});
    }
    assert_int_equal(tally.count, 100);
    assert_int_equal(tally.left_out, 300);
    tally_sort(&tally);
    assert_true(bytes_equal(tally.rows[0].key, bytes_of_text("k7")));
    assert_int_equal(tally.rows[0].total, 7);
    assert_int_equal(tally.rows[0].first.seconds, 7);
    assert_int_equal(tally.rows[0].last.seconds, 907);
    assert_true(bytes_equal(tally.rows[1].key, bytes_of_text("k0")));
    tally_release(&tally);
}

static void a_timeline_counts_everything_whatever_the_span(void **state)
{
    (void)state;
    static const int64_t steps[] = {0, 1, 7, 3600, 86400, 40000000};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct timeline timeline = {0};
        for (int64_t j = 0; j < 500; j++)
            timeline_add(&timeline, (struct instant){.seconds = -1000 + j * steps[i]},
                         j == 400 ? SIGMA_HIGH : SIGMA_LOW);
        uint64_t sum = 0;
        unsigned worst = 0;
        for (unsigned bar = 0; bar < TIMELINE_BARS; bar++) {
            sum += timeline.counts[bar];
            if (timeline.levels[bar] > worst)
                worst = timeline.levels[bar];
        }
        assert_int_equal(sum, 500);
        assert_int_equal(worst, SIGMA_HIGH);
        assert_true(timeline.used <= TIMELINE_BARS);
        assert_true(steps[i] == 0 || timeline.used > TIMELINE_BARS / 6);
    }
}

static void an_unknown_and_an_absurd_time_are_not_in_the_timeline(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    timeline_add(&timeline, (struct instant){.seconds = INSTANT_NONE}, SIGMA_LOW);
    timeline_add(&timeline, (struct instant){.seconds = INT64_MAX}, SIGMA_LOW);
    assert_int_equal(timeline.used, 0);
    timeline_add(&timeline, (struct instant){.seconds = -11644473600}, SIGMA_LOW);
    timeline_add(&timeline, (struct instant){.seconds = 253402300799}, SIGMA_LOW);
    assert_int_equal(timeline.counts[0], 1);
    assert_int_equal(timeline.counts[timeline.used - 1], 1);
    struct buffer out = {0};
    timeline_write(&timeline, &(struct page){.out = &out, .paint = &paint_plain});
    assert_true(out.length > 0 && !out.failed);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_plain_character_is_shown),
        cmocka_unit_test(every_two_bytes_are_shown_as_harmless_text),
        cmocka_unit_test(cells_of_csv_are_quoted_and_never_formulas),
        cmocka_unit_test(cells_of_a_table_are_cut_by_columns),
        cmocka_unit_test(fields_are_taken_apart_and_shown_without_escapes),
        cmocka_unit_test(every_prefix_and_bit_flip_of_fields_is_survived),
        cmocka_unit_test(telling_fields_come_first),
        cmocka_unit_test(tags_are_techniques_tactics_or_others),
        cmocka_unit_test(a_tally_counts_within_its_bounds),
        cmocka_unit_test(a_timeline_counts_everything_whatever_the_span),
        cmocka_unit_test(an_unknown_and_an_absurd_time_are_not_in_the_timeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static void assert_writes(struct instant instant, const char *text)
{
    char to[INSTANT_TEXT_BOUND];
    assert_int_equal(instant_write(to, instant), strlen(text));
    assert_memory_equal(to, text, strlen(text));
}

static struct instant parsed(const char *text)
{
    struct instant instant = {.seconds = INSTANT_NONE};
    assert_int_equal(instant_parse(bytes_of_text(text), &instant), STATUS_OK);
    return instant;
}

static void a_filetime_counts_from_1601(void **state)
{
    (void)state;
    assert_writes(instant_from_filetime(0), "1601-01-01T00:00:00.0000000Z");
    assert_writes(instant_from_filetime(1), "1601-01-01T00:00:00.0000001Z");
    assert_writes(instant_from_filetime(116444736000000000), "1970-01-01T00:00:00.0000000Z");
    assert_writes(instant_from_filetime(132223104000000007), "2020-01-01T00:00:00.0000007Z");
}

static void years_are_clamped_at_their_ends(void **state)
{
    (void)state;
    char text[INSTANT_TEXT_BOUND];
    assert_writes(parsed("0000-01-01T00:00:00Z"), "0000-01-01T00:00:00Z");
    assert_writes(parsed("9999-12-31T23:59:59.999999999Z"), "9999-12-31T23:59:59.999999999Z");
    instant_write(text, instant_from_filetime(UINT64_MAX));
    assert_memory_equal(text, "9999-12-31T", 11);
    instant_write(text, (struct instant){.seconds = INT64_MAX});
    assert_memory_equal(text, "9999-12-31T", 11);
    instant_write(text, (struct instant){.seconds = INT64_MIN + 1});
    assert_memory_equal(text, "0000-01-01T", 11);
}

static void nothing_is_written_for_an_unknown_moment(void **state)
{
    (void)state;
    char text[INSTANT_TEXT_BOUND];
    assert_int_equal(instant_write(text, (struct instant){.seconds = INSTANT_NONE}), 0);
}

static void as_many_digits_as_the_source_gave(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2026-03-02T09:00:00Z",         "2026-03-02T09:00:00.1Z",
        "2026-03-02T09:00:00.120Z",     "2026-03-02T09:00:00.123456Z",
        "2026-03-02T09:00:00.1234567Z", "2026-03-02T09:00:00.123456789Z",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_writes(parsed(texts[i]), texts[i]);
    assert_writes(parsed("2026-03-02T09:00:00.12345678987654Z"), texts[5]);
}

static void every_day_is_the_same_as_the_c_library_says(void **state)
{
    (void)state;
    for (int64_t day = -800000; day <= 2932896; day += 13) {
        char text[INSTANT_TEXT_BOUND], expected[40];
        const time_t seconds = (time_t)(day * 86400 + day % 86400);
        struct tm broken;
        assert_non_null(gmtime_r(&seconds, &broken));
        if (broken.tm_year < -1900)
            continue;
        strftime(expected, sizeof(expected), "-%m-%dT%H:%M:%SZ", &broken);
        assert_int_equal(instant_write(text, (struct instant){.seconds = seconds}), 20);
        assert_memory_equal(text + 4, expected, 16);
        text[20] = '\0';
        assert_int_equal(parsed(text).seconds, seconds);
    }
}

static void zones_are_taken_off(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2026-03-02T09:00:00Z",      "2026-03-02t09:00:00z",     "2026-03-02 09:00:00",
        "2026-03-02T10:30:00+01:30", "2026-03-02T10:30:00+0130", "2026-03-02T11:00:00+02",
        "2026-03-01T21:30:00-11:30", "2026-03-02T09:00:00,0",
    };
    for (size_t i = 0; i < COUNT_OF(same); i++)
        assert_int_equal(instant_compare(parsed(same[i]), parsed(same[0])), 0);
}

static void what_is_no_time_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-03-02T09:00",
        "2026-13-02T09:00:00Z",
        "2026-00-02T09:00:00Z",
        "2026-03-32T09:00:00Z",
        "2026-03-00T09:00:00Z",
        "2026-04-31T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2100-02-29T09:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:60:00Z",
        "2026-03-02T09:00:61Z",
        "2026-03-02X09:00:00Z",
        "2026-03-02T09:00:00.Z",
        "2026-03-02T09:00:00ZZ",
        "2026-03-02T09:00:00+1",
        "2026-03-02T09:00:00+24:00",
        "2026-03-02T09:00:00+01:60",
        "2026-03-02T09:00:00+01:3",
        "-026-03-02T09:00:00Z",
        "2026-03-02T09:00:0 Z",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct instant instant = {.seconds = 7, .nanos = 8, .digits = 9};
        assert_int_equal(instant_parse(bytes_of_text(wrong[i]), &instant), STATUS_INVALID);
        assert_int_equal(instant.seconds, 7);
        assert_int_equal(instant.nanos, 8);
    }
}

static void moments_are_ordered_and_an_unknown_one_comes_first(void **state)
{
    (void)state;
    const struct instant none = {.seconds = INSTANT_NONE}, early = parsed("2026-03-02T09:00:00Z");
    const struct instant late = parsed("2026-03-02T09:00:00.000000001Z");
    assert_int_equal(instant_compare(none, early), -1);
    assert_int_equal(instant_compare(early, late), -1);
    assert_int_equal(instant_compare(late, early), 1);
    assert_int_equal(instant_compare(early, parsed("2026-03-02T09:00:00.000Z")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filetime_counts_from_1601),
        cmocka_unit_test(years_are_clamped_at_their_ends),
        cmocka_unit_test(nothing_is_written_for_an_unknown_moment),
        cmocka_unit_test(as_many_digits_as_the_source_gave),
        cmocka_unit_test(every_day_is_the_same_as_the_c_library_says),
        cmocka_unit_test(zones_are_taken_off),
        cmocka_unit_test(what_is_no_time_is_refused_and_changes_nothing),
        cmocka_unit_test(moments_are_ordered_and_an_unknown_one_comes_first),
    };
    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}

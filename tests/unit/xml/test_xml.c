#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int new_harness(void **state)
{
    *state = harness_new(&reader_xml);
    return *state ? 0 : 1;
}

static int free_harness(void **state)
{
    harness_free(*state);
    return 0;
}

#define assert_event(harness, index, text) assert_string_equal(harness_event(harness, index), text)

static bool recognises(const char *text)
{
    return reader_xml.recognises(bytes_of_text(text), NULL);
}

/* As wevtutil writes it. */
#define EVENT                                                                                      \
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "      \
    "Name='Service Control Manager' Guid='{555908d1-a6d7}' EventSourceName='SCM'/>"                \
    "<EventID Qualifiers='16384'>7045</EventID><Version>0</Version><Level>4</Level><Task>0</Task>" \
    "<Opcode>0</Opcode><Keywords>0x8080000000000000</Keywords>"                                    \
    "<TimeCreated SystemTime='2024-03-01T10:11:12.123456700Z'/>"                                   \
    "<EventRecordID>991</EventRecordID><Correlation/><Execution ProcessID='540' ThreadID='612'/>"  \
    "<Channel>System</Channel><Computer>FS01.lab.example</Computer><Security UserID='S-1-5-18'/>"  \
    "</System><EventData><Data Name='ServiceName'>x</Data>"                                        \
    "<Data Name='ImagePath'>C:\\x.exe</Data></EventData></Event>"

static const char fields[] =
    "{\"Provider_Name\":\"Service Control Manager\",\"Provider_Guid\":\"{555908d1-a6d7}\","
    "\"Provider_EventSourceName\":\"SCM\",\"Qualifiers\":16384,\"EventID\":7045,\"Version\":0,"
    "\"Level\":4,\"Task\":0,\"Opcode\":0,\"Keywords\":\"0x8080000000000000\","
    "\"TimeCreated\":\"2024-03-01T10:11:12.1234567Z\",\"EventRecordID\":991,"
    "\"Execution_ProcessID\":540,\"Execution_ThreadID\":612,\"Channel\":\"System\","
    "\"Computer\":\"FS01.lab.example\",\"Security_UserID\":\"S-1-5-18\",\"ServiceName\":\"x\","
    "\"ImagePath\":\"C:\\\\x.exe\"}";

static void an_event_of_wevtutil_has_the_fields_of_the_log(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, EVENT);
    assert_int_equal(harness->status, STATUS_END);
    assert_int_equal(harness->count, 1);
    assert_int_equal(harness->account.damaged, 0);
    assert_event(harness, 0, fields);
    assert_string_equal(harness_time(harness, 0), "2024-03-01T10:11:12.1234567Z");
    assert_int_equal(harness_number(harness, 0, "#record"), 991);
}

static void events_are_found_whatever_stands_around_them(void **state)
{
    static const char *const texts[] = {
        EVENT EVENT EVENT,
        EVENT "\r\n" EVENT "\r\n" EVENT "\r\n",
        "<Events>\n" EVENT "\n" EVENT EVENT "</Events>\n",
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<Events>" EVENT EVENT EVENT
        "</Events>",
        "\xEF\xBB\xBF<!-- saved --><Root a='1'>" EVENT "<!-- x -->" EVENT EVENT "</Root>",
    };
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_true(recognises(texts[i]));
        harness_text(harness, texts[i]);
        assert_int_equal(harness->account.damaged, 0);
        assert_int_equal(harness->count, 3);
        for (size_t index = 0; index < 3; index++) {
            assert_event(harness, index, fields);
            const char *at = texts[i] + harness_number(harness, index, "#offset");
            assert_memory_equal(at, "<Event ", 7);
        }
    }
}

static void indented_xml_has_the_same_fields(void **state)
{
    struct harness *harness = *state;
    harness_text(harness,
                 "<Event>\n  <System>\n    <Provider Name=\"P\"  />\n    <EventID"
                 ">1</EventID>\n  </System>\n  <EventData>\n    <Data Name=\"a\">1</Data>\n"
                 "    <Data Name=\"b\"></Data>\n    <Data Name=\"c\" />\n"
                 "    <Data Name=\"d\"> </Data>\n  </EventData>\n</Event>\n");
    assert_event(harness, 0,
                 "{\"Provider_Name\":\"P\",\"EventID\":1,\"a\":\"1\",\"b\":\"\",\"c\":null,"
                 "\"d\":\" \"}");
    assert_int_equal(harness->account.damaged, 0);
}

static void utf16_is_read(void **state)
{
    struct harness *harness = *state;
    struct buffer wide = {0};
    buffer_bytes(&wide, "\xFF\xFE", 2);
    for (const char *at = EVENT EVENT; *at; at++)
        buffer_bytes(&wide, (const char[]){*at, 0}, 2);
    assert_true(reader_xml.recognises(buffer_view(&wide), NULL));
    harness_run(harness, buffer_view(&wide));
    assert_event(harness, 1, fields);
    assert_int_equal(harness_number(harness, 1, "#offset"), 2 + 2 * strlen(EVENT));
    buffer_release(&wide);
}

static void references_and_sections_are_undone(void **state)
{
    struct harness *harness = *state;
    harness_text(harness,
                 "<Event><EventData><Data Name='a&lt;b'>x &amp; &lt;y&gt; &quot;&apos;&#65;&#x42;"
                 "&unknown; &#xD800; &</Data><Data Name='c'>1<![CDATA[<Data>&amp;]]>2<!-- no -->3"
                 "</Data></EventData></Event>");
    assert_event(harness, 0,
                 "{\"a<b\":\"x & <y> \\\"'AB&unknown; \xEF\xBF\xBD &\",\"c\":\"1<Data>&amp;23\"}");
    assert_int_equal(harness->account.damaged, 0);
}

static void data_without_names_is_one_list(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "<Event><EventData><Data>a</Data><Data></Data><Data>c</Data>"
                          "<Binary>00FF</Binary></EventData></Event>"
                          "<Event><EventData><Data>a</Data></EventData></Event>");
    assert_event(harness, 0, "{\"Data\":[\"a\",\"\",\"c\"],\"Binary\":\"00FF\"}");
    assert_event(harness, 1, "{\"Data\":\"a\"}");
}

static void user_data_goes_by_the_names_of_its_leaves(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "<Event><UserData><LogFileCleared xmlns='n' xmlns:a='m'><Channel>Security"
                          "</Channel><Result value='0'>fine</Result><Flags value='1'></Flags><X/>"
                          "</LogFileCleared></UserData></Event>"
                          "<Event><UserData><Event><a>1</a></Event></UserData></Event>");
    assert_int_equal(harness->count, 2);
    assert_event(harness, 1, "{\"a\":\"1\"}");
    assert_event(harness, 0,
                 "{\"Channel\":\"Security\",\"Result_value\":\"0\",\"Result\":\"fine\","
                 "\"Flags_value\":\"1\",\"X\":null}");
}

static void what_was_seen_before_does_not_mislead(void **state)
{
    /* Each record begins as one before it and goes on in another way. */
    static const char text[] =
        "<Event><UserData><A></A></UserData></Event>"
        "<Event><UserData><A><B>1</B></A></UserData></Event>"
        "<Event><UserData><A> <B>2</B></A></UserData></Event>"
        "<Event><UserData><A x='1'></A></UserData></Event>"
        "<Event><UserData><A x='1'>3</A></UserData></Event>"
        "<Event><UserData><A x='1'/></UserData></Event>"
        "<Event><UserData><A/></UserData></Event>"
        "<Event><UserData><A>4</A></UserData></Event>"
        "<Event><EventData><Data Name='x='/><Data Name='>'/><Data Name=''/></EventData></Event>";
    static const char *const want[] = {
        "{\"A\":\"\"}",
        "{\"B\":\"1\"}",
        "{\"B\":\"2\"}",
        "{\"A_x\":\"1\"}",
        "{\"A_x\":\"1\",\"A\":\"3\"}",
        "{\"A_x\":\"1\"}",
        "{\"A\":null}",
        "{\"A\":\"4\"}",
        "{\"x=\":null,\">\":null,\"Data\":null}",
    };
    struct harness *harness = *state;
    for (unsigned round = 0; round < 2; round++) {
        harness_text(harness, text);
        for (size_t i = 0; i < COUNT_OF(want); i++)
            assert_event(harness, i, want[i]);
    }
}

static void an_event_without_anything_is_an_event(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "<Events><Event /><Event xmlns='x'></Event><Event a='1'/></Events>");
    assert_int_equal(harness->count, 3);
    assert_int_equal(harness->account.damaged, 0);
    assert_event(harness, 2, "{\"Event_a\":\"1\"}");
}

static void rendered_texts_keep_apart_from_the_fields(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "<Event><System><Level>4</Level></System><RenderingInfo Culture='en-US'>"
                          "<Message>m</Message><Level>Information</Level></RenderingInfo></Event>");
    assert_event(harness, 0,
                 "{\"Level\":4,\"RenderingInfo_Culture\":\"en-US\",\"RenderingInfo_Message\":\"m\","
                 "\"RenderingInfo_Level\":\"Information\"}");
}

static void only_windows_events_are_taken_for_evidence(void **state)
{
    (void)state;
    static const char *const yes[] = {EVENT, " \r\n<Event><System>", "<Events></Events>",
                                      "<?xml version='1.0'?><Events xmlns='x'><Event><System>"};
    static const char *const no[] = {"",
                                     " \n",
                                     "<html>",
                                     "<Eventful><System>",
                                     "<Event><a/>",
                                     "text <Event><System>",
                                     "<EventData>",
                                     "{\"a\":\"<Event><System>\"}"};
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

#define ONE "<Event><System><EventID>1</EventID></System></Event>\n"

static void a_damaged_event_costs_only_itself(void **state)
{
    static const struct damage cases[] = {
        {ONE "rubbish\n" ONE, 2, 1, "offset 53: text that is no event"},
        {ONE "<Event><System></Event>\n" ONE, 2, 1,
         "offset 53: an element that is closed by another's name"},
        {ONE "<Event><System><EventID>1</EventID>\n" ONE, 2, 1,
         "offset 53: an event within an event"},
        {ONE "<Event><System x=1></System></Event>\n" ONE, 2, 1, "offset 53: a wrong attribute"},
        {ONE "<Event><System>text<a/></System></Event>\n" ONE, 2, 1,
         "offset 53: an element within a text"},
        {ONE "<Event><System><a/>text</System></Event>\n" ONE, 2, 1,
         "offset 53: text between elements"},
        {ONE "<Event><System><></System></Event>\n" ONE, 2, 1,
         "offset 53: an element without a name"},
        {ONE "<Event><System><EventID>1</Eve", 1, 1, "offset 53: the event is cut off"},
        {ONE "<Event><System><EventID x='", 1, 1, "offset 53: the event is cut off"},
        {ONE "<Event><System><!-- ", 1, 1, "offset 53: the event is cut off"},
        {ONE "<Event", 1, 1, "offset 53: text that is no event"},
        {ONE "<Event><EventData><Data Name='a'>\xFF</Data></EventData></Event>\n", 2, 1,
         "offset 53: a record that is not UTF-8"},
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

static void deep_nesting_is_damage_and_no_danger(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    buffer_text(&text, "<Event><UserData>");
    for (int i = 0; i < 100000; i++)
        buffer_text(&text, "<a>");
    buffer_text(&text, ONE);
    harness_run(harness, buffer_view(&text));
    assert_int_equal(harness->count, 1);
    assert_int_equal(harness->account.damaged, 1);
    buffer_release(&text);
}

static void a_large_text_is_cut_between_events(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    for (int i = 0; i < 5000; i++)
        buffer_format(&text, "<Event><EventData><Data Name='n'>%d</Data></EventData>%*s</Event>%s",
                      i, i % 997, "", i & 1 ? "\n" : "");
    harness_run(harness, buffer_view(&text));
    assert_int_equal(harness->count, 5000);
    assert_int_equal(harness->account.damaged, 0);
    assert_true(harness->batches > 2);
    assert_int_equal(harness_number(harness, 4999, "#record"), 5000);
    assert_event(harness, 4999, "{\"n\":\"4999\"}");
    buffer_release(&text);
}

static void an_event_that_is_too_large_is_refused_and_the_rest_is_read(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    buffer_text(&text, ONE "<Event><EventData><Data>");
    uint8_t *room = buffer_room(&text, 66U << 20);
    memset(room, 'x', 66U << 20);
    text.length += 66U << 20;
    buffer_text(&text, "</Data></EventData></Event>\n" ONE);
    harness_run(harness, buffer_view(&text));
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness->account.damaged, 1);
    assert_string_equal(account_note_at(&harness->account, 0),
                        "offset 53: a record of more than 64 MiB is refused");
    buffer_release(&text);
}

static const char sample[] =
    "<?xml version='1.0'?><Events><Event xmlns='x'><System><Provider Name='P&amp;Q'/><EventID "
    "Qualifiers='1'>2</EventID><Correlation/></System><EventData><Data Name='a'>b&#233;</Data>"
    "<Data>c</Data><Data><![CDATA[d]]></Data></EventData></Event>\r\n<Event><UserData><E "
    "xmlns='y'><!-- z --><F g='h'>i</F></E></UserData></Event></Events>";

static void every_prefix_is_read_or_accounted_for(void **state)
{
    struct harness *harness = *state;
    for (size_t cut = 0; cut < sizeof(sample); cut++) {
        harness_run(harness, bytes_of(sample, cut));
        assert_true(harness->count <= 2);
    }
    assert_int_equal(harness->count, 2);
    assert_int_equal(harness->account.damaged, 0);
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
        assert_true(harness->count <= 2);
        assert_true(harness->count == 2 || harness->account.is_incomplete);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_wevtutil_has_the_fields_of_the_log),
        cmocka_unit_test(events_are_found_whatever_stands_around_them),
        cmocka_unit_test(indented_xml_has_the_same_fields),
        cmocka_unit_test(utf16_is_read),
        cmocka_unit_test(references_and_sections_are_undone),
        cmocka_unit_test(data_without_names_is_one_list),
        cmocka_unit_test(user_data_goes_by_the_names_of_its_leaves),
        cmocka_unit_test(what_was_seen_before_does_not_mislead),
        cmocka_unit_test(an_event_without_anything_is_an_event),
        cmocka_unit_test(rendered_texts_keep_apart_from_the_fields),
        cmocka_unit_test(only_windows_events_are_taken_for_evidence),
        cmocka_unit_test(a_damaged_event_costs_only_itself),
        cmocka_unit_test(deep_nesting_is_damage_and_no_danger),
        cmocka_unit_test(a_large_text_is_cut_between_events),
        cmocka_unit_test(an_event_that_is_too_large_is_refused_and_the_rest_is_read),
        cmocka_unit_test(every_prefix_is_read_or_accounted_for),
        cmocka_unit_test(every_flipped_bit_is_read_or_accounted_for),
    };
    return cmocka_run_group_tests_name("xml", tests, new_harness, free_harness);
}

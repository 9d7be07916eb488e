/* What a record may cost, counted. Linked with --wrap for the allocator. */
#include "readers/json/json_frame.h"
#include "readers/text/cutter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static size_t allocations;

void *__real_malloc(size_t length);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t length);
void *__wrap_malloc(size_t length);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t length);

void *__wrap_malloc(size_t length)
{
    allocations++;
    return __real_malloc(length);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t length)
{
    allocations++;
    return __real_realloc(old, length);
}

static void count_event(void *context, struct event *event)
{
    (void)event;
    ++*(size_t *)context;
}

static size_t decode(const struct reader_format *format, void *decoder, const struct batch *batch)
{
    struct account account;
    size_t events = 0;
    account_init(&account);
    format->decode(decoder, batch, &account, count_event, &events);
    assert_int_equal(account.damaged, 0);
    account_release(&account);
    return events;
}

/* Decodes the text twice; the second time nothing may be allocated. */
static void assert_no_allocations(const struct reader_format *format, struct buffer *text,
                                  size_t events)
{
    const struct reader_shared shared = {.fields = fields_new(), .shapes = shapes_new(256)};
    const struct json_frame frame = {.framing = JSON_LINES};
    const struct batch batch = {
        .data = *text,
        .own = text->length,
        .kind = format == &reader_json ? json_frame_number(&frame) << CUTTER_KIND_SHIFT : 0,
    };
    void *decoder = format->decoder_new(&shared);
    assert_int_equal(decode(format, decoder, &batch), events);
    allocations = 0;
    assert_int_equal(decode(format, decoder, &batch), events);
    assert_int_equal(allocations, 0);
    format->decoder_free(decoder);
    names_free(shared.fields);
    shapes_free(shared.shapes);
    buffer_release(text);
}

static void a_known_kind_of_record_allocates_nothing(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int i = 0; i < 1000; i++) {
        buffer_format(&text,
                      "{\"Event\":{\"System\":{\"EventID\":%d,\"TimeCreated\":{\"#attributes\":"
                      "{\"SystemTime\":\"2024-03-01T10:11:12.1234567Z\"}}},\"EventData\":"
                      "{\"Data\":{\"#text\":[\"a\",\"b\",%d]},\"x\":\"C:\\\\%d\"}}}\n",
                      i, i, i);
        buffer_format(&text, "{\"a\":%d,\"b\":{\"c\":-1.5,\"d\":null}}\n", i);
    }
    assert_no_allocations(&reader_json, &text, 2000);
}

static void a_translated_record_allocates_nothing(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int i = 0; i < 1000; i++)
        buffer_format(
            &text,
            "{\"@timestamp\":\"2024-03-01T10:11:12.123Z\",\"winlog\":{\"channel\":"
            "\"System\",\"event_id\":\"%d\",\"provider_name\":\"Microsoft-Windows-Sysmon\","
            "\"keywords\":[\"Classic\"],\"event_data\":{\"param1\":\"%d\"}},\"user\":"
            "{\"domain\":\"LAB\",\"name\":\"bob\"},\"process\":{\"pid\":%d}}\n",
            i % 3, i, i);
    assert_no_allocations(&reader_json, &text, 1000);
}

static void an_event_as_xml_allocates_nothing(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int i = 0; i < 1000; i++)
        buffer_format(&text,
                      "<Event><System><Provider Name='P'/><EventID>%d</EventID></System><EventData>"
                      "<Data Name='a'>x &amp; %d</Data><Data>u</Data><Data>v</Data></EventData>"
                      "</Event>\n",
                      i, i);
    assert_no_allocations(&reader_xml, &text, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_kind_of_record_allocates_nothing),
        cmocka_unit_test(a_translated_record_allocates_nothing),
        cmocka_unit_test(an_event_as_xml_allocates_nothing),
    };
    return cmocka_run_group_tests_name("json budget", tests, NULL, NULL);
}

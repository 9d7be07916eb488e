#include "cli/event_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NAMESPACE "http://schemas.microsoft.com/win/2004/08/events/event"
#define BEGIN     "{\"Event\":{\"#attributes\":{\"xmlns\":\"" NAMESPACE "\"},\"System\":{"

static struct value text_value(const char *text)
{
    return (struct value){
        .type = VALUE_UTF8, .length = (uint32_t)strlen(text), .data = (const uint8_t *)text};
}

struct field {
    const char *name;
    struct value value;
};

/* What an event of these fields becomes, against what it should. */
static void expect(const struct field *fields, uint32_t count, enum reader_text form,
                   const char *expected)
{
    struct names *names = fields_new();
    struct event_writer *writer = event_writer_new(names);
    name_id ids[16];
    struct value values[16];
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = names_intern(names, bytes_of_text(fields[i].name));
        values[i] = fields[i].value;
    }
    struct shape shape;
    shape_init(&shape, ids, count);
    struct event event = {.shape = &shape, .values = values, .cache = event_cache_new()};
    event_begin(&event);
    static const struct reader_format format = {.name = "without a form of its own"};
    const struct pipeline_view view = {.event = &event, .format = &format};
    struct buffer text = {0};
    event_write(writer, &view, form, &text);
    buffer_byte(&text, '\0');
    assert_string_equal((const char *)text.data, expected);
    buffer_release(&text);
    event_cache_free(event.cache);
    event_writer_free(writer);
    names_free(names);
}

static void fields_of_the_envelope_are_the_system_element(void **state)
{
    const struct field fields[] = {
        {"Computer", text_value("dc1")},
        {"Provider_Name", text_value("P")},
        {"EventID", {.type = VALUE_UINT, .number = 4624}},
        {"Execution_ProcessID", text_value("716")},
        {"Security_UserID", text_value("S-1-5-18")},
        {"A", text_value("b\"c")},
        {"Gone", {.type = VALUE_ABSENT}},
        {"Nothing", {.type = VALUE_NULL}},
    };
    (void)state;
    expect(fields, COUNT_OF(fields), READER_TEXT_JSON,
           BEGIN "\"Provider\":{\"#attributes\":{\"Name\":\"P\"}},\"EventID\":4624,"
                 "\"Correlation\":null,\"Execution\":{\"#attributes\":{\"ProcessID\":716}},"
                 "\"Computer\":\"dc1\",\"Security\":{\"#attributes\":{\"UserID\":\"S-1-5-18\"}}},"
                 "\"EventData\":{\"A\":\"b\\\"c\",\"Nothing\":null}}}");
    expect(fields, COUNT_OF(fields), READER_TEXT_XML,
           "<Event xmlns=\"" NAMESPACE "\"><System><Provider Name=\"P\"/><EventID>4624</EventID>"
           "<Correlation/><Execution ProcessID=\"716\"/><Computer>dc1</Computer>"
           "<Security UserID=\"S-1-5-18\"/></System><EventData><Data Name=\"A\">b&quot;c</Data>"
           "<Data Name=\"Nothing\"></Data></EventData></Event>");
}

static void an_event_id_has_its_qualifiers_beside_it(void **state)
{
    const struct field fields[] = {
        {"EventID", text_value("7036")},
        {"Qualifiers", {.type = VALUE_UINT, .number = 16384}},
    };
    (void)state;
    expect(fields, COUNT_OF(fields), READER_TEXT_JSON,
           BEGIN "\"EventID\":{\"#attributes\":{\"Qualifiers\":16384},\"#text\":7036},"
                 "\"Correlation\":null,\"Security\":null},\"EventData\":null}}");
}

static void values_without_a_name_are_a_list(void **state)
{
    const struct value items[] = {text_value("one"), text_value("two")};
    const struct field fields[] = {
        {"Data", {.type = VALUE_LIST, .length = 2, .items = items}},
    };
    (void)state;
    expect(fields, COUNT_OF(fields), READER_TEXT_JSON,
           BEGIN "\"Correlation\":null,\"Security\":null},"
                 "\"EventData\":{\"Data\":{\"#text\":[\"one\",\"two\"]}}}}");
    expect(fields, COUNT_OF(fields), READER_TEXT_XML,
           "<Event xmlns=\"" NAMESPACE "\"><System><Correlation/><Security/></System><EventData>"
           "<Data>one</Data><Data>two</Data></EventData></Event>");
}

static void repeated_names_are_numbered(void **state)
{
    const struct field fields[] = {
        {"A", text_value("1")}, {"B", text_value("2")}, {"A", text_value("3")}};
    (void)state;
    expect(fields, COUNT_OF(fields), READER_TEXT_JSON,
           BEGIN "\"Correlation\":null,\"Security\":null},"
                 "\"EventData\":{\"A\":\"1\",\"B\":\"2\",\"A_1\":\"3\"}}}");
}

static void numbers_that_would_change_stay_text(void **state)
{
    const struct field fields[] = {{"Version", text_value("007")}, {"Level", text_value("")}};
    (void)state;
    expect(fields, COUNT_OF(fields), READER_TEXT_JSON,
           BEGIN "\"Version\":\"007\",\"Level\":\"\",\"Correlation\":null,\"Security\":null},"
                 "\"EventData\":null}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_the_envelope_are_the_system_element),
        cmocka_unit_test(an_event_id_has_its_qualifiers_beside_it),
        cmocka_unit_test(values_without_a_name_are_a_list),
        cmocka_unit_test(repeated_names_are_numbered),
        cmocka_unit_test(numbers_that_would_change_stay_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/event_text.h"

#include <assert.h>
#include <stdlib.h>

#define NAMESPACE "http://schemas.microsoft.com/win/2004/08/events/event"

/* Windows' System element, in its order: an element's attributes, then its text. */
struct system_row {
    const char *element;
    const char *attribute; /* NULL: the text */
    const char *field;
    bool is_number; /* in JSON, though an exporter may have made text of it */
};

static const struct system_row rows[] = {
    {"Provider", "Name", "Provider_Name", false},
    {"Provider", "Guid", "Provider_Guid", false},
    {"Provider", "EventSourceName", "Provider_EventSourceName", false},
    {"EventID", "Qualifiers", "Qualifiers", true},
    {"EventID", NULL, "EventID", true},
    {"Version", NULL, "Version", true},
    {"Level", NULL, "Level", true},
    {"Task", NULL, "Task", true},
    {"Opcode", NULL, "Opcode", true},
    {"Keywords", NULL, "Keywords", false},
    {"TimeCreated", "SystemTime", "TimeCreated", false},
    {"EventRecordID", NULL, "EventRecordID", true},
    {"Correlation", "ActivityID", "Correlation_ActivityID", false},
    {"Correlation", "RelatedActivityID", "Correlation_RelatedActivityID", false},
    {"Execution", "ProcessID", "Execution_ProcessID", true},
    {"Execution", "ThreadID", "Execution_ThreadID", true},
    {"Execution", "ProcessorID", "Execution_ProcessorID", true},
    {"Execution", "SessionID", "Execution_SessionID", true},
    {"Execution", "KernelTime", "Execution_KernelTime", true},
    {"Execution", "UserTime", "Execution_UserTime", true},
    {"Execution", "ProcessorTime", "Execution_ProcessorTime", true},
    {"Channel", NULL, "Channel", false},
    {"Computer", NULL, "Computer", false},
    {"Security", "UserID", "Security_UserID", false},
};

#define ROW_COUNT COUNT_OF(rows)
#define NO_ROW    UINT8_MAX

struct event_writer {
    const struct names *fields;
    name_id data;    /* of values without a name */
    uint8_t *row_of; /* by name id */
    name_id row_of_count;
};

struct event_writer *event_writer_new(struct names *fields)
{
    struct event_writer *writer = calloc(1, sizeof(*writer));
    name_id ids[ROW_COUNT];
    if (!writer)
        return NULL;
    writer->fields = fields;
    writer->data = names_intern(fields, bytes_of_text("Data"));
    for (size_t i = 0; i < ROW_COUNT; i++) {
        ids[i] = names_intern(fields, bytes_of_text(rows[i].field));
        if (ids[i] >= writer->row_of_count)
            writer->row_of_count = ids[i] + 1;
    }
    writer->row_of = malloc(writer->row_of_count);
    if (!writer->row_of) {
        free(writer);
        return NULL;
    }
    memset(writer->row_of, NO_ROW, writer->row_of_count);
    for (size_t i = 0; i < ROW_COUNT; i++)
        writer->row_of[ids[i]] = (uint8_t)i;
    return writer;
}

void event_writer_free(struct event_writer *writer)
{
    if (writer)
        free(writer->row_of);
    free(writer);
}

struct bytes event_channel(const struct event *event)
{
    uint16_t slot = event->shape->known[FIELD_CHANNEL];
    if (slot == SHAPE_NO_SLOT)
        slot = event->shape->known[FIELD_STREAM];
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, slot);
}

/* The values of an event by row, and the rest in its order. */
struct sorted {
    const struct event_writer *writer;
    const struct event *event;
    const struct value *system[ROW_COUNT]; /* NULL: it has none */
    uint16_t data[SHAPE_FIELDS_MAX];       /* slots */
    uint32_t data_count;
};

static uint8_t row_of(const struct event_writer *writer, name_id field)
{
    return field < writer->row_of_count ? writer->row_of[field] : NO_ROW;
}

bool event_writer_is_system(const struct event_writer *writer, name_id field)
{
    return row_of(writer, field) != NO_ROW;
}

static void sort(struct sorted *sorted, const struct event_writer *writer,
                 const struct event *event)
{
    sorted->writer = writer;
    sorted->event = event;
    sorted->data_count = 0;
    memset(sorted->system, 0, sizeof(sorted->system));
    for (uint32_t slot = 0; slot < event->shape->count; slot++) {
        const uint8_t row = row_of(writer, event->shape->fields[slot]);
        if (!value_is_there(&event->values[slot]))
            continue;
        if (row != NO_ROW && !sorted->system[row])
            sorted->system[row] = &event->values[slot];
        else
            sorted->data[sorted->data_count++] = (uint16_t)slot;
    }
}

/* How many fields of the same name stand before it. */
static uint32_t repeats(const struct sorted *sorted, uint32_t index)
{
    const struct shape *shape = sorted->event->shape;
    const name_id field = shape->fields[sorted->data[index]];
    uint32_t count = 0;
    if (shape_slot(shape, field) == sorted->data[index])
        return 0;
    for (uint32_t i = 0; i < index; i++)
        count += shape->fields[sorted->data[i]] == field;
    return count;
}

static bool same_element(size_t row, size_t other)
{
    return other < ROW_COUNT && strcmp(rows[row].element, rows[other].element) == 0;
}

/* The rows of one element are neighbours: the first behind it. */
static size_t element_end(size_t row)
{
    size_t end = row;
    while (same_element(row, end))
        end++;
    return end;
}

static bool has_any(const struct sorted *sorted, size_t row, size_t end)
{
    for (; row < end; row++)
        if (sorted->system[row])
            return true;
    return false;
}

/* Windows writes these two also when they say nothing. */
static bool is_constant(const char *element)
{
    return strcmp(element, "Correlation") == 0 || strcmp(element, "Security") == 0;
}

static bool is_digits(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.length > 0 && text.length < 20 && (text.data[0] != '0' || text.length == 1);
}

/* --- JSON: evtx_dump puts attributes under #attributes, and the text beside them under #text ---
 */

static void json_value(const struct sorted *sorted, size_t row, struct buffer *to)
{
    const struct value *value = sorted->system[row];
    const struct bytes text = bytes_of(value->data, value->length);
    const bool is_text = value->type == VALUE_UTF8 || value->type == VALUE_ESCAPED;
    if (rows[row].is_number && is_text && is_digits(text))
        buffer_bytes(to, text.data, text.length);
    else
        value_append_json(to, value);
}

static void json_attributes(const struct sorted *sorted, size_t row, size_t end, struct buffer *to)
{
    const char *separator = "\"#attributes\":{\"";
    for (; row < end; row++) {
        if (!sorted->system[row] || !rows[row].attribute)
            continue;
        buffer_text(to, separator);
        buffer_text(to, rows[row].attribute);
        buffer_text(to, "\":");
        json_value(sorted, row, to);
        separator = ",\"";
    }
    buffer_byte(to, '}');
}

static void json_element(const struct sorted *sorted, size_t row, size_t end, struct buffer *to)
{
    const bool has_text = !rows[end - 1].attribute && sorted->system[end - 1];
    const bool has_attributes = has_any(sorted, row, has_text ? end - 1 : end);
    if (!has_text && !has_attributes) {
        buffer_text(to, "null");
    } else if (!has_attributes) {
        json_value(sorted, end - 1, to);
    } else {
        buffer_byte(to, '{');
        json_attributes(sorted, row, end, to);
        if (has_text) {
            buffer_text(to, ",\"#text\":");
            json_value(sorted, end - 1, to);
        }
        buffer_byte(to, '}');
    }
}

static void json_system(const struct sorted *sorted, struct buffer *to)
{
    const char *separator = "\"";
    for (size_t row = 0, end; row < ROW_COUNT; row = end) {
        end = element_end(row);
        if (!is_constant(rows[row].element) && !has_any(sorted, row, end))
            continue;
        buffer_text(to, separator);
        buffer_text(to, rows[row].element);
        buffer_text(to, "\":");
        json_element(sorted, row, end, to);
        separator = ",\"";
    }
}

static void json_data(const struct sorted *sorted, uint32_t index, struct buffer *to)
{
    const uint16_t slot = sorted->data[index];
    const name_id field = sorted->event->shape->fields[slot];
    const uint32_t number = repeats(sorted, index);
    buffer_byte(to, '"');
    buffer_json_inside(to, names_text(sorted->writer->fields, field));
    if (number)
        buffer_format(to, "_%u", number);
    buffer_text(to, "\":");
    const bool is_nameless = field == sorted->writer->data;
    buffer_text(to, is_nameless ? "{\"#text\":" : "");
    value_append_json(to, &sorted->event->values[slot]);
    buffer_text(to, is_nameless ? "}" : "");
}

static void json_write(const struct sorted *sorted, struct buffer *to)
{
    buffer_text(to, "{\"Event\":{\"#attributes\":{\"xmlns\":\"" NAMESPACE "\"},\"System\":{");
    json_system(sorted, to);
    buffer_text(to, sorted->data_count ? "},\"EventData\":{" : "},\"EventData\":null");
    for (uint32_t i = 0; i < sorted->data_count; i++) {
        if (i)
            buffer_byte(to, ',');
        json_data(sorted, i, to);
    }
    buffer_text(to, sorted->data_count ? "}}}" : "}}");
}

/* --- XML --- */

static void xml_value(const struct value *value, struct buffer *to)
{
    struct buffer text = {0};
    value_append(&text, value);
    to->failed |= text.failed;
    buffer_xml(to, buffer_view(&text));
    buffer_release(&text);
}

static void xml_element(const struct sorted *sorted, size_t row, size_t end, struct buffer *to)
{
    const struct value *text = rows[end - 1].attribute ? NULL : sorted->system[end - 1];
    buffer_format(to, "<%s", rows[row].element);
    for (size_t i = row; i < end; i++) {
        if (!sorted->system[i] || !rows[i].attribute)
            continue;
        buffer_format(to, " %s=\"", rows[i].attribute);
        xml_value(sorted->system[i], to);
        buffer_byte(to, '"');
    }
    if (!text) {
        buffer_text(to, "/>");
        return;
    }
    buffer_byte(to, '>');
    xml_value(text, to);
    buffer_format(to, "</%s>", rows[row].element);
}

static void xml_data(const struct sorted *sorted, uint32_t index, struct buffer *to)
{
    const uint16_t slot = sorted->data[index];
    const name_id field = sorted->event->shape->fields[slot];
    const struct value *value = &sorted->event->values[slot];
    const uint32_t count = value->type == VALUE_LIST ? value->length : 1;
    for (uint32_t i = 0; i < count; i++) {
        buffer_text(to, "<Data");
        if (field != sorted->writer->data) {
            buffer_text(to, " Name=\"");
            buffer_xml(to, names_text(sorted->writer->fields, field));
            buffer_byte(to, '"');
        }
        buffer_byte(to, '>');
        xml_value(value->type == VALUE_LIST ? &value->items[i] : value, to);
        buffer_text(to, "</Data>");
    }
}

static void xml_write(const struct sorted *sorted, struct buffer *to)
{
    buffer_text(to, "<Event xmlns=\"" NAMESPACE "\"><System>");
    for (size_t row = 0, end; row < ROW_COUNT; row = end) {
        end = element_end(row);
        if (is_constant(rows[row].element) || has_any(sorted, row, end))
            xml_element(sorted, row, end, to);
    }
    buffer_text(to, sorted->data_count ? "</System><EventData>" : "</System><EventData/>");
    for (uint32_t i = 0; i < sorted->data_count; i++)
        xml_data(sorted, i, to);
    buffer_text(to, sorted->data_count ? "</EventData></Event>" : "</Event>");
}

void event_write(const struct event_writer *writer, const struct pipeline_view *view,
                 enum reader_text text, struct buffer *to)
{
    if (view->format->render && view->format->render(view->decoder, text, to))
        return;
    struct sorted sorted;
    sort(&sorted, writer, view->event);
    if (text == READER_TEXT_XML)
        xml_write(&sorted, to);
    else
        json_write(&sorted, to);
}

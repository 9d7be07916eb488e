#include "cli/zeek.h"

#include "base/attributes.h"

#include <stdio.h>
#include <stdlib.h>

enum zeek_type {
    ZEEK_STRING,
    ZEEK_STATUS, /* a string without STATUS_ */
    ZEEK_COUNT,
    ZEEK_BOOL,
    ZEEK_TIME,
    ZEEK_INTERVAL,
    ZEEK_LIST, /* of strings; a text is its items with commas between */
    ZEEK_INTERVALS,
};

struct zeek_field {
    const char *log, *name;
    enum zeek_type type;
    const char *otherwise; /* JSON to write when the event has no such field; "": nothing */
};

#include "zeek_logs_table.h"

#define FIELD_COUNT COUNT_OF(zeek_fields)

struct zeek_writer {
    struct names *fields;
    name_id ids[FIELD_COUNT];
};

struct zeek_writer *zeek_writer_new(struct names *fields)
{
    struct zeek_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return NULL;
    writer->fields = fields;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        writer->ids[i] = names_intern(fields, bytes_of_text(zeek_fields[i].name));
    return writer;
}

void zeek_writer_free(struct zeek_writer *writer)
{
    free(writer);
}

struct bytes zeek_log(const struct event *event)
{
    const uint16_t slot = event->shape->known[FIELD_STREAM];
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, slot);
}

/* --- Values --- */

/* Zeek's numbers with a fraction: six digits at most, one at least. */
static void real_write(struct buffer *to, double real)
{
    char text[64];
    const int length = snprintf(text, sizeof(text), "%.6f", real);
    size_t end = length > 0 ? (size_t)length : 0;
    while (end > 2 && text[end - 1] == '0' && text[end - 2] != '.')
        end--;
    buffer_bytes(to, text, end);
}

static void instant_write_epoch(struct buffer *to, struct instant time)
{
    real_write(to, (double)time.seconds + (double)(time.nanos / 1000) / 1e6);
}

static bool is_textual(const struct value *value)
{
    return value->type == VALUE_UTF8 || value->type == VALUE_UTF16 || value->type == VALUE_ANSI ||
           value->type == VALUE_ESCAPED;
}

static void string_write(struct buffer *to, const struct value *value)
{
    if (is_textual(value)) {
        value_append_json(to, value);
        return;
    }
    struct buffer text = {0};
    value_append(&text, value);
    to->failed |= text.failed;
    buffer_json(to, buffer_view(&text));
    buffer_release(&text);
}

static void status_write(struct buffer *to, const struct value *value)
{
    static const char prefix[] = "STATUS_";
    struct value rest = *value;
    const uint32_t length = sizeof(prefix) - 1;
    if (value->type == VALUE_UTF8 && value->length > length &&
        memcmp(value->data, prefix, length) == 0) {
        rest.data += length;
        rest.length -= length;
    }
    string_write(to, &rest);
}

static bool count_write(struct buffer *to, const struct value *value)
{
    double number;
    if (value->type == VALUE_UINT || value->type == VALUE_HEX)
        buffer_number(to, value->number);
    else if (value_number(value, &number))
        buffer_format(to, "%.0f", number);
    else
        return false;
    return true;
}

/* GeneralizedTime as Kerberos has it, YYYYMMDDHHMMSSZ (RFC 4120, 5.2.3), or any other time. */
static bool time_write(struct buffer *to, const struct value *value)
{
    struct instant time;
    char text[32];
    const char *at = (const char *)value->data;
    if (value->type == VALUE_UTF8 && value->length == 15 && at[14] == 'Z') {
        (void)snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", at, at + 4, at + 6,
                       at + 8, at + 10, at + 12);
        if (instant_parse(bytes_of_text(text), &time) != STATUS_OK)
            return false;
    } else if (!value_instant(value, &time)) {
        return false;
    }
    instant_write_epoch(to, time);
    return true;
}

static bool interval_write(struct buffer *to, const struct value *value)
{
    double seconds;
    if (!value_number(value, &seconds))
        return false;
    real_write(to, seconds);
    return true;
}

static void items_write(struct buffer *to, const struct value *list, bool is_interval)
{
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < list->length; i++) {
        if (i)
            buffer_byte(to, ',');
        if (!is_interval)
            string_write(to, &list->items[i]);
        else if (!interval_write(to, &list->items[i]))
            buffer_text(to, "null");
    }
    buffer_byte(to, ']');
}

/* A text that is a list in Zeek: its items have commas between them. */
static void split_write(struct buffer *to, const struct value *value)
{
    struct buffer text = {0};
    value_append(&text, value);
    to->failed |= text.failed;
    const struct bytes all = buffer_view(&text);
    buffer_byte(to, '[');
    for (size_t at = 0, end; at < all.length; at = end + 1) {
        const uint8_t *comma = memchr(all.data + at, ',', all.length - at);
        end = comma ? (size_t)(comma - all.data) : all.length;
        if (at)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of(all.data + at, end - at));
    }
    buffer_byte(to, ']');
    buffer_release(&text);
}

/* False, with nothing written, when it cannot be of that type. */
static bool typed_write(struct buffer *to, enum zeek_type type, const struct value *value)
{
    switch (type) {
    case ZEEK_COUNT:
        return count_write(to, value);
    case ZEEK_TIME:
        return time_write(to, value);
    case ZEEK_INTERVAL:
        return interval_write(to, value);
    case ZEEK_BOOL:
        if (value->type != VALUE_BOOL)
            return false;
        value_append_json(to, value);
        return true;
    case ZEEK_LIST:
    case ZEEK_INTERVALS:
        if (value->type == VALUE_LIST)
            items_write(to, value, type == ZEEK_INTERVALS);
        else
            split_write(to, value);
        return true;
    case ZEEK_STATUS:
        status_write(to, value);
        return true;
    case ZEEK_STRING:
        string_write(to, value);
        return true;
    }
    return false;
}

/* A value of a log that Zeek lacks. */
static void own_write(struct buffer *to, const struct value *value)
{
    if (value->type == VALUE_INSTANT || value->type == VALUE_FILETIME)
        (void)time_write(to, value);
    else if (value->type == VALUE_REAL)
        real_write(to, value->real);
    else
        value_append_json(to, value);
}

/* --- Lines --- */

static void key_write(struct buffer *to, struct bytes name, bool *is_first)
{
    buffer_byte(to, *is_first ? '{' : ',');
    *is_first = false;
    buffer_json(to, name);
    buffer_byte(to, ':');
}

static void field_write(const struct zeek_writer *writer, const struct event *event, size_t field,
                        bool *is_first, struct buffer *to)
{
    const struct zeek_field *row = &zeek_fields[field];
    const struct value *value = event_find(event, writer->ids[field]);
    const size_t before = to->length;
    const bool was_first = *is_first;
    if (!value && !row->otherwise[0])
        return;
    key_write(to, bytes_of_text(row->name), is_first);
    if (!value) {
        buffer_text(to, row->otherwise);
    } else if (!typed_write(to, row->type, value)) {
        to->length = before;
        *is_first = was_first;
    }
}

static void own_fields_write(const struct zeek_writer *writer, const struct event *event,
                             bool *is_first, struct buffer *to)
{
    for (uint32_t slot = 0; slot < event->shape->count; slot++) {
        if (!value_is_there(&event->values[slot]) || slot == event->shape->known[FIELD_STREAM])
            continue;
        key_write(to, names_text(writer->fields, event->shape->fields[slot]), is_first);
        own_write(to, &event->values[slot]);
    }
}

void zeek_write(const struct zeek_writer *writer, const struct event *event, bool is_named,
                struct buffer *to)
{
    const struct bytes log = zeek_log(event);
    bool is_first = true, is_zeeks = false;
    if (is_named) {
        key_write(to, bytes_of_text("_path"), &is_first);
        buffer_json(to, log);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!bytes_equal(log, bytes_of_text(zeek_fields[i].log)))
            continue;
        is_zeeks = true;
        field_write(writer, event, i, &is_first, to);
    }
    if (!is_zeeks)
        own_fields_write(writer, event, &is_first, to);
    buffer_text(to, is_first ? "{}" : "}");
}

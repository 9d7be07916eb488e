#include "evtx_lab.h"

#include "base/utf.h"

#include <stdlib.h>

#define SHAPES_MAX 256
#define DEPTH_MAX  512

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

void lab_open(struct reader_shared *shared)
{
    shared->fields = fields_new();
    shared->shapes = shapes_new(SHAPES_MAX);
    expect(shared->fields && shared->shapes);
}

void lab_close(struct reader_shared *shared)
{
    shapes_free(shared->shapes);
    names_free(shared->fields);
}

static void slot_look(const struct event *event, unsigned slot)
{
    const struct value *value = &event->values[slot];
    struct instant instant;
    double number;
    expect(utf8_is_valid(event_text(event, slot)));
    expect(utf8_is_valid(event_folded(event, slot)));
    value_number(value, &number);
    value_instant(value, &instant);
    for (uint32_t i = 0; value->type == VALUE_LIST && i < value->length; i++) {
        expect(utf8_is_valid(event_item_text(event, slot, i)));
        expect(utf8_is_valid(event_item_folded(event, slot, i)));
    }
}

void lab_event_look(const struct event *event)
{
    struct buffer json = {0};
    for (unsigned slot = 0; slot < event->shape->count; slot++) {
        slot_look(event, slot);
        buffer_reset(&json);
        value_append_json(&json, &event->values[slot]);
        lab_json_check(buffer_view(&json));
    }
    buffer_release(&json);
}

/* --- JSON (RFC 8259) --- */

static void string_take(struct bytes text, size_t *at)
{
    expect(*at < text.length && text.data[*at] == '"');
    for (++*at; *at < text.length && text.data[*at] != '"'; ++*at) {
        if (text.data[*at] != '\\')
            continue;
        ++*at;
        expect(*at < text.length && strchr("\"\\/bfnrtu", text.data[*at]));
    }
    expect(*at < text.length);
    ++*at;
}

static void scalar_take(struct bytes text, size_t *at)
{
    const size_t start = *at;
    while (*at < text.length && strchr("+-.0123456789aeflnrstuE", text.data[*at]))
        ++*at;
    expect(*at > start);
}

void lab_json_check(struct bytes text)
{
    uint8_t open[DEPTH_MAX];
    size_t depth = 0, at = 0;
    bool is_key = false;
    expect(utf8_is_valid(text));
    for (size_t i = 0; i < text.length; i++)
        expect(text.data[i] >= 0x20 && text.data[i] != 0x7F);
    do {
        if (is_key) {
            string_take(text, &at);
            expect(at < text.length && text.data[at++] == ':');
        }
        is_key = false;
        expect(at < text.length);
        const uint8_t first = text.data[at];
        if (first == '{' || first == '[') {
            expect(depth < DEPTH_MAX && at + 1 < text.length);
            open[depth++] = first;
            at++;
            is_key = first == '{';
            if (text.data[at] != first + 2)
                continue;
        } else if (first == '"') {
            string_take(text, &at);
        } else {
            scalar_take(text, &at);
        }
        while (depth && at < text.length && text.data[at] == open[depth - 1] + 2) {
            depth--;
            at++;
        }
        is_key = depth && open[depth - 1] == '{';
        expect(depth == 0 || (at < text.length && text.data[at++] == ','));
    } while (depth || at == 0);
    expect(at == text.length);
}

/* --- XML --- */

static size_t tag_end(struct bytes text, size_t at)
{
    bool is_quoted = false;
    for (; at < text.length; at++) {
        is_quoted ^= text.data[at] == '"';
        expect(text.data[at] != '<');
        if (text.data[at] == '>' && !is_quoted)
            return at;
    }
    abort();
}

static struct bytes name_at(struct bytes text, size_t at)
{
    size_t end = at;
    while (end < text.length && !strchr(" />", text.data[end]))
        end++;
    return bytes_of(text.data + at, end - at);
}

void lab_xml_check(struct bytes text)
{
    struct bytes open[DEPTH_MAX];
    size_t depth = 0;
    expect(utf8_is_valid(text));
    for (size_t at = 0; at < text.length; at++) {
        expect(text.data[at] >= 0x20 && text.data[at] != '>');
        if (text.data[at] != '<')
            continue;
        const size_t end = tag_end(text, at + 1);
        if (text.data[at + 1] == '/') {
            expect(depth && bytes_equal(open[--depth], name_at(text, at + 2)));
        } else if (text.data[end - 1] != '/') {
            expect(depth < DEPTH_MAX);
            open[depth++] = name_at(text, at + 1);
        }
        at = end;
    }
    expect(depth == 0);
}

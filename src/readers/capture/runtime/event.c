/* Events of the wire. A log's shape is interned at its first event; the values of an event stand in
 * one array, the log's own between those that all logs have. */
#include "runtime.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const head_names[] = {"_path",     "ts",        "uid",      "id.orig_h",
                                         "id.orig_p", "id.resp_h", "id.resp_p"};
static const char *const tail_names[] = {"community_id", "packets"};

#define HEAD            COUNT_OF(head_names)
#define TAIL            COUNT_OF(tail_names)
#define EVENT_ARENA_MAX (8U << 20) /* a whole message may become one event */
#define NAMES_ARENA_MAX (4U << 20)
#define LIST_FIRST      4U

bool wire_output_init(struct wire_output *output, const struct reader_shared *shared)
{
    output->shared = shared;
    arena_init(&output->arena, EVENT_ARENA_MAX);
    arena_init(&output->names, NAMES_ARENA_MAX);
    output->cache = event_cache_new();
    output->values = calloc(HEAD + WIRE_FIELDS_MAX + TAIL, sizeof(*output->values));
    return output->cache && output->values;
}

void wire_output_release(struct wire_output *output)
{
    arena_release(&output->arena);
    arena_release(&output->names);
    event_cache_free(output->cache);
    free(output->values);
}

void wire_output_json(const struct wire_output *output, struct buffer *to)
{
    const struct event *event = &output->current;
    char separator = '{';
    for (uint32_t slot = 0; slot < event->shape->count; slot++) {
        if (!value_is_there(&event->values[slot]))
            continue;
        buffer_byte(to, (uint8_t)separator);
        separator = ',';
        buffer_json(to, names_text(output->shared->fields, event->shape->fields[slot]));
        buffer_byte(to, ':');
        value_append_json(to, &event->values[slot]);
    }
    buffer_byte(to, '}');
}

static bool names_add(struct wire_output *output, name_id *to, const char *const *names,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = names_intern(output->shared->fields, bytes_of_text(names[i]));
        if (!to[i])
            return false;
    }
    return true;
}

static const struct wire_shape *shape_make(struct wire_output *output, const struct wire_log *log)
{
    const uint32_t count = (uint32_t)(HEAD + log->count + TAIL);
    assert(log->count <= WIRE_FIELDS_MAX);
    assert(output->shape_count < WIRE_LOGS_MAX);
    name_id *fields = arena_take_array(&output->names, count, sizeof(*fields));
    if (!fields || !names_add(output, fields, head_names, HEAD) ||
        !names_add(output, fields + HEAD, log->fields, log->count) ||
        !names_add(output, fields + HEAD + log->count, tail_names, TAIL))
        return NULL;
    struct wire_shape *shape = &output->shapes[output->shape_count++];
    shape->log = log;
    shape->shape = shapes_intern(output->shared->shapes, fields, count);
    if (!shape->shape) {
        shape_init(&shape->own, fields, count);
        shape->shape = &shape->own;
    }
    return shape;
}

static const struct wire_shape *shape_of(struct wire_output *output, const struct wire_log *log)
{
    for (uint32_t i = 0; i < output->shape_count; i++)
        if (output->shapes[i].log == log)
            return &output->shapes[i];
    return shape_make(output, log);
}

static struct value text_value(const char *text)
{
    return (struct value){
        .type = VALUE_UTF8, .length = (uint32_t)strlen(text), .data = (const uint8_t *)text};
}

static struct value number_value(uint64_t number)
{
    return (struct value){.type = VALUE_UINT, .width = 8, .number = number};
}

static struct value address_value(const struct wire_address *address)
{
    return (struct value){.type = address->length == 4 ? VALUE_IP4 : VALUE_IP6,
                          .length = address->length,
                          .data = address->bytes};
}

static struct value time_value(struct instant time)
{
    if (!instant_is_known(time))
        return (struct value){.type = VALUE_ABSENT};
    return (struct value){
        .type = VALUE_INSTANT, .width = time.digits, .length = time.nanos, .integer = time.seconds};
}

struct wire_event *wire_event_begin(struct wire_connection *connection, const struct wire_log *log)
{
    struct wire_output *output = connection->lane->output;
    assert(output);
    output->shape = shape_of(output, log);
    if (!output->shape) {
        losses_add(connection->lane->losses, LOSS_OTHER, log->path, "events lost without memory", 0,
                   connection->now[0].packet);
        return NULL;
    }
    arena_reset(&output->arena);
    memset(output->values, 0, (HEAD + log->count + TAIL) * sizeof(*output->values));
    output->event =
        (struct wire_event){.log = log, .values = output->values + HEAD, .arena = &output->arena};
    return &output->event;
}

static void common_set(struct wire_output *output, const struct wire_connection *connection,
                       const struct wire_place *at, const struct wire_place *to)
{
    struct value *head = output->values;
    struct value *tail = output->values + HEAD + output->event.log->count;
    head[0] = text_value(output->event.log->path);
    head[1] = time_value(at->time);
    head[2] = text_value(connection->uid);
    head[3] = address_value(&connection->client);
    head[4] = number_value(connection->client_port);
    head[5] = address_value(&connection->server);
    head[6] = number_value(connection->server_port);
    tail[0] = text_value(connection->community_id);
    output->packets[0] = number_value(at->packet);
    const bool is_span = to && to->packet > at->packet;
    if (is_span)
        output->packets[1] = number_value(to->packet);
    tail[1] =
        (struct value){.type = VALUE_LIST, .length = is_span ? 2 : 1, .items = output->packets};
}

/* The connection and the number of the event in it, which no other event has. */
static struct bytes raw_of(struct wire_output *output, struct wire_flow *flow)
{
    const uint32_t number = flow->event_count++;
    memcpy(output->raw, flow->connection.uid, sizeof(flow->connection.uid));
    memcpy(output->raw + sizeof(flow->connection.uid), &number, sizeof(number));
    return bytes_of(output->raw, sizeof(output->raw));
}

void wire_event_end(struct wire_connection *connection, struct wire_event *event,
                    const struct wire_place *at, const struct wire_place *to)
{
    struct wire_output *output = connection->lane->output;
    assert(output && event == &output->event);
    common_set(output, connection, at, to);
    output->current = (struct event){
        .shape = output->shape->shape,
        .values = output->values,
        .time = at->time,
        .record = at->packet,
        .offset = at->offset,
        .raw = raw_of(output, (struct wire_flow *)connection),
        .flow = connection->id,
        .cache = output->cache,
    };
    event_begin(&output->current);
    output->sink(output->context, &output->current);
}

/* --- Setters --- */

void wire_set_value(struct wire_event *event, uint32_t field, struct value value)
{
    assert(field < event->log->count);
    event->values[field] = value;
}

static void set_bytes(struct wire_event *event, uint32_t field, enum value_type type,
                      struct bytes bytes)
{
    const uint32_t length = bytes.length > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes.length;
    wire_set_value(event, field,
                   (struct value){.type = (uint8_t)type,
                                  .length = length,
                                  .data = length ? bytes.data : (const uint8_t *)""});
}

void wire_set_text(struct wire_event *event, uint32_t field, struct bytes utf8)
{
    set_bytes(event, field, VALUE_UTF8, utf8);
}

void wire_set_copy(struct wire_event *event, uint32_t field, struct bytes utf8)
{
    const struct bytes copy = arena_keep(event->arena, utf8);
    if (copy.data)
        set_bytes(event, field, VALUE_UTF8, copy);
}

void wire_set_utf16(struct wire_event *event, uint32_t field, struct bytes utf16le)
{
    set_bytes(event, field, VALUE_UTF16, bytes_of(utf16le.data, utf16le.length & ~(size_t)1));
}

void wire_set_name(struct wire_event *event, uint32_t field, const char *constant)
{
    wire_set_value(event, field, text_value(constant));
}

void wire_set_format(struct wire_event *event, uint32_t field, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= 0)
        wire_set_copy(event, field, bytes_of_text(text));
}

void wire_set_number(struct wire_event *event, uint32_t field, uint64_t number)
{
    wire_set_value(event, field, number_value(number));
}

void wire_set_hex(struct wire_event *event, uint32_t field, uint64_t number, unsigned width)
{
    wire_set_value(event, field,
                   (struct value){.type = VALUE_HEX, .width = width > 4 ? 8 : 4, .number = number});
}

void wire_set_bool(struct wire_event *event, uint32_t field, bool truth)
{
    wire_set_value(event, field, (struct value){.type = VALUE_BOOL, .number = truth});
}

void wire_set_binary(struct wire_event *event, uint32_t field, struct bytes bytes)
{
    set_bytes(event, field, VALUE_BINARY, bytes);
}

/* A list's room doubles whenever its length is a power of two. */
static void list_add(struct wire_event *event, uint32_t field, struct value item)
{
    assert(field < event->log->count);
    struct value *list = &event->values[field];
    const uint32_t count = list->type == VALUE_LIST ? list->length : 0;
    struct value *items = (struct value *)(uintptr_t)list->items;
    if (count == 0 || (count >= LIST_FIRST && (count & (count - 1)) == 0)) {
        struct value *more =
            arena_take_array(event->arena, count ? (size_t)count * 2 : LIST_FIRST, sizeof(*more));
        if (!more)
            return;
        if (count)
            memcpy(more, items, count * sizeof(*more));
        items = more;
    }
    items[count] = item;
    *list = (struct value){.type = VALUE_LIST, .length = count + 1, .items = items};
}

void wire_add_text(struct wire_event *event, uint32_t field, struct bytes utf8)
{
    const uint32_t length = utf8.length > UINT32_MAX ? UINT32_MAX : (uint32_t)utf8.length;
    list_add(event, field,
             (struct value){.type = VALUE_UTF8,
                            .length = length,
                            .data = length ? utf8.data : (const uint8_t *)""});
}

void wire_add_number(struct wire_event *event, uint32_t field, uint64_t number)
{
    list_add(event, field, number_value(number));
}

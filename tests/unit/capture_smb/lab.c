#include "lab.h"

#include <stdlib.h>

static const struct wire_protocol *const no_protocols[] = {NULL};

static void event_write(void *context, struct event *event)
{
    struct lab *lab = context;
    struct buffer *to = &lab->events;
    const char *before = "{";
    for (uint32_t slot = 0; slot < event->shape->count; slot++) {
        if (!value_is_there(&event->values[slot]))
            continue;
        buffer_text(to, before);
        buffer_json(to, names_text(lab->shared.fields, event->shape->fields[slot]));
        buffer_byte(to, ':');
        value_append_json(to, &event->values[slot]);
        before = ",";
    }
    buffer_text(to, "}\n");
}

struct lab *lab_new(void)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    lab->shared.fields = fields_new();
    lab->shared.shapes = shapes_new(256);
    if (!wire_output_init(&lab->output, &lab->shared))
        abort();
    lab->output.sink = event_write;
    lab->output.context = lab;
    lab->lane = (struct wire_lane){
        .protocols = no_protocols,
        .output = &lab->output,
        .losses = &lab->losses,
        .facts = &lab->facts,
    };
    return lab;
}

void lab_free(struct lab *lab)
{
    wire_output_release(&lab->output);
    facts_release(&lab->facts);
    buffer_release(&lab->events);
    shapes_free(lab->shared.shapes);
    names_free(lab->shared.fields);
    free(lab);
}

static void connection_begin(struct wire_connection *connection)
{
    static const struct wire_address client = {.bytes = {192, 0, 2, 20}, .length = 4};
    static const struct wire_address server = {.bytes = {192, 0, 2, 30}, .length = 4};
    connection->client = client;
    connection->server = server;
    connection->client_port = 40000;
    connection->server_port = 445;
    connection->first = (struct wire_place){
        .time = {.seconds = 1800000000, .digits = 6}, .packet = 1, .offset = 24};
    connection->now[WIRE_CLIENT] = connection->now[WIRE_SERVER] = connection->first;
    connection->is_closed = true;
    memcpy(connection->uid, "CTEST", sizeof("CTEST"));
}

/* An exact copy, so that a sanitizer sees each byte too many. */
static void piece_give(struct wire_flow *flow, enum wire_side side, const uint8_t *at,
                       size_t length)
{
    uint8_t *copy = malloc(length);
    memcpy(copy, at, length);
    wire_flow_data(flow, side, bytes_of(copy, length));
    free(copy);
}

static void record_give(struct lab *lab, struct wire_flow *flow, unsigned kind, struct bytes bytes,
                        size_t piece)
{
    const enum wire_side side = kind & 1 ? WIRE_SERVER : WIRE_CLIENT;
    size_t at = 0;
    while (at < bytes.length) {
        const size_t left = bytes.length - at;
        const size_t step = piece && piece < left ? piece : left;
        piece_give(flow, side, bytes.data + at, step);
        at += step;
    }
    if (flow->memory > lab->memory)
        lab->memory = flow->memory;
}

void lab_talk(struct lab *lab, const struct wire_protocol *protocol, struct bytes talk,
              size_t piece)
{
    struct wire_flow flow = {.memory = 0};
    wire_flow_init(&flow, &lab->lane);
    connection_begin(&flow.connection);
    if (!wire_flow_open(&flow, protocol))
        abort();
    while (talk.length >= 4) {
        const unsigned kind = talk.data[0] & 3;
        const size_t length = load_le32(talk.data) >> 8;
        talk = bytes_of(talk.data + 4, talk.length - 4);
        if (kind >= 2) {
            wire_flow_gap(&flow, kind & 1 ? WIRE_SERVER : WIRE_CLIENT, length);
            continue;
        }
        const size_t have = length < talk.length ? length : talk.length;
        record_give(lab, &flow, kind, bytes_of(talk.data, have), piece);
        talk = bytes_of(talk.data + have, talk.length - have);
    }
    wire_flow_end(&flow);
}

static bool line_has(struct bytes line, const char *text)
{
    return memmem(line.data, line.length, text, strlen(text)) != NULL;
}

size_t lab_count(const struct lab *lab, const char *one, const char *other)
{
    struct bytes rest = buffer_view(&lab->events);
    size_t count = 0;
    while (rest.length) {
        const uint8_t *end = memchr(rest.data, '\n', rest.length);
        const size_t length = end ? (size_t)(end - rest.data) : rest.length;
        const struct bytes line = bytes_of(rest.data, length);
        count += line_has(line, one) && line_has(line, other);
        const size_t step = end ? length + 1 : length;
        rest = bytes_of(rest.data + step, rest.length - step);
    }
    return count;
}

uint64_t lab_damaged(const struct lab *lab)
{
    uint64_t count = 0;
    for (size_t i = 0; i < LOSSES_MAX; i++) {
        if (lab->losses.rows[i].kind == LOSS_DAMAGED)
            count += lab->losses.rows[i].count;
    }
    return count;
}

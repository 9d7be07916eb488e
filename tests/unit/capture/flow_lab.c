#include "flow_lab.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the protocol: it writes down what it is given ---- */

static struct flow_lab *current;

static enum wire_probe lab_probe(const struct wire_connection *connection, enum wire_side side,
                                 struct bytes bytes)
{
    (void)connection;
    if (!current->wants_server)
        return current->answer;
    if (side == WIRE_CLIENT)
        return WIRE_MORE;
    return bytes.data[0] == 'S' ? WIRE_YES : WIRE_NO;
}

static void lab_open(struct wire_session *session)
{
    (void)session;
    current->opened++;
}

static size_t lab_data(struct wire_session *session, enum wire_side side, struct bytes bytes)
{
    size_t taken = bytes.length / current->grain * current->grain;
    if (session->connection->transport == WIRE_UDP)
        taken = bytes.length;
    else if (current->skip && taken)
        taken = current->grain;
    buffer_bytes(&current->streams[side], bytes.data, taken);
    if (taken && current->skip)
        wire_skip(session, side, current->skip);
    return taken;
}

static bool lab_gap(struct wire_session *session, enum wire_side side, uint64_t length)
{
    (void)session;
    buffer_format(&current->streams[side], "<gap %llu>", (unsigned long long)length);
    return !current->gives_up;
}

static void lab_ended(struct wire_session *session)
{
    current->ended++;
    current->closed += session->connection->is_closed;
}

static const struct wire_protocol lab_tcp = {
    .name = "lab",
    .transport = WIRE_TCP,
    .probe = lab_probe,
    .session = sizeof(struct wire_session),
    .open = lab_open,
    .data = lab_data,
    .gap = lab_gap,
    .end = lab_ended,
};

static const struct wire_protocol lab_udp = {
    .name = "labgram",
    .transport = WIRE_UDP,
    .probe = lab_probe,
    .session = sizeof(struct wire_session),
    .open = lab_open,
    .data = lab_data,
    .gap = lab_gap,
    .end = lab_ended,
};

static const struct wire_protocol *const lab_protocols[] = {&lab_tcp, &lab_udp, NULL};

/* ---- events ---- */

static void lab_sink(void *context, struct event *event)
{
    struct flow_lab *lab = context;
    char separator = '{';
    lab->event_count++;
    for (uint32_t slot = 0; slot < event->shape->count; slot++) {
        if (!value_is_there(&event->values[slot]))
            continue;
        buffer_byte(&lab->events, (uint8_t)separator);
        separator = ',';
        buffer_json(&lab->events, names_text(lab->shared.fields, event->shape->fields[slot]));
        buffer_byte(&lab->events, ':');
        value_append_json(&lab->events, &event->values[slot]);
    }
    buffer_text(&lab->events, "}\n");
}

struct flow_lab *flow_lab_new(void)
{
    struct flow_lab *lab = calloc(1, sizeof(*lab));
    lab->shared.fields = fields_new();
    lab->shared.shapes = shapes_new(64);
    if (!wire_output_init(&lab->output, &lab->shared))
        abort();
    lab->output.sink = lab_sink;
    lab->output.context = lab;
    lab->lane = lane_new(lab_protocols, NULL);
    lab->grain = 1;
    lab->answer = WIRE_YES;
    lab->now = INT64_C(1700000000) * 1000000000;
    lab->client = (struct lab_end){.address = {192, 0, 2, 1}, .address_length = 4, .port = 50000};
    lab->server = (struct lab_end){.address = {192, 0, 2, 9}, .address_length = 4, .port = 445};
    current = lab;
    return lab;
}

void flow_lab_free(struct flow_lab *lab)
{
    lane_free(lab->lane);
    wire_output_release(&lab->output);
    buffer_release(&lab->events);
    buffer_release(&lab->streams[0]);
    buffer_release(&lab->streams[1]);
    shapes_free(lab->shared.shapes);
    names_free(lab->shared.fields);
    free(lab);
    current = NULL;
}

/* ---- packets ---- */

static void put16(struct buffer *to, unsigned value)
{
    buffer_byte(to, (uint8_t)(value >> 8));
    buffer_byte(to, (uint8_t)value);
}

static void put32(struct buffer *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to, value & 0xFFFF);
}

void flow_lab_wrap(const struct flow_lab *lab, enum wire_side side, uint8_t protocol,
                   struct bytes payload, struct buffer *to)
{
    const struct lab_end *source = side == WIRE_CLIENT ? &lab->client : &lab->server;
    const struct lab_end *target = side == WIRE_CLIENT ? &lab->server : &lab->client;
    if (source->address_length == 4) {
        put16(to, 0x4500);
        put16(to, (unsigned)(20 + payload.length));
        put32(to, 0);
        buffer_byte(to, 64);
        buffer_byte(to, protocol);
        put16(to, 0);
    } else {
        put32(to, 0x60000000);
        put16(to, (unsigned)payload.length);
        buffer_byte(to, protocol);
        buffer_byte(to, 64);
    }
    buffer_bytes(to, source->address, source->address_length);
    buffer_bytes(to, target->address, target->address_length);
    buffer_bytes(to, payload.data, payload.length);
}

/* In memory of its exact size, so that a sanitizer sees every read past its end. */
void flow_lab_ip(struct flow_lab *lab, struct bytes ip, size_t original)
{
    struct packet packet;
    uint8_t *exact = malloc(ip.length ? ip.length : 1);
    if (ip.length)
        memcpy(exact, ip.data, ip.length);
    lab->packet++;
    lab->now += 1000000;
    if (ip_read(exact, ip.length, original, &packet) == LINK_IP) {
        packet.time = (struct instant){.seconds = lab->now / 1000000000,
                                       .nanos = (uint32_t)(lab->now % 1000000000),
                                       .digits = 6};
        packet.number = lab->packet;
        packet.offset = lab->packet * 100;
        lane_packet(lab->lane, &lab->output, &packet, exact);
    }
    free(exact);
}

void flow_lab_tcp(struct flow_lab *lab, const struct lab_segment *segment)
{
    const bool is_client = segment->side == WIRE_CLIENT;
    struct buffer tcp = {0}, ip = {0};
    put16(&tcp, is_client ? lab->client.port : lab->server.port);
    put16(&tcp, is_client ? lab->server.port : lab->client.port);
    put32(&tcp, segment->sequence);
    put32(&tcp, segment->acked);
    put16(&tcp, 0x5000U | segment->flags);
    put16(&tcp, 8192);
    put32(&tcp, 0);
    buffer_bytes(&tcp, segment->data.data, segment->data.length);
    flow_lab_wrap(lab, segment->side, PROTOCOL_TCP, buffer_view(&tcp), &ip);
    flow_lab_ip(lab, bytes_of(ip.data, ip.length - segment->cut), ip.length);
    buffer_release(&tcp);
    buffer_release(&ip);
}

void flow_lab_udp(struct flow_lab *lab, enum wire_side side, struct bytes data)
{
    const bool is_client = side == WIRE_CLIENT;
    struct buffer udp = {0}, ip = {0};
    put16(&udp, is_client ? lab->client.port : lab->server.port);
    put16(&udp, is_client ? lab->server.port : lab->client.port);
    put16(&udp, (unsigned)(8 + data.length));
    put16(&udp, 0);
    buffer_bytes(&udp, data.data, data.length);
    flow_lab_wrap(lab, side, PROTOCOL_UDP, buffer_view(&udp), &ip);
    flow_lab_ip(lab, buffer_view(&ip), ip.length);
    buffer_release(&udp);
    buffer_release(&ip);
}

void flow_lab_shake_hands(struct flow_lab *lab, uint32_t client, uint32_t server)
{
    flow_lab_tcp(lab, &(struct lab_segment){.sequence = client - 1, .flags = LAB_SYN});
    flow_lab_tcp(lab, &(struct lab_segment){.side = WIRE_SERVER,
                                            .sequence = server - 1,
                                            .acked = client,
                                            .flags = LAB_SYN | LAB_ACK});
    flow_lab_tcp(lab, &(struct lab_segment){.sequence = client, .acked = server, .flags = LAB_ACK});
}

void flow_lab_end(struct flow_lab *lab)
{
    lane_end(lab->lane, &lab->output);
}

/* ---- answers ---- */

static const char *text_of(struct buffer *buffer)
{
    buffer_byte(buffer, 0);
    buffer->length--;
    return (const char *)buffer->data;
}

const char *flow_lab_given(struct flow_lab *lab, enum wire_side side)
{
    return text_of(&lab->streams[side]);
}

const char *flow_lab_events(struct flow_lab *lab)
{
    return text_of(&lab->events);
}

size_t flow_lab_count(struct flow_lab *lab, const char *text)
{
    size_t count = 0;
    for (const char *at = flow_lab_events(lab); (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

const char *flow_lab_notes(struct flow_lab *lab, struct account *account)
{
    static char text[8192];
    const struct losses *losses = lane_losses(lab->lane);
    size_t length = 0;
    account_init(account);
    losses_tell(&losses, 1, account);
    text[0] = '\0';
    for (uint32_t i = 0; i < account->note_count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s\n",
                                   account_note_at(account, i));
    buffer_release(&account->notes);
    return text;
}

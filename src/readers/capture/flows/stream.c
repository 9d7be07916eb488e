/* One side of a TCP connection: segments in any order become bytes in order.
 *
 * What is next is given at once. What is ahead is held, in order and without overlaps, until the
 * hole before it is filled or given up: when the other side has acknowledged what is in it and some
 * more segments have come, when too much or too long is held, or when the connection ends. Then the
 * protocol is told of a gap. Sequence numbers are compared as distances from `next`, so that they
 * may wrap. */
#include "flow.h"

#include <assert.h>
#include <stdlib.h>

#define LOST_MAX (1 << 30) /* more than that nobody has acknowledged */

static void give(struct flow *flow, enum wire_side side, struct bytes captured, uint32_t length,
                 const struct wire_place *place)
{
    struct stream *stream = &flow->streams[side];
    stream->next += length;
    flow->wire.connection.now[side] = *place;
    flow_bytes(flow, side, captured, length - (uint32_t)captured.length);
}

/* What is left of a segment behind its first `step` bytes. */
static struct bytes behind(struct bytes captured, uint32_t step)
{
    return captured.length > step ? bytes_of(captured.data + step, captured.length - step)
                                  : (struct bytes){0};
}

static void held_free(struct flow *flow, struct stream *stream, struct held *held)
{
    stream->held_count--;
    stream->held_bytes -= held->length;
    wire_flow_charge(&flow->wire, -(ptrdiff_t)(sizeof(*held) + held->captured));
    free(held);
}

/* Gives what is held and next in line. */
static void drain(struct flow *flow, enum wire_side side)
{
    struct stream *stream = &flow->streams[side];
    struct held *held;
    while ((held = stream->first) && (int32_t)(held->sequence - stream->next) <= 0) {
        const uint32_t known = stream->next - held->sequence;
        stream->first = held->next;
        if (!stream->first)
            stream->last = NULL;
        if (known < held->length)
            give(flow, side, behind(bytes_of(held->data, held->captured), known),
                 held->length - known, &held->place);
        held_free(flow, stream, held);
    }
    if (stream->has_fin && (int32_t)(stream->fin - stream->next) <= 0)
        stream->is_ended = true;
}

static void give_up_hole(struct flow *flow, enum wire_side side)
{
    struct stream *stream = &flow->streams[side];
    const struct held *held = stream->first;
    const uint32_t length = held->sequence - stream->next;
    stream->next = held->sequence;
    flow->wire.connection.now[side] = held->place;
    flow_gap(flow, side, length, "segments that were not captured");
    drain(flow, side);
}

/* Whether the hole before what is held should wait no longer. */
static bool is_hole_over(const struct flow *flow, const struct stream *stream, int64_t now)
{
    const struct held *held = stream->first;
    if (!held)
        return false;
    const int64_t waited = now - held->time;
    if (stream->held_count >= STREAM_HELD_MAX || stream->held_bytes >= STREAM_HELD_BYTES_MAX ||
        waited > STREAM_WAIT || flow->wire.connection.lane->memory > LANE_MEMORY_MAX)
        return true;
    return stream->has_acked && (int32_t)(stream->acked - held->sequence) >= 0 &&
           (stream->held_count >= STREAM_ACKED_HELD || waited > STREAM_ACKED_WAIT);
}

/* A new segment behind `*link`. Returns the link behind it, or `link` itself without memory. */
static struct held **held_add(struct flow *flow, struct stream *stream, struct held **link,
                              uint32_t sequence, struct bytes captured, uint32_t length,
                              const struct load *load)
{
    const uint32_t have = captured.length < length ? (uint32_t)captured.length : length;
    struct held *held = malloc(sizeof(*held) + have);
    if (!held)
        return link;
    *held = (struct held){.next = *link,
                          .place = load->place,
                          .time = load->now,
                          .sequence = sequence,
                          .length = length,
                          .captured = have};
    if (have)
        memcpy(held->data, captured.data, have);
    *link = held;
    if (!held->next)
        stream->last = held;
    stream->held_count++;
    stream->held_bytes += length;
    wire_flow_charge(&flow->wire, (ptrdiff_t)(sizeof(*held) + have));
    return &held->next;
}

/* Holds the parts of a segment that are not held yet: the first bytes win. */
static void hold(struct flow *flow, enum wire_side side, uint32_t sequence, struct bytes captured,
                 uint32_t length, const struct load *load)
{
    struct stream *stream = &flow->streams[side];
    struct held **link = &stream->first;
    if (stream->last && (int32_t)(sequence - (stream->last->sequence + stream->last->length)) >= 0)
        link = &stream->last->next;
    while (length && *link) {
        struct held *held = *link;
        const int32_t room = (int32_t)(held->sequence - sequence);
        if (room > 0) {
            const uint32_t part = (uint32_t)room < length ? (uint32_t)room : length;
            link = held_add(flow, stream, link, sequence, captured, part, load);
            captured = behind(captured, part);
            sequence += part;
            length -= part;
        }
        const int32_t known = (int32_t)(held->sequence + held->length - sequence);
        if (length && known > 0) {
            const uint32_t part = (uint32_t)known < length ? (uint32_t)known : length;
            captured = behind(captured, part);
            sequence += part;
            length -= part;
        }
        link = &held->next;
    }
    if (length)
        held_add(flow, stream, link, sequence, captured, length, load);
}

/* Whether something before `end` is held. */
static bool is_held(const struct stream *stream, uint32_t end)
{
    return stream->first && (int32_t)(end - stream->first->sequence) > 0;
}

void stream_segment(struct flow *flow, enum wire_side side, uint32_t sequence,
                    struct bytes captured, uint32_t length, const struct load *load)
{
    struct stream *stream = &flow->streams[side];
    if (!stream->has_next) {
        stream->has_next = true;
        stream->next = sequence;
    }
    const int32_t ahead = (int32_t)(sequence - stream->next);
    if (ahead < 0) {
        const uint32_t known = 0U - (uint32_t)ahead;
        if (known >= length)
            return; /* sent again */
        captured = behind(captured, known);
        sequence += known;
        length -= known;
    }
    if (ahead > 0 || is_held(stream, sequence + length))
        hold(flow, side, sequence, captured, length, load);
    else
        give(flow, side, captured, length, &load->place);
    drain(flow, side);
    while (is_hole_over(flow, stream, load->now))
        give_up_hole(flow, side);
}

void stream_acked(struct flow *flow, enum wire_side side, uint32_t acked, const struct load *load)
{
    struct stream *stream = &flow->streams[side];
    if (!stream->has_next) {
        stream->has_next = true;
        stream->next = acked;
    }
    if (!stream->has_acked || (int32_t)(acked - stream->acked) > 0) {
        stream->has_acked = true;
        stream->acked = acked;
    }
    while (stream->first && is_hole_over(flow, stream, load->now))
        give_up_hole(flow, side);
}

void stream_fin(struct flow *flow, enum wire_side side, uint32_t sequence)
{
    struct stream *stream = &flow->streams[side];
    if (stream->has_fin || !stream->has_next)
        return;
    stream->has_fin = true;
    stream->fin = sequence;
    drain(flow, side);
}

void stream_flush(struct flow *flow, enum wire_side side)
{
    struct stream *stream = &flow->streams[side];
    while (stream->first)
        give_up_hole(flow, side);
    /* What was acknowledged and never seen; one more than the bytes is a FIN. */
    const int32_t lost = (int32_t)(stream->acked - stream->next);
    if (stream->has_acked && stream->has_next && lost > 1 && lost < LOST_MAX) {
        stream->next = stream->acked;
        flow_gap(flow, side, (uint32_t)lost, "segments that were not captured");
    }
}

void stream_release(struct flow *flow, enum wire_side side)
{
    struct stream *stream = &flow->streams[side];
    while (stream->first) {
        struct held *held = stream->first;
        stream->first = held->next;
        held_free(flow, stream, held);
    }
    stream->last = NULL;
}

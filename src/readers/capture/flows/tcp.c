/* TCP segments ([RFC 9293] 3.1) to streams.
 *
 * 0 source(2) target(2)  4 sequence  8 acknowledged  12 offset(4 bits)  13 flags  14 window(2)
 * 16 checksum(2) urgent(2)  20 options */
#include "flow.h"

#define FIN           0x01U
#define SYN           0x02U
#define RST           0x04U
#define ACK           0x10U

#define HEADER        20U
#define NUMBER_WINDOW (1 << 24) /* how far from what is expected a number is believed */
#define SYN_LATE_MAX  65536U    /* bytes that may come before the SYN of their connection */

struct segment {
    uint16_t source_port, target_port;
    uint32_t sequence, acked;
    uint8_t flags;
    struct bytes data; /* as captured */
    uint32_t length;   /* as sent */
};

static bool segment_read(const struct load *load, struct segment *segment)
{
    const uint8_t *header = load->data;
    if (load->captured < HEADER)
        return false;
    const size_t offset = (size_t)(header[12] >> 4) * 4;
    if (offset < HEADER || offset > load->original)
        return false;
    *segment = (struct segment){
        .source_port = load_be16(header),
        .target_port = load_be16(header + 2),
        .sequence = load_be32(header + 4),
        .acked = load_be32(header + 8),
        .flags = header[13],
        .length = (uint32_t)(load->original - offset),
    };
    if (load->captured > offset)
        segment->data = bytes_of(header + offset, load->captured - offset);
    return true;
}

/* --- Who is the client --- */

/* Lower: rather a server's port. */
static unsigned port_rank(uint16_t port)
{
    static const uint16_t known[] = {1433, 1434, 3268, 3269, 3389, 5355, 5353,
                                     5985, 5986, 8080, 8443, 8530, 8531, 9389};
    if (port < 1024)
        return 0;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (port == known[i])
            return 1;
    return port < 49152 ? 2 : 3;
}

static bool is_from_client(const struct segment *segment)
{
    if (segment->flags & SYN)
        return !(segment->flags & ACK);
    return port_rank(segment->source_port) >= port_rank(segment->target_port);
}

/* --- Counting --- */

/* By sequence numbers, so that it does not matter in which order segments come and which of them
 * were captured. A number too far away is no hole. */
static void count_bytes(struct side_count *count, uint32_t sequence, uint32_t length)
{
    const uint32_t end = sequence + length;
    if (!count->has_top) {
        count->has_top = true;
        count->top = sequence;
    }
    const int32_t more = (int32_t)(end - count->top);
    if (more <= 0 || !length) /* a FIN has a number, too */
        return;
    count->bytes += more < NUMBER_WINDOW ? (uint32_t)more : length;
    count->top = end;
}

static void count(struct flow *flow, enum wire_side side, const struct segment *segment,
                  const struct load *load)
{
    struct side_count *counts = &flow->counts[side];
    counts->packets++;
    counts->ip_bytes += load->ip_bytes;
    if (segment->flags & SYN)
        history_add(flow, side, segment->flags & ACK ? SEEN_SYN_ACK : SEEN_SYN);
    else if (segment->length)
        history_add(flow, side, SEEN_DATA);
    else if ((segment->flags & (ACK | FIN | RST)) == ACK)
        history_add(flow, side, SEEN_ACK);
    if (segment->flags & FIN)
        history_add(flow, side, SEEN_FIN);
    if (segment->flags & RST)
        history_add(flow, side, SEEN_RST);
    else
        count_bytes(counts, segment->sequence + !!(segment->flags & SYN), segment->length);
}

/* --- Connections --- */

/* Whether the segment belongs to a new connection between the same ports. */
static bool is_reuse(const struct flow *flow, enum wire_side side, const struct segment *segment)
{
    const struct side_count *counts = &flow->counts[side];
    const struct stream *stream = &flow->streams[side];
    if ((segment->flags & (SYN | ACK | RST)) == SYN) {
        if (!counts->packets)
            return false;
        if (counts->seen & SEEN_SYN)
            return counts->initial != segment->sequence;
        /* Late, or of another connection. */
        return side == WIRE_SERVER || stream->next - (segment->sequence + 1) > SYN_LATE_MAX;
    }
    /* A connection that goes on behind a reset was never reset. */
    return flow->was_reset && segment->length && !(segment->flags & RST) &&
           (int32_t)(segment->sequence - stream->next) >= 0;
}

static struct flow *flow_of(struct lane *lane, const struct load *load,
                            const struct segment *segment, enum wire_side *side)
{
    const uint16_t source = segment->source_port, target = segment->target_port;
    struct flow *flow = table_find(lane, load, source, target, side);
    if (flow && is_reuse(flow, *side, segment)) {
        table_remove(lane, flow);
        flow = NULL;
    }
    if (flow)
        return flow;
    const bool from_client = is_from_client(segment);
    flow = table_add(lane, load, source, target, WIRE_TCP, from_client);
    if (!flow) {
        losses_add(&lane->losses, LOSS_OTHER, "tcp", "connections lost without memory", 0,
                   load->place.packet);
        return NULL;
    }
    *side = from_client ? WIRE_CLIENT : WIRE_SERVER;
    flow->is_sure = segment->flags & SYN;
    flow->wire.connection.is_partial = (segment->flags & (SYN | ACK)) != SYN;
    return flow;
}

static void syn_take(struct flow *flow, enum wire_side side, const struct segment *segment)
{
    struct stream *stream = &flow->streams[side];
    flow->counts[side].initial = segment->sequence;
    if (!stream->has_next) {
        stream->has_next = true;
        stream->next = segment->sequence + 1;
    }
}

static bool is_believed(const struct flow *flow, enum wire_side side, const struct segment *segment)
{
    const struct stream *stream = &flow->streams[side];
    const int32_t away = (int32_t)(segment->sequence - stream->next);
    return !stream->has_next || (away > -NUMBER_WINDOW && away < NUMBER_WINDOW);
}

static void streams_feed(struct flow *flow, enum wire_side side, const struct segment *segment,
                         const struct load *load)
{
    const enum wire_side other = side == WIRE_CLIENT ? WIRE_SERVER : WIRE_CLIENT;
    const uint32_t sequence = segment->sequence + !!(segment->flags & SYN);
    if (segment->flags & SYN)
        syn_take(flow, side, segment);
    if (segment->length)
        stream_segment(flow, side, sequence, segment->data, segment->length, load);
    if (segment->flags & FIN)
        stream_fin(flow, side, sequence + segment->length);
    if (segment->flags & ACK && !(segment->flags & RST))
        stream_acked(flow, other, segment->acked, load);
    const bool is_reset = segment->flags & RST && is_believed(flow, side, segment);
    flow->was_reset |= is_reset;
    if (is_reset || (flow->streams[0].is_ended && flow->streams[1].is_ended)) {
        flow->wire.connection.is_closed = true;
        flow_finish(flow);
    }
}

void tcp_packet(struct lane *lane, const struct load *load)
{
    struct segment segment;
    enum wire_side side;
    if (!segment_read(load, &segment)) {
        losses_add(&lane->losses, load->captured < load->original ? LOSS_CUT : LOSS_OTHER, "tcp",
                   "headers that cannot be", load->original - load->captured, load->place.packet);
        return;
    }
    struct flow *flow = flow_of(lane, load, &segment, &side);
    if (!flow)
        return;
    count(flow, side, &segment, load);
    const bool have_both = flow->counts[0].packets && flow->counts[1].packets;
    table_touch(lane, flow,
                flow->is_finished                 ? LIST_CLOSED
                : have_both || flow->wire.session ? LIST_OPEN
                                                  : LIST_ATTEMPT,
                load);
    if (flow->is_finished)
        return;
    streams_feed(flow, side, &segment, load);
    if (flow->wants_turn && !flow->is_finished)
        flow_turn_around(flow);
    if (flow->is_finished)
        table_touch(lane, flow, LIST_CLOSED, load);
}

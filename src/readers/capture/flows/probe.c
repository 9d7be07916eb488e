/* Which protocol a connection speaks, by the first bytes of its sides. All protocols that have not
 * said no are asked again whenever there are more bytes. The first that is certain gets the
 * connection; when nobody asks for more, one that thinks it may be gets it. */
#include "flow.h"

#include <assert.h>

#define PROBE_MAX (4U << 10) /* bytes of a side that are waited for */
#define TRIES_MAX 4U         /* datagrams */
#define PROTOCOLS 64U        /* a bit each */

static enum wire_side other(enum wire_side side)
{
    return side == WIRE_CLIENT ? WIRE_SERVER : WIRE_CLIENT;
}

/* The protocol that the bytes are, or NULL; then *asks says whether more bytes may tell. */
static const struct wire_protocol *probe(struct flow *flow, enum wire_side side, struct bytes bytes,
                                         bool *asks)
{
    const struct wire_connection *connection = &flow->wire.connection;
    const struct wire_protocol *const *protocols = connection->lane->protocols;
    const struct wire_protocol *maybe = NULL;
    *asks = false;
    for (unsigned i = 0; protocols[i]; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        assert(i < PROTOCOLS);
        if (flow->refused & bit || protocols[i]->transport != connection->transport)
            continue;
        switch (protocols[i]->probe(connection, side, bytes)) {
        case WIRE_YES:
            return protocols[i];
        case WIRE_MAYBE:
            maybe = maybe ? maybe : protocols[i];
            break;
        case WIRE_MORE:
            *asks = true;
            break;
        case WIRE_NO:
            flow->refused |= bit;
            break;
        }
    }
    return *asks ? NULL : maybe;
}

static void ignore(struct flow *flow)
{
    flow->is_ignored = true;
    flow->unread += flow->wire.inlets[0].length + flow->wire.inlets[1].length;
    wire_flow_drop(&flow->wire, WIRE_CLIENT);
    wire_flow_drop(&flow->wire, WIRE_SERVER);
}

static struct bytes waiting(const struct flow *flow, enum wire_side side)
{
    return bytes_of(flow->wire.inlets[side].data, flow->wire.inlets[side].length);
}

/* Nobody knows it as it stands. Where it is not sure who the client is, it may be the other one. */
static bool may_turn(const struct flow *flow)
{
    return !flow->is_sure && !flow->was_turned;
}

static void open_with(struct flow *flow, const struct wire_protocol *protocol)
{
    const enum wire_side first = flow->first_to_speak;
    if (!wire_flow_open(&flow->wire, protocol)) {
        ignore(flow);
        return;
    }
    wire_flow_data(&flow->wire, first, (struct bytes){0});
    wire_flow_data(&flow->wire, other(first), (struct bytes){0});
}

static void decide(struct flow *flow, enum wire_side side)
{
    bool asks;
    const struct wire_protocol *protocol = probe(flow, side, waiting(flow, side), &asks);
    if (protocol)
        open_with(flow, protocol);
    else if (!asks && may_turn(flow))
        flow->wants_turn = true;
    else if (!asks || flow->wire.inlets[side].length >= PROBE_MAX)
        ignore(flow);
}

void flow_turn_around(struct flow *flow)
{
    flow->wants_turn = false;
    flow_turn(flow);
    flow->refused = 0;
    for (unsigned side = 0; side < 2; side++)
        if (flow->wire.inlets[side].length && !flow->wire.session && !flow->is_ignored)
            decide(flow, (enum wire_side)side);
    if (flow->is_ignored)
        flow_turn(flow);
}

static void count_cut(struct flow *flow, size_t missing)
{
    const bool is_tcp = flow->wire.connection.transport == WIRE_TCP;
    losses_add(flow->wire.connection.lane->losses, LOSS_CUT, is_tcp ? "tcp" : "udp", "", missing,
               flow->last.packet);
}

static void count_lost(struct flow *flow, uint64_t length, const char *reason)
{
    losses_add(flow->wire.connection.lane->losses, LOSS_GAP, "tcp", reason, length,
               flow->last.packet);
}

void flow_gap(struct flow *flow, enum wire_side side, uint64_t length, const char *reason)
{
    flow->missed += length;
    flow->wire.connection.is_partial |= !flow->wire.session;
    if (flow->is_ignored || flow->is_finished || flow->wire.is_given_up)
        return;
    count_lost(flow, length, reason);
    wire_flow_gap(&flow->wire, side, length);
}

void flow_bytes(struct flow *flow, enum wire_side side, struct bytes bytes, uint32_t missing)
{
    if (!flow->has_spoken) {
        flow->has_spoken = true;
        flow->first_to_speak = side;
    }
    if (flow->is_finished)
        return;
    if (flow->is_ignored) {
        flow->unread += bytes.length + missing;
        return;
    }
    if (bytes.length) {
        wire_flow_data(&flow->wire, side, bytes);
        if (!flow->wire.session && !flow->wants_turn)
            decide(flow, side);
    }
    if (missing == 0 || flow->is_ignored || flow->wire.is_given_up)
        return;
    flow->missed += missing;
    count_cut(flow, missing);
    wire_flow_gap(&flow->wire, side, missing);
}

static const struct wire_protocol *probe_datagram(struct flow *flow, enum wire_side *side,
                                                  struct bytes bytes, bool *asks)
{
    const struct wire_protocol *protocol = probe(flow, *side, bytes, asks);
    if (protocol || *asks || !may_turn(flow))
        return protocol;
    flow_turn(flow);
    flow->refused = 0;
    protocol = probe(flow, other(*side), bytes, asks);
    if (protocol || *asks)
        *side = other(*side);
    else
        flow_turn(flow);
    return protocol;
}

void flow_datagram(struct flow *flow, enum wire_side side, struct bytes bytes, size_t missing)
{
    if (!flow->wire.session && !flow->is_ignored) {
        bool asks;
        const struct wire_protocol *protocol = probe_datagram(flow, &side, bytes, &asks);
        if (protocol)
            flow->is_ignored = !wire_flow_open(&flow->wire, protocol);
        else if (!asks || ++flow->tries >= TRIES_MAX)
            flow->is_ignored = true;
    }
    if (!flow->wire.session) {
        flow->unread += bytes.length + missing;
        return;
    }
    flow->wire.connection.now[side] = flow->last;
    if (missing) {
        flow->missed += missing;
        count_cut(flow, missing);
    }
    wire_flow_datagram(&flow->wire, side, bytes);
}

void flow_finish(struct flow *flow)
{
    if (flow->is_finished)
        return;
    if (flow->wire.connection.transport == WIRE_TCP) {
        stream_flush(flow, WIRE_CLIENT);
        stream_flush(flow, WIRE_SERVER);
    }
    if (!flow->wire.session && !flow->is_ignored)
        ignore(flow);
    if (flow->unread)
        losses_add(flow->wire.connection.lane->losses, LOSS_UNKNOWN,
                   flow->wire.connection.transport == WIRE_TCP ? "tcp" : "udp", "", flow->unread,
                   flow->wire.connection.first.packet);
    flow->is_finished = true;
    wire_flow_end(&flow->wire);
}

/* Bytes into sessions. TCP streams and what is carried in other protocols go the same way: an inlet
 * keeps what a session has not taken and drops what it does not want. While a carried session is at
 * work, the connection's arena is its own, which is given back when it ends. */
#include "runtime.h"

#include <assert.h>
#include <stdlib.h>

#define INLET_FIRST (2U << 10)
#define INLET_KEPT  (16U << 10) /* an empty inlet with more room gives it back */

struct wire_carried {
    struct wire_flow *flow;
    struct wire_session *session;
    struct wire_carried *next;
    struct wire_inlet inlets[2];
    struct arena arena;
    bool is_ended;
};

void wire_flow_init(struct wire_flow *flow, struct wire_lane *lane)
{
    flow->connection.lane = lane;
    flow->connection.arena = &flow->arena;
    arena_init(&flow->arena, FLOW_ARENA_MAX);
    flow->arena.first = FLOW_ARENA_FIRST;
}

/* --- Inlets --- */

static void inlet_release(struct wire_flow *flow, struct wire_inlet *inlet)
{
    wire_flow_charge(flow, -(ptrdiff_t)inlet->capacity);
    free(inlet->data);
    inlet->data = NULL;
    inlet->length = inlet->capacity = 0;
}

/* Appends; false when there is no room for more. */
static bool inlet_keep(struct wire_flow *flow, struct wire_inlet *inlet, struct bytes bytes)
{
    if (bytes.length > WIRE_PENDING_MAX - inlet->length)
        return false;
    const uint32_t want = inlet->length + (uint32_t)bytes.length;
    if (want > inlet->capacity) {
        uint32_t room = inlet->capacity ? inlet->capacity + inlet->capacity / 2 : INLET_FIRST;
        if (room < want)
            room = want;
        if (room > WIRE_PENDING_MAX)
            room = WIRE_PENDING_MAX;
        if (flow->connection.lane->memory + (room - inlet->capacity) > LANE_MEMORY_MAX)
            return false;
        uint8_t *data = realloc(inlet->data, room);
        if (!data)
            return false;
        wire_flow_charge(flow, (ptrdiff_t)room - (ptrdiff_t)inlet->capacity);
        inlet->data = data;
        inlet->capacity = room;
    }
    if (bytes.length)
        memcpy(inlet->data + inlet->length, bytes.data, bytes.length);
    inlet->length = want;
    return true;
}

static struct bytes rest_of(struct bytes bytes, uint64_t skip)
{
    const size_t step = skip < bytes.length ? (size_t)skip : bytes.length;
    return step ? bytes_of(bytes.data + step, bytes.length - step) : bytes;
}

/* Drops what is not wanted. */
static struct bytes inlet_skip(struct wire_inlet *inlet, struct bytes bytes)
{
    const struct bytes rest = rest_of(bytes, inlet->skip);
    inlet->skip -= bytes.length - rest.length;
    return rest;
}

/* Calls `data` until it takes nothing more; returns what is left. */
static struct bytes session_feed(struct wire_flow *flow, struct wire_session *session,
                                 struct wire_inlet *inlet, enum wire_side side, struct bytes bytes)
{
    struct wire_delivery delivery = {.session = session, .outer = flow->delivery};
    flow->delivery = &delivery;
    while (bytes.length) {
        delivery.skip[side] = 0;
        const size_t taken = session->protocol->data(session, side, bytes);
        assert(taken <= bytes.length);
        if (taken == 0 && delivery.skip[side] == 0)
            break;
        inlet->skip += delivery.skip[side];
        bytes = inlet_skip(inlet, rest_of(bytes, taken));
    }
    flow->delivery = delivery.outer;
    return bytes;
}

/* Whether messages begin with the bytes behind a gap. What belongs to none is passed over. */
static bool inlet_finds(struct wire_session *session, struct wire_inlet *inlet, enum wire_side side,
                        struct bytes bytes)
{
    const struct wire_connection *connection = session->connection;
    if (inlet->is_lost && session->protocol->frame(session, side, bytes))
        inlet->is_lost = false;
    if (inlet->is_lost && bytes.length)
        losses_add(connection->lane->losses, LOSS_OTHER, session->protocol->name,
                   "segments behind a gap that begin no message, passed over", 0,
                   connection->now[side].packet);
    return !inlet->is_lost;
}

/* Gives bytes to a session. False when there was no room for what it did not take: all that waits
 * is dropped then, *lost of it. */
static bool inlet_give(struct wire_flow *flow, struct wire_session *session,
                       struct wire_inlet *inlet, enum wire_side side, struct bytes bytes,
                       uint64_t *lost)
{
    const struct arena *arena = flow->connection.arena;
    const size_t before = arena->taken;
    bytes = inlet_skip(inlet, bytes);
    if (!inlet_finds(session, inlet, side, bytes))
        return true;
    bool is_kept = true;
    if (inlet->length == 0) {
        bytes = session_feed(flow, session, inlet, side, bytes);
        is_kept = bytes.length == 0 || inlet_keep(flow, inlet, bytes);
        *lost = bytes.length;
    } else if (!inlet_keep(flow, inlet, bytes)) {
        is_kept = false;
        *lost = inlet->length + bytes.length;
    } else {
        const struct bytes rest =
            session_feed(flow, session, inlet, side, bytes_of(inlet->data, inlet->length));
        if (rest.length && rest.length < inlet->length)
            memmove(inlet->data, rest.data, rest.length);
        inlet->length = (uint32_t)rest.length;
    }
    if (!is_kept || (inlet->length == 0 && inlet->capacity > INLET_KEPT))
        inlet_release(flow, inlet);
    wire_flow_charge(flow, (ptrdiff_t)arena->taken - (ptrdiff_t)before);
    return is_kept;
}

/* What is not here yet of the message that waits; 0 when that is not known. */
static uint64_t inlet_rest(const struct wire_session *session, const struct wire_inlet *inlet,
                           enum wire_side side)
{
    const struct bytes waiting = bytes_of(inlet->data, inlet->length);
    const size_t whole =
        waiting.length ? session->protocol->frame(session, side, waiting) : waiting.length;
    return whole > waiting.length ? whole - waiting.length : 0;
}

/* Tells a session of a gap; false when it gives up. What waited may be the beginning of the message
 * that the gap is in: it is dropped, and part of the loss. */
static bool inlet_gap(struct wire_flow *flow, struct wire_session *session,
                      struct wire_inlet *inlet, enum wire_side side, uint64_t length)
{
    if (length && length <= inlet->skip) {
        inlet->skip -= length;
        return true;
    }
    if (length)
        length -= inlet->skip;
    inlet->skip = 0;
    if (session->protocol->frame) {
        const uint64_t rest = inlet_rest(session, inlet, side);
        inlet->is_lost = !length || length > rest;
        inlet->skip = inlet->is_lost ? 0 : rest - length;
    }
    inlet->length = 0;
    const struct arena *arena = flow->connection.arena;
    const size_t before = arena->taken;
    struct wire_delivery delivery = {.session = session, .outer = flow->delivery};
    flow->delivery = &delivery;
    const bool goes_on = session->protocol->gap && session->protocol->gap(session, side, length);
    inlet->skip += delivery.skip[side];
    flow->delivery = delivery.outer;
    wire_flow_charge(flow, (ptrdiff_t)arena->taken - (ptrdiff_t)before);
    return goes_on;
}

void wire_skip(struct wire_session *session, enum wire_side side, uint64_t length)
{
    const struct wire_flow *flow = (struct wire_flow *)session->connection;
    struct wire_delivery *delivery = flow->delivery;
    while (delivery && delivery->session != session)
        delivery = delivery->outer;
    assert(delivery);
    delivery->skip[side] += length;
}

/* --- Memory of sessions --- */

bool wire_gather(struct wire_session *session, struct buffer *buffer, struct bytes bytes)
{
    struct wire_flow *flow = (struct wire_flow *)session->connection;
    const size_t before = buffer->capacity;
    if (flow->connection.lane->memory + bytes.length > LANE_MEMORY_MAX ||
        !buffer_grow(buffer, bytes.length))
        return false;
    buffer_bytes(buffer, bytes.data, bytes.length);
    wire_flow_charge(flow, (ptrdiff_t)buffer->capacity - (ptrdiff_t)before);
    return true;
}

void wire_gather_end(struct wire_session *session, struct buffer *buffer)
{
    wire_flow_charge((struct wire_flow *)session->connection, -(ptrdiff_t)buffer->capacity);
    buffer_release(buffer);
}

/* --- Sessions of a connection --- */

static struct wire_session *session_open(struct wire_flow *flow, struct wire_session *carrier,
                                         const struct wire_protocol *protocol)
{
    struct wire_connection *connection = &flow->connection;
    const size_t before = connection->arena->taken;
    struct wire_session *session = arena_take_array(connection->arena, 1, protocol->session);
    wire_flow_charge(flow, (ptrdiff_t)connection->arena->taken - (ptrdiff_t)before);
    if (!session) {
        losses_add(connection->lane->losses, LOSS_OTHER, protocol->name,
                   "sessions lost without memory", 0, connection->first.packet);
        return NULL;
    }
    *session = (struct wire_session){protocol, connection, carrier};
    if (protocol->open)
        protocol->open(session);
    return session;
}

static void service_add(struct wire_flow *flow, const struct wire_protocol *protocol)
{
    for (uint8_t i = 0; i < flow->service_count; i++)
        if (flow->services[i] == protocol)
            return;
    if (flow->service_count < FLOW_SERVICES_MAX)
        flow->services[flow->service_count++] = protocol;
}

bool wire_flow_open(struct wire_flow *flow, const struct wire_protocol *protocol)
{
    assert(!flow->session);
    flow->session = session_open(flow, NULL, protocol);
    if (flow->session)
        service_add(flow, protocol);
    return flow->session != NULL;
}

static void give_up(struct wire_flow *flow, const struct wire_session *session, uint64_t packet)
{
    losses_add(flow->connection.lane->losses, LOSS_OTHER, session->protocol->name,
               "streams given up behind a gap", 0, packet);
}

void wire_flow_gap(struct wire_flow *flow, enum wire_side side, uint64_t length)
{
    struct wire_inlet *inlet = &flow->inlets[side];
    if (!flow->session) {
        inlet->length = 0;
        return;
    }
    if (flow->is_given_up || inlet_gap(flow, flow->session, inlet, side, length))
        return;
    give_up(flow, flow->session, flow->connection.now[side].packet);
    flow->is_given_up = true;
    wire_flow_drop(flow, WIRE_CLIENT);
    wire_flow_drop(flow, WIRE_SERVER);
}

static void overflow(struct wire_flow *flow, const struct wire_session *session,
                     enum wire_side side, uint64_t lost)
{
    losses_add(flow->connection.lane->losses, LOSS_GAP, session->protocol->name,
               "more waited for the rest of a message than there is room for", lost,
               flow->connection.now[side].packet);
}

void wire_flow_data(struct wire_flow *flow, enum wire_side side, struct bytes bytes)
{
    struct wire_inlet *inlet = &flow->inlets[side];
    uint64_t lost = 0;
    if (flow->is_given_up)
        return;
    if (!flow->session) {
        if (!inlet_keep(flow, inlet, bytes))
            inlet_release(flow, inlet);
        return;
    }
    if (inlet_give(flow, flow->session, inlet, side, bytes, &lost))
        return;
    overflow(flow, flow->session, side, lost);
    wire_flow_gap(flow, side, lost);
}

void wire_flow_datagram(struct wire_flow *flow, enum wire_side side, struct bytes bytes)
{
    assert(flow->session);
    const size_t before = flow->arena.taken;
    struct wire_delivery delivery = {.session = flow->session};
    flow->delivery = &delivery;
    (void)flow->session->protocol->data(flow->session, side, bytes);
    flow->delivery = NULL;
    wire_flow_charge(flow, (ptrdiff_t)flow->arena.taken - (ptrdiff_t)before);
}

void wire_flow_drop(struct wire_flow *flow, enum wire_side side)
{
    inlet_release(flow, &flow->inlets[side]);
}

/* --- What is carried in a session --- */

static struct wire_carried *carried_new(struct wire_flow *flow, struct wire_session *carrier,
                                        const struct wire_protocol *protocol)
{
    struct wire_connection *connection = &flow->connection;
    if (flow->carried_count == FLOW_CARRIED_MAX)
        return NULL;
    struct wire_carried *carried = arena_take_array(connection->arena, 1, sizeof(*carried));
    if (!carried)
        return NULL;
    carried->flow = flow;
    arena_init(&carried->arena, FLOW_ARENA_MAX);
    carried->arena.first = FLOW_ARENA_FIRST;
    struct arena *const outer = connection->arena;
    connection->arena = &carried->arena;
    carried->session = session_open(flow, carrier, protocol);
    connection->arena = outer;
    if (carried->session)
        service_add(flow, protocol);
    carried->next = flow->carried;
    flow->carried = carried;
    flow->carried_count++;
    return carried;
}

/* Many sessions in one connection share what the lane has left. */
static void carried_limit(struct wire_carried *carried)
{
    const size_t memory = carried->flow->connection.lane->memory;
    const size_t left = memory < LANE_MEMORY_MAX ? LANE_MEMORY_MAX - memory : 0;
    const size_t most = carried->arena.taken + left;
    carried->arena.maximum = most < FLOW_ARENA_MAX ? most : FLOW_ARENA_MAX;
}

static void carried_give(struct wire_carried *carried, enum wire_side side, struct bytes bytes)
{
    struct wire_flow *flow = carried->flow;
    struct wire_connection *connection = &flow->connection;
    struct wire_inlet *inlet = &carried->inlets[side];
    uint64_t lost = 0;
    struct arena *const outer = connection->arena;
    carried_limit(carried);
    connection->arena = &carried->arena;
    if (!inlet_give(flow, carried->session, inlet, side, bytes, &lost)) {
        overflow(flow, carried->session, side, lost);
        if (!inlet_gap(flow, carried->session, inlet, side, lost)) {
            give_up(flow, carried->session, connection->now[side].packet);
            carried->session = NULL;
        }
    }
    connection->arena = outer;
}

void wire_carry(struct wire_session *carrier, struct wire_carried **carried,
                const struct wire_protocol *protocol, enum wire_side side, struct bytes bytes)
{
    struct wire_flow *flow = (struct wire_flow *)carrier->connection;
    if (!*carried)
        *carried = carried_new(flow, carrier, protocol);
    if (!*carried) {
        losses_add(carrier->connection->lane->losses, LOSS_OTHER, protocol->name,
                   "messages refused: too many sessions at a time", 0,
                   carrier->connection->now[side].packet);
        return;
    }
    if ((*carried)->session && !(*carried)->is_ended)
        carried_give(*carried, side, bytes);
}

const struct wire_protocol *wire_recognise(const struct wire_session *carrier, enum wire_side side,
                                           struct bytes bytes, bool *asks)
{
    const struct wire_connection *connection = carrier->connection;
    const struct wire_protocol *const *protocols = connection->lane->protocols;
    *asks = false;
    for (size_t i = 0; protocols[i]; i++) {
        if (protocols[i] == carrier->protocol || protocols[i]->transport != WIRE_TCP)
            continue;
        const enum wire_probe probe = protocols[i]->probe(connection, side, bytes);
        if (probe == WIRE_YES)
            return protocols[i];
        *asks |= probe == WIRE_MORE;
    }
    return NULL;
}

struct wire_session *wire_carried_session(struct wire_carried *carried)
{
    return carried && !carried->is_ended ? carried->session : NULL;
}

static void carried_release(struct wire_carried *carried)
{
    struct wire_flow *flow = carried->flow;
    struct wire_carried **link = &flow->carried;
    while (*link != carried)
        link = &(*link)->next;
    *link = carried->next;
    flow->carried_count--;
    inlet_release(flow, &carried->inlets[WIRE_CLIENT]);
    inlet_release(flow, &carried->inlets[WIRE_SERVER]);
    wire_flow_charge(flow, -(ptrdiff_t)carried->arena.taken);
    arena_release(&carried->arena);
}

static void session_end(struct wire_flow *flow, struct wire_session *session)
{
    const struct arena *arena = flow->connection.arena;
    const size_t before = arena->taken;
    if (session && session->protocol->end)
        session->protocol->end(session);
    wire_flow_charge(flow, (ptrdiff_t)arena->taken - (ptrdiff_t)before);
}

void wire_carry_end(struct wire_carried *carried)
{
    if (!carried || carried->is_ended)
        return;
    struct wire_connection *connection = &carried->flow->connection;
    struct arena *const outer = connection->arena;
    carried->is_ended = true;
    connection->arena = &carried->arena;
    session_end(carried->flow, carried->session);
    connection->arena = outer;
    carried_release(carried);
}

void wire_flow_release(struct wire_flow *flow)
{
    while (flow->carried)
        carried_release(flow->carried);
    wire_flow_drop(flow, WIRE_CLIENT);
    wire_flow_drop(flow, WIRE_SERVER);
    wire_held_release(flow);
    wire_flow_charge(flow, -(ptrdiff_t)flow->arena.taken);
    arena_release(&flow->arena);
}

void wire_flow_end(struct wire_flow *flow)
{
    /* The innermost first: what carries may ask what it carried. */
    while (flow->carried)
        wire_carry_end(flow->carried);
    session_end(flow, flow->session);
    flow->session = NULL;
    wire_flow_release(flow);
}

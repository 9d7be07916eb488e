/* The table of connections: a hash over the pair of addresses and ports that is the same in both
 * directions, with chains; and a list by age of each kind of connection. */
#include "flow.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t list_timeouts[LIST_COUNT] = {
    [LIST_CLOSED] = 5 * SECOND_NS,
    [LIST_ATTEMPT] = 60 * SECOND_NS,
    [LIST_UDP] = 60 * SECOND_NS,
    [LIST_OPEN] = 3600 * SECOND_NS,
};

/* --- Finding --- */

static uint64_t hash_of(uint64_t pair, uint16_t one, uint16_t other, uint8_t protocol)
{
    const uint64_t ports =
        ((uint64_t)(one ^ other) << 32 | (uint32_t)(one + other)) * UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t mixed = pair ^ ports ^ protocol;
    return mixed ^ mixed >> 32;
}

static bool is_address(const struct wire_address *address, const uint8_t *bytes, size_t length)
{
    return address->length == length && memcmp(address->bytes, bytes, length) == 0;
}

static bool is_between(const struct wire_connection *connection, const struct load *load,
                       uint16_t source_port, uint16_t target_port)
{
    return connection->client_port == source_port && connection->server_port == target_port &&
           is_address(&connection->client, load->source, load->address_length) &&
           is_address(&connection->server, load->target, load->address_length);
}

static bool is_back(const struct wire_connection *connection, const struct load *load,
                    uint16_t source_port, uint16_t target_port)
{
    return connection->client_port == target_port && connection->server_port == source_port &&
           is_address(&connection->client, load->target, load->address_length) &&
           is_address(&connection->server, load->source, load->address_length);
}

struct flow *table_find(const struct lane *lane, const struct load *load, uint16_t source_port,
                        uint16_t target_port, enum wire_side *side)
{
    const uint64_t hash = hash_of(load->pair, source_port, target_port, load->protocol);
    const enum wire_transport transport = load->protocol == PROTOCOL_TCP ? WIRE_TCP : WIRE_UDP;
    struct flow *flow = lane->buckets[hash & (lane->bucket_count - 1)];
    for (; flow; flow = flow->bucket) {
        const struct wire_connection *connection = &flow->wire.connection;
        if (flow->hash != hash || connection->transport != transport)
            continue;
        *side = WIRE_CLIENT;
        if (is_between(connection, load, source_port, target_port))
            return flow;
        *side = WIRE_SERVER;
        if (is_back(connection, load, source_port, target_port))
            return flow;
    }
    return NULL;
}

/* --- Lists --- */

static void list_leave(struct lane *lane, struct flow *flow)
{
    *(flow->older ? &flow->older->newer : &lane->oldest[flow->list]) = flow->newer;
    *(flow->newer ? &flow->newer->older : &lane->newest[flow->list]) = flow->older;
}

static void list_join(struct lane *lane, struct flow *flow, enum flow_list list)
{
    flow->list = (uint8_t)list;
    flow->newer = NULL;
    flow->older = lane->newest[list];
    *(flow->older ? &flow->older->newer : &lane->oldest[list]) = flow;
    lane->newest[list] = flow;
}

void table_touch(struct lane *lane, struct flow *flow, enum flow_list list, const struct load *load)
{
    flow->last = load->place;
    flow->last_ns = load->now;
    if (flow->list == list && !flow->newer)
        return;
    list_leave(lane, flow);
    list_join(lane, flow, list);
}

/* --- Beginning and end --- */

static void buckets_double(struct lane *lane)
{
    const size_t count = lane->bucket_count * 2;
    struct flow **buckets = calloc(count, sizeof(struct flow *));
    if (!buckets)
        return; /* longer chains, then */
    for (size_t i = 0; i < lane->bucket_count; i++)
        while (lane->buckets[i]) {
            struct flow *flow = lane->buckets[i];
            lane->buckets[i] = flow->bucket;
            flow->bucket = buckets[flow->hash & (count - 1)];
            buckets[flow->hash & (count - 1)] = flow;
        }
    free(lane->buckets);
    lane->buckets = buckets;
    lane->bucket_count = count;
}

static struct wire_address address_of(const uint8_t *bytes, uint8_t length)
{
    struct wire_address address = {.length = length};
    memcpy(address.bytes, bytes, length);
    return address;
}

struct flow *table_add(struct lane *lane, const struct load *load, uint16_t source_port,
                       uint16_t target_port, enum wire_transport transport, bool is_from_client)
{
    if (lane->flow_count >= lane->bucket_count)
        buckets_double(lane);
    struct flow *flow = calloc(1, sizeof(*flow));
    if (!flow)
        return NULL;
    wire_flow_init(&flow->wire, &lane->wire);
    wire_flow_charge(&flow->wire, sizeof(*flow));
    struct wire_connection *connection = &flow->wire.connection;
    const struct wire_address source = address_of(load->source, load->address_length);
    const struct wire_address target = address_of(load->target, load->address_length);
    connection->client = is_from_client ? source : target;
    connection->server = is_from_client ? target : source;
    connection->client_port = is_from_client ? source_port : target_port;
    connection->server_port = is_from_client ? target_port : source_port;
    connection->transport = transport;
    connection->first = connection->now[0] = connection->now[1] = load->place;
    flow->hash = hash_of(load->pair, source_port, target_port, load->protocol);
    flow->bucket = lane->buckets[flow->hash & (lane->bucket_count - 1)];
    lane->buckets[flow->hash & (lane->bucket_count - 1)] = flow;
    list_join(lane, flow, transport == WIRE_TCP ? LIST_ATTEMPT : LIST_UDP);
    lane->flow_count++;
    flow_identify(lane, flow);
    return flow;
}

void table_remove(struct lane *lane, struct flow *flow)
{
    if (lane->wire.output) {
        flow_finish(flow);
        conn_tell(lane, flow);
    }
    wire_flow_release(&flow->wire);
    stream_release(flow, WIRE_CLIENT);
    stream_release(flow, WIRE_SERVER);
    struct flow **link = &lane->buckets[flow->hash & (lane->bucket_count - 1)];
    while (*link != flow)
        link = &(*link)->bucket;
    *link = flow->bucket;
    list_leave(lane, flow);
    lane->flow_count--;
    wire_flow_charge(&flow->wire, -(ptrdiff_t)sizeof(*flow));
    assert(flow->wire.memory == 0);
    free(flow);
}

/* The connection to give up: the oldest of the first list that has one. The newest of all is at
 * work and stays. */
static struct flow *victim(const struct lane *lane)
{
    for (unsigned list = 0; list < LIST_COUNT; list++)
        if (lane->oldest[list] && lane->oldest[list]->newer)
            return lane->oldest[list];
    return NULL;
}

/* Whether something of it waits for what may still come. */
static bool is_waiting(const struct flow *flow)
{
    const struct wire_flow *wire = &flow->wire;
    return flow->streams[0].first || flow->streams[1].first || wire->inlets[0].length ||
           wire->inlets[1].length;
}

static void count_early(struct lane *lane, const struct flow *flow)
{
    const char *transport = flow->list == LIST_UDP ? "udp" : "tcp";
    if (is_waiting(flow))
        losses_add(&lane->losses, LOSS_OTHER, transport,
                   "connections ended early with something unfinished, too many at a time", 0,
                   flow->last.packet);
    else
        losses_add(&lane->losses, LOSS_NONE, transport,
                   "connections ended early, too many at a time", 0, flow->last.packet);
}

void table_expire(struct lane *lane)
{
    for (unsigned list = 0; list < LIST_COUNT; list++) {
        struct flow *oldest;
        while ((oldest = lane->oldest[list]) && lane->now - oldest->last_ns > list_timeouts[list])
            table_remove(lane, oldest);
    }
}

void table_evict(struct lane *lane)
{
    struct flow *flow;
    while (UNLIKELY(lane->wire.memory > LANE_MEMORY) && (flow = victim(lane))) {
        if (!flow->is_finished && !flow->is_ignored && flow->list != LIST_ATTEMPT)
            count_early(lane, flow);
        table_remove(lane, flow);
    }
}

void flow_turn(struct flow *flow)
{
    struct wire_connection *connection = &flow->wire.connection;
    const struct wire_address client = connection->client;
    const uint16_t port = connection->client_port;
    const struct wire_place now = connection->now[0];
    const struct wire_inlet inlet = flow->wire.inlets[0];
    const struct stream stream = flow->streams[0];
    const struct side_count count = flow->counts[0];
    assert(!flow->wire.session);
    connection->client = connection->server;
    connection->server = client;
    connection->client_port = connection->server_port;
    connection->server_port = port;
    connection->now[0] = connection->now[1];
    connection->now[1] = now;
    flow->wire.inlets[0] = flow->wire.inlets[1];
    flow->wire.inlets[1] = inlet;
    flow->streams[0] = flow->streams[1];
    flow->streams[1] = stream;
    flow->counts[0] = flow->counts[1];
    flow->counts[1] = count;
    flow->first_to_speak = flow->first_to_speak == WIRE_CLIENT ? WIRE_SERVER : WIRE_CLIENT;
    flow->was_turned = true;
}

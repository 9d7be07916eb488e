/* Datagrams ([RFC 768]) to associations: whoever speaks first is the client, unless its port says
 * otherwise.
 *
 * 0 source(2) target(2)  4 length(2) checksum(2) */
#include "flow.h"

#define HEADER 8U

static bool is_server_port(uint16_t port)
{
    return port < 1024 || port == 1434 || port == 5353 || port == 5355;
}

static struct flow *flow_of(struct lane *lane, const struct load *load, uint16_t source,
                            uint16_t target, enum wire_side *side)
{
    struct flow *flow = table_find(lane, load, source, target, side);
    if (flow)
        return flow;
    const bool from_client = !is_server_port(source) || is_server_port(target);
    flow = table_add(lane, load, source, target, WIRE_UDP, from_client);
    if (!flow) {
        losses_add(&lane->losses, LOSS_OTHER, "udp", "connections lost without memory", 0,
                   load->place.packet);
        return NULL;
    }
    *side = from_client ? WIRE_CLIENT : WIRE_SERVER;
    flow->is_sure = is_server_port(source) != is_server_port(target);
    return flow;
}

void udp_packet(struct lane *lane, const struct load *load)
{
    enum wire_side side;
    const size_t length = load->captured < HEADER ? 0 : load_be16(load->data + 4);
    if (load->captured < HEADER || (length && length < HEADER)) {
        losses_add(&lane->losses, load->captured < load->original ? LOSS_CUT : LOSS_OTHER, "udp",
                   "headers that cannot be", load->original - load->captured, load->place.packet);
        return;
    }
    struct flow *flow =
        flow_of(lane, load, load_be16(load->data), load_be16(load->data + 2), &side);
    if (!flow)
        return;
    const size_t sent = (length && length < load->original ? length : load->original) - HEADER;
    const size_t have = load->captured - HEADER < sent ? load->captured - HEADER : sent;
    struct side_count *counts = &flow->counts[side];
    counts->packets++;
    counts->ip_bytes += load->ip_bytes;
    counts->bytes += sent;
    history_add(flow, side, SEEN_DATA);
    table_touch(lane, flow, LIST_UDP, load);
    flow_datagram(flow, side, bytes_of(load->data + HEADER, have), sent - have);
}

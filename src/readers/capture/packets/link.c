/* Link layers and tunnels. Each step leaves less of the frame, and there are at most DEPTH_MAX
 * steps. */
#include "packet.h"

#include "base/attributes.h"
#include "base/cursor.h"

#define DEPTH_MAX      16U

#define LINK_NULL      0U
#define LINK_ETHERNET  1U
#define LINK_PPP       9U
#define LINK_RAW_BSD   12U
#define LINK_RAW_OPEN  14U
#define LINK_PPP_HDLC  50U
#define LINK_PPP_ETHER 51U
#define LINK_RAW       101U
#define LINK_LOOP      108U
#define LINK_COOKED    113U
#define LINK_IP4       228U
#define LINK_IP6       229U
#define LINK_COOKED2   276U

#define ETHER_IP4      0x0800U
#define ETHER_IP6      0x86DDU
#define ETHER_VLAN     0x8100U
#define ETHER_QINQ     0x88A8U
#define ETHER_QINQ_OLD 0x9100U
#define ETHER_PPPOE    0x8864U
#define ETHER_BRIDGED  0x6558U
#define ETHER_PPP      0x880BU

#define PORT_VXLAN     4789U
#define PORT_VXLAN_OLD 8472U
#define PORT_GTP       2152U

#define PROTOCOL_IPIP  4U
#define PROTOCOL_IP6   41U
#define PROTOCOL_GRE   47U

/* What is left of a frame: as captured, and as it was. */
struct rest {
    struct cursor bytes;
    size_t original;
    unsigned depth;
};

static const uint8_t *take(struct rest *rest, size_t length)
{
    const uint8_t *taken = cursor_take(&rest->bytes, length);
    if (taken)
        rest->original = rest->original > length ? rest->original - length : 0;
    return taken;
}

static enum link_answer inner_ip(struct rest *rest, struct packet *packet, const uint8_t **ip);

/* [RFC 1661] 2: protocol, of two bytes or of one odd one. */
static enum link_answer ppp(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *framing = cursor_peek(&rest->bytes, 2);
    if (framing && framing[0] == 0xFF && framing[1] == 0x03)
        take(rest, 2);
    const uint8_t *first = take(rest, 1);
    const uint8_t *second = first && !(first[0] & 1) ? take(rest, 1) : NULL;
    if (!first || (!(first[0] & 1) && !second))
        return LINK_CUT;
    const unsigned protocol = second ? (unsigned)first[0] << 8 | second[0] : first[0];
    return protocol == 0x21 || protocol == 0x57 ? inner_ip(rest, packet, ip) : LINK_OTHER;
}

/* [IEEE 802.3] 3.2, [IEEE 802.1Q] 9: what follows an EtherType. */
static enum link_answer ethertype(struct rest *rest, unsigned type, struct packet *packet,
                                  const uint8_t **ip)
{
    while (type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD) {
        const uint8_t *tag = take(rest, 4);
        if (!tag)
            return LINK_CUT;
        type = load_be16(tag + 2);
    }
    if (type == ETHER_IP4 || type == ETHER_IP6)
        return inner_ip(rest, packet, ip);
    if (type == ETHER_PPPOE) /* [RFC 2516] 4: version, code, session, length */
        return take(rest, 6) ? ppp(rest, packet, ip) : LINK_CUT;
    return LINK_OTHER;
}

static enum link_answer ethernet(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, 14);
    return header ? ethertype(rest, load_be16(header + 12), packet, ip) : LINK_CUT;
}

/* --- IP --- */

static uint64_t address_mix(struct bytes address)
{
    const uint64_t low = address.length == 4 ? load_le32(address.data) : load_le64(address.data);
    const uint64_t high = address.length == 4 ? 0 : load_le64(address.data + 8);
    uint64_t mixed = (low ^ (high << 32 | high >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    mixed ^= mixed >> 32;
    return mixed * UINT64_C(0xD6E8FEB86659FD93);
}

static uint64_t pair_of(const uint8_t *one, const uint8_t *other, size_t length)
{
    const uint64_t sum = address_mix(bytes_of(one, length)) + address_mix(bytes_of(other, length));
    return sum ^ sum >> 31;
}

/* [RFC 791] 3.1. A total length of 0 is what segmentation offload leaves. */
static enum link_answer ip4(const uint8_t *data, size_t captured, size_t original,
                            struct packet *packet)
{
    if (captured < 20)
        return LINK_CUT;
    const size_t header = (size_t)(data[0] & 15) * 4;
    size_t total = load_be16(data + 2);
    if (total == 0)
        total = original;
    if (header < 20 || total < header)
        return LINK_BROKEN;
    if (captured < header)
        return LINK_CUT;
    packet->captured = (uint32_t)(captured < total ? captured : total);
    packet->original = (uint32_t)total;
    packet->payload = (uint16_t)header;
    packet->protocol = load_be16(data + 6) & 0x3FFF ? PROTOCOL_FRAGMENT : data[9];
    packet->version = 4;
    packet->pair = pair_of(data + 12, data + 16, 4);
    return LINK_IP;
}

static bool is_extension(uint8_t protocol)
{
    /* hop by hop, routing, authentication, destination options, mobility, host identity, shim */
    return protocol == 0 || protocol == 43 || protocol == 51 || protocol == 60 || protocol == 135 ||
           protocol == 139 || protocol == 140;
}

/* [RFC 8200] 3 and 4. */
static enum link_answer ip6(const uint8_t *data, size_t captured, size_t original,
                            struct packet *packet)
{
    if (captured < 40)
        return LINK_CUT;
    const size_t length = load_be16(data + 4);
    const size_t total = length ? length + 40 : original;
    uint8_t protocol = data[6];
    size_t at = 40;
    if (captured > total)
        captured = total;
    for (unsigned i = 0; is_extension(protocol); i++) {
        if (i == DEPTH_MAX)
            return LINK_BROKEN;
        if (captured < at + 8)
            return total < at + 8 ? LINK_BROKEN : LINK_CUT;
        const size_t more =
            protocol == 51 ? ((size_t)data[at + 1] + 2) * 4 : ((size_t)data[at + 1] + 1) * 8;
        protocol = data[at];
        at += more;
    }
    if (captured < at)
        return total < at ? LINK_BROKEN : LINK_CUT;
    packet->captured = (uint32_t)captured;
    packet->original = (uint32_t)total;
    packet->payload = (uint16_t)at;
    packet->protocol = protocol;
    packet->version = 6;
    packet->pair = pair_of(data + 8, data + 24, 16);
    return LINK_IP;
}

enum link_answer ip_read(const uint8_t *data, size_t captured, size_t original,
                         struct packet *packet)
{
    if (captured == 0)
        return LINK_CUT;
    if (data[0] >> 4 == 4)
        return ip4(data, captured, original, packet);
    if (data[0] >> 4 == 6)
        return ip6(data, captured, original, packet);
    return LINK_BROKEN;
}

/* --- Tunnels --- */

/* [RFC 2784] 2, [RFC 2890] 2; version 1 is PPTP's [RFC 2637] 4.1. */
static enum link_answer gre(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, 4);
    if (!header)
        return LINK_CUT;
    const unsigned flags = load_be16(header), type = load_be16(header + 2);
    const unsigned version = flags & 7;
    if (version > 1 || flags & 0x4000)
        return LINK_OTHER;
    const size_t options = (flags & 0x8000 ? 4U : 0) + (flags & 0x2000 ? 4U : 0) +
                           (flags & 0x1000 ? 4U : 0) + (version == 1 && flags & 0x80 ? 4U : 0);
    if (!take(rest, options))
        return LINK_CUT;
    if (type == ETHER_BRIDGED)
        return ethernet(rest, packet, ip);
    return type == ETHER_PPP ? ppp(rest, packet, ip) : ethertype(rest, type, packet, ip);
}

/* [RFC 7348] 5: flags, network identifier. */
static enum link_answer vxlan(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, 8);
    if (!header || header[0] != 0x08)
        return LINK_OTHER;
    return ethernet(rest, packet, ip);
}

/* [3GPP TS 29.281] 5.1: flags, type 255, length(2), tunnel(4), then what the flags say. */
static enum link_answer gtp(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, 8);
    if (!header || (header[0] & 0xF0) != 0x30 || header[1] != 0xFF)
        return LINK_OTHER;
    if (header[0] & 0x07) {
        const uint8_t *optional = take(rest, 4);
        uint8_t next = optional ? optional[3] : 0;
        for (unsigned i = 0; next && header[0] & 0x04 && i < DEPTH_MAX; i++) {
            const uint8_t *length = cursor_peek(&rest->bytes, 1);
            const uint8_t *extension = length && *length ? take(rest, (size_t)*length * 4) : NULL;
            if (!extension)
                return LINK_CUT;
            next = extension[(size_t)extension[0] * 4 - 1];
        }
        if (!optional)
            return LINK_CUT;
    }
    return inner_ip(rest, packet, ip);
}

static enum link_answer udp_tunnel(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, 8);
    if (!header)
        return LINK_OTHER;
    const unsigned port = load_be16(header + 2);
    if (port == PORT_VXLAN || port == PORT_VXLAN_OLD)
        return vxlan(rest, packet, ip);
    return port == PORT_GTP ? gtp(rest, packet, ip) : LINK_OTHER;
}

/* What a packet of this protocol carries, if it is a tunnel. */
static enum link_answer tunnel(struct rest *rest, uint8_t protocol, struct packet *packet,
                               const uint8_t **ip)
{
    switch (protocol) {
    case PROTOCOL_UDP:
        return udp_tunnel(rest, packet, ip);
    case PROTOCOL_GRE:
        return gre(rest, packet, ip);
    case PROTOCOL_IPIP:
    case PROTOCOL_IP6:
        return inner_ip(rest, packet, ip);
    default:
        return LINK_OTHER;
    }
}

static bool is_tunnel(const struct packet *packet, const uint8_t *ip)
{
    if (LIKELY(packet->protocol == PROTOCOL_TCP))
        return false;
    if (packet->protocol != PROTOCOL_UDP)
        return packet->protocol == PROTOCOL_GRE || packet->protocol == PROTOCOL_IPIP ||
               packet->protocol == PROTOCOL_IP6;
    if (packet->captured < packet->payload + 8U)
        return false;
    const unsigned port = load_be16(ip + packet->payload + 2);
    return port == PORT_VXLAN || port == PORT_VXLAN_OLD || port == PORT_GTP;
}

/* An IP packet and, where it is a tunnel, the one in it. */
static enum link_answer inner_ip(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *data = rest->bytes.at;
    const enum link_answer answer =
        ip_read(data, cursor_left(&rest->bytes), rest->original, packet);
    if (answer != LINK_IP)
        return answer;
    *ip = data;
    if (LIKELY(!is_tunnel(packet, data)) || rest->depth == DEPTH_MAX)
        return LINK_IP;
    struct packet inner;
    const uint8_t *inner_at;
    struct rest inside = {
        .bytes =
            cursor_over(bytes_of(data + packet->payload, packet->captured - packet->payload), 0),
        .original = packet->original - packet->payload,
        .depth = rest->depth + 1};
    if (tunnel(&inside, packet->protocol, &inner, &inner_at) == LINK_IP) {
        *packet = inner;
        *ip = inner_at;
    }
    return LINK_IP;
}

/* --- Link layers --- */

/* The address family in the order of whoever captured it: 2 is IPv4, IPv6 is one of four. */
static enum link_answer loopback(struct rest *rest, struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, 4);
    if (!header)
        return LINK_CUT;
    const uint32_t little = load_le32(header), big = load_be32(header);
    const uint32_t family = little < big ? little : big;
    const bool is_ip = family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
    return is_ip ? inner_ip(rest, packet, ip) : LINK_OTHER;
}

/* Linux cooked, version 1: 16 bytes that end with the protocol; version 2: 20 that begin with it.
 */
static enum link_answer cooked(struct rest *rest, size_t length, size_t protocol,
                               struct packet *packet, const uint8_t **ip)
{
    const uint8_t *header = take(rest, length);
    return header ? ethertype(rest, load_be16(header + protocol), packet, ip) : LINK_CUT;
}

enum link_answer link_read(uint32_t link, struct bytes frame, uint32_t original,
                           struct packet *packet, const uint8_t **ip)
{
    struct rest rest = {.bytes = cursor_over(frame, 0), .original = original};
    switch (link) {
    case LINK_ETHERNET:
        return ethernet(&rest, packet, ip);
    case LINK_NULL:
    case LINK_LOOP:
        return loopback(&rest, packet, ip);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPEN:
    case LINK_IP4:
    case LINK_IP6:
        return inner_ip(&rest, packet, ip);
    case LINK_PPP:
    case LINK_PPP_HDLC:
        return ppp(&rest, packet, ip);
    case LINK_PPP_ETHER:
        return take(&rest, 6) ? ppp(&rest, packet, ip) : LINK_CUT;
    case LINK_COOKED:
        return cooked(&rest, 16, 14, packet, ip);
    case LINK_COOKED2:
        return cooked(&rest, 20, 0, packet, ip);
    default:
        return LINK_UNKNOWN;
    }
}

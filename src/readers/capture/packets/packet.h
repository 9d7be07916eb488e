/* IP packets: what is inside a frame, down to the innermost IP header.
 *
 * Tunnels (GRE, VXLAN, GTP-U, IP in IP, PPP and Ethernet in them) are followed as long as what is
 * inside them is IP; what is not stays the packet that it is. */
#ifndef IMPOUND_READERS_CAPTURE_PACKET_H
#define IMPOUND_READERS_CAPTURE_PACKET_H

#include "base/bytes.h"
#include "base/instant.h"

#define PROTOCOL_TCP      6
#define PROTOCOL_UDP      17
#define PROTOCOL_FRAGMENT 44 /* IPv6; also what IPv4 fragments are marked with */

/* An IP packet on its way to its lane. Its `captured` bytes stand behind it. */
struct packet {
    struct instant time;
    uint64_t number, offset; /* in the capture */
    uint64_t pair;           /* a hash of both addresses, the same in both directions */
    uint32_t captured;       /* bytes, from the IP header on */
    uint32_t original;       /* as they were sent */
    uint16_t payload;        /* where what IP carries begins: within what was captured */
    uint8_t version;         /* 4 or 6 */
    uint8_t protocol;        /* of the payload; PROTOCOL_FRAGMENT: it is a fragment, and of IPv6
                                the payload is its fragment header */
};

enum link_answer {
    LINK_IP,
    LINK_OTHER,   /* something else than IP */
    LINK_CUT,     /* cut by the capture before the end of the headers */
    LINK_BROKEN,  /* headers that cannot be */
    LINK_UNKNOWN, /* a link layer that we do not read */
};

/* Finds the innermost IP packet of a frame. On LINK_IP fills in the packet but for time, number and
 * offset; `*ip` is where it begins, in `frame`. */
enum link_answer link_read(uint32_t link, struct bytes frame, uint32_t original,
                           struct packet *packet, const uint8_t **ip);

/* Reads the IP header at `data`. `original` is how much there was of it at most. */
enum link_answer ip_read(const uint8_t *data, size_t captured, size_t original,
                         struct packet *packet);

#endif

/* IP addresses and networks of both versions. An IPv4-mapped address (::ffff:a.b.c.d) is its
 * IPv4. */
#ifndef IMPOUND_BASE_ADDRESS_H
#define IMPOUND_BASE_ADDRESS_H

#include "base/bytes.h"

struct address {
    uint8_t version;   /* 4 or 6 */
    uint8_t bytes[16]; /* IPv4 in its mapped form */
};

struct network {
    struct address address;
    uint8_t prefix; /* in bits, of 128 */
};

/* Reads an address: dotted IPv4, or IPv6 with an optional zone (%…) and brackets. */
bool address_parse(struct bytes text, struct address *address);

/* The one way to write it: 10.0.0.1, 2001:db8::1. */
#define ADDRESS_TEXT_BOUND 48U /* with its end */
size_t address_write(char to[ADDRESS_TEXT_BOUND], const struct address *address);

/* From 4 or 16 bytes in network order. */
struct address address_of(const uint8_t *bytes, unsigned length);

/* Reads `address/prefix`; without a prefix, the one address. */
bool network_parse(struct bytes text, struct network *network);

bool network_has(uint8_t version, const uint8_t network[16], unsigned prefix,
                 const struct address *address);
static inline bool network_holds(const struct network *network, const struct address *address)
{
    return network_has(network->address.version, network->address.bytes, network->prefix, address);
}

#endif

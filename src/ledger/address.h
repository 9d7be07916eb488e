/* IP addresses and networks; an IPv4 address is kept as its IPv4-mapped IPv6 (RFC 4291 2.5.5.2). */
#ifndef IMPOUND_LEDGER_ADDRESS_H
#define IMPOUND_LEDGER_ADDRESS_H

#include "base/bytes.h"

#define ADDRESS_TEXT_BOUND 48U /* with its end */

struct address {
    uint8_t bytes[16];
};

struct network {
    struct address address; /* bits behind the prefix are zero */
    unsigned prefix;        /* in bits of the mapped form: 96 more than IPv4's */
};

/* False when the text is no address. A zone (fe80::1%eth0) is passed over. */
bool address_parse(struct bytes text, struct address *address);

/* ADDRESS, or ADDRESS/PREFIX; bits behind the prefix do not count. */
bool network_parse(struct bytes text, struct network *network);

bool address_is_v4(const struct address *address);

/* An IPv6 network that is wider than all of IPv4 does not hold IPv4 addresses. */
bool network_holds(const struct network *network, const struct address *address);

/* The one way to write it: 10.0.0.1, 2001:db8::1. */
size_t address_write(char to[ADDRESS_TEXT_BOUND], const struct address *address);

#endif

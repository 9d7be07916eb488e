/* DNS (RFC 1035) over UDP and TCP, and what has its form: LLMNR (RFC 4795), mDNS (RFC 6762) and the
 * NetBIOS name service (RFC 1002). Log: dns, one for a question and its reply. */
#ifndef IMPOUND_READERS_CAPTURE_DNS_H
#define IMPOUND_READERS_CAPTURE_DNS_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_dns_udp;
extern const struct wire_protocol wire_dns_tcp;

#endif

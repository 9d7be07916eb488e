/* TLS (RFC 8446, RFC 5246) and SSL 3 on TCP, by itself or carried: hellos, certificates where they
 * are in clear. Logs: ssl, x509. What is encrypted is opened where a
 * key log has its secrets, and given to the protocol that it is; else counted as unseen. */
#ifndef IMPOUND_READERS_CAPTURE_TLS_H
#define IMPOUND_READERS_CAPTURE_TLS_H

#include "readers/capture/wire.h"

#define TLS_RECORD_HEADER 5U /* type, version(2), length(2) */

extern const struct wire_protocol wire_tls;

/* Whether bytes begin as a TLS record does. */
static inline bool tls_is_record(struct bytes bytes)
{
    return bytes.length >= TLS_RECORD_HEADER && bytes.data[0] >= 20 && bytes.data[0] <= 24 &&
           bytes.data[1] == 3 && bytes.data[2] <= 4;
}

#endif

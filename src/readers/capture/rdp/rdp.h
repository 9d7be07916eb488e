/* RDP's beginning ([MS-RDPBCGR] 2.2.1): what was asked for and chosen, the client's settings where
 * they are in clear, CredSSP ([MS-CSSP]) that is not in TLS. Log: rdp. TLS is carried. */
#ifndef IMPOUND_READERS_CAPTURE_RDP_H
#define IMPOUND_READERS_CAPTURE_RDP_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_rdp;

#endif

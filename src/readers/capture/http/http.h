/* HTTP/1 (RFC 9112), by itself: requests joined with their responses, bodies passed over. Log:
 * http; NTLM and Negotiate ([MS-NTHT], RFC 4559) become ntlm and kerberos events. What a CONNECT
 * opens is looked at for TLS. */
#ifndef IMPOUND_READERS_CAPTURE_HTTP_H
#define IMPOUND_READERS_CAPTURE_HTTP_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_http;

#endif

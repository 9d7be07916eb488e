/* DCE/RPC over TCP and over pipes. C706, [MS-RPCE]. */
#ifndef IMPOUND_READERS_CAPTURE_RPC_H
#define IMPOUND_READERS_CAPTURE_RPC_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_dcerpc;

/* The name of the pipe that carries the session, as UTF-8; copied. */
void dcerpc_set_pipe(struct wire_session *session, struct bytes name);

#endif

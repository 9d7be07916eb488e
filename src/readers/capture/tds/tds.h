/* TDS, the protocol of SQL Server ([MS-TDS]): prelogin, login and batches in clear. Log: tds. */
#ifndef IMPOUND_READERS_CAPTURE_TDS_H
#define IMPOUND_READERS_CAPTURE_TDS_H

#include "readers/capture/wire.h"

extern const struct wire_protocol wire_tds;

#endif

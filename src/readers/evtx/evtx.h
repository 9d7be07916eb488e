/* Windows event logs: the door of this folder. In: an EVTX file, in any state, or with `carve` any
 * bytes. Out: events. Besides, a record as evtx_dump's JSON or as Windows' XML, for `dump`.
 * Knows nothing of rules. */
#ifndef IMPOUND_READERS_EVTX_H
#define IMPOUND_READERS_EVTX_H

#include "readers/readers.h"

/* reader_evtx and reader_evtx_carve are rows of the table in readers.c: logs, and, with `carve`,
 * whatever else may hold records. */

#endif

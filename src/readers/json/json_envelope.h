/* A text that is one object around a list of records: what a search of Elasticsearch or Splunk
 * answers, or a web interface hands out. */
#ifndef IMPOUND_READERS_JSON_ENVELOPE_H
#define IMPOUND_READERS_JSON_ENVELOPE_H

#include "base/bytes.h"

/* Where in the beginning of a text the first record of such a list stands; 0: it is no envelope. */
size_t json_envelope_end(struct bytes text);

/* Whether what begins at `at` is the end of an envelope: a list was closed before it. */
bool json_is_envelope_tail(const uint8_t *begin, const uint8_t *at);

#endif

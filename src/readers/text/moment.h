/* Moments as exporters write them: RFC 3339, with a blank before the zone, with UTC in letters,
 * seconds or milliseconds since 1970, /Date(…)/. A moment without a zone is taken as UTC. */
#ifndef IMPOUND_READERS_TEXT_MOMENT_H
#define IMPOUND_READERS_TEXT_MOMENT_H

#include "base/instant.h"

bool moment_parse(struct bytes text, struct instant *instant);

/* Whether the text is what instant_write makes of the moment, so that it can stay as it is. */
bool moment_is_plain(struct bytes text, const struct instant *instant);

#endif

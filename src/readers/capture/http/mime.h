/* What the first bytes of a body are, by Zeek's MIME types. */
#ifndef IMPOUND_READERS_CAPTURE_HTTP_MIME_H
#define IMPOUND_READERS_CAPTURE_HTTP_MIME_H

#include "base/bytes.h"

/* A constant, or NULL. */
const char *mime_of(struct bytes start);

/* Whether it is UTF-8 without control characters; a character that is cut at the end is left out
 * of `*start`. */
bool mime_is_text(struct bytes *start);

#endif

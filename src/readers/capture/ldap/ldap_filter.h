/* Search filters as RFC 4515 writes them. */
#ifndef IMPOUND_READERS_CAPTURE_LDAP_FILTER_H
#define IMPOUND_READERS_CAPTURE_LDAP_FILTER_H

#include "base/cursor.h"

#include <stdbool.h>

#define LDAP_FILTER_DEPTH 32

struct ldap_text {
    char *data;
    size_t length, room;
};

/* Appends the filter element at the cursor. False when it is cut, too deep, or the room is full. */
bool ldap_filter_write(struct ldap_text *to, struct cursor *at, unsigned depth);

/* Appends bytes; those that are not printable as \xx. */
bool ldap_text_add(struct ldap_text *to, struct bytes bytes);

#endif

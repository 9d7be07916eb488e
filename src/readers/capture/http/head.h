/* The head of an HTTP message: its first line and its fields, as views. */
#ifndef IMPOUND_READERS_CAPTURE_HTTP_HEAD_H
#define IMPOUND_READERS_CAPTURE_HTTP_HEAD_H

#include "base/bytes.h"

/* The length of the head with the empty line behind it, or 0 while it is not all there. *scanned
 * says how much was looked at before, and is moved on. */
size_t head_length(struct bytes bytes, size_t *scanned);

/* Takes the next line, without its end. */
bool head_line(struct bytes *rest, struct bytes *line);

struct head_request {
    struct bytes method, target, version; /* version: what stands behind `HTTP/` */
};

struct head_status {
    unsigned code;
    struct bytes version, reason;
};

/* Read the first line. False when it is none. */
bool head_request_read(struct bytes line, struct head_request *request);
bool head_status_read(struct bytes line, struct head_status *status);

/* Takes the next field (RFC 9112 5); lines that are none are passed over. */
bool head_field(struct bytes *rest, struct bytes *name, struct bytes *value);

/* The first value of a field; no data when it is not there. */
struct bytes head_find(struct bytes head, const char *name);

/* Whether they are equal but for case. */
bool head_is(struct bytes text, const char *word);

/* Whether a list of words has this one. */
bool head_has_word(struct bytes list, const char *word);

/* Takes the first word, and leaves what follows it without blanks. */
struct bytes head_word(struct bytes *text);

/* A decimal number, or false. */
bool head_number(struct bytes text, uint64_t *number);

#endif

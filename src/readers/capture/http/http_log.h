/* A request and its response as they are kept, and the event of both. */
#ifndef IMPOUND_READERS_CAPTURE_HTTP_LOG_H
#define IMPOUND_READERS_CAPTURE_HTTP_LOG_H

#include "readers/capture/wire.h"

#define HTTP_START_MAX 1024U /* bytes of a body that are kept */

struct http_message {
    uint8_t *head; /* first line and fields */
    size_t head_length, head_capacity;
    uint8_t *start; /* of the body; HTTP_START_MAX bytes when there is any */
    size_t start_length;
    uint64_t body_length;
    struct wire_place first, last;
};

struct http_exchange {
    struct http_exchange *next;
    struct http_message request;
    uint32_t depth; /* number in the connection, from 1 */
    bool has_request;
};

/* What a response said before the last one (RFC 9110 15.2). */
struct http_info {
    unsigned code; /* 0: nothing */
    char reason[32];
};

/* Tells of an exchange; `response` may be NULL: none came. */
void http_tell(struct wire_connection *connection, const struct http_exchange *exchange,
               const struct http_message *response, const struct http_info *info);

#endif

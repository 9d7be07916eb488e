/* One JSON object to a record: a value for every path of keys that ends in no object. Lists are
 * values; what a list contains of lists and objects is their text. One pass, no tree. */
#ifndef IMPOUND_READERS_JSON_RECORD_H
#define IMPOUND_READERS_JSON_RECORD_H

#include "readers/json/json_frame.h"
#include "readers/json/json_scan.h"
#include "readers/text/record.h"

struct json_parser {
    struct outline outline;
    struct arena arena; /* of the record: lists and what is converted */
    struct record record;
    struct json_frame frame;
    const uint8_t *start;    /* of the record */
    const uint8_t *end;      /* of the text */
    struct json_marks marks; /* of the record */
};

/* False without memory. */
bool json_parser_init(struct json_parser *parser);
void json_parser_release(struct json_parser *parser);

/* Reads the object at `*at` into parser->record and steps past it. STATUS_DAMAGED with `fault` (its
 * offset is the place in the text) leaves `*at`; STATUS_MEMORY: no room for more paths, reset the
 * outline and try again. */
enum status json_record_read(struct json_parser *parser, const uint8_t **at, const uint8_t *end,
                             struct fault *fault);

#endif

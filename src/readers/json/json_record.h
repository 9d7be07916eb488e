/* One JSON object to a record: a value for every path of keys that ends in no object. Lists are
 * values; what a list contains of lists and objects is their text. One pass, no tree.
 *
 * An object that only carries an event as XML in one of its strings (Splunk's _raw) is that event.
 */
#ifndef IMPOUND_READERS_JSON_RECORD_H
#define IMPOUND_READERS_JSON_RECORD_H

#include "readers/json/json_frame.h"
#include "readers/json/json_scan.h"
#include "readers/text/decoder.h"
#include "readers/xml/xml_record.h"

struct json_parser {
    struct text_decoder *decoder; /* whose record is filled */
    struct xml_parser xml;
    struct json_frame frame;
    const uint8_t *start;    /* of the record */
    const uint8_t *end;      /* of the text */
    struct json_marks marks; /* of the record's values */
    unsigned glue_marks;     /* of what stands between them */
    struct value embedded;   /* an event as XML */
};

/* A text_reader; the parser is a struct json_parser. */
enum status json_record_read(void *parser, const uint8_t **at, const uint8_t *end,
                             struct fault *fault);

#endif

/* One <Event> of Windows' own XML to a record: a value for every attribute and every element's
 * text. One pass, no tree. A subset of XML 1.0: elements, attributes, text with references, CDATA;
 * comments and processing instructions are passed over; entities are the five of XML itself, so
 * nothing can grow. */
#ifndef IMPOUND_READERS_XML_RECORD_H
#define IMPOUND_READERS_XML_RECORD_H

#include "readers/text/decoder.h"
#include "readers/xml/xml_text.h"

struct xml_parser {
    struct text_decoder *decoder; /* whose record is filled */
    const uint8_t *end;           /* of the text */
    struct xml_closes closes;     /* in the text: to be cleared before another is read */
};

/* Whether an <Event> begins at `at`. */
bool xml_is_event(const uint8_t *at, const uint8_t *end);

/* A text_reader; the parser is a struct xml_parser. `*at` stands before an <Event>. */
enum status xml_record_read(void *parser, const uint8_t **at, const uint8_t *end,
                            struct fault *fault);

#endif

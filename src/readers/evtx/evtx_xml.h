/* Records as XML, one line, as Windows renders them. */
#ifndef IMPOUND_READERS_EVTX_XML_H
#define IMPOUND_READERS_EVTX_XML_H

#include "base/buffer.h"
#include "readers/evtx/binxml.h"

/* Appends the record; every text is escaped. False for a record whose values are used over and
 * over: it is written as `<Event/>`. */
bool evtx_xml_write(struct binxml_cache *cache, const struct binxml_instance *instance,
                    struct buffer *to);

#endif

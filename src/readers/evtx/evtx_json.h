/* Records as JSON: the structure and the values of `evtx_dump -o jsonl`.
 *
 * Elements are keys, attributes stand in "#attributes", text beside them in "#text"; Data elements
 * with a name are keys of their container, those without one are its "Data": {"#text": …};
 * a key that comes again gets _1, _2, …; integers and booleans are bare, all else is text. */
#ifndef IMPOUND_READERS_EVTX_JSON_H
#define IMPOUND_READERS_EVTX_JSON_H

#include "base/buffer.h"
#include "readers/evtx/binxml.h"

struct evtx_json;

/* One a thread. NULL without memory. */
struct evtx_json *evtx_json_new(struct binxml_cache *cache);
void evtx_json_free(struct evtx_json *json);

/* Appends the record. False for a record whose values are used over and over (only crafted ones
 * do): it is written as `{"Event":null}`. */
bool evtx_json_write(struct evtx_json *json, const struct binxml_instance *instance,
                     struct buffer *to);

/* The same bytes in the slow way, which does all that programs (evtx_program.h) refuse. */
bool evtx_json_walk(struct evtx_json *json, const struct binxml_instance *instance,
                    struct buffer *to);

#endif

/* From an instance of a tree to the fields of an event.
 *
 * What becomes a field: a System element by its name (Provider_Name for the attribute Name of
 * Provider, and so on), a Data element by its Name attribute, several Data elements without a name
 * as the one list Data, and any other leaf or attribute by its own name (a leaf's attribute as
 * Element_Attribute). Which slot is which field is worked out once a tree. */
#ifndef IMPOUND_READERS_EVTX_FIELDS_H
#define IMPOUND_READERS_EVTX_FIELDS_H

#include "event/event.h"
#include "readers/evtx/binxml.h"

struct evtx_fields;

/* One a thread. NULL without memory. */
struct evtx_fields *evtx_fields_new(struct binxml_cache *cache, struct shapes *shapes);
void evtx_fields_free(struct evtx_fields *fields);

/* To be called when binxml_cache_trim said so. */
void evtx_fields_forget(struct evtx_fields *fields);

/* Fills in the event's shape, values and time. All of it lives in `arena`, with the instance.
 * STATUS_MEMORY; STATUS_REFUSED when there are more fields than an event may have. */
enum status evtx_fields_fill(struct evtx_fields *fields, const struct binxml_instance *instance,
                             struct arena *arena, struct event *event,
                             struct fault *fault) MUST_CHECK;

/* The text of a chain of nodes in this instance, rendered and joined; *text is in `arena`. */
enum status evtx_nodes_text(struct binxml_cache *cache, const struct binxml_instance *instance,
                            uint32_t first, struct arena *arena, struct bytes *text) MUST_CHECK;

#endif

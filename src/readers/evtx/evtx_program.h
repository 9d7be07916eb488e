/* The fast way to JSON: a tree compiled to a flat list of operations, with all that does not change
 * from record to record already written. What it cannot do (arrays that repeat an element, names
 * from substitutions, text between elements, …) it refuses, and the walk in evtx_json.c does it;
 * both give the same bytes. */
#ifndef IMPOUND_READERS_EVTX_PROGRAM_H
#define IMPOUND_READERS_EVTX_PROGRAM_H

#include "base/buffer.h"
#include "readers/evtx/binxml.h"

/* The names with a meaning of their own. */
struct evtx_program_names {
    name_id event_data, user_data, data, name;
};

/* Compiles a tree into the memory of its cache; NULL without memory. A tree that is not for us
 * becomes a program that always refuses. */
const struct evtx_json_program *evtx_program_compile(struct binxml_cache *cache,
                                                     const struct binxml_tree *tree,
                                                     const struct evtx_program_names *names);

/* Writes the instance as a member of the object that `to` ends in. False when it refuses, among
 * others when `to` would get longer than `limit`; what it appended is then to be taken back. */
bool evtx_program_run(struct binxml_cache *cache, const struct evtx_program_names *names,
                      const struct binxml_instance *instance, size_t limit, struct buffer *to);

#endif

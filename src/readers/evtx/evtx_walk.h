/* An element of an instance as outputs see it: substitutions put in, embedded BinXML spliced in,
 * elements that depend on a NULL value left out, an element around an array once for each item
 * ([MS-EVEN6] 3.1.4.7.5). For JSON and XML alike; the fast path for JSON does without. */
#ifndef IMPOUND_READERS_EVTX_WALK_H
#define IMPOUND_READERS_EVTX_WALK_H

#include "base/arena.h"
#include "base/utf.h"
#include "readers/evtx/binxml.h"

/* One array's item in place of the array, for the inside of one copy of the element. */
struct evtx_override {
    const struct binxml_node *node;
    const struct value *item;
    const struct evtx_override *outer;
};

struct evtx_place {
    const struct binxml_instance *instance;
    const struct evtx_override *overrides;
};

struct evtx_child {
    const struct binxml_element *element;
    struct evtx_place place;
};

/* What a record of `length` bytes may cost, since crafted ones use their values over and over:
 * steps of the walk, and bytes of the output. Honest ones need a tenth of it at most. */
#define EVTX_WALK_STEPS(length) (1024U + (length)*4U)
#define EVTX_OUTPUT_MAX(length) ((256U << 10) + (size_t)(length)*64U)

/* Arrays in one element, each of which multiplies its copies; honest elements have one. */
#define EVTX_WALK_ARRAYS_MAX 8U

struct evtx_walk {
    struct arena arena;
    uint32_t steps; /* left; at 0 the walk gives no more children */
};

/* The value of a substitution or literal at this place. */
const struct value *evtx_place_value(const struct evtx_place *place,
                                     const struct binxml_node *node);

/* Whether the node shows text here. */
bool evtx_is_content(const struct evtx_place *place, const struct binxml_node *node);

/* The most bytes of a reference as text: a name of 256 units between & and ; */
#define EVTX_REFERENCE_BOUND (UTF8_BOUND(256) + 2)

/* What a character reference or an entity reference stands for, written into `room` when need be.
 * An entity that is none of XML's five, and half of a surrogate pair, show as the reference itself.
 */
struct bytes evtx_reference(const struct names *names, const struct binxml_node *node,
                            uint8_t room[EVTX_REFERENCE_BOUND]);

/* The text of a value that is no list, in the walk's arena; empty, and the walk at its end, without
 * memory. */
struct bytes evtx_value_text(struct evtx_walk *walk, const struct value *value);

/* The child elements of a chain of nodes, or of one node of it, in order; *children lives in the
 * walk's arena. */
uint32_t evtx_children(struct evtx_walk *walk, const struct evtx_place *place, uint32_t first,
                       const struct evtx_child **children);
uint32_t evtx_node_children(struct evtx_walk *walk, const struct evtx_place *place,
                            const struct binxml_node *node, const struct evtx_child **children);

#endif

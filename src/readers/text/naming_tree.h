/* Windows' own event tree: what Event/System/Provider/@Name and its like are called. */
#ifndef IMPOUND_READERS_TEXT_NAMING_TREE_H
#define IMPOUND_READERS_TEXT_NAMING_TREE_H

#include "readers/text/outline.h"

/* The keys of a path from the outside in. */
struct keys {
    struct bytes key[OUTLINE_DEPTH_MAX];
    unsigned count;
    unsigned first; /* the first that counts: what stands before is the exporter's envelope */
    bool is_rooted; /* the tree begins with Event; else with System, EventData or UserData */
};

enum tree_kind {
    TREE_NONE,   /* not of that tree */
    TREE_DROP,   /* a namespace and the like */
    TREE_FILLED, /* an element that is a field only when it has a value */
    TREE_NUMBER, /* Keywords: hexadecimal when it is a number */
    TREE_TIME,
    TREE_XML_TIME,
    TREE_FIELD, /* of System, or rendered text */
    TREE_DATA,  /* of EventData, UserData and the like */
};

/* The kind of a path, and its name as one key or two: *attribute is empty when it has none. */
enum tree_kind naming_tree(const struct keys *keys, struct bytes *element, struct bytes *attribute);

#endif

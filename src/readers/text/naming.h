/* What the fields of a record are called. Windows' own tree (Event, System, EventData) in any of
 * its notations, the names that exporters give, and the dotted path of everything else become one
 * flat list of fields.
 *
 * Windows' tree: attributes are Element_Attribute, but TimeCreated and Qualifiers stand for
 * themselves; EventData goes by the names of its data, what has none is the list Data; UserData by
 * the names of its leaves. Exporters: data/ecs-fields.csv. */
#ifndef IMPOUND_READERS_TEXT_NAMING_H
#define IMPOUND_READERS_TEXT_NAMING_H

#include "readers/text/naming_table.h"
#include "readers/text/plan.h"

#define PARTS_MAX 16 /* of one joined value */

/* A value that is joined to others, with the text that stands before it. */
struct part {
    uint16_t source;
    uint32_t rank; /* its place among them */
    const char *text;
};

/* How a field comes from the values of a record. */
struct step {
    uint8_t how; /* enum naming_how */
    uint8_t list;
    uint8_t where;   /* in naming_wheres; 0: everywhere */
    uint16_t source; /* number of the value */
    uint16_t parts_count;
    const struct part *parts; /* of NAMING_JOIN and NAMING_DATA */
    const char *text;         /* of NAMING_CONST */
    struct step *next;        /* what holds elsewhere; NULL: the field is absent there */
};

/* A row of paths and what becomes of them. */
struct plan {
    struct plan *next; /* of the same bucket */
    uint64_t hash;
    uint32_t count;
    struct path *const *paths;
    const struct shape *shape;
    struct shape own; /* when it could not be shared */
    uint32_t step_count;
    const struct step *steps; /* NULL: the values are the event's as they are */
    bool has_conditions;
    bool has_lost; /* fields for whose names there was no room */
};

/* Makes the steps and the shape of a plan whose paths are set. False without memory. */
bool naming_make(struct plans *plans, struct plan *plan);

#endif

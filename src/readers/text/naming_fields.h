/* The making of one plan, in two halves: naming_names.c finds out what each value is called,
 * naming.c makes steps of that. */
#ifndef IMPOUND_READERS_TEXT_NAMING_FIELDS_H
#define IMPOUND_READERS_TEXT_NAMING_FIELDS_H

#include "readers/text/naming.h"

/* A value of the record while its plan is made. */
struct named {
    struct path *path;
    struct bytes theirs;          /* dotted, without the envelope */
    struct bytes name;            /* what it is called when no row names it; empty: dropped */
    const struct naming_row *row; /* the row that names it; NULL: none */
    uint8_t how;                  /* when no row says so */
    bool is_data;                 /* one of the values without a name */
    bool is_parameter;            /* the same, but under a name that the exporter made up */
    bool is_prefixed;             /* it stands where the exporter keeps event data */
    uint32_t order;               /* among those without a name */
};

struct naming {
    struct plans *plans;
    const struct plan *plan;
    struct arena *scratch;
    struct named *fields; /* as many as the plan has paths */
    uint8_t exporter;
    bool is_known;      /* the exporter */
    bool has_tree;      /* it leaves Event out: System stands at the top */
    bool has_index;     /* an Elasticsearch hit */
    bool has_preview;   /* a Splunk result */
    bool has_lost;      /* a name for which there was no room */
    struct step *steps; /* what came out */
    name_id *names;
    uint32_t count;
    uint32_t maximum;
};

/* Fills in the fields. False without memory. */
bool naming_names(struct naming *naming);

/* The rows of a path's name are neighbours: the first of them, or NULL; and the next. */
const struct naming_row *naming_rows_find(const struct naming *naming, struct bytes theirs);
const struct naming_row *naming_rows_next(const struct naming_row *row);

#endif

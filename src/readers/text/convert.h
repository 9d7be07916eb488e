/* Values of exporters to values as Windows has them: one step of a plan for one record. */
#ifndef IMPOUND_READERS_TEXT_CONVERT_H
#define IMPOUND_READERS_TEXT_CONVERT_H

#include "readers/text/naming.h"

struct conversion {
    const struct value *values; /* of the record */
    struct bytes raw;           /* the record, where the texts of real numbers stand */
    struct arena *arena;        /* for what is made, until the next record */
    struct bytes provider;      /* of this record, for steps that hold in some places only */
    struct bytes channel;
    uint32_t event_id;
};

/* The text of a value, decoded into the arena where it has to be; empty for lists and without
 * memory. */
struct bytes convert_text(struct arena *arena, struct bytes raw, const struct value *value);

void convert(const struct conversion *conversion, const struct step *step, struct value *to);

#endif

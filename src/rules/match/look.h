/* What one test says of one field of an event: the slow, complete half of matching, for what the
 * plan's indexes do not answer. */
#ifndef IMPOUND_RULES_LOOK_H
#define IMPOUND_RULES_LOOK_H

#include "event/event.h"
#include "rules/match/regexes.h"

/* The rendered items of the lists in the current event, so that each is rendered once. */
struct item_texts {
    const struct bytes *texts;
    uint32_t count;
    uint32_t generation;
};

struct look {
    const struct image *image;
    const struct event *event;
    struct regexes regexes;
    uint32_t generation;           /* one an event */
    struct item_texts (*items)[2]; /* by slot: as they are, and folded */
};

/* Where a field stands in the event. */
struct slots {
    const uint16_t *at;
    uint32_t count;
};

/* False without memory. */
bool look_init(struct look *look, const struct image *image);
void look_release(struct look *look);

/* To be called for each event, first. */
void look_begin(struct look *look, const struct event *event);

/* The texts of a slot: one for a plain value, one an item for a list, none for what is absent.
 * *one is room for the plain one. */
const struct bytes *look_texts(struct look *look, unsigned slot, bool is_folded, struct bytes *one,
                               uint32_t *count);

/* Whether the test holds for the field in these slots. `others` are the slots of the other field of
 * a fieldref. */
bool look_test(struct look *look, uint32_t test, struct slots slots, struct slots others);

#endif

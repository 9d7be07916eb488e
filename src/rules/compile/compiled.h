/* The door of compile/ for the other folders behind rules.h: a rule set as the matcher sees it.
 * Immutable once it is opened. */
#ifndef IMPOUND_RULES_COMPILED_H
#define IMPOUND_RULES_COMPILED_H

#include "rules/compile/image.h"
#include "rules/rules.h"

#include <pthread.h>

/* What matchers of all threads share of a rule set: made by the first, freed with the rule set. */
struct ruleset_shared {
    pthread_mutex_t lock;
    void *data; /* NULL: not made yet */
    void (*free)(void *data);
};

struct ruleset {
    uint8_t *bytes;
    size_t length;
    struct image image;
    struct arena arena;           /* of everything below */
    const name_id *field_ids;     /* of the image's fields in the process's field table */
    const uint32_t *fields_by_id; /* the other way: the image's field, or IMAGE_NONE */
    size_t fields_by_id_count;
    struct rule_info *infos;
    struct sigma_refusal *refusals;
    struct names *names;
    struct ruleset_shared *shared;
};

/* Takes over `bytes` (from malloc), also when it fails. */
enum status ruleset_open(uint8_t *bytes, size_t length, uint64_t key, struct names *fields,
                         struct ruleset **ruleset, struct fault *fault) MUST_CHECK;

/* The image's field for a field of an event, or IMAGE_NONE. */
static inline uint32_t ruleset_field(const struct ruleset *ruleset, name_id id)
{
    return id < ruleset->fields_by_id_count ? ruleset->fields_by_id[id] : IMAGE_NONE;
}

/* The translation of a rule's field in a log source, or NULL. */
const struct image_translation *source_translation(const struct image *image,
                                                   const struct image_source *source,
                                                   uint32_t rule_field);

/* The event's name of a rule's field in a log source. */
static inline uint32_t source_translate(const struct image *image,
                                        const struct image_source *source, uint32_t rule_field)
{
    const struct image_translation *pair = source_translation(image, source, rule_field);
    return pair ? pair->event_field : rule_field;
}

/* Of a field's translated values those that stand in place of this test: one of their tests must
 * hold instead of it. Empty: the test itself counts. */
struct image_list value_translation(const struct image *image, struct image_list values,
                                    const struct image_test *test);

#endif

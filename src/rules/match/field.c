#include "rules/match/matcher.h"

#include <assert.h>

/* The first of the rule's log sources that fits the event, or NULL. */
static const struct image_source *source_of(const struct image *image, const struct plan *plan,
                                            const struct image_rule *rule)
{
    for (uint32_t i = 0; i < plan->source_count; i++)
        for (uint32_t j = 0; j < rule->sources.count; j++)
            if (plan->sources[i] == image->words[rule->sources.first + j])
                return &image->sources[plan->sources[i]];
    return NULL;
}

/* The first value that is there under this name, or under it when blanks are left out. */
static const struct value *find(const struct ruleset *ruleset, const struct event *event,
                                name_id field)
{
    for (uint32_t slot = 0; slot < event->shape->count; slot++) {
        const name_id id = event->shape->fields[slot];
        if ((id == field || (id && names_plain(ruleset->names, id) == field)) &&
            value_is_there(&event->values[slot]))
            return &event->values[slot];
    }
    return NULL;
}

const struct value *matcher_field(struct matcher *matcher, const struct event *event, uint32_t rule,
                                  struct bytes field)
{
    const struct ruleset *ruleset = matcher->ruleset;
    const struct image *image = &ruleset->image;
    assert(rule < image->rules_count);
    const name_id id = names_find(ruleset->names, field);
    const uint32_t number = ruleset_field(ruleset, id);
    const struct binding *binding = number == IMAGE_NONE ? NULL : matcher_bind(matcher, event);
    const struct image_source *source =
        binding ? source_of(image, binding->plan, &image->rules[rule]) : NULL;
    if (id == 0)
        return NULL;
    return find(ruleset, event,
                source ? ruleset->field_ids[source_translate(image, source, number)] : id);
}

/* What matchers saw of the log sources, and what follows from it for rules that cannot fire. */
#include "rules/match/matcher.h"

#include <assert.h>

static bool has_bit(const uint64_t *bits, size_t bit)
{
    return bits[bit / 64] >> bit % 64 & 1;
}

void matcher_note(struct matcher *matcher, const struct plan *plan, const struct shape *shape)
{
    const uint32_t field_count = matcher->ruleset->image.fields_count;
    for (uint32_t i = 0; i < plan->source_count; i++) {
        const uint32_t source = plan->sources[i];
        matcher->seen_sources[source / 64] |= UINT64_C(1) << source % 64;
        for (uint32_t slot = 0; slot < shape->count; slot++) {
            uint32_t fields[2];
            const unsigned count = binding_fields(matcher->ruleset, shape, slot, fields);
            for (unsigned j = 0; j < count; j++) {
                const size_t bit = (size_t)source * field_count + fields[j];
                matcher->seen_fields[bit / 64] |= UINT64_C(1) << bit % 64;
            }
        }
    }
}

static void join_bits(uint64_t *into, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count / 64 + 1; i++)
        into[i] |= from[i];
}

void matcher_join(struct matcher *into, const struct matcher *from)
{
    const struct image *image = &into->ruleset->image;
    assert(into->ruleset == from->ruleset);
    join_bits(into->seen_sources, from->seen_sources, image->sources_count);
    join_bits(into->seen_fields, from->seen_fields,
              (size_t)image->sources_count * image->fields_count);
    const struct matcher_counts more = matcher_counts(from);
    into->counts.events += more.events;
    into->counts.evaluated += more.evaluated;
    into->counts.limited += more.limited;
    into->counts.unmatched += more.unmatched;
}

/* A field that the rule needs and that no event of this source had, or IMAGE_NONE. */
static uint32_t missing_field(const struct matcher *matcher, const struct image_rule *rule,
                              uint32_t source)
{
    const struct image *image = &matcher->ruleset->image;
    for (uint32_t i = 0; i < rule->needs.count; i++) {
        const uint32_t field =
            source_translate(image, &image->sources[source], image->words[rule->needs.first + i]);
        if (!has_bit(matcher->seen_fields, (size_t)source * image->fields_count + field))
            return field;
    }
    return IMAGE_NONE;
}

static const char *audit_of(const struct image *image, const struct image_rule *rule)
{
    for (uint32_t i = 0; i < rule->sources.count; i++) {
        const struct image_source *source = &image->sources[image->words[rule->sources.first + i]];
        if (source->audit.at != IMAGE_NONE)
            return (const char *)image->text + source->audit.at;
    }
    return NULL;
}

struct blind matcher_blind(const struct matcher *matcher, uint32_t number)
{
    const struct image *image = &matcher->ruleset->image;
    assert(number < image->rules_count);
    const struct image_rule *rule = &image->rules[number];
    struct blind blind = {BLIND_NO_EVENTS, NULL, audit_of(image, rule)};
    if (rule->nodes.count == 0)
        return (struct blind){.reason = BLIND_NOT};
    if (rule->sources.count == 0)
        return (struct blind){.reason = BLIND_NO_LOGSOURCE};
    for (uint32_t i = 0; i < rule->sources.count; i++) {
        const uint32_t source = image->words[rule->sources.first + i];
        if (!has_bit(matcher->seen_sources, source))
            continue;
        const uint32_t field = missing_field(matcher, rule, source);
        if (field == IMAGE_NONE)
            return (struct blind){.reason = BLIND_NOT};
        blind.reason = BLIND_NO_FIELD;
        blind.field = (const char *)image->text + image->fields[field].at;
    }
    return blind;
}

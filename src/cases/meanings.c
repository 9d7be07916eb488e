#include "cases/meanings.h"

#include "cases/weights.h"

#include <stdlib.h>
#include <string.h>

struct tool_set tools_common(const struct tool_set *one, const struct tool_set *other)
{
    struct tool_set common;
    for (size_t i = 0; i < COUNT_OF(common.bits); i++)
        common.bits[i] = one->bits[i] & other->bits[i];
    return common;
}

bool tools_are_none(const struct tool_set *set)
{
    uint64_t all = 0;
    for (size_t i = 0; i < COUNT_OF(set->bits); i++)
        all |= set->bits[i];
    return all == 0;
}

bool tool_is_impackets(const struct meanings *meanings, uint32_t tool)
{
    return !strchr(meanings->tools[tool], ':');
}

/* TOOLS_MAX when there is no room for it. */
static uint32_t tool_number(struct meanings *meanings, const char *name)
{
    for (uint32_t i = 0; i < meanings->tool_count; i++)
        if (strcmp(meanings->tools[i], name) == 0)
            return i;
    if (meanings->tool_count == TOOLS_MAX)
        return TOOLS_MAX;
    meanings->tools[meanings->tool_count] = name;
    return meanings->tool_count++;
}

static bool has_impackets(const struct meanings *meanings, const struct tool_set *tools)
{
    for (uint32_t tool = 0; tool < meanings->tool_count; tool++)
        if (tools_have(tools, tool) && tool_is_impackets(meanings, tool))
            return true;
    return false;
}

static void meaning_read(struct meanings *meanings, const struct rule_info *info,
                         enum sigma_level level, struct meaning *meaning)
{
    for (uint32_t i = 0; i < info->tool_count; i++) {
        const uint32_t tool = tool_number(meanings, info->tools[i]);
        if (tool == TOOLS_MAX)
            continue;
        tools_add(&meaning->tools, tool);
        meaning->named += tool != TOOL_LIBRARY;
    }
    meaning->counts = !tools_are_none(&meaning->tools);
    meaning->is_others = meaning->counts && !has_impackets(meanings, &meaning->tools);
    meaning->concludes =
        meaning->counts && level >= SIGMA_MEDIUM && strcmp(info->strength, "standalone") == 0;
    meaning->names = meaning->concludes && !tools_have(&meaning->tools, TOOL_LIBRARY);
    meaning->founds = meaning->concludes && (!meaning->is_others || level >= SIGMA_HIGH);
    if (meaning->counts)
        meaning->weight = weight_of(info->strength, level);
}

bool meanings_init(struct meanings *meanings, const struct ruleset *ruleset,
                   const enum sigma_level *levels)
{
    *meanings = (struct meanings){.ruleset = ruleset, .count = ruleset_count(ruleset)};
    meanings->items = calloc(meanings->count + 1, sizeof(*meanings->items));
    if (!meanings->items)
        return false;
    meanings->tools[meanings->tool_count++] = "impacket";
    for (uint32_t rule = 0; rule < meanings->count; rule++) {
        const struct rule_info *info = ruleset_info(ruleset, rule);
        meaning_read(meanings, info, levels ? levels[rule] : info->level, &meanings->items[rule]);
    }
    return true;
}

void meanings_release(struct meanings *meanings)
{
    free(meanings->items);
    *meanings = (struct meanings){0};
}

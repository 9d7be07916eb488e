/* What each rule says about tools, worked out once. */
#ifndef IMPOUND_CASES_MEANINGS_H
#define IMPOUND_CASES_MEANINGS_H

#include "rules/rules.h"

#define TOOLS_MAX    256
#define TOOL_LIBRARY 0 /* `impacket`: the library, whatever the tool */

/* A set of tools. */
struct tool_set {
    uint64_t bits[TOOLS_MAX / 64];
};

struct meaning {
    struct tool_set tools; /* all that impound.tool lists */
    uint32_t named;        /* how many of them are not the library: one of these it was */
    bool counts;           /* it speaks of tools at all */
    bool concludes;        /* it may stand alone, at medium or above */
    bool names;            /* it concludes, and on more than the library */
    bool is_others;        /* it speaks of other makers' tools alone */
    bool founds;           /* a case may begin with it: others' tools at high or above */
    double weight;         /* how often it is right (data/attribution.csv) */
};

struct meanings {
    const struct ruleset *ruleset;
    struct meaning *items; /* by rule */
    uint32_t count;
    const char *tools[TOOLS_MAX]; /* names; live as long as the rule set */
    uint32_t tool_count;
};

/* `levels` may be NULL: the rules' own. False without memory. */
bool meanings_init(struct meanings *meanings, const struct ruleset *ruleset,
                   const enum sigma_level *levels);
void meanings_release(struct meanings *meanings);

/* Whether the tool is Impacket's: another maker's is `vendor:name`. */
bool tool_is_impackets(const struct meanings *meanings, uint32_t tool);

static inline bool tools_have(const struct tool_set *set, uint32_t tool)
{
    return set->bits[tool >> 6] >> (tool & 63) & 1;
}

static inline void tools_add(struct tool_set *set, uint32_t tool)
{
    set->bits[tool >> 6] |= UINT64_C(1) << (tool & 63);
}

/* What both have. */
struct tool_set tools_common(const struct tool_set *one, const struct tool_set *other);
bool tools_are_none(const struct tool_set *set);

#endif

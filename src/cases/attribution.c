#include "cases/attribution.h"

#include "cases/weights.h"

#include <stdio.h>
#include <stdlib.h>

#define SURE_MAX         0.99
#define BECAUSE_MAX      12 /* reasons that are told of each tool */
#define ALTERNATIVES_MAX 8
#define REASON_MAX       400

/* How sure a step is of a tool. A rule with several tools says of each that it may be that one. */
static double sureness(const struct attribution *by, const struct step *step, uint32_t tool)
{
    double missed = 1;
    for (const struct node *node = steps_node(by->steps, step->observations.head); node;
         node = steps_node(by->steps, node->next)) {
        const struct meaning *meaning = &by->meanings->items[node->observation.rule];
        if (tools_have(&meaning->tools, tool))
            missed *= 1 - meaning->weight / (tool == TOOL_LIBRARY ? 1 : meaning->named);
    }
    double sure = 1 - missed;
    if (step->clients.count)
        sure *= weight_against("client_name");
    return sure < SURE_MAX ? sure : SURE_MAX;
}

/* --- Reasons --- */

static struct bytes reason_keep(struct arena *arena, const char *text, int length)
{
    if (length < 0)
        return (struct bytes){0};
    const size_t cut = (size_t)length < REASON_MAX ? (size_t)length : REASON_MAX - 1;
    return arena_keep(arena, bytes_of(text, cut));
}

static struct bytes reason_of(const struct attribution *by, const struct node *node,
                              struct arena *arena)
{
    char text[REASON_MAX];
    const struct rule_info *info = ruleset_info(by->meanings->ruleset, node->observation.rule);
    const int length = snprintf(text, sizeof(text), "%s (%s%s%s; %u finding%s)", info->title,
                                info->strength, *info->layer ? ", " : "", info->layer,
                                node->observation.count, node->observation.count == 1 ? "" : "s");
    return reason_keep(arena, text, length);
}

static int observation_order(const void *a, const void *b, void *context)
{
    const struct attribution *by = context;
    const struct node *one = *(const struct node *const *)a,
                      *other = *(const struct node *const *)b;
    const double first = by->meanings->items[one->observation.rule].weight;
    const double second = by->meanings->items[other->observation.rule].weight;
    if (first < second || first > second)
        return first < second ? 1 : -1;
    const struct rule_info *info = ruleset_info(by->meanings->ruleset, one->observation.rule);
    return strcmp(info->title, ruleset_info(by->meanings->ruleset, other->observation.rule)->title);
}

/* The rules that speak for the tool, the weightiest first. */
static uint32_t observations_of(const struct attribution *by, const struct step *step,
                                uint32_t tool, const struct node **nodes)
{
    uint32_t count = 0;
    for (const struct node *node = steps_node(by->steps, step->observations.head); node;
         node = steps_node(by->steps, node->next))
        if (tools_have(&by->meanings->items[node->observation.rule].tools, tool))
            nodes[count++] = node;
    qsort_r(nodes, count, sizeof(struct node *), observation_order, (void *)(uintptr_t)by);
    return count;
}

/* The weightiest rules that speak for the tool; a tool of the library is also spoken for by what
 * shows the library. */
static bool because_write(const struct attribution *by, const struct step *step, uint32_t tool,
                          struct case_tool *to, struct arena *arena)
{
    const uint32_t all = step->observations.count;
    const struct node **nodes = arena_take_array(arena, all + 1, sizeof(*nodes));
    struct bytes *items = arena_take_array(arena, BECAUSE_MAX, sizeof(*items));
    if (!nodes || !items)
        return false;
    const uint32_t own = observations_of(by, step, tool, nodes);
    to->because.items = items;
    for (uint32_t i = 0; i < own && to->because.count < BECAUSE_MAX; i++)
        items[to->because.count++] = reason_of(by, nodes[i], arena);
    if (tool == TOOL_LIBRARY || !tool_is_impackets(by->meanings, tool))
        return true;
    const uint32_t library = observations_of(by, step, TOOL_LIBRARY, nodes);
    for (uint32_t i = 0; i < library && to->because.count < BECAUSE_MAX; i++)
        if (!tools_have(&by->meanings->items[nodes[i]->observation.rule].tools, tool))
            items[to->because.count++] = reason_of(by, nodes[i], arena);
    return true;
}

static bool against_write(const struct attribution *by, const struct step *step,
                          struct case_tool *to, struct arena *arena)
{
    char text[REASON_MAX];
    struct bytes *items = arena_take_array(arena, step->clients.count + 1, sizeof(*items));
    if (!items)
        return false;
    to->against.items = items;
    for (const struct node *node = steps_node(by->steps, step->clients.head); node;
         node = steps_node(by->steps, node->next)) {
        const struct bytes name = texts_at(by->texts, node->number);
        const int length = snprintf(
            text, sizeof(text), "the client called itself %.*s, which Impacket does not do",
            (int)(name.length < 64 ? name.length : 64), (const char *)name.data);
        items[to->against.count++] = reason_keep(arena, text, length);
    }
    return true;
}

/* --- Tools of a case --- */

struct opinion {
    double sure;
    const struct step *step; /* the surest; NULL: none */
};

static void opinion_add(const struct attribution *by, const struct step *step, uint32_t tool,
                        struct opinion *opinion)
{
    const double sure = sureness(by, step, tool);
    if (!opinion->step || sure > opinion->sure)
        *opinion = (struct opinion){sure, step};
}

/* What is concluded, and what is merely possible. */
static void opinions_form(const struct attribution *by, const uint32_t *steps, uint32_t count,
                          struct opinion concluded[TOOLS_MAX], struct opinion possible[TOOLS_MAX])
{
    bool names_one = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct step *step = &by->steps->items[steps[i]];
        for (uint32_t tool = 0; tool < by->meanings->tool_count; tool++)
            if (tools_have(&step->tools, tool)) {
                opinion_add(by, step, tool, &concluded[tool]);
                names_one |= tool != TOOL_LIBRARY && tool_is_impackets(by->meanings, tool);
            }
        for (const struct node *node = steps_node(by->steps, step->observations.head); node;
             node = steps_node(by->steps, node->next))
            for (uint32_t tool = 0; tool < by->meanings->tool_count; tool++)
                if (tools_have(&by->meanings->items[node->observation.rule].tools, tool))
                    opinion_add(by, step, tool, &possible[tool]);
    }
    for (uint32_t tool = 0; tool < by->meanings->tool_count; tool++)
        if (concluded[tool].step || (tool == TOOL_LIBRARY && names_one))
            possible[tool].step = NULL;
    if (names_one)
        concluded[TOOL_LIBRARY].step = NULL;
}

static int tool_order(const void *a, const void *b)
{
    const struct case_tool *one = a, *other = b;
    if (one->confidence < other->confidence || one->confidence > other->confidence)
        return one->confidence < other->confidence ? 1 : -1;
    return bytes_compare(one->name, other->name);
}

static bool tools_write(const struct attribution *by, const struct opinion opinions[TOOLS_MAX],
                        uint32_t most, const struct case_tool **to, uint32_t *count,
                        struct arena *arena)
{
    struct case_tool *tools = arena_take_array(arena, by->meanings->tool_count, sizeof(*tools));
    if (!tools)
        return false;
    *to = tools;
    *count = 0;
    for (uint32_t tool = 0; tool < by->meanings->tool_count; tool++) {
        const struct opinion *opinion = &opinions[tool];
        if (!opinion->step)
            continue;
        struct case_tool *added = &tools[(*count)++];
        *added = (struct case_tool){.name = bytes_of_text(by->meanings->tools[tool]),
                                    .confidence = opinion->sure};
        if (!because_write(by, opinion->step, tool, added, arena) ||
            !against_write(by, opinion->step, added, arena))
            return false;
    }
    qsort(tools, *count, sizeof(*tools), tool_order);
    if (*count > most)
        *count = most;
    return true;
}

bool attribution_make(const struct attribution *by, const uint32_t *steps, uint32_t count,
                      struct case_record *record, struct arena *arena)
{
    struct opinion concluded[TOOLS_MAX] = {{0}}, possible[TOOLS_MAX] = {{0}};
    opinions_form(by, steps, count, concluded, possible);
    return tools_write(by, concluded, TOOLS_MAX, &record->tools, &record->tool_count, arena) &&
           tools_write(by, possible, ALTERNATIVES_MAX, &record->alternatives,
                       &record->alternative_count, arena);
}

uint32_t attribution_of_step(const struct attribution *by, const struct step *step,
                             struct bytes names[TOOLS_MAX])
{
    double sure[TOOLS_MAX];
    uint32_t count = 0;
    for (uint32_t tool = 0; tool < by->meanings->tool_count; tool++) {
        if (!tools_have(&step->tools, tool))
            continue;
        const double own = sureness(by, step, tool);
        uint32_t at = count++;
        for (; at && sure[at - 1] < own; at--) {
            sure[at] = sure[at - 1];
            names[at] = names[at - 1];
        }
        sure[at] = own;
        names[at] = bytes_of_text(by->meanings->tools[tool]);
    }
    return count;
}

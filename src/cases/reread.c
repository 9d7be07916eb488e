#include "cases/reread.h"

#include "yaml/tree.h"

#define OBJECTS_MAX 10000U /* steps, tools: more than that is not ours */

static const char head[] = "{\"kind\":\"case\"";

bool case_is_one(struct bytes line)
{
    return line.length > sizeof(head) && memcmp(line.data, head, sizeof(head) - 1) == 0;
}

/* --- Members --- */

static struct bytes text_at(const struct tree_node *map, const char *key)
{
    const struct tree_node *node = tree_find(map, key);
    return node && tree_is_scalar(node) && node->kind != TREE_NULL ? node->text : (struct bytes){0};
}

static struct instant time_at(const struct tree_node *map, const char *key)
{
    struct instant time;
    if (instant_parse(text_at(map, key), &time) != STATUS_OK)
        time = (struct instant){.seconds = INSTANT_NONE};
    return time;
}

static double number_at(const struct tree_node *map, const char *key)
{
    double number;
    const struct tree_node *node = tree_find(map, key);
    return node && tree_number(node, &number) ? number : 0;
}

static const struct tree_node *list_at(const struct tree_node *map, const char *key)
{
    const struct tree_node *node = tree_find(map, key);
    return node && node->kind == TREE_LIST && node->count <= OBJECTS_MAX ? node : NULL;
}

static struct case_texts texts_at(const struct tree_node *map, const char *key, struct arena *arena)
{
    const struct tree_node *list = list_at(map, key);
    struct bytes *items = list ? arena_take_array(arena, list->count + 1, sizeof(*items)) : NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; items && i < list->count; i++)
        if (tree_is_scalar(list->items[i]) && list->items[i]->kind != TREE_NULL)
            items[count++] = list->items[i]->text;
    return (struct case_texts){items, count};
}

/* --- Parts --- */

static const struct case_tool *tools_at(const struct tree_node *map, const char *key,
                                        struct arena *arena, uint32_t *count)
{
    const struct tree_node *list = list_at(map, key);
    struct case_tool *tools =
        list ? arena_take_array(arena, list->count + 1, sizeof(*tools)) : NULL;
    *count = tools ? list->count : 0;
    for (uint32_t i = 0; i < *count; i++)
        tools[i] = (struct case_tool){.name = text_at(list->items[i], "name"),
                                      .confidence = number_at(list->items[i], "confidence"),
                                      .because = texts_at(list->items[i], "because", arena),
                                      .against = texts_at(list->items[i], "against", arena)};
    return tools;
}

static void findings_at(const struct tree_node *map, struct arena *arena, struct case_step *step)
{
    const struct case_texts ids = texts_at(map, "findings", arena);
    char(*findings)[33] = arena_take_array(arena, ids.count + 1, sizeof(*findings));
    step->findings = (const char(*)[33])findings;
    for (uint32_t i = 0; findings && i < ids.count; i++)
        if (ids.items[i].length == 32)
            memcpy(findings[step->finding_count++], ids.items[i].data, 32);
    step->findings_left_out = (uint32_t)number_at(map, "findings_left_out");
}

static struct case_step step_of(const struct tree_node *map, struct arena *arena)
{
    struct case_step step = {
        .first = time_at(map, "time"),
        .last = time_at(map, "last"),
        .target = text_at(map, "target"),
        .source = text_at(map, "source"),
        .account = text_at(map, "account"),
        .what = text_at(map, "what"),
        .targets = texts_at(map, "targets", arena),
        .sources = texts_at(map, "sources", arena),
        .accounts = texts_at(map, "accounts", arena),
        .tools = texts_at(map, "tool", arena),
        .techniques = texts_at(map, "attack", arena),
        .ran = texts_at(map, "ran", arena),
    };
    if (step.tools.count)
        step.tool = step.tools.items[0];
    findings_at(map, arena, &step);
    return step;
}

static const struct case_step *steps_at(const struct tree_node *map, struct arena *arena,
                                        uint32_t *count)
{
    const struct tree_node *list = list_at(map, "steps");
    struct case_step *steps =
        list ? arena_take_array(arena, list->count + 1, sizeof(*steps)) : NULL;
    *count = steps ? list->count : 0;
    for (uint32_t i = 0; i < *count; i++)
        steps[i] = step_of(list->items[i], arena);
    return steps;
}

static const struct case_skew *skews_at(const struct tree_node *map, struct arena *arena,
                                        uint32_t *count)
{
    const struct tree_node *list = list_at(map, "skew");
    struct case_skew *skews =
        list ? arena_take_array(arena, list->count + 1, sizeof(*skews)) : NULL;
    *count = skews ? list->count : 0;
    for (uint32_t i = 0; i < *count; i++)
        skews[i] = (struct case_skew){.host = text_at(list->items[i], "host"),
                                      .seconds = number_at(list->items[i], "seconds"),
                                      .uncertainty = number_at(list->items[i], "uncertainty")};
    return skews;
}

/* --- The whole --- */

static void record_of(const struct tree_node *map, struct arena *arena, struct case_record *record)
{
    const struct bytes id = text_at(map, "id");
    *record = (struct case_record){
        .title = text_at(map, "title"),
        .hosts = texts_at(map, "hosts", arena),
        .accounts = texts_at(map, "accounts", arena),
        .sources = texts_at(map, "sources", arena),
        .techniques = texts_at(map, "attack", arena),
        .first = time_at(map, "first"),
        .last = time_at(map, "last"),
    };
    memcpy(record->id, id.data, id.length < 32 ? id.length : 32);
    record->tools = tools_at(map, "tool", arena, &record->tool_count);
    record->alternatives = tools_at(map, "alternatives", arena, &record->alternative_count);
    record->skews = skews_at(map, arena, &record->skew_count);
    record->steps = steps_at(map, arena, &record->step_count);
}

enum status case_reread(struct bytes line, struct arena *arena, struct case_record *record,
                        struct fault *fault)
{
    struct tree_reader *reader = tree_open(line, arena);
    const struct tree_node *document = NULL;
    if (!reader)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a case");
    enum status status = tree_next(reader, &document, fault);
    if (status == STATUS_END ||
        (status == STATUS_OK && (document->kind != TREE_MAP || !text_at(document, "id").length ||
                                 !list_at(document, "steps"))))
        status = fault_set(fault, STATUS_INVALID, 0, "this is no case");
    if (status == STATUS_OK)
        record_of(document, arena, record);
    tree_close(reader);
    return status;
}

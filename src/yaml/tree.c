#include "yaml/tree.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>
#include <yaml.h>

/* libyaml's events become nodes bottom up. Finished nodes wait on a stack; when a collection ends,
 * those above its frame's base become its items. An anchor is known from the moment its node is
 * finished, so an alias inside its own anchor finds nothing and is refused. */

#define ANCHORS_MAX 64
#define STACK_FIRST 256

struct frame {
    size_t base; /* of its children on the stack */
    uint32_t line;
    bool is_map;
    struct bytes anchor; /* data NULL: none */
};

struct anchor {
    struct bytes name;
    const struct tree_node *node;
};

struct tree_reader {
    yaml_parser_t parser;
    struct bytes text;
    struct arena *arena;
    const struct tree_node **stack;
    size_t stack_count, stack_capacity;
    struct frame frames[TREE_DEPTH_MAX];
    unsigned depth;
    struct anchor anchors[ANCHORS_MAX];
    unsigned anchor_count;
    bool refuses_aliases;
    bool is_over;
};

struct tree_reader *tree_open(struct bytes text, struct arena *arena)
{
    struct tree_reader *reader = calloc(1, sizeof(*reader));
    const struct tree_node **stack = malloc(STACK_FIRST * sizeof(*stack));
    if (!reader || !stack || !yaml_parser_initialize(&reader->parser)) {
        free(reader);
        free(stack);
        return NULL;
    }
    reader->stack = stack;
    reader->stack_capacity = STACK_FIRST;
    reader->text = text;
    reader->arena = arena;
    yaml_parser_set_input_string(&reader->parser, text.data ? text.data : (const uint8_t *)"",
                                 text.length);
    return reader;
}

void tree_close(struct tree_reader *reader)
{
    if (!reader)
        return;
    yaml_parser_delete(&reader->parser);
    free(reader->stack);
    free(reader);
}

void tree_refuse_aliases(struct tree_reader *reader)
{
    reader->refuses_aliases = true;
}

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_MEMORY, 0, "the YAML needs more memory than it may take");
}

/* With leading zeros a number is octal to YAML 1.1 and decimal to YAML 1.2, and mostly meant as
 * text (a keyboard layout, 00000429): so it is text. */
static bool has_leading_zeros(const char *at)
{
    at += *at == '-' || *at == '+';
    return at[0] == '0' && at[1] >= '0' && at[1] <= '9';
}

static bool is_core_int(const char *at)
{
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'o')) {
        const char *digits = at[1] == 'x' ? "0123456789abcdefABCDEF" : "01234567";
        return at[2] && at[2 + strspn(at + 2, digits)] == '\0';
    }
    at += *at == '-' || *at == '+';
    return *at && at[strspn(at, "0123456789")] == '\0';
}

static bool is_core_float(const char *at)
{
    at += *at == '-' || *at == '+';
    const size_t whole = strspn(at, "0123456789");
    at += whole;
    size_t fraction = 0;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789");
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        const size_t exponent = strspn(at, "0123456789");
        return exponent > 0 && at[exponent] == '\0';
    }
    return *at == '\0';
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* YAML 1.2.2, 10.3.2: the core schema. */
static enum tree_kind plain_kind(const char *text, size_t length)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    if (length > 400 || memchr(text, '\0', length))
        return TREE_TEXT;
    if (is_one_of(text, nulls))
        return TREE_NULL;
    if (is_one_of(text, bools))
        return TREE_BOOL;
    const bool is_number = is_core_int(text) || is_core_float(text);
    return is_number && !has_leading_zeros(text) ? TREE_NUMBER : TREE_TEXT;
}

static enum status push(struct tree_reader *reader, const struct tree_node *node,
                        struct fault *fault)
{
    if (reader->stack_count == reader->stack_capacity) {
        const size_t capacity = reader->stack_capacity * 2;
        const struct tree_node **stack = realloc(reader->stack, capacity * sizeof(*stack));
        if (!stack)
            return no_memory(fault);
        reader->stack = stack;
        reader->stack_capacity = capacity;
    }
    if (reader->stack_count >= TREE_NODES_MAX)
        return fault_set(fault, STATUS_INVALID, node->line, "more than %u nodes in a document",
                         TREE_NODES_MAX);
    reader->stack[reader->stack_count++] = node;
    return STATUS_OK;
}

static enum status anchor_add(struct tree_reader *reader, struct bytes name,
                              const struct tree_node *node, struct fault *fault)
{
    if (!name.data)
        return STATUS_OK;
    if (reader->anchor_count == ANCHORS_MAX)
        return fault_set(fault, STATUS_INVALID, node->line, "more than %d anchors in a document",
                         ANCHORS_MAX);
    reader->anchors[reader->anchor_count++] = (struct anchor){name, node};
    return STATUS_OK;
}

static struct bytes anchor_keep(struct tree_reader *reader, const yaml_char_t *anchor)
{
    if (!anchor)
        return (struct bytes){0};
    return arena_keep(reader->arena, bytes_of_text((const char *)anchor));
}

static const struct tree_node *anchor_find(const struct tree_reader *reader, struct bytes name)
{
    for (unsigned i = reader->anchor_count; i > 0; i--) /* a later anchor hides an earlier one */
        if (bytes_equal(reader->anchors[i - 1].name, name))
            return reader->anchors[i - 1].node;
    return NULL;
}

static enum status take_alias(struct tree_reader *reader, const yaml_event_t *event,
                              struct fault *fault)
{
    const char *name = (const char *)event->data.alias.anchor;
    const uint32_t line = (uint32_t)event->start_mark.line + 1;
    if (reader->refuses_aliases)
        return fault_set(fault, STATUS_INVALID, line, "the alias *%.60s is not allowed here", name);
    const struct tree_node *node = anchor_find(reader, bytes_of_text(name));
    if (node)
        return push(reader, node, fault);
    for (unsigned i = 0; i < reader->depth; i++)
        if (bytes_equal(reader->frames[i].anchor, bytes_of_text(name)))
            return fault_set(fault, STATUS_INVALID, line, "the alias *%.60s contains itself", name);
    return fault_set(fault, STATUS_INVALID, line, "the alias *%.60s has no anchor", name);
}

/* Sets *is_plain to whether the text decides what the scalar is; false for a foreign tag. */
static bool tag_allows(const yaml_event_t *event, bool *is_plain)
{
    static const char *const resolved[] = {YAML_NULL_TAG, YAML_BOOL_TAG, YAML_INT_TAG,
                                           YAML_FLOAT_TAG, NULL};
    const char *tag = (const char *)event->data.scalar.tag;
    *is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!tag)
        return true;
    *is_plain = is_one_of(tag, resolved);
    return *is_plain || strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0;
}

static enum status take_scalar(struct tree_reader *reader, const yaml_event_t *event,
                               struct fault *fault)
{
    const uint32_t line = (uint32_t)event->start_mark.line + 1;
    bool is_plain;
    if (!tag_allows(event, &is_plain))
        return fault_set(fault, STATUS_INVALID, line, "the tag %.80s is not known",
                         (const char *)event->data.scalar.tag);
    const struct bytes text = bytes_of(event->data.scalar.value, event->data.scalar.length);
    struct tree_node *node = arena_take_aligned(reader->arena, sizeof(*node), 8);
    const char *kept = arena_keep_text(reader->arena, text);
    if (!node || !kept)
        return no_memory(fault);
    *node = (struct tree_node){
        .kind = is_plain ? plain_kind(kept, text.length) : TREE_TEXT,
        .line = line,
        .weight = 1,
        .text = bytes_of(kept, text.length),
    };
    const enum status status =
        anchor_add(reader, anchor_keep(reader, event->data.scalar.anchor), node, fault);
    return status == STATUS_OK ? push(reader, node, fault) : status;
}

static enum status begin_collection(struct tree_reader *reader, const yaml_event_t *event,
                                    bool is_map, struct fault *fault)
{
    const uint32_t line = (uint32_t)event->start_mark.line + 1;
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (tag && strcmp((const char *)tag, is_map ? YAML_MAP_TAG : YAML_SEQ_TAG) != 0)
        return fault_set(fault, STATUS_INVALID, line, "the tag %.80s is not known",
                         (const char *)tag);
    if (reader->depth == TREE_DEPTH_MAX)
        return fault_set(fault, STATUS_INVALID, line, "nested deeper than %d", TREE_DEPTH_MAX);
    reader->frames[reader->depth++] = (struct frame){
        .base = reader->stack_count,
        .line = line,
        .is_map = is_map,
        .anchor = anchor_keep(reader, anchor),
    };
    return STATUS_OK;
}

static const struct tree_pair *pair_find(const struct tree_pair *pairs, uint32_t count,
                                         struct bytes key)
{
    for (uint32_t i = 0; i < count; i++)
        if (bytes_equal(pairs[i].key, key))
            return &pairs[i];
    return NULL;
}

static int compare_keys(const void *one, const void *other)
{
    const struct tree_pair *a = *(const struct tree_pair *const *)one;
    const struct tree_pair *b = *(const struct tree_pair *const *)other;
    const int order = bytes_compare(a->key, b->key);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Finds a key that occurs twice; the later one's pair, or NULL. Big maps are sorted for it. */
static enum status refuse_repeated(struct tree_reader *reader, const struct tree_pair *pairs,
                                   uint32_t count, struct fault *fault)
{
    const struct tree_pair *repeated = NULL;
    if (count <= 16) {
        for (uint32_t i = 1; i < count && !repeated; i++)
            repeated = pair_find(pairs, i, pairs[i].key) ? &pairs[i] : NULL;
    } else {
        const struct tree_pair **sorted = arena_take_array(reader->arena, count, sizeof(*sorted));
        if (!sorted)
            return no_memory(fault);
        for (uint32_t i = 0; i < count; i++)
            sorted[i] = &pairs[i];
        qsort(sorted, count, sizeof(*sorted), compare_keys);
        for (uint32_t i = 1; i < count && !repeated; i++)
            repeated = bytes_equal(sorted[i - 1]->key, sorted[i]->key) ? sorted[i] : NULL;
    }
    if (!repeated)
        return STATUS_OK;
    return fault_set(fault, STATUS_INVALID, repeated->line, "the key %.*s is repeated",
                     (int)(repeated->key.length > 80 ? 80 : repeated->key.length),
                     (const char *)repeated->key.data);
}

static enum status fill_map(struct tree_reader *reader, const struct tree_node **children,
                            struct tree_node *node, struct fault *fault)
{
    struct tree_pair *pairs = arena_take_array(reader->arena, node->count, sizeof(*pairs));
    if (!pairs)
        return no_memory(fault);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct tree_node *const *pair = children + (size_t)i * 2;
        const struct tree_node *key = pair[0];
        if (!tree_is_scalar(key))
            return fault_set(fault, STATUS_INVALID, key->line, "a key is a list or a map");
        pairs[i] = (struct tree_pair){key->text, key->line, pair[1]};
    }
    node->pairs = pairs;
    return refuse_repeated(reader, pairs, node->count, fault);
}

static enum status fill_list(struct tree_reader *reader, const struct tree_node **children,
                             struct tree_node *node, struct fault *fault)
{
    const struct tree_node **items = arena_take_array(reader->arena, node->count, sizeof(*items));
    if (!items)
        return no_memory(fault);
    if (node->count)
        memcpy(items, children, node->count * sizeof(*items));
    node->items = items;
    return STATUS_OK;
}

static enum status end_collection(struct tree_reader *reader, struct fault *fault)
{
    assert(reader->depth > 0);
    const struct frame *frame = &reader->frames[--reader->depth];
    const struct tree_node **children = reader->stack + frame->base;
    const size_t count = reader->stack_count - frame->base;
    uint64_t weight = 1;
    for (size_t i = 0; i < count; i++)
        weight += children[i]->weight;
    if (weight > TREE_NODES_MAX)
        return fault_set(fault, STATUS_INVALID, frame->line,
                         "more than %u nodes in a document with its aliases", TREE_NODES_MAX);
    struct tree_node *node = arena_take_aligned(reader->arena, sizeof(*node), 8);
    if (!node)
        return no_memory(fault);
    *node = (struct tree_node){
        .kind = frame->is_map ? TREE_MAP : TREE_LIST,
        .line = frame->line,
        .weight = (uint32_t)weight,
        .count = (uint32_t)(frame->is_map ? count / 2 : count),
    };
    enum status status = frame->is_map ? fill_map(reader, children, node, fault)
                                       : fill_list(reader, children, node, fault);
    if (status == STATUS_OK)
        status = anchor_add(reader, frame->anchor, node, fault);
    reader->stack_count = frame->base;
    return status == STATUS_OK ? push(reader, node, fault) : status;
}

static enum status take_event(struct tree_reader *reader, const yaml_event_t *event,
                              struct fault *fault)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(reader, event, fault);
    case YAML_ALIAS_EVENT:
        return take_alias(reader, event, fault);
    case YAML_SEQUENCE_START_EVENT:
        return begin_collection(reader, event, false, fault);
    case YAML_MAPPING_START_EVENT:
        return begin_collection(reader, event, true, fault);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end_collection(reader, fault);
    case YAML_STREAM_END_EVENT:
        return STATUS_END;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return STATUS_OK;
}

static uint32_t line_at(struct bytes text, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < text.length; i++)
        line += text.data[i] == '\n';
    return line;
}

static enum status syntax_fault(const struct tree_reader *reader, struct fault *fault)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return no_memory(fault);
    const uint32_t line = parser->error == YAML_READER_ERROR
                              ? line_at(reader->text, parser->problem_offset)
                              : (uint32_t)parser->problem_mark.line + 1;
    return fault_set(fault, STATUS_INVALID, line, "not YAML: %s%s%s",
                     parser->problem ? parser->problem : "unreadable", parser->context ? " " : "",
                     parser->context ? parser->context : "");
}

enum status tree_next(struct tree_reader *reader, const struct tree_node **document,
                      struct fault *fault)
{
    if (reader->is_over)
        return STATUS_END;
    reader->stack_count = 0;
    reader->depth = 0;
    reader->anchor_count = 0;
    enum status status = STATUS_OK;
    bool is_complete = false;
    while (status == STATUS_OK && !is_complete) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            status = syntax_fault(reader, fault);
            break;
        }
        is_complete = event.type == YAML_DOCUMENT_END_EVENT;
        status = take_event(reader, &event, fault);
        yaml_event_delete(&event);
    }
    reader->is_over = status != STATUS_OK;
    if (status == STATUS_OK) {
        assert(reader->stack_count == 1);
        *document = reader->stack[0];
    }
    return status;
}

const struct tree_node *tree_find(const struct tree_node *map, const char *key)
{
    if (map->kind != TREE_MAP)
        return NULL;
    const struct tree_pair *pair = pair_find(map->pairs, map->count, bytes_of_text(key));
    return pair ? pair->value : NULL;
}

bool tree_is(const struct tree_node *node, const char *word)
{
    return tree_is_scalar(node) && bytes_equal(node->text, bytes_of_text(word));
}

bool tree_bool(const struct tree_node *node, bool *value)
{
    static const char *const words[] = {"true", "yes", "on", "false", "no", "off"};
    if (node->kind != TREE_BOOL && node->kind != TREE_TEXT)
        return false;
    for (unsigned i = 0; i < COUNT_OF(words); i++) {
        if (strcasecmp((const char *)node->text.data, words[i]) == 0) {
            *value = i < 3;
            return true;
        }
    }
    return false;
}

bool tree_number(const struct tree_node *node, double *number)
{
    if (!tree_is_scalar(node) ||
        plain_kind((const char *)node->text.data, node->text.length) != TREE_NUMBER)
        return false;
    const char *text = (const char *)node->text.data;
    const bool is_octal = text[0] == '0' && text[1] == 'o';
    *number = is_octal ? (double)strtoull(text + 2, NULL, 8) : strtod(text, NULL);
    return isfinite(*number);
}

/* The recursion is bounded: neither map is nested deeper than TREE_DEPTH_MAX. So is the work. */
#define MERGE_KEYS_MAX 1024

const struct tree_node *tree_merge(struct arena *arena, const struct tree_node *under,
                                   const struct tree_node *over)
{
    if (under->kind != TREE_MAP || over->kind != TREE_MAP)
        return over;
    if (under->count > MERGE_KEYS_MAX || over->count > MERGE_KEYS_MAX)
        return NULL;
    struct tree_node *merged = arena_take_aligned(arena, sizeof(*merged), 8);
    struct tree_pair *pairs =
        arena_take_array(arena, (size_t)under->count + over->count, sizeof(*pairs));
    if (!merged || !pairs)
        return NULL;
    *merged = *under;
    merged->pairs = pairs;
    if (under->count)
        memcpy(pairs, under->pairs, under->count * sizeof(*pairs));
    for (uint32_t i = 0; i < over->count; i++) {
        const struct tree_pair *pair = &over->pairs[i];
        const struct tree_pair *old = pair_find(pairs, under->count, pair->key);
        if (!old) {
            pairs[merged->count++] = *pair;
            continue;
        }
        const struct tree_node *value = tree_merge(arena, old->value, pair->value);
        if (!value)
            return NULL;
        pairs[old - pairs].value = value;
    }
    return merged;
}

/* Tokens to a tree. */
#include "base/cursor.h"
#include "base/utf.h"
#include "readers/evtx/binxml_template.h"
#include "readers/evtx/binxml_token.h"
#include "readers/evtx/binxml_value.h"

#include <assert.h>

/* Growing arrays in the scratch arena: at most BINXML_NODES_MAX of each. */
struct builder {
    const struct binxml_compile *given;
    struct cursor at; /* its offsets are offsets in the chunk */
    struct binxml_element *elements;
    struct binxml_attribute *attributes;
    struct binxml_node *nodes;
    struct binxml_reference *references;
    uint32_t element_count, attribute_count, node_count, reference_count;
    uint32_t element_room, attribute_room, node_room, reference_room;
    uint32_t open[BINXML_DEPTH_MAX];     /* elements */
    uint32_t last[BINXML_DEPTH_MAX + 1]; /* last child node at each depth; [0] of the roots */
    uint32_t depth;
    uint32_t first;                     /* root node */
    uint32_t attribute, attribute_last; /* the attribute whose value comes; its last node */
    bool in_start;                      /* between open start and close start */
    uint16_t literal_count;             /* that became slots */
    struct fault *fault;
};

static enum status damaged(const struct builder *builder, const char *reason)
{
    return fault_set(builder->fault, STATUS_DAMAGED,
                     builder->given->chunk->offset + cursor_offset(&builder->at), "BinXML: %s",
                     reason);
}

/* Room for one more element in an array of the scratch arena. */
static bool grow(struct builder *builder, void **array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return true;
    if (count >= BINXML_NODES_MAX)
        return false;
    const uint32_t more = *room ? *room * 2 : 64;
    void *wider = arena_take(builder->given->scratch, more * size);
    if (!wider)
        return false;
    if (count)
        memcpy(wider, *array, count * size);
    *array = wider;
    *room = more;
    return true;
}

#define GROW(builder, what)                                                                       \
    grow(builder, (void **)&(builder)->what##s, (builder)->what##_count, &(builder)->what##_room, \
         sizeof(*(builder)->what##s))

static enum status node_add(struct builder *builder, struct binxml_node node)
{
    if (!GROW(builder, node))
        return damaged(builder, "too many nodes");
    const uint32_t index = builder->node_count++;
    node.next = BINXML_END;
    builder->nodes[index] = node;
    uint32_t *last;
    uint32_t *first;
    if (builder->in_start && builder->attribute != BINXML_END) {
        last = &builder->attribute_last;
        first = &builder->attributes[builder->attribute].first;
    } else if (builder->in_start) {
        return damaged(builder, "content between an element's attributes");
    } else {
        last = &builder->last[builder->depth];
        first = builder->depth ? &builder->elements[builder->open[builder->depth - 1]].first
                               : &builder->first;
    }
    if (*last == BINXML_END)
        *first = index;
    else
        builder->nodes[*last].next = index;
    *last = index;
    return STATUS_OK;
}

/* A name by its offset; the entry may follow right here, in which case it is stepped over. */
static enum status name_read(struct builder *builder, name_id *id)
{
    const struct binxml_compile *given = builder->given;
    const size_t start = (size_t)cursor_offset(&builder->at);
    const uint8_t *field = cursor_take(&builder->at, 4);
    if (!field)
        return damaged(builder, "cut off in a name");
    const uint32_t offset = load_le32(field);
    struct bytes raw;
    if (!binxml_name_at(given->chunk, offset, &raw))
        return damaged(builder, "a name outside the chunk");
    const bool is_inline = offset == start + 4;
    if (is_inline && !cursor_take(&builder->at, BINXML_NAME_HEADER + raw.length))
        return damaged(builder, "cut off in a name");
    const enum status status =
        binxml_name_find(given->names, given->chunk, offset, raw, id, builder->fault);
    if (status)
        return status;
    if (!given->is_definition)
        return STATUS_OK;
    if (!GROW(builder, reference))
        return damaged(builder, "too many names");
    builder->references[builder->reference_count++] = (struct binxml_reference){
        .at = (uint32_t)(start - given->start),
        .is_inline = is_inline,
        .raw = arena_keep(given->keep, raw),
    };
    return STATUS_OK;
}

static enum status element_open(struct builder *builder, uint8_t token)
{
    uint16_t dependency = BINXML_NONE;
    if (builder->in_start)
        return damaged(builder, "an element inside an element's start");
    if (builder->depth == BINXML_DEPTH_MAX)
        return damaged(builder, "elements nested too deeply");
    if (builder->given->is_definition) {
        const uint8_t *field = cursor_take(&builder->at, 2);
        if (!field)
            return damaged(builder, "cut off in an element");
        /* A template is used for its root, which nothing leaves out. */
        if (builder->depth)
            dependency = load_le16(field);
    }
    name_id name;
    if (!cursor_take(&builder->at, 4))
        return damaged(builder, "cut off in an element");
    enum status status = name_read(builder, &name);
    if (status)
        return status;
    if ((token & TOKEN_MORE) && !cursor_take(&builder->at, 4))
        return damaged(builder, "cut off in an element");
    if (!GROW(builder, element))
        return damaged(builder, "too many elements");
    const uint32_t index = builder->element_count++;
    builder->elements[index] = (struct binxml_element){
        .name = name, .dependency = dependency, .first_attribute = BINXML_END, .first = BINXML_END};
    status = node_add(builder, (struct binxml_node){.kind = BINXML_ELEMENT, .index = index});
    if (status)
        return status;
    if (builder->depth)
        builder->elements[builder->open[builder->depth - 1]].has_elements = true;
    builder->open[builder->depth++] = index;
    builder->last[builder->depth] = BINXML_END;
    builder->in_start = true;
    builder->attribute = BINXML_END;
    return STATUS_OK;
}

static enum status attribute_open(struct builder *builder)
{
    name_id name;
    if (!builder->in_start)
        return damaged(builder, "an attribute outside an element's start");
    const enum status status = name_read(builder, &name);
    if (status)
        return status;
    if (!GROW(builder, attribute))
        return damaged(builder, "too many attributes");
    const uint32_t index = builder->attribute_count++;
    builder->attributes[index] =
        (struct binxml_attribute){.name = name, .first = BINXML_END, .next = BINXML_END};
    if (builder->attribute == BINXML_END)
        builder->elements[builder->open[builder->depth - 1]].first_attribute = index;
    else
        builder->attributes[builder->attribute].next = index;
    builder->attribute = index;
    builder->attribute_last = BINXML_END;
    return STATUS_OK;
}

static enum status start_close(struct builder *builder, bool is_empty)
{
    if (!builder->in_start)
        return damaged(builder, "the end of a start that was not open");
    builder->in_start = false;
    if (is_empty) {
        builder->elements[builder->open[--builder->depth]].is_closed_empty = true;
    }
    return STATUS_OK;
}

static enum status element_close(struct builder *builder)
{
    if (builder->in_start || !builder->depth)
        return damaged(builder, "the end of an element that was not open");
    builder->depth--;
    return STATUS_OK;
}

/* Text with its count of units in front, ending at its first NUL. */
static enum status text_read(struct builder *builder, struct value *value)
{
    const uint8_t *field = cursor_take(&builder->at, 2);
    const uint8_t *text = field ? cursor_take(&builder->at, (size_t)load_le16(field) * 2) : NULL;
    if (!text)
        return damaged(builder, "cut off in a text");
    struct bytes kept = bytes_of(text, utf16_length(text, load_le16(field)) * 2);
    if (builder->given->keeps_literals) {
        kept = arena_keep(builder->given->keep, kept);
        if (!kept.data)
            return fault_set(builder->fault, STATUS_MEMORY, 0, "no memory for a template");
    }
    *value =
        (struct value){.type = VALUE_UTF16, .length = (uint32_t)kept.length, .data = kept.data};
    return STATUS_OK;
}

/* A literal, or the slot that stands for it. */
static enum status literal_add(struct builder *builder, struct binxml_node node)
{
    const bool is_name =
        builder->in_start && builder->attribute != BINXML_END &&
        builder->attributes[builder->attribute].name == builder->given->names->name;
    if (builder->given->counts_literals && !is_name) {
        node.kind = BINXML_SUBSTITUTION;
        node.slot = builder->literal_count++;
        node.value = (struct value){.type = VALUE_NULL};
    }
    return node_add(builder, node);
}

static enum status value_read(struct builder *builder)
{
    struct binxml_node node = {.kind = BINXML_LITERAL};
    const uint8_t *type = cursor_take(&builder->at, 1);
    if (!type)
        return damaged(builder, "cut off before a value");
    if (*type == BINXML_STRING) {
        const enum status status = text_read(builder, &node.value);
        return status ? status : literal_add(builder, node);
    }
    const unsigned width = binxml_type_width(*type);
    const uint8_t *data = width ? cursor_take(&builder->at, width) : NULL;
    if (!data)
        return damaged(builder, "a literal value of a type without a width");
    const struct bytes kept = arena_keep(builder->given->keep, bytes_of(data, width));
    if (!kept.data || binxml_value_read(*type, kept.data, width, builder->given->keep, &node.value))
        return damaged(builder, "a literal value that does not fit its type");
    return node_add(builder, node);
}

static enum status cdata_read(struct builder *builder)
{
    struct binxml_node node = {.kind = BINXML_LITERAL};
    const enum status status = text_read(builder, &node.value);
    return status ? status : literal_add(builder, node);
}

static enum status entity_read(struct builder *builder)
{
    struct binxml_node node = {.kind = BINXML_ENTITY};
    const enum status status = name_read(builder, &node.name);
    return status ? status : node_add(builder, node);
}

static enum status character_read(struct builder *builder)
{
    const uint8_t *field = cursor_take(&builder->at, 2);
    if (!field)
        return damaged(builder, "cut off in a character reference");
    return node_add(builder,
                    (struct binxml_node){.kind = BINXML_CHARACTER, .slot = load_le16(field)});
}

static enum status substitution_read(struct builder *builder, bool is_optional)
{
    const uint8_t *fields = cursor_take(&builder->at, 3);
    if (!fields)
        return damaged(builder, "cut off in a substitution");
    return node_add(builder, (struct binxml_node){.kind = BINXML_SUBSTITUTION,
                                                  .slot = load_le16(fields),
                                                  .is_optional = is_optional});
}

static enum status instruction_read(struct builder *builder, uint8_t token)
{
    name_id name;
    struct value ignored;
    return token == TOKEN_PI_TARGET ? name_read(builder, &name) : text_read(builder, &ignored);
}

static enum status instance_add(struct builder *builder, const struct binxml_instance *instance)
{
    return node_add(builder, (struct binxml_node){.kind = BINXML_INSTANCE,
                                                  .value = {.type = VALUE_BINXML,
                                                            .data = (const uint8_t *)instance}});
}

static enum status instance_read(struct builder *builder)
{
    const struct binxml_compile *given = builder->given;
    const struct binxml_instance *instance;
    if (!given->read_instance)
        return damaged(builder, "a template instance in a template");
    /* The instance begins with its token. */
    size_t at = (size_t)cursor_offset(&builder->at) - 1;
    const size_t start = at;
    const enum status status = given->read_instance(given->context, &at, &instance, builder->fault);
    if (status)
        return status;
    if (!cursor_take(&builder->at, at - start - 1))
        return damaged(builder, "a template instance that runs over its stream");
    return instance_add(builder, instance);
}

static enum status token_read(struct builder *builder, uint8_t token)
{
    switch (token & ~TOKEN_MORE) {
    case TOKEN_OPEN_START:
        return element_open(builder, token);
    case TOKEN_CLOSE_START:
        return start_close(builder, false);
    case TOKEN_CLOSE_EMPTY:
        return start_close(builder, true);
    case TOKEN_END_ELEMENT:
        return element_close(builder);
    case TOKEN_VALUE:
        return value_read(builder);
    case TOKEN_ATTRIBUTE:
        return attribute_open(builder);
    case TOKEN_CDATA:
        return cdata_read(builder);
    case TOKEN_CHARACTER:
        return character_read(builder);
    case TOKEN_ENTITY:
        return entity_read(builder);
    case TOKEN_PI_TARGET:
    case TOKEN_PI_DATA:
        return instruction_read(builder, token);
    case TOKEN_INSTANCE:
        return instance_read(builder);
    case TOKEN_SUBSTITUTION:
    case TOKEN_OPTIONAL:
        return substitution_read(builder, token == TOKEN_OPTIONAL);
    case TOKEN_FRAGMENT:
        return cursor_take(&builder->at, 3) ? STATUS_OK : damaged(builder, "cut off in a header");
    default:
        return damaged(builder, "an unknown token");
    }
}

/* Moves an array from the scratch arena to the tree's. */
static const void *keep(struct arena *arena, const void *array, size_t length)
{
    void *copy = arena_take(arena, length + 1);
    if (copy && length)
        memcpy(copy, array, length);
    return copy;
}

static enum status tree_keep(struct builder *builder, struct binxml_tree *tree)
{
    struct arena *arena = builder->given->keep;
    *tree = (struct binxml_tree){
        .elements =
            keep(arena, builder->elements, builder->element_count * sizeof(*builder->elements)),
        .attributes = keep(arena, builder->attributes,
                           builder->attribute_count * sizeof(*builder->attributes)),
        .nodes = keep(arena, builder->nodes, builder->node_count * sizeof(*builder->nodes)),
        .element_count = builder->element_count,
        .attribute_count = builder->attribute_count,
        .node_count = builder->node_count,
        .first = builder->first,
        .length = (uint32_t)(cursor_offset(&builder->at) - builder->given->start),
    };
    if (!tree->elements || !tree->attributes || !tree->nodes)
        return fault_set(builder->fault, STATUS_MEMORY, 0, "no memory for a template");
    return STATUS_OK;
}

enum status binxml_compile(const struct binxml_compile *compile, struct binxml_tree *tree,
                           const struct binxml_reference **references, uint32_t *reference_count,
                           struct fault *fault)
{
    assert(compile->start <= compile->end && compile->end <= compile->chunk->length);
    struct builder builder = {
        .given = compile,
        .at = cursor_over(
            bytes_of(compile->chunk->data + compile->start, compile->end - compile->start),
            compile->start),
        .first = BINXML_END,
        .attribute = BINXML_END,
        .fault = fault,
    };
    builder.last[0] = BINXML_END;
    if (compile->before) {
        const enum status status = instance_add(&builder, compile->before);
        if (status)
            return status;
    }
    const uint8_t *token;
    while ((token = cursor_take(&builder.at, 1)) && *token != TOKEN_END) {
        const enum status status = token_read(&builder, *token);
        if (status)
            return status;
    }
    if (builder.depth)
        return damaged(&builder, "elements that are not closed");
    if (builder.first == BINXML_END)
        return damaged(&builder, "a stream without content");
    if (references) {
        *references = keep(compile->keep, builder.references,
                           builder.reference_count * sizeof(*builder.references));
        *reference_count = builder.reference_count;
        if (!*references)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for a template");
    }
    return tree_keep(&builder, tree);
}

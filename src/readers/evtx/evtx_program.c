#include "readers/evtx/evtx_program.h"

#include <assert.h>

#define OPERATIONS_MAX 4096U
#define ROOM_SLACK     64U /* commas, quotes and the longest number */
#define TEXT_STEP      16U /* texts are copied in steps of this, a little beyond their ends */

enum operation_kind {
    OPERATION_TEXT,           /* a comma if one is due, then the text */
    OPERATION_FIELD,          /* the same, then a slot's value */
    OPERATION_ATTRIBUTE,      /* the same, unless the value is empty */
    OPERATION_ATTRIBUTES_END, /* closes "#attributes", or takes it back when it is empty */
    OPERATION_CLOSE,          /* closes an object, or makes it null when it is empty */
    OPERATION_DEPENDS,        /* skips `skip` operations when the slot is NULL */
    OPERATION_EMBEDDED,       /* the program of a slot's embedded BinXML */
    OPERATION_LEAF_END,       /* of an element with attributes and a slot's text: see leaf_end */
};

struct operation {
    uint8_t kind;
    bool is_data;   /* an empty value is "" instead of null */
    bool may_comma; /* a comma before the text is due unless an object has just been opened */
    uint16_t slot;
    uint16_t skip;
    uint32_t text, length; /* in the program's texts */
    uint32_t element;      /* OPERATION_EMBEDDED: whose child it is */
};

struct evtx_json_program {
    const struct operation *operations;
    uint32_t count;
    const uint8_t *texts;
    bool is_refused;
    name_id root;
};

/* --- Compiling --- */

struct compiler {
    struct names *names;
    const struct evtx_program_names *known;
    const struct binxml_tree *tree;
    struct operation *operations;
    uint32_t count;
    struct buffer texts;
    bool is_refused;
    /* Of the bytes that will stand before what is compiled next: */
    enum { BEFORE_UNKNOWN, BEFORE_BRACE, BEFORE_MEMBER } before;
    uint32_t barrier; /* operations before this one are not added to: they may be skipped */
};

static struct operation *operation_add(struct compiler *compiler, enum operation_kind kind)
{
    if (compiler->count == OPERATIONS_MAX) {
        compiler->is_refused = true;
        compiler->count = 0;
    }
    struct operation *operation = &compiler->operations[compiler->count++];
    *operation =
        (struct operation){.kind = (uint8_t)kind, .text = (uint32_t)compiler->texts.length};
    return operation;
}

static void key_append(struct compiler *compiler, name_id name)
{
    buffer_json(&compiler->texts, names_text(compiler->names, name));
    buffer_byte(&compiler->texts, ':');
}

/* Ends what was appended to the texts since `start`: as an operation of its own, or as more of the
 * one before. */
static void text_end(struct compiler *compiler, size_t start, bool may_comma)
{
    const size_t length = compiler->texts.length - start;
    struct operation *last =
        compiler->count > compiler->barrier ? &compiler->operations[compiler->count - 1] : NULL;
    if (last && last->kind == OPERATION_TEXT && last->text + last->length == start && !may_comma) {
        last->length += (uint32_t)length;
    } else {
        last = operation_add(compiler, OPERATION_TEXT);
        last->text = (uint32_t)start;
        last->length = (uint32_t)length;
        last->may_comma = may_comma;
    }
    const bool is_brace = length && !compiler->texts.failed &&
                          compiler->texts.data[compiler->texts.length - 1] == '{';
    compiler->before = is_brace ? BEFORE_BRACE : BEFORE_MEMBER;
}

static void text_add(struct compiler *compiler, const char *text)
{
    const size_t start = compiler->texts.length;
    buffer_text(&compiler->texts, text);
    text_end(compiler, start, false);
}

/* Begins a member's text with its comma, where it is known to be due; returns the text's start. */
static size_t member_begin(struct compiler *compiler)
{
    const size_t start = compiler->texts.length;
    if (compiler->before == BEFORE_MEMBER)
        buffer_byte(&compiler->texts, ',');
    return start;
}

static void member_end(struct compiler *compiler, size_t start)
{
    text_end(compiler, start, compiler->before == BEFORE_UNKNOWN);
}

/* A slot's value, behind the text that was compiled last where there is one. */
static void slot_add(struct compiler *compiler, uint16_t slot, bool is_data)
{
    struct operation *last =
        compiler->count > compiler->barrier ? &compiler->operations[compiler->count - 1] : NULL;
    if (!last || last->kind != OPERATION_TEXT)
        last = operation_add(compiler, OPERATION_TEXT);
    last->kind = OPERATION_FIELD;
    last->slot = slot;
    last->is_data = is_data;
    compiler->before = BEFORE_MEMBER;
}

static const struct binxml_node *only_node(const struct compiler *compiler, uint32_t first)
{
    if (first == BINXML_END || compiler->tree->nodes[first].next != BINXML_END)
        return NULL;
    return &compiler->tree->nodes[first];
}

static bool is_literal_text(const struct binxml_node *node)
{
    return node && node->kind == BINXML_LITERAL && node->value.type == VALUE_UTF16;
}

/* One attribute: literal or one slot; an empty one is left out. */
static void attribute_compile(struct compiler *compiler, const struct binxml_attribute *attribute)
{
    const struct binxml_node *node = only_node(compiler, attribute->first);
    if (attribute->first == BINXML_END || (is_literal_text(node) && !node->value.length))
        return;
    if (is_literal_text(node)) {
        const size_t start = member_begin(compiler);
        key_append(compiler, attribute->name);
        buffer_json_utf16(&compiler->texts, node->value.data, node->value.length / 2);
        member_end(compiler, start);
    } else if (node && node->kind == BINXML_SUBSTITUTION) {
        struct operation *operation = operation_add(compiler, OPERATION_ATTRIBUTE);
        operation->slot = node->slot;
        operation->may_comma = true;
        key_append(compiler, attribute->name);
        operation->length = (uint32_t)compiler->texts.length - operation->text;
        compiler->before = BEFORE_UNKNOWN;
    } else {
        compiler->is_refused = true;
    }
}

/* Everything between an element's brace and its members. */
static void attributes_compile(struct compiler *compiler, const struct binxml_element *element)
{
    if (element->first_attribute == BINXML_END)
        return;
    text_add(compiler, "\"#attributes\":{");
    for (uint32_t at = element->first_attribute; at != BINXML_END;
         at = compiler->tree->attributes[at].next)
        attribute_compile(compiler, &compiler->tree->attributes[at]);
    operation_add(compiler, OPERATION_ATTRIBUTES_END);
    compiler->before = BEFORE_UNKNOWN;
}

/* The one thing in an element that has no elements: nothing, literal text or a slot. */
static void value_compile(struct compiler *compiler, const struct binxml_element *element,
                          bool is_data)
{
    const struct binxml_node *node = only_node(compiler, element->first);
    if (element->first == BINXML_END || (is_literal_text(node) && !node->value.length)) {
        text_add(compiler, is_data ? "\"\"" : "null");
    } else if (is_literal_text(node)) {
        const size_t start = compiler->texts.length;
        buffer_json_utf16(&compiler->texts, node->value.data, node->value.length / 2);
        text_end(compiler, start, false);
    } else if (node && node->kind == BINXML_SUBSTITUTION) {
        slot_add(compiler, node->slot, is_data);
    } else {
        compiler->is_refused = true;
    }
}

/* An element with attributes and without elements: an object, or only its text or null when no
 * attribute shows. */
static void leaf_compile(struct compiler *compiler, const struct binxml_element *element)
{
    const struct binxml_node *node = only_node(compiler, element->first);
    text_add(compiler, "{");
    attributes_compile(compiler, element);
    if (element->first == BINXML_END) {
        operation_add(compiler, OPERATION_CLOSE);
    } else if (node && node->kind == BINXML_SUBSTITUTION) {
        operation_add(compiler, OPERATION_LEAF_END)->slot = node->slot;
    } else {
        compiler->is_refused = true;
    }
    compiler->before = BEFORE_MEMBER;
}

static void members_compile(struct compiler *compiler, const struct binxml_element *element,
                            bool is_container);

static void element_value_compile(struct compiler *compiler, const struct binxml_element *element)
{
    const bool is_container =
        element->name == compiler->known->event_data || element->name == compiler->known->user_data;
    const struct binxml_node *node = only_node(compiler, element->first);
    /* A container's one slot may embed its members. */
    const bool may_embed = is_container && node && node->kind == BINXML_SUBSTITUTION;
    if (!element->has_elements && element->first_attribute == BINXML_END && !may_embed) {
        value_compile(compiler, element, false);
    } else if (!element->has_elements && !may_embed) {
        leaf_compile(compiler, element);
    } else {
        text_add(compiler, "{");
        attributes_compile(compiler, element);
        members_compile(compiler, element, is_container);
        operation_add(compiler, OPERATION_CLOSE);
        compiler->before = BEFORE_MEMBER;
    }
}

static const struct binxml_node *data_name(const struct compiler *compiler,
                                           const struct binxml_element *element)
{
    const struct binxml_tree *tree = compiler->tree;
    for (uint32_t at = element->first_attribute; at != BINXML_END; at = tree->attributes[at].next)
        if (tree->attributes[at].name == compiler->known->name)
            return only_node(compiler, tree->attributes[at].first);
    return NULL;
}

/* Data elements have names that are literal, or no names at all; anything else is refused. */
static void data_compile(struct compiler *compiler, const struct binxml_element *element,
                         bool *is_named, uint32_t *unnamed)
{
    const struct binxml_node *name = data_name(compiler, element);
    if (element->has_elements) {
        compiler->is_refused = true;
    } else if (is_literal_text(name) && name->value.length && !*unnamed) {
        const size_t start = member_begin(compiler);
        buffer_json_utf16(&compiler->texts, name->value.data, name->value.length / 2);
        buffer_byte(&compiler->texts, ':');
        member_end(compiler, start);
        value_compile(compiler, element, true);
        *is_named = true;
    } else if (element->first_attribute == BINXML_END && !*is_named &&
               element->dependency == BINXML_NONE) {
        if (*unnamed)
            text_add(compiler, ",");
        value_compile(compiler, element, true);
        ++*unnamed;
    } else {
        compiler->is_refused = true;
    }
}

static uint32_t data_count(const struct compiler *compiler, const struct binxml_element *element)
{
    const struct binxml_tree *tree = compiler->tree;
    uint32_t count = 0;
    for (uint32_t at = element->first; at != BINXML_END; at = tree->nodes[at].next)
        count += tree->nodes[at].kind == BINXML_ELEMENT &&
                 tree->elements[tree->nodes[at].index].name == compiler->known->data;
    return count;
}

#define CHILDREN_MAX 512U /* each is compared with each */

/* Whether two children of the element that are no Data would get the same key, or two Data the same
 * name: repeats are counted record by record. */
static bool has_repeats(const struct compiler *compiler, const struct binxml_element *element,
                        bool is_container)
{
    const struct binxml_tree *tree = compiler->tree;
    uint32_t count = 0;
    for (uint32_t at = element->first; at != BINXML_END; at = tree->nodes[at].next) {
        if (++count > CHILDREN_MAX)
            return true;
        if (tree->nodes[at].kind != BINXML_ELEMENT)
            continue;
        const struct binxml_element *one = &tree->elements[tree->nodes[at].index];
        for (uint32_t to = tree->nodes[at].next; to != BINXML_END; to = tree->nodes[to].next) {
            if (tree->nodes[to].kind != BINXML_ELEMENT)
                continue;
            const struct binxml_element *other = &tree->elements[tree->nodes[to].index];
            if (one->name != other->name)
                continue;
            if (!is_container || one->name != compiler->known->data)
                return true;
            const struct binxml_node *name = data_name(compiler, one);
            const struct binxml_node *again = data_name(compiler, other);
            if (name && again &&
                bytes_equal(bytes_of(name->value.data, name->value.length),
                            bytes_of(again->value.data, again->value.length)))
                return true;
        }
    }
    return false;
}

static void member_compile(struct compiler *compiler, const struct binxml_element *element)
{
    const size_t start = member_begin(compiler);
    key_append(compiler, element->name);
    member_end(compiler, start);
    element_value_compile(compiler, element);
}

static void child_compile(struct compiler *compiler, const struct binxml_element *child,
                          bool is_data, bool *is_named, uint32_t *unnamed)
{
    uint32_t depends = BINXML_END;
    const bool is_after_member = compiler->before == BEFORE_MEMBER;
    if (child->dependency != BINXML_NONE) {
        depends = compiler->count;
        operation_add(compiler, OPERATION_DEPENDS)->slot = child->dependency;
    }
    if (is_data)
        data_compile(compiler, child, is_named, unnamed);
    else
        member_compile(compiler, child);
    if (depends != BINXML_END && !compiler->is_refused) {
        compiler->operations[depends].skip = (uint16_t)(compiler->count - depends - 1);
        compiler->barrier = compiler->count;
        compiler->before = is_after_member ? BEFORE_MEMBER : BEFORE_UNKNOWN;
    }
}

static void members_compile(struct compiler *compiler, const struct binxml_element *element,
                            bool is_container)
{
    const struct binxml_tree *tree = compiler->tree;
    const uint32_t data = is_container ? data_count(compiler, element) : 0;
    uint32_t unnamed = 0, slots = 0;
    bool is_named = false;
    if (has_repeats(compiler, element, is_container))
        compiler->is_refused = true;
    for (uint32_t at = element->first; at != BINXML_END && !compiler->is_refused;
         at = tree->nodes[at].next) {
        const struct binxml_node *node = &tree->nodes[at];
        if (node->kind == BINXML_SUBSTITUTION && !slots++) {
            struct operation *operation = operation_add(compiler, OPERATION_EMBEDDED);
            operation->slot = node->slot;
            operation->element = (uint32_t)(element - tree->elements);
            if (compiler->before == BEFORE_BRACE)
                compiler->before = BEFORE_UNKNOWN;
        } else if (node->kind == BINXML_ELEMENT) {
            const struct binxml_element *child = &tree->elements[node->index];
            const bool is_data = is_container && child->name == compiler->known->data;
            if (is_data && !is_named && !unnamed && !data_name(compiler, child)) {
                const size_t start = member_begin(compiler);
                buffer_text(&compiler->texts,
                            data > 1 ? "\"Data\":{\"#text\":[" : "\"Data\":{\"#text\":");
                member_end(compiler, start);
            }
            child_compile(compiler, child, is_data, &is_named, &unnamed);
            if (is_data && unnamed && unnamed == data)
                text_add(compiler, data > 1 ? "]}" : "}");
        } else {
            compiler->is_refused = true;
        }
        /* Others may not stand between Data elements without names. */
        if (unnamed && unnamed < data && node->kind == BINXML_ELEMENT &&
            tree->elements[node->index].name != compiler->known->data)
            compiler->is_refused = true;
    }
}

static const struct evtx_json_program *program_keep(const struct compiler *compiler,
                                                    struct arena *arena, name_id root)
{
    struct evtx_json_program *program = arena_take_array(arena, 1, sizeof(*program));
    const size_t length = compiler->count * sizeof(*compiler->operations);
    struct operation *operations = arena_take(arena, length + 1);
    uint8_t *texts = arena_take(arena, compiler->texts.length + TEXT_STEP);
    if (!program || !operations || !texts || compiler->texts.failed)
        return NULL;
    memcpy(operations, compiler->operations, length);
    if (compiler->texts.length)
        memcpy(texts, compiler->texts.data, compiler->texts.length);
    *program = (struct evtx_json_program){.operations = operations,
                                          .count = compiler->count,
                                          .texts = texts,
                                          .is_refused = compiler->is_refused,
                                          .root = root};
    return program;
}

#define USES_MAX 4U

/* Whether a value shows in more places than honest templates have, which would multiply it. */
static bool is_used_often(const struct binxml_tree *tree)
{
    uint8_t uses[BINXML_VALUES_MAX] = {0};
    for (uint32_t i = 0; i < tree->node_count; i++) {
        const struct binxml_node *node = &tree->nodes[i];
        if (node->kind == BINXML_SUBSTITUTION && node->slot < BINXML_VALUES_MAX &&
            ++uses[node->slot] > USES_MAX)
            return true;
    }
    return false;
}

const struct evtx_json_program *evtx_program_compile(struct binxml_cache *cache,
                                                     const struct binxml_tree *tree,
                                                     const struct evtx_program_names *names)
{
    struct arena work;
    struct compiler compiler = {.names = binxml_names(cache), .known = names, .tree = tree};
    const struct binxml_node *root = only_node(&compiler, tree->first);
    name_id name = 0;
    arena_init(&work, OPERATIONS_MAX * sizeof(struct operation) * 2);
    compiler.operations = arena_take(&work, OPERATIONS_MAX * sizeof(struct operation));
    if (!compiler.operations || !root || root->kind != BINXML_ELEMENT || is_used_often(tree)) {
        compiler.is_refused = true;
    } else {
        const struct binxml_element *element = &tree->elements[root->index];
        name = element->name;
        bool is_named = false;
        uint32_t unnamed = 0;
        child_compile(&compiler, element, false, &is_named, &unnamed);
    }
    if (compiler.is_refused)
        compiler.count = 0;
    const struct evtx_json_program *program =
        program_keep(&compiler, binxml_cache_arena(cache), name);
    buffer_release(&compiler.texts);
    arena_release(&work);
    return program;
}

/* --- Running --- */

static inline void comma(struct buffer *to)
{
    if (to->data[to->length - 1] != '{')
        to->data[to->length++] = ',';
}

/* Appends a value that is not empty, as JSON. False for what is not for us. */
static inline bool value_append_fast(const struct value *value, struct buffer *to)
{
    switch (value->type) {
    case VALUE_UTF16:
        buffer_json_utf16(to, value->data, value->length / 2);
        return true;
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_BOOL: {
        uint8_t *room = buffer_room(to, ROOM_SLACK);
        if (room)
            to->length += value_write(room, value);
        return true;
    }
    case VALUE_HEX:
    case VALUE_REAL:
    case VALUE_BINARY:
    case VALUE_GUID:
    case VALUE_SID:
    case VALUE_FILETIME:
    case VALUE_SYSTEMTIME: {
        uint8_t *room = buffer_room(to, value_bound(value) + 2);
        if (!room)
            return true;
        *room = '"';
        const size_t length = value_write(room + 1, value);
        room[length + 1] = '"';
        to->length += length + 2;
        return true;
    }
    default:
        return false;
    }
}

/* The room for all of a step was asked for. */
static inline void text_run(const struct evtx_json_program *program,
                            const struct operation *operation, struct buffer *to)
{
    if (operation->may_comma)
        comma(to);
    const uint8_t *from = program->texts + operation->text;
    uint8_t *at = to->data + to->length;
    to->length += operation->length;
    for (const uint8_t *end = to->data + to->length; at < end; at += TEXT_STEP, from += TEXT_STEP)
        memcpy(at, from, TEXT_STEP);
}

static inline bool value_run(const struct operation *operation, const struct value *value,
                             struct buffer *to)
{
    if (binxml_is_empty(value)) {
        buffer_bytes(to, operation->is_data ? "\"\"" : "null", operation->is_data ? 2 : 4);
        return true;
    }
    return value_append_fast(value, to);
}

#define ATTRIBUTES_OPEN "\"#attributes\":{"

static void attributes_end(struct buffer *to)
{
    if (to->data[to->length - 1] == '{')
        to->length -= sizeof(ATTRIBUTES_OPEN) - 1;
    else
        to->data[to->length++] = '}';
}

static void object_close(struct buffer *to)
{
    if (to->data[to->length - 1] == '{') {
        to->length--;
        buffer_bytes(to, "null", 4);
    } else {
        to->data[to->length++] = '}';
    }
}

/* `{` and the attributes that show were written; now the text: beside them as "#text", or instead
 * of the object when none showed. */
static bool leaf_end(const struct value *value, struct buffer *to)
{
    const bool has_attributes = to->data[to->length - 1] != '{';
    const bool is_empty = binxml_is_empty(value);
    if (!has_attributes) {
        to->length--;
        if (is_empty)
            buffer_bytes(to, "null", 4);
        return is_empty || value_append_fast(value, to);
    }
    if (!is_empty) {
        buffer_bytes(to, ",\"#text\":", 9);
        if (!value_append_fast(value, to))
            return false;
    }
    buffer_byte(to, '}');
    return true;
}

static bool embedded_run(struct binxml_cache *cache, const struct evtx_program_names *names,
                         const struct binxml_instance *outer, const struct operation *operation,
                         const struct value *value, size_t limit, struct buffer *to)
{
    if (value->type != VALUE_BINXML)
        return binxml_is_empty(value);
    const struct binxml_instance *inner = (const struct binxml_instance *)(const void *)value->data;
    const struct binxml_tree *tree = outer->tree;
    if (!evtx_program_run(cache, names, inner, limit, to))
        return false;
    /* Its key may not be one that the element has already. */
    const name_id root = inner->tree->json->root;
    if (root == names->data)
        return false;
    for (uint32_t at = tree->elements[operation->element].first; at != BINXML_END;
         at = tree->nodes[at].next)
        if (tree->nodes[at].kind == BINXML_ELEMENT &&
            tree->elements[tree->nodes[at].index].name == root)
            return false;
    return true;
}

static const struct evtx_json_program *program_of(struct binxml_cache *cache,
                                                  const struct evtx_program_names *names,
                                                  const struct binxml_tree *tree)
{
    if (LIKELY(tree->json != NULL) || !tree->serial)
        return tree->json;
    struct binxml_tree *owned = (struct binxml_tree *)(uintptr_t)tree;
    owned->json = evtx_program_compile(cache, tree, names);
    return tree->json;
}

bool evtx_program_run(struct binxml_cache *cache, const struct evtx_program_names *names,
                      const struct binxml_instance *instance, size_t limit, struct buffer *to)
{
    const struct evtx_json_program *program = program_of(cache, names, instance->tree);
    if (!program || program->is_refused || !to->length)
        return false;
    for (uint32_t i = 0; i < program->count; i++) {
        const struct operation *operation = &program->operations[i];
        const struct value *value = binxml_value(instance, operation->slot);
        if (UNLIKELY(!buffer_room(to, operation->length + ROOM_SLACK)))
            return false;
        bool is_done = true;
        switch ((enum operation_kind)operation->kind) {
        case OPERATION_TEXT:
            text_run(program, operation, to);
            break;
        case OPERATION_FIELD:
            text_run(program, operation, to);
            is_done = value_run(operation, value, to);
            break;
        case OPERATION_ATTRIBUTE:
            if (binxml_is_empty(value))
                break;
            text_run(program, operation, to);
            is_done = value_append_fast(value, to);
            break;
        case OPERATION_ATTRIBUTES_END:
            attributes_end(to);
            break;
        case OPERATION_CLOSE:
            object_close(to);
            break;
        case OPERATION_DEPENDS:
            if (value->type == VALUE_NULL)
                i += operation->skip;
            break;
        case OPERATION_EMBEDDED:
            is_done = embedded_run(cache, names, instance, operation, value, limit, to);
            break;
        case OPERATION_LEAF_END:
            is_done = leaf_end(value, to);
            break;
        }
        if (UNLIKELY(!is_done))
            return false;
    }
    return to->length <= limit;
}

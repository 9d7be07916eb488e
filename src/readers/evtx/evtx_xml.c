#include "readers/evtx/evtx_xml.h"

#include "readers/evtx/evtx_walk.h"

#define WALK_MEMORY_MAX (32U << 20)

struct writer {
    struct names *names;
    struct buffer *to;
    struct evtx_walk walk;
    size_t limit; /* of the output's length */
};

static bool is_too_long(const struct writer *writer)
{
    return writer->to->length > writer->limit || writer->to->failed;
}

/* The text of one node; nothing for elements. */
static void node_write(struct writer *writer, const struct evtx_place *place,
                       const struct binxml_node *node)
{
    uint8_t room[EVTX_REFERENCE_BOUND];
    if (!evtx_is_content(place, node))
        return;
    if (node->kind == BINXML_CHARACTER || node->kind == BINXML_ENTITY)
        buffer_xml(writer->to, evtx_reference(writer->names, node, room));
    else
        buffer_xml(writer->to, evtx_value_text(&writer->walk, evtx_place_value(place, node)));
}

/* [XML] 2.3, NameStartChar and NameChar. */
static bool is_name_character(uint32_t character, bool is_first)
{
    static const uint32_t ranges[][2] = {
        {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
        {0x37F, 0x1FFF},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
        {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
    };
    if (character < 0x80)
        return (character | 32) - 'a' < 26 || character == '_' || character == ':' ||
               (!is_first && (character - '0' < 10 || character == '-' || character == '.'));
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        if (character >= ranges[i][0] && character <= ranges[i][1])
            return true;
    return !is_first && (character == 0xB7 || (character >= 0x300 && character <= 0x36F) ||
                         character == 0x203F || character == 0x2040);
}

/* Names come from evidence: what is no XML name character becomes an underscore. */
static void name_write(struct writer *writer, name_id name)
{
    const struct bytes text = names_text(writer->names, name);
    if (!text.length)
        buffer_byte(writer->to, '_');
    for (size_t at = 0; at < text.length;) {
        uint32_t character;
        const unsigned length = utf8_decode(text.data + at, text.length - at, &character);
        if (length && is_name_character(character, at == 0))
            buffer_bytes(writer->to, text.data + at, length);
        else
            buffer_byte(writer->to, '_');
        at += length ? length : 1;
    }
}

static void attributes_write(struct writer *writer, const struct evtx_child *child)
{
    const struct binxml_tree *tree = child->place.instance->tree;
    for (uint32_t at = child->element->first_attribute; at != BINXML_END && !is_too_long(writer);
         at = tree->attributes[at].next) {
        const struct binxml_attribute *attribute = &tree->attributes[at];
        buffer_byte(writer->to, ' ');
        name_write(writer, attribute->name);
        buffer_text(writer->to, "=\"");
        for (uint32_t node = attribute->first; node != BINXML_END && !is_too_long(writer);
             node = tree->nodes[node].next)
            node_write(writer, &child->place, &tree->nodes[node]);
        buffer_byte(writer->to, '"');
    }
}

static void content_write(struct writer *writer, const struct evtx_child *child, unsigned depth);

static void element_write(struct writer *writer, const struct evtx_child *child, unsigned depth)
{
    buffer_byte(writer->to, '<');
    name_write(writer, child->element->name);
    attributes_write(writer, child);
    if (child->element->is_closed_empty) {
        buffer_text(writer->to, "/>");
        return;
    }
    buffer_byte(writer->to, '>');
    content_write(writer, child, depth);
    buffer_text(writer->to, "</");
    name_write(writer, child->element->name);
    buffer_byte(writer->to, '>');
}

static void content_write(struct writer *writer, const struct evtx_child *child, unsigned depth)
{
    const struct binxml_node *nodes = child->place.instance->tree->nodes;
    for (uint32_t at = child->element->first; at != BINXML_END && !is_too_long(writer);
         at = nodes[at].next) {
        const struct evtx_child *inner;
        node_write(writer, &child->place, &nodes[at]);
        const uint32_t count =
            depth < BINXML_DEPTH_MAX * 2
                ? evtx_node_children(&writer->walk, &child->place, &nodes[at], &inner)
                : 0;
        for (uint32_t i = 0; i < count && !is_too_long(writer); i++)
            element_write(writer, &inner[i], depth + 1);
    }
}

bool evtx_xml_write(struct binxml_cache *cache, const struct binxml_instance *instance,
                    struct buffer *to)
{
    const size_t start = to->length;
    struct writer writer = {
        .names = binxml_names(cache), .to = to, .limit = start + EVTX_OUTPUT_MAX(instance->length)};
    const struct evtx_place place = {.instance = instance};
    const struct evtx_child *children;
    arena_init(&writer.walk.arena, WALK_MEMORY_MAX);
    writer.walk.steps = EVTX_WALK_STEPS(instance->length);
    const uint32_t count = evtx_children(&writer.walk, &place, instance->tree->first, &children);
    for (uint32_t i = 0; i < count; i++)
        element_write(&writer, &children[i], 0);
    const bool is_whole = !is_too_long(&writer) && writer.walk.steps;
    arena_release(&writer.walk.arena);
    if (is_whole)
        return true;
    to->length = start;
    buffer_text(to, "<Event/>");
    return false;
}

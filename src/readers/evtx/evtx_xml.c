#include "readers/evtx/evtx_xml.h"

#include "readers/evtx/evtx_walk.h"

#define WALK_MEMORY_MAX (32U << 20)
#define OUTPUT_MAX      (16U << 20) /* of one record */

struct writer {
    struct names *names;
    struct buffer *to;
    struct evtx_walk walk;
    size_t start;
};

static bool is_too_long(const struct writer *writer)
{
    return writer->to->length - writer->start > OUTPUT_MAX || writer->to->failed;
}

static void text_write(struct writer *writer, const struct evtx_place *place, uint32_t first)
{
    const struct binxml_node *nodes = place->instance->tree->nodes;
    uint8_t room[EVTX_REFERENCE_BOUND];
    for (uint32_t at = first; at != BINXML_END && !is_too_long(writer); at = nodes[at].next) {
        const struct binxml_node *node = &nodes[at];
        if (!evtx_is_content(place, node))
            continue;
        if (node->kind == BINXML_CHARACTER || node->kind == BINXML_ENTITY) {
            buffer_xml(writer->to, evtx_reference(writer->names, node, room));
        } else {
            struct buffer text = {0};
            value_append(&text, evtx_place_value(place, node));
            writer->to->failed |= text.failed;
            buffer_xml(writer->to, buffer_view(&text));
            buffer_release(&text);
        }
    }
}

/* Element names come from evidence: what is no XML name character becomes an underscore. */
static void name_write(struct writer *writer, name_id name)
{
    const struct bytes text = names_text(writer->names, name);
    if (!text.length)
        buffer_byte(writer->to, '_');
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t c = text.data[i];
        const bool is_first_ok =
            c >= 0x80 || (unsigned)((c | 32) - 'a') < 26 || c == '_' || c == ':';
        const bool is_ok = is_first_ok || (i && ((unsigned)(c - '0') < 10 || c == '-' || c == '.'));
        buffer_byte(writer->to, is_ok ? c : '_');
    }
}

static void element_write(struct writer *writer, const struct evtx_child *child, unsigned depth)
{
    const struct binxml_attribute *attributes = child->place.instance->tree->attributes;
    const struct evtx_child *children = NULL;
    uint32_t count = 0;
    buffer_byte(writer->to, '<');
    name_write(writer, child->element->name);
    for (uint32_t at = child->element->first_attribute; at != BINXML_END && !is_too_long(writer);
         at = attributes[at].next) {
        buffer_byte(writer->to, ' ');
        name_write(writer, attributes[at].name);
        buffer_text(writer->to, "=\"");
        text_write(writer, &child->place, attributes[at].first);
        buffer_byte(writer->to, '"');
    }
    if (child->element->is_closed_empty) {
        buffer_text(writer->to, "/>");
        return;
    }
    buffer_byte(writer->to, '>');
    text_write(writer, &child->place, child->element->first);
    if (depth < BINXML_DEPTH_MAX * 2)
        count = evtx_children(&writer->walk, &child->place, child->element->first, &children);
    for (uint32_t i = 0; i < count && !is_too_long(writer); i++)
        element_write(writer, &children[i], depth + 1);
    buffer_text(writer->to, "</");
    name_write(writer, child->element->name);
    buffer_byte(writer->to, '>');
}

void evtx_xml_write(struct binxml_cache *cache, const struct binxml_instance *instance,
                    struct buffer *to)
{
    struct writer writer = {.names = binxml_names(cache), .to = to, .start = to->length};
    const struct evtx_place place = {.instance = instance};
    const struct evtx_child *children;
    arena_init(&writer.walk.arena, WALK_MEMORY_MAX);
    writer.walk.steps = EVTX_WALK_STEPS;
    const uint32_t count = evtx_children(&writer.walk, &place, instance->tree->first, &children);
    for (uint32_t i = 0; i < count; i++)
        element_write(&writer, &children[i], 0);
    if (is_too_long(&writer) || !writer.walk.steps) {
        to->length = writer.start;
        buffer_text(to, "<Event/>");
    }
    arena_release(&writer.walk.arena);
}

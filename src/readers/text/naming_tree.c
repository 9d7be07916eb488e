#include "readers/text/naming_tree.h"

static bool key_is(struct bytes key, const char *text)
{
    return bytes_equal(key, bytes_of_text(text));
}

static bool key_ends(struct bytes key, const char *text)
{
    const size_t length = strlen(text);
    return key.length > length && memcmp(key.data + key.length - length, text, length) == 0;
}

static bool key_is_one_of(struct bytes key, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (key_is(key, texts[i]))
            return true;
    return false;
}

static const char *const sections[] = {"System", "EventData", "UserData"};

/* Elements of System that have attributes only. */
static const char *const attribute_elements[] = {
    "Provider", "TimeCreated", "Correlation", "Execution", "Security",
};

/* Where the notations put attributes: {"#attributes": {"Name": …}}, {"X_attributes": {"Name": …}},
 * {"@Name": …}. The element's own text is {"#text": …}. Our XML reader puts = before the names of
 * data. */
static void split(const struct keys *keys, unsigned at, struct bytes *element,
                  struct bytes *attribute)
{
    *attribute = (struct bytes){0};
    for (; at < keys->count; at++) {
        const struct bytes key = keys->key[at];
        if (key_is(key, "#attributes") || key_ends(key, "_attributes")) {
            if (key.data[0] != '#')
                *element = bytes_of(key.data, key.length - strlen("_attributes"));
            if (at + 1 < keys->count)
                *attribute = keys->key[at + 1];
            return;
        }
        if (key.length > 1 && key.data[0] == '@') {
            *attribute = bytes_of(key.data + 1, key.length - 1);
            return;
        }
        if (key_is(key, "#text"))
            return;
        const size_t mark = key.length > 1 && key.data[0] == '=';
        *element = bytes_of(key.data + mark, key.length - mark);
    }
}

static enum tree_kind name_system(const struct keys *keys, unsigned at, struct bytes *element,
                                  struct bytes *attribute)
{
    if (at == keys->count)
        return TREE_FILLED;
    split(keys, at, element, attribute);
    /* Velociraptor writes attributes as if they were elements, the text as Value. */
    if (attribute->length == 0 && at + 1 < keys->count && !key_is(keys->key[at + 1], "#text")) {
        *attribute = *element;
        *element = keys->key[at];
        if (key_is(*attribute, "Value"))
            attribute->length = 0;
    }
    if (key_is(*element, "TimeCreated") && key_is(*attribute, "SystemTime")) {
        attribute->length = 0;
        return keys->key[keys->count - 1].data[0] == '@' ? TREE_XML_TIME : TREE_TIME;
    }
    if (key_is(*element, "EventID") && key_is(*attribute, "Qualifiers")) {
        *element = *attribute;
        attribute->length = 0;
        return TREE_FIELD;
    }
    if (attribute->length == 0 &&
        key_is_one_of(*element, attribute_elements, COUNT_OF(attribute_elements)))
        return TREE_FILLED;
    return attribute->length == 0 && key_is(*element, "Keywords") ? TREE_NUMBER : TREE_FIELD;
}

static bool is_namespace(struct bytes attribute)
{
    return key_is(attribute, "xmlns") ||
           (attribute.length > 6 && memcmp(attribute.data, "xmlns:", 6) == 0);
}

/* `at` is the first key below Event, or the first of all when the tree has no root. */
static enum tree_kind name_section(const struct keys *keys, unsigned at, struct bytes *element,
                                   struct bytes *attribute)
{
    const struct bytes section = *element = keys->key[at];
    if (key_is(section, "System"))
        return name_system(keys, at + 1, element, attribute);
    if (section.length && section.data[0] == '@')
        *element = keys->key[at - 1];
    split(keys, at, element, attribute);
    if (is_namespace(*attribute) || is_namespace(*element) || key_is(section, "#attributes"))
        return TREE_DROP;
    if (at + 1 == keys->count)
        return TREE_FILLED;
    if (!key_is(section, "RenderingInfo"))
        return TREE_DATA;
    /* What Windows made of the event for people; its names are those of other fields. */
    if (attribute->length == 0)
        *attribute = *element;
    *element = section;
    return TREE_FIELD;
}

enum tree_kind naming_tree(const struct keys *keys, struct bytes *element, struct bytes *attribute)
{
    *attribute = (struct bytes){0};
    unsigned at = keys->first;
    if (at == keys->count)
        return TREE_NONE;
    *element = keys->key[at];
    if (key_is(*element, "Event_attributes"))
        return TREE_DROP;
    if (key_is(*element, "Event"))
        at++;
    else if (keys->is_rooted || !key_is_one_of(*element, sections, COUNT_OF(sections)))
        return TREE_NONE;
    return at == keys->count ? TREE_FILLED : name_section(keys, at, element, attribute);
}

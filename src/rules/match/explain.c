/* Why a rule fires or not: the condition as it was written, each test with what it saw. Slow and
 * obvious; nothing here is shared with the plan. */
#include "rules/match/matcher.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

#define SHOWN_MAX 160U /* bytes of a value */

/* One alternative of the rule's log source, and the event. */
struct reading {
    struct matcher *matcher;
    const struct ruleset *ruleset;
    const struct image *image;
    const struct image_source *source;
    const struct event *event;
    struct buffer *to;
    uint16_t *slots, *others; /* room for all slots of the event, each */
};

static struct slots slots_of(const struct reading *reading, uint32_t field, uint16_t *room)
{
    struct slots slots = {room, 0};
    for (uint32_t slot = 0; slot < reading->event->shape->count; slot++) {
        uint32_t fields[2];
        const unsigned count =
            binding_fields(reading->ruleset, reading->event->shape, slot, fields);
        bool is_field = field == IMAGE_NONE;
        for (unsigned i = 0; i < count; i++)
            is_field |= fields[i] == field;
        if (is_field)
            room[slots.count++] = (uint16_t)slot;
    }
    return slots;
}

static void line_begin(const struct reading *reading, bool holds, unsigned depth)
{
    buffer_text(reading->to, holds ? "yes  " : "no   ");
    for (unsigned i = 0; i < depth; i++)
        buffer_text(reading->to, "  ");
}

static void show_text(struct buffer *to, struct bytes text)
{
    const bool is_long = text.length > SHOWN_MAX;
    if (is_long)
        text.length = SHOWN_MAX;
    buffer_json(to, text);
    if (is_long)
        buffer_text(to, "…");
}

static void show_pattern(struct buffer *to, const struct image *image, struct image_list pieces)
{
    for (uint32_t i = 0; i < pieces.count; i++) {
        const struct image_piece *piece = &image->pieces[pieces.first + i];
        buffer_text(to, i ? " " : "");
        if (piece->kind == SIGMA_PIECE_LITERAL)
            show_text(to, image_bytes(image, piece->literal));
        else
            buffer_text(to, piece->kind == SIGMA_PIECE_ONE ? "?" : "*");
    }
}

static void show_text_test(struct buffer *to, const struct image *image,
                           const struct image_test *test)
{
    static const char *const words[] = {
        [TEXT_EQUAL] = "is ",          [TEXT_PREFIX] = "begins with ", [TEXT_SUFFIX] = "ends with ",
        [TEXT_CONTAINS] = "contains ", [TEXT_ANY] = "is any text",     [TEXT_GLOB] = "is like ",
    };
    buffer_text(to, words[test->form]);
    if (test->form == TEXT_GLOB)
        show_pattern(to, image, test->pieces);
    else if (test->form != TEXT_ANY)
        show_text(to, image_bytes(image, test->text));
    if (test->flags & TEST_CASED)
        buffer_text(to, " (case counts)");
}

static void show_network(struct buffer *to, const struct image *image,
                         const struct image_test *test)
{
    char text[INET6_ADDRSTRLEN] = "";
    const uint8_t *bytes = image_bytes(image, test->text).data;
    const bool is_four = test->form == 4;
    inet_ntop(is_four ? AF_INET : AF_INET6, is_four ? bytes + 12 : bytes, text, sizeof(text));
    buffer_format(to, "is in %s/%d", text, is_four ? test->split - 96 : test->split);
}

static void show_regex(struct buffer *to, const struct image *image, const struct image_test *test)
{
    buffer_text(to, "matches ");
    show_text(to, image_bytes(image, test->text));
    for (unsigned i = 0; i < 3; i++)
        if (test->form >> i & 1)
            buffer_format(to, "%s%c", i ? "" : " ", "ims"[i]);
}

static void show_test(struct buffer *to, const struct image *image, const struct image_test *test)
{
    static const char *const compares[] = {"=", "is not", "<", "<=", ">", ">="};
    static const char *const relations[] = {"is", "begins with", "ends with", "contains"};
    static const char *const parts[] = {"minute", "hour", "day", "week", "month", "year"};
    const bool is_wanted = test->flags & TEST_WANTED;
    if (test->kind == TEST_SET) {
        buffer_format(to, "one of %u", test->pieces.count);
        return;
    }
    switch ((enum sigma_test_kind)test->kind) {
    case SIGMA_TEXT:
        show_text_test(to, image, test);
        break;
    case SIGMA_REGEX:
        show_regex(to, image, test);
        break;
    case SIGMA_CIDR:
        show_network(to, image, test);
        break;
    case SIGMA_COMPARE:
        buffer_format(to, "%s %g", compares[test->form], test->number);
        break;
    case SIGMA_EXISTS:
        buffer_text(to, is_wanted ? "is there" : "is not there");
        break;
    case SIGMA_NULL:
        buffer_text(to, "has no value");
        break;
    case SIGMA_FIELDREF:
        buffer_format(to, "%s the value of ", relations[test->form]);
        buffer_bytes(to, image_bytes(image, image->fields[test->field]).data,
                     image->fields[test->field].length);
        break;
    case SIGMA_TIMEPART:
        buffer_format(to, "has %s %s %g", parts[test->form], compares[test->split], test->number);
        break;
    case SIGMA_TRUE:
        buffer_text(to, is_wanted ? "always" : "never");
        break;
    }
}

static void show_field(const struct reading *reading, uint32_t field)
{
    if (field == IMAGE_NONE)
        buffer_text(reading->to, "any value");
    else
        buffer_bytes(reading->to, image_bytes(reading->image, reading->image->fields[field]).data,
                     reading->image->fields[field].length);
}

/* What the event has in a field. */
static void show_seen(const struct reading *reading, uint32_t field)
{
    const struct slots slots = slots_of(reading, field, reading->slots);
    if (field == IMAGE_NONE)
        return;
    buffer_text(reading->to, "   [");
    show_field(reading, field);
    bool is_there = false;
    for (uint32_t i = 0; i < slots.count; i++) {
        const struct value *value = &reading->event->values[slots.at[i]];
        struct buffer text = {0};
        if (!value_is_there(value))
            continue;
        buffer_text(reading->to, is_there ? ", " : ": ");
        is_there = true;
        value_append(&text, value);
        if (value->type == VALUE_NULL)
            buffer_text(reading->to, "no value");
        else
            show_text(reading->to, buffer_view(&text));
        buffer_release(&text);
    }
    buffer_text(reading->to, is_there ? "]" : " is not there]");
}

static uint32_t event_field(const struct reading *reading, uint32_t rule_field)
{
    return rule_field == IMAGE_NONE ? IMAGE_NONE
                                    : source_translate(reading->image, reading->source, rule_field);
}

static struct image_list translated_values(const struct reading *reading, uint32_t rule_field,
                                           uint32_t test)
{
    const struct image_translation *pair =
        rule_field == IMAGE_NONE ? NULL
                                 : source_translation(reading->image, reading->source, rule_field);
    return pair ? value_translation(reading->image, pair->values, &reading->image->tests[test])
                : (struct image_list){0};
}

static bool look(const struct reading *reading, uint32_t field, uint32_t number)
{
    const struct image_test *test = &reading->image->tests[number];
    const struct slots slots = slots_of(reading, field, reading->slots);
    const struct slots others =
        test->kind == SIGMA_FIELDREF
            ? slots_of(reading, event_field(reading, test->field), reading->others)
            : (struct slots){0};
    return look_test(&reading->matcher->look, number, slots, others);
}

/* Whether a single test holds for a field of the rule, by the words of the log source. */
static bool single_holds(const struct reading *reading, uint32_t rule_field, uint32_t number)
{
    const uint32_t field = event_field(reading, rule_field);
    const struct image_list values = translated_values(reading, rule_field, number);
    bool holds = values.count == 0 && look(reading, field, number);
    for (uint32_t i = 0; i < values.count; i++)
        holds |= look(reading, field, reading->image->values[values.first + i].event_test);
    return holds;
}

static bool test_holds(const struct reading *reading, uint32_t rule_field, uint32_t number)
{
    const struct image_test *test = &reading->image->tests[number];
    bool holds = test->kind != TEST_SET && single_holds(reading, rule_field, number);
    for (uint32_t i = 0; test->kind == TEST_SET && i < test->pieces.count && !holds; i++)
        holds = single_holds(reading, rule_field, reading->image->words[test->pieces.first + i]);
    return holds;
}

static void show_translation(const struct reading *reading, uint32_t rule_field, uint32_t number)
{
    const struct image_list values = translated_values(reading, rule_field, number);
    for (uint32_t i = 0; i < values.count; i++) {
        const uint32_t test = reading->image->values[values.first + i].event_test;
        buffer_text(reading->to, i ? " or " : ", here written ");
        show_text(reading->to, image_bytes(reading->image, reading->image->tests[test].text));
    }
}

/* One test of a leaf, and below it the members of a set: only those that hold when any does. */
static void show_leaf(const struct reading *reading, uint32_t node, unsigned depth)
{
    const struct image *image = reading->image;
    const struct image_atom *atom = &image->atoms[image->nodes[node].value];
    const struct image_test *test = &image->tests[atom->test];
    const bool holds = test_holds(reading, atom->field, atom->test);
    line_begin(reading, holds, depth);
    if (test->kind != SIGMA_TRUE) {
        show_field(reading, atom->field);
        buffer_byte(reading->to, ' ');
    }
    show_test(reading->to, image, test);
    show_translation(reading, atom->field, atom->test);
    buffer_format(reading->to, " (line %u)", image->notes[node].line);
    if (test->kind != SIGMA_TRUE)
        show_seen(reading, event_field(reading, atom->field));
    if (test->kind == SIGMA_FIELDREF)
        show_seen(reading, event_field(reading, test->field));
    buffer_byte(reading->to, '\n');
    for (uint32_t i = 0; test->kind == TEST_SET && i < test->pieces.count; i++) {
        const uint32_t member = image->words[test->pieces.first + i];
        const bool member_holds = single_holds(reading, atom->field, member);
        if (holds && !member_holds)
            continue;
        line_begin(reading, member_holds, depth + 1);
        show_test(reading->to, image, &image->tests[member]);
        show_translation(reading, atom->field, member);
        buffer_byte(reading->to, '\n');
    }
}

/* Whether the tree that begins at *at holds; steps behind it. */
static bool tree_holds(const struct reading *reading, uint32_t *at)
{
    const struct image_node *node = &reading->image->nodes[(*at)++];
    if (node->kind == SIGMA_LEAF) {
        const struct image_atom *atom = &reading->image->atoms[node->value];
        return test_holds(reading, atom->field, atom->test);
    }
    bool holds = node->kind == SIGMA_AND;
    for (uint32_t i = 0; i < node->value; i++) {
        const bool child = tree_holds(reading, at);
        holds = node->kind == SIGMA_AND ? holds && child : holds || child;
    }
    return node->kind == SIGMA_NOT ? !holds : holds;
}

/* Shows the tree that begins at *at; steps behind it. */
static void show_tree(const struct reading *reading, uint32_t *at, unsigned depth)
{
    static const char *const words[] = {
        [SIGMA_AND] = "all of", [SIGMA_OR] = "any of", [SIGMA_NOT] = "not"};
    const struct image *image = reading->image;
    const struct image_node *node = &image->nodes[*at];
    const struct image_text name = image->notes[*at].name;
    uint32_t end = *at;
    const bool holds = tree_holds(reading, &end);
    if (name.at != IMAGE_NONE) {
        line_begin(reading, holds, depth++);
        buffer_bytes(reading->to, image_bytes(image, name).data, name.length);
        buffer_text(reading->to, ":\n");
    }
    if (node->kind == SIGMA_LEAF) {
        show_leaf(reading, (*at)++, depth);
        return;
    }
    line_begin(reading, holds, depth);
    buffer_text(reading->to, words[node->kind]);
    buffer_byte(reading->to, '\n');
    ++*at;
    for (uint32_t i = 0; i < node->value; i++)
        show_tree(reading, at, depth + 1);
}

/* The conditions of the log source; whether all hold. */
static bool show_source(const struct reading *reading)
{
    const struct image *image = reading->image;
    bool fits = true;
    for (uint32_t i = 0; i < reading->source->conditions.count; i++) {
        const struct image_condition *condition =
            &image->conditions[reading->source->conditions.first + i];
        bool holds = false;
        for (uint32_t j = 0; j < condition->tests.count; j++)
            holds |= look(reading, condition->field, image->words[condition->tests.first + j]);
        line_begin(reading, holds, 1);
        buffer_text(reading->to, "log source: ");
        show_field(reading, condition->field);
        for (uint32_t j = 0; j < condition->tests.count; j++) {
            buffer_text(reading->to, j ? " or " : " ");
            show_test(reading->to, image, &image->tests[image->words[condition->tests.first + j]]);
        }
        show_seen(reading, condition->field);
        buffer_byte(reading->to, '\n');
        fits &= holds;
    }
    return fits;
}

static void show_alternative(struct reading *reading, const struct image_rule *rule)
{
    uint32_t at = rule->nodes.first;
    if (!show_source(reading))
        return;
    show_tree(reading, &at, 1);
}

void matcher_explain(struct matcher *matcher, const struct event *event, uint32_t number,
                     struct buffer *to)
{
    const struct image *image = &matcher->ruleset->image;
    assert(number < image->rules_count);
    const struct image_rule *rule = &image->rules[number];
    const uint32_t *fired;
    const uint32_t count = matcher_run(matcher, event, &fired);
    bool has_fired = false;
    for (uint32_t i = 0; i < count; i++)
        has_fired |= fired[i] == number;
    struct reading reading = {
        .matcher = matcher,
        .ruleset = matcher->ruleset,
        .image = image,
        .event = event,
        .to = to,
        .slots = calloc((size_t)event->shape->count + 1, sizeof(*reading.slots)),
        .others = calloc((size_t)event->shape->count + 1, sizeof(*reading.others)),
    };
    buffer_format(to, "%s  the rule %s on this event\n", has_fired ? "yes" : "no ",
                  has_fired ? "fires" : "does not fire");
    if (rule->nodes.count == 0)
        buffer_text(to, "     a correlation, which counts what other rules found\n");
    else if (rule->sources.count == 0)
        buffer_text(to, "no     its log source is not in the table\n");
    for (uint32_t i = 0; reading.slots && reading.others && i < rule->sources.count; i++) {
        reading.source = &image->sources[image->words[rule->sources.first + i]];
        show_alternative(&reading, rule);
    }
    free(reading.slots);
    free(reading.others);
}

#include "rules/sigma/condition.h"

#include <assert.h>
#include <strings.h>

/* or:      and { "or" and }
 * and:     not { "and" not }
 * not:     { "not" } operand
 * operand: "(" or ")" | quantifier "of" ( "them" | pattern ) | name
 *
 * Words are separated by blanks and parentheses; the grammar's own are read in any case. */

#define CHOICE_MAX 32U /* selections of which `N of` chooses, unless N is one or all */

struct parser {
    const struct draft_context *context;
    const struct condition_names *names;
    uint32_t line;
    struct bytes left; /* behind the current word */
    struct bytes word; /* the current one; empty at the end */
    unsigned depth;
};

struct parts {
    const struct draft_expression **at;
    uint32_t count, capacity;
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_single(uint8_t byte)
{
    return byte == '(' || byte == ')' || byte == '|';
}

static struct bytes next_word(struct bytes *left)
{
    while (left->length && is_blank(left->data[0]))
        *left = bytes_of(left->data + 1, left->length - 1);
    size_t length = left->length > 0 && is_single(left->data[0]);
    if (length == 0)
        while (length < left->length && !is_blank(left->data[length]) &&
               !is_single(left->data[length]))
            length++;
    const struct bytes word = bytes_of(left->data, length);
    *left = bytes_of(left->data + length, left->length - length);
    return word;
}

static void advance(struct parser *parser)
{
    parser->word = next_word(&parser->left);
}

static bool reads(struct bytes word, const char *keyword)
{
    return word.length == strlen(keyword) &&
           strncasecmp((const char *)word.data, keyword, word.length) == 0;
}

static bool take(struct parser *parser, const char *keyword)
{
    if (!reads(parser->word, keyword))
        return false;
    advance(parser);
    return true;
}

bool condition_next_name(struct bytes *left, struct bytes *name)
{
    static const char *const others[] = {"and", "or", "not", "(", ")", "|"};
    for (;;) {
        *name = next_word(left);
        if (name->length == 0)
            return false;
        unsigned i = 0;
        while (i < COUNT_OF(others) && !reads(*name, others[i]))
            i++;
        if (i == COUNT_OF(others))
            return true;
    }
}

static enum status refuse(const struct parser *parser, const char *reason, struct bytes word)
{
    return fault_set(parser->context->fault, STATUS_INVALID, parser->line, "condition: %s%s%.*s",
                     reason, word.length ? " " : "", (int)(word.length > 80 ? 80 : word.length),
                     word.length ? (const char *)word.data : "");
}

static enum status no_memory(const struct parser *parser)
{
    return draft_no_memory(parser->context);
}

static bool parts_add(struct parts *parts, struct arena *arena, const struct draft_expression *part)
{
    if (parts->count == parts->capacity) {
        const uint32_t capacity = parts->capacity ? parts->capacity * 2 : 4;
        const struct draft_expression **at = arena_take_array(arena, capacity, sizeof(*at));
        if (!at)
            return false;
        if (parts->count)
            memcpy(at, parts->at, parts->count * sizeof(*at));
        parts->at = at;
        parts->capacity = capacity;
    }
    parts->at[parts->count++] = part;
    return true;
}

const struct draft_expression *condition_leaf(struct arena *arena, uint32_t selection)
{
    struct draft_expression *leaf = arena_take_array(arena, 1, sizeof(*leaf));
    if (leaf)
        *leaf = (struct draft_expression){.kind = SIGMA_LEAF, .weight = 1, .selection = selection};
    return leaf;
}

/* Parts of the same kind are taken in: (a and b) and c is a and b and c. */
static uint32_t flatten(enum sigma_node_kind kind, const struct draft_expression *const *parts,
                        uint32_t count, const struct draft_expression **children)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        const bool is_same = parts[i]->kind == kind && kind != SIGMA_NOT;
        const struct draft_expression *const *from = is_same ? parts[i]->children : &parts[i];
        const uint32_t from_count = is_same ? parts[i]->count : 1;
        for (uint32_t j = 0; j < from_count; j++, total++)
            if (children)
                children[total] = from[j];
    }
    return total;
}

const struct draft_expression *condition_join(struct arena *arena, enum sigma_node_kind kind,
                                              const struct draft_expression *const *parts,
                                              uint32_t count)
{
    assert(count > 0);
    if (count == 1 && kind != SIGMA_NOT)
        return parts[0];
    const uint32_t total = flatten(kind, parts, count, NULL);
    struct draft_expression *joined = arena_take_array(arena, 1, sizeof(*joined));
    const struct draft_expression **children = arena_take_array(arena, total, sizeof(*children));
    if (!joined || !children)
        return NULL;
    flatten(kind, parts, count, children);
    uint64_t weight = 0;
    for (uint32_t i = 0; i < total; i++)
        weight += children[i]->weight;
    *joined = (struct draft_expression){
        .kind = kind,
        .weight = weight > UINT32_MAX ? UINT32_MAX : (uint32_t)weight,
        .count = total,
        .children = children,
    };
    return joined;
}

const struct draft_expression *condition_not(struct arena *arena,
                                             const struct draft_expression *inner)
{
    return condition_join(arena, SIGMA_NOT, &inner, 1);
}

/* Each path is walked: there are no more than CONDITION_LEAVES_MAX leaves at the ends of them. */
const struct draft_expression *
condition_shift(struct arena *arena, const struct draft_expression *expression, uint32_t offset)
{
    if (expression->kind == SIGMA_LEAF)
        return condition_leaf(arena, expression->selection + offset);
    const struct draft_expression **children =
        arena_take_array(arena, expression->count, sizeof(*children));
    if (!children)
        return NULL;
    for (uint32_t i = 0; i < expression->count; i++) {
        children[i] = condition_shift(arena, expression->children[i], offset);
        if (!children[i])
            return NULL;
    }
    return condition_join(arena, expression->kind, children, expression->count);
}

static enum status join(const struct parser *parser, enum sigma_node_kind kind,
                        const struct parts *parts, const struct draft_expression **joined)
{
    *joined = condition_join(parser->context->arena, kind, parts->at, parts->count);
    if (!*joined)
        return no_memory(parser);
    if ((*joined)->weight > CONDITION_LEAVES_MAX)
        return refuse(parser, "it reaches too many selections", (struct bytes){0});
    return STATUS_OK;
}

/* Whether the name fits a pattern in which * stands for any characters. */
static bool fits(struct bytes pattern, const char *name)
{
    size_t at = 0, star = SIZE_MAX;
    const char *retry = name;
    while (*name) {
        if (at < pattern.length && pattern.data[at] == '*') {
            star = at++;
            retry = name;
        } else if (at < pattern.length && pattern.data[at] == (uint8_t)*name) {
            at++;
            name++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (at < pattern.length && pattern.data[at] == '*')
        at++;
    return at == pattern.length;
}

/* Names that begin with an underscore are meant only by patterns that do. */
static enum status find_selections(const struct parser *parser, struct bytes pattern,
                                   struct parts *found)
{
    const bool is_them = reads(pattern, "them");
    const struct condition_names *names = parser->names;
    for (uint32_t i = 0; i < names->count; i++) {
        if (names->names[i][0] == '_' && (is_them || pattern.data[0] != '_'))
            continue;
        if (!is_them && !fits(pattern, names->names[i]))
            continue;
        const struct draft_expression *leaf = condition_leaf(parser->context->arena, i);
        if (!leaf || !parts_add(found, parser->context->arena, leaf))
            return no_memory(parser);
    }
    return found->count ? STATUS_OK : refuse(parser, "no selection is meant by", pattern);
}

/* At least `wanted` of the parts from `first` on, as rows[wanted - 1] of the part behind say:
 * either this one and one less of the rest, or as many of the rest. */
static enum status choose_from(const struct parser *parser, const struct draft_expression *part,
                               const struct draft_expression *less,
                               const struct draft_expression *same,
                               const struct draft_expression **chosen)
{
    const struct draft_expression *both[] = {part, less};
    const struct parts with = {both, less ? 2 : 1, 0};
    const struct draft_expression *either[] = {NULL, same};
    enum status status = join(parser, SIGMA_AND, &with, &either[0]);
    const struct parts all = {either, same ? 2 : 1, 0};
    return status == STATUS_OK ? join(parser, SIGMA_OR, &all, chosen) : status;
}

static enum status choose(const struct parser *parser, const struct parts *found, uint32_t wanted,
                          const struct draft_expression **chosen)
{
    const struct draft_expression *rows[CHOICE_MAX + 1] = {NULL};
    if (found->count > CHOICE_MAX)
        return refuse(parser, "too many selections to choose from", (struct bytes){0});
    enum status status = STATUS_OK;
    for (uint32_t behind = 0; behind < found->count; behind++) {
        const struct draft_expression *part = found->at[found->count - 1 - behind];
        const uint32_t most = behind + 1 < wanted ? behind + 1 : wanted;
        for (uint32_t k = most; k > 0 && status == STATUS_OK; k--)
            status = choose_from(parser, part, k > 1 ? rows[k - 1] : NULL, rows[k], &rows[k]);
    }
    *chosen = rows[wanted];
    return status;
}

/* The number that a quantifier means; 0: it is none. `all` is UINT32_MAX. */
static uint32_t quantity(struct bytes word)
{
    if (reads(word, "any"))
        return 1;
    if (reads(word, "all"))
        return UINT32_MAX;
    uint32_t number = 0;
    for (size_t i = 0; i < word.length; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || i == 4)
            return 0;
        number = number * 10 + (uint32_t)(word.data[i] - '0');
    }
    return number;
}

static enum status parse_quantifier(struct parser *parser, uint32_t wanted,
                                    const struct draft_expression **expression)
{
    const struct bytes quantifier = parser->word;
    advance(parser);
    advance(parser);
    if (parser->word.length == 0)
        return refuse(parser, "nothing stands behind `of`", (struct bytes){0});
    struct parts found = {0};
    const enum status status = find_selections(parser, parser->word, &found);
    if (status != STATUS_OK)
        return status;
    advance(parser);
    if (wanted == UINT32_MAX)
        wanted = found.count;
    if (wanted > found.count)
        return refuse(parser, "there are fewer selections than", quantifier);
    if (wanted == 1 || wanted == found.count)
        return join(parser, wanted == 1 ? SIGMA_OR : SIGMA_AND, &found, expression);
    return choose(parser, &found, wanted, expression);
}

static enum status parse_name(struct parser *parser, const struct draft_expression **expression)
{
    for (uint32_t i = 0; i < parser->names->count; i++) {
        if (!bytes_equal(parser->word, bytes_of_text(parser->names->names[i])))
            continue;
        *expression = condition_leaf(parser->context->arena, i);
        advance(parser);
        return *expression ? STATUS_OK : no_memory(parser);
    }
    return refuse(parser, "there is no", parser->word);
}

static enum status parse_or(struct parser *parser, const struct draft_expression **expression);

static enum status parse_operand(struct parser *parser, const struct draft_expression **expression)
{
    if (parser->word.length == 0)
        return refuse(parser, "it ends where a name is missing", (struct bytes){0});
    if (reads(parser->word, "|"))
        return refuse(parser, "aggregations behind | are correlation rules now", (struct bytes){0});
    if (take(parser, "(")) {
        if (parser->depth++ == CONDITION_DEPTH_MAX)
            return refuse(parser, "parentheses are nested too deep", (struct bytes){0});
        const enum status status = parse_or(parser, expression);
        if (status != STATUS_OK)
            return status;
        parser->depth--;
        return take(parser, ")") ? STATUS_OK
                                 : refuse(parser, "a ) is missing before", parser->word);
    }
    struct bytes left = parser->left;
    const uint32_t wanted = quantity(parser->word);
    if (parser->names->has_quantifiers && wanted && reads(next_word(&left), "of"))
        return parse_quantifier(parser, wanted, expression);
    return parse_name(parser, expression);
}

static enum status parse_not(struct parser *parser, const struct draft_expression **expression)
{
    bool is_negated = false;
    while (take(parser, "not"))
        is_negated = !is_negated;
    const enum status status = parse_operand(parser, expression);
    if (status != STATUS_OK || !is_negated)
        return status;
    *expression = condition_not(parser->context->arena, *expression);
    return *expression ? STATUS_OK : no_memory(parser);
}

static enum status parse_and(struct parser *parser, const struct draft_expression **expression)
{
    struct parts parts = {0};
    do {
        const struct draft_expression *part = NULL;
        const enum status status = parse_not(parser, &part);
        if (status != STATUS_OK)
            return status;
        if (parts.count == CONDITION_LEAVES_MAX || !parts_add(&parts, parser->context->arena, part))
            return refuse(parser, "it is too long", (struct bytes){0});
    } while (take(parser, "and"));
    return join(parser, SIGMA_AND, &parts, expression);
}

static enum status parse_or(struct parser *parser, const struct draft_expression **expression)
{
    struct parts parts = {0};
    do {
        const struct draft_expression *part = NULL;
        const enum status status = parse_and(parser, &part);
        if (status != STATUS_OK)
            return status;
        if (parts.count == CONDITION_LEAVES_MAX || !parts_add(&parts, parser->context->arena, part))
            return refuse(parser, "it is too long", (struct bytes){0});
    } while (take(parser, "or"));
    return join(parser, SIGMA_OR, &parts, expression);
}

enum status condition_parse(const struct draft_context *context, struct bytes text, uint32_t line,
                            const struct condition_names *names,
                            const struct draft_expression **expression)
{
    struct parser parser = {.context = context, .names = names, .line = line, .left = text};
    advance(&parser);
    if (parser.word.length == 0)
        return refuse(&parser, "it is empty", (struct bytes){0});
    const enum status status = parse_or(&parser, expression);
    if (status != STATUS_OK)
        return status;
    if (reads(parser.word, "|"))
        return refuse(&parser, "aggregations behind | are correlation rules now",
                      (struct bytes){0});
    if (parser.word.length)
        return refuse(&parser, "and, or or the end was expected instead of", parser.word);
    return STATUS_OK;
}

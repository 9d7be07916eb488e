#include "fake.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct fake *fake_new(void)
{
    struct fake *fake = calloc(1, sizeof(*fake));
    assert(fake);
    arena_init(&fake->arena, 256U << 20);
    fake->fields = fields_new();
    fake->shapes = shapes_new(4096);
    fake->cache = event_cache_new();
    assert(fake->fields && fake->shapes && fake->cache);
    return fake;
}

void fake_release(struct fake *fake)
{
    arena_release(&fake->arena);
    names_free(fake->fields);
    shapes_free(fake->shapes);
    event_cache_free(fake->cache);
    free(fake);
}

void *fake_take(struct fake *fake, size_t count, size_t size)
{
    void *taken = arena_take_array(&fake->arena, count, size);
    assert(taken);
    return taken;
}

char *fake_text(struct fake *fake, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof(text));
    return arena_keep_text(&fake->arena, bytes_of(text, (size_t)length));
}

void fake_pattern(struct fake *fake, const char *pattern, struct sigma_test *test)
{
    const size_t length = strlen(pattern);
    struct sigma_piece *pieces = fake_take(fake, length + 1, sizeof(*pieces));
    uint8_t *text = fake_take(fake, length + 1, 1);
    uint32_t count = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '*' || *at == '?') {
            pieces[count++].kind = *at == '*' ? SIGMA_PIECE_MANY : SIGMA_PIECE_ONE;
            continue;
        }
        if (*at == '\\' && at[1] && strchr("*?\\", at[1]))
            at++;
        if (count == 0 || pieces[count - 1].kind != SIGMA_PIECE_LITERAL)
            pieces[count++] = (struct sigma_piece){SIGMA_PIECE_LITERAL, bytes_of(text, 0)};
        *text++ = (uint8_t)*at;
        pieces[count - 1].literal.length++;
    }
    test->kind = SIGMA_TEXT;
    test->pieces = pieces;
    test->piece_count = count;
}

const struct sigma_node *fake_leaf(struct fake *fake, const struct sigma_test *test)
{
    struct sigma_node *node = fake_take(fake, 1, sizeof(*node));
    struct sigma_test *copy = fake_take(fake, 1, sizeof(*copy));
    *copy = *test;
    node->kind = SIGMA_LEAF;
    node->test = copy;
    return node;
}

const struct sigma_node *fake_is(struct fake *fake, const char *field, const char *pattern)
{
    struct sigma_test test = {.field = field};
    fake_pattern(fake, pattern, &test);
    return fake_leaf(fake, &test);
}

const struct sigma_node *fake_cased(struct fake *fake, const char *field, const char *pattern)
{
    struct sigma_test test = {.field = field, .is_cased = true};
    fake_pattern(fake, pattern, &test);
    return fake_leaf(fake, &test);
}

const struct sigma_node *fake_regex(struct fake *fake, const char *field, const char *expression,
                                    uint8_t flags)
{
    const struct sigma_test test = {.kind = SIGMA_REGEX,
                                    .field = field,
                                    .regex_flags = flags,
                                    .text = bytes_of_text(expression),
                                    .line = 7};
    return fake_leaf(fake, &test);
}

const struct sigma_node *fake_node(struct fake *fake, enum sigma_node_kind kind,
                                   const struct sigma_node *const *children, uint32_t count)
{
    struct sigma_node *node = fake_take(fake, 1, sizeof(*node));
    const struct sigma_node **copy = fake_take(fake, count, sizeof(*copy));
    for (uint32_t i = 0; i < count; i++)
        copy[i] = children[i];
    node->kind = kind;
    node->count = count;
    node->children = copy;
    return node;
}

static const struct sigma_node *node_of(struct fake *fake, enum sigma_node_kind kind,
                                        va_list arguments)
{
    const struct sigma_node *children[64];
    uint32_t count = 0;
    while ((children[count] = va_arg(arguments, const struct sigma_node *)))
        count++;
    return fake_node(fake, kind, children, count);
}

const struct sigma_node *fake_all(struct fake *fake, ...)
{
    va_list arguments;
    va_start(arguments, fake);
    const struct sigma_node *node = node_of(fake, SIGMA_AND, arguments);
    va_end(arguments);
    return node;
}

const struct sigma_node *fake_any(struct fake *fake, ...)
{
    va_list arguments;
    va_start(arguments, fake);
    const struct sigma_node *node = node_of(fake, SIGMA_OR, arguments);
    va_end(arguments);
    return node;
}

const struct sigma_node *fake_not(struct fake *fake, const struct sigma_node *node)
{
    return fake_node(fake, SIGMA_NOT, &node, 1);
}

uint32_t fake_rule(struct fake *fake, const char *service, const struct sigma_node *condition)
{
    const uint32_t number = fake->rules.count++;
    fake->rules.rules[number] = (struct sigma_rule){
        .id = fake_text(fake, "rule-%u", number),
        .title = fake_text(fake, "Rule %u", number),
        .path = "rules/test.yml",
        .line = number + 1,
        .logsource = {.service = service},
        .condition = condition,
    };
    return number;
}

void fake_alternative(struct fake *fake, const char *service,
                      const struct logsource_alternative *alternative)
{
    struct logsource_table *table = &fake->sources;
    uint32_t at = 0;
    while (at < table->count && strcmp(table->logsources[at].service, service) != 0)
        at++;
    const uint32_t before = at < table->count ? table->counts[at] : 0;
    struct logsource_alternative *all = fake_take(fake, before + 1U, sizeof(*all));
    for (uint32_t i = 0; i < before; i++)
        all[i] = table->alternatives[at][i];
    all[before] = *alternative;
    if (at == table->count)
        table->count++;
    table->logsources[at].service = service;
    table->alternatives[at] = all;
    table->counts[at] = before + 1;
}

void fake_source(struct fake *fake, const char *service, const char *channel,
                 const char *const *pairs)
{
    struct logsource_condition *condition = fake_take(fake, 1, sizeof(*condition));
    const char **values = fake_take(fake, 1, sizeof(*values));
    struct logsource_translation *translations = fake_take(fake, 32, sizeof(*translations));
    uint32_t count = 0;
    for (; pairs && pairs[0]; pairs += 2)
        translations[count++] = (struct logsource_translation){pairs[0], pairs[1], NULL, 0};
    values[0] = channel;
    *condition = (struct logsource_condition){"Channel", values, 1};
    const struct logsource_alternative alternative = {
        .conditions = condition,
        .condition_count = channel != NULL,
        .translations = translations,
        .translation_count = count,
        .audit = fake_text(fake, "audit of %s", service),
    };
    fake_alternative(fake, service, &alternative);
}

struct value fake_utf8(const char *text)
{
    return (struct value){
        .type = VALUE_UTF8, .length = (uint32_t)strlen(text), .data = (const uint8_t *)text};
}

struct value fake_utf16(struct fake *fake, const char *ascii)
{
    const size_t length = strlen(ascii);
    uint8_t *units = fake_take(fake, length + 1, 2);
    for (size_t i = 0; i < length; i++)
        units[i * 2] = (uint8_t)ascii[i];
    return (struct value){.type = VALUE_UTF16, .length = (uint32_t)length * 2, .data = units};
}

struct event fake_event_of(struct fake *fake, const char *const *names, const struct value *values,
                           uint32_t count, bool is_shared)
{
    name_id *ids = fake_take(fake, count, sizeof(*ids));
    struct shape *shape = fake_take(fake, 1, sizeof(*shape));
    for (uint32_t i = 0; i < count; i++)
        ids[i] = names_intern(fake->fields, bytes_of_text(names[i]));
    shape_init(shape, ids, count);
    struct event event = {
        .shape = is_shared ? shapes_intern(fake->shapes, ids, count) : shape,
        .values = values,
        .cache = fake->cache,
    };
    assert(event.shape);
    event_begin(&event);
    return event;
}

struct event fake_event(struct fake *fake, const char *channel, ...)
{
    const char *names[64] = {"Channel"};
    struct value *values = fake_take(fake, 64, sizeof(*values));
    uint32_t count = 1;
    va_list arguments;
    values[0] = fake_utf16(fake, channel);
    va_start(arguments, channel);
    while ((names[count] = va_arg(arguments, const char *)))
        values[count++] = fake_utf8(va_arg(arguments, const char *));
    va_end(arguments);
    return fake_event_of(fake, names, values, count, true);
}

struct ruleset *fake_compile(struct fake *fake)
{
    struct ruleset *ruleset = NULL;
    struct fault fault = {0};
    const enum status status =
        ruleset_compile(&fake->rules, &fake->sources, fake->fields, &ruleset, &fault);
    if (status != STATUS_OK)
        fprintf(stderr, "ruleset_compile: %s\n", fault.reason);
    assert(status == STATUS_OK);
    return ruleset;
}

/* The Sigma room's part of the contract. */
uint32_t sigma_count(const struct sigma_rules *rules)
{
    return rules->count;
}

const struct sigma_rule *sigma_rule_at(const struct sigma_rules *rules, uint32_t index)
{
    return &rules->rules[index];
}

uint32_t sigma_refusal_count(const struct sigma_rules *rules)
{
    return rules->refusal_count;
}

const struct sigma_refusal *sigma_refusal_at(const struct sigma_rules *rules, uint32_t index)
{
    return &rules->refusals[index];
}

const struct logsource_alternative *logsource_find(const struct logsource_table *table,
                                                   const struct sigma_logsource *logsource,
                                                   uint32_t *count)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (strcmp(table->logsources[i].service, logsource->service) == 0) {
            *count = table->counts[i];
            return table->alternatives[i];
        }
    *count = 0;
    return NULL;
}

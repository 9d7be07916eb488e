/* Conditions: the bytes are the condition of a rule, and of a correlation. */
#include "rules/sigma/condition.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#define ARENA_MAX (64U << 20)

static void check(const struct draft_expression *expression, uint32_t names)
{
    if (expression->kind == SIGMA_LEAF) {
        if (expression->selection >= names)
            abort();
        return;
    }
    if (expression->count == 0)
        abort();
    for (uint32_t i = 0; i < expression->count; i++)
        check(expression->children[i], names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    static const char *const names[] = {"selection", "sel_1", "sel_2", "filter", "_hidden", "a"};
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    for (int has_quantifiers = 0; has_quantifiers < 2; has_quantifiers++) {
        struct fault fault = {0};
        const struct draft_context context = {.arena = &arena, .fault = &fault};
        const struct condition_names all = {names, COUNT_OF(names), has_quantifiers};
        const struct draft_expression *expression;
        const enum status status =
            condition_parse(&context, bytes_of(data, length), 1, &all, &expression);
        if (status == STATUS_OK)
            check(expression, COUNT_OF(names));
        else if (fault.reason[0] == '\0')
            abort();
    }
    arena_release(&arena);
    return 0;
}

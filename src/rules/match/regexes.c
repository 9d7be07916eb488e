#include "rules/match/regexes.h"

#include "rules/match/text.h"

#include <stdlib.h>

#define MATCH_LIMIT    200000U /* steps of backtracking from one place in the text */
#define DEPTH_LIMIT    20000U
#define HEAP_LIMIT_KIB 16384U
#define JIT_STACK_MAX  (1U << 20)

bool regexes_init(struct regexes *regexes, const struct image *image)
{
    *regexes = (struct regexes){
        .image = image,
        .codes = calloc((size_t)image->tests_count + 1, sizeof(*regexes->codes)),
        .context = pcre2_match_context_create(NULL),
        .data = pcre2_match_data_create(1, NULL),
        .stack = pcre2_jit_stack_create(32768, JIT_STACK_MAX, NULL),
    };
    if (!regexes->codes || !regexes->context || !regexes->data)
        return false;
    pcre2_set_match_limit(regexes->context, MATCH_LIMIT);
    pcre2_set_depth_limit(regexes->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(regexes->context, HEAP_LIMIT_KIB);
    if (regexes->stack)
        pcre2_jit_stack_assign(regexes->context, NULL, regexes->stack);
    return true;
}

void regexes_release(struct regexes *regexes)
{
    for (uint32_t i = 0; regexes->codes && i < regexes->image->tests_count; i++)
        pcre2_code_free(regexes->codes[i]);
    free(regexes->codes);
    pcre2_match_context_free(regexes->context);
    pcre2_match_data_free(regexes->data);
    pcre2_jit_stack_free(regexes->stack);
    *regexes = (struct regexes){0};
}

#define REGEX_MEMORY_MAX (16U << 20)

/* Where the machine forbids JIT, PCRE2 interprets. */
static pcre2_code *code_of(struct regexes *regexes, uint32_t number)
{
    if (regexes->codes[number])
        return regexes->codes[number];
    const struct image_test *test = &regexes->image->tests[number];
    char reason[REGEX_REASON_MAX];
    struct arena arena;
    arena_init(&arena, REGEX_MEMORY_MAX);
    const struct bytes expression = regex_lazy(&arena, image_bytes(regexes->image, test->text));
    pcre2_code *code = regex_compile(expression, test->form, reason);
    if (code)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    regexes->codes[number] = code;
    arena_release(&arena);
    return code;
}

/* Cheap beside the expression itself, above all where that would go back and forth: the runs must
 * stand one behind the other. */
bool regexes_may_find(const struct image *image, const struct image_test *test, struct bytes folded)
{
    bool has_one = test->split == 0;
    for (uint32_t i = 0; i < test->split && !has_one; i++) {
        const struct image_piece *piece = &image->pieces[test->pieces.first + i];
        has_one = text_find(folded, image_bytes(image, piece->literal)) != NULL;
    }
    for (uint32_t i = test->split; i < test->pieces.count && has_one; i++) {
        const struct bytes run = image_bytes(image, image->pieces[test->pieces.first + i].literal);
        const uint8_t *found = text_find(folded, run);
        if (!found)
            return false;
        folded.length -= (size_t)(found - folded.data) + run.length;
        folded.data = found + run.length;
    }
    return has_one;
}

bool regexes_find(struct regexes *regexes, uint32_t test, struct bytes text)
{
    const pcre2_code *code = code_of(regexes, test);
    const size_t length = text.length < REGEX_TEXT_MAX ? text.length : REGEX_TEXT_MAX;
    if (!code) {
        regexes->limited++;
        return false;
    }
    const int found = pcre2_match(code, text.data, length, 0, 0, regexes->data, regexes->context);
    if (found >= 0)
        return true;
    if (found != PCRE2_ERROR_NOMATCH || length < text.length)
        regexes->limited++;
    return false;
}

#include "cli/needle.h"

#include "base/utf.h"
#include "rules/compile/regex.h"
#include "rules/sigma/sigma.h"

#include <stdlib.h>

#define NEEDLE_MAX     ((size_t)64 << 10) /* bytes */
#define MATCH_LIMIT    1000000U           /* steps of backtracking in one text */
#define DEPTH_LIMIT    20000U
#define HEAP_LIMIT_KIB 16384U
#define JIT_STACK_MAX  ((size_t)1 << 20)

struct needle {
    pcre2_code *code; /* NULL: a word */
    bool is_folded;
    struct buffer word;
};

struct needle_eye {
    const struct needle *needle;
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
    uint64_t limited;
};

static enum status regex_begin(struct needle *needle, struct bytes text, bool is_cased,
                               struct fault *fault)
{
    char reason[REGEX_REASON_MAX] = "";
    needle->code = regex_compile(text, is_cased ? 0 : SIGMA_REGEX_I, reason);
    if (!needle->code)
        return fault_set(fault, STATUS_INVALID, 0, "%s", reason);
    pcre2_jit_compile(needle->code, PCRE2_JIT_COMPLETE); /* else it is interpreted */
    return STATUS_OK;
}

static enum status word_begin(struct needle *needle, struct bytes text, bool is_cased,
                              struct fault *fault)
{
    uint8_t *room = buffer_room(&needle->word, text.length * 3 + 32);
    if (!room)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    needle->is_folded = !is_cased;
    if (is_cased)
        buffer_bytes(&needle->word, text.data, text.length);
    else
        needle->word.length = utf8_fold(room, text);
    return STATUS_OK;
}

enum status needle_new(struct bytes text, bool is_regex, bool is_cased, struct needle **made,
                       struct fault *fault)
{
    if (text.length == 0 || text.length > NEEDLE_MAX)
        return fault_set(fault, STATUS_INVALID, 0,
                         text.length ? "what is looked for is too long"
                                     : "there is nothing to look for");
    struct needle *needle = calloc(1, sizeof(*needle));
    if (!needle)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    const enum status status = is_regex ? regex_begin(needle, text, is_cased, fault)
                                        : word_begin(needle, text, is_cased, fault);
    if (status) {
        needle_free(needle);
        return status;
    }
    *made = needle;
    return STATUS_OK;
}

void needle_free(struct needle *needle)
{
    if (!needle)
        return;
    pcre2_code_free(needle->code);
    buffer_release(&needle->word);
    free(needle);
}

bool needle_is_folded(const struct needle *needle)
{
    return needle->is_folded;
}

struct needle_eye *needle_eye_new(const struct needle *needle)
{
    struct needle_eye *eye = calloc(1, sizeof(*eye));
    if (!eye)
        return NULL;
    eye->needle = needle;
    if (!needle->code)
        return eye;
    eye->context = pcre2_match_context_create(NULL);
    eye->data = pcre2_match_data_create(1, NULL);
    eye->stack = pcre2_jit_stack_create(32768, JIT_STACK_MAX, NULL);
    if (!eye->context || !eye->data) {
        needle_eye_free(eye);
        return NULL;
    }
    pcre2_set_match_limit(eye->context, MATCH_LIMIT);
    pcre2_set_depth_limit(eye->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(eye->context, HEAP_LIMIT_KIB);
    if (eye->stack)
        pcre2_jit_stack_assign(eye->context, NULL, eye->stack);
    return eye;
}

void needle_eye_free(struct needle_eye *eye)
{
    if (!eye)
        return;
    pcre2_match_context_free(eye->context);
    pcre2_match_data_free(eye->data);
    pcre2_jit_stack_free(eye->stack);
    free(eye);
}

static bool regex_find(struct needle_eye *eye, struct bytes text, size_t *at)
{
    const int found =
        pcre2_match(eye->needle->code, text.data, text.length, 0, 0, eye->data, eye->context);
    if (found < 0) {
        eye->limited += found != PCRE2_ERROR_NOMATCH;
        return false;
    }
    *at = pcre2_get_ovector_pointer(eye->data)[0];
    return true;
}

bool needle_find(struct needle_eye *eye, struct bytes text, size_t *at)
{
    const struct buffer *word = &eye->needle->word;
    if (eye->needle->code)
        return regex_find(eye, text, at);
    const uint8_t *found = text.length < word->length
                               ? NULL
                               : memmem(text.data, text.length, word->data, word->length);
    if (found)
        *at = (size_t)(found - text.data);
    return found != NULL;
}

uint64_t needle_limited(const struct needle_eye *eye)
{
    return eye->limited;
}

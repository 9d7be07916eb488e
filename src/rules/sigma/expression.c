#include "rules/sigma/expression.h"

#include "base/buffer.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_MAX    1000000
#define DEPTH_MAX    1000
#define REPLACED_MAX 65536U

struct expression {
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *found;
};

void expression_free(struct expression *expression)
{
    if (!expression)
        return;
    pcre2_code_free(expression->code);
    pcre2_match_context_free(expression->limits);
    pcre2_match_data_free(expression->found);
    free(expression);
}

enum status expression_compile(struct bytes text, struct expression **expression,
                               struct fault *fault)
{
    struct expression *made = calloc(1, sizeof(*made));
    if (!made)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for an expression");
    int error;
    PCRE2_SIZE offset;
    made->code =
        pcre2_compile(text.data, text.length, PCRE2_UTF | PCRE2_UCP, &error, &offset, NULL);
    if (!made->code) {
        uint8_t reason[160];
        pcre2_get_error_message(error, reason, sizeof(reason));
        expression_free(made);
        return fault_set(fault, STATUS_INVALID, 0, "not a regular expression: %s at %zu",
                         (const char *)reason, offset);
    }
    made->limits = pcre2_match_context_create(NULL);
    made->found = pcre2_match_data_create_from_pattern(made->code, NULL);
    if (!made->limits || !made->found) {
        expression_free(made);
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for an expression");
    }
    pcre2_set_match_limit(made->limits, STEPS_MAX);
    pcre2_set_depth_limit(made->limits, DEPTH_MAX);
    *expression = made;
    return STATUS_OK;
}

static bool find(const struct expression *expression, struct bytes text, size_t from,
                 uint32_t options)
{
    return pcre2_match(expression->code, text.data ? text.data : (const uint8_t *)"", text.length,
                       from, options, expression->found, expression->limits) > 0;
}

bool expression_matches(const struct expression *expression, struct bytes text)
{
    return find(expression, text, 0, PCRE2_ANCHORED);
}

static void write_group(const struct expression *expression, struct bytes text, uint32_t group,
                        struct buffer *to)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(expression->found) + (size_t)group * 2;
    if (group < pcre2_get_ovector_count(expression->found) && ends[0] != PCRE2_UNSET)
        buffer_bytes(to, text.data + ends[0], ends[1] - ends[0]);
}

/* The group of \g<name> or \g<number> whose < stands at `at`; *end is behind the >. False when it
 * is none. */
static bool named_group(const struct expression *expression, struct bytes with, size_t at,
                        uint32_t *group, size_t *end)
{
    char name[64];
    const uint8_t *close = memchr(with.data + at, '>', with.length - at);
    const size_t length = close ? (size_t)(close - with.data) - at - 1 : sizeof(name);
    if (length == 0 || length >= sizeof(name))
        return false;
    memcpy(name, with.data + at + 1, length);
    name[length] = '\0';
    char *rest;
    const unsigned long number = strtoul(name, &rest, 10);
    const int known =
        pcre2_substring_number_from_name(expression->code, (PCRE2_SPTR)(const void *)name);
    *end = (size_t)(close - with.data) + 1;
    *group = *rest == '\0' ? (uint32_t)number : (uint32_t)known;
    return *rest == '\0' || known > 0;
}

/* Writes what stands behind the backslash at `at`; returns where to go on. */
static size_t write_escape(const struct expression *expression, struct bytes text,
                           struct bytes with, size_t at, struct buffer *to)
{
    static const char letters[] = "nrt\\", meant[] = "\n\r\t\\";
    const uint8_t next = at + 1 < with.length ? with.data[at + 1] : 0;
    uint32_t group = 0;
    size_t end = at + 2;
    if (next >= '1' && next <= '9') {
        group = (uint32_t)(next - '0');
        if (end < with.length && with.data[end] >= '0' && with.data[end] <= '9')
            group = group * 10 + (uint32_t)(with.data[end++] - '0');
        write_group(expression, text, group, to);
        return end;
    }
    if (next == 'g' && end < with.length && with.data[end] == '<' &&
        named_group(expression, with, end, &group, &end)) {
        write_group(expression, text, group, to);
        return end;
    }
    const char *letter = next ? strchr(letters, next) : NULL;
    buffer_byte(to, letter ? (uint8_t)meant[letter - letters] : '\\');
    return letter ? at + 2 : at + 1;
}

static void write_replacement(const struct expression *expression, struct bytes text,
                              struct bytes with, struct buffer *to)
{
    for (size_t at = 0; at < with.length;) {
        if (with.data[at] == '\\') {
            at = write_escape(expression, text, with, at, to);
        } else {
            buffer_byte(to, with.data[at]);
            at++;
        }
    }
}

static size_t character_end(struct bytes text, size_t at)
{
    do
        at++;
    while (at < text.length && (text.data[at] & 0xC0) == 0x80);
    return at;
}

static void replace_all(const struct expression *expression, struct bytes text, struct bytes with,
                        struct buffer *to)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(expression->found);
    size_t at = 0;
    while (at <= text.length && to->length <= REPLACED_MAX && find(expression, text, at, 0)) {
        const size_t start = ends[0], end = ends[1];
        if (start < at || end < start) /* \K may say so */
            break;
        buffer_bytes(to, text.data + at, start - at);
        write_replacement(expression, text, with, to);
        at = end;
        if (end == start) {
            if (end == text.length)
                return;
            at = character_end(text, end);
            buffer_bytes(to, text.data + end, at - end);
        }
    }
    if (at < text.length)
        buffer_bytes(to, text.data + at, text.length - at);
}

enum status expression_replace(const struct expression *expression, struct arena *arena,
                               struct bytes text, struct bytes with, struct bytes *replaced,
                               struct fault *fault)
{
    struct buffer buffer = {0};
    replace_all(expression, text, with, &buffer);
    enum status status = STATUS_OK;
    if (buffer.length > REPLACED_MAX)
        status = fault_set(fault, STATUS_INVALID, 0, "a replaced value is longer than %u bytes",
                           REPLACED_MAX);
    if (status == STATUS_OK) {
        *replaced = arena_keep(arena, buffer_view(&buffer));
        if (buffer.failed || !replaced->data)
            status = fault_set(fault, STATUS_MEMORY, 0, "no memory for a replaced value");
    }
    buffer_release(&buffer);
    return status;
}

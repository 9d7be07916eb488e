/* A plain list to search for elsewhere: a line an indicator, its kind, a tab, and what it is;
 * sorted, each once. From cases, and from findings of rules that conclude. */
#include "base/address.h"
#include "base/hash.h"
#include "reports/escape.h"
#include "reports/format.h"
#include "reports/members.h"
#include "reports/tags.h"

#include <stdlib.h>

#define LINES_MAX  65536U
#define MEMORY_MAX ((size_t)32 << 20)

struct indicators {
    struct arena arena;
    struct bytes *lines;
    uint32_t *index; /* of lines, from 1; open addressing, at most half full */
    uint32_t count;
    uint64_t left_out;
    struct buffer value, line;
};

static enum status indicators_begin(struct report *report, struct fault *fault)
{
    struct indicators *state = report->state = calloc(1, sizeof(*state));
    if (!state)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    arena_init(&state->arena, MEMORY_MAX);
    state->lines = calloc(LINES_MAX, sizeof(*state->lines));
    state->index = calloc((size_t)2 * LINES_MAX, sizeof(*state->index));
    return state->lines && state->index
               ? STATUS_OK
               : fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
}

static void indicators_close(struct report *report)
{
    struct indicators *state = report->state;
    if (!state)
        return;
    arena_release(&state->arena);
    buffer_release(&state->value);
    buffer_release(&state->line);
    free(state->lines);
    free(state->index);
    free(state);
}

static void line_keep(struct indicators *state, struct bytes line)
{
    size_t at = hash_bytes(line, 0) % (2 * LINES_MAX);
    for (; state->index[at]; at = (at + 1) % (2 * LINES_MAX))
        if (bytes_equal(state->lines[state->index[at] - 1], line))
            return;
    const struct bytes kept =
        state->count < LINES_MAX ? arena_keep(&state->arena, line) : (struct bytes){0};
    if (!kept.data) {
        state->left_out++;
        return;
    }
    state->lines[state->count++] = kept;
    state->index[at] = state->count;
}

static void add(struct report *report, const char *kind, struct bytes text)
{
    struct indicators *state = report->state;
    if (!text.length || bytes_equal(text, bytes_of_text("-")))
        return;
    buffer_reset(&state->line);
    buffer_text(&state->line, kind);
    buffer_byte(&state->line, '\t');
    escape_text(&state->line, text);
    report->out.failed |= state->line.failed;
    line_keep(state, buffer_view(&state->line));
}

/* A host by its address or its name; the machine itself is no indicator. */
static void add_place(struct report *report, struct bytes text)
{
    struct address address;
    if (is_address(text))
        add(report, "address", text);
    else if (text.length && !address_parse(text, &address))
        add(report, "host", text);
}

/* MD5=…,SHA256=…, as Sysmon writes hashes. */
static void add_hashes(struct report *report, struct bytes text)
{
    for (size_t at = 0, end; at < text.length; at = end + 1) {
        const uint8_t *comma = memchr(text.data + at, ',', text.length - at);
        end = comma ? (size_t)(comma - text.data) : text.length;
        const struct bytes item = bytes_of(text.data + at, end - at);
        if (item.length > 7 && memcmp(item.data, "SHA256=", 7) == 0)
            add(report, "sha256", bytes_of(item.data + 7, item.length - 7));
        else if (item.length > 4 && memcmp(item.data, "MD5=", 4) == 0)
            add(report, "md5", bytes_of(item.data + 4, item.length - 4));
    }
}

/* The fields whose values are the intruder's choice. */
static const struct {
    const char *field, *kind;
} told[] = {
    {"ServiceName", "service"},       {"ImagePath", "command"}, {"ServiceFileName", "command"},
    {"CommandLine", "command"},       {"TaskName", "task"},     {"TargetFilename", "file"},
    {"RelativeTargetName", "shared"}, {"Hashes", "hashes"},
};

static void add_field(struct report *report, const struct finding_field *field)
{
    struct indicators *state = report->state;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        if (!bytes_equal(field->name, bytes_of_text(told[i].field)))
            continue;
        buffer_reset(&state->value);
        finding_field_value(&state->value, field->value);
        report->out.failed |= state->value.failed;
        if (strcmp(told[i].kind, "hashes") == 0)
            add_hashes(report, buffer_view(&state->value));
        else
            add(report, told[i].kind, buffer_view(&state->value));
    }
}

static enum status indicators_finding(struct report *report, const struct finding *finding,
                                      const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct bytes fields = finding->fields;
    struct finding_field field;
    if (!rule_concludes(info))
        return STATUS_OK;
    add_place(report, finding->source);
    while (finding_field_next(&fields, &field))
        add_field(report, &field);
    return STATUS_OK;
}

static void indicators_case(struct report *report, const struct case_record *record,
                            const struct ledger_verdict *verdict)
{
    (void)verdict;
    for (uint32_t i = 0; i < record->hosts.count; i++)
        add_place(report, record->hosts.items[i]);
    for (uint32_t i = 0; i < record->sources.count; i++)
        add_place(report, record->sources.items[i]);
    for (uint32_t i = 0; i < record->accounts.count; i++)
        add(report, "account", record->accounts.items[i]);
}

static int line_order(const void *one, const void *other)
{
    return bytes_compare(*(const struct bytes *)one, *(const struct bytes *)other);
}

static void indicators_end(struct report *report, const struct report_summary *summary)
{
    struct indicators *state = report->state;
    struct buffer *to = &report->out;
    (void)summary;
    qsort(state->lines, state->count, sizeof(*state->lines), line_order);
    for (uint32_t i = 0; i < state->count; i++) {
        buffer_bytes(to, state->lines[i].data, state->lines[i].length);
        buffer_byte(to, '\n');
    }
    if (state->left_out)
        buffer_format(to, "# %llu more were left out\n", (unsigned long long)state->left_out);
}

const struct report_format report_indicators = {
    .name = "indicators",
    .file = "indicators.txt",
    .begin = indicators_begin,
    .finding = indicators_finding,
    .case_record = indicators_case,
    .end = indicators_end,
    .close = indicators_close,
};

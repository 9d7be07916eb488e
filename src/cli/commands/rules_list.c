/* Which rules there are. */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/rule_desk.h"
#include "cli/sheet.h"

#include <stdlib.h>
#include <string.h>

struct arguments {
    struct rule_options rules;
    const char *format, *output;
};

#define DRAIN_AT ((size_t)64 << 10)

static void text_value(struct buffer *to, const char *text)
{
    if (text && *text)
        buffer_json(to, bytes_of_text(text));
    else
        buffer_text(to, "null");
}

static void text_member(struct buffer *to, const char *name, const char *text)
{
    buffer_json_key(to, name);
    text_value(to, text);
}

static void list_member(struct buffer *to, const char *name, const char *const *texts,
                        uint32_t count)
{
    buffer_json_key(to, name);
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of_text(texts[i]));
    }
    buffer_byte(to, ']');
}

static void rule_object(struct buffer *to, const struct rule_info *info, enum sigma_level level)
{
    buffer_text(to, "{\"kind\":\"rule\"");
    text_member(to, "id", info->id);
    text_member(to, "title", info->title);
    text_member(to, "level", sigma_level_name(level));
    text_member(to, "status", sigma_status_name(info->status));
    text_member(to, "author", info->author);
    text_member(to, "path", info->path);
    buffer_format(to, ",\"line\":%u", info->line);
    list_member(to, "tags", info->tags, info->tag_count);
    list_member(to, "tool", info->tools, info->tool_count);
    text_member(to, "strength", info->strength);
    text_member(to, "layer", info->layer);
    buffer_text(to, ",\"logsource\":{\"product\":");
    text_value(to, info->logsource.product);
    text_member(to, "category", info->logsource.category);
    text_member(to, "service", info->logsource.service);
    buffer_format(to, "},\"correlation\":%s,\"silent\":%s", info->is_correlation ? "true" : "false",
                  info->is_silent ? "true" : "false");
    text_member(to, "description", info->description);
    buffer_text(to, "}\n");
}

static const struct sheet_column list_columns[] = {
    {"level", 5, false}, {"status", 12, false}, {"id", 36, false},
    {"tool", 20, false}, {"title", 0, false},   {0},
};

static void rule_row(struct sheet *sheet, const struct rule_info *info, enum sigma_level level)
{
    const struct paint *paint = sheet->page.paint;
    const char *tool = info->tool_count ? info->tools[0] : "";
    sheet_painted(sheet, paint->level[level], bytes_of_text(page_levels[level]));
    sheet_text(sheet, bytes_of_text(sigma_status_name(info->status)));
    sheet_text(sheet, bytes_of_text(info->id));
    sheet_text(sheet, bytes_of_text(info->tool_count > 1 ? "several" : tool));
    sheet_painted(sheet, info->is_silent ? paint->dim : "", bytes_of_text(info->title));
}

static enum status list(void *context, const struct rule_desk *desk, struct output *output,
                        struct fault *fault)
{
    const struct arguments *arguments = context;
    struct buffer text = {0};
    struct sheet sheet = sheet_for(output, &text);
    const struct ruleset *ruleset = desk->loaded.ruleset;
    const bool is_table = output_is_table(output, arguments->format);
    enum status status = STATUS_OK;
    if (is_table)
        sheet_begin(&sheet, NULL, list_columns);
    for (uint32_t i = 0; status == STATUS_OK && i < ruleset_count(ruleset); i++) {
        if (!desk->choice.is_fitting[i])
            continue;
        if (is_table)
            rule_row(&sheet, ruleset_info(ruleset, i), desk->choice.levels[i]);
        else
            rule_object(&text, ruleset_info(ruleset, i), desk->choice.levels[i]);
        if (text.length > DRAIN_AT)
            status = output_drain(output, &text, fault);
    }
    if (status == STATUS_OK)
        status = output_drain(output, &text, fault);
    rule_refusals_warn(desk->refused_count);
    buffer_release(&text);
    return status;
}

static int list_run(void *given)
{
    struct arguments *arguments = given;
    return rule_desk_run(&arguments->rules, arguments->output, list, arguments);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option list_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "table|jsonl",
     "how to write them (default: a table on a terminal, else jsonl)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group list_groups[] = {
    {"Where rules come from", rule_source_options, AT(rules)},
    {"Which rules count", rule_filter_options, AT(rules)},
    {"Output", list_options, 0},
    {0},
};

const struct command command_rules_list = {
    .name = "rules list",
    .arguments = "[DIR|FILE|BUNDLE…]",
    .help = "List rules",
    .detail =
        "Without rules, the built-in pack. Dim in the table: rules that only serve correlations.",
    .groups = list_groups,
    .size = sizeof(struct arguments),
    .positional = AT(rules.sources),
    .run = list_run,
};

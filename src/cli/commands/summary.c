/* What the evidence is about: span, computers, channels, event ids, logons. */
#include "cli/census.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/event_text.h"
#include "cli/logon.h"
#include "cli/sheet.h"
#include "cli/version.h"
#include "cli/workbench.h"

#include <stdlib.h>

struct arguments {
    struct workbench_options bench;
    const char *format, *output;
    unsigned top;
};

enum part { PART_COMPUTERS, PART_CHANNELS, PART_EVENTS, PART_LOGONS, PART_COUNT };

struct summary {
    const struct arguments *arguments;
    struct workbench *bench;
    struct logon_fields logon;
    struct census parts[PART_COUNT];
    uint64_t evidence, events;
    struct instant first, last;
};

struct summary_thread {
    const struct summary *summary;
    struct finding_maker *maker;
};

/* --- On the threads --- */

/* What is packed of an event: its time, the keys of the parts in their order, one behind the other,
 * and before that of the logons a byte, enum logon_kind. */

static void event_seen(void *state, const struct pipeline_view *view, struct buffer *out)
{
    const struct summary_thread *thread = state;
    const struct summary *summary = thread->summary;
    const struct event *event = view->event;
    if (!span_holds(&summary->bench->span, event->time))
        return;
    const struct finding *look = finding_maker_look(thread->maker, event, view->evidence);
    const enum logon_kind kind = logon_kind(&summary->logon, event, look);
    census_put_time(out, event->time);
    census_put(out, look->host);
    census_put(out, event_channel(event));
    census_put(out, look->provider);
    census_put(out, look->event_id);
    buffer_byte(out, (uint8_t)kind);
    if (kind == LOGON_NONE)
        return;
    census_put(out, look->event_id);
    census_put(out, logon_type(&summary->logon, event));
    census_put(out, look->account);
    census_put(out, look->source);
    census_put(out, look->host);
}

static void *thread_new(void *context)
{
    const struct summary *summary = context;
    struct summary_thread *thread = calloc(1, sizeof(*thread));
    struct finding_maker *maker = finding_maker_new(summary->bench->fields);
    if (!thread || !maker) {
        free(thread);
        finding_maker_free(maker);
        return NULL;
    }
    *thread = (struct summary_thread){summary, maker};
    return thread;
}

static void thread_done(void *context, void *state)
{
    struct summary_thread *thread = state;
    (void)context;
    finding_maker_free(thread->maker);
    free(thread);
}

/* --- In order --- */

static void event_count(struct summary *summary, struct cursor *from)
{
    const struct instant time = census_take_time(from);
    const struct bytes computer = census_take_key(from, 1);
    struct cursor channel = *from;
    const struct bytes event = census_take_key(from, 3);
    census_count(&summary->parts[PART_COMPUTERS], computer, time);
    census_count(&summary->parts[PART_CHANNELS], census_take_key(&channel, 1), time);
    census_count(&summary->parts[PART_EVENTS], event, time);
    const uint8_t kind = census_take_byte(from);
    if (kind != LOGON_NONE) {
        struct census_row *row =
            census_count(&summary->parts[PART_LOGONS], census_take_key(from, 5), time);
        if (row)
            row->failed += kind == LOGON_BAD;
    }
    summary->events++;
    instant_widen(&summary->first, &summary->last, time);
}

static enum status batch_commit(void *context, struct bytes out, struct fault *fault)
{
    struct summary *summary = context;
    struct cursor from = cursor_over(out, 0);
    (void)fault;
    while (cursor_left(&from))
        event_count(summary, &from);
    return STATUS_OK;
}

static enum status item_commit(void *context, const struct pipeline_item *item, struct fault *fault)
{
    struct summary *summary = context;
    (void)fault;
    summary->evidence += item->is_evidence;
    return STATUS_OK;
}

/* --- Telling --- */

#define TEXTS_MAX   5U
#define TOP_DEFAULT 20U

static const struct part_form {
    const char *kind, *heading;
    const char *members[TEXTS_MAX]; /* of a key, in JSON */
    struct sheet_column columns[TEXTS_MAX + 5];
} forms[PART_COUNT] = {
    [PART_COMPUTERS] = {"computer",
                        "Computers",
                        {"name"},
                        {{"events", 12, true},
                         {"first (UTC)", 19, false},
                         {"last", 19, false},
                         {"name", 0, false}}},
    [PART_CHANNELS] = {"channel",
                       "Channels",
                       {"name"},
                       {{"events", 12, true},
                        {"first (UTC)", 19, false},
                        {"last", 19, false},
                        {"name", 0, false}}},
    [PART_EVENTS] = {"event",
                     "Events",
                     {"channel", "provider", "event_id"},
                     {{"events", 12, true},
                      {"first (UTC)", 19, false},
                      {"last", 19, false},
                      {"channel", 32, false},
                      {"provider", 36, false},
                      {"id", 0, false}}},
    [PART_LOGONS] = {"logon",
                     "Logons",
                     {"event_id", "logon_type", "account", "source", "host"},
                     {{"events", 12, true},
                      {"failed", 10, true},
                      {"first (UTC)", 19, false},
                      {"last", 19, false},
                      {"event", 23, false},
                      {"type", 18, false},
                      {"account", 28, false},
                      {"source", 22, false},
                      {"host", 0, false}}},
};

/* A text as people read it: numbers of logons with their words. */
static void wording(enum part part, unsigned index, struct bytes text, struct buffer *to)
{
    const char *words = part != PART_LOGONS ? NULL
                        : index == 0        ? logon_event_words(text)
                        : index == 1        ? logon_type_words(text)
                                            : NULL;
    buffer_bytes(to, text.data, text.length);
    if (words)
        buffer_format(to, " %s", words);
}

static void row_write(struct sheet *sheet, enum part part, struct bytes key,
                      const struct census_row *row)
{
    struct cursor texts = cursor_over(key, 0);
    struct buffer text = {0};
    sheet_number(sheet, row->count);
    if (part == PART_LOGONS)
        sheet_number(sheet, row->failed);
    sheet_time(sheet, row->first);
    sheet_time(sheet, row->last);
    for (unsigned i = 0; i < TEXTS_MAX && forms[part].members[i]; i++) {
        buffer_reset(&text);
        wording(part, i, census_take(&texts), &text);
        sheet_text(sheet, buffer_view(&text));
    }
    sheet->page.out->failed |= text.failed;
    buffer_release(&text);
}

static void time_member(struct buffer *to, const char *name, struct instant time)
{
    char text[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(text, time);
    buffer_json_key(to, name);
    if (length)
        buffer_json(to, bytes_of(text, length));
    else
        buffer_text(to, "null");
}

static void object_write(struct buffer *to, enum part part, struct bytes key,
                         const struct census_row *row)
{
    struct cursor texts = cursor_over(key, 0);
    buffer_format(to, "{\"kind\":\"%s\"", forms[part].kind);
    for (unsigned i = 0; i < TEXTS_MAX && forms[part].members[i]; i++) {
        buffer_json_key(to, forms[part].members[i]);
        buffer_json(to, census_take(&texts));
    }
    buffer_format(to, ",\"events\":%llu", (unsigned long long)row->count);
    if (part == PART_LOGONS)
        buffer_format(to, ",\"failed\":%llu", (unsigned long long)row->failed);
    time_member(to, "first", row->first);
    time_member(to, "last", row->last);
    buffer_text(to, "}\n");
}

static void more_write(struct buffer *to, uint64_t more)
{
    const struct page page = {.out = to, .paint = &paint_plain};
    if (!more)
        return;
    buffer_text(to, "  and ");
    page_number(&page, more, 0);
    buffer_text(to, " more\n");
}

static void part_write(const struct summary *summary, enum part part, bool is_table,
                       struct buffer *to)
{
    const struct census *census = &summary->parts[part];
    const uint32_t top = summary->arguments->top ? summary->arguments->top : TOP_DEFAULT;
    const uint32_t shown = is_table && top < census->keys.count ? top : census->keys.count;
    struct sheet sheet = sheet_for(summary->bench->output, to);
    uint32_t *order = census_order(census);
    to->failed |= !order;
    if (is_table && census->keys.count)
        sheet_begin(&sheet, forms[part].heading, forms[part].columns);
    for (uint32_t i = 0; order && i < shown; i++) {
        if (is_table)
            row_write(&sheet, part, census->keys.keys[order[i]], &census->rows[order[i]]);
        else
            object_write(to, part, census->keys.keys[order[i]], &census->rows[order[i]]);
    }
    more_write(to, census->keys.count - shown);
    free(order);
}

/* What did not fit into the tables. */
static uint64_t left_out(const struct summary *summary)
{
    uint64_t count = 0;
    for (unsigned part = 0; part < PART_COUNT; part++)
        count += summary->parts[part].left_out;
    return count;
}

static void span_write(const struct summary *summary, struct buffer *to)
{
    const struct page page = {.out = to, .paint = &paint_plain};
    page_things(&page, summary->events, "event");
    buffer_text(to, " in ");
    page_things(&page, summary->evidence, "file");
    buffer_text(to, ", ");
    page_time(&page, summary->first, 19);
    buffer_text(to, " to ");
    page_time(&page, summary->last, 19);
    buffer_text(to, " UTC\n");
}

static void span_object(const struct summary *summary, struct buffer *to)
{
    buffer_format(to, "{\"kind\":\"summary\",\"evidence\":%llu,\"events\":%llu",
                  (unsigned long long)summary->evidence, (unsigned long long)summary->events);
    time_member(to, "first", summary->first);
    time_member(to, "last", summary->last);
    buffer_format(to, ",\"left_out\":%llu", (unsigned long long)left_out(summary));
    buffer_json_key(to, "version");
    buffer_json(to, bytes_of_text(version_text()));
    buffer_json_key(to, "command");
    buffer_json(to, bytes_of_text(command_line()));
    buffer_text(to, "}\n");
}

/* --- The run --- */

static enum status summary_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                                 struct fault *fault)
{
    struct summary *summary = context;
    summary->bench = bench;
    summary->logon = logon_fields_of(bench->fields);
    (void)fault;
    work->thread_new = thread_new;
    work->thread_done = thread_done;
    work->event = event_seen;
    work->commit = batch_commit;
    work->item = item_commit;
    return STATUS_OK;
}

static enum status summary_end(void *context, struct workbench *bench, struct fault *fault)
{
    const struct summary *summary = context;
    const bool is_table = output_is_table(bench->output, summary->arguments->format);
    struct buffer text = {0};
    if (left_out(summary))
        console_warn("%llu times something was not counted by name: there are more different ones "
                     "than the %u of each kind that are held",
                     (unsigned long long)left_out(summary), CENSUS_ROWS_MAX);
    if (is_table)
        span_write(summary, &text);
    for (unsigned part = 0; part < PART_COUNT; part++)
        part_write(summary, (enum part)part, is_table, &text);
    if (!is_table)
        span_object(summary, &text);
    const enum status status = output_drain(bench->output, &text, fault);
    buffer_release(&text);
    return status;
}

static int summary_run(void *given)
{
    const struct arguments *arguments = given;
    struct summary summary = {
        .arguments = arguments, .first.seconds = INSTANT_NONE, .last.seconds = INSTANT_NONE};
    const struct workbench_job job = {.what = "summary",
                                      .output = arguments->output,
                                      .context = &summary,
                                      .begin = summary_begin,
                                      .end = summary_end};
    for (unsigned part = 0; part < PART_COUNT; part++)
        census_init(&summary.parts[part]);
    const int result = workbench_run(&arguments->bench, &job);
    for (unsigned part = 0; part < PART_COUNT; part++)
        census_release(&summary.parts[part]);
    return result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option summary_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "table|jsonl",
     "how to write it (default: a table on a terminal, else jsonl)"},
    {"top", 0, "N", OPTION_NUMBER, AT(top), NULL, "rows of each table (default: 20)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group summary_groups[] = {
    {"Evidence", workbench_evidence_options, AT(bench)},
    {"Keys", workbench_key_options, AT(bench)},
    {"Output", summary_options, 0},
    {"Running", workbench_run_options, AT(bench)},
    {0},
};

const struct command command_summary = {
    .name = "summary",
    .arguments = "PATH…",
    .help = "Tell what evidence is about: span, computers, channels, event ids, logons",
    .detail = "Logons are those of the Security log: 4624, 4625, 4768, 4769, 4771 and 4776, by "
              "account, type, source and host, with how many of them failed.",
    .groups = summary_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = summary_run,
};

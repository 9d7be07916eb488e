/* Events in which a value says something. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/event_text.h"
#include "cli/needle.h"
#include "cli/sheet.h"
#include "cli/workbench.h"
#include "findings/findings.h"

#include <stdlib.h>
#include <string.h>

struct arguments {
    struct workbench_options bench;
    struct text_list fields;
    const char *format, *output;
    bool is_regex, is_cased;
};

struct search {
    const struct arguments *arguments;
    const char *text;
    struct workbench *bench;
    struct needle *needle;
    struct event_writer *writer;
    name_id *fields; /* that are looked at; none: all */
    bool is_table;
    uint64_t found, seen, limited;
};

struct search_thread {
    struct search *search;
    struct needle_eye *eye;
    struct finding_maker *maker; /* knows the host */
    uint64_t found, seen;
};

static const struct sheet_column columns[] = {
    {"time (UTC)", 19, false},
    {"host", 20, false},
    {"channel", 20, false},
    {"id", 6, false},
    {"record", 10, true},
    {"found", 0, false},
    {0},
};

/* --- Looking --- */

struct hit {
    unsigned slot, item; /* `item` of a list */
    size_t at;           /* in the text that was looked at */
    size_t length;       /* of that text */
};

static bool is_looked_at(const struct search *search, name_id field)
{
    for (size_t i = 0; i < search->arguments->fields.count; i++)
        if (search->fields[i] == field)
            return true;
    return search->arguments->fields.count == 0;
}

static bool text_find(struct search_thread *thread, struct bytes text, struct hit *hit)
{
    hit->length = text.length;
    return needle_find(thread->eye, text, &hit->at);
}

static bool slot_find(struct search_thread *thread, const struct event *event, struct hit *hit)
{
    const bool is_folded = needle_is_folded(thread->search->needle);
    const struct value *value = &event->values[hit->slot];
    if (value->type != VALUE_LIST)
        return text_find(
            thread, is_folded ? event_folded(event, hit->slot) : event_text(event, hit->slot), hit);
    for (hit->item = 0; hit->item < value->length; hit->item++)
        if (text_find(thread,
                      is_folded ? event_item_folded(event, hit->slot, hit->item)
                                : event_item_text(event, hit->slot, hit->item),
                      hit))
            return true;
    return false;
}

static bool event_find_hit(struct search_thread *thread, const struct event *event, struct hit *hit)
{
    for (hit->slot = 0; hit->slot < event->shape->count; hit->slot++)
        if (is_looked_at(thread->search, event->shape->fields[hit->slot]) &&
            value_is_there(&event->values[hit->slot]) && slot_find(thread, event, hit))
            return true;
    return false;
}

/* --- Telling --- */

#define CONTEXT 32U /* bytes before what was found */

static struct bytes hit_text(const struct event *event, const struct hit *hit)
{
    return event->values[hit->slot].type == VALUE_LIST
               ? event_item_text(event, hit->slot, hit->item)
               : event_text(event, hit->slot);
}

/* `Field: …what stands around it`. Where folding has changed the length, from the start. */
static void found_write(const struct search *search, const struct event *event,
                        const struct hit *hit, struct buffer *to)
{
    const struct bytes text = hit_text(event, hit);
    size_t from = text.length == hit->length && hit->at > 2 * CONTEXT ? hit->at - CONTEXT : 0;
    while (from && from < text.length && (text.data[from] & 0xC0) == 0x80)
        from++;
    const struct bytes name = names_text(search->bench->fields, event->shape->fields[hit->slot]);
    buffer_bytes(to, name.data, name.length);
    buffer_text(to, from ? ": …" : ": ");
    buffer_bytes(to, text.data + from, text.length - from);
}

static void row_write(const struct search_thread *thread, const struct pipeline_view *view,
                      const struct hit *hit, struct buffer *out)
{
    const struct search *search = thread->search;
    const struct event *event = view->event;
    const struct finding *look = finding_maker_look(thread->maker, event, view->evidence);
    struct buffer found = {0};
    struct sheet sheet = sheet_for(search->bench->output, out);
    found_write(search, event, hit, &found);
    sheet_resume(&sheet, columns);
    sheet_time(&sheet, event->time);
    sheet_text(&sheet, look->host);
    sheet_text(&sheet, event_channel(event));
    sheet_text(&sheet, look->event_id);
    sheet_number(&sheet, event->record);
    sheet_text(&sheet, buffer_view(&found));
    out->failed |= found.failed;
    buffer_release(&found);
}

static void event_seen(void *state, const struct pipeline_view *view, struct buffer *out)
{
    struct search_thread *thread = state;
    const struct search *search = thread->search;
    struct hit hit = {0};
    if (!span_holds(&search->bench->span, view->event->time))
        return;
    thread->seen++;
    if (!event_find_hit(thread, view->event, &hit))
        return;
    thread->found++;
    if (search->is_table) {
        row_write(thread, view, &hit, out);
    } else {
        event_write(search->writer, view, READER_TEXT_JSON, out);
        buffer_byte(out, '\n');
    }
}

/* --- The run --- */

static void *thread_new(void *context)
{
    struct search *search = context;
    struct search_thread *thread = calloc(1, sizeof(*thread));
    struct needle_eye *eye = needle_eye_new(search->needle);
    struct finding_maker *maker = finding_maker_new(search->bench->fields);
    if (!thread || !eye || !maker) {
        free(thread);
        needle_eye_free(eye);
        finding_maker_free(maker);
        return NULL;
    }
    *thread = (struct search_thread){.search = search, .eye = eye, .maker = maker};
    return thread;
}

static void thread_done(void *context, void *state)
{
    struct search *search = context;
    struct search_thread *thread = state;
    search->found += thread->found;
    search->seen += thread->seen;
    search->limited += needle_limited(thread->eye);
    needle_eye_free(thread->eye);
    finding_maker_free(thread->maker);
    free(thread);
}

static enum status titles_write(const struct search *search, struct fault *fault)
{
    struct buffer text = {0};
    struct sheet sheet = sheet_for(search->bench->output, &text);
    sheet_begin(&sheet, NULL, columns);
    const enum status status = output_drain(search->bench->output, &text, fault);
    buffer_release(&text);
    return status;
}

static enum status search_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                                struct fault *fault)
{
    struct search *search = context;
    const struct text_list *fields = &search->arguments->fields;
    search->bench = bench;
    search->is_table = output_is_table(bench->output, search->arguments->format);
    search->writer = event_writer_new(bench->fields);
    search->fields = calloc(fields->count + 1, sizeof(*search->fields));
    if (!search->writer || !search->fields)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    for (size_t i = 0; i < fields->count; i++)
        search->fields[i] = names_intern(bench->fields, bytes_of_text(fields->items[i]));
    work->thread_new = thread_new;
    work->thread_done = thread_done;
    work->event = event_seen;
    return search->is_table ? titles_write(search, fault) : STATUS_OK;
}

static enum status search_end(void *context, struct workbench *bench, struct fault *fault)
{
    const struct search *search = context;
    if (search->limited)
        console_warn("values on which the regular expression ran into its limit, which counts as "
                     "not found: %llu",
                     (unsigned long long)search->limited);
    if (!search->is_table)
        return STATUS_OK;
    struct buffer text = {0};
    const struct page page = {.out = &text, .paint = &paint_plain};
    buffer_byte(&text, '\n');
    page_number(&page, search->found, 0);
    buffer_text(&text, " of ");
    page_things(&page, search->seen, "event");
    buffer_byte(&text, '\n');
    const enum status status = output_drain(bench->output, &text, fault);
    buffer_release(&text);
    return status;
}

static void search_release(void *context)
{
    struct search *search = context;
    event_writer_free(search->writer);
    free(search->fields);
}

static int search_run(void *given)
{
    const struct arguments *arguments = given;
    struct workbench_options options = arguments->bench;
    struct search search = {.arguments = arguments};
    struct fault fault = {0};
    if (options.paths.count == 0) {
        console_error("name what to look for, and evidence");
        return EXIT_USAGE;
    }
    search.text = options.paths.items[0];
    options.paths.items++;
    options.paths.count--;
    if (needle_new(bytes_of_text(search.text), arguments->is_regex, arguments->is_cased,
                   &search.needle, &fault) != STATUS_OK) {
        console_error("`%s`: %s", search.text, fault.reason);
        return EXIT_USAGE;
    }
    const struct workbench_job job = {.what = "search",
                                      .output = arguments->output,
                                      .is_streaming = true,
                                      .context = &search,
                                      .begin = search_begin,
                                      .end = search_end,
                                      .release = search_release};
    const int result = workbench_run(&options, &job);
    needle_free(search.needle);
    return result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option search_options[] = {
    {"regex", 'e', NULL, OPTION_FLAG, AT(is_regex), NULL,
     "a regular expression (PCRE), not a word"},
    {"case", 0, NULL, OPTION_FLAG, AT(is_cased), NULL, "upper and lower case differ"},
    {"field", 0, "NAME", OPTION_LIST, AT(fields), NULL,
     "look at this field only (again for more); `impound fields` lists them"},
    {0},
};

static const struct option output_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "table|jsonl",
     "how to write events (default: a table on a terminal, else jsonl)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group search_groups[] = {
    {"Looking", search_options, 0},
    {"Evidence", workbench_evidence_options, AT(bench)},
    {"Keys", workbench_key_options, AT(bench)},
    {"Output", output_options, 0},
    {"Running", workbench_run_options, AT(bench)},
    {0},
};

const struct command command_search = {
    .name = "search",
    .arguments = "WORD|REGEX PATH…",
    .help = "Find events in which any value contains a word or matches a regular expression",
    .detail = "Case does not count unless --case is given. The table shows the first field that "
              "has it; as jsonl the events are written as `impound dump` writes them.",
    .groups = search_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = search_run,
};

/* Which fields the events of each channel and id have. */
#include "cli/census.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/event_text.h"
#include "cli/sheet.h"
#include "cli/workbench.h"
#include "findings/findings.h"

#include <stdlib.h>

struct arguments {
    struct workbench_options bench;
    const char *format, *output;
    bool all;
};

struct listing {
    const struct arguments *arguments;
    struct workbench *bench;
    struct event_writer *writer; /* knows what is of System */
    struct census census;        /* by channel, event id, field */
    struct bytes *examples;      /* by row; the first that came */
    size_t room;
    struct arena texts; /* the examples */
};

struct listing_thread {
    const struct listing *listing;
    struct finding_maker *maker;
    struct keys sent; /* keys whose example this thread has sent */
    struct buffer key;
};

#define EXAMPLE_MAX     200U /* bytes */
#define EXAMPLES_MEMORY ((size_t)24 << 20)
#define SENT_MEMORY     ((size_t)8 << 20)
#define DRAIN_AT        ((size_t)64 << 10)

/* --- On the threads ---
 *
 * What is packed of a field: its key, whether an example follows, the example. A thread works
 * through its batches in their order, so that the first event of all with a key is also the first
 * that its thread meets: it always brings its example. */

static void key_write(struct buffer *to, const struct event *event, const struct finding *look,
                      struct bytes name)
{
    buffer_reset(to);
    census_put(to, event_channel(event));
    census_put(to, look->event_id);
    census_put(to, name);
}

static void example_write(const struct event *event, unsigned slot, struct buffer *out)
{
    const struct value *value = &event->values[slot];
    const bool is_list = value->type == VALUE_LIST;
    const struct bytes text = !is_list        ? event_text(event, slot)
                              : value->length ? event_item_text(event, slot, 0)
                                              : (struct bytes){0};
    census_put(out, bytes_of(text.data, text.length < EXAMPLE_MAX ? text.length : EXAMPLE_MAX));
}

static void event_seen(void *state, const struct pipeline_view *view, struct buffer *out)
{
    struct listing_thread *thread = state;
    const struct listing *listing = thread->listing;
    const struct event *event = view->event;
    if (!span_holds(&listing->bench->span, event->time))
        return;
    const struct finding *look = finding_maker_look(thread->maker, event, view->evidence);
    for (unsigned slot = 0; slot < event->shape->count; slot++) {
        const name_id field = event->shape->fields[slot];
        bool is_new = true;
        if (!value_is_there(&event->values[slot]) ||
            (!listing->arguments->all && event_writer_is_system(listing->writer, field)))
            continue;
        key_write(&thread->key, event, look, names_text(listing->bench->fields, field));
        if (keys_add(&thread->sent, buffer_view(&thread->key), &is_new) == KEYS_NONE)
            is_new = true;
        out->failed |= thread->key.failed;
        buffer_bytes(out, thread->key.data, thread->key.length);
        buffer_byte(out, is_new);
        if (is_new)
            example_write(event, slot, out);
    }
}

static void *thread_new(void *context)
{
    const struct listing *listing = context;
    struct listing_thread *thread = calloc(1, sizeof(*thread));
    struct finding_maker *maker = finding_maker_new(listing->bench->fields);
    if (!thread || !maker) {
        free(thread);
        finding_maker_free(maker);
        return NULL;
    }
    thread->listing = listing;
    thread->maker = maker;
    keys_init(&thread->sent, SENT_MEMORY);
    return thread;
}

static void thread_done(void *context, void *state)
{
    struct listing_thread *thread = state;
    (void)context;
    keys_release(&thread->sent);
    buffer_release(&thread->key);
    finding_maker_free(thread->maker);
    free(thread);
}

/* --- In order --- */

static bool examples_grow(struct listing *listing)
{
    const size_t room = listing->census.room;
    if (room <= listing->room)
        return true;
    struct bytes *examples = realloc(listing->examples, room * sizeof(*examples));
    if (!examples)
        return false;
    listing->examples = examples;
    listing->room = room;
    return true;
}

static enum status field_count(struct listing *listing, struct cursor *from, struct fault *fault)
{
    const struct bytes key = census_take_key(from, 3);
    const struct instant time = {.seconds = INSTANT_NONE};
    const struct census_row *row = census_count(&listing->census, key, time);
    const bool has_example = census_take_byte(from);
    const struct bytes example = has_example ? census_take(from) : (struct bytes){0};
    if (!row || row->count > 1)
        return STATUS_OK;
    if (!examples_grow(listing))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the fields");
    listing->examples[row - listing->census.rows] = arena_keep(&listing->texts, example);
    return STATUS_OK;
}

static enum status batch_commit(void *context, struct bytes out, struct fault *fault)
{
    struct listing *listing = context;
    struct cursor from = cursor_over(out, 0);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && cursor_left(&from))
        status = field_count(listing, &from, fault);
    return status;
}

/* --- Telling --- */

static const struct sheet_column columns[] = {
    {"channel", 36, false}, {"id", 6, false},          {"events", 12, true},
    {"field", 32, false},   {"first value", 0, false}, {0},
};

struct field_key {
    struct bytes channel, id, field;
};

static struct field_key key_read(struct bytes key)
{
    struct cursor from = cursor_over(key, 0);
    const struct bytes channel = census_take(&from), id = census_take(&from);
    return (struct field_key){channel, id, census_take(&from)};
}

/* Ids are numbers: the shorter is the smaller. */
static int by_place(const void *one, const void *other, void *context)
{
    const struct listing *listing = context;
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    const struct field_key key = key_read(listing->census.keys.keys[a]);
    const struct field_key than = key_read(listing->census.keys.keys[b]);
    int order = bytes_compare(key.channel, than.channel);
    if (!order)
        order = (key.id.length > than.id.length) - (key.id.length < than.id.length);
    if (!order)
        order = bytes_compare(key.id, than.id);
    return order ? order : (a > b) - (a < b);
}

static void row_write(struct sheet *sheet, const struct field_key *key, uint64_t count,
                      struct bytes example)
{
    sheet_text(sheet, key->channel);
    sheet_text(sheet, key->id);
    sheet_number(sheet, count);
    sheet_text(sheet, key->field);
    sheet_text(sheet, example);
}

static void object_write(struct buffer *to, const struct field_key *key, uint64_t count,
                         struct bytes example)
{
    buffer_text(to, "{\"kind\":\"field\",\"channel\":");
    buffer_json(to, key->channel);
    buffer_json_key(to, "event_id");
    buffer_json(to, key->id);
    buffer_json_key(to, "field");
    buffer_json(to, key->field);
    buffer_format(to, ",\"events\":%llu", (unsigned long long)count);
    buffer_json_key(to, "example");
    buffer_json(to, example);
    buffer_text(to, "}\n");
}

static enum status rows_write(const struct listing *listing, const uint32_t *order,
                              struct fault *fault)
{
    struct output *output = listing->bench->output;
    const struct census *census = &listing->census;
    struct buffer text = {0};
    struct sheet sheet = sheet_for(output, &text);
    const bool is_table = output_is_table(output, listing->arguments->format);
    enum status status = STATUS_OK;
    if (is_table)
        sheet_begin(&sheet, NULL, columns);
    for (uint32_t i = 0; status == STATUS_OK && i < census->keys.count; i++) {
        const struct field_key key = key_read(census->keys.keys[order[i]]);
        const uint64_t count = census->rows[order[i]].count;
        if (is_table)
            row_write(&sheet, &key, count, listing->examples[order[i]]);
        else
            object_write(&text, &key, count, listing->examples[order[i]]);
        if (text.length > DRAIN_AT)
            status = output_drain(output, &text, fault);
    }
    if (status == STATUS_OK)
        status = output_drain(output, &text, fault);
    buffer_release(&text);
    return status;
}

/* --- The run --- */

static enum status listing_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                                 struct fault *fault)
{
    struct listing *listing = context;
    listing->bench = bench;
    listing->writer = event_writer_new(bench->fields);
    work->thread_new = thread_new;
    work->thread_done = thread_done;
    work->event = event_seen;
    work->commit = batch_commit;
    return listing->writer ? STATUS_OK : fault_set(fault, STATUS_MEMORY, 0, "no memory");
}

static enum status listing_end(void *context, struct workbench *bench, struct fault *fault)
{
    struct listing *listing = context;
    uint32_t *order = census_order(&listing->census);
    (void)bench;
    if (listing->census.left_out)
        console_warn("fields were left out %llu times: there are more different ones than the %u "
                     "that are held",
                     (unsigned long long)listing->census.left_out, CENSUS_ROWS_MAX);
    if (order)
        qsort_r(order, listing->census.keys.count, sizeof(*order), by_place, listing);
    const enum status status =
        order ? rows_write(listing, order, fault) : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    free(order);
    return status;
}

static void listing_release(void *context)
{
    struct listing *listing = context;
    event_writer_free(listing->writer);
    census_release(&listing->census);
    arena_release(&listing->texts);
    free(listing->examples);
}

static int fields_run(void *given)
{
    const struct arguments *arguments = given;
    struct listing listing = {.arguments = arguments};
    const struct workbench_job job = {.what = "fields",
                                      .output = arguments->output,
                                      .context = &listing,
                                      .begin = listing_begin,
                                      .end = listing_end,
                                      .release = listing_release};
    census_init(&listing.census);
    arena_init(&listing.texts, EXAMPLES_MEMORY);
    return workbench_run(&arguments->bench, &job);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option fields_options[] = {
    {"all", 'a', NULL, OPTION_FLAG, AT(all), NULL, "fields of the System element too"},
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "table|jsonl",
     "how to write them (default: a table on a terminal, else jsonl)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group fields_groups[] = {
    {"Evidence", workbench_evidence_options, AT(bench)},
    {"Keys", workbench_key_options, AT(bench)},
    {"Output", fields_options, 0},
    {"Running", workbench_run_options, AT(bench)},
    {0},
};

const struct command command_fields = {
    .name = "fields",
    .arguments = "PATH…",
    .help = "List the fields that events of each channel and id have, with their first value",
    .detail = "These are the names that rules, --field and --profile use.",
    .groups = fields_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = fields_run,
};

#include "scan/scan.h"

#include "scan/twins.h"

#include <assert.h>
#include <stdlib.h>

#define MEMORY_DEFAULT ((size_t)24 << 20)

/* What a thread appends to its batch's output: a kind, a length, a packed finding, hit or
 * fact. */
enum frame_kind {
    FRAME_FINDING = 'F',
    FRAME_HIT = 'H',
    FRAME_FACT = 'C', /* for cases */
};

#define FRAME_HEADER 5

struct scan {
    struct scan_options options;
    uint32_t rule_count;
    struct correlator *correlator; /* NULL: no correlations */
    const struct rule_info **infos;
    bool *is_shown;  /* per rule: its own findings are given */
    bool *is_needed; /* per rule: a correlation wants its hits */
    struct sorter *findings, *hits;
    struct twins *twins;  /* hits that came already */
    struct matcher *seen; /* all threads' matchers joined, for what was blind */
    scan_item *item;
    void *item_context;
    scan_sink *sink;
    void *sink_context;
};

struct scan_thread {
    struct scan *scan;
    struct matcher *matcher;
    struct finding_maker *maker;
    struct fact_maker *facts; /* NULL: no cases */
    struct arena texts;       /* of one hit's values */
    struct buffer rendered;
    uint32_t *shown; /* rules, of one event */
};

static bool rules_classify(struct scan *scan)
{
    const struct ruleset *ruleset = scan->options.ruleset;
    bool has_correlation = false;
    for (uint32_t rule = 0; rule < scan->rule_count; rule++) {
        scan->infos[rule] = ruleset_info(ruleset, rule);
        scan->is_shown[rule] =
            scan->options.is_wanted ? scan->options.is_wanted[rule] : !scan->infos[rule]->is_silent;
        has_correlation |= scan->infos[rule]->is_correlation;
    }
    return has_correlation;
}

static enum status correlations_begin(struct scan *scan, struct fault *fault)
{
    const enum status status =
        correlator_new(scan->infos, scan->rule_count, NULL, &scan->correlator, fault);
    if (status)
        return status;
    for (uint32_t rule = 0; rule < scan->rule_count; rule++) {
        const char *const *fields;
        uint32_t count;
        scan->is_needed[rule] = !scan->infos[rule]->is_correlation &&
                                correlator_needs(scan->correlator, rule, &fields, &count);
    }
    return STATUS_OK;
}

enum status scan_new(const struct scan_options *options, struct scan **made, struct fault *fault)
{
    struct scan *scan = calloc(1, sizeof(*scan));
    if (!scan)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the scan");
    scan->options = *options;
    scan->rule_count = ruleset_count(options->ruleset);
    const size_t memory = options->memory ? options->memory : MEMORY_DEFAULT;
    scan->infos = calloc(scan->rule_count + 1, sizeof(struct rule_info *));
    scan->is_shown = calloc(scan->rule_count + 1, sizeof(bool));
    scan->is_needed = calloc(scan->rule_count + 1, sizeof(bool));
    scan->findings = sorter_new(memory, options->directory);
    scan->hits = sorter_new(memory, options->directory);
    scan->twins = twins_new();
    scan->seen = matcher_new(options->ruleset);
    enum status status = STATUS_OK;
    if (!scan->infos || !scan->is_shown || !scan->is_needed || !scan->findings || !scan->hits ||
        !scan->twins || !scan->seen)
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory for the scan");
    else if (rules_classify(scan))
        status = correlations_begin(scan, fault);
    if (status) {
        scan_free(scan);
        return status;
    }
    *made = scan;
    return STATUS_OK;
}

void scan_free(struct scan *scan)
{
    if (!scan)
        return;
    correlator_free(scan->correlator);
    sorter_free(scan->findings);
    sorter_free(scan->hits);
    twins_free(scan->twins);
    matcher_free(scan->seen);
    free(scan->infos);
    free(scan->is_shown);
    free(scan->is_needed);
    free(scan);
}

/* --- On the threads --- */

#define HIT_MEMORY_MAX (8U << 20)

static void thread_free(struct scan_thread *thread)
{
    matcher_free(thread->matcher);
    finding_maker_free(thread->maker);
    fact_maker_free(thread->facts);
    arena_release(&thread->texts);
    buffer_release(&thread->rendered);
    free(thread->shown);
    free(thread);
}

static void *thread_new(void *context)
{
    struct scan *scan = context;
    struct scan_thread *thread = calloc(1, sizeof(*thread));
    if (!thread)
        return NULL;
    thread->scan = scan;
    arena_init(&thread->texts, HIT_MEMORY_MAX);
    thread->matcher = matcher_new(scan->options.ruleset);
    thread->maker = finding_maker_new(scan->options.fields);
    thread->shown = calloc(scan->rule_count + 1, sizeof(*thread->shown));
    if (scan->options.cases)
        thread->facts = fact_maker_new(scan->options.fields);
    if (!thread->matcher || !thread->maker || !thread->shown ||
        (scan->options.cases && !thread->facts)) {
        thread_free(thread);
        return NULL;
    }
    return thread;
}

static void thread_done(void *context, void *state)
{
    struct scan *scan = context;
    struct scan_thread *thread = state;
    matcher_join(scan->seen, thread->matcher);
    thread_free(thread);
}

static bool is_in_span(const struct scan_options *options, struct instant time)
{
    return (!instant_is_known(options->from) || instant_compare(time, options->from) >= 0) &&
           (!instant_is_known(options->to) || instant_compare(time, options->to) <= 0);
}

/* Leaves room for the header; frame_end fills it in. */
static size_t frame_begin(struct buffer *out, enum frame_kind kind)
{
    const size_t start = out->length;
    buffer_byte(out, (uint8_t)kind);
    buffer_bytes(out, "\0\0\0\0", 4);
    return start;
}

static void frame_end(struct buffer *out, size_t start)
{
    const uint32_t length = (uint32_t)(out->length - start - FRAME_HEADER);
    if (!out->failed)
        memcpy(out->data + start + 1, &length, sizeof(length));
}

/* The text of a value that a correlation needs; NULL data when the event has none. */
static struct bytes needed_text(struct scan_thread *thread, const struct value *value)
{
    if (!value || value->type == VALUE_ABSENT || value->type == VALUE_NULL)
        return (struct bytes){0};
    buffer_reset(&thread->rendered);
    value_append(&thread->rendered, value);
    return arena_keep(&thread->texts, buffer_view(&thread->rendered));
}

static void hit_write(struct scan_thread *thread, const struct event *event,
                      const struct finding *look, uint32_t rule, struct buffer *out)
{
    const char *const *fields;
    struct correlate_hit hit = {.time = look->time,
                                .record = look->record,
                                .offset = look->offset,
                                .evidence = look->evidence,
                                .rule = rule,
                                .flow = look->flow,
                                .host = look->host,
                                .account = look->account,
                                .source = look->source};
    arena_reset(&thread->texts);
    correlator_needs(thread->scan->correlator, rule, &fields, &hit.value_count);
    for (uint32_t i = 0; i < hit.value_count; i++)
        hit.values[i] = needed_text(
            thread, matcher_field(thread->matcher, event, rule, bytes_of_text(fields[i])));
    const size_t start = frame_begin(out, FRAME_HIT);
    correlate_hit_write(out, &hit);
    frame_end(out, start);
}

static void fact_frame(struct scan_thread *thread, const struct event *event, struct buffer *out)
{
    const size_t start = frame_begin(out, FRAME_FACT);
    if (fact_maker_write(thread->facts, event, out))
        frame_end(out, start);
    else
        out->length = start;
}

static void event_seen(void *state, const struct pipeline_view *view, struct buffer *out)
{
    struct scan_thread *thread = state;
    struct scan *scan = thread->scan;
    const struct event *event = view->event;
    if (!is_in_span(&scan->options, event->time))
        return;
    if (thread->facts)
        fact_frame(thread, event, out);
    const uint32_t *fired;
    const uint32_t count = matcher_run(thread->matcher, event, &fired);
    if (LIKELY(count == 0))
        return;
    const struct finding *look = NULL;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t rule = fired[i];
        if (scan->options.is_off && scan->options.is_off[rule])
            continue;
        if (!look)
            look = finding_maker_look(thread->maker, event, view->evidence);
        if (scan->is_needed[rule])
            hit_write(thread, event, look, rule, out);
        if (scan->is_shown[rule])
            thread->shown[shown++] = rule;
    }
    if (!shown)
        return;
    const size_t start = frame_begin(out, FRAME_FINDING);
    finding_maker_write(thread->maker, event, thread->shown, shown, out);
    frame_end(out, start);
}

/* --- In order --- */

static enum status frame_commit(const struct scan *scan, uint8_t kind, struct bytes packed,
                                struct fault *fault)
{
    if (kind == FRAME_FACT)
        return cases_fact(scan->options.cases, packed, fault);
    return sorter_add(kind == FRAME_HIT ? scan->hits : scan->findings, packed, fault);
}

static enum status batch_commit(void *context, struct bytes out, struct fault *fault)
{
    const struct scan *scan = context;
    size_t at = 0;
    while (at < out.length) {
        uint32_t length;
        memcpy(&length, out.data + at + 1, sizeof(length));
        const enum status status =
            frame_commit(scan, out.data[at], bytes_of(out.data + at + FRAME_HEADER, length), fault);
        if (status)
            return status;
        at += FRAME_HEADER + length;
    }
    return STATUS_OK;
}

static enum status item_commit(void *context, const struct pipeline_item *item, struct fault *fault)
{
    const struct scan *scan = context;
    return scan->item(scan->item_context, item, fault);
}

struct pipeline_work scan_work(struct scan *scan, scan_item *item, void *context)
{
    scan->item = item;
    scan->item_context = context;
    return (struct pipeline_work){.context = scan,
                                  .thread_new = thread_new,
                                  .thread_done = thread_done,
                                  .event = event_seen,
                                  .commit = batch_commit,
                                  .item = item_commit};
}

static enum status correlation_found(void *context, const struct correlate_finding *found,
                                     struct fault *fault)
{
    struct scan *scan = context;
    if (!scan->is_shown[found->correlation])
        return STATUS_OK;
    struct buffer packed = {0};
    finding_write_correlation(found, scan->infos[found->correlation], &packed);
    const enum status status = packed.failed
                                   ? fault_set(fault, STATUS_MEMORY, 0, "no memory for a finding")
                                   : sorter_add(scan->findings, buffer_view(&packed), fault);
    buffer_release(&packed);
    return status;
}

static enum status hit_feed(void *context, struct bytes packed, struct fault *fault)
{
    struct scan *scan = context;
    struct correlate_hit hit;
    const enum status status = correlate_hit_read(packed, &hit, fault);
    if (status || twins_knows(scan->twins, &hit))
        return status;
    return correlator_feed(scan->correlator, &hit, correlation_found, scan, fault);
}

static enum status finding_give(void *context, struct bytes packed, struct fault *fault)
{
    struct scan *scan = context;
    struct finding finding;
    enum status status = finding_read(packed, &finding, fault);
    for (uint32_t i = 0; status == STATUS_OK && i < finding.rule_count; i++)
        status = scan->sink(scan->sink_context, &finding, finding_rule_at(&finding, i), fault);
    return status;
}

enum status scan_finish(struct scan *scan, scan_sink *sink, void *context, struct fault *fault)
{
    scan->sink = sink;
    scan->sink_context = context;
    enum status status = STATUS_OK;
    if (scan->correlator) {
        status = sorter_merge(scan->hits, hit_feed, scan, fault);
        if (status == STATUS_OK)
            status = correlator_finish(scan->correlator, correlation_found, scan, fault);
    }
    return status ? status : sorter_merge(scan->findings, finding_give, scan, fault);
}

struct matcher_counts scan_counts(const struct scan *scan)
{
    return matcher_counts(scan->seen);
}

struct blind scan_blind(const struct scan *scan, uint32_t rule)
{
    return matcher_blind(scan->seen, rule);
}

struct correlate_statistics scan_statistics(const struct scan *scan)
{
    return scan->correlator ? correlator_statistics(scan->correlator)
                            : (struct correlate_statistics){0};
}

uint32_t scan_refusal_count(const struct scan *scan)
{
    return scan->correlator ? correlator_refusal_count(scan->correlator) : 0;
}

const char *scan_refusal(const struct scan *scan, uint32_t index, uint32_t *rule)
{
    return correlator_refusal(scan->correlator, index, rule);
}

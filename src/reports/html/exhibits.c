#include "reports/html/html.h"

#include <stdlib.h>

#define BYTES_MAX  ((size_t)24 << 20) /* of all that is kept */
#define COUNT_MAX  ((size_t)1 << 16)
#define VALUE_MAX  1000 /* bytes that are shown of a value */
#define FIELDS_MAX 60
#define EVENTS_MAX 20U

struct exhibit {
    char id[33];
    bool is_cited;
    const char *title;
    size_t start, length; /* in `text` */
};

struct exhibits {
    struct buffer text;
    struct exhibit *items;  /* oldest first */
    struct exhibit **by_id; /* NULL: not sorted yet */
    size_t count, room;
    uint64_t left_out;
    struct buffer value;
};

struct exhibits *exhibits_new(void)
{
    return calloc(1, sizeof(struct exhibits));
}

void exhibits_free(struct exhibits *exhibits)
{
    if (!exhibits)
        return;
    buffer_release(&exhibits->text);
    buffer_release(&exhibits->value);
    free(exhibits->items);
    free(exhibits->by_id);
    free(exhibits);
}

static struct exhibit *room_for_one(struct exhibits *exhibits)
{
    if (exhibits->count == COUNT_MAX || exhibits->text.length > BYTES_MAX)
        return NULL;
    if (exhibits->count == exhibits->room) {
        const size_t room = exhibits->room * 2 + 64;
        struct exhibit *items = reallocarray(exhibits->items, room, sizeof(*items));
        if (!items)
            return NULL;
        exhibits->items = items;
        exhibits->room = room;
    }
    return &exhibits->items[exhibits->count];
}

static void member(struct buffer *to, const char *name, struct bytes value)
{
    if (!value.length)
        return;
    buffer_format(to, "<dt>%s</dt><dd>", name);
    html_isolated(to, value, VALUE_MAX);
    buffer_text(to, "</dd>");
}

/* Where in the evidence. */
static void place_write(struct buffer *to, const struct report *report,
                        const struct finding_event *at)
{
    const bool is_packet = flow_is_known(&at->flow);
    buffer_text(to, "<dt>evidence</dt><dd>");
    html_isolated(to, bytes_of_text(report_path(report, at->evidence)), 0);
    buffer_format(to, ", %s %llu, byte %llu", is_packet ? "packet" : "record",
                  (unsigned long long)at->record, (unsigned long long)at->offset);
    if (is_packet) {
        char flow[FLOW_TEXT_BOUND];
        flow_write(flow, &at->flow);
        buffer_text(to, ", flow ");
        html_isolated(to, bytes_of_text(flow), 0);
    }
    buffer_text(to, "</dd>");
}

static void places_write(struct buffer *to, const struct report *report,
                         const struct finding *finding)
{
    if (!finding->is_correlation)
        place_write(to, report,
                    &(struct finding_event){.record = finding->record,
                                            .offset = finding->offset,
                                            .evidence = finding->evidence,
                                            .flow = finding->flow});
    for (uint32_t i = 0; i < finding->event_count && i < EVENTS_MAX; i++) {
        const struct finding_event event = finding_event_at(finding, i);
        place_write(to, report, &event);
    }
    if (finding->event_count > EVENTS_MAX)
        buffer_format(to, "<dt>evidence</dt><dd>and %u events more</dd>",
                      finding->event_count - EVENTS_MAX);
}

static void fields_write(struct buffer *to, struct buffer *value, struct bytes fields)
{
    struct finding_field field;
    for (unsigned i = 0; i < FIELDS_MAX && finding_field_next(&fields, &field); i++) {
        buffer_reset(value);
        finding_field_name(value, field.name);
        buffer_text(to, "<dt><code>");
        html_isolated(to, buffer_view(value), VALUE_MAX);
        buffer_text(to, "</code></dt><dd><code>");
        buffer_reset(value);
        finding_field_value(value, field.value);
        html_isolated(to, buffer_view(value), VALUE_MAX);
        buffer_text(to, "</code></dd>");
    }
}

static void render(struct exhibits *exhibits, const struct report *report,
                   const struct finding *finding, const struct rule_info *info, const char *id)
{
    struct buffer *to = &exhibits->text;
    buffer_format(to, "<article id=\"f-%s\" tabindex=\"-1\"><h3>", id);
    html_text(to, bytes_of_text(info->title));
    buffer_format(to, "</h3>\n<dl><dt>level</dt><dd><span class=\"level %s\">%s</span></dd>",
                  sigma_level_name(info->level), sigma_level_name(info->level));
    buffer_text(to, "<dt>time (UTC)</dt><dd>");
    html_time(to, finding->time);
    buffer_text(to, "</dd>");
    member(to, "host", finding->host);
    member(to, "account", finding->account);
    member(to, "source", finding->source);
    member(to, "channel", finding->channel);
    member(to, "event", finding->event_id);
    places_write(to, report, finding);
    member(to, "rule", bytes_of_text(info->id));
    member(to, "rule file", bytes_of_text(info->path));
    buffer_text(to, "</dl>\n<dl class=\"fields\">");
    fields_write(to, &exhibits->value, finding->fields);
    buffer_text(to, "</dl></article>\n");
}

void exhibits_add(struct exhibits *exhibits, const struct report *report,
                  const struct finding *finding, const struct rule_info *info)
{
    struct exhibit *exhibit = room_for_one(exhibits);
    if (!exhibit) {
        exhibits->left_out++;
        return;
    }
    *exhibit = (struct exhibit){.title = info->title, .start = exhibits->text.length};
    finding_id(finding, info, exhibit->id);
    render(exhibits, report, finding, info, exhibit->id);
    exhibit->length = exhibits->text.length - exhibit->start;
    exhibits->count++;
}

static int by_id(const void *one, const void *other)
{
    return strcmp((*(struct exhibit *const *)one)->id, (*(struct exhibit *const *)other)->id);
}

static bool sort_by_id(struct exhibits *exhibits)
{
    exhibits->by_id = calloc(exhibits->count + 1, sizeof(struct exhibit *));
    if (!exhibits->by_id)
        return false;
    for (size_t i = 0; i < exhibits->count; i++)
        exhibits->by_id[i] = &exhibits->items[i];
    qsort(exhibits->by_id, exhibits->count, sizeof(struct exhibit *), by_id);
    return true;
}

const char *exhibits_cite(struct exhibits *exhibits, const char id[33])
{
    if (!exhibits->by_id && !sort_by_id(exhibits))
        return NULL;
    struct exhibit key = {0}, *const sought = &key;
    memcpy(key.id, id, sizeof(key.id));
    struct exhibit *const *found =
        bsearch(&sought, exhibits->by_id, exhibits->count, sizeof(struct exhibit *), by_id);
    if (!found)
        return NULL;
    (*found)->is_cited = true;
    return (*found)->title;
}

void exhibits_write(const struct exhibits *exhibits, struct buffer *to)
{
    size_t shown = 0;
    for (size_t i = 0; i < exhibits->count; i++) {
        const struct exhibit *exhibit = &exhibits->items[i];
        if (!exhibit->is_cited || exhibits->text.failed)
            continue;
        buffer_bytes(to, exhibits->text.data + exhibit->start, exhibit->length);
        shown++;
    }
    buffer_format(to, "<p>%zu findings are cited by cases and shown here.", shown);
    if (exhibits->left_out)
        buffer_format(to,
                      " %llu more that speak of tools came when there was no room left; they stand "
                      "in the JSONL.",
                      (unsigned long long)exhibits->left_out);
    buffer_text(to, "</p>\n");
    to->failed |= exhibits->text.failed || exhibits->value.failed;
}

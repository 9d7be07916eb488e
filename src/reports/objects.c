#include "reports/objects.h"

#include "reports/tags.h"

#include <stdlib.h>

/* `null` for NULL. */
static void text_member(struct buffer *to, const char *name, const char *text)
{
    buffer_json_key(to, name);
    if (text)
        buffer_json(to, bytes_of_text(text));
    else
        buffer_text(to, "null");
}

static void bytes_member(struct buffer *to, const char *name, struct bytes text)
{
    buffer_json_key(to, name);
    buffer_json(to, text);
}

static void number_member(struct buffer *to, const char *name, uint64_t number)
{
    buffer_json_key(to, name);
    buffer_number(to, number);
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

/* --- evidence --- */

static void hash_members(struct buffer *to, const struct report_evidence *evidence)
{
    const bool is_sha256 = evidence->hash_name && strcmp(evidence->hash_name, "sha256") == 0;
    text_member(to, "sha256", is_sha256 ? evidence->hash : NULL);
    if (evidence->hash_name && !is_sha256)
        text_member(to, evidence->hash_name, evidence->hash);
}

static void notes_member(struct buffer *to, const struct account *account)
{
    buffer_json_key(to, "notes");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < account->note_count; i++) {
        if (i)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of_text(account_note_at(account, i)));
    }
    if (account->notes_left_out)
        buffer_format(to, ",\"and %u more\"", account->notes_left_out);
    buffer_byte(to, ']');
}

void object_evidence(struct buffer *to, const struct report_evidence *evidence)
{
    const struct account *account = evidence->account;
    buffer_text(to, "{\"kind\":\"evidence\"");
    text_member(to, "path", evidence->path);
    text_member(to, "type", evidence->type);
    number_member(to, "bytes", evidence->bytes);
    hash_members(to, evidence);
    buffer_format(to,
                  ",\"records\":{\"read\":%llu,\"carved\":%llu,\"damaged\":%llu,\"missing\":%llu}",
                  (unsigned long long)account->read, (unsigned long long)account->carved,
                  (unsigned long long)account->damaged, (unsigned long long)account->missing);
    time_member(to, "first", account->first);
    time_member(to, "last", account->last);
    buffer_json_key(to, "complete");
    buffer_text(to, account->is_incomplete ? "false" : "true");
    notes_member(to, account);
    buffer_byte(to, '}');
}

/* --- finding --- */

static void rule_member(struct buffer *to, const struct rule_info *info)
{
    buffer_text(to, ",\"rule\":{\"id\":");
    buffer_json(to, bytes_of_text(info->id));
    text_member(to, "title", info->title);
    text_member(to, "author", info->author);
    text_member(to, "path", info->path);
    buffer_byte(to, '}');
}

static void attack_member(struct buffer *to, const struct rule_info *info)
{
    const char *separator = "";
    buffer_json_key(to, "attack");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < info->tag_count; i++) {
        char text[TAG_TEXT_BOUND];
        if (tag_text(info->tags[i], text) != TAG_MITRE || text[0] != 'T')
            continue;
        buffer_text(to, separator);
        buffer_json(to, bytes_of_text(text));
        separator = ",";
    }
    buffer_byte(to, ']');
}

static void names_member(struct buffer *to, const char *name, const char *const *names,
                         uint32_t count)
{
    buffer_json_key(to, name);
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of_text(names[i]));
    }
    buffer_byte(to, ']');
}

/* A tool is a conclusion only when the rule may stand alone. */
static void tool_members(struct buffer *to, const struct rule_info *info)
{
    const bool is_conclusion = rule_concludes(info);
    names_member(to, "tool", info->tools, is_conclusion ? info->tool_count : 0);
    names_member(to, "alternatives", info->tools, is_conclusion ? 0 : info->tool_count);
}

static void rule_members(struct buffer *to, const struct rule_info *info)
{
    text_member(to, "level", sigma_level_name(info->level));
    rule_member(to, info);
    attack_member(to, info);
    tool_members(to, info);
}

/* Where the members of a rule are kept; NULL without memory. */
static struct bytes *rule_text(struct rule_texts *known, uint32_t number)
{
    if (number >= known->count) {
        const size_t count = (size_t)number * 2 + 64;
        struct bytes *texts = reallocarray(known->texts, count, sizeof(*texts));
        if (!texts)
            return NULL;
        memset(texts + known->count, 0, (count - known->count) * sizeof(*texts));
        known->texts = texts;
        known->count = (uint32_t)count;
    }
    return &known->texts[number];
}

/* Without memory to keep them, they are rendered each time. */
static void known_rule_members(struct buffer *to, struct rule_texts *known,
                               const struct rule_info *info)
{
    struct bytes *text = rule_text(known, info->number);
    if (text && text->length) {
        buffer_bytes(to, text->data, text->length);
        return;
    }
    const size_t start = to->length;
    rule_members(to, info);
    if (text && !to->failed)
        *text = arena_keep(&known->arena, bytes_of(to->data + start, to->length - start));
}

/* A packet of a flow, or a record of anything else; not yet ended. */
static void origin_open(struct buffer *to, const struct report *report,
                        const struct finding_event *at)
{
    const bool is_packet = flow_is_known(&at->flow);
    buffer_text(to, "{\"path\":");
    buffer_json(to, bytes_of_text(report_path(report, at->evidence)));
    number_member(to, is_packet ? "packet" : "record", at->record);
    number_member(to, "offset", at->offset);
    if (!is_packet)
        return;
    char flow[FLOW_TEXT_BOUND];
    flow_write(flow, &at->flow);
    text_member(to, "flow", flow);
}

static void own_origin(struct buffer *to, const struct report *report,
                       const struct finding *finding)
{
    origin_open(to, report,
                &(struct finding_event){.record = finding->record,
                                        .offset = finding->offset,
                                        .evidence = finding->evidence,
                                        .flow = finding->flow});
    if (finding->is_carved)
        buffer_text(to, ",\"carved\":true");
    buffer_byte(to, '}');
}

/* Appends what stands in the buffer from `start` to `end` once more. */
static void append_again(struct buffer *to, size_t start, size_t end)
{
    if (buffer_room(to, end - start))
        buffer_bytes(to, to->data + start, end - start);
}

/* Its own origin, which is the only event of most findings, and the events. */
static void origin_members(struct buffer *to, const struct report *report,
                           const struct finding *finding)
{
    buffer_json_key(to, "origin");
    const size_t start = to->length;
    own_origin(to, report, finding);
    const size_t end = to->length;
    buffer_json_key(to, "events");
    buffer_byte(to, '[');
    if (!finding->is_correlation)
        append_again(to, start, end);
    for (uint32_t i = 0; i < finding->event_count; i++) {
        const struct finding_event event = finding_event_at(finding, i);
        if (i)
            buffer_byte(to, ',');
        origin_open(to, report, &event);
        buffer_byte(to, '}');
    }
    buffer_byte(to, ']');
}

void object_finding(struct buffer *to, struct report *report, const struct finding *finding,
                    const struct rule_info *info)
{
    char id[33];
    finding_id(finding, info, id);
    buffer_text(to, "{\"kind\":\"finding\"");
    text_member(to, "id", id);
    time_member(to, "time", finding->time);
    known_rule_members(to, &report->rule_texts, info);
    bytes_member(to, "host", finding->host);
    bytes_member(to, "account", finding->account);
    bytes_member(to, "source", finding->source);
    bytes_member(to, "channel", finding->channel);
    bytes_member(to, "provider", finding->provider);
    bytes_member(to, "event_id", finding->event_id);
    origin_members(to, report, finding);
    buffer_json_key(to, "fields");
    buffer_bytes(to, finding->fields.data, finding->fields.length);
    buffer_byte(to, '}');
}

/* --- summary --- */

static void refused_member(struct buffer *to, const struct report_summary *summary)
{
    buffer_json_key(to, "refused");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < summary->refused_count; i++) {
        const struct sigma_refusal *refusal = &summary->refused[i];
        buffer_text(to, i ? ",{\"path\":" : "{\"path\":");
        buffer_json(to, bytes_of_text(refusal->path));
        number_member(to, "line", refusal->line);
        text_member(to, "reason", refusal->reason);
        buffer_byte(to, '}');
    }
    buffer_byte(to, ']');
}

static void blind_member(struct buffer *to, const struct report_summary *summary)
{
    buffer_json_key(to, "blind");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < summary->blind_count; i++) {
        const struct report_blind *blind = &summary->blind[i];
        buffer_text(to, i ? ",{\"id\":" : "{\"id\":");
        buffer_json(to, bytes_of_text(blind->id));
        text_member(to, "title", blind->title);
        text_member(to, "reason", blind->reason);
        text_member(to, "field", blind->field);
        text_member(to, "audit", blind->audit);
        buffer_byte(to, '}');
    }
    buffer_byte(to, ']');
}

void object_summary(struct buffer *to, const struct report *report,
                    const struct report_summary *summary)
{
    buffer_text(to, "{\"kind\":\"summary\"");
    number_member(to, "evidence", report->options->evidence_count);
    number_member(to, "events", summary->events);
    number_member(to, "findings", report->count);
    number_member(to, "cases", report->case_count);
    number_member(to, "suppressed", summary->suppressed);
    names_member(to, "notes", summary->notes, summary->note_count);
    buffer_format(to, ",\"rules\":{\"loaded\":%u", summary->rules_loaded);
    refused_member(to, summary);
    blind_member(to, summary);
    text_member(to, "hash", summary->rules_hash);
    buffer_byte(to, '}');
    text_member(to, "version", summary->version);
    text_member(to, "command", summary->command);
    text_member(to, "sandbox", summary->sandbox);
    buffer_format(to, ",\"seconds\":%.3f}", summary->seconds);
}

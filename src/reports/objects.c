#include "reports/objects.h"

#include "reports/members.h"
#include "reports/tags.h"

#include <stdlib.h>

/* --- evidence --- */

static void hash_members(struct buffer *to, const struct report_evidence *evidence)
{
    const bool is_sha256 = evidence->hash_name && strcmp(evidence->hash_name, "sha256") == 0;
    member_string(to, "sha256", is_sha256 ? evidence->hash : NULL);
    if (evidence->hash_name && !is_sha256)
        member_string(to, evidence->hash_name, evidence->hash);
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
    member_string(to, "path", evidence->path);
    member_string(to, "type", evidence->type);
    member_number(to, "bytes", evidence->bytes);
    hash_members(to, evidence);
    buffer_format(to,
                  ",\"records\":{\"read\":%llu,\"carved\":%llu,\"damaged\":%llu,\"missing\":%llu}",
                  (unsigned long long)account->read, (unsigned long long)account->carved,
                  (unsigned long long)account->damaged, (unsigned long long)account->missing);
    member_time(to, "first", account->first);
    member_time(to, "last", account->last);
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
    member_string(to, "title", info->title);
    member_string(to, "author", info->author);
    member_string(to, "path", info->path);
    buffer_byte(to, '}');
}

/* A tool is a conclusion only when the rule may stand alone. */
static void tool_members(struct buffer *to, const struct rule_info *info)
{
    const bool is_conclusion = rule_concludes(info);
    member_names(to, "tool", info->tools, is_conclusion ? info->tool_count : 0);
    member_names(to, "alternatives", info->tools, is_conclusion ? 0 : info->tool_count);
}

static void rule_members(struct buffer *to, const struct rule_info *info)
{
    member_string(to, "level", sigma_level_name(info->level));
    rule_member(to, info);
    member_techniques(to, "attack", info);
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
    member_number(to, is_packet ? "packet" : "record", at->record);
    member_number(to, "offset", at->offset);
    if (!is_packet)
        return;
    char flow[FLOW_TEXT_BOUND];
    flow_write(flow, &at->flow);
    member_string(to, "flow", flow);
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
    member_string(to, "id", id);
    member_time(to, "time", finding->time);
    known_rule_members(to, &report->rule_texts, info);
    member_text(to, "host", finding->host);
    member_text(to, "account", finding->account);
    member_text(to, "source", finding->source);
    member_text(to, "channel", finding->channel);
    member_text(to, "provider", finding->provider);
    member_text(to, "event_id", finding->event_id);
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
        member_number(to, "line", refusal->line);
        member_string(to, "reason", refusal->reason);
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
        member_string(to, "title", blind->title);
        member_string(to, "reason", blind->reason);
        member_string(to, "field", blind->field);
        member_string(to, "audit", blind->audit);
        buffer_byte(to, '}');
    }
    buffer_byte(to, ']');
}

void object_summary(struct buffer *to, const struct report *report,
                    const struct report_summary *summary)
{
    buffer_text(to, "{\"kind\":\"summary\"");
    member_number(to, "evidence", report->options->evidence_count);
    member_number(to, "events", summary->events);
    member_number(to, "findings", report->count);
    member_number(to, "cases", report->case_count);
    member_number(to, "suppressed", summary->suppressed);
    member_names(to, "notes", summary->notes, summary->note_count);
    buffer_format(to, ",\"rules\":{\"loaded\":%u", summary->rules_loaded);
    refused_member(to, summary);
    blind_member(to, summary);
    member_string(to, "hash", summary->rules_hash);
    buffer_byte(to, '}');
    member_string(to, "version", summary->version);
    member_string(to, "command", summary->command);
    member_string(to, "sandbox", summary->sandbox);
    buffer_format(to, ",\"seconds\":%.3f}", summary->seconds);
}

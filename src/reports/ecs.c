/* Elastic Common Schema 8.11 as JSON lines: an alert a finding, an alert a case. What ECS has no
 * field for stands below `impound`, a custom field set as ECS wants them named. */
#include "reports/members.h"
#include "reports/objects.h"
#include "reports/tags.h"

static void head(struct buffer *to, struct instant time, struct bytes message)
{
    buffer_text(to, "{\"@timestamp\":");
    time_json(to, time_fixed(time, 6));
    buffer_text(to, ",\"ecs\":{\"version\":\"8.11.0\"}");
    member_text(to, "message", message);
}

/* A technique without its point; sub-techniques with it. */
static void techniques(struct buffer *to, const struct case_texts *all)
{
    if (!all->count)
        return;
    buffer_text(to, ",\"threat\":{\"framework\":\"MITRE ATT&CK\",\"technique\":{\"id\":[");
    for (uint32_t i = 0; i < all->count; i++) {
        const struct bytes id = all->items[i];
        buffer_text(to, i ? "," : "");
        buffer_json(to, bytes_of(id.data, id.length < 5 ? id.length : 5));
    }
    buffer_text(to, "],\"subtechnique\":{\"id\":[");
    const char *separator = "";
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->items[i].length <= 5)
            continue;
        buffer_text(to, separator);
        buffer_json(to, all->items[i]);
        separator = ",";
    }
    buffer_text(to, "]}}}");
}

static void rule_techniques(struct buffer *to, const struct rule_info *info)
{
    char texts[32][TAG_TEXT_BOUND];
    struct bytes items[32];
    struct case_texts all = {items, 0};
    for (uint32_t at = 0; all.count < 32 && rule_technique_next(info, &at, texts[all.count]);
         all.count++)
        items[all.count] = bytes_of_text(texts[all.count]);
    techniques(to, &all);
}

static void user(struct buffer *to, struct bytes account)
{
    if (!account.length)
        return;
    buffer_text(to, ",\"user\":{\"name\":");
    buffer_json(to, account_name(account));
    member_text_if(to, "domain", account_domain(account));
    buffer_byte(to, '}');
}

static void source(struct buffer *to, struct bytes text)
{
    if (!text.length)
        return;
    buffer_text(to, ",\"source\":{\"address\":");
    buffer_json(to, text);
    if (is_address(text))
        member_text(to, "ip", text);
    buffer_byte(to, '}');
}

static void host(struct buffer *to, struct bytes name)
{
    if (!name.length)
        return;
    buffer_text(to, ",\"host\":{\"name\":");
    buffer_json(to, name);
    buffer_byte(to, '}');
}

static enum status finding_line(struct report *report, const struct finding *finding,
                                const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct buffer *to = &report->out;
    char id[33];
    finding_id(finding, info, id);
    head(to, finding->time, bytes_of_text(info->title));
    buffer_format(to,
                  ",\"event\":{\"kind\":\"alert\",\"category\":[\"intrusion_detection\"],"
                  "\"type\":[\"info\"],\"module\":\"impound\",\"dataset\":\"impound.finding\","
                  "\"severity\":%u,\"id\":\"%s\"",
                  (unsigned)info->level + 1, id);
    member_text_if(to, "code", finding->event_id);
    member_text_if(to, "provider", finding->provider);
    buffer_text(to, "},\"rule\":{\"name\":");
    buffer_json(to, bytes_of_text(info->title));
    member_text_if(to, "id", bytes_of_text(info->id));
    buffer_text(to, "}");
    host(to, finding->host);
    user(to, finding->account);
    source(to, finding->source);
    if (flow_is_known(&finding->flow)) {
        char flow[FLOW_TEXT_BOUND];
        flow_write(flow, &finding->flow);
        buffer_format(to, ",\"network\":{\"community_id\":\"%s\"}", flow);
    }
    buffer_text(to, ",\"log\":{\"file\":{\"path\":");
    buffer_json(to, bytes_of_text(report_path(report, finding->evidence)));
    buffer_text(to, "}}");
    rule_techniques(to, info);
    buffer_text(to, ",\"impound\":{\"finding\":");
    object_finding(to, report, finding, info);
    buffer_text(to, "}}\n");
    return STATUS_OK;
}

static void related(struct buffer *to, const struct case_record *record)
{
    const char *separator = "";
    buffer_text(to, ",\"related\":{\"ip\":[");
    for (uint32_t i = 0; i < record->sources.count; i++) {
        if (!is_address(record->sources.items[i]))
            continue;
        buffer_text(to, separator);
        buffer_json(to, record->sources.items[i]);
        separator = ",";
    }
    buffer_byte(to, ']');
    member_texts(to, "hosts", &record->hosts);
    member_texts(to, "user", &record->accounts);
    buffer_byte(to, '}');
}

static void case_line(struct report *report, const struct case_record *record,
                      const struct ledger_verdict *verdict)
{
    struct buffer *to = &report->out;
    head(to, record->first, record->title);
    buffer_format(to,
                  ",\"event\":{\"kind\":\"alert\",\"category\":[\"intrusion_detection\"],"
                  "\"type\":[\"info\"],\"module\":\"impound\",\"dataset\":\"impound.case\","
                  "\"id\":\"%s\",\"reason\":\"%s\"",
                  record->id, ledger_status(verdict->standing));
    if (instant_is_known(record->first)) {
        member_time(to, "start", record->first);
        member_time(to, "end", record->last);
    }
    buffer_byte(to, '}');
    related(to, record);
    techniques(to, &record->techniques);
    buffer_text(to, ",\"impound\":{\"case\":");
    object_case(to, record, verdict);
    buffer_text(to, "}}\n");
}

const struct report_format report_ecs = {
    .name = "ecs",
    .file = "ecs.jsonl",
    .finding = finding_line,
    .case_record = case_line,
};

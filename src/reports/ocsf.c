/* OCSF 1.3.0, Detection Finding (class 2004, in category 2) as JSON lines: an event a finding, an
 * event a case. What the class has no attribute for stands below `unmapped`. */
#include "reports/members.h"
#include "reports/objects.h"
#include "reports/tags.h"

static void head(struct buffer *to, struct instant time, unsigned severity, const char *name)
{
    buffer_format(to,
                  "{\"activity_id\":1,\"activity_name\":\"Create\",\"category_uid\":2,"
                  "\"category_name\":\"Findings\",\"class_uid\":2004,"
                  "\"class_name\":\"Detection Finding\",\"type_uid\":200401,"
                  "\"type_name\":\"Detection Finding: Create\",\"time\":%lld,"
                  "\"severity_id\":%u,\"severity\":\"%s\",\"metadata\":{\"version\":\"1.3.0\","
                  "\"product\":{\"name\":\"impound\",\"vendor_name\":\"impound\"}}",
                  (long long)(time_micros(time) / 1000), severity, name);
}

static void millis(struct buffer *to, const char *name, struct instant time)
{
    if (instant_is_known(time))
        buffer_format(to, ",\"%s\":%lld", name, (long long)(time_micros(time) / 1000));
}

/* Consumers want a name; an id names it in every version of ATT&CK. */
static void technique(struct buffer *to, struct bytes id)
{
    buffer_text(to, "technique\":{\"uid\":");
    buffer_json(to, id);
    member_text(to, "name", id);
    buffer_byte(to, '}');
}

static void attack(struct buffer *to, struct bytes id, bool is_first)
{
    const size_t length = id.length < 5 ? id.length : 5;
    buffer_text(to, is_first ? "{\"" : ",{\"");
    technique(to, bytes_of(id.data, length));
    if (id.length > length) {
        buffer_text(to, ",\"sub_");
        technique(to, id);
    }
    buffer_byte(to, '}');
}

enum observable { OBSERVABLE_HOST = 1, OBSERVABLE_ADDRESS = 2, OBSERVABLE_USER = 4 };

/* The type tells a host's name from its address. */
static void observable(struct buffer *to, const char *name, enum observable type, struct bytes text,
                       const char **separator)
{
    if (!text.length)
        return;
    if (type == OBSERVABLE_HOST && is_address(text))
        type = OBSERVABLE_ADDRESS;
    buffer_format(to, "%s{\"name\":\"%s\",\"type_id\":%d,\"value\":", *separator, name, (int)type);
    buffer_json(to, text);
    buffer_byte(to, '}');
    *separator = ",";
}

/* --- A finding --- */

static const char *const severities[] = {"Informational", "Low", "Medium", "High", "Critical"};

static void finding_info_member(struct buffer *to, const struct finding *finding,
                                const struct rule_info *info)
{
    char id[33], text[TAG_TEXT_BOUND];
    finding_id(finding, info, id);
    buffer_format(to, ",\"finding_info\":{\"uid\":\"%s\"", id);
    member_string(to, "title", info->title);
    millis(to, "created_time", finding->time);
    buffer_text(to, ",\"analytic\":{\"type_id\":1,\"type\":\"Rule\"");
    member_string(to, "name", info->title);
    member_text_if(to, "uid", bytes_of_text(info->id));
    buffer_text(to, "},\"attacks\":[");
    bool is_first = true;
    for (uint32_t at = 0; rule_technique_next(info, &at, text); is_first = false)
        attack(to, bytes_of_text(text), is_first);
    buffer_text(to, "]}");
}

static enum status finding_line(struct report *report, const struct finding *finding,
                                const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct buffer *to = &report->out;
    const char *separator = "";
    head(to, finding->time, (unsigned)info->level + 1, severities[info->level]);
    member_string(to, "message", info->title);
    finding_info_member(to, finding, info);
    buffer_text(to, ",\"observables\":[");
    observable(to, "host", OBSERVABLE_HOST, finding->host, &separator);
    observable(to, "account", OBSERVABLE_USER, finding->account, &separator);
    observable(to, "source", OBSERVABLE_HOST, finding->source, &separator);
    buffer_text(to, "],\"unmapped\":");
    object_finding(to, report, finding, info);
    buffer_text(to, "}\n");
    return STATUS_OK;
}

/* --- A case --- */

/* Authorised work is worth knowing; the rest is as bad as it looks. */
static unsigned severity_of(enum ledger_standing standing)
{
    return standing == LEDGER_COVERED ? 1 : standing == LEDGER_UNDECIDED ? 3 : 5;
}

static void observables(struct buffer *to, const struct case_record *record)
{
    const char *separator = "";
    buffer_text(to, ",\"observables\":[");
    for (uint32_t i = 0; i < record->hosts.count; i++)
        observable(to, "host", OBSERVABLE_HOST, record->hosts.items[i], &separator);
    for (uint32_t i = 0; i < record->accounts.count; i++)
        observable(to, "account", OBSERVABLE_USER, record->accounts.items[i], &separator);
    for (uint32_t i = 0; i < record->sources.count; i++)
        observable(to, "source", OBSERVABLE_HOST, record->sources.items[i], &separator);
    buffer_byte(to, ']');
}

static void case_line(struct report *report, const struct case_record *record,
                      const struct ledger_verdict *verdict)
{
    struct buffer *to = &report->out;
    const unsigned severity = severity_of(verdict->standing);
    head(to, record->first, severity, severities[severity - 1]);
    member_text(to, "message", record->title);
    member_string(to, "status_detail", ledger_status(verdict->standing));
    buffer_format(to, ",\"finding_info\":{\"uid\":\"%s\"", record->id);
    member_text(to, "title", record->title);
    millis(to, "first_seen_time", record->first);
    millis(to, "last_seen_time", record->last);
    buffer_text(to, ",\"types\":[\"case\"],\"attacks\":[");
    for (uint32_t i = 0; i < record->techniques.count; i++)
        attack(to, record->techniques.items[i], i == 0);
    buffer_text(to, "]}");
    observables(to, record);
    buffer_text(to, ",\"unmapped\":");
    object_case(to, record, verdict);
    buffer_text(to, "}\n");
}

const struct report_format report_ocsf = {
    .name = "ocsf",
    .file = "ocsf.jsonl",
    .finding = finding_line,
    .case_record = case_line,
};

/* The JSON object of a case (docs/design.md, "The output contract"). */
#include "reports/members.h"
#include "reports/objects.h"

static void tools_member(struct buffer *to, const char *name, const struct case_tool *tools,
                         uint32_t count)
{
    buffer_json_key(to, name);
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        buffer_text(to, i ? ",{\"name\":" : "{\"name\":");
        buffer_json(to, tools[i].name);
        buffer_format(to, ",\"confidence\":%.2f", tools[i].confidence);
        member_texts(to, "because", &tools[i].because);
        member_texts(to, "against", &tools[i].against);
        buffer_byte(to, '}');
    }
    buffer_byte(to, ']');
}

static void findings_member(struct buffer *to, const struct case_step *step)
{
    buffer_json_key(to, "findings");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < step->finding_count; i++) {
        buffer_text(to, i ? ",\"" : "\"");
        buffer_bytes(to, step->findings[i], 32);
        buffer_byte(to, '"');
    }
    buffer_byte(to, ']');
    if (step->findings_left_out)
        buffer_format(to, ",\"findings_left_out\":%u", step->findings_left_out);
}

static void verdict_member(struct buffer *to, enum ledger_standing standing, const char *engagement,
                           const struct ledger_because *because)
{
    buffer_text(to, ",\"verdict\":{\"status\":");
    buffer_json(to, bytes_of_text(ledger_status(standing)));
    buffer_text(to, ",\"because\":[");
    for (uint32_t i = 0; i < because->count; i++) {
        if (i)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of_text(because->sentences[i]));
    }
    buffer_text(to, "],\"engagement\":");
    if (engagement)
        buffer_json(to, bytes_of_text(engagement));
    else
        buffer_text(to, "null");
    buffer_byte(to, '}');
}

static void step_object(struct buffer *to, const struct case_step *step,
                        const struct ledger_judgement *judgement)
{
    buffer_text(to, "{\"time\":");
    time_json(to, step->first);
    member_time(to, "last", step->last);
    member_text(to, "what", step->what);
    member_texts(to, "tool", &step->tools);
    member_text(to, "target", step->target);
    member_text(to, "source", step->source);
    member_text(to, "account", step->account);
    member_texts(to, "targets", &step->targets);
    member_texts(to, "sources", &step->sources);
    member_texts(to, "accounts", &step->accounts);
    member_texts(to, "attack", &step->techniques);
    member_texts(to, "ran", &step->ran);
    findings_member(to, step);
    verdict_member(to, judgement->standing, judgement->engagement, &judgement->because);
    buffer_byte(to, '}');
}

static void steps_member(struct buffer *to, const struct case_record *record,
                         const struct ledger_verdict *verdict)
{
    buffer_json_key(to, "steps");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < record->step_count; i++) {
        if (i)
            buffer_byte(to, ',');
        step_object(to, &record->steps[i], &verdict->steps[i]);
    }
    buffer_byte(to, ']');
}

static void skews_member(struct buffer *to, const struct case_record *record)
{
    buffer_json_key(to, "skew");
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < record->skew_count; i++) {
        buffer_text(to, i ? ",{\"host\":" : "{\"host\":");
        buffer_json(to, record->skews[i].host);
        buffer_format(to, ",\"seconds\":%.3f,\"uncertainty\":%.3f}", record->skews[i].seconds,
                      record->skews[i].uncertainty);
    }
    buffer_byte(to, ']');
}

void object_case(struct buffer *to, const struct case_record *record,
                 const struct ledger_verdict *verdict)
{
    buffer_text(to, "{\"kind\":\"case\"");
    member_text(to, "id", bytes_of_text(record->id));
    member_text(to, "title", record->title);
    tools_member(to, "tool", record->tools, record->tool_count);
    tools_member(to, "alternatives", record->alternatives, record->alternative_count);
    verdict_member(to, verdict->standing, verdict->engagement, &verdict->because);
    member_texts(to, "hosts", &record->hosts);
    member_texts(to, "accounts", &record->accounts);
    member_texts(to, "sources", &record->sources);
    member_time(to, "first", record->first);
    member_time(to, "last", record->last);
    member_texts(to, "attack", &record->techniques);
    skews_member(to, record);
    steps_member(to, record, verdict);
    buffer_byte(to, '}');
}

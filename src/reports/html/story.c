/* A case: a row of the answer, and its story. */
#include "reports/html/html.h"

#define STEPS_MAX    500U
#define LIST_MAX     32U
#define FINDINGS_MAX 100U
#define REASONS_MAX  50U

static void tools_write(struct buffer *to, const struct case_tool *tools, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_text(to, i ? ", " : "");
        html_isolated(to, tools[i].name, 0);
        buffer_format(to, " %.0f&nbsp;%%", tools[i].confidence * 100);
    }
    if (!count)
        buffer_text(to, "unknown");
}

void html_case_row(struct buffer *to, uint64_t number, const struct case_record *record,
                   const struct ledger_verdict *verdict)
{
    buffer_format(to, "<tr><th scope=\"row\"><a href=\"#case-%llu\">Case %llu</a></th><td>",
                  (unsigned long long)number, (unsigned long long)number);
    html_verdict(to, verdict->standing);
    buffer_text(to, "</td><td>");
    tools_write(to, record->tools, record->tool_count);
    buffer_text(to, "</td><td>");
    html_list(to, &record->hosts, LIST_MAX);
    buffer_text(to, "</td><td>");
    html_list(to, &record->sources, LIST_MAX);
    buffer_text(to, "</td><td>");
    html_list(to, &record->accounts, LIST_MAX);
    buffer_text(to, "</td><td>");
    html_time(to, record->first);
    buffer_text(to, "</td></tr>\n");
}

static void reasons_write(struct buffer *to, const char *heading, const struct case_texts *texts)
{
    if (!texts->count)
        return;
    buffer_format(to, "<p>%s</p><ul>", heading);
    for (uint32_t i = 0; i < texts->count; i++) {
        buffer_text(to, "<li>");
        html_isolated(to, texts->items[i], 0);
        buffer_text(to, "</li>");
    }
    buffer_text(to, "</ul>");
}

static void tool_details(struct buffer *to, const struct case_tool *tools, uint32_t count,
                         const char *what)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_format(to, "<details><summary>%s ", what);
        html_isolated(to, tools[i].name, 0);
        buffer_format(to, ", %.0f&nbsp;%%</summary>", tools[i].confidence * 100);
        reasons_write(to, "What speaks for it", &tools[i].because);
        reasons_write(to, "What speaks against it", &tools[i].against);
        buffer_text(to, "</details>\n");
    }
}

static void because_write(struct buffer *to, const struct ledger_because *because)
{
    buffer_text(to, "<ul class=\"because\">");
    for (uint32_t i = 0; i < because->count && i < REASONS_MAX; i++) {
        buffer_text(to, "<li>");
        html_isolated(to, bytes_of_text(because->sentences[i]), 0);
        buffer_text(to, "</li>");
    }
    if (because->count > REASONS_MAX)
        buffer_format(to, "<li>and %u more</li>", because->count - REASONS_MAX);
    buffer_text(to, because->count ? "</ul>\n" : "<li>no reason is known</li></ul>\n");
}

static void cited_write(struct buffer *to, const struct case_step *step, struct exhibits *exhibits)
{
    const uint64_t all = (uint64_t)step->finding_count + step->findings_left_out;
    buffer_format(to, "<details><summary>%llu finding%s</summary><ul>", (unsigned long long)all,
                  all == 1 ? "" : "s");
    uint64_t shown = 0;
    for (uint32_t i = 0; i < step->finding_count && shown < FINDINGS_MAX; i++) {
        const char *title = exhibits_cite(exhibits, step->findings[i]);
        if (!title)
            continue;
        buffer_format(to, "<li><a href=\"#f-%s\">", step->findings[i]);
        html_text(to, bytes_of_text(title));
        buffer_text(to, "</a></li>");
        shown++;
    }
    if (shown < all)
        buffer_format(to, "<li>%llu not shown here</li>", (unsigned long long)(all - shown));
    buffer_text(to, "</ul></details>");
}

static void ran_write(struct buffer *to, const struct case_step *step)
{
    if (!step->ran.count)
        return;
    buffer_text(to, "<details><summary>What was run</summary><ul>");
    for (uint32_t i = 0; i < step->ran.count; i++) {
        buffer_text(to, "<li><code>");
        html_isolated(to, step->ran.items[i], 0);
        buffer_text(to, "</code></li>");
    }
    buffer_text(to, "</ul></details>");
}

static void step_write(struct buffer *to, const struct case_step *step,
                       const struct ledger_judgement *judgement, struct exhibits *exhibits)
{
    html_time(to, step->first);
    buffer_text(to, " ");
    html_verdict(to, judgement->standing);
    buffer_text(to, "<p>");
    html_isolated(to, step->what, 2000);
    buffer_text(to, "</p>");
    ran_write(to, step);
    cited_write(to, step, exhibits);
    buffer_text(to, "<details><summary>Why this verdict</summary>");
    because_write(to, &judgement->because);
    buffer_text(to, "</details>");
}

static void steps_write(struct buffer *to, uint64_t number, const struct case_record *record,
                        const struct ledger_verdict *verdict, struct exhibits *exhibits)
{
    buffer_text(to, "<h4>Step by step</h4>\n<ol class=\"steps\">\n");
    for (uint32_t i = 0; i < record->step_count && i < STEPS_MAX; i++) {
        buffer_format(to, "<li id=\"case-%llu-step-%u\" tabindex=\"-1\">",
                      (unsigned long long)number, i + 1);
        step_write(to, &record->steps[i], &verdict->steps[i], exhibits);
        buffer_text(to, "</li>\n");
    }
    buffer_text(to, "</ol>\n");
    if (record->step_count > STEPS_MAX)
        buffer_format(to, "<p>and %u steps more, which the JSONL has</p>\n",
                      record->step_count - STEPS_MAX);
}

static void skews_write(struct buffer *to, const struct case_record *record)
{
    if (!record->skew_count)
        return;
    buffer_text(to, "<h4>Clocks</h4>\n<ul>");
    for (uint32_t i = 0; i < record->skew_count && i < LIST_MAX; i++) {
        buffer_text(to, "<li>");
        html_isolated(to, record->skews[i].host, 256);
        buffer_format(to, " by %+.3f&nbsp;s, within %.3f&nbsp;s</li>", record->skews[i].seconds,
                      record->skews[i].uncertainty);
    }
    buffer_text(to, "</ul>\n");
}

static void list_member(struct buffer *to, const char *name, const struct case_texts *texts)
{
    buffer_format(to, "<dt>%s</dt><dd>", name);
    html_list(to, texts, LIST_MAX);
    buffer_text(to, "</dd>");
}

void html_case(struct buffer *to, uint64_t number, const struct case_record *record,
               const struct ledger_verdict *verdict, struct exhibits *exhibits)
{
    buffer_format(to, "<article id=\"case-%llu\" tabindex=\"-1\"><h3>Case %llu: ",
                  (unsigned long long)number, (unsigned long long)number);
    html_isolated(to, record->title, 512);
    buffer_text(to, "</h3>\n<p>");
    html_verdict(to, verdict->standing);
    if (verdict->engagement) {
        buffer_text(to, " engagement ");
        html_isolated(to, bytes_of_text(verdict->engagement), 256);
    }
    buffer_text(to, "</p>\n");
    because_write(to, &verdict->because);
    buffer_text(to, "<dl><dt>tool</dt><dd>");
    tools_write(to, record->tools, record->tool_count);
    buffer_text(to, "</dd>");
    list_member(to, "hosts to isolate", &record->hosts);
    list_member(to, "from", &record->sources);
    list_member(to, "accounts", &record->accounts);
    buffer_text(to, "<dt>when (UTC)</dt><dd>");
    html_time(to, record->first);
    buffer_text(to, " to ");
    html_time(to, record->last);
    buffer_text(to, "</dd>");
    list_member(to, "ATT&amp;CK", &record->techniques);
    buffer_format(to, "<dt>id</dt><dd><code>%s</code></dd></dl>\n", record->id);
    steps_write(to, number, record, verdict, exhibits);
    buffer_text(to, "<h4>Why this tool</h4>\n");
    tool_details(to, record->tools, record->tool_count, "Concluded:");
    tool_details(to, record->alternatives, record->alternative_count, "Possible:");
    skews_write(to, record);
    buffer_text(to, "</article>\n");
}

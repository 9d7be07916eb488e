/* A page for a browser, in one file: the answer first. Nothing is loaded, and its own policy
 * forbids all but the style and the script in it.
 *
 * What comes before the findings in the page is known only behind them, so all of it is gathered,
 * within limits, and written at the end. */
#include "reports/html/html.h"

#include "reports/html/graph.h"
#include "reports/html/lanes.h"
#include "reports/html/matrix.h"
#include "reports/html/style.h"

#include <stdlib.h>

#define ROWS_MAX    500U               /* cases in the answer */
#define STORIES_MAX ((size_t)16 << 20) /* bytes */

struct html {
    struct exhibits *exhibits;
    struct graph graph;
    struct lanes lanes;
    struct matrix matrix;
    struct buffer rows, stories;
    uint64_t untold; /* cases whose story is not here */
};

static enum status html_begin(struct report *report, struct fault *fault)
{
    struct html *html = calloc(1, sizeof(*html));
    report->state = html;
    if (!html || !(html->exhibits = exhibits_new()))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    graph_init(&html->graph);
    lanes_init(&html->lanes);
    matrix_init(&html->matrix);
    return STATUS_OK;
}

static void html_close(struct report *report)
{
    struct html *html = report->state;
    if (!html)
        return;
    exhibits_free(html->exhibits);
    graph_release(&html->graph);
    lanes_release(&html->lanes);
    matrix_release(&html->matrix);
    buffer_release(&html->rows);
    buffer_release(&html->stories);
    free(html);
}

/* Only what speaks of tools can become part of a case. */
static enum status html_finding(struct report *report, const struct finding *finding,
                                const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct html *html = report->state;
    if (info->tool_count)
        exhibits_add(html->exhibits, report, finding, info);
    matrix_add(&html->matrix, info);
    return STATUS_OK;
}

static void html_case_record(struct report *report, const struct case_record *record,
                             const struct ledger_verdict *verdict)
{
    struct html *html = report->state;
    graph_add(&html->graph, record, verdict);
    lanes_add(&html->lanes, report->case_count, record, verdict);
    if (report->case_count > ROWS_MAX || html->stories.length > STORIES_MAX) {
        html->untold++;
        return;
    }
    html_case_row(&html->rows, report->case_count, record, verdict);
    html_case(&html->stories, report->case_count, record, verdict, html->exhibits);
}

/* --- The page --- */

static void head_write(struct buffer *to)
{
    buffer_format(to,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action "
                  "'none'\">\n",
                  page_style_sha256, page_script_sha256);
    buffer_text(to, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n"
                    "<meta name=\"referrer\" content=\"no-referrer\">\n"
                    "<title>impound: what happened</title>\n<style>");
    buffer_bytes(to, page_style, page_style_length);
    buffer_text(to, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#answer\">To the "
                    "answer</a>\n<header><h1>What happened</h1></header>\n"
                    "<nav aria-label=\"Contents\"><ul>\n");
}

static const char *const sections[][2] = {
    {"answer", "The answer"}, {"movement", "Movement"}, {"time", "Timeline"},
    {"cases", "Cases"},       {"attack", "ATT&amp;CK"}, {"unseen", "What could not be seen"},
    {"evidence", "Evidence"},
};

static void contents_write(struct buffer *to)
{
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        buffer_format(to, "<li><a href=\"#%s\">%s</a></li>\n", sections[i][0], sections[i][1]);
    buffer_text(to, "</ul></nav>\n<main>\n");
}

/* Ends the section before. */
static void section(struct buffer *to, size_t number)
{
    const char *id = sections[number][0];
    buffer_format(to,
                  "%s<section id=\"%s\" tabindex=\"-1\" aria-labelledby=\"%s-heading\">"
                  "<h2 id=\"%s-heading\">%s</h2>\n",
                  number ? "</section>\n" : "", id, id, id, sections[number][1]);
}

static void answer_write(struct buffer *to, const struct report *report, const struct html *html)
{
    if (!report->case_count) {
        buffer_format(to,
                      "<p>There is no case. There are %llu "
                      "findings, and <a href=\"#unseen\">what could not be seen</a>.</p>\n",
                      (unsigned long long)report->count);
        return;
    }
    buffer_text(to, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Cases\"><table>"
                    "<caption>Cases</caption><thead><tr><th scope=\"col\">Case</th><th "
                    "scope=\"col\">Verdict</th><th scope=\"col\">Tool, and how sure</th><th "
                    "scope=\"col\">Hosts to isolate</th><th scope=\"col\">From</th><th "
                    "scope=\"col\">Accounts</th><th scope=\"col\">Since (UTC)</th></tr></thead>"
                    "<tbody>\n");
    buffer_bytes(to, html->rows.data, html->rows.length);
    buffer_text(to, "</tbody></table></div>\n");
    if (html->untold)
        buffer_format(to, "<p>and %llu cases more, which the JSONL has</p>\n",
                      (unsigned long long)html->untold);
}

static void left_out_write(struct buffer *to, uint64_t count)
{
    if (count)
        buffer_format(to, "<p>%llu steps more found no room here.</p>\n",
                      (unsigned long long)count);
}

static void movement_write(struct buffer *to, const struct html *html)
{
    buffer_text(to, "<div class=\"wide\" tabindex=\"0\" role=\"group\" "
                    "aria-label=\"Movement graph\">\n");
    graph_write(&html->graph, to);
    buffer_text(to, html->graph.edge_count ? "</div>\n" : "<p>No step is known.</p></div>\n");
    left_out_write(to, html->graph.left_out);
}

static void timeline_write(struct buffer *to, const struct html *html)
{
    static const char *const buttons[][2] = {{"in", "Zoom in"},
                                             {"out", "Zoom out"},
                                             {"left", "Earlier"},
                                             {"right", "Later"},
                                             {"all", "All"}};
    if (!html->lanes.mark_count) {
        buffer_text(to, "<p>No step is known.</p>\n");
        return;
    }
    buffer_text(to, "<div class=\"zoom\" role=\"group\" aria-label=\"Zoom\" hidden>");
    for (size_t i = 0; i < COUNT_OF(buttons); i++)
        buffer_format(to, "<button type=\"button\" data-zoom=\"%s\">%s</button>", buttons[i][0],
                      buttons[i][1]);
    buffer_text(to, "</div>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" "
                    "aria-label=\"Steps in time\">\n");
    lanes_write(&html->lanes, true, to);
    buffer_text(to, "</div>\n");
    left_out_write(to, html->lanes.left_out);
}

static void foot_write(struct buffer *to, const struct report_summary *summary)
{
    buffer_text(to, "</section>\n</main>\n<footer><p><small>impound ");
    html_text(to, bytes_of_text(summary->version));
    buffer_text(to, ", rules ");
    html_text(to, bytes_of_text(summary->rules_hash));
    buffer_text(to, ", sandbox ");
    html_text(to, bytes_of_text(summary->sandbox));
    buffer_text(to, ", command <code>");
    html_isolated(to, bytes_of_text(summary->command), 0);
    buffer_text(to, "</code></small></p></footer>\n<script>");
    buffer_bytes(to, page_script, page_script_length);
    buffer_text(to, "</script>\n</body>\n</html>\n");
}

static void html_end(struct report *report, const struct report_summary *summary)
{
    struct html *html = report->state;
    struct buffer *to = &report->out;
    to->failed |= html->rows.failed || html->stories.failed;
    head_write(to);
    contents_write(to);
    section(to, 0);
    answer_write(to, report, html);
    section(to, 1);
    movement_write(to, html);
    section(to, 2);
    timeline_write(to, html);
    section(to, 3);
    buffer_bytes(to, html->stories.data, html->stories.length);
    buffer_text(to, report->case_count ? "" : "<p>None.</p>\n");
    section(to, 4);
    matrix_write(&html->matrix, to);
    section(to, 5);
    html_unseen(to, report, summary);
    section(to, 6);
    exhibits_write(html->exhibits, to);
    foot_write(to, summary);
}

const struct report_format report_html = {
    .name = "html",
    .file = "report.html",
    .begin = html_begin,
    .finding = html_finding,
    .case_record = html_case_record,
    .end = html_end,
    .close = html_close,
};

/* What was read, what could not be, and which rules could not fire. */
#include "reports/html/html.h"
#include "reports/tally.h"

#define FILES_MAX   500U
#define NOTES_MAX   10U
#define REFUSED_MAX 200U
#define REASONS_MAX 200U

static void number_cell(struct buffer *to, uint64_t number)
{
    buffer_format(to, "<td class=\"number\">%llu</td>", (unsigned long long)number);
}

static void notes_write(struct buffer *to, const struct account *account)
{
    for (uint32_t i = 0; i < account->note_count && i < NOTES_MAX; i++) {
        buffer_text(to, "<br>");
        html_isolated(to, bytes_of_text(account_note_at(account, i)), 0);
    }
    const uint32_t shown = account->note_count < NOTES_MAX ? account->note_count : NOTES_MAX;
    const uint32_t more = account->note_count - shown + account->notes_left_out;
    if (more)
        buffer_format(to, "<br>and %u notes more", more);
}

static void file_row(struct buffer *to, const struct report_evidence *evidence)
{
    const struct account *account = evidence->account;
    buffer_text(to, "<tr><th scope=\"row\">");
    html_isolated(to, bytes_of_text(evidence->path), 0);
    buffer_text(to, "</th><td>");
    html_text(to, bytes_of_text(evidence->type));
    buffer_text(to, "</td>");
    number_cell(to, evidence->bytes);
    number_cell(to, account->read);
    number_cell(to, account->carved);
    number_cell(to, account->damaged);
    number_cell(to, account->missing);
    buffer_text(to, account->is_incomplete ? "<td><strong>incomplete</strong>" : "<td>complete");
    notes_write(to, account);
    buffer_text(to, "</td><td><code>");
    html_text(to, bytes_of_text(evidence->hash ? evidence->hash : ""));
    buffer_text(to, "</code></td></tr>\n");
}

static void head_row(struct buffer *to, const char *caption, const char *const *names)
{
    buffer_format(to,
                  "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">"
                  "<table><caption>%s</caption><thead><tr>",
                  caption, caption);
    for (; *names; names++)
        buffer_format(to, "<th scope=\"col\">%s</th>", *names);
    buffer_text(to, "</tr></thead><tbody>\n");
}

/* The incomplete ones first. */
static void files_write(struct buffer *to, const struct report_options *options)
{
    static const char *const names[] = {"file",    "type",    "bytes",    "records", "carved",
                                        "damaged", "missing", "complete", "hash",    NULL};
    uint32_t shown = 0;
    head_row(to, "Evidence", names);
    for (unsigned turn = 0; turn < 2; turn++)
        for (uint32_t i = 0; i < options->evidence_count && shown < FILES_MAX; i++)
            if (options->evidence[i].account->is_incomplete == (turn == 0)) {
                file_row(to, &options->evidence[i]);
                shown++;
            }
    buffer_text(to, "</tbody></table></div>\n");
    if (options->evidence_count > shown)
        buffer_format(to, "<p>and %u files more</p>\n", options->evidence_count - shown);
}

/* Reason and what would help, with the number of rules each. */
static void blind_write(struct buffer *to, const struct report_summary *summary)
{
    static const char *const names[] = {"rules", "why they could not fire", "field",
                                        "what would help", NULL};
    struct tally tally;
    struct buffer key = {0};
    tally_init(&tally, REASONS_MAX);
    for (uint32_t i = 0; i < summary->blind_count; i++) {
        const struct report_blind *blind = &summary->blind[i];
        buffer_reset(&key);
        html_text(&key, bytes_of_text(blind->reason ? blind->reason : ""));
        buffer_text(&key, "</td><td><code>");
        html_text(&key, bytes_of_text(blind->field ? blind->field : ""));
        buffer_text(&key, "</code></td><td>");
        html_text(&key, bytes_of_text(blind->audit ? blind->audit : ""));
        tally_add(&tally, buffer_view(&key), SIGMA_INFORMATIONAL,
                  (struct instant){.seconds = INSTANT_NONE});
    }
    tally_sort(&tally);
    head_row(to, "Blind rules", names);
    for (size_t i = 0; i < tally.count; i++) {
        buffer_text(to, "<tr>");
        number_cell(to, tally.rows[i].total);
        buffer_text(to, "<td>");
        buffer_bytes(to, tally.rows[i].key.data, tally.rows[i].key.length);
        buffer_text(to, "</td></tr>\n");
    }
    buffer_text(to, "</tbody></table></div>\n");
    if (tally.left_out)
        buffer_format(to, "<p>and %llu rules more</p>\n", (unsigned long long)tally.left_out);
    to->failed |= key.failed;
    buffer_release(&key);
    tally_release(&tally);
}

static void refused_write(struct buffer *to, const struct report_summary *summary)
{
    buffer_text(to, "<h3>Refused rules</h3>\n<ul>");
    for (uint32_t i = 0; i < summary->refused_count && i < REFUSED_MAX; i++) {
        buffer_text(to, "<li>");
        html_isolated(to, bytes_of_text(summary->refused[i].path), 0);
        buffer_format(to, ", line %u: ", summary->refused[i].line);
        html_isolated(to, bytes_of_text(summary->refused[i].reason), 0);
        buffer_text(to, "</li>\n");
    }
    if (summary->refused_count > REFUSED_MAX)
        buffer_format(to, "<li>and %u more</li>", summary->refused_count - REFUSED_MAX);
    buffer_text(to, "</ul>\n");
}

void html_unseen(struct buffer *to, const struct report *report,
                 const struct report_summary *summary)
{
    buffer_format(to,
                  "<p>%llu events were read. %u rules loaded; %u of them could not fire on this "
                  "evidence, %u were refused. %llu findings were kept back by a suppression.</p>\n",
                  (unsigned long long)summary->events, summary->rules_loaded, summary->blind_count,
                  summary->refused_count, (unsigned long long)summary->suppressed);
    for (uint32_t i = 0; i < summary->note_count; i++) {
        buffer_text(to, "<p>");
        html_isolated(to, bytes_of_text(summary->notes[i]), 0);
        buffer_text(to, "</p>\n");
    }
    if (report->options->evidence_count)
        files_write(to, report->options);
    if (summary->blind_count)
        blind_write(to, summary);
    if (summary->refused_count)
        refused_write(to, summary);
}

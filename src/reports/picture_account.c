/* What was seen and what was not. */
#include "reports/picture.h"

#include "reports/tally.h"

#include <stdio.h>

#define FILES_SHOWN   10U
#define NOTES_SHOWN   3U
#define REFUSED_SHOWN 5U
#define REASONS_SHOWN 5U
#define REASONS_MAX   1024U

static bool is_evidence(const struct report_evidence *evidence)
{
    return strcmp(evidence->type, "not evidence") != 0;
}

static void more_write(const struct page *page, uint64_t more, const char *indent)
{
    buffer_format(page->out, "%s%sand ", indent, page->paint->dim);
    page_number(page, more, 0);
    buffer_format(page->out, " more%s\n", page->paint->reset);
}

/* --- Evidence --- */

struct sums {
    struct account account;
    uint64_t bytes, files, others, incomplete;
};

static struct sums sums_of(const struct report_options *options)
{
    struct sums sums = {0};
    account_init(&sums.account);
    for (uint32_t i = 0; i < options->evidence_count; i++) {
        const struct report_evidence *evidence = &options->evidence[i];
        const struct account *account = evidence->account;
        sums.bytes += evidence->bytes;
        sums.files += is_evidence(evidence);
        sums.others += !is_evidence(evidence);
        sums.incomplete += account->is_incomplete;
        sums.account.read += account->read;
        sums.account.carved += account->carved;
        sums.account.damaged += account->damaged;
        sums.account.missing += account->missing;
        account_time(&sums.account, account->first);
        account_time(&sums.account, account->last);
    }
    return sums;
}

static void part(const struct page *page, uint64_t number, const char *what)
{
    if (!number)
        return;
    buffer_text(page->out, ", ");
    page_number(page, number, 0);
    buffer_format(page->out, " %s", what);
}

static void records_write(const struct page *page, const struct sums *sums)
{
    page_label(page, "records");
    page_number(page, sums->account.read, 0);
    buffer_text(page->out, " read");
    part(page, sums->account.carved, "of them carved");
    part(page, sums->account.damaged, "damaged");
    part(page, sums->account.missing, "missing");
    buffer_byte(page->out, '\n');
    if (!instant_is_known(sums->account.first))
        return;
    page_label(page, "from");
    page_time(page, sums->account.first, 19);
    buffer_text(page->out, " to ");
    page_time(page, sums->account.last, 19);
    buffer_text(page->out, " UTC\n");
}

static void incomplete_write(const struct page *page, const struct report_evidence *evidence)
{
    const struct account *account = evidence->account;
    buffer_text(page->out, "    ");
    page_text(page, "", bytes_of_text(evidence->path),
              (struct columns){.width = page_left(page, 4)});
    buffer_byte(page->out, '\n');
    for (uint32_t i = 0; i < account->note_count && i < NOTES_SHOWN; i++) {
        buffer_text(page->out, "      ");
        page_text(page, page->paint->dim, bytes_of_text(account_note_at(account, i)),
                  (struct columns){.width = page_left(page, 6)});
        buffer_byte(page->out, '\n');
    }
    const uint64_t notes = (uint64_t)account->note_count + account->notes_left_out;
    if (notes > NOTES_SHOWN)
        more_write(page, notes - NOTES_SHOWN, "      ");
}

static void evidence_write(const struct page *page, const struct report_options *options)
{
    const struct sums sums = sums_of(options);
    page_heading(page, "Evidence");
    buffer_text(page->out, "  ");
    page_things(page, sums.files, "file");
    buffer_text(page->out, ", ");
    page_bytes(page, sums.bytes);
    part(page, sums.others,
         sums.others == 1 ? "item that is not evidence" : "items that are not evidence");
    buffer_byte(page->out, '\n');
    records_write(page, &sums);
    if (!sums.incomplete)
        return;
    page_label(page, "incomplete");
    page_things(page, sums.incomplete, "file");
    buffer_byte(page->out, '\n');
    uint64_t shown = 0;
    for (uint32_t i = 0; i < options->evidence_count && shown < FILES_SHOWN; i++)
        if (options->evidence[i].account->is_incomplete) {
            incomplete_write(page, &options->evidence[i]);
            shown++;
        }
    if (sums.incomplete > shown)
        more_write(page, sums.incomplete - shown, "    ");
}

/* --- Rules --- */

static void refused_write(const struct page *page, const struct report_summary *summary)
{
    for (uint32_t i = 0; i < summary->refused_count && i < REFUSED_SHOWN; i++) {
        const struct sigma_refusal *refused = &summary->refused[i];
        page_label(page, i ? "" : "refused");
        struct cell cell = cell_begin(page->out, page_left(page, 14));
        char line[16];
        cell_text(&cell, bytes_of_text(refused->path));
        snprintf(line, sizeof(line), ":%u: ", refused->line);
        cell_text(&cell, bytes_of_text(line));
        cell_text(&cell, bytes_of_text(refused->reason));
        buffer_byte(page->out, '\n');
    }
    if (summary->refused_count > REFUSED_SHOWN)
        more_write(page, summary->refused_count - REFUSED_SHOWN, "              ");
}

/* The reasons, or the settings that would help, with the number of rules each. */
static void grouped_write(const struct page *page, const struct report_summary *summary,
                          const char *name, size_t member)
{
    struct tally tally;
    tally_init(&tally, REASONS_MAX);
    for (uint32_t i = 0; i < summary->blind_count; i++) {
        const char *text;
        memcpy(&text, (const char *)&summary->blind[i] + member, sizeof(text));
        if (text)
            tally_add(&tally, bytes_of_text(text), SIGMA_INFORMATIONAL,
                      (struct instant){.seconds = INSTANT_NONE});
    }
    tally_sort(&tally);
    for (size_t i = 0; i < tally.count && i < REASONS_SHOWN; i++) {
        page_label(page, i ? "" : name);
        page_number(page, tally.rows[i].total, 5);
        buffer_text(page->out, "  ");
        page_text(page, "", tally.rows[i].key, (struct columns){.width = page_left(page, 21)});
        buffer_byte(page->out, '\n');
    }
    if (tally.count > REASONS_SHOWN)
        more_write(page, tally.count - REASONS_SHOWN + tally.left_out, "              ");
    tally_release(&tally);
}

static void rules_write(const struct page *page, const struct report_summary *summary)
{
    page_heading(page, "Rules");
    buffer_text(page->out, "  ");
    page_number(page, summary->rules_loaded, 0);
    buffer_text(page->out, " loaded");
    part(page, summary->blind_count, "of them blind here");
    part(page, summary->refused_count, "refused");
    buffer_byte(page->out, '\n');
    refused_write(page, summary);
    grouped_write(page, summary, "blind", offsetof(struct report_blind, reason));
    grouped_write(page, summary, "would help", offsetof(struct report_blind, audit));
    if (summary->suppressed) {
        page_label(page, "suppressed");
        page_things(page, summary->suppressed, "finding");
        buffer_byte(page->out, '\n');
    }
    for (uint32_t i = 0; i < summary->note_count; i++) {
        page_label(page, i ? "" : "notes");
        page_text(page, "", bytes_of_text(summary->notes[i]),
                  (struct columns){.width = page_left(page, 14)});
        buffer_byte(page->out, '\n');
    }
}

/* --- The run --- */

static void run_write(const struct page *page, const struct report_summary *summary)
{
    page_heading(page, "Sandbox");
    buffer_text(page->out, "  ");
    page_text(page, "", bytes_of_text(summary->sandbox),
              (struct columns){.width = page_left(page, 9)});
    page_heading(page, "Time");
    buffer_format(page->out, "  %.2f s", summary->seconds);
    if (summary->seconds >= 0.01) {
        buffer_text(page->out, ", ");
        page_number(page, (uint64_t)((double)summary->events / summary->seconds), 0);
        buffer_text(page->out, " events/s");
    }
    buffer_byte(page->out, '\n');
}

void picture_write_account(const struct page *page, const struct report_options *options,
                           const struct report_summary *summary)
{
    evidence_write(page, options);
    rules_write(page, summary);
    run_write(page, summary);
}

#include "reports/case_table.h"

#include <stdio.h>

#define STEPS_SHOWN   8U
#define BECAUSE_SHOWN 5U
#define SKEWS_SHOWN   3U

static const char *verdict_colour(const struct page *page, enum ledger_standing standing)
{
    static const enum sigma_level levels[] = {
        [LEDGER_COVERED] = SIGMA_LOW,
        [LEDGER_UNDECIDED] = SIGMA_MEDIUM,
        [LEDGER_BEYOND] = SIGMA_HIGH,
        [LEDGER_UNCOVERED] = SIGMA_CRITICAL,
    };
    return page->paint->level[levels[standing]];
}

static void more_write(const struct page *page, uint64_t more)
{
    page_label(page, "");
    buffer_format(page->out, "%sand ", page->paint->dim);
    page_number(page, more, 0);
    buffer_format(page->out, " more%s\n", page->paint->reset);
}

/* The rest of a line behind a label. */
static struct cell line_begin(const struct page *page, const char *name)
{
    page_label(page, name);
    return cell_begin(page->out, page_left(page, PAGE_LABEL));
}

static void list_line(const struct page *page, const char *name, const struct case_texts *texts)
{
    if (!texts->count)
        return;
    struct cell cell = line_begin(page, name);
    for (uint32_t i = 0; i < texts->count && !cell.is_cut; i++) {
        cell_text(&cell, bytes_of_text(i ? ", " : ""));
        cell_text(&cell, texts->items[i]);
    }
    buffer_byte(page->out, '\n');
}

static void tools_line(const struct page *page, const char *name, const struct case_tool *tools,
                       uint32_t count)
{
    if (!count)
        return;
    struct cell cell = line_begin(page, name);
    for (uint32_t i = 0; i < count && !cell.is_cut; i++) {
        char sure[32];
        snprintf(sure, sizeof(sure), " %.0f %%", tools[i].confidence * 100);
        cell_text(&cell, bytes_of_text(i ? ", " : ""));
        cell_text(&cell, tools[i].name);
        cell_text(&cell, bytes_of_text(sure));
    }
    buffer_byte(page->out, '\n');
}

static void when_line(const struct page *page, const struct case_record *record)
{
    page_label(page, "when");
    page_time(page, record->first, 19);
    buffer_text(page->out, " to ");
    page_time(page, record->last, 19);
    buffer_text(page->out, " UTC\n");
}

static void skew_lines(const struct page *page, const struct case_record *record)
{
    for (uint32_t i = 0; i < record->skew_count && i < SKEWS_SHOWN; i++) {
        const struct case_skew *skew = &record->skews[i];
        page_label(page, i ? "" : "clocks");
        page_text(page, "", skew->host, (struct columns){.width = page_left(page, 46)});
        buffer_format(page->out, " by %+.3f s (within %.3f s)\n", skew->seconds, skew->uncertainty);
    }
    if (record->skew_count > SKEWS_SHOWN)
        more_write(page, record->skew_count - SKEWS_SHOWN);
}

static void because_lines(const struct page *page, const struct ledger_because *because)
{
    for (uint32_t i = 0; i < because->count && i < BECAUSE_SHOWN; i++) {
        page_label(page, i ? "" : "because");
        page_text(page, "", bytes_of_text(because->sentences[i]),
                  (struct columns){.width = page_left(page, PAGE_LABEL)});
        buffer_byte(page->out, '\n');
    }
    if (because->count > BECAUSE_SHOWN)
        more_write(page, because->count - BECAUSE_SHOWN);
}

/* What was run; where nothing is known of that, who did it. */
static void what_write(const struct page *page, const struct case_step *step, size_t width)
{
    struct cell cell = cell_begin(page->out, width);
    if (!step->ran.count && step->account.length) {
        cell_text(&cell, bytes_of_text("as "));
        cell_text(&cell, step->account);
    }
    for (uint32_t i = 0; i < step->ran.count && !cell.is_cut; i++) {
        cell_text(&cell, bytes_of_text(i ? "; " : ""));
        cell_text(&cell, step->ran.items[i]);
    }
}

#define TOOL_WIDTH   14
#define TARGET_WIDTH 18
#define STEP_WIDTH   (PAGE_LABEL + 19 + 2 + TOOL_WIDTH + 2 + TARGET_WIDTH + 2)

/* Without a width of the page, nothing is cut. */
static void step_column(const struct page *page, const char *colour, struct bytes text,
                        size_t width)
{
    page_text(page, colour, text,
              (struct columns){.width = page->width ? width : 0, .fill = width, .gap = 2});
}

static void step_line(const struct page *page, const char *name, const struct case_step *step)
{
    page_label(page, name);
    page_time(page, step->first, 19);
    buffer_text(page->out, "  ");
    step_column(page, page->paint->bold, step->tool, TOOL_WIDTH);
    step_column(page, "", step->target, TARGET_WIDTH);
    what_write(page, step, page_left(page, STEP_WIDTH));
    page_line_end(page, "");
}

static void step_lines(const struct page *page, const struct case_record *record)
{
    for (uint32_t i = 0; i < record->step_count && i < STEPS_SHOWN; i++)
        step_line(page, i ? "" : "steps", &record->steps[i]);
    if (record->step_count > STEPS_SHOWN)
        more_write(page, record->step_count - STEPS_SHOWN);
}

void case_table_write(const struct page *page, uint64_t number, const struct case_record *record,
                      const struct ledger_verdict *verdict)
{
    char heading[32];
    snprintf(heading, sizeof(heading), "Case %llu", (unsigned long long)number);
    page_heading(page, heading);
    buffer_text(page->out, "  ");
    page_text(page, verdict_colour(page, verdict->standing),
              bytes_of_text(ledger_status(verdict->standing)), (struct columns){.gap = 2});
    page_text(page, "", record->title, (struct columns){.width = page_left(page, 42)});
    buffer_byte(page->out, '\n');
    tools_line(page, "tool", record->tools, record->tool_count);
    tools_line(page, "perhaps", record->alternatives, record->alternative_count);
    list_line(page, "look at", &record->hosts);
    list_line(page, "from", &record->sources);
    list_line(page, "account", &record->accounts);
    when_line(page, record);
    because_lines(page, &verdict->because);
    skew_lines(page, record);
    step_lines(page, record);
}

void case_table_more(const struct page *page, uint64_t more)
{
    buffer_format(page->out, "\n%sand ", page->paint->dim);
    page_things(page, more, "more case");
    buffer_format(page->out, "%s\n", page->paint->reset);
}

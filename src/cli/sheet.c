#include "cli/sheet.h"

#include "reports/reports.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define GAP          2U
#define TIME_COLUMNS 19U /* to the second */

bool sheet_wants_colour(const struct output *output)
{
    const char *no_colour = getenv("NO_COLOR");
    return output_is_terminal(output) && !(no_colour && *no_colour);
}

struct sheet sheet_for(const struct output *output, struct buffer *to)
{
    return (struct sheet){
        .page = {.out = to,
                 .paint = sheet_wants_colour(output) ? &paint_colour : &paint_plain,
                 .width = report_terminal_width(output_descriptor(output))}};
}

static bool is_last(const struct sheet *sheet)
{
    return !sheet->columns[sheet->at + 1].title;
}

/* How wide the next column may be, and up to where it is filled on its right. */
static struct columns columns_of(const struct sheet *sheet)
{
    const size_t width = sheet->columns[sheet->at].width;
    if (is_last(sheet))
        return (struct columns){.width = width ? width : page_left(&sheet->page, sheet->used)};
    return (struct columns){.width = width, .fill = width, .gap = GAP};
}

static void column_end(struct sheet *sheet)
{
    sheet->used += sheet->columns[sheet->at].width + GAP;
    if (is_last(sheet))
        sheet_end(sheet);
    else
        sheet->at++;
}

void sheet_resume(struct sheet *sheet, const struct sheet_column *columns)
{
    sheet->columns = columns;
    sheet->at = sheet->used = 0;
}

void sheet_begin(struct sheet *sheet, const char *heading, const struct sheet_column *columns)
{
    const struct page *page = &sheet->page;
    sheet_resume(sheet, columns);
    if (heading) {
        page_heading(page, heading);
        buffer_byte(page->out, '\n');
    }
    while (true) {
        const struct sheet_column *column = &columns[sheet->at];
        const size_t length = strlen(column->title);
        const bool was_last = is_last(sheet);
        for (size_t i = length; column->is_number && i < column->width; i++)
            buffer_byte(page->out, ' ');
        struct columns place = columns_of(sheet);
        place.fill = column->is_number ? 0 : place.fill;
        page_text(page, page->paint->dim, bytes_of_text(column->title), place);
        column_end(sheet);
        if (was_last)
            break;
    }
}

void sheet_painted(struct sheet *sheet, const char *colour, struct bytes text)
{
    page_text(&sheet->page, colour, text, columns_of(sheet));
    column_end(sheet);
}

void sheet_text(struct sheet *sheet, struct bytes text)
{
    sheet_painted(sheet, "", text);
}

void sheet_number(struct sheet *sheet, uint64_t number)
{
    page_count(&sheet->page, number, sheet->columns[sheet->at].width);
    if (!is_last(sheet))
        buffer_text(sheet->page.out, "  ");
    column_end(sheet);
}

void sheet_time(struct sheet *sheet, struct instant time)
{
    struct buffer text = {0};
    const struct page page = {.out = &text, .paint = &paint_plain};
    page_time(&page, time,
              sheet->columns[sheet->at].width ? sheet->columns[sheet->at].width : TIME_COLUMNS);
    sheet->page.out->failed |= text.failed;
    sheet_text(sheet, buffer_view(&text));
    buffer_release(&text);
}

void sheet_end(struct sheet *sheet)
{
    struct buffer *out = sheet->page.out;
    while (out->length && out->data[out->length - 1] == ' ')
        out->length--;
    buffer_byte(sheet->page.out, '\n');
    sheet->at = sheet->used = 0;
}

#include "reports/page.h"

#include <stdio.h>

const struct paint paint_plain = {"", "", "", {"", "", "", "", ""}};

/* The levels in Hayabusa's colours. */
const struct paint paint_colour = {
    .bold = "\x1b[1m",
    .dim = "\x1b[2m",
    .reset = "\x1b[0m",
    .level =
        {
            [SIGMA_INFORMATIONAL] = "",
            [SIGMA_LOW] = "\x1b[38;5;46m",
            [SIGMA_MEDIUM] = "\x1b[38;5;226m",
            [SIGMA_HIGH] = "\x1b[38;5;214m",
            [SIGMA_CRITICAL] = "\x1b[38;5;196m",
        },
};

const char *const page_levels[SIGMA_LEVEL_COUNT] = {
    [SIGMA_INFORMATIONAL] = "info", [SIGMA_LOW] = "low",       [SIGMA_MEDIUM] = "med",
    [SIGMA_HIGH] = "high",          [SIGMA_CRITICAL] = "crit",
};

void page_heading(const struct page *page, const char *heading)
{
    buffer_format(page->out, "\n%s%s%s", page->paint->bold, heading, page->paint->reset);
}

void page_label(const struct page *page, const char *name)
{
    buffer_text(page->out, "  ");
    page_text(page, page->paint->dim, bytes_of_text(name), (struct columns){.fill = 12});
}

void page_text(const struct page *page, const char *colour, struct bytes text,
               struct columns columns)
{
    struct cell cell = cell_begin(page->out, columns.width);
    buffer_text(page->out, colour);
    cell.mark = page->out->length;
    cell_text(&cell, text);
    if (colour[0])
        buffer_text(page->out, page->paint->reset);
    page_fill(page, &cell, columns);
}

void page_fill(const struct page *page, const struct cell *cell, struct columns columns)
{
    const size_t fill = cell->used < columns.fill ? columns.fill - cell->used : 0;
    for (size_t i = 0; i < fill + columns.gap; i++)
        buffer_byte(page->out, ' ');
}

void page_line_end(const struct page *page, const char *reset)
{
    struct buffer *out = page->out;
    while (out->length && out->data[out->length - 1] == ' ')
        out->length--;
    buffer_text(out, reset);
    buffer_byte(out, '\n');
}

size_t page_left(const struct page *page, size_t used)
{
    if (!page->width)
        return 0;
    return page->width > used + 10 ? page->width - used : 10;
}

#define NUMBER_BOUND 32

/* With a comma between groups of three digits; returns the length. */
static size_t number_write(char to[NUMBER_BOUND], uint64_t number)
{
    char digits[NUMBER_BOUND];
    const int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            to[length++] = ',';
        to[length++] = digits[i];
    }
    to[length] = '\0';
    return length;
}

void page_number(const struct page *page, uint64_t number, size_t columns)
{
    char text[NUMBER_BOUND];
    for (size_t length = number_write(text, number); length < columns; length++)
        buffer_byte(page->out, ' ');
    buffer_text(page->out, text);
}

void page_count(const struct page *page, uint64_t number, size_t columns)
{
    if (number)
        page_number(page, number, columns);
    else
        buffer_format(page->out, "%*s%s-%s", (int)columns - 1, "", page->paint->dim,
                      page->paint->reset);
}

void page_things(const struct page *page, uint64_t number, const char *thing)
{
    page_number(page, number, 0);
    buffer_format(page->out, " %s%s", thing, number == 1 ? "" : "s");
}

void page_bytes(const struct page *page, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double number = (double)bytes;
    size_t unit = 0;
    for (; number >= 1000 && unit + 1 < COUNT_OF(units); unit++)
        number /= 1000;
    buffer_format(page->out, unit ? "%.1f %s" : "%.0f %s", number, units[unit]);
}

void page_time(const struct page *page, struct instant time, size_t length)
{
    char text[INSTANT_TEXT_BOUND];
    const size_t written = instant_write(text, time);
    if (!written) {
        buffer_byte(page->out, '-');
        return;
    }
    text[10] = ' ';
    buffer_bytes(page->out, text, written - 1 < length ? written - 1 : length);
}

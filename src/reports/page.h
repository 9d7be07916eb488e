/* Lines for people: colours, aligned columns, numbers as they are read aloud. Everything that is
 * not ours goes through escape.h. */
#ifndef IMPOUND_REPORTS_PAGE_H
#define IMPOUND_REPORTS_PAGE_H

#include "base/instant.h"
#include "reports/escape.h"
#include "rules/sigma/sigma.h"

/* Escape sequences, or empty texts. */
struct paint {
    const char *bold, *dim, *reset;
    const char *level[SIGMA_LEVEL_COUNT];
};

extern const struct paint paint_plain, paint_colour;

/* crit, high, med, low, info */
extern const char *const page_levels[SIGMA_LEVEL_COUNT];

struct page {
    struct buffer *out;
    const struct paint *paint;
    size_t width; /* of the terminal; 0: no limit */
};

/* An empty line and a bold word; the line goes on. */
void page_heading(const struct page *page, const char *heading);

/* A dim word at the beginning of a line, in PAGE_LABEL columns. */
#define PAGE_LABEL 14
void page_label(const struct page *page, const char *name);

/* How many columns a text may have (0: no limit), up to how many it is filled, and how many are
 * left free behind it whatever its length. */
struct columns {
    size_t width, fill, gap;
};
void page_text(const struct page *page, const char *colour, struct bytes text,
               struct columns columns);

/* The same where text is put together piece by piece. */
void page_fill(const struct page *page, const struct cell *cell, struct columns columns);

/* Ends a line, without blanks before its end. `reset` ends a colour, or is empty. */
void page_line_end(const struct page *page, const char *reset);

/* Columns that are left on a line of which `used` are taken; 0 when there is no limit. */
size_t page_left(const struct page *page, size_t used);

/* 1,234,567, to the right of `columns`; a number of 0 is a `-` when that is asked for. */
void page_number(const struct page *page, uint64_t number, size_t columns);
void page_count(const struct page *page, uint64_t number, size_t columns);

/* `1 file`, `2 files` */
void page_things(const struct page *page, uint64_t number, const char *thing);

/* 12.3 MB */
void page_bytes(const struct page *page, uint64_t bytes);

/* 2024-03-01 12:00:00 with `length` bytes of that, `-` when unknown. */
void page_time(const struct page *page, struct instant time, size_t length);

#endif

/* Tables for people: columns under a line of titles. What is not ours is escaped; nothing is wider
 * than the terminal. */
#ifndef IMPOUND_CLI_SHEET_H
#define IMPOUND_CLI_SHEET_H

#include "cli/output.h"
#include "reports/page.h"

struct sheet_column {
    const char *title;
    size_t width; /* columns of the terminal; 0: what is left of the line, which ends it */
    bool is_number;
};

struct sheet {
    struct page page;
    const struct sheet_column *columns; /* ended by one without a title */
    size_t at;                          /* the column that is next */
    size_t used;                        /* of the terminal's */
};

/* Colours where the output is a terminal, unless the user's environment says NO_COLOR. The sheet
 * writes into `to`. */
struct sheet sheet_for(const struct output *output, struct buffer *to);
bool sheet_wants_colour(const struct output *output);

/* Begins a table, below a heading when there is one; its titles come first. */
void sheet_begin(struct sheet *sheet, const char *heading, const struct sheet_column *columns);

/* Goes on with a table whose titles stand already. */
void sheet_resume(struct sheet *sheet, const struct sheet_column *columns);

/* Fill the next column. A row ends behind the last one, or with sheet_end. */
void sheet_text(struct sheet *sheet, struct bytes text);
void sheet_painted(struct sheet *sheet, const char *colour, struct bytes text);
void sheet_number(struct sheet *sheet, uint64_t number);
void sheet_time(struct sheet *sheet, struct instant time);
void sheet_end(struct sheet *sheet);

#endif

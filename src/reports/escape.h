/* The one place where text of the evidence is made harmless for people's screens and sheets: what a
 * terminal would obey, what hides or turns around other text, and what is no character is shown as
 * what it is (\x1b, \u202e). JSON has its own form (base/buffer.h). */
#ifndef IMPOUND_REPORTS_ESCAPE_H
#define IMPOUND_REPORTS_ESCAPE_H

#include "base/buffer.h"

#define ESCAPE_CHAR_BOUND 12

/* One character, or what it is shown as. */
struct escaped {
    uint8_t text[ESCAPE_CHAR_BOUND];
    uint8_t length;
    uint8_t columns; /* on a terminal: 0 for marks on the character before, 2 for wide ones */
    uint8_t taken;   /* bytes of the source */
};

/* The first character of at least one byte. */
struct escaped escape_char(struct bytes text);

/* Appends all of it. */
void escape_text(struct buffer *to, struct bytes text);

/* Appends a cell of a CSV file (RFC 4180) in quotes. One that a spreadsheet would run as a formula
 * begins with an apostrophe. `text` must have gone through escape_text. */
void escape_csv(struct buffer *to, struct bytes text);

/* A cell of a table: text that is escaped and cut to a number of columns. */
struct cell {
    struct buffer *to;
    size_t width; /* columns; 0: no limit */
    size_t used;
    size_t mark, mark_used; /* in `to`, and in columns: where an ellipsis would go */
    unsigned stacked;       /* marks on the last character */
    bool is_cut;
};

struct cell cell_begin(struct buffer *to, size_t width);
void cell_text(struct cell *cell, struct bytes text);
/* Appends what takes no columns: a colour. Nothing once the cell is cut. */
void cell_colour(struct cell *cell, const char *colour);

#endif

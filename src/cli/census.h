/* Counts by what was seen, in bounded memory: past the maximum, what is new is only counted
 * together. A key is several texts.
 *
 * What threads see goes through the batches' output in the same packed form and is counted where
 * that is committed, in the order of the evidence: so it does not depend on the number of threads,
 * even where the maximum cuts. */
#ifndef IMPOUND_CLI_CENSUS_H
#define IMPOUND_CLI_CENSUS_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/instant.h"
#include "rules/compile/keys.h"

#define CENSUS_ROWS_MAX 100000U
#define CENSUS_TEXT_MAX 1024U /* bytes of one text; the rest is cut off */

struct census_row {
    uint64_t count;
    uint64_t failed; /* of them, where that has a meaning */
    struct instant first, last;
};

struct census {
    struct keys keys;
    struct census_row *rows; /* by number of the key */
    size_t room;
    uint64_t left_out;
};

void census_init(struct census *census);
void census_release(struct census *census);

/* The row of a key, new or known, counted once more; NULL past the maximum. Rows move. */
struct census_row *census_count(struct census *census, struct bytes key, struct instant time);

/* The numbers of the rows, the most frequent first, then in the order of the keys; to be freed.
 * NULL without memory. */
uint32_t *census_order(const struct census *census);

/* Packing: texts behind their lengths, and moments. */
void census_put(struct buffer *to, struct bytes text);
void census_put_time(struct buffer *to, struct instant time);
/* What was packed by us is whole. */
struct bytes census_take(struct cursor *from);
struct instant census_take_time(struct cursor *from);
uint8_t census_take_byte(struct cursor *from);
/* Takes several texts as one key, which stays packed. */
struct bytes census_take_key(struct cursor *from, unsigned texts);

#endif

/* Counts by name, for the closing picture. Bounded: past the maximum, new names are only counted
 * together. */
#ifndef IMPOUND_REPORTS_TALLY_H
#define IMPOUND_REPORTS_TALLY_H

#include "base/arena.h"
#include "base/instant.h"
#include "rules/sigma/sigma.h"

struct tally_row {
    struct bytes key;
    uint64_t total;
    uint64_t counts[SIGMA_LEVEL_COUNT];
    struct instant first, last;
};

struct tally {
    struct tally_row *rows;
    size_t count, room;
    size_t *index; /* of rows, + 1; twice as many places as rows, a power of two */
    uint64_t left_out;
    size_t maximum;
    struct arena keys;
};

void tally_init(struct tally *tally, size_t maximum);
void tally_release(struct tally *tally);

/* The row of `key`, new or known; NULL past the maximum or without memory. Rows move when another
 * is added. */
struct tally_row *tally_row(struct tally *tally, struct bytes key);

/* Counts one. `time` must not go back. */
struct tally_row *tally_add(struct tally *tally, struct bytes key, enum sigma_level level,
                            struct instant time);

/* The worst first: by the counts from critical down, then by name. To be called once, last. */
void tally_sort(struct tally *tally);

#endif

/* Talks for the tests and the fuzz target of SMB: one connection's bytes into events, without
 * packets. A talk is a run of records: side (1 byte: 0 client, 1 server, 2 and 3: that many bytes
 * of theirs are lost), length (3 bytes, little-endian), bytes (none when they are lost). */
#ifndef IMPOUND_TESTS_CAPTURE_SMB_LAB_H
#define IMPOUND_TESTS_CAPTURE_SMB_LAB_H

#include "readers/capture/runtime/runtime.h"

struct lab {
    struct reader_shared shared;
    struct wire_output output;
    struct losses losses;
    struct facts facts;
    struct wire_lane lane;
    struct buffer events; /* JSON, one a line */
    uint64_t memory;      /* the most that the connection held */
};

struct lab *lab_new(void);
void lab_free(struct lab *lab);

/* Gives each record in pieces of `piece` bytes (0: whole). */
void lab_talk(struct lab *lab, const struct wire_protocol *protocol, struct bytes talk,
              size_t piece);

/* How many events have both texts, as they stand in the JSON. */
size_t lab_count(const struct lab *lab, const char *one, const char *other);

/* Counted by reason. */
uint64_t lab_damaged(const struct lab *lab);

#endif

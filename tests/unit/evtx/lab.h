/* A small log that was written for these tests (sample.jsonl, by evtxwriter), and its first chunk
 * read in every way. */
#ifndef IMPOUND_TESTS_EVTX_LAB_H
#define IMPOUND_TESTS_EVTX_LAB_H

#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LAB_RECORDS 5

/* The log; its path is an argument of the test program. */
struct buffer lab_log(const char *path);

/* The first chunk of a log without the free space at its end. */
struct bytes lab_chunk(const struct buffer *log);

/* Where record number `index` of the chunk stands. */
struct evtx_envelope lab_record(struct bytes chunk, unsigned index);

struct lab {
    struct reader_shared shared;
    struct evtx_decoder *decoder;
    struct account account;
    struct buffer text;       /* every record in the last form, a line each */
    uint64_t identifiers[16]; /* of the records */
    unsigned count, carved;
};

void lab_open(struct lab *lab, bool carve);
void lab_close(struct lab *lab);

/* Decodes the bytes as a chunk, in a copy of their own length; what was there before is forgotten.
 */
void lab_decode(struct lab *lab, struct bytes chunk);

/* Whether a note of the account has these words. */
bool lab_is_noted(const struct lab *lab, const char *words);

#endif

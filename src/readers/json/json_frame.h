/* How the records of a JSON text stand in it: one a line, indented over several, or one after the
 * other on the same line. Told once by the beginning of the text.
 *
 * Wherever records begin on a line of their own, that is where a damaged one is left behind: no
 * line within a record looks so. */
#ifndef IMPOUND_READERS_JSON_FRAME_H
#define IMPOUND_READERS_JSON_FRAME_H

#include "base/bytes.h"

enum json_framing {
    JSON_STREAM, /* no order of lines: records are told by their brackets */
    JSON_LINES,  /* a record a line */
    JSON_BLOCKS, /* a record begins on a line of its own, behind `indent` blanks */
};

struct json_frame {
    enum json_framing framing;
    unsigned indent;
    bool has_envelope; /* the records are a list in an object (json_envelope.h) */
    struct bytes
        key; /* in a stream: the first record's bracket and first key, which begin others */
};

/* Skips what stands between records: blanks, commas, the brackets of a list around them, and the
 * lines `Record 7` of evtx_dump. */
const uint8_t *json_between(const uint8_t *at, const uint8_t *end);

struct json_frame json_frame_of(struct bytes text, bool is_all);

/* As a number that fits into batch.kind above CUTTER_KIND_SHIFT, and back; without the key. */
uint32_t json_frame_number(const struct json_frame *frame);
struct json_frame json_frame_of_number(uint32_t number);

/* The first bracket and key of the record at `at`, as json_frame.key. */
struct bytes json_first_key(const uint8_t *at, const uint8_t *end);

/* Whether the line feed at `at` stands before the beginning of a record; *begin is then its place,
 * at the first byte of its line. Not in a stream. */
bool json_is_boundary(const struct json_frame *frame, const uint8_t *at, const uint8_t *end);

/* Where the next record begins, behind `at`; NULL when none does before `end`. */
const uint8_t *json_resume(const struct json_frame *frame, const uint8_t *at, const uint8_t *end);

/* Where to cut: as cutter_format.cut. */
size_t json_cut(const struct json_frame *frame, struct bytes text);

#endif

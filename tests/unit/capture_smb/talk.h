/* Talks in files, what must be told of them, and what may happen to any of them. For programs of
 * cmocka tests. */
#ifndef IMPOUND_TESTS_TALK_H
#define IMPOUND_TESTS_TALK_H

#include "lab.h"

struct talk {
    const char *name; /* below the folder of the talks */
    const struct wire_protocol *protocol;
    bool is_in_messages; /* it cannot be cut anew */
};

/* The folder, for the functions below. */
void talks_in(const char *folder);

/* A talk's bytes; the caller releases them. */
struct buffer talk_read(const char *name);

/* What is told of a talk, nothing of it damaged; the caller frees it. */
struct lab *talk_events(const char *name, const struct wire_protocol *protocol);

/* So many events of the log hold the text. */
void expect(const struct lab *lab, size_t count, const char *log, const char *text);

/* Cut into pieces of any size, a talk tells the same. */
void talk_in_pieces(const struct talk *talk);

/* No beginning of a talk and no bit flipped in it does harm, or leaves memory behind. */
void talk_prefixes(const struct talk *talk);
void talk_bit_flips(const struct talk *talk);

/* Each record of a talk from the `first` on is lost, or a part of it: all events of the log are
 * told as before but the one that it belongs to, and nothing is damaged by it. */
void talk_with_gaps(const struct talk *talk, const char *log, size_t first);

#endif

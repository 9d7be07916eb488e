/* The account of one piece of evidence: what was read, carved, damaged, missing, refused, and why.
 * "Nothing found" is only ever printed next to it. */
#ifndef IMPOUND_EVIDENCE_ACCOUNT_H
#define IMPOUND_EVIDENCE_ACCOUNT_H

#include "base/buffer.h"
#include "base/instant.h"

struct account {
    uint64_t read;              /* records that became events, carved ones included */
    uint64_t carved;            /* of them, found outside the format's own structure */
    uint64_t damaged;           /* places where a record was and could not be read */
    uint64_t missing;           /* records that the format says were there and are not */
    struct instant first, last; /* of the events' times; unknown when there was none */
    bool is_incomplete;  /* something live was damaged, cut off, missing, refused or unreadable */
    struct buffer notes; /* texts, each ended by a NUL */
    uint32_t note_count;
    uint32_t notes_left_out;            /* past ACCOUNT_NOTES_MAX */
    uint64_t first_record, last_record; /* ids at the ends of what this part covers, for the
                                           joining; both 0 when it has none */
};

#define ACCOUNT_NOTES_MAX 64

void account_init(struct account *account);
void account_release(struct account *account);

/* Adds a sentence for the reader of the report: what, where (offset, record ids), why. */
void account_note(struct account *account, const char *format, ...) PRINTF_LIKE(2, 3);

/* Widens first and last. */
void account_time(struct account *account, struct instant time);

/* Adds the later part `more` to `account`. */
void account_join(struct account *account, const struct account *more);

/* Note number `index`, or NULL. */
const char *account_note_at(const struct account *account, uint32_t index);

#endif

/* What was ordered: signed engagements, and whether they cover what was done. docs/ledger.md tells
 * the format of the files and decides the doubtful cases.
 *
 * In: a folder of engagements and withdrawals with their signatures, an allowed-signers file, and
 * facts about what was done. Out: a verdict on each step and on the whole, with the clauses that
 * decided. Knows nothing of findings, cases and reports. Nothing depends on the clock: the same
 * files and facts give the same verdict.
 *
 * A ledger is immutable once it was read, and may be used by many threads. Texts in what is
 * returned come from files and evidence: whoever shows them escapes them. */
#ifndef IMPOUND_LEDGER_H
#define IMPOUND_LEDGER_H

#include "base/arena.h"
#include "base/instant.h"

struct ledger;

/* --- The files --- */

#define LEDGER_FILES_MAX 4096U /* of a folder; what is more is told, and not used */

/* Reads a folder and the allowed-signers file, which may be NULL: then nothing is verified. Broken
 * files stand in the remarks and are not used; the others count. STATUS_MEMORY, or STATUS_INVALID
 * when the folder itself cannot be read. Free with ledger_free, which takes NULL too. */
enum status ledger_read(const char *folder, const char *signers, struct ledger **ledger,
                        struct fault *fault) MUST_CHECK;
void ledger_free(struct ledger *ledger);

enum ledger_trouble {
    LEDGER_NOTE,       /* worth a word */
    LEDGER_INVALID,    /* a file is broken: exit status 3 */
    LEDGER_UNVERIFIED, /* a signature is missing, wrong or not allowed: exit status 5 */
};

struct ledger_remark {
    enum ledger_trouble trouble;
    const char *path;
    uint32_t line; /* 0: the whole file */
    const char *reason;
};

/* In the order of the file names, those of the allowed-signers file first. */
uint32_t ledger_remark_count(const struct ledger *ledger);
const struct ledger_remark *ledger_remark(const struct ledger *ledger, uint32_t index);

/* Whether any remark is of this kind. */
bool ledger_has(const struct ledger *ledger, enum ledger_trouble trouble);

enum ledger_kind { LEDGER_ENGAGEMENT, LEDGER_REVOCATION, LEDGER_BROKEN };

/* What there is to tell of a file `NAME.yaml`. Texts are NULL where they are not known. */
struct ledger_file {
    enum ledger_kind kind;
    const char *path;
    const char *id;     /* of the engagement; a revocation's is the one that it withdraws */
    const char *signer; /* the principals whose key has signed it, when the signature holds */
    const char *key;    /* what signed it, as ssh-keygen -l shows it, allowed or not */
    bool is_used;       /* valid, verified, and no second one of its id */
};

/* In the order of the file names. */
uint32_t ledger_file_count(const struct ledger *ledger);
const struct ledger_file *ledger_file(const struct ledger *ledger, uint32_t index);

/* Who is to be called about an engagement. Texts are NULL where the file does not say. */
struct ledger_people {
    const char *orderer, *orderer_contact;
    const char *testers, *testers_contact;
};

/* False when no engagement of the id is used. */
bool ledger_people(const struct ledger *ledger, const char *id, struct ledger_people *people);

#define LEDGER_NOTES_MAX 8

/* What there is to tell of a file that is read without its signature. */
struct ledger_check {
    enum ledger_kind kind;
    const char *id;
    const char *notes[LEDGER_NOTES_MAX]; /* what is valid, but perhaps not meant */
    uint32_t note_count;
};

/* For who writes an engagement or a withdrawal. STATUS_INVALID, with the line in fault->offset,
 * when it is none. The texts are in the arena. */
enum status ledger_check_file(const char *path, struct arena *arena, struct ledger_check *check,
                              struct fault *fault) MUST_CHECK;
enum status ledger_check_text(struct bytes text, struct arena *arena, struct ledger_check *check,
                              struct fault *fault) MUST_CHECK;

/* --- The facts --- */

/* Empty items, and "-", say nothing. */
struct ledger_values {
    const struct bytes *items;
    uint32_t count; /* 0: not known */
};

/* One run of one tool against one target. */
struct ledger_step {
    struct instant first, last;      /* the whole span; one of them unknown: it is the other one */
    struct ledger_values sources;    /* any known name or address of the source host */
    struct ledger_values targets;    /* any known name or address of the target host */
    struct ledger_values accounts;   /* DOMAIN\name, name@domain or name; each must be allowed */
    struct ledger_values tools;      /* as in impound.tool; each must be allowed */
    struct ledger_values techniques; /* T1047, T1003.002; each must be allowed, none forbidden */
    struct ledger_values texts;      /* what the evidence says, to look for canaries */
};

/* --- The verdict --- */

enum ledger_standing {
    LEDGER_COVERED,   /* one engagement allows all of it */
    LEDGER_UNDECIDED, /* one would, if what the evidence lacks were known */
    LEDGER_BEYOND,    /* an engagement is there, this went beyond it */
    LEDGER_UNCOVERED, /* nothing covers it */
};

/* Sentences without a full stop, those that decided first. */
struct ledger_because {
    const char *const *sentences;
    uint32_t count;
};

struct ledger_judgement {
    enum ledger_standing standing;
    const char *engagement; /* the id that covers it, was exceeded, or would cover it; or NULL */
    struct ledger_because because;
};

struct ledger_verdict {
    enum ledger_standing standing; /* of the whole case */
    const char *engagement;        /* likewise */
    struct ledger_because because;
    const struct ledger_judgement *steps; /* as many as were given */
};

/* The word of the output contract: `authorised-test` and so on. */
const char *ledger_status(enum ledger_standing standing);

/* Judges the steps of one case. Without a ledger (NULL) nothing is covered. All of the verdict is
 * in the arena, or in the ledger. STATUS_MEMORY when the arena is full. The work is bounded by the
 * product of values, patterns and engagements. */
enum status ledger_judge(const struct ledger *ledger, const struct ledger_step *steps,
                         uint32_t count, struct arena *arena, struct ledger_verdict *verdict,
                         struct fault *fault) MUST_CHECK;

#endif

/* One engagement against one step, clause by clause, with a sentence for each. */
#ifndef IMPOUND_LEDGER_CLAUSES_H
#define IMPOUND_LEDGER_CLAUSES_H

#include "ledger/store.h"

/* A step's values, ready to be compared. */
struct facts {
    struct instant first, last; /* both known or both unknown */
    struct fact_list sources, targets, accounts, tools, techniques, texts;
};

/* All of it in the arena; false when that is full. */
bool facts_read(const struct ledger_step *step, struct arena *arena, struct facts *facts);

struct saying {
    enum answer answer; /* of the clause that it tells about */
    const char *sentence;
};

#define SAYINGS_MAX 128U

/* What is said, in order, without repetition; what is more than SAYINGS_MAX is counted only. */
struct sayings {
    struct arena *arena;
    struct saying items[SAYINGS_MAX];
    uint32_t count, left_out;
    bool failed; /* no memory */
};

void say(struct sayings *sayings, enum answer answer, const char *format, ...) PRINTF_LIKE(3, 4);
/* A sentence that the arena has already. */
void say_again(struct sayings *sayings, const struct saying *saying);

/* How much of a text is shown in a sentence, for %.*s. */
int shown_length(struct bytes text);

enum clause {
    CLAUSE_STANDS, /* it was not withdrawn */
    CLAUSE_SOURCE,
    CLAUSE_TIME,
    CLAUSE_TARGET,
    CLAUSE_ACCOUNT,
    CLAUSE_TOOL,
    CLAUSE_TECHNIQUE,
    CLAUSE_FORBIDDEN, /* yes: nothing of it is */
    CLAUSE_COUNT
};

struct answers {
    enum answer of[CLAUSE_COUNT];
};

/* How many clauses have this answer. */
uint32_t answers_count(const struct answers *answers, enum answer answer);

/* `sayings` may be NULL. */
struct answers clauses_judge(const struct ledger_entry *entry, const struct facts *facts,
                             struct sayings *sayings);

#endif

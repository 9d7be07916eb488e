/* One entry as it was read, for this room only. */
#ifndef IMPOUND_SUPPRESS_SUPPRESSION_H
#define IMPOUND_SUPPRESS_SUPPRESSION_H

#include "base/arena.h"
#include "base/glob.h"
#include "suppress/suppress.h"

/* One of the patterns must fit; none: nothing was asked. */
struct wish {
    const struct glob *globs;
    uint32_t count;
};

struct field_wish {
    struct bytes name;
    struct wish values;
};

struct suppression {
    struct wish rule, host, account, source;
    const struct field_wish *fields; /* all must fit */
    uint32_t field_count;
    uint32_t line;
    const char *owner, *reason, *expires;
    bool has_expired;
    uint64_t count;
};

struct suppressions {
    struct arena arena;
    struct suppression *entries;
    uint32_t count;
    struct buffer text, folded; /* of what is compared */
};

#endif

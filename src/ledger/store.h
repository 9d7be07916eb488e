/* What a ledger holds once it was read. */
#ifndef IMPOUND_LEDGER_STORE_H
#define IMPOUND_LEDGER_STORE_H

#include "ledger/engagement.h"
#include "ledger/ledger.h"

struct ledger_entry {
    struct engagement engagement;
    const char *path;
    const char *doubt;         /* why it does not count; NULL: it counts */
    struct instant withdrawn;  /* it counts before that moment only; unknown: it stands */
    const char *withdrawn_why; /* or NULL */
};

struct ledger {
    struct arena arena;
    struct ledger_entry *entries; /* by id, then path */
    uint32_t entry_count;
    struct ledger_file *files;
    uint32_t file_count;
    struct ledger_remark *remarks;
    uint32_t remark_count, remark_room;
};

#endif

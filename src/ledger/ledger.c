#include "ledger/store.h"

#include <stdlib.h>

void ledger_free(struct ledger *ledger)
{
    if (ledger)
        arena_release(&ledger->arena);
    free(ledger);
}

uint32_t ledger_remark_count(const struct ledger *ledger)
{
    return ledger->remark_count;
}

const struct ledger_remark *ledger_remark(const struct ledger *ledger, uint32_t index)
{
    return &ledger->remarks[index];
}

bool ledger_has(const struct ledger *ledger, enum ledger_trouble trouble)
{
    for (uint32_t i = 0; i < ledger->remark_count; i++)
        if (ledger->remarks[i].trouble == trouble)
            return true;
    return false;
}

uint32_t ledger_file_count(const struct ledger *ledger)
{
    return ledger->file_count;
}

const struct ledger_file *ledger_file(const struct ledger *ledger, uint32_t index)
{
    return &ledger->files[index];
}

bool ledger_people(const struct ledger *ledger, const char *id, struct ledger_people *people)
{
    for (uint32_t i = 0; i < ledger->entry_count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        if (!entry->doubt && strcmp(entry->engagement.id, id) == 0) {
            *people = entry->engagement.people;
            return true;
        }
    }
    return false;
}

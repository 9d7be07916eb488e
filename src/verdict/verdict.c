#include "verdict/verdict.h"

static struct ledger_values values_of(const struct case_texts *texts)
{
    return (struct ledger_values){texts->items, texts->count};
}

/* An account of which only the SID is known may be anybody's: it is not known. */
static struct ledger_values accounts_of(const struct case_texts *accounts)
{
    static const char sid[] = "S-1-";
    for (uint32_t i = 0; i < accounts->count; i++)
        if (accounts->items[i].length > sizeof(sid) &&
            memcmp(accounts->items[i].data, sid, sizeof(sid) - 1) == 0)
            return (struct ledger_values){0};
    return values_of(accounts);
}

/* The account and the source are those of the logon or the connection. */
static struct ledger_step facts_of(const struct case_step *step)
{
    return (struct ledger_step){
        .first = step->first,
        .last = step->last,
        .sources = values_of(&step->sources),
        .targets = values_of(&step->targets),
        .accounts = accounts_of(&step->accounts),
        .tools = values_of(&step->tools),
        .techniques = values_of(&step->techniques),
        .texts = values_of(&step->ran),
    };
}

enum status verdict_make(const struct ledger *ledger, const struct case_record *record,
                         struct arena *arena, struct ledger_verdict *verdict, struct fault *fault)
{
    struct ledger_step *steps = arena_take_array(arena, record->step_count, sizeof(*steps));
    if (!steps)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a verdict");
    for (uint32_t i = 0; i < record->step_count; i++)
        steps[i] = facts_of(&record->steps[i]);
    return ledger_judge(ledger, steps, record->step_count, arena, verdict, fault);
}

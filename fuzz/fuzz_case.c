/* A case from a line of a report, and its verdict. */
#include "cases/reread.h"
#include "verdict/verdict.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct arena arena;
    struct case_record record;
    struct ledger_verdict verdict;
    struct fault fault = {0};
    arena_init(&arena, 64U << 20);
    const enum status status = case_reread(bytes_of(data, length), &arena, &record, &fault);
    if (status != STATUS_OK && !fault.reason[0])
        abort();
    if (status == STATUS_OK && verdict_make(NULL, &record, &arena, &verdict, &fault) == STATUS_OK &&
        verdict.standing == LEDGER_COVERED)
        abort();
    arena_release(&arena);
    return 0;
}

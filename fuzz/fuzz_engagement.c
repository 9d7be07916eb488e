/* The YAML of an engagement or a withdrawal. */
#include "ledger/engagement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct arena arena;
    struct document document;
    struct fault fault = {0};
    arena_init(&arena, 64U << 20);
    const enum status status = document_read(bytes_of(data, length), &arena, &document, &fault);
    if (status == STATUS_OK ? document.kind == LEDGER_BROKEN : !fault.reason[0])
        abort();
    arena_release(&arena);
    return 0;
}

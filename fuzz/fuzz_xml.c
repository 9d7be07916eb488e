/* XML evidence: whatever the bytes are, the reader ends, renders what it gives, and says the same
 * when it has seen them before. */
#include "../tests/unit/json/harness.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct harness *harness = harness_new(&reader_xml);
    const struct bytes text = bytes_of(data, size);
    (void)reader_xml.recognises(bytes_of(data, size < EVIDENCE_HEAD ? size : EVIDENCE_HEAD), NULL);
    harness_run(harness, text);
    const struct buffer first = harness->events;
    const uint64_t damaged = harness->account.damaged;
    harness->events = (struct buffer){0};
    harness_run(harness, text);
    if (!bytes_equal(buffer_view(&first), buffer_view(&harness->events)) ||
        damaged != harness->account.damaged)
        abort();
    free(first.data);
    harness_free(harness);
    return 0;
}

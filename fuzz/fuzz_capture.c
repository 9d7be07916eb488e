/* A whole capture: any bytes as a file, through link layers, flows and all protocols. */
#include "../tests/unit/json/harness.h"

#include <stdlib.h>

#define INPUT_MAX (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAX)
        return 0;
    struct harness *harness = harness_new(&reader_pcap);
    const struct reader_format *format = reader_find(bytes_of(data, size), &harness->shared);
    if (format == &reader_pcapng || format == &reader_pcap) {
        harness->format = format;
        harness_run(harness, bytes_of(data, size));
        if (harness->status < 0) /* there is no disk that could fail */
            abort();
    }
    harness->format = &reader_pcap; /* whose decoder it is */
    harness_free(harness);
    return 0;
}

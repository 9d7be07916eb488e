/* Runs a reader over bytes in memory: evidence without files. The bytes are copied to memory of
 * their exact size, so that a sanitizer sees every read past their end. */
#ifndef TESTS_UNIT_JSON_HARNESS_H
#define TESTS_UNIT_JSON_HARNESS_H

#include "readers/readers.h"

struct harness {
    struct reader_shared shared;
    const struct reader_format *format;
    void *decoder;
    struct account account;
    struct buffer events; /* one a line: {"#time":…,"#record":…,"#offset":…,"field":value,…} */
    uint64_t count;
    uint32_t last_shape; /* its serial */
    uint64_t batches;
    enum status status; /* what ended it */
};

struct harness *harness_new(const struct reader_format *format);
void harness_free(struct harness *harness);

/* The events of `text`; what was before is forgotten. */
void harness_run(struct harness *harness, struct bytes text);
void harness_text(struct harness *harness, const char *text);

/* The same, but the source fails after the first `length` bytes. */
void harness_fail_behind(struct harness *harness, struct bytes text, size_t length);

/* Line number `index` of the events, without what begins with #; NULL-terminated, until the next
 * call. "" when there is none. */
const char *harness_event(struct harness *harness, size_t index);

/* The number (#record, #offset) of an event. */
uint64_t harness_number(struct harness *harness, size_t index, const char *name);
const char *harness_time(struct harness *harness, size_t index);

#endif

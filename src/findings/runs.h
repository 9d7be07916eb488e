/* Sorted runs of records in a temporary file without a name, and their merging. A run is records
 * one after the other, each behind its length. */
#ifndef IMPOUND_FINDINGS_RUNS_H
#define IMPOUND_FINDINGS_RUNS_H

#include "findings/sorter.h"

#define RUN_LENGTH_BYTES sizeof(uint32_t)

static inline struct bytes run_record(const uint8_t *at)
{
    return bytes_of(at + RUN_LENGTH_BYTES, load_le32(at));
}

struct run {
    uint64_t offset, length; /* in the file */
};

struct runs {
    int file, file_error;
    uint64_t length;      /* of the file */
    uint64_t run_length;  /* of the run that is being written */
    uint8_t *output;      /* its end, once there was one */
    size_t output_length; /* bytes of it that are not in the file */
    struct run *runs;
    size_t count, room;
    char *directory;
};

/* Opens the file. False without memory. */
bool runs_init(struct runs *runs, const char *directory);
void runs_release(struct runs *runs);

/* Forgets all runs, and gives the room on the disk back. */
void runs_reset(struct runs *runs);

/* Writes a run: begin, add in order, end. A run that was not ended is as if it never began. */
enum status runs_begin(struct runs *runs, struct fault *fault) MUST_CHECK;
enum status runs_add(void *runs, struct bytes record, struct fault *fault) MUST_CHECK; /* a sink */
enum status runs_end(struct runs *runs, struct fault *fault) MUST_CHECK;

/* What merging may use: four times the largest record at least, lengths included. */
struct runs_memory {
    uint8_t *at;
    size_t size, largest;
};

/* Gives the records of all runs in order. */
enum status runs_merge(struct runs *runs, struct runs_memory memory, sorter_sink *sink,
                       void *context, struct fault *fault) MUST_CHECK;

#endif

/* The way of the data put to work: evidence is cut into batches, batches are decoded by several
 * threads, and what each gave is committed in the order of the evidence, whatever thread was
 * faster. So the same bytes come out for any number of threads, and memory is bounded by the number
 * of batches in flight.
 *
 * Knows readers and evidence; what happens to an event is the caller's. */
#ifndef IMPOUND_PIPELINE_H
#define IMPOUND_PIPELINE_H

#include "evidence/account.h"
#include "evidence/evidence.h"
#include "readers/readers.h"

#include <signal.h>

#define PIPELINE_THREADS_MAX 256

/* What a thread sees: an event where it stands. */
struct pipeline_view {
    struct event *event;
    uint32_t evidence; /* index */
    const char *path;
    const struct reader_format *format;
    void *decoder; /* for format->render */
};

/* One piece of evidence, when all of it was committed. */
struct pipeline_item {
    uint32_t evidence;
    const char *path;
    const char *type; /* the format's name, an archive's, or "not evidence" */
    uint64_t bytes;
    char hash[EVIDENCE_HASH_BOUND]; /* "" when none was asked for or it could not be made */
    const struct account *account;
    bool is_evidence; /* false: listed, but nothing to read in it */
};

struct pipeline_work {
    void *context;
    /* A thread's own state. NULL: that thread is done without; STATUS_MEMORY when none is left. */
    void *(*thread_new)(void *context);
    /* Called on the main thread after all have ended, in the order of their numbers. */
    void (*thread_done)(void *context, void *thread);
    /* On any thread. What it appends to `out` is handed to commit. */
    void (*event)(void *thread, const struct pipeline_view *view, struct buffer *out);
    /* In order, one at a time. A failure ends the run. */
    enum status (*commit)(void *context, struct bytes out, struct fault *fault);
    enum status (*item)(void *context, const struct pipeline_item *item, struct fault *fault);
};

struct pipeline_options {
    const struct reader_shared *shared;
    unsigned threads; /* 0: one for each processor */
    const volatile sig_atomic_t *stop;
};

/* Runs the evidence through. STATUS_STOPPED when the stop flag was raised; what was committed until
 * then stays. */
enum status pipeline_run(struct evidence *evidence, const struct pipeline_options *options,
                         const struct pipeline_work *work, struct fault *fault) MUST_CHECK;

#endif

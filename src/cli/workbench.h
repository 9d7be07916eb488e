/* What all commands that read evidence need: the evidence opened, the shared tables, the sandbox
 * closed, the pipeline run with a progress line. */
#ifndef IMPOUND_CLI_WORKBENCH_H
#define IMPOUND_CLI_WORKBENCH_H

#include "cli/options.h"
#include "pipeline/pipeline.h"
#include "sandbox/sandbox.h"

struct workbench_wish {
    const struct text_list *paths;
    enum evidence_hash hash;
    unsigned threads;
    bool carve, no_fields, no_sandbox;
    const char *output;          /* a file that is written, or NULL */
    const char *cache;           /* a directory that is read and written, or NULL */
    const char *const *readable; /* further files that are read later */
    size_t readable_count;
};

struct workbench {
    struct names *fields;
    struct shapes *shapes;
    struct evidence *evidence;
    struct reader_shared shared;
    struct sandbox_state sandbox;
    const volatile sig_atomic_t *stop;
    unsigned threads;
};

enum status workbench_open(struct workbench *bench, const struct workbench_wish *wish,
                           struct fault *fault) MUST_CHECK;
/* To be called when all outputs are open. Warns where the sandbox does not hold. */
enum status workbench_close_sandbox(struct workbench *bench, const struct workbench_wish *wish,
                                    struct fault *fault) MUST_CHECK;
enum status workbench_run(struct workbench *bench, const char *what,
                          const struct pipeline_work *work, struct fault *fault) MUST_CHECK;
void workbench_release(struct workbench *bench);

/* Says on standard error what is wrong with a piece of evidence, if anything. */
void item_warn(const struct pipeline_item *item);

/* A span of time: from, to, each may be open. */
struct span {
    struct instant from, to;
    bool has_from, has_to;
};
enum status span_parse(struct span *span, const char *from, const char *to,
                       struct fault *fault) MUST_CHECK;
bool span_holds(const struct span *span, struct instant time);

/* An event by its fields, in the structure of `dump`, for formats without a form of their own. */
void event_write(const struct event *event, enum reader_text text, struct buffer *to);

#endif

/* What all commands that read evidence have in common: their options, and the way from those to the
 * exit status: evidence opened, output opened, rights given up, the pipeline run with a progress
 * line, the output put in its place. */
#ifndef IMPOUND_CLI_WORKBENCH_H
#define IMPOUND_CLI_WORKBENCH_H

#include "cli/options.h"
#include "cli/output.h"
#include "pipeline/pipeline.h"
#include "sandbox/sandbox.h"

struct workbench_options {
    struct text_list paths, directories, files;
    struct text_list keytabs, passwords, keylogs;
    const char *from, *to;
    unsigned threads;
    bool carve, strict, quiet, no_sandbox;
};

extern const struct option workbench_evidence_options[], workbench_key_options[],
    workbench_run_options[];

/* A span of time, each end of which may be open. */
struct span {
    struct instant from, to; /* unknown: open */
};

bool span_holds(const struct span *span, struct instant time);

struct workbench {
    const struct workbench_options *options;
    struct names *fields;
    struct shapes *shapes;
    struct secrets *secrets; /* NULL: none were given */
    struct evidence *evidence;
    struct reader_shared shared;
    struct sandbox_state sandbox;
    const volatile sig_atomic_t *stop;
    struct span span;
    struct output *output;
    const char *folder;        /* where `begin` wants files to be made; NULL: nowhere */
    struct pipeline_work work; /* the job's */
    bool is_incomplete;
    uint64_t others; /* items that are no evidence */
};

struct workbench_job {
    const char *what;   /* for the progress line */
    const char *output; /* -o */
    bool no_fields;     /* see readers.h */
    bool is_streaming;  /* it writes while it reads: no progress line among that on a terminal */
    enum evidence_hash hash;
    void *context;
    /* All that needs rights; fills in the work. What it leaves open has a meaning: a thread's state
     * is the context, what comes out is written to the output, an item needs nothing more than
     * what is said of all of them; the context is the job's. */
    enum status (*begin)(void *context, struct workbench *bench, struct pipeline_work *work,
                         struct fault *fault);
    /* What is left when all evidence was read; may be NULL. */
    enum status (*end)(void *context, struct workbench *bench, struct fault *fault);
    /* Frees what `begin` made, as far as it came; may be NULL. */
    void (*release)(void *context);
};

/* Returns the exit status; what went wrong was said. */
int workbench_run(const struct workbench_options *options, const struct workbench_job *job);

/* Where to put what does not fit in memory. */
const char *workbench_spill_folder(void);

/* Parts of workbench_run, for who has work of another kind. The sandbox leaves `readable` and the
 * output's folder; where it does not hold it warns. */
enum status workbench_init(struct workbench *bench, const struct workbench_options *options,
                           struct fault *fault) MUST_CHECK;
void workbench_close_sandbox(struct workbench *bench, const char *const *readable, size_t count);
void workbench_release(struct workbench *bench);

#endif

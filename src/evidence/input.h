/* What a source is made of, for this room only. */
#ifndef IMPOUND_EVIDENCE_INPUT_H
#define IMPOUND_EVIDENCE_INPUT_H

#include "base/buffer.h"
#include "evidence/evidence.h"

struct digest;
struct layer;

/* Where a source's bytes come from. `read` fills `to` as far as it can: `*got` is less than `want`
 * at the end, and before a failure. `read_at`, which may be NULL, is the same at any offset. */
struct input {
    enum status (*read)(struct source *source, void *to, size_t want, size_t *got,
                        struct fault *fault);
    enum status (*read_at)(const struct source *source, uint64_t offset, void *to, size_t want,
                           size_t *got, struct fault *fault);
    void (*close)(struct source *source);
};

/* How much of the files was read: one for all of them, written by the reading thread only. */
struct meter {
    uint64_t before;  /* bytes of the files that are done */
    uint64_t current; /* of the one that is being read, at most limit */
    uint64_t limit;
    uint64_t done; /* the sum, for any thread */
};

struct source {
    const struct input *input; /* NULL: nothing to read */
    char *path;
    enum source_kind kind;
    const char *type;
    uint32_t index;
    uint64_t size;
    uint64_t offset;    /* given out */
    uint64_t taken;     /* from the input: not less than offset */
    struct buffer held; /* the first bytes, taken ahead; at least as many as were peeked at */
    bool is_ended;      /* the input has no more */
    bool is_failed;     /* nor will it have: `fault` says why */
    bool has_verdict;   /* why there is nothing to read, whatever the input has */
    struct fault fault;
    struct fault verdict;
    struct digest *digest; /* NULL: none */
    struct meter *meter;   /* NULL: not a file */
    struct source *packed; /* the compressed file whose content this is; its layer's own */
    const volatile sig_atomic_t *stop;
    bool may_lack_writer; /* a FIFO that was opened without waiting */
    union {
        int file;
        struct layer *layer; /* the archive whose current member this is */
    };
};

/* A source without input. NULL without memory. */
struct source *source_new(const char *path, const struct evidence_options *options);
void source_close(struct source *source);

/* Ends the input with a failure: what it has given stays given. Returns the status. */
enum status source_fail(struct source *source, const struct fault *fault);

/* Makes it a source that has nothing to read; `verdict` (may be NULL) says why, and leaves the
 * input alone, so that it can still be hashed. */
void source_conclude(struct source *source, enum source_kind kind, const struct fault *verdict);

/* Takes bytes ahead until `want` of them are held from the start, or the input ends. */
enum status source_hold(struct source *source, size_t want, struct fault *fault) MUST_CHECK;

/* Whether source_read_at works: a file, or one that is held to its end. */
bool source_is_seekable(const struct source *source);

/* Reads anywhere, beside the stream; fewer than `want` only at the end. */
enum status source_read_at(const struct source *source, uint64_t offset, void *to, size_t want,
                           size_t *got, struct fault *fault) MUST_CHECK;

/* Opens what lies at source_path: `-` is the standard input; with `is_stream` a pipe or a character
 * device, else a file or a block device. A failure is the source's own. */
void source_open(struct source *source, bool is_stream);

#endif

/* The walk over the command line's paths: which items there are, before any is opened. */
#ifndef IMPOUND_EVIDENCE_WALK_H
#define IMPOUND_EVIDENCE_WALK_H

#include "base/arena.h"
#include "base/status.h"

struct item {
    const char *path;
    const char *reason; /* why it is not to be opened; NULL: open it */
    enum status status; /* with a reason: STATUS_OK when it is no evidence at all, else a loss */
    bool is_link;
    bool is_stream; /* given on the command line: a FIFO, a character device, standard input */
    uint64_t device, inode, size;
};

struct text_list {
    const char **texts;
    size_t count, capacity;
};

struct places;

struct walk {
    struct arena texts;
    struct item *items; /* sorted by path, each path once */
    size_t count, capacity;
    struct text_list roots;     /* what was named or followed: what must stay readable */
    struct text_list links;     /* met and not yet followed */
    struct places *directories; /* walked so far */
    uint64_t size;              /* of all files */
    bool has_links;             /* among the items */
    bool is_full;               /* no memory: the walk's result is void */
};

enum status walk_paths(struct walk *walk, const char *const *paths, size_t count,
                       struct fault *fault) MUST_CHECK;
void walk_release(struct walk *walk);

#endif

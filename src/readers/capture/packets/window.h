/* A piece of a source in memory that moves on: as much as is wanted at once, each byte once. */
#ifndef IMPOUND_READERS_CAPTURE_WINDOW_H
#define IMPOUND_READERS_CAPTURE_WINDOW_H

#include "evidence/source.h"

#define WINDOW_MAX (16U << 20) /* that can be wanted */

struct window {
    struct source *source;
    uint8_t *data;
    size_t at, end, capacity;
    uint64_t offset;    /* in the source, of data[0] */
    enum status status; /* why there is nothing more to read; STATUS_OK: there is */
    struct fault fault;
};

enum status window_open(struct window *window, struct source *source, struct fault *fault);
void window_close(struct window *window);

/* The slow half of window_need. */
size_t window_fill(struct window *window, size_t want);

/* How much there is to look at, at window_at: `want` (at most WINDOW_MAX) or more, less only at the
 * end of the source or without memory. */
static inline size_t window_need(struct window *window, size_t want)
{
    const size_t left = window->end - window->at;
    return left >= want ? left : window_fill(window, want);
}

static inline const uint8_t *window_at(const struct window *window)
{
    return window->data + window->at;
}

static inline uint64_t window_offset(const struct window *window)
{
    return window->offset + window->at;
}

/* Steps past what there is. */
static inline void window_step(struct window *window, size_t length)
{
    window->at += length;
}

/* Steps past `length` bytes, however many; false when the source ends before. */
bool window_skip(struct window *window, uint64_t length);

#endif

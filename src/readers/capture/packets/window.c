#include "window.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_FIRST (512U << 10)

enum status window_open(struct window *window, struct source *source, struct fault *fault)
{
    *window = (struct window){.source = source, .capacity = CAPACITY_FIRST};
    window->data = malloc(window->capacity);
    if (!window->data)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to read");
    return STATUS_OK;
}

void window_close(struct window *window)
{
    free(window->data);
    window->data = NULL;
}

/* Room for `want` bytes and as many again, so that what is moved is paid for by what was read. */
static bool has_room(struct window *window, size_t want)
{
    if (window->capacity >= want * 2)
        return true;
    uint8_t *data = realloc(window->data, want * 2);
    if (!data)
        return false;
    window->data = data;
    window->capacity = want * 2;
    return true;
}

size_t window_fill(struct window *window, size_t want)
{
    assert(want <= WINDOW_MAX);
    const size_t left = window->end - window->at;
    if (window->status != STATUS_OK || !has_room(window, want))
        return left;
    if (left)
        memmove(window->data, window->data + window->at, left);
    window->offset += window->at;
    window->at = 0;
    window->end = left;
    while (window->end < want && window->status == STATUS_OK) {
        size_t got = 0;
        window->status = source_read(window->source, window->data + window->end,
                                     window->capacity - window->end, &got, &window->fault);
        window->end += got;
    }
    return window->end;
}

bool window_skip(struct window *window, uint64_t length)
{
    while (length) {
        const size_t left = window_need(window, 1);
        const size_t step = length < left ? (size_t)length : left;
        if (!step)
            return false;
        window_step(window, step);
        length -= step;
    }
    return true;
}

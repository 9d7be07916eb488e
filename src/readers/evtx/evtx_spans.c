#include "readers/evtx/evtx_spans.h"

#include <assert.h>
#include <stdlib.h>

static struct evtx_span *span_at(const struct evtx_spans *spans)
{
    return (struct evtx_span *)(void *)spans->spans.data;
}

static size_t span_count(const struct evtx_spans *spans)
{
    return spans->spans.length / sizeof(struct evtx_span);
}

void evtx_spans_release(struct evtx_spans *spans)
{
    buffer_release(&spans->spans);
}

void evtx_spans_add(struct evtx_spans *spans, uint64_t first, uint64_t last)
{
    assert(first <= last);
    if (last == UINT64_MAX) /* counts nothing */
        return;
    const size_t count = span_count(spans);
    struct evtx_span *before = count ? &span_at(spans)[count - 1] : NULL;
    if (before && first == before->last + 1) {
        before->last = last;
        return;
    }
    const struct evtx_span span = {first, last};
    if (count < EVTX_SPANS_MAX)
        buffer_bytes(&spans->spans, &span, sizeof(span));
    spans->is_full |= count >= EVTX_SPANS_MAX || spans->spans.failed;
}

static int compare(const void *one, const void *other)
{
    const struct evtx_span *left = one, *right = other;
    return (left->first > right->first) - (left->first < right->first);
}

void evtx_spans_close(struct evtx_spans *spans)
{
    struct evtx_span *all = span_at(spans);
    const size_t count = span_count(spans);
    if (count < 2)
        return;
    qsort(all, count, sizeof(*all), compare);
    size_t joined = 0;
    for (size_t i = 1; i < count; i++) {
        if (all[i].first > all[joined].last + 1)
            all[++joined] = all[i];
        else if (all[i].last > all[joined].last)
            all[joined].last = all[i].last;
    }
    spans->spans.length = (joined + 1) * sizeof(*all);
}

uint64_t evtx_spans_highest(const struct evtx_spans *spans)
{
    const size_t count = span_count(spans);
    return count ? span_at(spans)[count - 1].last : 0;
}

bool evtx_spans_gap(const struct evtx_spans *spans, size_t index, struct evtx_span *gap)
{
    if (index + 1 >= span_count(spans))
        return false;
    const struct evtx_span *at = span_at(spans) + index;
    *gap = (struct evtx_span){at[0].last + 1, at[1].first - 1};
    return true;
}

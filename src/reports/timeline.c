#include "reports/timeline.h"

#define SECONDS_MAX (INT64_C(1) << 40)

/* Each is a multiple of the one before; past the last they double. */
static const int64_t widths[] = {
    1, 5, 15, 60, 300, 900, 3600, 21600, 86400, 604800, INT64_C(4) * 604800};

static int64_t wider(int64_t width)
{
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        if (widths[i] > width)
            return widths[i];
    return width * 2;
}

static int64_t floor_divide(int64_t number, int64_t by)
{
    return (number - (number < 0 ? by - 1 : 0)) / by;
}

static void widen(struct timeline *timeline)
{
    const struct timeline before = *timeline;
    const int64_t width = wider(before.width);
    *timeline = (struct timeline){.width = width,
                                  .first = floor_divide(before.first * before.width, width)};
    for (uint32_t i = 0; i < before.used; i++) {
        const int64_t moment = (before.first + i) * before.width;
        const uint32_t bar = (uint32_t)(floor_divide(moment, width) - timeline->first);
        timeline->counts[bar] += before.counts[i];
        if (before.levels[i] > timeline->levels[bar])
            timeline->levels[bar] = before.levels[i];
        timeline->used = bar + 1;
    }
}

void timeline_add(struct timeline *timeline, struct instant time, enum sigma_level level)
{
    if (!instant_is_known(time) || time.seconds < -SECONDS_MAX || time.seconds > SECONDS_MAX)
        return;
    if (!timeline->width)
        *timeline = (struct timeline){.width = widths[0], .first = time.seconds};
    while (floor_divide(time.seconds, timeline->width) - timeline->first >= TIMELINE_BARS)
        widen(timeline);
    const int64_t bar = floor_divide(time.seconds, timeline->width) - timeline->first;
    if (bar < 0)
        return;
    timeline->counts[bar]++;
    if ((uint8_t)level > timeline->levels[bar])
        timeline->levels[bar] = (uint8_t)level;
    if (bar >= timeline->used)
        timeline->used = (uint32_t)bar + 1;
}

static void width_write(const struct timeline *timeline, const struct page *page)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{604800, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t unit = 0;
    while (timeline->width < units[unit].seconds)
        unit++;
    page_things(page, (uint64_t)(timeline->width / units[unit].seconds), units[unit].name);
}

static void bars_write(const struct timeline *timeline, const struct page *page)
{
    uint64_t most = 1;
    for (uint32_t i = 0; i < timeline->used; i++)
        if (timeline->counts[i] > most)
            most = timeline->counts[i];
    for (uint32_t i = 0; i < timeline->used; i++) {
        if (!timeline->counts[i]) {
            buffer_byte(page->out, ' ');
            continue;
        }
        /* U+2581 to U+2588: an eighth of a block to a whole one. */
        const unsigned height = (unsigned)((double)timeline->counts[i] / (double)most * 7.0 + 0.5);
        const uint8_t block[] = {0xE2, 0x96, (uint8_t)(0x81 + height)};
        const char *colour = page->paint->level[timeline->levels[i]];
        buffer_text(page->out, colour);
        buffer_bytes(page->out, block, sizeof(block));
        if (colour[0])
            buffer_text(page->out, page->paint->reset);
    }
}

/* A moment as exact as a bar is wide. */
static size_t moment_length(const struct timeline *timeline)
{
    return timeline->width >= 86400 ? 10 : timeline->width >= 60 ? 16 : 19;
}

void timeline_write(const struct timeline *timeline, const struct page *page)
{
    if (timeline->used < 2)
        return;
    page_heading(page, "Timeline");
    buffer_text(page->out, "  a bar is ");
    width_write(timeline, page);
    buffer_text(page->out, "\n  ");
    bars_write(timeline, page);
    const size_t length = moment_length(timeline);
    const int64_t end = timeline->first + timeline->used - 1;
    buffer_format(page->out, "\n  %s", page->paint->dim);
    page_time(page, (struct instant){.seconds = timeline->first * timeline->width}, length);
    for (size_t at = 2 * length; at + 1 < timeline->used; at++)
        buffer_byte(page->out, ' ');
    if (2 * length >= timeline->used)
        buffer_text(page->out, " to");
    buffer_byte(page->out, ' ');
    page_time(page, (struct instant){.seconds = end * timeline->width}, length);
    buffer_format(page->out, "%s\n", page->paint->reset);
}

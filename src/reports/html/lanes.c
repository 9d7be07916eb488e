#include "reports/html/lanes.h"

#include "reports/escape.h"
#include "reports/html/html.h"

#define LEFT        190
#define WIDTH       800
#define LANE_HEIGHT 30
#define TOP         10
#define TICKS       4

void lanes_init(struct lanes *lanes)
{
    memset(lanes, 0, sizeof(*lanes));
    lanes->first.seconds = lanes->last.seconds = INSTANT_NONE;
    arena_init(&lanes->texts, (size_t)1 << 20);
}

void lanes_release(struct lanes *lanes)
{
    arena_release(&lanes->texts);
}

/* LANES_MAX when there is no room. */
static uint32_t lane_of(struct lanes *lanes, struct bytes name)
{
    for (uint32_t i = 0; i < lanes->name_count; i++)
        if (bytes_equal(lanes->names[i], name))
            return i;
    const struct bytes kept = arena_keep(&lanes->texts, name);
    if (lanes->name_count == LANES_MAX || (name.length && !kept.data))
        return LANES_MAX;
    lanes->names[lanes->name_count] = kept;
    return lanes->name_count++;
}

void lanes_add(struct lanes *lanes, uint64_t case_number, const struct case_record *record,
               const struct ledger_verdict *verdict)
{
    for (uint32_t i = 0; i < record->step_count; i++) {
        const struct case_step *step = &record->steps[i];
        const uint32_t lane = instant_is_known(step->first) && lanes->mark_count < MARKS_MAX
                                  ? lane_of(lanes, step->target)
                                  : LANES_MAX;
        if (lane == LANES_MAX) {
            lanes->left_out++;
            continue;
        }
        lanes->marks[lanes->mark_count++] =
            (struct lane_mark){.first = step->first,
                               .last = instant_is_known(step->last) ? step->last : step->first,
                               .case_number = case_number,
                               .lane = lane,
                               .step = i + 1,
                               .standing = verdict->steps[i].standing,
                               .tool = arena_keep(&lanes->texts, step->tool)};
        instant_widen(&lanes->first, &lanes->last, step->first);
        instant_widen(&lanes->first, &lanes->last, step->last);
    }
}

/* --- Drawing: the whole span is 0 to 1 --- */

static double part_of(const struct lanes *lanes, struct instant time)
{
    const double span = (double)lanes->last.seconds - (double)lanes->first.seconds;
    const double at = (double)time.seconds - (double)lanes->first.seconds;
    return span > 0 ? at / span : 0;
}

static void lane_write(struct buffer *to, const struct lanes *lanes, uint32_t lane)
{
    const int y = TOP + (int)lane * LANE_HEIGHT + LANE_HEIGHT / 2;
    const struct bytes name = lanes->names[lane];
    struct buffer plain = {0};
    struct cell cell = cell_begin(&plain, 24);
    cell_text(&cell, name.length ? name : bytes_of_text("unknown"));
    buffer_format(to,
                  "<path class=\"lane\" d=\"M%d %dH%d\"/><text x=\"%d\" y=\"%d\" "
                  "text-anchor=\"end\">",
                  LEFT, y, LEFT + WIDTH, LEFT - 10, y + 4);
    html_text(to, buffer_view(&plain));
    buffer_text(to, "</text>\n");
    to->failed |= plain.failed;
    buffer_release(&plain);
}

static void moment_write(struct buffer *to, struct instant time)
{
    char text[INSTANT_TEXT_BOUND];
    time.digits = 0;
    const size_t length = instant_write(text, time);
    if (length)
        buffer_format(to, "%.10s %.8s", text, text + 11);
}

static void mark_write(struct buffer *to, const struct lanes *lanes, const struct lane_mark *mark,
                       bool has_links)
{
    const double from = part_of(lanes, mark->first), end = part_of(lanes, mark->last);
    const double width = (end - from) * WIDTH > 6 ? (end - from) * WIDTH : 6;
    if (has_links)
        buffer_format(to, "<a href=\"#case-%llu-step-%u\">", (unsigned long long)mark->case_number,
                      mark->step);
    buffer_format(to,
                  "<rect class=\"mark %s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\" "
                  "rx=\"3\" data-from=\"%.6f\" data-to=\"%.6f\"><title>",
                  html_verdict_class(mark->standing), LEFT + from * WIDTH,
                  TOP + (int)mark->lane * LANE_HEIGHT + LANE_HEIGHT / 2 - 7, width, from, end);
    html_text(to, mark->tool);
    buffer_text(to, " ");
    moment_write(to, mark->first);
    buffer_format(to, ", case %llu, step %u; %s</title></rect>%s\n",
                  (unsigned long long)mark->case_number, mark->step, ledger_status(mark->standing),
                  has_links ? "</a>" : "");
}

static void ticks_write(struct buffer *to, const struct lanes *lanes, int y)
{
    const double span = (double)lanes->last.seconds - (double)lanes->first.seconds;
    for (int i = 0; i <= TICKS; i++) {
        const struct instant time = {.seconds = lanes->first.seconds + (int64_t)(span * i / TICKS)};
        buffer_format(to, "<text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">",
                      LEFT + WIDTH * i / TICKS, y, i == TICKS ? "end" : "middle");
        moment_write(to, time);
        buffer_text(to, "</text>\n");
    }
}

void lanes_write(const struct lanes *lanes, bool has_links, struct buffer *to)
{
    if (!lanes->mark_count)
        return;
    const int height = TOP + (int)lanes->name_count * LANE_HEIGHT + 30;
    buffer_format(to,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timeline\" role=\"group\" "
                  "aria-label=\"Timeline of %u steps\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                  "height=\"%d\" data-first=\"%lld\" data-last=\"%lld\">\n",
                  lanes->mark_count, LEFT + WIDTH + 20, height, LEFT + WIDTH + 20, height,
                  (long long)lanes->first.seconds, (long long)lanes->last.seconds);
    for (uint32_t i = 0; i < lanes->name_count; i++)
        lane_write(to, lanes, i);
    ticks_write(to, lanes, height - 8);
    for (uint32_t i = 0; i < lanes->mark_count; i++)
        mark_write(to, lanes, &lanes->marks[i], has_links);
    buffer_text(to, "</svg>\n");
}

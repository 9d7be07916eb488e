#include "reports/picture.h"

#include "reports/tags.h"
#include "reports/tally.h"
#include "reports/timeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_SHOWN   ((size_t)10)
#define RULE_KEY_MAX 512

struct picture {
    uint64_t findings[SIGMA_LEVEL_COUNT];
    uint64_t events[SIGMA_LEVEL_COUNT]; /* on how many events they are */
    uint64_t total, event_total;
    struct instant first, last;
    struct tally rules, hosts, tools, tool_hosts;
    struct timeline timeline;
    /* The event of the finding before, and the levels of the findings on it. */
    uint64_t record, offset;
    uint32_t evidence;
    uint8_t levels;
};

struct picture *picture_new(void)
{
    struct picture *picture = calloc(1, sizeof(*picture));
    if (!picture)
        return NULL;
    picture->first.seconds = picture->last.seconds = INSTANT_NONE;
    tally_init(&picture->rules, 1U << 17);
    tally_init(&picture->hosts, 1U << 14);
    tally_init(&picture->tools, 1U << 10);
    tally_init(&picture->tool_hosts, 1U << 14);
    return picture;
}

void picture_free(struct picture *picture)
{
    if (!picture)
        return;
    tally_release(&picture->rules);
    tally_release(&picture->hosts);
    tally_release(&picture->tools);
    tally_release(&picture->tool_hosts);
    free(picture);
}

/* Findings of one event come one after the other. */
static void count_event(struct picture *picture, const struct finding *finding,
                        enum sigma_level level)
{
    const uint8_t bit = (uint8_t)(1U << level);
    if (picture->total == 0 || finding->record != picture->record ||
        finding->offset != picture->offset || finding->evidence != picture->evidence) {
        picture->record = finding->record;
        picture->offset = finding->offset;
        picture->evidence = finding->evidence;
        picture->levels = 0;
        picture->event_total++;
    }
    if (!(picture->levels & bit))
        picture->events[level]++;
    picture->levels |= bit;
}

static void count_tools(struct picture *picture, const struct finding *finding,
                        const struct rule_info *info)
{
    if (!rule_concludes(info))
        return;
    for (uint32_t i = 0; i < info->tool_count; i++) {
        const struct bytes tool = bytes_of_text(info->tools[i]);
        tally_add(&picture->tools, tool, info->level, finding->time);
        uint8_t key[FINDING_TEXT_MAX + 128];
        if (!finding->host.length || tool.length + 1 + finding->host.length > sizeof(key))
            continue;
        memcpy(key, tool.data, tool.length);
        key[tool.length] = '\0';
        memcpy(key + tool.length + 1, finding->host.data, finding->host.length);
        tally_add(&picture->tool_hosts, bytes_of(key, tool.length + 1 + finding->host.length),
                  info->level, finding->time);
    }
}

/* The key is the title, a NUL and the id: equal titles are not one rule. */
static void count_rule(struct picture *picture, const struct finding *finding,
                       const struct rule_info *info)
{
    char key[RULE_KEY_MAX];
    const int length =
        snprintf(key, sizeof(key), "%.*s%c%s", RULE_KEY_MAX / 2, info->title, '\0', info->id);
    const size_t kept = (size_t)length < sizeof(key) ? (size_t)length : sizeof(key) - 1;
    tally_add(&picture->rules, bytes_of(key, kept), info->level, finding->time);
}

static struct bytes rule_title(const struct tally_row *row)
{
    const uint8_t *end = memchr(row->key.data, '\0', row->key.length);
    return bytes_of(row->key.data, end ? (size_t)(end - row->key.data) : row->key.length);
}

/* A rule has one level. */
static enum sigma_level row_level(const struct tally_row *row)
{
    unsigned level = SIGMA_LEVEL_COUNT - 1;
    while (level && !row->counts[level])
        level--;
    return (enum sigma_level)level;
}

void picture_add(struct picture *picture, const struct finding *finding,
                 const struct rule_info *info)
{
    assert(info->level < SIGMA_LEVEL_COUNT);
    count_event(picture, finding, info->level);
    count_tools(picture, finding, info);
    count_rule(picture, finding, info);
    if (finding->host.length)
        tally_add(&picture->hosts, finding->host, info->level, finding->time);
    timeline_add(&picture->timeline, finding->time, info->level);
    picture->findings[info->level]++;
    picture->total++;
    if (!instant_is_known(picture->first))
        picture->first = finding->time;
    picture->last = finding->time;
}

static void more_write(const struct page *page, uint64_t more)
{
    if (more) {
        buffer_format(page->out, "  %sand ", page->paint->dim);
        page_number(page, more, 0);
        buffer_format(page->out, " more%s\n", page->paint->reset);
    }
}

static void level_write(const struct page *page, enum sigma_level level)
{
    page_text(page, page->paint->level[level], bytes_of_text(page_levels[level]),
              (struct columns){.fill = 6});
}

static void levels_write(const struct picture *picture, const struct page *page)
{
    uint64_t rules[SIGMA_LEVEL_COUNT] = {0};
    for (size_t i = 0; i < picture->rules.count; i++)
        rules[row_level(&picture->rules.rows[i])]++;
    buffer_format(page->out, "\n\n  %slevel   findings     events      rules%s\n", page->paint->dim,
                  page->paint->reset);
    for (unsigned level = SIGMA_LEVEL_COUNT; level-- > 0;) {
        buffer_text(page->out, "  ");
        level_write(page, level);
        page_count(page, picture->findings[level], 10);
        page_count(page, picture->events[level], 11);
        page_count(page, rules[level], 11);
        buffer_byte(page->out, '\n');
    }
}

/* All hosts of a tool, as many as fit; the worst first. */
static void tool_hosts_write(const struct picture *picture, const struct page *page,
                             struct bytes tool, size_t width)
{
    struct cell cell = cell_begin(page->out, width);
    for (size_t i = 0; i < picture->tool_hosts.count && !cell.is_cut; i++) {
        const struct bytes key = picture->tool_hosts.rows[i].key;
        if (key.length <= tool.length || key.data[tool.length] != '\0' ||
            memcmp(key.data, tool.data, tool.length) != 0)
            continue;
        cell_text(&cell, bytes_of_text(cell.used ? ", " : ""));
        cell_text(&cell, bytes_of(key.data + tool.length + 1, key.length - tool.length - 1));
    }
}

static void tools_write(struct picture *picture, const struct page *page)
{
    struct tally *tools = &picture->tools;
    if (!tools->count)
        return;
    tally_sort(tools);
    tally_sort(&picture->tool_hosts);
    page_heading(page, "Tools");
    buffer_format(page->out, "%13s%sfindings  first seen           on%s\n", "", page->paint->dim,
                  page->paint->reset);
    for (size_t i = 0; i < tools->count && i < 2 * ROWS_SHOWN; i++) {
        const struct tally_row *row = &tools->rows[i];
        buffer_text(page->out, "  ");
        page_text(page, page->paint->bold, row->key, (struct columns){.width = 16, .fill = 16});
        page_number(page, row->total, 8);
        buffer_text(page->out, "  ");
        page_time(page, row->first, 19);
        buffer_text(page->out, "  ");
        tool_hosts_write(picture, page, row->key, page_left(page, 49));
        buffer_byte(page->out, '\n');
    }
    more_write(page, tools->count > 2 * ROWS_SHOWN ? tools->count - 2 * ROWS_SHOWN : 0);
}

static void rules_write(struct picture *picture, const struct page *page)
{
    struct tally *rules = &picture->rules;
    tally_sort(rules);
    page_heading(page, "Top rules");
    buffer_byte(page->out, '\n');
    for (size_t i = 0; i < rules->count && i < ROWS_SHOWN; i++) {
        buffer_text(page->out, "  ");
        level_write(page, row_level(&rules->rows[i]));
        page_number(page, rules->rows[i].total, 10);
        buffer_text(page->out, "  ");
        page_text(page, "", rule_title(&rules->rows[i]),
                  (struct columns){.width = page_left(page, 20)});
        buffer_byte(page->out, '\n');
    }
    more_write(page, (rules->count > ROWS_SHOWN ? rules->count - ROWS_SHOWN : 0));
}

static void hosts_write(struct picture *picture, const struct page *page)
{
    struct tally *hosts = &picture->hosts;
    if (!hosts->count)
        return;
    tally_sort(hosts);
    page_heading(page, "Hosts");
    buffer_format(page->out, "%28s%scrit     high      med      low     info%s\n", "",
                  page->paint->dim, page->paint->reset);
    for (size_t i = 0; i < hosts->count && i < ROWS_SHOWN; i++) {
        buffer_text(page->out, "  ");
        page_text(page, "", hosts->rows[i].key, (struct columns){.width = 26, .fill = 26});
        for (unsigned level = SIGMA_LEVEL_COUNT; level-- > 0;)
            page_count(page, hosts->rows[i].counts[level], 9 - (level == SIGMA_CRITICAL));
        buffer_byte(page->out, '\n');
    }
    const uint64_t more = hosts->count > ROWS_SHOWN ? hosts->count - ROWS_SHOWN : 0;
    more_write(page, more + hosts->left_out);
}

void picture_write(struct picture *picture, const struct page *page)
{
    page_heading(page, "Findings");
    buffer_text(page->out, "  ");
    if (!picture->total) {
        buffer_text(page->out, "none; what could not be seen is below\n");
        return;
    }
    page_number(page, picture->total, 0);
    buffer_text(page->out, " on ");
    page_things(page, picture->event_total, "event");
    buffer_text(page->out, ", ");
    page_time(page, picture->first, 19);
    buffer_text(page->out, " to ");
    page_time(page, picture->last, 19);
    buffer_text(page->out, " UTC");
    levels_write(picture, page);
    tools_write(picture, page);
    rules_write(picture, page);
    hosts_write(picture, page);
    timeline_write(&picture->timeline, page);
}

#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void lab_open(struct lab *lab, uint32_t bases, const struct sigma_correlation *correlations,
              uint32_t count, const struct correlate_limits *limits)
{
    assert_true(bases + count <= LAB_RULES_MAX);
    *lab = (struct lab){0};
    const struct rule_info *rules[LAB_RULES_MAX];
    for (uint32_t i = 0; i < bases + count; i++) {
        rules[i] = &lab->infos[i];
        if (i >= bases) {
            lab->infos[i].correlation = &correlations[i - bases];
            lab->infos[i].is_correlation = true;
        }
    }
    struct fault fault = {0};
    assert_int_equal(correlator_new(rules, bases + count, limits, &lab->correlator, &fault),
                     STATUS_OK);
}

void lab_close(struct lab *lab)
{
    correlator_free(lab->correlator);
    buffer_release(&lab->found);
}

static void write_time(struct buffer *to, struct instant time)
{
    buffer_format(to, "%lld", (long long)time.seconds);
    if (time.nanos) {
        buffer_format(to, ".%09u", time.nanos);
        while (to->data[to->length - 1] == '0')
            to->length--;
    }
}

static enum status record(void *context, const struct correlate_finding *finding,
                          struct fault *fault)
{
    (void)fault;
    struct lab *lab = context;
    struct buffer *to = &lab->found;
    if (to->length)
        buffer_text(to, "; ");
    buffer_format(to, "%c ", 'A' + (int)finding->correlation);
    write_time(to, finding->time);
    buffer_format(to, " %g [", finding->number);
    for (uint32_t i = 0; i < finding->event_count; i++)
        buffer_format(to, "%s%llu", i ? " " : "", (unsigned long long)finding->events[i].record);
    buffer_text(to, "]");
    for (uint32_t i = 0; i < finding->group_count; i++)
        buffer_format(to, "%c%.*s", i ? '|' : ' ', (int)finding->group[i].length,
                      (const char *)finding->group[i].data);
    if (instant_compare(finding->time, finding->judged) != 0) {
        buffer_text(to, " judged ");
        write_time(to, finding->judged);
    }
    if (finding->left_out)
        buffer_format(to, " and %llu", (unsigned long long)finding->left_out);
    return STATUS_OK;
}

/* The value of `name` in "name=value name=value". */
static struct bytes field_value(const char *fields, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = fields; at && *at;) {
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return bytes_of(at + length + 1, strcspn(at + length + 1, " "));
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return bytes_of(NULL, 0);
}

void lab_again(struct lab *lab, int64_t time, uint32_t rule, const char *fields)
{
    const char *const *needs;
    uint32_t count;
    struct correlate_hit hit = {
        .time = {.seconds = time / SECOND, .nanos = (uint32_t)(time % SECOND), .digits = 9},
        .record = lab->records,
        .offset = lab->records * 100,
        .rule = rule,
        .host = bytes_of_text("host"),
    };
    correlator_needs(lab->correlator, rule, &needs, &count);
    hit.value_count = count;
    for (uint32_t i = 0; i < count; i++)
        hit.values[i] = field_value(fields, needs[i]);
    struct fault fault = {0};
    assert_int_equal(correlator_feed(lab->correlator, &hit, record, lab, &fault), STATUS_OK);
}

void lab_hit(struct lab *lab, int64_t time, uint32_t rule, const char *fields)
{
    lab->records++;
    lab_again(lab, time, rule, fields);
}

const char *lab_found(struct lab *lab, bool finish)
{
    if (finish)
        assert_int_equal(correlator_finish(lab->correlator, record, lab, NULL), STATUS_OK);
    buffer_byte(&lab->found, 0);
    assert_false(lab->found.failed);
    buffer_reset(&lab->found);
    return (const char *)lab->found.data;
}

char *lab_run(uint32_t bases, const struct sigma_correlation *correlations, uint32_t count,
              const char *hits)
{
    struct lab lab;
    lab_open(&lab, bases, correlations, count, NULL);
    while (*hits) {
        const uint32_t rule = (uint32_t)(*hits++ - 'A');
        char *end;
        const int64_t time = (int64_t)(strtod(hits, &end) * (double)SECOND);
        if (*end == '=')
            lab_again(&lab, time, rule, "");
        else
            lab_hit(&lab, time, rule, "");
        hits = end + (*end == '=');
        hits += strspn(hits, " ");
    }
    char *found = strdup(lab_found(&lab, true));
    assert_non_null(found);
    lab_close(&lab);
    return found;
}

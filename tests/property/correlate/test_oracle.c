/* Random rules, random streams: the correlator finds what the oracle finds. Seeds are fixed; a
 * number as argument runs that one stream. */
#include "oracle.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define STREAMS     60000
#define SECOND      INT64_C(1000000000)
#define EVENTS_MAX  20
#define NODES_MAX   16
#define PICK(array) (array)[roll((uint32_t)COUNT_OF(array))]

static uint64_t seed;

/* A number below `sides`. */
static uint32_t roll(uint32_t sides)
{
    seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = (seed ^ seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((mixed ^ mixed >> 31) >> 32) % sides;
}

struct made_correlation {
    struct sigma_correlation sigma;
    uint32_t rules[4];
    const char *group_by[2], *fields[2], *alias_fields[4];
    struct sigma_bound bounds[2];
    struct sigma_alias alias;
    struct sigma_node nodes[NODES_MAX];
    struct sigma_test tests[NODES_MAX];
    const struct sigma_node *children[NODES_MAX][3];
    uint32_t node_count;
};

struct made_rules {
    uint32_t base_count, count;
    struct made_correlation correlations[ORACLE_RULES_MAX];
    const struct sigma_correlation *sigmas[ORACLE_RULES_MAX];
    struct rule_info infos[ORACLE_RULES_MAX];
    uint32_t ranks[ORACLE_RULES_MAX]; /* a correlation refers to lower ranks only */
};

static const struct sigma_node *make_expression(struct made_correlation *made, unsigned depth)
{
    const uint32_t at = made->node_count++;
    struct sigma_node *node = &made->nodes[at];
    if (depth == 0 || roll(3) == 0) {
        made->tests[at] =
            (struct sigma_test){.kind = SIGMA_TRUE, .number = roll(made->sigma.rule_count)};
        *node = (struct sigma_node){.kind = SIGMA_LEAF, .test = &made->tests[at]};
        return node;
    }
    static const enum sigma_node_kind kinds[] = {SIGMA_AND, SIGMA_OR, SIGMA_AND, SIGMA_NOT};
    const enum sigma_node_kind kind = PICK(kinds);
    *node = (struct sigma_node){
        .kind = kind, .count = kind == SIGMA_NOT ? 1 : 2, .children = made->children[at]};
    for (uint32_t i = 0; i < node->count; i++)
        made->children[at][i] = make_expression(made, depth - 1);
    return node;
}

static void make_bounds(struct made_correlation *made)
{
    static const enum sigma_compare compares[] = {SIGMA_GTE, SIGMA_GTE, SIGMA_GTE, SIGMA_GT,
                                                  SIGMA_EQ,  SIGMA_NEQ, SIGMA_LT,  SIGMA_LTE};
    const bool is_numeric = made->sigma.type >= SIGMA_VALUE_SUM;
    made->sigma.bounds = made->bounds;
    made->sigma.bound_count = roll(4) ? 1 : 2;
    for (uint32_t i = 0; i < made->sigma.bound_count; i++) {
        made->bounds[i].compare = PICK(compares);
        made->bounds[i].number = is_numeric ? (double)roll(12) / 2 - 1 : 1 + roll(4);
    }
}

static void make_condition(struct made_correlation *made)
{
    static const char *const values[] = {"User", "Ip", "who"};
    struct sigma_correlation *sigma = &made->sigma;
    sigma->condition_fields = made->fields;
    switch (sigma->type) {
    case SIGMA_TEMPORAL:
        if (roll(3) == 0)
            sigma->expression = make_expression(made, 3);
        if (roll(3) == 0)
            make_bounds(made);
        return;
    case SIGMA_TEMPORAL_ORDERED:
        return;
    case SIGMA_EVENT_COUNT:
        break;
    case SIGMA_VALUE_COUNT:
        sigma->condition_field_count = 1 + roll(2);
        made->fields[0] = PICK(values);
        made->fields[1] = PICK(values);
        break;
    default:
        sigma->condition_field_count = roll(4) ? 1 : 2;
        made->fields[0] = "N";
        made->fields[1] = "M";
        break;
    }
    make_bounds(made);
}

static void make_correlation(struct made_rules *rules, uint32_t rule)
{
    static const char *const groups[] = {"User", "Ip", "who"};
    static const uint64_t spans[] = {1, 1000000000, 1000000000, 2000000000, 3500000000};
    static const double percentiles[] = {0, 25, 50, 90, 100, 33.5};
    struct made_correlation *made = &rules->correlations[rule];
    struct sigma_correlation *sigma = &made->sigma;
    sigma->type = (enum sigma_correlation_type)roll(8);
    sigma->rules = made->rules;
    sigma->rule_count = 1 + roll(4);
    for (uint32_t i = 0; i < sigma->rule_count; i++) {
        do
            made->rules[i] = roll(2) ? roll(rules->base_count) : roll(rules->count);
        while (made->rules[i] >= rules->base_count &&
               rules->ranks[made->rules[i]] >= rules->ranks[rule]);
        made->alias_fields[i] = roll(3) ? oracle_fields[roll(2)] : NULL;
    }
    sigma->group_by = made->group_by;
    sigma->group_count = roll(3);
    for (uint32_t i = 0; i < sigma->group_count; i++)
        made->group_by[i] = PICK(groups);
    made->alias = (struct sigma_alias){"who", made->alias_fields};
    sigma->aliases = &made->alias;
    sigma->alias_count = roll(4) != 0;
    sigma->timespan_ns = PICK(spans);
    sigma->percentile = PICK(percentiles);
    make_condition(made);
}

static void make_rules(struct made_rules *rules)
{
    memset(rules, 0, sizeof(*rules));
    rules->base_count = 1 + roll(4);
    rules->count = rules->base_count + 1 + roll(4);
    for (uint32_t rule = rules->base_count; rule < rules->count; rule++)
        rules->ranks[rule] = roll(5);
    for (uint32_t rule = rules->base_count; rule < rules->count; rule++) {
        make_correlation(rules, rule);
        rules->sigmas[rule] = &rules->correlations[rule].sigma;
        rules->infos[rule].is_correlation = true;
        rules->infos[rule].correlation = rules->sigmas[rule];
    }
}

/* A moment that lies at an edge of a window, at another event, or anywhere. */
static int64_t make_time(const struct made_rules *rules, const int64_t *times, uint32_t count)
{
    if (count == 0)
        return 1000 * SECOND;
    const int64_t time = times[roll(count)];
    const uint32_t rule = rules->base_count + roll(rules->count - rules->base_count);
    switch (roll(4)) {
    case 0:
        return time;
    case 1:
        return time + (int64_t)rules->sigmas[rule]->timespan_ns + (int64_t)roll(3) - 1;
    case 2:
        return time + 1;
    default:
        return time + (int64_t)roll(3000) * 1000000;
    }
}

static void make_fields(struct oracle_hit *hit)
{
    static const char *const users[] = {"alice", "ALICE", "bob", "carol", "", NULL, "Alice"};
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "alice", "fe80::1", NULL};
    static const char *const numbers[] = {"1", "2", "-3", "0x10", "2.5", "x", NULL, "0"};
    hit->fields[FIELD_USER] = PICK(users);
    hit->fields[FIELD_IP] = PICK(addresses);
    hit->fields[FIELD_N] = PICK(numbers);
    hit->fields[FIELD_M] = PICK(numbers);
}

static uint32_t make_hits(const struct made_rules *rules, struct oracle_hit *hits)
{
    int64_t times[EVENTS_MAX];
    uint32_t count = 0;
    const uint32_t events = 1 + roll(EVENTS_MAX);
    for (uint32_t e = 0; e < events; e++) {
        const uint32_t matched = 1 + roll((1U << rules->base_count) - 1);
        struct oracle_hit hit = {.event_count = 1, .is_exact = true};
        hit.moment = times[e] = make_time(rules, times, e);
        make_fields(&hit);
        hit.events[0] = (struct correlate_event){
            .time = {hit.moment / SECOND, (uint32_t)(hit.moment % SECOND), 9},
            .record = e + 1,
            .offset = (uint64_t)roll(1000) << 8 | e,
            .evidence = roll(2)};
        for (uint32_t rule = 0; rule < rules->base_count; rule++) {
            if (!(matched >> rule & 1))
                continue;
            hit.rule = hit.events[0].rule = rule;
            hits[count++] = hit;
        }
    }
    return count;
}

static int hit_order(const void *one, const void *other)
{
    const struct oracle_hit *a = one, *b = other;
    if (a->moment != b->moment)
        return a->moment < b->moment ? -1 : 1;
    if (a->events[0].evidence != b->events[0].evidence)
        return a->events[0].evidence < b->events[0].evidence ? -1 : 1;
    if (a->events[0].offset != b->events[0].offset)
        return a->events[0].offset < b->events[0].offset ? -1 : 1;
    return a->rule < b->rule ? -1 : 1;
}

/* What the correlator found, kept. */
struct found {
    struct correlate_finding findings[ORACLE_HITS_MAX];
    struct correlate_event events[ORACLE_HITS_MAX][ORACLE_NAMED_MAX];
    char groups[ORACLE_HITS_MAX][ORACLE_GROUP_MAX];
    uint32_t count;
};

static enum status keep(void *context, const struct correlate_finding *finding, struct fault *fault)
{
    (void)fault;
    struct found *found = context;
    assert_true(found->count < ORACLE_HITS_MAX && finding->event_count <= ORACLE_NAMED_MAX);
    char *group = found->groups[found->count];
    for (uint32_t i = 0; i < finding->group_count; i++)
        group += sprintf(group, "%.*s\x1f", (int)finding->group[i].length,
                         (const char *)finding->group[i].data);
    *group = 0;
    found->findings[found->count] = *finding;
    memcpy(found->events[found->count], finding->events,
           finding->event_count * sizeof(*finding->events));
    found->count++;
    return STATUS_OK;
}

struct packed {
    struct bytes bytes;
};

static int packed_order(const void *one, const void *other)
{
    const struct packed *a = one, *b = other;
    return bytes_compare(a->bytes, b->bytes);
}

static struct bytes text_or_absent(const char *text)
{
    return text ? bytes_of_text(text) : bytes_of(NULL, 0);
}

static void write_hit(const struct correlator *correlator, const struct oracle_hit *hit,
                      struct buffer *to)
{
    const char *const *needs;
    uint32_t count;
    if (!correlator_needs(correlator, hit->rule, &needs, &count))
        return;
    struct correlate_hit written = {.time = hit->events[0].time,
                                    .record = hit->events[0].record,
                                    .offset = hit->events[0].offset,
                                    .evidence = hit->events[0].evidence,
                                    .rule = hit->rule,
                                    .value_count = count};
    for (uint32_t i = 0; i < count; i++) {
        written.values[i] = bytes_of(NULL, 0);
        for (uint32_t f = 0; f < ORACLE_FIELDS; f++)
            if (strcmp(oracle_fields[f], needs[i]) == 0)
                written.values[i] = text_or_absent(hit->fields[f]);
    }
    correlate_hit_write(to, &written);
}

/* The hits in the order in which they were made, as bytes, sorted as bytes, through the
 * correlator. */
static void correlate(struct correlator *correlator, const struct oracle_hit *hits, uint32_t count,
                      struct found *found)
{
    struct packed packed[ORACLE_HITS_MAX];
    struct buffer buffers[ORACLE_HITS_MAX] = {0};
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < count; i++) {
        write_hit(correlator, &hits[i], &buffers[i]);
        if (buffers[i].length)
            packed[wanted++].bytes = buffer_view(&buffers[i]);
    }
    qsort(packed, wanted, sizeof(*packed), packed_order);
    for (uint32_t i = 0; i < wanted; i++) {
        struct correlate_hit hit;
        assert_int_equal(correlate_hit_read(packed[i].bytes, &hit, NULL), STATUS_OK);
        assert_int_equal(correlator_feed(correlator, &hit, keep, found, NULL), STATUS_OK);
    }
    assert_int_equal(correlator_finish(correlator, keep, found, NULL), STATUS_OK);
    for (uint32_t i = 0; i < count; i++)
        buffer_release(&buffers[i]);
}

static int64_t nanoseconds(struct instant instant)
{
    return instant.seconds * SECOND + instant.nanos;
}

static bool is_equal(const struct made_rules *rules, const struct found *found, uint32_t index,
                     const struct oracle_finding *wanted)
{
    const struct correlate_finding *one = &found->findings[index];
    const struct correlate_event *events = found->events[index];
    if (one->correlation != wanted->correlation || nanoseconds(one->judged) != wanted->judged ||
        fabs(one->number - wanted->number) > 1e-9 || one->left_out != 0 ||
        strcmp(found->groups[index], wanted->group) != 0)
        return false;
    if (wanted->is_chain)
        return nanoseconds(one->time) == wanted->time &&
               oracle_chain_fits(wanted, rules->sigmas[one->correlation], events, one->event_count);
    if (!wanted->is_exact)
        return true;
    if (nanoseconds(one->time) != wanted->time || one->event_count != wanted->event_count)
        return false;
    for (uint32_t i = 0; i < one->event_count; i++)
        if (events[i].record != wanted->events[i].record)
            return false;
    return true;
}

static uint64_t findings_seen, findings_of_type[8], findings_inner;

static void run_stream(uint64_t stream)
{
    static struct made_rules rules;
    static struct oracle_hit hits[ORACLE_HITS_MAX];
    static struct found found;
    const struct rule_info *infos[ORACLE_RULES_MAX];
    struct correlator *correlator;
    seed = stream * 1000003;
    make_rules(&rules);
    const uint32_t count = make_hits(&rules, hits);
    for (uint32_t i = 0; i < rules.count; i++)
        infos[i] = &rules.infos[i];
    assert_int_equal(correlator_new(infos, rules.count, NULL, &correlator, NULL), STATUS_OK);
    assert_int_equal(correlator_refusal_count(correlator), 0);
    found.count = 0;
    correlate(correlator, hits, count, &found);
    correlator_free(correlator);

    struct oracle *oracle = oracle_new(rules.sigmas, rules.count);
    qsort(hits, count, sizeof(*hits), hit_order);
    for (uint32_t i = 0; i < count; i++)
        oracle_feed(oracle, &hits[i]);
    oracle_finish(oracle);
    for (uint32_t i = 0; i < found.count || i < oracle_count(oracle); i++) {
        if (i >= found.count || i >= oracle_count(oracle) ||
            !is_equal(&rules, &found, i, oracle_finding(oracle, i)))
            fail_msg("stream %" PRIu64 ": finding %u of %u (oracle: %u) differs", stream, i,
                     found.count, oracle_count(oracle));
        const struct sigma_correlation *sigma = rules.sigmas[found.findings[i].correlation];
        findings_of_type[sigma->type]++;
        for (uint32_t r = 0; r < sigma->rule_count; r++)
            findings_inner += sigma->rules[r] >= rules.base_count;
    }
    findings_seen += found.count;
    oracle_free(oracle);
}

static void the_correlator_finds_what_the_oracle_finds(void **state)
{
    const uint64_t *only = *state;
    if (only) {
        run_stream(*only);
        return;
    }
    for (uint64_t stream = 0; stream < STREAMS; stream++)
        run_stream(stream);
    print_message("%d streams, %" PRIu64 " findings; by type:", STREAMS, findings_seen);
    for (unsigned type = 0; type < 8; type++) {
        print_message(" %" PRIu64, findings_of_type[type]);
        assert_true(findings_of_type[type] > STREAMS / 100);
    }
    print_message("; over correlations %" PRIu64 "\n", findings_inner);
    assert_true(findings_inner > STREAMS / 10);
}

int main(int argc, char **argv)
{
    uint64_t only = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_correlator_finds_what_the_oracle_finds,
                                  argc > 1 ? &only : NULL),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cases and ledgers drawn from few words, judged by the ledger and by an oracle that takes
 * docs/ledger.md word by word, over tables that were filled by hand. */
#include "../../unit/ledger/desk.h"
#include "words.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TRIALS      40000
#define LIST_MAX    3
#define ENGAGEMENTS 3
#define STEPS       4

/* Indices of words. */
struct list {
    bool is_given;
    unsigned count, items[LIST_MAX];
};

struct drawn_engagement {
    struct list sources, include, exclude, accounts, tools, techniques, forbidden;
    unsigned from, to;    /* hours; from 0: no window */
    unsigned second_from; /* of a window of an hour; 0: none */
    unsigned withdrawn;   /* an hour; 0: it stands */
};

struct drawn_step {
    struct list sources, targets, accounts, tools, techniques;
    unsigned first, last; /* hours; 0: not known */
};

struct trial {
    struct drawn_engagement engagements[ENGAGEMENTS];
    unsigned engagement_count;
    struct drawn_step steps[STEPS];
    unsigned step_count;
};

/* --- To draw --- */

static uint64_t state_of_chance = 20261102;

static unsigned draw(unsigned below)
{
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return (unsigned)(state_of_chance >> 33) % below;
}

static unsigned word_count(const char *const *words)
{
    unsigned count = 0;
    while (count < WORDS_MAX && words[count])
        count++;
    return count;
}

/* A list with one of the first words more often, so that much is covered. */
static struct list list_draw(const char *const *words, unsigned absent_in, unsigned empty_in)
{
    struct list list = {.is_given = draw(absent_in) != 0};
    if (!list.is_given)
        return list;
    list.count = draw(empty_in) == 0 ? 0 : 1 + draw(LIST_MAX);
    for (unsigned i = 0; i < list.count; i++)
        list.items[i] = draw(draw(2) ? 3 : word_count(words));
    return list;
}

static struct drawn_engagement engagement_draw(void)
{
    struct drawn_engagement drawn = {
        .sources = list_draw(hosts.patterns, 30, 30),
        .include = list_draw(hosts.patterns, 30, 30),
        .exclude = draw(2) ? (struct list){0} : list_draw(hosts.patterns + 6, 2, 2),
        .accounts = list_draw(accounts.patterns, 30, 30),
        .tools = list_draw(tools.patterns, 2, 30),
        .techniques = list_draw(techniques.patterns, 2, 30),
        .forbidden = draw(3) ? (struct list){0} : list_draw(techniques.patterns, 2, 2),
        .from = draw(20) ? 1 + draw(5) : 0,
        .second_from = draw(3) ? 0 : 10 + draw(4),
        .withdrawn = draw(5) ? 0 : 1 + draw(14),
    };
    drawn.to = drawn.from + 4 + draw(8);
    for (unsigned i = 0; i < drawn.exclude.count; i++)
        drawn.exclude.items[i] = 6 + drawn.exclude.items[i] % 4;
    return drawn;
}

static struct drawn_step step_draw(void)
{
    struct drawn_step drawn = {
        .sources = list_draw(hosts.values, 12, 1000),
        .targets = list_draw(hosts.values, 12, 1000),
        .accounts = list_draw(accounts.values, 12, 1000),
        .tools = list_draw(tools.values, 12, 1000),
        .techniques = list_draw(techniques.values, 12, 1000),
        .first = draw(20) ? 3 + draw(8) : 0,
    };
    drawn.last = drawn.first ? drawn.first + draw(3) : 0;
    return drawn;
}

static struct trial trial_draw(void)
{
    struct trial trial = {.engagement_count = draw(ENGAGEMENTS + 1), .step_count = 1 + draw(STEPS)};
    for (unsigned i = 0; i < trial.engagement_count; i++)
        trial.engagements[i] = engagement_draw();
    for (unsigned i = 0; i < trial.step_count; i++)
        trial.steps[i] = step_draw();
    return trial;
}

/* --- To write for the ledger --- */

static void list_write(struct buffer *to, const char *key, const struct list *list,
                       const struct vocabulary *words)
{
    if (!list->is_given)
        return;
    buffer_format(to, "%s: [", key);
    for (unsigned i = 0; i < list->count; i++)
        buffer_format(to, "%s'%s'", i ? ", " : "", words->patterns[list->items[i]]);
    buffer_text(to, "]\n");
}

static void engagement_write(struct buffer *to, const struct drawn_engagement *drawn, unsigned id)
{
    buffer_format(to, "impound-engagement: 1\nid: E-%u\n", id);
    if (drawn->from)
        buffer_format(to,
                      "windows:\n- {from: 2026-11-02T%02u:00:00Z, to: 2026-11-02T%02u:00:00Z}\n",
                      drawn->from, drawn->to);
    if (drawn->from && drawn->second_from)
        buffer_format(to, "- {from: 2026-11-02T%02u:00:00Z, to: 2026-11-02T%02u:00:00Z}\n",
                      drawn->second_from, drawn->second_from + 1);
    list_write(to, "sources", &drawn->sources, &hosts);
    if (drawn->include.is_given || drawn->exclude.is_given)
        buffer_text(to, "targets:\n");
    list_write(to, " include", &drawn->include, &hosts);
    list_write(to, " exclude", &drawn->exclude, &hosts);
    list_write(to, "accounts", &drawn->accounts, &accounts);
    list_write(to, "tools", &drawn->tools, &tools);
    list_write(to, "techniques", &drawn->techniques, &techniques);
    list_write(to, "forbidden", &drawn->forbidden, &techniques);
    buffer_byte(to, 0);
}

static int64_t hour(unsigned hours)
{
    return INT64_C(1793577600) + (int64_t)hours * 3600; /* 2026-11-02 */
}

static struct ledger *ledger_make(const struct trial *trial)
{
    struct buffer texts[ENGAGEMENTS] = {{0}};
    const char *pointers[ENGAGEMENTS];
    for (unsigned i = 0; i < trial->engagement_count; i++) {
        engagement_write(&texts[i], &trial->engagements[i], i);
        pointers[i] = (const char *)texts[i].data;
    }
    struct ledger *ledger = desk_ledger(pointers, trial->engagement_count);
    for (unsigned i = 0; i < trial->engagement_count; i++) {
        if (trial->engagements[i].withdrawn)
            ledger->entries[i].withdrawn =
                (struct instant){.seconds = hour(trial->engagements[i].withdrawn)};
        buffer_release(&texts[i]);
    }
    return ledger;
}

static struct ledger_values values_make(struct bytes *items, const struct list *list,
                                        const struct vocabulary *words)
{
    for (unsigned i = 0; i < list->count; i++)
        items[i] = bytes_of_text(words->values[list->items[i]]);
    return (struct ledger_values){items, list->count};
}

static struct ledger_step step_make(const struct drawn_step *drawn, struct bytes items[5][LIST_MAX])
{
    return (struct ledger_step){
        .first.seconds = drawn->first ? hour(drawn->first) : INSTANT_NONE,
        .last.seconds = drawn->first ? hour(drawn->last) : INSTANT_NONE,
        .sources = values_make(items[0], &drawn->sources, &hosts),
        .targets = values_make(items[1], &drawn->targets, &hosts),
        .accounts = values_make(items[2], &drawn->accounts, &accounts),
        .tools = values_make(items[3], &drawn->tools, &tools),
        .techniques = values_make(items[4], &drawn->techniques, &techniques),
    };
}

/* --- The oracle. Answers are letters: y, n, ?. --- */

static bool has_star(const struct list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->items[i] == 0)
            return true;
    return false;
}

static bool any_host_fits(const struct list *patterns, const struct list *values)
{
    for (unsigned i = 0; i < patterns->count; i++)
        for (unsigned j = 0; j < values->count; j++)
            if (hosts.fits[patterns->items[i]][values->items[j]] == 'y')
                return true;
    return values->count == 0 && has_star(patterns);
}

static char host_answer(const struct list *patterns, const struct list *values)
{
    bool wants_address = false, has_address = false, has_name = false;
    if (patterns->count == 0)
        return 'n';
    if (any_host_fits(patterns, values))
        return 'y';
    for (unsigned i = 0; i < patterns->count; i++)
        wants_address |= patterns->items[i] >= 1 && patterns->items[i] < HOST_ADDRESS_PATTERNS;
    for (unsigned i = 0; i < values->count; i++) {
        has_address |= values->items[i] < HOST_ADDRESSES;
        has_name |= values->items[i] >= HOST_ADDRESSES;
    }
    return (wants_address ? has_address : has_name) ? 'n' : '?';
}

static char one_answer(const struct vocabulary *words, const struct list *patterns, unsigned value)
{
    char best = 'n';
    for (unsigned i = 0; i < patterns->count; i++) {
        const char answer = words->fits[patterns->items[i]][value];
        best = answer == 'y' || (answer == '?' && best == 'n') ? answer : best;
    }
    return best;
}

/* Whether the value is only another one's shorter form: `alice` beside LAB\alice, impacket beside a
 * tool of it. */
static bool is_better_said(const struct vocabulary *words, const struct list *values,
                           unsigned value)
{
    for (unsigned i = 0; i < values->count; i++) {
        const unsigned other = values->items[i];
        if (words == &accounts && value == 1 && (other == 0 || other == 2 || other == 3))
            return true;
        if (words == &tools && value == 1 && (other == 0 || other == 2))
            return true;
    }
    return false;
}

static char each_answer(const struct vocabulary *words, const struct list *patterns,
                        const struct list *values)
{
    char worst = 'y';
    if (patterns->count == 0)
        return 'n';
    if (values->count == 0)
        return has_star(patterns) ? 'y' : '?';
    for (unsigned i = 0; i < values->count; i++) {
        if (is_better_said(words, values, values->items[i]))
            continue;
        const char answer = one_answer(words, patterns, values->items[i]);
        worst = answer == 'n' || (answer == '?' && worst == 'y') ? answer : worst;
    }
    return worst;
}

static char forbidden_answer(const struct drawn_engagement *engagement,
                             const struct drawn_step *step)
{
    for (unsigned i = 0; i < step->techniques.count; i++)
        if (one_answer(&techniques, &engagement->forbidden, step->techniques.items[i]) == 'y')
            return 'n';
    return has_star(&engagement->forbidden) ? 'n' : 'y';
}

/* Hour by hour, in halves. */
static char time_answer(const struct drawn_engagement *engagement, const struct drawn_step *step)
{
    if (!engagement->from)
        return 'n';
    if (!step->first)
        return '?';
    for (unsigned half = step->first * 2; half <= step->last * 2; half++) {
        const bool in_first = half >= engagement->from * 2 && half <= engagement->to * 2;
        const bool in_second = engagement->second_from && half >= engagement->second_from * 2 &&
                               half <= (engagement->second_from + 1) * 2;
        if (!in_first && !in_second)
            return 'n';
    }
    return 'y';
}

static char stands_answer(const struct drawn_engagement *engagement, const struct drawn_step *step)
{
    if (!engagement->withdrawn)
        return 'y';
    return !step->first ? '?' : step->last < engagement->withdrawn ? 'y' : 'n';
}

enum { SOURCE, STANDS, TIME, TARGET, ACCOUNT, TOOL, TECHNIQUE, FORBIDDEN, CLAUSES };

static void answers_find(const struct drawn_engagement *engagement, const struct drawn_step *step,
                         char answers[CLAUSES + 1])
{
    answers[SOURCE] = host_answer(&engagement->sources, &step->sources);
    answers[STANDS] = stands_answer(engagement, step);
    answers[TIME] = time_answer(engagement, step);
    answers[TARGET] = any_host_fits(&engagement->exclude, &step->targets)
                          ? 'n'
                          : host_answer(&engagement->include, &step->targets);
    answers[ACCOUNT] = each_answer(&accounts, &engagement->accounts, &step->accounts);
    answers[TOOL] =
        engagement->tools.is_given ? each_answer(&tools, &engagement->tools, &step->tools) : 'y';
    answers[TECHNIQUE] = engagement->techniques.is_given
                             ? each_answer(&techniques, &engagement->techniques, &step->techniques)
                             : 'y';
    answers[FORBIDDEN] = forbidden_answer(engagement, step);
    answers[CLAUSES] = '\0';
}

static bool covers(const struct drawn_engagement *engagement, const struct drawn_step *step)
{
    char answers[CLAUSES + 1];
    answers_find(engagement, step, answers);
    return !strchr(answers, 'n') && !strchr(answers, '?');
}

static bool could_cover(const struct drawn_engagement *engagement, const struct drawn_step *step)
{
    char answers[CLAUSES + 1];
    answers_find(engagement, step, answers);
    return !strchr(answers, 'n');
}

static bool went_beyond(const struct trial *trial, const struct drawn_engagement *engagement,
                        const struct drawn_step *step)
{
    char answers[CLAUSES + 1];
    bool has_covered = false;
    answers_find(engagement, step, answers);
    for (unsigned i = 0; i < trial->step_count; i++)
        has_covered |= covers(engagement, &trial->steps[i]);
    if (answers[SOURCE] != 'y' || answers[STANDS] != 'y')
        return false;
    return answers[TIME] == 'y' ? strchr(answers, 'n') != NULL
                                : answers[TIME] == 'n' && has_covered;
}

static enum ledger_standing oracle(const struct trial *trial)
{
    bool all_covered = true, any_uncovered = false, has_rescue = false;
    for (unsigned i = 0; i < trial->engagement_count; i++) {
        bool is_whole = true;
        for (unsigned j = 0; j < trial->step_count; j++)
            is_whole &= could_cover(&trial->engagements[i], &trial->steps[j]);
        has_rescue |= is_whole;
    }
    for (unsigned j = 0; j < trial->step_count; j++) {
        bool is_covered = false, is_beyond = false;
        for (unsigned i = 0; i < trial->engagement_count; i++) {
            is_covered |= covers(&trial->engagements[i], &trial->steps[j]);
            is_beyond |= went_beyond(trial, &trial->engagements[i], &trial->steps[j]);
        }
        all_covered &= is_covered;
        any_uncovered |= !is_covered && !is_beyond;
    }
    if (all_covered)
        return LEDGER_COVERED;
    if (has_rescue)
        return LEDGER_UNDECIDED;
    return any_uncovered ? LEDGER_UNCOVERED : LEDGER_BEYOND;
}

/* --- Together --- */

static void trial_tell(const struct trial *trial)
{
    for (unsigned i = 0; i < trial->engagement_count; i++) {
        struct buffer text = {0};
        engagement_write(&text, &trial->engagements[i], i);
        print_message("%swithdrawn: %u\n", (const char *)text.data,
                      trial->engagements[i].withdrawn);
        for (unsigned j = 0; j < trial->step_count; j++) {
            char answers[CLAUSES + 1];
            answers_find(&trial->engagements[i], &trial->steps[j], answers);
            print_message("step %u: %s\n", j, answers);
        }
        buffer_release(&text);
    }
}

static void the_ledger_and_the_oracle_agree(void **state)
{
    unsigned seen[4] = {0};
    (void)state;
    for (unsigned i = 0; i < TRIALS; i++) {
        const struct trial trial = trial_draw();
        struct ledger *ledger = ledger_make(&trial);
        struct ledger_step steps[STEPS];
        struct bytes items[STEPS][5][LIST_MAX];
        struct ledger_verdict verdict;
        struct arena arena;
        for (unsigned j = 0; j < trial.step_count; j++)
            steps[j] = step_make(&trial.steps[j], items[j]);
        arena_init(&arena, 16U << 20);
        assert_int_equal(ledger_judge(ledger, steps, trial.step_count, &arena, &verdict, NULL),
                         STATUS_OK);
        const enum ledger_standing expected = oracle(&trial);
        if (verdict.standing != expected) {
            trial_tell(&trial);
            fail_msg("trial %u: %s, but the oracle says %s", i, ledger_status(verdict.standing),
                     ledger_status(expected));
        }
        assert_true(verdict.because.count > 0);
        seen[expected]++;
        arena_release(&arena);
        desk_free(ledger);
    }
    for (unsigned i = 0; i < 4; i++) {
        print_message("%s: %u\n", ledger_status((enum ledger_standing)i), seen[i]);
        assert_true(seen[i] > TRIALS / 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_and_the_oracle_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

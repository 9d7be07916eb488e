#include "ledger/clauses.h"

#include <stdio.h>

#define ID(entry)   shown_length(bytes_of_text((entry)->engagement.id)), (entry)->engagement.id
#define SHOW(bytes) shown_length(bytes), (const char *)(bytes).data

/* --- Facts --- */

static bool is_nothing(struct bytes value)
{
    return value.length == 0 || (value.length == 1 && value.data[0] == '-');
}

static bool list_read(enum pattern_kind kind, struct ledger_values values, struct arena *arena,
                      struct fact_list *list)
{
    struct fact *facts = arena_take_array(arena, (size_t)values.count + 1, sizeof(*facts));
    *list = (struct fact_list){facts, 0};
    for (uint32_t i = 0; facts && i < values.count; i++) {
        if (is_nothing(values.items[i]))
            continue;
        if (!fact_read(kind, values.items[i], arena, &facts[list->count++]))
            return false;
    }
    return facts != NULL;
}

/* Whether another account of the step has the same name, and says of which realm it is. */
static bool account_is_named_better(const struct fact_list *list, const struct fact *account)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].realm.length && bytes_equal(list->items[i].name, account->name))
            return !account->realm.length;
    return false;
}

/* Whether the step has a tool of Impacket's beside the library. */
static bool tool_is_named_better(const struct fact_list *list, const struct fact *tool)
{
    const struct bytes library = bytes_of_text("impacket");
    bool has_tool = false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct bytes name = list->items[i].folded;
        has_tool |=
            name.length && !memchr(name.data, ':', name.length) && !bytes_equal(name, library);
    }
    return has_tool && bytes_equal(tool->folded, library);
}

/* Leaves out what another fact of the list says better. */
static bool list_sift(struct fact_list *list, struct arena *arena,
                      bool (*is_better)(const struct fact_list *, const struct fact *))
{
    struct fact *kept = arena_take_array(arena, (size_t)list->count + 1, sizeof(*kept));
    uint32_t count = 0;
    for (uint32_t i = 0; kept && i < list->count; i++)
        if (!is_better(list, &list->items[i]))
            kept[count++] = list->items[i];
    *list = (struct fact_list){kept, count};
    return kept != NULL;
}

bool facts_read(const struct ledger_step *step, struct arena *arena, struct facts *facts)
{
    *facts = (struct facts){.first = step->first, .last = step->last};
    instant_widen(&facts->first, &facts->last, step->first);
    instant_widen(&facts->first, &facts->last, step->last);
    return list_read(PATTERN_HOST, step->sources, arena, &facts->sources) &&
           list_read(PATTERN_HOST, step->targets, arena, &facts->targets) &&
           list_read(PATTERN_ACCOUNT, step->accounts, arena, &facts->accounts) &&
           list_read(PATTERN_TOOL, step->tools, arena, &facts->tools) &&
           list_read(PATTERN_TECHNIQUE, step->techniques, arena, &facts->techniques) &&
           list_read(PATTERN_CANARY, step->texts, arena, &facts->texts) &&
           list_sift(&facts->accounts, arena, account_is_named_better) &&
           list_sift(&facts->tools, arena, tool_is_named_better);
}

/* --- Sentences that several clauses have --- */

/* The words for a list, and for the values that it is about. */
struct wording {
    const char *value, *list;
};

static void say_yes(struct sayings *to, const struct ledger_entry *entry, const char *what,
                    const struct fact *fact, const struct pattern *pattern)
{
    if (!fact)
        say(to, ANSWER_YES, "%.*s: the %s is not known, and %.*s allows any", ID(entry), what,
            SHOW(pattern->text));
    else if (pattern->is_network && memchr(pattern->text.data, '/', pattern->text.length))
        say(to, ANSWER_YES, "%.*s: %s %.*s is in %.*s", ID(entry), what, SHOW(fact->said),
            SHOW(pattern->text));
    else
        say(to, ANSWER_YES, "%.*s: %s %.*s is allowed by %.*s", ID(entry), what, SHOW(fact->said),
            SHOW(pattern->text));
}

static enum answer say_absent(struct sayings *to, const struct ledger_entry *entry,
                              const struct pattern_list *list, const char *what)
{
    say(to, ANSWER_NO, "%.*s: it %s %s", ID(entry),
        list->is_given ? "has an empty list of" : "lists no", what);
    return ANSWER_NO;
}

/* --- Hosts: any name or address will do --- */

static const struct pattern *any_pattern(const struct pattern_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].is_any)
            return &list->items[i];
    return NULL;
}

/* The first pattern that fits any of the facts, and which one. */
static const struct pattern *host_find(const struct pattern_list *list,
                                       const struct fact_list *facts, const struct fact **fact)
{
    *fact = NULL;
    for (uint32_t i = 0; i < list->count; i++)
        for (uint32_t j = 0; j < facts->count; j++)
            if (pattern_fits(PATTERN_HOST, &list->items[i], &facts->items[j]) == ANSWER_YES) {
                *fact = &facts->items[j];
                return &list->items[i];
            }
    return facts->count ? NULL : any_pattern(list);
}

/* A list with addresses is decided by an address, one of names only by a name. */
static bool host_is_known(const struct pattern_list *list, const struct fact_list *facts)
{
    for (uint32_t i = 0; i < facts->count; i++)
        if (facts->items[i].is_address == list->has_addresses)
            return true;
    return false;
}

static enum answer host_judge(const struct ledger_entry *entry, const struct pattern_list *list,
                              const struct fact_list *facts, const struct wording *words,
                              struct sayings *to)
{
    const struct fact *fact;
    if (!list->count)
        return say_absent(to, entry, list, words->list);
    const struct pattern *pattern = host_find(list, facts, &fact);
    if (pattern) {
        say_yes(to, entry, words->value, fact, pattern);
        return ANSWER_YES;
    }
    if (!host_is_known(list, facts)) {
        const char *form = list->has_addresses ? "address" : "name";
        if (facts->count)
            say(to, ANSWER_UNKNOWN, "%.*s: of the %s %.*s no %s is known, which would decide",
                ID(entry), words->value, SHOW(facts->items[0].said), form);
        else
            say(to, ANSWER_UNKNOWN, "%.*s: the %s is not known; its %s would decide", ID(entry),
                words->value, form);
        return ANSWER_UNKNOWN;
    }
    say(to, ANSWER_NO, "%.*s: %s %.*s is none of its %s", ID(entry), words->value,
        SHOW(facts->items[0].said), words->list);
    return ANSWER_NO;
}

/* Only what is known excludes; what is not is told. */
static bool is_excluded(const struct ledger_entry *entry, const struct fact_list *facts,
                        struct sayings *to)
{
    const struct pattern_list *list = &entry->engagement.exclude;
    const struct fact *fact;
    const struct pattern *pattern = host_find(list, facts, &fact);
    if (pattern && fact)
        say(to, ANSWER_NO, "%.*s: target %.*s is excluded by %.*s", ID(entry), SHOW(fact->said),
            SHOW(pattern->text));
    else if (pattern)
        say(to, ANSWER_NO, "%.*s: %.*s excludes every target", ID(entry), SHOW(pattern->text));
    else if (list->count && !host_is_known(list, facts))
        say(to, ANSWER_YES,
            "%.*s: no %s of the target is known to be held against what it excludes", ID(entry),
            list->has_addresses ? "address" : "name");
    return pattern != NULL;
}

static enum answer target_judge(const struct ledger_entry *entry, const struct facts *facts,
                                struct sayings *to)
{
    static const struct wording words = {"target", "targets"};
    if (is_excluded(entry, &facts->targets, to))
        return ANSWER_NO;
    return host_judge(entry, &entry->engagement.include, &facts->targets, &words, to);
}

/* --- Accounts, tools, techniques: each of them must be allowed --- */

/* The best answer of the list on one fact, and the pattern that gave it. */
static enum answer best_answer(enum pattern_kind kind, const struct pattern_list *list,
                               const struct fact *fact, const struct pattern **pattern)
{
    enum answer best = ANSWER_NO;
    *pattern = NULL;
    for (uint32_t i = 0; i < list->count && best != ANSWER_YES; i++) {
        const enum answer answer = pattern_fits(kind, &list->items[i], fact);
        if (answer > best) {
            best = answer;
            *pattern = &list->items[i];
        }
    }
    return best;
}

static void say_each(struct sayings *to, const struct ledger_entry *entry,
                     const struct wording *words, const struct fact *fact,
                     const struct pattern *pattern, enum answer answer)
{
    if (answer == ANSWER_YES && pattern)
        say_yes(to, entry, words->value, fact, pattern);
    else if (answer == ANSWER_UNKNOWN && pattern)
        say(to, answer, "%.*s: %s %.*s may be %.*s, but the evidence does not say so", ID(entry),
            words->value, SHOW(fact->said), SHOW(pattern->text));
    else
        say(to, answer, "%.*s: %s %.*s is none of its %s", ID(entry), words->value,
            SHOW(fact->said), words->list);
}

static enum answer unknown_judge(const struct ledger_entry *entry, const struct pattern_list *list,
                                 const struct wording *words, struct sayings *to)
{
    const struct pattern *any = any_pattern(list);
    if (any) {
        say_yes(to, entry, words->value, NULL, any);
        return ANSWER_YES;
    }
    say(to, ANSWER_UNKNOWN, "%.*s: the %s is not known, which would decide", ID(entry),
        words->value);
    return ANSWER_UNKNOWN;
}

static enum answer each_judge(const struct ledger_entry *entry, enum pattern_kind kind,
                              const struct pattern_list *list, const struct fact_list *facts,
                              struct sayings *to)
{
    static const struct wording all_words[] = {
        [PATTERN_ACCOUNT] = {"account", "accounts"},
        [PATTERN_TOOL] = {"tool", "tools"},
        [PATTERN_TECHNIQUE] = {"technique", "techniques"},
    };
    const struct wording *words = &all_words[kind];
    enum answer worst = ANSWER_YES;
    if (!list->count)
        return say_absent(to, entry, list, words->list);
    if (!facts->count)
        return unknown_judge(entry, list, words, to);
    for (uint32_t i = 0; i < facts->count; i++) {
        const struct pattern *pattern;
        const enum answer answer = best_answer(kind, list, &facts->items[i], &pattern);
        say_each(to, entry, words, &facts->items[i], pattern, answer);
        worst = answer < worst ? answer : worst;
    }
    return worst;
}

/* Tools and techniques: no list allows all. */
static enum answer limit_judge(const struct ledger_entry *entry, enum pattern_kind kind,
                               const struct pattern_list *list, const struct fact_list *facts,
                               struct sayings *to)
{
    if (list->is_given)
        return each_judge(entry, kind, list, facts, to);
    say(to, ANSWER_YES, "%.*s: it does not limit %s", ID(entry),
        kind == PATTERN_TOOL ? "tools" : "techniques");
    return ANSWER_YES;
}

/* --- What is forbidden, be it a technique or a tool --- */

static bool any_forbidden(const struct ledger_entry *entry, enum pattern_kind kind,
                          const struct fact_list *facts, struct sayings *to)
{
    const char *what = kind == PATTERN_TOOL ? "tool" : "technique";
    bool is_forbidden = false;
    for (uint32_t i = 0; i < facts->count; i++) {
        const struct pattern *pattern;
        const enum answer answer =
            best_answer(kind, &entry->engagement.forbidden, &facts->items[i], &pattern);
        is_forbidden |= answer == ANSWER_YES;
        if (answer == ANSWER_YES && pattern)
            say(to, ANSWER_NO, "%.*s: %s %.*s is forbidden by %.*s", ID(entry), what,
                SHOW(facts->items[i].said), SHOW(pattern->text));
    }
    return is_forbidden;
}

static enum answer forbidden_judge(const struct ledger_entry *entry, const struct facts *facts,
                                   struct sayings *to)
{
    const struct pattern_list *list = &entry->engagement.forbidden;
    const bool has_technique = any_forbidden(entry, PATTERN_TECHNIQUE, &facts->techniques, to);
    const bool has_tool = any_forbidden(entry, PATTERN_TOOL, &facts->tools, to);
    const bool is_all = list->has_any && !facts->techniques.count && !facts->tools.count;
    if (is_all)
        say(to, ANSWER_NO, "%.*s: * forbids everything", ID(entry));
    return has_technique || has_tool || is_all ? ANSWER_NO : ANSWER_YES;
}

/* --- Time --- */

/* How far the span reaches out of a window, in seconds; nanoseconds count as a whole one. */
static int64_t seconds_outside(const struct window *window, const struct facts *facts)
{
    int64_t most = 0;
    if (instant_compare(facts->first, window->from) < 0)
        most =
            window->from.seconds - facts->first.seconds + (window->from.nanos > facts->first.nanos);
    if (instant_compare(facts->last, window->to) > 0) {
        const int64_t late =
            facts->last.seconds - window->to.seconds + (facts->last.nanos > window->to.nanos);
        most = late > most ? late : most;
    }
    return most;
}

static const struct window *window_nearest(const struct engagement *engagement,
                                           const struct facts *facts, int64_t *outside)
{
    const struct window *nearest = NULL;
    for (uint32_t i = 0; i < engagement->window_count; i++) {
        const int64_t seconds = seconds_outside(&engagement->windows[i], facts);
        if (!nearest || seconds < *outside) {
            nearest = &engagement->windows[i];
            *outside = seconds;
        }
    }
    return nearest;
}

static void duration_write(char *to, size_t room, int64_t seconds)
{
    const long long all = (long long)seconds;
    if (all < 60)
        snprintf(to, room, "%lld s", all);
    else if (all < 3600)
        snprintf(to, room, "%lld min %lld s", all / 60, all % 60);
    else if (all < 86400)
        snprintf(to, room, "%lld h %lld min", all / 3600, all / 60 % 60);
    else
        snprintf(to, room, "%lld d %lld h", all / 86400, all / 3600 % 24);
}

static void span_write(char to[2 * INSTANT_TEXT_BOUND + 8], const struct facts *facts)
{
    size_t length = instant_write(to, facts->first);
    if (instant_compare(facts->first, facts->last) != 0) {
        memcpy(to + length, " to ", 4);
        length += 4 + instant_write(to + length + 4, facts->last);
    }
    to[length] = '\0';
}

static void say_window(struct sayings *to, const struct ledger_entry *entry,
                       const struct facts *facts, const struct window *window, int64_t outside)
{
    char span[2 * INSTANT_TEXT_BOUND + 8], limits[2 * INSTANT_TEXT_BOUND + 8], by[64];
    const struct facts of_window = {.first = window->from, .last = window->to};
    span_write(span, facts);
    span_write(limits, &of_window);
    duration_write(by, sizeof(by), outside);
    if (outside == 0)
        say(to, ANSWER_YES, "%.*s: %s is inside its window %s", ID(entry), span, limits);
    else
        say(to, ANSWER_NO, "%.*s: %s is outside its windows by %s; the nearest is %s", ID(entry),
            span, by, limits);
}

static enum answer time_judge(const struct ledger_entry *entry, const struct facts *facts,
                              struct sayings *to)
{
    int64_t outside = 0;
    if (!entry->engagement.window_count) {
        say(to, ANSWER_NO, "%.*s: it has no window", ID(entry));
        return ANSWER_NO;
    }
    if (!instant_is_known(facts->first)) {
        say(to, ANSWER_UNKNOWN, "%.*s: the time is not known, which would decide", ID(entry));
        return ANSWER_UNKNOWN;
    }
    const struct window *window = window_nearest(&entry->engagement, facts, &outside);
    if (to)
        say_window(to, entry, facts, window, outside);
    return outside == 0 ? ANSWER_YES : ANSWER_NO;
}

/* Withdrawn is withdrawn from that very moment on. */
static enum answer stands_judge(const struct ledger_entry *entry, const struct facts *facts,
                                struct sayings *to)
{
    char from[INSTANT_TEXT_BOUND + 1];
    if (!instant_is_known(entry->withdrawn))
        return ANSWER_YES;
    from[instant_write(from, entry->withdrawn)] = '\0';
    if (!instant_is_known(facts->first)) {
        say(to, ANSWER_UNKNOWN, "%.*s: it was withdrawn from %s, and the time is not known",
            ID(entry), from);
        return ANSWER_UNKNOWN;
    }
    if (instant_compare(facts->last, entry->withdrawn) < 0) {
        say(to, ANSWER_YES, "%.*s: it was withdrawn from %s, which is later", ID(entry), from);
        return ANSWER_YES;
    }
    const struct bytes why = bytes_of_text(entry->withdrawn_why ? entry->withdrawn_why : "");
    say(to, ANSWER_NO, "%.*s: it was withdrawn from %s%s%.*s", ID(entry), from,
        why.length ? ": " : "", SHOW(why));
    return ANSWER_NO;
}

/* --- All of them --- */

static void canaries_say(const struct ledger_entry *entry, const struct facts *facts,
                         struct sayings *to)
{
    const struct pattern_list *canaries = &entry->engagement.canaries;
    for (uint32_t i = 0; i < canaries->count; i++)
        for (uint32_t j = 0; j < facts->texts.count; j++)
            if (pattern_fits(PATTERN_CANARY, &canaries->items[i], &facts->texts.items[j]) ==
                ANSWER_YES) {
                say(to, ANSWER_YES, "%.*s: its canary %.*s was seen, which alone proves nothing",
                    ID(entry), SHOW(canaries->items[i].text));
                break;
            }
}

uint32_t answers_count(const struct answers *answers, enum answer answer)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < CLAUSE_COUNT; i++)
        count += answers->of[i] == answer;
    return count;
}

struct answers clauses_judge(const struct ledger_entry *entry, const struct facts *facts,
                             struct sayings *to)
{
    static const struct wording source = {"source", "sources"};
    const struct engagement *engagement = &entry->engagement;
    struct answers answers;
    answers.of[CLAUSE_SOURCE] =
        host_judge(entry, &engagement->sources, &facts->sources, &source, to);
    answers.of[CLAUSE_STANDS] = stands_judge(entry, facts, to);
    answers.of[CLAUSE_TIME] = time_judge(entry, facts, to);
    answers.of[CLAUSE_TARGET] = target_judge(entry, facts, to);
    answers.of[CLAUSE_ACCOUNT] =
        each_judge(entry, PATTERN_ACCOUNT, &engagement->accounts, &facts->accounts, to);
    answers.of[CLAUSE_TOOL] =
        limit_judge(entry, PATTERN_TOOL, &engagement->tools, &facts->tools, to);
    answers.of[CLAUSE_TECHNIQUE] =
        limit_judge(entry, PATTERN_TECHNIQUE, &engagement->techniques, &facts->techniques, to);
    answers.of[CLAUSE_FORBIDDEN] = forbidden_judge(entry, facts, to);
    if (to)
        canaries_say(entry, facts, to);
    return answers;
}

/* The steps are gone through twice. First it is counted how many of them each engagement covers,
 * and could cover: that decides which one ran over, and which one would cover everything. Then each
 * step is judged, and says why. */
#include "ledger/clauses.h"

#define FACTS_MAX ((size_t)256 << 20)
#define NEAR_MAX  3U /* engagements that came near and are named for one step */

struct tally {
    uint32_t covered, possible; /* steps */
};

struct judging {
    const struct ledger *ledger;
    const struct ledger_step *steps;
    uint32_t count;
    struct arena *arena;               /* of the verdict */
    struct arena facts;                /* of one step */
    struct tally *tallies;             /* one for each entry */
    const struct ledger_entry *main;   /* covers the most steps; NULL: none covers any */
    const struct ledger_entry *rescue; /* would cover all steps; NULL: none would */
    struct sayings *sayings;           /* about one step, and at last about the case */
};

const char *ledger_status(enum ledger_standing standing)
{
    static const char *const words[] = {
        [LEDGER_COVERED] = "authorised-test",
        [LEDGER_UNDECIDED] = "insufficient-evidence",
        [LEDGER_BEYOND] = "out-of-scope",
        [LEDGER_UNCOVERED] = "malicious-until-proven-otherwise",
    };
    return words[standing];
}

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_MEMORY, 0, "no memory for a verdict");
}

static uint32_t entry_count(const struct judging *judging)
{
    return judging->ledger ? judging->ledger->entry_count : 0;
}

/* --- One engagement and one step --- */

static bool is_covered(const struct answers *answers)
{
    return answers_count(answers, ANSWER_YES) == CLAUSE_COUNT;
}

static bool is_possible(const struct answers *answers)
{
    return answers_count(answers, ANSWER_NO) == 0;
}

/* In its window, but not as ordered; or a test that ran over: outside, while it covers other steps
 * of the case. */
static bool is_beyond(const struct answers *answers, const struct tally *tally)
{
    if (answers->of[CLAUSE_SOURCE] != ANSWER_YES || answers->of[CLAUSE_STANDS] != ANSWER_YES)
        return false;
    if (answers->of[CLAUSE_TIME] == ANSWER_YES)
        return answers_count(answers, ANSWER_NO) > 0;
    return answers->of[CLAUSE_TIME] == ANSWER_NO && tally->covered > 0;
}

/* It names the source, or nothing but the source is wrong. */
static bool is_near(const struct answers *answers)
{
    return answers->of[CLAUSE_SOURCE] == ANSWER_YES ||
           (answers_count(answers, ANSWER_NO) == 1 && answers->of[CLAUSE_TIME] == ANSWER_YES);
}

static enum ledger_standing standing_of(const struct answers *answers, const struct tally *tally)
{
    if (is_covered(answers))
        return LEDGER_COVERED;
    if (is_beyond(answers, tally))
        return LEDGER_BEYOND;
    return is_possible(answers) ? LEDGER_UNDECIDED : LEDGER_UNCOVERED;
}

/* --- First: what each engagement covers --- */

static enum status step_count(struct judging *judging, const struct ledger_step *step,
                              struct fault *fault)
{
    struct facts facts;
    arena_reset(&judging->facts);
    if (!facts_read(step, &judging->facts, &facts))
        return no_memory(fault);
    for (uint32_t i = 0; i < entry_count(judging); i++) {
        const struct ledger_entry *entry = &judging->ledger->entries[i];
        if (entry->doubt)
            continue;
        const struct answers answers = clauses_judge(entry, &facts, NULL);
        judging->tallies[i].covered += is_covered(&answers);
        judging->tallies[i].possible += is_possible(&answers);
    }
    return STATUS_OK;
}

/* Of equals the first counts. */
static enum status engagements_weigh(struct judging *judging, struct fault *fault)
{
    uint32_t most = 0, most_of_rescue = 0;
    judging->tallies =
        arena_take_array(judging->arena, entry_count(judging) + 1, sizeof(*judging->tallies));
    if (!judging->tallies)
        return no_memory(fault);
    for (uint32_t i = 0; i < judging->count; i++) {
        const enum status status = step_count(judging, &judging->steps[i], fault);
        if (status)
            return status;
    }
    for (uint32_t i = 0; i < entry_count(judging); i++) {
        const struct tally *tally = &judging->tallies[i];
        const bool is_whole = judging->count && tally->possible == judging->count;
        if (tally->covered > most) {
            most = tally->covered;
            judging->main = &judging->ledger->entries[i];
        }
        if (is_whole && (!judging->rescue || tally->covered > most_of_rescue)) {
            most_of_rescue = tally->covered;
            judging->rescue = &judging->ledger->entries[i];
        }
    }
    return STATUS_OK;
}

/* --- Then: each step --- */

struct choice {
    const struct ledger_entry *entry;
    enum ledger_standing standing;
    uint32_t weight; /* the least is chosen */
};

/* Covered, would be covered by what would cover the whole case, beyond, would be covered, nothing.
 * Of equals: what covers most of the case, what fewest clauses speak against, the first. */
static uint32_t weight_of(const struct judging *judging, const struct ledger_entry *entry,
                          enum ledger_standing standing, const struct answers *answers)
{
    uint32_t rank = 4;
    if (standing == LEDGER_COVERED)
        rank = 0;
    else if (entry == judging->rescue)
        rank = 1;
    else if (standing == LEDGER_BEYOND)
        rank = 2;
    else if (standing == LEDGER_UNDECIDED)
        rank = 3;
    const uint32_t against = CLAUSE_COUNT - answers_count(answers, ANSWER_YES);
    return rank * 64 + (entry == judging->main ? 0 : 32) + against;
}

static struct choice choice_make(const struct judging *judging, const struct facts *facts)
{
    struct choice best = {NULL, LEDGER_UNCOVERED, UINT32_MAX};
    for (uint32_t i = 0; i < entry_count(judging); i++) {
        const struct ledger_entry *entry = &judging->ledger->entries[i];
        if (entry->doubt)
            continue;
        const struct answers answers = clauses_judge(entry, facts, NULL);
        const enum ledger_standing standing = standing_of(&answers, &judging->tallies[i]);
        const uint32_t weight = weight_of(judging, entry, standing, &answers);
        if (standing != LEDGER_UNCOVERED && weight < best.weight)
            best = (struct choice){entry, standing, weight};
    }
    return best;
}

static void near_say(const struct judging *judging, const struct ledger_entry *entry,
                     const struct facts *facts)
{
    const char *id = entry->engagement.id;
    const struct bytes doubt = bytes_of_text(entry->doubt ? entry->doubt : "");
    if (entry->doubt)
        say(judging->sayings, ANSWER_NO, "%.*s would come near, but does not count: %.*s",
            shown_length(bytes_of_text(id)), id, (int)doubt.length, (const char *)doubt.data);
    clauses_judge(entry, facts, judging->sayings);
}

/* Engagements that count come first. */
static uint32_t all_near_say(const struct judging *judging, const struct facts *facts)
{
    uint32_t named = 0;
    for (unsigned with_doubt = 0; with_doubt < 2; with_doubt++)
        for (uint32_t i = 0; i < entry_count(judging) && named < NEAR_MAX; i++) {
            const struct ledger_entry *entry = &judging->ledger->entries[i];
            if ((entry->doubt != NULL) != (with_doubt == 1))
                continue;
            const struct answers answers = clauses_judge(entry, facts, NULL);
            if (!is_near(&answers))
                continue;
            near_say(judging, entry, facts);
            named++;
        }
    return named;
}

static void uncovered_say(const struct judging *judging, const struct facts *facts)
{
    bool has_any = false;
    for (uint32_t i = 0; i < entry_count(judging); i++)
        has_any |= !judging->ledger->entries[i].doubt;
    if (!judging->ledger)
        say(judging->sayings, ANSWER_NO,
            "no ledger was given, so nothing says that it was ordered");
    else if (!has_any)
        say(judging->sayings, ANSWER_NO, "the ledger has no engagement that counts");
    if (all_near_say(judging, facts) || !has_any)
        return;
    if (facts->sources.count)
        say(judging->sayings, ANSWER_NO, "no engagement names the source %.*s",
            shown_length(facts->sources.items[0].said),
            (const char *)facts->sources.items[0].said.data);
    else
        say(judging->sayings, ANSWER_NO,
            "the source is not known, and no engagement allows the rest");
}

/* Those with the least answer first: what failed, what is not known, what covered. */
static bool because_keep(struct judging *judging, struct ledger_because *because)
{
    struct sayings *sayings = judging->sayings;
    if (sayings->left_out && sayings->count == SAYINGS_MAX)
        sayings->count--; /* room for the word that there is more */
    const char **sentences =
        arena_take_array(judging->arena, (size_t)sayings->count + 2, sizeof(*sentences));
    *because = (struct ledger_because){sentences, 0};
    for (unsigned answer = ANSWER_NO; sentences && answer <= ANSWER_YES; answer++)
        for (uint32_t i = 0; i < sayings->count; i++)
            if (sayings->items[i].answer == answer)
                sentences[because->count++] = sayings->items[i].sentence;
    if (sentences && sayings->left_out)
        sentences[because->count++] = "and more that is not told here";
    return sentences && !sayings->failed;
}

static void sayings_reset(struct sayings *sayings)
{
    sayings->count = sayings->left_out = 0;
}

static enum status step_judge(struct judging *judging, const struct ledger_step *step,
                              struct ledger_judgement *judgement, struct fault *fault)
{
    struct facts facts;
    arena_reset(&judging->facts);
    sayings_reset(judging->sayings);
    if (!facts_read(step, &judging->facts, &facts))
        return no_memory(fault);
    const struct choice choice = choice_make(judging, &facts);
    if (choice.entry)
        clauses_judge(choice.entry, &facts, judging->sayings);
    else
        uncovered_say(judging, &facts);
    judgement->standing = choice.standing;
    judgement->engagement = choice.entry ? choice.entry->engagement.id : NULL;
    return because_keep(judging, &judgement->because) ? STATUS_OK : no_memory(fault);
}

/* --- At last: the case --- */

static uint32_t standing_count(const struct judging *judging, const struct ledger_judgement *judged,
                               enum ledger_standing standing)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < judging->count; i++)
        count += judged[i].standing == standing;
    return count;
}

static enum ledger_standing case_standing(const struct judging *judging,
                                          const struct ledger_judgement *judged)
{
    const uint32_t covered = standing_count(judging, judged, LEDGER_COVERED);
    const uint32_t beyond = standing_count(judging, judged, LEDGER_BEYOND);
    if (judging->count && covered == judging->count)
        return LEDGER_COVERED;
    if (judging->rescue)
        return LEDGER_UNDECIDED;
    return judging->count && covered + beyond == judging->count ? LEDGER_BEYOND : LEDGER_UNCOVERED;
}

static const char *case_engagement(const struct judging *judging,
                                   const struct ledger_judgement *judged,
                                   enum ledger_standing standing)
{
    if (standing == LEDGER_COVERED)
        return judging->main->engagement.id;
    if (standing == LEDGER_UNDECIDED)
        return judging->rescue->engagement.id;
    for (uint32_t i = 0; standing == LEDGER_BEYOND && i < judging->count; i++)
        if (judged[i].standing == LEDGER_BEYOND)
            return judged[i].engagement;
    return NULL;
}

static void case_say(const struct judging *judging, const struct ledger_judgement *judged,
                     const struct ledger_verdict *verdict)
{
    const uint32_t covered = standing_count(judging, judged, LEDGER_COVERED);
    const uint32_t beyond = standing_count(judging, judged, LEDGER_BEYOND);
    const struct bytes id = bytes_of_text(verdict->engagement ? verdict->engagement : "");
    const int length = shown_length(id);
    struct sayings *to = judging->sayings;
    switch (verdict->standing) {
    case LEDGER_COVERED:
        say(to, ANSWER_NO, "%.*s covers %u of %u steps%s", length, (const char *)id.data,
            judging->tallies[judging->main - judging->ledger->entries].covered, covered,
            judging->tallies[judging->main - judging->ledger->entries].covered < covered
                ? ", others the rest"
                : "");
        break;
    case LEDGER_UNDECIDED:
        say(to, ANSWER_NO, "%.*s would cover every step if what the evidence lacks were known",
            length, (const char *)id.data);
        break;
    case LEDGER_BEYOND:
        say(to, ANSWER_NO, "%u of %u steps went beyond %.*s", beyond, judging->count, length,
            (const char *)id.data);
        break;
    case LEDGER_UNCOVERED:
        say(to, ANSWER_NO, "%u of %u steps are covered by no engagement",
            judging->count - covered - beyond, judging->count);
        break;
    }
}

/* Whether what was said of the step says why the case stands as it does. */
static bool is_decisive(enum ledger_standing of_case, enum ledger_standing of_step)
{
    if (of_case == LEDGER_UNCOVERED)
        return of_step == LEDGER_UNCOVERED || of_step == LEDGER_UNDECIDED;
    return of_case == of_step;
}

/* The steps keep their sentences in order, but not the answers: what failed is told first all the
 * same, because it comes first in each step. */
static void steps_say(struct judging *judging, const struct ledger_judgement *judged,
                      enum ledger_standing standing)
{
    for (uint32_t i = 0; i < judging->count; i++)
        for (uint32_t j = 0;
             is_decisive(standing, judged[i].standing) && j < judged[i].because.count; j++)
            say_again(judging->sayings,
                      &(struct saying){ANSWER_NO, judged[i].because.sentences[j]});
}

static enum status case_judge(struct judging *judging, struct ledger_judgement *judged,
                              struct ledger_verdict *verdict, struct fault *fault)
{
    *verdict = (struct ledger_verdict){.standing = case_standing(judging, judged), .steps = judged};
    verdict->engagement = case_engagement(judging, judged, verdict->standing);
    sayings_reset(judging->sayings);
    case_say(judging, judged, verdict);
    steps_say(judging, judged, verdict->standing);
    return because_keep(judging, &verdict->because) ? STATUS_OK : no_memory(fault);
}

static enum status all_judge(struct judging *judging, struct ledger_verdict *verdict,
                             struct fault *fault)
{
    struct ledger_judgement *judged =
        arena_take_array(judging->arena, (size_t)judging->count + 1, sizeof(*judged));
    judging->sayings = arena_take_array(judging->arena, 1, sizeof(*judging->sayings));
    if (!judged || !judging->sayings)
        return no_memory(fault);
    judging->sayings->arena = judging->arena;
    enum status status = engagements_weigh(judging, fault);
    for (uint32_t i = 0; status == STATUS_OK && i < judging->count; i++)
        status = step_judge(judging, &judging->steps[i], &judged[i], fault);
    return status ? status : case_judge(judging, judged, verdict, fault);
}

enum status ledger_judge(const struct ledger *ledger, const struct ledger_step *steps,
                         uint32_t count, struct arena *arena, struct ledger_verdict *verdict,
                         struct fault *fault)
{
    struct judging judging = {.ledger = ledger, .steps = steps, .count = count, .arena = arena};
    arena_init(&judging.facts, FACTS_MAX);
    const enum status status = all_judge(&judging, verdict, fault);
    arena_release(&judging.facts);
    return status;
}

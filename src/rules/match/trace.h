/* What is known of the current event: which atoms of the plan hold, and which rules are worth
 * evaluating. Nothing is cleared between events: a mark counts only with this event's generation.
 */
#ifndef IMPOUND_RULES_TRACE_H
#define IMPOUND_RULES_TRACE_H

#include "rules/match/index.h"

enum truth {
    TRUTH_UNSEEN, /* not looked at; of an indexed atom: it does not hold */
    TRUTH_NO,
    TRUTH_YES,
    TRUTH_MAYBE, /* what it requires was seen, the rest is still to be looked at */
    TRUTH_COUNT
};

struct trace {
    uint32_t generation; /* a multiple of TRUTH_COUNT */
    uint32_t *atoms;     /* by atom: generation + truth */
    uint32_t *rules;     /* by rule of the plan: the generation in which it became a candidate */
    uint32_t *candidates;
    uint32_t candidate_count;
    uint32_t *finds; /* atoms that were met, with FIND_EXACT for TRUTH_YES */
    uint32_t find_count;
    const uint32_t
        *trigger_first;       /* of the plan: an atom's rules are triggers[first[atom]] up to */
    const uint32_t *triggers; /* triggers[first[atom + 1]] */
};

static inline enum truth trace_truth(const struct trace *trace, uint32_t atom)
{
    const uint32_t mark = trace->atoms[atom] - trace->generation;
    return mark < TRUTH_COUNT ? (enum truth)mark : TRUTH_UNSEEN;
}

static inline void trace_set(struct trace *trace, uint32_t atom, enum truth truth)
{
    trace->atoms[atom] = trace->generation + (uint32_t)truth;
}

/* An atom was met: when it is the first time, the rules that it triggers become candidates. */
static inline void trace_find(struct trace *trace, uint32_t find)
{
    const uint32_t atom = find & FIND_ATOM;
    if (trace_truth(trace, atom) != TRUTH_UNSEEN)
        return;
    trace_set(trace, atom, find & FIND_EXACT ? TRUTH_YES : TRUTH_MAYBE);
    trace->finds[trace->find_count++] = find;
    for (uint32_t i = trace->trigger_first[atom]; i < trace->trigger_first[atom + 1]; i++) {
        const uint32_t rule = trace->triggers[i];
        if (trace->rules[rule] != trace->generation) {
            trace->rules[rule] = trace->generation;
            trace->candidates[trace->candidate_count++] = rule;
        }
    }
}

#endif

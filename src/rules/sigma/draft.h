/* A rule between its text and its tree: what the modifiers have worked out, still grouped as the
 * rule wrote it, because pipelines, placeholders and filters work on detection items.
 *
 * A draft is never changed once it is made; a transformation makes another one. */
#ifndef IMPOUND_RULES_SIGMA_DRAFT_H
#define IMPOUND_RULES_SIGMA_DRAFT_H

#include "rules/sigma/sigma.h"

/* What the value of a rule is to modifiers and pipelines; `test` says how it is matched. */
enum draft_type {
    DRAFT_NULL,
    DRAFT_BOOL,   /* matched as the text true or false */
    DRAFT_NUMBER, /* matched as the text that was written */
    DRAFT_TEXT,
    DRAFT_REGEX,
    DRAFT_CIDR,
    DRAFT_COMPARE,
    DRAFT_EXISTS,
    DRAFT_FIELDREF,
    DRAFT_TIMEPART,
    DRAFT_QUERY, /* a query of some other engine, put in by a pipeline */
    DRAFT_ANY,   /* what one value was expanded to: any of these, whatever links the values */
};

/* A piece that stands for a placeholder's values; its literal is the name. Drafts only. */
#define DRAFT_PLACEHOLDER ((enum sigma_piece_kind)(SIGMA_PIECE_MANY + 1))

struct draft_value {
    enum draft_type type;
    bool flag;                        /* of DRAFT_BOOL */
    struct sigma_test test;           /* without its field */
    const struct draft_value *values; /* of DRAFT_ANY */
    uint32_t count;
};

/* `field|modifiers: values`, or a detection inside a detection. */
struct draft_item {
    const struct draft_detection *detection; /* NULL: the rest counts */
    const char *field;                       /* NULL: keywords */
    const struct draft_value *values;        /* none: the field has no value */
    uint32_t count;
    uint32_t line;
    bool is_all;      /* every value, not any */
    bool is_negated;  /* neq */
    uint64_t applied; /* the pipeline items that were applied to it, by number */
};

struct draft_detection {
    const char *name; /* of a selection; NULL inside of one */
    bool is_any;      /* any item, not every */
    const struct draft_item *items;
    uint32_t count;
};

/* A condition over the selections of its rule. Shared parts make it a graph without cycles. */
struct draft_expression {
    enum sigma_node_kind kind; /* SIGMA_LEAF: a selection */
    uint32_t weight;           /* leaves, counted as often as they are reached */
    uint32_t count;
    union {
        const struct draft_expression *const *children;
        uint32_t selection;
    };
};

/* `alias` is called fields[i] in the events of the rule that references[i] names. */
struct draft_alias {
    const char *alias;
    const char *const *references;
    const char *const *fields;
    uint32_t count;
    uint32_t line;
};

struct draft_correlation {
    struct sigma_correlation correlation; /* `rules` and `aliases` are made when all is there */
    const struct draft_alias *aliases;
    uint32_t alias_count;
    uint32_t *targets; /* of each rule name: the index of a draft */
};

struct draft_filter {
    const struct draft_expression *expression;
    const char *const *references; /* ids and names; none: any rule of the log source */
    uint32_t reference_count;
};

struct draft_rule {
    struct sigma_rule rule; /* `condition` is made at the end */
    const struct draft_detection *selections;
    uint32_t selection_count;
    const struct draft_expression *expression; /* NULL for a correlation */
    struct draft_correlation *correlation;
    const struct draft_filter *filter; /* not NULL: no rule, a filter */
    uint64_t applied;
    bool is_refused;
};

struct placeholders;

/* What everything that makes drafts needs. */
struct draft_context {
    struct arena *arena;
    const struct placeholders *placeholders; /* may be NULL */
    struct fault *fault;
};

enum status draft_no_memory(const struct draft_context *context) COLD;

#endif

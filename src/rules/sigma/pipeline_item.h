/* What pipelines consist of, for the files that read, judge and apply them. */
#ifndef IMPOUND_RULES_SIGMA_PIPELINE_ITEM_H
#define IMPOUND_RULES_SIGMA_PIPELINE_ITEM_H

#include "base/buffer.h"
#include "rules/sigma/collection.h"
#include "rules/sigma/expression.h"
#include "yaml/tree.h"

#define PARAMETERS_MAX 4
#define STATES_MAX     64 /* keys that set_state may set for one rule */
#define TRACKED_MAX    64 /* field names whose mappings are remembered for one rule */

enum parameter_kind {
    PARAMETER_TEXT,
    PARAMETER_BOOL,
    PARAMETER_SCALAR,
    PARAMETER_TEXTS, /* a text or a list of texts */
    PARAMETER_MAP,
    PARAMETER_ITEMS, /* a list of maps */
    PARAMETER_ANY,
};

struct parameter {
    const char *name; /* NULL behind the last one */
    enum parameter_kind kind;
    bool is_required;
};

struct pipeline_run;
struct pipeline_condition;
struct pipeline_item;

/* A field name, and the item it stands in when it does. */
struct field_subject {
    const char *field; /* NULL: keywords */
    const struct draft_item *item;
};

struct condition_type {
    const char *name;
    struct parameter parameters[PARAMETERS_MAX];
    /* one of these three */
    bool (*match_rule)(const struct pipeline_run *run, const struct pipeline_condition *condition,
                       const struct draft_rule *rule);
    bool (*match_item)(const struct pipeline_run *run, const struct pipeline_condition *condition,
                       const struct draft_item *item);
    bool (*match_field)(const struct pipeline_run *run, const struct pipeline_condition *condition,
                        struct field_subject subject);
};

struct pipeline_condition {
    const struct condition_type *type;
    const struct tree_node *parameters[PARAMETERS_MAX];
    struct expression *const *expressions; /* of `pattern`, or of `fields` in mode re */
    uint32_t expression_count;
    uint64_t bit; /* of processing_item_applied */
};

struct condition_group {
    const struct pipeline_condition *conditions;
    uint32_t count;
    bool is_any, is_negated;
    const struct draft_expression *expression; /* over the conditions; NULL: all or any of them */
};

/* What a transformation makes of a detection item. */
enum change_kind { CHANGE_NONE, CHANGE_REPLACED, CHANGE_DROPPED };
struct item_change {
    enum change_kind kind;
    struct draft_item item;
};

struct transformation {
    const char *name;
    struct parameter parameters[PARAMETERS_MAX];
    /* one of these three: for a rule, a correlation too; a detection item; a value */
    enum status (*apply_rule)(struct pipeline_run *run);
    enum status (*apply_item)(struct pipeline_run *run, const struct draft_item *item,
                              struct item_change *change);
    enum status (*apply_value)(struct pipeline_run *run, struct draft_value *value,
                               bool *is_changed);
};

struct pipeline_item {
    const struct transformation *transformation;
    const struct tree_node *parameters[PARAMETERS_MAX];
    struct condition_group rule, detection, field;
    struct expression *expression; /* of `regex` */
    struct pipeline_item *nested;  /* of `items` */
    uint32_t nested_count;
    uint32_t line;
    const char *id;
    uint64_t bit; /* 0: no condition asks for its id */
};

struct pipeline_file {
    double priority;
    struct pipeline_item *items;
    uint32_t count;
    const struct tree_node *variables; /* may be NULL */
};

#define PIPELINE_FILES_MAX 32
#define PIPELINE_IDS_MAX   64

struct pipelines {
    struct pipeline_file files[PIPELINE_FILES_MAX];
    uint32_t file_count;
    const char *ids[PIPELINE_IDS_MAX]; /* that conditions ask for: bit 0, bit 1 and so on */
    uint32_t id_count;
    struct expression **expressions; /* all, to be freed */
    uint32_t expression_count, expression_capacity;
};

/* One rule on its way through the pipelines. */
struct pipeline_run {
    const struct draft_context *context;
    const struct sigma_rules *rules;
    const struct pipeline_item *item; /* that is being applied */
    struct draft_rule *rule;
    struct buffer *scratch; /* of pipeline_plain */
    struct {
        const char *key;
        const struct tree_node *value;
    } states[STATES_MAX];
    uint32_t state_count;
    struct {
        const char *field;
        uint64_t applied;
    } tracked[TRACKED_MAX];
    uint32_t tracked_count;
};

/* Tables; the last entry has no name. */
extern const struct condition_type pipeline_rule_conditions[];
extern const struct condition_type pipeline_item_conditions[];
extern const struct condition_type pipeline_field_conditions[];
extern const struct transformation field_transformations[];
extern const struct transformation value_transformations[];
extern const struct transformation rule_transformations[];

bool condition_group_rule(const struct pipeline_run *run, const struct condition_group *group);
bool condition_group_item(const struct pipeline_run *run, const struct condition_group *group,
                          const struct draft_item *item);
/* Field conditions hold for an item by its own field or by one that its values refer to. */
bool condition_group_field_of(const struct pipeline_run *run, const struct condition_group *group,
                              const struct draft_item *item);
bool condition_group_field(const struct pipeline_run *run, const struct condition_group *group,
                           struct field_subject subject);

/* Applies the items in turn. */
enum status pipeline_run_items(struct pipeline_run *run, const struct pipeline_item *items,
                               uint32_t count) MUST_CHECK;

/* Refuses the rule for what `format` says, at the line of the rule. */
enum status pipeline_refuse(const struct pipeline_run *run, uint32_t line, const char *format, ...)
    PRINTF_LIKE(3, 4);

static inline bool parameter_flag(const struct tree_node *parameter)
{
    bool flag = false;
    return parameter && tree_bool(parameter, &flag) && flag;
}

static inline bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

static inline bool text_is(const char *one, const struct tree_node *node)
{
    return one && node && tree_is(node, one);
}

/* Whether a parameter of texts has this one. */
bool parameter_has(const struct tree_node *texts, struct bytes text);

/* Whether a rule's value is the one that a scalar names, of the same type. */
bool pipeline_is_value(const struct pipeline_run *run, const struct draft_value *value,
                       const struct tree_node *scalar);

/* What an order (negative, 0, positive) says by the word `op`: eq, ne, gte and so on; NULL is eq.
 */
bool pipeline_order_holds(int order, const struct tree_node *op);

/* processing_state: the state of the key, the value and the operator of its parameters. */
bool pipeline_state_holds(const struct pipeline_run *run,
                          const struct pipeline_condition *condition);

/* The text of a value as pipelines see it: wildcards as * and ?, plain ones behind a backslash,
 * placeholders between percent signs. Valid until the next call. */
struct bytes pipeline_plain(const struct pipeline_run *run, const struct draft_value *value);

#endif

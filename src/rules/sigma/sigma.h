/* Sigma text to syntax trees: rules, correlations, filters (Sigma specification 2.1.0).
 *
 * In: YAML. Out: an immutable collection in which every modifier, wildcard, placeholder, filter and
 * processing pipeline has been worked out, so that a tree holds plain tests only. This room knows
 * nothing of events, of matching, or of which log source exists. */
#ifndef IMPOUND_RULES_SIGMA_H
#define IMPOUND_RULES_SIGMA_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum sigma_level {
    SIGMA_INFORMATIONAL,
    SIGMA_LOW,
    SIGMA_MEDIUM,
    SIGMA_HIGH,
    SIGMA_CRITICAL,
    SIGMA_LEVEL_COUNT
};

enum sigma_status {
    SIGMA_STABLE,
    SIGMA_TEST,
    SIGMA_EXPERIMENTAL,
    SIGMA_DEPRECATED,
    SIGMA_UNSUPPORTED,
    SIGMA_STATUS_COUNT
};

/* The specification's words, in lower case. */
const char *sigma_level_name(enum sigma_level level);
const char *sigma_status_name(enum sigma_status status);
bool sigma_level_parse(struct bytes text, enum sigma_level *level);
bool sigma_status_parse(struct bytes text, enum sigma_status *status);

struct sigma_logsource {
    const char *category, *product, *service; /* NULL when the rule does not say */
};

/* One part of a text pattern. A pattern matches the whole of a value; `contains` and the like were
 * turned into wildcards at the ends. */
enum sigma_piece_kind {
    SIGMA_PIECE_LITERAL, /* bytes (UTF-8; any bytes after `wide` and `base64`) */
    SIGMA_PIECE_ONE,     /* ? : exactly one character */
    SIGMA_PIECE_MANY,    /* * : any number of characters, also none */
};

struct sigma_piece {
    enum sigma_piece_kind kind;
    struct bytes literal;
};

enum sigma_test_kind {
    SIGMA_TEXT,     /* pieces; cased or folded */
    SIGMA_REGEX,    /* text is the expression (PCRE), searched for anywhere in the value */
    SIGMA_CIDR,     /* text is address/length, IPv4 or IPv6 */
    SIGMA_COMPARE,  /* number, by `compare` */
    SIGMA_EXISTS,   /* the field is there; `wanted` says whether it must be */
    SIGMA_NULL,     /* the field is not there or has no value */
    SIGMA_FIELDREF, /* text names the other field; by `compare_text`, folded unless cased */
    SIGMA_TIMEPART, /* this part of the moment in the field, by `compare` with number; `part` */
    SIGMA_TRUE,     /* a test that pipelines or placeholders made constant; `wanted` is its value */
};

enum sigma_compare { SIGMA_EQ, SIGMA_NEQ, SIGMA_LT, SIGMA_LTE, SIGMA_GT, SIGMA_GTE };
enum sigma_compare_text { SIGMA_SAME, SIGMA_STARTSWITH, SIGMA_ENDSWITH, SIGMA_CONTAINS };
enum sigma_part { SIGMA_MINUTE, SIGMA_HOUR, SIGMA_DAY, SIGMA_WEEK, SIGMA_MONTH, SIGMA_YEAR };

#define SIGMA_REGEX_I 1U /* ignore case */
#define SIGMA_REGEX_M 2U /* ^ and $ match at lines */
#define SIGMA_REGEX_S 4U /* . matches line ends */

struct sigma_test {
    enum sigma_test_kind kind;
    const char *field; /* NULL: a keyword, which any value of the event may satisfy (a text has
                          wildcards at both ends then) */
    bool is_cased;
    bool wanted;
    uint8_t regex_flags;
    enum sigma_compare compare;
    enum sigma_compare_text compare_text;
    enum sigma_part part;
    double number;
    struct bytes text;
    const struct sigma_piece *pieces;
    uint32_t piece_count;
    uint32_t line; /* in the rule's file, from 1 */
};

/* No tree is deeper, and none has more leaves, however often its parts are shared. */
#define SIGMA_DEPTH_MAX 256
#define SIGMA_TESTS_MAX 65536U

enum sigma_node_kind { SIGMA_AND, SIGMA_OR, SIGMA_NOT, SIGMA_LEAF };

struct sigma_node {
    enum sigma_node_kind kind;
    uint32_t count; /* children: any number from 1 for AND and OR, one for NOT */
    union {
        const struct sigma_node *const *children;
        const struct sigma_test *test;
    };
    const char *name; /* the selection it came from, for `explain`; NULL in between */
};

enum sigma_correlation_type {
    SIGMA_EVENT_COUNT,
    SIGMA_VALUE_COUNT,
    SIGMA_TEMPORAL,
    SIGMA_TEMPORAL_ORDERED,
    SIGMA_VALUE_SUM,
    SIGMA_VALUE_AVG,
    SIGMA_VALUE_PERCENTILE,
    SIGMA_VALUE_MEDIAN
};

/* `alias` stands for the field `fields[i]` in events of the correlation's rule i (NULL: not given
 * there, so the alias' own name is the field). */
struct sigma_alias {
    const char *alias;
    const char *const *fields;
};

/* gte 5, or a range such as {gt: 1, lt: 9}: all must hold. */
struct sigma_bound {
    enum sigma_compare compare;
    double number;
};

struct sigma_correlation {
    enum sigma_correlation_type type;
    const uint32_t *rules;         /* indices into the collection: rules and correlations */
    const char *const *rule_names; /* as the correlation refers to them */
    uint32_t rule_count;
    const char *const *group_by;
    uint32_t group_count;
    uint64_t timespan_ns;
    const struct sigma_alias *aliases;
    uint32_t alias_count;
    const struct sigma_bound *bounds;
    uint32_t bound_count;
    const char *const *condition_fields; /* of value_*: one, or several taken together */
    uint32_t condition_field_count;
    double percentile;
    const struct sigma_node *expression; /* temporal with an extended condition: leaves are tests
                                            of kind SIGMA_TRUE whose number is the index in `rules`;
                                            NULL: all of them */
    bool generate; /* the rules that it refers to give findings of their own too */
};

struct sigma_attribute {
    const char *key; /* impound.tool and any other attribute that Sigma does not define */
    const char *const *values;
    uint32_t count;
};

struct sigma_rule {
    const char *id, *name, *title, *author, *description, *date, *modified; /* NULL when absent */
    const char *path; /* of the file, as given or below the given folder */
    uint32_t line;    /* of the document in the file */
    enum sigma_level level;
    enum sigma_status status;
    struct sigma_logsource logsource;
    const char *const *tags;
    uint32_t tag_count;
    const char *const *falsepositives;
    uint32_t falsepositive_count;
    const char *const *references;
    uint32_t reference_count;
    const char *const *fields;
    uint32_t field_count;
    const struct sigma_attribute *attributes;
    uint32_t attribute_count;
    const struct sigma_node *condition; /* NULL for a correlation */
    const struct sigma_correlation *correlation;
    bool is_silent; /* only correlations want it: it gives no findings of its own */
};

struct sigma_refusal {
    const char *path;
    uint32_t line;
    const char *reason;
};

struct sigma_rules;

struct sigma_options {
    const char *const *placeholder_files; /* YAML: name: [values] */
    uint32_t placeholder_count;
    const char *const *pipeline_files; /* pySigma pipelines */
    uint32_t pipeline_count;
};

/* Begins a collection. STATUS_INVALID with `fault` when a placeholder or pipeline file is wrong.
 * Free with sigma_free. */
enum status sigma_new(const struct sigma_options *options, struct sigma_rules **rules,
                      struct fault *fault) MUST_CHECK;
void sigma_free(struct sigma_rules *rules);

/* Adds the documents of one file. A rule that is wrong becomes a refusal, the others are added.
 * STATUS_MEMORY only when the collection's maximum is reached. `text` need not outlive the call. */
enum status sigma_add(struct sigma_rules *rules, const char *path, struct bytes text,
                      struct fault *fault) MUST_CHECK;

/* To be called once after the last file: resolves names and ids between correlations, rules and
 * filters, applies pipelines, marks the silent ones. What does not resolve becomes a refusal. */
enum status sigma_finish(struct sigma_rules *rules, struct fault *fault) MUST_CHECK;

uint32_t sigma_count(const struct sigma_rules *rules);
const struct sigma_rule *sigma_rule_at(const struct sigma_rules *rules, uint32_t index);
uint32_t sigma_refusal_count(const struct sigma_rules *rules);
const struct sigma_refusal *sigma_refusal_at(const struct sigma_rules *rules, uint32_t index);

#endif

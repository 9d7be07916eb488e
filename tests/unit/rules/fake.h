/* Rules, log sources and events made by hand: stands in for the Sigma room, so that the compiler
 * and the matcher are tested without YAML. Everything lives until fake_release. */
#ifndef IMPOUND_TESTS_RULES_FAKE_H
#define IMPOUND_TESTS_RULES_FAKE_H

#include "base/arena.h"
#include "event/event.h"
#include "rules/rules.h"

#define FAKE_RULES_MAX   4096
#define FAKE_SOURCES_MAX 16

struct logsource_table {
    struct sigma_logsource logsources[FAKE_SOURCES_MAX];
    const struct logsource_alternative *alternatives[FAKE_SOURCES_MAX];
    uint32_t counts[FAKE_SOURCES_MAX];
    uint32_t count;
};

struct sigma_rules {
    struct sigma_rule rules[FAKE_RULES_MAX];
    uint32_t count;
    struct sigma_refusal refusals[4];
    uint32_t refusal_count;
};

struct fake {
    struct arena arena;
    struct sigma_rules rules;
    struct logsource_table sources;
    struct names *fields;
    struct shapes *shapes;
    struct event_cache *cache;
};

struct fake *fake_new(void);
void fake_release(struct fake *fake);
void *fake_take(struct fake *fake, size_t count, size_t size);
char *fake_text(struct fake *fake, const char *format, ...) PRINTF_LIKE(2, 3);

/* A pattern in Sigma's notation: * and ? are wildcards, a backslash quotes them and itself. */
void fake_pattern(struct fake *fake, const char *pattern, struct sigma_test *test);

/* Leaves. */
const struct sigma_node *fake_is(struct fake *fake, const char *field, const char *pattern);
const struct sigma_node *fake_cased(struct fake *fake, const char *field, const char *pattern);
const struct sigma_node *fake_regex(struct fake *fake, const char *field, const char *expression,
                                    uint8_t flags);
const struct sigma_node *fake_leaf(struct fake *fake, const struct sigma_test *test);

/* Inner nodes, of a list that ends with NULL. */
const struct sigma_node *fake_all(struct fake *fake, ...);
const struct sigma_node *fake_any(struct fake *fake, ...);
const struct sigma_node *fake_not(struct fake *fake, const struct sigma_node *node);
const struct sigma_node *fake_node(struct fake *fake, enum sigma_node_kind kind,
                                   const struct sigma_node *const *children, uint32_t count);

/* Adds a rule of the log source `service`; its number. */
uint32_t fake_rule(struct fake *fake, const char *service, const struct sigma_node *condition);

/* Adds a log source that means: the channel has this name (NULL: every event), fields translated by
 * `pairs` of names, ended by NULL. A second call with the same service adds an alternative. */
void fake_source(struct fake *fake, const char *service, const char *channel,
                 const char *const *pairs);
void fake_alternative(struct fake *fake, const char *service,
                      const struct logsource_alternative *alternative);

/* An event of texts: names and values in turn, ended by NULL. The first is the channel. */
struct event fake_event(struct fake *fake, const char *channel, ...);
struct event fake_event_of(struct fake *fake, const char *const *names, const struct value *values,
                           uint32_t count, bool is_shared);

struct value fake_utf16(struct fake *fake, const char *ascii);
struct value fake_utf8(const char *text);

struct ruleset *fake_compile(struct fake *fake);

#endif

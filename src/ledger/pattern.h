/* Patterns of an engagement's lists, facts of a step, and how they meet. Names compare without
 * case; what the evidence lacks is neither yes nor no. */
#ifndef IMPOUND_LEDGER_PATTERN_H
#define IMPOUND_LEDGER_PATTERN_H

#include "base/address.h"
#include "base/arena.h"
#include "base/glob.h"
#include "base/status.h"

#define PATTERN_LENGTH_MAX 1024U /* bytes */

/* Ordered: of several that could apply the greatest counts. */
enum answer {
    ANSWER_NO,
    ANSWER_UNKNOWN, /* it hangs on what the evidence lacks */
    ANSWER_YES
};

enum pattern_kind {
    PATTERN_HOST,
    PATTERN_ACCOUNT,
    PATTERN_TOOL,
    PATTERN_TECHNIQUE,
    PATTERN_CANARY
};

/* A name in parts: of a host `label.rest`, of an account `realm\name`. Parts are folded. */
struct pattern {
    struct bytes text; /* as it was written */
    struct glob whole;
    struct glob name;  /* an account's, without its realm */
    struct glob realm; /* of an account; data NULL: none */
    bool is_any;       /* nothing but * */
    bool is_network;   /* an address or a network */
    bool is_numeric;   /* wildcards over the text of an address: 10.8.0.* */
    struct network network;
};

struct pattern_list {
    const struct pattern *items;
    uint32_t count;
    bool is_given;
    bool has_addresses; /* any network, or wildcards over addresses */
    bool has_any;       /* a pattern that is nothing but * */
};

/* Whether the text is anything but one line of printable characters. */
bool text_has_controls(struct bytes text);

/* STATUS_INVALID when it can be no pattern of this kind. */
enum status pattern_read(enum pattern_kind kind, struct bytes text, struct arena *arena,
                         struct pattern *pattern, struct fault *fault) MUST_CHECK;

/* A value of the evidence. */
struct fact {
    struct bytes said;   /* as the evidence has it */
    struct bytes folded; /* of an address: the one way to write it */
    struct bytes name;   /* an account's, without its realm */
    struct bytes realm;  /* data NULL: not known */
    bool is_address;
    bool is_overlong; /* no name is: only * fits it */
    struct address address;
};

struct fact_list {
    const struct fact *items;
    uint32_t count;
};

/* False without memory. */
bool fact_read(enum pattern_kind kind, struct bytes said, struct arena *arena, struct fact *fact);

/* Whether the pattern fits the fact; a canary does that stands anywhere in it. Of hosts and
 * canaries it is always known. */
enum answer pattern_fits(enum pattern_kind kind, const struct pattern *pattern,
                         const struct fact *fact);

#endif

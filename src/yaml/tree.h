/* One YAML document as a tree in an arena, with the line of every node.
 *
 * Scalars keep the text as it was written; of a plain one it is known whether the YAML 1.2 core
 * schema takes it for null, a boolean or a number. Hostile documents are refused: nesting, the
 * number of nodes with every alias counted as what it stands for, aliases into themselves,
 * repeated keys, keys that are no scalars, tags of other schemas. */
#ifndef IMPOUND_YAML_TREE_H
#define IMPOUND_YAML_TREE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

#define TREE_DEPTH_MAX 64
#define TREE_NODES_MAX 100000U /* of a document, aliases expanded */

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree_node {
    enum tree_kind kind;
    uint32_t line;   /* from 1 */
    uint32_t weight; /* nodes in it, itself too */
    uint32_t count;  /* of items or pairs */
    union {
        struct bytes text; /* of a scalar; ends with a NUL that is not counted */
        const struct tree_node *const *items;
        const struct tree_pair *pairs;
    };
};

struct tree_pair {
    struct bytes key;
    uint32_t line;
    const struct tree_node *value;
};

struct tree_reader;

/* Nodes go into `arena`; `text` must live as long as the reader. NULL without memory. */
struct tree_reader *tree_open(struct bytes text, struct arena *arena);
void tree_close(struct tree_reader *reader);

/* From now on an alias makes a document invalid. */
void tree_refuse_aliases(struct tree_reader *reader);

/* The next document. STATUS_END behind the last one; STATUS_INVALID with the line in
 * fault->offset, after which there is no next. */
enum status tree_next(struct tree_reader *reader, const struct tree_node **document,
                      struct fault *fault) MUST_CHECK;

static inline bool tree_is_scalar(const struct tree_node *node)
{
    return node->kind <= TREE_TEXT;
}

/* The value of a map's key, or NULL (also when `map` is none). */
const struct tree_node *tree_find(const struct tree_node *map, const char *key);

/* Whether the scalar reads as `word`. */
bool tree_is(const struct tree_node *node, const char *word);

/* A boolean in the words of YAML 1.1 or 1.2 (true, yes, on); false when it is none. */
bool tree_bool(const struct tree_node *node, bool *value);

/* The number that a scalar reads as, also in quotes; false when it is none or not finite. */
bool tree_number(const struct tree_node *node, double *number);

/* A map with the pairs of both, `over` winning, maps in maps likewise. NULL without memory,
 * or when a map is too large for it. */
const struct tree_node *tree_merge(struct arena *arena, const struct tree_node *under,
                                   const struct tree_node *over);

#endif

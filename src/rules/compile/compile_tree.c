#include "rules/compile/compile.h"

#include <stdio.h>
#include <stdlib.h>

struct tree_walk {
    struct builder *builder;
    struct refusal *refusal;
    uint32_t line; /* for what has no line of its own */
};

static void node_add(struct tree_walk *walk, enum sigma_node_kind kind, uint32_t value,
                     const char *name, uint32_t line)
{
    const struct image_node node = {(uint32_t)kind, value};
    const struct image_note note = {builder_text_or_none(walk->builder, name), line};
    builder_add(walk->builder, IMAGE_nodes, &node);
    builder_add(walk->builder, IMAGE_notes, &note);
}

static bool test_add(struct tree_walk *walk, const struct sigma_test *test, uint32_t *number)
{
    if (compile_test(walk->builder, test, number, walk->refusal))
        return true;
    walk->refusal->line = test->line ? test->line : walk->line;
    return false;
}

static void leaf_add(struct tree_walk *walk, const char *field, uint32_t test, const char *name,
                     uint32_t line)
{
    const uint32_t number = field ? builder_field(walk->builder, field) : IMAGE_NONE;
    node_add(walk, SIGMA_LEAF, builder_atom(walk->builder, number, test), name,
             line ? line : walk->line);
}

/* Texts and expressions for one field, of which one must hold, become one test: a set. Only with
 * their like: one that cannot be looked for would hide the others from indexes. */
struct set {
    const struct sigma_node *node; /* the first */
    bool is_sought;
    uint32_t *members;
    uint32_t count;
};

struct sets {
    struct set *all;
    uint32_t count;
    uint32_t *members; /* room for all of them */
};

static bool is_of_set(const struct sigma_node *node)
{
    return node->kind == SIGMA_LEAF &&
           (node->test->kind == SIGMA_TEXT || node->test->kind == SIGMA_REGEX);
}

static bool is_sought(const struct builder *builder, uint32_t test)
{
    const struct image_test *tests = (const void *)builder->sections[IMAGE_tests].data;
    return !builder->failed && tests[test].flags & TEST_SOUGHT;
}

static bool is_same_field(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

/* The set that a leaf belongs to, new or known; its members are counted only. */
static struct set *set_of(struct sets *sets, const struct sigma_node *leaf, bool is_test_sought)
{
    for (uint32_t i = sets->count; i-- > 0;)
        if (sets->all[i].is_sought == is_test_sought &&
            is_same_field(sets->all[i].node->test->field, leaf->test->field))
            return &sets->all[i];
    struct set *set = &sets->all[sets->count++];
    *set = (struct set){.node = leaf, .is_sought = is_test_sought};
    return set;
}

/* Sorts the leaves of an OR into sets. */
static bool sets_make(struct tree_walk *walk, const struct sigma_node *node, struct sets *sets)
{
    uint32_t *tests = calloc((size_t)node->count + 1, sizeof(*tests));
    bool is_made = tests && sets->all && sets->members;
    walk->builder->failed |= !is_made;
    for (uint32_t i = 0; is_made && i < node->count; i++) {
        const struct sigma_node *leaf = node->children[i];
        if (!is_of_set(leaf))
            continue;
        is_made = test_add(walk, leaf->test, &tests[i]);
        if (is_made)
            set_of(sets, leaf, is_sought(walk->builder, tests[i]))->count++;
    }
    uint32_t *room = sets->members;
    for (uint32_t i = 0; is_made && i < sets->count; i++) {
        sets->all[i].members = room;
        room += sets->all[i].count;
        sets->all[i].count = 0;
    }
    for (uint32_t i = 0; is_made && i < node->count; i++)
        if (is_of_set(node->children[i])) {
            struct set *set = set_of(sets, node->children[i], is_sought(walk->builder, tests[i]));
            set->members[set->count++] = tests[i];
        }
    free(tests);
    return is_made;
}

static bool tree_add(struct tree_walk *walk, const struct sigma_node *node, uint32_t depth);

/* An OR: its sets, then what belongs to none. */
static bool or_add(struct tree_walk *walk, const struct sigma_node *node, uint32_t depth)
{
    struct sets sets = {
        .all = calloc((size_t)node->count + 1, sizeof(*sets.all)),
        .members = calloc((size_t)node->count + 1, sizeof(*sets.members)),
    };
    bool is_added = sets_make(walk, node, &sets);
    uint32_t count = is_added ? sets.count : 0;
    for (uint32_t i = 0; i < node->count; i++)
        count += !is_of_set(node->children[i]);
    if (is_added && count > 1)
        node_add(walk, SIGMA_OR, count, node->name, walk->line);
    for (uint32_t i = 0; is_added && i < sets.count; i++) {
        const struct set *set = &sets.all[i];
        const uint32_t test =
            set->count > 1 ? compile_set(walk->builder, set->members, set->count) : set->members[0];
        leaf_add(walk, set->node->test->field, test,
                 set->node->name || count > 1 ? set->node->name : node->name,
                 set->node->test->line);
    }
    for (uint32_t i = 0; is_added && i < node->count; i++)
        if (!is_of_set(node->children[i]))
            is_added = tree_add(walk, node->children[i], depth + 1);
    free(sets.all);
    free(sets.members);
    return is_added;
}

static bool tree_add(struct tree_walk *walk, const struct sigma_node *node, uint32_t depth)
{
    if (node->kind == SIGMA_LEAF) {
        uint32_t number = 0;
        if (!test_add(walk, node->test, &number))
            return false;
        leaf_add(walk, node->test->field, number, node->name, node->test->line);
        return true;
    }
    if (depth == IMAGE_DEPTH_MAX) {
        walk->refusal->line = walk->line;
        snprintf(walk->refusal->reason, sizeof(walk->refusal->reason),
                 "the condition is nested more than %u deep", IMAGE_DEPTH_MAX);
        return false;
    }
    if (node->kind == SIGMA_OR)
        return or_add(walk, node, depth);
    node_add(walk, node->kind, node->count, node->name, walk->line);
    for (uint32_t i = 0; i < node->count; i++)
        if (!tree_add(walk, node->children[i], depth + 1))
            return false;
    return true;
}

bool compile_tree(struct builder *builder, const struct sigma_node *tree, uint32_t rule_line,
                  struct image_list *nodes, struct refusal *refusal)
{
    struct tree_walk walk = {builder, refusal, rule_line};
    const uint32_t first = builder_count(builder, IMAGE_nodes);
    if (!tree_add(&walk, tree, 0))
        return false;
    *nodes = (struct image_list){first, builder_count(builder, IMAGE_nodes) - first};
    return true;
}

/* Fields that are in every way to satisfy a tree: of AND those of any child, of OR those of all
 * children. A rule rarely needs more than a few; what does not fit is left out, which only makes
 * the answer to "which field is missing?" less complete. */
#define NEEDS_MAX 16U

struct needs {
    uint32_t fields[NEEDS_MAX];
    uint32_t count;
};

static bool needs_has(const struct needs *needs, uint32_t field)
{
    for (uint32_t i = 0; i < needs->count; i++)
        if (needs->fields[i] == field)
            return true;
    return false;
}

static void needs_add(struct needs *needs, uint32_t field)
{
    if (needs->count < NEEDS_MAX && !needs_has(needs, field))
        needs->fields[needs->count++] = field;
}

static void needs_join(struct needs *needs, const struct needs *more)
{
    for (uint32_t i = 0; i < more->count; i++)
        needs_add(needs, more->fields[i]);
}

static void needs_meet(struct needs *needs, const struct needs *other)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < needs->count; i++)
        if (needs_has(other, needs->fields[i]))
            needs->fields[kept++] = needs->fields[i];
    needs->count = kept;
}

static struct needs leaf_needs(const struct builder *builder, uint32_t number)
{
    const struct image_atom *atoms = (const void *)builder->sections[IMAGE_atoms].data;
    const struct image_test *tests = (const void *)builder->sections[IMAGE_tests].data;
    const struct image_atom *atom = &atoms[number];
    const struct image_test *test = &tests[atom->test];
    struct needs needs = {0};
    const bool may_be_absent = test->kind == SIGMA_NULL || test->kind == SIGMA_TRUE ||
                               (test->kind == SIGMA_EXISTS && !(test->flags & TEST_WANTED)) ||
                               atom->field == IMAGE_NONE;
    if (!may_be_absent)
        needs_add(&needs, atom->field);
    if (test->kind == SIGMA_FIELDREF)
        needs_add(&needs, test->field);
    return needs;
}

static struct needs tree_needs(const struct builder *builder, const struct image_node **at)
{
    const struct image_node *node = (*at)++;
    if (node->kind == SIGMA_LEAF)
        return leaf_needs(builder, node->value);
    struct needs needs = tree_needs(builder, at);
    for (uint32_t i = 1; i < node->value; i++) {
        const struct needs more = tree_needs(builder, at);
        if (node->kind == SIGMA_AND)
            needs_join(&needs, &more);
        else
            needs_meet(&needs, &more);
    }
    return node->kind == SIGMA_NOT ? (struct needs){0} : needs;
}

struct image_list compile_needs(struct builder *builder, struct image_list nodes)
{
    if (builder->failed)
        return (struct image_list){0};
    const struct image_node *at = (const void *)builder->sections[IMAGE_nodes].data;
    at += nodes.first;
    const struct needs needs = tree_needs(builder, &at);
    return builder_words(builder, needs.fields, needs.count);
}

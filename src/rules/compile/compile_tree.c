#include "rules/compile/compile.h"

#include <stdio.h>

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

static bool leaf_add(struct tree_walk *walk, const struct sigma_node *node)
{
    const struct sigma_test *test = node->test;
    const uint32_t line = test->line ? test->line : walk->line;
    uint32_t number = 0;
    if (!compile_test(walk->builder, test, &number, walk->refusal)) {
        walk->refusal->line = line;
        return false;
    }
    const uint32_t field = test->field ? builder_field(walk->builder, test->field) : IMAGE_NONE;
    node_add(walk, SIGMA_LEAF, builder_atom(walk->builder, field, number), node->name, line);
    return true;
}

static bool tree_add(struct tree_walk *walk, const struct sigma_node *node, uint32_t depth)
{
    if (node->kind == SIGMA_LEAF)
        return leaf_add(walk, node);
    if (depth == IMAGE_DEPTH_MAX) {
        walk->refusal->line = walk->line;
        snprintf(walk->refusal->reason, sizeof(walk->refusal->reason),
                 "the condition is nested more than %u deep", IMAGE_DEPTH_MAX);
        return false;
    }
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

#include "rules/match/lower.h"

#include <assert.h>

void lower_reset(struct lowering *lowering)
{
    keys_release(&lowering->keys);
    keys_init(&lowering->keys, IMAGE_BYTES_MAX);
    buffer_reset(&lowering->atoms);
    buffer_reset(&lowering->nodes);
    buffer_reset(&lowering->steps);
    lowering->failed = false;
}

void lower_release(struct lowering *lowering)
{
    keys_release(&lowering->root_keys);
    keys_release(&lowering->keys);
    buffer_release(&lowering->atoms);
    buffer_release(&lowering->nodes);
    buffer_release(&lowering->steps);
}

static struct low_node *low_nodes(const struct lowering *lowering)
{
    return (struct low_node *)(void *)lowering->nodes.data;
}

/* Appends to one of the growing arrays; the index of the new element. */
static uint32_t append(struct lowering *lowering, struct buffer *to, const void *from, size_t size)
{
    const uint32_t index = (uint32_t)(to->length / size);
    buffer_bytes(to, from, size);
    lowering->failed |= to->failed;
    return index;
}

static float test_cost(const struct image *image, const struct image_test *test)
{
    float cost = 0;
    if (test->kind == TEST_SET) {
        for (uint32_t i = 0; i < test->pieces.count; i++)
            cost += test_cost(image, &image->tests[image->words[test->pieces.first + i]]);
        return cost;
    }
    switch ((enum sigma_test_kind)test->kind) {
    case SIGMA_TEXT:
        return test->form == TEXT_CONTAINS ? 25 : test->form == TEXT_GLOB ? 60 : 4;
    case SIGMA_REGEX:
        return 300;
    case SIGMA_CIDR:
    case SIGMA_COMPARE:
    case SIGMA_FIELDREF:
    case SIGMA_TIMEPART:
        return 40;
    case SIGMA_EXISTS:
    case SIGMA_NULL:
    case SIGMA_TRUE:
        return 2;
    }
    return 0;
}

uint32_t lower_root_atom(const struct lowering *lowering, uint32_t field, uint32_t test)
{
    const uint32_t key[] = {field, IMAGE_NONE, test};
    return keys_find(&lowering->root_keys, bytes_of(key, sizeof(key)));
}

uint32_t lower_atom(struct lowering *lowering, uint32_t field, uint32_t other, uint32_t test)
{
    const uint32_t key[] = {field, other, test};
    const struct image *image = &lowering->ruleset->image;
    bool is_new = false;
    const uint32_t number = keys_add(&lowering->keys, bytes_of(key, sizeof(key)), &is_new);
    lowering->failed |= number >= STEP_ATOM_MAX;
    if (!is_new)
        return number;
    struct low_atom atom = {
        .test = test,
        .field = field,
        .other = other,
        .is_sought = image->tests[test].flags & TEST_SOUGHT,
        .rate = image->tests[test].rate,
        .cost = test_cost(image, &image->tests[test]),
    };
    append(lowering, &lowering->atoms, &atom, sizeof(atom));
    return number;
}

/* What is known of a test on a field: LOW_TRUE or LOW_FALSE; else LOW_END. */
static uint32_t known_test(const struct lowering *lowering, uint32_t field, uint32_t number)
{
    const struct image_test *test = &lowering->ruleset->image.tests[number];
    if (test->kind == SIGMA_TRUE)
        return test->flags & TEST_WANTED ? LOW_TRUE : LOW_FALSE;
    if (field == IMAGE_NONE || test->kind == SIGMA_FIELDREF || !lowering->is_discriminator[field])
        return LOW_END;
    const uint32_t atom = lower_root_atom(lowering, field, number);
    assert(atom != KEYS_NONE);
    return lowering->holds[atom] ? LOW_TRUE : LOW_FALSE;
}

static uint32_t opposite(uint32_t constant)
{
    return constant == LOW_TRUE ? LOW_FALSE : LOW_TRUE;
}

/* An AND or OR whose children come one by one. A child that decides nothing is left out, and one
 * that decides everything stands for the whole. */
struct gathering {
    struct low_node node;
    uint32_t neutral; /* the constant that decides nothing */
    uint32_t last;
    bool is_decided;
};

static struct gathering gather_begin(bool is_and)
{
    return (struct gathering){
        .node = {.kind = is_and ? SIGMA_AND : SIGMA_OR,
                 .first = LOW_END,
                 .next = LOW_END,
                 .rate = is_and ? RATE_NEVER : 0},
        .neutral = is_and ? LOW_TRUE : LOW_FALSE,
        .last = LOW_END,
    };
}

static void gather(const struct lowering *lowering, struct gathering *gathering, uint32_t child)
{
    struct low_node *node = &gathering->node;
    gathering->is_decided |= child == opposite(gathering->neutral);
    if (child >= LOW_FALSE || gathering->is_decided)
        return;
    const float rate = low_nodes(lowering)[child].rate;
    if (node->kind == SIGMA_OR)
        node->rate += rate;
    else if (rate < node->rate)
        node->rate = rate;
    if (gathering->last == LOW_END)
        node->first = child;
    else
        low_nodes(lowering)[gathering->last].next = child;
    gathering->last = child;
}

static uint32_t gather_end(struct lowering *lowering, const struct gathering *gathering)
{
    const struct low_node *node = &gathering->node;
    if (gathering->is_decided)
        return opposite(gathering->neutral);
    if (node->first == gathering->last)
        return node->first == LOW_END ? gathering->neutral : node->first;
    return append(lowering, &lowering->nodes, node, sizeof(*node));
}

static uint32_t lower_test(struct lowering *lowering, uint32_t field, uint32_t number,
                           bool is_negated)
{
    const struct image_test *test = &lowering->ruleset->image.tests[number];
    const uint32_t known = known_test(lowering, field, number);
    if (known != LOW_END)
        return is_negated ? opposite(known) : known;
    const uint32_t other =
        test->kind == SIGMA_FIELDREF ? lowering->event_fields[test->field] : IMAGE_NONE;
    struct low_node node = {
        .kind = SIGMA_LEAF,
        .is_negated = is_negated,
        .atom = lower_atom(lowering, field, other, number),
        .first = LOW_END,
        .next = LOW_END,
        .rate = RATE_NEVER,
    };
    if (lowering->failed)
        return LOW_FALSE;
    if (!is_negated && low_atoms(lowering)[node.atom].is_sought)
        node.rate = low_atoms(lowering)[node.atom].rate;
    return append(lowering, &lowering->nodes, &node, sizeof(node));
}

/* A test in the source at hand: values that are written otherwise there stand in its place. Calls
 * `each` for every test of which one must hold; false as soon as it says so. */
static bool translated_tests(const struct lowering *lowering, uint32_t rule_field, uint32_t number,
                             lower_each *each, void *context)
{
    const struct image *image = &lowering->ruleset->image;
    const struct image_test *test = &image->tests[number];
    const struct image_list all = lowering->event_values[rule_field];
    const uint32_t field = lowering->event_fields[rule_field];
    if (all.count && test->kind == TEST_SET) {
        for (uint32_t i = 0; i < test->pieces.count; i++)
            if (!translated_tests(lowering, rule_field, image->words[test->pieces.first + i], each,
                                  context))
                return false;
        return true;
    }
    const struct image_list values = value_translation(image, all, test);
    if (values.count == 0)
        return each(context, field, number);
    for (uint32_t i = 0; i < values.count; i++)
        if (!each(context, field, image->values[values.first + i].event_test))
            return false;
    return true;
}

bool lower_each_test(const struct lowering *lowering, uint32_t number, lower_each *each,
                     void *context)
{
    const struct image_atom *atom = &lowering->ruleset->image.atoms[number];
    return atom->field == IMAGE_NONE
               ? each(context, IMAGE_NONE, atom->test)
               : translated_tests(lowering, atom->field, atom->test, each, context);
}

struct leaf {
    struct lowering *lowering;
    struct gathering gathering;
    bool is_negated;
};

static bool lower_one(void *context, uint32_t field, uint32_t test)
{
    struct leaf *leaf = context;
    gather(leaf->lowering, &leaf->gathering,
           lower_test(leaf->lowering, field, test, leaf->is_negated));
    return true;
}

static uint32_t lower_leaf(struct lowering *lowering, uint32_t number, bool is_negated)
{
    struct leaf leaf = {lowering, gather_begin(is_negated), is_negated};
    lower_each_test(lowering, number, lower_one, &leaf);
    return gather_end(lowering, &leaf.gathering);
}

/* The tree that begins at *at, which steps behind it. */
static uint32_t lower_node(struct lowering *lowering, const struct image_node **at, bool is_negated)
{
    const struct image_node *from = (*at)++;
    if (from->kind == SIGMA_LEAF)
        return lower_leaf(lowering, from->value, is_negated);
    if (from->kind == SIGMA_NOT)
        return lower_node(lowering, at, !is_negated);
    struct gathering gathering = gather_begin((from->kind == SIGMA_AND) != is_negated);
    for (uint32_t i = 0; i < from->value; i++)
        gather(lowering, &gathering, lower_node(lowering, at, is_negated));
    return gather_end(lowering, &gathering);
}

/* `known` with one more child of an AND or OR taken into account. */
static uint32_t known_with(uint32_t known, uint32_t neutral, uint32_t child)
{
    return child == opposite(neutral) || (child == LOW_END && known == neutral) ? child : known;
}

struct known_leaf {
    const struct lowering *lowering;
    uint32_t known;
};

static bool know_one(void *context, uint32_t field, uint32_t test)
{
    struct known_leaf *leaf = context;
    leaf->known = known_with(leaf->known, LOW_FALSE, known_test(leaf->lowering, field, test));
    return leaf->known != LOW_TRUE;
}

static uint32_t known_leaf(const struct lowering *lowering, uint32_t number)
{
    struct known_leaf leaf = {lowering, LOW_FALSE};
    lower_each_test(lowering, number, know_one, &leaf);
    return leaf.known;
}

/* Whether a tree is constant by what is known: LOW_TRUE or LOW_FALSE; else LOW_END. */
static uint32_t known_tree(const struct lowering *lowering, const struct image_node **at)
{
    const struct image_node *from = (*at)++;
    if (from->kind == SIGMA_LEAF)
        return known_leaf(lowering, from->value);
    if (from->kind == SIGMA_NOT) {
        const uint32_t child = known_tree(lowering, at);
        return child == LOW_END ? child : opposite(child);
    }
    const uint32_t neutral = from->kind == SIGMA_AND ? LOW_TRUE : LOW_FALSE;
    uint32_t known = neutral;
    for (uint32_t i = 0; i < from->value; i++)
        known = known_with(known, neutral, known_tree(lowering, at));
    return known;
}

uint32_t lower_tree(struct lowering *lowering, const struct image_rule *rule)
{
    const struct image_node *const tree = &lowering->ruleset->image.nodes[rule->nodes.first];
    const struct image_node *at = tree;
    const uint32_t known = known_tree(lowering, &at);
    if (known != LOW_END)
        return known;
    at = tree;
    const uint32_t lowered = lower_node(lowering, &at, false);
    return lowering->failed ? LOW_FALSE : lowered;
}

static void choose_in(const struct lowering *lowering, uint32_t tree, lower_choose *choose,
                      void *context)
{
    const struct low_node *nodes = low_nodes(lowering);
    const struct low_node *node = &nodes[tree];
    if (node->kind == SIGMA_LEAF) {
        choose(context, node->atom);
        return;
    }
    uint32_t best = node->first;
    for (uint32_t child = node->first; child != LOW_END; child = nodes[child].next) {
        if (node->kind == SIGMA_OR)
            choose_in(lowering, child, choose, context);
        else if (nodes[child].rate < nodes[best].rate)
            best = child;
    }
    if (node->kind == SIGMA_AND)
        choose_in(lowering, best, choose, context);
}

bool lower_triggers(const struct lowering *lowering, uint32_t tree, lower_choose *choose,
                    void *context)
{
    if (tree >= LOW_FALSE || low_nodes(lowering)[tree].rate >= RATE_NEVER)
        return false;
    choose_in(lowering, tree, choose, context);
    return true;
}

void lower_demand(const struct lowering *lowering, uint32_t tree, float share)
{
    if (tree >= LOW_FALSE)
        return;
    const struct low_node *nodes = low_nodes(lowering);
    if (nodes[tree].kind == SIGMA_LEAF) {
        struct low_atom *atom = &low_atoms(lowering)[nodes[tree].atom];
        atom->demand += share * atom->cost;
        return;
    }
    for (uint32_t child = nodes[tree].first; child != LOW_END; child = nodes[child].next)
        lower_demand(lowering, child, share);
}

float lower_rate(const struct lowering *lowering, uint32_t tree)
{
    const float rate = tree < LOW_FALSE ? low_nodes(lowering)[tree].rate : 1;
    return rate < 1 ? rate : 1;
}

/* Merges two lists of siblings, keeping those that are alike in order. */
static uint32_t merge(struct low_node *nodes, uint32_t one, uint32_t other)
{
    uint32_t head = LOW_END;
    uint32_t *tail = &head;
    while (one != LOW_END && other != LOW_END) {
        uint32_t *less = nodes[other].order < nodes[one].order ? &other : &one;
        *tail = *less;
        tail = &nodes[*less].next;
        *less = *tail;
    }
    *tail = one != LOW_END ? one : other;
    return head;
}

#define RUNS_MAX 32U

/* Sorts siblings from the bottom up: runs[i] is a sorted list of 2^i of them, or empty. */
static uint32_t sort_siblings(struct low_node *nodes, uint32_t first)
{
    uint32_t runs[RUNS_MAX];
    memset(runs, 0xFF, sizeof(runs));
    while (first != LOW_END) {
        uint32_t run = first;
        first = nodes[first].next;
        nodes[run].next = LOW_END;
        unsigned i = 0;
        for (; i < RUNS_MAX - 1 && runs[i] != LOW_END; i++) {
            run = merge(nodes, runs[i], run);
            runs[i] = LOW_END;
        }
        runs[i] = run;
    }
    uint32_t sorted = LOW_END;
    for (unsigned i = 0; i < RUNS_MAX; i++)
        if (runs[i] != LOW_END)
            sorted = sorted == LOW_END ? runs[i] : merge(nodes, runs[i], sorted);
    return sorted;
}

#define COST_INDEXED   1.0F
#define CHANCE_UNKNOWN 0.3F
#define CHANCE_LEAST   1e-4F

static void estimate_leaf(const struct lowering *lowering, struct low_node *node)
{
    const struct low_atom *atom = &low_atoms(lowering)[node->atom];
    const float chance = !atom->is_sought ? CHANCE_UNKNOWN : atom->rate < 1 ? atom->rate : 1;
    node->cost = atom->is_indexed ? COST_INDEXED : atom->cost;
    node->chance = node->is_negated ? 1 - chance : chance;
}

/* Estimates chances and costs, and puts first what decides soonest for its cost: in an AND what is
 * likely not to hold, in an OR what is likely to. */
static void put_in_order(struct lowering *lowering, uint32_t tree)
{
    struct low_node *nodes = low_nodes(lowering);
    struct low_node *node = &nodes[tree];
    if (node->kind == SIGMA_LEAF) {
        estimate_leaf(lowering, node);
        return;
    }
    const bool is_and = node->kind == SIGMA_AND;
    for (uint32_t child = node->first; child != LOW_END; child = nodes[child].next) {
        put_in_order(lowering, child);
        const float decides = is_and ? 1 - nodes[child].chance : nodes[child].chance;
        nodes[child].order = nodes[child].cost / (decides > CHANCE_LEAST ? decides : CHANCE_LEAST);
    }
    node->first = sort_siblings(nodes, node->first);
    float goes_on = 1; /* the chance that the children so far have not decided */
    node->cost = 0;
    for (uint32_t child = node->first; child != LOW_END; child = nodes[child].next) {
        node->cost += goes_on * nodes[child].cost;
        goes_on *= is_and ? nodes[child].chance : 1 - nodes[child].chance;
    }
    node->chance = is_and ? goes_on : 1 - goes_on;
}

/* Code is made from its end, so that the steps to go on at are known. */
static uint32_t emit(struct lowering *lowering, uint32_t tree, uint32_t on_true, uint32_t on_false)
{
    const struct low_node *node = &low_nodes(lowering)[tree];
    if (node->kind == SIGMA_LEAF) {
        const struct plan_step step = {
            .atom = node->atom & STEP_ATOM_MAX,
            .is_indexed = low_atoms(lowering)[node->atom].is_indexed,
            .on_true = node->is_negated ? on_false : on_true,
            .on_false = node->is_negated ? on_true : on_false,
        };
        return append(lowering, &lowering->steps, &step, sizeof(step));
    }
    /* Turns the siblings around, to have the last one first. */
    struct low_node *nodes = low_nodes(lowering);
    uint32_t child = node->first, reversed = LOW_END;
    while (child != LOW_END) {
        const uint32_t next = nodes[child].next;
        nodes[child].next = reversed;
        reversed = child;
        child = next;
    }
    uint32_t entry = node->kind == SIGMA_AND ? on_true : on_false;
    for (; reversed != LOW_END; reversed = nodes[reversed].next)
        entry = node->kind == SIGMA_AND ? emit(lowering, reversed, entry, on_false)
                                        : emit(lowering, reversed, on_true, entry);
    return entry;
}

uint32_t lower_code(struct lowering *lowering, uint32_t tree)
{
    if (tree >= LOW_FALSE)
        return tree == LOW_TRUE ? STEP_TRUE : STEP_FALSE;
    put_in_order(lowering, tree);
    return emit(lowering, tree, STEP_TRUE, STEP_FALSE);
}

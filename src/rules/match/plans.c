#include "rules/match/plans.h"

#include "rules/compile/keys.h"

#include "base/buffer.h"

#include <stdlib.h>

/* A hundred classes, which is what a domain's logs have, take some 5 MB. */
#define SHARED_MEMORY_MAX (64U << 20)

struct plans {
    pthread_mutex_t lock;
    struct planner *planner;
    struct arena arena;
    const struct plan *root;
    struct keys keys;   /* class -> plan */
    struct buffer list; /* const struct plan * */
};

struct plans *plans_new(const struct ruleset *ruleset, size_t maximum)
{
    struct plans *plans = calloc(1, sizeof(*plans));
    if (!plans)
        return NULL;
    if (pthread_mutex_init(&plans->lock, NULL) != 0) {
        free(plans);
        return NULL;
    }
    arena_init(&plans->arena, maximum);
    keys_init(&plans->keys, maximum);
    plans->planner = planner_new(ruleset);
    if (plans->planner)
        plans->root = planner_root(plans->planner, &plans->arena);
    if (!plans->root) {
        plans_free(plans);
        return NULL;
    }
    return plans;
}

void plans_free(struct plans *plans)
{
    if (!plans)
        return;
    planner_free(plans->planner);
    arena_release(&plans->arena);
    keys_release(&plans->keys);
    buffer_release(&plans->list);
    pthread_mutex_destroy(&plans->lock);
    free(plans);
}

static void shared_free(void *data)
{
    plans_free(data);
}

struct plans *plans_shared(const struct ruleset *ruleset)
{
    struct ruleset_shared *shared = ruleset->shared;
    pthread_mutex_lock(&shared->lock);
    if (!shared->data) {
        shared->data = plans_new(ruleset, SHARED_MEMORY_MAX);
        shared->free = shared_free;
    }
    struct plans *plans = shared->data;
    pthread_mutex_unlock(&shared->lock);
    return plans;
}

const struct plan *plans_root(const struct plans *plans)
{
    return plans->root;
}

static const struct plan *make(struct plans *plans, struct bytes class, const bool *holds)
{
    bool is_new = false;
    const struct plan *plan = planner_plan(plans->planner, &plans->arena, holds);
    if (!plan || !buffer_room(&plans->list, sizeof(plan)) ||
        keys_add(&plans->keys, class, &is_new) == KEYS_NONE)
        return NULL;
    buffer_bytes(&plans->list, &plan, sizeof(plan));
    return plan;
}

const struct plan *plans_find(struct plans *plans, struct bytes class, const bool *holds)
{
    pthread_mutex_lock(&plans->lock);
    const uint32_t known = keys_find(&plans->keys, class);
    const struct plan *plan =
        known == KEYS_NONE ? make(plans, class, holds)
                           : ((const struct plan *const *)(const void *)plans->list.data)[known];
    pthread_mutex_unlock(&plans->lock);
    return plan;
}

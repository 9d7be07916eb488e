/* Which binding an event gets.
 *
 * An event's class is which atoms of the root hold; a class has a plan. Events with the same shape
 * and the same raw values in the discriminating fields are of one class, so their binding is found
 * by these bytes, without looking at any rule.
 *
 * Evidence may bring any number of either. Plans come from the store that all threads share; when
 * that is full, from one of our own, which is emptied when it is full too. So are the bindings. */
#ifndef IMPOUND_RULES_CLASSES_H
#define IMPOUND_RULES_CLASSES_H

#include "rules/compile/keys.h"
#include "rules/match/binding.h"
#include "rules/match/plans.h"

#define CLASSES_KEY_MAX 1024U /* longer raw values are not remembered */

/* Raw bytes of the discriminating values, and the shape. */
struct class_key {
    uint32_t length; /* 0: not remembered */
    uint8_t bytes[CLASSES_KEY_MAX];
};

struct classes {
    const struct ruleset *ruleset;
    struct plans *shared, *own; /* own: NULL until it is needed */
    struct arena arena;         /* of all bindings */
    struct arena scratch;       /* of the binding of an event that is not remembered */
    const struct plan *root;
    const struct binding **roots; /* the root's bindings, by serial of the shape */
    uint32_t root_count;
    bool *holds;              /* by atom of the root: of the event that is being classified */
    struct keys plan_keys;    /* atoms of the root that hold -> plan */
    struct buffer plans;      /* const struct plan * */
    struct keys binding_keys; /* class_key -> binding */
    struct buffer bindings;   /* const struct binding * */
    struct buffer scratch_key;
    struct class_key key, last_key;
    const struct binding *last; /* the binding of last_key, which often comes again */
};

/* False without memory; release it all the same. */
bool classes_init(struct classes *classes, const struct ruleset *ruleset);
void classes_release(struct classes *classes);

#endif

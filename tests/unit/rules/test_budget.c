/* What the matcher promises of memory and of threads. */
#include "fake.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The linker sends every allocation of the program through these. */
static _Thread_local size_t allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

static int set_up(void **state)
{
    *state = fake_new();
    return 0;
}

static int tear_down(void **state)
{
    fake_release(*state);
    return 0;
}

static void add_rules(struct fake *fake)
{
    fake_source(fake, "one", "One", NULL);
    fake_source(fake, "any", NULL, NULL);
    for (unsigned i = 0; i < 50; i++) {
        const char *pattern = fake_text(fake, "*needle number %u and*", i);
        fake_rule(fake, i % 2 ? "one" : "any",
                  fake_all(fake, fake_is(fake, "F", pattern),
                           fake_not(fake, fake_regex(fake, "F", "number [0-9]{3}", 0)), NULL));
    }
}

static void nothing_is_allocated_once_it_is_warm(void **state)
{
    struct fake *fake = *state;
    const uint32_t *fired;
    add_rules(fake);
    struct ruleset *ruleset = fake_compile(fake);
    struct matcher *matcher = matcher_new(ruleset);
    struct event events[12];
    for (unsigned i = 0; i < COUNT_OF(events); i++)
        events[i] = fake_event(
            fake, i % 2 ? "One" : "Two", "F",
            fake_text(fake, "hay with needle number %u and enough hay to be long", i), NULL);
    for (unsigned round = 0; round < 3; round++) {
        const size_t before = allocations;
        for (unsigned i = 0; i < COUNT_OF(events); i++) {
            event_begin(&events[i]);
            assert_int_equal(matcher_run(matcher, &events[i], &fired), 1);
        }
        if (round > 0)
            assert_int_equal(allocations, before);
    }
    matcher_free(matcher);
    ruleset_free(ruleset);
}

/* More channels than are remembered. */
static void any_number_of_classes_is_bounded_and_right(void **state)
{
    struct fake *fake = *state;
    static const char *const names[] = {"Channel", "F"};
    name_id ids[2];
    const uint32_t *fired;
    add_rules(fake);
    struct ruleset *ruleset = fake_compile(fake);
    struct matcher *matcher = matcher_new(ruleset);
    for (unsigned i = 0; i < 2; i++)
        ids[i] = names_intern(fake->fields, bytes_of_text(names[i]));
    const struct shape *shape = shapes_intern(fake->shapes, ids, 2);
    for (unsigned i = 0; i < 140000; i++) {
        char channel[32];
        snprintf(channel, sizeof(channel), i % 1000 ? "Channel %u" : "One", i);
        const struct value values[] = {fake_utf8(channel), fake_utf8("a needle number 1 and")};
        struct event event = {.shape = shape, .values = values, .cache = fake->cache};
        event_begin(&event);
        assert_int_equal(matcher_run(matcher, &event, &fired), i % 1000 ? 0 : 1);
    }
    assert_int_equal(matcher_counts(matcher).unmatched, 0);
    matcher_free(matcher);
    ruleset_free(ruleset);
}

struct worker {
    const struct ruleset *ruleset;
    const struct event *events;
    unsigned count, first;
    uint32_t hits;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct matcher *matcher = matcher_new(worker->ruleset);
    struct event_cache *cache = event_cache_new();
    const uint32_t *fired;
    for (unsigned i = 0; matcher && cache && i < worker->count; i++) {
        struct event event = worker->events[(i + worker->first) % worker->count];
        event.cache = cache;
        event_begin(&event);
        worker->hits += matcher_run(matcher, &event, &fired);
    }
    matcher_free(matcher);
    event_cache_free(cache);
    return NULL;
}

static void threads_share_a_rule_set(void **state)
{
    struct fake *fake = *state;
    struct event events[64];
    struct worker workers[4];
    pthread_t threads[4];
    add_rules(fake);
    struct ruleset *ruleset = fake_compile(fake);
    for (unsigned i = 0; i < COUNT_OF(events); i++)
        events[i] = fake_event(fake, i % 3 ? "One" : fake_text(fake, "Channel %u", i), "F",
                               fake_text(fake, "a needle number %u and hay", i), NULL);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        workers[i] = (struct worker){ruleset, events, COUNT_OF(events), i * 16, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].hits, workers[0].hits);
    }
    assert_true(workers[0].hits > 30);
    ruleset_free(ruleset);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(nothing_is_allocated_once_it_is_warm),
        T(any_number_of_classes_is_bounded_and_right),
        T(threads_share_a_rule_set),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}

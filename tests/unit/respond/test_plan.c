#include "respond/respond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }
#define LIST(name)           \
    {                        \
        name, COUNT_OF(name) \
    }

static const struct bytes accounts[] = {TEXT("LAB\\alice")}, sources[] = {TEXT("10.8.0.66")},
                          dcsync[] = {TEXT("T1003.006")};
static const struct case_step steps[] = {
    {.tool = TEXT("wmiexec"), .target = TEXT("a"), .source = TEXT("10.8.0.66")},
    {.tool = TEXT("psexec"), .target = TEXT("b"), .source = TEXT("10.8.0.66")},
    {.tool = TEXT("wmiexec"), .target = TEXT("A"), .source = TEXT("10.8.0.66")},
    {.tool = TEXT("secretsdump"), .target = TEXT("c"), .techniques = LIST(dcsync)},
};
static const struct case_record record = {
    .accounts = LIST(accounts),
    .sources = LIST(sources),
    .steps = steps,
    .step_count = COUNT_OF(steps),
};

static struct plan plan_of(struct arena *arena, enum ledger_standing standing,
                           const char *engagement)
{
    const struct ledger_verdict verdict = {.standing = standing, .engagement = engagement};
    struct plan plan = {0};
    arena_init(arena, 1 << 20);
    assert_int_equal(plan_make(&record, &verdict, NULL, arena, &plan, NULL), STATUS_OK);
    return plan;
}

static void expect_kinds(const struct plan *plan, const enum plan_kind *kinds, uint32_t count)
{
    assert_int_equal(plan->count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(plan->actions[i].kind, kinds[i]);
}

static void expect_within(struct bytes text, const char *word)
{
    assert_non_null(memmem(text.data, text.length, word, strlen(word)));
}

static void test_source_then_hosts_newest_first_then_accounts_then_keys(void **state)
{
    static const enum plan_kind kinds[] = {PLAN_SOURCE,  PLAN_GUARD,  PLAN_HOST,  PLAN_HOST,
                                           PLAN_ACCOUNT, PLAN_KRBTGT, PLAN_KRBTGT};
    (void)state;
    struct arena arena;
    const struct plan plan = plan_of(&arena, LEDGER_UNCOVERED, NULL);
    expect_kinds(&plan, kinds, COUNT_OF(kinds));
    expect_within(plan.actions[1].what, "Leave c in service");
    expect_within(plan.actions[2].what, "Isolate b");
    expect_within(plan.actions[3].what, "Isolate a");
    arena_release(&arena);
}

static void test_authorised_test_is_only_asked_about(void **state)
{
    static const enum plan_kind kinds[] = {PLAN_CALL, PLAN_CALL};
    (void)state;
    struct arena arena;
    const struct plan plan = plan_of(&arena, LEDGER_COVERED, "ENG-1");
    expect_kinds(&plan, kinds, COUNT_OF(kinds));
    arena_release(&arena);
}

static void test_undecided_is_asked_about_and_contained(void **state)
{
    (void)state;
    struct arena arena;
    const struct plan plan = plan_of(&arena, LEDGER_UNDECIDED, "ENG-1");
    assert_int_equal(plan.count, 9);
    assert_int_equal(plan.actions[0].kind, PLAN_CALL);
    assert_int_equal(plan.actions[2].kind, PLAN_SOURCE);
    arena_release(&arena);
}

static void test_small_memory_is_a_failure(void **state)
{
    const struct ledger_verdict verdict = {.standing = LEDGER_UNCOVERED};
    struct plan plan;
    struct arena arena;
    (void)state;
    arena_init(&arena, 64);
    assert_int_equal(plan_make(&record, &verdict, NULL, &arena, &plan, NULL), STATUS_MEMORY);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_then_hosts_newest_first_then_accounts_then_keys),
        cmocka_unit_test(test_authorised_test_is_only_asked_about),
        cmocka_unit_test(test_undecided_is_asked_about_and_contained),
        cmocka_unit_test(test_small_memory_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD "impound-engagement: 1\nid: ENG-1\n"
#define WEEK "windows: [{from: 2026-11-02T08:00:00Z, to: 2026-11-06T18:00:00Z}]\n"
#define WHOLE                                                                   \
    HEAD WEEK "sources: [10.8.0.0/24, TESTBOX-7]\n"                             \
              "targets: {include: [10.1.0.0/16, 'FILESRV*'], exclude: [DC1]}\n" \
              "accounts: ['LAB\\alice', 'svc-*']\n"                             \
              "tools: [wmiexec, secretsdump]\ntechniques: [T1047, 'T1003.*']\n" \
              "forbidden: [T1003.001]\ncanaries: [RT-7f3a]\n"
/* Everything but one list, which follows. */
#define REST_SOURCES HEAD WEEK "targets: {include: ['*']}\naccounts: ['*']\n"
#define REST_TARGETS HEAD WEEK "sources: ['*']\naccounts: ['*']\n"
#define REST         HEAD WEEK "sources: ['*']\ntargets: {include: ['*']}\n"

static const struct desk_step good = {.first = "2026-11-03T09:00:00Z",
                                      .last = "2026-11-03T09:01:00Z",
                                      .sources = "10.8.0.7",
                                      .targets = "10.1.2.3|filesrv2.lab.example",
                                      .accounts = "LAB\\Alice",
                                      .tools = "wmiexec",
                                      .techniques = "T1047|T1003.002"};

/* A verdict and what it stands on. */
struct trial {
    struct ledger *ledger;
    struct desk_values values[8];
    struct ledger_step steps[8];
    struct arena arena;
    struct ledger_verdict verdict;
};

static void trial_judge(struct trial *trial, const struct desk_step *steps, uint32_t count)
{
    struct fault fault = {0};
    arena_init(&trial->arena, 16U << 20);
    for (uint32_t i = 0; i < count; i++)
        trial->steps[i] = desk_step(&steps[i], &trial->values[i]);
    assert_int_equal(
        ledger_judge(trial->ledger, trial->steps, count, &trial->arena, &trial->verdict, &fault),
        STATUS_OK);
}

static void trial_end(struct trial *trial)
{
    arena_release(&trial->arena);
    ledger_free(trial->ledger);
}

static enum ledger_standing judged(const char *engagement, struct desk_step step)
{
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    trial_judge(&trial, &step, 1);
    const enum ledger_standing standing = trial.verdict.standing;
    assert_int_equal(standing, trial.verdict.steps[0].standing);
    trial_end(&trial);
    return standing;
}

static bool is_said(struct ledger_because because, const char *sentence)
{
    for (uint32_t i = 0; i < because.count; i++)
        if (strcmp(because.sentences[i], sentence) == 0)
            return true;
    for (uint32_t i = 0; i < because.count; i++)
        print_message("said: %s\n", because.sentences[i]);
    return false;
}

static void assert_said(const char *engagement, struct desk_step step, const char *sentence)
{
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    trial_judge(&trial, &step, 1);
    assert_true(is_said(trial.verdict.steps[0].because, sentence));
    assert_true(is_said(trial.verdict.because, sentence));
    trial_end(&trial);
}

static struct desk_step with(size_t offset, const char *text)
{
    struct desk_step step = good;
    memcpy((char *)&step + offset, &text, sizeof(text));
    return step;
}

/* The good step with another value. */
#define WITH(member, text) with(offsetof(struct desk_step, member), text)

static void a_step_is_covered_when_every_clause_allows_it(void **state)
{
    (void)state;
    assert_int_equal(judged(WHOLE, good), LEDGER_COVERED);
    assert_said(WHOLE, good, "ENG-1: source 10.8.0.7 is in 10.8.0.0/24");
    assert_said(WHOLE, good, "ENG-1: account LAB\\Alice is allowed by LAB\\alice");
    assert_said(WHOLE, good,
                "ENG-1: 2026-11-03T09:00:00Z to 2026-11-03T09:01:00Z is inside its window "
                "2026-11-02T08:00:00Z to 2026-11-06T18:00:00Z");
}

static void each_other_clause_that_fails_is_beyond(void **state)
{
    (void)state;
    assert_int_equal(judged(WHOLE, WITH(targets, "10.2.0.1")), LEDGER_BEYOND);
    assert_int_equal(judged(WHOLE, WITH(targets, "10.1.0.5|dc1.lab.example")), LEDGER_BEYOND);
    assert_int_equal(judged(WHOLE, WITH(accounts, "LAB\\bob")), LEDGER_BEYOND);
    assert_int_equal(judged(WHOLE, WITH(tools, "psexec")), LEDGER_BEYOND);
    assert_int_equal(judged(WHOLE, WITH(techniques, "T1047|T1021.002")), LEDGER_BEYOND);
    assert_int_equal(judged(WHOLE, WITH(techniques, "T1047|T1003.001")), LEDGER_BEYOND);
    assert_said(WHOLE, WITH(targets, "DC1"), "ENG-1: target DC1 is excluded by DC1");
    assert_said(WHOLE, WITH(techniques, "T1003.001"),
                "ENG-1: technique T1003.001 is forbidden by T1003.001");
}

static void another_source_is_nobodys(void **state)
{
    (void)state;
    assert_int_equal(judged(WHOLE, WITH(sources, "10.9.0.7")), LEDGER_UNCOVERED);
    assert_int_equal(judged(WHOLE, WITH(sources, "10.9.0.7|KALI")), LEDGER_UNCOVERED);
    assert_said(WHOLE, WITH(sources, "10.9.0.7"), "ENG-1: source 10.9.0.7 is none of its sources");
}

static void any_name_or_address_of_a_host_will_do(void **state)
{
    (void)state;
    assert_int_equal(judged(WHOLE, WITH(sources, "10.9.0.7|testbox-7.lab.example")),
                     LEDGER_COVERED);
    assert_int_equal(judged(WHOLE, WITH(sources, "::ffff:10.8.0.7")), LEDGER_COVERED);
    assert_int_equal(judged(WHOLE, WITH(targets, "FILESRV9|10.77.0.1")), LEDGER_COVERED);
}

static void the_whole_span_must_lie_in_a_window(void **state)
{
    (void)state;
    assert_int_equal(judged(WHOLE, WITH(last, "2026-11-06T18:00:00Z")), LEDGER_COVERED);
    assert_int_equal(judged(WHOLE, WITH(last, "2026-11-06T18:00:00.001Z")), LEDGER_UNCOVERED);
    assert_int_equal(judged(WHOLE, WITH(first, "2026-11-02T07:59:59Z")), LEDGER_UNCOVERED);
    assert_said(WHOLE, WITH(last, "2026-11-06T21:12:00Z"),
                "ENG-1: 2026-11-03T09:00:00Z to 2026-11-06T21:12:00Z is outside its windows by 3 h "
                "12 min; the nearest is 2026-11-02T08:00:00Z to 2026-11-06T18:00:00Z");
}

static void windows_that_touch_are_one(void **state)
{
    (void)state;
#define REST_ALL "sources: ['*']\ntargets: {include: ['*']}\naccounts: ['*']\n"
    assert_int_equal(judged(HEAD REST_ALL
                            "windows: [{from: 2026-11-03T09:00:30Z, to: 2026-11-03T10:00:00Z},"
                            "{from: 2026-11-03T08:00:00Z, to: 2026-11-03T09:00:30Z}]\n",
                            good),
                     LEDGER_COVERED);
    assert_int_equal(judged(HEAD REST_ALL
                            "windows: [{from: 2026-11-03T09:00:31Z, to: 2026-11-03T10:00:00Z},"
                            "{from: 2026-11-03T08:00:00Z, to: 2026-11-03T09:00:30Z}]\n",
                            good),
                     LEDGER_UNCOVERED);
}

static void a_test_that_ran_over_is_beyond(void **state)
{
    (void)state;
    const char *engagement = WHOLE;
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    const struct desk_step steps[] = {good, WITH(last, "2026-11-06T18:30:00Z"),
                                      WITH(accounts, "LAB\\alice")};
    trial_judge(&trial, steps, 3);
    assert_int_equal(trial.verdict.standing, LEDGER_BEYOND);
    assert_string_equal(trial.verdict.engagement, "ENG-1");
    assert_int_equal(trial.verdict.steps[0].standing, LEDGER_COVERED);
    assert_int_equal(trial.verdict.steps[1].standing, LEDGER_BEYOND);
    assert_true(is_said(trial.verdict.because, "1 of 3 steps went beyond ENG-1"));
    trial_end(&trial);
}

static void one_step_of_a_stranger_makes_the_case_malicious(void **state)
{
    (void)state;
    const char *engagement = WHOLE;
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    const struct desk_step steps[] = {good, WITH(sources, "10.9.0.7"), WITH(tools, "psexec")};
    trial_judge(&trial, steps, 3);
    assert_int_equal(trial.verdict.standing, LEDGER_UNCOVERED);
    assert_null(trial.verdict.engagement);
    assert_true(is_said(trial.verdict.because, "1 of 3 steps are covered by no engagement"));
    trial_end(&trial);
}

static void what_the_evidence_lacks_leaves_it_open(void **state)
{
    (void)state;
    assert_int_equal(judged(WHOLE, WITH(sources, NULL)), LEDGER_UNDECIDED);
    assert_int_equal(judged(WHOLE, WITH(sources, "-|")), LEDGER_UNDECIDED);
    assert_int_equal(judged(WHOLE, WITH(accounts, NULL)), LEDGER_UNDECIDED);
    assert_int_equal(judged(WHOLE, WITH(tools, NULL)), LEDGER_UNDECIDED);
    assert_int_equal(judged(WHOLE, WITH(techniques, NULL)), LEDGER_UNDECIDED);
    assert_int_equal(judged(WHOLE, WITH(targets, NULL)), LEDGER_UNDECIDED);
    assert_said(WHOLE, WITH(sources, NULL),
                "ENG-1: the source is not known; its address would decide");
    struct desk_step no_time = good;
    no_time.first = no_time.last = NULL;
    assert_int_equal(judged(WHOLE, no_time), LEDGER_UNDECIDED);
    assert_said(WHOLE, no_time, "ENG-1: the time is not known, which would decide");
}

static void what_is_not_known_does_not_save_what_is_known_to_fail(void **state)
{
    (void)state;
    struct desk_step step = WITH(sources, NULL);
    step.tools = "psexec";
    assert_int_equal(judged(WHOLE, step), LEDGER_UNCOVERED);
    const char *engagement = WHOLE;
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    const struct desk_step steps[] = {WITH(sources, NULL), WITH(tools, "psexec")};
    trial_judge(&trial, steps, 2);
    assert_int_equal(trial.verdict.standing, LEDGER_UNCOVERED);
    assert_int_equal(trial.verdict.steps[0].standing, LEDGER_UNDECIDED);
    assert_int_equal(trial.verdict.steps[1].standing, LEDGER_BEYOND);
    trial_end(&trial);
}

static void a_star_allows_what_is_not_known(void **state)
{
    (void)state;
    struct desk_step step = WITH(sources, NULL);
    step.targets = step.accounts = step.tools = step.techniques = NULL;
    assert_int_equal(judged(REST_SOURCES "sources: ['*']\ntools: ['*']\ntechniques: ['*']\n", step),
                     LEDGER_COVERED);
    assert_said(REST_SOURCES "sources: ['*']\n", step,
                "ENG-1: the source is not known, and * allows any");
    assert_int_equal(judged(REST_SOURCES "sources: ['*.*']\n", step), LEDGER_UNDECIDED);
    assert_int_equal(judged(REST_SOURCES "sources: [0.0.0.0/0]\n", step), LEDGER_UNDECIDED);
}

static void an_absent_list_allows_nothing_but_of_tools_and_techniques(void **state)
{
    (void)state;
    assert_int_equal(judged(REST "accounts: ['*']\n", good), LEDGER_COVERED);
    assert_int_equal(judged(REST, good), LEDGER_BEYOND);
    assert_int_equal(judged(REST, WITH(accounts, NULL)), LEDGER_BEYOND);
    assert_int_equal(judged(REST_TARGETS, good), LEDGER_BEYOND);
    assert_int_equal(judged(REST_SOURCES, good), LEDGER_UNCOVERED);
    assert_int_equal(judged(HEAD REST_ALL, good), LEDGER_UNCOVERED);
    assert_int_equal(judged(REST "accounts: ['*']\ntools: []\n", good), LEDGER_BEYOND);
    assert_int_equal(judged(REST "accounts: ['*']\ntechniques: []\n", good), LEDGER_BEYOND);
    assert_said(REST, good, "ENG-1: it lists no accounts");
}

static void a_list_with_addresses_is_decided_by_an_address(void **state)
{
    (void)state;
    assert_int_equal(judged(REST_SOURCES "sources: [10.8.0.0/24]\n", WITH(sources, "KALI")),
                     LEDGER_UNDECIDED);
    assert_int_equal(judged(REST_SOURCES "sources: [KALI]\n", WITH(sources, "10.8.0.7")),
                     LEDGER_UNDECIDED);
    assert_int_equal(judged(REST_SOURCES "sources: [KALI, 10.8.0.8]\n", WITH(sources, "10.8.0.7")),
                     LEDGER_UNCOVERED);
    assert_int_equal(judged(REST_SOURCES "sources: [KALI]\n", WITH(sources, "EVE")),
                     LEDGER_UNCOVERED);
    assert_said(REST_SOURCES "sources: [10.8.0.0/24]\n", WITH(sources, "KALI"),
                "ENG-1: of the source KALI no address is known, which would decide");
}

static void impacket_allows_its_tools_and_no_others(void **state)
{
    (void)state;
#define TOOLS REST "accounts: ['*']\ntools: "
    assert_int_equal(judged(TOOLS "[impacket]\n", WITH(tools, "psexec")), LEDGER_COVERED);
    assert_int_equal(judged(TOOLS "[Impacket]\n", WITH(tools, "impacket")), LEDGER_COVERED);
    assert_int_equal(judged(TOOLS "[impacket]\n", WITH(tools, "sysinternals:psexec")),
                     LEDGER_BEYOND);
    assert_int_equal(judged(TOOLS "[wmiexec]\n", WITH(tools, "impacket")), LEDGER_UNDECIDED);
    assert_int_equal(judged(TOOLS "['sysinternals:psexec']\n", WITH(tools, "impacket")),
                     LEDGER_BEYOND);
    assert_int_equal(judged(TOOLS "[wmiexec]\n", WITH(tools, "wmiexec|impacket")), LEDGER_COVERED);
    assert_int_equal(judged(TOOLS "[wmiexec]\n", WITH(tools, "wmiexec|psexec")), LEDGER_BEYOND);
}

static void accounts_are_a_realm_and_a_name(void **state)
{
    (void)state;
#define ACCOUNTS REST "accounts: "
    assert_int_equal(judged(ACCOUNTS "[alice]\n", good), LEDGER_COVERED);
    assert_int_equal(judged(ACCOUNTS "['OTHER\\alice']\n", good), LEDGER_BEYOND);
    assert_int_equal(judged(ACCOUNTS "['lab.example\\alice']\n", good), LEDGER_COVERED);
    assert_int_equal(judged(ACCOUNTS "['LAB\\*']\n", WITH(accounts, "zoe@lab.example")),
                     LEDGER_COVERED);
    assert_int_equal(judged(ACCOUNTS "['LAB\\alice']\n", WITH(accounts, "alice")),
                     LEDGER_UNDECIDED);
    assert_int_equal(judged(ACCOUNTS "['LAB\\alice']\n", WITH(accounts, "alice|LAB\\alice")),
                     LEDGER_COVERED);
    assert_int_equal(judged(ACCOUNTS "['LAB\\alice']\n", WITH(accounts, "LAB\\alice|LAB\\bob")),
                     LEDGER_BEYOND);
    assert_int_equal(judged(ACCOUNTS "['LAB\\alice']\n", WITH(accounts, "bob")), LEDGER_BEYOND);
}

static void a_technique_is_all_of_its_kinds(void **state)
{
    (void)state;
#define TECHNIQUES REST "accounts: ['*']\ntechniques: "
    assert_int_equal(judged(TECHNIQUES "[T1003]\n", WITH(techniques, "t1003.002")), LEDGER_COVERED);
    assert_int_equal(judged(TECHNIQUES "['T1003.*']\n", WITH(techniques, "T1003")), LEDGER_COVERED);
    assert_int_equal(judged(TECHNIQUES "[T1003.002]\n", WITH(techniques, "T1003")),
                     LEDGER_UNDECIDED);
    assert_int_equal(judged(TECHNIQUES "[T1003.002]\n", WITH(techniques, "T1003.003")),
                     LEDGER_BEYOND);
    assert_int_equal(
        judged(REST "accounts: ['*']\nforbidden: [T1003]\n", WITH(techniques, "T1003.002")),
        LEDGER_BEYOND);
    assert_int_equal(judged(REST "accounts: ['*']\nforbidden: [wmiexec]\n", good), LEDGER_BEYOND);
    assert_int_equal(judged(REST "accounts: ['*']\nforbidden: ['*']\n", good), LEDGER_BEYOND);
}

static void a_canary_supports_and_never_decides(void **state)
{
    (void)state;
    const struct desk_step step = WITH(texts, "net user rt-7F3A /add");
    assert_said(WHOLE, step, "ENG-1: its canary RT-7f3a was seen, which alone proves nothing");
    struct desk_step stranger = step;
    stranger.sources = "10.9.0.7";
    assert_int_equal(judged(WHOLE, stranger), LEDGER_UNCOVERED);
}

static void withdrawn_is_withdrawn_from_that_moment_on(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        enum ledger_standing standing;
    } cases[] = {{"2026-11-01T00:00:00Z", LEDGER_UNCOVERED},
                 {"2026-11-03T09:01:00Z", LEDGER_UNCOVERED},
                 {"2026-11-03T09:01:00.1Z", LEDGER_COVERED}};
    const char *engagement = WHOLE;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
        assert_int_equal(
            instant_parse(bytes_of_text(cases[i].from), &trial.ledger->entries[0].withdrawn),
            STATUS_OK);
        trial.ledger->entries[0].withdrawn_why = "stop";
        const struct desk_step steps[] = {good, good};
        trial_judge(&trial, steps, 2);
        assert_int_equal(trial.verdict.standing, cases[i].standing);
        if (i == 0)
            assert_true(is_said(trial.verdict.because,
                                "ENG-1: it was withdrawn from 2026-11-01T00:00:00Z: stop"));
        trial_end(&trial);
    }
}

static void what_went_on_after_a_withdrawal_did_not_run_over(void **state)
{
    (void)state;
    const char *engagement = WHOLE;
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    const struct desk_step steps[] = {good, WITH(last, "2026-11-04T09:00:00Z")};
    trial.ledger->entries[0].withdrawn = (struct instant){.seconds = 1793696460 + 600};
    trial_judge(&trial, steps, 2);
    assert_int_equal(trial.verdict.standing, LEDGER_UNCOVERED);
    assert_int_equal(trial.verdict.steps[0].standing, LEDGER_COVERED);
    trial_end(&trial);
}

static void without_a_ledger_nothing_is_covered(void **state)
{
    (void)state;
    struct trial trial = {0};
    trial_judge(&trial, &good, 1);
    assert_int_equal(trial.verdict.standing, LEDGER_UNCOVERED);
    assert_true(
        is_said(trial.verdict.because, "no ledger was given, so nothing says that it was ordered"));
    trial_end(&trial);
    trial.ledger = NULL;
    trial_judge(&trial, &good, 0);
    assert_int_equal(trial.verdict.standing, LEDGER_UNCOVERED);
    trial_end(&trial);
}

static void engagements_do_not_add_up(void **state)
{
    (void)state;
    const char *const engagements[] = {HEAD WEEK "sources: [10.8.0.7]\ntargets: {include: ['*']}\n",
                                       "impound-engagement: 1\nid: ENG-2\n" WEEK
                                       "sources: [10.8.0.8]\n"
                                       "targets: {include: ['*']}\naccounts: ['*']\n"};
    struct trial trial = {.ledger = desk_ledger(engagements, 2)};
    const struct desk_step steps[] = {good};
    trial_judge(&trial, steps, 1);
    assert_int_equal(trial.verdict.standing, LEDGER_BEYOND);
    assert_string_equal(trial.verdict.engagement, "ENG-1");
    trial_end(&trial);
}

static void steps_may_be_covered_by_different_engagements(void **state)
{
    (void)state;
    const char *const engagements[] = {WHOLE, "impound-engagement: 1\nid: ENG-2\n" WEEK
                                              "sources: [10.8.0.8]\n"
                                              "targets: {include: ['*']}\naccounts: ['*']\n"};
    struct trial trial = {.ledger = desk_ledger(engagements, 2)};
    const struct desk_step steps[] = {
        good,
        WITH(accounts, "svc-x"),
        {.first = good.first, .sources = "10.8.0.8", .targets = "DC1", .accounts = "LAB\\bob"}};
    trial_judge(&trial, steps, 3);
    assert_int_equal(trial.verdict.standing, LEDGER_COVERED);
    assert_string_equal(trial.verdict.engagement, "ENG-1");
    assert_string_equal(trial.verdict.steps[2].engagement, "ENG-2");
    assert_true(is_said(trial.verdict.because, "ENG-1 covers 2 of 3 steps, others the rest"));
    trial_end(&trial);
}

static void what_does_not_count_is_named_and_covers_nothing(void **state)
{
    (void)state;
    const char *engagement = WHOLE;
    struct trial trial = {.ledger = desk_ledger(&engagement, 1)};
    trial.ledger->entries[0].doubt = "it is not signed";
    trial_judge(&trial, &good, 1);
    assert_int_equal(trial.verdict.standing, LEDGER_UNCOVERED);
    assert_true(is_said(trial.verdict.because,
                        "ENG-1 would come near, but does not count: it is not signed"));
    trial_end(&trial);
}

static void an_arena_that_is_full_is_no_verdict(void **state)
{
    (void)state;
    const char *engagement = WHOLE;
    struct ledger *ledger = desk_ledger(&engagement, 1);
    struct desk_values values;
    const struct ledger_step step = desk_step(&good, &values);
    bool was_full = false, was_enough = false;
    for (size_t room = 1; room <= 1U << 20; room *= 2) {
        struct arena arena;
        struct ledger_verdict verdict;
        struct fault fault = {0};
        arena_init(&arena, room);
        const enum status status = ledger_judge(ledger, &step, 1, &arena, &verdict, &fault);
        was_full |= status == STATUS_MEMORY;
        was_enough |= status == STATUS_OK;
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        arena_release(&arena);
    }
    assert_true(was_full && was_enough);
    ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_covered_when_every_clause_allows_it),
        cmocka_unit_test(each_other_clause_that_fails_is_beyond),
        cmocka_unit_test(another_source_is_nobodys),
        cmocka_unit_test(any_name_or_address_of_a_host_will_do),
        cmocka_unit_test(the_whole_span_must_lie_in_a_window),
        cmocka_unit_test(windows_that_touch_are_one),
        cmocka_unit_test(a_test_that_ran_over_is_beyond),
        cmocka_unit_test(one_step_of_a_stranger_makes_the_case_malicious),
        cmocka_unit_test(what_the_evidence_lacks_leaves_it_open),
        cmocka_unit_test(what_is_not_known_does_not_save_what_is_known_to_fail),
        cmocka_unit_test(a_star_allows_what_is_not_known),
        cmocka_unit_test(an_absent_list_allows_nothing_but_of_tools_and_techniques),
        cmocka_unit_test(a_list_with_addresses_is_decided_by_an_address),
        cmocka_unit_test(impacket_allows_its_tools_and_no_others),
        cmocka_unit_test(accounts_are_a_realm_and_a_name),
        cmocka_unit_test(a_technique_is_all_of_its_kinds),
        cmocka_unit_test(a_canary_supports_and_never_decides),
        cmocka_unit_test(withdrawn_is_withdrawn_from_that_moment_on),
        cmocka_unit_test(what_went_on_after_a_withdrawal_did_not_run_over),
        cmocka_unit_test(without_a_ledger_nothing_is_covered),
        cmocka_unit_test(engagements_do_not_add_up),
        cmocka_unit_test(steps_may_be_covered_by_different_engagements),
        cmocka_unit_test(what_does_not_count_is_named_and_covers_nothing),
        cmocka_unit_test(an_arena_that_is_full_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

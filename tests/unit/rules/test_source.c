/* Log sources: which events a rule sees, under which names, and what it says when it sees none. */
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct bench {
    struct fake *fake;
    struct ruleset *ruleset;
    struct matcher *matcher;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    bench->fake = fake_new();
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    matcher_free(bench->matcher);
    ruleset_free(bench->ruleset);
    fake_release(bench->fake);
    free(bench);
    return 0;
}

static void begin(struct bench *bench)
{
    bench->ruleset = fake_compile(bench->fake);
    bench->matcher = matcher_new(bench->ruleset);
    assert_non_null(bench->matcher);
}

static uint32_t run(struct bench *bench, struct event event, const uint32_t **fired)
{
    return matcher_run(bench->matcher, &event, fired);
}

/* process creation: Sysmon, and Security with other names and words. */
static void add_process_creation(struct fake *fake)
{
    static const char *const sysmon[] = {"Sysmon"};
    static const char *const security[] = {"Security"};
    static const char *const created[] = {"4688"};
    static const struct logsource_condition one[] = {{"Channel", sysmon, 1}};
    static const struct logsource_condition other[] = {{"Channel", security, 1},
                                                       {"EventID", created, 1}};
    static const struct logsource_value words[] = {{"High", "S-1-16-12288"}, {"High", "%%1937"}};
    static const struct logsource_translation names[] = {
        {"Image", "NewProcessName", NULL, 0}, {"IntegrityLevel", "MandatoryLabel", words, 2}};
    const struct logsource_alternative first = {one, 1, NULL, 0, NULL};
    const struct logsource_alternative second = {other, 2, names, 2, "Audit Process Creation"};
    fake_alternative(fake, "process", &first);
    fake_alternative(fake, "process", &second);
}

static void the_log_source_is_part_of_the_match(void **state)
{
    struct bench *bench = *state;
    struct fake *fake = bench->fake;
    const uint32_t *fired;
    add_process_creation(fake);
    fake_rule(fake, "process", fake_is(fake, "Image", "*\\\\cmd.exe"));
    begin(bench);
    assert_int_equal(run(bench, fake_event(fake, "sysmon", "Image", "C:\\cmd.exe", NULL), &fired),
                     1);
    assert_int_equal(
        run(bench, fake_event(fake, "Application", "Image", "C:\\cmd.exe", NULL), &fired), 0);
    assert_int_equal(run(bench, fake_event(fake, "Security", "Image", "C:\\cmd.exe", NULL), &fired),
                     0);
}

static void fields_and_words_are_translated(void **state)
{
    struct bench *bench = *state;
    struct fake *fake = bench->fake;
    const uint32_t *fired;
    add_process_creation(fake);
    fake_rule(fake, "process", fake_is(fake, "Image", "*\\\\cmd.exe"));
    fake_rule(fake, "process", fake_is(fake, "IntegrityLevel", "high"));
    fake_rule(fake, "process", fake_cased(fake, "IntegrityLevel", "High"));
    begin(bench);
    const struct event event = fake_event(fake, "Security", "EventID", "4688", "NewProcessName",
                                          "C:\\cmd.exe", "MandatoryLabel", "S-1-16-12288", NULL);
    assert_int_equal(run(bench, event, &fired), 3);
    const struct value *value = matcher_field(bench->matcher, &event, 0, bytes_of_text("Image"));
    assert_ptr_equal(value, &event.values[2]);
    assert_ptr_equal(matcher_field(bench->matcher, &event, 0, bytes_of_text("EventID")),
                     &event.values[1]);
    assert_null(matcher_field(bench->matcher, &event, 0, bytes_of_text("Nothing")));
    assert_int_equal(
        run(bench, fake_event(fake, "Security", "EventID", "4688", "MandatoryLabel", "High", NULL),
            &fired),
        0);
    assert_int_equal(run(bench, fake_event(fake, "Sysmon", "IntegrityLevel", "High", NULL), &fired),
                     2);
}

static void a_rule_of_two_fitting_sources_fires_once(void **state)
{
    struct bench *bench = *state;
    struct fake *fake = bench->fake;
    const uint32_t *fired;
    fake_source(fake, "any", NULL, NULL);
    fake_source(fake, "any", "Sysmon", NULL);
    fake_source(fake, "more", "Sysmon", NULL);
    for (unsigned i = 0; i < 200; i++)
        fake_rule(fake, i % 2 ? "any" : "more", fake_is(fake, "F", i % 3 ? "*needle*" : "other"));
    begin(bench);
    const uint32_t count = run(bench, fake_event(fake, "Sysmon", "F", "a needle", NULL), &fired);
    assert_int_equal(count, 133);
    for (uint32_t i = 1; i < count; i++)
        assert_true(fired[i - 1] < fired[i]);
}

static void what_the_channel_decides_is_worked_out(void **state)
{
    struct bench *bench = *state;
    struct fake *fake = bench->fake;
    const uint32_t *fired;
    add_process_creation(fake);
    fake_source(fake, "security", "Security", NULL);
    fake_rule(fake, "security", fake_is(fake, "EventID", "4624"));
    fake_rule(fake, "security",
              fake_all(fake, fake_not(fake, fake_is(fake, "EventID", "4624")),
                       fake_is(fake, "F", "x*"), NULL));
    begin(bench);
    assert_int_equal(run(bench, fake_event(fake, "Security", "EventID", "4624", NULL), &fired), 1);
    assert_int_equal(fired[0], 0);
    assert_int_equal(
        run(bench, fake_event(fake, "Security", "EventID", "1", "F", "xyz", NULL), &fired), 1);
    assert_int_equal(fired[0], 1);
    assert_int_equal(
        run(bench, fake_event(fake, "Security", "EventID", "4624", "F", "xyz", NULL), &fired), 1);
}

static void a_rule_says_why_it_cannot_fire(void **state)
{
    struct bench *bench = *state;
    struct fake *fake = bench->fake;
    const uint32_t *fired;
    add_process_creation(fake);
    fake_source(fake, "other", "Other", NULL);
    const uint32_t unknown = fake_rule(fake, "unknown", fake_is(fake, "F", "x"));
    const uint32_t unseen = fake_rule(fake, "other", fake_is(fake, "F", "x"));
    const uint32_t fieldless = fake_rule(fake, "process",
                                         fake_all(fake, fake_is(fake, "Image", "x"),
                                                  fake_any(fake, fake_is(fake, "CommandLine", "y"),
                                                           fake_is(fake, "Hashes", "z"), NULL),
                                                  NULL));
    const uint32_t fine = fake_rule(fake, "process",
                                    fake_any(fake, fake_is(fake, "CommandLine", "y"),
                                             fake_not(fake, fake_is(fake, "Image", "x")), NULL));
    begin(bench);
    struct matcher *second = matcher_new(bench->ruleset);
    const struct event event =
        fake_event(fake, "Security", "EventID", "4688", "CommandLine", "-", NULL);
    assert_int_equal(matcher_blind(second, fine).reason, BLIND_NO_EVENTS);
    assert_string_equal(matcher_blind(second, fine).audit, "Audit Process Creation");
    matcher_run(bench->matcher, &event, &fired);
    matcher_join(second, bench->matcher);
    matcher_free(bench->matcher);
    bench->matcher = second;
    assert_int_equal(matcher_blind(second, unknown).reason, BLIND_NO_LOGSOURCE);
    assert_int_equal(matcher_blind(second, unseen).reason, BLIND_NO_EVENTS);
    assert_int_equal(matcher_blind(second, fieldless).reason, BLIND_NO_FIELD);
    assert_string_equal(matcher_blind(second, fieldless).field, "NewProcessName");
    assert_int_equal(matcher_blind(second, fine).reason, BLIND_NOT);
    assert_int_equal(matcher_counts(second).events, 1);
}

static void explain_shows_each_test_with_what_it_saw(void **state)
{
    struct bench *bench = *state;
    struct fake *fake = bench->fake;
    struct buffer text = {0};
    add_process_creation(fake);
    fake_rule(fake, "process",
              fake_all(fake,
                       fake_any(fake, fake_is(fake, "Image", "*\\\\cmd.exe"),
                                fake_is(fake, "Image", "*\\\\sh.exe"), NULL),
                       fake_not(fake, fake_is(fake, "IntegrityLevel", "High")),
                       fake_regex(fake, "CommandLine", "ab+c", SIGMA_REGEX_I), NULL));
    begin(bench);
    const struct event event = fake_event(fake, "Security", "EventID", "4688", "NewProcessName",
                                          "C:\\cmd.exe", "MandatoryLabel", "%%1937", NULL);
    matcher_explain(bench->matcher, &event, 0, &text);
    buffer_byte(&text, 0);
    assert_string_equal(
        (const char *)text.data,
        "no   the rule does not fire on this event\n"
        "no     log source: Channel is \"sysmon\"   [Channel: \"Security\"]\n"
        "yes    log source: Channel is \"security\"   [Channel: \"Security\"]\n"
        "yes    log source: EventID is \"4688\"   [EventID: \"4688\"]\n"
        "no     all of\n"
        "yes      Image one of 2 (line 1)   [NewProcessName: \"C:\\\\cmd.exe\"]\n"
        "yes        ends with \"\\\\cmd.exe\"\n"
        "no       not\n"
        "yes        IntegrityLevel is \"high\", here written \"s-1-16-12288\" or \"%%1937\" (line "
        "1)"
        "   [MandatoryLabel: \"%%1937\"]\n"
        "no       CommandLine matches \"ab+c\" i (line 7)   [CommandLine is not there]\n");
    buffer_release(&text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_log_source_is_part_of_the_match),      T(fields_and_words_are_translated),
        T(a_rule_of_two_fitting_sources_fires_once), T(what_the_channel_decides_is_worked_out),
        T(a_rule_says_why_it_cannot_fire),           T(explain_shows_each_test_with_what_it_saw),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}

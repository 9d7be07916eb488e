/* A case whose every text is hostile, in each kind of report. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MARKUP "<img src=x onerror='a()'>\"&\x1b[2J\n\xE2\x80\xAE\xFF</script>"
#define TEXTS(...)                                               \
    {                                                            \
        .items = (const struct bytes[]){__VA_ARGS__},            \
        .count = COUNT_OF(((const struct bytes[]){__VA_ARGS__})) \
    }
#define TEXT(text)                                                  \
    {                                                               \
        .data = (const uint8_t *)(text), .length = sizeof(text) - 1 \
    }

static void write_cases(struct lab *lab, const char *format, unsigned count, bool has_findings)
{
    const struct bytes hostile = TEXT(MARKUP), tool = TEXT("wmiexec"), source = TEXT("10.8.0.66");
    const struct bytes files = TEXT("FILES1"), technique = TEXT("T1047");
    const struct case_texts hosts = TEXTS(hostile, files), sources = TEXTS(source);
    const struct case_texts tools = TEXTS(tool), techniques = TEXTS(technique);
    char ids[2][33] = {"", "00000000000000000000000000000000"};
    finding_id(&lab_hostile, &lab_rule, ids[0]);
    const struct case_tool named[] = {{tool, 0.94, hosts, hosts}};
    const struct case_skew skews[] = {{hostile, 420.0, 0.05}};
    struct case_step steps[] = {
        {.first = {.seconds = LAB_TIME},
         .last = {.seconds = LAB_TIME + 60},
         .tool = tool,
         .target = hostile,
         .source = source,
         .account = hostile,
         .what = hostile,
         .targets = hosts,
         .sources = sources,
         .accounts = hosts,
         .tools = tools,
         .techniques = techniques,
         .ran = hosts,
         .findings = (const char(*)[33])ids,
         .finding_count = 2},
        {.first = {.seconds = LAB_TIME + 600},
         .last = {.seconds = INSTANT_NONE},
         .tool = tool,
         .target = files,
         .source = hostile,
         .what = files,
         .findings_left_out = 3},
    };
    const char *const sentences[] = {"no engagement covers " MARKUP};
    const struct ledger_because because = {sentences, 1};
    const struct ledger_judgement judgements[] = {{LEDGER_UNCOVERED, NULL, because},
                                                  {LEDGER_BEYOND, MARKUP, because}};
    const struct ledger_verdict verdict = {LEDGER_UNCOVERED, MARKUP, because, judgements};
    struct report *report;
    assert_int_equal(
        report_open(report_format_find(format), &lab->options, &lab->target, &report, NULL),
        STATUS_OK);
    if (has_findings)
        assert_int_equal(report_finding(report, &lab_hostile, &lab_rule, NULL), STATUS_OK);
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "HOST%u", i);
        if (count > 1)
            steps[1].target = bytes_of_text(name);
        const struct case_record record = {.id = "0123456789abcdef0123456789abcdef",
                                           .title = hostile,
                                           .tools = named,
                                           .tool_count = 1,
                                           .alternatives = named,
                                           .alternative_count = 1,
                                           .hosts = hosts,
                                           .accounts = hosts,
                                           .sources = sources,
                                           .techniques = techniques,
                                           .first = steps[0].first,
                                           .last = steps[1].first,
                                           .skews = skews,
                                           .skew_count = 1,
                                           .steps = steps,
                                           .step_count = 2};
        assert_int_equal(report_case(report, &record, &verdict, NULL), STATUS_OK);
    }
    assert_int_equal(report_end(report, &lab->summary, NULL), STATUS_OK);
    report_close(report);
    const off_t length = lseek(lab->target.file, 0, SEEK_END);
    lab->text = calloc(1, (size_t)length + 1);
    assert_non_null(lab->text);
    assert_int_equal(pread(lab->target.file, lab->text, (size_t)length, 0), length);
}

static void golden(const char *format, const char *name)
{
    struct lab lab;
    lab_open(&lab);
    lab.options.width = 120;
    write_cases(&lab, format, 1, true);
    lab_expect(&lab, name);
    lab_close(&lab);
}

static void a_case_is_shown_to_people(void **state)
{
    (void)state;
    golden("table", "case.txt");
    golden("html", "case.html");
    golden("graph.svg", "case-graph.svg");
    golden("timeline.svg", "case-timeline.svg");
}

static void a_case_is_told_to_programs(void **state)
{
    (void)state;
    golden("timesketch", "case-timesketch.csv");
    golden("ecs", "case-ecs.jsonl");
    golden("ocsf", "case-ocsf.jsonl");
    golden("navigator", "case-navigator.json");
    golden("stix", "case-stix.json");
    golden("indicators", "case-indicators.txt");
}

static void no_kind_has_what_a_terminal_obeys_or_what_is_no_text(void **state)
{
    (void)state;
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)); i++) {
        struct lab lab;
        lab_open(&lab);
        write_cases(&lab, report_format_name(format), 1, true);
        assert_null(strchr(lab.text, '\x1b'));
        assert_null(strchr(lab.text, '\xFF'));
        lab_close(&lab);
    }
}

static void hostile_text_stays_text(void **state)
{
    (void)state;
    static const char *const formats[] = {"html", "graph.svg", "timeline.svg", "table"};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct lab lab;
        lab_open(&lab);
        write_cases(&lab, formats[i], 1, true);
        assert_null(strchr(lab.text, '\x1b'));
        assert_null(strstr(lab.text, "\xE2\x80\xAE"));
        assert_null(strchr(lab.text, '\xFF'));
        if (i < 3) {
            assert_null(strstr(lab.text, "<img"));
            assert_null(strstr(lab.text, "onerror='"));
        }
        lab_close(&lab);
    }
}

static void what_goes_beyond_the_limits_is_counted(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    write_cases(&lab, "table", 12, false);
    assert_non_null(strstr(lab.text, "and 2 more cases"));
    lab_close(&lab);
    lab_open(&lab);
    write_cases(&lab, "html", 502, false);
    assert_non_null(strstr(lab.text, "and 2 cases more"));
    assert_non_null(strstr(lab.text, "steps more found no room here"));
    assert_null(strstr(lab.text, "Case 501"));
    lab_close(&lab);
}

static void a_finding_that_was_not_kept_is_counted(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    write_cases(&lab, "html", 1, true);
    assert_non_null(strstr(lab.text, "<li>1 not shown here</li>"));
    assert_non_null(strstr(lab.text, "<li>3 not shown here</li>"));
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_shown_to_people),
        cmocka_unit_test(a_case_is_told_to_programs),
        cmocka_unit_test(no_kind_has_what_a_terminal_obeys_or_what_is_no_text),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(what_goes_beyond_the_limits_is_counted),
        cmocka_unit_test(a_finding_that_was_not_kept_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void golden(const char *format, const char *name, uint32_t width, bool has_colour)
{
    struct lab lab;
    lab_open(&lab);
    lab.options.width = width;
    lab.options.has_colour = has_colour;
    lab_report(&lab, format);
    lab_expect(&lab, name);
    lab_close(&lab);
}

static void golden_nothing(const char *format, const char *name)
{
    struct lab lab;
    lab_open(&lab);
    lab_report_nothing(&lab, format);
    lab_expect(&lab, name);
    lab_close(&lab);
}

static void jsonl_is_as_the_contract_says(void **state)
{
    (void)state;
    golden("jsonl", "report.jsonl", 0, false);
    golden_nothing("jsonl", "nothing.jsonl");
}

static void json_is_one_object(void **state)
{
    (void)state;
    golden("json", "report.json", 0, false);
    golden_nothing("json", "nothing.json");
}

static void csv_has_hayabusas_columns_and_no_formulas(void **state)
{
    (void)state;
    golden("csv", "report.csv", 0, false);
    golden_nothing("csv", "nothing.csv");
}

static void what_others_read_is_as_it_was_read_before(void **state)
{
    (void)state;
    golden("timesketch", "timesketch.csv", 0, false);
    golden("timesketch-jsonl", "timesketch.jsonl", 0, false);
    golden("ecs", "ecs.jsonl", 0, false);
    golden("ocsf", "ocsf.jsonl", 0, false);
    golden("navigator", "navigator.json", 0, false);
    golden("stix", "stix.json", 0, false);
    golden("indicators", "indicators.txt", 0, false);
}

static void no_kind_of_report_lets_evidence_command_a_terminal(void **state)
{
    (void)state;
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)); i++) {
        struct lab lab;
        lab_open(&lab);
        lab_report(&lab, report_format_name(format));
        assert_null(strchr(lab.text, '\x1b'));
        assert_null(strstr(lab.text, "\xC2\x9B"));
        assert_null(strchr(lab.text, '\r'));
        lab_close(&lab);
    }
}

static void a_table_fits_the_terminal(void **state)
{
    (void)state;
    golden("table", "wide.txt", 200, true);
    golden("table", "medium.txt", 130, false);
    golden("table", "narrow.txt", 80, false);
    golden("table", "file.txt", 0, false);
    golden_nothing("table", "nothing.txt");
}

static void nothing_that_a_terminal_obeys_gets_through(void **state)
{
    (void)state;
    static const char *const formats[] = {"jsonl", "json", "csv", "table"};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct lab lab;
        lab_open(&lab);
        lab_report(&lab, formats[i]);
        for (const char *at = lab.text; *at; at++)
            assert_true(*at == '\n' || (uint8_t)*at >= 0x20);
        assert_null(strstr(lab.text, "\x7F"));
        assert_null(strstr(lab.text, "\xC2\x9B"));
        assert_null(strstr(lab.text, "\xFF"));
        if (formats[i][0] != 'j')
            assert_null(strstr(lab.text, "\xE2\x80\xAE"));
        lab_close(&lab);
    }
}

static void a_profile_chooses_the_details(void **state)
{
    (void)state;
    static const char *const fields[] = {"ProcessId", "Image", "Unknown"};
    struct lab lab;
    lab_open(&lab);
    lab.options.fields = fields;
    lab.options.field_count = 3;
    lab_report(&lab, "csv");
    assert_non_null(strstr(lab.text, "\"ProcessId: 12 \xC2\xA6 Image: C:\\cmd.exe\",\"\","));
    assert_null(strstr(lab.text, "Ports"));
    lab_close(&lab);
}

static enum status fill(struct report *report, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < 1000 && !status; i++)
        status = report_finding(report, &lab_plain, &lab_rule, fault);
    return status;
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    struct lab lab;
    struct report *report;
    struct fault fault;
    lab_open(&lab);
    assert_int_equal(report_open(report_format_find("jsonl"), &lab.options,
                                 &(struct report_target){.file = full, .name = "big.jsonl"},
                                 &report, NULL),
                     STATUS_OK);
    assert_int_equal(fill(report, &fault), STATUS_IO);
    assert_string_equal(fault.reason, "cannot write big.jsonl: No space left on device");
    report_close(report);
    close(full);
    lab_close(&lab);
}

static void a_closed_pipe_stops_the_report(void **state)
{
    (void)state;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct lab lab;
    struct report *report;
    struct fault fault;
    lab_open(&lab);
    assert_int_equal(report_open(report_format_find("jsonl"), &lab.options,
                                 &(struct report_target){.file = ends[1]}, &report, NULL),
                     STATUS_OK);
    assert_int_equal(fill(report, &fault), STATUS_STOPPED);
    report_close(report);
    close(ends[1]);
    lab_close(&lab);
}

static void formats_are_found_by_name(void **state)
{
    (void)state;
    assert_null(report_format_find("xml"));
    const struct report_format *format;
    for (size_t i = 0; (format = report_format_at(i)); i++)
        assert_ptr_equal(report_format_find(report_format_name(format)), format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jsonl_is_as_the_contract_says),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(csv_has_hayabusas_columns_and_no_formulas),
        cmocka_unit_test(what_others_read_is_as_it_was_read_before),
        cmocka_unit_test(no_kind_of_report_lets_evidence_command_a_terminal),
        cmocka_unit_test(a_table_fits_the_terminal),
        cmocka_unit_test(nothing_that_a_terminal_obeys_gets_through),
        cmocka_unit_test(a_profile_chooses_the_details),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_closed_pipe_stops_the_report),
        cmocka_unit_test(formats_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

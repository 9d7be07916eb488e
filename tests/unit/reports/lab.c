#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const tags[] = {"attack.execution",   "attack.lateral-movement",
                                   "attack.t1047",       "attack.t1021.002",
                                   "attack.s0357",       "car.2013-05-002",
                                   "attack.t10470.0021", "detection.emerging-threats"};
static const char *const tools[] = {"wmiexec"};
static const char *const possible[] = {"dacledit", "ntlmrelayx"};

const struct rule_info lab_rule = {.id = "0f06a3a5-6a09-413f-8743-e6cf35561297",
                                   .title = "Wmiexec \"command\" line",
                                   .author = "A. N. Analyst",
                                   .path = "rules/host/wmiexec/command_line.yml",
                                   .level = SIGMA_CRITICAL,
                                   .tags = tags,
                                   .tag_count = COUNT_OF(tags),
                                   .tools = tools,
                                   .tool_count = 1,
                                   .strength = "standalone",
                                   .layer = "host"};

const struct rule_info lab_context_rule = {.id = "",
                                           .number = 1,
                                           .title = "=cmd|' /C calc'!A0",
                                           .author = "",
                                           .path = "x.yml",
                                           .level = SIGMA_LOW,
                                           .tools = possible,
                                           .tool_count = 2,
                                           .strength = "cluster",
                                           .layer = ""};

static const struct rule_info correlation_rule = {.id = "c0",
                                                  .number = 200,
                                                  .title = "Two of a kind",
                                                  .author = "",
                                                  .path = "rules/sequence/two.yml",
                                                  .level = SIGMA_HIGH,
                                                  .strength = "",
                                                  .layer = "",
                                                  .is_correlation = true};

#define TEXT(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static const uint8_t rules[] = {0, 0, 0, 0, 0, 0, 0, 1};

/* ESC, a line end, quotes, a formula, an override of direction, bytes that are no UTF-8, a wide
 * character, a C1 control, a mark. */
#define HOSTILE "a\x1b[31m\n\t\"q\" \xE2\x80\xAE\xFF\xC3 \xE6\x97\xA5 \xC2\x9B e\xCC\x81"

const struct finding lab_hostile = {
    .time = {.seconds = LAB_TIME, .nanos = 123456700, .digits = 7},
    .record = 77,
    .offset = 4096,
    .evidence = 0,
    .is_carved = true,
    .content = 0x0123456789ABCDEF,
    .rules = rules,
    .rule_count = 2,
    .host = TEXT("=HOST" HOSTILE),
    .account = TEXT("LAB\\al\x1bice"),
    .source = TEXT("10.8.0.5"),
    .channel = TEXT("Microsoft-Windows-Sysmon/Operational"),
    .provider = TEXT("Microsoft-Windows-Sysmon"),
    .event_id = TEXT("1"),
    .fields = TEXT("{\"Sp\\u001bend\":\"\\u001b[2J\xE2\x80\xAE\",\"Image\":\"C:\\\\cmd.exe\","
                   "\"CommandLine\":\"=cmd|\\n\\\"x\\\"\",\"Empty\":null,\"Ports\":[445,\"b,c\"],"
                   "\"ProcessId\":12}"),
};

const struct finding lab_plain = {
    .time = {.seconds = LAB_TIME + 90},
    .record = 78,
    .offset = 8192,
    .evidence = 0,
    .rules = rules + 4,
    .rule_count = 1,
    .host = TEXT("FILESRV1.lab.example"),
    .account = TEXT("LAB\\alice"),
    .channel = TEXT("Security"),
    .provider = TEXT("Microsoft-Windows-Security-Auditing"),
    .event_id = TEXT("4688"),
    .fields = TEXT("{\"NewProcessName\":\"C:\\\\Windows\\\\System32\\\\cmd.exe\","
                   "\"Other\":\"-1+2\"}"),
};

void lab_open(struct lab *lab)
{
    *lab = (struct lab){0};
    static const char *const paths[] = {"logs/a\x1b.evtx", "logs/b.zip!/c.evtx", "logs/readme"};
    static const char *const types[] = {"evtx", "evtx", "not evidence"};
    for (unsigned i = 0; i < 3; i++) {
        account_init(&lab->accounts[i]);
        lab->evidence[i] = (struct report_evidence){.path = paths[i],
                                                    .type = types[i],
                                                    .bytes = 1118208 * (2 - i),
                                                    .hash_name = i == 1 ? "xxh3" : "sha256",
                                                    .hash = i == 1 ? "0123" : "abcd",
                                                    .account = &lab->accounts[i]};
    }
    lab->evidence[2].hash_name = NULL;
    lab->accounts[0].read = 12345;
    lab->accounts[0].carved = 2;
    lab->accounts[0].missing = 7;
    lab->accounts[0].is_incomplete = true;
    account_time(&lab->accounts[0], (struct instant){.seconds = LAB_TIME - 86400, .digits = 1});
    account_time(&lab->accounts[0], (struct instant){.seconds = LAB_TIME + 86400});
    account_note(&lab->accounts[0], "chunk 3 at 0x%x: %s", 0x31000U, "its checksum\x1b is wrong");
    lab->accounts[1].read = 3;
    lab->options = (struct report_options){.evidence = lab->evidence, .evidence_count = 3};
    static const struct sigma_refusal refused[] = {{"bad.yml", 4, "unknown modifier `\x1b`"}};
    static const struct report_blind blind[] = {
        {"b1", "Blind \"one\"", "no event of its log source", NULL, "Audit Detailed File Share"},
        {"b2", "Blind two", "no event has the field", "ShareName", NULL},
        {"b3", "Blind three", "no event of its log source", NULL, "Audit Detailed File Share"}};
    static const char *const notes[] = {"7 values ran into a limit"};
    lab->summary = (struct report_summary){.events = 12348,
                                           .suppressed = 1,
                                           .notes = notes,
                                           .note_count = 1,
                                           .rules_loaded = 3,
                                           .refused = refused,
                                           .refused_count = 1,
                                           .blind = blind,
                                           .blind_count = 3,
                                           .rules_hash = "00ff",
                                           .version = "0.1.0",
                                           .command = "impound scan logs",
                                           .sandbox = "landlock abi 4 + seccomp",
                                           .seconds = 0.25};
    lab->target.file = memfd_create("report", MFD_CLOEXEC);
    assert_true(lab->target.file >= 0);
}

void lab_close(struct lab *lab)
{
    for (unsigned i = 0; i < 3; i++)
        account_release(&lab->accounts[i]);
    close(lab->target.file);
    free(lab->text);
}

static void read_back(struct lab *lab)
{
    const off_t length = lseek(lab->target.file, 0, SEEK_END);
    lab->text = calloc(1, (size_t)length + 1);
    assert_non_null(lab->text);
    assert_int_equal(pread(lab->target.file, lab->text, (size_t)length, 0), length);
}

static void correlation_report(struct report *report)
{
    struct finding base = lab_plain, found;
    const struct correlate_event events[] = {
        {.time = {.seconds = LAB_TIME}, .record = 77, .offset = 4096},
        {.time = {.seconds = LAB_TIME + 95},
         .record = 5,
         .offset = 512,
         .evidence = 1,
         .flow = {{0xFA, 0x0B}}}};
    static const struct sigma_correlation sigma = {.type = SIGMA_TEMPORAL};
    struct rule_info info = correlation_rule;
    info.correlation = &sigma;
    const struct correlate_finding finding = {.time = events[1].time,
                                              .events = events,
                                              .event_count = 2,
                                              .last = events[1],
                                              .host = base.host,
                                              .account = base.account};
    struct buffer packed = {0};
    finding_write_correlation(&finding, &info, &packed);
    assert_int_equal(finding_read(buffer_view(&packed), &found, NULL), STATUS_OK);
    assert_int_equal(report_finding(report, &found, &info, NULL), STATUS_OK);
    buffer_release(&packed);
}

void lab_report(struct lab *lab, const char *format)
{
    struct report *report;
    assert_int_equal(
        report_open(report_format_find(format), &lab->options, &lab->target, &report, NULL),
        STATUS_OK);
    assert_int_equal(report_finding(report, &lab_hostile, &lab_rule, NULL), STATUS_OK);
    assert_int_equal(report_finding(report, &lab_hostile, &lab_context_rule, NULL), STATUS_OK);
    assert_int_equal(report_finding(report, &lab_plain, &lab_rule, NULL), STATUS_OK);
    correlation_report(report);
    assert_int_equal(report_count(report), 4);
    assert_int_equal(report_end(report, &lab->summary, NULL), STATUS_OK);
    report_close(report);
    read_back(lab);
}

void lab_report_nothing(struct lab *lab, const char *format)
{
    struct report *report;
    const struct report_options options = {0};
    assert_int_equal(report_open(report_format_find(format), &options, &lab->target, &report, NULL),
                     STATUS_OK);
    assert_int_equal(report_end(report, &lab->summary, NULL), STATUS_OK);
    report_close(report);
    read_back(lab);
}

void lab_expect(const struct lab *lab, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIRECTORY, name);
    const char *wish = getenv("IMPOUND_GOLDEN");
    const bool is_writing = wish && strcmp(wish, "write") == 0;
    FILE *file = fopen(path, is_writing ? "w" : "r");
    if (!file)
        fail_msg("cannot open %s", path);
    const size_t length = strlen(lab->text);
    if (is_writing) {
        assert_int_equal(fwrite(lab->text, 1, length, file), length);
    } else {
        char *expected = calloc(1, length + 2);
        expected[fread(expected, 1, length + 1, file)] = '\0';
        if (strcmp(expected, lab->text) != 0)
            fail_msg("%s should be:\n%s\nand is:\n%s", name, expected, lab->text);
        free(expected);
    }
    fclose(file);
}

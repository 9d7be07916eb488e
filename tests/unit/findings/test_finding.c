#include "findings/findings.h"

#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LAB_FIELDS_MAX SHAPE_FIELDS_MAX

/* One event that a test makes field by field. */
struct lab {
    struct names *names;
    struct finding_maker *maker;
    struct event event;
    struct shape shape;
    name_id ids[LAB_FIELDS_MAX];
    struct value values[LAB_FIELDS_MAX];
    uint32_t count;
    struct buffer packed;
    struct finding finding;
};

static int lab_open(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    assert_non_null(lab);
    lab->names = fields_new();
    /* Names that a rule set interned before. */
    names_intern(lab->names, bytes_of_text("CommandLine"));
    names_intern(lab->names, bytes_of_text("TargetUserName"));
    lab->maker = finding_maker_new(lab->names);
    assert_non_null(lab->maker);
    lab->event.cache = event_cache_new();
    *state = lab;
    return 0;
}

static int lab_close(void **state)
{
    struct lab *lab = *state;
    finding_maker_free(lab->maker);
    event_cache_free(lab->event.cache);
    names_free(lab->names);
    buffer_release(&lab->packed);
    free(lab);
    return 0;
}

static void add(struct lab *lab, const char *name, struct value value)
{
    assert_true(lab->count < LAB_FIELDS_MAX);
    lab->ids[lab->count] = names_intern(lab->names, bytes_of_text(name));
    lab->values[lab->count++] = value;
}

static struct value text(const char *text)
{
    return (struct value){
        .type = VALUE_UTF8, .length = (uint32_t)strlen(text), .data = (const uint8_t *)text};
}

static struct value number(uint64_t number)
{
    return (struct value){.type = VALUE_UINT, .width = 4, .number = number};
}

/* Begins an event as Windows would have it. */
static void event_start(struct lab *lab, const char *provider, unsigned id)
{
    lab->count = 0;
    add(lab, "Provider_Name", text(provider));
    add(lab, "EventID", number(id));
    add(lab, "Level", number(4));
    add(lab, "TimeCreated", text("2024-03-01T12:00:00Z"));
    add(lab, "EventRecordID", number(77));
    add(lab, "Channel", text("Security"));
    add(lab, "Computer", text("FILESRV1.lab.example"));
    add(lab, "Security_UserID", text("S-1-5-18"));
}

#define SECURITY "Microsoft-Windows-Security-Auditing"

static struct bytes pack(struct lab *lab, const uint32_t *rules, uint32_t count)
{
    shape_init(&lab->shape, lab->ids, lab->count);
    lab->event.shape = &lab->shape;
    lab->event.values = lab->values;
    lab->event.time = (struct instant){.seconds = 1709294400, .nanos = 1234500, .digits = 7};
    lab->event.record = 77;
    lab->event.offset = 4096;
    lab->event.raw = bytes_of_text("the record");
    event_begin(&lab->event);
    buffer_reset(&lab->packed);
    finding_maker_look(lab->maker, &lab->event, 3);
    finding_maker_write(lab->maker, &lab->event, rules, count, &lab->packed);
    assert_false(lab->packed.failed);
    return buffer_view(&lab->packed);
}

static const struct finding *found(struct lab *lab)
{
    static const uint32_t rules[] = {5, 900};
    struct fault fault;
    assert_int_equal(finding_read(pack(lab, rules, 2), &lab->finding, &fault), STATUS_OK);
    return &lab->finding;
}

static void assert_text(struct bytes text, const char *expected)
{
    if (!bytes_equal(text, bytes_of_text(expected)))
        fail_msg("%.*s is not %s", (int)text.length, (const char *)text.data, expected);
}

static void a_finding_says_what_the_event_says(void **state)
{
    struct lab *lab = *state;
    event_start(lab, "Microsoft-Windows-Sysmon", 1);
    add(lab, "Image", text("C:\\Windows\\cmd.exe"));
    add(lab, "CommandLine", text("cmd \"x\"\x1b\n\xff"));
    add(lab, "ProcessId", number(12));
    add(lab, "Nothing", (struct value){.type = VALUE_NULL});
    add(lab, "Absent", (struct value){.type = VALUE_ABSENT});
    add(lab, "User", text("LAB\\alice"));
    const struct finding *finding = found(lab);
    assert_int_equal(finding->time.seconds, 1709294400);
    assert_int_equal(finding->time.nanos, 1234500);
    assert_int_equal(finding->time.digits, 7);
    assert_int_equal(finding->evidence, 3);
    assert_int_equal(finding->record, 77);
    assert_int_equal(finding->offset, 4096);
    assert_false(finding->is_carved);
    assert_int_equal(finding->rule_count, 2);
    assert_int_equal(finding_rule_at(finding, 0), 5);
    assert_int_equal(finding_rule_at(finding, 1), 900);
    assert_text(finding->host, "FILESRV1.lab.example");
    assert_text(finding->account, "LAB\\alice");
    assert_text(finding->source, "");
    assert_text(finding->channel, "Security");
    assert_text(finding->provider, "Microsoft-Windows-Sysmon");
    assert_text(finding->event_id, "1");
    assert_text(finding->fields,
                "{\"Image\":\"C:\\\\Windows\\\\cmd.exe\","
                "\"CommandLine\":\"cmd \\\"x\\\"\\u001b\\n\xEF\xBF\xBD\",\"ProcessId\":12,"
                "\"Nothing\":null,\"User\":\"LAB\\\\alice\"}");
}

static void an_event_without_data_has_empty_fields(void **state)
{
    struct lab *lab = *state;
    event_start(lab, SECURITY, 1102);
    assert_text(found(lab)->fields, "{}");
    assert_text(found(lab)->account, "S-1-5-18");
}

static void repeated_names_are_numbered(void **state)
{
    struct lab *lab = *state;
    event_start(lab, "P", 1);
    add(lab, "Data", text("a"));
    add(lab, "Data", text("b"));
    add(lab, "Other \"1\"", text("c"));
    add(lab, "Data", text("d"));
    /* The event's own field of a name that the envelope has too. */
    add(lab, "Level", text("mine"));
    assert_text(found(lab)->fields, "{\"Data\":\"a\",\"Data_1\":\"b\",\"Other \\\"1\\\"\":\"c\","
                                    "\"Data_2\":\"d\",\"Level\":\"mine\"}");
}

static void the_account_is_who_acted(void **state)
{
    struct lab *lab = *state;
    event_start(lab, SECURITY, 4624);
    add(lab, "SubjectUserName", text("FILESRV1$"));
    add(lab, "SubjectDomainName", text("LAB"));
    add(lab, "TargetUserName", text("alice"));
    add(lab, "TargetDomainName", text("LAB"));
    assert_text(found(lab)->account, "LAB\\alice");

    event_start(lab, SECURITY, 4720);
    add(lab, "TargetUserName", text("newcomer"));
    add(lab, "TargetDomainName", text("LAB"));
    add(lab, "SubjectUserName", text("alice"));
    add(lab, "SubjectDomainName", text("LAB"));
    assert_text(found(lab)->account, "LAB\\alice");

    event_start(lab, SECURITY, 4688);
    add(lab, "SubjectUserName", text("FILESRV1$"));
    add(lab, "SubjectDomainName", text("LAB"));
    add(lab, "TargetUserName", text("-"));
    add(lab, "TargetDomainName", text("-"));
    assert_text(found(lab)->account, "LAB\\FILESRV1$");

    event_start(lab, SECURITY, 4769);
    add(lab, "TargetUserName", text("alice@LAB.EXAMPLE"));
    add(lab, "TargetDomainName", text("LAB.EXAMPLE"));
    assert_text(found(lab)->account, "LAB.EXAMPLE\\alice");

    event_start(lab, SECURITY, 4776);
    add(lab, "TargetUserName", text("alice"));
    add(lab, "Workstation", text("TESTBOX"));
    assert_text(found(lab)->account, "alice");
    assert_text(found(lab)->source, "TESTBOX");

    event_start(lab, "Service Control Manager", 7045);
    add(lab, "AccountName", text("LocalSystem"));
    assert_text(found(lab)->account, "S-1-5-18");

    event_start(lab, SECURITY, 4672);
    add(lab, "SubjectUserName", text(""));
    add(lab, "SubjectUserSid", text("S-1-5-21-1-2-3-500"));
    assert_text(found(lab)->account, "S-1-5-21-1-2-3-500");
}

static void an_account_and_a_source_may_stand_in_a_list(void **state)
{
    struct lab *lab = *state;
    const struct value items[] = {text("sa"), text(" Reason: Password did not match."),
                                  text(" [CLIENT: 10.8.0.5]")};
    const struct value list = {.type = VALUE_LIST, .length = 3, .items = items};
    event_start(lab, "MSSQL$EXPRESS", 18456);
    add(lab, "Data", list);
    assert_text(found(lab)->account, "sa");
    assert_text(found(lab)->source, "10.8.0.5");
    assert_text(found(lab)->fields, "{\"Data\":[\"sa\",\" Reason: Password did not match.\","
                                    "\" [CLIENT: 10.8.0.5]\"]}");

    event_start(lab, "Other", 18456);
    add(lab, "Data", list);
    assert_text(found(lab)->account, "S-1-5-18");
    assert_text(found(lab)->source, "");
}

static void what_the_machine_itself_does_has_no_source(void **state)
{
    struct lab *lab = *state;
    event_start(lab, "Microsoft-Windows-Sysmon", 3);
    add(lab, "SourceIp", text("10.8.0.5"));
    add(lab, "Initiated", text("false"));
    assert_text(found(lab)->source, "10.8.0.5");
    assert_text(found(lab)->account, ""); /* not Sysmon's own */

    event_start(lab, "Microsoft-Windows-Sysmon", 3);
    add(lab, "SourceIp", text("10.8.0.5"));
    add(lab, "Initiated", (struct value){.type = VALUE_BOOL, .number = 1});
    assert_text(found(lab)->source, "");
}

static void source_of(struct lab *lab, const char *address, const char *name, const char *expected)
{
    event_start(lab, SECURITY, 4624);
    add(lab, "WorkstationName", text(name));
    add(lab, "IpAddress", text(address));
    assert_text(found(lab)->source, expected);
}

static void the_source_is_an_address_or_a_name_of_another_machine(void **state)
{
    struct lab *lab = *state;
    source_of(lab, "10.8.0.5", "TESTBOX", "10.8.0.5");
    source_of(lab, "::ffff:10.8.0.5", "TESTBOX", "10.8.0.5");
    source_of(lab, "::FFFF:10.8.0.5", "-", "10.8.0.5");
    source_of(lab, "fe80::1", "-", "fe80::1");
    source_of(lab, "-", "TESTBOX", "TESTBOX");
    source_of(lab, "", "\\\\TESTBOX", "TESTBOX");
    source_of(lab, "127.0.0.1", "TESTBOX", "TESTBOX");
    source_of(lab, "::1", "filesrv1", "");
    source_of(lab, "::ffff:127.0.0.1", "FILESRV1.LAB.EXAMPLE", "");
    source_of(lab, "-", "NULL", "");
    source_of(lab, "-", "FILESRV11", "FILESRV11");
}

static void wire_start(struct lab *lab, const char *path)
{
    lab->count = 0;
    add(lab, "_path", text(path));
    add(lab, "id.orig_h", text("192.0.2.20"));
    add(lab, "id.resp_h", text("192.0.2.10"));
}

static void on_the_wire_the_host_is_the_server_and_the_source_the_client(void **state)
{
    struct lab *lab = *state;
    wire_start(lab, "kerberos");
    add(lab, "client", text("alice/LAB.EXAMPLE"));
    add(lab, "realm", text("LAB.EXAMPLE"));
    const struct finding *finding = found(lab);
    assert_text(finding->host, "192.0.2.10");
    assert_text(finding->source, "192.0.2.20");
    assert_text(finding->account, "LAB.EXAMPLE\\alice");
    wire_start(lab, "kerberos");
    add(lab, "client", text("http/web/OTHER.EXAMPLE"));
    add(lab, "realm", text("LAB.EXAMPLE"));
    assert_text(found(lab)->account, "LAB.EXAMPLE\\http/web/OTHER.EXAMPLE");
    wire_start(lab, "ntlm");
    add(lab, "username", text("alice"));
    add(lab, "domainname", text("LAB"));
    assert_text(found(lab)->account, "LAB\\alice");
    wire_start(lab, "dns");
    add(lab, "client", text("alice"));
    assert_text(found(lab)->account, "");
}

static void long_texts_are_cut_between_characters(void **state)
{
    struct lab *lab = *state;
    char long_text[FINDING_TEXT_MAX + 100];
    memset(long_text, 'a', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    memcpy(long_text + FINDING_TEXT_MAX - 1, "\xC3\xA9", 2);
    event_start(lab, SECURITY, 4624);
    lab->values[6] = text(long_text);
    add(lab, "TargetUserName", text(long_text));
    add(lab, "TargetDomainName", text(long_text));
    const struct finding *finding = found(lab);
    assert_int_equal(finding->host.length, FINDING_TEXT_MAX - 1);
    assert_int_equal(finding->account.length, 2 * (FINDING_TEXT_MAX - 1) + 1);
}

static void a_finding_is_bounded_whatever_the_event(void **state)
{
    struct lab *lab = *state;
    char *large = malloc(100001);
    memset(large, '\x01', 100000); /* six times as long in JSON */
    large[100000] = '\0';
    event_start(lab, "P", 1);
    char name[16];
    while (lab->count < LAB_FIELDS_MAX) {
        snprintf(name, sizeof(name), "F%u", lab->count);
        add(lab, name, text(large));
    }
    const struct finding *finding = found(lab);
    assert_true(lab->packed.length <= FINDING_PACKED_MAX);
    static const char expected[] = ",\"" FINDING_LEFT_OUT "\":4086}";
    const size_t length = strlen(expected);
    assert_text(bytes_of(finding->fields.data + finding->fields.length - length, length), expected);
    free(large);
}

static void packed(struct buffer *to, int64_t seconds, uint32_t evidence, uint64_t record,
                   uint32_t rule)
{
    const uint8_t rules[] = {(uint8_t)(rule >> 24), (uint8_t)(rule >> 16), (uint8_t)(rule >> 8),
                             (uint8_t)rule};
    buffer_reset(to);
    finding_write(&(struct finding){.time = {.seconds = seconds},
                                    .evidence = evidence,
                                    .offset = record * 100,
                                    .record = record,
                                    .rules = rules,
                                    .rule_count = 1,
                                    .fields = bytes_of_text("{}")},
                  to);
}

static void packed_findings_order_by_time_evidence_place_and_rule(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        uint32_t evidence;
        uint64_t record;
        uint32_t rule;
    } ordered[] = {
        {INSTANT_NONE, 9, 9, 9}, {-5, 0, 0, 0},    {0, 3, 3, 3},       {256, 0, 255, 7},
        {256, 0, 256, 1},        {256, 0, 256, 2}, {256, 0, 256, 300}, {256, 1, 0, 0},
        {256, 256, 0, 0},        {257, 0, 0, 0},
    };
    struct buffer one = {0}, other = {0};
    for (size_t i = 0; i < COUNT_OF(ordered); i++)
        for (size_t j = 0; j < COUNT_OF(ordered); j++) {
            packed(&one, ordered[i].seconds, ordered[i].evidence, ordered[i].record,
                   ordered[i].rule);
            packed(&other, ordered[j].seconds, ordered[j].evidence, ordered[j].record,
                   ordered[j].rule);
            const int order = bytes_compare(buffer_view(&one), buffer_view(&other));
            assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
    buffer_release(&one);
    buffer_release(&other);
}

/* A finding that was read must be usable, whatever was read. */
static void use(const struct finding *finding)
{
    char text[INSTANT_TEXT_BOUND];
    unsigned sum = 0;
    for (uint32_t i = 0; i < finding->rule_count; i++)
        sum += finding_rule_at(finding, i);
    for (uint32_t i = 0; i < finding->event_count; i++)
        sum += (unsigned)instant_write(text, finding_event_at(finding, i).time);
    const struct bytes *texts[] = {&finding->host,    &finding->account,  &finding->source,
                                   &finding->channel, &finding->provider, &finding->event_id,
                                   &finding->fields};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t j = 0; j < texts[i]->length; j++)
            sum += texts[i]->data[j];
    instant_write(text, finding->time);
    assert_true(sum < UINT32_MAX);
}

/* In memory of its exact size, so that a sanitizer sees a step outside. */
static enum status read_copy(const uint8_t *data, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    struct finding finding;
    struct fault fault;
    if (length)
        memcpy(copy, data, length);
    const enum status status = finding_read(bytes_of(copy, length), &finding, &fault);
    if (!status)
        use(&finding);
    free(copy);
    return status;
}

static void try_every_prefix_and_bit(struct bytes packed)
{
    for (size_t length = 0; length < packed.length; length++)
        assert_int_equal(read_copy(packed.data, length), STATUS_DAMAGED);
    assert_int_equal(read_copy(packed.data, packed.length), STATUS_OK);
    uint8_t *flipped = malloc(packed.length + 1);
    memcpy(flipped, packed.data, packed.length);
    for (size_t bit = 0; bit < packed.length * 8; bit++) {
        flipped[bit / 8] ^= (uint8_t)(1U << bit % 8);
        const enum status status = read_copy(flipped, packed.length);
        assert_true(status == STATUS_OK || status == STATUS_DAMAGED);
        flipped[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    flipped[packed.length] = 0;
    assert_int_equal(read_copy(flipped, packed.length + 1), STATUS_DAMAGED);
    free(flipped);
}

static const char *const group_by[] = {"IpAddress", "Target \"x\""};
static const struct sigma_correlation correlation = {
    .type = SIGMA_EVENT_COUNT, .group_by = group_by, .group_count = 2};
static const struct rule_info correlation_info = {
    .id = "c", .title = "t", .correlation = &correlation, .is_correlation = true};

static void correlation_pack(struct buffer *to, struct correlate_finding change)
{
    static const struct correlate_event events[] = {
        {.time = {.seconds = 10, .nanos = 5, .digits = 9}, .record = 1, .offset = 8, .evidence = 1},
        {.time = {.seconds = 12}, .record = 7, .offset = 9, .evidence = 2, .flow = {{1, 2}}},
    };
    static const struct bytes group[] = {{(const uint8_t *)"10.0.0.1", 8},
                                         {(const uint8_t *)"\x1b", 1}};
    struct correlate_finding found = {
        .correlation = 44,
        .time = {.seconds = 12},
        .number = change.number,
        .events = events,
        .event_count = 2,
        .left_out = change.left_out,
        .group = group,
        .group_count = 2,
        .last = events[1],
        .host = bytes_of_text("H"),
        .account = bytes_of_text("A"),
    };
    finding_write_correlation(&found, &correlation_info, to);
}

static void a_correlation_names_its_events_its_group_and_its_number(void **state)
{
    (void)state;
    struct buffer to = {0};
    struct finding finding;
    struct fault fault;
    correlation_pack(&to, (struct correlate_finding){.number = 12, .left_out = 3});
    assert_int_equal(finding_read(buffer_view(&to), &finding, &fault), STATUS_OK);
    assert_true(finding.is_correlation);
    assert_int_equal(finding.rule_count, 1);
    assert_int_equal(finding_rule_at(&finding, 0), 44);
    assert_int_equal(finding.evidence, 2);
    assert_int_equal(finding.record, 7);
    assert_int_equal(finding.event_count, 2);
    const struct finding_event first = finding_event_at(&finding, 0);
    assert_int_equal(first.time.seconds, 10);
    assert_int_equal(first.time.nanos, 5);
    assert_int_equal(first.time.digits, 9);
    assert_int_equal(first.evidence, 1);
    assert_int_equal(first.record, 1);
    assert_int_equal(first.offset, 8);
    assert_false(flow_is_known(&first.flow));
    assert_memory_equal(finding_event_at(&finding, 1).flow.bytes, "\1\2\0", 4);
    assert_memory_equal(finding.flow.bytes, "\1\2\0", 4);
    assert_text(finding.fields, "{\"IpAddress\":\"10.0.0.1\",\"Target \\\"x\\\"\":\"\\u001b\","
                                "\"event_count\":12,\"events_left_out\":3}");
    try_every_prefix_and_bit(buffer_view(&to));
    buffer_release(&to);
}

static void every_prefix_and_bit_flip_of_a_packed_finding_is_survived(void **state)
{
    struct lab *lab = *state;
    event_start(lab, SECURITY, 4624);
    add(lab, "TargetUserName", text("alice"));
    add(lab, "IpAddress", text("10.8.0.5"));
    found(lab);
    try_every_prefix_and_bit(buffer_view(&lab->packed));
}

static void ids_depend_on_content_and_place_and_rule_but_not_on_the_file(void **state)
{
    (void)state;
    const struct rule_info one = {.id = "one", .title = ""}, two = {.id = "two", .title = ""};
    const struct finding base = {.time = {.seconds = 5}, .record = 6, .offset = 7, .content = 8};
    struct finding other = base;
    char id[33], same[33], different[33];
    finding_id(&base, &one, id);
    assert_int_equal(strlen(id), 32);
    other.evidence = 9;
    other.host = bytes_of_text("x");
    finding_id(&other, &one, same);
    assert_string_equal(id, same);
    finding_id(&base, &two, different);
    assert_string_not_equal(id, different);
    for (unsigned i = 0; i < 5; i++) {
        other = base;
        other.time.seconds += i == 0;
        other.time.nanos += i == 1;
        other.record += i == 2;
        other.offset += i == 3;
        other.content += i == 4;
        finding_id(&other, &one, different);
        assert_string_not_equal(id, different);
    }
}

static void once_warm_a_finding_allocates_nothing(void **state)
{
    struct lab *lab = *state;
    event_start(lab, SECURITY, 4624);
    add(lab, "TargetUserName", text("alice"));
    add(lab, "IpAddress", text("10.8.0.5"));
    add(lab, "IpAddress", text("10.8.0.6"));
    found(lab);
    const struct mallinfo2 before = mallinfo2();
    const size_t capacity = lab->packed.capacity;
    for (unsigned i = 0; i < 1000; i++)
        found(lab);
    const struct mallinfo2 after = mallinfo2();
    assert_int_equal(before.uordblks, after.uordblks);
    assert_int_equal(capacity, lab->packed.capacity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_says_what_the_event_says),
        cmocka_unit_test(an_event_without_data_has_empty_fields),
        cmocka_unit_test(repeated_names_are_numbered),
        cmocka_unit_test(the_account_is_who_acted),
        cmocka_unit_test(an_account_and_a_source_may_stand_in_a_list),
        cmocka_unit_test(what_the_machine_itself_does_has_no_source),
        cmocka_unit_test(the_source_is_an_address_or_a_name_of_another_machine),
        cmocka_unit_test(on_the_wire_the_host_is_the_server_and_the_source_the_client),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(a_finding_is_bounded_whatever_the_event),
        cmocka_unit_test(packed_findings_order_by_time_evidence_place_and_rule),
        cmocka_unit_test(a_correlation_names_its_events_its_group_and_its_number),
        cmocka_unit_test(every_prefix_and_bit_flip_of_a_packed_finding_is_survived),
        cmocka_unit_test(ids_depend_on_content_and_place_and_rule_but_not_on_the_file),
        cmocka_unit_test(once_warm_a_finding_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, lab_open, lab_close);
}

#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int new_harness(void **state)
{
    *state = harness_new(&reader_json);
    return *state ? 0 : 1;
}

static int free_harness(void **state)
{
    harness_free(*state);
    return 0;
}

#define assert_event(harness, index, text) assert_string_equal(harness_event(harness, index), text)

static void assert_whole(const struct harness *harness, uint64_t count)
{
    assert_int_equal(harness->status, STATUS_END);
    assert_int_equal(harness->count, count);
    assert_int_equal(harness->account.read, count);
    assert_int_equal(harness->account.damaged, 0);
    assert_false(harness->account.is_incomplete);
}

static void assert_damaged(struct harness *harness, uint64_t count, uint64_t damaged,
                           const char *note)
{
    assert_int_equal(harness->count, count);
    assert_int_equal(harness->account.damaged, damaged);
    assert_true(harness->account.is_incomplete);
    assert_string_equal(account_note_at(&harness->account, 0), note);
}

/* ---- values ---- */

static void every_kind_of_value_comes_back_as_it_was(void **state)
{
    struct harness *harness = *state;
    const char *text = "{\"a\":\"x\",\"b\":\"C:\\\\x\\u00e9\\\"\",\"c\":1,\"d\":-5,\"e\":true,"
                       "\"f\":false,\"g\":null,\"h\":[1,\"x\",null],\"i\":[],\"j\":\"\"}";
    harness_text(harness, text);
    assert_whole(harness, 1);
    assert_event(harness, 0,
                 "{\"a\":\"x\",\"b\":\"C:\\\\x\xC3\xA9\\\"\",\"c\":1,\"d\":-5,\"e\":true,"
                 "\"f\":false,\"g\":null,\"h\":[1,\"x\",null],\"i\":[],\"j\":\"\"}");
}

static void numbers_stay_exact(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"a\":18446744073709551615,\"b\":-9223372036854775808,"
                          "\"c\":9223372036854775808,\"d\":0,\"e\":999999999999999999}");
    assert_event(harness, 0,
                 "{\"a\":18446744073709551615,\"b\":-9223372036854775808,"
                 "\"c\":9223372036854775808,\"d\":0,\"e\":999999999999999999}");
    /* What no number of ours holds stays text. */
    harness_text(harness, "{\"a\":18446744073709551616,\"b\":-9223372036854775809,\"c\":007}");
    assert_event(harness, 0,
                 "{\"a\":\"18446744073709551616\",\"b\":\"-9223372036854775809\",\"c\":\"007\"}");
    harness_text(harness, "{\"a\":0.5,\"b\":-1.25e3}");
    assert_event(harness, 0, "{\"a\":0.5,\"b\":-1250.0}");
    assert_whole(harness, 1);
}

static void wrong_numbers_and_words_are_damage(void **state)
{
    static const char *const values[] = {"-", "+1", "1-2", "1e", "0x10", ".5", "nul", "NaN", "tru"};
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char text[64];
        snprintf(text, sizeof(text), "{\"a\":%s}\n{\"a\":2}\n", values[i]);
        harness_text(harness, text);
        assert_int_equal(harness->count, 1);
        assert_int_equal(harness->account.damaged, 1);
    }
}

static void what_a_list_contains_of_containers_is_their_text(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"a\":[{\"b\":[1,\"]\"]},[2], 3 ],\"c\":1}");
    assert_event(harness, 0, "{\"a\":[\"{\\\"b\\\":[1,\\\"]\\\"]}\",\"[2]\",3],\"c\":1}");
    assert_whole(harness, 1);
}

static void long_lists_are_whole(void **state)
{
    struct harness *harness = *state;
    struct buffer text = {0};
    buffer_text(&text, "{\"a\":[0");
    for (int i = 1; i < 1000; i++)
        buffer_format(&text, ",%d", i);
    buffer_text(&text, "]}");
    harness_run(harness, buffer_view(&text));
    assert_whole(harness, 1);
    assert_int_equal(strlen(harness_event(harness, 0)), text.length);
    assert_memory_equal(harness_event(harness, 0), text.data, text.length);
    buffer_release(&text);
}

static void unknown_objects_become_dotted_fields(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"a\":{\"b\":{\"c\":1},\"d\":{}},\"e.f\":2,\"\\u0067\":3}");
    assert_event(harness, 0, "{\"a.b.c\":1,\"e.f\":2,\"g\":3}");
}

/* ---- Windows' tree ---- */

static const char windows[] =
    "{\"Event\":{\"#attributes\":{\"xmlns\":\"http://schemas\"},\"System\":{\"Provider\":"
    "{\"#attributes\":{\"Name\":\"Service Control Manager\",\"Guid\":\"{555908d1-a6d7}\","
    "\"EventSourceName\":\"SCM\"}},\"EventID\":{\"#attributes\":{\"Qualifiers\":16384},"
    "\"#text\":7045},\"Version\":0,\"Level\":4,\"Task\":0,\"Opcode\":0,"
    "\"Keywords\":\"0x8080000000000000\",\"TimeCreated\":{\"#attributes\":{\"SystemTime\":"
    "\"2024-03-01T10:11:12.1234567Z\"}},\"EventRecordID\":991,\"Correlation\":null,"
    "\"Execution\":{\"#attributes\":{\"ProcessID\":540,\"ThreadID\":612}},\"Channel\":\"System\","
    "\"Computer\":\"FS01.lab.example\",\"Security\":{\"#attributes\":{\"UserID\":\"S-1-5-18\"}}},"
    "\"EventData\":{\"ServiceName\":\"x\",\"ImagePath\":\"C:\\\\x.exe\"}}}";

static const char windows_fields[] =
    "{\"Provider_Name\":\"Service Control Manager\",\"Provider_Guid\":\"{555908d1-a6d7}\","
    "\"Provider_EventSourceName\":\"SCM\",\"Qualifiers\":16384,\"EventID\":7045,\"Version\":0,"
    "\"Level\":4,\"Task\":0,\"Opcode\":0,\"Keywords\":\"0x8080000000000000\","
    "\"TimeCreated\":\"2024-03-01T10:11:12.1234567Z\",\"EventRecordID\":991,"
    "\"Execution_ProcessID\":540,\"Execution_ThreadID\":612,\"Channel\":\"System\","
    "\"Computer\":\"FS01.lab.example\",\"Security_UserID\":\"S-1-5-18\",\"ServiceName\":\"x\","
    "\"ImagePath\":\"C:\\\\x.exe\"}";

static void an_event_of_evtx_dump_has_the_fields_of_the_log(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, windows);
    assert_whole(harness, 1);
    assert_event(harness, 0, windows_fields);
    assert_string_equal(harness_time(harness, 0), "2024-03-01T10:11:12.1234567Z");
    assert_int_equal(harness_number(harness, 0, "#record"), 991);
}

static void attributes_may_stand_apart(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"Event\":{\"System\":{\"Provider_attributes\":{\"Name\":\"P\"},"
                          "\"EventID\":1,\"EventID_attributes\":{\"Qualifiers\":0},"
                          "\"TimeCreated_attributes\":{\"SystemTime\":\"2024-03-01T10:11:12Z\"},"
                          "\"Correlation\":null},\"EventData\":null},"
                          "\"Event_attributes\":{\"xmlns\":\"x\"}}");
    assert_event(harness, 0,
                 "{\"Provider_Name\":\"P\",\"EventID\":1,\"Qualifiers\":0,"
                 "\"TimeCreated\":\"2024-03-01T10:11:12Z\"}");
}

static void data_without_names_is_one_list(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"Event\":{\"EventData\":{\"Data\":{\"#text\":[\"a\",\"b\"]},"
                          "\"Binary\":null}}}\n"
                          "{\"Event\":{\"EventData\":{\"Data\":{\"#text\":\"a\"}}}}\n"
                          "{\"Event\":{\"EventData\":{\"Data\":\"a\",\"Data_1\":\"b\"}}}\n");
    assert_event(harness, 0, "{\"Data\":[\"a\",\"b\"],\"Binary\":null}");
    assert_event(harness, 1, "{\"Data\":\"a\"}");
    assert_event(harness, 2, "{\"Data\":[\"a\",\"b\"]}");
}

static void keys_that_were_numbered_to_be_unique_get_their_names_back(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"Event\":{\"EventData\":{\"X\":1,\"X_1\":2,\"X_2\":3,\"X_9\":4,"
                          "\"Y_1\":5}}}");
    assert_event(harness, 0, "{\"X\":1,\"X\":2,\"X\":3,\"X_9\":4,\"Y_1\":5}");
}

static void user_data_goes_by_the_names_of_its_leaves(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"Event\":{\"UserData\":{\"LogFileCleared\":{\"#attributes\":"
                          "{\"xmlns:auto-ns3\":\"n\",\"xmlns\":\"n\"},\"Channel\":\"Security\","
                          "\"Result\":{\"#attributes\":{\"value\":\"0\"},\"#text\":\"fine\"}}}}}");
    assert_event(harness, 0,
                 "{\"Channel\":\"Security\",\"Result_value\":\"0\",\"Result\":\"fine\"}");
}

/* ---- exporters ---- */

static void winlogbeat_has_the_fields_of_the_log(void **state)
{
    struct harness *harness = *state;
    const char *want =
        "{\"TimeCreated\":\"2024-03-01T10:11:12.123Z\",\"Computer\":\"FS01\",\"EventID\":\"7045\","
        "\"Channel\":\"System\",\"Provider_Name\":\"Service Control Manager\","
        "\"EventRecordID\":991,\"ServiceName\":\"x\",\"Keywords\":\"0x80000000000000\","
        "\"Execution_ProcessID\":540,\"Level\":\"4\"}";
    harness_text(harness,
                 "{\"@timestamp\":\"2024-03-01T10:11:12.123Z\",\"winlog\":{\"computer_name\":"
                 "\"FS01\",\"event_id\":\"7045\",\"channel\":\"System\",\"provider_name\":"
                 "\"Service Control Manager\",\"record_id\":991,\"event_data\":{\"ServiceName\":"
                 "\"x\"},\"keywords\":[\"Classic\"],\"process\":{\"pid\":540}},\"log\":{\"level\":"
                 "\"information\"}}\n"
                 "{\"@timestamp\":\"2024-03-01T10:11:12.123Z\",\"winlog.computer_name\":\"FS01\","
                 "\"winlog.event_id\":\"7045\",\"winlog.channel\":\"System\","
                 "\"winlog.provider_name\":\"Service Control Manager\",\"winlog.record_id\":991,"
                 "\"winlog.event_data.ServiceName\":\"x\",\"winlog.keywords\":[\"Classic\"],"
                 "\"winlog.process.pid\":540,\"log.level\":\"information\"}\n");
    assert_whole(harness, 2);
    assert_event(harness, 0, want);
    assert_event(harness, 1, want);
    assert_int_equal(harness_number(harness, 0, "#record"), 991);
}

static void elasticsearch_documents_are_taken_out_of_their_envelope(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"_index\":\"w\",\"_id\":\"1\",\"_source\":{\"winlog\":{\"channel\":"
                          "\"System\",\"event_id\":1}}}\n"
                          "{\"_index\":\"w\",\"_id\":\"2\",\"fields\":{\"winlog.channel\":"
                          "[\"System\"],\"winlog.event_id\":[\"1\"]}}\n");
    assert_event(harness, 0,
                 "{\"_index\":\"w\",\"_id\":\"1\",\"Channel\":\"System\",\"EventID\":1}");
    assert_event(harness, 1,
                 "{\"_index\":\"w\",\"_id\":\"2\",\"Channel\":\"System\",\"EventID\":\"1\"}");
}

static void data_that_winlogbeat_numbered_is_a_list_too(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"winlog\":{\"channel\":\"Application\",\"event_data\":{\"param2\":"
                          "\"b\",\"param1\":\"a\",\"Binary\":\"00\"}}}");
    assert_event(harness, 0,
                 "{\"Channel\":\"Application\",\"param2\":\"b\",\"param1\":\"a\","
                 "\"Binary\":\"00\",\"Data\":[\"a\",\"b\"]}");
}

static void what_the_sysmon_module_moved_to_ecs_is_found_under_its_own_name(void **state)
{
    struct harness *harness = *state;
    harness_text(harness,
                 "{\"process\":{\"executable\":\"C:\\\\a.exe\",\"pid\":4,\"hash\":{\"md5\":\"0a\","
                 "\"sha1\":\"0b\"},\"parent\":{\"executable\":\"C:\\\\b.exe\"}},\"user\":{\"name\":"
                 "\"bob\",\"domain\":\"LAB\"},\"winlog\":{\"event_id\":\"1\",\"provider_name\":"
                 "\"Microsoft-Windows-Sysmon\"}}");
    const char *event = harness_event(harness, 0);
    assert_non_null(strstr(event, ",\"Image\":\"C:\\\\a.exe\""));
    assert_non_null(strstr(event, ",\"ProcessId\":4"));
    assert_non_null(strstr(event, ",\"ParentImage\":\"C:\\\\b.exe\""));
    assert_non_null(strstr(event, ",\"User\":\"LAB\\\\bob\""));
    assert_non_null(strstr(event, ",\"Hashes\":\"SHA1=0b,MD5=0a\""));
    assert_null(strstr(event, "SourceImage"));
    /* The same keys, but of another event. */
    harness_text(harness,
                 "{\"process\":{\"executable\":\"C:\\\\a.exe\",\"pid\":4,\"hash\":{\"md5\":\"0a\","
                 "\"sha1\":\"0b\"},\"parent\":{\"executable\":\"C:\\\\b.exe\"}},\"user\":{\"name\":"
                 "\"bob\",\"domain\":\"LAB\"},\"winlog\":{\"event_id\":\"10\",\"provider_name\":"
                 "\"Microsoft-Windows-Sysmon\"}}");
    event = harness_event(harness, 0);
    assert_non_null(strstr(event, ",\"SourceImage\":\"C:\\\\a.exe\""));
    assert_null(strstr(event, ",\"Image\""));
}

static void old_winlogbeat_is_understood(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"log_name\":\"Security\",\"source_name\":\"S\",\"event_id\":4624,"
                          "\"computer_name\":\"DC1\",\"record_number\":\"17\",\"event_data\":"
                          "{\"LogonType\":\"3\"},\"@timestamp\":\"2019-03-19T02:26:23.000Z\"}");
    assert_event(harness, 0,
                 "{\"Channel\":\"Security\",\"Provider_Name\":\"S\",\"EventID\":4624,"
                 "\"Computer\":\"DC1\",\"EventRecordID\":\"17\",\"LogonType\":\"3\","
                 "\"TimeCreated\":\"2019-03-19T02:26:23.000Z\"}");
    assert_int_equal(harness_number(harness, 0, "#record"), 17);
}

static void nxlog_has_the_fields_of_the_log(void **state)
{
    struct harness *harness = *state;
    harness_text(
        harness,
        "{\"EventTime\":\"2024-03-01 10:11:12\",\"Hostname\":\"FS01\",\"Keywords\":"
        "-9214364837600034816,\"EventType\":\"AUDIT_SUCCESS\",\"EventID\":4624,"
        "\"SourceName\":\"Microsoft-Windows-Security-Auditing\",\"OpcodeValue\":0,"
        "\"RecordNumber\":12,\"ProcessID\":540,\"Channel\":\"Security\",\"Opcode\":\"Info\","
        "\"Data\":\"a\",\"Data_1\":\"b\"}");
    assert_event(harness, 0,
                 "{\"TimeCreated\":\"2024-03-01T10:11:12Z\",\"Computer\":\"FS01\","
                 "\"Keywords\":\"0x8020000000000000\",\"Level\":\"0\",\"EventID\":4624,"
                 "\"Provider_Name\":\"Microsoft-Windows-Security-Auditing\",\"Opcode\":0,"
                 "\"EventRecordID\":12,\"Execution_ProcessID\":540,\"Channel\":\"Security\","
                 "\"OpcodeName\":\"Info\",\"Data\":[\"a\",\"b\"]}");
    assert_string_equal(harness_time(harness, 0), "2024-03-01T10:11:12Z");
}

static void sysmons_event_type_is_not_taken_for_nxlogs(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"SourceName\":\"Microsoft-Windows-Sysmon\",\"Hostname\":\"H\","
                          "\"EventType\":\"SetValue\",\"EventTypeOrignal\":\"INFO\"}");
    assert_event(harness, 0,
                 "{\"Provider_Name\":\"Microsoft-Windows-Sysmon\",\"Computer\":\"H\","
                 "\"EventType\":\"SetValue\",\"Level\":\"4\"}");
}

static void hayabusas_abbreviations_are_undone(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"Timestamp\":\"2024-03-01 10:11:12.123 +00:00\",\"RuleTitle\":\"r\","
                          "\"Level\":\"high\",\"Computer\":\"FS01\",\"Channel\":\"Sys\","
                          "\"EventID\":7045,\"RecordID\":991,\"AllFieldInfo\":{\"ServiceName\":"
                          "\"x\",\"Data[2]\":\"b\",\"Data[1]\":\"a\"}}");
    assert_event(harness, 0,
                 "{\"TimeCreated\":\"2024-03-01T10:11:12.123Z\",\"RuleTitle\":\"r\","
                 "\"RuleLevel\":\"high\",\"Computer\":\"FS01\",\"Channel\":\"System\","
                 "\"EventID\":7045,\"EventRecordID\":991,\"ServiceName\":\"x\","
                 "\"Data\":[\"a\",\"b\"],\"Provider_Name\":\"Service Control Manager\"}");
}

static void a_word_that_stands_for_nothing_stays(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"Timestamp\":\"2024-03-01 10:11:12.123 +00:00\",\"RuleTitle\":\"r\","
                          "\"Channel\":\"Security\",\"EventID\":1}");
    assert_event(harness, 0,
                 "{\"TimeCreated\":\"2024-03-01T10:11:12.123Z\",\"RuleTitle\":\"r\","
                 "\"Channel\":\"Security\",\"EventID\":1,"
                 "\"Provider_Name\":\"Microsoft-Windows-Security-Auditing\"}");
}

static void velociraptor_has_the_fields_of_the_log(void **state)
{
    struct harness *harness = *state;
    harness_text(
        harness,
        "{\"System\":{\"Provider\":{\"Name\":\"Microsoft-Windows-Security-Auditing\"},"
        "\"EventID\":{\"Value\":4624},\"Keywords\":9232379236109516800,\"TimeCreated\":"
        "{\"SystemTime\":1558453567.7849274},\"Security\":{\"UserID\":\"\"},\"Correlation\":"
        "{}},\"EventData\":{\"SubjectLogonId\":999,\"LogonGuid\":\"0CCE9210-69AE-11D9-BED3-"
        "50505450303A\"},"
        "\"Message\":\"m\"}");
    assert_event(harness, 0,
                 "{\"Provider_Name\":\"Microsoft-Windows-Security-Auditing\",\"EventID\":4624,"
                 "\"Keywords\":\"0x8020000000000000\","
                 "\"TimeCreated\":\"2019-05-21T15:46:07.7849274Z\",\"Security_UserID\":\"\","
                 "\"SubjectLogonId\":\"0x3e7\","
                 "\"LogonGuid\":\"{0cce9210-69ae-11d9-bed3-50505450303a}\","
                 "\"RenderedMessage\":\"m\"}");
    assert_string_equal(harness_time(harness, 0), "2019-05-21T15:46:07.7849274Z");
}

static void an_event_as_xml_inside_an_object_is_that_event(void **state)
{
    struct harness *harness = *state;
    harness_text(harness,
                 "{\"preview\":false,\"result\":{\"_raw\":\"<Event xmlns='x'>\\n<System>"
                 "<EventID>4688<\\/EventID></System><EventData><Data Name='NewProcessName'>"
                 "C:\\\\a &amp; b</Data></EventData></Event>\",\"host\":\"h\"}}\n"
                 "{\"preview\":false,\"result\":{\"_raw\":\"<Event><System>\"}}\n");
    assert_int_equal(harness->count, 1);
    assert_event(harness, 0, "{\"EventID\":4688,\"NewProcessName\":\"C:\\\\a & b\"}");
    assert_damaged(harness, 1, 1, "offset 189: the event is cut off");
}

static void moments_are_read_in_every_notation(void **state)
{
    static const char *const times[][2] = {
        {"\"2024-03-01T10:11:12.1234567Z\"", "2024-03-01T10:11:12.1234567Z"},
        {"\"2024-03-01 10:11:12.123456 UTC\"", "2024-03-01T10:11:12.123456Z"},
        {"\"2024-03-01 10:11:12 +02:00\"", "2024-03-01T08:11:12Z"},
        {"\"2024-03-01T10:11:12\"", "2024-03-01T10:11:12Z"},
        {"1709287872", "2024-03-01T10:11:12Z"},
        {"1709287872.5", "2024-03-01T10:11:12.5Z"},
        {"1709287872123", "2024-03-01T10:11:12.123Z"},
        {"\"\\/Date(1709287872123)\\/\"", "2024-03-01T10:11:12.123Z"},
        {"-1.5", "1969-12-31T23:59:58.5Z"},
        {"\"yesterday\"", ""},
        {"null", ""},
        {"[]", ""},
    };
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char text[128];
        snprintf(text, sizeof(text), "{\"SourceName\":\"S\",\"Hostname\":\"H\",\"EventTime\":%s}",
                 times[i][0]);
        harness_text(harness, text);
        assert_whole(harness, 1);
        assert_string_equal(harness_time(harness, 0), times[i][1]);
    }
}

static void fields_stand_in_the_order_of_the_evidence(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"a\":1,\"b\":2}\n{\"b\":3,\"a\":4}\n{\"a\":5,\"b\":6}\n");
    assert_event(harness, 0, "{\"a\":1,\"b\":2}");
    assert_event(harness, 1, "{\"b\":3,\"a\":4}");
    assert_event(harness, 2, "{\"a\":5,\"b\":6}");
    harness_text(harness, "{\"c\":1,\"c\":2,\"a\":3}\n{\"a\":3,\"c\":1,\"c\":2}\n");
    assert_event(harness, 1, "{\"a\":3,\"c\":1,\"c\":2}");
}

static void records_of_a_kind_share_a_shape(void **state)
{
    struct harness *harness = *state;
    harness_text(harness, "{\"a\":1,\"b\":{\"c\":2}}");
    const uint32_t shape = harness->last_shape;
    harness_text(harness, "{ \"a\": \"x\", \"b\": { \"c\": null } }");
    assert_int_equal(harness->last_shape, shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_comes_back_as_it_was),
        cmocka_unit_test(numbers_stay_exact),
        cmocka_unit_test(wrong_numbers_and_words_are_damage),
        cmocka_unit_test(what_a_list_contains_of_containers_is_their_text),
        cmocka_unit_test(long_lists_are_whole),
        cmocka_unit_test(unknown_objects_become_dotted_fields),
        cmocka_unit_test(an_event_of_evtx_dump_has_the_fields_of_the_log),
        cmocka_unit_test(attributes_may_stand_apart),
        cmocka_unit_test(data_without_names_is_one_list),
        cmocka_unit_test(keys_that_were_numbered_to_be_unique_get_their_names_back),
        cmocka_unit_test(user_data_goes_by_the_names_of_its_leaves),
        cmocka_unit_test(winlogbeat_has_the_fields_of_the_log),
        cmocka_unit_test(elasticsearch_documents_are_taken_out_of_their_envelope),
        cmocka_unit_test(data_that_winlogbeat_numbered_is_a_list_too),
        cmocka_unit_test(what_the_sysmon_module_moved_to_ecs_is_found_under_its_own_name),
        cmocka_unit_test(old_winlogbeat_is_understood),
        cmocka_unit_test(nxlog_has_the_fields_of_the_log),
        cmocka_unit_test(sysmons_event_type_is_not_taken_for_nxlogs),
        cmocka_unit_test(hayabusas_abbreviations_are_undone),
        cmocka_unit_test(a_word_that_stands_for_nothing_stays),
        cmocka_unit_test(velociraptor_has_the_fields_of_the_log),
        cmocka_unit_test(an_event_as_xml_inside_an_object_is_that_event),
        cmocka_unit_test(moments_are_read_in_every_notation),
        cmocka_unit_test(fields_stand_in_the_order_of_the_evidence),
        cmocka_unit_test(records_of_a_kind_share_a_shape),
    };
    return cmocka_run_group_tests_name("json", tests, new_harness, free_harness);
}

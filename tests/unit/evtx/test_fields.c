#include "lab.h"

static struct buffer sample;

/* What the record with `identifier` says, in a text of one `Field=value` a line. */
struct wanted {
    struct lab *lab;
    uint64_t identifier;
    struct buffer *text;
    struct instant time;
    uint32_t serial;
};

static void fields_write(void *context, struct event *event)
{
    struct wanted *wanted = context;
    if (event->record != wanted->identifier)
        return;
    wanted->time = event->time;
    wanted->serial = event->shape->serial;
    for (unsigned slot = 0; slot < event->shape->count; slot++) {
        const struct bytes name =
            names_text(wanted->lab->shared.fields, event->shape->fields[slot]);
        const struct value *value = &event->values[slot];
        if (!value_is_there(value) || value->type == VALUE_NULL)
            continue;
        buffer_bytes(wanted->text, name.data, name.length);
        buffer_byte(wanted->text, '=');
        value_append(wanted->text, value);
        buffer_byte(wanted->text, '\n');
    }
}

static struct wanted fields_of(struct lab *lab, uint64_t identifier, struct buffer *text)
{
    struct wanted wanted = {.lab = lab, .identifier = identifier, .text = text};
    const struct evtx_piece piece = {.chunk = lab_chunk(&sample)};
    buffer_reset(text);
    evtx_decode_chunk(lab->decoder, &piece, &lab->account, fields_write, &wanted);
    buffer_byte(text, '\0');
    assert_false(text->failed);
    return wanted;
}

static void assert_fields(uint64_t identifier, const char *expected)
{
    struct lab lab;
    struct buffer text = {0};
    lab_open(&lab, false);
    fields_of(&lab, identifier, &text);
    assert_string_equal((const char *)text.data, expected);
    lab_close(&lab);
    buffer_release(&text);
}

static void system_and_named_data_are_fields_by_their_names(void **state)
{
    (void)state;
    assert_fields(1, "Provider_Name=Lab-Security\n"
                     "Provider_Guid={54849625-5478-4994-a5ba-3e3b0328c30d}\n"
                     "EventID=4688\nVersion=2\nLevel=0\nTask=13312\nOpcode=0\n"
                     "Keywords=0x8020000000000000\n"
                     "TimeCreated=2026-03-02T09:00:00.1234567Z\n"
                     "EventRecordID=1\nExecution_ProcessID=4\nExecution_ThreadID=8\n"
                     "Channel=Security\nComputer=host1.lab.example\n"
                     "SubjectUserSid=S-1-5-18\nSubjectUserName=HOST1$\nSubjectLogonId=0x3e7\n"
                     "NewProcessName=C:\\Windows\\System32\\cmd.exe\n"
                     "CommandLine=cmd.exe /Q /c \"echo \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"\n"
                     "TokenElevationType=%%1936\n");
}

static void data_without_names_is_one_list(void **state)
{
    (void)state;
    assert_fields(2, "Provider_Name=Service Control Manager\n"
                     "Qualifiers=16384\nEventID=7045\nVersion=0\nLevel=4\nTask=0\nOpcode=0\n"
                     "Keywords=0x8080000000000000\n"
                     "TimeCreated=2026-03-02T09:00:01.0000000Z\n"
                     "EventRecordID=2\nExecution_ProcessID=4\nExecution_ThreadID=8\n"
                     "Channel=System\nComputer=host1.lab.example\n"
                     "Security_UserID=S-1-5-21-1-2-3-500\n"
                     "Binary=0102FF\nData=one,two,\n");
}

static void leaves_of_user_data_are_fields_by_their_names(void **state)
{
    (void)state;
    assert_fields(3, "Provider_Name=Lab-Eventlog\n"
                     "EventID=104\nVersion=0\nLevel=4\nTask=104\nOpcode=0\n"
                     "Keywords=0x8000000000000000\n"
                     "TimeCreated=2026-03-02T09:00:02.0000000Z\n"
                     "EventRecordID=3\n"
                     "Correlation_ActivityID={11111111-2222-3333-4444-555555555555}\n"
                     "Execution_ProcessID=4\nExecution_ThreadID=8\n"
                     "Channel=System\nComputer=host1.lab.example\n"
                     "SubjectUserName=alice\nChannel=Security\nDetail_kind=full\n"
                     "Path=C:\\a.evtx\n");
}

static void records_of_one_template_share_a_shape(void **state)
{
    (void)state;
    struct lab lab;
    struct buffer text = {0};
    lab_open(&lab, false);
    const struct wanted one = fields_of(&lab, 1, &text), other = fields_of(&lab, 5, &text);
    const struct wanted third = fields_of(&lab, 3, &text);
    assert_int_not_equal(one.serial, 0);
    assert_int_equal(one.serial, other.serial);
    assert_int_not_equal(one.serial, third.serial);
    assert_int_equal(shapes_count(lab.shared.shapes), LAB_RECORDS - 1);
    lab_close(&lab);
    buffer_release(&text);
}

static void the_known_fields_are_found_and_the_time_is_the_records(void **state)
{
    (void)state;
    struct lab lab;
    struct buffer text = {0};
    char time[INSTANT_TEXT_BOUND] = "";
    lab_open(&lab, false);
    const struct wanted wanted = fields_of(&lab, 1, &text);
    instant_write(time, wanted.time);
    assert_string_equal(time, "2026-03-02T09:00:00.1234567Z");
    lab_close(&lab);
    buffer_release(&text);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 1;
    sample = lab_log(arguments[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_and_named_data_are_fields_by_their_names),
        cmocka_unit_test(data_without_names_is_one_list),
        cmocka_unit_test(leaves_of_user_data_are_fields_by_their_names),
        cmocka_unit_test(records_of_one_template_share_a_shape),
        cmocka_unit_test(the_known_fields_are_found_and_the_time_is_the_records),
    };
    const int failed = cmocka_run_group_tests_name("evtx fields", tests, NULL, NULL);
    buffer_release(&sample);
    return failed;
}

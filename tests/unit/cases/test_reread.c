#include "cases/reread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MEMORY ((size_t)1 << 20)

static enum status reread(const char *text, struct arena *arena, struct case_record *record)
{
    struct fault fault;
    return case_reread(bytes_of_text(text), arena, record, &fault);
}

static void what_a_case_says_comes_back(void **state)
{
    struct arena arena;
    struct case_record record;
    (void)state;
    arena_init(&arena, MEMORY);
    const char *text =
        "{\"kind\":\"case\",\"id\":\"0123456789abcdef0123456789abcdef\",\"title\":\"a \\\"t\\\"\","
        "\"tool\":[{\"name\":\"wmiexec\",\"confidence\":0.5,\"because\":[\"x\",\"y\"]}],"
        "\"hosts\":[\"dc1\"],\"first\":\"2026-03-03T02:11:08.5Z\","
        "\"skew\":[{\"host\":\"dc1\",\"seconds\":420.5,\"uncertainty\":0.25}],"
        "\"steps\":[{\"time\":\"2026-03-03T02:11:08Z\",\"last\":\"2026-03-03T02:12:08Z\","
        "\"tool\":[\"wmiexec\"],\"sources\":[\"10.0.0.9\",\"box\"],\"ran\":[\"a\\\\b\\nc\"],"
        "\"findings\":[\"00000000000000000000000000000001\"]}]}";
    assert_int_equal(reread(text, &arena, &record), STATUS_OK);
    assert_string_equal(record.id, "0123456789abcdef0123456789abcdef");
    assert_true(bytes_equal(record.title, bytes_of_text("a \"t\"")));
    assert_int_equal(record.tool_count, 1);
    assert_int_equal(record.tools[0].because.count, 2);
    assert_true(record.skews[0].seconds > 420 && record.skews[0].seconds < 421);
    assert_int_equal(record.step_count, 1);
    const struct case_step *step = &record.steps[0];
    assert_int_equal(step->last.seconds - step->first.seconds, 60);
    assert_int_equal(step->sources.count, 2);
    assert_int_equal(step->targets.count, 0);
    assert_true(bytes_equal(step->ran.items[0], bytes_of_text("a\\b\nc")));
    assert_string_equal(step->findings[0], "00000000000000000000000000000001");
    arena_release(&arena);
}

static void what_is_no_case_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"kind\":\"case\"}",
        "{\"kind\":\"case\",\"id\":\"x\"}",
        "{\"kind\":\"case\",\"id\":[],\"steps\":[]}",
        "{\"kind\":\"case\",\"id\":\"x\",\"steps\":{}}",
        "{\"kind\":\"case\",\"id\":\"x\",\"steps\":[",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct arena arena;
        struct case_record record;
        arena_init(&arena, MEMORY);
        assert_int_equal(reread(texts[i], &arena, &record), STATUS_INVALID);
        arena_release(&arena);
    }
}

static void members_of_a_wrong_kind_are_not_known(void **state)
{
    struct arena arena;
    struct case_record record;
    (void)state;
    arena_init(&arena, MEMORY);
    assert_int_equal(reread("{\"kind\":\"case\",\"id\":\"x\",\"title\":{},\"tool\":\"wmiexec\","
                            "\"first\":17,\"hosts\":[[],null,\"dc1\"],"
                            "\"steps\":[null,[],{\"findings\":[\"short\"]}]}",
                            &arena, &record),
                     STATUS_OK);
    assert_int_equal(record.title.length, 0);
    assert_int_equal(record.tool_count, 0);
    assert_false(instant_is_known(record.first));
    assert_int_equal(record.hosts.count, 1);
    assert_int_equal(record.step_count, 3);
    assert_int_equal(record.steps[2].finding_count, 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_case_says_comes_back),
        cmocka_unit_test(what_is_no_case_is_refused),
        cmocka_unit_test(members_of_a_wrong_kind_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

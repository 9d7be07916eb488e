#include "ledger/engagement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD "impound-engagement: 1\nid: ENG-1\n"

static const char whole[] =
    HEAD "ordered-by: {name: Chief, contact: c@lab}\n"
         "testers: {organisation: Red, contact: '+49'}\n"
         "windows: [{from: 2026-11-02T08:00:00+01:00, to: 2026-11-06T18:00:00+01:00}]\n"
         "sources: [10.8.0.0/24, TESTBOX-7]\n"
         "targets: {include: ['*'], exclude: [DC1]}\n"
         "accounts: ['LAB\\alice']\ntools: [wmiexec]\ntechniques: [T1047]\nforbidden: [T1485]\n"
         "canaries: [RT-7f3a]\n";

static enum status read_text(const char *text, size_t length, struct document *document,
                             struct fault *fault)
{
    struct arena arena;
    uint8_t *copy = malloc(length + 1); /* exact, so that a sanitizer sees what reads past it */
    assert_non_null(copy);
    memcpy(copy, text, length);
    arena_init(&arena, 1U << 20);
    const enum status status = document_read(bytes_of(copy, length), &arena, document, fault);
    arena_release(&arena);
    free(copy);
    return status;
}

static void assert_invalid(const char *text, unsigned line, const char *reason)
{
    struct document document;
    struct fault fault = {0};
    assert_int_equal(read_text(text, strlen(text), &document, &fault), STATUS_INVALID);
    if (!strstr(fault.reason, reason))
        fail_msg("%s, not %s", fault.reason, reason);
    assert_int_equal(fault.offset, line);
}

static void a_whole_engagement_is_read(void **state)
{
    (void)state;
    struct arena arena;
    struct document document;
    arena_init(&arena, 1U << 20);
    assert_int_equal(document_read(bytes_of_text(whole), &arena, &document, NULL), STATUS_OK);
    const struct engagement *engagement = &document.engagement;
    assert_int_equal(document.kind, LEDGER_ENGAGEMENT);
    assert_string_equal(engagement->id, "ENG-1");
    assert_string_equal(engagement->people.orderer, "Chief");
    assert_string_equal(engagement->people.orderer_contact, "c@lab");
    assert_string_equal(engagement->people.testers, "Red");
    assert_string_equal(engagement->people.testers_contact, "+49");
    assert_int_equal(engagement->window_count, 1);
    assert_int_equal(engagement->sources.count, 2);
    assert_true(engagement->sources.has_addresses);
    assert_false(engagement->exclude.has_addresses);
    assert_true(engagement->include.has_any);
    assert_int_equal(engagement->canaries.count, 1);
    arena_release(&arena);
}

static void check_text(const char *text, struct arena *arena, struct ledger_check *check)
{
    struct fault fault = {0};
    arena_init(arena, 1U << 20);
    if (ledger_check_text(bytes_of_text(text), arena, check, &fault) != STATUS_OK)
        fail_msg("%s", fault.reason);
}

static void a_withdrawal_is_read(void **state)
{
    (void)state;
    struct arena arena;
    struct ledger_check check;
    check_text(
        "impound-revocation: 1\nengagement: ENG-1\nfrom: 2026-11-03T12:00:00Z\nreason: over\n",
        &arena, &check);
    assert_int_equal(check.kind, LEDGER_REVOCATION);
    assert_string_equal(check.id, "ENG-1");
    assert_int_equal(check.note_count, 0);
    arena_release(&arena);
}

static void what_is_valid_but_hardly_meant_is_noted(void **state)
{
    (void)state;
    struct arena arena;
    struct ledger_check check;
    check_text(whole, &arena, &check);
    assert_int_equal(check.note_count, 0);
    arena_release(&arena);
    check_text(HEAD "tools: []\ntechniques: []\nsources: [10.8.0.99/24]\n", &arena, &check);
    assert_int_equal(check.note_count, 7);
    arena_release(&arena);
    check_text(HEAD "tools: []\ntechniques: []\n", &arena, &check);
    assert_int_equal(check.note_count, 7);
    arena_release(&arena);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    assert_invalid(HEAD "tool: [a]\n", 3, "unknown key `tool`");
    assert_invalid(HEAD "Id: x\n", 3, "unknown key `Id`");
    assert_invalid(HEAD "targets: {include: [], only: []}\n", 3, "unknown key `only`");
    assert_invalid(HEAD "windows: [{from: 2026-11-02T08:00:00Z, until: x}]\n", 3, "unknown key");
    assert_invalid(HEAD "id: y\n", 3, "the key id is repeated");
    assert_invalid(HEAD "targets: {include: [], include: []}\n", 3, "repeated");
    assert_invalid(HEAD "sources: &a [x]\ntools: *a\n", 4, "alias");
    assert_invalid(HEAD "<<: {tools: []}\n", 3, "unknown key `<<`");
    assert_invalid(HEAD "windows: [{from: 2026-11-02T08:00:00, to: 2026-11-02T08:00:00Z}]\n", 3,
                   "no zone");
    assert_invalid(HEAD "windows: [{from: 2026-11-02, to: 2026-11-02T08:00:00Z}]\n", 3, "a time");
    assert_invalid(HEAD "windows: [{from: 2026-11-02T08:00:00Z}]\n", 3, "no `to`");
    assert_invalid(HEAD "windows: [{from: 2026-11-02T08:00:01Z, to: 2026-11-02T08:00:00Z}]\n", 3,
                   "ends before");
    assert_invalid(HEAD "windows: {}\n", 3, "takes a list");
    assert_invalid(HEAD "sources:\n", 3, "takes a list");
    assert_invalid(HEAD "sources: TESTBOX\n", 3, "takes a list");
    assert_invalid(HEAD "sources: [[a]]\n", 3, "texts only");
    assert_invalid(HEAD "sources:\n - a\n -\n", 5, "texts only");
    assert_invalid(HEAD "sources: ['']\n", 3, "empty");
    assert_invalid(HEAD "sources: [\"a\\nb\"]\n", 3, "control");
    assert_invalid(HEAD "sources: [10.8.0.256]\n", 3, "no address");
    assert_invalid(HEAD "sources: [10.8.0.0/33]\n", 3, "no address");
    assert_invalid(HEAD "sources: ['10.8.0.0/']\n", 3, "no address");
    assert_invalid(HEAD "sources: ['2001:db8::/129']\n", 3, "no address");
    assert_invalid(HEAD "sources: ['2001:db8:::1']\n", 3, "no address");
    assert_invalid(HEAD "accounts: ['LAB\\']\n", 3, "no account");
    assert_invalid(HEAD "accounts: ['LAB\\\\alice']\n", 3, "no account");
    assert_invalid(HEAD "targets: ['*']\n", 3, "takes a map");
    assert_invalid(HEAD "ordered-by: Chief\n", 3, "takes a map");
    assert_invalid("impound-engagement: 1\nid: \"a\\tb\"\n", 2, "one line");
    assert_invalid("impound-engagement: 1\n", 1, "no id");
    assert_invalid("impound-engagement: 1.0\nid: x\n", 1, "version");
    assert_invalid(HEAD "impound-revocation: 1\n", 3, "unknown key");
    assert_invalid("impound-revocation: 1\nengagement: x\n", 1, "no `from`");
    assert_invalid("impound-revocation: 1\nfrom: 2026-11-02T08:00:00Z\n", 1, "no `engagement`");
    assert_invalid("- impound-engagement\n", 1, "neither");
    assert_invalid("", 1, "neither");
    assert_invalid(HEAD "---\n" HEAD, 4, "more than one document");
    assert_invalid(HEAD "sources: [\n", 4, "not YAML");
}

static void lists_have_a_maximum(void **state)
{
    (void)state;
    struct document document;
    struct fault fault = {0};
    const size_t room = 64 + ((size_t)ENGAGEMENT_ITEMS_MAX + 1) * 2;
    char *text = malloc(room);
    assert_non_null(text);
    size_t length = (size_t)snprintf(text, room, HEAD "sources: [a");
    for (unsigned i = 0; i < ENGAGEMENT_ITEMS_MAX; i++, length += 2)
        memcpy(text + length, ",a", 2);
    memcpy(text + length, "]\n", 2);
    assert_int_equal(read_text(text, length + 2, &document, &fault), STATUS_INVALID);
    assert_non_null(strstr(fault.reason, "more than 4096 items"));
    free(text);
}

static void an_arena_that_is_full_is_told(void **state)
{
    (void)state;
    struct document document;
    bool was_full = false;
    for (size_t room = 64; room <= 1U << 16; room *= 2) {
        struct arena arena;
        arena_init(&arena, room);
        const enum status status = document_read(bytes_of_text(whole), &arena, &document, NULL);
        was_full |= status == STATUS_MEMORY;
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        arena_release(&arena);
    }
    assert_true(was_full);
}

static void no_prefix_and_no_changed_bit_breaks_the_reader(void **state)
{
    (void)state;
    struct document document;
    char copy[sizeof(whole)];
    const size_t length = sizeof(whole) - 1;
    for (size_t i = 0; i <= length; i++) {
        struct fault fault = {0};
        const enum status status = read_text(whole, i, &document, &fault);
        assert_true(status == STATUS_OK || (status == STATUS_INVALID && fault.reason[0]));
    }
    for (size_t bit = 0; bit < length * 8; bit++) {
        struct fault fault = {0};
        memcpy(copy, whole, length);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << (bit % 8)));
        const enum status status = read_text(copy, length, &document, &fault);
        assert_true(status == STATUS_OK || (status == STATUS_INVALID && fault.reason[0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_engagement_is_read),
        cmocka_unit_test(a_withdrawal_is_read),
        cmocka_unit_test(what_is_valid_but_hardly_meant_is_noted),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(lists_have_a_maximum),
        cmocka_unit_test(an_arena_that_is_full_is_told),
        cmocka_unit_test(no_prefix_and_no_changed_bit_breaks_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

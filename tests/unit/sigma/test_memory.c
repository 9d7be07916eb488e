/* Without memory: the status says so, nothing leaks, and memory is bounded. The linker puts the
 * functions below in front of the allocator; they can be told to fail. */
#include "lab.h"
#include "rules/sigma/logsource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t allocations;
static size_t fails_at = SIZE_MAX; /* the number of the one that fails, and all after it */

static bool may_allocate(void)
{
    return ++allocations < fails_at;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return may_allocate() ? __real_realloc(old, size) : NULL;
}

static const char text[] =
    "title: t\nname: n\nlogsource: {product: windows}\n"
    "detection: {s: {A|contains|windash: ' -a', B|expand: '%p%'}, condition: s}\n---\n"
    "title: c\ncorrelation: {type: temporal, rules: [n], timespan: 1m, aliases: {x: {n: F}}}\n"
    "---\ntitle: f\nlogsource: {product: windows}\n"
    "filter: {rules: [n], s: {B: 1}, condition: not s}\n";

static enum status load(const struct sigma_options *options)
{
    struct sigma_rules *rules = NULL;
    struct fault fault = {0};
    enum status status = sigma_new(options, &rules, &fault);
    if (status == STATUS_OK)
        status = sigma_add(rules, "x.yml", bytes_of_text(text), &fault);
    if (status == STATUS_OK)
        status = sigma_finish(rules, &fault);
    if (status == STATUS_OK && sigma_refusal_count(rules))
        status = STATUS_MEMORY; /* a rule was given up for want of it */
    sigma_free(rules);
    return status;
}

static void each_allocation_may_fail_while_rules_load(void **state)
{
    (void)state;
    char *placeholders = lab_write("p: [x, y]\n");
    char *pipeline = lab_write("transformations:\n"
                               "- {type: replace_string, regex: a, replacement: b}\n"
                               "- {type: field_name_mapping, mapping: {A: [C, D]}}\n");
    const char *const placeholder_paths[] = {placeholders}, *const pipeline_paths[] = {pipeline};
    const struct sigma_options options = {placeholder_paths, 1, pipeline_paths, 1};
    enum status status = STATUS_MEMORY;
    for (size_t n = 1; status != STATUS_OK; n++) {
        allocations = 0;
        fails_at = n;
        status = load(&options);
        fails_at = SIZE_MAX;
        assert_true(status == STATUS_OK || status == STATUS_MEMORY || status == STATUS_IO);
        assert_true(n < 1000);
    }
    lab_remove(placeholders);
    lab_remove(pipeline);
}

static void each_allocation_may_fail_while_the_table_loads(void **state)
{
    (void)state;
    enum status status = STATUS_MEMORY;
    for (size_t n = 1; status != STATUS_OK; n++) {
        struct logsource_table *table = NULL;
        struct fault fault = {0};
        allocations = 0;
        fails_at = n;
        status = logsource_parse(logsource_builtin(), &table, &fault);
        fails_at = SIZE_MAX;
        logsource_free(table);
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        assert_true(n < 1000);
    }
}

static void allocations_do_not_grow_with_the_values_of_a_rule(void **state)
{
    (void)state;
    struct buffer many = {0};
    buffer_text(&many, "title: t\nlogsource: {product: windows}\ndetection:\n  s:\n"
                       "    A|contains:\n");
    for (int i = 0; i < 2000; i++)
        buffer_format(&many, "      - value %d\n", i);
    buffer_text(&many, "  condition: s\n");
    struct sigma_rules *rules;
    struct fault fault = {0};
    allocations = 0;
    assert_int_equal(sigma_new(NULL, &rules, &fault), STATUS_OK);
    assert_int_equal(sigma_add(rules, "x.yml", buffer_view(&many), &fault), STATUS_OK);
    assert_int_equal(sigma_finish(rules, &fault), STATUS_OK);
    assert_int_equal(sigma_count(rules), 1);
    assert_true(allocations < 60); /* libyaml's own aside */
    sigma_free(rules);
    buffer_release(&many);
}

static void a_collection_has_a_maximum(void **state)
{
    (void)state;
    struct buffer big = {0};
    buffer_text(&big, "title: t\nlogsource: {product: windows}\ndescription: ");
    for (int i = 0; i < 6 << 20; i++)
        buffer_byte(&big, 'x');
    buffer_text(&big, "\ndetection: {s: {A: 1}, condition: s}\n");
    struct sigma_rules *rules;
    struct fault fault = {0};
    assert_int_equal(sigma_new(NULL, &rules, &fault), STATUS_OK);
    enum status status = STATUS_OK;
    unsigned added = 0;
    while (status == STATUS_OK && added < 100) {
        status = sigma_add(rules, "x.yml", buffer_view(&big), &fault);
        added++;
    }
    assert_int_equal(status, STATUS_MEMORY);
    assert_true(added > 30);
    assert_non_null(strstr(fault.reason, "256 MiB"));
    sigma_free(rules);
    buffer_release(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail_while_rules_load),
        cmocka_unit_test(each_allocation_may_fail_while_the_table_loads),
        cmocka_unit_test(allocations_do_not_grow_with_the_values_of_a_rule),
        cmocka_unit_test(a_collection_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

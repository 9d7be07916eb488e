/* The public rules below $IMPOUND_SHARED/sigma load, but for what names an undefined placeholder.
 */
#include "rules/sigma/logsource.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#define PATH_BOUND 4096
#define FILE_BOUND (1U << 20)

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static void add_file(struct sigma_rules *rules, const char *path)
{
    static char text[FILE_BOUND];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(text, 1, sizeof(text), file);
    fclose(file);
    struct fault fault = {0};
    assert_int_equal(sigma_add(rules, path, bytes_of(text, length), &fault), STATUS_OK);
}

static void add_folder(struct sigma_rules *rules, const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char inner[PATH_BOUND];
        struct stat about;
        snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || stat(inner, &about) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            add_folder(rules, inner);
        else if (ends_with(inner, ".yml"))
            add_file(rules, inner);
    }
    closedir(folder);
}

static struct sigma_rules *load(const char *const *folders, unsigned count)
{
    const char *shared = getenv("IMPOUND_SHARED");
    struct sigma_rules *rules;
    struct fault fault = {0};
    if (!shared || !*shared)
        return NULL;
    assert_int_equal(sigma_new(NULL, &rules, &fault), STATUS_OK);
    for (unsigned i = 0; i < count; i++) {
        char path[PATH_BOUND];
        snprintf(path, sizeof(path), "%s/sigma/%s", shared, folders[i]);
        add_folder(rules, path);
    }
    assert_int_equal(sigma_finish(rules, &fault), STATUS_OK);
    if (sigma_count(rules) + sigma_refusal_count(rules) > 0)
        return rules;
    sigma_free(rules);
    return NULL;
}

static const char *const folders[] = {"rules", "rules-threat-hunting", "rules-emerging-threats"};

static void at_most_one_in_a_hundred_public_rules_is_refused(void **state)
{
    (void)state;
    struct sigma_rules *rules = load(folders, COUNT_OF(folders));
    if (!rules)
        skip();
    const uint32_t refused = sigma_refusal_count(rules);
    assert_true(refused * 100 <= sigma_count(rules) + refused);
    for (uint32_t i = 0; i < refused; i++) {
        const struct sigma_refusal *refusal = sigma_refusal_at(rules, i);
        if (!strstr(refusal->reason, "placeholder"))
            fail_msg("%s:%u: %s", refusal->path, refusal->line, refusal->reason);
    }
    sigma_free(rules);
}

static void every_public_windows_log_source_is_in_our_table(void **state)
{
    (void)state;
    struct sigma_rules *rules = load(folders, COUNT_OF(folders));
    if (!rules)
        skip();
    struct logsource_table *table;
    struct fault fault = {0};
    assert_int_equal(logsource_parse(logsource_builtin(), &table, &fault), STATUS_OK);
    for (uint32_t i = 0; i < sigma_count(rules); i++) {
        const struct sigma_rule *rule = sigma_rule_at(rules, i);
        const char *product = rule->logsource.product;
        uint32_t count;
        if (product && strcmp(product, "windows") == 0 &&
            !logsource_find(table, &rule->logsource, &count))
            fail_msg("%s", rule->path);
    }
    logsource_free(table);
    sigma_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_in_a_hundred_public_rules_is_refused),
        cmocka_unit_test(every_public_windows_log_source_is_in_our_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The rule set as a whole: what is refused, what is kept, and its form as bytes. */
#include "fake.h"
#include "rules/compile/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = fake_new();
    return 0;
}

static int tear_down(void **state)
{
    fake_release(*state);
    return 0;
}

static void add_correlation(struct fake *fake, const uint32_t *rules, uint32_t count)
{
    static const char *const names[] = {"one", "two"}, *const group[] = {"User"},
                             *const fields[] = {"TargetUserName", NULL};
    static const struct sigma_bound bounds[] = {{SIGMA_GTE, 3}};
    struct sigma_alias *alias = fake_take(fake, 1, sizeof(*alias));
    struct sigma_correlation *correlation = fake_take(fake, 1, sizeof(*correlation));
    const struct sigma_test tests[] = {{.kind = SIGMA_TRUE, .number = 0},
                                       {.kind = SIGMA_TRUE, .number = count - 1}};
    *alias = (struct sigma_alias){"who", fields};
    *correlation = (struct sigma_correlation){
        .type = SIGMA_TEMPORAL,
        .rules = rules,
        .rule_names = names,
        .rule_count = count,
        .group_by = group,
        .group_count = 1,
        .timespan_ns = 60000000000,
        .aliases = alias,
        .alias_count = 1,
        .bounds = bounds,
        .bound_count = 1,
        .expression = fake_all(fake, fake_leaf(fake, &tests[0]),
                               fake_not(fake, fake_leaf(fake, &tests[1])), NULL),
        .generate = true,
    };
    const uint32_t number = fake_rule(fake, "any", NULL);
    fake->rules.rules[number].correlation = correlation;
}

static void infos_and_correlations_survive(void **state)
{
    static const uint32_t rules[] = {1, 0};
    static const char *const tags[] = {"attack.t1047"}, *const tools[] = {"wmiexec", "psexec"},
                             *const strength[] = {"cluster"};
    static const struct sigma_attribute attributes[] = {{"impound.tool", tools, 2},
                                                        {"impound.strength", strength, 1}};
    struct fake *fake = *state;
    fake_source(fake, "any", NULL, NULL);
    fake_rule(fake, "any", fake_is(fake, "F", "x"));
    struct sigma_rule *rule = &fake->rules.rules[fake_rule(fake, "any", fake_is(fake, "F", "y"))];
    rule->level = SIGMA_HIGH;
    rule->status = SIGMA_TEST;
    rule->tags = tags;
    rule->tag_count = 1;
    rule->attributes = attributes;
    rule->attribute_count = 2;
    rule->is_silent = true;
    add_correlation(fake, rules, 2);
    struct ruleset *ruleset = fake_compile(fake);
    assert_int_equal(ruleset_count(ruleset), 3);
    const struct rule_info *info = ruleset_info(ruleset, 1);
    assert_string_equal(info->title, "Rule 1");
    assert_int_equal(info->number, 1);
    assert_string_equal(info->author, "");
    assert_int_equal(info->level, SIGMA_HIGH);
    assert_int_equal(info->status, SIGMA_TEST);
    assert_string_equal(info->tags[0], "attack.t1047");
    assert_string_equal(info->tools[1], "psexec");
    assert_string_equal(info->strength, "cluster");
    assert_string_equal(info->layer, "");
    assert_true(info->is_silent);
    assert_null(info->logsource.category);
    assert_string_equal(info->logsource.service, "any");
    const struct sigma_correlation *correlation = ruleset_info(ruleset, 2)->correlation;
    assert_true(ruleset_info(ruleset, 2)->is_correlation);
    assert_int_equal(correlation->rules[0], 1);
    assert_string_equal(correlation->rule_names[1], "two");
    assert_string_equal(correlation->group_by[0], "User");
    assert_string_equal(correlation->aliases[0].alias, "who");
    assert_string_equal(correlation->aliases[0].fields[0], "TargetUserName");
    assert_null(correlation->aliases[0].fields[1]);
    assert_true(correlation->bounds[0].number >= 3 && correlation->bounds[0].number <= 3);
    assert_int_equal(correlation->expression->kind, SIGMA_AND);
    assert_int_equal(correlation->expression->children[1]->kind, SIGMA_NOT);
    assert_true(correlation->generate);
    ruleset_free(ruleset);
}

static void a_wrong_expression_refuses_its_rule_and_what_hangs_on_it(void **state)
{
    static const uint32_t on_bad[] = {0}, on_dependent[] = {2}, on_good[] = {1};
    struct fake *fake = *state;
    fake_source(fake, "any", NULL, NULL);
    fake_rule(fake, "any", fake_regex(fake, "F", "a(b", 0));
    fake_rule(fake, "any", fake_is(fake, "F", "x"));
    add_correlation(fake, on_bad, 1);
    add_correlation(fake, on_dependent, 1);
    add_correlation(fake, on_good, 1);
    fake->rules.refusals[fake->rules.refusal_count++] =
        (struct sigma_refusal){"rules/broken.yml", 3, "no condition"};
    struct ruleset *ruleset = fake_compile(fake);
    assert_int_equal(ruleset_count(ruleset), 2);
    assert_string_equal(ruleset_info(ruleset, 0)->title, "Rule 1");
    assert_int_equal(ruleset_info(ruleset, 1)->correlation->rules[0], 0);
    assert_int_equal(ruleset_refusal_count(ruleset), 4);
    assert_string_equal(ruleset_refusal(ruleset, 0)->reason, "no condition");
    assert_int_equal(ruleset_refusal(ruleset, 1)->line, 7);
    assert_non_null(strstr(ruleset_refusal(ruleset, 1)->reason, "regular expression"));
    assert_non_null(strstr(ruleset_refusal(ruleset, 2)->reason, "refused"));
    ruleset_free(ruleset);
}

static void too_deep_a_condition_is_refused(void **state)
{
    struct fake *fake = *state;
    const struct sigma_node *deep = fake_is(fake, "F", "x");
    for (unsigned i = 0; i < 100; i++)
        deep = fake_not(fake, deep);
    fake_source(fake, "any", NULL, NULL);
    fake_rule(fake, "any", deep);
    struct ruleset *ruleset = fake_compile(fake);
    assert_int_equal(ruleset_count(ruleset), 0);
    assert_int_equal(ruleset_refusal_count(ruleset), 1);
    ruleset_free(ruleset);
}

/* One of everything that an image can hold. */
static struct buffer small_image(struct fake *fake)
{
    static const uint32_t rules[] = {0};
    static const struct logsource_value words[] = {{"High", "S-1-16-12288"}};
    static const struct logsource_translation names[] = {{"Level", "Label", words, 1}};
    const struct logsource_alternative alternative = {NULL, 0, names, 1, "Audit"};
    const struct sigma_test network = {
        .kind = SIGMA_CIDR, .field = "A", .text = bytes_of_text("10.0.0.0/8")};
    const struct sigma_test other = {
        .kind = SIGMA_FIELDREF, .field = "F", .text = bytes_of_text("G")};
    struct buffer image = {0};
    struct fault fault;
    fake_source(fake, "some", "Chan*", NULL);
    fake_alternative(fake, "some", &alternative);
    fake_rule(fake, "some",
              fake_any(fake, fake_is(fake, "F", "*lit?eral*x"), fake_is(fake, "F", "*needle*"),
                       fake_regex(fake, "F", "(ab|cd)+efgh.*i", 0), fake_is(fake, NULL, "word"),
                       fake_leaf(fake, &network), fake_leaf(fake, &other),
                       fake_is(fake, "Level", "High"), NULL));
    add_correlation(fake, rules, 1);
    struct ruleset *ruleset = fake_compile(fake);
    assert_int_equal(ruleset_write(ruleset, 7, &image, &fault), STATUS_OK);
    ruleset_free(ruleset);
    return image;
}

static enum status read_image(struct fake *fake, struct bytes bytes, uint64_t key)
{
    struct ruleset *ruleset = NULL;
    struct fault fault;
    /* An exact-size copy, so that a sanitizer sees a step behind the end. */
    uint8_t *copy = malloc(bytes.length ? bytes.length : 1);
    memcpy(copy, bytes.data, bytes.length);
    const enum status status =
        ruleset_read(copy, bytes.length, key, fake->fields, &ruleset, &fault);
    if (status != STATUS_OK)
        return status;
    struct matcher *matcher = matcher_new(ruleset);
    const struct event event = fake_event(fake, "Channel", "F", "a needle or literalx cdefghi",
                                          "Label", "S-1-16-12288", "A", "10.1.1.1", NULL);
    const uint32_t *fired;
    if (matcher) {
        struct buffer text = {0};
        matcher_run(matcher, &event, &fired);
        for (uint32_t i = 0; i < ruleset_count(ruleset); i++) {
            matcher_blind(matcher, i);
            matcher_explain(matcher, &event, i, &text);
        }
        buffer_release(&text);
    }
    matcher_free(matcher);
    ruleset_free(ruleset);
    return STATUS_OK;
}

static void an_image_is_read_back(void **state)
{
    struct fake *fake = *state;
    struct buffer image = small_image(fake);
    assert_int_equal(read_image(fake, buffer_view(&image), 7), STATUS_OK);
    assert_int_equal(read_image(fake, buffer_view(&image), 8), STATUS_DAMAGED);
    buffer_release(&image);
}

static void every_prefix_and_every_bit_flip_is_noticed(void **state)
{
    struct fake *fake = *state;
    struct buffer image = small_image(fake);
    for (size_t length = 0; length < image.length; length++)
        assert_int_equal(read_image(fake, bytes_of(image.data, length), 7), STATUS_DAMAGED);
    for (size_t bit = 0; bit < image.length * 8; bit++) {
        image.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(read_image(fake, buffer_view(&image), 7), STATUS_DAMAGED);
        image.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    buffer_release(&image);
}

static void a_flipped_bit_behind_a_right_hash_does_no_harm(void **state)
{
    struct fake *fake = *state;
    struct buffer image = small_image(fake);
    for (size_t bit = sizeof(struct image_header) * 8; bit < image.length * 8; bit++) {
        image.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        image_seal(image.data, image.length, 7);
        read_image(fake, buffer_view(&image), 7);
        image.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    buffer_release(&image);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(infos_and_correlations_survive),
        T(a_wrong_expression_refuses_its_rule_and_what_hangs_on_it),
        T(too_deep_a_condition_is_refused),
        T(an_image_is_read_back),
        T(every_prefix_and_every_bit_flip_is_noticed),
        T(a_flipped_bit_behind_a_right_hash_does_no_harm),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}

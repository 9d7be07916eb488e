/* pySigma pipelines: every transformation and condition, and what is refused. */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The rules of `text` behind pipelines of these transformations (whole files when they begin with
 * a letter). */
static struct sigma_rules *apply_all(const char *const *pipelines, unsigned count, const char *text)
{
    const char *paths[4];
    char *written[4];
    for (unsigned i = 0; i < count; i++) {
        struct buffer file = {0};
        if (pipelines[i][0] == '-')
            buffer_text(&file, "transformations:\n");
        buffer_text(&file, pipelines[i]);
        buffer_byte(&file, '\0');
        paths[i] = written[i] = lab_write((const char *)file.data);
        buffer_release(&file);
    }
    const struct sigma_options options = {.pipeline_files = paths, .pipeline_count = count};
    struct sigma_rules *rules = lab_files(&options, &text, 1);
    for (unsigned i = 0; i < count; i++)
        lab_remove(written[i]);
    return rules;
}

static struct sigma_rules *apply(const char *pipeline, const char *text)
{
    return apply_all(&pipeline, 1, text);
}

#define RULE(detection)                                                 \
    "title: t\nlevel: high\ntags: [attack.t1047]\nfields: [Image, X]\n" \
    "logsource: {category: process_creation, product: windows}\ndetection: " detection "\n"

static void assert_tree(const struct sigma_rules *rules, const char *tree)
{
    struct buffer found = {0};
    if (sigma_refusal_count(rules))
        fail_msg("%s", sigma_refusal_at(rules, 0)->reason);
    lab_tree(&found, sigma_rule_at(rules, 0)->condition);
    buffer_byte(&found, '\0');
    assert_string_equal((const char *)found.data, tree);
    buffer_release(&found);
}

static void gives(const char *pipeline, const char *item, const char *tree)
{
    char text[1024];
    snprintf(text, sizeof(text), RULE("{s: {%s}, condition: s}"), item);
    struct sigma_rules *rules = apply(pipeline, text);
    assert_tree(rules, tree);
    sigma_free(rules);
}

static void refuses(const char *pipeline, const char *item, const char *reason)
{
    char text[1024];
    snprintf(text, sizeof(text), RULE("{s: {%s}, condition: s}"), item);
    struct sigma_rules *rules = apply(pipeline, text);
    assert_int_equal(sigma_count(rules), 0);
    if (!strstr(sigma_refusal_at(rules, 0)->reason, reason))
        fail_msg("%s", sigma_refusal_at(rules, 0)->reason);
    sigma_free(rules);
}

#define MAPPING "- {type: field_name_mapping, mapping: {Image: exe, Two: [one, other]}}\n"

static void a_field_is_mapped_to_another(void **state)
{
    (void)state;
    gives(MAPPING, "Image|endswith: x, B: y", "(exe:*x & B:y)");
    gives(MAPPING, "A|fieldref: Image", "A>exe");
    gives("- {type: field_name_mapping, mapping: {null: message}}\n", "'|re': k", "message~k~");
}

static void a_field_that_is_mapped_to_several_matches_by_any(void **state)
{
    (void)state;
    gives(MAPPING, "Two|contains|all: [x, y]", "((one:*x* & one:*y*) | (other:*x* & other:*y*))");
    gives(MAPPING, "Two|neq: x", "(!one:x | !other:x)");
    gives(MAPPING, "A|fieldref: Two", "(A>one | A>other)");
}

static void keywords_that_get_a_field_still_stand_anywhere(void **state)
{
    (void)state;
    struct sigma_rules *rules = apply("- {type: field_name_mapping, mapping: {null: message}}\n",
                                      RULE("{s: [word, 'w*'], condition: s}"));
    assert_tree(rules, "(message:*word* | message:*w*)");
    sigma_free(rules);
}

static void prefixes_and_suffixes_change_names(void **state)
{
    (void)state;
    gives("- {type: field_name_prefix, prefix: win.}\n", "A: x", "win.A:x");
    gives("- {type: field_name_suffix, suffix: .k}\n", "A: x", "A.k:x");
    gives("- {type: field_name_prefix_mapping, mapping: {Parent: p., S: [a, b]}}\n",
          "ParentImage: x, Source: y", "(p.Image:x & (aource:y | bource:y))");
}

static void the_list_of_fields_is_mapped_too(void **state)
{
    (void)state;
    struct sigma_rules *rules = apply("- {type: field_name_mapping, mapping: {Image: [a, b]}}\n",
                                      RULE("{s: {A: x}, condition: s}"));
    const struct sigma_rule *rule = sigma_rule_at(rules, 0);
    assert_int_equal(rule->field_count, 3);
    assert_string_equal(rule->fields[0], "a");
    assert_string_equal(rule->fields[1], "b");
    assert_string_equal(rule->fields[2], "X");
    sigma_free(rules);
}

static void fields_can_be_added_removed_and_set(void **state)
{
    (void)state;
    struct sigma_rules *rules = apply("- {type: set_field, fields: [a, b, c]}\n"
                                      "- {type: remove_field, field: [b, z]}\n"
                                      "- {type: add_field, field: d}\n",
                                      RULE("{s: {A: x}, condition: s}"));
    const struct sigma_rule *rule = sigma_rule_at(rules, 0);
    assert_int_equal(rule->field_count, 3);
    assert_string_equal(rule->fields[1], "c");
    assert_string_equal(rule->fields[2], "d");
    sigma_free(rules);
}

static void items_are_dropped(void **state)
{
    (void)state;
    static const char drop[] = "- type: drop_detection_item\n  field_name_conditions:\n"
                               "    - {type: include_fields, fields: [B]}\n";
    gives(drop, "A: x, B: y", "A:x");
    refuses(drop, "B: y", "pipelines left nothing of the condition");
}

static void a_condition_is_added(void **state)
{
    (void)state;
    gives("- {type: add_condition, conditions: {C|contains: [x, y], D: 1}}\n", "A: a",
          "(((C:*x* | C:*y*) & D:1) & A:a)");
    gives("- {type: add_condition, conditions: {C: x}, negated: true}\n", "A: a", "(!C:x & A:a)");
    gives("- {type: add_condition, conditions: {C: '$product-${category}-$x'}, template: true}\n",
          "A: a", "(C:windows-process_creation-$x & A:a)");
}

static void the_log_source_is_changed(void **state)
{
    (void)state;
    struct sigma_rules *rules = apply("- {type: change_logsource, product: p, service: s}\n",
                                      RULE("{s: {A: x}, condition: s}"));
    const struct sigma_logsource *logsource = &sigma_rule_at(rules, 0)->logsource;
    assert_null(logsource->category);
    assert_string_equal(logsource->product, "p");
    assert_string_equal(logsource->service, "s");
    sigma_free(rules);
}

static void an_attribute_is_set(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        apply("- {type: set_custom_attribute, attribute: a, value: [x, y]}\n"
              "- {type: set_custom_attribute, attribute: own, value: new}\n",
              "own: old\n" RULE("{s: {A: x}, condition: s}"));
    const struct sigma_rule *rule = sigma_rule_at(rules, 0);
    assert_int_equal(rule->attribute_count, 2);
    assert_string_equal(rule->attributes[0].values[0], "new");
    assert_string_equal(rule->attributes[1].values[1], "y");
    sigma_free(rules);
}

static void strings_are_replaced(void **state)
{
    (void)state;
    gives("- {type: replace_string, regex: '^\\*\\\\', replacement: '*/'}\n", "A: '*\\cmd.exe'",
          "A:*/cmd.exe");
    gives("- {type: replace_string, regex: '(a)(?P<n>b)', replacement: '\\2\\g<n>\\g<1>'}\n",
          "A: xaby", "A:xbbay");
    gives("- {type: replace_string, regex: '\\.', replacement: '*'}\n", "A: a.b", "A:a*b");
    gives("- {type: replace_string, regex: 'x*', replacement: '-'}\n", "A: abxd", "A:-a-b--d-");
    gives("- {type: replace_string, regex: '6', replacement: '7'}\n", "A: 4688", "A:4788");
}

static void strings_are_replaced_between_wildcards(void **state)
{
    (void)state;
    static const char skip[] =
        "- {type: replace_string, regex: '[*?a]', replacement: '*', skip_special: true%s}\n";
    char pipeline[200];
    snprintf(pipeline, sizeof(pipeline), skip, "");
    gives(pipeline, "A: 'ba*\\*'", "A:b\\**\\*");
    snprintf(pipeline, sizeof(pipeline), skip, ", interpret_special: true");
    gives(pipeline, "A: 'ba*\\*c'", "A:b*c");
}

static void strings_are_mapped_and_several_match_by_any(void **state)
{
    (void)state;
    static const char map[] = "- {type: map_string, mapping: {x: 'y*', z: [p, q]}}\n";
    gives(map, "A: [x, z, w]", "(A:y* | (A:p | A:q) | A:w)");
    gives(map, "A|all: [x, z]", "(A:y* & (A:p | A:q))");
}

static void types_and_case_are_converted(void **state)
{
    (void)state;
    gives("- {type: convert_type, target_type: num}\n", "A: '5'", "A:5");
    refuses("- {type: convert_type, target_type: num}\n", "A: x", "x is no number");
    gives("- {type: convert_type, target_type: str}\n- {type: map_string, mapping: {'5': six}}\n",
          "A: 5", "A:six");
    gives("- {type: map_string, mapping: {'5': six}}\n", "A: 5", "A:5");
    gives("- {type: case, method: upper}\n", "A|cased: 'aB*c'", "A:=AB*C");
    gives("- {type: case}\n", "A|cased: aB", "A:=ab");
    gives("- {type: case, method: snake_case}\n", "A|cased: AbCd", "A:=ab_cd");
    gives("- {type: regex, method: plain}\n", "A: 'a*'", "A:=a*");
    gives("- {type: regex}\n", "A: 'a*'", "A:a*");
    gives("- {type: set_value, value: 5}\n", "A: [x, y]", "(A:5 | A:5)");
    gives("- {type: set_value, value: null}\n", "A: x", "A:null");
}

static void expanded_values_are_changed_inside(void **state)
{
    (void)state;
    gives("- {type: replace_string, regex: aHR0c, replacement: X}\n",
          "A|base64offset|contains: http", "(A:*X* | A:*h0dH* | A:*odHRw*)");
}

static void hashes_get_fields_of_their_own(void **state)
{
    (void)state;
    static const char hashes[] =
        "- {type: hashes_fields, valid_hash_algos: [MD5, IMPHASH], field_prefix: File}\n";
    gives(hashes, "Hashes|contains: ['MD5=0123', 'imphash=45', 'SHA1=67']",
          "(FileMD5:0123 | FileIMPHASH:45)");
    gives(hashes, "Hash: 0123456789abcdef0123456789abcdef",
          "FileMD5:0123456789abcdef0123456789abcdef");
    gives(hashes, "Other: 'MD5=0123'", "Other:MD5=0123");
    refuses(hashes, "Hashes: 'SHA1=67'", "no valid hash in Hashes");
}

static void failures_refuse_the_rule(void **state)
{
    (void)state;
    refuses("- {type: rule_failure, message: not for us}\n", "A: x", "pipeline: not for us");
    static const char item[] = "- type: detection_item_failure\n  message: no B\n"
                               "  field_name_conditions: [{type: include_fields, fields: [B]}]\n";
    gives(item, "A: x", "A:x");
    refuses(item, "A: x, B: y", "pipeline: no B");
}

static void placeholders_come_from_variables(void **state)
{
    (void)state;
    static const char values[] = "vars: {p: [x, 'y*'], q: z}\n"
                                 "transformations:\n- {type: value_placeholders%s}\n";
    char pipeline[200];
    snprintf(pipeline, sizeof(pipeline), values, "");
    gives(pipeline, "A|expand: 'a%p%'", "(A:ax | A:ay*)");
    gives(pipeline, "A|contains|all|expand: ['%p%', '%q%']", "((A:*x* | A:*y*) & A:*z*)");
    refuses(pipeline, "A|expand: '%r%'", "the placeholder %r% is not defined");
    snprintf(pipeline, sizeof(pipeline), values, ", include: [p]");
    refuses(pipeline, "A|expand: '%q%'", "the placeholder %q% is not defined");
    snprintf(pipeline, sizeof(pipeline), values, ", exclude: [p]");
    gives(pipeline, "A|expand: '%q%'", "A:z");
    gives("- {type: wildcard_placeholders}\n", "A|expand: 'a%p%b'", "A:a*b");
    gives("- {type: wildcard_placeholders}\n", "A|re|expand: 'a%p%b'", "A~a.*b~");
    refuses("- {type: query_expression_placeholders, expression: '{field}'}\n", "A|expand: '%p%'",
            "a query of another engine");
}

#define IF(conditions)        "- type: field_name_suffix\n  suffix: '!'\n  rule_conditions:\n" conditions
#define HOLDS(conditions)     gives(IF(conditions), "A: [x, '5', 5, true]", YES)
#define HOLDS_NOT(conditions) gives(IF(conditions), "A: [x, '5', 5, true]", NO)
#define YES                   "(A!:x | A!:5 | A!:5 | A!:true)"
#define NO                    "(A:x | A:5 | A:5 | A:true)"

static void rules_are_judged_by_their_log_source_and_contents(void **state)
{
    (void)state;
    HOLDS("    - {type: logsource, product: windows}\n");
    HOLDS("    - {type: logsource, product: windows, category: process_creation}\n");
    HOLDS_NOT("    - {type: logsource, product: windows, service: s}\n");
    HOLDS("    - {type: contains_field, field: A}\n");
    HOLDS_NOT("    - {type: contains_field, field: B}\n");
    HOLDS("    - {type: contains_detection_item, field: A, value: x}\n");
    HOLDS("    - {type: contains_detection_item, field: A, value: 5}\n");
    HOLDS("    - {type: contains_detection_item, field: A, value: true}\n");
    HOLDS_NOT("    - {type: contains_detection_item, field: A, value: 6}\n");
    HOLDS_NOT("    - {type: contains_detection_item, field: B, value: x}\n");
    HOLDS("    - {type: is_sigma_rule}\n");
    HOLDS_NOT("    - {type: is_sigma_correlation_rule}\n");
    HOLDS("    - {type: tag, tag: attack.t1047}\n");
    HOLDS_NOT("    - {type: tag, tag: attack.t1048}\n");
}

static void rules_are_judged_by_their_attributes(void **state)
{
    (void)state;
    HOLDS("    - {type: rule_attribute, attribute: level, value: medium, op: gte}\n");
    HOLDS_NOT("    - {type: rule_attribute, attribute: level, value: high, op: lt}\n");
    HOLDS("    - {type: rule_attribute, attribute: status, value: experimental}\n");
    HOLDS_NOT("    - {type: rule_attribute, attribute: status, value: test, op: gte}\n");
    HOLDS("    - {type: rule_attribute, attribute: title, value: t}\n");
    HOLDS("    - {type: rule_attribute, attribute: title, value: u, op: ne}\n");
    HOLDS("    - {type: rule_attribute, attribute: tags, value: attack.t1047, op: in}\n");
    HOLDS_NOT("    - {type: rule_attribute, attribute: tags, value: attack.t1047, op: not_in}\n");
    HOLDS_NOT("    - {type: rule_attribute, attribute: date, value: '2024-01-01', op: gt}\n");
    HOLDS_NOT("    - {type: rule_attribute, attribute: none, value: x, op: ne}\n");
}

static void conditions_are_linked_and_negated(void **state)
{
    (void)state;
#define TRUE_  "    - {type: is_sigma_rule}\n"
#define FALSE_ "    - {type: is_sigma_correlation_rule}\n"
    HOLDS_NOT(TRUE_ FALSE_);
    HOLDS(TRUE_ FALSE_ "  rule_cond_op: or\n");
    HOLDS(TRUE_ FALSE_ "  rule_cond_not: true\n");
    HOLDS_NOT(TRUE_ "  rule_cond_not: true\n");
    HOLDS("    a: {type: is_sigma_rule}\n    b: {type: is_sigma_correlation_rule}\n"
          "  rule_cond_expr: a and not b\n");
    HOLDS_NOT("    a: {type: is_sigma_rule}\n    b: {type: is_sigma_correlation_rule}\n"
              "  rule_cond_expr: not (a or b)\n");
}

static void items_are_judged_by_their_values(void **state)
{
    (void)state;
#define ITEM(condition) \
    "- type: field_name_suffix\n  suffix: '!'\n  detection_item_conditions:\n    - " condition "\n"
    gives(ITEM("{type: match_string, cond: any, pattern: 'x'}"), "A: [xy, z]", "(A!:xy | A!:z)");
    gives(ITEM("{type: match_string, cond: all, pattern: 'x'}"), "A: [xy, z]", "(A:xy | A:z)");
    gives(ITEM("{type: match_string, cond: all, pattern: 'y'}"), "A: xy", "A:xy");
    gives(ITEM("{type: match_string, cond: all, pattern: '\\*x\\\\\\*$'}"), "A: '*x\\*'",
          "A!:*x\\*");
    gives(ITEM("{type: match_string, cond: any, pattern: x, negate: true}"), "A: x", "A:x");
    gives(ITEM("{type: match_value, cond: any, value: 5}"), "A: 5, B: '5'", "(A!:5 & B:5)");
    gives(ITEM("{type: contains_wildcard, cond: any}"), "A: 'x*', B: 'x\\*'", "(A!:x* & B:x\\*)");
    gives(ITEM("{type: is_null, cond: any}"), "A: null, B: x", "(A!:null & B:x)");
}

static void field_names_are_included_and_excluded(void **state)
{
    (void)state;
#define FIELD(condition) \
    "- type: field_name_suffix\n  suffix: '!'\n  field_name_conditions:\n    - " condition "\n"
    gives(FIELD("{type: include_fields, fields: [A, C]}"), "A: x, B: y", "(A!:x & B:y)");
    gives(FIELD("{type: exclude_fields, fields: A}"), "A: x, B: y", "(A:x & B!:y)");
    gives(FIELD("{type: include_fields, fields: ['A.*'], mode: re}"), "Ab: x, BA: y",
          "(Ab!:x & BA:y)");
}

static void what_was_applied_and_set_is_known_later(void **state)
{
    (void)state;
    gives("- id: one\n  type: field_name_mapping\n  mapping: {A: M}\n"
          "- type: field_name_suffix\n  suffix: '!'\n  detection_item_conditions:\n"
          "    - {type: processing_item_applied, processing_item_id: one}\n",
          "A: x, B: y", "(M!:x & B:y)");
    gives("- id: one\n  type: set_state\n  key: k\n  val: 7\n"
          "- type: field_name_suffix\n  suffix: '!'\n  rule_conditions:\n"
          "    - {type: processing_item_applied, processing_item_id: one}\n"
          "    - {type: processing_state, key: k, val: 5, op: gt}\n",
          "A: x", "A!:x");
    gives(IF("    - {type: processing_item_applied, processing_item_id: none}\n"
             "    - {type: processing_state, key: k, val: 5}\n  rule_cond_op: or\n"),
          "A: x", "A:x");
    gives("- id: one\n  type: field_name_mapping\n  mapping: {A: M}\n"
          "- type: field_name_suffix\n  suffix: '!'\n  field_name_conditions:\n"
          "    - {type: processing_item_applied, processing_item_id: one}\n",
          "A: x, B: y", "(M!:x & B:y)");
}

static void transformations_nest(void **state)
{
    (void)state;
    gives("- type: nest\n  items:\n    - {type: field_name_prefix, prefix: p.}\n"
          "    - {type: field_name_suffix, suffix: .s}\n",
          "A: x", "p.A.s:x");
    gives("- type: nest\n  items: [{type: field_name_prefix, prefix: p.}]\n"
          "  rule_conditions: [{type: logsource, product: linux}]\n",
          "A: x", "A:x");
}

static void pipelines_go_by_priority(void **state)
{
    (void)state;
    static const char *const pipelines[] = {
        "priority: 20\ntransformations: [{type: field_name_suffix, suffix: '2'}]\n",
        "priority: 10\nname: n\ntransformations: [{type: field_name_suffix, suffix: '1'}]\n",
        "transformations: [{type: field_name_suffix, suffix: '0'}]\n",
    };
    struct sigma_rules *rules = apply_all(pipelines, 3, RULE("{s: {A: x}, condition: s}"));
    assert_tree(rules, "A012:x");
    sigma_free(rules);
}

static void correlations_have_their_fields_mapped(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        apply("- {type: field_name_mapping, mapping: {User: user.name, IP: ip, V: value}}\n",
              "title: c\ncorrelation:\n  type: value_count\n  rules: [b]\n  timespan: 1m\n"
              "  group-by: [User, al]\n  aliases: {al: {b: IP}}\n  condition: {field: V, gte: 2}\n"
              "---\nname: b\n" RULE("{s: {User: x}, condition: s}"));
    const struct sigma_correlation *correlation = sigma_rule_at(rules, 0)->correlation;
    assert_string_equal(correlation->group_by[0], "user.name");
    assert_string_equal(correlation->group_by[1], "al");
    assert_string_equal(correlation->aliases[0].fields[0], "ip");
    assert_string_equal(correlation->condition_fields[0], "value");
    sigma_free(rules);
}

static void a_correlation_is_of_the_log_source_of_its_rules(void **state)
{
    (void)state;
    struct sigma_rules *rules =
        apply("- type: rule_failure\n  message: m\n  rule_conditions:\n"
              "    - {type: logsource, product: windows}\n"
              "    - {type: is_sigma_correlation_rule}\n",
              "title: c\ncorrelation: {type: temporal, rules: [b], timespan: 1m}\n"
              "---\nname: b\n" RULE("{s: {User: x}, condition: s}"));
    assert_int_equal(sigma_count(rules), 1);
    assert_int_equal(sigma_refusal_count(rules), 1);
    assert_string_equal(sigma_refusal_at(rules, 0)->reason, "pipeline: m");
    assert_false(sigma_rule_at(rules, 0)->is_silent);
    sigma_free(rules);
}

static void a_filter_goes_through_the_pipeline_with_its_rule(void **state)
{
    (void)state;
    struct sigma_rules *rules = apply(
        "- {type: field_name_suffix, suffix: '!'}\n",
        RULE("{s: {A: x}, condition: s}") "---\ntitle: f\nlogsource: {product: windows}\n"
                                          "filter: {rules: any, s: {B: y}, condition: not s}\n");
    assert_tree(rules, "(A!:x & !B!:y)");
    sigma_free(rules);
}

static void a_wrong_pipeline_is_a_fault_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *reason;
    } wrong[] = {
        {"- a\n", 1, "a pipeline must be a map"},
        {"name: n\ntransformation: []\n", 2, "there is no key transformation"},
        {"transformations:\n- {type: shuffle}\n", 2, "there is no transformation shuffle"},
        {"transformations:\n- {mapping: {}}\n", 2, "a map with a type"},
        {"transformations:\n- {type: field_name_mapping}\n", 2, "there must be mapping"},
        {"transformations:\n- {type: field_name_mapping, mapping: []}\n", 2, "of the wrong kind"},
        {"transformations:\n- {type: field_name_mapping, mapping: {a: {b: c}}}\n", 2,
         "neither a text nor a list of texts: a"},
        {"transformations:\n- {type: field_name_prefix, prefix: p, suffix: s}\n", 2,
         "there is no parameter suffix"},
        {"transformations:\n- {type: replace_string, regex: '(', replacement: x}\n", 2,
         "not a regular expression"},
        {"transformations:\n- {type: case, method: middle}\n", 2, "unknown word for method"},
        {"transformations:\n- {type: change_logsource}\n", 2, "category, product or service"},
        {"transformations:\n- {type: value_placeholders, include: a, exclude: b}\n", 2,
         "exclude each other"},
        {"transformations:\n- type: set_state\n  key: k\n  val: 1\n  rule_conditions:\n"
         "    - {type: mood}\n",
         6, "there is no condition mood"},
        {"transformations:\n- type: set_state\n  key: k\n  val: 1\n  rule_conditions:\n"
         "    - {type: logsource}\n",
         6, "category, product or service"},
        {"transformations:\n- type: set_state\n  key: k\n  val: 1\n  rule_cond_op: xor\n", 5,
         "neither `and` nor `or`"},
        {"transformations:\n- type: set_state\n  key: k\n  val: 1\n  rule_conditions:\n"
         "    a: {type: is_sigma_rule}\n    b: {type: is_sigma_rule}\n  rule_cond_expr: a\n",
         8, "must use every named condition"},
        {"transformations:\n- type: set_state\n  key: k\n  val: 1\n  rule_conditions:\n"
         "    a: {type: is_sigma_rule}\n  rule_cond_expr: a and c\n",
         7, "there is no c"},
        {"postprocessing:\n- {type: embed, prefix: x}\n", 1, "works on queries"},
        {"finalizers:\n- {type: concat}\n", 1, "works on queries"},
        {"priority: high\n", 1, "must be a number: priority"},
        {"vars: [a]\n", 1, "a map is expected: vars"},
        {"transformations: [\n", 2, "not YAML"},
    };
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        char *path = lab_write(wrong[i].text);
        const char *const paths[] = {path};
        const struct sigma_options options = {.pipeline_files = paths, .pipeline_count = 1};
        struct sigma_rules *rules;
        struct fault fault = {0};
        assert_int_equal(sigma_new(&options, &rules, &fault), STATUS_INVALID);
        if (fault.offset != wrong[i].line || !strstr(fault.reason, wrong[i].reason) ||
            !strstr(fault.reason, path))
            fail_msg("%u: %u: %s", i, (unsigned)fault.offset, fault.reason);
        lab_remove(path);
    }
}

static void every_prefix_of_a_pipeline_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "vars: {p: [x]}\npriority: 1\ntransformations:\n"
        "- {id: i, type: replace_string, regex: '(a)', replacement: '\\1'}\n"
        "- type: nest\n  items: [{type: field_name_mapping, mapping: {A: [b, c]}}]\n"
        "  rule_conditions: {a: {type: tag, tag: t}, b: {type: is_sigma_rule}}\n"
        "  rule_cond_expr: a or not b\n"
        "- {type: value_placeholders, detection_item_conditions: [{type: is_null, cond: all}]}\n";
    for (size_t length = 0; length < sizeof(text); length++) {
        char *prefix = strndup(text, length);
        char *path = lab_write(prefix);
        const char *const paths[] = {path};
        const struct sigma_options options = {.pipeline_files = paths, .pipeline_count = 1};
        struct sigma_rules *rules = NULL;
        struct fault fault = {0};
        if (sigma_new(&options, &rules, &fault) != STATUS_OK)
            assert_true(strlen(fault.reason) > 0);
        sigma_free(rules);
        lab_remove(path);
        free(prefix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_mapped_to_another),
        cmocka_unit_test(a_field_that_is_mapped_to_several_matches_by_any),
        cmocka_unit_test(keywords_that_get_a_field_still_stand_anywhere),
        cmocka_unit_test(prefixes_and_suffixes_change_names),
        cmocka_unit_test(the_list_of_fields_is_mapped_too),
        cmocka_unit_test(fields_can_be_added_removed_and_set),
        cmocka_unit_test(items_are_dropped),
        cmocka_unit_test(a_condition_is_added),
        cmocka_unit_test(the_log_source_is_changed),
        cmocka_unit_test(an_attribute_is_set),
        cmocka_unit_test(strings_are_replaced),
        cmocka_unit_test(strings_are_replaced_between_wildcards),
        cmocka_unit_test(strings_are_mapped_and_several_match_by_any),
        cmocka_unit_test(types_and_case_are_converted),
        cmocka_unit_test(expanded_values_are_changed_inside),
        cmocka_unit_test(hashes_get_fields_of_their_own),
        cmocka_unit_test(failures_refuse_the_rule),
        cmocka_unit_test(placeholders_come_from_variables),
        cmocka_unit_test(rules_are_judged_by_their_log_source_and_contents),
        cmocka_unit_test(rules_are_judged_by_their_attributes),
        cmocka_unit_test(conditions_are_linked_and_negated),
        cmocka_unit_test(items_are_judged_by_their_values),
        cmocka_unit_test(field_names_are_included_and_excluded),
        cmocka_unit_test(what_was_applied_and_set_is_known_later),
        cmocka_unit_test(transformations_nest),
        cmocka_unit_test(pipelines_go_by_priority),
        cmocka_unit_test(correlations_have_their_fields_mapped),
        cmocka_unit_test(a_correlation_is_of_the_log_source_of_its_rules),
        cmocka_unit_test(a_filter_goes_through_the_pipeline_with_its_rule),
        cmocka_unit_test(a_wrong_pipeline_is_a_fault_with_its_line),
        cmocka_unit_test(every_prefix_of_a_pipeline_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

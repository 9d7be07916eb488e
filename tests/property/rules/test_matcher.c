/* Random rules on random events: the matcher must agree with the oracle, also after a round trip
 * through the compiled form. Every set of rules has a seed of its own; a failure names it, and
 * `test_matcher SEED` runs that one alone. */
#include "../../unit/rules/fake.h"
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

#define SETS   400U
#define RULES  24U
#define EVENTS 60U

struct random {
    uint64_t state;
};

static uint32_t below(struct random *random, uint32_t limit)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (uint32_t)((random->state >> 32) * limit >> 32);
}

static bool one_in(struct random *random, uint32_t limit)
{
    return below(random, limit) == 0;
}

#define PICK(random, array) ((array)[below(random, (uint32_t)COUNT_OF(array))])

/* The event's names; some rules say them without blanks, or by names that are translated. */
static const char *const event_fields[] = {
    "Image", "CommandLine", "NewProcessName", "Threat Name", "ThreatName",    "User", "Port",
    "Time",  "Address",     "Channel",        "EventID",     "Provider_Name", "Note", "Note",
};
static const char *const rule_fields[] = {
    "Image",         "CommandLine", "NewProcessName", "ThreatName", "Threat Name",
    "User",          "Port",        "Time",           "Address",    "EventID",
    "Provider_Name", "Note",        "Process",        "Missing",    "Channel",
};
static const char *const services[] = {"one", "two", "three", "four", "unknown"};
static const char *const channels[] = {"Alpha", "Beta/Operational", "beta/analytic",
                                       ("\xC3\x89"
                                        "psilon")};
static const char *const fragments[] = {
    "cmd",
    ".exe",
    "\\",
    "\\\\",
    "power",
    "shell",
    "POWER",
    "Shell",
    "a",
    "A",
    "aa",
    "ab",
    "abab",
    "-",
    " ",
    "  ",
    "/c",
    "c:\\windows\\",
    "system32",
    "\xC3\xA9",
    "\xC3\x89",
    "\xC3\x9F",
    "\xE2\x84\xAA",
    "k",
    "K",
    "s",
    "\xC5\xBF",
    "\xC4\xB0",
    "i",
    "0",
    "1",
    "10",
    "0x1f",
    "255",
    "\xF0\x9F\x98\x80",
    "\xE2\x80\xAE",
    "*",
    "?",
    "rundll32",
    "comsvcs",
    "MiniDump",
    "xyz",
    "",
    "\xCE\xA3",
    "\xCF\x83",
    "\xCF\x82",
    "long enough to be rare",
    "10.1.2.3",
    "::1",
    "the quick",
};
static const char *const invalid_fragments[] = {"\xFF", "\xC3", "\xA9", "\xE2\x82"};
static const char *const expressions[] = {
    "cmd",
    "a+b",
    "(?i)power.*shell",
    "^c:\\\\windows",
    "\\.exe$",
    "(abab|xyz)+",
    "[0-9]{2,}",
    "(?i)SYSTEM",
    "\\s-",
    "mini(?=dump)",
    "(?:cmd|power)\\s*shell",
    "k",
    "(?i)k",
    "(?i)s",
    "rundll32.*comsvcs",
    "(a|b)*c?",
    ".",
    "^$",
    "long (enough|short) to",
    "\\\\\\\\",
    "(?i)\xC3\xA9",
    "x{0}cmd",
    "(power)?shell",
    "[p]ower[s]?hell",
    "a|",
    "((aa)|(?i:xyz))-?",
    "\\x63md",
    "\\Qa.b\\E",
    "power(?#note)shell",
    "(?x) a b # c",
    "ab+c",
    "(ab)+a",
    "a{2}b*",
    "\\-.*\\-",
    "a.*b.*a",
    "(?i)a+A",
    "ab+b",
    "(?=cmd)cmd",
    "[a]b+?a",
    "comsvcs(?<!x)",
    "(?>a.*)b",
    "a.{1,3}b$",
    "^.*a",
    "(.+)\\\\.*exe",
    "a.*+b",
    "[.]*x",
    "\\..*1",
    "(cmd){2}",
    "\\bcmd\\b",
    "\\w+32",
};
static const char *const networks[] = {"10.0.0.0/8",    "10.1.2.3/32", "::1/128",
                                       "fe80::/10",     "0.0.0.0/0",   "::ffff:10.1.0.0/112",
                                       "192.168.1.0/25"};

static const char *random_text(struct fake *fake, struct random *random, bool may_be_invalid)
{
    char *text = fake_take(fake, 1024, 1);
    /* Long values are remembered by the matcher, so a third is long. */
    const uint32_t count = one_in(random, 3) ? 12 + below(random, 12) : below(random, 6);
    for (uint32_t i = 0; i < count; i++)
        strcat(text, may_be_invalid && one_in(random, 20) ? PICK(random, invalid_fragments)
                                                          : PICK(random, fragments));
    return text;
}

static const char *random_pattern(struct fake *fake, struct random *random)
{
    static const char *const between[] = {"", "", "", "*", "?", "**", "*?", "??", "?*"};
    char *pattern = fake_take(fake, 1024, 1);
    const uint32_t count = below(random, 4);
    strcat(pattern, one_in(random, 2) ? "*" : "");
    for (uint32_t i = 0; i < count; i++) {
        const char *fragment = PICK(random, fragments);
        char *at = pattern + strlen(pattern);
        for (; *fragment; fragment++) {
            if (strchr("*?\\", *fragment))
                *at++ = '\\';
            *at++ = *fragment;
        }
        *at = 0;
        strcat(pattern, PICK(random, between));
    }
    strcat(pattern, one_in(random, 2) ? "*" : "");
    return pattern;
}

static const char *random_field(struct random *random)
{
    return one_in(random, 15) ? NULL : PICK(random, rule_fields);
}

static void random_number_test(struct random *random, struct sigma_test *test)
{
    test->kind = SIGMA_COMPARE;
    test->compare = (enum sigma_compare)below(random, 6);
    test->number = below(random, 300);
}

static void random_time_test(struct random *random, struct sigma_test *test)
{
    static const uint32_t limits[] = {60, 24, 32, 54, 13, 3};
    test->kind = SIGMA_TIMEPART;
    test->field = "Time";
    test->part = (enum sigma_part)below(random, 6);
    test->compare = (enum sigma_compare)below(random, 6);
    test->number = below(random, limits[test->part]) + (test->part == SIGMA_YEAR ? 2020.0 : 0);
}

static void random_fieldref(struct random *random, struct sigma_test *test)
{
    test->kind = SIGMA_FIELDREF;
    test->field = PICK(random, rule_fields);
    test->compare_text = (enum sigma_compare_text)below(random, 4);
    test->text = bytes_of_text(PICK(random, rule_fields));
    test->is_cased = one_in(random, 3);
}

static const struct sigma_node *random_leaf(struct fake *fake, struct random *random)
{
    struct sigma_test test = {.field = random_field(random)};
    switch (below(random, 16)) {
    case 0:
        test.kind = SIGMA_REGEX;
        test.text = bytes_of_text(PICK(random, expressions));
        test.regex_flags = (uint8_t)below(random, 8);
        break;
    case 1:
        test.kind = SIGMA_CIDR;
        test.text = bytes_of_text(PICK(random, networks));
        test.field = "Address";
        break;
    case 2:
        random_number_test(random, &test);
        break;
    case 3:
        test.kind = SIGMA_EXISTS;
        test.wanted = one_in(random, 2);
        test.field = PICK(random, rule_fields);
        break;
    case 4:
        test.kind = SIGMA_NULL;
        test.field = PICK(random, rule_fields);
        break;
    case 5:
        random_fieldref(random, &test);
        break;
    case 6:
        random_time_test(random, &test);
        break;
    case 7:
        test.kind = SIGMA_TRUE;
        test.wanted = one_in(random, 2);
        break;
    case 8:
        fake_pattern(fake, one_in(random, 2) ? "1" : "2", &test);
        test.field = "EventID";
        break;
    default:
        test.is_cased = one_in(random, 4);
        fake_pattern(fake, random_pattern(fake, random), &test);
        break;
    }
    return fake_leaf(fake, &test);
}

static const struct sigma_node *random_tree(struct fake *fake, struct random *random,
                                            uint32_t depth)
{
    if (depth == 0 || one_in(random, 4))
        return random_leaf(fake, random);
    const struct sigma_node *children[6];
    const uint32_t count = below(random, 5) + 1;
    for (uint32_t i = 0; i < count; i++)
        children[i] = random_tree(fake, random, depth - 1);
    const uint32_t kind = below(random, 7);
    if (kind == 0)
        return fake_not(fake, children[0]);
    return fake_node(fake, kind < 4 ? SIGMA_AND : SIGMA_OR, children, count);
}

static void random_alternative(struct fake *fake, struct random *random, const char *service)
{
    static const char *const discriminators[] = {"Channel", "Channel", "EventID", "Provider_Name"};
    static const char *const channel_values[] = {"alpha", "BETA*", "Beta/Operational", "*",
                                                 "\xC3\xA9psilon"};
    static const char *const other_values[] = {"1", "2", "A", "a*", "10"};
    struct logsource_condition *conditions = fake_take(fake, 3, sizeof(*conditions));
    struct logsource_translation *pairs = fake_take(fake, 3, sizeof(*pairs));
    const uint32_t condition_count = below(random, 3), pair_count = below(random, 4);
    for (uint32_t i = 0; i < condition_count; i++) {
        const char **values = fake_take(fake, 2, sizeof(*values));
        conditions[i].field = PICK(random, discriminators);
        conditions[i].count = below(random, 2) + 1;
        conditions[i].values = values;
        for (uint32_t j = 0; j < conditions[i].count; j++)
            values[j] = strcmp(conditions[i].field, "Channel") == 0 ? PICK(random, channel_values)
                                                                    : PICK(random, other_values);
    }
    for (uint32_t i = 0; i < pair_count; i++) {
        /* No field is translated twice. */
        static const char *const from[] = {"Image", "Process", "EventID"};
        struct logsource_value *words = fake_take(fake, 3, sizeof(*words));
        pairs[i] = (struct logsource_translation){from[i], PICK(random, event_fields), words,
                                                  below(random, 4)};
        for (uint32_t j = 0; j < pairs[i].value_count; j++)
            words[j].rule_value = PICK(random, fragments);
        for (uint32_t j = 0; j < pairs[i].value_count; j++)
            words[j].event_value = PICK(random, fragments);
    }
    const struct logsource_alternative alternative = {conditions, condition_count, pairs,
                                                      pair_count, NULL};
    fake_alternative(fake, service, &alternative);
}

static struct value random_scalar(struct fake *fake, struct random *random)
{
    struct value value = {0};
    uint8_t *bytes = fake_take(fake, 64, 1);
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)below(random, one_in(random, 2) ? 256 : 3);
    switch (below(random, 20)) {
    case 0:
        return (struct value){.type = VALUE_NULL};
    case 1:
        return (struct value){.type = VALUE_UINT, .width = 4, .number = below(random, 300)};
    case 2:
        return (struct value){.type = VALUE_INT, .width = 4, .integer = -(int64_t)below(random, 9)};
    case 3:
        return (struct value){.type = VALUE_HEX, .width = 4, .number = below(random, 300)};
    case 4:
        return (struct value){.type = VALUE_BOOL, .width = 1, .number = below(random, 2)};
    case 5:
        return (struct value){.type = VALUE_GUID, .length = 16, .data = bytes};
    case 6:
        return (struct value){.type = VALUE_BINARY, .length = below(random, 9), .data = bytes};
    case 7:
        return (struct value){.type = VALUE_REAL, .width = 8, .real = below(random, 90) / 4.0};
    case 8:
        return fake_utf16(fake, PICK(random, channels));
    default:
        value = fake_utf8(random_text(fake, random, true));
        return value;
    }
}

static struct value random_value(struct fake *fake, struct random *random, const char *field)
{
    static const char *const addresses[] = {"10.1.2.3",        "10.200.0.1",   "::1", "fe80::12",
                                            "::ffff:10.1.9.9", "192.168.1.77", "-",   "10.1.2"};
    if (strcmp(field, "Address") == 0 && !one_in(random, 4))
        return fake_utf8(PICK(random, addresses));
    if (strcmp(field, "Time") == 0 && !one_in(random, 4))
        return (struct value){.type = VALUE_INSTANT,
                              .width = 7,
                              .integer = 1577836800 + (int64_t)below(random, 3U * 366 * 86400)};
    if (strcmp(field, "EventID") == 0 && !one_in(random, 4))
        return (struct value){.type = VALUE_UINT, .width = 2, .number = below(random, 3)};
    if (one_in(random, 12)) {
        struct value *items = fake_take(fake, 4, sizeof(*items));
        const uint32_t count = below(random, 4);
        for (uint32_t i = 0; i < count; i++)
            items[i] = random_scalar(fake, random);
        return (struct value){.type = VALUE_LIST, .length = count, .items = items};
    }
    return random_scalar(fake, random);
}

static struct event random_event(struct fake *fake, struct random *random)
{
    const char *names[32];
    struct value *values = fake_take(fake, 32, sizeof(*values));
    uint32_t count = 0;
    for (size_t i = 0; i < COUNT_OF(event_fields); i++) {
        if (one_in(random, 3))
            continue;
        names[count] = event_fields[i];
        if (strcmp(names[count], "Channel") == 0)
            values[count] = one_in(random, 2) ? fake_utf8(PICK(random, channels))
                                              : fake_utf16(fake, channels[below(random, 3)]);
        else if (!one_in(random, 10))
            values[count] = random_value(fake, random, names[count]);
        count++;
    }
    return fake_event_of(fake, names, values, count, !one_in(random, 3));
}

static uint32_t disagreements(struct fake *fake, struct matcher *matcher, struct event *event,
                              uint64_t seed, uint32_t number)
{
    const uint32_t *fired;
    const uint32_t count = matcher_run(matcher, event, &fired);
    uint32_t wrong = 0, next = 0;
    for (uint32_t rule = 0; rule < fake->rules.count; rule++) {
        const bool did_fire = next < count && fired[next] == rule;
        next += did_fire;
        if (did_fire == oracle_fires(&fake->rules.rules[rule], &fake->sources, event, fake->fields))
            continue;
        struct buffer why = {0};
        matcher_explain(matcher, event, rule, &why);
        fprintf(stderr, "seed %llu, event %u, rule %u: the matcher says %s\n%.*s\n",
                (unsigned long long)seed, number, rule, did_fire ? "yes" : "no", (int)why.length,
                (const char *)why.data);
        buffer_release(&why);
        wrong++;
    }
    if (next != count) {
        fprintf(stderr, "seed %llu: the fired rules are not ascending\n", (unsigned long long)seed);
        wrong++;
    }
    return wrong;
}

static struct ruleset *through_image(struct ruleset *ruleset, struct names *fields)
{
    struct buffer image = {0};
    struct ruleset *again = NULL;
    struct fault fault;
    if (ruleset_write(ruleset, 42, &image, &fault) != STATUS_OK ||
        ruleset_read(image.data, image.length, 42, fields, &again, &fault) != STATUS_OK)
        fprintf(stderr, "the round trip failed: %s\n", fault.reason);
    ruleset_free(ruleset);
    return again;
}

static uint32_t run_set(uint64_t seed, uint64_t *fired)
{
    struct random random = {seed * 0x9E3779B97F4A7C15U + 1};
    struct fake *fake = fake_new();
    uint32_t wrong = 0;
    for (unsigned i = 0; i < 20; i++)
        below(&random, 2);
    for (size_t i = 0; i + 1 < COUNT_OF(services); i++)
        for (uint32_t j = below(&random, 2) + 1; j > 0; j--)
            random_alternative(fake, &random, services[i]);
    for (unsigned i = 0; i < RULES; i++) {
        const char *service = PICK(&random, services);
        fake_rule(fake, service, random_tree(fake, &random, 4));
    }
    struct ruleset *ruleset = fake_compile(fake);
    if (one_in(&random, 2))
        ruleset = through_image(ruleset, fake->fields);
    struct matcher *matcher = ruleset ? matcher_new(ruleset) : NULL;
    if (!matcher || ruleset_count(ruleset) != fake->rules.count)
        wrong++;
    for (uint32_t i = 0; i < EVENTS && wrong == 0; i++) {
        struct event event = random_event(fake, &random);
        /* Twice: the second time all that was remembered of the first counts. */
        wrong += disagreements(fake, matcher, &event, seed, i);
        event_begin(&event);
        wrong += disagreements(fake, matcher, &event, seed, i);
        const uint32_t *again;
        *fired += matcher_run(matcher, &event, &again);
    }
    matcher_free(matcher);
    ruleset_free(ruleset);
    fake_release(fake);
    return wrong;
}

int main(int argc, char **argv)
{
    const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    const uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : SETS;
    uint64_t fired = 0;
    uint32_t wrong = 0;
    for (uint64_t seed = first; seed < first + count && wrong == 0; seed++)
        wrong += run_set(seed, &fired);
    printf("%llu sets of %u rules on %u events: %llu hits, %u disagreements\n",
           (unsigned long long)count, RULES, EVENTS, (unsigned long long)fired, wrong);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

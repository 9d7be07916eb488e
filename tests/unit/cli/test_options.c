#include "cli/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct shared {
    bool quiet;
    const char *level;
};

struct arguments {
    struct text_list words, rules;
    struct shared shared;
    const char *output;
    unsigned threads;
    bool strict;
};

static const struct option shared_options[] = {
    {"quiet", 'q', NULL, OPTION_FLAG, offsetof(struct shared, quiet), NULL, "h"},
    {"level", 'm', "LEVEL", OPTION_TEXT, offsetof(struct shared, level), "low|high|highest", "h"},
    {0},
};

#define AT(member) offsetof(struct arguments, member)

static const struct option own_options[] = {
    {"rules", 'r', "DIR", OPTION_LIST, AT(rules), NULL, "h"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "h"},
    {"threads", 0, "N", OPTION_NUMBER, AT(threads), NULL, "h"},
    {"strict", 's', NULL, OPTION_FLAG, AT(strict), NULL, "h"},
    {0},
};

static const struct option_group groups[] = {
    {"Shared", shared_options, AT(shared)}, {"Own", own_options, 0}, {0}};

static const struct command command = {.name = "try it",
                                       .arguments = "PATH…",
                                       .help = "h",
                                       .groups = groups,
                                       .size = sizeof(struct arguments),
                                       .positional = AT(words)};

static const struct command bare = {
    .name = "bare", .help = "h", .groups = groups, .size = sizeof(struct arguments)};

#define WORDS_MAX 8

static enum status parse(const struct command *which, struct arguments *arguments,
                         struct fault *fault, const char *const *words)
{
    char *copies[WORDS_MAX];
    int count = 0;
    *arguments = (struct arguments){0};
    for (; words[count]; count++)
        copies[count] = (char *)(uintptr_t)words[count];
    return options_parse(which, count, copies, arguments, fault);
}

#define PARSE(arguments, ...) \
    parse(&command, arguments, NULL, (const char *const[]){__VA_ARGS__, NULL})

static void options_go_where_their_group_keeps_them(void **state)
{
    struct arguments arguments;
    (void)state;
    assert_int_equal(PARSE(&arguments, "-q", "--level", "high", "--threads=7", "a", "-o", "x", "b"),
                     STATUS_OK);
    assert_true(arguments.shared.quiet);
    assert_string_equal(arguments.shared.level, "high");
    assert_int_equal(arguments.threads, 7);
    assert_string_equal(arguments.output, "x");
    assert_int_equal(arguments.words.count, 2);
    assert_string_equal(arguments.words.items[1], "b");
    options_release(&command, &arguments);
}

static void letters_stand_together_and_take_what_follows(void **state)
{
    struct arguments arguments;
    (void)state;
    assert_int_equal(PARSE(&arguments, "-qsmlow", "-rone", "-r", "two", "--rules=three"),
                     STATUS_OK);
    assert_true(arguments.shared.quiet && arguments.strict);
    assert_string_equal(arguments.shared.level, "low");
    assert_int_equal(arguments.rules.count, 3);
    assert_string_equal(arguments.rules.items[2], "three");
    options_release(&command, &arguments);
}

static void two_dashes_end_the_options_and_one_is_a_word(void **state)
{
    struct arguments arguments;
    (void)state;
    assert_int_equal(PARSE(&arguments, "-", "--", "-q", "--strict"), STATUS_OK);
    assert_false(arguments.shared.quiet || arguments.strict);
    assert_int_equal(arguments.words.count, 3);
    assert_string_equal(arguments.words.items[0], "-");
    options_release(&command, &arguments);
}

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *words[4];
        const char *reason;
    } cases[] = {
        {{"--nothing"}, "no option --nothing; see `impound try it --help`"},
        {{"--level", "lo"}, "--level takes low|high|highest, not `lo`"},
        {{"--level="}, "--level takes low|high|highest, not ``"},
        {{"--level"}, "--level needs a value"},
        {{"-m"}, "--level needs a value"},
        {{"--quiet=yes"}, "--quiet takes no value"},
        {{"-qx"}, "no option -x; see `impound try it --help`"},
        {{"--threads", "-1"}, "--threads takes a number, not `-1`"},
        {{"--threads", "4294967296"}, "--threads takes a number, not `4294967296`"},
        {{"--threads", "4x"}, "--threads takes a number, not `4x`"},
        {{"--qui"}, "no option --qui; see `impound try it --help`"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arguments arguments;
        struct fault fault = {0};
        assert_int_equal(parse(&command, &arguments, &fault, cases[i].words), STATUS_INVALID);
        assert_string_equal(fault.reason, cases[i].reason);
        options_release(&command, &arguments);
    }
}

static void a_command_without_arguments_takes_none(void **state)
{
    struct arguments arguments;
    struct fault fault = {0};
    (void)state;
    assert_int_equal(parse(&bare, &arguments, &fault, (const char *const[]){"x", NULL}),
                     STATUS_INVALID);
    assert_string_equal(fault.reason, "impound bare takes no arguments");
    options_release(&bare, &arguments);
}

static void help_comes_before_everything_behind_it(void **state)
{
    struct arguments arguments;
    (void)state;
    assert_int_equal(PARSE(&arguments, "--help", "--nothing"), STATUS_END);
    options_release(&command, &arguments);
    assert_int_equal(PARSE(&arguments, "-qh"), STATUS_END);
    options_release(&command, &arguments);
}

/* Each option's name and letter once a command, its place within the arguments. */
static void the_tables_of_all_commands_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        struct option_walk at = {0};
        while (options_next(commands[i], &at)) {
            struct option_walk other = at;
            assert_true(at.group->offset + at.option->offset < commands[i]->size);
            assert_non_null(at.option->help);
            assert_non_null(at.group->title);
            assert_int_equal(at.option->kind == OPTION_FLAG, at.option->argument == NULL);
            while (options_next(commands[i], &other)) {
                assert_string_not_equal(at.option->name, other.option->name);
                assert_true(!at.option->letter || at.option->letter != other.option->letter);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_go_where_their_group_keeps_them),
        cmocka_unit_test(letters_stand_together_and_take_what_follows),
        cmocka_unit_test(two_dashes_end_the_options_and_one_is_a_word),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(a_command_without_arguments_takes_none),
        cmocka_unit_test(help_comes_before_everything_behind_it),
        cmocka_unit_test(the_tables_of_all_commands_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Writes an engagement from options and from answers: what no option says is asked for, a line of
 * standard input each, on a terminal or not. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_MAX 4096
#define CHECK_ROOM ((size_t)64 << 20)

struct arguments {
    struct text_list none;
    const char *id, *orderer, *orderer_contact, *testers, *testers_contact;
    struct text_list from, to;
    struct text_list sources, targets, excluded, accounts, tools, techniques, forbidden, canaries;
    bool is_silent;
    const char *output;
};

/* --- Answers --- */

struct asking {
    const struct arguments *arguments;
    char line[ANSWER_MAX]; /* the last answer */
};

/* Takes the blanks around a text away. */
static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* One line of standard input, which lives until the next one; NULL when it is empty. */
static char *answer_take(struct asking *asking, const char *question)
{
    if (asking->arguments->is_silent)
        return NULL;
    fprintf(stderr, "%s: ", question);
    fflush(stderr);
    if (!fgets(asking->line, sizeof(asking->line), stdin))
        asking->line[0] = '\0';
    if (!isatty(STDIN_FILENO))
        fputc('\n', stderr);
    char *answer = trimmed(asking->line);
    return *answer ? answer : NULL;
}

static void quoted(struct buffer *to, const char *text)
{
    buffer_json(to, bytes_of_text(text)); /* JSON's texts are YAML's, too */
}

/* `key: "text"`, from the option or the answer. */
static void text_write(struct asking *asking, struct buffer *to, const char *key, const char *text,
                       const char *question)
{
    if (!text)
        text = answer_take(asking, question);
    if (!text)
        return;
    buffer_format(to, "%s: ", key);
    quoted(to, text);
    buffer_byte(to, '\n');
}

static void item_write(struct buffer *to, uint32_t index, const char *item)
{
    if (index)
        buffer_text(to, ", ");
    quoted(to, item);
}

/* `key: ["a", "b"]`, from the options or an answer with commas in it. */
static void list_write(struct asking *asking, struct buffer *to, const char *key,
                       const struct text_list *list, const char *question)
{
    char *rest = NULL;
    uint32_t count = 0;
    char *answer = list->count ? NULL : answer_take(asking, question);
    if (!list->count && !answer)
        return;
    buffer_format(to, "%s: [", key);
    for (size_t i = 0; i < list->count; i++)
        item_write(to, count++, list->items[i]);
    for (char *item = answer ? strtok_r(answer, ",", &rest) : NULL; item;
         item = strtok_r(NULL, ",", &rest))
        item_write(to, count++, trimmed(item));
    buffer_text(to, "]\n");
}

/* A map with its members indented; nothing when it has none. */
static void map_end(struct buffer *to, const char *key, struct buffer *members)
{
    if (members->length) {
        buffer_format(to, "%s:\n", key);
        buffer_bytes(to, members->data, members->length);
    }
    to->failed |= members->failed;
    buffer_release(members);
}

/* --- The parts of an engagement --- */

static void window_write(struct buffer *to, const char *from, const char *until)
{
    buffer_text(to, "  - from: ");
    quoted(to, from);
    buffer_text(to, "\n    to: ");
    quoted(to, until);
    buffer_byte(to, '\n');
}

/* Windows are asked for until one is left empty. */
static void windows_write(struct asking *asking, struct buffer *to)
{
    const struct arguments *arguments = asking->arguments;
    struct buffer windows = {0};
    for (size_t i = 0; i < arguments->from.count && i < arguments->to.count; i++)
        window_write(&windows, arguments->from.items[i], arguments->to.items[i]);
    while (!arguments->from.count && !arguments->to.count) {
        const char *from =
            answer_take(asking, windows.length ? "Another window begins at (empty: none)"
                                               : "A window begins at (2026-11-02T08:00:00+01:00)");
        char *kept = from ? strdup(from) : NULL;
        const char *until = kept ? answer_take(asking, "and ends at") : NULL;
        if (until)
            window_write(&windows, kept, until);
        free(kept);
        if (!until)
            break;
    }
    map_end(to, "windows", &windows);
}

static void people_write(struct asking *asking, struct buffer *to)
{
    const struct arguments *arguments = asking->arguments;
    struct buffer orderer = {0}, testers = {0};
    text_write(asking, &orderer, "  name", arguments->orderer, "Who ordered it");
    text_write(asking, &orderer, "  contact", arguments->orderer_contact, "How to reach them");
    map_end(to, "ordered-by", &orderer);
    text_write(asking, &testers, "  organisation", arguments->testers, "Who tests");
    text_write(asking, &testers, "  contact", arguments->testers_contact, "How to reach them");
    map_end(to, "testers", &testers);
}

static void scope_write(struct asking *asking, struct buffer *to)
{
    const struct arguments *arguments = asking->arguments;
    struct buffer targets = {0};
    list_write(asking, to, "sources", &arguments->sources,
               "From which addresses, networks or hosts (with commas)");
    list_write(asking, &targets, "  include", &arguments->targets, "Against which targets");
    list_write(asking, &targets, "  exclude", &arguments->excluded, "Excluded targets");
    map_end(to, "targets", &targets);
    list_write(asking, to, "accounts", &arguments->accounts,
               "With which accounts (DOMAIN\\name, * for any)");
    list_write(asking, to, "tools", &arguments->tools, "Which tools (empty: any)");
    list_write(asking, to, "techniques", &arguments->techniques,
               "Which ATT&CK techniques (empty: any)");
    list_write(asking, to, "forbidden", &arguments->forbidden, "Which are forbidden");
    list_write(asking, to, "canaries", &arguments->canaries, "Texts that the testers leave");
}

static void engagement_write(struct asking *asking, struct buffer *to)
{
    const struct arguments *arguments = asking->arguments;
    buffer_text(to, "impound-engagement: 1\n");
    text_write(asking, to, "id", arguments->id, "Id of the engagement");
    people_write(asking, to);
    windows_write(asking, to);
    scope_write(asking, to);
}

/* --- The command --- */

/* What was written must be what `check` takes. */
static enum status text_check(struct bytes text, struct fault *fault)
{
    struct arena arena;
    struct ledger_check check;
    struct fault inner = {0};
    arena_init(&arena, CHECK_ROOM);
    const enum status status = ledger_check_text(text, &arena, &check, &inner);
    if (status)
        fault_set(fault, status, 0, "nothing is written: %.200s", inner.reason);
    for (uint32_t i = 0; status == STATUS_OK && i < check.note_count; i++)
        console_warn("%s", check.notes[i]);
    arena_release(&arena);
    return status;
}

static int new_run(void *given)
{
    const struct arguments *arguments = given;
    struct asking asking = {.arguments = arguments};
    struct output *output = NULL;
    struct buffer text = {0};
    struct fault fault = {0};
    if (arguments->from.count != arguments->to.count) {
        console_error("each --from needs its --to");
        return EXIT_USAGE;
    }
    engagement_write(&asking, &text);
    enum status status = text.failed ? fault_set(&fault, STATUS_MEMORY, 0, "no memory")
                                     : text_check(buffer_view(&text), &fault);
    if (status == STATUS_OK)
        status = output_open(arguments->output, &output, &fault);
    if (status == STATUS_OK)
        status = output_close(output, output_drain(output, &text, &fault), &fault);
    buffer_release(&text);
    if (status)
        return console_failure(status, &fault);
    fprintf(stderr, "Sign it: ssh-keygen -Y sign -n impound-engagement -f KEY %s\n",
            arguments->output ? arguments->output : "NAME.yaml");
    return EXIT_DONE;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option new_options[] = {
    {"id", 0, "ID", OPTION_TEXT, AT(id), NULL, "what it is called, once and for all"},
    {"ordered-by", 0, "NAME", OPTION_TEXT, AT(orderer), NULL, "who ordered it"},
    {"ordered-by-contact", 0, "CONTACT", OPTION_TEXT, AT(orderer_contact), NULL,
     "how to reach them"},
    {"testers", 0, "NAME", OPTION_TEXT, AT(testers), NULL, "the organisation that tests"},
    {"testers-contact", 0, "CONTACT", OPTION_TEXT, AT(testers_contact), NULL, "how to reach them"},
    {"from", 0, "TIME", OPTION_LIST, AT(from), NULL,
     "when a window begins, with its zone: 2026-11-02T08:00:00+01:00 (again for more)"},
    {"to", 0, "TIME", OPTION_LIST, AT(to), NULL, "when that window ends"},
    {"source", 0, "HOST", OPTION_LIST, AT(sources), NULL,
     "an address, a network or a host name from which it is done; * is a wildcard (again for more, "
     "as with all that follow)"},
    {"target", 0, "HOST", OPTION_LIST, AT(targets), NULL, "against which it may be done"},
    {"exclude", 0, "HOST", OPTION_LIST, AT(excluded), NULL, "a target that is not"},
    {"account", 0, "ACCOUNT", OPTION_LIST, AT(accounts), NULL,
     "DOMAIN\\name or name that may be used"},
    {"tool", 0, "TOOL", OPTION_LIST, AT(tools), NULL, "wmiexec; impacket for all of its tools"},
    {"technique", 0, "ID", OPTION_LIST, AT(techniques), NULL, "an ATT&CK technique: T1003"},
    {"forbid", 0, "ID", OPTION_LIST, AT(forbidden), NULL,
     "a technique or a tool that is forbidden, whatever else is allowed"},
    {"canary", 0, "TEXT", OPTION_LIST, AT(canaries), NULL, "a text that the testers leave"},
    {"batch", 0, NULL, OPTION_FLAG, AT(is_silent), NULL,
     "ask nothing: what no option says is left out"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write to a file"},
    {0},
};

static const struct option_group new_groups[] = {{"Options", new_options, 0}, {0}};

const struct command command_engagement_new = {
    .name = "engagement new",
    .help = "Ask for who, when, from where, against what and with what, and write an engagement",
    .detail = "What no option says is asked for; answers are lines of standard input, and an empty "
              "one leaves it out. An absent list allows nothing of its kind, but for tools and "
              "techniques, whose absence allows all.\n"
              "It counts once it is signed: ssh-keygen -Y sign -n impound-engagement -f KEY FILE",
    .groups = new_groups,
    .size = sizeof(struct arguments),
    .positional = AT(none),
    .run = new_run,
};

/* man(7). */
#include "cli/manual/manual.h"
#include "cli/version.h"

/* A backslash and what begins a request are written so that they stand for themselves; a dash so
 * that it can be copied. */
static void roff_text(struct buffer *to, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const bool is_first = i == 0;
        if (is_first && (text[i] == '.' || text[i] == '\''))
            buffer_text(to, "\\&");
        if (text[i] == '\\')
            buffer_text(to, "\\e");
        else if (text[i] == '-')
            buffer_text(to, "\\-");
        else
            buffer_byte(to, (uint8_t)text[i]);
    }
}

static void roff(struct buffer *to, const char *text)
{
    roff_text(to, text, strlen(text));
}

static void option_write(struct buffer *to, const struct option *option)
{
    buffer_text(to, ".TP\n");
    if (option->letter)
        buffer_format(to, "\\fB\\-%c\\fR, ", option->letter);
    buffer_text(to, "\\fB\\-\\-");
    roff(to, option->name);
    buffer_text(to, "\\fR");
    if (option->argument) {
        buffer_text(to, " \\fI");
        roff(to, option->argument);
        buffer_text(to, "\\fR");
    }
    buffer_byte(to, '\n');
    roff(to, option->help);
    if (option->choices) {
        buffer_text(to, ": ");
        manual_choices(to, option, ", ");
    }
    buffer_text(to, ".\n");
}

/* Lines that begin with blanks stand as they are. */
static void detail_write(struct buffer *to, const char *detail)
{
    while (*detail) {
        const size_t length = strcspn(detail, "\n");
        const bool is_bare = *detail == ' ';
        buffer_text(to, is_bare ? ".PP\n.nf\n" : ".PP\n");
        roff_text(to, detail, length);
        buffer_text(to, is_bare ? "\n.fi\n" : "\n");
        detail += length;
        detail += *detail == '\n';
    }
}

static void command_write(struct buffer *to, const struct command *command)
{
    const char *title = NULL;
    struct option_walk at = {0};
    buffer_format(to, ".SS impound %s\n", command->name);
    buffer_format(to, "\\fBimpound %s\\fR [\\fIOPTION\\fR…]", command->name);
    if (command->arguments) {
        buffer_text(to, " \\fI");
        roff(to, command->arguments);
        buffer_text(to, "\\fR");
    }
    buffer_text(to, "\n.PP\n");
    roff(to, command->help);
    buffer_text(to, ".\n");
    if (command->detail)
        detail_write(to, command->detail);
    while (options_next(command, &at)) {
        if (!title || strcmp(title, at.group->title) != 0)
            buffer_format(to, ".PP\n\\fI%s\\fR\n", at.group->title);
        title = at.group->title;
        option_write(to, at.option);
    }
}

static const char head[] =
    ".SH NAME\n"
    "impound \\- find Impacket in the evidence of a network\n"
    ".SH SYNOPSIS\n"
    "\\fBimpound\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR…] [\\fIARGUMENT\\fR…]\n"
    ".SH DESCRIPTION\n"
    "Reads Windows event logs and what other programs made of them, from files, folders, archives "
    "and\nstandard input, and says with Sigma rules what was found and what could not be seen.\n"
    "It only reads: it speaks no protocol, and gives up its rights before the first byte of "
    "evidence.\n"
    ".PP\n"
    "Times are UTC. Data goes to standard output, or to \\-\\-output, which appears whole or not "
    "at all;\neverything else goes to standard error. What has a \\-\\-format is a table on a "
    "terminal and JSON\nlines elsewhere.\n"
    ".SH COMMANDS\n";

static const char tail[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\nDone. Also when whoever read the output has gone.\n"
    ".TP\n1\nA finding at or above \\-\\-fail\\-on.\n"
    ".TP\n2\nThe command line is wrong, or the system failed: no memory, a full disk.\n"
    ".TP\n3\nRules, levels or suppressions are invalid; with \\-\\-strict, a rule was refused.\n"
    ".TP\n4\nEvidence is incomplete, with \\-\\-strict.\n"
    ".TP\n5\nA signature or a hash does not verify.\n"
    ".TP\n130, 143\nStopped by ^C or by SIGTERM. An output file that was begun is removed.\n"
    ".PP\nWhere several hold: 5 before 3 before 4 before 1.\n"
    ".SH ENVIRONMENT\n"
    ".TP\nNO_COLOR\nNo colours when it is not empty.\n"
    ".TP\nTMPDIR\nWhere findings go that do not fit into memory, and what is read from standard "
    "input twice.\n"
    ".TP\nXDG_CACHE_HOME, XDG_DATA_HOME, HOME\nBelow these are compiled rules "
    "(impound/rules) and imported bundles\n(impound/bundles).\n";

void manual_man(struct buffer *to)
{
    buffer_format(to, ".TH IMPOUND 1 \"\" \"impound %s\" \"User Commands\"\n", version_number());
    buffer_text(to, head);
    for (size_t i = 0; i < command_count; i++)
        command_write(to, commands[i]);
    buffer_text(to, tail);
}

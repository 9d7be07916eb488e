/* The command line: one table of commands, each with groups of options. Parsing, --help, the man
 * pages and the completions of the shells all come from these tables. */
#ifndef IMPOUND_CLI_OPTIONS_H
#define IMPOUND_CLI_OPTIONS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG,   /* bool: true when given */
    OPTION_TEXT,   /* const char * */
    OPTION_LIST,   /* struct text_list: may be given again */
    OPTION_NUMBER, /* unsigned */
};

#define TEXT_LIST_MAX 65536U

struct text_list {
    const char **items;
    size_t count, room;
};

bool text_list_add(struct text_list *list, const char *text);

struct option {
    const char *name;     /* without the two dashes */
    char letter;          /* 0: none */
    const char *argument; /* how help names it; NULL for a flag */
    enum option_kind kind;
    size_t offset;       /* in the struct of its group */
    const char *choices; /* all that it takes, separated by |; NULL: anything */
    const char *help;    /* one sentence without a full stop */
};

/* Options that several commands may share, and where they keep what was given. */
struct option_group {
    const char *title;            /* above them in help */
    const struct option *options; /* ended by one without a name */
    size_t offset;                /* of their struct in the command's arguments */
};

struct command {
    const char *name;      /* `scan`, or `rules lint` */
    const char *arguments; /* `PATH…`; NULL: it takes none */
    const char *help;      /* one sentence without a full stop */
    const char *detail;    /* further paragraphs, a line each; lines that begin with blanks stand
                              as they are. May be NULL */
    const struct option_group *groups; /* ended by one without options */
    size_t size;                       /* of the arguments' struct */
    size_t positional;                 /* offset of its struct text_list of what is no option */
    int (*run)(void *arguments);
};

/* Goes through the options of a command; begin with an `at` of zeros. */
struct option_walk {
    const struct option_group *group;
    const struct option *option;
};
bool options_next(const struct command *command, struct option_walk *at);

/* Reads the arguments behind the command's name. STATUS_END: --help was asked for. STATUS_INVALID
 * with the reason in `fault`. */
enum status options_parse(const struct command *command, int count, char **words, void *arguments,
                          struct fault *fault) MUST_CHECK;

/* Frees what the lists hold. */
void options_release(const struct command *command, void *arguments);

#endif

/* The manual page and the shells' completions, made of the tables of commands while the program is
 * built. */
#ifndef IMPOUND_CLI_MANUAL_H
#define IMPOUND_CLI_MANUAL_H

#include "base/buffer.h"
#include "cli/commands.h"

void manual_man(struct buffer *to);
void manual_bash(struct buffer *to);
void manual_zsh(struct buffer *to);
void manual_fish(struct buffer *to);

/* What stands behind an option. */
enum manual_value {
    MANUAL_NONE,    /* it is a flag */
    MANUAL_CHOICE,  /* one of its choices */
    MANUAL_PATH,    /* a file or a folder */
    MANUAL_ANYTHING /* nothing that a shell could know */
};
enum manual_value manual_value_of(const struct option *option);

/* Whether a command's arguments are files. */
bool manual_takes_paths(const struct command *command);

/* The first word of a command's name, as its length; 0 when the name has one word only. */
size_t manual_group_length(const struct command *command);

/* Whether an earlier command has the same first word. */
bool manual_is_group_known(size_t index);

/* The choices with `between` between them. */
void manual_choices(struct buffer *to, const struct option *option, const char *between);

/* Appends text; each of the characters of `which` gets `before` in front. */
void manual_escaped(struct buffer *to, const char *text, const char *which, const char *before);

#endif

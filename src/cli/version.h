/* Who we are. */
#ifndef IMPOUND_CLI_VERSION_H
#define IMPOUND_CLI_VERSION_H

/* "0.1.0" */
const char *version_number(void);

/* "0.1.0 (commit)" */
const char *version_text(void);

/* The command line as it was given, for the summary. */
const char *command_line(void);
void command_line_keep(int count, char **words);

#endif

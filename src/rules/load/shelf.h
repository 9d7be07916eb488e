/* The cache folder keeps what was used last and loses the rest, so that it does not grow with every
 * rule that changes and every new version of the program. Files with other names are not ours and
 * stay. */
#ifndef IMPOUND_RULES_LOAD_SHELF_H
#define IMPOUND_RULES_LOAD_SHELF_H

#define SHELF_RULES  "rules-" /* compiled rule sets, some MB each */
#define SHELF_STATES "state-" /* a few bytes each */
#define SHELF_MAX    16U      /* files of a kind that are kept */

/* Says that the file was used now. A failure does not matter. */
void shelf_use(const char *path);

/* Removes the files called `kind` and 16 hexadecimal digits, and what is left of writing such
 * files, but for the SHELF_MAX that were used last. A failure does not matter. */
void shelf_prune(const char *folder, const char *kind);

#endif

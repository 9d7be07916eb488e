/* What the tests of this folder share: rules from text, and trees and refusals as text. */
#ifndef IMPOUND_TESTS_UNIT_SIGMA_LAB_H
#define IMPOUND_TESTS_UNIT_SIGMA_LAB_H

#include "base/buffer.h"
#include "rules/sigma/sigma.h"

/* A collection of the files' texts, finished. Paths are 0.yml, 1.yml and so on. */
struct sigma_rules *lab_files(const struct sigma_options *options, const char *const *texts,
                              unsigned count);
struct sigma_rules *lab_file(const char *text);

/* The condition as text: (a & b), (a | b), !a; leaves are
 *   Field:abc*   text; * ? wildcards; \* \? \\ literal; other bytes than ASCII's as \xNN
 *   Field:=abc   the same, cased
 *   Field~abc~im expression      Field@1.2.3.0/24  network    Field<5  number
 *   Field+ Field-  exists or not  Field:null  no value        Field>Other*  field reference
 *   Field.hour=5 part of a time  #2  rule 2 of a correlation
 * Keywords have no field. */
void lab_tree(struct buffer *to, const struct sigma_node *node);

/* The detection (its lines without indentation) as the tree of a rule. */
void lab_assert_tree(const char *detection, const char *tree);

/* The same for one item in a selection of its own. */
void lab_assert_item(const char *item, const char *tree);

/* The file's only document is refused at the line for a reason that has `reason` in it. */
void lab_assert_refused(const char *text, unsigned line, const char *reason);
void lab_assert_item_refused(const char *item, const char *reason);

/* Writes the text into a new file; the path must be freed and the file removed by lab_remove. */
char *lab_write(const char *text);
void lab_remove(char *path);

#endif

/* YAML files that the user names: placeholders, pipelines, suppressions. */
#ifndef IMPOUND_YAML_OPTION_FILE_H
#define IMPOUND_YAML_OPTION_FILE_H

#include "yaml/tree.h"

/* Reads the document of a file into the arena; *document is NULL when the file has none.
 * STATUS_IO or STATUS_INVALID, the reason with the path in it. */
enum status option_file_read(struct arena *arena, const char *path,
                             const struct tree_node **document, struct fault *fault) MUST_CHECK;

/* The same of a text in memory; the fault's offset is the line. */
enum status option_text_read(struct arena *arena, struct bytes text,
                             const struct tree_node **document, struct fault *fault) MUST_CHECK;

/* Passes on what is wrong in the file, with its path before the reason. */
enum status option_file_fault(const char *path, const struct fault *inner,
                              struct fault *fault) COLD;

#endif

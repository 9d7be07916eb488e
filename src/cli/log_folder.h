/* A folder with a file for each log, `NAME.log`. The files appear whole, all of them, at the end.
 */
#ifndef IMPOUND_CLI_LOG_FOLDER_H
#define IMPOUND_CLI_LOG_FOLDER_H

#include "base/buffer.h"
#include "base/status.h"

struct log_folder;

/* Makes the folder if it is not there; `path` must live as long. */
enum status log_folder_open(const char *path, struct log_folder **folder,
                            struct fault *fault) MUST_CHECK;

/* Appends what log_folder_line wrote, each line to its log. */
enum status log_folder_write(struct log_folder *folder, struct bytes lines,
                             struct fault *fault) MUST_CHECK;

/* Puts the files in their place when `status` is STATUS_OK, else removes them. Returns `status`, or
 * what failed. */
enum status log_folder_close(struct log_folder *folder, enum status status, struct fault *fault);

/* Begins a line for log_folder_write: the text of the line and its end, without any other, are to
 * follow. */
void log_folder_line(struct buffer *to, struct bytes log);

#endif

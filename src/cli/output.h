/* Where a command's data goes: standard output, or a file that appears whole or not at all: it is
 * written beside its name and renamed at the end. */
#ifndef IMPOUND_CLI_OUTPUT_H
#define IMPOUND_CLI_OUTPUT_H

#include "base/buffer.h"
#include "base/status.h"

struct output;

/* `path` NULL or "-": standard output. */
enum status output_open(const char *path, struct output **output, struct fault *fault) MUST_CHECK;

/* The descriptor, for who writes by himself. */
int output_descriptor(const struct output *output);

/* For messages. */
const char *output_name(const struct output *output);

/* The file that is being written, under the name that it has until the end; NULL: there is none. */
const char *output_partial(const struct output *output);

bool output_is_terminal(const struct output *output);

/* Whether to write a table: when --format says so, or says nothing and the output is a terminal. */
bool output_is_table(const struct output *output, const char *format);

/* The folder in which the file is renamed at the end; NULL when there is none. */
const char *output_folder(const struct output *output);

/* Writes all of it. STATUS_IO says why it failed (a full disk); STATUS_STOPPED: whoever read the
 * pipe has gone. */
enum status output_write(struct output *output, struct bytes bytes, struct fault *fault) MUST_CHECK;

/* The same for what a buffer holds, which is empty afterwards. */
enum status output_drain(struct output *output, struct buffer *from,
                         struct fault *fault) MUST_CHECK;

/* Makes a folder for outputs, unless it is there. */
enum status output_folder_make(const char *path, struct fault *fault) MUST_CHECK;

/* Puts the file in its place when `status` is STATUS_OK, else removes it. Returns `status`, or what
 * failed. */
enum status output_close(struct output *output, enum status status, struct fault *fault) MUST_CHECK;

#endif

/* Where a command's data goes: standard output, or a file that appears whole or not at all: it is
 * written beside its name and renamed at the end. */
#ifndef IMPOUND_CLI_OUTPUT_H
#define IMPOUND_CLI_OUTPUT_H

#include "base/bytes.h"
#include "base/status.h"

struct output;

/* `path` NULL or "-": standard output. */
enum status output_open(const char *path, struct output **output, struct fault *fault) MUST_CHECK;

/* The descriptor, for who writes by himself. */
int output_descriptor(const struct output *output);

/* Writes all of it; a failure says why (a full disk, a closed pipe). */
enum status output_write(struct output *output, struct bytes bytes, struct fault *fault) MUST_CHECK;

/* Puts the file in its place when `status` is STATUS_OK, else removes it. Returns `status`, or what
 * failed. */
enum status output_close(struct output *output, enum status status, struct fault *fault) MUST_CHECK;

#endif

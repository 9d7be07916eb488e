/* Whole files, read and written. */
#ifndef IMPOUND_RULES_LOAD_FILE_H
#define IMPOUND_RULES_LOAD_FILE_H

#include "base/buffer.h"
#include "base/status.h"

/* Appends the file's bytes. STATUS_REFUSED when it has more than `maximum`. */
enum status file_read(const char *path, size_t maximum, struct buffer *to,
                      struct fault *fault) MUST_CHECK;

/* Behind the name, before six letters: a file that is not whole yet. */
#define FILE_PARTIAL ".new-"

/* Puts the bytes in the file's place, all or nothing. */
enum status file_write(const char *path, struct bytes bytes, struct fault *fault) MUST_CHECK;

/* Makes a folder and those above it. */
enum status folder_make(const char *path, struct fault *fault) MUST_CHECK;

#endif

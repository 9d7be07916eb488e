/* The bytes of a small file that anybody may have put there. */
#ifndef IMPOUND_LEDGER_FILE_H
#define IMPOUND_LEDGER_FILE_H

#include "base/arena.h"

#define LEDGER_FILE_MAX ((size_t)256 << 10) /* of YAML, of a signature */

/* Reads all of it into the arena. What is wrong with it, or NULL. Nothing but files is read, and a
 * pipe is not waited for. */
const char *ledger_file_take(const char *path, size_t maximum, struct arena *arena,
                             struct bytes *text);

#endif

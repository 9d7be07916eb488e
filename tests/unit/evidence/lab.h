/* A folder for one test, files and archives in it, and what the walker makes of them as text. */
#ifndef IMPOUND_TESTS_EVIDENCE_LAB_H
#define IMPOUND_TESTS_EVIDENCE_LAB_H

#include "base/buffer.h"
#include "evidence/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct lab {
    char folder[64];
    char path[256]; /* of the last lab_path */
};

int lab_set_up(void **state);
int lab_tear_down(void **state);

/* A path in the folder; valid until the next call. */
const char *lab_path(struct lab *lab, const char *name);
void lab_write(struct lab *lab, const char *name, struct bytes content);
void lab_write_text(struct lab *lab, const char *name, const char *text);
void lab_mkdir(struct lab *lab, const char *name);
struct buffer lab_load(struct lab *lab, const char *name);

struct lab_member {
    const char *name;
    const char *text;
    size_t repeat; /* of the text; 0: once */
};

/* Makes an archive of `format` (an ARCHIVE_FORMAT_) through `filter` (an ARCHIVE_FILTER_). For a
 * file that is only compressed the format is ARCHIVE_FORMAT_RAW and there is one member. */
void lab_archive(struct lab *lab, const char *name, int format, int filter,
                 const char *library_options, const struct lab_member *members, size_t count);

/* Reads all that lies at `paths` (relative to the folder) and writes a line for each source:
 *   path kind bytes [verdict]
 * with paths relative to the folder, `kind` one of bytes, other or the archive's type. */
struct buffer lab_list(struct lab *lab, const struct evidence_options *options,
                       const char *const *paths, size_t count);

/* The same for one path, compared with `expected`. */
void lab_expect(struct lab *lab, const char *path, const char *expected);

#endif

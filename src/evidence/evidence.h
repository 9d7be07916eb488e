/* Evidence: the paths of the command line become sources, one after the other.
 *
 * Directories are walked, archives and compressed files are unfolded as streams, and every item
 * gets its turn: what cannot be read, and what is no evidence at all, is given too and says why.
 * The order does not depend on the order of the arguments: sorted by path, members of an archive as
 * they stand in it. Each path is given once, each directory is walked once, a link to what is read
 * under its own name is not read again.
 *
 * Paths: as given on the command line; a member of an archive is `a.zip!/inner.evtx`. A compressed
 * file is its content under its own path: `x.evtx.gz` stays `x.evtx.gz`, a member of `a.tar.gz` is
 * `a.tar.gz!/inner.evtx`. What it is is told by content (zip, 7z, tar, gz, bz2, xz, zst), never by
 * name.
 *
 * An archive may unfold to archive_limit bytes in all, a member of more than 64 MiB to 200 times
 * what it takes in the archive; past that it is refused. The checksum of gzip is not looked at
 * (libarchive does not), those of the other formats are.
 *
 * Not thread-safe: used by one thread at a time, except where said. Knows nothing of the formats of
 * events. */
#ifndef IMPOUND_EVIDENCE_H
#define IMPOUND_EVIDENCE_H

#include "evidence/source.h"

#include <signal.h>

enum evidence_hash {
    EVIDENCE_HASH_NONE,
    EVIDENCE_HASH_SHA256,
    EVIDENCE_HASH_XXH3, /* 64 bits */
};

#define EVIDENCE_HASH_BOUND    65            /* hex digits and a NUL */
#define EVIDENCE_ARCHIVE_LIMIT (64ULL << 30) /* bytes */
#define EVIDENCE_ARCHIVE_DEPTH 3             /* archives within archives */
#define EVIDENCE_WALK_DEPTH    128           /* directories within directories */

struct evidence_options {
    enum evidence_hash hash;
    uint64_t archive_limit; /* bytes that one archive may unfold to; 0: EVIDENCE_ARCHIVE_LIMIT */
    const volatile sig_atomic_t *stop; /* may be NULL; once it is not 0, waiting for a pipe ends
                                          with STATUS_STOPPED */
};

struct evidence;

/* Walks the directories below `paths`; opens no file yet. `-` is the standard input. A path that is
 * not there is no failure here: it is given as a source that says so. STATUS_MEMORY when there are
 * more paths than we hold (1 GiB of them). */
enum status evidence_open(const char *const *paths, size_t count,
                          const struct evidence_options *options, struct evidence **evidence,
                          struct fault *fault) MUST_CHECK;
void evidence_close(struct evidence *evidence);

/* The next source, which lives until the next call; STATUS_END behind the last. An item that cannot
 * be opened is a source whose first peek or read fails with the reason. */
enum status evidence_next(struct evidence *evidence, struct source **source,
                          struct fault *fault) MUST_CHECK;

/* What the sandbox must leave readable: the paths of the command line and the links that were
 * followed. They live as long as the evidence. */
const char *const *evidence_roots(const struct evidence *evidence, size_t *count);

/* For a progress bar: bytes of all files as they lie on disk (streams count as nothing), and how
 * many of them are done. The second may be asked by any thread. */
uint64_t evidence_size(const struct evidence *evidence);
uint64_t evidence_done(const struct evidence *evidence);

enum source_kind {
    SOURCE_BYTES,   /* bytes, whose format is told by their head */
    SOURCE_ARCHIVE, /* an archive, given behind its members: nothing to read. source_type names it,
                       source_fault says what went wrong; it has a size and a hash */
    SOURCE_OTHER,   /* no evidence: a FIFO in a directory, a socket, a link to what is read itself.
                       Nothing to read; source_fault says what it is. No loss. */
};

enum source_kind source_kind(const struct source *source);

/* The archive's format (`zip`, `7z`, `tar`, or that of the compression that is damaged), else NULL.
 */
const char *source_type(const struct source *source);

/* From 0, in the order in which they were given. */
uint32_t source_index(const struct source *source);

/* What ended this source before its end, or what SOURCE_OTHER is; NULL when nothing did. */
const struct fault *source_fault(const struct source *source);

/* The size and the hash of the bytes that lie at source_path (of a compressed file: compressed), as
 * lower-case hex. Reads what was not read yet; with EVIDENCE_HASH_NONE it reads nothing, `hash` is
 * empty and `*size` is what is known so far. Fails with the reason when not all could be read. */
enum status source_hash(struct source *source, uint64_t *size, char hash[EVIDENCE_HASH_BOUND],
                        struct fault *fault) MUST_CHECK;

#endif

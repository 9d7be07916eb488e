/* gzip with its check sums compared, which libarchive does not do: a compressed log whose bytes
 * were altered must say so. For unpack.c only. */
#ifndef IMPOUND_EVIDENCE_GUNZIP_H
#define IMPOUND_EVIDENCE_GUNZIP_H

#include "base/bytes.h"
#include "base/status.h"

struct gunzip;

/* NULL without memory. */
struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip);

/* Whether all of the input that was given is used up. */
bool gunzip_is_hungry(const struct gunzip *gunzip);

/* More input, which stays where it is until it is used up; none: there is no more. */
void gunzip_feed(struct gunzip *gunzip, struct bytes input);

/* Unfolds up to `want` bytes. Nothing and STATUS_OK: more input is needed. STATUS_END behind the
 * last. A wrong sum is told there, since what it was of has been given. */
enum status gunzip_read(struct gunzip *gunzip, uint8_t *to, size_t want, size_t *got,
                        struct fault *fault) MUST_CHECK;

#endif

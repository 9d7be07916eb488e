/* Patterns in which * stands for any text, compared without case. */
#ifndef IMPOUND_BASE_GLOB_H
#define IMPOUND_BASE_GLOB_H

#include "base/bytes.h"

struct glob {
    struct bytes folded; /* utf.h */
};

/* Whether the pattern fits the whole of a folded text. The work is at most the product of both
 * lengths. */
bool glob_fits(const struct glob *glob, struct bytes folded);

#endif

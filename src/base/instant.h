/* A moment in UTC, with as many digits as the evidence gave. */
#ifndef IMPOUND_BASE_INSTANT_H
#define IMPOUND_BASE_INSTANT_H

#include "base/bytes.h"
#include "base/status.h"

struct instant {
    int64_t seconds; /* since 1970-01-01T00:00:00Z; INSTANT_NONE: unknown */
    uint32_t nanos;  /* 0 to 999,999,999 */
    uint8_t digits;  /* of the fraction, 0 to 9: how exact the source was */
};

#define INSTANT_NONE       INT64_MIN
#define INSTANT_TEXT_BOUND 40

static inline bool instant_is_known(struct instant instant)
{
    return instant.seconds != INSTANT_NONE;
}

/* 100-nanosecond ticks since 1601 ([MS-DTYP] 2.3.3). */
struct instant instant_from_filetime(uint64_t ticks);

/* Earlier, same or later: -1, 0, 1. An unknown moment comes first. `digits` does not count. */
int instant_compare(struct instant one, struct instant other);

/* Makes the span from *first to *last hold `time`; unknown moments count for nothing. */
void instant_widen(struct instant *first, struct instant *last, struct instant time);

/* RFC 3339 with `digits` digits and Z. Returns the length; `to` has INSTANT_TEXT_BOUND bytes.
 * Nothing is written for an unknown moment. Years outside 0 to 9999 are clamped. */
size_t instant_write(char *to, struct instant instant);

/* Reads RFC 3339 / ISO 8601 (a T or a blank between date and time, an optional fraction, Z or an
 * offset or nothing, which is taken as UTC). STATUS_INVALID when it is none. */
enum status instant_parse(struct bytes text, struct instant *instant) MUST_CHECK;

#endif

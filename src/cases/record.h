/* A case as the sink sees it, made of steps. */
#ifndef IMPOUND_CASES_RECORD_H
#define IMPOUND_CASES_RECORD_H

#include "cases/attribution.h"
#include "cases/clocks.h"

struct recorder {
    struct attribution attribution;
    struct hosts *hosts;
    const struct clocks *clocks;
    const struct texts *accounts, *ran;
    struct {
        host_id *next, *first;
    } aliases[HOST_TRUSTS]; /* names and addresses by root */
    struct arena arena;     /* of one case */
    struct buffer text;
};

/* The parts but the aliases are the caller's to set. False without memory. */
bool recorder_begin(struct recorder *recorder);
void recorder_release(struct recorder *recorder);

/* Lives until the next call. NULL without memory. */
const struct case_record *record_make(struct recorder *recorder, const uint32_t *steps,
                                      uint32_t count);

#endif

#include "scan/twins.h"

#include "base/hash.h"

#include <stdlib.h>

#define PLACES ((size_t)TWINS_MAX * 2) /* open addressing, at most half full */

struct twins {
    struct instant time;
    uint64_t moment; /* number of the time: what has another one is forgotten */
    uint32_t count;  /* of this moment */
    struct {
        uint64_t hash, moment;
        uint32_t evidence; /* where it came first */
    } places[PLACES];
};

struct twins *twins_new(void)
{
    return calloc(1, sizeof(struct twins));
}

void twins_free(struct twins *twins)
{
    free(twins);
}

/* Of all but where it lay. */
static uint64_t hash_of(const struct correlate_hit *hit)
{
    const uint64_t numbers[] = {hit->record, hit->rule};
    uint64_t hash = hash_bytes(bytes_of(numbers, sizeof(numbers)), 0);
    hash = hash_bytes(hit->host, hash);
    hash = hash_bytes(hit->account, hash);
    hash = hash_bytes(hit->source, hash);
    for (uint32_t i = 0; i < hit->value_count; i++)
        hash = hash_bytes(hit->values[i], hash);
    return hash;
}

bool twins_knows(struct twins *twins, const struct correlate_hit *hit)
{
    if (flow_is_known(&hit->flow) || !instant_is_known(hit->time))
        return false;
    if (!twins->moment || instant_compare(hit->time, twins->time) != 0) {
        twins->time = hit->time;
        twins->moment++;
        twins->count = 0;
    }
    const uint64_t hash = hash_of(hit);
    size_t place = hash % PLACES;
    for (; twins->places[place].moment == twins->moment; place = (place + 1) % PLACES)
        if (twins->places[place].hash == hash)
            return twins->places[place].evidence != hit->evidence;
    if (twins->count == TWINS_MAX)
        return false;
    twins->count++;
    twins->places[place].hash = hash;
    twins->places[place].moment = twins->moment;
    twins->places[place].evidence = hit->evidence;
    return false;
}

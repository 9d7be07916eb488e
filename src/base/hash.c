#include "base/hash.h"

#include <stdio.h>
#include <xxhash.h>

uint64_t hash_bytes(struct bytes bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.length, seed);
}

struct hash128 hash128_bytes(struct bytes bytes, uint64_t seed)
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data, bytes.length, seed);
    return (struct hash128){.low = hash.low64, .high = hash.high64};
}

void hash128_write(char to[33], struct hash128 hash)
{
    snprintf(to, 33, "%016llx%016llx", (unsigned long long)hash.high, (unsigned long long)hash.low);
}

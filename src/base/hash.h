/* Hashes that identify (XXH3; not for secrets). */
#ifndef IMPOUND_BASE_HASH_H
#define IMPOUND_BASE_HASH_H

#include "base/bytes.h"

uint64_t hash_bytes(struct bytes bytes, uint64_t seed);

/* 128 bits, as 32 hex digits and a NUL. */
struct hash128 {
    uint64_t low, high;
};
struct hash128 hash128_bytes(struct bytes bytes, uint64_t seed);
void hash128_write(char to[33], struct hash128 hash);

#endif

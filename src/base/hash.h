/* Hashes that identify (XXH3; not for secrets). */
#ifndef IMPOUND_BASE_HASH_H
#define IMPOUND_BASE_HASH_H

#include "base/bytes.h"

uint64_t hash_bytes(struct bytes bytes, uint64_t seed);

/* A hash that nobody can foresee, for tables whose keys come from evidence: with a secret that is
 * drawn once. Differs from run to run, so it must not reach an output. */
#define HASH_SECRET_BYTES 192
struct hash_secret {
    uint8_t bytes[HASH_SECRET_BYTES];
};
void hash_secret_draw(struct hash_secret *secret);
uint64_t hash_secretly(struct bytes bytes, const struct hash_secret *secret);

/* 128 bits, as 32 hex digits and a NUL. */
struct hash128 {
    uint64_t low, high;
};
struct hash128 hash128_bytes(struct bytes bytes, uint64_t seed);
void hash128_write(char to[33], struct hash128 hash);

#endif

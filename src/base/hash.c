#include "base/hash.h"

#include "base/attributes.h"

#include <sys/random.h>
#include <time.h>

/* Inline, since most of what is hashed is short; the one declaration of xxHash's static part that
 * is used is stable since 0.8. */
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(struct bytes bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.length, seed);
}

void hash_secret_draw(struct hash_secret *secret)
{
    _Static_assert(HASH_SECRET_BYTES >= XXH3_SECRET_SIZE_MIN, "XXH3 asks for that much");
    if (getrandom(secret->bytes, sizeof(secret->bytes), GRND_NONBLOCK) ==
        (ssize_t)sizeof(secret->bytes))
        return;
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t state = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)secret << 16;
    for (size_t i = 0; i < sizeof(secret->bytes); i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        secret->bytes[i] = (uint8_t)(state >> 56);
    }
}

uint64_t hash_secretly(struct bytes bytes, const struct hash_secret *secret)
{
    return XXH3_64bits_withSecret(bytes.data, bytes.length, secret->bytes, sizeof(secret->bytes));
}

struct hash128 hash128_bytes(struct bytes bytes, uint64_t seed)
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data, bytes.length, seed);
    return (struct hash128){.low = hash.low64, .high = hash.high64};
}

static void hex_write(char *to, uint64_t number)
{
    for (unsigned i = 16; i-- > 0; number >>= 4)
        to[i] = "0123456789abcdef"[number & 15];
}

void hash128_write(char to[33], struct hash128 hash)
{
    hex_write(to, hash.high);
    hex_write(to + 16, hash.low);
    to[32] = '\0';
}

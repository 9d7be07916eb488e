#include "readers/capture/keys/keys.h"

#include "crypt/crypt.h"
#include "readers/capture/keys/krb5_cache.h"

#include <assert.h>
#include <stdlib.h>

struct wire_keys {
    const struct secrets *secrets;
    struct tls_keylog *const *logs;
    size_t log_count;
    struct krb5_cache *krb5; /* NULL: not used yet */
    uint8_t *room;
    size_t taken;
};

struct wire_keys *wire_keys_new(const struct secrets *secrets)
{
    struct wire_keys *keys = calloc(1, sizeof(*keys));
    if (keys)
        keys->secrets = secrets;
    return keys;
}

void wire_keys_free(struct wire_keys *keys)
{
    if (!keys)
        return;
    crypt_wipe(keys->krb5, sizeof(*keys->krb5));
    free(keys->krb5);
    free(keys->room);
    free(keys);
}

struct krb5_cache *krb5_cache_of(struct wire_keys *keys)
{
    if (!keys->krb5)
        keys->krb5 = calloc(1, sizeof(*keys->krb5));
    return keys->krb5;
}

const struct secrets *wire_keys_secrets(const struct wire_keys *keys)
{
    return keys->secrets;
}

void wire_keys_logs(struct wire_keys *keys, struct tls_keylog *const *logs, size_t count)
{
    keys->logs = logs;
    keys->log_count = count;
}

struct bytes wire_keys_tls(const struct wire_keys *keys, enum tls_label label,
                           const uint8_t random[32])
{
    struct bytes found = secrets_tls(keys->secrets, label, random);
    for (size_t i = keys->log_count; i-- > 0 && !found.data;)
        found = tls_keylog_find(keys->logs[i], label, random);
    return found;
}

uint8_t *wire_room_take(struct wire_keys *keys, size_t length)
{
    if (!keys->room)
        keys->room = malloc(WIRE_ROOM_MAX);
    if (!keys->room || length > WIRE_ROOM_MAX - keys->taken)
        return NULL;
    uint8_t *room = keys->room + keys->taken;
    keys->taken += length;
    return room;
}

void wire_room_back(struct wire_keys *keys, size_t length)
{
    assert(length <= keys->taken);
    keys->taken -= length;
}

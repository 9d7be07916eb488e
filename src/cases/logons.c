#include "cases/logons.h"

#include <stdlib.h>

#define WANTED_MAX (1U << 18)
#define LOGONS_MAX (1U << 18)
#define EACH_MAX   16 /* of one key: an id is used again behind a restart */
#define FOLD_MAX   256

struct wanted {
    uint64_t key;
    uint32_t first; /* logon, + 1 */
    uint32_t count;
};

struct entry {
    struct logon logon;
    uint32_t next; /* later, + 1 */
};

struct logons {
    struct hash_secret secret;
    struct wanted *wanted; /* open addressing, at most half full */
    uint32_t wanted_size, wanted_count;
    struct entry *entries;
    uint32_t entry_count, entry_room;
    uint64_t left_out;
};

struct logons *logons_new(void)
{
    struct logons *logons = calloc(1, sizeof(*logons));
    if (!logons)
        return NULL;
    hash_secret_draw(&logons->secret);
    logons->wanted_size = 1024;
    logons->wanted = calloc(logons->wanted_size, sizeof(*logons->wanted));
    if (!logons->wanted) {
        free(logons);
        return NULL;
    }
    return logons;
}

void logons_free(struct logons *logons)
{
    if (!logons)
        return;
    free(logons->wanted);
    free(logons->entries);
    free(logons);
}

uint64_t logons_key(const struct logons *logons, struct bytes host, uint64_t id)
{
    uint8_t folded[FOLD_MAX + sizeof(id)];
    const size_t length = host.length < FOLD_MAX ? host.length : FOLD_MAX;
    if (!id)
        return 0;
    for (size_t i = 0; i < length; i++)
        folded[i] = host.data[i] >= 'A' && host.data[i] <= 'Z' ? host.data[i] | 0x20 : host.data[i];
    memcpy(folded + length, &id, sizeof(id));
    return hash_secretly(bytes_of(folded, length + sizeof(id)), &logons->secret) | 1;
}

uint64_t logons_flow_key(const struct logons *logons, const struct flow_id *flow)
{
    if (!flow_is_known(flow))
        return 0;
    return hash_secretly(bytes_of(flow->bytes, sizeof(flow->bytes)), &logons->secret) | 1;
}

static struct wanted *place_of(const struct logons *logons, uint64_t key)
{
    uint32_t place = (uint32_t)(key >> 1) & (logons->wanted_size - 1);
    while (logons->wanted[place].key && logons->wanted[place].key != key)
        place = (place + 1) & (logons->wanted_size - 1);
    return &logons->wanted[place];
}

static bool wanted_grow(struct logons *logons)
{
    struct wanted *old = logons->wanted;
    const uint32_t old_size = logons->wanted_size;
    struct wanted *grown = calloc((size_t)old_size * 2, sizeof(*grown));
    if (!grown)
        return false;
    logons->wanted = grown;
    logons->wanted_size = old_size * 2;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].key)
            *place_of(logons, old[i].key) = old[i];
    free(old);
    return true;
}

void logons_want(struct logons *logons, uint64_t key)
{
    if (!key || place_of(logons, key)->key)
        return;
    if (logons->wanted_count >= WANTED_MAX ||
        (logons->wanted_count * 2 >= logons->wanted_size && !wanted_grow(logons))) {
        logons->left_out++;
        return;
    }
    *place_of(logons, key) = (struct wanted){.key = key};
    logons->wanted_count++;
}

bool logons_is_wanted(const struct logons *logons, uint64_t key)
{
    return key && place_of(logons, key)->key;
}

static bool entries_grow(struct logons *logons)
{
    const uint32_t room = logons->entry_room ? logons->entry_room * 2 : 256;
    struct entry *entries =
        room > LOGONS_MAX ? NULL : realloc(logons->entries, room * sizeof(*entries));
    if (!entries)
        return false;
    logons->entries = entries;
    logons->entry_room = room;
    return true;
}

void logons_add(struct logons *logons, uint64_t key, struct logon logon)
{
    if (!logons_is_wanted(logons, key))
        return;
    struct wanted *wanted = place_of(logons, key);
    if (wanted->count >= EACH_MAX ||
        (logons->entry_count == logons->entry_room && !entries_grow(logons))) {
        logons->left_out++;
        return;
    }
    logons->entries[logons->entry_count++] = (struct entry){.logon = logon};
    uint32_t *link = &wanted->first;
    while (*link)
        link = &logons->entries[*link - 1].next;
    *link = logons->entry_count;
    wanted->count++;
}

const struct logon *logons_find(const struct logons *logons, uint64_t key, struct instant time)
{
    const struct logon *found = NULL;
    if (!key)
        return NULL;
    for (uint32_t at = place_of(logons, key)->first; at; at = logons->entries[at - 1].next) {
        const struct logon *logon = &logons->entries[at - 1].logon;
        if (found && instant_compare(logon->time, time) > 0)
            break;
        found = logon;
    }
    return found;
}

uint64_t logons_left_out(const struct logons *logons)
{
    return logons->left_out;
}

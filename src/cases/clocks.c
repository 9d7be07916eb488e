#include "cases/clocks.h"

#include <stdlib.h>

#define WIRE_MAX      (1U << 17)
#define WIRE_INDEX    (WIRE_MAX * 2)
#define PAIRS_MAX     (1U << 18)
#define PAIRS_EACH    16 /* that one logon may make: a port is used again */
#define NANOS_PER_SEC INT64_C(1000000000)
#define APART_MAX     (INT64_C(36) * 3600 * NANOS_PER_SEC) /* zones that were logged wrongly, too */
#define AGREE_WITHIN  (4 * NANOS_PER_SEC)
#define EXACT_WITHIN  (NANOS_PER_SEC / 4) /* a logon is logged a while after it was asked for */

struct sight {
    host_id address, host;
    uint32_t next; /* of the same address and port, + 1 */
    uint16_t port;
    bool is_touched;
    int64_t nanos;
};

struct pair {
    host_id host, address; /* of the log; of the capture */
    bool is_touch;
    int64_t nanos;
};

struct host_clock {
    host_id root;
    struct clock clock;
};

struct clocks {
    struct sight *sights;
    uint32_t sight_count;
    uint32_t *index; /* by hash: the newest sight, + 1 */
    struct pair *pairs;
    uint32_t pair_count, pair_room;
    struct host_clock *clocks;
    uint32_t clock_count;
    uint64_t left_out;
};

struct clocks *clocks_new(void)
{
    return calloc(1, sizeof(struct clocks));
}

void clocks_free(struct clocks *clocks)
{
    if (!clocks)
        return;
    free(clocks->sights);
    free(clocks->index);
    free(clocks->pairs);
    free(clocks->clocks);
    free(clocks);
}

static bool nanos_of(struct instant time, int64_t *nanos)
{
    if (!instant_is_known(time) || time.seconds > INT64_MAX / NANOS_PER_SEC - 1 ||
        time.seconds < INT64_MIN / NANOS_PER_SEC + 1)
        return false;
    *nanos = time.seconds * NANOS_PER_SEC + time.nanos;
    return true;
}

static uint32_t place_of(host_id address, uint16_t port)
{
    const uint64_t key = (uint64_t)address << 16 | port;
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 40) & (WIRE_INDEX - 1);
}

static bool wire_ready(struct clocks *clocks)
{
    if (!clocks->sights)
        clocks->sights = malloc((size_t)WIRE_MAX * sizeof(*clocks->sights));
    if (!clocks->index)
        clocks->index = calloc(WIRE_INDEX, sizeof(*clocks->index));
    return clocks->sights && clocks->index;
}

void clocks_wire(struct clocks *clocks, host_id address, uint16_t port, host_id host,
                 struct instant time)
{
    int64_t nanos;
    if (!address || !port || !host || !nanos_of(time, &nanos) || !wire_ready(clocks))
        return;
    if (clocks->sight_count == WIRE_MAX) {
        clocks->left_out++;
        return;
    }
    uint32_t *head = &clocks->index[place_of(address, port)];
    clocks->sights[clocks->sight_count] = (struct sight){
        .address = address, .host = host, .next = *head, .port = port, .nanos = nanos};
    *head = ++clocks->sight_count;
}

static void pair_add(struct clocks *clocks, struct pair pair)
{
    if (clocks->pair_count == clocks->pair_room) {
        const uint32_t room = clocks->pair_room ? clocks->pair_room * 2 : 1024;
        struct pair *pairs =
            room > PAIRS_MAX ? NULL : realloc(clocks->pairs, room * sizeof(*pairs));
        if (!pairs) {
            clocks->left_out++;
            return;
        }
        clocks->pairs = pairs;
        clocks->pair_room = room;
    }
    clocks->pairs[clocks->pair_count++] = pair;
}

static void pairs_make(struct clocks *clocks, host_id address, uint16_t port, struct pair with)
{
    unsigned made = 0;
    for (uint32_t at = clocks->index[place_of(address, port)]; at && made < PAIRS_EACH;) {
        struct sight *sight = &clocks->sights[at - 1];
        at = sight->next;
        if (sight->address != address || sight->port != port ||
            (with.is_touch && sight->is_touched) || llabs(with.nanos - sight->nanos) > APART_MAX)
            continue;
        sight->is_touched |= with.is_touch;
        pair_add(clocks,
                 (struct pair){with.host, sight->host, with.is_touch, with.nanos - sight->nanos});
        made++;
    }
}

void clocks_logon(struct clocks *clocks, host_id address, uint16_t port, host_id host,
                  struct instant time)
{
    struct pair with = {.host = host};
    if (address && port && host && clocks->index && nanos_of(time, &with.nanos))
        pairs_make(clocks, address, port, with);
}

void clocks_touch(struct clocks *clocks, host_id address, uint16_t port, host_id host,
                  struct instant time)
{
    struct pair with = {.host = host, .is_touch = true};
    if (address && port && host && clocks->index && nanos_of(time, &with.nanos))
        pairs_make(clocks, address, port, with);
}

static int order(int64_t one, int64_t other)
{
    return (one > other) - (one < other);
}

static int pair_order(const void *a, const void *b)
{
    const struct pair *one = a, *other = b;
    const int hosts = order(one->host, other->host);
    const int kinds = one->is_touch - other->is_touch;
    return hosts ? hosts : kinds ? kinds : order(one->nanos, other->nanos);
}

static int clock_order(const void *a, const void *b)
{
    const struct host_clock *one = a, *other = b;
    return order(one->root, other->root);
}

struct group {
    const struct pair *first;
    uint32_t count;
};

/* The largest run of pairs that agree; of two equal ones, the one that is nearer to no difference.
 */
static struct group agreed(const struct pair *pairs, uint32_t count)
{
    struct group best = {pairs, 0};
    uint32_t from = 0;
    for (uint32_t to = 0; to < count; to++) {
        while (pairs[to].nanos - pairs[from].nanos > AGREE_WITHIN)
            from++;
        const uint32_t size = to - from + 1;
        if (size > best.count ||
            (size == best.count && llabs(pairs[from].nanos) < llabs(best.first->nanos)))
            best = (struct group){pairs + from, size};
    }
    return best;
}

static struct clock clock_from(struct group group)
{
    const int64_t spread = group.first[group.count - 1].nanos - group.first[0].nanos;
    return (struct clock){.is_known = true,
                          .nanos = group.first[group.count / 2].nanos,
                          .uncertainty = spread / 2 > EXACT_WITHIN ? spread / 2 : EXACT_WITHIN};
}

void clocks_settle(struct clocks *clocks, struct hosts *hosts)
{
    for (uint32_t i = 0; i < clocks->pair_count; i++)
        clocks->pairs[i].host = hosts_root(hosts, clocks->pairs[i].host);
    if (!clocks->pair_count)
        return;
    qsort(clocks->pairs, clocks->pair_count, sizeof(*clocks->pairs), pair_order);
    clocks->clocks = malloc(clocks->pair_count * sizeof(*clocks->clocks));
    for (uint32_t from = 0; clocks->clocks && from < clocks->pair_count;) {
        uint32_t to = from;
        uint32_t best = from; /* behind logons, or behind touches when there are none */
        while (to < clocks->pair_count && clocks->pairs[to].host == clocks->pairs[from].host)
            best += clocks->pairs[to++].is_touch == clocks->pairs[from].is_touch;
        const struct group group = agreed(clocks->pairs + from, best - from);
        for (uint32_t i = 0; i < group.count; i++)
            hosts_join(hosts, group.first[i].host, group.first[i].address);
        clocks->clocks[clocks->clock_count++] =
            (struct host_clock){clocks->pairs[from].host, clock_from(group)};
        from = to;
    }
    for (uint32_t i = 0; i < clocks->clock_count; i++)
        clocks->clocks[i].root = hosts_root(hosts, clocks->clocks[i].root);
    if (clocks->clock_count)
        qsort(clocks->clocks, clocks->clock_count, sizeof(*clocks->clocks), clock_order);
}

struct clock clocks_of(const struct clocks *clocks, host_id root)
{
    const struct host_clock wanted = {.root = root};
    const struct host_clock *found = clocks->clock_count
                                         ? bsearch(&wanted, clocks->clocks, clocks->clock_count,
                                                   sizeof(*clocks->clocks), clock_order)
                                         : NULL;
    return found ? found->clock : (struct clock){0};
}

struct instant clock_set_right(const struct clock *clock, struct instant time)
{
    int64_t nanos;
    if (!clock->is_known || !nanos_of(time, &nanos))
        return time;
    nanos -= clock->nanos;
    int64_t seconds = nanos / NANOS_PER_SEC, rest = nanos % NANOS_PER_SEC;
    if (rest < 0) {
        rest += NANOS_PER_SEC;
        seconds--;
    }
    return (struct instant){seconds, (uint32_t)rest, time.digits};
}

uint64_t clocks_left_out(const struct clocks *clocks)
{
    return clocks->left_out;
}

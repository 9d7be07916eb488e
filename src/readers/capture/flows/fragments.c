/* Fragments to packets, IPv4 ([RFC 791] 3.2) and IPv6 ([RFC 8200] 4.5).
 *
 * A datagram under way is a buffer and a bit for each 8 bytes of it that have come; the first bytes
 * win. There are few at a time: a new one takes the place of the oldest. */
#include "flow.h"

#include <stdlib.h>

#define DATAGRAMS    16U
#define UNIT         8U
#define UNITS        (65536U / UNIT)
#define FRAGMENT_AGE (60 * SECOND_NS)

struct datagram {
    uint8_t *data;
    size_t capacity;
    uint8_t source[16], target[16];
    uint8_t address_length, protocol;
    uint32_t identification;
    uint32_t total;   /* bytes; 0: the last fragment has not come */
    uint32_t highest; /* end of what has come */
    uint32_t count;   /* units that have come */
    uint32_t header;  /* bytes of the IP header of one fragment */
    struct wire_place first;
    int64_t begun;
    bool is_used;
    uint64_t has[UNITS / 64];
};

struct fragments {
    struct datagram datagrams[DATAGRAMS];
};

/* One fragment. */
struct piece {
    uint32_t identification, offset, length, captured;
    uint8_t protocol;
    bool is_last;
    const uint8_t *data;
};

struct fragments *fragments_new(void)
{
    return calloc(1, sizeof(struct fragments));
}

static void count_lost(struct losses *losses, const struct datagram *datagram)
{
    if (losses && datagram->is_used)
        losses_add(losses, LOSS_GAP, "ip", "packets of which not all fragments came",
                   (uint64_t)datagram->count * UNIT, datagram->first.packet);
}

void fragments_free(struct fragments *fragments, struct losses *losses)
{
    if (!fragments)
        return;
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        count_lost(losses, &fragments->datagrams[i]);
        free(fragments->datagrams[i].data);
    }
    free(fragments);
}

static bool piece_read(const struct packet *packet, const uint8_t *ip, struct piece *piece)
{
    const uint8_t *at = ip + packet->payload;
    *piece = (struct piece){.captured = packet->captured - packet->payload,
                            .length = packet->original - packet->payload};
    if (packet->version == 4) {
        const unsigned flags = load_be16(ip + 6);
        piece->identification = load_be16(ip + 4);
        piece->protocol = ip[9];
        piece->offset = (flags & 0x1FFF) * UNIT;
        piece->is_last = !(flags & 0x2000);
        piece->data = at;
    } else {
        if (piece->captured < 8 || piece->length < 8)
            return false;
        piece->protocol = at[0];
        piece->offset = load_be16(at + 2) & 0xFFF8U;
        piece->is_last = !(at[3] & 1);
        piece->identification = load_be32(at + 4);
        piece->data = at + 8;
        piece->captured -= 8;
        piece->length -= 8;
    }
    return piece->length && piece->offset + piece->length <= 65535U &&
           (piece->is_last || piece->length % UNIT == 0);
}

static bool is_of(const struct datagram *datagram, const struct load *load,
                  const struct piece *piece)
{
    return datagram->is_used && datagram->identification == piece->identification &&
           datagram->protocol == piece->protocol &&
           datagram->address_length == load->address_length &&
           memcmp(datagram->source, load->source, load->address_length) == 0 &&
           memcmp(datagram->target, load->target, load->address_length) == 0;
}

/* The datagram of a fragment, or the place of the oldest, cleared for it. */
static struct datagram *datagram_of(struct lane *lane, const struct load *load,
                                    const struct piece *piece)
{
    struct datagram *oldest = NULL;
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        struct datagram *datagram = &lane->fragments->datagrams[i];
        if (datagram->is_used && load->now - datagram->begun > FRAGMENT_AGE) {
            count_lost(&lane->losses, datagram);
            datagram->is_used = false;
        }
        if (is_of(datagram, load, piece))
            return datagram;
        if (!oldest || !datagram->is_used || (oldest->is_used && datagram->begun < oldest->begun))
            oldest = datagram;
    }
    count_lost(&lane->losses, oldest);
    uint8_t *const data = oldest->data;
    const size_t capacity = oldest->capacity;
    *oldest = (struct datagram){
        .data = data,
        .capacity = capacity,
        .address_length = load->address_length,
        .protocol = piece->protocol,
        .identification = piece->identification,
        .header = load->ip_bytes - piece->length,
        .first = load->place,
        .begun = load->now,
        .is_used = true,
    };
    memcpy(oldest->source, load->source, load->address_length);
    memcpy(oldest->target, load->target, load->address_length);
    return oldest;
}

static bool datagram_room(struct datagram *datagram, size_t length)
{
    const size_t want = (length + UNIT - 1) / UNIT * UNIT;
    if (want <= datagram->capacity)
        return true;
    uint8_t *data = realloc(datagram->data, want);
    if (!data)
        return false;
    datagram->data = data;
    datagram->capacity = want;
    return true;
}

static void piece_copy(struct datagram *datagram, const struct piece *piece)
{
    for (uint32_t at = 0; at < piece->length; at += UNIT) {
        const uint32_t unit = (piece->offset + at) / UNIT;
        const uint64_t bit = UINT64_C(1) << (unit & 63);
        if (datagram->has[unit / 64] & bit)
            continue;
        const uint32_t left = piece->length - at;
        memcpy(datagram->data + piece->offset + at, piece->data + at, left < UNIT ? left : UNIT);
        datagram->has[unit / 64] |= bit;
        datagram->count++;
    }
}

bool fragment_take(struct lane *lane, const struct packet *packet, const uint8_t *ip,
                   struct load *load)
{
    struct piece piece;
    if (!piece_read(packet, ip, &piece)) {
        losses_add(&lane->losses, LOSS_OTHER, "ip", "fragments that cannot be", 0, packet->number);
        return false;
    }
    if (piece.captured < piece.length) {
        losses_add(&lane->losses, LOSS_CUT, "ip", "", piece.length - piece.captured,
                   packet->number);
        return false;
    }
    struct datagram *datagram = datagram_of(lane, load, &piece);
    const uint32_t end = piece.offset + piece.length;
    if (!datagram_room(datagram, end))
        return false;
    if (end > datagram->highest)
        datagram->highest = end;
    if (piece.is_last && !datagram->total)
        datagram->total = end;
    if (datagram->total && datagram->highest > datagram->total) {
        losses_add(&lane->losses, LOSS_OTHER, "ip", "fragments behind the last one", 0,
                   packet->number);
        datagram->is_used = false;
        return false;
    }
    piece_copy(datagram, &piece);
    if (!datagram->total || datagram->count < (datagram->total + UNIT - 1) / UNIT)
        return false;
    datagram->is_used = false;
    load->source = datagram->source;
    load->target = datagram->target;
    load->protocol = datagram->protocol;
    load->data = datagram->data;
    load->captured = load->original = datagram->total;
    load->ip_bytes = datagram->header + datagram->total;
    return true;
}

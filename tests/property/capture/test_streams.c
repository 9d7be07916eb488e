/* The same stream cut, reordered, duplicated, overlapped and delayed in any way gives the same
 * bytes; a gap loses only what was in it.
 *
 * The slow and obvious twin is one array: of each byte of the stream the first one that was
 * captured, and which were captured at all. */
#include "../../unit/capture/flow_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS       400U
#define STREAM_MAX   30000U
#define SEGMENTS_MAX 4000U
#define PART_MAX     1460U

struct piece {
    uint32_t offset, length;
    bool is_forged; /* other bytes than the stream's */
    uint32_t rank;  /* when it is captured */
};

struct stream_case {
    uint32_t seed;
    uint32_t length;
    uint32_t start; /* sequence number of the first byte */
    uint32_t count;
    bool has_acks, has_losses, has_forgeries;
    uint8_t bytes[STREAM_MAX];
    struct piece pieces[SEGMENTS_MAX];
    /* the twin */
    uint8_t first[STREAM_MAX];
    bool has[STREAM_MAX];
};

static uint32_t random_below(struct stream_case *it, uint32_t bound)
{
    it->seed ^= it->seed << 13;
    it->seed ^= it->seed >> 17;
    it->seed ^= it->seed << 5;
    return it->seed % bound;
}

static void piece_add(struct stream_case *it, uint32_t offset, uint32_t length, uint32_t rank)
{
    if (it->count == SEGMENTS_MAX || !length)
        return;
    it->pieces[it->count++] =
        (struct piece){.offset = offset,
                       .length = length,
                       .is_forged = it->has_forgeries && random_below(it, 8) == 0,
                       .rank = rank};
}

/* Cuts the stream; each piece may be lost, come again, reach into the next ones, and be late. */
static void cut(struct stream_case *it)
{
    const uint32_t part = 1 + random_below(it, PART_MAX);
    const uint32_t late = it->has_acks ? 12 : 200; /* by how many others it may be overtaken */
    uint32_t number = 0;
    it->count = 0;
    for (uint32_t at = 0; at < it->length; number++) {
        uint32_t length = 1 + random_below(it, part);
        if (length > it->length - at)
            length = it->length - at;
        const uint32_t room = it->length - at - length;
        const uint32_t over = random_below(it, 4) ? 0 : random_below(it, part);
        const uint32_t rank = number * 4 + random_below(it, late * 4);
        if (!it->has_losses || random_below(it, 20))
            piece_add(it, at, length + (over < room ? over : room), rank);
        if (random_below(it, 6) == 0 && !it->has_losses)
            piece_add(it, at, length, rank + random_below(it, late * 4));
        at += length;
    }
}

static int by_rank(const void *one, const void *other)
{
    const struct piece *a = one, *b = other;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->length < b->length ? -1 : a->length > b->length;
}

static void twin_take(struct stream_case *it, const struct piece *piece)
{
    for (uint32_t i = 0; i < piece->length; i++) {
        const uint32_t at = piece->offset + i;
        if (!it->has[at])
            it->first[at] = piece->is_forged ? '#' : it->bytes[at];
        it->has[at] = true;
    }
}

/* What the protocol should have been given when all has ended. */
static void twin_write(const struct stream_case *it, struct buffer *to)
{
    uint32_t end = it->length;
    while (end && !it->has[end - 1] && !it->has_acks)
        end--; /* nobody can know */
    for (uint32_t at = 0; at < end;) {
        uint32_t lost = 0;
        while (at + lost < end && !it->has[at + lost])
            lost++;
        if (lost)
            buffer_format(to, "<gap %u>", lost);
        else
            buffer_byte(to, it->first[at++]);
        at += lost;
    }
}

static void capture(struct stream_case *it, struct flow_lab *lab)
{
    static uint8_t forged[STREAM_MAX];
    memset(forged, '#', sizeof(forged));
    memset(it->has, 0, sizeof(it->has));
    for (uint32_t i = 0; i < it->count; i++) {
        const struct piece *piece = &it->pieces[i];
        const uint8_t *data = piece->is_forged ? forged : it->bytes + piece->offset;
        flow_lab_tcp(lab, &(struct lab_segment){.side = WIRE_SERVER,
                                                .sequence = it->start + piece->offset,
                                                .acked = 500,
                                                .flags = LAB_ACK,
                                                .data = bytes_of(data, piece->length)});
        twin_take(it, piece);
        if (it->has_acks && random_below(it, 3) == 0)
            flow_lab_tcp(lab, &(struct lab_segment){.sequence = 500,
                                                    .acked = it->start + piece->offset,
                                                    .flags = LAB_ACK});
    }
    if (it->has_acks)
        flow_lab_tcp(lab, &(struct lab_segment){
                              .sequence = 500, .acked = it->start + it->length, .flags = LAB_ACK});
}

static void round_run(struct stream_case *it, uint32_t number)
{
    struct flow_lab *lab = flow_lab_new();
    struct buffer expected = {0};
    it->seed = number * 2654435761U + 1;
    it->length = 2 + random_below(it, STREAM_MAX - 2);
    it->start = 0U - random_below(it, STREAM_MAX); /* so that it often wraps */
    it->has_acks = random_below(it, 2);
    it->has_losses = random_below(it, 3) == 0;
    it->has_forgeries = random_below(it, 3) == 0;
    for (uint32_t i = 0; i < it->length; i++)
        it->bytes[i] = (uint8_t)('a' + random_below(it, 26));
    cut(it);
    qsort(it->pieces, it->count, sizeof(*it->pieces), by_rank);
    flow_lab_shake_hands(lab, 500, it->start);
    /* The session is there before the first loss. */
    flow_lab_tcp(lab, &(struct lab_segment){
                          .sequence = 500, .acked = it->start, .data = bytes_of_text("go")});
    capture(it, lab);
    flow_lab_end(lab);
    twin_write(it, &expected);
    if (!bytes_equal(buffer_view(&expected), buffer_view(&lab->streams[WIRE_SERVER])))
        fail_msg("round %u: %zu bytes instead of %zu", number, lab->streams[WIRE_SERVER].length,
                 expected.length);
    assert_int_equal(lab->opened, 1);
    assert_int_equal(lab->ended, 1);
    buffer_release(&expected);
    flow_lab_free(lab);
}

static void any_way_of_capturing_a_stream_gives_its_bytes(void **state)
{
    (void)state;
    struct stream_case *it = calloc(1, sizeof(*it));
    for (uint32_t i = 0; i < ROUNDS; i++)
        round_run(it, i);
    free(it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_way_of_capturing_a_stream_gives_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Capture files, link layers and tunnels, through the whole reader. */
#include "../json/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- writing captures ---- */

struct maker {
    struct buffer bytes;
    bool is_big; /* the other byte order */
};

static void put(struct maker *maker, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        const unsigned shift = maker->is_big ? width - 1 - i : i;
        buffer_byte(&maker->bytes, (uint8_t)(value >> shift * 8));
    }
}

static void pad(struct maker *maker)
{
    while (maker->bytes.length % 4)
        buffer_byte(&maker->bytes, 0);
}

static void pcap_begin(struct maker *maker, uint32_t magic, uint32_t link)
{
    put(maker, magic, 4);
    put(maker, 2, 2);
    put(maker, 4, 2);
    put(maker, 0, 8);
    put(maker, 262144, 4);
    put(maker, link, 4);
}

static void pcap_packet(struct maker *maker, uint32_t fraction, struct bytes frame)
{
    put(maker, 1700000000, 4);
    put(maker, fraction, 4);
    put(maker, frame.length, 4);
    put(maker, frame.length, 4);
    buffer_bytes(&maker->bytes, frame.data, frame.length);
}

/* A pcapng block around a body that is in our byte order already. */
static void block(struct maker *maker, uint32_t type, struct bytes body)
{
    const size_t padded = (body.length + 3) & ~(size_t)3;
    put(maker, type, 4);
    put(maker, padded + 12, 4);
    buffer_bytes(&maker->bytes, body.data, body.length);
    pad(maker);
    put(maker, padded + 12, 4);
}

static void section(struct maker *maker)
{
    struct maker body = {.is_big = maker->is_big};
    put(&body, 0x1A2B3C4D, 4);
    put(&body, 1, 2);
    put(&body, 0, 2);
    put(&body, UINT64_MAX, 8);
    block(maker, 0x0A0D0D0A, buffer_view(&body.bytes));
    buffer_release(&body.bytes);
}

static void interface(struct maker *maker, uint16_t link, uint8_t resolution, int64_t offset)
{
    struct maker body = {.is_big = maker->is_big};
    put(&body, link, 2);
    put(&body, 0, 2);
    put(&body, 0, 4);
    put(&body, 9, 2);
    put(&body, 1, 2);
    put(&body, resolution, 1);
    pad(&body);
    put(&body, 14, 2);
    put(&body, 8, 2);
    put(&body, (uint64_t)offset, 8);
    put(&body, 0, 4);
    block(maker, 1, buffer_view(&body.bytes));
    buffer_release(&body.bytes);
}

static void enhanced(struct maker *maker, uint32_t number, uint64_t ticks, struct bytes frame)
{
    struct maker body = {.is_big = maker->is_big};
    put(&body, number, 4);
    put(&body, ticks >> 32, 4);
    put(&body, ticks & UINT32_MAX, 4);
    put(&body, frame.length, 4);
    put(&body, frame.length, 4);
    buffer_bytes(&body.bytes, frame.data, frame.length);
    block(maker, 6, buffer_view(&body.bytes));
    buffer_release(&body.bytes);
}

/* UDP from 192.0.2.1:4000 to 192.0.2.9:5000. */
static const uint8_t packet4[] = {0x45, 0,    0, 33, 0, 0,   0,   0,   64,  17,   0,
                                  0,    192,  0, 2,  1, 192, 0,   2,   9,   0x0F, 0xA0,
                                  0x13, 0x88, 0, 13, 0, 0,   'h', 'e', 'l', 'l',  'o'};
#define PACKET4 bytes_of(packet4, sizeof(packet4))

/* The same between fd00::1 and fd00::9, behind two extension headers. */
static const uint8_t packet6[] = {
    0x60, 0, 0,    0,    0,    29,   0,    64, 0xFD, 0, 0,   0,   0,   0,   0,  0, 0, 0,
    0,    0, 0,    0,    0,    1,    0xFD, 0,  0,    0, 0,   0,   0,   0,   0,  0, 0, 0,
    0,    0, 0,    9,    60,   0,    1,    4,  0,    0, 0,   0,   17,  0,   1,  4, 0, 0,
    0,    0, 0x0F, 0xA0, 0x13, 0x88, 0,    13, 0,    0, 'h', 'e', 'l', 'l', 'o'};
#define PACKET6 bytes_of(packet6, sizeof(packet6))

#define CONNECTION4                                                               \
    "\"id.orig_h\":\"192.0.2.1\",\"id.orig_p\":4000,\"id.resp_h\":\"192.0.2.9\"," \
    "\"id.resp_p\":5000,\"proto\":\"udp\",\"orig_bytes\":5"
#define CONNECTION6                                                           \
    "\"id.orig_h\":\"fd00::1\",\"id.orig_p\":4000,\"id.resp_h\":\"fd00::9\"," \
    "\"id.resp_p\":5000,\"proto\":\"udp\",\"orig_bytes\":5"

/* ---- reading them ---- */

static int open_harness(void **state)
{
    *state = harness_new(&reader_pcap);
    return 0;
}

static int close_harness(void **state)
{
    harness_free(*state);
    return 0;
}

static void run(struct harness *harness, struct maker *maker)
{
    const struct bytes bytes = buffer_view(&maker->bytes);
    harness->format = reader_find(bytes, &harness->shared);
    assert_non_null(harness->format);
    harness_run(harness, bytes);
    buffer_release(&maker->bytes);
    maker->bytes = (struct buffer){0};
}

static void assert_has(struct harness *harness, const char *text)
{
    buffer_byte(&harness->events, 0);
    harness->events.length--;
    if (!strstr((const char *)harness->events.data, text))
        fail_msg("%s is not in %s", text, (const char *)harness->events.data);
}

static void assert_note(const struct harness *harness, const char *text)
{
    const char *note;
    for (uint32_t i = 0; (note = account_note_at(&harness->account, i)); i++)
        if (strstr(note, text))
            return;
    fail_msg("no note says %s; the first is %s", text, account_note_at(&harness->account, 0));
}

static void pcap_is_read_in_both_byte_orders_and_both_resolutions(void **state)
{
    struct harness *harness = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct maker maker = {.is_big = i & 1};
        const bool is_nano = i & 2;
        pcap_begin(&maker, is_nano ? 0xA1B23C4D : 0xA1B2C3D4, 101);
        pcap_packet(&maker, is_nano ? 123456789 : 123456, PACKET4);
        run(harness, &maker);
        assert_string_equal(harness->format->name, "pcap");
        assert_int_equal(harness->count, 1);
        assert_int_equal(harness->account.read, 1);
        assert_int_equal(harness->account.note_count, 1); /* no known protocol */
        assert_false(harness->account.is_incomplete);
        assert_has(harness, CONNECTION4);
        assert_has(harness, is_nano ? "\"ts\":\"2023-11-14T22:13:20.123456789Z\""
                                    : "\"ts\":\"2023-11-14T22:13:20.123456Z\"");
        assert_has(harness, "\"#record\":1,\"#offset\":24");
    }
}

static void pcapng_is_read_with_all_that_an_interface_says_of_time(void **state)
{
    static const struct {
        uint8_t resolution;
        int64_t offset;
        uint64_t ticks;
        const char *expected;
    } rows[] = {
        {6, 0, UINT64_C(1700000000123456), "2023-11-14T22:13:20.123456Z"},
        {9, 0, UINT64_C(1700000000123456789), "2023-11-14T22:13:20.123456789Z"},
        {3, 0, UINT64_C(1700000000123), "2023-11-14T22:13:20.123Z"},
        {0, 0, UINT64_C(1700000000), "2023-11-14T22:13:20Z"},
        {10, 1700000000, UINT64_C(1234567890), "2023-11-14T22:13:20.123456789Z"},
        {0x81, 0, UINT64_C(1700000000) * 2 + 1, "2023-11-14T22:13:20.500000000Z"},
        {0xA8, 1700000000, UINT64_C(1) << 39, "2023-11-14T22:13:20.500000000Z"},
        {6, 3600, UINT64_C(1700000000123456), "2023-11-14T23:13:20.123456Z"},
    };
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(rows) * 2; i++) {
        struct maker maker = {.is_big = i & 1};
        section(&maker);
        interface(&maker, 1, 6, 0);
        interface(&maker, 101, rows[i / 2].resolution, rows[i / 2].offset);
        block(&maker, 0x0BAD, bytes_of("unknown", 8));
        enhanced(&maker, 1, rows[i / 2].ticks, PACKET4);
        run(harness, &maker);
        assert_string_equal(harness->format->name, "pcapng");
        assert_int_equal(harness->count, 1);
        assert_has(harness, CONNECTION4);
        assert_has(harness, rows[i / 2].expected);
    }
}

static void sections_may_differ_and_old_and_simple_packets_are_read(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    section(&maker);
    interface(&maker, 101, 6, 0);
    struct maker body = {0};
    put(&body, 0, 2); /* an old packet */
    put(&body, 0, 2);
    put(&body, UINT64_C(1700000000000000) >> 32, 4);
    put(&body, UINT64_C(1700000000000000) & UINT32_MAX, 4);
    put(&body, PACKET4.length, 4);
    put(&body, PACKET4.length, 4);
    buffer_bytes(&body.bytes, packet4, sizeof(packet4));
    block(&maker, 2, buffer_view(&body.bytes));
    maker.is_big = body.is_big = true;
    section(&maker);
    interface(&maker, 101, 6, 0);
    buffer_reset(&body.bytes);
    put(&body, PACKET6.length, 4);
    buffer_bytes(&body.bytes, packet6, sizeof(packet6));
    block(&maker, 3, buffer_view(&body.bytes));
    buffer_release(&body.bytes);
    run(harness, &maker);
    assert_int_equal(harness->account.read, 2);
    assert_has(harness, CONNECTION4);
    assert_has(harness, CONNECTION6);
    assert_int_equal(harness->account.damaged, 0);
}

static void what_the_capture_itself_lost_is_said(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0}, body = {0};
    section(&maker);
    interface(&maker, 101, 6, 0);
    put(&body, 0, 4);
    put(&body, 0, 8);
    put(&body, 5, 2);
    put(&body, 8, 2);
    put(&body, 17, 8);
    block(&maker, 5, buffer_view(&body.bytes));
    buffer_release(&body.bytes);
    run(harness, &maker);
    assert_note(harness, "interface 0: 17 packets were lost while capturing");
    assert_int_equal(harness->account.missing, 17);
    assert_true(harness->account.is_incomplete);
}

/* ---- damage ---- */

static void behind_an_impossible_packet_reading_goes_on(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    pcap_begin(&maker, 0xA1B2C3D4, 101);
    pcap_packet(&maker, 1, PACKET4);
    const size_t at = maker.bytes.length;
    pcap_packet(&maker, 2, PACKET4);
    pcap_packet(&maker, 3, PACKET4);
    pcap_packet(&maker, 4, PACKET4);
    memset(maker.bytes.data + at + 8, 0xEE, 4);
    run(harness, &maker);
    assert_int_equal(harness->account.read, 3);
    assert_int_equal(harness->account.damaged, 1);
    assert_true(harness->account.is_incomplete);
    assert_note(harness, "packet 2 at offset 73: its header cannot be; read on at offset 122");
    assert_has(harness, "\"orig_pkts\":3");
}

static void behind_a_lying_block_reading_goes_on(void **state)
{
    static const uint32_t lies[] = {0, 4, 13, 64, 0x7FFFFFFC, UINT32_MAX};
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        struct maker maker = {0};
        section(&maker);
        interface(&maker, 101, 6, 0);
        enhanced(&maker, 0, 1, PACKET4);
        const size_t at = maker.bytes.length;
        enhanced(&maker, 0, 2, PACKET4);
        enhanced(&maker, 0, 3, PACKET4);
        memcpy(maker.bytes.data + at + 4, &lies[i], 4);
        run(harness, &maker);
        assert_int_equal(harness->account.read, 2);
        assert_int_equal(harness->account.damaged, 1);
        assert_note(harness, "packet 2 at offset ");
        assert_has(harness, "\"orig_pkts\":2");
    }
}

static void a_packet_longer_than_its_block_is_refused(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    section(&maker);
    interface(&maker, 101, 6, 0);
    const size_t at = maker.bytes.length;
    enhanced(&maker, 0, 1, PACKET4);
    enhanced(&maker, 5, 2, PACKET4);
    enhanced(&maker, 0, 3, PACKET4);
    maker.bytes.data[at + 20] = 200;
    run(harness, &maker);
    assert_int_equal(harness->account.read, 1);
    assert_int_equal(harness->account.damaged, 2);
    assert_note(harness, "packet 1 at offset 72: its block is shorter than it");
    assert_note(harness, "packet 2 at offset 140: it names an interface that is not there");
}

static void a_file_that_ends_in_a_packet_is_incomplete(void **state)
{
    struct harness *harness = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct maker maker = {0};
        if (i) {
            section(&maker);
            interface(&maker, 101, 6, 0);
            enhanced(&maker, 0, 1, PACKET4);
            enhanced(&maker, 0, 2, PACKET4);
        } else {
            pcap_begin(&maker, 0xA1B2C3D4, 101);
            pcap_packet(&maker, 1, PACKET4);
            pcap_packet(&maker, 2, PACKET4);
        }
        maker.bytes.length -= 9;
        run(harness, &maker);
        assert_int_equal(harness->account.read, 1);
        assert_note(harness, "packet 2 at offset ");
        assert_note(harness, "the file ends in the middle of it");
        assert_true(harness->account.is_incomplete);
        assert_has(harness, "\"orig_pkts\":1");
    }
}

static void a_disk_that_fails_is_said_behind_what_was_read(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    pcap_begin(&maker, 0xA1B2C3D4, 101);
    pcap_packet(&maker, 1, PACKET4);
    pcap_packet(&maker, 2, PACKET4);
    harness->format = &reader_pcap;
    harness_fail_behind(harness, buffer_view(&maker.bytes), maker.bytes.length - 3);
    buffer_release(&maker.bytes);
    assert_int_equal(harness->status, STATUS_IO);
    assert_has(harness, "\"orig_pkts\":1");
}

static void headers_that_are_cut_or_broken_are_counted(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    pcap_begin(&maker, 0xA1B2C3D4, 101);
    pcap_packet(&maker, 1, bytes_of(packet4, 12));
    pcap_packet(&maker, 2, bytes_of("\x75zzzzzzzzzzzzzzzzzzzzzzz", 24));
    pcap_packet(&maker, 3, PACKET4);
    run(harness, &maker);
    assert_int_equal(harness->account.read, 3);
    assert_note(harness, "1 packet cut by the capture within its headers (first: packet 1)");
    assert_note(harness, "1 packet with headers that cannot be (first: packet 2)");
    assert_int_equal(harness->count, 1);
}

static void a_link_layer_that_is_not_read_is_said(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    pcap_begin(&maker, 0xA1B2C3D4, 147);
    pcap_packet(&maker, 1, PACKET4);
    run(harness, &maker);
    assert_note(harness, "1 packet of a link layer that is not read, type 147 (first: packet 1)");
    assert_true(harness->account.is_incomplete);
}

/* ---- link layers and tunnels ---- */

struct wrapping {
    uint32_t link;
    bool is_6;
    size_t length;
    uint8_t header[80];
};

#define ETHER       2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2
#define OUTER(what) 0x45, 0, 0, 200, 0, 0, 0, 0, 64, what, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2

static const struct wrapping wrappings[] = {
    {1, false, 14, {ETHER, 8, 0}},
    {1, true, 14, {ETHER, 0x86, 0xDD}},
    {1, false, 18, {ETHER, 0x81, 0, 0, 5, 8, 0}},
    {1, false, 22, {ETHER, 0x88, 0xA8, 0, 5, 0x81, 0, 0, 6, 8, 0}},
    {1, false, 22, {ETHER, 0x88, 0x64, 0x11, 0, 0, 1, 0, 30, 0, 0x21}},
    {0, false, 4, {2, 0, 0, 0}},
    {0, true, 4, {0, 0, 0, 30}},
    {108, true, 4, {0, 0, 0, 24}},
    {9, false, 4, {0xFF, 3, 0, 0x21}},
    {9, true, 2, {0, 0x57}},
    {50, false, 1, {0x21}},
    {113, false, 16, {[14] = 8, [15] = 0}},
    {113, true, 20, {[14] = 0x81, [15] = 0, [17] = 5, [18] = 0x86, [19] = 0xDD}},
    {276, false, 20, {8, 0}},
    {228, false, 0, {0}},
    {229, true, 0, {0}},
    /* IP in IP, 6 in 4, GRE with a key, Ethernet in GRE, PPP in GRE */
    {101, false, 20, {OUTER(4)}},
    {101, true, 20, {OUTER(41)}},
    {101, false, 28, {OUTER(47), 0x20, 0, 8, 0, 1, 2, 3, 4}},
    {101, false, 38, {OUTER(47), 0, 0, 0x65, 0x58, ETHER, 8, 0}},
    {101, true, 34, {OUTER(47), 0x30, 0x01, 0x88, 0x0B, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0x57}},
    /* VXLAN, GTP-U without and with an extension header, IP in IP in IP */
    {101, false, 50, {OUTER(17), 9, 9, 0x12, 0xB5, 0, 180, 0,     0, 8,
                      0,         0, 0, 0,    0,    7, 0,   ETHER, 8, 0}},
    {101, false, 36, {OUTER(17), 9, 9, 8, 0x68, 0, 180, 0, 0, 0x30, 0xFF, 0, 33, 0, 0, 0, 1}},
    {101, true, 44, {OUTER(17), 9, 9, 8, 0x68, 0, 180, 0,    0, 0x34, 0xFF, 0, 90,
                     0,         0, 0, 1, 0,    0, 0,   0x85, 1, 0x10, 0,    0}},
    {101, false, 40, {OUTER(4), OUTER(4)}},
};

static void link_layers_and_tunnels_are_followed_to_the_innermost_packet(void **state)
{
    struct harness *harness = *state;
    for (size_t i = 0; i < COUNT_OF(wrappings); i++) {
        const struct wrapping *wrapping = &wrappings[i];
        struct maker maker = {0};
        struct buffer frame = {0};
        const struct bytes inner = wrapping->is_6 ? PACKET6 : PACKET4;
        buffer_bytes(&frame, wrapping->header, wrapping->length);
        buffer_bytes(&frame, inner.data, inner.length);
        buffer_text(&frame, "padding and a checksum");
        pcap_begin(&maker, 0xA1B2C3D4, wrapping->link);
        pcap_packet(&maker, 1, buffer_view(&frame));
        buffer_release(&frame);
        run(harness, &maker);
        if (harness->count != 1)
            fail_msg("wrapping %zu: %u events", i, (unsigned)harness->count);
        assert_has(harness, wrapping->is_6 ? CONNECTION6 : CONNECTION4);
    }
}

static void a_tunnel_of_something_else_is_its_own_connection(void **state)
{
    struct harness *harness = *state;
    struct maker maker = {0};
    uint8_t frame[60] = {OUTER(17), 9, 9, 0x12, 0xB5, 0, 20, 0, 0, 8};
    frame[3] = 40;
    memcpy(frame + 28, "not VXLAN!!!", 12);
    pcap_begin(&maker, 0xA1B2C3D4, 101);
    pcap_packet(&maker, 1, bytes_of(frame, 40));
    run(harness, &maker);
    assert_has(harness, "\"id.orig_h\":\"10.0.0.1\"");
}

/* ---- hostile files ---- */

static void small_capture(struct maker *maker, bool is_ng)
{
    if (is_ng) {
        section(maker);
        interface(maker, 1, 6, 0);
        interface(maker, 101, 6, 0);
        enhanced(maker, 1, 1, PACKET4);
        enhanced(maker, 1, 2, PACKET6);
        return;
    }
    pcap_begin(maker, 0xA1B2C3D4, 101);
    pcap_packet(maker, 1, PACKET4);
    pcap_packet(maker, 2, PACKET6);
}

static void every_prefix_and_bit_flip_of_a_capture_is_survived(void **state)
{
    struct harness *harness = *state;
    for (unsigned is_ng = 0; is_ng < 2; is_ng++) {
        struct maker maker = {0};
        small_capture(&maker, is_ng);
        harness->format = is_ng ? &reader_pcapng : &reader_pcap;
        for (size_t length = 0; length <= maker.bytes.length; length++) {
            harness_run(harness, bytes_of(maker.bytes.data, length));
            assert_true(harness->status >= 0);
        }
        for (size_t bit = 0; bit < maker.bytes.length * 8; bit++) {
            maker.bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            harness_run(harness, buffer_view(&maker.bytes));
            assert_true(harness->status >= 0);
            maker.bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        buffer_release(&maker.bytes);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_harness, close_harness)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pcap_is_read_in_both_byte_orders_and_both_resolutions),
        TEST(pcapng_is_read_with_all_that_an_interface_says_of_time),
        TEST(sections_may_differ_and_old_and_simple_packets_are_read),
        TEST(what_the_capture_itself_lost_is_said),
        TEST(behind_an_impossible_packet_reading_goes_on),
        TEST(behind_a_lying_block_reading_goes_on),
        TEST(a_packet_longer_than_its_block_is_refused),
        TEST(a_file_that_ends_in_a_packet_is_incomplete),
        TEST(a_disk_that_fails_is_said_behind_what_was_read),
        TEST(headers_that_are_cut_or_broken_are_counted),
        TEST(a_link_layer_that_is_not_read_is_said),
        TEST(link_layers_and_tunnels_are_followed_to_the_innermost_packet),
        TEST(a_tunnel_of_something_else_is_its_own_connection),
        TEST(every_prefix_and_bit_flip_of_a_capture_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

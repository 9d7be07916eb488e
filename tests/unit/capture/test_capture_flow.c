/* Connections: reassembly, roles, ends, memory, what is said of them. */
#include "flow_lab.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int open_lab(void **state)
{
    *state = flow_lab_new();
    return 0;
}

static int close_lab(void **state)
{
    flow_lab_free(*state);
    return 0;
}

/* A segment with data at an offset of a stream that begins at 1000. */
static void say(struct flow_lab *lab, enum wire_side side, uint32_t offset, const char *text)
{
    flow_lab_tcp(lab, &(struct lab_segment){.side = side,
                                            .sequence = 1000 + offset,
                                            .flags = LAB_PSH,
                                            .data = bytes_of_text(text)});
}

static void hands(struct flow_lab *lab)
{
    flow_lab_shake_hands(lab, 1000, 1000);
}

static void bye(struct flow_lab *lab, enum wire_side side, uint32_t offset, uint32_t acked)
{
    flow_lab_tcp(lab, &(struct lab_segment){.side = side,
                                            .sequence = 1000 + offset,
                                            .acked = 1000 + acked,
                                            .flags = LAB_FIN | LAB_ACK});
}

static void assert_given(struct flow_lab *lab, enum wire_side side, const char *text)
{
    assert_string_equal(flow_lab_given(lab, side), text);
}

static void segments_in_order_are_given_at_once(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "hello ");
    say(lab, WIRE_SERVER, 0, "yes");
    say(lab, WIRE_CLIENT, 6, "world");
    assert_given(lab, WIRE_CLIENT, "hello world");
    assert_given(lab, WIRE_SERVER, "yes");
}

static void out_of_order_duplicated_and_overlapping_segments_are_put_right(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 6, "world");
    say(lab, WIRE_CLIENT, 4, "o world, ");
    say(lab, WIRE_CLIENT, 6, "world");
    assert_given(lab, WIRE_CLIENT, "");
    say(lab, WIRE_CLIENT, 0, "hell");
    assert_given(lab, WIRE_CLIENT, "hello world, ");
    say(lab, WIRE_CLIENT, 0, "hello world, again");
    assert_given(lab, WIRE_CLIENT, "hello world, again");
}

static void of_overlapping_segments_the_first_bytes_win(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 2, "CC");
    say(lab, WIRE_CLIENT, 1, "xxxx");
    say(lab, WIRE_CLIENT, 0, "yyyyyy");
    assert_given(lab, WIRE_CLIENT, "yxCCxy");
}

static void sequence_numbers_wrap(void **state)
{
    struct flow_lab *lab = *state;
    const uint32_t start = UINT32_MAX - 2;
    flow_lab_shake_hands(lab, start, 1);
    flow_lab_tcp(lab, &(struct lab_segment){.sequence = start + 4, .data = bytes_of_text("efgh")});
    flow_lab_tcp(lab, &(struct lab_segment){.sequence = start, .data = bytes_of_text("abcd")});
    assert_given(lab, WIRE_CLIENT, "abcdefgh");
}

static void what_is_not_taken_is_given_again_with_more(void **state)
{
    struct flow_lab *lab = *state;
    lab->grain = 4;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    assert_given(lab, WIRE_CLIENT, "");
    say(lab, WIRE_CLIENT, 3, "defghi");
    assert_given(lab, WIRE_CLIENT, "abcdefgh");
}

static void what_is_not_wanted_is_not_given(void **state)
{
    struct flow_lab *lab = *state;
    lab->grain = 2;
    lab->skip = 3;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "ab");
    say(lab, WIRE_CLIENT, 2, "xy");
    say(lab, WIRE_CLIENT, 4, "zcdxyzef");
    assert_given(lab, WIRE_CLIENT, "abcdef");
}

static void lost_segments_are_a_gap_when_the_window_has_moved_on(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    for (uint32_t i = 0; i < 40; i++)
        say(lab, WIRE_CLIENT, 10 + i, "x");
    assert_given(lab, WIRE_CLIENT, "abc");
    flow_lab_tcp(lab, &(struct lab_segment){
                          .side = WIRE_SERVER, .sequence = 1000, .acked = 1050, .flags = LAB_ACK});
    assert_memory_equal(flow_lab_given(lab, WIRE_CLIENT), "abc<gap 7>xxxx", 14);
    const char *notes = flow_lab_notes(lab, &account);
    assert_non_null(strstr(notes, "tcp: 7 bytes lost in 1 gap: segments that were not captured"));
    assert_true(account.is_incomplete);
    assert_int_equal(account.missing, 1);
}

static void a_one_sided_capture_is_read(void **state)
{
    struct flow_lab *lab = *state;
    flow_lab_tcp(lab, &(struct lab_segment){.sequence = 999, .flags = LAB_SYN});
    say(lab, WIRE_CLIENT, 0, "abc");
    say(lab, WIRE_CLIENT, 5, "fgh");
    say(lab, WIRE_CLIENT, 3, "de");
    say(lab, WIRE_CLIENT, 10, "klm");
    flow_lab_end(lab);
    assert_given(lab, WIRE_CLIENT, "abcdefgh<gap 2>klm");
    assert_int_equal(lab->ended, 1);
}

static void what_was_acknowledged_and_never_seen_is_a_loss(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    bye(lab, WIRE_SERVER, 0, 53);
    flow_lab_end(lab);
    assert_given(lab, WIRE_CLIENT, "abc<gap 50>");
}

static void bytes_that_the_capture_cut_are_a_gap(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    hands(lab);
    flow_lab_tcp(
        lab, &(struct lab_segment){.sequence = 1000, .data = bytes_of_text("abcdefgh"), .cut = 5});
    say(lab, WIRE_CLIENT, 8, "ijk");
    assert_given(lab, WIRE_CLIENT, "abc<gap 5>ijk");
    assert_non_null(strstr(flow_lab_notes(lab, &account), "tcp: 1 packet cut by the capture, "
                                                          "5 bytes missing"));
    assert_true(account.is_incomplete);
}

static void a_session_that_gives_up_at_a_gap_gets_nothing_more(void **state)
{
    struct flow_lab *lab = *state;
    lab->gives_up = true;
    hands(lab);
    flow_lab_tcp(
        lab, &(struct lab_segment){.sequence = 1000, .data = bytes_of_text("abcdefgh"), .cut = 5});
    say(lab, WIRE_CLIENT, 8, "ijk");
    say(lab, WIRE_SERVER, 0, "xyz");
    flow_lab_end(lab);
    assert_given(lab, WIRE_CLIENT, "abc<gap 5>");
    assert_given(lab, WIRE_SERVER, "");
    assert_int_equal(lab->ended, 1);
}

static void a_stream_that_was_under_way_is_picked_up(void **state)
{
    struct flow_lab *lab = *state;
    say(lab, WIRE_SERVER, 500, "pong");
    say(lab, WIRE_CLIENT, 700, "ping");
    assert_given(lab, WIRE_CLIENT, "ping");
    assert_given(lab, WIRE_SERVER, "pong");
    flow_lab_end(lab);
    assert_int_equal(flow_lab_count(lab, "\"id.orig_p\":50000"), 1);
    assert_int_equal(flow_lab_count(lab, "\"conn_state\":\"OTH\""), 1);
}

static void the_bytes_say_who_is_the_client_where_ports_do_not(void **state)
{
    struct flow_lab *lab = *state;
    lab->wants_server = true;
    lab->server.port = 50001; /* rather a client, by its number */
    lab->client.port = 40000;
    say(lab, WIRE_CLIENT, 0, "what?");
    say(lab, WIRE_SERVER, 0, "S");
    flow_lab_end(lab);
    assert_int_equal(lab->opened, 1);
    assert_given(lab, WIRE_SERVER, "S");
    assert_int_equal(flow_lab_count(lab, "\"id.orig_p\":40000"), 1);
}

static void a_connection_of_no_known_protocol_is_counted(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    lab->answer = WIRE_NO;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "hello");
    say(lab, WIRE_SERVER, 0, "hello too");
    flow_lab_end(lab);
    assert_int_equal(lab->opened, 0);
    assert_string_equal(flow_lab_notes(lab, &account),
                        "tcp: 1 connection of no known protocol, 14 bytes (first in packet 1)\n");
    assert_false(account.is_incomplete);
}

static void both_fins_end_a_connection(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    say(lab, WIRE_SERVER, 0, "defg");
    bye(lab, WIRE_CLIENT, 3, 4);
    assert_int_equal(lab->ended, 0);
    bye(lab, WIRE_SERVER, 4, 4);
    assert_int_equal(lab->ended, 1);
    assert_int_equal(lab->closed, 1);
    flow_lab_end(lab);
    assert_int_equal(lab->ended, 1);
    assert_int_equal(lab->event_count, 1);
    const char *event = flow_lab_events(lab);
    assert_non_null(strstr(event, "\"_path\":\"conn\",\"ts\":\"2023-11-14T22:13:20.001000Z\""));
    assert_non_null(strstr(event, "\"proto\":\"tcp\",\"service\":\"lab\",\"duration\":0.006"));
    assert_non_null(strstr(event, "\"orig_bytes\":3,\"resp_bytes\":4,\"conn_state\":\"SF\","
                                  "\"missed_bytes\":0,\"history\":\"ShADdFf\",\"orig_pkts\":4,"
                                  "\"orig_ip_bytes\":163,\"resp_pkts\":3,\"resp_ip_bytes\":124"));
    assert_non_null(strstr(event, "\"packets\":[1,7]"));
}

static void a_fin_waits_for_the_bytes_before_it(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    bye(lab, WIRE_SERVER, 0, 0);
    bye(lab, WIRE_CLIENT, 3, 1);
    assert_int_equal(lab->ended, 0);
    say(lab, WIRE_CLIENT, 0, "abc");
    assert_given(lab, WIRE_CLIENT, "abc");
    assert_int_equal(lab->ended, 1);
}

static void reset(struct flow_lab *lab, uint32_t sequence)
{
    flow_lab_tcp(
        lab, &(struct lab_segment){.side = WIRE_SERVER, .sequence = sequence, .flags = LAB_RST});
}

static void a_reset_ends_a_connection_when_it_can_be_true(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    reset(lab, 0x70000000);
    assert_int_equal(lab->ended, 0);
    reset(lab, 1000);
    assert_int_equal(lab->ended, 1);
    assert_int_equal(lab->closed, 1);
    flow_lab_end(lab);
    assert_int_equal(flow_lab_count(lab, "\"conn_state\":\"RSTR\""), 1);
}

static void a_connection_that_goes_on_behind_a_reset_is_read_on(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    reset(lab, 1000);
    say(lab, WIRE_CLIENT, 3, "def");
    assert_given(lab, WIRE_CLIENT, "abcdef");
}

static void states_are_those_of_zeek(void **state)
{
    static const struct {
        uint8_t client[3], server[3];
        const char *expected;
    } rows[] = {
        {{LAB_SYN}, {0}, "S0"},
        {{LAB_SYN}, {LAB_RST | LAB_ACK}, "REJ"},
        {{LAB_SYN, LAB_RST}, {0}, "RSTOS0"},
        {{LAB_SYN, LAB_FIN | LAB_ACK}, {0}, "SH"},
        {{LAB_SYN, LAB_ACK}, {LAB_SYN | LAB_ACK}, "S1"},
        {{LAB_SYN, LAB_FIN | LAB_ACK}, {LAB_SYN | LAB_ACK}, "S2"},
        {{LAB_SYN, LAB_ACK}, {LAB_SYN | LAB_ACK, LAB_FIN | LAB_ACK}, "S3"},
        {{LAB_SYN, LAB_RST}, {LAB_SYN | LAB_ACK}, "RSTO"},
        {{0}, {LAB_SYN | LAB_ACK, LAB_FIN | LAB_ACK}, "SHR"},
        {{0}, {LAB_SYN | LAB_ACK, LAB_RST}, "RSTRH"},
        {{LAB_ACK}, {0}, "OTH"},
    };
    struct flow_lab *lab = *state;
    char text[64];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const size_t before = lab->event_count;
        for (size_t at = 0; at < 3; at++)
            for (unsigned side = 0; side < 2; side++) {
                const uint8_t flags = side ? rows[i].server[at] : rows[i].client[at];
                if (flags)
                    flow_lab_tcp(lab, &(struct lab_segment){.side = (enum wire_side)side,
                                                            .sequence = 999 + !!at,
                                                            .acked = 1000,
                                                            .flags = flags});
            }
        lab->now += INT64_C(7200) * 1000000000;
        lab->client.port++;
        flow_lab_tcp(lab, &(struct lab_segment){.sequence = 1, .flags = LAB_SYN});
        lab->client.port++;
        assert_int_equal(lab->event_count, before + (i ? 2 : 1));
        snprintf(text, sizeof(text), "\"conn_state\":\"%s\"", rows[i].expected);
        if (!strstr(flow_lab_events(lab), text))
            fail_msg("%s is not in %s", rows[i].expected, flow_lab_events(lab));
        buffer_reset(&lab->events);
    }
}

static void the_same_ports_are_used_again(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "one");
    flow_lab_shake_hands(lab, 90000, 80000);
    flow_lab_tcp(lab, &(struct lab_segment){.sequence = 90000, .data = bytes_of_text(" two")});
    assert_given(lab, WIRE_CLIENT, "one two");
    assert_int_equal(lab->opened, 2);
    assert_int_equal(lab->ended, 1);
    flow_lab_end(lab);
    assert_int_equal(lab->event_count, 2);
}

static void a_syn_sent_again_or_late_is_not_a_new_connection(void **state)
{
    struct flow_lab *lab = *state;
    const struct lab_segment syn = {.sequence = 999, .flags = LAB_SYN};
    flow_lab_tcp(lab, &syn);
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    flow_lab_tcp(lab, &syn);
    say(lab, WIRE_CLIENT, 3, "def");
    lab->client.port++;
    say(lab, WIRE_CLIENT, 0, "ghi");
    flow_lab_tcp(lab, &syn);
    flow_lab_end(lab);
    assert_given(lab, WIRE_CLIENT, "abcdefghi");
    assert_int_equal(lab->event_count, 2);
}

static void silence_ends_a_connection(void **state)
{
    struct flow_lab *lab = *state;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    lab->now += INT64_C(3601) * 1000000000;
    lab->client.port++;
    hands(lab);
    assert_int_equal(lab->ended, 1);
    assert_int_equal(lab->event_count, 1);
}

static void datagrams_between_two_ports_are_an_association(void **state)
{
    struct flow_lab *lab = *state;
    lab->server.port = 53;
    flow_lab_udp(lab, WIRE_CLIENT, bytes_of_text("who?"));
    flow_lab_udp(lab, WIRE_SERVER, bytes_of_text("me."));
    assert_given(lab, WIRE_CLIENT, "who?");
    assert_given(lab, WIRE_SERVER, "me.");
    lab->now += INT64_C(61) * 1000000000;
    flow_lab_udp(lab, WIRE_CLIENT, bytes_of_text("again?"));
    assert_int_equal(lab->event_count, 1);
    assert_int_equal(flow_lab_count(lab, "\"proto\":\"udp\",\"service\":\"labgram\""), 1);
    assert_int_equal(flow_lab_count(lab, "\"conn_state\":\"SF\""), 1);
}

static void an_answer_alone_shows_who_was_asked(void **state)
{
    struct flow_lab *lab = *state;
    lab->server.port = 53;
    flow_lab_udp(lab, WIRE_SERVER, bytes_of_text("me."));
    flow_lab_end(lab);
    assert_int_equal(flow_lab_count(lab, "\"id.resp_p\":53"), 1);
    assert_int_equal(flow_lab_count(lab, "\"conn_state\":\"SHR\""), 1);
}

static void ipv6_is_read_too(void **state)
{
    struct flow_lab *lab = *state;
    lab->client =
        (struct lab_end){.address = {0xFD, 0, [15] = 1}, .address_length = 16, .port = 50000};
    lab->server =
        (struct lab_end){.address = {0xFD, 0, [15] = 9}, .address_length = 16, .port = 445};
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    flow_lab_end(lab);
    assert_given(lab, WIRE_CLIENT, "abc");
    assert_int_equal(flow_lab_count(lab, "\"id.orig_h\":\"fd00::1\""), 1);
}

/* ---- fragments ---- */

static void fragment(struct flow_lab *lab, struct bytes whole, size_t from, size_t to)
{
    const bool is_last = to == whole.length;
    struct buffer ip = {0};
    if (lab->client.address_length == 4) {
        flow_lab_wrap(lab, WIRE_CLIENT, PROTOCOL_UDP, bytes_of(whole.data + from, to - from), &ip);
        ip.data[5] = 77;
        ip.data[6] = (uint8_t)((is_last ? 0U : 0x20U) | (from / 8) >> 8);
        ip.data[7] = (uint8_t)(from / 8);
    } else {
        struct buffer payload = {0};
        const uint8_t header[8] = {PROTOCOL_UDP,
                                   0,
                                   (uint8_t)(from >> 8),
                                   (uint8_t)((from & 0xF8) | !is_last),
                                   0,
                                   0,
                                   0,
                                   77};
        buffer_bytes(&payload, header, sizeof(header));
        buffer_bytes(&payload, whole.data + from, to - from);
        flow_lab_wrap(lab, WIRE_CLIENT, PROTOCOL_FRAGMENT, buffer_view(&payload), &ip);
        buffer_release(&payload);
    }
    flow_lab_ip(lab, buffer_view(&ip), ip.length);
    buffer_release(&ip);
}

static const uint8_t datagram[] = "\xC3\x50\x00\x35\x00\x28\x00\x00"
                                  "abcdefghijklmnopqrstuvwxyz012345";
#define DATAGRAM bytes_of(datagram, 40)

static void fragments_become_a_packet_in_any_order(void **state)
{
    struct flow_lab *lab = *state;
    for (unsigned round = 0; round < 2; round++) {
        fragment(lab, DATAGRAM, 32, 40);
        fragment(lab, DATAGRAM, 8, 32);
        fragment(lab, DATAGRAM, 8, 16);
        assert_int_equal(lab->opened, round);
        fragment(lab, DATAGRAM, 0, 16);
        assert_int_equal(lab->opened, round + 1);
        assert_given(lab, WIRE_CLIENT, "abcdefghijklmnopqrstuvwxyz012345");
        buffer_reset(&lab->streams[0]);
        lab->client.address_length = lab->server.address_length = 16;
    }
}

static void fragments_that_never_come_are_a_loss(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    fragment(lab, DATAGRAM, 0, 16);
    flow_lab_end(lab);
    assert_non_null(strstr(flow_lab_notes(lab, &account),
                           "ip: 16 bytes lost in 1 gap: packets of which not all fragments came"));
}

static void fragments_that_contradict_each_other_are_refused(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    fragment(lab, DATAGRAM, 24, 32);
    fragment(lab, bytes_of(datagram, 16), 8, 16);
    flow_lab_end(lab);
    assert_int_equal(lab->opened, 0);
    assert_non_null(strstr(flow_lab_notes(lab, &account), "ip: fragments behind the last one: 1"));
}

/* ---- memory ---- */

static void a_flood_of_half_open_connections_is_bounded(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "abc");
    const struct wire_lane *lane = (const struct wire_lane *)lab->lane;
    lab->client.port++;
    for (uint32_t i = 0; i < 1000000; i++) {
        lab->client.address[1] = (uint8_t)(i >> 16);
        lab->client.address[2] = (uint8_t)(i >> 8);
        lab->client.address[3] = (uint8_t)i;
        lab->now -= 990000;
        flow_lab_tcp(lab, &(struct lab_segment){.sequence = i, .flags = LAB_SYN});
        assert_true(lane->memory <= LANE_MEMORY);
        buffer_reset(&lab->events);
    }
    assert_int_equal(lab->ended, 0); /* whoever has spoken stays */
    flow_lab_end(lab);
    assert_int_equal(lab->event_count, 1000001);
    assert_string_equal(flow_lab_notes(lab, &account), "");
}

static void many_open_connections_are_bounded_and_said(void **state)
{
    struct flow_lab *lab = *state;
    struct account account;
    const struct wire_lane *lane = (const struct wire_lane *)lab->lane;
    lab->grain = 1U << 20;
    for (unsigned i = 0; i < 20000; i++) {
        lab->client.port = (uint16_t)(20000 + i);
        lab->now -= 2900000;
        hands(lab);
        say(lab, WIRE_CLIENT, 0, "abc");
        assert_true(lane->memory <= LANE_MEMORY);
        buffer_reset(&lab->events);
    }
    flow_lab_end(lab);
    assert_int_equal(lab->opened, 20000);
    assert_int_equal(lab->ended, 20000);
    assert_non_null(
        strstr(flow_lab_notes(lab, &account), "connections ended early with something unfinished"));
    assert_true(account.is_incomplete);
}

static void what_waits_for_the_rest_of_a_message_is_bounded(void **state)
{
    struct flow_lab *lab = *state;
    static uint8_t block[50000];
    const struct wire_lane *lane = (const struct wire_lane *)lab->lane;
    struct account account;
    lab->grain = UINT32_MAX;
    hands(lab);
    for (uint32_t i = 0; i < 200; i++) {
        flow_lab_tcp(lab, &(struct lab_segment){.sequence = 1000 + i * (uint32_t)sizeof(block),
                                                .data = bytes_of(block, sizeof(block))});
        assert_true(lane->memory <= LANE_MEMORY_MAX);
    }
    assert_non_null(strstr(flow_lab_given(lab, WIRE_CLIENT), "<gap 4"));
    assert_non_null(strstr(flow_lab_notes(lab, &account), "more waited for the rest of a message"));
}

static void what_is_held_behind_a_hole_is_bounded(void **state)
{
    struct flow_lab *lab = *state;
    static uint8_t block[1000];
    const struct wire_lane *lane = (const struct wire_lane *)lab->lane;
    memset(block, 'x', sizeof(block));
    hands(lab);
    say(lab, WIRE_CLIENT, 0, "a");
    for (uint32_t i = 1; i < 20000; i++) {
        flow_lab_tcp(lab, &(struct lab_segment){.sequence = 1000 + i * 1000,
                                                .data = bytes_of(block, sizeof(block))});
        assert_true(lane->memory < 1000000);
    }
    assert_memory_equal(flow_lab_given(lab, WIRE_CLIENT), "a<gap 999>xxx", 13);
    assert_int_equal(lab->streams[0].length, 10 + 19999 * 1000);
}

/* ---- identifiers: github.com/corelight/community-id-spec, baseline/baseline_deflt.json ---- */

static void end_is(struct lab_end *end, const char *address, uint16_t port)
{
    const bool is_6 = strchr(address, ':') != NULL;
    assert_int_equal(inet_pton(is_6 ? AF_INET6 : AF_INET, address, end->address), 1);
    end->address_length = is_6 ? 16 : 4;
    end->port = port;
}

static void community_ids_are_those_of_the_specification(void **state)
{
    static const struct {
        const char *client;
        uint16_t client_port;
        const char *server;
        uint16_t server_port;
        bool is_udp;
        const char *expected;
    } rows[] = {
        {"128.232.110.120", 34855, "66.35.250.204", 80, false, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
        {"66.35.250.204", 80, "128.232.110.120", 34855, false, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
        {"192.168.1.52", 54585, "8.8.8.8", 53, true, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
        {"8.8.8.8", 53, "192.168.1.52", 54585, true, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
        {"2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25, false,
         "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
        {"2607:f8b0:400c:c03::1a", 25, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, false,
         "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    };
    struct flow_lab *lab = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        end_is(&lab->client, rows[i].client, rows[i].client_port);
        end_is(&lab->server, rows[i].server, rows[i].server_port);
        if (rows[i].is_udp)
            flow_lab_udp(lab, WIRE_CLIENT, bytes_of_text("x"));
        else
            say(lab, WIRE_CLIENT, 0, "x");
        lab->now += INT64_C(7200) * 1000000000;
        lab->client.port = 9;
        say(lab, WIRE_CLIENT, 0, "x");
        if (!strstr(flow_lab_events(lab), rows[i].expected))
            fail_msg("%s is not in %s", rows[i].expected, flow_lab_events(lab));
        buffer_reset(&lab->events);
    }
}

/* ---- hostile packets ---- */

static void every_prefix_and_bit_flip_of_a_session_is_survived(void **state)
{
    struct flow_lab *lab = *state;
    struct buffer ip = {0};
    uint8_t tcp[30] = {0xC3, 0x50, 0x01, 0xBD, 0, 0, 3, 0xE8, 0, 0, 0, 0, 0x50, 0x18};
    flow_lab_wrap(lab, WIRE_CLIENT, PROTOCOL_TCP, bytes_of(tcp, sizeof(tcp)), &ip);
    for (size_t length = 0; length <= ip.length; length++)
        flow_lab_ip(lab, bytes_of(ip.data, length), ip.length);
    for (size_t bit = 0; bit < ip.length * 8; bit++) {
        ip.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        flow_lab_ip(lab, buffer_view(&ip), ip.length);
        ip.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    flow_lab_end(lab);
    buffer_release(&ip);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lab, close_lab)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(segments_in_order_are_given_at_once),
        TEST(out_of_order_duplicated_and_overlapping_segments_are_put_right),
        TEST(of_overlapping_segments_the_first_bytes_win),
        TEST(sequence_numbers_wrap),
        TEST(what_is_not_taken_is_given_again_with_more),
        TEST(what_is_not_wanted_is_not_given),
        TEST(lost_segments_are_a_gap_when_the_window_has_moved_on),
        TEST(a_one_sided_capture_is_read),
        TEST(what_was_acknowledged_and_never_seen_is_a_loss),
        TEST(bytes_that_the_capture_cut_are_a_gap),
        TEST(a_session_that_gives_up_at_a_gap_gets_nothing_more),
        TEST(a_stream_that_was_under_way_is_picked_up),
        TEST(the_bytes_say_who_is_the_client_where_ports_do_not),
        TEST(a_connection_of_no_known_protocol_is_counted),
        TEST(both_fins_end_a_connection),
        TEST(a_fin_waits_for_the_bytes_before_it),
        TEST(a_reset_ends_a_connection_when_it_can_be_true),
        TEST(a_connection_that_goes_on_behind_a_reset_is_read_on),
        TEST(states_are_those_of_zeek),
        TEST(the_same_ports_are_used_again),
        TEST(a_syn_sent_again_or_late_is_not_a_new_connection),
        TEST(silence_ends_a_connection),
        TEST(datagrams_between_two_ports_are_an_association),
        TEST(an_answer_alone_shows_who_was_asked),
        TEST(ipv6_is_read_too),
        TEST(fragments_become_a_packet_in_any_order),
        TEST(fragments_that_never_come_are_a_loss),
        TEST(fragments_that_contradict_each_other_are_refused),
        TEST(a_flood_of_half_open_connections_is_bounded),
        TEST(many_open_connections_are_bounded_and_said),
        TEST(what_waits_for_the_rest_of_a_message_is_bounded),
        TEST(what_is_held_behind_a_hole_is_bounded),
        TEST(community_ids_are_those_of_the_specification),
        TEST(every_prefix_and_bit_flip_of_a_session_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Messages that lie about themselves: each costs bounded work and memory, is said with its reason
 * where it breaks a rule, and what comes behind it is read. */
#include "auth_talk.h"
#include "lab.h"

#include "readers/capture/krb5/krb5.h"
#include "readers/capture/ldap/ldap.h"
#include "readers/capture/rpc/rpc.h"
#include "readers/capture/smb/smb.h"
#include "readers/capture/tds/tds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void record_add(struct buffer *talk, unsigned kind, const void *data, size_t length)
{
    const uint8_t header[4] = {(uint8_t)kind, (uint8_t)length, (uint8_t)(length >> 8),
                               (uint8_t)(length >> 16)};
    buffer_bytes(talk, header, sizeof(header));
    buffer_bytes(talk, data, length);
}

static struct lab *talk_give(const struct wire_protocol *protocol, struct buffer *talk)
{
    struct lab *lab = lab_new();
    lab_talk(lab, protocol, buffer_view(talk), 0);
    assert_int_equal(lab->lane.memory, 0);
    assert_true(lab->memory <= LANE_MEMORY_MAX);
    buffer_release(talk);
    return lab;
}

static bool is_said(const struct lab *lab, const char *reason)
{
    for (size_t i = 0; i < LOSSES_MAX; i++) {
        const struct loss *loss = &lab->losses.rows[i];
        if (loss->count && loss->reason && strcmp(loss->reason, reason) == 0)
            return loss->first == 1; /* the lab's packet */
    }
    return false;
}

/* --- DER --- */

/* An element of DER before what stands in `to`: a tag and the length in four bytes. */
static void wrap(struct buffer *to, uint8_t tag)
{
    struct buffer outer = {0};
    const uint8_t header[6] = {tag,
                               0x84,
                               (uint8_t)(to->length >> 24),
                               (uint8_t)(to->length >> 16),
                               (uint8_t)(to->length >> 8),
                               (uint8_t)to->length};
    buffer_bytes(&outer, header, sizeof(header));
    buffer_bytes(&outer, to->data, to->length);
    buffer_release(to);
    *to = outer;
}

static void prefix(struct buffer *to, const void *data, size_t length)
{
    struct buffer outer = {0};
    buffer_bytes(&outer, data, length);
    buffer_bytes(&outer, to->data, to->length);
    buffer_release(to);
    *to = outer;
}

/* A search whose filter is `depth` negations around a presence. */
static void search_add(struct buffer *talk, unsigned depth)
{
    static const uint8_t attributes[] = {0x30, 0};
    static const uint8_t head[] = {4, 0, 10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0};
    static const uint8_t id[] = {2, 1, 7};
    struct buffer message = {0};
    buffer_bytes(&message,
                 "\x87\x01"
                 "a",
                 3);
    for (unsigned i = 0; i < depth; i++)
        wrap(&message, 0xA2);
    buffer_bytes(&message, attributes, sizeof(attributes));
    prefix(&message, head, sizeof(head));
    wrap(&message, 0x63);
    prefix(&message, id, sizeof(id));
    wrap(&message, 0x30);
    record_add(talk, 0, message.data, message.length);
    buffer_release(&message);
}

static void a_filter_that_is_nested_too_deep_is_said_and_the_next_is_read(void **state)
{
    (void)state;
    struct buffer talk = {0};
    search_add(&talk, 31);
    search_add(&talk, 32);
    search_add(&talk, 4000);
    search_add(&talk, 1);
    struct lab *lab = talk_give(&wire_ldap, &talk);
    assert_int_equal(lab_damaged(lab), 2);
    assert_true(is_said(lab, "a filter that is broken or nested deeper than 32"));
    assert_int_equal(lab_count(lab, "\"ldap_search\"", "\"filter\":\"(!(a=*))\""), 1);
    lab_free(lab);
}

static void elements_nested_thousands_deep_cost_nothing(void **state)
{
    (void)state;
    struct buffer element = {0}, talk = {0};
    for (unsigned i = 0; i < 4000; i++)
        wrap(&element, 0x30);
    wrap(&element, 0x6A);
    const uint8_t length[] = {(uint8_t)(element.length >> 24), (uint8_t)(element.length >> 16),
                              (uint8_t)(element.length >> 8), (uint8_t)element.length};
    record_add(&talk, 0, length, sizeof(length));
    record_add(&talk, 0, element.data, element.length);
    struct lab *lab = talk_give(&wire_krb_tcp, &talk);
    assert_true(is_said(lab, "a Kerberos message that breaks its rules"));
    lab_free(lab);
    wrap(&element, 0xA0);
    record_add(&talk, 0, element.data, element.length);
    lab_free(talk_give(&auth_talk, &talk));
    buffer_release(&element);
}

static void a_kerberos_message_of_4_gib_is_refused(void **state)
{
    (void)state;
    struct buffer talk = {0};
    record_add(&talk, 0, "\xFF\xFF\xFF\xF0\x6A\x81", 6);
    struct lab *lab = talk_give(&wire_krb_tcp, &talk);
    assert_true(is_said(lab, "a Kerberos message of more than 1 MiB"));
    lab_free(lab);
}

/* --- DCE/RPC --- */

static void pdu_add(struct buffer *talk, unsigned side, uint8_t type, uint8_t flags,
                    struct bytes body)
{
    struct buffer pdu = {0};
    const size_t length = 16 + body.length;
    const uint8_t header[16] = {
        5, 0, type, flags, 0x10, 0, 0, 0, (uint8_t)length, (uint8_t)(length >> 8), 0, 0, 1};
    buffer_bytes(&pdu, header, sizeof(header));
    buffer_bytes(&pdu, body.data, body.length);
    record_add(talk, side, pdu.data, pdu.length);
    buffer_release(&pdu);
}

/* svcctl 2.0 in NDR. */
static void bind_add(struct buffer *talk)
{
    static const uint8_t body[] = {
        0xD0, 0x16, 0xD0, 0x16, 0,    0,    0,    0,    1,    0,    0,    0,    0,    0,
        1,    0,    0x81, 0xBB, 0x7A, 0x36, 0x44, 0x98, 0xF1, 0x35, 0xAD, 0x32, 0x98, 0xF0,
        0x38, 0,    0x10, 3,    2,    0,    0,    0,    0x04, 0x5D, 0x88, 0x8A, 0xEB, 0x1C,
        0xC9, 0x11, 0x9F, 0xE8, 8,    0,    0x2B, 0x10, 0x48, 0x60, 2,    0,    0,    0};
    pdu_add(talk, 0, 11, 3, bytes_of(body, sizeof(body)));
}

static void store32(uint8_t *to, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(number >> 8 * i);
}

/* ROpenSCManagerW whose machine name claims to be `count` characters long. */
static void open_manager_add(struct buffer *talk, uint32_t count)
{
    uint8_t body[8 + 32] = {0, 0, 0, 0, 0, 0, 15, 0, 1};
    store32(body + 12, count);
    store32(body + 20, count);
    memcpy(body + 24, "h\0o\0s\0t", 8);
    pdu_add(talk, 0, 0, 3, bytes_of(body, sizeof(body)));
}

static void pointers_and_counts_that_lie_read_as_nothing(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFFFFE, 9, 5};
    struct buffer talk = {0};
    bind_add(&talk);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        open_manager_add(&talk, counts[i]);
    open_manager_add(&talk, 4);
    struct lab *lab = talk_give(&wire_dcerpc, &talk);
    assert_int_equal(lab_count(lab, "\"dce_rpc\"", "\"operation\":\"OpenSCManagerW\""), 7);
    assert_true(lab_count(lab, "\"dce_rpc\"", "\"server_name\":\"host") >= 1);
    lab_free(lab);
}

static void a_call_that_never_ends_is_not_kept(void **state)
{
    (void)state;
    static uint8_t body[8 + 32768];
    struct buffer talk = {0};
    body[6] = 12;
    bind_add(&talk);
    pdu_add(&talk, 0, 0, 1, bytes_of(body, sizeof(body)));
    for (unsigned i = 0; i < 300; i++)
        pdu_add(&talk, 0, 0, 0, bytes_of(body, sizeof(body)));
    struct lab *lab = talk_give(&wire_dcerpc, &talk);
    assert_true(lab->memory < 1000000);
    assert_int_equal(lab_count(lab, "\"dce_rpc\"", "\"request_length\":9863168"), 1);
    lab_free(lab);
}

/* --- SMB2 --- */

static void smb2_add(struct buffer *talk, uint8_t command, uint32_t next, struct bytes body)
{
    struct buffer message = {0};
    uint8_t header[4 + 64] = {0};
    store_be32(header, (uint32_t)(64 + body.length));
    memcpy(header + 4, "\xFESMB\x40", 5);
    header[4 + 12] = command;
    store32(header + 4 + 20, next);
    buffer_bytes(&message, header, sizeof(header));
    buffer_bytes(&message, body.data, body.length);
    record_add(talk, 0, message.data, message.length);
    buffer_release(&message);
}

static void echo_add(struct buffer *talk)
{
    static const uint8_t body[4] = {4};
    smb2_add(talk, 13, 0, bytes_of(body, sizeof(body)));
}

static void a_chain_that_leads_into_itself_ends(void **state)
{
    (void)state;
    static const uint32_t nexts[] = {1, 8, 63, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFC0};
    static const uint8_t body[64] = {4};
    for (size_t i = 0; i < COUNT_OF(nexts); i++) {
        struct buffer talk = {0};
        smb2_add(&talk, 13, nexts[i], bytes_of(body, sizeof(body)));
        echo_add(&talk);
        struct lab *lab = talk_give(&wire_smb, &talk);
        assert_true(is_said(lab, "an SMB2 chain that leads nowhere"));
        assert_int_equal(lab_count(lab, "\"smb_cmd\"", "\"command\":\"ECHO\""), 1);
        lab_free(lab);
    }
}

/* WRITE ([MS-SMB2] 2.2.21) of 4 GiB less one; the NetBIOS length cannot say more than 16 MiB. */
static void a_message_that_claims_gigabytes_costs_what_is_there(void **state)
{
    (void)state;
    static uint8_t body[48 + 64] = {49, 0, 0x70, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t transform[4 + 52] = {0,   0,   0,           52 + 8, 0xFD, 'S',
                                              'M', 'B', [40] = 0xFF, 0xFF,   0xFF, 0xFF};
    struct buffer talk = {0};
    smb2_add(&talk, 9, 0, bytes_of(body, sizeof(body)));
    record_add(&talk, 0, transform, sizeof(transform));
    record_add(&talk, 0, "12345678", 8);
    record_add(&talk, 0, "\x00\xFF\xFF\xFF\xFESMB\x40\x00", 10);
    struct lab *lab = talk_give(&wire_smb, &talk);
    assert_true(lab->memory < 100000);
    assert_int_equal(lab_count(lab, "\"smb_session\"", "\"is_final\":true"), 1);
    lab_free(lab);
}

/* --- TDS --- */

static void a_message_of_packets_without_end_is_not_kept(void **state)
{
    (void)state;
    static uint8_t packet[32768] = {1, 0, 0x80, 0};
    struct buffer talk = {0};
    for (unsigned i = 0; i < 300; i++)
        record_add(&talk, 0, packet, sizeof(packet));
    struct lab *lab = talk_give(&wire_tds, &talk);
    assert_true(lab->memory < (4U << 20));
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_that_is_nested_too_deep_is_said_and_the_next_is_read),
        cmocka_unit_test(elements_nested_thousands_deep_cost_nothing),
        cmocka_unit_test(a_kerberos_message_of_4_gib_is_refused),
        cmocka_unit_test(pointers_and_counts_that_lie_read_as_nothing),
        cmocka_unit_test(a_call_that_never_ends_is_not_kept),
        cmocka_unit_test(a_chain_that_leads_into_itself_ends),
        cmocka_unit_test(a_message_that_claims_gigabytes_costs_what_is_there),
        cmocka_unit_test(a_message_of_packets_without_end_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

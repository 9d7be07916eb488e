/* Whole sessions of the lab, and what may happen to them. */
#include "talk.h"

#include "readers/capture/numbers/numbers.h"
#include "readers/capture/smb/smb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct lab *named_events(const char *name)
{
    return talk_events(name, &wire_smb);
}

static struct lab *bytes_events(struct bytes talk)
{
    struct lab *lab = lab_new();
    lab_talk(lab, &wire_smb, talk, 0);
    return lab;
}

static void the_negotiation_of_impacket_is_told(void **state)
{
    struct lab *lab = named_events("smb311");
    (void)state;
    expect(lab, 1, "smb_session", "\"dialect\":\"311\"");
    expect(lab, 1, "smb_session", "\"client_guid_is_letters\":true");
    expect(lab, 1, "smb_session", "\"capabilities\":\"0x40\"");
    expect(lab, 1, "smb_session", "\"negotiate_contexts\":\"1,2\"");
    expect(lab, 1, "smb_session", "\"negotiate_padding\":\"ffff");
    expect(lab, 1, "smb_session", "\"ciphers\":\"1\"");
    expect(lab, 1, "smb_session", "\"preauth_salt_is_letters\":true");
    expect(lab, 1, "smb_session", "\"setup_size\":154");
    lab_free(lab);
}

static void encrypted_messages_are_counted_and_their_sizes_kept(void **state)
{
    struct lab *lab = named_events("smb311");
    (void)state;
    expect(lab, 1, "smb_session", "\"is_encrypted\":true");
    expect(lab, 1, "smb_session", "\"is_encryption_unasked\":true");
    expect(lab, 1, "smb_session", "\"are_nonces_letters\":true");
    expect(lab, 1, "smb_session", "\"server_transform_nonces_letters\":0");
    expect(lab, 1, "smb_session", "\"client_sizes\":\" 106 132 184 113");
    expect(lab, 1, "smb_session", "\"client_shape\":\" I 132 184 113");
    expect(lab, 0, "smb_files", "");
    lab_free(lab);
}

static void a_pipe_and_its_calls_are_told(void **state)
{
    struct lab *lab = named_events("smb21");
    (void)state;
    expect(lab, 1, "smb_files", "\"action\":\"SMB::PIPE_OPEN\"");
    expect(lab, 3, "smb_files", "\"path\":\"\\\\\\\\192.0.2.30\\\\IPC$\",\"name\":\"srvsvc\"");
    expect(lab, 1, "smb_files", "\"desired_access\":\"0x3\"");
    expect(lab, 1, "smb_files", "\"length\":1048576");
    expect(lab, 1, "smb_files", "\"tail\":\"30\"");
    expect(lab, 1, "dce_rpc", "\"named_pipe\":\"srvsvc\"");
    expect(lab, 2, "smb_mapping", "\"is_address\":true");
    expect(lab, 1, "smb_session", "\"credit_requests\":\"0*3 127*");
    expect(lab, 1, "smb_session", "\"is_whole\":true");
    lab_free(lab);
}

static void a_transceive_is_told_once_on_a_pipe(void **state)
{
    struct lab *lab = named_events("transceive");
    (void)state;
    expect(lab, 2, "smb_files", "\"action\":\"SMB::PIPE_OPEN\"");
    expect(lab, 2, "smb_cmd", "\"sub_command\":\"FSCTL_PIPE_TRANSCEIVE\"");
    expect(lab, 0, "smb_session", "\"pipe_transceives\":2,");
    lab_free(lab);
}

static void a_file_is_told_from_its_opening_to_its_end(void **state)
{
    struct lab *lab = named_events("samba");
    (void)state;
    expect(lab, 3, "smb_files", "\"name\":\"hello.txt\",\"size\":15");
    expect(lab, 1, "smb_files", "\"action\":\"SMB::FILE_READ\"");
    expect(lab, 1, "smb_files", "\"bytes_read\":15,\"bytes_written\":0,\"reads\":1");
    expect(lab, 1, "smb_session", "\"reads\":1,\"reads_tail_30\":0,\"pipe_reads\":0");
    lab_free(lab);
}

#define TREE_CONNECT_ANDX 0x75
#define AT_COMMAND        (4U + 4U + 4U) /* in a record: behind the talk's header and NetBIOS' */
#define AT_TREE           (4U + 4U + 24U)

/* Each TREE_CONNECT_ANDX and its reply come twice, the second time with another tree. */
static struct buffer connects_doubled(struct bytes talk)
{
    struct buffer doubled = {.length = 0};
    for (size_t at = 0, length; at < talk.length; at += length) {
        length = 4 + (load_le32(talk.data + at) >> 8);
        buffer_bytes(&doubled, talk.data + at, length);
        if (talk.data[at] & 1 || talk.data[at + AT_COMMAND] != TREE_CONNECT_ANDX)
            continue;
        const size_t reply = 4 + (load_le32(talk.data + at + length) >> 8);
        buffer_bytes(&doubled, talk.data + at + length, reply);
        buffer_bytes(&doubled, talk.data + at, length + reply);
        doubled.data[doubled.length - reply + AT_TREE] ^= 0x80;
        length += reply;
    }
    return doubled;
}

/* But not of IPC$, which programs connect to again for each pipe. */
static void a_share_that_is_connected_again_is_counted(void **state)
{
    struct buffer talk = talk_read("smb1");
    struct buffer doubled = connects_doubled(buffer_view(&talk));
    struct lab *lab = bytes_events(buffer_view(&talk));
    (void)state;
    expect(lab, 1, "smb_session", "\"tree_connects\":2,\"tree_connects_again\":0");
    lab_free(lab);
    lab = bytes_events(buffer_view(&doubled));
    expect(lab, 1, "smb_session", "\"tree_connects\":4,\"tree_connects_again\":1");
    lab_free(lab);
    buffer_release(&talk);
    buffer_release(&doubled);
}

static void smb1_sessions_are_told(void **state)
{
    struct lab *lab = named_events("smb1");
    (void)state;
    expect(lab, 1, "smb_session", "\"smb1_dialects\":\"NT LM 0.12\"");
    expect(lab, 1, "smb_session", "\"native_os\":\"Unix\",\"native_lanman\":\"Samba\"");
    expect(lab, 1, "smb_session", "\"smb1_is_ascii_though_unicode\":true");
    expect(lab, 1, "smb_files", "\"action\":\"SMB::PIPE_OPEN\"");
    expect(lab, 1, "dce_rpc", "\"named_pipe\":\"srvsvc\"");
    expect(lab, 1, "smb_mapping", "\"service\":\"IPC\"");
    lab_free(lab);
}

static void netbios_names_are_told(void **state)
{
    struct lab *lab = named_events("port139");
    (void)state;
    expect(lab, 1, "smb_session", "\"netbios_called\":\"");
    lab_free(lab);
}

static const struct talk all[] = {
    {"smb311", &wire_smb, false},     {"smb21", &wire_smb, false},
    {"smb1", &wire_smb, false},       {"samba", &wire_smb, false},
    {"smbj", &wire_smb, false},       {"smb1-server", &wire_smb, false},
    {"transceive", &wire_smb, false}, {"port139", &wire_smb, false}};

static void segments_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        talk_in_pieces(&all[i]);
}

static void every_prefix_ends_well(void **state)
{
    (void)state;
    talk_prefixes(&all[1]);
    talk_prefixes(&all[2]);
}

static void any_bit_may_flip(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct buffer talk = talk_read(all[i].name);
        for (size_t bit = i; bit < talk.length * 8; bit += 11) {
            talk.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            struct lab *lab = bytes_events(buffer_view(&talk));
            assert_int_equal(lab_count(lab, "\"smb_session\"", "\"is_final\":true"), 1);
            lab_free(lab);
            talk.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        buffer_release(&talk);
    }
}

/* The records of a talk, with one of them lost. */
static struct buffer talk_without(const struct buffer *talk, size_t lost)
{
    struct buffer cut = {.length = 0};
    size_t at = 0;
    for (size_t record = 0; at < talk->length; record++) {
        const size_t length = 4 + (load_le32(talk->data + at) >> 8);
        const uint8_t side = talk->data[at];
        if (record == lost) {
            buffer_byte(&cut, side | 2);
            buffer_bytes(&cut, talk->data + at + 1, 3);
        } else {
            buffer_bytes(&cut, talk->data + at, length);
        }
        at += length;
    }
    return cut;
}

static void what_was_lost_costs_only_itself(void **state)
{
    (void)state;
    struct buffer talk = talk_read("smb21");
    struct lab *whole = bytes_events(buffer_view(&talk));
    const size_t count = lab_count(whole, "\"_path\":\"smb_", "");
    lab_free(whole);
    for (size_t lost = 0; lost < 30; lost++) {
        struct buffer cut = talk_without(&talk, lost);
        struct lab *lab = bytes_events(buffer_view(&cut));
        assert_int_equal(lab_damaged(lab), 0);
        assert_int_equal(lab_count(lab, "\"smb_session\"", "\"is_whole\":false"), 1);
        const size_t left = lab_count(lab, "\"_path\":\"smb_", "");
        if (left + 2 < count)
            print_error("record %zu: %zu of %zu\n", lost, left, count);
        assert_true(left + 2 >= count);
        lab_free(lab);
        buffer_release(&cut);
    }
    buffer_release(&talk);
}

static void an_answer_in_another_language_is_no_damage(void **state)
{
    static const uint8_t refusal[] = {1, 24, 0, 0, 5, 0,  13, 3, 16, 0, 0, 0, 24, 0,
                                      0, 0,  0, 8, 1, 64, 4,  0, 1,  5, 0, 0, 0,  0};
    (void)state;
    struct buffer talk = talk_read("smb21");
    talk.length = 4 + (load_le32(talk.data) >> 8);
    buffer_bytes(&talk, refusal, sizeof(refusal));
    struct lab *lab = bytes_events(buffer_view(&talk));
    assert_int_equal(lab_damaged(lab), 0);
    expect(lab, 1, "smb_session", "\"is_final\":true");
    lab_free(lab);
    buffer_release(&talk);
}

static void names_of_numbers_are_found(void **state)
{
    (void)state;
    assert_string_equal(ntstatus_name(0), "STATUS_SUCCESS");
    assert_string_equal(ntstatus_name(0xC0000016), "STATUS_MORE_PROCESSING_REQUIRED");
    assert_string_equal(ntstatus_name(0xC000006D), "STATUS_LOGON_FAILURE");
    assert_string_equal(fsctl_name(0x0011C017), "FSCTL_PIPE_TRANSCEIVE");
    assert_null(ntstatus_name(0x12345678));
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_negotiation_of_impacket_is_told),
        cmocka_unit_test(encrypted_messages_are_counted_and_their_sizes_kept),
        cmocka_unit_test(a_pipe_and_its_calls_are_told),
        cmocka_unit_test(a_transceive_is_told_once_on_a_pipe),
        cmocka_unit_test(a_file_is_told_from_its_opening_to_its_end),
        cmocka_unit_test(a_share_that_is_connected_again_is_counted),
        cmocka_unit_test(smb1_sessions_are_told),
        cmocka_unit_test(netbios_names_are_told),
        cmocka_unit_test(segments_do_not_matter),
        cmocka_unit_test(every_prefix_ends_well),
        cmocka_unit_test(any_bit_may_flip),
        cmocka_unit_test(what_was_lost_costs_only_itself),
        cmocka_unit_test(an_answer_in_another_language_is_no_damage),
        cmocka_unit_test(names_of_numbers_are_found),
    };
    if (count != 2)
        return 2;
    talks_in(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

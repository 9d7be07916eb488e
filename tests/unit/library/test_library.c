/* The public library, by what its header promises. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <impound/impound.h>

#define CAPTURE   CAPTURES "/smb3-ccm.pcap"
#define PASSWORDS CAPTURES "/passwords"
#define TEXT_MAX  (256U << 10)

/* All events as JSON, one behind the other. */
struct told {
    char text[TEXT_MAX];
    size_t length;
    size_t events;
    size_t wanted; /* 0: all */
};

static bool remember(void *context, const struct impound_event *event)
{
    struct told *told = context;
    const char *json = impound_event_json(event);
    const size_t length = strlen(json);
    if (told->length + length >= TEXT_MAX)
        abort();
    memcpy(told->text + told->length, json, length + 1);
    told->length += length;
    return ++told->events != told->wanted;
}

static uint32_t load(const uint8_t *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof(number));
    return number;
}

static uint8_t *capture_bytes(size_t *length)
{
    FILE *file = fopen(CAPTURE, "rbe");
    uint8_t *bytes = malloc(TEXT_MAX);
    if (!file || !bytes)
        abort();
    *length = fread(bytes, 1, TEXT_MAX, file);
    (void)fclose(file);
    return bytes;
}

/* Hands in what the little-endian pcap file holds; ends where a call says no. */
static enum impound_status packets_give(struct impound_decoder *decoder)
{
    size_t length;
    uint8_t *bytes = capture_bytes(&length);
    enum impound_status status = IMPOUND_OK;
    for (size_t at = 24; at + 16 <= length && status == IMPOUND_OK;) {
        const struct impound_packet packet = {
            .time = {load(bytes + at), load(bytes + at + 4) * 1000, 6},
            .link = load(bytes + 20),
            .captured = load(bytes + at + 8),
            .original = load(bytes + at + 12),
            .data = bytes + at + 16,
        };
        status = impound_packet(decoder, &packet);
        at += 16 + packet.captured;
    }
    free(bytes);
    return status;
}

static void packets_handed_in_give_the_events_of_the_file(void **state)
{
    (void)state;
    static struct told file, packets;
    struct impound_decoder *decoder = impound_new(remember, &file);
    assert_int_equal(impound_read(decoder, CAPTURE), IMPOUND_OK);
    impound_free(decoder);
    decoder = impound_new(remember, &packets);
    assert_int_equal(packets_give(decoder), IMPOUND_OK);
    const size_t before = packets.events;
    assert_true(before > 0);
    assert_int_equal(impound_end(decoder), IMPOUND_OK);
    assert_true(packets.events > before);
    assert_string_equal(packets.text, file.text);
    assert_int_equal(impound_end(decoder), IMPOUND_OK);
    assert_int_equal(packets.events, file.events);
    impound_free(decoder);
}

static void passwords_open_what_is_encrypted(void **state)
{
    (void)state;
    static struct told closed, open;
    struct impound_decoder *decoder = impound_new(remember, &closed);
    assert_int_equal(impound_read(decoder, CAPTURE), IMPOUND_OK);
    impound_free(decoder);
    decoder = impound_new(remember, &open);
    assert_int_equal(impound_add_passwords(decoder, PASSWORDS), IMPOUND_OK);
    assert_int_equal(impound_read(decoder, CAPTURE), IMPOUND_OK);
    impound_free(decoder);
    assert_null(strstr(closed.text, "\"was_encrypted\":true"));
    assert_non_null(strstr(open.text, "\"was_encrypted\":true"));
    assert_true(open.events > closed.events);
}

static void a_stop_ends_the_capture_and_not_the_decoder(void **state)
{
    (void)state;
    static struct told told;
    told.wanted = 2;
    struct impound_decoder *decoder = impound_new(remember, &told);
    assert_int_equal(impound_read(decoder, CAPTURE), IMPOUND_STOPPED);
    assert_string_equal(impound_error(decoder), "stopped");
    assert_int_equal(told.events, 2);
    assert_int_equal(packets_give(decoder), IMPOUND_OK);
    assert_true(told.events > 2);
    impound_free(decoder);
}

static void what_is_wrong_is_refused_with_a_reason(void **state)
{
    (void)state;
    static struct told told;
    const uint8_t byte = 0;
    struct impound_packet packet = {.captured = 1};
    struct impound_decoder *decoder = impound_new(remember, &told);
    assert_null(impound_new(NULL, NULL));
    assert_string_equal(impound_error(decoder), "");
    assert_int_equal(impound_read(decoder, CAPTURES "/none"), IMPOUND_IO);
    assert_non_null(strstr(impound_error(decoder), "none: "));
    assert_int_equal(impound_read(decoder, PASSWORDS), IMPOUND_REFUSED);
    assert_non_null(strstr(impound_error(decoder), "no capture"));
    assert_int_equal(impound_add_keytab(decoder, PASSWORDS), IMPOUND_INVALID);
    assert_string_not_equal(impound_error(decoder), "");
    assert_int_equal(impound_packet(decoder, &packet), IMPOUND_INVALID);
    packet.data = &byte;
    packet.time.nanoseconds = 1000000000;
    assert_int_equal(impound_packet(decoder, &packet), IMPOUND_INVALID);
    packet.time.nanoseconds = 0;
    packet.captured = (256U << 10) + 1;
    assert_int_equal(impound_packet(decoder, &packet), IMPOUND_REFUSED);
    packet.captured = 1;
    assert_int_equal(impound_packet(decoder, &packet), IMPOUND_OK);
    assert_string_equal(impound_error(decoder), "");
    assert_int_equal(impound_add_passwords(decoder, PASSWORDS), IMPOUND_INVALID);
    assert_int_equal(told.events, 0);
    impound_free(decoder);
    impound_free(NULL);
}

static bool check_event(void *context, const struct impound_event *event)
{
    struct impound_value value, item;
    size_t *seen = context;
    if (strcmp(impound_event_log(event), "dns") != 0)
        return true;
    assert_true(impound_event_field(event, "_path", &value));
    assert_string_equal(value.text, "dns");
    assert_true(impound_event_field(event, "id.resp_h", &value));
    assert_int_equal(value.type, IMPOUND_ADDRESS);
    assert_int_equal(value.bytes_length, 4);
    assert_memory_equal(value.bytes, ((uint8_t[]){192, 0, 2, 10}), 4);
    assert_string_equal(value.text, "192.0.2.10");
    assert_true(impound_event_field(event, "id.resp_p", &value));
    assert_int_equal(value.type, IMPOUND_NUMBER);
    assert_int_equal(value.number, 53);
    assert_true(impound_event_field(event, "ts", &value));
    assert_int_equal(value.type, IMPOUND_TIME);
    assert_int_equal(value.time.seconds, impound_event_time(event).seconds);
    assert_int_equal(value.time.digits, 6);
    assert_true(impound_event_field(event, "RD", &value));
    assert_int_equal(value.type, IMPOUND_BOOL);
    assert_int_equal(value.number, 1);
    assert_true(impound_event_field(event, "rtt", &value));
    assert_int_equal(value.type, IMPOUND_REAL);
    assert_true(value.real > 0 && value.real < 1);
    assert_true(impound_event_field(event, "packets", &value));
    assert_int_equal(value.type, IMPOUND_LIST);
    assert_int_equal(value.count, 2);
    assert_true(impound_value_item(event, &value, 0, &item));
    assert_int_equal(item.number, impound_event_first_packet(event));
    assert_true(impound_value_item(event, &value, 1, &item));
    assert_int_equal(item.number, impound_event_last_packet(event));
    assert_false(impound_value_item(event, &value, 2, &item));
    assert_false(impound_value_item(event, &item, 0, &value));
    assert_false(impound_event_field(event, "answer", &value));
    assert_string_equal(impound_event_source(event), CAPTURE);
    assert_memory_equal(impound_event_flow(event), "1:", 2);
    assert_true(impound_event_offset(event) >= 24);
    ++*seen;
    return true;
}

static void values_have_types(void **state)
{
    (void)state;
    size_t seen = 0;
    struct impound_decoder *decoder = impound_new(check_event, &seen);
    assert_int_equal(impound_read(decoder, CAPTURE), IMPOUND_OK);
    assert_true(seen > 2);
    impound_free(decoder);
}

static bool check_fields(void *context, const struct impound_event *event)
{
    struct impound_value value;
    const char *json = impound_event_json(event), *name;
    char key[128];
    size_t count = 0;
    (void)context;
    while ((name = impound_event_field_at(event, count, &value))) {
        (void)snprintf(key, sizeof(key), "\"%s\":", name);
        json = strstr(json, key);
        assert_non_null(json);
        assert_true(value.type == IMPOUND_LIST || strlen(value.text) == value.length);
        count++;
    }
    assert_int_equal(count, impound_event_field_count(event));
    return true;
}

static void fields_stand_in_the_order_of_the_line(void **state)
{
    (void)state;
    struct impound_decoder *decoder = impound_new(check_fields, NULL);
    assert_int_equal(impound_read(decoder, CAPTURE), IMPOUND_OK);
    impound_free(decoder);
}

static void the_account_says_what_was_not_seen(void **state)
{
    (void)state;
    static struct told told;
    struct impound_account account;
    struct impound_decoder *decoder = impound_new(remember, &told);
    impound_account(decoder, &account);
    assert_int_equal(account.packets, 0);
    assert_true(account.is_complete);
    assert_null(impound_account_note(decoder, 0));
    assert_int_equal(packets_give(decoder), IMPOUND_OK);
    assert_int_equal(impound_end(decoder), IMPOUND_OK);
    impound_account(decoder, &account);
    assert_true(account.packets > 20);
    assert_true(account.notes > 0);
    assert_non_null(strstr(impound_account_note(decoder, 0), "encrypted"));
    assert_null(impound_account_note(decoder, account.notes));
    impound_free(decoder);
}

static void *read_alone(void *context)
{
    struct told *told = context;
    for (unsigned i = 0; i < 8; i++) {
        struct impound_decoder *decoder = impound_new(remember, told);
        told->length = 0;
        if (impound_read(decoder, CAPTURE) != IMPOUND_OK)
            told->text[0] = 0;
        impound_free(decoder);
    }
    return NULL;
}

static void decoders_share_nothing(void **state)
{
    (void)state;
    static struct told told[2];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_alone, &told[0]), 0);
    read_alone(&told[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(told[0].length > 0);
    assert_string_equal(told[0].text, told[1].text);
    assert_string_equal(impound_version(), "0.1.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_handed_in_give_the_events_of_the_file),
        cmocka_unit_test(passwords_open_what_is_encrypted),
        cmocka_unit_test(a_stop_ends_the_capture_and_not_the_decoder),
        cmocka_unit_test(what_is_wrong_is_refused_with_a_reason),
        cmocka_unit_test(values_have_types),
        cmocka_unit_test(fields_stand_in_the_order_of_the_line),
        cmocka_unit_test(the_account_says_what_was_not_seen),
        cmocka_unit_test(decoders_share_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

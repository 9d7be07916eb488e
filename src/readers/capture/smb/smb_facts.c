#include "readers/capture/numbers/numbers.h"
#include "readers/capture/smb/smb_state.h"

#include <assert.h>
#include <stdio.h>

/* What was said first counts. */
static struct value *fact_new(struct smb *smb, enum smb_session_field field)
{
    struct value *fact = &smb->facts[field];
    return value_is_there(fact) ? NULL : fact;
}

static void fact_set(struct smb *smb, enum smb_session_field field, struct value value)
{
    struct value *fact = fact_new(smb, field);
    if (fact)
        *fact = value;
}

void smb_fact_number(struct smb *smb, enum smb_session_field field, uint64_t number)
{
    fact_set(smb, field, (struct value){.type = VALUE_UINT, .width = 8, .number = number});
}

void smb_fact_hex(struct smb *smb, enum smb_session_field field, uint64_t number)
{
    const uint8_t width = number > UINT32_MAX ? 8 : 4;
    fact_set(smb, field, (struct value){.type = VALUE_HEX, .width = width, .number = number});
}

void smb_fact_bool(struct smb *smb, enum smb_session_field field, bool truth)
{
    fact_set(smb, field, (struct value){.type = VALUE_BOOL, .width = 1, .number = truth});
}

void smb_fact_time(struct smb *smb, enum smb_session_field field, uint64_t filetime)
{
    fact_set(smb, field, (struct value){.type = VALUE_FILETIME, .width = 8, .number = filetime});
}

static void fact_view(struct smb *smb, enum smb_session_field field, struct bytes utf8)
{
    assert(utf8.length <= UINT32_MAX);
    fact_set(
        smb, field,
        (struct value){.type = VALUE_UTF8, .length = (uint32_t)utf8.length, .data = utf8.data});
}

void smb_fact_text(struct smb *smb, enum smb_session_field field, struct bytes utf8)
{
    if (!fact_new(smb, field))
        return;
    const struct bytes kept = arena_keep(smb->session.connection->arena, utf8);
    if (kept.data || utf8.length == 0)
        fact_view(smb, field, kept);
}

void smb_fact_name(struct smb *smb, enum smb_session_field field, const char *constant)
{
    if (constant)
        fact_view(smb, field, bytes_of_text(constant));
}

#define RAW_MAX 64

static bool is_printable(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7E)
            return false;
    }
    return true;
}

void smb_fact_raw(struct smb *smb, enum smb_session_field field, struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    char hex[RAW_MAX * 2];
    if (bytes.length > RAW_MAX)
        bytes.length = RAW_MAX;
    if (is_printable(bytes)) {
        smb_fact_text(smb, field, bytes);
        return;
    }
    for (size_t i = 0; i < bytes.length; i++) {
        hex[2 * i] = digits[bytes.data[i] >> 4];
        hex[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    smb_fact_text(smb, field, bytes_of(hex, bytes.length * 2));
}

void smb_fact_forget(struct smb *smb, enum smb_session_field field)
{
    smb->facts[field] = (struct value){.type = VALUE_ABSENT};
}

bool smb_is_letters(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        const uint8_t lower = bytes.data[i] | 0x20;
        if (lower < 'a' || lower > 'z')
            return false;
    }
    return bytes.length > 0;
}

const char *smb_status_name(struct smb *smb, uint32_t status)
{
    const char *name = ntstatus_name(status);
    if (name)
        return name;
    char hex[16];
    const int length = snprintf(hex, sizeof(hex), "0x%08x", status);
    return arena_keep_text(smb->session.connection->arena, bytes_of(hex, (size_t)length));
}

static uint64_t tenths_between(struct instant from, struct instant to)
{
    if (!instant_is_known(from) || instant_compare(from, to) >= 0)
        return 0;
    const uint64_t seconds = (uint64_t)to.seconds - (uint64_t)from.seconds;
    const uint64_t tenths = seconds * 10 + to.nanos / 100000000U;
    return tenths - from.nanos / 100000000U;
}

void smb_client_size(struct smb *smb, enum wire_side side, uint64_t size)
{
    struct wire_connection *connection = smb->session.connection;
    const struct instant now = connection->now[side].time;
    if (!smb->is_sizes_cut) {
        smb->is_sizes_cut =
            !smb_text_add_number(&smb->sizes, connection->arena, " ", size, 10, SMB_SIZES_MAX) ||
            !smb_text_add_number(&smb->times, connection->arena, " ",
                                 tenths_between(smb->last_client, now), 10, SMB_SIZES_MAX);
    }
    smb->last_client = now;
}

/* The characters of the server's address as text: IPv4 in dots, IPv6 as RFC 5952 has it. */
static size_t address_chars(const struct wire_address *address)
{
    uint8_t text[64];
    const struct value value = {.type = address->length == 4 ? VALUE_IP4 : VALUE_IP6,
                                .length = address->length,
                                .data = address->bytes};
    assert(value_bound(&value) <= sizeof(text));
    return value_write(text, &value);
}

static void set_counts(const struct smb *smb, struct wire_event *event)
{
    const struct smb_counts *counts = &smb->counts;
    const struct {
        enum smb_session_field field;
        uint64_t number;
    } rows[] = {
        {SESSION_MESSAGES, counts->messages},
        {SESSION_CLIENT_MESSAGES, counts->client_messages},
        {SESSION_LOST, counts->lost},
        {SESSION_SERVER_CHARS, address_chars(&smb->session.connection->server)},
        {TRANSFORM_MESSAGES, counts->transforms[WIRE_CLIENT]},
        {TRANSFORM_LETTERS, counts->letters[WIRE_CLIENT]},
        {TRANSFORM_SERVER, counts->transforms[WIRE_SERVER]},
        {TRANSFORM_SERVER_LETTERS, counts->letters[WIRE_SERVER]},
        {SESSION_COMPRESSED, counts->compressed},
        {SESSION_CREATES, counts->creates},
        {SESSION_READS, counts->reads},
        {SESSION_READS_TAIL, counts->reads_tail},
        {SESSION_PIPE_READS, counts->pipe_reads},
        {SESSION_PIPE_WRITES, counts->pipe_writes},
        {SESSION_TRANSCEIVES, counts->transceives},
        {SESSION_TREES, counts->trees},
        {SESSION_TREES_AGAIN, counts->trees_again},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        wire_set_number(event, rows[i].field, rows[i].number);
}

static void set_claims(const struct smb *smb, struct wire_event *event, bool is_final)
{
    const struct wire_connection *connection = smb->session.connection;
    const struct smb_counts *counts = &smb->counts;
    wire_set_bool(event, SESSION_IS_FINAL, is_final);
    wire_set_bool(event, SESSION_IS_WHOLE,
                  is_final && !connection->is_partial && connection->is_closed && !counts->lost);
    wire_set_bool(event, SESSION_IS_SIGNED, smb->is_signed);
    wire_set_bool(event, SESSION_IS_ENCRYPTED,
                  counts->transforms[WIRE_CLIENT] + counts->transforms[WIRE_SERVER] > 0);
    wire_set_bool(event, SESSION_IS_UNASKED, smb->is_unasked);
    wire_set_bool(event, SESSION_VALIDATES, smb->is_validating);
    wire_set_bool(event, SESSION_IS_CUT, smb->is_sizes_cut);
    if (counts->transforms[WIRE_CLIENT])
        wire_set_bool(event, TRANSFORM_ALL_LETTERS,
                      counts->transforms[WIRE_CLIENT] == counts->letters[WIRE_CLIENT]);
}

#define CONNECT_SIZE 72U /* of a TREE_CONNECT, without its path */

/* client_sizes with what depends on the server's address written as letters: a TREE_CONNECT to
 * \\\\ADDRESS\\IPC$ is I, one to a share of six letters (ADMIN$, SYSVOL) is A. */
static void set_shape(const struct smb *smb, struct wire_event *event, size_t chars)
{
    const uint64_t connect = CONNECT_SIZE + 2 * (chars + strlen("\\\\\\IPC$"));
    const uint8_t *at = smb->sizes.data;
    const uint8_t *const end = at + smb->sizes.length;
    uint8_t *shape = arena_take_aligned(event->arena, smb->sizes.length, 1);
    size_t length = 0;
    while (shape && at < end) {
        const uint8_t *const begin = at++;
        uint64_t number = 0;
        while (at < end && *at != ' ')
            number = number * 10 + (*at++ - (uint64_t)'0');
        const bool is_letter = number == connect || number == connect + 4;
        shape[length] = ' ';
        shape[length + 1] = number == connect ? 'I' : 'A';
        if (!is_letter)
            memcpy(shape + length, begin, (size_t)(at - begin));
        length += is_letter ? 2 : (size_t)(at - begin);
    }
    if (shape)
        wire_set_text(event, SESSION_CLIENT_SHAPE, bytes_of(shape, length));
}

static void set_texts(const struct smb *smb, struct wire_event *event)
{
    if (smb->smb1_dialects.length)
        wire_set_text(event, SMB1_DIALECTS, smb_text_view(&smb->smb1_dialects));
    if (smb->setup_sizes.length)
        wire_set_text(event, SETUP_SIZES, smb_text_view(&smb->setup_sizes));
    if (smb->sizes.length) {
        wire_set_text(event, SESSION_CLIENT_SIZES, smb_text_view(&smb->sizes));
        wire_set_text(event, SESSION_CLIENT_TIMES, smb_text_view(&smb->times));
        set_shape(smb, event, address_chars(&smb->session.connection->server));
    }
    if (smb->credit_count)
        wire_set_format(event, SESSION_CREDIT_REQUESTS, "%.*s%s%u*%u", (int)smb->credits.length,
                        (const char *)smb->credits.data, smb->credits.length ? " " : "",
                        smb->credit_value, smb->credit_count);
}

void smb_tell_session(struct smb *smb, bool is_final)
{
    struct wire_connection *connection = smb->session.connection;
    struct wire_event *event = wire_event_begin(connection, &smb_session_log);
    if (!event)
        return;
    for (unsigned field = SMB_COMMON_COUNT; field < SESSION_COUNT; field++) {
        if (value_is_there(&smb->facts[field]))
            wire_set_value(event, field, smb->facts[field]);
    }
    const struct smb_logon *logon = smb_logon_of(smb, smb->last_logon);
    if (logon && logon->user.length)
        wire_set_text(event, SMB_USER, smb_text_view(&logon->user));
    wire_set_name(event, SMB_VERSION, smb->version ? smb->version : "SMB");
    set_counts(smb, event);
    set_claims(smb, event, is_final);
    set_texts(smb, event);
    const struct wire_place *one = &connection->now[WIRE_CLIENT];
    const struct wire_place *other = &connection->now[WIRE_SERVER];
    wire_event_end(connection, event, &connection->first,
                   one->packet > other->packet ? one : other);
}

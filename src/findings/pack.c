/* offset  bytes  what, big-endian so that memcmp orders as the numbers do
 *      0      8  seconds, the sign bit flipped: an unknown time comes first
 *      8      4  nanoseconds
 *     12      4  evidence
 *     16      8  offset in it
 *     24      8  record
 *     32      4  the first rule
 *     36      1  digits of the time
 *     37      1  flags
 *     38      8  content
 *     46      4  number of the rules; of a correlation, of its events
 *     50     20  flow
 *     70         the rules, 4 bytes each; the events of a correlation, 53 bytes each (seconds,
 *                nanoseconds, digits, evidence, offset, record, flow)
 *                texts: the length in 4 bytes, and the bytes
 */
#include "findings/pack.h"

#include "base/cursor.h"
#include "base/hash.h"

#include <assert.h>

#define HEADER_LENGTH    70
#define RULES_OFFSET     32 /* of the first rule, within the header */
#define EVENT_LENGTH     53
#define FLAG_CARVED      1U
#define FLAG_CORRELATION 2U
#define SIGN             (UINT64_C(1) << 63)
#define NANOS_PER_SEC    UINT32_C(1000000000)
#define SECONDS_MAX      (INT64_C(1) << 55) /* beyond any FILETIME */

static uint8_t *store32(uint8_t *at, uint32_t number)
{
    store_be32(at, number);
    return at + sizeof(number);
}

static uint8_t *store64(uint8_t *at, uint64_t number)
{
    store_be64(at, number);
    return at + sizeof(number);
}

static uint8_t *store_flow(uint8_t *at, const struct flow_id *flow)
{
    memcpy(at, flow->bytes, sizeof(flow->bytes));
    return at + sizeof(flow->bytes);
}

static struct flow_id load_flow(const uint8_t *at)
{
    struct flow_id flow;
    memcpy(flow.bytes, at, sizeof(flow.bytes));
    return flow;
}

void pack_number32(struct buffer *to, uint32_t number)
{
    uint8_t bytes[4];
    store32(bytes, number);
    buffer_bytes(to, bytes, sizeof(bytes));
}

void pack_event(struct buffer *to, const struct finding_event *event)
{
    uint8_t bytes[EVENT_LENGTH];
    uint8_t *at = store64(bytes, (uint64_t)event->time.seconds ^ SIGN);
    at = store32(at, event->time.nanos);
    *at++ = event->time.digits;
    at = store32(at, event->evidence);
    at = store64(at, event->offset);
    at = store64(at, event->record);
    at = store_flow(at, &event->flow);
    assert(at == bytes + sizeof(bytes));
    buffer_bytes(to, bytes, sizeof(bytes));
}

void pack_text(struct buffer *to, struct bytes text)
{
    assert(text.length <= UINT32_MAX);
    pack_number32(to, (uint32_t)text.length);
    buffer_bytes(to, text.data, text.length);
}

void pack_header(struct buffer *to, const struct finding *finding, uint32_t first_rule)
{
    uint8_t header[HEADER_LENGTH];
    uint8_t *at = store64(header, (uint64_t)finding->time.seconds ^ SIGN);
    at = store32(at, finding->time.nanos);
    at = store32(at, finding->evidence);
    at = store64(at, finding->offset);
    at = store64(at, finding->record);
    at = store32(at, first_rule);
    *at++ = finding->time.digits;
    *at++ = (uint8_t)((finding->is_carved ? FLAG_CARVED : 0) |
                      (finding->is_correlation ? FLAG_CORRELATION : 0));
    at = store64(at, finding->content);
    at = store32(at, finding->is_correlation ? finding->event_count : finding->rule_count);
    at = store_flow(at, &finding->flow);
    assert(at == header + sizeof(header));
    buffer_bytes(to, header, sizeof(header));
}

void pack_texts(struct buffer *to, const struct finding *finding)
{
    pack_text(to, finding->host);
    pack_text(to, finding->account);
    pack_text(to, finding->source);
    pack_text(to, finding->channel);
    pack_text(to, finding->provider);
    pack_text(to, finding->event_id);
}

size_t pack_open(struct buffer *to)
{
    const size_t place = to->length;
    pack_number32(to, 0);
    return place;
}

void pack_close(struct buffer *to, size_t place)
{
    if (to->failed)
        return;
    const size_t length = to->length - place - sizeof(uint32_t);
    assert(length <= UINT32_MAX);
    store32(to->data + place, (uint32_t)length);
}

void finding_write(const struct finding *finding, struct buffer *to)
{
    assert(finding->rule_count > 0 && (!finding->is_correlation || finding->rule_count == 1));
    pack_header(to, finding, finding_rule_at(finding, 0));
    if (finding->is_correlation)
        buffer_bytes(to, finding->events, (size_t)finding->event_count * EVENT_LENGTH);
    else
        buffer_bytes(to, finding->rules, (size_t)finding->rule_count * sizeof(uint32_t));
    pack_texts(to, finding);
    pack_text(to, finding->fields);
}

uint32_t finding_rule_at(const struct finding *finding, uint32_t index)
{
    assert(index < finding->rule_count);
    return load_be32(finding->rules + (size_t)index * sizeof(uint32_t));
}

struct finding_event finding_event_at(const struct finding *finding, uint32_t index)
{
    assert(index < finding->event_count);
    const uint8_t *at = finding->events + (size_t)index * EVENT_LENGTH;
    return (struct finding_event){
        .time = {.seconds = (int64_t)(load_be64(at) ^ SIGN),
                 .nanos = load_be32(at + 8),
                 .digits = at[12]},
        .evidence = load_be32(at + 13),
        .offset = load_be64(at + 17),
        .record = load_be64(at + 25),
        .flow = load_flow(at + 33),
    };
}

static bool time_is_sound(struct instant time)
{
    return time.nanos < NANOS_PER_SEC && time.digits <= 9 &&
           (!instant_is_known(time) || (time.seconds > -SECONDS_MAX && time.seconds < SECONDS_MAX));
}

static bool header_read(const uint8_t *header, struct finding *finding)
{
    const uint8_t flags = header[37];
    *finding = (struct finding){
        .time = {.seconds = (int64_t)(load_be64(header) ^ SIGN),
                 .nanos = load_be32(header + 8),
                 .digits = header[36]},
        .evidence = load_be32(header + 12),
        .offset = load_be64(header + 16),
        .record = load_be64(header + 24),
        .is_carved = flags & FLAG_CARVED,
        .is_correlation = flags & FLAG_CORRELATION,
        .content = load_be64(header + 38),
        .flow = load_flow(header + 50),
    };
    return time_is_sound(finding->time) && !(flags & ~(FLAG_CARVED | FLAG_CORRELATION));
}

static bool rules_read(struct cursor *cursor, const uint8_t *header, struct finding *finding)
{
    const uint32_t count = load_be32(header + 46);
    if (!finding->is_correlation) {
        finding->rule_count = count;
        finding->rules = cursor_take(cursor, (size_t)count * sizeof(uint32_t));
        return finding->rules && count && finding_rule_at(finding, 0) == load_be32(header + 32);
    }
    finding->rule_count = 1;
    finding->rules = header + RULES_OFFSET;
    finding->event_count = count;
    finding->events = cursor_take(cursor, (size_t)count * EVENT_LENGTH);
    if (!finding->events)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!time_is_sound(finding_event_at(finding, i).time))
            return false;
    return true;
}

static bool text_read(struct cursor *cursor, struct bytes *text)
{
    const uint8_t *length = cursor_take(cursor, sizeof(uint32_t));
    if (!length)
        return false;
    text->length = load_be32(length);
    text->data = cursor_take(cursor, text->length);
    return text->data != NULL;
}

enum status finding_read(struct bytes packed, struct finding *finding, struct fault *fault)
{
    struct cursor cursor = cursor_over(packed, 0);
    struct finding read;
    const uint8_t *header = cursor_take(&cursor, HEADER_LENGTH);
    if (!header || !header_read(header, &read) || !rules_read(&cursor, header, &read) ||
        !text_read(&cursor, &read.host) || !text_read(&cursor, &read.account) ||
        !text_read(&cursor, &read.source) || !text_read(&cursor, &read.channel) ||
        !text_read(&cursor, &read.provider) || !text_read(&cursor, &read.event_id) ||
        !text_read(&cursor, &read.fields) || cursor_left(&cursor))
        return fault_set(fault, STATUS_DAMAGED, cursor_offset(&cursor),
                         "not the packed form of a finding");
    *finding = read;
    return STATUS_OK;
}

void finding_id(const struct finding *finding, const struct rule_info *info, char id[33])
{
    const char *rule = info->id[0] ? info->id : info->title;
    uint8_t identity[36];
    uint8_t *at = store64(identity, finding->record);
    at = store64(at, (uint64_t)finding->time.seconds);
    at = store32(at, finding->time.nanos);
    at = store64(at, finding->offset);
    at = store64(at, finding->content);
    assert(at == identity + sizeof(identity));
    const uint64_t seed = hash_bytes(bytes_of_text(rule), 0);
    hash128_write(id, hash128_bytes(bytes_of(identity, sizeof(identity)), seed));
}

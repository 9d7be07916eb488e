/* Events and correlations to findings. */
#include "base/hash.h"
#include "base/utf.h"
#include "findings/pack.h"
#include "findings/roles.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define ACCOUNT_MAX ((size_t)2 * FINDING_TEXT_MAX + 1)

/* How often a name has come in this event: open addressing, at most half full. */
struct repeat {
    name_id name;
    uint32_t count;
    uint64_t event;
};

#define REPEATS_COUNT ((size_t)SHAPE_FIELDS_MAX * 2)

struct finding_maker {
    const struct names *names;
    struct roles *roles;
    struct roles_event seen;
    struct finding finding;
    uint64_t event; /* of those that were written */
    uint8_t account[ACCOUNT_MAX];
    struct repeat repeats[REPEATS_COUNT];
};

struct finding_maker *finding_maker_new(struct names *fields)
{
    struct finding_maker *maker = calloc(1, sizeof(*maker));
    if (!maker)
        return NULL;
    maker->names = fields;
    maker->roles = roles_new(fields);
    if (!maker->roles) {
        free(maker);
        return NULL;
    }
    return maker;
}

void finding_maker_free(struct finding_maker *maker)
{
    if (!maker)
        return;
    roles_free(maker->roles);
    free(maker);
}

/* No longer than we keep, cut between characters. */
static struct bytes cut(struct bytes text)
{
    if (text.length <= FINDING_TEXT_MAX)
        return text;
    text.length = FINDING_TEXT_MAX;
    while (text.length > FINDING_TEXT_MAX - 3 && (text.data[text.length] & 0xC0) == 0x80)
        text.length--;
    return text;
}

static struct bytes known_text(const struct event *event, enum field_known field)
{
    const uint16_t slot = event->shape->known[field];
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : cut(event_text(event, slot));
}

/* Of a capture: the log that the event would stand in. */
static struct bytes channel_text(const struct event *event)
{
    const struct bytes channel = known_text(event, FIELD_CHANNEL);
    return channel.length ? channel : known_text(event, FIELD_STREAM);
}

static struct bytes account_text(struct finding_maker *maker)
{
    const struct roles_account account = roles_account(maker->roles, &maker->seen);
    const struct bytes domain = cut(account.domain), name = cut(account.name);
    if (!domain.length)
        return name;
    memcpy(maker->account, domain.data, domain.length);
    maker->account[domain.length] = '\\';
    memcpy(maker->account + domain.length + 1, name.data, name.length);
    return bytes_of(maker->account, domain.length + 1 + name.length);
}

const struct finding *finding_maker_look(struct finding_maker *maker, const struct event *event,
                                         uint32_t evidence)
{
    roles_look(maker->roles, event, &maker->seen);
    struct finding *finding = &maker->finding;
    *finding = (struct finding){
        .time = event->time,
        .record = event->record,
        .offset = event->offset,
        .evidence = evidence,
        .flow = event->flow,
        .is_carved = event->is_carved,
        .content = hash_bytes(event->raw, 0),
        .host = cut(roles_host(maker->roles, &maker->seen)),
        .channel = channel_text(event),
        .provider = known_text(event, FIELD_PROVIDER_NAME),
        .event_id = known_text(event, FIELD_EVENT_ID),
    };
    finding->account = account_text(maker);
    finding->source = cut(roles_source(maker->roles, &maker->seen, finding->host));
    return finding;
}

/* How often the name came before. */
static uint32_t repeat_count(struct finding_maker *maker, name_id name)
{
    size_t place = (name * UINT64_C(0x9E3779B1)) % REPEATS_COUNT;
    while (maker->repeats[place].event == maker->event && maker->repeats[place].name != name)
        place = (place + 1) % REPEATS_COUNT;
    struct repeat *repeat = &maker->repeats[place];
    if (repeat->event != maker->event)
        *repeat = (struct repeat){.name = name, .event = maker->event};
    return repeat->count++;
}

/* About how long a value is as text: 4,096 fields may all show the same 64 KiB. */
static size_t scalar_room(const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_UTF16:
    case VALUE_UTF8:
    case VALUE_ANSI:
    case VALUE_ESCAPED:
        return value->length;
    default:
        return value_bound(value);
    }
}

static size_t value_room(const struct value *value)
{
    if (value->type != VALUE_LIST)
        return scalar_room(value);
    size_t room = 0;
    for (uint32_t i = 0; i < value->length && room <= FINDING_FIELDS_MAX; i++)
        room += scalar_room(&value->items[i]) + 1;
    return room;
}

static void name_write(struct buffer *to, struct bytes name, uint32_t repeat)
{
    buffer_byte(to, '"');
    buffer_json_inside(to, name);
    if (repeat) {
        buffer_byte(to, '_');
        buffer_number(to, repeat);
    }
    buffer_text(to, "\":");
}

static void fields_write(struct finding_maker *maker, const struct event *event, struct buffer *to)
{
    const struct shape *shape = event->shape;
    size_t left = FINDING_FIELDS_MAX;
    uint32_t left_out = 0;
    char separator = '{';
    maker->event++;
    for (uint32_t slot = 0; slot < shape->count; slot++) {
        const struct value *value = &event->values[slot];
        if (!value_is_there(value) || roles_is_envelope(&maker->seen, slot))
            continue;
        const uint32_t repeat = repeat_count(maker, shape->fields[slot]);
        const struct bytes name = names_text(maker->names, shape->fields[slot]);
        const size_t room = value_room(value) + name.length;
        if (room > left) {
            left_out++;
            continue;
        }
        left -= room;
        buffer_byte(to, (uint8_t)separator);
        separator = ',';
        name_write(to, name, repeat);
        value_append_json(to, value);
    }
    if (left_out)
        buffer_format(to, "%c\"" FINDING_LEFT_OUT "\":%u", separator, left_out);
    else if (separator == '{')
        buffer_byte(to, '{');
    buffer_byte(to, '}');
}

void finding_maker_write(struct finding_maker *maker, const struct event *event,
                         const uint32_t *rules, uint32_t count, struct buffer *to)
{
    struct finding *finding = &maker->finding;
    assert(count > 0 && maker->seen.event == event && finding->record == event->record);
    finding->rule_count = count;
    pack_header(to, finding, rules[0]);
    for (uint32_t i = 0; i < count; i++)
        pack_number32(to, rules[i]);
    pack_texts(to, finding);
    const size_t place = pack_open(to);
    fields_write(maker, event, to);
    pack_close(to, place);
}

/* The name under which a finding says what its condition was asked of; NULL: nothing to say. */
static const char *number_name(enum sigma_correlation_type type)
{
    switch (type) {
    case SIGMA_EVENT_COUNT:
        return "event_count";
    case SIGMA_VALUE_COUNT:
        return "value_count";
    case SIGMA_VALUE_SUM:
        return "value_sum";
    case SIGMA_VALUE_AVG:
        return "value_avg";
    case SIGMA_VALUE_PERCENTILE:
        return "value_percentile";
    case SIGMA_VALUE_MEDIAN:
        return "value_median";
    case SIGMA_TEMPORAL:
    case SIGMA_TEMPORAL_ORDERED:
        break;
    }
    return NULL;
}

/* The group's values under the names of the fields, and the number. */
static void group_write(const struct correlate_finding *found,
                        const struct sigma_correlation *sigma, struct buffer *to)
{
    const char *name = number_name(sigma->type);
    const char *separator = "";
    buffer_byte(to, '{');
    for (uint32_t i = 0; i < found->group_count && i < sigma->group_count; i++) {
        buffer_text(to, separator);
        buffer_json(to, bytes_of_text(sigma->group_by[i]));
        buffer_byte(to, ':');
        buffer_json(to, cut(found->group[i]));
        separator = ",";
    }
    if (name && isfinite(found->number)) {
        buffer_format(to, "%s\"%s\":%.15g", separator, name, found->number);
        separator = ",";
    }
    if (found->left_out)
        buffer_format(to, "%s\"events_left_out\":%llu", separator,
                      (unsigned long long)found->left_out);
    buffer_byte(to, '}');
}

/* A hash over what the finding is made of, not over where its evidence lay. */
static uint64_t group_hash(const struct correlate_finding *found)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < found->group_count; i++)
        hash = hash_bytes(found->group[i], hash);
    for (uint32_t i = 0; i < found->event_count; i++) {
        const struct correlate_event *event = &found->events[i];
        const uint64_t place[] = {(uint64_t)event->time.seconds, event->time.nanos, event->record,
                                  event->offset};
        hash = hash_bytes(bytes_of(place, sizeof(place)), hash);
    }
    return hash;
}

void finding_write_correlation(const struct correlate_finding *found, const struct rule_info *info,
                               struct buffer *to)
{
    const struct finding finding = {
        .time = found->time,
        .record = found->last.record,
        .offset = found->last.offset,
        .evidence = found->last.evidence,
        .flow = found->last.flow,
        .is_correlation = true,
        .content = group_hash(found),
        .event_count = found->event_count,
        .host = cut(found->host),
        .account = cut(found->account),
        .source = cut(found->source),
    };
    pack_header(to, &finding, found->correlation);
    for (uint32_t i = 0; i < found->event_count; i++) {
        const struct correlate_event *event = &found->events[i];
        pack_event(to, &(struct finding_event){.time = event->time,
                                               .record = event->record,
                                               .offset = event->offset,
                                               .evidence = event->evidence,
                                               .flow = event->flow});
    }
    pack_texts(to, &finding);
    const size_t place = pack_open(to);
    group_write(found, info->correlation, to);
    pack_close(to, place);
}

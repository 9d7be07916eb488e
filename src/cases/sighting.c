#include "cases/sighting.h"

#include "cases/pack.h"

#include <stdlib.h>

#define RAN_MAX     300  /* bytes */
#define RECENT_SIZE 8192 /* places of events that are remembered */

/* What was made of the last finding on an event. */
struct recent {
    uint64_t record, offset, logon, flow;
    uint32_t evidence;
    bool is_there, is_ticket;
};

struct sighting_maker {
    const struct logons *logons;
    struct sighting sighting;
    struct buffer value, ran;
    struct recent recent[RECENT_SIZE];
};

struct sighting_maker *sighting_maker_new(const struct logons *logons)
{
    struct sighting_maker *maker = calloc(1, sizeof(*maker));
    if (maker)
        maker->logons = logons;
    return maker;
}

void sighting_maker_free(struct sighting_maker *maker)
{
    if (!maker)
        return;
    buffer_release(&maker->value);
    buffer_release(&maker->ran);
    free(maker);
}

/* --- Fields of the event --- */

struct word {
    const char *text;
    size_t length;
};
#define WORD(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

/* In the order in which they are believed: of a new process and a new logon the target is the
 * remote account, and the subject the machine. */
static const struct word logon_fields[] = {WORD("TargetLogonId"), WORD("SubjectLogonId"),
                                           WORD("LogonId")};

static const struct word ran_fields[] = {
    WORD("CommandLine"), WORD("command_line"), WORD("ServiceFileName"),
    WORD("ImagePath"),   WORD("binary_path"),  WORD("TaskName"),
    WORD("task_name"),   WORD("query"),        WORD("save_path"),
};

static unsigned place_in(const struct word *words, unsigned count, struct bytes text)
{
    unsigned at = 0;
    while (at < count &&
           (text.length != words[at].length || memcmp(text.data, words[at].text, text.length) != 0))
        at++;
    return at;
}

static bool is_word(struct bytes text, const struct word word)
{
    return place_in(&word, 1, text) == 0;
}

/* 0 for what every machine has: the system (0x3e7), its services (0x3e4, 0x3e5), nobody (0x3e6). */
static uint64_t logon_id(struct bytes text)
{
    char copy[24];
    if (text.length < 3 || text.length >= sizeof(copy))
        return 0;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    const uint64_t id = strtoull(copy, NULL, 0);
    return id >= 0x3e4 && id <= 0x3e7 ? 0 : id;
}

static uint16_t port_of(struct bytes text)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.length && i < 6; i++)
        port = text.data[i] >= '0' && text.data[i] <= '9' ? port * 10 + (text.data[i] & 15U) : 0;
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* One walk over the fields. */
struct read {
    uint64_t logon;
    uint16_t port;
    bool is_application;
};

static struct read fields_read(struct sighting_maker *maker, struct bytes fields)
{
    struct read read = {0};
    struct finding_field field;
    unsigned logon_best = COUNT_OF(logon_fields), ran_best = COUNT_OF(ran_fields);
    buffer_reset(&maker->ran);
    while (finding_field_next(&fields, &field)) {
        const unsigned logon = place_in(logon_fields, logon_best, field.name);
        const unsigned ran = place_in(ran_fields, ran_best, field.name);
        const bool is_type = is_word(field.name, (struct word)WORD("request_type"));
        const bool is_port = is_word(field.name, (struct word)WORD("IpPort"));
        if (logon == logon_best && ran == ran_best && !is_type && !is_port)
            continue;
        buffer_reset(&maker->value);
        finding_field_value(&maker->value, field.value);
        const struct bytes text = buffer_view(&maker->value);
        if (is_port)
            read.port = port_of(text);
        if (is_type)
            read.is_application = bytes_equal(text, bytes_of_text("AP"));
        if (logon < logon_best && logon_id(text)) {
            read.logon = logon_id(text);
            logon_best = logon;
        }
        if (ran < ran_best && text.length) {
            buffer_reset(&maker->ran);
            buffer_bytes(&maker->ran, text.data, text.length < RAN_MAX ? text.length : RAN_MAX);
            ran_best = ran;
        }
    }
    return read;
}

/* Kerberos' requests to the domain controller: 4768 to 4771, and AS and TGS on the wire. */
static bool is_ticket(const struct finding *finding, const struct read *read)
{
    static const struct word ids[] = {WORD("4768"), WORD("4769"), WORD("4770"), WORD("4771")};
    if (bytes_equal(finding->channel, bytes_of_text("kerberos")))
        return !read->is_application;
    return bytes_equal(finding->channel, bytes_of_text("Security")) &&
           place_in(ids, COUNT_OF(ids), finding->event_id) < COUNT_OF(ids);
}

/* --- Events that findings share --- */

static struct recent *recent_at(struct sighting_maker *maker, uint32_t evidence, uint64_t offset,
                                uint64_t record)
{
    const uint64_t mixed = (offset * 31 + record) * 31 + evidence;
    return &maker->recent[(mixed * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & (RECENT_SIZE - 1)];
}

static void recent_keep(struct sighting_maker *maker, const struct finding *finding)
{
    const struct sighting *sighting = &maker->sighting;
    *recent_at(maker, finding->evidence, finding->offset, finding->record) =
        (struct recent){.record = finding->record,
                        .offset = finding->offset,
                        .evidence = finding->evidence,
                        .logon = sighting->logon,
                        .flow = sighting->flow,
                        .is_there = true,
                        .is_ticket = sighting->is_ticket};
}

/* A correlation is about the logon of its first event that has one, and about tickets when all its
 * events are. */
static void correlation_look(struct sighting_maker *maker, const struct finding *finding)
{
    struct sighting *sighting = &maker->sighting;
    uint32_t known = 0, tickets = 0;
    for (uint32_t i = 0; i < finding->event_count; i++) {
        const struct finding_event event = finding_event_at(finding, i);
        const struct recent *recent = recent_at(maker, event.evidence, event.offset, event.record);
        if (!recent->is_there || recent->record != event.record || recent->offset != event.offset ||
            recent->evidence != event.evidence)
            continue;
        known++;
        tickets += recent->is_ticket;
        if (!sighting->logon)
            sighting->logon = recent->logon;
    }
    sighting->is_ticket = known && known == tickets;
}

const struct sighting *sighting_make(struct sighting_maker *maker, const struct finding *finding,
                                     const struct rule_info *info, uint32_t rule)
{
    struct sighting *sighting = &maker->sighting;
    const struct read read = fields_read(maker, finding->fields);
    *sighting = (struct sighting){
        .time = finding->time,
        .rule = rule,
        .is_wire = flow_is_known(&finding->flow),
        .is_ticket = is_ticket(finding, &read),
        .logon = logons_key(maker->logons, finding->host, read.logon),
        .flow = logons_flow_key(maker->logons, &finding->flow),
        .host = finding->host,
        .account = finding->account,
        .source = finding->source,
        .port = read.port,
        .ran = buffer_view(&maker->ran),
    };
    finding_id(finding, info, sighting->id);
    if (finding->is_correlation)
        correlation_look(maker, finding);
    else
        recent_keep(maker, finding);
    return sighting;
}

/* --- Packed --- */

#define FLAG_WIRE   1U
#define FLAG_TICKET 2U

void sighting_write(const struct sighting *sighting, struct buffer *to)
{
    pack_time(to, sighting->time);
    buffer_bytes(to, sighting->id, 32);
    pack_u32(to, sighting->rule);
    buffer_byte(to, (uint8_t)((sighting->is_wire ? FLAG_WIRE : 0) |
                              (sighting->is_ticket ? FLAG_TICKET : 0)));
    pack_u64(to, sighting->logon);
    pack_u64(to, sighting->flow);
    pack_words(to, sighting->host);
    pack_words(to, sighting->account);
    pack_words(to, sighting->source);
    pack_words(to, sighting->ran);
}

enum status sighting_read(struct bytes packed, struct sighting *sighting, struct fault *fault)
{
    struct cursor from = cursor_over(packed, 0);
    struct sighting read = {0};
    const uint8_t *id = unpack_time(&from, &read.time) ? cursor_take(&from, 32) : NULL;
    const uint8_t *flags = id && unpack_u32(&from, &read.rule) ? cursor_take(&from, 1) : NULL;
    const bool is_whole = flags && unpack_u64(&from, &read.logon) &&
                          unpack_u64(&from, &read.flow) && unpack_words(&from, &read.host) &&
                          unpack_words(&from, &read.account) && unpack_words(&from, &read.source) &&
                          unpack_words(&from, &read.ran) && cursor_left(&from) == 0;
    if (!is_whole)
        return fault_set(fault, STATUS_DAMAGED, cursor_offset(&from), "a sighting is damaged");
    memcpy(read.id, id, 32);
    read.is_wire = *flags & FLAG_WIRE;
    read.is_ticket = *flags & FLAG_TICKET;
    *sighting = read;
    return STATUS_OK;
}

/* A STIX 2.1 bundle of the cases: a grouping a case, and in it its tools, techniques, hosts,
 * accounts and addresses; an observed-data and a sighting for each step. Ids are UUIDs of version 5
 * (RFC 9562, 5.5), so that the same evidence gives the same objects; those of observables are made
 * as STIX wants them (2.9, "Identifier contributing properties"). */
#include "base/address.h"
#include "base/hash.h"
#include "crypt/crypt.h"
#include "reports/format.h"
#include "reports/members.h"

#include <stdio.h>
#include <stdlib.h>

#define ID_BOUND 64U
#define SEEN_MAX (1U << 19) /* past it, an object may stand in the bundle again, the same */

/* 2.9 of the specification, and one of our own. */
static const uint8_t observables[16] = {0x00, 0xAB, 0xED, 0xB4, 0xAA, 0x42, 0x46, 0x6C,
                                        0x9C, 0x01, 0xFE, 0xD2, 0x33, 0x15, 0xA9, 0xB7};
static const uint8_t own[16] = {0x6B, 0x1F, 0x0E, 0x52, 0x9D, 0x37, 0x4A, 0xC8,
                                0xB5, 0x60, 0x2E, 0x91, 0xC4, 0x0D, 0x7A, 0x13};

struct stix {
    struct buffer name, refs;
    struct hash128 *seen; /* ids of objects that many cases share; open addressing */
    uint32_t seen_count;
    char identity[ID_BOUND];
};

/* --- Ids --- */

static void id_write(struct report *report, char id[ID_BOUND], const char *type,
                     const uint8_t space[16], struct bytes name)
{
    uint8_t hash[CRYPT_HASH_MAX] = {0};
    const struct bytes parts[] = {bytes_of(space, 16), name};
    if (!crypt_digest(CRYPT_SHA1, parts, 2, hash))
        report->out.failed = true;
    hash[6] = (uint8_t)((hash[6] & 0x0F) | 0x50);
    hash[8] = (uint8_t)((hash[8] & 0x3F) | 0x80);
    size_t at = (size_t)snprintf(id, ID_BOUND, "%s--", type);
    for (size_t i = 0; i < 16; i++)
        at += (size_t)snprintf(id + at, ID_BOUND - at,
                               i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", hash[i]);
}

/* The id of an object of ours: by its type and what it is. */
static void own_id(struct report *report, char id[ID_BOUND], const char *type, struct bytes what)
{
    struct stix *stix = report->state;
    buffer_reset(&stix->name);
    buffer_text(&stix->name, type);
    buffer_byte(&stix->name, ':');
    buffer_bytes(&stix->name, what.data, what.length);
    report->out.failed |= stix->name.failed;
    id_write(report, id, type, own, buffer_view(&stix->name));
}

static bool is_new(struct stix *stix, const char *id)
{
    const struct hash128 hash = hash128_bytes(bytes_of_text(id), 0);
    size_t at = hash.low % (2 * SEEN_MAX);
    for (; stix->seen[at].low | stix->seen[at].high; at = (at + 1) % (2 * SEEN_MAX))
        if (stix->seen[at].low == hash.low && stix->seen[at].high == hash.high)
            return false;
    if (stix->seen_count < SEEN_MAX) {
        stix->seen[at] = hash;
        stix->seen_count++;
    }
    return true;
}

/* --- Objects --- */

static void refer(struct report *report, const char *id)
{
    struct stix *stix = report->state;
    buffer_format(&stix->refs, "%s\"%s\"", stix->refs.length ? "," : "", id);
    report->out.failed |= stix->refs.failed;
}

static void stamp(struct buffer *to, const char *name, struct instant time)
{
    member_time(to, name, time_fixed(time, 3));
}

/* What has no time of its own is as old as this form of it. */
static const struct instant constant = {.seconds = 1767225600};

static void open_object(struct report *report, const char *type, const char *id,
                        struct instant time)
{
    struct buffer *to = &report->out;
    const struct stix *stix = report->state;
    buffer_format(to, ",\n{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":\"%s\"", type, id);
    stamp(to, "created", time);
    stamp(to, "modified", time);
    member_string(to, "created_by_ref", stix->identity);
}

static void tool_object(struct report *report, struct bytes name, char id[ID_BOUND])
{
    struct buffer *to = &report->out;
    own_id(report, id, "tool", name);
    if (!is_new(report->state, id))
        return;
    open_object(report, "tool", id, constant);
    member_text(to, "name", name);
    if (!memchr(name.data, ':', name.length))
        buffer_text(to, ",\"external_references\":[{\"source_name\":\"mitre-attack\","
                        "\"external_id\":\"S0357\","
                        "\"url\":\"https://attack.mitre.org/software/S0357/\"}]");
    buffer_byte(to, '}');
}

static void technique_object(struct report *report, struct bytes technique)
{
    char id[ID_BOUND];
    struct buffer *to = &report->out;
    own_id(report, id, "attack-pattern", technique);
    refer(report, id);
    if (!is_new(report->state, id))
        return;
    open_object(report, "attack-pattern", id, constant);
    member_text(to, "name", technique);
    buffer_text(to, ",\"external_references\":[{\"source_name\":\"mitre-attack\"");
    member_text(to, "external_id", technique);
    buffer_text(to, "}]}");
}

/* A host by its name: where something was seen must be an identity. */
static void host_object(struct report *report, struct bytes name, char id[ID_BOUND])
{
    own_id(report, id, "identity", name);
    if (!is_new(report->state, id))
        return;
    open_object(report, "identity", id, constant);
    member_text(&report->out, "name", name);
    buffer_text(&report->out, ",\"identity_class\":\"system\"}");
}

/* An observable whose id follows from its only contributing property. */
static void observable(struct report *report, const char *type, const char *property,
                       struct bytes value, char id[ID_BOUND])
{
    struct stix *stix = report->state;
    buffer_reset(&stix->name);
    buffer_format(&stix->name, "{\"%s\":", property);
    buffer_json(&stix->name, value);
    buffer_byte(&stix->name, '}');
    report->out.failed |= stix->name.failed;
    id_write(report, id, type, observables, buffer_view(&stix->name));
    if (!is_new(stix, id))
        return;
    buffer_format(&report->out, ",\n{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":\"%s\"", type,
                  id);
    member_text(&report->out, property, value);
    buffer_byte(&report->out, '}');
}

/* An address as an observable; any other name of a host as an identity. */
static void place_object(struct report *report, struct bytes name, char id[ID_BOUND])
{
    struct address address;
    char text[ADDRESS_TEXT_BOUND];
    if (!address_parse(name, &address)) {
        host_object(report, name, id);
        return;
    }
    const size_t length = address_write(text, &address);
    observable(report, address.version == 4 ? "ipv4-addr" : "ipv6-addr", "value",
               bytes_of(text, length), id);
}

/* --- Steps --- */

static void step_name(char name[64], const struct case_record *record, uint32_t step)
{
    snprintf(name, 64, "%s step %u", record->id, step);
}

/* The observables of a step, as a list; false when it has none. */
static bool step_refs(struct report *report, const struct case_step *step, struct buffer *refs)
{
    char id[ID_BOUND];
    const struct bytes places[] = {step->source, step->target};
    struct address address;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (!places[i].length || !address_parse(places[i], &address) ||
            (i && bytes_equal(places[0], places[1])))
            continue;
        place_object(report, places[i], id);
        buffer_format(refs, "%s\"%s\"", refs->length ? "," : "", id);
    }
    if (step->account.length) {
        observable(report, "user-account", "account_login", step->account, id);
        buffer_format(refs, "%s\"%s\"", refs->length ? "," : "", id);
    }
    report->out.failed |= refs->failed;
    return refs->length;
}

static void observed_object(struct report *report, const struct case_step *step, const char *id,
                            const struct buffer *refs)
{
    struct buffer *to = &report->out;
    open_object(report, "observed-data", id, step->last);
    stamp(to, "first_observed", step->first);
    stamp(to, "last_observed", step->last);
    buffer_format(to, ",\"number_observed\":%u,\"object_refs\":[",
                  step->finding_count ? step->finding_count : 1);
    buffer_bytes(to, refs->data, refs->length);
    buffer_text(to, "]}");
    refer(report, id);
}

/* That the tool was seen, where, and how the ledger judges it. */
static void sighting_object(struct report *report, const struct case_step *step, const char *name,
                            const char *observed, const char *verdict)
{
    char id[ID_BOUND], tool[ID_BOUND], host[ID_BOUND];
    struct buffer *to = &report->out;
    tool_object(report, step->tool, tool);
    if (step->target.length)
        host_object(report, step->target, host);
    own_id(report, id, "sighting", bytes_of_text(name));
    open_object(report, "sighting", id, step->last);
    member_text(to, "description", step->what);
    stamp(to, "first_seen", step->first);
    stamp(to, "last_seen", step->last);
    buffer_format(to, ",\"count\":1,\"sighting_of_ref\":\"%s\",\"labels\":[\"%s\"]", tool, verdict);
    if (observed)
        buffer_format(to, ",\"observed_data_refs\":[\"%s\"]", observed);
    if (step->target.length)
        buffer_format(to, ",\"where_sighted_refs\":[\"%s\"]", host);
    buffer_byte(to, '}');
    refer(report, id);
}

static void step_objects(struct report *report, const struct case_record *record, uint32_t index,
                         const struct ledger_judgement *judgement)
{
    struct case_step known = record->steps[index]; /* its end may not be: then it is its begin */
    const struct case_step *step = &known;
    struct buffer refs = {0};
    if (!instant_is_known(known.last))
        known.last = known.first;
    char name[64], observed[ID_BOUND];
    step_name(name, record, index);
    own_id(report, observed, "observed-data", bytes_of_text(name));
    const bool is_observed = step_refs(report, step, &refs);
    if (is_observed)
        observed_object(report, step, observed, &refs);
    if (step->tool.length)
        sighting_object(report, step, name, is_observed ? observed : NULL,
                        ledger_status(judgement->standing));
    buffer_release(&refs);
}

/* --- Cases --- */

static void places(struct report *report, const struct case_texts *names)
{
    char id[ID_BOUND];
    for (uint32_t i = 0; i < names->count; i++) {
        place_object(report, names->items[i], id);
        refer(report, id);
    }
}

static bool has(const struct case_texts *texts, struct bytes text)
{
    for (uint32_t i = 0; i < texts->count; i++)
        if (bytes_equal(texts->items[i], text))
            return true;
    return false;
}

static void case_members(struct report *report, const struct case_record *record)
{
    char id[ID_BOUND];
    for (uint32_t i = 0; i < record->tool_count; i++) {
        tool_object(report, record->tools[i].name, id);
        refer(report, id);
    }
    for (uint32_t i = 0; i < record->techniques.count; i++)
        technique_object(report, record->techniques.items[i]);
    places(report, &record->hosts);
    for (uint32_t i = 0; i < record->sources.count; i++) {
        if (has(&record->hosts, record->sources.items[i]))
            continue;
        place_object(report, record->sources.items[i], id);
        refer(report, id);
    }
    for (uint32_t i = 0; i < record->accounts.count; i++) {
        observable(report, "user-account", "account_login", record->accounts.items[i], id);
        refer(report, id);
    }
}

static void stix_case(struct report *report, const struct case_record *record,
                      const struct ledger_verdict *verdict)
{
    struct stix *stix = report->state;
    struct buffer *to = &report->out;
    char id[ID_BOUND];
    buffer_reset(&stix->refs);
    case_members(report, record);
    for (uint32_t i = 0; i < record->step_count; i++)
        step_objects(report, record, i, &verdict->steps[i]);
    if (!stix->refs.length)
        return;
    own_id(report, id, "grouping", bytes_of_text(record->id));
    open_object(report, "grouping", id, record->last);
    member_text(to, "name", record->title);
    buffer_text(to, ",\"description\":\"");
    for (uint32_t i = 0; i < verdict->because.count; i++) {
        buffer_json_inside(to, bytes_of_text(verdict->because.sentences[i]));
        buffer_text(to, ". ");
    }
    buffer_format(to,
                  "\",\"context\":\"suspicious-activity\",\"labels\":[\"%s\"],\"object_refs\":[",
                  ledger_status(verdict->standing));
    buffer_bytes(to, stix->refs.data, stix->refs.length);
    buffer_text(to, "]}");
}

/* --- The bundle --- */

/* Named by the evidence. */
static void bundle_id(struct report *report, char id[ID_BOUND])
{
    struct buffer hashes = {0};
    for (uint32_t i = 0; i < report->options->evidence_count; i++)
        if (report->options->evidence[i].hash)
            buffer_text(&hashes, report->options->evidence[i].hash);
    report->out.failed |= hashes.failed;
    own_id(report, id, "bundle", buffer_view(&hashes));
    buffer_release(&hashes);
}

static enum status stix_begin(struct report *report, struct fault *fault)
{
    struct stix *stix = report->state = calloc(1, sizeof(*stix));
    if (stix)
        stix->seen = calloc((size_t)2 * SEEN_MAX, sizeof(*stix->seen));
    if (!stix || !stix->seen)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    char id[ID_BOUND];
    struct buffer *to = &report->out;
    bundle_id(report, id);
    own_id(report, stix->identity, "identity", bytes_of_text("impound, the program"));
    buffer_format(to,
                  "{\"type\":\"bundle\",\"id\":\"%s\",\"objects\":[\n{\"type\":\"identity\","
                  "\"spec_version\":\"2.1\",\"id\":\"%s\"",
                  id, stix->identity);
    stamp(to, "created", constant);
    stamp(to, "modified", constant);
    buffer_text(to, ",\"name\":\"impound\",\"identity_class\":\"system\"}");
    return STATUS_OK;
}

static void stix_end(struct report *report, const struct report_summary *summary)
{
    (void)summary;
    buffer_text(&report->out, "\n]}\n");
}

static void stix_close(struct report *report)
{
    struct stix *stix = report->state;
    if (!stix)
        return;
    buffer_release(&stix->name);
    buffer_release(&stix->refs);
    free(stix->seen);
    free(stix);
}

const struct report_format report_stix = {
    .name = "stix",
    .file = "stix.json",
    .begin = stix_begin,
    .case_record = stix_case,
    .end = stix_end,
    .close = stix_close,
};

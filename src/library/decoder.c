/* Decoders: captures and packets in, events out. */
#include "decoder.h"

#include "evidence/evidence.h"
#include "secrets/secrets.h"

#include <stdlib.h>
#include <string.h>

#define SHAPES_MAX      1024U
#define EVENT_ARENA_MAX (32U << 20)

_Static_assert((int)IMPOUND_OK == (int)STATUS_OK && (int)IMPOUND_REFUSED == (int)STATUS_REFUSED &&
                   (int)IMPOUND_IO == (int)STATUS_IO && (int)IMPOUND_MEMORY == (int)STATUS_MEMORY &&
                   (int)IMPOUND_INVALID == (int)STATUS_INVALID &&
                   (int)IMPOUND_STOPPED == (int)STATUS_STOPPED,
               "our statuses are the library's");

struct impound_decoder {
    struct reader_shared shared;
    struct secrets *secrets;
    struct capture_tap *tap;
    impound_seen *seen;
    void *context;
    struct impound_event event;
    struct account account; /* of the captures that have ended */
    struct fault fault;
    bool is_under_way; /* packets were handed in */
    bool is_begun;     /* a packet was ever seen: too late for keys */
    bool is_stopped;   /* by the caller, for the rest of this capture */
};

static void event_tell(void *context, struct event *event)
{
    struct impound_decoder *decoder = context;
    struct impound_event *told = &decoder->event;
    if (decoder->is_stopped)
        return;
    arena_reset(&told->arena);
    buffer_reset(&told->json);
    told->json.failed = false;
    told->event = event;
    flow_write(told->flow, &event->flow);
    decoder->is_stopped = !decoder->seen(decoder->context, told);
}

struct impound_decoder *impound_new(impound_seen *seen, void *context)
{
    struct impound_decoder *decoder = seen ? calloc(1, sizeof(*decoder)) : NULL;
    if (!decoder)
        return NULL;
    decoder->seen = seen;
    decoder->context = context;
    arena_init(&decoder->event.arena, EVENT_ARENA_MAX);
    account_init(&decoder->account);
    decoder->secrets = secrets_new();
    decoder->shared.fields = fields_new();
    decoder->shared.shapes = shapes_new(SHAPES_MAX);
    if (decoder->secrets && decoder->shared.fields && decoder->shared.shapes)
        decoder->tap = capture_tap_new(&decoder->shared, event_tell, decoder);
    decoder->event.tap = decoder->tap;
    decoder->event.fields = decoder->shared.fields;
    decoder->event.source = "";
    if (decoder->tap)
        return decoder;
    impound_free(decoder);
    return NULL;
}

void impound_free(struct impound_decoder *decoder)
{
    if (!decoder)
        return;
    capture_tap_free(decoder->tap);
    shapes_free(decoder->shared.shapes);
    names_free(decoder->shared.fields);
    secrets_free(decoder->secrets);
    account_release(&decoder->account);
    arena_release(&decoder->event.arena);
    buffer_release(&decoder->event.json);
    free(decoder);
}

const char *impound_error(const struct impound_decoder *decoder)
{
    return decoder->fault.reason;
}

/* A new call: what the last one said is forgotten. */
static struct fault *call_begin(struct impound_decoder *decoder)
{
    decoder->fault = (struct fault){0};
    return &decoder->fault;
}

/* --- Keys --- */

static enum impound_status keys_add(struct impound_decoder *decoder, const char *path,
                                    enum status (*add)(struct secrets *secrets, const char *path,
                                                       struct fault *fault))
{
    struct fault *fault = call_begin(decoder);
    if (decoder->is_begun)
        return (enum impound_status)fault_set(fault, STATUS_INVALID, 0,
                                              "keys come before the first packet");
    decoder->shared.secrets = decoder->secrets;
    return (enum impound_status)add(decoder->secrets, path, fault);
}

enum impound_status impound_add_passwords(struct impound_decoder *decoder, const char *path)
{
    return keys_add(decoder, path, secrets_add_passwords);
}

enum impound_status impound_add_keytab(struct impound_decoder *decoder, const char *path)
{
    return keys_add(decoder, path, secrets_add_keytab);
}

enum impound_status impound_add_tls_keylog(struct impound_decoder *decoder, const char *path)
{
    return keys_add(decoder, path, secrets_add_keylog);
}

/* --- Packets --- */

/* Ends the capture under way; STATUS_STOPPED when its events are not wanted any more. */
static enum status capture_end(struct impound_decoder *decoder, struct account *account)
{
    capture_tap_end(decoder->tap, account);
    account_join(&decoder->account, account);
    account_release(account);
    const bool is_stopped = decoder->is_stopped;
    decoder->is_stopped = decoder->is_under_way = false;
    decoder->event.source = "";
    return is_stopped ? STATUS_STOPPED : STATUS_OK;
}

static enum status packets_end(struct impound_decoder *decoder)
{
    struct account account;
    if (!decoder->is_under_way)
        return STATUS_OK;
    account_init(&account);
    return capture_end(decoder, &account);
}

static bool is_packet(const struct impound_packet *packet)
{
    return (packet->data || !packet->captured) && packet->time.nanoseconds < 1000000000U &&
           packet->time.digits <= 9 && packet->time.seconds != INSTANT_NONE;
}

enum impound_status impound_packet(struct impound_decoder *decoder,
                                   const struct impound_packet *packet)
{
    struct fault *fault = call_begin(decoder);
    if (!is_packet(packet))
        return (enum impound_status)fault_set(fault, STATUS_INVALID, 0,
                                              "a packet without bytes, or with no possible time");
    const struct instant time = {.seconds = packet->time.seconds,
                                 .nanos = packet->time.nanoseconds,
                                 .digits = packet->time.digits};
    decoder->is_under_way = decoder->is_begun = true;
    const enum status status =
        capture_tap_packet(decoder->tap, time, packet->link,
                           bytes_of(packet->data, packet->captured), packet->original, fault);
    if (status == STATUS_OK && decoder->is_stopped)
        return (enum impound_status)fault_set(fault, STATUS_STOPPED, 0, "stopped");
    return (enum impound_status)status;
}

enum impound_status impound_end(struct impound_decoder *decoder)
{
    struct fault *fault = call_begin(decoder);
    const enum status status = packets_end(decoder);
    if (status == STATUS_STOPPED)
        fault_set(fault, STATUS_STOPPED, 0, "stopped");
    return (enum impound_status)status;
}

/* --- Files --- */

/* What became of a path's captures. */
struct reading {
    struct impound_decoder *decoder;
    uint64_t captures;
    struct fault first; /* what went wrong first, in any of them */
};

/* Remembers it, unless something went wrong before. */
static void reading_failed(struct reading *reading, const char *path, const struct fault *fault)
{
    if (reading->first.status)
        return;
    const enum status status = fault->status == STATUS_MEMORY ? STATUS_MEMORY : STATUS_IO;
    fault_set(&reading->first, status, fault->offset, "%s: %s", path, fault->reason);
}

/* Reads a source if it is a capture; only STATUS_STOPPED and STATUS_MEMORY end the reading. */
static enum status source_decode(struct reading *reading, struct source *source)
{
    struct impound_decoder *decoder = reading->decoder;
    struct fault fault = {0};
    struct bytes head = {0};
    if (source_kind(source) != SOURCE_BYTES)
        return STATUS_OK;
    enum status status = source_peek(source, &head, &fault);
    if (status < 0)
        reading_failed(reading, source_path(source), &fault);
    if (status != STATUS_OK || !capture_tap_recognises(head))
        return STATUS_OK;
    struct account account;
    account_init(&account);
    reading->captures++;
    decoder->is_begun = true;
    decoder->event.source = source_path(source);
    status = capture_tap_file(decoder->tap, source, &account, &decoder->is_stopped, &fault);
    if (status < 0 && status != STATUS_STOPPED) {
        account.is_incomplete = true;
        account_note(&account, "%s", fault.reason);
        reading_failed(reading, source_path(source), &fault);
    }
    const enum status ended = capture_end(decoder, &account);
    return ended ? ended : status == STATUS_MEMORY ? STATUS_MEMORY : STATUS_OK;
}

/* A path that is not there, or an archive that cannot be unfolded, is told by its source. */
static enum status sources_decode(struct reading *reading, struct evidence *evidence,
                                  struct fault *fault)
{
    struct source *source;
    enum status status;
    while ((status = evidence_next(evidence, &source, fault)) == STATUS_OK) {
        status = source_decode(reading, source);
        if (status != STATUS_OK)
            return status;
        if (source_kind(source) == SOURCE_ARCHIVE && source_fault(source))
            reading_failed(reading, source_path(source), source_fault(source));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum impound_status impound_read(struct impound_decoder *decoder, const char *path)
{
    const struct evidence_options options = {.hash = EVIDENCE_HASH_NONE};
    struct reading reading = {.decoder = decoder};
    struct evidence *evidence;
    struct fault *fault = call_begin(decoder);
    enum status status = packets_end(decoder);
    if (status == STATUS_OK)
        status = evidence_open(&path, 1, &options, &evidence, fault);
    if (status != STATUS_OK)
        return (enum impound_status)status;
    status = sources_decode(&reading, evidence, fault);
    evidence_close(evidence);
    if (status == STATUS_STOPPED)
        fault_set(fault, STATUS_STOPPED, 0, "stopped");
    if (status != STATUS_OK)
        return (enum impound_status)status;
    if (reading.first.status)
        *fault = reading.first;
    else if (!reading.captures)
        fault_set(fault, STATUS_REFUSED, 0, "%s: no capture", path);
    return (enum impound_status)fault->status;
}

/* --- The account --- */

void impound_account(const struct impound_decoder *decoder, struct impound_account *account)
{
    const struct account *own = &decoder->account;
    *account = (struct impound_account){
        .packets = own->read,
        .damaged = own->damaged,
        .missing = own->missing,
        .notes = own->note_count,
        .is_complete = !own->is_incomplete,
    };
}

const char *impound_account_note(const struct impound_decoder *decoder, uint32_t index)
{
    return account_note_at(&decoder->account, index);
}

const char *impound_version(void)
{
    return IMPOUND_VERSION;
}

/* The capture reader. The cutting half finds the innermost IP packet of each frame and puts it into
 * the batch of its lane; the decoding half is the lane (flows/).
 *
 * There are always LANES lanes, whatever the number of threads, so that the same bytes come out.
 * Lanes belong to the capture, which lives until the reader is closed and the last batch that was
 * handed out is decoded. */
#include "base/cursor.h"
#include "readers/capture/flows/lane.h"
#include "readers/capture/lanes.h"
#include "readers/capture/packets/file.h"
#include "readers/capture/packets/unread.h"
#include "readers/readers.h"
#include "secrets/secrets.h"

#include <assert.h>
#include <stdlib.h>

#define BATCH_LENGTH (256U << 10)
#define BATCH_LAST   1U /* batch.kind: the last of its lane */
#define BATCH_LOGS   1U /* and, above that bit, how many key logs of the file went before */
#define LOGS_MAX     1024U
#define RECORD_ALIGN 8U

_Static_assert(LANES <= BATCH_LANES_MAX, "a lane has a number");
_Static_assert(sizeof(struct packet) % RECORD_ALIGN == 0, "records stand one behind the other");

struct capture;

struct capture_lane {
    struct capture *capture;
    struct lane *lane; /* made when its first batch is handed out */
};

/* What both halves share. */
struct capture {
    unsigned references; /* the cutting half and each batch under way */
    unsigned open_lanes; /* whose last batch is not decoded yet */
    const struct secrets *secrets;
    struct secrets *none;              /* with key logs of the file, when nothing was given */
    struct tls_keylog *logs[LOGS_MAX]; /* only added to; a batch says how many it may see */
    unsigned log_count;
    struct capture_lane lanes[LANES];
};

struct pending {
    struct buffer data;
    uint64_t offset, first; /* of the first packet */
};

struct capture_state {
    struct capture *capture;
    struct capture_file file;
    const struct capture_extra *extra; /* the newest that was looked at */
    struct pending pending[LANES];
    struct unread unread;
    uint64_t sequence;
    unsigned ending; /* the next lane that gets its last batch */
    bool is_ended;   /* no more packets */
    enum status status;
    struct fault fault;
};

/* --- The capture --- */

static void capture_unref(struct capture *capture)
{
    if (__atomic_sub_fetch(&capture->references, 1, __ATOMIC_ACQ_REL))
        return;
    for (unsigned i = 0; i < LANES; i++)
        lane_free(capture->lanes[i].lane);
    for (unsigned i = 0; i < capture->log_count; i++)
        tls_keylog_free(capture->logs[i]);
    secrets_free(capture->none);
    free(capture);
}

/* What the protocols have to say, when all lanes have ended. */
static void capture_tell(const struct capture *capture, struct account *account)
{
    const struct losses *losses[LANES];
    size_t count = 0;
    for (unsigned i = 0; i < LANES; i++)
        if (capture->lanes[i].lane)
            losses[count++] = lane_losses(capture->lanes[i].lane);
    losses_tell(losses, count, account);
}

/* --- The cutting half --- */

static bool recognises_pcap(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    return pcap_recognises(head);
}

static bool recognises_pcapng(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    return pcapng_recognises(head);
}

static enum status capture_open(const struct reader_shared *shared, struct source *source,
                                struct account *account, void **opened, struct fault *fault)
{
    (void)account;
    struct capture_state *state = calloc(1, sizeof(*state));
    struct capture *capture = calloc(1, sizeof(*capture));
    enum status status = state && capture
                             ? capture_file_open(&state->file, source, fault)
                             : fault_set(fault, STATUS_MEMORY, 0, "no memory for the reader");
    if (status != STATUS_OK) {
        free(state);
        free(capture);
        return status;
    }
    capture->references = 1;
    capture->secrets = shared->secrets;
    for (unsigned i = 0; i < LANES; i++)
        capture->lanes[i].capture = capture;
    state->capture = capture;
    *opened = state;
    return STATUS_OK;
}

static void packet_append(struct capture_state *state, unsigned lane, const struct packet *packet,
                          const uint8_t *ip)
{
    struct pending *pending = &state->pending[lane];
    const size_t length = sizeof(*packet) + packet->captured;
    const size_t padded = (length + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1);
    uint8_t *room = buffer_room(&pending->data, padded);
    if (!room)
        return;
    if (!pending->data.length) {
        pending->offset = packet->offset;
        pending->first = packet->number;
    }
    memcpy(room, packet, sizeof(*packet));
    memcpy(room + sizeof(*packet), ip, packet->captured);
    pending->data.length += padded;
}

/* Puts a frame into its lane's batch; returns the lane, or LANES when it went to none. */
static unsigned frame_take(struct capture_state *state, const struct frame *frame)
{
    struct packet packet;
    const uint8_t *ip;
    if (!unread_or_packet(&state->unread, frame, &packet, &ip))
        return LANES;
    packet_append(state, lane_of(packet.pair), &packet, ip);
    return lane_of(packet.pair);
}

/* Makes the lane at its first use; false without memory. */
static bool lane_make(struct capture_lane *lane)
{
    if (!lane->lane)
        lane->lane = lane_new(wire_protocols, lane->capture->secrets);
    return lane->lane != NULL;
}

/* Hands out what a lane has; false without memory for the lane. */
static bool hand_out(struct capture_state *state, unsigned number, bool is_last,
                     struct batch *batch)
{
    struct capture_lane *lane = &state->capture->lanes[number];
    struct pending *pending = &state->pending[number];
    if (!lane_make(lane))
        return false;
    const struct buffer data = pending->data;
    pending->data = batch->data;
    buffer_reset(&pending->data);
    batch->data = data;
    batch->offset = pending->offset;
    batch->own = data.length;
    batch->sequence = state->sequence++;
    batch->first = pending->first;
    batch->kind = (is_last ? BATCH_LAST : 0) | state->capture->log_count << BATCH_LOGS;
    batch->lane = number + 1;
    batch->context = lane;
    __atomic_add_fetch(&state->capture->references, 1, __ATOMIC_RELAXED);
    return true;
}

/* A key log in the file counts for the batches that are handed out behind it: the same ones each
 * run. */
static void log_add(struct capture_state *state, const struct capture_extra *extra,
                    struct account *account)
{
    struct capture *capture = state->capture;
    const struct bytes log = capture_keylog(&state->file, extra);
    struct fault fault = {0};
    if (!log.length || capture->log_count == LOGS_MAX)
        return;
    uint8_t *text = malloc(log.length);
    if (!text)
        return;
    memcpy(text, log.data, log.length);
    struct tls_keylog *parsed = tls_keylog_parse(text, log.length, &fault);
    if (!parsed) {
        account_note(account, "a key log in the file that is broken in line %llu: %s",
                     (unsigned long long)fault.offset, fault.reason);
        return;
    }
    if (!capture->secrets)
        capture->secrets = capture->none = secrets_new();
    if (capture->secrets)
        capture->logs[capture->log_count++] = parsed;
    else
        tls_keylog_free(parsed);
}

static void extras_take(struct capture_state *state, struct account *account)
{
    const struct capture_extra *newest = state->file.extras;
    for (const struct capture_extra *extra = newest; extra != state->extra; extra = extra->next)
        log_add(state, extra, account);
    state->extra = newest;
}

/* Counts the lanes that will end, before the first of them does. */
static bool end_begin(struct capture_state *state)
{
    struct capture *capture = state->capture;
    for (unsigned i = 0; i < LANES; i++) {
        if (state->pending[i].data.length && !lane_make(&capture->lanes[i]))
            return false;
        capture->open_lanes += capture->lanes[i].lane != NULL;
    }
    return true;
}

/* The last batches, a lane each, then how the file ended. */
static enum status end_next(struct capture_state *state, struct batch *batch, struct fault *fault)
{
    if (state->ending == 0 && !end_begin(state))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for connections");
    while (state->ending < LANES) {
        const unsigned lane = state->ending++;
        if (state->capture->lanes[lane].lane && hand_out(state, lane, true, batch))
            return STATUS_OK;
    }
    if (state->status < 0 && fault)
        *fault = state->fault;
    return state->status;
}

static enum status capture_next(void *opened, struct batch *batch, struct account *account,
                                struct fault *fault)
{
    struct capture_state *state = opened;
    struct frame frame;
    while (!state->is_ended) {
        state->status = capture_file_next(&state->file, &frame, account, &state->fault);
        if (state->status != STATUS_OK) {
            state->is_ended = true;
            break;
        }
        if (state->file.extras != state->extra)
            extras_take(state, account);
        account->read++;
        account_time(account, frame.time);
        const unsigned lane = frame_take(state, &frame);
        if (lane == LANES || state->pending[lane].data.length < BATCH_LENGTH)
            continue;
        if (hand_out(state, lane, false, batch))
            return STATUS_OK;
        return fault_set(fault, STATUS_MEMORY, frame.offset, "no memory for connections");
    }
    return end_next(state, batch, fault);
}

static void capture_close(void *opened, struct account *account)
{
    struct capture_state *state = opened;
    unread_tell(&state->unread, account);
    capture_file_close(&state->file, account);
    for (unsigned i = 0; i < LANES; i++)
        buffer_release(&state->pending[i].data);
    capture_unref(state->capture);
    free(state);
}

/* --- The decoding half --- */

struct capture_decoder {
    struct wire_output output;
};

static void capture_decoder_free(void *opened)
{
    struct capture_decoder *decoder = opened;
    if (!decoder)
        return;
    wire_output_release(&decoder->output);
    free(decoder);
}

static void *capture_decoder_new(const struct reader_shared *shared)
{
    struct capture_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return NULL;
    if (wire_output_init(&decoder->output, shared))
        return decoder;
    capture_decoder_free(decoder);
    return NULL;
}

static void packets_decode(struct lane *lane, struct wire_output *output, struct bytes data)
{
    struct cursor cursor = cursor_over(data, 0);
    const uint8_t *record;
    while ((record = cursor_take(&cursor, sizeof(struct packet)))) {
        const struct packet *packet = (const struct packet *)(const void *)record;
        const size_t padded =
            ((size_t)packet->captured + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1);
        const uint8_t *ip = cursor_take(&cursor, padded);
        assert(ip);
        lane_packet(lane, output, packet, ip);
    }
}

static void capture_decode(void *opened, const struct batch *batch, struct account *account,
                           event_sink *sink, void *context)
{
    struct capture_decoder *decoder = opened;
    struct capture_lane *lane = batch->context;
    struct capture *capture = lane->capture;
    decoder->output.sink = sink;
    decoder->output.context = context;
    if (batch->kind >> BATCH_LOGS)
        lane_logs(lane->lane, capture->secrets, capture->logs, batch->kind >> BATCH_LOGS);
    packets_decode(lane->lane, &decoder->output, buffer_view(&batch->data));
    if (batch->kind & BATCH_LAST) {
        lane_end(lane->lane, &decoder->output);
        if (__atomic_sub_fetch(&capture->open_lanes, 1, __ATOMIC_ACQ_REL) == 0)
            capture_tell(capture, account);
    }
    capture_unref(capture);
}

static bool capture_render(void *opened, enum reader_text text, struct buffer *to)
{
    const struct capture_decoder *decoder = opened;
    if (text != READER_TEXT_JSON)
        return false;
    wire_output_json(&decoder->output, to);
    return true;
}

const struct reader_format reader_pcap = {
    .name = "pcap",
    .recognises = recognises_pcap,
    .open = capture_open,
    .next = capture_next,
    .close = capture_close,
    .decoder_new = capture_decoder_new,
    .decoder_free = capture_decoder_free,
    .decode = capture_decode,
    .render = capture_render,
};

const struct reader_format reader_pcapng = {
    .name = "pcapng",
    .recognises = recognises_pcapng,
    .open = capture_open,
    .next = capture_next,
    .close = capture_close,
    .decoder_new = capture_decoder_new,
    .decoder_free = capture_decoder_free,
    .decode = capture_decode,
    .render = capture_render,
};

#include "readers/capture/capture.h"
#include "readers/capture/flows/lane.h"
#include "readers/capture/lanes.h"
#include "readers/capture/packets/file.h"
#include "readers/capture/packets/unread.h"

#include <stdlib.h>

_Static_assert(CAPTURE_PACKET_MAX == FRAME_MAX, "the same from both ways in");

struct capture_tap {
    const struct reader_shared *shared;
    struct wire_output output;
    struct lane *lanes[LANES];
    struct unread unread;
    struct account seen; /* what was counted of packets handed in; its notes are not used */
    uint64_t packets;    /* of the capture under way */
};

struct capture_tap *capture_tap_new(const struct reader_shared *shared, event_sink *sink,
                                    void *context)
{
    struct capture_tap *tap = calloc(1, sizeof(*tap));
    if (!tap)
        return NULL;
    tap->shared = shared;
    account_init(&tap->seen);
    if (!wire_output_init(&tap->output, shared)) {
        capture_tap_free(tap);
        return NULL;
    }
    tap->output.sink = sink;
    tap->output.context = context;
    return tap;
}

void capture_tap_free(struct capture_tap *tap)
{
    if (!tap)
        return;
    for (unsigned i = 0; i < LANES; i++)
        lane_free(tap->lanes[i]);
    account_release(&tap->seen);
    wire_output_release(&tap->output);
    free(tap);
}

bool capture_tap_recognises(struct bytes head)
{
    return pcap_recognises(head) || pcapng_recognises(head);
}

static enum status frame_decode(struct capture_tap *tap, const struct frame *frame,
                                struct fault *fault)
{
    struct packet packet;
    const uint8_t *ip;
    if (!unread_or_packet(&tap->unread, frame, &packet, &ip))
        return STATUS_OK;
    struct lane **lane = &tap->lanes[lane_of(packet.pair)];
    if (!*lane)
        *lane = lane_new(wire_protocols, tap->shared->secrets);
    if (!*lane)
        return fault_set(fault, STATUS_MEMORY, frame->offset, "no memory for connections");
    lane_packet(*lane, &tap->output, &packet, ip);
    return STATUS_OK;
}

enum status capture_tap_packet(struct capture_tap *tap, struct instant time, uint32_t link,
                               struct bytes bytes, uint32_t original, struct fault *fault)
{
    const uint32_t captured = (uint32_t)bytes.length;
    if (bytes.length > FRAME_MAX)
        return fault_set(fault, STATUS_REFUSED, 0, "a packet of more than %u bytes", FRAME_MAX);
    const struct frame frame = {
        .time = time,
        .number = ++tap->packets,
        .link = link,
        .captured = captured,
        .original = original < captured ? captured : original,
        .data = bytes.data,
    };
    tap->seen.read++;
    account_time(&tap->seen, time);
    return frame_decode(tap, &frame, fault);
}

enum status capture_tap_file(struct capture_tap *tap, struct source *source,
                             struct account *account, const bool *stop, struct fault *fault)
{
    struct capture_file file;
    struct frame frame;
    enum status status = capture_file_open(&file, source, fault);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && !*stop) {
        status = capture_file_next(&file, &frame, account, fault);
        if (status != STATUS_OK)
            break;
        account->read++;
        account_time(account, frame.time);
        status = frame_decode(tap, &frame, fault);
    }
    capture_file_close(&file, account);
    return *stop ? STATUS_STOPPED : status == STATUS_END ? STATUS_OK : status;
}

void capture_tap_end(struct capture_tap *tap, struct account *account)
{
    const struct losses *losses[LANES];
    size_t count = 0;
    for (unsigned i = 0; i < LANES; i++) {
        if (!tap->lanes[i])
            continue;
        lane_end(tap->lanes[i], &tap->output);
        losses[count++] = lane_losses(tap->lanes[i]);
    }
    account_join(account, &tap->seen);
    unread_tell(&tap->unread, account);
    losses_tell(losses, count, account);
    for (unsigned i = 0; i < LANES; i++) {
        lane_free(tap->lanes[i]);
        tap->lanes[i] = NULL;
    }
    account_release(&tap->seen);
    account_init(&tap->seen);
    tap->unread = (struct unread){0};
    tap->packets = 0;
}

void capture_tap_render(const struct capture_tap *tap, struct buffer *to)
{
    wire_output_json(&tap->output, to);
}

uint64_t capture_tap_last_packet(const struct capture_tap *tap)
{
    const struct value *packets = &tap->output.current.values[tap->output.current.shape->count - 1];
    return packets->items[packets->length - 1].number;
}

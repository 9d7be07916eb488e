/* Captures for one thread, a packet at a time: for other programs (libimpound) that want each event
 * as soon as its last packet was seen. The same lanes and protocols as the reader's, so the same
 * events. */
#ifndef IMPOUND_READERS_CAPTURE_H
#define IMPOUND_READERS_CAPTURE_H

#include "evidence/source.h"
#include "readers/readers.h"

#define CAPTURE_PACKET_MAX (256U << 10) /* captured bytes */

struct capture_tap;

/* NULL without memory. `shared` lives as long; its secrets may be set until the first packet. */
struct capture_tap *capture_tap_new(const struct reader_shared *shared, event_sink *sink,
                                    void *context);
/* Ends nothing: what connections still had to say is lost. */
void capture_tap_free(struct capture_tap *tap);

/* Whether this is the head of a capture file. */
bool capture_tap_recognises(struct bytes head);

/* Takes one frame with up to CAPTURE_PACKET_MAX bytes. The first one after a capture_tap_end begins
 * a new capture, whose packets are counted from 1. STATUS_MEMORY: it was not taken. */
enum status capture_tap_packet(struct capture_tap *tap, struct instant time, uint32_t link,
                               struct bytes bytes, uint32_t original,
                               struct fault *fault) MUST_CHECK;

/* Takes all packets of a capture file, until `*stop` is true (STATUS_STOPPED). Ends no connection.
 */
enum status capture_tap_file(struct capture_tap *tap, struct source *source,
                             struct account *account, const bool *stop,
                             struct fault *fault) MUST_CHECK;

/* Ends all connections and says in `account` what was read and lost. */
void capture_tap_end(struct capture_tap *tap, struct account *account);

/* To be called from the sink: the current event as one line of JSON without its end. */
void capture_tap_render(const struct capture_tap *tap, struct buffer *to);

/* The last packet that belongs to the current event. */
uint64_t capture_tap_last_packet(const struct capture_tap *tap);

#endif

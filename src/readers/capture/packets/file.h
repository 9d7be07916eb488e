/* Capture files: bytes of a file to frames.
 *
 * pcap (both byte orders, micro- and nanoseconds) and pcapng. A length that cannot be is one
 * damaged packet, said with its number and offset; reading goes on where records look like records
 * again. */
#ifndef IMPOUND_READERS_CAPTURE_FILE_H
#define IMPOUND_READERS_CAPTURE_FILE_H

#include "base/cursor.h"
#include "base/instant.h"
#include "evidence/account.h"
#include "readers/capture/packets/window.h"

#define FRAME_MAX (256U << 10) /* captured bytes of one packet, as libpcap has it */

/* One captured packet, as it was on its link. `data` lives until the next one is read. */
struct frame {
    struct instant time;
    uint64_t number; /* from 1 */
    uint64_t offset; /* of its record in the file */
    uint32_t link;   /* LINKTYPE_ value */
    uint32_t captured, original;
    const uint8_t *data;
};

/* What a file says beside packets, for whoever asks later: names of addresses and secrets for
 * decryption. */
struct capture_extra {
    const struct capture_extra *next;
    uint32_t kind; /* of the pcapng block */
    uint32_t length;
    uint8_t data[]; /* the block's body */
};

struct pcapng_interface {
    uint64_t units;   /* ticks in a second */
    uint64_t group;   /* ticks that make less than a nanosecond */
    int64_t offset;   /* seconds */
    uint64_t dropped; /* packets, by its statistics */
    uint32_t link, snap;
    uint8_t digits;
};

struct capture_file {
    struct window window;
    uint64_t packets; /* so far */
    bool is_swapped;  /* the other byte order than ours */
    bool is_begun;
    int64_t last_seconds; /* of the last packet; INSTANT_NONE: none yet */
    /* pcap */
    uint32_t link;
    uint32_t fraction_max;
    /* pcapng */
    struct pcapng_interface *interfaces;
    uint32_t interface_count;
    struct capture_extra *extras; /* the newest first */
    size_t extra_bytes;
    enum status (*next)(struct capture_file *file, struct frame *frame, struct account *account,
                        struct fault *fault);
};

bool pcap_recognises(struct bytes head);
bool pcapng_recognises(struct bytes head);

enum status capture_file_open(struct capture_file *file, struct source *source,
                              struct fault *fault);
void capture_file_close(struct capture_file *file, struct account *account);

/* The next frame; STATUS_END behind the last one. */
static inline enum status capture_file_next(struct capture_file *file, struct frame *frame,
                                            struct account *account, struct fault *fault)
{
    return file->next(file, frame, account, fault);
}

/* The TLS key log that an extra is; empty when it is something else. */
struct bytes capture_keylog(const struct capture_file *file, const struct capture_extra *extra);

/* --- Between file.c, pcap.c and pcapng.c --- */

enum status pcap_next(struct capture_file *file, struct frame *frame, struct account *account,
                      struct fault *fault);
enum status pcapng_next(struct capture_file *file, struct frame *frame, struct account *account,
                        struct fault *fault);
void pcapng_close(struct capture_file *file, struct account *account);

static inline uint16_t file_load16(const struct capture_file *file, const uint8_t *at)
{
    return file->is_swapped ? load_be16(at) : load_le16(at);
}

static inline uint32_t file_load32(const struct capture_file *file, const uint8_t *at)
{
    return file->is_swapped ? load_be32(at) : load_le32(at);
}

/* The end of the file: why, and what of it is left over in the middle of something. */
enum status file_end(struct capture_file *file, struct account *account, struct fault *fault);

/* Says that what should be the next packet is damaged, and where reading goes on. */
void file_damaged(const struct capture_file *file, struct account *account, const char *reason,
                  uint64_t offset);

#endif

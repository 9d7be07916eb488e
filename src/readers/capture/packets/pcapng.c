/* pcapng (draft-ietf-opsawg-pcapng, section 3 and 4).
 *
 * block:  0 type  4 total length  8 body ...  total-4 total length again
 * The body of a section header begins with the byte-order magic, which holds for all blocks up to
 * the next one. Blocks that say nothing of packets are skipped; names and secrets are kept. */
#include "file.h"

#include <stdlib.h>

#define BLOCK_SECTION     0x0A0D0D0AU
#define BLOCK_INTERFACE   1U
#define BLOCK_OLD_PACKET  2U
#define BLOCK_SIMPLE      3U
#define BLOCK_NAMES       4U
#define BLOCK_STATISTICS  5U
#define BLOCK_PACKET      6U
#define BLOCK_SECRETS     10U

#define SECRETS_TLS       0x544C534BU /* a key log of NSS' format */
#define ORDER_MAGIC       0x1A2B3C4DU
#define BLOCK_MIN         12U
#define BLOCK_MAX         WINDOW_MAX
#define BLOCK_SOUGHT_MAX  (320U << 10) /* of a block that is searched for */
#define INTERFACES_MAX    4096U
#define EXTRAS_MAX        (4U << 20) /* bytes of names and secrets */

#define OPTION_RESOLUTION 9U
#define OPTION_OFFSET     14U
#define OPTION_DROPPED    5U

bool pcapng_recognises(struct bytes head)
{
    return head.length >= 28 && load_le32(head.data) == BLOCK_SECTION &&
           (load_le32(head.data + 8) == ORDER_MAGIC || load_be32(head.data + 8) == ORDER_MAGIC);
}

/* --- Options: code(2) length(2) value, padded to 4 --- */

static struct bytes option_find(const struct capture_file *file, struct cursor options,
                                uint16_t wanted)
{
    const uint8_t *header;
    while ((header = cursor_take(&options, 4))) {
        const uint16_t code = file_load16(file, header), length = file_load16(file, header + 2);
        const size_t padded = ((size_t)length + 3) & ~(size_t)3;
        const uint8_t *value = cursor_take(&options, padded);
        if (!code || !value)
            break;
        if (code == wanted)
            return bytes_of(value, length);
    }
    return (struct bytes){0};
}

static uint64_t file_load64(const struct capture_file *file, const uint8_t *at)
{
    return file->is_swapped ? load_be64(at) : load_le64(at);
}

/* --- Interfaces --- */

/* if_tsresol: a power of ten, or of two with the highest bit (section 4.2). Finer than nanoseconds,
 * ticks are counted in groups. */
static void resolution_set(struct pcapng_interface *interface, uint8_t resolution)
{
    const bool is_binary = resolution & 0x80U;
    const unsigned power = resolution & 0x7FU, most = is_binary ? 63 : 19,
                   fine = is_binary ? 30 : 9;
    interface->units = interface->group = 1;
    for (unsigned i = 0; i < power && i < most; i++) {
        interface->units *= is_binary ? 2 : 10;
        if (i >= fine)
            interface->group *= is_binary ? 2 : 10;
    }
    interface->digits = (uint8_t)(is_binary || power > 9 ? 9 : power);
}

static bool interface_add(struct capture_file *file, struct cursor body)
{
    const uint8_t *header = cursor_take(&body, 8);
    if (!header || file->interface_count == INTERFACES_MAX)
        return false;
    struct pcapng_interface *more =
        realloc(file->interfaces, (file->interface_count + 1) * sizeof(*more));
    if (!more)
        return false;
    file->interfaces = more;
    struct pcapng_interface *interface = &more[file->interface_count++];
    *interface = (struct pcapng_interface){.link = file_load16(file, header),
                                           .snap = file_load32(file, header + 4)};
    const struct bytes resolution = option_find(file, body, OPTION_RESOLUTION);
    const struct bytes offset = option_find(file, body, OPTION_OFFSET);
    resolution_set(interface, resolution.length ? resolution.data[0] : 6);
    if (offset.length >= 8)
        interface->offset = (int64_t)file_load64(file, offset.data);
    return true;
}

static void statistics_read(struct capture_file *file, struct cursor body)
{
    const uint8_t *header = cursor_take(&body, 12);
    const uint32_t number = header ? file_load32(file, header) : UINT32_MAX;
    if (number >= file->interface_count)
        return;
    const struct bytes dropped = option_find(file, body, OPTION_DROPPED);
    if (dropped.length >= 8)
        file->interfaces[number].dropped = file_load64(file, dropped.data);
}

/* What the interfaces of a section say that the capture itself lost. */
static void interfaces_end(struct capture_file *file, struct account *account)
{
    for (uint32_t i = 0; i < file->interface_count; i++) {
        const uint64_t dropped = file->interfaces[i].dropped;
        if (!dropped)
            continue;
        account->missing += dropped;
        account->is_incomplete = true;
        account_note(account, "interface %u: %llu packets were lost while capturing", i,
                     (unsigned long long)dropped);
    }
    file->interface_count = 0;
}

void pcapng_close(struct capture_file *file, struct account *account)
{
    interfaces_end(file, account);
    free(file->interfaces);
    file->interfaces = NULL;
}

static struct instant time_of(const struct pcapng_interface *interface, uint32_t high, uint32_t low)
{
    const uint64_t ticks = (uint64_t)high << 32 | low;
    const uint64_t rest = ticks % interface->units;
    int64_t seconds;
    if (__builtin_add_overflow((int64_t)(ticks / interface->units), interface->offset, &seconds))
        seconds = INSTANT_NONE;
    const uint32_t nanos = (uint32_t)(rest / interface->group * UINT64_C(1000000000) /
                                      (interface->units / interface->group));
    return (struct instant){.seconds = seconds, .nanos = nanos, .digits = interface->digits};
}

/* --- Blocks --- */

/* Keeps a block of names or secrets. */
static void extra_keep(struct capture_file *file, uint32_t type, struct cursor body)
{
    const size_t length = cursor_left(&body);
    if (length > EXTRAS_MAX - file->extra_bytes)
        return;
    struct capture_extra *extra = malloc(sizeof(*extra) + length);
    if (!extra)
        return;
    *extra = (struct capture_extra){.next = file->extras, .kind = type, .length = (uint32_t)length};
    memcpy(extra->data, body.at, length);
    file->extras = extra;
    file->extra_bytes += length;
}

/* Decryption Secrets Block: 0 type of secrets, 4 length, 8 secrets */
struct bytes capture_keylog(const struct capture_file *file, const struct capture_extra *extra)
{
    if (extra->kind != BLOCK_SECRETS || extra->length < 8 ||
        file_load32(file, extra->data) != SECRETS_TLS)
        return (struct bytes){0};
    const uint32_t length = file_load32(file, extra->data + 4), left = extra->length - 8;
    return bytes_of(extra->data + 8, length < left ? length : left);
}

/* Enhanced:  0 interface(4)            4 high 8 low 12 captured 16 original 20 data
 * Old:       0 interface(2) 2 drops(2) 4 high 8 low 12 captured 16 original 20 data
 * Simple:    0 original 4 data */
static const char *frame_read(struct capture_file *file, uint32_t type, struct cursor body,
                              struct frame *frame)
{
    const uint8_t *header = cursor_take(&body, type == BLOCK_SIMPLE ? 4 : 20);
    if (!header)
        return "its block is too short";
    const uint32_t number = type == BLOCK_SIMPLE   ? 0
                            : type == BLOCK_PACKET ? file_load32(file, header)
                                                   : file_load16(file, header);
    if (number >= file->interface_count)
        return "it names an interface that is not there";
    const struct pcapng_interface *interface = &file->interfaces[number];
    frame->link = interface->link;
    if (type == BLOCK_SIMPLE) {
        const size_t left = cursor_left(&body);
        frame->original = file_load32(file, header);
        frame->captured = frame->original < left ? frame->original : (uint32_t)left;
        if (interface->snap && frame->captured > interface->snap)
            frame->captured = interface->snap;
        frame->time = (struct instant){.seconds = INSTANT_NONE};
    } else {
        frame->captured = file_load32(file, header + 12);
        frame->original = file_load32(file, header + 16);
        frame->time =
            time_of(interface, file_load32(file, header + 4), file_load32(file, header + 8));
    }
    if (frame->captured > FRAME_MAX)
        return "it is longer than a packet can be";
    frame->data = cursor_take(&body, frame->captured);
    if (!frame->data)
        return "its block is shorter than it";
    if (frame->original < frame->captured)
        frame->original = frame->captured;
    return NULL;
}

/* Whether a block of at most `maximum` bytes stands here, its length said twice. */
static bool is_block(struct capture_file *file, size_t maximum, size_t *length)
{
    struct window *window = &file->window;
    if (window_need(window, BLOCK_MIN) < BLOCK_MIN)
        return false;
    const uint32_t total = file_load32(file, window_at(window) + 4);
    if (total < BLOCK_MIN || total > maximum || total % 4)
        return false;
    if (window_need(window, total) < total ||
        file_load32(file, window_at(window) + total - 4) != total)
        return false;
    *length = total;
    return true;
}

static bool is_known(uint32_t type)
{
    return type == BLOCK_SECTION || (type >= BLOCK_INTERFACE && type <= BLOCK_PACKET) ||
           type == BLOCK_SECRETS;
}

/* A section begins: what its header says of the byte order holds from its own length on. */
static bool section_begin(struct capture_file *file, struct account *account)
{
    struct window *window = &file->window;
    if (window_need(window, BLOCK_MIN) < BLOCK_MIN || load_le32(window_at(window)) != BLOCK_SECTION)
        return false;
    const uint8_t *header = window_at(window);
    const bool is_swapped = load_be32(header + 8) == ORDER_MAGIC;
    if (!is_swapped && load_le32(header + 8) != ORDER_MAGIC)
        return false;
    const bool was_swapped = file->is_swapped;
    size_t length;
    file->is_swapped = is_swapped;
    if (!is_block(file, BLOCK_SOUGHT_MAX, &length)) {
        file->is_swapped = was_swapped;
        return false;
    }
    interfaces_end(file, account);
    window_step(window, length);
    return true;
}

static void find_next(struct capture_file *file, struct account *account)
{
    struct window *window = &file->window;
    const uint64_t offset = window_offset(window);
    size_t length;
    do
        window_step(window, 4);
    while (window_need(window, 4) >= 4 &&
           !(is_known(file_load32(file, window_at(window))) &&
             is_block(file, BLOCK_SOUGHT_MAX, &length)) &&
           load_le32(window_at(window)) != BLOCK_SECTION);
    if (window_need(window, 4) < 4) /* nothing that could be a block is left */
        window_step(window, window->end - window->at);
    file_damaged(file, account, "its block's length cannot be", offset);
}

static bool is_cut_off(struct capture_file *file)
{
    struct window *window = &file->window;
    if (window_need(window, BLOCK_MIN) < BLOCK_MIN)
        return true;
    const uint32_t total = file_load32(file, window_at(window) + 4);
    return is_known(file_load32(file, window_at(window))) && total >= BLOCK_MIN &&
           total <= FRAME_MAX && total % 4 == 0 && window_need(window, total) < total;
}

/* Reads a block; true when it was a packet. */
static bool block_read(struct capture_file *file, size_t length, struct frame *frame,
                       struct account *account)
{
    struct window *window = &file->window;
    const uint8_t *block = window_at(window);
    const uint32_t type = file_load32(file, block);
    const uint64_t offset = window_offset(window);
    const struct cursor body = cursor_over(bytes_of(block + 8, length - BLOCK_MIN), offset + 8);
    const char *fault = NULL;
    window_step(window, length);
    switch (type) {
    case BLOCK_INTERFACE:
        if (!interface_add(file, body))
            account_note(account, "offset %llu: an interface that cannot be read",
                         (unsigned long long)offset);
        return false;
    case BLOCK_STATISTICS:
        statistics_read(file, body);
        return false;
    case BLOCK_NAMES:
    case BLOCK_SECRETS:
        extra_keep(file, type, body);
        return false;
    case BLOCK_PACKET:
    case BLOCK_OLD_PACKET:
    case BLOCK_SIMPLE:
        fault = frame_read(file, type, body, frame);
        if (fault)
            file_damaged(file, account, fault, offset);
        frame->number = ++file->packets;
        frame->offset = offset;
        return !fault;
    default:
        return false;
    }
}

enum status pcapng_next(struct capture_file *file, struct frame *frame, struct account *account,
                        struct fault *fault)
{
    struct window *window = &file->window;
    while (window_need(window, 1)) {
        size_t length;
        if (section_begin(file, account))
            continue;
        if (is_block(file, BLOCK_MAX, &length)) {
            if (block_read(file, length, frame, account))
                return STATUS_OK;
            continue;
        }
        if (window->status < 0 || is_cut_off(file))
            break;
        find_next(file, account);
    }
    return file_end(file, account, fault);
}

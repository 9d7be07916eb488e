/* pcap (draft-ietf-opsawg-pcap, sections 4 and 5).
 *
 * file:   0 magic  4 major(2) minor(2)  8 reserved(8)  16 snap length  20 link type   24 bytes
 * packet: 0 seconds  4 fraction  8 captured length  12 original length                16 bytes */
#include "file.h"

#define FILE_HEADER   24U
#define RECORD_HEADER 16U
#define MAGIC_MICRO   0xA1B2C3D4U
#define MAGIC_NANO    0xA1B23C4DU
#define DAY           86400

bool pcap_recognises(struct bytes head)
{
    if (head.length < FILE_HEADER)
        return false;
    const uint32_t little = load_le32(head.data), big = load_be32(head.data);
    return little == MAGIC_MICRO || little == MAGIC_NANO || big == MAGIC_MICRO || big == MAGIC_NANO;
}

static bool begin(struct capture_file *file)
{
    if (window_need(&file->window, FILE_HEADER) < FILE_HEADER)
        return false;
    const uint8_t *header = window_at(&file->window);
    const uint32_t magic = load_le32(header);
    file->is_swapped = magic != MAGIC_MICRO && magic != MAGIC_NANO;
    const bool is_nano = file_load32(file, header) == MAGIC_NANO;
    file->fraction_max = is_nano ? 1000000000U : 1000000U;
    file->link = file_load32(file, header + 20) & 0x0FFFFFFFU; /* above: about the checksum */
    file->is_begun = true;
    window_step(&file->window, FILE_HEADER);
    return true;
}

/* Whether it can be a packet's header. More is asked of it when it was searched for. */
static bool is_header(const struct capture_file *file, const uint8_t *header, bool is_strict)
{
    const uint32_t seconds = file_load32(file, header), captured = file_load32(file, header + 8);
    const uint32_t original = file_load32(file, header + 12);
    if (captured > FRAME_MAX || file_load32(file, header + 4) >= file->fraction_max)
        return false;
    if (!is_strict)
        return true;
    if (!captured || captured > original || original > FRAME_MAX)
        return false;
    const int64_t away =
        file->last_seconds == INSTANT_NONE ? 0 : (int64_t)seconds - file->last_seconds;
    return away > -DAY && away < DAY;
}

/* Whether a packet begins here and another one, or the end of the file, behind it. */
static bool is_packet(struct capture_file *file)
{
    struct window *window = &file->window;
    if (window_need(window, RECORD_HEADER) < RECORD_HEADER ||
        !is_header(file, window_at(window), true))
        return false;
    const size_t length = RECORD_HEADER + file_load32(file, window_at(window) + 8);
    const size_t left = window_need(window, length + RECORD_HEADER);
    return left == length ||
           (left >= length + RECORD_HEADER && is_header(file, window_at(window) + length, true));
}

static void find_next(struct capture_file *file, struct account *account)
{
    const uint64_t offset = window_offset(&file->window);
    do
        window_step(&file->window, 1);
    while (window_need(&file->window, 1) && !is_packet(file));
    file_damaged(file, account, "its header cannot be", offset);
}

enum status pcap_next(struct capture_file *file, struct frame *frame, struct account *account,
                      struct fault *fault)
{
    struct window *window = &file->window;
    if (!file->is_begun && !begin(file))
        return file_end(file, account, fault);
    if (window_need(window, RECORD_HEADER) < RECORD_HEADER)
        return file_end(file, account, fault);
    if (!is_header(file, window_at(window), false)) {
        find_next(file, account);
        if (window_need(window, RECORD_HEADER) < RECORD_HEADER)
            return file_end(file, account, fault);
    }
    const uint32_t captured = file_load32(file, window_at(window) + 8);
    if (window_need(window, RECORD_HEADER + captured) < RECORD_HEADER + captured)
        return file_end(file, account, fault);
    const uint8_t *header = window_at(window);
    const uint32_t fraction = file_load32(file, header + 4);
    const uint32_t original = file_load32(file, header + 12);
    const bool is_nano = file->fraction_max > 1000000U;
    file->last_seconds = file_load32(file, header);
    *frame = (struct frame){
        .time = {.seconds = file->last_seconds,
                 .nanos = is_nano ? fraction : fraction * 1000U,
                 .digits = is_nano ? 9 : 6},
        .number = ++file->packets,
        .offset = window_offset(window),
        .link = file->link,
        .captured = captured,
        .original = original < captured ? captured : original,
        .data = header + RECORD_HEADER,
    };
    window_step(window, RECORD_HEADER + captured);
    return STATUS_OK;
}

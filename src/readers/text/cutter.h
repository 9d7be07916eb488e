/* A source of text, whatever its encoding, cut into batches of whole records.
 *
 * UTF-8 with or without a byte order mark, UTF-16 of either order (told by the mark, or by the
 * noughts of its first character); batches are UTF-8. A record that is too large is refused, and
 * what follows it is read. Offsets stay those of the evidence. */
#ifndef IMPOUND_READERS_TEXT_CUTTER_H
#define IMPOUND_READERS_TEXT_CUTTER_H

#include "base/utf.h"
#include "readers/readers.h"

#define CUTTER_BATCH      (1U << 20)
#define CUTTER_RECORD_MAX (64U << 20)

/* In batch.kind: the evidence has two bytes where the batch has a UTF-16 unit. The format's own
 * bits stand above. */
#define CUTTER_UTF16      1U
#define CUTTER_KIND_SHIFT 8

struct cutter_format {
    /* Where to cut text that begins with a record: behind one that is whole, as far back as can be.
     * 0: none is. */
    size_t (*cut)(void *context, struct bytes text);
    /* Where in the rest of a record that was refused the next one begins; SIZE_MAX: not in it. */
    size_t (*resume)(void *context, struct bytes text);
    /* How many records or lines the batch is. */
    uint64_t (*count)(void *context, struct bytes batch);
};

enum text_encoding {
    TEXT_UTF8,
    TEXT_UTF16LE,
    TEXT_UTF16BE,
};

struct cutter {
    const struct cutter_format *format;
    void *context;
    struct source *source;
    enum text_encoding encoding;
    struct buffer rest; /* text that was read and not yet given out */
    struct buffer raw;  /* UTF-16 that was read and not yet converted */
    uint64_t offset;    /* in the evidence, of the rest */
    uint64_t first;     /* record or line number of the rest */
    uint64_t sequence;
    enum status status; /* why there is nothing more to read; STATUS_OK: there is */
    struct fault fault;
    bool is_skipping; /* a refused record */
};

/* The encoding of a text by its first bytes; *skip is the length of the byte order mark. */
enum text_encoding text_encoding_of(struct bytes head, size_t *skip);

/* The head as UTF-8: itself without the mark, or converted into `to`, which has TEXT_HEAD_BOUND
 * bytes. */
#define TEXT_HEAD_BOUND UTF8_BOUND(EVIDENCE_HEAD / 2)
struct bytes text_head(uint8_t *to, struct bytes head);

enum status cutter_open(struct cutter *cutter, const struct cutter_format *format, void *context,
                        struct source *source, struct fault *fault);
void cutter_close(struct cutter *cutter);

/* At least `want` bytes of text into the rest, if there are so many, to look at them. */
enum status cutter_peek(struct cutter *cutter, size_t want, struct bytes *text);

/* Leaves out the first bytes of the rest. */
void cutter_drop(struct cutter *cutter, size_t length);

/* As reader_format.next; `kind` is the format's own. */
enum status cutter_next(struct cutter *cutter, uint32_t kind, struct batch *batch,
                        struct account *account, struct fault *fault);

/* How many line feeds there are. */
uint64_t text_lines(struct bytes text);

/* Places in a batch as offsets in the evidence; places are asked for in ascending order. */
struct text_place {
    const uint8_t *at;
    uint64_t offset;
    unsigned is_utf16;
};

static inline struct text_place text_place_of(const struct batch *batch)
{
    return (struct text_place){batch->data.data, batch->offset, batch->kind & CUTTER_UTF16};
}

uint64_t text_place_utf16(struct text_place *place, const uint8_t *at);

static inline uint64_t text_place(struct text_place *place, const uint8_t *at)
{
    if (place->is_utf16)
        return text_place_utf16(place, at);
    return place->offset + (uint64_t)(at - place->at);
}

#endif

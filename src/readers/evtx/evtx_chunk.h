/* Chunks and record envelopes, and what is intact of them.
 *
 * File header, 4096 bytes:          Chunk header, 512 bytes, of 64 KiB:
 *    0  8  "ElfFile\0"                 0  8  "ElfChnk\0"
 *    8  8  first chunk                 8  8  first record number
 *   16  8  last chunk                 16  8  last record number
 *   24  8  next record identifier     24  8  first record identifier
 *   32  4  128                        32  8  last record identifier
 *   36  2  minor, 38 2 major          40  4  128
 *   40  2  4096                       44  4  offset of the last record
 *   42  2  chunks                     48  4  offset of the free space
 *  120  4  flags: 1 dirty, 2 full     52  4  CRC-32 of the records
 *  124  4  CRC-32 of 0 to 120        120  4  flags, 124 4 CRC-32 of 0 to 120 and 128 to 512
 *                                    128    64 string offsets, 384 32 template offsets
 * Record:  0 4 "**\0\0", 4 4 length, 8 8 identifier, 16 8 FILETIME, 24 BinXML, last 4 the length
 * again. (libevtx's format notes; [MS-EVEN6] 2.2.12 for the BinXML.) */
#ifndef IMPOUND_READERS_EVTX_CHUNK_H
#define IMPOUND_READERS_EVTX_CHUNK_H

#include "base/bytes.h"

#include <stdbool.h>

#define EVTX_FILE_HEADER   4096U
#define EVTX_CHUNK_LENGTH  65536U
#define EVTX_CHUNK_HEADER  512U
#define EVTX_RECORD_HEADER 24U
#define EVTX_RECORD_LEAST  28U

struct evtx_envelope {
    size_t offset; /* in the chunk */
    size_t length; /* of the whole record */
    uint64_t identifier;
    uint64_t filetime;
};

bool evtx_is_file_header(struct bytes bytes);
bool evtx_is_chunk_header(struct bytes bytes);

/* Whether the checksum of a file header is right; all EVTX_FILE_HEADER bytes are there. */
bool evtx_file_header_is_whole(const uint8_t *header);

/* The fields of a chunk header that are looked at; the bytes are all there. */
struct evtx_chunk_header {
    uint64_t first_identifier, last_identifier;
    uint32_t free_offset; /* where live records end; the chunk's end when that is not known */
    bool is_header_whole; /* its checksum is right */
    bool is_open;         /* the chunk may have been written to since: its header may be behind */
    bool has_checksum;    /* of its records */
    bool has_records;     /* the identifiers are credible */
    bool is_free_known;
};
struct evtx_chunk_header evtx_chunk_header_load(struct bytes chunk);

/* Whether the checksum of the records up to `end` is right. */
bool evtx_chunk_is_whole(struct bytes chunk, size_t end);

/* Reads the envelope at `offset` of `bytes`; false when there is no whole one. */
bool evtx_envelope_at(struct bytes bytes, size_t offset, struct evtx_envelope *envelope);

/* The same for a record that should end at `to` and has one wrong size of its two. */
bool evtx_envelope_mend(struct bytes bytes, size_t offset, size_t to,
                        struct evtx_envelope *envelope);

/* The next whole envelope that begins at or behind `offset` and before `end`; false when there is
 * none. */
bool evtx_envelope_find(struct bytes bytes, size_t offset, size_t end,
                        struct evtx_envelope *envelope);

/* The same inside a record that ends at `end`: what is left of one when the size of the record
 * before it is enlarged to cover it. The copy of its size is then overwritten and not looked at. */
bool evtx_envelope_hidden(struct bytes bytes, size_t offset, size_t end,
                          struct evtx_envelope *envelope);

#endif

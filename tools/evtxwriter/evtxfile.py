# SPDX-License-Identifier: Apache-2.0
"""Names, templates, records, chunks and the file header of an EVTX log.

    offset size  file header (4,096 bytes)        offset size  chunk header (512 bytes)
    0      8     "ElfFile\\0"                      0      8     "ElfChnk\\0"
    8      8     number of the first chunk        8      8     number of its first record
    16     8     number of the last chunk         16     8     number of its last record
    24     8     id of the next record            24     8     id of its first record
    32     4     128, size of this header         32     8     id of its last record
    36     4     version 3.1 (minor, major)       40     4     128, size of the fields here
    40     2     4096, where the chunks begin     44     4     offset of its last record
    42     2     number of chunks                 48     4     offset of its free space
    120    4     flags: 1 dirty, 2 full           52     4     CRC-32 of the records
    124    4     CRC-32 of bytes 0 to 120         120    4     flags
                                                  124    4     CRC-32 of bytes 0 to 120, 128 to 512
    offset size  record                           128    256   64 buckets: newest name with that hash
    0      4     "**\\0\\0"                         384    128   32 buckets: newest template definition
    4      4     size of the whole record
    8      8     id                               offset size  name
    16     8     FILETIME when it was written     0      4     offset of an older name in its bucket
    24     ...   BinXML, then filled up to 8      4      2     hash
    -4     4     copy of the size                 6      2     number of UTF-16 units, then those, then 0
"""
import struct
import zlib

from .binxml import Encoder, Fragment, utf16

FILE_HEADER = 4096
CHUNK = 65536
CHUNK_HEADER = 512
RECORD_MAGIC = b"**\0\0"
DIRTY, FULL = 1, 2


class ChunkFull(Exception):
    """What was being written does not fit into the chunk any more."""


def name_hash(units):
    """The hash of UTF-16 units; it chooses a name's bucket, and that of a template by its GUID's 8 units."""
    value = 0
    for at in range(0, len(units), 2):
        value = (value * 65599 + units[at] + (units[at + 1] << 8)) & 0xFFFFFFFF
    return value & 0xFFFF


class Chunk:
    """One chunk while it is being filled."""

    def __init__(self, first_number=1):
        self.data = bytearray(CHUNK_HEADER)
        self.names, self.templates = {}, {}
        self.name_buckets, self.template_buckets = [0] * 64, [0] * 32
        self.first_number = first_number
        self.ids, self.offsets = [], []
        self.flags = 0

    # What the encoder asks of a chunk.

    def check_room(self):
        if len(self.data) > CHUNK:
            raise ChunkFull

    def reserve_name(self, text, here):
        """(offset, None) of a name that is known; (here, its bytes) of a new one, which is then known."""
        if text in self.names:
            return self.names[text], None
        units = utf16(text)
        code = name_hash(units)
        entry = struct.pack("<IHH", self.name_buckets[code % 64], code, len(units) // 2) + units + b"\0\0"
        self.names[text] = self.name_buckets[code % 64] = here
        return here, entry

    def reserve_template(self, template, here):
        """(offset, None) of a definition that is known; (here, offset of the next in its bucket) of a new one."""
        if template.guid in self.templates:
            return self.templates[template.guid], None
        bucket = name_hash(template.guid.bytes_le) % 32
        link = self.template_buckets[bucket]
        self.templates[template.guid] = self.template_buckets[bucket] = here
        return here, link

    # Records.

    def add(self, record_id, written, nodes, size=None):
        """Appends a record. Raises ChunkFull, and is unchanged then, when there is no room.
        `size` fills the record up to that many bytes."""
        before = (len(self.data), dict(self.names), dict(self.templates), list(self.name_buckets),
                  list(self.template_buckets))
        start = len(self.data)
        try:
            self.data += RECORD_MAGIC + struct.pack("<IQQ", 0, record_id, written)
            Encoder(self).fragment(Fragment(tuple(nodes)))
            if size is not None and size < len(self.data) + 4 - start:
                raise ValueError(f"the record takes {len(self.data) + 4 - start} bytes already")
            pad = (size - (len(self.data) + 4 - start)) if size is not None else -(len(self.data) + 4 - start) % 8
            self.data += bytes(pad)
            total = len(self.data) + 4 - start
            self.data += struct.pack("<I", total)
            self.check_room()
        except (ChunkFull, ValueError):
            del self.data[before[0]:]
            _, self.names, self.templates, self.name_buckets, self.template_buckets = before
            raise
        struct.pack_into("<I", self.data, start + 4, total)
        self.ids.append(record_id)
        self.offsets.append(start)

    def bytes(self):
        return seal_chunk(self.data.ljust(CHUNK, b"\0"), self.ids, self.offsets, len(self.data), self.first_number,
                          self.name_buckets, self.template_buckets, self.flags)


def seal_chunk(data, ids, offsets, free, first_number, names, templates, flags=0):
    """Writes the header of a chunk, checksums included, and returns its 65,536 bytes."""
    data = bytearray(data)
    first, last = (ids[0], ids[-1]) if ids else (1, 0xFFFFFFFFFFFFFFFF)
    struct.pack_into("<8sQQQQIII", data, 0, b"ElfChnk\0", first_number, first_number + max(len(ids), 1) - 1,
                     first, last, 128, offsets[-1] if offsets else 0, free)
    struct.pack_into("<64I", data, 128, *names)
    struct.pack_into("<32I", data, 384, *templates)
    struct.pack_into("<I", data, 120, flags)
    return seal_checksums(data)


def seal_checksums(data):
    """Sets both checksums of a chunk to what its bytes give."""
    data = bytearray(data)
    free = min(max(struct.unpack_from("<I", data, 48)[0], CHUNK_HEADER), CHUNK)
    struct.pack_into("<I", data, 52, zlib.crc32(data[CHUNK_HEADER:free]))
    struct.pack_into("<I", data, 124, zlib.crc32(data[128:CHUNK_HEADER], zlib.crc32(data[:120])))
    return bytes(data)


def file_header(chunks, next_id, first=0, last=None, flags=0, minor=1):
    header = bytearray(FILE_HEADER)
    last = max(chunks - 1, 0) if last is None else last
    struct.pack_into("<8sQQQIHHHH", header, 0, b"ElfFile\0", first, last, next_id, 128, minor, 3, FILE_HEADER,
                     chunks & 0xFFFF)
    struct.pack_into("<I", header, 120, flags)
    struct.pack_into("<I", header, 124, zlib.crc32(header[:120]))
    return bytes(header)


class Log:
    """A log: records go into the last chunk, and into a new one when that is full."""

    def __init__(self, flags=0, records_per_chunk=None):
        self.flags = flags
        self.records_per_chunk = records_per_chunk
        self.chunks = []
        self.next_id = 1
        self.number = 1

    def new_chunk(self):
        self.chunks.append(Chunk(self.number))
        return self.chunks[-1]

    def add(self, written, nodes, record_id=None, size=None):
        """Appends a record and returns its id."""
        record_id = self.next_id if record_id is None else record_id
        chunk = self.chunks[-1] if self.chunks else self.new_chunk()
        if self.records_per_chunk and len(chunk.ids) >= self.records_per_chunk:
            chunk = self.new_chunk()
        try:
            chunk.add(record_id, written, nodes, size)
        except ChunkFull:
            if not chunk.ids:
                raise ValueError("the record does not fit into an empty chunk") from None
            try:
                self.new_chunk().add(record_id, written, nodes, size)
            except ChunkFull:
                self.chunks.pop()
                raise ValueError("the record does not fit into an empty chunk") from None
        self.next_id = record_id + 1
        self.number += 1
        return record_id

    def bytes(self):
        header = file_header(len(self.chunks), self.next_id, flags=self.flags)
        return header + b"".join(chunk.bytes() for chunk in self.chunks)

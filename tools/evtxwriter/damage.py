# SPDX-License-Identifier: Apache-2.0
"""Deterministic damage to a sound log, and an account of what is left.

The account names records by their id:

    read      whole, and reached by walking the chunks that are whole
    carved    whole, but only found by searching: their chunk's header is gone, or a record before them is broken
    orphaned  whole themselves, but a name or template that they refer to is destroyed
    doubtful  nothing but their size, at one end or both, is wrong: a reader may give them or not
    lost      their own bytes are changed or gone
    stale     whole, but not live: left over in the slack of a chunk
    hostile   made to hurt a reader; it has to refuse them, or give what it can, in bounded time and memory
    added     sound records that had to be added beside a hostile one, or that took the place of older ones

and `envelopes`, how many records in the bytes have a whole envelope (magic, size, equal copy of the size).
"""
import random
import struct
import zlib

from . import events
from .binxml import (BINXML, NO_DEPENDENCY, STRING, UINT8, ARRAY, Encoder, Fragment, Instance, Sub, Template, Value,
                     elem)
from .evtxfile import (CHUNK, CHUNK_HEADER, DIRTY, FILE_HEADER, RECORD_MAGIC, Chunk, ChunkFull, name_hash,
                       seal_checksums)
from .reader import ChunkReader

KINDS = {}


def kind(name, text):
    def register(function):
        KINDS[name] = (function, text)
        return function
    return register


# ---------------------------------------------------------------- what is in a log

class Tracer(ChunkReader):
    """A reader that notes which bytes of the chunk a record needs besides its own."""

    def __init__(self, data, index):
        super().__init__(data, index, strict=False)
        self.needs, self.template_needs = set(), {}

    def name_at(self, offset):
        text, code = super().name_at(offset)
        self.needs.add((offset + 4, offset + 10 + 2 * struct.unpack_from("<H", self.data, offset + 6)[0]))
        return text, code

    def template(self, offset):
        if offset not in self.template_needs:
            outer, self.needs = self.needs, set()
            super().template(offset)
            length = struct.unpack_from("<I", self.data, offset + 20)[0]
            self.template_needs[offset] = self.needs | {(offset + 4, offset + 24 + length)}
            self.needs = outer
        self.needs |= self.template_needs[offset]
        return super().template(offset)

    def records(self):
        self.needs = set()
        for record in super().records():
            yield record
            self.needs = set()


class Item:
    """A record of the sound log: its bytes in the file, and the bytes elsewhere that it needs."""

    def __init__(self, record, base, size, needs):
        self.id, self.chunk, self.start = record.id, record.chunk, base + record.offset
        self.end = self.start + size
        self.needs = [(base + a, base + b) for a, b in needs if not record.offset <= a < record.offset + size]


def inventory(data):
    items = []
    for index in range((len(data) - FILE_HEADER) // CHUNK):
        base = FILE_HEADER + CHUNK * index
        chunk = data[base:base + CHUNK]
        if chunk[:8] != b"ElfChnk\0":
            continue
        tracer = Tracer(chunk, index)
        tracer.check_header()
        for record in tracer.records():
            size = struct.unpack_from("<I", chunk, record.offset + 4)[0]
            items.append(Item(record, base, size, tracer.needs))
    return items


def envelope(data, at, end):
    """The size of the record at this place when its envelope is whole, else 0."""
    if end - at < 28 or data[at:at + 4] != RECORD_MAGIC:
        return 0
    size = struct.unpack_from("<I", data, at + 4)[0]
    whole = 28 <= size <= end - at and data[at + size - 4:at + size] == data[at + 4:at + 8]
    return size if whole else 0


def envelopes(data):
    """How many whole envelopes are in the chunks' places, live or not."""
    count = 0
    for base in range(FILE_HEADER, len(data), CHUNK):
        at, end = base, min(base + CHUNK, len(data))
        while (at := data.find(RECORD_MAGIC, at, end)) >= 0:
            size = envelope(data, at, end)
            count += bool(size)
            at += size or 4
    return count


def walked(data):
    """Where the records start that a walk through the whole chunks reaches."""
    starts = set()
    for base in range(FILE_HEADER, len(data), CHUNK):
        if data[base:base + 8] != b"ElfChnk\0" or len(data) - base < CHUNK_HEADER:
            continue
        free = struct.unpack_from("<I", data, base + 48)[0]
        at, end = base + CHUNK_HEADER, min(base + min(free, CHUNK), len(data))
        while size := envelope(data, at, end):
            starts.add(at)
            at += size
    return starts


def overlaps(start, end, ranges):
    return any(start < b and a < end for a, b in ranges)


class Damage:
    """A log that is being damaged."""

    def __init__(self, data, seed, options):
        self.sound, self.data = data, bytearray(data)
        self.items = inventory(data)
        if not self.items:
            raise ValueError("the log has no records")
        self.random = random.Random(seed)
        self.options = options
        self.changed = []               # (start, end) in the sound log
        self.doubtful = set()           # ids of records with nothing but a wrong size
        self.report = {}

    def put(self, at, new):
        self.data[at:at + len(new)] = new
        self.changed.append((at, at + len(new)))

    def item(self, later=False):
        """The record that is meant: --record, or any; `later`: one that is not the first in its chunk."""
        wanted = self.options.get("record")
        if wanted is not None:
            return next(item for item in self.items if item.id == wanted)
        choice = [b for a, b in zip(self.items, self.items[1:]) if a.chunk == b.chunk] if later else self.items
        return self.random.choice(choice or self.items)

    def chunk(self):
        """(index, offset in the file) of the chunk that is meant: --chunk, or any that has records."""
        index = self.options.get("chunk")
        index = self.random.choice(sorted({item.chunk for item in self.items})) if index is None else index
        return index, FILE_HEADER + CHUNK * index

    def seal(self, base):
        """Makes a chunk's checksums right again, so that only the damage that is meant is there."""
        self.data[base:base + CHUNK] = seal_checksums(self.data[base:base + CHUNK])

    def seal_file(self):
        struct.pack_into("<I", self.data, 124, zlib.crc32(self.data[:120]))

    def account(self):
        reached = walked(self.data)
        out = {"read": [], "carved": [], "orphaned": [], "doubtful": [], "lost": [], "stale": [], "hostile": []}
        for item in self.items:
            if item.id in self.doubtful:
                out["doubtful"].append(item.id)
            elif overlaps(item.start, item.end, self.changed):
                out["lost"].append(item.id)
            elif any(overlaps(a, b, self.changed) for a, b in item.needs):
                out["orphaned"].append(item.id)
            else:
                out["read" if item.start in reached else "carved"].append(item.id)
        for name, ids in self.report.items():
            if name in out and name != "lost":
                gone = set(ids)
                for others in out.values():
                    others[:] = [one for one in others if one not in gone]
            out[name] = ids
        return {**out, "envelopes": envelopes(self.data), "changed": [[a, b - a] for a, b in merged(self.changed)]}


def merged(ranges):
    out = []
    for a, b in sorted(ranges):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(b, out[-1][1]))
        else:
            out.append((a, b))
    return out


def damage(name, data, seed=0, **options):
    """(damaged bytes, account)."""
    work = Damage(data, seed, {key: value for key, value in options.items() if value is not None})
    KINDS[name][0](work)
    return bytes(work.data), {"kind": name, "seed": seed, "bytes": len(work.data), **work.account()}


# ---------------------------------------------------------------- files and chunks

@kind("cut", "the file ends in the middle (--at BYTE, else anywhere past the first record)")
def cut(work):
    at = work.options.get("at")
    at = work.random.randrange(work.items[0].end, len(work.data)) if at is None else at
    del work.data[at:]
    work.changed.append((at, len(work.sound)))


@kind("file-header", "the file header is overwritten with zeros")
def file_header_gone(work):
    work.put(0, bytes(FILE_HEADER))


@kind("header-counts", "the file header claims one chunk and an old next id, with a checksum that is right")
def header_counts(work):
    struct.pack_into("<QQQ", work.data, 8, 0, 0, 2)
    struct.pack_into("<H", work.data, 42, 1)
    work.seal_file()


@kind("header-checksum", "the file header's checksum is wrong")
def header_checksum(work):
    work.data[124] ^= 0xFF


@kind("dirty", "the log was not closed: the flag is set, the header is as it was after the first chunk")
def dirty(work):
    first = [item.id for item in work.items if item.chunk == work.items[0].chunk]
    struct.pack_into("<QQQ", work.data, 8, 0, 0, first[-1] + 1)
    struct.pack_into("<H", work.data, 42, 1)
    struct.pack_into("<I", work.data, 120, DIRTY)
    work.seal_file()


@kind("chunk-magic", "a chunk's magic is zero")
def chunk_magic(work):
    _, base = work.chunk()
    work.put(base, bytes(8))


@kind("chunk-header", "a chunk's whole header is overwritten with random bytes")
def chunk_header(work):
    _, base = work.chunk()
    work.put(base, work.random.randbytes(CHUNK_HEADER))


@kind("chunk-header-checksum", "a chunk's header checksum is wrong")
def chunk_header_checksum(work):
    _, base = work.chunk()
    work.data[base + 124] ^= 0xFF


@kind("chunk-data-checksum", "a chunk's checksum of its records is wrong, its header's is right")
def chunk_data_checksum(work):
    _, base = work.chunk()
    work.data[base + 52] ^= 0xFF
    header = work.data[base:base + CHUNK_HEADER]
    struct.pack_into("<I", work.data, base + 124, zlib.crc32(header[128:], zlib.crc32(header[:120])))


@kind("open-chunk-data-checksum", "the same of a chunk that is flagged as written to, as all of Windows' own are")
def open_chunk_data_checksum(work):
    chunk_data_checksum(work)
    for base in range(FILE_HEADER, len(work.data), CHUNK):
        header = work.data[base:base + CHUNK_HEADER]
        struct.pack_into("<I", header, 120, 1)
        struct.pack_into("<I", header, 124, zlib.crc32(header[128:], zlib.crc32(header[:120])))
        work.data[base:base + CHUNK_HEADER] = header


@kind("chunk-offsets", "a chunk's header says that its free space and last record are past its end")
def chunk_offsets(work):
    _, base = work.chunk()
    struct.pack_into("<II", work.data, base + 44, 0xFFFFFFF0, 0xFFFFFFFF)
    header = work.data[base:base + CHUNK_HEADER]
    struct.pack_into("<I", work.data, base + 124, zlib.crc32(header[128:], zlib.crc32(header[:120])))


@kind("chunk-buckets", "a chunk's buckets of names and templates point anywhere")
def chunk_buckets(work):
    _, base = work.chunk()
    work.data[base + 128:base + CHUNK_HEADER] = work.random.randbytes(384)
    work.seal(base)


@kind("bucket-loop", "the lists of a chunk's names run in a circle")
def bucket_loop(work):
    _, base = work.chunk()
    for offset in struct.unpack_from("<64I", work.data, base + 128):
        if offset:
            struct.pack_into("<I", work.data, base + offset, offset)
    work.seal(base)


@kind("chunk-moved", "two chunks change places (a log of one chunk stays as it is)")
def chunk_moved(work):
    chunks = sorted({item.chunk for item in work.items})
    if len(chunks) > 1:
        one, two = (FILE_HEADER + CHUNK * index for index in work.random.sample(chunks, 2))
        work.data[one:one + CHUNK] = work.sound[two:two + CHUNK]
        work.data[two:two + CHUNK] = work.sound[one:one + CHUNK]
        moved = {(one - FILE_HEADER) // CHUNK: two - one, (two - FILE_HEADER) // CHUNK: one - two}
        for item in work.items:
            item.start += moved.get(item.chunk, 0)
            item.end += moved.get(item.chunk, 0)


# ---------------------------------------------------------------- bytes

@kind("random-bytes", "random bytes inside a chunk (--length, 2,048 unless told; --chunk; --at inside the chunk)")
def random_bytes(work):
    index, base = work.chunk()
    used = max(item.end for item in work.items if item.chunk == index) - base
    length = min(work.options.get("length", 2048), used - CHUNK_HEADER)
    at = work.options.get("at")
    at = work.random.randrange(CHUNK_HEADER, used - length + 1) if at is None else at
    work.put(base + at, work.random.randbytes(length))


@kind("zero-page", "a page of 4 KiB is zero, as after a write that never happened")
def zero_page(work):
    item = work.item()
    work.put(item.start // 4096 * 4096, bytes(4096))


@kind("bit-flips", "single bits flip (--length of them, 8 unless told)")
def bit_flips(work):
    for _ in range(work.options.get("length", 8)):
        at = work.random.randrange(FILE_HEADER + CHUNK_HEADER, len(work.data))
        work.put(at, bytes([work.data[at] ^ 1 << work.random.randrange(8)]))


# ---------------------------------------------------------------- records

@kind("record-header", "a record's first 24 bytes are overwritten")
def record_header(work):
    item = work.item()
    work.put(item.start, work.random.randbytes(24))


@kind("record-magic", "a record's magic is zero")
def record_magic(work):
    work.put(work.item().start, bytes(4))


def wrong_size(work, size):
    item = work.item()
    work.put(item.start + 4, struct.pack("<I", size))
    work.doubtful.add(item.id)
    work.seal(FILE_HEADER + CHUNK * item.chunk)


@kind("size-large", "a record says that it is larger than its chunk")
def size_large(work):
    wrong_size(work, 0x7FFFFFF0)


@kind("size-small", "a record says that it has 12 bytes")
def size_small(work):
    wrong_size(work, 12)


@kind("size-zero", "a record says that it has no bytes")
def size_zero(work):
    wrong_size(work, 0)


@kind("size-swallows", "a record says, at both ends, that it reaches to the end of the one after it")
def size_swallows(work):
    pairs = [(a, b) for a, b in zip(work.items, work.items[1:]) if a.chunk == b.chunk]
    first, second = work.random.choice(pairs)
    size = struct.pack("<I", second.end - first.start)
    work.put(first.start + 4, size)
    work.put(second.end - 4, size)
    work.doubtful |= {first.id, second.id}
    work.seal(FILE_HEADER + CHUNK * first.chunk)


@kind("size-copy", "the copy of a record's size differs from its size")
def size_copy(work):
    item = work.item()
    work.put(item.end - 4, struct.pack("<I", item.end - item.start + 8))
    work.doubtful.add(item.id)
    work.seal(FILE_HEADER + CHUNK * item.chunk)


def instance_at(work, item):
    """Where the values of a record's outer template begin: the place of their number."""
    at = item.start + 24 + 4 + 10
    base = FILE_HEADER + CHUNK * item.chunk
    offset = struct.unpack_from("<I", work.data, at - 4)[0]
    if base + offset == at:
        at += 24 + struct.unpack_from("<I", work.data, at + 20)[0]
    return at


@kind("value-size", "the size of a record's last value reaches beyond the record")
def value_size(work):
    item = work.item()
    at = instance_at(work, item)
    count = struct.unpack_from("<I", work.data, at)[0]
    work.put(at + 4 + 4 * (count - 1), b"\xff\xff")
    work.seal(FILE_HEADER + CHUNK * item.chunk)


@kind("value-count", "a record says that it has a thousand million values")
def value_count(work):
    item = work.item()
    work.put(instance_at(work, item), struct.pack("<I", 1_000_000_000))
    work.seal(FILE_HEADER + CHUNK * item.chunk)


@kind("template-offset", "a record's template is said to be outside of the chunk")
def template_offset(work):
    item = work.item(later=True)
    work.put(item.start + 24 + 4 + 6, struct.pack("<I", 0x00FF_FFF0))
    work.seal(FILE_HEADER + CHUNK * item.chunk)


@kind("template-self", "a record's template is said to be where the record itself begins")
def template_self(work):
    item = work.item(later=True)
    work.put(item.start + 24 + 4 + 6, struct.pack("<I", item.start - FILE_HEADER - CHUNK * item.chunk))
    work.seal(FILE_HEADER + CHUNK * item.chunk)


@kind("name-offset", "the name of a template's root element is said to be outside of the chunk")
def name_offset(work):
    item = work.item()
    base = FILE_HEADER + CHUNK * item.chunk
    template = base + struct.unpack_from("<I", work.data, item.start + 24 + 4 + 6)[0]
    work.put(template + 24 + 4 + 7, struct.pack("<I", 0x00FF_FFF0))
    work.seal(base)


# ---------------------------------------------------------------- records made to hurt

def add_chunk(work, *records):
    """Appends a chunk whose last record the writer itself would never make; each is a function of an Encoder.
    Those before it are sound, and only there because it refers to them."""
    chunk = Chunk(work.items[-1].id + 1)
    ids = []
    for number, write in enumerate(records, 1):
        start = len(chunk.data)
        record_id = work.items[-1].id + number
        chunk.data += RECORD_MAGIC + struct.pack("<IQQ", 0, record_id, events.filetime("2026-03-02T09:00:00Z"))
        write(Encoder(chunk))
        chunk.data += bytes(-(len(chunk.data) + 4 - start) % 8)
        total = len(chunk.data) + 4 - start
        chunk.data += struct.pack("<I", total)
        struct.pack_into("<I", chunk.data, start + 4, total)
        chunk.ids.append(record_id)
        chunk.offsets.append(start)
        ids.append(record_id)
    if len(chunk.data) > CHUNK:
        raise ChunkFull
    work.data += chunk.bytes()
    count = (len(work.data) - FILE_HEADER) // CHUNK
    struct.pack_into("<QQ", work.data, 16, count - 1, ids[-1] + 1)
    struct.pack_into("<H", work.data, 42, count)
    work.seal_file()
    work.report["hostile"] = ids[-1:]
    work.report["added"] = ids[:-1]


@kind("template-loop", "a template whose body is an instance of itself, in an added chunk")
def template_loop(work):
    def write(encoder):
        encoder.put(b"\x0f\x01\x01\x00\x0c\x01")
        encoder.u32(0x4C4F4F50)
        offset = len(encoder.out) + 4
        encoder.u32(offset)
        code = struct.pack("<I", 0x4C4F4F50) + bytes(12)
        encoder.chunk.template_buckets[name_hash(code) % 32] = offset
        encoder.put(bytes(4) + code)
        size = encoder.hole()
        encoder.put(b"\x0f\x01\x01\x00\x01" + struct.pack("<H", NO_DEPENDENCY))
        length = encoder.hole()
        encoder.name("Event")
        encoder.put(b"\x02\x0c\x01" + struct.pack("<III", 0x4C4F4F50, offset, 0) + b"\x04")
        encoder.fill(length)
        encoder.put(b"\0")
        encoder.fill(size)
        encoder.put(struct.pack("<I", 0) + b"\0")
    add_chunk(work, write)


@kind("deep-elements", "1,500 elements, one in the other, in an added chunk")
def deep_elements(work):
    def write(encoder):
        depth, opened = 1500, []
        encoder.put(b"\x0f\x01\x01\x00")
        for _ in range(depth):
            encoder.put(b"\x01")
            opened.append(encoder.hole())
            encoder.name("E")
            encoder.put(b"\x02")
        encoder.text("deep", 0)
        for hole in reversed(opened):
            encoder.put(b"\x04")
            encoder.fill(hole)
        encoder.put(b"\0")
    add_chunk(work, write)


@kind("deep-values", "embedded BinXML 2,000 deep, each an instance of one template, in an added chunk")
def deep_values(work):
    shell = Template(elem("Level", Sub(0, BINXML)))

    def first(encoder):
        encoder.fragment(Fragment((Instance(shell, (Value(BINXML, Fragment((elem("Leaf", "x"),))),)),)))

    def second(encoder):
        head = b"\x0c\x01" + shell.guid.bytes_le[:4] + struct.pack("<II", encoder.chunk.templates[shell.guid], 1)
        value = b"\0"
        for _ in range(2000):
            value = b"\x0f\x01\x01\0" + head + struct.pack("<HBB", len(value), BINXML, 0) + value + b"\0"
        encoder.put(value)
    add_chunk(work, first, second)


@kind("array-bomb", "three arrays of 4,000 items in one element: 64,000,000,000 elements, in an added chunk")
def array_bomb(work):
    many = Value(UINT8 | ARRAY, (1,) * 4000)
    first, second, third = (Sub(at, UINT8 | ARRAY) for at in range(3))
    root = elem("Event", elem("E", first, attrs={"a": second, "b": third}))

    def write(encoder):
        encoder.fragment(Fragment((Instance(Template(root), (many, many, many)),)))
    add_chunk(work, write)


@kind("output-bomb", "templates that repeat a value ten times, ten deep: 10,000,000,000 copies, in an added chunk")
def output_bomb(work):
    shell = Template(elem("Level", *(Sub(0, BINXML) for _ in range(10))))

    def write(encoder):
        node = Instance(Template(elem("Leaf", Sub(0, STRING))), (Value(STRING, "x" * 100),))
        for _ in range(10):
            node = Instance(shell, (Value(BINXML, Fragment((node,))),))
        encoder.fragment(Fragment((node,)))
    add_chunk(work, write)


# ---------------------------------------------------------------- stale records and raw images

@kind("stale", "the last records of a chunk (--length, 3 unless told) are not live any more: slack")
def stale(work):
    index, base = work.chunk()
    items = [item for item in work.items if item.chunk == index]
    keep = max(len(items) - work.options.get("length", 3), 1)
    live, dead = items[:keep], items[keep:]
    if dead:
        first = struct.unpack_from("<Q", work.data, base + 8)[0]
        struct.pack_into("<Q", work.data, base + 16, first + len(live) - 1)
        struct.pack_into("<Q", work.data, base + 32, live[-1].id)
        struct.pack_into("<II", work.data, base + 44, live[-1].start - base, live[-1].end - base)
        work.seal(base)
    work.report["stale"] = [item.id for item in dead]


@kind("stale-overwritten", "a chunk that was used before: newer records stand over the first part of older ones")
def stale_overwritten(work):
    index, base = work.chunk()
    items = [item for item in work.items if item.chunk == index]
    chunk = Chunk(work.items[-1].id + 1)
    new = work.items[-1].id + 1
    written = events.filetime("2026-03-02T10:00:00Z")
    root = elem("Event", elem("System", elem("EventRecordID", Sub(0, STRING))), elem("EventData"))
    chunk.add(new, written, (Instance(Template(root), (Value(STRING, str(new)),)),))
    fresh = bytes(chunk.data)
    header = chunk.bytes()[:CHUNK_HEADER]
    work.data[base:base + CHUNK_HEADER] = header
    work.put(base + CHUNK_HEADER, fresh[CHUNK_HEADER:])
    work.seal(base)
    whole = [item for item in items if not overlaps(item.start, item.end, work.changed)]
    work.report["stale"] = [item.id for item in whole
                            if not any(overlaps(a, b, work.changed) for a, b in item.needs)]
    work.report["orphaned"] = [item.id for item in whole if item.id not in work.report["stale"]]
    work.report["added"] = [new]


@kind("raw-image", "no log any more: its chunks and some lone records at odd places between random bytes")
def raw_image(work):
    out = bytearray()
    chunks, lone = [], []
    by_chunk = {}
    for item in work.items:
        by_chunk.setdefault(item.chunk, []).append(item)
    for index, items in by_chunk.items():
        base = FILE_HEADER + CHUNK * index
        out += quiet_bytes(work.random, work.random.randrange(700, 9000) | 1)
        if work.random.random() < 0.5 or not chunks:
            chunks.append({"offset": len(out), "records": [item.id for item in items]})
            out += work.sound[base:base + CHUNK]
        else:
            for item in work.random.sample(items, min(len(items), 4)):
                out += quiet_bytes(work.random, work.random.randrange(60, 600) | 1)
                lone.append({"offset": len(out), "record": item.id, "whole": not item.needs})
                out += work.sound[item.start:item.end]
    out += quiet_bytes(work.random, 4097)
    work.data[:] = out
    work.report.update({"read": [], "lost": [], "orphaned": [one["record"] for one in lone if not one["whole"]],
                        "carved": [one for chunk in chunks for one in chunk["records"]]
                        + [one["record"] for one in lone if one["whole"]], "chunks": chunks, "lone": lone})
    found = set(work.report["carved"]) | set(work.report["orphaned"])
    work.report["lost"] = [item.id for item in work.items if item.id not in found]
    work.changed = [(0, len(work.sound))]


def quiet_bytes(source, length):
    """Random bytes in which no record or chunk begins."""
    return source.randbytes(length).replace(b"**", b"*+").replace(b"Elf", b"elf")

# SPDX-License-Identifier: Apache-2.0
"""A small reader of EVTX, for checking what the writer wrote.

It shares no code with the encoder: it decodes the bytes on its own, checks every offset, size, hash, bucket and
checksum on the way, and returns the same plain tree (binxml.Elem without substitutions) that `binxml.expand`
gives. It is strict: anything unusual raises Damage. It is not meant for damaged logs; `damage.py` has a census
for those.
"""
import struct
import uuid
import zlib
from dataclasses import dataclass

from .binxml import (ANSI, ARRAY, BINARY, BINXML, BOOL, EVTXML, GUID, NULL, SID, SIZET, STRING, SYSTIME, CData,
                     CharRef, Elem, EntityRef, Pi, Text, Value, expand_arrays)

SCALARS = {0x03: "b", 0x04: "B", 0x05: "h", 0x06: "H", 0x07: "i", 0x08: "I", 0x09: "q", 0x0A: "Q", 0x0B: "f",
           0x0C: "d", 0x0D: "I", 0x11: "Q", 0x14: "I", 0x15: "Q", 0x20: "Q"}


class Damage(Exception):
    """The bytes are not what the format demands."""


def demand(condition, text):
    if not condition:
        raise Damage(text)


@dataclass
class Record:
    id: int
    written: int
    tree: Elem
    chunk: int
    offset: int


@dataclass(frozen=True)
class Slot:
    index: int
    type: int
    optional: bool


class Cursor:
    def __init__(self, data, at, end):
        self.data, self.at, self.end = data, at, end

    def take(self, length):
        demand(self.end - self.at >= length, f"{length} bytes wanted at {self.at:#x}, {self.end - self.at} left")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def units(self, count):
        return self.take(2 * count).decode("utf-16-le", "surrogatepass")


class ChunkReader:
    def __init__(self, data, index, strict=True):
        self.data, self.index, self.strict = data, index, strict
        self.names, self.templates = {}, {}

    # ---------------- header

    def check_header(self):
        data = self.data
        demand(len(data) == 65536, "a chunk of less than 64 KiB")
        demand(data[:8] == b"ElfChnk\0", "the chunk's magic")
        numbers = struct.unpack_from("<QQQQIIII", data, 8)
        self.first_number, self.last_number, self.first_id, self.last_id = numbers[:4]
        header_size, self.last_offset, self.free, records_crc = numbers[4:]
        demand(header_size == 128, "the chunk header's size")
        demand(512 <= self.free <= 65536, "the free space offset")
        demand(zlib.crc32(data[512:self.free]) == records_crc, "the records' checksum")
        crc = zlib.crc32(data[:120] + data[128:512])
        demand(struct.unpack_from("<I", data, 124)[0] == crc, "the chunk header's checksum")
        self.walk_buckets(128, 64, self.check_name)
        self.walk_buckets(384, 32, self.check_template)

    def walk_buckets(self, at, count, check):
        for bucket, offset in enumerate(struct.unpack_from(f"<{count}I", self.data, at)):
            seen = set()
            while offset:
                demand(offset not in seen, "a bucket's list that runs in a circle")
                if not self.strict and offset >= self.free:
                    break               # Windows leaves lists that lead into bytes that are no longer used
                demand(512 <= offset < self.free, f"bucket {bucket} points to {offset:#x}")
                seen.add(offset)
                check(offset, bucket)
                offset = struct.unpack_from("<I", self.data, offset)[0]

    def check_name(self, offset, bucket):
        _, stored = self.name_at(offset)
        demand(stored % 64 == bucket, f"the name at {offset:#x} stands in bucket {bucket}")
        self.names[offset] = True

    def check_template(self, offset, bucket):
        code = 0
        for (unit,) in struct.iter_unpack("<H", self.data[offset + 4:offset + 20]):
            code = code * 65599 + unit
        demand(not self.strict or code % 32 == bucket, f"the template at {offset:#x} stands in bucket {bucket}")
        self.templates[offset] = None

    # ---------------- names and templates

    def name_at(self, offset):
        cursor = Cursor(self.data, offset, 65536)
        cursor.take(4)
        stored, count = cursor.number("H"), cursor.number("H")
        text = cursor.units(count)
        demand(cursor.number("H") == 0, f"the name at {offset:#x} has no end")
        code = 0
        raw = text.encode("utf-16-le", "surrogatepass")
        for (unit,) in struct.iter_unpack("<H", raw):
            code = (code * 65599 + unit) % (1 << 32)
        demand(code & 0xFFFF == stored, f"the hash of {text!r}")
        return text, stored

    def name(self, cursor):
        offset = cursor.number("I")
        text, _ = self.name_at(offset)
        if offset == cursor.at:
            cursor.take(8 + 2 * (len(text.encode("utf-16-le", "surrogatepass")) // 2) + 2)
        elif self.strict:
            demand(offset < cursor.at, f"{text!r} is referred to before it is written")
        demand(not self.strict or offset in self.names, f"{text!r} stands in no bucket")
        return text

    def template(self, offset):
        if self.templates.get(offset) is None:
            length = struct.unpack_from("<I", self.data, offset + 20)[0]
            cursor = Cursor(self.data, offset + 24, offset + 24 + length)
            demand(cursor.take(4) == b"\x0f\x01\x01\x00", "a template without a fragment header")
            demand(cursor.number("B") & 0xBF == 0x01, "a template that is no element")
            root = self.element(cursor, True)
            demand(cursor.take(1) == b"\0" and cursor.at == cursor.end, "a template that does not end where it says")
            self.templates[offset] = root
        return self.templates[offset]

    # ---------------- tokens

    def stream(self, cursor, in_template=False, may_end=False):
        """The nodes up to the end token, 0x00 or 0x04, which is taken; or up to the end of the bytes."""
        nodes = []
        while True:
            if may_end and cursor.at == cursor.end:
                return nodes, 0x00
            token = cursor.number("B")
            if token in (0x00, 0x04):
                return nodes, token
            if token == 0x0F:
                demand(cursor.take(3) == b"\1\1\0", "the fragment header's version")
            elif token == 0x0C:
                nodes += self.instance(cursor)
            elif token & 0xBF == 0x01:
                nodes.append(self.element(cursor, in_template))
            else:
                nodes.append(self.leaf(cursor, token))

    def leaf(self, cursor, token):
        kind = token & 0xBF
        if kind == 0x05:
            demand(cursor.number("B") == STRING, "value text that is no string")
            return Text(cursor.units(cursor.number("H")))
        if kind == 0x07:
            return CData(cursor.units(cursor.number("H")))
        if kind == 0x08:
            return CharRef(cursor.number("H"))
        if kind == 0x09:
            return EntityRef(self.name(cursor))
        if token == 0x0A:
            target = self.name(cursor)
            demand(cursor.number("B") == 0x0B, "a processing instruction without its data")
            return Pi(target, cursor.units(cursor.number("H")))
        demand(token in (0x0D, 0x0E), f"the token {token:#x} at {cursor.at - 1:#x}")
        return Slot(cursor.number("H"), cursor.number("B"), token == 0x0E)

    def element(self, cursor, in_template):
        has_attrs = self.data[cursor.at - 1] & 0x40
        dependency = cursor.number("H") if in_template else 0xFFFF
        size = cursor.number("I")
        end = cursor.at + size
        name = self.name(cursor)
        attrs = self.attributes(cursor) if has_attrs else ()
        token = cursor.number("B")
        demand(token in (0x02, 0x03), f"<{name}> is not closed at {cursor.at - 1:#x}")
        children = ()
        if token == 0x02:
            children, stop = self.stream(cursor, in_template)
            demand(stop == 0x04, f"</{name}> is missing")
        demand(cursor.at == end, f"<{name}> ends at {cursor.at:#x}, its size says {end:#x}")
        return Elem(name, attrs, tuple(children), dependency)

    def attributes(self, cursor):
        size = cursor.number("I")
        end = cursor.at + size
        attrs = []
        more = 0x40
        while cursor.at < end:
            token = cursor.number("B")
            demand(token & 0xBF == 0x06 and more, f"no attribute at {cursor.at - 1:#x}")
            more = token & 0x40
            name = self.name(cursor)
            nodes = []
            while cursor.at < end and self.data[cursor.at] & 0xBF != 0x06:
                nodes.append(self.leaf(cursor, cursor.number("B")))
            attrs.append((name, tuple(nodes)))
        demand(cursor.at == end and not more, "the attribute list does not end where it says")
        return tuple(attrs)

    def instance(self, cursor):
        demand(cursor.number("B") == 1, "the byte after the template token")
        code, offset = cursor.number("I"), cursor.number("I")
        demand(512 <= offset <= cursor.at, f"a template at {offset:#x}")
        demand(not self.strict or offset in self.templates, f"the template at {offset:#x} stands in no bucket")
        demand(struct.unpack_from("<I", self.data, offset + 4)[0] == code, "the template's short identifier")
        if offset == cursor.at:
            self.template(offset)
            cursor.take(24 + struct.unpack_from("<I", self.data, offset + 20)[0])
        specs = [(cursor.number("H"), cursor.number("B"), cursor.number("B")) for _ in range(cursor.number("I"))]
        values = [self.value(cursor, size, kind) for size, kind, _ in specs]
        return self.fill(self.template(offset), values)

    # ---------------- values

    def value(self, cursor, size, kind):
        inner = Cursor(self.data, cursor.at, cursor.at + size)
        cursor.take(size)
        if kind == BINXML:
            if not size:
                return Value(NULL)
            nodes, stop = self.stream(inner, may_end=True)
            demand(stop == 0, "embedded BinXML without an end")
            demand(not self.strict or inner.at == inner.end, "bytes after embedded BinXML")
            return nodes
        if kind & ARRAY:
            return Value(kind, tuple(self.items(inner, kind & ~ARRAY)))
        value = self.scalar(inner, kind, size)
        demand(kind == NULL or inner.at == inner.end, f"a value of type {kind:#x} that leaves bytes")
        return value

    def items(self, cursor, kind):
        while cursor.at < cursor.end:
            if kind in (STRING, ANSI):
                width = 2 if kind == STRING else 1
                end = cursor.at
                while self.data[end:end + width] != bytes(width):
                    end += width
                    demand(end < cursor.end, "a string in an array without its end")
                value = self.scalar(cursor, kind, end - cursor.at)
                cursor.take(width)
            elif kind == SID:
                value = self.scalar(cursor, kind, 8 + 4 * self.data[cursor.at + 1])
            else:
                width = {GUID: 16, SYSTIME: 16, SIZET: 8}.get(kind) or struct.calcsize("<" + SCALARS[kind])
                value = self.scalar(cursor, kind, width)
            yield value.data

    def scalar(self, cursor, kind, size):
        if kind == NULL:
            return Value(NULL)
        if kind in (STRING, EVTXML):
            demand(size % 2 == 0, "half a character")
            return Value(kind, cursor.units(size // 2))
        if kind in (ANSI, BINARY):
            return Value(kind, cursor.take(size))
        if kind == GUID:
            return Value(kind, str(uuid.UUID(bytes_le=bytes(cursor.take(16)))))
        if kind == SIZET:
            return Value(kind, int.from_bytes(cursor.take(size), "little"), size)
        if kind == SYSTIME:
            return Value(kind, struct.unpack("<8H", cursor.take(16)))
        if kind == SID:
            revision, count = cursor.take(2)
            authority = int.from_bytes(cursor.take(6), "big")
            subs = struct.unpack(f"<{count}I", cursor.take(4 * count))
            return Value(kind, "-".join(["S", str(revision), str(authority), *map(str, subs)]))
        demand(kind in SCALARS, f"the value type {kind:#x}")
        number = cursor.number(SCALARS[kind])
        return Value(kind, bool(number) if kind == BOOL and number < 2 else number)

    # ---------------- templates filled with values

    def fill(self, element, values):
        attrs = []
        for name, nodes in element.attrs:
            nodes = self.fill_nodes(nodes, values)
            if nodes:
                attrs.append((name, tuple(nodes)))
        return expand_arrays(Elem(element.name, tuple(attrs), tuple(self.fill_nodes(element.children, values))))

    def fill_nodes(self, nodes, values):
        out = []
        for node in nodes:
            if isinstance(node, Elem):
                left_out = node.dependency < len(values) and values[node.dependency] == Value(NULL)
                out += [] if left_out else self.fill(node, values)
            elif not isinstance(node, Slot):
                out.append(node)
            elif node.index < len(values):
                value = values[node.index]
                if isinstance(value, list):
                    out += value
                elif not (value.type == NULL or node.optional and value.is_empty):
                    out.append(value)
        return out

    # ---------------- records

    def records(self):
        at, previous = 512, None
        while at < self.free and self.data[at:at + 4] == b"**\0\0":
            size, record_id, written = struct.unpack_from("<IQQ", self.data, at + 4)
            demand(28 <= size <= self.free - at, f"the record at {at:#x} says it has {size} bytes")
            demand(self.data[at + size - 4:at + size] == struct.pack("<I", size), "the copy of the record's size")
            cursor = Cursor(self.data, at + 24, at + size - 4)
            nodes, stop = self.stream(cursor)
            demand(stop == 0 and len(nodes) == 1, "a record that is not one element")
            demand(previous is None or record_id > previous, "the record ids do not rise")
            yield Record(record_id, written, nodes[0], self.index, at)
            previous, last = record_id, at
            at += size
        demand(not self.strict or at == self.free, "the records end before the free space")
        if previous is not None:
            demand(previous == self.last_id and last == self.last_offset, "the last record in the chunk's header")


def read_log(data, strict=True):
    """All records of a log. Raises Damage."""
    demand(data[:8] == b"ElfFile\0", "the file's magic")
    first, last, next_id, size, minor, major, block, count = struct.unpack_from("<QQQIHHHH", data, 8)
    demand((size, major, block) == (128, 3, 4096) and minor in (1, 2), "the file header's sizes")
    demand(struct.unpack_from("<I", data, 124)[0] == zlib.crc32(data[:120]), "the file header's checksum")
    dirty = struct.unpack_from("<I", data, 120)[0] & 1
    chunks = (len(data) - 4096) // 65536
    demand(dirty or not strict or count == chunks, f"{count} chunks announced, {chunks} found")
    records = []
    for index in range(chunks):
        slot = data[4096 + 65536 * index:4096 + 65536 * (index + 1)]
        if not any(slot):
            continue                    # a chunk that was never used
        chunk = ChunkReader(slot, index, strict)
        chunk.check_header()
        records += chunk.records()
    demand(dirty or not records or not strict or next_id == max(record.id for record in records) + 1, "the next id")
    return records

# SPDX-License-Identifier: Apache-2.0
"""The model of BinXML ([MS-EVEN6] 2.2.12) and its encoder.

An event is built from nodes:

    Elem(name, attrs, children, dependency)   <name attr="...">children</name>
    Text, CData, CharRef, EntityRef, Pi       literal content
    Value(type, data)                         a typed value; in content only after expansion
    Sub(index, type, optional)                the place of a value inside a template
    Instance(template, values)                a template with its values
    Fragment(nodes)                           embedded BinXML, the data of a value of type BINXML

`Encoder` writes them at their final place in a chunk (names and templates are stored in-line at their
first use and referred to by chunk offset afterwards); `expand` says what they mean, by putting the values
into the templates. The second is the writer's own statement of what a reader has to find.

Tokens:

    offset size   OpenStartElement            offset size   Attribute
    0      1      0x01, 0x41 with attributes  0      1      0x06 last, 0x46 more follow
    1      2      DependencyId, only in a     1      4      offset of its name
                  template definition         5      ...    the name itself, at its first use
    3      4      size of what follows        ...    ...    value: Text, Sub, CharRef, EntityRef
    7      4      offset of its name
    11     ...    the name itself, at its first use
    ...    4      size of the attribute list, when there is one

    offset size   TemplateInstance            offset size   template definition
    0      1      0x0c                        0      4      offset of the next one in this bucket
    1      1      0x01                        4      16     GUID
    2      4      first 4 bytes of its GUID   20     4      size of what follows
    6      4      offset of its definition    24     ...    fragment header, element, 0x00
    10     ...    the definition, at its first use
    ...    4      number of values
    ...    4 each size (2), type (1), 0
    ...    ...    the values
"""
import math
import struct
import uuid
from dataclasses import dataclass

NULL, STRING, ANSI = 0x00, 0x01, 0x02
INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 = range(0x03, 0x0B)
REAL32, REAL64, BOOL, BINARY, GUID, SIZET, FILETIME, SYSTIME, SID, HEX32, HEX64 = range(0x0B, 0x16)
EVTHANDLE, BINXML, EVTXML = 0x20, 0x21, 0x23
ARRAY = 0x80

NO_DEPENDENCY = 0xFFFF
MORE = 0x40
FRAGMENT_HEADER = b"\x0f\x01\x01\x00"
EOF = b"\x00"

# Types of a fixed size and how struct packs them.
PACKED = {INT8: "<b", UINT8: "<B", INT16: "<h", UINT16: "<H", INT32: "<i", UINT32: "<I", INT64: "<q",
          UINT64: "<Q", REAL32: "<f", REAL64: "<d", BOOL: "<I", FILETIME: "<Q", HEX32: "<I", HEX64: "<Q",
          EVTHANDLE: "<Q"}


@dataclass(frozen=True)
class Value:
    """A typed value. `data` is a str, int, float, bool, bytes, uuid.UUID or SID text by its type, a tuple of
    those for an array, a Fragment for BINXML, a tuple of eight fields for SYSTIME, and for SIZET an int
    (8 bytes, or 4 when `width` is 4). `raw` overrides the bytes that are written, for values that lie."""
    type: int
    data: object = None
    width: int = 8
    raw: bytes | None = None

    @property
    def is_array(self):
        return bool(self.type & ARRAY)

    @property
    def is_empty(self):
        """Whether an optional substitution leaves it out."""
        if self.type == NULL:
            return True
        if self.type in (STRING, EVTXML):
            return not self.data.split("\0")[0]
        if self.type == ANSI:
            return not ansi_text(self.data).replace("\0", "")
        if self.is_array or self.type == BINARY:
            return not self.data
        return self.type == BINXML and not self.data.nodes

    def items(self):
        return [Value(self.type & ~ARRAY, item, self.width) for item in self.data]


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class CData:
    text: str


@dataclass(frozen=True)
class CharRef:
    code: int


@dataclass(frozen=True)
class EntityRef:
    name: str


@dataclass(frozen=True)
class Pi:
    target: str
    data: str = ""


@dataclass(frozen=True)
class Sub:
    index: int
    type: int
    optional: bool = True


@dataclass(frozen=True)
class Elem:
    name: str
    attrs: tuple = ()                   # of (name, tuple of nodes)
    children: tuple = ()
    dependency: int = NO_DEPENDENCY     # only written inside a template definition


@dataclass(frozen=True)
class Template:
    root: Elem
    guid: uuid.UUID = None

    def __post_init__(self):
        if self.guid is None:           # as Windows does: the same template has the same GUID everywhere
            digest = uuid.uuid5(uuid.UUID(int=0), repr(self.root).encode("utf-8", "backslashreplace").decode())
            object.__setattr__(self, "guid", digest)


@dataclass(frozen=True)
class Instance:
    template: Template
    values: tuple = ()


@dataclass(frozen=True)
class Fragment:
    nodes: tuple = ()
    header: bool = True                 # the fragment header is optional in an embedded value
    eof: bool = True


def elem(name, *children, attrs=None, dependency=NO_DEPENDENCY):
    """Shorthand: text may be given as str, an attribute as name=text or name=node or name=tuple of nodes."""
    def nodes(value):
        if isinstance(value, (tuple, list)):
            return tuple(node for item in value for node in nodes(item))
        return (Text(value),) if isinstance(value, str) else (value,)
    pairs = tuple((key, nodes(value)) for key, value in (attrs or {}).items())
    return Elem(name, pairs, nodes(children), dependency)


# ---------------------------------------------------------------- values to bytes

def utf16(text):
    return text.encode("utf-16-le", "surrogatepass")


def sid_bytes(text):
    parts = text.split("-")
    if len(parts) < 3 or parts[0] != "S":
        raise ValueError(f"not a SID: {text}")
    revision, authority, *subs = (int(part, 0) for part in parts[1:])
    return struct.pack("<BB", revision, len(subs)) + authority.to_bytes(6, "big") + b"".join(
        struct.pack("<I", sub) for sub in subs)


def scalar_bytes(kind, data, width=8):
    """The bytes of a scalar value, everything but BINXML, which has to know its place."""
    if kind == NULL:
        return b""
    if kind in (STRING, EVTXML):
        return utf16(data)
    if kind == ANSI:
        return data if isinstance(data, bytes) else data.encode("cp1252")
    if kind == BINARY:
        return data
    if kind == GUID:
        return uuid.UUID(str(data)).bytes_le
    if kind == SIZET:
        return data.to_bytes(width, "little")
    if kind == SYSTIME:
        return struct.pack("<8H", *data)
    if kind == SID:
        return sid_bytes(data)
    return struct.pack(PACKED[kind], data)


def value_bytes(value):
    if value.raw is not None:
        return value.raw
    if not value.is_array:
        return scalar_bytes(value.type, value.data, value.width)
    kind = value.type & ~ARRAY
    end = {STRING: b"\0\0", ANSI: b"\0"}.get(kind, b"")
    return b"".join(scalar_bytes(kind, item, value.width) + end for item in value.data)


# ---------------------------------------------------------------- nodes to bytes

class Encoder:
    """Appends BinXML to a chunk (see evtxfile.Chunk: `data`, `reserve_name`, `reserve_template`)."""

    def __init__(self, chunk):
        self.chunk = chunk
        self.out = chunk.data

    def put(self, data):
        self.out += data
        self.chunk.check_room()

    def u16(self, number):
        self.put(struct.pack("<H", number))

    def u32(self, number):
        self.put(struct.pack("<I", number))

    def hole(self):
        """Leaves room for a 32-bit size and returns its place."""
        self.u32(0)
        return len(self.out) - 4

    def fill(self, at, length=None):
        """Writes into the hole how many bytes follow it."""
        struct.pack_into("<I", self.out, at, len(self.out) - at - 4 if length is None else length)

    def name(self, text):
        """The offset of a name, and the name itself when the chunk does not have it yet."""
        offset, entry = self.chunk.reserve_name(text, len(self.out) + 4)
        self.u32(offset)
        if entry:
            self.put(entry)

    def counted(self, text):
        units = utf16(text)
        self.u16(len(units) // 2)
        self.put(units)

    def fragment(self, fragment, in_template=False):
        if fragment.header:
            self.put(FRAGMENT_HEADER)
        self.nodes(fragment.nodes, in_template)
        if fragment.eof:
            self.put(EOF)

    def nodes(self, nodes, in_template):
        for at, node in enumerate(nodes):
            self.node(node, in_template, MORE if at + 1 < len(nodes) else 0)

    def node(self, node, in_template, more):
        if isinstance(node, Elem):
            self.element(node, in_template)
        elif isinstance(node, Instance):
            self.instance(node)
        elif isinstance(node, Text):
            self.text(node.text, more)
        elif isinstance(node, CData):
            self.put(bytes([0x07 | more]))
            self.counted(node.text)
        elif isinstance(node, CharRef):
            self.put(struct.pack("<BH", 0x08 | more, node.code))
        elif isinstance(node, EntityRef):
            self.put(bytes([0x09 | more]))
            self.name(node.name)
        elif isinstance(node, Pi):
            self.put(b"\x0a")
            self.name(node.target)
            self.put(b"\x0b")
            self.counted(node.data)
        elif isinstance(node, Sub):
            self.put(struct.pack("<BHB", 0x0E if node.optional else 0x0D, node.index, node.type))
        elif isinstance(node, Value) and node.type == STRING:
            self.text(node.data, more)
        else:
            raise TypeError(f"{node!r} has no place in BinXML")

    def text(self, text, more):
        """Value text; more than 65,535 characters take several tokens."""
        units = utf16(text)
        while True:
            head, units = units[:0xFFFF * 2], units[0xFFFF * 2:]
            self.put(struct.pack("<BBH", 0x05 | (MORE if units else more), STRING, len(head) // 2) + head)
            if not units:
                return

    def element(self, element, in_template):
        self.put(bytes([0x01 | (MORE if element.attrs else 0)]))
        if in_template:
            self.u16(element.dependency)
        size = self.hole()
        self.name(element.name)
        if element.attrs:
            self.attributes(element.attrs)
        if element.children:
            self.put(b"\x02")
            self.nodes(element.children, in_template)
            self.put(b"\x04")
        else:
            self.put(b"\x03")
        self.fill(size)

    def attributes(self, attrs):
        size = self.hole()
        for at, (name, nodes) in enumerate(attrs):
            self.put(bytes([0x06 | (MORE if at + 1 < len(attrs) else 0)]))
            self.name(name)
            self.nodes(nodes, False)
        self.fill(size)

    def instance(self, instance):
        template = instance.template
        self.put(b"\x0c\x01" + template.guid.bytes_le[:4])
        offset, link = self.chunk.reserve_template(template, len(self.out) + 4)
        self.u32(offset)
        if link is not None:
            self.u32(link)
            self.put(template.guid.bytes_le)
            size = self.hole()
            self.fragment(Fragment((template.root,)), in_template=True)
            self.fill(size)
        self.values(instance.values)

    def values(self, values):
        self.u32(len(values))
        at = len(self.out)
        self.put(bytes(4 * len(values)))
        for index, value in enumerate(values):
            before = len(self.out)
            if value.type == BINXML and value.raw is None:
                self.fragment(value.data)
            else:
                self.put(value_bytes(value))
            length = len(self.out) - before
            if length > 0xFFFF:
                raise ValueError("a value holds at most 65,535 bytes")
            struct.pack_into("<HBB", self.out, at + 4 * index, length, value.type, 0)


# ---------------------------------------------------------------- what it means

def expand(nodes, values=()):
    """Puts the values into the templates: a list of Elem, Text, Value, ... without Sub and Instance."""
    out = []
    for node in nodes:
        if isinstance(node, Instance):
            out += expand_element(node.template.root, node.values)
        elif isinstance(node, Sub):
            out += expand_substitution(node, values)
        elif isinstance(node, Elem):
            if not is_left_out(node, values):
                out += expand_element(node, values)
        else:
            out.append(node)
    return out


def is_left_out(element, values):
    """[MS-EVEN6] 2.2.12: an element whose DependencyId names a value of NullType is not rendered."""
    return element.dependency < len(values) and values[element.dependency].type == NULL


def expand_substitution(sub, values):
    if sub.index >= len(values):
        return []
    value = values[sub.index]
    if value.type == BINXML:
        return expand(value.data.nodes)
    if value.is_empty and (sub.optional or value.type == NULL):
        return []
    return [value]


def expand_element(element, values):
    """One element, or as many as the array in it has items ([MS-EVEN6] 3.1.4.7.5)."""
    attrs = [(name, expand(nodes, values)) for name, nodes in element.attrs]
    attrs = tuple((name, tuple(nodes)) for name, nodes in attrs if nodes)
    return expand_arrays(Elem(element.name, attrs, tuple(expand(element.children, values))))


def expand_arrays(element):
    for place, nodes in [(None, element.children)] + [(at, nodes) for at, (_, nodes) in enumerate(element.attrs)]:
        for at, node in enumerate(nodes):
            if isinstance(node, Value) and node.is_array:
                out = []
                for item in node.items() or [None]:
                    keep = item is not None and not item.is_empty
                    changed = nodes[:at] + ((item,) if keep else ()) + nodes[at + 1:]
                    out += expand_arrays(with_nodes(element, place, changed))
                return out
    return [element]


def with_nodes(element, place, nodes):
    if place is None:
        return Elem(element.name, element.attrs, nodes)
    attrs = list(element.attrs)
    attrs[place] = (attrs[place][0], nodes)
    return Elem(element.name, tuple((name, value) for name, value in attrs if value), element.children)


# ---------------------------------------------------------------- values to text

def filetime_text(ticks):
    """Seven digits, as Windows renders the 100 ns of a FILETIME; past the year 9999 and below zero as zeros."""
    if ticks >= 1 << 63:
        return "0000-00-00T00:00:00.0000000Z"
    days, rest = divmod(ticks, 864_000_000_000)
    year, month, day = civil_from_days(days)
    seconds, fraction = divmod(rest, 10_000_000)
    return (f"{year % 10000:04}-{month:02}-{day:02}T{seconds // 3600:02}:{seconds // 60 % 60:02}:"
            f"{seconds % 60:02}.{fraction:07}Z")


def civil_from_days(days):
    """The Gregorian date so many days after 1601-01-01 (years may pass 9999, so datetime does not serve)."""
    era, rest = divmod(days, 146_097)
    for years, length in ((100, 36_524), (4, 1_461), (1, 365)):
        if years == 100:
            centuries, rest = min(rest // length, 3), rest - min(rest // length, 3) * length
        elif years == 4:
            fours, rest = rest // length, rest % length
        else:
            ones, rest = min(rest // length, 3), rest - min(rest // length, 3) * length
    year = 1601 + era * 400 + centuries * 100 + fours * 4 + ones
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    for month, length in enumerate((31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
        if rest < length:
            return year, month, rest + 1
        rest -= length
    raise AssertionError("a day past the end of its year")


def systime_text(fields):
    year, month, _, day, hour, minute, second, millisecond = fields
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = {2: 29 if leap else 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    valid = (1601 <= year <= 30827 and 1 <= month <= 12 and 1 <= day <= longest and hour < 24 and minute < 60
             and second < 60 and millisecond < 1000)
    if not valid:
        return "1601-01-01T00:00:00.0000000Z"
    return f"{year % 10000:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond * 10000:07}Z"


def real_text(number, kind):
    """The shortest decimal that reads back as the same number."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    if kind == REAL64:
        return repr(float(number))
    number = struct.unpack("<f", struct.pack("<f", number))[0]
    for digits in range(1, 10):
        text = f"{number:.{digits}g}"
        if struct.pack("<f", float(text)) == struct.pack("<f", number):
            break
    return repr(float(text))


def ansi_text(data):
    return data if isinstance(data, str) else data.decode("cp1252")


def value_text(value):
    """A value as text, the way Windows and evtx_dump render it. A string ends at its first NUL."""
    kind, data = value.type, value.data
    if value.is_array:
        return ",".join(value_text(item) for item in value.items())
    if kind == NULL:
        return ""
    if kind in (STRING, EVTXML):
        return data.split("\0")[0]
    if kind == ANSI:
        return ansi_text(data).replace("\0", "")
    if kind in (REAL32, REAL64):
        return real_text(data, kind)
    if kind == BOOL:
        return {0: "false", 1: "true"}.get(data, str(data))
    if kind == BINARY:
        return data.hex().upper()
    if kind == GUID:
        return "{" + str(uuid.UUID(str(data))) + "}"
    if kind == FILETIME:
        return filetime_text(data)
    if kind == SYSTIME:
        return systime_text(data)
    if kind in (HEX32, HEX64, SIZET, EVTHANDLE):
        return f"0x{data:x}"
    if kind == SID:
        return "S-" + "-".join(str(int(part, 0)) for part in data.split("-")[1:])
    return str(data)


def is_bare(value):
    """Whether JSON writes it without quotation marks."""
    return INT8 <= value.type <= UINT64 or value.type == BOOL

# SPDX-License-Identifier: Apache-2.0
"""Small logs, one a clause of the format, each with the output that a reader has to give.

The expected output is computed from the model (binxml.expand), never by reading the bytes back. It is what
`evtx_dump -o jsonl` prints, except where DIFFERENCES says otherwise and why. Records are in the order of their ids.
"""
import json
import uuid
from dataclasses import dataclass, field

from . import events, xmltree
from .binxml import (ANSI, ARRAY, BINARY, BINXML, BOOL, EVTHANDLE, EVTXML, FILETIME, GUID, HEX32, HEX64, INT8, INT16,
                     INT32, INT64, NULL, REAL32, REAL64, SID, SIZET, STRING, SYSTIME, UINT8, UINT16, UINT32, UINT64,
                     CData, CharRef, EntityRef, Fragment, Instance, Pi, Sub, Template, Text, Value, elem, expand,
                     utf16)
from .evtxfile import CHUNK, DIRTY, FULL, Chunk, Log, file_header, name_hash, seal_chunk

START = events.filetime("2026-03-02T09:00:00.0000000Z")
CASES = {}

# case -> why evtx_dump 0.15.1 prints something else (the expected output is right by [MS-EVEN6] or by Windows)
ONE_ITEM = "an array of one number or boolean is printed as a string, one of two or more as bare numbers"
DIFFERENCES = {
    **{f"array-{kind}": ONE_ITEM for kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
                                              "bool")},
    "array-sizet": "SizeTArrayType is not implemented: the record is refused (Windows writes HexInt arrays instead)",
    "value-evthandle": "EvtHandle is not implemented: the record is refused (what it renders as is not specified; "
                       "a reader has to give the other fields)",
    "value-evtxml": "EvtXml is not implemented: the record is refused (what it renders as is not specified; "
                    "a reader has to give the other fields)",
}


@dataclass
class Case:
    """A log under construction."""
    name: str
    about: str
    clause: str
    log: Log = field(default_factory=Log)
    expected: list = field(default_factory=list)
    data: bytes = None                  # the finished log, when it is not what `log` gives

    def record(self, nodes, **options):
        nodes = tuple(nodes)
        record_id = options.pop("record_id", self.log.next_id)
        self.log.add(options.pop("written", START + 10_000_000 * record_id), nodes, record_id, **options)
        (root,) = expand(nodes)
        self.expected.append(xmltree.to_json(root))

    def event(self, *payload, user=False, **options):
        """An event around a payload of nodes, as Windows writes it."""
        self.record(event_nodes(options.get("record_id", self.log.next_id), payload, user), **options)

    def event_data(self, root, values, **options):
        """An event whose EventData is one template."""
        self.event(Instance(Template(root), tuple(values)), **options)

    def named(self, values, optional=False, **options):
        """An event with a named Data for each value."""
        root = elem("EventData", *(elem("Data", Sub(at, value.type, optional), attrs={"Name": name})
                                   for at, (name, value) in enumerate(values.items())))
        self.event_data(root, values.values(), **options)

    def bytes(self):
        return self.log.bytes() if self.data is None else self.data


def case(name, about, clause="[MS-EVEN6] 2.2.12"):
    def register(function):
        CASES[name] = (function, about, clause)
        return function
    return register


def build(name):
    function, about, clause = CASES[name]
    made = Case(name, about, clause)
    function(made)
    return made


def event_nodes(number, payload, user=False):
    shape = events.Shape([Value(NULL)] * (events.PAYLOAD + 1))
    provider = {"Name": "Lab-Conformance", "Guid": "{5c5f7e3a-1111-4a4a-9c9c-0123456789ab}"}
    system = {"Provider": {"#attributes": provider}, "EventID": number, "Version": 0, "Level": 4, "Task": 1,
              "Opcode": 0, "Keywords": "0x8000000000000000",
              "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T09:00:00.0000000Z"}},
              "EventRecordID": number, "Correlation": None,
              "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}}, "Channel": "Lab",
              "Computer": "host1.lab.example", "Security": None}
    head = events.SystemBuilder(shape, system).build()
    place = Sub(events.PAYLOAD, BINXML, True)
    if payload:
        shape.values[events.PAYLOAD] = Value(BINXML, Fragment(tuple(payload)))
    body = elem("UserData", place, dependency=events.PAYLOAD) if user else place
    return (Instance(Template(elem("Event", head, body, attrs={"xmlns": events.EVENT_NS})), tuple(shape.values)),)


# ---------------------------------------------------------------- values

def integers(kind, bits, signed):
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return {"low": Value(kind, low), "one": Value(kind, 1), "high": Value(kind, high)}


SCALARS = {
    "string": {"text": Value(STRING, "text"), "empty": Value(STRING, ""), "spaces": Value(STRING, "  a  ")},
    "ansi": {"text": Value(ANSI, b"text"), "cp1252": Value(ANSI, "é€ß".encode("cp1252")),
             "empty": Value(ANSI, b"")},
    "int8": integers(INT8, 8, True), "uint8": integers(UINT8, 8, False),
    "int16": integers(INT16, 16, True), "uint16": integers(UINT16, 16, False),
    "int32": integers(INT32, 32, True), "uint32": integers(UINT32, 32, False),
    "int64": integers(INT64, 64, True), "uint64": integers(UINT64, 64, False),
    "real32": {"zero": Value(REAL32, 0.0), "half": Value(REAL32, 0.5), "tenth": Value(REAL32, 0.1),
               "negative": Value(REAL32, -2.25), "million": Value(REAL32, 1e6)},
    "real64": {"zero": Value(REAL64, 0.0), "half": Value(REAL64, 0.5), "tenth": Value(REAL64, 0.1),
               "negative": Value(REAL64, -2.25), "million": Value(REAL64, 1e6)},
    "bool": {"true": Value(BOOL, True), "false": Value(BOOL, False)},
    "binary": {"bytes": Value(BINARY, bytes(range(0, 256, 17))), "empty": Value(BINARY, b"")},
    "guid": {"some": Value(GUID, "0cce9226-69ae-11d9-bed3-505054503030"), "zero": Value(GUID, str(uuid.UUID(int=0)))},
    "sizet": {"wide": Value(SIZET, 0x7FF612345678), "narrow": Value(SIZET, 0x1234, 4), "zero": Value(SIZET, 0)},
    "filetime": {"some": Value(FILETIME, START + 1), "zero": Value(FILETIME, 0),
                 "last": Value(FILETIME, events.filetime("9999-12-31T23:59:59.9999999Z"))},
    "systime": {"some": Value(SYSTIME, (2026, 3, 1, 2, 9, 8, 7, 6)), "unset": Value(SYSTIME, (0,) * 8)},
    "sid": {"system": Value(SID, "S-1-5-18"), "user": Value(SID, "S-1-5-21-1-2-4294967295-500"),
            "longest": Value(SID, "S-1-5-" + "-".join(str(n) for n in range(15))),
            "authority": Value(SID, f"S-1-{(1 << 48) - 1}-1")},
    "hexint32": {"zero": Value(HEX32, 0), "some": Value(HEX32, 0xC000006D), "high": Value(HEX32, 0xFFFFFFFF)},
    "hexint64": {"zero": Value(HEX64, 0), "some": Value(HEX64, 0x3E7), "high": Value(HEX64, (1 << 64) - 1)},
}


def scalar_case(name, values):
    def make(made):
        made.named(values)
        made.named(values, optional=True)
        for value in values.values():           # in UserData, where an empty element is null
            root = elem("Values", elem("Value", Sub(0, value.type, False)))
            made.event(Instance(Template(root), (value,)), user=True)
    case(f"value-{name}", f"values of type {name}: in named Data, optional, and in UserData")(make)


def array_case(name, values):
    items = tuple(value.data for value in values.values())
    first = next(iter(values.values()))
    if name == "ansi":
        items = tuple(item for item in items if item) + (b"",)
    if name in ("sid", "systime"):
        items = items[:2]
    if name == "sizet":
        items = (1, 0x7FF612345678)
    kind = first.type | ARRAY

    def make(made):
        for count in (len(items), 1, 0):
            value = Value(kind, items[:count])
            made.named({"Before": Value(STRING, "x"), "Array": value, "After": Value(STRING, "y")})
            made.event(Instance(Template(elem("Values", elem("Value", Sub(0, kind)))), (value,)), user=True)
            made.event_data(elem("EventData", elem("Data", Sub(0, kind, True), dependency=0)), [value])
    case(f"array-{name}", f"arrays of type {name}, of several items, one and none", "[MS-EVEN6] 3.1.4.7.5")(make)


for _name, _values in SCALARS.items():
    scalar_case(_name, _values)
for _name, _values in SCALARS.items():
    if _name != "binary":
        array_case(_name, _values)


@case("value-null", "NULL in normal and optional places, with and without a dependency", "[MS-EVEN6] 3.1.4.7.2")
def value_null(made):
    null = Value(NULL)
    made.named({"a": null, "b": Value(STRING, "x")})
    made.event_data(elem("EventData", elem("Data", Sub(0, UINT32), attrs={"Name": "a"}, dependency=0),
                         elem("Data", Sub(1, UINT32), attrs={"Name": "b"}, dependency=1)), [null, Value(UINT32, 7)])
    made.event(Instance(Template(elem("Root", elem("Gone", elem("Inner", Sub(1, STRING)), attrs={"kept": "no"},
                                                   dependency=0), elem("Stays", Sub(1, STRING)))),
                        (null, Value(STRING, "x"))), user=True)
    made.event(Instance(Template(elem("Root", elem("All", Sub(0, UINT8), dependency=0), dependency=0)), (null,)),
               user=True)


@case("value-null-sized", "a NULL that has bytes: they are skipped")
def value_null_sized(made):
    made.named({"a": Value(STRING, "x"), "b": Value(NULL, raw=b"\x01\x02\x03\x04"), "c": Value(UINT32, 9)})


@case("value-bool-number", "a boolean that is neither 0 nor 1 stays a number")
def value_bool_number(made):
    made.named({"a": Value(BOOL, 2), "b": Value(BOOL, True)})


@case("value-real-extreme", "floating point numbers that need an exponent, infinities, not a number")
def value_real_extreme(made):
    made.named({"large": Value(REAL64, 1e300), "small": Value(REAL64, 1.5e-300), "third": Value(REAL64, 1 / 3),
                "large32": Value(REAL32, 1e30), "third32": Value(REAL32, 1 / 3), "inf": Value(REAL64, float("inf")),
                "minus": Value(REAL64, float("-inf")), "nan": Value(REAL64, float("nan"))})


@case("value-filetime-far", "times past the year 9999, and past what a signed number holds")
def value_filetime_far(made):
    made.named({"year10000": Value(FILETIME, events.filetime("9999-12-31T23:59:59.9999999Z") + 1),
                "highest": Value(FILETIME, (1 << 63) - 1), "beyond": Value(FILETIME, (1 << 64) - 1)})


@case("value-evthandle", "a value of type EvtHandle")
def value_evthandle(made):
    made.named({"before": Value(STRING, "x"), "handle": Value(EVTHANDLE, 0x1234), "after": Value(STRING, "y")})


@case("value-evtxml", "a value of type EvtXml: text")
def value_evtxml(made):
    made.named({"before": Value(STRING, "x"), "xml": Value(EVTXML, "<a/>"), "after": Value(STRING, "y")})


@case("value-type-differs", "the place says one type, the value has another: the value's counts")
def value_type_differs(made):
    made.event_data(elem("EventData", *(elem("Data", Sub(at, UINT32), attrs={"Name": name})
                                        for at, name in enumerate("abc"))),
                    [Value(STRING, "text"), Value(HEX64, 16), Value(UINT8, 3)])


@case("value-count", "more values than places, and places without a value")
def value_count(made):
    root = elem("EventData", elem("Data", Sub(1, STRING), attrs={"Name": "second"}),
                elem("Data", Sub(9, STRING), attrs={"Name": "missing"}))
    made.event_data(root, [Value(STRING, "unused"), Value(STRING, "used"), Value(UINT64, 5)])


@case("value-twice", "one value in two places")
def value_twice(made):
    made.event_data(elem("EventData", elem("Data", Sub(0, STRING), attrs={"Name": "a"}),
                         elem("Data", Sub(0, STRING), attrs={"Name": "b"})), [Value(STRING, "x")])


# ---------------------------------------------------------------- structure

@case("attributes", "values in attributes: present, missing, beside text, several")
def attributes(made):
    root = elem("Root", elem("Item", Sub(2, STRING), attrs={"Kind": Sub(0, STRING), "Count": Sub(1, UINT32)}),
                elem("Mixed", attrs={"a": ("before ", Sub(0, STRING), " after")}),
                elem("Literal", "text", attrs={"one": "1", "two": "2"}))
    for values in ([Value(STRING, "k"), Value(UINT32, 2), Value(STRING, "t")],
                   [Value(NULL), Value(UINT32, 2), Value(STRING, "")],
                   [Value(STRING, ""), Value(NULL), Value(STRING, "t")],
                   [Value(NULL), Value(NULL), Value(NULL)]):
        made.event(Instance(Template(root), tuple(values)), user=True)


@case("attribute-array", "an array in an attribute repeats the element", "[MS-EVEN6] 3.1.4.7.5")
def attribute_array(made):
    root = elem("Root", elem("Item", "t", attrs={"n": Sub(0, INT32 | ARRAY)}), elem("End"))
    made.event(Instance(Template(root), (Value(INT32 | ARRAY, (1, 2, 3)),)), user=True)


@case("array-twice", "two arrays in one element", "[MS-EVEN6] 3.1.4.7.5")
def array_twice(made):
    root = elem("Root", elem("Item", Sub(0, UINT8 | ARRAY), attrs={"n": Sub(1, STRING | ARRAY)}))
    made.event(Instance(Template(root), (Value(UINT8 | ARRAY, (1, 2)), Value(STRING | ARRAY, ("x", "y")))), user=True)


@case("mixed-content", "text, values and elements side by side")
def mixed_content(made):
    root = elem("Root", "one ", Sub(0, STRING), " two ", elem("Inner", "in"), " three ", Sub(1, UINT32))
    made.event(Instance(Template(root), (Value(STRING, "A"), Value(UINT32, 5))), user=True)
    made.event_data(elem("EventData", elem("Data", "n=", Sub(0, UINT32), attrs={"Name": "a"})), [Value(UINT32, 5)])


@case("references", "character and entity references, CDATA and processing instructions")
def references(made):
    entities = [EntityRef(name) for name in ("lt", "gt", "amp", "quot", "apos")]
    root = elem("Root", elem("Entities", *entities), elem("Chars", CharRef(65), CharRef(0x20AC), CharRef(10)),
                elem("Section", CData("<raw> & text]]")), elem("Order", "a", EntityRef("amp"), "b", CharRef(99)),
                elem("Attr", attrs={"x": ("a ", EntityRef("lt"), " b ", CharRef(38))}),
                elem("Instruction", Pi("target", "data=\"1\""), "text"))
    made.event(Instance(Template(root)), user=True)
    made.event(root, user=True)


@case("reference-unknown", "an entity that XML does not know")
def reference_unknown(made):
    made.event(Instance(Template(elem("Root", elem("A", "x", EntityRef("nbsp"), "y")))), user=True)


@case("nested-templates", "templates in templates, four deep, and one that is used at every depth")
def nested_templates(made):
    leaf = Template(elem("Leaf", Sub(0, STRING, False)))
    node = Instance(leaf, (Value(STRING, "deepest"),))
    for depth in range(3):
        shell = Template(elem("Level", elem("Number", Sub(0, UINT32)), Sub(1, BINXML), attrs={"depth": str(depth)}))
        node = Instance(shell, (Value(UINT32, depth), Value(BINXML, Fragment((node,)))))
    made.event(node, user=True)
    made.event(Instance(leaf, (Value(STRING, "again"),)), user=True)


@case("embedded-elements", "embedded BinXML that is no template: elements, several, without header or end, empty")
def embedded_elements(made):
    made.event(elem("EventData", elem("Data", "x", attrs={"Name": "a"})))
    made.event(elem("First", elem("A", "1")), elem("Second", attrs={"b": "2"}), user=True)
    root = elem("Root", Sub(0, BINXML), elem("After", "x"))
    for fragment in (Fragment((elem("Inner", "no header"),), header=False),
                     Fragment((elem("Inner", "no end"),), eof=False), Fragment((), header=False, eof=False)):
        made.event(Instance(Template(root), (Value(BINXML, fragment),)), user=True)


@case("no-template", "a record that is written as plain elements", "[MS-EVEN6] 4.4")
def no_template(made):
    made.record([elem("Event", elem("System", elem("Provider", attrs={"Name": "Plain"}), elem("EventID", "1")),
                      elem("EventData", elem("Data", "x", attrs={"Name": "a"})), attrs={"xmlns": events.EVENT_NS})])


@case("no-template-again", "plain elements that differ in nothing but texts, in one name, in what is empty, in references",
      "[MS-EVEN6] 4.4")
def no_template_again(made):
    def plain(number, name, text, user, *more):
        return elem("Event", elem("System", elem("Provider", attrs={"Name": "Plain", "Guid": f"{{{number}}}"}),
                                  elem("EventID", str(number)),
                                  elem("TimeCreated", attrs={"SystemTime": f"2026-03-02T09:00:{number:02}.5Z"}),
                                  elem("Security", attrs={"UserID": user})),
                    elem("EventData", elem("Data", text, attrs={"Name": name}), *more), attrs={"xmlns": events.EVENT_NS})
    for number in range(1, 5):
        made.record([plain(number, "a", f"text {number}", "S-1-5-18")])
    for number in range(5, 9):
        made.record([plain(number, "b" if number % 2 else "a", "" if number < 7 else "x" * number, "")])
    for number in range(9, 12):
        made.record([plain(number, "a", (f"{number} ", EntityRef("lt"), " ", CharRef(64 + number), "."), "S-1-1-0",
                           elem("Data", CData(f"<{number}>"), attrs={"Name": "c"}), elem("Data", attrs={"Name": "d"}))])
    for number in range(12, 16):
        made.event(elem("EventData", *(elem("Data", f"{number} {at}") for at in range(number % 2 + 1))))


@case("empty-elements", "elements with nothing in them, closed at once and by an end tag")
def empty_elements(made):
    made.event(Instance(Template(elem("Root", elem("A"), elem("B", Text("")), elem("C", Sub(0, STRING, False))), ),
                        (Value(STRING, ""),)), user=True)
    made.event(Instance(Template(elem("EventData"))))


@case("userdata", "UserData of several shapes")
def userdata(made):
    made.event(Instance(Template(elem("Log", elem("A", Sub(0, STRING)), elem("B", Sub(1, UINT32)),
                                      attrs={"xmlns": "urn:lab", "xmlns:x": "urn:x"})),
                        (Value(STRING, "x"), Value(UINT32, 1))), user=True)
    made.event(Instance(Template(elem("Log", elem("Same", "1"), elem("Other", "2"), elem("Same", "3"),
                                      elem("Same", elem("Deep", "4"))))), user=True)
    made.event(elem("Data", "unnamed"), elem("Data", "second"), user=True)
    made.event(elem("Data", "x", attrs={"Name": "named"}), user=True)
    made.event(elem("Only", "text"), user=True)


@case("eventdata-unnamed", "EventData without names, as ReportEvent writes it")
def eventdata_unnamed(made):
    old = elem("EventData", elem("Data", Sub(0, STRING | ARRAY), dependency=0),
               elem("Binary", Sub(2, BINARY), dependency=2))
    for strings in (("one", "two", ""), ("one",), ()):
        made.event_data(old, [Value(STRING | ARRAY, strings), Value(NULL), Value(BINARY, b"\x01\x02")])
    made.event_data(old, [Value(NULL), Value(NULL), Value(NULL)])
    made.event(elem("EventData", elem("Data", "a"), elem("Data"), elem("Data", "c")))


@case("eventdata-names", "names that repeat, in a row and apart, empty names, names beside unnamed Data")
def eventdata_names(made):
    def data(name, text):
        return elem("Data", text, attrs={"Name": name} if name is not None else None)
    made.event(elem("EventData", data("a", "1"), data("a", "2"), data("b", "3"), data("a", "4")))
    made.event(elem("EventData", data("a", "1"), data(None, "2"), data("b", "3")))
    made.event(elem("EventData", data("Data", "1"), data("a b", "2"), data("#text", "3")))
    made.event(elem("EventData", data("x", "1"), elem("Complex", elem("Part", "2")), attrs={"Name": "Titled"}))


@case("eventdata-many", "a hundred names, each of them twice and apart")
def eventdata_many(made):
    names = [f"name{number}" for number in range(100)]
    made.event(elem("EventData", *(elem("Data", text, attrs={"Name": name}) for text in "12" for name in names)))
    made.event(Instance(Template(elem("Log", *(elem(name, text) for text in "12" for name in names)))), user=True)


@case("binary", "Binary below EventData, and ProcessingErrorData in its place")
def binary(made):
    made.event_data(elem("EventData", elem("Data", Sub(0, STRING), attrs={"Name": "param1"}),
                         elem("Binary", Sub(1, BINARY))), [Value(STRING, "x"), Value(BINARY, b"/4\0\0")])
    made.event(Instance(Template(elem("ProcessingErrorData", elem("ErrorCode", Sub(0, UINT32)),
                                      elem("DataItemName", Sub(1, STRING)), elem("EventPayload", Sub(2, BINARY)))),
                        (Value(UINT32, 15005), Value(STRING, "LogonId"), Value(BINARY, bytes(8)))))
    made.event(Instance(Template(elem("DebugData", elem("SequenceNumber", Sub(0, UINT32)))), (Value(UINT32, 1),)))


@case("rendering-info", "a forwarded event: RenderingInfo after EventData")
def rendering_info(made):
    made.event(Instance(Template(elem("EventData", elem("Data", Sub(0, STRING), attrs={"Name": "a"}))),
                        (Value(STRING, "x"),)),
               elem("RenderingInfo", elem("Message", "text"), elem("Keywords", elem("Keyword", "Audit Success")),
                    attrs={"Culture": "en-US"}))


# ---------------------------------------------------------------- names and text

@case("names", "names beyond ASCII, long names, names with the same hash")
def names(made):
    twins = same_hash()
    made.event(Instance(Template(elem("Größe", elem("名前", "a"), elem("Имя", "b"), elem("N" * 255, "c"),
                                      *(elem(name, "d") for name in twins)))), user=True)
    made.named({"Übung": Value(STRING, "x"), "日本": Value(STRING, "y"), "\U0001f600": Value(STRING, "z")})
    made.event(Instance(Template(elem("Again", *(elem(name, "e") for name in twins)))), user=True)


def same_hash():
    """Two names of one hash, so that they share a bucket and only their text tells them apart."""
    seen = {}
    for number in range(100_000):
        name = f"Name{number}"
        code = name_hash(utf16(name))
        if code in seen:
            return seen[code], name
        seen[code] = name
    raise AssertionError("no two names share a hash")


@case("strings", "surrogate pairs, control characters, line ends, byte order marks, text that looks like markup")
def strings(made):
    made.named({"pair": Value(STRING, "a\U0001f600b"), "control": Value(STRING, "a\x01\x1f\x7f\x85b"),
                "lines": Value(STRING, "a\r\nb\tc\n"), "marks": Value(STRING, "\ufeffa\u202eb\ufffe\uffff"),
                "markup": Value(STRING, "<b attr=\"1\">&amp;</b> ' ]]>"), "percent": Value(STRING, "%1 %% %%1833"),
                "json": Value(STRING, "\\ \" / \b \f {}")})
    made.event(elem("Text", "a\U0001f600b <&> \r\n"), user=True)


@case("strings-nul", "strings with NUL at the end and inside: a string ends at its first NUL")
def strings_nul(made):
    made.named({"end": Value(STRING, "abc\0"), "inside": Value(STRING, "abc\0def"), "only": Value(STRING, "\0"),
                "ansi": Value(ANSI, b"abc\0")})
    made.event(Instance(Template(elem("Root", elem("A", Sub(0, STRING, False)))), (Value(STRING, "\0\0"),)), user=True)


@case("strings-surrogates", "halves of surrogate pairs: each becomes U+FFFD")
def strings_surrogates(made):
    made.named({"high": Value(STRING, "a\ud83db"), "low": Value(STRING, "a\ude00b"), "last": Value(STRING, "a\ud83d"),
                "swapped": Value(STRING, "\ude00\ud83d"), "high-pair": Value(STRING, "\ud83d\ud83d\ude00")})


@case("strings-long", "strings of 1,000 and of 31,000 characters, and literal text of 30,000")
def strings_long(made):
    made.named({"thousand": Value(STRING, "0123456789" * 100)})
    made.named({"long": Value(STRING, "0123456789" * 3100)})
    made.event(elem("Text", "x" * 30_000), user=True)


@case("record-largest", "a record that fills its chunk to the last byte", "chunk layout")
def record_largest(made):
    made.named({"a": Value(STRING, "x" * 30_000)}, size=65_536 - 512)
    made.named({"a": Value(STRING, "y")})


@case("record-ids", "record ids with gaps, a first id that is not 1, a record header without a time", "record header")
def record_ids(made):
    for record_id in (40, 41, 99, 70_000, 1 << 40):
        made.named({"a": Value(UINT64, record_id)}, record_id=record_id, written=0 if record_id == 99 else START)


# ---------------------------------------------------------------- chunks and the file header

def three_chunks(made):
    made.log = Log(records_per_chunk=2)
    for number in range(1, 7):
        made.named({"number": Value(UINT32, number), "text": Value(STRING, f"record {number}")})
    return [chunk.bytes() for chunk in made.log.chunks]


@case("chunks", "three chunks: names and templates are written again in each", "chunk layout")
def chunks(made):
    three_chunks(made)


@case("chunks-wrapped", "a log that went round: the header names the oldest chunk, which stands last", "file header")
def chunks_wrapped(made):
    parts = three_chunks(made)
    made.data = file_header(3, 7, first=2, last=1) + parts[1] + parts[2] + parts[0]


@case("chunks-shuffled", "chunks out of order that the header does not tell of: the record ids do", "file header")
def chunks_shuffled(made):
    parts = three_chunks(made)
    made.data = file_header(3, 7) + parts[1] + parts[2] + parts[0]


@case("chunks-empty", "unused chunks between used ones, as in a log with a fixed size", "chunk layout")
def chunks_empty(made):
    parts = three_chunks(made)
    made.data = file_header(5, 7) + parts[0] + bytes(65536) + parts[1] + Chunk(7).bytes() + parts[2]


@case("chunk-filled", "the free space begins at the chunk's end, what follows the records is zero", "chunk layout")
def chunk_filled(made):
    made.named({"a": Value(STRING, "x")})
    chunk = made.log.chunks[0]
    filled = bytes(chunk.data).ljust(CHUNK, b"\0")
    made.data = file_header(1, 2) + seal_chunk(filled, chunk.ids, chunk.offsets, CHUNK, 1, chunk.name_buckets,
                                               chunk.template_buckets)


@case("header-dirty", "a log that was not closed: dirty, and the header's counts are old", "file header")
def header_dirty(made):
    parts = three_chunks(made)
    made.data = file_header(1, 3, flags=DIRTY) + b"".join(parts)


@case("header-full", "the flag of a log that is full, format version 3.2", "file header")
def header_full(made):
    made.data = file_header(3, 7, flags=FULL, minor=2) + b"".join(three_chunks(made))


@case("header-trailing", "bytes after the last chunk", "file header")
def header_trailing(made):
    made.data = file_header(3, 7) + b"".join(three_chunks(made)) + bytes(5000)


@case("template-elsewhere", "an instance whose definition stands in an earlier record, names too", "template table")
def template_elsewhere(made):
    root = elem("EventData", elem("Data", Sub(0, UINT32), attrs={"Name": "n"}))
    for number in range(5):
        made.event_data(root, [Value(UINT32, number)])


@case("templates-many", "forty templates in one chunk, so that buckets hold lists", "template table")
def templates_many(made):
    for number in range(40):
        made.event(Instance(Template(elem(f"Shape{number}", elem(f"Field{number}", Sub(0, UINT32)))),
                            (Value(UINT32, number),)), user=True)


# ---------------------------------------------------------------- writing and comparing

def plain(value):
    """JSON values as a reader can print them: halves of surrogate pairs are U+FFFD."""
    if isinstance(value, str):
        return utf16(value).decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def expected_lines(made):
    return "".join(json.dumps(plain(one), ensure_ascii=False, separators=(",", ":")) + "\n" for one in made.expected)


def write(folder):
    """Writes every case, and manifest.json that names them. Returns the cases."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = [build(name) for name in CASES]
    manifest = []
    for made in cases:
        (folder / f"{made.name}.evtx").write_bytes(made.bytes())
        (folder / f"{made.name}.jsonl").write_text(expected_lines(made), encoding="utf-8")
        entry = {"name": made.name, "about": made.about, "clause": made.clause, "records": len(made.expected)}
        if made.name in DIFFERENCES:
            entry["evtx_dump"] = DIFFERENCES[made.name]
        manifest.append(entry)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return cases


def differences(cases, dump):
    """Compares with what `dump(bytes)` prints of each case: (case, record number from 1, expected, printed)."""
    for made in cases:
        expected = [plain(one) for one in made.expected]
        printed = dump(made.bytes())
        for number in range(max(len(expected), len(printed))):
            one, other = (side[number] if number < len(side) else None for side in (expected, printed))
            if json.dumps(one) != json.dumps(other):
                yield made.name, number + 1, one, other

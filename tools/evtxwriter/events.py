# SPDX-License-Identifier: Apache-2.0
"""Events in the JSON structure of `evtx_dump -o jsonl` to BinXML, the way Windows writes them.

A record is one instance of an outer template: the System element with a fixed set of 20 values, and a place for
the embedded BinXML of EventData or UserData, itself an instance of a template, one for each distinct shape.

    index  value            type      index  value              type
    0      Level            UInt8     10     EventRecordID      UInt64
    1      Opcode           UInt8     11     Version            UInt8
    2      Task             UInt16    12     Security UserID    SID
    3      EventID          UInt16    13-17  rarer attributes of Execution
    4      Qualifiers       UInt16    18     RelatedActivityID  GUID
    5      Keywords         HexInt64  19     EventData, UserData  BinXML
    6      TimeCreated      FILETIME  20...  what has no place above
    7      ActivityID       GUID
    8, 9   ProcessID, ThreadID  UInt32

Provider, Channel and Computer are literal text of the outer template, as Windows up to Server 2019 has it; with
`modern`, provider, channel and computer are values too (14, 15, 16, 20), as newer ones do.

JSON says less than BinXML: a string may have been a SID or a hexadecimal number. The type is chosen so that the
same JSON comes back: a value gets a type only when its text is exactly what that type renders.
"""
import datetime
import json
import re

from .binxml import (BINARY, BINXML, BOOL, FILETIME, GUID, HEX32, HEX64, INT32, INT64, NULL, SID, STRING, UINT8,
                     UINT16, UINT32, UINT64, ARRAY, Elem, EntityRef, Fragment, Instance, Sub, Template, Text, Value,
                     expand, filetime_text)
from .evtxfile import Log
from .xmltree import node_text

EVENT_NS = "http://schemas.microsoft.com/win/2004/08/events/event"
PAYLOAD = 19

# Fields that hold a number in hexadecimal, and how wide it is.
HEX_FIELDS = {name: HEX64 for name in (
    "SubjectLogonId TargetLogonId TargetLinkedLogonId LogonId LogonID HandleId NewProcessId ProcessId "
    "CallerProcessId ObjectHandle SourceHandleId TargetHandleId TransactionHandle ParentProcessId ClientProcessId "
    "OperationHandle").split()}
HEX_FIELDS.update({name: HEX32 for name in (
    "AccessMask Status SubStatus TicketOptions TicketEncryptionType FailureCode ErrorCode ResultCode "
    "ServiceType GrantedAccess ClientAddressFlags NewUacValue OldUacValue PreAuthEncryptionType").split()})

GUID_TEXT = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}")
SID_TEXT = re.compile(r"S-1-(0|[1-9]\d{0,14})(-(0|[1-9]\d{0,9})){1,15}")
HEX_TEXT = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)")
TIME_TEXT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z")
BINARY_TEXT = re.compile(r"([0-9A-F]{2})+")
NUMBERED = re.compile(r"(.+)_([1-9]\d*)")


def filetime(text):
    """FILETIME of an RFC 3339 time in UTC; None when it is none."""
    match = TIME_TEXT.fullmatch(text)
    if not match:
        return None
    try:
        moment = datetime.datetime(*(int(part) for part in match.groups()[:6]))
    except ValueError:
        return None
    delta = moment - datetime.datetime(1601, 1, 1)
    ticks = (delta.days * 86400 + delta.seconds) * 10_000_000 + int((match[7] or "").ljust(7, "0")[:7])
    return ticks if ticks >= 0 else None


def integer(number):
    if number < 0:
        return Value(INT32 if number >= -1 << 31 else INT64, number)
    return Value(UINT32 if number < 1 << 32 else UINT64, number)


def typed(name, data):
    """The value that renders as this JSON value."""
    if data is None:
        return Value(STRING, "")
    if isinstance(data, bool):
        return Value(BOOL, data)
    if isinstance(data, int):
        return integer(data)
    if name in HEX_FIELDS and HEX_TEXT.fullmatch(data) and int(data, 16) < 1 << 64:
        wide = HEX_FIELDS[name] == HEX64 or int(data, 16) >= 1 << 32
        return Value(HEX64 if wide else HEX32, int(data, 16))
    if GUID_TEXT.fullmatch(data):
        return Value(GUID, data[1:-1])
    if SID_TEXT.fullmatch(data) and all(int(part) < 1 << 32 for part in data.split("-")[3:]):
        return Value(SID, data)
    ticks = filetime(data) if len(data) == 28 else None
    if ticks is not None and filetime_text(ticks) == data:
        return Value(FILETIME, ticks)
    if (name == "Binary" or len(data) > 128) and BINARY_TEXT.fullmatch(data):
        return Value(BINARY, bytes.fromhex(data))
    return Value(STRING, data)


class Shape:
    """Collects the values of a template while its elements are built."""

    def __init__(self, values=()):
        self.values = list(values)

    def sub(self, value, optional=False):
        self.values.append(value)
        return Sub(len(self.values) - 1, value.type, optional)

    def leaf(self, name, data, optional=False):
        return (self.sub(typed(name, data), optional),)

    def at(self, index, value, kind):
        """A value in its fixed place; the type of the place is kept when the value is missing."""
        self.values[index] = value
        return Sub(index, value.type if value.type != NULL else kind, True)


def base_name(key, known):
    """`Name` of `Name_1` when a `Name` stood before it: that is how evtx_dump tells repeated elements apart."""
    match = NUMBERED.fullmatch(key)
    if match and known.get(match[1], 0) == int(match[2]):
        key = match[1]
    known[key] = known.get(key, 0) + 1
    return key


def build_element(shape, name, data, container=False, **keywords):
    """Any element, by the rules of xmltree.to_json read backwards."""
    if not isinstance(data, dict):
        if data is None and container:
            return Elem(name, (), (), **keywords)
        return Elem(name, (), shape.leaf(name, data), **keywords)
    attrs = tuple((key, (Text(value),) if is_literal(key, value) else (shape.sub(typed(key, value), True),))
                  for key, value in data.get("#attributes", {}).items())
    children = []
    if "#text" in data:
        children += shape.leaf(name, data["#text"])
    known = {}
    for key, value in data.items():
        if key not in ("#attributes", "#text"):
            children += build_member(shape, key, value, container, known)
    return Elem(name, attrs, tuple(children), **keywords)


def is_literal(key, value):
    return isinstance(value, str) and (key == "Name" or key.split(":")[0] == "xmlns")


def build_member(shape, key, value, container, known):
    """The elements that a member of an object stands for."""
    if container and key == "Data" and isinstance(value, dict) and list(value) == ["#text"]:
        return unnamed_data(shape, value["#text"])
    if container and not isinstance(value, dict) and value is not None and key != "Binary":
        items = value if isinstance(value, list) else [value]
        return [Elem("Data", (("Name", (Text(key),)),), shape.leaf(key, item)) for item in items]
    name = base_name(key, known)
    if isinstance(value, list):
        return [build_element(shape, name, item) for item in value]
    inner = name in ("EventData", "UserData")
    return [build_element(shape, name, value, inner)]


def unnamed_data(shape, texts):
    """Data without names: one element and an array of strings, as the old ReportEvent writes them."""
    items = texts if isinstance(texts, list) else [texts]
    if not all(isinstance(item, str) for item in items):
        return [Elem("Data", (), shape.leaf("Data", item)) for item in items]
    sub = shape.sub(Value(STRING | ARRAY, tuple(items)), True)
    return [Elem("Data", (), (sub,), sub.index)]


def system_time(text):
    ticks = filetime(text) if isinstance(text, str) else None
    exact = ticks is not None and filetime_text(ticks) == text      # else a string, as in a log that was exported
    return Value(FILETIME, ticks) if exact else Value(STRING, str(text))


def fixed(kind, data, limit):
    """A number in a place that has a type of its own; what does not fit there keeps its own type."""
    if data is None:
        return Value(NULL)
    if isinstance(data, int) and not isinstance(data, bool) and 0 <= data < limit:
        return Value(kind, data)
    return typed("", data)


class SystemBuilder:
    """The System element of one event."""

    PLACES = {"Level": (0, UINT8, 1 << 8), "Opcode": (1, UINT8, 1 << 8), "Task": (2, UINT16, 1 << 16),
              "Version": (11, UINT8, 1 << 8), "EventRecordID": (10, UINT64, 1 << 64)}
    EXECUTION = {"ProcessID": (8, UINT32), "ThreadID": (9, UINT32), "ProcessorID": (13, UINT8),
                 "SessionID": (14, UINT32), "KernelTime": (15, UINT32), "UserTime": (16, UINT32),
                 "ProcessorTime": (17, UINT32)}
    ORDER = ("Provider EventID Version Level Task Opcode Keywords TimeCreated EventRecordID Correlation Execution "
             "Channel Computer Security").split()

    def __init__(self, shape, system, modern=False):
        self.shape, self.system, self.modern = shape, system, modern

    def build(self):
        keys = list(self.system)
        if [key for key in self.ORDER if key in self.system] == keys:   # then those that are missing are NULL
            keys = [key for key in self.ORDER if key in self.system or key in ("Version", "Level", "Task", "Opcode",
                                                                               "Keywords")]
        return Elem("System", (), tuple(self.member(key, self.system.get(key)) for key in keys))

    def member(self, key, data):
        attrs = data.get("#attributes", {}) if isinstance(data, dict) else {}
        if key in self.PLACES and not isinstance(data, dict):
            index, kind, limit = self.PLACES[key]
            return Elem(key, (), (self.shape.at(index, fixed(kind, data, limit), kind),), index)
        if key == "Keywords" and not isinstance(data, dict):
            return self.keywords(data)
        if key == "EventID":
            return self.event_id(data, attrs)
        if key == "TimeCreated" and list(attrs) == ["SystemTime"]:
            return Elem(key, (("SystemTime", (self.shape.at(6, system_time(attrs["SystemTime"]), FILETIME),)),))
        if key == "Correlation" and set(attrs) <= {"ActivityID", "RelatedActivityID"}:
            return Elem(key, tuple(self.guid(name, index, attrs) for name, index in (
                ("ActivityID", 7), ("RelatedActivityID", 18))))
        if key == "Execution" and set(attrs) <= set(self.EXECUTION):
            return self.execution(attrs)
        if key == "Security" and set(attrs) <= {"UserID"}:
            user = attrs.get("UserID")
            value = Value(NULL) if user is None else typed("UserID", user)
            return Elem(key, (("UserID", (self.shape.at(12, value, SID),)),))
        if key == "Provider" and not self.modern:
            return Elem(key, tuple((name, (Text(text),)) for name, text in attrs.items()))
        if key in ("Channel", "Computer") and isinstance(data, str) and not self.modern:
            return Elem(key, (), (Text(data),))
        return build_element(self.shape, key, data)

    def keywords(self, data):
        value = Value(NULL) if data is None else typed("HandleId", data)
        return Elem("Keywords", (), (self.shape.at(5, value, HEX64),), 5)

    def event_id(self, data, attrs):
        number = data.get("#text") if isinstance(data, dict) else data
        qualifiers = fixed(UINT16, attrs.get("Qualifiers"), 1 << 16)
        return Elem("EventID", (("Qualifiers", (self.shape.at(4, qualifiers, UINT16),)),),
                    (self.shape.at(3, fixed(UINT16, number, 1 << 16), UINT16),), 3)

    def guid(self, name, index, attrs):
        value = Value(NULL) if attrs.get(name) is None else typed(name, attrs[name])
        return name, (self.shape.at(index, value, GUID),)

    def execution(self, attrs):
        keys = [key for key in self.EXECUTION if key in attrs or key in ("ProcessID", "ThreadID")]
        return Elem("Execution", tuple((key, (self.shape.at(
            self.EXECUTION[key][0], fixed(self.EXECUTION[key][1], attrs.get(key), 1 << 32), self.EXECUTION[key][1]),))
            for key in keys))


def build_event(event, modern=False):
    """The nodes of one record, for Log.add."""
    body = event["Event"]
    shape = Shape([Value(NULL)] * (PAYLOAD + 1))
    attrs = tuple((key, (Text(value),)) for key, value in body.get("#attributes", {}).items())
    children, payload = [], []
    for key, data in body.items():
        if key == "System":
            children.append(SystemBuilder(shape, data, modern).build())
        elif key == "UserData" and not payload and isinstance(data, dict) and is_wrapped(data):
            (name, inner), = data.items()
            payload = [embed(name, inner, False)]
            children.append(Elem("UserData", (), (Sub(PAYLOAD, BINXML, True),), PAYLOAD))
        elif key != "#attributes":
            if not payload:
                children.append(Sub(PAYLOAD, BINXML, True))
            elif children[-1] != Sub(PAYLOAD, BINXML, True):    # the payload is inside UserData: a place of its own
                value = Value(BINXML, Fragment((embed(key, data, False),)))
                children.append(shape.sub(value, True))
                continue
            payload.append(embed(key, data, key in ("EventData", "UserData")))
    if payload:
        shape.values[PAYLOAD] = Value(BINXML, Fragment(tuple(payload)))
    return (Instance(Template(Elem("Event", attrs, tuple(children))), tuple(shape.values)),)


def is_wrapped(data):
    """UserData with one element in it, which is how Windows writes it."""
    (key, value), *rest = list(data.items()) or [("#text", None)]
    return not rest and key not in ("#attributes", "#text", "Data") and (value is None or isinstance(value, dict))


def embed(name, data, container):
    shape = Shape()
    return Instance(Template(build_element(shape, name, data, container)), tuple(shape.values))


def build_exported(event):
    """The same record as `wevtutil epl` writes it: no templates, plain elements, every value as text, the characters
    & < > as entity references, two more digits in the time."""
    (root,) = expand(build_event(event))
    return (as_text(root),)


def as_text(element):
    attrs = []
    for name, nodes in element.attrs:
        text = "".join(map(node_text, nodes))
        if name == "SystemTime" and len(text) == 28:
            text = text[:-1] + "00Z"
        attrs.append((name, text_nodes(text)))
    children = []
    for node in element.children:
        children += (as_text(node),) if isinstance(node, Elem) else text_nodes(node_text(node))
    return Elem(element.name, tuple(attrs), tuple(children))


def text_nodes(text):
    names = {"&": "amp", "<": "lt", ">": "gt"}
    return tuple(EntityRef(names[part]) if part in names else Text(part)
                 for part in re.split("([&<>])", text) if part)


def written_time(event):
    text = ((event["Event"].get("System", {}).get("TimeCreated") or {}).get("#attributes") or {}).get("SystemTime")
    return (filetime(text) if isinstance(text, str) else None) or 0


def read_jsonl(path):
    """Events of a JSONL file, empty lines left out."""
    with open(path, encoding="utf-8", errors="surrogatepass") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def build_log(events, flags=0, modern=False, records_per_chunk=None, exported=False):
    """A log of these events, in their order. Record ids are the events' own while they rise."""
    log = Log(flags, records_per_chunk)
    ids = [event["Event"].get("System", {}).get("EventRecordID") for event in events]
    rising = all(isinstance(one, int) and one > 0 for one in ids) and all(a < b for a, b in zip(ids, ids[1:]))
    for event, record_id in zip(events, ids):
        nodes = build_exported(event) if exported else build_event(event, modern)
        log.add(written_time(event), nodes, record_id if rising else None)
    return log

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A talk of calls that carry objects (../capture_smb/lab.h), as no lab server answers them: make_objects.py OUTPUT.

WMI's ExecMethod, PutInstance and ExecQuery, Automation's Invoke and GetIDsOfNames; the calls alone, after a bind.
Written after [MS-RPCE] 2.2.2, [MS-DCOM] 2.2.13.3, [MS-WMIO] 2.2 and [MS-OAUT] 2.2.
"""
import struct
import sys
import uuid

NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")
SERVICES = uuid.UUID("9556dc99-828c-11cf-a37e-00aa003240c7")
DISPATCH = uuid.UUID("00020400-0000-0000-c000-000000000046")
TEXT, NUMBER, NULL = 8, 19, 0xFFFFFFFF


def u16(*numbers):
    return struct.pack(f"<{len(numbers)}H", *numbers)


def u32(*numbers):
    return struct.pack(f"<{len(numbers)}I", *numbers)


def pad(data, width):
    return data + b"\0" * (-len(data) % width)


# --- [MS-WMIO] ---

class Heap:
    def __init__(self):
        self.data = b""

    def add(self, item):
        self.data += item
        return len(self.data) - len(item)

    def text(self, text):
        is_wide = any(ord(letter) > 255 for letter in text)
        return self.add(b"\1" + text.encode("utf-16le") + b"\0\0" if is_wide else b"\0" + text.encode() + b"\0")

    def written(self):
        return u32(len(self.data) | 0x80000000) + self.data


def instance(name, properties):
    """An instance of a class with these properties: (name, type, value)."""
    classes, values, table, lookup = Heap(), Heap(), b"", b""
    nulls = (len(properties) * 2 + 7) // 8
    class_name, own_name = classes.text(name), values.text(name)
    for order, (label, kind, value) in enumerate(properties):
        reference = classes.text(label)
        information = classes.add(u32(kind) + u16(order) + u32(4 * order, 0, 4))
        lookup += u32(reference, information)
        table += u32(NULL if value is None else values.text(value) if kind == TEXT else value)
    length = nulls + len(table)
    part = b"\0" + u32(class_name, length, 4, 4, len(properties)) + lookup + b"\xff" * length + classes.written()
    tail = b"\0" + u32(own_name) + b"\0" * nulls + table + u32(4) + b"\1" + values.written()
    block = b"\x06" + b"\0SRV\0" + b"\0ROOT\\cimv2\0"
    block += u32(4 + len(part)) + part + u32(4 + len(tail)) + tail
    return u32(0x12345678, len(block)) + block


def interface_pointer(unit):
    data = b"MEOW" + u32(4) + b"\0" * 40 + unit
    return u32(0x20004, len(data), len(data)) + pad(data, 4)


# --- calls ---

def this():
    return u16(5, 7) + u32(0, 0) + bytes(range(16)) + u32(0)


def bstr(text):
    data = text.encode("utf-16le")
    return u32(0x72657355, len(text), len(data), len(text)) + pad(data, 4)


def variant(text):
    data = u16(8, 0, 0, 0) + u32(8) + bstr(text)
    data = pad(u32(0, 0) + data, 8)
    return u32(len(data) // 8) + data[4:]


def number_variant():
    return u32(3, 0) + u16(3, 0, 0, 0) + u32(3, 7)


def invoke(member, arguments):
    head = this() + u32(member) + bytes(16) + u32(0x409, 1)
    head += u32(0x20000, 0, len(arguments), 0, len(arguments)) + b"".join(u32(1) for _ in arguments)
    for argument in arguments:
        head = pad(head, 8) + argument
    return head


def wide(text):
    text += "\0"
    return pad(u32(len(text), 0, len(text)) + text.encode("utf-16le"), 4)


def calls():
    parameters = instance("__PARAMETERS", [("CommandLine", TEXT, "cmd.exe /Q /c hostname"), ("ProcessId", NUMBER, 7),
                                           ("CurrentDirectory", TEXT, "C:\\"), ("Title", TEXT, None)])
    consumer = instance("ActiveScriptEventConsumer", [("Name", TEXT, "Łódź"), ("ScriptText", TEXT, "a = 1")])
    yield 0, 24, pad(this() + bstr("Win32_Process") + bstr("Create"), 4) + u32(0, 0) + interface_pointer(parameters)
    yield 0, 14, this() + interface_pointer(consumer)
    yield 0, 20, this() + bstr("WQL") + bstr("SELECT * FROM Win32_Service")
    yield 1, 5, this() + bytes(16) + u32(1, 0x20000) + wide("ExecuteShellCommand") + u32(1, 0x409)
    yield 1, 6, invoke(54, [variant("7"), variant("/Q /c hostname"), variant("C:\\"), variant("cmd.exe")])
    yield 1, 6, invoke(1, [number_variant(), variant("open"), variant("cmd.exe")])


def pdu(kind, call, body):
    return struct.pack("<BBBBIHHI", 5, 0, kind, 3, 0x10, 16 + len(body), 0, call) + body


def context(number, interface):
    return u16(number, 1) + interface.bytes_le + u32(0) + NDR.bytes_le + u32(2)


def main(target):
    talk = [pdu(11, 1, u16(5840, 5840) + u32(0, 2) + context(0, SERVICES) + context(1, DISPATCH))]
    for call, (number, opnum, stub) in enumerate(calls(), 2):
        talk.append(pdu(0, call, u32(len(stub)) + u16(number, opnum) + stub))
    with open(target, "wb") as file:
        for data in talk:
            file.write(b"\0" + len(data).to_bytes(3, "little") + data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

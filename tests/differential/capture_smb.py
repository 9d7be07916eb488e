#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SMB events against tshark's fields: capture_smb.py IMPOUND [CAPTURE|FOLDER ...]

Without arguments behind the program, the folders of IMPOUND_CAPTURES (joined by `:`) are taken, or the captures
among the evidence of IMPOUND_SHARED.
Exits with 77 (skipped) without tshark or captures, with 1 when something differs.
"""
import collections
import csv
import json
import pathlib
import subprocess

import shark

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ["NEGOTIATE_PROTOCOL", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT", "TREE_DISCONNECT",
            "CREATE", "CLOSE", "FLUSH", "READ", "WRITE", "LOCK", "IOCTL", "CANCEL", "ECHO",
            "QUERY_DIRECTORY", "CHANGE_NOTIFY", "QUERY_INFO", "SET_INFO", "OPLOCK_BREAK"]
SINGLE = {"NEGOTIATE_PROTOCOL", "SESSION_SETUP", "LOGOFF", "TREE_DISCONNECT", "FLUSH", "LOCK",
          "ECHO", "QUERY_DIRECTORY", "CHANGE_NOTIFY", "QUERY_INFO"}
PENDING = "0x00000103"


def statuses():
    with open(ROOT / "data/ntstatus.csv", encoding="ascii") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        return {row[0]: row[1] for row in rows}


STATUS = statuses()


def status_name(text):
    return None if text is None else STATUS.get(text, text)


def smb1_status(message):
    """A DOS error of 0 is success; the others are told apart by nobody here."""
    if message["smb.nt_status"] is None and number(message["smb.error_class"]) == 0:
        return "STATUS_SUCCESS"
    return status_name(message["smb.nt_status"])


def status_told(event):
    """SMB1's DOS errors are no NTSTATUS: tshark has them elsewhere."""
    status = event.get("status")
    return None if status and event["version"] == "SMB1" and status.startswith("0x") else status


def number(text):
    return None if text in (None, "") else int(text, 0)


class Command:
    """One command of tshark's tree: the first value of each field, lists where wanted."""

    def __init__(self, stream, is_client, message):
        self.stream, self.is_client, self.message = stream, is_client, message
        self.fields, self.raw = {}, {}
        self.lists = collections.defaultdict(list)

    def add(self, field):
        name = field.get("name")
        self.fields.setdefault(name, field.get("show"))
        self.raw.setdefault(name, field.get("value"))
        self.lists[name].append(field.get("show"))

    def __getitem__(self, name):
        return self.fields.get(name)


def tshark_commands(path):
    """SMB2 commands, SMB1 messages and transforms in the order of the capture."""
    smb2, smb1, transforms = [], [], []
    kinds = {"fe": smb2, "ff": smb1, "fd": transforms}
    order = []
    for packet in shark.packets(path, "smb || smb2"):
        walk(packet, kinds, order)
    return smb2, smb1, transforms, order


def walk(packet, kinds, order):
    stream = is_client = message = None
    for proto in packet.findall("proto"):
        name = proto.get("name")
        if name == "tcp":
            stream = proto.find("field[@name='tcp.stream']").get("show")
            is_client = proto.find("field[@name='tcp.dstport']").get("show") in ("139", "445")
        elif name == "nbss":
            length = proto.find("field[@name='nbss.length']")
            message = None if length is None else [int(length.get("show"), 0)]
        elif name in ("smb", "smb2"):
            commands_of(proto, (stream, is_client, message), kinds, order)


def commands_of(proto, where, kinds, order):
    current = None
    for field in proto.iter("field"):
        if field.get("name") in ("smb2.protocol_id", "smb.server_component"):
            current = Command(*where)
            kinds.get(field.get("value", "")[:2], []).append(current)
            order.append(current)
        if current is not None:
            current.add(field)


def sizes_of(order):
    """The client's sizes behind its last SESSION_SETUP, by connection."""
    sizes, seen = collections.defaultdict(list), set()
    for command in order:
        is_transform = "smb2.header.transform.msg_size" in command.fields
        is_compressed = "smb2.header.comp_transform.original_size" in command.fields
        is_plain = "smb2.cmd" in command.fields
        if not command.is_client or command.message is None or id(command.message) in seen or \
                not (is_transform or is_compressed or is_plain):
            continue
        seen.add(id(command.message))
        number_of = COMMANDS[int(command["smb2.cmd"])] if is_plain else None
        if number_of == "SESSION_SETUP":
            sizes[command.stream] = []
        elif number_of != "NEGOTIATE_PROTOCOL":
            size = command["smb2.header.transform.msg_size"] if is_transform else command.message[0]
            sizes[command.stream].append(str(size))
    return ["".join(" " + one for one in row) for row in sizes.values() if row]


def join(smb2):
    """Requests with the status of their last reply, and the tree that the reply named."""
    waiting, joined = {}, []
    for command in smb2:
        key = (command.stream, command["smb2.msg_id"], command["smb2.cmd"])
        if command["smb2.flags.response"] in ("0", "False"):
            if COMMANDS[int(command["smb2.cmd"])] == "CANCEL":
                continue
            joined.append([command, None])
            waiting[key] = joined[-1]
        elif command["smb2.nt_status"] != PENDING or command["smb2.flags.async"] in ("0", "False"):
            if key in waiting:
                waiting.pop(key)[1] = command
    return joined


def create_of(request, reply):
    status = status_name(reply["smb2.nt_status"]) if reply is not None else None
    name = request["smb2.filename"] or ""
    return (name.lstrip("\\"), number(request["smb.access_mask"]),
            number(request["smb.share_access"]), number(request["smb2.create.disposition"]),
            number(request["smb.create_options"]), number(request["smb2.impersonation.level"]),
            number(request["smb2.file_attribute"]), status)


def guid_text(raw):
    data = bytes.fromhex(raw)
    return data.decode("ascii") if all(0x20 <= byte < 0x7F for byte in data) else raw


def negotiate_of(request, reply):
    offered = request.lists["smb2.dialect"]
    row = [",".join(f"{int(one, 16):x}" for one in offered), guid_text(request.raw["smb2.client_guid"]),
           number(request["smb2.capabilities"]), number(request["smb2.sec_mode"]),
           ",".join(str(int(one, 0)) for one in request.lists["smb2.negotiate_context.type"]),
           ",".join(str(int(one, 0)) for one in request.lists["smb2.negotiate_context.cipher_id"])]
    if reply is not None and reply["smb2.nt_status"] == "0x00000000":
        row += [f"{int(reply['smb2.dialect'], 16):x}", guid_text(reply.raw["smb2.server_guid"]),
                number(reply["smb2.capabilities"]), number(reply["smb2.max_read_size"])]
    return tuple(row)


def nonce_is_letters(raw):
    data = bytes.fromhex(raw)
    return data[:11].isalpha() and data[11:] == bytes(5)


def expected(path):
    smb2, smb1, transforms, order = tshark_commands(path)
    rows = collections.Counter()
    for sizes in sizes_of(order):
        rows["client sizes", sizes] += 1
    seen_negotiates = set()
    for request, reply in join(smb2):
        command = COMMANDS[int(request["smb2.cmd"])]
        status = status_name(reply["smb2.nt_status"]) if reply is not None else None
        if command == "CREATE":
            rows["create", create_of(request, reply)] += 1
        elif command == "TREE_CONNECT":
            rows["tree", request["smb2.tree"], status] += 1
        elif command == "CLOSE":
            rows["close", status] += 1
        elif command == "READ":
            rows["read requests"] += 1
        elif command == "IOCTL" and request["smb2.ioctl.function"] != "0x0011c017":
            rows["ioctl", number(request["smb2.ioctl.function"]), status] += 1
        elif command == "SET_INFO":
            rows["set info"] += 1
        if command in SINGLE:
            rows["command", command, status] += 1
        if command == "NEGOTIATE_PROTOCOL" and request.stream not in seen_negotiates:
            seen_negotiates.add(request.stream)
            rows["negotiate", negotiate_of(request, reply)] += 1
    for transform in transforms:
        raw = transform.raw["smb2.header.transform.nonce"]
        rows["transforms"] += 1
        rows["letters"] += nonce_is_letters(raw)
    expect_smb1(smb1, rows)
    return +rows


def expect_smb1(smb1, rows):
    waiting = {}
    for message in smb1:
        command = int(message["smb.cmd"], 16)
        key = (message.stream, message["smb.pid"], message["smb.mid"], command)
        if message["smb.flags.response"] in ("0", "False"):
            waiting[key] = message
            if command == 0x72:
                rows["smb1 negotiate", ",".join(message.lists["smb.dialect.name"]),
                     number(message["smb.flags2"])] += 1
        elif key in waiting and command == 0xA2:
            request = waiting.pop(key)
            rows["smb1 create", (request["smb.file"] or "").lstrip("\\"),
                 number(request["smb.access_mask"]), number(request["smb.create_options"]),
                 smb1_status(message)] += 1
        elif key in waiting and command == 0x75:
            request = waiting.pop(key)
            rows["smb1 tree", request.lists["smb.path"][-1], smb1_status(message)] += 1
    for key, request in waiting.items():
        if key[3] == 0x75:
            rows["smb1 tree", request.lists["smb.path"][-1], None] += 1
        elif key[3] == 0xA2:
            rows["smb1 create", (request["smb.file"] or "").lstrip("\\"),
                 number(request["smb.access_mask"]), number(request["smb.create_options"]), None] += 1


def events(impound, path):
    process = subprocess.run([impound, "dump", str(path)], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=False)
    for line in process.stdout.splitlines():
        event = json.loads(line)
        # tshark knows SMB by its ports.
        if event.get("_path", "").startswith("smb_") and event["id.resp_p"] in (139, 445):
            yield event


def got_file(event, rows):
    action = event["action"].split("_")[-1]
    name = event.get("name", "").lstrip("\\")
    if action == "OPEN" and event["version"] == "SMB2":
        rows["create", (name, number(event["desired_access"]), event["share_access"],
                        event["disposition"], number(event["create_options"]),
                        event["impersonation"], number(event["file_attributes"]),
                        event.get("status"))] += 1
    elif action == "OPEN":
        rows["smb1 create", name, number(event["desired_access"]),
             number(event["create_options"]), status_told(event)] += 1
    elif action == "CLOSE" and event["version"] == "SMB2":
        rows["close", event.get("status")] += 1
    elif action == "RENAME" and event["version"] == "SMB2":
        rows["set info"] += 1


def got_command(event, rows):
    if event["version"] != "SMB2":
        return
    command = event["command"]
    if command in SINGLE:
        rows["command", command, event.get("status")] += 1
    elif command == "CLOSE":
        rows["close", event.get("status")] += 1
    elif command == "SET_INFO":
        rows["set info"] += 1
    elif command == "IOCTL" and event["control_code"] != "0x11c017":
        rows["ioctl", number(event["control_code"]), event.get("status")] += 1


def got_session(event, rows):
    if not event["is_final"]:
        return
    rows["transforms"] += event["transform_messages"] + event["server_transform_messages"]
    rows["letters"] += event["transform_nonces_letters"] + event["server_transform_nonces_letters"]
    if event["version"] == "SMB2":
        rows["read requests"] += event["reads"]
    if "client_sizes" in event:
        rows["client sizes", event["client_sizes"]] += 1
    if "dialect_list" in event:
        row = [event["dialect_list"], event["client_guid"], number(event["capabilities"]),
               event["security_mode"], event.get("negotiate_contexts", ""),
               event.get("ciphers", "")]
        if event.get("negotiate_status") == "STATUS_SUCCESS" and "dialect" in event:
            row += [event["dialect"], event["server_guid"], number(event["server_capabilities"]),
                    event["max_read_size"]]
        rows["negotiate", tuple(row)] += 1
    if "smb1_dialects" in event:
        rows["smb1 negotiate", event["smb1_dialects"], number(event["smb1_flags2"])] += 1


def actual(impound, path):
    rows = collections.Counter()
    for event in events(impound, path):
        log = event["_path"]
        if log == "smb_files":
            got_file(event, rows)
        elif log == "smb_cmd":
            got_command(event, rows)
        elif log == "smb_session":
            got_session(event, rows)
        else:
            kind = "tree" if event["version"] == "SMB2" else "smb1 tree"
            rows[kind, event["path"], status_told(event)] += 1
    return +rows


def rows_of(impound, path):
    return expected(path), actual(impound, path)


if __name__ == "__main__":
    shark.main(rows_of, __doc__)

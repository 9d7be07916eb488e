#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arguments of DCE/RPC calls against tshark's: capture_rpc.py IMPOUND [CAPTURE|FOLDER ...]

Every text and number that impound tells of a readable call must stand in what tshark shows of a request of the same
operation number in that capture. Without arguments behind the program, the folders of IMPOUND_CAPTURES (joined by `:`)
are taken, or the captures among the evidence of IMPOUND_SHARED.
Exits with 77 (skipped) without tshark or captures, with 1 when something differs.
"""
import collections
import json
import re
import shutil
import subprocess
import sys

import shark

LISTS = {"account_name", "names", "sid", "iids"}  # joined by commas
TEXTS = LISTS | {"service_name", "display_name", "binary_path", "server_name", "task_name", "key", "value_name",
                 "save_path", "domain", "computer_name", "file_name", "share_name", "log_name", "secret_name",
                 "driver_name", "driver_path", "data_file", "config_file", "printer_name", "mapped_interface", "clsid",
                 "object_name", "client_dsa", "client_name", "command_line"}
NUMBERS = {"desired_access", "rid", "level", "service_type", "start_type", "control", "count", "drs_flags",
           "drs_max_objects", "drs_extended_op", "negotiate_flags", "secure_channel_type", "format_offered",
           "format_desired", "account_type", "dispid", "references"}
# What tshark 4.0 shows as bytes only.
BLIND = {"ITaskSchedulerService", "IWbemServices", "IWbemLevel1Login", "IWbemLoginClientID", "FileServerVssAgent",
         "ICertPassage", "eventlog6"}
# What it misreads or shows as bytes: arrays in NDR64, and these operations.
UNREAD = {("samr", "SamrLookupIdsInDomain", "rid"), ("netlogon", "NetrServerPasswordSet2", "account_name"),
          *(("spoolss", "RpcAddPrinterDriverEx", name)
            for name in ("driver_name", "driver_path", "data_file", "config_file"))}


class Shown:
    """All that tshark shows of the requests of a capture, by operation number."""

    def __init__(self, path):
        self.texts, self.numbers = collections.defaultdict(set), collections.defaultdict(set)
        for packet in shark.packets(path, "dcerpc.pkt_type == 0"):
            self.add(packet)

    def add(self, packet):
        opnums, texts, numbers = set(), set(), set()
        for field in packet.iter("field"):
            shown = field.get("show") or ""
            if field.get("name") == "dcerpc.opnum":
                opnums.add(int(shown, 0))
            texts.add(shown.lower())
            texts.add((field.get("showname") or "").lower())
            if re.fullmatch(r"-?\d+|0x[0-9a-fA-F]+", shown):
                numbers.add(int(shown, 0) if shown.startswith("0x") else int(shown))
        for opnum in opnums:
            self.texts[opnum] |= texts
            self.numbers[opnum] |= numbers

    def has(self, opnum, name, value):
        if name in NUMBERS:
            return int(str(value), 0) in self.numbers[opnum]
        words = value.split(",") if name in LISTS else value.split() if name == "command_line" else [value]
        return all(self.has_text(opnum, word.lower()) for word in words if word)

    def has_text(self, opnum, word):
        return any(word in text for text in self.texts[opnum])


def calls(impound, path):
    run = subprocess.run([impound, "dump", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for line in run.stdout.splitlines():
        if b'"_path":"dce_rpc"' in line:
            event = json.loads(line)
            if not event["is_sealed"] and event.get("endpoint") not in BLIND:
                yield event


def differences(impound, path, total):
    events = list(calls(impound, path))
    if not events:
        return
    shown = Shown(path)
    for event in events:
        for name in sorted((TEXTS | NUMBERS) & event.keys()):
            total[name] += 1
            row = event.get("endpoint"), event.get("operation"), name
            if row not in UNREAD and not shown.has(event["opnum"], name, event[name]):
                yield *row, event[name]


def main(impound, *arguments):
    paths = list(shark.captures(arguments))
    if not shutil.which("tshark") or not paths:
        print("no tshark or no captures")
        return 77
    total, differing = collections.Counter(), 0
    for path in paths:
        rows = collections.Counter(differences(impound, path, total))
        differing += bool(rows)
        for row, count in rows.items():
            print(path.name, count, *row)
    print(f"{len(paths)} captures, {differing} differ; compared:",
          ", ".join(f"{count} {row}" for row, count in sorted(total.items())))
    return 1 if differing else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

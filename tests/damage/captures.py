#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged captures: nothing falls over, and what is lost is said. captures.py IMPOUND [KIND ...]

The captures of the project, and those among the evidence of IMPOUND_SHARED, are damaged in each way of KINDS
with the seeds 0 to 2, and read in one run a way and seed.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["fuzz/corpus/capture", "tests/samples/keys"]
LENGTH_MAX = 1_000_000
SEEDS = range(3)
SECONDS = 300
HEADER = 24  # of a pcap file; what makes it one stays whole
RULE = """title: Nothing
logsource: {product: zeek}
level: low
detection:
    selection: {_path: nothing}
    condition: selection
"""


def cut(data, dice):
    return data[:dice.randrange(HEADER + 16, len(data))]


def overwritten(data, dice):
    data = bytearray(data)
    for _ in range(dice.randint(1, 100)):
        data[dice.randrange(HEADER, len(data))] = dice.randrange(256)
    return bytes(data)


def wiped(data, dice):
    at = dice.randrange(HEADER, len(data))
    length = min(dice.randint(1, 4000), len(data) - at)
    return data[:at] + dice.randbytes(length) + data[at + length:]


def removed(data, dice):
    at = dice.randrange(HEADER, len(data))
    return data[:at] + data[at + dice.randint(1, 4000):]


KINDS = {"cut": cut, "overwritten": overwritten, "wiped": wiped, "removed": removed}


def captures():
    folders = [ROOT / name for name in FOLDERS]
    if shared := os.environ.get("IMPOUND_SHARED"):
        folders.append(pathlib.Path(shared) / "evidence")
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".pcap", ".pcapng", ".cap") and \
                    HEADER + 32 < path.stat().st_size <= LENGTH_MAX:
                yield path


def records(data):
    """Where the packets of a pcap file begin, and its end; None: it is no sound one, or another format."""
    order = {b"\xd4\xc3\xb2\xa1": "little", b"\x4d\x3c\xb2\xa1": "little",
             b"\xa1\xb2\xc3\xd4": "big", b"\xa1\xb2\x3c\x4d": "big"}.get(data[:4])
    starts, at = [], HEADER
    while order and at + 16 <= len(data):
        starts.append(at)
        at += 16 + int.from_bytes(data[at + 8:at + 12], order)
    return [*starts, at] if order and at == len(data) else None


def run(impound, *arguments):
    return subprocess.run([impound, *map(str, arguments)], capture_output=True, timeout=SECONDS,
                          check=False, stdin=subprocess.DEVNULL)


def accounts(impound, rule, path):
    """What is said of each file, by name. Raises when the program falls over."""
    scan = run(impound, "scan", "-q", "-t", "jsonl", "--hash", "none", "--cache", "none", "--no-cases", "-r", rule, path)
    dump = run(impound, "dump", "-q", path)
    for one in (scan, dump):
        if one.returncode:
            raise AssertionError(f"exit status {one.returncode}: {one.stderr.decode()[-2000:]}")
    for line in dump.stdout.splitlines():
        json.loads(line)
    lines = [json.loads(line) for line in scan.stdout.splitlines()]
    return {pathlib.Path(line["path"]).name: line for line in lines if line["kind"] == "evidence"}


def fault_of(kind, sound, before, after, damaged):
    """What is wrong with the account of a damaged file, or None."""
    if not after["complete"] and not after["notes"]:
        return "incomplete, and no word why"
    if after["complete"] and after["records"]["read"] < before["records"]["read"] and \
            not records(damaged):
        return "packets are missing, and no word of it"
    if kind != "cut" or not sound:
        return None
    whole = sum(1 for end in sound[1:] if end <= len(damaged))
    if after["records"]["read"] != whole:
        return f"{after['records']['read']} packets read of {whole} whole ones"
    told = f"packet {whole + 1} at offset {sound[whole]}: the file ends in the middle of it"
    return None if len(damaged) in sound or told in after["notes"] else f"not told: {told}"


def check(impound, rule, kind, seed, paths, before):
    """Names of the captures where something is wrong."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number, path in enumerate(paths):
            data = path.read_bytes()
            damaged = KINDS[kind](data, random.Random(f"{kind} {seed} {path.name}"))
            name = f"{number}{path.suffix}"
            pathlib.Path(folder, name).write_bytes(damaged)
            files[name] = path, data, damaged
        try:
            after = accounts(impound, rule, folder)
        except AssertionError as error:
            after, faults = {}, [f"{kind} {seed}: {error}"]
            for name, (path, _, _) in files.items():
                try:
                    after |= accounts(impound, rule, pathlib.Path(folder, name))
                except AssertionError as alone:
                    faults.append(f"{kind} {seed} {path}: {alone}")
        for name, (path, data, damaged) in files.items():
            if name in after:
                fault = fault_of(kind, records(data), before[name], after[name], damaged)
                if fault:
                    faults.append(f"{kind} {seed} {path}: {fault}")
            elif not faults:
                faults.append(f"{kind} {seed} {path}: not in the account")
    return faults


def main(impound, *kinds):
    paths, faults, runs = list(captures()), [], 0
    with tempfile.TemporaryDirectory() as folder:
        rule = pathlib.Path(folder, "rule.yml")
        rule.write_text(RULE, encoding="utf-8")
        sound = pathlib.Path(folder, "sound")
        sound.mkdir()
        for number, path in enumerate(paths):
            (sound / f"{number}{path.suffix}").symlink_to(path)
        before = accounts(impound, rule, sound)
        for kind in kinds or KINDS:
            for seed in SEEDS:
                faults += check(impound, rule, kind, seed, paths, before)
                runs += len(paths)
    print("\n".join(faults))
    print(f"{len(paths)} captures, {runs} damaged ones, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures whose TCP segments were cut anew say the same: recut.py IMPOUND [CAPTURE|FOLDER ...]

Each segment is cut into pieces of random sizes, which are put in another order, sent twice and made to overlap, all at
the time of the segment. Events must be equal but for what counts or numbers packets. Without arguments behind the
program: the seeds of fuzz/corpus/capture and, when IMPOUND_SHARED is there, the captures of its evidence.
"""
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Made of packets' numbers, or counts of packets.
NUMBERED = {"uid", "fuid", "packets", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes"}
MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}


def pieces_of(data, dice):
    """(offset, bytes) in any order, overlapping, some twice."""
    pieces, at = [], 0
    while at < len(data):
        length = dice.randint(1, max(1, min(len(data) - at, dice.choice([3, 40, 700]))))
        over = dice.choice([0, 0, 5])
        pieces.append((at, data[at:at + length + over]))
        at += length
    pieces += [piece for piece in pieces if dice.random() < 0.1]
    if len(pieces) < 100:  # what waits behind a hole is bounded
        dice.shuffle(pieces)
    return pieces


def recut(frame, dice):
    """The frames instead of one: itself when it is no whole TCP segment with data over Ethernet and IPv4."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 6 or frame[20] & 0x3F or frame[21]:
        return [frame]
    tcp = 14 + 4 * (frame[14] & 15)
    end = 14 + struct.unpack(">H", frame[16:18])[0]
    start = tcp + 4 * (frame[tcp + 12] >> 4)
    if end > len(frame) or end - start < 2 or frame[tcp + 13] & 0x07:  # FIN, SYN, RST stay where they are
        return [frame]
    frames = []
    sequence = struct.unpack(">I", frame[tcp + 4:tcp + 8])[0]
    for offset, data in pieces_of(frame[start:end], dice):
        one = bytearray(frame[:start] + data)
        one[16:18] = struct.pack(">H", len(one) - 14)
        one[tcp + 4:tcp + 8] = struct.pack(">I", (sequence + offset) & 0xFFFFFFFF)
        frames.append(bytes(one))
    return frames


def rewrite(source, target, seed):
    dice, data = random.Random(seed), source.read_bytes()
    order, at = MAGIC.get(data[:4]), 24
    if not order or struct.unpack(order + "I", data[20:24])[0] != 1:
        return False
    with open(target, "wb") as file:
        file.write(data[:24])
        while at + 16 <= len(data):
            seconds, fraction, kept, sent = struct.unpack(order + "4I", data[at:at + 16])
            frame = data[at + 16:at + 16 + kept]
            for one in recut(frame, dice) if kept == sent else [frame]:
                length = sent if one is frame else len(one)
                file.write(struct.pack(order + "4I", seconds, fraction, len(one), length) + one)
            at += 16 + kept
    return True


def events(impound, path):
    run = subprocess.run([impound, "dump", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    rows = (json.loads(line) for line in run.stdout.splitlines())
    return sorted(json.dumps({name: value for name, value in row.items() if name not in NUMBERED}) for row in rows)


def captures(arguments):
    shared = os.environ.get("IMPOUND_SHARED")
    known = [ROOT / "fuzz/corpus/capture"]
    known += sorted(pathlib.Path(shared, "evidence").glob("captures*/")) if shared else []
    for path in map(pathlib.Path, arguments or known):
        yield from sorted(path.glob("*.pcap")) if path.is_dir() else [path]


def main(impound, *arguments):
    compared, differing = 0, []
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, "recut.pcap")
        for seed, path in enumerate(captures(arguments)):
            if not rewrite(path, target, seed):
                continue
            before, after = events(impound, path), events(impound, target)
            compared += len(before)
            if before != after:
                differing.append(path.name)
                for row in sorted(set(before) ^ set(after))[:4]:
                    print(path.name, "-" if row in before else "+", row[:400])
    print(f"{compared} events compared; {len(differing)} captures differ")
    return 1 if differing else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))

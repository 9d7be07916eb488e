#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bytes of a capture's connections as talks (lab.h): make_talk.py CAPTURE.pcap OUTPUT [N [PORT...]].

Writes the N-th connection (from 0) to one of the ports (445 and 139). For captures of a quiet wire: Ethernet and
IPv4, segments in order, nothing lost.
"""
import struct
import sys


def packets(path):
    with open(path, "rb") as file:
        order = "<" if file.read(24)[:1] in (b"\xd4", b"\x4d") else ">"
        while header := file.read(16):
            yield file.read(struct.unpack(order + "IIII", header)[2])


def segments(path):
    for frame in packets(path):
        if frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        start = 14 + 4 * (frame[14] & 15)
        end = 14 + struct.unpack(">H", frame[16:18])[0]
        ports = struct.unpack(">HH", frame[start:start + 4])
        data = frame[start + 4 * (frame[start + 12] >> 4):end]
        sequence = struct.unpack(">I", frame[start + 4:start + 8])[0]
        yield frame[26:30], frame[30:34], ports, sequence, data


def talks(path, servers):
    found, seen = {}, set()
    for source, target, ports, sequence, data in segments(path):
        is_server = ports[0] in servers
        if not data or not (is_server or ports[1] in servers):
            continue
        key = (target, source, ports[::-1]) if is_server else (source, target, ports)
        if (key, is_server, sequence) not in seen:
            seen.add((key, is_server, sequence))
            found.setdefault(key, []).append((is_server, data))
    return list(found.values())


def main(source, target, which="0", *ports):
    with open(target, "wb") as file:
        for is_server, data in talks(source, [int(port) for port in ports] or [445, 139])[int(which)]:
            file.write(bytes([is_server]) + len(data).to_bytes(3, "little") + data)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""Seeds of the EVTX targets, from the conformance cases and the damages of the writer.

    make_seeds.py FOLDER

writes FOLDER/evtx_chunk, evtx_record, evtx_image and evtx_log. What stands in corpus/ is the smallest part of it that
reaches as much code (fuzz_NAME -merge=1), and the inputs that once failed.
"""
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from evtxwriter import conformance, damage  # noqa: E402
from evtxwriter.evtxfile import CHUNK, CHUNK_HEADER, FILE_HEADER  # noqa: E402

LONGEST = 12_000


def chunks(log):
    for at in range(FILE_HEADER, len(log), CHUNK):
        chunk = log[at:at + CHUNK].rstrip(b"\0")
        if chunk.startswith(b"ElfChnk") and len(chunk) > CHUNK_HEADER:
            yield chunk


def first_record(chunk):
    length = struct.unpack_from("<I", chunk, CHUNK_HEADER + 4)[0]
    return chunk[CHUNK_HEADER:CHUNK_HEADER + length]


def records(chunk):
    at = CHUNK_HEADER
    while chunk[at:at + 2] == b"**":
        length = struct.unpack_from("<I", chunk, at + 4)[0]
        yield chunk[at:at + length]
        at += max(length, 28)


def write(folder, name, data):
    if len(data) <= LONGEST:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def write_log(folder, name, log):
    for number, chunk in enumerate(chunks(log)):
        sealed = chunk[:116] + b"\1" + chunk[117:]
        write(folder / "evtx_chunk", f"{name}-{number}", sealed)
        write(folder / "evtx_record", f"{name}-{number}", first_record(chunk))
        write(folder / "evtx_image", f"{name}-{number}", b"\x40" + b"abc" + chunk)
        lone = b"".join(b"between" + record for record in records(chunk))
        write(folder / "evtx_image", f"{name}-{number}-lone", b"\x80" + lone)
    write(folder / "evtx_log", name, log.rstrip(b"\0"))


def main(folder):
    for name in conformance.CASES:
        write_log(folder, name, conformance.build(name).bytes())
    sound = conformance.build("chunk-filled").bytes()
    for name in damage.KINDS:
        try:
            write_log(folder, f"damage-{name}", damage.damage(name, sound, 1)[0])
        except (IndexError, ValueError):        # needs more than one record
            continue


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

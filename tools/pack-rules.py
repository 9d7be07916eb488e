#!/usr/bin/env python3
"""The rules below a folder as one pack: pack-rules.py FOLDER PACK DEPFILE.

For each file, by path: the path's length and the text's length (4 bytes each, little-endian), then
path and text. Samples and other files are left out. DEPFILE tells the build which files went in.
"""
import pathlib
import struct
import sys


def main(folder, pack, depfile):
    root = pathlib.Path(folder)
    paths = sorted(path for path in root.rglob("*.yml") if path.is_file())
    with open(pack, "wb") as out:
        for path in paths:
            name = path.relative_to(root).as_posix().encode()
            text = path.read_bytes()
            out.write(struct.pack("<II", len(name), len(text)) + name + text)
    folders = [root] + sorted(path for path in root.rglob("*") if path.is_dir())
    with open(depfile, "w", encoding="utf-8") as out:
        out.write(pack + ": " + " ".join(str(path) for path in paths + folders) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])

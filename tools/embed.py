#!/usr/bin/env python3
"""A file as a C array: embed.py NAME INPUT OUTPUT.

The output defines `const unsigned char NAME[]` (with a NUL behind it that is not counted) and
`const size_t NAME_length`.
"""
import sys


def main(name, source, target):
    with open(source, "rb") as file:
        data = file.read()
    lines = []
    for start in range(0, len(data) + 1, 20):
        lines.append("    " + ", ".join(str(byte) for byte in (data + b"\0")[start:start + 20]) + ",")
    with open(target, "w", encoding="ascii") as file:
        file.write("#include <stddef.h>\n\n")
        file.write(f"extern const unsigned char {name}[];\nextern const size_t {name}_length;\n\n")
        file.write(f"const size_t {name}_length = {len(data)};\n")
        file.write(f"const unsigned char {name}[] = {{\n")
        file.write("\n".join(lines) + "\n};\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])

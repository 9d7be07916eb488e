#!/usr/bin/env python3
"""Files, one behind the other, as a C array: embed.py [--sha256] NAME INPUT... OUTPUT.

The output defines `const unsigned char NAME[]` (with a NUL behind it that is not counted) and
`const size_t NAME_length`; with --sha256 also `const char NAME_sha256[]`, in base64.
"""
import base64
import hashlib
import pathlib
import sys


def main(name, *sources, target, has_hash):
    data = b"".join(pathlib.Path(source).read_bytes() for source in sources)
    lines = []
    for start in range(0, len(data) + 1, 20):
        lines.append("    " + ", ".join(str(byte) for byte in (data + b"\0")[start:start + 20]) + ",")
    with open(target, "w", encoding="ascii") as file:
        file.write("#include <stddef.h>\n\n")
        file.write(f"extern const unsigned char {name}[];\nextern const size_t {name}_length;\n\n")
        file.write(f"const size_t {name}_length = {len(data)};\n")
        file.write(f"const unsigned char {name}[] = {{\n")
        file.write("\n".join(lines) + "\n};\n")
        if has_hash:
            digest = base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")
            file.write(f'extern const char {name}_sha256[];\n')
            file.write(f'const char {name}_sha256[] = "{digest}";\n')


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--sha256"]
    if len(words) < 3:
        sys.exit(__doc__)
    main(*words[:-1], target=words[-1], has_hash=len(words) + 1 < len(sys.argv))

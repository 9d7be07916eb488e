#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A table of numbers and names as C: make-codes.py NAME INPUT.csv OUTPUT.h.

The output holds `static const struct code NAME[]`, in the order of the numbers.
"""
import csv
import re
import sys

NAME = re.compile(r"[0-9A-Za-z_*-]+")


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row and not row[0].startswith("#")]
    if rows[0] != ["code", "name"]:
        sys.exit(f"{path}: unknown columns")
    codes = {}
    for row in rows[1:]:
        code = int(row[0], 16)
        if len(row) != 2 or code in codes or not NAME.fullmatch(row[1]):
            sys.exit(f"{path}: {row[0]}: two names, or no name")
        codes[code] = row[1]
    return codes


def main(name, source, target):
    codes = read(source)
    with open(target, "w", encoding="ascii") as file:
        file.write(f"static const struct code {name}[] = {{\n")
        for code in sorted(codes):
            file.write(f'    {{0x{code:08X}, "{codes[code]}"}},\n')
        file.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])

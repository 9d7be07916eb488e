#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each tool leaves and takes, as C: make-responses.py INPUT.csv OUTPUT.h."""
import csv
import sys

TAKES = {"": "TAKES_NOTHING", "accounts": "TAKES_ACCOUNTS", "host": "TAKES_HOST", "directory": "TAKES_DIRECTORY",
         "tickets": "TAKES_TICKETS"}
SERVES = {"": "false", "directory": "true"}


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(source, target):
    with open(source, encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    if [row["tool"] for row in rows] != sorted({row["tool"] for row in rows}):
        sys.exit(f"{source}: not in order, or a tool twice")
    with open(target, "w", encoding="ascii") as file:
        file.write("static const struct tool_facts tool_facts[] = {\n")
        for row in rows:
            file.write(f'    {{{quoted(row["tool"])}, {SERVES[row["serves"]]}, {TAKES[row["takes"]]}, '
                       f'{quoted(row["leaves"])}}},\n')
        file.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

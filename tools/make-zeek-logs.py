#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fields of Zeek's logs as C: make-zeek-logs.py INPUT.csv OUTPUT.h.

The output holds `static const struct zeek_field zeek_fields[]`, log by log in the order of the input.
"""
import csv
import json
import sys

TYPES = {"string", "status", "count", "bool", "time", "interval", "list", "intervals"}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    if rows[0] != ["log", "field", "type", "default"]:
        sys.exit(f"{path}: unknown columns")
    seen = set()
    for log, field, kind, _ in rows[1:]:
        if kind not in TYPES or (log, field) in seen:
            sys.exit(f"{path}: {log} {field}: twice, or of no known type")
        seen.add((log, field))
    return sorted(rows[1:], key=lambda row: row[0])


def main(source, target):
    with open(target, "w", encoding="ascii") as file:
        file.write("static const struct zeek_field zeek_fields[] = {\n")
        for log, field, kind, default in read(source):
            file.write(f'    {{"{log}", "{field}", ZEEK_{kind.upper()}, {json.dumps(default)}}},\n')
        file.write("};\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

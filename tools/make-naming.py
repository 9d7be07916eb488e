#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""data/ecs-fields.csv to the C tables of src/readers/text/naming_table.h."""
import csv
import sys

HOWS = {"": "ITEM", "time": "TIME", "hex": "HEX", "quoted": "QUOTED", "filled": "FILLED", "drop": "DROP"}


def fail(line, text):
    sys.exit(f"{sys.argv[1]}:{line}: {text}")


def c_text(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if text else "NULL"


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [(file_line, row) for file_line, row in enumerate(csv.reader(file), 1)
                if row and not row[0].startswith("#")]
    if rows[0][1] != ["exporter", "theirs", "ours", "how", "where"]:
        fail(1, "unknown columns")
    for line, row in rows[1:]:
        if len(row) != 5:
            fail(line, "not five columns")
    return rows[1:]


class Tables:
    def __init__(self):
        self.exporters, self.lists, self.wheres = [], [], []
        self.keys, self.signs, self.rows, self.prefixes, self.words = [], [], [], [], []

    @staticmethod
    def number(values, value):
        if value not in values:
            values.append(value)
        return values.index(value)

    def add(self, line, exporter, theirs, ours, how, where):
        if exporter.startswith("="):
            self.words.append((self.number(self.lists, exporter[1:]), theirs, ours))
        elif how == "sign":
            self.signs.append((self.number(self.exporters, exporter), theirs.split(), where == "tree"))
        else:
            self.add_row(line, self.number(self.exporters, exporter), theirs, ours, how, where)

    def add_row(self, line, exporter, theirs, ours, how, where):
        text, words = "", 0
        if how.startswith(("join ", "const ")):
            how, text = how.split(" ", 1)
            how = how.upper()
        elif how in HOWS:
            how = HOWS[how]
        else:
            how, words = "WORDS", how
        where = self.number(self.wheres, where) + 1 if where else 0
        row = (theirs.removesuffix("*"), exporter, ours, how, text, words, where, line)
        (self.prefixes if theirs.endswith("*") else self.rows).append(row)

    def finish(self):
        self.keys = sorted({key for _, keys, _ in self.signs for key in keys})
        if len(self.keys) > 64:
            sys.exit("more than 64 keys in the signs")
        self.rows.sort(key=lambda row: (row[0].encode(), row[1]))
        self.words.sort(key=lambda row: (row[0], row[1].encode()))


def emit_rows(name, rows, lists, out):
    out.append(f"const struct naming_row {name}[] = {{")
    for theirs, exporter, ours, how, text, words, where, line in rows:
        if words and words not in lists:
            fail(line, f"no such list of words: {words}")
        number = lists.index(words) if words else 0
        out.append(f"    {{{c_text(theirs)}, {c_text(ours)}, {c_text(text)}, NAMING_{how}, "
                   f"{exporter}, {number}, {where}, {line}}},")
    out += ["};", f"const size_t {name}_count = COUNT_OF({name});"]


def emit_wheres(wheres, out):
    out += ["const struct naming_where naming_wheres[] = {", "    {NULL, {0}},"]
    for where in wheres:
        words = where.split()
        ids = [word for word in words if word.isdigit()]
        provider = " ".join(word for word in words if not word.isdigit())
        out.append(f"    {{{c_text(provider)}, {{{', '.join(ids) or '0'}}}}},")
    out.append("};")


def emit(tables):
    out = ["/* Made by tools/make-naming.py from data/ecs-fields.csv. */",
           '#include "readers/text/naming_table.h"', ""]
    emit_rows("naming_rows", tables.rows, tables.lists, out)
    emit_rows("naming_prefixes", tables.prefixes, tables.lists, out)
    emit_wheres(tables.wheres, out)
    out.append("const char *const naming_keys[] = {")
    out += [f"    {c_text(key)}," for key in tables.keys]
    out += ["};", "const size_t naming_keys_count = COUNT_OF(naming_keys);",
            "const struct naming_sign naming_signs[] = {"]
    for exporter, keys, has_tree in tables.signs:
        mask = sum(1 << tables.keys.index(key) for key in set(keys))
        out.append(f"    {{UINT64_C({mask:#x}), {exporter}, {str(has_tree).lower()}}},")
    out += ["};", "const size_t naming_signs_count = COUNT_OF(naming_signs);",
            "const struct naming_word naming_words[] = {"]
    out += [f"    {{{number}, {c_text(word)}, {c_text(means)}}}," for number, word, means in tables.words]
    out += ["};", "const size_t naming_words_count = COUNT_OF(naming_words);"]
    return "\n".join(out) + "\n"


def main():
    tables = Tables()
    for line, row in read(sys.argv[1]):
        tables.add(line, *row)
    tables.finish()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(emit(tables))


main()

#!/usr/bin/env python3
"""Makes data/grams.txt: the most frequent runs of four characters in values of event logs.

    impound dump LOGS... | tools/make-grams.py > data/grams.txt

Each different value counts once, so that a log which repeats itself does not weigh more. A line is
a level and the four characters: level 7 means about one place in 2**7.
"""
import collections
import json
import math
import re
import sys

KEPT = 1500
TIME = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d")


def texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        # Times and their dates are those of the samples.
        if not TIME.match(value.lower()):
            yield value.lower()


def main():
    values = set()
    for line in sys.stdin:
        try:
            values.update(texts(json.loads(line)))
        except ValueError:
            continue
    grams = collections.Counter()
    for value in values:
        value = value[:4000]
        grams.update(value[at:at + 4] for at in range(len(value) - 3))
    total = sum(grams.values())
    kept = [(count, gram) for gram, count in grams.items() if gram.isascii() and gram.isprintable()]
    kept.sort(key=lambda pair: (-pair[0], pair[1]))
    for count, gram in kept[:KEPT]:
        print(f"{round(-math.log2(count / total)):2} {gram}")


if __name__ == "__main__":
    main()

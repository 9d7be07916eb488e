#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each of SigmaHQ's rules for Zeek loads and fires on its sample: rules.py IMPOUND

The rules are looked for in $IMPOUND_SHARED/sigma; without them the test is skipped (77). A sample
is samples/RULE.jsonl, one event a line, with the name of the rule's file.
"""
import json
import os
import pathlib
import subprocess
import sys

SAMPLES = pathlib.Path(__file__).resolve().parent / "samples"


def fires(impound, rule, sample):
    """Why it does not fire, or None."""
    run = subprocess.run([impound, "scan", "-r", str(rule), "-t", "jsonl", str(sample)],
                         capture_output=True, text=True, check=False)
    try:
        findings = [json.loads(line) for line in run.stdout.splitlines()]
    except ValueError:
        return "findings that are no JSON: " + run.stdout[:200]
    return None if findings else (run.stderr.strip() or "no finding")[-300:]


def main(impound):
    rules = pathlib.Path(os.environ.get("IMPOUND_SHARED", ".")) / "sigma/rules/network/zeek"
    paths = sorted(rules.glob("*.yml"))
    if not paths:
        print("no rules")
        return 77
    failed = 0
    for rule in paths:
        sample = SAMPLES / (rule.stem + ".jsonl")
        reason = fires(impound, rule, sample) if sample.exists() else "no sample"
        if reason:
            failed += 1
            print(f"{rule.name}: {reason}")
    print(f"{len(paths)} rules, {failed} do not fire")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))

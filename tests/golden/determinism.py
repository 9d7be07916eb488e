#!/usr/bin/env python3
"""The same bytes for any number of threads, but for what lab.py masks: determinism.py IMPOUND."""
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import lab

THREADS = ["1", "2", "7"]


def make_evidence(folder):
    """Logs in many chunks, exports, a zip of them, a log that is damaged: more than seven batches of each."""
    lab.make_logs("intrusion", folder / "logs", "--records-per-chunk", "2")
    lab.make_logs("benign", folder / "logs" / "benign", "--records-per-chunk", "3")
    for form in ["winlogbeat", "evtx-dump", "wevtutil-xml"]:
        lab.make("export-as", form, lab.SAMPLES / "intrusion" / "files1-security.jsonl",
                 folder / "logs" / form)
    lab.make("damage", "random-bytes", folder / "logs" / "dc1-security.evtx",
             folder / "logs" / "damaged.evtx")
    with zipfile.ZipFile(folder / "logs" / "all.zip", "w") as packed:
        for log in sorted((folder / "logs").glob("*.evtx")):
            packed.write(log, log.name)


def main():
    impound = str(pathlib.Path(sys.argv[1]).resolve())
    commands = [
        ["scan", "-t", "jsonl"], ["scan", "-t", "json"], ["scan", "-t", "csv"],
        ["scan", "-t", "table", "--carve"], ["scan", "-t", "jsonl", "--hash", "none", "-m", "high"],
        ["dump"], ["dump", "-t", "xml", "--carve"],
        ["search", "lab"], ["search", "-e", "w[a-z]+ ", "-t", "table"],
        ["summary"], ["summary", "-t", "table"], ["fields"], ["fields", "-t", "table", "--all"],
    ]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_evidence(folder)
        for command in commands:
            outputs = []
            for threads in THREADS:
                ran = subprocess.run([impound, *command, "--threads", threads, "logs"], cwd=folder,
                                     env=lab.environment(folder, impound), capture_output=True)
                output = ran.stdout + ran.stderr + b"exit %d" % ran.returncode
                outputs.append(lab.masked(output.decode("utf-8", "surrogateescape")))
            same = outputs.count(outputs[0]) == len(outputs)
            failed += not same
            print("same " if same else "DIFFERS", len(outputs[0]), *command)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

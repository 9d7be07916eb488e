#!/usr/bin/env python3
"""The same bytes for any number of threads, but for what lab.py masks: determinism.py IMPOUND."""
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import lab

THREADS = ["1", "2", "7"]


def make_evidence(folder):
    """Logs in many chunks, exports, captures, archives of the logs, a log that is damaged: more than seven batches."""
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
    with tarfile.open(folder / "logs" / "all.tar.gz", "w:gz") as packed:
        packed.add(folder / "logs" / "benign", "benign")
    for capture in sorted((lab.ROOT / "fuzz" / "corpus" / "capture").glob("*.pcap*")):
        shutil.copy(capture, folder / "logs")


def kinds_missing(output):
    """What the first scan must show, or the comparison proves little."""
    rows = [json.loads(line) for line in output.split(b"\n") if line.startswith(b"{")]
    findings = [row for row in rows if row["kind"] == "finding"]
    shown = {
        "a correlation's finding": any(len(row["events"]) > 1 for row in findings),
        "a finding in a zip": any("all.zip!/" in row["origin"]["path"] for row in findings),
        "events of a tar.gz": any("all.tar.gz!/" in row["path"] and row["records"]["read"]
                                  for row in rows if row["kind"] == "evidence"),
        "a finding in a capture": any(row["origin"].get("flow") for row in findings),
        "damage": any(row["records"]["damaged"] for row in rows if row["kind"] == "evidence"),
    }
    return [what for what, is_there in shown.items() if not is_there]


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
                if command == commands[0] and kinds_missing(ran.stdout):
                    print("not shown:", *kinds_missing(ran.stdout))
                    failed += 1
                outputs.append(lab.masked(output.decode("utf-8", "surrogateescape")))
            same = outputs.count(outputs[0]) == len(outputs)
            failed += not same
            print("same " if same else "DIFFERS", len(outputs[0]), *command)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

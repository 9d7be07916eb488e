"""`impound dump --as zeek` writes Zeek's fields with Zeek's types, in Zeek's order: logs.py IMPOUND

What Zeek has is in data/zeek-logs.csv. Looks at the captures of the project, and at those of
IMPOUND_SHARED when it is set.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURES = ["fuzz/corpus/capture", "tests/samples"]
# Logs of ours, which are written whole.
OWN = {"dce_rpc_bind", "smb_session", "tds"}

TYPES = {
    "string": lambda value: isinstance(value, str),
    "status": lambda value: isinstance(value, str) and not value.startswith("STATUS_"),
    "count": lambda value: type(value) is int and value >= 0,
    "bool": lambda value: isinstance(value, bool),
    "time": lambda value: type(value) is float,
    "interval": lambda value: type(value) is float and value >= 0,
    "list": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "intervals": lambda value: isinstance(value, list) and all(isinstance(item, float) for item in value),
}


def fields_of_zeek():
    with open(ROOT / "data/zeek-logs.csv", encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        logs = {}
        for row in rows:
            logs.setdefault(row["log"], {})[row["field"]] = (row["type"], row["default"])
    return logs


def captures():
    folders = [ROOT / name for name in CAPTURES]
    if shared := os.environ.get("IMPOUND_SHARED"):
        folders.append(pathlib.Path(shared) / "evidence/captures")
    return [str(path) for folder in folders for path in sorted(folder.rglob("*.pcap*"))]


def fault_of(event, fields):
    """What is wrong with an event of one of Zeek's logs, or None."""
    names = [name for name in event if name != "_path"]
    if names != [name for name in fields if name in event]:
        return "other fields, or in another order"
    for name in names:
        if not TYPES[fields[name][0]](event[name]):
            return f"{name} is {event[name]!r}"
    missing = [name for name in fields if fields[name][1] and name not in event]
    return f"no {missing}" if missing else None


def main(impound):
    logs = fields_of_zeek()
    text = subprocess.run([impound, "dump", "-q", "--as", "zeek", *captures()], capture_output=True,
                          text=True, check=True).stdout
    counts, faults = {}, set()
    for line in text.splitlines():
        event = json.loads(line)
        log = event["_path"]
        counts[log] = counts.get(log, 0) + 1
        fault = fault_of(event, logs[log]) if log in logs else None if log in OWN else "unknown log"
        if fault:
            faults.add((log, fault))
    for log, fault in sorted(faults):
        print(f"{log}: {fault}")
    print(", ".join(f"{log} {count}" for log, count in sorted(counts.items())))
    return 1 if faults or not {"conn", "dce_rpc", "smb_files", "ntlm", "kerberos"} <= set(counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One log exported every way gives the same events, but for what each exporter leaves out or changes."""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))
from evtxwriter import exporters  # noqa: E402

# What no flat export has, and what each lacks. Everything else has to be there with the same value.
RARE = {"Provider_EventSourceName", "Qualifiers", "EventData", "UserData", "EventData_Name"}
SYSTEM = {"Provider_Guid", "Version", "Level", "Task", "Opcode", "Keywords", "Execution_ProcessID",
          "Execution_ThreadID", "Security_UserID", "Correlation_ActivityID"}
LOST = {
    "hayabusa-json": RARE | SYSTEM,
    "hayabusa-jsonl": RARE | SYSTEM,
    "winlogbeat": RARE | {"Level", "Task", "Opcode", "Keywords", "Version"},
    "winlogbeat-ecs": RARE | {"Level", "Task", "Opcode", "Keywords", "Version", "UtcTime", "RuleName"},
    "nxlog": RARE | {"Level", "EventType", "ProcessID"},
    "nxlog5": RARE | {"Level", "EventType"},
    "mordor": RARE | {"Level", "ProcessID"},
    "mordor-flat": RARE | (SYSTEM - {"Level", "Task", "Keywords", "Provider_Guid"}) | {"EventRecordID"},
    "velociraptor": RARE - {"Qualifiers", "Provider_EventSourceName"},
    "velociraptor-old": RARE - {"Qualifiers", "Provider_EventSourceName"},
    "velociraptor-hunter": RARE | SYSTEM - {"Security_UserID"},
}


def fields(program, path):
    run = subprocess.run([program, path], capture_output=True, check=False)
    if run.returncode:
        sys.exit(run.stderr.decode())
    out = []
    for line in run.stdout.splitlines():
        event = {}
        for name, value in json.loads(line):
            event.setdefault(name, []).append(value)
        out.append(event)
    return out


def same(name, ours, theirs):
    """Equal but for letters' case, a GUID's braces, a list of one, and a time's last digits."""
    if isinstance(ours, list):
        full = [item for item in ours if item]
        theirs = theirs if isinstance(theirs, list) else [theirs]
        return [item for item in theirs if item] == full
    ours, theirs = ours.lower(), str(theirs).lower()
    if name in ("#time", "TimeCreated"):
        return abs(fraction(ours) - fraction(theirs)) < 1 and ours[:18] == theirs[:18]
    return ours.strip("{}") == theirs.strip("{}")


def fraction(time):
    return float(time[17:].rstrip("z") or 0)


def compare(name, log, export):
    lost = LOST.get(name, set())
    faults = [] if len(log) == len(export) else [f"{len(export)} events of {len(log)}"]
    for number, (ours, theirs) in enumerate(zip(log, export)):
        for field, values in ours.items():
            if field in lost or not any(values):
                continue
            if name in LOST:
                good = any(same(field, value, other) for value in values for other in theirs.get(field, []))
            else:
                good = values == theirs.get(field)
            if not good:
                faults.append(f"event {number}: {field} is {theirs.get(field)} instead of {values}")
    return faults


def main():
    program = sys.argv[1]
    log = [json.loads(line) for path in sorted((ROOT / "tests/samples").glob("*/*.jsonl"))
           for line in path.read_text(encoding="utf-8").splitlines()]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        path.write_bytes(exporters.export("evtx-dump", log))
        wanted = fields(program, path)
        for name in exporters.FORMATS:
            path.write_bytes(exporters.export(name, log))
            faults = compare(name, wanted, fields(program, path))
            print(f"{name}: {len(wanted)} events, {len(faults)} differences")
            for fault in faults[:5]:
                print("   ", fault)
            failed = failed or bool(faults)
    sys.exit(1 if failed or not wanted else 0)


main()

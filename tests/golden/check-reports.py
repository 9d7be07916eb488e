#!/usr/bin/env python3
"""What a folder of reports must have in common, by the formats' own words: check-reports.py FOLDER."""
import csv
import datetime
import json
import pathlib
import sys

FOLDER = pathlib.Path(sys.argv[1])


def lines(name):
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


contract = lines("findings.jsonl")
findings = {row["id"] for row in contract if row["kind"] == "finding"}
cases = {row["id"]: row for row in contract if row["kind"] == "case"}
steps = [step for case in cases.values() for step in case["steps"]]


def timesketch():
    """The three columns that the import wants, and each finding and step once."""
    with open(FOLDER / "timesketch.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    objects = lines("timesketch.jsonl")
    assert len(rows) == len(objects) == len(findings) + len(steps)
    for row, other in zip(rows, objects):
        moment = datetime.datetime.fromisoformat(row["datetime"])
        assert row["message"] and row["timestamp_desc"]
        assert round(moment.timestamp() * 1e6) == int(row["timestamp"]) == other["timestamp"]
        assert isinstance(other["tag"], list) and ",".join(other["tag"]) == row["tag"]
    assert {row["finding_id"] for row in objects if row["kind"] == "finding"} == findings
    assert {row["case_id"] for row in objects if row["kind"] == "step"} == set(cases)


def ecs():
    """Fields of ECS 8.11 in the types that it gives them."""
    rows = lines("ecs.jsonl")
    allowed = {"@timestamp", "ecs", "message", "event", "rule", "host", "user", "source", "network", "log",
               "threat", "related", "impound"}
    for row in rows:
        assert set(row) <= allowed and row["ecs"]["version"] == "8.11.0"
        assert row["event"]["kind"] == "alert" and isinstance(row["event"]["category"], list)
        assert all("." not in name for name in row.get("threat", {}).get("technique", {}).get("id", []))
    assert {row["event"]["id"] for row in rows} == findings | set(cases)


for check in [timesketch, ecs]:
    check()
    print(check.__name__, "holds")

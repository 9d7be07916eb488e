#!/usr/bin/env python3
"""What a folder of reports must have in common, by the formats' own words: check-reports.py FOLDER."""
import collections
import csv
import datetime
import json
import pathlib
import sys
import uuid

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


def ocsf():
    """What the Detection Finding of OCSF 1.3.0 requires, and its numbers."""
    rows = lines("ocsf.jsonl")
    for row in rows:
        assert row["metadata"]["version"] == "1.3.0" and row["metadata"]["product"]["vendor_name"]
        assert row["type_uid"] == row["class_uid"] * 100 + row["activity_id"] == 200401
        assert row["category_uid"] == 2 and row["severity_id"] in range(1, 7) and isinstance(row["time"], int)
        assert row["finding_info"]["title"]
        for seen in row["observables"]:
            assert seen["type_id"] in (1, 2, 4) and seen["value"]
    assert {row["finding_info"]["uid"] for row in rows} == findings | set(cases)


def navigator():
    """Layer 4.5; each technique of the cases once, its score the number of steps."""
    layer = json.loads((FOLDER / "navigator.json").read_text(encoding="utf-8"))
    assert layer["versions"]["layer"] == "4.5" and layer["domain"] == "enterprise-attack"
    shown = collections.Counter(name for step in steps for name in step["attack"])
    assert {row["techniqueID"]: row["score"] for row in layer["techniques"]} == dict(shown)
    assert len(layer["techniques"]) == len(shown)


def indicators():
    """Sorted lines of a kind and a value, each once; the accounts and addresses of all cases among them."""
    rows = (FOLDER / "indicators.txt").read_text(encoding="utf-8").splitlines()
    assert rows == sorted(set(rows), key=str.encode) and all(row.count("\t") == 1 for row in rows)
    for case in cases.values():
        assert {f"account\t{name}" for name in case["accounts"]} <= set(rows)
        assert all(f"{kind}\t{name}" in rows for name in case["sources"]
                   for kind in ["address" if name[0].isdigit() else "host"])


def refs_of(thing):
    """All ids that an object refers to."""
    if isinstance(thing, dict):
        for name, value in thing.items():
            if name.endswith("_ref"):
                yield value
            elif name.endswith("_refs"):
                yield from value
            else:
                yield from refs_of(value)


def stix():
    """A bundle in which every id is there once and follows from a name, and every reference leads somewhere."""
    bundle = json.loads((FOLDER / "stix.json").read_text(encoding="utf-8"))
    objects = {row["id"]: row for row in bundle["objects"]}
    assert len(objects) == len(bundle["objects"])
    space = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
    for name, row in objects.items():
        kind, _, number = name.partition("--")
        assert row["type"] == kind and row["spec_version"] == "2.1" and uuid.UUID(number).version == 5
        assert all(ref in objects for ref in refs_of(row))
        if kind == "ipv4-addr":
            assert uuid.UUID(number) == uuid.uuid5(space, '{"value":"%s"}' % row["value"])
    groupings = [row for row in objects.values() if row["type"] == "grouping"]
    assert {row["name"] for row in groupings} == {case["title"] for case in cases.values()}
    assert sum(row["type"] == "sighting" for row in objects.values()) == len(steps)
    shown = {row["name"] for row in objects.values() if row["type"] == "attack-pattern"}
    assert shown == {name for case in cases.values() for name in case["attack"]}


def stix_consumer():
    """The OASIS library and validator (pip install stix2 stix2-validator)."""
    try:
        import stix2
        import stix2validator
    except ImportError:
        print("stix2 and stix2-validator are not installed: they were not tried", file=sys.stderr)
        return
    stix2.parse((FOLDER / "stix.json").read_text(encoding="utf-8"), allow_custom=False)
    results = stix2validator.validate_file(str(FOLDER / "stix.json"))
    assert results.is_valid


def ocsf_consumer():
    """The models of a library that reads OCSF (pip install py-ocsf-models)."""
    try:
        from py_ocsf_models.events.findings.detection_finding import DetectionFinding
    except ImportError:
        print("py-ocsf-models is not installed: its models were not tried", file=sys.stderr)
        return
    for row in lines("ocsf.jsonl"):
        DetectionFinding(**row)


for check in [timesketch, ecs, ocsf, navigator, stix, indicators]:
    check()
    print(check.__name__, "holds")
ocsf_consumer()
stix_consumer()

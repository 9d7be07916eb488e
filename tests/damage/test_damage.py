# SPDX-License-Identifier: Apache-2.0
"""Damaged logs: what is intact comes back once and unchanged, and what is lost is said.

    test_damage.py IMPOUND [KIND ...]

Each kind of damage that the writer knows is done with several seeds. IMPOUND_SHARED, when it is set, names the
folder with a real log and its own program for damaging it; the counts of whole records are compared as well.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from evtxwriter import damage, events  # noqa: E402

SEEDS = range(6)
SECONDS = 20
EXIT_INCOMPLETE = 4
WHOLE_LOG_STALE = 1             # evidence/damaged/README.md; it stands in the third chunk
IMPOUND = None


def event(number, **payload):
    return {"Event": {"#attributes": {"xmlns": events.EVENT_NS}, "System": {
        "Provider": {"#attributes": {"Name": f"Lab-{number % 2}"}}, "EventID": 100 + number % 5, "Version": 0,
        "Level": 4, "Task": 1, "Opcode": 0, "Keywords": "0x8000000000000000",
        "TimeCreated": {"#attributes": {"SystemTime": f"2026-03-02T09:{number % 60:02}:00.0000000Z"}},
        "EventRecordID": number, "Correlation": None,
        "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}}, "Channel": "Lab",
        "Computer": "host1.lab.example", "Security": None}, **payload}}


def sound_log():
    """Five chunks of sixteen records of three shapes, so that most records need a template of another."""
    shapes = [lambda n: {"EventData": {"Text": f"record {n}", "Kind": n % 3, "LogonId": f"0x{n:x}"}},
              lambda n: {"EventData": {"Data": {"#text": [f"first {n}", "second"]}}},
              lambda n: {"UserData": {"Log": {"Channel": "Lab", "Path": f"C:\\{n}.evtx"}}}]
    sample = [event(number, **shapes[number % 3](number)) for number in range(1, 81)]
    return events.build_log(sample, records_per_chunk=16).bytes()


class Answer:
    """What impound says of a file: records by id, how often each came, what it warns of."""

    def __init__(self, path, *options):
        run = subprocess.run([IMPOUND, "dump", "--strict", *options, path], capture_output=True, timeout=SECONDS,
                             check=False)
        self.status, self.warnings = run.returncode, run.stderr.decode()
        self.records, self.count, self.nameless = {}, collections.Counter(), 0
        for line in run.stdout.decode().split("\n"):
            if line:
                self.add(line)

    def add(self, line):
        try:
            number = int(json.loads(line)["Event"]["System"]["EventRecordID"])
        except (KeyError, TypeError, ValueError):
            self.nameless += 1
            return
        self.records[number] = line
        self.count[number] += 1

    @property
    def total(self):
        return sum(self.count.values()) + self.nameless


class Written(unittest.TestCase):
    """One test a kind, added below."""

    @classmethod
    def setUpClass(cls):
        cls.sound = sound_log()
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name) / "log.evtx"
        cls.path.write_bytes(cls.sound)
        whole = Answer(cls.path)
        assert whole.status == 0 and sorted(whole.records) == list(range(1, 81)) and not whole.warnings, whole.warnings
        cls.lines = whole.records

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check(self, name, seed):
        data, account = damage.damage(name, self.sound, seed)
        self.path.write_bytes(data)
        live, carved = Answer(self.path), Answer(self.path, "--carve")
        for answer in (live, carved):
            self.assertIn(answer.status, (0, EXIT_INCOMPLETE))
            self.assertEqual([number for number, count in answer.count.items() if count > 1], [], "given twice")
        self.check_records(name, account, live, carved)
        if not account["hostile"]:
            loss = self.live_loss(name, account)
            for answer in (live, carved):
                self.assertEqual(answer.status, EXIT_INCOMPLETE if loss else 0, (loss, answer.warnings))
        if live.status:
            self.assertTrue(live.warnings, "a loss that is not explained")

    def check_records(self, name, account, live, carved):
        added = set(account.get("added", []))
        if name == "deep-values":       # the record that was added has no id of its own
            self.assertGreaterEqual(live.nameless, len(added))
            added = set()
        intact = set(account["read"]) | added
        findable = intact | set(account["carved"]) | set(account["stale"])
        self.assertEqual(intact - set(live.records), set(), live.warnings)
        self.assertEqual(findable - set(carved.records), set(), carved.warnings)
        self.assertEqual(set(live.records) & set(account["stale"]), set(), "stale records are not live")
        for answer in (live, carved):
            for number in findable & set(answer.records) & set(self.lines):
                self.assertEqual(answer.records[number], self.lines[number])
        if name == "stale-overwritten":
            for number in set(account["orphaned"]) & set(carved.records):
                self.assertEqual(carved.records[number], self.lines[number], "read with another's template")

    @staticmethod
    def live_loss(name, account):
        """The live records that are not what they were, or that only a search finds."""
        if name == "raw-image":
            return []
        loss = account["lost"] + account["orphaned"] + account["doubtful"] + account["carved"]
        if name == "stale-overwritten":     # as in a log that went round: the oldest may be gone
            return [number for number in loss + account["stale"] if number > min(account["read"])]
        said = {"cut": ["the end of the last chunk"], "chunk-data-checksum": ["it may be right"]}
        return loss or said.get(name.removeprefix("open-"), [])


def add_test(name, about):
    def test(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.check(name, seed)
    test.__doc__ = about
    setattr(Written, "test_" + name.replace("-", "_"), test)


for _name, (_, _about) in damage.KINDS.items():
    add_test(_name, _about)


@unittest.skipUnless(os.environ.get("IMPOUND_SHARED"), "IMPOUND_SHARED is not set")
class Real(unittest.TestCase):
    """The real log, damaged by the program that comes with it."""

    def damaged(self, seed, folder):
        shared = pathlib.Path(os.environ["IMPOUND_SHARED"])
        run = subprocess.run([sys.executable, shared / "tools" / "damage.py",
                              shared / "evidence" / "damaged" / "whole.evtx", folder, str(seed)],
                             capture_output=True, check=True, text=True)
        return {name: int(count) for name, count in (line.split() for line in run.stdout.split("\n") if line)}

    def test_every_whole_record_comes_back(self):
        for seed in range(1, 6):
            with tempfile.TemporaryDirectory() as folder:
                for name, intact in self.damaged(seed, folder).items():
                    with self.subTest(name, seed=seed):
                        self.check(pathlib.Path(folder) / f"{name}.evtx", intact, WHOLE_LOG_STALE)

    def check(self, path, intact, stale):
        live, carved = Answer(path), Answer(path, "--carve")
        unseen = {"cut-half": 0, "chunk-magic-gone": 23 + stale}.get(path.stem, stale)
        self.assertEqual(carved.total, intact, carved.warnings)
        self.assertEqual(live.total, intact - unseen, live.warnings)
        twice = sum(count - 1 for count in carved.count.values())
        self.assertLessEqual(twice, stale, "the stale record has the id of a live one")
        is_whole = path.stem in ("whole", "header-lies")
        self.assertEqual([live.status, carved.status], [0 if is_whole else EXIT_INCOMPLETE] * 2, live.warnings)


if __name__ == "__main__":
    IMPOUND = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *(f"Written.test_{kind.replace('-', '_')}" for kind in sys.argv[2:])])

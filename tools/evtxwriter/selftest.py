# SPDX-License-Identifier: Apache-2.0
"""Proof that the writer writes what it says: `python3 tools/evtxwriter/selftest.py`.

Every log is read back by reader.py, which checks structure, offsets, buckets and checksums on its own; where
evtx_dump is installed (EVTX_DUMP names it, or it is on the path), it has to print the same JSON.
"""
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from evtxwriter import __main__ as command_line  # noqa: E402
from evtxwriter import (binxml, conformance, damage, events, evtxfile, exporters, reader, xmltree)  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLES = sorted((ROOT / "tests" / "samples").rglob("*.jsonl"))
EVTX_DUMP = os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump")


def evtx_dump(data):
    """What evtx_dump prints of a log, as objects; None when it is not installed."""
    return command_line.evtx_dump(EVTX_DUMP, data) if EVTX_DUMP else None


def event(record_id=1, system=None, **parts):
    head = {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing",
                                         "Guid": "{54849625-5478-4994-a5ba-3e3b0328c30d}"}},
            "EventID": 4624, "Version": 2, "Level": 0, "Task": 12544, "Opcode": 0, "Keywords": "0x8020000000000000",
            "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T09:00:00.0000001Z"}},
            "EventRecordID": record_id, "Correlation": None,
            "Execution": {"#attributes": {"ProcessID": 700, "ThreadID": 712}}, "Channel": "Security",
            "Computer": "files1.lab.example", "Security": None}
    head.update(system or {})
    head = {key: value for key, value in head.items() if value != "absent"}
    return {"Event": {"#attributes": {"xmlns": events.EVENT_NS}, "System": head, **parts}}


EVENTS = {
    "named data of every kind": event(EventData={
        "SubjectUserSid": "S-1-5-18", "SubjectLogonId": "0x3e7", "IpAddress": "-", "IpPort": "0", "KeyLength": 0,
        "Flag": True, "Id": "{0cce9226-69ae-11d9-bed3-505054503030}", "Big": 1 << 40, "Negative": -5, "Empty": "",
        "When": "2026-03-02T09:00:00.0000000Z", "Status": "0xC000006D", "Text": "a & b < c > \"d\" 'e'"}),
    "text beyond ASCII": event(EventData={"Über": "Łódź 東京 \U0001f600", "Tabs": "\ta\r\nb"}),
    "data of one name in a row": event(EventData={"A": ["1", "2", ""], "B": "x", "A_1": "y"}),
    "unnamed data": event(EventData={"Data": {"#text": "only one"}}),
    "unnamed data, a list": event(EventData={"Data": {"#text": ["one", "", "three"]}, "Binary": "00FF10"}),
    "unnamed data of other types": event(EventData={"Data": {"#text": [1, True, "x"]}}),
    "no data": event(EventData=None),
    "no EventData": event(),
    "EventData with a name": event(EventData={"#attributes": {"Name": "DNS_EVENT"}, "param1": "x"}),
    "UserData": event(UserData={"LogFileCleared": {"#attributes": {"xmlns": "http://manifests.example/eventlog"},
                                                   "SubjectUserName": "alice", "BackupPath": None}}),
    "UserData, nested": event(UserData={"Operation_ClientFailure": {
        "#attributes": {"xmlns": "http://manifests.example/wmi"}, "Inner": {"Id": "{a}", "Deep": {"Value": 3}},
        "Item": {"#attributes": {"Kind": "k", "Count": 2}, "#text": "t"}, "Item_1": "again", "Item_2": None}}),
    "UserData, several elements": event(UserData={"First": "1", "Second": {"Third": "3"}}),
    "UserData and RenderingInfo": event(UserData={"Only": {"Value": 1}}, RenderingInfo={
        "#attributes": {"Culture": "en-US"}, "Message": "text", "Keywords": {"Keyword": "Audit Success"}}),
    "EventData and RenderingInfo": event(EventData={"a": "b"}, RenderingInfo={"#attributes": {"Culture": "en-US"},
                                                                              "Level": "Information"}),
    "ProcessingErrorData": event(ProcessingErrorData={"ErrorCode": 15005, "DataItemName": "x",
                                                      "EventPayload": "00FF"}),
    "qualifiers": event(system={"EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 7045}}),
    "an old provider": event(system={"Provider": {"#attributes": {"Name": "PowerShell"}}, "Version": "absent",
                                     "Opcode": "absent", "Correlation": "absent", "Execution": "absent"}),
    "an exported log": event(system={"EventID": "4624", "Level": "0", "TimeCreated": {
        "#attributes": {"SystemTime": "2021-06-03T18:34:12.668300900Z"}}}),
    "identifiers": event(system={
        "Correlation": {"#attributes": {"ActivityID": "{38068009-512d-0000-1d80-06382d51d701}",
                                        "RelatedActivityID": "{38068009-512d-0000-1d80-06382d51d702}"}},
        "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8, "ProcessorID": 1, "SessionID": 2}},
        "Security": {"#attributes": {"UserID": "S-1-5-21-1-2-3-500"}}}),
}


class FromJsonl(unittest.TestCase):
    def check(self, sample, **options):
        data = events.build_log(sample, **options).bytes()
        records = reader.read_log(data)
        self.assertEqual([json.dumps(xmltree.to_json(record.tree)) for record in records],
                         [json.dumps(one) for one in sample])
        printed = evtx_dump(data)
        if printed is not None:
            self.assertEqual([json.dumps(one) for one in printed], [json.dumps(one) for one in sample])

    def test_every_shape_reads_back(self):
        for name, sample in EVENTS.items():
            for modern in (False, True):
                with self.subTest(name, modern=modern):
                    self.check([sample], modern=modern)

    def test_all_shapes_in_one_log(self):
        sample = [json.loads(json.dumps(one)) for one in EVENTS.values()]
        for number, one in enumerate(sample, 7):
            one["Event"]["System"]["EventRecordID"] = number
        self.check(sample)
        self.check(sample, records_per_chunk=5)

    def test_records_go_into_as_many_chunks_as_they_need(self):
        sample = [event(number, EventData={"Text": "x" * 2000}) for number in range(1, 60)]
        self.check(sample)
        log = events.build_log(sample)
        self.assertGreater(len(log.chunks), 3)
        self.assertGreater(len(log.chunks[0].bytes().rstrip(b"\0")), 60_000)

    def test_ids_that_do_not_rise_are_numbered(self):
        data = events.build_log([event(9), event(3)]).bytes()
        self.assertEqual([record.id for record in reader.read_log(data)], [1, 2])

    def test_the_same_events_give_the_same_bytes(self):
        sample = list(EVENTS.values())
        self.assertEqual(events.build_log(sample).bytes(), events.build_log(sample).bytes())

    def test_an_exported_log_has_every_value_as_text(self):
        def texts(value):
            if isinstance(value, dict):
                return {key: texts(item) for key, item in value.items()}
            if isinstance(value, list):
                return [texts(item) for item in value]
            return value if value is None or isinstance(value, str) else exporters.plain(value)
        for name, one in EVENTS.items():
            with self.subTest(name):
                wanted = texts(one)
                time = wanted["Event"]["System"]["TimeCreated"]["#attributes"]
                if len(time["SystemTime"]) == 28:
                    time["SystemTime"] = time["SystemTime"][:-1] + "00Z"
                data = events.build_log([one], exported=True).bytes()
                (record,) = reader.read_log(data)
                self.assertEqual(xmltree.to_json(record.tree), wanted)
                self.assertIn(evtx_dump(data), (None, [wanted]))

    def test_the_samples_read_back(self):
        for path in SAMPLES:
            with self.subTest(path.name):
                self.check(events.read_jsonl(path))


class Templates(unittest.TestCase):
    def test_a_template_and_a_name_are_written_once_in_a_chunk(self):
        sample = [event(number, EventData={"OnlyOnce": "x"}) for number in (1, 2, 3)]
        data = events.build_log(sample).bytes()
        for text in ("OnlyOnce", "EventRecordID"):
            self.assertEqual(data.count(text.encode("utf-16-le")), 1)
        chunk = reader.ChunkReader(data[4096:], 0)
        chunk.check_header()
        self.assertEqual(len(chunk.templates), 2)

    def test_a_record_that_does_not_fit_leaves_the_chunk_as_it_was(self):
        chunk = evtxfile.Chunk()
        chunk.add(1, 0, events.build_event(event(EventData={"a": "b"})))
        before = chunk.bytes()
        with self.assertRaises(evtxfile.ChunkFull):
            chunk.add(2, 0, events.build_event(event(EventData={"New": "x" * 32_700})))
        self.assertEqual(chunk.bytes(), before)

    def test_a_template_guid_depends_on_its_content_only(self):
        one, two = (binxml.Template(binxml.elem("A", name)) for name in ("x", "x"))
        self.assertEqual(one.guid, two.guid)
        self.assertNotEqual(one.guid, binxml.Template(binxml.elem("A", "y")).guid)


class Samples(unittest.TestCase):
    def test_the_stories_are_what_their_script_writes(self):
        spec = importlib.util.spec_from_file_location("make_samples", ROOT / "tests" / "samples" / "make.py")
        make = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make)
        with tempfile.TemporaryDirectory() as folder:
            make.main(pathlib.Path(folder))
            for path in SAMPLES:
                made = pathlib.Path(folder) / path.relative_to(ROOT / "tests" / "samples")
                self.assertEqual(made.read_bytes(), path.read_bytes(), path.name)


class Exports(unittest.TestCase):
    """Each format is read back by what is peculiar to it: as many events, the same ids, one field of each."""

    @classmethod
    def setUpClass(cls):
        cls.log = [one for path in SAMPLES if path.parent.name == "intrusion" for one in events.read_jsonl(path)]
        cls.facts = [exporters.Facts(one) for one in cls.log]

    def export(self, name):
        return exporters.export(name, self.log)

    def rows(self, name):
        return [json.loads(line) for line in self.export(name).decode().split("\n") if line]

    def same(self, found, wanted):
        self.assertEqual([str(one) for one in found], [str(one) for one in wanted])

    def test_every_format_gives_every_event(self):
        ids = [facts.event_id for facts in self.facts]
        for name, find in {
            "evtx-dump": lambda row: exporters.Facts(row).event_id,
            "hayabusa-jsonl": lambda row: row["EventID"],
            "winlogbeat": lambda row: row["winlog"]["event_id"], "winlogbeat-ecs": lambda row: row["event"]["code"],
            "nxlog": lambda row: row["EventID"], "nxlog5": lambda row: row["EventID"],
            "mordor": lambda row: row["EventID"], "mordor-flat": lambda row: row["EventID"],
            "velociraptor": lambda row: row["System"]["EventID"]["Value"],
            "velociraptor-old": lambda row: row["System"]["EventID"]["Value"],
            "velociraptor-hunter": lambda row: row["EventID"],
        }.items():
            with self.subTest(name):
                self.same(map(find, self.rows(name)), ids)

    def test_lists_and_concatenated_objects(self):
        self.assertEqual(json.loads(self.export("json-array")), self.log)
        self.assertEqual(len(json.loads(self.export("chainsaw-json"))), len(self.log))
        for name in ("json-concatenated", "hayabusa-json"):
            text, at, count = self.export(name).decode(), 0, 0
            while at < len(text):
                _, at = json.JSONDecoder().raw_decode(text, at)
                at += 1
                count += 1
            self.assertEqual(count, len(self.log), name)
        self.assertEqual(self.export("evtx-dump-json").count(b"Record "), len(self.log))

    def test_xml_says_the_same(self):
        ns = f"{{{events.EVENT_NS}}}"
        for name in ("splunk-xml", "wevtutil-xml", "wevtutil-xml-root", "wevtutil-xml-utf16", "eventviewer-xml"):
            data = self.export(name)
            text = data.decode("utf-16") if data.startswith(b"\xff\xfe") else data.decode("utf-8-sig")
            if "<Events>" not in text:
                text = f"<Events>{text}</Events>"
            found = xml.etree.ElementTree.fromstring(text.split("?>\r\n", 1)[-1] if text.startswith("<?") else text)
            self.same([one.find(f"{ns}System/{ns}EventID").text for one in found],
                      [facts.event_id for facts in self.facts])
            for one, facts in zip(found, self.facts):
                data = one.find(f"{ns}EventData")
                fields = {} if data is None else {item.get("Name"): item.text or "" for item in data
                                                  if item.get("Name")}
                wanted = {key: exporters.plain(value).replace("\r\n", "\n") for key, value in facts.data
                          if key != "Binary"}
                self.assertEqual(fields, wanted, name)

    def test_fields_move_as_the_exporter_moves_them(self):
        shells = [at for at, facts in enumerate(self.facts)
                  if facts.is_sysmon and facts.event_id == 1 and "ADMIN$" in str(facts.data)]
        self.assertTrue(shells)
        ecs, beat, nxlog = self.rows("winlogbeat-ecs"), self.rows("winlogbeat"), self.rows("nxlog")
        old = self.rows("velociraptor-old")
        for at in shells:
            data = dict(self.facts[at].data)
            self.assertEqual(beat[at]["winlog"]["event_data"]["CommandLine"], data["CommandLine"])
            self.assertEqual(ecs[at]["process"]["command_line"], data["CommandLine"])
            self.assertNotIn("CommandLine", ecs[at]["winlog"]["event_data"])
            self.assertEqual(nxlog[at]["CommandLine"], data["CommandLine"])
            self.assertEqual(old[at]["EventData"]["LogonId"], int(data["LogonId"], 16))


class Conformance(unittest.TestCase):
    def test_the_reader_agrees_with_the_model(self):
        for name in conformance.CASES:
            with self.subTest(name):
                made = conformance.build(name)
                found = [xmltree.to_json(record.tree) for record in reader.read_log(made.bytes(), made.data is None)]
                sides = [sorted(json.dumps(conformance.plain(one)) for one in side) for side in (found, made.expected)]
                self.assertEqual(*sides)

    @unittest.skipUnless(EVTX_DUMP, "evtx_dump is not installed")
    def test_evtx_dump_differs_only_where_it_is_known_to(self):
        cases = [conformance.build(name) for name in conformance.CASES]
        differing = {name for name, *_ in conformance.differences(cases, evtx_dump)}
        self.assertEqual(differing, set(conformance.DIFFERENCES))


class Damages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sample = [event(number, EventData={"Text": f"record {number}", "Kind": number % 3}) for number in range(1, 31)]
        cls.sound = events.build_log(sample, records_per_chunk=10).bytes()
        cls.records = {item.id: cls.sound[item.start:item.end] for item in damage.inventory(cls.sound)}

    def test_the_same_seed_gives_the_same_damage(self):
        for name in damage.KINDS:
            with self.subTest(name):
                self.assertEqual(damage.damage(name, self.sound, 7), damage.damage(name, self.sound, 7))

    def test_every_record_is_accounted_for_and_what_is_called_whole_is_whole(self):
        groups = "read carved orphaned stale doubtful lost".split()
        for name in damage.KINDS:
            for seed in range(3):
                with self.subTest(name, seed=seed):
                    data, account = damage.damage(name, self.sound, seed)
                    named = [one for group in groups for one in account[group]]
                    self.assertEqual(sorted(named), list(range(1, 31)))
                    if name != "bucket-loop":       # it changes links inside records, which no record needs
                        for one in sum((account[group] for group in groups[:4]), []):
                            self.assertIn(self.records[one], data)


class Times(unittest.TestCase):
    def test_filetime_is_text_and_back(self):
        for text in ("1601-01-01T00:00:00.0000000Z", "1999-12-31T23:59:59.9999999Z", "2000-02-29T12:00:00.0000001Z",
                     "2026-03-02T09:00:00.1234567Z", "9999-12-31T23:59:59.9999999Z"):
            self.assertEqual(binxml.filetime_text(events.filetime(text)), text)


if __name__ == "__main__":
    if not EVTX_DUMP:
        print("evtx_dump is not installed: only the writer's own reader is asked", file=sys.stderr)
    unittest.main()

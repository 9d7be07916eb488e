# SPDX-License-Identifier: Apache-2.0
"""Each clause of the format in a small log: the records and values that the writer's model says, as JSON and as XML.

    test_conformance.py IMPOUND TWINS [CASE ...]

TWINS compares the two ways in which records become JSON, over the same logs (twins.c). Where IMPOUND_SHARED names the
folder with real logs, they are compared too, and with what evtx_dump prints where it is installed (EVTX_DUMP may name
it).
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from evtxwriter import conformance, xmltree  # noqa: E402
from evtxwriter.binxml import Elem, Text  # noqa: E402

IMPOUND, TWINS = "", ""
SHARED = os.environ.get("IMPOUND_SHARED")
EVTX_DUMP = os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump")


def dump(path, *options):
    run = subprocess.run([IMPOUND, "dump", *options, path], capture_output=True, check=True)
    return run.stdout.decode().split("\n")[:-1]


def in_order(records):
    """Chunks may stand in any order in a file, which is the order of dump; the model's is that of the ids."""
    def number(record):
        return int(record.get("Event", {}).get("System", {}).get("EventRecordID") or 0)
    return sorted(records, key=number)


def element(node):
    """An element of a document as one of the model, all of its values as text."""
    children = tuple(element(child) if child.nodeType == child.ELEMENT_NODE else Text(child.data)
                     for child in node.childNodes)
    attrs = tuple((name, (Text(value),)) for name, value in node.attributes.items())
    return Elem(node.nodeName, attrs, children)


def as_text(value):
    """What the same value is in XML: text, and no characters that XML does not have."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "".join("\ufffd" if (char < " " and char not in "\t\n\r") or char in "\ufffe\uffff" else char
                       for char in value)
    return value if value is None else str(value)


class Conformance(unittest.TestCase):
    """Two tests a case, added below."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        conformance.write(cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def expected(self, name):
        lines = (self.path / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines if line]

    def same(self, found, wanted):
        """Also the order of the members counts."""
        self.assertEqual([json.dumps(one, indent=1) for one in found], [json.dumps(one, indent=1) for one in wanted])

    def check_json(self, name):
        found = [json.loads(line) for line in dump(self.path / f"{name}.evtx")]
        self.same(in_order(found), self.expected(name))

    def check_xml(self, name):
        found = []
        for line in dump(self.path / f"{name}.evtx", "--format", "xml"):
            xml.etree.ElementTree.fromstring(line)
            found.append(xmltree.to_json(element(xml.dom.minidom.parseString(line).documentElement)))
        self.same(in_order(found), [as_text(one) for one in self.expected(name)])

    def test_the_fast_way_to_json_and_the_slow_one_agree(self):
        subprocess.run([TWINS, *sorted(self.path.glob("*.evtx"))], check=True)


@unittest.skipUnless(SHARED, "IMPOUND_SHARED is not set")
class Real(unittest.TestCase):
    def setUp(self):
        self.logs = sorted(pathlib.Path(SHARED, "evidence").rglob("*.evtx"))

    def test_the_fast_way_to_json_and_the_slow_one_agree(self):
        subprocess.run([TWINS, *self.logs], check=True)

    @unittest.skipUnless(EVTX_DUMP, "evtx_dump is not installed")
    def test_evtx_dump_prints_the_same(self):
        for log in self.logs:
            with self.subTest(log.name):
                run = subprocess.run([EVTX_DUMP, "-t", "1", "-o", "jsonl", log], capture_output=True, check=True)
                printed = [json.loads(line) for line in run.stdout.decode().split("\n") if line]
                self.assertEqual(in_order([json.loads(line) for line in dump(log)]), in_order(printed))


def add_tests(name, about):
    def test_json(self):
        self.check_json(name)

    def test_xml(self):
        self.check_xml(name)
    for test, form in ((test_json, "json"), (test_xml, "xml")):
        test.__doc__ = f"{about} ({form})"
        setattr(Conformance, f"test_{name.replace('-', '_')}_{form}", test)


for _name, (_, _about, _clause) in conformance.CASES.items():
    add_tests(_name, f"{_about}, {_clause}")


if __name__ == "__main__":
    IMPOUND, TWINS = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *(f"Conformance.test_{case.replace('-', '_')}_{form}"
                                       for case in sys.argv[3:] for form in ("json", "xml"))])

#!/usr/bin/env python3
"""Cases, from the evidence to the verdict: run.py IMPOUND.

One attack seen from two sides with clocks apart, an attack among a hundred times as many harmless events, files in
any order, a ledger that turns up later: what must come out the same, comes out the same.
"""
import datetime
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
import lab  # noqa: E402

WIRE = lab.SAMPLES / "wire"
AHEAD = 420.0  # seconds that the host's clock is ahead of the capture's
IMPOUND = None


def impound(*words, status=0):
    """The JSON lines that it writes."""
    run = subprocess.run([IMPOUND, *map(str, words)], capture_output=True, text=True, cwd=FOLDER,
                         env=lab.environment(FOLDER, IMPOUND), check=False)
    assert run.returncode == status, (run.returncode, run.stderr)
    return [json.loads(line) for line in run.stdout.splitlines()]


def cases(*words, status=0):
    return [line for line in impound(*words, status=status) if line["kind"] == "case"]


def scan(*paths, **more):
    return cases("scan", "--format", "jsonl", *paths, **more)


def told(found):
    """A case without what hangs on where its events lay."""
    steps = [(step["time"], step["last"], step["tool"], step["target"], step["source"], step["account"],
              len(step["findings"])) for step in found["steps"]]
    return found["title"], [tool["name"] for tool in found["tool"]], steps


def moment(text):
    return datetime.datetime.fromisoformat(re.sub(r"\.(\d{6})\d*Z$", r".\1+00:00", text))


def later(time, seconds):
    return (time + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def record(time, number, event_id, computer, data):
    return {"Event": {
        "System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}}, "EventID": event_id,
                   "TimeCreated": {"#attributes": {"SystemTime": time}}, "EventRecordID": number,
                   "Channel": "Security", "Computer": computer}, "EventData": data}}


def another_month(text, month):
    return re.sub(r"\b2026-\d\d-(?=\d\dT)", f"2026-{month:02}-", text)


def write_log(name, records):
    path = FOLDER / name
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    return path


def the_other_side(capture, ahead, **changes):
    """What the server would have logged of the session in a capture: the logon, and pipes opened as Impacket does."""
    events = impound("dump", capture)
    logon = next(event for event in events if event["_path"] == "ntlm" and event["id.resp_p"] == 445)
    begin, client, port = moment(logon["ts"]), logon["id.orig_h"], str(logon["id.orig_p"])
    client, port = changes.get("client", client), changes.get("port", port)
    who = {"UserName": logon["username"], "DomainName": logon["domainname"], "LogonId": "0x5f3a1"}
    records = [record(later(begin, ahead + 0.03), 1, 4624, "srv.lab.example", {
        **{"Target" + name: value for name, value in who.items()}, "LogonType": 3, "LmPackageName": "NTLM V2",
        "AuthenticationPackageName": "NTLM", "KeyLength": 0, "WorkstationName": "-", "IpAddress": client,
        "IpPort": port})]
    for number, pipe in enumerate(["svcctl", "svcctl"]):
        records.append(record(later(begin, ahead + 0.2 + number), 2 + number, 5145, "srv.lab.example", {
            **{"Subject" + name: value for name, value in who.items()}, "ObjectType": "File", "IpAddress": client,
            "IpPort": port, "ShareName": r"\\*\IPC$", "RelativeTargetName": pipe, "AccessMask": "0x3"}))
    return records


class OneAttackFromTwoSides(unittest.TestCase):
    def setUp(self):
        self.log = write_log("srv.jsonl", the_other_side(WIRE / "smbexec.pcap", AHEAD))

    def test_is_one_case_with_findings_of_both(self):
        found = scan(self.log, WIRE / "smbexec.pcap")
        self.assertEqual(len(found), 1)
        self.assertEqual(len(found[0]["steps"]), 1)
        sides = [{finding["id"] for finding in impound("scan", "--format", "jsonl", path)
                  if finding["kind"] == "finding"} for path in (self.log, WIRE / "smbexec.pcap")]
        cited = set(found[0]["steps"][0]["findings"])
        self.assertTrue(sides[0] & cited and sides[1] <= cited)

    def test_tells_how_far_the_clocks_are_apart(self):
        skew = scan(self.log, WIRE / "smbexec.pcap")[0]["skew"]
        self.assertEqual([each["host"] for each in skew], ["srv.lab.example"])
        self.assertLess(abs(skew[0]["seconds"] - AHEAD), 2)
        self.assertLess(skew[0]["uncertainty"], 2)

    def test_stands_in_the_time_of_the_capture(self):
        alone = scan(WIRE / "smbexec.pcap")[0]
        both = scan(self.log, WIRE / "smbexec.pcap")[0]
        self.assertLess(abs((moment(alone["last"]) - moment(both["last"])).total_seconds()), 5)

    def test_takes_the_connection_when_the_logon_was_not_logged(self):
        log = write_log("shares.jsonl", the_other_side(WIRE / "smbexec.pcap", AHEAD)[1:])
        found = scan(log, WIRE / "smbexec.pcap")
        self.assertEqual([len(each["steps"]) for each in found], [1])
        self.assertLess(abs(found[0]["skew"][0]["seconds"] - AHEAD), 2)

    def test_does_not_mix_up_another_port(self):
        log = write_log("other.jsonl", the_other_side(WIRE / "smbexec.pcap", AHEAD, port="1"))
        found = scan(log, WIRE / "smbexec.pcap")
        self.assertEqual([each["skew"] for each in found], [[] for _ in found])


class AnAttackAmongHarmlessEvents(unittest.TestCase):
    def setUp(self):
        lab.make_logs("intrusion", FOLDER / "night")
        lab.make_logs("benign", FOLDER / "day")

    def test_is_the_same_case_and_no_new_one(self):
        alone = scan("night")
        for number in range(1, 13):
            target = FOLDER / f"days/{number}"
            target.mkdir(parents=True, exist_ok=True)
            for log in (lab.SAMPLES / "benign").iterdir():
                (target / log.name).write_text(another_month(log.read_text(), number))
        self.assertEqual([told(each) for each in scan("night", "days")], [told(each) for each in alone])

    def test_copies_of_a_log_count_once(self):
        for number in range(12):
            (FOLDER / f"copies/{number}").mkdir(parents=True, exist_ok=True)
            for log in (FOLDER / "day").iterdir():
                (FOLDER / f"copies/{number}" / log.name).write_bytes(log.read_bytes())
        self.assertEqual(scan("copies"), [])

    def test_benign_events_make_no_case(self):
        self.assertEqual(scan("day"), [])

    def test_names_every_tool_of_the_night_once(self):
        found = scan("night")
        self.assertEqual(len(found), 1)
        runs = [(step["tool"], step["target"]) for step in found[0]["steps"]]
        self.assertEqual(runs, [(["wmiexec"], "files1.lab.example"), (["secretsdump"], "files1.lab.example"),
                                (["smbexec"], "ws7.lab.example"), (["atexec"], "files1.lab.example"),
                                (["secretsdump"], "dc1.lab.example")])

    def test_no_matter_in_which_order_files_come(self):
        logs = sorted((FOLDER / "night").iterdir())
        forth, back = scan(*logs), scan(*reversed(logs))
        self.assertEqual(json.dumps(forth), json.dumps(back))

    def test_no_matter_how_many_threads(self):
        texts = {json.dumps(scan("night", "day", "--threads", str(count))) for count in (1, 2, 7)}
        self.assertEqual(len(texts), 1)

    def test_cites_findings_that_were_given(self):
        lines = impound("scan", "--format", "jsonl", "night")
        given = {line["id"] for line in lines if line["kind"] == "finding"}
        for line in lines:
            for step in line["steps"] if line["kind"] == "case" else []:
                self.assertTrue(step["findings"] and set(step["findings"]) <= given)

    def test_no_cases_when_none_are_wanted(self):
        self.assertEqual(scan("night", "--no-cases"), [])


class WhatIsWeak(unittest.TestCase):
    def test_alone_is_no_case(self):
        log = write_log("weak.jsonl", [record("2026-03-01T10:00:00.0Z", 1, 4624, "srv.lab.example", {
            "TargetUserName": "alice", "TargetDomainName": "LAB", "TargetLogonId": "0x77", "LogonType": 3,
            "LmPackageName": "NTLM V2", "AuthenticationPackageName": "NTLM", "KeyLength": 0, "WorkstationName": "-",
            "IpAddress": "10.0.0.9", "IpPort": "40000"})])
        lines = impound("scan", "--format", "jsonl", log)
        self.assertTrue([line for line in lines if line["kind"] == "finding"])
        self.assertFalse([line for line in lines if line["kind"] == "case"])


class ToolsOfOtherMakers(unittest.TestCase):
    WHO = {"SubjectUserName": "alice", "SubjectDomainName": "LAB", "SubjectLogonId": "0x5f3a1"}

    def process(self, at, name, command, **more):
        return record(f"2026-03-01T{at}.0Z", 1, 4688, "web1.lab.example", {
            **self.WHO, "NewProcessId": "0xd44", "NewProcessName": name, "CommandLine": command,
            "ParentProcessName": "C:\\Windows\\explorer.exe", **more})

    def setUp(self):
        self.archive = self.process("11:00:00", "C:\\ProgramData\\vm.exe", "vm.exe a -r -m5 -hpx a.rar c:\\data")
        self.shell = self.process("11:10:00", "C:\\Windows\\System32\\cmd.exe",
                                  'cmd /c cd /d "c:\\x"&whoami&echo [S]&cd&echo [E]')
        self.wmiexec = record("2026-03-01T10:00:00.0Z", 1, 5145, "srv.lab.example", {
            **self.WHO, "ObjectType": "File", "IpAddress": "10.0.0.9", "IpPort": "40000", "ShareName": r"\\*\ADMIN$",
            "RelativeTargetName": "__1772359200.12", "AccessMask": "0x1"})

    def tools(self, *records):
        found = scan(write_log("others.jsonl", records))
        return [[step["tool"] for step in each["steps"]] for each in found]

    def test_begin_a_case_when_they_are_strong(self):
        self.assertEqual(self.tools(self.shell), [[["webshell:china-chopper"]]])
        self.assertEqual(self.tools(self.archive), [])

    def test_join_one_as_steps_of_their_own(self):
        self.assertEqual(self.tools(self.wmiexec, self.archive), [[["wmiexec"], ["rarlab:rar"]]])
        self.assertEqual(self.tools(self.archive, self.shell), [[["rarlab:rar"], ["webshell:china-chopper"]]])


class AVerdict(unittest.TestCase):
    def test_stands_in_every_case_without_a_ledger(self):
        for found in scan(WIRE):
            self.assertEqual(found["verdict"]["status"], "malicious-until-proven-otherwise")

    def test_is_the_same_when_judged_again(self):
        report = FOLDER / "report.jsonl"
        lab.make_logs("intrusion", FOLDER / "night")
        impound("scan", "--format", "jsonl", "-o", report, "night")
        first = [json.loads(line) for line in report.read_text().splitlines() if '"kind":"case"' in line[:20]]
        self.assertEqual(cases("verdict", report), first)
        self.assertEqual(impound("verdict", report, "-o", FOLDER / "again.jsonl"), [])
        self.assertEqual([json.loads(line) for line in (FOLDER / "again.jsonl").read_text().splitlines()], first)

    def test_of_a_broken_case_is_told_and_the_others_are_judged(self):
        report = FOLDER / "report.jsonl"
        impound("scan", "--format", "jsonl", "-o", report, WIRE)
        whole = [line for line in report.read_text().splitlines() if line.startswith('{"kind":"case"')]
        report.write_text('{"kind":"case","id":\n' + '{"kind":"case","id":"x"}\n' + "\n".join(whole) + "\n")
        self.assertEqual(len(cases("verdict", report, status=3)), len(whole))


class AnAccount(unittest.TestCase):
    def test_is_not_known_where_only_the_system_shows(self):
        lab.make_logs("intrusion", FOLDER / "night")
        for found in scan(FOLDER / "night" / "ws7-system.evtx"):
            for step in found["steps"]:
                self.assertEqual((step["source"], [name for name in step["accounts"] if "SYSTEM" in name]), ("", []))


class ALedger(unittest.TestCase):
    LEDGER = lab.SAMPLES / "ledger"

    def judged(self, *paths, ledger=LEDGER, signers=LEDGER / "signers", status=0):
        found = scan(*paths, "--ledger", ledger, "--signers", signers, status=status)
        return {each["sources"][0]: each["verdict"] for each in found}

    def signed(self, name, **changes):
        """A folder with the engagement of the samples, changed and signed anew, and who may sign."""
        folder = FOLDER / name
        folder.mkdir()
        key = FOLDER / f"{name}.key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        text = (self.LEDGER / "lab-2026-11.yaml").read_text()
        for key_word, value in changes.items():
            text = re.sub(rf"^{key_word}:.*$", lambda _: f"{key_word}: {value}", text, flags=re.M)
        (folder / "lab.yaml").write_text(text)
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "impound-engagement", "-f", key, folder / "lab.yaml"],
                       check=True, stderr=subprocess.DEVNULL)
        (FOLDER / f"{name}.signers").write_text("x@lab.example " + key.with_suffix(".key.pub").read_text())
        return {"ledger": folder, "signers": FOLDER / f"{name}.signers"}

    def test_covers_what_was_ordered_and_nothing_else(self):
        lab.make_logs("intrusion", FOLDER / "night")
        verdicts = self.judged(WIRE, "night")
        self.assertEqual(verdicts["192.0.2.20"]["status"], "authorised-test")
        self.assertEqual(verdicts["192.0.2.20"]["engagement"], "ENG-2026-11-LAB")
        self.assertEqual(verdicts["10.8.0.66"]["status"], "malicious-until-proven-otherwise")

    def test_that_was_changed_covers_nothing_and_findings_are_written(self):
        folder = FOLDER / "changed"
        folder.mkdir()
        for path in self.LEDGER.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        with open(folder / "lab-2026-11.yaml", "a", encoding="utf-8") as file:
            file.write("# more\n")
        lines = impound("scan", "--format", "jsonl", WIRE, "--ledger", folder, "--signers", folder / "signers", status=5)
        kinds = {line["kind"] for line in lines}
        self.assertEqual(kinds, {"evidence", "finding", "case", "summary"})
        for line in lines:
            if line["kind"] == "case":
                self.assertEqual(line["verdict"]["status"], "malicious-until-proven-otherwise")

    def test_that_is_broken_or_absent_stops_nothing(self):
        folder = FOLDER / "broken"
        folder.mkdir()
        (folder / "x.yaml").write_text("impound-engagement: 1\nid: [\n")
        self.assertTrue(self.judged(WIRE, ledger=folder, status=5))
        self.assertTrue(self.judged(WIRE, ledger=FOLDER / "nowhere", status=3))

    @unittest.skipUnless(shutil.which("ssh-keygen"), "ssh-keygen is not here")
    def test_waits_for_what_the_evidence_lacks(self):
        lab.make_logs("intrusion", FOLDER / "night")
        ledger = self.signed("lacks", windows="[{from: 2026-03-02T00:00:00Z, to: 2026-03-04T00:00:00Z}]",
                             sources="[10.8.0.66]", targets="{include: [WS7]}", accounts=r'["WS7\\Administrator"]')
        found = scan(FOLDER / "night" / "ws7-system.evtx", "--ledger", ledger["ledger"], "--signers", ledger["signers"])
        self.assertEqual([each["verdict"]["status"] for each in found], ["insufficient-evidence"])

    @unittest.skipUnless(shutil.which("ssh-keygen"), "ssh-keygen is not here")
    def test_has_limits(self):
        half = "[{from: 2026-11-23T12:00:00+00:00, to: 2026-11-23T12:10:00+00:00}]"
        for name, changes, status in (
                ("same", {}, "authorised-test"),
                ("tools", {"tools": "[smbexec, wmiexec, dcomexec]"}, "out-of-scope"),
                ("targets", {"targets": "{include: [192.0.2.0/24], exclude: [DC1]}"}, "out-of-scope"),
                ("accounts", {"accounts": r'["LAB\\Administrator"]'}, "out-of-scope"),
                ("forbidden", {"forbidden": '["T1558.*"]'}, "out-of-scope"),
                ("half", {"windows": half}, "out-of-scope"),
                ("over", {"windows": "[{from: 2026-10-01T00:00:00Z, to: 2026-10-02T00:00:00Z}]"},
                 "malicious-until-proven-otherwise"),
                ("source", {"sources": "[192.0.2.21]"}, "malicious-until-proven-otherwise")):
            with self.subTest(name):
                verdict = self.judged(WIRE, **self.signed(name, **changes))["192.0.2.20"]
                self.assertEqual(verdict["status"], status)
                self.assertTrue(verdict["because"])


if __name__ == "__main__":
    IMPOUND = str(pathlib.Path(sys.argv.pop(1)).resolve())
    with tempfile.TemporaryDirectory() as name:
        FOLDER = pathlib.Path(name)
        unittest.main(verbosity=0)

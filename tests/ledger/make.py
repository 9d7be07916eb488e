#!/usr/bin/env python3
"""Writes the cases: make.py. Each is a folder in cases/: `ledger/`, `signers`, `steps.yaml`.

The keys are made anew, and thrown away: only what they signed stays, so that the tests need no ssh-keygen. What must be
said of a case stands in its `expected`, which `run.py --update` writes and a reader checks.
"""
import pathlib
import shutil
import subprocess
import tempfile

CASES = pathlib.Path(__file__).resolve().parent / "cases"
NAMESPACE = "impound-engagement"
WEEK = "[{from: 2026-11-02T08:00:00+01:00, to: 2026-11-06T18:00:00+01:00}]"

ENGAGEMENT = {
    "impound-engagement": "1",
    "id": "ENG-2026-014",
    "ordered-by": "{name: A. Chief, contact: chief@lab.example}",
    "testers": "{organisation: Red Ltd, contact: +49 30 1234567}",
    "windows": WEEK,
    "sources": "[10.8.0.0/24, TESTBOX-7]",
    "targets": "{include: [10.1.0.0/16, FILESRV*], exclude: [DC1]}",
    "accounts": r'["LAB\\alice", "svc-test*"]',
    "tools": "[wmiexec, secretsdump]",
    "techniques": '[T1047, "T1003.*"]',
    "forbidden": "[T1485]",
    "canaries": "[RT-7f3a]",
}
STEP = {
    "first": "2026-11-03T09:00:00Z",
    "last": "2026-11-03T09:01:30Z",
    "sources": "[10.8.0.7]",
    "targets": "[10.1.2.3, filesrv2.lab.example]",
    "accounts": r"['LAB\alice']",
    "tools": "[wmiexec]",
    "techniques": "[T1047]",
}
KEYS = {"alice": "ed25519", "bob": "ecdsa", "carol": "rsa", "mallory": "ed25519"}
SIGNERS = f'alice@lab.example namespaces="{NAMESPACE}" {{alice}}\n'
BOTH = SIGNERS + f'bob@lab.example,b2 namespaces="file,{NAMESPACE}" {{bob}}\n'


def changed(base, changes):
    """A map with other values; None takes a key away. Keys in C have _ for -."""
    given = {key.replace("_", "-"): value for key, value in changes.items()}
    return {key: value for key, value in {**base, **given}.items() if value is not None}


def engagement(**changes):
    return "".join(f"{key}: {value}\n" for key, value in changed(ENGAGEMENT, changes).items())


def revocation(moment, identity="ENG-2026-014", **changes):
    base = {"impound-revocation": "1", "engagement": identity, "from": moment, "reason": "the client asked us to stop"}
    return "".join(f"{key}: {value}\n" for key, value in changed(base, changes).items())


def step(**changes):
    return changed(STEP, changes)


class File:
    """A file of a ledger and how it is signed: by whom, for what, over which text (NULL: its own)."""

    def __init__(self, text, key="alice", namespace=NAMESPACE, over=None, signature=None):
        self.text, self.key, self.namespace, self.over, self.signature = text, key, namespace, over, signature


class Maker:
    def __init__(self, place):
        self.place = place
        for name, kind in KEYS.items():
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "thrown-away", "-f", place / name], check=True)
        self.public = {name: " ".join((place / f"{name}.pub").read_text().split()[:2]) for name in KEYS}

    def sign(self, file):
        if file.signature is not None or file.key is None:
            return file.signature
        over = file.text if file.over is None else file.over
        return subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", file.namespace, "-f", self.place / file.key],
                              input=over.encode(), capture_output=True, check=True).stdout.decode()

    def write(self, name, files, steps, signers=SIGNERS):
        folder = CASES / name
        (folder / "ledger").mkdir(parents=True, exist_ok=True)
        for file_name, file in files.items():
            file = file if isinstance(file, File) else File(file)
            (folder / "ledger" / file_name).write_text(file.text, encoding="utf-8")
            signature = self.sign(file)
            if signature is not None:
                (folder / "ledger" / f"{file_name}.sig").write_text(signature, encoding="utf-8")
        (folder / "signers").write_text(signers.format(**self.public), encoding="utf-8")
        lines = []
        for one in steps:
            lines += [f"{'- ' if i == 0 else '  '}{key}: {value}" for i, (key, value) in enumerate(one.items())]
        (folder / "steps.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


GOOD = [step(), step(first="2026-11-03T10:00:00Z", last="2026-11-03T10:00:09Z", tools="[secretsdump]",
                     techniques="[T1003.002, T1003.004]", targets="[FILESRV9]", sources="[testbox-7.lab.example]")]


def any_one(**changes):
    """An engagement that allows everything in its week, but for what is changed."""
    return engagement(**{"sources": "['*']", "targets": "{include: ['*']}", "accounts": "['*']", "tools": None,
                         "techniques": None, "forbidden": None, "canaries": None, **changes})


def scope_cases(write):
    write("covered", {"a.yaml": engagement()}, GOOD)
    write("covered-by-key-kinds", {"a.yaml": File(engagement(sources="[10.8.0.7]", id="E-1"), "bob"),
                                   "b.yaml": File(engagement(sources="[10.8.0.8]", id="E-2"), "carol")},
          [step(), step(sources="[10.8.0.8]")], BOTH + "carol {carol} a comment\n")
    write("empty-folder", {"README": File("not a ledger's file\n", None)}, GOOD)
    write("source-other", {"a.yaml": engagement()}, [step(sources="[10.9.0.7, KALI]")])
    write("source-among-good-ones", {"a.yaml": engagement()}, [*GOOD, step(sources="[10.9.0.7]")])
    write("source-unknown", {"a.yaml": engagement()}, [step(), step(sources=None)])
    write("source-name-only", {"a.yaml": engagement()}, [step(sources="[KALI]")])
    write("source-names-only-in-list", {"a.yaml": engagement(sources="[TESTBOX-7]")}, [step()])
    write("source-star", {"a.yaml": any_one()}, [step(sources=None), step(sources="[203.0.113.9]")])
    write("source-ipv6", {"a.yaml": engagement(sources="['2001:db8:7::/48', '::ffff:10.8.0.0/120']")},
          [step(sources="['2001:DB8:7:1::1']"), step(sources="['::ffff:10.8.0.9']"), step()])
    write("source-ipv6-other", {"a.yaml": engagement(sources="['2001:db8:7::/48', '::/0']")}, [step()])
    write("source-digits-with-star", {"a.yaml": engagement(sources="['10.8.0.*']")},
          [step(), step(sources="[10.8.0.evil.example]")])
    write("source-host-bits", {"a.yaml": engagement(sources="[10.8.0.99/24]")}, [step()])
    write("target-excluded", {"a.yaml": engagement()}, [step(), step(targets="[10.1.0.1, dc1.lab.example]")])
    write("target-excluded-network", {"a.yaml": engagement(targets="{include: ['*'], exclude: [10.1.0.0/24]}")},
          [step(), step(targets="[10.1.0.200]")])
    write("target-exclusion-open", {"a.yaml": engagement()}, [step(targets="[10.1.0.1]")])
    write("target-name-for-network", {"a.yaml": engagement(targets="{include: [10.1.0.0/16]}")},
          [step(targets="[WKS1.lab.example]")])
    write("target-domain", {"a.yaml": engagement(targets="{include: ['*.lab.example']}")},
          [step(targets="[WKS1.LAB.EXAMPLE]"), step(targets="[EVIL]")])
    write("target-full-name", {"a.yaml": engagement(targets="{include: [wks1.lab.example]}")},
          [step(targets="[WKS1]"), step(targets="[wks1.other.example]")])
    write("target-other", {"a.yaml": engagement()}, [step(), step(targets="[10.2.0.1]")])
    write("targets-missing", {"a.yaml": engagement(targets=None)}, [step()])
    write("account-other", {"a.yaml": engagement()}, [step(), step(accounts=r"['LAB\bob']")])
    write("account-second", {"a.yaml": engagement()}, [step(accounts=r"['LAB\alice', 'LAB\Administrator']")])
    write("account-domain", {"a.yaml": engagement(accounts=r'["LAB\\*"]')},
          [step(accounts="[zoe@lab.example]"), step(accounts=r"['OTHER\zoe']")])
    write("account-without-domain", {"a.yaml": engagement()}, [step(accounts="[alice]")])
    write("account-wildcard", {"a.yaml": engagement()}, [step(accounts=r"['LAB\svc-test7']")])
    write("account-unknown", {"a.yaml": engagement()}, [step(accounts=None)])
    write("accounts-missing", {"a.yaml": engagement(accounts=None)}, [step(), step(accounts=None)])
    write("tool-other", {"a.yaml": engagement()}, [step(), step(tools="[psexec]")])
    write("tool-impacket", {"a.yaml": any_one(tools="[impacket]")}, [step(), step(tools="[impacket]"),
                                                                     step(tools="['sysinternals:psexec']")])
    write("tool-library-only", {"a.yaml": engagement()}, [step(tools="[impacket]")])
    write("tools-empty", {"a.yaml": any_one(tools="[]")}, [step()])
    write("technique-kinds", {"a.yaml": any_one(techniques="[T1003, 'T1021.*']")},
          [step(techniques="[T1003.002]"), step(techniques="[T1021]"), step(techniques="[T1047]")])
    write("technique-kind-open", {"a.yaml": any_one(techniques="[T1003.002]")}, [step(techniques="[T1003]")])
    write("forbidden-wins", {"a.yaml": any_one(techniques="['*']", forbidden="[T1003]")},
          [step(), step(techniques="[T1047, T1003.006]")])
    write("forbidden-tool", {"a.yaml": any_one(forbidden="[impacket]")}, [step()])
    write("canary-only", {"a.yaml": engagement()}, [step(sources="[10.9.0.7]", texts="['cmd /c echo rt-7F3A']")])
    write("canary-supports", {"a.yaml": engagement()}, [step(texts="['cmd /c echo RT-7f3a']")])


def time_cases(write):
    write("window-over", {"a.yaml": engagement()}, [step(first="2026-11-06T20:12:00Z", last="2026-11-06T20:12:05Z")])
    write("window-not-begun", {"a.yaml": engagement()}, [step(first="2026-10-27T09:00:00Z", last="2026-10-27T09:00:01Z")])
    write("window-ends-between-steps", {"a.yaml": engagement()},
          [step(), step(first="2026-11-06T17:00:01Z", last="2026-11-06T17:30:00Z")])
    write("window-ends-in-a-step", {"a.yaml": engagement()}, [step(first="2026-11-06T16:59:00Z", last="2026-11-06T17:00:01Z")])
    write("window-last-moment", {"a.yaml": engagement()}, [step(first="2026-11-06T16:59:00Z", last="2026-11-06T17:00:00.000Z")])
    write("windows-touch", {"a.yaml": engagement(
        windows="[{from: 2026-11-03T09:01:00Z, to: 2026-11-03T10:00:00Z}, {from: 2026-11-03T08:00:00Z, to: 2026-11-03T09:01:00Z}]")},
          [step()])
    write("windows-gap", {"a.yaml": engagement(
        windows="[{from: 2026-11-03T09:01:01Z, to: 2026-11-03T10:00:00Z}, {from: 2026-11-03T08:00:00Z, to: 2026-11-03T09:01:00Z}]")},
          [step()])
    write("windows-missing", {"a.yaml": engagement(windows=None)}, [step()])
    write("time-unknown", {"a.yaml": engagement()}, [step(first=None, last=None)])
    write("withdrawn-before", {"a.yaml": engagement(), "r.yaml": revocation("2026-11-01T00:00:00Z")}, GOOD)
    write("withdrawn-within", {"a.yaml": engagement(), "r.yaml": revocation("2026-11-03T09:30:00Z")}, GOOD)
    write("withdrawn-later", {"a.yaml": engagement(), "r.yaml": revocation("2026-11-03T12:00:00Z")}, GOOD)
    write("withdrawn-twice", {"a.yaml": engagement(), "r.yaml": revocation("2026-11-03T12:00:00Z"),
                              "s.yaml": revocation("2026-11-03T09:30:00Z", reason=None)}, GOOD)
    write("withdrawn-by-another", {"a.yaml": engagement(), "r.yaml": File(revocation("2026-11-01T00:00:00Z"), "bob")}, GOOD, BOTH)
    write("withdrawn-unsigned", {"a.yaml": engagement(), "r.yaml": File(revocation("2026-11-01T00:00:00Z"), None)}, GOOD)
    write("withdrawn-by-stranger", {"a.yaml": engagement(), "r.yaml": File(revocation("2026-11-01T00:00:00Z"), "mallory")}, GOOD)
    write("withdrawn-unknown-id", {"a.yaml": engagement(), "r.yaml": revocation("2026-11-01T00:00:00Z", "ENG-2026-013")}, GOOD)
    write("withdrawn-in-small-letters", {"a.yaml": engagement(), "r.yaml": revocation("2026-11-01T00:00:00Z", "eng-2026-014")}, GOOD)
    write("withdrawn-by-signer-of-later", {"a.yaml": engagement(), "r.yaml": File(revocation("2026-11-01T00:00:00Z"), "bob")}, GOOD,
          SIGNERS + 'bob valid-after="20261102Z" {bob}\n')


def sample_cases(write):
    """For tests/samples/intrusion: all of it was ordered, but for the domain controller and what came after 02:40."""
    write("sample-intrusion", {"a.yaml": engagement(
        id="ENG-2026-003", windows="[{from: 2026-03-03T03:00:00+01:00, to: 2026-03-03T03:40:00+01:00}]",
        sources="[10.8.0.66]", targets="{include: ['*.lab.example'], exclude: [DC1]}", tools="[impacket]",
        accounts=r'["LAB\\svc-print", "WS7\\Administrator", "LAB\\adm-*"]', techniques=None)},
          [step(first="2026-03-03T02:11:08.1Z", last="2026-03-03T02:19:36.1Z", sources="[10.8.0.66]", targets="[FILES1.lab.example]",
                accounts=r"['LAB\svc-print']"),
           step(first="2026-03-03T02:41:17.0Z", last="2026-03-03T02:41:17.5Z", sources="[10.8.0.66]", targets="[dc1.lab.example]",
                accounts=r"['LAB\adm-jonas']", tools="[secretsdump]")])


def signature_cases(write):
    good = engagement()
    write("unsigned", {"a.yaml": File(good, None)}, GOOD)
    write("signed-by-stranger", {"a.yaml": File(good, "mallory")}, GOOD)
    write("signed-for-another-namespace", {"a.yaml": File(good, namespace="file")}, GOOD)
    write("signer-without-namespace", {"a.yaml": good}, GOOD, 'alice namespaces="git,file" {alice}\n')
    write("signer-namespace-pattern", {"a.yaml": good}, GOOD, 'alice namespaces="git,impound-*" {alice}\n')
    write("signer-namespace-negated", {"a.yaml": good}, GOOD, 'alice namespaces="*,!impound-engagement" {alice}\n')
    write("signer-expires-in-window", {"a.yaml": good}, GOOD, 'alice valid-before="20261105Z" {alice}\n')
    write("signer-begins-in-window", {"a.yaml": good}, GOOD, 'alice valid-after="202611020701Z" {alice}\n')
    write("signer-just-long-enough", {"a.yaml": good}, GOOD,
          'alice valid-after="20261102070000Z",valid-before="20261106170000Z" {alice}\n')
    write("signer-on-a-second-line", {"a.yaml": good}, GOOD,
          'alice valid-before="20250101Z" {alice}\nalice valid-after="20250101" {alice}\n')
    write("signer-authority-only", {"a.yaml": good}, GOOD, "alice cert-authority {alice}\n")
    write("signers-broken-beside-good", {"a.yaml": good}, GOOD,
          'bob no-such-option {bob}\nnobody\n"a quoted, name" ssh-ed25519 AAAA!\n# a comment\n\n' + SIGNERS)
    write("changed-byte", {"a.yaml": File(good, over=good.replace("10.8.0.0/24", "10.9.0.0/24"))}, GOOD)
    write("copied-signature", {"a.yaml": good, "b.yaml": File(engagement(id="ENG-2", sources="[10.66.0.0/16]"), over=good)},
          [step(sources="[10.66.6.6]")])
    write("broken-signature", {"a.yaml": File(good, signature="-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n")},
          GOOD)
    write("signature-of-nothing", {"a.yaml": good, "b.yml": File(good), "c.txt": File("", None),
                                   "d.yaml.sig": File("", None)}, GOOD)


def file_cases(write):
    good = engagement()
    write("duplicate-id", {"a.yaml": good, "b.yaml": engagement(sources="[10.66.0.0/16]")}, GOOD)
    write("duplicate-same", {"a.yaml": good, "b.yaml": good}, GOOD)
    write("duplicate-forged", {"a.yaml": good, "b.yaml": File(engagement(sources="[10.66.0.0/16]"), "mallory")}, GOOD)
    write("overlapping", {"a.yaml": engagement(id="E-1", accounts=None), "b.yaml": engagement(id="E-2", sources="[10.66.0.0/16]")},
          [step()])
    write("overlapping-both-cover", {"a.yaml": engagement(id="E-2"), "b.yaml": engagement(id="E-1", tools="[wmiexec]")}, GOOD)
    write("bad-unknown-key", {"a.yaml": good, "b.yaml": good.replace("tools:", "tool:")}, GOOD)
    write("bad-unknown-inner-key", {"b.yaml": engagement(targets="{includes: ['*']}")}, GOOD)
    write("bad-repeated-key", {"b.yaml": good + "sources: ['*']\n"}, GOOD)
    write("bad-alias", {"b.yaml": engagement(accounts="&all ['*']", tools="*all")}, GOOD)
    write("bad-zone", {"b.yaml": engagement(windows="[{from: 2026-11-02T08:00:00, to: 2026-11-06T18:00:00+01:00}]")}, GOOD)
    write("bad-window", {"b.yaml": engagement(windows="[{from: 2026-11-06T08:00:00Z, to: 2026-11-02T18:00:00Z}]")}, GOOD)
    write("bad-version", {"b.yaml": engagement(impound_engagement="2")}, GOOD)
    write("bad-address", {"b.yaml": engagement(sources="[10.8.0.256]")}, GOOD)
    write("bad-network", {"b.yaml": engagement(sources="[10.8.0.0/33]")}, GOOD)
    write("bad-account", {"b.yaml": engagement(accounts=r"['LAB\\alice']")}, GOOD)
    write("bad-null", {"b.yaml": engagement(tools="")}, GOOD)
    write("bad-yaml", {"a.yaml": good, "b.yaml": "a: [\n"}, GOOD)
    write("bad-two-documents", {"b.yaml": good + "---\n" + good}, GOOD)
    write("bad-neither", {"a.yaml": good, "b.yaml": "id: ENG-3\n"}, GOOD)
    write("bad-revocation", {"a.yaml": good, "b.yaml": revocation("2026-11-01T00:00:00")}, GOOD)
    write("bad-unsigned-too", {"b.yaml": File(engagement(tools="{}"), None)}, GOOD)


def main():
    if CASES.exists():
        kept = {path.parent.name: path.read_text(encoding="utf-8") for path in CASES.glob("*/expected")}
        shutil.rmtree(CASES)
    else:
        kept = {}
    with tempfile.TemporaryDirectory() as place:
        write = Maker(pathlib.Path(place)).write
        for cases in [scope_cases, time_cases, sample_cases, signature_cases, file_cases]:
            cases(write)
    for name, text in kept.items():
        if (CASES / name).exists():
            (CASES / name / "expected").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

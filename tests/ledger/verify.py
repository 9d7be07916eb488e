#!/usr/bin/env python3
"""Signatures made now, whole and damaged, by each kind of key and under lines of allowed signers of each kind: whether a
file counts must be what `ssh-keygen -Y verify` says of it: verify.py IMPOUND [TRIALS]
"""
import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
NAMESPACE = "impound-engagement"
KEYS = {"ed25519": ["ed25519"], "p256": ["ecdsa", "-b", "256"], "p384": ["ecdsa", "-b", "384"],
        "p521": ["ecdsa", "-b", "521"], "rsa": ["rsa", "-b", "2048"], "other": ["ed25519"]}
MOMENTS = ["20261101000000", "20261102070000", "20261102070001", "20261231235959"]
NAMESPACES = [NAMESPACE, "impound-*", "file", "*", "file,*-engagement", "*,!impound-*", "IMPOUND-ENGAGEMENT", "?mpound-*", ""]
ENVIRONMENT = {**os.environ, "TZ": "UTC", "LANG": "C"}


def ssh_keygen(*words, given=b""):
    return subprocess.run(["ssh-keygen", *map(str, words)], input=given, capture_output=True, env=ENVIRONMENT)


def text_of(moment):
    """An engagement whose window is one moment, so that one time of verification decides."""
    time = f"{moment[:4]}-{moment[4:6]}-{moment[6:8]}T{moment[8:10]}:{moment[10:12]}:{moment[12:]}Z"
    return f"impound-engagement: 1\nid: ENG-1\nwindows: [{{from: {time}, to: {time}}}]\nsources: [10.8.0.7]\n".encode()


def flipped(chance, data):
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(7)]) + data[at + 1:]


def damaged(chance, signature):
    lines = signature.splitlines()
    return chance.choice([
        lambda: flipped(chance, signature),
        lambda: signature[:chance.randrange(len(signature))],
        lambda: b"\n".join(lines[:1] + sorted(lines[1:-1]) + lines[-1:]) + b"\n",
        lambda: signature.replace(b"\n", b"\r\n"),
        lambda: b"\n" + signature,
        lambda: signature + b"what follows\n",
        lambda: lines[0] + b"\n" + b"".join(lines[1:-1]) + b"\n" + lines[-1],
        lambda: b"\n".join([lines[0], b" \t" + lines[1] + b" ", *lines[2:]]),
        lambda: b"",
    ])()


def line_of(chance, public):
    options = []
    if chance.random() < 0.4:
        options.append(f'namespaces="{chance.choice(NAMESPACES)}"')
    if chance.random() < 0.3:
        options.append(f'valid-after="{chance.choice(MOMENTS)}Z"')
    if chance.random() < 0.3:
        options.append(f'valid-before="{chance.choice(MOMENTS)}{chance.choice(["Z", ""])}"')
    if chance.random() < 0.1:
        options.append("cert-authority")
    if any(option.startswith("valid-after") for option in options) and options[-1].startswith("valid-before"):
        options.sort(key=lambda option: option.startswith("valid"))
    return f"{chance.choice(['who', 'who,x', 'a*,w?o'])} {','.join(options)}{' ' if options else ''}{public}\n"


def is_sound(line):
    """OpenSSH gives up at a line that contradicts itself; we read on."""
    after, before = ([part.split('"')[1][:14] for part in line.split(",") if f"{name}=" in part]
                     for name in ["valid-after", "valid-before"])
    return not (after and before and before[0] <= after[0])


class Desk:
    def __init__(self, place, impound):
        self.place, self.impound = place, impound
        for name, words in KEYS.items():
            ssh_keygen("-q", "-t", *words, "-N", "", "-C", "made now", "-f", place / name)
        self.public = {name: (place / f"{name}.pub").read_text().strip() for name in KEYS}

    def trial(self, chance):
        moment, key = chance.choice(MOMENTS), chance.choice(list(KEYS))
        text = text_of(moment)
        words = ["-O", f"hashalg={chance.choice(['sha256', 'sha512'])}"] if chance.random() < 0.5 else []
        namespace = NAMESPACE if chance.random() < 0.9 else "file"
        signature = ssh_keygen("-q", "-Y", "sign", "-n", namespace, *words, "-f", self.place / key, given=text).stdout
        if chance.random() < 0.3:
            signature = damaged(chance, signature)
        if chance.random() < 0.1:
            text = text.replace(b"10.8.0.7", b"10.8.0.8")
        keys = [chance.choice(list(KEYS)) if chance.random() < 0.3 else key for _ in range(chance.choice([1, 1, 1, 2]))]
        lines = [line_of(chance, self.public[name]) for name in keys]
        return moment, text, signature, "".join(line for line in lines if is_sound(line))

    def differs(self, moment, text, signature, signers):
        ledger = self.place / "ledger"
        shutil.rmtree(ledger, ignore_errors=True)
        ledger.mkdir()
        (ledger / "a.yaml").write_bytes(text)
        (ledger / "a.yaml.sig").write_bytes(signature)
        (self.place / "signers").write_text(signers)
        theirs = ssh_keygen("-Y", "verify", "-n", NAMESPACE, "-I", "who", "-f", self.place / "signers", "-s",
                            ledger / "a.yaml.sig", "-O", f"verify-time={moment}Z", given=text)
        ours = subprocess.run([self.impound, "engagement", "verify", ledger, "--signers", self.place / "signers"],
                              capture_output=True, text=True, env=ENVIRONMENT)
        is_ours, is_theirs = ": counts:" in ours.stdout, theirs.returncode == 0
        assert ours.returncode == (0 if is_ours else 5), ours.stdout + ours.stderr
        if is_ours != is_theirs:
            print(f"ours:\n{ours.stdout}theirs:\n{(theirs.stdout + theirs.stderr).decode()}{signers}{signature.decode('latin1')}")
        return is_ours, is_ours != is_theirs


def main(impound, trials="150"):
    if not shutil.which("ssh-keygen"):
        print("there is no ssh-keygen")
        return SKIPPED
    chance = random.Random(20261102)
    counted, failed = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as place:
        desk = Desk(pathlib.Path(place), pathlib.Path(impound).resolve())
        for _ in range(int(trials)):
            is_ours, differs = desk.differs(*desk.trial(chance))
            counted[is_ours] += 1
            failed += differs
    print(f"{counted[True]} count, {counted[False]} do not, {failed} otherwise than ssh-keygen says")
    return 1 if failed or min(counted[True], counted[False]) < int(trials) // 10 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

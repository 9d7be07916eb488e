#!/usr/bin/env python3
"""Whole commands with their whole output: run.py [--update] IMPOUND [CASE...]

A case is a folder in cases/: `command`, a shell script that runs in an empty folder, and `expected`, what it
printed to standard output and standard error, and its exit status. --update writes `expected` anew; read the
difference before you commit it.
"""
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import lab

CASES = lab.HERE / "cases"
TIMEOUT = 120  # seconds; what takes longer hangs


def run(case, impound, logs, place):
    """What the case printed, as `expected` has it."""
    folder = pathlib.Path(place) / case.name
    work = folder / "desk"
    work.mkdir(parents=True)
    folder.chmod(0o777)
    variables = lab.environment(folder, impound) | {"LOGS": str(logs), "RULES": str(lab.HERE / "rules"),
                                                    "ROOT": str(lab.ROOT)}
    try:
        ran = subprocess.run(["bash", "-u", str(case / "command")], cwd=work, env=variables,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"--- no end after {TIMEOUT} seconds\n"
    text = ""
    for name, output in [("stdout", ran.stdout), ("stderr", ran.stderr)]:
        if output:
            text += f"--- {name}\n{lab.masked(output.decode('utf-8', 'replace'))}"
            text += "" if text.endswith("\n") else "\n"
    text = text.replace(str(folder), "FOLDER").replace(str(lab.ROOT), "ROOT")
    return text + f"--- exit {ran.returncode}\n"


def check(case, text):
    path = case / "expected"
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if text == expected:
        return True
    print(f"{case.name} differs:")
    lines = difflib.unified_diff(expected.splitlines(True), text.splitlines(True), "expected", "printed", n=1)
    for _, line in zip(range(60), lines):
        print(line if len(line) < 600 else line[:600] + " ...", end="" if line.endswith("\n") else "\n")
    return False


def main():
    words = sys.argv[1:]
    is_update = "--update" in words
    words = [word for word in words if word != "--update"]
    impound = pathlib.Path(words[0]).resolve()
    cases = [CASES / name for name in words[1:]] or sorted(path for path in CASES.iterdir() if path.is_dir())
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        program = pathlib.Path(place) / "program" / "impound"
        program.parent.mkdir()
        shutil.copy(impound, program)
        logs = pathlib.Path(place) / "logs"
        for story in ["intrusion", "benign"]:
            lab.make_logs(story, logs / story)
        for case in cases:
            text = run(case, program, logs, place)
            if is_update:
                (case / "expected").write_text(text, encoding="utf-8")
            elif not check(case, text):
                failed += 1
    print(f"{len(cases) - failed} passed, {failed} failed" if not is_update else f"{len(cases)} written")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Judges each case and compares all that is said of it: run.py [--update] JUDGE [CASE...]"""
import difflib
import pathlib
import subprocess
import sys

CASES = pathlib.Path(__file__).resolve().parent / "cases"


def said_of(judge, case):
    ran = subprocess.run([judge, "ledger", "signers", "steps.yaml"], cwd=case, capture_output=True, timeout=60)
    return f"{ran.stdout.decode()}{ran.stderr.decode()}exit {ran.returncode}\n"


def check(case, text):
    path = case / "expected"
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if text == expected:
        return True
    print(f"{case.name} differs:")
    sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), "expected", "said", n=1))
    return False


def main():
    words = [word for word in sys.argv[1:] if word != "--update"]
    judge = pathlib.Path(words[0]).resolve()
    cases = [CASES / name for name in words[1:]] or sorted(path for path in CASES.iterdir() if path.is_dir())
    failed = 0
    for case in cases:
        text = said_of(judge, case)
        if "--update" in sys.argv:
            (case / "expected").write_text(text, encoding="utf-8")
        elif not check(case, text):
            failed += 1
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())

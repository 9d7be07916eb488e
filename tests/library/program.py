# SPDX-License-Identifier: Apache-2.0
"""The program as `make install` leaves it: program.py BUILD

Installs into a folder of its own: the binary runs, the manual and the completions are where their readers look for
them, and say what the program says.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def one(folder, pattern):
    found = list(folder.glob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def main(build):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": name})
        impound = one(folder, "**/bin/impound")
        assert run(impound, "version").startswith("impound ")
        commands = [line.split()[0] for line in run(impound, "help").splitlines() if line.startswith("  ")]
        manual = one(folder, "**/share/man/man1/impound.1").read_text(encoding="utf-8")
        bash = one(folder, "**/share/bash-completion/completions/impound")
        texts = [manual, bash.read_text(encoding="utf-8"),
                 one(folder, "**/share/zsh/site-functions/_impound").read_text(encoding="utf-8"),
                 one(folder, "**/share/fish/vendor_completions.d/impound.fish").read_text(encoding="utf-8")]
        assert manual.startswith(".TH IMPOUND 1"), manual[:80]
        for command in ("scan", "dump", "search", "summary", "fields", "rules", "version"):
            assert command in commands, (command, commands)
            for text in texts:
                assert command in text, (command, text[:80])
        if shutil.which("bash"):
            run("bash", "-n", bash)
    print("binary, manual, completions of three shells")


if __name__ == "__main__":
    main(*sys.argv[1:])

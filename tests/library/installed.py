"""libimpound as another program meets it: installed.py BUILD IMPOUND [CFLAGS...]

Installs into a folder of its own, asks pkg-config for the rest, and builds examples/ from there, linked
with the shared and with the static library. What the example sees must be what `impound dump` writes.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURES = sorted((ROOT / "tests/samples/keys").glob("*.pcap"))
PASSWORDS = ROOT / "tests/samples/keys/passwords"
HEADER = "impound/impound.h"


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


class Installed:
    def __init__(self, build, folder):
        run("meson", "install", "-C", build, "--no-rebuild", "--quiet",
            env={**os.environ, "DESTDIR": str(folder)})
        found = list(folder.rglob("libimpound.pc"))
        assert len(found) == 1, found
        self.environment = {**os.environ, "PKG_CONFIG_PATH": str(found[0].parent),
                            "PKG_CONFIG_SYSROOT_DIR": str(folder)}
        self.library = found[0].parent.parent
        self.folder = folder

    def flags(self, *words):
        return run("pkg-config", *words, "libimpound", env=self.environment).split()


def declared(installed):
    """What the installed header promises."""
    header = next(installed.folder.rglob(HEADER))
    assert [path.name for path in header.parent.iterdir()] == ["impound.h"]
    promises = re.findall(r"IMPOUND_API[^;]*?\b(impound_\w+)\(", header.read_text(encoding="utf-8"))
    assert len(promises) > 20
    return set(promises)


def defined(*command):
    lines = run("nm", *command).splitlines()
    return {line.split()[2] for line in lines if len(line.split()) == 3}


def check_symbols(installed):
    promises = declared(installed)
    shared, static = installed.library / "libimpound.so", installed.library / "libimpound.a"
    assert defined("-D", "--defined-only", shared) == promises, defined("-D", "--defined-only", shared) ^ promises
    given = defined("-g", "--defined-only", static)
    assert {name for name in given if not name.startswith("__")} == promises, given ^ promises
    assert "[libimpound.so.0]" in run("readelf", "-d", shared)


def check_header(installed):
    flags = installed.flags("--cflags")
    for language, standard in (("c", "c99"), ("c", "c17"), ("c++", "c++11")):
        run("cc", "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
            "-fsyntax-only", *flags, "-", input=f"#include <{HEADER}>\n")


def build_example(installed, extra, is_static):
    program = installed.folder / ("example-static" if is_static else "example")
    libraries = installed.flags("--libs")
    if is_static:
        libraries[libraries.index("-limpound")] = "-l:libimpound.a"
        libraries += run("pkg-config", "--libs", *installed.flags("--print-requires-private")).split()
        libraries += ["-pthread", "-lm"]
    run("cc", "-std=c17", "-Wall", "-Wextra", "-Werror", *extra, *installed.flags("--cflags"),
        ROOT / "examples/capture_events.c", *libraries, "-o", program)
    needed = run("readelf", "-d", program)
    assert ("libimpound" in needed) != is_static
    return program


def check_example(installed, program, impound):
    environment = {**os.environ, "LD_LIBRARY_PATH": str(installed.library)}
    for capture in CAPTURES:
        text = run(program, capture, env=environment)
        assert " conn packet " in text and " -> 192.0.2." in text, text
        lines = run(program, "--json", capture, PASSWORDS, env=environment).splitlines()
        dumped = run(impound, "dump", capture, "--passwords", PASSWORDS).splitlines()
        assert len(lines) >= len(text.splitlines()) and sorted(lines) == sorted(dumped), capture
    wrong = subprocess.run([program, __file__], env=environment, capture_output=True, text=True)
    assert wrong.returncode == 1 and "no capture" in wrong.stderr


def main(build, impound, *extra):
    for tool in ("pkg-config", "nm", "readelf", "cc", "meson"):
        if not shutil.which(tool):
            print(f"no {tool} here")
            sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        installed = Installed(build, pathlib.Path(folder))
        check_symbols(installed)
        check_header(installed)
        for is_static in (False, True):
            check_example(installed, build_example(installed, extra, is_static), impound)
    print(f"{len(CAPTURES)} captures, shared and static")


if __name__ == "__main__":
    main(*sys.argv[1:])

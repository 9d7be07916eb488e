"""What the tests of the whole program share: logs made of tests/samples, a clean environment, and outputs
without what differs from run to run."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMPLES = ROOT / "tests" / "samples"
WRITER = ROOT / "tools" / "evtxwriter"

# What changes with the moment, the machine or the build.
MASKS = [
    (re.compile(r'"seconds":[0-9.]+'), '"seconds":0'),
    (re.compile(r'"version":"[^"]*"'), '"version":"V"'),
    (re.compile(r'"command":"(?:[^"\\]|\\.)*"'), '"command":"C"'),
    (re.compile(r'"sandbox":"[^"]*"'), '"sandbox":"S"'),
    (re.compile(r'"hash":"[0-9a-f]{16}"'), '"hash":"H"'),
    (re.compile(r"^Sandbox  .*$", re.M), "Sandbox  S"),
    (re.compile(r"^Time  .*$", re.M), "Time  T"),
    (re.compile(r"^impound: warning: the sandbox is incomplete.*\n", re.M), ""),
]


def masked(text):
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def make(*words):
    """Runs the EVTX writer."""
    subprocess.run([sys.executable, str(WRITER), *map(str, words)], check=True,
                   stdout=subprocess.DEVNULL)


def make_logs(story, folder, *options):
    """One event log of each sample of a story."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in sorted((SAMPLES / story).glob("*.jsonl")):
        make("from-jsonl", sample, folder / (sample.stem + ".evtx"), *options)


def environment(folder, impound):
    """Nothing of the user's: a home, a cache and a temporary folder of their own."""
    for name in ["home", "cache", "tmp"]:
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(0o777)
    kept = {name: value for name, value in os.environ.items()
            if name.startswith(("ASAN_", "UBSAN_", "LSAN_", "LLVM_"))}
    return kept | {
        "PATH": f"{HERE / 'bin'}:{pathlib.Path(impound).parent}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
    }

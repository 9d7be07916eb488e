"""What the comparisons with tshark have in common: its packets, the captures, the differences."""
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def packets_of(lines):
    """The packets of PDML. What tshark writes is not always XML: control characters go, and bytes
    that are no UTF-8, and characters that XML does not have."""
    control = {one: "?" for one in [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]}
    parser = ElementTree.XMLPullParser(["end"])
    for line in lines:
        parser.feed(line.decode("utf-8", "replace").translate(control))
        for _, element in parser.read_events():
            if element.tag == "packet":
                yield element
                element.clear()


def packets(path, wanted):
    """The packets of a capture that a display filter lets through."""
    process = subprocess.Popen(["tshark", "-r", str(path), "-T", "pdml", "-Y", wanted],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    yield from packets_of(process.stdout)
    process.wait()


def folders_known():
    named, shared = os.environ.get("IMPOUND_CAPTURES"), os.environ.get("IMPOUND_SHARED")
    if named:
        return [one for one in named.split(":") if one]
    return sorted(pathlib.Path(shared, "evidence").glob("captures*/")) if shared else []


def captures(arguments):
    for folder in map(pathlib.Path, arguments or folders_known()):
        if folder.is_dir():
            yield from sorted(one for one in folder.rglob("*")
                              if one.suffix in (".pcap", ".pcapng", ".cap"))
        else:
            yield folder


def compare(rows_of, impound, *arguments):
    """Prints where the two counters of rows_of(impound, path), tshark's and ours, differ."""
    paths = list(captures(arguments))
    if not shutil.which("tshark") or not paths:
        print("no tshark or no captures")
        return 77
    total, differing = collections.Counter(), 0
    for path in paths:
        theirs, ours = rows_of(impound, path)
        for row, count in theirs.items():
            total[row if isinstance(row, str) else row[0]] += count
        if theirs == ours:
            continue
        differing += 1
        print(path)
        for row, count in (theirs - ours).items():
            print("  tshark only:", count, row)
        for row, count in (ours - theirs).items():
            print("  impound only:", count, row)
    print(f"{len(paths)} captures, {differing} differ; compared:",
          ", ".join(f"{count} {row}" for row, count in sorted(total.items())))
    return 1 if differing else 0


def main(rows_of, usage):
    if len(sys.argv) < 2:
        sys.exit(usage)
    sys.exit(compare(rows_of, *sys.argv[1:]))

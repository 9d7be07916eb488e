# SPDX-License-Identifier: Apache-2.0
"""Command line: `python3 tools/evtxwriter COMMAND ...` or, with tools/ on the path, `python3 -m evtxwriter`."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from evtxwriter import conformance, events, exporters  # noqa: E402
from evtxwriter import damage as damages  # noqa: E402
from evtxwriter.evtxfile import DIRTY, FULL  # noqa: E402


def from_jsonl(args):
    flags = (DIRTY if args.dirty else 0) | (FULL if args.full else 0)
    log = events.build_log(events.read_jsonl(args.input), flags, args.modern, args.records_per_chunk, args.exported)
    pathlib.Path(args.output).write_bytes(log.bytes())


def export_as(args):
    pathlib.Path(args.output).write_bytes(exporters.export(args.format, events.read_jsonl(args.input)))


def evtx_dump(program, data):
    """What evtx_dump prints of a log, as objects."""
    with tempfile.NamedTemporaryFile(suffix=".evtx") as log:
        log.write(data)
        log.flush()
        run = subprocess.run([program, "-t", "1", "-o", "jsonl", log.name], capture_output=True, check=False)
    return [json.loads(line) for line in run.stdout.split(b"\n") if line]


def make_conformance(args):
    cases = conformance.write(pathlib.Path(args.outdir))
    program = os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump")
    print(f"{len(cases)} cases, {sum(len(made.expected) for made in cases)} records", file=sys.stderr)
    if not args.compare:
        return 0
    if not program:
        print("evtx_dump is not installed (EVTX_DUMP may name it)", file=sys.stderr)
        return 2
    unknown = 0
    for name, record, expected, printed in conformance.differences(cases, lambda data: evtx_dump(program, data)):
        known = conformance.DIFFERENCES.get(name)
        unknown += known is None
        print(json.dumps({"case": name, "record": record, "known": known, "expected": expected, "printed": printed},
                         ensure_ascii=False))
    return 1 if unknown else 0


def damage(args):
    options = {"at": args.at, "length": args.length, "chunk": args.chunk, "record": args.record}
    data, account = damages.damage(args.kind, pathlib.Path(args.input).read_bytes(), args.seed, **options)
    pathlib.Path(args.output).write_bytes(data)
    print(json.dumps(account))


def listing(table):
    return "\n".join(f"  {name:22} {text}" for name, (_, text) in table.items())


def parser():
    top = argparse.ArgumentParser(prog="evtxwriter", description="Writes Windows event logs for tests.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("from-jsonl", help="events as `evtx_dump -o jsonl` prints them to an EVTX log")
    one.add_argument("input")
    one.add_argument("output")
    one.add_argument("--modern", action="store_true", help="provider and channel as values, as newer Windows has it")
    one.add_argument("--exported", action="store_true", help="as wevtutil epl: no templates, every value as text")
    one.add_argument("--records-per-chunk", type=int, help="begin a new chunk after so many records")
    one.add_argument("--dirty", action="store_true", help="set the flag of a log that was not closed")
    one.add_argument("--full", action="store_true", help="set the flag of a log that is full")
    one.set_defaults(run=from_jsonl)
    one = commands.add_parser("export-as", help="the same events as another program exports them",
                              formatter_class=argparse.RawDescriptionHelpFormatter,
                              epilog=f"formats:\n{listing(exporters.FORMATS)}")
    one.add_argument("format", choices=exporters.FORMATS, metavar="FORMAT")
    one.add_argument("input")
    one.add_argument("output")
    one.set_defaults(run=export_as)
    one = commands.add_parser("make-conformance", help="small logs, one a clause of the format, and what they say")
    one.add_argument("outdir")
    one.add_argument("--compare", action="store_true", help="with what evtx_dump prints; differences as JSON lines")
    one.set_defaults(run=make_conformance)
    one = commands.add_parser("damage", help="damage a log and print, as JSON, what is left of it",
                              formatter_class=argparse.RawDescriptionHelpFormatter,
                              description=damages.__doc__, epilog=f"kinds:\n{listing(damages.KINDS)}")
    one.add_argument("kind", choices=damages.KINDS, metavar="KIND")
    one.add_argument("input")
    one.add_argument("output")
    one.add_argument("--seed", type=int, default=0, help="chooses the place and the bytes (0)")
    one.add_argument("--at", type=int, help="the place: in the file for cut, in the chunk for random-bytes")
    one.add_argument("--length", type=int, help="bytes, bits or records, by kind")
    one.add_argument("--chunk", type=int, help="the chunk, from 0")
    one.add_argument("--record", type=int, help="the record, by its id")
    one.set_defaults(run=damage)
    return top


def main(argv=None):
    args = parser().parse_args(argv)
    return args.run(args) or 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Command line: `python3 tools/evtxwriter COMMAND ...` or, with tools/ on the path, `python3 -m evtxwriter`."""
import argparse
import pathlib
import sys

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from evtxwriter import events, exporters  # noqa: E402
from evtxwriter.evtxfile import DIRTY, FULL  # noqa: E402


def from_jsonl(args):
    flags = (DIRTY if args.dirty else 0) | (FULL if args.full else 0)
    log = events.build_log(events.read_jsonl(args.input), flags, args.modern, args.records_per_chunk)
    pathlib.Path(args.output).write_bytes(log.bytes())


def export_as(args):
    pathlib.Path(args.output).write_bytes(exporters.export(args.format, events.read_jsonl(args.input)))


def parser():
    top = argparse.ArgumentParser(prog="evtxwriter", description="Writes Windows event logs for tests.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("from-jsonl", help="events as `evtx_dump -o jsonl` prints them to an EVTX log")
    one.add_argument("input")
    one.add_argument("output")
    one.add_argument("--modern", action="store_true", help="provider and channel as values, as newer Windows has it")
    one.add_argument("--records-per-chunk", type=int, help="begin a new chunk after so many records")
    one.add_argument("--dirty", action="store_true", help="set the flag of a log that was not closed")
    one.add_argument("--full", action="store_true", help="set the flag of a log that is full")
    one.set_defaults(run=from_jsonl)
    formats = "\n".join(f"  {name:20} {text}" for name, (_, text) in exporters.FORMATS.items())
    one = commands.add_parser("export-as", help="the same events as another program exports them",
                              formatter_class=argparse.RawDescriptionHelpFormatter, epilog=f"formats:\n{formats}")
    one.add_argument("format", choices=exporters.FORMATS, metavar="FORMAT")
    one.add_argument("input")
    one.add_argument("output")
    one.set_defaults(run=export_as)
    return top


def main(argv=None):
    args = parser().parse_args(argv)
    return args.run(args) or 0


if __name__ == "__main__":
    sys.exit(main())

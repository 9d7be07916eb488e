# SPDX-License-Identifier: Apache-2.0
"""Writes Windows event logs (EVTX) for tests, samples and demonstrations.

Modules, from the bytes up:

    binxml       values, elements, templates: the model of BinXML and its encoder  [MS-EVEN6] 2.2.12
    evtxfile     names, templates, records, chunks, the file header
    xmltree      the plain XML tree of an event, and how it is written as JSON or XML
    reader       a small, independent reader: structure, checksums, and the same plain tree
    events       events in the JSON structure of `evtx_dump -o jsonl` to BinXML, as Windows writes it
    exporters    the same events as other programs export them
    conformance  small logs, one a clause of the format, with the output that is expected of a reader
    damage       deterministic damage to a log, and an account of what is left

Pure Python 3.11, standard library only. Everything is deterministic: the same input gives the same bytes.
"""

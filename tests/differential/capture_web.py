#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DNS, HTTP and TLS events against tshark's fields: capture_web.py IMPOUND [CAPTURE|FOLDER ...]

Without arguments behind the program, the folders of IMPOUND_CAPTURES (joined by `:`) are taken, or the captures
among the evidence of IMPOUND_SHARED.
Exits with 77 (skipped) without tshark or captures, with 1 when something differs.
"""
import collections
import json
import subprocess

import shark

SEPARATOR = "\x1f"
HTTP_PORTS = {80, 3128, 3132, 5985, 8080, 8088, 11371, 1900, 2869, 2710}  # tshark looks for it there only
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"


def tshark(path, wanted, fields):
    command = ["tshark", "-r", str(path), "-Y", wanted, "-T", "fields", "-E", "occurrence=a",
               "-E", "separator=/t", "-E", f"aggregator={SEPARATOR}"]
    for field in fields:
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    for line in run.stdout.decode("utf-8", "replace").splitlines():
        cells = line.split("\t")
        yield [cell.split(SEPARATOR) if cell else [] for cell in cells]


def first(cells):
    return cells[0] if cells else None


def expected_dns(path, rows):
    """Messages, not exchanges: what was asked and what was said to it. tshark does not say in which
    section an address stands, so those of messages with others than answers do not count."""
    fields = ["dns.flags.response", "dns.id", "dns.qry.name", "dns.qry.type", "dns.flags.rcode",
              "dns.a", "dns.count.auth_rr", "dns.count.add_rr"]
    mixed = set()
    for answer, ident, name, kind, code, addresses, authorities, additionals in tshark(
            path, "dns && !mdns && !nbns && !llmnr && !icmp && !icmpv6", fields):
        if int(first(authorities)) or int(first(additionals)):
            mixed.add(int(first(ident), 0))
        if first(answer) in ("1", "True"):
            rows["dns reply", int(first(ident), 0), int(first(code), 0)] += 1
            for address in addresses:
                rows["dns address", int(first(ident), 0), address] += 1
        else:
            rows["dns query", int(first(ident), 0), first(name), int(first(kind), 0)] += 1
    return mixed


def expected_http(path, rows):
    for method, uri, host, agent in tshark(path, "http.request && tcp", [
            "http.request.method", "http.request.uri", "http.host", "http.user_agent"]):
        for i, one in enumerate(method):
            rows["http request", one, uri[i] if i < len(uri) else None] += 1
        for one in host:
            rows["http host", one] += 1
        for one in agent:
            rows["http agent", one] += 1
    for code, server in tshark(path, "http.response && tcp", ["http.response.code",
                                                             "http.server"]):
        for one in code:
            if int(one) >= 200 or one == "101":
                rows["http status", int(one)] += 1
        for one in server:
            rows["http server", one] += 1


def expected_tls(path, rows):
    seen = set()
    for stream, kind, random, ja3, ja3s, name in tshark(
            path, "tls.handshake.type in {1, 2} && tcp",
            ["tcp.stream", "tls.handshake.type", "tls.handshake.random", "tls.handshake.ja3",
             "tls.handshake.ja3s", "tls.handshake.extensions_server_name"]):
        key = first(stream)
        if "1" in kind and key not in seen:
            seen.add(key)
            for one in ja3[:1]:
                rows["tls ja3", one] += 1
            for one in name[:1]:
                rows["tls name", one] += 1
        if "2" in kind and RETRY not in [one.replace(":", "") for one in random]:
            for one in ja3s[:1]:
                rows["tls ja3s", one] += 1


def got_dns(event, rows):
    if event["id.resp_p"] != 53:
        return
    if "rtt" in event or "rcode" not in event:
        rows["dns query", event["trans_id"], event["query"] or "<Root>", event["qtype"]] += 1
    if "rcode" in event:
        rows["dns reply", event["trans_id"], event["rcode"]] += 1
    for answer in event.get("answers", []):
        if answer.replace(".", "").isdigit():
            rows["dns address", event["trans_id"], answer] += 1


def got_http(event, rows):
    if event["id.resp_p"] not in HTTP_PORTS:
        return
    if "method" in event:
        rows["http request", event["method"], event["uri"]] += 1
    for kind, field in (("host", "host"), ("agent", "user_agent"), ("status", "status_code"),
                        ("server", "server")):
        if field in event:
            rows["http " + kind, event[field]] += 1


def got_tls(event, rows):
    for kind, field in (("ja3", "ja3"), ("ja3s", "ja3s"), ("name", "server_name")):
        if field in event:
            rows["tls " + kind, event[field]] += 1


def actual(impound, path):
    rows = collections.Counter()
    run = subprocess.run([impound, "dump", str(path)], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False)
    logs = {"dns": got_dns, "http": got_http, "ssl": got_tls}
    for line in run.stdout.splitlines():
        event = json.loads(line)
        if event.get("_path") in logs:
            logs[event["_path"]](event, rows)
    return rows


def rows_of(impound, path):
    theirs = collections.Counter()
    mixed = expected_dns(path, theirs)
    expected_http(path, theirs)
    expected_tls(path, theirs)
    ours = actual(impound, path)
    for row in [*theirs, *ours]:
        if row[0] == "dns address" and row[1] in mixed:
            theirs.pop(row, None)
            ours.pop(row, None)
    return theirs, ours


if __name__ == "__main__":
    shark.main(rows_of, __doc__)

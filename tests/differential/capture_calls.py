#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections, NTLM, Kerberos, LDAP, DCE/RPC and TDS against tshark: capture_calls.py IMPOUND [CAPTURE|FOLDER ...]

Without arguments behind the program, the folders of IMPOUND_CAPTURES (joined by `:`) are taken, or the captures
among the evidence of IMPOUND_SHARED.
Exits with 77 (skipped) without tshark or captures, with 1 when something differs.
"""
import base64
import collections
import hashlib
import ipaddress
import json
import re
import subprocess

import shark


def shown(element, name):
    field = element.find(f".//field[@name='{name}']")
    return None if field is None else field.get("show")


def all_shown(element, name):
    return [field.get("show") for field in element.iter("field") if field.get("name") == name]


def child(element, name):
    return element.find(f"field[@name='{name}']")


def number(text):
    return None if text in (None, "") else int(str(text), 0)


# --- Connections ---

FLOW_FIELDS = ["ip.src", "ip.dst", "ip.len", "ipv6.src", "ipv6.dst", "ipv6.plen", "tcp.srcport",
               "tcp.dstport", "udp.srcport", "udp.dstport", "ip.flags.mf", "ip.frag_offset"]


def community_id(one, other, protocol):
    """Version 1, seed 0 (the specification, "Calculating the Community ID")."""
    ends = sorted([(ipaddress.ip_address(address).packed, port) for address, port in (one, other)])
    data = b"\0\0" + ends[0][0] + ends[1][0] + bytes([protocol, 0])
    data += ends[0][1].to_bytes(2, "big") + ends[1][1].to_bytes(2, "big")
    return "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode()


class Flows:
    """Packets and bytes of IP by pair of ends and direction."""

    def __init__(self):
        self.sides = collections.Counter()

    def add(self, protocol, source, target, count, length):
        self.sides[protocol, source, target, "packets"] += count
        self.sides[protocol, source, target, "bytes"] += length

    def rows(self, without):
        for (protocol, one, other, what), count in self.sides.items():
            if count and frozenset((one[0], other[0])) not in without:
                yield ("conn " + what, protocol, one, other, count,
                       community_id(one, other, 6 if protocol == "tcp" else 17))


def expected_flows(path):
    """tshark's, and the pairs of hosts that sent fragments: it shows the last of them only."""
    command = ["tshark", "-r", str(path), "-Y", "(tcp || udp) && !icmp && !icmpv6", "-T", "fields",
               "-E", "occurrence=l"]
    for field in FLOW_FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    flows, fragmented = Flows(), set()
    for line in run.stdout.decode().splitlines():
        cells = line.split("\t")
        four, six = cells[0:3], cells[3:6]
        source, target, length = four if four[0] else six
        length = number(length) + (0 if four[0] else 40)
        protocol = "tcp" if cells[6] else "udp"
        ports = cells[6:8] if cells[6] else cells[8:10]
        if cells[10] in ("1", "True") or cells[11] not in ("", "0"):
            fragmented.add(frozenset((source, target)))
        flows.add(protocol, (source, int(ports[0])), (target, int(ports[1])), 1, length)
    return flows, fragmented


def got_conn(event, flows):
    client = event["id.orig_h"], event["id.orig_p"]
    server = event["id.resp_h"], event["id.resp_p"]
    flows.add(event["proto"], client, server, event["orig_pkts"], event["orig_ip_bytes"])
    flows.add(event["proto"], server, client, event["resp_pkts"], event["resp_ip_bytes"])


# --- NTLM ---

def text_of(show):
    return None if show in (None, "NULL", "") else show


def expect_ntlm(proto, rows):
    kind = number(shown(proto, "ntlmssp.messagetype"))
    flags = number(shown(proto, "ntlmssp.negotiateflags"))
    if kind == 1:
        rows["ntlm negotiate", flags] += 1
    elif kind == 2:
        rows["ntlm challenge", flags, text_of(shown(proto, "ntlmssp.challenge.target_info.nb_computer_name")),
             text_of(shown(proto, "ntlmssp.challenge.target_info.dns_computer_name"))] += 1
    elif kind == 3:
        rows["ntlm authenticate", flags, text_of(shown(proto, "ntlmssp.auth.username")),
             text_of(shown(proto, "ntlmssp.auth.domain")),
             text_of(shown(proto, "ntlmssp.auth.hostname"))] += 1


def got_ntlm(event, rows):
    if "negotiate_flags" in event:
        rows["ntlm negotiate", number(event["negotiate_flags"])] += 1
    if "challenge_flags" in event and event["service"] != "tds":
        rows["ntlm challenge", number(event["challenge_flags"]),
             text_of(event.get("server_nb_computer_name")),
             text_of(event.get("server_dns_computer_name"))] += 1
    if "authenticate_flags" in event:
        rows["ntlm authenticate", number(event["authenticate_flags"]), text_of(event.get("username")),
             text_of(event.get("domainname")), text_of(event.get("hostname"))] += 1


# --- Kerberos ---

def kerberos_request(kind, request):
    body = request.find("field[@name='kerberos.req_body_element']")
    names = {name: [one for one in all_shown(child(body, f"kerberos.{name}name_element"), f"kerberos.{name.upper()}NameString")]
             if child(body, f"kerberos.{name}name_element") is not None else [] for name in "cs"}
    realm = shown(body, "kerberos.realm")
    padata = child(request, "kerberos.padata")
    types = [] if padata is None else [
        shown(one, "kerberos.padata_type") for one in padata.findall("field[@name='kerberos.PA_DATA_element']")]
    options = shown(body, "kerberos.kdc_options").replace(":", "")
    etypes = child(body, "kerberos.kdc-req-body.etype")
    return ("kerberos request", kind, "/".join([*names["c"], realm]) if names["c"] else None,
            "/".join(names["s"]) or None, realm, int(options.ljust(8, "0"), 16),
            ",".join(all_shown(etypes, "kerberos.ENCTYPE")), ",".join(types))


def expect_kerberos(proto, rows):
    for element in proto.iter("field"):
        kind = re.fullmatch(r"kerberos\.(as|tgs)_(req|rep)_element", element.get("name", ""))
        if kind and kind[2] == "req":
            rows[kerberos_request(kind[1].upper(), element)] += 1
        elif kind:
            ticket = element.find("field[@name='kerberos.ticket_element']")
            service = "/".join(all_shown(child(ticket, "kerberos.sname_element"), "kerberos.SNameString"))
            rows["kerberos reply", kind[1].upper(), service] += 1
        elif element.get("name") == "kerberos.krb_error_element":
            rows["kerberos error", number(shown(element, "kerberos.error_code"))] += 1


def got_kerberos(event, rows):
    if "carrier" in event:
        return
    if event.get("request_type") in ("AS", "TGS") and "kdc_options" in event:
        rows["kerberos request", event["request_type"], event.get("client") if event["request_type"] == "AS" else None,
             event.get("service"), event.get("realm"), number(event["kdc_options"]),
             event.get("etypes", ""), event.get("padata", "")] += 1
    if "error_code" in event:
        rows["kerberos error", number(event["error_code"])] += 1
    elif event.get("success") and event.get("request_type") in ("AS", "TGS"):
        rows["kerberos reply", event["request_type"], event.get("reply_service")] += 1


# --- LDAP ---

SCOPES = {"0": "base", "1": "single", "2": "tree"}


def plain(text):
    return None if text is None else re.sub("[^a-z0-9]", "", text.lower())


def filter_of(text):
    """Small letters and digits; of a DC's search (CLDAP), which has numbers in it as bytes, names only."""
    return plain(re.sub(r"=[^()]*", "", text) if "(NtVer=" in text else text)


def result_name(message):
    field = message.find(".//field[@name='ldap.resultCode']")
    return None if field is None else plain(field.get("showname").split(":")[1].split("(")[0])


def expect_ldap(proto, rows):
    for message in proto.iter("field"):
        if message.get("name") != "ldap.LDAPMessage_element":
            continue
        operation = shown(message, "ldap.protocolOp")
        ident = number(shown(message, "ldap.messageID"))
        if operation == "0":
            rows["ldap bind", ident, shown(message, "ldap.name"), shown(message, "ldap.mechanism")] += 1
        elif operation == "1":
            rows["ldap bind result", ident, result_name(message)] += 1
        elif operation == "3":
            filters = [field.get("show")[8:] for field in message.iter("field")
                       if (field.get("show") or "").startswith("Filter: ")]
            rows["ldap search", ident, shown(message, "ldap.baseObject"), SCOPES[shown(message, "ldap.scope")],
                 filter_of(filters[0]) if filters else None,
                 ",".join(all_shown(message, "ldap.AttributeDescription"))] += 1
        elif operation == "5":
            rows["ldap search result", ident, result_name(message)] += 1


def got_ldap(event, rows):
    if event["opcode"] != "bind":
        return
    mechanism = event.get("mechanism")
    is_sasl = mechanism not in ("simple", "sicily discovery", "sicily negotiate", "sicily response")
    rows["ldap bind", event["message_id"], event.get("object", ""), mechanism if is_sasl else None] += 1
    if "result" in event:
        rows["ldap bind result", event["message_id"], plain(event["result"])] += 1


def got_search(event, rows):
    rows["ldap search", event["message_id"], event["base_object"], event["scope"],
         filter_of(event["filter"]), event.get("attributes", "")] += 1
    if "result" in event:
        rows["ldap search result", event["message_id"], plain(event["result"])] += 1


# --- DCE/RPC ---

BIND, ALTER, REQUEST = "11", "14", "0"


class Calls:
    """The requests of a capture, with the interface that their pipe or connection was bound to."""

    def __init__(self):
        self.contexts = {}

    def packet(self, packet, rows):
        stream = pipe = None
        for proto in packet.findall("proto"):
            name = proto.get("name")
            if name == "tcp":
                stream = shown(proto, "tcp.stream")
            elif name == "smb2":
                pipe = shown(proto, "smb2.fid")
            elif name == "smb":
                pipe = shown(proto, "smb.fid")
            elif name == "dcerpc":
                self.pdu(proto, (stream, pipe), rows)

    def pdu(self, proto, where, rows):
        kind = shown(proto, "dcerpc.pkt_type")
        if kind in (BIND, ALTER):
            for item in proto.findall("field[@name='dcerpc.cn_ctx_item']"):
                self.contexts[where, shown(item, "dcerpc.cn_ctx_id")] = shown(item, "dcerpc.cn_bind_to_uuid")
        if kind != REQUEST or shown(proto, "dcerpc.cn_flags.first_frag") not in ("1", "True"):
            return
        interface = self.contexts.get((where, shown(proto, "dcerpc.cn_ctx_id")))
        call = interface, number(shown(proto, "dcerpc.opnum")), number(shown(proto, "dcerpc.cn_call_id"))
        rows["rpc call", *call, number(shown(proto, "dcerpc.auth_level")) or 0] += 1


def got_call(event, rows):
    rows["rpc call", event.get("interface_uuid"), event["opnum"], event["call_id"],
         event.get("auth_level", 0)] += 1


# --- TDS ---

LOGIN = {"clientname": "host_name", "username": "username", "appname": "app_name",
         "servername": "server_name", "libraryname": "interface_name", "databasename": "database"}


def expect_tds(proto, rows):
    if shown(proto, "tds.7login.total_len"):
        rows["tds login", tuple(text_of(shown(proto, "tds.7login." + name)) for name in LOGIN)] += 1
    for query in all_shown(proto, "tds.query"):
        rows["tds query", query] += 1


def got_tds(event, rows):
    if "host_name" in event or "client_pid" in event:
        rows["tds login", tuple(text_of(event.get(name)) for name in LOGIN.values())] += 1
    if "query" in event:
        rows["tds query", event["query"]] += 1


# --- Both ---

EXPECTED = {"ntlmssp": expect_ntlm, "kerberos": expect_kerberos, "ldap": expect_ldap,
            "cldap": expect_ldap, "tds": expect_tds}
GOT = {"ntlm": got_ntlm, "dce_rpc": got_call, "kerberos": got_kerberos, "ldap": got_ldap,
       "ldap_search": got_search, "tds": got_tds}


def expected(path):
    rows, calls = collections.Counter(), Calls()
    for packet in shark.packets(path, "ntlmssp || kerberos || ldap || cldap || dcerpc || tds"):
        for proto in packet.findall("proto"):
            if proto.get("name") in EXPECTED and proto.get("name") != "ntlmssp":
                EXPECTED[proto.get("name")](proto, rows)
        for proto in packet.iter("proto"):
            if proto.get("name") == "ntlmssp":
                expect_ntlm(proto, rows)
        calls.packet(packet, rows)
    return rows


def without_flags(theirs, ours):
    """tshark has no flags of a message whose empty fields point into its header."""
    for row in [row for row in theirs if row[:2] == ("ntlm authenticate", None)]:
        for own in [own for own in ours if own[0] == row[0] and own[2:] == row[2:]]:
            theirs[own] += theirs.pop(row, 0)


def rows_of(impound, path):
    theirs = expected(path)
    flows, fragmented = expected_flows(path)
    theirs.update(flows.rows(fragmented))
    ours, flows = collections.Counter(), Flows()
    run = subprocess.run([impound, "dump", str(path)], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False)
    for line in run.stdout.splitlines():
        event = json.loads(line)
        log = event.get("_path")
        if log == "conn":
            got_conn(event, flows)
        elif log in GOT:
            GOT[log](event, ours)
    ours.update(flows.rows(fragmented))
    without_flags(theirs, ours)
    return theirs, ours


if __name__ == "__main__":
    shark.main(rows_of, __doc__)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The talks (capture_smb/lab.h) of TLS, DNS, HTTP and RDP: make_talks.py FOLDER [CERTIFICATE KEY].

FOLDER is fuzz/corpus; a folder a protocol is written below it. TLS talks are made with a
certificate in PEM and its key, between two ends in memory.
"""
import pathlib
import ssl
import struct
import sys

CLIENT, SERVER = 0, 1


def talk(*records):
    return b"".join(bytes([side]) + len(data).to_bytes(3, "little") + data
                    for side, data in records)


def tls(certificate, key, version):
    client_in, client_out, server_in, server_out = (ssl.MemoryBIO() for _ in range(4))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    server.set_alpn_protocols(["http/1.1"])
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = version
    client.set_alpn_protocols(["h2", "http/1.1"])
    ends = [(CLIENT, client.wrap_bio(client_in, client_out, server_hostname="lab.example"),
             client_out, server_in),
            (SERVER, server.wrap_bio(server_in, server_out, server_side=True), server_out,
             client_in)]
    records = []
    for step in range(8):
        for side, end, out, other in ends:
            try:
                end.do_handshake() if step < 4 else end.write(b"hello")
            except ssl.SSLWantReadError:
                pass
            if data := out.read():
                records.append((side, data))
                other.write(data)
        if step > 4:
            break
    return talk(*records)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns(ident, flags, question, kind, answers=()):
    data = struct.pack(">HHHHHH", ident, flags, 1, len(answers), 0, 0) + name(question)
    data += struct.pack(">HH", kind, 1)
    for answer_kind, answer in answers:
        data += b"\xc0\x0c" + struct.pack(">HHIH", answer_kind, 1, 300, len(answer)) + answer
    return struct.pack(">H", len(data)) + data


def dns_talk():
    text = b"\x05hello\x05world"
    return talk(
        (CLIENT, dns(1, 0x0100, "dc1.lab.example", 1) + dns(2, 0x0100, "lab.example", 16)),
        (SERVER, dns(2, 0x8580, "lab.example", 16, [(16, text)])),
        (SERVER, dns(1, 0x8580, "dc1.lab.example", 1, [(5, b"\x02dc\xc0\x10"),
                                                       (1, bytes([192, 0, 2, 30]))])),
        (CLIENT, dns(3, 0x0120, "nobody.example", 28)),
        (SERVER, dns(3, 0x8183, "nobody.example", 28)),
        (CLIENT, dns(4, 0x0100, "_ldap._tcp.dc._msdcs.lab.example", 33)))


def http_talk():
    return talk(
        (CLIENT, b"GET /wpad.dat HTTP/1.1\r\nHost: wpad\r\nUser-Agent: lab\r\n"
                 b"Via: 1.1 proxy\r\n\r\nHEAD / HTTP/1.1\r\nHost: one\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 OK\r\nServer: lab/1\r\nContent-Length: 32\r\n\r\n"
                 b"function FindProxyForURL(a, b){}"),
        (SERVER, b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\n"
                 b"WWW-Authenticate: Negotiate\r\nContent-Length: 99\r\n\r\n"),
        (CLIENT, b"PUT /share/a.exe HTTP/1.1\r\nHost: one\r\nTransfer-Encoding: chunked\r\n"
                 b"Authorization: NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==\r\n"
                 b"\r\n4\r\nMZ\x90\0\r\n3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n"),
        (SERVER, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n"),
        (CLIENT, b"GET /last HTTP/1.0\r\nAuthorization: Basic bGFiOnNlY3JldA==\r\n\r\n"),
        (SERVER, b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end"))


def broken_talk():
    """A head that is none, then one that is; a tunnel with TLS in it; a body cut by a gap."""
    hello = bytes([22, 3, 1, 0, 4, 0, 0, 0, 0])
    gap = bytes([3]) + (6).to_bytes(3, "little")
    return talk(
        (CLIENT, b"GET /a HTTP/1.1\r\n\r\nno head at all\r\n\r\nand a line\n"
                 b"GET /b HTTP/1.1\r\n\r\nCONNECT lab:443 HTTP/1.1\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nbefore")) + gap + talk(
        (SERVER, b"} HTTP/1.1\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
                 b"HTTP/1.1 200 Yes\r\n\r\n"),
        (CLIENT, hello), (SERVER, hello))


def tpkt(data):
    return struct.pack(">BBH", 3, 0, len(data) + 4) + data


def connection(code, variable):
    return tpkt(bytes([6 + len(variable), code]) + bytes(5) + variable)


def settings():
    core = struct.pack("<IHHHHII", 0x00080004, 1280, 720, 0xCA01, 0xAA03, 1033, 7601)
    core += "LAB-CLIENT".encode("utf-16-le").ljust(32, b"\0") + bytes(12) + bytes(64)
    core += struct.pack("<HHIHHH", 0xCA01, 1, 0, 16, 7, 2) + bytes(64)
    channels = struct.pack("<I", 2) + b"rdpdr\0\0\0" + bytes(4) + b"cliprdr\0" + bytes(4)
    data = struct.pack("<HH", 0xC001, len(core) + 4) + core
    data += struct.pack("<HH", 0xC003, len(channels) + 4) + channels
    return tpkt(b"\x02\xf0\x80\x7f\x65Duca" + struct.pack(">H", 0x8000 | len(data)) + data)


def answer():
    security = struct.pack("<IIII", 2, 2, 4, 8) + b"abcd" + struct.pack("<II", 0x80000002, 2)
    data = struct.pack("<HH", 0x0C02, len(security) + 4) + security
    return tpkt(b"\x02\xf0\x80\x7f\x66McDn" + bytes([len(data)]) + data)


def rdp_talks():
    request = struct.pack("<BBHI", 1, 0, 8, 3)
    plain = talk((CLIENT, connection(0xE0, b"Cookie: mstshash=lab\r\n" + request)),
                 (SERVER, connection(0xD0, struct.pack("<BBHI", 2, 0, 8, 0))),
                 (CLIENT, settings()), (SERVER, answer()), (CLIENT, b"secret"))
    failed = talk((CLIENT, connection(0xE0, struct.pack("<BBHI", 1, 0, 8, 0))),
                  (SERVER, connection(0xD0, struct.pack("<BBHI", 3, 0, 8, 5))))
    return {"plain": plain, "failed": failed}


def main(folder, *pair):
    root = pathlib.Path(folder)
    talks = {"dns": {"talk": dns_talk()}, "http": {"talk": http_talk(), "broken": broken_talk()}, "rdp": rdp_talks()}
    if pair:
        talks["tls"] = {"tls12": tls(*pair, ssl.TLSVersion.TLSv1_2),
                        "tls13": tls(*pair, ssl.TLSVersion.TLSv1_3)}
    for protocol, ones in talks.items():
        (root / protocol).mkdir(parents=True, exist_ok=True)
        for one, data in ones.items():
            (root / protocol / one).write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""Makes tls.pcap, tls.keylog and tls-inside.pcapng: connections under TLS between a client and a server of Python's
ssl, each with another suite, a request and its reply in it; the pcapng has its key log in a block of its own. Needs
the package `cryptography`. Keys are random, so the files differ each time."""
import datetime
import pathlib
import ssl
import struct
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HERE = pathlib.Path(__file__).resolve().parent
CLIENT, SERVER = bytes([192, 0, 2, 20]), bytes([192, 0, 2, 10])


def der(tag, *parts):
    body = b"".join(parts)
    return bytes([tag, len(body)]) + body


SEARCH = der(0x30, der(2, b"\1"), der(0x63, der(4, b"dc=lab"), der(10, b"\2"), der(10, b"\0"), der(2, b"\0"),
                                      der(2, b"\0"), der(1, b"\0"), der(0x87, b"servicePrincipalName"), der(0x30)))
DONE = der(0x30, der(2, b"\1"), der(0x65, der(10, b"\0"), der(4), der(4)))
HTTP = (b"GET /certsrv/ HTTP/1.1\r\nHost: ca.lab.example\r\nUser-Agent: sample\r\n\r\n",
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
# Version, suite, port, what is said.
TALKS = [
    (ssl.TLSVersion.TLSv1_3, "TLS_AES_256_GCM_SHA384", 443, HTTP),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256", 636, (SEARCH, DONE)),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES256-SHA384", 636, (SEARCH, DONE)),
    (ssl.TLSVersion.TLSv1_2, "AES128-SHA", 8443, HTTP),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305", 8443, HTTP),
]


def certificate(folder):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dc1.lab.example")])
    now = datetime.datetime(2026, 1, 1)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=3650))
            .sign(key, hashes.SHA256()))
    path = folder / "pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


class End:
    """One end of a connection, without a socket."""

    def __init__(self, context, is_server):
        self.input, self.output = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.input, self.output, server_side=is_server)
        self.is_ready, self.got = False, b""

    def step(self):
        try:
            if not self.is_ready:
                self.tls.do_handshake()
                self.is_ready = True
            self.got += self.tls.read(65536)
        except ssl.SSLWantReadError:
            pass
        return self.output.read()


def talk(version, suite, pem, keylog, said):
    """(side, bytes) in order."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.keylog_filename = str(keylog)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        if version == ssl.TLSVersion.TLSv1_2:
            context.set_ciphers(suite + ":@SECLEVEL=0")
    ends, sent = [End(client, False), End(server, True)], []

    def settle():
        quiet = 0
        side = 0
        while quiet < 4:
            data = ends[side].step()
            quiet = 0 if data else quiet + 1
            if data:
                sent.append((side, data))
                ends[1 - side].input.write(data)
            side = 1 - side

    settle()
    assert ends[0].tls.cipher()[0] == suite, ends[0].tls.cipher()
    for side, data in enumerate(said):
        for part in (data[:3], data[3:]):  # over records
            ends[side].tls.write(part)
        settle()
        assert ends[1 - side].got == data
    return sent


def packet(side, port, sequence, acknowledged, flags, data):
    ends = [CLIENT, SERVER] if side == 0 else [SERVER, CLIENT]
    ports = (40000 + port, port) if side == 0 else (port, 40000 + port)
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 65535, 0, 0) + data
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends[0] + ends[1]
    return b"\0" * 12 + b"\x08\0" + ip + tcp


def packets(sent, port):
    numbers = [1000, 2000]
    yield packet(0, port, 999, 0, 2, b"")
    yield packet(1, port, 1999, 1000, 18, b"")
    for side, data in sent:
        for at in range(0, len(data), 1400):
            piece = data[at:at + 1400]
            yield packet(side, port, numbers[side], numbers[1 - side], 24, piece)
            numbers[side] += len(piece)
    yield packet(0, port, numbers[0], numbers[1], 17, b"")
    yield packet(1, port, numbers[1], numbers[0] + 1, 17, b"")


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        pem = certificate(folder)
        frames, keylog = [], folder / "all"
        for index, (version, suite, port, said) in enumerate(TALKS):
            frames += packets(talk(version, suite, pem, keylog, said), port + index)
        text = b"".join(line for line in keylog.read_bytes().splitlines(True) if not line.startswith(b"#"))
        (HERE / "tls.keylog").write_bytes(text)
        own = folder / "own"
        inside = list(packets(talk(*TALKS[0][:2], pem, own, HTTP), 443))
        secrets = own.read_bytes()
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for number, frame in enumerate(frames):
        out += struct.pack("<IIII", 1790000000, number, len(frame), len(frame)) + frame
    (HERE / "tls.pcap").write_bytes(out)
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 65535))
    out += block(10, struct.pack("<II", 0x544C534B, len(secrets)) + secrets)
    for number, frame in enumerate(inside):
        time = 1790000000 * 1000000 + number
        out += block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame)) + frame)
    (HERE / "tls-inside.pcapng").write_bytes(out)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes the zip archives of this folder. Run it here: python3 make.py

Python's zipfile writes the well-formed ones; what it doesn't write (a flag, a wrong checksum, a cut) is changed in the
bytes afterwards, after APPNOTE.TXT 4.3.7 and 4.3.12. Every time stamp is fixed, so that the bytes are always the same.
"""

import io
import os
import zipfile

LOG = b"""my "Personal"
================ Certificate 0 ================
Serial Number: 0a
Issuer: CN=Contoso Issuing CA
 NotBefore: 13/01/2024 10:00
 NotAfter: 13/01/2034 10:00
Subject: CN=www.contoso.com
Non-root Certificate
Cert Hash(sha1): 00112233445566778899aabbccddeeff00112233
  Key Container = web
  Provider = Microsoft Strong Cryptographic Provider
Encryption test passed
CertUtil: -store command completed successfully.
"""


def entry(name):
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.create_system = 0
    return info


def archive(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, content in members:
            zipped.writestr(entry(name), content, compress_type=method)
    return out.getvalue()


def changed(data, signature, offset, value):
    """Sets the bytes at this offset of every header with this signature."""
    out = bytearray(data)
    at = out.find(signature)
    while at >= 0:
        out[at + offset : at + offset + len(value)] = value
        at = out.find(signature, at + 4)
    return bytes(out)


def both(data, offset, value):
    """The same field of local headers and of the directory, where it stands two bytes later."""
    return changed(changed(data, b"PK\x03\x04", offset, value), b"PK\x01\x02", offset + 2, value)


def stream(*members):
    """Written to something that can't seek: sizes in data descriptors."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as zipped:
        for name, content in members:
            zipped.writestr(entry(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return pipe.data


PLAIN = archive(("logs/", b""), ("logs/dump.txt", LOG), ("readme.txt", b"See the log.\n"))
CASES = {
    "plain": PLAIN,
    "stored": archive(("dump.txt", LOG), method=zipfile.ZIP_STORED),
    "nested": archive(("server.zip", archive(("dump.txt", LOG)))),
    "stream": stream(("dump.txt", LOG)),
    "encrypted": both(archive(("dump.txt", LOG)), 6, b"\x01"),
    "wrong-checksum": both(archive(("dump.txt", LOG), method=zipfile.ZIP_STORED), 14, b"\1\2\3\4"),
    "cut": archive(("a.txt", LOG), ("b.txt", LOG), method=zipfile.ZIP_STORED)[: len(LOG) + 150],
    "traversal": archive(("../../etc/dump.txt", LOG), ("C:\\dump\x1b[2J.txt", LOG)),
    "bzip2": archive(("dump.txt", LOG), method=zipfile.ZIP_BZIP2),
    "document": archive(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>")),
    "empty": archive(),
    "nothing-known": archive(("readme.txt", b"Nothing here.\n")),
}

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    for name, data in CASES.items():
        os.makedirs(os.path.join(here, name), exist_ok=True)
        with open(os.path.join(here, name, "artifact.zip"), "wb") as file:
            file.write(data)

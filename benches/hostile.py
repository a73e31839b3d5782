#!/usr/bin/env python3
"""Makes hostile inputs, runs keyspect over each at one size and at the double of it, and measures time and peak memory.

usage: benches/hostile.py [--keyspect PATH] [--only PART-OF-A-NAME] [--scale FACTOR] [--formats text,json,jsonl] [--markdown]

Every case must stay within 256 MiB of resident memory at both sizes, and time must grow at most linearly: the double of the
input may take 2.5 times as long (0.1 s are forgiven, for what a run costs at all). Exit status 1 when a case does not.
Nothing but Python's standard library is needed. The inputs are written to a temporary folder, one after the other. Processor time
is measured, which other work on the machine hardly changes.
"""
import argparse
import base64
import datetime
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

MEMORY = 256 << 20
GROWTH = 2.5
FORGIVEN = 0.1


# --- DER

def der(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    if n < 0x80:
        length = bytes([n])
    else:
        digits = n.to_bytes((n.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + length + content


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytes([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        part = [arc & 0x7F]
        while arc := arc >> 7:
            part.append(0x80 | arc & 0x7F)
        out += bytes(reversed(part))
    return der(6, out)


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def sequence(*parts):
    return der(0x30, *parts)


DATA, ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
BAG = "1.2.840.113549.1.12.10.1."


def pfx(safes, mac=b""):
    authenticated = sequence(*safes)
    return sequence(integer(3), sequence(oid(DATA), der(0xA0, der(4, authenticated))), mac)


def clear(bags):
    return sequence(oid(DATA), der(0xA0, der(4, sequence(*bags))))


def encrypted(algorithm, n=64):
    return sequence(oid(ENCRYPTED), der(0xA0, sequence(integer(0), sequence(oid(DATA), algorithm, der(0x80, bytes(n))))))


def certificate(n, san=0, extensions=0):
    """A certificate without a real signature."""
    name = sequence(der(0x31, sequence(oid("2.5.4.3"), der(12, b"host%d.contoso.com" % n))))
    key = sequence(sequence(oid("1.2.840.113549.1.1.1"), der(5)), der(3, b"\0", sequence(integer(1 << 1023 | n * 2 + 1), integer(65537))))
    all_of_them = []
    if san:
        names = sequence(*(der(0x82, b"a%d.contoso.com" % i) for i in range(san)))
        all_of_them.append(sequence(oid("2.5.29.17"), der(4, names)))
    all_of_them += [sequence(oid("1.2.3.%d" % i), der(4, b"\x05\0")) for i in range(extensions)]
    tail = der(0xA3, sequence(*all_of_them)) if all_of_them else b""
    algorithm = sequence(oid("1.2.840.113549.1.1.11"), der(5))
    valid = sequence(der(23, b"240101000000Z"), der(23, b"340101000000Z"))
    body = sequence(der(0xA0, integer(2)), integer(n + 1), algorithm, name, valid, name, key, tail)
    return sequence(body, algorithm, der(3, bytes(129)))


def cert_bag(n, attributes=0):
    value = sequence(oid("1.2.840.113549.1.9.22.1"), der(0xA0, der(4, certificate(n))))
    extra = der(0x31, *(sequence(oid("1.2.3.%d" % i), der(0x31, der(4, b"x"))) for i in range(attributes))) if attributes else b""
    return sequence(oid(BAG + "3"), der(0xA0, value), extra)


def pbes1(iterations):
    return sequence(oid("1.2.840.113549.1.12.1.3"), sequence(der(4, b"saltsalt"), integer(iterations)))


def scrypt(n):
    kdf = sequence(oid("1.3.6.1.4.1.11591.4.11"), sequence(der(4, b"saltsalt"), integer(n), integer(8), integer(1)))
    cipher = sequence(oid("2.16.840.1.101.3.4.1.42"), der(4, bytes(16)))
    return sequence(oid("1.2.840.113549.1.5.13"), sequence(kdf, cipher))


def mac(iterations):
    digest = sequence(sequence(oid("1.3.14.3.2.26"), der(5)), der(4, bytes(20)))
    return sequence(digest, der(4, b"saltsalt"), integer(iterations))


# --- texts

BLOCK = """================ Certificate %d ================
Serial Number: %016x
Issuer: CN=Contoso CA
 NotBefore: 1/13/2024 10:00 AM
 NotAfter: 1/13/2034 10:00 AM
Subject: CN=host%d.contoso.com
Non-root Certificate
Cert Hash(sha1): %040x
  Key Container = key %d
  Provider = Microsoft Strong Cryptographic Provider
  KeySpec = 2 -- AT_SIGNATURE
Signature test passed

"""
END = "CertUtil: -store command completed successfully.\n"


def lines(first, each, last=""):
    """Writes a text line by line; `each` gives the line of a number."""
    def make(path, n):
        with open(path, "w") as out:
            out.write(first)
            for i in range(n):
                out.write(each(i))
            out.write(last)
    return make


def repeated(part, first=b"", last=b""):
    """A file of so many bytes."""
    def make(path, n):
        with open(path, "wb") as out:
            out.write(first)
            piece = part * (1 + (1 << 20) // len(part))
            left = n
            while left > 0:
                out.write(piece[:left])
                left -= len(piece)
            out.write(last)
    return make


def whole(content):
    def make(path, n):
        with open(path, "wb") as out:
            out.write(content(n))
    return make


def zipped(member, count=1, method=zipfile.ZIP_DEFLATED):
    def make(path, n):
        with zipfile.ZipFile(path, "w", method) as out:
            for i in range(count if count != "n" else n):
                name, content = member(i, n)
                out.writestr(name, content)
    return make


def mail(n, part, fields=""):
    """A mail with so many parts."""
    head = "From: a@contoso.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    one = "--b\r\n%s\r\n%s\r\n" % (fields, part)
    return (head + one * n + "--b--\r\n").encode()


def bomb(path, n):
    """One member that says it has few bytes and expands to n zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bytearray()
    crc = 0
    block = bytes(1 << 20)
    for _ in range(n >> 20):
        packed += packer.compress(block)
        crc = zlib.crc32(block, crc)
    packed += packer.flush()
    name = b"dump.txt"
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, crc, len(packed), n & 0xFFFFFFFF, len(name), 0) + name
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, crc, len(packed), n & 0xFFFFFFFF, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(local) + len(packed), 0)
    with open(path, "wb") as out:
        out.write(local + packed + entry + end)


def nested_zip(path, n):
    inner = b"nothing"
    for level in range(n):
        name = path + ".inner"
        with zipfile.ZipFile(name, "w") as out:
            out.writestr("a%d.zip" % level if level else "a.txt", inner)
        with open(name, "rb") as back:
            inner = back.read()
        os.remove(name)
    with open(path, "wb") as out:
        out.write(inner)


def element(n):
    cert = certificate(n)
    return struct.pack("<III", 32, 1, len(cert)) + cert


def store(n):
    return b"\0\0\0\0CERT" + b"".join(element(i) for i in range(n)) + bytes(12)


def evtx(n):
    """Chunks that begin as they should and hold noise."""
    chunk = b"ElfChnk\0" + bytes((i * 2654435761 >> 24) & 0xFF for i in range(65528))
    header = bytearray(b"ElfFile\0" + bytes(4088))
    header[42:44] = struct.pack("<H", n)
    return bytes(header) + chunk * n


def event(i):
    return ("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Schannel'/><EventID>36870</EventID>"
            "<TimeCreated SystemTime='2026-01-01T00:00:00Z'/><EventRecordID>%d</EventRecordID><Computer>host</Computer></System><EventData>"
            "<Data Name='Type'>server</Data><Data Name='ErrorCode'>0x8009030d</Data></EventData></Event>\n" % i)


def binding(i):
    return ("    IP:port                      : 10.%d.%d.%d:443\n    Certificate Hash             : %040x\n    Application ID               : "
            "{4dc3e181-e14b-4a21-b022-59fc669b0914}\n    Certificate Store Name       : My\n\n" % (i >> 16 & 255, i >> 8 & 255, i & 255, i))


def site(i):
    return ('<site name="s%d" id="%d"><bindings><binding protocol="https" bindingInformation="*:443:h%d.contoso.com" sslFlags="1" '
            'certificateHash="%040x" certificateStoreName="My"/></bindings></site>\n' % (i, i, i, i))


def pem(i):
    body = base64.b64encode(certificate(i)).decode()
    return "-----BEGIN CERTIFICATE-----\n" + "\n".join(body[at:at + 64] for at in range(0, len(body), 64)) + "\n-----END CERTIFICATE-----\n"


def key_file(i):
    return "%08x%024x_7f3c21aa-0b1d-4c2e-9a51-0123456789ab" % (i * 2654435761 & 0xFFFFFFFF, i)


def listing(i):
    return "13.01.2024  10:00             2.320 %s\n" % key_file(i)


def long_event(i):
    return event(i).replace("<Data Name='Type'>", "<Data Name='Other'>" + "x" * 60_000 + "</Data><Data Name='Type'>")


def access_list(i):
    entries = "".join("CONTOSO\\user%d:(R)\n      " % n for n in range(9_000))
    return "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys%d %s\nSuccessfully processed 1 files; Failed processing 0 files\n\n" % (i, entries)


def folder(i):
    files = "".join(listing(n) for n in range(9_000))
    return " Directory of C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys%d\n\n%s            9000 File(s)  1 bytes\n\n" % (i, files)


PROCMON = '"Time of Day","Process Name","PID","Operation","Path","Result","Detail"\n'

PROSE = "customer page browser update report login please morning thanks again office network meeting".split()
WEB_LOG = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n"

# name: (maker, size, what the size counts)
CASES = {
    "zeros": (repeated(b"\0"), 64 << 20, "bytes"),
    "one-line": (repeated(b"x"), 256 << 20, "bytes"),
    "one-line-of-blanks": (repeated(b" "), 256 << 20, "bytes"),
    "one-line-of-words": (repeated(b"the server was restarted, and the key of a certificate was found again; "), 64 << 20, "bytes"),
    "one-line-of-labels": (repeated(b"Key Container = a Provider = b "), 16 << 20, "bytes"),
    "one-line-of-prompts": (repeated(b"a>certutil "), 16 << 20, "bytes"),
    "one-line-of-headers": (repeated(b"================ Certificate 1 ================ "), 8 << 20, "bytes"),
    "empty-lines": (repeated(b"\n"), 8 << 20, "bytes"),
    "million-lines": (lines("", lambda i: "line %d of a log\n" % i), 1_000_000, "lines"),
    "prose": (lines("", lambda i: "%s, and the server was restarted again.\n" % " ".join(PROSE[i * n % 13] for n in range(1, 9))), 200_000, "lines"),
    "web-log": (lines(WEB_LOG, lambda i: "2026-03-14 10:%02d:%02d 10.0.0.5 GET /app/page%d.aspx id=%d 443 - 10.1.2.%d Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64) 200\n" % (i // 60 % 60, i % 60, i, i, i % 200)), 100_000, "lines"),
    "lines-in-a-block": (lines(BLOCK % (0, 1, 0, 1, 0), lambda i: "line %d of a log\n" % i, END), 500_000, "lines"),
    "certificate-headers": (lines("", lambda i: "================ Certificate %d ================\n" % i), 200_000, "headers"),
    "findings": (lines('my "Personal"\n', lambda i: BLOCK % (i, i + 1, i, i + 1, i), END), 30_000, "certificates"),
    "short-listing": (lines('my "Personal"\n', lambda i: BLOCK.replace("key %d", "le-%040x") % (i, i + 1, i, i + 1, i), END), 60_000, "certificates"),
    "one-certificate": (lines('my "Personal"\n', lambda i: BLOCK % (i, 1, 1, 1, 1), END), 30_000, "sightings"),
    "service-accounts": (lines("", lambda i: BLOCK.replace("  Provider", "  Unique container name: %032x_5d1c2f8e-77a4-4c0b-9b52-3f0e6a9d8b17\n  Provider" % i) % (i, i + 1, i, i + 1, i) + "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\%032x_5d1c2f8e-77a4-4c0b-9b52-3f0e6a9d8b17 NT AUTHORITY\\SYSTEM:(F)\n\nSERVICE_NAME: MSSQLSERVER\nSERVICE_START_NAME : CONTOSO\\svc%d\n\n" % (i, i)), 4_000, "services"),
    "one-container": (lines('my "Personal"\n', lambda i: BLOCK % (i, i + 1, i, i + 1, 1), END), 10_000, "certificates"),
    "runs": (lines("", lambda i: "C:\\> certutil -store my\n" + END), 100_000, "runs"),
    "error-codes": (lines("", lambda i: "CertUtil: -store command FAILED: 0x8009%04x\n" % (i & 0xFFFF)), 100_000, "codes"),
    "open-brackets": (repeated(b"<"), 16 << 20, "bytes"),
    "xml-nesting": (lines("<Event>", lambda i: "<a>"), 1_000_000, "elements"),
    "xml-attributes": (lines("<Event ", lambda i: "a%d='x' " % i, "/>"), 300_000, "attributes"),
    "json-quotes": (repeated(b'\\"', b'{"a":"1\\n2\\n3\\n","b":"'), 16 << 20, "bytes"),
    "json-unended": (repeated(b'"x', b'{"a":"1\\n2\\n3\\n","b":'), 16 << 20, "bytes"),
    "json-one-text": (repeated(b"Key Container = a\\nProvider = b\\n", b'{"a":"'), 16 << 20, "bytes"),
    "terminal-sequences": (repeated(b"\x1b[1;"), 16 << 20, "bytes"),
    "json-nesting": (repeated(b"["), 8 << 20, "bytes"),
    "json-objects": (lines('{"Id":36870,"a":', lambda i: '{"a":'), 500_000, "objects"),
    "event-xml": (lines("", event), 30_000, "events"),
    "event-xml-long": (lines("", long_event), 2_000, "events"),
    "event-json": (lines("", lambda i: '{"Id":36870,"ProviderName":"Schannel","Message":"m","RecordId":%d}\n' % i), 50_000, "events"),
    "http-bindings": (lines("SSL Certificate bindings:\n-------------------------\n\n", binding), 18_000, "bindings"),
    "iis-sites": (lines("<configuration><sites>\n", site, "</sites></configuration>\n"), 18_000, "bindings"),
    "iis-one-tag": (repeated(b" a='b'", b"<binding"), 8 << 20, "bytes"),
    "key-folder": (lines(" Directory of C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\n\n", listing), 100_000, "files"),
    "icacls": (lines("C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys ", lambda i: "CONTOSO\\user%d:(R)\n      " % i), 100_000, "entries"),
    "key-folders": (lines("", folder), 100, "folders"),
    "icacls-lists": (lines("", access_list), 100, "files"),
    "procmon-rows": (lines(PROCMON, lambda i: '"10:00:00","w3wp.exe","%d","CreateFile","C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\%s","ACCESS DENIED","Desired Access: Generic Read"\n' % (i, key_file(i))), 50_000, "rows"),
    "procmon-quotes": (repeated(b'"', PROCMON.encode()), 8 << 20, "bytes"),
    "inf-values": (lines("[NewRequest]\nSubject=\"CN=a\"\nKeySpec=2\n", lambda i: "Value%d = %d\n" % (i, i)), 200_000, "values"),
    "reg-values": (lines("Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography]\n", lambda i: '"v%d"=hex:00,01\n' % i), 200_000, "values"),
    "pem-blocks": (lines("", pem), 20_000, "certificates"),
    "pem-empty-blocks": (lines("", lambda i: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), 200_000, "blocks"),
    "pem-open-blocks": (lines("", lambda i: "-----BEGIN CERTIFICATE-----\nMIIB\n"), 200_000, "blocks"),
    "pem-one-block": (repeated(b"QUFB", b"-----BEGIN CERTIFICATE-----\n", b"\n-----END CERTIFICATE-----\n"), 16 << 20, "bytes"),
    "script": (lines("", lambda i: "$key%d = New-Object System.Security.Cryptography.CspParameters\n" % i), 100_000, "statements"),
    "hexadecimal": (repeated(b"0a 1b 2c 3d 4e 5f 60 71  82 93 a4 b5 c6 d7 e8 f9\n", b"X509 Certificate:\n"), 32 << 20, "bytes"),
    "der-length": (whole(lambda n: b"\x30\x84\x7f\xff\xff\xff" + bytes(n)), 8 << 20, "bytes"),
    "der-nesting": (whole(lambda n: b"\x30\x80" * n), 2 << 20, "levels"),
    "pfx-bags": (whole(lambda n: pfx([clear([cert_bag(i) for i in range(n)])])), 4_000, "bags"),
    "pfx-million-bags": (whole(lambda n: pfx([clear([sequence(oid(BAG + "9"))] * n)])), 500_000, "bags"),
    "pfx-safes": (whole(lambda n: pfx([clear([])] * n)), 300_000, "safes"),
    "pfx-attributes": (whole(lambda n: pfx([clear([cert_bag(0, n)])])), 300_000, "attributes"),
    "pfx-octet-pieces": (whole(lambda n: sequence(integer(3), sequence(oid(DATA), der(0xA0, der(0x24, der(4, b"x") * n))))), 1_000_000, "pieces"),
    "pfx-kdf": (whole(lambda n: pfx([encrypted(pbes1(300_000)) for _ in range(n)], b"")), 1_000, "parts"),
    "pfx-kdf-one": (whole(lambda n: pfx([encrypted(pbes1(n))])), 500_000, "iterations"),
    "pfx-mac": (whole(lambda n: pfx([clear([])], mac(n))), 500_000, "iterations"),
    "pfx-mac-over": (whole(lambda n: pfx([clear([])], mac(n))), 1 << 30, "iterations"),
    "pfx-scrypt": (whole(lambda n: pfx([encrypted(scrypt(n))])), 1 << 15, "N"),
    "pfx-scrypt-over": (whole(lambda n: pfx([encrypted(scrypt(n))])), 1 << 30, "N"),
    "x509-names": (whole(lambda n: certificate(0, san=n)), 20_000, "names"),
    "x509-extensions": (whole(lambda n: certificate(0, extensions=n)), 20_000, "extensions"),
    "store": (whole(store), 20_000, "certificates"),
    "store-length": (whole(lambda n: b"\0\0\0\0CERT" + struct.pack("<III", 32, 1, 0xFFFFFFF0) + bytes(n)), 32 << 20, "bytes"),
    "registry-hive": (whole(lambda n: b"regf" + bytes(508) + b"hbin" + bytes(n)), 32 << 20, "bytes"),
    "evtx-noise": (whole(evtx), 400, "chunks"),
    "mail-parts": (whole(lambda n: mail(n, "x")), 5_000, "parts"),
    "mail-of-logs": (whole(lambda n: mail(n, BLOCK % (1, 2, 1, 2, 1) + END)), 2_000, "parts"),
    "mail-base64": (whole(lambda n: mail(1, "AAAA" * (n // 4), "Content-Transfer-Encoding: base64\r\n")), 8 << 20, "bytes"),
    "mail-text": (whole(lambda n: mail(1, "=E9" * (n // 3), "Content-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n")), 8 << 20, "bytes"),
    "mail-fields": (whole(lambda n: mail(1, "", "a:\r\n" * n)), 400_000, "fields"),
    "page-open-tags": (whole(lambda n: ("<html>" + "<p" * (n // 2)).encode()), 16 << 20, "bytes"),
    "page-nesting": (whole(lambda n: ("<html>" + "<div><span>" * n + "KeySpec = 1" + "</span></div>" * n).encode()), 700_000, "tags"),
    "page-entities": (whole(lambda n: ("<html><p>" + "&#x4b;&eacute;" * n).encode()), 1_000_000, "pairs"),
    "page-comment": (whole(lambda n: ("<html><!--" + "- -> <" * (n // 6)).encode()), 16 << 20, "bytes"),
    "page-log": (whole(lambda n: ("<html><body>" + "".join("<p>%s</p>" % "<br>".join((BLOCK % (i, 2, i, 2, i)).splitlines()) for i in range(n))).encode()), 10_000, "certificates"),
    "word-paragraphs": (whole(lambda n: ("<w:document><w:body>" + "<w:p><w:r><w:t>KeySpec = 1</w:t></w:r></w:p>" * n).encode()), 300_000, "paragraphs"),
    "rtf-depth": (whole(lambda n: ("{\\rtf1" + "{" * n + "}" * n).encode()), 8_000_000, "groups"),
    "rtf-fonts": (whole(lambda n: ("{\\rtf1{\\fonttbl" + "".join("{\\f%d\\fcharset%d A;}" % (i, i % 255) for i in range(n)) + "}" + "".join("\\f%d a" % i for i in range(n)) + "}").encode()), 500_000, "fonts"),
    "rtf-words": (whole(lambda n: ("{\\rtf1 " + "\\b\\b0\\par\\'e9\\u1234?" * n).encode()), 600_000, "runs"),
    "rtf-bin": (whole(lambda n: ("{\\rtf1 " + "\\bin9 \\par{}{}{}" * n).encode()), 900_000, "runs"),
    "mail-boundaries": (whole(lambda n: mail(1, "--\r\n" * n)), 45_000, "lines"),
    "zip-bomb": (bomb, 1 << 30, "bytes"),
    "zip-members": (zipped(lambda i, n: ("m%d.txt" % i, b"x"), count="n", method=zipfile.ZIP_STORED), 30_000, "members"),
    "zip-of-logs": (zipped(lambda i, n: ("m%d.txt" % i, BLOCK % (i, i + 1, i, i + 1, i) + END), count="n"), 5_000, "members"),
    "zip-nesting": (nested_zip, 50, "levels"),
    "zip-pfx-in-it": (zipped(lambda i, n: ("a.pfx", b"\x30\x84\x7f\xff\xff\xff" + os.urandom(n))), 8 << 20, "bytes"),
}


def apart(make, path, n):
    """Makes an input in a process of its own: the peak of a child counts from the memory of its parent."""
    child = os.fork()
    if child == 0:
        try:
            make(path, n)
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, path


def run(program, form, path):
    """Seconds of processor time, bytes of peak memory, exit status."""
    begin = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen([program, "--no-config", "--quiet", "--format", form, path], stdin=subprocess.DEVNULL, stdout=nowhere, stderr=subprocess.PIPE)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 1, 3), "%s %s: exit status %s: %s" % (path, form, code, said.decode(errors="replace"))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10, time.monotonic() - begin


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--keyspect", default="target/release/keyspect")
    arguments.add_argument("--only", default="")
    arguments.add_argument("--scale", type=float, default=1.0)
    arguments.add_argument("--formats", default="text,json,jsonl")
    arguments.add_argument("--markdown", action="store_true")
    given = arguments.parse_args()
    forms = given.formats.split(",")
    bad = []
    columns = ["case", "size"] + ["%s: seconds, MiB" % form for form in forms] + ["growth"]
    print("Python %s, %s" % (sys.version.split()[0], datetime.date.today()), file=sys.stderr)
    print("| " + " | ".join(columns) + " |\n|---|---|" + "---:|" * (len(forms) + 1))
    for name, (make, size, counted) in CASES.items():
        if given.only not in name:
            continue
        size = max(1, int(size * given.scale))
        measured = {}
        with tempfile.TemporaryDirectory() as folder:
            for n in (size, size * 2):
                path = os.path.join(folder, name)
                apart(make, path, n)
                for form in forms:
                    measured[form, n] = run(given.keyspect, form, path)
                os.remove(path)
        worst = 0.0
        cells = []
        for form in forms:
            (once, memory, _), (twice, memory_twice, _) = measured[form, size], measured[form, size * 2]
            growth = max(twice - FORGIVEN, 0) / max(once, 0.02)
            worst = max(worst, growth)
            peak = max(memory, memory_twice)
            cells.append("%.2f → %.2f, %d" % (once, twice, peak >> 20))
            if peak > MEMORY:
                bad.append("%s, %s: %d MiB" % (name, form, peak >> 20))
            if growth > GROWTH:
                bad.append("%s, %s: %.2f s, the double %.2f s" % (name, form, once, twice))
        shown = "%d MiB" % (size >> 20) if counted == "bytes" else f"{size:,} {counted}".replace(",", " ")
        print("| %s | %s | %s | %.1f |" % (name, shown, " | ".join(cells), worst), flush=True)
    for one in bad:
        print("over: " + one, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

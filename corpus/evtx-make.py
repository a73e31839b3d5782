"""Writes the event logs of corpus/evtx: BinXml without templates, every name written where it stands.

Layout after the public description of the format (libevtx, "Windows XML Event Log (EVTX) format").
Usage: python3 corpus/evtx-make.py <corpus folder>
"""

import os
import struct
import sys
import zlib

CHUNK = 65536


class Chunk:
    """Records of one chunk; offsets inside it are absolute."""

    def __init__(self):
        self.data = bytearray(512)
        self.ids = []
        self.last = 512

    def name(self, text):
        offset = len(self.data) + 4
        units = text.encode("utf-16-le")
        value = 0
        for unit in struct.unpack(f"<{len(text)}H", units):
            value = (value * 65599 + unit) & 0xFFFFFFFF
        self.data += struct.pack("<IIHH", offset, 0, value & 0xFFFF, len(text)) + units + b"\0\0"

    def value(self, text):
        self.data += struct.pack("<BBH", 5, 1, len(text)) + text.encode("utf-16-le")

    def element(self, name, attributes=(), children=()):
        self.data += struct.pack("<B", 0x41 if attributes else 0x01)
        size_at = len(self.data)
        self.data += struct.pack("<I", 0)
        self.name(name)
        if attributes:
            list_at = len(self.data)
            self.data += struct.pack("<I", 0)
            for index, (key, text) in enumerate(attributes):
                self.data += struct.pack("<B", 0x46 if index + 1 < len(attributes) else 0x06)
                self.name(key)
                self.value(text)
            struct.pack_into("<I", self.data, list_at, len(self.data) - list_at - 4)
        if not children:
            self.data += b"\x03"
        else:
            self.data += b"\x02"
            for child in children:
                if isinstance(child, str):
                    self.value(child)
                else:
                    self.element(*child)
            self.data += b"\x04"
        struct.pack_into("<I", self.data, size_at, len(self.data) - size_at - 4)

    def record(self, number, filetime, event):
        start = len(self.data)
        self.last = start
        self.ids.append(number)
        self.data += b"**\0\0" + struct.pack("<IQQ", 0, number, filetime)
        self.data += b"\x0f\x01\x01\x00"
        self.element(*event)
        self.data += b"\0"
        self.data += bytes(-len(self.data) % 8 + 4)
        struct.pack_into("<I", self.data, start + 4, len(self.data) - start)
        struct.pack_into("<I", self.data, len(self.data) - 4, len(self.data) - start)

    def bytes(self):
        body = bytes(self.data[512:])
        head = bytearray(512)
        head[:8] = b"ElfChnk\0"
        struct.pack_into("<QQQQ", head, 8, self.ids[0], self.ids[-1], self.ids[0], self.ids[-1])
        struct.pack_into("<III", head, 40, 128, self.last, len(self.data))
        struct.pack_into("<I", head, 52, zlib.crc32(body))
        struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:120]) + bytes(head[128:512])))
        return (bytes(head) + body).ljust(CHUNK, b"\0")


def event(provider, number, level, time, channel, data):
    system = (
        "System",
        (),
        (
            ("Provider", (("Name", provider),)),
            ("EventID", (), (str(number),)),
            ("Level", (), (str(level),)),
            ("TimeCreated", (("SystemTime", time),)),
            ("Channel", (), (channel,)),
            ("Computer", (), ("web01.contoso.com",)),
        ),
    )
    values = tuple(
        ("Binary", (), (text,)) if name == "Binary" else ("Data", (("Name", name),), (text,)) for name, text in data
    )
    return ("Event", (("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event"),), (system, ("EventData", (), values)))


# IO_ERROR_LOG_PACKET: four bytes of dump data, two strings, event code 0xC0003AAD, status 0xC000005F.
PACKET = struct.pack("<HHHHII", 0, 4, 2, 0x30, 0, 0xC0003AAD) + bytes(24) + struct.pack("<I", 0xC000005F)

EVENTS = [
    event("Service Control Manager", 7036, 4, "2026-11-03 09:16:00.0000000Z", "System", [("param1", "Web")]),
    event(
        "Schannel", 36870, 2, "2026-11-03T09:16:37.1234567Z", "System",
        [("CallerProcessId", "4"), ("CallerProcessImageName", "SYSTEM"), ("Type", "server"), ("ErrorCode", "0x8009030d"), ("ErrorStatus", "10001")],
    ),
    event(
        "Microsoft-Windows-HttpEvent", 15021, 2, "2026-11-03T09:16:38.0000000Z", "System",
        [("DeviceObject", "\\Device\\Http\\ReqQueue"), ("Endpoint", "0.0.0.0:443"), ("Binary", PACKET.hex().upper())],
    ),
]


def log(*chunks):
    """A file of these chunks, each a list of events."""
    parts, number, last = [], 1, 512
    for events in chunks:
        chunk = Chunk()
        for one in events:
            chunk.record(number, 134066205970000000 + (number - 1) * 10000000, one)
            number += 1
        parts.append(chunk.bytes())
        last = chunk.last
    head = bytearray(4096)
    head[:8] = b"ElfFile\0"
    struct.pack_into("<QQQ", head, 8, 0, max(len(parts) - 1, 0), number)
    struct.pack_into("<IHHHH", head, 32, 128, 1, 3, 4096, len(parts))
    struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:120])))
    return bytes(head) + b"".join(parts), last


CLIENT = event(
    "Schannel", 36870, 2, "2026-11-03T10:00:00.0000000Z", "System",
    [("Type", "client"), ("ErrorCode", "0x8009030d"), ("ErrorStatus", "10001")],
)
POLICY = event("Schannel", 36871, 2, "2026-11-03T10:00:01.0000000Z", "System", [("Type", "server"), ("ErrorState", "10013")])
ALERT = event("Schannel", 36888, 2, "2026-11-03T10:00:02.0000000Z", "System", [("AlertDesc", "40"), ("ErrorState", "1205")])
PROPERTIES = event(
    "Schannel", 36868, 4, "2026-11-03T10:00:03.0000000Z", "System",
    [
        ("Type", "server"), ("CSPName", "Microsoft Strong Cryptographic Provider"), ("CSPType", "1"),
        ("KeyName", "{00F81886-5F70-430A-939C-BB7DD58ECE2A}"), ("KeyType", "signature"), ("KeyFlags", "0x20"),
    ],
)
OPERATION = event(
    "Microsoft-Windows-Security-Auditing", 5061, 0, "2026-11-03T10:00:04.0000000Z", "Security",
    [
        ("SubjectUserSid", "S-1-5-20"), ("SubjectUserName", "WEB01$"), ("SubjectDomainName", "CONTOSO"),
        ("SubjectLogonId", "0x3e4"), ("ProviderName", "Microsoft Software Key Storage Provider"),
        ("AlgorithmName", "UNKNOWN"), ("KeyName", "web-key"), ("KeyType", "%%2499"), ("Operation", "%%2480"),
        ("ReturnCode", "0x80090016"),
    ],
)
BINDING = event(
    "Microsoft-Windows-HttpEvent", 15301, 3, "2026-11-03T10:00:05.0000000Z", "System",
    [("DeviceObject", "\\Device\\Http\\ReqQueue"), ("Endpoint", "10.0.0.5:8443")],
)
OTHER = event("Service Control Manager", 7040, 4, "2026-11-03T10:00:06.0000000Z", "System", [("param1", "Web")])


def main(folder):
    whole, last = log(EVENTS)
    two, _ = log([OTHER, CLIENT], [POLICY, ALERT])
    cases = {
        "schannel-and-http": whole,
        "last-record-cut": whole[: 4096 + last + 200],
        "header-damaged": whole[:8] + b"\xff" * 100 + whole[108:],
        "client-side": log([CLIENT])[0],
        "policy-and-alert": log([POLICY, ALERT])[0],
        "key-properties": log([PROPERTIES])[0],
        "key-operation-failed": log([OPERATION])[0],
        "binding-made": log([BINDING])[0],
        "two-chunks": two,
        "first-chunk-damaged": two[:4096] + bytes(CHUNK) + two[4096 + CHUNK :],
        "no-key-events": log([OTHER, OTHER])[0],
        "no-records": log()[0],
    }
    for name, data in cases.items():
        path = os.path.join(folder, "evtx", name)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "artifact.evtx"), "wb") as out:
            out.write(data)


main(sys.argv[1])

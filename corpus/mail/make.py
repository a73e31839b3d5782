"""Writes the mails of this folder: python3 make.py. The logs are those of ../certutil and ../linking."""
import base64
import pathlib
import quopri

here = pathlib.Path(__file__).parent
log = (here / "../certutil/article-scenario-3/input.txt").read_bytes().replace(b"\r\n", b"\n")
healthy = (here / "../certutil/healthy-ksp/input.txt").read_bytes().replace(b"\r\n", b"\n")


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def fields(*lines):
    own = ("From: Anna <anna@contoso.com>", "To: support@example.com", "Subject: =?utf-8?q?Schl=C3=BCssel?=", "MIME-Version: 1.0")
    return "\n".join(own + lines).encode() + b"\n\n"


def part(head, body):
    return b"\n".join(line.encode() for line in head) + b"\n\n" + body + b"\n"


def multipart(boundary, *parts):
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\n" + one for one in parts) + mark + b"--\n"


def write(name, data):
    (here / name / "artifact.eml").write_bytes(crlf(data))


text = 'Content-Type: text/plain; charset="utf-8"'
printable = "Content-Transfer-Encoding: quoted-printable"
encoded = "Content-Transfer-Encoding: base64"
quoted = fields(text, printable) + quopri.encodestring(log)
write("quoted-printable", quoted)

bodies = multipart(
    "alt",
    part(["Content-Type: text/plain; charset=iso-8859-1", printable], b"Gr=FC=DFe, see the attachments.\n"),
    part(["Content-Type: text/html; charset=iso-8859-1"], b"<p>Gr&uuml;&szlig;e, see the attachments.</p>\n"),
)
attached = ["Content-Type: application/octet-stream", encoded]
write(
    "attachments",
    fields("Content-Type: multipart/mixed; boundary=mix")
    + multipart(
        "mix",
        part(['Content-Type: multipart/alternative; boundary="alt"'], bodies),
        part(attached + ['Content-Disposition: attachment; filename="dump 1.txt"'], base64.encodebytes(log)),
        part(attached + ["Content-Disposition: attachment; filename*=utf-8''h%C3%A4lfte.txt"], base64.encodebytes(healthy)),
        part(attached + ["Content-Disposition: attachment; filename=damaged.pfx"], b"MIIB=====A\n"),
        part(["Content-Type: image/png; name=logo.png", encoded], base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(16))),
    ),
)
write(
    "forwarded",
    fields("Content-Type: multipart/mixed; boundary=mix")
    + multipart("mix", part([text], b"Forwarded.\n"), part(["Content-Type: message/rfc822"], quoted)),
)
write("plain-text", fields(text, "Content-Transfer-Encoding: 7bit") + log)
write("words-only", fields(text, printable) + b"The certificate =3D broken.\n")

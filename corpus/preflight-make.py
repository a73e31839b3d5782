#!/usr/bin/env python3
"""Make the certificate requests of corpus/preflight. Needs OpenSSL 3 and Python 3.9 or newer.

usage: corpus/preflight-make.py [FOLDER]       (default: the folder of this script)

PKCS #10 is written here with Microsoft's attributes after MS-WCCE 2.2.2.7 and signed by OpenSSL, which also verifies it.
Every run makes new keys. The INF files of that folder are written by hand.
"""
import os, subprocess, sys, tempfile

ROOT = os.path.join(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)), "preflight")
WORK = tempfile.mkdtemp()

def openssl(*args, data=None, check=True):
    p = subprocess.run(["openssl", *args], input=data, capture_output=True, cwd=WORK)
    if check and p.returncode: raise SystemExit(f"openssl {' '.join(args)}: {p.stderr.decode()}")
    return p.stdout if check else p.returncode

def der(tag, *parts):
    body = b"".join(parts); n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + size + body

def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytes([first * 40 + second])
    for arc in rest:
        part = [arc & 0x7F]; arc >>= 7
        while arc: part.append(0x80 | arc & 0x7F); arc >>= 7
        out += bytes(reversed(part))
    return der(6, out)

def attribute(kind, value): return der(0x30, oid(kind), der(0x31, value))
def utf8(text): return der(12, text.encode())
def key(name, *genpkey): openssl("genpkey", *genpkey, "-out", name); return name
def name(text): return der(0x30, der(0x31, der(0x30, oid("2.5.4.3"), utf8(text))))

RSA = key("rsa.pem", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
P256 = key("p256.pem", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
P384 = key("p384.pem", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
P521 = key("p521.pem", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521")
SHA256_RSA = der(0x30, oid("1.2.840.113549.1.1.11"), der(5))
STRONG = "Microsoft Strong Cryptographic Provider"
KSP = "Microsoft Software Key Storage Provider"
SERVER, CODE = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"

def request(spec=None, provider=None, purpose=SERVER, subject="www.contoso.com", names=True, process="certreq.exe", user="CONTOSO\\admin", template=None, ca=False, private=RSA, algorithm=SHA256_RSA, sign=("-sha256",), damage=False, usage=None):
    attributes = attribute("1.3.6.1.4.1.311.13.2.3", der(22, b"10.0.20348.2"))
    attributes += attribute("1.3.6.1.4.1.311.21.20", der(0x30, der(2, b"\x09"), utf8("web01.contoso.com"), utf8(user), utf8(process)))
    if spec is not None:
        attributes += attribute("1.3.6.1.4.1.311.13.2.2", der(0x30, der(2, bytes([spec])), der(30, provider.encode("utf-16be")), der(3, b"\0")))
    wanted = b""
    if purpose: wanted += der(0x30, oid("2.5.29.37"), der(4, der(0x30, oid(purpose))))
    if names: wanted += der(0x30, oid("2.5.29.17"), der(4, der(0x30, der(0x82, subject.encode()))))
    if template: wanted += der(0x30, oid("1.3.6.1.4.1.311.20.2"), der(4, der(30, template.encode("utf-16be"))))
    if ca: wanted += der(0x30, oid("2.5.29.19"), der(4, der(0x30, der(1, b"\xff"))))
    if usage: wanted += der(0x30, oid("2.5.29.15"), der(1, b"\xff"), der(4, der(3, bytes([(usage & -usage).bit_length() - 1, usage]))))
    if wanted: attributes += attribute("1.2.840.113549.1.9.14", der(0x30, wanted))
    spki = openssl("pkey", "-in", private, "-pubout", "-outform", "DER")
    info = der(0x30, der(2, b"\0"), name(subject), spki, der(0xA0, attributes))
    signature = openssl("dgst", *sign, "-sign", private, data=info)
    if damage: signature = signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]
    out = der(0x30, info, algorithm, der(3, b"\0" + signature))
    verified = subprocess.run(["openssl", "req", "-inform", "DER", "-verify", "-noout"], input=out, capture_output=True, cwd=WORK)
    good = b"failure" not in verified.stderr and verified.returncode == 0
    assert good != damage, verified.stderr
    return out

def ecdsa(hash): return der(0x30, oid({"sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}[hash]))
def pss(salt):
    sha = der(0x30, oid("2.16.840.1.101.3.4.2.1"), der(5))
    mgf = der(0x30, oid("1.2.840.113549.1.1.8"), sha)
    return der(0x30, oid("1.2.840.113549.1.1.10"), der(0x30, der(0xA0, sha), der(0xA1, mgf), der(0xA2, der(2, bytes([salt])))))

def case(folder, data, why, rules, verdicts, passes=(), asked=(), errors=None, **details):
    folder = os.path.join(ROOT, folder); os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "request.req"), "wb") as f: f.write(data)
    words = lambda values: "[" + ", ".join(f'"{v}"' for v in values) + "]"
    out = 'origin = "made for this project"\nmade = "corpus/preflight-make.py: PKCS #10 after MS-WCCE, signed and checked with OpenSSL"\n'
    out += f'why = "{why}"\nartifact = "request.req"\n\n[expect]\nkind = "certificate-request"\nrules = {words(rules)}\n'
    if errors is not None: out += f"errors = {words(errors)}\n"
    if passes: out += f"passes = {words(passes)}\n"
    if asked: out += f"for = {words(asked)}\n"
    out += "\n[expect.verdicts]\n" + "".join(f'{k} = "{v}"\n' for k, v in verdicts.items())
    out += "\n[expect.details]\n" + "".join(f"{k} = {str(v).lower() if isinstance(v, bool) else repr(v)}\n" for k, v in details.items())
    with open(os.path.join(folder, "case.toml"), "w", newline="\n") as f: f.write(out)

WORKS, FAILS, RISK, OPEN = {"iis": "works"}, {"iis": "fails"}, {"iis": "at-risk"}, {"iis": "unknown"}
CSP, TARGET = "csr-enrollment-csp-attribute", "csr-key-not-on-target"
case("csr-keyspec-1", request(1, STRONG), "a key-exchange key", [], WORKS, [CSP], signature_valid=True, key_spec=1)
case("csr-keyspec-2", request(2, STRONG), "a signature key for a TLS server", [CSP], FAILS, errors=[CSP], signature_valid=True, key_spec=2)
case("csr-keyspec-2-code-signing", request(2, STRONG, CODE, "Contoso Publisher", False), "code signing needs a key that signs", [], {"code-signing": "works"}, [CSP], ["iis", "code-signing"], signature_valid=True)
case("csr-keyspec-2-user", request(2, STRONG, None, "Erika Muster", False, template="User"), "the template User is not for servers", [], {}, [CSP], signature_valid=True, template="User")
case("csr-keyspec-2-ca", request(2, STRONG, None, "Contoso Issuing CA", False, ca=True), "a CA signs", [], {"adcs": "works"}, [CSP], ["iis", "adcs"], ca=True)
case("csr-keyspec-2-open", request(2, STRONG, None, "sts signing", False), "nothing says what it is for", [CSP], RISK, errors=[], signature_valid=True)
case("csr-no-provider", request(), "made by Windows, without the attribute of the provider", [], {"iis": "unknown"}, signature_valid=True)
case("csr-browser", request(1, STRONG, process="iexplore.exe"), "a web page made the key for its visitor", [TARGET], RISK, [CSP], errors=[], signature_valid=True)
case("csr-autoenrolled-machine", request(1, STRONG, process="taskhostw.exe", user="CONTOSO\\WEB01$"), "the machine enrolled for itself", [], WORKS, [CSP], signature_valid=True)
case("csr-damaged-signature", request(1, STRONG, damage=True), "the signature does not fit", [], OPEN, [CSP], signature_valid=False)
case("csr-ec-p256", request(0, KSP, private=P256, algorithm=ecdsa("sha256")), "ECDSA with P-256", [], WORKS, [CSP], signature_valid=True)
case("csr-ec-p256-sha512", request(0, KSP, private=P256, algorithm=ecdsa("sha512"), sign=("-sha512",)), "ECDSA with a hash longer than the order", [], WORKS, [CSP], signature_valid=True)
case("csr-ec-p384", request(0, KSP, private=P384, algorithm=ecdsa("sha384"), sign=("-sha384",)), "ECDSA with P-384", [], WORKS, [CSP], signature_valid=True)
case("csr-ec-p521", request(0, KSP, private=P521, algorithm=ecdsa("sha512"), sign=("-sha512",)), "ECDSA with P-521", [], WORKS, [CSP], signature_valid=True)
case("csr-ec-p256-damaged", request(0, KSP, private=P256, algorithm=ecdsa("sha256"), damage=True), "ECDSA that does not fit", [], OPEN, [CSP], signature_valid=False)
case("csr-rsa-pss", request(0, KSP, algorithm=pss(32), sign=("-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")), "RSASSA-PSS", [], WORKS, [CSP], signature_valid=True)
case("csr-rsa-pss-damaged", request(0, KSP, algorithm=pss(32), sign=("-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"), damage=True), "RSASSA-PSS that does not fit", [], OPEN, [CSP], signature_valid=False)
USAGE = "ku-missing-digital-signature"
case("csr-usage-20", request(1, STRONG, usage=0x20), "a key usage without digitalSignature, as a CA that grants it issues it", [USAGE], RISK, [CSP], errors=[], signature_valid=True)
case("csr-usage-a0", request(1, STRONG, usage=0xA0), "a key usage with digitalSignature", [], WORKS, [CSP, USAGE], signature_valid=True)
case("csr-usage-20-code-signing", request(2, STRONG, CODE, "Contoso Publisher", False, usage=0x20), "no server's certificate is asked for", [], {"code-signing": "works"}, [CSP], ["iis", "code-signing"], signature_valid=True)

"""Second part of make.sh: cases that no tool writes, after RFC 7292, RFC 9579 and RFC 5652, and every case.toml.

usage: build.py <corpus/pfx> <password>, in a folder with ca, rsa, rsa2, ec (.key and .pem)."""
import hashlib, hmac, os, subprocess, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as ser
from cryptography.hazmat.primitives.serialization import pkcs12

HERE, PASSWORD = sys.argv[1], sys.argv[2]


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + body


def seq(*p): return tlv(0x30, *p)
def set_(*p): return tlv(0x31, *p)
def octets(b): return tlv(4, b)
def ctx(n, *p): return tlv(0xA0 | n, *p)
def null(): return tlv(5)
def integer(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))
def utf8(s): return tlv(12, s.encode())
def bmp(s): return tlv(30, s.encode("utf-16-be"))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = []
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = [arc & 127]
        while arc := arc >> 7: part.insert(0, 128 | arc & 127)
        out += part
    return tlv(6, bytes(out))


BAG = "1.2.840.113549.1.12.10.1."
DATA = "1.2.840.113549.1.7.1"


def run(*a, data=None): return subprocess.run(a, input=data, capture_output=True, check=True).stdout


def pkcs8(name, usage=None):
    """The PKCS#8 key, with the key's own attribute 2.5.29.15 as Windows writes it (no unused bits)."""
    der = run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", name + ".key", "-outform", "DER")
    if usage is None: return der
    header = 4 if der[1] == 0x82 else 3 if der[1] == 0x81 else 2
    return seq(der[header:], ctx(0, seq(oid("2.5.29.15"), set_(tlv(3, bytes([0, usage]))))))


def bmp_password(password):
    """UTF-16 with two zero bytes; nothing at all for no password (None)."""
    return b"" if password is None else password.encode("utf-16-be") + b"\0\0"


def pkcs12_kdf(password, salt, purpose, rounds, length):
    """RFC 7292 appendix B.2 with SHA-1."""
    password = bmp_password(password)
    fill = lambda b: (b * 64)[: 64 * -(-len(b) // 64)]
    block, out = fill(salt) + fill(password), b""
    while len(out) < length:
        a = bytes([purpose]) * 64 + block
        for _ in range(rounds): a = hashlib.sha1(a).digest()
        out += a
        b = int.from_bytes((a * 4)[:64], "big") + 1
        block = b"".join(((int.from_bytes(block[i:i + 64], "big") + b) % (1 << 512)).to_bytes(64, "big") for i in range(0, len(block), 64))
    return out[:length]


def enc(cipher, key, iv, plain): return run("openssl", "enc", "-e", "-" + cipher, "-K", key.hex(), "-iv", iv.hex(), data=plain)


PBES2, PBKDF2, SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
AES = {128: "2.16.840.1.101.3.4.1.2", 192: "2.16.840.1.101.3.4.1.22", 256: "2.16.840.1.101.3.4.1.42"}
PRF = {"sha1": "1.2.840.113549.2.7", "sha256": "1.2.840.113549.2.9", "sha512": "1.2.840.113549.2.11"}


def shroud(key, scheme=("pbes1",), password=PASSWORD, rounds=2000):
    """EncryptedPrivateKeyInfo: PBES1 with 3DES, or PBES2 with AES after RFC 8018 and RFC 7914."""
    salt, iv = os.urandom(8), os.urandom(16)
    if scheme[0] == "pbes1":
        k, v = (pkcs12_kdf(password, salt, n, rounds, l) for n, l in ((1, 24), (2, 8)))
        return seq(seq(oid("1.2.840.113549.1.12.1.3"), seq(octets(salt), integer(rounds))), octets(enc("des-ede3-cbc", k, v, key)))
    bits = scheme[1]
    if scheme[0] == "scrypt":
        n, r = scheme[2:]
        k = hashlib.scrypt(password.encode(), salt=salt, n=n, r=8, p=1, dklen=bits // 8)
        kdf = seq(oid(SCRYPT), seq(octets(salt), integer(n), integer(r), integer(1)))
    else:
        k = hashlib.pbkdf2_hmac(scheme[2], password.encode(), salt, rounds, bits // 8)
        kdf = seq(oid(PBKDF2), seq(octets(salt), integer(rounds), seq(oid(PRF[scheme[2]]), null())))
    return seq(seq(oid(PBES2), seq(kdf, seq(oid(AES[bits]), octets(iv)))), octets(enc(f"aes-{bits}-cbc", k, iv, key)))


def attr(o, *values): return seq(oid(o), set_(*values))
def bag(kind, value, *attrs): return seq(oid(BAG + kind), ctx(0, value), set_(*attrs))
def cert_bag(name, *attrs):
    der = run("openssl", "x509", "-in", name + ".pem", "-outform", "DER")
    return bag("3", seq(oid("1.2.840.113549.1.9.22.1"), ctx(0, octets(der))), *attrs)
def key_bag(key, *attrs, scheme=("pbes1",), password=PASSWORD): return bag("2", shroud(key, scheme, password), *attrs)
def data(content): return seq(oid(DATA), ctx(0, octets(content)))
ID = lambda n: attr("1.2.840.113549.1.9.21", octets(bytes([n, 0, 0, 0])))
NAME = lambda s: attr("1.2.840.113549.1.9.20", bmp(s))
CSP = lambda s: attr("1.3.6.1.4.1.311.17.1", bmp(s))
LMK = attr("1.3.6.1.4.1.311.17.2")
PROP = lambda n, b: attr(f"1.3.6.1.4.1.311.17.3.{n}", octets(b))


def pfx(*safes, pbmac1=False, password=PASSWORD):
    content = seq(*[data(seq(*s)) if isinstance(s, (list, tuple)) else s for s in safes])
    salt, rounds = os.urandom(20), 2000
    if pbmac1:
        key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, rounds, 32)
        kdf = seq(oid("1.2.840.113549.1.5.12"), seq(octets(salt), integer(rounds), integer(32), seq(oid("1.2.840.113549.2.9"), null())))
        alg = seq(oid("1.2.840.113549.1.5.14"), seq(kdf, seq(oid("1.2.840.113549.2.9"), null())))
        mac = seq(seq(alg, octets(hmac.digest(key, content, "sha256"))), octets(b"NOT USED"), integer(1))
    else:
        key = pkcs12_kdf(password, salt, 3, rounds, 20)
        mac = seq(seq(seq(oid("1.3.14.3.2.26"), null()), octets(hmac.digest(key, content, "sha1"))), octets(salt), integer(rounds))
    return seq(integer(3), data(content), mac)


RECIPES, STRONG = {}, "Microsoft Strong Cryptographic Provider"


def put(case, blob, recipe, password=PASSWORD):
    os.makedirs(f"{HERE}/{case}", exist_ok=True)
    open(f"{HERE}/{case}/file.pfx", "wb").write(blob)
    open(f"{HERE}/{case}/recipe", "w").write(recipe)
    open(f"{HERE}/{case}/pw", "w").write(password or "")


put("pbmac1", pfx([key_bag(pkcs8("rsa"), ID(1))], [cert_bag("rsa", ID(1))], pbmac1=True), "build.py, PBMAC1 after RFC 9579 section 4")
put("windows-like", pfx([key_bag(pkcs8("rsa", 0x10), ID(1), NAME("{9F1C3E0A-51C6-4A7B-8C43-0E5C5E7A1B11}"), CSP(STRONG), LMK)],
    [cert_bag("rsa", ID(1), NAME("web server\0"), PROP(20, b"\1" * 20), PROP(71, "WEB01.corp.contoso.com\0".encode("utf-16-le"))), cert_bag("ca")]),
    "build.py, with the attributes that Windows writes, property 71 included")
put("duplicate-attributes", pfx([key_bag(pkcs8("rsa", 0x10), ID(1), NAME("keyname000"), NAME("keyname001"), CSP(STRONG), CSP("Microsoft Software Key Storage Provider"))],
    [cert_bag("rsa", ID(1))]), "build.py, friendlyName and provider twice on the key bag")
put("mismatch", pfx([key_bag(pkcs8("rsa2", 0x10), ID(1), CSP(STRONG))], [cert_bag("rsa", ID(1)), cert_bag("ca")]), "build.py, the key of another certificate with the same localKeyID")
put("leaf-missing", pfx([key_bag(pkcs8("rsa", 0x10), ID(1), CSP(STRONG))], [cert_bag("ca")]), "build.py, the key and its CA only")
put("two-keys", pfx([key_bag(pkcs8("rsa", 0x10), ID(1), CSP(STRONG)), key_bag(pkcs8("rsa2", 0x80), ID(2), CSP(STRONG))],
    [cert_bag("rsa", ID(1)), cert_bag("rsa2", ID(2))]), "build.py, two keys with their certificates")
put("both-usages", pfx([key_bag(pkcs8("rsa", 0x90), ID(1), CSP(STRONG))], [cert_bag("rsa", ID(1))]), "build.py, digitalSignature and dataEncipherment with a CSP")
put("trailing-bytes", pfx([key_bag(pkcs8("rsa", 0x10), ID(1))], [cert_bag("rsa", ID(1))]) + bytes(8), "build.py, eight zero bytes at the end")
put("scrypt", pfx([key_bag(pkcs8("rsa"), ID(1), scheme=("scrypt", 256, 1024, 8))], [cert_bag("rsa", ID(1))]), "build.py, the key with AES-256 and scrypt, N=1024, r=8, p=1")
put("scrypt-over-limit", pfx([key_bag(pkcs8("rsa"), ID(1), CSP(STRONG), scheme=("scrypt", 256, 16384, 127))], [cert_bag("rsa", ID(1))]),
    "build.py, the key with scrypt, N=16384, r=127 stated (254 MiB)")
for case, password in (("empty-password", ""), ("null-password", None)):
    put(case, pfx([key_bag(pkcs8("rsa", 0x10), ID(1), CSP(STRONG), password=password)], [cert_bag("rsa", ID(1))], password=password),
        f"build.py, {case.replace('-', ' ')}", password)
put("pbes2-sha1-prf", pfx([key_bag(pkcs8("ec"), ID(1), scheme=("pbes2", 128, "sha1"))], [cert_bag("ec", ID(1))]), "build.py, the key with AES-128 and PBKDF2 with HMAC-SHA-1")
put("pbes2-sha512-prf", pfx([key_bag(pkcs8("ec", 0x88), ID(1), scheme=("pbes2", 192, "sha512"))], [cert_bag("ec", ID(1))]), "build.py, the key with AES-192 and PBKDF2 with HMAC-SHA-512")
put("nested-safe", pfx([bag("6", seq(key_bag(pkcs8("rsa"), ID(1)), cert_bag("rsa", ID(1))))]), "build.py, a safeContentsBag around the key and the certificate")

utf16 = lambda s: (s + "\0").encode("utf-16-le")
domain, forest = utf16("corp.contoso.com"), utf16("contoso.com")
le = lambda n: n.to_bytes(4, "little")
kdsk = le(1) + b"KDSK" + le(0) + le(361) + le(16) + le(3) + bytes(range(16)) + le(0) + le(len(domain)) + le(len(forest)) + domain + forest
def recipient(sid):
    other = seq(oid("1.3.6.1.4.1.311.74.1"), seq(oid("1.3.6.1.4.1.311.74.1.1"), seq(seq(seq(utf8("SID"), utf8(sid))))))
    return tlv(0xA2, integer(4), seq(octets(kdsk), other), seq(oid("2.16.840.1.101.3.4.1.45")), octets(os.urandom(40)))
content = seq(oid(DATA), seq(oid("2.16.840.1.101.3.4.1.46"), seq(octets(os.urandom(12)), integer(16))), tlv(0x80, os.urandom(96)))
enveloped = seq(oid("1.2.840.113549.1.7.3"), ctx(0, seq(integer(2), set_(recipient("S-1-5-21-1004336348-1177238915-682003330-512"), recipient("S-1-5-21-1004336348-1177238915-682003330-519")), content)))
secret = seq(oid(BAG + "5"), ctx(0, seq(oid("1.3.6.1.4.1.311.17.4"), ctx(0, octets(enveloped)))), set_())
put("sid-protected", pfx([key_bag(pkcs8("rsa", 0x10), ID(1), CSP(STRONG))], [cert_bag("rsa", ID(1))], [secret]), "build.py, a protected password after RFC 5652 section 6.2.3 and [MS-GKDI] section 2.2.4")

load = lambda n: ser.load_pem_private_key(open(n + ".key", "rb").read(), None)
cert = lambda n: x509.load_pem_x509_certificate(open(n + ".pem", "rb").read())
protect = ser.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2000).key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA384()).build(PASSWORD.encode())
put("python-cryptography", pkcs12.serialize_key_and_certificates(b"contoso", load("rsa"), cert("rsa"), [cert("ca")], protect), "Python cryptography, PBESv2SHA256AndAES256CBC, MAC SHA-384")

# What each case is for, and the rules that must fail on it when the workload is iis; written by hand.
WHY = {
    "openssl-default": "what openssl pkcs12 -export writes today: AES-256 and SHA-256", "openssl-legacy": "the old default: RC2-40 certificates, 3DES key, SHA-1",
    "openssl-keyex": "a key for exchange with a CSP and the machine mark: the file that imports right", "openssl-keysig": "a key for signing only, no provider named: a CSP key with AT_SIGNATURE",
    "strong-csp-keysig": "a key for signing only with a CSP: will fail for IIS after the import", "schannel-csp": "the provider that Schannel's documents ask for",
    "software-ksp": "a KSP: the key usage does not become a KeySpec", "unknown-provider": "a provider name that no machine has", "openssl-lmk": "the machine mark alone",
    "openssl-no-mac": "no MAC: the first bag decides", "openssl-ec": "an EC key", "openssl-ed25519": "an Ed25519 key, which Windows does not import",
    "cert-only": "no private key", "cert-only-self-signed": "a certificate that a server issued to itself, marked as a CA's, without its key", "cert-only-root": "a root alone: no server's certificate", "key-only": "no certificate", "rc2-128-rc4-128": "ciphers that p12-keystore refuses", "rc4-40-2des": "ciphers that p12-keystore refuses",
    "aes-128-sha512-mac": "AES-128, AES-192, MAC with SHA-512", "not-encrypted": "a MAC, but nothing encrypted", "non-ascii-password": "UTF-8 for PBES2, UTF-16 for the MAC",
    "non-ascii-password-legacy": "UTF-16 for PBES1 and the MAC", "gnutls": "what certtool writes", "empty-password": "the empty password", "null-password": "no password, which is not the empty one",
    "nss": "what pk12util writes", "keytool-two-keys": "two keys, RSA and EC, as Java writes them", "pbmac1": "a MAC after RFC 9579", "windows-like": "every attribute that Windows writes",
    "duplicate-attributes": "the first attribute counts", "mismatch": "localKeyID says yes, the public keys say no", "leaf-missing": "only the CA's certificate",
    "two-keys": "two keys and certificates, the second for signing only", "both-usages": "0x90 with a CSP: the order is not documented", "trailing-bytes": "eight bytes after the end, as some Windows exports have",
    "scrypt": "scrypt within the limits", "scrypt-over-limit": "scrypt over the limits: the structure is still reported", "pbes2-sha1-prf": "PBKDF2 with SHA-1, which p12-keystore refuses",
    "pbes2-sha512-prf": "PBKDF2 with SHA-512", "nested-safe": "bags in a bag", "sid-protected": "who can open it without the password", "python-cryptography": "what Python cryptography writes",
}
RULES = {
    "strong-csp-keysig": ["pfx-keybag-keyusage-signature"], "openssl-keysig": ["pfx-keybag-keyusage-signature"], "two-keys": ["pfx-keybag-keyusage-signature", "pfx-multiple-keys"],
    "cert-only": ["pfx-modern-encryption-old-windows", "pfx-no-private-key"], "cert-only-self-signed": ["pfx-modern-encryption-old-windows", "pfx-no-private-key"], "key-only": ["pfx-leaf-missing"], "leaf-missing": ["pfx-leaf-missing"], "mismatch": ["pfx-key-cert-mismatch"],
    "keytool-two-keys": ["pfx-modern-encryption-old-windows", "pfx-multiple-keys"], "empty-password": ["pfx-empty-vs-null-password"], "null-password": ["pfx-empty-vs-null-password"],
    "unknown-provider": ["pfx-csp-name-attribute"], "nss": ["pfx-friendlyname-container-collision"],
}
for c in ("openssl-default", "openssl-no-mac", "openssl-ec", "openssl-ed25519", "aes-128-sha512-mac", "gnutls", "nss", "pbmac1", "scrypt", "scrypt-over-limit", "pbes2-sha1-prf", "pbes2-sha512-prf", "python-cryptography", "non-ascii-password", "not-encrypted", "rc2-128-rc4-128", "rc4-40-2des"):
    RULES.setdefault(c, []).append("pfx-modern-encryption-old-windows")
# A key without the machine mark is the importer's: every case but those made with -LMK, and the one without a key.
for c in WHY:
    if c not in ("openssl-keyex", "strong-csp-keysig", "openssl-lmk", "windows-like", "cert-only", "cert-only-self-signed", "cert-only-root", "key-only", "leaf-missing"): RULES.setdefault(c, []).append("pfx-local-keyset-attribute")


def sha1(b): return hashlib.sha1(b).hexdigest()


def toml(s): return "'''\n" + s.strip() + "\n'''"


for case in sorted(os.listdir(HERE)):
    folder = f"{HERE}/{case}"
    if not os.path.isfile(folder + "/pw"): continue
    password, recipe, file = open(folder + "/pw").read(), open(folder + "/recipe").read().strip(), folder + "/file.pfx"
    os.remove(folder + "/pw"); os.remove(folder + "/recipe")
    nomac = ["-nomacver"] if case == "pbmac1" else []  # OpenSSL 3.0 knows no PBMAC1  # OpenSSL 3.0 knows no PBMAC1: it reads the rest without the MAC
    view = lambda *a: subprocess.run(["openssl", "pkcs12", "-in", file, "-passin", "pass:" + password, "-legacy", *a], capture_output=True)
    info = view("-info", "-nokeys", "-nocerts").stderr.decode(errors="replace")
    info = "\n".join(l for l in info.splitlines() if "error" not in l.lower())
    out = [f'origin = "made for this project"', f'made = """{recipe}"""', f'why = "{WHY[case]}"', f'password = "{password}"', "[expect]", f"openssl = {toml(info)}"]
    certs = [run("openssl", "x509", "-outform", "DER", data=b"-----BEGIN" + c) for c in view("-nokeys", *nomac).stdout.split(b"-----BEGIN")[1:]]
    keys = [b"-----BEGIN" + k for k in view("-nocerts", "-nodes", *nomac).stdout.split(b"-----BEGIN")[1:]]
    out.append(f"certificates = {[sha1(c) for c in certs]}".replace("'", '"'))
    public = []
    for k in keys:
        spki = run("openssl", "pkey", "-pubout", "-outform", "DER", data=k)
        # subjectPublicKey is the last value of the SubjectPublicKeyInfo: BIT STRING, after its unused-bits octet.
        listing = run("openssl", "asn1parse", "-inform", "DER", data=spki).decode().splitlines()
        last = [l for l in listing if "BIT STRING" in l][-1]
        offset, header = int(last.split(":")[0]), int(last.split("hl=")[1].split()[0])
        public.append(sha1(spki[offset + header + 1:]))
    out.append(f"public_keys = {public}".replace("'", '"'))
    out.append(f"rules = {sorted(RULES.get(case, []))}".replace("'", '"'))
    open(folder + "/case.toml", "w").write("\n".join(out) + "\n")

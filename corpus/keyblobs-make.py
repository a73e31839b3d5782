#!/usr/bin/env python3
"""Make the corpus cases of key blobs, key containers, stores and requests. Needs OpenSSL 3 and Python 3.9 or newer.

usage: corpus/keyblobs-make.py [FOLDER]       (default: the folder of this script)

Keys come from OpenSSL, and so do all files that OpenSSL can write (MSBLOB, PVK, PKCS #8, PKCS #1, SEC1, X.509, PKCS #7).
The other layouts are written here after the pages in docs/formats/. What was written here and OpenSSL can read is read
back with OpenSSL before it is kept. Every run makes new keys, so a run replaces all cases of these formats.
"""
import hashlib, os, shutil, struct, subprocess, sys, tempfile, uuid

ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
WORK = tempfile.mkdtemp()
MADE = set()

def openssl(*args, data=None):
    p = subprocess.run(["openssl", *args], input=data, capture_output=True, cwd=WORK)
    if p.returncode: raise SystemExit(f"openssl {' '.join(args)}: {p.stderr.decode()}")
    return p.stdout

def path(name): return os.path.join(WORK, name)
def save(name, data):
    with open(path(name), "wb") as f: f.write(data)
    return name

def toml(value):
    if isinstance(value, bool): return "true" if value else "false"
    if isinstance(value, int): return str(value)
    if isinstance(value, list): return "[" + ", ".join(toml(v) for v in value) + "]"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

def case(family, name, file, data, made, why, password=None, **expect):
    folder = os.path.join(ROOT, family, name)
    if family not in MADE:
        shutil.rmtree(os.path.join(ROOT, family), ignore_errors=True); MADE.add(family)
    os.makedirs(folder)
    with open(os.path.join(folder, file), "wb") as f: f.write(data)
    expect.setdefault("kind", family)
    with open(os.path.join(folder, "case.toml"), "w", newline="\n") as f:
        f.write(f'origin = "made for this project"\nmade = {toml(made)}\nwhy = {toml(why)}\nartifact = {toml(file)}\n')
        if password: f.write(f"password = {toml(password)}\n")
        f.write("[expect]\n")
        for key, value in expect.items(): f.write(f"{key} = {toml(value)}\n")

# ---- keys, and what OpenSSL says of them

def der(tag, *parts):
    body = b"".join(parts); n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + size + body

def walk(data, at=0):
    """(tag, content start, content end) of the value at an offset."""
    n, size = data[at + 1], 2
    if n & 0x80: size += n & 0x7F; n = int.from_bytes(data[at + 2:at + size], "big")
    return data[at], at + size, at + size + n

def children(data):
    _, at, end = walk(data); out = []
    while at < end:
        tag, start, stop = walk(data, at); out.append((tag, data[start:stop], data[at:stop])); at = stop
    return out

def key(name, *genpkey):
    openssl("genpkey", *genpkey, "-out", name)
    return name

def spki_sha1(name):
    spki = openssl("pkey", "-in", name, "-pubout", "-outform", "DER")
    return hashlib.sha1(children(spki)[1][1][1:]).hexdigest()

def big(number, length): return int.from_bytes(number, "big").to_bytes(length, "big")
def little(number, length): return big(number, length)[::-1]

def rsa_numbers(name):
    traditional = openssl("rsa", "-in", name, "-traditional", "-outform", "DER")
    return [content for _, content, _ in children(traditional)][1:9]   # n e d p q dP dQ qInv

def ec_numbers(name, length):
    sec1 = openssl("ec", "-in", name, "-outform", "DER")
    parts = children(sec1)
    point = next(children(whole)[0][1] for tag, _, whole in parts if tag == 0xA1)[1:]
    return point[1:1 + length], point[1 + length:], big(parts[1][1], length)

RSA = key("rsa.pem", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
RSA2 = key("rsa2.pem", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
P256 = key("p256.pem", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve")
P384 = key("p384.pem", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-pkeyopt", "ec_param_enc:named_curve")
ED = key("ed25519.pem", "-algorithm", "ED25519")
openssl("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024", "-pkeyopt", "dsa_paramgen_q_bits:160", "-out", "dsaparam.pem")
DSA = "dsa.pem"; openssl("gendsa", "-out", DSA, "dsaparam.pem")
SHA = {k: spki_sha1(k) for k in (RSA, RSA2, P256, P384, ED, DSA)}
n, e, d, p, q, dp, dq, qinv = rsa_numbers(RSA)

# ---- CryptoAPI key blobs and PVK

def blob(b_type, alg, rest, version=2): return struct.pack("<BBHI", b_type, version, 0, alg) + rest
def read_back(data, *args): openssl(*args, data=data)

KEYX, SIGN = 0xA400, 0x2400
private = openssl("rsa", "-in", RSA, "-outform", "MSBLOB")
public = openssl("rsa", "-in", RSA, "-pubout", "-outform", "MSBLOB")
RSA_FACTS = dict(algorithm="RSA", bits=2048, public_key_sha1=SHA[RSA])
case("capi-key-blob", "rsa-private-exchange", "key.blob", private, "openssl rsa -outform MSBLOB",
     "aiKeyAlg CALG_RSA_KEYX means AT_KEYEXCHANGE", key_spec=1, basis="derived", **RSA_FACTS)
case("capi-key-blob", "rsa-public", "key.blob", public, "openssl rsa -pubout -outform MSBLOB", "a public key blob", key_spec=1, basis="derived", **RSA_FACTS)
signing = private[:4] + struct.pack("<I", SIGN) + private[8:]
read_back(signing, "rsa", "-inform", "MSBLOB")
case("capi-key-blob", "rsa-private-signature", "key.blob", signing, "openssl rsa -outform MSBLOB, aiKeyAlg set to CALG_RSA_SIGN",
     "aiKeyAlg CALG_RSA_SIGN means AT_SIGNATURE", key_spec=2, basis="derived", **RSA_FACTS)
case("capi-key-blob", "rsa-trailing-zeros", "key.blob", public + bytes(12), "openssl rsa -pubout -outform MSBLOB, 12 zero bytes appended",
     "zeros after the key are no damage", key_spec=1, basis="derived", **RSA_FACTS)
case("capi-key-blob", "rsa-cut", "key.blob", private[:700], "openssl rsa -outform MSBLOB, cut after 700 bytes", "a cut blob is named and refused", status="failed", credentials=0)
case("capi-key-blob", "encrypted-private", "key.blob", blob(7, SIGN, os.urandom(len(private) - 8)), "BLOBHEADER of PRIVATEKEYBLOB, then random bytes of the size of the ciphertext",
     "a key exported under a session key shows its header only", status="locked", key_spec=2, basis="derived", algorithm="RSA")
case("capi-key-blob", "snk-public", "key.snk", struct.pack("<3I", SIGN, 0x8004, len(public)) + blob(6, SIGN, public[8:]), "public key blob after a strong name header (ECMA-335 II.6.2.1.3)",
     "a public .snk has 12 bytes before the blob", key_spec=2, basis="derived", **RSA_FACTS)
dsa_private = openssl("dsa", "-in", DSA, "-outform", "MSBLOB")
dsa_public = openssl("dsa", "-in", DSA, "-pubout", "-outform", "MSBLOB")
case("capi-key-blob", "dsa-private", "key.blob", dsa_private, "openssl dsa -outform MSBLOB", "DSS2 holds no public number", key_spec=2, basis="derived", algorithm="DSA", bits=1024)
case("capi-key-blob", "dsa-public", "key.blob", dsa_public, "openssl dsa -pubout -outform MSBLOB", "DSS1", key_spec=2, basis="derived", algorithm="DSA", bits=1024, public_key_sha1=SHA[DSA])
case("capi-key-blob", "opaque", "key.blob", blob(9, KEYX, os.urandom(200)), "BLOBHEADER of OPAQUEKEYBLOB and random bytes", "only the header is readable", key_spec=1, basis="derived", algorithm="RSA")
case("capi-key-blob", "plaintext-session-key", "key.blob", blob(8, 0x6610, struct.pack("<I", 32) + os.urandom(32)), "PLAINTEXTKEYBLOB of a random AES-256 key", "a session key is no credential", credentials=0)
case("pvk", "clear", "key.pvk", openssl("rsa", "-in", RSA, "-outform", "PVK", "-pvk-none"), "openssl rsa -outform PVK -pvk-none", "keytype states the KeySpec", key_spec=1, basis="stated", **RSA_FACTS)
locked = openssl("rsa", "-provider", "default", "-provider", "legacy", "-in", RSA, "-outform", "PVK", "-pvk-strong", "-passout", "pass:keyspect")
case("pvk", "encrypted", "key.pvk", locked, "openssl rsa -provider legacy -outform PVK -pvk-strong -passout pass:keyspect", "keytype and aiKeyAlg are readable without the password",
     password="keyspect", status="locked", key_spec=1, basis="stated", algorithm="RSA", bits=2048)
case("pvk", "keytype-disagrees", "key.pvk", struct.pack("<6I", 0xB0B5F11E, 0, 2, 0, 0, len(private)) + private, "PVK header with keytype 2 before an MSBLOB with CALG_RSA_KEYX",
     "the two witnesses contradict each other; the stated one is shown", key_spec=2, basis="stated", **RSA_FACTS)

# ---- CNG key blobs

rsa_public = struct.pack("<4s5I", b"RSA1", 2048, 3, 256, 0, 0) + big(e, 3) + big(n, 256)
full = struct.pack("<4s5I", b"RSA3", 2048, 3, 256, 128, 128) + big(e, 3) + big(n, 256) + b"".join(big(v, 128) for v in (p, q, dp, dq, qinv)) + big(d, 256)
x, y, secret = ec_numbers(P256, 32)
x3, y3, secret3 = ec_numbers(P384, 48)
WRITTEN = "numbers of a key from openssl, written after Microsoft's documentation of the structure"
case("cng-key-blob", "rsa-public", "key.blob", rsa_public, WRITTEN, "BCRYPT_RSAPUBLIC_BLOB", **RSA_FACTS)
case("cng-key-blob", "rsa-full-private", "key.blob", full, WRITTEN, "BCRYPT_RSAFULLPRIVATE_BLOB", **RSA_FACTS)
case("cng-key-blob", "ecdsa-p256-public", "key.blob", struct.pack("<4sI", b"ECS1", 32) + x + y, WRITTEN, "BCRYPT_ECCPUBLIC_BLOB for signing", algorithm="ECC", bits=256, public_key_sha1=SHA[P256])
case("cng-key-blob", "ecdh-p384-private", "key.blob", struct.pack("<4sI", b"ECK4", 48) + x3 + y3 + secret3, WRITTEN, "BCRYPT_ECCPRIVATE_BLOB for key agreement", algorithm="ECC", bits=384, public_key_sha1=SHA[P384])
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
curve = [P, P - 3, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
         0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
         0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551]
case("cng-key-blob", "ecdsa-full-parameters", "key.blob", struct.pack("<4s7I", b"ECDP", 1, 1, 0, 32, 32, 1, 0) + b"".join(v.to_bytes(32, "big") for v in curve) + b"\x01" + x + y,
     WRITTEN + " (BCRYPT_ECCFULLKEY_BLOB, the parameters of P-256)", "explicit curve parameters", algorithm="ECC", bits=256, public_key_sha1=SHA[P256])
case("cng-key-blob", "symmetric", "key.blob", struct.pack("<4s2I", b"KDBM", 1, 32) + os.urandom(32), "BCRYPT_KEY_DATA_BLOB of a random key", "a symmetric key is no credential", credentials=0)
pq = os.urandom(1312)
case("cng-key-blob", "ml-dsa-public", "key.blob", struct.pack("<4s2I", b"DSPK", 6, len(pq)) + "44\0".encode("utf-16le") + pq, "BCRYPT_PQDSA_KEY_BLOB with random bytes in place of a public key",
     "the magic DSPK is not DSA's DSPB", algorithm="ML-DSA", public_key_sha1=hashlib.sha1(pq).hexdigest())

# ---- DPAPI, key containers, key files

def guid(text): return uuid.UUID(text).bytes_le
MASTER, MACHINE = "0f4d4d5e-1111-4222-8333-444455556666", "12345678-9abc-4def-8123-456789abcdef"

def dpapi(description, size, flags=0):
    text = (description + "\0").encode("utf-16le")
    out = struct.pack("<I", 1) + guid("df9d8cd0-1501-11d1-8c7a-00c04fc297eb") + struct.pack("<I", 1) + guid(MASTER) + struct.pack("<2I", flags, len(text)) + text
    out += struct.pack("<3I", 0x6610, 256, 32) + os.urandom(32) + struct.pack("<I", 0) + struct.pack("<3I", 0x800E, 512, 32) + os.urandom(32)
    return out + struct.pack("<I", size) + os.urandom(size) + struct.pack("<I", 64) + os.urandom(64)

def swapped_md5(data):
    digest = hashlib.md5(data).digest()
    return b"".join(digest[i:i + 4][::-1] for i in range(0, 16, 4)).hex()
def capi_file(name): return swapped_md5(name.lower().encode("latin-1") + b"\0") + "_" + MACHINE
def cng_file(name): return swapped_md5(name.lower().encode("utf-16le") + b"\0\0") + "_" + MACHINE

def capi_public(name):
    n, e = rsa_numbers(name)[:2]; size = len(n.lstrip(b"\0"))
    return struct.pack("<4s4I", b"RSA1", size + 8, size * 8, size - 1, int.from_bytes(e, "big")) + little(n, size) + bytes(8)

def container(name, signature=None, exchange=None):
    parts = [(capi_public(k), dpapi("CryptoAPI Private Key", 1352), dpapi("Export Flag", 16)) if k else (b"", b"", b"") for k in (signature, exchange)]
    text, (sig, exch) = name.encode("latin-1") + b"\0", parts
    lengths = [len(text), len(sig[0]), len(sig[1]), len(exch[0]), len(exch[1]), 20, len(sig[2]), len(exch[2])]
    return struct.pack("<10I", 2, 0, *lengths) + text + bytes(20) + b"".join(sig) + b"".join(exch)

BYHAND = "written after docs/formats/{}.md with the public key of openssl and random bytes in place of the protected parts"
NAME = "{4F2C8F4B-0C5E-4C0C-9C39-6E2B5B1A7D10}"
for name, sig, exch, spec, why in [("exchange-only", None, RSA, 1, "the filled slot tells AT_KEYEXCHANGE"), ("signature-only", RSA, None, 2, "the filled slot tells AT_SIGNATURE")]:
    case("capi-key-container", name, capi_file(NAME), container(NAME, sig, exch), BYHAND.format("capi-key-container"), why, key_spec=spec, basis="derived",
         container=NAME, unique_name=capi_file(NAME), machine_guid=MACHINE, file_name_rule="capi", exportable="unknown", provider_kind="csp", **RSA_FACTS)
case("capi-key-container", "both-slots", capi_file(NAME), container(NAME, RSA2, RSA), BYHAND.format("capi-key-container"), "two keys in one container are two credentials; the exchange key comes first",
     credentials=2, key_spec=1, basis="derived", container=NAME, second_key_spec=2, second_public_key_sha1=SHA[RSA2], **RSA_FACTS)
case("capi-key-container", "renamed", "0123456789abcdef0123456789abcdef_" + MACHINE, container("te-WebServer", None, RSA), BYHAND.format("capi-key-container"),
     "a file name that is not the one of the container inside", key_spec=1, basis="derived", container="te-WebServer", file_name_rule="mismatch", **RSA_FACTS)
case("capi-key-container", "another-key", capi_file(NAME), container(NAME, None, RSA2), BYHAND.format("capi-key-container"), "the container that the certificates of this corpus name, with another key in it",
     key_spec=1, basis="derived", container=NAME, file_name_rule="capi", algorithm="RSA", bits=1024, public_key_sha1=SHA[RSA2])
case("capi-key-container", "cut", capi_file(NAME), container(NAME, None, RSA)[:900], BYHAND.format("capi-key-container") + ", cut after 900 bytes", "a cut key file is still named as what it is", status="failed", credentials=0)

def prop(kind, name, value):
    name = name.encode("utf-16le")
    return struct.pack("<5I", 20 + len(name) + len(value), kind, 0, len(name), len(value)) + name + value
def key_file(name, kind, public, creator=None):
    props = prop(0, "Modified", struct.pack("<Q", 133_801_632_000_000_000)) + prop(10, "", public)     # 2025-01-01T00:00:00Z
    if creator: props += prop(0x20, "CreatorProcessName", (creator + "\0").encode("utf-16le"))
    text, private_props, private_key = name.encode("utf-16le"), dpapi("Private Key Properties", 152), dpapi("Private Key", 544)
    return struct.pack("<7I", 1, 0, len(text), kind, len(props), len(private_props), len(private_key)) + bytes(16) + text + props + private_props + private_key
CNG = dict(key_spec=0, basis="derived", provider="Microsoft Software Key Storage Provider", provider_kind="ksp", exportable="unknown")
case("cng-key-file", "rsa", cng_file("te-WebServer-1"), key_file("te-WebServer-1", 0x30001, rsa_public), BYHAND.format("cng-key-file"), "a CNG key has no KeySpec; its export policy is protected",
     container="te-WebServer-1", file_name_rule="cng", machine_guid=MACHINE, **CNG, **RSA_FACTS)
case("cng-key-file", "ecdsa-p256", cng_file("tq-Müller"), key_file("tq-Müller", 0x30004, struct.pack("<4sI", b"ECS1", 32) + x + y, "C:\\Windows\\System32\\taskhostw.exe"),
     BYHAND.format("cng-key-file"), "a name beyond ASCII and the program that made the key", container="tq-Müller", file_name_rule="cng", algorithm="ECC", bits=256, public_key_sha1=SHA[P256], **CNG)
case("cng-key-file", "cut", cng_file("te-WebServer-1"), key_file("te-WebServer-1", 0x30001, rsa_public)[:1000], BYHAND.format("cng-key-file") + ", cut after 1000 bytes", "a cut key file is still named as what it is", status="failed", credentials=0)
inner = key_file("te-WebServer-1", 0x30001, rsa_public)
transport = b"MIB1" + struct.pack("<16I", 14, 0, len(inner), 0, 0, *([0] * 8), 0, 0, 0) + "te-WebServer-1".encode("utf-16le") + inner
case("cng-key-transport", "rsa", "key.mib1", transport, BYHAND.format("cng-key-transport"), "a key file inside a transport blob", container="te-WebServer-1", **CNG, **RSA_FACTS)
token = b"%9\\" + b"B6AF1EF9D302A7332208091CC8C1EFF836F60620".ljust(93, b"\0") + struct.pack("<QHH", 133_801_632_000_000_000, 0, 0) + hashlib.sha1(transport).digest() + struct.pack("<I", len(transport)) + transport
case("roaming-token", "cng-key", "token.bin", token, BYHAND.format("roaming-token"), "a CNG key as Active Directory stores it", container="te-WebServer-1", **CNG, **RSA_FACTS)
old = container(NAME, RSA, None)
case("roaming-token", "capi-key", "token.bin", b"%1\\" + capi_file(NAME).encode().ljust(93, b"\0") + struct.pack("<QHH", 133_801_632_000_000_000, 0, 0) + hashlib.sha1(old).digest() + struct.pack("<I", len(old)) + old,
     BYHAND.format("roaming-token"), "the token's id is the wrapped file's name", key_spec=2, basis="derived", container=NAME, unique_name=capi_file(NAME), file_name_rule="capi", **RSA_FACTS)
case("roaming-token", "unreadable", "token.bin", b"%9\\" + b"F606B9A77244FCD95DB5E541A51D397B5BB1F079".ljust(93, b"\0") + struct.pack("<QHH", 133_801_632_000_000_000, 2, 0) + hashlib.sha1(b"").digest() + struct.pack("<I", 0),
     BYHAND.format("roaming-token"), "the client could not read the key when it wrote the token", credentials=0)
case("dpapi-blob", "machine", "blob.bin", dpapi("Private Key", 64, 4), BYHAND.format("dpapi-blob"), "a blob of the machine is described, never opened", credentials=0)
case("dpapi-master-key", "user", MASTER, struct.pack("<IQ", 2, 0) + MASTER.encode("utf-16le") + struct.pack("<QI4Q", 0, 5, 136, 104, 0, 372) + os.urandom(612), BYHAND.format("dpapi-master-key"), "a master key file is described, never opened", credentials=0)

def tpm2b(data): return struct.pack(">H", len(data)) + data
def pcpm(header):
    area = struct.pack(">HHI", 1, 0xB, 0x20072) + tpm2b(os.urandom(32)) + struct.pack(">HHHI", 0x10, 0x10, 2048, 0) + tpm2b(big(n, 256))
    public = tpm2b(area); private_part = os.urandom(224)
    head = b"PCPM" + struct.pack("<12I", header, 2, 1, len(public), len(private_part), *([0] * 7))
    return head.ljust(header, b"\0") + public + private_part
PCP = dict(key_spec=0, basis="derived", provider="Microsoft Platform Crypto Provider", provider_kind="ksp")
case("tpm-key-blob", "pcpm-rsa", "key.pcpm", pcpm(56), BYHAND.format("tpm-key-blob"), "fixedTPM: the key can't leave the TPM", exportable="no", **PCP, **RSA_FACTS)
case("tpm-key-blob", "pcpm-windows-8-header", "key.pcpm", pcpm(52), BYHAND.format("tpm-key-blob"), "the header of Windows 8 is shorter", exportable="no", **PCP, **RSA_FACTS)
def tlv(tag, value): return struct.pack("<2I", tag, len(value)) + value
case("tpm-key-blob", "pksp", "key.PCPKEY", b"PKSP" + tlv(0x02000000, "tq-Vpn-1\0".encode("utf-16le")) + tlv(0x02000004, "RSA\0".encode("utf-16le")) + tlv(0x01000003, dpapi("", 600)) + b"PKSP",
     BYHAND.format("tpm-key-blob"), "the name is in clear, the key is protected", container="tq-Vpn-1", exportable="unknown", **PCP)

# ---- certificates and stores

save("x509.cnf", b"""[req]
distinguished_name = name
x509_extensions = server
prompt = no
[name]
CN = set by -subj
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:www.contoso.com
""")
def certificate(name, subject):
    return openssl("req", "-config", "x509.cnf", "-x509", "-new", "-key", name, "-subj", subject, "-days", "36500", "-outform", "DER")
CERT, CERT2 = certificate(RSA, "/CN=www.contoso.com/O=Contoso"), certificate(P256, "/CN=vpn.contoso.com")
def thumb(data): return hashlib.sha1(data).hexdigest()
openssl("x509", "-inform", "DER", "-outform", "PEM", "-out", "cert.pem", data=CERT); openssl("x509", "-inform", "DER", "-outform", "PEM", "-out", "cert2.pem", data=CERT2)
pem = open(path("cert.pem"), "rb").read(); pem2 = open(path("cert2.pem"), "rb").read()
C1 = dict(sha1=thumb(CERT), certificate_public_key_sha1=SHA[RSA])
case("certificate", "der", "www.cer", CERT, "openssl req -x509 -outform DER", "a certificate file says nothing of its key", association="unknown", **C1)
case("certificate", "pem", "www.pem", pem, "openssl req -x509", "the same in PEM", association="unknown", **C1)
case("certificate", "bare-base64", "www.txt", b"\r\n".join(pem.split(b"\n")[1:-2]) + b"\r\n", "the Base64 of a PEM certificate without its armour lines, CRLF", "Base64 alone, as pasted from a mail", association="unknown", **C1)
case("pkcs7", "two-certificates", "chain.p7b", openssl("crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-certfile", "cert2.pem", "-outform", "DER"), "openssl crl2pkcs7 -nocrl", "every certificate of a bundle", credentials=2, **C1)
key_pem = open(path(RSA), "rb").read()
case("certificate", "with-its-key", "www.pem", pem + key_pem, "openssl req -x509 and openssl genpkey, one after the other", "certificate and key with the same public key are one credential", credentials=1, association="linked", matches_certificate=True, **C1, **RSA_FACTS)
case("certificate", "with-another-key", "www.pem", pem + open(path(RSA2), "rb").read(), "openssl req -x509, then another key of openssl genpkey", "a key with another public key stays apart", credentials=2, association="unknown", **C1)

def prov_info(name, provider, kind, flags, spec):
    a, b = (name + "\0").encode("utf-16le"), (provider + "\0").encode("utf-16le")
    return struct.pack("<7I", 28, 28 + len(a), kind, flags, 0, 0, spec) + a + b
def element(cert, *properties):
    out = b"".join(struct.pack("<3I", i, 1, len(v)) + v for i, v in properties)
    return out + struct.pack("<3I", 32, 1, len(cert)) + cert
STRONG, KSP, SCHANNEL = "Microsoft Strong Cryptographic Provider", "Microsoft Software Key Storage Provider", "Microsoft RSA SChannel Cryptographic Provider"
signature_link = element(CERT, (2, prov_info(NAME, STRONG, 1, 0x20, 2)), (3, bytes.fromhex(thumb(CERT))), (11, "Web\0".encode("utf-16le")))
STORE = "written after docs/formats/{}.md around a certificate of openssl"
LINK = dict(association="linked", stored=NAME, container=NAME, provider=STRONG, provider_type=1, flags=0x20, key_spec=2, basis="stated", friendly_name="Web")
case("registry-cert-blob", "signature-key", thumb(CERT).upper(), signature_link, STORE.format("registry-cert-blob"), "a machine key of a CSP with KeySpec 2", rules=["keyspec-signature-on-csp"], **C1, **LINK)
case("registry-cert-blob", "key-file-name", thumb(CERT2).upper(), element(CERT2, (2, prov_info(capi_file(NAME), SCHANNEL, 12, 0, 1))), STORE.format("registry-cert-blob"), "the key link names the key file, not the container",
     sha1=thumb(CERT2), association="linked", stored=capi_file(NAME), unique_name=capi_file(NAME), machine_guid=MACHINE, provider=SCHANNEL, provider_type=12, flags=0, key_spec=1, basis="stated")
case("registry-cert-blob", "no-key-link", thumb(CERT).upper(), element(CERT, (3, bytes.fromhex(thumb(CERT)))), STORE.format("registry-cert-blob"), "the element has no key link", association="none", **C1)
case("registry-cert-blob", "archived-ksp-key", thumb(CERT2).upper(), element(CERT2, (19, b""), (2, prov_info("te-1", KSP, 0, 0x20, 0))), STORE.format("registry-cert-blob"), "a CNG key, and an archived certificate",
     sha1=thumb(CERT2), archived=True, association="linked", container="te-1", provider=KSP, provider_type=0, key_spec=0, basis="stated")
wide = struct.pack("<QQIIIIQII", 0x7FF012340, 0x7FF012400, 1, 32, 0, 0, 0, 2, 0)
case("registry-cert-blob", "64-bit-memory-form", thumb(CERT).upper(), element(CERT, (2, wide)), STORE.format("registry-cert-blob") + ", KEY_PROV_INFO as 64-bit memory has it", "pointers are no offsets: named, not misread", status="partial", association="none", **C1)
case("registry-cert-blob", "key-context", thumb(CERT).upper(), element(CERT, (5, struct.pack("<4IQ", 24, 0, 0, 0, 0)[:16] + struct.pack("<2I", 2, 0))), STORE.format("registry-cert-blob"), "KEY_CONTEXT of a 64-bit program", key_spec=2, basis="stated", **C1)
sst = bytes(4) + b"CERT" + signature_link + element(CERT2) + bytes(12)
case("cert-store", "one-linked-one-not", "my.sst", sst, STORE.format("cert-store"), "an exported store", credentials=2, **C1, **LINK)
case("cert-store", "cut", "my.sst", sst[:-200], STORE.format("cert-store") + ", the last 200 bytes missing", "what stands before the cut is kept", status="partial", credentials=1, **C1, **LINK)

def reg_hex(name, data):
    line, out = f'"{name}"=hex:', []
    for i, b in enumerate(data):
        piece = f"{b:02x}" + ("," if i + 1 < len(data) else "")
        if len(line) + len(piece) > 76: out.append(line + "\\"); line = "  "
        line += piece
    return out + [line]
KEY = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates\\" + thumb(CERT).upper()
lines = ["", f"[{KEY}]", *reg_hex("Blob", signature_link), ""]
case("reg-export", "version-5", "my.reg", b"\xff\xfe" + "\r\n".join(["Windows Registry Editor Version 5.00", *lines]).encode("utf-16le"), STORE.format("reg-export"), "a registry export gives store and scope", rules=["keyspec-signature-on-csp"], store="MY", scope="machine", **C1, **LINK)
case("reg-export", "regedit4", "my.reg", "\r\n".join(["REGEDIT4", *lines]).encode("cp1252"), STORE.format("reg-export"), "the older 8-bit form", store="MY", scope="machine", **C1, **LINK)
wine = ["WINE REGISTRY Version 2", ";; All keys relative to \\\\User\\\\S-1-5-21-0-0-0-1000", "", f"[Software\\\\Microsoft\\\\SystemCertificates\\\\My\\\\Certificates\\\\{thumb(CERT).upper()}] 1700000000", "#time=1da0f0f0f0f0f0f", *reg_hex("Blob", signature_link), "",
        "[Software\\\\Wine\\\\Crypto\\\\RSA\\\\te-1] 1700000000", '"KeyExchangePermissions"=dword:0000003f', ""]
case("reg-export", "wine", "user.reg", "\n".join(wine).encode(), STORE.format("reg-export"), "Wine's own registry file", store="My", scope="unknown", **C1, **LINK)

# ---- a registry hive: the base block and one bin with the root key alone

hive = bytearray(4096); hive[:4] = b"regf"
struct.pack_into("<IIQIIIIIII", hive, 4, 1, 1, 0x01DC000000000000, 1, 5, 0, 1, 32, 4096, 1)
hive_name = "emRoot\\System32\\Config\\SOFTWARE"
hive[48:48 + 2 * len(hive_name)] = hive_name.encode("utf-16le")
checksum = 0
for word in struct.unpack("<127I", hive[:508]): checksum ^= word
struct.pack_into("<I", hive, 508, checksum)
hive_bin = bytearray(4096); hive_bin[:4] = b"hbin"; struct.pack_into("<II", hive_bin, 4, 0, 4096)
NIL = 0xFFFFFFFF
root = b"nk" + struct.pack("<HQIIIIIIIIIIIIIIIHH", 0x2C, 0x01DC000000000000, 0, NIL, 0, 0, NIL, NIL, 0, NIL, NIL, NIL, 0, 0, 0, 0, 0, 4, 0) + b"ROOT"
cell = (4 + len(root) + 7) // 8 * 8
struct.pack_into("<i", hive_bin, 32, -cell); hive_bin[36:36 + len(root)] = root
struct.pack_into("<i", hive_bin, 32 + cell, 4096 - 32 - cell)
case("registry-hive", "software", "SOFTWARE", bytes(hive + hive_bin), "a base block and a hive bin with the root key alone, written after M. Suhanov's specification; read back with hivexsh",
     "a hive is named as what it is, with the export to send instead", status="failed", credentials=0, details_version="1.5", details_file_name=hive_name)

# ---- private keys

case("private-key", "pkcs8-pem", "key.pem", key_pem, "openssl genpkey", "PKCS #8", **RSA_FACTS)
case("private-key", "pkcs1-pem", "key.pem", openssl("rsa", "-in", RSA, "-traditional"), "openssl rsa -traditional", "PKCS #1", **RSA_FACTS)
case("private-key", "sec1-der", "key.der", openssl("ec", "-in", P384, "-outform", "DER"), "openssl ec -outform DER", "SEC1", algorithm="ECC", bits=384, public_key_sha1=SHA[P384])
case("private-key", "ed25519", "key.pem", open(path(ED), "rb").read(), "openssl genpkey -algorithm ED25519", "an Edwards key holds no public half: it is computed", algorithm="Ed25519", bits=256, public_key_sha1=SHA[ED])
case("private-key", "encrypted-pkcs8", "key.pem", openssl("pkcs8", "-topk8", "-in", RSA, "-passout", "pass:keyspect"), "openssl pkcs8 -topk8 -passout pass:keyspect", "nothing but the scheme is readable", password="keyspect", status="locked", credentials=1)
pkcs8 = openssl("pkcs8", "-topk8", "-nocrypt", "-in", RSA, "-outform", "DER")
body = b"".join(whole for _, _, whole in children(pkcs8))
for name, bits, spec in [("signature", 0x80, 2), ("exchange", 0x10, 1)]:
    usage = der(0xA0, der(0x30, bytes.fromhex("0603551d0f"), der(0x31, der(3, bytes([0, bits])))))
    data = der(0x30, body, usage); openssl("pkey", "-inform", "DER", "-noout", data=data)
    case("private-key", f"pkcs8-{name}-attribute", "key.der", data, f"openssl pkcs8 -topk8 -nocrypt, attribute 2.5.29.15 = {bits:02x} appended", "the key usage attribute that Windows adds tells the KeySpec", key_spec=spec, basis="derived", **RSA_FACTS)

# ---- requests

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
SPKI = openssl("pkey", "-in", RSA, "-pubout", "-outform", "DER")
SUBJECT = children(children(CERT)[0][2])[5][2]
def request(spec, provider, extensions=True):
    attributes = attribute("1.3.6.1.4.1.311.13.2.3", der(22, b"10.0.20348.2"))
    attributes += attribute("1.3.6.1.4.1.311.21.20", der(0x30, der(2, b"\x09"), utf8("web01.contoso.com"), utf8("CONTOSO\\admin"), utf8("certreq.exe")))
    attributes += attribute("1.3.6.1.4.1.311.13.2.2", der(0x30, der(2, bytes([spec])), der(30, provider.encode("utf-16be")), der(3, b"\0")))
    if extensions:
        usage = der(0x30, oid("2.5.29.15"), der(1, b"\xff"), der(4, bytes.fromhex("030205a0")))
        purpose = der(0x30, oid("2.5.29.37"), der(4, der(0x30, oid("1.3.6.1.5.5.7.3.1"))))
        names = der(0x30, oid("2.5.29.17"), der(4, der(0x30, der(0x82, b"www.contoso.com"))))
        attributes += attribute("1.2.840.113549.1.9.14", der(0x30, usage, purpose, names))
    info = der(0x30, der(2, b"\0"), SUBJECT, SPKI, der(0xA0, attributes))
    signature = openssl("dgst", "-sha256", "-sign", RSA, data=info)
    out = der(0x30, info, der(0x30, oid("1.2.840.113549.1.1.11"), der(5)), der(3, b"\0" + signature))
    openssl("req", "-inform", "DER", "-verify", "-noout", data=out)
    return out
REQ = dict(credentials=0, details_key_spec=2, details_provider=STRONG)
ten = request(2, STRONG)
HOW = "PKCS #10 written with Microsoft's attributes after MS-WCCE, signed with openssl dgst, checked with openssl req -verify"
case("certificate-request", "pkcs10-signature", "request.req", ten, HOW, "the CSP attribute asks for AT_SIGNATURE", details_format="pkcs10", **REQ)
armored = openssl("req", "-inform", "DER", "-outform", "PEM", data=ten).replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST").replace(b"\n", b"\r\n")
case("certificate-request", "pkcs10-pem-crlf", "request.req", armored, HOW + "; PEM with the label of certreq and CRLF", "as certreq writes it", details_format="pkcs10", **REQ)
case("certificate-request", "pkcs10-cng", "request.req", request(0, KSP, False), HOW, "a request for a CNG key", credentials=0, details_format="pkcs10", details_key_spec=0, details_provider=KSP)
pki = der(0x30, der(0x30), der(0x30, der(0xA0, der(2, b"\x01"), ten)), der(0x30), der(0x30))
def signed(kind, content): return der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, der(0x30, der(2, b"\x03"), der(0x31), der(0x30, oid(kind), der(0xA0, der(4, content))), der(0x31))))
case("certificate-request", "cmc", "request.req", signed("1.3.6.1.5.5.7.12.2", pki), "the PKCS #10 of pkcs10-signature in a CMC PKIData (RFC 5272) without signers", "the attributes sit in the inner request", details_format="cmc", **REQ)
case("certificate-request", "pkcs7", "request.req", signed("1.2.840.113549.1.7.1", ten), "the PKCS #10 of pkcs10-signature in a PKCS #7 without signers", "a renewal", details_format="pkcs7", **REQ)
plain = openssl("req", "-new", "-key", P256, "-subj", "/CN=plain", "-outform", "DER")
case("certificate-request", "openssl", "request.csr", plain, "openssl req -new", "a request from another system states no KeySpec", credentials=0, details_format="pkcs10")
INF = '[Version]\r\nSignature="$Windows NT$"\r\n\r\n[NewRequest]\r\nSubject = "CN=www.contoso.com"   ; the site\r\n{}KeyLength = 2048\r\nMachineKeySet = TRUE\r\nExportable = TRUE\r\nProviderName = "{}"\r\nProviderType = 12\r\nRequestType = PKCS10\r\nKeyUsage = 0xa0\r\n\r\n[EnhancedKeyUsageExtension]\r\nOID=1.3.6.1.5.5.7.3.1\r\n'
case("request-inf", "keyspec-symbolic", "request.inf", INF.format("KeySpec = AT_SIGNATURE\r\n", SCHANNEL).encode(), "by hand after the documentation of certreq", "a symbolic KeySpec", credentials=0, details_key_spec=2, details_provider=SCHANNEL)
case("request-inf", "keyspec-absent", "request.inf", INF.format("", SCHANNEL).encode(), "by hand after the documentation of certreq", "an absent KeySpec is absent, not a default", credentials=0, details_provider=SCHANNEL, details_absent=["key_spec"])
case("request-inf", "utf-16", "request.inf", b"\xff\xfe" + INF.format("KeySpec = 1\r\n", SCHANNEL).encode("utf-16le"), "by hand, UTF-16 as PowerShell's Out-File writes it", "UTF-16", credentials=0, details_key_spec=1, details_provider=SCHANNEL)
case("request-inf", "token-and-broken-quote", "request.inf", INF.replace('$Windows NT$"', "$Windows NT$").format("KeySpec = %spec% ; see below\r\n", "%csp%").encode() + f'\r\n[Strings]\r\nspec = 1\r\ncsp = "{SCHANNEL}"\r\n'.encode(),
     "by hand", "values from [Strings], and a quote that is never closed", credentials=0, details_key_spec=1, details_provider=SCHANNEL)
shutil.rmtree(WORK)
print(f"{sum(len(os.listdir(os.path.join(ROOT, f))) for f in MADE)} cases in {len(MADE)} formats")

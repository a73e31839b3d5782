#!/usr/bin/env python3
"""Derive facts of the shared key-blob samples with OpenSSL and the Python package "cryptography", without keyspect.

usage: keyblob_public_keys.py ../shared/samples/keyblobs > tests/data/keyblob_public_keys.txt

One line per sample: SHA-1 over the content of the subjectPublicKey BIT STRING, algorithm, bits, path. OpenSSL reads the
MSBLOB and PVK files itself; for the other layouts the numbers are cut out at fixed offsets and the key is built by
"cryptography", which writes the SubjectPublicKeyInfo that is hashed.
"""
import hashlib, json, os, struct, subprocess, sys
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

def openssl(args, data):
    p = subprocess.run(["openssl", *args, "-pubout", "-outform", "DER"], input=data, capture_output=True)
    return load_der_public_key(p.stdout) if p.returncode == 0 else None

def bit_string(key):
    """The content of subjectPublicKey: the last value of the SubjectPublicKeyInfo, after its 'unused bits' byte."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    def header(at):
        length, size = der[at + 1], 2
        if length & 0x80: size += length & 0x7F; length = int.from_bytes(der[at + 2:at + size], "big")
        return at + size, length
    inner, _ = header(0)
    start, length = header(inner)          # AlgorithmIdentifier
    content, length = header(start + length)
    return der[content + 1:content + length]

def big(b): return int.from_bytes(b, "big")
def little(b): return int.from_bytes(b, "little")
CURVES = {32: ec.SECP256R1(), 48: ec.SECP384R1(), 66: ec.SECP521R1()}

def msblob(data):
    if data[12:13] == b"\x06" and data[:2] == b"\x00\x24": data = data[12:]
    name = "dsa" if data[8:11] == b"DSS" else "rsa"
    return openssl([name, "-inform", "MSBLOB"] + (["-pubin"] if data[0] == 6 else []), data)

def cng(data):
    magic = data[:4]
    if magic[:3] == b"RSA":
        _, e, n, _, _ = struct.unpack_from("<5I", data, 4)
        return rsa.RSAPublicNumbers(big(data[24:24 + e]), big(data[24 + e:24 + e + n])).public_key()
    if magic[:3] in (b"ECS", b"ECK"):
        n = struct.unpack_from("<I", data, 4)[0]
        return ec.EllipticCurvePublicNumbers(big(data[8:8 + n]), big(data[8 + n:8 + 2 * n]), CURVES[n]).public_key()
    n, = struct.unpack_from("<I", data, 4)
    if magic in (b"DSPB", b"DSPV"): q, at = data[32:52], 52
    elif magic in (b"DPB2", b"DPV2"):
        seed, group = struct.unpack_from("<2I", data, 16)
        q, at = data[28 + seed:28 + seed + group], 28 + seed + group
    else: return None
    p, g, y = (big(data[at + i * n:at + (i + 1) * n]) for i in range(3))
    return dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, big(q), g)).public_key()

def container(data):
    name, sigpub, sigpriv, expub = struct.unpack_from("<4I", data, 8)
    hash_length, sigflag = struct.unpack_from("<2I", data, 28)
    at = 40 + name + hash_length + (0 if sigpub else sigpriv + sigflag)
    keylen, bits, _, e = struct.unpack_from("<4I", data, at + 4)
    return rsa.RSAPublicNumbers(e, little(data[at + 20:at + 20 + keylen])).public_key()

def cng_file(data):
    at = data.find(b"RSA1")
    if at < 0: at = data.find(b"ECS1")
    return cng(data[at:]) if at >= 0 else None

def element(data):
    at = 0
    while at < len(data):
        kind, _, length = struct.unpack_from("<3I", data, at)
        if kind == 32: return x509.load_der_x509_certificate(data[at + 12:at + 12 + length]).public_key()
        at += 12 + length

def request(data):
    if data[:2] == b"--": return x509.load_pem_x509_csr(data).public_key()
    for at in range(0, min(len(data), 4000)):          # the innermost PKCS#10 of a CMC or PKCS#7 request
        try: return x509.load_der_x509_csr(data[at:]).public_key()
        except ValueError: pass
        if data[at:at + 2] == b"\x30\x82":
            try: return x509.load_der_x509_csr(data[at:at + 4 + big(data[at + 2:at + 4])]).public_key()
            except ValueError: pass

READERS = {"capi_blob": msblob, "snk": msblob, "cng_blob": cng, "capi_container": container, "cng_keyfile": cng_file,
           "cng_opaquetransport": cng_file, "registry_blob": element, "cert_element": element, "csr": request,
           "pvk": lambda data: openssl(["rsa", "-inform", "MSBLOB"], data[24:]) if data[12] == 0 else None}

for entry in json.load(open(os.path.join(sys.argv[1], "index.json"))):
    reader = READERS.get(entry["family"])
    if reader is None: continue
    try: key = reader(open(os.path.join(sys.argv[1], entry["file"]), "rb").read())
    except Exception as error: key = print(f"# {entry['file']}: {type(error).__name__}: {str(error)[:80]}")
    if key is None: continue
    name = {"RSAPublicKey": "RSA", "DSAPublicKey": "DSA"}.get(type(key).__name__, "ECC")
    print(hashlib.sha1(bit_string(key)).hexdigest(), name, key.key_size, entry["file"])

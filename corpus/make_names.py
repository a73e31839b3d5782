#!/usr/bin/env python3
"""Names for invented keys: prints the key-file name of each container under the CAPI and the CNG rule.

usage: make_names.py [--machine GUID] CONTAINER...

MD5 over the lower-cased name, NUL included: 8-bit text for CAPI, UTF-16LE for CNG; the digest's four little-endian words
printed as hexadecimal, then `_` and the machine's GUID.
"""
import argparse
import hashlib
import struct

MACHINE = "5b1c0a7e-94d2-4f06-8a3d-d1e6f2b47c19"


def _file_name(encoded, machine):
    return "%08x%08x%08x%08x" % struct.unpack("<4I", hashlib.md5(encoded).digest()) + "_" + machine


def capi(container, machine=MACHINE):
    """The key file of a CryptoAPI container."""
    return _file_name((container.lower() + "\0").encode("latin-1"), machine)


def cng(container, machine=MACHINE):
    """The key file of a CNG key of the software KSP."""
    return _file_name((container.lower() + "\0").encode("utf-16-le"), machine)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--machine", default=MACHINE)
    arguments.add_argument("container", nargs="+")
    given = arguments.parse_args()
    for name in given.container:
        print(name, "capi", capi(name, given.machine), "cng", cng(name, given.machine), sep="\t")

//! Where openssl and keyspect disagree, and why.

use super::score::Explained;

pub const PFX: &[Explained] = &[
    Explained {
        file: "corpus/pfx/pbmac1/file.pfx",
        what: "the password opens it: openssl false, keyspect true",
        why: "PBMAC1 (RFC 9579) came with OpenSSL 3.4; the file is built and checked after the RFC",
    },
    Explained {
        file: "pbmac1_256_256.good.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "PBMAC1, as above; the index of the samples has the password",
    },
    Explained {
        file: "corpus/pfx/scrypt-over-limit/file.pfx",
        what: "the password opens it: openssl false, keyspect true",
        why: "the MAC tells that the password is right; neither program derives a key with so much memory, and keyspect says so",
    },
    Explained {
        file: "google__boringssl/windows.p12",
        what: "bag 1 alternative names",
        why: "the UTF8String of the principal name ends with a zero byte: openssl prints the extension's bytes, keyspect the name",
    },
    Explained {
        file: "openssl-ml-kem-1024-seed.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "ML-KEM came with OpenSSL 3.5; keyspect names the algorithm and reads no number of the key",
    },
    Explained {
        file: "DSAParametersInheritedCACert.p12",
        what: "bag 0 public key: openssl None",
        why: "the certificate's DSA key has no parameters of its own: openssl can't build the key, keyspect hashes its bits",
    },
];
pub const CERTIFICATES: &[Explained] = &[];
pub const KEYS: &[Explained] = &[];

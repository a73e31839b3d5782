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
    Explained {
        file: "RustCrypto__formats/example11.pfx",
        what: "MAC: openssl \"MAC: blake2b512",
        why: "openssl names the digest, keyspect shows its object identifier: no Windows knows it",
    },
    Explained {
        file: "pbes2-keystore-aes-key.p12",
        what: "outline",
        why: "openssl writes the lines about secret bags and the next ones into each other, without line ends",
    },
    Explained {
        file: "cert-with-crl.p12",
        what: "outline",
        why: "openssl calls the list of revoked certificates an unsupported bag",
    },
    Explained {
        file: "pbmac1_256_256.extended-mac.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "OpenSSL 3.0 has no PBMAC1; keyspect opens the bags and says that no password can match a MAC of this length",
    },
    Explained {
        file: "pbmac1_256_256.truncated-mac.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "as the file before",
    },
    Explained {
        file: "embedded_pbmac1-short-key-bypass_01.pfx",
        what: "the password opens it: openssl false, keyspect true",
        why: "PBMAC1, as above",
    },
    Explained {
        file: "google__boringssl/bad2.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "the MAC tells that the password is right; the contents are no PKCS#7, which keyspect says in a problem",
    },
    Explained {
        file: "google__boringssl/bad3.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "as the file before",
    },
    Explained {
        file: "TestOldAES128CA.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "the MAC tells that the password is right; NSS once derived keys for AES in a way of its own: keyspect says that the key is not opened",
    },
    Explained {
        file: "openssl-ml-kem-1024-priv.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "ML-KEM, as above",
    },
    Explained {
        file: "openssl-ml-kem-768-both.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "ML-KEM, as above",
    },
    Explained {
        file: "openssl-ml-kem-768-priv.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "ML-KEM, as above",
    },
    Explained {
        file: "openssl-ml-kem-768-seed.p12",
        what: "the password opens it: openssl false, keyspect true",
        why: "ML-KEM, as above",
    },
    Explained {
        file: "embedded_PfxPduTest_06.pfx",
        what: "bag 1 content",
        why: "CAST5 in PBES2, which no Windows reads: keyspect names the cipher and leaves the key closed",
    },
    Explained {
        file: "embedded_Certificates_25.pfx",
        what: "bag 1 public key: openssl None",
        why: "an RSA key of the algorithm RSAES-OAEP: openssl can't build it, keyspect hashes its bits",
    },
    Explained {
        file: "embedded_Certificates_26.pfx",
        what: "bag 1 public key: openssl None",
        why: "an RSA key of the algorithm RSAES-OAEP: openssl can't build it, keyspect hashes its bits",
    },
    Explained {
        file: "ValidDSAParameterInheritanceTest5EE.p12",
        what: "bag 0 public key: openssl None",
        why: "inherited parameters, as above",
    },
];
pub const CERTIFICATES: &[Explained] = &[];
pub const KEYS: &[Explained] = &[];

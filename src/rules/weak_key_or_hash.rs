//! The key is too short, or the signature uses a broken hash.

use super::prelude::*;

/// The rule.
pub(super) struct WeakKeyOrHash;

static META: RuleMeta = RuleMeta {
    name: "weak-key-or-hash",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Certain,
    summary: "the key is too short, or the signature uses a broken hash",
    sources: &[sources::ADVISORY2661254, sources::SP80057],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/weak-key-or-hash.md"),
};

/// Signature algorithms with MD2, MD4, MD5 or SHA-1: object identifiers and the words of their names.
const WEAK_OIDS: &[&str] = &[
    "1.2.840.113549.1.1.2",
    "1.2.840.113549.1.1.3",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.3.14.3.2.29",
    "1.2.840.10045.4.1",
    "1.2.840.10040.4.3",
];
const WEAK_WORDS: &[&str] = &["md2", "md4", "md5", "sha1", "sha-1"];

fn weak(algorithm: &str) -> bool {
    let begins = |word: &str, with: &str| word.get(..with.len()).is_some_and(|w| w.eq_ignore_ascii_case(with));
    algorithm.split_whitespace().any(|word| match word.as_bytes().first() {
        Some(b'1') => WEAK_OIDS.contains(&word),
        Some(b'm' | b'M' | b's' | b'S') => WEAK_WORDS.iter().any(|weak| begins(word, weak)),
        _ => false,
    })
}

impl CredentialRule for WeakKeyOrHash {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(certificate) = c.certificate.as_ref().filter(|_| !cx.workloads.is_empty()) else {
            return out.not_applicable(subject::NO_WORKLOAD);
        };
        let short = subject::bits(c).filter(|b| subject::is_rsa(c) && b.value < 2048);
        // Nobody checks the signature of a self-signed certificate.
        let own = certificate.self_signed.as_ref().is_some_and(|s| s.value);
        let hash = certificate.signature_algorithm.as_ref().filter(|a| !own && weak(&a.value));
        if short.is_none() && hash.is_none() {
            return if subject::bits(c).is_none() && certificate.signature_algorithm.is_none() {
                out.unknown("the key's length and the signature algorithm", remedy::show_command(c))
            } else {
                out.pass("the key's length and the hash are current")
            };
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Windows refuses RSA keys under 1024 bits, browsers under 2048 bits, and signatures with \
                 MD5 or SHA-1. It is not why a binding fails.",
        )
        .conditions(u8::from(short.is_some()) + u8::from(hash.is_some()))
        .remedy(remedy::advice("Request a certificate with RSA 2048 or more and SHA-256", "A new key is needed."));
        if let Some(bits) = short {
            draft = draft.evidence(c.evidence(bits.place, "too short", true));
        }
        if let Some(algorithm) = hash {
            draft = draft.evidence(c.evidence(algorithm.place, "a broken hash", short.is_none()));
        }
        out.fail(draft);
    }
}

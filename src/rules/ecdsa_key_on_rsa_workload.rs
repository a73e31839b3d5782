//! The workload takes RSA keys only.

use super::prelude::*;

/// The rule.
pub(super) struct EcdsaKeyOnRsaWorkload;

static META: RuleMeta = RuleMeta {
    name: "ecdsa-key-on-rsa-workload",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the workload takes RSA keys only",
    sources: &[sources::CERTIFY465, sources::CONFIGMGR_CNG, sources::SHIR_DOC],
    explains: &["adfs-keyspec", "exchange-cng-fba-loop", "sql-ksp-documented-unsupported"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/ecdsa-key-on-rsa-workload.md"),
};

/// Workloads that take RSA keys alone, by a document.
const DOCUMENTED: &[&str] = &["sql-server", "configmgr", "ad-fs-token-signing", "ad-fs-token-decrypting", "shir"];
/// The same by inference.
const INFERRED: &[&str] = &["exchange", "hgs", "always-encrypted"];

/// Whether a workload takes RSA keys alone.
pub(super) fn takes_rsa_alone(workload: &str) -> bool {
    DOCUMENTED.contains(&workload) || INFERRED.contains(&workload)
}

impl CredentialRule for EcdsaKeyOnRsaWorkload {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let documented = subject::named(cx, DOCUMENTED);
        let inferred = subject::named(cx, INFERRED);
        if let Some(other) = subject::not_for_tls(c) {
            return no_tls(c, other, cx, out);
        }
        if documented.is_empty() && inferred.is_empty() {
            return out.not_applicable("the workload takes elliptic-curve keys too");
        }
        let algorithm =
            c.certificate.as_ref().and_then(|c| c.public_key.algorithm.as_ref()).or(c.key.algorithm.as_ref());
        let Some(algorithm) = algorithm else {
            return out.unknown("the algorithm of the public key", remedy::show_command(c));
        };
        if !subject::is_ec(c) {
            return out.pass("not an elliptic-curve key");
        }
        let draft = |workloads| {
            FindingDraft::new(
                &META,
                META.summary,
                "The certificate's key is an elliptic-curve key. The workload lists or uses RSA \
                 certificates only; the certificate does not appear, or the role does not start. KeySpec has no \
                 part in it.",
            )
            .workloads(workloads)
            .evidence(c.evidence(algorithm.place, "not RSA", true))
            .remedy(
                remedy::advice(
                    "Request a certificate with an RSA key",
                    "The algorithm belongs to the key: no import and no property changes it.",
                )
                .verified(remedy::show_store(c, "the new certificate: Public Key Algorithm … RSA")),
            )
        };
        if !documented.is_empty() {
            out.fail(draft(documented));
        }
        if !inferred.is_empty() {
            out.fail(draft(inferred).confidence(Confidence::Possible));
        }
    }
}

/// A key whose algorithm no cipher suite and no signature scheme of Schannel has.
fn no_tls(c: &Credential, other: &str, cx: &Context<'_>, out: &mut Checks) {
    let workloads = subject::servers(cx);
    let key = c.certificate.as_ref().and_then(|c| c.public_key.algorithm.as_ref()).or(c.key.algorithm.as_ref());
    let Some(algorithm) = key.filter(|_| !workloads.is_empty()) else {
        return out.not_applicable("no TLS server was asked for");
    };
    let draft = FindingDraft::new(
        &META,
        "TLS of Windows has no certificates with a key of this algorithm",
        format!(
            "The certificate's key is a key of {other}. The cipher suites and signature schemes of Schannel take RSA and \
             ECDSA keys (P-256, P-384, P-521): a server with this certificate agrees with no client."
        ),
    )
    .confidence(Confidence::Possible)
    .workloads(workloads)
    .evidence(c.evidence(algorithm.place, "neither RSA nor ECDSA", true))
    .remedy(
        remedy::advice(
            "Request a certificate with an RSA or ECDSA key",
            "The algorithm belongs to the key: no import and no property changes it.",
        )
        .verified(remedy::show_store(c, "the new certificate: Public Key Algorithm … RSA or ECC")),
    );
    out.fail(draft);
}

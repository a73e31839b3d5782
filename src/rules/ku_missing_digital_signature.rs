//! The certificate does not allow the signatures that current TLS needs.

use super::prelude::*;

/// The rule.
pub(super) struct KuMissingDigitalSignature;

static META: RuleMeta = RuleMeta {
    name: "ku-missing-digital-signature",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "the certificate does not allow the signatures that current TLS needs",
    sources: &[sources::RFC8446, sources::KU_INFERENCE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/ku-missing-digital-signature.md"),
};

impl CredentialRule for KuMissingDigitalSignature {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::servers(cx);
        if workloads.is_empty() {
            return out.not_applicable("not a server's certificate");
        }
        let Some(certificate) = &c.certificate else {
            return out.not_applicable("a key without a certificate");
        };
        if c.printed_store_name().is_some_and(|n| n.eq_ignore_ascii_case("remote desktop")) {
            return out.not_applicable(
                "Windows makes the certificates of this store, and Remote Desktop's clients take them",
            );
        }
        let Some(usage) = &certificate.key_usage else {
            return if certificate.extensions_shown {
                out.pass("without a key usage every use is allowed")
            } else {
                out.unknown("the key usage", remedy::show_command(c))
            };
        };
        if usage.value.has(KeyUsage::DIGITAL_SIGNATURE) {
            return out.pass("the key usage allows signatures");
        }
        // An elliptic-curve key signs and enciphers nothing (RFC 8813, section 3).
        let title = if subject::is_ec(c) {
            "Request a certificate with digitalSignature (0x80)"
        } else {
            "Request a certificate with digitalSignature and keyEncipherment (0xA0)"
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "TLS 1.3 and the ECDHE suites of TLS 1.2 let the server sign. The key usage lacks \
                 digitalSignature, so strict clients refuse and only the old RSA key exchange remains.",
            )
            .workloads(workloads)
            .evidence(c.evidence(usage.place, "no digitalSignature", true))
            .remedy(remedy::advice(title, "The usage is part of the certificate: nothing on the server changes it.")),
        );
    }
}

impl RequestRule for KuMissingDigitalSignature {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Pkcs10 | RequestForm::Cmc) {
            return out.not_applicable("the rules about INF files judge what they ask for");
        }
        let (_, usage, workloads) = match request::usage_for_server(key, cx) {
            Ok(asked) => asked,
            Err(why) => return out.not_applicable(why),
        };
        if usage.value & 0x80 != 0 {
            return out.pass("the key usage that is asked for allows signatures");
        }
        let wanted = if request::is_ec(key) { "KeyUsage = 0x80" } else { "KeyUsage = 0xA0" };
        out.fail(
            FindingDraft::new(
                &META,
                "the request asks for a key usage without digitalSignature",
                "TLS 1.3 and the ECDHE suites of TLS 1.2 let the server sign. A CA that grants the key usage as it is asked \
                 for issues a certificate that strict clients refuse.",
            )
            .workloads(workloads)
            .evidence(request::evidence(asked, usage.place, "", "no digitalSignature", true))
            .remedy(remedy::advice("Make a new request, and don't send this one", wanted)),
        );
    }
}

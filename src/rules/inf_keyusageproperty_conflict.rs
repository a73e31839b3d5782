//! A CNG key usage that a TLS key can't have.

use super::prelude::*;

/// The rule.
pub(super) struct InfKeyusagepropertyConflict;

static META: RuleMeta = RuleMeta {
    name: "inf-keyusageproperty-conflict",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "KeyUsageProperty does not let the key do what it is for",
    sources: &[sources::CERTREQ, sources::KEYUSAGE_FLAGS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-keyusageproperty-conflict.md"),
};

impl RequestRule for InfKeyusagepropertyConflict {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let Some(property) = &key.key_usage_property else {
            return out.not_applicable("no KeyUsageProperty");
        };
        const ALL: u32 = 0x00FF_FFFF;
        const DEFINED: u32 = 7;
        const SIGNING: u32 = 2;
        let bits = property.value;
        let undefined = bits != ALL && bits & !DEFINED != 0;
        let server = request::server(key);
        let unsigned = bits != ALL && bits != 0 && bits & SIGNING == 0 && server.is_some();
        if !undefined && !unsigned {
            return out.pass("the key may do what it is for");
        }
        let (label, message, workloads, sure) = if undefined {
            (
                "bits that have no meaning",
                "certreq refuses undefined bits with 0x80090010 (NTE_PERM); a certificate's key usage in hexadecimal belongs into \
                 KeyUsage, not here.",
                Vec::new(),
                Confidence::Likely,
            )
        } else {
            (
                "the key may not sign",
                "A TLS server signs in every handshake with ECDHE and in TLS 1.3: a key without the right to sign fails there.",
                subject::servers(cx),
                server.unwrap_or(Confidence::Possible),
            )
        };
        if unsigned && !undefined && workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let draft = FindingDraft::new(&META, META.summary, message)
            .evidence(request::evidence(asked, property.place, "", label, true))
            .remedy(request::write("KeyUsageProperty = \"NCRYPT_ALLOW_DECRYPT_FLAG | NCRYPT_ALLOW_SIGNING_FLAG\""))
            .workloads(workloads);
        // For a CryptoAPI key the property is not documented to matter.
        let csp = request::kind(key) == Some(ProviderKind::Csp) && !undefined;
        out.fail(request::for_purpose(draft, if csp { Confidence::Possible } else { sure }));
    }
}

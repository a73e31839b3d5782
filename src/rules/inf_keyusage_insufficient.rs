//! A key usage that a TLS server's certificate can't do with.

use super::prelude::*;

/// The rule.
pub(super) struct InfKeyusageInsufficient;

static META: RuleMeta = RuleMeta {
    name: "inf-keyusage-insufficient",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the key usage leaves out what a TLS server needs",
    sources: &[sources::RFC8446, sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-keyusage-insufficient.md"),
};

impl RequestRule for InfKeyusageInsufficient {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let (sure, usage, workloads) = match request::usage_for_server(key, cx) {
            Ok(asked) => asked,
            Err(why) => return out.not_applicable(why),
        };
        let (sign, encipher) = (usage.value & 0x80 != 0, usage.value & 0x20 != 0);
        let ec = request::is_ec(key);
        if sign && (encipher || ec) {
            return out.pass("the key usage allows what a TLS server does");
        }
        let wanted = if ec { "0x80" } else { "0xA0" };
        let (title, message) = if sign {
            (
                "the key usage leaves out keyEncipherment",
                "Handshakes with RSA key exchange (TLS 1.2 and older, without ECDHE) need it; all others do not.",
            )
        } else {
            (
                "the key usage leaves out digitalSignature",
                "Handshakes with ECDHE and all of TLS 1.3 need a key that may sign; clients that look at the key usage refuse it.",
            )
        };
        let draft = FindingDraft::new(&META, title, message)
            .evidence(request::evidence(asked, usage.place, "", format!("a TLS server wants {wanted}"), true))
            .remedy(request::write(format!("KeyUsage = {wanted}")))
            .workloads(workloads);
        let draft = if sign { draft.severity(Severity::Note).confidence(Confidence::Possible) } else { draft };
        out.fail(request::for_purpose(draft, sure));
    }
}

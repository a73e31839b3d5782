//! An INF for Operations Manager against the one that its documentation gives.

use super::prelude::*;

/// The rule.
pub(super) struct ScomInf;

static META: RuleMeta = RuleMeta {
    name: "scom-inf",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the INF differs from the one that Operations Manager asks for",
    sources: &[sources::SCOM_GATEWAY],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/scom-inf.md"),
};

impl RequestRule for ScomInf {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if key.form != RequestForm::Inf {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let workloads = subject::named(cx, &["scom"]);
        if workloads.is_empty() {
            return out.not_applicable("not for Operations Manager");
        }
        if key.existing.is_some() {
            return out.not_applicable(request::EXISTING_KEY);
        }
        let mut lines: Vec<&str> = Vec::new();
        let mut place = None;
        // A key storage provider has no KeySpec.
        let csp = request::kind(key) != Some(ProviderKind::Ksp);
        if csp && key.key_spec.as_ref().is_none_or(|spec| spec.value != 1) {
            lines.push("KeySpec = 1");
            place = place.or(key.key_spec.as_ref().map(|f| f.place));
        }
        // Digital signature and key encipherment are what the connection needs of the documented 0xf0.
        if key.key_usage.as_ref().is_none_or(|usage| usage.value & 0xa0 != 0xa0) {
            lines.push("KeyUsage = 0xf0");
            place = place.or(key.key_usage.as_ref().map(|f| f.place));
        }
        if key.machine_keyset.as_ref().is_none_or(|machine| !machine.value) {
            lines.push("MachineKeySet = TRUE");
            place = place.or(key.machine_keyset.as_ref().map(|f| f.place));
        }
        let usages = &key.extended_key_usage;
        let has = |wanted: &str| usages.iter().any(|u| u.value == wanted || u.value == oid::ANY_EKU);
        if key.template.is_none() && !(has(oid::SERVER_AUTH) && has(oid::CLIENT_AUTH)) {
            lines.push("[EnhancedKeyUsageExtension] OID=1.3.6.1.5.5.7.3.1 OID=1.3.6.1.5.5.7.3.2");
            place = place.or(usages.first().map(|f| f.place));
        }
        if lines.is_empty() {
            return out.pass("the INF asks for what Operations Manager needs");
        }
        let evidence = match place {
            Some(place) => request::evidence(asked, place, "", "not what Operations Manager asks for", true),
            None => request::missing(asked, "what Operations Manager asks for is not among these settings"),
        };
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "Servers and gateways of Operations Manager need a machine key with KeySpec 1 and a certificate for server and \
                 client authentication. Wanted: {}.",
                lines.join("; ")
            ),
        )
        .evidence(evidence)
        .workloads(workloads);
        for line in lines {
            draft = draft.remedy(request::write(line));
        }
        out.fail(draft);
    }
}

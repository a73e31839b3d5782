//! A security descriptor that keeps the service away from the key.

use super::prelude::*;

/// The rule.
pub(super) struct InfSecuritydescriptor;

static META: RuleMeta = RuleMeta {
    name: "inf-securitydescriptor",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the security descriptor of the new key leaves out an account that must read it",
    sources: &[sources::CERTREQ, sources::SDDL],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-securitydescriptor.md"),
};

impl RequestRule for InfSecuritydescriptor {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let Some(sure) = request::server(key) else {
            return out.not_applicable(request::NOT_A_SERVER);
        };
        let Some(descriptor) = &key.security_descriptor else {
            return out.not_applicable("no SecurityDescriptor: the provider's default permissions hold");
        };
        let workloads = request::machine_servers(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let Some(allowed) = allowed(&descriptor.value) else {
            return out.unknown(
                "who the security descriptor lets in: it can't be read",
                "certutil -v -store my <thumbprint>",
            );
        };
        let has = |names: &[&str]| allowed.iter().any(|sid| names.contains(&sid.as_str()));
        let line = |ace: &str| format!("SecurityDescriptor = \"{}\"", with_entry(&descriptor.value, ace));
        if !has(&["SY", "S-1-5-18", "WD", "S-1-1-0"]) {
            let draft = FindingDraft::new(
                &META,
                "the security descriptor of the new key does not name SYSTEM",
                "http.sys and lsass open a server's key as SYSTEM.",
            )
            .evidence(request::evidence(asked, descriptor.place, &descriptor.value, "no entry for SYSTEM (SY)", true))
            .remedy(request::write(line("(A;;GA;;;SY)")))
            .workloads(workloads);
            // The token of SYSTEM holds the group of administrators.
            let sure = if has(&["BA", "S-1-5-32-544"]) { Confidence::Possible } else { sure };
            return out.fail(request::for_purpose(draft, sure));
        }
        let network = |target: &&Target| {
            let mut rows = target.rows().peekable();
            rows.peek().is_some() && rows.all(|row| row.reader.starts_with("NETWORK SERVICE"))
        };
        let others: Vec<Target> = workloads.iter().filter(network).copied().collect();
        if others.is_empty() || has(&["NS", "S-1-5-20"]) {
            return out.pass("the accounts that must read the key are named");
        }
        let draft = FindingDraft::new(
            &META,
            "the security descriptor of the new key does not name NETWORK SERVICE",
            "These services run as NETWORK SERVICE and read the key themselves.",
        )
        .severity(Severity::Warning)
        .evidence(request::evidence(
            asked,
            descriptor.place,
            &descriptor.value,
            "no entry for NETWORK SERVICE (NS)",
            true,
        ))
        .remedy(request::write(line("(A;;GR;;;NS)")))
        .workloads(others);
        out.fail(request::for_purpose(draft, sure));
    }
}

/// Whom the entries of an SDDL text let in: the accounts of `A` entries that no `D` entry shuts out. `None`: it has no `D:`
/// part or an entry that can't be read.
fn allowed(sddl: &str) -> Option<Vec<String>> {
    let list = sddl.get(sddl.find("D:")?..)?;
    let list = list.split("S:").next().unwrap_or(list);
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    for entry in list.split('(').skip(1) {
        let fields: Vec<&str> = entry.split(')').next()?.split(';').collect();
        let [kind, _, _, _, _, account, ..] = fields.as_slice() else { return None };
        let account = account.trim().to_ascii_uppercase();
        match kind.trim() {
            "A" => allowed.push(account),
            "D" => denied.push(account),
            _ => {}
        }
    }
    allowed.retain(|account| !denied.contains(account));
    Some(allowed)
}

/// The descriptor with one more entry, in front of a part for auditing.
pub(super) fn with_entry(sddl: &str, entry: &str) -> String {
    match sddl.find("S:") {
        Some(at) if sddl.find("D:").is_some_and(|list| list < at) => {
            let (before, after) = sddl.split_at_checked(at).unwrap_or((sddl, ""));
            format!("{before}{entry}{after}")
        }
        _ => format!("{sddl}{entry}"),
    }
}

/// Whether SYSTEM is left out.
pub(super) fn leaves_out_system(sddl: &str) -> bool {
    allowed(sddl)
        .is_some_and(|allowed| !allowed.iter().any(|a| ["SY", "S-1-5-18", "WD", "S-1-1-0"].contains(&a.as_str())))
}

//! The key file of a certificate is not among the key files of its machine.

use super::prelude::*;

/// The rule.
pub(super) struct KeyFileAbsent;

static META: RuleMeta = RuleMeta {
    name: "key-file-absent",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key file that the key link leads to is not there",
    sources: &[sources::KEY_STORAGE, sources::FILE_NAMES],
    explains: &["keyset-missing"],
    doc: include_str!("../../docs/rules/key-file-absent.md"),
};

/// What names the key file that a key link leads to.
struct Expected {
    /// The first parts (32 hexadecimal digits) that the file's name can begin with; the provider's own rule first.
    prefixes: Vec<String>,
    /// The machine's GUID, when an artifact shows it.
    machine: Option<String>,
}

/// The key file by the name that the log shows, else by the rules from the container's name. CNG falls back to
/// CryptoAPI's folder, so a CNG key may have a name after either rule.
fn expected(c: &Credential) -> Option<Expected> {
    let key = &c.key;
    for name in [&key.unique_name, &key.stored_container, &key.container].into_iter().flatten() {
        if let Some((prefix, machine)) = container_name::split_file_name(&name.value) {
            return Some(Expected { prefixes: vec![prefix], machine: Some(machine) });
        }
    }
    let name = key.container.as_ref().or(key.stored_container.as_ref()).filter(|name| !name.value.is_empty())?;
    let capi = container_name::capi_file_prefix(&name.value);
    let prefixes = match key.kind()? {
        ProviderKind::Csp => vec![capi?],
        ProviderKind::Ksp => std::iter::once(container_name::cng_file_prefix(&name.value)).chain(capi).collect(),
    };
    Some(Expected { prefixes, machine: None })
}

/// The command that lists the folder in which the provider keeps its keys.
fn listing(c: &Credential) -> &'static str {
    if c.key.machine_keyset() == Some(false) {
        return "dir /a /s %APPDATA%\\Microsoft\\Crypto";
    }
    match (c.key.kind(), c.key.effective_type()) {
        (Some(ProviderKind::Ksp), _) => "dir /a %ProgramData%\\Microsoft\\Crypto\\Keys",
        // PROV_DSS and PROV_DSS_DH.
        (_, Some(3 | 13)) => "dir /a %ProgramData%\\Microsoft\\Crypto\\DSS\\MachineKeys",
        _ => "dir /a %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys",
    }
}

impl CaseRule for KeyFileAbsent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if case.key_files.is_empty() {
            return out.not_applicable("no key file is among the inputs");
        }
        let machines: BTreeSet<&str> = case.key_files.iter().map(|(_, machine)| machine.as_str()).collect();
        let prefixes: BTreeSet<&str> = case.key_files.iter().map(|(prefix, _)| prefix.as_str()).collect();
        for c in &case.kept {
            let linked = c.certificate.is_some() && c.key.association == Association::Linked;
            let archived = c.certificate.as_ref().and_then(|c| c.archived.as_ref()).is_some_and(|a| a.value);
            if !linked || !subject::stored(c) || archived || judge::candidates(c, cx.workloads).is_empty() {
                continue;
            }
            let out = out.about(Some(c.id));
            if !subject::software(c) {
                out.not_applicable("the provider is not one of Microsoft's that keep keys in files");
                continue;
            }
            if c.key.matches_certificate.as_ref().is_some_and(|m| m.value) {
                out.pass("the key itself is among the inputs");
                continue;
            }
            let Some(file) = expected(c) else {
                out.not_applicable("the key file's name is not shown and does not follow from the container's");
                continue;
            };
            // Without a GUID of its own the certificate may be of any of the machines.
            let machine = match &file.machine {
                Some(machine) if !machines.contains(machine.as_str()) => {
                    out.not_applicable("the key files among the inputs are of another machine");
                    continue;
                }
                Some(machine) => Some(machine.as_str()),
                None => machines.first().copied().filter(|_| machines.len() == 1),
            };
            let there = |prefix: &String| match machine {
                Some(machine) => case.key_files.contains(&(prefix.clone(), machine.to_owned())),
                None => prefixes.contains(prefix.as_str()),
            };
            if file.prefixes.iter().any(there) {
                out.pass("the key file is among the inputs");
                continue;
            }
            let names: Vec<String> =
                file.prefixes.iter().map(|prefix| format!("{prefix}_{}", machine.unwrap_or("*"))).collect();
            out.unknown(
                format!(
                    "whether the key file {} is on the machine: it is not among the key files that were given",
                    names.join(" or ")
                ),
                listing(c),
            );
        }
        out.about(None).pass("no other certificate's key file is looked for");
    }
}

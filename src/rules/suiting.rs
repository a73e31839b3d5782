//! Repairs that fit what else is among the artifacts: a PFX that holds the missing key, a store that has the certificate with
//! its key, the certificate that was issued as the next one.

use super::bindings;
use super::judge::RankedFinding;
use super::prelude::*;
use crate::case::pfx::PfxPart;
use crate::case::ties::AD_FS;
use crate::model::binding::{Binding, BindingOrigin};
use crate::model::{observation::Observation, thumbprint::Sha1};

/// Rules whose finding says that the store has the certificate without its key.
const KEYLESS: &[&str] = &["key-prov-info-missing", "keyset-missing", "key-file-absent", "pfx-import-not-persisted"];
/// Rules whose finding says that another certificate should be in use.
const REPLACED: &[&str] = &["cert-expired", "archived-or-moved-certificate"];

/// What the repairs are looked up in, made when the first finding asks for it.
struct Holders<'a> {
    /// The PFX files that hold a certificate with its key, by its thumbprint.
    files: BTreeMap<Sha1, &'a Credential>,
    /// The certificates of the machine's stores whose key opens, by thumbprint.
    opened: BTreeMap<Sha1, Vec<&'a Credential>>,
    /// The same by subject, lower case.
    named: BTreeMap<String, Vec<&'a Credential>>,
}

/// Gives findings the repairs that the whole case allows.
pub(crate) fn suit(case: &CaseIndex, cx: &Context<'_>, findings: &mut [RankedFinding]) {
    let mut holders = None;
    // A copied key file stays closed, whatever link leads to it.
    let copied: BTreeSet<CredentialId> =
        findings.iter().filter(|f| f.rule.name == "machineguid-mismatch").filter_map(|f| f.credential).collect();
    for finding in findings {
        let Some(id) = finding.credential else { continue };
        let (keyless, replaced) = (KEYLESS.contains(&finding.rule.name), REPLACED.contains(&finding.rule.name));
        if !keyless && !replaced {
            continue;
        }
        let Some(c) = case.credential(id) else { continue };
        let holders = holders.get_or_insert_with(|| Holders::of(case));
        let remedies = &mut finding.draft.remedies;
        if keyless && copied.contains(&id) {
            remedies.retain(|remedy| !remedy.steps.iter().any(|step| step.run.contains("-repairstore")));
        }
        let found = if keyless { holders.with_key(case, c) } else { holders.next(case, c, cx) };
        if let Some(remedy) = found {
            // Only the look at the key as its owner is still worth a step before.
            remedies.retain(|remedy| keyless && remedy.verify.is_none());
            remedies.push(remedy);
        }
    }
}

impl<'a> Holders<'a> {
    fn of(case: &'a CaseIndex) -> Self {
        let (mut files, mut opened, mut named) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for c in &case.kept {
            let Some(sha1) = c.thumbprint() else { continue };
            let key = &c.key;
            let whole = |part: &PfxPart| !part.key_locked && !part.file.incomplete;
            if c.pfx.as_ref().is_some_and(whole) && key.matches_certificate.as_ref().is_some_and(|m| m.value) {
                files.entry(sha1).or_insert(c);
            }
            let stored = c.origin == Origin::StoreDump && matches!(c.scope(), Scope::Machine | Scope::Unknown);
            if stored && key.association == Association::Linked && key.access == Access::Opened {
                opened.entry(sha1).or_insert_with(Vec::new).push(c);
                if let Some(subject) = c.certificate.as_ref().and_then(|c| c.subject.as_ref()) {
                    named.entry(subject.value.to_lowercase()).or_insert_with(Vec::new).push(c);
                }
            }
        }
        Self { files, opened, named }
    }

    /// Where the key of a certificate is that its store has without.
    fn with_key(&self, case: &CaseIndex, c: &Credential) -> Option<Remedy> {
        let sha1 = c.thumbprint()?;
        let elsewhere = self.opened.get(&sha1).into_iter().flatten();
        let store = elsewhere
            .filter(|other| other.store_name() != c.store_name())
            .filter_map(|other| other.store_name())
            .find(|store| judge::is_server_store(store));
        if let Some(store) = store
            && let Some(binding) = bindings_of(case, c).next()
        {
            let bind = bindings::bind_again(binding, &sha1.to_string(), &store);
            return Some(Remedy { title: "Bind the certificate in the store that holds it with its key", ..bind });
        }
        self.files.get(&sha1).map(|file| remedy::import_file(c, file))
    }

    /// How the certificate is bound that was issued as the next one for the same names: it is in the same store, valid, and its
    /// key opens.
    fn next(&self, case: &CaseIndex, c: &Credential, cx: &Context<'_>) -> Option<Remedy> {
        let certificate = c.certificate.as_ref()?;
        let end = |c: &Certificate| c.not_after.as_ref().and_then(|date| date.value);
        let valid = |other: &Certificate| {
            let begins = other.not_before.as_ref().and_then(|date| date.value);
            begins.is_some_and(|begins| !begins.surely_after(cx.at))
                && end(other).is_some_and(|end| !end.surely_before(cx.at))
        };
        let names = |c: &Certificate| -> BTreeSet<String> {
            c.alternative_names.iter().map(|name| name.value.to_ascii_lowercase()).collect()
        };
        let own = names(certificate);
        let fits = |other: &Credential| {
            other.thumbprint() != c.thumbprint()
                && other.store_name() == c.store_name()
                && other.certificate.as_ref().is_some_and(|other| {
                    valid(other) && !other.archived.as_ref().is_some_and(|a| a.value) && own.is_subset(&names(other))
                })
        };
        let subject = certificate.subject.as_ref()?.value.to_lowercase();
        let mut list = self.named.get(&subject)?.iter().filter(|other| fits(other));
        // Which of several is meant, nobody can tell.
        let (next, None) = (list.next()?, list.next()) else { return None };
        Some(use_instead(case, c, &next.thumbprint()?.to_string(), cx))
    }
}

/// The entries of HTTP.sys that bind a certificate.
fn bindings_of<'a>(case: &'a CaseIndex, c: &Credential) -> impl Iterator<Item = &'a Binding> {
    c.bound.iter().filter_map(|bound| match &case.observed.get(bound.observed)?.what {
        Observation::Binding(binding) if binding.origin == BindingOrigin::HttpSys => Some(binding),
        _ => None,
    })
}

/// Sets what a certificate is bound to to the one that follows it.
fn use_instead(case: &CaseIndex, c: &Credential, next: &str, cx: &Context<'_>) -> Remedy {
    let store = c.store_name().unwrap_or_else(|| "my".to_owned());
    let of_adfs = |binding: &Binding| {
        binding.app_id.as_ref().and_then(|app| app.value.as_deref()).is_some_and(|app| app.eq_ignore_ascii_case(AD_FS))
    };
    let (mut steps, mut seen) = (Vec::new(), BTreeSet::new());
    for binding in bindings_of(case, c).take(cx.limits.excerpt_lines) {
        if of_adfs(binding) {
            // One command for all endpoints.
            if seen.insert("ad-fs".to_owned()) {
                steps.push(remedy::set_adfs_ssl(next));
            }
        } else if seen.insert(binding.endpoint.value.to_string()) {
            steps.extend(bindings::bind_again(binding, next, &store).steps);
        }
    }
    if steps.is_empty() {
        steps.push(Step::text(format!("set the service to the certificate {next}")));
    }
    let verify = match bindings_of(case, c).next() {
        Some(_) => {
            Verify::new("netsh http show sslcert").shows(format!("the hash {next} at every endpoint of the old one"))
        }
        None => remedy::show_store(c, "the newer certificate, with its key"),
    };
    Remedy {
        title: "Use the newer certificate for the same names: it is in the store already, and its key opens",
        steps,
        caution: Some(
            "A service that sets its own binding is set in its own settings: the binding alone does not last.",
        ),
        verify: Some(verify),
    }
}

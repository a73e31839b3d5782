//! AD FS: HTTP.sys still has the old certificate.

use super::bindings;
use super::prelude::*;
use crate::model::binding::Binding;
use crate::model::observation::{Observation, Observed};
use std::collections::BTreeMap;

/// The rule.
pub(super) struct AdfsSslCertNotSet;

static META: RuleMeta = RuleMeta {
    name: "adfs-ssl-cert-not-set",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the binding of AD FS still names the old certificate",
    sources: &[sources::ADFS_SSL_REPORTS, sources::IIS_TROUBLESHOOT_HTTP],
    explains: &["http-binding-hash-not-in-store"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/adfs-ssl-cert-not-set.md"),
};

/// The application id of AD FS in bindings of HTTP.sys.
const AD_FS: &str = "{5d89a20c-beab-4389-9447-324788eb944a}";

/// Where the certificate of a binding is.
enum Bound<'a> {
    /// Not in the store, whose listing is complete.
    Gone,
    /// There, and a newer certificate with the same subject is, too.
    Replaced(&'a Credential, &'a Credential),
    /// There, with nothing newer.
    Current,
    Unknown,
}

/// Whether a certificate ends after another one, as far as the dates are settled.
fn later(a: &Credential, b: &Credential) -> bool {
    let end = |c: &Credential| match c.certificate.as_ref()?.not_after.as_ref()?.value? {
        Moment::Utc(t) => Some(t),
        Moment::Local(t) => Some(t.assume_utc()),
    };
    end(a).zip(end(b)).is_some_and(|(a, b)| a > b)
}

/// A hash of the subject.
fn subject_of(c: &Credential) -> Option<u64> {
    c.certificate.as_ref().and_then(|c| c.subject.as_ref()).map(|s| fold(&s.value))
}

/// The command that writes the bindings of AD FS.
fn bind_everywhere(id: &str) -> Remedy {
    Remedy {
        title: "Bind the certificate to all endpoints of AD FS, on every node",
        steps: vec![remedy::set_adfs_ssl(id)],
        caution: None,
        verify: Some(Verify::new("netsh http show sslcert").shows("the new hash at every endpoint of AD FS")),
    }
}

fn state<'a>(case: &'a CaseIndex, observed: &Observed, binding: &Binding) -> Bound<'a> {
    let Some(sha1) = bindings::thumbprint(binding) else { return Bound::Unknown };
    let store = bindings::store(binding);
    let complete = bindings::listing(case, observed, &store).is_some();
    let machine =
        |c: &&Credential| subject::stored(c) && !c.gone && c.scope() != Scope::User && !case.elsewhere(observed, c);
    let Some(own) = case.kept.iter().filter(machine).find(|c| c.thumbprint() == Some(sha1.value)) else {
        return if complete { Bound::Gone } else { Bound::Unknown };
    };
    let newer = case.kept.iter().filter(machine).find(|c| {
        later(c, own)
            && subject_of(c).is_some()
            && subject_of(c) == subject_of(own)
            && c.key.access != Access::NotOpened
    });
    newer.map_or(Bound::Current, |newer| Bound::Replaced(own, newer))
}

/// AD FS names a newer certificate of the same subject as its own than the one that all its bindings have, which still serves.
fn behind(case: &CaseIndex, cx: &Context<'_>, bound: &[(&Observed, &Binding)]) -> Option<FindingDraft> {
    let set = |c: &Credential| {
        let mut own = c.bound.iter().filter(|b| b.workload == "ad-fs" && b.endpoint.is_none());
        own.find_map(|b| {
            let observed = case.observed.get(b.observed)?;
            matches!(observed.what, Observation::System(SystemFact::ServiceCertificate(_)))
                .then_some((observed, b.place))
        })
    };
    let (observed, binding) = bound.first()?;
    let sha1 = bindings::thumbprint(binding)?;
    let one = |(_, b): &(&Observed, &Binding)| bindings::thumbprint(b).is_some_and(|other| other.value == sha1.value);
    if !bound.iter().all(one) {
        return None;
    }
    let own = case.kept.iter().find(|c| c.thumbprint() == Some(sha1.value) && c.scope() != Scope::User && !c.gone)?;
    let (new, (setting, place)) = case.kept.iter().find_map(|c| Some((c, set(c)?)))?;
    if subject_of(new).is_none()
        || subject_of(new) != subject_of(own)
        || !later(new, own)
        || case.elsewhere(observed, new)
    {
        return None;
    }
    let mut draft = FindingDraft::new(
        &META,
        META.summary,
        format!(
            "AD FS names {} as its service communication certificate, and HTTP.sys still serves the older {}. \"Set service \
             communication certificate\" changes AD FS's own configuration alone: clients go on until the old one expires.",
            new.certutil_id(),
            sha1.value
        ),
    )
    .subject("ad-fs")
    .severity(Severity::Warning)
    .conditions(2)
    .workloads(subject::named(cx, &["ad-fs"]))
    .evidence(observed.evidence(sha1.place, "the certificate that is bound", true))
    .evidence(setting.evidence(place, "the certificate that AD FS names", false))
    .remedy(bind_everywhere(&new.certutil_id()));
    draft.related = vec![own.id];
    Some(draft)
}

impl CaseRule for AdfsSslCertNotSet {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let of_adfs = |(_, b): &(&Observed, &Binding)| {
            b.app_id.as_ref().and_then(|a| a.value.as_deref()).is_some_and(|a| a.eq_ignore_ascii_case(AD_FS))
        };
        let bound: Vec<_> = bindings::of_http_sys(case).filter(of_adfs).collect();
        if bound.is_empty() {
            return out.not_applicable("no binding of AD FS is among the inputs");
        }
        // One finding for all endpoints of AD FS: Set-AdfsSslCertificate writes them together.
        let mut by_endpoint = BTreeMap::new();
        for entry in &bound {
            by_endpoint.entry(entry.1.endpoint.value.to_string().to_ascii_lowercase()).or_insert(entry);
        }
        let failing = case.events().filter(|(_, e)| e.number() == 15_021).find_map(|(o, e)| {
            let endpoint = e.endpoint.as_ref()?;
            Some((o, endpoint, *by_endpoint.get(&endpoint.value.trim_end_matches('.').to_ascii_lowercase())?))
        });
        let Some((event, endpoint, (observed, binding))) = failing else {
            if let Some(draft) = behind(case, cx, &bound) {
                return out.fail(draft);
            }
            return out.not_applicable("no event 15021 for an endpoint of AD FS is among the inputs");
        };
        let workloads = subject::named(cx, &["ad-fs"]);
        let (old, new, text) = match state(case, observed, binding) {
            Bound::Gone => (None, None, "and the complete listing of the store does not hold it".to_owned()),
            Bound::Replaced(old, new) => (
                Some(old),
                Some(new),
                format!("while the store holds a newer one for the same name, {}", new.certutil_id()),
            ),
            Bound::Current => return out.pass("the binding of AD FS names the newest certificate of its name"),
            Bound::Unknown => {
                return out
                    .unknown("whether the binding of AD FS names the current certificate", "certutil -v -store my");
            }
        };
        let Some(sha1) = bindings::thumbprint(binding) else { return };
        let id = new.map_or_else(|| "<thumbprint>".to_owned(), Credential::certutil_id);
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "HTTP.sys could not use the certificate {} of {}, {text}. \"Set service communication certificate\" changes \
                 AD FS's own configuration alone, not the binding of HTTP.sys.",
                sha1.value, endpoint.value
            ),
        )
        .subject("ad-fs")
        .conditions(2)
        .workloads(workloads)
        .evidence(observed.evidence(sha1.place, "the certificate that is bound", true))
        .evidence(event.evidence(endpoint.place, "event 15021 for this endpoint", false))
        .remedy(bind_everywhere(&id));
        if old.is_none() {
            draft = draft.confidence(Confidence::Certain);
        }
        draft.related = old.map(|c| c.id).into_iter().collect();
        out.fail(draft);
    }
}

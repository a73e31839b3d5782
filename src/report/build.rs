//! From credentials and ranked findings to the report's types.

use super::fingerprint::Fingerprint;
use super::model::{
    BoundReport, CertificateReport, Check, CheckOutcome, ContainerReport, ContextLine, CredentialReport,
    EvidenceReport, Finding, FlagsReport, KeyReport, KeySpecReport, ProviderReport, PublicKeyReport, Reference,
    RemedyReport, SourceReport, StepReport, StoreReport, Verdict,
};
use crate::case::credential::{Certificate, Credential, CredentialId, Key, Origin, Scope};
use crate::model::container_name::FileNameRule;
use crate::model::fact::{Basis, Evidence, ExcerptLine, Excerpts, Place, split_at_char};
use crate::model::flags;
use crate::model::provider::ProviderKind;
use crate::rules::judge::RankedFinding;
use crate::rules::{Kind, Outcome, Recorded};
use crate::workloads::Target;

/// A credential for the report.
pub fn credential(c: &Credential, verdicts: Vec<Verdict>) -> CredentialReport {
    CredentialReport {
        id: c.id.0,
        certificate: c.certificate.as_ref().map(|x| CertificateReport {
            sha1: x.sha1.as_ref().map(|s| s.value.to_string()),
            sha256: x.sha256.as_ref().map(|s| s.value.clone()),
            serial: x.serial.as_ref().map(|s| s.value.clone()),
            subject: x.subject.as_ref().map(|s| s.value.clone()),
            issuer: x.issuer.as_ref().map(|s| s.value.clone()),
            not_before: x.not_before.as_ref().and_then(|d| d.value).map(|m| m.rfc3339()),
            not_after: x.not_after.as_ref().and_then(|d| d.value).map(|m| m.rfc3339()),
            validity_text: validity_text(x).map(|ends| ends.map(|text| text.map(str::to_owned))),
            key_usage: x.key_usage.as_ref().map(|u| u.value.names().iter().map(|n| (*n).to_owned()).collect()),
            extended_key_usage: x.extended_key_usage.as_ref().map(|u| u.value.clone()),
            public_key: PublicKeyReport {
                algorithm: x.public_key.algorithm.as_ref().map(|a| a.value.clone()),
                bits: x.public_key.bits.as_ref().map(|b| b.value),
                sha1: x.public_key.sha1.as_ref().map(|s| s.value.to_string()),
            },
            archived: x.archived.as_ref().is_some_and(|a| a.value),
            ca: x.is_ca.as_ref().map(|a| a.value),
            alternative_names: x.alternative_names.iter().map(|n| n.value.clone()).collect(),
            template: x.template.as_ref().map(|t| t.value.clone()),
            friendly_name: x.friendly_name.as_ref().map(|t| t.value.clone()),
        }),
        store: c.store.as_ref().map(|s| StoreReport {
            name: s.name.as_ref().map(|n| n.value.clone()),
            scope: s.scope.as_ref().map_or(Scope::Unknown, |s| s.value).word().to_owned(),
        }),
        key: key(&c.key),
        sources: c
            .sources
            .iter()
            .map(|s| SourceReport { input: s.source.0, line: (s.line > 0).then_some(s.line), bytes: [s.start, s.end] })
            .collect(),
        verdicts,
        bound_by: c
            .bound
            .iter()
            .map(|b| BoundReport {
                workload: b.workload.to_owned(),
                endpoint: b.endpoint.clone(),
                input: b.place.source.0,
                line: (b.place.line > 0).then_some(b.place.line),
            })
            .collect(),
        display_name: c.display_name().into_owned(),
        origin: origin(c).to_owned(),
    }
}

pub(super) fn origin(c: &Credential) -> &'static str {
    match c.origin {
        Origin::StoreDump if c.store.is_none() => "a list that names no store",
        Origin::StoreDump => "a store listed by certutil",
        Origin::FileDump => "a file dumped by certutil",
        Origin::SmartCardDump => "a smart card listed by certutil",
        Origin::Pfx => "a PFX file",
        Origin::KeyFile => "a key file",
        Origin::CertificateFile => "a certificate file",
    }
}

/// The validity period as printed, when anything of it is.
pub(super) fn validity_text(certificate: &Certificate) -> Option<[Option<&str>; 2]> {
    let ends = [&certificate.not_before, &certificate.not_after]
        .map(|end| end.as_ref().map(|date| date.text.value.as_str()).filter(|text| !text.is_empty()));
    ends.iter().any(Option::is_some).then_some(ends)
}

pub(super) fn file_name_rule(key: &Key) -> &'static str {
    match key.file_name_rule() {
        Some(FileNameRule::Capi) => "capi",
        Some(FileNameRule::Cng) => "cng",
        Some(FileNameRule::Mismatch) => "mismatch",
        None => "unknown",
    }
}

pub(super) fn provider_kind(key: &Key) -> &'static str {
    key.kind().map_or("unknown", ProviderKind::word)
}

fn key(k: &Key) -> KeyReport {
    KeyReport {
        association: k.association.word().to_owned(),
        access: k.access.word().to_owned(),
        container: ContainerReport {
            stored: k.stored_container.as_ref().map(|c| c.value.clone()),
            name: k.container.as_ref().map(|c| c.value.clone()),
            unique_name: k.unique_name.as_ref().map(|c| c.value.clone()),
            machine_guid: k.machine_guid(),
            file_name_rule: file_name_rule(k).to_owned(),
        },
        provider: ProviderReport {
            name: k.provider.as_ref().map(|p| p.value.clone()),
            provider_type: k.provider_type.as_ref().map(|t| t.value),
            kind: provider_kind(k).to_owned(),
        },
        flags: k.flags.as_ref().map(|f| FlagsReport {
            value: f.value,
            names: flags::names(f.value, flags::KEY_PROV_FLAGS).into_iter().map(str::to_owned).collect(),
        }),
        key_spec: k.key_spec.as_ref().map(|s| KeySpecReport {
            value: s.value.0,
            name: s.value.name().map(str::to_owned),
            basis: match s.basis {
                Basis::Stated => "stated",
                Basis::Derived(_) => "derived",
            }
            .to_owned(),
        }),
        algorithm: k.algorithm.as_ref().map(|a| a.value.clone()),
        bits: k.bits.as_ref().map(|b| b.value),
        public_key_sha1: k.public_key_sha1.as_ref().map(|s| s.value.to_string()),
        matches_certificate: k.matches_certificate.as_ref().map(|m| m.value),
        usage: k
            .usage
            .as_ref()
            .map(|u| flags::names(u.value, flags::KEY_USAGE_PROPERTY).into_iter().map(str::to_owned).collect()),
        exportable: k.exportable.word().to_owned(),
        encryption_test: k.encryption_test.word().to_owned(),
        signature_test: k.signature_test.word().to_owned(),
    }
}

/// What tells a certificate from its copy in the machine's store My: the name of another store, with its scope when that is
/// not the machine's; else empty. The same finding about two copies has two fingerprints.
pub(crate) fn identity_store(c: &Credential) -> String {
    let name = c.store_name().unwrap_or_default();
    match c.scope() {
        Scope::Machine | Scope::Unknown if matches!(name.as_str(), "" | "my") => String::new(),
        Scope::Machine | Scope::Unknown => format!("\n{name}"),
        other => format!("\n{} {name}", other.word()),
    }
}

/// What identifies the subject of a finding across runs: the thumbprint with the store, else container and provider, else the
/// input.
pub fn identity(c: &Credential, input: Option<&str>) -> String {
    if let Some(sha1) = c.thumbprint() {
        return format!("{sha1}{}", identity_store(c));
    }
    let container = c.key.unique_name.as_ref().or(c.key.container.as_ref()).or(c.key.stored_container.as_ref());
    match (container, &c.key.provider) {
        (Some(container), provider) if !container.value.is_empty() => {
            format!("{}\n{}", container.value, provider.as_ref().map_or("", |p| p.value.as_str()))
        }
        _ => match c.certificate.as_ref().and_then(|c| c.serial.as_ref()) {
            Some(serial) => format!("serial\n{}", serial.value),
            None => input.unwrap_or_default().to_owned(),
        },
    }
}

/// The workloads that a finding matters for. `asked` stands for "all workloads that were asked for".
pub(super) fn targets<'a>(ranked: &'a RankedFinding, asked: &'a [Target]) -> &'a [Target] {
    let own = &ranked.draft.workloads;
    if own.is_empty() { asked } else { own }
}

/// The workloads of a finding as a fingerprint knows them.
pub(crate) fn workloads(ranked: &RankedFinding, asked: &[Target]) -> String {
    names(ranked, asked).join(",")
}

fn names(ranked: &RankedFinding, asked: &[Target]) -> Vec<String> {
    targets(ranked, asked).iter().map(ToString::to_string).collect()
}

/// The fingerprint that [`finding`] gives a finding.
pub fn fingerprint_of(ranked: &RankedFinding, asked: &[Target], identity: &str) -> Fingerprint {
    Fingerprint::of(ranked.rule.name, &workloads(ranked, asked), identity)
}

/// A ranked finding for the report. `asked` stands for "all workloads that were asked for"; `excerpts` are the lines of
/// the credential it is about.
pub fn finding(
    ranked: &RankedFinding,
    asked: &[Target],
    identity: &str,
    excerpts: Option<&Excerpts>,
    columns: usize,
) -> Finding {
    let draft = &ranked.draft;
    let workloads = names(ranked, asked);
    let fingerprint = Fingerprint::of(ranked.rule.name, &workloads.join(","), identity);
    Finding {
        known: false,
        rule: ranked.rule.name.to_owned(),
        severity: draft.severity,
        role: draft.role,
        confidence: draft.confidence,
        title: draft.title.to_string(),
        message: draft.message.clone(),
        credential: ranked.credential.map(|c| c.0),
        related: draft.related.iter().map(|c| c.0).collect(),
        workloads,
        evidence: draft.evidence.iter().map(|e| evidence(e, &draft.evidence, excerpts, columns)).collect(),
        remedies: draft
            .remedies
            .iter()
            .map(|r| RemedyReport {
                title: r.title.to_string(),
                steps: r
                    .steps
                    .iter()
                    .map(|s| StepReport {
                        run: s.run.clone(),
                        shell: s.shell.word().to_owned(),
                        place: s.place.to_owned(),
                        note: s.note.map(|n| n.to_string()),
                    })
                    .collect(),
                caution: r.caution.map(|c| c.to_string()),
                verify: r.verify.as_ref().map(|v| v.run.clone()),
                verify_shows: r.verify.as_ref().and_then(|v| v.expected()).map(str::to_owned),
            })
            .collect(),
        references: ranked
            .rule
            .sources
            .iter()
            .map(|s| Reference { title: s.title.to_owned(), url: s.url.to_owned() })
            .collect(),
        fingerprint: fingerprint.to_string(),
    }
}

/// The lines between one piece of evidence and the next of the same finding, when they are few enough for one snippet.
const GAP: u32 = 4;

/// The lines between one piece of evidence and the next of the same finding, as far as they are kept.
pub(super) fn between<'a>(
    e: &Evidence,
    all: &[Evidence],
    excerpts: Option<&'a Excerpts>,
) -> impl Iterator<Item = ExcerptLine<'a>> + Clone + use<'a> {
    let Place { source, line, .. } = e.place;
    let next = all.iter().filter(|o| o.place.source == source && o.place.line > line).map(|o| o.place.line).min();
    let next = next.filter(|next| line > 0 && next - line <= GAP && next - line > 1).unwrap_or(0);
    excerpts
        .filter(|_| next > 0)
        .into_iter()
        .flat_map(Excerpts::lines)
        .filter(move |l| l.source == source && l.number > line && l.number < next && l.column == 1)
}

/// The first columns of a line.
pub(super) fn cut(text: &str, columns: usize) -> &str {
    split_at_char(text, columns).0
}

fn evidence(e: &Evidence, all: &[Evidence], excerpts: Option<&Excerpts>, columns: usize) -> EvidenceReport {
    let text = e.place.line > 0;
    EvidenceReport {
        input: e.place.source.0,
        line: text.then_some(e.place.line),
        column: text.then_some(e.place.column),
        bytes: [e.place.start, e.place.end()],
        excerpt: cut(&e.excerpt, columns).to_owned(),
        label: e.label.to_string(),
        primary: e.primary,
        line_text: (!e.line_text.is_empty()).then(|| cut(&e.line_text, columns).to_owned()),
        path: e.path.clone(),
        context: between(e, all, excerpts).map(|l| ContextLine { line: l.number, text: l.text.to_owned() }).collect(),
    }
}

/// An outcome for the report.
pub fn check(recorded: &Recorded, credential: Option<CredentialId>) -> Check {
    let (outcome, reason, obtain) = match &recorded.outcome {
        Outcome::Pass(reason) => (CheckOutcome::Pass, reason.to_string(), None),
        Outcome::NotApplicable(reason) => (CheckOutcome::NotApplicable, reason.to_string(), None),
        Outcome::Unknown { missing, obtain } => (CheckOutcome::Unknown, missing.to_string(), Some(obtain.clone())),
        Outcome::Fail(draft) => (CheckOutcome::Fail, draft.title.to_string(), None),
    };
    Check {
        rule: recorded.rule.name.to_owned(),
        credential: credential.map(|c| c.0),
        not_the_cause: outcome == CheckOutcome::Pass && recorded.rule.kind == Kind::Suppressor,
        outcome,
        reason,
        obtain,
        count: None,
    }
}

//! From outcomes to a verdict: who is judged for what, which of the failed checks is the root cause, what follows.

use super::check::{Checks, FindingDraft, Outcome, Recorded};
use super::{Asked, Context, CredentialRule, RULES, RuleEntry, RuleMeta, Standing, pfx_file_cut, request, subject};
use crate::case::{
    credential::{Access, Association, Credential, CredentialId, Origin, Scope, TestOutcome},
    index::CaseIndex,
};
use crate::model::hash::BuildQuick;
use crate::model::judgement::{Confidence, Role, Severity, Verdict, VerdictOutcome};
use crate::model::{
    key_request::{KeyRequest, RequestForm},
    key_usage::KeyUsage,
    oid,
    provider::{ProviderClass, ProviderKind},
    service_setting::ServiceUse,
    windows::WindowsVersion,
};
use crate::rules::Grade;
use crate::workloads::{CellOutcome, Target};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The machine stores whose certificates servers use.
const SERVER_STORES: &[&str] = &["my", "webhosting", "remote desktop", "ntds\\my"];

/// The workloads that take a certificate for tokens: no connection is served with it.
const TOKENS: &[&str] = &["ad-fs-token-signing", "ad-fs-token-decrypting"];

/// The workloads that HTTP.sys serves under the certificate of a binding, as it does sites of IIS: Exchange's web sites, the gateway
/// of Remote Desktop, Web Application Proxy (WORKLOADS.md).
const OF_HTTP_SYS: &[&str] = &["exchange", "rd-gateway", "wap"];

/// Those of the workloads to which an artifact binds the credential.
pub fn bound(c: &Credential, asked: &[Target]) -> Vec<Target> {
    asked.iter().filter(|t| c.bound.iter().any(|b| b.workload == t.workload.name)).copied().collect()
}

/// The workloads for which a credential is judged: those that an artifact binds it to; where none names another one, also
/// those among `asked` that its store, its place in the chain and its extended key usage allow. A certificate of which only is
/// known that AD FS uses it for tokens is no server's.
pub fn candidates(c: &Credential, asked: &[Target]) -> Vec<Target> {
    if c.gone {
        return Vec::new();
    }
    let personal = personal(c);
    let of_tokens = !c.bound.is_empty() && c.bound.iter().all(|b| TOKENS.contains(&b.workload));
    let natural = |t: &Target| {
        personal.is_some_and(|personal| (!personal || t.workload.user_store) && allows(c, t))
            && !(of_tokens && t.workload.server)
            && of_service(c, t)
    };
    let passed_over = |t: &Target| {
        let name = t.workload.name;
        c.passed_over.contains(&name) || OF_HTTP_SYS.contains(&name) && c.passed_over.contains(&"iis")
    };
    let of = |t: &Target| c.bound.iter().any(|b| b.workload == t.workload.name) || natural(t) && !passed_over(t);
    asked.iter().filter(|t| of(t)).copied().collect()
}

/// A service's own store serves that service alone: `NTDS\My` LDAPS, any other one the service that it is named after.
fn of_service(c: &Credential, target: &Target) -> bool {
    let directory = c.printed_store_name().is_some_and(|name| name.to_ascii_lowercase().starts_with("ntds\\"));
    match c.scope() {
        Scope::Service if directory => target.workload.name == "ldaps",
        Scope::Service => target.workload.name == "generic",
        _ => true,
    }
}

/// Whether only a person's workloads use the credential; `None`: by its place alone it is for no workload.
fn personal(c: &Credential) -> Option<bool> {
    let linked = matches!(c.key.association, Association::Linked | Association::FoundBySearch);
    Some(match c.origin {
        Origin::StoreDump => {
            let known = c.printed_store_name();
            // A self-signed certificate without a key, from a store that is not named: a root, not a server.
            let self_signed = c.certificate.as_ref().and_then(|c| c.self_signed.as_ref()).is_some_and(|s| s.value);
            let rootlike = known.is_none() && c.key.association == Association::None && self_signed;
            if rootlike || known.is_some_and(|n| !is_server_store(n)) {
                return None;
            }
            match c.scope() {
                Scope::Machine | Scope::Service => false,
                Scope::User => true,
                // Cards and Windows Hello belong to persons; an excerpt of -scinfo has no store.
                Scope::Unknown => {
                    matches!(subject::class(c), Some(ProviderClass::SmartCard | ProviderClass::Hello))
                }
                Scope::Enterprise | Scope::GroupPolicy => return None,
            }
        }
        // A certificate without a key says nothing about a key; with one it is a PFX or a key link.
        Origin::FileDump | Origin::CertificateFile if !linked && !subject::unlinked_in_registry(c) => return None,
        // A key whose certificate the file does not hold gets no verdict; in a locked part there may be one.
        Origin::Pfx if c.certificate.is_none() && !c.in_locked_part() => return None,
        Origin::FileDump | Origin::Pfx => false,
        Origin::CertificateFile => {
            if c.printed_store_name().is_some_and(|n| !is_server_store(n)) {
                return None;
            }
            c.scope() == Scope::User
        }
        Origin::SmartCardDump => true,
        Origin::KeyFile => return None,
    })
}

/// Whether servers take their certificates from the store of this name.
pub(super) fn is_server_store(name: &str) -> bool {
    SERVER_STORES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether the certificate's place in the chain and its extended key usage allow the workload.
fn allows(c: &Credential, target: &Target) -> bool {
    let certificate = c.certificate.as_ref();
    let usages = certificate.and_then(|c| c.extended_key_usage.as_ref()).map(|u| &u.value);
    let ca = certificate.and_then(|c| c.is_ca.as_ref()).map(|_| c.is_authority());
    if target.workload.name == "adcs" {
        // Whether it is a CA is not shown in an excerpt; an end entity shows its purpose or its extensions.
        return ca.unwrap_or_else(|| usages.is_none() && !certificate.is_some_and(|c| c.extensions_shown));
    }
    if ca == Some(true) {
        return false;
    }
    // A certificate for signed mail is none for encryption (RFC 8551, dual key pairs).
    let enciphers = KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT;
    let usage = certificate.and_then(|c| c.key_usage.as_ref());
    if target.workload.name == "document-encryption" && usage.is_some_and(|usage| !usage.value.has(enciphers)) {
        return false;
    }
    let allowed = target.workload.extended_key_usages;
    allowed.is_empty() || usages.is_none_or(|u| u.iter().any(|u| u == oid::ANY_EKU || allowed.contains(&u.as_str())))
}

/// The rules about one credential, each with what is known of it.
static CREDENTIAL_RULES: LazyLock<Vec<(&dyn CredentialRule, &RuleMeta)>> = LazyLock::new(|| {
    let of =
        |entry: &RuleEntry| if let RuleEntry::Credential(rule) = entry { Some((*rule, rule.meta())) } else { None };
    RULES.iter().filter_map(of).collect()
});

/// Runs every rule about one credential. `base.workloads` are the workloads that were asked for.
pub fn run_credential(c: &Credential, base: &Context<'_>) -> Vec<Recorded> {
    run_for(c, &candidates(c, base.workloads), base, Vec::new())
}

/// The same for a credential whose candidates are known. `room` is a list that is no longer needed.
pub(crate) fn run_for(
    c: &Credential,
    targets: &[Target],
    base: &Context<'_>,
    mut room: Vec<Recorded>,
) -> Vec<Recorded> {
    let bound = &bound(c, base.workloads)[..];
    // An archived certificate that nothing is bound to is history: only its being archived is told.
    let history = bound.is_empty() && certificate_archived(c);
    let judged = Context { workloads: targets, bound, ..*base };
    let silent = Context { workloads: &[], ..judged };
    let Some((_, first)) = CREDENTIAL_RULES.first() else { return Vec::new() };
    room.clear();
    room.reserve(CREDENTIAL_RULES.len());
    let mut checks = Checks::new(first, Some(c.id), room);
    for (rule, meta) in &*CREDENTIAL_RULES {
        let cx = if history && meta.standing != Standing::OfHistory { &silent } else { &judged };
        rule.check(c, cx, checks.of(meta));
    }
    let mut recorded = checks.into_recorded();
    // What an attribute or an algorithm says may be turned by what is lost.
    if pfx_file_cut::is_cut(c) {
        for r in recorded.iter_mut().filter(|r| r.rule.name != pfx_file_cut::NAME) {
            if matches!(r.outcome, Outcome::Fail(_)) {
                r.outcome = Outcome::Unknown { missing: pfx_file_cut::LOST.into(), obtain: pfx_file_cut::WHOLE.into() };
            }
        }
    }
    // Nobody is sent to look for what no workload needs.
    if (targets.is_empty() || history) && !matches!(c.origin, Origin::Pfx | Origin::KeyFile) {
        for r in recorded.iter_mut().filter(|r| matches!(r.outcome, Outcome::Unknown { .. })) {
            r.outcome = Outcome::NotApplicable(subject::NO_WORKLOAD.into());
        }
    }
    recorded
}

fn certificate_archived(c: &Credential) -> bool {
    c.certificate.as_ref().and_then(|c| c.archived.as_ref()).is_some_and(|a| a.value)
}

/// Why nothing is known of a rule that ended in a fault of keyspect itself.
const RULE_FAULT: &str = "this rule could not be judged: a fault of keyspect itself";

/// Whether a rule ended in a fault.
pub(crate) fn is_fault(recorded: &Recorded) -> bool {
    matches!(&recorded.outcome, Outcome::Unknown { missing, .. } if *missing == RULE_FAULT)
}

/// Runs every rule about the whole case. `base.workloads` are the workloads that were asked for.
pub fn run_case(case: &CaseIndex, base: &Context<'_>) -> Vec<Recorded> {
    run_case_by(case, base, &|_, check| {
        check();
        true
    })
}

/// The same, with `run` that runs each check; false: it ended in a fault. Of such a rule nothing is known.
pub(crate) fn run_case_by(
    case: &CaseIndex,
    base: &Context<'_>,
    run: &dyn Fn(&'static str, &mut dyn FnMut()) -> bool,
) -> Vec<Recorded> {
    let mut recorded = Vec::new();
    for entry in RULES {
        let RuleEntry::Case(rule) = entry else { continue };
        if (base.stop)() {
            break;
        }
        let mut checks = Checks::new(rule.meta(), None, Vec::new());
        if !run(rule.meta().name, &mut || rule.check(case, base, &mut checks)) {
            checks = Checks::new(rule.meta(), None, Vec::new());
            checks.unknown(RULE_FAULT, "");
        }
        recorded.extend(checks.into_recorded());
    }
    recorded
}

/// The workloads that a certificate made from a request could serve: those among `asked` that its extended key usage, its
/// template and the scope of its key allow.
pub fn request_candidates(request: &KeyRequest, asked: &[Target]) -> Vec<Target> {
    request::candidates(request, asked)
}

/// Runs every rule about one intended key. `base.workloads` are the workloads that were asked for. What a script would do
/// is a possibility: it may never have run.
pub fn run_request(asked: &Asked<'_>, base: &Context<'_>) -> Vec<Recorded> {
    let targets = request::candidates(asked.request, base.workloads);
    let cx = Context { workloads: &targets, ..*base };
    let mut recorded = Vec::new();
    for entry in RULES {
        let RuleEntry::Request(rule) = entry else { continue };
        let mut checks = Checks::new(rule.meta(), None, recorded);
        rule.check(asked, &cx, &mut checks);
        recorded = checks.into_recorded();
    }
    if asked.request.form == RequestForm::Script {
        for r in &mut recorded {
            if let Outcome::Fail(draft) = &mut r.outcome {
                **draft = draft.clone().confidence(Confidence::Possible);
            }
        }
    }
    recorded
}

/// The names of the rules of findings, each once.
fn names_of(findings: &[&RankedFinding], wanted: &dyn Fn(&RankedFinding) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for f in findings.iter().filter(|f| wanted(f)) {
        if !names.iter().any(|n| n == f.rule.name) {
            names.push(f.rule.name.to_owned());
        }
    }
    names
}

/// What makes a workload fail.
fn fails(f: &RankedFinding) -> bool {
    f.draft.role == Role::RootCause && f.draft.severity == Severity::Error
}

/// What may make it fail.
fn threatens(f: &RankedFinding) -> bool {
    matches!(f.draft.role, Role::RootCause | Role::Contributing) && f.draft.severity <= Severity::Warning
}

/// The verdict on what a request asks for, from the ranked findings about it and the table's cell.
pub fn request_verdict(
    asked: &KeyRequest,
    target: Target,
    findings: &[RankedFinding],
    windows: Option<WindowsVersion>,
) -> Verdict {
    let about: Vec<&RankedFinding> = findings.iter().filter(|f| f.holds_for(target)).collect();
    let names = |wanted: &dyn Fn(&RankedFinding) -> bool| names_of(&about, wanted);
    let give = |outcome, because| Verdict { workload: target.to_string(), outcome, because };
    let failing = names(&fails);
    if !failing.is_empty() {
        return give(VerdictOutcome::Fails, failing);
    }
    let kind = request::kind(asked);
    let spec = asked.key_spec.as_ref().map(|spec| spec.value);
    let settled = subject::settled(target, windows);
    // Without a provider the worse one of both kinds counts.
    let kinds = kind.map_or_else(|| vec![ProviderKind::Csp, ProviderKind::Ksp], |kind| vec![kind]);
    let cells: Vec<_> = kinds.iter().filter_map(|kind| settled.cell(*kind, spec, request::is_ec(asked))).collect();
    let is = |outcome| cells.iter().any(|(_, cell)| cell.outcome == outcome);
    let threats = names(&threatens);
    // What is left open, where no cause is found.
    let open = || names(&|f| f.rule.standing == Standing::LeavesOpen);
    let or_open = |causes: Vec<String>| if causes.is_empty() { open() } else { causes };
    if let Some((_, cell)) = cells.iter().find(|(_, cell)| cell.outcome == CellOutcome::Fail) {
        // A script may never have run, and a request of unknown purpose may not be meant for this server.
        let meant = !target.workload.server || request::server(asked).is_some_and(|sure| sure < Confidence::Possible);
        let fails = cell.grade <= Grade::C && kind.is_some() && meant && asked.form != RequestForm::Script;
        return give(if fails { VerdictOutcome::Fails } else { VerdictOutcome::AtRisk }, or_open(threats));
    }
    if !threats.is_empty() || is(CellOutcome::Warn) {
        return give(VerdictOutcome::AtRisk, or_open(threats));
    }
    // No CA answers a request whose own signature is wrong.
    if asked.signature_valid == Some(false) {
        return give(VerdictOutcome::Unknown, open());
    }
    // A CryptoAPI key without a place in its container, or of an algorithm that no such provider holds.
    let csp_key = matches!(spec, Some(1 | 2)) && !request::is_ec(asked);
    let shown = kind == Some(ProviderKind::Ksp) || kind.is_none() && spec.is_some() || csp_key;
    if !shown || is(CellOutcome::Unknown) {
        return give(VerdictOutcome::Unknown, open());
    }
    give(VerdictOutcome::Works, Vec::new())
}

/// A finding after the ranking.
#[derive(Debug, Clone)]
pub struct RankedFinding {
    /// The rule.
    pub rule: &'static RuleMeta,
    /// The credential; `None`: about the case.
    pub credential: Option<CredentialId>,
    /// What it says, with the role, severity and confidence that it ends with.
    pub draft: FindingDraft,
}

impl RankedFinding {
    /// Whether it is about this credential, as its subject or as a related one.
    pub fn concerns(&self, id: CredentialId) -> bool {
        self.credential == Some(id) || self.draft.concerns(id)
    }
    fn holds_for(&self, target: Target) -> bool {
        self.draft.workloads.is_empty() || self.draft.workloads.contains(&target)
    }
}

/// What the ranking gives.
#[derive(Debug, Clone, Default)]
pub struct Ranked {
    /// The findings, strongest root cause first.
    pub findings: Vec<RankedFinding>,
    /// Every outcome about the subject, failed ones included, in the order of the rules.
    pub checks: Vec<Recorded>,
}

/// The place of a rule in the order of precedence.
pub fn precedence(rule: &RuleMeta) -> usize {
    static PLACES: LazyLock<HashMap<&str, usize, BuildQuick>> =
        LazyLock::new(|| RULES.iter().enumerate().rev().map(|(place, r)| (r.meta().name, place)).collect());
    PLACES.get(rule.name).copied().unwrap_or(RULES.len())
}

/// One failed check while the ranking goes on.
struct Candidate<'a> {
    rule: &'static RuleMeta,
    credential: Option<CredentialId>,
    draft: &'a FindingDraft,
    /// Whether the finding is to be given out with this subject.
    own: bool,
}

/// What became of a failed check for one workload.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    role: Role,
    severity: Severity,
    confidence: Confidence,
    also: bool,
}

/// Decides what is the root cause.
///
/// `recorded` holds the outcomes about the subject, and those about the case whose findings name it as a related
/// credential: they take part, but are given out with the case alone. `targets` are the workloads for which the
/// subject is judged. For each of them at most one finding stays a root cause: the most severe, best supported one with
/// most conditions, and between equals or errors the one that explains the other. What it explains contributes and is at most a
/// warning; another error stays an error, contributes, and says "also".
pub fn rank(credential: Option<CredentialId>, recorded: Vec<Recorded>, targets: &[Target]) -> Ranked {
    Ranked { findings: findings(credential, &recorded, targets), checks: recorded }
}

/// Whether what a rule says of a credential by the whole case goes before what it said by the credential's own lines: a check
/// does not both pass and fail.
pub(crate) fn overrules(by_case: &Recorded, own: &Recorded) -> bool {
    by_case.rule.name == own.rule.name
        && by_case.credential == own.credential
        && match (&by_case.outcome, &own.outcome) {
            (Outcome::Fail(_), Outcome::Pass(_)) => true,
            (Outcome::Pass(_), Outcome::Fail(_)) => own.rule.standing == Standing::Withdrawable,
            _ => false,
        }
}

/// The findings of [`rank`] alone.
pub fn findings<'r>(
    credential: Option<CredentialId>,
    recorded: impl IntoIterator<Item = &'r Recorded>,
    targets: &[Target],
) -> Vec<RankedFinding> {
    let mut findings = Vec::new();
    {
        // Whether another artifact took back what the credential's own lines suggest.
        let mut withdrawn: Vec<&str> = Vec::new();
        let mut list: Vec<Candidate<'_>> = recorded
            .into_iter()
            .filter_map(|r| match &r.outcome {
                Outcome::Pass(_) if r.rule.standing == Standing::Withdrawable && r.credential == credential => {
                    withdrawn.extend(credential.map(|_| r.rule.name));
                    None
                }
                Outcome::Fail(draft) => {
                    let own = r.credential == credential;
                    // What another credential suffers from is not this one's cause; what the case suffers from may be.
                    let related = r.credential.is_none() && credential.is_some_and(|id| draft.concerns(id));
                    (own || related).then_some(Candidate { rule: r.rule, credential: r.credential, draft, own })
                }
                _ => None,
            })
            .collect();
        list.retain(|candidate| !withdrawn.contains(&candidate.rule.name));
        if list.is_empty() {
            return findings;
        }
        let each: Vec<Option<Target>> =
            if targets.is_empty() { vec![None] } else { targets.iter().copied().map(Some).collect() };
        // For each failed check, its places with the workloads that share them.
        let mut places: Vec<Vec<(Place, Vec<Target>)>> = list.iter().map(|_| Vec::new()).collect();
        for target in each {
            for (index, place) in rank_for(&list, target) {
                let Some(own) = places.get_mut(index) else { continue };
                let slot = match own.iter_mut().find(|(p, _)| *p == place) {
                    Some(slot) => slot,
                    None => {
                        own.push((place, Vec::new()));
                        let last = own.len().saturating_sub(1);
                        let Some(slot) = own.get_mut(last) else { continue };
                        slot
                    }
                };
                slot.1.extend(target);
            }
        }
        for (candidate, places) in list.iter().zip(places) {
            if !candidate.own {
                continue;
            }
            for (place, workloads) in places {
                let mut draft = candidate.draft.clone();
                draft.workloads = workloads;
                draft.role = place.role;
                draft.severity = place.severity;
                draft.confidence = place.confidence;
                if place.also {
                    draft.message = format!("This is also wrong, apart from the root cause. {}", draft.message);
                }
                findings.push(RankedFinding { rule: candidate.rule, credential: candidate.credential, draft });
            }
        }
    }
    findings.sort_by_key(|f| (f.draft.role, f.draft.severity, f.draft.confidence, precedence(f.rule)));
    findings
}

/// The places of the failed checks for one workload; `None`: the subject is judged for no workload.
fn rank_for(list: &[Candidate<'_>], target: Option<Target>) -> Vec<(usize, Place)> {
    let holds =
        |c: &Candidate<'_>| target.is_none_or(|t| c.draft.workloads.is_empty() || c.draft.workloads.contains(&t));
    let mut placed: Vec<(usize, Place)> = list
        .iter()
        .enumerate()
        .filter(|(_, c)| holds(c))
        .map(|(i, c)| {
            let d = c.draft;
            (i, Place { role: d.role, severity: d.severity, confidence: d.confidence, also: false })
        })
        .collect();
    let rule = |i: usize| list.get(i).map(|c| c.rule);
    let explains = |a: usize, b: usize| {
        rule(a).zip(rule(b)).is_some_and(|(a, b)| a.explains.contains(&b.name) && !b.explains.contains(&a.name))
    };
    let stands = |i: usize, standing| rule(i).is_some_and(|r| r.standing == standing);
    // An unelevated look shows every key as missing: that a key is missing loses its weight before the ranking.
    if placed.iter().any(|(i, _)| stands(*i, Standing::Doubt)) {
        for (i, place) in &mut placed {
            if stands(*i, Standing::Doubted) {
                *place = Place {
                    role: Role::Contributing,
                    severity: place.severity.max(Severity::Warning),
                    confidence: Confidence::Possible,
                    also: false,
                };
            }
        }
    }
    let mut causes: Vec<(usize, Place)> = placed.iter().filter(|(_, p)| p.role == Role::RootCause).copied().collect();
    causes.sort_by_key(|(i, p)| {
        let candidate = list.get(*i);
        let conditions = candidate.map_or(0, |c| c.draft.conditions);
        (p.severity, p.confidence, Reverse(conditions), candidate.map_or(0, |c| precedence(c.rule)))
    });
    let Some(&(mut root, weight)) = causes.first() else { return placed };
    // The more specific one wins, the one that explains the other: between equals, and between errors, which are certain or
    // likely.
    for (i, p) in &causes {
        let weighs = p.confidence == weight.confidence || p.severity == Severity::Error;
        if p.severity == weight.severity && weighs && explains(*i, root) {
            root = *i;
        }
    }
    let mut kept = vec![root];
    for (i, _) in causes.iter().filter(|(i, _)| *i != root) {
        let explained = kept.iter().any(|k| explains(*k, *i));
        if !explained {
            kept.push(*i);
        }
        let Some((_, place)) = placed.iter_mut().find(|(p, _)| p == i) else { continue };
        place.role = Role::Contributing;
        if explained {
            place.severity = place.severity.max(Severity::Warning);
        } else {
            place.also = place.severity == Severity::Error;
        }
    }
    placed
}

/// The verdict on a credential for a workload, from the ranked findings about it (also those of the case that name it)
/// and the table's cell. `windows` is the version that the user named; one that the log states goes before it.
pub fn verdict(c: &Credential, target: Target, findings: &[RankedFinding], windows: Option<WindowsVersion>) -> Verdict {
    // Another credential's root cause is not this one's; what only contributes there may threaten this one too.
    let counts = |f: &RankedFinding| {
        let own = f.credential.is_none() || f.credential == Some(c.id);
        f.concerns(c.id) && f.holds_for(target) && (own || f.draft.role == Role::Contributing)
    };
    let about: Vec<&RankedFinding> = findings.iter().filter(|f| counts(f)).collect();
    let names = |wanted: &dyn Fn(&RankedFinding) -> bool| names_of(&about, wanted);
    let give = |outcome, because| Verdict { workload: target.to_string(), outcome, because };
    let failing = names(&fails);
    if !failing.is_empty() {
        return give(VerdictOutcome::Fails, failing);
    }
    let causes: Vec<&RankedFinding> = about.iter().filter(|f| f.draft.role == Role::RootCause).copied().collect();
    let key = &c.key;
    let settled = subject::settled(target, c.surroundings.windows.as_ref().map(|w| w.value).or(windows));
    // No provider of CryptoAPI holds such a key: the certificate and the provider cannot belong together.
    let impossible = subject::is_ec(c) && subject::in_rsa_provider(c);
    let cell = key.kind().filter(|_| !impossible).and_then(|kind| {
        settled.cell(kind, subject::key_spec(c).map(|k| k.value.0), subject::is_ec(c)).map(|(_, cell)| cell)
    });
    let documented = |g: Grade| g <= Grade::C;
    // An archived certificate is judged for being archived alone.
    let judged = causes.is_empty() && !certificate_archived(c);
    if judged && cell.is_some_and(|cell| cell.outcome == CellOutcome::Fail && documented(cell.grade)) {
        return give(VerdictOutcome::Fails, Vec::new());
    }
    let link_shown = match key.kind() {
        None => false,
        Some(ProviderKind::Ksp) => true,
        Some(ProviderKind::Csp) => subject::key_spec(c).is_some(),
    };
    let explained = causes.iter().any(|f| !matches!(f.rule.standing, Standing::Doubt | Standing::Doubted));
    let absent = key.association == Association::None && !explained;
    let shut = key.access == Access::NotOpened && !explained;
    // Any key signs: that alone does not tell an exchange key, where only such a key serves.
    let exchange_alone = key.kind() == Some(ProviderKind::Csp)
        && settled.cell(ProviderKind::Csp, Some(2), false).is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail);
    let tested =
        key.encryption_test == TestOutcome::Passed || key.signature_test == TestOutcome::Passed && !exchange_alone;
    // Of a locked PFX the provider may be in clear; which certificate the key has, and that it has one, is not.
    let unnamed = c.certificate.is_none() && key.association == Association::Unknown;
    let hidden = (!link_shown || unnamed) && !tested && key.association != Association::None;
    // The key opened, its only test failed, and no finding says why.
    let failed = !explained && subject::failed_test(c).is_some();
    // The certificate that Windows has is another one than these bytes.
    let altered = c.certificate.as_ref().is_some_and(|certificate| certificate.altered);
    if absent || shut || hidden || failed || altered || subject::unopened(c) {
        let because = names(&|f| matches!(f.draft.role, Role::RootCause | Role::Contributing));
        return give(VerdictOutcome::Unknown, because);
    }
    // With an unknown target the age of its Windows is a hint, no threat; with a known one it is told only where the target
    // may refuse the file.
    let aimed = c.surroundings.windows.is_some() || windows.is_some();
    let threats = names(&|f| threatens(f) && (aimed || f.rule.standing != Standing::Hint));
    // What is documented as unsupported works where the service itself says that it loaded the key.
    let loaded = c.bound.iter().any(|b| b.workload == target.workload.name && b.service_use == ServiceUse::Loaded);
    let shaky = cell.filter(|_| !loaded).is_some_and(|cell| {
        cell.outcome == CellOutcome::Warn || (cell.outcome == CellOutcome::Fail && !documented(cell.grade))
    });
    if !threats.is_empty() || shaky {
        return give(VerdictOutcome::AtRisk, threats);
    }
    // What names it looks in another store, or a line where the outcome of a test stands was not understood.
    let own: Vec<_> = c.bound.iter().filter(|b| b.workload == target.workload.name).collect();
    if key.unread_test || !own.is_empty() && own.iter().all(|b| b.other_store) {
        return give(VerdictOutcome::Unknown, Vec::new());
    }
    if impossible || cell.is_some_and(|cell| cell.outcome == CellOutcome::Unknown && !loaded) {
        let open = |f: &RankedFinding| f.rule.standing == Standing::LeavesOpen && f.draft.role != Role::Symptom;
        return give(VerdictOutcome::Unknown, names(&open));
    }
    // A log that names it, and no cause: the machine knows more than the artifacts show.
    let refused = names(&|f| f.rule.standing == Standing::LeavesOpen && f.draft.role == Role::Symptom);
    if !refused.is_empty() {
        return give(VerdictOutcome::Unknown, refused);
    }
    give(VerdictOutcome::Works, Vec::new())
}

//! The report for a person at a terminal: is it broken, why, which line proves it, what repairs it, what shows that it is
//! repaired, what is not the cause, what could not be seen.

pub(in crate::report) mod facts;
pub(in crate::report) mod finding;
mod links;
pub(in crate::report) mod lists;
pub(in crate::report) mod paint;
pub(in crate::report) mod requests;

use super::escape::{columns, wrap};
use super::model::{
    Check, CheckOutcome, CredentialReport, Finding, Input, InputStatus, Report, Role, Severity, Verdict,
    VerdictOutcome, WhyAside,
};
use super::words;
use crate::limits::{TEXT_HEALTHY, TEXT_UNDECIDED};
use paint::{Paint, as_verdict};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

/// How the text is made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TextOptions {
    /// With colours: ANSI escape sequences of the renderer's own.
    pub color: bool,
    /// In ASCII alone.
    pub ascii: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// With every check.
    pub verbose: bool,
    /// Only what is broken.
    pub quiet: bool,
    /// On a terminal that shows links (OSC 8): the absolute path of the folder from which the paths of inputs go. The
    /// places of evidence then lead to their files, the sources of rules to their documents.
    pub links: Option<String>,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { color: false, ascii: false, width: 100, verbose: false, quiet: false, links: None }
    }
}

impl TextOptions {
    fn paint(&self) -> Paint<'_> {
        let links = self.links.as_deref();
        Paint { links, color: self.color, ascii: self.ascii, width: self.width.clamp(40, 200) }
    }
}

/// A credential's worst verdict; `None`: it got none.
pub(in crate::report) fn worst(credential: &CredentialReport) -> Option<VerdictOutcome> {
    credential.verdicts.iter().map(|v| v.outcome).min_by_key(|o| words::rank(*o))
}

/// `www.contoso.com (32b5398e)`. Not escaped.
pub(in crate::report) fn name_and_id(credential: &CredentialReport) -> String {
    let sha1 = credential.certificate.as_ref().and_then(|c| c.sha1.as_deref());
    match sha1.and_then(|s| s.get(..8)) {
        Some(short) => format!("{} ({short})", credential.display_name),
        None => credential.display_name.clone(),
    }
}

/// `fails on IIS; works on SQL Server` behind a credential's name; one line per outcome when that is too long.
fn verdict_words(verdicts: &[Verdict], verbose: bool, used: usize, paint: Paint) -> String {
    let mut parts = Vec::new();
    let outcomes = [VerdictOutcome::Fails, VerdictOutcome::AtRisk, VerdictOutcome::Unknown, VerdictOutcome::Works];
    for outcome in outcomes {
        let names: Vec<_> =
            verdicts.iter().filter(|v| v.outcome == outcome).map(|v| words::workload(&v.workload)).collect();
        if names.is_empty() {
            continue;
        }
        let list = if !verbose && names.len() > 6 && words::rank(outcome) > 1 {
            format!("{} workloads", names.len())
        } else {
            names.join(", ")
        };
        parts.push((outcome, paint.show(&format!("{} {list}", words::outcome(outcome)))));
    }
    let total = parts.iter().fold(used, |n, (_, text)| n.saturating_add(columns(text)).saturating_add(2));
    if total <= paint.width || parts.iter().all(|(_, text)| text.len() < 40) {
        let parts: Vec<_> = parts.iter().map(|(outcome, text)| paint.verdict(*outcome, text)).collect();
        return format!("  {}", parts.join("; "));
    }
    let mut out = String::new();
    for (outcome, text) in parts {
        for (i, line) in wrap(&text, paint.width.saturating_sub(6).max(30)).iter().enumerate() {
            out.push_str(if i == 0 { "\n  " } else { "\n      " });
            out.push_str(&paint.verdict(outcome, line));
        }
    }
    out
}

/// What the renderer looks up again and again.
pub(in crate::report) struct View<'a> {
    report: &'a Report,
    findings: HashMap<u32, Vec<&'a Finding>>,
    /// The findings about another credential that name this one.
    related: HashMap<u32, Vec<&'a Finding>>,
    checks: HashMap<u32, Vec<&'a Check>>,
    paint: Paint<'a>,
    verbose: bool,
}

impl<'a> View<'a> {
    pub(in crate::report) fn new(report: &'a Report, options: &'a TextOptions) -> Self {
        let mut findings: HashMap<u32, Vec<&Finding>> = HashMap::new();
        let suspects = suspects(report);
        for f in &report.findings {
            for id in told_with(&suspects, f) {
                findings.entry(id).or_default().push(f);
            }
        }
        let mut related: HashMap<u32, Vec<&Finding>> = HashMap::new();
        for f in report.findings.iter().filter(|f| f.credential.is_some()) {
            for id in &f.related {
                related.entry(*id).or_default().push(f);
            }
        }
        let mut checks: HashMap<u32, Vec<&Check>> = HashMap::new();
        for c in &report.checks {
            if let Some(id) = c.credential {
                checks.entry(id).or_default().push(c);
            }
        }
        Self { report, findings, related, checks, paint: options.paint(), verbose: options.verbose }
    }
    pub(in crate::report) fn findings(&self, credential: &CredentialReport) -> &[&'a Finding] {
        self.findings.get(&credential.id).map_or(&[], Vec::as_slice)
    }
    pub(in crate::report) fn checks(&self, credential: &CredentialReport) -> &[&'a Check] {
        self.checks.get(&credential.id).map_or(&[], Vec::as_slice)
    }
    /// Whether it deserves a screen of its own: a verdict against it, or, without any verdict, an error or warning.
    fn is_broken(&self, credential: &CredentialReport) -> bool {
        match worst(credential) {
            Some(VerdictOutcome::Fails | VerdictOutcome::AtRisk) => true,
            Some(_) => false,
            None => self.findings(credential).iter().any(|f| f.severity < Severity::Note),
        }
    }
    /// Its worst verdict; without any, what its worst finding is worth.
    pub(in crate::report) fn outcome(&self, credential: &CredentialReport) -> VerdictOutcome {
        worst(credential)
            .or_else(|| self.findings(credential).iter().map(|f| f.severity).min().map(as_verdict))
            .unwrap_or(VerdictOutcome::Unknown)
    }
    fn heading(&self, credential: &CredentialReport) -> String {
        let outcome = self.outcome(credential);
        let name = self.paint.show(&credential.display_name);
        let used = columns(&name).saturating_add(4);
        let mut line = format!("{} {}", self.paint.mark(outcome), self.paint.bold(&name));
        if credential.verdicts.is_empty() {
            line.push_str("  no verdict asked");
        } else {
            line.push_str(&verdict_words(&credential.verdicts, self.verbose, used, self.paint));
        }
        line.push('\n');
        line
    }
    /// The workloads of verdicts against it that no finding explains: the table of workloads does.
    pub(in crate::report) fn unexplained(&self, credential: &'a CredentialReport) -> Vec<&'a str> {
        let explained = |v: &&Verdict| {
            self.findings(credential).iter().any(|f| v.because.contains(&f.rule))
                || self.reason_elsewhere(credential, v).is_some()
                || v.because.iter().any(|rule| self.is_set_aside(rule))
        };
        credential
            .verdicts
            .iter()
            .filter(|v| words::rank(v.outcome) < 2)
            .filter(|v| !explained(v))
            .map(|v| v.workload.split(':').next().unwrap_or_default())
            .collect()
    }
    /// The first reason of a verdict against it whose finding stands with another credential.
    fn reason_elsewhere(&self, credential: &CredentialReport, verdict: &Verdict) -> Option<&'a Finding> {
        let related = self.related.get(&credential.id)?;
        related.iter().find(|f| verdict.because.contains(&f.rule)).copied()
    }
    /// Where the reason of a verdict against it is told.
    fn told_elsewhere(&self, credential: &'a CredentialReport) -> String {
        let own = |v: &&Verdict| self.findings(credential).iter().any(|f| v.because.contains(&f.rule));
        let against = credential.verdicts.iter().filter(|v| words::rank(v.outcome) < 2);
        let reason = against.filter(|v| !own(v)).find_map(|v| self.reason_elsewhere(credential, v));
        let Some((finding, other)) = reason.and_then(|f| Some((f, f.credential?))) else { return String::new() };
        let all = &self.report.credentials;
        let other = all.binary_search_by_key(&other, |c| c.id).ok().and_then(|at| all.get(at));
        let name = other.map_or_else(String::new, name_and_id);
        let mut out = "\n".to_owned();
        let text = self.paint.show(&format!("{}, told with {name}", finding.rule));
        finding::paragraph(&mut out, "Why:           ", 15, &text, self.paint.width);
        out.replacen("Why:", &self.paint.bold("Why:"), 1)
    }
    fn table_of_workloads(&self, credential: &'a CredentialReport) -> String {
        let names = self.unexplained(credential);
        if names.is_empty() {
            return String::new();
        }
        let text = format!(
            "what a workload makes of this kind of key stands in its table, with the source: keyspect explain {}",
            names.join(" | ")
        );
        let mut out = "\n".to_owned();
        finding::paragraph(&mut out, "Why:           ", 15, &self.paint.show(&text), self.paint.width);
        out.replacen("Why:", &self.paint.bold("Why:"), 1)
    }
    fn is_set_aside(&self, rule: &str) -> bool {
        self.report.summary.set_aside.iter().any(|s| s.rule == rule)
    }
    /// Why findings of a rule are set aside: `known`, `ignored`, `off`.
    fn why_aside(&self, rule: &str) -> String {
        let all = &self.report.summary.set_aside;
        let reasons = [(WhyAside::Known, "known"), (WhyAside::Ignored, "ignored"), (WhyAside::Off, "off")];
        let is = |why: WhyAside| all.iter().any(|s| s.rule == rule && s.why == why);
        let words: Vec<&str> = reasons.into_iter().filter(|(why, _)| is(*why)).map(|(_, word)| word).collect();
        words.join(" or ")
    }
    /// The rules behind the verdicts against it whose findings the list does not show, each with why.
    pub(in crate::report) fn rules_aside<'c>(&self, credential: &'c CredentialReport) -> Vec<(&'c str, String)> {
        let mut rules: Vec<(&str, String)> = Vec::new();
        let against = credential.verdicts.iter().filter(|v| words::rank(v.outcome) < 2);
        for rule in against.flat_map(|v| &v.because).filter(|rule| self.is_set_aside(rule)) {
            let told = rules.iter().any(|(known, _)| known == rule);
            if !told && !self.findings(credential).iter().any(|f| f.rule == *rule) {
                rules.push((rule, self.why_aside(rule)));
            }
        }
        rules
    }
    fn set_aside(&self, credential: &CredentialReport) -> String {
        let rules = self.rules_aside(credential);
        if rules.is_empty() {
            return String::new();
        }
        let mut out = "\n".to_owned();
        let named: Vec<String> = rules.iter().map(|(rule, why)| format!("{rule} ({why})")).collect();
        let text = self.paint.show(&named.join(", "));
        finding::paragraph(&mut out, "Set aside:     ", 15, &text, self.paint.width);
        out.replacen("Set aside:", &self.paint.bold("Set aside:"), 1)
    }
    /// How many notes about some credentials a table does not show.
    fn silent_notes(&self, credentials: &[&CredentialReport]) -> String {
        let notes = credentials.iter().flat_map(|c| self.findings(c)).filter(|f| f.severity == Severity::Note).count();
        if notes == 0 {
            return String::new();
        }
        let count = words::count(notes as u64, "note", "notes");
        self.paint.dim(&format!("  {count} about them; -v shows them\n"))
    }
    /// What is not the cause: suppressors that speak, and what the key's facts show by themselves.
    pub(in crate::report) fn exonerated(&self, credential: &CredentialReport) -> Vec<String> {
        let key = &credential.key;
        let mut parts: Vec<String> = Vec::new();
        if key.access == "opened" {
            parts.push("the key exists and opens".to_owned());
        }
        if key.matches_certificate == Some(true) {
            parts.push("the key is the certificate's".to_owned());
        }
        let machine = key.flags.as_ref().is_some_and(|f| f.value & crate::model::flags::CRYPT_MACHINE_KEYSET != 0);
        if machine && credential.store.as_ref().is_some_and(|s| s.scope == "machine") {
            parts.push("it is in the machine keyset".to_owned());
        }
        for check in self.checks(credential) {
            if check.outcome == CheckOutcome::Pass && check.not_the_cause && !parts.contains(&check.reason) {
                parts.push(check.reason.clone());
            }
        }
        parts
    }
    fn not_the_cause(&self, credential: &CredentialReport) -> String {
        let parts = self.exonerated(credential);
        if parts.is_empty() {
            return String::new();
        }
        let mut out = String::new();
        let text = self.paint.show(&format!("{}.", parts.join("; ").trim_end_matches('.')));
        finding::paragraph(&mut out, "Not the cause: ", 15, &text, self.paint.width);
        out.replacen("Not the cause:", &self.paint.bold("Not the cause:"), 1)
    }
    pub(in crate::report) fn unknown(&self, credential: &CredentialReport) -> Vec<&'a Check> {
        self.checks(credential).iter().filter(|c| c.outcome == CheckOutcome::Unknown).copied().collect()
    }
    /// The screen of one credential.
    fn screen(&self, credential: &'a CredentialReport, same: &[&'a CredentialReport]) -> String {
        let findings = self.findings(credential);
        let mut out = self.heading(credential);
        out.push_str(&facts::block(self.report, credential, findings, self.paint));
        let mut told = Vec::new();
        let is_aside = |f: &&&Finding| f.severity == Severity::Note || f.role == Role::Hygiene;
        for f in findings.iter().filter(|f| self.verbose || !is_aside(f)) {
            out.push('\n');
            out.push_str(&finding::full(self.report, f, &mut told, self.paint));
        }
        let asides: String = findings
            .iter()
            .filter(|f| !self.verbose && is_aside(f))
            .map(|f| finding::brief(self.report, f, self.paint))
            .collect();
        if !asides.is_empty() {
            out.push_str(&format!("\n{}\n{asides}", self.paint.bold("Beside it (-v tells more):")));
        }
        out.push_str(&self.set_aside(credential));
        out.push_str(&self.told_elsewhere(credential));
        out.push_str(&self.table_of_workloads(credential));
        let tail =
            [self.not_the_cause(credential), lists::not_checked(&self.unknown(credential), self.verbose, self.paint)]
                .concat();
        if !tail.is_empty() {
            out.push('\n');
            out.push_str(&tail);
        }
        if self.verbose && !self.checks(credential).is_empty() {
            out.push('\n');
            out.push_str(&lists::checks(self.checks(credential), self.paint));
        }
        if !same.is_empty() {
            let sha1 = credential.certificate.as_ref().and_then(|c| c.sha1.as_deref()).filter(|s| !s.is_empty());
            let steps = || told.iter().flat_map(|r| &r.steps);
            let commands = sha1.is_some_and(|sha1| steps().any(|s| s.run.contains(sha1)));
            let rows: Vec<_> = same
                .iter()
                .map(|c| {
                    let first = self.findings(c).first();
                    let place = first.and_then(|f| words::primary(&f.evidence));
                    (*c, place.map_or_else(String::new, |e| words::place(self.report, e)))
                })
                .collect();
            out.push('\n');
            out.push_str(&lists::same(&rows, commands, self.verbose, self.paint));
        }
        out
    }
    fn healthy(&self, credential: &CredentialReport) -> String {
        let mut out = self.heading(credential);
        out.push_str(&facts::brief(self.report, credential, self.paint));
        for f in self.findings(credential) {
            out.push_str(&finding::brief(self.report, f, self.paint));
        }
        if self.verbose {
            out.push_str(&lists::checks(self.checks(credential), self.paint));
        }
        out
    }
}

/// What makes two credentials' screens the same but for the names: their verdicts and the findings' words; without
/// findings, the kind of provider.
type Signature<'a> = (Vec<(&'a str, u8)>, Vec<(&'a str, &'a str, Severity)>, Option<&'a str>);

fn signature<'a>(view: &View<'a>, credential: &'a CredentialReport) -> Signature<'a> {
    let findings = view.findings(credential);
    (
        credential.verdicts.iter().map(|v| (v.workload.as_str(), words::rank(v.outcome))).collect(),
        findings.iter().map(|f| (f.rule.as_str(), f.title.as_str(), f.severity)).collect(),
        findings.is_empty().then_some(credential.key.provider.kind.as_str()),
    )
}

/// The credentials sorted by what they get.
#[derive(Default)]
pub(in crate::report) struct Sorted<'a> {
    /// Each with the others that are broken in the same way.
    pub(in crate::report) broken: Vec<(&'a CredentialReport, Vec<&'a CredentialReport>)>,
    pub(in crate::report) undecided: Vec<&'a CredentialReport>,
    pub(in crate::report) healthy: Vec<&'a CredentialReport>,
    pub(in crate::report) not_judged: Vec<&'a CredentialReport>,
}

pub(in crate::report) fn sort<'a>(view: &View<'a>, report: &'a Report) -> Sorted<'a> {
    let mut order: HashMap<u32, usize> = HashMap::new();
    for (i, f) in report.findings.iter().enumerate() {
        if let Some(id) = f.credential {
            order.entry(id).or_insert(i);
        }
    }
    let mut out = Sorted::default();
    let mut broken = Vec::new();
    for c in &report.credentials {
        if view.is_broken(c) {
            broken.push(c);
        } else {
            match worst(c) {
                Some(VerdictOutcome::Unknown) => out.undecided.push(c),
                Some(_) => out.healthy.push(c),
                None => out.not_judged.push(c),
            }
        }
    }
    broken.sort_by_key(|c| (order.get(&c.id).copied().unwrap_or(usize::MAX), c.id));
    let mut groups: BTreeMap<Signature<'a>, usize> = BTreeMap::new();
    for c in broken {
        let key = signature(view, c);
        match groups.get(&key).and_then(|i| out.broken.get_mut(*i)) {
            Some((_, same)) => same.push(c),
            None => {
                groups.insert(key, out.broken.len());
                out.broken.push((c, Vec::new()));
            }
        }
    }
    out
}

/// The credentials on whose screens a finding stands: its own one; of a cause that is about no single credential (a folder, a
/// binding) those that it breaks.
fn told_with(suspects: &HashSet<u32>, finding: &Finding) -> Vec<u32> {
    if let Some(id) = finding.credential {
        return vec![id];
    }
    if !matches!(finding.role, Role::RootCause | Role::Contributing) {
        return Vec::new();
    }
    finding.related.iter().copied().filter(|id| suspects.contains(id)).collect()
}

/// The credentials that got a verdict other than that they work.
fn suspects(report: &Report) -> HashSet<u32> {
    let suspect = |c: &&CredentialReport| worst(c).is_some_and(|w| w != VerdictOutcome::Works);
    report.credentials.iter().filter(suspect).map(|c| c.id).collect()
}

/// The findings about no credential of the report; of those that say the same the first, with the places of the others.
/// Those about a request stand on its own screen.
pub(in crate::report) fn case_findings<'a>(
    report: &'a Report,
    requests: &HashMap<u32, Vec<&'a Finding>>,
) -> Vec<(&'a Finding, Vec<String>)> {
    let known: HashSet<u32> = report.credentials.iter().map(|c| c.id).collect();
    let suspects = suspects(report);
    let mut out: Vec<(&Finding, Vec<String>)> = Vec::new();
    let mut seen: BTreeMap<(&str, &str, Severity), usize> = BTreeMap::new();
    for f in report.findings.iter().filter(|f| f.credential.is_none_or(|id| !known.contains(&id))) {
        let of_request = || words::primary(&f.evidence).is_some_and(|e| requests.contains_key(&e.input));
        if f.credential.is_none() && (of_request() || !told_with(&suspects, f).is_empty()) {
            continue;
        }
        let key = (f.rule.as_str(), f.title.as_str(), f.severity);
        match seen.get(&key).and_then(|i| out.get_mut(*i)) {
            Some((_, places)) => places.extend(words::primary(&f.evidence).map(|e| words::place(report, e))),
            None => {
                seen.insert(key, out.len());
                out.push((f, Vec::new()));
            }
        }
    }
    out
}

fn header(report: &Report, paint: Paint) -> String {
    format!(
        "{}   {}, {}\n",
        paint.bold(&format!("{} {}", paint.show(&report.tool.name), paint.show(&report.tool.version))),
        words::count(report.summary.inputs, "artifact", "artifacts"),
        words::count(report.summary.credentials, "credential", "credentials"),
    )
}

/// Whether nothing of an input was read.
pub(in crate::report) fn is_unread(input: &Input) -> bool {
    matches!(input.status, InputStatus::Failed | InputStatus::Unrecognized)
}

fn footer(report: &Report, paint: Paint) -> String {
    let mut out = counts(report, paint);
    for line in words::set_aside(report) {
        finding::paragraph(&mut out, "", 2, &paint.show(&line), paint.width);
    }
    out
}

fn counts(report: &Report, paint: Paint) -> String {
    let s = &report.summary;
    let mut found = Vec::new();
    for (n, one, many, outcome) in [
        (s.errors, "error", "errors", VerdictOutcome::Fails),
        (s.warnings, "warning", "warnings", VerdictOutcome::AtRisk),
        (s.notes, "note", "notes", VerdictOutcome::Unknown),
    ] {
        if n > 0 {
            found.push(paint.verdict(outcome, &words::count(n, one, many)));
        }
    }
    let unread = report.inputs.iter().filter(|i| is_unread(i)).count();
    let found = match (found.is_empty(), unread < report.inputs.len()) {
        (false, _) => found.join(", "),
        (true, true) if !s.set_aside.is_empty() => "No new findings".to_owned(),
        (true, true) => "No findings".to_owned(),
        (true, false) => {
            let words = if report.inputs.is_empty() {
                "Nothing could be analysed: no file was found"
            } else {
                "Nothing could be analysed"
            };
            paint.verdict(VerdictOutcome::Fails, words)
        }
    };
    let unread_count = unread as u64;
    let unread = match unread_count {
        0 => String::new(),
        n => format!("  {} not read.", words::count(n, "input", "inputs")),
    };
    if report.inputs.len() as u64 == unread_count {
        return format!("{found}.{unread}\n");
    }
    let sum = |map: &BTreeMap<String, u64>| map.values().fold(0u64, |a, b| a.saturating_add(*b));
    format!(
        "{found}.  {} passed, {} not applicable, {} could not be made.{unread}\n",
        words::count(sum(&s.passed), "check", "checks"),
        sum(&s.not_applicable),
        sum(&s.unknown)
    )
}

/// Writes the report.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, options);
    let paint = view.paint;
    let sorted = sort(&view, report);
    let mut empty = true;
    let mut section = |text: &str, out: &mut dyn Write| -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if !std::mem::replace(&mut empty, false) {
            out.write_all(b"\n")?;
        }
        out.write_all(text.as_bytes())
    };
    if !options.quiet {
        section(&header(report, paint), out)?;
    }
    for (credential, same) in &sorted.broken {
        section(&view.screen(credential, same), out)?;
    }
    let of_requests = requests::findings(report);
    let good = |i: &Input| i.verdicts.iter().all(|v| v.outcome == VerdictOutcome::Works);
    let judged = report.inputs.iter().filter(|i| !i.verdicts.is_empty());
    for input in judged.filter(|i| !options.quiet || !good(i)) {
        let about = of_requests.get(&input.id).map_or(&[][..], Vec::as_slice);
        section(&requests::screen(report, input, about, options.verbose, paint), out)?;
    }
    for (f, places) in case_findings(report, &of_requests) {
        if options.quiet && f.severity == Severity::Note {
            continue;
        }
        let mut text = finding::full(report, f, &mut Vec::new(), paint);
        if !places.is_empty() {
            text.push('\n');
            text.push_str(&lists::places(&places, options.verbose, paint));
        }
        section(&text, out)?;
    }
    section(&lists::only_counted(report, paint), out)?;
    if options.quiet {
        let unread: Vec<_> = report.inputs.iter().filter(|i| is_unread(i)).collect();
        return section(&lists::inputs(&unread, options.verbose, paint), out);
    }
    if sorted.undecided.len() <= TEXT_UNDECIDED || options.verbose {
        for credential in &sorted.undecided {
            section(&view.screen(credential, &[]), out)?;
        }
    } else {
        let head = paint.bold(&format!("Not decided: {} credentials", sorted.undecided.len()));
        section(&format!("{head}\n{}", lists::table(&sorted.undecided, options.verbose, paint)), out)?;
    }
    if sorted.healthy.len() <= TEXT_HEALTHY || options.verbose {
        for credential in &sorted.healthy {
            section(&view.healthy(credential), out)?;
        }
    } else {
        let head = paint.bold(&format!("Healthy: {} credentials", sorted.healthy.len()));
        let mut text = format!("{head}\n{}", lists::table(&sorted.healthy, options.verbose, paint));
        for f in sorted.healthy.iter().flat_map(|c| view.findings(c)).filter(|f| f.severity < Severity::Note).take(20) {
            text.push_str(&finding::brief(report, f, paint));
        }
        text.push_str(&view.silent_notes(&sorted.healthy));
        section(&text, out)?;
    }
    if !sorted.not_judged.is_empty() {
        let mut text = lists::not_judged(&sorted.not_judged, options.verbose, paint);
        if options.verbose {
            for f in sorted.not_judged.iter().flat_map(|c| view.findings(c)) {
                text.push_str(&finding::brief(report, f, paint));
            }
        } else {
            text.push_str(&view.silent_notes(&sorted.not_judged));
        }
        section(&text, out)?;
    }
    let mut open: Vec<&Check> = sorted.healthy.iter().flat_map(|c| view.unknown(c)).collect();
    if sorted.undecided.len() > TEXT_UNDECIDED && !options.verbose {
        open.extend(sorted.undecided.iter().flat_map(|c| view.unknown(c)));
    }
    open.extend(report.checks.iter().filter(|c| c.credential.is_none() && c.outcome == CheckOutcome::Unknown));
    section(&lists::not_checked(&open, options.verbose, paint), out)?;
    if options.verbose {
        let case: Vec<_> = report.checks.iter().filter(|c| c.credential.is_none()).collect();
        if !case.is_empty() {
            section(&lists::checks(&case, paint), out)?;
        }
    }
    section(&lists::collect(report, paint), out)?;
    section(&lists::read(report, options.verbose, paint), out)?;
    let odd: Vec<_> =
        report.inputs.iter().filter(|i| i.status != InputStatus::Analyzed || !i.problems.is_empty()).collect();
    section(&lists::inputs(&odd, options.verbose, paint), out)?;
    section(&footer(report, paint), out)
}

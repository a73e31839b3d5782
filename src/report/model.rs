//! The report, version 1: the types that JSON is made of. Field names are a contract (`docs/report.schema.json`).
//!
//! Types that will gain fields are `#[non_exhaustive]` and have a `new` with what is always there. The words of the
//! contract (severities, outcomes, the status of an input) are complete for version 1: match them without a wildcard.

pub use crate::model::judgement::{Confidence, Role, Severity, Verdict, VerdictOutcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of the report's format.
pub const SCHEMA: &str = "keyspect.report/1";

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Report {
    /// `keyspect.report/1`.
    pub schema: String,
    /// Who made it.
    pub tool: Tool,
    /// The inputs, in the order in which they were given.
    pub inputs: Vec<Input>,
    /// The credentials.
    pub credentials: Vec<CredentialReport>,
    /// The findings, strongest root cause first.
    pub findings: Vec<Finding>,
    /// The outcome of each check.
    pub checks: Vec<Check>,
    /// Counts.
    pub summary: Summary,
}

impl Report {
    /// An empty report of this program.
    pub fn new() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            inputs: Vec::new(),
            credentials: Vec::new(),
            findings: Vec::new(),
            checks: Vec::new(),
            summary: Summary::default(),
        }
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `keyspect`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InputStatus {
    /// Read.
    Analyzed,
    /// Read in part; `problems` says what is missing.
    Partial,
    /// Needs a password.
    Locked,
    /// Of no known kind.
    Unrecognized,
    /// Could not be read.
    Failed,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Input {
    /// Its number, from 0.
    pub id: u32,
    /// The path as given; `-` for standard input.
    pub path: String,
    /// The path inside a zip.
    pub member: Option<String>,
    /// The kind of artifact.
    pub kind: String,
    /// The parts of a text that mixes artifacts.
    pub segments: Option<Vec<Segment>>,
    /// The text encoding; null for a binary artifact.
    pub encoding: Option<String>,
    /// The user interface language of a certutil log.
    pub language: Option<String>,
    /// The size in bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: Option<String>,
    /// What became of it.
    pub status: InputStatus,
    /// What could not be read, and where.
    pub problems: Vec<Problem>,
    /// What the kind of artifact adds.
    #[serde(default)]
    pub details: Option<serde_json::Value>,
    /// For a request, INF or template: what a certificate made from it would be worth.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub verdicts: Vec<Verdict>,
}

impl Input {
    /// An input of which nothing is known yet.
    pub fn new(id: u32, path: impl Into<String>) -> Self {
        Self {
            id,
            path: path.into(),
            member: None,
            kind: "unrecognized".to_owned(),
            segments: None,
            encoding: None,
            language: None,
            bytes: 0,
            sha256: None,
            status: InputStatus::Unrecognized,
            problems: Vec::new(),
            details: None,
            verdicts: Vec::new(),
        }
    }
}

/// A part of a mixed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// The kind of artifact.
    pub kind: String,
    /// The first line, from 1.
    pub line: u32,
    /// Half-open, in the original input.
    pub bytes: [u64; 2],
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What.
    pub message: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// Half-open, in the original input.
    pub bytes: Option<[u64; 2]>,
}

impl Problem {
    /// With its place; line 0: the input has no lines.
    pub(crate) fn at(message: String, line: u32, bytes: [u64; 2]) -> Self {
        Self { message, line: (line > 0).then_some(line), bytes: Some(bytes) }
    }
}

/// A certificate together with what is known of its private key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CredentialReport {
    /// Its number.
    pub id: u32,
    /// The certificate; null: a key without one.
    pub certificate: Option<CertificateReport>,
    /// The store; null for loose files.
    pub store: Option<StoreReport>,
    /// The key.
    pub key: KeyReport,
    /// Where the facts come from.
    pub sources: Vec<SourceReport>,
    /// One per workload for which it is a candidate.
    pub verdicts: Vec<Verdict>,
    /// The artifacts that bind it to a workload.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bound_by: Vec<BoundReport>,
    /// A short name for a person.
    pub display_name: String,
    /// What the program itself would say of it in a few words, for people: `certutil -store` dump, PFX, ….
    pub origin: String,
}

impl CredentialReport {
    /// A credential of which only the name is known.
    pub fn new(id: u32, display_name: impl Into<String>) -> Self {
        Self {
            id,
            certificate: None,
            store: None,
            key: KeyReport::default(),
            sources: Vec::new(),
            verdicts: Vec::new(),
            bound_by: Vec::new(),
            display_name: display_name.into(),
            origin: String::new(),
        }
    }
}

/// An artifact that names a certificate for a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoundReport {
    /// The workload.
    pub workload: String,
    /// The endpoint of a binding; null: an error or event names the certificate.
    pub endpoint: Option<String>,
    /// The input.
    pub input: u32,
    /// The line, from 1; null in a binary input.
    pub line: Option<u32>,
}

/// A certificate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CertificateReport {
    /// The thumbprint.
    pub sha1: Option<String>,
    /// SHA-256.
    pub sha256: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The issuer.
    pub issuer: Option<String>,
    /// RFC 3339; without a zone when the artifact states local time.
    pub not_before: Option<String>,
    /// RFC 3339; without a zone when the artifact states local time.
    pub not_after: Option<String>,
    /// As printed: from, until.
    pub validity_text: Option<[Option<String>; 2]>,
    /// The names of RFC 5280; null: not shown or absent.
    pub key_usage: Option<Vec<String>>,
    /// OIDs; null: not shown or absent.
    pub extended_key_usage: Option<Vec<String>>,
    /// The public key.
    pub public_key: PublicKeyReport,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is a CA's certificate; null: not known.
    pub ca: Option<bool>,
    /// Subject alternative names as printed.
    pub alternative_names: Vec<String>,
    /// The certificate template.
    pub template: Option<String>,
    /// The friendly name.
    pub friendly_name: Option<String>,
}

/// A public key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicKeyReport {
    /// `RSA`, `ECC`, ….
    pub algorithm: Option<String>,
    /// Bits.
    pub bits: Option<u32>,
    /// SHA-1 over the content of the subjectPublicKey BIT STRING.
    pub sha1: Option<String>,
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreReport {
    /// Its name.
    pub name: Option<String>,
    /// `machine`, `user`, `service`, `enterprise`, `group-policy`, `unknown`.
    pub scope: String,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct KeyReport {
    /// `linked`, `found-by-search`, `none`, `unknown`.
    pub association: String,
    /// `opened`, `not-opened`, `unknown`.
    pub access: String,
    /// The container.
    pub container: ContainerReport,
    /// The provider.
    pub provider: ProviderReport,
    /// The flags of the key link; null: not shown.
    pub flags: Option<FlagsReport>,
    /// The KeySpec; null: not shown.
    pub key_spec: Option<KeySpecReport>,
    /// The key's algorithm.
    pub algorithm: Option<String>,
    /// Bits.
    pub bits: Option<u32>,
    /// SHA-1 of the key's public part.
    pub public_key_sha1: Option<String>,
    /// Whether the key is the certificate's, by bytes; null: not known.
    pub matches_certificate: Option<bool>,
    /// The CNG key usage property; null: not shown.
    pub usage: Option<Vec<String>>,
    /// `yes`, `no`, `encrypted-only`, `unknown`.
    pub exportable: String,
    /// `passed`, `failed`, `not-shown`.
    pub encryption_test: String,
    /// `passed`, `failed`, `not-shown`.
    pub signature_test: String,
}

impl Default for KeyReport {
    /// A key of which nothing is known.
    fn default() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            association: unknown(),
            access: unknown(),
            container: ContainerReport {
                stored: None,
                name: None,
                unique_name: None,
                machine_guid: None,
                file_name_rule: unknown(),
            },
            provider: ProviderReport { name: None, provider_type: None, kind: unknown() },
            flags: None,
            key_spec: None,
            algorithm: None,
            bits: None,
            public_key_sha1: None,
            matches_certificate: None,
            usage: None,
            exportable: unknown(),
            encryption_test: "not-shown".to_owned(),
            signature_test: "not-shown".to_owned(),
        }
    }
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerReport {
    /// As the key link stores it.
    pub stored: Option<String>,
    /// Its own name.
    pub name: Option<String>,
    /// The key file's name.
    pub unique_name: Option<String>,
    /// The machine's GUID in the key file's name.
    pub machine_guid: Option<String>,
    /// `capi`, `cng`, `mismatch`, `unknown`.
    pub file_name_rule: String,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderReport {
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub provider_type: Option<u32>,
    /// `csp`, `ksp`, `unknown`.
    pub kind: String,
}

/// Flags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlagsReport {
    /// The number.
    pub value: u32,
    /// The names of the bits that have one.
    pub names: Vec<String>,
}

/// A KeySpec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySpecReport {
    /// The number.
    pub value: u32,
    /// The constant's name.
    pub name: Option<String>,
    /// `stated`, `derived`.
    pub basis: String,
}

/// A place from which a credential's facts come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceReport {
    /// The input.
    pub input: u32,
    /// The first line, from 1; null in a binary input.
    pub line: Option<u32>,
    /// Half-open, in the original input.
    pub bytes: [u64; 2],
}

/// A failed check, with evidence, cause and remedy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// What part it plays.
    pub role: Role,
    /// How sure.
    pub confidence: Confidence,
    /// One line.
    pub title: String,
    /// Why, in a few sentences.
    pub message: String,
    /// The credential; null: about the case.
    pub credential: Option<u32>,
    /// Other credentials it is about.
    pub related: Vec<u32>,
    /// The workloads it matters for.
    pub workloads: Vec<String>,
    /// The places that prove it.
    pub evidence: Vec<EvidenceReport>,
    /// What to do.
    pub remedies: Vec<RemedyReport>,
    /// Where it is documented.
    pub references: Vec<Reference>,
    /// The same for the same finding in every run.
    pub fingerprint: String,
    /// Whether an earlier run knew it (`--baseline` with `--show-known`): then the counts leave it out.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub known: bool,
}

impl Finding {
    /// A finding with what every one has; the fingerprint is the caller's.
    pub fn new(
        rule: impl Into<String>,
        severity: Severity,
        role: Role,
        confidence: Confidence,
        title: impl Into<String>,
        fingerprint: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            severity,
            role,
            confidence,
            title: title.into(),
            message: String::new(),
            credential: None,
            related: Vec::new(),
            workloads: Vec::new(),
            evidence: Vec::new(),
            remedies: Vec::new(),
            references: Vec::new(),
            fingerprint: fingerprint.into(),
            known: false,
        }
    }
}

/// A place that proves a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct EvidenceReport {
    /// The input.
    pub input: u32,
    /// The line, from 1; null in a binary input.
    pub line: Option<u32>,
    /// The column, from 1, in characters; null in a binary input.
    pub column: Option<u32>,
    /// Half-open, in the original input.
    pub bytes: [u64; 2],
    /// The words at the place.
    pub excerpt: String,
    /// What they show.
    pub label: String,
    /// Whether this is the place that proves it.
    pub primary: bool,
    /// The whole decoded line; null in a binary input or when it is no longer kept.
    pub line_text: Option<String>,
    /// In a binary input, the path of the field.
    pub path: Option<String>,
    /// Decoded lines between this evidence and the next one, for a snippet.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub context: Vec<ContextLine>,
}

impl EvidenceReport {
    /// A place in an input (bytes half-open) and what it shows.
    pub fn new(input: u32, bytes: [u64; 2], excerpt: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            input,
            line: None,
            column: None,
            bytes,
            excerpt: excerpt.into(),
            label: label.into(),
            primary: false,
            line_text: None,
            path: None,
            context: Vec::new(),
        }
    }
}

/// A line shown for context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextLine {
    /// The line, from 1.
    pub line: u32,
    /// The decoded text.
    pub text: String,
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RemedyReport {
    /// In one line.
    pub title: String,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// What to mind; null: nothing.
    pub caution: Option<String>,
    /// The command that shows that it is repaired.
    pub verify: Option<String>,
    /// What that command then prints; null: not said.
    #[serde(default)]
    pub verify_shows: Option<String>,
}

impl RemedyReport {
    /// A remedy with its steps.
    pub fn new(title: impl Into<String>, steps: Vec<StepReport>) -> Self {
        Self { title: title.into(), steps, caution: None, verify: None, verify_shows: None }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct StepReport {
    /// The command, or the sentence when `shell` is `text`, or the lines of a file when it is `inf`.
    pub run: String,
    /// `cmd`, `powershell`, `sh`, `text`, `inf`.
    pub shell: String,
    /// `server`, `requesting-server`, `user` (as the user in whose store it is, not elevated), `here`.
    #[serde(rename = "where")]
    pub place: String,
    /// What to look at before going on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

impl StepReport {
    /// What to run, in which shell, where.
    pub fn new(run: impl Into<String>, shell: impl Into<String>, place: impl Into<String>) -> Self {
        Self { run: run.into(), shell: shell.into(), place: place.into(), note: None }
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// Its title.
    pub title: String,
    /// Its address; empty when it has none.
    pub url: String,
}

/// Pass, fail, not applicable, unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// Checked and wrong.
    Fail,
    /// The artifacts don't tell.
    Unknown,
    /// Checked and fine.
    Pass,
    /// Does not concern this credential.
    NotApplicable,
}

/// One rule on one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Check {
    /// The rule.
    pub rule: String,
    /// The credential; null: about the case, or counted.
    pub credential: Option<u32>,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// Why.
    pub reason: String,
    /// For unknown: the command that would tell.
    pub obtain: Option<String>,
    /// How many credentials this entry stands for, when it stands for several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Whether a person should read it as "not the cause": a suppressor that speaks.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub not_the_cause: bool,
}

impl Check {
    /// An outcome and why.
    pub fn new(rule: impl Into<String>, outcome: CheckOutcome, reason: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            credential: None,
            outcome,
            reason: reason.into(),
            obtain: None,
            count: None,
            not_the_cause: false,
        }
    }
}

/// Counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Summary {
    /// Inputs.
    pub inputs: u64,
    /// Credentials.
    pub credentials: u64,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
    /// Findings of severity note.
    pub notes: u64,
    /// Rule to number of passed checks.
    pub passed: std::collections::BTreeMap<String, u64>,
    /// Rule to number of checks that did not apply.
    pub not_applicable: std::collections::BTreeMap<String, u64>,
    /// Rule to number of checks that could not be made.
    pub unknown: std::collections::BTreeMap<String, u64>,
    /// Findings that the user had settled before: `errors`, `warnings` and `notes` leave them out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub set_aside: Vec<SetAside>,
}

/// Why a finding was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhyAside {
    /// An earlier run knew it.
    Known,
    /// The user ignores it, for a reason.
    Ignored,
    /// The user turned its rule off.
    Off,
}

/// Findings of one rule that were set aside for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    /// Why.
    pub why: WhyAside,
    /// The rule.
    pub rule: String,
    /// How bad they are.
    pub severity: Severity,
    /// How many.
    pub count: u64,
    /// The user's reason for ignoring them; else null.
    pub reason: Option<String>,
    /// Their fingerprints, in order.
    pub fingerprints: Vec<String>,
}

/// One line of `jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Item {
    /// An input.
    Input(Input),
    /// A credential.
    Credential(Box<CredentialReport>),
    /// A finding.
    Finding(Box<Finding>),
    /// A check.
    Check(Check),
    /// What was written before and is no longer so.
    Withdrawn(Withdrawn),
    /// The end.
    Summary(Summary),
}

/// What a later artifact of the same run has made untrue: lines that stand further up in `jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    /// The credential.
    pub credential: u32,
    /// Of the finding about it; `null`: the credential itself and all that was found about it. It is part of another one now.
    pub fingerprint: Option<String>,
}

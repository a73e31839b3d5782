//! The rules: one file each, pure, named, with their sources.

pub mod check;
pub mod judge;
mod keyspec_signature_on_csp;
mod pfx;
mod pfx_csp_name_attribute;
mod pfx_empty_vs_null_password;
mod pfx_key_cert_mismatch;
mod pfx_keybag_keyusage_signature;
mod pfx_leaf_missing;
mod pfx_local_keyset_attribute;
mod pfx_modern_encryption_old_windows;
mod pfx_multiple_keys;
mod pfx_no_private_key;
mod prelude;
pub mod remedy;
mod sources;
mod subject;

use crate::case::{credential::Credential, index::CaseIndex};
use crate::limits::Limits;
use crate::model::windows::WindowsVersion;
use crate::report::model::{Confidence, Role, Severity};
use crate::workloads::Target;
pub use check::{Checks, FindingDraft, Outcome, Recorded};
use time::OffsetDateTime;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A check that can fail.
    Fault,
    /// A check that passes with a reason, shown under "Not the cause"; never a finding.
    Suppressor,
    /// Reads a symptom and points to the rules that decide.
    Dispatch,
}

/// How good a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// Documentation of the vendor.
    A,
    /// Re-computed or cross-checked against public data.
    B,
    /// An issue, a blog, a public answer.
    C,
    /// An inference of engineering; never stated as fact.
    D,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The document and section.
    pub title: &'static str,
    /// Its address; empty when it has none that lasts.
    pub url: &'static str,
    /// How good it is.
    pub grade: Grade,
}

/// What is known of a rule without running it.
#[derive(Debug)]
pub struct RuleMeta {
    /// The stable name: `keyspec-signature-on-csp`.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The severity of a finding, as a rule; a draft may lower it.
    pub severity: Severity,
    /// The role of a finding, as a rule; the ranking may turn a root cause into a contributing one.
    pub role: Role,
    /// The confidence of a finding, as a rule; a draft may lower it.
    pub confidence: Confidence,
    /// One sentence: what is wrong when it fails.
    pub summary: &'static str,
    /// Never empty.
    pub sources: &'static [Source],
    /// The rules whose findings this one explains: they become contributing, at most a warning, when this one is the
    /// root cause.
    pub explains: &'static [&'static str],
    /// The text of `docs/rules/<name>.md`.
    pub doc: &'static str,
}

/// What a rule may know besides its subject.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The workloads for which the credential is a candidate; for a case rule, all that were asked for.
    pub workloads: &'a [Target],
    /// The workloads to which an artifact binds the credential; empty without such an artifact, and for a case rule.
    pub bound: &'a [Target],
    /// The time of judgement.
    pub at: OffsetDateTime,
    /// The Windows version that the user named, if any. A version that an artifact states is in the credential.
    pub windows: Option<WindowsVersion>,
    /// The bounds.
    pub limits: &'a Limits,
    /// Asked between subjects; true: stop.
    pub stop: &'a dyn Fn() -> bool,
}

/// Sees one credential and runs when its block ends.
pub trait CredentialRule: Sync {
    /// What is known of it without running it.
    fn meta(&self) -> &'static RuleMeta;
    /// Checks one credential: at least one outcome goes to `out`.
    fn check(&self, credential: &Credential, cx: &Context<'_>, out: &mut Checks);
}

/// Sees the whole case and runs at the end of the input.
pub trait CaseRule: Sync {
    /// What is known of it without running it.
    fn meta(&self) -> &'static RuleMeta;
    /// Checks the case.
    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks);
}

/// A rule of either kind.
#[derive(Clone, Copy)]
pub enum RuleEntry {
    /// About one credential.
    Credential(&'static dyn CredentialRule),
    /// About the case.
    Case(&'static dyn CaseRule),
}

impl RuleEntry {
    /// What is known of it without running it.
    pub fn meta(&self) -> &'static RuleMeta {
        match self {
            Self::Credential(r) => r.meta(),
            Self::Case(r) => r.meta(),
        }
    }
}

/// Every rule: one line per file in `rules/`, in the order of precedence (byte proof first).
pub static RULES: &[RuleEntry] = &[
    RuleEntry::Credential(&pfx_key_cert_mismatch::PfxKeyCertMismatch),
    RuleEntry::Credential(&pfx_no_private_key::PfxNoPrivateKey),
    RuleEntry::Credential(&pfx_leaf_missing::PfxLeafMissing),
    RuleEntry::Credential(&keyspec_signature_on_csp::KeySpecSignatureOnCsp),
    RuleEntry::Credential(&pfx_keybag_keyusage_signature::PfxKeybagKeyusageSignature),
    RuleEntry::Credential(&pfx_modern_encryption_old_windows::PfxModernEncryptionOldWindows),
    RuleEntry::Credential(&pfx_csp_name_attribute::PfxCspNameAttribute),
    RuleEntry::Credential(&pfx_multiple_keys::PfxMultipleKeys),
    RuleEntry::Credential(&pfx_local_keyset_attribute::PfxLocalKeysetAttribute),
    RuleEntry::Credential(&pfx_empty_vs_null_password::PfxEmptyVsNullPassword),
];

/// The rule of this name.
pub fn find(name: &str) -> Option<&'static RuleEntry> {
    RULES.iter().find(|r| r.meta().name == name)
}

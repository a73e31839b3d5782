//! The words of a judgement: how bad, what part, how sure, how well sourced, and the verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It fails.
    Error,
    /// It may fail.
    Warning,
    /// Good to know.
    Note,
}

/// What part a finding plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The cause.
    RootCause,
    /// Adds to it, or follows from it.
    Contributing,
    /// What is seen; never a cause.
    Symptom,
    /// Not a fault of the key; worth cleaning up.
    Hygiene,
}

/// How sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The artifact states it.
    Certain,
    /// The best explanation.
    Likely,
    /// One explanation among others.
    Possible,
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

/// Works, fails, at risk, unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictOutcome {
    /// A root cause of severity error.
    Fails,
    /// Works, but something threatens it.
    AtRisk,
    /// The artifacts don't tell.
    Unknown,
    /// Nothing speaks against it.
    Works,
}

/// The verdict on a credential for a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The `--for` argument.
    pub workload: String,
    /// The outcome.
    pub outcome: VerdictOutcome,
    /// The rules that decided it.
    pub because: Vec<String>,
}

//! What a rule's file needs.

pub(super) use super::remedy::{self, Remedy, Step, Verify};
pub(super) use super::request::{self, Purpose};
pub(super) use super::{
    Asked, CaseRule, Checks, Context, CredentialRule, FindingDraft, Kind, RequestRule, RuleMeta, Standing, judge,
    sources, subject,
};
pub(super) use crate::case::credential::{
    Access, Association, Certificate, Credential, CredentialId, Exportable, KeyRemark, Origin, Scope, TestOutcome,
    ValidityDate,
};
pub(super) use crate::case::index::{CaseIndex, IndexEntry, fold};
pub(super) use crate::model::judgement::{Confidence, Role, Severity};
pub(super) use crate::model::{
    container_name::{self, FileNameRule},
    date::Moment,
    fact::Evidence,
    flags, hresult,
    key_request::RequestForm,
    key_spec::KeySpec,
    key_usage::KeyUsage,
    observation::SystemFact,
    oid,
    provider::{self, ProviderClass, ProviderKind},
};
pub(super) use crate::workloads::{CellOutcome, Target};
pub(super) use std::collections::{BTreeMap, BTreeSet};

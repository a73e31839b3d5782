//! keyspect: an offline doctor for the private keys behind Windows certificates.
//!
//! Artifacts in, an explained verdict out, nothing touched, nothing sent anywhere.

pub mod analyze;
pub mod case;
pub mod collect;
pub mod explain;
pub mod formats;
pub mod input;
pub mod limits;
pub mod model;
pub mod redact;
pub mod report;
pub mod rules;
pub mod workloads;

/// The example of the README is compiled and run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

//! keyspect: an offline doctor for the private keys behind Windows certificates.
//!
//! Artifacts in (certutil logs, PFX files, key files, stores, requests, events, permissions, archives of them), an explained
//! verdict out. Nothing is touched and nothing is sent anywhere: the library opens no file, reads no clock and no
//! environment, needs no random numbers and has no network code. The caller hands over readers and the time of judgement.
//!
//! ```
//! use keyspect::report::model::VerdictOutcome;
//! use keyspect::report::{json, text};
//! use keyspect::{Analysis, Options};
//! use time::macros::datetime;
//!
//! let log = br#"my "Personal"
//! ================ Certificate 0 ================
//! Serial Number: 5f8ad6f15201b4c11e167c3b49953a2d
//! Issuer: CN=Contoso CA
//! Subject: CN=www.contoso.com
//! Cert Hash(sha1): ba8278f161740479635e61bdc1b8dfd5139c9b52
//!   CERT_KEY_PROV_INFO_PROP_ID(2):
//!     Key Container = {7A1D0C55-2E0B-4D8C-9A61-0F3B6C2E91D4}
//!     Provider = Microsoft Strong Cryptographic Provider
//!     ProviderType = 1
//!   Flags = 20 (32)
//!     CRYPT_MACHINE_KEYSET -- 20 (32)
//!     KeySpec = 2 -- AT_SIGNATURE
//! Signature test passed
//! CertUtil: -store command completed successfully.
//! "#;
//!
//! // Judged for IIS, at a time that the caller names.
//! let mut analysis = Analysis::new(Options::new(datetime!(2026-11-22 12:00 UTC)));
//! analysis.read("dump.txt", None, &mut log.as_slice())?;
//! let report = analysis.finish()?;
//!
//! assert_eq!(report.findings[0].rule, "keyspec-signature-on-csp");
//! assert_eq!(report.findings[0].evidence[0].line, Some(13));
//! assert_eq!(report.credentials[0].verdicts[0].outcome, VerdictOutcome::Fails);
//!
//! // Any renderer writes the same report.
//! let mut page = Vec::new();
//! text::render(&report, &text::TextOptions::default(), &mut page)?;
//! json::render(&report, &mut page)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Where to look
//!
//! - [`analyze`]: [`Options`] and [`Analysis`], the whole way from bytes to a [`Report`]; with a
//!   [`Sink`](report::jsonl::Sink) each item is handed out as soon as it is known.
//! - [`report::model`]: what a report says; the same types are the JSON of `docs/report.schema.json`.
//! - [`report`]: the renderers, each a function from a report to a writer.
//! - [`workloads`]: what a credential can be judged for ([`workloads::parse`] reads `sql-server:2019`).
//! - [`rules`]: every rule with its sources; [`explain`]: what a code, an event, a flag or a rule means.
//! - [`limits`]: every bound, and what happens when it is reached.
//! - [`case`](mod@case), [`formats`], [`input`], [`model`], [`collect`]: the parts of which the above are made.
//!
//! # What may change
//!
//! Versions follow Semantic Versioning. [`analyze`], [`report`], [`limits`] and [`workloads`] are the stable interface; the parts below them
//! (`case`, `formats`, `input`, `model`, `rules`) are public for tools that need a single parser, and may change with each minor
//! version before 1.0. Types that will grow are `#[non_exhaustive]`: they are made with `new` or `default`, and a match over them needs a
//! wildcard. The words of the report (severity, outcome, status) are complete for its version, `keyspect.report/1`.
//!
//! # Features
//!
//! | feature | brings | without it |
//! |---|---|---|
//! | `cli` | the binary: arguments, folders, the terminal | the library alone |
//! | `decrypt` | opening password-protected PFX files and keys | what they show without a password |
//! | `evtx` | binary event logs | exported events (text, XML, JSON) are still read |
//! | `mail` | parts of mails (brings `zip`) | a mail is read as the text that it is |
//! | `zip` | members of archives | an archive is named and not read |
//!
//! All are on by default; any set of them compiles. Without `cli` the library also compiles for `wasm32-unknown-unknown`.
//!
//! # Secrets
//!
//! Passwords and keys are never part of a report, an error or a `Debug` output, and what this crate itself holds of them is wiped after use.
//! The crate that opens PFX keys doesn't wipe all of its copies: the binary runs with an allocator that wipes on free, and a program
//! that uses the library with `decrypt` may do the same.

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

pub use analyze::{Analysis, Options};
pub use limits::Limits;
pub use report::model::Report;

/// The example of the README is compiled and run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

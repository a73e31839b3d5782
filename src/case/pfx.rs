//! What a PFX file says as a whole, kept with each credential that comes from it.

use super::pfx_import::Prediction;
use crate::formats::pfx::PasswordState;
use crate::model::fact::{Fact, Place};
use crate::model::windows::WindowsVersion;
use std::sync::Arc;

/// The part of a PFX file that one credential is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfxPart {
    /// The file.
    pub file: Arc<PfxFile>,
    /// Whether it is the first credential of the file: what concerns the whole file is said once, with it.
    pub first: bool,
    /// The key's bag, if it has one.
    pub key_bag: Option<Place>,
    /// The certificate's bag, if it has one.
    pub certificate_bag: Option<Place>,
    /// Whether the key is still locked.
    pub key_locked: bool,
    /// The first byte of the key's own 2.5.29.15, with the place of the bag that holds it.
    pub key_usage: Option<Fact<u8>>,
    /// What the importers would store.
    pub imports: Vec<Prediction>,
}

/// A PFX file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PfxFile {
    /// Its own name, without folders, if it has one.
    pub name: Option<String>,
    /// What became of the passwords.
    pub password: PasswordState,
    /// Whether something is still encrypted.
    pub locked: bool,
    /// Whether something could not be read, so that what is absent may have been there.
    pub incomplete: bool,
    /// Whether the file ends before the length that it states.
    pub cut: bool,
    /// The bags of private keys.
    pub keys: Vec<Place>,
    /// The bags of certificates that are not a CA's.
    pub end_entities: Vec<Place>,
    /// The algorithms that decide which Windows opens the file.
    pub algorithms: Vec<Fact<Algorithm>>,
    /// The MAC's place.
    pub mac: Option<Place>,
    /// What the file is as bytes, for findings about the whole.
    pub whole: Place,
    /// Fields with their paths and texts, for evidence.
    pub shown: Vec<Shown>,
}

/// How well it is known that Windows reads an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// Every version reads it.
    Every,
    /// Windows 10 version 1709 and Server 2019 and later read it.
    Since1709,
    /// No document says that a version reads it.
    NotDocumented,
    /// Likewise, and it is as old as PKCS #12: an old version need not be the reason.
    OldNotDocumented,
}

/// The first build that reads AES-256 with SHA-256 (Microsoft Learn, "PFXExportCertStoreEx function",
/// PKCS12_PBES2_EXPORT_PARAMS: Windows 10 version 1709).
pub const FIRST_WITH_AES: WindowsVersion = WindowsVersion { major: 10, minor: 0, build: 16299 };

/// An algorithm of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithm {
    /// What is done with it: `MAC`, `part`, `key`.
    pub use_of: &'static str,
    /// Its name: `PBES2 AES-256 PBKDF2-sha256`.
    pub name: String,
    /// Who reads it.
    pub support: Support,
}

impl Algorithm {
    /// The name without counts: `MAC with SHA-256`, `PBES2 AES-256`.
    pub fn short_name(&self) -> String {
        let mut parts = self.name.split(", ");
        let name = parts.next().unwrap_or(&self.name);
        // With another pseudo-random function AES-256 is read by no documented version: the name alone would not tell.
        let derivation =
            parts.next().filter(|part| self.support == Support::NotDocumented && part.starts_with("PBKDF2 with "));
        match derivation {
            _ if self.use_of == "MAC" => format!("a MAC with {}", name.to_uppercase()),
            Some(derivation) => format!("{name} ({derivation})"),
            None => name.to_owned(),
        }
    }
}

/// A field, for evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it stands.
    pub place: Place,
    /// Its path: `authSafe[1].bag[0].attribute[cspName]`.
    pub path: String,
    /// What it says, in words.
    pub text: String,
}

impl PfxFile {
    /// The field that stands at a place.
    pub fn shown_at(&self, place: Place) -> Option<&Shown> {
        self.shown.iter().find(|shown| shown.place == place)
    }

    /// The least support of all algorithms: what decides which Windows opens the file.
    pub fn support(&self) -> Support {
        self.algorithms.iter().map(|algorithm| algorithm.value.support).max().unwrap_or(Support::Every)
    }

    /// Whether a version before Windows 10 1709 is known not to open the file: something in it is newer than the schemes of
    /// PKCS #12 itself.
    pub fn newer_than_pkcs12(&self) -> bool {
        let newer = |support| matches!(support, Support::Since1709 | Support::NotDocumented);
        self.algorithms.iter().any(|algorithm| newer(algorithm.value.support))
    }

    /// Which Windows opens the file, in words.
    pub fn opens_on(&self) -> &'static str {
        match self.support() {
            Support::Every => "every version of Windows",
            Support::Since1709 => "Windows 10 version 1709, Windows 11, Windows Server 2019 and later",
            Support::NotDocumented | Support::OldNotDocumented => "not documented for any version of Windows",
        }
    }
}

/// Which certificate a key goes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    /// The key's bag.
    pub(super) key: usize,
    /// The certificate's bag.
    pub(super) certificate: Option<usize>,
    /// Whether the public keys are the same; `None` when the key does not show its own.
    pub(super) matches: Option<bool>,
}

//! A certificate together with what is known of its private key.

use super::pfx::PfxPart;
use crate::limits::SYMPTOMS;
use crate::model::{
    container_name::{self, FileNameRule},
    date::Moment,
    fact::{Basis, Evidence, Excerpts, Fact, Place, SourceId},
    key_spec::KeySpec,
    key_usage::KeyUsage,
    oid,
    provider::{self, ProviderKind},
    service_setting::ServiceUse,
    thumbprint::Sha1,
};
use std::borrow::Cow;

/// The number of a credential within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CredentialId(pub u32);

/// From which kind of artifact a credential's facts come. Rules that judge what is stored on a machine look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Origin {
    /// A certutil dump of a store: `-store`, `-verifystore`, `-repairstore`, `-exportPFX`, `-delstore`.
    #[default]
    StoreDump,
    /// A certutil dump of a file: `-dump`, `-dumpPFX`, `-importPFX`, a PFX listing with nesting levels.
    FileDump,
    /// `certutil -scinfo`: what is on a smart card.
    SmartCardDump,
    /// A PFX file.
    Pfx,
    /// A key blob, key container or key file, without a certificate.
    KeyFile,
    /// A certificate file, a serialized store, a registry value.
    CertificateFile,
}

/// Which keyset or store: machine, user, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// The machine's.
    Machine,
    /// A user's.
    User,
    /// A service's.
    Service,
    /// The enterprise store.
    Enterprise,
    /// The group-policy store.
    GroupPolicy,
    /// Not shown.
    #[default]
    Unknown,
}

impl Scope {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::User => "user",
            Self::Service => "service",
            Self::Enterprise => "enterprise",
            Self::GroupPolicy => "group-policy",
            Self::Unknown => "unknown",
        }
    }
}

/// The store in which a certificate was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Store {
    /// The store's name as typed: `My`.
    pub name: Option<Fact<String>>,
    /// Machine, user, …, with the line that tells.
    pub scope: Option<Fact<Scope>>,
}

/// One end of a validity period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidityDate {
    /// As printed.
    pub text: Fact<String>,
    /// What it says, when the order of day and month is settled.
    pub value: Option<Moment>,
    /// Every reading that stays open; one or more also when `value` is settled.
    pub readings: Vec<Moment>,
}

/// The public key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicKey {
    /// `RSA`, `ECC`, `DSA`, ….
    pub algorithm: Option<Fact<String>>,
    /// The length in bits.
    pub bits: Option<Fact<u32>>,
    /// SHA-1 over the content of the subjectPublicKey BIT STRING (RFC 5280 section 4.2.1.2, method 1).
    pub sha1: Option<Fact<Sha1>>,
    /// MD5 over the same bytes (property 25), as hexadecimal.
    pub md5: Option<Fact<String>>,
}

/// The facts of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// The thumbprint.
    pub sha1: Option<Fact<Sha1>>,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: Option<Fact<String>>,
    /// The serial number, lower-case hexadecimal as printed.
    pub serial: Option<Fact<String>>,
    /// The subject on one line, most specific part first.
    pub subject: Option<Fact<String>>,
    /// The issuer, likewise.
    pub issuer: Option<Fact<String>>,
    /// Valid from.
    pub not_before: Option<ValidityDate>,
    /// Valid until.
    pub not_after: Option<ValidityDate>,
    /// The key-usage extension; `None`: not shown or absent (see `extensions_shown`).
    pub key_usage: Option<Fact<KeyUsage>>,
    /// The extended key usages as OIDs; `None`: not shown or absent.
    pub extended_key_usage: Option<Fact<Vec<String>>>,
    /// Subject alternative names as printed: `DNS Name=www.contoso.com`.
    pub alternative_names: Vec<Fact<String>>,
    /// The extension of the alternative names is there, but the names are not shown.
    pub names_hidden: bool,
    /// Whether the artifact shows the extensions, so that an absent one is really absent.
    pub extensions_shown: bool,
    /// The basic-constraints CA mark, a CA version line or a CA template.
    pub is_ca: Option<Fact<bool>>,
    /// Subject and issuer are the same, or certutil says so.
    pub self_signed: Option<Fact<bool>>,
    /// The signature algorithm: OID, or the name as printed.
    pub signature_algorithm: Option<Fact<String>>,
    /// The certificate template.
    pub template: Option<Fact<String>>,
    /// The friendly name.
    pub friendly_name: Option<Fact<String>>,
    /// The public key.
    pub public_key: PublicKey,
    /// Whether the certificate is marked as archived.
    pub archived: Option<Fact<bool>>,
    /// What was stored with the certificate has another thumbprint: its bytes are damaged or were changed.
    pub altered: bool,
}

/// How a key belongs to the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Association {
    /// A stored key link names it.
    Linked,
    /// No key link; certutil found a matching key by itself.
    FoundBySearch,
    /// No key link and no key.
    None,
    /// Not shown.
    #[default]
    Unknown,
}

impl Association {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::FoundBySearch => "found-by-search",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the artifact shows that the key could be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Access {
    /// It was opened.
    Opened,
    /// It could not be opened.
    NotOpened,
    /// Not shown.
    #[default]
    Unknown,
}

impl Access {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::NotOpened => "not-opened",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the key may be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Exportable {
    /// In plain text.
    Yes,
    /// Not at all.
    No,
    /// Only encrypted.
    EncryptedOnly,
    /// Not shown.
    #[default]
    Unknown,
}

impl Exportable {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::EncryptedOnly => "encrypted-only",
            Self::Unknown => "unknown",
        }
    }
}

/// The outcome of one of certutil's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TestOutcome {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// Not shown, or skipped.
    #[default]
    NotShown,
}

impl TestOutcome {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotShown => "not-shown",
        }
    }
}

pub use crate::model::key_remark::KeyRemark;

/// What is known of the private key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// How it belongs to the certificate.
    pub association: Association,
    /// The place that shows the association.
    pub association_place: Option<Place>,
    /// Whether it was opened.
    pub access: Access,
    /// The place that shows the access.
    pub access_place: Option<Place>,
    /// Where another artifact shows the key as missing that this one opened, and nothing tells which was made later.
    pub missing_elsewhere: Option<Place>,
    /// The container as the key link stores it; may be empty.
    pub stored_container: Option<Fact<String>>,
    /// The container's own name.
    pub container: Option<Fact<String>>,
    /// The key file's name (`<32 hex>_<GUID>`).
    pub unique_name: Option<Fact<String>>,
    /// The provider.
    pub provider: Option<Fact<String>>,
    /// The provider type.
    pub provider_type: Option<Fact<u32>>,
    /// CSP or KSP by the folder of the key file, where nothing names the provider.
    pub family: Option<Fact<ProviderKind>>,
    /// The flags of the key link.
    pub flags: Option<Fact<u32>>,
    /// The KeySpec.
    pub key_spec: Option<Fact<KeySpec>>,
    /// The KeySpec that an exported blob's `aiKeyAlg` or an `AT_…` test line shows: a second witness.
    pub key_spec_witness: Option<Fact<KeySpec>>,
    /// The key's algorithm.
    pub algorithm: Option<Fact<String>>,
    /// The key's length in bits.
    pub bits: Option<Fact<u32>>,
    /// SHA-1 of the key's public part, as in [`PublicKey::sha1`].
    pub public_key_sha1: Option<Fact<Sha1>>,
    /// Only the public part is there: it is nobody's private key.
    pub public_only: bool,
    /// Whether the key's public part is the certificate's, by bytes.
    pub matches_certificate: Option<Fact<bool>>,
    /// The CNG key usage property.
    pub usage: Option<Fact<u32>>,
    /// The flags of the CNG user-interface policy: 1 asks the user, 2 asks for a password (Microsoft Learn,
    /// NCRYPT_UI_POLICY structure).
    pub ui_policy: Option<Fact<u32>>,
    /// The CNG export policy.
    pub export_policy: Option<Fact<u32>>,
    /// `KP_PERMISSIONS` of a CryptoAPI key.
    pub permissions: Option<Fact<u32>>,
    /// Whether it may be exported.
    pub exportable: Exportable,
    /// The encryption test.
    pub encryption_test: TestOutcome,
    /// The signature test.
    pub signature_test: TestOutcome,
    /// The lines with the tests' outcomes.
    pub test_places: Vec<Fact<(TestKind, TestOutcome)>>,
    /// A line where the outcome of a test stands was not understood, and no other one shows it.
    pub unread_test: bool,
    /// Where a script imports keys without keeping them, and this one is missing.
    pub unpersisted: Option<Place>,
    /// Remarks, each with its line.
    pub remarks: Vec<Fact<KeyRemark>>,
    /// Error codes printed within this credential's lines.
    pub codes: Vec<Fact<u32>>,
    /// The key's own security descriptor, as SDDL.
    pub sddl: Option<Fact<String>>,
    /// The ACL lines printed after it: `Allow Full Control`, account.
    pub acl: Vec<Fact<String>>,
    /// How sure the derived values are when they are predictions: `certain` for what is read.
    pub prediction: bool,
}

/// How a KeySpec is derived when a key container's bytes show one filled slot and an empty one.
pub const ONLY_SLOT: &str = "from the only slot of the key container that is filled";

/// Encryption or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestKind {
    /// Encryption.
    Encryption,
    /// Signature.
    Signature,
}

impl Key {
    /// CSP or KSP: by the provider type; without one by the provider's name; without a provider by the folder of the key
    /// file; `None` when nothing tells.
    pub fn kind(&self) -> Option<ProviderKind> {
        if let Some(t) = &self.provider_type {
            return Some(provider::kind_of_type(t.value));
        }
        match &self.provider {
            Some(provider) => provider::kind_of_name(&provider.value),
            None => self.family.as_ref().map(|family| family.value),
        }
    }
    /// The catalogue's entry for the provider.
    pub fn known_provider(&self) -> Option<&'static provider::Provider> {
        self.provider.as_ref().and_then(|p| provider::find(&p.value))
    }
    /// The provider type: stated, else the catalogue's for the provider's name.
    pub fn effective_type(&self) -> Option<u32> {
        self.provider_type.as_ref().map(|t| t.value).or_else(|| self.known_provider().map(|p| p.provider_type))
    }
    /// Whether nothing is known of the key, but that no key link is shown.
    pub fn tells_nothing(&self) -> bool {
        let linked = matches!(self.association, Association::Linked | Association::FoundBySearch);
        let named = self.stored_container.is_some() || self.container.is_some() || self.unique_name.is_some();
        let told = self.provider.is_some() || self.provider_type.is_some() || self.flags.is_some();
        !linked && !named && !told && self.key_spec.is_none() && self.access == Access::Unknown
    }
    /// The remark, if there is one of this kind.
    pub fn remark(&self, remark: KeyRemark) -> Option<&Fact<KeyRemark>> {
        self.remarks.iter().find(|r| r.value == remark)
    }
    /// Whether any test passed.
    pub fn any_test_passed(&self) -> bool {
        self.encryption_test == TestOutcome::Passed || self.signature_test == TestOutcome::Passed
    }
    /// The last line that shows this outcome of this test.
    pub fn test_line(&self, kind: TestKind, outcome: TestOutcome) -> Option<&Fact<(TestKind, TestOutcome)>> {
        self.test_places.iter().rev().find(|t| t.value == (kind, outcome))
    }
    /// What the key container's own bytes show against the key link: the KeySpec of its only filled slot, where it is
    /// another than the one that the link states. `None` also when a test passed: then the link's key opens, and the
    /// file shows the container at another time.
    pub fn contradicting_slot(&self) -> Option<&Fact<KeySpec>> {
        let (link, slot) = (self.key_spec.as_ref()?, self.key_spec_witness.as_ref()?);
        let differs = slot.basis == Basis::Derived(ONLY_SLOT) && link.value != slot.value;
        (differs && !self.any_test_passed()).then_some(slot)
    }
    /// The machine's GUID in the key file's name, lower case.
    pub fn machine_guid(&self) -> Option<String> {
        self.printed_machine_guid().map(str::to_ascii_lowercase)
    }
    /// The same as printed.
    pub fn printed_machine_guid(&self) -> Option<&str> {
        container_name::machine_guid(&self.unique_name.as_ref()?.value)
    }
    /// Which rule the container's own name and the key file's name obey together; `None` when one is not known.
    pub fn file_name_rule(&self) -> Option<FileNameRule> {
        container_name::rule_of(&self.container.as_ref()?.value, &self.unique_name.as_ref()?.value)
    }
    /// Whether the keyset is the machine's, by the flags; `None` when they are not shown.
    pub fn machine_keyset(&self) -> Option<bool> {
        self.flags.as_ref().map(|f| f.value & crate::model::flags::CRYPT_MACHINE_KEYSET != 0)
    }
}

/// A part of an input that a credential's facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRange {
    /// The input.
    pub source: SourceId,
    /// The first line, from 1; 0 in a binary input.
    pub line: u32,
    /// The first byte.
    pub start: u64,
    /// One after the last byte.
    pub end: u64,
}

/// A certificate together with what is known of its private key; Schannel's own word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credential {
    /// Its number in this run.
    pub id: CredentialId,
    /// The kind of artifact.
    pub origin: Origin,
    /// The certificate; `None`: a key without one.
    pub certificate: Option<Certificate>,
    /// The store; `None` for loose files.
    pub store: Option<Store>,
    /// The key.
    pub key: Key,
    /// Where the facts come from.
    pub sources: Vec<SourceRange>,
    /// The lines that the facts stand on.
    pub excerpts: Excerpts,
    /// Signs in the surroundings of the block: the prompt's folder, the Windows version, whether the shell is elevated.
    pub surroundings: Surroundings,
    /// Whether the block was cut off or damaged, so that an absent line proves nothing.
    pub incomplete: bool,
    /// What the PFX file says that holds it, if one does.
    pub pfx: Option<PfxPart>,
    /// Its own text shows that it is no longer in its store.
    pub gone: bool,
    /// What artifacts bind it to.
    pub bound: Vec<Bound>,
    /// The workloads to which artifacts bind others and not this one: it is no candidate for them.
    pub passed_over: Vec<&'static str>,
}

/// An artifact that names a certificate for a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The workload's name: `iis`.
    pub workload: &'static str,
    /// The endpoint of a binding: `0.0.0.0:443`.
    pub endpoint: Option<String>,
    /// Where the certificate is named.
    pub place: Place,
    /// Which of the case's observations it is.
    pub observed: usize,
    /// What it says of the use.
    pub service_use: ServiceUse,
    /// It looks in another store than the one that is known to hold the certificate.
    pub other_store: bool,
}

/// What the lines around a block say about the run of certutil that printed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The command line.
    pub command: Option<Fact<String>>,
    /// A sign that the shell was not elevated (a prompt under `C:\Users`, a plain remote shell).
    pub unelevated: Option<Fact<String>>,
    /// The computer, lower case.
    pub machine: Option<String>,
    /// The byte at which the last import before the block completed: what was linked before it may have another key now.
    pub imported: Option<u64>,
    /// A sign that it ran as SYSTEM, the account of http.sys (`psexec -s`, the answer of `whoami`).
    pub system: Option<Fact<String>>,
    /// A sign that it was elevated (`C:\Windows\system32>`, a title with "Administrator"); also where it ran as SYSTEM.
    pub elevated: Option<Fact<String>>,
    /// The Windows version that the log states.
    pub windows: Option<Fact<crate::model::windows::WindowsVersion>>,
    /// An error code in the same log: 0x80070520, 1312, 36870's code.
    pub symptoms: Vec<Fact<u32>>,
}

/// What becomes of one more error code in a list of symptoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// There is room for it.
    Taken,
    /// The list is long, and holds the code already.
    Known,
    /// The list is full, and does not hold the code.
    Full,
}

/// Whether a list of symptoms takes another code: the first ones, and after them as many that it does not hold yet.
pub fn hearing<'a>(mut heard: impl ExactSizeIterator<Item = &'a Fact<u32>>, code: &Fact<u32>) -> Hearing {
    let many = heard.len();
    if many < SYMPTOMS {
        Hearing::Taken
    } else if heard.any(|symptom| symptom.value == code.value) {
        Hearing::Known
    } else if many < SYMPTOMS.saturating_mul(2) {
        Hearing::Taken
    } else {
        Hearing::Full
    }
}

impl Credential {
    /// Machine, user, … as far as it is known.
    pub fn scope(&self) -> Scope {
        self.store.as_ref().and_then(|s| s.scope.as_ref()).map_or(Scope::Unknown, |s| s.value)
    }
    /// The store's name, lower case.
    pub fn store_name(&self) -> Option<String> {
        self.printed_store_name().map(str::to_ascii_lowercase)
    }
    /// The store's name as printed.
    pub fn printed_store_name(&self) -> Option<&str> {
        self.store.as_ref()?.name.as_ref().map(|n| n.value.as_str())
    }
    /// The thumbprint.
    pub fn thumbprint(&self) -> Option<Sha1> {
        self.certificate.as_ref()?.sha1.as_ref().map(|s| s.value)
    }
    /// Whether this is a CA's certificate, as far as it is known.
    pub fn is_ca(&self) -> bool {
        self.certificate.as_ref().and_then(|c| c.is_ca.as_ref()).is_some_and(|c| c.value)
    }
    /// Whether this is an authority's certificate: a CA's, and not one that a server issued to itself, for
    /// `openssl req -x509` marks every certificate as a CA's. Such a one is bound, or for server authentication and has
    /// its key.
    pub fn is_authority(&self) -> bool {
        let certificate = self.certificate.as_ref();
        let own = certificate.and_then(|c| c.self_signed.as_ref()).is_some_and(|own| own.value);
        let usages = certificate.and_then(|c| c.extended_key_usage.as_ref());
        let for_servers = usages.is_some_and(|usages| usages.value.iter().any(|usage| usage == oid::SERVER_AUTH));
        let keyed = matches!(self.key.association, Association::Linked | Association::FoundBySearch);
        self.is_ca() && !(own && (for_servers && keyed || !self.bound.is_empty()))
    }
    /// A short name for a person: the subject's common name, else the subject, the thumbprint, the container.
    pub fn display_name(&self) -> Cow<'_, str> {
        let certificate = self.certificate.as_ref();
        if let Some(subject) = certificate.and_then(|c| c.subject.as_ref()) {
            if let Some(cn) = common_name(&subject.value) {
                return cn.into();
            }
            if !subject.value.is_empty() {
                return subject.value.as_str().into();
            }
        }
        if let Some(name) = certificate.and_then(|c| c.alternative_names.first()) {
            // Without the kind in front of it, in the words of any language: `DNS Name=`, `DNS-Name=`.
            let bare = name.value.split_once('=').filter(|(kind, bare)| !kind.contains(':') && !bare.is_empty());
            return bare.map_or(name.value.as_str(), |(_, bare)| bare).into();
        }
        if let Some(sha1) = self.thumbprint() {
            return sha1.to_string().into();
        }
        if let Some(serial) = certificate.and_then(|c| c.serial.as_ref()) {
            return format!("serial {}", serial.value).into();
        }
        let key = &self.key;
        for name in [&key.container, &key.stored_container, &key.unique_name].into_iter().flatten() {
            if !name.value.is_empty() {
                return format!("container {}", name.value).into();
            }
        }
        match certificate {
            None if key.public_only => "a public key alone".into(),
            None if self.pfx.as_ref().is_some_and(|part| part.file.cut && part.key_bag.is_none()) => {
                "a PFX file whose end is missing".into()
            }
            None if self.in_locked_part() => "a private key whose certificate is locked".into(),
            None => "a private key without a certificate".into(),
            Some(_) => "a certificate without a name".into(),
        }
    }
    /// Whether this is a key of a PFX of which a part is locked or could not be read: its certificate may be there.
    pub fn in_locked_part(&self) -> bool {
        self.certificate.is_none() && self.pfx.as_ref().is_some_and(|part| part.file.locked)
    }
    /// What names the certificate in a certutil command: the thumbprint, else the serial number, else a placeholder.
    pub fn certutil_id(&self) -> String {
        if let Some(sha1) = self.thumbprint() {
            return sha1.to_string();
        }
        match self.certificate.as_ref().and_then(|c| c.serial.as_ref()) {
            Some(serial) if serial.value.bytes().all(|b| b.is_ascii_hexdigit()) => serial.value.clone(),
            _ => "<thumbprint>".to_owned(),
        }
    }
    /// Evidence for a place of this credential: the words at the place and its line, from the kept lines.
    pub fn evidence(&self, place: Place, label: impl Into<Cow<'static, str>>, primary: bool) -> Evidence {
        let mut evidence = self.excerpts.evidence(place, label, primary);
        if let Some(shown) = self.pfx.as_ref().and_then(|part| part.file.shown_at(place)) {
            evidence.path = Some(shown.path.clone());
            evidence.excerpt.clone_from(&shown.text);
        }
        // The line that names the store stands above all certificates of it, and is kept with none.
        let store = self.store.as_ref().and_then(|store| store.name.as_ref()).filter(|name| name.place == place);
        if let Some(store) = store.filter(|_| evidence.excerpt.is_empty() && place.line > 0) {
            evidence.excerpt.clone_from(&store.value);
            evidence.line_text.clone_from(&store.value);
        }
        evidence
    }
}

/// A subject by which two texts of one name are told to be the same: without case, with one blank behind each comma.
pub fn subject_key(subject: &str) -> String {
    let parts: Vec<String> = subject.split(',').map(|part| part.trim().to_lowercase()).collect();
    parts.join(", ")
}

/// The value of the first `CN=` of a distinguished name as certutil prints it.
pub fn common_name(subject: &str) -> Option<&str> {
    let after = |at: usize| {
        let before = subject.get(..at)?;
        (before.ends_with(", ") || before.ends_with("+ ")).then(|| subject.get(at + 3..)).flatten()
    };
    let rest = match subject.strip_prefix("CN=") {
        Some(rest) => rest,
        None => subject.match_indices("CN=").find_map(|(at, _)| after(at))?,
    };
    if let Some(quoted) = rest.strip_prefix('"') {
        // A quote inside is doubled.
        let mut quotes = quoted.match_indices('"').map(|(at, _)| at).peekable();
        while let Some(at) = quotes.next() {
            if quotes.next_if_eq(&at.saturating_add(1)).is_none() {
                return quoted.get(..at).filter(|value| !value.is_empty());
            }
        }
        return Some(quoted).filter(|value| !value.is_empty());
    }
    // A name with a comma or a plus sign in it is in quotes: here they separate, ` + ` the values of one part.
    let bytes = rest.as_bytes();
    let separates = |at: usize| match bytes.get(at..) {
        Some([b',', b' ', ..]) => Some(at),
        Some([b'+', b' ', ..]) => at.checked_sub(1).filter(|before| bytes.get(*before) == Some(&b' ')),
        _ => None,
    };
    let end = memchr::memchr2_iter(b',', b'+', bytes).find_map(separates).unwrap_or(rest.len());
    let value = rest.get(..end)?.trim();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::common_name;

    #[test]
    fn the_common_name_ends_at_the_first_separator() {
        for (subject, name) in [
            ("CN=www.contoso.com", Some("www.contoso.com")),
            ("CN=www.contoso.com, O=Contoso", Some("www.contoso.com")),
            ("O=Contoso, CN=www.contoso.com, C=DE", Some("www.contoso.com")),
            ("CN=web + SERIALNUMBER=7, O=Contoso", Some("web")),
            ("SERIALNUMBER=7 + CN=web", Some("web")),
            ("CN=a+b, O=Contoso", Some("a+b")),
            ("CN=a+ b", Some("a+ b")),
            ("CN=a,b", Some("a,b")),
            ("CN=+ a", Some("+ a")),
            ("CN= + O=Contoso", None),
            ("CN=\"Contoso, \"\"the\"\" one\", O=Contoso", Some("Contoso, \"\"the\"\" one")),
            ("O=Contoso", None),
            ("CN=", None),
        ] {
            assert_eq!(common_name(subject), name, "{subject}");
        }
    }
}

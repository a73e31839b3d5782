//! Questions that several rules ask of a credential.

use super::{Context, FindingDraft, judge};
use crate::case::{
    credential::{Access, Association, Credential, KeyRemark, Origin, Scope, TestOutcome},
    index::{CaseIndex, IndexEntry, fold},
};
use crate::model::judgement::{Confidence, Severity};
use crate::model::{
    fact::{Fact, Place},
    hresult,
    key_spec::KeySpec,
    oid,
    provider::{ProviderClass, ProviderKind},
    windows::WindowsVersion,
};
use crate::workloads::{CellOutcome, Target};
use std::collections::BTreeMap;

/// Why a rule has nothing to say when the credential is a candidate for none of the workloads.
pub(super) const NO_WORKLOAD: &str = "the certificate is a candidate for none of the workloads";
/// Why a rule about stored keys has nothing to say about a file.
pub(super) const NOT_STORED: &str = "a file, not a store: no key is stored here";

/// Whether the facts are about what a certificate store holds.
pub(super) fn stored(c: &Credential) -> bool {
    matches!(c.origin, Origin::StoreDump | Origin::CertificateFile)
}

/// Whether the public key is an elliptic-curve key, as far as it is shown.
pub(super) fn is_ec(c: &Credential) -> bool {
    algorithm(c).is_some_and(|a| holds(a, "EC"))
}

/// Whether the public key is an RSA key, as far as it is shown.
pub(super) fn is_rsa(c: &Credential) -> bool {
    algorithm(c).is_some_and(|a| holds(a, "RSA") || a.contains("1.2.840.113549.1.1"))
}

/// Whether the public key is shown and is none of RSA: no RSA provider of CryptoAPI can hold it.
pub(super) fn other_than_rsa(c: &Credential) -> bool {
    algorithm(c).is_some() && !is_rsa(c)
}

/// Whether the provider that is named is one of Microsoft's of CryptoAPI: they hold RSA, DSA and Diffie-Hellman keys, the
/// one for smart cards too.
pub(super) fn in_rsa_provider(c: &Credential) -> bool {
    matches!(class(c), Some(ProviderClass::Software | ProviderClass::SmartCard)) && kind_is(c, ProviderKind::Csp)
}

/// Whether this is the self-signed certificate that Remote Desktop makes for itself.
pub(super) fn own_of_remote_desktop(c: &Credential) -> bool {
    let own = c.certificate.as_ref().and_then(|c| c.self_signed.as_ref()).is_some_and(|s| s.value);
    own && c.printed_store_name().is_some_and(|name| name.eq_ignore_ascii_case("remote desktop"))
}

/// The algorithm of the public key, as far as it is shown, when Schannel takes no certificate with such a key: it
/// authenticates with RSA and with ECDSA keys.
pub(super) fn not_for_tls(c: &Credential) -> Option<&str> {
    algorithm(c).filter(|a| ["Ed25519", "Ed448", "DSA", "DSS"].iter().any(|other| a.eq_ignore_ascii_case(other)))
}

fn algorithm(c: &Credential) -> Option<&str> {
    let certificate = c.certificate.as_ref().and_then(|c| c.public_key.algorithm.as_ref());
    certificate.or(c.key.algorithm.as_ref()).map(|a| a.value.as_str())
}

/// Whether a text holds an ASCII word in letters of either case.
pub(super) fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// The length of the key in bits, with its place.
pub(super) fn bits(c: &Credential) -> Option<&Fact<u32>> {
    c.certificate.as_ref().and_then(|c| c.public_key.bits.as_ref()).or(c.key.bits.as_ref())
}

/// Where the provider's keys live; `None`: the provider is not in the catalogue or not shown.
pub(super) fn class(c: &Credential) -> Option<ProviderClass> {
    c.key.known_provider().map(|p| p.class)
}

/// Whether the provider is one of Microsoft's for keys in files.
pub(super) fn software(c: &Credential) -> bool {
    class(c) == Some(ProviderClass::Software)
}

/// The KeySpec: of the key link, else of a second witness (a blob's algorithm id, a test line).
pub(super) fn key_spec(c: &Credential) -> Option<&Fact<KeySpec>> {
    c.key.key_spec.as_ref().or(c.key.key_spec_witness.as_ref())
}

/// The place that shows whether the provider is a CSP or a KSP.
pub(super) fn kind_place(c: &Credential) -> Option<Place> {
    let provider = c.key.provider_type.as_ref().map(|t| t.place).or_else(|| c.key.provider.as_ref().map(|p| p.place));
    provider.or_else(|| c.key.family.as_ref().map(|family| family.place))
}

/// Whether two codes are the same error in any notation (HRESULT, Win32, NTSTATUS).
pub(super) fn same_code(seen: u32, wanted: u32) -> bool {
    seen == wanted || hresult::find(seen).is_some_and(|k| k.value == wanted)
}

/// This error, printed within the credential's own lines.
pub(super) fn code(c: &Credential, wanted: u32) -> Option<&Fact<u32>> {
    c.key.codes.iter().find(|f| same_code(f.value, wanted))
}

/// This error, printed within the credential's own lines or elsewhere in the same log.
pub(super) fn symptom(c: &Credential, wanted: u32) -> Option<&Fact<u32>> {
    code(c, wanted).or_else(|| c.surroundings.symptoms.iter().find(|f| same_code(f.value, wanted)))
}

/// The workloads with one of these names, among those the credential is judged for.
pub(super) fn named(cx: &Context<'_>, names: &[&str]) -> Vec<Target> {
    cx.workloads.iter().filter(|t| names.contains(&t.workload.name)).copied().collect()
}

/// The TLS servers among the workloads.
pub(super) fn servers(cx: &Context<'_>) -> Vec<Target> {
    cx.workloads.iter().filter(|t| t.workload.server).copied().collect()
}

/// The version of Windows: the log's own word, else the user's.
pub(super) fn windows(c: &Credential, cx: &Context<'_>) -> Option<WindowsVersion> {
    c.surroundings.windows.as_ref().map(|w| w.value).or(cx.windows)
}

/// A target with the version that a version of Windows settles (AD FS and its proxy are parts of Windows).
pub(super) fn settled(target: Target, windows: Option<WindowsVersion>) -> Target {
    let (None, Some(windows), "ad-fs" | "wap") = (target.version, windows, target.workload.name) else {
        return target;
    };
    let version = if (windows.major, windows.minor) <= (6, 3) { "2012r2" } else { "2016" };
    Target { version: Some(version), ..target }
}

/// Whether the extended key usage shows serverAuth (or any purpose); `None`: no extended key usage is shown.
pub(super) fn server_auth(c: &Credential) -> Option<bool> {
    let usages = c.certificate.as_ref()?.extended_key_usage.as_ref()?;
    Some(usages.value.iter().any(|u| u == oid::SERVER_AUTH || u == oid::ANY_EKU))
}

/// Whether the provider is of this kind.
pub(super) fn kind_is(c: &Credential, kind: ProviderKind) -> bool {
    c.key.kind() == Some(kind)
}

/// Whether a store in the registry holds a server's certificate without a key link: the list of its properties is whole
/// there. Stores of authorities and peers have no keys.
pub(super) fn unlinked_in_registry(c: &Credential) -> bool {
    c.origin == Origin::CertificateFile
        && c.key.association == Association::None
        && c.scope() == Scope::Machine
        && c.printed_store_name().is_some_and(judge::is_server_store)
        && !c.is_ca()
        && (server_auth(c) == Some(true) || !c.bound.is_empty())
}

/// Whether certutil shows a key link and not that the key opened: of one that it opens it prints a second name, in every
/// language. A key file with the certificate's own key shows that the key is there.
pub(super) fn unopened(c: &Credential) -> bool {
    let key = &c.key;
    c.origin == Origin::StoreDump
        && key.association == Association::Linked
        && key.access == Access::Unknown
        && key.stored_container.is_some()
        && !key.matches_certificate.as_ref().is_some_and(|matches| matches.value)
}

/// The line `Missing stored keyset` of a credential with a key link.
pub(super) fn missing_keyset(c: &Credential) -> Option<Place> {
    c.key.remark(KeyRemark::MissingStoredKeyset).map(|r| r.place)
}

/// The last line that says that a test failed, when no test passed.
pub(super) fn failed_test(c: &Credential) -> Option<Place> {
    let failed = c.key.encryption_test == TestOutcome::Failed || c.key.signature_test == TestOutcome::Failed;
    if !failed || c.key.any_test_passed() {
        return None;
    }
    c.key.test_places.iter().rev().find(|t| t.value.1 == TestOutcome::Failed).map(|t| t.place)
}

/// Whether a code is a part of the words at the place of a test: what the test failed with.
pub(super) fn is_of_test(code: &Fact<u32>, test: Place) -> bool {
    code.place.source == test.source && (test.start..test.end()).contains(&code.place.start)
}

/// Those of the workloads whose cell of the table says that such a key fails.
pub(super) fn failing(c: &Credential, cx: &Context<'_>, targets: &[Target]) -> Vec<Target> {
    let Some(kind) = c.key.kind() else { return Vec::new() };
    let spec = key_spec(c).map(|k| k.value.0);
    let windows = windows(c, cx);
    let fails = |t: &Target| {
        settled(*t, windows).cell(kind, spec, is_ec(c)).is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail)
    };
    targets.iter().filter(|t| fails(t)).copied().collect()
}

/// Why a rule about a workload's keys has no finding where [`failing`] gives none: the table says that such a key works, or
/// it has no source for it.
pub(super) fn not_failing(c: &Credential, cx: &Context<'_>, targets: &[Target]) -> &'static str {
    let Some(kind) = c.key.kind() else { return "no provider is shown" };
    let (spec, windows) = (key_spec(c).map(|k| k.value.0), windows(c, cx));
    let open = |t: &Target| {
        settled(*t, windows).cell(kind, spec, is_ec(c)).is_none_or(|(_, cell)| cell.outcome == CellOutcome::Unknown)
    };
    if targets.iter().any(open) {
        "no source says that this version refuses such a key"
    } else {
        "this version takes such a key"
    }
}

/// What an import of a PFX would store is a prediction: at most likely, and a warning, for the import can choose another
/// provider.
pub(super) fn predicted(c: &Credential, draft: FindingDraft) -> FindingDraft {
    if !c.key.prediction && c.origin != Origin::FileDump {
        return draft;
    }
    let (severity, confidence) = (draft.severity, draft.confidence);
    draft.confidence(confidence.max(Confidence::Likely)).severity(severity.max(Severity::Warning))
}

/// Whether two entries have the same public key; `None`: not known.
pub(super) fn same_key(case: &CaseIndex, a: &IndexEntry, b: &IndexEntry) -> Option<bool> {
    if a.public_key != 0 && a.public_key == b.public_key {
        return Some(true);
    }
    // Entries fold whichever hash their dump shows, so a difference counts only between hashes of one kind.
    let key = |e: &IndexEntry| case.credential(e.id)?.certificate.as_ref().map(|c| &c.public_key);
    let (a, b) = (key(a)?, key(b)?);
    if let (Some(a), Some(b)) = (&a.sha1, &b.sha1) {
        return Some(a.value == b.value);
    }
    let (a, b) = (a.md5.as_ref()?, b.md5.as_ref()?);
    Some(a.value.eq_ignore_ascii_case(&b.value))
}

/// The stored end-entity certificates that name the same container on the same machine: groups of two or more different
/// certificates, in input order.
pub(super) fn containers<'a>(case: &'a CaseIndex, cx: &Context<'_>) -> Vec<Vec<&'a IndexEntry>> {
    let user = cx.workloads.iter().any(|t| t.workload.user_store);
    let cards = ["Microsoft Base Smart Card Crypto Provider", "Microsoft Smart Card Key Storage Provider"].map(fold);
    let eligible = |entry: &&IndexEntry| {
        let stored = matches!(entry.origin, Origin::StoreDump | Origin::CertificateFile);
        let linked = entry.association == Association::Linked && entry.container != 0;
        let identity = entry.sha1.is_some() || entry.serial_issuer != 0;
        let personal = entry.scope == Scope::User;
        stored && linked && identity && !entry.is_ca && !cards.contains(&entry.provider) && (!personal || user)
    };
    // Most containers are named once.
    let twice = case.entries.repeated_containers();
    if twice.is_empty() {
        return Vec::new();
    }
    let mut groups: BTreeMap<(u64, u128, u64, bool), Vec<&IndexEntry>> = BTreeMap::new();
    for entry in case.entries.iter().filter(|entry| twice.contains(&entry.container)).filter(eligible) {
        // A key file's name holds the machine's GUID: one file, whatever the provider says. A container's name alone is
        // the same container only within one log, provider and scope.
        let key = match entry.machine_guid {
            Some(guid) => (entry.container, guid, 0, false),
            None => (entry.container, u128::from(entry.source.0), entry.provider, entry.scope == Scope::User),
        };
        groups.entry(key).or_default().push(entry);
    }
    let mut out: Vec<Vec<&IndexEntry>> = Vec::new();
    for mut group in groups.into_values() {
        let mut seen = std::collections::BTreeSet::new();
        group.retain(|e| seen.insert((e.sha1, if e.sha1.is_some() { 0 } else { e.serial_issuer })));
        if group.len() > 1 && group.iter().any(|e| !e.archived) {
            out.push(group);
        }
    }
    out.sort_by_key(|g| g.first().map(|e| e.id));
    out
}

/// Groups of certificates that share a container and, as far as it is known, one key.
pub(super) fn sharing<'a>(case: &'a CaseIndex, cx: &Context<'_>) -> Vec<Vec<&'a IndexEntry>> {
    let mut out = Vec::new();
    for group in containers(case, cx) {
        let Some(first) = group.first().copied() else { continue };
        let same: Vec<&IndexEntry> = group.into_iter().filter(|e| same_key(case, first, e) != Some(false)).collect();
        if same.len() > 1 {
            out.push(same);
        }
    }
    out
}

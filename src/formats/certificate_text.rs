//! A certificate as .NET prints it: `X509Certificate2.ToString()`, and `ToString($true)` with its key.
//!
//! ```text
//! [Subject]
//!   CN=www.contoso.com
//!
//! [Issuer]
//!   CN=Contoso CA
//!
//! [Serial Number]
//!   01
//! …
//! [Private Key]
//!   Key Store: Machine
//!   Provider Name: Microsoft Strong Cryptographic Provider
//!   Provider type: 1
//!   Key Spec: Signature
//! ```
//!
//! The labels are not translated; dates are printed as the host prints them. `Key Spec` is the KeyNumber of the key's
//! container. A record begins with `[Subject]` alone on its line: behind the label of a list it is a value of that list.
//!
//! Sources: Microsoft Learn, "X509Certificate2.ToString Method" (also with `verbose`), "CspKeyContainerInfo Class", "KeyNumber
//! Enum"; the layout is that of the method's example there, the labels of the key are not confirmed by a copy.

use super::glance::Glance;
use super::piece::Piece;
use super::powershell_certificates::KIND;
use super::powershell_keys::key_number;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::{fills_a_console, is_hex, label_value};
use crate::limits::Limits;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed, ShownBy, ShownCertificate, ShownKey};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// The sections, with the field names of their values.
const SECTIONS: &[(&str, &str)] = &[
    ("[Version]", "version"),
    ("[Subject]", "subject"),
    ("[Issuer]", "issuer"),
    ("[Serial Number]", "serial_number"),
    ("[Not Before]", "not_before"),
    ("[Not After]", "not_after"),
    ("[Thumbprint]", "thumbprint"),
    ("[Signature Algorithm]", "signature_algorithm"),
    (PUBLIC_KEY, "public_key"),
    (PRIVATE_KEY, "private_key"),
    (EXTENSIONS, "extensions"),
];

const PUBLIC_KEY: &str = "[Public Key]";
const PRIVATE_KEY: &str = "[Private Key]";
const EXTENSIONS: &str = "[Extensions]";

/// The labels of the key, with their field names.
const OF_KEY: &[(&str, &str)] = &[
    ("Key Store", "key_store"),
    ("Provider Name", "provider_name"),
    ("Provider type", "provider_type"),
    ("Key Spec", "key_spec"),
    ("Key Container Name", "key_container_name"),
    ("Unique Key Container Name", "unique_key_container_name"),
    ("Hardware Device", "hardware_device"),
    ("Removable", "removable"),
    ("Protected", "protected"),
];

/// Other names of the subject and of the issuer, below them.
const NAMES: &[&str] = &["Simple Name", "Email Name", "UPN Name", "DNS Name"];

type Value = (&'static str, Fact<String>);

/// A certificate that is open.
struct Open {
    values: Vec<Value>,
    key: Vec<Value>,
    /// The labels of the sections that came.
    seen: Vec<&'static str>,
    /// The section has no value yet.
    fresh: bool,
    /// The last line fills a console, so that the next one goes on with it.
    wraps: bool,
    first: Place,
    last: Place,
    excerpts: Excerpts,
    key_excerpts: Excerpts,
}

/// Reads certificates in this form.
pub struct CertificateTextReader {
    source: SourceId,
    limits: Limits,
    open: Option<Open>,
    records: Vec<Observed>,
}

impl CertificateTextReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), open: None, records: Vec::new() }
    }

    /// A line below the label of a section; false: it is none of it.
    fn value(&mut self, piece: Piece<'_>) -> bool {
        let (source, trimmed) = (self.source, piece.trim());
        let Some(open) = &mut self.open else { return false };
        let Some(section) = open.seen.last().copied() else { return false };
        let wraps = std::mem::replace(&mut open.wraps, fills_a_console(piece.text));
        let place = trimmed.place(source);
        match section {
            PUBLIC_KEY | EXTENSIONS => {
                let own = piece.indent() > 0 || trimmed.text.starts_with('*') || wraps;
                if own {
                    open.last = place;
                }
                return own;
            }
            PRIVATE_KEY => {
                let Some((label, value)) = label_value(trimmed.text) else { return false };
                let Some((_, name)) = OF_KEY.iter().find(|(known, _)| *known == label) else { return false };
                let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
                keep_line(&mut open.key_excerpts, place, piece, lines, columns);
                open.key.push((name, trimmed.text_fact(source, value)));
            }
            _ if open.fresh => {
                let name = SECTIONS.iter().find(|(label, _)| *label == section).map_or("", |(_, name)| name);
                if ["subject", "thumbprint", "not_after"].contains(&name) {
                    let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
                    keep_line(&mut open.excerpts, place, piece, lines, columns);
                }
                open.values.push((name, trimmed.text_fact(source, trimmed.text)));
                open.fresh = false;
            }
            _ if wraps => {
                let Some((_, fact)) = open.values.last_mut() else { return false };
                if fact.value.len().saturating_add(trimmed.text.len()) > self.limits.string_bytes {
                    return false;
                }
                fact.value.push_str(trimmed.text);
                fact.place = joined_place(fact.place, place);
            }
            _ => {
                let other = label_value(trimmed.text).is_some_and(|(label, _)| NAMES.contains(&label));
                if !(other && matches!(section, "[Subject]" | "[Issuer]")) {
                    return false;
                }
            }
        }
        open.last = place;
        true
    }

    fn finish(&mut self) {
        let Some(open) = self.open.take() else { return };
        let get = |name: &str| open.values.iter().find(|(own, _)| *own == name).map(|(_, fact)| fact.clone());
        let sha1 = get("thumbprint").filter(|fact| fact.value.len() == 40);
        let sha1 = sha1.and_then(|fact| Some(Fact::stated(Sha1::parse(&fact.value)?, fact.place)));
        let serial = get("serial_number").filter(|fact| is_hex(&fact.value));
        let (Some(sha1), Some(serial), Some(subject), Some(issuer)) = (sha1, serial, get("subject"), get("issuer"))
        else {
            return;
        };
        let place = joined_place(open.first, open.last);
        let key = key(&open.key, &sha1);
        let shown = ShownCertificate {
            thumbprint: Some(sha1),
            subject: Some(subject),
            issuer: Some(issuer),
            serial: Some(serial.map(|digits| digits.to_ascii_lowercase())),
            not_before: get("not_before"),
            not_after: get("not_after"),
            ..ShownCertificate::default()
        };
        let named = |values: Vec<Value>| values.into_iter().map(|(name, fact)| (Cow::Borrowed(name), fact)).collect();
        let of_key = match open.key.as_slice() {
            [(_, first), .., (_, last)] => Some(joined_place(first.place, last.place)),
            _ => None,
        };
        let what = Observation::Certificate(Box::new(shown));
        let fields = named(open.values);
        self.records.push(Observed { kind: KIND, place, fields, excerpts: open.excerpts, what });
        if let (Some(key), Some(place)) = (key, of_key) {
            let what = Observation::Key(Box::new(key));
            let fields = named(open.key);
            self.records.push(Observed { kind: KIND, place, fields, excerpts: open.key_excerpts, what });
        }
    }
}

impl TextReader for CertificateTextReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let trimmed = piece.trim();
        let text = trimmed.text;
        if text.is_empty() {
            if let Some(open) = &mut self.open {
                open.wraps = false;
            }
            return self.open.is_some();
        }
        let section = SECTIONS.iter().find(|(label, _)| *label == text).map(|(label, _)| *label);
        if section == Some("[Subject]") {
            self.finish();
            let place = trimmed.place(self.source);
            self.open = Some(Open {
                values: Vec::new(),
                key: Vec::new(),
                seen: Vec::new(),
                fresh: true,
                wraps: false,
                first: place,
                last: place,
                excerpts: Excerpts::default(),
                key_excerpts: Excerpts::default(),
            });
        }
        let Some(open) = &mut self.open else { return false };
        let taken = match section {
            Some(label) if !open.seen.contains(&label) => {
                open.seen.push(label);
                (open.fresh, open.wraps, open.last) = (true, false, trimmed.place(self.source));
                true
            }
            // The next certificate begins with its version.
            Some(_) => false,
            None => self.value(piece),
        };
        if !taken {
            self.finish();
        }
        taken
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        self.open.is_none() && glance.first != b'['
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.finish();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }
}

fn number(fact: &Fact<String>) -> Option<Fact<u32>> {
    fact.value.parse().ok().map(|number| fact.clone().map(|_| number))
}

/// The key, when at least its provider and its container or KeySpec are there.
fn key(values: &[Value], sha1: &Fact<Sha1>) -> Option<ShownKey> {
    let get = |name: &str| values.iter().find(|(own, _)| *own == name).map(|(_, fact)| fact);
    let text = |name: &str| get(name).filter(|fact| !fact.value.is_empty()).cloned();
    let shown = ShownKey {
        shown_by: ShownBy::CertificateText,
        thumbprint: Some(sha1.clone()),
        provider: text("provider_name"),
        provider_type: get("provider_type").and_then(number),
        container: text("key_container_name"),
        unique_name: text("unique_key_container_name"),
        machine: get("key_store").and_then(|fact| match fact.value.as_str() {
            "Machine" => Some(fact.clone().map(|_| true)),
            "User" => Some(fact.clone().map(|_| false)),
            _ => None,
        }),
        key_spec: get("key_spec").and_then(key_number),
        ..ShownKey::default()
    };
    (shown.provider.is_some() && (shown.container.is_some() || shown.key_spec.is_some())).then_some(shown)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, read, words};
    use crate::model::key_spec::KeySpec;

    const HASH: &str = "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334";

    fn certificate(subject: &str) -> String {
        format!(
            "[Subject]\n  {subject}\n\n[Issuer]\n  CN=Contoso CA, DC=contoso, DC=com\n\n[Serial Number]\n  1C00000AFF\n\n\
             [Not Before]\n  1/1/2024 1:00:00 AM\n\n[Not After]\n  1/1/2026 1:00:00 AM\n\n[Thumbprint]\n  {HASH}\n"
        )
    }

    fn verbose() -> String {
        let plain =
            certificate("CN=www.contoso.com, O=Contoso\n  Simple Name: www.contoso.com\n  DNS Name: www.contoso.com");
        format!(
            "[Version]\n  V3\n\n{plain}\n[Signature Algorithm]\n  sha256RSA(1.2.840.113549.1.1.11)\n\n\
             [Public Key]\n  Algorithm: RSA\n  Length: 2048\n  Key Blob: 30 82 01 0a\n  Parameters: 05 00\n\n\
             [Private Key]\n  Key Store: Machine\n  Provider Name: Microsoft Strong Cryptographic Provider\n  Provider type: 1\n  \
             Key Spec: Signature\n  Key Container Name: {{00F81886-5F70-430A-939C-BB7DD58ECE2A}}\n  \
             Unique Key Container Name: 99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7\n  \
             Hardware Device: False\n  Removable: False\n  Protected: False\n\n\
             [Extensions]\n* Key Usage(2.5.29.15):\n  Digital Signature, Key Encipherment (a0)\n\n"
        )
    }

    fn shown(text: &str) -> (Vec<ShownCertificate>, Vec<ShownKey>) {
        let (mut certificates, mut keys) = (Vec::new(), Vec::new());
        for record in read(&mut CertificateTextReader::new(SOURCE, &Limits::default()), text).records {
            match record.what {
                Observation::Certificate(certificate) => certificates.push(*certificate),
                Observation::Key(key) => keys.push(*key),
                other => panic!("{other:?}"),
            }
        }
        (certificates, keys)
    }

    #[test]
    fn the_short_form() {
        let text = certificate("CN=www.contoso.com, O=Contoso");
        let (certificates, keys) = shown(&format!("PS C:\\> $c.ToString()\n{text}\nPS C:\\>\n"));
        let [one] = &certificates[..] else { panic!() };
        assert!(keys.is_empty() && one.store_path.is_none() && one.has_private_key.is_none());
        assert_eq!(one.subject.as_ref().unwrap().value, "CN=www.contoso.com, O=Contoso");
        assert_eq!(one.issuer.as_ref().unwrap().value, "CN=Contoso CA, DC=contoso, DC=com");
        assert_eq!(one.serial.as_ref().unwrap().value, "1c00000aff");
        assert_eq!(one.not_after.as_ref().unwrap().value, "1/1/2026 1:00:00 AM");
        let (again, _) = shown(&text);
        assert_eq!(words(&text, again[0].thumbprint.as_ref().unwrap().place), HASH);
        assert_eq!(shown(&text.repeat(3)).0.len(), 3);
    }

    #[test]
    fn a_subject_that_a_console_wrapped() {
        let first = format!("CN=www.contoso.com, O={}", "x".repeat(80 - 2 - 22));
        let (certificates, _) = shown(&certificate(&format!("{first}\nyz, C=US")));
        assert_eq!(certificates[0].subject.as_ref().unwrap().value, format!("{first}yz, C=US"));
    }

    #[test]
    fn the_long_form_shows_the_key() {
        let text = verbose();
        let (certificates, keys) = shown(&text);
        assert_eq!(certificates[0].subject.as_ref().unwrap().value, "CN=www.contoso.com, O=Contoso");
        let [key] = &keys[..] else { panic!() };
        assert_eq!(key.thumbprint.as_ref().unwrap().value, Sha1::parse(HASH).unwrap());
        let spec = key.key_spec.as_ref().unwrap();
        assert_eq!((spec.value, words(&text, spec.place)), (KeySpec::SIGNATURE, "Signature"));
        assert_eq!(key.provider.as_ref().unwrap().value, "Microsoft Strong Cryptographic Provider");
        assert_eq!(key.provider_type.as_ref().map(|number| number.value), Some(1));
        assert_eq!(key.machine.as_ref().map(|machine| machine.value), Some(true));
        assert_eq!(key.container.as_ref().unwrap().value, "{00F81886-5F70-430A-939C-BB7DD58ECE2A}");
        assert!(key.unique_name.as_ref().unwrap().value.starts_with("99247943bd01"));
        assert_eq!(shown(&text.repeat(2)).1.len(), 2);
    }

    #[test]
    fn look_alikes() {
        let whole = certificate("CN=a");
        for text in [
            // A value of another list.
            format!("Certificate : {}", whole.replace('\n', "\n              ")),
            whole.replace(HASH, &HASH[..39]),
            whole.replace("1C00000AFF", "none"),
            whole.replace("[Serial Number]", "[Serial]"),
            "[Subject]\n\n[Issuer]\n".to_owned(),
        ] {
            assert!(shown(&text).0.is_empty(), "{text}");
        }
        // No provider: no key.
        let text = verbose().replace("Provider Name", "Name");
        assert_eq!((shown(&text).0.len(), shown(&text).1.len()), (1, 0));
    }
}

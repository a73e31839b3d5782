//! What OpenSSL prints of a certificate request (`openssl req -text`) besides what it prints of a certificate: the
//! attributes, and what they say of the key that is asked for.
//!
//! OpenSSL prints an attribute's value only where it is one string; of Microsoft's that is the version of Windows. That a
//! sequence is there (the provider with the KeySpec, the machine and process) is known, what it says is not. The value of
//! `challengePassword` is a secret and kept nowhere.
//!
//! Sources: openssl-req(1); RFC 2985 section 5.4 (attributes of requests); MS-WCCE 2.2.2.7 (those of Windows); output of
//! OpenSSL 1.0 to 3.5: `a0:00` or `(none)` for no attributes, `unable to print attribute` for a value that is no string.

use super::certificate_request::TEMPLATE_NAME;
use super::piece::Piece;
use crate::limits::LIST_ITEMS;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::key_request::attribute::OS_VERSION;
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::observation::{Observation, Observed, PrintedCertificate, SystemFact};
use crate::model::oid;
use crate::model::windows::WindowsVersion;
use std::borrow::Cow;

/// The report's word.
pub(super) const KIND: &str = "certificate-request";

/// OpenSSL's names of attributes that stand in requests (RFC 2985); all others stand with their object identifiers.
const ATTRIBUTES: &[&str] = &[
    "challengePassword",
    "unstructuredName",
    "unstructuredAddress",
    "emailAddress",
    "contentType",
    "signingTime",
    "messageDigest",
    "countersignature",
    "friendlyName",
    "localKeyID",
];

/// What stands for a value that is no string.
const UNPRINTED: &str = "unable to print attribute";

/// What a request's text has besides what a certificate's has.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The attributes by OpenSSL's names or their object identifiers.
    attributes: Vec<Fact<String>>,
    /// Those whose values are not printed.
    unprinted: Vec<Fact<String>>,
    os_version: Option<Fact<String>>,
    template: Option<Fact<String>>,
    /// The purposes as object identifiers, or by OpenSSL's name where that is not known.
    pub(super) purposes: Vec<Fact<String>>,
    /// The alternative names are not all printed.
    pub(super) unread_names: bool,
}

impl Parts {
    /// A line of the attributes; `false`: it is none.
    pub(super) fn attribute(&mut self, piece: Piece<'_>, source: SourceId) -> bool {
        if matches!(piece.text, "(none)" | "a0:00") {
            return true;
        }
        let Some((label, value)) = piece.text.split_once(':') else { return false };
        let label = label.trim_end();
        // Another value of the attribute before.
        if label.is_empty() {
            return !self.attributes.is_empty();
        }
        if !(oid::is_oid(label) || ATTRIBUTES.contains(&label)) {
            return false;
        }
        if self.attributes.len() < LIST_ITEMS {
            let fact = piece.text_fact(source, label);
            if value.trim() == UNPRINTED {
                self.unprinted.push(fact.clone());
            }
            self.attributes.push(fact);
        }
        let version = value.trim().trim_end_matches('\0');
        if label == OS_VERSION && WindowsVersion::parse(version).is_some() {
            self.os_version = Some(piece.text_fact(source, version));
        }
        true
    }

    /// The bytes of an extension that names a template, where OpenSSL prints letters for those that are some.
    pub(super) fn template(&mut self, piece: Piece<'_>, source: SourceId) {
        if let Some(name) = letters(piece.text) {
            let place = piece.place(source);
            self.template = Some(Fact::derived(name, place, "from the letters among the bytes of the extension"));
        }
    }

    /// The key that is asked for, and the version of Windows that the request states.
    pub(super) fn request(
        self,
        own: PrintedCertificate,
        fields: Vec<(&'static str, Fact<String>)>,
        excerpts: Excerpts,
        place: Place,
    ) -> Vec<Observed> {
        let mut fields: Vec<(Cow<'static, str>, Fact<String>)> =
            fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        if let Some(first) = self.attributes.first() {
            let names: Vec<&str> = self.attributes.iter().map(|name| name.value.as_str()).collect();
            fields.push((Cow::Borrowed("attributes"), Fact::stated(names.join(", "), first.place)));
        }
        if let Some(version) = &self.os_version {
            fields.push((Cow::Borrowed("os_version"), version.clone()));
        }
        let windows = self.os_version.as_ref().and_then(|version| {
            let parsed = WindowsVersion::parse(&version.value)?;
            Some(version.as_ref().map(|_| parsed))
        });
        let mut key = KeyRequest::new(RequestForm::Pkcs10);
        key.is_printed = true;
        key.subject = own.subject;
        key.template = self.template;
        key.is_ca = own.is_ca;
        key.key_usage = own.key_usage.map(|usage| usage.map(|usage| u32::from(usage.0)));
        key.extended_key_usage = self.purposes;
        key.usages_shown = true;
        key.alternative_names = own.alternative_names;
        key.unread_names = self.unread_names;
        key.key_algorithm = own.key_algorithm;
        key.key_length = own.key_bits;
        key.public_key_sha1 = own.public_key_sha1;
        key.os_version = self.os_version;
        key.unprinted = self.unprinted;
        let mut out = vec![Observed {
            kind: KIND,
            place,
            fields,
            excerpts: excerpts.clone(),
            what: Observation::Request(Box::new(key)),
        }];
        out.extend(windows.map(|windows| Observed {
            kind: KIND,
            place: windows.place,
            fields: Vec::new(),
            excerpts,
            what: Observation::System(SystemFact::Windows(windows)),
        }));
        out
    }
}

/// Whether a label is that of an extension that OpenSSL has no name for, and whether it names a template.
pub(super) fn unnamed_extension(label: &str, value: &str) -> Option<bool> {
    (oid::is_oid(label) && matches!(value, "" | "critical")).then_some(label == TEMPLATE_NAME)
}

/// The name in a BMPString (tag 0x1E, length, two bytes for each letter; X.690 section 8.23) whose bytes OpenSSL prints as
/// letters, with `.` for what is none: `.$.W.e.b.S.e.r.v.e.r`. `None`: another form, or a name with other characters than
/// names of templates have (MS-CRTD 2.1: the common name without blanks).
fn letters(text: &str) -> Option<String> {
    let mut chars = text.strip_prefix('.')?.chars();
    let length = chars.next()?;
    let mut name = String::new();
    while let Some(high) = chars.next() {
        let low = chars.next()?;
        if high != '.' || !(low.is_ascii_alphanumeric() || matches!(low, '-' | '_')) {
            return None;
        }
        name.push(low);
    }
    // A length that is no letter is printed as `.`, too.
    let bytes = name.len().checked_mul(2)?;
    let shown =
        u8::try_from(bytes).ok().filter(|byte| byte.is_ascii_graphic() || *byte == b' ').map_or('.', char::from);
    (!name.is_empty() && bytes < 0x80 && shown == length).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_templates_among_bytes() {
        // 18 bytes: no letter. 36 bytes: `$`.
        assert_eq!(letters(".\u{2e}.W.e.b.S.e.r.v.e.r").as_deref(), Some("WebServer"));
        assert_eq!(letters(".$.W.e.b.S.e.r.v.e.r.2.C.o.n.t.o.s.o.A").as_deref(), Some("WebServer2ContosoA"));
        for none in ["", ".", "..", "...W.", ".$.W.e.b", "..Web", "0...W", "...W.é", "....\u{2e}"] {
            assert_eq!(letters(none), None, "{none}");
        }
    }
}

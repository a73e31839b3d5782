//! Mails as they are saved (`.eml`, `.mht`): what must be decoded before it can be read as artifacts.
//!
//! The structure is read by mailparse; which files are mails, which parts are read and within which bounds is decided here.
//!
//! Sources: RFC 5322 section 2.2 (header fields), RFC 2045 sections 4 to 6 (MIME-Version, Content-Type,
//! Content-Transfer-Encoding), RFC 2046 section 5.1 (multipart; the alternatives of one text), RFC 2183 (file names).

use crate::limits::{MAIL_FIELDS, MAIL_LINES, MAIL_MULTIPARTS};
use mailparse::ParsedMail;
use zeroize::Zeroizing;

/// A part of a mail.
pub struct Part {
    /// The name of the attached file, else `part-1.txt` and so on, in the order of the mail.
    pub name: String,
    /// Whether it is a file with a name of its own.
    pub named: bool,
    /// The decoded bytes, a text in UTF-8; or why there are none.
    pub body: Result<Zeroizing<Vec<u8>>, &'static str>,
}

/// Whether bytes begin as a mail whose parts are encoded: a block of header fields with `Content-Type: multipart/…`, or with
/// `Content-Transfer-Encoding: base64` or `quoted-printable`. A mail in plain text is read as a text, like any other.
pub fn is_mail(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // Most inputs are told from a mail by their first line.
    let begins = |line: &[u8]| {
        let name = line.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        name > 0 && line.get(name) == Some(&b':')
    };
    if !begins(head) {
        return false;
    }
    let (mut named, mut encoded) = (false, false);
    for line in head.split_inclusive(|b| *b == b'\n') {
        let line = line.trim_ascii_end();
        if line.is_empty() {
            return named && encoded;
        }
        if line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
            continue;
        }
        if !begins(line) {
            return false;
        }
        let value = |name: &[u8]| {
            let (own, rest) = line.split_at_checked(name.len())?;
            own.eq_ignore_ascii_case(name).then(|| rest.trim_ascii_start().to_ascii_lowercase())
        };
        named |= [&b"mime-version:"[..], b"from:", b"received:"].iter().any(|name| value(name).is_some());
        encoded |= value(b"content-type:").is_some_and(|value| value.starts_with(b"multipart/"))
            || value(b"content-transfer-encoding:")
                .is_some_and(|value| value.starts_with(b"base64") || value.starts_with(b"quoted-printable"));
    }
    false
}

/// The parts of a mail that are files or texts. Of a text in several forms only the plain one is a part.
///
/// # Errors
/// What is wrong, or more of than is read.
pub fn parts(bytes: &[u8]) -> Result<Vec<Part>, String> {
    within_bounds(bytes)?;
    let mail = mailparse::parse_mail(bytes).map_err(|e| format!("the mail can't be read: {e}"))?;
    let mut out = Vec::new();
    collect(&mail, &mut out);
    Ok(out)
}

/// What a parser holds in memory for each line is bounded before it begins.
fn within_bounds(bytes: &[u8]) -> Result<(), String> {
    let (mut boundaries, mut fields, mut multiparts) = (0usize, 0usize, 0usize);
    let mut begin = 0usize;
    for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        let line = bytes.get(begin..end).unwrap_or_default();
        begin = end.saturating_add(1);
        boundaries = boundaries.saturating_add(usize::from(line.starts_with(b"--")));
        let name = line.iter().take(80).position(|b| *b == b':');
        fields = fields.saturating_add(usize::from(name.is_some()));
        let multipart = name == Some("content-type".len())
            && line
                .get(13..)
                .is_some_and(|v| v.trim_ascii_start().get(..10).is_some_and(|v| v.eq_ignore_ascii_case(b"multipart/")));
        multiparts = multiparts.saturating_add(usize::from(multipart));
    }
    for (count, most, what) in [
        (boundaries, MAIL_LINES, "lines that can part it"),
        (fields, MAIL_FIELDS, "lines that can be header fields"),
        (multiparts, MAIL_MULTIPARTS, "parts with parts of their own"),
    ] {
        if count > most {
            return Err(format!("a mail with more than {most} {what}: not read"));
        }
    }
    Ok(())
}

/// The leaves, in their order.
fn collect(mail: &ParsedMail<'_>, out: &mut Vec<Part>) {
    if mail.subparts.is_empty() {
        return out.push(part(mail, out.len()));
    }
    let is = |part: &ParsedMail<'_>, kind: &str| part.ctype.mimetype.eq_ignore_ascii_case(kind);
    let plain = is(mail, "multipart/alternative") && mail.subparts.iter().any(|part| is(part, "text/plain"));
    for part in mail.subparts.iter().filter(|part| !(plain && is(part, "text/html"))) {
        collect(part, out);
    }
}

fn part(mail: &ParsedMail<'_>, index: usize) -> Part {
    let disposition = mail.get_content_disposition();
    let named = disposition.params.get("filename").or_else(|| mail.ctype.params.get("name"));
    let is_text = mail.ctype.mimetype.to_ascii_lowercase().starts_with("text/");
    let number = index.saturating_add(1);
    let name = match named.map(|name| name.trim()).filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => format!("part-{number}{}", if is_text { ".txt" } else { "" }),
    };
    // An attached text is a file: its encoding is found as a file's is.
    let decoded = is_text && named.is_none();
    let body = if decoded { mail.get_body().map(String::into_bytes) } else { mail.get_body_raw() };
    let body = body.or_else(|_| mail.get_body_raw()).map(Zeroizing::new);
    Part { name, named: named.is_some(), body: body.map_err(|_| "its transfer encoding is damaged") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const MIXED: &str = "From: a@contoso.com\r\nSubject: =?utf-8?q?x?=\r\nContent-Type: multipart/mixed;\r\n boundary=\"BB\"\r\n\r\n\
        --BB\r\nContent-Type: multipart/alternative; boundary=CC\r\n\r\n--CC\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nSchl=FCssel =3D 1=\r\n2\r\n--CC\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n--CC--\r\n\
        --BB\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"a b.bin\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n/w==\r\n--BB--\r\n";

    #[test]
    fn parts_are_decoded() {
        let parts = parts(MIXED.as_bytes()).unwrap();
        let seen: Vec<_> = parts.iter().map(|p| (p.name.as_str(), p.body.as_ref().unwrap().as_slice())).collect();
        let text = "Schl\u{fc}ssel = 12".as_bytes();
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].0, seen[0].1.trim_ascii_end()), ("part-1.txt", text));
        assert_eq!(seen[1], ("a b.bin", &[0, 1, 2, 255][..]));
    }

    #[test]
    fn what_is_a_mail() {
        assert!(is_mail(MIXED.as_bytes()));
        let single = "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: QUOTED-PRINTABLE\n\nx";
        assert!(is_mail(single.as_bytes()));
        for text in [
            "",
            "my \"Personal\"\n",
            "Serial Number: 01\nIssuer: CN=a\n\nx",
            "From: a\nSubject: b\n\nContent-Transfer-Encoding: base64\n\n",
            "Content-Type: multipart/mixed\n\nx",
            "From: a\nno field\nContent-Transfer-Encoding: base64\n\n",
            "From: a\nContent-Transfer-Encoding: 7bit\n\nx",
            // The block of fields does not end.
            "From: a\nContent-Transfer-Encoding: base64\n",
        ] {
            assert!(!is_mail(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn damaged_and_too_large_mails() {
        let cut = MIXED.replace("AAEC\r\n/w==", "AAEC\r\n/w=");
        assert!(parts(cut.as_bytes()).unwrap()[1].body.is_err());
        let many = format!("From: a\n\n{}", "--\n".repeat(MAIL_LINES + 1));
        assert!(parts(many.as_bytes()).err().unwrap().contains("that can part it"));
        let many = format!("From: a\n\n{}", "a:\n".repeat(MAIL_FIELDS + 1));
        assert!(parts(many.as_bytes()).err().unwrap().contains("header fields"));
        let many = "Content-type: multipart/mixed; boundary=a\n\n--a\n".repeat(MAIL_MULTIPARTS + 1);
        assert!(parts(many.as_bytes()).err().unwrap().contains("parts of their own"));
    }
}

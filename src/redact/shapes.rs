//! What is hidden for its form alone, wherever it stands: identifiers, addresses, names in a distinguished name, paths,
//! accounts, hosts, dumps.

use super::names::{Class, is_host_shaped};
use super::{keep, passwords};
use crate::formats::reg_query;
use crate::model::container_name::is_guid;
use crate::model::hex;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// What becomes of a part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// It gets a pseudonym.
    Hide(Class),
    /// It stays, also where a part of it would be hidden.
    Keep,
    /// It is a dump: the whole goes, and a remark takes its place.
    Drop(&'static str),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) act: Act,
}

/// Attributes of a distinguished name that name somebody or something (RFC 4514, and the names that Windows prints).
const ATTRIBUTES: &[&str] = &[
    "CN",
    "O",
    "OU",
    "L",
    "ST",
    "S",
    "DC",
    "E",
    "EMAIL",
    "EMAILADDRESS",
    "SN",
    "SERIALNUMBER",
    "STREET",
    "T",
    "TITLE",
    "G",
    "GN",
    "GIVENNAME",
    "SURNAME",
    "I",
    "INITIALS",
    "UID",
    "POSTALCODE",
    "PHONE",
    "DESCRIPTION",
    "DNQUALIFIER",
];

/// Endings of names that are hidden as hosts without being known from anywhere.
const ENDINGS: &[&str] = &[
    "com",
    "net",
    "org",
    "edu",
    "gov",
    "mil",
    "int",
    "info",
    "biz",
    "name",
    "cloud",
    "online",
    "shop",
    "site",
    "tech",
    "app",
    "dev",
    "local",
    "lan",
    "corp",
    "internal",
    "intra",
    "intern",
    "intranet",
    "home",
    "private",
    "example",
    "test",
    "invalid",
    "localdomain",
    "domain",
    "arpa",
    "company",
    "bank",
    "email",
    "global",
    "group",
    "host",
    "network",
    "services",
];

/// The remark in place of a block of armour.
const ARMOURED: &str = "[armoured bytes removed]";

fn part(out: &mut Vec<Part>, start: usize, end: usize, act: Act) {
    if start < end {
        out.push(Part { range: start..end, act });
    }
}

/// Every part of a text that has a telling form.
pub(super) fn find(text: &str, out: &mut Vec<Part>) {
    passwords::find(text, out);
    let mut armour: Option<usize> = None;
    let mut secret = false;
    // The digits of a certificate in the registry, over the lines in which a console shows them.
    let mut registry: Option<Range<usize>> = None;
    let mut at = 0usize;
    for line in text.split_inclusive('\n') {
        let start = at;
        at = at.saturating_add(line.len());
        let bare = line.trim_matches([' ', '\t', '\r', '\n', '>', '|']);
        if secret && hex::colon_pairs(bare).is_some() {
            let from = line.find(bare).unwrap_or_default();
            part(out, start + from, start + from + bare.len(), Act::Drop("[key removed]"));
            continue;
        }
        secret = SECRET_NUMBERS.contains(&bare);
        if let Some(from) = armour {
            if bare.contains("-----END ") {
                part(out, from, start + line.trim_end().len(), Act::Drop(ARMOURED));
                armour = None;
            }
            continue;
        }
        if let Some(digits) = &mut registry {
            if reg_query::goes_on_value(bare) {
                digits.end = start + line.trim_end().len();
                continue;
            }
            part(out, digits.start, digits.end, Act::Drop(ARMOURED));
            registry = None;
        }
        if let Some(data) = reg_query::blob(bare).filter(|data| !data.is_empty()) {
            let end = start + line.trim_end().len();
            registry = Some(end.saturating_sub(data.len())..end);
            continue;
        }
        if let Some(begin) = line.find("-----BEGIN ") {
            if line.get(begin..).is_some_and(|rest| rest.contains("-----END ")) {
                part(out, start + begin, start + line.trim_end().len(), Act::Drop(ARMOURED));
            } else {
                armour = Some(start + begin);
            }
            continue;
        }
        if let Some(range) = dump(line) {
            part(out, start + range.start, start + range.end, Act::Drop("[bytes removed]"));
            continue;
        }
        session(line, start, out);
        registered(line, start, out);
        attributes(line, start, out);
        pairs(line, start, out);
        digits(line, start, out);
        words(line, start, out);
    }
    if let Some(digits) = registry {
        part(out, digits.start, digits.end, Act::Drop(ARMOURED));
    }
    if let Some(from) = armour {
        part(out, from, text.trim_end().len(), Act::Drop(ARMOURED));
    }
}

/// What OpenSSL calls the numbers of a private key (openssl-pkey(1), `-text`; RFC 8017 appendix A.1.2 for RSA).
const SECRET_NUMBERS: &[&str] =
    &["privateExponent:", "prime1:", "prime2:", "exponent1:", "exponent2:", "coefficient:", "priv:"];

/// The bytes of a row of a hex dump: `    0000  30 82 01 0a …`, with its column of characters.
fn dump(line: &str) -> Option<Range<usize>> {
    let end = line.trim_end().len();
    let mut at = line.len().saturating_sub(line.trim_start_matches([' ', '\t', '>', '|']).len());
    let body = line.get(at..end)?;
    let (offset, rest) = body.split_once([' ', '\t'])?;
    let hex = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_hexdigit());
    if offset.len() != 4 && offset.len() != 8 || !hex(offset) {
        return None;
    }
    at = at.saturating_add(offset.len()).saturating_add(1);
    let mut tokens = rest.split([' ', '\t']).filter(|t| !t.is_empty());
    let is_pair = |t: &str| t.len() == 2 && hex(t);
    (tokens.next().is_some_and(is_pair) && tokens.next().is_none_or(is_pair)).then_some(at..end)
}

/// The values of a distinguished name.
fn attributes(line: &str, base: usize, out: &mut Vec<Part>) {
    for (equals, _) in line.match_indices('=') {
        let Some(before) = line.get(..equals) else { continue };
        let before = before.trim_end_matches(' ');
        let name = before
            .len()
            .saturating_sub(before.chars().rev().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').count());
        let Some(key) = before.get(name..) else { continue };
        let upper = key.to_ascii_uppercase();
        let known = ATTRIBUTES.contains(&upper.as_str()) && (key.len() > 1 || key == upper)
            || upper.starts_with("OID.")
            || key.starts_with("2.5.4.") && crate::model::oid::is_oid(key);
        let joined = before.get(..name).and_then(|b| b.chars().next_back());
        if !known || joined.is_some_and(|c| matches!(c, '$' | '-' | '_' | '<') || c.is_alphanumeric()) {
            continue;
        }
        let Some(rest) = line.get(equals + 1..) else { continue };
        let blanks = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        let from = equals + 1 + blanks;
        let Some(value) = line.get(from..) else { continue };
        let quoted = value.starts_with(['"', '\u{201c}']);
        let from = if quoted { from + value.chars().next().map_or(0, char::len_utf8) } else { from };
        let Some(value) = line.get(from..) else { continue };
        let end =
            if quoted { value.find(['"', '\u{201d}', '\n', '\r']).unwrap_or(value.len()) } else { value_end(value) };
        let value = value.get(..end).unwrap_or_default().trim_end();
        if value.chars().any(char::is_alphanumeric) {
            part(out, base + from, base + from + value.len(), Act::Hide(Class::Name));
        }
    }
}

/// Where an unquoted value of a distinguished name ends.
fn value_end(value: &str) -> usize {
    let mut end = value.find(['\n', '\r', '"', '\'', '`', '<', '>', '|', ';', '\t']).unwrap_or(value.len());
    let scope = value.get(..end).unwrap_or_default();
    let mut search = 0usize;
    while let Some(comma) = scope.get(search..).and_then(|s| s.find(',')).map(|i| i + search) {
        if !scope.get(..comma).is_some_and(|s| s.ends_with('\\')) {
            end = comma;
            break;
        }
        search = comma + 1;
    }
    let scope = value.get(..end).unwrap_or_default();
    // Collapsed logs set the next attribute behind a blank.
    for (equals, _) in scope.match_indices('=') {
        let before = scope.get(..equals).unwrap_or_default();
        if let Some((rest, key)) = before.trim_end().rsplit_once([' ', '+'])
            && ATTRIBUTES.contains(&key) | (key == "C")
        {
            end = end.min(rest.len());
        }
    }
    // In a table one blank stands between a subject and its thumbprint.
    let is_hash = |word: &str| word.len() == 40 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let blanks = scope.get(..end).unwrap_or_default().match_indices(' ').map(|(at, _)| at);
    let before_hash = |at: &usize| {
        let next = scope.get(at.saturating_add(1)..).unwrap_or_default();
        is_hash(next.split(' ').next().unwrap_or_default())
    };
    end = blanks.into_iter().find(before_hash).unwrap_or(end);
    scope.get(..end).and_then(|s| s.find("  ")).unwrap_or(end).min(end)
}

/// Eight or more pairs of hexadecimal digits between blanks, colons, dashes or commas: a hash, a serial number, bytes.
fn pairs(line: &str, base: usize, out: &mut Vec<Part>) {
    let bytes = line.as_bytes();
    let hex = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_hexdigit);
    let mut at = 0usize;
    while at < bytes.len() {
        let fresh = at == 0 || !bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
        if !(fresh && hex(at) && hex(at + 1)) {
            at += 1;
            continue;
        }
        let separator = bytes.get(at + 2).copied().filter(|b| matches!(b, b' ' | b':' | b'-' | b','));
        let (mut end, mut count) = (at + 2, 1usize);
        while let Some(s) = separator
            && bytes.get(end) == Some(&s)
        {
            let mut next = end + 1;
            // Columns of a dump stand apart, and a wrapped list goes on after its backslash.
            while s == b' ' && bytes.get(next) == Some(&b' ') && next < end + 4 {
                next += 1;
            }
            if !(hex(next) && hex(next + 1) && !bytes.get(next + 2).is_some_and(u8::is_ascii_alphanumeric)) {
                break;
            }
            end = next + 2;
            count += 1;
        }
        if count >= 8 {
            part(out, base + at, base + end, Act::Hide(Class::Hex));
        }
        at = end;
    }
}

/// Runs of hexadecimal digits, GUIDs, SIDs, base64.
fn digits(line: &str, base: usize, out: &mut Vec<Part>) {
    let bytes = line.as_bytes();
    let mut at = 0usize;
    let run = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'/' | b'=' | b'_');
    while at < bytes.len() {
        if !bytes.get(at).is_some_and(|b| run(*b)) {
            at += 1;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(|b| run(*b)) {
            at += 1;
        }
        let Some(word) = line.get(start..at) else { continue };
        let mixed = word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_uppercase())
            && word.bytes().any(|b| b.is_ascii_lowercase());
        let base64 = word.trim_end_matches('=').bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        let all_hex = word.bytes().all(|b| b.is_ascii_hexdigit());
        if word.len() >= 40 && base64 && !all_hex && mixed {
            part(out, base + start, base + at, Act::Drop("[bytes removed]"));
            continue;
        }
        inside(word, base + start, out);
    }
}

/// The identifiers inside a run of letters, digits and dashes.
fn inside(word: &str, base: usize, out: &mut Vec<Part>) {
    let bytes = word.as_bytes();
    let mut at = 0usize;
    while at < bytes.len() {
        // A key-file name, then a GUID, then plain digits.
        if let Some(name) = word.get(at..at + 69)
            && crate::model::container_name::split_file_name(name).is_some()
        {
            part(out, base + at, base + at + 69, Act::Hide(Class::Container));
            at += 69;
            continue;
        }
        if word.get(at..at + 36).is_some_and(is_guid) {
            part(out, base + at, base + at + 36, Act::Hide(Class::Name));
            at += 36;
            continue;
        }
        if word.get(at..at + 4).is_some_and(|s| s.eq_ignore_ascii_case("S-1-")) {
            let length = 4 + word
                .get(at + 4..)
                .unwrap_or_default()
                .bytes()
                .take_while(|b| b.is_ascii_digit() || *b == b'-')
                .count();
            let sid = word.get(at..at + length).unwrap_or_default().trim_end_matches('-');
            if crate::model::principal::as_sid(sid).is_some() {
                part(out, base + at, base + at + sid.len(), Act::Hide(Class::User));
                at += sid.len().max(1);
                continue;
            }
        }
        let hex = bytes.iter().skip(at).take_while(|b| b.is_ascii_hexdigit()).count();
        if hex == 0 {
            at += 1;
            continue;
        }
        let number = at >= 2 && matches!(bytes.get(at - 1), Some(b'x' | b'X')) && bytes.get(at - 2) == Some(&b'0');
        if hex >= 16 && !(number && hex <= 16) {
            part(out, base + at, base + at + hex, Act::Hide(Class::File));
        }
        // A GUID may begin inside a run of digits that belong to something else.
        at += if hex > 8 && bytes.get(at + hex) == Some(&b'-') { hex - 8 } else { hex };
    }
}

/// Paths, accounts, mail addresses, hosts and addresses.
fn words(line: &str, base: usize, out: &mut Vec<Part>) {
    let ends = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\''
                    | '<'
                    | '>'
                    | '|'
                    | ','
                    | ';'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '='
                    | '`'
                    | '&'
                    | '!'
                    | '?'
                    | '#'
                    | '{'
                    | '}'
                    | '\u{201c}'
                    | '\u{201d}'
                    | '\u{2018}'
                    | '\u{2019}'
            )
    };
    let mut at = 0usize;
    for word in line.split_inclusive(ends) {
        let start = base + at;
        at = at.saturating_add(word.len());
        let word = word.trim_end_matches(ends).trim_end_matches(['.', ':']);
        // The letter of cacls: `BUILTIN\Users:R`.
        let account = word.strip_suffix(['R', 'W', 'C', 'F', 'N']).and_then(|word| word.strip_suffix(':'));
        let word = account.filter(|word| word.contains('\\')).unwrap_or(word);
        if word.contains('\\') || word.starts_with('/') && word.matches('/').count() > 1 || word.starts_with("~/") {
            components(word, start, line.trim_start().starts_with('{'), out);
        }
        if let Some((user, host)) = word.split_once('@')
            && !user.is_empty()
            && !user.contains('\\')
            && host.contains(|c: char| c.is_alphanumeric())
            && !host.starts_with("SEC")
        {
            let from = user.rfind([':', '/']).map_or(0, |i| i + 1);
            part(out, start + from, start + word.len(), Act::Hide(Class::User));
        }
        hosts(word, start, out);
    }
    addresses(line, base, out);
}

/// Words in front of the name of a remote computer (Microsoft Learn, "Enter-PSSession", "Invoke-Command"), in small letters.
const REMOTE: &[&str] = &["enter-pssession ", "-computername ", "-computername:", "pscomputername :"];

/// The computer of a remote session's prompt, `[web01]: PS C:\>`, of winrs, `-r:web01`, and of PowerShell's cmdlets and answers.
fn session(line: &str, base: usize, out: &mut Vec<Part>) {
    let prompt = line.find("]: PS ").and_then(|end| Some((line.get(..end)?.rfind('[')? + 1, end)));
    let named = line.find("winrs ").and_then(|at| {
        let start = at + line.get(at..)?.find("r:")? + "r:".len();
        let name = line.get(start..)?.split(char::is_whitespace).next()?;
        Some((start, start + name.len()))
    });
    let lower = line.to_ascii_lowercase();
    let remote = REMOTE.iter().flat_map(|words| {
        lower.match_indices(words).filter_map(|(at, words)| {
            let start = at + words.len();
            let start = start + line.get(start..)?.find(|c: char| !matches!(c, ' ' | '\t' | '\'' | '"'))?;
            let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
            let length = line.get(start..)?.find(ends).unwrap_or(line.len() - start);
            // The next option, a variable or the computer itself.
            let name = line.get(start..start + length)?.trim_end_matches('.');
            (!name.starts_with(['-', '.']) && !name.eq_ignore_ascii_case("localhost"))
                .then_some((start, start + name.len()))
        })
    });
    for (start, end) in prompt.into_iter().chain(named).chain(remote) {
        let name = line.get(start..end).unwrap_or_default();
        let shaped = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if shaped && name.chars().any(char::is_alphabetic) {
            part(out, base + start, base + end, Act::Hide(Class::Computer));
        }
    }
}

/// Who Windows is registered to, as `systeminfo` (English, German, French), `Get-ComputerInfo`, Win32_OperatingSystem and the registry
/// (`CurrentVersion`) call it (Microsoft Learn, "systeminfo", "Get-ComputerInfo", "Win32_OperatingSystem class").
const REGISTERED: &[&str] = &[
    "registered owner",
    "registered organization",
    "registrierter benutzer",
    "registrierte organisation",
    "propriétaire enregistré",
    "organisation enregistrée",
    "windowsregisteredowner",
    "windowsregisteredorganization",
    "registeredowner",
    "registeredorganization",
    "registereduser",
];

/// The person and the company that Windows is registered to: no other artifact need name them.
fn registered(line: &str, base: usize, out: &mut Vec<Part>) {
    let quoted = ['"', '\u{201c}', '\u{201d}', ' ', '\t', '>', '\r', '\n'];
    let body = line.trim_start_matches(quoted);
    if !body.starts_with(['R', 'P', 'O', 'W', 'r', 'p', 'o', 'w']) {
        return;
    }
    let end = body.find([':', '=']).into_iter().chain(body.find(" REG_")).chain(body.find("\tREG_")).min();
    let Some((label, value)) = end.and_then(|end| body.split_at_checked(end)) else { return };
    let label = label.trim_end_matches(quoted);
    // A name for a label is short: a long line is not copied.
    if label.len() > 64 {
        return;
    }
    let label = label.to_lowercase();
    if !REGISTERED.contains(&label.as_str()) {
        return;
    }
    let value = value.trim_start_matches([':', '=', ' ', '\t']);
    let value = value.strip_prefix("REG_SZ").unwrap_or(value).trim_start_matches(quoted);
    let from = line.len() - value.len();
    let value = value.trim_end_matches(quoted);
    if value.chars().any(char::is_alphanumeric) {
        part(out, base + from, base + from + value.len(), Act::Hide(Class::Name));
    }
}

/// The parts of a path, and both sides of an account's name. In `json` a single backslash begins an escape.
fn components(word: &str, base: usize, json: bool, out: &mut Vec<Part>) {
    let mut at = 0usize;
    let mut authority = false;
    let mut rest = word;
    while !rest.is_empty() {
        // A backslash before an underscore is an escape of Markdown.
        let separator = |(i, c): &(usize, char)| {
            *c == '/' || *c == '\\' && !rest.get(i + 1..).is_some_and(|r| r.starts_with(['_', '*']))
        };
        let (component, later) = rest.split_at(rest.char_indices().find(separator).map_or(rest.len(), |(i, _)| i + 1));
        rest = later;
        let start = base + at;
        let escaped = json && word.get(..at).is_some_and(|w| w.ends_with('\\') && !w.ends_with("\\\\"));
        at = at.saturating_add(component.len());
        if component.len() == word.len() || escaped {
            continue;
        }
        // An asterisk at the end stands for any name: `MachineKeys\*`.
        let name = component.trim_end_matches(['\\', '/', '*']);
        let wide = name.trim_start_matches('*');
        let (start, name) = (start + (name.len() - wide.len()), wide);
        let first = name.chars().next();
        if matches!(first, None | Some('_' | '%' | '$' | '~' | '.'))
            || name.chars().count() < 2
            || keep::is_folder(name)
        {
            authority = keep::is_authority(name);
            continue;
        }
        if keep::is_authority(name) {
            authority = true;
            continue;
        }
        // A drive or a provider of PowerShell in front: `FileSystem::C:`, `Settings: C:`.
        if name.ends_with(':') {
            continue;
        }
        let class = if authority || !word.contains(":\\") && word.matches('\\').count() == 1 {
            Class::User
        } else {
            Class::File
        };
        let class = if class == Class::User && at < word.len() { Class::Domain } else { class };
        authority = false;
        part(out, start, start + name.len(), Act::Hide(class));
    }
}

/// Names of hosts by their ending.
fn hosts(word: &str, base: usize, out: &mut Vec<Part>) {
    let mut at = 0usize;
    let inside = |c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '*'));
    for name in word.split_inclusive(inside) {
        let start = at;
        at = at.saturating_add(name.len());
        let joined = word.get(..start).is_some_and(|b| b.ends_with(['$', '@', '%']));
        let name = name.trim_end_matches(inside).trim_matches('.');
        let Some((front, last)) = name.rsplit_once('.') else { continue };
        let lower = last.to_lowercase();
        let two = last.chars().count() == 2 && last == lower && front.len() > 2 && front == front.to_lowercase();
        if joined
            || !is_host_shaped(name)
            || !(ENDINGS.contains(&lower.as_str()) || two || last.starts_with("xn--"))
            || name.contains('_') && two
        {
            continue;
        }
        let act = if keep::is_host(&name.to_lowercase()) { Act::Keep } else { Act::Hide(Class::Host) };
        part(out, base + start, base + start + name.len(), act);
    }
}

/// Addresses of IPv4 and IPv6.
fn addresses(line: &str, base: usize, out: &mut Vec<Part>) {
    let bytes = line.as_bytes();
    let inside = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
    let mut at = 0usize;
    while at < bytes.len() {
        let run = bytes.iter().skip(at).take_while(|b| inside(b)).count();
        if run < 2 {
            at += run.max(1);
            continue;
        }
        let free = at == 0 || !bytes.get(at - 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let word = line.get(at..at + run).unwrap_or_default();
        let trimmed = word.trim_end_matches('.');
        let six = trimmed.trim_end_matches(':');
        let six = if six.len() + 2 <= trimmed.len() { trimmed } else { six };
        let address = six.parse::<Ipv6Addr>().ok();
        if free && address.is_some_and(|a| !a.is_loopback() && !a.is_unspecified()) {
            part(out, base + at, base + at + six.len(), Act::Hide(Class::Host));
        } else if free {
            // `10.0.0.5:443:` and `IP:10.0.0.5`.
            let mut from = 0usize;
            for piece in trimmed.split_inclusive(':') {
                let start = from;
                from += piece.len();
                let piece = piece.trim_end_matches(':');
                let oid = ["2.5.", "1.3.6.", "0."].iter().any(|p| piece.starts_with(p));
                if !oid && piece.parse::<Ipv4Addr>().is_ok_and(|a| !a.is_loopback() && !a.is_unspecified()) {
                    part(out, base + at + start, base + at + start + piece.len(), Act::Hide(Class::Host));
                }
            }
        }
        at += run;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Redactor;

    /// The labels of `systeminfo` (English, German), of Win32_OperatingSystem and of the registry.
    #[test]
    fn whom_windows_is_registered_to_is_hidden() {
        for line in [
            "Registered Owner:          Anna Karlin",
            "> Registered Organization:   Karlin Works",
            "Registrierter Benutzer:                        Anna Karlin",
            "RegisteredUser : Anna Karlin",
            "    RegisteredOwner    REG_SZ    Anna Karlin",
            "\"RegisteredOrganization\"=\"Karlin Works\"",
        ] {
            let copy = Redactor::new([7; 32]).text(line);
            assert!(!copy.contains("Karlin") && copy.contains("name-1"), "{copy}");
            let label = line.split(['A', 'K']).next().unwrap_or_default();
            assert!(copy.starts_with(label), "{copy}");
        }
        for line in ["Registered ports: 443", "Registered Organization:   ", "RegisteredOwner"] {
            assert_eq!(Redactor::new([7; 32]).text(line), line);
        }
    }

    #[test]
    fn computers_of_remote_commands_are_hidden_as_in_the_prompt() {
        let text = "PS C:\\> Enter-PSSession ksrv07\n[ksrv07]: PS C:\\> Invoke-Command -ComputerName 'ksrv07' -ScriptBlock {}\n\
                    PSComputerName : ksrv07\n";
        let copy = Redactor::new([7; 32]).text(text);
        assert!(!copy.contains("ksrv07") && copy.matches("computer-1").count() == 4, "{copy}");
        for line in [
            "Enter-PSSession -Session $s",
            "Invoke-Command -ComputerName $all -ScriptBlock {}",
            "-ComputerName localhost",
        ] {
            assert_eq!(Redactor::new([7; 32]).text(line), line);
        }
    }

    /// The layout of `openssl rsa -text`; the numbers are made up.
    #[test]
    fn the_private_numbers_of_a_key_are_dropped() {
        let secret = "00:c0:ff:ee:01:02:03:04:05:06:07:08:09:0a:0b";
        let text = format!(
            "Private-Key: (128 bit, 2 primes)\nprivateExponent:\n    {secret}:\n    7f:3d\nprime1:\n> {secret}\nexponent1: 5\n"
        );
        let copy = Redactor::new([7; 32]).text(&text);
        let shape: Vec<&str> = copy.lines().map(str::trim).collect();
        let removed = "[key removed]";
        assert_eq!(shape[1..5], ["privateExponent:", removed, removed, "prime1:"], "{copy}");
        assert!(shape[5].ends_with(removed) && !copy.contains("7f:3d"), "{copy}");
    }
}

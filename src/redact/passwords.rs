//! Passwords in commands and scripts: a copy has a remark in their place.

use super::shapes::{Act, Part};
use crate::limits::REDACTED_CALL_BYTES;
use std::ops::Range;

/// What stands for a password. One word, so that a command keeps its arguments.
const REMARK: &str = "[password]";

/// Words before `=` or `:` whose value is secret, in lowercase; also options of that name.
const WORDS: &[&str] =
    &["password", "passwd", "passphrase", "pwd", "pin", "passwort", "kennwort", "contrase\u{f1}a", "mot de passe"];

/// OpenSSL's name of the attribute of a request that is a password, in lowercase.
const CHALLENGE: &str = "challengepassword";

/// Calls whose further arguments may be a password: constructors and loaders of certificates.
const CALLS: &[&str] = &["x509certificate2(", "x509certificate(", "loadpkcs12", ".import(", "pfxdata("];

/// Every part of a text that is a password, or may be one.
pub(super) fn find(text: &str, out: &mut Vec<Part>) {
    let lower = text.to_ascii_lowercase();
    let mut challenges = Vec::new();
    let mut add = |range: Range<usize>| {
        if text.get(range.clone()).is_some_and(is_literal) {
            out.push(Part { range, act: Act::Drop(REMARK) });
        }
    };
    let mut start = 0_usize;
    for line in lower.split_inclusive('\n') {
        let at = |range: Range<usize>| start.saturating_add(range.start)..start.saturating_add(range.end);
        if line.contains("certutil") || line.contains("importpfx") || line.contains("exportpfx") {
            for option in ["-p ", "/p "] {
                let places = line.match_indices(option).filter(|(i, _)| ends_a_word(line.get(..*i)));
                places.for_each(|(i, _)| add(at(argument(line, i.saturating_add(option.len())))));
            }
        }
        for word in WORDS {
            for (i, _) in line.match_indices(word).filter(|(i, _)| ends_a_word(line.get(..*i))) {
                let behind = i.saturating_add(word.len());
                let rest = line.get(behind..).unwrap_or_default();
                let gap = rest.len().saturating_sub(rest.trim_start_matches(['"', '\'', ' ', '\t']).len());
                let option = line.get(..i).is_some_and(|before| before.ends_with(['-', '/']));
                match rest.get(gap..).and_then(|rest| rest.chars().next()) {
                    Some('=' | ':') => add(at(argument(line, behind.saturating_add(gap).saturating_add(1)))),
                    Some(_) if option && rest.starts_with([' ', '\t']) => add(at(argument(line, behind))),
                    _ => {}
                }
            }
        }
        for (i, word) in line.match_indices("pass:").filter(|(i, _)| ends_a_word(line.get(..*i))) {
            add(at(argument(line, i.saturating_add(word.len()))));
        }
        // An attribute of certificate requests (RFC 2985 section 5.4.1): all that follows is the password.
        for (i, word) in line.match_indices(CHALLENGE) {
            let behind = i.saturating_add(word.len());
            let rest = line.get(behind..).unwrap_or_default();
            let value = rest.trim_start_matches([' ', '\t']).strip_prefix([':', '=']).map(str::trim);
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let end = line.trim_end().len();
                challenges.push(Part { range: at(end.saturating_sub(value.len())..end), act: Act::Drop(REMARK) });
            }
        }
        if line.contains("securestring") {
            quoted(line).into_iter().for_each(|range| add(at(range)));
        }
        start = start.saturating_add(line.len());
    }
    for call in CALLS {
        for (i, name) in lower.match_indices(call) {
            let from = i.saturating_add(name.len());
            let mut end = from.saturating_add(REDACTED_CALL_BYTES).min(lower.len());
            while !lower.is_char_boundary(end) {
                end = end.saturating_sub(1);
            }
            let arguments = lower.get(from..end).unwrap_or_default();
            let arguments = arguments.get(..arguments.find(';').unwrap_or(arguments.len())).unwrap_or_default();
            for range in quoted(arguments) {
                let before = arguments.get(..range.start.saturating_sub(1)).unwrap_or_default();
                let later = before.trim_end().ends_with(',');
                if later && !arguments.get(range.clone()).is_some_and(is_flags) {
                    add(from.saturating_add(range.start)..from.saturating_add(range.end));
                }
            }
        }
    }
    out.append(&mut challenges);
}

fn ends_a_word(before: Option<&str>) -> bool {
    !before.is_some_and(|before| before.ends_with(char::is_alphanumeric))
}

/// The argument that begins here: inside its quotation marks, or up to the next blank.
fn argument(line: &str, from: usize) -> Range<usize> {
    let rest = line.get(from..).unwrap_or_default();
    let lead = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
    let rest = rest.get(lead..).unwrap_or_default();
    let start = from.saturating_add(lead);
    match rest.chars().next() {
        Some(mark @ ('"' | '\'')) => {
            let inside = rest.get(1..).unwrap_or_default();
            let end = inside.find(mark).unwrap_or(inside.trim_end().len());
            start.saturating_add(1)..start.saturating_add(1).saturating_add(end)
        }
        _ => {
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | ')' | '&' | '<' | '"'));
            start..start.saturating_add(end.unwrap_or(rest.len()))
        }
    }
}

/// What stands between quotation marks; the last may be missing.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find(['"', '\''])) {
        let start = at.saturating_add(open).saturating_add(1);
        let mark = if text.get(..start).is_some_and(|t| t.ends_with('"')) { '"' } else { '\'' };
        let rest = text.get(start..).unwrap_or_default();
        let end = start.saturating_add(rest.find(mark).unwrap_or(rest.trim_end().len()));
        found.push(start..end);
        at = end.saturating_add(1);
    }
    found
}

/// Names of X509KeyStorageFlags, as PowerShell takes them in a string.
fn is_flags(text: &str) -> bool {
    let known = [
        "exportable",
        "userprotected",
        "userkeyset",
        "machinekeyset",
        "persistkeyset",
        "ephemeralkeyset",
        "defaultkeyset",
    ];
    text.split([',', ' ', '|']).filter(|word| !word.is_empty()).all(|word| known.contains(&word))
}

/// Not a variable, a placeholder, or an expression.
fn is_literal(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['$', '%', '<', '(', '{', '*', '[', '@'])
}

#[cfg(test)]
mod tests {
    use super::super::Redactor;

    #[test]
    fn passwords_of_commands_and_scripts_are_dropped() {
        for line in [
            "certutil -f -p hunter2 -importpfx a.pfx AT_KEYEXCHANGE",
            "& certutil.exe -p \"hunter2 x\" -importPFX My",
            "C:\\> CERTUTIL /p 'hunter2' -exportpfx my 0 a.pfx",
            "var a = new X509Certificate2(path, \"hunter2\",\n    X509KeyStorageFlags.Exportable);",
            "var a = new X509Certificate2(\n    path,\n    \"hunter2\");",
            "[X509Certificate2]::new($path); $c.Import($path, 'hunter2', 'Exportable,PersistKeySet')",
            "var c = X509CertificateLoader.LoadPkcs12FromFile(path, \"hunter2\", flags);",
            "$p = ConvertTo-SecureString -String \"hunter2\" -AsPlainText -Force",
            "Import-PfxCertificate a.pfx -Password (ConvertTo-SecureString 'hunter2' -AsPlainText -Force)",
            "$key.KeySpec = 1; $pin = \"hunter2\"",
            "openssl pkcs12 -in a.pfx -passin pass:hunter2 -nodes",
            "{\"password\": \"hunter2\", \"host\": 1}",
            "<password>x</password> Password=hunter2;Server=a",
            "The Kennwort: hunter2",
            "            challengePassword        :$hunter2 and more",
        ] {
            let copy = Redactor::new([7; 32]).text(line);
            assert!(!copy.contains("hunter2") && copy.contains("[password]"), "{line} -> {copy}");
        }
    }

    #[test]
    fn what_is_no_password_stays() {
        for line in [
            "certutil -p $password -importpfx",
            "certutil -p <password> -exportpfx",
            "certutil -store -v my",
            "Enter PFX password:",
            "new X509Certificate2(bytes, password, 'Exportable,MachineKeySet')",
            "The password is not known.",
        ] {
            assert!(!Redactor::new([7; 32]).text(line).contains("[password]"), "{line}");
        }
    }
}

//! Pseudonyms for everything in a report or a text that names somebody or something.
//!
//! The same value has the same pseudonym in everything that one [`Redactor`] writes, so who reads it still sees that the
//! certificate of a binding is the one in the store and that a container leads to a key file. What is the same on every
//! machine stays: providers, KeySpec, flags, codes, OIDs, dates, well-known accounts and containers. `docs/redaction.md` says what
//! can't be promised.
//!
//! First everything learns, then everything is written:
//!
//! ```
//! use keyspect::redact::Redactor;
//!
//! let mut redactor = Redactor::new([7; 32]);
//! let text = redactor.text("Subject: CN=www.contoso.com, O=Contoso\nCert Hash(sha1): 32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6\n");
//! assert!(text.starts_with("Subject: CN=host-1.example, O=name-1\n"));
//! assert!(!text.contains("32b5398e"));
//! ```

mod copy;
mod keep;
mod learn;
mod names;
mod passwords;
mod shapes;

pub use copy::Refusal;

use crate::report::model::Report;
use aho_corasick::{AhoCorasick, Input, MatchKind};
use names::{Class, Names};
use serde_json::Value;
use shapes::{Act, Part};
use std::collections::{BTreeMap, HashMap};

/// Gives pseudonyms, the same ones for the same values.
pub struct Redactor {
    names: Names,
    /// Names known from reports, folded, with what they are and how they were written.
    known: HashMap<String, (Class, bool)>,
    finder: Option<Finder>,
    /// Inside `details`, where a field's value is never one of the contract's own words.
    details: bool,
}

struct Finder {
    automaton: AhoCorasick,
    /// What becomes of each pattern, and whether it is hidden only where nothing but it stands.
    acts: Vec<(Act, bool)>,
}

/// Fields of a report that hold words of the report's own contract.
const OWN: &[&str] = &[
    "schema",
    "rule",
    "severity",
    "role",
    "confidence",
    "status",
    "kind",
    "encoding",
    "language",
    "scope",
    "association",
    "access",
    "file_name_rule",
    "basis",
    "exportable",
    "encryption_test",
    "signature_test",
    "outcome",
    "workload",
    "workloads",
    "shell",
    "where",
    "url",
    "key_usage",
    "extended_key_usage",
    "algorithm",
    "not_before",
    "not_after",
    "type",
    "provider_type",
    "time",
    "level",
    "channel",
    "operation",
    "result",
    "desired_access",
    "mask",
    "protocol",
    "state",
    "ssl_flags",
    "store",
    "form",
    "origin",
    "target",
    "windows",
    "hash_algorithm",
    "key_algorithm",
    "request_type",
    "side",
    "because",
    "format",
    "version",
];

impl Redactor {
    /// With a key that should be random and of this run alone: who knows it can find out by trying whether a hash, GUID or SID
    /// is behind a pseudonym. With the same key the same identifiers are made in another run.
    pub fn new(key: [u8; 32]) -> Self {
        Self { names: Names::new(key), known: HashMap::new(), finder: None, details: false }
    }

    /// Takes note of every name that a report states, so that it is hidden wherever it stands in texts.
    pub fn learn(&mut self, report: &Report) {
        for part in
            [serde_json::to_value(&report.inputs), serde_json::to_value(&report.credentials)].into_iter().flatten()
        {
            self.see_all(&part);
        }
        for serial in learn::reversed_serials(report) {
            self.names.reversed(serial);
        }
        let mut found: Vec<(Class, String)> = Vec::new();
        learn::names(report, &mut |class, name| found.push((class, name.to_owned())));
        for (class, name) in &found {
            self.names.seen(name);
            if *class == Class::User {
                self.names.account_known(name);
            }
        }
        for (class, name) in found {
            self.know(class, &name);
        }
        self.finder = None;
    }

    /// Takes note of what has the form of a pseudonym.
    fn see(&mut self, text: &str, parts: &[Part]) {
        for part in parts.iter().filter(|p| matches!(p.act, Act::Hide(c) if c != Class::Hex)) {
            self.names.seen(text.get(part.range.clone()).unwrap_or_default());
        }
    }

    fn see_all(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.see_all(v)),
            Value::Object(map) => map.values().for_each(|v| self.see_all(v)),
            Value::String(text) => {
                let mut parts = Vec::new();
                shapes::find(text, &mut parts);
                self.see(text, &parts);
            }
            _ => {}
        }
    }

    fn know(&mut self, class: Class, name: &str) {
        let name = name.trim();
        if keep::is_kept(name) || class == Class::File && keep::is_folder(name) {
            return;
        }
        let folded = keep::fold(name);
        let letters = folded.chars().filter(|c| c.is_alphanumeric()).count();
        let number = folded.bytes().all(|b| b.is_ascii_digit());
        if letters < 3 || number && letters < 6 || folded.len() > 1024 {
            return;
        }
        if class == Class::Container {
            self.names.container_known(name);
        }
        let joined = letters >= 8 && name.contains(['-', '_']) && !name.contains(' ');
        let shy = letters < 4 || !joined && keep::is_vocabulary(name);
        self.known.entry(folded).or_insert((class, shy));
    }

    fn finder(&mut self) -> Option<&Finder> {
        if self.finder.is_none() {
            let mut patterns: Vec<String> = Vec::new();
            let mut acts = Vec::new();
            for phrase in keep::phrases() {
                patterns.push(keep::fold(phrase));
                acts.push((Act::Keep, false));
            }
            let mut known: Vec<_> = self.known.iter().collect();
            known.sort();
            for (name, (class, shy)) in known {
                patterns.push(name.clone());
                acts.push((Act::Hide(*class), *shy));
            }
            let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).ok()?;
            self.finder = Some(Finder { automaton, acts });
        }
        self.finder.as_ref()
    }

    /// The names that are known, wherever they stand in a text: in any case, and with any blanks or line ends inside.
    fn known_parts(&mut self, text: &str, out: &mut Vec<Part>) {
        let Some(finder) = self.finder() else { return };
        let mut folded = String::with_capacity(text.len());
        // For each byte of the folded text, where its character stands in the original.
        let mut places: Vec<usize> = Vec::with_capacity(text.len());
        let mut fresh = true;
        for (at, c) in text.char_indices() {
            if c == '\n' {
                fresh = true;
            }
            // The marks of a quoted mail are no part of a wrapped value.
            if c.is_whitespace() || fresh && matches!(c, '>' | '|') {
                continue;
            }
            fresh = false;
            for lower in c.to_lowercase() {
                folded.push(lower);
                places.resize(folded.len(), at);
            }
        }
        let mut from = 0usize;
        while let Some(found) = finder.automaton.find(Input::new(&folded).range(from..)) {
            let next =
                |at: usize| (at + 1..=folded.len()).find(|i| folded.is_char_boundary(*i)).unwrap_or(folded.len());
            let start = places.get(found.start()).copied().unwrap_or(0);
            let last = places.get(found.end().saturating_sub(1)).copied().unwrap_or(0);
            let end = last + text.get(last..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
            let (act, shy) = finder.acts.get(found.pattern().as_usize()).copied().unwrap_or((Act::Keep, false));
            if stands(text, start, end, act, shy) {
                out.push(Part { range: start..end, act });
                from = found.end();
            } else {
                from = next(found.start());
            }
        }
    }

    /// A text with pseudonyms. Names that no report stated are hidden by their form.
    pub fn text(&mut self, text: &str) -> String {
        let mut parts = Vec::new();
        shapes::find(text, &mut parts);
        self.see(text, &parts);
        let shaped = parts.len();
        self.known_parts(text, &mut parts);
        // In a collapsed log a name goes on into the next label: what is known of it says where it ends.
        let known: BTreeMap<usize, usize> = parts.iter().skip(shaped).map(|p| (p.range.start, p.range.end)).collect();
        let mut index = 0usize;
        parts.retain(|p| {
            index += 1;
            let goes_on = || {
                text.get(p.range.clone()).is_some_and(|t| t.contains(": ") || t.contains("====") || t.contains(" = "))
            };
            let covered = || known.range(..=p.range.start).next_back().is_some_and(|(_, end)| *end > p.range.start);
            index > shaped || p.act != Act::Hide(Class::Name) || !covered() || !goes_on()
        });
        self.write(text, parts)
    }

    /// The longest parts first; of what a longer part overlaps, the rest is hidden too.
    fn write(&mut self, text: &str, mut parts: Vec<Part>) -> String {
        let rank = |act: Act| match act {
            Act::Drop(_) => 0,
            Act::Keep => 1,
            Act::Hide(_) => 2,
        };
        parts.sort_by_key(|p| (std::cmp::Reverse(p.range.len()), rank(p.act), p.range.start));
        let mut chosen: BTreeMap<usize, (usize, Act)> = BTreeMap::new();
        for part in parts {
            let (mut start, end) = (part.range.start, part.range.end);
            // What lies before, between and behind longer parts.
            if let Some((_, (other, _))) = chosen.range(..=start).next_back() {
                start = start.max(*other);
            }
            let whole = start == part.range.start && chosen.range(start..end).next().is_none();
            let act = match part.act {
                Act::Keep if !whole => continue,
                act => act,
            };
            while start < end {
                let next = chosen.range(start..end).next().map(|(s, (e, _))| (*s, *e));
                let stop = next.map_or(end, |(s, _)| s);
                if text.get(start..stop).is_some_and(|t| t.chars().any(char::is_alphanumeric)) {
                    chosen.insert(start, (stop, act));
                }
                start = next.map_or(end, |(_, e)| e);
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0usize;
        for (start, (end, act)) in chosen {
            out.push_str(text.get(at..start).unwrap_or_default());
            let old = text.get(start..end).unwrap_or_default();
            match act {
                Act::Keep => out.push_str(old),
                Act::Drop(remark) => out.push_str(remark),
                Act::Hide(class) => {
                    let lead = old.len() - old.trim_start().len();
                    out.push_str(old.get(..lead).unwrap_or_default());
                    let new = self.hidden(class, old.trim());
                    out.push_str(&new);
                    out.push_str(old.get(old.trim_end().len().max(lead)..).unwrap_or_default());
                }
            }
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// A value's pseudonym. What it is, is what the first report said of it.
    fn hidden(&mut self, class: Class, value: &str) -> String {
        let class = match self.known.get(&keep::fold(value)) {
            Some((known, _)) if class != Class::Hex => *known,
            _ => class,
        };
        self.names.value(class, value)
    }

    /// A report with pseudonyms: verdicts, rules, outcomes, places and counts stay.
    pub fn report(&mut self, report: &Report) -> Report {
        self.learn(report);
        let mut value = serde_json::to_value(report).unwrap_or(Value::Null);
        if let Value::Object(map) = &mut value {
            for (key, part) in map.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "tool" | "summary" | "schema"))
            {
                self.redact(key, "", part);
            }
        }
        serde_json::from_value(value).unwrap_or_else(|_| empty(report))
    }

    fn redact(&mut self, key: &str, parent: &str, value: &mut Value) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|v| self.redact(key, parent, v)),
            Value::Object(map) => {
                // A field's own name may come from an input: the data of an event.
                let old = std::mem::take(map);
                for (name, mut inner) in old {
                    let outside = key == "inputs" && name == "details";
                    self.details |= outside;
                    self.redact(&name, key, &mut inner);
                    self.details &= !outside;
                    let name =
                        if key == "data" || name.contains(['.', '\\', '=', '@']) { self.text(&name) } else { name };
                    map.insert(name, inner);
                }
            }
            Value::String(text) => *text = self.field(key, parent, text),
            _ => {}
        }
    }

    fn field(&mut self, key: &str, parent: &str, text: &str) -> String {
        match (parent, key) {
            ("flags" | "key_spec" | "references", _) if !self.details => return text.to_owned(),
            ("provider", "kind") => return text.to_owned(),
            ("store", "name") if !self.details => return text.to_owned(),
            ("data", _) => {}
            (_, "path" | "member") if parent == "inputs" => return self.path(text),
            (_, "fingerprint") => return self.names.hex(text),
            (_, "thumbprint" | "sha1" | "sha256" | "serial") => {
                let digits = text.chars().filter(char::is_ascii_hexdigit).count();
                if digits > 0 && text.chars().all(|c| c.is_ascii_hexdigit() || c.is_whitespace() || c == ':') {
                    return self.names.value(if digits < 16 { Class::Hex } else { Class::Name }, text);
                }
            }
            (_, "alternative_names") if !text.contains(['=', ':', '/']) => return self.names.value(Class::Host, text),
            ("container", "machine_guid" | "stored" | "name" | "unique_name") => {
                return self.names.value(Class::Container, text);
            }
            (_, "friendly_name") => return self.hidden(Class::Name, text),
            (_, "computer") => return self.hidden(Class::Computer, text),
            (_, "site" | "sites") => return self.hidden(Class::Name, text),
            (_, "user" | "principal" | "printed" | "owner")
                if !text.contains(':') && (key != "printed" || text.contains('\\')) =>
            {
                let starred = text.strip_prefix('*').unwrap_or(text);
                return self.names.value(Class::User, starred);
            }
            (_, "kind" | "time") => return text.to_owned(),
            (_, own) if !self.details && OWN.contains(&own) => return text.to_owned(),
            _ => {}
        }
        self.text(text)
    }

    /// A path: the name of each part that Windows does not make itself. The ending stays.
    pub fn path(&mut self, path: &str) -> String {
        let mut out = String::new();
        for part in path.split_inclusive(['/', '\\']) {
            let name = part.trim_end_matches(['/', '\\']);
            let end = part.get(name.len()..).unwrap_or_default();
            if matches!(name, "." | ".." | "-") || keep::is_folder(name) {
                out.push_str(name);
            } else {
                out.push_str(&self.names.value(Class::File, name));
            }
            out.push_str(end);
        }
        out
    }
}

/// Whether a name found in a text stands there as a name: not inside a longer word when it is short or a common word.
fn stands(text: &str, start: usize, end: usize, act: Act, shy: bool) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (left, right) = (before.chars().next_back(), after.chars().next());
    let part = text.get(start..end).unwrap_or_default();
    let joined = letter(left) && letter(part.chars().next()) || letter(right) && letter(part.chars().next_back());
    if shy {
        let opens = before.trim_end_matches([' ', '\t']).chars().next_back();
        let opened = match left {
            Some(' ' | '\t') => matches!(opens, Some('=' | ':')),
            c => matches!(c, None | Some('\n' | '=' | ':' | '"' | '\'' | '\\' | '`' | '>')),
        };
        let closed = matches!(right, None | Some('\r' | '\n' | '"' | '\'' | '\\' | '`' | '<' | ',' | '&'));
        return opened && closed;
    }
    !joined || act != Act::Keep && part.chars().filter(|c| c.is_alphanumeric()).count() >= 6
}

/// A report that can't be written with pseudonyms is left empty: nothing of it leaves.
fn empty(report: &Report) -> Report {
    Report {
        schema: report.schema.clone(),
        tool: report.tool.clone(),
        inputs: Vec::new(),
        credentials: Vec::new(),
        findings: Vec::new(),
        checks: Vec::new(),
        summary: report.summary.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container_name::{capi_file_prefix, rule_of};

    fn redactor() -> Redactor {
        Redactor::new([1; 32])
    }

    #[test]
    fn one_value_has_one_pseudonym_in_any_layout() {
        let mut r = redactor();
        let plain = r.text("32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6");
        let spaced = r.text("32 b5 39 8e d3 c9 c6 f1 a3 50 bc d4 b5 14 eb b5 a4 5d 1f c6");
        let upper = r.text("32B5398ED3C9C6F1A350BCD4B514EBB5A45D1FC6");
        assert_eq!(spaced.replace(' ', ""), plain);
        assert_eq!(upper, plain.to_uppercase());
        assert_ne!(plain, Redactor::new([2; 32]).text("32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6"));
        assert_eq!(r.text("Subject: CN=WWW.contoso.com"), r.text("Subject: CN=www.CONTOSO.com"));
    }

    #[test]
    fn a_key_file_follows_from_its_container() {
        let mut r = redactor();
        for container in ["{00F81886-5F70-430A-939C-BB7DD58ECE2A}", "Contoso web 2026", "iisWasKey"] {
            r.know(Class::Container, container);
            let prefix = capi_file_prefix(container).unwrap_or_default();
            let file = format!("{prefix}_3ade29bb-f050-41f3-b0db-f2b69957a1d7");
            let (new, new_file) = (r.names.value(Class::Container, container), r.names.value(Class::Container, &file));
            assert_eq!(rule_of(&new, &new_file), rule_of(container, &file), "{new} {new_file}");
            assert_eq!(new == container, container == "iisWasKey");
        }
    }

    #[test]
    fn well_known_accounts_and_rids_stay() {
        let mut r = redactor();
        for kept in [
            "NT AUTHORITY\\SYSTEM:(F)",
            "BUILTIN\\Administrators:(F)",
            "VORDEFINIERT\\Administratoren:(F)",
            "IIS APPPOOL\\DefaultAppPool:(R)",
            "S-1-5-18",
            "S-1-5-32-544",
            "Provider = Microsoft Strong Cryptographic Provider",
            "    Server Authentication (1.3.6.1.5.5.7.3.1)",
            "2.5.29.37: Flags = 0, Length = c",
            "{4dc3e181-e14b-4a21-b022-59fc669b0914}",
            "127.0.0.1 ::1 0.0.0.0:443 [::]:443",
            "0x80090016 (-2146893802 NTE_BAD_KEYSET)",
            "NotBefore: 3/14/2026 9:15 AM",
            "KeySpec = 1 -- AT_KEYEXCHANGE",
        ] {
            assert_eq!(r.text(kept), kept);
        }
        let new = r.text("S-1-5-21-1004336348-1177238915-682003330-500 S-1-5-21-1004336348-1177238915-682003330-1104");
        let (first, second) = new.split_once(' ').unwrap_or_default();
        assert!(first.ends_with("-500") && !new.contains("1004336348"), "{new}");
        assert_eq!(first.trim_end_matches("-500"), second.rsplit_once('-').unwrap_or_default().0);
    }

    #[test]
    fn keys_of_the_registry_with_blanks_stay_and_names_in_them_do_not() {
        let mut r = redactor();
        for kept in [
            "reg query \"HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings\"",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings",
            "PSParentPath : Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft Operations \
             Manager\\3.0",
            "in the registry at HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings cannot be used",
            "{\"Key\": \"HKLM\\\\SOFTWARE\\\\Microsoft\\\\Microsoft Operations Manager\\\\3.0\\\\Machine Settings\"}",
            "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp",
            "reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols /s",
        ] {
            assert_eq!(r.text(kept), kept);
        }
        let sql = "HKLM\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\MSSQL15.PAYROLL\\MSSQLServer\\SuperSocketNetLib";
        let new = r.text(sql);
        assert!(new.starts_with("HKLM\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\"), "{new}");
        assert!(new.ends_with("\\MSSQLServer\\SuperSocketNetLib") && !new.contains("PAYROLL"), "{new}");
        for (text, token) in [
            ("HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Contoso Settings", "Contoso"),
            ("HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0Fabrikam", "Fabrikam"),
            ("HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\Fabrikam\\Machine Settings", "Fabrikam"),
            ("HKLM\\SOFTWARE\\Fabrikam\\Microsoft Operations Manager\\3.0\\Machine Settings", "Fabrikam"),
            ("HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings\\Fabrikam", "Fabrikam"),
            ("Control\\Terminal Server\\WinStations\\Fabrikam-Tcp", "Fabrikam"),
        ] {
            let new = r.text(text);
            assert!(!new.contains(token), "{new}");
        }
    }

    #[test]
    fn forms_that_no_report_names_are_hidden() {
        let mut r = redactor();
        for (text, tokens) in [
            ("C:\\Users\\anna.berg\\Desktop\\contoso\\www.pfx", &["anna", "contoso", "www"][..]),
            ("\\\\filer7\\certs$\\x", &["filer7"]),
            ("CONTOSO\\svc-web:(R)", &["contoso", "svc-web"]),
            ("ask anna.berg@contoso.com", &["anna", "contoso"]),
            ("ping 10.20.30.40 and [fe80::1:2]:443", &["10.20.30.40", "fe80::1:2"]),
            ("Issuer: CN=Contoso Root, OU=\"Web, Shop\", O=Contoso, C=SE", &["contoso", "shop"]),
            ("https://intranet.contoso.local:8443/", &["intranet", "contoso"]),
            ("MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ", &["miid"]),
            ("    0000  43 4f 4e 54 4f 53 4f 2e  63 6f 6d 00  CONTOSO.com.", &["contoso", "43 4f"]),
            ("-----BEGIN CERTIFICATE-----\nMIIB\nContoso\n-----END CERTIFICATE-----", &["contoso", "miib"]),
        ] {
            let new = r.text(text).to_lowercase();
            for token in tokens {
                assert!(!new.contains(token), "{token} in {new}");
            }
        }
    }

    #[test]
    fn a_pseudonym_is_no_name_of_the_artifact() {
        let mut r = redactor();
        let new = r.text("CN=host-1.example, DNS Name=www.contoso.com, 192.0.2.1");
        assert!(!new.contains("host-1.example") && !new.contains("192.0.2.1 ") && !new.ends_with("192.0.2.1"), "{new}");
    }
}

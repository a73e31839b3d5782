//! From a value to its pseudonym: the same value has the same one in a whole run, and of the same form.
//!
//! Names are numbered in the order in which they come; numbers and identifiers are made by a keyed hash. Neither can be
//! found again by trying names, without the key of the run.

use super::keep::{self, fold};
use crate::model::container_name::{self, SYSTEM_CONTAINERS};
use crate::model::principal;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a name is the name of: the word in its pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    /// A host, a web site's name, an endpoint.
    Host,
    /// A computer.
    Computer,
    /// A domain of accounts.
    Domain,
    /// An account.
    User,
    /// A key container.
    Container,
    /// A certificate template.
    Template,
    /// A part of a path.
    File,
    /// Any other name: a part of a subject, a friendly name, a site.
    Name,
    /// Hexadecimal digits, whatever they mean.
    Hex,
}

impl Class {
    fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Computer => "computer",
            Self::Domain => "domain",
            Self::User => "user",
            Self::Container => "container",
            Self::Template => "template",
            Self::File => "file",
            Self::Name | Self::Hex => "name",
        }
    }
}

/// Characters of a label of a host that is taken for a name by itself; shorter ones are words such as `www`.
pub(super) const SHORTEST_LABEL: usize = 4;

/// The pseudonyms of a run.
pub(super) struct Names {
    key: [u8; 32],
    /// By folded value.
    given: HashMap<String, String>,
    counts: HashMap<&'static str, u32>,
    /// Values of the artifacts that have the form of a pseudonym; none is given away.
    taken: HashSet<String>,
    /// First parts of key-file names that follow from a container's name.
    files: HashMap<String, String>,
    /// Serial numbers that are printed with their least significant byte first, lower case.
    reversed: HashSet<String>,
    /// SIDs that follow from an account's name.
    sids: HashMap<String, String>,
    /// Domains, folded, for which a wildcard stands.
    wildcards: HashSet<String>,
}

/// Pairs of digits in reverse order.
fn bytes_reversed(digits: &str) -> String {
    digits.as_bytes().rchunks(2).flatten().map(|digit| char::from(*digit)).collect()
}

impl Drop for Names {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.key);
    }
}

impl Names {
    pub(super) fn new(key: [u8; 32]) -> Self {
        let mut files = HashMap::new();
        for (prefix, _) in SYSTEM_CONTAINERS {
            files.insert((*prefix).to_owned(), (*prefix).to_owned());
        }
        Self {
            key,
            given: HashMap::new(),
            counts: HashMap::new(),
            taken: HashSet::new(),
            files,
            reversed: HashSet::new(),
            sids: HashMap::new(),
            wildcards: HashSet::new(),
        }
    }

    /// Says that a value stands in an artifact: it is no pseudonym.
    pub(super) fn seen(&mut self, value: &str) {
        if let Some(domain) = value.trim().strip_prefix("*.") {
            self.wildcards.insert(fold(domain));
        }
        if value.ends_with(|c: char| c.is_ascii_digit()) || value.contains(['.', ':']) {
            self.taken.insert(fold(value));
        }
    }

    fn numbered(&mut self, value: &str, class: Class, suffix: &str) -> String {
        let folded = fold(value);
        if let Some(given) = self.given.get(&folded) {
            return given.clone();
        }
        let word = class.word();
        loop {
            let count = self.counts.entry(word).or_insert(0);
            *count = count.saturating_add(1);
            let name = format!("{word}-{count}{suffix}");
            if *count == u32::MAX || !self.taken.contains(&name) {
                self.given.insert(folded, name.clone());
                return name;
            }
        }
    }

    /// Hexadecimal digits from the keyed hash of a value.
    fn digits(&self, tag: &str, value: &str, count: usize) -> String {
        let mut out = String::new();
        let mut block = 0u32;
        while out.len() < count {
            let mut hasher = Sha256::new();
            hasher.update(self.key);
            hasher.update(tag.as_bytes());
            hasher.update([0]);
            hasher.update(block.to_be_bytes());
            hasher.update(value.as_bytes());
            for byte in hasher.finalize() {
                let _ = write!(out, "{byte:02x}");
            }
            block = block.saturating_add(1);
        }
        out.truncate(count);
        out
    }

    fn number(&self, tag: &str, value: &str) -> u32 {
        u32::from_str_radix(&self.digits(tag, value, 8), 16).unwrap_or(0)
    }

    /// Says that digits are those of a serial number with the least significant byte first: its pseudonym is that of the
    /// serial number, in the same order.
    pub(super) fn reversed(&mut self, printed: &str) {
        if printed.len().is_multiple_of(2) && printed.bytes().all(|b| b.is_ascii_hexdigit()) {
            self.reversed.insert(printed.to_ascii_lowercase());
        }
    }

    /// Digits for digits, in the layout of the original: whatever is no hexadecimal digit stays where it is.
    pub(super) fn hex(&mut self, printed: &str) -> String {
        let lower: String = printed.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect();
        let first = lower.chars().next();
        if lower.chars().all(|c| Some(c) == first) {
            return printed.to_owned();
        }
        if self.reversed.contains(&lower) {
            let own = bytes_reversed(&lower);
            let new = self.number_digits(&own);
            return Self::laid_out(printed, &bytes_reversed(&new));
        }
        let new = self.number_digits(&lower);
        Self::laid_out(printed, &new)
    }

    /// The new digits of a number, for its digits in lower case.
    fn number_digits(&self, lower: &str) -> String {
        // Zeros in front are no part of a number.
        let value = lower.trim_start_matches('0');
        let zeros = lower.len().saturating_sub(value.len());
        let mut new = "0".repeat(zeros);
        let mut digits = self.digits("hex", value, value.len());
        // A decimal number stays one: JSON has no others.
        if (16..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()) {
            let decimal = |c: char| char::from_digit(c.to_digit(16).unwrap_or(0) % 10, 10).unwrap_or('0');
            digits = digits.chars().map(decimal).collect();
        }
        if digits.starts_with('0') {
            digits.replace_range(..1, "5");
        }
        new.push_str(&digits);
        new
    }

    /// The new digits in the layout and case of the printed ones.
    fn laid_out(printed: &str, digits: &str) -> String {
        let upper = printed.bytes().any(|b| b.is_ascii_uppercase()) && !printed.bytes().any(|b| b.is_ascii_lowercase());
        let mut digits = digits.chars();
        printed
            .chars()
            .map(|c| match c.is_ascii_hexdigit() {
                true => digits.next().map_or(c, |d| if upper { d.to_ascii_uppercase() } else { d }),
                false => c,
            })
            .collect()
    }

    /// A GUID, in the layout and case of the original, braces or none.
    pub(super) fn guid(&mut self, printed: &str) -> String {
        let bare: String =
            printed.chars().filter(|c| c.is_ascii_hexdigit() || *c == '-').collect::<String>().to_lowercase();
        if keep::is_guid(&bare) {
            return printed.to_owned();
        }
        let digits = self.digits("guid", &bare, 32);
        Self::laid_out(printed, &digits)
    }

    /// The first part of a key-file name: what follows from the container's pseudonym, where the container is known.
    fn prefix(&mut self, printed: &str) -> String {
        let lower: String = printed.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
        match self.files.get(&lower) {
            Some(known) => Self::laid_out(printed, &known.clone()),
            None => self.hex(printed),
        }
    }

    /// A security identifier: well-known ones stay; of a domain's the numbers of the domain change, and the last number
    /// unless it is one of a well-known account (below 1000: MS-DTYP 2.4.2.4).
    pub(super) fn sid(&mut self, printed: &str) -> String {
        let sid = printed.to_ascii_uppercase();
        if principal::name_of(&sid).is_some() {
            return printed.to_owned();
        }
        if let Some(known) = self.sids.get(&sid) {
            return known.clone();
        }
        let parts: Vec<&str> = sid.split('-').collect();
        let (head, numbers) = match parts.as_slice() {
            ["S", "1", "5", "21", rest @ ..] => ("S-1-5-21", rest),
            ["S", "1", "5", kind, rest @ ..] if rest.len() >= 4 => {
                let mut out = format!("S-1-5-{kind}");
                for index in 0..rest.len() {
                    let _ = write!(out, "-{}", self.number(&format!("sid{index}"), &sid));
                }
                return out;
            }
            ["S", "1", "12" | "15", kind, rest @ ..] if rest.len() >= 3 => {
                let mut out = format!("S-1-{}-{kind}", parts.get(2).unwrap_or(&"12"));
                for index in 0..rest.len() {
                    let _ = write!(out, "-{}", self.number(&format!("sid{index}"), &sid));
                }
                return out;
            }
            _ => return printed.to_owned(),
        };
        let domain = numbers.iter().take(3).copied().collect::<Vec<_>>().join("-");
        let mut out = head.to_owned();
        for index in 0..numbers.len().min(3) {
            let _ = write!(out, "-{}", self.number(&format!("domain{index}"), &domain));
        }
        for rid in numbers.iter().skip(3) {
            if rid.parse::<u32>().is_ok_and(|n| n < 1000) {
                let _ = write!(out, "-{rid}");
            } else {
                let count = self.counts.entry("rid").or_insert(1100);
                *count = count.saturating_add(1);
                let _ = write!(out, "-{count}");
            }
        }
        self.sids.insert(sid, out.clone());
        out
    }

    /// An address: from the ranges that are reserved for documentation (RFC 5737, RFC 3849), then from the range for
    /// benchmarks (RFC 2544).
    pub(super) fn address(&mut self, printed: &str) -> String {
        let Ok(address) = printed.parse::<IpAddr>() else { return self.numbered(printed, Class::Host, "") };
        if address.is_loopback() || address.is_unspecified() || printed == "255.255.255.255" {
            return printed.to_owned();
        }
        let folded = address.to_string();
        if let Some(given) = self.given.get(&folded) {
            return given.clone();
        }
        loop {
            let count = self.counts.entry("ip").or_insert(0);
            *count = count.saturating_add(1);
            let n = *count;
            let low = u8::try_from(n.saturating_sub(1) % 254 + 1).unwrap_or(1);
            let new = match (address, n.saturating_sub(1) / 254) {
                (IpAddr::V6(_), _) => {
                    let (high, low) = (n >> 16, n & 0xffff);
                    let part = |p: u32| u16::try_from(p).unwrap_or(0);
                    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, part(high), part(low)))
                }
                (IpAddr::V4(_), 0) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, low)),
                (IpAddr::V4(_), 1) => IpAddr::V4(Ipv4Addr::new(198, 51, 100, low)),
                (IpAddr::V4(_), 2) => IpAddr::V4(Ipv4Addr::new(203, 0, 113, low)),
                (IpAddr::V4(_), m) => {
                    let [_, _, c, _] = m.to_be_bytes();
                    IpAddr::V4(Ipv4Addr::new(198, 18 + (c & 1), m.to_be_bytes()[3], low))
                }
            }
            .to_string();
            if !self.taken.contains(&new) || n > 1 << 20 {
                self.given.insert(folded, new.clone());
                return new;
            }
        }
    }

    /// A host: `host-1.example`; a wildcard stays one.
    fn host(&mut self, value: &str) -> String {
        if let Some(rest) = value.strip_prefix("*.") {
            return format!("*.{}", self.host(rest));
        }
        if keep::is_host(&value.to_lowercase()) || keep::is_kept(value) {
            return value.to_owned();
        }
        let dotted = value.trim_matches('.').contains('.');
        // A host that a wildcard covers stays covered.
        let suffix = match value.split_once('.') {
            Some((_, domain)) if self.wildcards.contains(&fold(domain)) => format!(".{}", self.host(domain)),
            _ if dotted => ".example".to_owned(),
            _ => String::new(),
        };
        let label = value.split('.').next().filter(|label| dotted && label.chars().count() >= SHORTEST_LABEL);
        self.full_name(value, label.unwrap_or_default(), &suffix)
    }

    /// A host whose first label may be a computer's name by itself: its pseudonym then begins with that name's.
    fn full_name(&mut self, value: &str, label: &str, suffix: &str) -> String {
        let (folded, label) = (fold(value), fold(label));
        let short = self.given.get(&label).filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        if let Some(name) = short.map(|name| format!("{name}{suffix}"))
            && !label.is_empty()
            && !self.given.contains_key(&folded)
            && self.taken.insert(name.clone())
        {
            self.given.insert(folded, name.clone());
            return name;
        }
        let name = self.numbered(value, Class::Host, suffix);
        if !label.is_empty()
            && let Some((first, _)) = name.split_once('.')
        {
            self.given.entry(label).or_insert_with(|| first.to_owned());
        }
        name
    }

    /// An account, with or without its domain.
    fn account(&mut self, value: &str) -> String {
        if keep::is_kept(value) {
            return value.to_owned();
        }
        let Some((authority, account)) = value.split_once('\\') else {
            let (bare, dollar) = value.strip_suffix('$').map_or((value, ""), |bare| (bare, "$"));
            return format!("{}{dollar}", self.numbered(bare, Class::User, ""));
        };
        let instance = ["MSSQL$", "SQLAgent$", "MSOLAP$"].iter().find(|p| {
            account.get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)) && account.len() > p.len()
        });
        let new = match instance {
            Some(p) => {
                let instance = account.get(p.len()..).unwrap_or_default();
                format!("{p}{}", self.numbered(instance, Class::Name, ""))
            }
            None => self.account(account),
        };
        if keep::may_be_authority(authority) {
            return format!("{authority}\\{new}");
        }
        let domain = if keep::is_kept(authority) {
            authority.to_owned()
        } else if authority.contains('.') {
            self.host(authority)
        } else {
            self.numbered(authority, Class::Domain, "")
        };
        format!("{domain}\\{new}")
    }

    /// A container's name; what Windows makes of GUIDs keeps its form.
    fn container(&mut self, value: &str) -> String {
        let trimmed = value.trim_end_matches('}');
        let tail = trimmed.len().checked_sub(36).and_then(|at| trimmed.get(at..).map(|t| (at, t)));
        if let Some((at, guid)) = tail
            && container_name::is_guid(guid)
        {
            let end = value.get(trimmed.len()..).unwrap_or_default();
            let front = value.get(..at).unwrap_or_default();
            let made = ["te-", "tp-", "tq-", "le-", "lp-", "CertReq-", "PvkTmp:", "{"];
            let kind = made.iter().find(|m| front.get(..m.len()).is_some_and(|f| f.eq_ignore_ascii_case(m)));
            let kind = kind.and_then(|m| front.get(..m.len())).unwrap_or_default();
            let middle = front.get(kind.len()..).unwrap_or_default();
            let bare = middle.trim_end_matches(['-', '{', '_']);
            let joint = middle.get(bare.len()..).unwrap_or_default();
            let named = if bare.is_empty() { String::new() } else { self.value(Class::Template, bare) };
            return format!("{kind}{named}{joint}{}{end}", self.guid(guid));
        }
        let new = self.numbered(value, Class::Container, "");
        // Blanks and special characters in a container's name are a cause of faults: they stay visible.
        let odd = value.chars().any(|c| !c.is_ascii_alphanumeric() && !"-_.{}".contains(c));
        if odd { new.replace('-', " ") } else { new }
    }

    /// The pseudonym of any value; its form counts before its class.
    pub(super) fn value(&mut self, class: Class, value: &str) -> String {
        let bare = value.trim();
        if keep::is_kept(bare) {
            return value.to_owned();
        }
        if class == Class::Hex {
            return self.hex(value);
        }
        let squeezed: String = bare.chars().filter(|c| !c.is_whitespace()).collect();
        let inner = squeezed.strip_prefix('{').and_then(|s| s.strip_suffix('}')).unwrap_or(&squeezed);
        if container_name::is_guid(inner) {
            return self.guid(bare);
        }
        if container_name::split_file_name(&squeezed).is_some() {
            let at = bare.find('_').unwrap_or(bare.len());
            let (prefix, guid) = bare.split_at(at);
            return format!("{}{}", self.prefix(prefix), self.guid(guid));
        }
        if let Some(sid) = principal::as_sid(&squeezed) {
            return self.sid(&sid);
        }
        let is_hex = squeezed.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex && squeezed.len() == 32 {
            return self.prefix(bare);
        }
        if is_hex && squeezed.len() >= 16 {
            return self.hex(bare);
        }
        let unbracketed = squeezed.trim_start_matches('[').trim_end_matches(']');
        if unbracketed.parse::<IpAddr>().is_ok() {
            let new = self.address(unbracketed);
            return squeezed.replace(unbracketed, &new);
        }
        if let Some((user, host)) = squeezed.split_once('@').filter(|(u, h)| !u.is_empty() && h.contains('.')) {
            return format!("{}@{}", self.account(user), self.host(host));
        }
        match class {
            Class::Container => return self.container(bare),
            Class::User | Class::Domain if !is_host_shaped(&squeezed) => return self.account(bare),
            _ => {}
        }
        // A blank inside is one of words, unless a line ends there.
        if is_host_shaped(&squeezed) && (squeezed.len() == bare.len() || bare.contains('\n')) {
            return self.host(&squeezed);
        }
        // What AD FS calls its own certificates says what they are for.
        if let Some((product, rest)) = bare.split_once(" - ").filter(|(product, _)| keep::is_kept(product)) {
            return format!("{product} - {}", self.value(Class::Host, rest));
        }
        if class == Class::Name && bare.split_once('\\').is_some_and(|(a, b)| !a.is_empty() && !b.contains('\\')) {
            return self.account(bare);
        }
        if let Some((name, port)) = squeezed
            .rsplit_once(':')
            .filter(|(n, p)| !n.is_empty() && !p.is_empty() && p.len() <= 5 && p.bytes().all(|b| b.is_ascii_digit()))
        {
            let (name, port) = (name.to_owned(), port.to_owned());
            return format!("{}:{port}", self.value(Class::Host, &name));
        }
        // A name of a file keeps its ending.
        if class == Class::File
            && let Some((stem, ending)) = bare.rsplit_once('.')
            && !stem.is_empty()
            && keep::EXTENSIONS.contains(&ending.to_lowercase().as_str())
        {
            let (stem, ending) = (stem.to_owned(), ending.to_owned());
            return format!("{}.{ending}", self.value(Class::File, &stem));
        }
        self.numbered(bare, class, "")
    }

    /// Learns what follows from a container's name: the names of its key file.
    pub(super) fn container_known(&mut self, name: &str) {
        let new = self.value(Class::Container, name);
        if container_name::split_file_name(name).is_some() {
            return;
        }
        if let (Some(old), Some(new)) = (container_name::capi_file_prefix(name), container_name::capi_file_prefix(&new))
        {
            self.files.entry(old).or_insert(new);
        }
        self.files.entry(container_name::cng_file_prefix(name)).or_insert(container_name::cng_file_prefix(&new));
    }

    /// Learns what follows from an account's name: the SID of a virtual account.
    pub(super) fn account_known(&mut self, name: &str) {
        if let Some(sid) = principal::virtual_sid(name) {
            let new = self.account(name);
            if let Some(new) = principal::virtual_sid(&new) {
                self.sids.entry(sid).or_insert(new);
            }
        }
    }
}

/// Labels joined by dots, the last one of letters: a host's name and not a file's, a type's or a number.
pub(super) fn is_host_shaped(text: &str) -> bool {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let mut labels = text.split('.');
    let shaped = labels
        .all(|l| !l.is_empty() && l.len() <= 63 && l.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')));
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    let tld = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    shaped && tld && !keep::EXTENSIONS.contains(&last.to_lowercase().as_str())
}

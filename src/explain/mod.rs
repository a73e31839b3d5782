//! `keyspect explain`: what a rule, an error code, an event, a field, a provider, a flag, a property, a KeySpec constant, a
//! key usage or a workload means. Works offline, from the program's own tables.

mod access;
pub mod causes;
pub mod fields;
pub mod markdown;
mod pages;

use crate::model::{event, flags, hresult, key_spec::KeySpec, key_usage, oid, property_id, provider};
use crate::rules;
use crate::workloads::WORKLOADS;
pub use markdown::{PageOptions, to_text};

/// A page: Markdown, made of headings, paragraphs, lists, tables and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The page.
    pub markdown: String,
}

/// Nothing is known under this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known about `{query}`")]
pub struct NotKnown {
    /// What was asked.
    pub query: String,
    /// The closest names, best first.
    pub suggestions: Vec<String>,
}

/// Letters and digits in lower case: `Key Container =`, `key_container` and `KeyContainer` are the same word.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn same(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

/// A constant's name without the `XCN_` of the certificate enrollment interfaces.
fn constant(text: &str) -> &str {
    let text = text.trim();
    match text.get(..4) {
        Some(head) if head.eq_ignore_ascii_case("XCN_") => text.get(4..).unwrap_or(text),
        _ => text,
    }
}

/// The bit fields whose bits have names: for a person, the table, and how its value is printed.
static BIT_FIELDS: &[(&str, &[flags::Bit])] = &[
    ("Flags of the key link", flags::KEY_PROV_FLAGS),
    ("KP_PERMISSIONS of a CryptoAPI key", flags::KEY_PERMISSIONS),
    ("Export policy of a CNG key", flags::EXPORT_POLICY),
    ("Usage of a CNG key", flags::KEY_USAGE_PROPERTY),
    ("Access state of a store", flags::ACCESS_STATE),
];

/// Names that the tables don't hold under this spelling.
static ALIASES: &[(&str, &str)] = &[
    ("NCRYPT_MACHINE_KEY_FLAG", "CRYPT_MACHINE_KEYSET"),
    ("NCRYPT_SILENT_FLAG", "CRYPT_SILENT"),
    ("adcs-ca-keyspec", "keyspec-nonzero-on-ksp"),
    ("pfx-friendlyname", "pfx-friendlyname-container-collision"),
    // The constants of wincrypt.h; X509KeyUsageFlags has them with XCN_.
    ("CERT_DIGITAL_SIGNATURE_KEY_USAGE", "digitalSignature"),
    ("CERT_NON_REPUDIATION_KEY_USAGE", "nonRepudiation"),
    ("CERT_KEY_ENCIPHERMENT_KEY_USAGE", "keyEncipherment"),
    ("CERT_DATA_ENCIPHERMENT_KEY_USAGE", "dataEncipherment"),
    ("CERT_KEY_AGREEMENT_KEY_USAGE", "keyAgreement"),
    ("CERT_KEY_CERT_SIGN_KEY_USAGE", "keyCertSign"),
    ("CERT_OFFLINE_CRL_SIGN_KEY_USAGE", "cRLSign"),
    ("CERT_CRL_SIGN_KEY_USAGE", "cRLSign"),
    ("CERT_ENCIPHER_ONLY_KEY_USAGE", "encipherOnly"),
    ("CERT_DECIPHER_ONLY_KEY_USAGE", "decipherOnly"),
    ("IIS SSL binding error", "0x80070520"),
];

/// Every page that a query may mean.
fn candidates(query: &str) -> Vec<String> {
    let query = constant(query.trim().trim_matches(['"', '\'', '`']));
    let query = ALIASES.iter().find(|(a, _)| same(a, query)).map_or(query, |(_, name)| *name);
    let mut out = Vec::new();
    if let Some(rule) = rules::find(&query.to_ascii_lowercase()) {
        out.push(pages::rule(rule.meta()));
    }
    if let Some(workload) = WORKLOADS.iter().find(|w| same(w.name, query)) {
        out.push(pages::workload(workload));
    } else if query.contains(':')
        && let Ok(targets) = crate::workloads::parse(query)
    {
        out.extend(targets.first().map(|t| pages::workload(t.workload)));
    }
    if let Some(field) = fields::FIELDS.iter().find(|f| same(f.name, query) || f.also.iter().any(|a| same(a, query))) {
        out.push(pages::field(field));
    }
    let number = hresult::parse(query);
    let hex = query.len() > 2 && query.get(..2).is_some_and(|p| p.eq_ignore_ascii_case("0x"));
    if let Some(id) = number.filter(|n| !hex || *n > 0xFFFF) {
        out.extend(event::find(id).filter(|e| !hex || id & 0xFFFF == e.id).map(pages::event));
    }
    if let Some(id) = event_number(query) {
        out.extend(event::find(id).map(pages::event));
    }
    let code = hresult::CODES.iter().find(|c| same(c.name, query)).or_else(|| number.and_then(hresult::find));
    if let Some(code) = code {
        out.push(pages::code(code, number));
    } else if let Some(value) = number.filter(|n| hex && *n >= 0x8000_0000 && out.is_empty()) {
        out.push(pages::unknown_code(value));
    }
    let named_key_spec = KeySpec::parse(query).filter(|k| k.name().is_some());
    if let Some(spec) = named_key_spec {
        out.push(pages::key_spec(spec));
    }
    if let Some(provider) = provider::find(query) {
        out.push(pages::provider(provider));
    } else if let Some((number, name)) = number
        .and_then(|n| provider::type_name(n).map(|name| (n, name)))
        .or_else(|| (0..=24).filter_map(|n| provider::type_name(n).map(|s| (n, s))).find(|(_, s)| same(s, query)))
    {
        out.push(pages::provider_type(number, name));
    }
    for (title, table) in BIT_FIELDS {
        if let Some(bit) = table.iter().find(|b| same(b.name, query)) {
            out.push(pages::bit(title, table, bit));
        }
    }
    if let Some((bits, name, label)) =
        key_usage::KEY_USAGE_BITS.iter().find(|(_, name, label)| same(name, query) || same(label, query))
    {
        out.push(pages::key_usage(*bits, name, label));
    }
    let property = property_query(query).or_else(|| number.filter(|_| !hex));
    if let Some((id, name)) = property.and_then(|id| property_id::name(id).map(|name| (id, name))) {
        out.push(pages::property(id, name));
    }
    if let Some((oid, name)) = oid::EXTENDED_KEY_USAGES.iter().find(|(o, n)| *o == query || same(n, query)) {
        out.push(pages::extended_key_usage(oid, name));
    }
    out.extend(access::pages(query));
    out.dedup();
    out
}

/// `event 36870`, `Schannel 36870`.
fn event_number(query: &str) -> Option<u32> {
    let (head, number) = query.rsplit_once(' ')?;
    let known = ["event", "schannel", "httpevent", "id", "event id", "event log"];
    known.iter().any(|k| same(k, head)).then(|| number.parse().ok()).flatten()
}

/// `CERT_KEY_PROV_INFO_PROP_ID`, `KEY_PROV_INFO`, `property 2`, `CERT_KEY_PROV_INFO_PROP_ID(2)`.
fn property_query(query: &str) -> Option<u32> {
    let name = query.split_once('(').map_or(query, |(name, _)| name).trim();
    if let Some((head, number)) = name.rsplit_once(' ')
        && ["property", "prop", "propid", "property id"].iter().any(|k| same(k, head))
    {
        return number.parse().ok();
    }
    let upper = name.to_ascii_uppercase();
    let core = upper.strip_prefix("CERT_").unwrap_or(&upper);
    let core = core.strip_suffix("_PROP_ID").unwrap_or(core);
    property_id::NAMES.iter().find(|(_, n)| *n == core).map(|(id, _)| *id)
}

/// The page for a query. A number that means several things gives all of them.
///
/// # Errors
/// Nothing is known under this name; the error carries the closest names.
pub fn explain(query: &str) -> Result<Page, NotKnown> {
    let mut pages = candidates(query);
    if let Some((left, right)) = query.split_once('=').filter(|_| pages.is_empty()) {
        pages = candidates(left);
        let value = right.split("--").last().unwrap_or(right);
        if !value.trim().is_empty() && value.trim().parse::<u32>().is_err() {
            pages.extend(candidates(value));
        }
    }
    if pages.is_empty() {
        return Err(NotKnown { query: query.to_owned(), suggestions: suggestions(query) });
    }
    let mut markdown = String::new();
    if pages.len() > 1 {
        markdown.push_str(&format!("`{}` has {} meanings here.\n\n", query.trim(), pages.len()));
    }
    markdown.push_str(&pages.join("\n"));
    Ok(Page { markdown })
}

/// Every name that `explain` knows.
pub fn names() -> Vec<String> {
    let mut out: Vec<String> = rules::RULES.iter().map(|r| r.meta().name.to_owned()).collect();
    out.extend(WORKLOADS.iter().map(|w| w.name.to_owned()));
    out.extend(fields::FIELDS.iter().flat_map(|f| f.also.iter().chain([&f.name])).map(|s| (*s).to_owned()));
    out.extend(hresult::CODES.iter().flat_map(|c| [c.name.to_owned(), format!("{:#010x}", c.value)]));
    out.extend(event::EVENTS.iter().map(|e| e.id.to_string()));
    out.extend(provider::PROVIDERS.iter().map(|p| p.name.to_owned()));
    out.extend((0..=24).filter_map(provider::type_name).map(str::to_owned));
    out.extend(BIT_FIELDS.iter().flat_map(|(_, table)| *table).map(|b| b.name.to_owned()));
    out.extend(key_usage::KEY_USAGE_BITS.iter().map(|(_, name, _)| (*name).to_owned()));
    out.extend(property_id::NAMES.iter().map(|(_, name)| format!("CERT_{name}_PROP_ID")));
    out.extend(
        [KeySpec::NONE, KeySpec::KEYEXCHANGE, KeySpec::SIGNATURE, KeySpec::NCRYPT]
            .iter()
            .filter_map(|k| k.name())
            .map(str::to_owned),
    );
    out.extend(oid::EXTENDED_KEY_USAGES.iter().flat_map(|(oid, name)| [(*oid).to_owned(), (*name).to_owned()]));
    out.extend(access::names());
    let known = |name: &&str| !candidates(name).is_empty();
    out.extend(ALIASES.iter().map(|(name, _)| *name).filter(known).map(str::to_owned));
    out.sort();
    out.dedup();
    out
}

/// The number of letters to change, add or leave out to turn one word into the other (Levenshtein).
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for ((y, diagonal), up) in b.iter().zip(&last).zip(last.iter().skip(1)) {
            let left = row.last().copied().unwrap_or(usize::MAX);
            let changed = diagonal.saturating_add(usize::from(x != *y));
            row.push(changed.min(up.saturating_add(1)).min(left.saturating_add(1)));
        }
        last = row;
    }
    last.last().copied().unwrap_or(0)
}

/// The closest names, best first.
fn suggestions(query: &str) -> Vec<String> {
    closest(query, names().iter().map(String::as_str), 5)
}

/// Of some names those closest to a word: at most a third of its letters wrong, or containing it.
pub fn closest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let word = folded(&word.chars().take(80).collect::<String>());
    if word.is_empty() {
        return Vec::new();
    }
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = folded(name);
            let score = distance(&word, &other);
            let near = score.saturating_mul(3) <= word.chars().count().max(other.chars().count());
            let part = word.len() >= 4 && other.contains(&word);
            (near || part).then_some((if near { score } else { score.saturating_add(1) }, name))
        })
        .collect();
    scored.sort();
    scored.truncate(most);
    scored.into_iter().map(|(_, name)| name.to_owned()).collect()
}

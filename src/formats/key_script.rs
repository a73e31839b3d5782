//! Scripts and programs that make or import keys: the certificate enrollment objects (`X509Enrollment.CX509PrivateKey`),
//! `New-SelfSignedCertificate`, `Import-PfxCertificate`, the constructors and the method `Import` of `X509Certificate2`,
//! `certutil -importpfx`.
//!
//! What a script says is only possible: it may never have run. Passwords stand in such lines, so nothing of a statement is
//! kept but values of the parameters that are named here and words of the lists that are written here.
//!
//! Sources: Microsoft Learn, "IX509PrivateKey interface", "X509KeySpec", "X509PrivateKeyExportFlags",
//! "X509PrivateKeyUsageFlags", "X509ProviderType" (certenroll.h); "New-SelfSignedCertificate", "Import-PfxCertificate"
//! (PKI module); "X509KeyStorageFlags Enum"; "certutil", section "-importPFX".

use super::glance::Glance;
use super::joined_lines::JoinedLines;
use super::piece::Piece;
use super::text_reader::{Reached, TextReader, joined_place};
use super::word_search::WordSearch;
use crate::limits::{LINE_VALUES, Limits, STATEMENT_LINES, STATEMENT_NAMES};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::key_spec::KeySpec;
use crate::model::observation::{Observation, Observed};
use std::borrow::Cow;

/// The report's word.
pub const KIND: &str = "script";

/// Lines without a property after which an enrollment object's properties are over.
const OBJECT_LINES: u32 = 40;

/// What a line must hold to be looked at, lower case.
const ANCHORS: &[&str] = &[
    "x509privatekey",
    "new-selfsignedcertificate",
    "import-pfxcertificate",
    "x509certificate2",
    "loadpkcs12",
    ".import(",
    "-importpfx",
    ".keyspec",
    ".providername",
    ".machinecontext",
    ".exportpolicy",
];

static ANCHOR_SEARCH: WordSearch = WordSearch::new(
    || ANCHORS.iter().map(|anchor| (*anchor).to_owned()).collect(),
    |builder| {
        builder.ascii_case_insensitive(true);
    },
);

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    SelfSigned,
    ImportPfx,
    Constructor,
    Certutil,
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Self::SelfSigned => "New-SelfSignedCertificate",
            Self::ImportPfx => "Import-PfxCertificate",
            Self::Constructor => "X509Certificate2",
            Self::Certutil => "certutil -importPFX",
        }
    }
}

/// A statement whose end has not come.
struct Statement {
    call: Call,
    lines: JoinedLines,
    count: usize,
}

/// An enrollment object whose properties are being set.
struct KeyObject {
    request: KeyRequest,
    fields: Vec<(Cow<'static, str>, Fact<String>)>,
    excerpts: Excerpts,
    first: Place,
    last: Place,
    age: u32,
}

/// Reads scripts.
pub struct ScriptReader {
    source: SourceId,
    limits: Limits,
    statement: Option<Statement>,
    object: Option<KeyObject>,
    records: Vec<Observed>,
    reached: Reached,
}

impl ScriptReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            statement: None,
            object: None,
            records: Vec::new(),
            reached: Reached::default(),
        }
    }

    /// A line that sets properties of an enrollment object or makes one; `false`: it does neither.
    fn object_line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let lower = text.to_ascii_lowercase();
        let makes = makes_key_object(&lower);
        if makes {
            self.finish_object();
        }
        let mut found = properties(text);
        // An initialiser has its properties without the variable.
        if makes || self.object.is_some() && found.is_empty() {
            found.extend(initialiser(text));
        }
        if found.is_empty() && !makes {
            return false;
        }
        let place = piece.trim().place(self.source);
        if text.matches('=').nth(LINE_VALUES).is_some() {
            self.reached.say(format!("values after the first {LINE_VALUES} of a line of a script are not read"), place);
        }
        let again = self
            .object
            .as_ref()
            .is_some_and(|o| found.iter().any(|p| o.fields.iter().any(|(name, _)| name == p.field)));
        if again {
            self.finish_object();
        }
        let limits = &self.limits;
        let object = self.object.get_or_insert_with(|| KeyObject {
            request: KeyRequest::new(RequestForm::Script),
            fields: Vec::new(),
            excerpts: Excerpts::default(),
            first: place,
            last: place,
            age: 0,
        });
        object.age = 0;
        object.last = place;
        if makes && let Some(at) = lower.find("x509privatekey") {
            let name = text.get(at..at.saturating_add("x509privatekey".len())).unwrap_or("");
            object.request.name = Some(piece.fact(self.source, "CX509PrivateKey".to_owned(), name));
            push_excerpt(&mut object.excerpts, piece.part(name), self.source, limits);
        }
        for property in found {
            object.set(self.source, piece, &property);
            push_excerpt(&mut object.excerpts, piece.part(property.whole), self.source, limits);
        }
        true
    }

    fn finish_object(&mut self) {
        let Some(object) = self.object.take() else { return };
        if object.fields.is_empty() {
            return;
        }
        self.records.push(Observed {
            kind: KIND,
            place: joined_place(object.first, object.last),
            fields: object.fields,
            excerpts: object.excerpts,
            what: Observation::Request(Box::new(object.request)),
        });
    }

    /// A line that begins a statement.
    fn begin_statement(&mut self, piece: Piece<'_>) -> bool {
        let Some(call) = call(piece.text) else { return false };
        self.finish_object();
        let mut lines = JoinedLines::new(self.source);
        lines.push(piece);
        let statement = Statement { call, lines, count: 1 };
        if goes_on(&statement, piece.text) {
            self.statement = Some(statement);
        } else {
            self.read(&statement);
        }
        true
    }

    /// Reads a statement; false: it says nothing of a key.
    fn read(&mut self, statement: &Statement) -> bool {
        let mut parts = Parts {
            lines: &statement.lines,
            request: KeyRequest::new(RequestForm::Script),
            kept: Vec::new(),
            names_beyond: false,
        };
        match statement.call {
            Call::SelfSigned | Call::ImportPfx => parts.cmdlet(statement.call),
            Call::Constructor => parts.constructor(),
            Call::Certutil => parts.certutil(),
        }
        if parts.kept.is_empty() {
            return false;
        }
        if parts.names_beyond {
            let message = format!("names and purposes after the first {STATEMENT_NAMES} of a statement are not kept");
            self.reached.say(message, statement.lines.whole());
        }
        let name = statement.call.name();
        let text = statement.lines.text();
        let anchor = anchor_of(statement.call, text);
        parts.request.name = Some(statement.lines.fact(name.to_owned(), anchor));
        let mut shown: Vec<(Place, &str)> = vec![(statement.lines.place_of(anchor), anchor)];
        shown.extend(parts.kept.iter().map(|(_, _, whole)| (statement.lines.place_of(whole), *whole)));
        shown.sort_by_key(|(place, _)| place.start);
        let mut excerpts = Excerpts::default();
        for (place, words) in shown.into_iter().take(self.limits.excerpt_lines) {
            let words: String = words.chars().take(self.limits.excerpt_columns).collect();
            excerpts.push(place.source, place.line, place.column, place.start, &words);
        }
        self.records.push(Observed {
            kind: KIND,
            place: statement.lines.whole(),
            fields: parts.kept.into_iter().map(|(name, fact, _)| (Cow::Borrowed(name), fact)).collect(),
            excerpts,
            what: Observation::Request(Box::new(parts.request)),
        });
        true
    }
}

impl TextReader for ScriptReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        if let Some(mut statement) = self.statement.take() {
            let room = self.limits.record_bytes.saturating_sub(statement.lines.len());
            if piece.text.trim().is_empty() || statement.count >= STATEMENT_LINES || piece.text.len() > room {
                if self.read(&statement) && !piece.text.trim().is_empty() {
                    let bytes = self.limits.record_bytes;
                    let message = format!(
                        "a statement of more than {STATEMENT_LINES} lines or {bytes} bytes: the rest of it is not read"
                    );
                    self.reached.say(message, statement.lines.whole());
                }
            } else {
                statement.lines.push(piece);
                statement.count = statement.count.saturating_add(1);
                if goes_on(&statement, piece.text) {
                    self.statement = Some(statement);
                } else {
                    self.read(&statement);
                }
                return true;
            }
        }
        if piece.text.len() < 8 {
            return self.object.is_some() && matches!(piece.text.trim(), "{" | "" | "(");
        }
        if let Some(object) = &mut self.object {
            object.age = object.age.saturating_add(1);
            if object.age > OBJECT_LINES {
                self.finish_object();
            }
        }
        let wanted = ANCHOR_SEARCH.in_text(piece.text).is_none_or(|anchors| anchors.is_match(piece.text));
        if !wanted && self.object.is_none() || is_comment(piece) {
            return false;
        }
        if wanted && self.begin_statement(piece) {
            return true;
        }
        self.object_line(piece)
    }

    fn words(&self) -> Vec<&'static str> {
        ANCHORS.to_vec()
    }

    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        self.statement.is_none() && self.object.is_none()
    }

    fn is_open(&self) -> bool {
        self.statement.is_some() || self.object.is_some()
    }

    fn close(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.read(&statement);
        }
        self.finish_object();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.reached.take()
    }
}

/// A statement that a comment holds is not done. Marks of quoting have been taken off the piece, not off the line.
fn is_comment(piece: Piece<'_>) -> bool {
    let physical = piece.line().text.trim_start();
    let text = piece.text.trim_start();
    let mark = |t: &str| {
        t.starts_with('#')
            || t.starts_with("//")
            || t.starts_with('\'')
            || t.starts_with("/*")
            || t.get(..4).is_some_and(|w| w.eq_ignore_ascii_case("rem "))
    };
    mark(text) || mark(physical)
}

fn push_excerpt(excerpts: &mut Excerpts, piece: Piece<'_>, source: SourceId, limits: &Limits) {
    if excerpts.lines().len() < limits.excerpt_lines {
        let place = piece.place(source);
        let words: String = piece.text.chars().take(limits.excerpt_columns).collect();
        excerpts.push(place.source, place.line, place.column, place.start, &words);
    }
}

/// Whether a line (lower case) makes an enrollment object of a private key.
fn makes_key_object(lower: &str) -> bool {
    lower.contains("x509enrollment.cx509privatekey")
        || ["new cx509privatekey", "new-object cx509privatekey", "as cx509privatekey"].iter().any(|w| lower.contains(w))
}

/// What a statement on a line calls.
fn call(text: &str) -> Option<Call> {
    let lower = text.to_ascii_lowercase();
    // Documentation and prose name the cmdlets, too: a parameter must follow.
    let with_parameter = |name: &str| {
        lower.find(name).is_some_and(|at| {
            let rest = lower.get(at.saturating_add(name.len())..).unwrap_or("").trim_start();
            rest.starts_with('-')
                || rest.starts_with('`')
                || rest.contains("cert:\\")
                || rest.starts_with(['"', '\'', '$'])
        })
    };
    if with_parameter("new-selfsignedcertificate") {
        return Some(Call::SelfSigned);
    }
    if with_parameter("import-pfxcertificate") {
        return Some(Call::ImportPfx);
    }
    let constructs = ["new x509certificate2", "x509certificate2(", "x509certificate2]::new(", "loadpkcs12"];
    let dotted = lower.contains("new ") && lower.contains(".x509certificate2");
    let object = lower.contains("new-object") && lower.contains("x509certificate2");
    // `$certificate.Import(file, password, flags)`: the flags tell it from other methods of the name.
    let imports = lower.contains(".import(") && lower.contains("keyset");
    if object || dotted || imports || constructs.iter().any(|c| lower.contains(c)) {
        return Some(Call::Constructor);
    }
    if lower.contains("-importpfx") && lower.contains("certutil") {
        // A line that is only a command belongs to a log.
        let start = lower.trim_start();
        let script =
            ["&", "$", "start-process", "call ", "cmd /c", "cmd.exe /c", "invoke-expression", "iex ", "set ", "@"]
                .iter()
                .any(|s| start.starts_with(s))
                || lower.contains(".run")
                || lower.contains(".exec(")
                || lower.contains("process.start")
                || lower.contains("processstartinfo")
                || lower.split("certutil").next().is_some_and(|b| b.contains('=') || b.contains("start-process"));
        return script.then_some(Call::Certutil);
    }
    None
}

/// The words with which a statement is shown.
fn anchor_of(call: Call, text: &str) -> &str {
    let word = match call {
        Call::SelfSigned => "new-selfsignedcertificate",
        Call::ImportPfx => "import-pfxcertificate",
        Call::Constructor => "x509certificate2",
        Call::Certutil => "-importpfx",
    };
    let lower = text.to_ascii_lowercase();
    let found = lower.find(word).map(|at| at..at.saturating_add(word.len()));
    let method = |name: &str| lower.find(name).map(|at| at..at.saturating_add(name.len()));
    let found = found.or_else(|| method("loadpkcs12")).or_else(|| method(".import"));
    found.and_then(|r| text.get(r)).unwrap_or_else(|| text.get(..0).unwrap_or(""))
}

/// Whether a statement goes on in the next line: a backquote, a comma or ` _` at its end, or an open bracket.
fn goes_on(statement: &Statement, line: &str) -> bool {
    let end = line.trim_end();
    if end.ends_with(['`', ',', '\\', '^']) || end.ends_with(" _") {
        return true;
    }
    if statement.call == Call::Certutil {
        return false;
    }
    let mut depth = 0i64;
    let mut quote = None;
    for c in statement.lines.text().chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '(' | '{') => depth = depth.saturating_add(1),
            (None, ')' | '}') => depth = depth.saturating_sub(1),
            // A string of these languages ends with its line; one that does not is damage.
            (_, '\n') => quote = None,
            _ => {}
        }
    }
    depth > 0
}

/// An assignment of a property: `$key.KeySpec = 1`.
struct Property<'t> {
    field: &'static str,
    value: &'t str,
    whole: &'t str,
}

/// The properties of IX509PrivateKey that are read, lower case, with their field names.
const KEY_PROPERTIES: &[(&str, &str)] = &[
    ("keyspec", "key_spec"),
    ("providername", "provider_name"),
    ("providertype", "provider_type"),
    ("machinecontext", "machine_context"),
    ("exportpolicy", "export_policy"),
    ("keyusage", "key_usage"),
    ("length", "length"),
];

/// Every `<variable>.<property> = <value>` of a line.
fn properties(text: &str) -> Vec<Property<'_>> {
    let mut out = Vec::new();
    for (at, _) in text.match_indices('=').take(LINE_VALUES) {
        let head = text.get(..at).unwrap_or("").trim_end();
        let Some(dot) = head.rfind('.') else { continue };
        let name = head.get(dot.saturating_add(1)..).unwrap_or("").to_ascii_lowercase();
        let Some((_, field)) = KEY_PROPERTIES.iter().find(|(n, _)| *n == name) else { continue };
        let before = head.get(..dot).unwrap_or("");
        let variable = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '.' | ':')))
            .map_or(0, |i| i.saturating_add(before.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)));
        if variable >= dot {
            continue;
        }
        let Some(value) = assigned(text.get(at.saturating_add(1)..).unwrap_or("")) else { continue };
        let end = text.get(at..).map_or(at, |rest| {
            let offset = value.as_ptr().addr().wrapping_sub(rest.as_ptr().addr());
            at.saturating_add(offset).saturating_add(value.len())
        });
        out.push(Property { field, value, whole: text.get(variable..end).unwrap_or(value) });
    }
    out
}

/// The properties of an object initialiser: `KeySpec = X509KeySpec.XCN_AT_KEYEXCHANGE,`.
fn initialiser(text: &str) -> Vec<Property<'_>> {
    let mut out = Vec::new();
    for (at, _) in text.match_indices('=').take(LINE_VALUES) {
        let head = text.get(..at).unwrap_or("").trim_end();
        let start = head
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |i| i.saturating_add(head.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)));
        let free = head.get(..start).unwrap_or("").trim_end();
        let name = head.get(start..).unwrap_or("").to_ascii_lowercase();
        let Some((_, field)) = KEY_PROPERTIES.iter().find(|(n, _)| *n == name) else { continue };
        if !(free.is_empty() || free.ends_with(['{', ',', ';', '('])) {
            continue;
        }
        let Some(value) = assigned(text.get(at.saturating_add(1)..).unwrap_or("")) else { continue };
        let end = text.get(at..).map_or(at, |rest| {
            let offset = value.as_ptr().addr().wrapping_sub(rest.as_ptr().addr());
            at.saturating_add(offset).saturating_add(value.len())
        });
        out.push(Property { field, value, whole: text.get(start..end).unwrap_or(value) });
    }
    out
}

/// The value that is assigned: a string without its quotes, or words up to the end of the statement. A comparison has none.
fn assigned(text: &str) -> Option<&str> {
    let text = text.trim_start();
    if text.starts_with('=') {
        return None;
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(q) => text.get(1..)?.split(q).next()?,
        None => text.split([';', ',', '}', '#', '/', '\'', '"']).next()?.trim_end(),
    };
    (!value.is_empty() && value.len() < 256).then_some(value)
}

/// A number, decimal or `0x…`.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).or_else(|| text.strip_prefix("&H")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The last part of `X509KeySpec.XCN_AT_KEYEXCHANGE` or `[X509KeySpec]::XCN_AT_KEYEXCHANGE`.
fn constant(text: &str) -> &str {
    text.rsplit(['.', ':', ']', ')']).next().unwrap_or(text).trim()
}

/// A flag word or number, several joined by `|`, `-bor`, `Or` or a comma.
fn flags(text: &str, words: &[(&str, u32)]) -> Option<u32> {
    let mut out = 0u32;
    let mut any = false;
    for part in text.split(['|', ',', ' ', '(', ')']).map(str::trim).filter(|p| !p.is_empty()) {
        if part.eq_ignore_ascii_case("-bor") || part.eq_ignore_ascii_case("or") {
            continue;
        }
        let name = constant(part);
        let value =
            number(part).or_else(|| words.iter().find(|(w, _)| w.eq_ignore_ascii_case(name)).map(|(_, v)| *v))?;
        out |= value;
        any = true;
    }
    any.then_some(out)
}

/// `X509ProviderType` (certenroll.h): the values of wincrypt.h.
const PROVIDER_TYPES: &[(&str, u32)] = &[
    ("XCN_PROV_NONE", 0),
    ("XCN_PROV_RSA_FULL", 1),
    ("XCN_PROV_RSA_SIG", 2),
    ("XCN_PROV_DSS", 3),
    ("XCN_PROV_RSA_SCHANNEL", 12),
    ("XCN_PROV_DSS_DH", 13),
    ("XCN_PROV_DH_SCHANNEL", 18),
    ("XCN_PROV_RSA_AES", 24),
];

/// `X509PrivateKeyExportFlags`.
const EXPORT_FLAGS: &[(&str, u32)] = &[
    ("XCN_NCRYPT_ALLOW_EXPORT_NONE", 0),
    ("XCN_NCRYPT_ALLOW_EXPORT_FLAG", 1),
    ("XCN_NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG", 2),
    ("XCN_NCRYPT_ALLOW_ARCHIVING_FLAG", 4),
    ("XCN_NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG", 8),
];

/// `X509PrivateKeyUsageFlags`.
const USAGE_FLAGS: &[(&str, u32)] = &[
    ("XCN_NCRYPT_ALLOW_USAGES_NONE", 0),
    ("XCN_NCRYPT_ALLOW_DECRYPT_FLAG", 1),
    ("XCN_NCRYPT_ALLOW_SIGNING_FLAG", 2),
    ("XCN_NCRYPT_ALLOW_KEY_AGREEMENT_FLAG", 4),
    ("XCN_NCRYPT_ALLOW_ALL_USAGES", 0xff_ffff),
];

/// The values of `-KeyUsage`: the bits of the first octet, decipherOnly above.
const KEY_USAGES: &[(&str, u32)] = &[
    ("None", 0),
    ("EncipherOnly", 0x01),
    ("CRLSign", 0x02),
    ("CertSign", 0x04),
    ("KeyAgreement", 0x08),
    ("DataEncipherment", 0x10),
    ("KeyEncipherment", 0x20),
    ("NonRepudiation", 0x40),
    ("DigitalSignature", 0x80),
    ("DecipherOnly", 0x8000),
];

/// The values of `-KeyUsageProperty`.
const KEY_USAGE_PROPERTIES: &[(&str, u32)] =
    &[("None", 0), ("Decrypt", 1), ("Sign", 2), ("KeyAgreement", 4), ("All", 0xff_ffff)];

impl KeyObject {
    fn set(&mut self, source: SourceId, piece: Piece<'_>, property: &Property<'_>) {
        let value = property.value;
        let fact = |n: u32| piece.fact(source, n, value);
        let request = &mut self.request;
        match property.field {
            "key_spec" => request.key_spec = KeySpec::parse(constant(value)).filter(|s| s.0 <= 2).map(|s| fact(s.0)),
            "provider_name" => {
                // A variable is not a name.
                if !value.starts_with('$') && value.contains(' ') {
                    request.providers.push(piece.text_fact(source, value));
                }
            }
            "provider_type" => request.provider_type = flags(value, PROVIDER_TYPES).map(fact),
            "machine_context" => request.machine_keyset = boolean(value).map(|b| piece.fact(source, b, value)),
            "export_policy" => {
                request.exportable = flags(value, EXPORT_FLAGS).map(|f| piece.fact(source, f & 3 != 0, value));
            }
            "key_usage" => request.key_usage_property = flags(value, USAGE_FLAGS).map(fact),
            _ => request.key_length = number(value).map(fact),
        }
        self.fields.push((property.field.into(), piece.text_fact(source, value)));
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().trim_start_matches('$').to_ascii_lowercase().as_str() {
        "true" | "1" | "-1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A word of a statement: a quoted string, a bracketed expression, or characters without blanks.
#[derive(Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    /// Quotes or brackets were taken off or stand around it.
    enclosed: bool,
}

/// The words of a command. A bracketed expression is one word and is never looked into.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while out.len() < 256 {
        rest = rest.trim_start_matches([' ', '\t', '\n', '`', ';']);
        let Some(first) = rest.chars().next() else { break };
        let (token, after) = match first {
            '"' | '\'' => {
                let inner = rest.get(1..).unwrap_or("");
                let end = inner.find(first).unwrap_or(inner.len());
                let after = inner.get(end.saturating_add(1)..).unwrap_or("");
                (Token { text: inner.get(..end).unwrap_or(""), enclosed: true }, after)
            }
            '(' | '{' => {
                let end = closing(rest);
                let (expression, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Token { text: expression, enclosed: true }, after)
            }
            _ => {
                let end = rest.find([' ', '\t', '\n', ';']).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Token { text: word, enclosed: false }, after)
            }
        };
        out.push(token);
        rest = after;
    }
    out
}

/// The index after the bracket that closes the first one.
fn closing(text: &str) -> usize {
    let mut depth = 0u32;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '(' | '{') => depth = depth.saturating_add(1),
            (None, ')' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.saturating_add(1);
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// A statement being read: what is kept of it.
struct Parts<'a> {
    lines: &'a JoinedLines,
    request: KeyRequest,
    /// The field's name, its value and the words that are shown.
    kept: Vec<(&'static str, Fact<String>, &'a str)>,
    /// There are more names or purposes than are kept.
    names_beyond: bool,
}

impl<'a> Parts<'a> {
    fn keep(&mut self, name: &'static str, value: &'a str, whole: &'a str) {
        if self.kept.len() < 64 {
            self.kept.push((name, self.lines.text_fact(value), whole));
        }
    }

    fn cmdlet(&mut self, call: Call) {
        let text: &'a str = self.lines.text();
        let anchor = anchor_of(call, text);
        let from = self.lines.range_of(anchor).end;
        // Another command after `|` or a script block is not this one's.
        let tokens = tokens(text.get(from..).unwrap_or(""));
        let mut index = 0usize;
        let mut parameter: Option<Token<'a>> = None;
        while let Some(token) = tokens.get(index).copied() {
            index = index.saturating_add(1);
            if !token.enclosed && matches!(token.text, "|" | "&&" | "||") {
                break;
            }
            let is_parameter = !token.enclosed
                && token.text.strip_prefix('-').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_alphabetic()));
            if is_parameter {
                if let Some(switch) = parameter.take() {
                    self.switch(switch.text);
                }
                // `-Exportable:$true`, `-KeySpec:Signature`.
                match token.text.split_once(':') {
                    Some((name, value)) if !value.is_empty() => self.parameter(name, value, token.text),
                    _ => parameter = Some(token),
                }
                continue;
            }
            match parameter.take() {
                Some(name) => {
                    // Lists go on after a comma: `-KeyUsage DigitalSignature, KeyEncipherment`.
                    let mut last = token;
                    while last.text.ends_with(',') && !last.enclosed
                        || tokens.get(index).is_some_and(|t| !t.enclosed && t.text.starts_with(','))
                    {
                        let Some(next) = tokens.get(index).copied() else { break };
                        last = next;
                        index = index.saturating_add(1);
                    }
                    let base = text.as_ptr().addr();
                    let start = token.text.as_ptr().addr().wrapping_sub(base);
                    let end = last.text.as_ptr().addr().wrapping_sub(base).wrapping_add(last.text.len());
                    let begin = name.text.as_ptr().addr().wrapping_sub(base);
                    let value = text.get(start..end).unwrap_or(token.text);
                    self.parameter(name.text, value, text.get(begin..end).unwrap_or(value));
                }
                // A store as a positional argument.
                None if token.text.len() > 5
                    && token.text.get(..5).is_some_and(|c| c.eq_ignore_ascii_case("cert:")) =>
                {
                    self.parameter("-CertStoreLocation", token.text, token.text);
                }
                None => {}
            }
        }
        if let Some(switch) = parameter {
            self.switch(switch.text);
        }
    }

    fn switch(&mut self, name: &'a str) {
        if name.eq_ignore_ascii_case("-exportable") {
            self.request.exportable = Some(self.lines.fact(true, name));
            self.keep("exportable", name, name);
        }
    }

    /// A parameter with its value. Only those that are named here are kept; `-Password` is none of them.
    fn parameter(&mut self, name: &'a str, value: &'a str, whole: &'a str) {
        let lines = self.lines;
        let fact = |n: u32| lines.fact(n, value);
        let clean = value.trim_matches(['"', '\'', ' ']);
        let request = &mut self.request;
        let field = match name.to_ascii_lowercase().as_str() {
            "-keyspec" => {
                let spec = match clean.to_ascii_lowercase().as_str() {
                    "none" => Some(0),
                    "keyexchange" => Some(1),
                    "signature" => Some(2),
                    other => number(other).filter(|n| *n <= 2),
                };
                request.key_spec = spec.map(fact);
                "key_spec"
            }
            "-provider" if !clean.starts_with(['$', '(']) => {
                request.providers.push(lines.text_fact(clean));
                "provider"
            }
            "-certstorelocation" => {
                let lower = clean.to_ascii_lowercase();
                request.machine_keyset = if lower.contains("localmachine") {
                    Some(lines.fact(true, value))
                } else if lower.contains("currentuser") {
                    Some(lines.fact(false, value))
                } else {
                    return;
                };
                "cert_store_location"
            }
            "-keyexportpolicy" => {
                let words = [("NonExportable", 0), ("ExportableEncrypted", 1), ("Exportable", 1)];
                request.exportable = flags(clean, &words).map(|f| lines.fact(f != 0, value));
                "key_export_policy"
            }
            "-exportable" => {
                let Some(yes) = boolean(clean) else { return };
                request.exportable = Some(lines.fact(yes, value));
                "exportable"
            }
            "-keyusage" => {
                request.key_usage = flags(&clean.replace(['\'', '"', '@'], ""), KEY_USAGES).map(fact);
                "key_usage"
            }
            "-keyusageproperty" => {
                request.key_usage_property = flags(clean, KEY_USAGE_PROPERTIES).map(fact);
                "key_usage_property"
            }
            "-keylength" => {
                request.key_length = number(clean).map(fact);
                "key_length"
            }
            "-keyalgorithm" if !clean.starts_with('$') => {
                request.key_algorithm = Some(lines.text_fact(clean));
                "key_algorithm"
            }
            "-hashalgorithm" if !clean.starts_with('$') => {
                request.hash_algorithm = Some(lines.text_fact(clean));
                "hash_algorithm"
            }
            "-subject" if !clean.starts_with(['$', '(']) => {
                request.subject = Some(lines.text_fact(clean));
                "subject"
            }
            "-dnsname" if !clean.starts_with('(') => {
                let mut names =
                    value.split([',', '"', '\'', ' ', '\n', '`']).filter(|n| !n.is_empty() && !n.starts_with('$'));
                for name in names.by_ref().take(STATEMENT_NAMES) {
                    request.alternative_names.push(lines.text_fact(name));
                }
                self.names_beyond |= names.next().is_some();
                "dns_name"
            }
            "-textextension" => {
                // `2.5.29.37={text}` is the extended key usage (RFC 5280 4.2.1.12).
                let Some((_, usages)) = value.split_once("2.5.29.37={text}") else { return };
                request.usages_shown = true;
                let mut oids =
                    usages.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|o| o.matches('.').count() > 3);
                for oid in oids.by_ref().take(STATEMENT_NAMES) {
                    request.extended_key_usage.push(lines.text_fact(oid));
                }
                self.names_beyond |= oids.next().is_some();
                let whole = value
                    .get(value.len().saturating_sub(usages.len()).saturating_sub("2.5.29.37={text}".len())..)
                    .unwrap_or("");
                let end = whole.find(['"', '\'', ')', '\n']).unwrap_or(whole.len());
                let whole = whole.get(..end).unwrap_or("");
                self.keep("text_extension", whole, whole);
                return;
            }
            "-type" if !clean.starts_with('$') => "type",
            _ => return,
        };
        self.keep(field, clean, whole);
    }

    /// The flags of a constructor that loads a PFX; of the other arguments only their number counts.
    fn constructor(&mut self) {
        let text: &'a str = self.lines.text();
        let words = ["MachineKeySet", "UserKeySet", "PersistKeySet", "EphemeralKeySet", "Exportable", "DefaultKeySet"];
        let mut strings = String::new();
        // A password may hold such a word: inside a string they count only when nothing else is in it.
        let mut quote: Option<char> = None;
        let mut from = 0usize;
        let mut blanked = Vec::new();
        for (at, c) in text.char_indices() {
            match quote {
                None if matches!(c, '"' | '\'') => {
                    quote = Some(c);
                    from = at.saturating_add(1);
                }
                Some(q) if q == c => {
                    quote = None;
                    let inner = text.get(from..at).unwrap_or("");
                    let only_flags = !inner.is_empty()
                        && inner.split([',', '|']).all(|w| words.iter().any(|k| k.eq_ignore_ascii_case(w.trim())));
                    if !only_flags {
                        blanked.push(from..at);
                    }
                }
                None | Some(_) => {}
            }
            strings.push(c.to_ascii_lowercase());
        }
        if quote.is_some() {
            blanked.push(from..text.len());
        }
        let hidden = |at: usize| {
            let after = blanked.partition_point(|r: &std::ops::Range<usize>| r.start <= at);
            after.checked_sub(1).and_then(|i| blanked.get(i)).is_some_and(|r| r.contains(&at))
        };
        let mut found = Vec::new();
        for word in words {
            let lower = word.to_ascii_lowercase();
            let hit = strings.match_indices(&lower).map(|(at, _)| at).find(|at| {
                let end = at.saturating_add(lower.len());
                let free =
                    |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '$' | '-'));
                !hidden(*at)
                    && free(text.get(..*at).and_then(|t| t.chars().next_back()))
                    && free(text.get(end..).and_then(|t| t.chars().next()))
            });
            if let Some(part) = hit.and_then(|at| text.get(at..at.saturating_add(lower.len()))) {
                found.push((word, part));
            }
        }
        if found.is_empty() {
            return;
        }
        let has = |name: &str| found.iter().find(|(w, _)| *w == name).map(|(_, part)| *part);
        if let Some(part) = has("MachineKeySet") {
            self.request.machine_keyset = Some(self.lines.fact(true, part));
        } else if let Some(part) = has("UserKeySet") {
            self.request.machine_keyset = Some(self.lines.fact(false, part));
        }
        if let Some(part) = has("Exportable") {
            self.request.exportable = Some(self.lines.fact(true, part));
        }
        let place = self.lines.place_of(found.first().map_or("", |(_, part)| *part));
        self.request.persisted = Some(match has("PersistKeySet") {
            Some(part) => self.lines.fact(true, part),
            None => Fact::derived(false, place, "the flags do not name PersistKeySet"),
        });
        for (_, part) in found {
            self.keep("key_storage_flags", part, part);
        }
    }

    /// Modifiers and options of `certutil -importPFX`.
    fn certutil(&mut self) {
        let text: &'a str = self.lines.text();
        let lower = text.to_ascii_lowercase();
        let verb = lower.find("-importpfx").unwrap_or(0);
        // The value of `-p` is skipped wherever it looks like an option.
        let tokens = words_of_command(text);
        let mut index = 0usize;
        let mut user = None;
        while let Some(word) = tokens.get(index).copied() {
            index = index.saturating_add(1);
            match word.to_ascii_lowercase().as_str() {
                "-p" | "/p" => index = index.saturating_add(1),
                "-csp" | "/csp" => {
                    if let Some(name) = tokens.get(index).copied().filter(|n| !n.starts_with(['$', '%', '-'])) {
                        self.request.providers.push(self.lines.text_fact(name));
                        self.keep("csp", name, name);
                    }
                    index = index.saturating_add(1);
                }
                "-user" | "/user" => user = Some(word),
                _ => {
                    let after = self.lines.range_of(word).start > verb;
                    for modifier in word.split(',').filter(|_| after) {
                        let clean = modifier.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                        match clean.to_ascii_lowercase().as_str() {
                            "at_signature" => self.modifier(clean, Some(2)),
                            "at_keyexchange" => self.modifier(clean, Some(1)),
                            "noexport" => {
                                self.request.exportable = Some(self.lines.fact(false, clean));
                                self.modifier(clean, None);
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
        let anchor = anchor_of(Call::Certutil, text);
        match user {
            Some(word) => {
                self.request.machine_keyset = Some(self.lines.fact(false, word));
                self.keep("options", word, word);
            }
            None => self.request.machine_keyset = Some(self.lines.fact(true, anchor)),
        }
        if self.kept.is_empty() {
            self.keep("verb", anchor, anchor);
        }
    }

    fn modifier(&mut self, word: &'a str, key_spec: Option<u32>) {
        if let Some(spec) = key_spec {
            self.request.key_spec = Some(self.lines.fact(spec, word));
        }
        self.keep("modifiers", word, word);
    }
}

/// The words of a command line inside a script, quotes of any level taken off.
fn words_of_command(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while out.len() < 256 {
        rest = rest.trim_start_matches([' ', '\t', '\n', ',', '(', ')', '@', '`', '\'', '^']);
        if rest.is_empty() {
            break;
        }
        let doubled = rest.starts_with("\"\"");
        let quoted = rest.starts_with('"');
        let (word, after) = if doubled {
            let inner = rest.get(2..).unwrap_or("");
            let end = inner.find("\"\"").unwrap_or(inner.len());
            (inner.get(..end).unwrap_or(""), inner.get(end.saturating_add(2)..).unwrap_or(""))
        } else if quoted {
            let inner = rest.get(1..).unwrap_or("");
            let end = inner.find('"').unwrap_or(inner.len());
            let whole = inner.get(..end).unwrap_or("");
            // The quotes around a whole command line are no quotes of a word.
            if whole.to_ascii_lowercase().contains("certutil")
                || whole.to_ascii_lowercase().contains("-importpfx") && whole.contains(' ')
            {
                rest = inner;
                continue;
            }
            (whole, inner.get(end.saturating_add(1)..).unwrap_or(""))
        } else {
            let end = rest.find([' ', '\t', '\n', '"', '\'']).unwrap_or(rest.len());
            rest.split_at_checked(end).unwrap_or((rest, ""))
        };
        if !word.is_empty() {
            out.push(word);
        } else if after.len() == rest.len() {
            rest = rest.get(1..).unwrap_or("");
            continue;
        }
        rest = after;
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, read, request, words};
    use proptest::prelude::*;

    const CANARY: &str = "C4nary-Pa55word";

    fn scripts(text: &str) -> Vec<Observed> {
        let mut reader = ScriptReader::new(SOURCE, &Limits::default());
        let out = read(&mut reader, text);
        assert!(!format!("{:?}{:?}", out.records, out.problems).contains(CANARY), "{:#?}", out.records);
        out.records
    }

    #[test]
    fn enrollment_objects() {
        let text = format!(
            "$key = New-Object -ComObject \"X509Enrollment.CX509PrivateKey.1\"\n$key.ProviderName = \"Microsoft RSA SChannel Cryptographic Provider\"\n$key.ProviderType = 12\n$key.KeySpec = 2; $pwd = \"{CANARY}\"\n$key.Length = 2048\n$key.MachineContext = $true\n$key.ExportPolicy = 1\n$key.KeyUsage = 2\n$key.Create()\n"
        );
        let all = scripts(&text);
        assert_eq!(all.len(), 1);
        let r = request(&all[0]);
        assert_eq!(r.key_spec.as_ref().unwrap().value, 2);
        assert_eq!(words(&text, r.key_spec.as_ref().unwrap().place), "2");
        assert_eq!(r.providers[0].value, "Microsoft RSA SChannel Cryptographic Provider");
        assert_eq!((r.provider_type.as_ref().unwrap().value, r.key_length.as_ref().unwrap().value), (12, 2048));
        assert_eq!((r.machine_keyset.as_ref().unwrap().value, r.exportable.as_ref().unwrap().value), (true, true));
        assert_eq!(r.key_usage_property.as_ref().unwrap().value, 2);
        let text = "var key = new CX509PrivateKey\n{\n    KeySpec = X509KeySpec.XCN_AT_KEYEXCHANGE,\n    MachineContext = false,\n    ExportPolicy = X509PrivateKeyExportFlags.XCN_NCRYPT_ALLOW_EXPORT_NONE,\n};\n";
        let r = scripts(text);
        let r = request(&r[0]);
        assert_eq!((r.key_spec.as_ref().unwrap().value, r.machine_keyset.as_ref().unwrap().value), (1, false));
        assert!(!r.exportable.as_ref().unwrap().value);
    }

    #[test]
    fn cmdlets() {
        let text = format!(
            "New-SelfSignedCertificate -Subject 'CN=www.contoso.com' -KeySpec Signature `\n  -Provider \"Microsoft Enhanced RSA and AES Cryptographic Provider\" `\n  -KeyUsage DigitalSignature, KeyEncipherment -KeyExportPolicy NonExportable `\n  -TextExtension @(\"2.5.29.37={{text}}1.3.6.1.5.5.7.3.1\") -DnsName \"www.contoso.com\",\"contoso.com\" `\n  -CertStoreLocation Cert:\\CurrentUser\\My -KeyLength 2048 -Pin (ConvertTo-SecureString \"{CANARY}\" -AsPlainText -Force)\n"
        );
        let all = scripts(&text);
        let r = request(&all[0]);
        assert_eq!(r.key_spec.as_ref().unwrap().value, 2);
        assert_eq!(r.key_usage.as_ref().unwrap().value, 0xa0);
        assert_eq!((r.machine_keyset.as_ref().unwrap().value, r.exportable.as_ref().unwrap().value), (false, false));
        assert_eq!(r.extended_key_usage[0].value, "1.3.6.1.5.5.7.3.1");
        assert_eq!(r.alternative_names.len(), 2);
        assert_eq!(r.subject.as_ref().unwrap().value, "CN=www.contoso.com");
        let text = format!(
            "Import-PfxCertificate -FilePath C:\\a.pfx -Password (ConvertTo-SecureString -String \"{CANARY}\" -AsPlainText -Force) -CertStoreLocation Cert:\\LocalMachine\\My -Exportable\n"
        );
        let all = scripts(&text);
        let r = request(&all[0]);
        assert_eq!((r.machine_keyset.as_ref().unwrap().value, r.exportable.as_ref().unwrap().value), (true, true));
    }

    #[test]
    fn constructors() {
        let text = format!(
            "var cert = new X509Certificate2(\n    path, \"{CANARY} MachineKeySet\",\n    X509KeyStorageFlags.PersistKeySet | X509KeyStorageFlags.Exportable);\n$c = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2($path, '{CANARY}', \"MachineKeySet,Exportable\")\nvar plain = new X509Certificate2(bytes);\n"
        );
        let all = scripts(&text);
        assert_eq!(all.len(), 2);
        let r = request(&all[0]);
        assert!(r.machine_keyset.is_none());
        assert!(r.persisted.as_ref().unwrap().value && r.exportable.as_ref().unwrap().value);
        let r = request(&all[1]);
        assert!(r.machine_keyset.as_ref().unwrap().value && !r.persisted.as_ref().unwrap().value);
        let text = format!(
            "$c.Import(\"C:\\a.pfx\", \"{CANARY}\", \"Exportable,MachineKeySet\")\n$page.Import(\"C:\\a.css\")\nimporter.import(keyset)\n"
        );
        let all = scripts(&text);
        assert_eq!(all.len(), 1);
        let r = request(&all[0]);
        assert!(r.machine_keyset.as_ref().unwrap().value && !r.persisted.as_ref().unwrap().value);
    }

    #[test]
    fn certutil_in_scripts() {
        let text = format!(
            "& certutil.exe -f -p \"{CANARY}\" -csp \"Microsoft Enhanced Cryptographic Provider v1.0\" -importpfx My C:\\a.pfx \"AT_SIGNATURE,NoExport\"\nC:\\>certutil -p {CANARY} -importpfx a.pfx AT_KEYEXCHANGE\nobjShell.Run \"certutil -user -p {CANARY} -importPFX a.pfx AT_KEYEXCHANGE\", 0, True\n"
        );
        let all = scripts(&text);
        assert_eq!(all.len(), 2);
        let r = request(&all[0]);
        assert_eq!((r.key_spec.as_ref().unwrap().value, r.exportable.as_ref().unwrap().value), (2, false));
        assert_eq!(r.providers[0].value, "Microsoft Enhanced Cryptographic Provider v1.0");
        assert!(r.machine_keyset.as_ref().unwrap().value);
        let r = request(&all[1]);
        assert_eq!((r.key_spec.as_ref().unwrap().value, r.machine_keyset.as_ref().unwrap().value), (1, false));
    }

    #[test]
    fn comments_and_prose_are_none() {
        assert!(scripts("# $key.KeySpec = 2\n// new X509Certificate2(a, b, X509KeyStorageFlags.MachineKeySet)\nUse New-SelfSignedCertificate to make one.\nif ($key.KeySpec == 2) { }\n").is_empty());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(New-SelfSignedCertificate -|Import-PfxCertificate |new X509Certificate2\\(|& certutil -importpfx |-Password |\\$k.KeySpec = |X509Enrollment.CX509PrivateKey|MachineKeySet|-KeyUsage |[ a,;=\"'(){}`|ä\n]){0,60}") {
            scripts(&text);
        }

        #[test]
        fn passwords_stay_out(quote in "[\"']", front in "[a-z ,(]{0,6}", back in "[a-z ,)]{0,6}") {
            let secret = format!("{quote}{front}{CANARY}{back}{quote}");
            scripts(&format!("Import-PfxCertificate a.pfx Cert:\\LocalMachine\\My -Password {secret} -Exportable\nnew X509Certificate2(p, {secret}, X509KeyStorageFlags.Exportable);\n$x = certutil -p {secret} -importpfx a.pfx AT_SIGNATURE\n"));
        }
    }
}

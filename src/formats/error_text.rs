//! Error codes and known error messages in any text, with the place they come from as far as the words around show it.
//!
//! A code counts when it is one of `model::hresult`, or any `0x8…` next to a word for an error: other hexadecimal numbers
//! are none. Most of what the web shows under error 1312 has nothing to do with certificates (file shares, credential
//! stores, token brokers); it is told apart by the words around. Sources: winerror.h; the system's own texts of error 1312;
//! Microsoft Learn, "MSSQLSERVER" errors 17182, 17826, 26013, 26014; the reference source of .NET Framework,
//! System.ServiceModel.txt (SslCertMayNotDoKeyExchange, SslCertMustDoKeyExchange, SslCertMustHavePrivateKey).

use super::glance::Glance;
use super::piece::Piece;
use super::text_reader::{Reached, TextReader, joined_place, keep_line};
use super::text_shapes::fills_a_console;
use super::word_search::WordSearch;
use crate::limits::{LINE_ERRORS, Limits, WAITING_ERRORS};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::hresult::{self, NO_SUCH_LOGON_SESSION};
use crate::model::observation::{ErrorContext, ErrorText, Observation, Observed, ServiceCertificate, SystemFact};
use crate::model::service_setting::{self, CertificateName, ServiceUse};
use crate::model::thumbprint::Sha1;
use aho_corasick::MatchKind;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::LazyLock;

/// The report's word for this kind of artifact.
pub const KIND: &str = "error-text";

/// Words within this many lines say where an error comes from.
const NEAR: u32 = 8;
/// A number of an error stands within this many bytes after the word for it.
const ERROR_NUMBER: usize = 8;
/// Bytes of a line's end that are kept for a message that the window wrapped.
const TAIL: usize = 160;

/// What a word in a line means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// A hexadecimal number begins.
    Hex,
    /// A decimal number begins that can be an HRESULT.
    Decimal,
    /// `1312`.
    LogonSession,
    /// The system's text of a code.
    Message(u32),
    /// A message of SQL Server or Exchange without a code of its own.
    SqlMessage,
    /// `[Cert Hash(sha1) "…"]`, and the thumbprint in Exchange's message.
    SqlHash,
    /// The subject of a certificate begins, whose key WCF can't use.
    WcfSubject,
    /// A word for an error.
    ErrorWord,
    /// A word that shows where the error comes from.
    From(ErrorContext),
    /// Words that show that error 1312 has nothing to do with a certificate.
    Unrelated,
    /// The same, as words that other ones may begin or end with: `ASP.NET users`, `internet view`.
    NetCommand,
    /// .NET's class of a certificate: it imports one, unless a property of it or of a copy is meant.
    CertificateClass,
}

/// The words. Texts of 1312: the system's own in the languages in which it was seen.
static WORDS: &[(&str, Sign)] = {
    use ErrorContext::{IisBinding, Import, NetshAdd, SqlServer, Tls};
    use Sign::{
        CertificateClass, Decimal, ErrorWord, From, Hex, LogonSession, Message, NetCommand, SqlHash, SqlMessage,
        Unrelated, WcfSubject,
    };
    &[
        ("0x", Hex),
        ("0c8007", Hex),
        ("-2146", Decimal),
        ("-2147", Decimal),
        ("2147943", Decimal),
        ("21480", Decimal),
        ("21481", Decimal),
        ("1312", LogonSession),
        ("A specified logon session does not exist", Message(NO_SUCH_LOGON_SESSION)),
        ("De opgegeven aanmeldingssessie bestaat niet", Message(NO_SUCH_LOGON_SESSION)),
        ("Eine angegebene Anmeldesitzung ist nicht vorhanden", Message(NO_SUCH_LOGON_SESSION)),
        ("指定的登录会话不存在", Message(NO_SUCH_LOGON_SESSION)),
        ("指定されたログオン セッションは存在しません", Message(NO_SUCH_LOGON_SESSION)),
        ("Указанный сеанс работы не существует", Message(NO_SUCH_LOGON_SESSION)),
        ("Une ouverture de session spécifiée n\u{2019}existe pas", Message(NO_SUCH_LOGON_SESSION)),
        ("Une ouverture de session spécifiée n'existe pas", Message(NO_SUCH_LOGON_SESSION)),
        ("Keyset does not exist", Message(0x8009_0016)),
        ("Key not valid for use in specified state", Message(0x8009_000B)),
        ("Invalid provider type specified", Message(0x8009_0014)),
        ("Invalid algorithm specified", Message(0x8009_0008)),
        ("Provider type not defined", Message(0x8009_0017)),
        ("The keyset is not defined", Message(0x8009_0019)),
        ("Keyset as registered is invalid", Message(0x8009_001A)),
        ("context was acquired as silent", Message(0x8009_0022)),
        ("The credentials supplied to the package were not recognized", Message(0x8009_030D)),
        ("No credentials are available in the security package", Message(0x8009_030E)),
        ("do not possess a common algorithm", Message(0x8009_0331)),
        ("Cannot find the certificate and private key for decryption", Message(0x8009_200B)),
        ("The specified network password is not correct", Message(0x8007_0056)),
        ("Unable to load user-specified certificate", SqlMessage),
        ("Could not start the network library because of an internal error", SqlMessage),
        ("A self-generated certificate was successfully loaded", SqlMessage),
        ("Cert Hash(sha1) \"", SqlHash),
        // Exchange Server (win-acme issue 1286).
        ("Insufficient rights to grant Network Service access", SqlMessage),
        (" to the certificate with thumbprint ", SqlHash),
        ("It is likely that certificate '", WcfSubject),
        ("The certificate '", WcfSubject),
        ("error", ErrorWord),
        ("fail", ErrorWord),
        ("exception", ErrorWord),
        ("hresult", ErrorWord),
        ("status", ErrorWord),
        ("fehler", ErrorWord),
        ("erreur", ErrorWord),
        ("errore", ErrorWord),
        ("erro:", ErrorWord),
        ("ошибк", ErrorWord),
        ("エラー", ErrorWord),
        ("错误", ErrorWord),
        ("błąd", ErrorWord),
        ("HttpApiWrapper", From(IisBinding)),
        ("BindingManager", From(IisBinding)),
        ("Microsoft.Web.Management", From(IisBinding)),
        ("Microsoft.Web.Administration", From(IisBinding)),
        ("IIS Manager", From(IisBinding)),
        // The dialog of IIS Manager when a binding is added.
        ("There was an error while performing this operation", From(IisBinding)),
        ("InetMgr", From(IisBinding)),
        ("Site Binding", From(IisBinding)),
        ("Add-WebBinding", From(IisBinding)),
        ("New-WebBinding", From(IisBinding)),
        ("AddSslCertificate", From(IisBinding)),
        ("RebindSslCertificate", From(IisBinding)),
        ("SSL Certificate add failed", From(NetshAdd)),
        ("http add sslcert", From(NetshAdd)),
        ("TDSSNIClient", From(SqlServer)),
        ("Cert Hash(sha1)", From(SqlServer)),
        ("SQL Server", From(SqlServer)),
        ("MSSQL", From(SqlServer)),
        (" 26014,", From(SqlServer)),
        (" 17182,", From(SqlServer)),
        (" 17826,", From(SqlServer)),
        ("Import-PfxCertificate", From(Import)),
        ("Certificate Import Wizard", From(Import)),
        ("PFXImportCertStore", From(Import)),
        ("importpfx", From(Import)),
        ("LoadPkcs12", From(Import)),
        ("X509Certificates.X509Certificate", CertificateClass),
        ("AuthenticateAsServer", From(Tls)),
        ("SslStream", From(Tls)),
        ("SslServer", From(Tls)),
        ("System.Net.Security", From(Tls)),
        ("AcquireCredentialsHandle", From(Tls)),
        ("SSPI", From(Tls)),
        ("Schannel", From(Tls)),
        ("Kestrel", From(Tls)),
        ("net use", NetCommand),
        ("System error 1312", Unrelated),
        ("net view", NetCommand),
        ("New-SmbMapping", Unrelated),
        ("New-PSDrive", Unrelated),
        ("file.core.windows.net", Unrelated),
        ("cmdkey", Unrelated),
        ("wincred", Unrelated),
        ("docker login", Unrelated),
        ("docker-credential", Unrelated),
        ("CredWrite", Unrelated),
        ("CredRead", Unrelated),
        ("CredEnumerate", Unrelated),
        ("credential manager", Unrelated),
        ("MSAL", Unrelated),
        ("WAM_", Unrelated),
        ("0xffffffff8", Unrelated),
        ("WindowsApps", Unrelated),
        ("Windows Hello", Unrelated),
    ]
};

/// What stands behind the subject in the messages of WCF.
const WCF_ENDINGS: &[&str] = &[
    "' may not have a private key that is capable of key exchange or the process may not have access rights for the private key",
    "' must have a private key that is capable of key exchange. The process must have access rights for the private key",
    "' must have a private key. The process must have access rights for the private key",
];

/// What .NET's class of a certificate does with one that it has: no file is made.
const READS: &[&str] = &[".get_", ".set_", ".Export", ".Verify"];

/// The longest subject that is looked for (bytes).
const SUBJECT: usize = 1024;

/// An error within this many lines below such a message is its inner exception.
const INNER: u32 = 2;

static SIGNS: WordSearch = WordSearch::new(
    || WORDS.iter().map(|(word, _)| (*word).to_owned()).collect(),
    |builder| {
        builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard);
    },
);

/// The words of SQL Server's 26013 behind the certificate.
const SQL_LOADED: &str = "was successfully loaded for encryption";

/// What the path of SQL Server's error log ends with.
const SQL_LOG: &str = "\\MSSQL\\Log\\ERRORLOG";

/// What the numbers of SQL Server's errors about its certificate begin with.
const SQL_NUMBER: &str = " 2601";

static SQL_NUMBERS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SQL_NUMBER));

/// What a line says of errors.
#[derive(Default)]
struct Found {
    /// The codes, each with the words that state it and whether they are the code itself.
    codes: Vec<(u32, std::ops::Range<usize>, bool)>,
    sql: bool,
    hash: Option<std::ops::Range<usize>>,
    subject: Option<std::ops::Range<usize>>,
    from: Option<ErrorContext>,
    /// Error 1312 has nothing to do with a certificate, whatever else the line says.
    unrelated: bool,
    /// The line has more than are looked at.
    cut: bool,
}

impl Found {
    /// Whether a line says nothing of an error.
    fn is_empty(&self) -> bool {
        self.codes.is_empty() && !self.sql && self.hash.is_none() && self.subject.is_none() && !self.cut
    }

    /// Where the line says that an error with this code comes from.
    fn context(&self, code: Option<u32>) -> Option<ErrorContext> {
        let unrelated = Some(ErrorContext::Unrelated).filter(|_| self.unrelated);
        unrelated.filter(|context| concerns(*context, code)).or(self.from)
    }
}

/// Whether a context is one for an error with this code: of file shares, credential stores and token brokers only error 1312
/// is told apart.
fn concerns(context: ErrorContext, code: Option<u32>) -> bool {
    context != ErrorContext::Unrelated || code == Some(NO_SUCH_LOGON_SESSION)
}

/// An error that waits for the words around it.
struct Waiting {
    code: Option<Fact<u32>>,
    text: Fact<String>,
    printed: Option<Fact<String>>,
    /// Where it comes from, and how many lines away that stands.
    from: Option<(u32, ErrorContext)>,
    thumbprint: Option<Fact<Sha1>>,
    subject: Option<Fact<String>>,
    excerpts: Excerpts,
}

/// Reads errors out of what no other reader took.
pub struct ErrorTextReader {
    source: SourceId,
    excerpt_lines: usize,
    columns: usize,
    done: Vec<Observed>,
    waiting: VecDeque<Waiting>,
    /// The last words that show where errors come from, with their lines.
    near: VecDeque<(u32, ErrorContext)>,
    /// The end of the line before, when it fills a window.
    tail: Option<(String, Place)>,
    /// The last number of an error of SQL Server, with its line.
    sql: Option<(u32, u32)>,
    /// The instance of SQL Server that an error log says to be of.
    instance: Option<String>,
    reached: Reached,
}

impl ErrorTextReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            excerpt_lines: limits.excerpt_lines,
            columns: limits.excerpt_columns,
            done: Vec::new(),
            waiting: VecDeque::new(),
            near: VecDeque::new(),
            tail: None,
            sql: None,
            instance: None,
            reached: Reached::default(),
        }
    }

    /// Words that show where errors come from.
    fn hint(&mut self, line: u32, found: &Found) {
        self.near.retain(|(l, _)| l.saturating_add(NEAR) >= line);
        self.near.extend(found.from.map(|context| (line, context)));
        self.near.extend(found.unrelated.then_some((line, ErrorContext::Unrelated)));
        for waiting in &mut self.waiting {
            let distance = line.saturating_sub(waiting.text.place.line);
            let Some(context) = found.context(waiting.code.as_ref().map(|code| code.value)) else { continue };
            if waiting.from.is_none_or(|(d, _)| distance < d) {
                waiting.from = Some((distance, context));
            }
        }
    }

    /// Lets go of the errors for which enough lines came.
    fn settle(&mut self, line: u32) {
        while let Some(first) = self.waiting.front() {
            let near = first.text.place.line.saturating_add(NEAR) >= line;
            if near && self.waiting.len() <= WAITING_ERRORS {
                break;
            }
            if near {
                let message = format!(
                    "more than {WAITING_ERRORS} errors in {NEAR} lines: what the lines after them say of where they come \
                     from is not used"
                );
                self.reached.say(message, first.text.place);
            }
            if let Some(waiting) = self.waiting.pop_front() {
                self.emit(waiting);
            }
        }
    }

    fn emit(&mut self, waiting: Waiting) {
        let context = waiting.from.map_or(ErrorContext::Unknown, |(_, context)| context);
        let fields = waiting.printed.map(|p| (Cow::Borrowed("printed"), p)).into_iter().collect();
        let what = Observation::Error(ErrorText {
            code: waiting.code,
            text: waiting.text.clone(),
            context,
            thumbprint: waiting.thumbprint,
            subject: waiting.subject,
            instance: self.instance.clone().filter(|_| context == ErrorContext::SqlServer),
        });
        self.done.push(Observed { kind: KIND, place: waiting.text.place, fields, excerpts: waiting.excerpts, what });
    }

    /// Takes an error.
    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        piece: Piece<'_>,
        text: &Fact<String>,
        code: Option<Fact<u32>>,
        printed: Option<Fact<String>>,
        found: &Found,
        thumbprint: Option<Fact<Sha1>>,
    ) {
        let line = text.place.line;
        // A message and its code in the lines next to each other are one error.
        if let Some(code) = &code
            && let Some(last) = self.waiting.back_mut()
            && last.text.place.line.saturating_add(2) >= line
            && last.text.place.line < line
            && last.code.as_ref().is_some_and(|c| c.value == code.value)
        {
            if last.printed.is_none() {
                last.printed = printed;
                last.code = Some(code.clone());
            }
            keep_line(&mut last.excerpts, text.place, piece, self.excerpt_lines, self.columns);
            return;
        }
        let value = code.as_ref().map(|code| code.value);
        let near = self.near.iter().rev().map(|(l, c)| (line.saturating_sub(*l), *c));
        let before = near.filter(|(_, context)| concerns(*context, value)).find(|(d, _)| *d <= NEAR);
        let from = found.context(value).map(|c| (0, c)).or(before);
        let mut excerpts = Excerpts::default();
        keep_line(&mut excerpts, text.place, piece, self.excerpt_lines, self.columns);
        let subject = found.subject.clone().and_then(|range| piece.text.trim().get(range));
        let subject = subject.map(|subject| piece.text_fact(self.source, subject));
        // The inner exception of a message that names a certificate is about that certificate.
        let outer = self.waiting.back().filter(|outer| {
            let below = line.saturating_sub(outer.text.place.line);
            outer.code.is_none() && code.is_some() && (1..=INNER).contains(&below)
        });
        let subject = subject.or_else(|| outer.and_then(|outer| outer.subject.clone()));
        self.waiting.push_back(Waiting { code, text: text.clone(), printed, from, thumbprint, subject, excerpts });
    }

    /// The certificate of SQL Server's error 26014.
    fn sql_hash(&self, piece: Piece<'_>, text: &str, found: &Found, line: u32) -> Option<Fact<Sha1>> {
        let part = text.get(found.hash.clone()?)?;
        let sha1 = Sha1::parse(part)?;
        let number = self.sql.filter(|(_, l)| l.saturating_add(2) >= line).map(|(n, _)| n);
        let refused = number == Some(26014) && !text.contains(SQL_LOADED) || found.sql;
        refused.then(|| piece.fact(self.source, sha1, part))
    }

    /// The certificate that SQL Server loaded (26013), which names the one in use. The error log prints it without its number.
    fn sql_loaded(&mut self, piece: Piece<'_>, text: &str, found: &Found, line: u32) -> bool {
        let numbered = self.sql.is_some_and(|(number, l)| number == 26013 && l.saturating_add(2) >= line);
        let loaded = numbered || text.contains(SQL_LOADED);
        let part = found.hash.clone().filter(|_| loaded && !found.sql).and_then(|range| text.get(range));
        let Some((sha1, part)) = part.and_then(|part| Some((Sha1::parse(part)?, part))) else { return false };
        let certificate = piece.fact(self.source, CertificateName::Sha1(sha1), part);
        let place = certificate.place;
        let mut excerpts = Excerpts::default();
        keep_line(&mut excerpts, place, piece, self.excerpt_lines, self.columns);
        let fields = vec![(Cow::Borrowed("certificate"), piece.text_fact(self.source, part))];
        let setting = ServiceCertificate {
            workload: "sql-server",
            certificate,
            endpoint: None,
            instance: self.instance.clone(),
            service_use: ServiceUse::Loaded,
        };
        let what = Observation::System(SystemFact::ServiceCertificate(setting));
        self.done.push(Observed { kind: KIND, place, fields, excerpts, what });
        true
    }
}

impl TextReader for ErrorTextReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        let number = u32::try_from(piece.line().number).unwrap_or(u32::MAX);
        self.settle(number);
        let before = self.tail.take();
        if text.is_empty() {
            return false;
        }
        let mut found = signs(text);
        if found.from.is_some() || found.unrelated {
            self.hint(number, &found);
        }
        // The head of an error log names the folder of the instance.
        if text.contains(SQL_LOG)
            && let Some(instance) = service_setting::sql_instance(text)
        {
            self.instance = Some(instance.to_owned());
        }
        // `Error: 26014, Severity: 16, State: 1.` in any language.
        if SQL_NUMBERS.find(text.as_bytes()).is_some() {
            if text.contains(" 26014,") {
                self.sql = Some((26014, number));
            } else if text.contains(" 26013,") {
                self.sql = Some((26013, number));
            }
        }
        let fills = fills_a_console(piece.text.trim_end());
        if found.is_empty() && before.is_none() && !fills {
            return false;
        }
        if fills {
            let from = text.char_indices().rev().map(|(i, _)| i).take_while(|i| text.len().saturating_sub(*i) <= TAIL);
            let from = from.last().unwrap_or(0);
            let part = text.get(from..).unwrap_or("");
            self.tail = Some((part.to_owned(), piece.part(part).place(self.source)));
        }
        let shown: String = text.chars().take(self.columns).collect();
        let shown = shown.trim_end();
        let fact = piece.fact(self.source, shown.to_owned(), text);
        if found.cut {
            self.reached.say(format!("error codes after the first {LINE_ERRORS} of a line are not read"), fact.place);
        }
        let thumbprint = self.sql_hash(piece, text, &found, number);
        let mut taken = thumbprint.is_none() && self.sql_loaded(piece, text, &found, number);
        if let Some((tail, place)) = before {
            let end = text.char_indices().map(|(i, _)| i).take_while(|i| *i <= TAIL).last().unwrap_or(0);
            let end = if text.len() <= TAIL { text.len() } else { end };
            let joint = format!("{tail}{}", text.get(..end).unwrap_or(""));
            let over = |r: &std::ops::Range<usize>| r.start < tail.len() && r.end > tail.len();
            for (code, range, own) in signs(&joint).codes {
                if over(&range) && !found.codes.iter().any(|(c, ..)| *c == code) {
                    let whole = joined_place(place, fact.place);
                    let words = joint.get(range).unwrap_or("").to_owned();
                    let value = Fact::stated(code, whole);
                    let printed = own.then(|| Fact::stated(words, whole));
                    let text = Fact::stated(joint.chars().take(self.columns).collect(), whole);
                    self.add(piece, &text, Some(value), printed, &found, None);
                    taken = true;
                }
            }
        }
        let codes = std::mem::take(&mut found.codes);
        for (code, range, own) in codes {
            let part = text.get(range).unwrap_or("");
            let value = match own {
                true => piece.fact(self.source, code, part),
                false => Fact::derived(code, piece.part(part).place(self.source), "the system's text of this error"),
            };
            let printed = own.then(|| piece.text_fact(self.source, part));
            self.add(piece, &fact, Some(value), printed, &found, thumbprint.clone());
            taken = true;
        }
        if !taken && (found.sql || thumbprint.is_some() || found.subject.is_some()) {
            self.add(piece, &fact, None, None, &found, thumbprint);
            taken = true;
        }
        taken
    }

    fn words(&self) -> Vec<&'static str> {
        WORDS.iter().map(|(word, _)| *word).chain([SQL_NUMBER]).collect()
    }

    fn passes_over(&self, piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        self.waiting.is_empty() && self.tail.is_none() && !fills_a_console(piece.text.trim_end())
    }

    fn is_open(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn close(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.emit(waiting);
        }
        self.tail = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.reached.take()
    }
}

/// What stands in a text.
fn signs(text: &str) -> Found {
    let mut found = Found::default();
    let Some(automaton) = SIGNS.in_text(text) else { return found };
    let mut error_word = None;
    let mut possible: Vec<(u32, std::ops::Range<usize>)> = Vec::new();
    let mut numbers: Vec<std::ops::Range<usize>> = Vec::new();
    for hit in automaton.find_overlapping_iter(text) {
        if found.codes.len() >= LINE_ERRORS || possible.len() >= LINE_ERRORS {
            found.cut = true;
            break;
        }
        let Some((_, sign)) = WORDS.get(hit.pattern().as_usize()) else { continue };
        let alone = text.get(..hit.start()).and_then(|t| t.chars().next_back()).is_none_or(|c| !c.is_alphanumeric());
        match sign {
            Sign::Hex if alone => {
                let digits = word(text, hit.start().saturating_add(2), |b| b.is_ascii_hexdigit());
                let Some(part) = text.get(digits.clone()) else { continue };
                let after = text.get(digits.end..).and_then(|t| t.chars().next());
                if after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let wide = part.len() == 16 && part.get(..8).is_some_and(|p| p.eq_ignore_ascii_case("ffffffff"));
                let part = if wide { part.get(8..).unwrap_or("") } else { part };
                let range = hit.start()..digits.end;
                let Some(value) = u32::from_str_radix(part, 16).ok().filter(|_| part.len() == 8) else { continue };
                possible.push((value, range));
            }
            Sign::Decimal if alone => {
                let digits = word(text, hit.end(), |b| b.is_ascii_digit());
                let range = hit.start()..digits.end;
                let value = text.get(range.clone()).and_then(hresult::parse);
                if let Some(value) = value.filter(|v| is_known(*v)) {
                    found.codes.push((value, range, true));
                }
            }
            Sign::LogonSession if alone => {
                let digits = word(text, hit.start(), |b| b.is_ascii_digit());
                // `Error: 1312`, `error code 1312`: four digits alone are any number.
                let close = error_word.is_some_and(|end: usize| end.saturating_add(ERROR_NUMBER) >= hit.start());
                if digits.end == hit.end() && close {
                    numbers.push(digits);
                }
            }
            Sign::Message(code) => found.codes.push((*code, hit.start()..hit.end(), false)),
            Sign::SqlMessage => found.sql = true,
            Sign::SqlHash => {
                let end = word(text, hit.end(), |b| b.is_ascii_hexdigit()).end;
                found.hash = Some(hit.end()..end);
            }
            Sign::WcfSubject => {
                let most = hit.end().saturating_add(SUBJECT).min(text.len());
                let ends = (hit.end()..most).filter(|at| text.as_bytes().get(*at) == Some(&b'\''));
                let mut ends = ends.filter(|at| {
                    let rest = text.as_bytes().get(*at..).unwrap_or_default();
                    WCF_ENDINGS.iter().any(|ending| rest.starts_with(ending.as_bytes()))
                });
                let end = ends.next().map(|at| at.saturating_sub(hit.end()));
                if let Some(end) = end.filter(|end| *end > 0 && found.subject.is_none()) {
                    found.subject = Some(hit.end()..hit.end().saturating_add(end));
                }
            }
            Sign::ErrorWord => error_word = Some(hit.end()),
            Sign::From(context) => found.from = Some(*context),
            Sign::Unrelated => found.unrelated |= alone,
            Sign::NetCommand => {
                let dotted = text.get(..hit.start()).is_some_and(|before| before.ends_with('.'));
                let after = text.get(hit.end()..).and_then(|t| t.chars().next());
                found.unrelated |= alone && !dotted && after.is_none_or(|c| !c.is_alphanumeric());
            }
            Sign::CertificateClass => {
                let member = text.get(word(text, hit.end(), |b| b.is_ascii_alphanumeric()).end..).unwrap_or("");
                if !READS.iter().any(|reads| member.starts_with(reads)) {
                    found.from = Some(ErrorContext::Import);
                }
            }
            Sign::Hex | Sign::Decimal | Sign::LogonSession => {}
        }
    }
    let message = found.codes.iter().any(|(_, _, own)| !own);
    for (value, range) in possible {
        // E_FAIL stands in front of every message of Win32Exception and says nothing of its own.
        let plain = value == 0x8000_4005 && (message || found.sql);
        let known = hresult::CODES.iter().find(|c| c.value == value || value >= 0xC000_0000 && c.also.contains(&value));
        match known {
            Some(known) => found.codes.push((known.value, range, true)),
            None if value >> 28 == 8 && error_word.is_some() && !plain => found.codes.push((value, range, true)),
            None => {}
        }
    }
    found.codes.extend(numbers.into_iter().map(|range| (NO_SUCH_LOGON_SESSION, range, true)));
    // One record for each code: where it is printed rather than where its message is.
    found.codes.sort_by_key(|(_, range, own)| (!own, range.start));
    let mut seen: Vec<u32> = Vec::new();
    found.codes.retain(|(code, ..)| {
        let new = !seen.contains(code);
        seen.push(*code);
        new
    });
    found.codes.sort_by_key(|(_, range, _)| range.start);
    found
}

/// The run of bytes of a kind that begins at an index.
fn word(text: &str, start: usize, is: impl Fn(u8) -> bool) -> std::ops::Range<usize> {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let len = rest.iter().take_while(|b| is(**b)).count();
    start..start.saturating_add(len)
}

fn is_known(value: u32) -> bool {
    hresult::CODES.iter().any(|c| c.value == value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<Observed> {
        read(&mut ErrorTextReader::new(SourceId(0), &Limits::default()), text)
    }

    fn error(text: &str) -> ErrorText {
        let Observation::Error(error) = all(text).remove(0).what else { panic!("{text}") };
        error
    }

    #[test]
    fn texts_of_1312_in_every_language_that_was_seen() {
        for (word, sign) in WORDS {
            if *sign == Sign::Message(NO_SUCH_LOGON_SESSION) {
                let found = error(&format!("x {word}. y"));
                assert_eq!(found.code.unwrap().value, NO_SUCH_LOGON_SESSION, "{word}");
            }
        }
    }

    #[test]
    fn the_code_that_is_printed_goes_before_its_message() {
        let found = error("Keyset does not exist (0x80090016)");
        let code = found.code.unwrap();
        assert_eq!(code.basis, crate::model::fact::Basis::Stated);
        assert_eq!((code.value, code.place.column), (0x8009_0016, 24));
    }

    #[test]
    fn a_code_over_the_edge_of_a_window() {
        let text = format!("{:<68}error 0x8007\n0520 again\n", "x");
        assert_eq!(text.find('\n'), Some(80));
        let found = all(&text);
        assert_eq!(found.len(), 1);
        let Observation::Error(error) = &found[0].what else { panic!() };
        assert_eq!(error.code.as_ref().unwrap().value, NO_SUCH_LOGON_SESSION);
    }

    #[test]
    fn the_nearest_words_say_where_an_error_comes_from() {
        assert_eq!(error("IIS Manager\n\n0x80070520").context, ErrorContext::IisBinding);
        assert_eq!(error("0x80070520\n   at SslStream").context, ErrorContext::Tls);
        let far = format!("IIS Manager{}0x80070520", "\n".repeat(9));
        assert_eq!(error(&far).context, ErrorContext::Unknown);
    }

    #[test]
    fn wcf_names_the_certificate_by_its_subject() {
        const MAY: &str = "may not have a private key that is capable of key exchange or the process may not have access \
                           rights for the private key. Please see inner exception for detail.";
        let text = format!("System.ArgumentException: It is likely that certificate 'CN=app, O=Contoso's' {MAY}");
        let found = error(&text);
        let subject = found.subject.unwrap();
        assert_eq!((subject.value.as_str(), subject.place.column, subject.place.len), ("CN=app, O=Contoso's", 58, 19));
        assert_eq!(found.code, None);
        // The inner exception, in the same line or below.
        let keyset = "---> System.Security.Cryptography.CryptographicException: Keyset does not exist";
        for text in [format!("{text} {keyset}"), format!("{text}\n{keyset}"), format!("{text}\n\n{keyset}")] {
            let Observation::Error(inner) = all(&text).pop().unwrap().what else { panic!("{text}") };
            assert_eq!(inner.code.unwrap().value, 0x8009_0016, "{text}");
            assert_eq!(inner.subject.unwrap().value, "CN=app, O=Contoso's", "{text}");
        }
        let far = format!("{text}\n\n\n{keyset}");
        let Observation::Error(other) = all(&far).pop().unwrap().what else { panic!() };
        assert_eq!(other.subject, None);
        let must = "The certificate 'CN=b' must have a private key that is capable of key exchange. The process must have \
                    access rights for the private key.";
        assert_eq!(error(must).subject.unwrap().value, "CN=b");
        for none in [
            "It is likely that certificate 'CN=a' is old.",
            "The certificate 'CN=a' must have a private key.",
            "The certificate '' must have a private key. The process must have access rights for the private key.",
            "certificate 'CN=a' may not have a private key that is capable of key exchange",
        ] {
            assert!(all(none).is_empty(), "{none}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]
        #[test]
        fn any_text(lines in proptest::collection::vec(prop_oneof![
            ".{0,40}",
            ".{80}",
            ".{70}0x80090",
            Just("016 error".to_owned()),
            Just("error 0x80070520".to_owned()),
            Just("Указанный сеанс работы не существует".to_owned()),
            Just("x 26014, [Cert Hash(sha1) \"0123456789abcdef0123456789abcdef01234567\"]".to_owned()),
            Just("HttpApiWrapper -2147023584".to_owned()),
        ], 0..16)) {
            let text = lines.join("\n");
            for found in all(&text) {
                prop_assert!(found.place.end() <= u64::try_from(text.len()).unwrap());
            }
        }
    }
}

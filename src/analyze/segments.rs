//! A text that mixes artifacts: which reader gets which line, and the parts that come out.

use super::embedded::{Embedded, EmbeddedText};
use super::readers::{Readers, text_readers};
use crate::formats::certutil::{LineByLine, Parser};
use crate::formats::glance::{Glance, Words};
use crate::formats::piece::{Cleaned, Piece};
use crate::formats::text_reader::TextReader;
use crate::input::Line;
use crate::limits::{LOG_RECORDS, Limits};
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed, SystemFact};
use std::sync::OnceLock;

/// The kind under which the lines of certutil are kept until it is known whether they are a dump.
pub(super) const CERTUTIL: &str = "certutil";

/// A run of lines of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The report's word for the kind.
    pub(super) kind: &'static str,
    /// The first line.
    pub(super) line: u32,
    /// The first byte.
    pub(super) start: u64,
    /// One after the last byte.
    pub(super) end: u64,
}

impl Part {
    /// A part that is one place.
    pub(super) fn new(kind: &'static str, place: Place) -> Self {
        Self { kind, line: place.line, start: place.start, end: place.end() }
    }
}

/// Parts in the order of the text; neighbours of one kind are one part.
pub(super) fn ordered(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|p| p.start);
    parts.dedup_by(|next, part| {
        let same = next.kind == part.kind;
        if same {
            part.end = part.end.max(next.end);
        }
        same
    });
    parts
}

/// From so many bytes of a text on the words of all readers are looked for at once: the search takes a while to make. Checks
/// look for them from the first line on.
const WORTH_A_GLANCE: usize = if cfg!(debug_assertions) { 1 } else { 256 << 10 };

/// What becomes of a line that its reader would pass over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    /// The reader is not asked.
    Over,
    /// The reader is asked nevertheless, and must be found to have been right.
    Checked,
}

/// Builds with debug assertions check what the others rely on.
const PASSED: Passed = if cfg!(debug_assertions) { Passed::Checked } else { Passed::Over };

/// The words of all readers, in the order in which they are asked, and then of certutil's parser.
static WORDS: OnceLock<Option<Words>> = OnceLock::new();

/// Hands the lines of one text to the readers.
pub(super) struct Segments {
    /// The readers that are asked before certutil's, unless a certificate block is open.
    first: Readers,
    /// The readers that are asked about what nobody else took.
    last: Readers,
    embedded: Embedded,
    open: Open,
    records: Vec<Observed>,
    parts: Vec<Part>,
    /// It is said that there are more parts than are kept.
    parts_full: bool,
    problems: Vec<(String, Place)>,
    /// The name of the computer, of which certutil's parser was not told yet.
    computer: Option<Fact<String>>,
    last_line: u64,
    /// Bytes of the lines so far that were read one by one.
    read: usize,
    passed: Passed,
    /// Bytes after which lines are looked at at a glance.
    worth: usize,
}

impl LineByLine for Segments {
    fn line(&mut self, line: Line<'_>, parser: &mut Parser) {
        self.last_line = line.number;
        self.hand_on(line, parser);
    }

    fn is_idle(&self) -> bool {
        self.open == Open::Nobody
    }

    fn passed(&mut self, number: u64, end: u64) {
        self.last_line = number;
        if let Some(last) = self.parts.last_mut().filter(|last| last.kind == CERTUTIL) {
            last.end = end;
        }
    }
}

/// Who is in the middle of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nobody,
    First(usize),
    Last(usize),
    Embedded,
}

impl Segments {
    /// For one input.
    pub(super) fn new(source: SourceId, limits: &Limits) -> Self {
        let (first, last) = text_readers(source, limits);
        Self {
            first,
            last,
            embedded: Embedded::new(source, limits),
            open: Open::Nobody,
            records: Vec::new(),
            parts: Vec::new(),
            problems: Vec::new(),
            parts_full: false,
            computer: None,
            last_line: 0,
            read: 0,
            passed: PASSED,
            // Once the search is made, it costs nothing more.
            worth: if WORDS.get().is_some() { 0 } else { WORTH_A_GLANCE },
        }
    }

    /// The number of the last line that was read.
    pub(super) fn last_line(&self) -> u64 {
        self.last_line
    }

    /// Hands on one line.
    pub(super) fn hand_on(&mut self, line: Line<'_>, parser: &mut Parser) {
        if let Some(name) = self.computer.take() {
            parser.of_machine(name);
        }
        // A line of more than 64 KiB is no record of any other kind, and an empty one is none.
        let for_none_other = line.window.is_some() || line.text.trim_ascii_start().is_empty();
        if self.open == Open::Nobody && (parser.in_block() || for_none_other) {
            if parser.line(line) {
                return self.of_certutil(&line);
            }
            if for_none_other {
                return;
            }
            let cleaned = Cleaned::new(line);
            if let Some((piece, glance)) = self.glance(&cleaned) {
                return self.offer_other(piece, Some(&glance), parser);
            }
            for piece in cleaned.pieces() {
                self.offer_other(piece, None, parser);
            }
            return;
        }
        let cleaned = Cleaned::new(line);
        if self.open == Open::Nobody
            && let Some((piece, glance)) = self.glance(&cleaned)
        {
            return self.hand_on_glanced(line, piece, &glance, parser);
        }
        let mut taken = false;
        for piece in cleaned.pieces() {
            taken |= self.offer_open(piece) || self.offer_first(piece, None);
        }
        if taken {
            return;
        }
        if parser.line(line) {
            return self.of_certutil(&line);
        }
        for piece in cleaned.pieces() {
            self.offer_last(piece, None);
        }
    }

    /// A piece that is not certutil's while nobody is in the middle of a record.
    fn offer_other(&mut self, piece: Piece<'_>, glance: Option<&Glance<'_>>, parser: &mut Parser) {
        if !self.offer_first(piece, glance) {
            self.offer_last(piece, glance);
        } else if self.open != Open::Nobody {
            // Another kind of record begins: the block that nothing closed is over.
            parser.interrupt();
        }
    }

    /// Hands on a line of one piece while nobody is in the middle of a record.
    fn hand_on_glanced(&mut self, line: Line<'_>, piece: Piece<'_>, glance: &Glance<'_>, parser: &mut Parser) {
        if self.offer_first(piece, Some(glance)) {
            return;
        }
        let number = self.first.len().saturating_add(self.last.len());
        let passes = |parser: &Parser| !glance.names(number) && parser.passes_over(glance);
        let passed = passes(parser);
        if !passed || self.passed == Passed::Checked {
            let own = parser.line(line);
            debug_assert!(!passed || !own && passes(parser), "certutil: {:?}", line.text);
            if own {
                return self.of_certutil(&line);
            }
        }
        self.offer_last(piece, Some(glance));
    }

    /// What a line shows at a glance, if it is one piece and there is much of such text.
    fn glance<'a>(&mut self, cleaned: &'a Cleaned<'_>) -> Option<(Piece<'a>, Glance<'a>)> {
        let piece = cleaned.one_piece()?;
        self.read = self.read.saturating_add(piece.text.len());
        if self.read < self.worth {
            return None;
        }
        // The words are the same whatever the input and the limits are.
        let all = || {
            let readers = self.first.iter().chain(&self.last);
            let own = Parser::words();
            let of_all = readers.map(|reader| reader.words()).chain([own.iter().map(String::as_str).collect()]);
            Words::new(of_all.collect())
        };
        Some((piece, Glance::of(piece, WORDS.get_or_init(all).as_ref()?)?))
    }

    /// The text is over.
    pub(super) fn finish(&mut self) {
        self.close();
        for index in 0..self.first.len() {
            self.collect(Open::First(index));
        }
        for index in 0..self.last.len() {
            self.collect(Open::Last(index));
        }
    }

    /// The records that are complete.
    pub(super) fn take_records(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }
    /// The texts of other artifacts that were found inside: PEM, INF, registry exports.
    pub(super) fn take_embedded(&mut self) -> Vec<EmbeddedText> {
        self.embedded.take()
    }
    /// What could not be read.
    pub(super) fn take_problems(&mut self) -> Vec<(String, Place)> {
        std::mem::take(&mut self.problems)
    }
    /// The parts, once the text is over.
    pub(super) fn into_parts(self) -> Vec<Part> {
        self.parts
    }
    /// Notes a part.
    fn part(&mut self, kind: &'static str, place: Place) {
        let part = Part::new(kind, place);
        let full = self.parts.len() >= LOG_RECORDS;
        match self.parts.last_mut() {
            Some(last) if last.kind == kind => last.end = last.end.max(part.end),
            Some(last) if full => {
                last.end = last.end.max(part.end);
                if !std::mem::replace(&mut self.parts_full, true) {
                    let message =
                        format!("kinds of text after the first {LOG_RECORDS} parts of this one are not listed");
                    self.problems.push((message, place));
                }
            }
            _ => self.parts.push(part),
        }
    }

    fn of_certutil(&mut self, line: &Line<'_>) {
        let number = u32::try_from(line.number).unwrap_or(u32::MAX);
        match self.parts.last_mut() {
            Some(last) if last.kind == CERTUTIL => last.end = line.end,
            _ => self.parts.push(Part { kind: CERTUTIL, line: number, start: line.start, end: line.end }),
        }
    }

    /// Offers a piece to the reader that is in the middle of a record.
    fn offer_open(&mut self, piece: Piece<'_>) -> bool {
        let taken = match self.open {
            Open::Nobody => return false,
            Open::Embedded => self.embedded.line(piece),
            _ if begins_something_else(piece.text) => {
                self.close();
                return false;
            }
            Open::First(index) => self.first.get_mut(index).is_some_and(|r| r.line(piece)),
            Open::Last(index) => self.last.get_mut(index).is_some_and(|r| r.line(piece)),
        };
        self.collect(self.open);
        let still = match self.open {
            Open::Nobody => false,
            Open::Embedded => self.embedded.is_open(),
            Open::First(index) => self.first.get(index).is_some_and(|r| r.is_open()),
            Open::Last(index) => self.last.get(index).is_some_and(|r| r.is_open()),
        };
        if !still {
            self.open = Open::Nobody;
        }
        taken
    }

    /// Offers a piece to the readers that go before certutil's, but to those that pass over it.
    fn offer_first(&mut self, piece: Piece<'_>, glance: Option<&Glance<'_>>) -> bool {
        if piece.text.trim_start().is_empty() {
            return false;
        }
        if self.open != Open::Embedded && self.embedded.line(piece) {
            self.opened(Open::Embedded);
            return true;
        }
        for index in 0..self.first.len() {
            let who = Open::First(index);
            let takes = |reader: &mut Box<dyn TextReader>| takes(reader.as_mut(), index, piece, glance, self.passed);
            if self.open != who && self.first.get_mut(index).is_some_and(takes) {
                self.opened(who);
                return true;
            }
        }
        false
    }

    /// Offers a piece to the readers that come after certutil's, but to those that pass over it.
    fn offer_last(&mut self, piece: Piece<'_>, glance: Option<&Glance<'_>>) {
        if piece.text.trim_start().is_empty() {
            return;
        }
        for index in 0..self.last.len() {
            let who = Open::Last(index);
            let number = self.first.len().saturating_add(index);
            let takes = |reader: &mut Box<dyn TextReader>| takes(reader.as_mut(), number, piece, glance, self.passed);
            if self.open != who && self.last.get_mut(index).is_some_and(takes) {
                self.opened(who);
                return;
            }
        }
    }

    /// A reader took a line: whoever was in the middle of a record is at its end.
    fn opened(&mut self, who: Open) {
        if self.open != who {
            self.close();
        }
        let open = match who {
            Open::Nobody => false,
            Open::Embedded => self.embedded.is_open(),
            Open::First(index) => self.first.get(index).is_some_and(|r| r.is_open()),
            Open::Last(index) => self.last.get(index).is_some_and(|r| r.is_open()),
        };
        self.open = if open { who } else { Open::Nobody };
        self.collect(who);
    }

    fn close(&mut self) {
        let open = std::mem::replace(&mut self.open, Open::Nobody);
        match open {
            Open::Nobody => {}
            Open::Embedded => self.embedded.close(),
            Open::First(index) => self.first.get_mut(index).into_iter().for_each(|r| r.close()),
            Open::Last(index) => self.last.get_mut(index).into_iter().for_each(|r| r.close()),
        }
        self.collect(open);
    }

    fn collect(&mut self, who: Open) {
        let reader = match who {
            Open::First(index) => self.first.get_mut(index),
            Open::Last(index) => self.last.get_mut(index),
            Open::Nobody | Open::Embedded => None,
        };
        let Some(reader) = reader else { return };
        let records = reader.take();
        let problems = reader.problems();
        self.problems.extend(problems);
        for record in records {
            if let Observation::System(SystemFact::Computer(name)) = &record.what {
                self.computer = Some(name.clone());
            }
            self.part(record.kind, record.place);
            self.records.push(record);
        }
    }
}

/// Whether a reader takes a line. `number`: which of all it is.
fn takes(
    reader: &mut dyn TextReader,
    number: usize,
    piece: Piece<'_>,
    glance: Option<&Glance<'_>>,
    passed: Passed,
) -> bool {
    let passes = |reader: &dyn TextReader| glance.is_some_and(|it| !it.names(number) && reader.passes_over(piece, it));
    if !passes(reader) {
        return reader.line(piece);
    }
    if passed == Passed::Checked {
        let taken = reader.line(piece);
        debug_assert!(!taken && passes(reader) && reader.take().is_empty(), "reader {number}: {:?}", piece.text);
    }
    false
}

/// Lines with which certutil's output or a new command surely begins.
fn begins_something_else(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("================") || text.starts_with("CertUtil: ") || is_prompt(text)
}

/// `C:\Windows\system32>`, `PS C:\>`, `[server]: PS C:\>` in front of a command or alone.
fn is_prompt(text: &str) -> bool {
    let text = text.split_once("]: ").filter(|_| text.starts_with('[')).map_or(text, |(_, rest)| rest);
    let path = text.strip_prefix("PS ").unwrap_or(text);
    let mut bytes = path.bytes();
    let drive = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    drive && bytes.next() == Some(b':') && bytes.next() == Some(b'\\') && path.bytes().take(260).any(|b| b == b'>')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::input::{LineReader, TextEncoding};
    use proptest::prelude::*;
    use proptest::test_runner::{RngAlgorithm, RngSeed};
    use std::fs;
    use std::path::Path;
    use std::sync::LazyLock;

    const SOURCE: SourceId = SourceId(0);

    /// The lines of the corpus's texts, each text behind the one before.
    static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut out = Vec::new();
        texts(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")), &mut out);
        assert!(out.len() > 20_000);
        out
    });

    fn texts(folder: &Path, out: &mut Vec<String>) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                texts(&path, out);
            } else if let Some(text) = fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                let made = path.extension().is_some_and(|extension| extension == "toml" || extension == "snap");
                out.extend(text.lines().filter(|_| !made).map(str::to_owned));
            }
        }
    }

    /// Lines of other programs, and some that mean something by themselves.
    const OTHERS: &[&str] = &[
        "2026-03-14 10:01:02 10.0.0.5 GET /app/page17.aspx id=4 443 - 10.1.2.3 Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64) 200 0 0 15",
        "2026-03-14 10:01:02.17 spid7s      Starting up database 'model'.",
        "2026-03-14 10:01:02, Info                  CBS    Session: 31074 initialized by client WindowsUpdateAgent.",
        "Mar 14 10:01:02 web01 sshd[812]: Accepted publickey for admin from 10.1.2.3 port 50122",
        "login please morning thanks again, and the server was restarted again.",
        "https://www.contoso.com/a/b?c=d",
        "name=value",
        "a",
        "",
        "-----",
        "[INFO] started: 17 of 18 (94 %)",
        "\tat System.Web.HttpApplication.ExecuteStep(IExecutionStep step)",
        "<br>",
        "{\"level\":\"info\",\"msg\":\"started\"}",
        "C:\\> echo done",
        "10:00:00\tw3wp.exe\t4711\tCreateFile\tC:\\inetpub\\a\tSUCCESS\tDesired Access: Generic Read",
        "one two three",
        "1 {\"event_id\":36870,\"message\":\"m\",\"provider\":\"Schannel\"}",
        "2026-03-14 10:01:02 Der Dienst wurde für den Benutzer gestartet und läuft.",
        "Служба запущена: 12",
        "服务已启动",
        "Name : value",
        "--- Reader: OMNIKEY 0",
        "[InternetShortcut]",
        "1 EventID: 0x00009008",
        "Port: 8443",
        "Address: 10.0.0.5:443",
        "4711 requests in 12 s",
        "the rest of it (as before)",
        "C:\\inetpub\\logs",
        "/var/log/messages:",
        "Total: 12",
        "Trust",
        "    Transport = HTTPS",
        "    CertificateThumbprint = A1B2C3D4E5F60718293A4B5C6D7E8F9001122334",
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\MSSQL15.X\\MSSQLServer\\SuperSocketNetLib",
        "    Certificate    REG_SZ    a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",
        "HostName        : sts.contoso.com",
        "Cannot open the AT_SIGNATURE key for reader: OMNIKEY 0",
        "PS C:\\> (Get-Acl .).Sddl",
        "O:BAG:SYD:PAI(A;;FA;;;SY)",
    ];

    /// What a text gives, and to whom its parts belong. `None`: every reader is asked about every line.
    fn read(text: &str, passed: Option<Passed>) -> String {
        let limits = Limits::default();
        let mut lines = LineReader::new(text.as_bytes(), TextEncoding::Utf8, &limits);
        let (mut segments, mut parser) = (Segments::new(SOURCE, &limits), Parser::new(SOURCE, &limits));
        match passed {
            Some(passed) => segments.passed = passed,
            None => segments.worth = usize::MAX,
        }
        let mut told = String::new();
        let mut tell = |segments: &mut Segments, parser: &mut Parser| {
            let embedded: Vec<_> =
                segments.take_embedded().into_iter().map(|it| (it.lines.whole(), it.lines.text().to_owned())).collect();
            let problems = segments.take_problems();
            let records = (segments.take_records(), parser.take_records());
            told.push_str(&format!("{records:?} {embedded:?} {problems:?}\n"));
        };
        while let Some(batch) = lines.next_batch().unwrap() {
            for line in batch.lines() {
                segments.hand_on(line, &mut parser);
            }
            tell(&mut segments, &mut parser);
        }
        segments.finish();
        parser.finish();
        tell(&mut segments, &mut parser);
        told.push_str(&format!("{:?}", segments.into_parts()));
        told
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 400,
            failure_persistence: None,
            rng_algorithm: RngAlgorithm::ChaCha,
            rng_seed: RngSeed::Fixed(20_260_101),
            ..ProptestConfig::default()
        })]

        /// Parts of artifacts with lines of other programs among them: whoever passes over a line would have left it, and
        /// reads the lines after it as if it had been asked.
        #[test]
        fn lines_that_are_passed_over_change_nothing(
            parts in prop::collection::vec(
                (
                    any::<prop::sample::Index>(),
                    1..24_usize,
                    prop::collection::vec((0..4 * OTHERS.len(), prop_oneof![8 => Just(1_usize), 1 => 2..20_usize]), 1..12),
                ),
                1..16,
            )
        ) {
            let mut text = String::new();
            for (start, many, others) in parts {
                let lines = LINES.iter().skip(start.index(LINES.len())).take(many);
                for (line, (other, times)) in lines.zip(others.into_iter().cycle()) {
                    text.push_str(line);
                    text.push('\n');
                    let other = OTHERS.get(other).map(|other| format!("{other}\n")).unwrap_or_default();
                    text.push_str(&other.repeat(times));
                }
            }
            let all = read(&text, None);
            prop_assert_eq!(&read(&text, Some(Passed::Over)), &all);
            prop_assert_eq!(&read(&text, Some(Passed::Checked)), &all);
        }
    }
}

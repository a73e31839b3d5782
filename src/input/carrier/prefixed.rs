//! Lines that each stand behind a prefix: the time in the log of a pipeline, the name of a server or container, the number of the
//! line.
//!
//! A prefix is learned from the input's own lines: from one that ends with a header of certutil
//! (`web01_1  | ================ Certificate 0 ================`), if the lines behind it begin alike; from a first line with a
//! time as pipelines write it, if most lines have one; from lines behind the name of a stream (`VERBOSE: `, `AUSFÜHRLICH: `,
//! `STDOUT: `), if they have an indentation of their own; or from what most lines begin with, if one of them is empty behind it, or
//! if it counts the lines. A line that begins otherwise is taken as it is.
//!
//! Sources: RFC 3339 section 5.6 (the time); Kubernetes, "Logging Architecture" (the CRI format: time, stream, `F` or `P`);
//! RFC 3164 section 4.1 (syslog); Microsoft Learn, "about_Output_Streams" (PowerShell's streams, whose names are translated). Which programs put their lines so, and tabs before the time (`gh run view --log`), is
//! experience.

use super::carried::{Carried, Cursor};
use super::{Form, Take, Unread};
use crate::limits::{PREFIX_BYTES, PREFIXES};
use memchr::{memchr, memchr2, memmem, memrchr2};

/// How a header of certutil begins.
pub(super) const HEADER: &[u8] = b"================ ";

/// Lines behind a header that are looked at, and how many of them must begin alike.
const BEHIND: usize = 8;
const ALIKE: usize = 3;
/// The shortest name of a stream: `INFO`. Shorter are `DNS`, `CN`.
const STREAM: usize = 4;

/// Lines from which a prefix of most lines is learned: before the first of them stand words of a ticket.
const SEEDS: usize = 4;
/// What a prefix ends with, if no blank follows.
const SEPARATORS: &[u8] = b":|])>-.";
/// What shows that the same words in front of every line stand apart from it.
const FENCES: &[u8] = b"|]>";

/// First lines of files, which stand nowhere behind other text.
const FIRST_LINES: [&[u8]; 6] =
    [b"-----BEGIN ", b"<?xml ", b"<configuration>", b"Windows Registry Editor ", b"REGEDIT4", b"\"Time of Day\","];

/// Reads the lines without their prefix.
pub(super) struct Prefixed {
    patterns: Vec<Pattern>,
    unread: Vec<Unread>,
    /// That there are more prefixes is said.
    more: bool,
}

impl Prefixed {
    /// For an input with these first bytes, in any encoding with ASCII in it, if its lines have a prefix.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let mut patterns: Vec<Pattern> = Vec::new();
        patterns.extend(timed(head));
        patterns.extend(streamed(head));
        let mut searched = 0;
        for hit in memmem::find_iter(head, HEADER) {
            if hit < searched {
                continue;
            }
            let start =
                memrchr2(b'\n', b'\r', head.get(..hit).unwrap_or_default()).map_or(0, |at| at.saturating_add(1));
            let line = line_at(head, start);
            searched = start.saturating_add(line.len());
            let Some((prefix, header)) = line.split_at_checked(hit.saturating_sub(start)) else { continue };
            let known = patterns.iter().any(|pattern| pattern.len(line).is_some());
            if known || !is_header(header) {
                continue;
            }
            if patterns.len() >= PREFIXES {
                break;
            }
            patterns.extend(Pattern::of(prefix).filter(|pattern| pattern.holds_behind(head, searched)));
        }
        // The lines of a page are not those of its text.
        if patterns.is_empty() && !head.trim_ascii_start().starts_with(b"<") {
            patterns.extend(common(head));
        }
        (!patterns.is_empty()).then_some(Self { patterns, unread: Vec::new(), more: false })
    }

    /// The length of the prefix of a line.
    fn prefix(&self, line: &[u8]) -> Option<usize> {
        self.patterns.iter().find_map(|pattern| pattern.len(line))
    }

    /// Moves behind the prefix of the line that begins at the cursor.
    pub(super) fn skip(&mut self, cursor: &mut Cursor<'_>) {
        match self.prefix(cursor.rest().as_bytes()) {
            Some(prefix) => cursor.by(prefix),
            None => self.say_more(cursor),
        }
    }

    /// Says once that a line is behind one prefix too many.
    fn say_more(&mut self, cursor: &Cursor<'_>) {
        let line = cursor.rest().as_bytes();
        if self.more || self.patterns.len() < PREFIXES {
            return;
        }
        let header = memmem::find(line, HEADER).and_then(|at| line.split_at_checked(at));
        if header.is_some_and(|(prefix, header)| is_header(header) && Pattern::of(prefix).is_some()) {
            self.more = true;
            let message = format!(
                "lines behind more than {PREFIXES} different prefixes: those behind others are read as they stand"
            );
            let spot = cursor.spot();
            self.unread.push((message, spot.line, spot.original));
        }
    }
}

impl Form for Prefixed {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        if cursor.begins_line() {
            self.skip(cursor);
        }
        out.copy(cursor, stop, take);
        if ends {
            out.end_line(cursor.spot(), take);
        }
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {}

    fn take_unread(&mut self) -> Vec<Unread> {
        std::mem::take(&mut self.unread)
    }
}

/// What the prefixes of an input have in common.
struct Pattern {
    /// Texts that end with a tab stand in front: the job and step of a pipeline.
    fields: usize,
    parts: Vec<Part>,
    /// Blanks at its end. The lines' own indentation begins behind them.
    blanks: usize,
}

/// A part of a prefix.
enum Part {
    /// One digit or more, with any number of blanks in front, which put numbers below each other.
    Number,
    /// One blank or more.
    Blanks,
    /// These bytes.
    Text(Vec<u8>),
    /// One letter or more that are not ASCII: their bytes depend on the encoding.
    Letters,
}

impl Pattern {
    /// Of a prefix that can't be something else: mere indentation, a mark of quoted text, the beginning of a value. `+` alone is
    /// that of lines which a change adds (`git diff`).
    fn of(prefix: &[u8]) -> Option<Self> {
        let quoting = |byte: &u8| is_blank(*byte) || b">%#|+".contains(byte);
        if prefix.len() > PREFIX_BYTES || !prefix.is_ascii() || prefix.iter().all(quoting) && prefix != b"+" {
            return None;
        }
        let words = prefix.trim_ascii_end();
        let blanks = prefix.len().saturating_sub(words.len());
        if blanks == 0 && words.last().is_none_or(u8::is_ascii_alphanumeric) {
            return None;
        }
        Some(Self::like(words, blanks))
    }

    /// Of a prefix with these words and so many blanks behind them.
    fn like(words: &[u8], blanks: usize) -> Self {
        let mut parts = Vec::new();
        for byte in words {
            match (byte, parts.last_mut()) {
                (b'0'..=b'9', Some(Part::Number)) => {}
                (b'0'..=b'9', Some(blanks @ Part::Blanks)) => *blanks = Part::Number,
                (b'0'..=b'9', _) => parts.push(Part::Number),
                (byte, Some(Part::Blanks)) if is_blank(*byte) => {}
                (byte, _) if is_blank(*byte) => parts.push(Part::Blanks),
                (0x80.., Some(Part::Letters)) => {}
                (0x80.., _) => parts.push(Part::Letters),
                (byte, Some(Part::Text(text))) => text.push(*byte),
                (byte, _) => parts.push(Part::Text(vec![*byte])),
            }
        }
        Self { fields: 0, parts, blanks }
    }

    /// The length of the prefix of a line that has one.
    fn len(&self, line: &[u8]) -> Option<usize> {
        let line_rest = |at: usize| line.get(at..).unwrap_or_default();
        let run = |at: usize, is: &dyn Fn(u8) -> bool| {
            line_rest(at).iter().take(PREFIX_BYTES).take_while(|byte| is(**byte)).count()
        };
        let mut at = 0_usize;
        for _ in 0..self.fields {
            let field = line_rest(at);
            at = at.saturating_add(memchr(b'\t', field.get(..PREFIX_BYTES).unwrap_or(field))?).saturating_add(1);
        }
        let most = at.saturating_add(PREFIX_BYTES);
        for part in &self.parts {
            let width = match part {
                Part::Number => {
                    at = at.saturating_add(run(at, &is_blank));
                    run(at, &|byte| byte.is_ascii_digit())
                }
                Part::Blanks => run(at, &is_blank),
                Part::Letters => run(at, &|byte| byte >= 0x80),
                Part::Text(text) => line_rest(at).starts_with(text).then_some(text.len())?,
            };
            at = at.saturating_add(width);
            if width == 0 || at > most {
                return None;
            }
        }
        let rest = line_rest(at);
        let blanks = run(at, &is_blank).min(self.blanks);
        // A line without words often has no blanks at its end either.
        (blanks == self.blanks || blanks == rest.len()).then(|| at.saturating_add(blanks))
    }

    /// Whether a sign or a blank sets the prefix apart.
    fn has_end(&self) -> bool {
        self.blanks > 0 || self.ends_with_a_sign()
    }

    fn ends_with_a_sign(&self) -> bool {
        let is_sign = |text: &[u8]| text.last().is_some_and(|byte| SEPARATORS.contains(byte));
        matches!(self.parts.last(), Some(Part::Text(text)) if is_sign(text))
    }

    /// The blanks behind the words of the prefix of a line with more words.
    fn blanks_behind(&self, line: &[u8]) -> Option<usize> {
        let rest = line.get(self.len(line)?..)?;
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        (blanks < rest.len()).then_some(blanks)
    }

    /// The last number in the prefix of a line that has one.
    fn number(&self, line: &[u8]) -> Option<u64> {
        let prefix = line.get(..self.len(line)?)?;
        let last = prefix.rsplit(|byte| !byte.is_ascii_digit()).find(|digits| !digits.is_empty())?;
        std::str::from_utf8(last).ok()?.parse().ok()
    }

    /// Whether this is the prefix of most of these lines: one of them is empty behind it or begins a file, or it counts them, or
    /// all have it and a sign that sets it apart.
    fn is_common_to(&self, all: &[&[u8]]) -> bool {
        let own = || all.iter().filter(|line| self.len(line).is_some());
        let many = own().count();
        let proves = |line: &&[u8]| {
            let rest = self.len(line).and_then(|at| line.get(at..)).unwrap_or(line).trim_ascii();
            rest.is_empty() || FIRST_LINES.iter().any(|first| rest.starts_with(first))
        };
        let has_words = self.parts.iter().any(|part| matches!(part, Part::Text(_)));
        // `Value0 = a`, `Value1 = b` are settings.
        let may_count = !self
            .parts
            .iter()
            .any(|part| matches!(part, Part::Text(text) if text.iter().any(u8::is_ascii_alphanumeric)))
            || self.ends_with_a_sign();
        let counts = || {
            let numbers: Vec<Option<u64>> = own().map(|line| self.number(line)).collect();
            numbers.windows(2).all(|pair| match pair {
                [Some(one), Some(next)] => one.checked_add(1) == Some(*next),
                _ => false,
            })
        };
        let constant = || {
            let words =
                |line: &'_ [u8]| self.len(line).and_then(|at| line.get(..at)).map(|it| it.trim_ascii().to_vec());
            let first = all.first().and_then(|line| words(line));
            let fenced = first.as_ref().and_then(|it| it.last()).is_some_and(|last| FENCES.contains(last));
            fenced && self.blanks > 0 && many == all.len() && all.iter().all(|line| words(line) == first)
        };
        many > ALIKE
            && many.saturating_mul(4) >= all.len().saturating_mul(3)
            && (has_words && own().any(proves) || may_count && counts() || constant())
    }

    /// Whether the lines behind an index begin so: all but one of the next ones.
    fn holds_behind(&self, head: &[u8], from: usize) -> bool {
        let lines = lines(head.get(from..).unwrap_or_default()).filter(|line| !line.trim_ascii().is_empty());
        let (mut alike, mut other) = (0_usize, 0_usize);
        for line in lines.take(BEHIND) {
            let counter = if self.len(line).is_some() { &mut alike } else { &mut other };
            *counter = counter.saturating_add(1);
        }
        alike >= ALIKE && other <= 1
    }
}

/// The prefix that most lines of an input have in common: the time and the level of a log, the name of a server or of a file, the
/// number of the line.
///
/// The rows of a table begin alike, too. But none of them is empty behind its beginning, few count themselves, and no table has the
/// first line of a file behind it.
fn common(head: &[u8]) -> Option<Pattern> {
    let all: Vec<&[u8]> = lines(head).filter(|line| !line.trim_ascii().is_empty()).collect();
    let mut seeds = all.iter().take(SEEDS);
    seeds.find_map(|seed| {
        let seed = seed.get(..PREFIX_BYTES).unwrap_or(seed);
        let mut parts = Pattern::like(seed, 0).parts;
        let (mut alike, mut other) = (0_usize, 0_usize);
        for line in &all {
            let narrowed = in_common(&parts, line);
            if is_prefix(&narrowed) {
                alike = alike.saturating_add(1);
                parts = narrowed;
            } else {
                other = other.saturating_add(1);
                if other > alike.saturating_add(SEEDS) {
                    return None;
                }
            }
        }
        let mut pattern = Pattern { fields: 0, parts: up_to_separator(parts)?, blanks: 0 };
        pattern.blanks = all.iter().filter_map(|line| pattern.blanks_behind(line)).min().unwrap_or(0);
        (pattern.has_end() && pattern.is_common_to(&all)).then_some(pattern)
    })
}

/// What a line begins with of these parts.
fn in_common(parts: &[Part], line: &[u8]) -> Vec<Part> {
    let mut kept = Vec::new();
    let mut rest = line;
    for part in parts {
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        let width = match part {
            Part::Number => {
                let digits = rest.get(blanks..).unwrap_or_default().iter();
                let digits = digits.take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 {
                    break;
                }
                kept.push(Part::Number);
                blanks.saturating_add(digits)
            }
            // A line without words often has no blanks at its end.
            Part::Blanks if blanks > 0 || rest.is_empty() => {
                kept.push(Part::Blanks);
                blanks
            }
            Part::Text(text) => {
                let same = text.iter().zip(rest).take_while(|(one, other)| one == other).count();
                if same > 0 {
                    kept.push(Part::Text(text.get(..same).unwrap_or_default().to_vec()));
                }
                if same < text.len() {
                    break;
                }
                same
            }
            Part::Blanks | Part::Letters => break,
        };
        rest = rest.get(width..).unwrap_or_default();
    }
    kept
}

/// These parts up to the last one behind which a text can begin, without blanks at the end.
fn up_to_separator(mut parts: Vec<Part>) -> Option<Vec<Part>> {
    loop {
        match parts.last_mut()? {
            Part::Blanks => {
                parts.pop();
                return (!parts.is_empty()).then_some(parts);
            }
            Part::Text(text) => {
                if let Some(last) = text.iter().rposition(|byte| SEPARATORS.contains(byte)) {
                    text.truncate(last.saturating_add(1));
                    return Some(parts);
                }
            }
            Part::Number | Part::Letters => {}
        }
        parts.pop();
    }
}

/// Whether parts that lines have in common can be a prefix: they have a word or a number and an end, and nothing of the
/// structure of XML, JSON or a setting. What a script has behind `REM` is no output.
fn is_prefix(parts: &[Part]) -> bool {
    let last = |part: &Part| match part {
        Part::Blanks => true,
        Part::Text(text) => text.iter().any(|byte| SEPARATORS.contains(byte)),
        Part::Number | Part::Letters => false,
    };
    let Some(end) = parts.iter().rposition(last) else { return false };
    let parts = parts.get(..=end).unwrap_or_default();
    let texts = || parts.iter().filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None });
    let says = parts.iter().any(|part| matches!(part, Part::Number))
        || texts().any(|text| text.iter().any(u8::is_ascii_alphanumeric) && !text.eq_ignore_ascii_case(b"rem"));
    says && !texts().flatten().any(|byte| b"\"{}<=&".contains(byte))
}

/// The prefix of an input whose first line begins with a time, as those of pipelines and containers do.
///
/// Whoever lists events line by line writes times, too, which belong to the events. But no such line is empty or indented behind
/// its time.
fn timed(head: &[u8]) -> Option<Pattern> {
    let first = lines(head).find(|line| !line.trim_ascii().is_empty())?;
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    let (fields, prefix) = (0..3).find_map(|fields| {
        let mut rest = first;
        for _ in 0..fields {
            let tab = memchr(b'\t', rest.get(..PREFIX_BYTES).unwrap_or(rest))?;
            rest = rest.get(tab.saturating_add(1)..)?;
        }
        rest.get(..time_in_front(rest)?).map(|prefix| (fields, prefix))
    })?;
    let pattern = Pattern { fields, ..Pattern::of(prefix)? };
    let (mut alike, mut many, mut indented) = (0_usize, 0_usize, false);
    for line in lines(head).filter(|line| !line.trim_ascii().is_empty()) {
        many = many.saturating_add(1);
        if let Some(len) = pattern.len(line) {
            alike = alike.saturating_add(1);
            indented |= line.get(len).is_none_or(|byte| is_blank(*byte));
        }
    }
    (indented && alike >= ALIKE && alike.saturating_mul(4) >= many.saturating_mul(3)).then_some(pattern)
}

/// The prefixes of lines behind the name of a stream.
///
/// Labels in capital letters end with a colon, too. But no such line is empty or indented behind it.
fn streamed(head: &[u8]) -> impl Iterator<Item = Pattern> {
    let mut found: Vec<(Pattern, usize, bool)> = Vec::new();
    for line in lines(head) {
        let Some(name) = stream_in_front(line) else { continue };
        let rest = line.get(name..).unwrap_or_default();
        let mut known = found.iter_mut().filter_map(|it| it.0.len(line).map(|len| (len, it)));
        if let Some((len, (_, many, indented))) = known.next() {
            *many = many.saturating_add(1);
            *indented |= line.get(len).is_none_or(|byte| is_blank(*byte));
        } else if found.len() < PREFIXES && !rest.is_empty() {
            let blanks = usize::from(rest.first().is_some_and(|byte| is_blank(*byte)));
            let pattern = Pattern::like(line.get(..name).unwrap_or_default(), blanks);
            found.push((pattern, 1, false));
        }
    }
    found.into_iter().filter(|(_, many, indented)| *indented && *many >= ALIKE).map(|(pattern, ..)| pattern)
}

/// The length of the name of a stream and its colon in front of a line, possibly behind a time: a word of capital letters. What
/// failed (`ERROR`, `FEHLER`) is a message of its own.
fn stream_in_front(line: &[u8]) -> Option<usize> {
    let near = line.get(..PREFIX_BYTES).unwrap_or(line);
    let colon = memmem::find(near, b": ").or_else(|| near.len().checked_sub(1).filter(|_| near.ends_with(b":")))?;
    let before = near.get(..colon)?;
    let is_capital = |byte: &u8| byte.is_ascii_uppercase() || *byte >= 0x80;
    let start = before.iter().rposition(|byte| !is_capital(byte)).map_or(0, |at| at.saturating_add(1));
    let (time, name) = before.split_at_checked(start)?;
    let is_time = |byte: &u8| byte.is_ascii_digit() || is_blank(*byte) || b"[]-:.,+TZ".contains(byte);
    // Letters that are not ASCII may be small ones: those of a label.
    let capitals = name.iter().filter(|byte| byte.is_ascii()).count();
    let is_stream = capitals >= STREAM && name != b"ERROR" && name != b"FEHLER";
    (is_stream && time.iter().all(is_time)).then(|| colon.saturating_add(1))
}

/// The length of a time with its zone (RFC 3339) and a blank in front of a line, possibly in brackets, or with the stream
/// that a container wrote to.
fn time_in_front(line: &[u8]) -> Option<usize> {
    let brackets = usize::from(line.first() == Some(&b'['));
    let time = line.get(brackets..)?;
    let shape = |bytes: &[u8], shape: &[u8]| {
        bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s })
    };
    if !shape(time.get(..19)?, b"0000-00-00T00:00:00") {
        return None;
    }
    let mut at = 19_usize;
    if matches!(time.get(at), Some(b'.' | b',')) {
        at = at.saturating_add(1);
        at = at.saturating_add(time.get(at..)?.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count());
    }
    at = at.saturating_add(match time.get(at)? {
        b'Z' => 1,
        b'+' | b'-' if shape(time.get(at.saturating_add(1)..at.saturating_add(6))?, b"00:00") => 6,
        _ => return None,
    });
    if brackets > 0 {
        at = at.saturating_add(usize::from(time.get(at) == Some(&b']')));
    }
    let behind = time.get(at..)?;
    let streams: [&[u8]; 4] = [b" stdout F", b" stderr F", b" stdout P", b" stderr P"];
    if let Some(stream) = streams.iter().find(|stream| behind.starts_with(stream)) {
        at = at.saturating_add(stream.len());
    }
    is_blank(*time.get(at)?).then(|| at.saturating_add(brackets).saturating_add(1))
}

/// Whether a text is a whole header of certutil: `================ Certificate 0 ================`.
pub(super) fn is_header(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let Some(title) = text.strip_prefix(HEADER).and_then(|t| t.strip_suffix(b" ================")) else {
        return false;
    };
    title.last().is_some_and(u8::is_ascii_digit) && title.iter().any(|byte| !byte.is_ascii_digit() && !is_blank(*byte))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The line that begins at an index, without its end.
fn line_at(text: &[u8], start: usize) -> &[u8] {
    let rest = text.get(start..).unwrap_or_default();
    memchr2(b'\n', b'\r', rest).and_then(|end| rest.get(..end)).unwrap_or(rest)
}

/// The whole lines, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = memchr2(b'\n', b'\r', rest)?;
        let line = rest.get(..end)?;
        rest = rest.get(end.saturating_add(1)..)?;
        Some(line)
    })
}

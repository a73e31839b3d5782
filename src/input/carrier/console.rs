//! Lines as a window of the console wrapped them, and lines of a code block: `netsh`, `wevtutil`, `icacls` copied from a window of
//! 80 columns, indented or quoted for a ticket.
//!
//! What stands in front of every line is taken off first, then a line that fills the window goes on in the next one. Both are
//! learned from the input's own lines. A block among other text begins with a prompt or a header of certutil, which are
//! nowhere indented by themselves, and ends where a line has less in front. A window has wrapped them if none is longer than
//! the fullest, and what stands at the beginning of the next line can be the rest of a full one: nothing that begins a line
//! of its own (a label, a prompt, an indentation). A person's lines are broken between words, at many lengths.
//!
//! The widths are those of Windows' consoles: 80 columns of `cmd.exe`, 120 of Windows PowerShell and Windows 10's console
//! host (Microsoft Learn, "Console Screen Buffers"); of another width only words that are torn tell.

use super::carried::{Carried, Cursor, floor};
use super::{Form, Take, Unread};
use crate::input::encoding::choose;
use crate::input::lines::LineReader;
use crate::limits::Limits;
use crate::model::columns::char_columns;
use crate::model::container_name::is_file_name;
use std::io;

/// The widths of windows that nobody changed.
const USUAL: [usize; 2] = [80, 120];
/// Windows of another width.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=300;
/// Lines that have an indentation in common.
const ALIKE: usize = 2;
/// Columns before the edge in which a person's lines end that are broken between words.
const EDGE: usize = 12;
/// A word of so many bytes over two lines is none of a sentence.
const LONG_WORD: usize = 24;
/// Bytes on either side of the edge that are looked at.
const NEAR: usize = 200;
/// The longest label, in bytes.
const LABEL: usize = 60;
/// Marks around a text that is shown as it stands: Jira, ServiceNow, XML.
const MARKS: [&str; 8] = ["{noformat}", "{code}", "[code]", "[/code]", "<![CDATA[", "]]>", "<pre>", "</pre>"];
/// Bytes of a value around such a mark that are looked at.
const VALUE: usize = 4_096;
/// Characters by which two lines are seen to begin alike.
const BEGINNING: usize = 6;

/// Reads lines without what stands in front of all of them, and with the rest that stands on the next line.
pub(super) struct Console {
    block: Block,
    window: Option<Window>,
    /// The line so far fills the window.
    full: bool,
    /// A backslash stands at the end of most lines, as Markdown breaks them.
    broken: bool,
    /// Marks of tickets stand among the words.
    marked: bool,
}

/// Lines with something in front.
struct Block {
    /// What stands there.
    front: String,
    /// Other lines stand around them.
    among_others: bool,
    /// Every line with it is one of them.
    quoted: bool,
    /// The last line was one of them.
    open: bool,
}

/// The window that wrapped the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    columns: usize,
    /// The copy has every line filled up with blanks.
    padded: bool,
}

/// What the next line is to one that fills the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NextLine {
    /// A line of its own.
    Own,
    /// It can be the rest.
    Rest,
    /// It is the rest of a word that no sentence has.
    RestOfWord,
}

impl Console {
    /// For an input with these first bytes, if its lines are indented or wrapped.
    pub(super) fn of(head: &[u8], limits: &Limits) -> Option<Self> {
        let lines = decoded(head, limits);
        let (broken, marked) = (are_broken(&lines), lines.iter().any(|line| mark_in(line).is_some()));
        let front = common_front(&lines);
        let all: Vec<&str> = lines.iter().map(|line| behind(line, front)).collect();
        let window = window(&all);
        if window.is_some() || is_indentation(front) {
            let block = Block { front: front.to_owned(), among_others: false, quoted: false, open: true };
            return Some(Self { block, window, full: false, broken, marked });
        }
        let Some(mut block) = Block::among(&lines).or_else(|| Block::quoted(&lines)) else {
            return (broken || marked).then(|| Self { broken, marked, ..Self::plain() });
        };
        let own: Vec<&str> = lines.iter().filter_map(|line| block.of(line)).collect();
        let window = self::window(&own);
        block.open = false;
        Some(Self { block, window, full: false, broken, marked })
    }

    /// For lines that are read as they stand.
    pub(super) fn plain() -> Self {
        let block = Block { front: String::new(), among_others: false, quoted: false, open: true };
        Self { block, window: None, full: false, broken: false, marked: false }
    }
}

impl Form for Console {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        let begins = cursor.begins_line();
        let mut is_own = false;
        if begins {
            let whole = cursor.rest();
            if let Some(own) = self.block.of(whole) {
                is_own = true;
                cursor.by(whole.len().saturating_sub(own.len()));
            }
            let full = std::mem::take(&mut self.full);
            if full && !(is_own && next_line(out.text(), cursor.rest()) != NextLine::Own) {
                out.end_line(cursor.spot(), take);
            }
        }
        let own = cursor.rest();
        let mut stop = stop;
        if self.broken && ends {
            stop = stop.min(cursor.text().trim_end().trim_end_matches('\\').len());
        }
        while let Some((at, mark)) = mark_in(cursor.rest()).filter(|_| self.marked) {
            let at = cursor.index().saturating_add(at);
            if at.saturating_add(mark) > stop {
                break;
            }
            out.copy(cursor, at, take);
            if !out.text().trim().is_empty() {
                out.end_line(cursor.spot(), take);
            }
            cursor.by(mark);
        }
        out.copy(cursor, stop, take);
        if ends {
            self.full = is_own && self.window.is_some_and(|window| window.is_full(own));
            if !self.full {
                out.end_line(cursor.spot(), take);
            }
        }
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {}

    fn take_unread(&mut self) -> Vec<Unread> {
        Vec::new()
    }
}

impl Block {
    /// A block among other lines.
    fn among(lines: &[String]) -> Option<Self> {
        let front = |line: &String| {
            let inner = line.trim_start_matches([' ', '\t', '>']);
            let front = line.strip_suffix(inner)?;
            (is_indentation(front) && begins_block(inner)).then(|| front.to_owned())
        };
        let front = lines.iter().find_map(front)?;
        Some(Self { front, among_others: true, quoted: false, open: false })
    }

    /// Lines of a mail behind marks of quoting without a blank (RFC 3676 section 4.5), among the words of who answers.
    fn quoted(lines: &[String]) -> Option<Self> {
        let quoted: Vec<String> = lines.iter().filter(|line| line.starts_with('>')).cloned().collect();
        let front = common_front(&quoted);
        let many = quoted.len() > ALIKE && front.ends_with('>');
        many.then(|| Self { front: front.to_owned(), among_others: true, quoted: true, open: false })
    }

    /// The next line of the text without what stands in front, if it is one of the block.
    fn of<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let inner = behind(line, &self.front);
        if !self.among_others {
            return Some(inner);
        }
        if self.quoted {
            return (inner.len() < line.len()).then_some(inner);
        }
        let has_front = inner.len() < line.len() || line.trim().is_empty();
        self.open = has_front && (self.open || begins_block(inner));
        self.open.then_some(inner)
    }
}

impl Window {
    /// Whether a line fills the window, or all but the one column into which a wide character does not go.
    fn is_full(self, line: &str) -> bool {
        let trimmed = line.trim_end();
        // A column takes at least one byte, a character at most four.
        if line.len().saturating_add(1) < self.columns || trimmed.len() > self.columns.saturating_mul(4) {
            return false;
        }
        let (all, words) = (columns(line), columns(trimmed));
        let wide = trimmed.chars().next_back().is_some_and(|c| char_columns(c) == 2);
        words == self.columns || !self.padded && all == self.columns || wide && words.saturating_add(1) == self.columns
    }
}

/// Whether most lines end as Markdown breaks them: with a backslash. Registry exports have a comma before theirs.
fn are_broken(lines: &[String]) -> bool {
    let with_words = lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    let (mut many, mut broken) = (0_usize, 0_usize);
    for line in with_words {
        many = many.saturating_add(1);
        broken = broken.saturating_add(usize::from(line.ends_with('\\') && !line.ends_with(",\\")));
    }
    broken > ALIKE && broken.saturating_mul(4) >= many.saturating_mul(3)
}

/// The first mark of a ticket system around a text that it shows as it stands: where it is, and its length. The text begins and
/// ends on its line.
fn mark_in(text: &str) -> Option<(usize, usize)> {
    let is_first = |(at, byte): (usize, u8)| matches!(byte, b'{' | b'[' | b'<' | b']').then_some(at);
    text.bytes().enumerate().filter_map(is_first).find_map(|at| {
        let rest = text.get(at..)?;
        let near = rest.get(..floor(rest, VALUE)).unwrap_or(rest);
        let begins = |mark: &&&str| near.get(..mark.len()).is_some_and(|it| it.eq_ignore_ascii_case(mark));
        let len = match MARKS.iter().find(begins) {
            Some(mark) => mark.len(),
            None => near.strip_prefix("{code:")?.split_once('}')?.0.len().saturating_add("{code:}".len()),
        };
        // A value of XML that is whole on its line is none of several lines.
        let whole = match near.as_bytes() {
            [b'<', b'!', ..] => near.contains("]]>"),
            [b']', ..] => {
                let before = text.get(..at).unwrap_or_default();
                before.get(floor(before, at.saturating_sub(VALUE))..).is_some_and(|it| it.contains("<![CDATA["))
            }
            _ => false,
        };
        (!whole).then_some((at, len))
    })
}

/// Whether this is more than marks of quoting and the blank behind each, which are taken off from every line anyway. A mark
/// without a blank is taken off only where all lines have one.
fn is_indentation(front: &str) -> bool {
    let (quoted, blanks) = front.rsplit_once('>').map_or((false, front), |(_, blanks)| (true, blanks));
    if quoted { blanks != " " } else { !blanks.is_empty() }
}

/// Whether a text is what certutil and a console never indent: a header, a prompt with its command.
fn begins_block(text: &str) -> bool {
    text.starts_with("================ ") || is_prompt(text)
}

/// `C:\Windows\system32>`, `PS C:\>`.
fn is_prompt(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    let before = text.split_once('>').map_or("", |(before, _)| before);
    (drive || text.starts_with("PS ")) && !before.is_empty() && !before.ends_with([' ', '-', '='])
}

/// The whole lines of the first bytes of an input.
pub(super) fn decoded(head: &[u8], limits: &Limits) -> Vec<String> {
    let mut reader = LineReader::new(io::Cursor::new(head), choose(head, &[]).encoding, limits);
    let mut lines = Vec::new();
    while let Ok(Some(batch)) = reader.next_batch() {
        lines.extend(batch.lines().map(|line| line.text.to_owned()));
    }
    if head.len() >= limits.detect_bytes {
        lines.pop();
    }
    lines
}

/// Whether a byte can stand in front of all lines.
fn is_front(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'>')
}

/// What stands in front of all lines with words.
fn common_front(lines: &[String]) -> &str {
    let words = |line: &&String| !line.bytes().all(is_front);
    let mut lines = lines.iter().filter(words);
    let Some(first) = lines.next() else { return "" };
    let mut front = first.bytes().take_while(|byte| is_front(*byte)).count();
    let mut many = 1_usize;
    for line in lines {
        many = many.saturating_add(1);
        front = first.bytes().zip(line.bytes()).take(front).take_while(|(one, other)| one == other).count();
        if front == 0 {
            return "";
        }
    }
    first.get(..front).filter(|_| many >= ALIKE).unwrap_or("")
}

/// A line without what stands in front of all of them.
fn behind<'l>(line: &'l str, front: &str) -> &'l str {
    match line.strip_prefix(front) {
        Some(rest) => rest,
        None if front.starts_with(line.trim_end()) => "",
        None => line,
    }
}

/// The columns that a line takes, to which a tab adds up to the next eight.
fn columns(line: &str) -> usize {
    if line.is_ascii() && !line.contains('\t') {
        return line.len();
    }
    line.chars().fold(0, |at, c| match c {
        '\t' => (at | 7).saturating_add(1),
        c => at.saturating_add(char_columns(c)),
    })
}

/// The window that wrapped these lines, if one did.
fn window(lines: &[&str]) -> Option<Window> {
    let widths: Vec<(usize, usize)> = lines.iter().map(|line| (columns(line), columns(line.trim_end()))).collect();
    let longest = widths.iter().map(|(_, words)| *words).max()?;
    let with_words = widths.iter().filter(|(_, words)| *words > 0).count();
    let filled = widths.iter().filter(|(all, words)| all > words && *all >= longest).count();
    let padded = filled.saturating_mul(2) > with_words;
    // A blank at the edge may be part of the copy.
    let with_blanks = if padded { longest } else { widths.iter().map(|(all, _)| *all).max()? };
    let wraps = |columns: &usize| Window { columns: *columns, padded }.has_wrapped(lines, &widths);
    let columns = [longest, with_blanks].into_iter().find(wraps)?;
    Some(Window { columns, padded })
}

impl Window {
    fn has_wrapped(self, lines: &[&str], widths: &[(usize, usize)]) -> bool {
        if !WIDTHS.contains(&self.columns) {
            return false;
        }
        let usual = USUAL.contains(&self.columns);
        let (mut own, mut rests, mut torn, mut near) = (0_usize, 0_usize, 0_usize, 0_usize);
        for ((pair, width), next_width) in lines.windows(2).zip(widths).zip(widths.iter().skip(1)) {
            let [line, next] = pair else { continue };
            if next_width.1 == 0 {
                continue;
            }
            let counter = if !self.is_full(line) {
                if width.1.saturating_add(EDGE) < self.columns {
                    continue;
                }
                &mut near
            } else {
                match next_line(line, next) {
                    NextLine::Own => &mut own,
                    // Lines of Base64 are all of one length.
                    NextLine::RestOfWord if !is_base64(line) => &mut torn,
                    NextLine::RestOfWord | NextLine::Rest => &mut rests,
                }
            };
            *counter = counter.saturating_add(1);
        }
        let all = rests.saturating_add(torn);
        own <= all && if usual { torn > 0 || rests > near } else { torn > 1 && torn >= rests }
    }
}

fn is_base64(line: &str) -> bool {
    line.bytes().skip_while(|byte| is_front(*byte)).all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// What a line is to the one before, which fills the window.
fn next_line(line: &str, next: &str) -> NextLine {
    let next = next.trim_end();
    let opens = line.ends_with(['(', '[', '{']) || line.ends_with('"') && line.matches('"').count() & 1 == 1;
    let begins = begins_line(next) && !opens;
    if next.is_empty() || next.starts_with("  ") || next.starts_with('\t') || begins || ends_line(line) {
        return NextLine::Own;
    }
    let tail = line.get(floor(line, line.len().saturating_sub(NEAR))..).unwrap_or(line);
    let last = tail.rsplit(char::is_whitespace).next().unwrap_or_default();
    let first = next.split(char::is_whitespace).next().unwrap_or_default();
    if last.is_empty() || first.is_empty() {
        return NextLine::Rest;
    }
    // A command that ends in the name of a property, and the heading of its answer.
    if last == first {
        return NextLine::Own;
    }
    let word = [last, first].concat();
    if is_whole(last) && !is_whole(&word) && first.starts_with(char::is_alphanumeric) || begin_alike(line, next) {
        return NextLine::Own;
    }
    let begins_sentence = first.starts_with(char::is_uppercase) && first.chars().all(char::is_alphabetic);
    if tail.ends_with('.') && begins_sentence {
        return NextLine::Own;
    }
    let of_a_sentence = word.len() < LONG_WORD || word.chars().all(char::is_alphabetic);
    if of_a_sentence { NextLine::Rest } else { NextLine::RestOfWord }
}

/// Whether a text is what stands at the beginning of a line: a prompt, a rule, certutil's own words, a label.
fn begins_line(text: &str) -> bool {
    if is_prompt(text) || ["====", "----", "CertUtil:"].iter().any(|mark| text.starts_with(mark)) {
        return true;
    }
    let mut end = text.char_indices().take_while(|(at, _)| *at < LABEL);
    let Some((at, colon)) = end.find(|(_, c)| matches!(c, ':' | '\u{ff1a}' | '=')) else { return false };
    let (label, rest) = text.split_at_checked(at).unwrap_or_default();
    let value = rest.get(colon.len_utf8()..).unwrap_or_default();
    let apart = colon == '\u{ff1a}' || value.is_empty() || value.starts_with(' ');
    let spaced = colon != '=' || label.ends_with(' ');
    let mut letters = label.trim().chars();
    let capital = letters.next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase());
    apart
        && spaced
        && capital
        && letters.all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '(' | ')' | '\''))
}

/// Whether a line goes on in a way of its own, or not at all: the marks of `cmd.exe`, PowerShell and registry exports, the name of a
/// section, a rule, a value that was cut.
fn ends_line(line: &str) -> bool {
    let line = line.trim_end();
    if line.starts_with('[') && line.ends_with(']') {
        return true;
    }
    ["^", " `", ",\\", "====", "----", "...", "\u{2026}"].iter().any(|mark| line.ends_with(mark))
}

/// Whether a word is a hash, a GUID in braces or the name of a key file, which end where they have all their digits.
fn is_whole(word: &str) -> bool {
    let hex = matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = word.len() >= 38
        && word.ends_with('}')
        && word.rfind('{').is_some_and(|at| word.len().checked_sub(at) == Some(38));
    hex || id || is_file_name(word.rsplit('\\').next().unwrap_or(word))
}

/// Whether two lines begin with signs and digits at the same places, as those of a table or a log do.
fn begin_alike(line: &str, next: &str) -> bool {
    let shape = |c: char| match c {
        c if c.is_ascii_digit() => '0',
        c if c.is_alphabetic() => 'a',
        c => c,
    };
    let mut pairs = line.chars().map(shape).zip(next.chars().map(shape)).take(BEGINNING);
    let signs = line.chars().take(BEGINNING).any(|c| !c.is_alphabetic() && c != ' ');
    signs && next.chars().nth(BEGINNING.saturating_sub(1)).is_some() && pairs.all(|(one, other)| one == other)
}

//! The shape of a block that was read line by line: what may differ in its lines, and where its values stand.

use super::compare::{Class, DIGIT, Digits, Fit, KeptLine, Part, Point, Run, Shape, Span};
use super::moved::{Moved, join};
use super::*;
use crate::formats::certutil::block_fields::Field;

/// Bytes that stand for themselves are not worth a span of their own below this number.
const GAP_BYTES: usize = 256;

/// Parts that are kept of a block, with no more bytes than these between them, are kept as one.
const CUT_GAP_BYTES: usize = 48;

/// By so many bytes the values of a block may be longer than those of its shape, without a second allocation.
const RESERVE_BYTES: usize = 32;

/// The longest run of bytes that is compared at once: so finely it is known where two shapes part.
const RUN_BYTES: usize = 1024;

impl Shape {
    /// The shape of a block that was read line by line; `None` when its record can't be told from a shape.
    pub(super) fn of(
        block: &CertificateBlock,
        body: &str,
        end: u64,
        begun: &Begun,
        mode: Mode,
        languages: [u32; 7],
    ) -> Option<Self> {
        let first = begun.lines.first()?;
        if body.len() > BLOCK_SHAPE_BYTES || !block.codes.is_empty() || !block.damage.is_empty() || !block.complete {
            return None;
        }
        let mut sketch = Sketch::of(block, body, begun)?;
        let (runs, spans) = sketch.runs(body.len());
        let lines = sketch.lines;
        let mut shape = Self {
            mode,
            text: body.into(),
            pattern: body.bytes().zip(sketch.mask).map(|(byte, mask)| byte | mask).collect(),
            spans,
            runs,
            lines: u32::try_from(lines.len()).ok()?,
            block: block.clone(),
            moves: Vec::new(),
            end: 0,
            texts: Vec::new(),
            kept: Vec::new(),
            kept_bytes: block.excerpts.bytes().saturating_add(RESERVE_BYTES),
            widest: 0,
            rows: Vec::new(),
            cuts: Vec::new(),
            cut_bytes: 0,
            key_bytes: 0,
            original: end.checked_sub(first.start)?,
            languages,
        };
        let drawn = Drawn { lines: &lines, first_line: begun.first_line, start: first.start, unit: mode.unit };
        shape.take_places(&drawn)?;
        shape.take_texts(block, &drawn)?;
        shape.take_kept(block, &drawn)?;
        shape.widest = shape.kept.iter().map(|kept| shape.most_bytes(&kept.part)).max().unwrap_or(0);
        if block.key_id.is_none() {
            shape.take_key(&lines);
        }
        shape.take_cuts();
        // What was learned has to give the block itself again.
        let ahead = Ahead { text: body, start: first.start, number: u64::from(drawn.first_line), unit: mode.unit };
        let mut positions = Vec::new();
        let fits = matches!(shape.compare(body.as_bytes(), 0, &mut positions), Fit::Whole(_));
        let mut again = shape.block.clone();
        let moved = Moved::of(&shape, &positions, ahead);
        moved.dates()?;
        moved.fill(&mut again, block.serial.as_ref()?.place.source)?;
        again.index.clone_from(&block.index);
        (again.first_line, again.start) = (block.first_line, block.start);
        (fits && again == *block).then_some(shape)
    }

    /// The places of the block, counted from its first line, and with which runs they move.
    fn take_places(&mut self, drawn: &Drawn<'_>) -> Option<()> {
        let mut moves = Vec::new();
        let mut sound = true;
        self.block.each_place(&mut |field, place| {
            let Some((line, from, to)) = drawn.moves(*place) else {
                sound = false;
                return;
            };
            // A value that is told from words is only known where the line is the same.
            sound &= field != Field::Value || line.value.is_none() && line.digits == Digits::Same;
            moves.push((from, to));
            place.line = place.line.saturating_sub(drawn.first_line);
            place.start = place.start.saturating_sub(drawn.start);
        });
        self.moves = moves;
        let last = Place { start: self.block.end.saturating_sub(1), len: 1, ..Place::default() };
        let line = drawn.lines.iter().rfind(|line| line.seen.start <= last.start)?;
        self.end = drawn.run_after(line, last);
        self.block.end = self.block.end.checked_sub(drawn.start)?;
        self.block.excerpts = crate::model::fact::Excerpts::default();
        self.block.index = None;
        sound.then_some(())
    }

    /// The values that follow from texts on lines that may differ, and where these texts stand.
    fn take_texts(&mut self, block: &CertificateBlock, drawn: &Drawn<'_>) -> Option<()> {
        let mut fields = Vec::new();
        block.clone().each_place(&mut |field, place| {
            if let Field::Text(field) = field {
                fields.push((field, *place));
            }
        });
        for (field, place) in fields {
            let at = drawn.index(place.line)?;
            let line = drawn.lines.get(at)?;
            let mut candidates: Vec<Vec<Part>> = Vec::new();
            candidates.extend(line.value_part().map(|part| vec![part]));
            candidates.extend(line.trimmed_part().map(|part| vec![part]));
            // The parts of a distinguished name, one to a line.
            let mut parts = Vec::new();
            for line in drawn.lines.iter().skip(at).take_while(|line| !line.text.trim().is_empty()) {
                parts.extend(line.trimmed_part());
                if parts.len() > 1 {
                    candidates.push(parts.clone());
                }
            }
            let source = candidates.into_iter().find(|parts| {
                let mut again = block.clone();
                let mut joined = String::new();
                again.set_text(field, join(parts, |part| self.own(part), &mut joined)).is_some() && again == *block
            })?;
            let varies = source.iter().any(|part| {
                drawn
                    .lines
                    .iter()
                    .any(|line| line.holds(*part) && (line.value.is_some() || line.digits != Digits::Same))
            });
            // What stands for digits is a number whatever they are; a name in their place might be none.
            let named = |part: &Part| drawn.lines.iter().any(|line| line.holds(*part) && line.value.is_some());
            if field.is_digits() && source.iter().any(named) {
                return None;
            }
            if varies {
                self.block.set_text(field, "").unwrap_or_default();
                self.texts.push((field, source));
            }
        }
        Some(())
    }

    fn take_kept(&mut self, block: &CertificateBlock, drawn: &Drawn<'_>) -> Option<()> {
        for kept in block.excerpts.lines() {
            let line = drawn.lines.get(drawn.index(kept.number)?)?;
            let from = if kept.column == 1 { 0 } else { line.text.find(kept.text)? };
            let to = from.checked_add(kept.text.len())?;
            if line.text.get(from..to) != Some(kept.text) {
                return None;
            }
            // The words of a line that may differ are kept to its end.
            let whole = to == line.text.len() || line.value.is_none();
            let part = Part { from: line.point(from), to: line.point(to), cut: None };
            whole.then(|| {
                self.kept.push(KeptLine {
                    number: kept.number.saturating_sub(drawn.first_line),
                    column: kept.column,
                    start: kept.start.saturating_sub(drawn.start),
                    part,
                });
            })?;
        }
        Some(())
    }

    /// How long a part may be that differs in its values; 0 for others.
    fn most_bytes(&self, part: &Part) -> usize {
        let mut bytes = part.to.at.saturating_sub(part.from.at);
        let behind = self.runs.iter().skip(1).map(|run| run.from).chain([self.text.len()]);
        let values = self.runs.iter().zip(behind).take(part.to.run).skip(part.from.run);
        for (run, next) in values {
            let most = run.value.map_or(0, Class::most_bytes);
            bytes = bytes.saturating_sub(next.saturating_sub(run.to)).saturating_add(most);
        }
        if part.from.run == part.to.run { 0 } else { bytes }
    }

    /// The rows of the public key.
    fn take_key(&mut self, lines: &[ShapeLine<'_>]) {
        for line in lines.iter().filter(|line| line.seen.section == Section::PublicKey) {
            if let Some((_, length)) = values::dump_row(line.text.trim()) {
                self.key_bytes = self.key_bytes.saturating_add(length);
                self.rows.extend(line.trimmed_part());
            }
        }
    }

    /// What has to be kept of a block: the parts that are asked for and differ.
    fn take_cuts(&mut self) {
        let mut parts: Vec<&mut Part> = self.texts.iter_mut().flat_map(|(_, parts)| parts).collect();
        parts.extend(self.kept.iter_mut().map(|kept| &mut kept.part));
        parts.extend(&mut self.rows);
        parts.sort_by_key(|part| (part.from.at, part.to.at));
        for part in parts {
            let pattern = self.pattern.get(part.from.at..part.to.at).unwrap_or_default();
            if part.from.run == part.to.run && !pattern.contains(&DIGIT) {
                continue;
            }
            match self.cuts.last_mut() {
                Some(cut) if part.from.at <= cut.to.at.saturating_add(CUT_GAP_BYTES) => {
                    if part.to.at > cut.to.at {
                        cut.to = part.to;
                    }
                }
                _ => self.cuts.push(*part),
            }
            part.cut = self.cuts.len().checked_sub(1);
        }
        let bytes = self.cuts.iter().map(|cut| cut.to.at.saturating_sub(cut.from.at));
        self.cut_bytes = bytes.fold(0, usize::saturating_add);
    }

    /// A part of the shape's own text.
    pub(super) fn own(&self, part: &Part) -> &str {
        self.text.get(part.from.at..part.to.at).unwrap_or_default()
    }
}

/// A line of the block that teaches a shape.
struct ShapeLine<'t> {
    text: &'t str,
    /// Where it begins in the text of the block.
    at: usize,
    seen: Seen,
    /// The run that holds its beginning.
    run: usize,
    /// Where its value begins, if it may differ.
    value: Option<(usize, Class)>,
    /// Which digits in it may differ, where the mask says so.
    digits: Digits,
}

impl ShapeLine<'_> {
    /// A point of the line.
    fn point(&self, index: usize) -> Point {
        let behind = self.value.is_some() && index >= self.text.len();
        Point { at: self.at.saturating_add(index), run: self.run.saturating_add(usize::from(behind)) }
    }

    /// The line without blanks around it.
    fn trimmed_part(&self) -> Option<Part> {
        self.part(self.text.trim())
    }

    /// What stands behind the label.
    fn value_part(&self) -> Option<Part> {
        let trimmed = self.text.trim();
        let (at, width) = labelled::separator(trimmed)?;
        self.part(trimmed.get(at.saturating_add(width)..)?.trim())
    }

    fn part(&self, text: &str) -> Option<Part> {
        let from = text.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        let part = Part { from: self.point(from), to: self.point(from.saturating_add(text.len())), cut: None };
        (!text.is_empty()).then_some(part)
    }

    fn holds(&self, part: Part) -> bool {
        (self.at..=self.at.saturating_add(self.text.len())).contains(&part.from.at) && part.from.run == self.run
    }
}

/// The lines of a block, and how their places lead to runs.
struct Drawn<'t> {
    lines: &'t [ShapeLine<'t>],
    first_line: u32,
    start: u64,
    unit: u8,
}

impl<'t> Drawn<'t> {
    fn index(&self, line: u32) -> Option<usize> {
        usize::try_from(line.checked_sub(self.first_line)?).ok()
    }

    /// The line of a place, and the runs with which its beginning and end move. `None`: it begins in or behind a value,
    /// or is more than a part of one line.
    fn moves(&self, place: Place) -> Option<(&'t ShapeLine<'t>, usize, usize)> {
        let at = self.index(place.line)?;
        let line = self.lines.get(at)?;
        let next = self.lines.get(at.saturating_add(1)).map_or(u64::MAX, |next| next.seen.start);
        let before = line.value.is_none_or(|(value, _)| {
            let value = u64::try_from(value).unwrap_or(u64::MAX).saturating_mul(u64::from(self.unit));
            place.start <= line.seen.start.saturating_add(value)
        });
        let inside = line.seen.start <= place.start && place.end() <= next;
        (before && inside).then(|| (line, line.run, self.run_after(line, place)))
    }

    /// The run with which the end of a place moves.
    fn run_after(&self, line: &ShapeLine<'_>, place: Place) -> usize {
        let length = u64::try_from(line.text.len()).unwrap_or(u64::MAX).saturating_mul(u64::from(self.unit));
        let behind = line.value.is_some() && place.end() >= line.seen.start.saturating_add(length);
        line.run.saturating_add(usize::from(behind))
    }
}

/// The lines of a block and what may differ in them.
struct Sketch<'t> {
    mask: Vec<u8>,
    lines: Vec<ShapeLine<'t>>,
}

impl<'t> Sketch<'t> {
    fn of(block: &CertificateBlock, body: &'t str, begun: &Begun) -> Option<Self> {
        let mut sketch = Self { mask: vec![0; body.len()], lines: Vec::new() };
        let dates = [&block.not_before, &block.not_after].map(|d| d.as_ref().map(|d| d.text.place.line));
        let mut seen = begun.lines.iter();
        let mut at = 0_usize;
        for (number, whole) in (begun.first_line..).zip(body.split_inclusive('\n')) {
            let seen = *seen.next()?;
            let text = whole.trim_end_matches(['\r', '\n']);
            // A line that nobody knows may be another reader's.
            if !seen.own && !text.trim().is_empty() {
                return None;
            }
            let value = differing_value(text, seen.section, dates.contains(&Some(number)));
            let mask = sketch.mask.get_mut(at..at.saturating_add(text.len()))?;
            let digits = if value.is_none() { mask_digits(text, mask) } else { Digits::Same };
            sketch.lines.push(ShapeLine { text, at, seen, run: 0, value, digits });
            at = at.saturating_add(whole.len());
        }
        seen.next().is_none().then_some(sketch)
    }

    /// The runs and their spans; each line gets the run that holds its beginning.
    fn runs(&mut self, length: usize) -> (Vec<Run>, Vec<Span>) {
        let mut drawn = (Vec::new(), Vec::new());
        let mut from = 0_usize;
        for at in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(at) else { break };
            if line.at.saturating_sub(from) >= RUN_BYTES {
                let to = line.at;
                self.run(from..to, None, &mut drawn);
                from = to;
            }
            let Some(line) = self.lines.get_mut(at) else { break };
            line.run = drawn.0.len();
            let end = line.at.saturating_add(line.text.len());
            if let Some((value, class)) = line.value {
                let to = line.at.saturating_add(value);
                self.run(from..to, Some(class), &mut drawn);
                from = end;
            }
        }
        self.run(from..length, None, &mut drawn);
        drawn
    }

    /// Ends a run: its spans are cut where lines with digits that may differ begin and end. The few bytes around such lines
    /// are compared with them.
    fn run(&self, range: Range<usize>, value: Option<Class>, (runs, spans): &mut (Vec<Run>, Vec<Span>)) {
        let first = spans.len();
        let mut from = range.start;
        let beyond = self.lines.partition_point(|line| line.at < range.start);
        let lines = self.lines.iter().skip(beyond).take_while(|line| line.at < range.end);
        for line in lines.filter(|line| line.digits != Digits::Same) {
            let to = line.at.saturating_add(line.text.len());
            let near = line.at.saturating_sub(from) < GAP_BYTES;
            match spans.get_mut(first..).and_then(<[Span]>::last_mut) {
                Some(last) if last.digits == line.digits && near => last.to = to,
                _ if near => spans.push(Span { from, to, digits: line.digits }),
                _ => {
                    spans.push(Span { from, to: line.at, digits: Digits::Same });
                    spans.push(Span { from: line.at, to, digits: line.digits });
                }
            }
            from = to;
        }
        match spans.get_mut(first..).and_then(<[Span]>::last_mut) {
            Some(last) if range.end.saturating_sub(from) < GAP_BYTES => last.to = range.end,
            _ => spans.push(Span { from, to: range.end, digits: Digits::Same }),
        }
        let spans = (first, spans.len());
        runs.push(Run { from: range.start, to: range.end, value, spans, id: 0 });
    }
}

/// Where the value of a line begins, if nothing that is read of the line depends on its text.
fn differing_value(text: &str, section: Section, date: bool) -> Option<(usize, Class)> {
    let line = text.trim_start();
    if !text.is_ascii() || line.trim_end() != line {
        return None;
    }
    let (at, width) = labelled::separator(line)?;
    let mut value = line.get(at.saturating_add(width)..)?.trim_start();
    let name = line.get(..at)?.trim_end();
    let equals = line.as_bytes().get(at) == Some(&b'=');
    let label = labels::find_label(name).map(|(label, _)| label);
    let class = match (label, section) {
        _ if name.ends_with(')') => return None,
        (_, _) if date => Class::Date,
        (Some(Label::KeyContainer | Label::SimpleContainerName), _) => Class::Container,
        // A short listing has a whole name on one line; the type of its first part stays.
        (Some(Label::Issuer | Label::Subject), Section::Head) if values::is_distinguished_name(value) => {
            value = value.split_once('=')?.1;
            Class::DistinguishedName
        }
        (None, Section::Names(_)) if equals && values::is_distinguished_name(line) => Class::Words,
        (None, Section::Extension(Extension::AlternativeNames)) if equals => Class::Name,
        (None, Section::Extension(Extension::Other)) => Class::Address,
        _ => return None,
    };
    // A line as wide as the console is one that may go on.
    let narrow = text.len().saturating_sub(value.len()).saturating_add(class.most_bytes()) < ONE_LINE;
    let start = text.len().checked_sub(value.len())?;
    (narrow && class.measure(value.as_bytes()) == Some(value.len())).then_some((start, class))
}

/// Marks the digits of a line that may differ: rows of a dump, bytes, hashes and GUIDs. Tells in which case they are.
fn mask_digits(text: &str, mask: &mut [u8]) -> Digits {
    let line = text.trim();
    let indent = text.len().saturating_sub(text.trim_start().len());
    let is_bytes = |part: &str| {
        let words = || part.split(' ').filter(|w| !w.is_empty());
        words().count() >= 4 && words().all(|w| w.len() == 2 && w.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let value = line.rfind(['=', ':']).map_or(0, |at| at.saturating_add(1));
    let mut parts: Vec<Range<usize>> = Vec::new();
    if is_digits(line) && values::dump_row(line).is_some() {
        // Behind the row's offset, if bytes are all there is.
        let row = line.get(4..).unwrap_or_default();
        if row.split(' ').all(|w| matches!(w.len(), 0 | 2)) {
            parts.push(indent.saturating_add(4)..indent.saturating_add(line.len()));
        }
    } else if line.get(value..).is_some_and(is_bytes) {
        parts.push(indent.saturating_add(value)..indent.saturating_add(line.len()));
    } else {
        let mut from = 0_usize;
        for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let part = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let hash = part.len() >= 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
            if hash || container_name::is_guid(part) {
                parts.push(from..from.saturating_add(part.len()));
            }
            from = from.saturating_add(word.len());
        }
    }
    let words = || parts.iter().filter_map(|part| text.get(part.clone())).flat_map(str::bytes);
    let digits = match (words().any(|b| b.is_ascii_lowercase()), words().any(|b| b.is_ascii_uppercase())) {
        _ if parts.is_empty() => Digits::Same,
        (true, true) => Digits::Same,
        (false, true) => Digits::Upper,
        (_, false) => Digits::Lower,
    };
    if digits != Digits::Same {
        for part in parts {
            let slots = mask.get_mut(part.clone()).unwrap_or_default();
            for (slot, byte) in slots.iter_mut().zip(text.get(part).unwrap_or_default().bytes()) {
                *slot = if byte.is_ascii_hexdigit() { u8::MAX } else { 0 };
            }
        }
    }
    digits
}

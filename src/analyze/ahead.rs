//! Inputs read before it is their turn: what each of them says for itself is found on any thread, what it means beside the
//! others in their order.

use super::measured::Measured;
use super::segments::Segments;
use super::text::{self, Next, Portion, TextEnd, Used};
use super::{Analysis, Options};
use crate::case::artifact::{Artifact, Origin};
use crate::case::from_pfx;
use crate::case::key_artifacts;
use crate::formats::certutil::Parser;
use crate::formats::{FormatError, hex_dump, pfx, registry_hive, words_beyond_ascii};
use crate::input::archive::is_zip;
#[cfg(feature = "mail")]
use crate::input::mail::is_mail;
use crate::input::{Carrier, Choice, LineReader, choose, looks_like_text};
use crate::limits::{AHEAD_TEXT_BYTES, Limits};
use crate::model::fact::SourceId;
use std::io::{self, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Reads inputs ahead of their turn, on any thread.
#[derive(Clone)]
pub struct Forerunner {
    options: Arc<Options>,
}

/// An input that was read ahead of its turn.
pub struct Ahead {
    data: Zeroizing<Vec<u8>>,
    ready: Ready,
}

/// What was found in an input ahead of its turn.
#[derive(Default)]
pub(super) struct Ready {
    /// The number that the input was expected to have: places hold it.
    source: SourceId,
    /// SHA-256 over the bytes, if they get one.
    pub(super) sha256: Option<String>,
    /// Whether the bytes are a text.
    pub(super) is_text: Option<bool>,
    /// Whether a text is one artifact that is read whole.
    pub(super) one_artifact: Option<bool>,
    /// What bytes are that are read whole.
    pub(super) whole: Option<Whole>,
    /// The encoding of a text, and what its lines gave.
    pub(super) text: Option<(Choice, Vec<Portion>, TextEnd)>,
}

/// What bytes are that are read whole.
pub(super) enum Whole {
    /// A PFX, opened as far as the passwords at hand go. It does not depend on the number of the input.
    Pfx(Box<Result<from_pfx::Opened, FormatError>>),
    /// Another artifact.
    Artifact(Box<Artifact>),
    /// None of the artifacts that are read whole.
    Other,
}

impl Forerunner {
    /// Reads one input of the given path, or a member of it, from all its bytes. `number` is what the input's number in the
    /// report will be; when another one comes before it after all, it is read again where its places depend on that.
    pub fn read(&self, path: &str, member: Option<&str>, number: usize, data: Zeroizing<Vec<u8>>) -> Ahead {
        // What ends in a fault here does so again when it is its turn, and there the fault belongs to the input.
        let ready = catch_unwind(AssertUnwindSafe(|| self.look_at(path, member, number, &data)));
        Ahead { ready: ready.unwrap_or_default(), data }
    }

    fn look_at(&self, path: &str, member: Option<&str>, number: usize, data: &[u8]) -> Ready {
        let source = SourceId(u32::try_from(number).unwrap_or(u32::MAX));
        let options = &*self.options;
        let mut ready = Ready { source, ..Ready::default() };
        let head = data.get(..options.limits.detect_bytes).unwrap_or(data);
        if head.is_empty() || is_zip(head) {
            return ready;
        }
        #[cfg(feature = "mail")]
        if options.encoding.is_none() && is_mail(head) {
            return ready;
        }
        let limit = if options.hash { u64::MAX } else { options.limits.hash_bytes };
        let mut bytes = data;
        let mut measured = Measured::new(&mut bytes, limit);
        ready.sha256 = io::copy(&mut measured, &mut io::sink()).ok().and_then(|_| measured.sha256());
        let mut is_text = true;
        if options.encoding.is_none() {
            is_text = *ready.is_text.insert(looks_like_text(head));
            let whole = !is_text || *ready.one_artifact.insert(is_one_artifact(head, &options.limits));
            if whole {
                let found = whole_artifact(data, member.unwrap_or(path), source, options);
                is_text &= matches!(found, Whole::Other);
                ready.whole = Some(found);
            }
        }
        if is_text && data.len() <= AHEAD_TEXT_BYTES {
            ready.text = read_text(head, data, source, options);
        }
        ready
    }
}

/// Whether a text is one artifact that is read whole, and not a ticket in which it stands among others.
pub(super) fn is_one_artifact(head: &[u8], limits: &Limits) -> bool {
    // The rows of a hexadecimal dump may be indented by themselves.
    let carried = || Carrier::of(head, limits).is_some() && hex_dump::read(head, limits).is_none();
    if !key_artifacts::claims_text(head) || carried() {
        return false;
    }
    let mut lines = LineReader::new(Cursor::new(head), choose(head, &[]).encoding, limits);
    let source = SourceId::default();
    let (mut parser, mut segments) = (Parser::new(source, limits), Segments::new(source, limits));
    while let Ok(Some(batch)) = lines.next_batch() {
        batch.lines().for_each(|line| segments.hand_on(line, &mut parser));
    }
    segments.finish();
    segments.take_records().is_empty()
}

/// What bytes are, as an artifact that is read whole.
pub(super) fn whole_artifact(data: &[u8], path: &str, source: SourceId, options: &Options) -> Whole {
    let limits = &options.limits;
    let file_name = path.rsplit(['/', '\\']).next();
    let origin = Origin { passwords: Some(&options.passwords), ..Origin::new(source, file_name) };
    if pfx::looks_like(data) {
        let passwords = options.passwords.for_file(origin.file_name.unwrap_or(path));
        return Whole::Pfx(Box::new(from_pfx::open(data, &passwords, limits)));
    }
    let read = data.len() <= limits.binary_bytes || registry_hive::recognise(data);
    let artifact = if read { key_artifacts::read(data, &origin, limits) } else { None };
    artifact.map_or(Whole::Other, |artifact| Whole::Artifact(Box::new(artifact)))
}

/// The encoding of a text, by its first bytes.
pub(super) fn encoding(head: &[u8], options: &Options) -> Choice {
    if let Some(encoding) = options.encoding {
        return Choice { encoding, guessed: false };
    }
    choose(head, &words_beyond_ascii())
}

fn read_text(head: &[u8], data: &[u8], source: SourceId, options: &Options) -> Option<(Choice, Vec<Portion>, TextEnd)> {
    let choice = encoding(head, options);
    let mut portions = Vec::new();
    let mut rest = data.get(head.len()..).unwrap_or_default();
    let mut rest = Measured::new(&mut rest, 0);
    let end = text::read((head.to_vec(), &mut rest), choice.encoding, source, &options.limits, 1, |portion, _| {
        portions.push(portion);
        Ok(Next::Read)
    });
    end.ok().map(|end| (choice, portions, end))
}

/// Gives the portions of a text that was read ahead, as [`text::read`] does.
pub(super) fn hand_over(
    portions: Vec<Portion>,
    end: TextEnd,
    mut take: impl FnMut(Portion, &mut Used) -> io::Result<Next>,
) -> io::Result<TextEnd> {
    let last = portions.len().saturating_sub(1);
    let mut next = Next::Read;
    for (index, portion) in portions.into_iter().enumerate() {
        // What was open at the end comes with the last portion, also when the time is over.
        if next == Next::Read || index == last {
            next = take(portion, &mut Used::new())?;
        }
    }
    Ok(end)
}

impl Analysis<'_> {
    /// What reads inputs ahead of their turn, for [`Analysis::read_ahead`].
    pub fn forerunner(&self) -> Forerunner {
        Forerunner { options: Arc::clone(&self.options) }
    }

    /// The number that the next input will have.
    pub fn next_number(&self) -> usize {
        self.inputs.len()
    }

    /// Takes an input that was read ahead of its turn: the same as [`Analysis::read`] of its bytes.
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn read_ahead(&mut self, path: &str, member: Option<&str>, ahead: Ahead) -> io::Result<()> {
        let Ahead { data, mut ready } = ahead;
        if usize::try_from(ready.source.0) != Ok(self.inputs.len()) {
            ready.text = None;
            ready.whole = ready.whole.filter(|whole| matches!(whole, Whole::Pfx(_)));
        }
        self.ready = ready;
        let result = self.read(path, member, &mut data.as_slice());
        self.ready = Ready::default();
        result
    }
}

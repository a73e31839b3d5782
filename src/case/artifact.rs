//! What one binary artifact gives to the case.

use super::credential::{Credential, SourceRange};
use crate::formats::joined_lines::JoinedLines;
use crate::formats::{FormatError, Spanned};
use crate::input::Passwords;
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::observation::Observed;
use serde_json::Value;

/// How far an artifact could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadStatus {
    /// All of it.
    #[default]
    Analyzed,
    /// A part; the problems say what is missing.
    Partial,
    /// It needs a password.
    Locked,
    /// Nothing of it.
    Failed,
}

/// The records of one artifact, as credentials and as details for the report.
#[derive(Debug, Clone, Default)]
pub struct Artifact {
    /// The report's `kind`.
    pub kind: &'static str,
    /// The encoding of a text artifact.
    pub encoding: Option<&'static str>,
    /// How far it could be read.
    pub status: ReadStatus,
    /// The report's `details`.
    pub details: Option<Value>,
    /// The credentials, in file order; their ids are not set.
    pub credentials: Vec<Credential>,
    /// What it states besides: intended keys, facts about the machine.
    pub observed: Vec<Observed>,
    /// What could not be read, with places in the artifact.
    pub problems: Vec<FormatError>,
}

impl Artifact {
    /// An artifact of a kind, nothing in it yet.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// An artifact that could not be read.
    pub fn failed(kind: &'static str, error: FormatError) -> Self {
        Self { kind, status: ReadStatus::Failed, problems: vec![error], ..Self::default() }
    }

    /// Keeps problems; an artifact with problems is read in part.
    pub fn add_problems(&mut self, problems: impl IntoIterator<Item = FormatError>) {
        let before = self.problems.len();
        self.problems.extend(problems);
        if self.problems.len() > before && self.status == ReadStatus::Analyzed {
            self.status = ReadStatus::Partial;
        }
    }
}

/// Where the bytes of a record stand in the input: directly, or inside text armour, where only the block has a place.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The input.
    pub source: SourceId,
    /// The file's own name, without folders: a key file's name is evidence.
    pub file_name: Option<&'a str>,
    /// The block of text that holds the record, when it is armoured.
    pub block: Option<Place>,
    /// The offset of the record's first byte, when it stands inside another one.
    pub base: usize,
    /// The lines whose text the artifact's bytes are, when it was found inside a text.
    pub lines: Option<&'a JoinedLines>,
    /// The passwords at hand, for a PFX in text armour.
    pub passwords: Option<&'a Passwords>,
}

impl<'a> Origin<'a> {
    /// A whole input.
    pub fn new(source: SourceId, file_name: Option<&'a str>) -> Self {
        Self { source, file_name, block: None, base: 0, lines: None, passwords: None }
    }

    /// The place of a range of the record's bytes.
    pub fn place(&self, start: usize, end: usize) -> Place {
        match (self.block, self.lines) {
            (Some(block), _) => block,
            (None, Some(lines)) => lines.place(start..end),
            (None, None) => Place::binary(self.source, self.base.saturating_add(start), self.base.saturating_add(end)),
        }
    }

    /// A stated fact.
    pub fn stated<T: Clone>(&self, value: &Spanned<T>) -> Fact<T> {
        Fact::stated(value.value.clone(), self.place(value.start, value.end))
    }

    /// The part of the input that a record of this range comes from.
    pub fn range(&self, start: usize, end: usize) -> SourceRange {
        let place = self.place(start, end);
        SourceRange { source: self.source, line: place.line, start: place.start, end: place.end() }
    }

    /// The file's own name as the name of a key file, when it has that form.
    pub fn key_file_name(&self) -> Option<Fact<String>> {
        let name = self.file_name.filter(|name| crate::model::container_name::split_file_name(name).is_some())?;
        Some(Fact::stated(name.to_owned(), Place { source: self.source, ..Place::default() }))
    }
}

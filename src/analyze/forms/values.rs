//! What may differ between credentials of one form: the values as the report writes them, and what rules ask of them.

use crate::analyze::Options;
use crate::case::credential::common_name;
use crate::case::from_certutil::ShapedCredential;
use crate::formats::certutil::{ShapedBlock, TextField};
use crate::model::container_name::{self, FileNameRule};
use crate::model::date::Moment;
use crate::model::fact::LONG_EXCERPT;
use crate::model::hex;
use crate::report::json_writer::{holds_escaped, push_inner};
use std::ops::Range;

/// Made-up values are at least so long, in bytes: what is shorter may stand in a line by chance.
pub(super) const SHORTEST: usize = 8;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As it is printed.
    Printed(Signs),
    /// Its hexadecimal digits, lower case, without blanks.
    Digits,
    /// The common name in a subject.
    CommonName(Signs),
    /// The machine's GUID in a key file's name, lower case.
    MachineGuid,
    /// The date.
    Date,
}

/// Whether a text has signs that JSON escapes: then it has the same ones in all blocks of a shape, as none of them may stand
/// where blocks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signs {
    Plain,
    Escaped,
}

impl Signs {
    fn of(text: &str) -> Self {
        if holds_escaped(text) { Self::Escaped } else { Self::Plain }
    }

    fn push(self, json: &mut Vec<u8>, text: &str) {
        match self {
            Self::Plain => json.extend_from_slice(text.as_bytes()),
            Self::Escaped => push_inner(json, text),
        }
    }
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a text of the block: its index.
    Text(usize, TextField, Written),
    /// The hash of the printed key.
    PublicKey,
}

/// The kinds of values that the blocks of a shape have.
pub(super) fn kinds(shaped: &ShapedCredential) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (at, field) in shaped.block.fields().enumerate() {
        let mut kind = |written| kinds.push(Kind::Text(at, field, written));
        let signs = Signs::of(shaped.block.text(at));
        kind(Written::Printed(signs));
        match field {
            TextField::Subject => kind(Written::CommonName(signs)),
            TextField::UniqueName | TextField::StoredContainer => kind(Written::MachineGuid),
            TextField::NotBefore | TextField::NotAfter => kind(Written::Date),
            field if field.is_digits() => kind(Written::Digits),
            _ => {}
        }
    }
    kinds.push(Kind::PublicKey);
    kinds
}

/// Values as they stand in JSON.
#[derive(Default)]
pub(super) struct Values {
    json: Vec<u8>,
    held: Vec<Held>,
}

/// Where a value stands.
enum Held {
    /// In [`Values`].
    Json(Range<usize>),
    /// In what is kept of the block: a text that is written as it is.
    Block(Range<usize>),
}

impl Values {
    /// The values of a credential; empty where there is none.
    pub(super) fn fill(&mut self, kinds: &[Kind], shaped: &ShapedCredential) {
        let Self { json, held } = self;
        json.clear();
        held.clear();
        let block = &*shaped.block;
        let mut dates = None;
        let mut date = |json: &mut Vec<u8>, which: usize| {
            if let Some(moment) = dates.get_or_insert_with(|| moments(shaped)).get(which).copied().flatten() {
                moment.push_rfc3339(json);
            }
        };
        for kind in kinds {
            let from = json.len();
            match kind {
                Kind::PublicKey => {
                    if let Some(sha1) = block.public_key_sha1() {
                        json.extend(sha1.digits());
                    }
                }
                Kind::Text(_, TextField::NotBefore, Written::Date) => date(json, 0),
                Kind::Text(_, TextField::NotAfter, Written::Date) => date(json, 1),
                Kind::Text(at, _, Written::Printed(Signs::Plain)) => {
                    held.push(Held::Block(block.text_range(*at)));
                    continue;
                }
                Kind::Text(at, _, written) => {
                    let text = block.text(*at);
                    match written {
                        Written::Printed(signs) => signs.push(json, text),
                        Written::CommonName(signs) => signs.push(json, common_name(text).unwrap_or_default()),
                        Written::Digits => hex::push_digits(json, text),
                        Written::MachineGuid => {
                            let guid = container_name::machine_guid(text).unwrap_or_default();
                            json.extend(guid.bytes().map(|byte| byte.to_ascii_lowercase()));
                        }
                        Written::Date => {}
                    }
                }
            }
            held.push(Held::Json(from..json.len()));
        }
    }

    /// The value of an index, of the block that was taken up last.
    pub(super) fn get<'v>(&'v self, index: usize, block: &'v ShapedBlock) -> &'v [u8] {
        match self.held.get(index) {
            Some(Held::Json(range)) => self.json.get(range.clone()).unwrap_or_default(),
            Some(Held::Block(range)) => block.kept(range.clone()),
            None => &[],
        }
    }
}

/// Whether each value is another one here than there, and stands for nothing else: then its place in a text is certain.
pub(super) fn differ(own: (&Values, &ShapedBlock), others: (&Values, &ShapedBlock), kinds: &[Kind]) -> bool {
    let text_of = |index: usize| match kinds.get(index) {
        Some(Kind::Text(at, ..)) => Some(*at),
        _ => None,
    };
    let get = |index: usize| own.0.get(index, own.1);
    (0..kinds.len()).filter(|index| !get(*index).is_empty()).all(|index| {
        let own = get(index);
        let twice = (0..index).any(|before| get(before) == own && text_of(before) != text_of(index));
        own.len() >= SHORTEST && own != others.0.get(index, others.1) && !twice
    })
}

/// The dates of the validity, where they can be read in one way only.
fn moments(shaped: &ShapedCredential) -> [Option<Moment>; 2] {
    shaped.block.dates().map(|date| date?.settled(shaped.around.order()))
}

/// What rules can tell of the values. Whatever else they look at is the same in all credentials of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits {
    /// Whether the beginning and the end of the validity are surely before and after the time of judgement.
    dates: [Option<(bool, bool)>; 2],
    /// The stored container, the container's own name, the key file's name.
    names: [Option<NameTraits>; 3],
    /// The rule that the container's name and the file's obey together.
    pub(super) rule: Option<FileNameRule>,
    /// Subject and issuer are the same.
    self_issued: bool,
}

/// What rules ask of a container's or a key file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NameTraits {
    brought: bool,
    import: bool,
    file: bool,
    /// It stands in a command as it is.
    plain: bool,
    /// Some callers of CNG fail on it.
    odd: bool,
}

impl NameTraits {
    fn of(name: &str) -> Self {
        let none = Self { brought: false, import: false, file: false, plain: true, odd: false };
        // The most frequent ones, whose signs are known.
        if name.len() == container_name::FILE_NAME_LENGTH && container_name::is_file_name(name) {
            return Self { file: true, ..none };
        }
        if name.starts_with('{') && name.ends_with('}') && container_name::is_import_name(name) {
            return Self { import: true, ..none };
        }
        Self {
            brought: container_name::is_brought(name),
            import: container_name::is_import_name(name),
            file: container_name::is_file_name(name),
            plain: !name.starts_with('-') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@:{}-".contains(&b)),
            odd: name.bytes().any(|b| !b.is_ascii_alphanumeric() && !b"-_.{}".contains(&b)),
        }
    }
}

impl Traits {
    /// Of a credential; `None` when one of its values is none that can be told in a few words: a date with two readings, a
    /// container without a name, a line longer than it is shown.
    pub(super) fn of(shaped: &ShapedCredential, options: &Options) -> Option<Self> {
        let (block, at) = (&*shaped.block, options.at);
        let longest_line = LONG_EXCERPT.min(options.limits.excerpt_columns);
        let moments = moments(shaped);
        let unsettled = block.dates().iter().zip(&moments).any(|(date, moment)| date.is_some() && moment.is_none());
        if unsettled || block.is_wider_than(longest_line) {
            return None;
        }
        let fields = [TextField::StoredContainer, TextField::SimpleName, TextField::UniqueName];
        let [stored, simple, file] = fields.map(|field| block.words(field));
        if [stored, simple, file].into_iter().flatten().any(|name| name.trim_start().is_empty()) {
            return None;
        }
        let names = [stored, simple, file].map(|name| name.map(NameTraits::of));
        let stored_is_file = names.first().copied().flatten().is_some_and(|stored| stored.file);
        let container = simple.or(stored.filter(|_| !stored_is_file));
        let rule = container.zip(file.or(stored)).and_then(|(name, file)| container_name::rule_of(name, file));
        Some(Self {
            dates: moments.map(|moment| moment.map(|moment| (moment.surely_before(at), moment.surely_after(at)))),
            names,
            rule,
            self_issued: block.is_self_issued(),
        })
    }
}

//! Listings of `cacls` and `xcacls`: the right is a letter without parentheses, special rights follow by their names.
//!
//! Source: Microsoft Learn, "cacls"; real output of both tools.

use super::acl_lines::{self, AclLines, Tail};
use super::glance::Glance;
use super::piece::Piece;
use super::text_reader::TextReader;
use crate::limits::Limits;
use crate::model::access::{AccessMask, AceKind};
use crate::model::fact::{Place, SourceId};
use crate::model::observation::Observed;

/// The report's word for the format: the same notation in older dress.
pub const KIND: &str = "icacls";

/// Reads listings of `cacls`.
#[derive(Debug)]
pub struct CaclsReader(AclLines);

impl CaclsReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self(AclLines::new(source, limits, KIND, tail))
    }
}

impl TextReader for CaclsReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        self.0.line(piece)
    }
    fn words(&self) -> Vec<&'static str> {
        acl_lines::WORDS.to_vec()
    }
    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        self.0.passes_over(glance)
    }

    fn is_open(&self) -> bool {
        self.0.is_open()
    }
    fn close(&mut self) {
        self.0.close();
    }
    fn take(&mut self) -> Vec<Observed> {
        self.0.take()
    }
    fn problems(&mut self) -> Vec<(String, Place)> {
        self.0.problems()
    }
}

/// The end of a line: `:(OI)(CI)F`, `:R`, `:(DENY)(special access:)`.
fn tail(text: &str) -> Option<Tail<'_>> {
    let text = text.trim_end();
    let special = text.ends_with(":)");
    let (before, right) = if special {
        let open = text.rfind('(')?;
        (text.get(..open)?, ' ')
    } else {
        let right = text.chars().next_back().filter(|c| "NRWCF".contains(*c))?;
        (text.get(..text.len().checked_sub(1)?)?, right)
    };
    if !before.ends_with([':', ')']) {
        return None;
    }
    let (head, groups) = match before.rfind(":(") {
        Some(at) if before.ends_with(')') => (before.get(..at)?, before.get(at.checked_add(1)?..)?),
        _ => (before.strip_suffix(':')?, ""),
    };
    // A letter behind a colon may stand in any text: only a name or a path has these characters.
    if head.trim().is_empty() || head.ends_with(' ') || head.contains(['=', '"', '<', '>', '|']) {
        return None;
    }
    let mut tail = Tail::of(head);
    for group in groups.split(['(', ')']).filter(|g| !g.is_empty()) {
        match group {
            "OI" => tail.object_inherit = true,
            "CI" => tail.container_inherit = true,
            "IO" => tail.inherit_only = true,
            "NP" => tail.no_propagate = true,
            "ID" => tail.inherited = true,
            "DENY" => tail.kind = AceKind::Deny,
            _ => return None,
        }
    }
    tail.mask = Some(match right {
        ' ' => 0,
        'R' => AccessMask::READ.0 | AccessMask::EXECUTE.0,
        'W' => AccessMask::WRITE.0,
        'C' => AccessMask::MODIFY.0,
        _ => AccessMask::FULL.0,
    });
    if right == 'N' {
        tail.kind = AceKind::Deny;
    }
    tail.names_follow = special;
    Some(tail)
}

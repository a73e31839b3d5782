//! Inputs that are there twice: an archive beside what was unpacked from it, a file that a browser saved again.
//!
//! The same bytes elsewhere are no copy: two nodes of a farm answer with the same words, and each answer counts.

use crate::limits::SAME_BYTES;
use crate::model::container_name;
use crate::report::model::{Input, InputStatus};
use std::collections::{HashMap, HashSet};

/// What is put behind the name of a file that is saved once more, in front of its extension: ` (1)` by browsers and mail
/// programs, ` - Copy` by the Explorer of Windows in its language.
const MARKS: [&str; 10] = ["Copy", "Kopie", "Copie", "copie", "Copia", "copia", "Cópia", "kopia", "コピー", "副本"];

/// The inputs so far, by their bytes.
#[derive(Default)]
pub(super) struct Copies {
    by_bytes: HashMap<String, Vec<usize>>,
    lengths: HashSet<u64>,
}

impl Copies {
    /// Notes the input at this index, if it can have copies.
    pub(super) fn note(&mut self, index: usize, input: &Input) {
        let read = !matches!(input.status, InputStatus::Unrecognized | InputStatus::Failed);
        if let Some(sha256) = input.sha256.as_ref().filter(|_| read) {
            let same = self.by_bytes.entry(sha256.clone()).or_default();
            if same.len() < SAME_BYTES {
                same.push(index);
            }
            self.lengths.insert(input.bytes);
        }
    }

    /// Whether an input before had so many bytes.
    pub(super) fn had_length(&self, bytes: u64) -> bool {
        self.lengths.contains(&bytes)
    }

    /// The input that this one is a copy of.
    pub(super) fn original<'i>(&self, copy: &Input, sha256: &str, inputs: &'i [Input]) -> Option<&'i Input> {
        let same = self.by_bytes.get(sha256)?;
        same.iter().filter_map(|index| inputs.get(*index)).find(|original| is_copy(original, copy))
    }
}

/// Whether an input of the same bytes stands where the same file would stand twice.
fn is_copy(one: &Input, other: &Input) -> bool {
    let ([one_name, other_name], same_place) = match (&one.member, &other.member) {
        (None, None) => {
            let ((one, one_name), (other, other_name)) = (split(&one.path), split(&other.path));
            ([one_name, other_name], one == other)
        }
        (Some(one_member), Some(other_member)) => {
            let ((one_folder, one_name), (other_folder, other_name)) = (split(one_member), split(other_member));
            ([one_name, other_name], one.path == other.path && one_folder == other_folder)
        }
        (Some(member), None) => {
            let names = [split(member).1, split(&other.path).1];
            (names, is_unpacked(&one.path, member, &other.path))
        }
        (None, Some(member)) => {
            let names = [split(&one.path).1, split(member).1];
            (names, is_unpacked(&other.path, member, &one.path))
        }
    };
    // The name of a key file is evidence of its own.
    let is_key_file = |name: &str| container_name::split_file_name(name).is_some();
    same_place
        && (one_name == other_name
            || !is_key_file(one_name) && !is_key_file(other_name) && saved_again(one_name, other_name))
}

/// The folder and the name of a path.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_prefix("./").unwrap_or(path);
    path.rfind(['/', '\\'])
        .map_or(("", path), |at| (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()))
}

/// Whether a file stands where a program unpacks this member: beside the archive, or in a folder of its name there.
fn is_unpacked(archive: &str, member: &str, file: &str) -> bool {
    let (folder, name) = split(archive);
    let file = file.strip_prefix("./").unwrap_or(file);
    let inside = if folder.is_empty() {
        Some(file)
    } else {
        file.strip_prefix(folder).and_then(|rest| rest.strip_prefix(['/', '\\']))
    };
    let Some(inside) = inside else { return false };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    inside == member || inside.strip_prefix(stem).and_then(|rest| rest.strip_prefix(['/', '\\'])) == Some(member)
}

/// Whether one of two names is the other one with the mark of a file that was saved again.
fn saved_again(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    let (stem, extension) = short.rfind('.').map_or((short, ""), |at| short.split_at(at));
    let mark = long.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
    let is_number = |text: &str| {
        let digits = text.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    mark.is_some_and(|mark| {
        let words = mark.strip_prefix(" - ").and_then(|rest| {
            MARKS.iter().find_map(|word| rest.strip_prefix(word)).filter(|rest| rest.is_empty() || is_number(rest))
        });
        words.is_some() || is_number(mark)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, member: Option<&str>) -> Input {
        let mut input = Input::new(0, path);
        input.member = member.map(str::to_owned);
        input
    }

    #[test]
    fn where_a_file_is_there_twice() {
        let zip = |member| at("t/WEB01.zip", Some(member));
        for (one, other) in [
            (zip("netsh.txt"), at("t/netsh.txt", None)),
            (zip("logs/netsh.txt"), at("t/logs/netsh.txt", None)),
            (zip("netsh.txt"), at("t/WEB01/netsh.txt", None)),
            (at("a.zip", Some("netsh.txt")), at("./netsh.txt", None)),
            (at("netsh.txt", None), at("netsh (1).txt", None)),
            (at("t/netsh - Kopie.txt", None), at("t/netsh.txt", None)),
            (at("t/netsh - Copy (2).txt", None), at("t/netsh.txt", None)),
            (zip("netsh.txt"), zip("netsh (12).txt")),
            (at("netsh.txt", None), at("./netsh.txt", None)),
        ] {
            assert!(is_copy(&one, &other) && is_copy(&other, &one), "{} {:?} {}", one.path, one.member, other.path);
        }
    }

    /// Nodes of a farm: the same words of another server. The name of a key file is evidence.
    #[test]
    fn the_same_bytes_of_another_server_are_no_copy() {
        let zip = |archive, member| at(archive, Some(member));
        for (one, other) in [
            (at("WEB01/netsh.txt", None), at("WEB02/netsh.txt", None)),
            (at("WEB01-netsh.txt", None), at("WEB02-netsh.txt", None)),
            (at("netsh.txt", None), at("netsh - WEB02.txt", None)),
            (at("netsh.txt", None), at("netsh2.txt", None)),
            (zip("WEB01.zip", "netsh.txt"), zip("WEB02.zip", "netsh.txt")),
            (zip("WEB01.zip", "netsh.txt"), at("WEB02/netsh.txt", None)),
            (zip("t/WEB01.zip", "netsh.txt"), at("netsh.txt", None)),
            (zip("all.zip", "WEB01/netsh.txt"), zip("all.zip", "WEB02/netsh.txt")),
            (
                at("b4649c67ae5d69df01e544ddadfade61_0f8fad5b-d9cb-469f-a165-70867728950e", None),
                at("b4649c67ae5d69df01e544ddadfade61_0f8fad5b-d9cb-469f-a165-70867728950e (1)", None),
            ),
        ] {
            assert!(!is_copy(&one, &other) && !is_copy(&other, &one), "{} {:?} {}", one.path, one.member, other.path);
        }
    }
}

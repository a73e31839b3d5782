//! On which computer what a text shows was printed.
//!
//! A text that names computers (the answer of `hostname`, the prompt of a remote session, the head of a transcript) tells of
//! each line the one that was named last before it, and of the lines before the first name nothing, unless it names one
//! computer only.

use crate::model::fact::{Place, SourceId};
use std::collections::BTreeMap;

/// The computers that texts name.
#[derive(Debug, Clone, Default)]
pub struct Machines {
    /// From which byte on, lower case; in the order of the text.
    named: BTreeMap<SourceId, Vec<(u64, String)>>,
}

impl Machines {
    /// Takes what one text names, in its order.
    pub fn add(&mut self, source: SourceId, named: Vec<(u64, String)>) {
        if !named.is_empty() {
            self.named.entry(source).or_default().extend(named);
        }
    }

    /// The computer of a place, lower case.
    pub fn at(&self, place: Place) -> Option<&str> {
        let named = self.named.get(&place.source)?;
        let before = named.partition_point(|(from, _)| *from <= place.start);
        let (_, last) = match before.checked_sub(1) {
            Some(last) => named.get(last)?,
            None => named.first().filter(|(_, first)| named.iter().all(|(_, name)| name == first))?,
        };
        Some(last)
    }
}

/// Whether these are two computers. A name with its domain and one without may be one computer's, and so may one that is
/// not shown.
pub fn are_two(a: Option<&str>, b: Option<&str>) -> bool {
    a.zip(b).is_some_and(|(a, b)| !a.eq_ignore_ascii_case(b) && a.contains('.') == b.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_counts() {
        let at = |start| Place { source: SourceId(1), start, ..Place::default() };
        let mut machines = Machines::default();
        assert_eq!(machines.at(at(5)), None);
        machines.add(SourceId(1), vec![(10, "web01".to_owned())]);
        assert_eq!([machines.at(at(5)), machines.at(at(10))], [Some("web01"); 2]);
        machines.add(SourceId(1), vec![(20, "web02".to_owned())]);
        assert_eq!(
            [5, 15, 20, 99].map(|start| machines.at(at(start))),
            [None, Some("web01"), Some("web02"), Some("web02")]
        );
        assert_eq!(machines.at(Place::default()), None);
    }

    #[test]
    fn two_computers() {
        assert!(are_two(Some("web01"), Some("web02")));
        assert!(are_two(Some("web01.contoso.com"), Some("web02.contoso.com")));
        for (a, b) in [
            (Some("web01"), Some("WEB01")),
            (Some("web01"), None),
            (None, None),
            (Some("web01"), Some("web01.contoso.com")),
        ] {
            assert!(!are_two(a, b), "{a:?} {b:?}");
        }
    }
}

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

/// Characters that the NetBIOS name keeps of a longer name (Microsoft Learn, "Naming conventions in Active Directory").
const NETBIOS: usize = 15;

/// Whether these are two computers. A name with its domain and one without may be one computer's, if the first part of the one is
/// the other or begins with the fifteen characters of it; and so may one that is not shown.
pub fn are_two(a: Option<&str>, b: Option<&str>) -> bool {
    a.zip(b).is_some_and(|(a, b)| match (a.split_once('.'), b.split_once('.')) {
        (Some(_), Some(_)) => !a.eq_ignore_ascii_case(b),
        (full, other) => {
            let host = |whole, parts: Option<(_, _)>| parts.map_or(whole, |(host, _)| host);
            !is_host(host(a, full), host(b, other))
        }
    })
}

/// What all names of one computer share: the first part, as far as its NetBIOS name goes, lower case.
pub fn shared_part(name: &str) -> String {
    let host = name.split_once('.').map_or(name, |(host, _)| host);
    host.chars().take(NETBIOS).flat_map(char::to_lowercase).collect()
}

/// Whether two names without a domain can be one computer's.
fn is_host(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = long.get(..short.len()).is_some_and(|start| start.eq_ignore_ascii_case(short));
    same && (short.len() == long.len() || short.chars().count() == NETBIOS)
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
        assert!(are_two(Some("web01"), Some("db01.contoso.com")) && are_two(Some("db01.contoso.com"), Some("WEB01")));
        assert!(are_two(Some("web01"), Some("web011")));
        for (a, b) in [
            (Some("web01"), Some("WEB01")),
            (Some("web01"), None),
            (None, None),
            (Some("web01"), Some("web01.contoso.com")),
            (Some("WEB01.contoso.com"), Some("web01")),
            (Some("VERYLONGSERVERN"), Some("verylongservername01.contoso.com")),
            (Some("VERYLONGSERVERN"), Some("verylongservername01")),
        ] {
            assert!(!are_two(a, b), "{a:?} {b:?}");
            assert!(a.zip(b).is_none_or(|(a, b)| shared_part(a) == shared_part(b)), "{a:?} {b:?}");
        }
    }
}

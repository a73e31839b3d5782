//! Passwords for PFX files and zip archives, and which of them are meant for which file.

use zeroize::Zeroizing;

/// Passwords in the order in which they are tried. They are wiped when this is dropped and never shown.
#[derive(Default)]
pub struct Passwords {
    entries: Vec<Entry>,
}

struct Entry {
    /// A file name with `*` and `?`; `None`: for every file.
    pattern: Option<String>,
    password: Zeroizing<String>,
}

impl Passwords {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a password for every file.
    pub fn add(&mut self, password: Zeroizing<String>) {
        self.entries.push(Entry { pattern: None, password });
    }

    /// Adds a list: one password per line. A line `NAME=PASSWORD`, where NAME has a `*` or a `?` or ends in `.pfx`,
    /// `.p12` or `.zip`, is for files of that name alone. Empty lines are skipped; nothing else is trimmed.
    pub fn add_list(&mut self, list: &str) {
        for line in list.trim_start_matches('\u{feff}').split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let named = line.split_once('=').filter(|(name, _)| is_pattern(name));
            let (pattern, password) = match named {
                Some((name, password)) => (Some(name.to_owned()), password),
                None => (None, line),
            };
            self.entries.push(Entry { pattern, password: Zeroizing::new(password.to_owned()) });
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The passwords for a file, by its own name without folders: those for its name first, then those for every file.
    pub fn for_file(&self, name: &str) -> Vec<Zeroizing<String>> {
        let own = self.entries.iter().filter(|entry| entry.pattern.as_ref().is_some_and(|p| matches(p, name)));
        let every = self.entries.iter().filter(|entry| entry.pattern.is_none());
        own.chain(every).map(|entry| entry.password.clone()).collect()
    }
}

fn is_pattern(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.contains(['*', '?']) || [".pfx", ".p12", ".zip"].iter().any(|end| lower.ends_with(end))
}

/// Whether a name matches a pattern, without case: `*` any characters, `?` one. Linear in both lengths for each `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut p, mut n) = (0_usize, 0_usize);
    // Where to go back to: after the last star, and the next character it may swallow.
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                p = p.saturating_add(1);
                back = Some((p, n));
            }
            Some(c) if *c == '?' || name.get(n) == Some(c) => {
                p = p.saturating_add(1);
                n = n.saturating_add(1);
            }
            _ => match back {
                Some((after, swallowed)) => {
                    let next = swallowed.saturating_add(1);
                    back = Some((after, next));
                    (p, n) = (after, next);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(passwords: &Passwords, name: &str) -> Vec<String> {
        passwords.for_file(name).iter().map(|password| password.to_string()).collect()
    }

    #[test]
    fn a_line_is_a_password_or_one_for_files_of_a_name() {
        let mut passwords = Passwords::new();
        passwords.add(Zeroizing::new("first".to_owned()));
        passwords.add_list("\u{feff}second\r\n\nweb*.pfx=third\nA.P12=fo=urth\nfi=fth\n sixth \n");
        assert_eq!(of(&passwords, "other.pfx"), ["first", "second", "fi=fth", " sixth "]);
        assert_eq!(of(&passwords, "WEB01.pfx"), ["third", "first", "second", "fi=fth", " sixth "]);
        assert_eq!(of(&passwords, "a.p12").first().map(String::as_str), Some("fo=urth"));
    }

    #[test]
    fn patterns() {
        for (pattern, name, want) in [
            ("*", "", true),
            ("*.pfx", "a.pfx", true),
            ("*.pfx", "a.pfx.txt", false),
            ("w?b*", "Web01", true),
            ("a*b*c", "axxbxxbxc", true),
            ("a*b*c", "axxbxx", false),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }
}

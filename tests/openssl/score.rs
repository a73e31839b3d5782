//! Facts that were compared, and the disagreements.

use std::fmt::Debug;

/// What was compared.
#[derive(Default)]
pub struct Score {
    pub facts: usize,
    pub misses: Vec<(String, String)>,
    file: String,
}

impl Score {
    /// The file that the next facts are of.
    pub fn file(&mut self, name: &str) {
        name.clone_into(&mut self.file);
    }

    pub fn fact<T: PartialEq + Debug>(&mut self, what: &str, openssl: T, own: T) {
        self.facts += 1;
        if openssl != own {
            self.misses.push((self.file.clone(), format!("{what}: openssl {openssl:?}, keyspect {own:?}")));
        }
    }

    /// Fails unless each disagreement is explained; an explanation that nothing needs is an error of a complete run.
    pub fn settle(&self, explained: &[Explained], complete: bool) {
        let explains =
            |one: &Explained, (file, miss): &(String, String)| file.ends_with(one.file) && miss.starts_with(one.what);
        let open: Vec<String> = self
            .misses
            .iter()
            .filter(|miss| !explained.iter().any(|one| explains(one, miss)))
            .map(|(file, miss)| format!("{file}: {miss}"))
            .collect();
        assert!(open.is_empty(), "{} disagreements with openssl:\n{}", open.len(), open.join("\n"));
        for one in explained.iter().filter(|_| complete) {
            assert!(
                self.misses.iter().any(|miss| explains(one, miss)),
                "{}, {}: openssl agrees by now",
                one.file,
                one.what
            );
            assert!(!one.why.is_empty());
        }
    }
}

/// A disagreement and its reason.
pub struct Explained {
    /// The end of the file's path.
    pub file: &'static str,
    /// How the message of the disagreement begins.
    pub what: &'static str,
    pub why: &'static str,
}

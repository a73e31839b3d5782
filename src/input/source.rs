//! What an input is called in reports.

use std::fmt;
use std::path::Path;

/// The name of an input in reports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName {
    /// The path as it was given or found, for display: what is not Unicode in it is replaced. `-` is standard input.
    pub path: String,
    /// The path inside an archive, if the input is a member of one.
    pub member: Option<String>,
}

impl SourceName {
    /// The name of standard input.
    pub fn stdin() -> Self {
        Self { path: "-".to_owned(), member: None }
    }

    /// The name of a file.
    pub fn file(path: &Path) -> Self {
        Self { path: path.to_string_lossy().into_owned(), member: None }
    }

    /// The name of a member of this archive.
    pub fn member(&self, member: impl Into<String>) -> Self {
        Self { path: self.path.clone(), member: Some(member.into()) }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        self.member.as_ref().map_or(Ok(()), |member| write!(f, "!{member}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown() {
        let archive = SourceName::file(Path::new("case/all.zip"));
        assert_eq!(archive.to_string(), "case/all.zip");
        assert_eq!(archive.member("logs/dump.txt").to_string(), "case/all.zip!logs/dump.txt");
        assert_eq!(SourceName::stdin().to_string(), "-");
    }
}

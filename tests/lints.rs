//! The lints that keep parsers from panicking stay switched on, and no parser is excused from one without a reason.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

/// What `formats/` and `input/` deny.
const DENIED: [&str; 5] = [
    "clippy::indexing_slicing",
    "clippy::arithmetic_side_effects",
    "clippy::as_conversions",
    "clippy::unwrap_used",
    "clippy::panic",
];

/// Groups and words that would excuse from them too.
const WIDER: [&str; 3] = ["clippy::restriction", "clippy::all", "warnings"];

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The attributes of a text: where each starts, whether it is an inner one, its text in brackets.
fn attributes(text: &str) -> Vec<(usize, bool, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('#').map(|at| at + from) {
        from = at + 1;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let inner = text[at..].starts_with("#![");
        if !text[line..at].trim().is_empty() || !(inner || text[at..].starts_with("#[")) {
            continue;
        }
        let mut depth = 0;
        let end = text[at..].find(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ']' && depth == 0
        });
        from = at + end.unwrap();
        found.push((at, inner, &text[at..from]));
    }
    found
}

/// Whether the attributes of one item, the last of which ends the text before, say that it is for tests alone.
fn is_for_tests(before: &str) -> bool {
    before.trim_end().ends_with("#[cfg(test)]")
}

/// The attributes of a file that excuse code outside of tests from a denied lint and give no reason. `for_tests`: the whole
/// file is for tests alone.
fn unexcused(text: &str, for_tests: bool) -> Vec<&str> {
    let attributes = attributes(text);
    let excuses = |attribute: &str| {
        let (allow, expect) = (attribute.contains("allow("), attribute.contains("expect("));
        let words = attribute.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        (allow || expect) && words.into_iter().any(|word| DENIED.contains(&word) || WIDER.contains(&word))
    };
    let of_tests = |at: usize, inner: bool| {
        if inner {
            // Of the module that opens just before it.
            let before = text[..at].trim_end();
            return before.ends_with('{') && is_for_tests(&before[..before.rfind('\n').unwrap_or(0)]);
        }
        // Of the same item: nothing but attributes between the two.
        let mut first = at;
        for (start, _, attribute) in attributes.iter().rev().filter(|before| before.0 < at) {
            if !text[start + attribute.len() + 1..first].trim().is_empty() {
                break;
            }
            first = *start;
            if is_for_tests(&text[..start + attribute.len() + 1]) {
                return true;
            }
        }
        false
    };
    let mut found = Vec::new();
    for (at, inner, attribute) in &attributes {
        if excuses(attribute) && !for_tests && !attribute.contains("reason = \"") && !of_tests(*at, *inner) {
            found.push(*attribute);
        }
    }
    found
}

#[test]
fn the_manifest_forbids_unsafe_code_and_checks_overflow_in_the_release() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(manifest["profile"]["release"]["overflow-checks"].as_bool(), Some(true));
    for lint in ["unwrap_used", "panic"] {
        assert_eq!(manifest["lints"]["clippy"][lint].as_str(), Some("warn"), "{lint}");
    }
    assert!(read(".ci/run").contains("cargo clippy --locked --all-targets --all-features -- -D warnings"));
}

#[test]
fn parsers_and_readers_deny_what_may_panic() {
    for file in ["src/formats/mod.rs", "src/input/mod.rs"] {
        let text = read(file);
        let all = attributes(&text);
        let denied = all.iter().find(|(_, inner, text)| *inner && text.starts_with("#![deny(")).unwrap().2;
        for lint in DENIED {
            assert!(denied.split(['(', ')', ',']).any(|word| word.trim() == lint), "{file}: {lint}");
        }
    }
}

#[test]
fn no_parser_is_excused_without_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src/formats"), &mut files);
    sources(&root.join("src/input"), &mut files);
    assert!(files.len() > 50, "{}", files.len());
    let texts: Vec<(PathBuf, String)> = files.into_iter().map(|path| (path.clone(), read(path))).collect();
    let mut found = Vec::new();
    for (path, text) in &texts {
        // A file for tests alone: its module is declared so.
        let declared = format!("#[cfg(test)]\nmod {};", path.file_stem().unwrap().to_str().unwrap());
        let visible = declared.replace("mod ", "pub(crate) mod ");
        let folder = path.parent().unwrap();
        let for_tests = texts.iter().any(|(other, text)| {
            other.parent() == Some(folder) && (text.contains(&declared) || text.contains(&visible))
        });
        found
            .extend(unexcused(text, for_tests).into_iter().map(|attribute| format!("{}: {attribute}", path.display())));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_excuse_is_found_wherever_it_stands() {
    for text in [
        "#[allow(clippy::panic)]\nfn f() {}\n",
        "#![allow(clippy::unwrap_used)]\nfn f() {}\n",
        "fn f() {\n    #[allow(\n        clippy::indexing_slicing,\n    )]\n    let a = b[0];\n}\n",
        "#[cfg(test)]\nmod a {}\n\n#[allow(clippy::as_conversions)]\nfn f() {}\n",
        "#[cfg(test)]\nmod a {}\nmod b {\n    #![expect(clippy::arithmetic_side_effects)]\n}\n",
        "#[cfg_attr(feature = \"cli\", allow(clippy::panic))]\nfn f() {}\n",
        "#[allow(clippy::restriction)]\nfn f() {}\n",
    ] {
        assert_eq!(unexcused(text, false).len(), 1, "{text}");
        assert!(unexcused(text, true).is_empty());
    }
    for text in [
        "#[cfg(test)]\n#[allow(clippy::panic)]\nmod tests {}\n",
        "#[cfg(test)]\n#[rustfmt::skip]\n#[allow(clippy::panic)]\nmod tests {}\n",
        "#[cfg(test)]\nmod tests {\n    #![allow(clippy::unwrap_used)]\n}\n",
        "#[allow(clippy::panic, reason = \"a table that is known when it is compiled\")]\nfn f() {}\n",
        "#[allow(clippy::too_many_arguments)]\nfn f() {}\n",
        "// #[allow(clippy::panic)]\nfn f() {}\n",
    ] {
        assert!(unexcused(text, false).is_empty(), "{text}");
    }
}

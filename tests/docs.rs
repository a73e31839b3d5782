//! The documentation as a book: every link leads somewhere, every page is in the table of contents, and the tables say
//! what the program does.
#![allow(clippy::unwrap_used, clippy::panic)]

use keyspect::Limits;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
}

/// The pages of `docs/` and those beside the README.
fn book() -> Vec<PathBuf> {
    let mut found = Vec::new();
    pages(&root().join("docs"), &mut found);
    for entry in std::fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    let fuzz = root().join("fuzz/README.md");
    found.extend(fuzz.exists().then_some(fuzz));
    found
}

/// The lines of a page outside its code blocks, with their number.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut fence: Option<&str> = None;
    for (n, line) in text.lines().enumerate() {
        let mark = line.trim_start();
        match fence {
            Some(open) if mark.starts_with(open) => fence = None,
            Some(_) => {}
            None if mark.starts_with("```") => fence = Some("```"),
            None if mark.starts_with("~~~") => fence = Some("~~~"),
            None => lines.push((n + 1, line)),
        }
    }
    lines
}

/// A line without its code spans.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The targets of a line's links: `[…](target)`. No page has a target with parentheses or a title.
fn links(line: &str) -> Vec<String> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The anchor that GitHub gives a heading: lower case, letters, digits, `-` and `_`, blanks as `-`.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let mut seen = BTreeMap::<String, usize>::new();
    let mut found = BTreeSet::new();
    for (_, line) in prose(&text) {
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            let name = anchor(heading);
            let count = seen.entry(name.clone()).or_default();
            found.insert(if *count == 0 { name } else { format!("{name}-{count}") });
            *count += 1;
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut checked = 0;
    for page in book() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (number, line) in prose(&text) {
            for target in links(&without_code(line)) {
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                checked += 1;
                let (path, fragment) = target.split_once('#').unwrap_or((&target, ""));
                let file = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
                let here = page.strip_prefix(root()).unwrap().display().to_string();
                if !file.exists() {
                    broken.push(format!("{here}:{number}: {target} does not exist"));
                } else if !fragment.is_empty() && !anchors(&file).contains(fragment) {
                    broken.push(format!("{here}:{number}: {target} names no heading"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(checked > 50, "only {checked} links were seen");
}

#[test]
fn the_checker_sees_what_is_broken() {
    let text = "[a](x.md) `[no](code.md)`\n```text\n[no](fence.md)\n```\n[b](y.md#part)";
    let found: Vec<_> = prose(text).iter().flat_map(|(_, l)| links(&without_code(l))).collect();
    assert_eq!(found, ["x.md", "y.md#part"]);
    // As GitHub renders them.
    assert_eq!(anchor("HTTP.sys and Schannel"), "httpsys-and-schannel");
    assert_eq!(anchor("Keys, `KeySpec` & names"), "keys-keyspec--names");
}

#[test]
fn the_table_of_contents_names_every_page() {
    let contents = root().join("docs/README.md");
    let text = std::fs::read_to_string(&contents).unwrap();
    let named: BTreeSet<_> = prose(&text)
        .iter()
        .flat_map(|(_, l)| links(l))
        .filter_map(|t| root().join("docs").join(t.split('#').next().unwrap()).canonicalize().ok())
        .collect();
    let mut found = Vec::new();
    pages(&root().join("docs"), &mut found);
    let rules = root().join("docs/rules");
    let missing: Vec<_> = found
        .iter()
        // The rules have a table of their own, made from the registry.
        .filter(|p| **p != contents && p.parent() != Some(rules.as_path()))
        .filter(|p| !named.contains(&p.canonicalize().unwrap()))
        .map(|p| p.display().to_string())
        .collect();
    assert!(missing.is_empty(), "docs/README.md does not name: {missing:#?}");
}

/// The fields and values of `Limits::default()`, as `Debug` prints them.
fn limits() -> BTreeMap<String, String> {
    format!("{:#?}", Limits::default())
        .lines()
        .filter_map(|l| l.trim().trim_end_matches(',').split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn every_limit_is_listed_with_its_default() {
    let text = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let table = text.split("These are fixed:").next().unwrap();
    let listed: BTreeMap<_, _> = table
        .lines()
        .filter_map(|l| l.strip_prefix("| `"))
        .map(|l| {
            let cells: Vec<_> = l.split('|').map(str::trim).collect();
            assert!(cells.get(3).is_some_and(|words| words.len() > 5), "no words: {l}");
            (cells[0].trim_end_matches('`').to_owned(), cells[1].to_owned())
        })
        .collect();
    assert!(limits().len() > 30);
    assert_eq!(listed, limits(), "docs/limits.md (left) and src/limits.rs (right) differ");
}

#[test]
fn every_fixed_limit_is_listed_with_its_value() {
    let source = std::fs::read_to_string(root().join("src/limits.rs")).unwrap();
    let text = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let number = |text: &str| text.replace('_', "").parse::<u64>().unwrap();
    let constants = source.lines().filter_map(|l| l.strip_prefix("pub const ")).map(|line| {
        let (name, rest) = line.split_once(':').unwrap();
        let value = rest.split_once("= ").unwrap().1.trim_end_matches(';');
        let value = value.split_once(" << ").map_or_else(|| number(value), |(n, by)| number(n) << number(by));
        (name.to_owned(), value)
    });
    let constants: BTreeMap<String, u64> = constants.collect();
    let table = text.split("These are fixed:").nth(1).unwrap();
    let rows = table.lines().filter_map(|l| l.strip_prefix("| `")).map(|l| {
        let cells: Vec<_> = l.split('|').map(str::trim).collect();
        assert!(cells[2].len() > 5, "no words: {l}");
        (cells[0].trim_end_matches('`').to_owned(), number(cells[1]))
    });
    assert!(constants.len() > 20);
    assert_eq!(rows.collect::<BTreeMap<_, _>>(), constants, "docs/limits.md (left) and src/limits.rs (right) differ");
}

/// The direct dependencies and the table of SECURITY.md.
#[test]
fn security_names_every_direct_dependency() {
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let text = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let targets = manifest["target"].as_table().unwrap().values();
    let tables = targets.filter_map(|t| t.get("dependencies")?.as_table()).chain(manifest["dependencies"].as_table());
    for name in tables.flat_map(|table| table.keys()).filter(|name| !name.starts_with("getrandom-")) {
        assert!(text.contains(&format!("| {name} |")), "SECURITY.md lacks the dependency {name}");
    }
}

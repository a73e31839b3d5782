//! The recipes of `docs/fleet.md`, run as they stand over the corpus. What must come out is read from the hand-written
//! `case.toml` files, never from a report.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The code blocks of a language in the page.
fn blocks(language: &str) -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/fleet.md")).unwrap();
    page.split(&format!("\n```{language}\n"))
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// What a case says, as a person wrote it.
struct Case {
    server: String,
    credentials: Vec<toml::Table>,
    rules: Vec<String>,
    silent: Vec<String>,
    for_iis: bool,
}

fn strings(table: &toml::Table, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(|v| v.as_array()).cloned().unwrap_or_default();
    list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// A fleet in a folder: every certutil case of the corpus is one server.
fn fleet(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(root().join("corpus/certutil")).unwrap() {
        let from = entry.unwrap().path();
        let server = from.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(input) = ["input.txt", "input.bin"].iter().map(|n| from.join(n)).find(|p| p.exists()) else {
            continue;
        };
        let case: toml::Table = std::fs::read_to_string(from.join("case.toml")).unwrap().parse().unwrap();
        let expect = case.get("expect").and_then(|e| e.as_table()).cloned().unwrap_or_default();
        let to = folder.join("fleet").join(&server);
        std::fs::create_dir_all(&to).unwrap();
        std::fs::copy(&input, to.join("store-my.txt")).unwrap();
        let credentials = ["credential", "credentials"]
            .iter()
            .find_map(|key| expect.get(*key).and_then(|c| c.as_array()))
            .cloned()
            .unwrap_or_default();
        cases.push(Case {
            server,
            credentials: credentials.iter().filter_map(|c| c.as_table().cloned()).collect(),
            rules: strings(&expect, "rules"),
            silent: strings(&expect, "silent"),
            for_iis: !expect.contains_key("for"),
        });
    }
    assert!(cases.len() > 100, "only {} cases", cases.len());
    cases
}

fn run(folder: &Path) {
    let [recipe] = blocks("sh").try_into().unwrap();
    let tools = Path::new(env!("CARGO_BIN_EXE_keyspect")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path))).unwrap();
    let status = Command::new("sh").arg("-c").arg(recipe).current_dir(folder).env("PATH", path).status().unwrap();
    assert!(status.success());
}

/// A Python that has DuckDB: `KEYSPECT_PYTHON`, else `python3`.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("KEYSPECT_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let found = Command::new(&python).args(["-c", "import duckdb"]).output().is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("skipped: no python3 with the duckdb package (set KEYSPECT_PYTHON)");
    }
    found.then_some(python)
}

/// Runs every statement of the page; the rows of each query under the name in its first line.
fn queries(folder: &Path, python: &Path) -> BTreeMap<String, Vec<Vec<Value>>> {
    const SCRIPT: &str = "
import duckdb, json, sys
db = duckdb.connect()
rows = {}
for sql in json.load(sys.stdin):
    name = sql.splitlines()[0][3:] if sql.startswith('-- ') else ''
    result = db.execute(sql).fetchall()
    if name: rows[name] = result
rows['items'] = db.execute(\"SELECT server, type, item ->> '$.id', item ->> '$.fingerprint', item FROM items\").fetchall()
json.dump(rows, sys.stdout)
";
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &blocks("sql")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether a case says of a credential that it is a CSP key with KeySpec 2; `None`: the case doesn't say.
fn is_csp_signature_key(credential: &toml::Table) -> Option<bool> {
    let word = |key: &str| credential.get(key).and_then(|v| v.as_str());
    let number = |key: &str| credential.get(key).and_then(toml::Value::as_integer);
    let csp = match (number("provider_type"), word("provider")) {
        (Some(number), _) => number != 0,
        (None, Some(name)) if name.contains("Cryptographic Provider") => true,
        (None, Some(name)) if name.contains("Key Storage Provider") => false,
        _ => return None,
    };
    Some(csp && number("key_spec")? == 2)
}

/// The same read from a clean English log by its two lines, certificate by certificate.
fn prints_csp_signature_key(log: &str) -> bool {
    log.split("================ Certificate ").any(|block| {
        let value = |label: &str| block.lines().find_map(|l| l.trim().strip_prefix(label).map(str::trim));
        value("ProviderType =").is_some_and(|v| v != "0") && value("KeySpec =").is_some_and(|v| v.starts_with('2'))
    })
}

#[test]
fn the_recipe_judges_every_server_once() {
    let folder = tempfile::tempdir().unwrap();
    let cases = fleet(folder.path());
    run(folder.path());
    let out = folder.path().join("out");
    for case in &cases {
        let written = std::fs::read_to_string(out.join(format!("{}.jsonl", case.server))).expect(&case.server);
        let last: Value = serde_json::from_str(written.lines().last().unwrap()).unwrap();
        assert_eq!(last["type"], "summary", "{}", case.server);
    }
    assert!(!std::fs::read_dir(&out).unwrap().any(|e| e.unwrap().path().extension().is_some_and(|x| x == "tmp")));
    // What is not a certutil log is named as not analysed, by its place in the corpus.
    let incomplete = std::fs::read_to_string(out.join("incomplete")).unwrap();
    assert!(incomplete.contains("bad-input-empty: status 3"), "{incomplete}");
    assert!(!incomplete.contains("article-scenario-3"), "{incomplete}");

    // Started again, nothing is judged anew.
    let one = out.join("article-scenario-3.jsonl");
    std::fs::write(&one, "kept").unwrap();
    run(folder.path());
    assert_eq!(std::fs::read_to_string(&one).unwrap(), "kept");

    std::fs::remove_file(&one).unwrap();
    run(folder.path());
    let Some(python) = python() else { return };
    check_answers(&cases, &queries(folder.path(), &python), &out);
}

fn check_answers(cases: &[Case], answers: &BTreeMap<String, Vec<Vec<Value>>>, out: &Path) {
    // Which servers have a CSP key with KeySpec 2: all that the cases name, and none that they deny.
    let found: BTreeSet<_> = answers["keyspec-2"].iter().map(|row| (text(&row[0]), text(&row[1]))).collect();
    let (mut named, mut denied) = (0, 0);
    for case in cases {
        for credential in &case.credentials {
            let sha1 = credential.get("sha1").and_then(|s| s.as_str()).unwrap_or_default().to_owned();
            let Some(expected) = is_csp_signature_key(credential).filter(|_| !sha1.is_empty()) else { continue };
            *(if expected { &mut named } else { &mut denied }) += 1;
            assert_eq!(found.contains(&(case.server.clone(), sha1.clone())), expected, "{} {sha1}", case.server);
        }
    }
    assert!(named >= 3 && denied >= 10, "the cases name {named} such keys and deny {denied}");
    // The cases of the rules are clean English logs: there the two lines themselves say it.
    let servers: BTreeSet<_> = found.iter().map(|(server, _)| server.as_str()).collect();
    let mut printed = 0;
    for case in cases.iter().filter(|c| c.server.starts_with("rule-") || c.server.starts_with("article-")) {
        let log = std::fs::read(root().join("corpus/certutil").join(&case.server).join("input.txt"));
        let Ok(log) = String::from_utf8(log.unwrap_or_default()) else { continue };
        let expected = prints_csp_signature_key(&log);
        printed += usize::from(expected);
        assert_eq!(servers.contains(case.server.as_str()), expected, "{}", case.server);
    }
    assert!(printed >= 8, "only {printed} logs print such a key");

    // Root causes: the rules that a case expects or rules out, when it is judged for IIS.
    let causes: BTreeSet<_> = answers["root-causes"]
        .iter()
        .flat_map(|row| row[3].as_array().unwrap().iter().map(|s| (text(&row[0]), text(s))).collect::<Vec<_>>())
        .collect();
    let rule = "keyspec-signature-on-csp".to_owned();
    let mut seen = 0;
    for case in cases.iter().filter(|c| c.for_iis) {
        let has = causes.contains(&(rule.clone(), case.server.clone()));
        assert!(!(has && case.silent.contains(&rule)), "{}", case.server);
        seen += usize::from(has && case.rules.contains(&rule));
    }
    assert!(seen > 0);
    assert!(answers["failing"].iter().any(|row| row[0] == "article-scenario-3" && row[2] == "iis"));
    assert!(answers["not-read"].iter().any(|row| row[0] == "bad-input-empty" && row[2] == "unrecognized"));
    let unread: BTreeSet<_> = answers["not-read"].iter().map(|row| text(&row[0])).collect();
    assert!(!unread.contains("article-scenario-3"));
    assert!(answers.contains_key("shared-keys"));

    // Of what was written twice the last one counts; counted here without DuckDB.
    let mut last: BTreeMap<(String, String, String), Value> = BTreeMap::new();
    let (mut twice, mut withdrawn) = (0, Vec::new());
    for case in cases {
        let written = std::fs::read_to_string(out.join(format!("{}.jsonl", case.server))).unwrap();
        for line in written.lines() {
            let item: Value = serde_json::from_str(line).unwrap();
            if item["type"] == "withdrawn" {
                withdrawn.push((case.server.clone(), item));
                continue;
            }
            let Some(key) = item.get("id").or_else(|| item.get("fingerprint")) else { continue };
            let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            twice += usize::from(last.insert((case.server.clone(), text(&item["type"]), key), item).is_some());
        }
    }
    assert!(twice > 0, "nothing was written twice: the test shows nothing");
    // A finding that what came later does not bear out is none.
    assert!(!withdrawn.is_empty(), "nothing was withdrawn: the test shows nothing");
    for (server, item) in withdrawn {
        let gone = last.remove(&(server.clone(), "finding".to_owned(), text(&item["fingerprint"])));
        assert_eq!(gone.map(|finding| finding["credential"].clone()), Some(item["credential"].clone()), "{server}");
    }
    let items = answers["items"].iter().filter(|row| !row[2].is_null() || !row[3].is_null());
    let mut counted = 0;
    for row in items {
        let key = if row[2].is_null() { text(&row[3]) } else { text(&row[2]) };
        let item: Value = serde_json::from_str(row[4].as_str().unwrap()).unwrap();
        assert_eq!(last[&(text(&row[0]), text(&row[1]), key)], item);
        counted += 1;
    }
    assert_eq!(counted, last.len());
}

//! Daily use: settings, baselines, completions, manual pages, links, progress, explanations of every name.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod fixture;

use assert_cmd::Command;
use keyspect::explain::{explain, names};
use keyspect::formats::{get_acl, icacls, sddl};
use keyspect::model::{
    binding, container_name, event, flags, hresult, key_usage, oid, principal, property_id, provider,
};
use keyspect::report::text::{self, TextOptions};
use keyspect::rules::RULES;
use keyspect::workloads::WORKLOADS;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const DUMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certutil/article-scenario-3/input.txt");
const RULE: &str = "keyspec-signature-on-csp";

/// A folder with the dump of a CSP key that can only sign.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(DUMP, folder.path().join("dump.txt")).unwrap();
    folder
}

fn keyspect(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("keyspect").unwrap();
    command
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("FORCE_HYPERLINK")
        .args(["--at", "2026-11-22T21:00:00Z"]);
    command
}

/// Status, standard output, standard error.
fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = keyspect(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(folder: &Path, args: &[&str]) -> (i32, Value) {
    let (status, out, _) = run(folder, &[args, &["--format", "json"]].concat());
    (status, serde_json::from_str(&out).unwrap())
}

fn fingerprint(report: &Value, rule: &str) -> String {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|f| f["rule"] == rule).unwrap()["fingerprint"].as_str().unwrap().to_owned()
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

#[test]
fn settings_change_severities_and_ignore_findings() {
    let folder = folder();
    let (status, plain) = json(folder.path(), &["dump.txt"]);
    assert_eq!((status, plain["summary"]["errors"].as_u64()), (1, Some(1)));
    assert!(plain["summary"].get("set_aside").is_none());
    let print = fingerprint(&plain, RULE);
    let toml = folder.path().join("keyspect.toml");

    std::fs::write(&toml, format!("[rules]\n{RULE} = \"note\"\nkeyspec-vs-keyusage = \"off\"\n")).unwrap();
    let (status, report) = json(folder.path(), &["dump.txt"]);
    assert_eq!(status, 0);
    assert_eq!(report["summary"]["notes"], 1);
    assert_eq!(rules(&report), [RULE]);
    assert_eq!(report["summary"]["set_aside"][0]["why"], "off");
    assert_eq!(report["credentials"][0]["verdicts"][0]["outcome"], "fails", "a verdict says what Windows does");
    let (_, text, told) = run(folder.path(), &["dump.txt"]);
    assert!(text.contains("1 finding of rules that are off: keyspec-vs-keyusage."), "{text}");
    assert!(told.contains("settings of keyspect.toml are used"), "{told}");
    assert_eq!(run(folder.path(), &["dump.txt", "--quiet"]).2, "");

    let reason = "accepted until 2027 \u{202e}CHG-4711";
    let entry = format!("fail_on = \"warning\"\n[[ignore]]\nfingerprint = \"{print}\"\nreason = \"{reason}\"\n");
    std::fs::write(&toml, entry).unwrap();
    let (status, report) = json(folder.path(), &["dump.txt"]);
    assert_eq!(status, 1, "the warning is left, and fail_on says so");
    assert_eq!((&report["summary"]["errors"], &report["summary"]["warnings"]), (&Value::from(0), &Value::from(1)));
    assert_eq!(report["summary"]["set_aside"][0]["reason"], reason);
    let (_, text, _) = run(folder.path(), &["dump.txt"]);
    assert!(text.contains("ignored: accepted until 2027 \\u{202e}CHG-4711"), "{text}");
    assert_eq!(run(folder.path(), &["dump.txt", "--fail-on", "error"]).0, 0, "the command line goes before the file");
    assert_eq!(run(folder.path(), &["dump.txt", "--no-config"]).0, 1);

    std::fs::write(&toml, "for = [\"code-signing\", \"ad-fs\"]\nwindows = \"2016\"\n").unwrap();
    let of = |args: &[&str]| {
        let (_, report) = json(folder.path(), args);
        let verdicts = report["credentials"][0]["verdicts"].as_array().unwrap().clone();
        verdicts.iter().map(|v| v["workload"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["dump.txt"]), ["ad-fs"], "a server certificate is none for code signing");
    assert_eq!(of(&["dump.txt", "--for", "iis"]), ["iis"]);
}

#[test]
fn wrong_settings_are_told_with_their_line() {
    let folder = folder();
    let other = folder.path().join("other.toml");
    for (toml, message) in [
        ("\nfialon = 1\n", "other.toml:2: unknown key `fialon`"),
        ("fail-on = \"error\"", "did you mean `fail_on`?"),
        ("fail_on = \"eror\"", "unknown severity of `fail_on` `eror`; did you mean `error`?"),
        ("[rules]\nkeyspec-signature-on-cps = \"off\"", "other.toml:2: unknown rule"),
        ("[rules]\nkeyspec-signature-on-cps = \"off\"", "did you mean `keyspec-signature-on-csp`?"),
        (
            "[rules]\nkeyspec-signature-on-csp = \"fatal\"",
            "unknown severity `fatal`; known are error, warning, note, off",
        ),
        ("[rules]\nkeyspec-signature-on-csp = 1", "takes a text in quotes"),
        ("rules = 1", "`rules` is a table"),
        ("for = \"isi\"", "unknown workload `isi`"),
        ("for = \"sqlserver\"", "did you mean `sql-server`?"),
        ("windows = \"1066\"", "not a Windows version"),
        ("[[ignore]]\nfingerprint = \"00000000000000ff\"", "without its `reason`"),
        ("[[ignore]]\nfingerprint = \"00000000000000ff\"\nreason = \"  \"", "without its `reason`"),
        ("[[ignore]]\nreason = \"x\"", "without its `fingerprint`"),
        ("[[ignore]]\nfingerprint = \"ff\"\nreason = \"x\"", "other.toml:2: `fingerprint` is not a fingerprint"),
        ("[[ignore]]\nfingerprnt = \"ff\"\nreason = \"x\"", "did you mean `fingerprint`?"),
        ("[ignore]\nx = 1", "`ignore` is a list of tables"),
        ("for = ", "other.toml:1: not TOML"),
        ("\"a\\u001b[31m\" = 1", "unknown key `a\\u{1b}[31m`"),
    ] {
        std::fs::write(&other, toml).unwrap();
        let (status, out, told) = run(folder.path(), &["dump.txt", "--config", "other.toml"]);
        assert_eq!((status, out.as_str()), (2, ""), "{toml}");
        assert!(told.contains(message), "{toml}: {told}");
        assert!(!told.contains('\u{1b}'), "{told:?}");
    }
    std::fs::write(&other, "[".repeat(200_000)).unwrap();
    assert_eq!(run(folder.path(), &["dump.txt", "--config", "other.toml"]).0, 2);
    std::fs::write(&other, b"\xff\xfe\0").unwrap();
    assert_eq!(run(folder.path(), &["dump.txt", "--config", "other.toml"]).0, 2);
    assert_eq!(run(folder.path(), &["dump.txt", "--config", "nowhere.toml"]).0, 2);
}

#[test]
fn a_baseline_hides_what_is_known() {
    let folder = folder();
    let (status, _, _) = run(folder.path(), &["dump.txt", "--write-baseline", "base.json"]);
    assert_eq!(status, 1);
    let (_, before) = json(folder.path(), &["dump.txt"]);
    std::fs::write(folder.path().join("report.json"), serde_json::to_string(&before).unwrap()).unwrap();
    let (_, lines, _) = run(folder.path(), &["dump.txt", "--format", "jsonl"]);
    std::fs::write(folder.path().join("report.jsonl"), &lines).unwrap();
    let prints: Vec<_> =
        before["findings"].as_array().unwrap().iter().map(|f| f["fingerprint"].as_str().unwrap()).collect();
    let list = format!("# accepted\n\n{} # because\r\n", prints.join("\n"));
    std::fs::write(folder.path().join("list.txt"), list).unwrap();
    for name in ["base.json", "report.json", "report.jsonl", "list.txt"] {
        let (status, report) = json(folder.path(), &["dump.txt", "--baseline", name]);
        assert_eq!(status, 0, "{name}");
        assert_eq!((rules(&report).len(), &report["summary"]["errors"]), (0, &Value::from(0)), "{name}");
        let aside = report["summary"]["set_aside"].as_array().unwrap();
        assert_eq!(aside.iter().map(|s| s["count"].as_u64().unwrap()).sum::<u64>(), prints.len() as u64, "{name}");
        // What hides something is itself a baseline.
        std::fs::write(folder.path().join("again.json"), serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!(run(folder.path(), &["dump.txt", "--baseline", "again.json"]).0, 0, "{name}");
    }
    let args = ["dump.txt", "--baseline", "base.json"];
    let (_, text, _) = run(folder.path(), &args);
    assert!(text.contains("2 known findings hidden, see --show-known."), "{text}");
    assert!(text.contains("Set aside:     keyspec-signature-on-csp"), "{text}");
    assert!(text.contains("No new findings."), "{text}");
    let (status, text, _) = run(folder.path(), &[&args[..], &["--show-known"]].concat());
    assert_eq!(status, 0);
    assert!(text.contains("error[keyspec-signature-on-csp]") && text.contains("an earlier run knew it"), "{text}");
    assert!(text.contains("2 known findings shown, not counted."), "{text}");
    let (_, lines, _) = run(folder.path(), &[&args[..], &["--format", "jsonl"]].concat());
    assert!(!lines.contains("\"type\":\"finding\"") && lines.contains("\"why\":\"known\""), "{lines}");
    // A page that is forwarded says why it shows no cause, too; a rule behind a verdict is named with it.
    for (format, behind) in [
        ("html", Some("<strong>Set aside:</strong> <code>keyspec-signature-on-csp</code> (known)")),
        ("markdown", Some("**Set aside:** `keyspec-signature-on-csp` (known)")),
        ("junit", None),
        ("sarif", None),
    ] {
        let (_, page, _) = run(folder.path(), &[&args[..], &["--format", format]].concat());
        let told = page.replace('`', "");
        assert!(told.contains("2 known findings hidden, see --show-known."), "{format}: {page}");
        assert!(behind.is_none_or(|behind| page.contains(behind)), "{format}: {page}");
        let (_, plain, _) = run(folder.path(), &["dump.txt", "--format", format]);
        assert!(!plain.to_lowercase().contains("set aside"), "{format}: {plain}");
    }
    let (_, text, _) = run(folder.path(), &[&args[..], &["--format", "summary"]].concat());
    assert!(text.ends_with("2 known findings hidden, see --show-known.\n"), "{text}");

    // A new finding counts: the other one alone is known.
    let known = fingerprint(&before, "keyspec-vs-keyusage");
    std::fs::write(folder.path().join("one.txt"), known).unwrap();
    let (status, report) = json(folder.path(), &["dump.txt", "--baseline", "one.txt", "--write-baseline", "new.json"]);
    assert_eq!((status, rules(&report)), (1, vec![RULE]));
    let written: Value = serde_json::from_slice(&std::fs::read(folder.path().join("new.json")).unwrap()).unwrap();
    assert_eq!(written["findings"].as_array().unwrap().len(), prints.len(), "known ones stay known");

    for (wrong, message) in [
        ("xyz", "line 1: `xyz` is not a fingerprint"),
        ("{\"a\": 1}", "neither a report nor a baseline"),
        ("{\"findings\": 1}", "not JSON"),
        ("00000000000000ff\n{", "line 2 is not JSON"),
        ("\u{1b}[31m", "line 1: `\\u{1b}[31m` is not"),
    ] {
        std::fs::write(folder.path().join("wrong"), wrong).unwrap();
        let (status, _, told) = run(folder.path(), &["dump.txt", "--baseline", "wrong"]);
        assert_eq!(status, 2, "{wrong}");
        assert!(told.contains(message), "{wrong}: {told}");
    }
}

#[test]
fn a_baseline_replaces_no_artifact_and_no_report() {
    let folder = folder();
    std::fs::copy(DUMP, folder.path().join("other.txt")).unwrap();
    // `--write-baseline *.txt`: the first artifact is taken for the baseline's name.
    let (status, _, told) = run(folder.path(), &["--write-baseline", "dump.txt", "other.txt"]);
    assert_eq!(status, 2);
    assert!(told.contains("--write-baseline dump.txt: an artifact is there"), "{told}");
    assert_eq!(std::fs::read(folder.path().join("dump.txt")).unwrap(), std::fs::read(DUMP).unwrap());
    let (status, _, told) = run(folder.path(), &["dump.txt", "-o", "json=a.json", "--write-baseline", "./a.json"]);
    assert_eq!(status, 2);
    assert!(told.contains("can't both be written to ./a.json"), "{told}");
    // An earlier baseline is no artifact.
    for _ in 0..2 {
        assert_eq!(run(folder.path(), &["dump.txt", "-o", "json=a.json", "--write-baseline", "b.json"]).0, 1);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_gets_no_suggestion() {
    let folder = folder();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link.txt")).unwrap();
    let (status, _, told) = run(folder.path(), &["link.txt"]);
    assert_eq!((status, told.as_str()), (3, ""));
}

#[test]
fn quiet_and_verbose() {
    let folder = folder();
    let lines = |args: &[&str]| run(folder.path(), args).1.lines().count();
    let (quiet, plain, verbose) = (lines(&["dump.txt", "-q"]), lines(&["dump.txt"]), lines(&["dump.txt", "-v"]));
    assert!(0 < quiet && quiet < plain && plain < verbose, "{quiet} {plain} {verbose}");
    let (status, out, told) = run(folder.path(), &["dump.txt", "-q", "--for", "code-signing"]);
    assert_eq!((status, out.as_str(), told.as_str()), (0, "", ""), "nothing is broken: not a word");
    assert_eq!(run(folder.path(), &["dump.txt", "-q", "-v"]).0, 2);
}

#[test]
fn mistyped_words_get_suggestions() {
    let folder = folder();
    for (args, message) in [
        (&["dump.txt", "--for", "sqlserver"][..], "did you mean `sql-server`?"),
        (&["dump.txt", "--format", "jsn"], "a similar value exists: 'json'"),
        (&["dump.txt", "--fromat", "json"], "a similar argument exists: '--format'"),
        (&["dmup.txt"], "`dmup.txt` is not there; did you mean `dump.txt`?"),
    ] {
        let told = run(folder.path(), args).2;
        assert!(told.contains(message), "{args:?}: {told}");
    }
    let output = Command::cargo_bin("keyspect").unwrap().args(["explain", "keyspec-signatur-on-csp"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean `keyspec-signature-on-csp`"));
}

/// A program of the system that checks something, if it is there.
fn checked_by(program: &str, args: &[&str], path: &Path) -> Option<(bool, String)> {
    let output = std::process::Command::new(program).args(args).arg(path).output();
    let Ok(output) = output else {
        println!("skipped: {program} is not installed");
        return None;
    };
    let told = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&told).into_owned()))
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Command::cargo_bin("keyspect").unwrap().args(["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("keyspect") && text.contains("baseline"), "{shell}");
        let path = folder.path().join(shell);
        std::fs::write(&path, text).unwrap();
        if matches!(shell, "bash" | "zsh" | "fish")
            && let Some((fine, told)) = checked_by(shell, &["-n"], &path)
        {
            assert!(fine && told.is_empty(), "{shell}: {told}");
        }
    }
    let output = Command::cargo_bin("keyspect").unwrap().args(["completions", "tcsh"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn manual_pages_have_no_warnings() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "check", "inspect", "explain", "rules", "collect", "completions", "man"] {
        let args: Vec<_> = ["man", name].into_iter().filter(|a| !a.is_empty()).collect();
        let output = Command::cargo_bin("keyspect").unwrap().args(args).output().unwrap();
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.is_ascii() && page.contains(".SH NAME") && page.contains("fB\\-\\-help\\fR"), "{name}");
        let path = folder.path().join(format!("keyspect{name}.1"));
        std::fs::write(&path, page).unwrap();
        if let Some((_, told)) = checked_by("mandoc", &["-Tlint", "-Wwarning"], &path) {
            let told: Vec<_> = told.lines().filter(|l| !l.contains("missing date")).collect();
            assert!(told.is_empty(), "{name}: {told:?}");
        }
        if let Some((_, told)) = checked_by("groff", &["-man", "-ww", "-z"], &path) {
            assert_eq!(told, "", "{name}");
        }
    }
    let output = Command::cargo_bin("keyspect").unwrap().args(["man", "chekc"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn links_lead_to_files_and_sources() {
    let mut report = fixture::broken();
    report.inputs[0].path = "a b/\u{1b}]8;;x\u{1b}\\ü#?.txt".to_owned();
    report.findings[0].references[0].url = "https://learn.microsoft.com/windows".to_owned();
    report.findings[0].references.push(keyspect::report::model::Reference {
        title: "A hostile one".to_owned(),
        url: "https://example.com/\u{1b}]0;x\u{7}".to_owned(),
    });
    let render = |links: Option<&str>| {
        let mut options = TextOptions::default();
        options.links = links.map(str::to_owned);
        let mut out = Vec::new();
        text::render(&report, &options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let plain = render(None);
    assert!(!plain.contains('\u{1b}'));
    let linked = render(Some("/home/me/tickets"));
    // RFC 3986: everything but unreserved characters is percent-encoded.
    let url = "file:///home/me/tickets/a%20b/%1B%5D8%3B%3Bx%1B%5C%C3%BC%23%3F.txt";
    assert!(linked.contains(&format!("\u{1b}]8;;{url}\u{1b}\\a b/")), "{linked:?}");
    assert!(linked.contains("\u{1b}]8;;https://learn.microsoft.com/windows\u{1b}\\Schannel,"), "{linked:?}");
    // Without the links' own sequences it is the same text, and nothing of the input is one.
    let mut rest = linked.as_str();
    let mut shown = String::new();
    while let Some((before, after)) = rest.split_once("\u{1b}]8;;") {
        shown.push_str(before);
        let (target, after) = after.split_once("\u{1b}\\").unwrap();
        assert!(target.bytes().all(|b| b.is_ascii_graphic()), "{target:?}");
        rest = after;
    }
    shown.push_str(rest);
    assert_eq!(shown, plain);
    // None in pipes, whatever the environment says.
    let folder = folder();
    let output =
        keyspect(folder.path()).env("FORCE_HYPERLINK", "1").args(["--color", "always", "dump.txt"]).output().unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("\u{1b}]8"));
}

/// Runs under a terminal of `script` (util-linux): what the terminal got.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &Path, line: &str) -> Option<String> {
    let output = std::process::Command::new("script")
        .args(["-qec", line, "/dev/null"])
        .current_dir(folder)
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8")
        .env("FORCE_HYPERLINK", "1")
        .stdin(std::process::Stdio::null())
        .output();
    match output {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            println!("skipped: script is not installed");
            None
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn progress_on_a_terminal_only() {
    let folder = folder();
    let program = Command::cargo_bin("keyspect").unwrap().get_program().to_string_lossy().into_owned();
    // A second and a half pass while standard input is read.
    let slow = "{ cat dump.txt; sleep 1.5; echo; }";
    let Some(told) = on_a_terminal(folder.path(), &format!("{slow} | {program} - -o report.txt")) else { return };
    assert!(told.contains("read, input 1 of 1: -") || told.contains("comparing what was read"), "{told:?}");
    assert!(told.trim_end().ends_with("\u{1b}[2K"), "the line is erased: {told:?}");
    let quiet = on_a_terminal(folder.path(), &format!("{slow} | {program} - -q -o report.txt")).unwrap();
    assert_eq!(quiet.trim(), "");
    let short = on_a_terminal(folder.path(), &format!("{program} dump.txt -o report.txt")).unwrap();
    assert_eq!(short.trim(), "");
    let piped = on_a_terminal(folder.path(), &format!("{slow} | {program} - -o report.txt 2>&1 | cat")).unwrap();
    assert_eq!(piped.trim(), "");
    let linked = on_a_terminal(folder.path(), &format!("{program} dump.txt")).unwrap();
    assert!(linked.contains("\u{1b}]8;;file:///"), "{linked:?}");
    let redirected = on_a_terminal(folder.path(), &format!("{program} dump.txt | cat")).unwrap();
    assert!(!redirected.contains("\u{1b}]8"));
}

#[test]
fn every_name_of_every_table_has_a_page() {
    let mut asked: Vec<String> = names();
    let mut add = |name: &str| asked.push(name.to_owned());
    RULES.iter().for_each(|r| add(r.meta().name));
    WORKLOADS.iter().for_each(|w| add(w.name));
    for code in hresult::CODES {
        add(code.name);
        add(&format!("{:#010X}", code.value).replace("0X", "0x"));
        add(&code.value.cast_signed().to_string());
        code.also.iter().for_each(|n| add(&format!("{n:#x}")));
    }
    for e in event::EVENTS {
        add(&e.id.to_string());
        add(&format!("event {}", e.id));
    }
    for (id, name) in property_id::NAMES {
        add(&format!("CERT_{name}_PROP_ID"));
        add(&format!("XCN_CERT_{name}_PROP_ID"));
        add(&format!("CERT_{name}_PROP_ID({id})"));
        add(&format!("property {id}"));
    }
    provider::PROVIDERS.iter().for_each(|p| add(p.name));
    (0..=24).filter_map(provider::type_name).for_each(&mut add);
    let bits = [
        flags::KEY_PROV_FLAGS,
        flags::KEY_PERMISSIONS,
        flags::EXPORT_POLICY,
        flags::KEY_USAGE_PROPERTY,
        flags::ACCESS_STATE,
    ];
    for bit in bits.into_iter().flatten() {
        add(bit.name);
        add(&format!("XCN_{}", bit.name));
    }
    for (_, name, label) in key_usage::KEY_USAGE_BITS {
        add(name);
        add(label);
    }
    // X509KeyUsageFlags (certenroll.h) and the constants of wincrypt.h.
    for name in [
        "DIGITAL_SIGNATURE",
        "NON_REPUDIATION",
        "KEY_ENCIPHERMENT",
        "DATA_ENCIPHERMENT",
        "KEY_AGREEMENT",
        "KEY_CERT_SIGN",
        "OFFLINE_CRL_SIGN",
        "CRL_SIGN",
        "ENCIPHER_ONLY",
        "DECIPHER_ONLY",
    ] {
        add(&format!("CERT_{name}_KEY_USAGE"));
        add(&format!("XCN_CERT_{name}_KEY_USAGE"));
    }
    for name in ["AT_NONE", "AT_KEYEXCHANGE", "AT_SIGNATURE", "CERT_NCRYPT_KEY_SPEC"] {
        add(name);
        add(&format!("XCN_{name}"));
    }
    oid::EXTENDED_KEY_USAGES.iter().for_each(|(oid, name)| {
        add(oid);
        add(name);
    });
    for (name, _) in icacls::RIGHTS {
        add(name);
        add(&format!("({name})"));
        add(&format!("({})", name.to_lowercase()));
    }
    sddl::RIGHTS.iter().chain(&get_acl::RIGHTS).chain(&icacls::RIGHTS_BY_NAME).for_each(|(name, _)| add(name));
    for (sid, name) in principal::ENGLISH.iter().chain(&principal::TRANSLATED) {
        add(sid);
        add(&format!("*{sid}"));
        add(name);
        add(name.rsplit('\\').next().unwrap());
    }
    for (alias, sid) in principal::ALIASES {
        add(alias);
        add(sid);
    }
    principal::RELATIVE_ALIASES.iter().for_each(|(alias, name)| {
        add(alias);
        add(name);
    });
    for (prefix, name) in container_name::SYSTEM_CONTAINERS {
        add(prefix);
        add(name);
        add(&format!("{prefix}_3ade29bb-f050-41f3-b0db-f2b69957a1d7"));
    }
    for (id, _) in binding::APPLICATION_IDS {
        add(id);
        add(&format!("{{{id}}}").to_uppercase());
    }
    [
        "adcs-ca-keyspec",
        "pfx-friendlyname",
        "FILE_GENERIC_READ",
        "(OI)",
        "IIS APPPOOL\\shop",
        "NT SERVICE\\MSSQLSERVER",
    ]
    .into_iter()
    .for_each(add);
    let without: Vec<_> = asked.iter().filter(|name| explain(name).is_err()).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn what_the_pages_say() {
    for (query, expected) in [
        ("pfx-friendlyname", "# pfx-friendlyname-container-collision"),
        ("(RX)", "The access mask 0x001200a9"),
        ("FILE_GENERIC_READ", "FILE_READ_DATA"),
        ("NETWORK SERVICE", "S-1-5-20"),
        ("S-1-5-18", "NT AUTHORITY\\SYSTEM"),
        ("SY", "S-1-5-18"),
        // Microsoft Learn publishes the SID of a default instance's service account.
        ("NT SERVICE\\MSSQLSERVER", "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003"),
        ("{4dc3e181-e14b-4a21-b022-59fc669b0914}", ": IIS."),
        ("6de9cb26d2b98c01ec4e9e8b34824aa2", "# iisConfigurationKey"),
        ("XCN_CERT_KEY_ENCIPHERMENT_KEY_USAGE", "# keyEncipherment"),
    ] {
        let page = explain(query).unwrap().markdown;
        assert!(page.contains(expected), "{query}: {page}");
    }
}

/// A name with a letter left out finds some that are close. Every fifth name: each is compared with all.
#[test]
fn near_misses_of_long_names_are_found() {
    let long = |n: &&String| n.is_ascii() && n.chars().filter(|c| c.is_alphabetic()).count() >= 9;
    for name in names().iter().filter(long).step_by(5) {
        let letters: Vec<char> = name.chars().collect();
        let at = letters.len() / 2;
        let typo: String = letters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| *c).collect();
        if let Err(unknown) = explain(&typo) {
            assert!(!unknown.suggestions.is_empty(), "{typo}");
        }
    }
}

#[test]
fn the_list_of_rules() {
    let output = Command::cargo_bin("keyspect").unwrap().args(["rules", "--format", "json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let listed: Vec<_> = list["rules"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    let output = Command::cargo_bin("keyspect").unwrap().args(["rules"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for rule in RULES.iter() {
        assert!(listed.contains(&rule.meta().name));
        assert!(text.lines().any(|l| l.split(' ').next() == Some(rule.meta().name)), "{}", rule.meta().name);
    }
    assert!(listed.is_sorted());
}

/// What a later artifact withdraws is in no baseline.
#[test]
fn a_streamed_report_gives_the_same_baseline() {
    let folder = tempfile::tempdir().unwrap();
    for case in ["adfs-service-communications-keyspec", "control-renewal-same-key", "adfs-ssl-cert-not-set-passes"] {
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cases").join(case);
        let [whole, streamed] = ["json", "jsonl"].map(|format| {
            let path = folder.path().join(format);
            let _ = std::fs::remove_file(&path);
            let mut command = Command::new(env!("CARGO_BIN_EXE_keyspect"));
            command.args(["--no-config", "--fail-on", "never", "--at", "2026-11-25T00:00:00Z", "--format", format]);
            command.arg("--write-baseline").arg(&path).arg(&case);
            assert!(command.output().unwrap().status.success());
            std::fs::read_to_string(path).unwrap()
        });
        assert_eq!(streamed, whole, "{}", case.display());
    }
}

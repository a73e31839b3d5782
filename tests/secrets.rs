//! Passwords and private numbers of real-looking inputs, searched for in everything that the program leaves behind: every
//! format, standard error, files that it writes, its command line, and the `Debug` of what the library hands out.
#![cfg(all(unix, feature = "cli", feature = "decrypt", feature = "zip"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod below;
mod bytes;

use aho_corasick::AhoCorasick;
use assert_cmd::Command;
use below::files_below;
use bytes::{base64, der_value};
use keyspect::analyze::{Analysis, Options};
use keyspect::formats::pfx::open::open;
use keyspect::formats::pfx::walk;
use keyspect::formats::{
    capi_key_blob, capi_key_container, cng_key_blob, cng_key_file, detect_binary, pem, private_key, pvk, roaming_token,
};
use keyspect::input::Passwords;
use keyspect::limits::Limits;
use std::fmt::Debug;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use zeroize::Zeroizing;

const PASSWORD: &str = "corpus-Password1";
const WRONG: &str = "C4nary-of-a-wrong-password";

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn artifacts(kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus().join(kind)).unwrap().map(|case| case.unwrap().path());
    let cases = entries.filter(|path| path.is_dir());
    let files = cases.flat_map(|case| fs::read_dir(case).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>());
    let mut found: Vec<PathBuf> = files.filter(|file| file.file_name().unwrap() != "case.toml").collect();
    found.sort();
    found
}

/// The private numbers of a key in PKCS #8, PKCS #1 or SEC 1: all of an RSA key but modulus and exponent, the scalar of others.
fn private_numbers(der: &[u8]) -> Vec<Vec<u8>> {
    let Some((0x30, fields, _)) = der_value(der) else { return Vec::new() };
    let (mut numbers, mut octets, mut rest) = (Vec::new(), None, fields);
    while let Some((tag, content, after)) = der_value(rest) {
        match tag {
            2 => numbers.push(content.to_vec()),
            4 => octets = octets.or(Some(content)),
            _ => {}
        }
        rest = after;
    }
    match octets {
        _ if numbers.len() >= 9 => numbers.split_off(3),
        Some(inner) => match der_value(inner) {
            Some((0x30, ..)) => private_numbers(inner),
            Some((4, scalar, _)) if inner.len() > 32 => vec![scalar.to_vec()],
            _ => vec![inner.to_vec()],
        },
        None => Vec::new(),
    }
}

/// Twelve bytes from the middle of a number in every form in which a program might print them.
fn forms(number: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let reversed: Vec<u8> = number.iter().rev().copied().collect();
    for number in [number, &reversed] {
        let middle = &number[number.len() / 2 - 7..][..14];
        let joined = |form: fn(&u8) -> String, between: &str| {
            middle[..12].iter().map(form).collect::<Vec<_>>().join(between).into_bytes()
        };
        found.push(middle[..12].to_vec());
        for between in ["", ":", " ", ",", ", "] {
            found.push(joined(|byte| format!("{byte:02x}"), between));
        }
        for between in [", ", ",", ",\n"] {
            found.push(joined(|byte| format!("{byte}"), between));
        }
        (0..3).for_each(|shift| found.push(base64(&middle[shift..shift + 12]).into_bytes()));
    }
    found
}

/// Everything that must not be seen.
struct Secrets {
    words: Vec<Vec<u8>>,
    search: AhoCorasick,
}

impl Secrets {
    fn of_the_corpus() -> Self {
        let mut numbers = Vec::new();
        for path in artifacts("private-key").into_iter().chain(artifacts("certificate")) {
            let bytes = fs::read(path).unwrap();
            let blocks = pem::parse(&bytes, &Limits::default()).unwrap().blocks;
            let armoured = blocks.iter().flat_map(|block| private_numbers(&block.content));
            numbers.extend(armoured.chain(private_numbers(&bytes)));
        }
        for path in artifacts("pfx") {
            let bytes = fs::read(path).unwrap();
            for key in
                p12_keystore::Pkcs12Archive::from_pkcs12(&bytes, PASSWORD).map(|all| all.keys).unwrap_or_default()
            {
                numbers.extend(private_numbers(key.key.as_der()));
            }
        }
        numbers.retain(|number| number.len() >= 24);
        numbers.sort();
        numbers.dedup();
        assert!(numbers.len() > 30, "{}", numbers.len());
        let mut words: Vec<Vec<u8>> = numbers.iter().flat_map(|number| forms(number)).collect();
        for password in [PASSWORD, WRONG, "C4nary-Pa55word"] {
            words.push(password.into());
            words.push(password.encode_utf16().flat_map(u16::to_be_bytes).collect());
            words.push(password.encode_utf16().flat_map(u16::to_le_bytes).collect());
            words.push(base64(password.as_bytes()).into_bytes());
        }
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&words).unwrap();
        Self { words, search }
    }

    #[track_caller]
    fn check(&self, what: &str, bytes: &[u8]) {
        if let Some(found) = self.search.find(bytes) {
            let word = &self.words[found.pattern().as_usize()];
            let around = &bytes[found.start().saturating_sub(80)..(found.end() + 20).min(bytes.len())];
            panic!("{what}: {} in {}", String::from_utf8_lossy(word), String::from_utf8_lossy(around));
        }
    }

    #[track_caller]
    fn check_debug(&self, what: &str, value: &dyn Debug) {
        self.check(what, format!("{value:?}").as_bytes());
        self.check(what, format!("{value:#?}").replace(['\n', ' '], "").as_bytes());
    }
}

const KINDS: [&str; 10] = [
    "pfx",
    "private-key",
    "certificate",
    "pvk",
    "capi-key-blob",
    "cng-key-blob",
    "capi-key-container",
    "cng-key-file",
    "script",
    "roaming-token",
];

/// The corpus's keys, whole and damaged, and keys inside a ticket.
fn fill(folder: &Path) {
    let opened =
        ["windows-like", "openssl-ec", "openssl-ed25519", "not-encrypted", "nested-safe", "two-keys", "pbmac1"];
    let mut tickets = String::from("The customer sent:\n\n");
    for kind in KINDS {
        for path in artifacts(kind) {
            let bytes = fs::read(&path).unwrap();
            let case = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
            if kind == "pfx" && !opened.contains(&case) {
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            fs::write(folder.join(format!("{kind}-{case}-{name}")), &bytes).unwrap();
            let mut damaged = bytes.clone();
            let at = damaged.len() / 3;
            damaged[at] ^= 0x55;
            // A damaged quotation mark leaves no way to tell a password in a copy.
            if kind != "script" {
                fs::write(folder.join(format!("damaged-{kind}-{case}-{name}")), &damaged).unwrap();
            }
            fs::write(folder.join(format!("cut-{kind}-{case}-{name}")), &bytes[..bytes.len() * 2 / 3]).unwrap();
            if let Some(text) = std::str::from_utf8(&bytes).ok().filter(|_| kind == "private-key") {
                tickets.push_str(&format!("    {}\n", text.trim_end().replace('\n', "\n    ")));
                let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                fs::write(folder.join(format!("wide-{case}.pem")), [b"\xff\xfe", wide.as_slice()].concat()).unwrap();
            }
        }
    }
    fs::write(folder.join("ticket.txt"), tickets).unwrap();
}

fn keyspect(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("keyspect").unwrap();
    command.env_clear().env("PW", PASSWORD).env("TMPDIR", folder.join("tmp")).current_dir(folder);
    command.timeout(Duration::from_secs(300));
    command
}

#[test]
fn no_output_of_any_form_has_a_secret() {
    let secrets = Secrets::of_the_corpus();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["in", "tmp"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    fill(&root.join("in"));
    fs::write(root.join("list"), format!("{WRONG}\n*legacy*={WRONG}\n")).unwrap();
    let given = ["--passin", "env:PW", "--passwords", "list", "--no-config"];
    let formats = ["text", "short", "summary", "json", "jsonl", "sarif", "junit", "csv", "html", "markdown"];
    let mut runs: Vec<Vec<&str>> = formats.iter().map(|format| vec!["check", "--format", format, "in"]).collect();
    runs.extend([
        vec!["check", "--verbose", "--all-checks", "--color", "always", "in"],
        vec!["check", "--redact", "--format", "json", "in"],
        vec!["inspect", "in"],
        vec!["inspect", "--format", "json", "in"],
        vec!["collect", "in"],
        vec!["redact", "in", "-o", "copies"],
        vec!["check", "in", "--write-baseline", "baseline.json", "-o", "all.json", "-o", "all.html", "-o", "all.sarif"],
    ]);
    for arguments in runs {
        let mut command = keyspect(root);
        command.args(&arguments);
        let takes_settings = arguments[0] == "check";
        command.args(&given[..if takes_settings { 5 } else { 4 }]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?}: {said}");
        secrets.check(&format!("{arguments:?}, output"), &output.stdout);
        secrets.check(&format!("{arguments:?}, errors"), &output.stderr);
    }
    let written: Vec<PathBuf> =
        files_below(root).into_iter().filter(|path| !path.starts_with(root.join("in"))).collect();
    assert!(
        ["baseline.json", "all.json", "all.html", "all.sarif"].iter().all(|name| written.contains(&root.join(name)))
    );
    for path in written.iter().filter(|path| !path.ends_with("list")) {
        secrets.check(&path.display().to_string(), &fs::read(path).unwrap());
    }
    assert_eq!(fs::read_dir(root.join("tmp")).unwrap().count(), 0, "no temporary files");
}

/// Wrong usage with a password in it.
#[test]
fn no_message_about_wrong_usage_has_the_password() {
    let secrets = Secrets::of_the_corpus();
    let folder = tempfile::tempdir().unwrap();
    let password = format!("pass:{WRONG}");
    let joined = format!("--passin=pass:{WRONG}");
    let wrong: [&[&str]; 7] = [
        &["--passin", &password],
        &["--passin", WRONG, "x"],
        &["--passin", &password, "--no-such-option", "x"],
        &[&joined, "no-such-file"],
        &["--passin", &password, "--format", "no-such-format", "x"],
        &["--passin", &password, "--passin", &password, "x"],
        &["--passin", "file:/no/such/file", "x"],
    ];
    for arguments in wrong {
        let output = keyspect(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.code().is_some_and(|code| code >= 2), "{arguments:?}");
        secrets.check("output", &output.stdout);
        secrets.check(&format!("{:?}", &arguments[1..]), &output.stderr);
    }
}

/// What other processes can see of one that is at work.
#[cfg(target_os = "linux")]
#[test]
fn the_process_shows_no_password_and_leaves_no_image_of_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, PASSWORD).unwrap();
    let list = folder.path().join("list");
    fs::write(&list, WRONG).unwrap();
    for source in ["env:PW".to_owned(), format!("file:{}", password.display())] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_keyspect"))
            .args(["--passin", &source, "--passwords"])
            .arg(&list)
            .arg("-")
            .env("PW", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let of = |name: &str| fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
        // It waits for standard input; its limits show that it has begun.
        let began = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            String::from_utf8(of("limits")).unwrap().lines().any(|line| {
                line.starts_with("Max core file size")
                    && line.split_whitespace().filter(|word| *word == "0").count() == 2
            })
        });
        assert!(began, "core dumps are not switched off");
        let line = of("cmdline");
        assert!(!line.is_empty());
        for secret in [PASSWORD, WRONG] {
            assert!(!line.windows(secret.len()).any(|part| part == secret.as_bytes()), "{source}");
        }
        child.stdin.take().unwrap().write_all(b"nothing\n").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3));
    }
}

/// `Debug` of what the library hands out ends in logs of programs that use it.
#[test]
fn no_debug_of_a_public_type_has_a_secret() {
    let secrets = Secrets::of_the_corpus();
    let limits = Limits::default();
    let mut passwords = Passwords::new();
    passwords.add(Zeroizing::new(PASSWORD.to_owned()));
    let mut options = Options::new(time::OffsetDateTime::UNIX_EPOCH);
    options.passwords = passwords;
    let mut analysis = Analysis::new(options);
    let mut opened = 0;
    for kind in KINDS {
        for path in artifacts(kind) {
            let what = path.display().to_string();
            let whole = fs::read(&path).unwrap();
            for bytes in [&whole[..], &whole[..whole.len() * 2 / 3]] {
                secrets.check_debug(&what, &detect_binary::detect(bytes));
                if let Ok(mut pfx) = walk(bytes, &limits) {
                    secrets.check_debug(&what, &pfx);
                    open(&mut pfx, &[Zeroizing::new(PASSWORD.to_owned())], &limits);
                    opened += pfx.bags().filter(|bag| bag.key().is_some()).count();
                    secrets.check_debug(&what, &pfx);
                }
                let blocks = pem::parse(bytes, &limits).map(|pem| pem.blocks).unwrap_or_default();
                for inner in blocks.iter().map(|block| &block.content[..]).chain([bytes]) {
                    secrets.check_debug(&what, &private_key::parse(inner, &limits));
                }
                secrets.check_debug(&what, &pvk::parse(bytes, &limits));
                secrets.check_debug(&what, &capi_key_blob::parse(bytes, &limits));
                secrets.check_debug(&what, &capi_key_container::parse(bytes, &limits));
                secrets.check_debug(&what, &cng_key_blob::parse(bytes, &limits));
                secrets.check_debug(&what, &cng_key_file::parse(bytes, &limits));
                secrets.check_debug(&what, &roaming_token::parse(bytes, &limits));
                analysis.read(&what, None, &mut &bytes[..]).unwrap();
            }
        }
    }
    assert!(opened > 20, "{opened}");
    secrets.check_debug("the case", analysis.case());
    secrets.check_debug("the report", &analysis.finish().unwrap());
}

//! What OpenSSL prints of each certificate request of the corpus asks for what the request's bytes ask for. Needs openssl;
//! says so when it is not there.

mod below;
mod made;

use below::files_below;
use keyspect::analyze::{Analysis, Options};
use keyspect::model::key_request::{KeyRequest, RequestForm};
use keyspect::report::model::Report;
use std::path::{Path, PathBuf};
use std::process::Command;
use time::macros::datetime;

/// The requests of an input that are PKCS #10, and the report.
fn read(bytes: &[u8]) -> (Vec<KeyRequest>, Report) {
    let mut analysis = Analysis::new(Options::new(datetime!(2026-11-01 12:00 UTC)));
    analysis.read("request", None, &mut &*bytes).expect("nothing is written");
    let requests = analysis.case().requests().map(|(_, request)| request.clone());
    let requests = requests.filter(|request| request.form == RequestForm::Pkcs10).collect();
    (requests, analysis.finish().expect("nothing is written"))
}

/// The endings of files with requests in the corpus.
const EXTENSIONS: [&str; 5] = ["csr", "req", "p10", "pem", "der"];

/// What OpenSSL prints of a request; `None` when it is none for it.
fn printed(file: &Path, options: &[&str]) -> Option<Vec<u8>> {
    let bytes = std::fs::read(file).expect("the file");
    let form = if bytes.starts_with(&[0x30]) { "DER" } else { "PEM" };
    let mut openssl = Command::new("openssl");
    let output = openssl.args(["req", "-inform", form, "-in"]).arg(file).args(options).output().expect("openssl runs");
    output.status.success().then_some(output.stdout)
}

/// Requests with other keys, names and attributes than those of the corpus, made by OpenSSL.
fn made(folder: &Path) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).expect("a folder");
    let kinds: [(&str, &str, &[&str]); 5] = [
        ("ec -pkeyopt ec_paramgen_curve:P-384", "/C=SE/ST=Skåne/O=Contoso AB/CN=måltavla", &[]),
        ("ed25519", "/CN=a", &["basicConstraints=CA:TRUE", "keyUsage=keyCertSign,cRLSign"]),
        ("rsa:1024", "/", &["subjectAltName=DNS:a.contoso.com"]),
        ("rsa:1024", "/CN=a, b", &["extendedKeyUsage=msSmartcardLogin", "1.3.6.1.4.1.311.20.2=ASN1:BMP:WebServer"]),
        ("rsa:1024", "/CN=a", &["subjectAltName=IP:fe80::1,URI:https://a/b,email:c@d"]),
    ];
    let make =
        |(n, (kind, subject, extensions))| made::made(folder, &format!("{n}.csr"), &[], kind, subject, extensions);
    kinds.into_iter().enumerate().map(make).collect()
}

/// What both of the same request must state.
fn facts(request: &KeyRequest) -> Vec<String> {
    let texts = |facts: &[keyspect::model::fact::Fact<String>]| {
        let mut texts: Vec<String> = facts.iter().map(|fact| fact.value.clone()).collect();
        texts.sort();
        format!("{texts:?}")
    };
    vec![
        format!("subject {:?}", request.subject.as_ref().map(|fact| &fact.value)),
        format!("key {:?}", request.public_key_sha1.as_ref().map(|fact| fact.value.to_string())),
        format!("algorithm {:?}", request.key_algorithm.as_ref().map(|fact| &fact.value)),
        format!("bits {:?}", request.key_length.as_ref().map(|fact| fact.value)),
        format!("usage {:?}", request.key_usage.as_ref().map(|fact| fact.value)),
        format!("purposes {}", texts(&request.extended_key_usage)),
        format!("names {}", texts(&request.alternative_names)),
        format!("ca {:?}", request.is_ca.as_ref().map(|fact| fact.value)),
        format!("template {:?}", request.template.as_ref().map(|fact| &fact.value)),
        format!("windows {:?}", request.os_version.as_ref().map(|fact| &fact.value)),
    ]
}

#[test]
fn a_text_asks_for_what_the_request_asks_for() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl");
        return;
    }
    let mut paths = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    paths.retain(|path| path.extension().is_some_and(|e| EXTENSIONS.iter().any(|own| e == *own)));
    let folder = std::env::temp_dir().join(format!("keyspect-openssl-request-{}", std::process::id()));
    paths.extend(made(&folder));
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in paths {
        let (own, report) = read(&std::fs::read(&file).expect("the file"));
        let [own] = own.as_slice() else { continue };
        let findings = |report: &Report| report.findings.iter().map(|f| f.rule.clone()).collect::<Vec<_>>();
        for options in [
            &["-text", "-noout"][..],
            &["-text", "-noout", "-nameopt", "RFC2253"],
            &["-text", "-noout", "-nameopt", "compat"],
        ] {
            let Some(text) = printed(&file, options) else { continue };
            let words = String::from_utf8_lossy(&text);
            let (read, printed) = read(&text);
            let [read] = read.as_slice() else { panic!("{}: {words}", file.display()) };
            for (read, own) in facts(read).into_iter().zip(facts(own)) {
                if read != own {
                    wrong.push(format!("{}, {options:?}: {read}, not {own}", file.display()));
                }
            }
            // What is found of it needs no more than what is printed, or the attributes that are not.
            let of_attributes = ["csr-enrollment-csp-attribute", "csr-key-not-on-target"];
            let mut expected = findings(&report);
            expected.retain(|rule| !of_attributes.contains(&rule.as_str()));
            if findings(&printed) != expected {
                wrong.push(format!("{}: {:?}, not {expected:?}", file.display(), findings(&printed)));
            }
            compared += 1;
        }
        // The text with the request behind it: as the request alone.
        let Some(both) = printed(&file, &["-text"]) else { continue };
        let (_, both) = read(&both);
        if findings(&both) != findings(&report) || both.inputs[0].verdicts != report.inputs[0].verdicts {
            let verdicts = (&both.inputs[0].verdicts, &report.inputs[0].verdicts);
            wrong.push(format!("{}: {:?}, not {:?}; {verdicts:?}", file.display(), findings(&both), findings(&report)));
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder was made");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{compared} texts compared");
    assert!(compared >= 60, "{compared}");
}

//! The bodies of the fuzz targets over the corpus and over every input that once broke one of them.
#![allow(clippy::unwrap_used, missing_docs)]

mod below;
#[path = "../fuzz/bodies.rs"]
mod bodies;

use below::files_below;
use std::fs;
use std::path::Path;

type Body = fn(&[u8]);

/// The artifacts of some folders of the corpus; `regressions` are part of every replay.
fn replay(folders: &[&str], mut body: impl FnMut(&[u8])) {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    for folder in folders.iter().chain(&["regressions"]) {
        for file in files_below(&corpus.join(folder)) {
            let own = file.extension().is_some_and(|e| e == "toml" || e == "snap" || e == "py");
            if !own {
                body(&fs::read(&file).unwrap());
            }
        }
    }
}

/// An input that once broke a body.
fn regression(file: &str) -> Vec<u8> {
    fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/regressions")).join(file)).unwrap()
}

const KEYS: [&str; 8] = [
    "capi-key-blob",
    "capi-key-container",
    "cng-key-blob",
    "cng-key-file",
    "cng-key-transport",
    "pvk",
    "private-key",
    "tpm-key-blob",
];

#[test]
fn certutil() {
    replay(&["certutil"], bodies::certutil);
}

#[test]
fn certutil_chunked() {
    replay(&["certutil"], |data| {
        for size in [0, 6] {
            bodies::certutil_chunked(&[&[size], data].concat());
        }
    });
}

#[test]
fn certutil_encoding() {
    replay(&["certutil"], bodies::certutil_encoding);
}

#[test]
fn detect() {
    replay(&["."], bodies::detect);
}

#[test]
fn text_lines() {
    replay(&["certutil", "request-inf"], |data| bodies::text_lines(&[&[0, 6, 1], data].concat()));
}

#[test]
fn cert_store() {
    replay(&["cert-store", "pkcs7", "reg-export", "registry-cert-blob", "certificate"], bodies::cert_store);
}

#[test]
fn keyblob() {
    replay(&KEYS, bodies::keyblob);
}

#[test]
fn pfx_walk() {
    replay(&["pfx"], bodies::pfx_walk);
}

#[test]
fn pfx_open() {
    replay(&["pfx"], |data| bodies::pfx_open(&[&[4], data].concat()));
}

#[test]
fn pfx_sealed() {
    for form in [0, 1] {
        replay(&["pfx", "private-key"], |data| bodies::pfx_sealed(&[&[form], data].concat()));
    }
}

#[test]
fn pfx_struct() {
    replay(&["pfx"], bodies::pfx_struct);
}

#[test]
fn request() {
    replay(&["certificate-request", "preflight", "private-key"], bodies::request);
}

#[test]
fn request_inf() {
    replay(&["request-inf", "preflight"], bodies::request_inf);
}

#[test]
fn each_format_alone() {
    let folders = [
        &KEYS[..],
        &[
            "cert-store",
            "certificate",
            "dpapi-blob",
            "dpapi-master-key",
            "pkcs7",
            "reg-export",
            "registry-cert-blob",
            "roaming-token",
        ],
    ]
    .concat();
    for body in [
        bodies::formats::capi_key_blob,
        bodies::formats::capi_key_container,
        bodies::formats::cert_element,
        bodies::formats::cng_key_blob,
        bodies::formats::cng_key_file,
        bodies::formats::cng_key_transport,
        bodies::formats::dpapi_blob,
        bodies::formats::dpapi_master_key,
        bodies::formats::pem,
        bodies::formats::pkcs7,
        bodies::formats::private_key,
        bodies::formats::pvk,
        bodies::formats::reg_export,
        bodies::formats::roaming_token,
        bodies::formats::tpm_key_blob,
    ] {
        replay(&folders, body);
    }
}

#[test]
fn listings() {
    let folders = [
        "procmon-csv",
        "key-folder-listing",
        "powershell-certificates",
        "certificate-template",
        "certificate-request",
        "script",
    ];
    for body in [
        bodies::listings::procmon_csv,
        bodies::listings::folder_listing,
        bodies::listings::powershell_certificates,
        bodies::listings::certificate_template,
        bodies::listings::key_script,
    ] {
        replay(&folders, body);
    }
}

#[cfg(feature = "zip")]
#[test]
fn report_render() {
    let folders =
        ["certutil", "pfx", "cases", "request-inf", "sslcert-bindings", "event-text", "icacls", "capi-key-container"];
    replay(&folders, bodies::report_render);
}

#[test]
fn mail() {
    replay(&["mail"], bodies::mail);
}

#[test]
fn carrier() {
    replay(&["certutil", "mail"], bodies::carrier);
}

#[test]
fn zip_archive() {
    replay(&["zip"], bodies::zip_archive);
}

#[test]
fn events() {
    replay(&["event-text", "event-xml", "event-json"], bodies::events);
}

#[test]
fn events_cut_anywhere() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    for folder in ["event-text", "event-xml", "event-json"] {
        for file in files_below(&corpus.join(folder)).iter().filter(|f| f.extension().is_none_or(|e| e != "toml")) {
            let bytes = fs::read(file).unwrap();
            (0..bytes.len()).step_by(7).for_each(|end| bodies::events(&bytes[..end]));
        }
    }
}

#[test]
#[cfg(feature = "evtx")]
fn evtx() {
    replay(&["evtx"], bodies::evtx);
}

/// A record of the cut last chunk that claims bytes which aren't there: its place ends with the file, and it is said.
#[test]
#[cfg(feature = "evtx")]
fn evtx_record_beyond_the_file() {
    bodies::evtx(&regression("evtx-record-beyond-the-file/artifact.evtx"));
}

#[test]
#[cfg(feature = "evtx")]
fn evtx_damaged_anywhere() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/evtx/schannel-and-http/artifact.evtx");
    let whole = fs::read(path).unwrap();
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..2_000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(3) {
            let at = 4_096 + next(3_600);
            bytes[at] = u8::try_from(next(256)).unwrap();
        }
        bodies::evtx(&bytes);
    }
}

#[test]
fn sslcert() {
    replay(&["sslcert-bindings"], bodies::sslcert);
}

#[test]
fn iis_config() {
    replay(&["iis-config"], bodies::iis_config);
}

#[test]
fn error_text() {
    replay(&["error-text"], bodies::error_text);
}

#[test]
fn system_info() {
    replay(&["system-info"], bodies::system_info);
}

#[test]
fn registry_hive() {
    replay(&["registry-hive"], bodies::registry_hive);
}

#[test]
fn x509() {
    replay(&["x509", "certificate"], bodies::x509_facts::x509);
}

/// A purpose with a cut arc is not the purpose that it resembles.
#[test]
fn x509_purpose_with_a_cut_arc() {
    let certificate = regression("x509-purpose-with-a-cut-arc/certificate.der");
    bodies::x509_facts::x509(&certificate);
    let facts = keyspect::formats::x509::read(&certificate, &keyspect::limits::Limits::default()).unwrap();
    let purposes = facts.extended_key_usage.unwrap();
    assert_eq!(purposes, ["1.3.6.1.5.5.7.3.2", "#2b06010505070381", "1.3.6.1.4.1.311.20.2.2"]);
    assert_eq!(facts.problems, ["the purpose #2b06010505070381 is not an object identifier"]);
}

/// Bytes without end, the same in every run.
fn noise(mut state: u64) -> impl FnMut() -> u8 {
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    }
}

/// A body over generated listings.
fn generated(body: fn(&[u8]), count: u64) {
    body(&[]);
    for number in 0..count {
        let mut next = noise(number);
        let length = 16 + usize::from(next());
        body(&(0..length).map(|_| next()).collect::<Vec<u8>>());
    }
}

#[test]
fn certutil_oracle() {
    generated(bodies::dumps::certutil_oracle, 300);
}

#[test]
fn block_shapes() {
    let mut next = noise(1);
    replay(&["certutil"], |data| {
        let changes: Vec<u8> = (0..48).map(|_| next()).collect();
        bodies::block_shapes::block_shapes(&[&changes, data].concat());
    });
}

#[test]
fn told() {
    let mut next = noise(2);
    replay(&["certutil"], |data| {
        let changes: Vec<u8> = (0..48).map(|_| next()).collect();
        bodies::told::told(&[&changes, data].concat());
    });
}

#[test]
fn redact_dump() {
    generated(bodies::dumps::redact_dump, 60);
}

#[test]
fn render_dump() {
    generated(bodies::dumps::render_dump, 60);
}

/// DER with its items changed, one change after the other.
#[test]
fn der_mutants() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    let bodies: [(&[&str], Body); 4] = [
        (&["x509", "certificate"], bodies::x509_facts::x509),
        (&["pfx"], bodies::pfx_walk),
        (&["certificate-request", "preflight", "private-key"], bodies::request),
        (&["pkcs7"], bodies::formats::pkcs7),
    ];
    for (folders, body) in bodies {
        let files = folders.iter().flat_map(|folder| files_below(&corpus.join(folder)));
        for (number, file) in files.filter(|f| f.extension().is_none_or(|e| e != "toml")).enumerate() {
            let mut bytes = fs::read(file).unwrap();
            if bytes.first() != Some(&0x30) {
                continue;
            }
            let original = bytes.clone();
            let mut next = noise(number as u64);
            for change in 0..60 {
                let choices: Vec<u8> = (0..8).map(|_| next()).collect();
                bytes = bodies::der_mutator::changed(&bytes, &mut bodies::seed::Seed(&choices));
                body(&bytes);
                if change % 6 == 5 || bytes.len() > 20_000 {
                    bytes.clone_from(&original);
                }
            }
        }
    }
}

/// Every target and its body.
const TARGETS: &[(&str, Body)] = &[
    ("block_shapes", bodies::block_shapes::block_shapes),
    ("capi_key_blob", bodies::formats::capi_key_blob),
    ("capi_key_container", bodies::formats::capi_key_container),
    ("carrier", bodies::carrier),
    ("cert_element", bodies::formats::cert_element),
    ("cert_store", bodies::cert_store),
    ("certificate_template", bodies::listings::certificate_template),
    ("certutil", bodies::certutil),
    ("certutil_chunked", bodies::certutil_chunked),
    ("certutil_encoding", bodies::certutil_encoding),
    ("certutil_oracle", bodies::dumps::certutil_oracle),
    ("cng_key_blob", bodies::formats::cng_key_blob),
    ("cng_key_file", bodies::formats::cng_key_file),
    ("cng_key_transport", bodies::formats::cng_key_transport),
    ("detect", bodies::detect),
    ("dpapi_blob", bodies::formats::dpapi_blob),
    ("dpapi_master_key", bodies::formats::dpapi_master_key),
    ("error_text", bodies::error_text),
    ("events", bodies::events),
    #[cfg(feature = "evtx")]
    ("evtx", bodies::evtx),
    ("folder_listing", bodies::listings::folder_listing),
    ("iis_config", bodies::iis_config),
    ("key_script", bodies::listings::key_script),
    ("keyblob", bodies::keyblob),
    ("mail", bodies::mail),
    ("pem", bodies::formats::pem),
    ("pfx_open", bodies::pfx_open),
    ("pfx_sealed", bodies::pfx_sealed),
    ("pfx_struct", bodies::pfx_struct),
    ("pfx_walk", bodies::pfx_walk),
    ("pkcs7", bodies::formats::pkcs7),
    ("powershell_certificates", bodies::listings::powershell_certificates),
    ("private_key", bodies::formats::private_key),
    ("procmon_csv", bodies::listings::procmon_csv),
    ("pvk", bodies::formats::pvk),
    ("redact", bodies::redact),
    ("redact_dump", bodies::dumps::redact_dump),
    ("reg_export", bodies::formats::reg_export),
    ("registry_hive", bodies::registry_hive),
    ("render_dump", bodies::dumps::render_dump),
    ("report_render", bodies::report_render),
    ("request", bodies::request),
    ("request_inf", bodies::request_inf),
    ("roaming_token", bodies::formats::roaming_token),
    ("sslcert", bodies::sslcert),
    ("system_info", bodies::system_info),
    ("text_lines", bodies::text_lines),
    ("told", bodies::told::told),
    ("tpm_key_blob", bodies::formats::tpm_key_blob),
    ("x509", bodies::x509_facts::x509),
    ("zip_archive", bodies::zip_archive),
];

/// What the targets found when they ran here (`fuzz/run.sh`): for the coverage of the grown corpora.
#[test]
#[ignore = "takes as long as the grown corpora are large"]
fn grown_corpora() {
    let grown = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus"));
    for (target, body) in TARGETS {
        for file in files_below(&grown.join(target)) {
            // A target that runs meanwhile replaces what it has made smaller.
            if let Ok(bytes) = fs::read(file) {
                body(&bytes);
            }
        }
    }
}

/// Every target has its row in `targets.txt`, with seeds and a dictionary that are there.
#[test]
fn every_target_has_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap().parse().unwrap();
    let targets = manifest.get("bin").and_then(|bin| bin.as_array()).unwrap();
    let mut names: Vec<&str> = targets.iter().map(|bin| bin.get("name").unwrap().as_str().unwrap()).collect();
    let list = fs::read_to_string(root.join("fuzz/targets.txt")).unwrap();
    let mut listed = Vec::new();
    for row in list.lines().filter(|row| !row.starts_with('#')) {
        let fields: Vec<&str> = row.split_whitespace().collect();
        listed.push(fields[0]);
        let dictionary = root.join(format!("fuzz/dictionaries/{}.dict", fields[1]));
        assert!(fields[1] == "none" || dictionary.is_file(), "{row}");
        assert!(fields[2].parse::<u32>().is_ok_and(|length| length > 0), "{row}");
        assert!(fields[4..].iter().all(|folder| root.join("corpus").join(folder).is_dir()), "{row}");
    }
    listed.sort_unstable();
    names.sort_unstable();
    assert_eq!(listed, names);
    names.retain(|name| cfg!(feature = "evtx") || *name != "evtx");
    assert_eq!(names, TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn redact() {
    replay(&["certutil", "icacls", "event-text", "sslcert-bindings"], bodies::redact);
}

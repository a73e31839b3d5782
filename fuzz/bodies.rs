//! What each fuzz target does with its bytes; also replayed over the corpus by `tests/fuzz_replay.rs` on stable Rust.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::expect_used, clippy::indexing_slicing)]

#[path = "block_shapes.rs"]
pub mod block_shapes;
#[path = "certutil_dump.rs"]
mod certutil_dump;
#[path = "der_mutator.rs"]
pub mod der_mutator;
#[path = "dumps.rs"]
pub mod dumps;
#[path = "pfx_sealed.rs"]
mod pfx_sealed;
#[path = "pfx_structure.rs"]
mod pfx_structure;
#[path = "seed.rs"]
pub mod seed;
#[path = "told.rs"]
pub mod told;
#[path = "x509_facts.rs"]
pub mod x509_facts;

use keyspect::analyze::{Analysis, Options};
use keyspect::case::artifact::Origin;
use keyspect::case::key_artifacts;
use keyspect::formats::detect_binary;
use keyspect::formats::error_text::ErrorTextReader;
use keyspect::formats::glance::{Glance, Words};
use keyspect::formats::iis_config::IisConfigReader;
use keyspect::formats::iis_ssl_bindings::IisSslBindingReader;
use keyspect::formats::pfx::open::open;
use keyspect::formats::piece::Cleaned;
use keyspect::formats::service_account::ServiceAccountReader;
use keyspect::formats::service_certificate::ServiceCertificateReader;
use keyspect::formats::sslcert::SslCertReader;
use keyspect::formats::system_info::SystemInfoReader;
use keyspect::formats::text_reader::TextReader;
use keyspect::formats::{
    capi_key_blob, capi_key_container, cert_element, cert_store, certificate_request, cng_key_blob, cng_key_file,
    cng_key_transport, dpapi_blob, dpapi_master_key, key_prov_info, pem, pfx, pfx_listing, pkcs7, private_key, pvk,
    reg_export, reg_query, request_inf, roaming_token, tpm_key_blob,
};
use keyspect::input::{Carrier, CodePage, Line, LineReader, TextEncoding, choose, looks_like_text};
use keyspect::limits::Limits;
use keyspect::model::fact::SourceId;
use keyspect::model::observation::Observed;
use keyspect::redact::Redactor;
use keyspect::report::model::Report;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::Mutex;
use time::macros::datetime;
use zeroize::Zeroizing;

/// Answers with a few bytes at a time.
struct Portions<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.size.min(out.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(n);
        out[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

/// Reads everything; gives what each line says.
fn read_lines<R: Read>(reader: R, encoding: TextEncoding, limits: &Limits) -> Vec<(String, u64, u64, u64, bool)> {
    let mut reader = LineReader::new(reader, encoding, limits);
    let mut seen = Vec::new();
    while let Some(batch) = reader.next_batch().expect("the reader doesn't fail") {
        for line in batch.lines() {
            check_places(&line);
            let continues = line.window.is_some_and(|w| w.index > 0);
            seen.push((line.text.to_owned(), line.number, line.start, line.end, continues));
        }
    }
    seen
}

fn check_places(line: &Line<'_>) {
    let mut last = line.start;
    // A long line is checked at some places only: asking for all of them takes quadratic time.
    let step = line.text.len() / 64 + 1;
    for index in (0..=line.text.len() + 1).step_by(step) {
        let place = line.original(index);
        assert!(last <= place && place <= line.end);
        assert!(line.column(index) > 0);
        last = place;
    }
}

fn options() -> Options {
    Options::new(datetime!(2026-01-01 0:00 UTC))
}

fn report(reader: &mut (dyn Read + Send), options: Options) -> Report {
    let mut analysis = Analysis::new(options);
    analysis.read("input", None, reader).expect("nothing is written");
    analysis.finish().expect("nothing is written")
}

/// What a report says of an input, without places and what follows from them.
pub fn facts(report: &Report) -> Value {
    let credentials: Vec<Value> = report
        .credentials
        .iter()
        .map(|c| {
            json!({ "certificate": c.certificate, "store": c.store, "key": c.key, "verdicts": c.verdicts,
                    "origin": c.origin })
        })
        .collect();
    let findings: Vec<_> = report.findings.iter().map(|f| (&f.rule, f.credential, f.severity)).collect();
    let mut input =
        report.inputs.first().map(|i| json!({ "kind": i.kind, "language": i.language, "details": i.details }));
    // Offsets are those of the encoding.
    let records = input.as_mut().and_then(|i| i.pointer_mut("/details/records")).and_then(Value::as_array_mut);
    for record in records.into_iter().flatten().filter_map(Value::as_object_mut) {
        record.remove("bytes");
    }
    json!({ "input": input, "credentials": credentials, "findings": findings })
}

/// Any bytes as a text input: the whole way to a report and its JSON, and every place lies within the bytes.
pub fn certutil(data: &[u8]) {
    let mut options = options();
    options.encoding = Some(choose(data, &keyspect::formats::certutil::words_beyond_ascii()).encoding);
    let report = report(&mut &data[..], options);
    let size = data.len() as u64;
    let inside = |[start, end]: [u64; 2]| assert!(start <= end && end <= size, "{start}..{end} of {size}");
    for input in &report.inputs {
        input.problems.iter().filter_map(|p| p.bytes).for_each(inside);
    }
    report.credentials.iter().flat_map(|c| &c.sources).for_each(|s| inside(s.bytes));
    report.findings.iter().flat_map(|f| &f.evidence).for_each(|e| inside(e.bytes));
    let text = serde_json::to_string(&report).expect("a report is JSON");
    let back: Report = serde_json::from_str(&text).expect("its own JSON is a report");
    assert_eq!(report, back);
}

/// Any bytes: the report doesn't depend on how the bytes arrive.
pub fn certutil_chunked(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else { return };
    let whole = report(&mut &bytes[..], options());
    let portions = report(&mut Portions { bytes, size: usize::from(*size) + 1 }, options());
    assert_eq!(whole, portions);
}

/// Any text: the facts don't depend on its encoding and line ends.
pub fn certutil_encoding(data: &[u8]) {
    let text: String =
        String::from_utf8_lossy(data).chars().filter(|c| !matches!(c, '\0' | '\r' | '\u{feff}')).collect();
    let plain = facts(&report(&mut text.as_bytes(), forced(TextEncoding::Utf8)));
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(plain, facts(&report(&mut crlf.as_bytes(), forced(TextEncoding::Utf8))));
    // Windows of long lines begin at other characters in another encoding.
    if text.lines().any(|line| line.len() > Limits::default().line_bytes / 2) {
        return;
    }
    let little: Vec<u8> = crlf.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(plain, facts(&report(&mut little.as_slice(), forced(TextEncoding::Utf16Le))));
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(plain, facts(&report(&mut big.as_slice(), forced(TextEncoding::Utf16Be))));
}

fn forced(encoding: TextEncoding) -> Options {
    let mut options = options();
    options.encoding = Some(encoding);
    options
}

/// Any bytes: what an input is stays the same.
pub fn detect(data: &[u8]) {
    let words = keyspect::formats::certutil::words_beyond_ascii();
    assert_eq!(looks_like_text(data), looks_like_text(data));
    assert_eq!(choose(data, &words), choose(data, &words));
    assert_eq!(detect_binary::detect(data), detect_binary::detect(data));
    let found = report(&mut &data[..], options());
    assert!(found.inputs.len() == 1 || matches!(found.inputs[0].kind.as_str(), "zip" | "mail"));
    assert_eq!(found, report(&mut &data[..], options()));
}

/// Any bytes in any encoding: the lines don't depend on how the bytes arrive, nothing is left out, and every place lies
/// within its line.
pub fn text_lines(data: &[u8]) {
    let Some(([which, size, small], bytes)) = data.split_first_chunk::<3>() else { return };
    let mut encodings = vec![TextEncoding::Utf8, TextEncoding::Utf8Bom, TextEncoding::Utf16Le, TextEncoding::Utf16Be];
    encodings.extend(CodePage::all().map(TextEncoding::CodePage));
    let encoding = encodings[usize::from(*which) % encodings.len()];
    let mut limits = Limits::default();
    if small % 2 == 0 {
        (limits.line_bytes, limits.line_overlap, limits.detect_bytes) = (64, usize::from(small % 64), 64);
    }
    let _ = (looks_like_text(bytes), choose(bytes, &["Schlüsselcontainer", "证书哈希"]));

    let seen = read_lines(bytes, encoding, &limits);
    assert_eq!(seen, read_lines(Portions { bytes, size: usize::from(*size) + 1 }, encoding, &limits));
    let (mut number, mut at) = (0, None);
    for (_, line, start, end, continues) in seen {
        assert_eq!(line, number + u64::from(!continues));
        assert!(at.is_none_or(|at| if continues { start <= at } else { start == at }));
        assert!(start < end);
        (number, at) = (line, Some(end));
    }
    // Behind the last line of a part in UTF-16 the second half of its line end is left.
    let rest = at.map_or(&[][..], |at| usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[1]));
    assert!(matches!(rest, [] | [0]));
}

/// Any bytes: readers of certificate elements, stores, registry exports and PKCS #7 end without a panic, and every record
/// lies inside the bytes.
pub fn cert_store(data: &[u8]) {
    let limits = Limits::default();
    let inside = |(start, end): (usize, usize)| assert!(start <= end && end <= data.len());
    let check = |element: &cert_element::CertElement| {
        inside(element.encoded);
        element.records.iter().for_each(|record| inside(record.value));
        element.problems.iter().for_each(|problem| assert!(problem.offset <= data.len()));
    };
    if let Ok(element) = cert_element::parse(data, &limits) {
        check(&element);
    }
    // The start of a store is rarely found by chance.
    let with_start = [b"\0\0\0\0CERT", data].concat();
    if let Ok(store) = cert_store::parse(&with_start, &limits) {
        assert!(store.terminated != store.problem.is_some());
    }
    let _ = key_prov_info::parse_at(data, 0);
    let _ = key_prov_info::key_context_spec(data, 0);
    if let Ok(record) = pkcs7::parse(data, &limits) {
        record.certificates.into_iter().for_each(inside);
    }
    let _ = reg_export::parse(data, &limits);
    registry_lines(data, &limits);
    if let Ok(pem) = pem::parse(data, &limits) {
        pem.blocks.iter().for_each(|block| inside(block.bytes));
        let listing = pfx_listing::read(data, &pem.blocks);
        for bag in listing.iter().flat_map(|listing| &listing.bags) {
            assert!(bag.block < pem.blocks.len());
            bag.provider.iter().for_each(|name| inside((name.value.start, name.value.end)));
        }
    }
}

/// Any bytes: every reader of key blobs, containers and key files ends without a panic, what is recognised stays
/// recognised, and every place lies inside the bytes.
pub fn keyblob(data: &[u8]) {
    let limits = Limits::default();
    let _ = capi_key_blob::parse(data, &limits);
    let _ = capi_key_container::parse(data, &limits);
    let _ = cng_key_blob::parse(data, &limits);
    let _ = cng_key_file::parse(data, &limits);
    let _ = cng_key_transport::parse(data, &limits);
    let _ = dpapi_blob::parse(data, &limits);
    let _ = dpapi_master_key::parse(data, &limits);
    let _ = private_key::parse(data, &limits);
    let _ = pvk::parse(data, &limits);
    let _ = roaming_token::parse(data, &limits);
    let _ = tpm_key_blob::parse(data, &limits);
    let kind = detect_binary::detect(data);
    assert_eq!(kind, detect_binary::detect(data));
    if let Some(artifact) = key_artifacts::read(data, &Origin::new(SourceId(0), None), &limits) {
        for source in artifact.credentials.iter().flat_map(|credential| &credential.sources) {
            assert!(source.start <= source.end && source.end <= data.len() as u64);
        }
    }
}

/// Any bytes: the walk of a PFX ends, its spans lie inside the bytes, and no key is derived.
pub fn pfx_walk(data: &[u8]) {
    let _ = pfx::looks_like(data);
    let Ok(found) = pfx::walk(data, &Limits::default()) else { return };
    let inside = |start: usize, end: usize| assert!(start <= end && end <= data.len());
    for safe in &found.safes {
        inside(safe.start, safe.end);
    }
    for (index, bag) in found.bags().enumerate() {
        inside(bag.start, bag.end);
        if let Some(provider) = &bag.attributes.provider {
            inside(provider.start, provider.end);
        }
        if bag.certificate().is_some() {
            assert!(!pfx::chain(&found, index).0.is_empty());
        }
    }
    for problem in &found.problems {
        assert!(problem.offset <= data.len());
    }
    if let Some(mac) = &found.mac {
        inside(mac.start, mac.end);
    }
}

/// Opening below the MAC. Mutants rarely keep a MAC, so the first byte chooses the password,
/// the rest is a PFX whose MAC is left out of account for half of them.
pub fn pfx_open(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let mut limits = Limits::default();
    limits.kdf_iterations = 4096;
    limits.kdf_iterations_total = 16_384;
    limits.mac_iterations = 4096;
    limits.scrypt_bytes = 1 << 20;
    let Ok(mut found) = pfx::walk(rest, &limits) else { return };
    if first & 1 == 0 {
        found.mac = None;
    }
    let given = match first >> 1 {
        0 => vec![],
        1 => vec![Zeroizing::new(String::new())],
        _ => vec![Zeroizing::new("corpus-Password1".to_owned())],
    };
    open(&mut found, &given, &limits);
    let bags: Vec<_> = found.bags().collect();
    for bag in &bags {
        if let Some(certificate) = pfx::certificate_of_key(&found, bag) {
            assert!(bags.get(certificate.bag).is_some_and(|bag| bag.certificate().is_some()));
        }
    }
}

/// Opening below the encryption: the bytes stand inside what a password opens, as bags (the first byte is even) or as a
/// private key.
pub fn pfx_sealed(data: &[u8]) {
    let Some((first, plain)) = data.split_first() else { return };
    let limits = Limits::default();
    let key = first & 1 == 1;
    let file = if key { pfx_sealed::with_key(plain) } else { pfx_sealed::with_contents(plain) };
    let mut found = pfx::walk(&file, &limits).expect("what is made is a PFX");
    let given = [Zeroizing::new("corpus-Password1".to_owned())];
    let outcome = open(&mut found, &given, &limits);
    // Contents that are a sequence are bags, perhaps damaged ones: the password opened them.
    if !key && plain.starts_with(&[0x30, 0]) {
        assert_eq!(outcome, pfx::PasswordState::Given(0));
    }
    for bag in found.bags() {
        assert!(bag.start <= bag.end);
        let _ = pfx::certificate_of_key(&found, bag);
    }
    for problem in &found.problems {
        assert!(problem.offset <= file.len(), "{problem:?}");
    }
}

/// Any bytes choose a PFX structure, which is written and read back.
pub fn pfx_struct(data: &[u8]) {
    pfx_structure::is_read_back(&pfx_structure::Made::from_seed(data));
}

/// Any bytes: readers of certificate requests and private keys end without a panic, and places lie inside the bytes.
pub fn request(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(request) = certificate_request::parse(data, &limits) {
        let spans = [&request.subject, &request.provider, &request.os_version, &request.ksp_name];
        for span in spans.into_iter().flatten() {
            assert!(span.start <= span.end && span.end <= data.len());
        }
        assert!(request.problems.iter().all(|problem| problem.offset <= data.len()));
    }
    let _ = private_key::parse(data, &limits);
}

/// Any text in any encoding: the reader of request INFs ends without a panic, and the words at a value's place are the
/// value's.
pub fn request_inf(data: &[u8]) {
    for bytes in [data.to_vec(), [b"[NewRequest]\n", data].concat()] {
        let Ok(inf) = request_inf::parse(&bytes, &Limits::default()) else { continue };
        for value in &inf.values {
            assert!(value.value.start <= value.value.end && value.value.end <= bytes.len());
        }
        if let Some(spec) = &inf.key_spec {
            assert!(spec.start <= spec.end && spec.end <= bytes.len());
        }
    }
}

/// Any text: the reader of events ends without a panic, and every fact stands inside the text.
pub fn events(data: &[u8]) {
    text_records(data, |limits| Box::new(keyspect::formats::event_text::EventReader::new(SourceId(0), limits)));
    use keyspect::formats::event_text::EventReader;
    use keyspect::formats::piece::Cleaned;
    use keyspect::formats::text_reader::TextReader;
    use keyspect::model::observation::Observation;
    let mut limits = Limits::default();
    (limits.line_bytes, limits.line_overlap) = (2_048, 256);
    let encoding = choose(data, &[]).encoding;
    let mut lines = LineReader::new(data, encoding, &limits);
    let mut reader = EventReader::new(SourceId(0), &limits);
    let mut seen = Vec::new();
    while let Some(batch) = lines.next_batch().expect("the reader doesn't fail") {
        for line in batch.lines() {
            for piece in Cleaned::new(line).pieces() {
                reader.line(piece);
            }
            seen.extend(reader.take());
        }
    }
    reader.close();
    seen.extend(reader.take());
    let end = u64::try_from(data.len()).unwrap_or(u64::MAX);
    for observed in seen {
        assert!(observed.place.end() <= end, "{observed:?}");
        let Observation::Event(event) = &observed.what else { continue };
        for place in keyspect::formats::event_fields::places(event) {
            assert!(place.end() <= end, "{event:?}");
        }
    }
}

/// Any bytes behind the header of an event log: no panic, and every record stands inside the log.
#[cfg(feature = "evtx")]
pub fn evtx(data: &[u8]) {
    let mut whole = vec![0_u8; 4_096];
    whole.extend_from_slice(b"ElfChnk\0");
    whole.extend_from_slice(data);
    for bytes in [data, &whole[..]] {
        let log = keyspect::formats::evtx::parse(bytes, SourceId(0), &Limits::default());
        let end = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        assert!(log.records.iter().all(|record| record.place.end() <= end));
        // A fault in a chunk is contained; here it is a finding.
        assert!(log.problems.iter().all(|problem| problem.message != keyspect::formats::evtx::FAULT));
    }
}

/// Any bytes: the reader of the headers of registry hives ends without a panic.
pub fn registry_hive(data: &[u8]) {
    use keyspect::formats::registry_hive;
    for bytes in [data.to_vec(), [b"regf", data].concat()] {
        assert!(registry_hive::recognise(&bytes) || registry_hive::header(&bytes).is_none());
    }
}

/// A reader of one format: any bytes end without a panic, and the answer is the same every time.
macro_rules! readers {
    ($($name:ident),* $(,)?) => { $(
        pub fn $name(data: &[u8]) {
            let limits = Limits::default();
            let (recognised, parsed) = (keyspect::formats::$name::recognise(data), keyspect::formats::$name::parse(data, &limits));
            assert_eq!(recognised, keyspect::formats::$name::recognise(data));
            assert_eq!(parsed.is_ok(), keyspect::formats::$name::parse(data, &limits).is_ok());
            if let Err(error) = parsed {
                assert!(!error.message.is_empty());
            }
        }
    )* };
}

/// One body for each binary format, so that each can be fuzzed alone.
pub mod formats {
    use super::Limits;

    readers!(
        capi_key_blob,
        capi_key_container,
        cert_element,
        cng_key_blob,
        cng_key_file,
        cng_key_transport,
        dpapi_blob,
        dpapi_master_key,
        pem,
        pkcs7,
        private_key,
        pvk,
        reg_export,
        roaming_token,
        tpm_key_blob,
    );
}

/// Any text as what `reg query` prints: the parts stand inside it.
fn registry_lines(data: &[u8], limits: &Limits) {
    let text = String::from_utf8_lossy(data);
    for line in text.lines().map(str::trim) {
        let _ = (reg_query::begins(line), reg_query::goes_on_key(line), reg_query::is_value(line));
    }
    if let Ok(Some(query)) = reg_query::parse(&text, limits) {
        let parts = query.key.map(|key| (key.start, key.end)).into_iter().chain([(query.bytes.start, query.bytes.end)]);
        parts.for_each(|(start, end)| assert!(start < end && text.get(start..end).is_some()));
    }
}

/// Offers every line of any text to a reader: every place lies in the text, nothing is open after the end, and what the
/// reader says that it passes over is nothing to it.
fn text_reader<R: TextReader>(data: &[u8], new: impl Fn() -> R) {
    let encoding = choose(data, &keyspect::formats::certutil::words_beyond_ascii()).encoding;
    let mut reader = new();
    let records = offered(data, encoding, &mut reader, false);
    assert!(!reader.is_open());
    let size = data.len() as u64;
    for record in &records {
        assert!(record.place.end() <= size);
        assert!(record.fields.iter().all(|(_, fact)| fact.place.end() <= size));
        assert!(record.excerpts.lines().all(|line| line.start <= size));
    }
    let problems = reader.problems();
    for (_, place) in &problems {
        assert!(place.end() <= size);
    }
    let mut passing = new();
    assert_eq!(offered(data, encoding, &mut passing, true), records);
    assert_eq!(passing.problems(), problems);
}

/// The search for a reader's words, which takes longer to make than most inputs to read.
fn words_of(reader: &dyn TextReader) -> &'static Words {
    static MADE: Mutex<Vec<(Vec<&str>, &Words)>> = Mutex::new(Vec::new());
    let words = reader.words();
    let mut made = MADE.lock().expect("nobody fails while it is held");
    if let Some((_, search)) = made.iter().find(|(own, _)| *own == words) {
        return search;
    }
    // One for each kind of reader.
    let search: &'static Words = Box::leak(Box::new(Words::new(vec![words.clone()]).expect("a few words")));
    made.push((words, search));
    search
}

/// What a reader makes of the lines of a text. `passing`: it is not asked about those that it passes over.
fn offered(data: &[u8], encoding: TextEncoding, reader: &mut dyn TextReader, passing: bool) -> Vec<Observed> {
    let limits = Limits::default();
    let words = words_of(reader);
    let mut lines = LineReader::new(data, encoding, &limits);
    let mut records = Vec::new();
    while let Some(batch) = lines.next_batch().expect("the reader doesn't fail") {
        for line in batch.lines() {
            let cleaned = Cleaned::new(line);
            let seen = if passing { cleaned.one_piece() } else { None };
            let glance = seen.and_then(|piece| Some((piece, Glance::of(piece, words)?)));
            if glance.is_some_and(|(piece, glance)| !glance.names(0) && reader.passes_over(piece, &glance)) {
                continue;
            }
            for piece in cleaned.pieces() {
                reader.line(piece);
            }
            records.append(&mut reader.take());
        }
    }
    reader.close();
    records.append(&mut reader.take());
    records
}

/// One body for each reader of traces, listings, templates and scripts.
pub mod listings {
    use super::{Limits, SourceId, text_reader};
    use keyspect::formats;

    pub fn procmon_csv(data: &[u8]) {
        text_reader(data, || formats::procmon_csv::ProcmonReader::new(SourceId(0), &Limits::default()));
    }

    pub fn folder_listing(data: &[u8]) {
        text_reader(data, || formats::folder_listing::FolderListingReader::new(SourceId(0), &Limits::default()));
        text_reader(data, || formats::find_private_key::FindPrivateKeyReader::new(SourceId(0), &Limits::default()));
        text_reader(data, || formats::winhttpcertcfg::WinHttpCertCfgReader::new(SourceId(0), &Limits::default()));
        text_reader(data, || formats::icacls::IcaclsReader::new(SourceId(0), &Limits::default()));
        text_reader(data, || formats::cacls::CaclsReader::new(SourceId(0), &Limits::default()));
        text_reader(data, || formats::get_acl::GetAclReader::new(SourceId(0), &Limits::default()));
    }

    pub fn powershell_certificates(data: &[u8]) {
        text_reader(data, || {
            formats::powershell_certificates::CertificateListReader::new(SourceId(0), &Limits::default())
        });
        text_reader(data, || formats::powershell_keys::KeyListReader::new(SourceId(0), &Limits::default()));
        text_reader(data, || {
            formats::openssl_certificate::OpensslCertificateReader::new(SourceId(0), &Limits::default())
        });
        text_reader(data, || formats::certificate_text::CertificateTextReader::new(SourceId(0), &Limits::default()));
    }

    pub fn certificate_template(data: &[u8]) {
        text_reader(data, || formats::certificate_template::TemplateReader::new(SourceId(0), &Limits::default()));
    }

    pub fn key_script(data: &[u8]) {
        text_reader(data, || formats::key_script::ScriptReader::new(SourceId(0), &Limits::default()));
    }
}

/// An archive in place and as a stream: the same inputs with the same status, within small bounds.
pub fn zip_archive(data: &[u8]) {
    // Without a signature only the way to the other readers would be tried.
    let data = [b"PK\x03\x04", data.strip_prefix(b"PK\x03\x04").unwrap_or(data)].concat();
    let run = |seekable: bool| {
        let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
        options.limits.archive_members = 100;
        options.limits.archive_bytes = 4 << 20;
        options.passwords.add(Zeroizing::new("corpus-Password1".to_owned()));
        let mut analysis = Analysis::new(options);
        if seekable {
            analysis.read_seekable("a.zip", None, &mut std::io::Cursor::new(&data)).expect("no sink");
        } else {
            analysis.read("a.zip", None, &mut data.as_slice()).expect("no sink");
        }
        analysis.finish().expect("no sink")
    };
    let (file, stream) = (run(true), run(false));
    let seen = |report: &Report| -> Vec<_> {
        report.inputs.iter().map(|i| (i.id, i.member.clone(), i.kind.clone(), i.status, i.bytes)).collect()
    };
    assert_eq!(seen(&file), seen(&stream));
    assert!(file.inputs.len() <= 101);
    let read: u64 = file.inputs.iter().filter(|i| i.member.is_some()).map(|i| i.bytes).sum();
    // What is read in one piece may pass the bound by that piece.
    assert!(read <= 5 << 20, "{read}");
}

/// Any bytes as a mail, behind the header fields of one and as they are: the same answer every time, every part is an input
/// of its own, within small bounds.
pub fn mail(data: &[u8]) {
    const FIELDS: &[u8] = b"From: a@contoso.com\nContent-Type: multipart/mixed; boundary=b\n\n";
    for bytes in [data.to_vec(), [FIELDS, data].concat()] {
        let run = |threads| {
            let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
            options.limits.archive_members = 100;
            options.threads = threads;
            let mut analysis = Analysis::new(options);
            analysis.read("a.eml", None, &mut bytes.as_slice()).expect("no sink");
            analysis.finish().expect("no sink")
        };
        let (one, two) = (run(1), run(2));
        let seen = |report: &Report| -> Vec<_> {
            let inputs = report.inputs.iter();
            inputs.map(|i| (i.id, i.member.clone(), i.kind.clone(), i.status, i.bytes, i.problems.len())).collect()
        };
        assert_eq!(seen(&one), seen(&two));
        assert_eq!(one.inputs[0].bytes, bytes.len() as u64);
        assert!(one.inputs.iter().skip(1).all(|input| input.member.is_some()));
        // Decoded, no transfer encoding is longer than before, but a text in UTF-8 may be three times as long.
        let depth_and_text = 3 * 3;
        let read: u64 = one.inputs.iter().skip(1).map(|i| i.bytes).sum();
        assert!(read <= depth_and_text * bytes.len() as u64, "{read} of {}", bytes.len());
    }
}

/// Any bytes as a page, a document of Word and one in RTF, and as they are: places rise and stay inside the bytes, windows of any size
/// give the same text, and so do two threads.
pub fn carrier(data: &[u8]) {
    for mark in ["", "<html>", "<w:document>", "{\\rtf1 "] {
        let bytes = [mark.as_bytes(), data].concat();
        let read = |line_bytes: usize| {
            let mut limits = Limits::default();
            limits.line_bytes = line_bytes;
            let mut carrier = Carrier::of(&bytes, &limits)?;
            let mut lines = LineReader::new(bytes.as_slice(), TextEncoding::Utf8, &limits);
            let (mut text, mut last) = (String::new(), 0);
            let mut take = |line: Line<'_>| {
                assert!(line.start <= line.end && line.end <= bytes.len() as u64);
                assert!(line.window.is_some_and(|w| w.index > 0) || line.start >= last, "{} after {last}", line.start);
                last = line.end;
                let mut from = line.start;
                for (at, c) in line.text.char_indices() {
                    let range = line.original_range(at..at + c.len_utf8());
                    assert!(
                        from <= range.start && range.start <= range.end && range.end <= line.end,
                        "{from} {range:?}"
                    );
                    assert!(line.number_at(at) >= line.number && line.column(at) > 0);
                    from = range.start;
                }
                let again = line.window.map_or(0, |window| window.overlap as usize);
                text.push_str(&line.text[again..]);
                if line.window.is_none_or(|window| window.last) {
                    text.push('\n');
                }
            };
            while let Some(batch) = lines.next_batch().expect("a slice doesn't fail") {
                batch.lines().for_each(|line| carrier.line(line, &mut take));
            }
            carrier.finish(&mut take);
            Some((text, carrier.take_unread().len()))
        };
        let Some(whole) = read(1 << 20) else { continue };
        assert_eq!(read(8 << 10), Some(whole));
        let run = |threads| {
            let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
            options.threads = threads;
            let mut analysis = Analysis::new(options);
            analysis.read("a.html", None, &mut bytes.as_slice()).expect("no sink");
            serde_json::to_string(&analysis.finish().expect("no sink")).expect("a report")
        };
        assert_eq!(run(1), run(2));
    }
}

/// The same for a reader of records among other text.
fn text_records(data: &[u8], reader: fn(&Limits) -> Box<dyn TextReader>) {
    let limits = Limits::default();
    let mut asked = reader(&limits);
    let found = offered(data, TextEncoding::Utf8, asked.as_mut(), false);
    for observed in &found {
        assert!(observed.place.end() <= data.len() as u64, "{observed:?}");
        for (_, value) in &observed.fields {
            assert!(value.place.end() <= data.len() as u64, "{observed:?}");
        }
    }
    assert_eq!(found, offered(data, TextEncoding::Utf8, reader(&limits).as_mut(), false));
    let mut passing = reader(&limits);
    assert_eq!(found, offered(data, TextEncoding::Utf8, passing.as_mut(), true));
    assert_eq!(asked.problems(), passing.problems());
}

/// Bindings of HTTP.sys.
pub fn sslcert(data: &[u8]) {
    text_records(data, |limits| Box::new(SslCertReader::new(SourceId(0), limits)));
    text_records(data, |limits| Box::new(IisSslBindingReader::new(SourceId(0), limits)));
}

/// Bindings as IIS wants them.
pub fn iis_config(data: &[u8]) {
    text_records(data, |limits| Box::new(IisConfigReader::new(SourceId(0), limits)));
}

/// Errors in any text.
pub fn error_text(data: &[u8]) {
    text_records(data, |limits| Box::new(ErrorTextReader::new(SourceId(0), limits)));
}

/// Facts about the machine.
pub fn system_info(data: &[u8]) {
    text_records(data, |limits| Box::new(SystemInfoReader::new(SourceId(0), limits)));
    text_records(data, |limits| Box::new(ServiceCertificateReader::new(SourceId(0), limits)));
    text_records(data, |limits| Box::new(ServiceAccountReader::new(SourceId(0), limits)));
}

/// Whether the elements of a page close in the order in which they open; the contents of style and script are skipped.
fn elements_close(page: &str) -> bool {
    const VOID: [&str; 3] = ["!DOCTYPE", "meta", "br"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some((_, tail)) = rest.split_once('<') {
        let Some((tag, after)) = tail.split_once('>') else { return false };
        rest = after;
        let name = tag.split(' ').next().unwrap_or_default();
        if let Some(name) = name.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !VOID.contains(&name) {
            open.push(name);
            if name == "style" || name == "script" {
                let Some(end) = rest.find(&format!("</{name}>")) else { return false };
                rest = &rest[end..];
            }
        }
    }
    open.is_empty()
}

/// Whether every fence of a Markdown text is closed: the delimiter that opened it comes again, alone on a line.
fn fences_close(text: &str) -> bool {
    let mut open: Option<&str> = None;
    for line in text.lines() {
        match open {
            Some(delimiter) if line == delimiter => open = None,
            None if line.starts_with("```") => open = Some(line.trim_end_matches(|c: char| c != '`')),
            _ => {}
        }
    }
    open.is_none()
}

/// Any bytes as an input, through every renderer.
pub fn report_render(data: &[u8]) {
    use keyspect::report::{html, json, jsonl, markdown, short, summary, text};
    // A name that would break out of every form.
    let name = "<b>`x`|\u{202e}.txt";
    let analyzed = |out: &mut Vec<u8>| {
        let mut sink = jsonl::JsonLines::new(out);
        let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC))).with_sink(&mut sink);
        analysis.read(name, None, &mut &*data).expect("a vector takes everything");
        analysis.finish().expect("a vector takes everything");
    };
    let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)));
    analysis.read(name, None, &mut &*data).expect("no sink");
    let report = analysis.finish().expect("no sink");
    let render = |renderer: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        renderer(&mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("UTF-8")
    };
    let written = render(&|out| json::render(&report, out));
    let back: Report = serde_json::from_str(&written).expect("JSON");
    assert!(back == report, "JSON reads back equal");
    let mut lines = Vec::new();
    analyzed(&mut lines);
    for line in String::from_utf8(lines).expect("UTF-8").lines() {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
    let hides = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for verbose in [false, true] {
        let mut options = text::TextOptions::default();
        options.verbose = verbose;
        assert!(!render(&|out| text::render(&report, &options, out)).contains(hides));
        let mut options = html::HtmlOptions::default();
        options.verbose = verbose;
        let page = render(&|out| html::render(&report, &options, out));
        assert!(elements_close(&page) && !page.contains(hides) && !page.contains("<b>`"));
        let mut options = markdown::MarkdownOptions::default();
        options.verbose = verbose;
        let ticket = render(&|out| markdown::render(&report, &options, out));
        assert!(fences_close(&ticket) && !ticket.contains(hides));
    }
    for ascii in [false, true] {
        assert!(!render(&|out| short::render(&report, ascii, out)).contains(hides));
        assert!(!render(&|out| summary::render(&report, ascii, out)).contains(hides));
    }
}

/// Any bytes: a redacted report keeps its verdicts and places and holds no thumbprint, serial number or GUID of the original;
/// a copy of it neither, and the same values have the same pseudonyms again.
pub fn redact(data: &[u8]) {
    let found = report(&mut &data[..], options());
    let mut redactor = Redactor::new([5; 32]);
    let hidden = redactor.report(&found);
    assert_eq!(found.inputs.len(), hidden.inputs.len());
    assert_eq!(found.credentials.len(), hidden.credentials.len());
    assert_eq!(found.findings.len(), hidden.findings.len());
    for (old, new) in found.credentials.iter().zip(&hidden.credentials) {
        assert_eq!(old.verdicts, new.verdicts);
        assert_eq!(old.key.container.file_name_rule, new.key.container.file_name_rule);
    }
    let mut written = serde_json::to_string(&hidden).expect("a report");
    if let Some(input) = found.inputs.first()
        && let Ok(copy) = redactor.copy(data, &input.kind, None, &Limits::default())
    {
        written.push_str(&copy);
    }
    let written = written.to_lowercase();
    for credential in &found.credentials {
        let certificate = credential.certificate.as_ref();
        let hashes = [certificate.and_then(|c| c.sha1.as_ref()), certificate.and_then(|c| c.sha256.as_ref())];
        let all = hashes.into_iter().chain([credential.key.container.machine_guid.as_ref()]);
        for name in all.flatten() {
            let varied = name.bytes().filter(u8::is_ascii_hexdigit).any(|b| Some(b) != name.bytes().next());
            assert!(!varied || !written.contains(&name.to_lowercase()), "{name}");
        }
    }
    let mut again = Redactor::new([5; 32]);
    assert_eq!(hidden, again.report(&found));
}

//! What must hold for every log: the facts don't depend on encoding, line ends, quoting, indentation or the reader's
//! portions; places point at what they claim; damage at the end changes nothing before it.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use bodies::{block_shapes, facts, told};
use keyspect::analyze::{Analysis, Options};
use keyspect::input::{LineReader, TextEncoding};
use keyspect::limits::Limits;
use keyspect::model::fact::{Fact, SourceId};
use keyspect::report::model::Report;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use time::macros::datetime;

fn quick(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20_260_101),
        ..ProptestConfig::default()
    }
}

fn report_of(reader: &mut (dyn Read + Send)) -> Report {
    let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)));
    analysis.read("input", None, reader).unwrap();
    analysis.finish().unwrap()
}

fn report(bytes: &[u8]) -> Report {
    report_of(&mut &bytes[..])
}

/// Answers with portions of these sizes in turn.
struct Portions<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        let n = size.min(out.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(n);
        out[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

fn inputs() -> Vec<(String, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certutil");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let file = ["input.txt", "input.bin"].into_iter().map(|n| folder.join(n)).find(|f| f.is_file())?;
        Some((folder.file_name()?.to_string_lossy().into_owned(), fs::read(file).ok()?))
    };
    folders.into_iter().filter_map(read).collect()
}

const LABELS: [[&str; 9]; 4] = [
    [
        "Certificate",
        "Serial Number",
        "Issuer",
        "Subject",
        "Cert Hash",
        "Key Container =",
        "Unique container name:",
        "Provider =",
        "Encryption test passed",
    ],
    [
        "Zertifikat",
        "Seriennummer",
        "Aussteller",
        "Antragsteller",
        "Zertifikathash",
        "Schlüsselcontainer =",
        "Eindeutiger Containername:",
        "Anbieter =",
        "Verschlüsselungstest wurde durchgeführt",
    ],
    ["证书", "序列号", "颁发者", "使用者", "证书哈希", "密钥容器 =", "唯一容器名称:", "提供程序 =", "加密测试通过"],
    [
        "Certifikát",
        "Sériové číslo",
        "Vystavitel",
        "Předmět",
        "Hash certifikátu",
        "Kontejner klíčů =",
        "Jedinečný název kontejneru:",
        "Zprostředkovatel =",
        "Test šifrování byl úspěšný.",
    ],
];

/// A short listing with some certificates, in a language, with or without keys.
fn logs() -> impl Strategy<Value = String> {
    let name = "[A-Za-zäöéñ证][A-Za-z0-9 äöéñ证.-]{0,30}[A-Za-z0-9]";
    let container = "[A-Za-z0-9{][A-Za-z0-9 ():{}_-]{0,40}[A-Za-z0-9}]";
    let block = (name, container, any::<[u8; 20]>(), 1_u64..u64::MAX, 0..3_u8);
    (0..LABELS.len(), prop::collection::vec(block, 1..5)).prop_map(|(language, blocks)| {
        let [header, serial, issuer, subject, hash, container, unique, provider, passed] = LABELS[language];
        let mut text = "my \"Personal\"\n".to_owned();
        for (i, (name, key, sha1, number, kind)) in blocks.iter().enumerate() {
            let sha1: String = sha1.iter().map(|b| format!("{b:02x}")).collect();
            text += &format!(
                "================ {header} {i} ================\n{serial}: {number:016x}\n{issuer}: CN=Fabrik CA\n"
            );
            text +=
                &format!(" NotBefore: 13/01/2024 10:00\n NotAfter: 13/01/2034 10:00\n{subject}: CN={name}, O=Fabrik\n");
            text += &format!("{hash}(sha1): {sha1}\n");
            if *kind > 0 {
                text += &format!("  {container} {key}\n");
                text += &format!("  {unique} {}_5b1c0a7e-94d2-4f06-8a3d-d1e6f2b47c19\n", &sha1[..32]);
                text += &format!("  {provider} Microsoft Strong Cryptographic Provider\n{passed}\n");
            }
            text += if i + 1 == blocks.len() { "" } else { "\n" };
        }
        text + "CertUtil: -store command completed successfully.\n"
    })
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

/// The characters of some bytes in an encoding.
fn decoded(bytes: &[u8], encoding: TextEncoding) -> String {
    let mut reader = LineReader::new(bytes, encoding, &Limits::default());
    let mut text = String::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        batch.lines().for_each(|line| text.push_str(line.text));
    }
    text
}

proptest! {
    #![proptest_config(quick(100))]

    #[test]
    fn encoding_and_line_ends_change_no_fact(log in logs()) {
        let plain = facts(&report(log.as_bytes()));
        for end in ["\r\n", "\r\r\n", "\r"] {
            let text = log.replace('\n', end);
            prop_assert_eq!(&plain, &facts(&report(text.as_bytes())), "{:?}", end);
            for big in [false, true] {
                prop_assert_eq!(&plain, &facts(&report(&utf16(&format!("\u{feff}{text}"), big))), "{:?}", end);
            }
        }
        prop_assert_eq!(&plain, &facts(&report(format!("\u{feff}{log}").as_bytes())));
    }

    #[test]
    fn quoting_and_indentation_change_no_fact(log in logs(), mark in "(> |>> |% |# |\\| |> > ){0,2}", blanks in 0..40_usize) {
        let plain = facts(&report(log.as_bytes()));
        let quoted: String = log.lines().map(|l| format!("{mark}{l}\n")).collect();
        prop_assert_eq!(&plain, &facts(&report(quoted.as_bytes())), "{:?}", mark);
        let indented: String = log.lines().map(|l| format!("{:blanks$}{l}\n", "")).collect();
        prop_assert_eq!(&plain, &facts(&report(indented.as_bytes())), "{}", blanks);
    }

    #[test]
    fn portions_change_nothing(log in logs(), sizes in prop::collection::vec(1_usize..70, 1..6), wide in any::<bool>()) {
        let bytes = if wide { utf16(&log, false) } else { log.into_bytes() };
        let whole = report(&bytes);
        prop_assert_eq!(whole, report_of(&mut Portions { bytes: &bytes, sizes, turn: 0 }));
    }

    #[test]
    fn places_point_at_what_they_state(log in logs(), which in 0..4_u8, mark in "(> ){0,2}") {
        let quoted: String = log.lines().map(|l| format!("{mark}{l}\r\n")).collect();
        let (bytes, encoding) = match which {
            0 => (quoted.into_bytes(), TextEncoding::Utf8),
            1 => (format!("\u{feff}{quoted}").into_bytes(), TextEncoding::Utf8),
            2 => (utf16(&quoted, false), TextEncoding::Utf16Le),
            _ => (utf16(&quoted, true), TextEncoding::Utf16Be),
        };
        for c in credentials(&bytes) {
            let key = &c.key;
            let certificate = c.certificate.as_ref().unwrap();
            let sha1 = certificate.sha1.clone().map(|f| f.map(|v| v.to_string()));
            let facts = [&certificate.serial, &certificate.subject, &certificate.issuer, &key.stored_container, &key.unique_name, &key.provider, &sha1];
            for fact in facts.into_iter().flatten() {
                let claimed = claimed(&bytes, fact, encoding);
                prop_assert!(claimed.contains(&fact.value), "{:?} is not in {:?}", fact.value, claimed);
            }
        }
        for evidence in report(&bytes).findings.iter().flat_map(|f| &f.evidence) {
            let [start, end] = evidence.bytes.map(|n| usize::try_from(n).unwrap());
            prop_assert_eq!(&decoded(&bytes[start..end], encoding), &evidence.excerpt);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        bodies::detect(&bytes);
        bodies::certutil(&bytes);
    }

    #[test]
    fn shuffled_lines_never_panic(log in logs(), picks in prop::collection::vec((any::<prop::sample::Index>(), 0..200_usize), 0..60)) {
        let lines: Vec<&str> = log.lines().collect();
        let text: String = picks
            .iter()
            .map(|(index, cut)| index.get(&lines).chars().take(*cut).chain("\n".chars()).collect::<String>())
            .collect();
        bodies::certutil(text.as_bytes());
        bodies::certutil_encoding(text.as_bytes());
    }
}

/// The words that a fact's place covers.
fn claimed(bytes: &[u8], fact: &Fact<String>, encoding: TextEncoding) -> String {
    let range = usize::try_from(fact.place.start).unwrap()..usize::try_from(fact.place.end()).unwrap();
    decoded(&bytes[range], encoding)
}

/// The credentials of a log with their places, without the run around them.
fn credentials(bytes: &[u8]) -> Vec<keyspect::case::credential::Credential> {
    use keyspect::case::from_certutil::LogCredentials;
    use keyspect::formats::certutil::{Parser, words_beyond_ascii};
    let limits = Limits::default();
    let encoding = keyspect::input::choose(bytes, &words_beyond_ascii()).encoding;
    let mut lines = LineReader::new(bytes, encoding, &limits);
    let (mut parser, mut log) = (Parser::new(SourceId(0), &limits), LogCredentials::new(SourceId(0)));
    while let Some(batch) = lines.next_batch().unwrap() {
        batch.lines().for_each(|line| {
            parser.line(line);
        });
    }
    parser.finish();
    let mut out: Vec<_> =
        parser.take_records().into_iter().filter_map(|r| log.record(r)).map(|logged| *logged.made()).collect();
    out.extend(log.finish().map(|logged| *logged.made()));
    out
}

/// A cut log gives the same certificates as the whole one, up to the block that the cut goes through.
#[test]
fn a_cut_changes_no_block_before_it() {
    for (name, bytes) in inputs() {
        let whole = credentials(&bytes);
        let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0);
        for cut in (0..bytes.len()).step_by(97) {
            let cut = if wide { cut & !1 } else { cut };
            let part = credentials(&bytes[..cut]);
            let untouched = whole.iter().filter(|c| c.sources.iter().all(|s| s.end < cut as u64)).count();
            for (before, after) in whole.iter().zip(&part).take(untouched.saturating_sub(1)) {
                let identity = |c: &keyspect::case::credential::Credential| {
                    (c.thumbprint(), c.certificate.as_ref().and_then(|c| c.serial.clone()), c.key.clone())
                };
                assert_eq!(identity(before), identity(after), "{name} cut at {cut}");
            }
        }
    }
}

/// What may stand in a verbose block, with values of every kind.
fn verbose_block() -> String {
    let row = "9b c3 c4 00 b2 72 44 b8  cd 3a 97 f1 1a e6 51 07";
    let rows: String = (0..17).map(|n| format!("    {:04x}  {row}\r\n", n * 16)).collect();
    format!(
        "================ Certificate 0 ================\r\nX509 Certificate:\r\nVersion: 3\r\n\
         Serial Number: 414d4f2f258870841651939e80cdf441\r\nIssuer:\r\n    CN=Contoso Issuing CA 01\r\n    O=Contoso\r\n  \
         Name Hash(sha1): c2ce6f447ed4d57b1e2feb89414c343c1027c4d1\r\n\r\n NotBefore: 1/1/2024 1:00 AM\r\n \
         NotAfter: 1/1/2036 1:00 AM\r\n\r\nSubject:\r\n    CN=host1.contoso.com\r\n    OU=IT\r\n\r\nPublic Key Algorithm:\r\n    \
         Algorithm ObjectId: 1.2.840.113549.1.1.1 RSA (RSA_SIGN)\r\nPublic Key Length: 2048 bits\r\nPublic Key: UnusedBits = 0\r\n\
         {rows}Certificate Extensions: 3\r\n    2.5.29.15: Flags = 1(Critical), Length = 4\r\n    Key Usage\r\n        \
         Digital Signature, Key Encipherment (a0)\r\n\r\n    2.5.29.17: Flags = 0, Length = 14\r\n    Subject Alternative Name\r\n        \
         DNS Name=host1.contoso.com\r\n\r\n    2.5.29.31: Flags = 0, Length = 47\r\n    CRL Distribution Points\r\n             \
         URL=http://crl.contoso.com/ca01.crl\r\n\r\nSignature Algorithm:\r\n    Algorithm ObjectId: 1.2.840.113549.1.1.11 sha256RSA\r\n\
         Signature: UnusedBits=0\r\n{rows}Non-root Certificate\r\nKey Id Hash(rfc-sha1): c386bbc4cd613e30d8f16adf91b7584a2265b1f5\r\n\
         Cert Hash(sha1): 641eab5f7aff9eabd8e57174bc649a603a890a61\r\nSignature Hash: 5c47577b3f12d68e32ffd03d4eac98d6\r\n\r\n  \
         CERT_SHA1_HASH_PROP_ID(3):\r\n    641eab5f7aff9eabd8e57174bc649a603a890a61\r\n\r\n  CERT_KEY_PROV_INFO_PROP_ID(2):\r\n    \
         Key Container = web-1\r\n  Unique container name: 5885923015efc088914edc90548edfed_3ade29bb-f050-41f3-b0db-f2b69957a1d7\r\n    \
         Provider = Microsoft RSA SChannel Cryptographic Provider\r\n    ProviderType = c (12)\r\n  Flags = 20 (32)\r\n    \
         CRYPT_MACHINE_KEYSET -- 20 (32)\r\n    KeySpec = 1 -- AT_KEYEXCHANGE\r\n\r\nEncryption test passed\r\n"
    )
}

/// A block of a short listing, whose names stand on one line each.
fn short_block() -> String {
    "================ Certificate 0 ================\r\nSerial Number: 414d4f2f258870841651939e80cdf441\r\n\
     Issuer: CN=Contoso Issuing CA 01, O=Contoso\r\n NotBefore: 1/1/2024 1:00 AM\r\n NotAfter: 1/1/2036 1:00 AM\r\n\
     Subject: CN=host1.contoso.com, OU=IT\r\nNon-root Certificate\r\n\
     Cert Hash(sha1): 641eab5f7aff9eabd8e57174bc649a603a890a61\r\n  Key Container = web-1\r\n  Unique container name: \
     5885923015efc088914edc90548edfed_3ade29bb-f050-41f3-b0db-f2b69957a1d7\r\n  Provider = Microsoft RSA SChannel \
     Cryptographic Provider\r\nSignature test passed\r\n\r\n"
        .to_owned()
}

/// Subjects of a short listing: in each form that a name can have, and what is none.
const SHORT_SUBJECTS: [&str; 16] = [
    "CN=a",
    "CN=Contoso Issuing CA 01, O=Contoso",
    "CN=host1.contoso.com, CN=host2, OU=IT, O=Contoso Ltd, L=Seattle, S=Washington, C=US, E=pki@contoso.com, SERIALNUMBER=1",
    "CN=host1, Contoso's (first), O=a=b=c",
    "CN=a, =====",
    "CN=a Provider = Microsoft Software Key Storage Provider",
    "CN=a, KeySpec = 2 -- AT_SIGNATURE",
    "CN=Encryption test passed",
    "CN=CERT_SHA1_HASH_PROP_ID(3)",
    "CN=\"Contoso, Ltd.\", O=x",
    "CN=a\\, b",
    "CN=a,",
    "CN=",
    "CN=host1.contoso.com, OU=IT,\r\nO=Contoso",
    "CN=host1.contoso.com\r\n    O=Contoso, C=US",
    "OU=IT, O=Contoso",
];

#[test]
fn a_block_of_a_short_listing_is_read_at_once() {
    let block = short_block();
    let subject = "CN=host1.contoso.com, OU=IT";
    let other = block.replace(subject, "CN=a-longer-name.fabrikam.example, OU=a, O=b").replace("CA 01", "CA 2");
    let log =
        |changed: &str| format!("my \"Personal\"\r\n{block}{block}{changed}{block}{changed}{changed}{other}{block}");
    let read_at_once = block_shapes::same_both_ways(&log(&other));
    assert!(read_at_once > 0);
    for changed in SHORT_SUBJECTS {
        block_shapes::same_both_ways(&log(&block.replace(subject, changed)));
        block_shapes::same_both_ways(&log(&block.replace("CN=Contoso Issuing CA 01, O=Contoso", changed)));
    }
    // As wide as a console, and wider than what is compared.
    for width in [60, 71, 72, 73, 80, 111, 120, 190, 199, 200, 201, 400] {
        let wide = block.replace(subject, &format!("CN={}", "x".repeat(width)));
        block_shapes::same_both_ways(&log(&wide));
        block_shapes::same_both_ways(&log(&wide.replace("Non-root Certificate", "O=Contoso")));
    }
}

/// A streamed report tells the credentials of a short listing without making them.
#[test]
fn credentials_of_a_short_listing_are_told_as_they_are_made() {
    let block = short_block();
    let fault = block.replace("Provider\r\n", "Provider\r\n  KeySpec = 2 -- AT_SIGNATURE\r\n");
    for block in [&block, &fault] {
        let learned = told::numbered(block, 8);
        let learned = learned.trim_end_matches("CertUtil: -store command completed successfully.\r\n");
        let end = told::thumbprinted(block, 2);
        for every in [false, true] {
            told::same_lines(&told::numbered(block, 40), every);
            for subject in SHORT_SUBJECTS {
                let special = block.replace("CN=host1.contoso.com, OU=IT", subject);
                told::same_lines(&format!("{learned}{}{end}", told::thumbprinted(&special, 1)), every);
                told::same_lines(&told::numbered(&format!("{block}{special}"), 12), every);
            }
        }
    }
}

#[test]
fn a_block_of_known_shape_is_read_at_once() {
    let block = verbose_block();
    let other = block
        .replace("host1.contoso.com", "a-longer-name.fabrikam.example")
        .replace("641eab5f", "00112233")
        .replace("9b c3", "ff 01")
        .replace("1/1/2024 1:00 AM", "12/31/2024 11:59 PM")
        .replace("CA 01", "CA 2")
        .replace("web-1", "le-20240101.contoso")
        .replace("Certificate 0 =", "Certificate 12 =");
    let log =
        format!("my \"Personal\"\r\n{block}{other}{block}{other}CertUtil: -store command completed successfully.\r\n");
    assert!(block_shapes::same_both_ways(&log) > 0);
    let (_, fitted) = block_shapes::records_of_pieces(log.repeat(3).as_bytes(), TextEncoding::Utf8, 2 * block.len());
    assert!(fitted > 0);
    // Containers whose names have blanks: the second block is the only one that can be read at once.
    for (name, at_once) in [("web server 1", 1), ("key 22", 1), ("a  b", 1), ("web server (old)", 0)] {
        let log = format!("my \"Personal\"\r\n{block}{}{block}", block.replace("web-1", name));
        assert_eq!(block_shapes::same_both_ways(&log), at_once, "{name}");
    }
    // What a shape must not take for a name: the line says something else.
    for (from, to) in [
        ("le-20240101.contoso", "web Encryption test passed"),
        ("le-20240101.contoso", "web AT_SIGNATURE"),
        ("le-20240101.contoso", "web Provider = Contoso"),
        ("le-20240101.contoso", "web Missing stored keyset"),
        ("le-20240101.contoso", " web "),
        ("le-20240101.contoso", "web 1 ================ Certificate 3 ================"),
        ("CN=a-longer-name.fabrikam.example", "CN=EC test passed"),
        ("DNS Name=a-longer-name.fabrikam.example", "DNS Name=host1 Private key verifies"),
        ("le-20240101.contoso", "web-1 [Default]"),
        ("Digital Signature, Key Encipherment (a0)", "Digital Signature, Key Encipherment (80)"),
        ("KeySpec = 1 -- AT_KEYEXCHANGE", "KeySpec = 2 -- AT_SIGNATURE"),
        ("1/1/2036 1:00 AM", "99/99/2036 1:00 AM"),
        ("0000  ff 01 c4 00", "0000  30 82 01 0a"),
        ("================ Certificate 12", "==CERT_SHA1_HASH_PROP_ID(3):============== Certificate 12"),
        ("Certificate 12 ================", "Certificate 12 ================\rEncryption test passed"),
    ] {
        let changed = other.replace(from, to);
        assert_ne!(changed, other, "{from}");
        block_shapes::same_both_ways(&format!(
            "my \"Personal\"\r\n{block}{block}{changed}{block}{changed}{changed}{other}"
        ));
    }
}

/// Headers alone and headers with a block, in languages with a table and without, and with numbers that are too large.
#[test]
fn headers_are_read_alike_in_every_language() {
    for word in ["Certificate", "Zertifikat", "Сертификат", "证书", "Ürün belgesi"] {
        for number in ["0", "12", "999999999", "4294967295", "9999999999", "12345678901"] {
            let header = format!("================ {word} {number} ================\r\n");
            let body = verbose_block().split_once("\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
            let log = format!(
                "my \"Personal\"\r\n{header}{body}{header}{header}{body}{header}{header}{header}{body}{header}{body}\
                 CertUtil: -store command completed successfully.\r\n"
            );
            block_shapes::same_both_ways(&log);
        }
    }
}

proptest! {
    #![proptest_config(quick(400))]

    #[test]
    fn shapes_give_the_records_of_every_line_read(changes in prop::collection::vec(any::<(u16, u8, u8)>(), 0..16)) {
        block_shapes::same_both_ways(&block_shapes::repeated(&verbose_block(), &changes, 5));
        block_shapes::same_both_ways(&block_shapes::repeated(&short_block(), &changes, 5));
    }
}

proptest! {
    #![proptest_config(quick(300))]

    #[test]
    fn shapes_of_every_log(which in any::<prop::sample::Index>(), changes in prop::collection::vec(any::<(u16, u8, u8)>(), 0..12)) {
        let logs: Vec<String> = inputs().into_iter().filter_map(|(_, bytes)| String::from_utf8(bytes).ok()).collect();
        let logs: Vec<&str> = logs.iter().filter_map(|log| block_shapes::blocks(log)).collect();
        let log: &&str = which.get(&logs);
        block_shapes::same_both_ways(&block_shapes::repeated(log, &changes, 4));
    }
}

/// The first part of the file name of the container `web-1` (Python's hashlib; the digest's words printed as numbers).
const WEB_1_FILE: &str = "17a41024af8893528236ab2c133d541f";

/// The same of `Contoso CA`, as CNG names the file (a published pair).
const CONTOSO_CA_FILE: &str = "944d5680c0c53e2295b1cb4f50ba2b71";

/// Values take the places of those before, which were shorter or longer.
#[test]
fn credentials_with_values_of_any_length_are_told_as_they_are_made() {
    let block = verbose_block().replace("KeySpec = 1 -- AT_KEYEXCHANGE", "KeySpec = 2 -- AT_SIGNATURE");
    let named = |copy: u64| {
        let length = usize::try_from(copy * 7 % 5).unwrap_or(0);
        let (host, container) =
            (format!("{}{copy}", "h".repeat(length)), format!("key {copy}{}", " x".repeat(length / 2)));
        told::renumbered(&block, copy).replace("host1", &host).replace("web-1", &container)
    };
    let log: String = (0..120).map(named).collect();
    for every in [false, true] {
        told::same_lines(
            &format!("my \"Personal\"\r\n{log}CertUtil: -store command completed successfully.\r\n"),
            every,
        );
    }
}

/// A streamed report tells the credentials of a log that repeats itself without making them.
#[test]
fn credentials_of_known_forms_are_told_as_they_are_made() {
    let block = verbose_block();
    let no_csp = block.replace("Microsoft RSA SChannel Cryptographic Provider", "Contoso Provider");
    let blocks = [
        block.clone(),
        // A fault, whose finding quotes lines and names the thumbprint.
        block.replace("KeySpec = 1 -- AT_KEYEXCHANGE", "KeySpec = 2 -- AT_SIGNATURE"),
        block.replace("1/1/2036 1:00 AM", "1/1/2025 1:00 AM"),
        block.replace("Encryption test passed", "Encryption test FAILED"),
        block.replace("Encryption test passed", "Missing stored keyset"),
        block.replace("web-1", "{00F8A2D1-1111-2222-3333-444455556666}"),
        // The file's name follows from the container's: MD5 of "web-1" and a NUL, its words turned round.
        block.replace("5885923015efc088914edc90548edfed", WEB_1_FILE),
        block.replace("web-1", "web server 1"),
        block.replace("web-1", "web server 1").replace("KeySpec = 1 -- AT_KEYEXCHANGE", "KeySpec = 2 -- AT_SIGNATURE"),
        block.replace("web-1", "Contoso CA").replace("5885923015efc088914edc90548edfed", CONTOSO_CA_FILE),
        block.replace("CN=host1.contoso.com", "CN=host1, Contoso's (first)").replace("CA 01", "CA 2"),
        no_csp.clone(),
        format!("{block}{no_csp}"),
    ];
    for block in &blocks {
        for every in [false, true] {
            let streamed = told::same_lines(&told::numbered(block, 40), every);
            let credentials: Vec<&str> =
                streamed.lines().filter(|line| line.starts_with(r#"{"type":"credential""#)).collect();
            let distinct: std::collections::HashSet<_> = credentials.iter().collect();
            assert_eq!(credentials.len(), distinct.len(), "a line is written once");
        }
    }
    told::same_lines(&told::numbered(&blocks.concat(), 12), false);
    // Values about which a rule can tell more than that they are there, after the form was learned from others.
    let names = [
        "DefaultKeys",
        "TSSecKeySet1",
        "Microsoft Internet Information Server",
        "web 1",
        "a key for (several) sites",
        "- web",
        "iisWasKey",
        "web-1.-_",
        "-web",
        "*",
        "te-00F8A2D1-1111-2222-3333-444455556666",
        "5885923015efc088914edc90548edfed_3ade29bb-f050-41f3-b0db-f2b69957a1d7",
        "a-name-of-eighty-bytes-as-long-as-any-that-is-compared-0123456789-0123456789-012",
    ];
    let dates = ["1/1/2035 11:59 PM", "13/1/2035 1:00 AM", "12/31/2025 1:00 AM", "1/1/2026 1:00 AM", "1/2/3 1:00 AM"];
    let special = names
        .iter()
        .flat_map(|name| [block.replace("web-1", name), block.replace("CN=host1.contoso.com", &format!("CN={name}"))])
        .chain(names.iter().map(|name| block.replace("DNS Name=host1.contoso.com", &format!("DNS Name={name}"))))
        .chain(
            dates
                .iter()
                .flat_map(|date| [block.replace("1/1/2036 1:00 AM", date), block.replace("1/1/2024 1:00 AM", date)]),
        )
        .chain([
            block.replace("5885923015efc088914edc90548edfed", "fc1e3851f429ea606d6ff1e01a5229f1"),
            block.replace("5885923015efc088914edc90548edfed", WEB_1_FILE),
        ]);
    // What stands at the end of a log is read line by line.
    let end = told::thumbprinted(&block, 2);
    for seen in [block.clone(), block.replace("Encryption test passed", "Missing stored keyset")] {
        let learned = told::numbered(&seen, 8);
        let learned = learned.trim_end_matches("CertUtil: -store command completed successfully.\r\n");
        for special in special.clone() {
            let special = special.replace("Encryption test passed", seen.trim_end().lines().next_back().unwrap());
            told::same_lines(&format!("{learned}{}{end}", told::thumbprinted(&special, 1)), true);
        }
    }
}

proptest! {
    #![proptest_config(quick(40))]

    #[test]
    fn credentials_of_changed_logs_are_told_as_they_are_made(
        changes in prop::collection::vec(any::<(u16, u8, u8)>(), 0..12),
        every in any::<bool>(),
    ) {
        for block in [verbose_block(), short_block()] {
            let changed = block_shapes::repeated(&block, &changes, 4);
            if let Some(blocks) = block_shapes::blocks(&changed) {
                told::same_lines(&told::numbered(blocks, 10), every);
            }
        }
    }

    #[test]
    fn credentials_of_every_log_are_told_as_they_are_made(which in any::<prop::sample::Index>(), every in any::<bool>()) {
        let logs: Vec<String> = inputs().into_iter().filter_map(|(_, bytes)| String::from_utf8(bytes).ok()).collect();
        let logs: Vec<&str> = logs.iter().filter_map(|log| block_shapes::blocks(log)).collect();
        let log: &&str = which.get(&logs);
        told::same_lines(&told::numbered(log, 12), every);
    }
}

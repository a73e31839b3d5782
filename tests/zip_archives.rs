//! Zip archives, honest and hostile: what is in them is read as if it stood alone, what they cost is bounded, and the rest
//! of the run goes on.
#![cfg(feature = "zip")]
#![allow(clippy::unwrap_used, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{Input, InputStatus, Report};
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use time::macros::datetime;
use zeroize::Zeroizing;
use zip::unstable::write::FileOptionsExt as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const LOG: &str = "my \"Personal\"\n================ Certificate 0 ================\nSerial Number: 0a\nIssuer: CN=Fabrikam CA\n \
    NotBefore: 13/01/2024 10:00\n NotAfter: 13/01/2034 10:00\nSubject: CN=web.fabrikam.com\nNon-root Certificate\n\
    Cert Hash(sha1): 00112233445566778899aabbccddeeff00112233\n  Key Container = key 1\n  Provider = Microsoft Strong \
    Cryptographic Provider\n  KeySpec = 2 -- AT_SIGNATURE\nEncryption test passed\n\
    CertUtil: -store command completed successfully.\n";

fn analysis<'a>() -> Analysis<'a> {
    Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)))
}

/// The report on an archive that is read in place.
fn report(archive: &[u8]) -> Report {
    report_with(archive, &[])
}

/// The same with passwords for every file.
fn report_with(archive: &[u8], passwords: &[&str]) -> Report {
    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    passwords.iter().for_each(|password| options.passwords.add(Zeroizing::new((*password).to_owned())));
    let mut analysis = Analysis::new(options);
    analysis.read_seekable("case.zip", None, &mut Cursor::new(archive)).unwrap();
    analysis.read("after.txt", None, &mut LOG.as_bytes()).unwrap();
    let report = analysis.finish().unwrap();
    let last = report.inputs.last().unwrap();
    assert_eq!((last.path.as_str(), last.status), ("after.txt", InputStatus::Analyzed));
    assert_eq!(
        report.inputs.iter().map(|i| i.id as usize).collect::<Vec<_>>(),
        (0..report.inputs.len()).collect::<Vec<_>>()
    );
    report
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn zip_of(members: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An archive after the layout of APPNOTE 4.3, for what a well-behaved writer does not write.
struct Raw<'a> {
    name: &'a [u8],
    content: &'a [u8],
    flags: u16,
    method: u16,
    crc: u32,
    size: u32,
}

impl<'a> Raw<'a> {
    fn new(name: &'a [u8], content: &'a [u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        Self { name, content, flags: 0, method: 0, crc: crc.sum(), size: content.len() as u32 }
    }

    /// The fields that a local header and an entry of the directory share, from the flags on.
    fn shared(&self) -> Vec<u8> {
        let packed = self.content.len() as u32;
        [
            &self.flags.to_le_bytes()[..],
            &self.method.to_le_bytes(),
            &[0, 0, 0x21, 0x5A],
            &self.crc.to_le_bytes(),
            &packed.to_le_bytes(),
            &self.size.to_le_bytes(),
            &(self.name.len() as u16).to_le_bytes(),
            &[0, 0],
        ]
        .concat()
    }

    fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04\x14\0", &self.shared()[..], self.name, self.content].concat()
    }

    fn entry(&self, offset: u32) -> Vec<u8> {
        [b"PK\x01\x02\x14\0\x14\0", &self.shared()[..], &[0; 10], &offset.to_le_bytes(), self.name].concat()
    }
}

fn end(members: u16, size: usize, start: usize) -> Vec<u8> {
    let n = members.to_le_bytes();
    [b"PK\x05\x06\0\0\0\0", &n[..], &n, &(size as u32).to_le_bytes(), &(start as u32).to_le_bytes(), &[0, 0]].concat()
}

fn raw(members: &[Raw<'_>]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        directory.extend(member.entry(archive.len() as u32));
        archive.extend(member.local());
    }
    let end = end(members.len() as u16, directory.len(), archive.len());
    [archive, directory, end].concat()
}

fn has(input: &Input, part: &str) -> bool {
    input.problems.iter().any(|p| p.message.contains(part))
}

#[track_caller]
fn assert_input(input: &Input, member: Option<&str>, status: InputStatus, part: &str) {
    assert_eq!(input.member.as_deref(), member);
    assert_eq!(input.status, status, "{:?}", input.problems);
    assert!(part.is_empty() || has(input, part), "{part}: {:?}", input.problems);
}

fn details(input: &Input) -> [u64; 4] {
    let details = input.details.as_ref().unwrap();
    ["members", "folders", "read", "skipped"].map(|key| details[key].as_u64().unwrap())
}

/// What a report says about a case, without the names and numbers of its inputs.
fn content(report: &Report) -> (usize, Vec<String>) {
    let findings = report.findings.iter().map(|f| format!("{:?} {}", f.rule, f.message)).collect();
    (report.credentials.len(), findings)
}

#[test]
fn a_member_says_what_the_file_alone_says() {
    let alone = {
        let mut analysis = analysis();
        analysis.read("dump.txt", None, &mut LOG.as_bytes()).unwrap();
        analysis.finish().unwrap()
    };
    assert!(!alone.findings.is_empty());
    for options in [stored(), deflated()] {
        let archive = zip_of(&[("logs/dump.txt", LOG.as_bytes())], options);
        let mut seekable = analysis();
        seekable.read_seekable("case.zip", None, &mut Cursor::new(&archive)).unwrap();
        let mut streamed = analysis();
        streamed.read("case.zip", None, &mut archive.as_slice()).unwrap();
        for inside in [seekable.finish().unwrap(), streamed.finish().unwrap()] {
            assert_eq!(content(&inside), content(&alone));
            assert_eq!(inside.inputs.len(), 2);
            let outer = &inside.inputs[0];
            assert_input(outer, None, InputStatus::Analyzed, "");
            assert_eq!((outer.kind.as_str(), outer.problems.len(), outer.bytes), ("zip", 0, archive.len() as u64));
            assert_eq!(details(outer), [1, 0, 1, 0]);
            assert!(outer.sha256.is_some());
            let inner = &inside.inputs[1];
            assert_eq!((inner.path.as_str(), inner.kind.as_str()), ("case.zip", "certutil-dump"));
            assert_input(inner, Some("logs/dump.txt"), InputStatus::Analyzed, "");
            assert_eq!((inner.bytes, &inner.sha256), (LOG.len() as u64, &alone.inputs[0].sha256));
        }
    }
}

#[test]
fn folders_links_and_strange_names() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("logs/", stored()).unwrap();
    writer.add_symlink("link", "/etc/passwd", stored()).unwrap();
    writer.start_file("../../x\u{1b}[2J", stored()).unwrap();
    writer.write_all(LOG.as_bytes()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let made = report(&archive);
    assert_input(&made.inputs[0], None, InputStatus::Analyzed, "`link` is a symbolic link: not followed");
    assert_eq!(details(&made.inputs[0]), [3, 1, 1, 1]);
    assert_input(&made.inputs[1], Some("../../x\\u{1b}[2J"), InputStatus::Analyzed, "");

    let log = LOG.as_bytes();
    let names: [&[u8]; 6] =
        [b"/etc/passwd", b"C:\\logs\\a.txt", b"a.txt", b"a.txt", b"\x81ber.txt", "über.txt".as_bytes()];
    let made = report(&raw(&names.map(|name| Raw::new(name, log))));
    let shown: Vec<_> = made.inputs.iter().filter_map(|i| i.member.as_deref()).collect();
    assert_eq!(shown, ["/etc/passwd", "C:\\logs\\a.txt", "a.txt", "a.txt", "über.txt", "über.txt"]);
    assert!(made.inputs.iter().all(|i| i.status == InputStatus::Analyzed));
}

#[test]
fn encrypted_members_and_unknown_methods_are_named() {
    let log = LOG.as_bytes();
    let encrypted = Raw { flags: 1, ..Raw::new(b"secret.pfx", log) };
    let packed = Raw { method: 14, ..Raw::new(b"packed.txt", log) };
    let made = report(&raw(&[encrypted, packed, Raw::new(b"plain.txt", log)]));
    assert_input(&made.inputs[0], None, InputStatus::Partial, "");
    assert_eq!(details(&made.inputs[0]), [3, 0, 1, 2]);
    assert_input(&made.inputs[1], Some("secret.pfx"), InputStatus::Locked, "the member is encrypted");
    assert_input(&made.inputs[2], Some("packed.txt"), InputStatus::Failed, "compressed by method 14");
    assert_input(&made.inputs[3], Some("plain.txt"), InputStatus::Analyzed, "");
    let only = report(&raw(&[Raw { flags: 1, ..Raw::new(b"secret.pfx", log) }]));
    assert_input(&only.inputs[0], None, InputStatus::Locked, "");
}

/// Each member with its own password; the list has wrong ones before the right ones, and an inner archive has one, too.
#[test]
fn each_encrypted_member_is_read_with_the_password_that_opens_it() {
    let log = LOG.as_bytes();
    let with = |password: &'static str| deflated().with_deprecated_encryption(password.as_bytes()).unwrap();
    let inner = zip_of(&[("c.txt", log)], with("third"));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content, options) in [
        ("a.txt", log, with("first")),
        ("b.txt", log, with("second")),
        ("inner.zip", &inner[..], with("first")),
        ("open.txt", log, deflated()),
    ] {
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let made = report_with(&archive, &["wrong", "first", "second", "third"]);
    assert_input(&made.inputs[0], None, InputStatus::Analyzed, "");
    for (at, member) in [(1, "a.txt"), (2, "b.txt"), (3, "inner.zip"), (4, "inner.zip/c.txt"), (5, "open.txt")] {
        assert_input(&made.inputs[at], Some(member), InputStatus::Analyzed, "");
    }
    let made = report_with(&archive, &["first"]);
    assert_input(&made.inputs[0], None, InputStatus::Partial, "");
    assert_input(&made.inputs[2], Some("b.txt"), InputStatus::Locked, "no password that was given opens it");
    assert_input(&made.inputs[4], Some("inner.zip/c.txt"), InputStatus::Locked, "no password that was given opens it");
    assert_input(&made.inputs[5], Some("open.txt"), InputStatus::Analyzed, "");
}

/// Once for the archive, until an answer opens it or there is none.
#[test]
fn a_person_is_asked_for_the_password_of_an_archive() {
    let archive = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/zip/aes/artifact.zip")).unwrap();
    for (answers, status) in [
        (&["corpus-Password1"][..], InputStatus::Analyzed),
        (&["wrong", "corpus-Password1"], InputStatus::Analyzed),
        (&["wrong"], InputStatus::Locked),
        (&[], InputStatus::Locked),
    ] {
        let mut asked = Vec::new();
        let mut ask = |path: &str, tries: u32| {
            asked.push((path.to_owned(), tries));
            answers.get(asked.len() - 1).map(|answer| Zeroizing::new((*answer).to_owned()))
        };
        let mut analysis = analysis().with_password_prompt(&mut ask);
        analysis.read_seekable("folder/case.zip", None, &mut Cursor::new(&archive)).unwrap();
        let made = analysis.finish().unwrap();
        assert_eq!(made.inputs[1].status, status, "{answers:?}");
        let times = if status == InputStatus::Analyzed { answers.len() } else { answers.len() + 1 };
        let expected: Vec<_> = (1..=times).map(|n| ("folder/case.zip".to_owned(), u32::try_from(n).unwrap())).collect();
        assert_eq!(asked, expected, "{answers:?}");
    }
}

#[test]
fn a_wrong_checksum_is_a_problem_of_its_member() {
    let log = LOG.as_bytes();
    let made = report(&raw(&[Raw { crc: 7, ..Raw::new(b"a.txt", log) }, Raw::new(b"b.txt", log)]));
    assert_input(&made.inputs[0], None, InputStatus::Partial, "");
    assert_input(&made.inputs[1], Some("a.txt"), InputStatus::Partial, "checksum (CRC-32)");
    assert_input(&made.inputs[2], Some("b.txt"), InputStatus::Analyzed, "");
}

#[test]
fn a_cut_archive_gives_what_stands_before_the_cut() {
    let archive = zip_of(&[("a.txt", LOG.as_bytes()), ("b.txt", LOG.as_bytes())], stored());
    let made = report(&archive[..LOG.len() + 100]);
    assert_input(&made.inputs[0], None, InputStatus::Partial, "the archive is cut off or damaged");
    assert_input(&made.inputs[1], Some("a.txt"), InputStatus::Analyzed, "");
    assert_eq!(made.inputs[2].member.as_deref(), Some("b.txt"));
    for cut in 0..archive.len() {
        let mut analysis = analysis();
        analysis.read_seekable("cut.zip", None, &mut Cursor::new(&archive[..cut])).unwrap();
        let made = analysis.finish().unwrap();
        assert!(!made.inputs[0].problems.is_empty(), "{cut}");
        assert_ne!(made.inputs[0].status, InputStatus::Analyzed, "{cut}");
    }
    let damaged = report(b"PK\x03\x04 and nothing that follows of it");
    assert_input(&damaged.inputs[0], None, InputStatus::Failed, "cut off or damaged");
    let empty = report(&end(0, 0, 0));
    assert_input(&empty.inputs[0], None, InputStatus::Unrecognized, "without members");
}

#[test]
fn no_damage_of_one_byte_ends_the_run() {
    let archive = zip_of(&[("a.txt", LOG.as_bytes()), ("in.zip", &zip_of(&[("b", b"x")], stored()))], deflated());
    for place in 0..archive.len() {
        for value in [0, 0xFF, archive[place] ^ 1] {
            let mut damaged = archive.clone();
            damaged[place] = value;
            let mut analysis = analysis();
            analysis.read_seekable("damaged.zip", None, &mut Cursor::new(damaged)).unwrap();
            analysis.finish().unwrap();
        }
    }
}

#[test]
fn archives_inside_each_other_are_read_up_to_a_depth() {
    let mut archive = zip_of(&[("dump.txt", LOG.as_bytes())], deflated());
    for depth in (1..5).rev() {
        let name = format!("{depth}.zip");
        archive = zip_of(&[(&name, &archive), (&format!("{depth}.txt"), LOG.as_bytes())], deflated());
    }
    let made = report(&archive);
    let members: Vec<_> = made.inputs.iter().filter_map(|i| i.member.as_deref()).collect();
    assert_eq!(members, ["1.zip", "1.zip/2.zip", "1.zip/2.zip/3.zip", "1.zip/2.zip/3.txt", "1.zip/2.txt", "1.txt"]);
    assert_input(&made.inputs[3], Some("1.zip/2.zip/3.zip"), InputStatus::Failed, "an archive inside 3 others");
    assert_input(&made.inputs[0], None, InputStatus::Partial, "");
    assert_input(&made.inputs[1], Some("1.zip"), InputStatus::Partial, "");
}

#[test]
fn a_document_is_one_note() {
    let part = |name: &'static str| (name, &b"<w:p>nothing of certutil</w:p>"[..]);
    let document = zip_of(&[part("[Content_Types].xml"), part("word/document.xml"), part("_rels/.rels")], deflated());
    let made = report(&zip_of(&[("report.docx", &document), ("dump.txt", LOG.as_bytes())], stored()));
    assert_eq!(made.inputs.len(), 4);
    assert_input(&made.inputs[0], None, InputStatus::Analyzed, "");
    assert_input(&made.inputs[1], Some("report.docx"), InputStatus::Unrecognized, "3 members that are none");
    let with_log = zip_of(&[part("META-INF/MANIFEST.MF"), ("dump.txt", LOG.as_bytes())], deflated());
    let made = report(&with_log);
    assert_eq!(made.inputs.len(), 3);
    assert_input(&made.inputs[1], Some("dump.txt"), InputStatus::Analyzed, "");
}

#[test]
fn an_archive_of_nothing_known_is_unrecognized() {
    let made = report(&zip_of(&[("a.txt", b"hello"), ("b.bin", &[0; 100])], deflated()));
    assert_input(&made.inputs[0], None, InputStatus::Unrecognized, "no member is one of the artifacts");
    assert_eq!(made.inputs.len(), 4);
}

#[test]
fn a_hundred_thousand_members() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..100_000 {
        writer.start_file(format!("{i}"), stored()).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let made = report(&archive);
    assert_input(&made.inputs[0], None, InputStatus::Failed, "more than 10000 members");
    assert!(has(&made.inputs[0], "the last 90000 are not read"));
    assert_eq!(details(&made.inputs[0]), [100_000, 0, 10_000, 90_000]);
    assert_eq!(made.inputs.len(), 10_002);
}

#[test]
fn more_members_than_there_is_room_for() {
    // A zip64 end record (APPNOTE 4.3.14, 4.3.15) that claims four billion members.
    let start = 0_u64.to_le_bytes();
    let count = 4_000_000_000_u64.to_le_bytes();
    let size = (4_000_000_000_u64 * 46).to_le_bytes();
    for size in [size, 46_u64.to_le_bytes(), u64::MAX.to_le_bytes()] {
        let record =
            [b"PK\x06\x06", &44_u64.to_le_bytes()[..], &[45, 0, 45, 0], &[0; 8], &count, &count, &size, &start]
                .concat();
        let first = Raw::new(b"a.txt", LOG.as_bytes()).local();
        let locator = [b"PK\x06\x07\0\0\0\0", &(first.len() as u64).to_le_bytes()[..], &[1, 0, 0, 0]].concat();
        let mut last = end(u16::MAX, 0, 0);
        last[12..20].fill(0xFF);
        let made = report(&[first, record, locator, last].concat());
        assert!(!made.inputs[0].problems.is_empty());
        assert!(made.inputs.len() <= 3);
    }
}

#[test]
fn very_many_ends_of_a_directory() {
    let ends = end(3, 138, 5).repeat(100_000);
    let made = report(&[Raw::new(b"a.txt", LOG.as_bytes()).local(), ends].concat());
    assert!(!made.inputs[0].problems.is_empty());
}

#[test]
fn a_member_that_expands_too_far_stops() {
    let zeros = vec![0; 40 << 20];
    let letters = vec![b'a'; 40 << 20];
    let made = report(&zip_of(&[("zeros", &zeros), ("letters.txt", &letters), ("a.txt", LOG.as_bytes())], deflated()));
    assert!(has(&made.inputs[1], "over 200 times as much"), "{:?}", made.inputs[1].problems);
    assert_eq!(made.inputs[1].status, InputStatus::Unrecognized);
    assert!(has(&made.inputs[0], "expand to more than"), "{:?}", made.inputs[0].problems);
    // Without the bound for all together, the rest is read.
    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    options.limits.archive_ratio_from = 8 << 20;
    let mut analysis = Analysis::new(options);
    let noise: Vec<u8> = (0_u32..1_000_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let archive = zip_of(&[("zeros", &zeros), ("noise", &noise), ("a.txt", LOG.as_bytes())], deflated());
    analysis.read_seekable("case.zip", None, &mut Cursor::new(archive)).unwrap();
    let made = analysis.finish().unwrap();
    assert!(has(&made.inputs[1], "over 200 times as much"));
    assert!(made.inputs[1].bytes < 10 << 20);
    assert_input(&made.inputs[3], Some("a.txt"), InputStatus::Analyzed, "");
}

#[test]
fn archives_of_archives_of_zeros() {
    let zeros = vec![0; 10 << 20];
    let mut archive = zip_of(&[("zeros", &zeros)], deflated());
    for _ in 0..2 {
        let names: Vec<String> = (0..16).map(|i| format!("{i}.zip")).collect();
        let members: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), archive.as_slice())).collect();
        archive = zip_of(&members, deflated());
    }
    assert!(archive.len() < 100_000, "{}", archive.len());
    let made = report(&archive);
    assert!(has(&made.inputs[0], "expand to more than"), "{:?}", made.inputs[0].problems);
    let read: u64 = made.inputs.iter().map(|i| i.bytes).sum();
    assert!(read < 64 << 20, "{read}");
}

#[test]
fn members_that_share_their_bytes() {
    // One large content, named by every entry of the directory.
    let letters = vec![b'a'; 1 << 20];
    let one = Raw::new(b"a", &letters);
    let directory: Vec<u8> = (0..60_000).flat_map(|_| one.entry(0)).collect();
    let archive = [one.local(), directory.clone(), end(60_000, directory.len(), one.local().len())].concat();
    let made = report(&archive);
    let read: u64 = made.inputs.iter().filter(|i| i.member.is_some()).map(|i| i.bytes).sum();
    assert!(read <= 8 << 20, "{read}");
    assert!(made.inputs.iter().any(|i| has(i, "overlapping members are not read")));
    assert!(has(&made.inputs[0], "more than 10000 members"));
}

#[test]
fn a_stream_that_breaks_off_and_one_that_is_too_long() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    impl Seek for Broken {
        fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let archive = zip_of(&[("a.txt", LOG.as_bytes()), ("b.txt", LOG.as_bytes())], stored());
    let mut run = analysis();
    run.read("-", None, &mut archive[..archive.len() - 200].chain(Broken)).unwrap();
    run.read_seekable("gone.zip", None, &mut Broken).unwrap();
    let made = run.finish().unwrap();
    assert_input(&made.inputs[0], None, InputStatus::Partial, "the disk is gone");
    assert_input(&made.inputs[1], Some("a.txt"), InputStatus::Analyzed, "");
    assert_input(made.inputs.last().unwrap(), None, InputStatus::Failed, "the disk is gone");

    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    options.limits.binary_bytes = 300;
    let mut run = Analysis::new(options);
    run.read("-", None, &mut archive.as_slice()).unwrap();
    assert_input(&run.finish().unwrap().inputs[0], None, InputStatus::Failed, "more than 300 bytes");
}

#[test]
fn time_ends_between_members() {
    let archive = zip_of(&[("a.txt", LOG.as_bytes()), ("b.txt", LOG.as_bytes())], stored());
    let stop = || true;
    let mut analysis = analysis().with_stop(&stop);
    analysis.read_seekable("case.zip", None, &mut Cursor::new(archive)).unwrap();
    let made = analysis.finish().unwrap();
    assert_input(&made.inputs[0], None, InputStatus::Failed, "the time for this input is over");
}

#[test]
fn members_with_a_data_descriptor_are_read_by_the_directory() {
    // A stream writer states no sizes in the local header.
    let mut writer = ZipWriter::new_stream(Vec::new());
    writer.start_file("a.txt", deflated()).unwrap();
    writer.write_all(LOG.as_bytes()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    assert_eq!(archive[6] & 8, 8, "a data descriptor");
    let made = report(&archive);
    assert_input(&made.inputs[0], None, InputStatus::Analyzed, "");
    assert_input(&made.inputs[1], Some("a.txt"), InputStatus::Analyzed, "");
    let cut = report(&archive[..archive.len() - 30]);
    assert_input(&cut.inputs[0], None, InputStatus::Failed, "cut off or damaged");
}

#[test]
fn zip64_members_are_read() {
    let archive = zip_of(&[("a.txt", LOG.as_bytes())], deflated().large_file(true));
    assert_input(&report(&archive).inputs[1], Some("a.txt"), InputStatus::Analyzed, "");
}

/// The corpus: what a person wrote down, against a run.
#[test]
fn the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/zip");
    let mut cases = 0;
    for case in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let toml: toml::Value = toml::from_str(&std::fs::read_to_string(case.join("case.toml")).unwrap()).unwrap();
        let expect = serde_json::to_value(&toml["expect"]).unwrap();
        let archive = std::fs::read(case.join("artifact.zip")).unwrap();
        let made = report_with(&archive, toml.get("password").and_then(|p| p.as_str()).as_slice());
        let inputs: Vec<_> = made.inputs.iter().map(|input| serde_json::to_value(input).unwrap()).collect();
        let name = case.display();
        for key in ["kind", "status", "details"] {
            assert_eq!(inputs[0][key], expect[key], "{name}: {key}: {}", inputs[0]);
        }
        assert_eq!(made.inputs[0].problems.len() as u64, expect["problems"], "{name}: {:?}", made.inputs[0].problems);
        let members = expect["members"].as_array().cloned().unwrap_or_default();
        assert_eq!(made.inputs.len(), members.len() + 2, "{name}");
        for (member, (input, json)) in members.iter().zip(made.inputs.iter().zip(&inputs).skip(1)) {
            for (key, value) in member.as_object().unwrap().iter().filter(|(key, _)| *key != "problem") {
                assert_eq!(&json[key], value, "{name}: {key}: {json}");
            }
            assert!(member["problem"].as_str().is_none_or(|part| has(input, part)), "{name}: {json}");
        }
        cases += 1;
    }
    assert!(cases >= 10);
}

/// What an archive says of the cases of the corpus stays as it is when its members were also unpacked beside it and a browser
/// saved the archive twice: nothing is told a second time, and what was deleted meanwhile does not come back.
#[test]
fn what_was_unpacked_beside_an_archive_is_read_once() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/cases");
    let mut with_findings = 0;
    for case in std::fs::read_dir(corpus).unwrap().flatten() {
        let files: Vec<_> = std::fs::read_dir(case.path()).unwrap().flatten().map(|file| file.path()).collect();
        let mut members: Vec<(String, Vec<u8>)> = files
            .iter()
            .filter(|file| file.is_file() && file.extension().is_none_or(|extension| extension != "toml"))
            .map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(file).unwrap()))
            .collect();
        members.sort();
        let of_zip: Vec<(&str, &[u8])> =
            members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let archive = zip_of(&of_zip, deflated());
        let told = |again: bool| {
            let mut analysis = analysis();
            analysis.read_seekable("t/case.zip", None, &mut Cursor::new(&archive)).unwrap();
            if again {
                analysis.read_seekable("t/case (1).zip", None, &mut Cursor::new(&archive)).unwrap();
                for (name, bytes) in &members {
                    analysis.read_seekable(&format!("t/case/{name}"), None, &mut Cursor::new(bytes)).unwrap();
                }
            }
            let report = analysis.finish().unwrap();
            let findings = serde_json::to_value(&report.findings).unwrap();
            let credentials = serde_json::to_value(&report.credentials).unwrap();
            (findings, credentials, report.inputs)
        };
        let (once, again) = (told(false), told(true));
        with_findings += usize::from(once.0.as_array().is_some_and(|findings| !findings.is_empty()));
        assert_eq!((&once.0, &once.1), (&again.0, &again.1), "{}", case.path().display());
        let copies = again.2.iter().filter(|input| input.details.as_ref().is_some_and(|d| d.get("copy_of").is_some()));
        let read = once.2.iter().filter(|i| !matches!(i.status, InputStatus::Unrecognized | InputStatus::Failed));
        assert_eq!(copies.count(), read.count(), "{}", case.path().display());
    }
    assert!(with_findings > 200, "{with_findings}");
}

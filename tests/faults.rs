//! Faults of files and of the output: nothing hangs, the rest of the run goes on, the exit status is right.
#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// The report of the last run.
const LAST: &str = "keyspect 0.1.0   1 artifact, 0 credentials\n";

const LOG: &str = "my \"Personal\"\n================ Certificate 0 ================\nSerial Number: 0a\nIssuer: CN=Fabrikam CA\n \
    NotBefore: 13/01/2024 10:00\n NotAfter: 13/01/2034 10:00\nSubject: CN=web.fabrikam.com\nNon-root Certificate\n\
    Cert Hash(sha1): 00112233445566778899aabbccddeeff00112233\n  Key Container = key 1\n  Provider = Microsoft Strong \
    Cryptographic Provider\n  KeySpec = 2 -- AT_SIGNATURE\nEncryption test passed\nCertUtil: -store command completed successfully.\n";

const FORMATS: [&str; 10] = ["text", "short", "summary", "json", "jsonl", "sarif", "junit", "csv", "html", "markdown"];

fn keyspect() -> Command {
    let mut command = Command::cargo_bin("keyspect").unwrap();
    command.timeout(Duration::from_secs(30));
    command
}

/// The inputs of a run over these paths: path, status, problems; and the exit status.
fn run(paths: &[&OsStr]) -> (Vec<(String, String, String)>, i32) {
    let output = keyspect().args(["--format", "json", "--fail-on", "never"]).args(paths).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let inputs = report["inputs"].as_array().unwrap().iter();
    let seen = inputs.map(|i| (text(&i["path"]), text(&i["status"]), i["problems"].to_string())).collect();
    (seen, output.status.code().unwrap())
}

fn is_root() -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o0)).unwrap();
    fs::File::open(file.path()).is_ok()
}

fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn fifos_sockets_links_and_strange_names_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fifo(&root.join("fifo"));
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    symlink("/dev/zero", root.join("zero")).unwrap();
    symlink(root, root.join("loop")).unwrap();
    fs::write(root.join(OsStr::from_bytes(b"log-\xff.txt")), LOG).unwrap();
    let (inputs, status) = run(&[root.as_os_str()]);
    assert_eq!(status, 0);
    let of = |name: &str| inputs.iter().find(|(path, ..)| path.ends_with(name)).unwrap();
    assert_eq!(inputs.len(), 5, "{inputs:?}");
    assert_eq!(of("log-\u{fffd}.txt").1, "analyzed");
    for name in ["fifo", "socket"] {
        assert_eq!(of(name).1, "failed");
        assert!(of(name).2.contains("not a regular file"), "{inputs:?}");
    }
    for name in ["zero", "loop"] {
        assert_eq!(of(name).1, "failed");
        assert!(of(name).2.contains("a symbolic link, which is not followed"), "{inputs:?}");
    }
}

#[test]
fn a_fifo_that_is_named_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    fifo(&path);
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || fs::write(path, LOG).unwrap())
    };
    let (inputs, status) = run(&[path.as_os_str()]);
    writer.join().unwrap();
    assert_eq!((inputs[0].1.as_str(), status), ("analyzed", 0));
}

#[test]
fn a_file_that_may_not_be_read_or_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.txt"), LOG).unwrap();
    fs::write(root.join("secret.txt"), LOG).unwrap();
    fs::set_permissions(root.join("secret.txt"), fs::Permissions::from_mode(0o0)).unwrap();
    let gone = root.join("gone.txt");
    let (inputs, status) = run(&[root.as_os_str(), gone.as_os_str()]);
    assert_eq!(status, 0);
    assert_eq!((inputs[0].1.as_str(), inputs[2].1.as_str()), ("analyzed", "failed"));
    assert!(inputs[2].2.contains("can't be read: No such file"), "{inputs:?}");
    if !is_root() {
        assert!(inputs[1].1 == "failed" && inputs[1].2.contains("Permission denied"), "{inputs:?}");
    }
    let (inputs, status) = run(&[gone.as_os_str()]);
    assert_eq!((inputs.len(), status), (1, 3));
}

/// A file that is found and then gone when it is opened.
#[test]
fn a_file_that_disappears_between_being_found_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, LOG).unwrap();
    let found = keyspect::input::walk(&[folder.path()], &keyspect::limits::Limits::default());
    fs::remove_file(&path).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].open().unwrap().unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

/// `/proc/self/mem` opens, and fails when it is read: an error of the system in the middle, not at opening.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_opens_and_then_fails() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.txt");
    fs::write(&log, LOG).unwrap();
    let (inputs, status) = run(&[OsStr::new("/proc/self/mem"), log.as_os_str()]);
    assert_eq!(status, 0);
    assert_eq!(inputs[0].1, "failed");
    assert!(inputs[0].2.contains("can't be read"), "{inputs:?}");
    assert_eq!(inputs[1].1, "analyzed");
}

#[test]
fn a_reader_that_errs_in_the_middle() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the cable is out"))
        }
    }
    use keyspect::analyze::{Analysis, Options};
    use keyspect::report::model::InputStatus;
    // Beyond the part that is read to tell what it is, and inside it.
    for filler in [0, 100_000] {
        let mut analysis = Analysis::new(Options::new(time::OffsetDateTime::UNIX_EPOCH));
        let log = format!("{LOG}{}", "\n".repeat(filler));
        analysis.read("a.txt", None, &mut log.as_bytes().chain(Broken)).unwrap();
        analysis.read("b.txt", None, &mut LOG.as_bytes()).unwrap();
        let report = analysis.finish().unwrap();
        assert_eq!(report.inputs[0].status, InputStatus::Partial);
        assert!(report.inputs[0].problems.iter().any(|p| p.message.contains("the cable is out")));
        assert_eq!(report.inputs[1].status, InputStatus::Analyzed);
    }
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.txt");
    fs::write(&log, LOG).unwrap();
    for format in FORMATS {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_keyspect"))
            .args(["--format", format])
            .arg(&log)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panicked"), "{format}: {said}");
        assert_ne!(output.status.code(), Some(101), "{format}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_shown_by_the_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.txt");
    fs::write(&log, LOG).unwrap();
    for format in FORMATS {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_keyspect"))
            .args(["--format", format])
            .arg(&log)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("No space left"), "{format}: {:?} {said}", output.status);
        assert!(!said.contains("panicked"), "{format}: {said}");
        assert!(output.status.code().is_some_and(|code| code >= 2), "{format}: {:?}", output.status);
    }
}

/// A reader that gives some bytes and then panics, as a crate with a fault would while it reads them.
struct Faulty<'a> {
    bytes: std::io::Cursor<&'a [u8]>,
    at: u64,
}

impl Read for Faulty<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        assert!(self.bytes.position() < self.at, "C4nary of a fault");
        let room = usize::try_from(self.at - self.bytes.position()).unwrap().min(buffer.len());
        self.bytes.read(&mut buffer[..room])
    }
}

impl std::io::Seek for Faulty<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[test]
fn a_fault_costs_the_input_in_which_it_shows_and_no_other() {
    use keyspect::analyze::{Analysis, Options};
    use keyspect::report::model::InputStatus;
    let log = format!("{LOG}{}", "\n".repeat(1_000_000));
    for threads in [1, 2] {
        // Beyond the part that is read to tell what it is, and inside it.
        for (at, status, credentials) in [(900_000, InputStatus::Partial, 2), (100, InputStatus::Failed, 1)] {
            let mut options = Options::new(time::OffsetDateTime::UNIX_EPOCH);
            options.threads = threads;
            let mut analysis = Analysis::new(options).with_faults_contained();
            analysis.read("a.txt", None, &mut Faulty { bytes: std::io::Cursor::new(log.as_bytes()), at }).unwrap();
            let other = LOG.replace("0011223344", "aaaa223344").replace("key 1", "key 2").replace("0a\n", "0b\n");
            analysis.read("b.txt", None, &mut other.as_bytes()).unwrap();
            let report = analysis.finish().unwrap();
            assert_eq!((report.inputs.len(), report.inputs[0].id, report.inputs[1].id), (2, 0, 1));
            assert_eq!(report.inputs[0].status, status, "{threads} {at}");
            assert_eq!(report.inputs[1].status, InputStatus::Analyzed);
            assert_eq!(report.credentials.len(), credentials, "{threads} {at}");
            let problem = report.inputs[0].problems.iter().find(|p| p.message.contains("a fault of keyspect")).unwrap();
            assert!(problem.message.contains(&format!("before byte {at}")), "{}", problem.message);
            assert_eq!(problem.bytes, Some([at - 1, at]));
            assert!(!serde_json::to_string(&report).unwrap().contains("C4nary"));
        }
    }
}

/// In an archive a fault costs one member; the members after it are read, and so are the inputs after the archive.
#[cfg(feature = "zip")]
#[test]
fn a_fault_while_an_archive_is_read() {
    use keyspect::analyze::{Analysis, Options};
    use keyspect::report::model::InputStatus;
    let archive = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/zip/plain/artifact.zip")).unwrap();
    let mut analysis = Analysis::new(Options::new(time::OffsetDateTime::UNIX_EPOCH)).with_faults_contained();
    // The directory at the end can't be reached: the fault shows while the archive itself is read.
    analysis.read_seekable("a.zip", None, &mut Faulty { bytes: std::io::Cursor::new(&archive), at: 60 }).unwrap();
    analysis.read("b.txt", None, &mut LOG.as_bytes()).unwrap();
    let report = analysis.finish().unwrap();
    let inputs: Vec<_> = report.inputs.iter().map(|i| (i.path.as_str(), i.member.is_some(), i.status)).collect();
    assert!(inputs.contains(&("b.txt", false, InputStatus::Analyzed)), "{inputs:?}");
    let outer = report.inputs.iter().find(|i| i.path == "a.zip" && i.member.is_none()).unwrap();
    assert_ne!(outer.status, InputStatus::Analyzed);
    assert!(report.inputs.iter().any(|i| i.problems.iter().any(|p| p.message.contains("a fault of keyspect"))));
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whether this process, and so each that it starts, ignores SIGINT (2): a shell lets jobs in the background do that.
fn ignores_int() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(ignored.trim(), 16).is_ok_and(|signals| signals & 0b10 != 0)
}

/// A signal in the middle of a batch: the file that was there before is whole, and nothing has its name that is not.
#[test]
fn a_signal_leaves_the_output_of_the_last_run_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.txt"), LOG).unwrap();
    fs::write(root.join("out.json"), LAST).unwrap();
    let int = if ignores_int() { None } else { Some("INT") };
    for signal in ["TERM"].into_iter().chain(int) {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_keyspect"))
            .args(["--quiet", "-o", "out.json", "a.txt", "-"])
            .current_dir(root)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The output is opened before the inputs are read; then the run waits for standard input.
        let opened = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            names_in(root).len() == 3
        });
        assert!(opened, "{:?}", names_in(root));
        let kill = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert_eq!(child.wait().unwrap().code(), None, "ended by the signal");
        assert_eq!(fs::read_to_string(root.join("out.json")).unwrap(), LAST);
        let left: Vec<String> = names_in(root).into_iter().filter(|name| name.ends_with(".part")).collect();
        assert!(left.iter().all(|name| name.starts_with(".out.json.")), "{left:?}");
        left.iter().for_each(|name| fs::remove_file(root.join(name)).unwrap());
    }
}

/// The disk is full while a file is written: said, shown by the status, and neither a part nor a new file is left.
#[test]
fn a_file_that_can_not_be_written_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.txt"), LOG).unwrap();
    fs::write(root.join("out.json"), LAST).unwrap();
    let output = std::process::Command::new("bash")
        .args([
            "-c",
            "ulimit -f 0; trap '' XFSZ; exec \"$0\" --quiet -o out.json a.txt",
            env!("CARGO_BIN_EXE_keyspect"),
        ])
        .current_dir(root)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("the output could not be written"), "{said}");
    assert_eq!(fs::read_to_string(root.join("out.json")).unwrap(), LAST);
    assert_eq!(names_in(root), ["a.txt", "out.json"]);
}

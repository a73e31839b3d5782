//! Facts about the machine: the version of Windows, its name, its MachineGuid.
//!
//! `systeminfo` translates its labels and the word Build; the version line is known by its shape, a version whose build is
//! named again at the end (`10.0.14393 N/A Build 14393`). The names of PowerShell's properties and of registry values are
//! the same in every language. Sources: Microsoft Learn, "systeminfo", "Get-ComputerInfo", "ver", "reg query", "hostname", "ipconfig",
//! "net config", "wmic", "Win32_ComputerSystem class".

use super::glance::{self, Glance};
use super::piece::Piece;
use super::text_reader::{TextReader, keep_line};
use super::text_shapes::{behind_prompt, find_ignoring_case, guid, label_value, prompted};
use crate::limits::Limits;
use crate::model::fact::{Excerpts, Fact, SourceId};
use crate::model::observation::{Observation, Observed, SystemFact};
use crate::model::windows::WindowsVersion;
use std::borrow::Cow;

/// The report's word for this kind of artifact.
pub const KIND: &str = "system-info";

/// A value follows its heading within this many lines.
const NEAR: u32 = 4;
/// The properties of Win32_OperatingSystem (Microsoft Learn, "Win32_OperatingSystem class") stand on fewer lines.
const PROPERTIES: u32 = 80;
/// Bytes of a line that is looked at for a label.
const LINE: usize = 400;
/// Characters of a computer's full name (RFC 1035, section 2.3.4).
const HOST: usize = 255;

/// What the next line may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    MachineGuid,
    Computer,
}

/// Reads facts about the machine.
pub struct SystemInfoReader {
    source: SourceId,
    excerpt_lines: usize,
    columns: usize,
    done: Vec<Observed>,
    /// The last two lines with a label, for the name that stands two lines before the version.
    labelled: [Option<(u32, Fact<String>)>; 2],
    awaited: Option<(u32, Awaited)>,
    /// The line whose label alone told the computer's name.
    host_name: Option<u32>,
    /// The line of a list of properties that gives the name of Windows: the version stands below.
    caption: Option<u32>,
    /// The line that names a key of the 32-bit view, whose MachineGuid is another one.
    narrow_view: Option<u32>,
}

impl SystemInfoReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            excerpt_lines: limits.excerpt_lines,
            columns: limits.excerpt_columns,
            done: Vec::new(),
            labelled: [None, None],
            awaited: None,
            host_name: None,
            caption: None,
            narrow_view: None,
        }
    }

    fn emit(&mut self, piece: Piece<'_>, name: &'static str, printed: Fact<String>, fact: SystemFact) {
        let mut excerpts = Excerpts::default();
        keep_line(&mut excerpts, printed.place, piece, self.excerpt_lines, self.columns);
        let place = printed.place;
        let fields = vec![(Cow::Borrowed(name), printed)];
        self.done.push(Observed { kind: KIND, place, fields, excerpts, what: Observation::System(fact) });
    }

    fn windows(&mut self, piece: Piece<'_>, name: &'static str, printed: &str, version: WindowsVersion) -> bool {
        let stated = piece.fact(self.source, version, printed);
        self.emit(piece, name, piece.text_fact(self.source, printed), SystemFact::Windows(stated));
        true
    }

    fn machine_guid(&mut self, piece: Piece<'_>, value: &str) -> bool {
        let Some(inner) = guid(value) else { return false };
        let fact = piece.fact(self.source, inner.to_ascii_lowercase(), inner);
        self.emit(piece, "machine_guid", piece.text_fact(self.source, inner), SystemFact::MachineGuid(fact));
        true
    }

    fn computer(&mut self, piece: Piece<'_>, name: &'static str, value: &str) -> bool {
        if !value.split('.').next().is_some_and(is_name) || !value.split('.').all(is_label) || value.len() > HOST {
            return false;
        }
        let fact = piece.text_fact(self.source, value);
        self.emit(piece, name, fact.clone(), SystemFact::Computer(fact));
        true
    }

    /// A line without label that was awaited.
    fn awaited(&mut self, piece: Piece<'_>, text: &str, number: u32) -> Option<bool> {
        let (line, what) = self.awaited?;
        if line.saturating_add(NEAR) < number {
            self.awaited = None;
            return None;
        }
        // The heading of the answer's column, and the line under it.
        if text.bytes().all(|b| b == b'-') || what == Awaited::Computer && text.eq_ignore_ascii_case("Name") {
            return Some(true);
        }
        self.awaited = None;
        let taken = match what {
            Awaited::MachineGuid => self.machine_guid(piece, text),
            Awaited::Computer => self.computer(piece, "hostname", text),
        };
        taken.then_some(true)
    }

    /// Keeps a value, which may be the name of a computer or of Windows, with its line.
    fn label(&mut self, piece: Piece<'_>, value: &str, number: u32) {
        if value.len() <= LINE {
            self.labelled.swap(0, 1);
            self.labelled[1] = Some((number, piece.text_fact(self.source, value)));
        }
    }

    /// `label: value`.
    fn entry(&mut self, piece: Piece<'_>, label: &str, value: &str, number: u32) -> bool {
        match label {
            "OsVersion" => {
                if let Some(version) = WindowsVersion::parse(value).filter(|v| plausible(*v)) {
                    return self.windows(piece, "os_version", value, version);
                }
            }
            "WindowsBuildLabEx" | "BuildLabEx" => {
                if let Some(version) = value.split('.').next().and_then(of_build) {
                    return self.windows(piece, "windows_build_lab_ex", value, version);
                }
            }
            "CsName" => return self.computer(piece, "cs_name", value),
            "Caption" if value.starts_with("Microsoft Windows ") => self.caption = Some(number),
            "Version" if self.caption.is_some_and(|line| line.saturating_add(PROPERTIES) >= number) => {
                self.caption = None;
                if let Some(version) = WindowsVersion::parse(value).filter(|v| plausible(*v)) {
                    return self.windows(piece, "version", value, version);
                }
            }
            "CurrentBuild" | "CurrentBuildNumber" => {
                if let Some(version) = of_build(value) {
                    return self.windows(piece, "current_build", value, version);
                }
            }
            _ if is_host_label(label, value) && self.computer(piece, "host_name", value) => {
                self.host_name = Some(number);
                self.label(piece, value, number);
                return true;
            }
            _ => {}
        }
        let Some((printed, version)) = named_twice(value) else {
            self.label(piece, value, number);
            return false;
        };
        // `Host Name`, `OS Name`, `OS Version`: the first three lines, whatever they are called.
        let [name, system] = std::mem::take(&mut self.labelled);
        if let (Some((first, name)), Some((second, system))) = (name, system)
            && first.saturating_add(2) == number
            && second.saturating_add(1) == number
            && system.value.contains("Windows")
            && is_name(&name.value)
            && self.host_name != Some(first)
        {
            let place = name.place;
            let mut excerpts = Excerpts::default();
            excerpts.push(place.source, place.line, place.column, place.start, &name.value);
            let fields = vec![(Cow::Borrowed("host_name"), name.clone())];
            let what = Observation::System(SystemFact::Computer(name));
            self.done.push(Observed { kind: KIND, place, fields, excerpts, what });
        }
        self.windows(piece, "os_version", printed, version)
    }

    /// A line of `systeminfo /fo csv`.
    fn csv(&mut self, piece: Piece<'_>, text: &str) -> bool {
        let cells: Vec<&str> = text.trim_matches('"').split("\",\"").take(8).collect();
        let Some((printed, version)) = cells.get(2).and_then(|cell| named_twice(cell)) else {
            return false;
        };
        if let Some(name) = cells.first() {
            self.computer(piece, "host_name", name);
        }
        self.windows(piece, "os_version", printed, version)
    }

    /// `Microsoft Windows Server 2016 Standard  10.0.14393`: a row of Win32_OperatingSystem with name and version.
    fn row(&mut self, piece: Piece<'_>, text: &str) -> bool {
        let Some((name, number)) = text.rsplit_once("  ").filter(|(name, _)| name.starts_with("Microsoft Windows "))
        else {
            return false;
        };
        let parts = number.split('.').count() == 3 && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match WindowsVersion::parse(number).filter(|v| parts && !name.contains(':') && plausible(*v)) {
            Some(version) => self.windows(piece, "version", number, version),
            None => false,
        }
    }

    /// `CurrentBuild    REG_SZ    14393`, as `reg query` prints it.
    fn registry_build(&mut self, piece: Piece<'_>, text: &str) -> bool {
        let mut words = text.split_whitespace();
        let name = words.next().filter(|name| matches!(*name, "CurrentBuild" | "CurrentBuildNumber"));
        match (name, words.next(), words.next().map(|build| (build, of_build(build))), words.next()) {
            (Some(_), Some("REG_SZ"), Some((build, Some(version))), None) => {
                self.windows(piece, "current_build", build, version)
            }
            _ => false,
        }
    }

    /// `Microsoft Windows [Version 10.0.14393]`, `Microsoft Windows NT 10.0.14393.0`, `Version 1607 (OS Build 14393.2273)`.
    fn banner(&mut self, piece: Piece<'_>, text: &str) -> bool {
        if let Some((_, rest)) = text.split_once("Microsoft Windows ") {
            let number = match rest.strip_prefix('[') {
                Some(inner) => inner.split(']').next().and_then(|t| t.rsplit([' ', '\u{a0}']).next()),
                None => rest.strip_prefix("NT ").and_then(|t| t.split_whitespace().next()),
            };
            let number = number.map(|n| n.trim_end_matches(['.', ',', ')']));
            let version =
                number.filter(|n| n.starts_with(|c: char| c.is_ascii_digit())).and_then(WindowsVersion::parse);
            if let (Some(number), Some(version)) = (number, version.filter(|v| plausible(*v))) {
                // The head of a transcript: `Machine: WEB01 (Microsoft Windows NT 10.0.17763.0)`.
                let labelled = text.split_once(" (Microsoft").and_then(|(before, _)| label_value(before));
                if let Some((_, name)) = labelled {
                    self.computer(piece, "machine", name.trim());
                }
                return self.windows(piece, "banner", number, version);
            }
        }
        // winver: the release and the build in parentheses.
        let Some((before, build)) = text.strip_suffix(')').and_then(|t| t.rsplit_once(' ')) else { return false };
        let mut release = before.split('(').next().unwrap_or("").split_whitespace().rev();
        let release = release.next().unwrap_or("");
        let shaped = release.len() == 4
            && release.bytes().enumerate().all(|(i, b)| b.is_ascii_digit() || i == 2 && b == b'H')
            && before.contains('(')
            && text.len() <= 120;
        let Some((number, revision)) = build.split_once('.').filter(|_| shaped) else { return false };
        let digits = !revision.is_empty() && revision.bytes().all(|b| b.is_ascii_digit());
        match of_build(number).filter(|_| digits) {
            Some(version) => self.windows(piece, "winver", build, version),
            None => false,
        }
    }
}

impl TextReader for SystemInfoReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if text.is_empty() || text.len() > LINE.saturating_mul(8) {
            return false;
        }
        let number = u32::try_from(piece.line().order).unwrap_or(u32::MAX);
        if let Some(taken) = self.awaited(piece, text, number) {
            return taken;
        }
        if find_ignoring_case(text, "wow6432node").is_some() {
            self.narrow_view = Some(number);
        } else if find_ignoring_case(text, "\\microsoft\\cryptography").is_some() {
            self.narrow_view = None;
        }
        if let Some(at) = find_ignoring_case(text, "machineguid") {
            if self.narrow_view.is_some_and(|line| line.saturating_add(NEAR) >= number) {
                return false;
            }
            let after = text.get(at.saturating_add("machineguid".len())..).unwrap_or("");
            // The value's type and the signs between name and value have no digits of a GUID before them.
            let mut words = after.split([' ', '\t', '"', '=', ':', ',', '\'']).filter(|w| !w.is_empty());
            if let Some(value) = words.find(|w| guid(w).is_some()) {
                return self.machine_guid(piece, value);
            }
            self.awaited = Some((number, Awaited::MachineGuid));
            return false;
        }
        let command = behind_prompt(text);
        if asks_computer(command, prompted(text).is_some()) {
            self.awaited = Some((number, Awaited::Computer));
            return prompted(text).is_none();
        }
        // `net config workstation`; of two backslashes a quoted line may have one.
        if let Some(name) = text.strip_prefix("Computer name ").and_then(|rest| rest.trim().strip_prefix('\\')) {
            return self.computer(piece, "computer_name", name.trim_start_matches('\\'));
        }
        if let Some(name) = text.strip_prefix("COMPUTERNAME=") {
            return self.computer(piece, "computername", name);
        }
        // The quotes around a whole line may be taken off already, as those of an item in a list.
        if text.contains("\",\"") {
            return self.csv(piece, text);
        }
        // The banner at the beginning of a line belongs to the console in which certutil ran, and its parser reads it.
        let shaped =
            text.ends_with(')') || text.contains("Microsoft Windows ") && !text.starts_with("Microsoft Windows [");
        if shaped && self.banner(piece, text) {
            return true;
        }
        if self.row(piece, text) || self.registry_build(piece, text) {
            return true;
        }
        match label_value(text) {
            Some((label, value)) if label.len() <= 80 => self.entry(piece, label, value, number),
            _ => false,
        }
    }

    fn words(&self) -> Vec<&'static str> {
        vec![
            "machineguid",
            "\\microsoft\\cryptography",
            "hostname",
            "computername",
            "computer name ",
            "computersystem",
            "machinename",
            "Microsoft Windows ",
            "\",\"",
            "CurrentBuild",
        ]
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        self.awaited.is_none() && glance.last != b')' && !glance.has(glance::LABEL)
    }

    fn is_open(&self) -> bool {
        false
    }

    fn close(&mut self) {
        self.awaited = None;
        self.caption = None;
        self.labelled = [None, None];
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
}

/// `10.0.14393 N/A Build 14393`: a version, and at the end its build again.
fn named_twice(value: &str) -> Option<(&str, WindowsVersion)> {
    let first = value.as_bytes().first()?;
    if !first.is_ascii_digit() {
        return None;
    }
    let mut words = value.split_whitespace();
    let number = words.next()?;
    let last = words.next_back()?;
    // A word for Build stands between.
    words.next_back()?;
    let build = number.rsplit('.').next()?;
    let parts = number.split('.').count() == 3 && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let version = WindowsVersion::parse(number).filter(|v| parts && plausible(*v))?;
    (build == last).then_some((number, version))
}

/// Whether a version can be one of Windows: 5.2.3790 to 10.0.x.
fn plausible(version: WindowsVersion) -> bool {
    matches!((version.major, version.minor), (5, 0..=2) | (6, 0..=4) | (10, 0)) && version.build >= 2195
}

/// The version that a build belongs to.
fn of_build(text: &str) -> Option<WindowsVersion> {
    let build: u32 = text.parse().ok()?;
    let (major, minor) = match build {
        3790 => (5, 2),
        6000..=6003 => (6, 0),
        7600..=7601 => (6, 1),
        9200 => (6, 2),
        9600 => (6, 3),
        10240..=99999 => (10, 0),
        _ => return None,
    };
    Some(WindowsVersion { major, minor, build })
}

/// Whether a command prints the name of the computer and nothing else. A line without a prompt may be one of a script.
fn asks_computer(command: &str, prompted: bool) -> bool {
    let command = command.trim().to_ascii_lowercase();
    let bare = command.strip_suffix(".exe").unwrap_or(&command);
    if bare == "hostname" || command == "$env:computername" {
        return true;
    }
    let printed = ["echo ", "write-host ", "write-output "].iter().find_map(|verb| command.strip_prefix(verb));
    let expression = printed.unwrap_or(&command).trim_matches(['"', '\'', ' ', '(', ')']);
    let known = matches!(
        expression,
        "$env:computername"
            | "%computername%"
            | "[environment]::machinename"
            | "[system.environment]::machinename"
            | "[net.dns]::gethostname"
            | "[system.net.dns]::gethostname"
    );
    let system = command.contains("win32_computersystem")
        && (command.ends_with(").name") || command.ends_with("-expandproperty name"));
    let looked_up = command.contains("[system.net.dns]::gethostby") && command.ends_with(".hostname");
    prompted && (known || system || looked_up || command.starts_with("wmic computersystem get name"))
}

/// Whether a label is that of the computer's name by itself: `Host Name` of systeminfo and, with dots behind it, of ipconfig;
/// `Hostname` is systeminfo's in German, which prints the name in capitals, and a word of many other programs.
fn is_host_label(label: &str, value: &str) -> bool {
    // Neither prints the domain with it; a site's or a tested server's full name is another thing.
    !value.contains('.')
        && match label.trim_end_matches(['.', ' ']) {
            "Host Name" => true,
            "Hostname" => label.ends_with('.') || !value.contains(char::is_lowercase),
            _ => false,
        }
}

/// Whether a text can be a part of a computer's full name.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= 63 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// Whether a text can be the name of a computer.
fn is_name(text: &str) -> bool {
    is_label(text) && !text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<Observed> {
        read(&mut SystemInfoReader::new(SourceId(0), &Limits::default()), text)
    }

    #[test]
    fn versions_of_other_things() {
        for text in [
            "Version: 10.0.14393",
            "Product version: 15.0.4569 Update 4570",
            "OsVersion : 3.1",
            "BIOS: 1.2.3000 N/A Build 3000",
            "Microsoft Windows [Version 10.0.14393]",
            "hostname\n3.14 is no name",
            "hostname\n10.0.0.5",
            "echo %COMPUTERNAME%\npause",
            "Hostname: backend7",
            "Host Name: www.contoso.com",
            "HostName : sts.contoso.com",
            "Computer name : web01",
            "MachineGuid is a value of the registry",
        ] {
            assert_eq!(all(text), vec![], "{text}");
        }
    }

    #[test]
    fn names_of_computers() {
        for text in [
            "C:\\>HOSTNAME\nWEB01",
            "PS C:\\> hostname.exe\nWEB01",
            "hostname\nWEB01",
            "C:\\>echo %COMPUTERNAME%\nWEB01",
            "PS C:\\> Write-Host $env:ComputerName\nWEB01",
            "PS C:\\> \"$env:COMPUTERNAME\"\nWEB01",
            "PS C:\\> (Get-CimInstance Win32_ComputerSystem).Name\nWEB01",
            "C:\\>wmic computersystem get name\nName\nWEB01",
            "C:\\>set computername\nCOMPUTERNAME=WEB01",
            "Host Name:                 WEB01",
            "Hostname:                  WEB01",
            "   Host Name . . . . . . . . . . . . : WEB01",
            "Computer name                        \\\\WEB01",
            "CsName : WEB01",
            "Host Name:  WEB01\nOS Name:  Microsoft Windows Server 2019\nOS Version:  10.0.17763 N/A Build 17763",
        ] {
            let names: Vec<String> = all(text)
                .into_iter()
                .filter_map(|found| match found.what {
                    Observation::System(SystemFact::Computer(name)) => Some(name.value),
                    _ => None,
                })
                .collect();
            assert_eq!(names, ["WEB01"], "{text}");
        }
        let full = all("C:\\>hostname\nweb01.contoso.com");
        assert!(
            matches!(&full[..], [Observed { what: Observation::System(SystemFact::Computer(name)), .. }] if name.value == "web01.contoso.com")
        );
    }

    #[test]
    fn builds_have_versions() {
        assert_eq!(of_build("9600").map(|v| v.minor), Some(3));
        assert_eq!(of_build("9601"), None);
    }

    #[test]
    fn versions_of_other_tools() {
        let version = |text: &str| {
            let found = all(text).into_iter().find_map(|o| match o.what {
                Observation::System(SystemFact::Windows(version)) => Some(version.value),
                _ => None,
            });
            found.map(|v| (v.major, v.minor, v.build))
        };
        for text in [
            "Caption                                 Version\nMicrosoft Windows Server 2016 Standard  10.0.14393\n",
            "Caption     : Microsoft Windows Server 2016 Standard\nBuildNumber : 14393\nVersion     : 10.0.14393\n",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\n    CurrentBuild    REG_SZ    14393\n",
            "CurrentBuildNumber        : 14393\n",
        ] {
            assert_eq!(version(text), Some((10, 0, 14393)), "{text}");
        }
        for text in [
            "Caption : Contoso Agent\nVersion : 10.0.14393\n",
            "Microsoft Windows Installer  5.0.7600.16385\n",
            "    CurrentVersion    REG_SZ    6.3\n",
            "    CurrentBuild    REG_DWORD    14393\n",
        ] {
            assert_eq!(version(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]
        #[test]
        fn any_text(lines in proptest::collection::vec(prop_oneof![
            ".{0,40}",
            Just("Host: WEB01".to_owned()),
            Just("OS: Microsoft Windows Server".to_owned()),
            Just("V: 10.0.14393 N/A Build 14393".to_owned()),
            Just("MachineGuid".to_owned()),
            Just("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0".to_owned()),
            Just("hostname".to_owned()),
            Just("x Microsoft Windows [\u{e9} 6.1.7601]".to_owned()),
            Just("\"a\",\"b\",\"10.0.14393 \u{e9} 14393\"".to_owned()),
        ], 0..16)) {
            let text = lines.join("\n");
            for found in all(&text) {
                prop_assert!(found.place.end() <= u64::try_from(text.len()).unwrap());
            }
        }
    }
}

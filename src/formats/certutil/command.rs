//! The command line of a certutil run, as a prompt in the log shows it.

use crate::formats::text_shapes::prompted;

/// What a command line says about the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The verb without its hyphen, lower case: `store`, `dump`; empty when only a file was named (`-dump`).
    pub verb: String,
    /// `-user`.
    pub user: bool,
    /// `-enterprise`.
    pub enterprise: bool,
    /// `-grouppolicy`.
    pub group_policy: bool,
    /// `-service`.
    pub service: bool,
    /// `-v`.
    pub verbose: bool,
    /// `psexec -s` in front: it ran as SYSTEM.
    pub system: bool,
    /// The arguments after the verb that are no options.
    pub arguments: Vec<String>,
}

const VERBS: &[&str] = &[
    "store",
    "verifystore",
    "dump",
    "dumppfx",
    "exportpfx",
    "importpfx",
    "repairstore",
    "delstore",
    "scinfo",
    "key",
    "csplist",
    "csptest",
    "delkey",
    "addstore",
    "viewstore",
    "viewdelstore",
    "urlcache",
    "mergepfx",
    "verify",
    "decode",
    "encode",
    "template",
    "dstemplate",
    "ca",
    "view",
    "hashfile",
    "pulse",
    "enumstore",
    "verifykeys",
];
const OPTIONS_WITH_VALUE: &[&str] = &["csp", "p", "config", "dc", "restrict", "out", "t", "clientcertificate"];

impl CommandLine {
    /// Finds `certutil` in a line and reads what follows it. `None` when the line is no certutil command.
    pub fn parse(line: &str) -> Option<Self> {
        let lower = line.to_ascii_lowercase();
        let at = lower.match_indices("certutil").map(|(i, _)| i).find(|i| {
            let before = lower.get(..*i).and_then(|b| b.chars().next_back());
            let after = lower.get(i.saturating_add(8)..).unwrap_or("");
            before.is_none_or(|c| !c.is_alphanumeric())
                && (after.starts_with(' ') || after.starts_with(".exe") || after.starts_with('"'))
        })?;
        let rest = line.get(at.saturating_add(8)..)?;
        let rest = rest.strip_prefix(".exe").or_else(|| rest.strip_prefix(".EXE")).unwrap_or(rest);
        let words = words(rest.trim_start_matches('"'));
        let mut out = Self { system: line.get(..at).is_some_and(starts_as_system), ..Self::default() };
        let mut it = words.into_iter().peekable();
        while let Some(word) = it.next() {
            let option = word
                .strip_prefix(['-', '/', '\u{2013}', '\u{2014}'])
                .filter(|o| !o.is_empty() && o.chars().all(|c| c.is_ascii_alphanumeric()));
            match option.map(str::to_ascii_lowercase).as_deref() {
                Some("user") => out.user = true,
                Some("enterprise") => out.enterprise = true,
                Some("grouppolicy") | Some("gp") => out.group_policy = true,
                Some("service") => {
                    out.service = true;
                }
                Some("v") => out.verbose = true,
                Some(o) if VERBS.contains(&o) && out.verb.is_empty() => out.verb = o.to_owned(),
                Some(o) if OPTIONS_WITH_VALUE.contains(&o) => {
                    // The value may be a password: it is skipped, never kept.
                    let _ = it.next();
                }
                Some(_) => {}
                None => out.arguments.push(word),
            }
            if out.arguments.len() > 16 {
                break;
            }
        }
        if out.verb.is_empty() && out.arguments.is_empty() && !out.verbose {
            return None;
        }
        // A sentence that mentions certutil is no command: a command has a verb, or a file as its only argument.
        if out.verb.is_empty() && !(out.arguments.len() == 1 && out.arguments.first().is_some_and(|a| a.contains('.')))
        {
            return None;
        }
        Some(out)
    }

    /// The store that is named, if the verb takes one.
    pub fn store(&self) -> Option<&str> {
        let takes_store = matches!(
            self.verb.as_str(),
            "store"
                | "verifystore"
                | "exportpfx"
                | "repairstore"
                | "delstore"
                | "addstore"
                | "viewstore"
                | "viewdelstore"
        );
        if !takes_store {
            return None;
        }
        self.arguments.first().map(String::as_str).filter(|s| s.len() <= 64)
    }

    /// The store into which the command puts a certificate: `-addstore` names it, `-importpfx` may leave it out.
    pub fn added_to(&self) -> Option<&str> {
        match self.verb.as_str() {
            "addstore" => self.store(),
            "importpfx" => {
                let file = |argument: &str| argument.contains(['.', '\\', '/']);
                let named = self.arguments.first().filter(|first| self.arguments.len() > 1 && !file(first));
                Some(named.map_or("my", String::as_str)).filter(|store| store.len() <= 64)
            }
            _ => None,
        }
    }

    /// Whether a single certificate was asked for.
    pub fn names_a_certificate(&self) -> bool {
        self.arguments.len() > 1
    }
}

/// The longest command line of cmd.exe, in characters (https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation).
const LONGEST: usize = 8_191;

/// Splits at blanks outside quotes; quotes of every kind are removed. A quote that touches the next word ends the first.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in text.chars().take(LONGEST) {
        match c {
            '"' | '\u{201c}' | '\u{201d}' => {
                if quoted || !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                quoted = !quoted;
            }
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// Whether a command line starts a program as SYSTEM: `psexec -s cmd`, `PsExec64.exe -accepteula -sid powershell`
/// (Microsoft Learn, "PsExec"). Its options without a value may be written together.
pub(super) fn starts_as_system(line: &str) -> bool {
    let lower = line.get(..line.len().min(LONGEST)).unwrap_or("").to_ascii_lowercase();
    let mut words = lower.split(|c: char| c.is_whitespace() || matches!(c, '"' | '>' | '&'));
    let names_it = |word: &str| {
        let name = word.rsplit(['\\', '/']).next().unwrap_or(word);
        matches!(name.strip_suffix(".exe").unwrap_or(name), "psexec" | "psexec64" | "paexec")
    };
    if !words.any(names_it) {
        return false;
    }
    let shell = |word: &str| ["cmd", "powershell", "pwsh"].iter().any(|shell| word.starts_with(shell));
    let mut options = words.take_while(|word| !shell(word)).filter_map(|word| word.strip_prefix(['-', '/']));
    options.any(|option| option.contains('s') && option.chars().all(|c| "sidhxefcv".contains(c)))
}

/// The computer on which a command line runs, if its prompt or the command itself names one, with its domain if that is typed:
/// `[web01.contoso.com]: PS C:\>` of a remote session, `psexec \\web01 certutil …` and `winrs -r:web01 certutil …` (Microsoft
/// Learn, "PsExec", "winrs"). An address is no name.
pub(super) fn session(line: &str) -> Option<&str> {
    let of_prompt = line.trim_start().strip_prefix('[').and_then(|text| text.split_once("]: PS "));
    let name = match of_prompt {
        Some((name, _)) => name,
        None => remote(prompted(line).filter(|_| line.len() <= LONGEST)?)?,
    };
    let address = name.contains(':') || name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let shaped = !name.is_empty() && name.len() <= 255 && !name.contains(char::is_whitespace);
    Some(name).filter(|name| shaped && !address && !name.eq_ignore_ascii_case("localhost"))
}

/// The computer that a command is to run on, which starts with one of the programs for that.
fn remote(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    let program = words.next()?.trim_matches('"').rsplit(['\\', '/']).next()?.to_ascii_lowercase();
    let options = words.take_while(|word| word.starts_with(['-', '/', '\\', '"']));
    let mut options = options.map(|option| option.trim_matches('"'));
    match program.strip_suffix(".exe").unwrap_or(&program) {
        // Of two backslashes a quoted line may have one.
        "psexec" | "psexec64" | "paexec" => {
            options.find_map(|option| option.strip_prefix('\\')).map(|name| name.trim_start_matches('\\'))
        }
        "winrs" => options.find_map(|option| option.strip_prefix(['-', '/'])?.strip_prefix("r:")),
        _ => None,
    }
}

/// What the prompt before a command says about the shell: `Some(true)` elevated, `Some(false)` not.
pub(super) fn elevation(line: &str) -> Option<bool> {
    let lower = line.to_ascii_lowercase();
    if lower.contains("administrator:")
        || lower.contains(r"c:\windows\system32>")
        || lower.contains(r"c:\windows\system32\>")
    {
        return Some(true);
    }
    let prompt = lower.find('>').and_then(|at| lower.get(..at)).unwrap_or("");
    if prompt.contains(r"c:\users\") && !prompt.contains(r"\users\administrator") {
        return Some(false);
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn computers_of_commands() {
        for (line, name) in [
            ("[web01.contoso.com]: PS C:\\> certutil -store my", Some("web01.contoso.com")),
            (r"C:\>psexec \\WEB01 certutil -store my", Some("WEB01")),
            (r"PS C:\> .\PsExec64.exe -accepteula \\WEB01 -s cmd", Some("WEB01")),
            (r"C:\>winrs -r:WEB01 certutil -store my", Some("WEB01")),
            (r"C:\>winrs /r:http://WEB01:5985 certutil", None),
            (r"C:\>psexec \\10.0.0.5 certutil", None),
            (r"C:\>psexec -s certutil -store my \\WEB01", None),
            (r"C:\>dir \\WEB01\c$", None),
            (r"psexec \\WEB01 certutil", None),
        ] {
            assert_eq!(session(line), name, "{line}");
        }
    }

    #[test]
    fn command_lines() {
        let c = CommandLine::parse(r#"C:\>certutil -store -user My"#).unwrap();
        assert_eq!((c.verb.as_str(), c.user, c.store()), ("store", true, Some("My")));
        let c = CommandLine::parse(r#"PS C:\Users\x> certutil -store -enterprise CA"#).unwrap();
        assert!(c.enterprise && c.store() == Some("CA"));
        let c = CommandLine::parse(
            r#"C:\P>certutil -f -csp "Cavium Key Storage Provider"-repairstore my "5100"my "Personal""#,
        )
        .unwrap();
        assert_eq!((c.verb.as_str(), c.store()), ("repairstore", Some("my")));
        let c = CommandLine::parse("certutil -p secret -importpfx my x.pfx AT_KEYEXCHANGE").unwrap();
        assert_eq!(c.arguments, ["my", "x.pfx", "AT_KEYEXCHANGE"]);
        let added = |text: &str| CommandLine::parse(text).unwrap().added_to().map(str::to_owned);
        assert_eq!(c.added_to(), Some("my"));
        assert_eq!(added("certutil -importpfx C:\\x.pfx NoExport").as_deref(), Some("my"));
        assert_eq!(added("certutil -importpfx WebHosting x.pfx").as_deref(), Some("WebHosting"));
        assert_eq!(added("certutil -addstore root ca.cer").as_deref(), Some("root"));
        assert_eq!(added("certutil -store my"), None);
        let c = CommandLine::parse("certutil sso.pfx").unwrap();
        assert_eq!(c.arguments, ["sso.pfx"]);
        assert_eq!(CommandLine::parse("CertUtil: -store command completed successfully."), None);
        assert_eq!(CommandLine::parse("we ran certutil on the server"), None);
    }

    #[test]
    fn commands_that_run_as_system() {
        for line in [
            r"C:\Windows\system32>psexec -s certutil -store my",
            r"PS C:\Tools> .\PsExec64.exe -accepteula -nobanner -s certutil.exe -v -store my",
            r#"C:\>"C:\Tools\psexec.exe" /s certutil -store my"#,
            r"C:\Users\otto>psexec \\web01 -sh certutil -store my",
        ] {
            assert!(CommandLine::parse(line).unwrap().system, "{line}");
        }
        for line in [
            r"C:\>certutil -store my",
            r"C:\>psexec \\web01 certutil -store -service my",
            r"C:\>psexec \\web01 -accepteula certutil -store my",
            r"C:\>runas -s certutil -store my",
        ] {
            assert!(!CommandLine::parse(line).unwrap().system, "{line}");
        }
        assert!(starts_as_system(r"C:\>psexec -i -s cmd"));
        assert!(!starts_as_system(r"C:\>psexec -i 1 cmd /s /k"));
    }

    #[test]
    fn computers_of_sessions() {
        assert_eq!(session(r"[web01]: PS C:\Users\dana\Documents> certutil -store my"), Some("web01"));
        assert_eq!(session(r"[WEB02.contoso.com]: PS C:\>"), Some("WEB02.contoso.com"));
        for line in
            [r"[10.0.0.5]: PS C:\>", r"[fe80::1]: PS C:\>", r"[localhost]: PS C:\>", r"PS C:\> [a]: PS ", "[]: PS "]
        {
            assert_eq!(session(line), None, "{line}");
        }
    }

    #[test]
    fn elevation_by_prompt() {
        assert_eq!(elevation(r"C:\Windows\system32>certutil -store my"), Some(true));
        assert_eq!(elevation(r"*Evil-WinRM* PS C:\Users\Otto.B> certutil -Store My"), Some(false));
        assert_eq!(elevation(r"C:\>certutil -store my"), None);
    }
}

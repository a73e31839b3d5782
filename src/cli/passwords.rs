//! Where passwords come from: `--passin`, `--passwords`, a prompt. They are never shown and never part of a message.

use keyspect::input::Passwords;
use keyspect::limits::{PASSWORD_BYTES, PASSWORD_LIST_BYTES};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// How often a person is asked for the password of one file.
const TRIES: u32 = 3;

/// Warns of `--passin pass:…`.
pub(crate) const PASS_WARNING: &str = "a password on the command line can be seen by other processes and stays in the shell's history: prefer env:, file:, fd: \
     or stdin";

/// Reads the password that an argument in OpenSSL's form names: `env:NAME`, `file:PATH` (its first line), `fd:NUMBER`,
/// `stdin` (its first line), or `pass:PASSWORD`. A warning comes with the last.
///
/// # Errors
/// A message without the password.
pub(crate) fn passin(argument: &str) -> Result<(Zeroizing<String>, Option<&'static str>), String> {
    if argument == "stdin" {
        return Ok((first_line(&mut io::stdin().lock(), "standard input")?, None));
    }
    let Some((form, value)) = argument.split_once(':') else {
        return Err("--passin takes env:NAME, file:PATH, fd:NUMBER, stdin or pass:PASSWORD".to_owned());
    };
    match form {
        "pass" => Ok((Zeroizing::new(value.to_owned()), Some(PASS_WARNING))),
        "env" => match std::env::var(value) {
            Ok(password) => Ok((Zeroizing::new(password), None)),
            Err(std::env::VarError::NotPresent) => Err(format!("--passin: the environment has no variable {value}")),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("--passin: the variable {value} is not UTF-8")),
        },
        "file" => {
            let file = File::open(value).map_err(|error| format!("--passin: {value} can't be read: {error}"))?;
            Ok((first_line(&mut BufReader::new(file), value)?, None))
        }
        "fd" => {
            let number: u32 = value.parse().map_err(|_| "--passin: fd: takes a number".to_owned())?;
            if number == 0 {
                return Ok((first_line(&mut io::stdin().lock(), "standard input")?, None));
            }
            Ok((first_line(&mut BufReader::new(descriptor(number)?), &format!("descriptor {number}"))?, None))
        }
        _ => Err("--passin takes env:NAME, file:PATH, fd:NUMBER, stdin or pass:PASSWORD".to_owned()),
    }
}

/// Opens a descriptor that the caller left open, through the system's own folder of them.
#[cfg(unix)]
fn descriptor(number: u32) -> Result<File, String> {
    File::open(format!("/dev/fd/{number}")).map_err(|error| format!("--passin: descriptor {number}: {error}"))
}

#[cfg(not(unix))]
fn descriptor(_: u32) -> Result<File, String> {
    Err("--passin: fd: is not there on this system".to_owned())
}

fn first_line(reader: &mut dyn BufRead, name: &str) -> Result<Zeroizing<String>, String> {
    // Sized once: growing would leave copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES as usize + 1));
    let mut reader = reader.take(PASSWORD_BYTES + 1);
    let mut read = reader.read_until(b'\n', &mut line);
    // In UTF-16 the byte of a line feed may be half of another character.
    while line.starts_with(UTF_16) && !(line.len().is_multiple_of(2) && line.ends_with(b"\n\0")) {
        let mut next = Zeroizing::new([0_u8; 1]);
        read = reader.read(next.as_mut());
        if !matches!(read, Ok(1)) {
            break;
        }
        line.extend(*next);
    }
    read.map_err(|error| format!("--passin: {name} can't be read: {error}"))?;
    if line.len() as u64 > PASSWORD_BYTES {
        return Err(format!("--passin: the first line of {name} is longer than {PASSWORD_BYTES} bytes"));
    }
    let mut text = decode(&line).ok_or_else(|| format!("--passin: the first line of {name} is not UTF-8"))?;
    while text.ends_with(['\r', '\n']) {
        text.pop();
    }
    Ok(text)
}

/// The byte order mark of UTF-16, little-endian.
const UTF_16: &[u8] = &[0xFF, 0xFE];

/// A text in UTF-8, with or without the byte order mark that editors of Windows write, or in UTF-16 with one, as Windows
/// PowerShell's `>` writes it. `None`: neither.
fn decode(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let Some(rest) = bytes.strip_prefix(UTF_16) else {
        let text = std::str::from_utf8(bytes).ok()?;
        return Some(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()));
    };
    let (units, odd) = rest.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    // Sized once: a unit gives at most three bytes.
    let mut text = Zeroizing::new(String::with_capacity(units.len().saturating_mul(3)));
    for character in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        text.push(character.ok()?);
    }
    Some(text)
}

/// Adds the passwords of a list.
///
/// # Errors
/// A message without any password.
pub(crate) fn add_list(passwords: &mut Passwords, path: &Path) -> Result<(), String> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("--passwords: {name} can't be read: {error}"))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 << 10));
    let read = file.take(PASSWORD_LIST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("--passwords: {name} can't be read: {error}"))?;
    if bytes.len() as u64 > PASSWORD_LIST_BYTES {
        return Err(format!("--passwords: {name} is larger than {PASSWORD_LIST_BYTES} bytes"));
    }
    let text = decode(&bytes).ok_or_else(|| format!("--passwords: {name} is not UTF-8"))?;
    passwords.add_list(&text);
    Ok(())
}

/// Whether a person can be asked: a terminal on standard input, which is not an input itself.
pub(crate) fn can_ask(stdin_is_input: bool) -> bool {
    !stdin_is_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for the password of a file, with echo off. An empty answer ends it.
pub(crate) fn ask(path: &str, tries: u32) -> Option<Zeroizing<String>> {
    if tries > TRIES {
        return None;
    }
    let again = if tries > 1 { "That is not it. " } else { "" };
    let shown = keyspect::report::escape::escape(path);
    let answer = rpassword::prompt_password(format!("{again}Password of {shown} (empty: go on without): ")).ok()?;
    let answer = Zeroizing::new(answer);
    (!answer.is_empty()).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_openssl() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "first \r\nsecond\n").unwrap();
        let (password, warning) = passin(&format!("file:{}", path.display())).unwrap();
        assert_eq!((password.as_str(), warning), ("first ", None));
        // As editors and PowerShell of Windows write it; U+0A0A is no end of a line.
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, want) in [
            ("\u{feff}geh\u{df}im\r\nsecond".as_bytes().to_vec(), "geh\u{df}im"),
            (utf16("\u{feff}geh\u{df}im\r\nsecond\r\n"), "geh\u{df}im"),
            (utf16("\u{feff}a\u{a0a}\u{10a}b"), "a\u{a0a}\u{10a}b"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(passin(&format!("file:{}", path.display())).unwrap().0.as_str(), want);
        }
        let (password, warning) = passin("pass:a:b").unwrap();
        assert_eq!((password.as_str(), warning), ("a:b", Some(PASS_WARNING)));
        for wrong in ["secret", "secret:x", "env:KEYSPECT_NO_SUCH_VARIABLE", "fd:x", "file:/no/such/file"] {
            let message = passin(wrong).err().unwrap();
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_list_is_bounded_and_utf_8() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let mut passwords = Passwords::new();
        std::fs::write(&path, b"\xe9\n").unwrap();
        assert!(add_list(&mut passwords, &path).unwrap_err().contains("UTF-8"));
        std::fs::write(&path, vec![b'a'; (1 << 20) + 1]).unwrap();
        assert!(add_list(&mut passwords, &path).unwrap_err().contains("larger"));
        std::fs::write(&path, "x\n*.pfx=y\n").unwrap();
        add_list(&mut passwords, &path).unwrap();
        assert_eq!(passwords.for_file("a.pfx").len(), 2);
    }
}

//! Where an answer goes, and what the terminal there can show.

use super::args::{Color, OutputArgs};
use anstream::{AutoStream, ColorChoice};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

/// Columns where no terminal states its own.
const WIDTH: usize = 100;

/// Bytes that are written at once.
const BUFFER: usize = 64 << 10;

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// For a person, with colours where they are wanted.
    Text,
    /// For a program.
    Json,
}

/// Where an answer goes.
pub(crate) enum Output {
    /// Standard output.
    Stdout(BufWriter<AutoStream<io::Stdout>>),
    /// Standard output, for JSON: nothing in it is for a terminal.
    Plain(BufWriter<io::Stdout>),
    /// A file that appears under its name when it is complete.
    File { writer: BufWriter<File>, temporary: PathBuf, path: PathBuf },
    /// A device or a FIFO: written as it is.
    Device(BufWriter<File>),
}

/// What the terminal there can show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) color: bool,
    pub(crate) ascii: bool,
    pub(crate) width: usize,
}

fn choice(args: &OutputArgs) -> ColorChoice {
    match args.color {
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        Color::Auto if file(args).is_some() => ColorChoice::Never,
        Color::Auto => AutoStream::choice(&io::stdout()),
    }
}

/// The file of `--output`; `-` is standard output.
fn file(args: &OutputArgs) -> Option<&Path> {
    args.output.as_deref().filter(|p| p.as_os_str() != "-")
}

/// Whether the locale says that the terminal shows no UTF-8 (POSIX, "Environment Variables": LC_ALL, then LC_CTYPE, then
/// LANG). A locale that says nothing is taken for UTF-8.
fn locale_is_ascii() -> bool {
    let value = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    value.is_some_and(|v| {
        let lower = v.to_ascii_lowercase();
        !(lower.contains("utf-8") || lower.contains("utf8"))
    })
}

impl Look {
    pub(crate) fn of(args: &OutputArgs) -> Self {
        let width = (file(args).is_none() && io::stdout().is_terminal())
            .then(|| terminal_size::terminal_size_of(io::stdout()))
            .flatten()
            .map_or(WIDTH, |(width, _)| usize::from(width.0));
        Self { color: choice(args) != ColorChoice::Never, ascii: args.ascii || locale_is_ascii(), width }
    }
}

impl Output {
    /// Opens the place. Nothing appears under the file's name before [`Output::finish`].
    ///
    /// # Errors
    /// A message for a person: the file can't be made there.
    pub(crate) fn open(args: &OutputArgs, content: Content) -> Result<Self, String> {
        let Some(path) = file(args) else {
            if content == Content::Json {
                return Ok(Self::Plain(BufWriter::with_capacity(BUFFER, io::stdout())));
            }
            return Ok(Self::Stdout(BufWriter::new(AutoStream::new(io::stdout(), choice(args)))));
        };
        let refused = |e| format!("--output {}: can't be written: {e}", path.display());
        // A link is followed: its target is replaced, not the link.
        let target = std::fs::canonicalize(path).ok();
        match target.as_deref().map(std::fs::metadata) {
            Some(Ok(metadata)) if metadata.is_dir() => return Err(refused(io::ErrorKind::IsADirectory.into())),
            Some(Ok(metadata)) if !metadata.is_file() => {
                let file = OpenOptions::new().write(true).open(path).map_err(refused)?;
                return Ok(Self::Device(BufWriter::with_capacity(BUFFER, file)));
            }
            _ => {}
        }
        let path = target.as_deref().unwrap_or(path);
        let name = path.file_name().ok_or_else(|| format!("--output {}: not a file's name", path.display()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(refused)?;
        Ok(Self::File { writer: BufWriter::with_capacity(BUFFER, file), temporary, path: path.to_owned() })
    }

    /// Writes out what is still held back, and gives a file its name.
    ///
    /// # Errors
    /// The error of the system.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        if let Self::File { writer, temporary, path } = &mut self {
            writer.get_ref().sync_all()?;
            std::fs::rename(&*temporary, &*path)?;
            temporary.clear();
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Plain(out) => out.write(bytes),
            Self::File { writer, .. } | Self::Device(writer) => writer.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Plain(out) => out.flush(),
            Self::File { writer, .. } | Self::Device(writer) => writer.flush(),
        }
    }
}

impl Drop for Output {
    /// An unfinished file leaves nothing behind.
    fn drop(&mut self) {
        if let Self::File { temporary, .. } = self
            && !temporary.as_os_str().is_empty()
        {
            let _ = std::fs::remove_file(&*temporary);
        }
    }
}

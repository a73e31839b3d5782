//! Completions for shells and manual pages, made from the arguments themselves when they are asked for: a copy can't be
//! stale, since none is kept.

use super::args::{Cli, CompletionShell, EXAMPLES};
use clap::CommandFactory as _;
use clap_complete::Shell;
use keyspect::explain::closest;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes the completions of a shell.
///
/// # Errors
/// Whatever the writer answers.
pub(crate) fn completions(shell: CompletionShell, out: &mut dyn Write) -> io::Result<()> {
    let shell = match shell {
        CompletionShell::Bash => Shell::Bash,
        CompletionShell::Zsh => Shell::Zsh,
        CompletionShell::Fish => Shell::Fish,
        CompletionShell::Powershell => Shell::PowerShell,
        CompletionShell::Elvish => Shell::Elvish,
    };
    // The generator ends the program when it can't write: it gets memory.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "keyspect", &mut text);
    out.write_all(&text)
}

/// The manual page of the program, or of one of its commands.
///
/// # Errors
/// A message: there is no such command.
pub(crate) fn man(command: Option<&str>) -> Result<Vec<u8>, String> {
    let mut program = Cli::command().max_term_width(0);
    program.build();
    let page = match command {
        None => program,
        Some(name) => {
            let found = program.get_subcommands().find(|c| c.get_name() == name);
            found.cloned().ok_or_else(|| {
                let names: Vec<_> = program.get_subcommands().map(|c| c.get_name()).collect();
                match closest(name, names.iter().copied(), 1).first() {
                    Some(near) => format!("no command `{name}`; did you mean `{near}`?"),
                    None => format!("no command `{name}`; the commands are {}", names.join(", ")),
                }
            })?
        }
    };
    let title = command.map_or_else(|| "KEYSPECT".to_owned(), |name| format!("KEYSPECT-{}", name.to_uppercase()));
    let mut out = Vec::new();
    clap_mangen::Man::new(page.after_help(None::<&str>))
        .title(title)
        .source(concat!("keyspect ", env!("CARGO_PKG_VERSION")))
        .manual("keyspect")
        .render(&mut out)
        .map_err(|error| error.to_string())?;
    // An empty argument needs quotes to be one: the date, which would make each build's page another.
    let mut text = String::from_utf8_lossy(&out).replacen(" 1  \"", " 1 \"\" \"", 1);
    if command.is_none() {
        // Columns, as they are in the help: not to be filled.
        text.push_str(".SH EXAMPLES AND EXIT STATUS\n.nf\n");
        for line in EXAMPLES.lines() {
            let _ = writeln!(text, "\\&{}", line.replace('\\', "\\e").replace('-', "\\-"));
        }
        text.push_str(".fi\n");
    }
    Ok(portable(&text).into_bytes())
}

/// The same page in ASCII, with the escapes that groff and mandoc share, and without breaks that a paragraph makes by
/// itself.
fn portable(page: &str) -> String {
    let lines: Vec<&str> = page.lines().map(str::trim_end).collect();
    let is_space = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| line.is_empty());
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        if *line == ".br" && (is_space(at.checked_sub(1)) || is_space(at.checked_add(1))) {
            continue;
        }
        if line.is_empty() {
            out.push_str(".sp");
        }
        for c in line.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                let _ = write!(out, "\\[u{:04X}]", u32::from(c));
            }
        }
        out.push('\n');
    }
    out
}

//! Completions for shells and manual pages, made from the arguments themselves when they are asked for: a copy can't be
//! stale, since none is kept.

use super::args::{Cli, CompletionShell};
use clap::CommandFactory as _;
use clap_complete::Shell;
use keyspect::explain::closest;
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
    let mut out = Vec::new();
    clap_mangen::Man::new(page).render(&mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

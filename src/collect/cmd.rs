//! The script for cmd.

use super::{Argument, Base, NOT_RUN, Step};
use std::fmt::Write as _;

/// A batch file that writes the output of each step into a folder of its own. Lines end with CR LF.
pub fn script(steps: &[&Step]) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = write!(out, "{text}\r\n");
    };
    line("@echo off");
    line(
        "rem Gathers what keyspect needs to judge the certificates of this machine. It only reads: no private key, no",
    );
    line("rem password and no configuration file is copied. Run it in an elevated prompt (Run as administrator).");
    line(&format!("rem {NOT_RUN}"));
    line("setlocal");
    line("set \"OUT=%CD%\\keyspect-%COMPUTERNAME%\"");
    line("mkdir \"%OUT%\" 2>nul");
    line("fltmc >nul 2>&1");
    line("if errorlevel 1 echo This prompt is not elevated: keys that only administrators may open will look missing.");
    for step in steps {
        line("");
        line(&format!("rem {}", step.tells));
        line(&format!("echo {}", step.file));
        line(&format!("{} > \"%OUT%\\{}\" 2>&1", command(step), step.file));
    }
    line("");
    line("echo Done. Pack the folder \"%OUT%\" and send it.");
    line("endlocal");
    out
}

/// The command of a step as a person types it.
fn command(step: &Step) -> String {
    let words: Vec<String> = step
        .command
        .iter()
        .map(|argument| match argument {
            Argument::Word(text) | Argument::Query(text) if text.contains(' ') || text.contains('[') => {
                format!("\"{text}\"")
            }
            Argument::Word(text) | Argument::Query(text) => (*text).to_owned(),
            Argument::Path(Base::ProgramData, path) => format!("\"%ProgramData%\\{path}\""),
            Argument::Path(Base::Windows, path) => format!("\"%windir%\\{path}\""),
        })
        .collect();
    words.join(" ")
}

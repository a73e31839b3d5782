//! The script for PowerShell 5.1.

use super::{Argument, Base, NOT_RUN, Step};
use std::fmt::Write as _;

/// A script that writes the output of each step into a folder of its own.
pub fn script(steps: &[&Step]) -> String {
    let mut out = format!(
        "# Gathers what keyspect needs to judge the certificates of this machine. It only reads: no private key, no\n\
         # password and no configuration file is copied. Run it in an elevated PowerShell (Run as administrator).\n\
         # {NOT_RUN}\n\
         #requires -Version 5.1\n\
         $ErrorActionPreference = 'Continue'\n\
         $out = Join-Path -Path (Get-Location).Path -ChildPath ('keyspect-' + $env:COMPUTERNAME)\n\
         $null = New-Item -ItemType Directory -Path $out -Force\n\
         $identity = [Security.Principal.WindowsIdentity]::GetCurrent()\n\
         $principal = New-Object -TypeName Security.Principal.WindowsPrincipal -ArgumentList $identity\n\
         if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {{\n    \
             Write-Warning 'This session is not elevated: keys that only administrators may open will look missing.'\n\
         }}\n"
    );
    for step in steps {
        let _ = write!(
            out,
            "\n# {}\nWrite-Output '{}'\n{} 2>&1 | Out-File -FilePath (Join-Path -Path $out -ChildPath '{}') -Encoding \
             utf8 -Width 4096\n",
            step.tells,
            step.file,
            command(step),
            step.file
        );
    }
    out.push_str("\nWrite-Output ('Done. Pack the folder ' + $out + ' and send it.')\n");
    out
}

/// A text in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn command(step: &Step) -> String {
    if step.builtin {
        // Commands of cmd itself: one line for cmd, which replaces %ProgramData%.
        let words: Vec<String> = step
            .command
            .iter()
            .map(|argument| match argument {
                Argument::Word(text) | Argument::Query(text) => (*text).to_owned(),
                Argument::Path(Base::ProgramData, path) => format!("\"%ProgramData%\\{path}\""),
                Argument::Path(Base::Windows, path) => format!("\"%windir%\\{path}\""),
            })
            .collect();
        return format!("& $env:ComSpec /d /c {}", quoted(&words.join(" ")));
    }
    let mut words = vec!["&".to_owned()];
    for argument in step.command {
        words.push(match argument {
            Argument::Word(text) | Argument::Query(text) => quoted(text),
            Argument::Path(base, path) => {
                let variable = match base {
                    Base::ProgramData => "$env:ProgramData",
                    Base::Windows => "$env:windir",
                };
                format!("(Join-Path -Path {variable} -ChildPath {})", quoted(path))
            }
        });
    }
    words.join(" ")
}

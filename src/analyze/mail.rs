//! Mails: an input of their own, and one for every part, as with archives.

use super::Analysis;
use super::archive::{Tally, inside, into_memory, problem};
use super::measured::Measured;
use crate::input::{archive, mail};
use crate::report::model::{Input, InputStatus};
use std::io;

impl Analysis<'_> {
    /// A mail is held in memory with its decoded parts, up to half the bound of binary artifacts. It stands before them in the
    /// report.
    pub(super) fn mail(&mut self, mut input: Input, head: Vec<u8>, rest: &mut Measured<'_>) -> io::Result<()> {
        "mail".clone_into(&mut input.kind);
        let limits = self.options.limits.clone();
        let most = limits.binary_bytes / 2;
        let room = most.saturating_sub(self.archives.held);
        let (data, failure) = into_memory(head, rest, room);
        if let Some(e) = failure {
            input.problems.push(problem(format!("it could not be read to its end: {e}")));
        }
        input.bytes = rest.bytes;
        let parts = if data.len() > room {
            Err(format!("a mail is held in memory, and this one has more than {most} bytes: not read"))
        } else if self.archives.depth >= limits.archive_depth {
            Err(format!("a mail inside {} others or archives: not read", self.archives.depth))
        } else {
            mail::parts(&data)
        };
        input.sha256 = input.sha256.or_else(|| rest.sha256());
        let mut parts = match parts {
            Ok(parts) => parts,
            Err(message) => {
                input.problems.push(problem(message));
                input.status = InputStatus::Failed;
                return self.end_input(input);
            }
        };
        let count = parts.len();
        if count > limits.archive_members {
            input.problems.push(problem(format!("more than {} parts: the rest is not read", limits.archive_members)));
            parts.truncate(limits.archive_members);
        }
        if self.archives.depth == 0 {
            self.archives.budget = archive::Budget::new(input.bytes, &limits);
        }
        let held = data.len().saturating_mul(2);
        drop(data);
        let place = self.inputs.len();
        self.inputs.push(input.clone());
        self.archives.depth = self.archives.depth.saturating_add(1);
        self.archives.held = self.archives.held.saturating_add(held);
        let mut tally = Tally::default();
        let result = parts.into_iter().try_for_each(|part| self.part(&mut input, part, &mut tally));
        self.archives.depth = self.archives.depth.saturating_sub(1);
        self.archives.held = self.archives.held.saturating_sub(held);
        result?;
        input.status = tally.status(!input.problems.is_empty());
        if input.status == InputStatus::Unrecognized {
            input.problems.push(problem("no part is one of the artifacts that are read"));
        }
        input.details = Some(serde_json::json!({ "parts": count, "read": tally.read }));
        self.end_archive(place, input)
    }

    fn part(&mut self, outer: &mut Input, part: mail::Part, tally: &mut Tally) -> io::Result<()> {
        if (self.stop)() {
            if !tally.stopped {
                outer
                    .problems
                    .push(problem(format!("stopped before `{}`: the time for this input is over", part.name)));
            }
            tally.stopped = true;
            return Ok(());
        }
        let inside = inside(outer, &part.name);
        let before = self.inputs.len();
        match part.body {
            Ok(bytes) => {
                tally.read = tally.read.saturating_add(1);
                // The words of the mail itself are listed only if an artifact stands among them.
                let around = self.archives.package;
                self.archives.package |= !part.named;
                let result = self.read(&outer.path, Some(&inside), &mut bytes.as_slice());
                self.archives.package = around;
                result?;
            }
            Err(message) => {
                let mut input = self.input(&outer.path, Some(&inside));
                input.status = InputStatus::Failed;
                input.problems.push(problem(message));
                self.end_input(input)?;
            }
        }
        tally.count(self.inputs.get(before).map(|input| input.status));
        Ok(())
    }
}

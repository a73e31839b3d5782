//! Colours, marks and the escape of everything that is shown.

use crate::report::escape::{escape, escape_ascii};
use crate::report::model::{Severity, VerdictOutcome};
use annotate_snippets::renderer::{AnsiColor, Effects, Style};

/// How a report looks on its terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint<'a> {
    /// The absolute folder from which the paths of inputs go, on a terminal that shows links.
    pub(super) links: Option<&'a str>,
    pub(super) color: bool,
    pub(super) ascii: bool,
    pub(super) width: usize,
}

impl Paint<'_> {
    /// A text of the report, escaped for this terminal.
    pub(super) fn show(self, text: &str) -> String {
        if self.ascii { escape_ascii(text).into_owned() } else { escape(text).into_owned() }
    }
    fn styled(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
    pub(super) fn bold(self, text: &str) -> String {
        self.styled(Style::new().effects(Effects::BOLD), text)
    }
    pub(super) fn dim(self, text: &str) -> String {
        self.styled(Style::new().effects(Effects::DIMMED), text)
    }
    pub(super) fn frame(self, text: &str) -> String {
        self.styled(AnsiColor::BrightBlue.on_default().effects(Effects::BOLD), text)
    }
    /// A text in the colour of a verdict.
    pub(super) fn verdict(self, outcome: VerdictOutcome, text: &str) -> String {
        let color = match outcome {
            VerdictOutcome::Fails => AnsiColor::BrightRed,
            VerdictOutcome::AtRisk => AnsiColor::Yellow,
            VerdictOutcome::Unknown => AnsiColor::BrightCyan,
            VerdictOutcome::Works => AnsiColor::BrightGreen,
        };
        self.styled(color.on_default().effects(Effects::BOLD), text)
    }
    /// The mark of a verdict.
    pub(super) fn mark(self, outcome: VerdictOutcome) -> String {
        let mark = match (outcome, self.ascii) {
            (VerdictOutcome::Fails, false) => "✗",
            (VerdictOutcome::Fails, true) => "x",
            (VerdictOutcome::AtRisk, _) => "!",
            (VerdictOutcome::Unknown, _) => "?",
            (VerdictOutcome::Works, false) => "✓",
            (VerdictOutcome::Works, true) => "+",
        };
        self.verdict(outcome, mark)
    }
}

/// The verdict whose colour and mark a severity shares.
pub(super) fn as_verdict(severity: Severity) -> VerdictOutcome {
    match severity {
        Severity::Error => VerdictOutcome::Fails,
        Severity::Warning => VerdictOutcome::AtRisk,
        Severity::Note => VerdictOutcome::Unknown,
    }
}

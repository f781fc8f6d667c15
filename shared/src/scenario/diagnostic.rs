//! A mistake as people see it: file, line and column, the line itself with carets, and the remedy.
//!
//! ```text
//! day.toml:7:9: unknown page size
//!    7 | pages = "hugee"
//!      |         ^^^^^^^
//!   expected: `huge`, `huge!`, `transparent` or `small`
//!   found:    `hugee`
//!   help:     did you mean `huge`?
//! ```

use std::fmt;

use super::fault::Fault;

/// Longer lines are cut for display: the rest would scroll the message away.
const SHOWN_CHARS_MAX: usize = 160;

/// Whether a run can start in spite of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and may disappoint.
    Warning,
}

/// A mistake with its place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Diagnostic {
    /// Whether a run can start in spite of it.
    pub severity: Severity,
    /// The scenario's name: its path, or what stands for one.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What should stand there.
    pub expected: Option<String>,
    /// What stands there.
    pub found: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The line's text, for display only.
    source_line: String,
    /// In characters, at least 1.
    carets: usize,
}

impl Diagnostic {
    /// Finds the line; a span outside of the text is moved to its end.
    pub(super) fn new(fault: Fault, severity: Severity, text: &str, file: &str) -> Diagnostic {
        let start = char_boundary(text, fault.span.start);
        let end = char_boundary(text, fault.span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        Diagnostic {
            severity,
            file: file.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            what: fault.what,
            expected: fault.expected,
            found: fault.found,
            help: fault.help,
            source_line: shown(&text[line_start..line_end]),
            carets: text[start..end.min(line_end)].chars().count().max(1),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)?;
        let shown = self.source_line.chars().count();
        if !self.source_line.trim().is_empty() && self.column <= shown + 1 {
            let carets = "^".repeat(self.carets.min(shown + 1 - self.column).max(1));
            write!(f, "\n{:>4} | {}", self.line, self.source_line)?;
            write!(f, "\n     | {:indent$}{carets}", "", indent = self.column - 1)?;
        }
        let rows =
            [("expected:", &self.expected), ("found:   ", &self.found), ("help:    ", &self.help)];
        for (label, value) in rows {
            if let Some(value) = value {
                write!(f, "\n  {label} {value}")?;
            }
        }
        Ok(())
    }
}

/// The nearest border of a character at or before `at`.
fn char_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// One character stays one column, and nothing in the file can steer the terminal.
fn shown(line: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    line.trim_end().chars().take(SHOWN_CHARS_MAX).map(plain).collect()
}

//! The checks for people: a table, and below each failure what it costs and the mend.

use std::fmt::Write;

use super::check::{Check, Severity};
use super::mend::Mend;

const HEADINGS: [&str; 5] = ["Condition", "Required", "Current", "Severity", "Passed"];

/// What was asked of the machine, and what came of it; then what nobody looked at, and why.
pub fn print(checks: &[Check]) -> String {
    let (skipped, looked): (Vec<&Check>, Vec<&Check>) =
        checks.iter().partition(|check| check.skipped().is_some());
    let rows: Vec<[&str; 5]> = looked.iter().map(|check| cells(check)).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0).max(HEADINGS[column].len())
    };
    let widths: [usize; 4] = std::array::from_fn(width);
    let line = |row: &[&str; 5]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  "));
        format!("{}{}\n", padded.collect::<String>(), row[4])
    };
    let mut text = line(&HEADINGS);
    for (row, check) in rows.iter().zip(&looked) {
        text += &line(row);
        if check.failed() {
            text += &format!("    costs: {}\n{}", check.costs, mend(&check.mend));
        }
    }
    if !skipped.is_empty() {
        text += "\nskipped\n";
    }
    let width = skipped.iter().map(|check| check.condition.chars().count()).max().unwrap_or(0);
    for check in skipped {
        let why = check.skipped().unwrap_or_default();
        text += &format!("    {:width$}  {why}\n", check.condition);
    }
    text + &totals(checks)
}

fn cells(check: &Check) -> [&str; 5] {
    let passed = if check.failed() { "no" } else { "yes" };
    [&check.condition, &check.required, &check.current, check.severity.name(), passed]
}

/// The commands, and how long they hold.
fn mend(mend: &Mend) -> String {
    let mut text = format!("    mend:  {}\n", mend.command());
    let _ = match (mend.lasts(), mend.for_good()) {
        (Some(false), Some(command)) => {
            writeln!(text, "           until the next boot; over a reboot: {command}")
        }
        (Some(false), None) => writeln!(text, "           until the next boot"),
        (Some(true), _) if mend.needs_boot() => writeln!(text, "           from the next boot on"),
        (Some(true), _) => writeln!(text, "           lasts over a reboot"),
        (None, _) => Ok(()),
    };
    text
}

fn totals(checks: &[Check]) -> String {
    let of = |severity| checks.iter().filter(|c| c.failed() && c.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let (notes, skipped) =
        (of(Severity::Note), checks.iter().filter(|c| c.skipped().is_some()).count());
    let failed = errors + warnings + notes;
    let passed = checks.len() - failed - skipped;
    let mut text = format!(
        "\n{passed} passed, {failed} failed (errors: {errors}, warnings: {warnings}, notes: \
         {notes}), {skipped} skipped\n",
    );
    if failed > 0 {
        text += "`--script` prints the mends as a shell script, `--jitter 10s` measures what the \
                 cores lose.\n";
    }
    text
}

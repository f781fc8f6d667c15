//! The report for people.

use super::{Report, Unit};
use crate::bench::figure::Figure;
use crate::bench::rounds::Measured;
use crate::table::nanos;

/// Columns of a part's table.
pub const HEADINGS: [&str; 7] = ["", "p50", "p90", "p99", "p99.9", "max", "least to most p50"];

/// The cells of a figure, without its key.
pub fn cells(measured: &Measured) -> [String; 6] {
    let Measured { key, figure, spread: (least, most) } = measured;
    match figure {
        Figure::Latency(p) => {
            let [p50, p90, p99, p99_9, max] = [p.p50, p.p90, p.p99, p.p99_9, p.max].map(nanos);
            let spread = format!("{} to {}", nanos(*least as u64), nanos(*most as u64));
            [p50, p90, p99, p99_9, max, spread]
        }
        Figure::Number(number) => {
            let unit = Unit::of(&key.1);
            let none = String::new;
            let spread = format!("{} to {}", unit.print(*least), unit.print(*most));
            [unit.print(*number), none(), none(), none(), none(), spread]
        }
    }
}

/// The parts that have figures, in their order.
pub fn parts(report: &Report) -> Vec<&'static str> {
    let mut parts = Vec::new();
    for measured in &report.selected.figures {
        if !parts.contains(&measured.key.0) {
            parts.push(measured.key.0);
        }
    }
    parts
}

/// A key for people: `ns_per_message, 20000`.
pub fn title(measured: &Measured) -> String {
    measured.key.1.replace('/', ", ")
}

/// All of it.
pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    for (what, value) in report.facts() {
        text += &format!("{what:<10} {value}\n");
    }
    for part in parts(report) {
        text += &format!("\n{part}\n{}", table(report, part));
    }
    let costs = report.costs();
    if !costs.is_empty() {
        text += "\nwhere the time of a message goes\n";
        for (what, ns) in costs {
            text += &format!("  {:>8}  {what}\n", Unit::Nanos.print(ns));
        }
    }
    let comparison = report.comparison();
    if !comparison.is_empty() {
        let placement = report.selected.placement;
        text += &format!("\ncomparison (cores {placement})\n\n{}", comparison.text());
    }
    if !report.failures.is_empty() {
        text += "\nnot measured\n";
    }
    for failure in &report.failures {
        let reason = failure.reason.replace('\n', "\n    ");
        text += &format!("  {}, {}: {reason}\n", failure.part, failure.what);
    }
    for (at, warning) in report.environment.warnings.iter().enumerate() {
        text += &format!("{}warning: {warning}\n", if at == 0 { "\n" } else { "" });
    }
    text
}

fn table(report: &Report, part: &str) -> String {
    let measured = report.selected.figures.iter().filter(|it| it.key.0 == part);
    let rows: Vec<Vec<String>> =
        std::iter::once(HEADINGS.iter().map(|heading| (*heading).to_owned()).collect())
            .chain(measured.map(|it| std::iter::once(title(it)).chain(cells(it)).collect()))
            .collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| match at {
            0 => format!("  {cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    rows.iter().map(line).collect()
}

impl Report {
    /// What a message costs in the feed, stage by stage, as far as all stages were measured.
    pub fn costs(&self) -> Vec<(&'static str, f64)> {
        let number = |part, key| match self.figure(part, key)? {
            Figure::Number(number) => Some(number),
            Figure::Latency(_) => None,
        };
        let costs = || {
            let decoded = number("decode", "decoded_ns_per_message")?;
            let book = number("book", "ns_per_message/200000")?;
            let published = number("book", "published_ns_per_message/200000")?;
            let all = number("pipeline", "ns_per_message")?;
            Some(vec![
                ("decoding", decoded),
                ("the books, with 200,000 live orders, and the best bid and offer", book - decoded),
                (
                    "stamping records and writing them into a ring that nobody reads",
                    published - book,
                ),
                (
                    "reading the file, pacing, counting, and a reader on the other core",
                    all - published,
                ),
                ("all of the pipeline", all),
            ])
        };
        // A difference of two noisy figures may be below nothing; then it is.
        costs().unwrap_or_default().into_iter().map(|(what, ns)| (what, ns.max(0.0))).collect()
    }
}

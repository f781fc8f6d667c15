//! A snapshot as plain text, for a terminal, a mail, or a log.

use std::io::{self, Write};

use tickline_shared::latency::Stage;
use tickline_shared::summary::StageSummary;

use super::columns::{Column, FEEDS, STRATEGIES};
use super::model::{Ring, Stages, Strategy};
use super::watch::View;
use crate::table::grouped;

/// Writes what was seen.
pub fn write(view: &View, out: &mut impl Write) -> io::Result<()> {
    for ring in &view.rings {
        feed(ring, out)?;
        for one in &ring.strategies {
            strategy(one, out)?;
        }
    }
    for note in &view.notes {
        writeln!(out, "warning: {note}")?;
    }
    Ok(())
}

fn feed(ring: &Ring, out: &mut impl Write) -> io::Result<()> {
    let (title, counts) = (format!("{}: feed {}", ring.name, ring.pid), &ring.feed.counts);
    writeln!(out, "{title}, {} slots", grouped(ring.slots))?;
    facts(&FEEDS[1..], ring, out)?;
    writeln!(
        out,
        "  {} messages, {} packets, {} bytes, {} records",
        grouped(counts.messages),
        grouped(counts.packets),
        grouped(counts.bytes),
        grouped(counts.published)
    )
}

fn strategy(strategy: &Strategy, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{}: process {}", strategy.name, strategy.pid)?;
    let latencies = STRATEGIES.iter().position(|column| column.title == "P50");
    facts(&STRATEGIES[2..latencies.unwrap_or(STRATEGIES.len())], strategy, out)?;
    percentiles("last second", &strategy.last_second, out)?;
    percentiles("since the start", &strategy.stages, out)
}

/// Headings, and below each its value.
fn facts<T>(columns: &[Column<T>], row: &T, out: &mut impl Write) -> io::Result<()> {
    let cells: Vec<_> = columns.iter().map(|c| (c.cell)(row, Stage::Total).text).collect();
    let line = |texts: &mut dyn Iterator<Item = &str>| -> String {
        let cells = columns.iter().zip(texts);
        cells
            .map(|(column, text)| format!(" {text:>width$}", width = column.width.into()))
            .collect()
    };
    writeln!(out, " {}", line(&mut columns.iter().map(|column| column.title)))?;
    writeln!(out, " {}", line(&mut cells.iter().map(String::as_str)))
}

fn percentiles(title: &str, stages: &Stages, out: &mut impl Write) -> io::Result<()> {
    let stages = Stage::ALL.map(|stage| (stage.name().to_owned(), *stages.stage(stage)));
    if stages.iter().all(|(_, StageSummary { count, .. })| *count == 0) {
        return writeln!(out, "  {title}: no record");
    }
    writeln!(out, "  {title}")?;
    write!(out, "{}", crate::table::percentiles(&stages.into()))
}

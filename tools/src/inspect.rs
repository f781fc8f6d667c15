//! `tickline inspect`.

use std::io::{self, Write};
use std::path::PathBuf;

use tickline_feed::counts::{Malformed, Skipped};
use tickline_feed::inspect::{Clock, Report, survey};
use tickline_shared::exit::Exit;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::output::stdout;
use crate::table::{grouped, lines};

/// What a capture holds: format, messages by type, sessions, gaps, what was malformed.
#[derive(clap::Args)]
pub struct Args {
    /// A capture: BinaryFILE, pcap, pcapng or MoldUDP64 payloads, packed with gzip or zstd or not.
    file: PathBuf,

    /// Print one JSON object instead of a report.
    #[arg(long)]
    json: bool,

    /// Stop after N messages.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// Runs the command. A file that is no capture is wrong usage; one that could be read only in part
/// gives its report, the reason, and [`Exit::Failed`].
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let report = match survey(&args.file, args.limit) {
        Ok(report) => report,
        Err(error) => {
            tracing::error!("{error}");
            return Ok(Exit::Usage);
        }
    };
    let mut out = stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print(&mut out, &report)?;
    }
    out.flush()?;
    match &report.error {
        Some(error) => {
            tracing::error!("{error}");
            Ok(Exit::Failed)
        }
        None => Ok(Exit::Ok),
    }
}

fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let counts = &report.counts;
    let mut line = |name: &str, text: String| writeln!(out, "{name:<12} {text}");
    let format = report.format;
    let packing = match report.compression.name() {
        "none" => String::new(),
        name => format!(", packed with {name}"),
    };
    line("file", report.path.display().to_string())?;
    line("format", format!("{format}{packing}, framing {}", report.framing))?;
    line("venue", format!("{}, by its {}", report.venue, report.evidence))?;
    if let (Some(first), Some(last)) = (counts.first_ts, counts.last_ts) {
        line("time", span(report.clock, first, last))?;
    }
    if report.framing != report.format || counts.packets > 0 {
        line("packets", grouped(counts.packets))?;
        line("heartbeats", grouped(counts.heartbeats))?;
    }
    line("sessions", grouped(counts.sessions))?;
    line("messages", grouped(counts.messages))?;
    line("duplicates", grouped(counts.duplicates))?;
    line(
        "gaps",
        match counts.gaps {
            0 => "0".to_owned(),
            gaps => {
                format!("{}, numbers missing: {}", grouped(gaps), grouped(counts.gap_messages))
            }
        },
    )?;
    for gap in &report.gap_ranges {
        let last = gap.first + (gap.count - 1);
        line("", format!("{} to {}: {}", gap.first, last, grouped(gap.count)))?;
    }
    if report.gap_ranges.len() < counts.gaps as usize {
        line("", "…".to_owned())?;
    }
    let lines = lines::render(&counts.lines).unwrap_or_default();
    for (row, text) in lines.lines().enumerate() {
        line(if row == 0 { "lines" } else { "" }, text.trim_start().to_owned())?;
    }
    table(out, "by type", counts.named(&counts.by_type))?;
    table(out, "unknown", counts.named(&counts.unknown))?;
    let named = Malformed::ALL.iter().map(|reason| reason.name().to_owned());
    table(out, "malformed", named.zip(counts.malformed))?;
    let named = Skipped::ALL.iter().map(|reason| reason.name().to_owned());
    table(out, "skipped", named.zip(counts.skipped))?;
    let remarks = [
        (counts.truncated, "the file ends inside a record".to_owned()),
        (counts.cut_packets > 0, format!("packets cut in the capture: {}", counts.cut_packets)),
        (counts.longer > 0, format!("messages longer than specified: {}", counts.longer)),
    ];
    let remarks = remarks.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text);
    for note in remarks.chain(report.notes.iter().cloned()) {
        writeln!(out, "{:<12} {note}", "note")?;
    }
    Ok(())
}

/// Counters that are not zero, one a line, under one heading.
fn table(
    out: &mut impl Write,
    heading: &str,
    rows: impl Iterator<Item = (String, u64)>,
) -> io::Result<()> {
    let mut heading = heading;
    for (name, count) in rows.filter(|(_, count)| *count > 0) {
        writeln!(out, "{heading:<12} {name:<18} {:>15}", grouped(count))?;
        heading = "";
    }
    Ok(())
}

/// From, to, and how long.
fn span(clock: Clock, first: u64, last: u64) -> String {
    let seconds = last.abs_diff(first) as f64 / 1e9;
    let (from, to) = (time(clock, first), time(clock, last));
    match clock {
        Clock::Capture => format!("{from} to {to} (UTC, when captured), {seconds:.3} s"),
        Clock::Venue => format!("{from} to {to} (by the venue's clock), {seconds:.3} s"),
    }
}

/// With the date where the clock has one.
fn time(clock: Clock, ns: u64) -> String {
    let day = format_description!("[year]-[month]-[day] ");
    let time = format_description!("[hour]:[minute]:[second].[subsecond digits:9]");
    let (day, time): (&[_], &[_]) = match clock {
        Clock::Capture => (day, time),
        Clock::Venue => (&[], time),
    };
    let at = OffsetDateTime::from_unix_timestamp_nanos(ns.into());
    let text = |at: OffsetDateTime| Ok(at.format(day)? + &at.format(time)?);
    // Every u64 is a date before the year 2555, which has every part.
    at.map_err(time::Error::from).and_then(text).unwrap_or_default()
}

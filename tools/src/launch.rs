//! `tickline launch`.

use std::io::Write;
use std::path::{Path, PathBuf};

use tickline_shared::exit::Exit;
use tickline_shared::process::log::LogArgs;
use tickline_shared::process::stop_flag;

use crate::output::stdout;
use crate::run::{self, Done};
use crate::scenario::{Scenario, Set, load};
use crate::table;

/// Starts the feed and the strategies of a scenario, and prints the percentiles at its end.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The scenario file.
    scenario: PathBuf,

    /// Change a value of the scenario; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Set>,

    #[command(flatten)]
    output: Output,
}

/// Where the results of a run go.
#[derive(clap::Args)]
pub struct Output {
    /// Folder for the run's files, new or empty [default: `runs/NAME-UTC`].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Print the summary as one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tickline launch config/demo.toml
  tickline launch my.toml --set feed.source.speed=max --set ring.slots=4096 --json

Ctrl-C ends the run early: its files are complete and the tables are printed all the same.";

/// Runs the command.
pub fn run(args: &Args, log: LogArgs) -> anyhow::Result<Exit> {
    let scenario = load(&args.scenario, &args.set)?;
    execute(scenario, &args.output, log)
}

/// Runs a scenario and prints what came of it.
pub fn execute(scenario: Scenario, output: &Output, log: LogArgs) -> anyhow::Result<Exit> {
    for warning in &scenario.warnings {
        tracing::warn!("{warning}");
    }
    let stop = stop_flag()?;
    let done = run::run(scenario, output.out.as_deref(), &stop, log)?;
    let mut out = stdout();
    if output.json {
        serde_json::to_writer_pretty(&mut out, &done.summary)?;
        writeln!(out)?;
    } else {
        print(&done, &mut out)?;
    }
    out.flush()?;
    Ok(done.exit)
}

fn print(done: &Done, out: &mut impl Write) -> std::io::Result<()> {
    let Done { summary, reports, folder, .. } = done;
    for report in reports.iter().filter(|report| !report.is_empty()) {
        writeln!(out, "{report}")?;
    }
    let feed = &summary.feed;
    writeln!(
        out,
        "feed: {} messages in {:.3} s ({} a second, speed {}), {} records published{}",
        table::grouped(feed.messages),
        feed.seconds,
        table::grouped(feed.messages_per_second),
        feed.speed,
        table::grouped(feed.published),
        if feed.interrupted { ", interrupted" } else { "" }
    )?;
    for trouble in troubles(done) {
        writeln!(out, "  {trouble}")?;
    }
    if let Some(late) = &feed.late {
        writeln!(
            out,
            "  releases late by {} (p50), {} (p99), {} (max); {} of them by more than 1 us",
            table::nanos(late.p50),
            table::nanos(late.p99),
            table::nanos(late.max),
            table::grouped(feed.late_releases)
        )?;
    }
    writeln!(out, "\n{}", table::run(summary))?;
    writeln!(out, "run: {}", relative(folder).display())
}

/// What a person should know of the data, one line each.
fn troubles(done: &Done) -> Vec<String> {
    let feed = &done.summary.feed;
    let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let all = [
        (sum(&feed.faults), "datagrams damaged on purpose ([feed] source.faults)"),
        (feed.gap_messages, "numbers missing in gaps"),
        (feed.duplicates, "duplicates dropped"),
        (sum(&feed.malformed), "malformed"),
        (sum(&feed.unknown), "messages of unknown type"),
        (feed.unknown_orders, "events of orders that entered before the capture began"),
        (feed.duplicate_orders, "orders added twice"),
        (feed.over_reduced, "orders that lost more than they had"),
    ];
    let present = all.iter().filter(|(count, _)| *count > 0);
    let mut lines: Vec<_> =
        present.map(|(count, what)| format!("{} {what}", table::grouped(*count))).collect();
    if feed.restarts > 0 {
        lines.push(format!("the last of {} feeds: {} failed", feed.restarts + 1, feed.restarts));
    }
    if feed.truncated {
        lines.push("a file ended inside a message".to_owned());
    }
    lines
}

/// A path as a person would type it.
fn relative(path: &Path) -> &Path {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path)
}

//! `tickline bench`: what this machine can do at best, what tickline does, and what others do, on
//! the same two cores, in the same run.
//!
//! Every measurement is repeated in rounds, all of them in each round, so that what the machine
//! does meanwhile befalls all alike. A round is labelled with the distance of the two cores as the
//! bare cache line shows it; figures are medians over the rounds of one label.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use tickline_shared::clock::{ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::exit::Exit;

use crate::output::stdout;

pub mod far;
mod figure;
mod limit;
mod line;
mod near;
mod ring;
mod rings;
mod rounds;

use near::Cores;
use rounds::Measurement;

/// The hidden command that starts the far end.
const FAR_COMMAND: &str = "bench-far";

/// Measures this machine's limit, tickline and its rivals, side by side.
#[derive(clap::Args)]
pub struct Args {
    /// What to measure; everything, if nothing is named.
    parts: Vec<Part>,

    /// One round of short measurements: to see that everything works.
    #[arg(long, conflicts_with = "full")]
    quick: bool,

    /// More rounds, longer ones, and every combination: half an hour.
    #[arg(long)]
    full: bool,

    /// The two cores: of the feed, and of the strategy.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    cores: Vec<usize>,

    /// Print one JSON object instead of a report.
    #[arg(long)]
    json: bool,

    /// Write the report as one HTML file as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// A group of measurements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Part {
    /// The physical limit: bare cache lines, the clock, a futex, a copy.
    Limit,
    /// The ring between two processes.
    Ring,
}

/// How much to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// To see that everything works.
    Quick,
    /// A few minutes.
    Usual,
    /// Every combination.
    Full,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let effort = match (args.quick, args.full) {
        (true, _) => Effort::Quick,
        (_, true) => Effort::Full,
        _ => Effort::Usual,
    };
    let scale = match ClockKind::detect() {
        ClockKind::Tsc => Scale::measure::<Tsc>(),
        ClockKind::Monotonic => Scale::measure::<Monotonic>(),
    };
    let (near, far) = match args.cores[..] {
        [near, far] => (near, far),
        _ => (0, 1),
    };
    let cores = Cores { near, far, scale };
    let asked = |part| args.parts.is_empty() || args.parts.contains(&part);
    let mut measurements: Vec<Measurement> = Vec::new();
    if asked(Part::Limit) {
        measurements.extend(limit::measurements(effort));
    }
    if asked(Part::Ring) {
        measurements.extend(rings::measurements(effort));
    }
    let rounds = rounds::run(&cores, effort, &measurements)?;
    let mut out = stdout();
    write!(out, "{}", rounds.table())?;
    out.flush()?;
    Ok(Exit::Ok)
}

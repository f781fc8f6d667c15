//! `tickline bench`: what this machine can do at best, what tickline does, and what others do, on
//! the same two cores, in the same run.
//!
//! Every measurement is repeated in rounds, all of them in each round, so that what the machine
//! does meanwhile befalls all alike. A round is labelled with the distance of the two cores as the
//! bare cache line shows it; figures are medians over the rounds of one label.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use tickline_shared::clock::{ClockKind, Monotonic, Scale, Tsc};
use tickline_shared::exit::Exit;
use tickline_shared::idle_states::{DEVICE, MEND, Shallow};
use tickline_shared::scenario::{self, print_list};

use crate::output::stdout;
use crate::page;

mod book;
mod comparison;
mod day;
mod decode;
mod error;
pub mod far;
mod figure;
mod html;
mod interrupt;
mod limit;
mod line;
pub mod machine;
mod near;
mod peers;
mod pipeline;
mod recording;
mod report;
mod ring;
mod rings;
mod rounds;

pub use error::BenchError;
pub use figure::rounded;

use day::{Capture, Days};
use machine::Watch;
use near::Cores;
use peers::Rival;
use report::Report;
use rounds::{Measurement, Onlooker};

/// The hidden command that starts the far end.
const FAR_COMMAND: &str = "bench-far";

/// Measures this machine's limit, tickline and its rivals, side by side.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to measure; everything, if nothing is named.
    parts: Vec<Part>,

    /// One round of short measurements: to see that everything works.
    #[arg(long, conflicts_with = "full")]
    quick: bool,

    /// More rounds and every combination: an hour.
    #[arg(long)]
    full: bool,

    /// The two cores: of the feed, and of the strategy [default: the first two allowed].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    cores: Vec<usize>,

    /// Measure decoding, books and the pipeline on this capture too; may be given several times. Of
    /// a long one decoding and books take the first GiB.
    #[arg(long, value_name = "FILE")]
    capture: Vec<PathBuf>,

    /// Print one JSON object instead of a report.
    #[arg(long)]
    json: bool,

    /// Write the report as one HTML file as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Replace the HTML file if it is there.
    #[arg(short, long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  tickline bench --quick
  tickline bench ring limit --cores 2,3 --json
  tickline bench --capture day.itch.gz --html report.html";

/// A group of measurements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Part {
    /// The physical limit: bare cache lines, the clock, a futex, a copy.
    Limit,
    /// The ring between two processes.
    Ring,
    /// Decoding the venue's messages.
    Decode,
    /// The books, by live orders and symbols.
    Book,
    /// The product itself: two processes, from a file to a strategy.
    Pipeline,
    /// The same work through other libraries.
    Peers,
}

/// How much to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// To see that everything works.
    Quick,
    /// Some minutes.
    Usual,
    /// Every combination.
    Full,
}

impl Effort {
    /// Messages of a generated day.
    fn day(self) -> u64 {
        match self {
            Effort::Quick if cfg!(debug_assertions) => 50_000,
            Effort::Quick => 500_000,
            _ => 5_000_000,
        }
    }
}

/// What a quick run is not.
const QUICK: &str = "a quick run shows that everything works: its days are too short for more than \
    some ten thousand live orders, whatever the key says; for figures leave --quick out";

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let effort = match (args.quick, args.full) {
        (true, _) => Effort::Quick,
        (_, true) => Effort::Full,
        _ => Effort::Usual,
    };
    let cores = cores(&args.cores, &scenario::Cores::present())?;
    if let Some(path) = args.html.as_deref().filter(|path| path.exists() && !args.force) {
        return Err(BenchError::Exists(path.to_owned()).into());
    }
    let asked = |part| args.parts.is_empty() || args.parts.contains(&part);
    let mut warnings = Vec::new();
    if (asked(Part::Limit) || asked(Part::Ring))
        && let Err(error) = Shallow::hold(Path::new(DEVICE))
    {
        warnings.push(format!(
            "wake-ups from shallow idle states are not measured: {DEVICE}: {error}; {MEND}"
        ));
    }
    let rivals = match asked(Part::Peers) {
        true => rivals(args, &mut warnings)?,
        false => Vec::new(),
    };
    let days = Arc::new(Days::new()?);
    interrupt::end_when_asked(days.path().to_owned());
    let mut captures = Vec::new();
    for path in &args.capture {
        captures.push(days.capture(path, &captures)?);
    }
    if effort == Effort::Quick && (asked(Part::Book) || asked(Part::Pipeline)) {
        warnings.push(QUICK.to_owned());
    }
    let measurements = measurements(effort, asked, &days, &captures, &rivals);

    let mut environment = machine::environment(&cores);
    let mut onlooker = Progress::new(&cores, measurements.len());
    let rounds = rounds::run(&cores, effort, &measurements, &mut onlooker)?;
    let seen = onlooker.finish().seen(&cores);
    environment.warnings.append(&mut warnings);
    let report = Report::new(environment, &seen, &rounds, rivals);
    if report.selected.figures.is_empty() && !measurements.is_empty() {
        let first = rounds.failures.first().map(|failure| failure.reason.clone());
        return Err(BenchError::Nothing(first.unwrap_or_default()).into());
    }
    publish(args, &report)?;
    Ok(if report.has_failed() { Exit::Failed } else { Exit::Ok })
}

/// The two cores asked for, or the first two of those that there are.
fn cores(asked: &[usize], there: &scenario::Cores) -> Result<Cores, BenchError> {
    let usable = there.online.iter().copied().filter(|core| there.usable(*core)).collect();
    let (near, far) = match *asked {
        [near, far] if near != far => (near, far),
        [] => {
            let mut first = there.allowed.iter().copied();
            first
                .next()
                .zip(first.next())
                .ok_or_else(|| BenchError::OneCore(print_list(&usable)))?
        }
        _ => {
            let found: Vec<_> = asked.iter().map(usize::to_string).collect();
            return Err(BenchError::Cores(found.join(",")));
        }
    };
    if let Some(core) = [near, far].into_iter().find(|core| !there.usable(*core)) {
        return Err(BenchError::NoCore { core, allowed: print_list(&usable) });
    }
    let scale = match ClockKind::detect() {
        ClockKind::Tsc => Scale::measure::<Tsc>(),
        ClockKind::Monotonic => Scale::measure::<Monotonic>(),
    };
    Ok(Cores::new(near, far, scale))
}

/// The rivals that can be measured. Without them a run of everything goes on with a warning.
fn rivals(args: &Args, warnings: &mut Vec<String>) -> anyhow::Result<Vec<Rival>> {
    match peers::find()? {
        Some((there, mut missing)) => {
            warnings.append(&mut missing);
            Ok(there)
        }
        None if args.parts.contains(&Part::Peers) => Err(BenchError::NoPeers.into()),
        None => {
            let build = error::BUILD;
            warnings.push(format!("the rivals were not built and are not measured: {build}"));
            Ok(Vec::new())
        }
    }
}

fn measurements(
    effort: Effort,
    asked: impl Fn(Part) -> bool,
    days: &Arc<Days>,
    captures: &[Capture],
    rivals: &[Rival],
) -> Vec<Measurement> {
    let mut all = Vec::new();
    if asked(Part::Limit) {
        all.extend(limit::measurements(effort));
    }
    if asked(Part::Ring) {
        all.extend(rings::measurements(effort));
    }
    // Close to the ring, in time too: these are compared.
    if asked(Part::Peers) && !rivals.is_empty() {
        all.extend(peers::measurements(effort, days, rivals));
    }
    if asked(Part::Decode) {
        all.extend(decode::measurements(effort, days, captures));
    }
    if asked(Part::Book) {
        all.extend(book::measurements(effort, days, captures));
    }
    if asked(Part::Pipeline) {
        all.extend(pipeline::measurements(effort, days, captures));
    }
    all
}

/// Prints the report, and writes it where that was asked for.
fn publish(args: &Args, report: &Report) -> anyhow::Result<()> {
    if let Some(path) = &args.html {
        page::write(path, &html::page(report))?;
    }
    let mut out = stdout();
    match args.json {
        true => {
            serde_json::to_writer_pretty(&mut out, &report.json())?;
            writeln!(out)?;
        }
        false => write!(out, "{}", report.text())?,
    }
    Ok(out.flush()?)
}

/// How long the machine is looked at before anything is measured.
const LOOK_BEFORE: Duration = Duration::from_millis(300);

/// Shows the person who waits what is being measured, and looks who else is running in between.
struct Progress {
    watch: Watch,
    bar: Option<ProgressBar>,
    measurements: usize,
    done: usize,
}

impl Progress {
    fn new(cores: &Cores, measurements: usize) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{pos}/{len} {wide_msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style)
        });
        Progress { watch: Watch::start(cores, LOOK_BEFORE), bar, measurements, done: 0 }
    }

    fn finish(mut self) -> Watch {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.watch
    }
}

impl Onlooker for Progress {
    fn begins(&mut self, round: usize, rounds: usize, measurement: &Measurement) {
        self.done += 1;
        let Some(bar) = &self.bar else { return };
        bar.set_length((rounds * self.measurements) as u64);
        bar.set_position(self.done as u64);
        let Measurement { part, title, .. } = measurement;
        bar.set_message(format!("round {round} of {rounds}: {part}, {title}"));
        bar.tick();
    }

    fn ended(&mut self) {
        self.watch.look();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_different_cores_that_are_there() {
        let there = scenario::Cores {
            online: [0, 1, 2, 3].into(),
            allowed: [1, 3].into(),
            isolated: [2].into(),
        };
        let found = |asked: &[usize]| cores(asked, &there).map(|cores| (cores.near, cores.far));
        assert_eq!(found(&[]).unwrap(), (1, 3));
        assert_eq!(found(&[3, 2]).unwrap(), (3, 2));
        let code = |asked: &[usize]| found(asked).unwrap_err().exit();
        assert_eq!([code(&[1]), code(&[1, 1]), code(&[1, 2, 3])], [Exit::Usage; 3]);
        assert_eq!([code(&[0, 1]), code(&[1, 7])], [Exit::Environment; 2]);
        let one = scenario::Cores { allowed: [1].into(), ..scenario::Cores::default() };
        assert_eq!(cores(&[], &one).unwrap_err().exit(), Exit::Environment);
    }
}

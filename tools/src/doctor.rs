//! `tickline doctor`: what this machine lacks for low latency, what that costs, and the mend.
//!
//! Each group is one file of pure functions over the texts of /proc and /sys, see [`host::Host`].

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tickline_shared::exit::Exit;
use tickline_shared::scenario::parse_duration;

use crate::output::stdout;
use crate::scenario;

mod background;
mod cgroup;
mod clock;
mod cores;
mod frequency;
mod idle_states;
mod interrupts;
mod isolation;
mod network;
mod pages;
mod real_time;
mod time;
mod topology;

mod check;
mod host;
mod jitter;
mod mend;
mod need;
mod script;
mod table;

pub use jitter::JitterError;

use check::{Check, Severity};
use host::Host;
use need::Need;

/// What this machine lacks, what that costs, and the mend; ends with 3 where a scenario cannot run.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The scenario that shall run here; without it, one feed and one strategy.
    scenario: Option<PathBuf>,

    /// The cores of the feed and of the strategies, where no scenario names them.
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "scenario")]
    cores: Vec<usize>,

    /// Look at what a feed from this network interface needs as well.
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    /// Print a shell script with the mends of all that failed instead; nothing is changed.
    #[arg(long, conflicts_with_all = ["json", "jitter"])]
    script: bool,

    /// Measure for so long what the cores lose to others; Ctrl-C ends it early.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    jitter: Option<Duration>,

    /// What the cores lose at once counts from this on [default: 1us].
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "jitter")]
    threshold: Option<Duration>,

    /// Put the percentiles of this run beside what the cores lost.
    #[arg(long, value_name = "DIR", requires = "jitter")]
    run: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  tickline doctor my.toml
  tickline doctor my.toml --script > mend.sh      read it, then: sudo bash mend.sh
  tickline doctor --cores 2,3 --jitter 10s --run runs/my-20260102T030405Z";

fn duration(word: &str) -> Result<Duration, String> {
    parse_duration(word).filter(|duration| !duration.is_zero()).ok_or_else(|| {
        "expected a whole number above 0 and its unit, as in 500ns, 50us, 1ms or 10s".to_owned()
    })
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut need = match &args.scenario {
        Some(path) => Need::of(&scenario::load_for_any_machine(path)?),
        None => Need::on(&args.cores),
    };
    need.interface = args.interface.clone().or(need.interface);
    // A folder that holds no run is told before anything is measured.
    let run = args.run.as_deref().map(jitter::Run::read).transpose()?;
    let host = Host::this();
    let checks = examine(&need, &host);
    let exit = if passed(&checks) { Exit::Ok } else { Exit::Environment };
    let mut out = stdout();
    if args.script {
        let examined = args.scenario.as_deref().map(|path| path.display().to_string());
        write!(out, "{}", script::print(&examined.unwrap_or("any scenario".to_owned()), &checks))?;
        out.flush()?;
        return Ok(Exit::Ok);
    }
    if !args.json {
        write!(out, "{}", table::print(&checks))?;
        out.flush()?;
    }
    let measured = match args.jitter {
        Some(length) => Some(jitter::measure(&need, &host, length, args.threshold)?),
        None => None,
    };
    let report = measured.map(|measured| jitter::Report::new(measured, need.rate, run));
    if args.json {
        let mut json = json!({ "passed": passed(&checks), "checks": checks });
        if let Some(report) = &report {
            json["jitter"] = report.json();
        }
        serde_json::to_writer_pretty(&mut out, &json)?;
        writeln!(out)?;
    } else if let Some(report) = &report {
        write!(out, "\n{}", report.text())?;
    }
    out.flush()?;
    Ok(exit)
}

/// All groups.
fn examine(need: &Need, host: &Host) -> Vec<Check> {
    let groups = [
        pages::checks(need, host),
        cores::checks(need, host),
        cgroup::checks(need, host),
        topology::checks(need, host),
        isolation::checks(need, host),
        interrupts::checks(need, host),
        frequency::checks(need, host),
        idle_states::checks(need, host),
        real_time::checks(need, host),
        background::checks(need, host),
        clock::checks(host),
        time::checks(need, host),
        network::checks(need, host),
    ];
    groups.into_iter().flatten().collect()
}

/// Whether a run can start: the rest only costs latency.
fn passed(checks: &[Check]) -> bool {
    checks.iter().all(|check| !check.failed() || check.severity != Severity::Error)
}

#[cfg(test)]
mod tests;

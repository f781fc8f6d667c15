//! `tickline doctor`: what this machine lacks for low latency, what that costs, and the mend.
//!
//! Each group is one file of pure functions over the texts of /proc and /sys, see [`host::Host`].

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;
use tickline_shared::exit::Exit;

use crate::output::stdout;
use crate::scenario;

mod check;
mod clock;
mod cores;
mod host;
mod idle_states;
mod need;
mod pages;

use check::{Check, Severity};
use host::Host;
use need::Need;

/// What this machine lacks: pages, cores, idle states, clock; ends with 3 where a scenario cannot run.
#[derive(clap::Args)]
pub struct Args {
    /// The scenario that shall run here; without it, one feed and one strategy.
    scenario: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let need = match &args.scenario {
        Some(path) => Need::of(&scenario::load_for_any_machine(path)?),
        None => Need::default(),
    };
    let checks = examine(&need, &Host::this());
    let mut out = stdout();
    if args.json {
        let report = json!({ "passed": passed(&checks), "checks": checks });
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", check::table(&checks))?;
    }
    out.flush()?;
    Ok(if passed(&checks) { Exit::Ok } else { Exit::Environment })
}

/// All groups.
fn examine(need: &Need, host: &Host) -> Vec<Check> {
    let groups = [
        pages::checks(need, host),
        cores::checks(need, host),
        idle_states::checks(need, host),
        clock::checks(host),
    ];
    groups.into_iter().flatten().collect()
}

/// Whether a run can start: the rest only costs latency.
fn passed(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.passed || check.severity != Severity::Error)
}

#[cfg(test)]
mod tests;

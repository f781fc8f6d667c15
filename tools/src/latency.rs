//! `tickline latency`.

use tickline_shared::exit::Exit;

/// Percentiles of a run, or of any HdrHistogram log.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args) -> anyhow::Result<Exit> {
    anyhow::bail!("not in this version")
}

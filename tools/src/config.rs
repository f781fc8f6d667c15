//! `tickline config`.

use tickline_shared::exit::Exit;

/// Scenario files: check one, explain the keys, start a new one.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args) -> anyhow::Result<Exit> {
    anyhow::bail!("not in this version")
}

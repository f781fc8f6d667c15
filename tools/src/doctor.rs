//! `tickline doctor`.

use tickline_shared::exit::Exit;

/// What this machine lacks: huge pages, cores, clock.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: &Args) -> anyhow::Result<Exit> {
    anyhow::bail!("not in this version")
}

//! `tickline config`: scenario files.

use clap::Subcommand;
use tickline_shared::exit::Exit;

mod check;
mod explain;
mod init;
pub mod key;
pub mod keys;

pub use explain::NoSuchKey;
pub use init::InitError;

/// Scenario files: check one, explain the keys, start a new one.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Explain(explain::Args),
    Init(init::Args),
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Check(args) => check::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Init(args) => init::run(args),
    }
}

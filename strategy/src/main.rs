//! `tickline-strategy SCENARIO --name N`: one strategy of a scenario, pinned to its core.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use clap::Parser;
use tickline_shared::allocations::Counting;
use tickline_shared::exit::Exit;
use tickline_strategy::process::{Args, end, start};
use tickline_strategy::scenario::Run;
use tickline_strategy::strategies::{Bbo, Null};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Exit {
    let args = Args::parse();
    args.log.start();
    end(start(&args).and_then(|process| match &process.config.run {
        Run::Null => process.run(|_| Ok(Null)),
        Run::Bbo => process.run(|ring| Bbo::new(ring.streams)),
        Run::Binary(path) => Ok(become_program(&args.name, path)),
    }))
}

/// Gives the process over to the strategy's own program, with the same arguments: whoever starts
/// strategies need not know which are built in. Returns where that fails.
fn become_program(name: &str, path: &Path) -> Exit {
    let same = |here: std::path::PathBuf| here.canonicalize().ok() == path.canonicalize().ok();
    if std::env::current_exe().is_ok_and(same) {
        tracing::error!(
            "strategy `{name}`: `run` names tickline-strategy itself; write \"null\" or \"bbo\""
        );
        return Exit::Usage;
    }
    let error = Command::new(path).args(std::env::args_os().skip(1)).exec();
    tracing::error!("strategy `{name}`: cannot start {}: {error}", path.display());
    Exit::Usage
}

//! `tickline-strategy SCENARIO --name N`: one built-in strategy of a scenario, pinned to its core.

use clap::Parser;
use tickline_shared::allocations::Counting;
use tickline_shared::exit::Exit;
use tickline_shared::process::start_log;
use tickline_strategy::process::{Args, end, start};
use tickline_strategy::scenario::Run;
use tickline_strategy::strategies::{Bbo, Null};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Exit {
    start_log();
    let args = Args::parse();
    end(start(&args).and_then(|process| match &process.config.run {
        Run::Null => process.run(|_| Ok(Null)),
        Run::Bbo => process.run(|ring| Bbo::new(ring.streams.orders)),
        Run::Binary(path) => {
            tracing::error!("strategy `{}` is a program of its own: {}", args.name, path.display());
            Ok(Exit::Usage)
        }
    }))
}

//! `tickline-peers`: the rivals of tickline's ring and of its decoder, measured by the loops that
//! measure tickline itself ([`tickline::measure`]).
//!
//! It stands outside of the default build, because nobody who only wants tickline shall build a
//! dozen other libraries. This puts it beside `tickline`; `--features aeron` adds Aeron, whose C
//! sources need cmake 3.30, clang, libclang-dev, uuid-dev and libbsd-dev:
//!
//! ```sh
//! cargo build --release --manifest-path tools/peers/Cargo.toml --target-dir target
//! tickline-peers list
//! tickline-peers run rtrb --work '{"Hop":{"rate":1000000,"messages":1000000}}' --cores 2,3
//! tickline-peers decode itchy day.itch --core 2 --rounds 5
//! ```
//!
//! Every rival runs in the fastest way that its own documents name for small messages between two
//! cores with nothing else to do. Results are JSON, errors go to standard error; exit code 1: the
//! measurement failed, 2: it could not be asked for.

#![allow(unreachable_pub)] // nobody can reach into a binary: `pub` says "for the other files"

use clap::{Parser, Subcommand};
use tickline_shared::exit::Exit;

mod asynchronous;
mod bytes;
mod decoders;
mod packet;
mod peers;
mod process;
mod run;
mod threads;

/// The rivals of tickline's ring and decoder, measured by the same loops.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What can be measured here, as JSON.
    List,
    Run(run::Args),
    Decode(decoders::Args),
    #[command(name = process::FAR_COMMAND, hide = true)]
    Far(process::Args),
}

fn main() -> Exit {
    run::ending(match &Cli::parse().command {
        Command::List => peers::list(),
        Command::Run(args) => run::run(args),
        Command::Decode(args) => decoders::run(args),
        Command::Far(args) => process::far(args),
    })
}

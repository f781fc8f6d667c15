//! `tickline-peers`: the rivals of tickline's ring and of its decoder, measured by the loops that
//! measure tickline itself ([`tickline::measure`]).
//!
//! It stands outside of the default build, because nobody who only wants tickline shall build a
//! dozen other libraries. From the root of the repository:
//!
//! ```sh
//! cargo build --release --manifest-path tools/peers/Cargo.toml --target-dir target
//! ```
//!
//! puts it beside `tickline`. `--features aeron` adds Aeron, whose C sources are compiled then:
//! that needs cmake, clang, libclang-dev, uuid-dev and libbsd-dev.
//!
//! ```sh
//! tickline-peers list
//! tickline-peers run rtrb --work '{"Hop":{"rate":1000000,"messages":1000000}}' --cores 2,3
//! tickline-peers decode itchy day.itch --core 2 --rounds 5
//! ```
//!
//! Every rival runs in the fastest way that its own documents name for small messages between two
//! cores that have nothing else to do. Results are JSON on standard output, errors stand on
//! standard error; exit code 1 says that a measurement failed, 2 that it could not be asked for.

// Nobody can reach into a binary: `pub` here says "for the other files".
#![allow(unreachable_pub)]

use clap::{Parser, Subcommand};
use tickline_shared::exit::Exit;

mod run;

mod peers;

mod packet;

mod threads;

mod process;

mod bytes;

mod asynchronous;

mod decoders;

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

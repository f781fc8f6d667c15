//! `tickline`: the command line. One file per subcommand; this one only chooses.

// Nobody can reach into a binary: `pub` here says "for the other files".
#![allow(unreachable_pub)]

use clap::{Parser, Subcommand};
use tickline_shared::exit::Exit;
use tickline_shared::process::log::LogArgs;

mod bench;
mod book;
mod completions;
mod config;
mod doctor;
mod dump;
mod generate;
mod inspect;
mod latency;
mod launch;
mod man;
mod metrics;
mod record;
mod replay;
mod rings;
mod top;

mod failure;
mod moment;
mod output;
mod page;
mod programs;
mod run;
mod scenario;
mod table;
mod target;

/// Market data from the exchange to your strategy: one tick, one cache line.
#[derive(Parser)]
#[command(version, max_term_width = 100, after_help = include_str!("examples.txt"))]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    log: LogArgs,
}

/// One variant, one file: `pub struct Args` and `pub fn run(&Args) -> anyhow::Result<Exit>`.
#[derive(Subcommand)]
enum Command {
    Launch(launch::Args),
    Replay(replay::Args),
    Inspect(inspect::Args),
    Record(record::Args),
    Book(book::Args),
    Dump(dump::Args),
    Latency(latency::Args),
    Top(top::Args),
    Rings(rings::Args),
    Metrics(metrics::Args),
    Doctor(doctor::Args),
    Generate(generate::Args),
    Config(config::Args),
    Bench(bench::Args),
    Completions(completions::Args),
    Man(man::Args),
    #[command(hide = true)]
    BenchFar(bench::far::Args),
}

fn main() -> Exit {
    let Cli { command, log } = Cli::parse();
    log.start_plain("tickline");
    let result = match &command {
        Command::Launch(args) => launch::run(args, log),
        Command::Replay(args) => replay::run(args, log),
        Command::Top(args) => top::run(args),
        Command::Rings(args) => rings::run(args),
        Command::Metrics(args) => metrics::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Record(args) => record::run(args),
        Command::Book(args) => book::run(args),
        Command::Dump(args) => dump::run(args),
        Command::Latency(args) => latency::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Config(args) => config::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::BenchFar(args) => bench::far::run(args),
    };
    result.unwrap_or_else(|error| failure::report(&error))
}

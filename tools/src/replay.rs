//! `tickline replay`.

use std::path::PathBuf;

use anyhow::bail;
use tickline_feed::scenario::{FeedConfig, Publish, SourceConfig, Speed};
use tickline_shared::exit::Exit;
use tickline_shared::instruments::Name;
use tickline_shared::process::log::LogArgs;
use tickline_shared::scenario::RingConfig;
use tickline_strategy::scenario::{BreakdownConfig, By, Run, SpikesConfig, StrategyConfig};

use crate::launch::{Output, execute};
use crate::scenario::{self, Scenario};

/// Plays captures through a ring into a strategy: two processes, one table, no scenario.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Captures, played one after the other.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Pace: max, a multiple of the capture's own (1x, 20x) or messages a second (rate=1M).
    #[arg(long, default_value = "max")]
    speed: Speed,

    /// What goes into the ring: orders, levels, quotes, trades, separated by commas.
    #[arg(long, default_value = "quotes,trades")]
    publish: Publish,

    /// Only these instruments, by their names or aliases, separated by commas.
    #[arg(long, value_delimiter = ',')]
    symbols: Vec<Name>,

    /// A built-in strategy (null, bbo) or the path of a program.
    #[arg(long, default_value = "bbo", value_name = "NAME")]
    strategy: Run,

    /// Play everything N times.
    #[arg(long = "loop", default_value_t = 1, value_name = "N",
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    loops: u64,

    /// Keep the worst records that took longer, with what coincided: 5us, 1ms.
    #[arg(long, value_name = "DURATION")]
    spikes: Option<SpikesConfig>,

    /// Record one stage by kind or by symbol as well: `tickline latency RUN --by kind` shows it.
    #[arg(long, value_name = "kind|symbol")]
    breakdown: Option<By>,

    #[command(flatten)]
    output: Output,
}

const EXAMPLES: &str = "\
Examples:
  tickline replay day.itch.gz
  tickline replay day.itch.gz --speed 20x --symbols AAPL,MSFT --publish orders,trades
  tickline replay part1.pcap part2.pcap --speed rate=1M --strategy ./my-strategy";

/// Runs the command.
pub fn run(args: &Args, log: LogArgs) -> anyhow::Result<Exit> {
    let mut feed = FeedConfig::new(SourceConfig::Capture { files: args.files.clone() });
    (feed.speed, feed.publish, feed.loops) = (args.speed, args.publish, args.loops);
    feed.symbols.clone_from(&args.symbols);
    let name = match &args.strategy {
        Run::Binary(path) => program_name(path),
        built_in => built_in.to_string(),
    };
    let mut strategy = StrategyConfig::new(&name, args.strategy.clone());
    strategy.spikes = args.spikes;
    strategy.breakdown = args.breakdown.map(BreakdownConfig::new);
    let scenario = Scenario {
        name: "replay".to_owned(),
        // Several replays may run at once.
        ring: RingConfig::new(&format!("replay-{}", std::process::id())),
        feed,
        strategies: vec![strategy],
        warnings: Vec::new(),
    };
    // As text and back: the same checks, and the same words about what is wrong.
    let text = scenario::to_toml(&scenario)?;
    for file in &args.files {
        if let Err(error) = std::fs::metadata(file) {
            bail!(NoCapture { file: file.clone(), reason: error.to_string() });
        }
    }
    let here = std::env::current_dir()?;
    execute(scenario::parse(&text, "the command line", &here)?, &args.output, log)
}

/// A capture is not there.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {reason}", .file.display())]
pub struct NoCapture {
    file: PathBuf,
    reason: String,
}

/// A strategy's name from that of its program.
fn program_name(path: &std::path::Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = stem.chars().map(fit).take(31).collect();
    if name.is_empty() { "strategy".to_owned() } else { name }
}

//! `tickline generate`: a synthetic day as a file.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tickline_feed::generate::{Day, Packing, Parameters, Summary, Unfit};
use tickline_feed::source::Compression;
use tickline_shared::exit::Exit;

use crate::output::stdout;
use crate::table::grouped;
use crate::target::{self, Target};

/// Writes a synthetic day of Nasdaq TotalView-ITCH 5.0 as BinaryFILE: the mix of a real day, valid
/// order references, uncrossed books, no order left at the end. The same options give the same day
/// on every machine.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// How many messages, exactly; k, M and G multiply.
    #[arg(short, long, default_value = "1M", value_name = "N", value_parser = count)]
    messages: u64,

    /// How many securities [default: 8000, or a hundredth of the messages where that is less].
    #[arg(long, value_name = "N")]
    symbols: Option<NonZeroU16>,

    /// Which day.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,

    /// Most orders that are live at a time [default: 7 to 1,000 messages, as on a real day].
    #[arg(long, value_name = "N", value_parser = count)]
    live_orders: Option<u64>,

    /// How long the day lasts by its own clock [default: as long as a real day takes for so many
    /// messages; 16 hours at most].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    span: Option<Duration>,

    /// How to pack [default: by the name of the file, .gz or .zst].
    #[arg(long, value_name = "HOW")]
    compress: Option<Compress>,

    /// Replace a file that is there.
    #[arg(short, long)]
    force: bool,

    /// Print what was written as JSON; on standard error where the day goes to standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Compress {
    None,
    Gzip,
    Zstd,
}

const EXAMPLES: &str = "\
Examples:
  tickline generate -o day.itch.gz
  tickline generate -o busy.itch --messages 40M --live-orders 2M --seed 7
  tickline generate -o - --messages 10k | tickline inspect /dev/stdin";

/// Messages between two looks at the bar and at Ctrl-C: a few milliseconds.
const CHUNK: u64 = 1 << 15;

/// Why no day was written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The options contradict each other.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A file is in the way.
    #[error("{} exists; --force replaces it", .0.display())]
    Exists(PathBuf),
    /// Binary data would go to somebody's screen.
    #[error("standard output is a terminal: give a file with -o, or a pipe")]
    Terminal,
    /// The file cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// As given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Ctrl-C; what had been written is gone.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl GenerateError {
    /// The code to end with.
    pub fn exit(&self) -> Exit {
        match self {
            GenerateError::Unfit(Unfit::Memory(_)) => Exit::Environment,
            GenerateError::Unfit(_) | GenerateError::Exists(_) | GenerateError::Terminal => {
                Exit::Usage
            }
            GenerateError::Write { .. } | GenerateError::Interrupted => Exit::Failed,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let parameters = args.parameters();
    let day = Day::new(&parameters).map_err(GenerateError::from)?;
    let compression = args.compression();
    let started = Instant::now();
    let to_stdout = args.output == Path::new("-");
    let summary = if to_stdout {
        if io::stdout().is_terminal() {
            bail!(GenerateError::Terminal);
        }
        let (summary, mut out) = write(day, &parameters, compression, stdout())?;
        out.flush()?;
        summary
    } else {
        to_file(day, &parameters, compression, &args.output, args.force)?
    };
    let seconds = started.elapsed().as_secs_f64();
    let report = match args.json {
        true => json_report(args, &parameters, compression, &summary, seconds),
        false => text_report(args, &summary, seconds),
    };
    if to_stdout {
        // Nobody may be listening; the day is written all the same.
        let _ = writeln!(io::stderr(), "{report}");
    } else {
        let mut out = stdout();
        writeln!(out, "{report}")?;
        out.flush()?;
    }
    Ok(Exit::Ok)
}

impl Args {
    fn parameters(&self) -> Parameters {
        let typical = Parameters::of(self.messages);
        Parameters {
            messages: self.messages,
            symbols: self.symbols.map_or(typical.symbols, NonZeroU16::get),
            seed: self.seed,
            live_orders: self.live_orders.unwrap_or(typical.live_orders),
            span: self.span.unwrap_or(typical.span),
        }
    }

    fn compression(&self) -> Compression {
        match self.compress {
            Some(Compress::None) => Compression::None,
            Some(Compress::Gzip) => Compression::Gzip,
            Some(Compress::Zstd) => Compression::Zstd,
            None => target::compression(&self.output),
        }
    }
}

/// Writes the whole day beside its place, then puts it there: nobody sees half of it.
fn to_file(
    day: Day,
    parameters: &Parameters,
    compression: Compression,
    path: &Path,
    force: bool,
) -> anyhow::Result<Summary> {
    let failed = |source| GenerateError::Write { path: path.to_owned(), source };
    let target = Target::open(path, force).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => GenerateError::Exists(path.to_owned()),
        _ => failed(error),
    })?;
    let out = BufWriter::with_capacity(1 << 20, target);
    let (summary, out) =
        write(day, parameters, compression, out).map_err(|error| match error.downcast() {
            Ok(source) => failed(source).into(),
            Err(other) => other,
        })?;
    let target = out.into_inner().map_err(|error| failed(error.into_error()))?;
    target.keep().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => GenerateError::Exists(path.to_owned()),
        _ => failed(error),
    })?;
    Ok(summary)
}

/// Writes the day; fails with an `io::Error` or with [`GenerateError::Interrupted`].
fn write<W: Write>(
    mut day: Day,
    parameters: &Parameters,
    compression: Compression,
    out: W,
) -> anyhow::Result<(Summary, W)> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    // Relaxed, here and below: the flag orders nothing else. Without a handler Ctrl-C just kills.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let bar = io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(parameters.messages).with_style(style).with_message("messages")
    });
    let mut out = Packing::new(compression, out)?;
    let result = loop {
        match day.write_some(CHUNK, &mut out) {
            Err(error) => break Err(error.into()),
            Ok(_) if interrupted.load(Ordering::Relaxed) => {
                break Err(GenerateError::Interrupted.into());
            }
            Ok(false) => break Ok(()),
            Ok(true) => {}
        }
        if let Some(bar) = &bar {
            bar.inc(CHUNK);
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    result.and_then(|()| Ok((day.summary(), out.finish()?)))
}

fn text_report(args: &Args, summary: &Summary, seconds: f64) -> String {
    let types: Vec<_> =
        summary.by_type.iter().map(|(k, n)| format!("{k} {}", grouped(*n))).collect();
    format!(
        "{}: {} messages, {} bytes, at most {} live orders, {seconds:.1} s\n{}",
        args.output.display(),
        grouped(summary.messages),
        grouped(summary.bytes),
        grouped(summary.live_orders_peak),
        types.join("  ")
    )
}

fn json_report(
    args: &Args,
    parameters: &Parameters,
    compression: Compression,
    summary: &Summary,
    seconds: f64,
) -> String {
    let counts = summary.by_type.iter();
    let by_type: BTreeMap<String, u64> = counts.map(|(kind, n)| (kind.to_string(), *n)).collect();
    let report = json!({
        "output": args.output.to_string_lossy(),
        "compression": compression.name(),
        "messages": summary.messages,
        "bytes": summary.bytes,
        "by_type": by_type,
        "live_orders_peak": summary.live_orders_peak,
        "symbols": parameters.symbols,
        "seed": parameters.seed,
        "live_orders": parameters.live_orders,
        "span_ns": parameters.span.as_nanos() as u64,
        "seconds": seconds,
    });
    format!("{report:#}")
}

/// `1000`, `1_000`, `250k`, `10M`, `2G`.
pub fn count(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(['k', 'M', 'G']);
    let factor = match &text[digits.len()..] {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => 0,
    };
    let number = digits.replace('_', "").parse().ok().and_then(|n: u64| n.checked_mul(factor));
    let wrong = || "expected a number such as 500000, 500k, 10M or 1G".to_owned();
    number.filter(|_| factor > 0).ok_or_else(wrong)
}

/// `60`, `0.5`.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse().ok();
    let span = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    span.ok_or_else(|| "expected a number of seconds such as 60 or 0.5".to_owned())
}

#[cfg(test)]
mod tests;

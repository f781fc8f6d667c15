//! `tickline record`: the records of a ring as a file that a feed plays again.
//!
//! A thread reads the ring and packs blocks, another one writes them: a disk that is slow for a
//! moment slows nobody. The main thread sleeps on the connection to the feed.

use std::io::{self, IsTerminal};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use tickline_shared::attach::{self, AttachError, Attached, Observed, directory};
use tickline_shared::clock::{Clock, ClockKind, Monotonic, Tsc, unix_ns};
use tickline_shared::exit::Exit;
use tickline_shared::process;
use tickline_shared::recording::{Header, Why};
use tickline_shared::ring::layout::Geometry;
use tickline_shared::scenario::{ReaderMode, parse_duration};
use tickline_strategy::log::Anchor;

use crate::generate::count;

mod output;
mod report;
mod tap;

use output::{Output, Writer, is_closed};
use report::Report;
use tap::{Limits, Tap, Tapped};

/// Writes what a ring carries to a file that `replay`, `launch` and `inspect` read like any capture.
///
/// The recorder is a lossless reader that begins with the next record: the feed waits for it when it
/// is a whole ring behind, as it does for a strategy. Nothing is lost, but a disk that cannot keep up
/// slows the feed, and with it every strategy. With --lossy the feed never waits, and what the
/// recorder missed stands in the file as a Gap, with the exact number.
///
/// Records are on their way to disk after a quarter of a second at the latest. A recorder that is
/// killed leaves a file that can be played; what had not been written is lost.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The ring to record; `tickline rings` lists them.
    ring: String,

    /// Where to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// End after so many records; k, M and G multiply.
    #[arg(short = 'n', long, value_name = "N", value_parser = records)]
    records: Option<NonZeroU64>,

    /// End after so long: 500ms, 90s.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,

    /// Never slow the feed: lose records instead, and record how many.
    #[arg(long)]
    lossy: bool,

    /// Wait for the feed where there is none yet.
    #[arg(long)]
    wait: bool,

    /// The name of this reader in `top` and `rings`; each reader of a ring has another one.
    #[arg(long, value_name = "NAME", default_value = "record", value_parser = reader_name)]
    name: String,

    /// Replace a file that is there.
    #[arg(short, long)]
    force: bool,

    /// Print what was recorded as JSON; on standard error where the recording goes to standard output.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tickline record demo -o morning.tick
  tickline record demo -o first.tick --records 1M --lossy
  tickline record demo -o - --duration 10s | zstd > short.tick.zst
  tickline replay morning.tick --speed 1x";

/// How often a recorder looks for a feed that is not there.
const LOOK_FOR_FEED: Duration = Duration::from_millis(5);

/// Why nothing was recorded, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file is in the way.
    #[error("{} exists; --force replaces it", .0.display())]
    Exists(PathBuf),
    /// Binary data would go to somebody's screen.
    #[error("standard output is a terminal: give a file with -o, or a pipe")]
    Terminal,
    /// The file cannot be created.
    #[error("cannot create {}: {source}", .path.display())]
    Create {
        /// As given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be written further.
    #[error(
        "cannot write {} beyond byte {bytes}: {source}\n  it holds {records} records up to there and can \
         be played; the feed was let go", .path.display()
    )]
    Write {
        /// As given.
        path: PathBuf,
        /// Bytes of whole blocks that it holds.
        bytes: u64,
        /// Records in them.
        records: u64,
        /// What the system says.
        source: io::Error,
    },
}

impl RecordError {
    /// The code to end with.
    pub fn exit(&self) -> Exit {
        match self {
            RecordError::Exists(_) | RecordError::Terminal => Exit::Usage,
            RecordError::Create { .. } | RecordError::Write { .. } => Exit::Failed,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let to_stdout = args.output == Path::new("-");
    if to_stdout && io::stdout().is_terminal() {
        bail!(RecordError::Terminal);
    }
    let stop = process::stop_flag()?;
    // A ring that is not there is no reason to create a file, or to replace one.
    let Some(seen) = until_there(args, &stop, || attach::observe(&args.ring))? else {
        return Ok(Exit::Ok);
    };
    let output = match to_stdout {
        true => Output::stdout(),
        false => Output::create(&args.output, args.force)?,
    };
    let mode = if args.lossy { ReaderMode::Lossy } else { ReaderMode::Lossless };
    let attach = || attach::attach(&args.ring, &args.name, mode);
    let attached = until_there(args, &stop, attach).inspect_err(|_| output.discard())?;
    let Some(attached) = attached else {
        output.discard();
        return Ok(Exit::Ok);
    };
    let started = Instant::now();
    let header = header(&attached, &seen);
    let anchor = anchor(&attached.geometry);
    let writer = Writer::start(output)?;
    let tapped = record(args, attached, &header, anchor, writer, stop)?;
    let report = Report::new(args, &header, &tapped, started.elapsed());
    if tapped.written.error.is_none() || args.json {
        report.print(args.json, to_stdout)?;
    }
    end(args, tapped)
}

/// Tries until there is a feed, where that was asked for; `None` if told to stop before.
fn until_there<T>(
    args: &Args,
    stop: &AtomicBool,
    mut attempt: impl FnMut() -> Result<T, AttachError>,
) -> Result<Option<T>, AttachError> {
    loop {
        match attempt() {
            Err(AttachError::NoFeed { .. }) if args.wait => {}
            result => return result.map(Some),
        }
        // Relaxed: the flag carries nothing but itself.
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        std::thread::sleep(LOOK_FOR_FEED);
    }
}

/// Reads until the end, whichever it is.
fn record(
    args: &Args,
    attached: Attached,
    header: &Header,
    anchor: Anchor,
    writer: Writer,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<Tapped> {
    let feed_gone = Arc::new(AtomicBool::new(false));
    let connection = Arc::clone(&attached.connection);
    let limits = Limits {
        records: args.records.map_or(u64::MAX, NonZeroU64::get),
        until: args.duration.map(|duration| Instant::now() + duration),
    };
    let tap = Tap::new(attached, header, anchor, limits, writer, stop, Arc::clone(&feed_gone));
    let thread = std::thread::Builder::new().name("record".into()).spawn(move || tap.run())?;
    // Until the feed hangs up, or the thread does.
    connection.wait_gone(None);
    // Release: what the feed committed before it went is seen by who sees the flag.
    feed_gone.store(true, Ordering::Release);
    Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// What the recording says of its ring.
fn header(attached: &Attached, seen: &Observed) -> Header {
    let Attached { geometry, reader, .. } = attached;
    // Relaxed: written before anybody could look.
    let ring_created_unix_ns = seen.header.identity.started_unix_ns.load(Ordering::Relaxed);
    Header {
        created_unix_ns: unix_ns(),
        ring_created_unix_ns,
        ring_first: reader.next(),
        epoch: geometry.epoch,
        streams: geometry.streams,
        clock: geometry.clock,
        clock_multiplier: geometry.scale.multiplier,
        ring: geometry.name.clone(),
        venue: geometry.venue.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What turns the cycles of the ring's stamps into times.
fn anchor(geometry: &Geometry) -> Anchor {
    let now = match geometry.clock {
        ClockKind::Tsc => Tsc::now(),
        ClockKind::Monotonic => Monotonic::now(),
    };
    Anchor::now(now, geometry.scale)
}

/// What the command ends with.
fn end(args: &Args, tapped: Tapped) -> anyhow::Result<Exit> {
    if let Some(source) = tapped.written.error {
        if is_closed(&source) {
            return Ok(Exit::Ok);
        }
        let (bytes, records) = (tapped.written.bytes, tapped.written.records);
        bail!(RecordError::Write { path: args.output.clone(), bytes, records, source });
    }
    if tapped.why == Why::FeedGone {
        tracing::error!(
            "the feed of ring {} is gone; every record that it had committed was recorded",
            args.ring
        );
        directory::sweep(&args.ring);
        return Ok(Exit::PeerGone);
    }
    Ok(Exit::Ok)
}

fn records(text: &str) -> Result<NonZeroU64, String> {
    NonZeroU64::new(count(text)?).ok_or_else(|| "expected at least 1".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let found = parse_duration(text).filter(|duration| *duration > Duration::ZERO);
    found.ok_or_else(|| "expected a time such as 500ms or 90s".to_owned())
}

fn reader_name(text: &str) -> Result<String, String> {
    let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let fits = (1..=31).contains(&text.len()) && text.chars().all(fit);
    let wrong = "expected 1 to 31 of the characters a-z, 0-9, `-` and `_`";
    fits.then(|| text.to_owned()).ok_or_else(|| wrong.to_owned())
}

//! `tickline top`: the live view of rings, feeds and strategies.
//!
//! It attaches as an observer: it reads what the processes show in shared memory anyway, and
//! disturbs nobody.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;
use tickline_shared::attach::AttachError;
use tickline_shared::clock::unix_ns;
use tickline_shared::exit::Exit;
use tickline_shared::process;
use tickline_shared::scenario::parse_duration;

use crate::output::stdout;

pub mod watch;

pub mod model;

mod columns;

mod app;

mod screen;

mod terminal;

mod text;

use watch::{View, Watcher};

/// How long feeds that are there may take to answer at the start.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Watches running feeds and strategies: rates, ring fill, lag, losses, latencies. `?` explains
/// the keys.
#[derive(clap::Args)]
pub struct Args {
    /// The ring to watch; all of this user's rings if absent.
    ring: Option<String>,

    /// Time between two looks, 100ms to 60s; 250ms if absent, and 1s between two lines of --json.
    #[arg(long, value_name = "TIME", value_parser = interval)]
    interval: Option<Duration>,

    /// Print one snapshot as text and end; its rates are taken over one interval.
    #[arg(long)]
    once: bool,

    /// Print JSON: one object a line for every interval, or one with --once.
    #[arg(long)]
    json: bool,
}

/// Why there is nothing to watch.
#[derive(Debug, thiserror::Error)]
pub enum TopError {
    /// No feed runs.
    #[error(
        "no ring is served on this host by this user\n  start one: tickline launch SCENARIO.toml"
    )]
    NoRing,
    /// A feed is there, and stopped.
    #[error("the feed of ring `{0}` does not answer; is it stopped?")]
    Silent(String),
    /// The output is no terminal.
    #[error("the screen needs a terminal\n  print instead: tickline top --once, or --json")]
    NoTerminal,
}

/// One look, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    time_unix_ns: u64,
    rings: &'a [model::Ring],
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut watcher = Watcher::new(args.ring.clone());
    let first = begin(&mut watcher, args.ring.as_deref())?;
    let default = if args.json && !args.once { 1_000 } else { 250 };
    let interval = args.interval.unwrap_or(Duration::from_millis(default));
    match (args.once, args.json) {
        (true, _) => once(&mut watcher, interval, args.json)?,
        (false, true) => lines(&mut watcher, interval)?,
        (false, false) => terminal::run(&mut watcher, first, interval)?,
    }
    Ok(Exit::Ok)
}

/// The first look; there must be something to see.
fn begin(watcher: &mut Watcher, ring: Option<&str>) -> anyhow::Result<View> {
    let view = watcher.begin(ANSWER_WITHIN);
    if !view.rings.is_empty() {
        return Ok(view);
    }
    if let Some(note) = view.notes.first() {
        anyhow::bail!("{note}");
    }
    if let Some(silent) = watcher.unanswered().first() {
        return Err(TopError::Silent((*silent).to_owned()).into());
    }
    match ring {
        // Says where it looked.
        Some(ring) => Err(tickline_shared::attach::observe(ring)
            .err()
            .unwrap_or_else(|| AttachError::NoFeed { ring: ring.to_owned(), looked_at: vec![] })
            .into()),
        None => Err(TopError::NoRing.into()),
    }
}

fn once(watcher: &mut Watcher, interval: Duration, json: bool) -> anyhow::Result<()> {
    std::thread::sleep(interval);
    let view = watcher.look();
    let mut out = stdout();
    match json {
        true => print_line(&view, &mut out)?,
        false => text::write(&view, &mut out)?,
    }
    Ok(out.flush()?)
}

fn lines(watcher: &mut Watcher, interval: Duration) -> anyhow::Result<()> {
    let stop = process::stop_flag()?;
    let mut out = stdout();
    let mut due = Instant::now() + interval;
    // Relaxed: the flag carries nothing but itself.
    while !stop.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left > Duration::ZERO {
            std::thread::sleep(left.min(Duration::from_millis(100)));
            continue;
        }
        due += interval;
        print_line(&watcher.look(), &mut out)?;
        out.flush()?;
    }
    Ok(())
}

fn print_line(view: &View, out: &mut impl Write) -> anyhow::Result<()> {
    for note in &view.notes {
        tracing::warn!("{note}");
    }
    let line = Line { time_unix_ns: unix_ns(), rings: &view.rings };
    serde_json::to_writer(&mut *out, &line)?;
    Ok(writeln!(out)?)
}

fn interval(text: &str) -> Result<Duration, String> {
    let limits = Duration::from_millis(100)..=Duration::from_secs(60);
    let found = parse_duration(text).filter(|interval| limits.contains(interval));
    found.ok_or_else(|| "expected 100ms to 60s, as in `250ms` or `2s`".to_owned())
}

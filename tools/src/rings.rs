//! `tickline rings`.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use tickline_shared::clock::ClockKind;
use tickline_shared::exit::Exit;

use crate::output::stdout;
use crate::table::grouped;
use crate::top::model;
use crate::top::watch::Watcher;

/// How long a feed may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What runs on this host: rings, their feeds and their readers.
#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON array instead of a list.
    #[arg(long)]
    json: bool,
}

/// A ring that somebody serves.
#[derive(Serialize)]
struct Ring {
    name: String,
    feed_pid: i32,
    slots: u64,
    clock: ClockKind,
    published: u64,
    messages: u64,
    /// Since the feed last gave a sign of life.
    heartbeat_age_ms: u64,
    readers: Vec<Reader>,
}

/// A reader of a ring.
#[derive(Serialize)]
struct Reader {
    name: String,
    received: u64,
    lost: u64,
    parks: u64,
    lag: u64,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut watcher = Watcher::new(None);
    let view = watcher.begin(ANSWER_WITHIN);
    let rings: Vec<Ring> = view.rings.into_iter().map(Ring::from).collect();
    for note in view.notes {
        tracing::warn!("{note}");
    }
    for name in watcher.unanswered() {
        tracing::warn!("the feed of ring `{name}` does not answer; is it stopped?");
    }
    let mut out = stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &rings)?;
        writeln!(out)?;
    } else if rings.is_empty() {
        writeln!(out, "no ring is served on this host by this user")?;
    }
    for ring in rings.iter().filter(|_| !args.json) {
        print(ring, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}

impl From<model::Ring> for Ring {
    fn from(ring: model::Ring) -> Ring {
        let readers = ring.strategies.into_iter().map(|strategy| Reader {
            name: strategy.name,
            received: strategy.counts.received,
            lost: strategy.counts.lost,
            parks: strategy.counts.parks,
            lag: strategy.lag,
        });
        Ring {
            name: ring.name,
            feed_pid: ring.pid,
            slots: ring.slots,
            clock: ring.clock,
            published: ring.feed.counts.published,
            messages: ring.feed.counts.messages,
            heartbeat_age_ms: ring.heartbeat_age_ms,
            readers: readers.collect(),
        }
    }
}

fn print(ring: &Ring, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: feed {}, {} slots, {} messages, {} records, last sign of life {} ms ago",
        ring.name,
        ring.feed_pid,
        grouped(ring.slots),
        grouped(ring.messages),
        grouped(ring.published),
        ring.heartbeat_age_ms
    )?;
    for reader in &ring.readers {
        writeln!(
            out,
            "  {:<31} {} received, {} behind, {} lost, parked {} times",
            reader.name,
            grouped(reader.received),
            grouped(reader.lag),
            grouped(reader.lost),
            grouped(reader.parks)
        )?;
    }
    Ok(())
}

//! `tickline rings`.

use std::io::Write;
use std::sync::atomic::Ordering;

use serde::Serialize;
use tickline_shared::attach::{self, AttachError, directory};
use tickline_shared::clock::monotonic_ns;
use tickline_shared::exit::Exit;

use crate::output::stdout;
use crate::table::grouped;

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
    slots: usize,
    clock: String,
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
    let mut rings = Vec::new();
    for name in directory::rings() {
        match look(&name) {
            Ok(ring) => rings.push(ring),
            // Its feed was killed: what it left is removed.
            Err(AttachError::NoFeed { .. }) => {
                directory::sweep(&name);
            }
            Err(error) => tracing::warn!("{error}"),
        }
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

fn look(name: &str) -> Result<Ring, AttachError> {
    let observed = attach::observe(name)?;
    let counts = observed.header.counters.read();
    let published = counts.published;
    // Relaxed: each figure stands for itself.
    let heartbeat = observed.header.progress.heartbeat_ns.load(Ordering::Relaxed);
    let readers = observed.readers.iter().map(|reader| {
        let counts = reader.region.counters.read();
        Reader {
            name: reader.name.clone(),
            received: counts.received,
            lost: counts.lost,
            parks: counts.parks,
            lag: published.saturating_sub(reader.region.cursor.0.load(Ordering::Relaxed)),
        }
    });
    Ok(Ring {
        name: observed.geometry.name.clone(),
        feed_pid: observed.connection.feed_pid(),
        slots: observed.geometry.slots,
        clock: format!("{:?}", observed.geometry.clock).to_lowercase(),
        published,
        messages: counts.messages,
        heartbeat_age_ms: monotonic_ns().saturating_sub(heartbeat) / 1_000_000,
        readers: readers.collect(),
    })
}

fn print(ring: &Ring, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: feed {}, {} slots, {} messages, {} records, last sign of life {} ms ago",
        ring.name,
        ring.feed_pid,
        grouped(ring.slots as u64),
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

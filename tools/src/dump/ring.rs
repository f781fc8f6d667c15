//! A ring as rows: what it holds now, and what comes.
//!
//! The feed waits for a reader that is lossless and for no other. What was overwritten before it
//! could be read is a row of its own: a `Gap` with the flag `OVERRUN`, at the place of what is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::bail;
use tickline_shared::attach::Attached;
use tickline_shared::clock::monotonic_ns;
use tickline_shared::exit::Exit;
use tickline_shared::instruments::{Instruments, Name};
use tickline_shared::process;
use tickline_shared::ring::layout::Geometry;
use tickline_shared::ring::reader::{Poll, Reader};
use tickline_shared::units::{Symbol, grouped};

use super::selection::{Enough, Selection, Sieve, Written};
use super::{Args, DumpError};

/// How long it sleeps when there is nothing to read. Not by parking: the feed would have to wake it.
const SLEEP: Duration = Duration::from_millis(1);

/// Records between two looks at the stop flag and two signs of life.
const LOOK_EVERY: u64 = 1024;

/// Why it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// The feed ended its run, or somebody asked this process to stop, or all is there.
    Done,
    /// The feed's process is gone; every record that it committed was read.
    FeedGone,
}

/// Writes the rows of a ring that this process reads.
pub fn dump(args: &Args, mut attached: Attached) -> anyhow::Result<Exit> {
    let for_files = [("--publish", args.publish.is_some()), ("--venue", args.venue.is_some())];
    if let Some((option, _)) = for_files.into_iter().find(|(_, given)| *given) {
        bail!(DumpError::ForFiles { option });
    }
    let Geometry { name, epoch, streams, .. } = attached.geometry.clone();
    let instruments = attached.instruments.clone();
    let symbols = args.symbols.iter().map(|name| called(name, &instruments));
    let symbols = symbols.collect::<Result<_, _>>()?;
    let selection = Selection::new(&args.kinds, symbols, args.window(epoch)?);
    let mut sieve = args.sieve(&name, streams, epoch, &instruments, selection)?;
    let stop = process::stop_flag()?;
    let mut ended = held(&attached.reader, &mut sieve).map(|()| Ending::Done);
    if args.follow && ended.is_ok() {
        ended = follow(&mut attached, &mut sieve, &stop);
    }
    // From here on nobody waits for this reader.
    attached.connection.hang_up();
    let Written { rows, lost } = args.finish(sieve)?;
    if lost > 0 {
        tracing::warn!(
            "{} records were overwritten before they could be read; {} rows were written",
            grouped(lost),
            grouped(rows)
        );
    }
    if ended == Ok(Ending::FeedGone) {
        tracing::error!("the feed of ring {name} is gone; every record that it committed was read");
        return Ok(Exit::PeerGone);
    }
    Ok(Exit::Ok)
}

/// Takes what the ring holds of the records before the reader's first one.
fn held(reader: &Reader, sieve: &mut Sieve) -> Result<(), Enough> {
    let end = reader.next();
    let start = end.saturating_sub(reader.slots() as u64);
    // Copied before any is written: the writer goes on meanwhile.
    let records: Vec<_> = (start..end).filter_map(|number| reader.again(number)).collect();
    let mut next = start;
    for record in &records {
        if record.number > next {
            sieve.lost(next, record.number - next)?;
        }
        sieve.take(record)?;
        next = record.number + 1;
    }
    if next < end { sieve.lost(next, end - next) } else { Ok(()) }
}

/// Takes every record from the reader's first one on, until the feed ends or the flag is set.
fn follow(attached: &mut Attached, sieve: &mut Sieve, stop: &AtomicBool) -> Result<Ending, Enough> {
    let Attached { reader, connection, .. } = attached;
    let (mut received, mut overruns, mut lost_all) = (0, 0, 0);
    let mut gone = false;
    loop {
        let look = match reader.poll() {
            Poll::Record(record) => {
                received += 1;
                sieve.take(&record)?;
                reader.next().is_multiple_of(LOOK_EVERY)
            }
            Poll::Overrun { first, lost } => {
                (overruns, lost_all) = (overruns + 1, lost_all + lost);
                sieve.lost(first, lost)?;
                false
            }
            Poll::Empty if reader.finished() => return Ok(Ending::Done),
            Poll::Empty if gone && !reader.ready() => return Ok(Ending::FeedGone),
            Poll::Empty => {
                sieve.pass_on()?;
                gone = connection.wait_gone(Some(SLEEP));
                true
            }
        };
        if look {
            reader.release();
            let shown = reader.region();
            // Relaxed: for monitors.
            shown.heartbeat_ns.0.store(monotonic_ns(), Ordering::Relaxed);
            shown.counters.received.store(received, Ordering::Relaxed);
            shown.counters.lost.store(lost_all, Ordering::Relaxed);
            shown.counters.overruns.store(overruns, Ordering::Relaxed);
            // What a feed that is gone has left is read to its end.
            if !gone && stop.load(Ordering::Relaxed) {
                return Ok(Ending::Done);
            }
        }
    }
}

/// How records call an instrument: by its name, where that is short enough, or by an alias.
fn called(name: &Name, instruments: &Instruments) -> Result<Symbol, DumpError> {
    let known = instruments.find(&name.text()).map(|instrument| instrument.symbol);
    known.or(name.symbol()).ok_or_else(|| DumpError::NoSuchInstrument(name.text()))
}

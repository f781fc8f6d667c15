//! The loop: poll, decide, record, or wait. One screen.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tickline_shared::clock::Clock;
use tickline_shared::instruments::Instruments;
use tickline_shared::msg::Msg;
use tickline_shared::ring::Record;
use tickline_shared::ring::reader::{Poll, Reader};

use crate::breakdown::Breakdown;
use crate::idle::Idle;
use crate::recorder::Recorder;
use crate::signals::Signals;
use crate::spikes::Sample;

/// What a strategy is given: a record, and when it was polled.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// What happened.
    pub msg: Msg,
    /// The number of the record in its ring, from 0.
    pub number: u64,
    /// The venue's clock, ns since the epoch that the venue uses.
    pub exchange_ts: u64,
    /// When this process had the record, in cycles.
    pub poll: u64,
}

/// A strategy.
pub trait Strategy {
    /// Looks at a record, and may decide something. It runs on the pinned core between two polls:
    /// no system call, no allocation, no lock.
    ///
    /// A record of [`Kind::Gap`](tickline_shared::msg::Kind::Gap) says that `msg.quantity` records are
    /// missing; with [`OVERRUN`](tickline_shared::msg::Flags::OVERRUN) this strategy was too slow for
    /// them.
    fn on_msg(&mut self, tick: &Tick, out: &mut Signals);

    /// Gives the strategy the table of the feed's instruments, of which it may keep a handle (a clone).
    /// Called on the loop's thread before the first record, and again for each feed that comes in place
    /// of one that is gone, with that one's table. A feed waits for a lossless reader: be brief.
    fn on_attach(&mut self, _instruments: &Instruments) {}

    /// Writes what the strategy found, after the run.
    fn report(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Why the loop ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The feed ended its run and every record of it was read.
    Finished,
    /// Somebody asked this process to stop.
    Stopped,
    /// The feed's process is gone; every record that it committed was read.
    FeedGone,
}

/// What other threads tell the loop.
#[derive(Clone, Default)]
pub struct Notices {
    /// Ctrl-C or SIGTERM came.
    pub stop: Arc<AtomicBool>,
    /// The feed hung up.
    pub feed_gone: Arc<AtomicBool>,
}

/// Records between two releases of slots to the writer, a power of two. The writer looks only
/// when the ring seems full, so this is far below the smallest ring's size and costs nothing.
const RELEASE_EVERY: u64 = 32;

/// Reads records until the run ends.
pub fn run<S: Strategy, C: Clock, B: Breakdown>(
    reader: &mut Reader,
    strategy: &mut S,
    signals: &mut Signals,
    recorder: &mut Recorder<B>,
    idle: &mut Idle<C>,
    notices: &Notices,
) -> Ending {
    idle.begin(reader.next());
    loop {
        match reader.poll() {
            Poll::Record(record) => {
                let poll = C::now();
                idle.interrupt();
                strategy.on_msg(&tick(&record, poll), signals);
                let egress = C::now();
                if recorder.record(&record, poll, egress) {
                    let sample = Sample { record, poll, egress };
                    recorder.slow(&sample, &idle.before(record.number), reader, C::now);
                }
                if record.number.is_multiple_of(RELEASE_EVERY) {
                    reader.release();
                    // What a feed that is gone has left is read to its end.
                    if notices.stop.load(Ordering::Relaxed)
                        && !notices.feed_gone.load(Ordering::Relaxed)
                    {
                        return Ending::Stopped;
                    }
                }
            }
            Poll::Overrun { first, lost } => {
                recorder.overrun(lost);
                strategy.on_msg(&overrun(first, lost, C::now()), signals);
            }
            Poll::Empty => {
                // Read before the slot is looked at again: a record committed before the feed
                // went is then seen. Acquire pairs with the thread that watches the connection.
                let feed_gone = notices.feed_gone.load(Ordering::Acquire);
                if !idle.wait(reader, recorder) {
                    continue;
                }
                if reader.finished() {
                    return Ending::Finished;
                }
                if feed_gone && !reader.ready() {
                    return Ending::FeedGone;
                }
                if !feed_gone && notices.stop.load(Ordering::Relaxed) {
                    return Ending::Stopped;
                }
            }
        }
    }
}

#[inline(always)]
fn tick(record: &Record, poll: u64) -> Tick {
    let Record { number, msg, exchange_ts, .. } = *record;
    Tick { msg, number, exchange_ts, poll }
}

/// The record that tells a strategy what it missed.
#[cold]
fn overrun(first: u64, lost: u64, poll: u64) -> Tick {
    let msg = Msg::overrun(first, lost);
    Tick { msg, number: first, exchange_ts: 0, poll }
}

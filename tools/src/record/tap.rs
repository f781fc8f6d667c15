//! The thread that reads the ring: record after record into blocks, blocks to the writer.
//!
//! It never parks on the ring's futex: waking it would cost the feed microseconds, and nothing waits
//! for a recorder. Where the ring is empty it sleeps for a part of the time in which the ring could
//! fill.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tickline_shared::attach::{Attached, Connection};
use tickline_shared::clock::{monotonic_ns, unix_ns};
use tickline_shared::instruments::{Instrument, Instruments, Listing};
use tickline_shared::memory::Shared;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::recording::{Encoder, End, Header, Row, Why};
use tickline_shared::ring::layout::ReaderRegion;
use tickline_shared::ring::reader::{Poll, Reader};
use tickline_shared::units::{Price, Symbol};
use tickline_strategy::log::Anchor;

use super::output::{Writer, Written};

/// Records between two releases of slots to the feed, a power of two: less than the smallest ring has.
const RELEASE_EVERY: u64 = 32;

/// How long a record waits for its block to fill.
const FLUSH_AFTER: Duration = Duration::from_millis(250);

/// Bytes that are worth a call to write them.
const BATCH: usize = 256 << 10;

/// Time in which a feed at full speed, 20 million records a second, fills a quarter of a slot…
const NAP_PER_SLOT: Duration = Duration::from_nanos(12);
/// …within these limits: what a sleep takes at least, and what Ctrl-C may take.
const NAPS: [Duration; 2] = [Duration::from_micros(50), Duration::from_millis(1)];

/// When to end without being told.
pub struct Limits {
    /// Records in the file.
    pub records: u64,
    /// A moment.
    pub until: Option<Instant>,
}

/// The recording end of a ring.
pub struct Tap {
    reader: Reader,
    connection: Arc<Connection>,
    region: Shared<ReaderRegion>,
    anchor: Anchor,
    limits: Limits,
    writer: Writer,
    stop: Arc<AtomicBool>,
    feed_gone: Arc<AtomicBool>,
    instruments: Instruments,
    /// How many of them were looked at.
    listed: usize,
    encoder: Encoder,
    /// Whole blocks that were not handed over yet.
    blocks: Vec<u8>,
    /// Since when something waits to be handed over.
    waiting: Option<Instant>,
    nap: Duration,
    received: u64,
    lost: u64,
    overruns: u64,
    last_exchange_ts: u64,
}

/// What became of it.
pub struct Tapped {
    /// Why it ended.
    pub why: Why,
    /// Records that the recorder was too slow for.
    pub lost: u64,
    /// Times that happened.
    pub overruns: u64,
    /// Blocks made.
    pub blocks: u32,
    /// What is in the file.
    pub written: Written,
}

impl Tap {
    /// Begins a recording.
    pub fn new(
        attached: Attached,
        header: &Header,
        anchor: Anchor,
        limits: Limits,
        writer: Writer,
        stop: Arc<AtomicBool>,
        feed_gone: Arc<AtomicBool>,
    ) -> Tap {
        let Attached { reader, geometry, connection, region, instruments } = attached;
        let slots = u32::try_from(geometry.slots).unwrap_or(u32::MAX);
        let nap = NAP_PER_SLOT.saturating_mul(slots).clamp(NAPS[0], NAPS[1]);
        let mut blocks = Vec::with_capacity(2 * BATCH);
        blocks.extend_from_slice(&header.to_bytes());
        Tap {
            reader,
            connection,
            region,
            anchor,
            limits,
            writer,
            stop,
            feed_gone,
            instruments,
            listed: 0,
            encoder: Encoder::default(),
            blocks,
            waiting: None,
            nap,
            received: 0,
            lost: 0,
            overruns: 0,
            last_exchange_ts: 0,
        }
    }

    /// Records until the end.
    pub fn run(mut self) -> Tapped {
        let why = self.hand_over().and_then(|()| self.read()).unwrap_or_else(|why| why);
        self.reader.release();
        self.show();
        // The feed lets the reader go now, not when the disk is done.
        self.connection.hang_up();
        let end = End {
            why: Some(why),
            ended_unix_ns: unix_ns(),
            records: self.encoder.records(),
            lost: self.lost,
            ring_next: self.reader.next(),
        };
        self.encoder.end(&end, &mut self.blocks);
        let _ = self.hand_over();
        Tapped {
            why,
            lost: self.lost,
            overruns: self.overruns,
            blocks: self.encoder.blocks(),
            written: self.writer.finish(),
        }
    }

    fn read(&mut self) -> Result<Why, Why> {
        loop {
            match self.reader.poll() {
                Poll::Record(record) => {
                    let ingress_ts = self.anchor.unix_ns_at(record.ingress);
                    self.last_exchange_ts = record.exchange_ts;
                    self.received += 1;
                    // The table is never behind the record that was read last.
                    if self.instruments.len() > self.listed {
                        self.list();
                    }
                    self.push(&Row {
                        msg: record.msg,
                        exchange_ts: record.exchange_ts,
                        ingress_ts,
                    })?;
                    if record.number.is_multiple_of(RELEASE_EVERY) {
                        self.reader.release();
                    }
                }
                Poll::Overrun { first, lost } => self.overrun(first, lost)?,
                Poll::Empty => self.idle()?,
            }
        }
    }

    /// Names the instruments that the feed has heard of since the last time, as far as more is known of
    /// them than their symbol.
    #[cold]
    fn list(&mut self) {
        let known = self.instruments.len();
        let says_more = |it: &Instrument| it.listing != Listing::new(it.symbol.into());
        let new = self.instruments.iter_from(self.listed).filter(says_more);
        let new: Vec<_> = new.map(|it| (it.symbol, it.listing)).collect();
        self.listed = known;
        if !new.is_empty() {
            self.encoder.flush(&mut self.blocks);
            self.encoder.list(&new, &mut self.blocks);
        }
    }

    #[inline(always)]
    fn push(&mut self, row: &Row) -> Result<(), Why> {
        let full = self.encoder.push(row);
        if full || self.encoder.records() >= self.limits.records { self.block() } else { Ok(()) }
    }

    /// A block is full, or the last one.
    #[cold]
    fn block(&mut self) -> Result<(), Why> {
        self.encoder.flush(&mut self.blocks);
        if self.blocks.len() >= BATCH {
            self.hand_over()?;
            self.show();
        }
        match self.encoder.records() >= self.limits.records {
            true => Err(Why::Limit),
            false => self.told_to_end(),
        }
    }

    /// Whether somebody, or the time, says that this is enough. What a feed that is gone has left is
    /// read to its end.
    fn told_to_end(&self) -> Result<(), Why> {
        // Relaxed: the flags carry nothing but themselves here.
        let stopped = self.stop.load(Ordering::Relaxed) && !self.feed_gone.load(Ordering::Relaxed);
        match self.limits.until {
            _ if stopped => Err(Why::Stopped),
            Some(until) if Instant::now() >= until => Err(Why::Limit),
            _ => Ok(()),
        }
    }

    /// The records that are gone stand in the file as a strategy is told of them.
    #[cold]
    fn overrun(&mut self, first: u64, lost: u64) -> Result<(), Why> {
        (self.lost, self.overruns) = (self.lost + lost, self.overruns + 1);
        let (mut first, mut left) = (first, lost);
        while left > 0 {
            let some = u32::try_from(left).unwrap_or(u32::MAX);
            let msg = Msg {
                id: first,
                price: Price::NONE,
                quantity: some,
                kind: Kind::Gap,
                side: Side::None,
                flags: Flags::OVERRUN | Flags::LAST,
                venue: 0,
                symbol: Symbol::NONE,
            };
            let exchange_ts = self.last_exchange_ts;
            self.push(&Row { msg, exchange_ts, ingress_ts: unix_ns() })?;
            (first, left) = (first + u64::from(some), left - u64::from(some));
        }
        Ok(())
    }

    /// The ring is empty: what there is goes to disk in time, and then there is time to sleep.
    #[cold]
    fn idle(&mut self) -> Result<(), Why> {
        // Read before the slot is looked at again: a record committed before the feed went is then
        // seen. Acquire pairs with the thread that watches the connection.
        let feed_gone = self.feed_gone.load(Ordering::Acquire);
        self.reader.release();
        if self.encoder.waiting() > 0 || !self.blocks.is_empty() {
            let since = *self.waiting.get_or_insert_with(Instant::now);
            if since.elapsed() >= FLUSH_AFTER {
                self.encoder.flush(&mut self.blocks);
                self.hand_over()?;
            }
        }
        self.show();
        if self.reader.finished() {
            return Err(Why::FeedEnded);
        }
        if feed_gone && !self.reader.ready() {
            return Err(Why::FeedGone);
        }
        self.told_to_end()?;
        if !self.reader.ready() {
            std::thread::sleep(self.nap);
        }
        Ok(())
    }

    /// Gives the blocks to the writer; waits where the disk is far behind.
    fn hand_over(&mut self) -> Result<(), Why> {
        self.waiting = None;
        let records = self.encoder.records() - u64::from(self.encoder.waiting());
        self.writer.write(&mut self.blocks, records).map_err(|_| Why::Failed)
    }

    /// Shows monitors that the recorder is alive, and what it counted.
    fn show(&self) {
        let shown = &self.region.counters;
        // Relaxed: monitors need no order among them. But they take counters without a sign of life
        // for those of a reader that has shown none so far, hence Release at the end.
        shown.received.store(self.received, Ordering::Relaxed);
        shown.lost.store(self.lost, Ordering::Relaxed);
        shown.overruns.store(self.overruns, Ordering::Relaxed);
        self.region.heartbeat_ns.0.store(monotonic_ns(), Ordering::Release);
    }
}

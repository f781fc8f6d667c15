//! Latency on the path: four histograms, swapped once a second.
//!
//! The loop records into one set of histograms while [`crate::log`]'s thread writes the other
//! one to the log. The two change places through two cells: nobody waits, nothing is allocated.
//! If the thread is late, the interval is longer; its length is in the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_utils::atomic::AtomicCell;
use hdrhistogram::Histogram;
use tickline_shared::clock::{Scale, monotonic_ns};
use tickline_shared::latency::{HIGHEST_NS, histogram};
use tickline_shared::memory::Shared;
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::ReaderRegion;
use tickline_shared::ring::reader::Reader;

use crate::breakdown::{Breakdown, Rows, Whole};
use crate::idle::Before;
use crate::spikes::{Sample, Spikes};

/// The length of an interval of the log, in ns.
pub const INTERVAL_NS: u64 = 1_000_000_000;

/// Time between two looks at what the loop does besides recording, in ns: monitors see its
/// counters this often, and an interval ends at one of them.
const LOOK_EVERY_NS: u64 = INTERVAL_NS / 10;

/// What was recorded between two moments.
pub struct Interval {
    /// One histogram a stage, in the order of [`tickline_shared::latency::Stage::ALL`], in ns.
    pub stages: [Histogram<u64>; 4],
    /// Parts of one of them, where the scenario asks for a breakdown.
    pub rows: Rows,
    /// When it began, in cycles.
    pub start: u64,
    /// When it ended, in cycles.
    pub end: u64,
}

impl Interval {
    fn new(rows: Rows) -> Box<Interval> {
        let stages = std::array::from_fn(|_| histogram());
        Box::new(Interval { stages, rows, start: 0, end: 0 })
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.stages.iter_mut().for_each(Histogram::reset);
        self.rows.reset();
    }
}

/// Where an interval waits for the other thread.
pub struct Exchange {
    /// Recorded, to be written.
    pub full: AtomicCell<Option<Box<Interval>>>,
    /// Written and reset, to be recorded into.
    pub spare: AtomicCell<Option<Box<Interval>>>,
}

// A pointer: the cell needs no lock.
const _: () = assert!(AtomicCell::<Option<Box<Interval>>>::is_lock_free());

/// Totals that the loop counts besides the histograms, named as in `summary.json`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Records given to the strategy.
    pub received: u64,
    /// Records overwritten before they were read.
    pub lost: u64,
    /// Times that happened.
    pub overruns: u64,
    /// Times the loop slept.
    pub parks: u64,
    /// Times the feed woke it.
    pub wakeups: u64,
    /// Samples outside of a histogram's range.
    pub clamped: u64,
}

/// What is left of a recorder.
pub struct Recorded {
    /// The last interval.
    pub last: Box<Interval>,
    /// What was counted.
    pub totals: Totals,
    /// The worst samples, where somebody asked for them.
    pub spikes: Option<Box<Spikes>>,
}

/// The recording end.
pub struct Recorder<B = Whole> {
    current: Box<Interval>,
    breakdown: B,
    exchange: Arc<Exchange>,
    scale: Scale,
    look_cycles: u64,
    look_at: u64,
    interval_cycles: u64,
    rotate_at: u64,
    totals: Totals,
    region: Option<Shared<ReaderRegion>>,
    /// A longer total, in cycles, is worth a look for a spike; `u64::MAX` where nobody asked.
    slow_over: u64,
    spikes: Option<Box<Spikes>>,
}

impl Recorder {
    /// A recorder that splits nothing and starts its first interval at `now` cycles.
    pub fn new(scale: Scale, now: u64) -> Recorder {
        Recorder::with(Whole, scale, now)
    }
}

impl<B: Breakdown> Recorder<B> {
    /// A recorder that splits a stage and starts its first interval at `now` cycles.
    pub fn with(breakdown: B, scale: Scale, now: u64) -> Recorder<B> {
        let spare = Interval::new(breakdown.rows());
        let exchange =
            Exchange { full: AtomicCell::new(None), spare: AtomicCell::new(Some(spare)) };
        let mut current = Interval::new(breakdown.rows());
        current.start = now;
        let interval_cycles = scale.cycles(INTERVAL_NS);
        let look_cycles = scale.cycles(LOOK_EVERY_NS);
        Recorder {
            current,
            breakdown,
            exchange: Arc::new(exchange),
            scale,
            look_cycles,
            look_at: now.wrapping_add(look_cycles),
            interval_cycles,
            rotate_at: now.wrapping_add(interval_cycles),
            totals: Totals::default(),
            region: None,
            slow_over: u64::MAX,
            spikes: None,
        }
    }

    /// Keeps the worst samples from now on.
    pub fn keep(&mut self, spikes: Spikes) {
        self.spikes = Some(Box::new(spikes));
    }

    /// Shows its counters in the memory of this reader, and uses its ring's clock scale. To be
    /// called by the thread that will record, at `now` cycles.
    pub fn attach(&mut self, scale: Scale, region: Shared<ReaderRegion>, now: u64) {
        (self.scale, self.region) = (scale, Some(region));
        if let Some(spikes) = &mut self.spikes {
            self.slow_over = spikes.attach(scale, now);
        }
        self.show();
    }

    /// The other end's side of the exchange.
    pub fn exchange(&self) -> Arc<Exchange> {
        Arc::clone(&self.exchange)
    }

    /// Records every stage of a record's way; `poll` and `egress` in cycles. Whether it took so
    /// long that [`Recorder::slow`] must look at it.
    #[inline(always)]
    #[must_use]
    pub fn record(&mut self, record: &Record, poll: u64, egress: u64) -> bool {
        self.totals.received += 1;
        let stamps = [
            (record.ingress, record.publish),
            (record.publish, poll),
            (poll, egress),
            (record.ingress, egress),
        ];
        // When records stream in, the processor reads the counter for `poll` while the line is
        // still on its way: then the hop is shorter than that, and here it is 0.
        let stages = stamps.map(|(from, to)| self.scale.nanos(to.saturating_sub(from)));
        // No bit above those of the limit: the usual case, seen at once.
        if stages.iter().fold(0, |all, ns| all | ns) > HIGHEST_NS {
            self.clamp(&stages);
        }
        for (histogram, ns) in self.current.stages.iter_mut().zip(stages) {
            histogram.saturating_record(ns);
        }
        if let Some((row, stage)) = self.breakdown.row(&record.msg) {
            self.current.rows.record(row, stages[stage as usize]);
        }
        if egress >= self.look_at {
            self.look(egress);
        }
        egress.saturating_sub(record.ingress) > self.slow_over
    }

    /// Looks whether a sample is a spike, and what coincided with it.
    #[cold]
    pub fn slow(&mut self, sample: &Sample, before: &Before, reader: &Reader, now: fn() -> u64) {
        if let Some(spikes) = &mut self.spikes {
            self.slow_over = spikes.look(sample, before, reader, now);
        }
    }

    #[cold]
    fn clamp(&mut self, stages: &[u64; 4]) {
        let beyond = stages.iter().filter(|ns| **ns > HIGHEST_NS);
        self.totals.clamped += beyond.count() as u64;
    }

    /// Shows the counters, and ends the interval when it is time.
    #[cold]
    fn look(&mut self, now: u64) {
        self.look_at = now.wrapping_add(self.look_cycles);
        if now >= self.rotate_at {
            self.rotate(now);
        }
        self.show();
    }

    /// Hands the interval over, if the other thread is done with the one before.
    fn rotate(&mut self, now: u64) {
        self.rotate_at = now.wrapping_add(self.interval_cycles);
        if let Some(mut next) = self.exchange.spare.take() {
            next.start = now;
            let mut done = std::mem::replace(&mut self.current, next);
            done.end = now;
            self.breakdown.name(&mut done.rows);
            self.exchange.full.store(Some(done));
        }
    }

    /// Ends the last interval and gives everything out.
    pub fn finish(self, now: u64) -> Recorded {
        let mut last = self.current;
        last.end = now;
        self.breakdown.name(&mut last.rows);
        Recorded { last, totals: self.totals, spikes: self.spikes }
    }

    /// The reader lost records.
    #[cold]
    pub fn overrun(&mut self, lost: u64) {
        self.totals.lost += lost;
        self.totals.overruns += 1;
    }

    /// The reader is about to sleep: its counters may be seen while it does.
    pub fn parked(&mut self) {
        self.totals.parks += 1;
        self.show();
    }

    /// The feed woke the reader.
    pub fn woken(&mut self) {
        self.totals.wakeups += 1;
    }

    /// Nothing came for a while: an interval ends in time also without a record.
    pub fn idle(&mut self, now: u64) {
        if now >= self.look_at {
            self.look(now);
        }
    }

    /// Shows the counters to monitors.
    pub fn show(&self) {
        let Some(region) = &self.region else { return };
        let (shown, totals) = (&region.counters, &self.totals);
        // Relaxed: monitors need no order among them. But they take counters without a sign of life
        // for those of a reader that has shown none so far, hence Release at the end.
        shown.received.store(totals.received, Ordering::Relaxed);
        shown.lost.store(totals.lost, Ordering::Relaxed);
        shown.overruns.store(totals.overruns, Ordering::Relaxed);
        shown.parks.store(totals.parks, Ordering::Relaxed);
        shown.wakeups.store(totals.wakeups, Ordering::Relaxed);
        shown.clamped.store(totals.clamped, Ordering::Relaxed);
        region.heartbeat_ns.0.store(monotonic_ns(), Ordering::Release);
    }

    /// What was counted so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }
}

//! The stages of a record's way, their histograms' range, and the live view of them.

use core::sync::atomic::{AtomicU64, Ordering, fence};

use hdrhistogram::Histogram;

/// A named pair of stamps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Stage {
    /// Ingress to publish: decode, book, and the wait for room in the ring.
    Decode = 0,
    /// Publish to poll: from core to core.
    Hop = 1,
    /// Poll to egress: the strategy's own time.
    Strategy = 2,
    /// Ingress to egress. In a paced replay, ingress is when the event was due.
    Total = 3,
}

impl Stage {
    /// All stages, in the order of the way.
    pub const ALL: [Stage; 4] = [Stage::Decode, Stage::Hop, Stage::Strategy, Stage::Total];

    /// The name in summaries, logs and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Decode => "decode",
            Stage::Hop => "hop",
            Stage::Strategy => "strategy",
            Stage::Total => "total",
        }
    }
}

/// The largest latency that is told apart from a larger one: one hour, in ns.
pub const HIGHEST_NS: u64 = 3_600_000_000_000;

/// An empty histogram of nanoseconds, 1 to [`HIGHEST_NS`], three significant digits (a value is
/// exact to 1 part in 1,000). Takes 280 KB, all of it touched, so that recording never faults.
pub fn histogram() -> Histogram<u64> {
    let mut histogram =
        Histogram::new_with_bounds(1, HIGHEST_NS, 3).expect("the bounds are constants that fit");
    histogram.reset();
    histogram
}

/// Percentiles that the live view holds, in the order of its words.
pub const LIVE_QUANTILES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];

/// The latencies of the last whole interval, for monitors. A sequence lock of one writer.
#[repr(C, align(512))]
pub struct LiveView {
    seq: AtomicU64,
    count: AtomicU64,
    /// `[stage][quantile]` in ns.
    values: [[AtomicU64; LIVE_QUANTILES.len()]; 4],
}

/// A copy of a [`LiveView`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LiveLatency {
    /// Records in the interval.
    pub count: u64,
    /// `[stage][quantile]` in ns; quantiles as in [`LIVE_QUANTILES`].
    pub values: [[u64; LIVE_QUANTILES.len()]; 4],
}

impl LiveView {
    /// Publishes an interval. Only the owner of the region may call it.
    pub fn write(&self, latency: &LiveLatency) {
        let seq = self.seq.load(Ordering::Relaxed);
        self.seq.store(seq.wrapping_add(1), Ordering::Relaxed);
        // Release: no reader sees a new value and still the old, even number.
        fence(Ordering::Release);
        self.count.store(latency.count, Ordering::Relaxed);
        for (word, value) in self.values.as_flattened().iter().zip(latency.values.as_flattened()) {
            word.store(*value, Ordering::Relaxed);
        }
        // Release: whoever sees the even number sees the values.
        self.seq.store(seq.wrapping_add(2), Ordering::Release);
    }

    /// The last interval; `None` if the owner wrote during each of a few tries.
    pub fn read(&self) -> Option<LiveLatency> {
        (0..8).find_map(|_| {
            // Acquire: the values below are at least as new as the number.
            let before = self.seq.load(Ordering::Acquire);
            let mut latency =
                LiveLatency { count: self.count.load(Ordering::Relaxed), ..Default::default() };
            for (value, word) in
                latency.values.as_flattened_mut().iter_mut().zip(self.values.as_flattened())
            {
                *value = word.load(Ordering::Relaxed);
            }
            // Acquire: the values above are not newer than the second look.
            fence(Ordering::Acquire);
            let after = self.seq.load(Ordering::Relaxed);
            (before == after && before.is_multiple_of(2)).then_some(latency)
        })
    }
}

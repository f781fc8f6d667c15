//! The stages of a record's way, their histograms' range, and the live view of them.

use hdrhistogram::Histogram;

mod buckets;

mod live;

pub use buckets::{BOUNDS_NS, BUCKETS, Buckets};
pub use live::{LiveLatency, LiveView, Percentiles};

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

//! The live view: what a strategy shows of its latencies while it runs, for any process to read.
//!
//! The thread that writes the log writes it, once an interval, behind a sequence lock; readers
//! never write, so they disturb nobody. Every word may hold anything: a strategy may be damaged.

use core::sync::atomic::{AtomicU64, Ordering, fence};

use hdrhistogram::Histogram;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use super::{Buckets, Stage};

/// Latencies of a stage, in ns. A value is the upper end of its histogram bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Percentiles {
    /// How many values; all the others are 0 where this is 0.
    pub count: u64,
    /// The smallest.
    pub min: u64,
    /// The median.
    pub p50: u64,
    /// 90 % of the values are no larger.
    pub p90: u64,
    /// 99 % of the values are no larger.
    pub p99: u64,
    /// 99.9 % of the values are no larger.
    pub p99_9: u64,
    /// 99.99 % of the values are no larger.
    pub p99_99: u64,
    /// The largest.
    pub max: u64,
}

impl Percentiles {
    /// Of a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Percentiles {
        let mut at = histogram.value_at_quantiles([0.5, 0.9, 0.99, 0.999, 0.9999]);
        let mut next = || at.next().unwrap_or(0);
        Percentiles {
            count: histogram.len(),
            min: histogram.min(),
            p50: next(),
            p90: next(),
            p99: next(),
            p99_9: next(),
            p99_99: next(),
            max: histogram.max(),
        }
    }
}

/// What a [`LiveView`] shows. Stages are in the order of [`Stage::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LiveLatency {
    /// `CLOCK_MONOTONIC` ns at which it was written; 0 before the end of the first interval.
    pub written_ns: u64,
    /// The length of the last interval, in ns.
    pub interval_ns: u64,
    /// The last whole interval.
    pub interval: [Percentiles; Stage::ALL.len()],
    /// Everything since the strategy's start, over all feeds that it has read.
    pub since_start: [Percentiles; Stage::ALL.len()],
    /// The same as a histogram.
    pub buckets: [Buckets; Stage::ALL.len()],
}

impl Default for LiveLatency {
    fn default() -> LiveLatency {
        LiveLatency::new_zeroed()
    }
}

/// Words of a [`LiveLatency`].
const WORDS: usize = size_of::<LiveLatency>() / size_of::<u64>();

/// The last [`LiveLatency`] of a strategy. A sequence lock of one writer: the number is odd while
/// it writes.
#[repr(C, align(4096))]
pub struct LiveView {
    seq: AtomicU64,
    words: [AtomicU64; WORDS],
}

const _: () = assert!(size_of::<LiveView>() == 4096);

impl LiveView {
    /// Shows `latency`. Only the owner of the region may call it, from one thread at a time.
    pub fn write(&self, latency: &LiveLatency) {
        let values: &[u64; WORDS] = zerocopy::transmute_ref!(latency);
        let seq = self.seq.load(Ordering::Relaxed);
        self.seq.store(seq.wrapping_add(1), Ordering::Relaxed);
        // Release: no reader sees a new value and still the old, even number.
        fence(Ordering::Release);
        for (word, value) in self.words.iter().zip(values) {
            word.store(*value, Ordering::Relaxed);
        }
        // Release: whoever sees the even number sees the values.
        self.seq.store(seq.wrapping_add(2), Ordering::Release);
    }

    /// What was shown last; `None` if the owner wrote during each of a few tries, or died writing.
    pub fn read(&self) -> Option<LiveLatency> {
        (0..8).find_map(|_| {
            // Acquire: the values below are at least as new as the number.
            let before = self.seq.load(Ordering::Acquire);
            let values: [u64; WORDS] =
                core::array::from_fn(|index| self.words[index].load(Ordering::Relaxed));
            // Acquire: the values above are not newer than the second look.
            fence(Ordering::Acquire);
            let after = self.seq.load(Ordering::Relaxed);
            let whole = before == after && before.is_multiple_of(2);
            whole.then(|| zerocopy::transmute!(values))
        })
    }
}

#[cfg(test)]
impl LiveView {
    /// Does what a writer does that dies while it writes.
    pub(crate) fn begin_and_die(&self) {
        self.seq.fetch_or(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn view() -> LiveView {
        LiveView { seq: AtomicU64::new(0), words: [const { AtomicU64::new(0) }; WORDS] }
    }

    /// Every word of it is `value`.
    fn all(value: u64) -> LiveLatency {
        zerocopy::transmute!([value; WORDS])
    }

    #[test]
    fn a_copy_is_of_one_moment() {
        let (view, done) = (view(), AtomicBool::new(false));
        assert_eq!(view.read(), Some(LiveLatency::default()));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                (0..2_000).for_each(|value| view.write(&all(value)));
                done.store(true, Ordering::Release);
            });
            let mut newest = 0;
            while !done.load(Ordering::Acquire) {
                let Some(latency) = view.read() else { continue };
                assert_eq!(latency, all(latency.written_ns));
                assert!(latency.written_ns >= newest);
                newest = latency.written_ns;
            }
        });
        assert_eq!(view.read(), Some(all(1_999)));
    }

    #[test]
    fn a_writer_that_died_while_writing_shows_nothing() {
        let view = view();
        view.begin_and_die();
        assert_eq!(view.read(), None);
    }

    #[test]
    fn percentiles_are_those_of_the_histogram() {
        let mut histogram = super::super::histogram();
        assert_eq!(Percentiles::of(&histogram), Percentiles::default());
        (1..=1000).for_each(|value| histogram.record(value).unwrap());
        let Percentiles { count, min, p50, p90, p99, p99_9, p99_99, max } =
            Percentiles::of(&histogram);
        assert_eq!([count, min, p50, p90], [1000, 1, 500, 900]);
        assert_eq!([p99, p99_9, p99_99, max], [990, 999, 1000, 1000]);
    }
}

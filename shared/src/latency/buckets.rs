//! A histogram that everybody reads alike: monitors draw it, a Prometheus page prints it.
//!
//! Its bounds are round numbers, twelve a decade, so that neighbours differ by a seventh to a
//! third; every fourth one is of the series 1-2-5.

use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// One decade of [`BOUNDS_NS`], in the unit of the first one.
const DECADE: [u64; 12] = [10, 12, 14, 16, 20, 25, 30, 40, 50, 60, 70, 80];

/// Decades: from 10 ns to 10 s.
const DECADES: usize = 9;

/// Bounds in all.
const COUNT: usize = DECADE.len() * DECADES + 1;

/// Bounds that lie between two of the series 1-2-5, and the latter one.
const FINE: usize = 4;

/// The largest value that each bucket takes, in ns: 10, 12, 14, 16, 20, … 10 s. A bucket more, the
/// last, takes what is larger.
pub const BOUNDS_NS: [u64; COUNT] = bounds();

/// Buckets of a [`Buckets`]: one a bound and the last one.
pub const BUCKETS: usize = COUNT + 1;

const fn bounds() -> [u64; COUNT] {
    let mut bounds = [0; COUNT];
    let (mut index, mut unit) = (0, 1);
    while index < COUNT {
        bounds[index] = DECADE[index % DECADE.len()] * unit;
        index += 1;
        if index.is_multiple_of(DECADE.len()) {
            unit *= 10;
        }
    }
    bounds
}

const _: () = assert!(BOUNDS_NS[0] == 10 && BOUNDS_NS[COUNT - 1] == 10_000_000_000);

/// Latencies since the start: how many lie in each bucket, and their sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Buckets {
    /// The sum of all values, in ns; wraps after 584 years of waiting.
    pub sum_ns: u64,
    /// Values in each bucket; see [`BOUNDS_NS`].
    pub counts: [u64; BUCKETS],
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets::new_zeroed()
    }
}

impl Buckets {
    /// Adds `count` values of `ns`.
    pub fn add(&mut self, ns: u64, count: u64) {
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < ns);
        self.counts[bucket] = self.counts[bucket].wrapping_add(count);
        self.sum_ns = self.sum_ns.wrapping_add(ns.wrapping_mul(count));
    }

    /// All values. What lies in shared memory may be nonsense: the sum stops at the largest number.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The bounds of the series 1-2-5, in ns, each with the number of values no larger: the `le`
    /// lines of a Prometheus histogram. Values past the last bound are only in [`Buckets::count`].
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut sum = 0u64;
        let all = BOUNDS_NS.iter().zip(&self.counts).map(move |(bound, count)| {
            sum = sum.saturating_add(*count);
            (*bound, sum)
        });
        all.step_by(FINE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_round_and_grow_evenly() {
        assert_eq!(BOUNDS_NS[..14], [10, 12, 14, 16, 20, 25, 30, 40, 50, 60, 70, 80, 100, 120]);
        for pair in BOUNDS_NS.windows(2) {
            let ratio = pair[1] as f64 / pair[0] as f64;
            assert!((8.0 / 7.0 - 1e-9..=4.0 / 3.0 + 1e-9).contains(&ratio), "{pair:?}");
        }
        let coarse: Vec<u64> = Buckets::default().cumulative().map(|(bound, _)| bound).collect();
        assert_eq!(coarse[..7], [10, 20, 50, 100, 200, 500, 1000]);
        assert_eq!((coarse.len(), coarse[27]), (28, 10_000_000_000));
    }

    #[test]
    fn a_value_on_a_bound_lies_below_it() {
        let mut buckets = Buckets::default();
        for ns in [0, 10, 11, 20, 21, 10_000_000_000] {
            buckets.add(ns, 2);
        }
        buckets.add(10_000_000_001, 3);
        assert_eq!(buckets.counts[..6], [4, 2, 0, 0, 2, 2]);
        assert_eq!(buckets.counts[BUCKETS - 2..], [2, 3]);
        assert_eq!(buckets.sum_ns, 2 * (10 + 11 + 20 + 21) + 20_000_000_000 + 30_000_000_003);
        let lines: Vec<(u64, u64)> = buckets.cumulative().collect();
        assert_eq!(lines[..3], [(10, 4), (20, 8), (50, 10)]);
        assert_eq!((lines[27], buckets.count()), ((10_000_000_000, 12), 15));
    }

    #[test]
    fn nonsense_is_counted_without_a_panic() {
        let mut buckets = Buckets { sum_ns: u64::MAX, counts: [u64::MAX; BUCKETS] };
        assert_eq!(buckets.count(), u64::MAX);
        assert!(buckets.cumulative().all(|(_, count)| count == u64::MAX));
        buckets.add(u64::MAX, u64::MAX);
    }
}

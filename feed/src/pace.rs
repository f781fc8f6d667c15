//! When a message is due.
//!
//! The pace is anchored once, at the first message: every due time is the anchor plus a distance,
//! so no rounding and no delay adds up, however long the replay. The due time is the ingress time
//! of the message: if the feed is late, the latency that strategies see includes it.

use std::marker::PhantomData;

use hdrhistogram::Histogram;
use tickline_shared::clock::{Clock, Scale};
use tickline_shared::latency::histogram;

use crate::scenario::Speed;

/// A release that is later than this is counted as late, in ns: twice what an undisturbed feed
/// needs for a message and its clock readings.
pub const LATE_NS: u64 = 1_000;

/// Fractions of a cycle in the factors below: 2^32 to one.
const FRACTION: u32 = 32;

/// The pace of a replay.
pub struct Pacer<C> {
    plan: Plan,
    scale: Scale,
    /// The moment of the first release, in cycles; `None` before it.
    anchor: Option<u64>,
    /// Timestamp of the message at the anchor, in ns.
    first_ts: u64,
    /// Messages released since the anchor.
    released: u64,
    late: Histogram<u64>,
    late_releases: u64,
    clock: PhantomData<C>,
}

enum Plan {
    Max,
    /// Cycles of replay per ns of the capture, with [`FRACTION`] bits below the point.
    Times(u64),
    /// Cycles per message, with [`FRACTION`] bits below the point.
    Rate(u64),
}

impl<C: Clock> Pacer<C> {
    /// A pace that begins with the first message.
    pub fn new(speed: Speed, scale: Scale) -> Pacer<C> {
        let fixed = |cycles: f64| (cycles * (1u64 << FRACTION) as f64).round() as u64;
        let plan = match speed {
            Speed::Max => Plan::Max,
            Speed::Times(times) => Plan::Times(fixed(scale.ghz() / times)),
            Speed::Rate(rate) => Plan::Rate(fixed(scale.ghz() * 1e9 / rate as f64)),
        };
        Pacer {
            plan,
            scale,
            anchor: None,
            first_ts: 0,
            released: 0,
            late: histogram(),
            late_releases: 0,
            clock: PhantomData,
        }
    }

    /// Whether nothing is ever due: then what comes next in a file may be used before it comes. In
    /// a paced replay that would be knowledge that no live feed has.
    #[inline(always)]
    pub fn is_unpaced(&self) -> bool {
        matches!(self.plan, Plan::Max)
    }

    /// When the message with this timestamp is due, in cycles; `None` for "now".
    #[inline(always)]
    pub fn due(&mut self, ts: u64) -> Option<u64> {
        let (distance, factor) = match self.plan {
            Plan::Max => return None,
            Plan::Times(factor) => (ts.saturating_sub(self.first_ts), factor),
            Plan::Rate(factor) => (self.released, factor),
        };
        self.released += 1;
        match self.anchor {
            Some(anchor) => Some(anchor.wrapping_add(cycles(distance, factor))),
            None => Some(self.begin(ts)),
        }
    }

    /// When the capture was at this time, in cycles; `None` where the pace has nothing to do with
    /// its times.
    pub fn known(&self, ts: u64) -> Option<u64> {
        let (Plan::Times(factor), Some(anchor)) = (&self.plan, self.anchor) else { return None };
        Some(anchor.wrapping_add(cycles(ts.saturating_sub(self.first_ts), *factor)))
    }

    /// The first message is due now.
    #[cold]
    fn begin(&mut self, ts: u64) -> u64 {
        let now = C::now();
        (self.anchor, self.first_ts) = (Some(now), ts);
        now
    }

    /// The next message is the first of a file whose timestamps have nothing to do with those
    /// before: the capture's pace begins anew with it. An even pace goes on.
    pub fn restart(&mut self) {
        if let Plan::Times(_) = self.plan {
            self.anchor = None;
        }
    }

    /// Records how late a message that was due at `due` was released.
    #[inline(always)]
    pub fn released(&mut self, due: u64, now: u64) {
        let late = self.scale.nanos(now.saturating_sub(due));
        self.late.saturating_record(late);
        self.late_releases += u64::from(late > LATE_NS);
    }

    /// How long a cycle is.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// How late releases were, in ns; empty at full speed, where nothing is due.
    pub fn late(&self) -> &Histogram<u64> {
        &self.late
    }

    /// Releases later than [`LATE_NS`].
    pub fn late_releases(&self) -> u64 {
        self.late_releases
    }
}

/// Cycles of so many steps, each of `factor` with [`FRACTION`] bits below the point.
#[inline(always)]
fn cycles(steps: u64, factor: u64) -> u64 {
    ((u128::from(steps) * u128::from(factor)) >> FRACTION) as u64
}

#[cfg(test)]
mod tests {
    use tickline_shared::clock::Monotonic;

    use super::*;

    /// A year of 1 ms messages: the due time of the last is exact to a cycle's rounding.
    #[test]
    fn due_times_do_not_drift() {
        for (speed, factor) in [(1.0, 1.0), (20.0, 20.0), (0.5, 0.5)] {
            let mut pacer = Pacer::<Monotonic>::new(Speed::Times(speed), Scale::NANOSECONDS);
            let start = pacer.due(7_000).unwrap();
            for ms in (0..31_536_000_000u64).step_by(10_000_019) {
                let due = pacer.due(7_000 + ms * 1_000_000).unwrap() - start;
                let expected = (ms as f64 * 1e6 / factor) as u64;
                assert!(due.abs_diff(expected) <= 1 + expected / 1_000_000_000, "{ms}");
            }
        }
    }

    #[test]
    fn a_rate_is_even_and_ignores_timestamps() {
        let mut pacer = Pacer::<Monotonic>::new(Speed::Rate(1_000_000), Scale::NANOSECONDS);
        let start = pacer.due(500).unwrap();
        for n in 1..10_000 {
            assert_eq!(pacer.due(500 - n % 2).unwrap() - start, n * 1_000);
        }
        pacer.restart();
        assert_eq!(pacer.due(0).unwrap() - start, 10_000_000);
    }

    #[test]
    fn time_that_runs_back_is_due_at_once() {
        let mut pacer = Pacer::<Monotonic>::new(Speed::Times(1.0), Scale::NANOSECONDS);
        let start = pacer.due(1_000_000).unwrap();
        assert_eq!(pacer.due(999_999), Some(start));
        assert_eq!(pacer.due(1_000_001), Some(start + 1));
    }

    #[test]
    fn late_releases_are_counted_not_hidden() {
        let mut pacer = Pacer::<Monotonic>::new(Speed::Rate(1), Scale::NANOSECONDS);
        for (due, now) in [(100, 90), (100, 100), (100, 1_100), (100, 1_101), (0, 5_000_000)] {
            pacer.released(due, now);
        }
        assert_eq!((pacer.late_releases(), pacer.late().len()), (2, 5));
        assert!(pacer.late().max().abs_diff(5_000_000) < 5_000);
        assert!(Pacer::<Monotonic>::new(Speed::Max, Scale::NANOSECONDS).due(1).is_none());
    }
}

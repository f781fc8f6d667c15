//! From stalls to waits: how long a message that comes at any time waits for a stalled core.
//!
//! A message that is due while its core stalls waits for the rest of the stall. A stall of length
//! `s` therefore holds `s - x` moments from which the wait is longer than `x`, so that the share of
//! messages that wait longer than `x` is the sum of those over all stalls, by the time measured.
//! The rate does not come into it. What piled up behind a stall, and then queues, comes on top.
//! Cores are taken to stall independently of each other.

use hdrhistogram::Histogram;

/// The stalls of all cores that a message passes, any of which may hold it.
#[derive(Clone, Debug)]
pub struct Delays<'a> {
    /// Each core's stalls and the time in which they were seen, in ns.
    cores: Vec<(&'a Histogram<u64>, u64)>,
}

impl<'a> Delays<'a> {
    /// Of each core's stalls, and the time in which they were seen, in ns.
    pub fn new(cores: impl Iterator<Item = (&'a Histogram<u64>, u64)>) -> Delays<'a> {
        Delays { cores: cores.collect() }
    }

    /// Share of the messages that wait longer than this.
    pub fn share_beyond(&self, wait_ns: u64) -> f64 {
        let free = |(stalls, measured_ns): &(&Histogram<u64>, u64)| {
            let held = stalls.iter_recorded().map(|value| {
                let beyond = value.value_iterated_to().saturating_sub(wait_ns);
                beyond as f64 * value.count_at_value() as f64
            });
            1.0 - (held.sum::<f64>() / (*measured_ns).max(1) as f64).min(1.0)
        };
        1.0 - self.cores.iter().map(free).product::<f64>()
    }

    /// What this share of the messages waits at most, in ns: 0.99 for p99.
    pub fn at(&self, quantile: f64) -> u64 {
        let longest = self.max();
        let (mut low, mut high) = (0, longest);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.share_beyond(middle) <= 1.0 - quantile {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        low
    }

    /// The longest wait, in ns.
    pub fn max(&self) -> u64 {
        self.cores.iter().map(|(stalls, _)| stalls.max()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use tickline_shared::latency::histogram;

    use super::*;

    fn stalls(lengths_ns: &[u64]) -> Histogram<u64> {
        let mut stalls = histogram();
        lengths_ns.iter().for_each(|length| stalls.saturating_record(*length));
        stalls
    }

    #[test]
    fn one_stall_of_a_tenth() {
        // 100 us of a millisecond.
        let stalls = stalls(&[100_000]);
        let delays = Delays::new([(&stalls, 1_000_000)].into_iter());
        let about = |found: f64, expected: f64| assert!((found - expected).abs() < 2e-4, "{found}");
        about(delays.share_beyond(0), 0.1);
        about(delays.share_beyond(90_000), 0.01);
        about(delays.share_beyond(200_000), 0.0);
        assert_eq!((delays.at(0.5), delays.at(0.89)), (0, 0));
        // 1 % wait for more than 90 us; values are exact to 1 in 1,000.
        assert!(delays.at(0.99).abs_diff(90_000) <= 100, "{}", delays.at(0.99));
        assert!(delays.at(1.0).abs_diff(100_000) <= 100);
        assert!(delays.max().abs_diff(100_000) <= 100);
    }

    #[test]
    fn both_cores_may_hold_a_message() {
        let (one, other) = (stalls(&[10_000, 10_000]), stalls(&[50_000]));
        let delays = Delays::new([(&one, 1_000_000), (&other, 1_000_000)].into_iter());
        assert!((delays.share_beyond(0) - 0.069).abs() < 1e-3);
        assert!((delays.share_beyond(10_000) - 0.04).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_lost_of_nothing() {
        let none = histogram();
        let delays = Delays::new([(&none, 0)].into_iter());
        assert_eq!((delays.at(0.9999), delays.max()), (0, 0));
        assert_eq!(delays.share_beyond(0), 0.0);
        assert_eq!(Delays::new(std::iter::empty()).at(0.5), 0);
    }
}

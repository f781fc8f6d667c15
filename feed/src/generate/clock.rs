//! The time of each message: a trading day from 04:00 to 20:00, made shorter around the opening at
//! 09:30 when the day has fewer messages than a real one.
//!
//! Pauses between messages are as uneven as a market's, and each part of the day ends exactly when
//! it should.

use super::random::Random;

/// When the market opens, in nanoseconds since midnight.
const OPEN_NS: u64 = 34_200 * 1_000_000_000;

/// Powers of two over which a pause between two messages spreads, and the mean of that spread.
const PAUSE_BITS: u32 = 10;
const PAUSE_MEAN: u64 = 153;

/// Times that never go back.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    now_ns: u64,
    index: u64,
    /// The parts of the day: which message is the last of a part, and when that is sent.
    parts: [(u64, u64); 3],
}

impl Clock {
    /// A day of `span_ns` in which these messages, by index, open the market, close it, and end
    /// the day. The parts last as long, against each other, as those of a real day: five and a
    /// half hours, six and a half, four.
    pub(super) fn new(span_ns: u64, opens: u64, closes: u64, ends: u64) -> Clock {
        let start_ns = OPEN_NS - span_ns / 32 * 11;
        let close_ns = OPEN_NS + span_ns / 32 * 13;
        let end_ns = start_ns + span_ns;
        let parts = [(opens, OPEN_NS), (closes, close_ns), (ends, end_ns)];
        Clock { now_ns: start_ns, index: 0, parts }
    }

    /// When the next message is sent, in nanoseconds since midnight.
    #[inline]
    pub(super) fn next(&mut self, random: &mut Random) -> u64 {
        let Some(&(last, end_ns)) = self.parts.iter().find(|part| part.0 >= self.index) else {
            return self.now_ns;
        };
        let left_ns = end_ns - self.now_ns;
        let left = last - self.index + 1;
        let pause_ns = left_ns / left * random.spread(PAUSE_BITS) / PAUSE_MEAN;
        self.now_ns += if left == 1 { left_ns } else { pause_ns.min(left_ns) };
        self.index += 1;
        self.now_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_on_time_and_nothing_goes_back() {
        let (hour, span) = (3_600_000_000_000, 57_600_000_000_000);
        let mut random = Random::new(3);
        let mut clock = Clock::new(span, 100, 9_000, 10_000);
        let times: Vec<_> = (0..=10_000).map(|_| clock.next(&mut random)).collect();
        assert!(times.is_sorted());
        assert!(times[0] >= 4 * hour && times[0] < 5 * hour);
        assert_eq!((times[100], times[9_000], times[10_000]), (OPEN_NS, 16 * hour, 20 * hour));
        assert_eq!(clock.next(&mut random), 20 * hour);
        let early = times[100..].partition_point(|&t| t < 10 * hour);
        assert!((400..1_100).contains(&early), "{early} of 8,900 in the first 30 of 390 minutes");
    }
}

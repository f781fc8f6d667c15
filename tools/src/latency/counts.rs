//! A histogram without its empty places: what one second of a stage takes in memory.
//!
//! A histogram of three digits over one hour has 280 KB of places, nearly all of them 0. Here only
//! the others are kept, each as the distance to the one before and its count, in as few bytes as
//! the two need: a few hundred bytes to a few KB, so that a day of seconds fits into memory.

use hdrhistogram::Histogram;

/// The recorded values of a histogram, in ascending order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Pairs of value and count, the value less the one before, as LEB128.
    packed: Box<[u8]>,
    total: u64,
    max: u64,
}

impl Counts {
    /// Keeps what a histogram recorded. A value is the upper end of its place.
    pub fn of(histogram: &Histogram<u64>) -> Counts {
        let (mut packed, mut max, mut total) = (Vec::new(), 0, 0_u64);
        for place in histogram.iter_recorded() {
            let (value, count) = (place.value_iterated_to(), place.count_at_value());
            push(&mut packed, value - max);
            push(&mut packed, count);
            (max, total) = (value, total.saturating_add(count));
        }
        Counts { packed: packed.into(), total, max: histogram.max() }
    }

    /// How many values were recorded.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The largest value; 0 where none was recorded.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// Every recorded value with its count, in ascending order.
    pub fn pairs(&self) -> impl Iterator<Item = (u64, u64)> {
        let (mut rest, mut value) = (&*self.packed, 0);
        std::iter::from_fn(move || {
            value += pull(&mut rest)?;
            Some((value, pull(&mut rest)?))
        })
    }

    /// The value that this part of all values does not exceed, as the histogram had given it;
    /// `None` where nothing was recorded.
    pub fn value_at(&self, quantile: f64) -> Option<u64> {
        let rank = rank(quantile, self.total);
        let mut seen = 0_u64;
        self.pairs().find_map(|(value, count)| {
            seen = seen.saturating_add(count);
            (seen >= rank).then_some(value)
        })
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.packed.len() + size_of::<Counts>()
    }
}

/// The rank from 1 of the value at a quantile, as HdrHistogram counts it.
pub fn rank(quantile: f64, total: u64) -> u64 {
    ((quantile.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total.max(1))
}

fn push(packed: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        packed.push(number as u8 | 0x80);
        number >>= 7;
    }
    packed.push(number as u8);
}

fn pull(packed: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = packed.split_first()?;
        *packed = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_histogram_has_it() {
        let mut histogram = Histogram::new_with_bounds(1, u64::MAX, 3).unwrap();
        for (value, count) in [(0, 3), (1, 1), (127, 128), (70_000, 9), (u64::MAX, 1 << 40)] {
            histogram.record_n(value, count).unwrap();
        }
        let counts = Counts::of(&histogram);
        let wanted: Vec<_> = histogram
            .iter_recorded()
            .map(|place| (place.value_iterated_to(), place.count_at_value()))
            .collect();
        assert_eq!(counts.pairs().collect::<Vec<_>>(), wanted);
        assert_eq!((counts.total(), counts.max()), (histogram.len(), histogram.max()));
        for quantile in [1e-9, 1e-12, 0.5, 0.999, 1.0] {
            let wanted = Some(histogram.value_at_quantile(quantile));
            assert_eq!(counts.value_at(quantile), wanted, "{quantile}");
        }
        let empty = Counts::of(&Histogram::new(3).unwrap());
        assert_eq!((empty.value_at(0.5), empty.total(), empty.max()), (None, 0, 0));
    }
}

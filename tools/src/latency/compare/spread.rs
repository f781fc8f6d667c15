//! How far a percentile moves from second to second: the noise that a difference must exceed.
//!
//! The percentile is taken of every second alone. Another second, of another run of the same, is
//! expected in the range of these values, widened by 2 / (n - 1) of its width on both sides: n
//! seconds have not shown everything that can happen. From 20 seconds on, one in 20 is left out at
//! either end. Two runs differ where their ranges do not touch.
//!
//! Why a range and not an interval of confidence for the percentile of the whole run: seconds are
//! not drawn by chance. A machine is disturbed for some seconds and then is not, so that the error
//! of a mean, which falls with the length of the run, promises what the next run does not keep.
//! A range needs no distribution, one stalled second cannot make a difference, and it is the same
//! every time: nothing is drawn.

use crate::latency::counts::rank;
use crate::latency::run::{Interval, Stage};

/// Values beyond the percentile that a block of seconds must have: of fewer, it is an accident.
const BEYOND_MIN: f64 = 10.0;
/// Blocks without which there is no range.
pub const BLOCKS_MIN: usize = 3;
/// One block in so many is left out at either end.
const LEFT_OUT: usize = 20;

/// Where a percentile lay, and where it may lie.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    /// The range's lower end, in ns.
    pub low: f64,
    /// The range's upper end, in ns.
    pub high: f64,
    /// How many blocks of one second, or as many as a percentile takes, there were.
    pub blocks: usize,
}

/// The spread over the seconds of one stage of several runs; `None` of too few samples.
pub fn spread(stages: &[&Stage], quantile: f64) -> Option<Spread> {
    let blocks = stages.iter().flat_map(|stage| blocks(&stage.intervals, quantile));
    let mut values: Vec<u64> = blocks.filter_map(|block| value_at(&block, quantile)).collect();
    values.sort_unstable();
    if values.len() < BLOCKS_MIN {
        return None;
    }
    let cut = values.len() / LEFT_OUT;
    let kept = &values[cut..values.len() - cut];
    // Latencies differ by factors: so does the widening. 1 ns more makes room for 0.
    let log = |value: u64| (value as f64 + 1.0).ln();
    let (low, high) = (log(kept[0]), log(kept[kept.len() - 1]));
    let more = 2.0 * (high - low) / (kept.len() - 1) as f64;
    let ns = |log: f64| (log.exp() - 1.0).max(0.0);
    Some(Spread { low: ns(low - more), high: ns(high + more), blocks: values.len() })
}

/// Intervals that follow each other, as many as the percentile needs in each block. What is left
/// at the end joins the last block.
fn blocks(intervals: &[Interval], quantile: f64) -> Vec<Vec<&Interval>> {
    let beyond = quantile.min(1.0 - quantile);
    let total: u64 = intervals.iter().map(|interval| interval.counts.total()).sum();
    // The last interval of a run is cut off: it is no block of its own.
    let half = total as f64 / intervals.len().max(1) as f64 / 2.0;
    let (mut blocks, mut block, mut count) = (Vec::new(), Vec::new(), 0_u64);
    for interval in intervals {
        block.push(interval);
        count += interval.counts.total();
        if count as f64 >= half && count as f64 * beyond >= BEYOND_MIN {
            blocks.push(std::mem::take(&mut block));
            count = 0;
        }
    }
    if let Some(last) = blocks.last_mut() {
        last.extend(block);
    }
    blocks
}

fn value_at(block: &[&Interval], quantile: f64) -> Option<u64> {
    if let [one] = block {
        return one.counts.value_at(quantile);
    }
    let mut pairs: Vec<_> = block.iter().flat_map(|interval| interval.counts.pairs()).collect();
    pairs.sort_unstable();
    let rank = rank(quantile, pairs.iter().map(|(_, count)| count).sum());
    let mut seen = 0;
    pairs.into_iter().find_map(|(value, count)| {
        seen += count;
        (seen >= rank).then_some(value)
    })
}

/// The clock's step as the values show it, in ns: short times lie that far from each other. 1
/// where they lie side by side.
pub fn clock_step(stages: &[&Stage]) -> u64 {
    let mut pairs: Vec<(u64, u64)> = stages
        .iter()
        .flat_map(|stage| &stage.intervals)
        // Up to here a histogram of three digits tells every ns apart.
        .flat_map(|interval| interval.counts.pairs().take_while(|(value, _)| *value < 1_000))
        .collect();
    pairs.sort_unstable();
    let all: u64 = pairs.iter().map(|(_, count)| count).sum();
    // Values side by side are one step that rounding split; rare ones are between two clocks.
    let mut steps: Vec<(u64, u64)> = Vec::new();
    for (value, count) in pairs {
        match steps.last_mut() {
            Some((last, sum)) if value <= *last + 2 => (*last, *sum) = (value, *sum + count),
            _ => steps.push((value, count)),
        }
    }
    steps.retain(|(_, count)| *count >= all.div_ceil(200));
    let mut gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests;

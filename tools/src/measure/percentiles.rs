//! A histogram in a few numbers, and the median of several of them.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Latencies, in ns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half of the messages took no longer.
    pub p50: u64,
    /// 9 of 10.
    pub p90: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1,000.
    #[serde(rename = "p99.9")]
    pub p99_9: u64,
    /// The longest.
    pub max: u64,
    /// Messages measured.
    pub count: u64,
}

impl Percentiles {
    /// Of a histogram of nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Percentiles {
        let at = |quantile| histogram.value_at_quantile(quantile);
        let (max, count) = (histogram.max(), histogram.len());
        Percentiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p99_9: at(0.999), max, count }
    }

    /// Each percentile's median over several rounds, and the count of all; `None` of no rounds.
    pub fn medians(rounds: &[Percentiles]) -> Option<Percentiles> {
        let of = |pick: fn(&Percentiles) -> u64| {
            let mut values: Vec<u64> = rounds.iter().map(pick).collect();
            values.sort_unstable();
            values.get((values.len().max(1) - 1) / 2).copied()
        };
        Some(Percentiles {
            p50: of(|p| p.p50)?,
            p90: of(|p| p.p90)?,
            p99: of(|p| p.p99)?,
            p99_9: of(|p| p.p99_9)?,
            max: of(|p| p.max)?,
            count: rounds.iter().map(|p| p.count).sum(),
        })
    }
}

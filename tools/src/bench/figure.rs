//! What a measurement gives.

use serde::Serialize;
use tickline::measure::Percentiles;

/// A figure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// Latencies, in ns.
    Latency(Percentiles),
    /// Whatever the key says.
    Number(f64),
}

impl Figure {
    /// What figures of several rounds are compared by: the median latency, or the number.
    pub fn level(&self) -> f64 {
        match self {
            Figure::Latency(percentiles) => percentiles.p50 as f64,
            Figure::Number(number) => *number,
        }
    }

    /// The median over rounds; `None` of none, or of figures of two kinds.
    pub fn median(figures: &[Figure]) -> Option<Figure> {
        let latencies: Vec<_> = figures
            .iter()
            .filter_map(|figure| match figure {
                Figure::Latency(percentiles) => Some(*percentiles),
                Figure::Number(_) => None,
            })
            .collect();
        if let Some(median) = Percentiles::medians(&latencies) {
            return (latencies.len() == figures.len()).then_some(Figure::Latency(median));
        }
        let mut numbers: Vec<f64> = figures.iter().map(Figure::level).collect();
        numbers.sort_by(f64::total_cmp);
        let middle = (numbers.len().checked_sub(1)?) / 2;
        Some(Figure::Number(numbers[middle]))
    }

    /// The least and the greatest level of the rounds.
    pub fn spread(figures: &[Figure]) -> (f64, f64) {
        let levels = figures.iter().map(Figure::level);
        levels
            .fold((f64::INFINITY, 0.0), |(least, most), level| (least.min(level), most.max(level)))
    }
}

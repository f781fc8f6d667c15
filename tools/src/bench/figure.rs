//! What a measurement gives.

use serde_json::{Value, json};
use tickline::measure::Percentiles;

/// A figure.
#[derive(Clone, Copy, PartialEq, Debug)]
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

    /// An object of percentiles, or the number.
    pub fn json(&self) -> Value {
        match self {
            Figure::Latency(percentiles) => json!(percentiles),
            Figure::Number(number) => rounded(*number),
        }
    }
}

/// A number with as many digits as mean something.
pub fn rounded(number: f64) -> Value {
    let digits = if number.abs() < 1_000.0 { (number * 1e4).round() / 1e4 } else { number.round() };
    // Whole numbers are written as such.
    if digits.fract() == 0.0 && digits.abs() < 1e15 { json!(digits as i64) } else { json!(digits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(p50: u64) -> Figure {
        Figure::Latency(Percentiles { p50, max: p50 * 10, count: 10, ..Percentiles::default() })
    }

    #[test]
    fn medians_and_spreads() {
        let numbers = [5.0, 1.0, 3.0].map(Figure::Number);
        assert_eq!(Figure::median(&numbers), Some(Figure::Number(3.0)));
        assert_eq!(Figure::spread(&numbers), (1.0, 5.0));
        let latencies = [latency(30), latency(10), latency(20)];
        let Some(Figure::Latency(median)) = Figure::median(&latencies) else { panic!() };
        assert_eq!((median.p50, median.max, median.count), (20, 200, 30));
        assert_eq!(Figure::spread(&latencies), (10.0, 30.0));
        assert_eq!(Figure::median(&[]), None);
        assert_eq!(Figure::median(&[latency(1), Figure::Number(1.0)]), None);
    }

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        let check = |number: f64, expected: &str| assert_eq!(rounded(number).to_string(), expected);
        check(1_234_567.891, "1234568");
        check(86.123_456, "86.1235");
        check(3.0, "3");
        check(0.0, "0");
    }
}

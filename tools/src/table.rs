//! Percentiles for people: one table a strategy, and what its rows mean.

use std::collections::BTreeMap;

use tickline_shared::summary::{StageSummary, StrategySummary, Summary};
pub use tickline_shared::units::{grouped, print_nanos as nanos};

pub mod spikes;

const HEADINGS: [&str; 9] =
    ["stage", "count", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max"];

/// What the stages measure.
const MEANINGS: [(&str, &str); 4] = [
    ("decode", "the feed saw the message -> its record lies in the ring"),
    ("hop", "the record lies in the ring -> the strategy has it"),
    ("strategy", "the strategy has the record -> the strategy has decided"),
    ("total", "the feed saw the message, or it was due -> the strategy has decided"),
];

/// The tables of all strategies of a run, and the legend.
pub fn run(summary: &Summary) -> String {
    let tables: Vec<_> = summary.strategies.iter().map(strategy).collect();
    let stages = summary.strategies.iter().flat_map(|strategy| strategy.stages.keys());
    format!("{}\n{}", tables.join("\n"), legend(stages.map(String::as_str)))
}

/// A strategy's table under its name and what it received.
fn strategy(strategy: &StrategySummary) -> String {
    let lost = match strategy.lost {
        0 => String::new(),
        lost => format!(", {} lost", grouped(lost)),
    };
    let title = format!("{}: {} records{lost}", strategy.name, grouped(strategy.received));
    format!("{title}\n{}{}", percentiles(&strategy.stages), spikes::render(strategy))
}

/// One row a stage.
pub fn percentiles(stages: &BTreeMap<String, StageSummary>) -> String {
    let rows = stages.iter().map(|(name, stage)| cells(name, stage));
    let rows: Vec<[String; 9]> = [HEADINGS.map(str::to_owned)].into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 9] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; 9]| {
        let numbers = row.iter().zip(widths).skip(1);
        let numbers: String = numbers.map(|(cell, width)| format!("  {cell:>width$}")).collect();
        format!("  {:<width$}{numbers}\n", row[0], width = widths[0])
    };
    rows.iter().map(line).collect()
}

fn cells(name: &str, stage: &StageSummary) -> [String; 9] {
    let StageSummary { count, min, p50, p90, p99, p99_9, p99_99, max, unit: _ } = *stage;
    let [min, p50, p90, p99, p99_9, p99_99, max] =
        [min, p50, p90, p99, p99_9, p99_99, max].map(|ns| match count {
            0 => "-".to_owned(),
            _ => nanos(ns),
        });
    [name.to_owned(), grouped(count), min, p50, p90, p99, p99_9, p99_99, max]
}

/// What the stages of a table mean, as far as they are tickline's.
pub fn legend<'a>(stages: impl Iterator<Item = &'a str>) -> String {
    let shown: Vec<_> = stages.collect();
    let meanings = MEANINGS.iter().filter(|(stage, _)| shown.contains(stage));
    meanings.map(|(stage, meaning)| format!("  {stage:<8}  {meaning}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_counts() {
        let check = |ns: u64, expected: &str| assert_eq!(nanos(ns), expected);
        check(0, "0 ns");
        check(999, "999 ns");
        check(1_000, "1.00 us");
        check(12_345, "12.3 us");
        check(123_456, "123 us");
        check(999_999, "1000 us");
        check(1_500_000, "1.50 ms");
        check(3_600_000_000_000, "3600 s");
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        let _ = (nanos(u64::MAX), grouped(u64::MAX));
    }

    #[test]
    fn a_run() {
        let hop = StageSummary { count: 1_000, min: 40, p50: 75, p90: 80, p99: 210, ..EMPTY };
        let hop = StageSummary { p99_9: 1_250, p99_99: 22_000, max: 1_500_000, ..hop };
        let stages = [("hop".to_owned(), hop), ("total".to_owned(), EMPTY)].into();
        let bbo = StrategySummary {
            name: "bbo".to_owned(),
            received: 1_000,
            lost: 3,
            stages,
            ..StrategySummary::default()
        };
        let summary = Summary { strategies: vec![bbo], ..Summary::default() };
        let expected = "\
bbo: 1,000 records, 3 lost
  stage  count    min    p50    p90     p99    p99.9   p99.99      max
  hop    1,000  40 ns  75 ns  80 ns  210 ns  1.25 us  22.0 us  1.50 ms
  total      0      -      -      -       -        -        -        -

  hop       the record lies in the ring -> the strategy has it
  total     the feed saw the message, or it was due -> the strategy has decided
";
        assert_eq!(run(&summary), expected, "\n{}", run(&summary));
    }

    const EMPTY: StageSummary = StageSummary {
        count: 0,
        min: 0,
        p50: 0,
        p90: 0,
        p99: 0,
        p99_9: 0,
        p99_99: 0,
        max: 0,
        unit: tickline_shared::summary::Unit::Nanos,
    };
}

//! Percentiles for people: one table a strategy, and what its rows mean.

use std::collections::{BTreeMap, BTreeSet};

use tickline_shared::summary::{StageSummary, StrategySummary, Summary};
pub use tickline_shared::units::{grouped, print_nanos as nanos};

pub mod lines;
pub mod spikes;

const FIGURES: [&str; 8] = ["count", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max"];

/// What the stages measure.
const MEANINGS: [(&str, &str); 4] = [
    ("decode", "the feed saw the message, or it was due -> its record lies in the ring"),
    ("hop", "the record lies in the ring -> the strategy has it"),
    ("strategy", "the strategy has the record -> the strategy has decided"),
    ("total", "the feed saw the message, or it was due -> the strategy has decided"),
];

/// From when a stage's time counts: figures of different kinds do not compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timing {
    /// From when the work began.
    Service,
    /// From when the message was due.
    Due,
    /// One of the two: nothing says whether the run was paced.
    Unknown,
}

impl Timing {
    /// Of a stage, such as `total` or `total:kind=Quote`; `None` for one that is not tickline's.
    pub fn of(stage: &str, paced: Option<bool>) -> Option<Timing> {
        match stage.split(':').next()? {
            "hop" | "strategy" => Some(Timing::Service),
            "decode" | "total" => Some(match paced {
                Some(true) => Timing::Due,
                Some(false) => Timing::Service,
                None => Timing::Unknown,
            }),
            _ => None,
        }
    }

    /// As in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Timing::Service => "service",
            Timing::Due => "due",
            Timing::Unknown => "unknown",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Timing::Service => "from when the work began: what it waited for before is left out",
            Timing::Due => "from when the message was due: no delay is left out",
            Timing::Unknown => "due if the run was paced, else service: no summary says which",
        }
    }
}

/// The tables of all strategies of a run, and the legend.
pub fn run(summary: &Summary) -> String {
    let paced = summary.feed.is_paced();
    let tables: Vec<_> = summary.strategies.iter().map(|it| strategy(it, paced)).collect();
    let stages = summary.strategies.iter().flat_map(|strategy| strategy.stages.keys());
    let stages = stages.map(|stage| (stage.as_str(), Timing::of(stage, paced)));
    format!("{}\n{}", tables.join("\n"), legend(stages))
}

/// A strategy's table under its name and what it received.
fn strategy(strategy: &StrategySummary, paced: Option<bool>) -> String {
    let lost = match strategy.lost {
        0 => String::new(),
        lost => format!(", {} lost", grouped(lost)),
    };
    let title = format!("{}: {} records{lost}", strategy.name, grouped(strategy.received));
    let mut rows = vec![row("stage", Some("time"), FIGURES.map(str::to_owned))];
    for (name, stage) in &strategy.stages {
        let timing = Timing::of(name, paced).map_or("-", Timing::name);
        rows.push(row(name, Some(timing), figures(stage)));
    }
    let spikes = strategy.spike_limit.as_ref().map(|it| spikes::render(it, &strategy.spikes));
    format!("{title}\n{}{}", grid(&rows, 2), spikes.unwrap_or_default())
}

/// One row for each distribution, whatever it is of.
pub fn percentiles(rows: &BTreeMap<String, StageSummary>) -> String {
    let heading = row("stage", None, FIGURES.map(str::to_owned));
    let rows = rows.iter().map(|(name, stage)| row(name, None, figures(stage)));
    grid(&[heading].into_iter().chain(rows).collect::<Vec<_>>(), 1)
}

fn row(name: &str, time: Option<&str>, figures: [String; 8]) -> Vec<String> {
    let names = [name].into_iter().chain(time).map(str::to_owned);
    names.chain(figures).collect()
}

fn figures(stage: &StageSummary) -> [String; 8] {
    let StageSummary { count, min, p50, p90, p99, p99_9, p99_99, max, unit: _ } = *stage;
    let [min, p50, p90, p99, p99_9, p99_99, max] =
        [min, p50, p90, p99, p99_9, p99_99, max].map(|ns| match count {
            0 => "-".to_owned(),
            _ => nanos(ns),
        });
    [grouped(count), min, p50, p90, p99, p99_9, p99_99, max]
}

/// Rows of one length as lines: the first `left` columns start alike, the others end alike.
pub fn grid(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column < left {
            true => format!("  {cell:<width$}"),
            false => format!("  {cell:>width$}"),
        });
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// What the stages of a table mean, and from when they count, as far as they are tickline's.
pub fn legend<'a>(stages: impl Iterator<Item = (&'a str, Option<Timing>)>) -> String {
    let lines = meanings(stages).into_iter();
    lines.map(|(name, means)| format!("  {name:<8}  {means}\n")).collect()
}

/// The words of [`legend`], each with what it means.
pub fn meanings<'a>(
    stages: impl Iterator<Item = (&'a str, Option<Timing>)>,
) -> Vec<(&'static str, &'static str)> {
    let (names, timings): (Vec<_>, BTreeSet<_>) = stages.unzip();
    let shown = |stage: &str| names.iter().any(|name| name.split(':').next() == Some(stage));
    let meanings = MEANINGS.iter().filter(|(stage, _)| shown(stage)).copied();
    let timings = timings.into_iter().flatten().map(|it| (it.name(), it.meaning()));
    meanings.chain(timings).collect()
}

#[cfg(test)]
mod tests {
    use tickline_shared::summary::FeedSummary;

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
        let feed = FeedSummary { paced: Some(true), ..FeedSummary::default() };
        let summary = Summary { strategies: vec![bbo], feed, ..Summary::default() };
        let expected = "\
bbo: 1,000 records, 3 lost
  stage  time     count    min    p50    p90     p99    p99.9   p99.99      max
  hop    service  1,000  40 ns  75 ns  80 ns  210 ns  1.25 us  22.0 us  1.50 ms
  total  due          0      -      -      -       -        -        -        -

  hop       the record lies in the ring -> the strategy has it
  total     the feed saw the message, or it was due -> the strategy has decided
  service   from when the work began: what it waited for before is left out
  due       from when the message was due: no delay is left out
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

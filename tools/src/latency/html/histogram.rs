//! How often which latency occurred: bins whose width grows with the latency, ten to a power of
//! ten.

use super::Contents;
use super::chart::{Chart, Hides, Line, Place, Point, Tick};
use super::scale::{Scale, Unit};
use crate::table::grouped;

/// Bins to a power of ten.
const BINS: i32 = 10;

/// One chart a stage; of several runs a line each.
pub fn charts(contents: &Contents<'_>) -> Vec<Chart> {
    (0..contents.stages.len()).map(|stage| chart(contents, stage)).collect()
}

fn chart(contents: &Contents<'_>, stage: usize) -> Chart {
    let sums: Vec<_> = contents.sums().filter(|(_, at, _)| *at == stage).collect();
    let values = || sums.iter().flat_map(|(_, _, sum)| sum.iter_recorded());
    let least = values().map(|it| it.value_iterated_to()).min().unwrap_or(0);
    let most = values().map(|it| it.value_iterated_to()).max().unwrap_or(0);
    let edges = edges(least, most);
    let ends = [edges[0].max(1), edges[edges.len() - 1]].map(|edge| edge as f64);
    let scale = Scale::Log { low: ends[0].min(ends[1] / 2.0), high: ends[1] };
    let place = |pair: &[u64]| {
        let span = (scale.place(pair[0] as f64), scale.place(pair[1] as f64));
        let label = format!("{} to {}", crate::table::nanos(pair[0]), crate::table::nanos(pair[1]));
        Place { x: (span.0 + span.1) / 2.0, span, label }
    };
    let line = |(run, stage, sum): &(usize, usize, &hdrhistogram::Histogram<u64>)| {
        let counts = counts(sum.iter_recorded(), &edges);
        let all = sum.len();
        let point = |count: u64| Point {
            y: count as f64 / all as f64 * 100.0,
            value: count,
            text: format!("{} ({})", grouped(count), percent(count, all)),
        };
        Line {
            name: match contents.runs.len() {
                1 => "values".to_owned(),
                _ => contents.names[*run].clone(),
            },
            look: contents.look(*run, *stage),
            hides: Hides { stage: Some(*stage), run: Some(*run) },
            is_steps: true,
            points: counts.into_iter().map(|count| (all > 0).then(|| point(count))).collect(),
        }
    };
    Chart {
        id: format!("histogram-{stage}"),
        title: format!("Histogram: {}", contents.stage_title(stage)),
        notes: Vec::new(),
        hides: Hides { stage: Some(stage), run: None },
        height: 180.0,
        of: "latency, from and up to",
        rows: edges.windows(2).map(place).collect(),
        ticks: ticks(&scale),
        unit: Unit::Percent,
        is_even_first: true,
        lines: sums.iter().map(line).collect(),
        marks: Vec::new(),
    }
}

/// Edges between bins, ascending: the first is below all values, or 0, the last above.
fn edges(least: u64, most: u64) -> Vec<u64> {
    let mut edges = vec![0];
    for power in 0.. {
        let edge = 10_f64.powf(f64::from(power) / f64::from(BINS)).round() as u64;
        if edge > edges[edges.len() - 1] {
            edges.push(edge);
        }
        if edge > most || edge == u64::MAX {
            break;
        }
    }
    let below = edges.partition_point(|edge| *edge <= least).saturating_sub(1);
    edges.split_off(below)
}

fn counts<'a>(
    values: impl Iterator<Item = hdrhistogram::iterators::IterationValue<u64>> + 'a,
    edges: &[u64],
) -> Vec<u64> {
    let mut counts = vec![0; edges.len() - 1];
    for value in values {
        let bin = edges.partition_point(|edge| *edge <= value.value_iterated_to()).max(1) - 1;
        counts[bin.min(edges.len() - 2)] += value.count_at_value();
    }
    counts
}

fn percent(count: u64, all: u64) -> String {
    let percent = count as f64 / all as f64 * 100.0;
    match count {
        0 => "0 %".to_owned(),
        _ if percent >= 0.1 => format!("{percent:.1} %"),
        _ => format!("{percent:.1e} %"),
    }
}

fn ticks(scale: &Scale) -> Vec<Tick> {
    let Scale::Log { low, high } = *scale else { return Vec::new() };
    let decades = (0..20).map(|power| 10_f64.powi(power));
    let named: Vec<f64> = decades.filter(|edge| (low..=high).contains(edge)).collect();
    // Within one power of ten the ends have to do.
    let named = if named.len() < 2 { vec![low, high] } else { named };
    let crowded = named.len() > 5;
    let tick = |(at, value): (usize, &f64)| Tick {
        x: scale.place(*value),
        label: Unit::Nanos.name(*value),
        is_minor: crowded && at % 2 == 1,
    };
    named.iter().enumerate().map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins() {
        assert_eq!(edges(0, 5), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(edges(100, 150), [100, 126, 158]);
        let all = edges(0, u64::MAX);
        assert!(all.is_sorted() && all[all.len() - 1] == u64::MAX);

        let mut sum = hdrhistogram::Histogram::<u64>::new(3).unwrap();
        for value in [100, 125, 126, 157] {
            sum.record(value).unwrap();
        }
        assert_eq!(counts(sum.iter_recorded(), &edges(100, 157)), [2, 2]);
        assert_eq!(
            [percent(0, 9), percent(1, 3), percent(1, 1_000_000)],
            ["0 %", "33.3 %", "1.0e-4 %"]
        );
    }
}

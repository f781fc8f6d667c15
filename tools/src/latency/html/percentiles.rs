//! Latency by percentile: each power of ten takes the same room, so that the tail has as much as
//! the bulk.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde_json::Value;

use super::Contents;
use super::chart::{Chart, Hides, Line, Mark, Place, Point, Tick};
use super::scale::Unit;
use crate::latency::percentile::Percentile;
use crate::page::{Cell, Row, Table};
use crate::table::{grouped, nanos};

/// Points for each power of ten.
const POINTS: u32 = 16;
/// Beyond this nothing more is drawn: one of so many values.
const ONE_OF_MAX: f64 = 1e12;

/// One chart with a line a stage, or, of several runs, one a stage with a line a run.
pub fn charts(contents: &Contents<'_>) -> Vec<Chart> {
    match contents.runs.len() {
        1 => vec![chart(contents, None)],
        _ => (0..contents.stages.len()).map(|stage| chart(contents, Some(stage))).collect(),
    }
}

fn chart(contents: &Contents<'_>, only: Option<usize>) -> Chart {
    let sums: Vec<(usize, usize, &Histogram<u64>)> =
        contents.sums().filter(|(_, stage, _)| only.is_none_or(|only| only == *stage)).collect();
    let most = sums.iter().map(|(_, _, sum)| sum.len()).max().unwrap_or(0);
    let grid = grid(most);
    let end = grid.last().copied().unwrap_or(100.0).log10();
    let x = |one_of: f64| (one_of.log10() / end).min(1.0);
    let place = |one_of: &f64| {
        let x = x(*one_of);
        Place { x, span: (x, x), label: label(*one_of) }
    };
    let lines = sums.iter().map(|(run, stage, sum)| Line {
        name: match only {
            None => contents.stage_title(*stage),
            Some(_) => contents.names[*run].clone(),
        },
        look: contents.look(*run, *stage),
        hides: Hides { stage: Some(*stage), run: Some(*run) },
        is_steps: false,
        points: points(sum, &grid),
    });
    let concerned = |stage: &str| only.is_none_or(|only| contents.stages[only] == stage);
    let mut limits: BTreeMap<String, (f64, u64)> = BTreeMap::new();
    for (_, judged) in contents.judged.iter().filter(|(_, judged)| concerned(judged.stage)) {
        let one_of = 1.0 / (1.0 - judged.sla.percentile.quantile()).max(1.0 / ONE_OF_MAX);
        let text = format!("{}: {}", judged.stage, judged.sla.text());
        limits.insert(text, (x(one_of), judged.sla.limit_ns));
    }
    let limit = |(text, (x, ns))| Mark::Limit { x, y: ns as f64, text };
    let title = match only {
        None => "Latency by percentile".to_owned(),
        Some(stage) => format!("Latency by percentile: {}", contents.stage_title(stage)),
    };
    Chart {
        id: only.map_or("by-percentile".to_owned(), |stage| format!("by-percentile-{stage}")),
        title,
        notes: Vec::new(),
        hides: Hides { stage: only, run: None },
        height: 340.0,
        of: "percentile",
        rows: grid.iter().map(place).collect(),
        ticks: ticks(end),
        unit: Unit::Nanos,
        is_even_first: false,
        lines: lines.collect(),
        marks: limits.into_iter().map(limit).collect(),
    }
}

/// Where values are read: at the value that one of so many exceeds. The last place is the largest
/// value's.
fn grid(most: u64) -> Vec<f64> {
    let most = (most as f64).clamp(100.0, ONE_OF_MAX);
    let even = (0..).map(|at| 10_f64.powf(f64::from(at) / f64::from(POINTS)));
    // The median and the quartile lie between two of them.
    let mut grid: Vec<f64> = even.take_while(|one_of| *one_of < most).collect();
    grid.extend([2.0, 4.0, most]);
    grid.sort_by(f64::total_cmp);
    grid
}

/// The values at these places, up to the largest.
fn points(sum: &Histogram<u64>, grid: &[f64]) -> Vec<Option<Point>> {
    let mut is_over = sum.is_empty();
    let point = |one_of: &f64| {
        if is_over {
            return None;
        }
        is_over = *one_of >= sum.len() as f64;
        Some(Point::nanos(match is_over {
            true => sum.max(),
            false => sum.value_at_quantile(1.0 - 1.0 / one_of),
        }))
    };
    grid.iter().map(point).collect()
}

/// `99.9 %` for one of 1,000.
fn label(one_of: f64) -> String {
    let decimals = one_of.log10().ceil().max(0.0) as usize;
    let text = format!("{:.decimals$}", 100.0 - 100.0 / one_of);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    format!("{text} %")
}

fn ticks(end: f64) -> Vec<Tick> {
    let crowded = end > 4.0;
    let decades = (1..=end as u32).map(|decade| Tick {
        x: f64::from(decade) / end,
        label: label(10_f64.powi(decade as i32)),
        is_minor: crowded && decade % 2 == 1,
    });
    let half = Tick { x: 2_f64.log10() / end, label: label(2.0), is_minor: false };
    [half].into_iter().chain(decades).collect()
}

/// The figures that `--json` prints.
pub fn table(contents: &Contents<'_>, rows: &[Value], percentiles: &[Percentile]) -> String {
    let ends = ["count", "min"].map(str::to_owned).into_iter();
    let figures = ends.chain(percentiles.iter().map(ToString::to_string));
    let figures: Vec<String> = figures.chain(["max".to_owned()]).collect();
    let several = contents.runs.len() > 1;
    let run = several.then(|| Cell::words("run")).into_iter();
    let headings = [Cell::words("stage")].into_iter().chain(run).chain([Cell::words("time")]);
    let headings = headings.chain(figures.iter().map(|figure| Cell::from(figure.clone())));
    let mut lines = Vec::new();
    for (at, stage) in contents.stages.iter().enumerate() {
        for (run, row) in rows.iter().enumerate() {
            let found = &row["stages"][stage];
            if !found.is_object() {
                continue;
            }
            let time = found["time"].as_str().unwrap_or("-");
            let name = several.then(|| Cell::words(contents.names[run].clone())).into_iter();
            let cells = [Cell::words(stage.clone())].into_iter().chain(name);
            let cells = cells.chain([Cell::words(time)]);
            let is_empty = found["count"] == 0;
            let cell = |figure: &String| {
                let value = found[figure].as_u64().unwrap_or(0);
                let text = match &**figure {
                    "count" => grouped(value),
                    _ if is_empty => "-".to_owned(),
                    _ => nanos(value),
                };
                Cell::exact(text, value)
            };
            let mut line: Row = cells.chain(figures.iter().map(cell)).collect();
            let hides = Hides { stage: Some(at), run: Some(run) };
            line.attributes = hides.attributes();
            lines.push(line);
        }
    }
    let caption = "Percentiles of every stage";
    let headings = headings.collect();
    Table { caption, headings, rows: lines, sortable: true }.print()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let check = |one_of: f64, expected: &str| assert_eq!(label(one_of), expected);
        check(1.0, "0 %");
        check(2.0, "50 %");
        check(4.0, "75 %");
        check(10.0, "90 %");
        check(1_000.0, "99.9 %");
        check(1e7, "99.99999 %");
    }

    #[test]
    fn the_last_point_is_the_largest_value() {
        let mut sum = Histogram::<u64>::new(3).unwrap();
        (1..=5_000).for_each(|value| sum.record(value).unwrap());
        let grid = grid(1_000_000);
        let points = points(&sum, &grid);
        let last = points.iter().flatten().last().unwrap();
        assert_eq!(last.value, sum.max());
        assert_eq!(points.iter().flatten().next().unwrap().value, 1);
        let median = grid.iter().position(|one_of| *one_of == 2.0).unwrap();
        assert_eq!(points[median].as_ref().unwrap().value, sum.value_at_quantile(0.5));
        assert!(points.last().unwrap().is_none(), "5,000 values tell nothing of one in a million");
        assert!(super::points(&Histogram::new(3).unwrap(), &grid).iter().all(Option::is_none));
    }
}

//! Latency over time: the median, p99 and the largest value of every interval, and which was worst.
//!
//! A long log has more intervals than a line has places: then each point is the worst of several
//! that follow each other, so that no peak is lost.

use super::Contents;
use super::chart::{Chart, Hides, Line, Mark, Place, Point, Tick};
use super::scale::{Scale, Unit};
use crate::latency::run::{Interval, Run};
use crate::latency::window::{seconds, utc};
use crate::table::{grouped, nanos};

/// Points of all charts together, and of one at least and at most: what bounds the file.
const POINTS: usize = 960;
const POINTS_MIN: usize = 40;
const POINTS_MAX: usize = 360;

/// The lines: name and quantile.
const LINES: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("max", 1.0)];

/// One chart for each stage of each run.
pub fn charts(contents: &Contents<'_>) -> Vec<Chart> {
    let points = (POINTS / contents.sums.len().max(1)).clamp(POINTS_MIN, POINTS_MAX);
    contents.sums().map(|(run, stage, _)| chart(contents, run, stage, points)).collect()
}

fn chart(contents: &Contents<'_>, at: usize, stage: usize, points: usize) -> Chart {
    let run = contents.runs[at];
    let mut intervals: Vec<&Interval> =
        run.stages[&contents.stages[stage]].intervals.iter().collect();
    intervals.sort_by_key(|interval| interval.start_ns);
    let each = intervals.len().div_ceil(points).max(1);
    let groups: Vec<&[&Interval]> = intervals.chunks(each).collect();
    let (start, end) = extent(run);
    let scale = Scale::between(start, end);
    let place = |group: &&[&Interval]| {
        let (first, last) = (from_s(group[0].start_ns), from_s(end_ns(group)));
        let span = (scale.place(first), scale.place(last));
        Place { x: (span.0 + span.1) / 2.0, span, label: label(group) }
    };
    let line = |(look, (name, quantile)): (usize, &(&str, f64))| Line {
        name: (*name).to_owned(),
        look: (look, look),
        hides: Hides::default(),
        is_steps: false,
        points: groups.iter().map(|group| worst_of(group, *quantile)).collect(),
    };
    let mut notes = Vec::new();
    if each > 1 {
        let all = grouped(intervals.len() as u64);
        notes.push(format!(
            "Each point is the worst of {each} intervals that follow each other; there are {all}."
        ));
    }
    let worst = intervals.iter().filter(|interval| interval.counts.total() > 0);
    // Of equals the first.
    let worst = worst.rev().max_by_key(|interval| interval.counts.max());
    let marks = worst.into_iter().map(|worst| {
        notes.insert(0, named(run, worst));
        let middle = (from_s(worst.start_ns) + from_s(worst.end_ns())) / 2.0;
        let text = format!("worst: {}", nanos(worst.counts.max()));
        Mark::At { x: scale.place(middle), text }
    });
    let marks = marks.collect();
    Chart {
        id: format!("over-time-{at}-{stage}"),
        title: contents.title("Latency over time", at, stage),
        notes,
        hides: Hides { stage: Some(stage), run: Some(at) },
        height: 200.0,
        of: "seconds since the start",
        rows: groups.iter().map(place).collect(),
        ticks: ticks(&scale),
        unit: Unit::Nanos,
        is_even_first: false,
        lines: LINES.iter().enumerate().map(line).collect(),
        marks,
    }
}

/// When the run's intervals begin and end, in seconds since its log began.
fn extent(run: &Run) -> (f64, f64) {
    let intervals = || run.stages.values().flat_map(|stage| &stage.intervals);
    let start = intervals().map(|interval| interval.start_ns).min().unwrap_or(0);
    (from_s(start), from_s(run.end_ns()))
}

fn from_s(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn end_ns(group: &[&Interval]) -> u64 {
    group.iter().map(|interval| interval.end_ns()).max().unwrap_or(0)
}

fn label(group: &[&Interval]) -> String {
    format!("{} to {}", seconds(group[0].start_ns), seconds(end_ns(group)))
}

/// The largest of the intervals' own quantiles; `None` where nothing was recorded.
fn worst_of(group: &[&Interval], quantile: f64) -> Option<Point> {
    let values = group.iter().filter_map(|interval| match quantile {
        1.0 => (interval.counts.total() > 0).then(|| interval.counts.max()),
        _ => interval.counts.value_at(quantile),
    });
    values.max().map(Point::nanos)
}

/// The worst interval in words.
fn named(run: &Run, worst: &Interval) -> String {
    let at = |quantile| worst.counts.value_at(quantile).map_or("-".to_owned(), nanos);
    let began = run.began_unix_ns.and_then(|began| utc(began.saturating_add(worst.start_ns)));
    let began = began.map_or_else(String::new, |began| format!(" ({began})"));
    format!(
        "The worst interval is the one from {} to {} s{began}: {} values, p50 {}, p99 {}, max {}.",
        seconds(worst.start_ns),
        seconds(worst.end_ns()),
        grouped(worst.counts.total()),
        at(0.5),
        at(0.99),
        nanos(worst.counts.max()),
    )
}

fn ticks(scale: &Scale) -> Vec<Tick> {
    let tick = |(at, value): (usize, f64)| Tick {
        x: scale.place(value),
        label: Unit::Seconds.name(value),
        is_minor: at % 2 == 1,
    };
    scale.ticks().into_iter().enumerate().map(tick).collect()
}

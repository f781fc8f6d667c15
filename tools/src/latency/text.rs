//! Percentiles for people: a table a run, or runs side by side.

use std::collections::BTreeSet;

use hdrhistogram::Histogram;

use super::breakdown::{self, Split};
use super::percentile::Percentile;
use super::run::Run;
use super::window::{seconds, utc};
use crate::table::{self, Timing, grid, grouped, nanos, spikes};

/// One table a run, one row a stage, or a part of one; then what the stages mean.
pub fn tables(
    groups: &[Vec<&Run>],
    percentiles: &[Percentile],
    split: Option<Split<'_>>,
) -> String {
    let tables: Vec<_> = groups
        .iter()
        .map(|runs| match runs[..] {
            [run] => match split {
                None => one(run, percentiles),
                Some(split) => parts(run, percentiles, split),
            },
            _ => side_by_side(runs, percentiles, split),
        })
        .collect();
    let legend = legend(groups.iter().flatten().copied());
    let gap = if legend.is_empty() { "" } else { "\n" };
    format!("{}{gap}{legend}", tables.join("\n"))
}

/// What the stages of these runs mean.
pub fn legend<'a>(runs: impl Iterator<Item = &'a Run>) -> String {
    let stages = runs.flat_map(|run| {
        let paced = run.is_paced();
        run.stages.keys().map(move |stage| (stage.as_str(), Timing::of(stage, paced)))
    });
    table::legend(stages)
}

/// How much of a run was read.
pub fn extent(run: &Run) -> String {
    let intervals = match run.starts().len() {
        1 => "1 interval".to_owned(),
        many => format!("{} intervals", grouped(many as u64)),
    };
    let window = run.window.map_or_else(String::new, |taken| {
        let began = run.began_unix_ns.and_then(|began| utc(began.saturating_add(taken.start_ns)));
        let began = began.map_or_else(String::new, |began| format!(" ({began})"));
        let (start, end) = (seconds(taken.start_ns), seconds(taken.end_ns));
        let numbers = match taken.first == taken.last {
            true => format!("number {}", taken.first),
            false => format!("numbers {} to {}", taken.first, taken.last),
        };
        format!(", {numbers} of {}: from {start} s{began} to {end} s after the start", taken.of)
    });
    format!("{intervals}{window}")
}

fn one(run: &Run, percentiles: &[Percentile]) -> String {
    let named = |name: &str| Timing::of(name, run.is_paced());
    let has_time = run.stages.keys().any(|name| named(name).is_some());
    let time = |text: &str| has_time.then(|| text.to_owned());
    let mut rows = vec![heading("stage", time("time"), percentiles)];
    for (name, stage) in &run.stages {
        let mut row = vec![name.clone()];
        row.extend(time(named(name).map_or("-", Timing::name)));
        row.extend(cells(&stage.sum(), percentiles));
        rows.push(row);
    }
    let left = 1 + usize::from(has_time);
    let spikes = run.spikes().map(|(limit, spikes)| spikes::render(limit, &spikes));
    let (table, spikes) = (grid(&rows, left), spikes.unwrap_or_default());
    format!("{} ({})\n{table}{}{spikes}", run.title, extent(run), notes(run))
}

/// One stage of a run split, and the whole of it below.
fn parts(run: &Run, percentiles: &[Percentile], split: Split<'_>) -> String {
    let stage = Split::stage(run).unwrap_or("nothing");
    let timing = Timing::of(stage, run.is_paced()).map_or("-", Timing::name);
    let mut rows = vec![heading(split.by.name(), None, percentiles)];
    for (name, part) in split.sorted(run) {
        let name = match breakdown::by(name) {
            Some(_) => breakdown::row(name).to_owned(),
            None => format!("all of {name}"),
        };
        rows.push([name].into_iter().chain(cells(&part.sum(), percentiles)).collect());
    }
    let title = format!("{} ({}), {stage} by {}, {timing}", run.title, extent(run), split.by);
    format!("{title}\n{}{}", grid(&rows, 1), notes(run))
}

fn heading(first: &str, time: Option<String>, percentiles: &[Percentile]) -> Vec<String> {
    let figures = figures(percentiles);
    [first.to_owned()].into_iter().chain(time).chain(figures).collect()
}

/// What is said of every stage.
fn figures(percentiles: &[Percentile]) -> Vec<String> {
    let percentiles = percentiles.iter().map(ToString::to_string);
    let ends = ["count", "min"].map(str::to_owned).into_iter();
    ends.chain(percentiles).chain(["max".to_owned()]).collect()
}

/// The values of [`figures`]: the count, then times in ns, none where nothing was recorded.
fn values(histogram: &Histogram<u64>, percentiles: &[Percentile]) -> Vec<Option<u64>> {
    let percentiles = percentiles.iter().map(|it| histogram.value_at_quantile(it.quantile()));
    let times = [histogram.min()].into_iter().chain(percentiles).chain([histogram.max()]);
    let some = (!histogram.is_empty()).then_some(());
    [Some(histogram.len())].into_iter().chain(times.map(|ns| some.map(|()| ns))).collect()
}

fn cells(histogram: &Histogram<u64>, percentiles: &[Percentile]) -> Vec<String> {
    let values = values(histogram, percentiles);
    values.into_iter().enumerate().map(|(place, value)| cell(place, value)).collect()
}

fn cell(place: usize, value: Option<u64>) -> String {
    match value {
        Some(count) if place == 0 => grouped(count),
        Some(ns) => nanos(ns),
        None => "-".to_owned(),
    }
}

/// One table a stage: a column a run, and how many times the figure of the first.
fn side_by_side(runs: &[&Run], percentiles: &[Percentile], split: Option<Split<'_>>) -> String {
    // By their paths: runs of one scenario share its name.
    let name = |(at, run): (usize, &&Run)| {
        format!("{}: {} ({})\n{}", at + 1, run.path.display(), extent(run), notes(run))
    };
    let mut text: String = runs.iter().enumerate().map(name).collect();
    for stage in stages(runs, split) {
        text +=
            &format!("\n{stage}{}\n{}", timings(runs, stage), columns(runs, stage, percentiles));
    }
    text
}

/// All stages: by name, or parts in the order of the first run, followed by those of the others.
fn stages<'a>(runs: &[&'a Run], split: Option<Split<'_>>) -> Vec<&'a String> {
    let Some(split) = split else {
        let names: BTreeSet<_> = runs.iter().flat_map(|run| run.stages.keys()).collect();
        return names.into_iter().collect();
    };
    let (mut seen, mut stages) = (BTreeSet::new(), Vec::new());
    for (name, _) in runs.iter().flat_map(|run| split.sorted(run)) {
        if seen.insert(name) {
            stages.push(name);
        }
    }
    stages.sort_by_key(|name| breakdown::by(name).is_none());
    stages
}

/// From when a stage counts, where that is known; runs may differ.
fn timings(runs: &[&Run], stage: &str) -> String {
    let timings = runs.iter().filter_map(|run| Timing::of(stage, run.is_paced()));
    let mut names: Vec<_> = timings.map(Timing::name).collect();
    if names.iter().all(|name| *name == names[0]) {
        names.truncate(1);
    }
    match names.is_empty() {
        true => String::new(),
        false => format!(", {}", names.join(" / ")),
    }
}

fn columns(runs: &[&Run], stage: &str, percentiles: &[Percentile]) -> String {
    let values: Vec<Option<Vec<Option<u64>>>> = runs
        .iter()
        .map(|run| run.stages.get(stage).map(|stage| self::values(&stage.sum(), percentiles)))
        .collect();
    let heading = (1..=runs.len()).map(|number| number.to_string());
    let mut rows: Vec<Vec<String>> = vec![[String::new()].into_iter().chain(heading).collect()];
    for (place, figure) in figures(percentiles).into_iter().enumerate() {
        let at = |run: usize| values[run].as_ref().and_then(|values| values[place]);
        let cells = (0..runs.len()).map(|run| {
            let cell = cell(place, at(run));
            match at(0).zip(at(run)).filter(|_| run > 0 && place > 0).and_then(ratio) {
                Some(ratio) => format!("{cell} ({ratio:.2} x)"),
                None => cell,
            }
        });
        rows.push([figure].into_iter().chain(cells).collect());
    }
    grid(&rows, 1)
}

/// How many times the first figure the second is.
pub fn ratio((first, second): (u64, u64)) -> Option<f64> {
    (first > 0).then(|| second as f64 / first as f64)
}

/// What else a person must know of the figures.
fn notes(run: &Run) -> String {
    let beyond = run.stages.iter().map(|(name, stage)| (name, stage.hour_or_more()));
    let note = |(name, count)| {
        format!("  {name}: {} of an hour or more: a run's histograms end there\n", grouped(count))
    };
    beyond.filter(|(_, count)| *count > 0).map(note).collect()
}

//! Percentiles for scripts.

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::breakdown::{self, Split};
use super::percentile::Percentile;
use super::run::{Run, Stage};
use super::text::ratio;
use super::window::Taken;
use crate::table::Timing;

/// A row a run; those of a group after its first also have their ratios to it.
pub fn rows(
    groups: &[Vec<&Run>],
    percentiles: &[Percentile],
    split: Option<Split<'_>>,
) -> Vec<Value> {
    let mut rows = Vec::new();
    for runs in groups {
        let first = row(runs[0], percentiles, split);
        for (place, run) in runs.iter().enumerate() {
            let mut row = row(run, percentiles, split);
            if place > 0 {
                row["ratios_to_first"] = ratios(&first["stages"], &row["stages"]);
            }
            if place > 0 && split.is_some() {
                let parts = ratios(&first["breakdown"]["rows"], &row["breakdown"]["rows"]);
                row["breakdown"]["ratios_to_first"] = parts;
            }
            rows.push(row);
        }
    }
    rows
}

fn row(run: &Run, percentiles: &[Percentile], split: Option<Split<'_>>) -> Value {
    let (limit, spikes) = run.spikes().unzip();
    let of =
        |key: &str, name: &str, stage| (key.to_owned(), figures_of(run, name, stage, percentiles));
    let whole = |name: &str| split.is_none() || breakdown::by(name).is_none();
    let stages = run.stages.iter().filter(|(name, _)| whole(name));
    let stages: Map<_, _> = stages.map(|(name, stage)| of(name, name, stage)).collect();
    let mut row = json!({
        "file": run.path.to_string_lossy(),
        "run": run.name,
        "folder": run.folder.as_ref().map(|folder| folder.to_string_lossy()),
        "strategy": run.strategy,
        "paced": run.is_paced(),
        "began_unix_ns": run.began_unix_ns,
        "intervals": run.intervals(),
        "window": run.window.map(window),
        "damaged_lines": run.damaged.iter().map(|(line, _)| line).collect::<Vec<_>>(),
        "stages": stages,
        "spike_limit": limit,
        "spikes": spikes,
    });
    if let Some(split) = split {
        let parts = split.sorted(run).into_iter().filter(|(name, _)| !whole(name));
        let parts = parts.map(|(name, part)| of(breakdown::row(name), name, part));
        row["breakdown"] = json!({
            "by": split.by.name(),
            "stage": Split::stage(run),
            "rows": parts.collect::<Map<_, _>>(),
        });
    }
    row
}

fn window(taken: Taken) -> Value {
    let Taken { first, last, of, start_ns, end_ns } = taken;
    let seconds = |ns: u64| ns as f64 / 1e9;
    json!({"first": first, "last": last, "of": of, "start_s": seconds(start_ns), "end_s": seconds(end_ns)})
}

fn figures_of(run: &Run, name: &str, stage: &Stage, percentiles: &[Percentile]) -> Value {
    let mut row = figures(&stage.sum(), percentiles);
    row.insert("unit".to_owned(), json!("ns"));
    row.insert("time".to_owned(), json!(Timing::of(name, run.is_paced()).map(Timing::name)));
    row.insert("hour_or_more".to_owned(), json!(stage.hour_or_more()));
    Value::Object(row)
}

/// All 0 where nothing was recorded, as in a run's summary.
fn figures(histogram: &Histogram<u64>, percentiles: &[Percentile]) -> Map<String, Value> {
    let percentiles = percentiles.iter().map(|percentile| {
        let ns = histogram.value_at_quantile(percentile.quantile());
        (percentile.to_string(), json!(ns))
    });
    let first = [("count", histogram.len()), ("min", histogram.min())];
    let first = first.map(|(key, value)| (key.to_owned(), json!(value)));
    first
        .into_iter()
        .chain(percentiles)
        .chain([("max".to_owned(), json!(histogram.max()))])
        .collect()
}

/// For every figure that both have: how many times the first it is.
fn ratios(first: &Value, second: &Value) -> Value {
    let (Some(first), Some(second)) = (first.as_object(), second.as_object()) else {
        return Value::Null;
    };
    let stages = second.iter().filter_map(|(name, second)| {
        let figures = second.as_object()?.iter().filter_map(|(key, value)| {
            let pair = (first.get(name)?.get(key)?.as_u64()?, value.as_u64()?);
            Some((key.clone(), json!(ratio(pair)?)))
        });
        let figures = figures.filter(|(key, _)| !["count", "hour_or_more"].contains(&key.as_str()));
        Some((name.clone(), Value::Object(figures.collect())))
    });
    Value::Object(stages.collect())
}

//! A comparison for scripts.

use serde_json::{Map, Value, json};

use super::{Comparison, Difference, Figure, Outcome, Row};
use crate::table::Timing;

/// Everything that the text says: verdicts by strategy, stage and percentile.
pub fn json(comparison: &Comparison) -> Value {
    let differences = comparison.differences.iter().flat_map(|(path, differences)| {
        differences.iter().map(move |Difference { key, base, this }| {
            json!({"file": path, "key": key, "base": base, "this": this})
        })
    });
    json!({
        "threshold": comparison.threshold.0,
        "settings_unknown": comparison.unknown,
        "settings_differ": differences.collect::<Vec<_>>(),
        "one_side_only": comparison.alone,
        "strategies": strategies(&comparison.rows),
        "fail_on": comparison.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "regression": comparison.is_regression(),
    })
}

fn strategies(rows: &[Row]) -> Vec<Value> {
    let mut strategies = Vec::new();
    for rows in rows.chunk_by(|a, b| a.strategy == b.strategy) {
        let mut stages = Map::new();
        for rows in rows.chunk_by(|a, b| a.stage == b.stage) {
            let mut stage = Map::new();
            stage.insert("time".to_owned(), json!(rows[0].timing.map(Timing::name)));
            stage.insert("unit".to_owned(), json!("ns"));
            stage.insert("clock_step".to_owned(), json!(rows[0].clock_step));
            stage.extend(rows.iter().map(|row| (row.percentile.to_string(), figures(row))));
            stages.insert(rows[0].stage.clone(), Value::Object(stage));
        }
        strategies.push(json!({"strategy": rows[0].strategy, "stages": stages}));
    }
    strategies
}

fn figures(row: &Row) -> Value {
    let ratio = (row.base.ns > 0).then(|| row.this.ns as f64 / row.base.ns as f64);
    json!({
        "base": row.base.ns,
        "this": row.this.ns,
        "ratio": ratio,
        "base_seconds": seconds(&row.base),
        "this_seconds": seconds(&row.this),
        "verdict": row.verdict.name(),
        "because": row.verdict.because(),
    })
}

fn seconds(figure: &Figure) -> Value {
    let spread = figure.spread;
    spread.map_or(Value::Null, |it| json!({"low": it.low, "high": it.high, "blocks": it.blocks}))
}

fn outcome(outcome: &Outcome) -> Value {
    json!({
        "rule": outcome.rule,
        "slower": outcome.slower,
        "not_enough_samples": outcome.not_judged,
        "judged": outcome.judged,
    })
}

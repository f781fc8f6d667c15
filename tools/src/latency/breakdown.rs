//! `--by`: one stage in parts, as a strategy with the key `breakdown` recorded it.
//!
//! The parts lie in the log as stages of their own, `total:kind=Quote`. They are left out unless
//! somebody asks for them: by `--by` all of them, by `--stage` or `--fail-on` one.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use tickline_strategy::breakdown::{By, tag};

use super::percentile::Percentile;
use super::run::{Run, Stage};

/// A run has no such parts.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path}: no latency by {by} was recorded{}; put `breakdown = \"{by}\"` into a [[strategy]] of \
     the scenario, or run `tickline replay --breakdown {by}`",
    others(.recorded)
)]
pub struct NotRecorded {
    path: String,
    by: By,
    recorded: Vec<By>,
}

fn others(recorded: &[By]) -> String {
    recorded.first().map_or_else(String::new, |by| format!(", but by {by}"))
}

/// The order of rows: the largest first.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// By how many records they have.
    Count,
    /// By one of their percentiles.
    Percentile(Percentile),
}

/// The text is no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no order of rows: expected `count`, or a percentile such as p99")]
pub struct NotAnOrder(String);

impl FromStr for Order {
    type Err = NotAnOrder;

    fn from_str(text: &str) -> Result<Order, NotAnOrder> {
        match text {
            "count" => Ok(Order::Count),
            _ => text.parse().map(Order::Percentile).map_err(|_| NotAnOrder(text.to_owned())),
        }
    }
}

/// Which parts are shown, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    /// What splits the stage.
    pub by: By,
    /// The order of its parts.
    pub order: &'a Order,
}

impl Split<'_> {
    /// A run's stages: the parts in their order, then the stage that they are parts of.
    pub fn sorted<'a>(&self, run: &'a Run) -> Vec<(&'a String, &'a Stage)> {
        let key = |(name, stage): &(&String, &Stage)| {
            let sum = stage.sum();
            let figure = match self.order {
                Order::Count => sum.len(),
                Order::Percentile(percentile) => sum.value_at_quantile(percentile.quantile()),
            };
            (by(name).is_none(), Reverse(figure))
        };
        let mut stages: Vec<_> = run.stages.iter().collect();
        stages.sort_by_cached_key(key);
        stages
    }

    /// The stage that is split, `total`; `None` where the window left no part.
    pub fn stage(run: &Run) -> Option<&'static str> {
        run.stages.keys().find_map(|stage| tag::part(stage)).map(|part| part.stage.name())
    }
}

/// The name of a part in its table, `Quote`; a whole stage has its own.
pub fn row(stage: &str) -> &str {
    tag::part(stage).map_or(stage, |part| part.row)
}

/// What splits a stage of a run, if its name is that of a part.
pub fn by(stage: &str) -> Option<By> {
    tag::part(stage).map(|part| part.by)
}

/// Leaves only these parts and the stage that they are parts of. Strategies without them are left
/// out where another one of their run has them.
pub fn keep(runs: &mut Vec<Run>, asked: By) -> Result<(), NotRecorded> {
    let has = |run: &Run| run.stages.keys().any(|stage| by(stage) == Some(asked));
    let folder = |run: &Run| run.path.parent().unwrap_or(Path::new("")).to_owned();
    let folders: BTreeSet<_> = runs.iter().filter(|run| has(run)).map(folder).collect();
    if let Some(run) = runs.iter().find(|run| !folders.contains(&folder(run))) {
        let mut recorded: Vec<By> = run.stages.keys().filter_map(|stage| by(stage)).collect();
        recorded.dedup();
        let path = run.path.display().to_string();
        return Err(NotRecorded { path, by: asked, recorded });
    }
    runs.retain(has);
    for run in runs {
        let parts = run.stages.keys().filter_map(|stage| tag::part(stage));
        let whole = parts.filter(|part| part.by == asked).map(|part| part.stage.name());
        let whole: BTreeSet<&str> = whole.collect();
        run.stages.retain(|name, _| by(name) == Some(asked) || whole.contains(name.as_str()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        assert_eq!("count".parse(), Ok(Order::Count));
        assert_eq!("p99.9".parse(), Ok(Order::Percentile("99.9".parse().unwrap())));
        let error = "cuont".parse::<Order>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`cuont` is no order of rows: expected `count`, or a percentile such as p99"
        );
    }
}

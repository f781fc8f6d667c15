//! `--compare`: whether runs are slower than others, and by more than they vary by themselves.
//!
//! Either side may be several runs of the same settings: their seconds are taken together, so that
//! what differs from run to run counts as noise too.

use std::collections::BTreeSet;

use super::percentile::Percentile;
use super::run::{Run, Stage};
use crate::table::Timing;

mod json;
mod rule;
mod settings;
mod spread;
mod text;
mod verdict;

pub use json::json;
pub use rule::Rule;
pub use settings::SettingsError;
use settings::{Difference, Settings};
pub use text::text;
pub use verdict::Threshold;
use verdict::{Figure, Verdict, judge};

/// Why runs are not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// Other settings, other latencies.
    #[error(
        "these runs were made with other settings than {base}:{}\n  compare runs of one scenario \
         on one machine, or say --allow-different", list(.differences)
    )]
    OtherSettings {
        /// The first run of the base.
        base: String,
        /// Per run that differs: its log, and how.
        differences: Differing,
    },
    /// No strategy is on both sides.
    #[error(
        "no strategy has a log on both sides: the base has {base}, these runs have {this}; \
         name one log on each side to compare them all the same"
    )]
    NoPair {
        /// Strategies of the base.
        base: String,
        /// Strategies of the other side.
        this: String,
    },
    /// A rule names a stage that is not on both sides.
    #[error("--fail-on {rule}: no stage of this name is on both sides")]
    NoSuchStage {
        /// The rule.
        rule: String,
    },
}

/// A rule could not be applied: to pass would promise too much.
#[derive(Debug, thiserror::Error)]
#[error(
    "--fail-on {rule} cannot be judged: {} with 10 values beyond the percentile in each of {} \
     blocks are needed on both sides; make longer runs, or choose a lower percentile",
    "seconds",
    spread::BLOCKS_MIN
)]
pub struct NotJudged {
    rule: String,
}

/// Logs whose settings are not those of the first, and how.
type Differing = Vec<(String, Vec<Difference>)>;

fn list(differences: &Differing) -> String {
    let lines = differences.iter().flat_map(|(path, differences)| {
        let lines = differences
            .iter()
            .map(|Difference { key, base, this }| format!("\n    {key} = {this}, not {base}"));
        std::iter::once(format!("\n  {path}")).chain(lines)
    });
    lines.collect()
}

/// How to compare.
pub struct Terms<'a> {
    /// The percentiles to compare.
    pub percentiles: &'a [Percentile],
    /// Smaller differences are none.
    pub threshold: Threshold,
    /// What fails the comparison.
    pub rules: &'a [Rule],
    /// Compare even where settings differ.
    pub allow_different: bool,
}

/// The outcome.
pub struct Comparison {
    /// What smaller differences do not count.
    threshold: Threshold,
    /// Logs whose settings nobody knows.
    unknown: Vec<String>,
    /// Settings that differ although that was allowed: by log.
    differences: Differing,
    /// Strategies that are on one side only.
    alone: Vec<String>,
    /// Every stage of every strategy that is on both sides.
    rows: Vec<Row>,
    /// Every rule, and what it found.
    outcomes: Vec<Outcome>,
}

/// A percentile of a stage.
struct Row {
    strategy: Option<String>,
    stage: String,
    timing: Option<Timing>,
    percentile: Percentile,
    base: Figure,
    this: Figure,
    clock_step: u64,
    verdict: Verdict,
}

/// What a rule found, each as `strategy: stage`.
struct Outcome {
    rule: String,
    slower: Vec<String>,
    not_judged: Vec<String>,
    judged: usize,
}

impl Comparison {
    /// Compares these runs with those of the base.
    pub fn new(base: &[Run], these: &[Run], terms: &Terms<'_>) -> anyhow::Result<Comparison> {
        let (unknown, differences) = compare_settings(base, these)?;
        if !differences.is_empty() && !terms.allow_different {
            let base = base[0].path.display().to_string();
            return Err(CompareError::OtherSettings { base, differences }.into());
        }
        let (pairs, alone) = pairs(base, these)?;
        let mut percentiles: Vec<Percentile> = terms.percentiles.to_vec();
        for rule in terms.rules {
            if !percentiles.iter().any(|it| it.quantile() == rule.percentile.quantile()) {
                percentiles.push(rule.percentile.clone());
            }
        }
        percentiles.sort_by(|a, b| a.quantile().total_cmp(&b.quantile()));
        let rows: Vec<Row> =
            pairs.iter().flat_map(|pair| pair.rows(&percentiles, terms.threshold)).collect();
        let outcome = |rule: &Rule| Outcome::new(rule, &rows, terms.threshold);
        let outcomes = terms.rules.iter().map(outcome).collect::<Result<_, _>>()?;
        let threshold = terms.threshold;
        Ok(Comparison { threshold, unknown, differences, alone, rows, outcomes })
    }

    /// Whether a rule found something slower.
    pub fn is_regression(&self) -> bool {
        self.outcomes.iter().any(|outcome| !outcome.slower.is_empty())
    }

    /// A rule of which no stage could be judged is an error.
    pub fn check(&self) -> Result<(), NotJudged> {
        match self.outcomes.iter().find(|outcome| outcome.judged == 0) {
            Some(outcome) => Err(NotJudged { rule: outcome.rule.clone() }),
            None => Ok(()),
        }
    }
}

/// The logs without known settings, and how those of others differ from the first with any.
fn compare_settings(
    base: &[Run],
    these: &[Run],
) -> Result<(Vec<String>, Differing), SettingsError> {
    let (mut unknown, mut differences, mut first) = (Vec::new(), Vec::new(), None);
    for run in base.iter().chain(these) {
        let path = run.path.display().to_string();
        match (Settings::of(run)?, &first) {
            (None, _) => unknown.push(path),
            (Some(settings), None) => first = Some(settings),
            (Some(settings), Some(first)) => {
                let found = first.differences(&settings);
                differences.extend((!found.is_empty()).then_some((path, found)));
            }
        }
    }
    Ok((unknown, differences))
}

/// What is compared with what.
struct Pair<'a> {
    strategy: Option<String>,
    base: Vec<&'a Run>,
    these: Vec<&'a Run>,
}

/// Strategies of one name belong together; so do those of any name where each side has one.
fn pairs<'a>(
    base: &'a [Run],
    these: &'a [Run],
) -> Result<(Vec<Pair<'a>>, Vec<String>), CompareError> {
    let names = |runs: &'a [Run]| runs.iter().map(|run| run.strategy.as_deref()).collect();
    let [base_names, these_names]: [BTreeSet<Option<&str>>; 2] = [names(base), names(these)];
    if let (1, 1) = (base_names.len(), these_names.len()) {
        let strategy = these[0].strategy.clone();
        let pair = Pair { strategy, base: base.iter().collect(), these: these.iter().collect() };
        return Ok((vec![pair], Vec::new()));
    }
    let of = |runs: &'a [Run], name: Option<&str>| {
        runs.iter().filter(|run| run.strategy.as_deref() == name).collect::<Vec<_>>()
    };
    let pairs = base_names.intersection(&these_names).map(|name| Pair {
        strategy: name.map(str::to_owned),
        base: of(base, *name),
        these: of(these, *name),
    });
    let pairs: Vec<_> = pairs.collect();
    let shown = |name: &Option<&str>| name.unwrap_or("one without a name").to_owned();
    if pairs.is_empty() {
        let list = |names: BTreeSet<_>| names.iter().map(shown).collect::<Vec<_>>().join(", ");
        return Err(CompareError::NoPair { base: list(base_names), this: list(these_names) });
    }
    let alone = base_names.symmetric_difference(&these_names).map(shown).collect();
    Ok((pairs, alone))
}

impl Pair<'_> {
    fn rows(&self, percentiles: &[Percentile], threshold: Threshold) -> Vec<Row> {
        let stages: BTreeSet<&String> =
            self.base.iter().flat_map(|run| run.stages.keys()).collect();
        let mut rows = Vec::new();
        for name in stages {
            let [base, these] = [&self.base, &self.these].map(|runs| {
                let stages = runs.iter().filter_map(|run| run.stages.get(name));
                stages.collect::<Vec<&Stage>>()
            });
            if these.is_empty() {
                continue;
            }
            let timing = Timing::of(name, self.these[0].is_paced());
            let clock_step = spread::clock_step(&base);
            let (base_sum, these_sum) = (sum(&base), sum(&these));
            for percentile in percentiles {
                let figure = |stages: &[&Stage], sum: &hdrhistogram::Histogram<u64>| Figure {
                    ns: sum.value_at_quantile(percentile.quantile()),
                    spread: spread::spread(stages, percentile.quantile()),
                };
                let (base, this) = (figure(&base, &base_sum), figure(&these, &these_sum));
                let verdict = judge(&base, &this, threshold, clock_step);
                rows.push(Row {
                    strategy: self.strategy.clone(),
                    stage: name.clone(),
                    timing,
                    percentile: percentile.clone(),
                    base,
                    this,
                    clock_step,
                    verdict,
                });
            }
        }
        rows
    }
}

fn sum(stages: &[&Stage]) -> hdrhistogram::Histogram<u64> {
    let mut sum = stages[0].sum();
    for stage in &stages[1..] {
        sum.add(stage.sum()).expect("it grows to whatever value comes");
    }
    sum
}

impl Outcome {
    fn new(rule: &Rule, rows: &[Row], threshold: Threshold) -> Result<Outcome, CompareError> {
        let threshold = rule.threshold.unwrap_or(threshold);
        let asked = |row: &&Row| {
            row.percentile.quantile() == rule.percentile.quantile()
                && rule.stage.as_ref().is_none_or(|stage| *stage == row.stage)
        };
        let mut outcome =
            Outcome { rule: rule.to_string(), slower: vec![], not_judged: vec![], judged: 0 };
        for row in rows.iter().filter(asked) {
            let name = match &row.strategy {
                Some(strategy) => format!("{strategy}: {}", row.stage),
                None => row.stage.clone(),
            };
            match judge(&row.base, &row.this, threshold, row.clock_step) {
                Verdict::TooFew => outcome.not_judged.push(name),
                Verdict::Slower => {
                    outcome.judged += 1;
                    outcome.slower.push(name);
                }
                Verdict::Equal(_) | Verdict::Faster => outcome.judged += 1,
            }
        }
        if outcome.judged == 0 && outcome.not_judged.is_empty() {
            return Err(CompareError::NoSuchStage { rule: outcome.rule });
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests;

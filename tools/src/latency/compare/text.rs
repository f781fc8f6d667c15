//! A comparison for people.

use super::{Comparison, Figure, Outcome, Row, list};
use crate::latency::run::Run;
use crate::latency::text::{extent, legend};
use crate::table::{Timing, grid, nanos};

/// What was compared, a row a percentile, the verdicts of the rules, and what the words mean.
pub fn text(comparison: &Comparison, base: &[Run], these: &[Run]) -> String {
    let mut text = side("base", base) + &side("this", these);
    text += &remarks(comparison);
    let mut strategies: Vec<_> = comparison.rows.iter().map(|row| &row.strategy).collect();
    strategies.dedup();
    for strategy in strategies {
        let own = comparison.rows.iter().filter(|row| row.strategy == *strategy);
        let title = strategy.as_ref().map_or_else(String::new, |name| format!("{name}\n"));
        text += &format!("\n{title}{}", table(own));
    }
    if !comparison.outcomes.is_empty() {
        text.push('\n');
        comparison.outcomes.iter().for_each(|outcome| text += &rule(outcome));
    }
    let clock = comparison.rows.iter().map(|row| row.clock_step).max().unwrap_or(1);
    let meanings = format!(
        "  seconds   where the percentile of one second lies, as far as these seconds tell\n  \
         equal     within {}, within two steps of the clock ({}), or the seconds overlap (noise)\n",
        comparison.threshold,
        nanos(2 * clock)
    );
    format!("{text}\n{meanings}{}", legend(base.iter().chain(these)))
}

fn side(name: &str, runs: &[Run]) -> String {
    let lines =
        runs.iter().map(|run| format!("{name}: {} ({})\n", run.path.display(), extent(run)));
    lines.collect()
}

fn remarks(comparison: &Comparison) -> String {
    let mut text = String::new();
    if !comparison.unknown.is_empty() {
        let logs = comparison.unknown.join(", ");
        text += &format!("settings unknown, no summary beside the log: {logs}\n");
    }
    if !comparison.differences.is_empty() {
        text += &format!("settings differ:{}\n", list(&comparison.differences));
    }
    if !comparison.alone.is_empty() {
        text += &format!("on one side only: {}\n", comparison.alone.join(", "));
    }
    text
}

fn table<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let heading = [
        "stage",
        "time",
        "",
        "base",
        "this",
        "change",
        "base, by second",
        "this, by second",
        "verdict",
    ];
    let mut lines = vec![heading.map(str::to_owned).to_vec()];
    for row in rows {
        lines.push(vec![
            row.stage.clone(),
            row.timing.map_or("-", Timing::name).to_owned(),
            row.percentile.to_string(),
            nanos(row.base.ns),
            nanos(row.this.ns),
            change(row.base.ns, row.this.ns),
            seconds(&row.base),
            seconds(&row.this),
            match row.verdict.because() {
                Some(because) => format!("{} ({because})", row.verdict.name()),
                None => row.verdict.name().to_owned(),
            },
        ]);
    }
    grid(&lines, 3)
}

/// In percent, or as a factor where that is easier to read.
fn change(base: u64, this: u64) -> String {
    match this as f64 / base as f64 {
        _ if base == this => "0 %".to_owned(),
        _ if base == 0 => "-".to_owned(),
        ratio if ratio >= 2.0 => format!("{ratio:.1} x"),
        ratio => format!("{:+.1} %", (ratio - 1.0) * 100.0),
    }
}

fn seconds(figure: &Figure) -> String {
    figure.spread.map_or_else(
        || "-".to_owned(),
        |spread| format!("{} .. {}", nanos(spread.low as u64), nanos(spread.high.ceil() as u64)),
    )
}

fn rule(outcome: &Outcome) -> String {
    let mut text = match outcome.slower.is_empty() {
        false => format!("--fail-on {}: slower in {}", outcome.rule, outcome.slower.join(", ")),
        true if outcome.judged == 0 => format!("--fail-on {}: cannot be judged", outcome.rule),
        true => format!("--fail-on {}: not slower", outcome.rule),
    };
    if !outcome.not_judged.is_empty() {
        text += &format!("; not enough samples in {}", outcome.not_judged.join(", "));
    }
    text + "\n"
}

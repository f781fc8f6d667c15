//! `tickline latency`: percentiles from HdrHistogram logs, a run's or any other's.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use tickline_shared::exit::Exit;
use tickline_shared::scenario::nearest;
use tickline_strategy::breakdown::By;

use crate::output::stdout;
use crate::page;

mod input;

mod log;

mod counts;
mod run;

mod breakdown;

mod percentile;
mod window;

mod compare;
mod html;
mod json;
mod spectrum;
mod text;

pub use breakdown::NotRecorded;
use breakdown::{Order, Split};
pub use compare::{CompareError, SettingsError};
use compare::{Comparison, Rule, Terms, Threshold};
pub use html::NoStageForSla;
use html::{Report, Sla};
pub use input::{InputError, summary};
pub use log::LogError;
use percentile::Percentile;
use run::{Run, Stage};
use window::{Moment, Window};
pub use window::{WindowError, parse_utc};

/// Percentiles of a run, or of any HdrHistogram log; of several runs side by side.
///
/// Values are read as nanoseconds. A damaged line is left out, and the command ends with 1.
#[derive(clap::Args)]
pub struct Args {
    /// Directories of runs, or HdrHistogram logs (format v2, tags are stages).
    #[arg(required = true, value_name = "RUN|FILE.hlog")]
    inputs: Vec<PathBuf>,

    /// Print JSON.
    #[arg(long, conflicts_with = "hgrm")]
    json: bool,

    /// Print the whole distribution, in the format that HdrHistogram plotters read.
    #[arg(long)]
    hgrm: bool,

    /// Write a page with charts as well, one file that needs no network; it replaces FILE.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Draw this limit on the page and say whether it was met: p99:50us, hop:p99.9:2ms; without a
    /// stage it is one for total; may be given again.
    #[arg(long, value_name = "[STAGE:]P:TIME", requires = "html")]
    sla: Vec<Sla>,

    /// Only this stage, such as hop or total; may be given again.
    #[arg(long = "stage", value_name = "STAGE")]
    stages: Vec<String>,

    /// One stage split by kind or by symbol, as the key `breakdown` of the strategy had it recorded.
    #[arg(long, value_name = "kind|symbol", conflicts_with = "stages")]
    by: Option<By>,

    /// Order of the rows of --by, the largest first: count, or a percentile such as p99.
    #[arg(long, value_name = "count|P", default_value = "count", requires = "by")]
    sort: Order,

    /// Percentiles to show, 0 to 100.
    #[arg(
        long,
        value_name = "P,…",
        value_delimiter = ',',
        default_value = "50,90,99,99.9,99.99",
        conflicts_with = "hgrm"
    )]
    percentiles: Vec<Percentile>,

    /// Only intervals that begin then or later: 12s, 1m30s or 2.5 since the start of the log, or
    /// a time in UTC such as 2026-11-21T09:30:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,

    /// Only intervals that begin before; written like --from.
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,

    /// Say what is slower or faster than in this run, or these: the option may be given again.
    #[arg(long, value_name = "BASE", conflicts_with = "hgrm")]
    compare: Vec<PathBuf>,

    /// A smaller difference is none.
    #[arg(long, value_name = "PERCENT", default_value = "5%", requires = "compare")]
    threshold: Threshold,

    /// End with 6 if this percentile got slower: p99, p99:10%, total:p99, total:p99:10%; may be
    /// given again.
    #[arg(long, value_name = "[STAGE:]P[:PERCENT]", requires = "compare")]
    fail_on: Vec<Rule>,

    /// Compare although the settings or machines of the runs differ.
    #[arg(long, requires = "compare")]
    allow_different: bool,
}

/// Nothing recorded this stage.
#[derive(Debug, thiserror::Error)]
#[error("{path}: no stage `{stage}`; recorded are: {known}{}", meant(.near))]
pub struct NoSuchStage {
    path: String,
    stage: String,
    known: String,
    near: Option<String>,
}

fn meant(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let runs = read(&args.inputs, args)?;
    let base = read(&args.compare, args)?;
    let comparison = match base.is_empty() {
        true => None,
        false => Some(Comparison::new(&base, &runs, &terms(args))?),
    };
    if let Some(path) = &args.html {
        page::write(path, &html_page(args, comparison.as_ref(), &base, &runs)?)?;
    }
    let mut out = stdout();
    match &comparison {
        None => write!(out, "{}", render(args, &runs)?)?,
        Some(comparison) => write!(out, "{}", render_comparison(args, comparison, &base, &runs)?)?,
    }
    out.flush()?;
    // A regression that was seen stays one, whatever else could not be read or judged.
    if comparison.as_ref().is_some_and(Comparison::is_regression) {
        return Ok(Exit::Regression);
    }
    base.iter().chain(&runs).try_for_each(Run::check)?;
    comparison.map_or(Ok(()), |comparison| comparison.check())?;
    Ok(Exit::Ok)
}

/// The page of these runs; those that they are compared with stand first.
fn html_page(
    args: &Args,
    comparison: Option<&Comparison>,
    base: &[Run],
    runs: &[Run],
) -> Result<String, NoStageForSla> {
    let all: Vec<&Run> = base.iter().chain(runs).collect();
    html::check(&args.sla, &all)?;
    let groups: Vec<_> = all.iter().map(|run| vec![*run]).collect();
    Ok(html::page(&Report {
        rows: &json::rows(&groups, &args.percentiles, None),
        runs: all,
        percentiles: &args.percentiles,
        slas: &args.sla,
        comparison: comparison.map(|it| compare::text(it, base, runs)).as_deref(),
    }))
}

fn terms(args: &Args) -> Terms<'_> {
    Terms {
        percentiles: &args.percentiles,
        threshold: args.threshold,
        rules: &args.fail_on,
        allow_different: args.allow_different,
    }
}

fn render_comparison(
    args: &Args,
    comparison: &Comparison,
    base: &[Run],
    runs: &[Run],
) -> serde_json::Result<String> {
    if !args.json {
        return Ok(compare::text(comparison, base, runs));
    }
    let rows = |runs: &[Run]| {
        let groups: Vec<_> = runs.iter().map(|run| vec![run]).collect();
        json::rows(&groups, &args.percentiles, split(args))
    };
    let value = serde_json::json!({
        "base": rows(base),
        "runs": rows(runs),
        "comparison": compare::json(comparison),
    });
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// Every run of these paths, with the stages and the intervals that were asked for.
fn read(paths: &[PathBuf], args: &Args) -> anyhow::Result<Vec<Run>> {
    let window = Window { from: args.from, to: args.to };
    let mut runs = Vec::new();
    for input in input::find(paths)? {
        let mut run = Run::read(input)?;
        if args.by.is_none() {
            keep(&mut run, args)?;
        }
        runs.push(run);
    }
    if let Some(by) = args.by {
        breakdown::keep(&mut runs, by)?;
    }
    for run in &mut runs {
        run.window = window.narrow(run)?;
    }
    Ok(runs)
}

/// How the rows of `--by` are shown, where it was given.
fn split(args: &Args) -> Option<Split<'_>> {
    args.by.map(|by| Split { by, order: &args.sort })
}

/// Drops the stages that were not asked for, and without a wish the parts of stages; one that was
/// asked for and is not there is an error.
fn keep(run: &mut Run, args: &Args) -> Result<(), NoSuchStage> {
    let asked = &args.stages;
    if let Some(stage) = asked.iter().find(|stage| !run.stages.contains_key(*stage)) {
        let names = || run.stages.keys().map(String::as_str);
        return Err(NoSuchStage {
            path: run.path.display().to_string(),
            stage: stage.clone(),
            known: names().collect::<Vec<_>>().join(", "),
            near: nearest(stage, names()).map(str::to_owned),
        });
    }
    let is_judged = |name: &str| {
        args.fail_on.iter().any(|rule| rule.stage.as_deref() == Some(name))
            || args.sla.iter().any(|sla| sla.concerns(run, name))
    };
    let wanted = |name: &&String| match asked.is_empty() {
        true => breakdown::by(name).is_none() || is_judged(name),
        false => asked.contains(name),
    };
    let wanted: BTreeSet<String> = run.stages.keys().filter(wanted).cloned().collect();
    run.stages.retain(|name, _| wanted.contains(name));
    Ok(())
}

fn render(args: &Args, runs: &[Run]) -> serde_json::Result<String> {
    if args.hgrm {
        return Ok(runs.iter().map(spectra).collect());
    }
    let groups = groups(runs, args.inputs.len());
    if args.json {
        let rows = json::rows(&groups, &args.percentiles, split(args));
        return Ok(serde_json::to_string_pretty(&rows)? + "\n");
    }
    Ok(text::tables(&groups, &args.percentiles, split(args)))
}

/// Which runs stand side by side: of several paths, the logs of strategies of one name, or all of
/// them where each path gave one log.
fn groups(runs: &[Run], paths: usize) -> Vec<Vec<&Run>> {
    let mut groups: Vec<Vec<&Run>> = Vec::new();
    for run in runs {
        let alike = |group: &&mut Vec<&Run>| {
            paths > 1 && (runs.len() == paths || group[0].strategy == run.strategy)
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}

fn spectra(run: &Run) -> String {
    let spectrum = |(name, stage): (&String, &Stage)| {
        let spectrum = spectrum::print(&stage.sum());
        format!("# {}: {name}, in nanoseconds\n{spectrum}\n", run.title)
    };
    run.stages.iter().map(spectrum).collect()
}

#[cfg(test)]
mod tests;

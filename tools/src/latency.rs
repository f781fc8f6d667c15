//! `tickline latency`: percentiles from HdrHistogram logs, a run's or any other's.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use tickline_shared::exit::Exit;
use tickline_shared::scenario::nearest;
use tickline_shared::summary::StageSummary;

use crate::output::stdout;
use crate::table;

mod input;

mod log;

mod counts;
mod run;

mod spectrum;

pub use input::{InputError, summary};
pub use log::LogError;
use run::{Run, Stage};

/// Percentiles of a run, or of any HdrHistogram log.
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

    /// Only this stage, such as hop or total; may be given again.
    #[arg(long = "stage", value_name = "STAGE")]
    stages: Vec<String>,
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
    let runs = read(args)?;
    let mut out = stdout();
    write!(out, "{}", render(args, &runs)?)?;
    out.flush()?;
    runs.iter().try_for_each(Run::check)?;
    Ok(Exit::Ok)
}

/// Every run that was asked for, with the stages that were asked for.
fn read(args: &Args) -> anyhow::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for input in input::find(&args.inputs)? {
        let mut run = Run::read(input)?;
        keep(&mut run, &args.stages)?;
        runs.push(run);
    }
    Ok(runs)
}

/// Drops the stages that were not asked for; one that is not there is an error.
fn keep(run: &mut Run, asked: &[String]) -> Result<(), NoSuchStage> {
    if let Some(stage) = asked.iter().find(|stage| !run.stages.contains_key(*stage)) {
        let names = || run.stages.keys().map(String::as_str);
        return Err(NoSuchStage {
            path: run.path.display().to_string(),
            stage: stage.clone(),
            known: names().collect::<Vec<_>>().join(", "),
            near: nearest(stage, names()).map(str::to_owned),
        });
    }
    run.stages.retain(|name, _| asked.is_empty() || asked.contains(name));
    Ok(())
}

fn render(args: &Args, runs: &[Run]) -> serde_json::Result<String> {
    if args.json {
        let rows: Vec<_> = runs.iter().map(row).collect();
        return Ok(serde_json::to_string_pretty(&rows)? + "\n");
    }
    if args.hgrm {
        return Ok(runs.iter().map(spectra).collect());
    }
    let tables: Vec<_> = runs.iter().map(text).collect();
    let stages = runs.iter().flat_map(|run| run.stages.keys().map(String::as_str));
    let legend = table::legend(stages);
    let gap = if legend.is_empty() { "" } else { "\n" };
    Ok(format!("{}{gap}{legend}", tables.join("\n")))
}

fn summaries(run: &Run) -> BTreeMap<String, StageSummary> {
    let summary = |(name, stage): (&String, &Stage)| {
        (name.clone(), StageSummary::from_histogram(&stage.sum()))
    };
    run.stages.iter().map(summary).collect()
}

fn text(run: &Run) -> String {
    let intervals = match run.intervals() {
        1 => "1 interval".to_owned(),
        many => format!("{} intervals", table::grouped(many)),
    };
    format!("{} ({intervals})\n{}", run.title, table::percentiles(&summaries(run)))
}

fn row(run: &Run) -> Value {
    json!({
        "file": run.path.to_string_lossy(),
        "run": run.name,
        "folder": run.folder.as_ref().map(|folder| folder.to_string_lossy()),
        "strategy": run.strategy,
        "paced": run.is_paced(),
        "began_unix_ns": run.began_unix_ns,
        "seconds": run.end_ns() as f64 / 1e9,
        "intervals": run.intervals(),
        "damaged_lines": run.damaged.iter().map(|(line, _)| line).collect::<Vec<_>>(),
        "stages": summaries(run),
        "beyond_range": run.stages.iter().map(|(name, stage)| (name, stage.beyond_range())).collect::<BTreeMap<_, _>>(),
    })
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

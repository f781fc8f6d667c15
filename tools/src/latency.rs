//! `tickline latency`: percentiles from HdrHistogram logs, a run's or any other's.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tickline_shared::exit::Exit;
use tickline_shared::scenario::nearest;
use tickline_shared::summary::StageSummary;

use crate::output::stdout;
use crate::table;

mod input;
mod log;
mod spectrum;

use input::Input;
pub use input::InputError;
use log::Log;
pub use log::LogError;

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
    let mut logs = Vec::new();
    for input in input::find(&args.inputs)? {
        let mut log = log::read(&input.path)?;
        keep(&mut log.stages, &args.stages, &input)?;
        logs.push((input, log));
    }
    let mut out = stdout();
    write!(out, "{}", render(args, &logs)?)?;
    out.flush()?;
    for (input, log) in &logs {
        log.check(&input.path)?;
    }
    Ok(Exit::Ok)
}

/// Drops the stages that were not asked for; one that is not there is an error.
fn keep(
    stages: &mut BTreeMap<String, Histogram<u64>>,
    asked: &[String],
    input: &Input,
) -> Result<(), NoSuchStage> {
    if let Some(stage) = asked.iter().find(|stage| !stages.contains_key(*stage)) {
        let names = || stages.keys().map(String::as_str);
        return Err(NoSuchStage {
            path: input.path.display().to_string(),
            stage: stage.clone(),
            known: names().collect::<Vec<_>>().join(", "),
            near: nearest(stage, names()).map(str::to_owned),
        });
    }
    stages.retain(|name, _| asked.is_empty() || asked.contains(name));
    Ok(())
}

fn render(args: &Args, logs: &[(Input, Log)]) -> serde_json::Result<String> {
    if args.json {
        let rows: Vec<_> = logs.iter().map(|(input, log)| row(input, log)).collect();
        return Ok(serde_json::to_string_pretty(&rows)? + "\n");
    }
    if args.hgrm {
        return Ok(logs.iter().map(|(input, log)| spectra(input, log)).collect());
    }
    let tables: Vec<_> = logs.iter().map(|(input, log)| text(input, log)).collect();
    let stages = logs.iter().flat_map(|(_, log)| log.stages.keys().map(String::as_str));
    let legend = table::legend(stages);
    let gap = if legend.is_empty() { "" } else { "\n" };
    Ok(format!("{}{gap}{legend}", tables.join("\n")))
}

fn summaries(log: &Log) -> BTreeMap<String, StageSummary> {
    let summary = |(name, histogram): (&String, &Histogram<u64>)| {
        (name.clone(), StageSummary::from_histogram(histogram))
    };
    log.stages.iter().map(summary).collect()
}

fn text(input: &Input, log: &Log) -> String {
    let intervals = match log.intervals {
        1 => "1 interval".to_owned(),
        many => format!("{} intervals", table::grouped(many)),
    };
    format!("{} ({intervals})\n{}", input.title(), table::percentiles(&summaries(log)))
}

fn row(input: &Input, log: &Log) -> Value {
    json!({
        "file": input.path.to_string_lossy(),
        "run": input.run,
        "strategy": input.strategy,
        "intervals": log.intervals,
        "damaged_lines": log.damaged.iter().map(|(line, _)| line).collect::<Vec<_>>(),
        "stages": summaries(log),
    })
}

fn spectra(input: &Input, log: &Log) -> String {
    let spectrum = |(name, histogram): (&String, &Histogram<u64>)| {
        format!("# {}: {name}, in nanoseconds\n{}\n", input.title(), spectrum::print(histogram))
    };
    log.stages.iter().map(spectrum).collect()
}

#[cfg(test)]
mod tests;

//! One run: its folder, its processes, what is seen meanwhile, and the summary at the end.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use tickline_feed::scenario::Speed;
use tickline_shared::attach::directory;
use tickline_shared::exit::Exit;
use tickline_shared::latency::Stage;
use tickline_shared::process::log::LogArgs;
use tickline_shared::summary::Summary;

use crate::scenario::{Scenario, to_toml};

mod child;
mod collect;
mod folder;
mod heard;
mod processes;
mod progress;
mod restart;

pub use child::beside;
pub use folder::FolderError;

use folder::Folder;
use processes::Processes;
use progress::Progress;

/// What a run left.
pub struct Done {
    /// The figures.
    pub summary: Summary,
    /// What the strategies reported, in the order of the scenario.
    pub reports: Vec<String>,
    /// The run's folder.
    pub folder: std::path::PathBuf,
    /// How it ended.
    pub exit: Exit,
}

/// Runs a scenario to its end, or until `stop` is set. `out` is the folder to use; `None` makes one
/// in `runs/`.
pub fn run(
    mut scenario: Scenario,
    out: Option<&Path>,
    stop: &AtomicBool,
    log: LogArgs,
) -> anyhow::Result<Done> {
    for warning in child::choose_cores(&mut scenario) {
        tracing::warn!("{warning}");
    }
    choose_stages(&mut scenario);
    let progress = Progress::new(&scenario, log);
    watched(scenario, out, stop, &progress)
}

/// Runs a scenario that names all of its cores, and shows nothing: what a person would have read
/// comes back.
pub fn run_silently(
    scenario: Scenario,
    out: &Path,
    stop: &AtomicBool,
) -> anyhow::Result<(Done, Vec<String>)> {
    let progress = Progress::silent(&scenario);
    let done = watched(scenario, Some(out), stop, &progress)?;
    Ok((done, progress.said()))
}

fn watched(
    scenario: Scenario,
    out: Option<&Path>,
    stop: &AtomicBool,
    progress: &Progress,
) -> anyhow::Result<Done> {
    let folder = Folder::create(out, &scenario.name)?;
    let file = folder.path().join("scenario.toml");
    folder.write("scenario.toml", to_toml(&scenario)?.as_bytes())?;

    let mut processes = Processes::start(&scenario, &file, &folder, progress)?;
    processes.watch(progress, stop);
    progress.finish();
    directory::sweep(&scenario.ring.name);

    let (mut summary, mut exit) = collect::summary(&scenario, &folder, &mut processes.exits())?;
    processes.count_restarts(&mut summary);
    let reports = processes.reports();
    folder.write("summary.json", &serde_json::to_vec_pretty(&summary)?)?;
    if exit == Exit::Ok && processes.killed() {
        exit = Exit::Failed;
    }
    Ok(Done { summary, reports, folder: folder.path().to_owned(), exit })
}

/// Names the stage that makes a spike and the one that is split, where the scenario does not: at
/// full speed nothing is ever due, and a total is mostly queue.
fn choose_stages(scenario: &mut Scenario) {
    let by = match scenario.feed.speed {
        Speed::Max => Stage::Strategy,
        Speed::Times(_) | Speed::Rate(_) => Stage::Total,
    };
    for strategy in &mut scenario.strategies {
        if let Some(spikes) = &mut strategy.spikes {
            spikes.stage.get_or_insert(by);
        }
        if let Some(breakdown) = &mut strategy.breakdown {
            breakdown.stage.get_or_insert(by);
        }
    }
}

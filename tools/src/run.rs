//! One run: its folder, its processes, what is seen meanwhile, and the summary at the end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tickline_feed::scenario::Speed;
use tickline_shared::attach::directory;
use tickline_shared::exit::Exit;
use tickline_shared::latency::Stage;
use tickline_shared::summary::Summary;

use crate::scenario::{Scenario, to_toml};

mod child;
mod collect;
mod folder;
mod progress;

pub use child::{StartError, beside};
pub use folder::FolderError;

use child::{Child, Ended};
use folder::Folder;
use progress::Progress;

/// How often the launcher looks at its processes. It sleeps in between: on a machine with two
/// cores everything it does delays one of the loops.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a process may take to end once it was asked to.
const END_WITHIN: Duration = Duration::from_secs(5);

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
pub fn run(mut scenario: Scenario, out: Option<&Path>, stop: &AtomicBool) -> anyhow::Result<Done> {
    for warning in child::choose_cores(&mut scenario) {
        eprintln!("warning: {warning}");
    }
    choose_spike_stages(&mut scenario);
    let progress = Progress::new(&scenario);
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

    let (summary, mut exit) = collect::summary(&scenario, &folder, &mut processes.exits())?;
    let reports = processes.strategies.iter_mut().map(Child::report).collect();
    folder.write("summary.json", &serde_json::to_vec_pretty(&summary)?)?;
    if exit == Exit::Ok && processes.killed {
        exit = Exit::Failed;
    }
    Ok(Done { summary, reports, folder: folder.path().to_owned(), exit })
}

/// Names the stage that makes a spike, where the scenario does not: at full speed nothing is ever
/// due, and a total is mostly queue.
fn choose_spike_stages(scenario: &mut Scenario) {
    let by = match scenario.feed.speed {
        Speed::Max => Stage::Strategy,
        Speed::Times(_) | Speed::Rate(_) => Stage::Total,
    };
    for spikes in scenario.strategies.iter_mut().filter_map(|strategy| strategy.spikes.as_mut()) {
        spikes.stage.get_or_insert(by);
    }
}

/// The processes of a run.
struct Processes {
    feed: Child,
    strategies: Vec<Child>,
    /// Whether one had to be killed because it did not end.
    killed: bool,
}

impl Processes {
    fn start(
        scenario: &Scenario,
        file: &Path,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Processes, StartError> {
        let feed = Child::feed(file, folder, progress)?;
        let mut processes = Processes { feed, strategies: Vec::new(), killed: false };
        for strategy in &scenario.strategies {
            match Child::strategy(strategy, file, folder, progress) {
                Ok(child) => processes.strategies.push(child),
                Err(error) => {
                    processes.end_all();
                    return Err(error);
                }
            }
        }
        Ok(processes)
    }

    /// Returns once every process has ended. Strategies end by themselves when they have read what
    /// the feed left, however long that takes them; once the run was told to stop they have a few
    /// seconds for it.
    fn watch(&mut self, progress: &Progress, stop: &AtomicBool) {
        loop {
            // Whether the run failed before it began: then strategies wait for a feed in vain.
            let mut failed = false;
            if let Some(ended) = self.feed.newly_ended()
                && ended != Ended::Code(0)
            {
                progress.say(&self.feed.obituary(&ended));
                failed = !progress.begun();
            }
            for strategy in &mut self.strategies {
                let Some(ended) = strategy.newly_ended() else { continue };
                if ended == Ended::Code(0) {
                    continue;
                }
                progress.say(&strategy.obituary(&ended));
                if self.feed.ended().is_some() || self.feed.asked().is_some() {
                    continue;
                }
                failed = !progress.begun();
                progress.say(&match failed {
                    true => "  nothing was played yet: the run ends".to_owned(),
                    false => format!("  the feed goes on; start it again: {}", strategy.command()),
                });
            }
            if self.feed.ended().is_some() && self.strategies.iter().all(|s| s.ended().is_some()) {
                return;
            }
            // Relaxed: the flag carries nothing but itself.
            if failed || stop.load(Ordering::Relaxed) {
                self.feed.ask_to_end();
            }
            let feed_overdue = is_overdue(self.feed.asked());
            for strategy in &mut self.strategies {
                if failed || feed_overdue {
                    strategy.ask_to_end();
                }
            }
            let all = std::iter::once(&self.feed).chain(&self.strategies);
            if all.clone().all(|c| c.ended().is_some() || is_overdue(c.asked())) && !self.killed {
                progress.say("a process did not end when asked to, and is killed");
                self.end_all();
            }
            progress.show();
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The last resort.
    fn end_all(&mut self) {
        self.killed = true;
        self.feed.kill();
        self.strategies.iter_mut().for_each(Child::kill);
    }

    /// How each process ended: the feed, then the strategies.
    fn exits(&self) -> Vec<Ended> {
        let all = std::iter::once(&self.feed).chain(&self.strategies);
        all.map(|child| child.ended().unwrap_or(Ended::Code(0))).collect()
    }
}

/// Whether a process was asked to end, and had the time to.
fn is_overdue(asked: Option<Instant>) -> bool {
    asked.is_some_and(|asked| asked.elapsed() > END_WITHIN)
}

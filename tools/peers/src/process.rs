//! The two ends of a rival, each on its core, and the watch over them.
//!
//! The far end is this program again, started with a [`Job`] as its argument. It says on its
//! standard output when it is ready, and at the end one line of JSON: an [`Outcome`]. It dies with
//! its parent. All files of a measurement lie in one temporary folder, which goes with it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tickline::measure::{Outcome, Receiver, Sender, Work, ping, pong, receive_all, send_all};
use tickline_shared::clock::{Clock, ClockKind, Scale, Tsc};
use tickline_shared::process::{follow, pin, stop_flag, touch_stack};
use tickline_shared::scenario::Cores;

use crate::peers::{self, Entry};
use crate::run::print;

/// The hidden subcommand.
pub const FAR_COMMAND: &str = "far-end";

/// What the names of all files begin with, before the number of the process.
const PREFIX: &str = "tickline-peers-";

fn tag(process: u32) -> String {
    format!("{PREFIX}{process}-")
}

/// A measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The rival.
    pub name: String,
    /// What is asked of it.
    pub work: Work,
    /// Bytes of a message.
    pub size: usize,
    /// The sender's core.
    pub near: usize,
    /// The receiver's core.
    pub far: usize,
    /// All cores that this process may use.
    cores: BTreeSet<usize>,
    /// See [`Scale::multiplier`].
    multiplier: u64,
    /// The process that starts the far end.
    launcher: u32,
    /// A folder for sockets and the like.
    folder: PathBuf,
}

impl Job {
    /// The clock's scale.
    pub fn scale(&self) -> Scale {
        Scale { multiplier: self.multiplier }
    }

    /// A file of this measurement.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What the names of its files begin with outside of its folder: no other measurement has it.
    pub fn tag(&self) -> String {
        tag(self.launcher)
    }

    /// Much longer than any rival should take.
    fn time_limit(&self) -> Duration {
        let (messages, each_ns) = match self.work {
            Work::Hop { rate, messages } => (messages, 1_000_000_000 / rate),
            Work::RoundTrip { messages } => (messages, 200_000),
            Work::Stream { messages, .. } => (messages, 5_000 + self.size as u64),
        };
        Duration::from_nanos(messages.saturating_mul(each_ns)) + Duration::from_secs(20)
    }
}

/// What the sending end knows of the far one.
pub struct Near {
    heard: mpsc::Receiver<()>,
    gone: Arc<AtomicBool>,
}

impl Near {
    /// Waits until the far end says once more that it is ready.
    pub fn hear(&self) -> anyhow::Result<()> {
        self.heard.recv().context("the far end went away")
    }

    /// Whether the far end is gone.
    pub fn is_gone(&self) -> bool {
        // Relaxed: the flag carries nothing but itself.
        self.gone.load(Ordering::Relaxed)
    }

    /// The sender's part of the work.
    pub fn measure<C: Clock>(
        &self,
        job: &Job,
        mut sender: impl Sender,
        mut receiver: impl Receiver,
    ) -> Option<Outcome> {
        if let Work::RoundTrip { messages } = job.work {
            return Some(ping::<C>(messages, job.scale(), &mut sender, &mut receiver));
        }
        send_all::<C>(job.work, job.scale(), &mut sender, || self.is_gone());
        None
    }
}

/// What the far end does besides its work.
pub struct Far;

const READY: &str = "ready";

impl Far {
    /// Tells the near end to go on.
    pub fn say_ready(&self) {
        let mut out = stdout().lock();
        // Whoever does not hear it does not send either, and patience ends.
        let _ = writeln!(out, "{READY}").and_then(|()| out.flush());
    }

    /// The receiver's part of the work.
    pub fn measure<C: Clock>(
        &self,
        job: &Job,
        mut receiver: impl Receiver,
        mut sender: impl Sender,
    ) -> Outcome {
        if let Work::RoundTrip { messages } = job.work {
            pong::<C>(messages, job.scale(), &mut receiver, &mut sender);
            return Outcome::default();
        }
        receive_all::<C>(job.work, job.scale(), &mut receiver)
    }
}

/// The far end: not for people.
#[derive(clap::Args)]
pub struct Args {
    /// A job, as JSON.
    job: String,
}

/// Runs the far end.
pub fn far(args: &Args) -> anyhow::Result<()> {
    let job: Job = serde_json::from_str(&args.job)?;
    follow(job.launcher)?;
    pin(job.far)?;
    touch_stack();
    print(&(peers::find(&job.name)?.far)(&job, &Far)?)
}

/// Runs a measurement and watches over it.
pub fn measure(
    entry: &Entry,
    work: Work,
    size: usize,
    near: usize,
    far: usize,
) -> anyhow::Result<Outcome> {
    let stop = stop_flag()?;
    let scale = match ClockKind::detect() {
        ClockKind::Tsc => Scale::measure::<Tsc>(),
        ClockKind::Monotonic => Scale::NANOSECONDS,
    };
    remove_leftovers();
    let launcher = std::process::id();
    let folder = tempfile::Builder::new().prefix(&tag(launcher)).tempdir()?;
    let job = Job {
        name: entry.about.name.to_owned(),
        work,
        size,
        near,
        far,
        cores: Cores::present().allowed,
        multiplier: scale.multiplier,
        launcher,
        folder: folder.path().to_owned(),
    };
    let mut running = Running::start(entry, &job)?;
    let outcome = running.outcome(&stop, Instant::now() + job.time_limit());
    running.end();
    remove_shared_memory(&job.tag());
    outcome
}

/// Runs something that starts helping threads: they run on other cores than the two ends where
/// this process may use others. Then the calling thread is back on its core.
#[cfg(feature = "aeron")]
pub fn off_the_cores<T>(
    job: &Job,
    core: usize,
    start: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    use rustix::thread::{CpuSet, sched_setaffinity};

    let mut others = CpuSet::new();
    let ends = BTreeSet::from([job.near, job.far]);
    let free = if job.cores.is_subset(&ends) { job.cores.clone() } else { &job.cores - &ends };
    free.into_iter().for_each(|core| others.set(core));
    sched_setaffinity(None, &others)?;
    let started = start();
    pin(core)?;
    started
}

/// Removes what measurements have left whose process is gone: all its files bear its number.
fn remove_leftovers() {
    for folder in [Path::new("/dev/shm"), &std::env::temp_dir()] {
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                remove(&file.path());
            }
        }
    }
}

/// Removes what an end that did not come to its end has left.
fn remove_shared_memory(tag: &str) {
    for file in std::fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        if file.file_name().as_encoded_bytes().starts_with(tag.as_bytes()) {
            remove(&file.path());
        }
    }
}

/// Somebody else may be removing it as well, or own it.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = std::fs::remove_dir_all(path);
}

/// What an end reports: the near one what it measured or nothing, the far one its outcome.
enum Report {
    Near(anyhow::Result<Option<Outcome>>),
    Far(anyhow::Result<Outcome>),
}

/// A measurement under way.
struct Running {
    reports: mpsc::Receiver<Report>,
    child: Option<Child>,
}

impl Running {
    fn start(entry: &Entry, job: &Job) -> anyhow::Result<Running> {
        let (report, reports) = mpsc::channel();
        let (tell, heard) = mpsc::channel();
        let near = Near { heard, gone: Arc::default() };
        let mut child = None;
        if entry.about.processes == 2 {
            // From this thread, which lives longest: the kernel ends the child with the thread.
            let program = std::env::current_exe().context("this program's own path")?;
            let mut command = Command::new(program);
            command.arg(FAR_COMMAND).arg(serde_json::to_string(job)?);
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            let mut started = command.spawn().context("starting the far end")?;
            let output = started.stdout.take().context("the far end's output")?;
            child = Some(started);
            let (report, gone) = (report.clone(), Arc::clone(&near.gone));
            thread::spawn(move || {
                let outcome = listen(output, &tell);
                // Relaxed: the flag carries nothing but itself.
                gone.store(true, Ordering::Relaxed);
                let _ = report.send(Report::Far(outcome));
            });
        }
        let (run, job) = (entry.near, job.clone());
        thread::spawn(move || {
            let pinned = pin(job.near).map_err(anyhow::Error::from);
            touch_stack();
            let _ = report.send(Report::Near(pinned.and_then(|()| run(&job, &near))));
        });
        Ok(Running { reports, child })
    }

    /// Waits for both ends.
    fn outcome(&mut self, stop: &AtomicBool, until: Instant) -> anyhow::Result<Outcome> {
        let (mut near, mut far) = (None, None);
        while near.is_none() || (far.is_none() && self.child.is_some()) {
            match self.reports.recv_timeout(Duration::from_millis(100)) {
                Ok(Report::Near(report)) => near = Some(report?),
                Ok(Report::Far(report)) => far = Some(report?),
                Err(RecvTimeoutError::Disconnected) => bail!("the sending end crashed"),
                // Relaxed: the flag carries nothing but itself.
                Err(_) if stop.load(Ordering::Relaxed) => bail!("interrupted"),
                Err(_) if Instant::now() > until => bail!("it hangs: no result in time"),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        near.flatten().or(far).context("neither end has measured anything")
    }

    /// Leaves no process behind.
    fn end(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Hears the far end out.
fn listen(output: ChildStdout, tell: &mpsc::Sender<()>) -> anyhow::Result<Outcome> {
    for line in BufReader::new(output).lines() {
        let line = line.context("the far end's output")?;
        if line == READY {
            let _ = tell.send(());
        } else {
            return serde_json::from_str(&line).context("the far end's answer");
        }
    }
    bail!("the far end ended without a result")
}

//! A process of a run: how it is started, heard and ended.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use thiserror::Error;
use tickline_shared::process::LAUNCHER_OPTION;
use tickline_shared::process::log::{FORMAT_VARIABLE, LEVEL_VARIABLE};
use tickline_shared::scenario::{Cores, Restart, print_duration};
use tickline_strategy::scenario::{Run, StrategyConfig};

use super::folder::Folder;
use super::heard::listen;
use super::progress::Progress;
use super::restart::{Restarts, TIMES_MAX, Verdict};
use crate::scenario::Scenario;

/// A process could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The program is not where it should be.
    #[error(
        "cannot start {}: {source}\n  it must lie beside `tickline`: build the whole workspace \
         (cargo build --release) or install all programs of one version", .program.display()
    )]
    Program {
        /// Its path.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The log cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Log {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        let signal = status.signal().map(Ended::Signal);
        signal.unwrap_or_else(|| Ended::Code(status.code().unwrap_or(1)))
    }
}

/// What a process of the run is doing.
#[derive(Clone, Copy, Debug)]
enum State {
    Runs,
    /// It failed so, and is started again then.
    Waits(Ended, Instant),
    Over(Ended),
}

/// A process of the run, and those that take its place.
pub struct Child {
    name: String,
    command: Command,
    process: std::process::Child,
    started: Instant,
    state: State,
    restarts: Restarts,
    asked: Option<Instant>,
    told: bool,
    log: PathBuf,
    shown: String,
    listener: Option<JoinHandle<()>>,
    report: Option<JoinHandle<String>>,
}

impl Child {
    /// Starts the feed.
    pub fn feed(
        restart: Restart,
        file: &Path,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Child, StartError> {
        let mut command = Command::new(beside("tickline-feed"));
        command.arg(file);
        Child::start("feed", command, restart, folder, progress)
    }

    /// Starts a strategy, which ends with its feed unless that one comes back.
    pub fn strategy(
        config: &StrategyConfig,
        feed: Restart,
        file: &Path,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Child, StartError> {
        let mut command = Command::new(match &config.run {
            Run::Binary(path) => path.clone(),
            Run::Null | Run::Bbo => beside("tickline-strategy"),
        });
        command.arg(file).arg("--name").arg(&config.name);
        if feed == Restart::Never {
            command.arg("--once");
        }
        let name = format!("strategy-{}", config.name);
        Child::start(&name, command, config.restart, folder, progress)
    }

    fn start(
        name: &str,
        mut command: Command,
        restart: Restart,
        folder: &Folder,
        progress: &Progress,
    ) -> Result<Child, StartError> {
        command.arg("--out").arg(folder.path());
        let shown = shown(&command);
        command.arg(LAUNCHER_OPTION).arg(std::process::id().to_string());
        let level = progress.log().log_level.to_string();
        command.env(FORMAT_VARIABLE, progress.log().log_format.to_string());
        command.env(LEVEL_VARIABLE, level);
        // A service manager listens to the launcher, and watches it.
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC");
        // A group of its own: Ctrl-C comes to the launcher alone, which ends the feed first and
        // lets the strategies read what is left.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let log = folder.path().join(format!("{name}.log"));
        let Spawned { process, listener, report } = spawn(name, &mut command, &log, progress)?;
        Ok(Child {
            name: name.to_owned(),
            command,
            process,
            started: Instant::now(),
            state: State::Runs,
            restarts: Restarts::new(restart),
            asked: None,
            told: false,
            log,
            shown,
            listener: Some(listener),
            report: Some(report),
        })
    }

    /// Starts it again if it is time for that; the run goes on without it where that fails.
    pub fn start_if_due(&mut self, progress: &Progress) -> Result<(), StartError> {
        let State::Waits(ended, due) = self.state else { return Ok(()) };
        if Instant::now() < due {
            return Ok(());
        }
        self.state = State::Over(ended);
        let spawned = spawn(&self.name, &mut self.command, &self.log, progress)?;
        (self.process, self.started, self.state) = (spawned.process, Instant::now(), State::Runs);
        (self.listener, self.report) = (Some(spawned.listener), Some(spawned.report));
        Ok(())
    }

    /// How it ended, once it is over and will not come back.
    pub fn ended(&self) -> Option<Ended> {
        match self.state {
            State::Over(ended) => Some(ended),
            State::Runs | State::Waits(..) => None,
        }
    }

    /// Whether it failed and is about to be started again.
    pub fn waits(&self) -> bool {
        matches!(self.state, State::Waits(..))
    }

    /// How often it was started again.
    pub fn restarts(&self) -> u64 {
        self.restarts.count()
    }

    /// How it ended, the first time that this is seen.
    pub fn newly_ended(&mut self) -> Option<Ended> {
        let State::Runs = self.state else { return None };
        let mut ended = self.process.try_wait().ok().flatten().map(Ended::from)?;
        // Asked before it could say how it ends by itself: that is no accident.
        let asked = self.asked.is_some() || self.told;
        if asked && ended == Ended::Signal(Signal::TERM.as_raw()) {
            ended = Ended::Code(0);
        }
        self.state = State::Over(ended);
        // What it said last stands before what is said about its end.
        self.listener.take().into_iter().for_each(|listener| drop(listener.join()));
        Some(ended)
    }

    /// It failed: has it started again after a pause, if the scenario wants that.
    pub fn restart_after(&mut self, ended: Ended) -> Verdict {
        let now = Instant::now();
        let verdict = self.restarts.failed(self.started, now);
        if let Verdict::After(pause) = verdict {
            self.state = State::Waits(ended, now + pause);
        }
        verdict
    }

    /// It is not started again after all.
    pub fn give_up(&mut self) {
        if let State::Waits(ended, _) = self.state {
            self.state = State::Over(ended);
        }
    }

    /// When it was asked to end.
    pub fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// SIGTERM, once; it is not started again.
    pub fn ask_to_end(&mut self) {
        if self.asked.is_none() {
            self.asked = Some(Instant::now());
            self.give_up();
            self.signal(Signal::TERM);
        }
    }

    /// SIGTERM, once, for a strategy that may wait for a feed: it takes what time it needs to read
    /// what a feed has left.
    pub fn tell_that_no_feed_comes(&mut self) {
        if !std::mem::replace(&mut self.told, true) {
            self.signal(Signal::TERM);
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.give_up();
        self.signal(Signal::KILL);
    }

    fn signal(&mut self, signal: Signal) {
        // Until somebody waited for it, its number is not given to another process.
        if let State::Runs = self.state
            && let Some(pid) = Pid::from_raw(self.process.id() as i32)
        {
            let _ = kill_process(pid, signal);
        }
    }

    /// What to say about an end that was not as it should be, and about what follows from it.
    pub fn obituary(&self, ended: &Ended, verdict: Verdict) -> String {
        let (name, log) = (&self.name, self.log.display());
        let end = match ended {
            Ended::Code(code) => format!("ended with code {code}"),
            Ended::Signal(signal) => format!("was killed by signal {signal}"),
        };
        let then = match verdict {
            Verdict::After(pause) => {
                format!(" and starts again in {}", print_duration(pause))
            }
            Verdict::Never => String::new(),
            Verdict::TooOften => {
                format!(", and {TIMES_MAX} times before within a minute: it is not started again")
            }
        };
        format!("{name} {end}{then}; its log: {log}")
    }

    /// How a person would start it.
    pub fn command(&self) -> &str {
        &self.shown
    }

    /// What it wrote to standard output. Waits for its end.
    pub fn report(&mut self) -> String {
        self.report.take().and_then(|report| report.join().ok()).unwrap_or_default()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.newly_ended();
        if let State::Runs = self.state {
            self.kill();
            let _ = self.process.wait();
        }
    }
}

/// A process that was started, and the threads that hear it.
struct Spawned {
    process: std::process::Child,
    listener: JoinHandle<()>,
    report: JoinHandle<String>,
}

/// Starts the process; its log goes on where there is one.
fn spawn(
    name: &str,
    command: &mut Command,
    log: &Path,
    progress: &Progress,
) -> Result<Spawned, StartError> {
    let file = OpenOptions::new().create(true).append(true).open(log);
    let file = file.map_err(|source| StartError::Log { path: log.to_owned(), source })?;
    let program = PathBuf::from(command.get_program());
    let spawned = command.spawn();
    let mut process = spawned.map_err(|source| StartError::Program { program, source })?;
    let stderr = process.stderr.take().expect("it was piped");
    let mut stdout = process.stdout.take().expect("it was piped");
    let (name, progress) = (name.to_owned(), progress.clone());
    let listener = std::thread::spawn(move || listen(&name, stderr, file, &progress));
    let report = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stdout.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    Ok(Spawned { process, listener, report })
}

/// A program of the same build as this one.
pub fn beside(program: &str) -> PathBuf {
    let here = std::env::current_exe().ok();
    let folder = here.as_deref().and_then(Path::parent).map(Path::to_owned);
    folder.unwrap_or_default().join(program)
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Gives a core to every process that has none, as long as there are some; what could not be done.
pub fn choose_cores(scenario: &mut Scenario) -> Vec<String> {
    let named = std::iter::once(scenario.feed.core)
        .chain(scenario.strategies.iter().map(|strategy| strategy.core));
    let placed = Cores::present().place(&named.collect::<Vec<_>>());
    let feed = ("the feed".to_owned(), &mut scenario.feed.core);
    let strategies = scenario
        .strategies
        .iter_mut()
        .map(|strategy| (format!("strategy `{}`", strategy.name), &mut strategy.core));
    let mut warnings = Vec::new();
    for ((owner, core), placed) in std::iter::once(feed).chain(strategies).zip(placed) {
        *core = placed;
        if placed.is_none() {
            warnings.push(format!(
                "{owner} has no core of its own and is not pinned: it shares one with others, and \
                 latencies include their turns; use fewer strategies or more cores"
            ));
        }
    }
    warnings
}
